//! Frames by their bytes, and machines that have come so far.

use std::time::Instant;

use barewire_transfer::limits::Limits;
use barewire_transfer::manifest::{Entry, Kind, Manifest};
use barewire_transfer::name::{Encoding, EntryPath, NameRules, Portable};
use barewire_transfer::receiver::{Decision, Receiver};
use barewire_transfer::sender::Sender;
use barewire_transfer::session::Config;

use crate::support::sides;

pub(crate) const HELLO: u8 = 0x10;
pub(crate) const OFFER: u8 = 0x11;
pub(crate) const OFFER_END: u8 = 0x12;
pub(crate) const DECISIONS: u8 = 0x13;
pub(crate) const CLAIM: u8 = 0x14;
pub(crate) const DECISIONS_END: u8 = 0x15;
pub(crate) const DATA: u8 = 0x20;
pub(crate) const HOLES: u8 = 0x21;
pub(crate) const SUM: u8 = 0x22;
pub(crate) const END: u8 = 0x23;
pub(crate) const FAILED: u8 = 0x24;
pub(crate) const STORED: u8 = 0x25;
pub(crate) const WANT: u8 = 0x26;
pub(crate) const TEXT: u8 = 0x30;
pub(crate) const PING: u8 = 0x31;
pub(crate) const PONG: u8 = 0x32;
pub(crate) const PROGRESS: u8 = 0x33;
pub(crate) const CANCEL: u8 = 0x34;
pub(crate) const ERROR: u8 = 0x35;
pub(crate) const BYE: u8 = 0x36;

pub(crate) const MIB: u64 = 1 << 20;

/// Three groups, the last of five bytes.
pub(crate) const LARGE: u64 = 2 * MIB + 5;

// What is offered, by id.
pub(crate) const DIRECTORY: u32 = 0;
pub(crate) const WHOLE: u32 = 1;
pub(crate) const SMALL: u32 = 2;
pub(crate) const DECLINED: u32 = 3;
pub(crate) const COMPARED: u32 = 4;
pub(crate) const EMPTY: u32 = 5;
/// Its second group is claimed.
pub(crate) const RESUMED: u32 = 6;
pub(crate) const LINK: u32 = 7;
pub(crate) const STORED_BEFORE: u32 = 8;

pub(crate) fn frame(kind: u8, id: u32, payload: &[&[u8]]) -> Vec<u8> {
    let payload = payload.concat();
    let mut frame = vec![kind, 0];
    frame.extend_from_slice(&id.to_be_bytes());
    frame.extend_from_slice(&(payload.len() as u32).to_be_bytes());
    frame.extend_from_slice(&payload);
    frame
}

pub(crate) fn hello() -> Vec<u8> {
    let mut hello = Vec::new();
    let _ = Sender::new(&sides().0, Config::default(), Instant::now(), &mut hello);
    hello
}

pub(crate) fn data(id: u32, offset: u64, bytes: &[u8]) -> Vec<u8> {
    let mut data = announced(id, offset, bytes.len() as u32);
    data.extend_from_slice(bytes);
    data
}

pub(crate) fn announced(id: u32, offset: u64, len: u32) -> Vec<u8> {
    frame(DATA, id, &[&offset.to_be_bytes(), &len.to_be_bytes()])
}

pub(crate) fn run(kind: u8, id: u32, first: u64, count: u64) -> Vec<u8> {
    frame(kind, id, &[&first.to_be_bytes(), &count.to_be_bytes()])
}

pub(crate) fn sum(id: u32, group: u64, cv: [u8; 32]) -> Vec<u8> {
    frame(SUM, id, &[&group.to_be_bytes(), &cv])
}

pub(crate) fn end(id: u32, size: u64, root: [u8; 32]) -> Vec<u8> {
    frame(END, id, &[&size.to_be_bytes(), &root])
}

pub(crate) fn failed(id: u32) -> Vec<u8> {
    frame(FAILED, id, &[&[0, 0], b"why"])
}

pub(crate) fn stored(id: u32) -> Vec<u8> {
    frame(STORED, id, &[&[1]])
}

pub(crate) fn claim(id: u32, first: u64, values: usize) -> Vec<u8> {
    frame(CLAIM, id, &[&first.to_be_bytes(), &vec![7; 32 * values]])
}

