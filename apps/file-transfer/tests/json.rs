//! What programs are told: objects, one a line, of which the last says how it ended.
#![cfg(unix)]

mod support;

use std::fs;
use std::io::Write;

use serde_json::{Value, json};
use support::{
    Act, CODE, Ended, MIB, Plan, Program, Relay, Told as _, Two, free_port, json_address, noise,
    recv, recv_from, send, sum, transfer, type_into,
};

/// Names of the events, without those of progress, which come as time goes by.
fn names(events: &[Value]) -> Vec<&str> {
    let names = events.iter().filter_map(|event| event["event"].as_str());
    names.filter(|name| *name != "progress").collect()
}

/// The result, which is the last line.
#[track_caller]
fn check_result(ended: &Ended, code: i32, status: &str) -> Value {
    let events = ended.events();
    let last = events.last().expect("a line").clone();
    assert_eq!(ended.code(), code, "{} {}", ended.text(), ended.errors);
    assert_eq!(last["event"], "result");
    assert_eq!(
        (&last["status"], &last["code"]),
        (&json!(status), &json!(code))
    );
    assert!(last["text"].is_string());
    // People are told nothing beside.
    assert_eq!(ended.errors, "");
    last
}

#[track_caller]
fn transfer_json(two: &Two, send_words: &[&str], recv_words: &[&str]) -> (Ended, Ended) {
    transfer(
        two,
        &[send_words, &["--json"]].concat(),
        &[recv_words, &["--json"]].concat(),
    )
}

#[test]
fn all_is_well() {
    let two = Two::new();
    let bytes = noise(1, 2 * MIB + 1);
    two.source("file", &bytes);
    let (sent, received) = transfer_json(&two, &["file"], &[]);
    check_result(&sent, 0, "done");
    check_result(&received, 0, "done");
    let (sent, received) = (sent.events(), received.events());
    assert_eq!(
        names(&sent),
        [
            "listening",
            "code",
            "connected",
            "started",
            "stored",
            "result"
        ]
    );
    assert_eq!(
        names(&received),
        ["connected", "offer", "started", "stored", "result"]
    );
    assert_eq!(sent[1], json!({"event": "code", "code": CODE}));
    let offer = &received[1];
    assert_eq!(
        (&offer["name"], &offer["files"], &offer["bytes"]),
        (&json!("file"), &json!(1), &json!(bytes.len()))
    );
    let started = json!({"event": "started", "bytes": bytes.len(), "already": 0});
    let stored = json!({"event": "stored", "path": "file", "blake3": sum(&bytes), "durable": true});
    for events in [sent, received] {
        assert!(events.contains(&started), "{events:?}");
        assert!(events.contains(&stored), "{events:?}");
    }
}

#[test]
fn names_of_every_sort() {
    use std::os::unix::ffi::OsStrExt;

    let two = Two::new();
    two.source("esc\u{1b}[2J\n\"\u{202e}", "x");
    let raw = std::ffi::OsStr::from_bytes(b"raw\xff");
    fs::write(two.from.join(raw), "x").expect("written");
    let (sent, received) = transfer_json(&two, &["../from"], &[]);
    check_result(&sent, 0, "done");
    check_result(&received, 0, "done");
    for ended in [sent, received] {
        assert!(ended.text().is_ascii() || !ended.text().contains('\u{1b}'));
        let events = ended.events();
        let stored: Vec<_> = events
            .iter()
            .filter(|event| event["event"] == "stored")
            .collect();
        let named = |name: &str| stored.iter().any(|event| event["path"] == name);
        assert!(named("from/esc\u{1b}[2J\n\"\u{202e}"), "{stored:?}");
        // What is no text comes as its bytes.
        let hex = "66726f6d2f726177ff";
        assert!(
            stored.iter().any(|event| event["path_hex"] == hex),
            "{stored:?}"
        );
        // A directory has no hash.
        assert!(
            stored
                .iter()
                .any(|event| event["path"] == "from" && event["blake3"].is_null())
        );
    }
}

