//! What a receiver makes of datagrams: sessions, one at a time. No socket and no clock.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::jitter::Jitter;
use super::window::Window;
use super::wire::{Header, Kind, REPORT_BYTES, Report, SessionId};

/// A session of which nothing has come for so long is over, whether or not anybody said so. A sender keeps to a
/// datagram a second at least.
pub const SILENCE: Duration = Duration::from_secs(5);

/// For so long after the first end, datagrams that it has overtaken may still come.
pub const GRACE: Duration = Duration::from_millis(200);

/// For so long after the last session, ends that are repeated for want of an answer are answered again.
pub const LINGER: Duration = Duration::from_millis(500);

/// How a session came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The sender said so.
    End,
    /// Nothing came any more.
    Silence,
    /// The receiver was told to stop.
    Interrupted,
}

impl Ended {
    /// One word, for reports that programs read.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::End => "end",
            Self::Silence => "silence",
            Self::Interrupted => "interrupted",
        }
    }
}

/// A session that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Who sent.
    pub source: SocketAddr,
    /// Which it was.
    pub session: SessionId,
    /// How it ended.
    pub ended: Ended,
    /// How many were sent: as the sender has it or, if it has not said, up to the last that came.
    pub sent: u64,
    /// What was counted.
    pub report: Report,
    /// Datagrams of others, and what was none of a session, since the last session or the start.
    pub foreign: u64,
}

impl Finished {
    /// How many have not come. Late ones are among them.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.sent.saturating_sub(self.report.datagrams)
    }
}

#[derive(Debug)]
enum State {
    /// Nothing has come since the last session.
    Idle,
    On(Box<Account>),
    /// The last session, whose end may be told again.
    Over {
        peer: Peer,
        report: [u8; REPORT_BYTES],
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Peer {
    source: SocketAddr,
    session: SessionId,
}

/// Of one session.
#[derive(Debug)]
struct Account {
    peer: Peer,
    window: Window,
    jitter: Jitter,
    bytes: u64,
    /// When the buffer before was filled; what came as one is one sample of the jitter.
    sampled: Option<u64>,
    first: Instant,
    last: Instant,
    /// How many were sent, and when that was said first.
    total: Option<(u64, Instant)>,
    /// Whether its sender waits for an answer.
    asked: bool,
}

/// When and whence a datagram came.
#[derive(Clone, Copy, Debug)]
pub struct When {
    /// By the clock of the deadlines.
    pub now: Instant,
    /// By a clock that is good for differences of arrival, in nanoseconds. Those that came as one have the same.
    pub nanoseconds: u64,
    /// Its sender.
    pub source: SocketAddr,
}

/// Keeps account of sessions, one at a time.
pub struct Hearing<D> {
    state: State,
    foreign: u64,
    /// How often the system had no room so far, and had had none when the last session ended.
    no_room: D,
    no_room_before: Option<u32>,
    finished: Option<Finished>,
    answer: Option<(SocketAddr, [u8; REPORT_BYTES])>,
}

impl<D: FnMut() -> Option<u32>> Hearing<D> {
    /// Nothing has come. `no_room` is asked how often the system had no room so far.
    pub fn new(mut no_room: D) -> Self {
        Self {
            state: State::Idle,
            foreign: 0,
            no_room_before: no_room(),
            no_room,
            finished: None,
            answer: None,
        }
    }

    /// A datagram has come.
    pub fn handle_datagram(&mut self, when: &When, bytes: &[u8]) {
        let Ok(header) = Header::decode(bytes) else {
            self.foreign += 1;
            return;
        };
        let peer = Peer {
            source: when.source,
            session: header.session,
        };
        match (&mut self.state, header.kind) {
            (State::On(account), Kind::Data)
                if account.peer == peer && account.is_possible(header.sequence) =>
            {
                account.see(when, &header, bytes.len());
                self.finish_if_complete();
            }
            (State::On(account), Kind::End) if account.peer == peer => {
                if account.hear_end(when.now, header.sequence) {
                    self.finish_if_complete();
                } else {
                    self.foreign += 1;
                }
            }
            (State::Over { peer: last, report }, Kind::End) if *last == peer => {
                self.answer = Some((peer.source, *report));
            }
            // It was overtaken by the end, and is lost by now.
            (State::Over { peer: last, .. }, Kind::Data) if *last == peer => {}
            (State::Idle | State::Over { .. }, Kind::Data) if self.finished.is_none() => {
                let mut account = Account::new(peer, when.now);
                account.see(when, &header, bytes.len());
                self.state = State::On(Box::new(account));
            }
            _ => self.foreign += 1,
        }
    }

    /// A deadline has passed, or may have.
    pub fn handle_timeout(&mut self, now: Instant) {
        if let State::On(account) = &self.state
            && account.deadline() <= now
        {
            let ended = match account.total {
                Some(_) => Ended::End,
                None => Ended::Silence,
            };
            self.finish(ended);
        }
    }

    /// Ends the session, if there is one.
    pub fn interrupt(&mut self) {
        if let State::On(_) = self.state {
            self.finish(Ended::Interrupted);
        }
    }

    /// When to call [`handle_timeout`](Self::handle_timeout).
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        match &self.state {
            State::On(account) => Some(account.deadline()),
            State::Idle | State::Over { .. } => None,
        }
    }

    /// A session that is over. Until it is taken no other begins.
    pub fn poll_finished(&mut self) -> Option<Finished> {
        self.finished.take()
    }

    /// A report to be sent, and to whom.
    pub fn poll_answer(&mut self) -> Option<(SocketAddr, [u8; REPORT_BYTES])> {
        self.answer.take()
    }

    /// Whether a session is on.
    #[must_use]
    pub fn is_on(&self) -> bool {
        matches!(self.state, State::On(_))
    }

    /// Datagrams of others, and what was none of a session, since the last session or the start.
    #[must_use]
    pub fn foreign(&self) -> u64 {
        self.foreign
    }

    fn finish_if_complete(&mut self) {
        if let State::On(account) = &self.state
            && let Some((total, _)) = account.total
            && account.window.received() == total
        {
            self.finish(Ended::End);
        }
    }

    fn finish(&mut self, ended: Ended) {
        let no_room = (self.no_room)();
        let before = std::mem::replace(&mut self.no_room_before, no_room);
        let no_room = no_room
            .zip(before)
            .map(|(now, before)| u64::from(now.wrapping_sub(before)));
        let State::On(account) = &self.state else {
            return;
        };
        let report = account.report(no_room);
        let peer = account.peer;
        let sent = match account.total {
            Some((total, _)) => total,
            None => account.window.next(),
        };
        let encoded = report.encode(&Header {
            kind: Kind::Report,
            session: peer.session,
            sequence: sent,
            sent_nanoseconds: 0,
        });
        if account.asked {
            self.answer = Some((peer.source, encoded));
        }
        self.finished = Some(Finished {
            source: peer.source,
            session: peer.session,
            ended,
            sent,
            report,
            foreign: std::mem::take(&mut self.foreign),
        });
        self.state = State::Over {
            peer,
            report: encoded,
        };
    }
}

impl Account {
    fn new(peer: Peer, now: Instant) -> Self {
        Self {
            peer,
            window: Window::new(),
            jitter: Jitter::default(),
            bytes: 0,
            sampled: None,
            first: now,
            last: now,
            total: None,
            asked: false,
        }
    }

