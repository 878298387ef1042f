//! Unix: `openat2` beneath a descriptor where the kernel has it, else a walk that follows nothing by itself.

use std::borrow::Cow;
use std::ffi::{CStr, OsStr};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, fstat, openat, statat};
use rustix::io::Errno;

use super::{DirectoryEntries, Entry, EntryKind, ListedEntry, Meta, OpenError, SitePath, Symlinks};

pub(super) type DirHandle = OwnedFd;

#[derive(Debug)]
pub(super) struct Root {
    directory: OwnedFd,
    confinement: Confinement,
}

/// Who keeps a path below the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Confinement {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    Kernel,
    Walk,
}

/// What an open is for.
#[derive(Clone, Copy)]
enum Purpose {
    /// The content.
    Read,
    /// A place to start from, or to ask about; needs no permission on the file itself where
    /// the system has `O_PATH`.
    Locate,
}

impl Purpose {
    fn flags(self) -> OFlags {
        let how = match self {
            Self::Read => OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY,
            Self::Locate => LOCATE,
        };
        how | OFlags::CLOEXEC
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
const LOCATE: OFlags = OFlags::PATH;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const LOCATE: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOCTTY);

impl Root {
    pub(super) fn open(directory: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = rustix::fs::open(directory, flags, Mode::empty())?;
        let confinement = Confinement::detect(directory.as_fd());
        Ok(Self {
            directory,
            confinement,
        })
    }

    #[cfg(test)]
    pub(super) fn walking(mut self) -> Self {
        self.confinement = Confinement::Walk;
        self
    }

    #[cfg(all(test, any(target_os = "linux", target_os = "android")))]
    pub(super) fn confinement(&self) -> Confinement {
        self.confinement
    }

    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.directory.as_fd()
    }

    pub(super) fn open_entry(
        &self,
        path: &SitePath,
        symlinks: Symlinks,
    ) -> Result<Entry, OpenError> {
        let opened = match self.open_at(path, symlinks, Purpose::Read.flags()) {
            // Perhaps a directory that may be entered but not listed.
            Err(Errno::ACCESS) => {
                let flags = Purpose::Locate.flags() | OFlags::DIRECTORY;
                self.open_at(path, symlinks, flags)
                    .map_err(|error| match error {
                        Errno::NOTDIR => Errno::ACCESS,
                        error => error,
                    })
            }
            opened => opened,
        };
        let opened = opened.map_err(OpenError::from)?;
        let stat = fstat(&opened).map_err(OpenError::from)?;
        let meta = Meta::from(&stat);
        match kind(&stat) {
            Some(EntryKind::File) => Ok(Entry::File {
                file: File::from(opened),
                meta,
            }),
            Some(EntryKind::Directory) => Ok(Entry::Directory {
                handle: super::DirHandle(opened),
                meta,
            }),
            None => Err(OpenError::NotFound),
        }
    }

    pub(super) fn read_directory(
        &self,
        handle: &DirHandle,
        path: &SitePath,
        symlinks: Symlinks,
        limit: usize,
    ) -> Result<DirectoryEntries, OpenError> {
        let mut found = DirectoryEntries::default();
        let mut seen = 0;
        for item in open_stream(handle).map_err(OpenError::from)? {
            let item = item.map_err(OpenError::from)?;
            let name = item.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            if seen == limit {
                found.cut = true;
                break;
            }
            seen += 1;
            if let Some(entry) = self.listed(handle, name, path, symlinks) {
                found.entries.push(entry);
            }
        }
        Ok(found)
    }

