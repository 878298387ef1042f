//! A file system that is full, or that may not be written to.

use std::process::Command;

use super::*;

/// A small file system of its own, if this may make one.
struct Mounted(tempfile::TempDir);

impl Mounted {
    fn new(mib: usize) -> Option<Self> {
        let dir = tempdir();
        let size = format!("size={mib}m");
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(dir.path());
        let output = mount.output();
        if output.is_ok_and(|output| output.status.success()) {
            return Some(Self(dir));
        }
        eprintln!("not tried: no file system may be mounted here");
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn remount(&self, how: &str) {
        let options = format!("remount,{how}");
        let status = Command::new("mount")
            .args(["-o", &options])
            .arg(self.path())
            .status();
        assert!(status.expect("mount runs").success());
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

#[test]
fn a_full_disk() {
    let Some(disk) = Mounted::new(8) else {
        return;
    };
    let store = Store::open(disk.path()).expect("opened");
    let free = store.free_bytes().expect("it says");
    assert!(free <= 8 << 20);
    assert!(store.check_room(6 << 20).is_ok());
    let error = store.check_room(8 << 20).expect_err("full");
    assert_eq!(error.kind(), ErrorKind::NoSpace);
    assert_eq!(
        error.to_string(),
        format!(
            "no room: 8388608 bytes are still to come and {free} are free; make room or receive elsewhere"
        )
    );
    // Allocated before a byte comes.
    let rig = Rig::new(disk.path(), &[file("x", 9 * MIB)]);
    rig.send(Job::Begin {
        id: 0,
        resume: true,
    });
    let failed_at_once = failed(&rig.end());
    assert_eq!(failed_at_once[0].1, ErrorKind::NoSpace);
    assert_eq!(names(disk.path()), [""; 0]);
    assert_eq!(store.free_bytes().expect("it says"), free);

    // Filled by another meanwhile.
    let size = 6 * MIB as u64;
    let entries = [entry(
        "x",
        Kind::File {
            size,
            data_bytes: size - 1,
        },
    )];
    let ballast = disk.path().join("ballast");
    fs::write(&ballast, vec![1; 4 * MIB]).expect("written");
    let (reports, _) = receive(&store, &entries, Options::default());
    assert_eq!(failed(&reports)[0].1, ErrorKind::NoSpace, "{reports:?}");
    fs::remove_file(ballast).expect("removed");
    let (reports, sent) = receive(&store, &entries, Options::default());
    assert_eq!(failed(&reports), []);
    assert!((1..=4).contains(&sent), "{sent} sent again");
    assert_arrived(disk.path(), &entries);

    // No journal and no room for more than the start of it.
    let small: Vec<Entry> = (0..8).map(|at| file(&at.to_string(), MIB)).collect();
    let (reports, _) = receive(&store, &small, Options::default());
    assert!(!failed(&reports).is_empty());
    assert!(names(disk.path()).iter().all(|name| !name.contains("bw-")));
}

#[test]
fn a_disk_that_may_not_be_written_to() {
    let Some(disk) = Mounted::new(8) else {
        return;
    };
    let store = Store::open(disk.path()).expect("opened");
    let entries = mixture();
    disk.remount("ro");
    let (reports, _) = receive(&store, &entries, Options::default());
    assert_eq!(failed(&reports).len(), entries.len());
    assert!(
        failed(&reports)
            .iter()
            .any(|(_, kind, _)| *kind == ErrorKind::ReadOnly)
    );
    disk.remount("rw");
    let (reports, _) = receive(&store, &entries, Options::default());
    assert_eq!(failed(&reports), []);
    assert_arrived(disk.path(), &entries);
}
