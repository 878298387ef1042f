//! The bytes of a datagram. `PROTOCOL.md` has them in a table.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use crate::announcement::{Announcement, Attributes, is_key};
use crate::dropped::Malformed;
use crate::name::{Name, Service};

/// Longest datagram, in bytes: it fits the least packet of IPv6, 1,280, with room for headers and tunnels.
pub const DATAGRAM_BYTES_MAX: usize = 1200;

/// What each datagram begins with, in bytes.
pub const HEADER_BYTES: usize = 32;

const MAGIC: [u8; 4] = *b"BWbc";
const VERSION: u8 = 1;

const ANNOUNCE: u8 = 1;
const QUERY: u8 = 2;
const REPLY: u8 = 3;
const GOODBYE: u8 = 4;

const PADDING: u8 = 0;
const SERVICE: u8 = 1;
const NAME: u8 = 2;
const PORT: u8 = 3;
const INTERVAL: u8 = 4;
const ATTRIBUTE: u8 = 5;

/// Type and length, before what a field holds.
const FIELD_HEADER_BYTES: usize = 3;

/// Who says something: 16 random bytes, made when a program starts. It tells two programs apart and proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instance([u8; 16]);

impl Instance {
    /// The one of these bytes, which should be random.
    #[must_use]
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// Hexadecimal, 32 digits.
impl Display for Instance {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Who a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// The instance.
    pub instance: Instance,
    /// A number that is larger each time an instance starts, such as the seconds since 1970. What an earlier life of an
    /// instance said is stale.
    pub boot: u32,
}

/// A datagram, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// Who says it.
    pub identity: Identity,
    /// Its number: larger in each datagram of an instance.
    pub sequence: u32,
    /// What is said.
    pub message: Message,
}

/// What a datagram says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// Something is here. To everybody, unasked.
    Announce {
        /// What.
        announcement: Announcement,
        /// How long until it is said again, at most. Whole seconds from 1 to 65,535.
        interval: Duration,
    },
    /// Who has this? Always of [`DATAGRAM_BYTES_MAX`].
    Query {
        /// The service asked for; `None` is any.
        service: Option<Service>,
        /// The name asked for; `None` is any.
        name: Option<Name>,
    },
    /// Something is here. To the one that asked.
    Reply {
        /// What.
        announcement: Announcement,
        /// As in an announcement.
        interval: Duration,
    },
    /// What was announced is gone.
    Goodbye,
}

impl Datagram {
    /// Writes the datagram to `out`, in place of what is there.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.clear();
        let code = match self.message {
            Message::Announce { .. } => ANNOUNCE,
            Message::Query { .. } => QUERY,
            Message::Reply { .. } => REPLY,
            Message::Goodbye => GOODBYE,
        };
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&[VERSION, code, 0, 0]);
        out.extend_from_slice(self.identity.instance.as_bytes());
        out.extend_from_slice(&self.sequence.to_be_bytes());
        out.extend_from_slice(&self.identity.boot.to_be_bytes());
        match &self.message {
            Message::Announce {
                announcement,
                interval,
            }
            | Message::Reply {
                announcement,
                interval,
            } => put_announcement(announcement, *interval, out),
            Message::Query { service, name } => {
                if let Some(service) = service {
                    put(SERVICE, &[service.as_str().as_bytes()], out);
                }
                if let Some(name) = name {
                    put(NAME, &[name.as_str().as_bytes()], out);
                }
                let room = DATAGRAM_BYTES_MAX - out.len() - FIELD_HEADER_BYTES;
                put(PADDING, &[&[0; DATAGRAM_BYTES_MAX][..room]], out);
            }
            Message::Goodbye => {}
        }
        debug_assert!(out.len() <= DATAGRAM_BYTES_MAX, "{} bytes", out.len());
        let length = (out.len() as u16).to_be_bytes();
        out[6..8].copy_from_slice(&length);
    }

    /// Reads a datagram.
    ///
    /// # Errors
    ///
    /// What makes it none of this protocol.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.len() > DATAGRAM_BYTES_MAX {
            return Err(Malformed::TooLong);
        }
        let Some((header, fields)) = bytes.split_first_chunk::<HEADER_BYTES>() else {
            return Err(Malformed::TooShort);
        };
        let word = |at: usize| u32::from_be_bytes([0, 1, 2, 3].map(|n| header[at + n]));
        if header[..4] != MAGIC {
            return Err(Malformed::Magic);
        }
        if header[4] != VERSION {
            return Err(Malformed::Version { version: header[4] });
        }
        let said = u16::from_be_bytes([header[6], header[7]]);
        if usize::from(said) != bytes.len() {
            return Err(Malformed::Length { said });
        }
        let code = header[5];
        if !(ANNOUNCE..=GOODBYE).contains(&code) {
            return Err(Malformed::Type { code });
        }
        let fields = Fields::read(fields)?;
        let message = match code {
            ANNOUNCE => {
                let (announcement, interval) = fields.announcement()?;
                Message::Announce {
                    announcement,
                    interval,
                }
            }
            REPLY => {
                let (announcement, interval) = fields.announcement()?;
                Message::Reply {
                    announcement,
                    interval,
                }
            }
            QUERY if bytes.len() < DATAGRAM_BYTES_MAX => return Err(Malformed::ShortQuery),
            QUERY => Message::Query {
                service: fields.service,
                name: fields.name,
            },
            _ => Message::Goodbye,
        };
        let mut instance = [0; 16];
        instance.copy_from_slice(&header[8..24]);
        Ok(Self {
            identity: Identity {
                instance: Instance(instance),
                boot: word(28),
            },
            sequence: word(24),
            message,
        })
    }
}

