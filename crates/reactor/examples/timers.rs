//! Ten thousand idle time-outs and a clock that does not drift, without a socket. Ends by itself after
//! 1.5 s.
//!
//! `cargo run -p barewire-reactor --example timers`

use std::io;
use std::time::{Duration, Instant};

use barewire_reactor::{Event, Reactor, TimerKey};

const SESSIONS: usize = 10_000;
const IDLE_MAX: Duration = Duration::from_millis(500);
const PERIOD: Duration = Duration::from_millis(100);

fn main() -> io::Result<()> {
    let mut reactor = Reactor::new()?;
    // The reactor's own clock, read once in each turn.
    let start = reactor.now();
    // One time-out for each session; the tag says whose it is.
    let sessions: Vec<TimerKey> = (0..SESSIONS as u64)
        .map(|session| reactor.timer(start + IDLE_MAX, session))
        .collect();
    let mut last_seen: Vec<Instant> = vec![start; SESSIONS];
    let mut due = start + PERIOD;
    let mut tick = reactor.timer(due, 0);
    let (mut ticks, mut cancelled, mut postponed, mut idle, mut early) = (0, 0, 0, 0, 0);
    while reactor.timer_count() > 1 {
        reactor.turn(None)?;
        while let Some(event) = reactor.next() {
            let now = reactor.now();
            match event {
                Event::Timer { key, .. } if key == tick => {
                    ticks += 1;
                    // At the third tick every fourth session says goodbye. Up to the tenth, half of all say something.
                    for (session, &timer) in sessions.iter().enumerate() {
                        if session % 4 == 0 && ticks == 3 {
                            cancelled += usize::from(reactor.cancel(timer));
                        } else if session % 2 == 1 && ticks <= 10 {
                            postponed += usize::from(reactor.postpone(timer, now + IDLE_MAX));
                            last_seen[session] = now;
                        }
                    }
                    let (at, armed) = (due - start, reactor.timer_count());
                    println!(
                        "tick {ticks} of {at:?}, {:?} late: {armed} sessions",
                        now - due
                    );
                    // From the deadline, not from now: lateness does not add up. Ticks slept through are skipped.
                    while due <= now {
                        due += PERIOD;
                    }
                    tick = reactor.timer(due, 0);
                }
                Event::Timer { tag, .. } => {
                    idle += 1;
                    early += usize::from(now - last_seen[tag as usize] < IDLE_MAX);
                }
                _ => {}
            }
        }
    }
    println!(
        "{cancelled} cancelled, {idle} idle, {early} of them early; postponed {postponed} times"
    );
    Ok(())
}
