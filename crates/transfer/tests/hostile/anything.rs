//! Frames at random: nothing panics, and an error is the last word.

use std::time::{Duration, Instant};

use barewire_transfer::error::Code;
use barewire_transfer::receiver::{Event, Receiver};
use barewire_transfer::sender::{self, Durability, Sender};
use barewire_transfer::tree::root_of_small;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::frames::*;

/// Numbers that matter.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![
        0..4u64,
        prop::sample::select(vec![
            10,
            MIB,
            2 * MIB,
            LARGE,
            LARGE - 1,
            u64::MAX,
            u64::MAX - MIB,
            1 << 44
        ]),
    ]
}

fn anything() -> impl Strategy<Value = Vec<u8>> {
    let id = prop_oneof![9 => 0..10u32, 1 => any::<u32>()];
    let kind = prop_oneof![
        9 => prop::sample::select((HELLO..=DECISIONS_END).chain(DATA..=WANT).chain(TEXT..=BYE).filter(|kind| !matches!(*kind, CANCEL | ERROR | BYE)).collect::<Vec<_>>()),
        1 => any::<u8>(),
    ];
    let payload = prop_oneof![
        3 => (number(), number()).prop_map(|(a, b)| [a.to_be_bytes(), b.to_be_bytes()].concat()),
        3 => (number(), any::<bool>()).prop_map(|(a, same)| [&a.to_be_bytes()[..], &[if same { 7 } else { 8 }; 32]].concat()),
        1 => vec(0..6u8, 0..12),
        1 => vec(any::<u8>(), 0..60),
    ];
    let data = (0..10u32, number(), 0..20u32)
        .prop_map(|(id, offset, len)| data(id, offset, &vec![1; len as usize]));
    prop_oneof![
        6 => (kind, id, payload).prop_map(|(kind, id, payload)| frame(kind, id, &[&payload])),
        1 => Just(hello()),
        3 => data,
        1 => Just(data_of_small()),
        1 => Just(acceptance()),
    ]
}

/// A file that comes as it should.
fn data_of_small() -> Vec<u8> {
    [
        data(SMALL, 0, &[1; 10]),
        end(SMALL, 10, *root_of_small(&[1; 10]).as_bytes()),
    ]
    .concat()
}

fn receive(mut receiver: Receiver, bytes: &[u8]) {
    let mut now = Instant::now();
    let mut out = Vec::new();
    let mut used = 0;
    let mut last = None;
    let error = loop {
        now += Duration::from_millis(1);
        match receiver.handle_input(now, &bytes[used..], &mut out) {
            Ok((_, None)) => return,
            Ok((len, Some(event))) => {
                used += len;
                if let Event::Data { id, offset, bytes } = event {
                    assert!(
                        matches!(id, WHOLE | SMALL | RESUMED)
                            && offset + bytes.len() as u64 <= LARGE
                    );
                    last = Some((id, offset / MIB));
                }
            }
            Err(error) => break error,
        }
        // A caller that does anything at any time, right or wrong.
        if let Some((id, group)) = last {
            receiver.wrote(id, group, *root_of_small(&[1; 10]).as_bytes(), &mut out);
        }
        receiver.checked(RESUMED, 1, None, &mut out);
        let _ = receiver.stored(SMALL, Durability::Durable, &mut out);
        if used % 7 == 0 {
            let _ = receiver.fail(WHOLE, Code::Io, "", &mut out);
            let _ = receiver.want_all(COMPARED, &mut out);
        }
    };
    assert_eq!(
        receiver.handle_input(now, bytes, &mut out),
        Err(error.clone())
    );
    assert_eq!(receiver.handle_end(), Err(error));
}

fn send(mut sender: Sender, bytes: &[u8]) {
    let now = Instant::now();
    let mut out = Vec::new();
    let mut used = 0;
    let error = loop {
        match sender.handle_input(now, &bytes[used..], &mut out) {
            Ok((_, None)) => return,
            Ok((len, event)) => {
                used += len;
                if let Some(sender::Event::Want { id, first, count }) = event {
                    assert!(matches!(id, WHOLE | SMALL | RESUMED) && first + count <= 3);
                }
            }
            Err(error) => break error,
        }
        let _ = sender.data(SMALL, 0, 10, &mut out);
        let _ = sender.end(SMALL, 10, &root_of_small(&[1; 10]), &mut out);
    };
    assert_eq!(
        sender.handle_input(now, bytes, &mut out),
        Err(error.clone())
    );
    assert_eq!(sender.handle_end(), Err(error));
}

proptest! {
    #[test]
    fn nothing_panics(frames in vec(anything(), 0..12)) {
        let bytes = frames.concat();
        for receiver in [receiver(Default::default()), receiver_that_heard(&hello()), accepted()] {
            receive(receiver, &bytes);
        }
        for sender in [greeted(), offering(), sending()] {
            send(sender, &bytes);
        }
    }

    #[test]
    fn nor_does_what_is_no_frame(bytes in vec(any::<u8>(), 0..100)) {
        receive(accepted(), &bytes);
        send(sending(), &bytes);
    }
}
