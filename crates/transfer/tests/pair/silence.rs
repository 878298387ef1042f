//! Nothing is heard.

use std::time::{Duration, Instant};

use barewire_transfer::error::{Code, ErrorKind};
use barewire_transfer::receiver::{self, Receiver};
use barewire_transfer::sender::{self, Sender};
use barewire_transfer::session::{Config, Reason};

use crate::support::sides;

const SECOND: Duration = Duration::from_secs(1);

struct Two {
    now: Instant,
    one: Sender,
    other: Receiver,
    from_one: Vec<u8>,
    from_other: Vec<u8>,
}

fn two() -> Two {
    let now = Instant::now();
    let (mut from_one, mut from_other) = (Vec::new(), Vec::new());
    Two {
        now,
        one: Sender::new(&sides().0, Config::default(), now, &mut from_one),
        other: Receiver::new(&sides().1, Config::default(), now, &mut from_other),
        from_one,
        from_other,
    }
}

impl Two {
    fn carry(&mut self) {
        let bytes = std::mem::take(&mut self.from_one);
        while let (_, Some(_)) = self
            .other
            .handle_input(self.now, &bytes, &mut self.from_other)
            .unwrap()
        {}
        let bytes = std::mem::take(&mut self.from_other);
        while let (_, Some(_)) = self
            .one
            .handle_input(self.now, &bytes, &mut self.from_one)
            .unwrap()
        {}
    }
}

#[test]
fn a_link_that_carries_nothing_is_noticed_by_both() {
    let mut two = two();
    let start = two.now;
    let mut asked = Vec::new();
    let error = loop {
        two.now = two.one.poll_timeout().unwrap();
        match two.one.handle_timeout(two.now, &mut two.from_one) {
            Ok(()) => asked.push((two.now - start).as_secs()),
            Err(error) => break error,
        }
    };
    assert_eq!(asked, [30]);
    assert_eq!(two.now - start, 90 * SECOND);
    assert_eq!(error.kind, ErrorKind::Silent);
    assert_eq!(
        error.to_string(),
        "nothing heard from the other side for too long"
    );
    // It stays.
    assert_eq!(
        two.one.handle_input(two.now, b"", &mut Vec::new()),
        Err(error.clone())
    );
    assert_eq!(two.one.handle_end(), Err(error));
    assert_eq!(two.one.poll_timeout(), None);

    let silent = two
        .other
        .handle_timeout(start + 90 * SECOND, &mut two.from_other);
    assert_eq!(silent.unwrap_err().kind, ErrorKind::Silent);
}

#[test]
fn those_who_think_for_long_are_not_lost() {
    let mut two = two();
    two.carry_hellos();
    for _ in 0..1000 {
        two.now += 5 * SECOND;
        two.one.handle_timeout(two.now, &mut two.from_one).unwrap();
        two.other
            .handle_timeout(two.now, &mut two.from_other)
            .unwrap();
        assert!(two.from_one.len() <= 20 && two.from_other.len() <= 20);
        two.carry();
    }
}

impl Two {
    fn carry_hellos(&mut self) {
        let hello = std::mem::take(&mut self.from_one);
        let (used, event) = self
            .other
            .handle_input(self.now, &hello, &mut self.from_other)
            .unwrap();
        assert!(used == hello.len() && matches!(event, Some(receiver::Event::Hello(_))));
        let hello = std::mem::take(&mut self.from_other);
        let (used, event) = self
            .one
            .handle_input(self.now, &hello, &mut self.from_one)
            .unwrap();
        assert!(used == hello.len() && matches!(event, Some(sender::Event::Hello(_))));
    }
}

#[test]
fn what_was_kept_back_here_is_not_their_silence() {
    let mut two = two();
    two.now += 89 * SECOND;
    two.one.excuse(two.now);
    two.now += 2 * SECOND;
    assert_eq!(two.one.handle_timeout(two.now, &mut two.from_one), Ok(()));
}

/// However often somebody asks, the answers do not pile up.
#[test]
fn answers_do_not_pile_up() {
    let mut two = two();
    two.carry_hellos();
    let pings: Vec<u8> = [0x31, 0, 0, 0, 0, 9, 0, 0, 0, 0].repeat(10_000);
    for _ in 0..10 {
        two.now += SECOND;
        two.other
            .handle_input(two.now, &pings, &mut two.from_other)
            .unwrap();
    }
    let pong = [0x32, 0, 0, 0, 0, 9, 0, 0, 0, 0];
    assert_eq!(two.from_other, pong.repeat(10));
}

#[test]
fn an_end_with_a_reason_is_heard_by_the_other() {
    let mut two = two();
    two.carry_hellos();
    two.other
        .cancel(Code::Declined, "no, thanks", &mut two.from_other);
    let cancel = std::mem::take(&mut two.from_other);
    let (_, event) = two
        .one
        .handle_input(two.now, &cancel, &mut two.from_one)
        .unwrap();
    let reason = Reason {
        code: Code::Declined,
        text: "no, thanks".to_owned(),
    };
    assert_eq!(event, Some(sender::Event::Cancelled(reason)));
    assert!(two.one.is_over());
    assert_eq!(two.one.handle_end(), Ok(()));
    // What comes behind is of no interest.
    assert_eq!(
        two.one.handle_input(two.now, b"garbage", &mut two.from_one),
        Ok((7, None))
    );
    assert_eq!(two.one.poll_timeout(), None);
}

#[test]
fn an_end_without_a_word_is_a_cut() {
    let mut two = two();
    two.carry_hellos();
    let error = two.other.handle_end().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Cut);
    assert_eq!(error.to_string(), "the connection ended without a goodbye");
    // A farewell that is cut is none.
    let mut bye = Vec::new();
    two.other.bye(&mut bye);
    assert_eq!(
        two.one.handle_input(two.now, &bye[..9], &mut Vec::new()),
        Ok((0, None))
    );
    assert_eq!(two.one.handle_end().unwrap_err().kind, ErrorKind::Cut);
}
