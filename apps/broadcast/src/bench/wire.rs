//! The datagrams of a measurement.
//!
//! All begin with the same 32 bytes, numbers in network order:
//!
//! | bytes | what |
//! |---|---|
//! | 0..4 | `BWub` |
//! | 4 | version, 1 |
//! | 5 | flags: 0 data, 1 end, 2 report |
//! | 6..8 | 0 |
//! | 8..16 | the session, random |
//! | 16..24 | data: the number of this datagram, from 0; otherwise how many data datagrams were sent |
//! | 24..32 | when it was sent, in nanoseconds since the sender's start |
//!
//! Data are padded to the size that is measured. An end is padded to [`REPORT_BYTES`] at least, so that nobody who forges
//! one gets more out of a receiver than he has put in. A report has eight more numbers, those of [`Report`] in its
//! order.

/// What every datagram begins with, in bytes.
pub const HEADER_BYTES: usize = 32;

/// Length of a report, and the least of an end, in bytes.
pub const REPORT_BYTES: usize = HEADER_BYTES + 8 * 8;

/// A datagram's number is below; no sender comes so far.
pub const SEQUENCE_END: u64 = 1 << 62;

const MAGIC: [u8; 4] = *b"BWub";
const VERSION: u8 = 1;

/// A sender's run, drawn at random.
pub type SessionId = [u8; 8];

/// What a datagram is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It is what is measured.
    Data,
    /// Nothing more comes.
    End,
    /// What the receiver has counted.
    Report,
}

/// What every datagram begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What it is for.
    pub kind: Kind,
    /// Whose it is.
    pub session: SessionId,
    /// Of data the number, from 0; otherwise how many there were.
    pub sequence: u64,
    /// When it was sent, in nanoseconds since the sender's start.
    pub sent_nanoseconds: u64,
}

/// Why something is no datagram of a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Junk {
    /// It is shorter than what it is said to be.
    Truncated,
    /// It does not begin with the four letters.
    NotOurs,
    /// It is of another version.
    Version(u8),
    /// Flags, or a zero that is none, of which this version knows nothing.
    Flags,
    /// The number is none that a sender reaches.
    Sequence,
}

impl Header {
    /// Writes it over the beginning of a datagram.
    pub fn encode(&self, out: &mut [u8; HEADER_BYTES]) {
        out[0..4].copy_from_slice(&MAGIC);
        out[4] = VERSION;
        out[5] = match self.kind {
            Kind::Data => 0,
            Kind::End => 1,
            Kind::Report => 2,
        };
        out[6..8].fill(0);
        out[8..16].copy_from_slice(&self.session);
        out[16..24].copy_from_slice(&self.sequence.to_be_bytes());
        out[24..32].copy_from_slice(&self.sent_nanoseconds.to_be_bytes());
    }

    /// Reads what a datagram begins with.
    ///
    /// # Errors
    ///
    /// [`Junk`].
    pub fn decode(datagram: &[u8]) -> Result<Self, Junk> {
        let Some(header) = datagram.first_chunk::<HEADER_BYTES>() else {
            return Err(Junk::Truncated);
        };
        if header[0..4] != MAGIC {
            return Err(Junk::NotOurs);
        }
        if header[4] != VERSION {
            return Err(Junk::Version(header[4]));
        }
        let (kind, bytes_min) = match header[5..8] {
            [0, 0, 0] => (Kind::Data, HEADER_BYTES),
            [1, 0, 0] => (Kind::End, REPORT_BYTES),
            [2, 0, 0] => (Kind::Report, REPORT_BYTES),
            _ => return Err(Junk::Flags),
        };
        if datagram.len() < bytes_min {
            return Err(Junk::Truncated);
        }
        let sequence = number(header, 16);
        if sequence >= SEQUENCE_END {
            return Err(Junk::Sequence);
        }
        let mut session = SessionId::default();
        session.copy_from_slice(&header[8..16]);
        Ok(Self {
            kind,
            session,
            sequence,
            sent_nanoseconds: number(header, 24),
        })
    }
}

/// What a receiver has counted of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Data datagrams, each counted once.
    pub datagrams: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Those that had come before.
    pub duplicates: u64,
    /// Those that came behind a later one.
    pub reordered: u64,
    /// Those that came so late that nobody knows whether they had come before.
    pub late: u64,
    /// Interarrival jitter, in nanoseconds.
    pub jitter_nanoseconds: u64,
    /// From the first to the last, in nanoseconds.
    pub nanoseconds: u64,
    /// How often the receiver's system had no room for what came and threw it away; `None` where it does not tell. What
    /// it had joined to one counts as one.
    pub no_room: Option<u64>,
}

/// Stands for a number that is not known.
const UNKNOWN: u64 = u64::MAX;

