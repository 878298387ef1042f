//! A decoder written from the documentation: it sees the whole stream and takes its time.

use super::*;

/// What is at the front of what is left of a stream.
enum Front {
    Frame {
        body: Vec<u8>,
        bytes: usize,
    },
    /// Nothing, so many times.
    Between(usize),
    /// The stream ends within a frame.
    Cut {
        missing: usize,
    },
    /// It ends where a delimiter should stand.
    Unterminated,
    Bad {
        kind: ErrorKind,
        at: usize,
    },
    /// A whole frame that means nothing.
    Malformed {
        kind: ErrorKind,
        at: usize,
        bytes: usize,
    },
    /// Declared.
    TooLong {
        length: u64,
        cut: Range<usize>,
        bytes: u64,
    },
    /// Found out.
    Overrun {
        at: usize,
        may_be_cut: bool,
        /// Where its delimiter ends.
        end: Option<usize>,
    },
}

/// What has to come out of `input`.
pub(crate) fn reference(spec: &Spec, setup: Setup, input: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    let mut at = 0;
    let end = input.len();
    loop {
        let rest = &input[at..];
        if rest.is_empty() {
            events.push(Event::End);
            return events;
        }
        let here = at as u64;
        match front(spec, input, rest, setup.max) {
            Front::Frame { body, bytes } => {
                events.push(Event::Frame(body, Ending::Whole));
                at += bytes;
            }
            Front::Between(bytes) => at += bytes,
            Front::Cut { missing } => {
                events.push(truncated(missing as u64, end));
                return events;
            }
            Front::Unterminated => {
                events.push(Event::Frame(rest.to_vec(), Ending::Unterminated));
                at = end;
            }
            Front::Bad { kind, at } => {
                events.push(stopped(kind, here + at as u64));
                return events;
            }
            Front::Malformed { kind, at: bad, .. } if setup.recovery == Recovery::Poison => {
                events.push(stopped(kind, here + bad as u64));
                return events;
            }
            Front::Malformed {
                kind,
                at: bad,
                bytes,
            } => {
                events.push(fault(kind, here + bad as u64));
                at += bytes;
            }
            Front::TooLong { length, cut, bytes } => {
                let kind = ErrorKind::TooLong {
                    declared: Some(length),
                    max: setup.max,
                };
                if bytes > setup.skip_max || setup.recovery == Recovery::Poison {
                    events.push(stopped(kind, here));
                    return events;
                }
                if setup.recovery == Recovery::Skip {
                    events.push(fault(kind, here));
                } else if cut.end > rest.len() {
                    events.push(truncated((cut.end - rest.len()) as u64, end));
                    return events;
                } else {
                    events.push(Event::Frame(rest[cut].to_vec(), Ending::Truncated));
                }
                if bytes > rest.len() as u64 {
                    events.push(truncated(bytes - rest.len() as u64, end));
                    return events;
                }
                at += bytes as usize;
            }
            Front::Overrun {
                at: over,
                may_be_cut,
                end: ended,
            } => {
                let kind = ErrorKind::TooLong {
                    declared: None,
                    max: setup.max,
                };
                if setup.recovery == Recovery::Poison {
                    events.push(stopped(kind, here + over as u64));
                    return events;
                }
                let mut kept = 0;
                if setup.recovery == Recovery::Truncate && may_be_cut {
                    // A frame cut to nothing takes a byte all the same.
                    kept = setup.max.max(1);
                    events.push(Event::Frame(rest[..setup.max].to_vec(), Ending::Truncated));
                } else {
                    events.push(fault(kind, here + over as u64));
                }
                let skipped = (ended.unwrap_or(rest.len()) - kept) as u64;
                if skipped > setup.skip_max {
                    let kind = ErrorKind::SkipTooLong {
                        max: setup.skip_max,
                    };
                    events.push(stopped(kind, here + kept as u64 + setup.skip_max));
                    return events;
                }
                match ended {
                    Some(ended) => at += ended,
                    None if yields(spec) => at = end,
                    None => {
                        events.push(truncated(1, end));
                        return events;
                    }
                }
            }
        }
    }
}

