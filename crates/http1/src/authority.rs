//! `uri-host [ ":" port ]`: the Host field and the authority of a target.
//! <https://www.rfc-editor.org/rfc/rfc3986#section-3.2>
//!
//! One pass, so that a long Host costs no third look at its bytes.

use crate::syntax::{is_reg_name_byte, visit};

/// A checked authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Authority<'a> {
    pub(crate) host: &'a [u8],
    pub(crate) port: Port,
}

/// What stands behind the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Port {
    /// No colon.
    Absent,
    /// A colon without digits.
    Empty,
    /// A port.
    Number(u16),
    /// Digits above 65535, which the grammar of a URI allows.
    TooLarge,
}

impl<'a> Authority<'a> {
    /// Splits and checks `bytes`; userinfo is no part of it (RFC 9110 section 4.2.4).
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        Self::parse_front(bytes).and_then(|(authority, len)| {
            let whole = len == bytes.len();
            whole.then_some(authority)
        })
    }

    /// Whether `value` is one for a Host field: the authority of an http URI, or nothing at all
    /// (RFC 9112 section 3.2). A port without a host is the authority of no http URI
    /// (RFC 9110 section 4.2.1). Most are a name and nothing else, which is told at once.
    #[inline(always)]
    pub(crate) fn is_host_field(value: &[u8]) -> bool {
        let name_len = run_of(value, is_reg_name_byte);
        name_len == value.len()
            || Authority::parse_behind(name_len, value)
                .is_some_and(|(authority, len)| len == value.len() && !authority.host.is_empty())
    }

    /// The same at the front of `bytes`, with the length taken.
    pub(crate) fn parse_front(bytes: &'a [u8]) -> Option<(Self, usize)> {
        Self::parse_behind(run_of(bytes, is_reg_name_byte), bytes)
    }

    /// The same, behind as many bytes of a name as there are without an escape.
    fn parse_behind(name_len: usize, bytes: &'a [u8]) -> Option<(Self, usize)> {
        let host_len = match bytes.first() {
            Some(b'[') => ip_literal_len(bytes)?,
            _ => reg_name_len(name_len, bytes)?,
        };
        let (host, rest) = bytes.split_at(host_len);
        let (port, port_len) = match rest {
            [b':', digits @ ..] => {
                let (port, digits) = leading_port(digits);
                (port, digits + 1)
            }
            _ => (Port::Absent, 0),
        };
        Some((Self { host, port }, host_len + port_len))
    }
}

/// port = *DIGIT, and how many there are.
fn leading_port(bytes: &[u8]) -> (Port, usize) {
    let mut number = 0_u32;
    let mut len = 0;
    while let Some(digit) = bytes.get(len).filter(|byte| byte.is_ascii_digit()) {
        visit(1);
        number = (number * 10 + u32::from(digit - b'0')).min(u32::from(u16::MAX) + 1);
        len += 1;
    }
    let port = match u16::try_from(number) {
        _ if len == 0 => Port::Empty,
        Ok(number) => Port::Number(number),
        Err(_) => Port::TooLarge,
    };
    (port, len)
}

/// reg-name = *( unreserved / pct-encoded / sub-delims ); an IPv4address is one too.
fn reg_name_len(unescaped: usize, bytes: &[u8]) -> Option<usize> {
    let mut pos = unescaped;
    while bytes.get(pos) == Some(&b'%') {
        visit(2);
        let digits = bytes.get(pos + 1..pos + 3)?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        pos += 3;
        pos += run_of(&bytes[pos..], is_reg_name_byte);
    }
    Some(pos)
}

/// IP-literal = "[" ( IPv6address / IPvFuture ) "]"
fn ip_literal_len(bytes: &[u8]) -> Option<usize> {
    let inside = match bytes.get(1) {
        Some(b'v' | b'V') => 1 + ip_future_len(&bytes[2..])?,
        _ => ipv6_len(&bytes[1..])?,
    };
    let len = inside + 2;
    visit(2);
    (bytes.get(len - 1) == Some(&b']')).then_some(len)
}

/// IPvFuture = "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" ), after its "v".
fn ip_future_len(bytes: &[u8]) -> Option<usize> {
    let version = run_of(bytes, |byte| byte.is_ascii_hexdigit());
    let address = bytes.get(version..)?.strip_prefix(b".")?;
    let len = run_of(address, |byte| byte == b':' || is_reg_name_byte(byte));
    (version > 0 && len > 0).then_some(version + 1 + len)
}

/// IPv6address: eight groups of up to four hexadecimal digits, or fewer with one "::",
/// the last two perhaps as an IPv4 address.
fn ipv6_len(bytes: &[u8]) -> Option<usize> {
    const GROUPS: usize = 8;
    let mut pos = 0;
    let mut groups = 0;
    let mut compressed = false;
    loop {
        if bytes[pos..].starts_with(b"::") {
            visit(2);
            if compressed {
                return None;
            }
            compressed = true;
            pos += 2;
        } else if groups > 0 {
            if bytes.get(pos) != Some(&b':') {
                break;
            }
            visit(1);
            pos += 1;
        }
        let digits = run_of(&bytes[pos..], |byte| byte.is_ascii_hexdigit());
        if bytes.get(pos + digits) == Some(&b'.') {
            pos += ipv4_len(&bytes[pos..])?;
            groups += 2;
            break;
        }
        match digits {
            0 if compressed && bytes[..pos].ends_with(b"::") => break,
            1..=4 => {}
            _ => return None,
        }
        pos += digits;
        groups += 1;
        if groups > GROUPS {
            return None;
        }
    }
    let whole = match compressed {
        true => groups < GROUPS,
        false => groups == GROUPS,
    };
    whole.then_some(pos)
}

