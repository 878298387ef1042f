//! Directories with changes that are not on the disk yet.

use std::io;
use std::sync::Arc;

use super::system::{self, Dir};
use super::{Id, Sync};

/// More than so many are synced with their whole file system rather than one by one.
pub(super) const SYNCED_ALONE_MAX: usize = 8;

/// Remembers some, and of more than that one for each file system, so that descriptors stay few.
#[derive(Debug)]
pub(super) struct Changed {
    sync: Sync,
    dirs: Vec<Arc<Dir>>,
    is_many: bool,
    failed: Option<io::Error>,
}

impl Changed {
    pub(super) fn new(sync: Sync) -> Self {
        Self {
            sync,
            dirs: Vec::new(),
            is_many: false,
            failed: None,
        }
    }

    /// To be called after the change.
    pub(super) fn push(&mut self, dir: &Arc<Dir>) {
        let is_known = self.dirs.iter().any(|known| known.id() == dir.id());
        if self.sync == Sync::None || is_known && dir.id() != Id(None) {
            return;
        }
        if self.dirs.len() >= SYNCED_ALONE_MAX {
            self.is_many = true;
            let device = dir.id().device();
            if self.dirs.iter().any(|known| known.id().device() == device) {
                return self.sync_unless_together(dir);
            }
        }
        self.dirs.push(Arc::clone(dir));
    }

    fn sync_unless_together(&mut self, dir: &Dir) {
        if !system::SYNCS_FILE_SYSTEMS
            && let Err(error) = dir.sync()
        {
            self.failed.get_or_insert(error);
        }
    }

    pub(super) fn sync(self) -> io::Result<()> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        if self.is_many && system::SYNCS_FILE_SYSTEMS {
            return sync_file_systems(self.dirs.iter());
        }
        self.dirs.iter().try_for_each(|dir| dir.sync())
    }
}

/// Each once. Only where the system can.
pub(super) fn sync_file_systems<'a>(dirs: impl Iterator<Item = &'a Arc<Dir>>) -> io::Result<()> {
    let mut synced = Vec::new();
    for dir in dirs {
        let device = dir.id().device();
        if !synced.contains(&device) {
            dir.sync_file_system()?;
            synced.push(device);
        }
    }
    Ok(())
}