fn truncated(missing: u64, end: usize) -> Event {
    stopped(ErrorKind::Truncated { missing }, end as u64)
}

/// Whether a last frame needs no delimiter.
fn yields(spec: &Spec) -> bool {
    match spec {
        Spec::Lines(_, tail, _) | Spec::Delimited(_, tail, _) => *tail == Tail::Yield,
        Spec::Syslog(_) => true,
        _ => false,
    }
}

fn front(spec: &Spec, stream: &[u8], rest: &[u8], max: usize) -> Front {
    match spec {
        Spec::Length(layout) => length(layout, rest, max),
        Spec::Varint { bits, padded } => varint(*bits, *padded, rest, max),
        Spec::Ascii {
            radix,
            terminator,
            trailer,
            empty,
        } => ascii(*radix, *terminator, *trailer, *empty, rest, max),
        Spec::Header(heads) => header(*heads, rest, max),
        Spec::Fixed(bytes) => declared(0, *bytes as u128, 0, 0..*bytes, rest, max),
        Spec::Lines(end, tail, delimiter) => lines(*end, *tail, *delimiter, rest, max),
        Spec::Delimited(delimiters, tail, delimiter) => {
            delimited(delimiters, *tail, *delimiter, rest, max)
        }
        Spec::Syslog(framing) => {
            let counted = match framing {
                Framing::Auto => (b'1'..=b'9').contains(&stream[0]),
                Framing::Octets => true,
                Framing::Lines => false,
            };
            if counted {
                ascii(10, b' ', None, false, rest, max)
            } else {
                lines(LineEnd::New, Tail::Yield, Delimiter::Strip, rest, max)
            }
        }
        Spec::Cobs => cobs(rest, max),
        Spec::Slip => slip(rest, max),
    }
}

/// A frame of which the header has said everything. `given` is what is given of it, where it is not too long.
fn declared(
    header: usize,
    payload: u128,
    trailer: usize,
    given: Range<usize>,
    rest: &[u8],
    max: usize,
) -> Front {
    let bytes = header as u128 + payload + trailer as u128;
    if payload > max as u128 {
        return Front::TooLong {
            length: payload as u64,
            cut: given.start..header + max,
            bytes: bytes.min(u64::MAX.into()) as u64,
        };
    }
    let bytes = bytes as usize;
    if bytes > rest.len() {
        return Front::Cut {
            missing: bytes - rest.len(),
        };
    }
    Front::Frame {
        body: rest[given].to_vec(),
        bytes,
    }
}

fn length(layout: &Layout, rest: &[u8], max: usize) -> Front {
    let Layout {
        width,
        offset,
        gap,
        trailer,
        ..
    } = *layout;
    let header = offset + width + gap;
    if rest.len() < header {
        return Front::Cut {
            missing: header - rest.len(),
        };
    }
    let mut field = rest[offset..offset + width].to_vec();
    if layout.little {
        field.reverse();
    }
    let number = field
        .iter()
        .fold(0u128, |number, &byte| number * 256 + u128::from(byte));
    let counted = match layout.counts {
        Counts::Payload => 0,
        Counts::AfterLength => gap + trailer,
        Counts::FromLength => width + gap + trailer,
        Counts::Whole => offset + width + gap + trailer,
    };
    if number < counted as u128 {
        let kind = ErrorKind::LengthTooSmall {
            declared: number as u64,
            min: counted as u64,
        };
        return Front::Bad { kind, at: offset };
    }
    let payload = number - counted as u128;
    let payload_end = header + payload.min(max as u128) as usize;
    let given = match layout.body {
        Body::Payload => header..payload_end,
        Body::AfterLength => offset + width..payload_end + trailer,
        Body::Whole => 0..payload_end + trailer,
    };
    declared(header, payload, trailer, given, rest, max)
}

