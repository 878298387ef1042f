//! What is sent, and whether it is what arrived.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

const SEED: u64 = 0x6261_7265_7769_7265;

/// Bytes at a time.
const BLOCK_BYTES: usize = 1 << 20;

/// Of each of many files.
pub(crate) const SMALL_BYTES: u64 = 1 << 10;

/// So many bytes that cannot be compressed, the same in every run.
pub(crate) fn content(seed: u64, bytes: u64) -> impl Read {
    Content {
        random: SEED ^ seed,
        left: bytes,
        block: Vec::new(),
        used: 0,
    }
}

pub(crate) fn make_file(path: &Path, seed: u64, bytes: u64) {
    let mut file = File::create(path).expect("a file of ours");
    copy(content(seed, bytes), |block| file.write_all(block)).expect("room on the disk");
}

/// Many small files in one directory.
pub(crate) fn make_files(directory: &Path, count: usize) {
    fs::create_dir(directory).expect("a directory of ours");
    for number in 0..count {
        let path = directory.join(format!("{number:06}.dat"));
        make_file(&path, number as u64, SMALL_BYTES);
    }
}

/// # Panics
///
/// If the files, or the directories with all files in them, are not equal.
pub(crate) fn expect_equal(left: &Path, right: &Path) {
    if left.is_file() {
        let sent = File::open(left).expect("made here");
        let got = File::open(right).unwrap_or_else(|error| panic!("{}: {error}", right.display()));
        expect_same(sent, got);
        return;
    }
    let names = names(left);
    assert_eq!(names, self::names(right), "{}", right.display());
    for name in names {
        expect_equal(&left.join(&name), &right.join(&name));
    }
}

/// # Panics
///
/// If there is a difference.
pub(crate) fn expect_same(mut sent: impl Read, mut got: impl Read) {
    let mut at = 0;
    let mut expected = vec![0; BLOCK_BYTES];
    let mut block = vec![0; BLOCK_BYTES];
    loop {
        let len = fill(&mut sent, &mut expected).expect("readable");
        let got = fill(&mut got, &mut block).expect("readable");
        assert!(
            expected[..len] == block[..got],
            "the {BLOCK_BYTES} bytes from {at} on are not the same"
        );
        if len == 0 {
            return;
        }
        at += len;
    }
}

fn names(directory: &Path) -> Vec<std::ffi::OsString> {
    let entries = fs::read_dir(directory).expect("a directory");
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("readable").file_name())
        .collect();
    names.sort();
    names
}

/// Reads until the buffer is full or there is no more.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut len = 0;
    while len < buffer.len() {
        match from.read(&mut buffer[len..])? {
            0 => break,
            more => len += more,
        }
    }
    Ok(len)
}

/// Hands all of it on in blocks.
pub(crate) fn copy(
    mut from: impl Read,
    mut to: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut block = vec![0; BLOCK_BYTES];
    loop {
        match fill(&mut from, &mut block)? {
            0 => return Ok(()),
            len => to(&block[..len])?,
        }
    }
}

/// SplitMix64: small, and the same everywhere.
struct Content {
    random: u64,
    left: u64,
    block: Vec<u8>,
    used: usize,
}

impl Content {
    fn next(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn fill_block(&mut self) {
        let len = self.left.min(BLOCK_BYTES as u64) as usize;
        self.left -= len as u64;
        self.block.resize(len.next_multiple_of(8), 0);
        for at in (0..len).step_by(8) {
            let bytes = self.next().to_ne_bytes();
            self.block[at..at + 8].copy_from_slice(&bytes);
        }
        self.block.truncate(len);
        self.used = 0;
    }
}

impl Read for Content {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.used == self.block.len() {
            self.fill_block();
        }
        let len = buffer.len().min(self.block.len() - self.used);
        buffer[..len].copy_from_slice(&self.block[self.used..self.used + len]);
        self.used += len;
        Ok(len)
    }
}
