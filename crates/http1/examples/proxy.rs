//! A reverse proxy over `std::net`: content goes on from the buffer it came in, both ways,
//! without being copied.
//!
//! ```text
//! cargo run -p barewire-http1 --example proxy -- LISTEN UPSTREAM [CONNECTIONS]
//! ```
//!
//! A connection to the upstream for each client, a thread for each; every wait ends after ten
//! seconds. What concerns one connection alone (`Connection` and what it names, `TE`,
//! `Upgrade`) is not passed on; an expectation is met here, and an upgrade is not offered.

use std::error::Error;
use std::io::{self, IoSlice, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use barewire_http1::{
    BodyFraming, ClientConnection, ClientTurn, ContentLength, DataFrame, EncodeError, Event,
    Fields, Limits, Method, RequestHead, RequestHeadBuf, ResponseFraming, ResponseHead,
    ResponseHeadBuf, ServerConnection, StatusCode, Trailers, Turn,
};

/// More than the longest head that the default limits admit.
const INPUT_BYTES: usize = 64 * 1024;
const WAIT_MAX: Duration = Duration::from_secs(10);

type Fault = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [listen, upstream, rest @ ..] = &words[..] else {
        eprintln!("usage: proxy LISTEN UPSTREAM [CONNECTIONS]");
        return ExitCode::from(2);
    };
    let connections = rest.first().and_then(|count| count.parse().ok());
    let served = TcpListener::bind(listen)
        .and_then(|listener| serve(&listener, upstream, connections.unwrap_or(usize::MAX)));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("proxy: {listen}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Serves so many connections.
pub(crate) fn serve(listener: &TcpListener, upstream: &str, connections: usize) -> io::Result<()> {
    eprintln!("listening on {}", listener.local_addr()?);
    std::thread::scope(|scope| {
        for _ in 0..connections {
            let (client, peer) = listener.accept()?;
            scope.spawn(move || {
                if let Err(error) = converse(client, upstream) {
                    eprintln!("{peer}: {error}");
                }
            });
        }
        Ok(())
    })
}

/// One side's socket, and what was read from it and not used.
struct Side {
    stream: TcpStream,
    input: Vec<u8>,
    start: usize,
    end: usize,
}

impl Side {
    fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_read_timeout(Some(WAIT_MAX))?;
        stream.set_write_timeout(Some(WAIT_MAX))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            input: vec![0; INPUT_BYTES],
            start: 0,
            end: 0,
        })
    }

    /// `false` at the end of the stream.
    fn read(&mut self) -> io::Result<bool> {
        self.input.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        let read = self.stream.read(&mut self.input[self.end..])?;
        self.end += read;
        Ok(read > 0)
    }
}

/// Where requests go; connected to when the first one comes.
struct Upstream<'a> {
    addr: &'a str,
    side: Option<Side>,
}

impl Upstream<'_> {
    fn side(&mut self) -> io::Result<&mut Side> {
        if self.side.is_none() {
            self.side = Some(Side::new(TcpStream::connect(self.addr)?)?);
        }
        self.side.as_mut().ok_or(io::ErrorKind::NotConnected.into())
    }
}

/// One client, from its first byte to its close.
fn converse(client: TcpStream, upstream: &str) -> Result<(), Fault> {
    let mut client = Side::new(client)?;
    let mut server = Upstream {
        addr: upstream,
        side: None,
    };
    let mut below = ServerConnection::new(Limits::default());
    below.set_body_bytes_max(u64::MAX); // the upstream has a limit of its own
    let mut above = ClientConnection::new(Limits::for_responses());
    while above.turn() == ClientTurn::Ask && below.turn() == Turn::Read {
        let answered = match forward_request(&mut client, &mut below, &mut server, &mut above) {
            Ok(Some(asked)) => {
                forward_response(&mut client, &mut below, server.side()?, &mut above, asked)
                    .map_err(|fault| (StatusCode::BAD_GATEWAY, fault))
            }
            Ok(None) => return Ok(()),
            Err(fault) => {
                let peers = fault.downcast_ref::<barewire_http1::Error>();
                let status = peers.map_or(StatusCode::BAD_GATEWAY, |error| error.status());
                Err((status, fault))
            }
        };
        if let Err((status, fault)) = answered {
            return refuse(&mut client, &mut below, status, fault);
        }
    }
    Ok(())
}

