//! httparse: the first head, and no more.

use httparse::{Header, ParserConfig, Status};

use crate::input::{Input, Kind};
use crate::reading::{Ending, Message, Reading, Start, field};

pub(super) fn read(input: &Input) -> Reading {
    let mut reading = match input.kind {
        Kind::Requests => request(&input.bytes),
        Kind::Responses { lenient, .. } => response(&input.bytes, lenient),
    };
    if input.closes() {
        reading.closed();
    }
    reading
}

fn request(bytes: &[u8]) -> Reading {
    let mut fields = [httparse::EMPTY_HEADER; 1000];
    let mut request = httparse::Request::new(&mut fields);
    let parsed = request.parse(bytes);
    let start = || Start::Request {
        method: request.method.unwrap_or_default().into(),
        target: request.path.unwrap_or_default().into(),
    };
    reading(parsed, start, request.version, request.headers)
}

fn response(bytes: &[u8], lenient: bool) -> Reading {
    let mut fields = [httparse::EMPTY_HEADER; 1000];
    let mut response = httparse::Response::new(&mut fields);
    let parsed = ParserConfig::default()
        .allow_spaces_after_header_name_in_responses(lenient)
        .allow_obsolete_multiline_headers_in_responses(lenient)
        .parse_response(&mut response, bytes);
    let start = || Start::Response {
        status: response.code.unwrap_or_default(),
        reason: response.reason.map(Into::into),
    };
    reading(parsed, start, response.version, response.headers)
}

fn reading(
    parsed: httparse::Result<usize>,
    start: impl FnOnce() -> Start,
    minor: Option<u8>,
    fields: &[Header<'_>],
) -> Reading {
    let mut reading = Reading::default();
    match parsed {
        Err(error) => reading.ending = Ending::refused(format!("{error:?}"), None),
        Ok(Status::Partial) => {}
        Ok(Status::Complete(head_end)) => {
            reading.ending = Ending::Stopped;
            reading.messages.push(Message {
                start: start(),
                minor,
                fields: fields
                    .iter()
                    .map(|header| field(header.name.as_bytes(), header.value))
                    .collect(),
                head_end,
                ..Message::default()
            });
        }
    }
    reading
}
