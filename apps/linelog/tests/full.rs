//! A disk that is really full, and then is not.
#![cfg(target_os = "linux")]

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant, UNIX_EPOCH};

use bw_log::file::{LogFile, Options, SyncPolicy};
use bw_log::record::{Format, Kind, Records};
use support::{Program, SOON, code, eventually};

/// A disk of 64 KiB, gone when dropped.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// Needs the right to mount; says so if it is missing.
    fn mount() -> Option<Self> {
        let directory = tempfile::tempdir().expect("a directory");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"]);
        match mount.arg(directory.path()).output() {
            Ok(output) if output.status.success() => Some(Self(directory)),
            _ => {
                eprintln!("skipped: a small disk cannot be mounted by this user");
                None
            }
        }
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes the filler away. Its room is free once nobody has it open: a child of another test may have inherited it, and
    /// lets go of it when it becomes its program.
    fn make_room(&self, bytes: u64) {
        fs::remove_file(self.path().join("filler")).expect("removed");
        let has_room = || {
            let disk = rustix::fs::statvfs(self.path()).expect("mounted");
            (disk.f_bavail * disk.f_frsize >= bytes).then_some(())
        };
        eventually(SOON, has_room).expect("nobody holds the filler");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the other test's child may hold our descriptors until it has become `mount`.
        let mut umount = Command::new("umount");
        let _ = umount.arg("-l").arg(self.path()).status();
    }
}

fn push(records: &mut Records, file: &mut LogFile, now: Instant) {
    for _ in 0..10 {
        records.push("127.0.0.1:50312#7", Kind::Line, &[b'x'; 64]);
    }
    file.append(now, records.batch());
    records.clear();
}

fn notices(file: &mut LogFile) -> Vec<String> {
    let notices = std::iter::from_fn(|| file.poll_notice());
    notices.map(|notice| notice.to_string()).collect()
}

/// The first line's number is `next`; returns the number after the last.
fn follow(text: &str, mut next: u64) -> u64 {
    for line in text.lines() {
        let fields: Vec<_> = line.splitn(5, ' ').collect();
        assert_eq!(fields[1], next.to_string());
        next += match fields[3] {
            "gap" => {
                let (count, reason) = fields[4].split_once(' ').expect("a number");
                assert!(reason.ends_with(": no space left on device"), "{line}");
                count.parse().expect("a number")
            }
            kind => {
                assert_eq!((fields[2], kind), ("127.0.0.1:50312#7", "line"));
                assert_eq!(fields[4].len(), 64);
                1
            }
        };
    }
    next
}

#[test]
fn a_full_disk_is_survived() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let path = disk.path().join("lines.log");
    let filler = disk.path().join("filler");
    fs::write(&filler, [0; 20 << 10]).expect("written");
    let options = Options {
        format: Format::Plain,
        sync: SyncPolicy::Line,
    };
    let mut file = LogFile::open(&path, options).expect("opened");
    let mut records = Records::new(Format::Plain, UNIX_EPOCH);
    let mut now = Instant::now();
    let mut batches = 0;
    while !file.is_failing() {
        push(&mut records, &mut file, now);
        batches += 1;
        assert!(batches < 1000, "the disk never gets full");
    }
    assert_eq!(
        notices(&mut file),
        [format!(
            "cannot write to {}: no space left on device; \
             records are counted, not kept, until writing works",
            path.display()
        )]
    );
    // Still full, however often it is asked.
    for _ in 0..5 {
        now += Duration::from_secs(1);
        file.handle_timeout(now, records.stamp());
        push(&mut records, &mut file, now);
        batches += 1;
    }
    assert!(file.is_failing() && notices(&mut file).is_empty());
    let error = file.finish(now, records.stamp()).expect_err("still full");
    assert!(error.to_string().ends_with(" records lost"), "{error}");

    disk.make_room(20 << 10);
    now += Duration::from_secs(1);
    file.handle_timeout(now, records.stamp());
    assert_eq!(
        notices(&mut file),
        [format!(
            "writing to {} again; 50 records lost",
            path.display()
        )]
    );
    push(&mut records, &mut file, now);
    batches += 1;
    file.finish(now, records.stamp()).expect("synced");
    let text = fs::read_to_string(&path).expect("UTF-8");
    assert!(text.ends_with('\n'));
    assert_eq!(text.matches(" server gap ").count(), 1);
    assert_eq!(follow(&text, 1), batches * 10 + 1);
}

