//! Python's `urllib` and `http.client`, against the program and a server that takes uploads.
#![cfg(unix)]

use std::net::SocketAddr;

use barewire_peers::{Echo, Peer, Server};

const CLIENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/client.py");

/// Against the program.
#[track_caller]
fn reads(case: &str) {
    if !Peer::PYTHON.is_here() {
        return;
    }
    let Some(httpd) = Server::httpd() else { return };
    python(case, httpd.address(), &[&httpd.site.place("www")]);
}

/// Against the server that takes uploads.
#[track_caller]
fn sends(case: &str) {
    if Peer::PYTHON.is_here() {
        let echo = Echo::start();
        python(case, echo.address(), &[]);
    }
}

#[track_caller]
fn python(case: &str, address: SocketAddr, words: &[&str]) {
    let address = address.to_string();
    let ended = Peer::PYTHON.run(&[&[CLIENT, case, &address], words].concat());
    assert_eq!(ended.code(), 0, "{}", ended.errors);
    assert_eq!(ended.text(), format!("done {case}\n"));
}

#[test]
fn urllib_reads() {
    reads("urllib_reads");
}

#[test]
fn one_connection() {
    reads("one_connection");
}

#[test]
fn uploads_refused() {
    reads("uploads_refused");
}

#[test]
fn uploads_taken() {
    sends("uploads_taken");
}

#[test]
fn trailers() {
    sends("trailers");
}
