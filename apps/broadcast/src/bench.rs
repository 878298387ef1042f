//! How fast datagrams go.

use std::process::ExitCode;

use anyhow::bail;

use crate::args::bench::BenchArgs;

/// Measures.
///
/// # Errors
///
/// Always: there is nothing to measure with yet.
pub fn run(_args: BenchArgs) -> anyhow::Result<ExitCode> {
    bail!("bench is not there yet")
}
