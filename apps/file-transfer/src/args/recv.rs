use argh::FromArgs;
use barewire_command::line::Arguments;

/// The command line of `bw-recv`; its help is made of it.
#[derive(Debug, FromArgs)]
#[argh(
    description = "Receives files that bw-send offers on another machine\n\n\
Shows what is offered and asks before anything is written. No file appears under its\n\
name before all of it is there, verified, and on the disk.",
    example = "{command_name} 7-tiger-bamboo\n  \
finds bw-send on this machine's networks and fetches what it offers into this directory\n\n\
{command_name} 7-tiger-bamboo --at 192.168.1.5\n  \
from bw-send at that address, in another network too\n\n\
{command_name} --listen :5142\n  \
prints a code and waits for a bw-send --to THIS-MACHINE\n\n\
{command_name} --at laptop --code-file code -o backup/ --yes --overwrite rename\n  \
in a script: asks nothing, renames what would replace something\n\n\
{command_name} --at laptop -o - | tar x\n  \
a stream, or the one file that is offered, on standard output",
    note = "Without CODE it is asked for, or taken from the variable BAREWIRE_CODE or from\n\
--code-file, so that no list of processes shows it.\n\
What has come before a crash or Ctrl-C is kept in files named .NAME.HASH.bw-part; the\n\
same command takes it up again. Exit status: 0 all stored, 1 failed, 2 usage,\n\
3 declined, 4 wrong code, 5 other side lost, 6 a file changed or vanished there,\n\
7 nobody is there, 8 no space, 9 not everything was transferred, 10 something is there\n\
already, 11 protocol broken, 129, 130, 143 ended by SIGHUP, Ctrl-C, SIGTERM."
)]
pub struct RecvArgs {
    /// the code that bw-send has printed
    #[argh(positional, arg_name = "CODE")]
    pub code: Option<String>,

    /// where bw-send waits, HOST or HOST:PORT (default: it is searched for on this machine's networks;
    /// default port: 5142)
    #[argh(option, arg_name = "ADDR")]
    pub at: Option<String>,

    /// interface to search on, by name, number or address; may be given several times (default: all)
    #[argh(option, arg_name = "IF")]
    pub interface: Vec<String>,

    /// wait for a bw-send --to at this address instead, and print a code; HOST, HOST:PORT, or :PORT
    /// for every address; may be given several times
    #[argh(option, arg_name = "ADDR")]
    pub listen: Vec<String>,

    /// read the code from the first line of this file
    #[argh(option, arg_name = "FILE")]
    pub code_file: Option<String>,

    /// directory to receive into, name for a single file or directory, or - for standard output
    /// (default: this directory)
    #[argh(option, short = 'o', arg_name = "PATH")]
    pub output: Option<String>,

    /// accept without asking
    #[argh(switch)]
    pub yes: bool,

    /// what to do about files that are there already: ask, refuse, rename or replace (default: ask,
    /// and refuse where nobody can be asked)
    #[argh(option, arg_name = "ask|refuse|rename|replace")]
    pub overwrite: Option<String>,

    /// accept hidden files at the top, such as .bashrc, together with --yes
    #[argh(switch)]
    pub hidden: bool,

    /// refuse names that some systems do not take
    #[argh(switch)]
    pub portable: bool,

    /// do not wait for the disk
    #[argh(switch)]
    pub no_sync: bool,

    /// most bytes a second, with K, M or G for powers of 1000 (default: no limit)
    #[argh(option, arg_name = "BYTES")]
    pub rate: Option<String>,

    /// give up waiting for somebody to come after so long; without --listen, go on searching for or
    /// trying to reach bw-send for so long (default: wait for ever, search for 30 s, try once)
    #[argh(option, arg_name = "SECONDS")]
    pub wait: Option<f64>,

    /// how long the other side may say nothing before it counts as lost (default: 90)
    #[argh(option, arg_name = "SECONDS")]
    pub timeout: Option<f64>,

    /// how long to try to take up a lost connection (default: 600)
    #[argh(option, arg_name = "SECONDS")]
    pub reconnect: Option<f64>,

    /// tell what happens as JSON on standard output, one object a line (with -o - on standard error)
    #[argh(switch)]
    pub json: bool,

    /// tell only what went wrong
    #[argh(switch)]
    pub quiet: bool,

    /// tell the causes of a failure too
    #[argh(switch)]
    pub verbose: bool,

    /// print the version and exit
    #[argh(switch)]
    pub version: bool,
}

impl Arguments for RecvArgs {
    const NAME: &'static str = "bw-recv";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TAKES_DASH: bool = true;

    fn is_verbose(&self) -> bool {
        self.verbose
    }
}
