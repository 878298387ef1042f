//! Nothing outside the destination, whatever becomes of names in it meanwhile.

use std::os::unix::fs::symlink;
use std::process::Command;

use super::*;

#[test]
fn links_on_the_way_are_not_followed() {
    for size in [3, 2 * MIB] {
        let root = tempdir();
        let outside = tempdir();
        symlink(outside.path(), root.path().join("d")).expect("made");
        let entries = [
            file("d/f", size),
            directory("d/e"),
            link("d/l", "f"),
            file("d/e/f", size),
        ];
        let rig = Rig::with(
            root.path(),
            &entries,
            Options {
                overwrite: Overwrite::Replace,
                ..Options::default()
            },
        );
        rig.send_all();
        rig.send(Job::Flush);
        let failed = failed(&rig.end());
        assert_eq!(failed.len(), entries.len());
        assert!(
            failed
                .iter()
                .all(|(_, kind, _)| *kind == ErrorKind::Blocked),
            "{failed:?}"
        );
        let store = Store::open(root.path()).expect("opened");
        assert!(store.discard(&entries[0]).is_err());
        assert_eq!(names(outside.path()), [""; 0]);
        assert_eq!(names(root.path()), ["d"]);
    }
}

/// Each of these is in the way of an unfinished file, or of its journal.
#[test]
fn what_has_the_name_of_an_unfinished_file_is_gone_round() {
    type Make = fn(&Path, &Path);
    let makes: [Make; 5] = [
        |at, outside| symlink(outside.join("f"), at).expect("made"),
        |at, _| fs::create_dir(at).expect("made"),
        |at, _| {
            assert!(
                Command::new("mkfifo")
                    .arg(at)
                    .status()
                    .expect("runs")
                    .success()
            )
        },
        |at, outside| {
            fs::write(outside.join("f"), "precious").expect("written");
            fs::hard_link(outside.join("f"), at).expect("linked");
        },
        |at, _| drop(std::os::unix::net::UnixListener::bind(at).expect("bound")),
    ];
    for make in makes {
        for size in [3, 2 * MIB] {
            for name in [naming::part_name, naming::journal_name] {
                let root = tempdir();
                let outside = tempdir();
                let name = String::from_utf8(name(b"x", 1)).expect("text");
                // Below the same file system, for the hard link.
                make(&root.path().join(&name), outside.path());
                let entries = [file("x", size)];
                let rig = Rig::new(root.path(), &entries);
                rig.send_all();
                assert_eq!(failed(&rig.end()), []);
                assert_eq!(names(root.path()), [name.as_str(), "x"]);
                let held = fs::read(root.path().join("x")).expect("there");
                assert!(held == content(0, size as u64));
                match names(outside.path())[..] {
                    [] => {}
                    _ => assert_eq!(
                        fs::read(outside.path().join("f")).expect("there"),
                        b"precious"
                    ),
                }
                let store = Store::open(root.path()).expect("opened");
                let _ = store.survey(&entries);
                assert_eq!(store.discard(&entries[0]).expect("asked"), 0);
                assert!(fs::symlink_metadata(root.path().join(name)).is_ok());
            }
        }
    }
}

/// Somebody gives our unfinished file's name to another.
#[test]
fn an_exchanged_part_gets_no_name() {
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
        let part = root
            .path()
            .join(String::from_utf8(naming::part_name(b"x", 1)).expect("text"));
        fs::rename(&part, root.path().join("aside")).expect("renamed");
        fs::write(&part, "not verified").expect("written");
        rig.send(Job::Finish {
            id: 0,
            root: super::root(&bytes),
        });
        let failed = failed(&rig.end());
        assert_eq!(failed[0].1, ErrorKind::Changed);
        assert!(!root.path().join("x").exists());
        // Nor is what we did not make removed.
        assert_eq!(fs::read(part).expect("there"), b"not verified");
    }
}

#[test]
fn a_directory_that_is_made_anew_is_found_anew() {
    let root = tempdir();
    let entries = [directory("d"), file("d/a", 3), file("d/b", 3)];
    let rig = Rig::new(root.path(), &entries);
    rig.send(Job::Directory { id: 0 });
    rig.send_file(1, &content(1, 3));
    rig.send(Job::Flush);
    rig.until_flushed();
    fs::rename(root.path().join("d"), root.path().join("old")).expect("renamed");
    fs::remove_dir_all(root.path().join("old")).expect("removed");
    fs::create_dir(root.path().join("d")).expect("made");
    rig.send_file(2, &content(2, 3));
    assert_eq!(failed(&rig.end()), []);
    assert_eq!(names(root.path()), ["d", "d/b"]);
}

#[test]
fn one_that_vanished_is_said_to_have() {
    let root = tempdir();
    let entries = [directory("d"), file("d/a", 3)];
    let rig = Rig::new(root.path(), &entries);
    rig.send(Job::Directory { id: 0 });
    rig.send_file(1, &content(1, 3));
    rig.send(Job::Flush);
    rig.until_flushed();
    fs::remove_dir_all(root.path().join("d")).expect("removed");
    rig.send(Job::Begin {
        id: 1,
        resume: false,
    });
    let reports = rig.end();
    assert_eq!(failed(&reports)[0].2, "\"d/a\": its directory is missing");
}
