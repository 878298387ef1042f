//! Programs that are killed, networks that break and disks that fill: what has come stays, and what is wrong never has
//! its name.
#![cfg(unix)]

mod support;

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
use barewire_proving::process;
use rustix::process::Signal;
use support::{
    Act, CODE, MIB, PATIENCE, Plan, Program, Relay, Told as _, Two, as_ordinary_user, eventually,
    json_address, noise, recv, recv_from, send, start_reading, tree, type_into,
};

/// What the two say at the beginning, and the heads of frames and records.
const OVERHEAD: u64 = 128 << 10;

/// Says how to go on.
const HINT: &str = "start both programs again as before to go on from here";

/// A sender of these words and a receiver, with a relay between them that does this to the first connection.
struct Pair {
    two: Two,
    words: Vec<&'static str>,
    sender: Option<Program>,
    relay: Relay,
    receiver: Option<Program>,
}

impl Pair {
    #[track_caller]
    fn start(two: Two, words: &[&'static str], recv_words: &[&str], plans: &[Plan]) -> Self {
        let sender = start_sender(&two, words);
        let relay = Relay::start(address_of(&sender, words), plans);
        let receiver = Program::start(recv_from(&two, relay.address(), recv_words));
        Self {
            two,
            words: words.to_vec(),
            sender: Some(sender),
            relay,
            receiver: Some(receiver),
        }
    }

    /// One file of so many mebibytes, of which so many bytes come before `act`.
    #[track_caller]
    fn of_file(mebibytes: usize, after: u64, act: Act, recv_words: &[&str]) -> Self {
        let two = Two::new();
        two.source("file", noise(1, mebibytes * MIB));
        let pair = Self::start(two, &["file"], recv_words, &[Plan { after, act }]);
        pair.relay.wait();
        pair
    }

    fn sender(&mut self) -> Program {
        self.sender.take().expect("once")
    }

    fn receiver(&mut self) -> Program {
        self.receiver.take().expect("once")
    }

    fn restart_sender(&mut self) {
        let sender = start_sender(&self.two, &self.words);
        self.relay.set_target(address_of(&sender, &self.words));
        self.sender = Some(sender);
    }

    fn restart_receiver(&mut self, words: &[&str]) {
        self.relay.cut();
        let command = recv_from(&self.two, self.relay.address(), words);
        self.receiver = Some(Program::start(command));
    }

    /// Both end well, and the file is there, alone and the same.
    #[track_caller]
    fn check_equal(&mut self) -> (support::Ended, support::Ended) {
        let received = self.receiver().wait().expect(0);
        let sent = self.sender().wait().expect(0);
        assert_eq!(tree(&self.two.from), tree(&self.two.to));
        (sent, received)
    }
}

fn start_sender(two: &Two, words: &[&str]) -> Program {
    Program::start(send(two, &[&["--code", CODE], words].concat()))
}

#[track_caller]
fn address_of(sender: &Program, words: &[&str]) -> std::net::SocketAddr {
    match words.contains(&"--json") {
        true => json_address(sender),
        false => sender.address(),
    }
}

/// How a killed one comes back.
#[derive(Clone, Copy, Debug)]
enum Again {
    /// The other has been there all the time.
    One,
    /// Both are started anew.
    Both,
}

const KILL_FILE: usize = if cfg!(debug_assertions) { 24 } else { 96 } * MIB;

/// Waits until all whole groups of the first `bytes` on the line are known to be on the disk.
#[track_caller]
fn wait_for_groups(two: &Two, bytes: u64) {
    let groups = bytes.saturating_sub(OVERHEAD) / MIB as u64;
    let written = || (two.journaled() >= groups).then_some(());
    eventually(PATIENCE, written)
        .unwrap_or_else(|| panic!("{} of {groups} groups", two.journaled()));
}

/// What the second try took over is all that was known, and nothing of that is sent again.
#[track_caller]
fn check_resumed(pair: &Pair, received: &support::Ended, known: u64, before: u64) {
    let already = received.last_event("started")["already"]
        .as_u64()
        .expect("a number");
    assert!(already >= known * MIB as u64, "{already} of {known} MiB");
    // Most that a crash may cost.
    assert!(already + 65 * MIB as u64 >= before, "{already} of {before}");
    let again = pair.relay.passed() - before;
    let missing = KILL_FILE as u64 - already;
    assert!(
        again <= missing + missing / 50 + OVERHEAD,
        "{again} bytes for {missing}"
    );
}

fn kill_receiver(point: usize, again: Again) {
    let before = (point * KILL_FILE / 50) as u64;
    let two = Two::new();
    two.source("file", noise(1, KILL_FILE));
    let plan = Plan {
        after: before,
        act: Act::Stall,
    };
    let mut pair = Pair::start(two, &["file"], &["--json"], &[plan]);
    pair.relay.wait();
    // At every second point all that came is written down; otherwise it is in the middle of that.
    if point.is_multiple_of(2) {
        wait_for_groups(&pair.two, before);
    }
    assert!(pair.receiver().kill(), "it had ended at {point}");
    assert!(!pair.two.to.join("file").exists());
    let known = pair.two.journaled();
    if let Again::Both = again {
        assert!(pair.sender().kill());
        pair.restart_sender();
    }
    pair.restart_receiver(&["--json"]);
    let (_, received) = pair.check_equal();
    check_resumed(&pair, &received, known, before);
}

fn kill_sender(point: usize, again: Again) {
    let before = (point * KILL_FILE / 50) as u64;
    let two = Two::new();
    two.source("file", noise(1, KILL_FILE));
    let plan = Plan {
        after: before,
        act: Act::Stall,
    };
    let mut pair = Pair::start(two, &["file"], &["--json"], &[plan]);
    pair.relay.wait();
    if point.is_multiple_of(2) {
        wait_for_groups(&pair.two, before);
    }
    assert!(pair.sender().kill(), "it had ended at {point}");
    pair.relay.cut();
    let known = pair.two.journaled();
    if let Again::Both = again {
        assert!(pair.receiver().kill());
    }
    pair.restart_sender();
    if let Again::Both = again {
        pair.restart_receiver(&["--json"]);
    }
    let (_, received) = pair.check_equal();
    check_resumed(&pair, &received, known, before);
}

#[test]
fn a_receiver_killed_at_any_point_goes_on() {
    for point in 1..50 {
        let again = [Again::One, Again::Both][point / 2 % 2];
        println!("{point} {again:?}");
        kill_receiver(point, again);
    }
}

#[test]
fn a_sender_killed_at_any_point_goes_on() {
    for point in 1..50 {
        let again = [Again::One, Again::Both][point / 2 % 2];
        println!("{point} {again:?}");
        kill_sender(point, again);
    }
}

#[test]
fn a_tree_goes_on_with_what_is_missing() {
    let two = Two::new();
    for number in 0..40 {
        two.source(&format!("{number:02}"), noise(number, 300_000));
    }
    two.source("big", noise(77, 4 * MIB));
    fs::create_dir(two.from.join("dir")).expect("made");
    two.source("dir/leaf", "x");
    let plan = Plan {
        after: 9 * MIB as u64,
        act: Act::Stall,
    };
    let mut pair = Pair::start(two, &["../from"], &["--json"], &[plan]);
    pair.relay.wait();
    pair.receiver().kill();
    pair.restart_receiver(&["--json"]);
    let received = pair.receiver().wait().expect(0);
    pair.sender().wait().expect(0);
    assert_eq!(tree(&pair.two.from), tree(&pair.two.to.join("from")));
    assert_eq!(received.last_event("result")["status"], "done");
}

/// Kills the receiver of a file of so many mebibytes once `groups` of them are written.
#[track_caller]
fn killed(mebibytes: usize, groups: u64) -> (Pair, PathBuf) {
    let after = groups * MIB as u64 + OVERHEAD;
    let mut pair = Pair::of_file(mebibytes, after, Act::Stall, &[]);
    wait_for_groups(&pair.two, after);
    assert!(pair.receiver().kill());
    let part = pair.two.unfinished(".bw-part").remove(0);
    (pair, part)
}

#[test]
fn a_flipped_bit_is_found_and_repaired() {
    let (mut pair, part) = killed(8, 5);
    let known = pair.two.journaled();
    assert!(known >= 5);
    let file = File::options().read(true).write(true).open(&part);
    let file = file.expect("ours");
    let mut byte = [0];
    let at = 2 * MIB as u64 + 12_345;
    file.read_exact_at(&mut byte, at).expect("written");
    file.write_all_at(&[byte[0] ^ 4], at).expect("ours");
    let before = pair.relay.passed();
    pair.restart_receiver(&[]);
    let (_, received) = pair.check_equal();
    let repaired: Vec<_> = received
        .errors
        .lines()
        .filter(|line| line.contains("asked for again"))
        .collect();
    assert_eq!(
        repaired,
        ["file: bytes 2097152 to 3145728 are wrong and asked for again"]
    );
    // What was missing, and that group.
    let most = (8 - known + 1) * MIB as u64 + 2 * OVERHEAD;
    let again = pair.relay.passed() - before;
    assert!(again <= most, "{again} of {most} bytes");
}

#[test]
fn a_broken_journal_costs_only_time() {
    for keep in [0, 1, 63, 64, 100, 64 + 48 * 2] {
        let (mut pair, _) = killed(6, 4);
        let journal = pair.two.unfinished(".bw-journal").remove(0);
        let file = File::options().write(true).open(&journal).expect("ours");
        file.set_len(keep).expect("ours");
        if keep > 100 {
            file.write_all_at(&[0xff; 8], 64 + 48 + 20).expect("ours");
        }
        drop(file);
        pair.restart_receiver(&[]);
        pair.check_equal();
    }
}

#[test]
fn a_source_that_differs_on_the_second_try_is_never_mixed() {
    let (mut pair, _) = killed(8, 5);
    assert!(pair.sender().kill());
    // Another content of the same size and time, in what has come already.
    let path = pair.two.from.join("file");
    let modified = fs::metadata(&path).expect("there").modified();
    let file = File::options().write(true).open(&path).expect("ours");
    file.write_all_at(b"another", MIB as u64).expect("ours");
    file.set_modified(modified.expect("told")).expect("ours");
    pair.restart_sender();
    pair.restart_receiver(&[]);
    pair.check_equal();
}

#[test]
fn another_size_on_the_second_try_starts_anew() {
    let (mut pair, _) = killed(6, 4);
    assert!(pair.sender().kill());
    pair.two.source("file", noise(2, 5 * MIB + 1));
    pair.restart_sender();
    pair.restart_receiver(&[]);
    pair.check_equal();
}

/// Changes the source in the middle of sending; both say so, and nothing has its name.
#[track_caller]
fn check_changed(change: impl FnOnce(&Path)) {
    let mut pair = Pair::of_file(24, 3 * MIB as u64, Act::Pause, &[]);
    change(&pair.two.from.join("file"));
    pair.relay.go_on();
    let received = pair.receiver().wait().expect(6);
    let sent = pair.sender().wait().expect(6);
    assert!(sent.errors.contains("bw-send: file: "), "{}", sent.errors);
    assert!(
        received
            .errors
            .contains("bw-recv: file: at the other side: "),
        "{}",
        received.errors
    );
    assert!(!pair.two.to.join("file").exists());
}

#[test]
fn a_source_that_changes_meanwhile_ends_it() {
    check_changed(|path| {
        let file = File::options().append(true).open(path);
        file.expect("ours").write_all(b"more").expect("ours");
    });
    check_changed(|path| {
        let file = File::options().write(true).open(path).expect("ours");
        file.set_len(20 * MIB as u64).expect("ours");
    });
    check_changed(|path| {
        let file = File::options().write(true).open(path).expect("ours");
        file.write_all_at(b"other", 23 * MIB as u64).expect("ours");
    });
}

#[test]
fn a_log_may_grow_meanwhile() {
    let two = Two::new();
    let bytes = noise(1, 24 * MIB);
    let path = two.source("log", &bytes);
    let plan = Plan {
        after: 3 * MIB as u64,
        act: Act::Pause,
    };
    let mut pair = Pair::start(two, &["log", "--growing"], &[], &[plan]);
    pair.relay.wait();
    let file = File::options().append(true).open(path);
    file.expect("ours").write_all(b"more").expect("ours");
    pair.relay.go_on();
    pair.receiver().wait().expect(0);
    pair.sender().wait().expect(0);
    assert!(pair.two.bytes("log") == bytes);
}

#[test]
fn what_vanishes_meanwhile_is_named_and_the_rest_arrives() {
    let two = Two::new();
    for name in ["a", "b", "c"] {
        two.source(name, name);
    }
    let sender = start_sender(&two, &["../from"]);
    let at = sender.address().to_string();
    let (receiver, mut stdin) = Program::start_typing(recv(&two, &[CODE, "--at", &at]));
    receiver.wait_for_words("Accept?");
    fs::remove_file(two.from.join("b")).expect("ours");
    type_into(&mut stdin, "y\n");
    let received = receiver.wait().expect(6);
    let sent = sender.wait().expect(6);
    assert_eq!(
        sent.errors.lines().rev().nth(1),
        Some("bw-send: from/b: cannot read ../from/b: no such file or directory")
    );
    assert_eq!(
        sent.last_error(),
        "bw-send: 3 of 4 entries were transferred; the others are named above"
    );
    assert!(
        received
            .errors
            .contains("bw-recv: from/b: at the other side: "),
        "{}",
        received.errors
    );
    assert_eq!(support::names(&two.to.join("from")), ["a", "c"]);
    assert_eq!(tree(&two.from), tree(&two.to.join("from")));
}

#[test]
fn what_cannot_be_read_is_left_out_with_a_status() {
    use std::os::unix::fs::PermissionsExt;

    let two = Two::new();
    for name in ["a", "b", "c"] {
        two.source(name, name);
    }
    let closed = fs::Permissions::from_mode(0o0);
    fs::set_permissions(two.from.join("b"), closed).expect("ours");
    let mut command = send(&two, &["../from", "--code", CODE]);
    if !as_ordinary_user(&mut command, &[two.above(), &two.from, &two.to]) {
        return;
    }
    let sender = Program::start(command);
    Program::start(recv_from(&two, sender.address(), &[]))
        .wait()
        .expect(0);
    let sent = sender.wait().expect(9);
    let words = "bw-send: left out: ../from/b: not sent: permission denied\n";
    assert!(sent.errors.contains(words), "{}", sent.errors);
    assert_eq!(support::names(&two.to.join("from")), ["a", "c"]);
}

#[test]
fn a_destination_that_may_not_be_written_to() {
    use std::os::unix::fs::PermissionsExt;

    let two = Two::new();
    two.source("a", "x");
    let sender = start_sender(&two, &["a"]);
    let mut command = recv_from(&two, sender.address(), &[]);
    if !as_ordinary_user(&mut command, &[two.above(), &two.from, &two.to]) {
        return;
    }
    fs::set_permissions(&two.to, fs::Permissions::from_mode(0o555)).expect("ours");
    let received = Program::start(command).wait().expect(9);
    fs::set_permissions(&two.to, fs::Permissions::from_mode(0o755)).expect("ours");
    sender.wait().expect(9);
    assert!(
        received
            .errors
            .contains("permission denied; receive into a directory that you may write to"),
        "{}",
        received.errors
    );
}

/// Signals one of them in the middle; the other ends as lost, and a second try goes on.
#[track_caller]
fn check_signal(signal: Signal, code: i32, to_sender: bool) {
    let after = 5 * MIB as u64 + OVERHEAD;
    // More than the buffers on the way hold: what is signalled has not sent everything yet.
    let mut pair = Pair::of_file(32, after, Act::Pause, &["--json"]);
    wait_for_groups(&pair.two, after);
    let (sender, receiver) = (pair.sender(), pair.receiver());
    let told = if to_sender { &sender } else { &receiver };
    told.signal(signal);
    pair.relay.go_on();
    let sent = sender.wait().expect(if to_sender { code } else { 5 });
    let received = receiver.wait().expect(if to_sender { 5 } else { code });
    let text = received.event("result")["text"].to_string();
    assert!(sent.last_error().contains(HINT), "{}", sent.errors);
    assert!(text.contains(HINT), "{text}");
    let (interrupted, other) = if to_sender {
        (sent.last_error(), &*text)
    } else {
        (&*text, sent.last_error())
    };
    assert!(interrupted.contains("interrupted"), "{interrupted}");
    assert!(other.contains("stopped at the other side: "), "{other}");
    assert!(!pair.two.to.join("file").exists());
    let known = pair.two.journaled();
    pair.restart_sender();
    pair.restart_receiver(&["--json"]);
    let (_, received) = pair.check_equal();
    let already = received.event("started")["already"].as_u64();
    assert!(
        already >= Some(known * MIB as u64),
        "{already:?} of {known}"
    );
}

#[test]
fn signals_leave_what_can_be_gone_on_with() {
    check_signal(Signal::INT, 130, false);
    check_signal(Signal::INT, 130, true);
    check_signal(Signal::TERM, 143, false);
    check_signal(Signal::TERM, 143, true);
    check_signal(Signal::HUP, 129, false);
    check_signal(Signal::HUP, 129, true);
}

/// It hears even while it may send nothing.
#[test]
fn who_keeps_to_a_rate_is_told_that_the_other_stops() {
    let two = Two::new();
    two.source("file", noise(1, 4 * MIB));
    let sender = start_sender(&two, &["file", "--rate", "200K"]);
    let receiver = Program::start(recv_from(&two, sender.address(), &[]));
    receiver.wait_for_error("file 4.00 MiB from ");
    receiver.signal(Signal::INT);
    receiver.wait().expect(130);
    let sent = sender.wait().expect(5);
    let said = sent.last_error();
    assert!(said.contains("stopped at the other side: "), "{said}");
}

#[test]
fn signals_while_nobody_is_there() {
    let two = Two::new();
    two.source("file", "x");
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        let sender = start_sender(&two, &["file"]);
        sender.wait_for_error("on the other machine: ");
        sender.signal(signal);
        let sent = sender.wait().expect(code);
        assert_eq!(sent.last_error(), "bw-send: interrupted");
    }
}

