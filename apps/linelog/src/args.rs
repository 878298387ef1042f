//! What was typed.

use std::path::PathBuf;

use argh::FromArgs;
use barewire_command::line::Arguments;

/// The command line; the help of the program is made of it.
#[derive(Debug, FromArgs)]
#[argh(
    description = "Appends lines from many clients and the terminal to one file\n\n\
Each line becomes one record: time, number, source, kind, text. Lines of\n\
different clients are never mixed, control characters are escaped, and what\n\
comes and goes is recorded too.",
    example = "{command_name} --file lines.log\n  \
listens on 127.0.0.1:5140 and to the terminal; send with: nc 127.0.0.1 5140\n\n\
{command_name} --file /var/log/lines.log --listen 0.0.0.0:5140 \\\n    \
--listen '[::]:5140' --listen unix:/run/lines.sock --no-stdin --sync line\n  \
a service: everybody may send; records are on the disk before more is read\n\n\
{command_name} --file syslog.json --format json --framing auto --echo\n  \
takes syslog over TCP in both its framings, shows records as they come\n\n\
mv lines.log lines.log.1; kill -HUP $(cat lines.log.lock)\n  rotates the file",
    note = "SIGHUP opens the file anew. SIGTERM and Ctrl-C record what has come, and end.\n\
Ctrl-D ends the terminal's part alone; Ctrl-R shows again what was typed when\n\
--echo came between. In the background of a terminal use --no-stdin.\n\
Exit status: 0 stopped by a signal, 1 failed or lost records, 2 usage."
)]
pub struct Args {
    /// file to append to; created if it is not there
    #[argh(option, arg_name = "FILE")]
    pub file: PathBuf,

    /// address and port to listen on, HOST:PORT, or unix:PATH; port 0 lets the system choose;
    /// may be given several times (default: 127.0.0.1:5140)
    #[argh(option, arg_name = "ADDR")]
    pub listen: Vec<String>,

    /// how clients mark the end of a message: lines, octet (counts as in RFC 6587), or auto,
    /// which goes by the first byte of a connection (default: lines)
    #[argh(option, arg_name = "lines|octet|auto")]
    pub framing: Option<String>,

    /// form of the records: plain or json (default: plain)
    #[argh(option, arg_name = "plain|json")]
    pub format: Option<String>,

    /// longest line; of a longer one so much is recorded, and marked (default: 65536)
    #[argh(option, arg_name = "BYTES")]
    pub max_line: Option<usize>,

    /// most clients at a time; others are told and turned away (default: 1024)
    #[argh(option, arg_name = "N")]
    pub max_clients: Option<usize>,

    /// close a client that has sent nothing for so long; 0 is never (default: 3600)
    #[argh(option, arg_name = "SECONDS")]
    pub idle: Option<f64>,

    /// when the disk has to have the records: none, interval (a second at most after they are
    /// written), or line (before anything else is read) (default: interval)
    #[argh(option, arg_name = "none|interval|line")]
    pub sync: Option<String>,

    /// leave standard input alone
    #[argh(switch)]
    pub no_stdin: bool,

    /// show the records on standard output as they come
    #[argh(switch)]
    pub echo: bool,

    /// tell the causes of a failure too
    #[argh(switch)]
    pub verbose: bool,

    /// print the version and exit
    #[argh(switch)]
    pub version: bool,
}

impl Arguments for Args {
    const NAME: &'static str = "bw-log";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

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
        let args = parse("--file a.log --listen 127.0.0.1:0 --listen unix:s --idle 0.5 --echo")
            .expect("valid usage");
        assert_eq!(args.file.to_str(), Some("a.log"));
        assert_eq!(args.listen, ["127.0.0.1:0", "unix:s"]);
        assert_eq!(
            (args.idle, args.echo, args.no_stdin),
            (Some(0.5), true, false)
        );
    }

    #[test]
    fn a_file_has_to_be_named() {
        let refused = parse("");
        assert!(
            matches!(&refused, Err(Early::Usage(text)) if text.contains("--file")),
            "{refused:?}"
        );
    }

    #[test]
    fn help_and_version_need_no_file() {
        for flag in ["--help", "--version"] {
            let told = parse(flag);
            assert!(
                matches!(&told, Err(Early::Told(text)) if text.contains("bw-log")),
                "{told:?}"
            );
        }
    }
}
