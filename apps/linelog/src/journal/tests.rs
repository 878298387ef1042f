use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use proptest::prelude::*;

use super::{Disk, End, Journal, RETRY};
use crate::file::SyncPolicy;
use crate::record::{Format, Kind, Records};

/// What a disk does when it is asked to append; when the script has ended it takes everything.
#[derive(Clone, Copy, Debug)]
enum Step {
    Take(usize),
    Interrupt,
    Refuse,
}

#[derive(Debug, Default)]
struct Content {
    bytes: Vec<u8>,
    script: VecDeque<Step>,
    writes: usize,
    syncs: usize,
    sync_fails: bool,
}

/// A disk that the test holds too.
#[derive(Clone, Debug, Default)]
struct Scripted(Rc<RefCell<Content>>);

impl Scripted {
    fn plan(&self, steps: &[Step]) {
        self.0.borrow_mut().script.extend(steps);
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.borrow().bytes.clone()).expect("UTF-8")
    }
}

impl Disk for Scripted {
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut content = self.0.borrow_mut();
        content.writes += 1;
        let taken = match content.script.pop_front() {
            None => bytes.len(),
            Some(Step::Take(most)) => most.min(bytes.len()),
            Some(Step::Interrupt) => return Err(ErrorKind::Interrupted.into()),
            Some(Step::Refuse) => return Err(io::Error::other("No space")),
        };
        content.bytes.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.0.borrow().bytes.is_empty())
    }

    fn sync_data(&mut self) -> io::Result<()> {
        let mut content = self.0.borrow_mut();
        content.syncs += 1;
        if content.sync_fails {
            Err(io::Error::other("Broken"))
        } else {
            Ok(())
        }
    }

    fn sync_all(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

/// A journal on a scripted disk, its records, and a clock.
struct Bench {
    disk: Scripted,
    journal: Journal<Scripted>,
    records: Records,
    now: Instant,
    time: SystemTime,
}

impl Bench {
    fn new(sync: SyncPolicy) -> Self {
        Self::on(Scripted::default(), End::Whole, sync)
    }

    fn on(disk: Scripted, end: End, sync: SyncPolicy) -> Self {
        let path = PathBuf::from("lines.log");
        Self {
            journal: Journal::new(disk.clone(), end, path, Format::Plain, sync),
            disk,
            records: Records::new(Format::Plain, UNIX_EPOCH),
            now: Instant::now(),
            time: UNIX_EPOCH,
        }
    }

    fn append(&mut self, lines: &[&str]) {
        for line in lines {
            self.records.push("local", Kind::Line, line.as_bytes());
        }
        self.journal.append(self.now, self.records.batch());
        self.records.clear();
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.time += time;
        self.records.set_time(self.time);
        self.journal.handle_timeout(self.now, self.records.stamp());
    }

    fn notices(&mut self) -> Vec<String> {
        let notices = std::iter::from_fn(|| self.journal.poll_notice());
        notices.map(|notice| notice.to_string()).collect()
    }

    /// The file without the times, which are those of seconds since the epoch.
    #[track_caller]
    fn check(&self, expected: &[&str]) {
        let text = self.disk.text();
        assert!(text.is_empty() || text.ends_with('\n'), "{text:?}");
        let lines: Vec<_> = text.lines().map(without_day).collect();
        assert_eq!(lines, expected);
    }
}

fn without_day(line: &str) -> String {
    line.replace("1970-01-01T00:00:", "")
        .replace(".000000Z", "")
}

const REFUSED: &str =
    "cannot write to lines.log: no space; records are counted, not kept, until writing works";

#[test]
fn a_batch_is_one_write() {
    let mut bench = Bench::new(SyncPolicy::None);
    bench.append(&["a", "b", "c"]);
    bench.append(&[]);
    bench.check(&[
        "00 1 local line a",
        "00 2 local line b",
        "00 3 local line c",
    ]);
    assert_eq!(bench.disk.0.borrow().writes, 1);
    assert_eq!(bench.journal.poll_timeout(), None);
}

#[test]
fn short_and_interrupted_writes_go_on() {
    let mut bench = Bench::new(SyncPolicy::None);
    bench
        .disk
        .plan(&[Step::Take(3), Step::Interrupt, Step::Take(40)]);
    bench.append(&["a", "b"]);
    bench.check(&["00 1 local line a", "00 2 local line b"]);
    assert!(bench.notices().is_empty());
}

#[test]
fn a_full_disk_is_told_once_and_leaves_one_gap() {
    let mut bench = Bench::new(SyncPolicy::None);
    bench
        .disk
        .plan(&[Step::Take(50), Step::Refuse, Step::Refuse]);
    bench.append(&["a", "b"]);
    assert!(bench.journal.is_failing());
    assert_eq!(bench.notices(), [REFUSED]);
    bench.pass(RETRY / 2);
    bench.append(&["c"]);
    bench.pass(RETRY / 2);
    bench.append(&["d", "e"]);
    assert!(bench.notices().is_empty());
    assert_eq!(bench.journal.poll_timeout(), Some(bench.now + RETRY));
    bench.pass(RETRY);
    assert_eq!(
        bench.notices(),
        ["writing to lines.log again; 3 records lost"]
    );
    assert_eq!(bench.journal.poll_timeout(), None);
    bench.append(&["f"]);
    bench.check(&[
        "00 1 local line a",
        "00 2 local line b",
        "02 3 server gap 3 records lost from 00.500000Z to 01: no space",
        "02 6 local line f",
    ]);
}

#[test]
fn a_failure_without_loss_leaves_no_gap() {
    let mut bench = Bench::new(SyncPolicy::None);
    bench.disk.plan(&[Step::Take(0)]);
    bench.append(&["a"]);
    // The next batch is in time to find the disk willing.
    bench.now += RETRY;
    bench.append(&["b"]);
    bench.check(&["00 1 local line a", "00 2 local line b"]);
    let notices = bench.notices();
    assert_eq!(notices[1], "writing to lines.log again; no record lost");
}

#[test]
fn a_torn_gap_is_finished_before_another_begins() {
    let mut bench = Bench::new(SyncPolicy::None);
    bench.disk.plan(&[Step::Refuse]);
    bench.append(&["a"]);
    bench.append(&["b"]);
    // The line, then 10 bytes of the gap.
    bench
        .disk
        .plan(&[Step::Take(100), Step::Take(10), Step::Refuse]);
    bench.pass(RETRY);
    assert!(bench.disk.text().ends_with("\n1970-01-01"));
    bench.append(&["c", "d"]);
    bench.pass(RETRY);
    bench.check(&[
        "00 1 local line a",
        "01 2 server gap 1 record lost from 00 to 00: no space",
        "02 3 server gap 2 records lost from 01 to 01: no space",
    ]);
    let notices = bench.notices();
    assert_eq!(
        notices,
        [REFUSED, "writing to lines.log again; 3 records lost"]
    );
}

#[test]
fn a_gap_that_was_not_begun_goes_on_counting() {
    let mut bench = Bench::new(SyncPolicy::None);
    bench.disk.plan(&[Step::Refuse]);
    bench.append(&["a"]);
    bench.append(&["b"]);
    bench.disk.plan(&[Step::Take(100), Step::Refuse]);
    bench.pass(RETRY);
    bench.append(&["c"]);
    bench.pass(RETRY);
    bench.check(&[
        "00 1 local line a",
        "02 2 server gap 2 records lost from 00 to 01: no space",
    ]);
}

#[test]
fn a_torn_line_is_ended_and_kept() {
    let disk = Scripted::default();
    disk.0.borrow_mut().bytes = b"half a".to_vec();
    disk.plan(&[Step::Refuse]);
    let mut bench = Bench::on(disk, End::Torn, SyncPolicy::None);
    bench.append(&["a"]);
    bench.pass(RETRY);
    bench.append(&["b"]);
    bench.check(&["half a", "00 1 local line a", "01 2 local line b"]);
}

#[test]
fn a_file_emptied_to_make_room_begins_with_a_whole_record() {
    let mut bench = Bench::new(SyncPolicy::None);
    bench.disk.plan(&[Step::Take(75), Step::Refuse]);
    bench.append(&["a", "b"]);
    bench.disk.0.borrow_mut().bytes.clear();
    bench.pass(RETRY);
    bench.check(&["00 2 local line b"]);
}

#[test]
fn another_file_gets_the_record_whole() {
    let mut bench = Bench::new(SyncPolicy::None);
    bench
        .disk
        .plan(&[Step::Take(75), Step::Refuse, Step::Refuse]);
    bench.append(&["a", "b"]);
    bench.append(&["c"]);
    bench.journal.settle(bench.now, bench.records.stamp());
    assert!(!bench.disk.text().ends_with('\n'));
    bench.disk = Scripted::default();
    bench.disk.0.borrow_mut().bytes = b"torn".to_vec();
    let stamp = bench.records.stamp();
    bench
        .journal
        .replace(bench.now, stamp, bench.disk.clone(), End::Torn);
    bench.check(&[
        "torn",
        "00 2 local line b",
        "00 3 server gap 1 record lost from 00 to 00: no space",
    ]);
}

#[test]
fn the_end_tries_once_more_and_counts_what_is_missing() {
    let mut bench = Bench::new(SyncPolicy::None);
    bench
        .disk
        .plan(&[Step::Take(75), Step::Refuse, Step::Refuse]);
    bench.append(&["a", "b"]);
    bench.append(&["c"]);
    let stamp = bench.records.stamp();
    let error = bench.journal.finish(bench.now, stamp).expect_err("refused");
    let expected = "cannot write to lines.log: no space; 2 records lost";
    assert_eq!(error.to_string(), expected);
    // The same when the only thing missing is half of the record that tells of it.
    bench
        .disk
        .plan(&[Step::Take(100), Step::Take(7), Step::Refuse]);
    let error = bench.journal.finish(bench.now, stamp).expect_err("refused");
    let expected = "cannot write to lines.log: no space; 1 record lost";
    assert_eq!(error.to_string(), expected);
    bench.journal.finish(bench.now, stamp).expect("room");
    bench.check(&[
        "00 1 local line a",
        "00 2 local line b",
        "00 3 server gap 1 record lost from 00 to 00: no space",
    ]);
}

#[test]
fn syncs_are_as_many_as_the_policy_says() {
    let mut bench = Bench::new(SyncPolicy::None);
    bench.append(&["a"]);
    bench.pass(Duration::from_secs(60));
    assert_eq!(bench.disk.0.borrow().syncs, 0);
    let stamp = bench.records.stamp();
    bench.journal.finish(bench.now, stamp).expect("synced");
    assert_eq!(bench.disk.0.borrow().syncs, 1);

    let mut bench = Bench::new(SyncPolicy::Line);
    bench.append(&["a", "b"]);
    bench.append(&["c"]);
    assert_eq!(bench.disk.0.borrow().syncs, 2);
    assert_eq!(bench.journal.poll_timeout(), None);
    bench.disk.plan(&[Step::Refuse]);
    bench.append(&["d"]);
    assert_eq!(bench.disk.0.borrow().syncs, 2);
    bench.pass(RETRY);
    assert_eq!(bench.disk.0.borrow().syncs, 3);

    let mut bench = Bench::new(SyncPolicy::Interval(Duration::from_secs(5)));
    assert_eq!(bench.journal.poll_timeout(), None);
    bench.append(&["a"]);
    let due = bench.now + Duration::from_secs(5);
    bench.pass(Duration::from_secs(4));
    bench.append(&["b"]);
    assert_eq!(bench.journal.poll_timeout(), Some(due));
    assert_eq!(bench.disk.0.borrow().syncs, 0);
    bench.pass(Duration::from_secs(1));
    assert_eq!(bench.disk.0.borrow().syncs, 1);
    assert_eq!(bench.journal.poll_timeout(), None);
}

#[test]
fn a_failed_sync_is_told_once_until_one_succeeds() {
    let told = "cannot make lines.log safe: broken; \
                the newest records may be lost if the system stops";
    let mut bench = Bench::new(SyncPolicy::Line);
    bench.disk.0.borrow_mut().sync_fails = true;
    bench.append(&["a"]);
    bench.append(&["b"]);
    assert_eq!(bench.notices(), [told]);
    bench.disk.0.borrow_mut().sync_fails = false;
    bench.append(&["c"]);
    bench.disk.0.borrow_mut().sync_fails = true;
    bench.append(&["d"]);
    assert_eq!(bench.notices(), [told]);
    let stamp = bench.records.stamp();
    let error = bench.journal.finish(bench.now, stamp).expect_err("broken");
    assert_eq!(error.to_string(), told);
}

#[derive(Clone, Debug)]
enum Act {
    Append(Vec<String>),
    Pass(u64),
    Plan(Vec<Step>),
    /// Rotation: the old file is set aside.
    Replace,
    /// Somebody makes room.
    Empty,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..90_usize).prop_map(Step::Take),
        1 => Just(Step::Interrupt),
        3 => Just(Step::Refuse),
    ];
    prop::collection::vec(step, 0..6)
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => prop::collection::vec("[a-z\\\\\n]{0,20}", 0..5).prop_map(Act::Append),
        4 => (0..1500_u64).prop_map(Act::Pass),
        4 => steps().prop_map(Act::Plan),
    ]
}

