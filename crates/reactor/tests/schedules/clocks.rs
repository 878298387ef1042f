//! Timers on a clock that does what clocks do not.

use std::time::Duration;

use barewire_reactor::script::{Probe, Script};
use barewire_reactor::{Config, Event, Interest, Mode, Reactor, Ready, TimerKey};
use proptest::prelude::*;

use crate::{config, drain};

const MS: Duration = Duration::from_millis(1);
const TEN_YEARS: Duration = Duration::from_secs(10 * 366 * 86_400);

fn fixture() -> (Script, Reactor) {
    let script = Script::new();
    let reactor = script.reactor(Config::default());
    (script, reactor)
}

/// One look without a wait, and the tags of the timers it found.
fn fired(reactor: &mut Reactor) -> Vec<u64> {
    reactor.turn(Some(Duration::ZERO)).expect("a look");
    tags(&drain(reactor))
}

fn tags(events: &[Event]) -> Vec<u64> {
    let tag = |event: &Event| match *event {
        Event::Timer { tag, .. } => Some(tag),
        _ => None,
    };
    events.iter().filter_map(tag).collect()
}

#[test]
fn armed_for_now_by_a_handler_fires_in_the_next_turn() {
    let (script, mut reactor) = fixture();
    let probe = reactor.insert(Probe::new(), Interest::READABLE).unwrap();
    script.set_ready(probe, Ready::READABLE);
    reactor.timer(reactor.now(), 0);
    for round in 0..100 {
        reactor.turn(None).unwrap();
        let event = reactor.next();
        assert!(matches!(event, Some(Event::Timer { tag, .. }) if tag == round));
        reactor.timer(reactor.now(), round + 1);
        assert!(matches!(reactor.next(), Some(Event::Io { .. })));
        assert_eq!(reactor.next(), None);
    }
}

#[test]
fn equal_deadlines_fire_in_the_order_they_were_armed() {
    let (script, mut reactor) = fixture();
    let at = script.now() + 5 * MS;
    for tag in 0..1000 {
        reactor.timer(at, tag);
    }
    reactor.turn(None).unwrap();
    assert_eq!(tags(&drain(&mut reactor)), (0..1000).collect::<Vec<_>>());
}

#[test]
fn cancelled_before_among_and_after() {
    let (script, mut reactor) = fixture();
    let at = script.now() + MS;
    let [before, first, sibling, last] = [0, 1, 2, 3].map(|tag| reactor.timer(at, tag));
    assert!(reactor.cancel(before));
    reactor.turn(None).unwrap();
    assert_eq!(reactor.next(), Some(Event::Timer { key: first, tag: 1 }));
    assert!(!reactor.cancel(first), "it has fired");
    assert!(reactor.cancel(sibling), "it is due and not taken");
    assert_eq!(reactor.next(), Some(Event::Timer { key: last, tag: 3 }));
    assert_eq!(reactor.next(), None);
    for key in [before, first, sibling, last] {
        assert!(!reactor.cancel(key));
        assert!(!reactor.postpone(key, at));
    }
    assert_eq!(reactor.timer_count(), 0);
}

#[test]
fn put_off_and_pulled_forward() {
    let (script, mut reactor) = fixture();
    let start = script.now();
    let [later, sooner] = [1, 9].map(|at| reactor.timer(start + at * MS, at.into()));
    assert!(reactor.postpone(later, start + 6 * MS));
    assert!(reactor.postpone(sooner, start + 3 * MS));
    for (tag, at) in [(9, 3), (1, 6)] {
        reactor.turn(None).unwrap();
        assert_eq!(script.now(), start + at * MS);
        assert_eq!(tags(&drain(&mut reactor)), [tag]);
    }
}

/// Putting off costs nothing until the first deadline comes: also then the order is that of the deadlines.
#[test]
fn put_off_past_a_sibling_fires_after_it_when_both_are_overdue() {
    let (script, mut reactor) = fixture();
    let start = script.now();
    let first = reactor.timer(start + 2 * MS, 1);
    reactor.timer(start + 4 * MS, 2);
    assert!(reactor.postpone(first, start + 6 * MS));
    script.advance(10 * MS);
    assert_eq!(fired(&mut reactor), [2, 1]);
}