/// How long a datagram with this announcement is at most, that is with a port.
pub(crate) fn announcement_bytes(announcement: &Announcement) -> usize {
    let service = announcement.service().as_str().len();
    let name = announcement.name().as_str().len();
    let [port, interval] = [2, 2];
    let fields = [service, name, port, interval];
    let fields = fields.map(|bytes| FIELD_HEADER_BYTES + bytes);
    let attributes = announcement.attributes();
    let attributes = attributes.map(|(key, value)| attribute_bytes(key, value));
    HEADER_BYTES + fields.into_iter().chain(attributes).sum::<usize>()
}

/// How much longer an attribute makes a datagram.
pub(crate) fn attribute_bytes(key: &str, value: &str) -> usize {
    FIELD_HEADER_BYTES + key.len() + 1 + value.len()
}

fn put_announcement(announcement: &Announcement, interval: Duration, out: &mut Vec<u8>) {
    put(SERVICE, &[announcement.service().as_str().as_bytes()], out);
    put(NAME, &[announcement.name().as_str().as_bytes()], out);
    if let Some(port) = announcement.announced_port() {
        put(PORT, &[&port.to_be_bytes()], out);
    }
    let seconds = interval.as_secs().clamp(1, u16::MAX.into()) as u16;
    put(INTERVAL, &[&seconds.to_be_bytes()], out);
    for (key, value) in announcement.attributes() {
        put(ATTRIBUTE, &[key.as_bytes(), b"=", value.as_bytes()], out);
    }
}

fn put(field: u8, parts: &[&[u8]], out: &mut Vec<u8>) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    out.push(field);
    out.extend_from_slice(&(length as u16).to_be_bytes());
    for part in parts {
        out.extend_from_slice(part);
    }
}

/// The fields of a datagram, each checked.
#[derive(Default)]
struct Fields {
    service: Option<Service>,
    name: Option<Name>,
    port: Option<u16>,
    interval: Option<Duration>,
    attributes: Attributes,
}

impl Fields {
    fn read(mut bytes: &[u8]) -> Result<Self, Malformed> {
        let mut fields = Self::default();
        while let Some((&[field, high, low], rest)) = bytes.split_first_chunk() {
            let length = usize::from(u16::from_be_bytes([high, low]));
            let (value, rest) = rest
                .split_at_checked(length)
                .ok_or(Malformed::FieldPastEnd)?;
            fields.take(field, value)?;
            bytes = rest;
        }
        match bytes {
            [] => Ok(fields),
            _ => Err(Malformed::FieldPastEnd),
        }
    }

