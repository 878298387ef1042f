//! What was typed, and what it means.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU64;
use std::time::Duration;

use barewire_command::address::{HostFlag, ListenFlag};
use barewire_command::amount;
use barewire_command::fault::refuse;

use super::wire::HEADER_BYTES;
use crate::args::bench::{BenchRecvArgs, BenchSendArgs};
use crate::config::{DATAGRAM_BYTES_MAX, PORT};

/// What is sent, and how.
#[derive(Clone, Debug)]
pub struct Send {
    /// Where to: one machine.
    pub to: SocketAddr,
    /// Length of each datagram.
    pub datagram_bytes: usize,
    /// Bytes a second; `None` is as fast as it goes.
    pub rate: Option<NonZeroU64>,
    /// How long, or how many.
    pub until: Until,
    /// Whether the system is asked to cut datagrams.
    pub batching: Batching,
    /// How the result is told.
    pub form: Form,
}

/// How long, or how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// So long.
    Time(Duration),
    /// So many datagrams.
    Count(u64),
}

/// What is received, and how.
#[derive(Clone, Debug)]
pub struct Recv {
    /// Where.
    pub listen: SocketAddr,
    /// Whether an IPv4 socket will do instead, where this system has no IPv6.
    pub stand_in: Option<SocketAddr>,
    /// How many sessions.
    pub sessions: u64,
    /// How long to wait for each; `None` is for ever.
    pub timeout: Option<Duration>,
    /// Whether the system is asked to join datagrams.
    pub batching: Batching,
    /// How the results are told.
    pub form: Form,
}

/// Whether many datagrams go with one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Batching {
    /// Where the system can.
    Offload,
    /// They do not.
    Plain,
}

/// How results are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Text,
    /// For programs.
    Json,
}

const SIZE_DEFAULT: usize = 1400;
const TIME_DEFAULT: Duration = Duration::from_secs(10);
/// A year.
const SECONDS_MAX: f64 = 86_400.0 * 365.0;
const SECONDS_MIN: f64 = 0.001;

/// The flag, and what is advised where another address fails.
pub(super) const LISTEN: ListenFlag = ListenFlag {
    name: "--listen",
    default: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), PORT),
};

const TO: HostFlag = HostFlag {
    name: "--to",
    port: PORT,
    any: None,
};

impl TryFrom<BenchSendArgs> for Send {
    type Error = anyhow::Error;

    fn try_from(args: BenchSendArgs) -> anyhow::Result<Self> {
        let datagram_bytes = match args.size.unwrap_or(SIZE_DEFAULT) {
            size if (HEADER_BYTES..=DATAGRAM_BYTES_MAX).contains(&size) => size,
            other => {
                return refuse(format!(
                    "--size {other}: say a number of bytes from {HEADER_BYTES} to {DATAGRAM_BYTES_MAX}"
                ));
            }
        };
        let until = match (args.time, args.count) {
            (Some(_), Some(_)) => return refuse("--time and --count: say one of them"),
            (_, Some(0)) => return refuse("--count 0: say 1 or more"),
            (_, Some(count)) => Until::Count(count),
            (time, None) => Until::Time(seconds("--time", time)?.unwrap_or(TIME_DEFAULT)),
        };
        Ok(Self {
            to: machine(&args.to)?,
            datagram_bytes,
            rate: rate(args.rate.as_deref(), datagram_bytes)?,
            until,
            batching: batching(args.plain),
            form: form(args.json),
        })
    }
}

impl TryFrom<BenchRecvArgs> for Recv {
    type Error = anyhow::Error;

    fn try_from(args: BenchRecvArgs) -> anyhow::Result<Self> {
        let (listen, stand_in) = match args.listen {
            None => (
                SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), PORT),
                Some(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), PORT)),
            ),
            // A name may have several addresses: the first is meant.
            Some(text) => match LISTEN.addresses(std::slice::from_ref(&text))?.first() {
                Some(&address) => (address, None),
                None => return refuse(format!("--listen {text}: no such host")),
            },
        };
        if args.count == Some(0) {
            return refuse("--count 0: say 1 or more");
        }
        Ok(Self {
            listen,
            stand_in,
            sessions: args.count.unwrap_or(1),
            timeout: seconds("--timeout", args.timeout)?,
            batching: batching(args.plain),
            form: form(args.json),
        })
    }
}

fn batching(plain: bool) -> Batching {
    if plain {
        Batching::Plain
    } else {
        Batching::Offload
    }
}

fn form(json: bool) -> Form {
    if json { Form::Json } else { Form::Text }
}

fn seconds(flag: &str, typed: Option<f64>) -> anyhow::Result<Option<Duration>> {
    match typed {
        None => Ok(None),
        Some(seconds) if (SECONDS_MIN..=SECONDS_MAX).contains(&seconds) => {
            Ok(Some(Duration::from_secs_f64(seconds)))
        }
        Some(other) => refuse(format!(
            "{flag} {other}: say a number of seconds from {SECONDS_MIN} to a year"
        )),
    }
}

/// One machine: a flood is for nobody else.
fn machine(text: &str) -> anyhow::Result<SocketAddr> {
    let Some(&to) = TO.addresses(text)?.first() else {
        return refuse(format!("--to {text}: no such host"));
    };
    let is_one = match to.ip().to_canonical() {
        IpAddr::V4(ip) => !ip.is_multicast() && !ip.is_broadcast() && !ip.is_unspecified(),
        IpAddr::V6(ip) => !ip.is_multicast() && !ip.is_unspecified(),
    };
    if !is_one {
        return refuse(format!(
            "--to {text}: a measurement goes to one machine; say its address, such as 192.168.1.7"
        ));
    }
    if to.port() == 0 {
        return refuse(format!(
            "--to {text}: nobody has port 0; say the one that bw-cast bench recv listens on"
        ));
    }
    Ok(to)
}

