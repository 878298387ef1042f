//! What the tests share: the two built programs under a deadline, trees to send and to compare, and a relay between them.
#![allow(dead_code, reason = "each test file uses a part of this")]
#![allow(unused_imports, reason = "each test file uses a part of this")]

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

mod program;
mod relay;
#[cfg(unix)]
mod tree;

pub(crate) use barewire_proving::net::{free_port, has_v6};
#[cfg(unix)]
pub(crate) use barewire_proving::user::as_ordinary_user;
pub(crate) use barewire_proving::{Ended, PATIENCE, Program, eventually};
pub(crate) use program::{
    CODE, RECV, SEND, Told, json_address, recv, recv_from, send, start_reading, transfer,
    transfer_all, type_into,
};
pub(crate) use relay::{Act, Plan, Relay};
#[cfg(unix)]
pub(crate) use tree::{Node, tree};

/// A mebibyte, which is also what is hashed and sent again as a whole.
pub(crate) const MIB: usize = 1 << 20;

/// Two directories: what is sent is made in one, and received into the other.
pub(crate) struct Two {
    _both: TempDir,
    pub(crate) from: PathBuf,
    pub(crate) to: PathBuf,
}

impl Two {
    pub(crate) fn new() -> Self {
        let both = tempfile::tempdir().expect("a temporary directory");
        let (from, to) = (both.path().join("from"), both.path().join("to"));
        fs::create_dir(&from).expect("made");
        fs::create_dir(&to).expect("made");
        Self {
            _both: both,
            from,
            to,
        }
    }

    /// What is beside both.
    pub(crate) fn above(&self) -> &Path {
        self._both.path()
    }

    /// A file to send, with these bytes.
    pub(crate) fn source(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.from.join(name);
        fs::write(&path, bytes).expect("written");
        path
    }

    /// Names of all that is in the destination, sorted.
    pub(crate) fn arrived(&self) -> Vec<String> {
        names(&self.to)
    }

    /// The bytes of what has arrived under that name.
    #[track_caller]
    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        let path = self.to.join(name);
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Files in the destination that end so: what is unfinished, and what is known of it.
    pub(crate) fn unfinished(&self, suffix: &str) -> Vec<PathBuf> {
        let names = names(&self.to).into_iter();
        let found = names.filter(|name| name.ends_with(suffix));
        found.map(|name| self.to.join(name)).collect()
    }

    /// Groups that are known to be in the one unfinished file; 0 if there is none.
    pub(crate) fn journaled(&self) -> u64 {
        let length = |path: &PathBuf| fs::metadata(path).map_or(0, |meta| meta.len());
        let journals = self.unfinished(".bw-journal");
        journals.first().map_or(0, length).saturating_sub(64) / 48
    }
}

/// Names in a directory, sorted.
pub(crate) fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).expect("a directory");
    let name = |entry: std::io::Result<fs::DirEntry>| {
        let name = entry.expect("readable").file_name();
        name.to_string_lossy().into_owned()
    };
    let mut names: Vec<_> = entries.map(name).collect();
    names.sort();
    names
}

/// Bytes that look random, the same for the same seed.
pub(crate) fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes());
    hasher.finalize_xof().fill(&mut bytes);
    bytes
}

/// As `b3sum` prints it.
pub(crate) fn sum(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}