fn varint(bits: u32, padded: bool, rest: &[u8], max: usize) -> Front {
    let bytes_max = if bits == 32 { 5 } else { 10 };
    let mut number = 0u128;
    for at in 0..bytes_max {
        let Some(&byte) = rest.get(at) else {
            return Front::Cut { missing: 1 };
        };
        number += u128::from(byte % 128) << (7 * at);
        if byte < 128 {
            if number >= 1 << bits {
                let kind = ErrorKind::VarintTooLong;
                return Front::Bad { kind, at };
            }
            if at > 0 && byte == 0 && !padded {
                let kind = ErrorKind::VarintNotMinimal;
                return Front::Bad { kind, at };
            }
            let start = at + 1;
            let given = start..start + number.min(max as u128) as usize;
            return declared(start, number, 0, given, rest, max);
        }
    }
    Front::Bad {
        kind: ErrorKind::VarintTooLong,
        at: bytes_max - 1,
    }
}

fn ascii(
    radix: u32,
    terminator: u8,
    trailer: Option<u8>,
    empty: bool,
    rest: &[u8],
    max: usize,
) -> Front {
    let mut digits = String::new();
    loop {
        let at = digits.len();
        let Some(&byte) = rest.get(at) else {
            return Front::Cut { missing: 1 };
        };
        if byte == terminator && at > 0 {
            break;
        }
        if !(byte as char).is_digit(radix) {
            let kind = ErrorKind::InvalidDigit;
            return Front::Bad { kind, at };
        }
        digits.push(byte as char);
        if digits.starts_with('0') && (digits.len() > 1 || !empty) {
            let kind = ErrorKind::LeadingZero;
            return Front::Bad { kind, at: 0 };
        }
        if digits.len() > 10 {
            let kind = ErrorKind::TooManyDigits;
            return Front::Bad { kind, at };
        }
    }
    let payload = u128::from_str_radix(&digits, radix).expect("digits");
    let start = digits.len() + 1;
    let end = start + payload.min(max as u128) as usize;
    let trailer_bytes = usize::from(trailer.is_some());
    match declared(start, payload, trailer_bytes, start..end, rest, max) {
        Front::Frame { .. } if trailer.is_some_and(|trailer| rest[end] != trailer) => Front::Bad {
            kind: ErrorKind::WrongTrailer,
            at: end,
        },
        front => front,
    }
}

fn header(heads: Heads, rest: &[u8], max: usize) -> Front {
    let (bytes_max, function) = heads.function();
    // Bytes come one by one, so what it makes of fewer does not matter as long as it asks for more.
    match function(&rest[..rest.len().min(bytes_max)]) {
        Head::Need(_) if rest.len() >= bytes_max => Front::Bad {
            kind: ErrorKind::HeaderTooLong { max: bytes_max },
            at: 0,
        },
        Head::Need(more) => Front::Cut {
            missing: more.max(1).min(bytes_max - rest.len()),
        },
        Head::Invalid => Front::Bad {
            kind: ErrorKind::InvalidHeader,
            at: 0,
        },
        Head::Length {
            header, trailer, ..
        } if header + trailer > 4 * bytes_max => Front::Bad {
            kind: ErrorKind::HeaderTooLong { max: bytes_max },
            at: 0,
        },
        Head::Length {
            header,
            payload,
            trailer,
        } => {
            let bytes = header + payload as usize + trailer;
            declared(header, payload.into(), trailer, 0..bytes, rest, max)
        }
    }
}

/// A frame that a delimiter ends.
fn ended(
    found: Option<(usize, usize)>,
    longest: usize,
    tail: Tail,
    keep: Delimiter,
    rest: &[u8],
    max: usize,
) -> Front {
    let over = |end| Front::Overrun {
        at: max,
        may_be_cut: true,
        end,
    };
    match (found, tail) {
        (Some((payload, end)), _) if payload > max => over(Some(end)),
        (Some((payload, end)), _) => Front::Frame {
            body: match keep {
                Delimiter::Strip => rest[..payload].to_vec(),
                Delimiter::Keep => rest[..end].to_vec(),
            },
            bytes: end,
        },
        (None, Tail::Yield) if rest.len() > max => over(None),
        (None, Tail::Yield) => Front::Unterminated,
        (None, Tail::Error) if rest.len() >= max + longest => over(None),
        (None, Tail::Error) => Front::Cut { missing: 1 },
    }
}

