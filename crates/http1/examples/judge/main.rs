//! The referee: conformance rows on stdin, one JSON verdict a line on stdout, in order.
//!
//! ```text
//! cargo run -p barewire-http1 --example judge -- [--split whole|bytes|N] [--no-host-check]
//! ```
//!
//! Only the input side of a row is read (`id`, `side`, `input`, `eof`, `limits`), never
//! what it expects. The rows are described in `tests/vectors/README.md`.

use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use barewire_http1::HostRule;

mod row;

use row::{Feed, Row};

const USAGE: &str = "usage: judge [--split whole|bytes|N] [--no-host-check] < rows.jsonl";

fn main() -> ExitCode {
    let Some((feed, host)) = arguments(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match judge(io::stdin().lock(), io::stdout().lock(), feed, host) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the verdicts has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("judge: {error}");
            ExitCode::FAILURE
        }
    }
}

fn arguments(mut words: impl Iterator<Item = String>) -> Option<(Feed, HostRule)> {
    let (mut feed, mut host) = (Feed::Whole, HostRule::Required);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--no-host-check" => host = HostRule::Unchecked,
            "--split" => feed = Feed::from_word(&words.next()?)?,
            _ => feed = Feed::from_word(word.strip_prefix("--split=")?)?,
        }
    }
    Some((feed, host))
}

fn judge(
    rows: impl BufRead,
    mut verdicts: impl Write,
    feed: Feed,
    host: HostRule,
) -> io::Result<()> {
    for line in rows.split(b'\n') {
        let verdict = match Row::parse(&line?) {
            Ok(row) => row.judge(feed, host),
            Err(refusal) => refusal,
        };
        writeln!(verdicts, "{verdict}")?;
    }
    verdicts.flush()
}
