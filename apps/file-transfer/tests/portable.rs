//! What has to work on every system.

mod support;

use std::fs;
use std::io::Write;

use support::{
    CODE, MIB, PATIENCE, Program, Told as _, Two, free_port, names, noise, recv, recv_from, send,
    sum, transfer, transfer_all, type_into,
};

#[test]
fn a_tree_arrives() {
    let two = Two::new();
    fs::create_dir_all(two.from.join("tree/empty")).expect("made");
    fs::create_dir(two.from.join("tree/full")).expect("made");
    for size in [0, 1, 1024, MIB, 3 * MIB + 1] {
        two.source(&format!("tree/full/{size}"), noise(size as u64, size));
    }
    two.source("tree/\u{e4}\u{f6}\u{fc} \u{1f600}.txt", "x");
    transfer_all(&two, &["tree"], &[]);
    assert_eq!(
        names(&two.to.join("tree")),
        ["empty", "full", "\u{e4}\u{f6}\u{fc} \u{1f600}.txt"]
    );
    assert_eq!(names(&two.to.join("tree/empty")), [""; 0]);
    assert_eq!(names(&two.to.join("tree/full")).len(), 5);
    for size in [0, 1, 1024, MIB, 3 * MIB + 1] {
        let name = format!("tree/full/{size}");
        assert!(two.bytes(&name) == noise(size as u64, size), "{name}");
    }
    let modified = |dir: &std::path::Path| {
        let meta = fs::metadata(dir.join("tree/full/1")).expect("there");
        meta.modified().expect("told")
    };
    assert_eq!(modified(&two.from), modified(&two.to));
}

#[test]
fn a_stream_and_a_text() {
    let two = Two::new();
    let bytes = noise(1, 2 * MIB + 7);
    let (sender, mut stdin) = Program::start_typing(send(&two, &["-", "--code", CODE]));
    let receiver = Program::start(recv_from(&two, sender.address(), &["-o", "-"]));
    stdin.write_all(&bytes).expect("read");
    drop(stdin);
    let received = receiver.wait();
    assert_eq!(received.code(), 0, "{}", received.errors);
    assert!(received.output == bytes);
    sender.wait().expect(0);
    let (_, received) = transfer_all(&two, &["--text", "hello"], &[]);
    assert_eq!(received.text(), "hello\n");
}

#[test]
fn the_receiver_waits() {
    let two = Two::new();
    two.source("file", "x");
    let receiver = Program::start(recv(&two, &["--yes", "--listen", "127.0.0.1:0"]));
    let (to, code) = (
        receiver.address().to_string(),
        receiver.wait_for_output("code: "),
    );
    let sent = Program::start(send(&two, &["file", "--to", &to, "--code", &code])).wait();
    assert_eq!(sent.expect(0).text(), format!("{}  file\n", sum(b"x")));
    receiver.wait().expect(0);
    assert_eq!(two.bytes("file"), b"x");
}

#[test]
fn what_is_there_is_kept_renamed_or_replaced() {
    let two = Two::new();
    two.source("file", "new");
    fs::write(two.to.join("file"), "older").expect("written");
    let (sent, received) = transfer(&two, &["file"], &[]);
    let _ = (sent.expect(10), received.expect(10));
    assert_eq!(two.bytes("file"), b"older");
    transfer_all(&two, &["file"], &["--overwrite", "rename"]);
    assert_eq!(two.arrived(), ["file", "file (1)"]);
    transfer_all(&two, &["file"], &["--overwrite", "replace"]);
    assert_eq!(two.bytes("file"), b"new");
    assert_eq!(two.arrived(), ["file", "file (1)"]);
}

#[test]
fn a_wrong_code_and_a_no() {
    let two = Two::new();
    two.source("file", "x");
    let sender = Program::start(send(&two, &["file", "--code", CODE]));
    let at = sender.address().to_string();
    let words = ["8-tiger-bamboo", "--yes", "--at", &at];
    Program::start(recv(&two, &words)).wait().expect(4);
    sender.wait().expect(4);
    let sender = Program::start(send(&two, &["file", "--code", CODE]));
    let at = sender.address().to_string();
    let (receiver, mut stdin) = Program::start_typing(recv(&two, &[CODE, "--at", &at]));
    receiver.wait_for_words("Accept?");
    type_into(&mut stdin, "n\n");
    receiver.wait().expect(3);
    sender.wait().expect(3);
    assert_eq!(two.arrived(), [""; 0]);
}

#[test]
fn nobody_is_there() {
    let two = Two::new();
    let at = format!("127.0.0.1:{}", free_port());
    let ended = Program::start(recv(&two, &[CODE, "--at", &at])).wait();
    let ended = ended.expect(7);
    assert!(
        ended.errors.starts_with("bw-recv: nobody answers ("),
        "{}",
        ended.errors
    );
}

#[test]
fn a_killed_receiver_goes_on() {
    use support::{Act, Plan, Relay, eventually};

    let two = Two::new();
    let bytes = noise(1, 12 * MIB);
    two.source("file", &bytes);
    let sender = Program::start(send(&two, &["file", "--code", CODE]));
    let plan = Plan {
        after: 8 * MIB as u64,
        act: Act::Stall,
    };
    let relay = Relay::start(sender.address(), &[plan]);
    let receiver = Program::start(recv_from(&two, relay.address(), &[]));
    relay.wait();
    eventually(PATIENCE, || (two.journaled() >= 6).then_some(())).expect("it is written");
    assert!(receiver.kill());
    relay.cut();
    let command = recv_from(&two, relay.address(), &["--json"]);
    let received = Program::start(command).wait();
    assert_eq!(received.code(), 0, "{}", received.text());
    let already = received.event("started")["already"].as_u64();
    assert!(already >= Some(6 * MIB as u64), "{already:?}");
    sender.wait().expect(0);
    assert_eq!(two.arrived(), ["file"]);
    assert!(two.bytes("file") == bytes);
}
