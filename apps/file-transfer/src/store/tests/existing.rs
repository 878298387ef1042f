//! Something is there already.

use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::process::Command;

use super::*;

const BYTES: &[u8] = b"precious";

fn with(overwrite: Overwrite) -> Options {
    Options {
        overwrite,
        ..Options::default()
    }
}

/// One of each kind that is no regular file or directory of ours, by these names.
fn make_others(root: &Path) -> Vec<&'static str> {
    symlink("/nowhere/at/all", root.join("dangling")).expect("made");
    symlink("kept", root.join("link")).expect("made");
    fs::create_dir(root.join("directory")).expect("made");
    let status = Command::new("mkfifo").arg(root.join("pipe")).status();
    assert!(status.expect("mkfifo runs").success());
    drop(UnixListener::bind(root.join("socket")).expect("bound"));
    fs::write(root.join("kept"), BYTES).expect("written");
    vec!["dangling", "link", "directory", "pipe", "socket", "kept"]
}

#[track_caller]
fn assert_kept(root: &Path) {
    assert_eq!(fs::read(root.join("kept")).expect("there"), BYTES);
}

#[test]
fn refused_before_a_byte_is_taken() {
    for size in [3, 2 * MIB] {
        let root = tempdir();
        let others = make_others(root.path());
        let before = names(root.path());
        let entries: Vec<Entry> = others.iter().map(|name| file(name, size)).collect();
        let rig = Rig::new(root.path(), &entries);
        rig.send_all();
        let reports = rig.end();
        let failed = failed(&reports);
        assert_eq!(failed.len(), others.len());
        assert!(
            failed.iter().all(|(_, kind, _)| *kind == ErrorKind::Exists),
            "{failed:?}"
        );
        assert_eq!(
            failed[0].2,
            "cannot store \"dangling\": something has that name already; receive elsewhere, or say what to do with --overwrite"
        );
        let written = |report: &Report| matches!(report, Report::Written { .. });
        assert!(!reports.iter().any(written));
        assert_eq!(names(root.path()), before);
        assert_kept(root.path());
    }
}

#[test]
fn what_comes_into_being_meanwhile_stays_and_so_does_a_large_file() {
    for size in [3, 2 * MIB] {
        let root = tempdir();
        let rig = Rig::new(root.path(), &[file("x", size)]);
        let bytes = content(0, size as u64);
        rig.send(Job::Begin {
            id: 0,
            resume: false,
        });
        rig.send_bytes(0, &bytes);
        assert!(matches!(rig.report(), Report::Written { .. }));
        fs::write(root.path().join("x"), BYTES).expect("written");
        rig.send(Job::Finish {
            id: 0,
            root: super::root(&bytes),
        });
        let reports = rig.end();
        assert_eq!(failed(&reports)[0].1, ErrorKind::Exists);
        assert_eq!(fs::read(root.path().join("x")).expect("there"), BYTES);
        let unfinished = names(root.path()).len() - 1;
        assert_eq!(unfinished, if size > MIB { 2 } else { 0 });
        if size > MIB {
            // It need not come again to be stored beside.
            let rig = Rig::with(root.path(), &[file("x", size)], with(Overwrite::Rename));
            rig.send(Job::Begin {
                id: 0,
                resume: true,
            });
            rig.send(Job::Check {
                id: 0,
                groups: vec![0, 1],
            });
            rig.send(Job::Finish {
                id: 0,
                root: super::root(&bytes),
            });
            let reports = rig.end();
            assert_eq!(stored(&reports)[0].1.path, b"x (1)");
            assert_eq!(names(root.path()), ["x", "x (1)"]);
        }
    }
}

#[test]
fn renamed_to_the_first_that_is_free() {
    let root = tempdir();
    let others = make_others(root.path());
    fs::write(root.path().join("kept (1)"), BYTES).expect("written");
    let entries: Vec<Entry> = others.iter().map(|name| file(name, 3)).collect();
    let rig = Rig::with(root.path(), &entries, with(Overwrite::Rename));
    rig.send_all();
    let reports = rig.end();
    assert_eq!(failed(&reports), []);
    for (id, outcome) in stored(&reports) {
        let name = others[id as usize];
        let number = if name == "kept" { 2 } else { 1 };
        let expected = format!("{name} ({number})");
        assert_eq!(outcome.path, expected.as_bytes());
        assert_eq!(
            fs::read(root.path().join(expected)).expect("there"),
            content(id, 3)
        );
    }
    assert_kept(root.path());
}

