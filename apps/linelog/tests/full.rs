//! A disk that is really full, and then is not.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant, UNIX_EPOCH};

use bw_log::file::{LogFile, Options, SyncPolicy};
use bw_log::record::{Format, Kind, Records};

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

    fs::remove_file(filler).expect("removed");
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
