//! The link, the time, and what has to be true in the end.

use std::time::{Duration, Instant};

use barewire_transfer::error::{Error, ErrorKind};

use crate::offers::{MIB, Offer};
use crate::receiving::{Disk, Receiving};
use crate::rng::Rng;
use crate::sending::{Known, Sending};

/// How often in a thousand something goes wrong.
#[derive(Clone, Copy, Default)]
pub(crate) struct Accidents {
    /// A group is written otherwise than it came.
    pub(crate) garbling: u64,
    /// A group changes on the disk between two connections.
    pub(crate) rotting: u64,
    /// A journal has the wrong value for a group.
    pub(crate) lying: u64,
    /// An entry is declined.
    pub(crate) declining: u64,
    /// A file vanishes when some of it is to be read.
    pub(crate) vanishing: u64,
    /// Something cannot be written.
    pub(crate) full: u64,
}

pub(crate) struct World {
    pub(crate) offer: Offer,
    pub(crate) known: Known,
    pub(crate) disk: Disk,
    pub(crate) rng: Rng,
    pub(crate) accidents: Accidents,
    pub(crate) cuts: u64,
    /// What the sender said, and what the receiver did.
    pub(crate) carried: [Vec<u8>; 2],
}

impl World {
    pub(crate) fn new(offer: Offer, rng: Rng, accidents: Accidents) -> Self {
        Self {
            offer,
            known: Known::default(),
            disk: Disk::default(),
            rng,
            accidents,
            cuts: 0,
            carried: [Vec::new(), Vec::new()],
        }
    }

    /// One connection, which breaks when so many bytes have been carried, both ways together; whether it did not.
    pub(crate) fn connect(&mut self, cut_at: u64) -> Result<bool, Error> {
        let rng = &mut self.rng;
        let mut now = Instant::now();
        let mut one = Sending::new(&self.offer, &mut self.known, self.accidents.vanishing, now);
        let mut other = Receiving::new(&mut self.disk, self.accidents, now);
        let mut carried = 0;
        let mut idle = 0;
        while !(one.machine.is_over() && other.machine.is_over()) {
            now += Duration::from_millis(rng.below(20));
            let moved = match rng.below(4) {
                0 => one.work(rng),
                1 => other.work(rng),
                turn => {
                    let busy = turn == 2 && other.is_busy();
                    let from = if turn == 2 {
                        &mut one.out
                    } else {
                        &mut other.out
                    };
                    let most = 1 << rng.below(21);
                    let len = from.len().min(1 + rng.below(most) as usize);
                    let len = len.min((cut_at - carried) as usize);
                    if busy || len == 0 {
                        false
                    } else {
                        let bytes: Vec<u8> = from.drain(..len).collect();
                        carried += bytes.len() as u64;
                        self.carried[usize::from(turn == 3)].extend_from_slice(&bytes);
                        match turn {
                            2 => other.receive(now, &bytes, rng)?,
                            _ => one.receive(now, &bytes)?,
                        }
                        true
                    }
                }
            };
            if carried == cut_at {
                self.cuts += 1;
                let ends = [
                    (one.machine.handle_end(), one.machine.is_over()),
                    (other.machine.handle_end(), other.machine.is_over()),
                ];
                for (end, over) in ends {
                    assert_eq!(
                        end.map_err(|error| error.kind),
                        if over { Ok(()) } else { Err(ErrorKind::Cut) }
                    );
                }
                return Ok(false);
            }
            one.machine.handle_timeout(now, &mut one.out)?;
            other.machine.handle_timeout(now, &mut other.out)?;
            idle = if moved { 0 } else { idle + 1 };
            assert!(idle < 1000, "both wait for each other");
        }
        assert!(one.said_bye && other.said_bye, "over and no farewell");
        assert!(one.machine.is_settled() && other.machine.is_settled());
        assert_eq!(
            (one.machine.handle_end(), other.machine.handle_end()),
            (Ok(()), Ok(()))
        );
        Ok(true)
    }

    /// What is stored is what was sent, success is told of that alone, and no more was sent again than can have got lost.
    pub(crate) fn judge(&self) {
        for id in self.offer.ids() {
            let stored = self.disk.stored.get(&id);
            let told = self.known.fates[id as usize];
            assert_eq!(told, Some(stored.is_some()), "entry {id}");
            if let Some(stored) = stored {
                assert!(*stored == self.offer.content[id as usize], "entry {id}");
                assert!(
                    !self.disk.refused.contains(&id),
                    "entry {id} was not wanted"
                );
            } else {
                assert!(self.disk.refused.contains(&id), "entry {id} is nowhere");
            }
        }
        // In the sender's buffer, waiting to be written, one that is half there, and one in the hand of each.
        let lost_by_cut = 2 + 4 + 1 + 2;
        let again = self.cuts * lost_by_cut + self.disk.garbled;
        let once: usize = self.offer.content.iter().map(Vec::len).sum();
        let most = once as u64 + again * MIB as u64;
        assert!(
            self.known.bytes_sent <= most,
            "{} bytes sent, {most} at most",
            self.known.bytes_sent
        );
    }

    pub(crate) fn stored(&self) -> usize {
        self.disk.stored.len()
    }
}