/// What a response has to know of its request.
#[derive(Clone, Copy, Default)]
struct Forwarded {
    is_head: bool,
}

/// Passes one request on, to its end; `None`: the client closes and sends none.
fn forward_request(
    client: &mut Side,
    below: &mut ServerConnection,
    server: &mut Upstream<'_>,
    above: &mut ClientConnection,
) -> Result<Option<Forwarded>, Fault> {
    let mut forwarded = Forwarded::default();
    let mut out = Vec::new();
    loop {
        let input = &client.input[client.start..client.end];
        let (used, event) = below.decode(input)?;
        match event {
            Some(Event::Request(head)) => {
                let length = match head.body_framing() {
                    BodyFraming::None => ContentLength::Known(0),
                    BodyFraming::Length(length) => ContentLength::Known(length),
                    _ => ContentLength::Unknown,
                };
                forwarded.is_head = head.method() == Method::Head;
                above.encode_head(&request(&head)?, length, &mut out)?;
                server.side()?.stream.write_all(&out)?;
            }
            Some(Event::Data(range)) => {
                let data = &input[range];
                let frame = above.frame_data(data.len() as u64)?;
                write_framed(&mut server.side()?.stream, &frame, data)?;
            }
            Some(Event::Trailers(fields)) => {
                out.clear();
                above.encode_end(Some(&trailers(&fields)?), &mut out)?;
                server.side()?.stream.write_all(&out)?;
            }
            Some(Event::End) => {
                out.clear();
                above.encode_end(None, &mut out)?;
                server.side()?.stream.write_all(&out)?;
                client.start += used;
                return Ok(Some(forwarded));
            }
            Some(_) => {}
            None => {
                client.start += used;
                if below.awaits_continue() {
                    out.clear();
                    below.encode_continue(&mut out)?;
                    client.stream.write_all(&out)?;
                }
                if !client.read()? {
                    below.finish_input()?;
                    return Ok(None);
                }
                continue;
            }
        }
        client.start += used;
    }
}

/// Passes one response on, to its end.
fn forward_response(
    client: &mut Side,
    below: &mut ServerConnection,
    server: &mut Side,
    above: &mut ClientConnection,
    asked: Forwarded,
) -> Result<(), Fault> {
    let mut out = Vec::new();
    loop {
        let input = &server.input[server.start..server.end];
        let (used, event) = above.decode(input)?;
        out.clear();
        match event {
            Some(Event::Interim(head)) => match below.encode_interim(&response(&head)?, &mut out) {
                // An old client knows none.
                Err(EncodeError::NotInHttp10) => {}
                sent => sent?,
            },
            Some(Event::Response(head)) => {
                let length = match head.body_framing() {
                    ResponseFraming::Length(length) => ContentLength::Known(length),
                    ResponseFraming::Chunked | ResponseFraming::UntilClose => {
                        ContentLength::Unknown
                    }
                    // What would have come to GET.
                    _ if asked.is_head => match head.content_length() {
                        Some(length) => ContentLength::Known(length),
                        None => ContentLength::Unknown,
                    },
                    _ => ContentLength::Known(0),
                };
                below.encode_head(&response(&head)?, length, None, &mut out)?;
            }
            Some(Event::Data(range)) => {
                let data = &input[range];
                let frame = below.frame_data(data.len() as u64)?;
                write_framed(&mut client.stream, &frame, data)?;
            }
            Some(Event::Trailers(fields)) => {
                match below.encode_end(Some(&trailers(&fields)?), &mut out) {
                    Err(EncodeError::NoTrailers) => below.encode_end(None, &mut out)?,
                    ended => ended?,
                }
            }
            Some(Event::End) => {
                below.encode_end(None, &mut out)?;
                client.stream.write_all(&out)?;
                server.start += used;
                return Ok(());
            }
            Some(_) => {}
            None => {
                server.start += used;
                if !server.read()? {
                    above.finish_input()?;
                }
                continue;
            }
        }
        client.stream.write_all(&out)?;
        server.start += used;
    }
}

