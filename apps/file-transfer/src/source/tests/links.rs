use std::fs;
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

fn in_tree(path: &Path) -> Scan {
    let options = ScanOptions {
        links: Links::InTree,
        ..ScanOptions::default()
    };
    scan(&[path.to_owned()], &options).unwrap()
}

/// `top` with a file, a directory and links to these targets, named by their numbers.
fn tree(dir: &Path, targets: &[&str]) -> PathBuf {
    let top = dir.join("top");
    fs::create_dir_all(top.join("sub/deep")).unwrap();
    fs::write(top.join("sub/file"), "x").unwrap();
    for (at, target) in targets.iter().enumerate() {
        symlink(target, top.join("sub").join(at.to_string())).unwrap();
    }
    top
}

fn targets(scan: &Scan) -> Vec<&str> {
    let targets = scan.manifest.entries().iter();
    let target = targets.filter_map(|entry| match &entry.kind {
        Kind::Symlink { target } => Some(str::from_utf8(target).unwrap()),
        _ => None,
    });
    target.collect()
}

#[test]
fn links_are_passed_over_with_a_note() {
    let dir = tempfile::tempdir().unwrap();
    let top = tree(dir.path(), &["file", "/etc/passwd"]);
    let scan = scan_one(&top);
    assert_eq!(targets(&scan), [""; 0]);
    let notes: Vec<_> = scan.skipped.iter().map(ToString::to_string).collect();
    let sub = top.join("sub");
    let note = |name| format!("{}/{name}: not sent: a symbolic link", sub.display());
    assert_eq!(notes, [note("0"), note("1")]);
    assert!(!scan.skipped.iter().any(|skipped| skipped.why.is_fault()));
}

#[test]
fn links_that_stay_inside_are_sent_as_they_are() {
    let dir = tempfile::tempdir().unwrap();
    // The sixth is itself a link, which may be led to but not through.
    let good = [
        "file",
        "deep",
        "..",
        "../sub/file",
        "nowhere",
        "0",
        "./deep/../file",
    ];
    let bad = [
        "/etc/passwd",
        "../../top/sub/file",
        "../..",
        "1/x",
        "5/..",
        "gone/x",
    ];
    let top = tree(dir.path(), &[good.as_slice(), &bad].concat());
    let scan = in_tree(&top);
    assert_eq!(targets(&scan), good);
    let notes: Vec<_> = scan
        .skipped
        .iter()
        .map(|skipped| skipped.why.to_string())
        .collect();
    assert_eq!(notes.len(), bad.len(), "{notes:#?}");
    assert!(notes.contains(&r#"a symbolic link that leads outside, to "/etc/passwd""#.to_owned()));
    assert!(notes.contains(
        &r#"link to "1/x" through "top/sub/1", which is no directory of the offer"#.to_owned()
    ));
    assert!(!scan.skipped.iter().any(|skipped| skipped.why.is_fault()));
    let link = scan.manifest.get(id(&scan, "top/sub/0")).unwrap();
    assert_eq!(link.mode, None);
    assert!(link.modified.is_some());
    // The ids that followed those that were left out are still those of their places.
    for (id, entry) in (0..).zip(scan.manifest.entries()) {
        let expected = dir
            .path()
            .join(str::from_utf8(entry.path.as_bytes()).unwrap());
        assert_eq!(scan.places.path(id), expected);
    }
    let watched = Watched::new(&scan.places);
    assert_eq!(
        watched.whole(id(&scan, "top/sub/file")).root,
        Some(hash(b"x"))
    );
}

#[test]
fn what_was_named_is_followed() {
    let dir = tempfile::tempdir().unwrap();
    let top = tree(dir.path(), &[]);
    let (file, directory) = (dir.path().join("f"), dir.path().join("d"));
    symlink(top.join("sub/file"), &file).unwrap();
    symlink("top/sub", &directory).unwrap();
    let scan = scan(&[file, directory], &ScanOptions::default()).unwrap();
    let paths: Vec<_> = scan
        .manifest
        .entries()
        .iter()
        .map(|entry| entry.path.to_string())
        .collect();
    assert_eq!(paths, ["f", "d", "d/deep", "d/file"]);
    let watched = Watched::new(&scan.places);
    assert_eq!(watched.whole(0).root, Some(hash(b"x")));
    assert_eq!(watched.whole(3).root, Some(hash(b"x")));
}

#[test]
fn a_link_to_nowhere_that_was_named() {
    let dir = tempfile::tempdir().unwrap();
    let link = dir.path().join("l");
    symlink("nowhere", &link).unwrap();
    let error = scan(std::slice::from_ref(&link), &ScanOptions::default()).unwrap_err();
    let text = format!("cannot send {}: no such file or directory", link.display());
    assert_eq!(error.to_string(), text);
}

/// A directory is a link to somewhere else every other moment; nothing from there is ever offered or sent.
#[test]
fn no_moment_in_which_a_directory_is_a_link_is_of_use() {
    let dir = tempfile::tempdir().unwrap();
    let (top, outside) = (dir.path().join("top"), dir.path().join("outside"));
    fs::create_dir_all(top.join("sub")).unwrap();
    fs::write(top.join("sub/file"), "inside").unwrap();
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret"), "outside").unwrap();
    fs::write(outside.join("file"), "outside").unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let flips = {
        let (top, stop) = (top.clone(), Arc::clone(&stop));
        std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                fs::rename(top.join("sub"), top.join("away")).unwrap();
                symlink("../outside", top.join("sub")).unwrap();
                fs::remove_file(top.join("sub")).unwrap();
                fs::rename(top.join("away"), top.join("sub")).unwrap();
            }
        })
    };
    for _ in 0..500 {
        let scan = scan_one(&top);
        let watched = Watched::new(&scan.places);
        for (id, entry) in (0..).zip(scan.manifest.entries()) {
            assert_ne!(entry.path.name(), b"secret");
            if matches!(entry.kind, Kind::File { .. }) {
                let told = watched.whole(id);
                assert!(told.error.is_some() || told.root == Some(hash(b"inside")));
            }
        }
    }
    stop.store(true, Ordering::Relaxed);
    flips.join().unwrap();
}
