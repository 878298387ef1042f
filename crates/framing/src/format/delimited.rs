use core::fmt;

use super::{Delimiter, Found, Look, Rest, Rules, Tail, Wrapped, check_len};
use crate::encode::Wrap;
use crate::error::EncodeError;
use crate::scan::{FEW, find_byte, find_few, find_in_set, visit};

/// Frames that end with a delimiter: one or several, of one byte or more.
///
/// ```text
///   ├ payload ┼ delimiter ┤
/// ```
///
/// The delimiter that ends first ends the frame; of those that end at the same byte the longest is left out. All are
/// looked for in one pass over each byte, so a delimiter that never comes costs nothing, and one may be split over any
/// number of reads.
///
/// ```
/// use barewire_framing::{Delimited, Framer, Limits, Step, Stream};
///
/// let mut framer = Framer::new(Delimited::any(&[b"\r\n", b"\n", b"\0"]), Limits::new(80));
/// let step = framer.step(b"one\r\ntwo", Stream::Open)?;
/// assert!(matches!(step, Step::Frame { body, consume: 5, .. } if body == (0..3)));
/// # Ok::<(), barewire_framing::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Delimited {
    /// The delimiters, one behind the other.
    bytes: [u8; DELIMITERS_BYTES_MAX],
    /// A bit for each of their bytes: where one begins, and where one ends.
    starts: u64,
    ends: u64,
    first_bytes: FirstBytes,
    /// The length of the first one, which is what is written, and of the longest one.
    written: u8,
    longest: u8,
    tail: Tail,
    delimiter: Delimiter,
}

/// All delimiters of a format together: a bit for each byte in one register.
const DELIMITERS_BYTES_MAX: usize = 64;

/// The bytes with which a delimiter can begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FirstBytes {
    One(u8),
    Two(u8, u8),
    Three(u8, u8, u8),
    /// Up to eight, the first of which fills what is left; and as `Many`.
    Few([u8; FEW], [u64; 4]),
    /// A bit for each of the 256.
    Many([u64; 4]),
}

impl FirstBytes {
    #[inline]
    fn find(&self, bytes: &[u8]) -> Option<usize> {
        let found = match *self {
            Self::One(one) => return find_byte(one, bytes),
            Self::Two(one, two) => memchr::memchr2(one, two, bytes),
            Self::Three(one, two, three) => memchr::memchr3(one, two, three, bytes),
            Self::Few(few, ref set) => find_few(few, set, bytes),
            Self::Many(ref set) => find_in_set(set, bytes),
        };
        visit(found.map_or(bytes.len(), |at| at + 1));
        found
    }
}

impl Delimited {
    /// One delimiter, of which every byte counts in order.
    ///
    /// # Panics
    ///
    /// If it is empty or longer than 64 bytes. In a constant that is an error of the compiler.
    #[must_use]
    pub const fn exact(delimiter: &[u8]) -> Self {
        Self::any(&[delimiter])
    }

    /// Whichever of these ends first. The first one is what is written.
    ///
    /// One that has another inside it, not at its end, can never be found.
    ///
    /// # Panics
    ///
    /// If there is none, one is empty, or they have more than 64 bytes together. In a constant that is an error of the
    /// compiler.
    #[must_use]
    pub const fn any(delimiters: &[&[u8]]) -> Self {
        assert!(!delimiters.is_empty(), "no delimiter");
        let mut format = Self {
            bytes: [0; DELIMITERS_BYTES_MAX],
            starts: 0,
            ends: 0,
            first_bytes: FirstBytes::Many([0; 4]),
            written: delimiters[0].len() as u8,
            longest: 0,
            tail: Tail::Yield,
            delimiter: Delimiter::Strip,
        };
        let (mut set, mut firsts, mut distinct) = ([0; 4], [0; FEW], 0);
        let (mut next, mut len) = (0, 0);
        while next < delimiters.len() {
            let delimiter = delimiters[next];
            assert!(!delimiter.is_empty(), "empty delimiter");
            assert!(
                len + delimiter.len() <= DELIMITERS_BYTES_MAX,
                "delimiters of more than 64 bytes together"
            );
            let first = delimiter[0];
            let bit = 1 << (first & 63);
            if set[(first >> 6) as usize] & bit == 0 {
                set[(first >> 6) as usize] |= bit;
                if distinct == 0 {
                    firsts = [first; FEW];
                } else if distinct < FEW {
                    firsts[distinct] = first;
                }
                distinct += 1;
            }
            if delimiter.len() > format.longest as usize {
                format.longest = delimiter.len() as u8;
            }
            format.starts |= 1 << len;
            let mut at = 0;
            while at < delimiter.len() {
                format.bytes[len] = delimiter[at];
                len += 1;
                at += 1;
            }
            format.ends |= 1 << (len - 1);
            next += 1;
        }
        format.first_bytes = match (distinct, firsts) {
            (1, [one, ..]) => FirstBytes::One(one),
            (2, [one, two, ..]) => FirstBytes::Two(one, two),
            (3, [one, two, three, ..]) => FirstBytes::Three(one, two, three),
            (4..=FEW, few) => FirstBytes::Few(few, set),
            _ => FirstBytes::Many(set),
        };
        format
    }

