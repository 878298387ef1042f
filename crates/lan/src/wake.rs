//! Waking a machine that sleeps: the magic packet.
//!
//! Six bytes of ones, then the machine's hardware address sixteen times, then the password of a card that asks for
//! one; the card looks for that anywhere in a frame (AMD, Magic Packet Technology, publication 20213). As a rule it is
//! sent by UDP to the broadcast address, port 9. No answer comes, ever.
//!
//! ```
//! use barewire_lan::wake::{Mac, packet};
//!
//! let mac: Mac = "00:11:22:aa:bb:cc".parse()?;
//! let bytes = packet(mac, None);
//! assert_eq!(bytes.len(), 102);
//! assert_eq!(bytes[..12], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x11, 0x22, 0xaa, 0xbb, 0xcc]);
//! # Ok::<(), barewire_lan::wake::ParseError>(())
//! ```

use std::error::Error;
use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

/// The usual port, discard (RFC 863). Some listen to 7 as well; the card itself does not look.
pub const PORT: u16 = 9;

/// The hardware address of one machine's card.
///
/// Written in any of the usual ways, in either case: `00:11:22:aa:bb:cc`, `00-11-22-aa-bb-cc`, `0011.22aa.bbcc`,
/// `001122aabbcc`. No address of all zeros, of all ones, or of a group (the lowest bit of the first byte,
/// IEEE 802-2014 section 8.2) is one: no card has such, so that it can only be a slip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mac([u8; 6]);

impl Mac {
    /// The address of these bytes.
    ///
    /// # Errors
    ///
    /// For what is no address of one card.
    pub const fn from_bytes(bytes: [u8; 6]) -> Result<Self, ParseError> {
        match bytes {
            [0, 0, 0, 0, 0, 0] => Err(ParseError::MacOfNobody),
            [0xff, 0xff, 0xff, 0xff, 0xff, 0xff] => Err(ParseError::MacOfEverybody),
            [first, ..] if first & 1 == 1 => Err(ParseError::MacOfGroup),
            _ => Ok(Self(bytes)),
        }
    }

    /// Its six bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 6] {
        &self.0
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl FromStr for Mac {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let bytes = hex(text).ok_or(ParseError::NoMac)?;
        Self::from_bytes(bytes)
    }
}

/// The password of a card that wants one, "SecureOn": six bytes written like a [`Mac`], or four written like an IPv4
/// address. Any bytes will do. It travels in the clear.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SecureOn {
    bytes: [u8; 6],
    len: usize,
}

impl SecureOn {
    /// Its bytes, six or four.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl From<[u8; 6]> for SecureOn {
    fn from(bytes: [u8; 6]) -> Self {
        Self { bytes, len: 6 }
    }
}

impl From<[u8; 4]> for SecureOn {
    fn from([a, b, c, d]: [u8; 4]) -> Self {
        Self {
            bytes: [a, b, c, d, 0, 0],
            len: 4,
        }
    }
}

impl fmt::Debug for SecureOn {
    /// Does not show the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecureOn({} bytes)", self.len)
    }
}

impl FromStr for SecureOn {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        if let Some(bytes) = hex(text) {
            return Ok(bytes.into());
        }
        let address: Result<Ipv4Addr, _> = text.parse();
        address
            .map(|address| address.octets().into())
            .map_err(|_| ParseError::NoSecureOn)
    }
}

/// Why a text or six bytes are no [`Mac`] or [`SecureOn`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseError {
    /// It is not written like a hardware address.
    NoMac,
    /// All zeros.
    MacOfNobody,
    /// All ones.
    MacOfEverybody,
    /// The address of a group.
    MacOfGroup,
    /// It is not written like a password.
    NoSecureOn,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoMac => {
                "no hardware address; write six bytes in hexadecimal, as in 00:11:22:aa:bb:cc"
            }
            Self::MacOfNobody => {
                "a hardware address of zeros is nobody's; give the address of the sleeping machine's card"
            }
            Self::MacOfEverybody => {
                "a hardware address of ones means every machine and wakes none; give the address of one card"
            }
            Self::MacOfGroup => {
                "the hardware address is that of a group (its first byte is odd); give the address of one card"
            }
            Self::NoSecureOn => {
                "no SecureOn password; write six bytes as in 00:11:22:aa:bb:cc or four as in 192.0.2.1"
            }
        })
    }
}

impl Error for ParseError {}

/// The magic packet: 102 bytes, and 6 or 4 more with a password.
#[must_use]
pub fn packet(mac: Mac, password: Option<SecureOn>) -> Vec<u8> {
    let mut packet = vec![0xff; 6];
    packet.extend_from_slice(&mac.0.repeat(16));
    packet.extend_from_slice(password.as_ref().map_or(&[], SecureOn::as_bytes));
    packet
}