#[test]
fn emptying_the_log_makes_room() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let path = disk.path().join("lines.log");
    let mut file = LogFile::open(&path, Options::default()).expect("opened");
    let mut records = Records::new(Format::Plain, UNIX_EPOCH);
    let now = Instant::now();
    while !file.is_failing() {
        push(&mut records, &mut file, now);
    }
    let before = fs::read_to_string(&path).expect("UTF-8");
    let (whole, torn) = before.rsplit_once('\n').expect("lines");
    assert!(!torn.is_empty(), "the disk got full between two records");
    fs::write(&path, "").expect("emptied");
    file.handle_timeout(now + Duration::from_secs(1), records.stamp());
    assert!(!file.is_failing());
    let after = fs::read_to_string(&path).expect("UTF-8");
    assert!(after.ends_with('\n'));
    follow(&after, follow(whole, 1));
}

/// Fills the disk.
fn fill(path: &Path) {
    use std::io::Write;

    let mut filler = fs::File::create(path).expect("created");
    // Ever smaller pieces: a tmpfs takes whole pages.
    for size in [4096, 1] {
        while filler.write_all(&vec![0; size]).is_ok() {}
    }
}

/// The program goes on serving: clients, and its operator on standard error.
#[test]
fn a_full_disk_stops_nobody() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let mut program = Program::start_in(disk.path(), &["--sync", "line"]);
    let path = program.file().to_owned();
    let mut client = program.connect();
    client.send("before\n");
    program.wait_for_kind("line");
    let filler = disk.path().join("filler");
    fill(&filler);
    let text = "x".repeat(1000);
    // The page that was begun may take the first of them.
    let mut sent = 1;
    let told = eventually(SOON, || {
        client.send(format!("{text}\n"));
        sent += 1;
        program.try_error()
    });
    assert_eq!(
        told,
        Some(format!(
            "bw-log: cannot write to {}: no space left on device; \
             records are counted, not kept, until writing works",
            path.display()
        ))
    );
    // Others come and go meanwhile; what they say is counted.
    for _ in 0..10 {
        let mut other = program.connect();
        other.send("lost\n");
        assert_eq!(other.finish(), "");
        sent += 1;
    }
    fs::remove_file(filler).expect("removed");
    let told = program.next_error().expect("it goes on");
    let lost = told
        .strip_prefix(&format!("bw-log: writing to {} again; ", path.display()))
        .and_then(|rest| rest.strip_suffix(" records lost"))
        .unwrap_or_else(|| panic!("{told}"));
    client.send("after\n");
    assert_eq!(client.finish(), "");
    let records = program.stop();
    let gaps: Vec<_> = records
        .iter()
        .filter(|record| record.kind == "gap")
        .collect();
    assert_eq!(gaps.len(), 1);
    assert_eq!(gaps[0].lost().to_string(), lost);
    assert!(
        gaps[0].text.ends_with(": no space left on device"),
        "{}",
        gaps[0].text
    );
    // Nothing is missing that the gap does not stand for: the client's own count says so.
    let last = &records[records.len() - 3..];
    assert_eq!(last[0].told(), "line after");
    let lines = format!("disconnect end of input; lines: {}, bytes: ", sent + 1 - 10);
    assert!(last[1].told().starts_with(&lines), "{}", last[1].told());
    assert_eq!(program.other_errors(), [""; 0]);
}

/// What could not be written at the end is a failure.
#[test]
fn a_disk_that_is_full_at_the_end_is_a_failure() {
    let Some(disk) = SmallDisk::mount() else {
        return;
    };
    let mut program = Program::start_in(disk.path(), &[]);
    let mut client = program.connect();
    program.wait_for_kind("connect");
    fill(&disk.path().join("filler"));
    let text = "x".repeat(1000);
    eventually(SOON, || {
        client.send(format!("{text}\n"));
        program.try_error()
    })
    .expect("the disk gets full");
    program.signal(rustix::process::Signal::TERM);
    assert_eq!(code(program.wait_for_status()), 1);
    let errors = program.other_errors();
    let [lost] = errors.as_slice() else {
        panic!("{errors:?}");
    };
    let start = format!(
        "bw-log: cannot write to {}: no space left on device; ",
        program.file().display()
    );
    assert!(
        lost.starts_with(&start) && lost.ends_with(" records lost"),
        "{lost}"
    );
}
