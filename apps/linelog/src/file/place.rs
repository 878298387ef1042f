//! Where a file is, whatever it is called, and whether it is one to append to.

use std::ffi::OsString;
use std::fs::{self, FileType, Metadata};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::OpenError;

/// As many symbolic links in a row as Linux follows.
const LINKS_MAX: usize = 40;

/// Refuses what is no regular file, and finds the place its name leads to, existing or not.
pub(super) fn real_path(path: &Path) -> Result<PathBuf, OpenError> {
    let blame = |error| OpenError::Open {
        path: path.to_owned(),
        error,
    };
    match fs::metadata(path) {
        Ok(meta) => {
            refuse_special(path, &meta)?;
            return fs::canonicalize(path).map_err(blame);
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(blame(error)),
    }
    // The name, or where a link of that name leads, is yet to be created.
    let mut place = path.to_owned();
    for _ in 0..LINKS_MAX {
        match fs::read_link(&place) {
            Ok(target) => place = directory_of(&place).join(target),
            Err(_) => break,
        }
    }
    let Some(name) = place.file_name() else {
        return Err(blame(ErrorKind::NotFound.into()));
    };
    let directory = fs::canonicalize(directory_of(&place)).map_err(blame)?;
    Ok(directory.join(name))
}

pub(super) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// The lock of the file with that path.
pub(crate) fn lock_path(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".lock");
    name.into()
}

pub(super) fn refuse_special(path: &Path, meta: &Metadata) -> Result<(), OpenError> {
    if meta.is_file() {
        Ok(())
    } else {
        Err(not_regular(path, what_is(meta.file_type())))
    }
}

pub(super) fn not_regular(path: &Path, what: &'static str) -> OpenError {
    OpenError::NotRegular {
        path: path.to_owned(),
        what,
    }
}

fn what_is(kind: FileType) -> &'static str {
    if kind.is_dir() {
        return "a directory";
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;

        if kind.is_fifo() {
            return "a FIFO";
        }
        if kind.is_socket() {
            return "a socket";
        }
        if kind.is_char_device() {
            return "a character device";
        }
        if kind.is_block_device() {
            return "a block device";
        }
    }
    "something else"
}
