//! Field lines as bytes, checked before a byte of them is written.

use alloc::vec::Vec;

use crate::syntax::{is_token, is_value};
use crate::{EncodeError, Limits, Output};

/// How much may be added to a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Room {
    fields_max: usize,
    bytes_max: usize,
}

impl Room {
    /// What a decoder with `limits` takes, less what is added when the head is sent: so many
    /// fields for framing, the connection and a date.
    pub(crate) fn of(limits: &Limits, added_later: usize) -> Self {
        const BYTES_ADDED_LATER: usize = 512;
        Self {
            fields_max: limits.fields_max.saturating_sub(added_later),
            bytes_max: limits
                .field_section_bytes_max
                .saturating_sub(BYTES_ADDED_LATER),
        }
    }

    /// What a decoder with `limits` takes as trailers.
    pub(crate) fn of_trailers(limits: &Limits) -> Self {
        Self {
            fields_max: limits.trailers_max,
            bytes_max: limits
                .trailer_section_bytes_max
                .saturating_sub(b"\r\n".len()),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FieldLines {
    pub(crate) bytes: Vec<u8>,
    pub(crate) count: usize,
    pub(crate) has_date: bool,
}

impl FieldLines {
    pub(crate) fn add(&mut self, name: &str, value: &[u8], room: Room) -> Result<(), EncodeError> {
        if !is_token(name.as_bytes()) {
            return Err(EncodeError::InvalidFieldName);
        }
        // Whitespace around a value would be gone at the other end.
        let is_padded = matches!(value, [b' ' | b'\t', ..] | [.., b' ' | b'\t']);
        if is_padded || !is_value(value) {
            return Err(EncodeError::InvalidFieldValue);
        }
        let len = name.len() + value.len() + b": \r\n".len();
        if self.count >= room.fields_max || self.bytes.len() + len > room.bytes_max {
            return Err(EncodeError::TooManyFields);
        }
        // One allocation for what most heads have.
        let usual = if self.bytes.is_empty() { USUAL_LEN } else { 0 };
        self.bytes.reserve(len.max(usual));
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.extend_from_slice(b": ");
        self.bytes.extend_from_slice(value);
        self.bytes.extend_from_slice(b"\r\n");
        self.count += 1;
        self.has_date |= name.eq_ignore_ascii_case("date");
        Ok(())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.bytes.split(|byte| *byte == b'\n').any(|line| {
            line.get(name.len()) == Some(&b':')
                && line[..name.len()].eq_ignore_ascii_case(name.as_bytes())
        })
    }
}

/// What the field lines of most heads take, in bytes.
const USUAL_LEN: usize = 256;

pub(crate) const MANAGED: &[&str] = &[
    "content-length",
    "transfer-encoding",
    "connection",
    "upgrade",
];

pub(crate) fn is_any_of(name: &str, set: &[&str]) -> bool {
    set.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// protocol = token [ "/" token ]
pub(crate) fn is_protocol(protocol: &str) -> bool {
    let (name, version) = protocol.split_once('/').unwrap_or((protocol, "1"));
    protocol.len() <= UPGRADE_MAX && is_token(name.as_bytes()) && is_token(version.as_bytes())
}

/// The longest `Upgrade` value that is written, in bytes: heads leave room for it.
const UPGRADE_MAX: usize = 256;

/// The value of an `Upgrade` field.
pub(crate) fn is_protocol_list(protocols: &str) -> bool {
    let mut protocols_alone = protocols.split(',');
    protocols.len() <= UPGRADE_MAX
        && protocols_alone.all(|protocol| is_protocol(protocol.trim_matches([' ', '\t'])))
}

/// Writes `Connection` with those options that are on, `Upgrade` where there is an offer.
pub(crate) fn encode_options(options: &[(bool, &[u8])], offered: &[u8], out: &mut impl Output) {
    let upgrade = (!offered.is_empty(), b"upgrade".as_slice());
    let mut separator: &[u8] = b"Connection: ";
    for (is_on, option) in options.iter().chain([&upgrade]) {
        if *is_on {
            out.put(separator);
            out.put(option);
            separator = b", ";
        }
    }
    if separator == b", " {
        out.put(b"\r\n");
    }
    if upgrade.0 {
        out.put(b"Upgrade: ");
        out.put(offered);
        out.put(b"\r\n");
    }
}