    /// What becomes of a last frame without a delimiter. Default: [`Tail::Yield`].
    #[must_use]
    pub const fn tail(mut self, tail: Tail) -> Self {
        self.tail = tail;
        self
    }

    /// Whether frames are given with their delimiters. Default: [`Delimiter::Strip`].
    #[must_use]
    pub const fn delimiter(mut self, delimiter: Delimiter) -> Self {
        self.delimiter = delimiter;
        self
    }

    /// The next delimiter in `bytes`: where it ends and how long it is. `live` has a bit for each byte of a delimiter
    /// up to which the bytes so far are that delimiter's beginning (Baeza-Yates and Gonnet's Shift-And).
    #[inline]
    fn next(&self, live: &mut u64, bytes: &[u8]) -> Option<(usize, usize)> {
        if self.longest == 1 {
            return self.first_bytes.find(bytes).map(|at| (at + 1, 1));
        }
        let mut at = 0;
        while at < bytes.len() {
            if *live == 0 {
                at += self.first_bytes.find(&bytes[at..])?;
            }
            *live = self.after(*live, bytes[at]);
            at += 1;
            let ended = *live & self.ends;
            if ended != 0 {
                *live = 0;
                return Some((at, self.longest_of(ended)));
            }
        }
        None
    }

    #[inline]
    fn after(&self, live: u64, byte: u8) -> u64 {
        visit(1);
        let (mut candidates, mut next) = (live << 1 | self.starts, 0);
        while candidates != 0 {
            let bit = candidates.trailing_zeros();
            if self.bytes[bit as usize] == byte {
                next |= 1 << bit;
            }
            candidates &= candidates - 1;
        }
        next
    }

    /// The length of the longest delimiter of those that have ended.
    fn longest_of(&self, mut ended: u64) -> usize {
        let mut longest = 0;
        while ended != 0 {
            let end = ended.trailing_zeros();
            // The last begin at or before this end.
            let begun = self.starts & (u64::MAX >> (63 - end));
            longest = longest.max(end + 1 - (63 - begun.leading_zeros()));
            ended &= ended - 1;
        }
        longest as usize
    }
}

impl fmt::Debug for Delimited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let len = 64 - self.ends.leading_zeros() as usize;
        f.debug_struct("Delimited")
            .field(
                "bytes",
                &format_args!("{}", self.bytes[..len].escape_ascii()),
            )
            .field("starts", &format_args!("{:#b}", self.starts))
            .field("tail", &self.tail)
            .field("delimiter", &self.delimiter)
            .finish()
    }
}

/// How far a frame has been searched.
#[derive(Clone, Copy, Debug, Default)]
#[expect(unnameable_types, reason = "named by the sealed trait only")]
pub struct Scan {
    scanned: usize,
    /// What [`Delimited::next`] has to remember.
    live: u64,
    /// A delimiter has been found, behind a payload that is too long.
    too_late: bool,
}

impl Rules for Delimited {
    type Progress = Scan;