/// Answers in place of the upstream, where an answer can still be given.
fn refuse(
    client: &mut Side,
    below: &mut ServerConnection,
    status: StatusCode,
    fault: Fault,
) -> Result<(), Fault> {
    let mut head = ResponseHeadBuf::new(status);
    head.close();
    let mut out = Vec::new();
    below.close_after_answer();
    if below
        .encode_head(&head, ContentLength::Known(0), None, &mut out)
        .is_ok()
    {
        client.stream.write_all(&out)?;
    }
    Err(fault)
}

/// The head to send on.
fn request(head: &RequestHead<'_>) -> Result<RequestHeadBuf, Fault> {
    if head.method() == Method::Connect {
        return Err("no tunnels".into());
    }
    let host = std::str::from_utf8(head.host().unwrap_or_default())?;
    let target = std::str::from_utf8(head.target())?;
    // An absolute target is for a proxy, as this is; the upstream gets its path.
    let path = match target.split_once("://") {
        Some((_, rest)) if !target.starts_with('/') => {
            rest.find(['/', '?']).map_or("/", |at| &rest[at..])
        }
        _ => target,
    };
    let path = match path.starts_with('?') {
        true => format!("/{path}"),
        false => path.into(),
    };
    let mut onward = RequestHeadBuf::new(head.method(), host, &path)?;
    for (name, value) in end_to_end(&head.fields()) {
        if !["host", "expect"]
            .iter()
            .any(|own| name.eq_ignore_ascii_case(own))
        {
            onward.field(name, value)?;
        }
    }
    onward.field("Via", "1.1 barewire-proxy")?;
    Ok(onward)
}

/// The head to send back.
fn response(head: &ResponseHead<'_>) -> Result<ResponseHeadBuf, Fault> {
    let mut back = ResponseHeadBuf::new(head.status());
    for (name, value) in end_to_end(&head.fields()) {
        back.field(name, value)?;
    }
    back.field("Via", "1.1 barewire-proxy")?;
    Ok(back)
}

/// Trailers that may be sent on; those that may not are dropped.
fn trailers(fields: &Fields<'_>) -> Result<Trailers, Fault> {
    let mut onward = Trailers::new();
    for (name, value) in end_to_end(fields) {
        match onward.field(name, value).map(|_| ()) {
            Err(EncodeError::ForbiddenTrailer) => {}
            added => added?,
        }
    }
    Ok(onward)
}

/// The fields that do not concern one connection alone (RFC 9110 section 7.6.1).
fn end_to_end<'a>(fields: &Fields<'a>) -> impl Iterator<Item = (&'a str, &'a [u8])> {
    const OWN: [&str; 8] = [
        "connection",
        "content-length",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    let named: Vec<&[u8]> = fields.list("connection").collect();
    fields.iter().filter_map(move |(name, value)| {
        let own = OWN
            .iter()
            .any(|own| name.eq_ignore_ascii_case(own.as_bytes()))
            || named.iter().any(|named| name.eq_ignore_ascii_case(named));
        // Names are tokens, which are ASCII.
        Some((std::str::from_utf8(name).ok()?, value)).filter(|_| !own)
    })
}

/// Writes content between what stands around it, in as few calls as the system takes.
fn write_framed(stream: &mut TcpStream, frame: &DataFrame, data: &[u8]) -> io::Result<()> {
    let mut parts = [frame.head(), data, frame.tail()].map(IoSlice::new);
    let mut parts = &mut parts[..];
    while !parts.is_empty() {
        match stream.write_vectored(parts) {
            Ok(0) if parts.iter().any(|part| !part.is_empty()) => {
                return Err(io::ErrorKind::WriteZero.into());
            }
            Ok(written) => IoSlice::advance_slices(&mut parts, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
