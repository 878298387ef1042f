//! `openat2` with `RESOLVE_BENEATH`, one call a path.

use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
use rustix::io::Errno;

use super::Symlinks;

/// EAGAIN means that something, anywhere on the machine, was renamed while a link with
/// `..` was resolved, and that the kernel cannot tell whether it is still below the root.
const ATTEMPTS_MAX: usize = 4;

pub(super) fn open_beneath(
    root: BorrowedFd<'_>,
    path: &Path,
    symlinks: Symlinks,
    flags: OFlags,
) -> Result<OwnedFd, Errno> {
    let confined = match symlinks {
        Symlinks::Inside => ResolveFlags::BENEATH,
        Symlinks::None => ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS,
        Symlinks::All => ResolveFlags::empty(),
    };
    let resolve = confined | ResolveFlags::NO_MAGICLINKS;
    let mut result = Err(Errno::AGAIN);
    for _ in 0..ATTEMPTS_MAX {
        result = openat2(root, path, flags, Mode::empty(), resolve);
        if !matches!(result, Err(Errno::AGAIN | Errno::INTR)) {
            break;
        }
    }
    result
}
