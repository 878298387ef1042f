//! What is on its way to a client: bytes laid out already, then content that is
//! fetched while it leaves.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::vec;

use barewire_http1::{Content, ServerConnection};
use barewire_reactor::{Key, Output, Reactor};

use crate::body::{Body, FileRange, Part, Produced, Source};
use crate::file;

/// Content up to this size is copied behind its head, so that both leave in one write
/// (a copy this small costs less than a second buffer in the call).
const COPY_BYTES_MAX: usize = 16 * 1024;

/// A part of a file up to this size is read behind its head. Above, `sendfile` is no
/// slower and keeps memory flat.
const READ_BYTES_MAX: u64 = 64 * 1024;

/// Content of one connection that leaves in one turn, before the others have theirs.
const TURN_BYTES_MAX: u64 = 2 * 1024 * 1024;

/// A buffer that grew past this gives the memory back.
const KEEP_BYTES_MAX: usize = 128 * 1024;

#[derive(Default)]
pub(crate) struct Sending {
    bytes: Vec<u8>,
    sent: usize,
    content: Outgoing,
    /// The content ends where the connection does (HTTP/1.0).
    until_close: bool,
}

#[derive(Default)]
enum Outgoing {
    #[default]
    Nothing,
    Bytes(Vec<u8>, usize),
    Shared(Arc<[u8]>, usize),
    File(FileRange, vec::IntoIter<Part>),
    Stream(Box<dyn Source>),
}

/// Where a flush ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flushed {
    /// Everything has left.
    Done,
    /// The socket takes no more now, or has had its share of the turn.
    Blocked,
    /// The content's source has nothing now.
    Pending,
}

impl Sending {
    /// The buffer that heads are laid out in.
    pub(crate) fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Bytes laid out and not yet sent.
    pub(crate) fn queued(&self) -> usize {
        self.bytes.len() - self.sent
    }

    /// Whether content is still to be fetched.
    pub(crate) fn has_content(&self) -> bool {
        !matches!(self.content, Outgoing::Nothing)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queued() == 0 && !self.has_content()
    }

    /// Forgets what was not sent.
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(KEEP_BYTES_MAX);
        self.sent = 0;
        self.content = Outgoing::Nothing;
        self.until_close = false;
    }

    /// Whether a plain close now would make cut content look whole.
    pub(crate) fn close_would_lie(&self) -> bool {
        self.until_close && !self.is_empty()
    }

    /// Takes the content of a response whose head is the last thing laid out.
    ///
    /// # Errors
    ///
    /// A small file that could not be read as far as its head says.
    pub(crate) fn content(
        &mut self,
        body: Body,
        plan: Content,
        http: &mut ServerConnection,
    ) -> io::Result<()> {
        if plan == Content::Nothing {
            return Ok(());
        }
        self.until_close = plan == Content::UntilClose;
        match body {
            Body::Empty => {}
            Body::Bytes(bytes) if bytes.len() <= COPY_BYTES_MAX => self.copy(&bytes, http)?,
            Body::Shared(bytes) if bytes.len() <= COPY_BYTES_MAX => self.copy(&bytes, http)?,
            Body::Bytes(bytes) => self.content = Outgoing::Bytes(bytes, 0),
            Body::Shared(bytes) => self.content = Outgoing::Shared(bytes, 0),
            Body::File(range) if range.len <= READ_BYTES_MAX => self.read(&range, http)?,
            Body::File(range) => self.content = Outgoing::File(range, Vec::new().into_iter()),
            Body::Parts(parts) => self.next_part(parts.into_iter(), http)?,
            Body::Stream(source) => self.content = Outgoing::Stream(source),
        }
        Ok(())
    }

    fn copy(&mut self, bytes: &[u8], http: &mut ServerConnection) -> io::Result<()> {
        http.encode_data(bytes, &mut self.bytes)
            .map_err(io::Error::other)
    }

    fn read(&mut self, range: &FileRange, http: &mut ServerConnection) -> io::Result<()> {
        let start = self.bytes.len();
        file::read_to_end_of(range, &mut self.bytes).inspect_err(|_| self.bytes.truncate(start))?;
        http.data_sent(range.len).map_err(io::Error::other)
    }

    fn next_part(
        &mut self,
        mut parts: vec::IntoIter<Part>,
        http: &mut ServerConnection,
    ) -> io::Result<()> {
        for part in parts.by_ref() {
            match part {
                Part::Bytes(bytes) => self.copy(&bytes, http)?,
                Part::File(range) if range.len == 0 => {}
                Part::File(range) => {
                    self.content = Outgoing::File(range, parts);
                    return Ok(());
                }
            }
        }
        self.content = Outgoing::Nothing;
        Ok(())
    }

    /// Sends what can be sent now. Adds to `moved` what left.
    ///
    /// # Errors
    ///
    /// Of the socket, of a file that is shorter than its head says, of a source that
    /// failed: the connection is to be cut.
    pub(crate) fn flush(
        &mut self,
        reactor: &mut Reactor,
        key: Key<TcpStream>,
        http: &mut ServerConnection,
        moved: &mut u64,
    ) -> io::Result<Flushed> {
        let turn_end = *moved + TURN_BYTES_MAX;
        loop {
            while self.sent < self.bytes.len() {
                let rest = &self.bytes[self.sent..];
                let file_follows = matches!(self.content, Outgoing::File(..));
                match file::send_before_file(reactor, key, rest, file_follows)? {
                    Output::Bytes(bytes) => {
                        self.sent += bytes;
                        *moved += bytes as u64;
                    }
                    Output::Blocked => return Ok(Flushed::Blocked),
                }
            }
            self.bytes.clear();
            self.bytes.shrink_to(KEEP_BYTES_MAX);
            self.sent = 0;
            if *moved >= turn_end && self.has_content() {
                return Ok(Flushed::Blocked);
            }
            let progress = match &mut self.content {
                Outgoing::Nothing => return Ok(Flushed::Done),
                Outgoing::Bytes(bytes, sent) => write_some(reactor, key, bytes, sent, http, moved)?,
                Outgoing::Shared(bytes, sent) => {
                    write_some(reactor, key, bytes, sent, http, moved)?
                }
                Outgoing::File(range, parts) => {
                    let progress = send_some(reactor, key, range, &mut self.bytes, http, moved)?;
                    if range.len == 0 {
                        let parts = std::mem::take(parts);
                        self.next_part(parts, http)?;
                    }
                    progress
                }
                Outgoing::Stream(source) => match produce(source, &mut self.bytes, http)? {
                    Produced::End => {
                        self.content = Outgoing::Nothing;
                        Progress::Some
                    }
                    Produced::Pending if self.bytes.is_empty() => return Ok(Flushed::Pending),
                    // A source that says "more" and gives nothing is asked again next turn.
                    Produced::More if self.bytes.is_empty() => Progress::Blocked,
                    _ => Progress::Some,
                },
            };
            match progress {
                Progress::Some => {}
                Progress::All => self.content = Outgoing::Nothing,
                Progress::Blocked => return Ok(Flushed::Blocked),
            }
        }
    }
}