#[test]
fn not_durable_says_so() {
    let two = Two::new();
    two.source("file", "x");
    let (sent, received) = transfer_json(&two, &["file"], &["--no-sync"]);
    assert_eq!(sent.event("stored")["durable"], false);
    assert_eq!(received.event("stored")["durable"], false);
    check_result(&sent, 0, "done");
}

#[test]
fn a_text() {
    let two = Two::new();
    let text = "two\nlines \u{1b}[2J";
    let (sent, received) = transfer_json(&two, &["--text", text], &[]);
    check_result(&sent, 0, "done");
    check_result(&received, 0, "done");
    assert_eq!(received.event("text")["text"], text);
}

#[test]
fn data_and_events_apart() {
    let two = Two::new();
    let bytes = noise(1, MIB + 1);
    two.source("file", &bytes);
    let (sent, received) = transfer_json(&two, &["file"], &["-o", "-"]);
    check_result(&sent, 0, "done");
    assert!(received.output == bytes);
    let events = received.events_of(&received.errors);
    assert_eq!(
        names(&events),
        ["connected", "offer", "started", "stored", "result"]
    );
}

#[test]
fn a_stream_has_no_size() {
    let two = Two::new();
    let (sender, mut stdin) = Program::start_typing(send(&two, &["-", "--code", CODE, "--json"]));
    let command = recv_from(&two, json_address(&sender), &["--json"]);
    let receiver = Program::start(command);
    stdin.write_all(b"some").expect("read");
    drop(stdin);
    for ended in [receiver.wait(), sender.wait()] {
        check_result(&ended, 0, "done");
        assert!(ended.event("started")["bytes"].is_null());
        assert_eq!(ended.event("stored")["blake3"], sum(b"some"));
    }
}

#[test]
fn a_wrong_code() {
    let two = Two::new();
    two.source("secret", "x");
    let sender = Program::start(send(&two, &["secret", "--code", CODE, "--json"]));
    let at = json_address(&sender).to_string();
    let words = ["8-tiger-bamboo", "--yes", "--json", "--at", &at];
    let received = Program::start(recv(&two, &words)).wait();
    check_result(&received, 4, "wrong-code");
    assert_eq!(names(&received.events()), ["result"]);
    check_result(&sender.wait(), 4, "wrong-code");
}

#[test]
fn a_refusal() {
    let two = Two::new();
    two.source(".hidden", "x");
    let (sent, received) = transfer_json(&two, &[".hidden"], &[]);
    check_result(&sent, 3, "declined");
    check_result(&received, 3, "declined");
}

#[test]
fn what_is_there_already() {
    let two = Two::new();
    for name in ["a", "b"] {
        two.source(name, "new");
    }
    fs::write(two.to.join("a"), "older").expect("written");
    let (sent, received) = transfer_json(&two, &["a", "b"], &[]);
    check_result(&sent, 9, "partial");
    check_result(&received, 10, "exists");
    assert_eq!(
        sent.event("failed"),
        json!({"event": "failed", "path": "a", "code": "declined",
               "text": "not wanted by the other side"})
    );
    assert_eq!(
        received.event("failed"),
        json!({"event": "failed", "path": "a", "code": "exists",
               "text": "something is there already; see --overwrite"})
    );
    let (sent, received) = transfer_json(&two, &["a"], &["--overwrite", "rename"]);
    check_result(&sent, 0, "done");
    assert_eq!(received.event("stored")["path"], "a (1)");
    let (sent, received) = transfer_json(&two, &["a"], &["--overwrite", "refuse"]);
    check_result(&sent, 10, "exists");
    check_result(&received, 10, "exists");
}