#[test]
fn only_files_and_links_are_replaced() {
    for size in [3, 2 * MIB] {
        let root = tempdir();
        let others = make_others(root.path());
        let entries: Vec<Entry> = others.iter().map(|name| file(name, size)).collect();
        let rig = Rig::with(root.path(), &entries, with(Overwrite::Replace));
        rig.send_all();
        let reports = rig.end();
        let refused: Vec<&str> = failed(&reports)
            .iter()
            .map(|(id, ..)| others[*id as usize])
            .collect();
        assert_eq!(refused, ["directory", "pipe", "socket"]);
        for (id, _) in stored(&reports) {
            let path = root.path().join(others[id as usize]);
            assert!(fs::symlink_metadata(&path).expect("there").is_file());
            assert!(fs::read(path).expect("there") == content(id, size as u64));
        }
        assert_eq!(names(root.path()).len(), others.len());
    }
}

#[test]
fn links_are_made_and_never_followed() {
    for overwrite in [Overwrite::Refuse, Overwrite::Rename, Overwrite::Replace] {
        let root = tempdir();
        let others = make_others(root.path());
        let mut entries: Vec<Entry> = others.iter().map(|name| link(name, "somewhere")).collect();
        // As good as made.
        entries.push(link("link", "kept"));
        entries.push(link("new", "kept"));
        let rig = Rig::with(root.path(), &entries, with(overwrite));
        rig.send_all();
        let reports = rig.end();
        let to = |name: &str| fs::read_link(root.path().join(name)).ok();
        let somewhere = Some(Path::new("somewhere").to_path_buf());
        assert_eq!(to("new"), Some("kept".into()));
        let expected = match overwrite {
            Overwrite::Refuse => 2,
            Overwrite::Rename => {
                assert_eq!(to("pipe (1)"), somewhere);
                assert_eq!(to("dangling (1)"), somewhere);
                8
            }
            Overwrite::Replace => {
                assert_eq!(to("kept"), somewhere);
                assert_eq!(to("dangling"), somewhere);
                5
            }
        };
        assert_eq!(stored(&reports).len(), expected, "{overwrite:?}");
        assert_eq!(
            stored(&reports).len() + failed(&reports).len(),
            entries.len()
        );
        if overwrite != Overwrite::Replace {
            assert_kept(root.path());
        }
        assert!(
            !names(root.path())
                .iter()
                .any(|name| name.ends_with(".bw-part"))
        );
    }
}

#[test]
fn a_directory_is_merged_into_and_nothing_else_is_one() {
    let root = tempdir();
    make_others(root.path());
    for name in ["dangling", "link", "pipe", "socket", "kept"] {
        let inside = format!("{name}/f");
        let rig = Rig::with(
            root.path(),
            &[directory(name), file(&inside, 3)],
            with(Overwrite::Replace),
        );
        rig.send_all();
        let failed = failed(&rig.end());
        assert_eq!(failed.len(), 2);
        assert!(
            failed
                .iter()
                .all(|(_, kind, _)| *kind == ErrorKind::Blocked),
            "{failed:?}"
        );
    }
    let rig = Rig::new(
        root.path(),
        &[directory("directory"), file("directory/f", 3)],
    );
    rig.send_all();
    rig.send(Job::Flush);
    assert_eq!(stored(&rig.end()).len(), 2);
    assert_kept(root.path());
}

#[test]
fn compared_by_their_bytes() {
    let root = tempdir();
    let others = make_others(root.path());
    let mut entries: Vec<Entry> = others.iter().map(|name| file(name, BYTES.len())).collect();
    entries.push(file("kept", BYTES.len() + 1));
    entries.push(file("large", 2 * MIB + 5));
    fs::write(root.path().join("large"), content(7, 2 * MIB as u64 + 5)).expect("written");
    let rig = Rig::new(root.path(), &entries);
    (0..entries.len() as u32).for_each(|id| rig.send(Job::Compare { id }));
    let compared: Vec<Option<Root>> = rig
        .end()
        .iter()
        .filter_map(|report| match report {
            Report::Compared { root, .. } => Some(*root),
            _ => None,
        })
        .collect();
    let kept = Some(super::root(BYTES));
    let large = Some(super::root(&content(7, 2 * MIB as u64 + 5)));
    assert_eq!(compared, [None, None, None, None, None, kept, None, large]);
}

