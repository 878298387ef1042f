//! A server that sends each request's content back, without a word on where bytes come from
//! and go to: the examples `tokio` and `reactor` drive the same one.

use barewire_http1::{
    Content, ContentLength, EncodeError, Event, Limits, ResponseHeadBuf, ServerConnection,
    StatusCode, Turn,
};

/// One connection.
pub(crate) struct Echo {
    connection: ServerConnection,
    /// Content goes back: not to HEAD, and not with a refusal.
    echoes: bool,
}

/// What the loop around it has to do once `out` is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Read more, and call again.
    Read,
    /// Close.
    Close,
}

impl Echo {
    pub(crate) fn new() -> Self {
        Self {
            connection: ServerConnection::new(Limits::default()),
            echoes: false,
        }
    }

    /// Takes what was read off the front of `input` and appends what is to be written.
    pub(crate) fn round(
        &mut self,
        input: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) -> Result<Due, EncodeError> {
        let mut used = 0;
        let refusal = loop {
            let rest = &input[used..];
            match self.connection.decode(rest) {
                Ok((step, event)) => {
                    used += step;
                    match event {
                        Some(Event::Request(_)) => {
                            let head = ResponseHeadBuf::new(StatusCode::OK);
                            let content = self.connection.encode_head(
                                &head,
                                ContentLength::Unknown,
                                None,
                                out,
                            );
                            self.echoes = match content {
                                // CONNECT: no tunnels here.
                                Err(EncodeError::BodyNotAllowed) => {
                                    break Some(StatusCode::METHOD_NOT_ALLOWED);
                                }
                                content => content? != Content::Nothing,
                            };
                        }
                        Some(Event::Data(range)) if self.echoes => {
                            self.connection.encode_data(&rest[range], out)?;
                        }
                        Some(Event::End) => self.connection.encode_end(None, out)?,
                        Some(_) => {}
                        None => break None,
                    }
                }
                Err(error) => {
                    // Inside an answer all that can be done is to break off as well.
                    if self.connection.turn() != Turn::Answer {
                        return Ok(Due::Close);
                    }
                    break Some(error.status());
                }
            }
        };
        input.drain(..used);
        if let Some(status) = refusal {
            let mut head = ResponseHeadBuf::new(status);
            head.close();
            self.connection
                .encode_head(&head, ContentLength::Known(0), None, out)?;
            return Ok(Due::Close);
        }
        Ok(match self.connection.turn() {
            Turn::Close | Turn::Switch => Due::Close,
            _ => Due::Read,
        })
    }
}
