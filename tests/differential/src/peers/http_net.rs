//! http-net, with limits that nothing here meets.

use http_net::{
    BodyFraming, ClientConn, ClientEvent, ClientLeniency, Headers, HttpError, Limits, Request,
    RequestHead, Response, ResponseHead, ServerConn, ServerEvent, Version,
};

use crate::input::{Asked, Input, Kind};
use crate::reading::{Ending, Field, Message, Reading, Start, field};

pub(super) fn read(input: &Input) -> Reading {
    let mut reading = Reading::default();
    let read = match input.kind {
        Kind::Requests => requests(&input.bytes, &mut reading),
        Kind::Responses { .. } => responses(input, &mut reading),
    };
    if let Err(error) = read {
        reading.ending = Ending::refused(format!("{error:?}"), None);
    }
    reading
}

fn limits() -> Limits {
    const LARGE: usize = 1 << 20;
    Limits::new()
        .with_max_start_line(LARGE)
        .with_max_header_bytes(LARGE)
        .with_max_headers(1000)
        .with_max_field_line(LARGE)
        .with_max_interim(1000)
        .with_max_body(u64::MAX)
}

fn requests(bytes: &[u8], reading: &mut Reading) -> Result<(), HttpError> {
    let mut connection = ServerConn::with_limits(limits());
    connection.set_report_trailers(true);
    let mut fed = 0;
    loop {
        fed += connection.feed(&bytes[fed..]);
        match connection.poll()? {
            ServerEvent::NeedInput if fed < bytes.len() => {}
            ServerEvent::NeedInput => return Ok(()),
            ServerEvent::Request(head) => {
                reading.messages.push(request(&head));
                reading.last().head_end = fed - connection.remaining_input().len();
            }
            ServerEvent::Body(bytes) => reading.last().body.extend_from_slice(bytes),
            ServerEvent::Trailers(fields) => reading.last().trailers = pairs(fields),
            ServerEvent::RequestEnd => {
                reading.ended(fed - connection.remaining_input().len());
                if reading.ending == Ending::Stopped {
                    return Ok(());
                }
                connection
                    .respond(&Response::new(200), &mut Vec::new())
                    .expect("a request waits for its answer");
            }
            other => unreachable!("{other:?} after every answer was given"),
        }
    }
}

fn responses(input: &Input, reading: &mut Reading) -> Result<(), HttpError> {
    let mut connection = ClientConn::with_limits(limits());
    connection.set_report_trailers(true);
    connection.set_report_informational(true);
    let leniency = ClientLeniency::new().with_obs_fold_in_responses(input.is_lenient());
    connection.set_leniency(leniency);
    let request = match input.asked() {
        Asked::Connect => Request::new("CONNECT", "b.example:443"),
        Asked::Upgrade => Request::get("/").upgrade("websocket"),
        asked => Request::new(asked.method(), "/"),
    };
    connection
        .send_request(&request.header("host", "b.example"), &mut Vec::new())
        .expect("a request that may be sent");
    let (mut fed, mut told) = (0, false);
    loop {
        fed += connection.feed(&input.bytes[fed..]);
        match connection.poll()? {
            ClientEvent::NeedInput if fed < input.bytes.len() => {}
            ClientEvent::NeedInput if input.closes() && !told => {
                connection.feed_eof();
                told = true;
            }
            ClientEvent::NeedInput => return Ok(()),
            ClientEvent::Informational(head) => {
                reading.messages.push(Message {
                    keep_alive: None,
                    ..response(&head)
                });
                let end = fed - connection.remaining_input().len();
                reading.last().head_end = end;
                reading.ended(end);
            }
            ClientEvent::Response(head) => {
                reading.messages.push(response(&head));
                reading.last().head_end = fed - connection.remaining_input().len();
            }
            ClientEvent::Body(bytes) => reading.last().body.extend_from_slice(bytes),
            ClientEvent::Trailers(fields) => reading.last().trailers = pairs(fields),
            ClientEvent::ResponseEnd | ClientEvent::Upgraded => {
                reading.last().switches = Some(connection.is_upgraded());
                reading.ended(fed - connection.remaining_input().len());
                return Ok(());
            }
            other => unreachable!("{other:?} before the response has ended"),
        }
    }
}

fn request(head: &RequestHead<'_>) -> Message {
    Message {
        start: Start::Request {
            method: head.method_str().into(),
            target: head.target().into(),
        },
        minor: Some(minor(head.version())),
        fields: pairs(head.headers()),
        keep_alive: Some(head.keep_alive()),
        switches: Some(head.is_upgrade() || head.method_str() == "CONNECT"),
        ..Message::default()
    }
}

fn response(head: &ResponseHead<'_>) -> Message {
    Message {
        start: Start::Response {
            status: head.status(),
            // Told as text, in which some bytes are replaced.
            reason: None,
        },
        minor: Some(minor(head.version())),
        fields: pairs(head.headers()),
        keep_alive: Some(head.keep_alive() && head.framing() != BodyFraming::UntilClose),
        ..Message::default()
    }
}

fn minor(version: Version) -> u8 {
    match version {
        Version::Http10 => 0,
        _ => 1,
    }
}

fn pairs(fields: Headers<'_>) -> Vec<Field> {
    fields
        .map(|(name, value)| field(name.as_bytes(), value))
        .collect()
}