#[test]
fn a_survey_says_what_is_there() {
    let root = tempdir();
    make_others(root.path());
    let store = Store::open(root.path()).expect("opened");
    let look = |entry: Entry| store.survey(&[entry]).remove(0).there;
    assert!(matches!(look(file("new", 3)), There::Nothing));
    assert!(matches!(look(file("no/where", 3)), There::Nothing));
    assert!(matches!(look(file("directory", 3)), There::Directory));
    assert!(matches!(look(directory("directory")), There::Same));
    assert!(matches!(look(file("pipe", 2 * MIB)), There::Other));
    assert!(matches!(look(file("socket", 3)), There::Other));
    assert!(matches!(look(file("link", 3)), There::Symlink));
    assert!(matches!(look(link("link", "kept")), There::Same));
    assert!(matches!(look(link("link", "other")), There::Symlink));
    assert!(matches!(look(file("kept", 3)), There::File { size: 8, .. }));
    assert!(matches!(look(file("kept", 8)), There::File { size: 8, .. }));
    assert!(matches!(look(directory("kept")), There::File { .. }));
    let There::Blocked(error) = look(file("link/f", 3)) else {
        panic!("not blocked");
    };
    assert_eq!(
        error.to_string(),
        "\"link\" is a symbolic link, which is not followed; move it away or receive elsewhere"
    );
    assert!(matches!(look(file("kept/f", 3)), There::Blocked(_)));
}

#[test]
fn a_destination_has_to_be_a_directory() {
    let root = tempdir();
    make_others(root.path());
    for name in ["kept", "pipe", "none", "dangling"] {
        assert!(Store::open(&root.path().join(name)).is_err());
    }
    let here = root.path().join("here");
    symlink("directory", &here).expect("made");
    assert!(Store::open(&here).is_ok());
}

#[test]
fn two_at_once_do_not_mix() {
    for (overwrite, size) in [
        (Overwrite::Refuse, 3),
        (Overwrite::Refuse, 3 * MIB),
        (Overwrite::Rename, 3),
        (Overwrite::Rename, 3 * MIB),
        (Overwrite::Replace, 3 * MIB),
    ] {
        let root = tempdir();
        let entries = [file("x", size)];
        let rigs = [0, 1].map(|_| Rig::with(root.path(), &entries, with(overwrite)));
        let bytes = [7, 8].map(|id| content(id, size as u64));
        for (rig, bytes) in rigs.iter().zip(&bytes) {
            rig.send(Job::Begin {
                id: 0,
                resume: true,
            });
            rig.send_bytes(0, bytes);
        }
        for (rig, bytes) in rigs.iter().zip(&bytes) {
            rig.send(Job::Finish {
                id: 0,
                root: super::root(bytes),
            });
        }
        let reports = rigs.map(Rig::end);
        let stored: Vec<Outcome> = reports
            .iter()
            .flat_map(|reports| stored(reports))
            .map(|(_, outcome)| outcome)
            .collect();
        for outcome in &stored {
            let path = root
                .path()
                .join(str::from_utf8(&outcome.path).expect("text"));
            let held = fs::read(path).expect("there");
            assert!(bytes.contains(&held));
        }
        let failed: usize = reports.iter().map(|reports| failed(reports).len()).sum();
        assert_eq!(
            (stored.len(), failed),
            if overwrite == Overwrite::Refuse {
                (1, 1)
            } else {
                (2, 0)
            }
        );
    }
}

#[test]
fn ten_at_once_are_too_many() {
    let root = tempdir();
    let entries = [file("x", 2 * MIB)];
    let rigs: Vec<Rig> = (0..10).map(|_| Rig::new(root.path(), &entries)).collect();
    for rig in &rigs {
        rig.send(Job::Begin {
            id: 0,
            resume: false,
        });
        rig.send_bytes(0, &content(0, MIB as u64));
        let expected = matches!(rig.report(), Report::Written { .. } | Report::Failed { .. });
        assert!(expected);
    }
    let kinds: Vec<_> = rigs
        .into_iter()
        .flat_map(|rig| failed(&rig.end()))
        .collect();
    // The last was told already.
    assert_eq!(kinds, []);
    // Nine were left, and go.
    let store = Store::open(root.path()).expect("opened");
    assert_eq!(store.discard(&entries[0]).expect("discarded"), 9);
    assert_eq!(names(root.path()), [""; 0]);
}
