use super::{Entry, Kind, OfferErrorKind, Timestamp};
use crate::name::{EntryPath, NameRules};

const DIRECTORY: u8 = 1;
const FILE: u8 = 2;
const SYMLINK: u8 = 3;
const STREAM: u8 = 4;

const HAS_MODE: u8 = 1;
const HAS_TIME: u8 = 1 << 1;

/// Bytes of an entry.
pub(super) fn len(entry: &Entry) -> usize {
    let kind = match &entry.kind {
        Kind::File { .. } => 16,
        Kind::Symlink { target } => 2 + target.len(),
        Kind::Directory | Kind::Stream => 0,
    };
    let mode = entry.mode.map_or(0, |_| 2);
    let time = entry.modified.map_or(0, |_| 12);
    4 + entry.path.as_bytes().len() + mode + time + kind
}

/// Appends an entry.
pub(super) fn encode(entry: &Entry, out: &mut Vec<u8>) {
    let kind = match entry.kind {
        Kind::Directory => DIRECTORY,
        Kind::File { .. } => FILE,
        Kind::Symlink { .. } => SYMLINK,
        Kind::Stream => STREAM,
    };
    let mode = entry.mode.map_or(0, |_| HAS_MODE);
    let time = entry.modified.map_or(0, |_| HAS_TIME);
    out.extend_from_slice(&[kind, mode | time]);
    encode_bytes(entry.path.as_bytes(), out);
    if let Some(mode) = entry.mode {
        out.extend_from_slice(&mode.to_be_bytes());
    }
    if let Some(time) = entry.modified {
        out.extend_from_slice(&time.seconds.to_be_bytes());
        out.extend_from_slice(&time.nanoseconds.to_be_bytes());
    }
    match &entry.kind {
        Kind::File { size, data_bytes } => {
            out.extend_from_slice(&size.to_be_bytes());
            out.extend_from_slice(&data_bytes.to_be_bytes());
        }
        Kind::Symlink { target } => encode_bytes(target, out),
        Kind::Directory | Kind::Stream => {}
    }
}

/// Paths and targets that were checked are no longer than a `u16` says.
fn encode_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    let len = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    out.extend_from_slice(&len.to_be_bytes());
    out.extend_from_slice(bytes);
}

/// Takes one entry from the front, its path checked and nothing else of it.
pub(super) fn decode(bytes: &mut &[u8], rules: &NameRules) -> Result<Entry, OfferErrorKind> {
    let [kind, flags] = array(bytes)?;
    if !(DIRECTORY..=STREAM).contains(&kind) {
        return Err(OfferErrorKind::UnknownKind { kind });
    }
    if flags & !(HAS_MODE | HAS_TIME) != 0 {
        return Err(OfferErrorKind::UnknownFlags { flags });
    }
    Ok(Entry {
        path: EntryPath::new(slice(bytes)?, rules).map_err(OfferErrorKind::Name)?,
        mode: match flags & HAS_MODE {
            0 => None,
            _ => Some(u16::from_be_bytes(array(bytes)?)),
        },
        modified: match flags & HAS_TIME {
            0 => None,
            _ => Some(decode_time(bytes)?),
        },
        kind: decode_kind(kind, bytes)?,
    })
}

fn decode_time(bytes: &mut &[u8]) -> Result<Timestamp, OfferErrorKind> {
    Ok(Timestamp {
        seconds: i64::from_be_bytes(array(bytes)?),
        nanoseconds: u32::from_be_bytes(array(bytes)?),
    })
}

fn decode_kind(kind: u8, bytes: &mut &[u8]) -> Result<Kind, OfferErrorKind> {
    match kind {
        DIRECTORY => Ok(Kind::Directory),
        FILE => Ok(Kind::File {
            size: u64::from_be_bytes(array(bytes)?),
            data_bytes: u64::from_be_bytes(array(bytes)?),
        }),
        SYMLINK => Ok(Kind::Symlink {
            target: slice(bytes)?.to_vec(),
        }),
        STREAM => Ok(Kind::Stream),
        kind => Err(OfferErrorKind::UnknownKind { kind }),
    }
}

/// Bytes behind their length.
fn slice<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], OfferErrorKind> {
    let len = u16::from_be_bytes(array(bytes)?);
    bytes
        .split_off(..usize::from(len))
        .ok_or(OfferErrorKind::Truncated)
}

fn array<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], OfferErrorKind> {
    let (array, rest) = bytes.split_first_chunk().ok_or(OfferErrorKind::Truncated)?;
    *bytes = rest;
    Ok(*array)
}