/// Bytes a second, with K, M or G for powers of 1000; enough for a datagram a second, or a receiver would think that the
/// sender is gone.
fn rate(text: Option<&str>, datagram_bytes: usize) -> anyhow::Result<Option<NonZeroU64>> {
    let Some(text) = text else {
        return Ok(None);
    };
    match amount::bytes(text) {
        None => refuse(format!(
            "--rate {text}: say how many bytes a second, such as 500K or 20M"
        )),
        Some(rate) if rate.get() < datagram_bytes as u64 => refuse(format!(
            "--rate {text}: that is less than a datagram a second; say {datagram_bytes} or more"
        )),
        rate => Ok(rate),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;
    use std::time::Duration;

    use argh::FromArgs;
    use barewire_command::fault::BadValue;

    use super::{Batching, Form, Recv, Send, Until};
    use crate::args::bench::{BenchArgs, BenchEnd};

    fn parse(line: &str) -> BenchEnd {
        let words: Vec<&str> = line.split_whitespace().collect();
        let args = BenchArgs::from_args(&["bench"], &words);
        args.unwrap_or_else(|exit| panic!("{}", exit.output)).end
    }

    fn send(line: &str) -> anyhow::Result<Send> {
        match parse(&format!("send {line}")) {
            BenchEnd::Send(args) => args.try_into(),
            BenchEnd::Recv(_) => panic!("the other end"),
        }
    }

    fn recv(line: &str) -> anyhow::Result<Recv> {
        match parse(&format!("recv {line}")) {
            BenchEnd::Recv(args) => args.try_into(),
            BenchEnd::Send(_) => panic!("the other end"),
        }
    }

    #[track_caller]
    fn check_refused(result: anyhow::Result<impl Debug>, expected: &str) {
        let error = result.expect_err("refused");
        assert!(error.is::<BadValue>(), "{error:?}");
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn defaults() {
        let config = send("--to 127.0.0.1").expect("valid");
        assert_eq!(config.to.to_string(), "127.0.0.1:5144");
        assert_eq!((config.datagram_bytes, config.rate), (1400, None));
        assert_eq!(config.until, Until::Time(Duration::from_secs(10)));
        assert_eq!(
            (config.batching, config.form),
            (Batching::Offload, Form::Text)
        );
        let config = recv("").expect("valid");
        assert_eq!(config.listen.to_string(), "[::]:5144");
        let stand_in = config.stand_in.expect("there is one");
        assert_eq!(stand_in.to_string(), "0.0.0.0:5144");
        assert_eq!((config.sessions, config.timeout), (1, None));
    }

    #[test]
    fn flags() {
        let config =
            send("--to [::1]:9 --size 32 --rate 2m --count 5 --plain --json").expect("valid");
        assert_eq!(config.to.to_string(), "[::1]:9");
        assert_eq!(config.rate.map(u64::from), Some(2_000_000));
        assert_eq!(config.until, Until::Count(5));
        assert_eq!(
            (config.batching, config.form),
            (Batching::Plain, Form::Json)
        );
        let config = recv("--listen 127.0.0.1:0 --count 3 --timeout 0.5 --plain").expect("valid");
        assert_eq!(config.listen.to_string(), "127.0.0.1:0");
        assert!(config.stand_in.is_none());
        assert_eq!(
            (config.sessions, config.timeout),
            (3, Some(Duration::from_millis(500)))
        );
    }

    #[test]
    fn refusals_say_what_to_do() {
        let to = |rest: &str| send(&format!("--to 127.0.0.1 {rest}"));
        let size = "say a number of bytes from 32 to 65507";
        check_refused(to("--size 31"), &format!("--size 31: {size}"));
        check_refused(to("--size 65508"), &format!("--size 65508: {size}"));
        check_refused(
            to("--time 1 --count 1"),
            "--time and --count: say one of them",
        );
        check_refused(to("--count 0"), "--count 0: say 1 or more");
        let time = "say a number of seconds from 0.001 to a year";
        check_refused(to("--time 0"), &format!("--time 0: {time}"));
        check_refused(to("--time NaN"), &format!("--time NaN: {time}"));
        let rate = "say how many bytes a second, such as 500K or 20M";
        for text in ["0", "1.5M", "fast", "5T", "99999999999G"] {
            check_refused(
                to(&format!("--rate {text}")),
                &format!("--rate {text}: {rate}"),
            );
        }
        check_refused(
            to("--rate 1399"),
            "--rate 1399: that is less than a datagram a second; say 1400 or more",
        );
        check_refused(recv("--count 0"), "--count 0: say 1 or more");
        check_refused(recv("--timeout -1"), &format!("--timeout -1: {time}"));
        check_refused(
            recv("--listen 5144"),
            "--listen 5144: invalid socket address; say HOST:PORT, such as 127.0.0.1:5144 or [::1]:0",
        );
    }

    #[test]
    fn a_flood_is_for_one_machine() {
        for text in [
            "239.1.2.3",
            "255.255.255.255",
            "0.0.0.0",
            "[ff02::1]",
            "[::]:9",
            "[::ffff:239.1.2.3]:9",
        ] {
            check_refused(
                send(&format!("--to {text}")),
                &format!(
                    "--to {text}: a measurement goes to one machine; say its address, such as 192.168.1.7"
                ),
            );
        }
        check_refused(
            send("--to 127.0.0.1:0"),
            "--to 127.0.0.1:0: nobody has port 0; say the one that bw-cast bench recv listens on",
        );
    }
}
