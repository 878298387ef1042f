//! Goes through directories, one open descriptor for each level.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::vec;

use barewire_transfer::manifest::{Entry, Kind, Manifest, Timestamp, bad_links};
use barewire_transfer::name::{EntryPath, NameRules, is_reserved};

use crate::source::error::What;
use crate::source::identity::Instant;
use crate::source::place::{Holes, Place, PlaceKind, Places};
use crate::source::reading::data_bytes;
use crate::source::scan::{Links, Scan, ScanError, ScanOptions, Skipped, Why, links, top};
use crate::source::system::{self, Directory, Meta, Named};

/// What keeps something out of the offer.
enum Stop {
    /// It alone.
    Skip(Why),
    /// All of it.
    Fail(ScanError),
}

impl From<Why> for Stop {
    fn from(why: Why) -> Self {
        Self::Skip(why)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Skip(Why::of(error))
    }
}

impl From<ScanError> for Stop {
    fn from(error: ScanError) -> Self {
        Self::Fail(error)
    }
}

pub(super) struct Scanner<'a> {
    options: &'a ScanOptions,
    rules: NameRules,
    entries: Vec<Entry>,
    places: Places,
    skipped: Vec<Skipped>,
    /// Names found so far, whatever became of them.
    found: usize,
    /// Which of the paths has which name at the top.
    tops: HashMap<OsString, PathBuf>,
    /// The directories that are being gone through, outermost first. No deeper than a path may be.
    frames: Vec<Frame>,
}

/// A directory that is being gone through.
struct Frame {
    id: u32,
    path: EntryPath,
    directory: Directory,
    names: vec::IntoIter<Named>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(options: &'a ScanOptions) -> Self {
        Self {
            options,
            rules: NameRules::new(options.encoding, options.portable, &options.limits),
            entries: Vec::new(),
            places: Places::default(),
            skipped: Vec::new(),
            found: 0,
            tops: HashMap::new(),
            frames: Vec::new(),
        }
    }

    /// Takes in what somebody named; what is in it is for [`Self::descend`].
    pub(super) fn named(&mut self, path: &Path) -> Result<(), ScanError> {
        self.count(1)?;
        let looked = self.look(path);
        looked.or_else(|stop| self.stopped(stop, path.to_owned()))
    }

    /// An offer of a stream.
    pub(super) fn stream(&mut self, name: &OsStr) -> Result<(), ScanError> {
        let path = self.top_path(name, Path::new(name))?;
        let place = Place::named(Path::new(""), PlaceKind::Stream);
        self.push(path, Kind::Stream, None, None, place);
        Ok(())
    }