#[test]
fn a_receiver_that_stands_still_holds_the_sender_back() {
    let mut pair = Pair::of_file(64, 3 * MIB as u64, Act::Pause, &[]);
    let receiver = pair.receiver();
    receiver.signal(Signal::STOP);
    pair.relay.go_on();
    // The buffers on the way fill, and nothing moves any more.
    let mut passed = pair.relay.passed();
    let mut since = Instant::now();
    let still = eventually(PATIENCE, || {
        let now = pair.relay.passed();
        if now != passed {
            (passed, since) = (now, Instant::now());
        }
        (since.elapsed() > Duration::from_secs(1)).then_some(())
    });
    still.expect("it stands still");
    let mut sender = pair.sender();
    assert!(sender.is_running());
    #[cfg(target_os = "linux")]
    {
        let peak = process::resident_bytes_max(sender.id()).expect("it runs");
        assert!(peak < 40 << 20, "{peak}");
    }
    receiver.signal(Signal::CONT);
    (pair.sender, pair.receiver) = (Some(sender), Some(receiver));
    pair.check_equal();
}

#[test]
fn who_says_nothing_for_too_long_counts_as_lost() {
    for stop_sender in [true, false] {
        let two = Two::new();
        two.source("file", noise(1, 24 * MIB));
        let words = ["file", "--timeout", "1", "--reconnect", "1"];
        let plan = Plan {
            after: 3 * MIB as u64,
            act: Act::Stall,
        };
        let recv_words = ["--timeout", "1", "--reconnect", "1"];
        let mut pair = Pair::start(two, &words, &recv_words, &[plan]);
        pair.relay.wait();
        let (sender, receiver) = (pair.sender(), pair.receiver());
        let (stopped, other) = match stop_sender {
            true => (sender, receiver),
            false => (receiver, sender),
        };
        stopped.signal(Signal::STOP);
        let ended = other.wait().expect(5);
        assert!(
            ended.errors.contains("connection lost: "),
            "{}",
            ended.errors
        );
        assert!(ended.last_error().contains(HINT), "{}", ended.errors);
        assert!(!pair.two.to.join("file").exists());
    }
}

