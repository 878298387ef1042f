//! Unix: all by names beneath an open directory, none of which is followed if it is a link.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::path::Path;

use barewire_transfer::manifest::Timestamp;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawMode, Stat, Timespec, Timestamps};
use rustix::io::Errno;

use super::fault::step;
use super::{Id, Meta, What};

/// An open directory.
#[derive(Debug)]
pub(super) struct Dir {
    fd: OwnedFd,
    id: Id,
}

/// Whether a whole file system can be synced, with an error if that fails.
pub(super) const SYNCS_FILE_SYSTEMS: bool = cfg!(any(target_os = "linux", target_os = "android"));

const DIRECTORY: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);

impl Dir {
    /// The one where everything goes; a link to it is followed, this once.
    pub(super) fn open_root(path: &Path) -> io::Result<Self> {
        Self::new(uninterrupted(|| {
            rustix::fs::open(path, DIRECTORY, Mode::empty())
        })?)
    }

    fn new(fd: OwnedFd) -> io::Result<Self> {
        let id = Meta::from(&rustix::fs::fstat(&fd)?).id;
        Ok(Self { fd, id })
    }

    pub(super) fn id(&self) -> Id {
        self.id
    }

    pub(super) fn open_dir(&self, name: &[u8]) -> io::Result<Self> {
        step("open_dir")?;
        let flags = DIRECTORY | OFlags::NOFOLLOW;
        Self::new(uninterrupted(|| {
            rustix::fs::openat(&self.fd, name, flags, Mode::empty())
        })?)
    }

    pub(super) fn make_dir(&self, name: &[u8], mode: u32) -> io::Result<()> {
        step("make_dir")?;
        let mode = Mode::from_raw_mode(raw(mode));
        Ok(rustix::fs::mkdirat(&self.fd, name, mode)?)
    }

    /// For reading and writing; neither a pipe nor a device makes it wait.
    pub(super) fn open_private(&self, name: &[u8], create: bool) -> io::Result<File> {
        step("open_private")?;
        let mut flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        flags |= OFlags::CLOEXEC;
        flags.set(OFlags::CREATE, create);
        let mode = Mode::RUSR | Mode::WUSR;
        let fd = uninterrupted(|| rustix::fs::openat(&self.fd, name, flags, mode))?;
        Ok(fd.into())
    }

    /// For reading.
    pub(super) fn open_read(&self, name: &[u8]) -> io::Result<File> {
        let mut flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        flags |= OFlags::CLOEXEC;
        let fd = uninterrupted(|| rustix::fs::openat(&self.fd, name, flags, Mode::empty()))?;
        Ok(fd.into())
    }

    pub(super) fn meta(&self, name: &[u8]) -> io::Result<Meta> {
        let stat = rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(Meta::from(&stat))
    }

    pub(super) fn read_link(&self, name: &[u8]) -> io::Result<Vec<u8>> {
        Ok(rustix::fs::readlinkat(&self.fd, name, Vec::new())?.into_bytes())
    }

    pub(super) fn make_link(&self, target: &[u8], name: &[u8]) -> io::Result<()> {
        step("make_link")?;
        Ok(rustix::fs::symlinkat(target, &self.fd, name)?)
    }

    /// Fails with [`io::ErrorKind::AlreadyExists`] if anything has the new name.
    pub(super) fn rename_new(&self, from: &[u8], to: &[u8]) -> io::Result<()> {
        step("rename")?;
        match rename_exclusive(&self.fd, from, to) {
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => self.link_and_unlink(from, to),
            result => Ok(result?),
        }
    }

