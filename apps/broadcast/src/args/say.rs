use argh::FromArgs;

/// send datagrams
#[derive(Debug, FromArgs)]
#[argh(
    subcommand,
    name = "say",
    help_triggers("-h", "--help"),
    description = "send datagrams, by default to everybody on the networks",
    example = "{command_name} 'dinner is ready'\n\n\
tail -f events.log | {command_name} - --interface eth0\n  \
a datagram for each line; one that is longer than a datagram is left out, and said\n\n\
{command_name} ping --to 239.255.1.2:7000 --to printer --wait 2\n  \
to a group and to one machine; shows what comes back within two seconds",
    note = "A datagram holds the text as it is, and no newline.\n\
0 says that every datagram left this machine by one way at least; whether anybody heard\n\
it, and whether a port at the other end is closed, nobody knows. Exit status: 0 sent,\n\
1 something could not be sent to anybody, 2 usage, 7 nothing came back within --wait,\n\
129, 130, 143 ended by SIGHUP, Ctrl-C, SIGTERM."
)]
pub struct SayArgs {
    /// a datagram each, or - for one a line of standard input (without its LF or CRLF)
    #[argh(positional, arg_name = "TEXT")]
    pub texts: Vec<String>,

    /// where to: HOST or HOST:PORT, a broadcast address or a group among them; may be given several
    /// times (default: the broadcast address of every interface)
    #[argh(option, arg_name = "ADDR")]
    pub to: Vec<String>,

    /// port where --to names none (default: 5144)
    #[argh(option, arg_name = "N")]
    pub port: Option<u16>,

    /// send by this interface only: its name, index or an address of it; may be given several times
    /// (default: all but loopback, and loopback where there is no other)
    #[argh(option, arg_name = "I")]
    pub interface: Vec<String>,

    /// how many times to send each datagram (default: 1)
    #[argh(option, arg_name = "N")]
    pub repeat: Option<u32>,

    /// between two times (default: 1)
    #[argh(option, arg_name = "SECONDS")]
    pub interval: Option<f64>,

    /// most datagrams a second, whatever they are to (default: no limit)
    #[argh(option, arg_name = "N")]
    pub rate: Option<u32>,

    /// how many hops they may take; 1 stays on the network (default: 1 to groups, otherwise the system's)
    #[argh(option, arg_name = "N")]
    pub hops: Option<u8>,

    /// show what comes back until so long after the last was sent (default: do not wait)
    #[argh(option, arg_name = "SECONDS")]
    pub wait: Option<f64>,

    /// tell what happens as JSON on standard output, one object a line
    #[argh(switch)]
    pub json: bool,

    /// tell the causes of a failure too
    #[argh(switch)]
    pub verbose: bool,
}
