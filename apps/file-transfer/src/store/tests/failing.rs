//! The system says no.

use std::process::Command;

use rustix::io::Errno;

use super::fault::{Act, Plan};
use super::*;

/// Once each call of these fails with the error: all are stored or failed, nothing is half, and the next try is whole.
fn fail_each(
    errno: Errno,
    only: &[&'static str],
    options: Options,
    mut check: impl FnMut(&[Report]),
) {
    let entries = mixture();
    let steps = steps(&entries);
    let is_counted = |step: &&&str| only.is_empty() || only.contains(step);
    let count = steps.iter().filter(is_counted).count();
    assert!(count > 0);
    for at in 0..count {
        let root = tempdir();
        let mut store = Store::open(root.path()).expect("opened");
        let at = Some((at, Act::Fail(errno.raw_os_error())));
        store.plan = Some(Plan {
            at,
            only: only.to_vec(),
            ..Plan::default()
        });
        let (reports, _) = receive(&store, &entries, options);
        check(&reports);
        let ended = stored(&reports).len() + failed(&reports).len();
        assert_eq!(ended, entries.len(), "{:?}: {reports:?}", store.plan);
        assert_nothing_half(root.path(), &entries);
        store.plan = None;
        let (reports, _) = receive(&store, &entries, FAST);
        assert_eq!(failed(&reports), []);
        assert_arrived(root.path(), &entries);
    }
}

#[test]
fn an_error_at_every_step() {
    let mut told = 0;
    fail_each(Errno::IO, &[], Options::default(), |reports| {
        let notes = stored(reports)
            .iter()
            .filter(|(_, outcome)| outcome.note.is_some())
            .count();
        told += usize::from(notes + failed(reports).len() > 0);
        // Where the directory failed, so does what is in it.
        let is_expected = |kind| matches!(kind, ErrorKind::Io | ErrorKind::Blocked);
        let failed = failed(reports);
        assert!(
            failed.iter().all(|(_, kind, _)| is_expected(*kind)),
            "{failed:?}"
        );
    });
    // Some harm nobody: a journal that cannot be removed, or read.
    assert!(told > 50, "{told}");
}

#[test]
fn each_error_has_its_kind_and_words() {
    #[track_caller]
    fn check(errno: Errno, kind: ErrorKind, text: &str) {
        fail_each(errno, &["write"], FAST, |reports| {
            for (_, found, words) in failed(reports) {
                assert_eq!(found, kind);
                let (_, words) = words.split_once("\": ").expect("after the path");
                assert_eq!(words, text);
            }
        });
    }
    check(
        Errno::NOSPC,
        ErrorKind::NoSpace,
        "no space left on device; make room and start again to go on from here",
    );
    check(
        Errno::DQUOT,
        ErrorKind::Quota,
        "disk quota exceeded; remove something of yours, or ask for more, and start again to go on from here",
    );
    check(
        Errno::FBIG,
        ErrorKind::TooLarge,
        "file too large; receive into another file system, or raise the limit (ulimit -f)",
    );
    check(
        Errno::ROFS,
        ErrorKind::ReadOnly,
        "read-only file system; receive into a directory on another file system",
    );
    check(
        Errno::ACCESS,
        ErrorKind::Denied,
        "permission denied; receive into a directory that you may write to",
    );
    check(
        Errno::IO,
        ErrorKind::Io,
        "input/output error; start again to go on from here",
    );
}

#[test]
fn without_descriptors_some_are_given_back() {
    for errno in [Errno::MFILE, Errno::NFILE] {
        for step in ["open_dir", "open_private"] {
            fail_each(errno, &[step], FAST, |reports| {
                assert_eq!(failed(reports), [])
            });
        }
    }
}

#[test]
fn without_an_exclusive_rename_links_do() {
    let root = tempdir();
    let store = Store::open(root.path()).expect("opened");
    fs::write(root.path().join("a"), "a").expect("written");
    fs::write(root.path().join("b"), "b").expect("written");
    let renamed = store.root.link_and_unlink(b"a", b"b");
    assert_eq!(
        renamed.expect_err("taken").kind(),
        io::ErrorKind::AlreadyExists
    );
    store.root.link_and_unlink(b"a", b"c").expect("free");
    assert_eq!(names(root.path()), ["b", "c"]);
}

/// A failed write-back is told once; that it was told to the thread in the background must not hide it.
#[test]
fn a_sync_in_the_background_that_fails_is_not_forgotten() {
    let root = tempdir();
    let store = Store::open(root.path()).expect("opened");
    let part = part::Part::create(&store.root, b"x")
        .expect("made")
        .expect("free");
    let at = Some((0, Act::Fail(Errno::IO.raw_os_error())));
    fault::follow(Some(Plan {
        at,
        ..Plan::default()
    }));
    part.file.sync_in_background();
    fault::follow(None);
    assert!(part.file.sync().is_err());
}

const LIMITED: &str = "BW_STORE_TEST_LIMITED";

/// Under a limit of the shell's. Does nothing unless it is started by [`a_limit_of_the_shells`].
#[test]
fn limited_child() {
    if std::env::var(LIMITED).is_err() {
        return;
    }
    let root = tempdir();
    for size in [5 * MIB, MIB] {
        let rig = Rig::new(root.path(), &[file("x", size)]);
        rig.send_all();
        let reports = rig.end();
        assert_eq!(failed(&reports)[0].1, ErrorKind::TooLarge, "{reports:?}");
        assert_eq!(names(root.path()), [""; 0]);
    }
}

#[test]
fn a_limit_of_the_shells() {
    let program = std::env::current_exe().expect("it has a name");
    let script =
        "trap '' XFSZ; ulimit -f 512; exec \"$0\" --exact store::tests::failing::limited_child";
    let mut command = Command::new("sh");
    command
        .args(["-c", script])
        .arg(program)
        .env(LIMITED, "yes");
    let output = command.output().expect("a shell");
    assert!(output.status.success(), "{output:?}");
}

const MASKED: &str = "BW_STORE_TEST_MASKED";

/// Under a mask of the shell's. Does nothing unless it is started by [`a_mask_of_the_shells`].
#[test]
fn masked_child() {
    use std::os::unix::fs::MetadataExt;

    let Ok(umask) = std::env::var(MASKED) else {
        return;
    };
    let umask = u32::from_str_radix(&umask, 8).expect("octal");
    let root = tempdir();
    let all = |entry: Entry| Entry {
        mode: Some(0o777),
        ..entry
    };
    let entries = [
        all(directory("d")),
        all(file("d/f", 3)),
        all(file("large", 2 * MIB)),
    ];
    let rig = Rig::new(root.path(), &entries);
    rig.send_all();
    rig.send(Job::Flush);
    assert_eq!(failed(&rig.end()), []);
    for name in names(root.path()) {
        let mode = fs::metadata(root.path().join(&name)).expect("there").mode() & 0o7777;
        assert_eq!(mode, 0o777 & !umask, "{name}");
    }
}

#[test]
fn a_mask_of_the_shells() {
    let program = std::env::current_exe().expect("it has a name");
    for umask in ["000", "022", "077"] {
        let script =
            format!("umask {umask}; exec \"$0\" --exact store::tests::failing::masked_child");
        let mut command = Command::new("sh");
        command
            .args(["-c", &script])
            .arg(&program)
            .env(MASKED, umask);
        let output = command.output().expect("a shell");
        assert!(output.status.success(), "{output:?}");
    }
}
