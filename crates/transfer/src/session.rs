//! What both sides do alike: greetings, signs of life, ends.

use std::time::{Duration, Instant};

use crate::error::{Code, Error, ErrorKind};
use crate::limits::Limits;
use crate::name::{Encoding, NameRules, Portable};
use crate::wire::{self, Fields, Frame, Kind, PAYLOAD_BYTES_MAX, Piece, Pieces};

/// What [`Sender`](crate::sender::Sender) and [`Receiver`](crate::receiver::Receiver) say alike.
macro_rules! both_sides {
    () => {
        /// Says farewell; the last that is written.
        pub fn bye(&mut self, out: &mut Vec<u8>) {
            $crate::wire::push($crate::wire::Kind::Bye, 0, &[], out);
        }

        /// Ends the session for a reason that is nobody's mistake; the last that is written.
        pub fn cancel(&mut self, code: Code, text: &str, out: &mut Vec<u8>) {
            $crate::session::push_reason($crate::wire::Kind::Cancel, 0, code, text, out);
        }

        /// Tells the other side what it did wrong; the last that is written.
        pub fn refuse(&mut self, error: &Error, out: &mut Vec<u8>) {
            $crate::session::push_reason(
                $crate::wire::Kind::Error,
                0,
                error.kind.code(),
                &error.to_string(),
                out,
            );
        }

        /// The connection has ended.
        ///
        /// # Errors
        ///
        /// [`ErrorKind::Cut`] if there was no farewell before.
        pub fn handle_end(&mut self) -> Result<(), Error> {
            self.session.handle_end()
        }

        /// Whether the other side has ended the session; nothing is read any more.
        #[must_use]
        pub fn is_over(&self) -> bool {
            self.session.is_over()
        }

        /// Bytes were kept from this side for a while by its own caller: the silence was not the peer's.
        pub fn excuse(&mut self, now: Instant) {
            self.session.heard(now);
        }

        /// When to call [`handle_timeout`](Self::handle_timeout).
        #[must_use]
        pub fn poll_timeout(&self) -> Option<Instant> {
            self.session.poll_timeout()
        }

        /// Asks for a sign of life, or gives up.
        ///
        /// # Errors
        ///
        /// [`ErrorKind::Silent`] once nothing was heard for [`Config::silence_max`].
        pub fn handle_timeout(&mut self, now: Instant, out: &mut Vec<u8>) -> Result<(), Error> {
            self.session.handle_timeout(now, out)
        }
    };
}

pub(crate) use both_sides;

/// Longest reason that goes with a code, in bytes; a longer one is cut.
pub const REASON_BYTES_MAX: usize = 512;

/// Longest name of a machine, in bytes; a longer one is cut.
pub const ALIAS_BYTES_MAX: usize = 63;

/// Least time between two answers to the question for a sign of life.
const ANSWERS_APART: Duration = Duration::from_millis(100);

/// How this side introduces itself, and what it puts up with.
#[derive(Clone, Debug)]
pub struct Config {
    /// What the other side may call this machine. Default `""`.
    pub alias: String,
    /// Ceilings for what the other side sends.
    pub limits: Limits,
    /// What names here are made of. Where both sides say any bytes, such names may be sent. Default any bytes on Unix,
    /// UTF-8 elsewhere.
    pub encoding: Encoding,
    /// Whether only names are taken that are good on every system. Default no on Unix, yes elsewhere.
    pub portable: Portable,
    /// How long the other side may say nothing at all before it counts as lost; a third of it passes before it is
    /// asked. Default 90 s.
    pub silence_max: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            alias: String::new(),
            limits: Limits::default(),
            encoding: if cfg!(unix) {
                Encoding::Bytes
            } else {
                Encoding::Utf8
            },
            portable: if cfg!(unix) {
                Portable::No
            } else {
                Portable::Yes
            },
            silence_max: Duration::from_secs(90),
        }
    }
}

/// How the other side has introduced itself. Unverified claims, to be escaped before they are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// What it wants to be called.
    pub alias: String,
    /// Its limits.
    pub limits: Limits,
    /// What names may be made of between the two.
    pub encoding: Encoding,
    /// Whether it takes only names that are good on every system.
    pub portable: Portable,
}

impl Peer {
    /// What it takes for a name.
    #[must_use]
    pub fn name_rules(&self) -> NameRules {
        NameRules::new(self.encoding, self.portable, &self.limits)
    }
}

/// A word with a reason: why something ended. The reason is the other side's, to be escaped before it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// For programs.
    pub code: Code,
    /// For people.
    pub text: String,
}

