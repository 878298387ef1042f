use std::fs;
use std::path::Path;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::{LogFile, OpenError, Options, SyncPolicy};
use crate::record::{Format, Kind, Records};

fn directory() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory")
}

fn open(path: &Path) -> Result<LogFile, OpenError> {
    LogFile::open(path, Options::default())
}

fn records() -> Records {
    Records::new(Format::Plain, UNIX_EPOCH)
}

fn append(file: &mut LogFile, records: &mut Records, line: &str) {
    records.push("local", Kind::Line, line.as_bytes());
    file.append(Instant::now(), records.batch());
    records.clear();
    assert!(file.poll_notice().is_none());
}

#[track_caller]
fn check(path: &Path, expected: &str) {
    let text = fs::read_to_string(path).expect("readable");
    assert_eq!(text.replace("1970-01-01T00:00:00.000000Z ", ""), expected);
}

#[track_caller]
fn check_refused(path: &Path, expected: &str) {
    let error = open(path).expect_err("refused");
    assert_eq!(
        error.to_string(),
        expected.replace("PATH", &path.display().to_string())
    );
}

#[test]
fn appends_to_what_is_there() {
    let directory = directory();
    let path = directory.path().join("lines.log");
    fs::write(&path, "before\n").expect("written");
    let mut records = records();
    let mut file = open(&path).expect("opened");
    assert_eq!((file.torn_bytes(), file.path()), (0, path.as_path()));
    append(&mut file, &mut records, "a");
    append(&mut file, &mut records, "b");
    file.finish(Instant::now(), records.stamp())
        .expect("synced");
    check(&path, "before\n1 local line a\n2 local line b\n");
    drop(file);
    #[cfg(unix)]
    assert_eq!(fs::read_dir(directory.path()).expect("listed").count(), 1);
}

#[test]
fn every_policy_can_sync_a_real_file() {
    let directory = directory();
    for sync in [
        SyncPolicy::None,
        SyncPolicy::Line,
        SyncPolicy::Interval(std::time::Duration::ZERO),
    ] {
        let path = directory.path().join(format!("{sync:?}"));
        let format = Format::Plain;
        let mut file = LogFile::open(&path, Options { format, sync }).expect("opened");
        let mut records = records();
        append(&mut file, &mut records, "a");
        file.handle_timeout(Instant::now(), records.stamp());
        assert_eq!(file.poll_timeout(), None);
        file.finish(Instant::now(), records.stamp())
            .expect("synced");
        assert!(file.poll_notice().is_none());
        check(&path, "1 local line a\n");
    }
}

#[test]
fn a_torn_line_is_measured_and_ended() {
    let directory = directory();
    let path = directory.path().join("lines.log");
    let long = "x".repeat(10_000);
    for (before, torn) in [
        ("", 0),
        ("\n", 0),
        ("a", 1),
        ("whole\nhalf", 4),
        (&format!("whole\n{long}"), 10_000),
        (&format!("{long}\n{long}\n"), 0),
    ] {
        fs::write(&path, before).expect("written");
        let mut file = open(&path).expect("opened");
        assert_eq!(file.torn_bytes(), torn);
        append(&mut file, &mut records(), "a");
        let newline = if torn == 0 { "" } else { "\n" };
        check(&path, &format!("{before}{newline}1 local line a\n"));
    }
}

#[test]
fn looks_back_a_mebibyte() {
    let directory = directory();
    let path = directory.path().join("lines.log");
    fs::write(&path, vec![b'x'; (1 << 20) + 5]).expect("written");
    assert_eq!(open(&path).expect("opened").torn_bytes(), 1 << 20);
}

#[test]
fn a_second_writer_is_refused() {
    let directory = directory();
    let path = directory.path().join("lines.log");
    let file = open(&path).expect("opened");
    let error = open(&path).expect_err("refused").to_string();
    let expected = |process: &str| {
        format!(
            "{} is being written by {process}; stop it or choose another --file",
            path.display()
        )
    };
    let ours = expected(&format!("process {}", std::process::id()));
    // Whether a locked file can be read is the system's choice on Windows.
    assert!(
        error == ours || cfg!(windows) && error == expected("another process"),
        "{error}"
    );
    drop(file);
    open(&path).expect("free again");
}

#[test]
fn refusals_say_what_to_do() {
    let directory = directory();
    check_refused(
        directory.path(),
        "cannot write to PATH: it is a directory, not a regular file; choose another --file",
    );
    #[cfg(unix)]
    check_refused(
        &directory.path().join("none/lines.log"),
        "cannot write to PATH: no such file or directory; \
         make the directory or choose another --file",
    );
    #[cfg(unix)]
    check_refused(
        Path::new("/dev/null"),
        "cannot write to PATH: it is a character device, not a regular file; \
         choose another --file",
    );
}

#[test]
fn reopening_without_a_move_goes_on() {
    let directory = directory();
    let path = directory.path().join("lines.log");
    let mut records = records();
    let mut file = open(&path).expect("opened");
    append(&mut file, &mut records, "a");
    file.reopen(Instant::now(), records.stamp())
        .expect("opened");
    append(&mut file, &mut records, "b");
    check(&path, "1 local line a\n2 local line b\n");
}

