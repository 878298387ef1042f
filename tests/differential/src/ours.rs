//! The reading of barewire-http1.

use barewire_http1::{
    Asked, Decoder, Error, Event, Leniency, Limits, Method, RequestHead, ResponseFraming,
    ResponseHead, Version,
};

use crate::input::{self, Input, Kind};
use crate::reading::{Ending, Field, Message, Reading, Start, field};

/// Limits that no input here meets: where they lie is not what is compared.
fn limits() -> Limits {
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
    limits.interim_max = 1000;
    limits
}

/// Reads all of `input`, given at once, and the error in its own type where there is one.
pub fn read(input: &Input) -> (Reading, Option<Error>) {
    read_in_pieces(input, input.bytes.len().max(1))
}

/// The same from pieces of so many bytes.
pub fn read_in_pieces(input: &Input, piece: usize) -> (Reading, Option<Error>) {
    let mut reader = Reader {
        decoder: decoder(input),
        input,
        used: 0,
        reading: Reading::default(),
    };
    let error = reader.read(piece).err();
    if let Some(error) = error {
        reader.reading.ending = Ending::refused(
            format!("{:?}", error.kind),
            usize::try_from(error.offset).ok(),
        );
    }
    (reader.reading, error)
}

fn decoder(input: &Input) -> Decoder {
    let Kind::Responses { asked, .. } = input.kind else {
        return Decoder::server(limits());
    };
    let leniency = match input.is_lenient() {
        true => Leniency::all(),
        false => Leniency::default(),
    };
    let mut decoder = Decoder::client(limits()).with_leniency(leniency);
    decoder.set_asked(match asked {
        input::Asked::Upgrade => Asked::by(Method::Get).with_upgrade(b"websocket"),
        input::Asked::Get => Asked::by(Method::Get),
        input::Asked::Head => Asked::by(Method::Head),
        input::Asked::Connect => Asked::by(Method::Connect),
    });
    decoder
}

struct Reader<'i> {
    decoder: Decoder,
    input: &'i Input,
    used: usize,
    reading: Reading,
}

impl Reader<'_> {
    fn read(&mut self, piece: usize) -> Result<(), Error> {
        let len = self.input.bytes.len();
        let mut at_hand = 0;
        while at_hand < len {
            at_hand = (at_hand + piece).min(len);
            self.take(at_hand)?;
            if self.reading.ending == Ending::Stopped {
                return Ok(());
            }
        }
        if self.input.closes() {
            self.decoder.finish()?;
            self.take(len)?;
            self.reading.closed();
        }
        Ok(())
    }

    /// Takes every event out of what is at hand.
    fn take(&mut self, at_hand: usize) -> Result<(), Error> {
        loop {
            let rest = &self.input.bytes[self.used..at_hand];
            let (step, event) = self.decoder.decode(rest)?;
            self.used += step;
            let reading = &mut self.reading;
            match event {
                None => return Ok(()),
                Some(Event::Request(head)) => reading.messages.push(request(&head, self.used)),
                Some(Event::Interim(head)) => reading.messages.push(Message {
                    end: Some(self.used),
                    keep_alive: None,
                    ..response(&head, self.used)
                }),
                Some(Event::Response(head)) => reading.messages.push(response(&head, self.used)),
                Some(Event::Data(range)) => reading.last().body.extend_from_slice(&rest[range]),
                Some(Event::Trailers(fields)) => {
                    reading.last().trailers = fields.iter().map(lower).collect();
                }
                Some(Event::End) => {
                    reading.ended(self.used);
                    if reading.ending == Ending::Stopped {
                        return Ok(());
                    }
                }
                Some(other) => unreachable!("{other:?}"),
            }
        }
    }
}

fn request(head: &RequestHead<'_>, end: usize) -> Message {
    Message {
        start: Start::Request {
            method: head.method().as_bytes().to_vec(),
            target: head.target().to_vec(),
        },
        minor: Some(minor(head.version())),
        fields: head.fields().iter().map(lower).collect(),
        head_end: end,
        keep_alive: Some(head.keep_alive()),
        switches: Some(head.offers_upgrade() || head.method() == Method::Connect),
        ..Message::default()
    }
}

fn response(head: &ResponseHead<'_>, end: usize) -> Message {
    let until_close = head.body_framing() == ResponseFraming::UntilClose;
    Message {
        start: Start::Response {
            status: head.status().as_u16(),
            reason: Some(head.reason().to_vec()),
        },
        minor: Some(minor(head.version())),
        fields: head.fields().iter().map(lower).collect(),
        head_end: end,
        keep_alive: Some(head.keep_alive() && !until_close),
        switches: Some(head.switches()),
        ..Message::default()
    }
}

fn minor(version: Version) -> u8 {
    match version {
        Version::Http10 => 0,
        Version::Http11 => 1,
    }
}

fn lower((name, value): (&[u8], &[u8])) -> Field {
    field(name, value)
}