    fn look(&mut self, path: &Path) -> Result<(), Stop> {
        let name = top::name(path)?;
        let meta = match system::look(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ScanError::NotFound(path.to_owned()).into());
            }
            meta => meta?,
        };
        match meta.what {
            What::Directory => {
                let top = self.top_path(&name, path)?;
                self.directory(Directory::open(path)?, top, |kind| Place::named(path, kind))
            }
            What::File => {
                let top = self.top_path(&name, path)?;
                self.file(&system::open(path)?, top, |kind| Place::named(path, kind))
            }
            what => Err(ScanError::Special(path.to_owned(), what).into()),
        }
    }

    fn stopped(&mut self, stop: Stop, path: PathBuf) -> Result<(), ScanError> {
        match stop {
            Stop::Fail(error) => Err(error),
            Stop::Skip(why) => {
                self.skipped.push(Skipped { path, why });
                Ok(())
            }
        }
    }

    fn count(&mut self, names: usize) -> Result<(), ScanError> {
        let max = self.options.limits.entries_max;
        self.found = self.found.saturating_add(names);
        match u64::try_from(self.found).is_ok_and(|found| found <= u64::from(max)) {
            true => Ok(()),
            false => Err(ScanError::TooMany(max)),
        }
    }

    /// The path at the top of the offer for what was named `path`.
    fn top_path(&mut self, name: &OsStr, path: &Path) -> Result<EntryPath, ScanError> {
        if let Some(first) = self.tops.get(name) {
            let (first, second) = (first.clone(), path.to_owned());
            return Err(ScanError::SameName(first, second));
        }
        let bytes = system::name_bytes(name).ok_or(ScanError::NotUnicode(path.to_owned()))?;
        let top = EntryPath::new(bytes, &self.rules)
            .map_err(|error| ScanError::Name(path.to_owned(), error))?;
        self.tops.insert(name.to_owned(), path.to_owned());
        Ok(top)
    }

    /// Goes through all that is in the directory on the stack.
    pub(super) fn descend(&mut self) -> Result<(), ScanError> {
        while let Some(frame) = self.frames.last_mut() {
            let id = frame.id;
            let Some(named) = frame.names.next() else {
                self.frames.pop();
                continue;
            };
            if let Err(stop) = self.take(&named) {
                let path = self.places.path(id).join(named.name);
                self.stopped(stop, path)?;
            }
        }
        Ok(())
    }

    /// Takes in what has this name in the directory on the stack.
    fn take(&mut self, named: &Named) -> Result<(), Stop> {
        let Some(frame) = self.frames.last() else {
            return Ok(());
        };
        let name = system::name_bytes(&named.name).ok_or(Why::NotUnicode)?;
        if is_reserved(name) {
            return Err(Why::Unfinished.into());
        }
        let path = frame.path.join(name, &self.rules).map_err(Why::Name)?;
        let parent = frame.id;
        let place = |kind| Place::beneath(parent, named.name.clone(), kind);
        match named.what {
            What::Directory => {
                let directory = frame.directory.directory(&named.name)?;
                self.directory(directory, path, place)
            }
            What::File => {
                let file = frame.directory.file(&named.name)?;
                self.file(&file, path, place)
            }
            What::Link if self.options.links == Links::InTree => {
                let (target, modified) = frame.directory.link(&named.name)?;
                self.link(target, modified, path, place(PlaceKind::Link))
            }
            what => Err(Why::Kind(what).into()),
        }
    }

    fn directory(
        &mut self,
        directory: Directory,
        path: EntryPath,
        place: impl FnOnce(PlaceKind) -> Place,
    ) -> Result<(), Stop> {
        let meta = directory.meta()?;
        let max = usize::try_from(self.options.limits.entries_max).unwrap_or(usize::MAX);
        // One more than there may be, so that it is noticed.
        let mut names = directory.names(max.saturating_add(1))?;
        self.count(names.len())?;
        names.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        let kind = PlaceKind::Directory(meta.identity.device, meta.identity.inode);
        let id = self.push_meta(path.clone(), Kind::Directory, &meta, place(kind));
        self.frames.push(Frame {
            id,
            path,
            directory,
            names: names.into_iter(),
        });
        Ok(())
    }

    fn file(
        &mut self,
        file: &File,
        path: EntryPath,
        place: impl FnOnce(PlaceKind) -> Place,
    ) -> Result<(), Stop> {
        let meta = system::meta(&file.metadata()?);
        if meta.what != What::File {
            return Err(Why::Kind(meta.what).into());
        }
        let identity = meta.identity;
        let size = identity.size;
        let data_bytes = match meta.may_be_sparse {
            true => data_bytes(file, size),
            false => size,
        };
        let holes = match data_bytes < size {
            true => Holes::Some,
            false => Holes::None,
        };
        let kind = Kind::File { size, data_bytes };
        let place = place(PlaceKind::File { identity, holes });
        self.push_meta(path, kind, &meta, place);
        Ok(())
    }

    fn link(
        &mut self,
        target: Vec<u8>,
        modified: Instant,
        path: EntryPath,
        place: Place,
    ) -> Result<(), Stop> {
        if !links::stays_inside(&path, &target) {
            return Err(Why::LinkOutside(target.into()).into());
        }
        let kind = Kind::Symlink { target };
        self.push(path, kind, None, Some(modified), place);
        Ok(())
    }

    fn push_meta(&mut self, path: EntryPath, kind: Kind, meta: &Meta, place: Place) -> u32 {
        self.push(path, kind, meta.mode, Some(meta.identity.modified), place)
    }

    fn push(
        &mut self,
        path: EntryPath,
        kind: Kind,
        mode: Option<u16>,
        modified: Option<Instant>,
        place: Place,
    ) -> u32 {
        let modified = modified.map(|modified| Timestamp {
            seconds: modified.seconds,
            nanoseconds: modified.nanoseconds,
        });
        self.entries.push(Entry {
            path,
            kind,
            mode,
            modified,
        });
        self.places.push(place)
    }

    /// Leaves out the links that a receiver would refuse.
    fn drop_links(&mut self) -> Result<(), ScanError> {
        if self.options.links == Links::Skip {
            return Ok(());
        }
        let bad = bad_links(&self.entries, &self.rules)
            .map_err(|error| ScanError::offer(error, &self.places))?;
        let mut keep = vec![true; self.entries.len()];
        for error in bad {
            let Some(id) = error.entry else { continue };
            let path = self.places.path(id);
            let why = Why::Link(error.kind);
            self.skipped.push(Skipped { path, why });
            if let Some(keep) = usize::try_from(id).ok().and_then(|id| keep.get_mut(id)) {
                *keep = false;
            }
        }
        let mut kept = keep.iter();
        self.entries.retain(|_| kept.next() == Some(&true));
        self.places.retain(&keep);
        Ok(())
    }

    /// The offer, if there is anything in it.
    pub(super) fn finish(mut self) -> Result<Scan, ScanError> {
        self.drop_links()?;
        if self.entries.is_empty() {
            return Err(ScanError::Nothing(self.skipped));
        }
        let limits = &self.options.limits;
        let manifest = Manifest::new(self.entries, &self.rules, limits)
            .map_err(|error| ScanError::offer(error, &self.places))?;
        Ok(Scan {
            manifest,
            places: Arc::new(self.places),
            skipped: self.skipped,
        })
    }
}
