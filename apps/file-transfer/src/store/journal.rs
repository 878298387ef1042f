//! What is already there of an unfinished file, for the next try.
//!
//! A journal claims; it proves nothing. Whoever reads one reads the claimed groups again as well and hashes them before
//! the file is taken for whole, so that no order between writes to the two files matters, and a journal that is older or
//! newer than its file after a crash costs groups sent again, never a wrong byte.
//!
//! ```text
//! header   magic "bwjournl" | version u32 | group bytes u32 | file size u64 | blake3(name) 32 | check 8     64 bytes
//! record   group u64 | chaining value 32 | check 8                                                          48 bytes
//! ```
//!
//! Numbers are little-endian. The header's check is the front of its own hash; a record's is keyed with the whole
//! header, so that records of another file are none of this one. The last record of a group counts; from the first
//! that is damaged on, nothing does.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;

use barewire_transfer::tree::{Cv, GROUP_BYTES, groups};

use super::system;

const MAGIC: &[u8; 8] = b"bwjournl";
const VERSION: u32 = 1;
const HEADER_BYTES: usize = 64;
const RECORD_BYTES: usize = 48;
const CHECK_BYTES: usize = 8;

/// Records that are read at once.
const READ_RECORDS: usize = 1024;

/// An open journal.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    key: [u8; 32],
    /// Where the next record goes.
    end: u64,
}

/// What a journal says is in the file: the last value of each group.
pub(super) type Claims = BTreeMap<u64, Cv>;

impl Journal {
    /// Begins one anew.
    pub(super) fn create(file: File, name: &[u8], size: u64) -> io::Result<Self> {
        let header = header(name, size);
        system::set_len(&file, 0)?;
        system::write_at(&file, &header, 0)?;
        Ok(Self::at(file, &header, HEADER_BYTES as u64))
    }

    /// Goes on with one that is for a file of that name and size, from its first damaged record; `None` if it is not.
    pub(super) fn resume(file: File, name: &[u8], size: u64) -> io::Result<Option<(Self, Claims)>> {
        let header = header(name, size);
        let mut found = [0; HEADER_BYTES];
        if read_at_most(&file, &mut found, 0)? < HEADER_BYTES || found != header {
            return Ok(None);
        }
        let mut journal = Self::at(file, &header, HEADER_BYTES as u64);
        let claims = journal.read(groups(size))?;
        // What stands behind the damage must not come back when that is written over.
        system::set_len(&journal.file, journal.end)?;
        Ok(Some((journal, claims)))
    }

    fn at(file: File, header: &[u8; HEADER_BYTES], end: u64) -> Self {
        let key = *blake3::hash(header).as_bytes();
        Self { file, key, end }
    }

    fn read(&mut self, groups: u64) -> io::Result<Claims> {
        let mut claims = Claims::new();
        let mut buffer = vec![0; READ_RECORDS * RECORD_BYTES];
        loop {
            let read = read_at_most(&self.file, &mut buffer, self.end)?;
            for record in buffer[..read].chunks(RECORD_BYTES) {
                match decode(&self.key, record) {
                    Some((group, cv)) if group < groups => claims.insert(group, cv),
                    _ => return Ok(claims),
                };
                self.end += RECORD_BYTES as u64;
            }
            if read < buffer.len() {
                return Ok(claims);
            }
        }
    }

    /// Claims a group. What fails is overwritten by the next, and meanwhile ends the journal as damaged records do.
    pub(super) fn append(&mut self, group: u64, cv: &Cv) -> io::Result<()> {
        system::write_at(&self.file, &encode(&self.key, group, cv), self.end)?;
        self.end += RECORD_BYTES as u64;
        Ok(())
    }
}

/// Whether a file begins as journals do, whatever it is the journal of.
pub(super) fn is_journal(file: &File) -> bool {
    let mut magic = [0; MAGIC.len()];
    matches!(read_at_most(file, &mut magic, 0), Ok(read) if magic.starts_with(&MAGIC[..read]))
}

fn header(name: &[u8], size: u64) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    header[..8].copy_from_slice(MAGIC);
    header[8..12].copy_from_slice(&VERSION.to_le_bytes());
    header[12..16].copy_from_slice(&(GROUP_BYTES as u32).to_le_bytes());
    header[16..24].copy_from_slice(&size.to_le_bytes());
    header[24..56].copy_from_slice(blake3::hash(name).as_bytes());
    let check = blake3::hash(&header[..56]);
    header[56..].copy_from_slice(&check.as_bytes()[..CHECK_BYTES]);
    header
}

fn encode(key: &[u8; 32], group: u64, cv: &Cv) -> [u8; RECORD_BYTES] {
    let mut record = [0; RECORD_BYTES];
    record[..8].copy_from_slice(&group.to_le_bytes());
    record[8..40].copy_from_slice(cv);
    let check = blake3::keyed_hash(key, &record[..40]);
    record[40..].copy_from_slice(&check.as_bytes()[..CHECK_BYTES]);
    record
}

fn decode(key: &[u8; 32], record: &[u8]) -> Option<(u64, Cv)> {
    let (group, rest) = record.split_first_chunk()?;
    let (cv, check) = rest.split_first_chunk()?;
    let group = u64::from_le_bytes(*group);
    (encode(key, group, cv)[40..] == *check).then_some((group, *cv))
}

