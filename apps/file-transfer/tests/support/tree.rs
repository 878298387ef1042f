//! What is in a directory, to compare with another.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// All that is transferred of one entry, its path apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    /// What it is: `d`, `f` or `l`.
    pub(crate) kind: char,
    pub(crate) mode: u32,
    /// Seconds and nanoseconds; nothing is said about links.
    pub(crate) modified: (i64, i64),
    pub(crate) size: u64,
    /// A file's hash, or a link's target.
    pub(crate) content: Vec<u8>,
}

/// Everything below a directory, by path. Nothing is followed.
#[track_caller]
pub(crate) fn tree(root: &Path) -> BTreeMap<Vec<u8>, Node> {
    let mut found = BTreeMap::new();
    gather(root, root, &mut found);
    found
}

fn gather(root: &Path, dir: &Path, found: &mut BTreeMap<Vec<u8>, Node>) {
    for entry in fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("readable").path();
        let below = path.strip_prefix(root).expect("below");
        found.insert(below.as_os_str().as_bytes().to_vec(), Node::of(&path));
        if path.is_dir() && !path.is_symlink() {
            gather(root, &path, found);
        }
    }
}

impl Node {
    pub(crate) fn of(path: &Path) -> Self {
        let meta = fs::symlink_metadata(path).expect("it is there");
        let kind = match meta.file_type() {
            kind if kind.is_dir() => 'd',
            kind if kind.is_symlink() => 'l',
            kind if kind.is_file() => 'f',
            _ => '?',
        };
        let content = match kind {
            'f' => blake3::hash(&fs::read(path).expect("readable"))
                .as_bytes()
                .to_vec(),
            'l' => fs::read_link(path)
                .expect("a link")
                .into_os_string()
                .into_vec(),
            _ => Vec::new(),
        };
        Self {
            kind,
            mode: if kind == 'l' { 0 } else { meta.mode() & 0o7777 },
            modified: if kind == 'l' {
                (0, 0)
            } else {
                (meta.mtime(), meta.mtime_nsec())
            },
            size: if kind == 'f' { meta.size() } else { 0 },
            content,
        }
    }
}