fn rotation() -> impl Strategy<Value = Act> {
    prop_oneof![8 => act(), 1 => Just(Act::Replace), 1 => Just(Act::Empty)]
}

/// Does it all, then ends with a willing disk; the files in order, and how many records there were.
fn perform(acts: &[Act]) -> (Vec<String>, u64) {
    let mut bench = Bench::new(SyncPolicy::Interval(Duration::from_secs(1)));
    let mut files = Vec::new();
    let mut pushed = 0;
    for act in acts {
        match act {
            Act::Append(lines) => {
                let lines: Vec<_> = lines.iter().map(String::as_str).collect();
                bench.append(&lines);
                pushed += lines.len() as u64;
            }
            Act::Pass(milliseconds) => bench.pass(Duration::from_millis(*milliseconds)),
            Act::Plan(steps) => bench.disk.plan(steps),
            Act::Replace => {
                let stamp = bench.records.stamp();
                bench.journal.settle(bench.now, stamp);
                files.push(bench.disk.text());
                bench.disk = Scripted::default();
                let disk = bench.disk.clone();
                bench.journal.replace(bench.now, stamp, disk, End::Whole);
            }
            Act::Empty => {
                files.push(bench.disk.text());
                bench.disk.0.borrow_mut().bytes.clear();
            }
        }
    }
    bench.disk.0.borrow_mut().script.clear();
    let stamp = bench.records.stamp();
    bench.journal.finish(bench.now, stamp).expect("willing");
    files.push(bench.disk.text());
    (files, pushed)
}

