//! What `bw-cast say` means.

use std::net::SocketAddr;
use std::time::Duration;

use barewire_command::fault::refuse;
use barewire_command::line::DASH;

use super::{PORT, at_least_1, destinations, payload, port_of_others, seconds};
use crate::args::say::SayArgs;

/// What to send, where to, and how.
#[derive(Debug)]
pub struct Say {
    /// The datagrams.
    pub what: What,
    /// Where to.
    pub to: To,
    /// Interfaces as they were typed; none for the usual ones.
    pub interfaces: Vec<String>,
    /// How many times each, and how long between two.
    pub repeat: u32,
    /// Between two times.
    pub interval: Duration,
    /// Most datagrams a second, if there is a limit.
    pub rate: Option<u32>,
    /// Hops instead of the usual.
    pub hops: Option<u8>,
    /// How long to wait for what comes back, if at all.
    pub wait: Option<Duration>,
    /// Told as JSON on standard output.
    pub json: bool,
}

/// Datagrams to send.
#[derive(Debug, PartialEq, Eq)]
pub enum What {
    /// These.
    Texts(Vec<Vec<u8>>),
    /// The lines of standard input.
    Lines,
}

/// Where to.
#[derive(Debug, PartialEq, Eq)]
pub enum To {
    /// Everybody on the networks, at this port.
    Everyone(u16),
    /// These.
    These(Vec<SocketAddr>),
}

impl TryFrom<SayArgs> for Say {
    type Error = anyhow::Error;

    fn try_from(args: SayArgs) -> anyhow::Result<Self> {
        let port = port_of_others(args.port, PORT)?;
        Ok(Self {
            what: what(&args.texts)?,
            to: to(&args.to, port)?,
            interfaces: args.interface,
            repeat: at_least_1("--repeat", args.repeat)?.unwrap_or(1),
            interval: seconds("--interval", args.interval)?.unwrap_or(Duration::from_secs(1)),
            rate: at_least_1("--rate", args.rate)?,
            hops: at_least_1("--hops", args.hops)?,
            wait: seconds("--wait", args.wait)?,
            json: args.json,
        })
    }
}

fn what(texts: &[String]) -> anyhow::Result<What> {
    match texts {
        [] => refuse("nothing to say; give a TEXT, or - for the lines of standard input"),
        [dash] if dash == DASH => Ok(What::Lines),
        texts if texts.iter().any(|text| text == DASH) => {
            refuse("- among texts; give texts, or - alone for the lines of standard input")
        }
        texts => {
            let payloads = texts.iter().enumerate();
            let payloads = payloads.map(|(at, text)| payload(&format!("TEXT {}", at + 1), text));
            Ok(What::Texts(payloads.collect::<anyhow::Result<_>>()?))
        }
    }
}

/// Of `--to` and a port, or of `--to` left out.
pub(super) fn to(typed: &[String], port: u16) -> anyhow::Result<To> {
    Ok(match typed {
        [] => To::Everyone(port),
        typed => To::These(destinations(typed, port)?),
    })
}

#[cfg(test)]
mod tests {
    use super::{Say, To, What};
    use crate::args::Args;
    use crate::args::Command;

    fn say(line: &str) -> anyhow::Result<Say> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let args: Args = barewire_command::line::parse(&words).expect("valid usage");
        match args.command {
            Command::Say(args) => Say::try_from(args),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn defaults() {
        let say = say("say a help").expect("valid");
        assert_eq!(say.what, What::Texts(vec![b"a".to_vec(), b"help".to_vec()]));
        assert_eq!(say.to, To::Everyone(5144));
        assert_eq!(
            (say.repeat, say.rate, say.hops, say.wait),
            (1, None, None, None)
        );
    }

    #[test]
    fn flags() {
        let say =
            say("say - --to 127.0.0.1 --to [::1]:9 --port 7 --repeat 3 --hops 4").expect("valid");
        assert_eq!(say.what, What::Lines);
        let to = ["127.0.0.1:7", "[::1]:9"].map(|text| text.parse().expect("valid"));
        assert_eq!(say.to, To::These(to.into()));
        assert_eq!((say.repeat, say.hops), (3, Some(4)));
    }

    #[track_caller]
    fn check_refused(line: &str, expected: &str) {
        assert_eq!(say(line).expect_err("refused").to_string(), expected);
    }

    #[test]
    fn refusals_say_what_to_do() {
        check_refused(
            "say",
            "nothing to say; give a TEXT, or - for the lines of standard input",
        );
        check_refused(
            "say a -",
            "- among texts; give texts, or - alone for the lines of standard input",
        );
        check_refused("say a --port 0", "--port 0: say 1 or more");
        check_refused("say a --repeat 0", "--repeat 0: say 1 or more");
        check_refused("say a --rate 0", "--rate 0: say 1 or more");
        check_refused("say a --hops 0", "--hops 0: say 1 or more");
        check_refused(
            "say a --wait -2",
            "--wait -2: say how many seconds, such as 2 or 0.5",
        );
    }
}
