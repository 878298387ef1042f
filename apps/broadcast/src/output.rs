//! Datagrams on standard output.

use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;

use barewire_command::json::Object;
use barewire_command::stamp::Stamp;
use barewire_command::{escape, fault};
use barewire_lan::Interface;

use crate::config::listen::Form;

/// A datagram, and where it comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Heard<'a> {
    pub(crate) time: Stamp,
    pub(crate) source: SocketAddr,
    /// To which address it was sent, where the system tells.
    pub(crate) destination: Option<IpAddr>,
    /// The name of the interface it came by, where that is known.
    pub(crate) interface: Option<&'a str>,
    pub(crate) bytes: &'a [u8],
}

impl Heard<'_> {
    /// Appends it in that form; as JSON it is an event of that name.
    pub(crate) fn show(&self, form: Form, event: &str, out: &mut Vec<u8>) {
        match form {
            Form::Lines => self.line(out),
            Form::Json => self.json(event, out),
            Form::Raw => out.extend_from_slice(self.bytes),
        }
    }

    /// `TIME SOURCE INTERFACE LENGTH TEXT`, one space between them; none after the length of an empty datagram.
    fn line(&self, out: &mut Vec<u8>) {
        let Self { time, source, .. } = self;
        let interface = self.interface.map_or("-".to_owned(), column);
        let length = self.bytes.len();
        out.extend_from_slice(format!("{time} {source} {interface} {length}").as_bytes());
        if length > 0 {
            out.push(b' ');
            escape::escape(self.bytes, out);
        }
        out.push(b'\n');
    }

    fn json(&self, event: &str, out: &mut Vec<u8>) {
        let object = Object::new(out)
            .string("event", event)
            .string("time", &self.time.to_string())
            .string("source", &self.source.to_string());
        let object = match self.destination {
            Some(destination) => object.string("destination", &destination.to_string()),
            None => object.null("destination"),
        };
        let object = match self.interface {
            Some(interface) => object.string("interface", interface),
            None => object.null("interface"),
        };
        object
            .number("length", self.bytes.len() as u64)
            .text("text", "bytes", self.bytes)
            .finish();
    }
}

/// A name as one column of several: Windows has spaces in those of interfaces.
pub(crate) fn column(name: &str) -> String {
    escape::display(name.as_bytes()).replace(' ', "\\x20")
}

/// Of interfaces, while their owner is busy.
pub(crate) fn names(interfaces: &[Interface]) -> Vec<(NonZeroU32, String)> {
    interfaces
        .iter()
        .map(|interface| (interface.index, interface.name.clone()))
        .collect()
}

/// Standard output, written to once a turn.
#[derive(Debug, Default)]
pub(crate) struct Output {
    waiting: Vec<u8>,
    is_closed: bool,
}

impl Output {
    /// Where to append what is to be shown.
    pub(crate) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.waiting
    }

    /// Whether its reader has gone: nothing more can be shown to anybody.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Shows what was appended.
    ///
    /// # Errors
    ///
    /// A file that cannot be written. A pipe that was closed is no failure.
    pub(crate) fn flush(&mut self) -> anyhow::Result<()> {
        if self.waiting.is_empty() || self.is_closed {
            self.waiting.clear();
            return Ok(());
        }
        let mut stdout = io::stdout().lock();
        let written = stdout
            .write_all(&self.waiting)
            .and_then(|()| stdout.flush());
        self.waiting.clear();
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.is_closed = true,
            Err(error) => return Err(fault::fail("cannot write to standard output", error)),
            Ok(()) => {}
        }
        Ok(())
    }
}

/// A line for people, on standard error.
pub(crate) fn note(text: &str) {
    // A closed standard error leaves nobody to tell.
    let _ = writeln!(io::stderr(), "{text}");
}

/// A line for people about what went wrong without ending the program.
pub(crate) fn warn(text: &str) {
    note(&format!("bw-cast: {text}"));
}