    fn take(&mut self, field: u8, value: &[u8]) -> Result<(), Malformed> {
        match field {
            SERVICE => set(&mut self.service, "service", text(value)),
            NAME => set(&mut self.name, "name", text(value)),
            PORT => set(&mut self.port, "port", number(value)),
            INTERVAL => {
                let interval = number(value).map(|seconds| Duration::from_secs(seconds.into()));
                set(&mut self.interval, "interval", interval)
            }
            ATTRIBUTE => {
                let field = "attribute";
                let (key, value) = attribute(value).ok_or(Malformed::BadField { field })?;
                if self.attributes.last_key().is_some_and(|last| last >= key) {
                    return Err(Malformed::Repeated { field });
                }
                self.attributes.push(key, value);
                Ok(())
            }
            // Padding, and what later versions may add.
            _ => Ok(()),
        }
    }

    fn announcement(self) -> Result<(Announcement, Duration), Malformed> {
        let missing = |field| Malformed::Missing { field };
        let service = self.service.ok_or(missing("service"))?;
        let name = self.name.ok_or(missing("name"))?;
        let interval = self.interval.ok_or(missing("interval"))?;
        let announcement = Announcement::decoded(service, name, self.port, self.attributes);
        // What could not be said again, with a port, was not said by a node.
        if announcement_bytes(&announcement) > DATAGRAM_BYTES_MAX {
            return Err(Malformed::TooLong);
        }
        Ok((announcement, interval))
    }
}

fn set<T>(slot: &mut Option<T>, field: &'static str, value: Option<T>) -> Result<(), Malformed> {
    let value = value.ok_or(Malformed::BadField { field })?;
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(Malformed::Repeated { field }),
    }
}

fn text<T: std::str::FromStr>(value: &[u8]) -> Option<T> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

/// A number of 16 bits that is not 0.
fn number(value: &[u8]) -> Option<u16> {
    let number = u16::from_be_bytes(value.try_into().ok()?);
    (number != 0).then_some(number)
}

