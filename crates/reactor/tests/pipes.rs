//! Pipes, and whatever else Unix calls a file and can be waited for: FIFOs, terminals, counters, clocks.
#![cfg(unix)]

mod support;

use std::fs::File;
use std::io::{ErrorKind, PipeReader, Read, Write, pipe};
use std::os::fd::{AsRawFd, OwnedFd};

use barewire_reactor::{Event, Input, Interest, Key, Output, Reactor, Ready, Source};
use support::{assert_quiet, events, quiet_time, report_of, until};

/// What a source has to give until its end.
fn to_the_end<S>(reactor: &mut Reactor, key: Key<S>) -> Vec<u8>
where
    S: Source,
    for<'a> &'a S: Read,
{
    let mut all = Vec::new();
    until(reactor, |reactor, event| {
        if !matches!(event, Some(Event::Io { key: told, .. }) if told == key.raw()) {
            return false;
        }
        let mut buf = [0; 4096];
        match reactor.read(key, &mut buf).expect("a read") {
            Input::Bytes(n) => all.extend_from_slice(&buf[..n]),
            Input::End => return true,
            Input::Blocked => {}
        }
        false
    });
    all
}

#[test]
fn a_pipe_whose_writer_is_gone_gives_its_bytes_and_then_its_end() {
    let mut reactor = Reactor::new().unwrap();
    let (reader, mut writer) = pipe().unwrap();
    let key = reactor.insert(reader, Interest::READABLE).unwrap();
    assert_quiet(&mut reactor);
    writer.write_all(b"last words").unwrap();
    drop(writer);
    assert_eq!(to_the_end(&mut reactor, key), b"last words");
    assert!(reactor.remove(key).is_some());
    assert_quiet(&mut reactor);
}

/// Linux tells a hang-up alone here, without POLLIN.
#[test]
fn a_pipe_closed_without_a_word_is_at_its_end() {
    let mut reactor = Reactor::new().unwrap();
    let (reader, writer) = pipe().unwrap();
    let key = reactor.insert(reader, Interest::READABLE).unwrap();
    drop(writer);
    assert!(report_of(&mut reactor, key.raw()).is_readable());
    assert_eq!(reactor.read(key, &mut [0; 8]).unwrap(), Input::End);
    assert_eq!(reactor.stats().detached, 0);
}

#[test]
fn a_pipe_nobody_reads_refuses_what_is_written() {
    let mut reactor = Reactor::new().unwrap();
    let (reader, writer) = pipe().unwrap();
    let key = reactor.insert(writer, Interest::WRITABLE).unwrap();
    assert!(report_of(&mut reactor, key.raw()).is_writable());
    drop(reader);
    assert!(report_of(&mut reactor, key.raw()).is_writable());
    let error = reactor.write(key, b"anyone?").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
}

#[test]
fn a_paused_pipe_whose_other_end_closes_does_not_spin() {
    let mut reactor = Reactor::new().unwrap();
    let (reader, mut writer) = pipe().unwrap();
    let (far_reader, near_writer) = pipe().unwrap();
    let reader = reactor.insert(reader, Interest::READABLE).unwrap();
    let near_writer = reactor.insert(near_writer, Interest::NONE).unwrap();
    reactor.set_interest(reader, Interest::NONE).unwrap();
    writer.write_all(b"kept").unwrap();
    drop((writer, far_reader));
    let (seen, waits) = quiet_time(&mut reactor);
    for event in &seen {
        let Event::Io { ready, .. } = event else {
            panic!("{event:?}")
        };
        assert!(!ready.intersects(Ready::READABLE | Ready::WRITABLE));
    }
    assert!(
        seen.len() <= 2 && waits < 20,
        "{seen:?}, {waits} waits in 200 ms"
    );
    #[cfg(target_os = "linux")]
    assert_eq!((seen.len(), reactor.stats().detached), (2, 2));
    assert_quiet(&mut reactor);

    reactor.set_interest(reader, Interest::READABLE).unwrap();
    assert_eq!(to_the_end(&mut reactor, reader), b"kept");
    reactor.set_interest(reader, Interest::NONE).unwrap();
    reactor
        .set_interest(near_writer, Interest::WRITABLE)
        .unwrap();
    assert!(report_of(&mut reactor, near_writer.raw()).is_writable());
    assert!(reactor.write(near_writer, b"x").is_err());
}

#[test]
fn a_full_pipe_blocks_and_goes_on_when_there_is_room() {
    const BYTES: usize = 4 << 20;
    let mut reactor = Reactor::new().unwrap();
    let (mut reader, writer) = pipe().unwrap();
    let key = reactor.insert(writer, Interest::NONE).unwrap();
    let chunk: Vec<u8> = (0..10_007).map(|n| (n % 251) as u8).collect();
    let mut sent = 0;
    while let Output::Bytes(n) = reactor.write(key, &chunk[sent % chunk.len()..]).unwrap() {
        sent += n;
    }
    assert_eq!(reactor.stats().budget_stops, 0, "full, not out of turn");
    reactor.set_interest(key, Interest::WRITABLE).unwrap();
    assert_quiet(&mut reactor);

    let reading = std::thread::spawn(move || {
        let mut all = Vec::new();
        reader.read_to_end(&mut all).map(|_| all)
    });
    until(&mut reactor, |reactor, event| {
        while event.is_some() && sent < BYTES {
            match reactor.write(key, &chunk[sent % chunk.len()..]) {
                Ok(Output::Bytes(n)) => sent += n,
                Ok(Output::Blocked) => break,
                Err(error) => panic!("{error}"),
            }
        }
        sent >= BYTES
    });
    drop(reactor.remove(key));
    let all = reading.join().unwrap().unwrap();
    assert_eq!(all.len(), sent);
    assert!(all.chunks(chunk.len()).all(|part| chunk.starts_with(part)));
}

