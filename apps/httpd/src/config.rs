//! What it means.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use barewire_command::address::ListenFlag;
use barewire_command::fault::{reason, refuse};

use crate::args::Args;
use crate::path::Dotfiles;
use crate::root::{Root, Symlinks};

/// A directory to serve, and how.
#[derive(Debug)]
pub struct Config {
    /// The directory, open.
    pub root: Root,
    /// Its name, for people.
    pub dir: PathBuf,
    /// Where to listen; at least one.
    pub listen: Vec<SocketAddr>,
    /// Threads, at least one.
    pub threads: usize,
    /// What a directory without an index file is answered with.
    pub listing: Listing,
    /// What to do about names that begin with a dot.
    pub dotfiles: Dotfiles,
    /// How long what was read of a file is trusted; `None` is not at all.
    pub cache: Option<Duration>,
    /// Whether to say more.
    pub verbose: bool,
}

/// What a directory without an index file is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// A list of its entries.
    Show,
    /// 404.
    Hide,
}

/// The flag for addresses.
pub(crate) const LISTEN: ListenFlag = ListenFlag {
    name: "--listen",
    default: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080),
};

const THREADS_MAX: usize = 256;

/// More threads than this by default wait for each other more than for the disk.
const THREADS_DEFAULT_MAX: usize = 4;

const CACHE_SECONDS_MAX: f64 = 86_400.0 * 365.0;

impl TryFrom<Args> for Config {
    type Error = anyhow::Error;

    fn try_from(args: Args) -> anyhow::Result<Self> {
        let symlinks = match args.symlinks.as_deref() {
            None | Some("inside") => Symlinks::Inside,
            Some("all") => Symlinks::All,
            Some("none") => Symlinks::None,
            Some(other) => {
                return refuse(format!("--symlinks {other}: say inside, all or none"));
            }
        };
        let threads = match args.threads {
            None => std::thread::available_parallelism()
                .map_or(1, usize::from)
                .min(THREADS_DEFAULT_MAX),
            Some(threads @ 1..=THREADS_MAX) => threads,
            Some(other) => {
                return refuse(format!(
                    "--threads {other}: say a number from 1 to {THREADS_MAX}"
                ));
            }
        };
        let cache = match args.cache {
            None => None,
            Some(0.0) => None,
            Some(seconds) if seconds > 0.0 && seconds <= CACHE_SECONDS_MAX => {
                Some(Duration::from_secs_f64(seconds))
            }
            Some(other) => {
                return refuse(format!(
                    "--cache {other}: say a number of seconds from 0 to a year"
                ));
            }
        };
        let dir = args.dir.unwrap_or_else(|| PathBuf::from("."));
        let listen = LISTEN.addresses(&args.listen)?;
        let root = Root::open(&dir, symlinks).map_err(|error| {
            let text = format!(
                "cannot serve {}: {}; name a directory that can be read",
                dir.display(),
                reason(&error)
            );
            anyhow::Error::new(error).context(text)
        })?;
        Ok(Self {
            root,
            dir,
            listen,
            threads,
            listing: if args.no_listing {
                Listing::Hide
            } else {
                Listing::Show
            },
            dotfiles: if args.dotfiles {
                Dotfiles::Serve
            } else {
                Dotfiles::Hide
            },
            cache,
            verbose: args.verbose,
        })
    }
}

#[cfg(test)]
mod tests {
    use barewire_command::line;

    use super::{Config, Listing};
    use crate::args::Args;

    fn config(line: &str) -> anyhow::Result<Config> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Config::try_from(line::parse::<Args>(&words).expect("valid usage"))
    }

    #[track_caller]
    fn check_error(line: &str, expected: &str) {
        let error = config(line).expect_err("refused");
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn defaults() {
        let config = config("").expect("the current directory can be served");
        assert_eq!(config.listen, ["127.0.0.1:8080".parse().expect("valid")]);
        assert!((1..=4).contains(&config.threads));
        assert_eq!((config.listing, config.cache), (Listing::Show, None));
    }

    #[test]
    fn refusals_say_what_to_do() {
        check_error(
            "--symlinks some",
            "--symlinks some: say inside, all or none",
        );
        check_error("--threads 0", "--threads 0: say a number from 1 to 256");
        check_error(
            "--cache -1",
            "--cache -1: say a number of seconds from 0 to a year",
        );
        #[cfg(unix)]
        check_error(
            "/nonexistent/dir",
            "cannot serve /nonexistent/dir: no such file or directory; \
             name a directory that can be read",
        );
        // Whatever words the system has, they fit into the sentence.
        let error = config("/nonexistent/dir").expect_err("refused").to_string();
        assert!(
            error.ends_with("; name a directory that can be read") && !error.contains(".;"),
            "{error}"
        );
        check_error(
            "--listen nowhere",
            "--listen nowhere: invalid socket address; \
             say HOST:PORT, such as 127.0.0.1:8080 or [::1]:0",
        );
    }
}
