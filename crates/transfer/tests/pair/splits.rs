//! However bytes are cut into reads, they say the same.

use std::time::Instant;

use barewire_transfer::manifest::{Kind, Manifest};
use barewire_transfer::receiver::{self, Decision, Receiver};
use barewire_transfer::sender::{self, Durability, Sender};
use barewire_transfer::session::Config;
use barewire_transfer::tree::{GROUP_BYTES, group_len};

use crate::offers::{MIB, Offer, cv};
use crate::rng::Rng;
use crate::support::sides;
use crate::world::{Accidents, World};

/// Receives at once, and notes what it was told.
struct Listener {
    machine: Receiver,
    manifest: Option<Manifest>,
    filling: Vec<u8>,
    told: Vec<String>,
    out: Vec<u8>,
}

impl Listener {
    fn new() -> Self {
        let mut out = Vec::new();
        Self {
            machine: Receiver::new(&sides().1, Config::default(), Instant::now(), &mut out),
            manifest: None,
            filling: Vec::new(),
            told: Vec::new(),
            out,
        }
    }

    fn event(&mut self, event: receiver::Event<'_>) {
        if let receiver::Event::Data { id, offset, bytes } = event {
            return self.data(id, offset, bytes);
        }
        self.told.push(format!("{event:?}"));
        match event {
            receiver::Event::Offer(manifest) => {
                let decisions = vec![Decision::Whole; manifest.entries().len()];
                self.machine.accept(&decisions, &mut self.out).unwrap();
                for (id, entry) in (0..).zip(manifest.entries()) {
                    if !matches!(entry.kind, Kind::File { .. }) {
                        self.stored(id);
                    }
                }
                self.manifest = Some(manifest);
            }
            receiver::Event::Holes { id, first, count } => {
                for group in first..first + count {
                    let zeros = vec![0; group_len(self.size(id), group) as usize];
                    self.wrote(id, group, &zeros);
                }
            }
            receiver::Event::Verified { id, .. } => self.stored(id),
            _ => {}
        }
    }

    fn size(&self, id: u32) -> u64 {
        match self.manifest.as_ref().unwrap().get(id).unwrap().kind {
            Kind::File { size, .. } => size,
            _ => 0,
        }
    }

    fn data(&mut self, id: u32, offset: u64, bytes: &[u8]) {
        assert_eq!(self.filling.len() as u64, offset % GROUP_BYTES);
        self.filling.extend_from_slice(bytes);
        let group = offset / GROUP_BYTES;
        if self.filling.len() as u64 == group_len(self.size(id), group) {
            let bytes = std::mem::take(&mut self.filling);
            self.told
                .push(format!("{id} {group} {:?}", blake3::hash(&bytes)));
            self.wrote(id, group, &bytes);
        }
    }

    fn wrote(&mut self, id: u32, group: u64, bytes: &[u8]) {
        let cv = cv(self.size(id), group, bytes);
        if let Some(event) = self.machine.wrote(id, group, cv, &mut self.out) {
            self.event(event);
        }
    }

    fn stored(&mut self, id: u32) {
        let told = self.machine.stored(id, Durability::Durable, &mut self.out);
        told.unwrap();
    }

    /// What it was told and what it answered, where reads have these sizes.
    fn hear(stream: &[u8], mut size: impl FnMut() -> usize) -> (Vec<String>, Vec<u8>) {
        let mut listener = Self::new();
        let now = Instant::now();
        let (mut start, mut end) = (0, 0);
        while end < stream.len() {
            end = stream.len().min(end + size());
            loop {
                let unread = &stream[start..end];
                let (used, event) = listener
                    .machine
                    .handle_input(now, unread, &mut listener.out)
                    .unwrap();
                start += used;
                match event {
                    Some(event) => listener.event(event),
                    None => break,
                }
            }
            // Heads and payloads are kept, never data.
            assert!(end - start < 10 + (64 << 10));
        }
        assert!(listener.machine.is_over());
        (listener.told, listener.out)
    }
}

/// Sends everything at once, and notes what it was told.
fn speak(offer: &Offer, stream: &[u8], mut size: impl FnMut() -> usize) -> (Vec<String>, Vec<u8>) {
    let now = Instant::now();
    let mut out = Vec::new();
    let mut machine = Sender::new(&sides().0, Config::default(), now, &mut out);
    let mut told = Vec::new();
    let (mut start, mut end) = (0, 0);
    while end < stream.len() {
        end = stream.len().min(end + size());
        loop {
            let (used, event) = machine
                .handle_input(now, &stream[start..end], &mut out)
                .unwrap();
            start += used;
            let Some(event) = event else {
                break;
            };
            match &event {
                sender::Event::Hello(_) => machine.offer(&offer.manifest, &mut out).unwrap(),
                sender::Event::Accepted(_) => {
                    for id in offer.ids().filter(|&id| offer.has_data(id)) {
                        let (size, root) = (offer.size(id), offer.root(id));
                        machine.end(id, size, &root, &mut out).unwrap();
                    }
                }
                _ => {}
            }
            told.push(format!("{event:?}"));
        }
    }
    assert!(machine.is_over() && machine.is_settled());
    (told, out)
}

#[test]
fn any_split_says_the_same() {
    for seed in 0..8 {
        let mut rng = Rng(seed);
        let offer = Offer::random(&mut rng);
        let mut world = World::new(offer, Rng(seed), Accidents::default());
        world.connect(u64::MAX).unwrap();
        let [from_sender, from_receiver] = std::mem::take(&mut world.carried);

        let whole = Listener::hear(&from_sender, || usize::MAX >> 1);
        for size in [7, 4096, 16 << 10, MIB + 1] {
            assert!(
                Listener::hear(&from_sender, || size.max(from_sender.len() >> 17)) == whole,
                "seed {seed}, {size}"
            );
        }
        let random = Listener::hear(&from_sender, || 1 + rng.below(70_000) as usize);
        assert!(random == whole, "seed {seed}");

        let whole = speak(&world.offer, &from_receiver, || usize::MAX >> 1);
        for size in [1, 2, 7, 300] {
            assert_eq!(
                speak(&world.offer, &from_receiver, || size),
                whole,
                "seed {seed}, {size}"
            );
        }
    }
}

#[test]
fn one_byte_at_a_time() {
    let offer = Offer::files(vec![vec![1; 300], vec![0; MIB], Vec::new()]);
    let mut world = World::new(offer, Rng(1), Accidents::default());
    world.connect(u64::MAX).unwrap();
    let whole = Listener::hear(&world.carried[0], || usize::MAX >> 1);
    assert_eq!(Listener::hear(&world.carried[0], || 1), whole);
}
