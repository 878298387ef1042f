//! Names that change as fast as they can while something is received.

use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use super::*;

/// `d` is by turns a directory and a link out of the destination, as fast as that can be exchanged.
#[test]
fn a_directory_that_flips_to_a_link_lets_nothing_out() {
    const FLIPS: u64 = 10_000;
    let root = tempdir();
    let outside = tempdir();
    fs::create_dir(root.path().join("d")).expect("made");
    symlink(outside.path(), root.path().join("l")).expect("made");
    // In both, so that only the way there decides.
    fs::create_dir(root.path().join("d/e")).expect("made");
    let entries = [
        directory("d"),
        directory("d/e"),
        file("d/f", 10),
        file("d/e/f", 10),
        link("d/l", "f"),
        file("d/large", MIB + 1),
    ];
    let done = AtomicBool::new(false);
    let flips = AtomicU64::new(0);
    let (mut came, mut refused) = (0, 0);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                flip(root.path());
                flips.fetch_add(1, Ordering::Relaxed);
            }
        });
        let options = Options {
            overwrite: Overwrite::Replace,
            sync: Sync::None,
        };
        let begun = Instant::now();
        while (flips.load(Ordering::Relaxed) < FLIPS || came == 0 || refused == 0)
            && begun.elapsed() < DEADLINE
        {
            let store = Store::open(root.path()).expect("opened");
            let _ = store.survey(&entries);
            let rig = Rig::of(store.clone(), &entries, options);
            rig.send_all();
            rig.send(Job::Flush);
            let reports = rig.end();
            came += stored(&reports).len();
            refused += failed(&reports).len();
            assert!(
                failed(&reports)
                    .iter()
                    .all(|(_, kind, _)| *kind == ErrorKind::Blocked),
                "{:?}",
                failed(&reports)
            );
            let _ = store.discard(&entries[5]);
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(names(outside.path()), [""; 0]);
    let flips = flips.into_inner();
    assert!(
        flips >= FLIPS && came > 0 && refused > 0,
        "{flips} flips, {came} came, {refused} refused"
    );
}

fn flip(root: &Path) {
    let dir = fs::File::open(root).expect("opened");
    let flags = rustix::fs::RenameFlags::EXCHANGE;
    rustix::fs::renameat_with(&dir, "d", &dir, "l", flags).expect("exchanged");
}
