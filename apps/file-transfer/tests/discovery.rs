//! The two find each other without an address, on the loopback interface.
#![cfg_attr(
    not(any(target_os = "linux", windows)),
    expect(
        dead_code,
        unused_imports,
        reason = "a loopback interface without groups and broadcast"
    )
)]

use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use barewire_beacon::Announcement;
use barewire_lan::{BEACON_GROUPS, BEACON_PORT, Beacon, BeaconConfig, Selection};
use barewire_reactor::Reactor;
use barewire_transfer::code::Code;

mod support;

use support::{Program, Two, free_port, recv, send};

/// A receiver that searches on the loopback interface and asks nothing.
fn seeker(two: &Two, code: &str, words: &[&str]) -> Program {
    let common = [code, "--yes", "--interface", "127.0.0.1"];
    Program::start(recv(two, &[&common, words].concat()))
}

fn waiter(two: &Two, code: &str, words: &[&str]) -> Program {
    let sender = Program::start(send(two, &[&["file", "--code", code], words].concat()));
    sender.address();
    sender
}

/// Says to wait with this code at these ports, until dropped.
struct Impostor {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Impostor {
    fn new(code: &str, ports: Vec<u16>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let name = Code::parse(code).expect("a code").identifier();
        let name: String = name.expect("of its number");
        let thread = thread::spawn(move || {
            let mut reactor = Reactor::new().expect("a reactor");
            let mut beacons: Vec<Beacon> = Vec::new();
            for port in ports {
                let announcement = Announcement::new(
                    "bw-transfer".parse().expect("a service"),
                    name.parse().expect("a name"),
                );
                let config = BeaconConfig {
                    selection: Selection::loopback(),
                    ..BeaconConfig::default()
                };
                let mut beacon = Beacon::new(config, &mut reactor).expect("a beacon");
                beacon.announce(reactor.now(), announcement.port(port), &mut reactor);
                beacons.push(beacon);
            }
            while !told.load(Ordering::Relaxed) {
                reactor
                    .turn(Some(Duration::from_millis(20)))
                    .expect("a turn");
                while let Some(event) = reactor.next() {
                    let now = reactor.now();
                    for beacon in &mut beacons {
                        if beacon.handle_event(&event, now, &mut reactor) {
                            break;
                        }
                    }
                }
            }
        });
        Self {
            stop,
            thread: Some(thread),
        }
    }
}

impl Drop for Impostor {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || thread::panicking(), "the impostor failed");
        }
    }
}

#[cfg(any(target_os = "linux", windows))]
mod found {
    use super::*;

    #[test]
    fn nobody_types_an_address() {
        let two = Two::new();
        two.source("file", "all of it");
        let sender = Program::start(send(&two, &["file", "--code", "901-tiger-bamboo"]));
        let address = sender.address();
        let advice = sender.wait_for_error("on the other machine: bw-recv ");
        assert_eq!(advice, "901-tiger-bamboo");
        let elsewhere = sender.wait_for_error("or, from another network: bw-recv ");
        assert_eq!(elsewhere, format!("901-tiger-bamboo --at {address}"));
        let receiver = seeker(&two, "901-tiger-bamboo", &[]);
        let received = receiver.wait().expect(0);
        sender.wait().expect(0);
        assert_eq!(two.bytes("file"), b"all of it");
        let found = format!("found somebody at {address}\n");
        assert!(received.errors.contains(&found), "{}", received.errors);
    }

    #[test]
    fn a_receiver_may_come_first() {
        let two = Two::new();
        two.source("file", "x");
        let receiver = seeker(&two, "902-tiger-bamboo", &["--wait", "100"]);
        receiver.wait_for_error("nobody with this code has answered yet; searching on.");
        let sender = waiter(&two, "902-tiger-bamboo", &[]);
        receiver.wait().expect(0);
        sender.wait().expect(0);
    }

    #[test]
    fn found_and_connected_are_told_to_programs() {
        let two = Two::new();
        two.source("file", "x");
        let sender = waiter(&two, "903-tiger-bamboo", &[]);
        let receiver = seeker(&two, "903-tiger-bamboo", &["--json"]);
        let address: SocketAddr = receiver.wait_for_event("found")["address"]
            .as_str()
            .expect("text")
            .parse()
            .expect("an address");
        assert!(address.ip().is_loopback());
        receiver.wait_for_event("connected");
        receiver.wait().expect(0);
        sender.wait().expect(0);
    }

    #[test]
    fn a_wrong_word_is_told_soon_and_burns_the_code() {
        let two = Two::new();
        two.source("file", "x");
        let sender = waiter(&two, "904-tiger-bamboo", &[]);
        let receiver = seeker(&two, "904-tiger-zebra", &["--wait", "100"]);
        let received = receiver.wait().expect(4);
        let told = "bw-recv: wrong code, or one that was used; ask for a new one\n";
        assert!(received.errors.ends_with(told), "{}", received.errors);
        sender.wait().expect(4);
        assert_eq!(two.arrived(), [""; 0]);
    }

