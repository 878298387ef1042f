use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use barewire_transfer::limits::Limits;
use barewire_transfer::manifest::Timestamp;
use barewire_transfer::name::{Encoding, Portable};

use super::*;

pub(super) fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

fn paths(scan: &Scan) -> Vec<String> {
    let entries = scan.manifest.entries().iter();
    entries.map(|entry| entry.path.to_string()).collect()
}

fn notes(scan: &Scan, below: &Path) -> Vec<String> {
    let below = format!("{}/", below.display());
    let notes = scan
        .skipped
        .iter()
        .map(|note| note.to_string().replace(&below, ""));
    notes.collect()
}

#[track_caller]
fn fails(paths: &[PathBuf], options: &ScanOptions, text: &str) {
    assert_eq!(scan(paths, options).unwrap_err().to_string(), text);
}

#[test]
fn directories_stand_before_what_is_in_them_in_the_order_of_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let top = dir.path().join("top");
    for sub in ["empty", "b/c/d", "b-", ".hidden"] {
        fs::create_dir_all(top.join(sub)).unwrap();
    }
    for file in ["b/x", "b/c/y", "b-/z", "Z", "ä", ".hidden/.file"] {
        fs::write(top.join(file), file).unwrap();
    }
    let expected = [
        "top",
        "top/.hidden",
        "top/.hidden/.file",
        "top/Z",
        "top/b",
        "top/b/c",
        "top/b/c/d",
        "top/b/c/y",
        "top/b/x",
        "top/b-",
        "top/b-/z",
        "top/empty",
        "top/ä",
    ];
    let scan = scan_one(&top);
    assert_eq!(paths(&scan), expected);
    assert!(scan.skipped.is_empty());
    let again = scan_one(&top);
    assert_eq!(again.manifest.digest(), scan.manifest.digest());
    let watched = Watched::new(&scan.places);
    for file in ["b/x", "b/c/y", "b-/z", "Z", "ä", ".hidden/.file", "b/x"] {
        let told = watched.whole(id(&scan, &format!("top/{file}")));
        assert_eq!(told.root, Some(hash(file.as_bytes())));
    }
}

#[test]
fn modes_and_times() {
    let dir = tempfile::tempdir().unwrap();
    let ns = Duration::from_nanos(1);
    let times = [
        (
            UNIX_EPOCH + Duration::from_secs(1 << 33) - ns,
            (1 << 33) - 1,
            999_999_999,
        ),
        (UNIX_EPOCH - Duration::from_secs(86_400) + ns, -86_400, 1),
        (UNIX_EPOCH, 0, 0),
    ];
    for (at, (time, seconds, nanoseconds)) in times.into_iter().enumerate() {
        let path = dir.path().join(at.to_string());
        let file = File::create(&path).unwrap();
        file.set_modified(time).unwrap();
        file.set_permissions(Permissions::from_mode(0o6741))
            .unwrap();
        let kept = file.metadata().unwrap().modified().unwrap() == time;
        let scan = scan_one(&path);
        let entry = &scan.manifest.entries()[0];
        assert_eq!(entry.mode, Some(0o741));
        let expected = Timestamp {
            seconds,
            nanoseconds,
        };
        match kept {
            true => assert_eq!(entry.modified, Some(expected)),
            false => eprintln!("not tested: no time {time:?} here"),
        }
    }
    fs::set_permissions(dir.path(), Permissions::from_mode(0o1750)).unwrap();
    assert_eq!(scan_one(dir.path()).manifest.entries()[0].mode, Some(0o750));
}

#[test]
fn what_is_neither_file_nor_directory_is_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let top = dir.path().join("top");
    fs::create_dir(&top).unwrap();
    fifo(&top.join("fifo"));
    let _socket = UnixListener::bind(top.join("socket")).unwrap();
    fs::write(top.join("file"), "x").unwrap();
    fs::write(top.join(".file.0123abcd.bw-part"), "x").unwrap();
    fs::write(top.join(".file.0123abcd.bw-journal"), "x").unwrap();
    let scan = scan_one(&top);
    assert_eq!(paths(&scan), ["top", "top/file"]);
    let expected = [
        ".file.0123abcd.bw-journal: not sent: what a receiver left unfinished",
        ".file.0123abcd.bw-part: not sent: what a receiver left unfinished",
        "fifo: not sent: a named pipe",
        "socket: not sent: a socket",
    ];
    assert_eq!(notes(&scan, &top), expected);
    assert!(!scan.skipped.iter().any(|skipped| skipped.why.is_fault()));
}

