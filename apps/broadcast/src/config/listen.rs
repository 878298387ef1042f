//! What `bw-cast listen` means.

use std::net::IpAddr;
use std::time::Duration;

use barewire_command::fault::refuse;

use super::{PORT, at_least_1, payload, seconds};
use crate::args::listen::ListenArgs;

/// Where to listen, for how long, and how to show what comes.
#[derive(Debug)]
pub struct Listen {
    /// 0 lets the system choose.
    pub port: u16,
    /// Interfaces as they were typed; none for all.
    pub interfaces: Vec<String>,
    /// Groups to join.
    pub groups: Vec<IpAddr>,
    /// How to show what comes.
    pub form: Form,
    /// How many datagrams, if there is an end.
    pub count: Option<u64>,
    /// How long, if there is an end.
    pub timeout: Option<Duration>,
    /// What to answer, if anything.
    pub reply: Option<Vec<u8>>,
}

/// How datagrams are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A line each, for people and for `awk`.
    Lines,
    /// An object each.
    Json,
    /// Their bytes.
    Raw,
}

impl TryFrom<ListenArgs> for Listen {
    type Error = anyhow::Error;

    fn try_from(args: ListenArgs) -> anyhow::Result<Self> {
        let form = match (args.json, args.raw) {
            (false, false) => Form::Lines,
            (true, false) => Form::Json,
            (false, true) => Form::Raw,
            (true, true) => return refuse("--json --raw: say one of them"),
        };
        let groups = args.group.iter().map(|text| group(text));
        let reply = args.reply.map(|text| payload("--reply", &text));
        Ok(Self {
            port: args.port.unwrap_or(PORT),
            interfaces: args.interface,
            groups: groups.collect::<anyhow::Result<_>>()?,
            form,
            count: at_least_1("--count", args.count)?,
            timeout: seconds("--timeout", args.timeout)?,
            reply: reply.transpose()?,
        })
    }
}

fn group(text: &str) -> anyhow::Result<IpAddr> {
    match text.parse::<IpAddr>() {
        Ok(address) if address.is_multicast() => Ok(address),
        _ => refuse(format!(
            "--group {text}: say a multicast address, such as 239.255.1.2 or ff12::1"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::{Form, Listen};
    use crate::args::{Args, Command};

    fn listen(line: &str) -> anyhow::Result<Listen> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let args: Args = barewire_command::line::parse(&words).expect("valid usage");
        match args.command {
            Command::Listen(args) => Listen::try_from(args),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn defaults_and_flags() {
        let defaults = listen("listen").expect("valid");
        assert_eq!((defaults.port, defaults.form), (5144, Form::Lines));
        assert_eq!(
            (defaults.count, defaults.timeout, defaults.reply),
            (None, None, None)
        );
        let other =
            listen("listen --port 0 --raw --group 239.1.2.3 --reply - --count 2").expect("valid");
        assert_eq!((other.port, other.form), (0, Form::Raw));
        assert_eq!(other.groups, [std::net::IpAddr::from([239, 1, 2, 3])]);
        assert_eq!(
            (other.reply.as_deref(), other.count),
            (Some(&b"-"[..]), Some(2))
        );
    }

    #[track_caller]
    fn check_refused(line: &str, expected: &str) {
        assert_eq!(listen(line).expect_err("refused").to_string(), expected);
    }

    #[test]
    fn refusals_say_what_to_do() {
        check_refused("listen --json --raw", "--json --raw: say one of them");
        check_refused("listen --count 0", "--count 0: say 1 or more");
        check_refused(
            "listen --group 192.0.2.1",
            "--group 192.0.2.1: say a multicast address, such as 239.255.1.2 or ff12::1",
        );
    }
}