fn attribute(field: &[u8]) -> Option<(&str, &str)> {
    let (key, value) = std::str::from_utf8(field).ok()?.split_once('=')?;
    is_key(key.as_bytes()).then_some((key, value))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{DATAGRAM_BYTES_MAX, Datagram, Identity, Instance, Message};
    use crate::announcement::Announcement;
    use crate::dropped::Malformed;

    const IDENTITY: Identity = Identity {
        instance: Instance::new(*b"0123456789abcdef"),
        boot: 0x0102_0304,
    };

    fn datagram(message: Message) -> Datagram {
        Datagram {
            identity: IDENTITY,
            sequence: 7,
            message,
        }
    }

    fn announcement() -> Announcement {
        let plain = Announcement::new("print".parse().unwrap(), "büro".parse().unwrap());
        plain.port(631).attribute("paper", "A4").unwrap()
    }

    fn announce() -> Datagram {
        datagram(Message::Announce {
            announcement: announcement(),
            interval: Duration::from_secs(13),
        })
    }

    fn bytes(datagram: &Datagram) -> Vec<u8> {
        let mut out = b"what was there".to_vec();
        datagram.encode(&mut out);
        out
    }

    /// A datagram of these fields after a right header.
    fn with_fields(code: u8, fields: &[u8]) -> Vec<u8> {
        let mut out = bytes(&announce());
        out.truncate(32);
        out.extend_from_slice(fields);
        out[5] = code;
        let length = (out.len() as u16).to_be_bytes();
        out[6..8].copy_from_slice(&length);
        out
    }

    #[track_caller]
    fn check(bytes: &[u8], expected: Malformed) {
        assert_eq!(Datagram::decode(bytes), Err(expected), "{bytes:02x?}");
    }

    #[test]
    fn an_announcement_is_these_bytes() {
        let expected = [
            &b"BWbc\x01\x01\x00\x45"[..],
            b"0123456789abcdef",
            b"\x00\x00\x00\x07\x01\x02\x03\x04",
            b"\x01\x00\x05print",
            "\x02\x00\x05büro".as_bytes(),
            b"\x03\x00\x02\x02\x77",
            b"\x04\x00\x02\x00\x0d",
            b"\x05\x00\x08paper=A4",
        ]
        .concat();
        assert_eq!(bytes(&announce()), expected);
    }

    #[test]
    fn what_is_written_is_read() {
        let interval = Duration::from_secs(65_535);
        for message in [
            Message::Announce {
                announcement: announcement(),
                interval,
            },
            Message::Reply {
                announcement: announcement(),
                interval,
            },
            Message::Query {
                service: None,
                name: None,
            },
            Message::Query {
                service: Some("print".parse().unwrap()),
                name: Some("n".repeat(63).parse().unwrap()),
            },
            Message::Goodbye,
        ] {
            let datagram = datagram(message);
            assert_eq!(Datagram::decode(&bytes(&datagram)), Ok(datagram));
        }
    }

    #[test]
    fn a_question_is_as_long_as_the_longest_answer() {
        let query = datagram(Message::Query {
            service: None,
            name: Some("a".parse().unwrap()),
        });
        assert_eq!(bytes(&query).len(), DATAGRAM_BYTES_MAX);
        check(&with_fields(2, &[]), Malformed::ShortQuery);
        check(&with_fields(2, &[0; 1167]), Malformed::ShortQuery);
    }

    #[test]
    fn every_cut_and_every_extra_byte_is_noticed() {
        let whole = bytes(&announce());
        for cut in 0..32 {
            check(&whole[..cut], Malformed::TooShort);
        }
        for cut in 32..whole.len() {
            check(&whole[..cut], Malformed::Length { said: 0x45 });
        }
        let longer = [&whole[..], b"\0"].concat();
        check(&longer, Malformed::Length { said: 0x45 });
        check(&[0; 1201], Malformed::TooLong);
    }

    #[test]
    fn headers_have_their_rules() {
        let with = |at: usize, byte: u8| {
            let mut changed = bytes(&announce());
            changed[at] = byte;
            changed
        };
        check(&with(0, b'b'), Malformed::Magic);
        check(&with(4, 2), Malformed::Version { version: 2 });
        check(&with(5, 0), Malformed::Type { code: 0 });
        check(&with(5, 5), Malformed::Type { code: 5 });
    }

    #[test]
    fn fields_have_their_rules() {
        let bad = |field| Malformed::BadField { field };
        let announced = |fields: &[u8]| with_fields(1, fields);
        check(&announced(b"\x01"), Malformed::FieldPastEnd);
        check(&announced(b"\x01\x00"), Malformed::FieldPastEnd);
        check(&announced(b"\x01\x00\x02a"), Malformed::FieldPastEnd);
        check(&announced(b"\x09\xff\xffa"), Malformed::FieldPastEnd);
        check(&announced(b"\x01\x00\x00"), bad("service"));
        check(&announced(b"\x01\x00\x01A"), bad("service"));
        check(&announced(b"\x02\x00\x01\xff"), bad("name"));
        check(&announced(b"\x02\x00\x01\x1b"), bad("name"));
        check(&announced(b"\x03\x00\x01\x01"), bad("port"));
        check(&announced(b"\x03\x00\x02\x00\x00"), bad("port"));
        check(&announced(b"\x04\x00\x02\x00\x00"), bad("interval"));
        check(&announced(b"\x05\x00\x01a"), bad("attribute"));
        check(&announced(b"\x05\x00\x02=a"), bad("attribute"));
        check(&announced(b"\x05\x00\x03a=\xff"), bad("attribute"));
        check(
            &announced(b"\x01\x00\x01a\x01\x00\x01a"),
            Malformed::Repeated { field: "service" },
        );
        for twice in [
            &b"\x05\x00\x02a=\x05\x00\x02a="[..],
            b"\x05\x00\x02b=\x05\x00\x02a=",
        ] {
            check(
                &announced(twice),
                Malformed::Repeated { field: "attribute" },
            );
        }
        let missing = |field| Malformed::Missing { field };
        check(&announced(b""), missing("service"));
        check(&announced(b"\x01\x00\x01a"), missing("name"));
        check(
            &announced(b"\x01\x00\x01a\x02\x00\x01a"),
            missing("interval"),
        );
    }

    #[test]
    fn unknown_fields_are_passed_over() {
        let fields = b"\x99\x00\x03abc\x01\x00\x01a\x00\x00\x00\x02\x00\x01b\xff\x00\x00\x04\x00\x02\x00\x01";
        let read = Datagram::decode(&with_fields(3, fields)).unwrap();
        assert_eq!(
            read.message,
            Message::Reply {
                announcement: Announcement::new("a".parse().unwrap(), "b".parse().unwrap()),
                interval: Duration::from_secs(1),
            }
        );
    }
}
