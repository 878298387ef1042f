//! Senders of syslog over TCP.

use std::net::TcpListener;
use std::process::Command;

use barewire_framing::{Delimited, Reader, Syslog, Verbatim};

use crate::{children, framer};

/// Everything that has come over the next connection, whose other end is closed.
fn messages(listener: TcpListener, format: impl Verbatim) -> Vec<String> {
    let mut reader = Reader::new(children::accepted(listener), framer(format));
    let mut messages = Vec::new();
    while let Some(frame) = reader.next_frame().expect("valid") {
        messages.push(String::from_utf8(frame.to_vec()).expect("text"));
    }
    messages
}

/// What `logger` of util-linux sends for two lines: it is read whichever way it frames them.
#[track_caller]
fn check_logger(options: &[&str]) {
    let (listener, port) = children::listener();
    let mut logger = Command::new("logger");
    logger.args(["--tcp", "--server", "127.0.0.1", "--port"]);
    logger.arg(port.to_string()).args(options);
    let Some(peer) = children::Peer::start(&mut logger) else {
        return;
    };
    let (success, _) = peer.finish(b"the first\n12 the second\n");
    if !success {
        println!("passed over: this logger has no {options:?} over TCP");
        return;
    }
    let messages = messages(listener, Syslog::auto());
    assert_eq!(messages.len(), 2, "{messages:?}");
    for (message, text) in messages.iter().zip(["the first", "12 the second"]) {
        assert!(message.starts_with("<13>"), "{message}");
        assert!(message.ends_with(text), "{message}");
    }
}

#[test]
fn logger_counts_octets() {
    check_logger(&["--octet-count", "--rfc5424"]);
    check_logger(&["--octet-count", "--rfc3164"]);
}

#[test]
fn logger_ends_lines() {
    check_logger(&["--rfc5424"]);
    check_logger(&["--rfc3164"]);
}

/// Python's own handler ends each message with a NUL.
#[test]
fn python_ends_with_nul() {
    const PROGRAM: &str = "
import logging, logging.handlers, socket, sys
address = ('127.0.0.1', int(sys.argv[1]))
handler = logging.handlers.SysLogHandler(address, socktype=socket.SOCK_STREAM)
logging.getLogger().addHandler(handler)
logging.error('the first')
logging.error('two\\nlines')
";
    let (listener, port) = children::listener();
    let mut python = Command::new("python3");
    python.args(["-c", PROGRAM, &port.to_string()]);
    if children::output(&mut python, b"").is_some() {
        let messages = messages(listener, Delimited::exact(b"\0"));
        assert_eq!(messages, ["<11>the first", "<11>two\nlines"]);
    }
}