    /// For file systems without the exclusive rename: NFS, some in user space.
    pub(super) fn link_and_unlink(&self, from: &[u8], to: &[u8]) -> io::Result<()> {
        match rustix::fs::linkat(&self.fd, from, &self.fd, to, AtFlags::empty()) {
            Ok(()) => self.remove(from),
            // Nor links: FAT and its kin. What comes into being between these two is lost.
            Err(Errno::PERM | Errno::OPNOTSUPP | Errno::NOSYS) => match self.meta(to) {
                Ok(_) => Err(Errno::EXIST.into()),
                Err(_) => self.rename_over(from, to),
            },
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn rename_over(&self, from: &[u8], to: &[u8]) -> io::Result<()> {
        step("rename")?;
        Ok(rustix::fs::renameat(&self.fd, from, &self.fd, to)?)
    }

    pub(super) fn remove(&self, name: &[u8]) -> io::Result<()> {
        step("remove")?;
        Ok(rustix::fs::unlinkat(&self.fd, name, AtFlags::empty())?)
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        step("sync_dir")?;
        match rustix::fs::fsync(&self.fd) {
            // Some file systems have nothing to sync in a directory.
            Err(Errno::INVAL | Errno::BADF) => Ok(()),
            result => Ok(result?),
        }
    }

    /// Everything on the file system of this directory. Only where [`SYNCS_FILE_SYSTEMS`].
    pub(super) fn sync_file_system(&self) -> io::Result<()> {
        step("sync_file_system")?;
        #[cfg(any(target_os = "linux", target_os = "android"))]
        return Ok(rustix::fs::syncfs(&self.fd)?);
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn set_mode(&self, mode: u32) -> io::Result<()> {
        step("set_dir_mode")?;
        Ok(rustix::fs::fchmod(
            &self.fd,
            Mode::from_raw_mode(raw(mode)),
        )?)
    }

    pub(super) fn set_modified(&self, time: Timestamp) -> io::Result<()> {
        step("set_dir_modified")?;
        set_modified_of(&self.fd, time)
    }

    /// What a user without privileges may still write.
    pub(super) fn free_bytes(&self) -> io::Result<u64> {
        let stat = rustix::fs::fstatvfs(&self.fd)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn rename_exclusive(dir: &OwnedFd, from: &[u8], to: &[u8]) -> Result<(), Errno> {
    let flags = rustix::fs::RenameFlags::NOREPLACE;
    rustix::fs::renameat_with(dir, from, dir, to, flags)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn rename_exclusive(_: &OwnedFd, _: &[u8], _: &[u8]) -> Result<(), Errno> {
    Err(Errno::NOSYS)
}

pub(super) fn meta(file: &File) -> io::Result<Meta> {
    Ok(Meta::from(&rustix::fs::fstat(file)?))
}

pub(super) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    step("read")?;
    file.read_exact_at(buffer, offset)
}

pub(super) fn read_some_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    step("read")?;
    file.read_at(buffer, offset)
}

pub(super) fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    step("write")?;
    file.write_all_at(bytes, offset)
}

pub(super) fn set_len(file: &File, len: u64) -> io::Result<()> {
    step("set_len")?;
    file.set_len(len)
}

/// The size and the blocks for it; only the size where blocks cannot be had ahead.
pub(super) fn preallocate(file: &File, len: u64) -> io::Result<()> {
    step("preallocate")?;
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
    {
        use rustix::fs::FallocateFlags;

        match uninterrupted(|| rustix::fs::fallocate(file, FallocateFlags::empty(), 0, len)) {
            Ok(()) => return Ok(()),
            Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => {}
            Err(error) => return Err(error.into()),
        }
    }
    file.set_len(len)
}

/// Makes a hole; `false` where the file system cannot.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn punch(file: &File, offset: u64, len: u64) -> io::Result<bool> {
    use rustix::fs::FallocateFlags;

    step("punch")?;
    let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    match uninterrupted(|| rustix::fs::fallocate(file, flags, offset, len)) {
        Ok(()) => Ok(true),
        Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn punch(_: &File, _: u64, _: u64) -> io::Result<bool> {
    Ok(false)
}

pub(super) fn sync(file: &File) -> io::Result<()> {
    step("sync")?;
    // Apple's disks need to be told more than fsync does; std knows.
    file.sync_all()
}

pub(super) fn sync_data(file: &File) -> io::Result<()> {
    step("sync_data")?;
    file.sync_data()
}

/// Never those bits that make a program run as another user.
pub(super) fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    step("set_mode")?;
    let mode = Mode::from_raw_mode(raw(mode & 0o777));
    Ok(rustix::fs::fchmod(file, mode)?)
}

pub(super) fn set_modified(file: &File, time: Timestamp) -> io::Result<()> {
    step("set_modified")?;
    set_modified_of(file, time)
}

fn set_modified_of(fd: impl AsFd, time: Timestamp) -> io::Result<()> {
    let unchanged = Timespec {
        tv_sec: 0,
        tv_nsec: rustix::fs::UTIME_OMIT,
    };
    let time = Timespec {
        tv_sec: time.seconds,
        tv_nsec: time.nanoseconds.into(),
    };
    let times = Timestamps {
        last_access: unchanged,
        last_modification: time,
    };
    Ok(rustix::fs::futimens(fd, &times)?)
}

/// Whether it is this user's.
pub(super) fn is_own(meta: &Meta) -> bool {
    meta.owner == rustix::process::geteuid().as_raw()
}

/// The permissions that new files of this process do not get.
///
/// Linux says without being told another one, so that no thread meets that meanwhile.
pub(super) fn umask() -> u32 {
    umask_of_status().unwrap_or_else(|| {
        let mask = rustix::process::umask(Mode::from_raw_mode(0o077));
        rustix::process::umask(mask);
        integer(mask.bits())
    })
}

fn umask_of_status() -> Option<u32> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("Umask:"))?;
    u32::from_str_radix(line.trim(), 8).ok()
}

/// How many files may be open at once.
pub(super) fn open_files_max() -> u64 {
    use rustix::process::{Resource, getrlimit};

    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// Whether the process or the system has no descriptor left.
pub(super) fn is_out_of_files(error: &io::Error) -> bool {
    let code = error.raw_os_error();
    code == Some(Errno::MFILE.raw_os_error()) || code == Some(Errno::NFILE.raw_os_error())
}

fn uninterrupted<T>(mut call: impl FnMut() -> Result<T, Errno>) -> Result<T, Errno> {
    rustix::io::retry_on_intr(&mut call)
}

/// Some systems have 16 bits for it.
fn raw(mode: u32) -> RawMode {
    (mode & 0o7777) as RawMode
}

impl From<&Stat> for Meta {
    fn from(stat: &Stat) -> Self {
        let what = match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => What::File,
            FileType::Directory => What::Directory,
            FileType::Symlink => What::Symlink,
            _ => What::Other,
        };
        let modified = Timestamp {
            seconds: integer(stat.st_mtime),
            nanoseconds: integer(stat.st_mtime_nsec),
        };
        let blocks: u64 = integer(stat.st_blocks);
        Self {
            what,
            size: integer(stat.st_size),
            modified,
            mode: integer::<_, u32>(stat.st_mode) & 0o7777,
            id: Id(Some((integer(stat.st_dev), integer(stat.st_ino)))),
            is_shared: integer::<_, u64>(stat.st_nlink) != 1,
            owner: stat.st_uid,
            held: blocks.saturating_mul(512),
        }
    }
}

/// The fields of `stat` differ in width and sign from system to system.
fn integer<Field: TryInto<Integer>, Integer: Default>(value: Field) -> Integer {
    value.try_into().unwrap_or_default()
}
