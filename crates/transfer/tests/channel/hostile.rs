//! Somebody who keeps to the handshake, and then to nothing: records under the right keys with anything in them.

use barewire_transfer::channel::{Channel, ChannelErrorKind, PROTOCOL};
use ring::aead::{AES_128_GCM, Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use rustls::{Connection, ConnectionTrafficSecrets};

use crate::foreign::{client, key, server, talk};
use crate::link::{drain, read};

const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const DATA: u8 = 23;

/// Makes records of any type.
struct Forge {
    key: LessSafeKey,
    iv: [u8; 12],
    sequence: u64,
}

impl Forge {
    fn new(sequence: u64, secrets: ConnectionTrafficSecrets) -> Self {
        let (algorithm, key, iv) = match &secrets {
            ConnectionTrafficSecrets::Aes128Gcm { key, iv } => (&AES_128_GCM, key, iv),
            ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv } => (&CHACHA20_POLY1305, key, iv),
            _ => panic!("a suite that is not offered"),
        };
        Self {
            key: LessSafeKey::new(UnboundKey::new(algorithm, key.as_ref()).unwrap()),
            iv: iv.as_ref().try_into().unwrap(),
            sequence,
        }
    }

    fn record(&mut self, kind: u8, payload: &[u8]) -> Vec<u8> {
        let mut nonce = self.iv;
        for (byte, count) in nonce[4..].iter_mut().zip(self.sequence.to_be_bytes()) {
            *byte ^= count;
        }
        self.sequence += 1;
        let mut sealed = [payload, &[kind]].concat();
        let mut head = vec![DATA, 3, 3];
        head.extend_from_slice(&(sealed.len() as u16 + 16).to_be_bytes());
        let nonce = Nonce::assume_unique_for_key(nonce);
        self.key
            .seal_in_place_append_tag(nonce, Aad::from(&head), &mut sealed)
            .unwrap();
        [head, sealed].concat()
    }
}

/// An accepting end and whoever connected to it, or the other way round.
fn meet(accepts: bool) -> (Channel, Forge) {
    let (mut channel, mut other): (Channel, Connection) = if accepts {
        (Channel::accept().unwrap(), client(&[PROTOCOL], true))
    } else {
        let key = key();
        (
            Channel::connect().unwrap(),
            server(&[PROTOCOL], &*key, key.clone()),
        )
    };
    assert_eq!(talk(&mut channel, &mut other), (None, None));
    let secrets = other.dangerous_extract_secrets().unwrap();
    let (sequence, secrets) = secrets.tx;
    (channel, Forge::new(sequence, secrets))
}

#[test]
fn records_of_our_own_making_are_read() {
    for accepts in [true, false] {
        let (mut channel, mut forge) = meet(accepts);
        for message in [b"one", b"two"] {
            let record = forge.record(DATA, message);
            assert_eq!(read(&mut channel, &record).unwrap(), message);
        }
        channel.handle_input(&forge.record(ALERT, &[1, 0])).unwrap();
        assert!(channel.peer_closed());
    }
}

/// What never ends, in records of such a size: how many bytes it takes for an error.
#[track_caller]
fn check_endless(accepts: bool, mut next: impl FnMut(&mut Forge) -> Vec<u8>, bytes_max: usize) {
    let (mut channel, mut forge) = meet(accepts);
    let mut bytes = 0;
    loop {
        let record = next(&mut forge);
        bytes += record.len();
        assert!(bytes <= bytes_max, "{bytes} bytes and no end");
        let mut rest = &record[..];
        while !rest.is_empty() {
            match channel.handle_input(rest) {
                Ok(used) => {
                    // It goes on, or gives something out.
                    assert!(used > 0 || !channel.plaintext().is_empty());
                    rest = &rest[used..];
                }
                Err(error) => {
                    let kinds = [ChannelErrorKind::Violation, ChannelErrorKind::Tampered];
                    assert!(kinds.contains(&error.kind), "{error}");
                    return;
                }
            }
            assert_eq!(drain(&mut channel), b"");
            assert!(channel.output().len() < 10_000);
        }
    }
}

#[test]
fn a_message_of_the_handshake_that_does_not_end() {
    for len in [60_000u32, 65_000, 65_535, 1 << 20] {
        for size in [1000, 16_000] {
            let mut first = true;
            let next = |forge: &mut Forge| {
                let mut payload = vec![0; size];
                if std::mem::take(&mut first) {
                    // A session ticket.
                    payload[0] = 4;
                    payload[1..4].copy_from_slice(&len.to_be_bytes()[1..]);
                }
                forge.record(HANDSHAKE, &payload)
            };
            check_endless(false, next, 200_000);
        }
    }
}

#[test]
fn requests_for_new_keys_without_end() {
    for accepts in [true, false] {
        // The next record would have to be under new keys; more requests fit in one.
        check_endless(
            accepts,
            |forge| forge.record(HANDSHAKE, &[24, 0, 0, 1, 1]),
            1000,
        );
        let many = [24, 0, 0, 1, 1].repeat(1000);
        check_endless(accepts, |forge| forge.record(HANDSHAKE, &many), 6000);
    }
}

#[test]
fn records_with_nothing_in_them() {
    for accepts in [true, false] {
        check_endless(accepts, |forge| forge.record(DATA, b""), 5000);
    }
}

#[test]
fn warnings_without_end() {
    for accepts in [true, false] {
        check_endless(accepts, |forge| forge.record(ALERT, &[1, 90]), 5000);
    }
}

#[test]
fn messages_that_have_no_place() {
    // Another hello, a certificate, a request for one, and types that do not exist.
    for kind in [0, 1, 2, 5, 8, 11, 13, 15, 20, 99, 254] {
        for accepts in [true, false] {
            let (mut channel, mut forge) = meet(accepts);
            let record = forge.record(HANDSHAKE, &[kind, 0, 0, 4, 1, 2, 3, 4]);
            assert!(read(&mut channel, &record).is_err(), "{kind} {accepts}");
        }
    }
    for kind in [0, 20, 24, 255] {
        for accepts in [true, false] {
            let (mut channel, mut forge) = meet(accepts);
            let record = forge.record(kind, b"1234");
            assert!(read(&mut channel, &record).is_err(), "{kind} {accepts}");
        }
    }
}

#[test]
fn a_record_too_long_for_its_plaintext() {
    for accepts in [true, false] {
        let (mut channel, mut forge) = meet(accepts);
        let record = forge.record(DATA, &[7; 16_385]);
        let error = read(&mut channel, &record).unwrap_err();
        assert_eq!(error.kind, ChannelErrorKind::Violation);
        let (mut channel, mut forge) = meet(accepts);
        let record = forge.record(DATA, &[7; 16_384]);
        assert!(read(&mut channel, &record).unwrap() == [7; 16_384]);
    }
}

/// The worst that can be kept at once: many small records, all of which are read before any is given out.
#[test]
fn many_small_records() {
    let (mut channel, mut forge) = meet(true);
    let mut wire = Vec::new();
    for byte in 0..10_000u32 {
        wire.extend(forge.record(DATA, &[byte as u8]));
    }
    let (mut used, mut received) = (0, 0u32);
    while used < wire.len() {
        used += channel.handle_input(&wire[used..]).unwrap();
        let plaintext = drain(&mut channel);
        assert!(plaintext.len() < 1000);
        for byte in plaintext {
            assert_eq!(byte, received as u8);
            received += 1;
        }
    }
    assert_eq!(received, 10_000);
}
