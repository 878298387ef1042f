//! wrk against the program: all that can be asked in a second, every answer compared with the file.
#![cfg(unix)]

use barewire_peers::{Peer, Server, line};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/answers.lua");

/// So many requests at once on each of sixteen connections.
#[track_caller]
fn check(path: &str, depth: &str) {
    let Some(httpd) = Peer::WRK.is_here().then(Server::httpd).flatten() else {
        return;
    };
    let file = httpd.site.place(&format!("www{path}"));
    let load = ["-t", "2", "-c", "16", "-d", "1s", "--timeout", "20s"];
    let url = httpd.url(path);
    let words = ["-s", SCRIPT, &url, "--", &file, depth];
    let ended = Peer::WRK.run(&[&load[..], &words].concat());
    let text = ended.text();
    assert_eq!(ended.code(), 0, "{text}{}", ended.errors);
    assert_eq!(line(&text, "wrong: "), "0, broken: 0", "{text}");
    let answers: usize = line(&text, "answers: ").parse().expect("a number");
    assert!(answers > 0, "{text}");
}

#[test]
fn one_at_a_time() {
    check("/1k", "1");
}

#[test]
fn pipelined() {
    check("/1k", "16");
}

#[test]
fn nothing_pipelined() {
    check("/0", "16");
}

#[test]
fn more_than_sockets_hold() {
    check("/1m", "4");
}
