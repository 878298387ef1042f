//! A long run: `--count INPUTS --seed NUMBER`. Or `--page`, which writes the rules into `DIFFERENCES.md`.

use std::fs;
use std::process::ExitCode;
use std::time::Instant;

use barewire_differential::generate::Inputs;
use barewire_differential::page;
use barewire_differential::run::run;
use barewire_differential::seeds::seeds;

const USAGE: &str = "usage: barewire-differential [--count INPUTS] [--seed NUMBER] | --page";

fn main() -> ExitCode {
    if std::env::args().skip(1).eq(["--page"]) {
        return write_page();
    }
    let Some((count, seed)) = arguments(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let started = Instant::now();
    let outcome = run(Inputs::new(seed, seeds()), count);
    for ((rule, peer), hits) in &outcome.hits {
        println!("{hits:>9}  {rule}, {peer}");
    }
    println!("on where messages end: {:?}", outcome.ends);
    for (kind, (times, told)) in &outcome.unexplained {
        println!("\n{times} times: {kind}\n{told}");
    }
    println!(
        "{} inputs from seed {seed} in {:.1} s, {} disagreements, {} kinds of them unexplained",
        outcome.inputs,
        started.elapsed().as_secs_f64(),
        outcome.disagreements,
        outcome.unexplained.len(),
    );
    match outcome.unexplained.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

fn arguments(mut words: impl Iterator<Item = String>) -> Option<(usize, u64)> {
    let (mut count, mut seed) = (100_000, 1);
    while let Some(flag) = words.next() {
        let value = words.next()?;
        match flag.as_str() {
            "--count" => count = value.parse().ok()?,
            "--seed" => seed = value.parse().ok()?,
            _ => return None,
        }
    }
    Some((count, seed))
}

fn write_page() -> ExitCode {
    let path = page::path();
    let written =
        fs::read_to_string(&path).and_then(|page| fs::write(&path, page::with_tables(&page)));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("barewire-differential: {}: {error}", path.display());
            ExitCode::FAILURE
        }
    }
}
