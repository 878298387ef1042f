//! Field lines, and bodies with the fields that frame them: the same in requests and responses.

use super::Deviance;
use super::parts::*;
use crate::random::Random;

/// Up to three lines of fields that are neither Host nor frame the body.
pub(super) fn other_lines(random: &mut Random, deviance: &mut Deviance) -> Vec<Vec<u8>> {
    let mut lines = Vec::new();
    for _ in 0..random.below(4) {
        let (name, value) = match random.below(4) {
            0 => (b"Connection".as_slice(), random.pick(CONNECTIONS)),
            1 => random.pick(&STEERING),
            _ => (
                deviance.pick(random, NAMES, BAD_NAMES),
                deviance.pick(random, VALUES, BAD_VALUES),
            ),
        };
        lines.push(line(random, deviance, name, value));
    }
    lines
}

pub(super) fn shuffle<T>(random: &mut Random, items: &mut [T]) {
    for at in (1..items.len()).rev() {
        items.swap(at, random.below(at + 1));
    }
}

/// A field line with its end.
pub(super) fn line(
    random: &mut Random,
    deviance: &mut Deviance,
    name: &[u8],
    value: &[u8],
) -> Vec<u8> {
    let mut line = name.to_vec();
    line.extend_from_slice(deviance.pick(random, &[b": ", b": ", b":", b":\t ", b":  "], COLONS));
    line.extend_from_slice(value);
    if random.percent(5) {
        line.extend_from_slice(random.pick::<&[u8]>(&[b" ", b"\t", b"  \t"]));
    }
    line.extend_from_slice(deviance.pick(random, &[CRLF], FIELD_ENDS));
    line
}

/// What follows a head, and what the head says of it.
pub(super) enum Body {
    None,
    Length {
        /// The value of the field, which need not be true.
        told: Vec<u8>,
        /// Another line of the same name.
        again: Option<&'static [u8]>,
        content: &'static [u8],
    },
    Chunked {
        codings: &'static [&'static [u8]],
        name: &'static [u8],
        /// A length beside it.
        length: Option<&'static [u8]>,
    },
}

impl Body {
    pub(super) fn choose(random: &mut Random, deviance: &mut Deviance) -> Self {
        match random.below(10) {
            0..4 => Self::None,
            4..6 => {
                let content = random.pick(CONTENTS);
                let told = match deviance.strikes(random) {
                    true => random.pick(ODD_LENGTHS).to_vec(),
                    false => content.len().to_string().into_bytes(),
                };
                let again = deviance.strikes(random).then(|| random.pick(ODD_LENGTHS));
                Self::Length {
                    told,
                    again,
                    content,
                }
            }
            _ => {
                let codings = match deviance.strikes(random) {
                    true => random.pick(ODD_CODINGS),
                    false => CHUNKED,
                };
                let name = match deviance.strikes(random) {
                    true => random.pick(ODD_CODING_NAMES),
                    false => b"Transfer-Encoding",
                };
                let length = deviance.strikes(random).then(|| random.pick(ODD_LENGTHS));
                Self::Chunked {
                    codings,
                    name,
                    length,
                }
            }
        }
    }

    pub(super) fn fields(&self, random: &mut Random) -> Vec<Vec<u8>> {
        let plain = |name: &[u8], value: &[u8]| [name, b": ", value, CRLF].concat();
        match self {
            Self::None => Vec::new(),
            Self::Length { told, again, .. } => {
                let name = random.pick(&[b"Content-Length".as_slice(), b"content-length"]);
                let mut lines = vec![plain(name, told)];
                lines.extend(again.map(|again| plain(name, again)));
                lines
            }
            Self::Chunked {
                codings,
                name,
                length,
            } => {
                let mut lines: Vec<_> = codings.iter().map(|coding| plain(name, coding)).collect();
                lines.extend(length.map(|length| plain(b"Content-Length", length)));
                lines
            }
        }
    }

    pub(super) fn write(&self, random: &mut Random, deviance: &mut Deviance, out: &mut Vec<u8>) {
        match self {
            Self::None => {}
            Self::Length { content, .. } => out.extend_from_slice(content),
            Self::Chunked { .. } => chunks(random, deviance, out),
        }
    }
}

/// A chunked body with its trailers.
fn chunks(random: &mut Random, deviance: &mut Deviance, out: &mut Vec<u8>) {
    for _ in 0..random.below(3) {
        let content = random.pick(&CONTENTS[1..]);
        if deviance.strikes(random) {
            out.extend_from_slice(random.pick(ODD_SIZES));
        } else {
            let size = match random.below(4) {
                0 => format!("{:X}", content.len()),
                1 => format!("{:03x}", content.len()),
                _ => format!("{:x}", content.len()),
            };
            out.extend_from_slice(size.as_bytes());
        }
        size_line_end(random, deviance, out);
        out.extend_from_slice(content);
        out.extend_from_slice(deviance.pick(random, &[CRLF], DATA_ENDS));
    }
    out.extend_from_slice(deviance.pick(random, &[b"0", b"0", b"000"], ODD_SIZES));
    size_line_end(random, deviance, out);
    for _ in 0..random.below(8).saturating_sub(5) {
        let name = deviance.pick(random, TRAILER_NAMES, BAD_NAMES);
        let value = deviance.pick(random, VALUES, BAD_VALUES);
        let line = line(random, deviance, name, value);
        out.extend_from_slice(&line);
    }
    out.extend_from_slice(deviance.pick(random, &[CRLF], LINE_ENDS));
}

fn size_line_end(random: &mut Random, deviance: &mut Deviance, out: &mut Vec<u8>) {
    if deviance.strikes(random) {
        out.extend_from_slice(random.pick(ODD_EXTENSIONS));
    } else if random.percent(25) {
        out.extend_from_slice(random.pick(EXTENSIONS));
    }
    out.extend_from_slice(deviance.pick(random, &[CRLF], LINE_ENDS));
}
