//! What can happen in a schedule.

use barewire_reactor::{Interest, Mode, Ready};
use proptest::prelude::*;

use crate::model::{Direction, Millis};

/// Which source a step is about. None at all, if there is none such.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pick {
    /// One of those that are held.
    Held(u8),
    /// The one whose event was taken last: what a handler calls itself.
    Itself,
    /// One of all there ever were.
    Ever(u8),
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// What a step shrinks to that could just as well be left out.
    Nothing,
    Probe(Mode, Interest),
    /// With so many messages sent before it is inserted.
    Channel(Mode, Interest, u8),
    Remove(Pick),
    /// A new source in the place of another.
    Replace(Pick, Mode, Interest),
    Interest(Pick, Interest),
    Ready(Pick, Ready),
    ReadyAfter(Millis, Pick, Ready),
    Report(Pick, Ready),
    ReportOfNobody(Ready),
    Transfer(Pick, Direction),
    Send(Pick),
    Close(Pick),
    Receive(Pick),
    /// Milliseconds from now; less than 0 for an instant that has passed.
    Arm(i64),
    Cancel(u8),
    Postpone(u8, i64),
    Advance(Millis),
    Wake,
    FailWait,
    Turn(Option<Millis>),
    /// This many events.
    Take(u8),
    /// All that are left of the turn.
    TakeAll,
}

/// A configuration with shares small enough to be used up, and a schedule.
pub(crate) fn schedules() -> impl Strategy<Value = (usize, Vec<Step>)> {
    let events_per_turn_max = prop_oneof![1 => 1..4usize, 2 => Just(1024)];
    (events_per_turn_max, prop::collection::vec(step(), 1..120))
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => Just(Step::Nothing),
        6 => (mode(), interest()).prop_map(|(mode, interest)| Step::Probe(mode, interest)),
        1 => (mode_of_channels(), interest(), 0..3u8)
            .prop_map(|(mode, interest, early)| Step::Channel(mode, interest, early)),
        3 => pick().prop_map(Step::Remove),
        2 => (pick(), mode(), interest())
            .prop_map(|(pick, mode, interest)| Step::Replace(pick, mode, interest)),
        6 => (pick(), interest()).prop_map(|(pick, interest)| Step::Interest(pick, interest)),
        9 => (pick(), ready()).prop_map(|(pick, ready)| Step::Ready(pick, ready)),
        2 => (0..40u64, pick(), ready())
            .prop_map(|(after, pick, ready)| Step::ReadyAfter(after, pick, ready)),
        2 => (pick(), ready()).prop_map(|(pick, ready)| Step::Report(pick, ready)),
        1 => ready().prop_map(Step::ReportOfNobody),
        4 => (pick(), prop_oneof![Just(Direction::Read), Just(Direction::Write)])
            .prop_map(|(pick, direction)| Step::Transfer(pick, direction)),
        2 => pick().prop_map(Step::Send),
        1 => pick().prop_map(Step::Close),
        3 => pick().prop_map(Step::Receive),
        5 => (-20..40i64).prop_map(Step::Arm),
        2 => any::<u8>().prop_map(Step::Cancel),
        4 => (any::<u8>(), -20..40i64).prop_map(|(n, after)| Step::Postpone(n, after)),
        2 => (0..30u64).prop_map(Step::Advance),
        2 => Just(Step::Wake),
        1 => Just(Step::FailWait),
        12 => prop_oneof![2 => (0..30u64).prop_map(Some), 1 => Just(None)].prop_map(Step::Turn),
        6 => (1..4u8).prop_map(Step::Take),
        6 => Just(Step::TakeAll),
    ]
}

fn pick() -> impl Strategy<Value = Pick> {
    prop_oneof![
        6 => any::<u8>().prop_map(Pick::Held),
        3 => Just(Pick::Itself),
        1 => any::<u8>().prop_map(Pick::Ever),
    ]
}

fn mode() -> impl Strategy<Value = Mode> {
    prop_oneof![Just(Mode::Level), Just(Mode::Oneshot), Just(Mode::Edge)]
}

fn mode_of_channels() -> impl Strategy<Value = Mode> {
    prop_oneof![Just(Mode::Level), Just(Mode::Oneshot)]
}

const INTERESTS: [Interest; 3] = [Interest::READABLE, Interest::WRITABLE, Interest::PRIORITY];

const STATES: [Ready; 5] = [
    Ready::READABLE,
    Ready::WRITABLE,
    Ready::PRIORITY,
    Ready::CLOSED,
    Ready::ERROR,
];

fn interest() -> impl Strategy<Value = Interest> {
    let any = (0..1u8 << INTERESTS.len())
        .prop_map(|bits| chosen(bits, &INTERESTS).fold(Interest::NONE, Interest::union));
    prop_oneof![Just(Interest::READABLE), any]
}

fn ready() -> impl Strategy<Value = Ready> {
    prop_oneof![3 => 0..1u8 << 3, 1 => 0..1u8 << STATES.len()]
        .prop_map(|bits| chosen(bits, &STATES).fold(Ready::NONE, Ready::union))
}

/// Those of `all` whose bit is set.
fn chosen<T: Copy>(bits: u8, all: &[T]) -> impl Iterator<Item = T> {
    let numbered = all.iter().enumerate();
    numbered.filter_map(move |(n, &one)| (bits >> n & 1 == 1).then_some(one))
}
