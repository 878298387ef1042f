//! What was typed.

pub mod announce;
pub mod bench;
pub mod find;
pub mod listen;
pub mod say;
pub mod wake;

use argh::FromArgs;
use barewire_command::line::Arguments;

use announce::AnnounceArgs;
use bench::BenchArgs;
use find::FindArgs;
use listen::ListenArgs;
use say::SayArgs;
use wake::WakeArgs;

/// The command line; the help of the program is made of it.
#[derive(Debug, FromArgs)]
#[argh(
    help_triggers("-h", "--help"),
    description = "Datagrams to every machine on the local networks, and what comes back\n\n\
What others on the network say is shown as a hint: nobody has proved who they are,\n\
and a datagram may be lost.",
    example = "{command_name} say 'dinner is ready'\n  \
to every machine on every network of this one\n\n\
{command_name} listen\n  \
on those machines: one line a datagram\n\n\
{command_name} announce printer --port 631 paper=a4\n\
{command_name} find\n  \
what is there, by name; anybody can take any name\n\n\
{command_name} wake aa:bb:cc:dd:ee:ff\n  \
switches a machine on",
    note = "Each has a help of its own: {command_name} say --help.\n\
Exit status: 0 done, 1 failed, 2 usage, 7 nobody was heard, and 129, 130, 143 for what was\n\
ended by SIGHUP, Ctrl-C or SIGTERM before it was done. listen, announce and find --watch are\n\
done when they are told to stop."
)]
pub struct Args {
    /// what to do
    #[argh(subcommand)]
    pub command: Command,

    /// print the version and exit
    #[argh(switch)]
    pub version: bool,
}

/// What to do.
#[derive(Debug, FromArgs)]
#[argh(subcommand)]
pub enum Command {
    /// Sends datagrams.
    Say(SayArgs),
    /// Shows datagrams.
    Listen(ListenArgs),
    /// Makes itself known.
    Announce(AnnounceArgs),
    /// Looks for what made itself known.
    Find(FindArgs),
    /// Switches machines on.
    Wake(WakeArgs),
    /// Measures.
    Bench(BenchArgs),
}

impl Arguments for Args {
    const NAME: &'static str = "bw-cast";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TAKES_DASH: bool = true;
    const SUBCOMMANDS: &'static [&'static str] =
        &["say", "listen", "announce", "find", "wake", "bench"];
    const NOT_UTF8_ADVICE: &'static str = "send it as a line of standard input";

    fn is_verbose(&self) -> bool {
        match &self.command {
            Command::Say(args) => args.verbose,
            Command::Listen(args) => args.verbose,
            Command::Announce(args) => args.verbose,
            Command::Find(args) => args.verbose,
            Command::Wake(args) => args.verbose,
            Command::Bench(args) => args.is_verbose(),
        }
    }
}
