//! Connections to measure with.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::{Domain, Socket, Type};

/// What is sent and echoed: so many bytes, all alike.
pub(crate) const MESSAGE_BYTES: usize = 64;

/// Connections that one listener holds unaccepted; Linux allows 4096 unless told otherwise.
const BACKLOG: usize = 4000;

/// Descriptors that anything else may take.
const SPARE_DESCRIPTORS: usize = 100;

/// Connections over loopback: the near ends non-blocking, the far ends blocking.
pub(crate) fn pairs(count: usize) -> (Vec<TcpStream>, Vec<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    (0..count)
        .map(|_| {
            let near = connect(address);
            let far = listener.accept().expect("its other end").0;
            far.set_nodelay(true).expect("no delay");
            (near, far)
        })
        .unzip()
}

fn connect(address: SocketAddr) -> TcpStream {
    let near = TcpStream::connect(address).expect("a connection");
    near.set_nonblocking(true).expect("non-blocking");
    near.set_nodelay(true).expect("no delay");
    near
}

/// Listeners in whose queues the far ends of idle connections wait, so that these take one descriptor each.
pub(crate) struct Idlers(Vec<(TcpListener, SocketAddr)>);

impl Idlers {
    /// With room for `count` connections.
    pub(crate) fn new(count: usize) -> Self {
        Self((0..count.div_ceil(BACKLOG)).map(|_| listen()).collect())
    }

    /// One more idle connection, the `n`th.
    pub(crate) fn connect(&self, n: usize) -> TcpStream {
        connect(self.0[n / BACKLOG].1)
    }
}

fn listen() -> (TcpListener, SocketAddr) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
    socket.bind(&any_port.into()).expect("a port");
    socket.listen(BACKLOG as i32 + 96).expect("to listen");
    let listener = TcpListener::from(socket);
    let address = listener.local_addr().expect("an address");
    (listener, address)
}

/// How many of `wanted` descriptors there may be, the limit raised as far as we are allowed to.
pub(crate) fn descriptors(wanted: usize) -> usize {
    let need = (wanted + SPARE_DESCRIPTORS) as u64;
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < need) {
        let maximum = limit.maximum.map(|maximum| maximum.max(need));
        let raised = |current, maximum| setrlimit(Resource::Nofile, Rlimit { current, maximum });
        // Only the privileged may raise the maximum, but anyone may go up to it.
        let _ = raised(Some(need), maximum).or_else(|_| raised(limit.maximum, limit.maximum));
    }
    let current = getrlimit(Resource::Nofile).current.unwrap_or(need);
    wanted.min(current as usize - SPARE_DESCRIPTORS)
}

/// One byte to each near end.
pub(crate) fn poke(far_ends: &mut [TcpStream]) {
    for far in far_ends {
        far.write_all(b"x").expect("room");
    }
}

/// Takes the byte of [`poke`] from the other end.
pub(crate) fn take_poke(mut near: impl Read) {
    loop {
        match near.read(&mut [0; 8]) {
            Ok(n) => return assert_eq!(n, 1, "a poke is one byte"),
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
    }
}

/// A message of bytes `fill` to each near end.
pub(crate) fn ask(far_ends: &mut [TcpStream], fill: u8) {
    for far in far_ends {
        far.write_all(&[fill; MESSAGE_BYTES]).expect("room");
    }
}

/// Takes the echo of that message from each.
pub(crate) fn check(far_ends: &mut [TcpStream], fill: u8) {
    let mut reply = [0; MESSAGE_BYTES];
    for far in far_ends {
        far.read_exact(&mut reply).expect("an echo");
        assert_eq!(reply, [fill; MESSAGE_BYTES]);
    }
}