/// Follows the numbers through whole lines; each is there, or in a gap.
fn follow(text: &str, next: &mut u64) -> Result<(), TestCaseError> {
    for line in text
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'))
    {
        let fields: Vec<_> = line.trim_end().splitn(5, ' ').collect();
        prop_assert!(fields.len() >= 4 && fields[0].len() == 27, "{line:?}");
        prop_assert_eq!(fields[1], next.to_string(), "{:?}", text);
        *next += match fields[3] {
            "gap" => {
                let count = fields[4]
                    .split(' ')
                    .next()
                    .and_then(|word| word.parse().ok());
                count.expect("a number of records")
            }
            kind => {
                prop_assert_eq!((fields[2], kind), ("local", "line"));
                1
            }
        };
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// One file is whole lines, and each record is in it or in exactly one gap.
    #[test]
    fn nothing_is_lost_in_silence(acts in prop::collection::vec(act(), 0..40)) {
        let (files, pushed) = perform(&acts);
        let text = &files[0];
        prop_assert!(text.is_empty() || text.ends_with('\n'), "{text:?}");
        let mut next = 1;
        follow(text, &mut next)?;
        prop_assert_eq!(next, pushed + 1);
    }

    /// The same over files that follow each other, each torn at the end at most.
    #[test]
    fn nothing_is_lost_between_files(acts in prop::collection::vec(rotation(), 0..40)) {
        let (files, pushed) = perform(&acts);
        let mut next = 1;
        for text in &files {
            follow(text, &mut next)?;
        }
        prop_assert_eq!(next, pushed + 1);
    }
}
