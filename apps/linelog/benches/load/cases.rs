//! The cases, and their tables.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use barewire_command::descriptors::raise_limit;
use barewire_proving::words::{Only, Others, Words};

use crate::calls;
use crate::check;
use crate::input::BLOCK_LINE_BYTES;
use crate::machine;
use crate::mixed::mixed;
use crate::send::{Until, Write64, connect, finish, flood};
use crate::server::Kind;

/// How much of what.
pub(crate) struct Options {
    pub(crate) lines: usize,
    seconds: f64,
    pub(crate) rounds: usize,
    idle: usize,
    /// Lines under strace.
    traced: usize,
    directory: Option<PathBuf>,
    only: Only,
    pub(crate) others: Others,
}

/// More than a record of a flood takes.
const RECORD_BYTES: usize = 140;

/// A file of a flood is kept below this.
const FILE_BYTES_MAX: usize = 10 << 30;

impl Options {
    pub(crate) fn read(mut words: Words) -> Self {
        let mut options = Self {
            lines: 40_000,
            seconds: 10.0,
            rounds: 5,
            idle: 1000,
            traced: 1 << 18,
            directory: None,
            only: Only::default(),
            others: Others::Beside,
        };
        while let Some(flag) = words.flag() {
            match flag {
                "--lines" => options.lines = words.value("N"),
                "--seconds" => options.seconds = words.value("N"),
                "--rounds" => options.rounds = words.value("N"),
                "--idle" => options.idle = words.value("N"),
                "--dir" => options.directory = Some(words.value("DIR")),
                "--only" => options.only = Only::case(words.value("CASE")),
                _ => words.refuse(),
            }
        }
        assert!(options.lines > 0 && options.rounds > 0, "at least one");
        options
    }

    /// Just enough to see that all of it works.
    pub(crate) fn check() -> Self {
        Self {
            lines: 500,
            seconds: 0.1,
            rounds: 1,
            idle: 50,
            traced: 0,
            directory: None,
            only: Only::default(),
            others: Others::LeftOut,
        }
    }

    /// Where files of floods go: a disk would be what is measured.
    fn fast_directory(&self) -> tempfile::TempDir {
        let shm = PathBuf::from("/dev/shm");
        let directory = self.directory.clone().unwrap_or(shm);
        tempfile::tempdir_in(&directory)
            .or_else(|_| tempfile::tempdir())
            .expect("a temporary directory")
    }
}

pub(crate) fn run(options: &Options) {
    barewire_proving::machine::print(&[("ncat", "--version"), ("socat", "-V"), ("strace", "-V")]);
    let _ = raise_limit();
    if options.only.wants("mixed") {
        mixed(options);
    }
    let directory = options.fast_directory();
    if options.only.wants("flood") {
        floods(options, directory.path());
    }
    if options.only.wants("idle") {
        idle(options, directory.path());
    }
    if options.only.wants("calls") && options.others == Others::Beside {
        traced(options, directory.path());
    }
}

/// What a flood has brought.
struct Flood {
    lines: usize,
    seconds: f64,
    /// Of the flood alone, without clients that come and go.
    cpu_seconds: f64,
    resident_bytes_max: f64,
}

impl Flood {
    fn rate(&self) -> f64 {
        self.lines as f64 / self.seconds
    }

    fn cpu_nanoseconds(&self) -> f64 {
        self.cpu_seconds * 1e9 / self.lines as f64
    }
}

fn floods(options: &Options, directory: &Path) {
    println!(
        "\n## flood: lines of {BLOCK_LINE_BYTES} bytes for {} s, in writes of 64 KiB, to {}\n",
        options.seconds,
        directory.display()
    );
    println!(
        "| clients | --sync | sent | recorded | lost | s | lines/s | MB/s | CPU ns/line | VmHWM KiB |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for (clients, sync) in [(8, "interval"), (8, "none"), (2, "none"), (1, "none")] {
        let time = Duration::from_secs_f64(options.seconds);
        let flood = flooded(
            directory,
            Kind::Log(sync),
            clients,
            Write64::Blocks,
            time,
            0,
        );
        println!(
            "| {clients} | {sync} | {} | {} | 0 | {:.2} | {:.0} | {:.0} | {:.0} | {:.0} |",
            flood.lines,
            flood.lines,
            flood.seconds,
            flood.rate(),
            flood.rate() * BLOCK_LINE_BYTES as f64 / 1e6,
            flood.cpu_nanoseconds(),
            flood.resident_bytes_max / 1024.0,
        );
    }
}

