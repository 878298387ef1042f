//! The classic call and its classic cases.

mod support;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
#[cfg(unix)]
use std::os::fd::AsFd as Descriptor;
#[cfg(windows)]
use std::os::windows::io::AsSocket as Descriptor;
use std::time::{Duration, Instant};

use barewire_reactor::{Selected, select};
use support::{PATIENCE, pair, reset};

const SOON: Duration = Duration::from_millis(40);

fn selected(read: &[usize], write: &[usize], except: &[usize]) -> Selected {
    let mut selected = Selected::default();
    selected.read.extend(read);
    selected.write.extend(write);
    selected.except.extend(except);
    selected
}

#[test]
fn readable_is_what_has_bytes_a_client_or_its_end() {
    let (quiet, _quiet_far) = pair();
    let (talking, mut talking_far) = pair();
    let (finished, finished_far) = pair();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    talking_far.write_all(b"x").unwrap();
    drop(finished_far);
    let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    socket.send_to(b"", socket.local_addr().unwrap()).unwrap();
    // What has been sent over loopback may take its time, on some systems.
    let deadline = Instant::now() + PATIENCE;
    let expected = selected(&[1, 2, 3, 4], &[], &[]);
    loop {
        let ready = select(
            &[&quiet, &talking, &finished, &listener, &socket],
            &[],
            &[],
            Some(PATIENCE),
        );
        if ready.unwrap() == expected {
            break;
        }
        assert!(Instant::now() < deadline);
    }
    // Nothing was taken: it is all still there.
    assert_eq!((&talking).read(&mut [0; 8]).unwrap(), 1);
    assert_eq!((&finished).read(&mut [0; 8]).unwrap(), 0);
}

#[test]
fn writable_is_what_has_room() {
    let (full, _full_far) = pair();
    let (roomy, _roomy_far) = pair();
    full.set_nonblocking(true).unwrap();
    // The buffers may grow once or twice while they are filled.
    for _ in 0..3 {
        while (&full).write(&[0; 64 * 1024]).is_ok() {}
        std::thread::sleep(Duration::from_millis(10));
    }
    let ready = select(&[], &[&full, &roomy], &[], Some(PATIENCE)).unwrap();
    assert_eq!(ready, selected(&[], &[1], &[]));
    let ready = select(&[], &[&full], &[], Some(SOON)).unwrap();
    assert!(ready.is_empty(), "{ready:?}");
}

#[test]
fn a_reset_ends_the_wait_for_either_direction() {
    let (near, far) = pair();
    near.set_nonblocking(true).unwrap();
    while (&near).write(&[0; 64 * 1024]).is_ok() {}
    reset(far);
    let ready = select(&[&near], &[], &[], Some(PATIENCE)).unwrap();
    assert_eq!(ready, selected(&[0], &[], &[]));
    let ready = select(&[], &[&near], &[], Some(PATIENCE)).unwrap();
    assert_eq!(ready, selected(&[], &[0], &[]));
}

#[test]
fn the_timeout_passes_in_full_and_not_much_more() {
    let (near, _far) = pair();
    let start = Instant::now();
    let ready = select(&[&near], &[], &[], Some(SOON)).unwrap();
    assert!(ready.is_empty());
    assert!(start.elapsed() >= SOON && start.elapsed() < PATIENCE);
    let ready = select(&[&near], &[], &[], Some(Duration::ZERO)).unwrap();
    assert!(ready.is_empty());
}

#[test]
fn three_empty_sets_are_a_sleep() {
    let start = Instant::now();
    assert!(select(&[], &[], &[], Some(SOON)).unwrap().is_empty());
    assert!(start.elapsed() >= SOON && start.elapsed() < PATIENCE);
}

#[test]
fn a_timeout_beyond_all_time_is_none() {
    for timeout in [None, Some(Duration::MAX)] {
        let (near, mut far) = pair();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(SOON);
            far.write_all(b"x").map(|()| far)
        });
        let ready = select(&[&near], &[], &[], timeout).unwrap();
        assert_eq!(ready, selected(&[0], &[], &[]));
        thread.join().unwrap().unwrap();
    }
}

#[test]
fn a_descriptor_may_stand_in_several_sets_and_twice_in_one() {
    let (near, mut far) = pair();
    let sets = || select(&[&near, &near], &[&near], &[&near], Some(PATIENCE)).unwrap();
    assert_eq!(sets(), selected(&[], &[0], &[]));
    far.write_all(b"x").unwrap();
    near.peek(&mut [0]).unwrap();
    assert_eq!(sets(), selected(&[0, 1], &[0], &[]));
}

#[test]
fn places_are_those_of_the_arguments() {
    let sockets: Vec<_> = (0..10)
        .map(|_| UdpSocket::bind("127.0.0.1:0").unwrap())
        .collect();
    let set: Vec<&dyn Descriptor> = sockets.iter().map(|socket| socket as _).collect();
    let ready = select(&[], &set, &[], Some(PATIENCE)).unwrap();
    assert_eq!(ready.write, (0..10).collect::<Vec<_>>());
    for n in [7, 3] {
        let to = sockets[n].local_addr().unwrap();
        sockets[0].send_to(b"x", to).unwrap();
        sockets[n].peek_from(&mut [0]).unwrap();
    }
    let ready = select(&set, &[], &[], Some(PATIENCE)).unwrap();
    assert_eq!(ready.read, [3, 7]);
}

