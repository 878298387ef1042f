//! One client that never stops sending and ninety-nine that ping: `cargo bench -p barewire-reactor --bench flood`.
//!
//! The server is one loop on a thread of its own, whose handler reads until told that it would block: by the socket
//! alone with mio, also by the connection's share of the turn with the reactor. It runs with and without the flood, and each time ten
//! thousand timers come due. Printed are how long pings took, how late the timers were, and how much the flood got
//! through. All bytes and all timers are accounted for; no time is asserted.
//!
//! `-- [--side reactor|mio] [--quick]`, and `--case flood` of the other benchmark's command line.

use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

mod clients;
mod figures;
mod servers;

use figures::Figures;
use servers::{FLOODER, Server};

const CONNECTIONS: usize = 100;
const TIMERS: u32 = 10_000;
const ROUNDS: usize = 2;
const ROUND: Duration = Duration::from_millis(1500);
const ROUND_QUICK: Duration = Duration::from_millis(100);

const SERVERS: [(&str, Server); 2] = [
    ("mio", servers::draining_mio),
    ("reactor", servers::reactor),
];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let has = |word: &str| words.iter().any(|it| it == word);
    let value = |name: &str| words.iter().skip_while(|it| *it != name).nth(1);
    if value("--case").is_some_and(|case| case != "flood") {
        return;
    }
    let (rounds, round) = if has("--quick") || !has("--bench") {
        (1, ROUND_QUICK)
    } else {
        (ROUNDS, ROUND)
    };
    let mut configurations: Vec<_> = SERVERS
        .into_iter()
        .filter(|(name, _)| value("--side").is_none_or(|side| side == name))
        .flat_map(|(name, server)| {
            [false, true].map(|flood| (name, server, flood, Figures::default()))
        })
        .collect();
    for _ in 0..rounds {
        for (_, server, flood, figures) in &mut configurations {
            play(*server, *flood, round, figures);
        }
    }
    figures::print_head(CONNECTIONS - 1);
    for (name, _, flood, figures) in &mut configurations {
        figures.print(name, *flood);
    }
}

/// One round of one server.
fn play(server: Server, flood: bool, round: Duration, figures: &mut Figures) {
    let (near_ends, mut far_ends) = pairs();
    let start = Instant::now();
    let end = start + round;
    // From a tenth of the round to nine tenths of it.
    let deadlines = (0..TIMERS)
        .map(|n| start + round / 10 + round * 8 / 10 * n / TIMERS)
        .collect();
    let server = thread::spawn(move || server(near_ends, deadlines));
    let flooder = far_ends.remove(FLOODER);
    let flooder = thread::spawn(move || {
        if flood {
            clients::flood(flooder, end)
        } else {
            0
        }
    });
    figures.pings.extend(clients::ping(far_ends, end));
    let sent = flooder.join().expect("the flooder has not panicked");
    let served = server.join().expect("the server has not panicked");
    assert_eq!(served.late.len(), TIMERS as usize);
    assert_eq!(served.flooded, sent);
    figures.late.extend(served.late);
    figures.flooded += sent;
    figures.time += round;
}

/// Connections over loopback, the first for the flood: the server's ends, non-blocking, and the clients'.
fn pairs() -> (Vec<TcpStream>, Vec<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    (0..CONNECTIONS)
        .map(|_| {
            let far = TcpStream::connect(address).expect("a connection");
            let near = listener.accept().expect("its other end").0;
            near.set_nonblocking(true).expect("non-blocking");
            for end in [&near, &far] {
                end.set_nodelay(true).expect("no delay");
            }
            (near, far)
        })
        .unzip()
}