/// IPv4address = dec-octet "." dec-octet "." dec-octet "." dec-octet
fn ipv4_len(bytes: &[u8]) -> Option<usize> {
    let mut pos = 0;
    for octet in 0..4 {
        if octet > 0 {
            (bytes.get(pos) == Some(&b'.')).then_some(())?;
            pos += 1;
        }
        let digits = run_of(bytes[pos..].get(..4).unwrap_or(&bytes[pos..]), |byte| {
            byte.is_ascii_digit()
        });
        let text = core::str::from_utf8(&bytes[pos..pos + digits]).ok()?;
        // No leading zeros: some recipients read them as octal.
        if digits > 1 && text.starts_with('0') {
            return None;
        }
        text.parse::<u8>().ok()?;
        pos += digits;
    }
    Some(pos)
}

/// Length of the run of bytes that belong.
#[inline(always)]
fn run_of(bytes: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    let len = bytes
        .iter()
        .position(|byte| !belongs(*byte))
        .unwrap_or(bytes.len());
    visit((len + 1).min(bytes.len()));
    len
}

#[cfg(test)]
mod tests {
    extern crate std;

    use core::net::Ipv6Addr;
    use std::format;
    use std::string::String;

    use proptest::prelude::*;

    use super::{Authority, Port};

    #[track_caller]
    fn check(text: &str, expected: Option<(&str, Port)>) {
        let parsed = Authority::parse(text.as_bytes()).map(|a| (a.host, a.port));
        let expected = expected.map(|(host, port)| (host.as_bytes(), port));
        assert_eq!(parsed, expected, "{text}");
    }

    #[test]
    fn hosts_of_every_kind() {
        check("", Some(("", Port::Absent)));
        check("a", Some(("a", Port::Absent)));
        check("a:", Some(("a", Port::Empty)));
        check("127.0.0.1:80", Some(("127.0.0.1", Port::Number(80))));
        check("[::1]:8080", Some(("[::1]", Port::Number(8080))));
        check("[v1.fe:d]", Some(("[v1.fe:d]", Port::Absent)));
        check("a%41_b,c", Some(("a%41_b,c", Port::Absent)));
    }

    #[test]
    fn refusals() {
        for text in [
            "a b",
            "u@a",
            "a/b",
            "a:x",
            "a%zz",
            "a%4",
            "[",
            "[::1",
            "[::g]",
            "[::1]x",
            "[::1%25eth0]",
            "[v",
            "[v.a]",
            "[v1.]",
            "[v1.a",
            "a:1:2",
            "\u{e9}",
            "a?b",
            "a#b",
            "[]",
            "a\\b",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn ports_have_16_bits() {
        let port = |text: &str| Authority::parse(text.as_bytes()).map(|a| a.port);
        assert_eq!(port("a:65535"), Some(Port::Number(65535)));
        assert_eq!(port("a:0000000000000000080"), Some(Port::Number(80)));
        assert_eq!(port("a:65536"), Some(Port::TooLarge));
        assert_eq!(port("a:99999999999999999999"), Some(Port::TooLarge));
    }

    #[track_caller]
    fn agrees_with_std(address: &str) {
        let ours = Authority::parse(format!("[{address}]").as_bytes()).is_some();
        assert_eq!(ours, address.parse::<Ipv6Addr>().is_ok(), "{address}");
    }

    #[test]
    fn ipv6_edges_agree_with_std() {
        for address in [
            "::",
            "::1",
            "1::",
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7::",
            "::2:3:4:5:6:7:8",
            "1:2:3:4::5:6:7:8",
            "1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:8:9",
            "1:2:3:4:5:6:7:8::",
            ":1",
            "1:",
            ":::",
            "1:::2",
            "1::2::3",
            "12345::",
            "::ffff:1.2.3.4",
            "1:2:3:4:5:6:1.2.3.4",
            "1:2:3:4:5:6:7:1.2.3.4",
            "::1.2.3",
            "::1.2.3.4.5",
            "::1.2.3.256",
            "::1.2.3.04",
            "::1.2.3.4:5",
            "1.2.3.4",
            "::a.2.3.4",
        ] {
            agrees_with_std(address);
        }
    }

    proptest! {
        #[test]
        fn ipv6_agrees_with_std(parts in prop::collection::vec("[0-9a-f]{0,5}|:|::|1\\.2\\.3\\.4|\\.", 0..14)) {
            agrees_with_std(&parts.concat());
            agrees_with_std(&parts.join(":"));
        }

        #[test]
        fn whole_addresses_are_taken(bits: u128) {
            let text: String = format!("{}", Ipv6Addr::from_bits(bits));
            agrees_with_std(&text);
        }
    }
}
