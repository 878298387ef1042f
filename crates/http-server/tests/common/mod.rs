//! A server on a thread, and a client of raw bytes that never waits for ever.

#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test binary uses a part of it"
)]

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use barewire_http_server::http1::{RequestHead, StatusCode};
use barewire_http_server::{Answer, Config, Context, Controller, Handler, Response, Server};

/// What is waited for when all is well takes far less; what is not there fails the test then.
pub(crate) const GUARD: Duration = Duration::from_secs(30);

/// A deadline under test.
pub(crate) const SHORT: Duration = Duration::from_millis(200);

/// A server that serves until it is dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) controller: Controller,
    thread: Option<JoinHandle<io::Result<()>>>,
}

/// Serves with a closure.
pub(crate) fn serve<A: Into<Answer>>(
    config: Config,
    handler: impl FnMut(&RequestHead<'_>, &mut Context<'_>) -> A + Send + 'static,
) -> Running {
    serve_with(config, handler)
}

/// Serves with a handler.
pub(crate) fn serve_with(config: Config, handler: impl Handler + Send + 'static) -> Running {
    let server = bind(config);
    start(server, move |server| server.run(handler))
}

pub(crate) fn bind(config: Config) -> Server {
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Server::bind(&[any_port], config).expect("a free port")
}

pub(crate) fn start(
    server: Server,
    run: impl FnOnce(Server) -> io::Result<()> + Send + 'static,
) -> Running {
    Running {
        address: server.local_addrs()[0],
        controller: server.controller(),
        thread: Some(thread::spawn(move || run(server))),
    }
}

impl Running {
    pub(crate) fn connect(&self) -> Client {
        Client::new(TcpStream::connect(self.address).expect("the server listens"))
    }

    /// Connects from another loopback address.
    pub(crate) fn connect_from(&self, last: u8) -> Client {
        use socket2::{Domain, Socket, Type};
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        let source = IpAddr::V4(Ipv4Addr::new(127, 0, 0, last));
        let source = SocketAddr::new(source, 0);
        socket.bind(&source.into()).expect("a loopback address");
        socket.connect(&self.address.into()).expect("it listens");
        Client::new(socket.into())
    }

    /// Connects with a receive buffer so small that the server notices soon.
    pub(crate) fn connect_narrow(&self) -> Client {
        use socket2::{Domain, Socket, Type};
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.set_recv_buffer_size(8 * 1024).expect("a size");
        socket.connect(&self.address.into()).expect("it listens");
        Client::new(socket.into())
    }

    /// One request on a connection of its own.
    pub(crate) fn ask(&self, request: &str) -> Reply {
        let mut client = self.connect();
        client.send(request);
        client.reply()
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.ask(&get(path))
    }

    /// Waits for the server to return by itself.
    pub(crate) fn returned(&mut self) -> io::Result<()> {
        let (done, waited) = std::sync::mpsc::channel();
        let thread = self.thread.take().expect("waited for once");
        thread::spawn(move || done.send(thread.join()));
        match waited.recv_timeout(GUARD) {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(_) => panic!("the server did not return"),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.controller.stop();
        if self.thread.is_some() && !thread::panicking() {
            self.returned().expect("the server ran well");
        }
    }
}

pub(crate) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")
}

pub(crate) fn post(path: &str, body: &str) -> String {
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n{body}")
}

pub(crate) fn ok(text: impl Into<String>) -> Response {
    Response::text(StatusCode::OK, text.into())
}

pub(crate) fn path(head: &RequestHead<'_>) -> String {
    String::from_utf8_lossy(head.target()).into_owned()
}

/// A connection, byte for byte.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    unread: Vec<u8>,
}

/// A response as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// Everything that was announced has come.
    pub(crate) whole: bool,
}

impl Reply {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    pub(crate) fn closes(&self) -> bool {
        self.field("Connection") == Some("close")
    }
}