/// What the network does to a file of 8 MiB after so many bytes; the two come together again by themselves.
#[track_caller]
fn check_network(plans: &[(u64, Act)]) {
    let two = Two::new();
    two.source("file", noise(1, 8 * MIB));
    let plans: Vec<_> = plans
        .iter()
        .map(|&(after, act)| Plan { after, act })
        .collect();
    let mut pair = Pair::start(two, &["file", "--json"], &["--json"], &plans);
    let (sent, received) = pair.check_equal();
    for ended in [sent, received] {
        let events = ended.events();
        let lost = events.iter().filter(|event| event["event"] == "lost");
        assert!(lost.count() >= 1, "{plans:?}: {}", ended.text());
    }
}

#[test]
fn a_cut_connection_is_taken_up_again() {
    for after in [100_000, 3 * MIB as u64, 8 * MIB as u64 - 1000] {
        check_network(&[(after, Act::Cut)]);
        check_network(&[(after, Act::Reset)]);
    }
    check_network(&[
        (1_500_000, Act::Cut),
        (1_500_000, Act::Reset),
        (3_000_000, Act::Cut),
        (100_000, Act::Cut),
    ]);
}

#[test]
fn bytes_that_are_not_the_senders_never_arrive() {
    for after in [100_000, 1_234_567, 3 * MIB as u64, 7 * MIB as u64 + 1] {
        check_network(&[(after, Act::Flip)]);
        check_network(&[(after, Act::Duplicate)]);
        check_network(&[(after, Act::Drop)]);
    }
}

