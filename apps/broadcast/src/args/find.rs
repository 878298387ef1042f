use argh::FromArgs;

/// find what is announced
#[derive(Debug, FromArgs)]
#[argh(
    subcommand,
    name = "find",
    help_triggers("-h", "--help"),
    description = "find what is announced on the networks",
    example = "{command_name}\n  \
whatever is there within two seconds\n\n\
{command_name} printer --count 1 --timeout 10 --json\n  \
in a script: ends with the first, or with 7 if there is none\n\n\
{command_name} --watch\n  \
goes on: a table on a terminal, otherwise a line for what comes, changes and goes\n\n\
{command_name} --to 192.168.1.7\n  \
asks that machine too, where a network keeps multicast and broadcast away from it",
    note = "A line each: name, service, address, interface, and what else it says. All of it is\n\
unverified: anybody on the network can announce any name.\n\
Exit status: 0 found, or --watch told to stop; 1 failed, 2 usage, 7 nobody answered,\n\
129, 130, 143 ended by SIGHUP, Ctrl-C, SIGTERM."
)]
pub struct FindArgs {
    /// look for this name alone
    #[argh(positional, arg_name = "NAME")]
    pub name: Option<String>,

    /// look for this kind of thing alone
    #[argh(option, arg_name = "S")]
    pub service: Option<String>,

    /// how long to look (default: 2; with --watch for ever)
    #[argh(option, arg_name = "SECONDS")]
    pub timeout: Option<f64>,

    /// end after so many
    #[argh(option, arg_name = "N")]
    pub count: Option<u64>,

    /// go on, and tell what changes and goes too
    #[argh(switch)]
    pub watch: bool,

    /// ask this machine too, HOST or HOST:PORT; may be given several times (default port: 5143)
    #[argh(option, arg_name = "ADDR")]
    pub to: Vec<String>,

    /// look on this interface only: its name, index or an address of it; may be given several times
    /// (default: all, also those that come later)
    #[argh(option, arg_name = "I")]
    pub interface: Vec<String>,

    /// tell what is found as JSON, one object a line
    #[argh(switch)]
    pub json: bool,

    /// tell the causes of a failure too
    #[argh(switch)]
    pub verbose: bool,
}
