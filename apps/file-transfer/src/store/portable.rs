//! Systems without `openat`: paths, each directory looked at before it is gone into. See the note in [`super`].

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use barewire_transfer::manifest::Timestamp;

use super::fault::step;
use super::{Id, Meta, What};

/// A directory, by its path.
#[derive(Debug)]
pub(super) struct Dir {
    path: PathBuf,
}

/// Whether a whole file system can be synced, with an error if that fails.
pub(super) const SYNCS_FILE_SYSTEMS: bool = false;

impl Dir {
    pub(super) fn open_root(path: &Path) -> io::Result<Self> {
        let path = fs::canonicalize(path)?;
        match path.is_dir() {
            true => Ok(Self { path }),
            false => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    /// Two that differ in it may be one.
    pub(super) fn id(&self) -> Id {
        Id(None)
    }

    fn join(&self, name: &[u8]) -> io::Result<PathBuf> {
        let name =
            str::from_utf8(name).map_err(|_| io::Error::from(io::ErrorKind::InvalidFilename))?;
        Ok(self.path.join(name))
    }

    pub(super) fn open_dir(&self, name: &[u8]) -> io::Result<Self> {
        step("open_dir")?;
        let path = self.join(name)?;
        match fs::symlink_metadata(&path)?.is_dir() {
            true => Ok(Self { path }),
            false => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    pub(super) fn make_dir(&self, name: &[u8], _: u32) -> io::Result<()> {
        step("make_dir")?;
        fs::create_dir(self.join(name)?)
    }

    /// For reading and writing.
    pub(super) fn open_private(&self, name: &[u8], create: bool) -> io::Result<File> {
        step("open_private")?;
        let path = self.join(name)?;
        refuse_links(&path)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(create);
        options.open(path)
    }

    pub(super) fn open_read(&self, name: &[u8]) -> io::Result<File> {
        let path = self.join(name)?;
        refuse_links(&path)?;
        File::open(path)
    }

    pub(super) fn meta(&self, name: &[u8]) -> io::Result<Meta> {
        Ok(Meta::from(&fs::symlink_metadata(self.join(name)?)?))
    }

    /// With `/`, as in an offer.
    pub(super) fn read_link(&self, name: &[u8]) -> io::Result<Vec<u8>> {
        let target = fs::read_link(self.join(name)?)?;
        let target = target.to_str().ok_or(io::ErrorKind::InvalidData)?;
        Ok(target.replace('\\', "/").into_bytes())
    }

    pub(super) fn make_link(&self, target: &[u8], name: &[u8]) -> io::Result<()> {
        step("make_link")?;
        let target =
            str::from_utf8(target).map_err(|_| io::Error::from(io::ErrorKind::InvalidFilename))?;
        make_link(
            &target.replace('/', std::path::MAIN_SEPARATOR_STR),
            &self.join(name)?,
        )
    }

    /// Fails with [`io::ErrorKind::AlreadyExists`] if anything has the new name.
    pub(super) fn rename_new(&self, from: &[u8], to: &[u8]) -> io::Result<()> {
        step("rename")?;
        match fs::hard_link(self.join(from)?, self.join(to)?) {
            Ok(()) => self.remove(from),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
            // A file system without links. What comes into being between these two is lost.
            Err(_) => match self.meta(to) {
                Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
                Err(_) => self.rename_over(from, to),
            },
        }
    }

    pub(super) fn rename_over(&self, from: &[u8], to: &[u8]) -> io::Result<()> {
        step("rename")?;
        fs::rename(self.join(from)?, self.join(to)?)
    }

    pub(super) fn remove(&self, name: &[u8]) -> io::Result<()> {
        step("remove")?;
        fs::remove_file(self.join(name)?)
    }

    /// Nothing can be asked for here.
    pub(super) fn sync(&self) -> io::Result<()> {
        step("sync_dir")
    }

    /// Never called.
    pub(super) fn sync_file_system(&self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn set_mode(&self, _: u32) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn set_modified(&self, time: Timestamp) -> io::Result<()> {
        step("set_dir_modified")?;
        open_to_change(&self.path)?.set_modified(system_time(time)?)
    }

    /// The system is not asked.
    pub(super) fn free_bytes(&self) -> io::Result<u64> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// A link that comes into being between this and the opening is followed.
fn refuse_links(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(meta) if !meta.is_file() => Err(io::ErrorKind::AlreadyExists.into()),
        _ => Ok(()),
    }
}

#[cfg(windows)]
fn make_link(target: &str, at: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(target, at)
}

#[cfg(not(windows))]
fn make_link(_: &str, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Directories are opened for this alone.
#[cfg(windows)]
fn open_to_change(path: &Path) -> io::Result<File> {
    use std::os::windows::fs::OpenOptionsExt;

    const FILE_WRITE_ATTRIBUTES: u32 = 0x100;
    const FILE_FLAG_BACKUP_SEMANTICS: u32 = 0x0200_0000;
    let mut options = OpenOptions::new();
    options.access_mode(FILE_WRITE_ATTRIBUTES);
    options.custom_flags(FILE_FLAG_BACKUP_SEMANTICS);
    options.open(path)
}

#[cfg(not(windows))]
fn open_to_change(path: &Path) -> io::Result<File> {
    File::open(path)
}

pub(super) fn meta(file: &File) -> io::Result<Meta> {
    Ok(Meta::from(&file.metadata()?))
}

pub(super) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    step("read")?;
    let mut file = file;
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(buffer)
}

pub(super) fn read_some_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    step("read")?;
    let mut file = file;
    file.seek(SeekFrom::Start(offset))?;
    file.read(buffer)
}

pub(super) fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    step("write")?;
    let mut file = file;
    file.seek(SeekFrom::Start(offset))?;
    file.write_all(bytes)
}

pub(super) fn set_len(file: &File, len: u64) -> io::Result<()> {
    step("set_len")?;
    file.set_len(len)
}

/// NTFS takes the blocks with the size.
pub(super) fn preallocate(file: &File, len: u64) -> io::Result<()> {
    step("preallocate")?;
    file.set_len(len)
}

/// Files have no holes here.
pub(super) fn punch(_: &File, _: u64, _: u64) -> io::Result<bool> {
    Ok(false)
}

pub(super) fn sync(file: &File) -> io::Result<()> {
    step("sync")?;
    file.sync_all()
}

pub(super) fn sync_data(file: &File) -> io::Result<()> {
    step("sync_data")?;
    file.sync_data()
}

pub(super) fn set_mode(_: &File, _: u32) -> io::Result<()> {
    Ok(())
}

pub(super) fn set_modified(file: &File, time: Timestamp) -> io::Result<()> {
    step("set_modified")?;
    file.set_modified(system_time(time)?)
}

/// Owners are not told here, and all the same.
pub(super) fn is_own(meta: &Meta) -> bool {
    meta.owner == 0
}

pub(super) fn umask() -> u32 {
    0
}

pub(super) fn open_files_max() -> u64 {
    u64::MAX
}

/// Not told apart from other errors.
pub(super) fn is_out_of_files(_: &io::Error) -> bool {
    false
}

fn system_time(time: Timestamp) -> io::Result<SystemTime> {
    let seconds = Duration::from_secs(time.seconds.unsigned_abs());
    let whole = match time.seconds < 0 {
        true => UNIX_EPOCH.checked_sub(seconds),
        false => UNIX_EPOCH.checked_add(seconds),
    };
    whole
        .and_then(|whole| whole.checked_add(Duration::from_nanos(time.nanoseconds.into())))
        .ok_or_else(|| io::ErrorKind::InvalidInput.into())
}

fn timestamp(time: SystemTime) -> Timestamp {
    let (seconds, nanoseconds) = match time.duration_since(UNIX_EPOCH) {
        Ok(since) => (since.as_secs().cast_signed(), since.subsec_nanos()),
        Err(error) => {
            let before = error.duration();
            let seconds = before.as_secs().cast_signed().saturating_neg();
            match before.subsec_nanos() {
                0 => (seconds, 0),
                nanoseconds => (seconds.saturating_sub(1), 1_000_000_000 - nanoseconds),
            }
        }
    };
    Timestamp {
        seconds,
        nanoseconds,
    }
}

impl From<&fs::Metadata> for Meta {
    fn from(meta: &fs::Metadata) -> Self {
        let what = match meta.file_type() {
            kind if kind.is_symlink() => What::Symlink,
            kind if kind.is_dir() => What::Directory,
            kind if kind.is_file() => What::File,
            _ => What::Other,
        };
        Self {
            what,
            size: meta.len(),
            modified: timestamp(meta.modified().unwrap_or(UNIX_EPOCH)),
            mode: 0,
            id: Id(None),
            is_shared: false,
            owner: 0,
            held: meta.len(),
        }
    }
}