#[test]
fn what_is_neither_cannot_be_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fifo");
    fifo(&path);
    let shown = path.display();
    let text = format!(
        "cannot send {shown}, a named pipe; to send what can be read from it, use - and < {shown}"
    );
    fails(&[path], &ScanOptions::default(), &text);
    let text =
        "cannot send /dev/null, a device; to send what can be read from it, use - and < /dev/null";
    fails(&["/dev/null".into()], &ScanOptions::default(), text);
    let part = dir.path().join(".a.00.bw-part");
    fs::write(&part, "").unwrap();
    let text = format!(
        "cannot send {}: name kept for unfinished files in its name",
        part.display()
    );
    fails(&[part], &ScanOptions::default(), &text);
    let gone = dir.path().join("gone\n");
    let text = format!(
        "cannot send {}/gone\\n: no such file or directory",
        dir.path().display()
    );
    fails(&[gone], &ScanOptions::default(), &text);
}

#[test]
fn hard_links_are_files_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a"), "x").unwrap();
    fs::hard_link(dir.path().join("a"), dir.path().join("b")).unwrap();
    let scan = scan_one(dir.path());
    assert_eq!((scan.manifest.files(), scan.manifest.bytes()), (2, 2));
    let watched = Watched::new(&scan.places);
    for id in [1, 2] {
        assert_eq!(watched.whole(id).root, Some(hash(b"x")));
    }
}

#[test]
fn names_of_any_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let top = dir.path().join("top");
    fs::create_dir(&top).unwrap();
    let long = "n".repeat(255);
    let names: [&[u8]; 7] = [
        b"-rf",
        b"a b",
        "e\u{301}".as_bytes(),
        "\u{1f600}".as_bytes(),
        b"line\nfeed",
        b"\xff\xfe",
        long.as_bytes(),
    ];
    for name in names {
        fs::write(top.join(OsStr::from_bytes(name)), name).unwrap();
    }
    let scan = scan_one(&top);
    assert!(scan.skipped.is_empty());
    let watched = Watched::new(&scan.places);
    for name in names {
        let mut entries = (0..).zip(scan.manifest.entries());
        let (id, _) = entries
            .find(|(_, entry)| entry.path.name() == name)
            .unwrap();
        assert_eq!(watched.whole(id).root, Some(hash(name)));
    }
    let options = ScanOptions {
        encoding: Encoding::Utf8,
        ..ScanOptions::default()
    };
    let scan = super::scan(std::slice::from_ref(&top), &options).unwrap();
    let expected = [
        r"line\nfeed: not sent: name that cannot be sent: control character U+000A",
        r"\xff\xfe: not sent: name that cannot be sent: byte 0xff that is not UTF-8",
    ];
    assert_eq!(notes(&scan, &top), expected);
    assert!(scan.skipped.iter().all(|skipped| skipped.why.is_fault()));
    fs::write(top.join("con.txt"), "").unwrap();
    let options = ScanOptions {
        portable: Portable::Yes,
        ..options
    };
    let scan = super::scan(std::slice::from_ref(&top), &options).unwrap();
    assert_eq!(scan.skipped.len(), 3);
}

#[test]
fn two_of_one_name_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    for sub in ["x", "y"] {
        fs::create_dir(dir.path().join(sub)).unwrap();
        fs::write(dir.path().join(sub).join("a"), "").unwrap();
    }
    let options = ScanOptions::default();
    let (one, two) = (dir.path().join("x/a"), dir.path().join("y/a"));
    let (shown_one, shown_two) = (one.display(), two.display());
    let text = format!(
        "{shown_one} and {shown_two} would have the same name; rename one or send them one after the other"
    );
    fails(&[one.clone(), two.clone()], &options, &text);
    fails(
        &[one.clone(), one.clone()],
        &options,
        &format!("{shown_one} is named twice"),
    );
    let upper = dir.path().join("y/A");
    if fs::rename(&two, &upper).is_ok() {
        let text = format!(
            "{shown_one} and {} differ only in case or the form of accents and would be one file on many systems; rename one or send them one after the other",
            upper.display()
        );
        fails(&[one, upper], &options, &text);
    }
}

#[test]
fn names_at_the_top() {
    let dir = tempfile::tempdir().unwrap();
    let sub = dir.path().join("sub");
    fs::create_dir_all(sub.join("in")).unwrap();
    for named in [sub.join("in/.."), sub.join("."), sub.join("")] {
        assert_eq!(paths(&scan_one(&named)), ["sub", "sub/in"], "{named:?}");
    }
    let text = "cannot send /, which has no name; name the directories in it";
    fails(&["/".into()], &ScanOptions::default(), text);
    fails(&[], &ScanOptions::default(), "nothing to send");
    fails(
        &["".into()],
        &ScanOptions::default(),
        "cannot send : no such file or directory",
    );
}

