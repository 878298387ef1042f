//! Descriptors that only Linux has, or has in this form, as sources: FIFOs, terminals, eventfds, timerfds, inotify.
#![cfg(target_os = "linux")]

mod support;

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use barewire_reactor::{Input, Interest, Key, Output, Reactor, Ready};
use rustix::event::{EventfdFlags, eventfd};
use rustix::fs::{CWD, FileType, Mode, OFlags, inotify};
use rustix::io::Errno;
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use support::{assert_quiet, report_of, until};

/// The next bytes of a file-like source.
fn next_bytes(reactor: &mut Reactor, key: Key<File>) -> Vec<u8> {
    loop {
        assert!(report_of(reactor, key.raw()).is_readable());
        let mut buf = [0; 256];
        match reactor.read(key, &mut buf).expect("a read") {
            Input::Bytes(n) => return buf[..n].to_vec(),
            Input::End => panic!("the end"),
            Input::Blocked => {}
        }
    }
}

#[test]
fn a_fifo_waits_for_its_writers_and_ends_with_the_last() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("fifo");
    rustix::fs::mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let reader = rustix::fs::open(&path, OFlags::RDONLY | OFlags::NONBLOCK, Mode::empty()).unwrap();
    let mut reactor = Reactor::new().unwrap();
    let key = reactor
        .insert(File::from(reader), Interest::READABLE)
        .unwrap();
    assert_quiet(&mut reactor);
    let mut first = OpenOptions::new().write(true).open(&path).unwrap();
    let mut second = first.try_clone().unwrap();
    first.write_all(b"one").unwrap();
    assert_eq!(next_bytes(&mut reactor, key), b"one");
    drop(first);
    assert_quiet(&mut reactor);
    second.write_all(b"two").unwrap();
    drop(second);
    assert_eq!(next_bytes(&mut reactor, key), b"two");
    assert!(report_of(&mut reactor, key.raw()).is_readable());
    assert_eq!(reactor.read(key, &mut [0; 8]).unwrap(), Input::End);
}

#[test]
fn both_ends_of_a_terminal_are_sources() {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let slave = ioctl_tiocgptpeer(&master, OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    let mut reactor = Reactor::new().unwrap();
    let master = reactor
        .insert(File::from(master), Interest::READABLE)
        .unwrap();
    let slave = reactor
        .insert(File::from(slave), Interest::READABLE)
        .unwrap();
    assert_quiet(&mut reactor);

    assert_eq!(reactor.write(slave, b"prompt\n").unwrap(), Output::Bytes(7));
    assert_eq!(next_bytes(&mut reactor, master), b"prompt\r\n");

    // Half a line is echoed, and not yet told to the program behind the terminal.
    assert_eq!(reactor.write(master, b"ty").unwrap(), Output::Bytes(2));
    assert_eq!(next_bytes(&mut reactor, master), b"ty");
    assert_quiet(&mut reactor);
    assert_eq!(reactor.write(master, b"ped\n").unwrap(), Output::Bytes(4));
    assert_eq!(next_bytes(&mut reactor, slave), b"typed\n");
    assert_eq!(next_bytes(&mut reactor, master), b"ped\r\n");

    drop(reactor.remove(slave));
    assert!(report_of(&mut reactor, master.raw()).is_readable());
    let error = reactor.read(master, &mut [0; 8]).unwrap_err();
    assert_eq!(error.raw_os_error(), Some(Errno::IO.raw_os_error()));
    reactor.set_interest(master, Interest::NONE).unwrap();
    let (seen, waits) = support::quiet_time(&mut reactor);
    assert!(seen.len() <= 1 && waits < 20, "{seen:?}, {waits} waits");
}

#[test]
fn an_eventfd_counts_for_the_loop() {
    let mut reactor = Reactor::new().unwrap();
    let key = reactor
        .insert(
            File::from(eventfd(0, EventfdFlags::CLOEXEC).unwrap()),
            Interest::READABLE,
        )
        .unwrap();
    assert_quiet(&mut reactor);
    let number = |n: u64| n.to_ne_bytes();
    assert_eq!(reactor.write(key, &number(40)).unwrap(), Output::Bytes(8));
    assert_eq!(reactor.write(key, &number(2)).unwrap(), Output::Bytes(8));
    assert_eq!(next_bytes(&mut reactor, key), number(42));
    assert_eq!(reactor.read(key, &mut [0; 8]).unwrap(), Input::Blocked);
    assert_quiet(&mut reactor);

    // Full to the brim: no room until it is read.
    assert_eq!(
        reactor.write(key, &number(u64::MAX - 1)).unwrap(),
        Output::Bytes(8)
    );
    assert_eq!(reactor.write(key, &number(1)).unwrap(), Output::Blocked);
    reactor.set_interest(key, Interest::WRITABLE).unwrap();
    assert_quiet(&mut reactor);
    assert_eq!(reactor.read(key, &mut [0; 8]).unwrap(), Input::Bytes(8));
    assert_eq!(report_of(&mut reactor, key.raw()), Ready::WRITABLE);
}

#[test]
fn a_timerfd_expires_in_the_loop_and_never_early() {
    const TICK: Duration = Duration::from_millis(20);
    let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::CLOEXEC).unwrap();
    let tick = Timespec::try_from(TICK).unwrap();
    let mut reactor = Reactor::new().unwrap();
    let key: Key<OwnedFd> = reactor.insert(timer, Interest::READABLE).unwrap();
    let start = Instant::now();
    timerfd_settime(
        reactor.get(key).unwrap(),
        TimerfdTimerFlags::empty(),
        &Itimerspec {
            it_interval: tick,
            it_value: tick,
        },
    )
    .unwrap();
    let mut expired = 0;
    until(&mut reactor, |reactor, event| {
        if event.is_some() {
            let mut count = [0; 8];
            let read = reactor.read_with(key, |fd| Ok(rustix::io::read(fd, &mut count)?));
            assert_eq!(read.expect("a read"), Input::Bytes(8));
            expired += u64::from_ne_bytes(count);
        }
        assert!(start.elapsed() >= TICK * expired as u32, "early");
        expired >= 3
    });
}

#[test]
fn changes_of_a_directory_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let watch = inotify::init(inotify::CreateFlags::CLOEXEC).unwrap();
    inotify::add_watch(&watch, dir.path(), inotify::WatchFlags::CREATE).unwrap();
    let mut reactor = Reactor::new().unwrap();
    let key = reactor.insert(watch, Interest::READABLE).unwrap();
    assert_quiet(&mut reactor);
    for name in ["first", "second"] {
        File::create(dir.path().join(name)).unwrap();
        assert_eq!(report_of(&mut reactor, key.raw()), Ready::READABLE);
        let mut buf = [MaybeUninit::uninit(); 512];
        let mut reader = inotify::Reader::new(reactor.get(key).unwrap(), &mut buf);
        let told = reader.next().unwrap();
        assert_eq!(
            told.file_name().unwrap().to_bytes(),
            name.as_bytes(),
            "{told:?}"
        );
        assert!(matches!(reader.next(), Err(Errno::AGAIN)));
    }
    assert_quiet(&mut reactor);
}
