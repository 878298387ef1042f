use argh::FromArgs;

/// switch machines on
#[derive(Debug, FromArgs)]
#[argh(
    subcommand,
    name = "wake",
    help_triggers("-h", "--help"),
    description = "switch machines on (Wake-on-LAN)",
    example = "{command_name} aa:bb:cc:dd:ee:ff\n\n\
{command_name} aabb.ccdd.eeff 00-11-22-33-44-55 --interface eth0\n\n\
{command_name} aa:bb:cc:dd:ee:ff --to 192.168.7.255\n  \
to another network, if its router lets that in",
    note = "The machine has to be set up for it, be on its cable, and on a network of this one.\n\
0 says that the packets have left this machine; whether anybody woke up, ping tells.\n\
Exit status: 0 sent, 1 failed, 2 usage, 129, 130, 143 ended by SIGHUP, Ctrl-C, SIGTERM."
)]
pub struct WakeArgs {
    /// hardware address of the machine's network card: six bytes in hexadecimal
    #[argh(positional, arg_name = "MAC")]
    pub macs: Vec<String>,

    /// password of the card (SecureOn): six bytes like a MAC, or four like an IPv4 address
    #[argh(option, arg_name = "SECUREON")]
    pub password: Option<String>,

    /// port, which cards do not look at (default: 9)
    #[argh(option, arg_name = "N")]
    pub port: Option<u16>,

    /// where to instead: HOST or HOST:PORT, as a rule a broadcast address; may be given several
    /// times (default: the broadcast address of every interface)
    #[argh(option, arg_name = "ADDR")]
    pub to: Vec<String>,

    /// send by this interface only: its name, index or an address of it; may be given several times
    /// (default: all but loopback, and loopback where there is no other)
    #[argh(option, arg_name = "I")]
    pub interface: Vec<String>,

    /// how many times to send each packet, a tenth of a second apart (default: 3)
    #[argh(option, arg_name = "N")]
    pub repeat: Option<u32>,

    /// tell the causes of a failure too
    #[argh(switch)]
    pub verbose: bool,
}
