//! A program that sends.

use std::collections::{HashSet, VecDeque};
use std::time::Instant;

use barewire_transfer::error::{Code, Error};
use barewire_transfer::sender::{Event, Plan, Sender};
use barewire_transfer::session::Config;
use barewire_transfer::tree::GROUP_BYTES;

use crate::offers::{MIB, Offer, cv, is_hole};
use crate::rng::Rng;
use crate::support::sides;

/// So much may wait to be sent.
pub(crate) const OUT_BYTES_MAX: usize = 2 * MIB;

#[derive(Clone, Copy, Debug)]
enum Job {
    Group(u32, u64),
    Piece(u32, usize),
    End(u32),
}

/// What lasts longer than a connection.
#[derive(Default)]
pub(crate) struct Known {
    /// By id: whether it is stored, or not and never will be.
    pub(crate) fates: Vec<Option<bool>>,
    /// Files that have vanished.
    pub(crate) gone: HashSet<u32>,
    pub(crate) bytes_sent: u64,
}

pub(crate) struct Sending<'a> {
    pub(crate) machine: Sender,
    offer: &'a Offer,
    known: &'a mut Known,
    jobs: VecDeque<Job>,
    pub(crate) out: Vec<u8>,
    input: Vec<u8>,
    /// How many times in a thousand a file vanishes when it is read.
    vanishing: u64,
    pub(crate) said_bye: bool,
}

impl<'a> Sending<'a> {
    pub(crate) fn new(
        offer: &'a Offer,
        known: &'a mut Known,
        vanishing: u64,
        now: Instant,
    ) -> Self {
        let mut out = Vec::new();
        known.fates.resize(offer.content.len(), None);
        Self {
            machine: Sender::new(&sides().0, Config::default(), now, &mut out),
            offer,
            known,
            jobs: VecDeque::new(),
            out,
            input: Vec::new(),
            vanishing,
            said_bye: false,
        }
    }

    pub(crate) fn receive(&mut self, now: Instant, bytes: &[u8]) -> Result<(), Error> {
        self.input.extend_from_slice(bytes);
        let input = std::mem::take(&mut self.input);
        let mut used = 0;
        loop {
            let (len, event) = self
                .machine
                .handle_input(now, &input[used..], &mut self.out)?;
            used += len;
            match event {
                Some(event) => self.event(event),
                None => break,
            }
        }
        self.input = input[used..].to_vec();
        Ok(())
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Hello(_) => self
                .machine
                .offer(&self.offer.manifest, &mut self.out)
                .unwrap(),
            Event::Accepted(plans) => {
                for (id, plan) in (0..).zip(plans) {
                    self.plan(id, plan);
                }
            }
            Event::Want { id, first, count } => {
                let groups = first..first + count;
                self.jobs.extend(groups.map(|group| Job::Group(id, group)));
                self.jobs.push_back(Job::End(id));
            }
            Event::Stored { id, .. } => self.known.fates[id as usize] = Some(true),
            Event::Failed { id, .. } => self.known.fates[id as usize] = Some(false),
            _ => {}
        }
    }

    fn plan(&mut self, id: u32, plan: Plan) {
        let claims = match plan {
            Plan::Declined => {
                self.known.fates[id as usize].get_or_insert(false);
                return;
            }
            Plan::Stored => {
                self.known.fates[id as usize] = Some(true);
                return;
            }
            Plan::Compare => return self.jobs.push_back(Job::End(id)),
            Plan::Whole => Vec::new(),
            Plan::Resume(claims) => claims,
        };
        if self.offer.is_stream(id) {
            let pieces = (0..self.offer.size(id) as usize).step_by(100_000);
            self.jobs
                .extend(pieces.map(|offset| Job::Piece(id, offset)));
        } else {
            let is_missing = |group: &u64| claims.iter().all(|(claimed, _)| claimed != group);
            let missing = (0..self.offer.groups(id)).filter(is_missing);
            let size = self.offer.size(id);
            let differs = |&&(group, ours): &&(u64, [u8; 32])| {
                cv(size, group, self.offer.group(id, group)) != ours
            };
            let differing = claims.iter().filter(differs).map(|&(group, _)| group);
            self.jobs
                .extend(missing.chain(differing).map(|group| Job::Group(id, group)));
        }
        if self.offer.has_data(id) {
            self.jobs.push_back(Job::End(id));
        }
    }

    /// Does one thing, if there is one.
    pub(crate) fn work(&mut self, rng: &mut Rng) -> bool {
        if self.machine.is_settled() && !self.said_bye {
            self.said_bye = true;
            self.machine.bye(&mut self.out);
            return true;
        }
        if self.out.len() >= OUT_BYTES_MAX {
            return false;
        }
        let Some(job) = self.jobs.pop_front() else {
            return false;
        };
        let (Job::Group(id, _) | Job::Piece(id, _) | Job::End(id)) = job;
        if !self.machine.is_open(id) {
            return true;
        }
        if self.known.gone.contains(&id) || rng.chance(self.vanishing) {
            self.known.gone.insert(id);
            self.known.fates[id as usize] = Some(false);
            let failed = self
                .machine
                .fail(id, Code::SourceGone, "it is gone", &mut self.out);
            failed.unwrap();
            return true;
        }
        match job {
            Job::Group(id, group) => self.group(id, group, rng),
            Job::Piece(id, offset) => {
                let content = &self.offer.content[id as usize][offset..];
                let piece = &content[..content.len().min(100_000)];
                self.data(id, offset as u64, piece);
            }
            Job::End(id) => {
                let root = self.offer.root(id);
                let ended = self
                    .machine
                    .end(id, self.offer.size(id), &root, &mut self.out);
                ended.unwrap();
            }
        }
        true
    }

    fn group(&mut self, id: u32, group: u64, rng: &mut Rng) {
        let offer = self.offer;
        let bytes = offer.group(id, group);
        if is_hole(bytes) {
            return self.machine.holes(id, group, 1, &mut self.out).unwrap();
        }
        let start = group * GROUP_BYTES;
        let cut = rng.below(bytes.len() as u64 + 1) as usize;
        let (first, second) = bytes.split_at(if rng.chance(500) { cut } else { 0 });
        self.data(id, start, first);
        self.data(id, start + first.len() as u64, second);
        if offer.groups(id) > 1 {
            let cv = cv(offer.size(id), group, bytes);
            self.machine.sum(id, group, &cv, &mut self.out).unwrap();
        }
    }

    fn data(&mut self, id: u32, offset: u64, bytes: &[u8]) {
        if !bytes.is_empty() {
            let announced = self
                .machine
                .data(id, offset, bytes.len() as u32, &mut self.out);
            announced.unwrap();
            self.out.extend_from_slice(bytes);
            self.known.bytes_sent += bytes.len() as u64;
        }
    }
}
