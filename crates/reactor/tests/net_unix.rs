//! Unix-domain listeners and the files that others left behind.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "a failed unwrap in a test is the test failing, in its helpers too"
)]

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::thread;

use barewire_reactor::net::UnixListen;
use tempfile::TempDir;

fn place() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.sock");
    (dir, path)
}

/// The path is refused as taken, for this reason, and what is there stays.
#[track_caller]
fn check_kept(path: &Path, reason: &str) {
    let error = UnixListen::new().bind(path).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    assert_eq!(
        error.to_string(),
        format!(
            "cannot listen on {}: {reason}; nothing was removed; use another path or remove what is there",
            path.display()
        )
    );
    assert!(fs::symlink_metadata(path).is_ok(), "it is gone");
}

#[test]
fn a_free_path_is_taken() {
    let (_dir, path) = place();
    let listener = UnixListen::new().bind(&path).unwrap();
    let _near = UnixStream::connect(&path).unwrap();
    listener.accept().unwrap();
}

#[test]
fn an_abandoned_socket_is_replaced() {
    let (_dir, path) = place();
    drop(UnixListener::bind(&path).unwrap());
    assert!(fs::metadata(&path).unwrap().file_type().is_socket());
    assert!(UnixListener::bind(&path).is_err(), "std would not");
    let listener = UnixListen::new().bind(&path).unwrap();
    let _near = UnixStream::connect(&path).unwrap();
    listener.accept().unwrap();
}

#[test]
fn a_live_socket_is_left_alone() {
    let (_dir, path) = place();
    let listener = UnixListener::bind(&path).unwrap();
    check_kept(&path, "a program listens there");
    // It saw one connection that ended at once, and goes on.
    listener.accept().unwrap();
    let _near = UnixStream::connect(&path).unwrap();
    listener.accept().unwrap();
}

/// Connecting would wait: the answer must not.
#[cfg(target_os = "linux")]
#[test]
fn a_live_socket_that_is_slow_to_accept_is_left_alone() {
    use socket2::{Domain, SockAddr, Socket, Type};

    let (_dir, path) = place();
    let _listener = UnixListen::new().backlog(0).bind(&path).unwrap();
    let address = SockAddr::unix(&path).unwrap();
    let mut queued = Vec::new();
    loop {
        let near = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        near.set_nonblocking(true).unwrap();
        match near.connect(&address) {
            Ok(()) => queued.push(near),
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                break;
            }
        }
        assert!(queued.len() < 9, "the backlog is the one asked for");
    }
    check_kept(&path, "a program listens there");
}

#[test]
fn a_live_datagram_socket_is_left_alone() {
    let (_dir, path) = place();
    let _socket = UnixDatagram::bind(&path).unwrap();
    check_kept(&path, "a socket is there that may not be tried");
}

#[test]
fn what_is_no_socket_is_left_alone() {
    const REASON: &str = "a file that is no socket is there";
    let (dir, path) = place();
    fs::write(&path, "precious").unwrap();
    check_kept(&path, REASON);
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    check_kept(dir.path(), REASON);
    // Nor is a link followed: what it leads to is abandoned, and stays.
    let stale = dir.path().join("stale.sock");
    drop(UnixListener::bind(&stale).unwrap());
    let link = dir.path().join("link.sock");
    symlink(&stale, &link).unwrap();
    check_kept(&link, REASON);
    assert!(fs::symlink_metadata(&stale).is_ok());
}

#[test]
fn the_file_has_the_mode_asked_for() {
    for bits in [0o600, 0o666, 0o660] {
        let (_dir, path) = place();
        let _listener = UnixListen::new().mode(bits).bind(&path).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, bits);
    }
}

#[test]
fn paths_that_cannot_be_are_told() {
    #[track_caller]
    fn check(path: &Path, kind: io::ErrorKind, expected: &str) {
        let error = UnixListen::new().bind(path).unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(error.to_string(), expected);
    }
    let (dir, _) = place();
    let long = dir.path().join("x".repeat(200));
    check(
        &long,
        io::ErrorKind::InvalidInput,
        &format!(
            "cannot listen on {}: the path is longer than a socket's may be; use a shorter path, or one relative to the working directory",
            long.display()
        ),
    );
    check(
        Path::new("a\0b"),
        io::ErrorKind::InvalidInput,
        "cannot listen on a\\0b: the path is empty or has a zero byte; use the path of a file",
    );
    let nowhere = dir.path().join("missing/x.sock");
    check(
        &nowhere,
        io::ErrorKind::NotFound,
        &format!(
            "cannot listen on {}: no such file or directory; create the directory first",
            nowhere.display()
        ),
    );
}

/// Someone else has the directory locked: a free path is taken all the same, an abandoned one is not touched.
#[test]
fn nothing_is_removed_out_of_turn() {
    let (dir, path) = place();
    let lock = fs::File::open(dir.path()).unwrap();
    lock.lock().unwrap();
    drop(UnixListen::new().bind(&path).unwrap());
    check_kept(&path, "the directory is locked by another program");
    drop(lock);
    UnixListen::new().bind(&path).unwrap();
}

/// Eight start at once over an abandoned file: one gets the path and keeps it.
#[test]
fn of_many_that_start_at_once_one_wins() {
    const STARTS: usize = 8;
    for round in 0..30 {
        let (_dir, path) = place();
        // Every other round over nothing at all.
        if round % 2 == 0 {
            drop(UnixListener::bind(&path).unwrap());
        }
        let barrier = Barrier::new(STARTS);
        let bound: Vec<_> = thread::scope(|scope| {
            let starts: Vec<_> = (0..STARTS)
                .map(|_| {
                    scope.spawn(|| {
                        barrier.wait();
                        UnixListen::new().bind(&path)
                    })
                })
                .collect();
            starts
                .into_iter()
                .map(|start| start.join().unwrap())
                .collect()
        });
        let mut winners = Vec::new();
        for result in bound {
            match result {
                Ok(listener) => winners.push(listener),
                Err(error) => assert_eq!(error.kind(), io::ErrorKind::AddrInUse, "{error}"),
            }
        }
        assert_eq!(winners.len(), 1);
        // The losers' probes come first.
        let mut near = UnixStream::connect(&path).unwrap();
        io::Write::write_all(&mut near, b"x").unwrap();
        let heard = (0..=STARTS).any(|_| {
            let (mut far, _) = winners[0].accept().unwrap();
            io::Read::read(&mut far, &mut [0]).unwrap() == 1
        });
        assert!(heard, "the path leads elsewhere");
    }
}
