//! The cases, and the tables of the first two.

use std::cell::Cell;
use std::fs;
use std::path::Path;

use barewire_proving::figures::median;
use barewire_proving::words::Others;

use crate::data::{self, expect_equal};
use crate::machine;
use crate::options::Options;
use crate::servers::Servers;
use crate::ways::{Cost, Way};
use crate::{crash, memory, start};

/// A directory in which all of it happens.
pub(crate) struct Ground {
    directory: tempfile::TempDir,
    pub(crate) servers: Servers,
    /// So many places things went to.
    places: Cell<usize>,
    /// Whether times are of interest, and not only what arrives.
    measures: bool,
}

/// More than most cases write.
const WARM_BYTES: u64 = 1200 << 20;

impl Ground {
    fn new(options: &Options) -> Self {
        let directory = match &options.directory {
            Some(directory) => tempfile::tempdir_in(directory),
            None => tempfile::tempdir(),
        };
        let directory = directory.expect("a temporary directory");
        let servers = match options.others {
            Others::Beside => Servers::start(directory.path()),
            Others::LeftOut => Servers::none(),
        };
        Self {
            directory,
            servers,
            places: Cell::new(0),
            measures: options.others == Others::Beside,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The name of an empty directory, all that was written before being on the disk, and memory at hand.
    pub(crate) fn fresh(&self) -> String {
        let place = self.places.get();
        self.places.set(place + 1);
        let name = format!("to{place}");
        let path = self.path().join(&name);
        fs::create_dir(&path).expect("ours");
        if self.measures {
            machine::settle(&path);
            machine::warm(WARM_BYTES);
        }
        name
    }

    /// Takes it from one place to another, and compares.
    ///
    /// A file is removed then, and many files are not: ext4 does not use the inodes of files that were removed within
    /// the last minutes, and whoever makes new ones is slowed down by having to look for others.
    pub(crate) fn carry(&self, way: Way, name: &str) -> Cost {
        let to = self.fresh();
        let cost = way.carry(&self.servers, self.path(), name, &to);
        let to = self.path().join(to).join(name);
        expect_equal(&self.path().join(name), &to);
        if to.is_file() {
            fs::remove_file(to).expect("ours");
        }
        cost
    }
}

pub(crate) fn run(options: &Options) {
    barewire_proving::machine::print(&[("ssh", "-V"), ("rsync", "--version")]);
    let ground = Ground::new(options);
    if options.only.wants("one") {
        one(options, &ground);
    }
    if options.only.wants("many") {
        many(options, &ground);
    }
    if options.only.wants("start") {
        start::start(options, &ground);
    }
    if options.only.wants("memory") || options.only.wants("resume") {
        let name = "large.dat";
        let path = ground.path().join(name);
        // It is there twice, and others may want room too.
        let bytes = options.large.min(machine::free_bytes(ground.path()) / 3);
        data::make_file(&path, 2, bytes);
        if options.only.wants("memory") {
            memory::memory(bytes, &ground, name);
        }
        if options.only.wants("resume") {
            crash::resume(bytes, &ground, name);
        }
    }
}

fn one(options: &Options, ground: &Ground) {
    let (size, rounds) = (options.size, options.rounds);
    println!("\n## one: a file of {size} bytes, medians of {rounds} rounds\n");
    println!("| how | durable | GB/s | CPU s/GB, sender | CPU s/GB, receiver | MiB |");
    println!("|---|---|---|---|---|---|");
    let name = "one.dat";
    let path = ground.path().join(name);
    data::make_file(&path, 1, size);
    let gigabytes = size as f64 / 1e9;
    for (way, costs) in measured(options, ground, name) {
        println!(
            "| {} | {} | {:.3} | {:.2} | {:.2} | {} |",
            way.name(),
            yes_or_no(way.is_durable()),
            gigabytes / median(&costs, |cost| cost.seconds),
            median(&costs, |cost| cost.sender_cpu_seconds) / gigabytes,
            median(&costs, |cost| cost.receiver_cpu_seconds) / gigabytes,
            mebibytes(&costs),
        );
    }
    fs::remove_file(path).expect("ours");
}

fn many(options: &Options, ground: &Ground) {
    let (files, rounds) = (options.files, options.rounds);
    let bytes = data::SMALL_BYTES;
    println!("\n## many: {files} files of {bytes} bytes, medians of {rounds} rounds\n");
    println!("| how | durable | files/s | CPU µs/file, sender | CPU µs/file, receiver | MiB |");
    println!("|---|---|---|---|---|---|");
    let name = "many";
    data::make_files(&ground.path().join(name), files);
    let files = files as f64;
    for (way, costs) in measured(options, ground, name) {
        println!(
            "| {} | {} | {:.0} | {:.0} | {:.0} | {} |",
            way.name(),
            yes_or_no(way.is_durable()),
            files / median(&costs, |cost| cost.seconds),
            median(&costs, |cost| cost.sender_cpu_seconds) / files * 1e6,
            median(&costs, |cost| cost.receiver_cpu_seconds) / files * 1e6,
            mebibytes(&costs),
        );
    }
}

/// In turns, so that what else happens on the machine meets all.
pub(crate) fn measured(options: &Options, ground: &Ground, name: &str) -> Vec<(Way, Vec<Cost>)> {
    let ways = Way::all(&ground.servers);
    let mut costs: Vec<_> = ways.into_iter().map(|way| (way, Vec::new())).collect();
    for _ in 0..options.rounds {
        for (way, costs) in &mut costs {
            costs.push(ground.carry(*way, name));
        }
    }
    costs
}

fn yes_or_no(is_so: bool) -> &'static str {
    if is_so { "yes" } else { "no" }
}

/// The most memory of any round, sender and receiver.
fn mebibytes(costs: &[Cost]) -> String {
    let most = |side: usize| {
        let sides = costs.iter().filter_map(|cost| cost.resident_bytes_max);
        sides.map(|sides| sides[side]).max()
    };
    match (most(0), most(1)) {
        (Some(sender), Some(receiver)) => format!("{}, {}", sender >> 20, receiver >> 20),
        _ => "not looked at".to_owned(),
    }
}