#[test]
fn reopening_follows_a_move() {
    let directory = directory();
    let path = directory.path().join("lines.log");
    let old = directory.path().join("lines.log.1");
    let mut records = records();
    let mut file = open(&path).expect("opened");
    append(&mut file, &mut records, "a");
    fs::rename(&path, &old).expect("moved");
    append(&mut file, &mut records, "b");
    assert!(!file.was_removed());
    fs::write(&path, "torn").expect("written");
    file.reopen(Instant::now(), records.stamp())
        .expect("opened");
    assert_eq!(file.torn_bytes(), 4);
    append(&mut file, &mut records, "c");
    check(&old, "1 local line a\n2 local line b\n");
    check(&path, "torn\n3 local line c\n");
    assert!(matches!(open(&path), Err(OpenError::Busy { .. })));
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_new_file_is_not_for_everybody() {
        let directory = directory();
        let path = directory.path().join("lines.log");
        let _file = open(&path).expect("opened");
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777 & !0o640, 0, "{mode:o}");
    }

    #[test]
    fn a_fifo_is_refused_without_waiting() {
        let directory = directory();
        let path = directory.path().join("lines.log");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.expect("POSIX has it").success());
        check_refused(
            &path,
            "cannot write to PATH: it is a FIFO, not a regular file; choose another --file",
        );
        assert!(!super::super::lock_path(&path).exists());
    }

    #[test]
    fn a_link_has_the_lock_of_its_target() {
        let directory = directory();
        let path = directory.path().join("lines.log");
        let link = directory.path().join("link");
        // Its target is yet to be.
        symlink("lines.log", &link).expect("linked");
        let file = open(&link).expect("opened");
        assert!(path.exists());
        assert!(matches!(open(&path), Err(OpenError::Busy { .. })));
        drop(file);
        let _file = open(&path).expect("opened");
        assert!(matches!(open(&link), Err(OpenError::Busy { .. })));
    }

    #[test]
    fn reopening_by_a_link_that_leads_elsewhere_takes_the_lock_along() {
        let directory = directory();
        let names = ["one", "two", "link"].map(|name| directory.path().join(name));
        let [one, two, link] = &names;
        symlink(one, link).expect("linked");
        let mut records = records();
        let mut file = open(link).expect("opened");
        append(&mut file, &mut records, "a");
        fs::remove_file(link).expect("removed");
        symlink(two, link).expect("linked");
        let other = open(two).expect("free");
        let error = file.reopen(Instant::now(), records.stamp());
        assert!(matches!(error, Err(OpenError::Busy { .. })));
        append(&mut file, &mut records, "b");
        drop(other);
        file.reopen(Instant::now(), records.stamp())
            .expect("opened");
        append(&mut file, &mut records, "c");
        check(one, "1 local line a\n2 local line b\n");
        check(two, "3 local line c\n");
        drop(open(one).expect("free again"));
        assert!(matches!(open(two), Err(OpenError::Busy { .. })));
    }

    #[test]
    fn a_removed_file_is_noticed() {
        let directory = directory();
        let path = directory.path().join("lines.log");
        let mut records = records();
        let mut file = open(&path).expect("opened");
        assert!(!file.was_removed());
        fs::remove_file(&path).expect("removed");
        assert!(file.was_removed());
        file.reopen(Instant::now(), records.stamp())
            .expect("opened");
        assert!(!file.was_removed());
        append(&mut file, &mut records, "a");
        check(&path, "1 local line a\n");
    }

    #[test]
    fn a_reopening_that_fails_keeps_the_old_file() {
        let directory = directory();
        let path = directory.path().join("lines.log");
        let old = directory.path().join("lines.log.1");
        let mut records = records();
        let mut file = open(&path).expect("opened");
        fs::rename(&path, &old).expect("moved");
        fs::create_dir(&path).expect("made");
        let error = file.reopen(Instant::now(), records.stamp());
        assert!(matches!(error, Err(OpenError::NotRegular { .. })));
        append(&mut file, &mut records, "a");
        check(&old, "1 local line a\n");
    }
}

#[test]
fn the_clock_of_the_machine_will_do() {
    let directory = directory();
    let path = directory.path().join("lines.log");
    let mut file = open(&path).expect("opened");
    let mut records = Records::new(Format::Json, SystemTime::now());
    append(&mut file, &mut records, "a");
    let text = fs::read_to_string(&path).expect("readable");
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(value["text"], "a");
}

#[test]
fn a_lock_that_cannot_be_had_says_what_to_do() {
    let path = super::lock_path(Path::new("lines.log"));
    let error = OpenError::Lock {
        path,
        error: std::io::ErrorKind::PermissionDenied.into(),
    };
    assert_eq!(
        error.to_string(),
        "cannot lock lines.log.lock: permission denied; \
         let this user write to the directory or choose another --file"
    );
}
