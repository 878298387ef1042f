//! Results, for people and for programs.

use std::fmt::{self, Display, Formatter};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use barewire_command::fault::fail;
use barewire_command::json::Object;

use super::config::Form;
use super::hearing::Finished;
use super::offload::Offload;
use super::wire::{Report, SessionId};

/// What a sender has to tell.
#[derive(Clone, Debug)]
pub struct Sent {
    /// To whom.
    pub to: SocketAddr,
    /// Which session it was.
    pub session: SessionId,
    /// Length of each datagram.
    pub datagram_bytes: usize,
    /// How many.
    pub datagrams: u64,
    /// How long it took.
    pub time: Duration,
    /// How they were sent.
    pub offload: Offload,
    /// What the receiver has counted, if it has said so.
    pub report: Option<Report>,
}

/// What a receiver has to tell.
#[derive(Clone, Debug)]
pub struct Received {
    /// The session.
    pub finished: Finished,
    /// How it was received.
    pub offload: Offload,
    /// Room for what was not fetched yet, as it was granted.
    pub buffer_bytes: usize,
}

impl Sent {
    fn bytes(&self) -> u64 {
        self.datagrams * self.datagram_bytes as u64
    }

    /// Tells it.
    ///
    /// # Errors
    ///
    /// Standard output's; a pipe that was closed early is none.
    pub fn tell(&self, form: Form) -> anyhow::Result<()> {
        tell(&match form {
            Form::Text => format!("{self}\n").into_bytes(),
            Form::Json => self.json(),
        })
    }

    /// An object on a line.
    #[must_use]
    pub fn json(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let nanoseconds = nanoseconds(self.time);
        let object = Object::new(&mut out)
            .string("event", "sent")
            .string("to", &self.to.to_string())
            .string("session", &hex(self.session))
            .string("offload", self.offload.word())
            .number("size", self.datagram_bytes as u64);
        let object = rates(object, self.datagrams, self.bytes(), nanoseconds);
        let lost = |report: &Report| self.datagrams.saturating_sub(report.datagrams);
        let object = counts(object, self.report.as_ref(), self.report.as_ref().map(lost));
        let object = match &self.report {
            None => object.null("received"),
            Some(report) => object.number("received", report.datagrams),
        };
        object.finish();
        out
    }
}

impl Display for Sent {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let amount = Amount {
            datagrams: self.datagrams,
            bytes: self.bytes(),
            time: self.time,
        };
        write!(f, "to {}: {amount}; ", self.to)?;
        match &self.report {
            Some(report) => Counts {
                report,
                sent: self.datagrams,
            }
            .fmt(f)?,
            None => f.write_str("not known what came")?,
        }
        write!(f, "; segmentation offload: {}", self.offload)
    }
}

impl Received {
    /// Tells it.
    ///
    /// # Errors
    ///
    /// Standard output's; a pipe that was closed early is none.
    pub fn tell(&self, form: Form) -> anyhow::Result<()> {
        tell(&match form {
            Form::Text => format!("{self}\n").into_bytes(),
            Form::Json => self.json(),
        })
    }

    /// An object on a line.
    #[must_use]
    pub fn json(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let Finished { report, .. } = &self.finished;
        let object = Object::new(&mut out)
            .string("event", "received")
            .string("from", &self.source().to_string())
            .string("session", &hex(self.finished.session))
            .string("ended", self.finished.ended.word())
            .string("offload", self.offload.word())
            .number("buffer_bytes", self.buffer_bytes as u64);
        let object = rates(object, report.datagrams, report.bytes, report.nanoseconds);
        let object = counts(object, Some(report), Some(self.finished.lost()));
        object
            .number("sent", self.finished.sent)
            .number("foreign", self.finished.foreign)
            .finish();
        out
    }

    fn source(&self) -> SocketAddr {
        let mut source = self.finished.source;
        source.set_ip(source.ip().to_canonical());
        source
    }
}

impl Display for Received {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Finished { report, sent, .. } = &self.finished;
        let amount = Amount {
            datagrams: report.datagrams,
            bytes: report.bytes,
            time: Duration::from_nanos(report.nanoseconds),
        };
        let counts = Counts {
            report,
            sent: *sent,
        };
        write!(
            f,
            "from {}: {amount}; {counts}, {} foreign; segmentation offload: {}",
            self.source(),
            self.finished.foreign,
            self.offload
        )
    }
}