fn lines(end: LineEnd, tail: Tail, keep: Delimiter, rest: &[u8], max: usize) -> Front {
    let mut found = None;
    if let Some(lf) = rest.iter().position(|&byte| byte == b'\n') {
        let line = match (end, &rest[..lf]) {
            (LineEnd::New | LineEnd::CrLf, [.., b'\r']) => lf - 1,
            _ => lf,
        };
        found = Some((line, lf + 1));
    }
    let longest = if end == LineEnd::Lf { 1 } else { 2 };
    ended(found, longest, tail, keep, rest, max)
}

fn delimited(
    delimiters: &[Vec<u8>],
    tail: Tail,
    keep: Delimiter,
    rest: &[u8],
    max: usize,
) -> Front {
    let longest_at = |end: usize| {
        delimiters
            .iter()
            .filter(|delimiter| rest[..end].ends_with(delimiter))
            .map(|delimiter| delimiter.len())
            .max()
    };
    let found = (1..=rest.len()).find_map(|end| Some((end - longest_at(end)?, end)));
    let longest = delimiters
        .iter()
        .map(|d| d.len())
        .max()
        .expect("a delimiter");
    ended(found, longest, tail, keep, rest, max)
}

/// A payload, or what is wrong and where.
type Decode = fn(&[u8]) -> Result<Vec<u8>, (ErrorKind, usize)>;

/// A frame that is escaped, has `escaped_max` bytes at most, and ends with `end`.
fn escaped(end: u8, escaped_max: usize, rest: &[u8], max: usize, decode: Decode) -> Front {
    let found = rest.iter().position(|&byte| byte == end);
    match found {
        Some(0) => return Front::Between(1),
        Some(at) if at <= escaped_max => {
            let bytes = at + 1;
            return match decode(&rest[..at]) {
                Ok(body) if body.len() > max => Front::Malformed {
                    kind: ErrorKind::TooLong {
                        declared: Some(body.len() as u64),
                        max,
                    },
                    at: 0,
                    bytes,
                },
                Ok(body) => Front::Frame { body, bytes },
                Err((kind, at)) => Front::Malformed { kind, at, bytes },
            };
        }
        None if rest.len() <= escaped_max => return Front::Cut { missing: 1 },
        _ => {}
    }
    Front::Overrun {
        at: escaped_max,
        may_be_cut: false,
        end: found.map(|at| at + 1),
    }
}

fn cobs(rest: &[u8], max: usize) -> Front {
    escaped(0, max + max / 254 + 1, rest, max, |body| {
        let mut out = Vec::new();
        let mut left = body.iter().copied().enumerate();
        let mut zero = false;
        while let Some((at, code)) = left.next() {
            if zero {
                out.push(0);
            }
            for _ in 1..code {
                let (_, byte) = left.next().ok_or((ErrorKind::InvalidCode, at))?;
                out.push(byte);
            }
            zero = code < 0xFF;
        }
        Ok(out)
    })
}

fn slip(rest: &[u8], max: usize) -> Front {
    escaped(0xC0, 2 * max, rest, max, |body| {
        let mut out = Vec::new();
        let mut left = body.iter().copied().enumerate();
        while let Some((at, byte)) = left.next() {
            out.push(match byte {
                0xDB => match left.next() {
                    Some((_, 0xDC)) => 0xC0,
                    Some((_, 0xDD)) => 0xDB,
                    _ => return Err((ErrorKind::InvalidEscape, at)),
                },
                byte => byte,
            });
        }
        Ok(out)
    })
}
