//! Sockets of the net module on a reactor: listeners that share a port, dual stack, interfaces.
#![expect(
    clippy::unwrap_used,
    reason = "a failed unwrap in a test is the test failing, in its helpers too"
)]

mod support;

use std::net::{SocketAddr, TcpStream};

use barewire_reactor::net::{TcpListen, buffers};

/// Both have to say so.
#[cfg(target_os = "linux")]
#[test]
fn a_port_is_not_shared_by_one_side_alone() {
    let alone = TcpListen::new().bind(([127, 0, 0, 1], 0).into()).unwrap();
    let error = TcpListen::new()
        .reuse_port(true)
        .bind(alone.local_addr().unwrap())
        .unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
}

/// Who reaches a listener on `[::]` over IPv4, and from which address.
fn reach_by_v4(dual_stack: bool) -> Option<Result<SocketAddr, std::io::Error>> {
    let listener = TcpListen::new()
        .dual_stack(dual_stack)
        .bind("[::]:0".parse().unwrap())
        .ok()?;
    let port = listener.local_addr().unwrap().port();
    let v4 = TcpStream::connect(("127.0.0.1", port));
    Some(v4.map(|_stream| listener.accept().unwrap().1))
}

#[test]
fn an_ipv6_listener_takes_ipv4_when_asked() {
    let Some(reached) = reach_by_v4(true) else {
        return println!("skipped: no dual stack here");
    };
    let peer = reached.unwrap().ip();
    assert_eq!(peer.to_string(), "::ffff:127.0.0.1");
    assert_eq!(peer.to_canonical().to_string(), "127.0.0.1");
}

#[test]
fn an_ipv6_listener_takes_no_ipv4_unasked() {
    let Some(reached) = reach_by_v4(false) else {
        return println!("skipped: no IPv6 here");
    };
    assert_eq!(
        reached.unwrap_err().kind(),
        std::io::ErrorKind::ConnectionRefused
    );
}

/// A size set on the listener is the size of its connections.
#[test]
fn connections_inherit_the_buffers() {
    let listener = TcpListen::new()
        .receive_buffer_bytes(30_000)
        .send_buffer_bytes(40_000)
        .bind(([127, 0, 0, 1], 0).into())
        .unwrap();
    let granted = buffers(&listener).unwrap();
    assert!(
        (30_000..40_000).contains(&granted.receive_bytes),
        "{granted:?}"
    );
    assert!(granted.send_bytes >= 40_000, "{granted:?}");
    let _near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (far, _) = listener.accept().unwrap();
    assert_eq!(buffers(&far).unwrap().receive_bytes, granted.receive_bytes);
}

/// Linux: a backlog of 0 holds one connection, and the next waits outside.
#[cfg(target_os = "linux")]
#[test]
fn the_backlog_is_the_one_asked_for() {
    let pending = |backlog: i32| {
        let listener = TcpListen::new()
            .backlog(backlog)
            .bind(([127, 0, 0, 1], 0).into())
            .unwrap();
        let table = std::process::Command::new("ss").arg("-ltnH").output();
        let table = String::from_utf8(table.ok()?.stdout).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let line = table.lines().find(|line| line.contains(&address))?;
        line.split_whitespace().nth(2)?.parse::<i32>().ok()
    };
    let Some(told) = pending(7) else {
        return println!("skipped: no ss here");
    };
    assert_eq!(told, 7);
    assert_eq!(pending(-1), Some(0));
}

#[cfg(target_os = "linux")]
mod interfaces {
    use std::net::TcpStream;

    use barewire_reactor::net::{TcpConnect, TcpListen, Udp};
    use socket2::SockRef;