/// What came in, after what both sides handle alike.
#[derive(Debug)]
pub(crate) enum Heard<'a> {
    Hello(Peer),
    Frame(Frame<'a>),
    Raw(&'a [u8]),
    Cancelled(Reason),
    Failed(Reason),
    Bye,
}

#[derive(Debug)]
pub(crate) struct Session {
    config: Config,
    pub(crate) pieces: Pieces,
    peer: Option<Peer>,
    heard: Instant,
    asked: bool,
    /// When the other side was last given a sign of life.
    answered: Option<Instant>,
    failed: Option<Error>,
    over: bool,
}

impl Session {
    /// Says hello.
    pub(crate) fn start(config: Config, now: Instant, out: &mut Vec<u8>) -> Self {
        push_hello(&config, out);
        Self {
            config,
            pieces: Pieces::new(),
            peer: None,
            heard: now,
            asked: false,
            answered: None,
            failed: None,
            over: false,
        }
    }

    pub(crate) fn peer(&self) -> Option<&Peer> {
        self.peer.as_ref()
    }

    /// What names this side takes.
    pub(crate) fn name_rules(&self) -> NameRules {
        let encoding = self
            .peer
            .as_ref()
            .map_or(Encoding::Utf8, |peer| peer.encoding);
        NameRules::new(encoding, self.config.portable, &self.config.limits)
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.config.limits
    }

    /// Whether the other side has ended the session in good order or with a reason.
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    pub(crate) fn next<'a>(
        &mut self,
        now: Instant,
        input: &'a [u8],
        out: &mut Vec<u8>,
    ) -> Result<(usize, Option<Heard<'a>>), Error> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        if !input.is_empty() {
            self.heard(now);
        }
        let mut used = 0;
        while !self.over {
            let step = self.pieces.next(&input[used..]);
            let (len, piece) = step.map_err(|kind| self.fail(kind))?;
            used += len;
            let heard = match piece {
                None => break,
                Some(Piece::Raw(bytes)) => Some(Heard::Raw(bytes)),
                Some(Piece::Frame(frame)) => self
                    .frame(now, frame, out)
                    .map_err(|kind| self.fail(kind))?,
            };
            if heard.is_some() {
                return Ok((used, heard));
            }
        }
        // What comes behind an end is of no interest.
        let used = if self.over { input.len() } else { used };
        Ok((used, None))
    }

    /// Makes the error final.
    pub(crate) fn fail(&mut self, kind: ErrorKind) -> Error {
        let offset = self.pieces.offset();
        let error = Error { kind, offset };
        self.failed = Some(error.clone());
        error
    }

    fn frame<'a>(
        &mut self,
        now: Instant,
        frame: Frame<'a>,
        out: &mut Vec<u8>,
    ) -> Result<Option<Heard<'a>>, ErrorKind> {
        let mut fields = Fields::of(frame.payload);
        let heard = match frame.kind {
            Kind::Hello => {
                let peer = self.hello(frame.payload)?;
                Heard::Hello(peer)
            }
            Kind::Ping => {
                fields.end()?;
                self.answer(now, frame.id, out);
                return Ok(None);
            }
            Kind::Pong => {
                fields.end()?;
                return Ok(None);
            }
            Kind::Cancel => {
                self.over = true;
                Heard::Cancelled(reason(frame.payload)?)
            }
            Kind::Error => {
                self.over = true;
                Heard::Failed(reason(frame.payload)?)
            }
            Kind::Bye => {
                fields.end()?;
                self.over = true;
                Heard::Bye
            }
            kind if self.peer.is_none() => {
                return Err(ErrorKind::Unexpected { frame: name(kind) });
            }
            _ => Heard::Frame(frame),
        };
        let _ = fields.rest();
        Ok(Some(heard))
    }

    /// A sign of life: one is enough for all who ask at about the same time, so that questions cannot pile up answers.
    fn answer(&mut self, now: Instant, id: u32, out: &mut Vec<u8>) {
        let due = self
            .answered
            .is_none_or(|at| now.saturating_duration_since(at) >= ANSWERS_APART);
        if due {
            self.answered = Some(now);
            wire::push(Kind::Pong, id, &[], out);
        }
    }

    fn hello(&mut self, payload: &[u8]) -> Result<Peer, ErrorKind> {
        if self.peer.is_some() {
            return Err(ErrorKind::Unexpected { frame: "HELLO" });
        }
        let mut fields = Fields::of(payload);
        let flags = fields.u32()?;
        let limits = Limits {
            entries_max: fields.u32()?,
            manifest_bytes_max: fields.u32()?,
            depth_max: fields.u16()?,
            component_bytes_max: fields.u16()?,
            path_bytes_max: fields.u16()?,
            text_bytes_max: fields.u32()?,
            file_bytes_max: fields.u64()?,
        };
        let alias = utf8(fields.rest())?;
        if alias.len() > ALIAS_BYTES_MAX {
            return Err(ErrorKind::TextTooLong);
        }
        let peer = Peer {
            alias,
            limits,
            encoding: match (self.config.encoding, flags & ANY_BYTES) {
                (Encoding::Bytes, ANY_BYTES) => Encoding::Bytes,
                _ => Encoding::Utf8,
            },
            portable: match flags & PORTABLE {
                0 => Portable::No,
                _ => Portable::Yes,
            },
        };
        self.peer = Some(peer.clone());
        Ok(peer)
    }

    /// Starts the wait for a sign of life anew.
    pub(crate) fn heard(&mut self, now: Instant) {
        self.heard = now;
        self.asked = false;
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        if self.over || self.failed.is_some() {
            return None;
        }
        let wait = if self.asked {
            self.config.silence_max
        } else {
            self.config.silence_max / 3
        };
        self.heard.checked_add(wait)
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant, out: &mut Vec<u8>) -> Result<(), Error> {
        if self.poll_timeout().is_none_or(|at| now < at) {
            return Ok(());
        }
        if now.saturating_duration_since(self.heard) >= self.config.silence_max {
            return Err(self.fail(ErrorKind::Silent));
        }
        self.asked = true;
        wire::push(Kind::Ping, 0, &[], out);
        Ok(())
    }

    /// The other side has closed the connection: fine after an end, an error before.
    pub(crate) fn handle_end(&mut self) -> Result<(), Error> {
        match &self.failed {
            Some(error) => Err(error.clone()),
            None if self.over => Ok(()),
            None => Err(self.fail(ErrorKind::Cut)),
        }
    }
}

