//! One codec on tokio and on the reactor: the same bytes come back.

#![allow(clippy::duplicate_mod, reason = "both examples have it as a module")]

use std::net::TcpListener;

#[allow(
    dead_code,
    reason = "main reads the command line, which a test has not"
)]
#[path = "../examples/reactor.rs"]
mod reactor;
#[path = "common/socket.rs"]
mod socket;
#[allow(
    dead_code,
    reason = "main reads the command line, which a test has not"
)]
#[path = "../examples/tokio.rs"]
mod tokio_server;

use socket::{Ends, exchange};

fn on_tokio(listener: TcpListener) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime
        .block_on(async {
            listener.set_nonblocking(true)?;
            let listener = tokio::net::TcpListener::from_std(listener)?;
            tokio_server::serve(listener, 1).await
        })
        .expect("it serves");
}

fn on_the_reactor(listener: TcpListener) {
    reactor::serve(listener, 1).expect("it serves");
}

#[track_caller]
fn both(parts: &[&str], ends: Ends, expected: &str) {
    assert_eq!(exchange(parts, ends, on_tokio), expected, "tokio");
    assert_eq!(exchange(parts, ends, on_the_reactor), expected, "reactor");
}

const OK: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n";

#[test]
fn content_comes_back() {
    both(
        &[
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
            "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        ],
        Ends::First,
        &format!("{OK}\r\n5\r\nhello\r\n0\r\n\r\n{OK}\r\n{OK}Connection: close\r\n\r\n0\r\n\r\n"),
    );
}

#[test]
fn refusals_are_answered() {
    both(
        &["GET / HTTP/1.1\r\n\r\n"],
        Ends::Last,
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    );
    both(
        &["CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n"],
        Ends::Last,
        "HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    );
}
