//! Law: whatever a receiver says to an offer, a sender hears the same of it however it was cut into reads; plans, claims
//! and requests fit what was offered, and there are not many of them; an error is the last word.
#![no_main]

use std::time::Instant;

use barewire_fuzz::Choices;
use barewire_fuzz::transfer::{MIB, piece, sides, usual};
use barewire_transfer::error::Error;
use barewire_transfer::manifest::{Kind, Manifest};
use barewire_transfer::sender::{Event, Plan, Sender};
use barewire_transfer::session::Config;
use barewire_transfer::tree::{groups, root_of_small};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut choices = Choices { rest: input };
    let size = piece(choices.byte());
    let whole = hear(choices.rest, piece(0));
    assert!(hear(choices.rest, size) == whole, "another cut");
});

type Heard = (Vec<String>, Vec<u8>, Option<Error>);

fn hear(bytes: &[u8], size: usize) -> Heard {
    let now = Instant::now();
    let manifest = usual();
    let (mut told, mut out, mut hello) = (Vec::new(), Vec::new(), Vec::new());
    let mut machine = Sender::new(&sides().0, Config::default(), now, &mut hello);
    let greeted = machine.handle_input(now, &hello, &mut out);
    assert!(greeted.is_ok());
    assert_eq!(machine.offer(&manifest, &mut out), Ok(()));
    let offered = out.len();
    let mut wanted = vec![0; manifest.entries().len()];
    let (mut start, mut end) = (0, 0);
    while end < bytes.len() {
        end = bytes.len().min(end + size);
        loop {
            match machine.handle_input(now, &bytes[start..end], &mut out) {
                Ok((used, Some(event))) => {
                    start += used;
                    told.push(format!("{event:?}"));
                    follow(&mut machine, &manifest, event, &mut wanted, &mut out);
                }
                Ok((used, None)) => {
                    start += used;
                    assert!(end - start < 10 + (64 << 10));
                    break;
                }
                Err(error) => {
                    for bytes in [&b""[..], &[0x36, 0, 0, 0, 0, 0, 0, 0, 0, 0]] {
                        let again = machine.handle_input(now, bytes, &mut out);
                        assert_eq!(again, Err(error.clone()));
                    }
                    assert_eq!(machine.handle_end(), Err(error.clone()));
                    return (told, out, Some(error));
                }
            }
        }
    }
    // Time stands still, so that there is one answer to all questions for a sign of life.
    let commands = told.len() * manifest.entries().len() * 100;
    assert!(out.len() <= offered + commands + 10);
    (told, out, None)
}

fn size(manifest: &Manifest, id: u32) -> Option<u64> {
    match manifest.get(id).expect("offered").kind {
        Kind::File { size, .. } => Some(size),
        _ => None,
    }
}

fn follow(
    machine: &mut Sender,
    manifest: &Manifest,
    event: Event,
    wanted: &mut [u64],
    out: &mut Vec<u8>,
) {
    match event {
        Event::Accepted(plans) => {
            assert_eq!(plans.len(), manifest.entries().len());
            for (id, plan) in (0..).zip(plans) {
                let size = size(manifest, id);
                if let Plan::Resume(claims) = &plan {
                    assert!(claims.is_sorted_by(|a, b| a.0 < b.0));
                    let groups = groups(size.expect("only files are resumed"));
                    assert!(claims.iter().all(|&(group, _)| group < groups));
                }
                assert!(plan != Plan::Compare || size.is_some());
                send(machine, id, size, out);
            }
        }
        Event::Want { id, first, count } => {
            let size = size(manifest, id);
            let groups = groups(size.expect("only files have groups"));
            assert!(count > 0 && first + count <= groups);
            wanted[id as usize] += count;
            assert!(wanted[id as usize] <= groups + 64);
            // Some are answered, some never.
            if first == 0 {
                send(machine, id, size, out);
            }
        }
        Event::Stored { id, .. } | Event::Failed { id, .. } => {
            assert!(!machine.is_open(id));
            assert!(machine.data(id, 0, 1, out).is_err());
        }
        _ => {}
    }
}

/// As much as is allowed: one piece, and the end.
fn send(machine: &mut Sender, id: u32, size: Option<u64>, out: &mut Vec<u8>) {
    let Some(size) = size else {
        return assert!(!machine.is_open(id));
    };
    let _ = machine.data(id, 0, size.min(MIB) as u32, out);
    let _ = machine.end(id, size, &root_of_small(b""), out);
}
