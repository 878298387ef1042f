//! What it means.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use barewire_command::address::ListenFlag;
use barewire_command::fault::refuse;
use barewire_framing::Syslog;

use crate::args::Args;
use crate::file::SyncPolicy;
use crate::record::Format;

/// Where lines come from, where they go, and how.
#[derive(Debug)]
pub struct Config {
    /// The file to append to.
    pub file: PathBuf,
    /// Where to listen; at least one.
    pub listen: Vec<Endpoint>,
    /// How clients mark the end of a message.
    pub framing: Syslog,
    /// The form of records.
    pub format: Format,
    /// Longest line, in bytes.
    pub line_bytes_max: usize,
    /// Most clients at a time.
    pub clients_max: usize,
    /// How long a client may be silent; `None` is for ever.
    pub idle: Option<Duration>,
    /// When the disk has to have the records.
    pub sync: SyncPolicy,
    /// Whether standard input is a source.
    pub stdin: Stdin,
    /// Whether records are shown.
    pub echo: Echo,
}

/// Whether standard input is a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stdin {
    /// It is.
    Read,
    /// It is left alone.
    Ignore,
}

/// Whether records are shown on standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Echo {
    /// They are.
    Show,
    /// They are not.
    Hide,
}

/// Somewhere to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// An address and port of TCP.
    Tcp(SocketAddr),
    /// A path of a Unix-domain socket.
    Unix(PathBuf),
}

/// The flag and its default, a port that some syslog collectors use where 514 needs a privilege.
pub(crate) const LISTEN: ListenFlag = ListenFlag {
    name: "--listen",
    default: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 5140),
};

const LINE_BYTES_DEFAULT: usize = 64 * 1024;
/// Each client may hold as much.
const LINE_BYTES_MAX: usize = 16 * 1024 * 1024;
const CLIENTS_DEFAULT: usize = 1024;
const CLIENTS_MAX: usize = 1_000_000;
const IDLE_SECONDS_DEFAULT: f64 = 3600.0;
const IDLE_SECONDS_MIN: f64 = 0.1;
const IDLE_SECONDS_MAX: f64 = 86_400.0 * 365.0;
const SYNC_INTERVAL: Duration = Duration::from_secs(1);

impl TryFrom<Args> for Config {
    type Error = anyhow::Error;

    fn try_from(args: Args) -> anyhow::Result<Self> {
        if args.file.as_os_str().is_empty() {
            return refuse("--file: name the file to append to");
        }
        let framing = match args.framing.as_deref() {
            None | Some("lines") => Syslog::lines(),
            Some("octet") => Syslog::octets(),
            Some("auto") => Syslog::auto(),
            Some(other) => return refuse(format!("--framing {other}: say lines, octet or auto")),
        };
        let format = match args.format.as_deref() {
            None | Some("plain") => Format::Plain,
            Some("json") => Format::Json,
            Some(other) => return refuse(format!("--format {other}: say plain or json")),
        };
        let sync = match args.sync.as_deref() {
            Some("none") => SyncPolicy::None,
            None | Some("interval") => SyncPolicy::Interval(SYNC_INTERVAL),
            Some("line") => SyncPolicy::Line,
            Some(other) => return refuse(format!("--sync {other}: say none, interval or line")),
        };
        let idle = match args.idle.unwrap_or(IDLE_SECONDS_DEFAULT) {
            0.0 => None,
            seconds if (IDLE_SECONDS_MIN..=IDLE_SECONDS_MAX).contains(&seconds) => {
                Some(Duration::from_secs_f64(seconds))
            }
            other => {
                return refuse(format!(
                    "--idle {other}: say a number of seconds from 0.1 to a year, or 0 for never"
                ));
            }
        };
        Ok(Self {
            file: args.file,
            listen: endpoints(&args.listen)?,
            framing,
            format,
            line_bytes_max: within(
                "--max-line",
                args.max_line,
                LINE_BYTES_DEFAULT,
                LINE_BYTES_MAX,
            )?,
            clients_max: within(
                "--max-clients",
                args.max_clients,
                CLIENTS_DEFAULT,
                CLIENTS_MAX,
            )?,
            idle,
            sync,
            stdin: if args.no_stdin {
                Stdin::Ignore
            } else {
                Stdin::Read
            },
            echo: if args.echo { Echo::Show } else { Echo::Hide },
        })
    }
}

