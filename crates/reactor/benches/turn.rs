//! The reactor against bare epoll: `cargo bench -p barewire-reactor`.
//!
//! First 64 sources that are ready all the time, waited for and walked over; then 64 connections echoing 64 bytes
//! each; then timers. The sides take turns round by round, and the best round of each counts.

#[cfg(target_os = "linux")]
fn main() {
    linux::main();
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("this benchmark compares with epoll, which is Linux's");
}

#[cfg(target_os = "linux")]
mod linux {
    use std::hint::black_box;
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::time::{Duration, Instant};

    use barewire_reactor::{Event, Input, Interest, Output, Reactor};
    use rustix::buffer::spare_capacity;
    use rustix::event::epoll;
    use rustix::fd::OwnedFd;

    const SOURCES: usize = 64;
    const ROUNDS: usize = 40;
    const TURNS: usize = 500;

    pub(super) fn main() {
        walk();
        echo();
        timers();
    }

    fn pairs() -> (Vec<TcpStream>, Vec<TcpStream>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        (0..SOURCES)
            .map(|_| {
                let near = TcpStream::connect(address).expect("a connection");
                let far = listener.accept().expect("its other end").0;
                near.set_nonblocking(true).expect("non-blocking");
                near.set_nodelay(true).expect("no delay");
                far.set_nodelay(true).expect("no delay");
                (near, far)
            })
            .unzip()
    }

    fn register(streams: &[TcpStream]) -> OwnedFd {
        let poll = epoll::create(epoll::CreateFlags::CLOEXEC).expect("an epoll");
        for (n, stream) in streams.iter().enumerate() {
            epoll::add(
                &poll,
                stream,
                epoll::EventData::new_u64(n as u64),
                epoll::EventFlags::IN,
            )
            .expect("room");
        }
        poll
    }

    fn insert(streams: Vec<TcpStream>) -> Reactor {
        let mut reactor = Reactor::new().expect("a reactor");
        for stream in streams {
            reactor.insert(stream, Interest::READABLE).expect("room");
        }
        reactor
    }

    /// The best time of each side, by turns, in nanoseconds per operation.
    fn compare(operations: usize, sides: &mut [(&str, &mut dyn FnMut())]) -> Vec<f64> {
        let mut best = vec![f64::INFINITY; sides.len()];
        for _ in 0..ROUNDS {
            for (best, (_, side)) in best.iter_mut().zip(sides.iter_mut()) {
                let start = Instant::now();
                side();
                *best = best.min(start.elapsed().as_nanos() as f64 / operations as f64);
            }
        }
        for ((name, _), best) in sides.iter().zip(&best) {
            println!("  {name:<14}{best:>9.1} ns");
        }
        best
    }

    fn walk() {
        println!("{SOURCES} ready sources, one wait, per event:");
        let (raw, mut raw_far) = pairs();
        let (own, mut own_far) = pairs();
        for far in raw_far.iter_mut().chain(&mut own_far) {
            far.write_all(b"x").expect("a byte");
        }
        let poll = register(&raw);
        let mut events = Vec::with_capacity(1024);
        let mut raw_sum = 0u64;
        let mut reactor = insert(own);
        let mut own_sum = 0u64;
        let best = compare(
            SOURCES * TURNS,
            &mut [
                ("epoll", &mut || {
                    for _ in 0..TURNS {
                        events.clear();
                        epoll::wait(&poll, spare_capacity(&mut events), None).expect("a wait");
                        for event in &events {
                            raw_sum += black_box(event.data.u64());
                        }
                    }
                }),
                ("reactor", &mut || {
                    for _ in 0..TURNS {
                        reactor.turn(None).expect("a turn");
                        while let Some(event) = reactor.next() {
                            if let Event::Io { key, .. } = black_box(event) {
                                own_sum += key.index() as u64;
                            }
                        }
                    }
                }),
            ],
        );
        assert_eq!(
            raw_sum,
            (ROUNDS * TURNS * SOURCES * (SOURCES - 1) / 2) as u64
        );
        assert_eq!(own_sum, raw_sum);
        println!("  ratio {:.2}", best[1] / best[0]);
    }

    fn echo() {
        println!("{SOURCES} connections echoing 64 bytes, per echo (both ends):");
        const TURNS: usize = 20;
        let (mut raw, mut raw_far) = pairs();
        let (own, mut own_far) = pairs();
        let poll = register(&raw);
        let mut events = Vec::with_capacity(1024);
        let mut reactor = insert(own);
        let mut buf = [0; 4096];
        let mut own_buf = [0; 4096];
        let best = compare(
            SOURCES * TURNS,
            &mut [
                ("epoll", &mut || {
                    for _ in 0..TURNS {
                        ask(&mut raw_far);
                        let mut left = SOURCES;
                        while left > 0 {
                            events.clear();
                            epoll::wait(&poll, spare_capacity(&mut events), None).expect("a wait");
                            for event in &events {
                                let stream = &mut raw[event.data.u64() as usize];
                                let n = stream.read(&mut buf).expect("a read");
                                stream.write_all(&buf[..n]).expect("a write");
                                left -= 1;
                            }
                        }
                        check(&mut raw_far);
                    }
                }),
                ("reactor", &mut || {
                    for _ in 0..TURNS {
                        ask(&mut own_far);
                        let mut left = SOURCES;
                        while left > 0 {
                            reactor.turn(None).expect("a turn");
                            while let Some(event) = reactor.next() {
                                let Event::Io { key, .. } = event else {
                                    continue;
                                };
                                let key = key.typed::<TcpStream>();
                                let Input::Bytes(n) =
                                    reactor.read(key, &mut own_buf).expect("a read")
                                else {
                                    continue;
                                };
                                let sent = reactor.write(key, &own_buf[..n]).expect("a write");
                                assert_eq!(sent, Output::Bytes(n));
                                left -= 1;
                            }
                        }
                        check(&mut own_far);
                    }
                }),
            ],
        );
        assert_eq!(reactor.stats().modifies, 0);
        println!("  ratio {:.2}", best[1] / best[0]);
    }

    fn ask(far_ends: &mut [TcpStream]) {
        for far in far_ends {
            far.write_all(&[7; 64]).expect("room");
        }
    }

    fn check(far_ends: &mut [TcpStream]) {
        let mut reply = [0; 64];
        for far in far_ends {
            far.read_exact(&mut reply).expect("an echo");
            assert_eq!(reply, [7; 64]);
        }
    }

    fn timers() {
        const TIMERS: usize = 100_000;
        println!("{TIMERS} timers, per operation:");
        let mut reactor = Reactor::new().expect("a reactor");
        let mut deadline = Instant::now() + Duration::from_secs(3600);
        let keys: Vec<_> = (0..TIMERS)
            .map(|n| reactor.timer(deadline, n as u64))
            .collect();
        let mut other = Reactor::new().expect("a reactor");
        let mut armed: Vec<_> = (0..TIMERS)
            .map(|n| other.timer(deadline, n as u64))
            .collect();
        compare(
            TIMERS,
            &mut [
                ("postpone", &mut || {
                    deadline += Duration::from_millis(1);
                    for key in &keys {
                        assert!(reactor.postpone(*key, deadline));
                    }
                }),
                ("cancel + arm", &mut || {
                    let deadline = Instant::now() + Duration::from_secs(3600);
                    for (n, key) in armed.iter_mut().enumerate() {
                        assert!(other.cancel(*key));
                        *key = other.timer(deadline, n as u64);
                    }
                }),
            ],
        );
        assert_eq!(
            (reactor.timer_count(), other.timer_count()),
            (TIMERS, TIMERS)
        );
    }
}
