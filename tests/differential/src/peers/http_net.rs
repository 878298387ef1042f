//! http-net, with limits that nothing here meets.

use http_net::{Headers, Limits, Response, ServerConn, ServerEvent, Version};

use crate::reading::{Ending, Field, Message, Reading, Start, field};

fn limits() -> Limits {
    const LARGE: usize = 1 << 20;
    Limits::new()
        .with_max_start_line(LARGE)
        .with_max_header_bytes(LARGE)
        .with_max_headers(1000)
        .with_max_field_line(LARGE)
        .with_max_body(u64::MAX)
}

pub(super) fn read(input: &[u8]) -> Reading {
    let mut connection = ServerConn::with_limits(limits());
    connection.set_report_trailers(true);
    let mut reading = Reading::default();
    let mut fed = 0;
    loop {
        fed += connection.feed(&input[fed..]);
        let event = match connection.poll() {
            Ok(event) => event,
            Err(error) => {
                reading.refuse(error, None);
                return reading;
            }
        };
        match event {
            ServerEvent::NeedInput if fed < input.len() => {}
            ServerEvent::NeedInput => return reading,
            ServerEvent::Request(head) => {
                let message = Message {
                    start: Start::Request {
                        method: head.method_str().into(),
                        target: head.target().into(),
                    },
                    minor: Some(match head.version() {
                        Version::Http10 => 0,
                        _ => 1,
                    }),
                    fields: pairs(head.headers()),
                    keep_alive: Some(head.keep_alive()),
                    switches: Some(head.is_upgrade() || head.method_str() == "CONNECT"),
                    ..Message::default()
                };
                reading.messages.push(message);
                reading.last().head_end = fed - connection.remaining_input().len();
            }
            ServerEvent::Body(bytes) => reading.last().body.extend_from_slice(bytes),
            ServerEvent::Trailers(fields) => reading.last().trailers = pairs(fields),
            ServerEvent::RequestEnd => {
                let message = reading.last();
                message.end = Some(fed - connection.remaining_input().len());
                if message.is_last() {
                    reading.ending = Ending::Stopped;
                    return reading;
                }
                connection
                    .respond(&Response::new(200), &mut Vec::new())
                    .expect("a request waits for its answer");
            }
            other => unreachable!("{other:?} after every answer was given"),
        }
    }
}

fn pairs(fields: Headers<'_>) -> Vec<Field> {
    fields
        .map(|(name, value)| field(name.as_bytes(), value))
        .collect()
}