    /// The entry for one name; `None` for what is not shown, or gone by now.
    fn listed(
        &self,
        handle: &DirHandle,
        name: &CStr,
        path: &SitePath,
        symlinks: Symlinks,
    ) -> Option<ListedEntry> {
        let shown = OsStr::from_bytes(name.to_bytes());
        let child = path.child(shown).ok()?;
        let mut stat = statat(handle, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink {
            let target = self
                .open_at(&child, symlinks, Purpose::Locate.flags())
                .ok()?;
            stat = fstat(&target).ok()?;
        }
        let meta = Meta::from(&stat);
        Some(ListedEntry {
            name: shown.to_owned(),
            kind: kind(&stat)?,
            size: meta.size,
            modified: meta.modified,
        })
    }

    fn open_at(
        &self,
        path: &SitePath,
        symlinks: Symlinks,
        flags: OFlags,
    ) -> Result<OwnedFd, Errno> {
        let relative = path.relative();
        let relative = if path.is_root() {
            Path::new(".")
        } else {
            &relative
        };
        match self.confinement {
            #[cfg(any(target_os = "linux", target_os = "android"))]
            Confinement::Kernel => {
                match linux::open_beneath(self.as_fd(), relative, symlinks, flags) {
                    // The walk holds its own parents and does not mind what is renamed.
                    Err(Errno::AGAIN) if symlinks != Symlinks::All => {
                        Walk::new(self.as_fd(), symlinks).open(path, flags)
                    }
                    opened => opened,
                }
            }
            Confinement::Walk if path.is_root() || symlinks == Symlinks::All => {
                uninterrupted(|| openat(self.as_fd(), relative, flags, Mode::empty()))
            }
            Confinement::Walk => Walk::new(self.as_fd(), symlinks).open(path, flags),
        }
    }
}

impl Confinement {
    /// Asks once, at the start: a kernel before 5.6 says ENOSYS, a sandbox that knows no
    /// `openat2` says EPERM. Later, EPERM is a matter of the file.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn detect(root: BorrowedFd<'_>) -> Self {
        let flags = Purpose::Locate.flags();
        match linux::open_beneath(root, Path::new("."), Symlinks::Inside, flags) {
            Ok(_) => Self::Kernel,
            Err(_) => Self::Walk,
        }
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn detect(_root: BorrowedFd<'_>) -> Self {
        Self::Walk
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
#[path = "linux.rs"]
mod linux;

/// Resolution in user space, one `openat` a segment, none of which follows a link. Links are
/// read and their segments walked like those of the request; `..` goes back to a directory
/// that was opened on the way, never to whatever is the parent now.
struct Walk<'a> {
    root: BorrowedFd<'a>,
    symlinks: Symlinks,
    /// The directories below the root that were entered.
    entered: Vec<OwnedFd>,
    /// What is still to be walked, next one last.
    pending: Vec<Cow<'a, [u8]>>,
    links_left: usize,
}

/// As many as Linux follows.
const LINKS_MAX: usize = 40;

/// Each holds a descriptor, so a tower of links may not hold too many.
const ENTERED_MAX: usize = 300;

impl<'a> Walk<'a> {
    fn new(root: BorrowedFd<'a>, symlinks: Symlinks) -> Self {
        Self {
            root,
            symlinks,
            entered: Vec::new(),
            pending: Vec::new(),
            links_left: LINKS_MAX,
        }
    }

    fn open(mut self, path: &'a SitePath, flags: OFlags) -> Result<OwnedFd, Errno> {
        self.pending.extend(path.segments().map(Cow::Borrowed));
        self.pending.reverse();
        while let Some(name) = self.pending.pop() {
            match &*name {
                b"" | b"." => {}
                b".." => drop(self.entered.pop().ok_or(Errno::XDEV)?),
                name if self.pending.is_empty() => match self.open_last(name, flags)? {
                    Some(opened) => return Ok(opened),
                    None => self.expand_link(name)?,
                },
                name => self.enter(name)?,
            }
        }
        // A link ended in `.` or `..`, so the directory stood in is the one meant.
        uninterrupted(|| openat(self.here(), ".", flags | OFlags::DIRECTORY, Mode::empty()))
    }

    fn here(&self) -> BorrowedFd<'_> {
        self.entered.last().map_or(self.root, AsFd::as_fd)
    }

    fn enter(&mut self, name: &[u8]) -> Result<(), Errno> {
        if self.entered.len() == ENTERED_MAX {
            return Err(Errno::LOOP);
        }
        let flags = Purpose::Locate.flags() | OFlags::DIRECTORY | OFlags::NOFOLLOW;
        match uninterrupted(|| openat(self.here(), name, flags, Mode::empty())) {
            Ok(directory) => {
                self.entered.push(directory);
                Ok(())
            }
            Err(_) if self.is_link(name) => self.expand_link(name),
            Err(error) => Err(error),
        }
    }

