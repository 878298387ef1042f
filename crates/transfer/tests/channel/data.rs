use barewire_transfer::channel::{Channel, OUTPUT_BYTES_MAX};

use crate::link::{ACCEPT, CONNECT, open, read, read_in_pieces, records, sample, written};

/// Sends all bytes over, however often that takes.
fn send(ends: &mut [Channel; 2], from: usize, mut bytes: &[u8], piece: usize) -> Vec<u8> {
    let mut received = Vec::new();
    while !bytes.is_empty() {
        let taken = ends[from].encrypt(bytes);
        assert!(taken > 0);
        bytes = &bytes[taken..];
        let wire = written(&mut ends[from]);
        assert!(wire.len() <= OUTPUT_BYTES_MAX);
        received.extend(read_in_pieces(&mut ends[1 - from], &wire, piece).unwrap());
    }
    received
}

#[test]
fn what_goes_in_comes_out() {
    for len in [1, 2, 16383, 16384, 16385, 300_000, 1 << 20] {
        for from in [CONNECT, ACCEPT] {
            for piece in [1000, 16406, 65536] {
                let bytes = sample(len);
                assert!(send(&mut open(), from, &bytes, piece) == bytes);
            }
        }
    }
    let bytes = sample(40_000);
    for piece in [1, 7, 22, 4096] {
        assert!(send(&mut open(), CONNECT, &bytes, piece) == bytes);
    }
}

#[test]
fn little_more_than_a_record_is_kept() {
    let mut ends = open();
    let bytes = sample(200_000);
    assert_eq!(ends[CONNECT].encrypt(&bytes), bytes.len());
    let wire = written(&mut ends[CONNECT]);
    let mut used = 0;
    let mut received = Vec::new();
    while used < wire.len() {
        used += ends[ACCEPT].handle_input(&wire[used..]).unwrap();
        let plaintext = ends[ACCEPT].plaintext().to_vec();
        assert!(plaintext.len() <= 18 << 10);
        // What was taken and not given out is a part of one record.
        let whole = received.len() + plaintext.len();
        assert!(used <= whole + 22 * (whole / 16384 + 1) + (18 << 10));
        if !plaintext.is_empty() {
            // It takes nothing before that is consumed, in two steps or one.
            assert_eq!(ends[ACCEPT].handle_input(&wire[used..]), Ok(0));
            ends[ACCEPT].consume(1);
            assert_eq!(ends[ACCEPT].handle_input(&wire[used..]), Ok(0));
            if plaintext.len() > 1 {
                assert_eq!(ends[ACCEPT].plaintext(), &plaintext[1..]);
            }
            ends[ACCEPT].consume(plaintext.len() - 1);
        }
        received.extend(plaintext);
    }
    assert!(received == bytes);
}

#[test]
fn no_more_is_encrypted_than_may_wait() {
    let mut ends = open();
    let bytes = sample(1 << 20);
    let taken = ends[CONNECT].encrypt(&bytes);
    assert_eq!(taken, 16 << 14);
    assert_eq!(ends[CONNECT].output().len(), OUTPUT_BYTES_MAX);
    assert_eq!(ends[CONNECT].encrypt(&bytes), 0);
    assert_eq!(ends[CONNECT].encrypt(b"x"), 0);
    // A part is written: whole records may follow, and no slivers.
    let some = ends[CONNECT].output()[..20_000].to_vec();
    ends[CONNECT].consume_output(20_000);
    assert_eq!(ends[CONNECT].encrypt(&bytes), 1 << 14);
    // A short message fits where a record does not.
    assert_eq!(ends[CONNECT].encrypt(&bytes), 0);
    assert_eq!(ends[CONNECT].encrypt(b"short"), 5);
    let rest = written(&mut ends[CONNECT]);
    let received = read(&mut ends[ACCEPT], &[&some[..], &rest].concat()).unwrap();
    let expected = [&bytes[..16 << 14], &bytes[..1 << 14], b"short"].concat();
    assert!(received == expected);
}