/// How much in which time.
struct Amount {
    datagrams: u64,
    bytes: u64,
    time: Duration,
}

impl Display for Amount {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self {
            datagrams,
            bytes,
            time,
        } = self;
        let seconds = time.as_secs_f64();
        write!(
            f,
            "{datagrams} datagrams, {} in {seconds:.3} s",
            Scaled(*bytes as f64, "B")
        )?;
        if seconds > 0.0 {
            write!(
                f,
                " ({}, {} datagrams/s)",
                Scaled(*bytes as f64 / seconds, "B/s"),
                Scaled(*datagrams as f64 / seconds, "")
            )?;
        }
        Ok(())
    }
}

/// What became of them.
struct Counts<'a> {
    report: &'a Report,
    sent: u64,
}

impl Display for Counts<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { report, sent } = *self;
        let lost = sent.saturating_sub(report.datagrams);
        let percent = lost as f64 / sent.max(1) as f64 * 100.0;
        write!(f, "{lost} of {sent} lost ({percent:.3} %)")?;
        if let Some(times) = report.no_room {
            write!(f, ", no room {times} times")?;
        }
        write!(
            f,
            ", {} duplicate, {} reordered",
            report.duplicates, report.reordered
        )?;
        if report.late > 0 {
            write!(f, ", {} late", report.late)?;
        }
        let jitter = report.jitter_nanoseconds as f64 / 1e6;
        write!(f, ", jitter {jitter:.3} ms")
    }
}

/// A number with three digits and a letter for a power of 1000.
struct Scaled(f64, &'static str);

impl Display for Scaled {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self(mut number, unit) = *self;
        let mut letter = "";
        for next in ["k", "M", "G", "T"] {
            // Rounding would make a thousand of it.
            if number < 999.5 {
                break;
            }
            (number, letter) = (number / 1000.0, next);
        }
        let digits = match number {
            _ if letter.is_empty() && number.fract() == 0.0 => 0,
            _ if number < 9.995 => 2,
            _ if number < 99.95 => 1,
            _ => 0,
        };
        write!(f, "{number:.digits$}")?;
        match (letter, unit) {
            ("", "") => Ok(()),
            _ => write!(f, " {letter}{unit}"),
        }
    }
}

fn rates(object: Object<'_>, datagrams: u64, bytes: u64, nanoseconds: u64) -> Object<'_> {
    let rate = |amount: u64| {
        let rate = u128::from(amount) * 1_000_000_000 / u128::from(nanoseconds.max(1));
        u64::try_from(rate).unwrap_or(u64::MAX)
    };
    let object = object
        .number("datagrams", datagrams)
        .number("bytes", bytes)
        .number("nanoseconds", nanoseconds);
    if nanoseconds == 0 {
        return object.null("datagrams_per_second").null("bytes_per_second");
    }
    object
        .number("datagrams_per_second", rate(datagrams))
        .number("bytes_per_second", rate(bytes))
}

fn counts<'a>(object: Object<'a>, report: Option<&Report>, lost: Option<u64>) -> Object<'a> {
    let numbers = [
        ("lost", lost),
        ("duplicates", report.map(|report| report.duplicates)),
        ("reordered", report.map(|report| report.reordered)),
        ("late", report.map(|report| report.late)),
        (
            "jitter_nanoseconds",
            report.map(|report| report.jitter_nanoseconds),
        ),
        ("no_room", report.and_then(|report| report.no_room)),
    ];
    numbers
        .into_iter()
        .fold(object, |object, (name, number)| match number {
            Some(number) => object.number(name, number),
            None => object.null(name),
        })
}