/// `1 datagram`, `2 datagrams`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// What to say of datagrams that the system threw away before they could be `shown`, say, where it tells of some.
///
/// At least: what it had joined before it threw it away counts as one.
pub(crate) fn too_fast(dropped: Option<u64>, done: &str) -> Option<String> {
    let dropped = count(dropped.filter(|&dropped| dropped > 0)?, "datagram");
    Some(format!(
        "at least {dropped} came faster than they could be {done}, and are lost"
    ))
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::{Heard, count, too_fast};
    use crate::config::listen::Form;

    fn heard(bytes: &[u8]) -> Heard<'_> {
        Heard {
            time: UNIX_EPOCH.into(),
            source: ([192, 0, 2, 7], 40512).into(),
            destination: Some([192, 0, 2, 255].into()),
            interface: Some("eth0"),
            bytes,
        }
    }

    #[track_caller]
    fn check(heard: Heard<'_>, form: Form, expected: &str) {
        let mut out = b"before\n".to_vec();
        heard.show(form, "datagram", &mut out);
        assert_eq!(String::from_utf8_lossy(&out), format!("before\n{expected}"));
    }

    #[test]
    fn a_line_is_one_datagram() {
        let front = "1970-01-01T00:00:00.000000Z 192.0.2.7:40512 eth0";
        check(heard(b"hello"), Form::Lines, &format!("{front} 5 hello\n"));
        check(heard(b""), Form::Lines, &format!("{front} 0\n"));
        check(
            heard(b"a\n\x1b[2J\xff"),
            Form::Lines,
            &format!("{front} 7 a\\n\\x1b[2J\\xff\n"),
        );
        let unknown = Heard {
            interface: None,
            ..heard(b" ")
        };
        check(
            unknown,
            Form::Lines,
            "1970-01-01T00:00:00.000000Z 192.0.2.7:40512 - 1  \n",
        );
        let windows = Heard {
            interface: Some("Ethernet 2"),
            ..heard(b"a")
        };
        check(
            windows,
            Form::Lines,
            "1970-01-01T00:00:00.000000Z 192.0.2.7:40512 Ethernet\\x202 1 a\n",
        );
    }

    #[test]
    fn an_object_is_one_datagram() {
        let front = r#"{"event":"datagram","time":"1970-01-01T00:00:00.000000Z","source":"192.0.2.7:40512","destination":"192.0.2.255","interface":"eth0","#;
        check(
            heard(b"hello\n"),
            Form::Json,
            &format!("{front}\"length\":6,\"text\":\"hello\\n\"}}\n"),
        );
        check(
            heard(b"\xff\0"),
            Form::Json,
            &format!("{front}\"length\":2,\"bytes\":\"ff00\"}}\n"),
        );
        let unknown = Heard {
            interface: None,
            destination: None,
            ..heard(b"")
        };
        check(
            unknown,
            Form::Json,
            "{\"event\":\"datagram\",\"time\":\"1970-01-01T00:00:00.000000Z\",\"source\":\"192.0.2.7:40512\",\
             \"destination\":null,\"interface\":null,\"length\":0,\"text\":\"\"}\n",
        );
    }

    #[test]
    fn bytes_are_as_they_came() {
        check(heard(b"a\n\x1b"), Form::Raw, "a\n\x1b");
        check(heard(b""), Form::Raw, "");
    }

    #[test]
    fn counts() {
        assert_eq!(count(0, "datagram"), "0 datagrams");
        assert_eq!(count(1, "datagram"), "1 datagram");
    }

    #[test]
    fn losses_are_told_where_there_are_any() {
        assert_eq!(too_fast(None, "shown"), None);
        assert_eq!(too_fast(Some(0), "shown"), None);
        let text = "at least 3 datagrams came faster than they could be shown, and are lost";
        assert_eq!(too_fast(Some(3), "shown").as_deref(), Some(text));
    }
}