/// The first turn that ends at or after the deadline is the one, wherever the timer was when it was put off.
#[test]
fn put_off_while_due_and_not_taken_fires_in_the_turn_of_its_deadline() {
    let (script, mut reactor) = fixture();
    let start = script.now();
    let key = reactor.timer(start, 1);
    assert_eq!(reactor.turn(None).unwrap().timers, 1);
    assert!(reactor.postpone(key, start + 5 * MS));
    let turn = reactor.turn(Some(MS)).unwrap();
    assert!(turn.is_idle(), "{turn:?}");
    assert_eq!(reactor.turn(None).unwrap().timers, 1);
    assert_eq!(script.now(), start + 5 * MS);
    assert_eq!(reactor.next(), Some(Event::Timer { key, tag: 1 }));
    assert_eq!(reactor.next(), None);
}

#[test]
fn deadlines_at_both_ends_of_time() {
    let (script, mut reactor) = fixture();
    let start = script.now();
    reactor.timer(start + Duration::from_nanos(1), 4);
    reactor.timer(start.checked_sub(MS).unwrap_or(start), 1);
    reactor.timer(start, 2);
    reactor.timer(start + Duration::ZERO, 3);
    let centuries = start.checked_add(Duration::from_secs(1 << 40));
    let never = centuries.map(|at| reactor.timer(at, 5));
    assert_eq!(fired(&mut reactor), [1, 2, 3]);
    reactor.turn(Some(Duration::MAX)).unwrap();
    assert_eq!(script.now(), start + Duration::from_nanos(1));
    assert_eq!(tags(&drain(&mut reactor)), [4]);
    assert_eq!(reactor.timer_count(), usize::from(never.is_some()));
}

#[test]
fn a_wait_ends_exactly_at_the_deadline() {
    let (script, mut reactor) = fixture();
    for wait in [Duration::from_nanos(1), MS, Duration::from_micros(300_001)] {
        let at = script.now() + wait;
        let key = reactor.timer(at, 7);
        assert_eq!(reactor.turn(None).unwrap().timers, 1);
        assert_eq!((script.now(), reactor.now()), (at, at));
        assert_eq!(drain(&mut reactor), [Event::Timer { key, tag: 7 }]);
    }
    let at = script.now() + MS;
    assert!(reactor.turn(Some(MS)).unwrap().is_idle());
    assert_eq!(reactor.now(), at);
}

#[test]
fn a_deadline_years_away_is_waited_for_in_pieces() {
    let (script, mut reactor) = fixture();
    let at = script.now() + TEN_YEARS;
    reactor.timer(at, 7);
    let turn = reactor.turn(None).unwrap();
    assert_eq!((turn.timers, script.now()), (1, at));
    assert_eq!(script.calls().waits, 10 * 366);
}

#[test]
fn a_clock_that_jumps_ten_years_fires_each_timer_once_and_in_order() {
    let (script, mut reactor) = fixture();
    let start = script.now();
    for tag in (1..=100).rev() {
        reactor.timer(start + u32::try_from(tag).unwrap() * MS, tag);
    }
    reactor.timer(start + TEN_YEARS + MS, 101);
    script.advance(TEN_YEARS);
    assert_eq!(fired(&mut reactor), (1..=100).collect::<Vec<_>>());
    assert_eq!(fired(&mut reactor), []);
    assert_eq!(reactor.stats().timers_late, 100);
    script.advance(MS);
    assert_eq!(fired(&mut reactor), [101]);
}

#[test]
fn a_clock_that_stands_still_fires_nothing_early() {
    let (script, mut reactor) = fixture();
    let start = script.now();
    reactor.timer(start + MS, 1);
    for _ in 0..10 {
        assert_eq!(fired(&mut reactor), []);
    }
    script.advance(MS - Duration::from_nanos(1));
    assert_eq!(fired(&mut reactor), []);
    script.advance(Duration::from_nanos(1));
    assert_eq!(fired(&mut reactor), [1]);
}

