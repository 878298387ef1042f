//! Other people's programs.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use barewire_proving::{Ended, Program, command};

use crate::SOON;

/// A program that others wrote, and Debian's package with it.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    program: &'static str,
    package: &'static str,
    /// What the tests need of it, as words that it accepts.
    probe: &'static [&'static str],
}

impl Peer {
    /// ApacheBench.
    pub const AB: Self = Self::new("ab", "apache2-utils");
    /// aria2.
    pub const ARIA2: Self = Self::new("aria2c", "aria2");
    /// curl.
    pub const CURL: Self = Self::new("curl", "curl");
    /// nghttp2's load generator.
    pub const H2LOAD: Self = Self::new("h2load", "nghttp2-client");
    /// HAProxy.
    pub const HAPROXY: Self = Self::new("haproxy", "haproxy");
    /// lighttpd.
    pub const LIGHTTPD: Self = Self::new("lighttpd", "lighttpd");
    /// nginx.
    pub const NGINX: Self = Self::new("nginx", "nginx-light");
    /// Node.js.
    pub const NODE: Self = Self {
        probe: &[
            "-e",
            "fetch.name + require('http').ServerResponse.prototype.writeEarlyHints.name",
        ],
        ..Self::new("node", "nodejs")
    };
    /// Python with its standard library.
    pub const PYTHON: Self = Self {
        probe: &["-c", "import http.server; http.server.ThreadingHTTPServer"],
        ..Self::new("python3", "python3")
    };
    /// Tinyproxy.
    pub const TINYPROXY: Self = Self::new("tinyproxy", "tinyproxy-bin");
    /// GNU Wget.
    pub const WGET: Self = Self::new("wget", "wget");
    /// wrk.
    pub const WRK: Self = Self::new("wrk", "wrk");

    const fn new(program: &'static str, package: &'static str) -> Self {
        Self {
            program,
            package,
            probe: &[],
        }
    }

    /// Whether it is installed, and new enough; a line if not.
    ///
    /// # Panics
    ///
    /// If it is not, and `BW_PEERS` is `all`.
    #[track_caller]
    pub fn is_here(self) -> bool {
        let found = self.find().is_some() && (self.probe.is_empty() || self.is_probed());
        if !found {
            skip(&format!(
                "there is no {} here, or too old a one (apt-get install {})",
                self.program, self.package
            ));
        }
        found
    }

    /// Asks each program once.
    fn is_probed(self) -> bool {
        static KNOWN: Mutex<Vec<(&str, bool)>> = Mutex::new(Vec::new());
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.iter().find(|(program, _)| *program == self.program);
        if let Some((_, works)) = found {
            return *works;
        }
        let works = self.run(self.probe).status.success();
        known.push((self.program, works));
        works
    }

    /// In `PATH`, or where servers are.
    fn find(self) -> Option<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path)
            .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
            .map(|directory| directory.join(self.program))
            .find(|path| path.is_file())
    }

    /// It, without a word.
    #[track_caller]
    pub fn command(self) -> Command {
        let mut command = command(self.find().expect("it is here"));
        // Proxies are for elsewhere; messages are those of no country.
        for name in ["http_proxy", "all_proxy", "ALL_PROXY"] {
            command.env_remove(name);
        }
        command.env("LC_ALL", "C");
        command
    }

    /// Runs it to its end, within [`SOON`].
    #[track_caller]
    pub fn run(self, words: &[&str]) -> Ended {
        let mut command = self.command();
        command.args(words);
        Program::start(command).within(SOON).wait()
    }
}

/// What stands behind the start of a line.
///
/// # Panics
///
/// Where no line begins so.
#[track_caller]
#[must_use]
pub fn line<'t>(text: &'t str, start: &str) -> &'t str {
    let found = text.lines().find_map(|line| line.strip_prefix(start));
    found.unwrap_or_else(|| panic!("no line {start:?} in\n{text}"))
}

/// Says why a test does nothing here.
///
/// # Panics
///
/// If `BW_PEERS` is `all`: then nothing may be left out.
#[track_caller]
pub(crate) fn skip(reason: &str) {
    let all = std::env::var("BW_PEERS").is_ok_and(|value| value == "all");
    assert!(!all, "{reason}");
    println!("skipped: {reason}");
}
