use argh::FromArgs;

/// measures how fast datagrams go, and what becomes of them
#[derive(Debug, FromArgs)]
#[argh(
    subcommand,
    name = "bench",
    help_triggers("-h", "--help"),
    description = "measure how fast datagrams go from one machine to another, and what becomes of them",
    example = "{command_name} recv\n\
{command_name} send --to 192.168.1.7\n  \
as fast as it goes, for 10 seconds\n\n\
{command_name} send --to 192.168.1.7 --rate 50M --size 1200 --time 60\n  \
50 MB a second: is anything lost on the way?",
    note = "Start recv first, then send on the other machine; both tell what has come."
)]
pub struct BenchArgs {
    /// which end
    #[argh(subcommand)]
    pub end: BenchEnd,
}

/// Which end.
#[derive(Debug, FromArgs)]
#[argh(subcommand)]
pub enum BenchEnd {
    /// The one that sends.
    Send(BenchSendArgs),
    /// The one that counts.
    Recv(BenchRecvArgs),
}

impl BenchArgs {
    /// Whether to tell the causes of a failure too.
    #[must_use]
    pub fn is_verbose(&self) -> bool {
        match &self.end {
            BenchEnd::Send(args) => args.verbose,
            BenchEnd::Recv(args) => args.verbose,
        }
    }
}

/// sends datagrams to be counted
#[derive(Debug, FromArgs)]
#[argh(
    subcommand,
    name = "send",
    help_triggers("-h", "--help"),
    description = "send numbered datagrams to a bw-cast bench recv, and tell what it has counted",
    example = "{command_name} --to 192.168.1.7\n\n\
{command_name} --to '[fe80::1%2]:5144' --rate 10M --count 100000 --json",
    note = "With --rate it sends every millisecond what is due, or more often, never more than 64\n\
datagrams at once; what it was too late for by more than 4 milliseconds is left out, and the\n\
rate that it tells is lower then. Without it, it is likely to lose datagrams: there is nothing in\n\
UDP that would slow it down.\n\
Datagrams beyond the MTU go in fragments, of which losing one loses all.\n\
Exit status: 0 counted by the other side, 1 failed, 2 usage, 7 the other side said nothing;\n\
129, 130, 143 ended by SIGHUP, Ctrl-C, SIGTERM, with the count of what was sent till then."
)]
pub struct BenchSendArgs {
    /// machine to send to, HOST or HOST:PORT (default port: 5144)
    #[argh(option, arg_name = "ADDR")]
    pub to: String,

    /// length of each datagram: 32 to 65507 (default: 1400)
    #[argh(option, arg_name = "BYTES")]
    pub size: Option<usize>,

    /// bytes a second, with K, M or G for powers of 1000 (default: as fast as it goes)
    #[argh(option, arg_name = "BYTES")]
    pub rate: Option<String>,

    /// how long to send (default: 10)
    #[argh(option, arg_name = "SECONDS")]
    pub time: Option<f64>,

    /// how many datagrams to send, instead of how long
    #[argh(option, arg_name = "N")]
    pub count: Option<u64>,

    /// one datagram a call, without segmentation offload
    #[argh(switch)]
    pub plain: bool,

    /// tell the result as a JSON object
    #[argh(switch)]
    pub json: bool,

    /// tell the causes of a failure too
    #[argh(switch)]
    pub verbose: bool,
}

/// counts datagrams
#[derive(Debug, FromArgs)]
#[argh(
    subcommand,
    name = "recv",
    help_triggers("-h", "--help"),
    description = "count what a bw-cast bench send sends, a line for each of its runs\n\n\
Lost and duplicate datagrams are counted exactly, as long as none is overtaken by more than\n\
65536 others; those that are count as late, and as lost.",
    example = "{command_name}\n\n\
{command_name} --listen 127.0.0.1:0 --count 3 --timeout 30 --json",
    note = "reordered is what RFC 4737 calls so: behind one with a higher number; duplicates are left out.\n\
jitter is that of RFC 3550; of datagrams that the system hands over as one, the first is looked at.\n\
no room is how often this system threw away what it could not hold, where it tells (Linux); what\n\
it had joined counts as one. All else that is lost was lost on the way.\n\
foreign is what was none of the run's datagrams. One run at a time: another's are foreign.\n\
A run of which nothing comes for 5 seconds is over.\n\
Exit status: 0 counted, 1 failed, 2 usage, 7 nothing came within --timeout; 129, 130, 143 ended\n\
by SIGHUP, Ctrl-C, SIGTERM, with the count of what came till then."
)]
pub struct BenchRecvArgs {
    /// address and port to listen on, HOST:PORT; port 0 lets the system choose (default: port 5144 of
    /// every address, IPv6 and IPv4)
    #[argh(option, arg_name = "ADDR")]
    pub listen: Option<String>,

    /// how many runs to count (default: 1)
    #[argh(option, arg_name = "N")]
    pub count: Option<u64>,

    /// give up waiting for a run after so long (default: wait for ever)
    #[argh(option, arg_name = "SECONDS")]
    pub timeout: Option<f64>,

    /// one datagram a call, without segmentation offload
    #[argh(switch)]
    pub plain: bool,

    /// tell the results as JSON, an object a line
    #[argh(switch)]
    pub json: bool,

    /// tell the causes of a failure too
    #[argh(switch)]
    pub verbose: bool,
}