    #[test]
    fn a_socket_is_tied_to_its_interface() {
        let bound = TcpListen::new()
            .bind_interface("lo")
            .bind(([0, 0, 0, 0], 0).into());
        let listener = match bound {
            Ok(listener) => listener,
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                return println!("skipped: {error}");
            }
            Err(error) => panic!("{error}"),
        };
        let device = SockRef::from(&listener).device().unwrap();
        assert_eq!(device.as_deref(), Some(&b"lo"[..]));
        let port = listener.local_addr().unwrap().port();
        TcpStream::connect(("127.0.0.1", port)).unwrap();
        let socket = Udp::new()
            .bind_interface("lo")
            .bind(([127, 0, 0, 1], 0).into())
            .unwrap();
        let device = SockRef::from(&socket).device().unwrap();
        assert_eq!(device.as_deref(), Some(&b"lo"[..]));
    }

    #[track_caller]
    fn refusal(name: &str) -> String {
        let address = ([127, 0, 0, 1], 80).into();
        let error = TcpConnect::new()
            .bind_interface(name)
            .start(address)
            .unwrap_err();
        error.to_string()
    }

    #[test]
    fn an_interface_that_is_not_there_is_named() {
        assert_eq!(
            refusal("nowhere9"),
            "cannot set SO_BINDTODEVICE to nowhere9 for 127.0.0.1:80: no such device; name one that `ip link` or `ifconfig` shows"
        );
        for name in ["", "longer-than-a-name", "lo\0"] {
            let text = refusal(name);
            assert!(
                text.contains("an interface's name is 1 to 15 bytes long"),
                "{text}"
            );
        }
    }
}

#[cfg(unix)]
mod sharing {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use barewire_reactor::net::TcpListen;
    use barewire_reactor::{Event, Interest, Reactor};

    use super::support::PATIENCE;

    /// Serves each connection one byte, its own name, until told to stop. Returns how many it served.
    fn serve(listener: TcpListener, name: u8, reactor: &mut Reactor, done: &AtomicBool) -> usize {
        let listener = reactor.insert(listener, Interest::READABLE).unwrap();
        let mut served = 0;
        while !done.load(Ordering::SeqCst) {
            reactor.turn(Some(PATIENCE)).unwrap();
            while let Some(event) = reactor.next() {
                let Event::Io { key, .. } = event else {
                    continue;
                };
                assert_eq!(key, listener.raw());
                while let Some((mut stream, _)) = reactor.accept(listener).unwrap() {
                    stream.write_all(&[name]).unwrap();
                    served += 1;
                }
            }
        }
        served
    }

    /// R41: two reactors on two threads, one port, 400 connections.
    #[test]
    fn two_reactors_share_one_port_and_lose_nobody() {
        const CONNECTIONS: usize = 400;
        let builder = TcpListen::new().reuse_port(true);
        let first = builder.bind(([127, 0, 0, 1], 0).into()).unwrap();
        let address = first.local_addr().unwrap();
        let second = builder.bind(address).unwrap();
        let done = AtomicBool::new(false);
        let (told, counted) = thread::scope(|scope| {
            let servers: Vec<_> = [(first, 0), (second, 1)]
                .into_iter()
                .map(|(listener, name)| {
                    let mut reactor = Reactor::new().unwrap();
                    let waker = reactor.waker();
                    let done = &done;
                    let thread = scope.spawn(move || serve(listener, name, &mut reactor, done));
                    (thread, waker)
                })
                .collect();
            let mut told = [0; 2];
            for _ in 0..CONNECTIONS {
                let mut stream = TcpStream::connect(address).unwrap();
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                let mut name = [0];
                stream.read_exact(&mut name).unwrap();
                told[usize::from(name[0])] += 1;
            }
            done.store(true, Ordering::SeqCst);
            let counted = servers.into_iter().map(|(thread, waker)| {
                waker.wake();
                thread.join().unwrap()
            });
            (told, counted.collect::<Vec<_>>())
        });
        assert_eq!(told[..], counted[..]);
        assert_eq!(told.iter().sum::<usize>(), CONNECTIONS);
        // Which is what a fair coin does but once in 2^399 runs.
        if cfg!(any(
            target_os = "linux",
            target_os = "android",
            target_os = "freebsd"
        )) {
            assert!(told[0] > 0 && told[1] > 0, "{told:?}");
        }
    }
}
