//! What was typed.

use std::path::PathBuf;

use argh::FromArgs;
use barewire_command::line::Arguments;

/// The command line; the help of the program is made of it.
#[derive(Debug, FromArgs)]
#[argh(
    description = "Serves a directory over HTTP/1.1\n\n\
Files are sent as they are on disk at that moment, with ranges, conditional requests\n\
and an index of each directory. Names that begin with a dot and links that leave the\n\
directory are not served unless asked for.",
    example = "{command_name} .\n  serves the current directory on http://127.0.0.1:8080/\n\n\
{command_name} /srv/www --listen 0.0.0.0:80 --listen '[::]:80' --threads 4\n  \
serves /srv/www to everyone, on four threads\n\n\
{command_name} dist --listen 127.0.0.1:0 --no-listing\n  \
lets the system choose a port, which is printed, and shows no indexes",
    note = "SIGTERM and SIGINT let transfers finish for up to 30 seconds; a second one cuts them.\n\
Exit status: 0 stopped by a signal, 1 failed, 2 usage."
)]
pub struct Args {
    /// directory to serve (default: the current one)
    #[argh(positional, arg_name = "DIR")]
    pub dir: Option<PathBuf>,

    /// address and port to listen on, HOST:PORT; port 0 lets the system choose; may be
    /// given several times (default: 127.0.0.1:8080)
    #[argh(option, arg_name = "ADDR")]
    pub listen: Vec<String>,

    /// threads to serve with, 1 to 256 (default: one a processor, four at the most)
    #[argh(option, arg_name = "N")]
    pub threads: Option<usize>,

    /// answer 404 for a directory without index.html instead of listing it
    #[argh(switch)]
    pub no_listing: bool,

    /// serve and list names that begin with a dot (default: only /.well-known)
    #[argh(switch)]
    pub dotfiles: bool,

    /// symbolic links to follow: inside the directory, all, or none (default: inside)
    #[argh(option, arg_name = "inside|all|none")]
    pub symlinks: Option<String>,

    /// trust what was read of a file for so long without looking at the disk (default: 0)
    #[argh(option, arg_name = "SECONDS")]
    pub cache: Option<f64>,

    /// say more on standard error: the causes of a failure, cut connections
    #[argh(switch)]
    pub verbose: bool,

    /// print the version and exit
    #[argh(switch)]
    pub version: bool,
}

impl Arguments for Args {
    const NAME: &str = "bw-httpd";
    const VERSION: &str = env!("CARGO_PKG_VERSION");
    const NOT_UTF8_ADVICE: &str = "run bw-httpd inside that directory instead";

    fn is_verbose(&self) -> bool {
        self.verbose
    }
}

#[cfg(test)]
mod tests {
    use barewire_command::line::{self, Early};

    use super::Args;

    fn parse(line: &str) -> Result<Args, Early> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        line::parse(&words)
    }

    #[test]
    fn flags_are_read() {
        let args = parse("www --listen 127.0.0.1:0 --listen [::1]:0 --threads 2 --dotfiles")
            .expect("valid usage");
        assert_eq!(args.dir.as_deref(), Some("www".as_ref()));
        assert_eq!(args.listen, ["127.0.0.1:0", "[::1]:0"]);
        assert_eq!((args.threads, args.dotfiles), (Some(2), true));
    }

    #[test]
    fn help_and_version_are_told() {
        for flag in ["--help", "--version"] {
            let told = parse(flag);
            assert!(
                matches!(&told, Err(Early::Told(text)) if text.contains("bw-httpd")),
                "{told:?}"
            );
        }
    }

    #[test]
    fn bad_usage_says_what_to_do() {
        for line in ["--nope", "a b", "--threads x", "--listen"] {
            let refused = parse(line);
            assert!(
                matches!(&refused, Err(Early::Usage(text)) if text.ends_with("try bw-httpd --help")),
                "{refused:?}"
            );
        }
    }
}
