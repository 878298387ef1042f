//! The way down from the destination: one step at a time, and never through a link.

use std::io;
use std::sync::Arc;

use barewire_transfer::name::Escaped;

use super::What;
use super::error::{ErrorKind, StoreError};
use super::system::Dir;

/// So many directories stay open between uses.
const OPEN_MAX: usize = 64;

/// Directories that were opened lately.
///
/// What is kept is a directory, not a way to it: whatever becomes of its name later, files go into the directory that
/// was found there by steps that follow no link.
#[derive(Debug)]
pub(super) struct Directories {
    root: Arc<Dir>,
    /// The one that was used last in front.
    open: Vec<(Vec<u8>, Arc<Dir>)>,
}

impl Directories {
    pub(super) fn new(root: Arc<Dir>) -> Self {
        let open = Vec::new();
        Self { root, open }
    }

    /// Opens the directory at a path from the root; none is the root itself.
    pub(super) fn get(&mut self, path: Option<&[u8]>) -> Result<Arc<Dir>, WayError> {
        let Some(path) = path.filter(|path| !path.is_empty()) else {
            return Ok(Arc::clone(&self.root));
        };
        if let Some(at) = self.open.iter().position(|(open, _)| open == path) {
            self.open[..=at].rotate_right(1);
            return Ok(Arc::clone(&self.open[0].1));
        }
        let (parent, name) = split(path);
        let dir = Arc::new(step(&*self.get(parent)?, name, path)?);
        self.open.truncate(OPEN_MAX - 1);
        self.open.insert(0, (path.to_vec(), Arc::clone(&dir)));
        Ok(dir)
    }

    /// Forgets all: descriptors are short, or a directory is no more what it was.
    pub(super) fn forget(&mut self) {
        self.open.clear();
    }
}

/// Why a directory on the way could not be opened.
#[derive(Debug)]
pub(super) enum WayError {
    /// There is nothing.
    Missing,
    /// There is a link or a file.
    Blocked(StoreError),
    /// No descriptor left for it.
    OutOfFiles(StoreError),
    /// The system says no.
    System(StoreError),
}

impl WayError {
    /// For a file at that path, which cannot be where its directory is not.
    pub(super) fn into_error(self, path: &[u8]) -> StoreError {
        match self {
            Self::Missing => StoreError::new(ErrorKind::Blocked, path, "its directory is missing"),
            Self::Blocked(error) | Self::OutOfFiles(error) | Self::System(error) => error,
        }
    }
}

/// The path of the directory in which something is, none for the root, and its name there.
pub(super) fn split(path: &[u8]) -> (Option<&[u8]>, &[u8]) {
    match path.iter().rposition(|&byte| byte == b'/') {
        Some(slash) => (Some(&path[..slash]), &path[slash + 1..]),
        None => (None, path),
    }
}

fn step(parent: &Dir, name: &[u8], path: &[u8]) -> Result<Dir, WayError> {
    parent.open_dir(name).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => WayError::Missing,
        _ if super::system::is_out_of_files(&error) => {
            WayError::OutOfFiles(StoreError::system("open", path, error))
        }
        // A link is ENOTDIR on Linux, and ELOOP, EMLINK or EFTYPE elsewhere.
        _ => match parent.meta(name).map(|meta| meta.what) {
            Ok(What::Directory) | Err(_) => {
                WayError::System(StoreError::system("open", path, error))
            }
            Ok(what) => WayError::Blocked(blocked(path, what)),
        },
    })
}

pub(super) fn blocked(path: &[u8], what: What) -> StoreError {
    let what = match what {
        What::Symlink => "is a symbolic link, which is not followed",
        What::File => "is a file, not a directory",
        What::Directory | What::Other => "is not a directory",
    };
    let advice = "move it away or receive elsewhere";
    StoreError::plain(
        ErrorKind::Blocked,
        format!("{:?} {what}; {advice}", Escaped(path)),
    )
}
