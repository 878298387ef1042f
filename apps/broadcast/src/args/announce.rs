use argh::FromArgs;

/// make a name known
#[derive(Debug, FromArgs)]
#[argh(
    subcommand,
    name = "announce",
    help_triggers("-h", "--help"),
    description = "make a name known on the networks until told to stop",
    example = "{command_name} printer --service ipp --port 631 paper=a4 colour=yes\n\n\
{command_name} \"$(hostname)\"",
    note = "Others find it with bw-cast find. Anybody can announce any name.\n\
It says goodbye when it is stopped; a machine that vanishes is forgotten by the others after\n\
a while. It needs port 5143, which it shares. Exit status: 0 told to stop, 1 failed, 2 usage."
)]
pub struct AnnounceArgs {
    /// what to be known as: 1 to 63 bytes
    #[argh(positional, arg_name = "NAME")]
    pub name: String,

    /// what else to tell about it
    #[argh(positional, arg_name = "KEY=VALUE")]
    pub attributes: Vec<String>,

    /// kind of thing it is: 1 to 15 of a-z, 0-9 and - (default: cast)
    #[argh(option, arg_name = "S")]
    pub service: Option<String>,

    /// port at which it is to be reached, which is only told (default: none)
    #[argh(option, arg_name = "N")]
    pub port: Option<u16>,

    /// announce on this interface only: its name, index or an address of it; may be given several
    /// times (default: all, also those that come later)
    #[argh(option, arg_name = "I")]
    pub interface: Vec<String>,

    /// tell the causes of a failure too
    #[argh(switch)]
    pub verbose: bool,
}