#[test]
fn a_flip_before_anybody_is_known_shows_nothing_and_spoils_nothing() {
    for after in [0, 5, 50, 90, 130, 200, 400, 600, 800] {
        let two = Two::new();
        two.source("secret", noise(1, 2 * MIB));
        let plan = Plan {
            after,
            act: Act::Flip,
        };
        let mut pair = Pair::start(
            two,
            &["secret"],
            &["--timeout", "2", "--reconnect", "0"],
            &[plan],
        );
        let received = pair.receiver().wait();
        assert_ne!(received.code(), 0, "{after}");
        assert!(!received.text().contains("secret"), "{after}");
        assert!(!pair.two.to.join("secret").exists());
    }
}

#[test]
fn a_side_that_is_gone_for_good_is_told() {
    let mut pair = Pair::of_file(8, 5 * MIB as u64, Act::Stall, &["--reconnect", "1"]);
    pair.sender().kill();
    pair.relay.cut();
    let received = pair.receiver().wait().expect(5);
    let said = received.last_error();
    assert!(
        said.starts_with("bw-recv: the other side did not come back in time")
            && said.ends_with(HINT),
        "{said}"
    );
    assert!(
        received
            .errors
            .contains("; for 1 s it can be taken up again\n"),
        "{}",
        received.errors
    );

    let two = Two::new();
    two.source("file", noise(1, 8 * MIB));
    let plan = Plan {
        after: 5 * MIB as u64,
        act: Act::Stall,
    };
    let mut pair = Pair::start(two, &["file", "--reconnect", "1"], &[], &[plan]);
    pair.relay.wait();
    pair.receiver().kill();
    let sent = pair.sender().wait().expect(5);
    assert_eq!(
        sent.last_error(),
        format!("bw-send: the other side did not come back in time; {HINT}")
    );
}