#[cfg(unix)]
mod unix {
    use std::io::pipe;
    use std::os::fd::{AsFd, AsRawFd, OwnedFd};

    use rustix::fs::{OFlags, fcntl_getfl};
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    use super::*;

    fn is_nonblocking(fd: impl AsFd) -> bool {
        fcntl_getfl(fd).expect("flags").contains(OFlags::NONBLOCK)
    }

    #[test]
    fn the_modes_of_a_descriptor_are_left_alone() {
        let (near, _far) = pair();
        let (reader, writer) = pipe().unwrap();
        select(&[&near, &reader], &[&writer], &[], Some(PATIENCE)).unwrap();
        assert!(!is_nonblocking(&near) && !is_nonblocking(&reader) && !is_nonblocking(&writer));
        near.set_nonblocking(true).unwrap();
        select(&[&near], &[], &[], Some(Duration::ZERO)).unwrap();
        assert!(is_nonblocking(&near));
    }

    #[test]
    fn a_file_is_always_ready_and_keeps_the_others_from_being_waited_for() {
        let file = tempfile::tempfile().unwrap();
        let (quiet, _far) = pair();
        let ready = select(&[&quiet, &file], &[&file], &[&file], None).unwrap();
        assert_eq!(ready, selected(&[1], &[0], &[]));
        let ready = select(&[&file], &[&quiet], &[], None).unwrap();
        assert_eq!(ready, selected(&[0], &[0], &[]));
    }

    /// No file has out-of-band data, so there is nothing to return early for.
    #[test]
    fn a_file_among_the_exceptions_ends_no_wait() {
        let file = tempfile::tempfile().unwrap();
        let start = Instant::now();
        assert!(select(&[], &[], &[&file], Some(SOON)).unwrap().is_empty());
        assert!(start.elapsed() >= SOON, "returned early");
        let (near, mut far) = pair();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(SOON);
            far.write_all(b"x").map(|()| far)
        });
        let ready = select(&[&near], &[], &[&file], Some(PATIENCE)).unwrap();
        assert_eq!(ready, selected(&[0], &[], &[]));
        thread.join().unwrap().unwrap();
    }

    #[test]
    fn the_ends_of_pipes_are_told() {
        let (reader, writer) = pipe().unwrap();
        let ready = select(&[&reader], &[&writer], &[], Some(PATIENCE)).unwrap();
        assert_eq!(ready, selected(&[], &[0], &[]));
        drop(writer);
        let ready = select(&[&reader], &[], &[], Some(PATIENCE)).unwrap();
        assert_eq!(ready, selected(&[0], &[], &[]));
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let ready = select(&[], &[&writer], &[], Some(PATIENCE)).unwrap();
        assert_eq!(ready, selected(&[], &[0], &[]));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_null_device_is_always_ready() {
        let null = std::fs::File::open("/dev/null").unwrap();
        let ready = select(&[&null], &[&null], &[], None).unwrap();
        assert_eq!(ready, selected(&[0], &[0], &[]));
    }

    /// Where FD_SETSIZE once ended.
    #[test]
    fn descriptors_of_any_number_may_be_selected() {
        const FD_SETSIZE: u64 = 1024;
        let limits = getrlimit(Resource::Nofile);
        let enough = Rlimit {
            current: limits.maximum.or(Some(FD_SETSIZE * 4)),
            ..limits
        };
        setrlimit(Resource::Nofile, enough).expect("the hard limit is allowed");
        let (near, mut far) = pair();
        let clones: Vec<OwnedFd> = (0..FD_SETSIZE + 10)
            .map(|_| near.as_fd().try_clone_to_owned().expect("a higher limit"))
            .collect();
        let last = clones.last().unwrap();
        assert!(last.as_raw_fd() as u64 >= FD_SETSIZE);
        let ready = select(&[last], &[], &[], Some(Duration::ZERO)).unwrap();
        assert!(ready.is_empty());
        far.write_all(b"x").unwrap();
        let all: Vec<&dyn AsFd> = clones.iter().map(|clone| clone as _).collect();
        near.peek(&mut [0]).unwrap();
        let ready = select(&all, &[], &[], Some(PATIENCE)).unwrap();
        assert_eq!(ready.read, (0..all.len()).collect::<Vec<_>>());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_urgent_byte_is_an_exception() {
        use rustix::net::{SendFlags, send};
        let (near, far) = pair();
        assert_eq!(send(&far, b"!", SendFlags::OOB).unwrap(), 1);
        // The poll(2) backend tells it only to those who wait for bytes as well; the byte has arrived either way.
        let both = || select(&[&near], &[], &[&near], Some(PATIENCE)).unwrap();
        assert_eq!(both().except, [0]);
        let ready = select(&[], &[], &[&near], Some(SOON)).unwrap();
        assert_eq!(ready.except.is_empty(), super::POLL_BACKEND);
    }
}

#[cfg(target_os = "linux")]
const POLL_BACKEND: bool = cfg!(polling_test_poll_backend);
