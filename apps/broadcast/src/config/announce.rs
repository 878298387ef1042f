//! What `bw-cast announce` means.

use barewire_beacon::{Announcement, Service};
use barewire_command::escape;
use barewire_command::fault::refuse;

use crate::args::announce::AnnounceArgs;

/// The service of what names none.
const SERVICE: &str = "cast";

/// What to make known, and where.
#[derive(Debug)]
pub struct Announce {
    /// What.
    pub what: Announcement,
    /// Interfaces as they were typed; none for all.
    pub interfaces: Vec<String>,
}

impl TryFrom<AnnounceArgs> for Announce {
    type Error = anyhow::Error;

    fn try_from(args: AnnounceArgs) -> anyhow::Result<Self> {
        let name = match args.name.parse() {
            Ok(name) => name,
            Err(error) => {
                let name = escape::display(args.name.as_bytes());
                return refuse(format!("NAME {name}: {error}"));
            }
        };
        let service = service(args.service.as_deref().unwrap_or(SERVICE))?;
        let mut what = Announcement::new(service, name);
        if let Some(port) = args.port {
            what = what.port(port);
        }
        for attribute in &args.attributes {
            let typed = escape::display(attribute.as_bytes());
            let Some((key, value)) = attribute.split_once('=') else {
                return refuse(format!("{typed}: no =; say KEY=VALUE, such as paper=a4"));
            };
            what = match what.attribute(key, value) {
                Ok(what) => what,
                Err(error) => return refuse(format!("{typed}: {error}")),
            };
        }
        Ok(Self {
            what,
            interfaces: args.interface,
        })
    }
}

/// A service as it was typed.
pub(super) fn service(text: &str) -> anyhow::Result<Service> {
    let typed = escape::display(text.as_bytes());
    text.parse()
        .or_else(|error| refuse(format!("--service {typed}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::Announce;
    use crate::args::{Args, Command};

    fn announce(words: &[&str]) -> anyhow::Result<Announce> {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        let args: Args = barewire_command::line::parse(&words).expect("valid usage");
        match args.command {
            Command::Announce(args) => Announce::try_from(args),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_announced() {
        let bare = announce(&["announce", "printer"]).expect("valid").what;
        assert_eq!(
            (bare.service().as_str(), bare.announced_port()),
            ("cast", None)
        );
        let words = [
            "announce",
            "second floor",
            "--service",
            "ipp",
            "--port",
            "631",
            "paper=a4",
            "note=a=b",
        ];
        let full = announce(&words).expect("valid").what;
        assert_eq!(
            (full.name().as_str(), full.service().as_str()),
            ("second floor", "ipp")
        );
        assert_eq!(full.announced_port(), Some(631));
        let attributes: Vec<_> = full.attributes().collect();
        assert_eq!(attributes, [("note", "a=b"), ("paper", "a4")]);
    }

    #[track_caller]
    fn check_refused(words: &[&str], expected: &str) {
        let words = [&["announce"], words].concat();
        let error = announce(&words).expect_err("refused").to_string();
        assert!(error.starts_with(expected), "{error}");
    }

    #[test]
    fn refusals_say_what_to_do() {
        check_refused(&[""], "NAME : empty; say at least one character");
        check_refused(
            &["a\nb"],
            "NAME a\\nb: has a control character; leave it out",
        );
        check_refused(
            &["a", "paper"],
            "paper: no =; say KEY=VALUE, such as paper=a4",
        );
        check_refused(
            &["a", "--service", "No"],
            "--service No: is no name of a service; take lowercase letters",
        );
        check_refused(&["a", "b=1", "b=2"], "b=2: ");
    }
}
