use argh::FromArgs;

/// show datagrams
#[derive(Debug, FromArgs)]
#[argh(
    subcommand,
    name = "listen",
    help_triggers("-h", "--help"),
    description = "show the datagrams that come",
    example = "{command_name}\n  \
all that is said on every network of this machine\n\n\
{command_name} --port 7000 --group 239.255.1.2 --raw > data\n  \
the bytes of every datagram, one after the other, and nothing in between\n\n\
{command_name} --count 1 --timeout 10 --json\n  \
in a script: waits for one, and ends with 7 if there was none\n\n\
{command_name} --reply here\n  \
answers everybody who says something",
    note = "A line is one datagram and cannot look like two: time, sender, interface, length, text. What\n\
is no text is escaped: \\n, \\x1b, \\xff, \\u{{202e}}, and \\\\ for a backslash.\n\
An answer goes from the port that was heard on to the sender alone: never to a broadcast\n\
address, a group, or a port below 1024, nor to a datagram that comes from the port listened\n\
on, which could be another that answers; at most 5 a second to one machine, 100 in all.\n\
Exit status: 0 told to stop, 1 failed, 2 usage, 7 nothing came within --timeout."
)]
pub struct ListenArgs {
    /// port to listen on; 0 lets the system choose (default: 5144)
    #[argh(option, arg_name = "N")]
    pub port: Option<u16>,

    /// listen on this interface only: its name, index or an address of it; may be given several
    /// times (default: all, also those that come later)
    #[argh(option, arg_name = "I")]
    pub interface: Vec<String>,

    /// join this multicast group; may be given several times
    #[argh(option, arg_name = "ADDR")]
    pub group: Vec<String>,

    /// a JSON object a line instead
    #[argh(switch)]
    pub json: bool,

    /// the bytes of the datagrams instead, with nothing in between
    #[argh(switch)]
    pub raw: bool,

    /// end after so many datagrams
    #[argh(option, arg_name = "N")]
    pub count: Option<u64>,

    /// end after so long (default: never)
    #[argh(option, arg_name = "SECONDS")]
    pub timeout: Option<f64>,

    /// answer each datagram with this text
    #[argh(option, arg_name = "TEXT")]
    pub reply: Option<String>,

    /// tell the causes of a failure too
    #[argh(switch)]
    pub verbose: bool,
}
