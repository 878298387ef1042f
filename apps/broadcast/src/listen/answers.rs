//! Who is answered, and how often.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

/// Answers a second to one machine, which may come all at once.
const ANSWERS_PER_SECOND_MAX: u32 = 5;

/// Answers a second to all of them.
const ANSWERS_PER_SECOND_TO_ALL_MAX: u32 = 100;

/// How many machines are kept account of; more within a second are not answered.
const MACHINES_MAX: usize = 256;

/// Ports below belong to services. One that answers what it does not understand would answer an answer.
const PORT_MIN: u16 = 1024;

/// Decides who is answered.
///
/// A sender's address is easily forged, so that an answer may reach somebody who has asked nothing. That it cannot go on
/// from there is seen to in three ways: nothing is answered that comes from the port listened on, where another that
/// answers may well be; nothing that comes from a service's port; and not more than so many a second to one machine and
/// in all, whatever comes.
#[derive(Debug)]
pub(crate) struct Answers {
    /// The port listened on.
    port: u16,
    machines: HashMap<IpAddr, Allowance>,
    all: Allowance,
}

impl Answers {
    /// For one that listens on this port.
    pub(crate) fn new(port: u16) -> Self {
        Self {
            port,
            machines: HashMap::new(),
            all: Allowance::default(),
        }
    }

    /// Whether to answer a datagram from there, which then counts as answered.
    pub(crate) fn allows(&mut self, now: Instant, source: SocketAddr) -> bool {
        if !self.is_answerable(source) || !self.has_room(now, source.ip()) {
            return false;
        }
        // One machine that asks too often is not to use up what the others may have.
        let machine = self.machines.entry(source.ip()).or_default();
        machine.allows(now, ANSWERS_PER_SECOND_MAX)
            && self.all.allows(now, ANSWERS_PER_SECOND_TO_ALL_MAX)
    }

    /// Whether it is the address of one machine, and a port that somebody asks from.
    fn is_answerable(&self, source: SocketAddr) -> bool {
        let address = source.ip();
        let is_one = match address {
            IpAddr::V4(address) => !address.is_broadcast(),
            IpAddr::V6(_) => true,
        };
        let is_one = is_one && !address.is_unspecified() && !address.is_multicast();
        is_one && source.port() >= PORT_MIN && source.port() != self.port
    }

    fn has_room(&mut self, now: Instant, machine: IpAddr) -> bool {
        if self.machines.len() < MACHINES_MAX || self.machines.contains_key(&machine) {
            return true;
        }
        self.machines.retain(|_, allowance| !allowance.is_full(now));
        self.machines.len() < MACHINES_MAX
    }
}

/// So many a second, saved up for a second at most.
#[derive(Clone, Copy, Debug, Default)]
struct Allowance {
    /// When it is full again.
    full_at: Option<Instant>,
}

impl Allowance {
    fn is_full(&self, now: Instant) -> bool {
        self.full_at.is_none_or(|full_at| full_at <= now)
    }

    fn allows(&mut self, now: Instant, per_second: u32) -> bool {
        const SAVED: Duration = Duration::from_secs(1);

        let full_at = self.full_at.map_or(now, |full_at| full_at.max(now));
        let after = full_at + SAVED / per_second;
        let allows = after <= now + SAVED;
        if allows {
            self.full_at = Some(after);
        }
        allows
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::time::{Duration, Instant};

    use super::Answers;

    fn source(machine: u32, port: u16) -> SocketAddr {
        let [_, b, c, d] = machine.to_be_bytes();
        ([10, b, c, d], port).into()
    }

    #[track_caller]
    fn check(source: &str, expected: bool) {
        let mut answers = Answers::new(5144);
        let source = source.parse().expect("an address");
        assert_eq!(answers.allows(Instant::now(), source), expected);
    }

    #[test]
    fn one_machine_that_asks_is_answered() {
        check("192.0.2.1:40000", true);
        check("[fe80::1%2]:1024", true);
        check("127.0.0.1:5145", true);
    }

    #[test]
    fn others_are_not() {
        check("255.255.255.255:40000", false);
        check("239.255.1.2:40000", false);
        check("[ff02::1]:40000", false);
        check("0.0.0.0:40000", false);
        check("[::]:40000", false);
        // Nobody, services, and another that answers.
        for port in [0, 7, 19, 53, 1023, 5144] {
            check(&format!("192.0.2.1:{port}"), false);
        }
    }

    #[test]
    fn not_too_often() {
        let start = Instant::now();
        let mut answers = Answers::new(5144);
        let mut ask = |after: u64, machine, port| {
            let now = start + Duration::from_millis(after);
            answers.allows(now, source(machine, port))
        };
        // Another port is the same machine.
        for port in 0..5 {
            assert!(ask(0, 1, 40000 + port));
        }
        assert!(!ask(0, 1, 40005));
        assert!(ask(0, 2, 40000));
        assert!(!ask(199, 1, 40000));
        assert!(ask(200, 1, 40000));
        assert!(!ask(200, 1, 40000));
        let in_ten_seconds = (300..10_300).filter(|&after| ask(after, 1, 40000)).count();
        assert_eq!(in_ten_seconds, 50);
    }

    #[test]
    fn a_crowd_is_answered_up_to_a_limit_and_takes_no_more_memory() {
        let start = Instant::now();
        let mut answers = Answers::new(5144);
        let mut answered = 0;
        for machine in 0..100_000 {
            // A second in all.
            let now = start + Duration::from_micros(u64::from(machine) * 10);
            answered += u32::from(answers.allows(now, source(machine, 40000)));
        }
        assert!((100..=200).contains(&answered), "{answered}");
        assert!(answers.machines.len() <= 256);
        let later = start + Duration::from_secs(3);
        assert!(answers.allows(later, source(1 << 20, 40000)));
    }
}
