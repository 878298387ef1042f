//! The reading of barewire-http1.

use barewire_http1::{Decoder, Error, Event, Limits, Method, RequestHead, Version};

use crate::reading::{Ending, Field, Message, Reading, Start, field};

/// Limits that no input here meets: where they lie is not what is compared.
pub fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.start_line_bytes_max = usize::MAX;
    limits.method_bytes_max = usize::MAX;
    limits.field_section_bytes_max = usize::MAX;
    limits.fields_max = 1000;
    limits.body_bytes_max = u64::MAX;
    limits.chunk_line_bytes_max = usize::MAX;
    limits.chunk_extension_bytes_max = usize::MAX;
    limits.trailer_section_bytes_max = usize::MAX;
    limits.trailers_max = 1000;
    limits
}

/// Reads all of `input`, given at once, and the error in its own type where there is one.
pub fn read(input: &[u8]) -> (Reading, Option<Error>) {
    read_in_pieces(input, input.len())
}

/// The same from pieces of so many bytes.
pub fn read_in_pieces(input: &[u8], piece: usize) -> (Reading, Option<Error>) {
    let mut decoder = Decoder::server(limits());
    let mut reading = Reading::default();
    let (mut used, mut at_hand) = (0, 0);
    while at_hand < input.len() {
        at_hand = (at_hand + piece).min(input.len());
        loop {
            let rest = &input[used..at_hand];
            let (step, event) = match decoder.decode(rest) {
                Ok(step) => step,
                Err(error) => {
                    reading.refuse(error.kind, usize::try_from(error.offset).ok());
                    return (reading, Some(error));
                }
            };
            used += step;
            match event {
                None => break,
                Some(Event::Request(head)) => reading.messages.push(message(&head, used)),
                Some(Event::Data(range)) => reading.last().body.extend_from_slice(&rest[range]),
                Some(Event::Trailers(fields)) => {
                    reading.last().trailers = fields.iter().map(lower).collect();
                }
                Some(Event::End) => {
                    let message = reading.last();
                    message.end = Some(used);
                    if message.is_last() {
                        reading.ending = Ending::Stopped;
                        return (reading, None);
                    }
                }
                Some(other) => unreachable!("{other:?} is no part of a request"),
            }
        }
    }
    (reading, None)
}

fn message(head: &RequestHead<'_>, end: usize) -> Message {
    Message {
        start: Start::Request {
            method: head.method().as_bytes().to_vec(),
            target: head.target().to_vec(),
        },
        minor: Some(match head.version() {
            Version::Http10 => 0,
            Version::Http11 => 1,
        }),
        fields: head.fields().iter().map(lower).collect(),
        head_end: end,
        keep_alive: Some(head.keep_alive()),
        switches: Some(head.offers_upgrade() || head.method() == Method::Connect),
        ..Message::default()
    }
}

fn lower((name, value): (&[u8], &[u8])) -> Field {
    field(name, value)
}
