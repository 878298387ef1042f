//! Killed at every step, and started again.

use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use super::fault::{Act, Plan};
use super::*;

const ROOT: &str = "BW_STORE_TEST_ROOT";
const STEP: &str = "BW_STORE_TEST_STEP";

/// The one who dies. Does nothing unless it is started by [`killed_at_every_step`].
#[test]
fn child() {
    let (Ok(root), Ok(step)) = (std::env::var(ROOT), std::env::var(STEP)) else {
        return;
    };
    let at = step.parse().expect("a number");
    let mut store = Store::open(Path::new(&root)).expect("opened");
    store.plan = Some(Plan {
        at: Some((at, Act::Die)),
        ..Plan::default()
    });
    receive(&store, &mixture(), Options::default());
}

/// Whether it died.
fn run(root: &Path, step: usize) -> bool {
    let mut command = Command::new(std::env::current_exe().expect("it has a name"));
    command.args(["--exact", "store::tests::dying::child"]);
    command.env(ROOT, root).env(STEP, step.to_string());
    let output = command.output().expect("it runs");
    match output.status.signal() {
        Some(signal) => assert_eq!(signal, 9),
        None => assert!(output.status.success(), "{output:?}"),
    }
    !output.status.success()
}

#[test]
fn killed_at_every_step() {
    let entries = mixture();
    let steps = steps(&entries);
    for step in 0..steps.len() {
        let root = tempdir();
        assert!(run(root.path(), step), "{step} of {}", steps.len());
        assert_nothing_half(root.path(), &entries);
        // The journal's header, then each group and its record, then the small files.
        let is_done = root.path().join("d/large").exists();
        let writes = steps[..step]
            .iter()
            .filter(|step| **step == "write")
            .count();
        let kept = (writes.saturating_sub(1) / 2).min(4);
        let store = Store::open(root.path()).expect("opened");
        let claims = store.survey(&entries)[1].groups.len();
        assert_eq!(
            claims,
            if is_done { 0 } else { kept },
            "{step} {}",
            steps[step]
        );
        let (reports, _) = receive(&store, &entries, FAST);
        assert_eq!(failed(&reports), [], "{step} {}", steps[step]);
        assert_arrived(root.path(), &entries);
    }
    let root = tempdir();
    assert!(!run(root.path(), steps.len()));
}

/// The last thing that the disk hears of a file is never its name.
#[test]
fn data_then_name_then_directory() {
    let changing = |steps: Vec<&'static str>| -> Vec<&'static str> {
        let is_of_end = |step: &&str| {
            ["write", "sync", "sync_file_system", "rename", "sync_dir"].contains(step)
        };
        let mut steps: Vec<_> = steps.into_iter().filter(is_of_end).collect();
        steps.dedup();
        steps
    };
    let large = changing(steps(&[file("x", 2 * MIB)]));
    assert_eq!(large, ["write", "sync", "rename", "sync_dir"]);
    let few: Vec<Entry> = (0..8).map(|at| file(&at.to_string(), 5)).collect();
    assert_eq!(
        changing(steps(&few)),
        ["write", "sync", "rename", "sync_dir"]
    );
    if cfg!(target_os = "linux") {
        let many: Vec<Entry> = (0..9).map(|at| file(&at.to_string(), 5)).collect();
        assert_eq!(
            changing(steps(&many)),
            ["write", "sync_file_system", "rename", "sync_dir"]
        );
        let spread: Vec<Entry> = (0..9)
            .flat_map(|at| [directory(&at.to_string()), file(&format!("{at}/f"), 5)])
            .collect();
        let all = ["write", "sync_file_system", "rename", "sync_file_system"];
        assert_eq!(changing(steps(&spread))[..4], all);
    }
}

#[test]
fn not_synced_where_that_is_not_asked_for() {
    let root = tempdir();
    let mut store = Store::open(root.path()).expect("opened");
    let plan = Plan::default();
    store.plan = Some(plan.clone());
    let options = Options {
        sync: Sync::None,
        ..Options::default()
    };
    let entries = mixture();
    let (reports, _) = receive(&store, &entries, options);
    assert!(stored(&reports).iter().all(|(_, outcome)| !outcome.durable));
    assert_arrived(root.path(), &entries);
    let seen = plan.seen.lock().expect("no panic");
    assert!(!seen.iter().any(|step| step.starts_with("sync")));
}

#[test]
fn ten_thousand_small_files_share_their_syncs() {
    const FILES: usize = 10_000;
    let _ = barewire_command::descriptors::raise_limit();
    let root = tempdir();
    let entries: Vec<Entry> = (0..FILES).map(|at| file(&at.to_string(), 100)).collect();
    let mut store = Store::open(root.path()).expect("opened");
    let only = vec!["sync", "sync_dir", "sync_file_system"];
    let plan = Plan {
        only,
        ..Plan::default()
    };
    store.plan = Some(plan.clone());
    let (reports, _) = receive(&store, &entries, Options::default());
    assert_eq!(stored(&reports).len(), FILES);
    assert_arrived(root.path(), &entries);
    let at_once = usize::try_from(system::open_files_max() / 4)
        .expect("fits")
        .min(4096);
    let batches = FILES.div_ceil(at_once);
    let seen = plan.seen.lock().expect("no panic");
    // Two each; a slow machine may commit some for their age.
    assert!(
        seen.len() <= 2 * batches + 20,
        "{} for {batches} batches",
        seen.len()
    );
}
