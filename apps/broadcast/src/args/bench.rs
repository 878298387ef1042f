use argh::FromArgs;

/// measure how fast datagrams go
#[derive(Debug, FromArgs)]
#[argh(subcommand, name = "bench", help_triggers("-h", "--help"))]
pub struct BenchArgs {
    /// tell the causes of a failure too
    #[argh(switch)]
    pub verbose: bool,
}
