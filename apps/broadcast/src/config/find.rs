//! What `bw-cast find` means.

use std::net::SocketAddr;
use std::time::Duration;

use barewire_beacon::{Name, Search};
use barewire_command::escape;
use barewire_command::fault::refuse;
use barewire_lan::BEACON_PORT;

use super::announce::service;
use super::{at_least_1, destinations, seconds};
use crate::args::find::FindArgs;

/// What is there answers within a second; its answer may be lost once.
const TIMEOUT: Duration = Duration::from_secs(2);

/// What to look for, where, and for how long.
#[derive(Debug)]
pub struct Find {
    /// What.
    pub search: Search,
    /// Machines to ask one by one, beside everybody.
    pub ask: Vec<SocketAddr>,
    /// Interfaces as they were typed; none for all.
    pub interfaces: Vec<String>,
    /// How long, if there is an end.
    pub timeout: Option<Duration>,
    /// How many, if there is an end.
    pub count: Option<u64>,
    /// Whether what changes and goes is told too.
    pub watch: bool,
    /// Told as JSON.
    pub json: bool,
}

impl TryFrom<FindArgs> for Find {
    type Error = anyhow::Error;

    fn try_from(args: FindArgs) -> anyhow::Result<Self> {
        let timeout = seconds("--timeout", args.timeout)?;
        Ok(Self {
            search: Search {
                service: args.service.as_deref().map(service).transpose()?,
                name: args.name.as_deref().map(name).transpose()?,
            },
            ask: destinations(&args.to, BEACON_PORT)?,
            interfaces: args.interface,
            timeout: timeout.or((!args.watch).then_some(TIMEOUT)),
            count: at_least_1("--count", args.count)?,
            watch: args.watch,
            json: args.json,
        })
    }
}

fn name(text: &str) -> anyhow::Result<Name> {
    let typed = escape::display(text.as_bytes());
    text.parse()
        .or_else(|error| refuse(format!("NAME {typed}: {error}")))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Find;
    use crate::args::{Args, Command};

    fn find(line: &str) -> anyhow::Result<Find> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let args: Args = barewire_command::line::parse(&words).expect("valid usage");
        match args.command {
            Command::Find(args) => Find::try_from(args),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn how_long() {
        let timeout = |line| find(line).expect("valid").timeout;
        assert_eq!(timeout("find"), Some(Duration::from_secs(2)));
        assert_eq!(timeout("find --timeout 9"), Some(Duration::from_secs(9)));
        assert_eq!(timeout("find --watch"), None);
        assert_eq!(
            timeout("find --watch --timeout 9"),
            Some(Duration::from_secs(9))
        );
    }

    #[test]
    fn what_and_where() {
        let find = find("find printer --service ipp --to 192.0.2.7 --count 1").expect("valid");
        assert_eq!(
            find.search.name.map(|name| name.to_string()).as_deref(),
            Some("printer")
        );
        assert_eq!(
            find.search.service.map(|name| name.to_string()).as_deref(),
            Some("ipp")
        );
        assert_eq!(find.ask, ["192.0.2.7:5143".parse().expect("valid")]);
        assert_eq!(find.count, Some(1));
    }

    #[test]
    fn refusals_say_what_to_do() {
        let refused = |line| find(line).expect_err("refused").to_string();
        assert_eq!(refused("find --count 0"), "--count 0: say 1 or more");
        assert!(refused("find --service -").starts_with("--service "));
    }
}