#[test]
fn a_clock_that_steps_back_does_not_take_the_loop_along() {
    let (script, mut reactor) = fixture();
    let start = script.now();
    reactor.timer(start + 5 * MS, 1);
    reactor.timer(start + 8 * MS, 2);
    script.advance(6 * MS);
    assert_eq!(fired(&mut reactor), [1]);
    script.step_back(4 * MS);
    assert_eq!(fired(&mut reactor), []);
    assert_eq!(reactor.now(), start + 6 * MS);
    // Armed for an instant the loop has been at and the clock has not.
    reactor.timer(start + 3 * MS, 3);
    for tag in [3, 2] {
        reactor.turn(None).unwrap();
        assert_eq!(tags(&drain(&mut reactor)), [tag]);
    }
    assert_eq!(reactor.now(), start + 8 * MS);
}

#[derive(Clone, Copy, Debug)]
enum Tick {
    Arm(u32),
    Postpone(u8, u32),
    Advance(u32),
    StepBack(u32),
    Jump,
    /// With so many of its events taken.
    Turn(u8),
}

fn tick() -> impl Strategy<Value = Tick> {
    prop_oneof![
        6 => (0..50u32).prop_map(Tick::Arm),
        3 => (any::<u8>(), 0..50u32).prop_map(|(n, after)| Tick::Postpone(n, after)),
        4 => (0..30u32).prop_map(Tick::Advance),
        3 => (0..30u32).prop_map(Tick::StepBack),
        1 => Just(Tick::Jump),
        6 => any::<u8>().prop_map(Tick::Turn),
    ]
}

proptest! {
    #![proptest_config(config())]

    /// Every timer once, at or after its deadline by the loop's own time, which never runs backwards.
    #[test]
    fn no_clock_makes_a_timer_early_or_fires_it_twice(ticks in prop::collection::vec(tick(), 1..100)) {
        let (script, mut reactor) = fixture();
        // Deadlines by tag; `None` once fired.
        let mut armed: Vec<(TimerKey, Option<std::time::Instant>)> = Vec::new();
        for tick in ticks.into_iter().chain([Tick::Jump, Tick::Turn(u8::MAX)]) {
            match tick {
                Tick::Arm(after) => {
                    let at = script.now() + after * MS;
                    armed.push((reactor.timer(at, armed.len() as u64), Some(at)));
                }
                Tick::Postpone(n, after) => {
                    let n = usize::from(n) * armed.len() / 256;
                    if let Some((key, deadline)) = armed.get_mut(n) {
                        let at = script.now() + after * MS;
                        prop_assert_eq!(reactor.postpone(*key, at), deadline.is_some());
                        *deadline = deadline.and(Some(at));
                    }
                }
                Tick::Advance(by) => script.advance(by * MS),
                Tick::StepBack(by) => script.step_back(by * MS),
                Tick::Jump => script.advance(TEN_YEARS),
                Tick::Turn(taken) => {
                    let before = reactor.now();
                    reactor.turn(Some(Duration::ZERO)).unwrap();
                    prop_assert!(reactor.now() >= before);
                    for _ in 0..taken {
                        let Some(event) = reactor.next() else {
                            break;
                        };
                        let Event::Timer { key, tag } = event else {
                            return Err(TestCaseError::fail(format!("{event:?}")));
                        };
                        let (armed_key, deadline) = &mut armed[tag as usize];
                        prop_assert_eq!(*armed_key, key);
                        let deadline = deadline.take();
                        prop_assert!(deadline.is_some_and(|at| at <= reactor.now()));
                    }
                }
            }
        }
        prop_assert!(armed.iter().all(|(_, deadline)| deadline.is_none()));
        prop_assert_eq!(reactor.timer_count(), 0);
    }
}

/// A source of each mode does not care what time it is.
#[test]
fn a_jump_of_the_clock_is_no_report() {
    let (script, mut reactor) = fixture();
    for mode in [Mode::Level, Mode::Oneshot, Mode::Edge] {
        reactor
            .insert_with(Probe::new(), Interest::READABLE, mode)
            .unwrap();
    }
    script.advance(TEN_YEARS);
    assert!(reactor.turn(Some(Duration::ZERO)).unwrap().is_idle());
}
