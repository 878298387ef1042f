//! Two thousand connections that waste the server's time, and a few that do not.
#![cfg(target_os = "linux")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use barewire_http_server::{Answer, Config, Flow, Receiver};
use common::{get, ok, path, post, serve};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

struct Sink(usize);

impl Receiver for Sink {
    fn data(&mut self, data: &[u8]) -> Flow {
        self.0 += data.len();
        Flow::Continue
    }

    fn end(self: Box<Self>) -> Answer {
        ok(self.0.to_string()).into()
    }
}

const CROWD: usize = 2000;

#[test]
fn honest_clients_are_served_in_a_crowd_of_others() {
    // Both ends of every connection are in this process.
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = 2 * CROWD as u64 + 200;
    if current.is_some_and(|current| current < wanted) {
        let limit = Rlimit {
            current: maximum.map_or(Some(wanted), |most| Some(most.min(wanted))),
            maximum,
        };
        setrlimit(Resource::Nofile, limit).expect("a soft limit within the hard one");
    }
    let room = getrlimit(Resource::Nofile).current.unwrap_or(wanted) as usize;
    let crowd = CROWD.min((room - 200) / 2);

    let server = serve(Config::default(), |head, _| match head.target() {
        b"/upload" => Answer::Receive(Box::new(Sink(0))),
        _ => ok(path(head)).into(),
    });
    let mut idlers: Vec<_> = (0..crowd).map(|_| server.connect()).collect();
    for (at, idler) in idlers.iter_mut().enumerate() {
        match at % 4 {
            0 => {}
            1 => idler.send("GET / HTTP/1.1\r\nHost:"),
            2 => idler.send("POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1"),
            _ => idler.send("GET /trickle"),
        }
    }
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let trickle = thread::spawn(move || {
        while !stopped.load(Ordering::Relaxed) {
            for idler in idlers.iter_mut().skip(3).step_by(4) {
                // The target grows to its limit; then the server closes.
                let _ = idler.try_send("x");
            }
        }
        idlers
    });
    let mut kept = server.connect();
    for round in 0..100 {
        let path = format!("/{round}");
        kept.send(get(&path));
        assert_eq!(kept.reply().text(), path);
        assert_eq!(server.get(&path).text(), path);
        assert_eq!(server.ask(&post("/upload", "12345")).text(), "5");
    }
    stop.store(true, Ordering::Relaxed);
    let mut idlers = trickle.join().unwrap();
    // Who was slow is not forgotten.
    idlers[0].send(get("/at/last"));
    assert_eq!(idlers[0].reply().text(), "/at/last");
    idlers[1].send(" a\r\n\r\n");
    assert_eq!(idlers[1].reply().text(), "/");
    idlers[2].send("23456789");
    assert_eq!(idlers[2].reply().text(), "9");
}