#[test]
fn without_patience_a_lost_connection_is_the_end() {
    let mut pair = Pair::of_file(8, 5 * MIB as u64, Act::Cut, &["--reconnect", "0"]);
    let received = pair.receiver().wait().expect(5);
    let said = received.last_error();
    assert!(
        said.starts_with("bw-recv: the connection was lost: ") && said.ends_with(HINT),
        "{said}"
    );
    // The same command takes it up, at the sender that has waited.
    pair.restart_receiver(&[]);
    pair.check_equal();
}

#[test]
fn a_broken_stream_is_told_to_both() {
    let two = Two::new();
    let (sender, mut stdin) = Program::start_typing(send(&two, &["-", "--code", CODE]));
    let plan = Plan {
        after: 2 * MIB as u64,
        act: Act::Cut,
    };
    let relay = Relay::start(sender.address(), &[plan]);
    let receiver = Program::start(recv_from(&two, relay.address(), &[]));
    let _ = stdin.write_all(&noise(1, 4 * MIB));
    let received = receiver.wait().expect(5);
    let sent = sender.wait().expect(5);
    assert!(
        sent.last_error()
            .ends_with("a stream cannot be taken up again; send it anew"),
        "{}",
        sent.errors
    );
    assert!(
        received
            .last_error()
            .ends_with("a stream cannot be taken up again"),
        "{}",
        received.errors
    );
    assert!(!two.to.join("stdin").exists());
}