    /// `None` if it is a link.
    fn open_last(&self, name: &[u8], flags: OFlags) -> Result<Option<OwnedFd>, Errno> {
        let flags = flags | OFlags::NOFOLLOW;
        match uninterrupted(|| openat(self.here(), name, flags, Mode::empty())) {
            // With O_PATH a link is opened rather than refused.
            Ok(opened) if flags.contains(LOCATE) && is_symlink(&fstat(&opened)?) => Ok(None),
            Ok(opened) => Ok(Some(opened)),
            // ELOOP here, EMLINK or EFTYPE on some BSDs, ENOTDIR with O_DIRECTORY.
            Err(_) if self.is_link(name) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn is_link(&self, name: &[u8]) -> bool {
        statat(self.here(), name, AtFlags::SYMLINK_NOFOLLOW).is_ok_and(|stat| is_symlink(&stat))
    }

    fn expand_link(&mut self, name: &[u8]) -> Result<(), Errno> {
        if self.symlinks == Symlinks::None || self.links_left == 0 {
            return Err(Errno::LOOP);
        }
        self.links_left -= 1;
        let target = rustix::fs::readlinkat(self.here(), name, Vec::new());
        let target = target.map_err(|error| match error {
            // No link any more: somebody exchanged it just now.
            Errno::INVAL => Errno::NOENT,
            error => error,
        })?;
        let target = target.to_bytes();
        if target.first() == Some(&b'/') {
            return Err(Errno::XDEV);
        }
        // A slash at the end leaves an empty segment behind, so that what stands before it
        // is entered as a directory.
        let segments = target.rsplit(|&byte| byte == b'/');
        self.pending
            .extend(segments.map(|segment| Cow::Owned(segment.to_vec())));
        Ok(())
    }
}

/// Opened anew: the handle may be an `O_PATH` one, and several readers may share it.
fn open_stream(handle: &DirHandle) -> Result<Dir, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Dir::new(uninterrupted(|| openat(handle, ".", flags, Mode::empty()))?)
}

fn is_symlink(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::Symlink
}

fn kind(stat: &Stat) -> Option<EntryKind> {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Some(EntryKind::File),
        FileType::Directory => Some(EntryKind::Directory),
        _ => None,
    }
}

fn uninterrupted<T>(mut call: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    rustix::io::retry_on_intr(&mut call)
}

impl From<&Stat> for Meta {
    fn from(stat: &Stat) -> Self {
        Self {
            size: integer(stat.st_size),
            modified: time(integer(stat.st_mtime), integer(stat.st_mtime_nsec)),
            inode: Some(integer(stat.st_ino)),
        }
    }
}

/// The fields of `stat` differ in width and sign from system to system.
fn integer<Field: TryInto<Integer>, Integer: Default>(value: Field) -> Integer {
    value.try_into().unwrap_or_default()
}

/// A time that the clock of this system cannot say becomes 1970.
pub(super) fn time(seconds: i64, nanoseconds: u32) -> SystemTime {
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let whole = if seconds < 0 {
        UNIX_EPOCH.checked_sub(whole)
    } else {
        UNIX_EPOCH.checked_add(whole)
    };
    whole
        .and_then(|whole| whole.checked_add(Duration::from_nanos(u64::from(nanoseconds))))
        .unwrap_or(UNIX_EPOCH)
}

impl From<Errno> for OpenError {
    fn from(error: Errno) -> Self {
        match error {
            // ELOOP and EXDEV: a link that is not followed. ENXIO and ENODEV: a socket or a
            // device without a driver. EILSEQ: a name that the file system cannot hold.
            Errno::NOENT
            | Errno::NOTDIR
            | Errno::LOOP
            | Errno::XDEV
            | Errno::NAMETOOLONG
            | Errno::NXIO
            | Errno::NODEV
            | Errno::OPNOTSUPP
            | Errno::ILSEQ => Self::NotFound,
            Errno::ACCESS | Errno::PERM => Self::Forbidden,
            Errno::MFILE | Errno::NFILE => Self::Exhausted,
            error => Self::Other(error.into()),
        }
    }
}
