//! What is sent is what is there.

use super::*;

#[test]
fn a_tree_arrives() {
    let root = tempdir();
    let mut entries = vec![
        directory("a"),
        directory("a/empty"),
        file("a/none", 0),
        file("a/one", 1),
        file("a/group", MIB),
        file("a/more", MIB + 1),
        file("many", 5 * MIB + 77),
    ];
    // Windows has them for some users only.
    if cfg!(unix) {
        entries.push(link("a/link", "one"));
    }
    let rig = Rig::new(root.path(), &entries);
    rig.send_all();
    rig.send(Job::Flush);
    let reports = rig.end();
    assert_eq!(failed(&reports), []);
    let stored = stored(&reports);
    assert_eq!(stored.len(), entries.len());
    for ((_, outcome), entry) in stored.iter().zip(&entries) {
        assert_eq!(outcome.path, entry.path.as_bytes());
        assert!(outcome.durable);
        assert_eq!(outcome.note, None);
    }
    assert_arrived(root.path(), &entries);
    let found = Store::open(root.path()).expect("opened").survey(&entries);
    let is_same = |found: &Found| matches!(found.there, There::Same);
    assert!(found.iter().all(is_same), "{found:?}");
}

#[test]
fn each_group_is_answered_in_order_with_its_buffer() {
    let root = tempdir();
    let rig = Rig::new(root.path(), &[file("x", 3 * MIB)]);
    let bytes = content(0, 3 * MIB as u64);
    rig.send(Job::Begin {
        id: 0,
        resume: false,
    });
    for group in [2, 0, 1] {
        let at = group as usize * MIB;
        let bytes = bytes[at..at + MIB].to_vec();
        let pointer = bytes.as_ptr();
        let expected = group_cv(group, &bytes);
        rig.send(Job::Group {
            id: 0,
            group,
            bytes,
        });
        match rig.report() {
            Report::Written {
                id: 0,
                group: written,
                cv,
                buffer,
            } => {
                assert_eq!((written, cv), (group, expected));
                assert_eq!(buffer.as_ptr(), pointer);
            }
            other => panic!("{other:?}"),
        }
    }
    // Not under its name before its end.
    assert!(!root.path().join("x").exists());
    let root_hash = super::root(&bytes);
    rig.send(Job::Finish {
        id: 0,
        root: root_hash,
    });
    assert!(matches!(rig.report(), Report::Stored { .. }));
    rig.send(Job::Compare { id: 0 });
    match rig.report() {
        Report::Compared { root, .. } => assert_eq!(root, Some(root_hash)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn small_files_are_stored_without_being_told_to_after_a_while() {
    let root = tempdir();
    let rig = Rig::new(root.path(), &[file("x", 5)]);
    rig.send_all();
    assert!(matches!(rig.report(), Report::Written { .. }));
    assert!(matches!(rig.report(), Report::Stored { .. }));
    assert!(root.path().join("x").exists());
}

#[test]
fn what_is_wrong_gets_no_name() {
    #[track_caller]
    fn check(size: usize, jobs: impl FnOnce(&Rig), kind: ErrorKind) {
        let root = tempdir();
        let rig = Rig::new(root.path(), &[file("x", size)]);
        jobs(&rig);
        let reports = rig.end();
        assert_eq!(failed(&reports)[0].1, kind, "{reports:?}");
        assert!(!root.path().join("x").exists());
        if size <= MIB {
            assert_eq!(names(root.path()), [""; 0]);
        }
    }
    let wrong = root(b"something else");
    for size in [0, 1, MIB, MIB + 1] {
        let bytes = content(0, size as u64);
        // Not the hash that was said.
        let jobs = |rig: &Rig| {
            rig.send(Job::Begin {
                id: 0,
                resume: false,
            });
            rig.send_bytes(0, &bytes);
            rig.send(Job::Finish { id: 0, root: wrong });
        };
        check(size, jobs, ErrorKind::Mismatch);
    }
    // A group is missing.
    let bytes = content(0, 2 * MIB as u64);
    let jobs = |rig: &Rig| {
        rig.send(Job::Begin {
            id: 0,
            resume: false,
        });
        rig.send(Job::Group {
            id: 0,
            group: 1,
            bytes: bytes[MIB..].to_vec(),
        });
        rig.send(Job::Finish {
            id: 0,
            root: root(&bytes),
        });
    };
    check(2 * MIB, jobs, ErrorKind::Mismatch);
    // Groups that are none, or have other sizes.
    for (group, len) in [(2, MIB), (u64::MAX, MIB), (1, MIB - 1), (0, 0)] {
        let jobs = |rig: &Rig| {
            rig.send(Job::Begin {
                id: 0,
                resume: false,
            });
            rig.send(Job::Group {
                id: 0,
                group,
                bytes: vec![1; len],
            });
        };
        check(2 * MIB, jobs, ErrorKind::Mismatch);
    }
    for (first, count) in [(0, 3), (2, 1), (u64::MAX, 1), (1, u64::MAX)] {
        let jobs = |rig: &Rig| {
            rig.send(Job::Begin {
                id: 0,
                resume: false,
            });
            rig.send(Job::Holes {
                id: 0,
                first,
                count,
            });
        };
        check(2 * MIB, jobs, ErrorKind::Mismatch);
    }
    // No such entry.
    check(
        1,
        |rig| {
            rig.send(Job::Begin {
                id: 1,
                resume: false,
            })
        },
        ErrorKind::Mismatch,
    );
}

#[test]
fn groups_of_nothing_open_come_back() {
    let root = tempdir();
    let rig = Rig::new(root.path(), &[file("x", 5), directory("d")]);
    rig.send(Job::Group {
        id: 0,
        group: 0,
        bytes: vec![1; 5],
    });
    assert!(
        matches!(rig.report(), Report::Dropped { id: 0, group: 0, buffer } if buffer == [1; 5])
    );
    rig.send(Job::Begin {
        id: 1,
        resume: false,
    });
    assert!(matches!(rig.report(), Report::Failed { id: 1, .. }));
    rig.send(Job::Check {
        id: 0,
        groups: vec![0],
    });
    rig.send(Job::Holes {
        id: 7,
        first: 0,
        count: 1,
    });
    assert!(matches!(rig.report(), Report::Failed { id: 7, .. }));
    assert!(matches!(&rig.end()[..], [Report::Stopped]));
}

#[test]
fn a_stream_has_the_size_that_it_has() {
    for size in [0, 5, MIB, 2 * MIB, 2 * MIB + 9] {
        let root = tempdir();
        let rig = Rig::new(root.path(), &[entry("x", Kind::Stream)]);
        let bytes = content(0, size as u64);
        rig.send_file(0, &bytes);
        let reports = rig.end();
        assert_eq!(failed(&reports), [], "{size}");
        assert!(fs::read(root.path().join("x")).expect("there") == bytes);
    }
    // In order, and with nothing behind a group that is not whole.
    for groups in [[(1, MIB), (0, MIB)], [(0, 5), (1, 5)], [(0, MIB), (0, MIB)]] {
        let root = tempdir();
        let rig = Rig::new(root.path(), &[entry("x", Kind::Stream)]);
        rig.send(Job::Begin {
            id: 0,
            resume: false,
        });
        for (group, len) in groups {
            rig.send(Job::Group {
                id: 0,
                group,
                bytes: vec![1; len],
            });
        }
        let reports = rig.end();
        assert_eq!(failed(&reports)[0].1, ErrorKind::Mismatch);
        assert_eq!(names(root.path()), [""; 0]);
    }
}

#[test]
fn an_interrupt_cuts_holes_short() {
    let root = tempdir();
    let kind = Kind::File {
        size: 1 << 43,
        data_bytes: 0,
    };
    let rig = Rig::new(root.path(), &[entry("x", kind)]);
    rig.send(Job::Begin {
        id: 0,
        resume: false,
    });
    rig.send(Job::Holes {
        id: 0,
        first: 0,
        count: 1 << 23,
    });
    assert!(matches!(
        rig.report(),
        Report::Hollow {
            id: 0,
            first: 0,
            ..
        }
    ));
    rig.worker.interrupt();
    let reports = rig.end();
    assert!(matches!(reports.last(), Some(Report::Stopped)));
}

#[cfg(unix)]
mod metadata {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use super::*;

    fn mode(root: &Path, name: &str) -> u32 {
        fs::symlink_metadata(root.join(name)).expect("there").mode() & 0o7777
    }

    fn with_umask(root: &Path, entries: &[Entry], umask: u32) -> Vec<Report> {
        let mut store = Store::open(root).expect("opened");
        store.umask = umask;
        let rig = Rig::of(store, entries, Options::default());
        rig.send_all();
        rig.send(Job::Flush);
        rig.end()
    }

    #[test]
    fn permissions_are_as_offered_within_the_umask() {
        let with = |entry: Entry, mode| Entry { mode, ..entry };
        let entries = [
            with(directory("closed"), Some(0o555)),
            with(file("closed/in", 3), Some(0o400)),
            with(file("all", 3), Some(0o777)),
            with(file("own", 3), None),
            with(file("large", 2 * MIB), Some(0o606)),
        ];
        for umask in [0, 0o022, 0o077] {
            let root = tempdir();
            let reports = with_umask(root.path(), &entries, umask);
            assert_eq!(failed(&reports), []);
            let expected = [0o555, 0o400, 0o777, 0o666, 0o606].map(|mode| mode & !umask);
            let names = ["closed", "closed/in", "all", "own", "large"];
            assert_eq!(names.map(|name| mode(root.path(), name)), expected);
        }
    }

    #[test]
    fn nothing_becomes_set_user_id() {
        let root = tempdir();
        let mut suid = file("x", 3);
        suid.mode = Some(0o6755);
        let reports = with_umask(root.path(), &[suid], 0o022);
        assert_eq!(failed(&reports), []);
        assert_eq!(mode(root.path(), "x"), 0o755);
    }

    #[test]
    fn unfinished_files_are_nobody_elses() {
        let root = tempdir();
        let rig = Rig::new(root.path(), &[file("x", 2 * MIB)]);
        rig.send(Job::Begin {
            id: 0,
            resume: false,
        });
        rig.send_bytes(0, &content(0, MIB as u64));
        assert!(matches!(rig.report(), Report::Written { .. }));
        let made = names(root.path());
        assert_eq!(made.len(), 2, "{made:?}");
        assert!(made.iter().all(|name| mode(root.path(), name) == 0o600));
    }

    #[test]
    fn times_are_kept_or_the_note_says_so() {
        let root = tempdir();
        let times = [
            (-1, 999_999_999),
            (-2_000_000_000, 1),
            (0, 0),
            (1 << 33, 999_999_999),
            (i64::MAX, 0),
            (i64::MIN, 0),
        ];
        let entries: Vec<Entry> = (0..times.len())
            .map(|at| {
                let (seconds, nanoseconds) = times[at];
                let modified = Some(Timestamp {
                    seconds,
                    nanoseconds,
                });
                Entry {
                    modified,
                    ..file(&at.to_string(), 1)
                }
            })
            .collect();
        let rig = Rig::new(root.path(), &entries);
        rig.send_all();
        let reports = rig.end();
        assert_eq!(failed(&reports), []);
        for (id, outcome) in stored(&reports) {
            let (seconds, nanoseconds) = times[id as usize];
            let meta = fs::metadata(root.path().join(id.to_string())).expect("there");
            let is_kept = (meta.mtime(), meta.mtime_nsec()) == (seconds, nanoseconds.into());
            assert_eq!(
                is_kept,
                outcome.note.is_none(),
                "{seconds} {:?}",
                outcome.note
            );
        }
        let kept = stored(&reports)
            .iter()
            .filter(|(_, outcome)| outcome.note.is_none())
            .count();
        assert!(kept >= 3, "{reports:?}");
    }

    #[test]
    fn directories_have_their_times_in_the_end_and_after_more_has_come() {
        let root = tempdir();
        let entries = [
            directory("a"),
            directory("a/b"),
            file("a/b/c", 3),
            file("a/b/d", 3),
        ];
        let rig = Rig::new(root.path(), &entries);
        let assert_times = || {
            for name in ["a", "a/b"] {
                let meta = fs::metadata(root.path().join(name)).expect("there");
                let modified = (meta.mtime(), meta.mtime_nsec());
                assert_eq!(modified, (TIME.seconds, TIME.nanoseconds.into()), "{name}");
            }
        };
        rig.send(Job::Directory { id: 0 });
        rig.send(Job::Directory { id: 1 });
        rig.send_file(2, &content(2, 3));
        rig.send(Job::Flush);
        rig.until_flushed();
        assert_times();
        rig.send_file(3, &content(3, 3));
        rig.send(Job::Flush);
        let reports = rig.until_flushed();
        assert_times();
        // Directories are reported once.
        assert_eq!(stored(&reports).len(), 1);
    }

    #[test]
    fn a_closed_directory_of_an_earlier_try_is_opened_and_closed_again() {
        let root = tempdir();
        let entries = [
            Entry {
                mode: Some(0o555),
                ..directory("d")
            },
            file("d/f", 3),
        ];
        let rig = Rig::new(root.path(), &entries);
        rig.send(Job::Directory { id: 0 });
        rig.send(Job::Flush);
        rig.end();
        assert_eq!(mode(root.path(), "d"), 0o555);
        let rig = Rig::new(root.path(), &entries);
        rig.send_all();
        rig.send(Job::Flush);
        let reports = rig.end();
        assert_eq!(failed(&reports), []);
        assert_eq!(mode(root.path(), "d"), 0o555);
        assert_arrived(root.path(), &entries);
    }

    #[test]
    fn a_directory_of_somebody_elses_making_stays_as_it_is() {
        let root = tempdir();
        let there = root.path().join("d");
        fs::create_dir(&there).expect("made");
        fs::set_permissions(&there, fs::Permissions::from_mode(0o1770)).expect("set");
        let rig = Rig::new(root.path(), &[directory("d"), file("d/f", 3)]);
        rig.send_all();
        rig.send(Job::Flush);
        let reports = rig.end();
        assert_eq!(stored(&reports).len(), 2);
        assert_eq!(mode(root.path(), "d"), 0o1770);
        let meta = fs::metadata(there).expect("there");
        assert_ne!(meta.mtime(), TIME.seconds);
    }

    #[test]
    fn an_inherited_group_bit_stays() {
        let root = tempdir();
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o2755)).expect("set");
        let closed = Entry {
            mode: Some(0o555),
            ..directory("d")
        };
        let rig = Rig::new(root.path(), &[closed]);
        rig.send_all();
        rig.send(Job::Flush);
        rig.end();
        if cfg!(target_os = "linux") {
            assert_eq!(mode(root.path(), "d"), 0o2555);
        }
    }
}

#[cfg(target_os = "linux")]
mod sparse {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    fn held(path: &Path) -> u64 {
        fs::metadata(path).expect("there").blocks() * 512
    }

    fn sparse(name: &str, size: usize, data: usize) -> Entry {
        let (size, data_bytes) = (size as u64, data as u64);
        entry(name, Kind::File { size, data_bytes })
    }

    #[test]
    fn holes_stay_holes() {
        let root = tempdir();
        let size = 64 * MIB + 5;
        let mut bytes = vec![0; size];
        bytes[40 * MIB + 8192] = 1;
        let rig = Rig::new(root.path(), &[sparse("x", size, 4096)]);
        rig.send(Job::Begin {
            id: 0,
            resume: false,
        });
        rig.send(Job::Holes {
            id: 0,
            first: 0,
            count: 40,
        });
        let data = bytes[40 * MIB..41 * MIB].to_vec();
        rig.send(Job::Group {
            id: 0,
            group: 40,
            bytes: data,
        });
        rig.send(Job::Holes {
            id: 0,
            first: 41,
            count: 24,
        });
        rig.send(Job::Finish {
            id: 0,
            root: root_of(&bytes),
        });
        let reports = rig.end();
        assert_eq!(failed(&reports), []);
        let hollow = reports.iter().map(|report| match report {
            Report::Hollow { cvs, .. } => cvs.len(),
            _ => 0,
        });
        assert_eq!(hollow.sum::<usize>(), 64);
        let path = root.path().join("x");
        assert!(fs::read(&path).expect("there") == bytes);
        assert!(held(&path) <= 16 << 10, "{}", held(&path));
    }

    fn root_of(bytes: &[u8]) -> Root {
        super::root(bytes)
    }

    #[test]
    fn a_hole_takes_the_place_of_what_was_there() {
        let root = tempdir();
        for data in [3 * MIB, 3 * MIB - 1] {
            // As one that is full, and as one with holes.
            let rig = Rig::new(root.path(), &[sparse("x", 3 * MIB, data)]);
            rig.send(Job::Begin {
                id: 0,
                resume: false,
            });
            rig.send_bytes(0, &vec![7; 3 * MIB]);
            rig.send(Job::Holes {
                id: 0,
                first: 1,
                count: 1,
            });
            let mut bytes = vec![7; 3 * MIB];
            bytes[MIB..2 * MIB].fill(0);
            // Zeros where data was.
            bytes[2 * MIB + 4096..].fill(0);
            rig.send(Job::Group {
                id: 0,
                group: 2,
                bytes: bytes[2 * MIB..].to_vec(),
            });
            rig.send(Job::Finish {
                id: 0,
                root: root_of(&bytes),
            });
            let reports = rig.end();
            assert_eq!(failed(&reports), []);
            let path = root.path().join("x");
            assert!(fs::read(&path).expect("there") == bytes);
            fs::remove_file(path).expect("removed");
        }
    }

    #[test]
    fn a_small_one_has_its_size() {
        let root = tempdir();
        let rig = Rig::new(
            root.path(),
            &[sparse("x", 100_000, 0), sparse("y", 100_000, 1)],
        );
        rig.send(Job::Begin {
            id: 0,
            resume: false,
        });
        rig.send(Job::Holes {
            id: 0,
            first: 0,
            count: 1,
        });
        rig.send(Job::Finish {
            id: 0,
            root: root_of(&[0; 100_000]),
        });
        let mut bytes = vec![0; 100_000];
        bytes[5] = 1;
        rig.send_file(1, &bytes);
        assert_eq!(failed(&rig.end()), []);
        assert!(fs::read(root.path().join("x")).expect("there") == [0; 100_000]);
        assert!(fs::read(root.path().join("y")).expect("there") == bytes);
        assert_eq!(held(&root.path().join("x")), 0);
        assert!(held(&root.path().join("y")) <= 4096);
    }
}
