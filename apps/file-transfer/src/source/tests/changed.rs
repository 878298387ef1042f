use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, symlink};

use super::*;

const LEN: usize = 3 * MIB;

fn file(dir: &Path) -> (PathBuf, Scan) {
    let path = dir.join("a");
    fs::write(&path, bytes(LEN)).unwrap();
    let scan = scan_one(&path);
    (path, scan)
}

fn append(path: &Path, bytes: &[u8]) {
    let mut file = OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(bytes).unwrap();
}

/// Sends a file that `change` happens to before it is opened, and one that it happens to after its first group.
#[track_caller]
fn check(change: fn(&Path), text: &str) {
    let dir = tempfile::tempdir().unwrap();
    let (path, scan) = file(dir.path());
    change(&path);
    let before = Watched::new(&scan.places).whole(0);
    before.fails(SourceErrorKind::Changed, text);
    assert!(before.order.is_empty());

    let dir = tempfile::tempdir().unwrap();
    let (path, scan) = file(dir.path());
    let hook = move |report: &Report| {
        if matches!(report, Report::Group { group: 0, .. }) {
            change(&path);
        }
    };
    let during = Watched::with(&scan.places, Options::default(), hook).whole(0);
    during.fails(SourceErrorKind::Changed, text);
    assert_eq!(during.order, [0]);
    assert!(during.root.is_none());

    let dir = tempfile::tempdir().unwrap();
    let (path, scan) = file(dir.path());
    let hook = move |report: &Report| {
        if matches!(report, Report::Group { group: 2, .. }) {
            change(&path);
        }
    };
    let after = Watched::with(&scan.places, Options::default(), hook).whole(0);
    after.fails(SourceErrorKind::Changed, text);
    assert_eq!(after.order, [0, 1, 2]);
}

#[test]
fn a_file_that_grew_shrank_or_was_written_to_is_another_one() {
    check(
        |path| append(path, b"more"),
        "it grew from 3145728 to 3145732 bytes",
    );
    check(
        |path| {
            let file = OpenOptions::new().write(true).open(path).unwrap();
            file.set_len(5).unwrap();
        },
        "it shrank from 3145728 to 5 bytes",
    );
    check(
        |path| {
            let file = OpenOptions::new().write(true).open(path).unwrap();
            // Coarse clocks: written until it shows.
            let before = file.metadata().unwrap().modified().unwrap();
            while file.metadata().unwrap().modified().unwrap() == before {
                file.write_all_at(b"x", 9).unwrap();
            }
        },
        "it was written to",
    );
}

#[test]
fn a_file_in_its_place_is_another_one() {
    let replace = |path: &Path| {
        let other = path.with_extension("new");
        fs::copy(path, &other).unwrap();
        fs::rename(other, path).unwrap();
    };
    let dir = tempfile::tempdir().unwrap();
    let (path, scan) = file(dir.path());
    replace(&path);
    let told = Watched::new(&scan.places).whole(0);
    told.fails(SourceErrorKind::Changed, "another file has taken its place");
}

#[test]
fn what_is_no_file_in_its_place() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["a", "b", "c", "d"] {
        fs::write(dir.path().join(name), name).unwrap();
    }
    let scan = scan_one(dir.path());
    for name in ["a", "b", "c", "d"] {
        fs::rename(dir.path().join(name), dir.path().join(format!("{name}2"))).unwrap();
    }
    fs::create_dir(dir.path().join("a")).unwrap();
    tree::fifo(&dir.path().join("b"));
    symlink("c2", dir.path().join("c")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("d")).unwrap();
    let watched = Watched::new(&scan.places);
    let replaced = "another file has taken its place";
    let texts = [
        "a directory has taken its place",
        "a named pipe has taken its place",
        replaced,
        replaced,
    ];
    for (id, text) in (1..).zip(texts) {
        watched.whole(id).fails(SourceErrorKind::Changed, text);
    }
}