/// A flood of a fresh server, `idle` clients being there too.
///
/// # Panics
///
/// If a line is lost or is not the one that was sent.
fn flooded(
    directory: &Path,
    kind: Kind,
    clients: usize,
    how: Write64,
    time: Duration,
    idle: usize,
) -> Flood {
    let file = directory.join("flood.log");
    let bytes_max = FILE_BYTES_MAX.min(machine::free_bytes(directory) / 2);
    let until = Until {
        time,
        lines_max: bytes_max / RECORD_BYTES / clients,
    };
    let server = kind.start(&file).expect("this program");
    let quiet: Vec<_> = (0..idle).map(|_| connect(server.address)).collect();
    server.await_clients(idle);
    let before = server.cpu_seconds();
    let (sent, seconds) = flood(server.address, clients, how, until);
    let cpu_seconds = server.cpu_seconds() - before;
    quiet.into_iter().for_each(finish);
    let cost = server.stop();
    assert_eq!(check::flood(&file, clients), sent, "lines were lost");
    fs::remove_file(&file).expect("ours");
    if sent.iter().any(|&lines| lines >= until.lines_max) {
        println!("(ended early, at {bytes_max} bytes of file)");
    }
    Flood {
        lines: sent.iter().sum(),
        seconds,
        cpu_seconds,
        resident_bytes_max: cost.resident_bytes_max,
    }
}

fn idle(options: &Options, directory: &Path) {
    let (idle, rounds) = (options.idle, options.rounds);
    let seconds = options.seconds / 4.0;
    println!("\n## idle: one busy client, {rounds} rounds of {seconds} s, the best\n");
    println!(
        "| writes of | idle clients | lines/s | CPU ns/line | busy one's share of its rate alone |"
    );
    println!("|---|---|---|---|---|");
    for how in [Write64::Blocks, Write64::Lines] {
        let run = |idle| {
            let time = Duration::from_secs_f64(seconds);
            flooded(directory, Kind::Log("none"), 1, how, time, idle)
        };
        // In turns, so that what else happens on the machine meets both.
        let (alone, among): (Vec<_>, Vec<_>) = (0..rounds).map(|_| (run(0), run(idle))).unzip();
        let (alone, among) = (best(&alone), best(&among));
        let bytes = match how {
            Write64::Blocks => "64 KiB",
            Write64::Lines => "a line",
        };
        for (idle, (rate, cost)) in [(0, alone), (idle, among)] {
            let share = rate / alone.0 * 100.0;
            println!("| {bytes} | {idle} | {rate:.0} | {cost:.0} | {share:.1} % |");
        }
    }
}

/// The least disturbed of each: neighbours on the machine only slow it down.
fn best(floods: &[Flood]) -> (f64, f64) {
    let rates = floods.iter().map(Flood::rate);
    let costs = floods.iter().map(Flood::cpu_nanoseconds);
    (
        rates.fold(0.0, f64::max),
        costs.fold(f64::INFINITY, f64::min),
    )
}

/// Calls that turns of the loop make.
const OF_TURNS: [&str; 6] = [
    "recvfrom",
    "write",
    "fdatasync",
    "epoll_wait",
    "epoll_pwait",
    "epoll_pwait2",
];

fn traced(options: &Options, directory: &Path) {
    println!("\n## calls: how often for 1,000 lines, under strace, which slows the server\n");
    println!("| clients | writes of | lines | calls |");
    println!("|---|---|---|---|");
    let loads = [
        (8, Write64::Blocks, options.traced),
        (1, Write64::Blocks, options.traced),
        (8, Write64::Lines, options.traced / 16),
        (1, Write64::Lines, options.traced / 16),
    ];
    for (clients, how, lines) in loads {
        let file = directory.join("traced.log");
        let until = Until {
            time: Duration::MAX,
            lines_max: lines / clients,
        };
        let mut sent = Vec::new();
        let calls = calls::count(directory, &file, |address| {
            sent = flood(address, clients, how, until).0;
        });
        let Some(calls) = calls else {
            return;
        };
        assert_eq!(check::flood(&file, clients), sent, "lines were lost");
        fs::remove_file(&file).expect("ours");
        let total: usize = sent.iter().sum();
        let mut calls: Vec<_> = calls.into_iter().collect();
        // The others are those of the start and of clients that come and go.
        calls.retain(|(name, _)| OF_TURNS.contains(&name.as_str()));
        calls.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let share = |(name, count): &(String, u64)| {
            format!("{name} {:.1}", *count as f64 * 1e3 / total as f64)
        };
        let shares: Vec<_> = calls.iter().map(share).collect();
        let bytes = match how {
            Write64::Blocks => "64 KiB",
            Write64::Lines => "a line",
        };
        println!("| {clients} | {bytes} | {total} | {} |", shares.join(", "));
    }
}
