//! Out of descriptors, and back. One test: the limit is the process's.
#![cfg(target_os = "linux")]

mod common;

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use barewire_http_server::Config;
use common::{GUARD, get, ok, path, serve};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::{Domain, Socket, Type};

#[test]
fn a_server_without_descriptors_serves_on_and_recovers() {
    let server = serve(Config::default(), |head, _| ok(path(head)));
    let mut kept = server.connect();
    kept.send(get("/before"));
    assert_eq!(kept.reply().text(), "/before");

    // Sockets that are there before there is no room for more.
    let waiting = [(); 10].map(|()| Socket::new(Domain::IPV4, Type::STREAM, None).unwrap());
    let open = std::fs::read_dir("/proc/self/fd").unwrap().count() as u64;
    let before = getrlimit(Resource::Nofile);
    let limit = Rlimit {
        current: Some(open + 20),
        maximum: before.maximum,
    };
    setrlimit(Resource::Nofile, limit).unwrap();
    let mut fillers = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        fillers.push(file);
    }
    assert!(!fillers.is_empty(), "there was room to begin with");

    let mut waiting = waiting.map(|socket| {
        socket.connect(&server.address.into()).unwrap();
        let mut stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(GUARD)).unwrap();
        stream.write_all(b"GET /waiting HTTP/1.0\r\n\r\n").unwrap();
        stream
    });
    // One of those that wait is closed in place of all, so that somebody knows; the
    // connection that was accepted before is served on.
    let mut first = String::new();
    let _ = waiting[0].read_to_string(&mut first);
    assert_eq!(first, "");
    for round in 0..100 {
        let path = format!("/{round}");
        kept.send(get(&path));
        assert_eq!(kept.reply().text(), path);
    }

    drop(fillers);
    setrlimit(Resource::Nofile, before).unwrap();
    // The last in the queue is served when its turn comes, by itself.
    let mut last = String::new();
    waiting[9].read_to_string(&mut last).unwrap();
    assert!(last.ends_with("/waiting"), "{last}");
    assert_eq!(server.get("/after").text(), "/after");
    kept.send(get("/kept"));
    assert_eq!(kept.reply().text(), "/kept");
}