impl Report {
    /// Writes a whole datagram.
    #[must_use]
    pub fn encode(&self, header: &Header) -> [u8; REPORT_BYTES] {
        let mut out = [0; REPORT_BYTES];
        let (head, body) = out.split_at_mut(HEADER_BYTES);
        if let Some(head) = head.first_chunk_mut() {
            header.encode(head);
        }
        let numbers = [
            self.datagrams,
            self.bytes,
            self.duplicates,
            self.reordered,
            self.late,
            self.jitter_nanoseconds,
            self.nanoseconds,
            self.no_room.unwrap_or(UNKNOWN),
        ];
        for (place, number) in body.chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&number.to_be_bytes());
        }
        out
    }

    /// Reads what is behind the header of a report.
    ///
    /// # Errors
    ///
    /// [`Junk::Truncated`].
    pub fn decode(datagram: &[u8]) -> Result<Self, Junk> {
        let report: &[u8; REPORT_BYTES] = datagram.first_chunk().ok_or(Junk::Truncated)?;
        let number = |at: usize| number(report, HEADER_BYTES + 8 * at);
        Ok(Self {
            datagrams: number(0),
            bytes: number(1),
            duplicates: number(2),
            reordered: number(3),
            late: number(4),
            jitter_nanoseconds: number(5),
            nanoseconds: number(6),
            no_room: Some(number(7)).filter(|&times| times != UNKNOWN),
        })
    }
}

/// Eight bytes at a place that is known to be there.
fn number(bytes: &[u8], at: usize) -> u64 {
    let mut number = [0; 8];
    number.copy_from_slice(&bytes[at..at + 8]);
    u64::from_be_bytes(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn data() -> [u8; HEADER_BYTES] {
        let mut out = [0xaa; HEADER_BYTES];
        let header = Header {
            kind: Kind::Data,
            session: *b"abcdefgh",
            sequence: 0x0102_0304_0506,
            sent_nanoseconds: 1_000_000_000,
        };
        header.encode(&mut out);
        out
    }

    #[track_caller]
    fn check_junk(datagram: &[u8], expected: Junk) {
        assert_eq!(Header::decode(datagram), Err(expected));
    }

    #[test]
    fn the_bytes() {
        assert_eq!(
            data(),
            *b"BWub\x01\0\0\0abcdefgh\0\0\x01\x02\x03\x04\x05\x06\0\0\0\0\x3b\x9a\xca\0"
        );
    }

    #[test]
    fn junk_is_told_from_ours() {
        for length in 0..HEADER_BYTES {
            check_junk(&data()[..length], Junk::Truncated);
        }
        let changed = |at: usize, byte: u8| {
            let mut datagram = data();
            datagram[at] = byte;
            datagram
        };
        check_junk(&changed(0, b'b'), Junk::NotOurs);
        check_junk(&changed(3, 0), Junk::NotOurs);
        check_junk(&changed(4, 2), Junk::Version(2));
        check_junk(&changed(5, 3), Junk::Flags);
        check_junk(&changed(5, 128), Junk::Flags);
        check_junk(&changed(7, 1), Junk::Flags);
        check_junk(&changed(16, 0x40), Junk::Sequence);
        check_junk(&changed(16, 0xff), Junk::Sequence);
        check_junk(&[0; 1400], Junk::NotOurs);
    }

    /// Or one could be made to answer with more than it was asked with.
    #[test]
    fn an_end_is_as_long_as_a_report() {
        for flags in [1, 2] {
            let mut datagram = data().to_vec();
            datagram[5] = flags;
            datagram.resize(REPORT_BYTES - 1, 0);
            check_junk(&datagram, Junk::Truncated);
            datagram.push(0);
            assert!(Header::decode(&datagram).is_ok());
        }
    }

    #[test]
    fn an_unknown_number_stays_unknown() {
        let header = Header::decode(&data()).expect("ours");
        let report = Report {
            datagrams: 1,
            no_room: None,
            ..Report::default()
        };
        assert_eq!(Report::decode(&report.encode(&header)), Ok(report));
    }

    proptest! {
        #[test]
        fn round_trip(session: SessionId, sequence in 0..SEQUENCE_END, sent_nanoseconds: u64, kind in 0..3, more in 0..100usize) {
            let kind = [Kind::Data, Kind::End, Kind::Report][kind as usize];
            let header = Header { kind, session, sequence, sent_nanoseconds };
            let mut out = vec![0; REPORT_BYTES + more];
            header.encode(out.first_chunk_mut().expect("room"));
            prop_assert_eq!(Header::decode(&out), Ok(header));
        }

        #[test]
        fn reports_too(numbers in any::<[u64; 8]>(), header_bytes in any::<[u8; HEADER_BYTES]>()) {
            let report = Report {
                datagrams: numbers[0],
                bytes: numbers[1],
                duplicates: numbers[2],
                reordered: numbers[3],
                late: numbers[4],
                jitter_nanoseconds: numbers[5],
                nanoseconds: numbers[6],
                no_room: (numbers[7] != u64::MAX).then_some(numbers[7]),
            };
            let header = Header { kind: Kind::Report, session: *b"12345678", sequence: 5, sent_nanoseconds: 6 };
            let datagram = report.encode(&header);
            prop_assert_eq!(Header::decode(&datagram), Ok(header));
            prop_assert_eq!(Report::decode(&datagram), Ok(report));
            // Whatever comes is judged without a panic.
            let _ = Header::decode(&header_bytes);
        }
    }
}