/// Flags of a hello.
const ANY_BYTES: u32 = 1;
const PORTABLE: u32 = 2;

fn flags(config: &Config) -> u32 {
    let any_bytes = match config.encoding {
        Encoding::Bytes => ANY_BYTES,
        Encoding::Utf8 => 0,
    };
    let portable = match config.portable {
        Portable::Yes => PORTABLE,
        Portable::No => 0,
    };
    any_bytes | portable
}

fn push_hello(config: &Config, out: &mut Vec<u8>) {
    let limits = &config.limits;
    let alias = cut(&config.alias, ALIAS_BYTES_MAX);
    let payload: [&[u8]; 9] = [
        &flags(config).to_be_bytes(),
        &limits.entries_max.to_be_bytes(),
        &limits.manifest_bytes_max.to_be_bytes(),
        &limits.depth_max.to_be_bytes(),
        &limits.component_bytes_max.to_be_bytes(),
        &limits.path_bytes_max.to_be_bytes(),
        &limits.text_bytes_max.to_be_bytes(),
        &limits.file_bytes_max.to_be_bytes(),
        alias.as_bytes(),
    ];
    wire::push(Kind::Hello, 0, &payload, out);
}

/// Appends a frame that has a code and a text.
pub(crate) fn push_reason(kind: Kind, id: u32, code: Code, text: &str, out: &mut Vec<u8>) {
    let text = cut(text, REASON_BYTES_MAX);
    let payload: [&[u8]; 2] = [&code.number().to_be_bytes(), text.as_bytes()];
    wire::push(kind, id, &payload, out);
}

/// Reads what [`push_reason`] wrote.
pub(crate) fn reason(payload: &[u8]) -> Result<Reason, ErrorKind> {
    let mut fields = Fields::of(payload);
    let code = Code::of(fields.u16()?);
    let text = utf8(fields.rest())?;
    if text.len() > REASON_BYTES_MAX {
        return Err(ErrorKind::TextTooLong);
    }
    Ok(Reason { code, text })
}

pub(crate) fn utf8(bytes: &[u8]) -> Result<String, ErrorKind> {
    let text = std::str::from_utf8(bytes).map_err(|_| ErrorKind::TextNotUtf8)?;
    Ok(text.to_owned())
}

/// So much of a text as fits.
fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

/// Longest text that one frame takes.
pub(crate) const TEXT_BYTES_MAX: usize = PAYLOAD_BYTES_MAX;

/// The name of a frame in errors.
pub(crate) fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Hello => "HELLO",
        Kind::Offer => "OFFER",
        Kind::OfferEnd => "OFFER_END",
        Kind::Decisions => "DECISIONS",
        Kind::Claim => "CLAIM",
        Kind::DecisionsEnd => "DECISIONS_END",
        Kind::Data => "DATA",
        Kind::Holes => "HOLES",
        Kind::Sum => "SUM",
        Kind::End => "END",
        Kind::Failed => "FAILED",
        Kind::Stored => "STORED",
        Kind::Want => "WANT",
        Kind::Text => "TEXT",
        Kind::Ping => "PING",
        Kind::Pong => "PONG",
        Kind::Progress => "PROGRESS",
        Kind::Cancel => "CANCEL",
        Kind::Error => "ERROR",
        Kind::Bye => "BYE",
    }
}
