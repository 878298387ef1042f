//! Somebody who has proved nothing yet.

use std::time::Instant;

use barewire_transfer::code::Code;
use barewire_transfer::pairing::{
    Paired, Pairing, Part, Refusal, ResumeKey, Side, Wanted, refuse, wanted,
};

use super::met::Why;
use crate::link::{Flow, Link, LinkError, Taken};
use crate::outbox::Outbox;

/// A connection to somebody who has proved nothing yet.
#[derive(Debug)]
pub(super) struct Stranger {
    pub(super) link: Link,
    pub(super) outbox: Outbox,
    pub(super) deadline: Instant,
    pub(super) state: State,
}

#[derive(Debug)]
pub(super) enum State {
    /// `connect` is under way, or the handshake of the channel.
    Greeting,
    Pairing(Box<Pairing>),
    /// It is over; what is said last is on its way.
    Parting,
}

impl Stranger {
    pub(super) fn new(link: Link, deadline: Instant) -> Self {
        Self {
            link,
            outbox: Outbox::default(),
            deadline,
            state: State::Greeting,
        }
    }

    /// Decrypts what was read and answers it, as far as it goes.
    pub(super) fn converse(
        &mut self,
        is_here: bool,
        asks: bool,
        side: Side,
        secrets: (Option<&Code>, Option<&ResumeKey>),
        paired: &mut Option<Paired>,
    ) -> Result<(), Why> {
        let Self {
            link,
            outbox,
            state,
            ..
        } = self;
        // The handshake of the channel, without any plaintext.
        link.decrypt(|_| {
            Ok::<_, LinkError>(Taken {
                used: 0,
                flow: Flow::Stalled,
            })
        })
        .map_err(Why::Link)?;
        let Some(binding) = link.channel().binding() else {
            return Ok(());
        };
        if matches!(state, State::Greeting) && !is_here && asks {
            let mut pairing = match secrets {
                (_, Some(resume)) => Pairing::with_resume(resume, side, Part::Enterer, binding),
                (Some(code), None) => Pairing::with_code(code, side, Part::Enterer, binding),
                (None, None) => return Ok(()),
            }
            .map_err(Why::Pairing)?;
            outbox.append(|out| pairing.start(out));
            *state = State::Pairing(Box::new(pairing));
        }
        link.decrypt(|bytes| {
            if matches!(state, State::Greeting) {
                let used = 0;
                if !is_here {
                    return Ok(Taken {
                        used,
                        flow: Flow::Stalled,
                    });
                }
                let Some(wanted) = wanted(bytes).map_err(Why::Pairing)? else {
                    return Ok(Taken {
                        used,
                        flow: Flow::Open,
                    });
                };
                let pairing = match (wanted, secrets) {
                    (Wanted::Code, (Some(code), _)) => {
                        Pairing::with_code(code, side, Part::Issuer, binding)
                    }
                    (Wanted::Resume(ticket), (_, Some(resume))) if resume.ticket() == ticket => {
                        Pairing::with_resume(resume, side, Part::Issuer, binding)
                    }
                    (Wanted::Code, _) => return Err(turn_away(Refusal::Spent, outbox)),
                    (Wanted::Resume(_), _) => return Err(turn_away(Refusal::Resume, outbox)),
                };
                *state = State::Pairing(Box::new(pairing.map_err(Why::Pairing)?));
            }
            let State::Pairing(pairing) = state else {
                return Ok(Taken {
                    used: bytes.len(),
                    flow: Flow::Open,
                });
            };
            let step = outbox.append(|out| pairing.handle_input(bytes, out));
            let (used, proof) = step.map_err(Why::Pairing)?;
            let flow = if proof.is_some() {
                Flow::Stalled
            } else {
                Flow::Open
            };
            *paired = proof;
            Ok(Taken { used, flow })
        })
    }
}

fn turn_away(refusal: Refusal, outbox: &mut Outbox) -> Why {
    outbox.append(|out| refuse(refusal, out));
    Why::Link(LinkError::Io(std::io::ErrorKind::ConnectionRefused.into()))
}
