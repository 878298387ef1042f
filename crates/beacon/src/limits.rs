//! Ceilings a network meets.

use std::time::Duration;

/// The longest interval that a datagram can say, and the longest of ours.
const LONGEST: Duration = Duration::from_secs(u16::MAX as u64);

/// Shorter would be no pause at all.
const SHORTEST: Duration = Duration::from_millis(1);

/// Ceilings that nobody on the network can cross, whatever they send.
///
/// Times beyond 65,535 s count as that; the intervals between announcements and between answers are 1 ms at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most sightings kept. One more is dropped ([`Dropped::TableFull`](crate::Dropped::TableFull)) until others are
    /// gone. Default 4,096, which takes 7 MB if every datagram is as long as it may be.
    pub sightings_max: usize,
    /// Most sightings kept that came from one address, so that one machine cannot fill the table. Default 64.
    pub sightings_per_source_max: usize,
    /// Most sources whose questions are kept account of. With so many of them a second, more are not answered
    /// ([`Dropped::TooManyQueries`](crate::Dropped::TooManyQueries)). Default 256.
    pub sources_max: usize,
    /// How many answers a source may have at once before it has to wait. Default 3.
    pub replies_burst: u32,
    /// How long a source waits for each further answer. Default 1 s.
    pub reply_interval: Duration,
    /// Most instances counted as the crowd by which announcements get rarer. Default 4,096.
    pub crowd_max: usize,
    /// Shortest time between two announcements on a link, but for the first three. Default 10 s.
    pub interval_min: Duration,
    /// Longest time between two announcements, however many others there are. Default 60 s.
    pub interval_max: Duration,
    /// Time on the network that each of a crowd leaves to the next: with so many others, announcements are so many
    /// times this apart. Default 20 ms, which makes 50 announcements a second on a link at most.
    pub interval_per_instance: Duration,
    /// Longest interval that is believed of others, who are lost after three times theirs. Default 120 s.
    pub heard_interval_max: Duration,
    /// Most links. Those beyond are left alone. Default 64.
    pub links_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sightings_max: 4096,
            sightings_per_source_max: 64,
            sources_max: 256,
            replies_burst: 3,
            reply_interval: Duration::from_secs(1),
            crowd_max: 4096,
            interval_min: Duration::from_secs(10),
            interval_max: Duration::from_secs(60),
            interval_per_instance: Duration::from_millis(20),
            heard_interval_max: Duration::from_secs(120),
            links_max: 64,
        }
    }
}

impl Limits {
    /// Nothing overflows by these, and nothing is due again as soon as it is done.
    pub(crate) fn within_reason(mut self) -> Self {
        for pause in [&mut self.interval_min, &mut self.reply_interval] {
            *pause = (*pause).clamp(SHORTEST, LONGEST);
        }
        for time in [
            &mut self.interval_max,
            &mut self.interval_per_instance,
            &mut self.heard_interval_max,
        ] {
            *time = (*time).min(LONGEST);
        }
        self
    }
}