enum Progress {
    Some,
    All,
    Blocked,
}

fn write_some(
    reactor: &mut Reactor,
    key: Key<TcpStream>,
    bytes: &[u8],
    sent: &mut usize,
    http: &mut ServerConnection,
    moved: &mut u64,
) -> io::Result<Progress> {
    match reactor.write(key, &bytes[*sent..])? {
        Output::Blocked => Ok(Progress::Blocked),
        Output::Bytes(count) => {
            *sent += count;
            *moved += count as u64;
            http.data_sent(count as u64).map_err(io::Error::other)?;
            Ok(if *sent == bytes.len() {
                Progress::All
            } else {
                Progress::Some
            })
        }
    }
}

/// Sends a piece of a file: by the system where it can, else through `buffer`.
fn send_some(
    reactor: &mut Reactor,
    key: Key<TcpStream>,
    range: &mut FileRange,
    buffer: &mut Vec<u8>,
    http: &mut ServerConnection,
    moved: &mut u64,
) -> io::Result<Progress> {
    let count = match file::send(reactor, key, range, TURN_BYTES_MAX)? {
        Some(Output::Blocked) => return Ok(Progress::Blocked),
        Some(Output::Bytes(count)) => {
            *moved += count as u64;
            count as u64
        }
        None => {
            let piece = FileRange {
                len: range.len.min(READ_BYTES_MAX),
                ..range.clone()
            };
            file::read_to_end_of(&piece, buffer)?;
            piece.len
        }
    };
    range.start += count;
    range.len -= count;
    http.data_sent(count).map_err(io::Error::other)?;
    Ok(Progress::Some)
}

fn produce(
    source: &mut Box<dyn Source>,
    out: &mut Vec<u8>,
    http: &mut ServerConnection,
) -> io::Result<Produced> {
    let mut made = Vec::new();
    let produced = source.produce(&mut made);
    if produced == Produced::Failed {
        return Err(io::Error::other("the content could not be completed"));
    }
    http.encode_data(&made, out).map_err(io::Error::other)?;
    if produced == Produced::End {
        http.encode_end(None, out).map_err(io::Error::other)?;
    }
    Ok(produced)
}