fn hex(session: SessionId) -> String {
    format!("{:016x}", u64::from_be_bytes(session))
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn tell(text: &[u8]) -> anyhow::Result<()> {
    let mut out = io::stdout();
    match out.write_all(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(fail("cannot write to standard output", error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::{Received, Scaled, Sent};
    use crate::bench::hearing::{Ended, Finished};
    use crate::bench::offload::Offload;
    use crate::bench::wire::Report;

    fn report() -> Report {
        Report {
            datagrams: 990,
            bytes: 1_386_000,
            duplicates: 1,
            reordered: 2,
            late: 3,
            jitter_nanoseconds: 12_345,
            nanoseconds: 500_000_000,
            no_room: Some(9),
        }
    }

    fn received() -> Received {
        Received {
            finished: Finished {
                source: "[::ffff:192.0.2.7]:40000".parse().expect("an address"),
                session: [0, 1, 2, 3, 4, 5, 6, 0xff],
                ended: Ended::End,
                sent: 1000,
                report: report(),
                foreign: 4,
            },
            offload: Offload::On,
            buffer_bytes: 212_992,
        }
    }

    fn sent(report: Option<Report>) -> Sent {
        Sent {
            to: "192.0.2.8:5144".parse().expect("an address"),
            session: [0, 1, 2, 3, 4, 5, 6, 0xff],
            datagram_bytes: 1400,
            datagrams: 1000,
            time: Duration::from_millis(500),
            offload: Offload::Refused,
            report,
        }
    }

    fn value(json: &[u8]) -> Value {
        assert_eq!(json.iter().filter(|&&byte| byte == b'\n').count(), 1);
        serde_json::from_slice(json).expect("JSON")
    }

    #[test]
    fn lines() {
        assert_eq!(
            received().to_string(),
            "from 192.0.2.7:40000: 990 datagrams, 1.39 MB in 0.500 s (2.77 MB/s, 1.98 k datagrams/s); \
             10 of 1000 lost (1.000 %), no room 9 times, 1 duplicate, 2 reordered, 3 late, \
             jitter 0.012 ms, 4 foreign; segmentation offload: on"
        );
        assert_eq!(
            sent(None).to_string(),
            "to 192.0.2.8:5144: 1000 datagrams, 1.40 MB in 0.500 s (2.80 MB/s, 2.00 k datagrams/s); \
             not known what came; segmentation offload: off, refused by the system"
        );
    }

    #[test]
    fn objects() {
        let counts = json!({
            "lost": 10, "duplicates": 1, "reordered": 2, "late": 3, "jitter_nanoseconds": 12345, "no_room": 9,
            "session": "00010203040506ff", "nanoseconds": 500_000_000,
        });
        let with = |more: Value| {
            let mut all = counts.clone();
            let Value::Object(more) = more else {
                panic!("an object");
            };
            all.as_object_mut().expect("an object").extend(more);
            all
        };
        assert_eq!(
            value(&received().json()),
            with(json!({
                "event": "received", "from": "192.0.2.7:40000", "ended": "end", "offload": "on",
                "buffer_bytes": 212_992, "datagrams": 990, "bytes": 1_386_000,
                "datagrams_per_second": 1980, "bytes_per_second": 2_772_000, "sent": 1000, "foreign": 4,
            }))
        );
        let told = with(json!({
            "event": "sent", "to": "192.0.2.8:5144", "offload": "refused", "size": 1400,
            "datagrams": 1000, "bytes": 1_400_000, "datagrams_per_second": 2000,
            "bytes_per_second": 2_800_000, "received": 990,
        }));
        assert_eq!(value(&sent(Some(report())).json()), told);
        let mut untold = told;
        for name in [
            "received",
            "lost",
            "duplicates",
            "reordered",
            "late",
            "jitter_nanoseconds",
            "no_room",
        ] {
            untold[name] = Value::Null;
        }
        assert_eq!(value(&sent(None).json()), untold);
    }

    #[test]
    fn one_datagram_has_no_rate() {
        let mut received = received();
        received.finished.report.nanoseconds = 0;
        let value = value(&received.json());
        assert_eq!(value["bytes_per_second"], Value::Null);
        assert_eq!(value["datagrams_per_second"], Value::Null);
        let line = received.to_string();
        assert!(line.contains("1.39 MB in 0.000 s; 10 of"), "{line}");
    }

    #[test]
    fn numbers_have_three_digits() {
        let check = |number: f64, unit, expected: &str| {
            assert_eq!(Scaled(number, unit).to_string(), expected);
        };
        check(0.0, "B", "0 B");
        check(999.0, "B", "999 B");
        check(999.7, "B", "1.00 kB");
        check(1_234_567.0, "B/s", "1.23 MB/s");
        check(12_345_678.0, "B/s", "12.3 MB/s");
        check(123_456_789_012.0, "B/s", "123 GB/s");
        check(17.0, "", "17");
        check(0.5, "", "0.50");
    }
}