#[test]
fn a_reader_that_has_enough_is_told_to_both() {
    for (name, words) in [("file", &["file"][..]), ("-", &["-"])] {
        let two = Two::new();
        let path = two.source("file", noise(1, 24 * MIB));
        let mut command = send(&two, &[words, &["--code", CODE]].concat());
        if name == "-" {
            command.stdin(File::open(path).expect("there"));
        }
        let sender = Program::start(command);
        let command = recv_from(&two, sender.address(), &["-o", "-"]);
        let (receiver, mut output) = start_reading(command);
        output.read_exact(&mut [0]).expect("it comes");
        drop(output);
        let received = receiver.wait();
        let sent = sender.wait();
        assert_eq!(
            (received.code(), sent.code()),
            (9, 9),
            "{}",
            received.errors
        );
        assert!(
            received
                .errors
                .contains("cannot write to standard output: broken pipe"),
            "{}",
            received.errors
        );
        assert!(
            sent.errors
                .contains("at the other side: cannot write to standard output: broken pipe"),
            "{}",
            sent.errors
        );
    }
}

#[test]
fn closed_standard_output_keeps_no_file_back() {
    let two = Two::new();
    two.source("file", noise(1, 2 * MIB));
    let closed = |program: &str, dir: &Path, words: &[&str]| {
        let mut command = Command::new("sh");
        command
            .args(["-c", "exec \"$0\" \"$@\" >&-", program])
            .args(words);
        command.current_dir(dir).stdin(std::process::Stdio::null());
        Program::start(command)
    };
    let words = ["file", "--code", CODE, "--at", "127.0.0.1:0"];
    let sender = closed(support::SEND, &two.from, &words);
    let at = sender.address().to_string();
    let receiver = closed(support::RECV, &two.to, &[CODE, "--yes", "--at", &at]);
    receiver.wait().expect(0);
    sender.wait().expect(0);
    assert_eq!(tree(&two.from), tree(&two.to));
    // A reader that has gone is no reason either.
    let (sender, output) = start_reading(send(&two, &["file", "--code", CODE]));
    drop(output);
    let command = recv_from(&two, sender.address(), &["-o", "again"]);
    let (receiver, output) = start_reading(command);
    drop(output);
    receiver.wait().expect(0);
    sender.wait().expect(0);
    assert!(two.to.join("again").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn memory_stays_flat_whatever_comes() {
    let two = Two::new();
    let (sender, mut stdin) = Program::start_typing(send(&two, &["-", "--code", CODE]));
    let size = 96 * MIB as u64;
    let plan = Plan {
        after: size,
        act: Act::Pause,
    };
    let relay = Relay::start(sender.address(), &[plan]);
    let receiver = Program::start(recv_from(&two, relay.address(), &[]));
    let feeder = std::thread::spawn(move || {
        let chunk = noise(1, MIB);
        for _ in 0..97 {
            stdin.write_all(&chunk).expect("read");
        }
    });
    relay.wait();
    for program in [&sender, &receiver] {
        let peak = process::resident_bytes_max(program.id()).expect("it runs");
        assert!(peak < 48 << 20, "{peak}");
    }
    relay.go_on();
    feeder.join().expect("fed");
    receiver.wait().expect(0);
    sender.wait().expect(0);
    assert_eq!(
        fs::metadata(two.to.join("stdin")).expect("there").len(),
        97 * MIB as u64
    );
}

#[test]
fn a_file_that_is_larger_than_allowed_is_refused_alone() {
    let two = Two::new();
    two.source("large", noise(1, 8 * MIB));
    two.source("small", "x");
    let sender = start_sender(&two, &["large", "small"]);
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -f 2048 && exec \"$0\" \"$@\"", support::RECV]);
    command.args([CODE, "--yes", "--at", &sender.address().to_string()]);
    command
        .current_dir(&two.to)
        .stdin(std::process::Stdio::null());
    let received = Program::start(command).wait().expect(9);
    let sent = sender.wait().expect(9);
    let words = "raise the limit (ulimit -f)";
    assert!(received.errors.contains(words), "{}", received.errors);
    assert!(sent.errors.contains(words), "{}", sent.errors);
    assert_eq!(two.arrived(), ["small"]);
}

