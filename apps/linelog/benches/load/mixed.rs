//! Lines of many lengths in writes of many sizes, to everybody in turns.

use std::fs;
use std::path::Path;

use barewire_proving::words::Others;

use crate::cases::Options;
use crate::check::{self, Found};
use crate::input::Input;
use crate::send::send;
use crate::server::{Cost, Kind};

const CLIENTS: usize = 8;

pub(crate) fn mixed(options: &Options) {
    let inputs: Vec<_> = (0..CLIENTS)
        .map(|client| Input::new(client, options.lines))
        .collect();
    let bytes: usize = inputs.iter().map(|input| input.bytes.len()).sum();
    let writes: usize = inputs.iter().map(|input| input.writes.len()).sum();
    let directory = tempfile::tempdir().expect("a temporary directory");
    println!(
        "\n## mixed: {CLIENTS} clients × {} lines, {:.1} MB in {writes} writes, {} rounds, to {}\n",
        options.lines,
        bytes as f64 / 1e6,
        options.rounds,
        directory.path().display()
    );
    println!(
        "| server | sent | whole | mangled | missing | out of order | s | lines/s | MB/s | CPU s |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    let kinds = [
        Kind::Log("none"),
        Kind::Log("interval"),
        Kind::Log("line"),
        Kind::Ncat,
        Kind::Socat,
    ];
    let mut totals = kinds.map(|kind| (kind, Mixed::default()));
    // In turns, so that what else happens on the machine meets all.
    for _ in 0..options.rounds {
        for (kind, total) in &mut totals {
            if options.others == Others::LeftOut && !matches!(kind, Kind::Log(_)) {
                continue;
            }
            let file = directory.path().join("lines.log");
            let Some(server) = kind.start(&file) else {
                continue;
            };
            total.add(send(server.address, &inputs), server.stop());
            total.found += look_for(&inputs, &file, *kind);
            fs::remove_file(&file).expect("ours");
        }
    }
    for (kind, total) in totals {
        let lines = total.found.whole + total.found.missing;
        if lines == 0 {
            continue;
        }
        let Mixed {
            found,
            seconds,
            cpu_seconds,
        } = total;
        println!(
            "| {} | {lines} | {} | {} | {} | {} | {seconds:.2} | {:.0} | {:.0} | {cpu_seconds:.2} |",
            kind.name(),
            found.whole,
            found.mangled,
            found.missing,
            found.disordered,
            lines as f64 / seconds,
            (bytes * options.rounds) as f64 / 1e6 / seconds,
        );
    }
}

/// What the rounds of a server have brought together.
#[derive(Clone, Copy, Default)]
struct Mixed {
    found: Found,
    seconds: f64,
    cpu_seconds: f64,
}

impl Mixed {
    fn add(&mut self, seconds: f64, cost: Cost) {
        self.seconds += seconds;
        self.cpu_seconds += cost.cpu_seconds;
    }
}

/// # Panics
///
/// If it is this program that has not kept everything.
fn look_for(inputs: &[Input], file: &Path, kind: Kind) -> Found {
    if !matches!(kind, Kind::Log(_)) {
        return check::raw(file, inputs);
    }
    let found = check::records(file, inputs);
    let all = Found {
        whole: inputs.iter().map(Input::lines).sum(),
        ..Found::default()
    };
    assert_eq!(found, all, "{}", kind.name());
    found
}
