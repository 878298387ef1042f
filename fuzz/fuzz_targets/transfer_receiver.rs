//! Law: whatever a sender says whose offer was accepted, a receiver hears the same of it however it was cut into reads;
//! data comes of what was accepted and lies where it has to; what is verified has the hash that was said; an error is the
//! last word.
#![no_main]

use std::collections::HashMap;
use std::time::Instant;

use barewire_fuzz::Choices;
use barewire_fuzz::transfer::{MIB, manifest, piece, sides, usual};
use barewire_transfer::error::Error;
use barewire_transfer::manifest::{Kind, Manifest};
use barewire_transfer::receiver::{Decision, Event, Receiver};
use barewire_transfer::sender::{Durability, Sender};
use barewire_transfer::session::Config;
use barewire_transfer::tree::{Running, group_cv, group_len, groups, hole_cv, root_of_small};
use libfuzzer_sys::fuzz_target;

struct Program {
    machine: Receiver,
    offered: Manifest,
    decisions: Vec<Decision>,
    /// What was written.
    disk: HashMap<u32, Vec<u8>>,
    filling: HashMap<u32, Vec<u8>>,
    told: Vec<String>,
    out: Vec<u8>,
    /// Something is to be written wrongly, once.
    garble: bool,
}

fuzz_target!(|input: &[u8]| {
    let mut choices = Choices { rest: input };
    let size = piece(choices.byte());
    let ways = choices.byte();
    let whole = hear(choices.rest, piece(0), ways);
    assert!(hear(choices.rest, size, ways) == whole, "another cut");
});

type Heard = (Vec<String>, Vec<u8>, Option<Error>);

fn hear(bytes: &[u8], size: usize, ways: u8) -> Heard {
    let mut program = Program::new(ways);
    let now = Instant::now();
    let (mut start, mut end) = (0, 0);
    while end < bytes.len() {
        end = bytes.len().min(end + size);
        loop {
            let step = program
                .machine
                .handle_input(now, &bytes[start..end], &mut program.out);
            match step {
                Ok((used, Some(event))) => {
                    start += used;
                    program.event(event);
                }
                Ok((used, None)) => {
                    start += used;
                    assert!(end - start < 10 + (64 << 10));
                    break;
                }
                Err(error) => {
                    program.stays(&error);
                    return (program.told, program.out, Some(error));
                }
            }
        }
    }
    (program.told, program.out, None)
}

impl Program {
    fn new(ways: u8) -> Self {
        let offered = match ways & 1 {
            0 => usual(),
            _ => manifest(&[Kind::Stream]),
        };
        let decisions = match ways & 1 {
            0 => vec![
                Decision::Whole,
                Decision::Whole,
                Decision::Whole,
                Decision::Whole,
                Decision::Resume(vec![(1, group_cv(1, b"old"))]),
                Decision::Compare,
                Decision::Declined,
                Decision::Whole,
            ],
            _ => vec![Decision::Whole],
        };
        let now = Instant::now();
        let (mut out, mut from_sender) = (Vec::new(), Vec::new());
        let mut machine = Receiver::new(&sides().1, Config::default(), now, &mut out);
        let mut sender = Sender::new(&sides().0, Config::default(), now, &mut from_sender);
        let hello = sender.handle_input(now, &out, &mut Vec::new());
        assert!(hello.is_ok());
        assert_eq!(sender.offer(&offered, &mut from_sender), Ok(()));
        let mut used = 0;
        while used < from_sender.len() {
            let step = machine.handle_input(now, &from_sender[used..], &mut out);
            used += step.expect("an honest offer").0;
        }
        assert_eq!(machine.accept(&decisions, &mut out), Ok(()));
        let mut old = vec![0; MIB as usize + 3];
        old[MIB as usize..].copy_from_slice(b"old");
        Self {
            machine,
            offered,
            decisions,
            disk: HashMap::from([(4, old)]),
            filling: HashMap::new(),
            told: Vec::new(),
            out,
            garble: ways & 2 != 0,
        }
    }

