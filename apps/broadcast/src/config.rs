//! What it means.

pub mod announce;
pub mod find;
pub mod listen;
pub mod say;
pub mod wake;

use std::net::SocketAddr;
use std::time::Duration;

use barewire_command::address::HostFlag;
use barewire_command::fault::refuse;
use barewire_command::line::DASH;

/// Where things are said and listened to unless told otherwise.
pub const PORT: u16 = 5144;

/// What the length fields of UDP over IPv4 leave for a payload. Over IPv6 it is 20 bytes more.
pub const DATAGRAM_BYTES_MAX: usize = 65_507;

/// A century; instants this far off can be counted with.
const SECONDS_MAX: f64 = 100.0 * 365.0 * 86_400.0;

/// A time of so many seconds.
fn seconds(flag: &str, typed: Option<f64>) -> anyhow::Result<Option<Duration>> {
    match typed {
        None => Ok(None),
        Some(seconds) if (0.0..=SECONDS_MAX).contains(&seconds) => {
            Ok(Some(Duration::from_secs_f64(seconds)))
        }
        Some(seconds) => refuse(format!(
            "{flag} {seconds}: say how many seconds, such as 2 or 0.5"
        )),
    }
}

/// A number that is not 0.
fn at_least_1<T: PartialEq + Default + Copy>(
    flag: &str,
    typed: Option<T>,
) -> anyhow::Result<Option<T>> {
    match typed {
        Some(number) if number == T::default() => refuse(format!("{flag} 0: say 1 or more")),
        typed => Ok(typed),
    }
}

/// A port to send to.
fn port_of_others(typed: Option<u16>, default: u16) -> anyhow::Result<u16> {
    Ok(at_least_1("--port", typed)?.unwrap_or(default))
}

/// Where to, each address once. A name stands for the first of its addresses: one machine is to hear it once.
fn destinations(typed: &[String], port: u16) -> anyhow::Result<Vec<SocketAddr>> {
    let flag = HostFlag {
        name: "--to",
        port,
        any: None,
    };
    let mut found = Vec::new();
    for text in typed {
        let first = flag.addresses(text)?.into_iter().next();
        let Some(address) = first.filter(|address| address.port() != 0) else {
            return refuse(format!(
                "--to {text}: nobody has port 0; say the port that they listen on"
            ));
        };
        if !found.contains(&address) {
            found.push(address);
        }
    }
    Ok(found)
}

/// The bytes of a text, which has to fit into a datagram.
fn payload(what: &str, text: &str) -> anyhow::Result<Vec<u8>> {
    // One that stands alone comes as another character; here it is a text like any other.
    let text = if text == DASH { "-" } else { text };
    let length = text.len();
    if length > DATAGRAM_BYTES_MAX {
        return refuse(format!(
            "{what} is {length} bytes long; a datagram takes {DATAGRAM_BYTES_MAX} at most"
        ));
    }
    Ok(text.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use barewire_command::fault::BadValue;

    use super::{at_least_1, destinations, payload, seconds};

    #[track_caller]
    fn check_refused<T: std::fmt::Debug>(result: anyhow::Result<T>, expected: &str) {
        let error = result.expect_err("refused");
        assert!(error.is::<BadValue>(), "{error:?}");
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn times() {
        let half = Duration::from_millis(500);
        assert_eq!(seconds("--wait", Some(0.5)).ok(), Some(Some(half)));
        assert_eq!(seconds("--wait", None).ok(), Some(None));
        let advice = "say how many seconds, such as 2 or 0.5";
        check_refused(
            seconds("--wait", Some(-1.0)),
            &format!("--wait -1: {advice}"),
        );
        check_refused(
            seconds("--wait", Some(f64::NAN)),
            &format!("--wait NaN: {advice}"),
        );
        check_refused(
            seconds("--wait", Some(f64::INFINITY)),
            &format!("--wait inf: {advice}"),
        );
    }

    #[test]
    fn numbers() {
        assert_eq!(at_least_1("--count", Some(1_u64)).ok(), Some(Some(1)));
        check_refused(
            at_least_1("--count", Some(0_u64)),
            "--count 0: say 1 or more",
        );
    }

    #[track_caller]
    fn check_destinations(line: &str, expected: &[&str]) {
        let typed: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let found = destinations(&typed, 5144).expect("valid");
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn where_to() {
        check_destinations("", &[]);
        check_destinations(
            "192.0.2.255 239.1.2.3:9 [ff12::1]:7 192.0.2.255:5144",
            &["192.0.2.255:5144", "239.1.2.3:9", "[ff12::1]:7"],
        );
        check_refused(
            destinations(&["127.0.0.1:0".to_owned()], 5144),
            "--to 127.0.0.1:0: nobody has port 0; say the port that they listen on",
        );
    }

    #[test]
    fn texts() {
        assert_eq!(payload("TEXT", "").ok(), Some(Vec::new()));
        assert_eq!(payload("TEXT", "\u{1a}").ok(), Some(b"-".to_vec()));
        let longest = "a".repeat(65_507);
        assert_eq!(
            payload("TEXT", &longest).ok().map(|text| text.len()),
            Some(65_507)
        );
        check_refused(
            payload("TEXT", &"a".repeat(65_508)),
            "TEXT is 65508 bytes long; a datagram takes 65507 at most",
        );
    }
}