#[test]
fn parts_are_joined_in_records() {
    let mut ends = open();
    let bytes = sample(100_000);
    let parts: [&[u8]; 5] = [
        &bytes[..10],
        b"",
        &bytes[10..16390],
        &bytes[16390..16391],
        &bytes[16391..],
    ];
    assert_eq!(ends[CONNECT].encrypt_parts(&parts), bytes.len());
    let wire = written(&mut ends[CONNECT]);
    assert_eq!(records(&wire).len(), bytes.len().div_ceil(16384));
    assert!(read(&mut ends[ACCEPT], &wire).unwrap() == bytes);
    // Where not all fits, it is the front that is taken.
    let long = sample(200_000);
    let taken = ends[CONNECT].encrypt_parts(&[&bytes, &long, &long]);
    assert_eq!(taken, 16 << 14);
    let wire = written(&mut ends[CONNECT]);
    let expected = [&bytes[..], &long].concat();
    assert!(read(&mut ends[ACCEPT], &wire).unwrap() == expected[..taken]);
    assert_eq!(ends[CONNECT].encrypt_parts(&[]), 0);
    assert_eq!(ends[CONNECT].encrypt_parts(&[b"", b""]), 0);
    assert!(!ends[CONNECT].wants_write());
}

#[test]
fn a_goodbye_is_told_from_a_cut() {
    for from in [CONNECT, ACCEPT] {
        let mut ends = open();
        ends[from].encrypt(b"last words");
        ends[from].close();
        ends[from].close();
        assert_eq!(ends[from].encrypt(b"more"), 0);
        let mut wire = written(&mut ends[from]);
        wire.extend_from_slice(b"behind a goodbye nothing counts");
        let cut = records(&wire[..wire.len() - 31])[0].len();
        assert_eq!(
            read(&mut ends[1 - from], &wire[..cut]).unwrap(),
            b"last words"
        );
        assert!(!ends[1 - from].peer_closed());
        assert_eq!(read(&mut ends[1 - from], &wire[cut..]).unwrap(), b"");
        assert!(ends[1 - from].peer_closed());
        // The other direction is still open.
        assert_eq!(ends[1 - from].encrypt(b"bye"), 3);
        let wire = written(&mut ends[1 - from]);
        assert_eq!(read(&mut ends[from], &wire).unwrap(), b"bye");
    }
}

/// Last words and goodbye in one read.
#[test]
fn what_came_before_a_goodbye_is_not_lost() {
    let mut ends = open();
    ends[CONNECT].encrypt(b"last words");
    ends[CONNECT].close();
    let wire = written(&mut ends[CONNECT]);
    assert_eq!(ends[ACCEPT].handle_input(&wire), Ok(wire.len()));
    assert!(ends[ACCEPT].peer_closed());
    assert_eq!(ends[ACCEPT].plaintext(), b"last words");
    ends[ACCEPT].consume(usize::MAX);
    assert_eq!(ends[ACCEPT].plaintext(), b"");
    assert_eq!(ends[ACCEPT].handle_input(b"more"), Ok(4));
}

/// AES-GCM is good for 2^24 records under one key; rustls takes a new one then, and the other end follows.
#[test]
#[ignore = "encrypts 17 million records, which takes a while"]
fn keys_are_changed_in_time() {
    let mut ends = open();
    let mut told = 0;
    for record in 0..(1u64 << 24) + 1000 {
        let bytes = record.to_be_bytes();
        assert_eq!(ends[CONNECT].encrypt(&bytes), bytes.len());
        let wire = written(&mut ends[CONNECT]);
        told += usize::from(wire.len() > 30);
        assert_eq!(ends[ACCEPT].handle_input(&wire), Ok(wire.len()));
        assert_eq!(ends[ACCEPT].plaintext(), bytes);
        ends[ACCEPT].consume(8);
    }
    assert!(told > 0);
}
