//! What is told to programs: one object a line, and nothing else on standard output.

mod support;

use std::net::Ipv4Addr;

use serde_json::{Value, json};
use support::{
    EVERYBODY, LOOPBACK, Program, cast, listen, receive, run, socket, socket_of_everybody,
};

/// Without what is different each time.
fn without(mut event: Value, names: &[&str]) -> Value {
    let members = event.as_object_mut().expect("an object");
    for name in names {
        assert!(members.remove(*name).is_some(), "{name} is missing");
    }
    event
}

#[test]
fn a_datagram_is_an_object() {
    let (listener, port) = listen(&["--json", "--count", "3"]);
    let socket = socket();
    socket.set_broadcast(true).expect("a socket");
    let to = (Ipv4Addr::LOCALHOST, port);
    socket.send_to(b"a\n\x1b", to).expect("sent");
    socket.send_to(b"\xff\0", to).expect("sent");
    socket.send_to(b"", (EVERYBODY, port)).expect("sent");
    let events = listener.wait().expect(0).objects();
    let source = socket.local_addr().expect("bound").to_string();
    let time = events[0]["time"].as_str().expect("a time");
    assert!(time.len() == 27 && time.ends_with('Z'), "{time}");
    assert!(events[0]["interface"].is_string());
    let bare = |at: usize| without(events[at].clone(), &["time", "interface", "destination"]);
    assert_eq!(
        bare(0),
        json!({"event": "datagram", "source": source, "length": 3, "text": "a\n\u{1b}"})
    );
    assert_eq!(
        bare(1),
        json!({"event": "datagram", "source": source, "length": 2, "bytes": "ff00"})
    );
    assert_eq!(
        bare(2),
        json!({"event": "datagram", "source": source, "length": 0, "text": ""})
    );
    if cfg!(target_os = "linux") {
        assert_eq!(events[0]["destination"], "127.0.0.1");
        assert_eq!(events[2]["destination"], EVERYBODY.to_string());
    }
}

#[test]
fn what_was_sent_is_told_at_the_end() {
    let (_everybody, port) = socket_of_everybody();
    let port_word = port.to_string();
    let words = ["say", "a", "bc", "--json", "--port", &port_word];
    let ended = run(&[&words[..], &LOOPBACK].concat()).expect(0);
    assert_eq!(ended.errors, "");
    let events = ended.objects();
    assert_eq!(
        without(events[0].clone(), &["interface"]),
        json!({"event": "sent", "to": format!("{EVERYBODY}:{port}"), "datagrams": 2, "bytes": 3})
    );
    assert_eq!(
        events[1],
        json!({"event": "result", "code": 0, "sent": 2, "unsent": 0, "replies": 0})
    );
}

#[test]
fn replies_are_events() {
    let other = socket();
    let address = other.local_addr().expect("bound").to_string();
    let words = ["say", "who", "--to", &address, "--wait", "0.5", "--json"];
    let program = Program::start(cast(&words));
    let (_, asker) = receive(&other);
    other.send_to(b"me", asker).expect("sent");
    let events = program.wait().expect(0).objects();
    assert_eq!(
        without(events[0].clone(), &["time"]),
        json!({
            "event": "reply", "source": address, "destination": null, "interface": null,
            "length": 2, "text": "me",
        })
    );
    assert_eq!(events[1]["event"], "sent");
    assert_eq!(events[1]["interface"], Value::Null);
    assert_eq!(events[2]["replies"], 1);
}

#[test]
fn a_failure_is_told_too() {
    // From loopback nothing leads there.
    let words = ["say", "a", "--json", "--to", "192.0.2.1:9"];
    let ended = run(&[&words[..], &LOOPBACK].concat()).expect(1);
    let events = ended.objects();
    assert_eq!(events[0]["event"], "warning");
    let text = events[0]["text"].as_str().expect("a text");
    assert!(
        text.starts_with("cannot send 1 byte to 192.0.2.1:9 on "),
        "{text}"
    );
    assert_eq!(
        events[2],
        json!({"event": "result", "code": 1, "sent": 0, "unsent": 1, "replies": 0})
    );
}
