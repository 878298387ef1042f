//! A program that receives.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::time::Instant;

use barewire_transfer::error::{Code, Error};
use barewire_transfer::manifest::{Kind, Manifest};
use barewire_transfer::receiver::{Decision, Event, Receiver};
use barewire_transfer::sender::Durability;
use barewire_transfer::session::Config;
use barewire_transfer::tree::{Cv, GROUP_BYTES, Root, group_len, groups};

use crate::offers::{MIB, cv, root};
use crate::rng::Rng;
use crate::support::sides;
use crate::world::Accidents;

/// So many groups may wait to be written.
const WRITES_MAX: usize = 4;

/// What lasts longer than a connection.
#[derive(Default)]
pub(crate) struct Disk {
    /// What is there under its name; empty for directories and links.
    pub(crate) stored: HashMap<u32, Vec<u8>>,
    /// What was there before, and looks as what is offered.
    pub(crate) alike: HashMap<u32, Vec<u8>>,
    pub(crate) refused: HashSet<u32>,
    parts: HashMap<u32, Part>,
    /// Groups that were garbled when they were written, or later.
    pub(crate) garbled: u64,
}

#[derive(Default)]
struct Part {
    bytes: Vec<u8>,
    /// Groups, and what they were when they were written.
    journal: BTreeMap<u64, Cv>,
}

enum Job {
    Write(u32, u64, Vec<u8>),
    /// A hole: nothing is written, so nothing is garbled.
    Clear(u32, u64, Vec<u8>),
    Check(u32, u64),
    Compare(u32, Root),
    Finish(u32, Root),
    /// A directory or a link.
    Make(u32),
}

pub(crate) struct Receiving<'a> {
    pub(crate) machine: Receiver,
    disk: &'a mut Disk,
    accidents: Accidents,
    manifest: Option<Manifest>,
    /// The group that is coming.
    filling: Option<(u32, Vec<u8>)>,
    jobs: VecDeque<Job>,
    pub(crate) out: Vec<u8>,
    input: Vec<u8>,
    pub(crate) said_bye: bool,
}

impl<'a> Receiving<'a> {
    pub(crate) fn new(disk: &'a mut Disk, accidents: Accidents, now: Instant) -> Self {
        let mut out = Vec::new();
        Self {
            machine: Receiver::new(&sides().1, Config::default(), now, &mut out),
            disk,
            accidents,
            manifest: None,
            filling: None,
            jobs: VecDeque::new(),
            out,
            input: Vec::new(),
            said_bye: false,
        }
    }

    /// Whether bytes are to be kept from it.
    pub(crate) fn is_busy(&self) -> bool {
        self.jobs.len() >= WRITES_MAX
    }

    pub(crate) fn receive(
        &mut self,
        now: Instant,
        bytes: &[u8],
        rng: &mut Rng,
    ) -> Result<(), Error> {
        self.input.extend_from_slice(bytes);
        let input = std::mem::take(&mut self.input);
        let mut used = 0;
        loop {
            let (len, event) = self
                .machine
                .handle_input(now, &input[used..], &mut self.out)?;
            used += len;
            match event {
                Some(event) => self.event(event, rng),
                None => break,
            }
        }
        self.input = input[used..].to_vec();
        Ok(())
    }

    fn size(&self, id: u32) -> u64 {
        match self.manifest.as_ref().unwrap().get(id).unwrap().kind {
            Kind::File { size, .. } => size,
            _ => 0,
        }
    }

    fn event(&mut self, event: Event<'_>, rng: &mut Rng) {
        match event {
            Event::Offer(manifest) => {
                let decisions = self.decide(&manifest, rng);
                self.manifest = Some(manifest);
                self.machine.accept(&decisions, &mut self.out).unwrap();
            }
            Event::Data { id, offset, bytes } => self.data(id, offset, bytes),
            Event::Holes { id, first, count } => {
                for group in first..first + count {
                    let len = group_len(self.size(id), group) as usize;
                    self.jobs.push_back(Job::Clear(id, group, vec![0; len]));
                }
            }
            Event::Check { id, groups } => {
                let groups = groups.into_iter().flatten();
                self.jobs.extend(groups.map(|group| Job::Check(id, group)));
            }
            Event::Verified { id, root } => self.jobs.push_back(Job::Finish(id, root)),
            Event::Same { id, root } => self.jobs.push_back(Job::Compare(id, root)),
            Event::StreamEnded { id, size, root } => {
                assert_eq!(self.part(id).bytes.len() as u64, size);
                self.jobs.push_back(Job::Finish(id, root));
            }
            Event::Failed { id, .. } => {
                self.disk.refused.insert(id);
                self.drop_filling(id);
            }
            Event::Bye => {
                self.said_bye = true;
                self.machine.bye(&mut self.out);
            }
            _ => {}
        }
    }

    fn decide(&mut self, manifest: &Manifest, rng: &mut Rng) -> Vec<Decision> {
        let mut decisions = Vec::new();
        for (id, entry) in (0..).zip(manifest.entries()) {
            let is_file = matches!(entry.kind, Kind::File { .. });
            let has_data = is_file || entry.kind == Kind::Stream;
            let again = self.disk.parts.contains_key(&id);
            decisions.push(if self.disk.stored.contains_key(&id) {
                Decision::Stored
            } else if self.disk.refused.contains(&id)
                || !again && rng.chance(self.accidents.declining)
            {
                self.disk.refused.insert(id);
                Decision::Declined
            } else if is_file && self.disk.alike.contains_key(&id) {
                Decision::Compare
            } else if is_file && again {
                Decision::Resume(self.claims(id, rng))
            } else {
                if !has_data {
                    self.jobs.push_back(Job::Make(id));
                }
                Decision::Whole
            });
        }
        decisions
    }

