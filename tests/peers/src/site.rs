//! A directory for servers to serve.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

/// A temporary directory with a site in `www`, and room for whatever a client stores.
#[derive(Debug)]
pub struct Site {
    directory: TempDir,
}

impl Site {
    /// Its files by path and bytes: nothing, one byte, a piece, more than sockets hold.
    pub const FILES: [(&str, usize); 4] =
        [("/0", 0), ("/1", 1), ("/1k", 1024), ("/1m", 1024 * 1024)];

    /// Makes it, without a file.
    #[must_use]
    pub fn empty() -> Self {
        let site = Self {
            directory: tempfile::tempdir().expect("a temporary directory"),
        };
        fs::create_dir(site.path("www")).expect("new");
        site
    }

    /// Makes it.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it is work")]
    pub fn new() -> Self {
        let site = Self::empty();
        for (path, bytes) in Self::FILES {
            site.put(path, content(bytes));
        }
        site
    }

    /// A file of the site.
    pub fn put(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(&format!("www{path}"));
        fs::create_dir_all(path.parent().expect("below www")).expect("room");
        fs::write(path, content).expect("room");
    }

    /// A place beside the site.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The same as words are given to programs.
    #[must_use]
    pub fn place(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// What stands in a place now.
    #[track_caller]
    #[must_use]
    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}

/// So many bytes, of every value, that do not repeat: a piece that is lost, doubled or moved is noticed.
#[must_use]
pub fn content(bytes: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut content = Vec::with_capacity(bytes + 8);
    while content.len() < bytes {
        // xorshift64 (Marsaglia 2003)
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        content.extend_from_slice(&state.to_le_bytes());
    }
    content.truncate(bytes);
    content
}