    #[test]
    fn of_two_with_one_number_the_right_one_is_found() {
        for round in 0..4 {
            let (two, other) = (Two::new(), Two::new());
            two.source("file", "right");
            other.source("file", "wrong");
            // Which of them is asked first is chance.
            let wrong = waiter(&other, "905-zebra-zoo", &[]);
            let right = waiter(&two, "905-tiger-bamboo", &[]);
            let receiver = seeker(&two, "905-tiger-bamboo", &[]);
            receiver.wait().expect(0);
            right.wait().expect(0);
            assert_eq!(two.bytes("file"), b"right", "round {round}");
            wrong.kill();
        }
    }

    #[test]
    fn impostors_are_passed_over() {
        let two = Two::new();
        two.source("file", "right");
        // One that hears and says nothing, one that speaks something else, and one that is not there.
        let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
        let other = TcpListener::bind("127.0.0.1:0").expect("a port");
        let ports = [&silent, &other].map(|listener| listener.local_addr().expect("bound").port());
        thread::spawn(move || {
            for stream in other.incoming().flatten() {
                let _ = std::io::Write::write_all(&mut &stream, b"HTTP/1.1 400 No\r\n\r\n");
            }
        });
        let impostor = Impostor::new("906-tiger-bamboo", vec![ports[0], ports[1], free_port()]);
        let sender = waiter(&two, "906-tiger-bamboo", &[]);
        let receiver = seeker(&two, "906-tiger-bamboo", &["--wait", "100"]);
        receiver.wait().expect(0);
        sender.wait().expect(0);
        assert_eq!(two.bytes("file"), b"right");
        drop(impostor);
    }

    #[test]
    fn a_crowd_that_guesses_ends_the_search() {
        let two = Two::new();
        let other = Two::new();
        other.source("file", "wrong");
        let codes = ["abandon", "ability", "able", "about", "above", "absent"];
        let mut guessers: Vec<Program> = codes
            .iter()
            .map(|word| waiter(&other, &format!("907-{word}-zoo"), &[]))
            .collect();
        let receiver = seeker(&two, "907-tiger-bamboo", &["--wait", "100"]);
        receiver.wait().expect(4);
        // Those that were asked end, since their code is spent.
        let mut spent = || {
            let ended = guessers.iter_mut().map(|guesser| !guesser.is_running());
            ended.filter(|&ended| ended).count()
        };
        support::eventually(support::PATIENCE, || (spent() >= 4).then_some(()))
            .expect("four were asked");
        assert_eq!(spent(), 4);
        guessers.into_iter().for_each(|guesser| {
            guesser.kill();
        });
    }

    #[test]
    fn nothing_of_what_is_sent_is_announced() {
        let two = Two::new();
        two.source("file", "x");
        let name = Code::parse("908-tiger-bamboo")
            .expect("a code")
            .identifier();
        let name = name.expect("of its number");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let mut reactor = Reactor::new().expect("a reactor");
        let config = barewire_lan::Config {
            port: Some(BEACON_PORT),
            groups: BEACON_GROUPS.to_vec(),
            selection: Selection::loopback(),
            ..barewire_lan::Config::default()
        };
        let mut lan = barewire_lan::Lan::new(config, &mut reactor).expect("sockets");
        let sender = waiter(&two, "908-tiger-bamboo", &[]);
        let needle = name.as_bytes();
        let found = support::eventually(support::PATIENCE, || {
            reactor
                .turn(Some(Duration::from_millis(10)))
                .expect("a turn");
            while let Some(event) = reactor.next() {
                let now = reactor.now();
                lan.handle_event(&event, now, &mut reactor, |datagram| {
                    let bytes = datagram.bytes;
                    if bytes.windows(needle.len()).any(|window| window == needle) {
                        heard.lock().expect("no panic").push(bytes.to_vec());
                    }
                });
            }
            let heard = heard.lock().expect("no panic");
            heard.first().cloned()
        });
        let datagram = found.expect("an announcement");
        // The header, the service, the name, the port and the interval: there is no room for anything else.
        assert_eq!(datagram.len(), 32 + 3 + 11 + 3 + 32 + 5 + 5);
        sender.kill();
    }

    #[test]
    fn a_search_may_be_confined_and_an_announcement_left_out() {
        let two = Two::new();
        two.source("file", "x");
        let sender = waiter(&two, "909-tiger-bamboo", &["--no-announce"]);
        let advice = sender.wait_for_error("on the other machine: bw-recv ");
        assert!(advice.contains(" --at "), "{advice}");
        let receiver = seeker(&two, "909-tiger-bamboo", &["--wait", "1.5"]);
        let received = receiver.wait().expect(7);
        let told = "bw-recv: nobody with this code was found on this machine's networks; start bw-send first, \
                    or say --at HOST as it has printed\n";
        assert!(received.errors.ends_with(told), "{}", received.errors);
        sender.kill();
    }
}

#[test]
fn a_code_of_ones_own_is_not_searched_for() {
    let two = Two::new();
    let receiver = Program::start(recv(&two, &["correct horse battery"]));
    let received = receiver.wait().expect(2);
    assert_eq!(
        received.errors,
        "bw-recv: a code of your own is not announced, all of it being a secret: say --at HOST, as bw-send has printed\n"
    );
}

#[test]
fn interfaces_have_to_be_there() {
    let two = Two::new();
    let receiver = Program::start(recv(&two, &["910-tiger-bamboo", "--interface", "none9"]));
    let received = receiver.wait().expect(2);
    let start = "bw-recv: --interface: no interface none9 is up; there ";
    assert!(received.errors.starts_with(start), "{}", received.errors);
}