#[test]
fn limits_on_entries_and_depth() {
    let dir = tempfile::tempdir().unwrap();
    let top = dir.path().join("t");
    fs::create_dir_all(top.join("a/b/c")).unwrap();
    let limits = |entries_max, depth_max| ScanOptions {
        limits: Limits {
            entries_max,
            depth_max,
            ..Limits::default()
        },
        ..ScanOptions::default()
    };
    assert!(
        scan(std::slice::from_ref(&top), &limits(4, 4))
            .unwrap()
            .skipped
            .is_empty()
    );
    let text = "more than 3 files and directories; send them in parts or as an archive: tar c ... | bw-send -";
    fails(std::slice::from_ref(&top), &limits(3, 4), text);
    let scan = scan(std::slice::from_ref(&top), &limits(4, 3)).unwrap();
    assert_eq!(paths(&scan), ["t", "t/a", "t/a/b"]);
    let note = "a/b/c: not sent: name that cannot be sent: more than 3 components";
    assert_eq!(notes(&scan, &top), [note]);
    let big = dir.path().join("big");
    File::create(&big)
        .unwrap()
        .set_len(17 << 40)
        .unwrap_or_default();
    if fs::metadata(&big).unwrap().len() > 0 {
        let text = format!(
            "cannot send {}: file of 18691697672192 bytes, larger than 17592186044416",
            big.display()
        );
        fails(&[big], &ScanOptions::default(), &text);
    }
}

/// Root may read everything; the test then runs itself again as nobody.
#[test]
fn what_cannot_be_read_leaves_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let top = dir.path().join("top");
    fs::create_dir_all(top.join("closed/in")).unwrap();
    for name in ["a", "b", "c"] {
        fs::write(top.join(name), name).unwrap();
    }
    let mode = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    mode(&top.join("b"), 0);
    if File::open(top.join("b")).is_ok() {
        return again_as_nobody("what_cannot_be_read_leaves_the_rest");
    }
    mode(&top.join("closed"), 0);
    let scan = scan_one(&top);
    assert_eq!(paths(&scan), ["top", "top/a", "top/c"]);
    let expected = [
        "b: not sent: permission denied",
        "closed: not sent: permission denied",
    ];
    assert_eq!(notes(&scan, &top), expected);
    assert!(scan.skipped.iter().all(|skipped| skipped.why.is_fault()));
    mode(&top.join("c"), 0);
    // The mode is a part of what was offered, but nobody comes so far as to see it.
    let told = Watched::new(&scan.places).whole(2);
    let text = format!("cannot read {}: permission denied", top.join("c").display());
    told.fails(SourceErrorKind::Denied, &text);
    let text = format!(
        "nothing to send: {}: not sent: permission denied",
        top.join("b").display()
    );
    fails(&[top.join("b")], &ScanOptions::default(), &text);
    mode(&top.join("closed"), 0o700);
}

fn again_as_nobody(test: &str) {
    const AGAIN: &str = "BW_TEST_AS_NOBODY";
    let Ok(program) = std::env::current_exe() else {
        return;
    };
    if std::env::var_os(AGAIN).is_some() {
        return eprintln!("not tested: nobody may read everything as well");
    }
    let name = format!("{}::{test}", module_path!().split_once("::").unwrap().1);
    let mut command = Command::new(program);
    command
        .args(["--exact", &name])
        .env(AGAIN, "1")
        .uid(65534)
        .gid(65534);
    match command.output() {
        Err(error) => eprintln!("not tested: cannot be nobody: {error}"),
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(
                output.status.success() && text.contains("1 passed"),
                "{text}"
            );
        }
    }
}

/// Deeper than the system's limit on the length of a path, which descriptors do not meet.
#[test]
fn sixty_four_levels_of_long_names() {
    let dir = tempfile::tempdir().unwrap();
    let mut top = dir.path().join("t");
    fs::create_dir(&top).unwrap();
    let mut path = top.clone();
    for _ in 0..62 {
        path.push("d".repeat(30));
    }
    fs::create_dir_all(&path).unwrap();
    fs::write(path.join("f"), "deep").unwrap();
    let scan = scan_one(&top);
    assert_eq!(scan.manifest.count(), 64);
    assert!(scan.skipped.is_empty());
    assert_eq!(
        Watched::new(&scan.places).whole(63).root,
        Some(hash(b"deep"))
    );
    top.push("");
    assert_eq!(scan_one(&top).manifest.digest(), scan.manifest.digest());
}