    #[inline]
    fn find(&self, scan: &mut Scan, buf: &[u8], max: usize) -> Option<Found> {
        // Wherever a frame of allowed length could end.
        let window = &buf[..buf.len().min(max + usize::from(self.longest))];
        let Some((end, len)) = self.next(&mut scan.live, &window[scan.scanned..]) else {
            scan.scanned = window.len();
            return None;
        };
        let consume = scan.scanned + end;
        let payload = consume - len;
        scan.scanned = consume;
        scan.too_late = payload > max;
        if scan.too_late {
            return None;
        }
        scan.scanned = 0;
        Some(Found {
            start: 0,
            end: match self.delimiter {
                Delimiter::Strip => payload,
                Delimiter::Keep => consume,
            },
            consume,
        })
    }

    fn look(&self, scan: &mut Scan, _: &[u8], max: usize) -> Look {
        if !scan.too_late && scan.scanned < max + usize::from(self.longest) {
            return Look::Need(1);
        }
        *scan = Scan::default();
        Look::TooLong {
            declared: None,
            at: max,
            cut: Some(0..max),
            rest: Rest::Search,
        }
    }

    fn search(&self, scan: &mut Scan, buf: &[u8]) -> (usize, bool) {
        match self.next(&mut scan.live, buf) {
            Some((end, _)) => (end, true),
            None => (buf.len(), false),
        }
    }

    fn at_end(&self, scan: &mut Scan) -> Tail {
        *scan = Scan::default();
        self.tail
    }

    fn stream_bytes_max(&self, max: usize) -> usize {
        max + usize::from(self.longest)
    }
}

impl Wrapped for Delimited {
    #[inline]
    fn wrap(&self, payload: &[u8], max: usize) -> Result<Wrap<'_>, EncodeError> {
        check_len(payload.len(), max)?;
        let delimiter = &self.bytes[..usize::from(self.written)];
        if self.longest == 1 {
            // One byte cannot begin in the payload and end behind it.
            return match self.first_bytes.find(payload) {
                None => Ok(Wrap::bare(payload.len()).tail(delimiter)),
                Some(at) => Err(EncodeError::ContainsDelimiter { at }),
            };
        }
        // What a reader would find first has to be this delimiter, whole and where it is put.
        let mut live = 0;
        if let Some((end, len)) = self.next(&mut live, payload) {
            return Err(EncodeError::ContainsDelimiter { at: end - len });
        }
        match self.next(&mut live, delimiter) {
            Some((end, len)) if end == len && end == delimiter.len() => {
                Ok(Wrap::bare(payload.len()).tail(delimiter))
            }
            // One that begins in the payload, or that this one has inside it.
            found => Err(EncodeError::ContainsDelimiter {
                at: found.map_or(payload.len(), |(end, len)| {
                    payload.len().min(payload.len() + end - len)
                }),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Framer, Limits, Step, Stream};

    /// Whether `payload` is written, and read as it was.
    #[track_caller]
    fn check(delimiters: &[&[u8]], payload: &[u8], expected: Result<(), EncodeError>) {
        let mut framer = Framer::new(Delimited::any(delimiters), Limits::new(80));
        let wrapped = framer
            .wrap(payload)
            .map(|wrap| wrap.parts(payload).concat());
        assert_eq!(wrapped.clone().map(drop), expected);
        if let Ok(wire) = wrapped {
            let step = framer.step(&wire, Stream::Open);
            let Ok(Step::Frame { body, consume, .. }) = step else {
                panic!("{step:?}")
            };
            assert_eq!((&wire[body], consume), (payload, wire.len()));
        }
    }

    #[test]
    fn what_is_written_is_found() {
        let inside = |at| Err(EncodeError::ContainsDelimiter { at });
        check(&[b"\n"], b"x", Ok(()));
        check(&[b"\n"], b"x\ny", inside(1));
        check(&[b"\r\n"], b"x\r", Ok(()));
        check(&[b"aa"], b"xa", inside(1));
        check(&[b"\n", b"\r\n"], b"x\r", inside(1));
        // The second ends before the first does, at its beginning and within it.
        check(&[b"\r\n", b"\r"], b"x", inside(1));
        check(&[b"aba", b"b"], b"x", inside(1));
    }
}
