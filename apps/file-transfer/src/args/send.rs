use argh::FromArgs;
use barewire_command::line::Arguments;

/// The command line of `bw-send`; its help is made of it.
#[derive(Debug, FromArgs)]
#[argh(
    description = "Sends files to another machine, encrypted and verified, by a short code\n\n\
Prints a code and waits. On the other machine, bw-recv and that code fetch the files.\n\
It ends with 0 only when the other side has everything on its disk.",
    example = "{command_name} holiday/\n  \
prints a code; on another machine of the network: bw-recv CODE\n\n\
{command_name} report.pdf photo.jpg --to 192.168.1.7\n  \
to a machine where bw-recv --listen :5142 has printed a code\n\n\
tar c src | {command_name} - --name src.tar\n  \
a stream, as it comes; bw-recv -o - gives it out the same way\n\n\
{command_name} --text 'the door code is 4711'",
    note = "The code can also be in the variable BAREWIRE_CODE or in a file, so that no list of\n\
processes shows it. It dies at the first wrong guess, and with the transfer.\n\
A broken connection is taken up again by itself. After a crash or Ctrl-C, start both\n\
programs again as before: what has come is not sent again.\n\
Exit status: 0 stored at the other side, 1 failed, 2 usage, 3 declined, 4 wrong code,\n\
5 other side lost, 6 a file changed or vanished, 7 nobody came, 8 no space there,\n\
9 not everything was transferred, 10 something is there already, 11 protocol broken,\n\
129, 130, 143 ended by SIGHUP, Ctrl-C, SIGTERM."
)]
pub struct SendArgs {
    /// files and directories to send, or - for standard input
    #[argh(positional, arg_name = "PATH")]
    pub paths: Vec<String>,

    /// send this text instead, or standard input's where it is -
    #[argh(option, arg_name = "STRING")]
    pub text: Option<String>,

    /// address and port to wait at, HOST, HOST:PORT, or :PORT for every address; may be given several times
    /// (default: every address, port 5142, or another if that is taken)
    #[argh(option, arg_name = "ADDR")]
    pub at: Vec<String>,

    /// interface to be found on, by name, number or address; may be given several times (default: all)
    #[argh(option, arg_name = "IF")]
    pub interface: Vec<String>,

    /// tell the network nothing; then bw-recv needs --at
    #[argh(switch)]
    pub no_announce: bool,

    /// connect to a bw-recv --listen at this address instead of waiting, HOST or HOST:PORT
    #[argh(option, arg_name = "ADDR")]
    pub to: Option<String>,

    /// the code to use or, with --to, the one that bw-recv has printed; words of a list or at least
    /// 8 characters of your own (default: made up)
    #[argh(option, arg_name = "CODE")]
    pub code: Option<String>,

    /// read the code from the first line of this file
    #[argh(option, arg_name = "FILE")]
    pub code_file: Option<String>,

    /// name of what comes from standard input (default: stdin)
    #[argh(option, arg_name = "NAME")]
    pub name: Option<String>,

    /// send symbolic links that stay within what is sent; otherwise links are left out
    #[argh(switch)]
    pub links: bool,

    /// leave out what has a name that some systems do not take, and say so
    #[argh(switch)]
    pub portable: bool,

    /// take files that only grow meanwhile as they were at the start, such as a log in use
    #[argh(switch)]
    pub growing: bool,

    /// most bytes a second, with K, M or G for powers of 1000 (default: no limit)
    #[argh(option, arg_name = "BYTES")]
    pub rate: Option<String>,

    /// give up waiting for somebody to come after so long (default: wait for ever)
    #[argh(option, arg_name = "SECONDS")]
    pub wait: Option<f64>,

    /// how long the other side may say nothing before it counts as lost (default: 90)
    #[argh(option, arg_name = "SECONDS")]
    pub timeout: Option<f64>,

    /// how long to wait for a lost connection to come back (default: 600)
    #[argh(option, arg_name = "SECONDS")]
    pub reconnect: Option<f64>,

    /// tell what happens as JSON on standard output, one object a line
    #[argh(switch)]
    pub json: bool,

    /// tell only the code and what went wrong
    #[argh(switch)]
    pub quiet: bool,

    /// tell the causes of a failure too
    #[argh(switch)]
    pub verbose: bool,

    /// print the version and exit
    #[argh(switch)]
    pub version: bool,
}

impl Arguments for SendArgs {
    const NAME: &'static str = "bw-send";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const TAKES_DASH: bool = true;
    const NOT_UTF8_ADVICE: &'static str = "name the directory that it is in, or a link to it";

    fn is_verbose(&self) -> bool {
        self.verbose
    }
}