impl Client {
    fn new(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(GUARD)).expect("a timeout");
        stream.set_write_timeout(Some(GUARD)).expect("a timeout");
        stream.set_nodelay(true).expect("an option");
        Self {
            stream,
            unread: Vec::new(),
        }
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).expect("it is read");
    }

    /// Sends where the server may have closed already.
    pub(crate) fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.write_all(bytes.as_ref())
    }

    pub(crate) fn finish(&mut self) {
        self.stream.shutdown(Shutdown::Write).expect("still open");
    }

    /// Reads once; how much came.
    pub(crate) fn read_some(&mut self) -> io::Result<usize> {
        let mut buffer = vec![0; 256 * 1024];
        let count = self.stream.read(&mut buffer)?;
        self.unread.extend_from_slice(&buffer[..count]);
        Ok(count)
    }

    /// Reads until `count` bytes are there or no more come; whether they are.
    fn fill(&mut self, count: usize) -> bool {
        while self.unread.len() < count {
            match self.read_some() {
                Ok(0) => return false,
                Ok(_) => {}
                Err(error) if is_timeout(&error) => panic!("nothing came for {GUARD:?}"),
                Err(_) => return false,
            }
        }
        true
    }

    fn take(&mut self, count: usize) -> Vec<u8> {
        self.unread.drain(..count).collect()
    }

    /// Up to and with `end`; `None` where the stream ends before.
    fn until(&mut self, end: &[u8]) -> Option<Vec<u8>> {
        let mut from = 0;
        loop {
            if let Some(at) = self.unread[from..]
                .windows(end.len())
                .position(|window| window == end)
            {
                return Some(self.take(from + at + end.len()));
            }
            from = (self.unread.len() + 1).saturating_sub(end.len());
            let more = self.unread.len() + 1;
            if !self.fill(more) {
                return None;
            }
        }
    }

    pub(crate) fn reply(&mut self) -> Reply {
        self.reply_to("GET")
    }

    pub(crate) fn reply_to(&mut self, method: &str) -> Reply {
        self.try_reply(method).expect("an answer")
    }

    /// The next response; `None` where the connection ends before its head does.
    pub(crate) fn try_reply(&mut self, method: &str) -> Option<Reply> {
        let head = self.until(b"\r\n\r\n")?;
        let head = String::from_utf8(head).expect("a head of text");
        let status = head[9..12].parse().expect("a status");
        let mut reply = Reply {
            status,
            head,
            body: Vec::new(),
            whole: true,
        };
        if method == "HEAD" || status < 200 || matches!(status, 204 | 304) {
            return Some(reply);
        }
        if reply.field("Transfer-Encoding") == Some("chunked") {
            reply.whole = self.chunks(&mut reply.body).is_some();
        } else if let Some(length) = reply.field("Content-Length") {
            let length: usize = length.parse().expect("a length");
            reply.whole = self.fill(length);
            reply.body = self.take(length.min(self.unread.len()));
        } else {
            let end = self.rest();
            reply.whole = end.is_ok();
            reply.body = std::mem::take(&mut self.unread);
        }
        Some(reply)
    }

    fn chunks(&mut self, body: &mut Vec<u8>) -> Option<()> {
        loop {
            let line = self.until(b"\r\n")?;
            let line = std::str::from_utf8(&line).expect("a size").trim();
            let size = usize::from_str_radix(line, 16).expect("a size");
            if !self.fill(size + 2) {
                body.append(&mut self.unread);
                return None;
            }
            body.extend(self.take(size));
            assert_eq!(self.take(2), b"\r\n");
            if size == 0 {
                return Some(());
            }
        }
    }

    /// Reads to the end of the stream.
    fn rest(&mut self) -> io::Result<()> {
        loop {
            match self.read_some() {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if is_timeout(&error) => panic!("not closed within {GUARD:?}"),
                Err(error) => return Err(error),
            }
        }
    }

    /// Everything up to the end of the stream, which is no reset.
    pub(crate) fn read_to_end(&mut self) -> Vec<u8> {
        self.rest().expect("an end, not a reset");
        std::mem::take(&mut self.unread)
    }

    /// Nothing more comes and the connection ends.
    #[track_caller]
    pub(crate) fn expect_end(&mut self) {
        assert_eq!(String::from_utf8_lossy(&self.read_to_end()), "");
    }

    /// The connection ends, in whatever way.
    pub(crate) fn expect_gone(&mut self) {
        let _ = self.rest();
    }

    /// Bytes that have come and are not part of a response taken so far.
    pub(crate) fn unread(&self) -> &[u8] {
        &self.unread
    }
}

pub(crate) fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

/// Replaces the value of every `Date`, which is all that differs between two runs.
pub(crate) fn without_dates(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .split_inclusive("\r\n")
        .map(|line| match line.starts_with("Date: ") {
            true => "Date: -\r\n",
            false => line,
        })
        .collect()
}

/// Resident bytes of this process.
#[cfg(target_os = "linux")]
pub(crate) fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("procfs");
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .expect("VmRSS");
    let kib: u64 = line
        .split_whitespace()
        .nth(1)
        .and_then(|number| number.parse().ok())
        .expect("a number");
    kib * 1024
}