#[test]
fn nobody_is_there() {
    let two = Two::new();
    two.source("a", "x");
    let at = format!("127.0.0.1:{}", free_port());
    let received = Program::start(recv(&two, &[CODE, "--json", "--at", &at])).wait();
    check_result(&received, 7, "nobody");
    let sent = Program::start(send(&two, &["a", "--json", "--wait", "0.1"])).wait();
    check_result(&sent, 7, "nobody");
    assert_eq!(names(&sent.events()), ["listening", "code", "result"]);
}

#[test]
fn what_is_left_out() {
    let two = Two::new();
    two.source("a", "x");
    std::os::unix::fs::symlink("a", two.from.join("link")).expect("made");
    let (sent, _) = transfer_json(&two, &["../from"], &[]);
    check_result(&sent, 0, "done");
    assert_eq!(
        sent.event("warning")["text"],
        "left out: ../from/link: not sent: a symbolic link"
    );
}

/// A transfer of 8 MiB that stands still after 5.
fn halfway(two: &Two, send_words: &[&str], recv_words: &[&str]) -> (Program, Relay, Program) {
    two.source("file", noise(1, 8 * MIB));
    let words = [&["file", "--code", CODE, "--json"], send_words].concat();
    let sender = Program::start(send(two, &words));
    let plan = Plan {
        after: 5 * MIB as u64,
        act: Act::Stall,
    };
    let relay = Relay::start(json_address(&sender), &[plan]);
    let words = [&["--json"], recv_words].concat();
    let receiver = Program::start(recv_from(two, relay.address(), &words));
    relay.wait();
    (sender, relay, receiver)
}

#[test]
fn a_lost_side() {
    let two = Two::new();
    let (sender, relay, receiver) = halfway(&two, &[], &["--reconnect", "1"]);
    sender.kill();
    relay.cut();
    let received = receiver.wait();
    check_result(&received, 5, "lost");
    assert_eq!(
        names(&received.events()),
        ["connected", "offer", "started", "lost", "result"]
    );
}

#[test]
fn an_interrupt() {
    let two = Two::new();
    let (sender, relay, receiver) = halfway(&two, &["--reconnect", "0"], &[]);
    receiver.signal(rustix::process::Signal::INT);
    let received = receiver.wait();
    relay.cut();
    check_result(&received, 130, "interrupted");
    let sent = sender.wait();
    check_result(&sent, 5, "lost");
}

#[test]
fn a_source_that_changes() {
    let two = Two::new();
    for name in ["a", "b"] {
        two.source(name, name);
    }
    let sender = Program::start(send(&two, &["a", "b", "--code", CODE, "--json"]));
    let at = json_address(&sender).to_string();
    let (receiver, mut stdin) = Program::start_typing(recv(&two, &[CODE, "--json", "--at", &at]));
    receiver.wait_for_words("Accept?");
    fs::write(two.from.join("a"), "longer").expect("written");
    type_into(&mut stdin, "y\n");
    let received = receiver.wait();
    let sent = sender.wait();
    for ended in [sent, received] {
        assert_eq!(ended.last_event("result")["status"], "source-changed");
        assert_eq!(ended.code(), 6);
        assert_eq!(ended.event("failed")["code"], "source-changed");
        assert_eq!(ended.event("stored")["path"], "b");
    }
}

#[test]
fn wrong_usage_is_told_to_people() {
    let two = Two::new();
    let ended = Program::start(send(&two, &["--json"])).wait().expect(2);
    assert_eq!(ended.text(), "");
    assert!(
        ended.errors.starts_with("bw-send: nothing to send"),
        "{}",
        ended.errors
    );
}

#[test]
fn quiet_tells_results_alone() {
    let two = Two::new();
    two.source("file", "x");
    let (sent, received) = transfer(&two, &["file", "--quiet"], &["--quiet"]);
    let (sent, received) = (sent.expect(0), received.expect(0));
    assert_eq!(sent.text(), format!("code: {CODE}\n"));
    assert!(sent.errors.starts_with("listening on ") && sent.errors.lines().count() == 1);
    assert_eq!(
        (received.text(), received.errors),
        (String::new(), String::new())
    );
}