fn within(flag: &str, typed: Option<usize>, default: usize, max: usize) -> anyhow::Result<usize> {
    match typed.unwrap_or(default) {
        number if (1..=max).contains(&number) => Ok(number),
        other => refuse(format!("{flag} {other}: say a number from 1 to {max}")),
    }
}

fn endpoints(typed: &[String]) -> anyhow::Result<Vec<Endpoint>> {
    let mut endpoints = Vec::new();
    let mut addresses = Vec::new();
    for text in typed {
        match text.strip_prefix("unix:") {
            None => addresses.push(text.clone()),
            Some(_) if !cfg!(unix) => {
                return refuse(format!(
                    "--listen {text}: this system has no Unix sockets; say HOST:PORT"
                ));
            }
            Some("") => {
                return refuse("--listen unix:: say unix:PATH, such as unix:/run/lines.sock");
            }
            Some(path) => endpoints.push(Endpoint::Unix(path.into())),
        }
    }
    // The default stands in where nothing was said, not where only paths were.
    if endpoints.is_empty() || !addresses.is_empty() {
        let found = LISTEN.addresses(&addresses)?;
        endpoints.splice(0..0, found.into_iter().map(Endpoint::Tcp));
    }
    Ok(endpoints)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use barewire_command::fault::BadValue;
    use barewire_command::line;

    use super::{Config, Echo, Endpoint, Stdin};
    use crate::args::Args;
    use crate::file::SyncPolicy;
    use crate::record::Format;

    fn config(line: &str) -> anyhow::Result<Config> {
        let line = format!("--file lines.log {line}");
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Config::try_from(line::parse::<Args>(&words).expect("valid usage"))
    }

    #[track_caller]
    fn check_refused(line: &str, expected: &str) {
        let error = config(line).expect_err("refused");
        assert!(error.is::<BadValue>(), "{error:?}");
        assert_eq!(error.to_string(), expected);
    }

    fn tcp(text: &str) -> Endpoint {
        Endpoint::Tcp(text.parse().expect("an address"))
    }

    #[test]
    fn defaults() {
        let config = config("").expect("valid");
        assert_eq!(config.listen, [tcp("127.0.0.1:5140")]);
        assert_eq!((config.line_bytes_max, config.clients_max), (65_536, 1024));
        assert_eq!(config.idle, Some(Duration::from_secs(3600)));
        assert_eq!(config.sync, SyncPolicy::Interval(Duration::from_secs(1)));
        assert_eq!((config.stdin, config.echo), (Stdin::Read, Echo::Hide));
        assert_eq!(config.format, Format::Plain);
    }

    #[cfg(unix)]
    #[test]
    fn a_path_needs_no_address_beside_it() {
        let unix = Endpoint::Unix("a.sock".into());
        let alone = config("--listen unix:a.sock").expect("valid");
        assert_eq!(alone.listen, std::slice::from_ref(&unix));
        let both = config("--listen unix:a.sock --listen [::1]:0").expect("valid");
        assert_eq!(both.listen, [tcp("[::1]:0"), unix]);
    }

    #[test]
    fn a_file_has_a_name() {
        let args = line::parse::<Args>(&["--file".to_owned(), String::new()]).expect("usage");
        let error = Config::try_from(args).expect_err("refused");
        assert!(error.is::<BadValue>(), "{error:?}");
        assert_eq!(error.to_string(), "--file: name the file to append to");
    }

    #[test]
    fn zero_is_never() {
        assert_eq!(config("--idle 0").expect("valid").idle, None);
    }

    #[test]
    fn refusals_say_what_to_do() {
        check_refused("--framing crlf", "--framing crlf: say lines, octet or auto");
        check_refused("--format xml", "--format xml: say plain or json");
        check_refused("--sync always", "--sync always: say none, interval or line");
        check_refused(
            "--max-line 0",
            "--max-line 0: say a number from 1 to 16777216",
        );
        check_refused(
            "--max-clients 0",
            "--max-clients 0: say a number from 1 to 1000000",
        );
        check_refused(
            "--idle -1",
            "--idle -1: say a number of seconds from 0.1 to a year, or 0 for never",
        );
        #[cfg(unix)]
        check_refused(
            "--listen unix:",
            "--listen unix:: say unix:PATH, such as unix:/run/lines.sock",
        );
    }
}