#[test]
fn a_file_that_only_grew_is_sent_as_it_was_where_that_is_wanted() {
    let dir = tempfile::tempdir().unwrap();
    let (path, scan) = file(dir.path());
    append(&path, b"before");
    let log = path.clone();
    let hook = move |report: &Report| {
        if matches!(report, Report::Group { .. }) {
            append(&log, b"during");
        }
    };
    let options = || Options {
        growth: Growth::Allowed,
        ..Options::default()
    };
    let watched = Watched::with(&scan.places, options(), hook);
    let told = watched.whole(0);
    assert_eq!(told.root, Some(hash(&bytes(LEN))));
    assert_eq!(told.bytes_upon(vec![0; LEN]), bytes(LEN));
    // A log that was begun anew is not the same log.
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(LEN as u64 - 1).unwrap();
    let told = watched.whole(0);
    told.fails(
        SourceErrorKind::Changed,
        "it shrank from 3145728 to 3145727 bytes",
    );
    fs::remove_file(&path).unwrap();
    fs::write(&path, bytes(LEN)).unwrap();
    let told = Watched::with(&scan.places, options(), |_| {}).whole(0);
    told.fails(SourceErrorKind::Changed, "another file has taken its place");
}

/// The same file is behind the link; it is not followed all the same.
#[test]
fn a_directory_that_became_a_link_is_not_gone_through() {
    let dir = tempfile::tempdir().unwrap();
    let deep = dir.path().join("top/a/b");
    fs::create_dir_all(&deep).unwrap();
    fs::write(deep.join("f"), "content").unwrap();
    let scan = scan_one(&dir.path().join("top"));
    let of = id(&scan, "top/a/b/f");
    let moved = "a directory above it has been replaced";
    for (name, elsewhere) in [("top/a/b", "top/a/c"), ("top/a", "top/d"), ("top", "e")] {
        let (name, elsewhere) = (dir.path().join(name), dir.path().join(elsewhere));
        fs::rename(&name, &elsewhere).unwrap();
        symlink(&elsewhere, &name).unwrap();
        let told = Watched::new(&scan.places).whole(of);
        if name.ends_with("top") {
            // What was named is followed, and it is the same directory.
            assert_eq!(told.root, Some(hash(b"content")));
        } else {
            told.fails(SourceErrorKind::Changed, moved);
        }
        fs::remove_file(&name).unwrap();
        fs::rename(&elsewhere, &name).unwrap();
        assert_eq!(
            Watched::new(&scan.places).whole(of).root,
            Some(hash(b"content"))
        );
    }
    // Another directory with a file of that name.
    fs::rename(dir.path().join("top/a"), dir.path().join("top/x")).unwrap();
    fs::create_dir_all(&deep).unwrap();
    fs::write(deep.join("f"), "content").unwrap();
    Watched::new(&scan.places)
        .whole(of)
        .fails(SourceErrorKind::Changed, moved);
}

/// Where content is made as it is read, its size says nothing.
#[cfg(target_os = "linux")]
#[test]
fn a_file_with_more_bytes_than_its_size_is_not_sent_as_empty() {
    let scan = scan_one(Path::new("/proc/self/status"));
    assert_eq!(scan.manifest.bytes(), 0);
    let told = Watched::new(&scan.places).whole(0);
    told.fails(
        SourceErrorKind::Changed,
        "it has more bytes than its size says",
    );
}

#[test]
fn a_hole_that_is_filled_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    write_sparse(&path, 4 * GROUP_BYTES, &[(0, b"x")]);
    let scan = scan_one(&path);
    let hook = move |report: &Report| {
        if matches!(report, Report::Holes { .. }) {
            let mut file = File::options().write(true).open(&path).unwrap();
            file.seek(SeekFrom::Start(2 * GROUP_BYTES)).unwrap();
            file.write_all(b"y").unwrap();
            // As if it had not been: only the time of the last change tells.
            file.set_modified(std::time::UNIX_EPOCH).unwrap();
        }
    };
    if scan.manifest.data_bytes() < scan.manifest.bytes() {
        let told = Watched::with(&scan.places, Options::default(), hook).whole(0);
        told.fails(SourceErrorKind::Changed, "it was written to");
    }
}