pub(crate) fn manifest(kinds: &[Kind]) -> Manifest {
    let limits = Limits::default();
    let rules = NameRules::new(Encoding::Bytes, Portable::No, &limits);
    let entries = (0..).zip(kinds).map(|(number, kind)| Entry {
        path: EntryPath::new(format!("{number}").as_bytes(), &rules).unwrap(),
        kind: kind.clone(),
        mode: None,
        modified: None,
    });
    Manifest::new(entries.collect(), &rules, &limits).unwrap()
}

pub(crate) fn file(size: u64) -> Kind {
    Kind::File {
        size,
        data_bytes: size,
    }
}

fn usual() -> Manifest {
    let link = Kind::Symlink {
        target: b"1".to_vec(),
    };
    manifest(&[
        Kind::Directory,
        file(LARGE),
        file(10),
        file(10),
        file(10),
        file(0),
        file(LARGE),
        link,
        file(10),
    ])
}

fn decisions() -> Vec<Decision> {
    vec![
        Decision::Whole,
        Decision::Whole,
        Decision::Whole,
        Decision::Declined,
        Decision::Compare,
        Decision::Whole,
        Decision::Resume(vec![(1, [9; 32])]),
        Decision::Whole,
        Decision::Stored,
    ]
}

/// All that a sender says to offer this.
pub(crate) fn offer(manifest: &Manifest) -> Vec<u8> {
    let mut offer = Vec::new();
    for (number, part) in (0..).zip(manifest.encode_parts(64 << 10)) {
        offer.extend(frame(OFFER, number, &[&part]));
    }
    offer.extend(frame(OFFER_END, manifest.count(), &[&manifest.digest()]));
    offer
}

/// A receiver that has said hello, and this is its configuration.
pub(crate) fn receiver(config: Config) -> Receiver {
    Receiver::new(&sides().1, config, Instant::now(), &mut Vec::new())
}

/// A receiver that has heard so much.
pub(crate) fn receiver_that_heard(bytes: &[u8]) -> Receiver {
    let mut receiver = receiver(Config::default());
    feed(&mut receiver, bytes);
    receiver
}

pub(crate) fn feed(receiver: &mut Receiver, bytes: &[u8]) {
    let mut used = 0;
    while used < bytes.len() {
        let step = receiver.handle_input(Instant::now(), &bytes[used..], &mut Vec::new());
        let (len, event) = step.unwrap();
        used += len;
        assert!(event.is_some() || len > 0, "stuck");
    }
}

/// A receiver that has accepted the usual offer.
pub(crate) fn accepted() -> Receiver {
    accepted_of(&usual(), &decisions())
}

pub(crate) fn accepted_of(manifest: &Manifest, decisions: &[Decision]) -> Receiver {
    let mut receiver = receiver_that_heard(&[hello(), offer(manifest)].concat());
    receiver.accept(decisions, &mut Vec::new()).unwrap();
    receiver
}

/// A sender that has said hello and heard one.
pub(crate) fn greeted() -> Sender {
    let mut sender = Sender::new(
        &sides().0,
        Config::default(),
        Instant::now(),
        &mut Vec::new(),
    );
    let heard = sender.handle_input(Instant::now(), &hello(), &mut Vec::new());
    assert!(matches!(heard, Ok((_, Some(_)))));
    sender
}

/// A sender that has made the usual offer.
pub(crate) fn offering() -> Sender {
    let mut sender = greeted();
    sender.offer(&usual(), &mut Vec::new()).unwrap();
    sender
}

/// What accepts the usual offer.
pub(crate) fn acceptance() -> Vec<u8> {
    let decisions = frame(DECISIONS, 0, &[&[1, 1, 1, 0, 4, 1, 2, 1, 3]]);
    let claim = claim(RESUMED, 1, 1);
    [decisions, claim, frame(DECISIONS_END, 0, &[])].concat()
}

/// A sender whose offer was accepted.
pub(crate) fn sending() -> Sender {
    let mut sender = offering();
    let heard = sender.handle_input(Instant::now(), &acceptance(), &mut Vec::new());
    assert!(matches!(heard, Ok((_, Some(_)))));
    sender
}
