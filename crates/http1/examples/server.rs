//! A blocking server over `std::net`: one connection after the other, each request
//! answered with its own method, target and content length.
//!
//! ```text
//! cargo run -p barewire-http1 --example server -- ADDR CONNECTIONS
//! curl http://ADDR/
//! ```
//!
//! Serves that many connections and ends. A client that sends nothing for five seconds
//! is closed.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use barewire_http1::{
    Content, ContentLength, EncodeError, Event, Limits, Method, ResponseHeadBuf, ServerConnection,
    StatusCode, Turn,
};

/// More than the longest head that the default limits admit.
const INPUT_BYTES: usize = 32 * 1024;
const IDLE_MAX: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let connections = words.next().zip(words.next().and_then(|n| n.parse().ok()));
    let Some((addr, connections)) = connections else {
        eprintln!("usage: server ADDR CONNECTIONS");
        return ExitCode::from(2);
    };
    match TcpListener::bind(&addr).and_then(|listener| serve(&listener, connections)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("server: {addr}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Serves so many connections, one after the other.
pub(crate) fn serve(listener: &TcpListener, connections: usize) -> io::Result<()> {
    eprintln!("listening on {}", listener.local_addr()?);
    let mut input = vec![0; INPUT_BYTES];
    for _ in 0..connections {
        let (stream, peer) = listener.accept()?;
        stream.set_read_timeout(Some(IDLE_MAX))?;
        stream.set_write_timeout(Some(IDLE_MAX))?;
        // What goes wrong with one client is no reason to stop.
        if let Err(error) = converse(stream, &mut input) {
            eprintln!("{peer}: {error}");
        }
    }
    Ok(())
}

/// One connection, from its first byte to its close.
fn converse(mut stream: TcpStream, input: &mut [u8]) -> io::Result<()> {
    let mut connection = ServerConnection::new(Limits::default());
    let mut request = Request::default();
    let (mut start, mut end) = (0, 0);
    let mut out = Vec::new();
    loop {
        start += decode(&mut connection, &mut request, &input[start..end]);
        if request.is_read {
            answer(&mut connection, &request, &mut out).expect("an answer is due and fits");
            request = Request::default();
            if connection.turn() == Turn::Read {
                continue; // with what is at hand; pipelined requests get one write
            }
        } else if connection.awaits_continue() {
            connection.encode_continue(&mut out).expect("it is awaited");
        }
        stream.write_all(&out)?;
        out.clear();
        if matches!(connection.turn(), Turn::Close | Turn::Switch) {
            return hang_up(stream, input);
        }
        input.copy_within(start..end, 0);
        (start, end) = (0, end - start);
        let read = stream.read(&mut input[end..])?;
        end += read;
        if read == 0 && connection.finish_input().is_ok() {
            return Ok(());
        }
    }
}

/// What the answer tells of its request.
struct Request {
    line: String,
    content_bytes: usize,
    status: StatusCode,
    /// It has come to its end, or to a fault.
    is_read: bool,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            line: String::new(),
            content_bytes: 0,
            status: StatusCode::OK,
            is_read: false,
        }
    }
}

/// Takes events until one request has been read, or more bytes are needed.
fn decode(connection: &mut ServerConnection, request: &mut Request, input: &[u8]) -> usize {
    let mut used = 0;
    loop {
        match connection.decode(&input[used..]) {
            Ok((step, event)) => {
                used += step;
                match event {
                    Some(Event::Request(head)) => {
                        let target = head.target().escape_ascii();
                        request.line = format!("{} {target}", head.method());
                        if head.method() == Method::Connect {
                            request.status = StatusCode::METHOD_NOT_ALLOWED;
                        }
                    }
                    Some(Event::Data(range)) => request.content_bytes += range.len(),
                    Some(Event::End) => {
                        request.is_read = true;
                        return used;
                    }
                    Some(_) => {}
                    None => return used,
                }
            }
            Err(error) => {
                request.status = error.status();
                request.line = error.to_string();
                request.is_read = true;
                return used;
            }
        }
    }
}

/// Writes the answer to a request that has been read.
fn answer(
    connection: &mut ServerConnection,
    request: &Request,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let Request {
        line,
        content_bytes,
        status,
        ..
    } = request;
    let text = format!("{line}\n{content_bytes} bytes of content\n");
    let length = ContentLength::Known(text.len() as u64);
    let mut head = ResponseHeadBuf::new(*status);
    head.field("Content-Type", "text/plain")?;
    match connection.encode_head(&head, length, None, out)? {
        Content::Nothing => Ok(()), // HEAD
        _ => connection.encode_data(text.as_bytes(), out),
    }
}

/// Closes the writing side and takes what the client still sends, so that the answer is
/// not lost to a reset.
fn hang_up(mut stream: TcpStream, input: &mut [u8]) -> io::Result<()> {
    stream.shutdown(std::net::Shutdown::Write)?;
    for _ in 0..64 {
        if stream.read(input)? == 0 {
            break;
        }
    }
    Ok(())
}