/// Six bytes in one of four ways of writing, and no mixture of them.
fn hex(text: &str) -> Option<[u8; 6]> {
    let separator = text.bytes().find(|byte| !byte.is_ascii_hexdigit());
    let group = match separator {
        None => 12,
        Some(b':' | b'-') => 2,
        Some(b'.') => 4,
        Some(_) => return None,
    };
    let mut digits = [0; 12];
    let mut filled = 0;
    for part in text.split(|c| Some(c) == separator.map(char::from)) {
        if part.len() != group || filled + group > digits.len() {
            return None;
        }
        for (place, digit) in digits[filled..].iter_mut().zip(part.chars()) {
            *place = u8::try_from(digit.to_digit(16)?).ok()?;
        }
        filled += group;
    }
    let (pairs, _) = digits.as_chunks::<2>();
    (filled == digits.len()).then(|| std::array::from_fn(|at| pairs[at][0] << 4 | pairs[at][1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing() {
        for text in [
            "00:1a:2B:3c:4D:5e",
            "00-1A-2b-3C-4d-5E",
            "001a.2B3c.4d5E",
            "001A2b3C4d5e",
        ] {
            let mac: Mac = text.parse().unwrap();
            assert_eq!(mac.as_bytes(), &[0x00, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e]);
            assert_eq!(mac.to_string(), "00:1a:2b:3c:4d:5e");
        }
    }

    #[test]
    fn what_is_no_address() {
        for text in [
            "",
            ":",
            ".",
            "00",
            "0",
            "001a2b3c4d5",
            "001a2b3c4d5e6",
            "001a2b3c4d5e6f",
            "001a2b3c4d5g",
            "00:1a:2b:3c:4d",
            "00:1a:2b:3c:4d:5e:6f",
            "00:1a:2b:3c:4d:5e:",
            ":00:1a:2b:3c:4d:5e",
            "00:1a:2b:3c:4d:5",
            "0:1a:2b:3c:4d:5ee",
            "00:1a-2b:3c:4d:5e",
            "00:1a.2b3c.4d5e",
            "001a.2b3c",
            "001a:2b3c:4d5e",
            "00.1a.2b.3c.4d.5e",
            "00 1a 2b 3c 4d 5e",
            " 00:1a:2b:3c:4d:5e",
            "00:1a:2b:3c:4d:5\u{e9}",
            "\u{661}01a2b3c4d5e",
            "+0:1a:2b:3c:4d:5e",
        ] {
            assert_eq!(text.parse::<Mac>(), Err(ParseError::NoMac), "{text:?}");
        }
        assert_eq!("0".repeat(100_000).parse::<Mac>(), Err(ParseError::NoMac));
    }

    #[test]
    fn addresses_of_no_one_card() {
        for (text, expected) in [
            ("00:00:00:00:00:00", ParseError::MacOfNobody),
            ("ffffffffffff", ParseError::MacOfEverybody),
            ("01:00:5e:00:00:01", ParseError::MacOfGroup),
            ("33-33-00-00-00-01", ParseError::MacOfGroup),
        ] {
            assert_eq!(text.parse::<Mac>(), Err(expected), "{text}");
        }
        assert_eq!(
            ParseError::NoMac.to_string(),
            "no hardware address; write six bytes in hexadecimal, as in 00:11:22:aa:bb:cc"
        );
    }

    #[test]
    fn the_packet_byte_by_byte() {
        let mac: Mac = "001a.2b3c.4d5e".parse().unwrap();
        let mut expected = String::from("ffffffffffff");
        for _ in 0..16 {
            expected.push_str("001a2b3c4d5e");
        }
        let written =
            |bytes: &[u8]| -> String { bytes.iter().map(|byte| format!("{byte:02x}")).collect() };
        let plain = packet(mac, None);
        assert_eq!((plain.len(), written(&plain)), (102, expected.clone()));
        let six = packet(mac, Some("01-23-45-67-89-ab".parse().unwrap()));
        assert_eq!(
            (six.len(), written(&six)),
            (108, expected.clone() + "0123456789ab")
        );
        let four = packet(mac, Some("1.2.3.255".parse().unwrap()));
        assert_eq!((four.len(), written(&four)), (106, expected + "010203ff"));
    }

    #[test]
    fn passwords() {
        for text in ["", "secret", "1.2.3", "1.2.3.256", "00:11:22:33:44"] {
            let parsed = text.parse::<SecureOn>();
            assert_eq!(parsed, Err(ParseError::NoSecureOn), "{text:?}");
        }
        let zeros: SecureOn = "00:00:00:00:00:00".parse().unwrap();
        assert_eq!(zeros.as_bytes(), [0; 6]);
        assert_eq!(format!("{zeros:?}"), "SecureOn(6 bytes)");
    }
}