    fn size(&self, id: u32) -> u64 {
        match self.offered.get(id).expect("offered").kind {
            Kind::File { size, .. } => size,
            _ => 0,
        }
    }

    fn event(&mut self, event: Event<'_>) {
        if let Event::Data { id, offset, bytes } = event {
            return self.data(id, offset, bytes);
        }
        self.told.push(format!("{event:?}"));
        match event {
            Event::Holes { id, first, count } => {
                assert!(count > 0 && first + count <= groups(self.size(id)));
                for group in first..first + count {
                    let zeros = vec![0; group_len(self.size(id), group) as usize];
                    self.write(id, group, &zeros);
                }
            }
            Event::Check { id, groups } => {
                assert_eq!(id, 4);
                for group in groups.into_iter().flatten() {
                    let start = (group * MIB) as usize;
                    let cv = group_cv(group, &self.disk[&id][start..]);
                    let event = self.machine.checked(id, group, Some(cv), &mut self.out);
                    event.into_iter().for_each(|event| self.event(event));
                }
            }
            Event::Verified { id, root } | Event::StreamEnded { id, root, .. } => {
                let mut running = Running::new();
                running.update(self.disk.get(&id).map_or(&[], Vec::as_slice));
                if matches!(event, Event::Verified { .. }) {
                    assert_eq!(running.root(), root, "verified and wrong");
                }
                let told = self.machine.stored(id, Durability::Durable, &mut self.out);
                assert_eq!(told, Ok(()));
            }
            Event::Same { id, .. } => {
                assert_eq!(self.machine.want_all(id, &mut self.out), Ok(()));
            }
            Event::Failed { id, .. } => {
                self.filling.remove(&id);
            }
            _ => {}
        }
    }

    fn data(&mut self, id: u32, offset: u64, bytes: &[u8]) {
        assert!(!bytes.is_empty());
        assert!(self.decisions[id as usize] != Decision::Declined);
        if self.offered.get(id).expect("offered").kind == Kind::Stream {
            let disk = self.disk.entry(id).or_default();
            assert_eq!(disk.len() as u64, offset);
            return disk.extend_from_slice(bytes);
        }
        let group = offset / MIB;
        let len = group_len(self.size(id), group);
        let filling = self.filling.entry(id).or_default();
        assert_eq!(filling.len() as u64, offset % MIB);
        filling.extend_from_slice(bytes);
        assert!(filling.len() as u64 <= len);
        if filling.len() as u64 == len {
            let bytes = self.filling.remove(&id).unwrap_or_default();
            self.told.push(format!("{id} {group}"));
            self.write(id, group, &bytes);
        }
    }

    fn write(&mut self, id: u32, group: u64, bytes: &[u8]) {
        let size = self.size(id);
        let disk = self.disk.entry(id).or_default();
        disk.resize(size as usize, 0);
        let place = &mut disk[(group * MIB) as usize..][..bytes.len()];
        place.copy_from_slice(bytes);
        if std::mem::take(&mut self.garble) {
            place[0] ^= 1;
        }
        let cv = match groups(size) {
            1 => *root_of_small(place).as_bytes(),
            _ if place.iter().all(|&byte| byte == 0) => hole_cv(group, place.len() as u64),
            _ => group_cv(group, place),
        };
        let event = self.machine.wrote(id, group, cv, &mut self.out);
        event.into_iter().for_each(|event| self.event(event));
    }

    fn stays(&mut self, error: &Error) {
        for bytes in [&b""[..], &[0x36, 0, 0, 0, 0, 0, 0, 0, 0, 0]] {
            let again = self
                .machine
                .handle_input(Instant::now(), bytes, &mut self.out);
            assert_eq!(again, Err(error.clone()));
        }
        assert_eq!(self.machine.handle_end(), Err(error.clone()));
    }
}