/// Fewer bytes than asked for only at the end of the file.
fn read_at_most(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match system::read_some_at(file, &mut buffer[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: u64 = 4 * GROUP_BYTES;

    fn file(bytes: &[u8]) -> File {
        let file = tempfile::tempfile().expect("a file");
        system::write_at(&file, bytes, 0).expect("written");
        file
    }

    /// As they are in the file.
    fn bytes(records: &[(u64, Cv)]) -> Vec<u8> {
        let header = header(b"x", SIZE);
        let key = *blake3::hash(&header).as_bytes();
        let records = records.iter().map(|(group, cv)| encode(&key, *group, cv));
        header.into_iter().chain(records.flatten()).collect()
    }

    #[track_caller]
    fn check(bytes: &[u8], expected: Option<&[(u64, Cv)]>) {
        let resumed = Journal::resume(file(bytes), b"x", SIZE).expect("read");
        let claims = resumed.map(|(_, claims)| claims.into_iter().collect::<Vec<_>>());
        assert_eq!(claims.as_deref(), expected);
    }

    const RECORDS: [(u64, Cv); 3] = [(0, [1; 32]), (1, [2; 32]), (3, [3; 32])];

    #[test]
    fn what_was_appended_is_read() {
        let handle = file(b"something older that is longer than what comes now: it has to go");
        let twin = handle.try_clone().expect("cloned");
        let mut journal = Journal::create(handle, b"x", SIZE).expect("begun");
        for (group, cv) in RECORDS {
            journal.append(group, &cv).expect("appended");
        }
        let mut written = vec![0; bytes(&RECORDS).len() + 1];
        let len = read_at_most(&twin, &mut written, 0).expect("read");
        assert_eq!(written[..len], bytes(&RECORDS));
        check(&written[..len], Some(&RECORDS));
        // And gone on with.
        let (mut journal, _) = Journal::resume(twin, b"x", SIZE)
            .expect("read")
            .expect("its own");
        journal.append(2, &[4; 32]).expect("appended");
        let (_, claims) = Journal::resume(journal.file, b"x", SIZE)
            .expect("read")
            .expect("its own");
        assert_eq!(claims.len(), 4);
    }

    #[test]
    fn the_last_claim_of_a_group_counts() {
        let twice = [(0, [1; 32]), (0, [9; 32])];
        check(&bytes(&twice), Some(&twice[1..]));
    }

    #[test]
    fn cut_at_each_byte() {
        let bytes = bytes(&RECORDS);
        for at in 0..=bytes.len() {
            let whole = at
                .checked_sub(HEADER_BYTES)
                .map(|rest| &RECORDS[..rest / RECORD_BYTES]);
            check(&bytes[..at], whole);
        }
    }

    #[test]
    fn garbled_at_each_bit() {
        let bytes = bytes(&RECORDS);
        for bit in 0..bytes.len() * 8 {
            let mut garbled = bytes.clone();
            garbled[bit / 8] ^= 1 << (bit % 8);
            let whole = (bit / 8)
                .checked_sub(HEADER_BYTES)
                .map(|rest| &RECORDS[..rest / RECORD_BYTES]);
            check(&garbled, whole);
        }
    }

    #[test]
    fn nothing_behind_damage_comes_back() {
        let mut garbled = bytes(&RECORDS);
        garbled[HEADER_BYTES] ^= 1;
        let (mut journal, claims) = Journal::resume(file(&garbled), b"x", SIZE)
            .expect("read")
            .expect("its own");
        assert!(claims.is_empty());
        journal.append(2, &[4; 32]).expect("appended");
        let (_, claims) = Journal::resume(journal.file, b"x", SIZE)
            .expect("read")
            .expect("its own");
        assert_eq!(claims.into_iter().collect::<Vec<_>>(), [(2, [4; 32])]);
    }

    #[test]
    fn another_files_is_none() {
        for (name, size) in [(b"y", SIZE), (b"x", SIZE + 1)] {
            let resumed = Journal::resume(file(&bytes(&RECORDS)), name, size);
            assert!(resumed.expect("read").is_none());
        }
        // Its records behind our header, and groups that we have not.
        let other = header(b"y", SIZE);
        let key = *blake3::hash(&other).as_bytes();
        let foreign = [&bytes(&[])[..], &encode(&key, 0, &[1; 32])].concat();
        check(&foreign, Some(&[]));
        check(&bytes(&[(4, [1; 32]), (0, [1; 32])]), Some(&[]));
    }

    #[test]
    fn more_records_than_are_read_at_once() {
        let many: Vec<(u64, Cv)> = (0..5000)
            .map(|at| (at % 4, [(at % 251) as u8; 32]))
            .collect();
        let claims = &many[many.len() - 4..];
        check(&bytes(&many), Some(claims));
    }

    #[test]
    fn told_from_what_others_write() {
        assert!(is_journal(&file(&bytes(&[]))));
        // One whose header never came.
        assert!(is_journal(&file(b"")));
        assert!(!is_journal(&file(b"a diary")));
    }
}