/// A disk of so many mebibytes at the destination, gone when dropped.
#[cfg(target_os = "linux")]
struct SmallDisk(PathBuf);

#[cfg(target_os = "linux")]
impl SmallDisk {
    /// Needs the right to mount; says so if it is missing.
    fn mount(two: &Two, mebibytes: usize) -> Option<Self> {
        let mut mount = Command::new("mount");
        let size = format!("size={mebibytes}m");
        mount
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(&two.to);
        match mount.output() {
            Ok(output) if output.status.success() => Some(Self(two.to.clone())),
            _ => {
                println!("skipped: a small disk cannot be mounted by this user");
                None
            }
        }
    }
}

#[cfg(target_os = "linux")]
impl Drop for SmallDisk {
    fn drop(&mut self) {
        let mut umount = Command::new("umount");
        let _ = umount.arg("-l").arg(&self.0).status();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_too_small_is_seen_before_anything_comes() {
    let two = Two::new();
    two.source("file", noise(1, 20 * MIB));
    let Some(_disk) = SmallDisk::mount(&two, 8) else {
        return;
    };
    let (sent, received) = support::transfer(&two, &["file"], &[]);
    let (sent, received) = (sent.expect(8), received.expect(8));
    let said = received.last_error();
    assert!(
        said.starts_with("bw-recv: no room: 209")
            && said.ends_with(" are free; make room or receive elsewhere"),
        "{said}"
    );
    assert_eq!(
        sent.last_error(),
        said.replace("bw-recv: ", "bw-send: ended by the other side: ")
    );
    assert_eq!(two.arrived(), [""; 0]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_fills_meanwhile_ends_it_until_there_is_room() {
    let two = Two::new();
    two.source("a", noise(1, 6 * MIB));
    two.source("b", noise(2, 6 * MIB));
    let Some(_disk) = SmallDisk::mount(&two, 16) else {
        return;
    };
    let plan = Plan {
        after: 2 * MIB as u64,
        act: Act::Pause,
    };
    let mut pair = Pair::start(two, &["a", "b"], &[], &[plan]);
    pair.relay.wait();
    // The room of the first is taken already, that of the second is not.
    let filler = pair.two.to.join("filler");
    let fill = || {
        let mut file = File::create(&filler).expect("made");
        while file.write_all(&[1; 4096]).is_ok() {}
        let room = rustix::fs::statvfs(&pair.two.to).expect("told").f_bavail;
        (room == 0 && !pair.two.unfinished(".bw-part").is_empty()).then_some(())
    };
    eventually(PATIENCE, fill).expect("it fills");
    pair.relay.go_on();
    let received = pair.receiver().wait().expect(8);
    let sent = pair.sender().wait().expect(8);
    let words = "cannot make \"b\": no space left on device; \
                 make room and start again to go on from here";
    assert!(
        received.errors.contains(&format!("bw-recv: b: {words}\n")),
        "{}",
        received.errors
    );
    assert!(
        sent.errors
            .contains(&format!("bw-send: b: at the other side: {words}\n")),
        "{}",
        sent.errors
    );
    assert_eq!(pair.two.arrived(), ["a", "filler"]);
    fs::remove_file(&filler).expect("ours");
    pair.restart_sender();
    pair.restart_receiver(&[]);
    pair.check_equal();
}

#[cfg(target_os = "linux")]
#[test]
fn a_stream_that_fills_the_disk_ends_and_leaves_nothing_under_its_name() {
    let two = Two::new();
    let Some(_disk) = SmallDisk::mount(&two, 4) else {
        return;
    };
    let (sender, mut stdin) = Program::start_typing(send(&two, &["-", "--code", CODE]));
    let receiver = Program::start(recv_from(&two, sender.address(), &[]));
    let feeder = std::thread::spawn(move || {
        let chunk = noise(1, MIB);
        (0..20).try_for_each(|_| stdin.write_all(&chunk))
    });
    receiver.wait().expect(8);
    sender.wait().expect(8);
    // Nobody reads on.
    let _ = feeder.join().expect("no panic");
    assert!(!two.to.join("stdin").exists());
}