    /// What the journal says, which need not be true any more.
    fn claims(&mut self, id: u32, rng: &mut Rng) -> Vec<(u64, Cv)> {
        let (rotting, lying) = (self.accidents.rotting, self.accidents.lying);
        let disk = &mut *self.disk;
        let part = disk.parts.get_mut(&id).unwrap();
        let mut claims = Vec::new();
        for (&group, &cv) in &part.journal {
            let mut cv = cv;
            if rng.chance(rotting) {
                disk.garbled += 1;
                part.bytes[group as usize * MIB] ^= 1;
            }
            if rng.chance(lying) {
                disk.garbled += 1;
                cv[0] ^= 1;
            }
            claims.push((group, cv));
        }
        claims
    }

    fn part(&mut self, id: u32) -> &mut Part {
        self.disk.parts.entry(id).or_default()
    }

    fn data(&mut self, id: u32, offset: u64, bytes: &[u8]) {
        let kind = &self.manifest.as_ref().unwrap().get(id).unwrap().kind;
        if *kind == Kind::Stream {
            let part = self.part(id);
            assert_eq!(part.bytes.len() as u64, offset);
            return part.bytes.extend_from_slice(bytes);
        }
        // It never reaches into another group, and the pieces of one have nothing between them.
        let group = offset / GROUP_BYTES;
        let size = self.size(id);
        let (filled, filling) = self.filling.get_or_insert_with(|| (id, Vec::new()));
        assert_eq!((*filled, filling.len() as u64), (id, offset % GROUP_BYTES));
        filling.extend_from_slice(bytes);
        if filling.len() as u64 == group_len(size, group)
            && let Some((_, bytes)) = self.filling.take()
        {
            self.jobs.push_back(Job::Write(id, group, bytes));
        }
    }

    fn drop_filling(&mut self, id: u32) {
        self.filling.take_if(|(filled, _)| *filled == id);
    }

    /// Does one thing, if there is one.
    pub(crate) fn work(&mut self, rng: &mut Rng) -> bool {
        let Some(job) = self.jobs.pop_front() else {
            return false;
        };
        let (Job::Write(id, ..)
        | Job::Clear(id, ..)
        | Job::Check(id, _)
        | Job::Compare(id, _)
        | Job::Finish(id, _)
        | Job::Make(id)) = job;
        if self.disk.refused.contains(&id) {
            return true;
        }
        if rng.chance(self.accidents.full) {
            self.disk.refused.insert(id);
            self.drop_filling(id);
            let failed = self
                .machine
                .fail(id, Code::NoSpace, "no space", &mut self.out);
            failed.unwrap();
            return true;
        }
        let event = match job {
            Job::Write(id, group, bytes) => {
                let bytes = self.garble(bytes, rng);
                self.write(id, group, &bytes)
            }
            Job::Clear(id, group, zeros) => self.write(id, group, &zeros),
            Job::Check(id, group) => {
                let size = self.size(id);
                let part = self.part(id);
                let bytes = part.bytes.chunks(MIB).nth(group as usize).unwrap();
                let cv = cv(size, group, bytes);
                self.machine.checked(id, group, Some(cv), &mut self.out)
            }
            Job::Compare(id, theirs) => {
                let ours = self.disk.alike.remove(&id).unwrap();
                if root(&ours) == theirs {
                    self.store(id, ours);
                } else {
                    self.machine.want_all(id, &mut self.out).unwrap();
                }
                None
            }
            Job::Finish(id, root) => {
                self.finish(id, root);
                None
            }
            Job::Make(id) => {
                self.store(id, Vec::new());
                None
            }
        };
        if let Some(event) = event {
            self.event(event, rng);
        }
        true
    }

    fn garble(&mut self, mut bytes: Vec<u8>, rng: &mut Rng) -> Vec<u8> {
        if rng.chance(self.accidents.garbling) {
            self.disk.garbled += 1;
            let at = rng.below(bytes.len() as u64) as usize;
            bytes[at] ^= 0x40;
        }
        bytes
    }

    fn write(&mut self, id: u32, group: u64, bytes: &[u8]) -> Option<Event<'static>> {
        let size = self.size(id);
        let cv = cv(size, group, bytes);
        let part = self.part(id);
        part.bytes.resize(size as usize, 0);
        part.bytes[group as usize * MIB..][..bytes.len()].copy_from_slice(bytes);
        if groups(size) > 1 {
            part.journal.insert(group, cv);
        }
        self.machine.wrote(id, group, cv, &mut self.out)
    }

    fn finish(&mut self, id: u32, said: Root) {
        let part = self.disk.parts.remove(&id).unwrap_or_default();
        assert_eq!(root(&part.bytes), said, "verified and wrong");
        self.store(id, part.bytes);
    }

    fn store(&mut self, id: u32, bytes: Vec<u8>) {
        let before = self.disk.stored.insert(id, bytes);
        assert!(before.is_none(), "stored twice");
        let told = self.machine.stored(id, Durability::Durable, &mut self.out);
        told.unwrap();
    }
}
