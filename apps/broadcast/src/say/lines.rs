//! The lines of standard input.

use std::io;

use barewire_command::fault;
use barewire_framing::{Ending, FrameBuf, Framer, Limits, Lines as Format, Recovery, Stream};
use barewire_reactor::{Event, Input, Interest, Key, Reactor, Stdin};

use crate::config::DATAGRAM_BYTES_MAX;

/// Standard input, read as far as is needed for the next line.
#[derive(Debug)]
pub(crate) struct Lines {
    key: Key<Stdin>,
    framer: Framer<Format>,
    buf: FrameBuf,
    stream: Stream,
    number: u64,
}

/// What there is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// A line, without its end.
    Line(Vec<u8>),
    /// A line of this number that no datagram holds.
    TooLong(u64),
    /// Nothing yet.
    Nothing,
    /// The end.
    End,
}

impl Lines {
    /// Begins to read.
    ///
    /// # Errors
    ///
    /// Standard input is closed, say.
    pub(crate) fn open(reactor: &mut Reactor) -> anyhow::Result<Self> {
        let inserted = Stdin::new().and_then(|stdin| Ok(reactor.insert(stdin, Interest::NONE)?));
        let key = inserted.map_err(|error| fault::fail("cannot read standard input", error))?;
        // The rest of a line that is too long is passed over, and may be as long as it likes.
        let limits = Limits::new(DATAGRAM_BYTES_MAX).skip_bytes_max(u64::MAX);
        let framer = Framer::new(Format::new(), limits).recovery(Recovery::Truncate);
        Ok(Self {
            key,
            buf: FrameBuf::for_framer(&framer),
            framer,
            stream: Stream::Open,
            number: 0,
        })
    }

    /// The next line, if it has been read.
    ///
    /// # Errors
    ///
    /// None that lines can have.
    pub(crate) fn next(&mut self) -> anyhow::Result<Next> {
        let Some(line) = self.buf.next_frame(&mut self.framer, self.stream)? else {
            return Ok(match self.stream {
                Stream::Ended => Next::End,
                Stream::Open => Next::Nothing,
            });
        };
        self.number += 1;
        Ok(match line.ending {
            Ending::Truncated => Next::TooLong(self.number),
            Ending::Whole | Ending::Unterminated => Next::Line(line.to_vec()),
        })
    }

    /// Whether to read on.
    pub(crate) fn set_wanted(&self, wanted: bool, reactor: &mut Reactor) -> io::Result<()> {
        match self.stream {
            Stream::Open => reactor.set_interest(self.key, Interest::READABLE.when(wanted)),
            Stream::Ended => Ok(()),
        }
    }

    /// Reads, if this event is about it; whether it was.
    ///
    /// # Errors
    ///
    /// Standard input's.
    pub(crate) fn handle_event(
        &mut self,
        event: Event,
        reactor: &mut Reactor,
    ) -> anyhow::Result<bool> {
        if !matches!(event, Event::Io { key, .. } if key == self.key) {
            return Ok(false);
        }
        let buf = &mut self.buf;
        let input = reactor.read_with(self.key, |mut stdin| buf.read_from(&mut stdin));
        let input = input.map_err(|error| fault::fail("cannot read standard input", error))?;
        if let Input::Bytes(0) | Input::End = input {
            self.stream = Stream::Ended;
            reactor.remove(self.key);
        }
        Ok(true)
    }
}
