//! One source of lines: a connection, or standard input.

use std::io;
use std::net::TcpStream;
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::time::Instant;

use barewire_framing::{
    Ending, Error as FrameError, FrameBuf, Framer, Limits, Recovery, Stream, Syslog,
};
use barewire_reactor::{Input, Key, RawKey, Reactor, Stdin};

use crate::record::{Kind, Records};

/// What a client is read from.
#[derive(Clone, Copy, Debug)]
pub enum Link {
    /// A TCP connection.
    Tcp(Key<TcpStream>),
    /// A Unix-domain connection.
    #[cfg(unix)]
    Unix(Key<UnixStream>),
    /// Standard input.
    Stdin(Key<Stdin>),
}

impl Link {
    /// Its key in the reactor.
    #[must_use]
    pub fn raw(self) -> RawKey {
        match self {
            Self::Tcp(key) => key.raw(),
            #[cfg(unix)]
            Self::Unix(key) => key.raw(),
            Self::Stdin(key) => key.raw(),
        }
    }
}

/// One source of lines.
#[derive(Debug)]
pub struct Client {
    link: Link,
    /// In how many clients before it, which is its order.
    id: u64,
    source: String,
    framer: Framer<Syslog>,
    buf: FrameBuf,
    heard: Instant,
    lines: u64,
    bytes: u64,
}

/// What reading a client brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Bytes, of which there may be more.
    Bytes,
    /// Nothing now.
    Nothing,
    /// The end.
    End,
}

impl Client {
    /// A client that has just come, under the name its records get.
    #[must_use]
    pub fn new(
        link: Link,
        id: u64,
        source: String,
        framing: Syslog,
        line_bytes_max: usize,
        now: Instant,
    ) -> Self {
        // Passing over the rest of an overlong line takes no memory, so it may be as long as it likes.
        let limits = Limits::new(line_bytes_max).skip_bytes_max(u64::MAX);
        let framer = Framer::new(framing, limits).recovery(Recovery::Truncate);
        Self {
            link,
            id,
            source,
            buf: FrameBuf::for_framer(&framer),
            framer,
            heard: now,
            lines: 0,
            bytes: 0,
        }
    }

    /// What it is read from.
    #[must_use]
    pub fn link(&self) -> Link {
        self.link
    }

    /// Its number, in the order in which clients came.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The name its records bear.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// When it was last heard of.
    #[must_use]
    pub fn heard(&self) -> Instant {
        self.heard
    }

    /// Reads once, within its share of the turn.
    ///
    /// # Errors
    ///
    /// The connection's.
    pub fn read(&mut self, reactor: &mut Reactor, now: Instant) -> io::Result<Heard> {
        let buf = &mut self.buf;
        let input = match self.link {
            Link::Tcp(key) => reactor.read_with(key, |mut stream| buf.read_from(&mut stream)),
            #[cfg(unix)]
            Link::Unix(key) => reactor.read_with(key, |mut stream| buf.read_from(&mut stream)),
            Link::Stdin(key) => reactor.read_with(key, |mut stdin| buf.read_from(&mut stdin)),
        };
        Ok(match input? {
            Input::Bytes(0) | Input::End => Heard::End,
            Input::Bytes(bytes) => {
                self.heard = now;
                self.bytes += bytes as u64;
                Heard::Bytes
            }
            Input::Blocked => Heard::Nothing,
        })
    }

    /// Records the lines that are there.
    ///
    /// # Errors
    ///
    /// The client does not keep to its framing: where the next line begins is not known.
    pub fn record(&mut self, records: &mut Records, stream: Stream) -> Result<(), FrameError> {
        while let Some(line) = self.buf.next_frame(&mut self.framer, stream)? {
            let kind = match line.ending {
                Ending::Whole => Kind::Line,
                Ending::Truncated => Kind::Truncated,
                Ending::Unterminated => Kind::Unended,
            };
            records.push(&self.source, kind, &line);
            self.lines += 1;
        }
        Ok(())
    }

    /// Records what is left of it, and that it is gone.
    pub fn end(mut self, records: &mut Records, reason: &str) {
        let ended = self.record(records, Stream::Ended);
        // What no framing could make a line of is not lost for that.
        let unread = self.buf.unread();
        if !unread.is_empty() {
            let shown = unread.len().min(self.framer.limits().frame_bytes_max);
            records.push(&self.source, Kind::Unended, &unread[..shown]);
            self.lines += 1;
        }
        let (lines, bytes) = (self.lines, self.bytes);
        let text = match ended {
            Err(error) => format!("{reason}: {error}; lines: {lines}, bytes: {bytes}"),
            Ok(()) => format!("{reason}; lines: {lines}, bytes: {bytes}"),
        };
        records.push(&self.source, Kind::Disconnect, text.as_bytes());
    }

    /// Gives back memory that a quiet client does not need.
    pub fn rest(&mut self) {
        self.buf.shrink();
    }
}
