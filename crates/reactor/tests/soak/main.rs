//! Many connections that are killed, half-closed, paused, slow and moved about at random, for a while: nothing leaks,
//! nothing spins, no event goes astray, and whoever stays gets every byte back.
//!
//! `SOAK_SEED` repeats a run's random choices; `SOAK_SECONDS` lengthens or shortens the long form.

#[path = "../support/mod.rs"]
mod support;

mod books;
mod client;
mod clients;
mod orders;
mod server;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use barewire_reactor::{Config, Mode, Reactor, Waker};
use books::{books_agree, does_not_spin, everything_happened};
use clients::Clients;
use server::Server;
use support::load::{Pattern, Rng, open_descriptors};

/// How much larger the process may be at the end than when it was warm.
const RESIDENT_GROWTH_MAX: usize = 8 << 20;

/// Descriptors and memory belong to the whole process, so one run at a time.
static ALONE: Mutex<()> = Mutex::new(());

#[test]
fn two_hundred_unruly_connections_for_two_seconds() {
    soak(200, Duration::from_secs(2));
}

#[test]
#[ignore = "takes a minute; run by `just soak-reactor`"]
fn a_thousand_unruly_connections_for_a_minute() {
    let seconds = number("SOAK_SECONDS").unwrap_or(60);
    soak(1000, Duration::from_secs(seconds));
}

fn soak(connections: usize, time: Duration) {
    let _alone = ALONE.lock().unwrap_or_else(|poison| poison.into_inner());
    let seed = number("SOAK_SEED").unwrap_or_else(fresh_seed);
    println!("{connections} connections, {time:?}, SOAK_SEED={seed}");
    allow_descriptors(2 * connections as u64 + 100);
    let pattern = Pattern::new(seed);
    let base = open_descriptors();
    let start = Instant::now();

    let stop = AtomicBool::new(false);
    let (server, addresses) = Server::new(seed ^ 1).expect("a server");
    let clients = Clients::new(connections, addresses, &pattern, seed).expect("clients");
    let waker = server.waker();
    let ((served, server_stats), (lived, client_stats)) = std::thread::scope(|scope| {
        let clients = scope.spawn(|| {
            let _stop = StopAtLast(&stop, waker);
            clients.run(time)
        });
        let served = server.run(&stop);
        (served, clients.join().expect("the clients' thread"))
    });

    println!("{served:#?}\n{lived:#?}\nserver {server_stats:#?}\nclients {client_stats:#?}");
    println!(
        "descriptors: {base:?} before, {:?} after",
        open_descriptors()
    );
    println!("took {:?}", start.elapsed());
    assert_eq!(open_descriptors(), base, "descriptors");
    everything_happened(&served, &lived);
    books_agree(&served, &lived, &server_stats);
    does_not_spin(&server_stats, served.idle_events);
    does_not_spin(&client_stats, lived.idle_events);
    let bound = lived.resident_warm + RESIDENT_GROWTH_MAX;
    assert!(lived.resident_end <= bound, "memory grew: {lived:#?}");
}

/// Stops the server when the clients are done, also by a panic.
struct StopAtLast<'a>(&'a AtomicBool, Waker);

impl Drop for StopAtLast<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
        self.1.wake();
    }
}

/// So that turns end early for everyone, all the time.
fn small_shares() -> Config {
    Config {
        events_per_turn_max: 64,
        read_bytes_per_turn_max: 8 * 1024,
        write_bytes_per_turn_max: 8 * 1024,
        accepts_per_turn_max: 8,
        ..Config::default()
    }
}

/// Mostly level-triggered, as most users have it.
fn random_mode(rng: &mut Rng, reactor: &Reactor) -> Mode {
    match rng.range(0, 4) {
        0 => Mode::Oneshot,
        1 if reactor.supports_edge() => Mode::Edge,
        _ => Mode::Level,
    }
}

fn number(variable: &str) -> Option<u64> {
    let value = std::env::var(variable).ok()?;
    Some(value.parse().expect("a number"))
}

fn fresh_seed() -> u64 {
    let time = SystemTime::UNIX_EPOCH.elapsed();
    time.map_or(1, |time| time.as_nanos() as u64)
}

#[cfg(unix)]
fn allow_descriptors(wanted: u64) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < wanted) {
        let current = Some(limit.maximum.map_or(wanted, |maximum| maximum.min(wanted)));
        setrlimit(Resource::Nofile, Rlimit { current, ..limit }).expect("more descriptors");
    }
}

#[cfg(not(unix))]
fn allow_descriptors(_wanted: u64) {}
