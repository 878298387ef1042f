//! Windows and the rest: canonicalise, compare, open. See the table in [`super`] for the gap that leaves.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::{DirectoryEntries, Entry, EntryKind, ListedEntry, Meta, OpenError, SitePath, Symlinks};

#[derive(Debug)]
pub(super) struct Root {
    directory: PathBuf,
}

#[derive(Debug)]
pub(super) struct DirHandle {
    directory: PathBuf,
}

impl Root {
    pub(super) fn open(directory: &Path) -> io::Result<Self> {
        let directory = fs::canonicalize(directory)?;
        fs::read_dir(&directory)?;
        Ok(Self { directory })
    }

    pub(super) fn open_entry(
        &self,
        path: &SitePath,
        symlinks: Symlinks,
    ) -> Result<Entry, OpenError> {
        let place = self.locate(path, symlinks)?;
        let meta = fs::metadata(&place)?;
        if meta.is_dir() {
            let handle = super::DirHandle(DirHandle { directory: place });
            let meta = Meta::from(&meta);
            return Ok(Entry::Directory { handle, meta });
        }
        if !meta.is_file() {
            return Err(OpenError::NotFound);
        }
        let file = File::open(&place)?;
        let meta = file.metadata()?;
        if !meta.is_file() {
            return Err(OpenError::NotFound);
        }
        let meta = Meta::from(&meta);
        Ok(Entry::File { file, meta })
    }

    pub(super) fn read_directory(
        &self,
        handle: &DirHandle,
        path: &SitePath,
        symlinks: Symlinks,
        limit: usize,
    ) -> Result<DirectoryEntries, OpenError> {
        let mut found = DirectoryEntries::default();
        for (seen, item) in fs::read_dir(&handle.directory)?.enumerate() {
            let item = item?;
            if seen == limit {
                found.cut = true;
                break;
            }
            if let Some(entry) = self.listed(&item, path, symlinks) {
                found.entries.push(entry);
            }
        }
        Ok(found)
    }

    fn listed(
        &self,
        item: &fs::DirEntry,
        path: &SitePath,
        symlinks: Symlinks,
    ) -> Option<ListedEntry> {
        let name = item.file_name();
        let child = path.child(&name).ok()?;
        let mut meta = item.metadata().ok()?;
        if !meta.is_file() && !meta.is_dir() {
            meta = fs::metadata(self.locate(&child, symlinks).ok()?).ok()?;
        }
        let kind = if meta.is_dir() {
            EntryKind::Directory
        } else if meta.is_file() {
            EntryKind::File
        } else {
            return None;
        };
        let Meta { size, modified, .. } = Meta::from(&meta);
        Some(ListedEntry {
            name,
            kind,
            size,
            modified,
        })
    }

    /// Where the path leads once its links are resolved, as far as the policy follows them.
    fn locate(&self, path: &SitePath, symlinks: Symlinks) -> Result<PathBuf, OpenError> {
        let place = self.directory.join(path.relative());
        if symlinks == Symlinks::None {
            let mut step = self.directory.clone();
            for name in path.relative().components() {
                step.push(name);
                let meta = fs::symlink_metadata(&step)?;
                if !meta.is_file() && !meta.is_dir() {
                    return Err(OpenError::NotFound);
                }
            }
        }
        let place = fs::canonicalize(place)?;
        // By component, so that `www-secret` is not below `www`.
        if symlinks != Symlinks::All && !place.starts_with(&self.directory) {
            return Err(OpenError::NotFound);
        }
        Ok(place)
    }
}

impl From<&Metadata> for Meta {
    fn from(meta: &Metadata) -> Self {
        Self {
            size: meta.len(),
            modified: meta.modified().unwrap_or(UNIX_EPOCH),
            inode: None,
        }
    }
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind::{InvalidFilename, NotADirectory, NotFound, PermissionDenied};
        match error.kind() {
            NotFound | NotADirectory | InvalidFilename => Self::NotFound,
            PermissionDenied => Self::Forbidden,
            // ERROR_TOO_MANY_OPEN_FILES
            _ if error.raw_os_error() == Some(4) => Self::Exhausted,
            _ => Self::Other(error),
        }
    }
}
