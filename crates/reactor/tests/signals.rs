//! Signals in the middle of a wait: it goes on, its deadline stays, and no wake is lost.
//!
//! A program without the test harness, which would wait on the main thread, where signals are delivered.

#[cfg(unix)]
fn main() {
    unix::main();
}

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
mod unix {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::time::{Duration, Instant};

    use barewire_reactor::{Event, Reactor};
    use rustix::process::{Signal, getpid, kill_process};

    const WAIT: Duration = Duration::from_millis(200);
    /// A deadline that started anew at each signal would never come.
    const FAR_TOO_LATE: Duration = Duration::from_secs(20);

    pub(super) fn main() {
        let signals = Arc::new(AtomicUsize::new(0));
        let seen = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register(signal_hook::consts::SIGUSR1, Arc::clone(&seen))
            .expect("a handler");
        let stop = Arc::new(AtomicBool::new(false));
        let sender = {
            let (signals, stop) = (Arc::clone(&signals), Arc::clone(&stop));
            std::thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    kill_process(getpid(), Signal::USR1).expect("a signal to ourselves");
                    signals.fetch_add(1, Ordering::Relaxed);
                    std::thread::sleep(Duration::from_micros(100));
                }
            })
        };

        let mut reactor = Reactor::new().expect("a reactor");
        let start = Instant::now();
        assert!(reactor.turn(Some(WAIT)).expect("a turn").is_idle());
        assert!(start.elapsed() >= WAIT, "early");
        assert!(
            start.elapsed() < FAR_TOO_LATE,
            "the signals put the deadline off"
        );

        let start = Instant::now();
        reactor.timer(start + WAIT, 1);
        reactor.turn(None).expect("a turn");
        assert!(matches!(reactor.next(), Some(Event::Timer { tag: 1, .. })));
        assert!(start.elapsed() >= WAIT && start.elapsed() < FAR_TOO_LATE);

        // One wake at a time, each answered before the next.
        let answered = Arc::new(AtomicUsize::new(0));
        let wakes = {
            let (waker, answered) = (reactor.waker(), Arc::clone(&answered));
            std::thread::spawn(move || {
                for n in 1..=500 {
                    waker.wake();
                    while answered.load(Ordering::SeqCst) < n {
                        std::thread::yield_now();
                    }
                }
            })
        };
        for n in 1..=500 {
            assert!(
                reactor.turn(Some(FAR_TOO_LATE)).expect("a turn").woken,
                "wake {n} was lost"
            );
            assert_eq!(reactor.next(), Some(Event::Woken));
            answered.store(n, Ordering::SeqCst);
        }
        wakes.join().expect("the waking thread");

        stop.store(true, Ordering::Relaxed);
        sender.join().expect("the signalling thread");
        assert!(seen.load(Ordering::Relaxed) && signals.load(Ordering::Relaxed) > 100);
        println!(
            "signals: {} sent, every wait kept its deadline",
            signals.load(Ordering::Relaxed)
        );
    }
}
