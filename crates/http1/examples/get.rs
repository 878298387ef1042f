//! GET over `std::net`: the content goes to standard output, the head to standard error.
//!
//! ```text
//! cargo run -p barewire-http1 --example get -- http://127.0.0.1:8080/README.md
//! ```
//!
//! A server that takes longer than ten seconds for a read or a write is given up.

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::process::ExitCode;
use std::time::Duration;

use barewire_http1::{
    ClientConnection, ContentLength, Event, Limits, Method, RequestHeadBuf, StatusCode,
};

/// More than the longest head that the default limits admit.
const INPUT_BYTES: usize = 32 * 1024;
const WAIT_MAX: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let Some(url) = std::env::args().nth(1) else {
        eprintln!("usage: get http://HOST[:PORT][/PATH]");
        return ExitCode::from(2);
    };
    match get(&url, &mut io::stdout().lock()) {
        Ok(status) if status.as_u16() < 400 => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("get: {url}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Fetches `url` and writes the content to `out`.
pub(crate) fn get(url: &str, out: &mut impl Write) -> Result<StatusCode, Box<dyn Error>> {
    let (host, target) = split(url).ok_or("not an http URL")?;
    let mut stream = connect(host)?;

    let mut connection = ClientConnection::new(Limits::for_responses());
    let mut head = RequestHeadBuf::new(Method::Get, host, &target)?;
    head.field("Accept", "*/*")?.close();
    let mut request = Vec::new();
    connection.encode_head(&head, ContentLength::Known(0), &mut request)?;
    stream.write_all(&request)?;

    let mut input = vec![0; INPUT_BYTES];
    let (mut start, mut end) = (0, 0);
    let mut status = None;
    loop {
        let (used, event) = connection.decode(&input[start..end])?;
        match event {
            Some(Event::Response(head)) => {
                eprintln!("{head:?}");
                status = Some(head.status());
            }
            Some(Event::Data(range)) => out.write_all(&input[start..end][range])?,
            Some(Event::End) => return status.ok_or_else(|| "no response".into()),
            // A response before the response, or trailers.
            Some(_) => {}
            None => {
                input.copy_within(start + used..end, 0);
                (start, end) = (0, end - start - used);
                match stream.read(&mut input[end..])? {
                    // A clean end for a response that says no length, an error else.
                    0 => connection.finish_input()?,
                    read => end += read,
                }
                continue;
            }
        }
        start += used;
    }
}

/// The host (with its port, if any) and the target of `http://host:port/target`.
fn split(url: &str) -> Option<(&str, String)> {
    let rest = url.strip_prefix("http://")?;
    let rest = rest.split('#').next()?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, target) = rest.split_at(end);
    let target = match target.starts_with('/') {
        true => target.into(),
        false => format!("/{target}"),
    };
    Some((host, target))
}

/// A connection to the first address that answers, with a time limit on every wait.
fn connect(host: &str) -> io::Result<TcpStream> {
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| {
        !port.is_empty() && port.bytes().all(|digit| digit.is_ascii_digit())
    });
    let authority = match has_port {
        true => host.into(),
        false => format!("{host}:80"),
    };
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for addr in authority.to_socket_addrs()? {
        match TcpStream::connect_timeout(&addr, WAIT_MAX) {
            Ok(stream) => {
                stream.set_read_timeout(Some(WAIT_MAX))?;
                stream.set_write_timeout(Some(WAIT_MAX))?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}
