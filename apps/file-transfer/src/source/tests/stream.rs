use std::ffi::OsStr;
use std::io::{self, Cursor, Read, Write};

use super::*;

fn start(input: impl Read + Send + 'static) -> Watched {
    let scan = scan_input(OsStr::new("input"), &ScanOptions::default()).unwrap();
    assert_eq!(scan.manifest.entries()[0].kind, Kind::Stream);
    let options = Options {
        input: Some(Box::new(input)),
        ..Options::default()
    };
    Watched::with(&scan.places, options, |_| {})
}

/// All of a stream to its end.
#[track_caller]
fn whole(watched: &Watched) -> (Vec<u8>, Root) {
    let mut all = Vec::new();
    loop {
        match watched.next() {
            Report::Piece { offset, bytes, .. } => {
                assert_eq!(offset, all.len() as u64);
                assert!((1..=PIECE_BYTES_MAX).contains(&bytes.len()));
                all.extend_from_slice(&bytes);
                watched.worker.send(Job::Buffer(bytes));
            }
            Report::End { id: 0, root } => return (all, root),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_stream_of_any_length() {
    for len in [0, 1, PIECE_BYTES_MAX, PIECE_BYTES_MAX + 1, 9 * MIB + 7] {
        let watched = start(Cursor::new(bytes(len)));
        watched.send_whole(0);
        assert_eq!(whole(&watched), (bytes(len), hash(&bytes(len))), "{len}");
    }
}

#[test]
fn what_there_is_does_not_wait_for_more() {
    let (reader, mut writer) = io::pipe().unwrap();
    let watched = start(reader);
    watched.send_whole(0);
    for word in [b"one".as_slice(), b"two", b"three"] {
        writer.write_all(word).unwrap();
        match watched.next() {
            Report::Piece { bytes, .. } => assert_eq!(bytes, word),
            other => panic!("{other:?}"),
        }
    }
    drop(writer);
    match watched.next() {
        Report::End { root, .. } => assert_eq!(root, hash(b"onetwothree")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn no_more_is_read_than_there_is_room_for() {
    struct Endless;
    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            Ok(buffer.len())
        }
    }
    let watched = start(Endless);
    watched.send_whole(0);
    let mut lent = Vec::new();
    for _ in 0..31 {
        match watched.next() {
            Report::Piece { bytes, .. } => lent.push(bytes),
            other => panic!("{other:?}"),
        }
    }
    watched.worker.send(Job::Cancel { id: 7 });
    assert!(matches!(watched.next(), Report::Cancelled { id: 7 }));
    watched.worker.send(Job::Buffer(lent.pop().unwrap()));
    assert!(matches!(watched.next(), Report::Piece { .. }));
}

#[test]
fn a_stream_that_says_nothing_can_be_given_up() {
    let (reader, mut writer) = io::pipe().unwrap();
    let watched = start(reader);
    watched.send_whole(0);
    writer.write_all(b"a word").unwrap();
    assert!(matches!(watched.next(), Report::Piece { .. }));
    watched.worker.send(Job::Cancel { id: 0 });
    assert!(matches!(watched.next(), Report::Cancelled { id: 0 }));
    watched.send_whole(0);
    watched.told(0).fails(
        SourceErrorKind::Spent,
        "standard input cannot be read from its beginning again",
    );
    watched.worker.join();
    drop(writer);
}

#[test]
fn an_error_and_what_is_none() {
    struct Faulty(Vec<io::Result<&'static [u8]>>);
    impl Read for Faulty {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let bytes = self.0.remove(0)?;
            buffer[..bytes.len()].copy_from_slice(bytes);
            Ok(bytes.len())
        }
    }
    let watched = start(Faulty(vec![
        Err(io::ErrorKind::Interrupted.into()),
        Ok(b"a"),
        Err(io::ErrorKind::WouldBlock.into()),
        Ok(b"b"),
        Err(io::ErrorKind::BrokenPipe.into()),
    ]));
    watched.send_whole(0);
    for expected in [b"a", b"b"] {
        match watched.next() {
            Report::Piece { bytes, .. } => assert_eq!(bytes, expected),
            other => panic!("{other:?}"),
        }
    }
    watched.told(0).fails(
        SourceErrorKind::Io,
        "cannot read standard input: broken pipe",
    );
}
