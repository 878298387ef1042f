//! Who may ask how often.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use core::net::IpAddr;

use crate::datagram::Identity;
use crate::dropped::Dropped;
use crate::limits::Limits;

/// A token bucket for each source that asked lately.
#[derive(Debug)]
pub(crate) struct Buckets {
    sources: HashMap<IpAddr, Bucket>,
    sources_max: usize,
    burst: u32,
    interval: Duration,
}

#[derive(Debug)]
struct Bucket {
    /// When it is full again. What lies between now and then is what was taken.
    full: Instant,
    /// The last question, which comes in copies: to a group and to all.
    last: (Identity, u32),
}

impl Buckets {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            sources: HashMap::new(),
            sources_max: limits.sources_max,
            burst: limits.replies_burst,
            interval: limits.reply_interval,
        }
    }

    /// Takes a token of this source's for a question.
    pub(crate) fn take(
        &mut self,
        now: Instant,
        source: IpAddr,
        question: (Identity, u32),
    ) -> Result<(), Dropped> {
        let burst = self.interval * self.burst;
        if let Some(bucket) = self.sources.get_mut(&source) {
            if bucket.last == question {
                return Err(Dropped::Duplicate);
            }
            bucket.last = question;
            let full = bucket.full.max(now) + self.interval;
            if full > now + burst {
                return Err(Dropped::TooManyQueries);
            }
            bucket.full = full;
            return Ok(());
        }
        if self.sources.len() >= self.sources_max {
            // A full bucket remembers nothing but the last question, whose copies are here by now.
            self.sources.retain(|_, bucket| bucket.full > now);
        }
        if self.sources.len() >= self.sources_max || self.burst == 0 {
            return Err(Dropped::TooManyQueries);
        }
        let bucket = Bucket {
            full: now + self.interval,
            last: question,
        };
        self.sources.insert(source, bucket);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use core::net::{IpAddr, Ipv4Addr};

    use super::Buckets;
    use crate::datagram::{Identity, Instance};
    use crate::dropped::Dropped;
    use crate::limits::Limits;

    const IDENTITY: Identity = Identity {
        instance: Instance::new([1; 16]),
        boot: 1,
    };

    #[test]
    fn a_source_has_a_burst_and_then_one_a_second() {
        let mut buckets = Buckets::new(&Limits::default());
        let (start, source) = (Instant::now(), IpAddr::V4(Ipv4Addr::LOCALHOST));
        let mut sequence = 0;
        let mut taken = |now| {
            let mut taken = 0;
            for _ in 0..1000 {
                sequence += 1;
                taken += u32::from(buckets.take(now, source, (IDENTITY, sequence)).is_ok());
            }
            taken
        };
        assert_eq!(taken(start), 3);
        assert_eq!(taken(start + Duration::from_millis(999)), 0);
        assert_eq!(taken(start + Duration::from_secs(1)), 1);
        assert_eq!(taken(start + Duration::from_secs(3)), 2);
        assert_eq!(taken(start + Duration::from_secs(3600)), 3);
    }

    #[test]
    fn copies_of_a_question_take_no_token() {
        let mut buckets = Buckets::new(&Limits::default());
        let (now, source) = (Instant::now(), IpAddr::V4(Ipv4Addr::LOCALHOST));
        assert_eq!(buckets.take(now, source, (IDENTITY, 1)), Ok(()));
        let copy = buckets.take(now, source, (IDENTITY, 1));
        assert_eq!(copy, Err(Dropped::Duplicate));
        assert_eq!(buckets.take(now, source, (IDENTITY, 2)), Ok(()));
    }

    #[test]
    fn sources_are_bounded() {
        let mut buckets = Buckets::new(&Limits::default());
        let now = Instant::now();
        let mut asked = |now, n: u32| {
            let source = IpAddr::V4(Ipv4Addr::from_bits(n));
            buckets.take(now, source, (IDENTITY, n)).is_ok()
        };
        let answered = (0..10_000).filter(|&n| asked(now, n)).count();
        assert_eq!(answered, 256);
        let later = now + Duration::from_secs(1);
        let answered = (10_000..20_000).filter(|&n| asked(later, n)).count();
        assert_eq!(answered, 256);
        assert_eq!(buckets.sources.len(), 256);
    }
}