    fn see(&mut self, when: &When, header: &Header, bytes: usize) {
        use super::window::Seen;

        self.last = when.now;
        match self.window.see(header.sequence) {
            Seen::Next | Seen::Reordered => self.bytes += bytes as u64,
            Seen::Duplicate | Seen::Late => {}
        }
        if self.sampled.replace(when.nanoseconds) != Some(when.nanoseconds) {
            self.jitter
                .sample(header.sent_nanoseconds, when.nanoseconds);
        }
    }

    /// Whether there can be one of that number.
    fn is_possible(&self, sequence: u64) -> bool {
        self.total.is_none_or(|(total, _)| sequence < total)
    }

    /// Whether it can be true.
    fn hear_end(&mut self, now: Instant, total: u64) -> bool {
        let is_possible = match self.total {
            Some((known, _)) => known == total,
            None => total >= self.window.next(),
        };
        if is_possible {
            self.total.get_or_insert((total, now));
            self.asked = true;
        }
        is_possible
    }

    fn deadline(&self) -> Instant {
        match self.total {
            Some((_, at)) => at + GRACE,
            None => self.last + SILENCE,
        }
    }

    fn report(&self, no_room: Option<u64>) -> Report {
        let time = self.last.saturating_duration_since(self.first);
        Report {
            datagrams: self.window.received(),
            bytes: self.bytes,
            duplicates: self.window.duplicates(),
            reordered: self.window.reordered(),
            late: self.window.late(),
            jitter_nanoseconds: self.jitter.nanoseconds(),
            nanoseconds: u64::try_from(time.as_nanos()).unwrap_or(u64::MAX),
            no_room,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::*;
    use crate::bench::wire::HEADER_BYTES;

    const SESSION: SessionId = *b"session1";
    const OTHER: SessionId = *b"session2";

    /// A receiver, and the clock.
    struct Stage {
        hearing: Hearing<Box<dyn FnMut() -> Option<u32>>>,
        no_room: Rc<Cell<u32>>,
        now: Instant,
        start: Instant,
    }

    fn address(port: u16) -> SocketAddr {
        ([127, 0, 0, 1], port).into()
    }

    impl Stage {
        fn new() -> Self {
            let no_room = Rc::new(Cell::new(u32::MAX));
            let counter = Rc::clone(&no_room);
            let now = Instant::now();
            Self {
                hearing: Hearing::new(Box::new(move || Some(counter.get())) as Box<_>),
                no_room,
                now,
                start: now,
            }
        }

        fn hear(&mut self, port: u16, kind: Kind, session: SessionId, sequence: u64) {
            let length = match kind {
                Kind::Data => 100,
                Kind::End | Kind::Report => REPORT_BYTES,
            };
            let mut datagram = vec![0; length];
            let header = Header {
                kind,
                session,
                sequence,
                sent_nanoseconds: sequence * 1000,
            };
            let place: &mut [u8; HEADER_BYTES] = datagram.first_chunk_mut().expect("room");
            header.encode(place);
            self.hear_bytes(port, &datagram);
        }

        fn hear_bytes(&mut self, port: u16, bytes: &[u8]) {
            let when = When {
                now: self.now,
                nanoseconds: (self.now - self.start).as_nanos() as u64,
                source: address(port),
            };
            self.hearing.handle_datagram(&when, bytes);
        }

        fn data(&mut self, sequences: impl IntoIterator<Item = u64>) {
            for sequence in sequences {
                self.hear(1, Kind::Data, SESSION, sequence);
            }
        }

        fn end(&mut self, total: u64) {
            self.hear(1, Kind::End, SESSION, total);
        }

        fn wait(&mut self, time: Duration) {
            self.now += time;
            self.hearing.handle_timeout(self.now);
        }

        #[track_caller]
        fn finished(&mut self) -> Finished {
            self.hearing.poll_finished().expect("it is over")
        }

        #[track_caller]
        fn check_on(&mut self) {
            assert!(self.hearing.is_on());
            assert_eq!(self.hearing.poll_finished(), None);
            assert_eq!(self.hearing.poll_answer(), None);
        }

        /// The report that goes out, as its reader has it.
        #[track_caller]
        fn answer(&mut self) -> (Header, Report) {
            let (to, bytes) = self.hearing.poll_answer().expect("an answer");
            assert_eq!(to, address(1));
            let header = Header::decode(&bytes).expect("ours");
            assert_eq!((header.kind, header.session), (Kind::Report, SESSION));
            (header, Report::decode(&bytes).expect("whole"))
        }
    }

    #[test]
    fn a_session_from_start_to_end() {
        let mut stage = Stage::new();
        assert_eq!(stage.hearing.poll_timeout(), None);
        stage.data(0..5);
        stage.wait(Duration::from_millis(10));
        stage.data([5, 7, 6, 6, 9]);
        stage.check_on();
        stage.no_room.set(1);
        stage.end(10);
        // The eighth may be on its way.
        stage.check_on();
        stage.wait(GRACE - Duration::from_millis(1));
        stage.check_on();
        stage.wait(Duration::from_millis(1));
        let finished = stage.finished();
        let report = Report {
            datagrams: 9,
            bytes: 900,
            duplicates: 1,
            reordered: 1,
            late: 0,
            jitter_nanoseconds: finished.report.jitter_nanoseconds,
            nanoseconds: 10_000_000,
            no_room: Some(2),
        };
        assert_eq!(
            finished,
            Finished {
                source: address(1),
                session: SESSION,
                ended: Ended::End,
                sent: 10,
                report,
                foreign: 0,
            }
        );
        assert_eq!(finished.lost(), 1);
        let (header, told) = stage.answer();
        assert_eq!((header.sequence, told), (10, report));
        assert_eq!(stage.hearing.poll_timeout(), None);
    }

    #[test]
    fn nothing_missing_means_no_waiting() {
        let mut stage = Stage::new();
        stage.data(0..3);
        stage.end(3);
        assert_eq!(stage.finished().lost(), 0);
        stage.answer();
        // The one that the end had overtaken.
        let mut stage = Stage::new();
        stage.data([0, 1]);
        stage.end(3);
        stage.check_on();
        stage.data([2]);
        assert_eq!(stage.finished().lost(), 0);
        stage.answer();
    }

    #[test]
    fn a_lost_report_is_sent_again() {
        let mut stage = Stage::new();
        stage.data(0..3);
        stage.end(3);
        stage.finished();
        let first = stage.answer();
        for _ in 0..3 {
            stage.wait(Duration::from_millis(100));
            stage.end(3);
            assert_eq!(stage.answer(), first);
        }
        assert_eq!(stage.hearing.poll_finished(), None);
        assert_eq!(stage.hearing.foreign(), 0);
    }

    #[test]
    fn silence_ends_it_too() {
        let mut stage = Stage::new();
        stage.data([0, 1, 4]);
        stage.wait(SILENCE - Duration::from_millis(1));
        stage.data([5]);
        stage.wait(SILENCE - Duration::from_millis(1));
        stage.check_on();
        stage.wait(Duration::from_millis(1));
        let finished = stage.finished();
        assert_eq!(
            (finished.ended, finished.sent, finished.lost()),
            (Ended::Silence, 6, 2)
        );
        // Nobody asked.
        assert_eq!(stage.hearing.poll_answer(), None);
        // Now somebody does.
        stage.end(6);
        stage.answer();
    }

    #[test]
    fn an_interruption_tells_what_there_is() {
        let mut stage = Stage::new();
        stage.hearing.interrupt();
        assert_eq!(stage.hearing.poll_finished(), None);
        stage.data(0..7);
        stage.hearing.interrupt();
        let finished = stage.finished();
        assert_eq!((finished.ended, finished.sent), (Ended::Interrupted, 7));
    }

    #[test]
    fn one_at_a_time() {
        let mut stage = Stage::new();
        stage.hear_bytes(1, b"hello");
        stage.data(0..3);
        // Another session of the same sender, the same session of another, a report, an end of nobody's.
        stage.hear(1, Kind::Data, OTHER, 0);
        stage.hear(2, Kind::Data, SESSION, 3);
        stage.hear(1, Kind::Report, SESSION, 3);
        stage.hear(2, Kind::End, SESSION, 3);
        stage.hear_bytes(1, &[0; 100]);
        stage.hear_bytes(1, b"");
        stage.check_on();
        // Ends that cannot be, and data beyond it.
        stage.end(2);
        stage.check_on();
        stage.end(4);
        stage.end(5);
        stage.data([4]);
        stage.check_on();
        stage.data([3]);
        let finished = stage.finished();
        assert_eq!((finished.sent, finished.foreign), (4, 10));
        stage.answer();
        // The next may begin now, and is no duplicate of the last.
        stage.hear(1, Kind::Data, OTHER, 0);
        stage.hear(1, Kind::End, OTHER, 1);
        let finished = stage.finished();
        assert_eq!((finished.session, finished.foreign), (OTHER, 0));
        assert_eq!(finished.report.datagrams, 1);
    }

    /// Nobody gets an answer for an end alone, or could have one sent to somebody else.
    #[test]
    fn nobody_is_answered_who_has_not_sent() {
        let mut stage = Stage::new();
        stage.end(0);
        stage.end(1);
        assert_eq!(stage.hearing.poll_answer(), None);
        stage.data(0..2);
        stage.hear(2, Kind::End, SESSION, 2);
        assert_eq!(stage.hearing.poll_answer(), None);
        stage.end(2);
        stage.answer();
        stage.hear(2, Kind::End, SESSION, 2);
        stage.hear(1, Kind::End, OTHER, 2);
        assert_eq!(stage.hearing.poll_answer(), None);
        assert_eq!(stage.hearing.foreign(), 2);
    }

    /// Those that came as one say nothing about how evenly they come.
    #[test]
    fn jitter_is_between_arrivals() {
        let mut stage = Stage::new();
        stage.data(0..10);
        assert_eq!(jitter(&stage), 0);
        // The first of these was sent 10 µs after the first of those, and comes a millisecond after it.
        stage.wait(Duration::from_millis(1));
        stage.data(10..20);
        assert_eq!(jitter(&stage), (1_000_000 - 10_000) / 16);
    }

    fn jitter(stage: &Stage) -> u64 {
        match &stage.hearing.state {
            State::On(account) => account.jitter.nanoseconds(),
            other => panic!("{other:?}"),
        }
    }
}
