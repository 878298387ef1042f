//! httparse: the first head, and no more.

use crate::reading::{Ending, Message, Reading, Start, field};

pub(super) fn read(input: &[u8]) -> Reading {
    let mut fields = [httparse::EMPTY_HEADER; 1000];
    let mut request = httparse::Request::new(&mut fields);
    let mut reading = Reading::default();
    match request.parse(input) {
        Err(error) => reading.refuse(error, None),
        Ok(httparse::Status::Partial) => {}
        Ok(httparse::Status::Complete(head_end)) => {
            reading.ending = Ending::Stopped;
            reading.messages.push(Message {
                start: Start::Request {
                    method: request.method.unwrap_or_default().into(),
                    target: request.path.unwrap_or_default().into(),
                },
                minor: request.version,
                fields: request
                    .headers
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
