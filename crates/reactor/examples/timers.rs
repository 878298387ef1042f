//! Ten thousand idle time-outs and a clock that does not drift, without a socket. Ends by itself after
//! 1.5 s.
//!
//! `cargo run -p barewire-reactor --example timers`

use std::io;
use std::time::{Duration, Instant};

use barewire_reactor::{Event, Reactor, TimerKey};

const IDLE_MAX: Duration = Duration::from_millis(500);
const PERIOD: Duration = Duration::from_millis(100);

fn main() -> io::Result<()> {
    let mut reactor = Reactor::new()?;
    // The reactor's own clock, read once in each turn.
    let start = reactor.now();
    // One time-out for each session, and when it was last heard of; the tag says whose it is.
    let mut sessions: Vec<(TimerKey, Instant)> = (0..10_000)
        .map(|session| (reactor.timer(start + IDLE_MAX, session), start))
        .collect();
    let (mut ticks, mut due) = (0, start + PERIOD);
    let mut tick = reactor.timer(due, 0);
    let (mut cancelled, mut idle, mut early) = (0, 0, 0);
    while reactor.timer_count() > 1 {
        reactor.turn(None)?;
        let now = reactor.now();
        while let Some(Event::Timer { key, tag }) = reactor.next() {
            if key != tick {
                idle += 1;
                early += usize::from(now - sessions[tag as usize].1 < IDLE_MAX);
                continue;
            }
            ticks += 1;
            // At the third tick every fourth session says goodbye. Up to the tenth, half of all say something.
            for (session, (timer, last_seen)) in sessions.iter_mut().enumerate() {
                if session % 4 == 0 && ticks == 3 {
                    cancelled += usize::from(reactor.cancel(*timer));
                } else if session % 2 == 1
                    && ticks <= 10
                    && reactor.postpone(*timer, now + IDLE_MAX)
                {
                    *last_seen = now;
                }
            }
            println!("tick {ticks} of {:?}, {:?} late", due - start, now - due);
            // From the deadline, not from now: lateness does not add up. Ticks slept through are skipped.
            while due <= now {
                due += PERIOD;
            }
            tick = reactor.timer(due, 0);
        }
    }
    println!("{cancelled} cancelled, {idle} idle, {early} of them early");
    Ok(())
}