#[test]
fn two_pipes_carry_a_conversation_in_one_reactor() {
    let mut reactor = Reactor::new().unwrap();
    let (reader, writer) = pipe().unwrap();
    let reader = reactor.insert(reader, Interest::READABLE).unwrap();
    let writer = reactor.insert(writer, Interest::NONE).unwrap();
    for n in 0..100u8 {
        assert_eq!(reactor.write(writer, &[n; 3]).unwrap(), Output::Bytes(3));
        assert_eq!(report_of(&mut reactor, reader.raw()), Ready::READABLE);
        let mut buf = [0; 8];
        assert_eq!(reactor.read(reader, &mut buf).unwrap(), Input::Bytes(3));
        assert_eq!(buf[..3], [n; 3]);
        assert_eq!(reactor.read(reader, &mut buf).unwrap(), Input::Blocked);
    }
    let reader: PipeReader = reactor.remove(reader).unwrap();
    drop(reader);
    assert_eq!(
        reactor.write(writer, b"x").unwrap_err().kind(),
        ErrorKind::BrokenPipe
    );
}

const REFUSED: &str =
    "is always ready and cannot be watched; read it in place, or in a thread with a channel";

#[test]
fn files_and_directories_are_refused_and_given_back() {
    let mut reactor = Reactor::new().unwrap();
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(b"content").unwrap();
    let number = file.as_raw_fd();
    for (kind, file) in [
        ("a regular file", file),
        ("a directory", File::open("/").unwrap()),
    ] {
        let text = format!("{kind} {REFUSED}");
        let refused = reactor.insert(file, Interest::READABLE).unwrap_err();
        assert_eq!(refused.error.kind(), ErrorKind::Unsupported);
        assert_eq!(refused.error.to_string(), text);
        let refused = reactor
            .insert(OwnedFd::from(refused.source), Interest::WRITABLE)
            .unwrap_err();
        assert_eq!(refused.error.kind(), ErrorKind::Unsupported);
        assert_eq!(refused.error.to_string(), text);
        if kind == "a regular file" {
            assert_eq!(refused.source.as_raw_fd(), number);
            let mut content = String::new();
            let mut file = File::from(refused.source);
            std::io::Seek::rewind(&mut file).unwrap();
            file.read_to_string(&mut content).unwrap();
            assert_eq!(content, "content");
        }
    }
    assert_eq!((reactor.source_count(), reactor.stats().adds), (0, 0));
}

/// poll(2) says that it is always ready, epoll does not want to know of it.
#[cfg(target_os = "linux")]
#[test]
fn the_null_device_is_as_the_system_sees_it() {
    let mut reactor = Reactor::new().unwrap();
    let null = File::open("/dev/null").unwrap();
    let inserted = reactor.insert(null, Interest::READABLE);
    if cfg!(polling_test_poll_backend) {
        let key = inserted.unwrap();
        assert!(report_of(&mut reactor, key.raw()).is_readable());
        assert_eq!(reactor.read(key, &mut [0; 8]).unwrap(), Input::End);
    } else {
        let mut refused = inserted.unwrap_err();
        assert_eq!(refused.error.kind(), ErrorKind::Unsupported);
        assert_eq!(
            refused.error.to_string(),
            "this system cannot watch such a descriptor: Operation not permitted (os error 1)"
        );
        assert_eq!(refused.source.read(&mut [0; 8]).unwrap(), 0);
        assert_eq!(reactor.source_count(), 0);
    }
}

#[test]
fn an_owned_descriptor_is_read_by_an_operation_of_ones_own() {
    let mut reactor = Reactor::new().unwrap();
    let (reader, mut writer) = pipe().unwrap();
    let key = reactor
        .insert(OwnedFd::from(reader), Interest::READABLE)
        .unwrap();
    let mut buf = [0; 8];
    let mut read =
        |reactor: &mut Reactor| reactor.read_with(key, |fd| Ok(rustix::io::read(fd, &mut buf)?));
    assert_eq!(read(&mut reactor).unwrap(), Input::Blocked);
    writer.write_all(b"four").unwrap();
    assert_eq!(events(&mut reactor).len(), 1);
    assert_eq!(read(&mut reactor).unwrap(), Input::Bytes(4));
    drop(writer);
    assert_eq!(events(&mut reactor).len(), 1);
    assert_eq!(read(&mut reactor).unwrap(), Input::Bytes(0));
}
