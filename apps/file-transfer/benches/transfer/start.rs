//! How long it takes before there is anything to be seen.

use std::io::Read;
use std::process::Stdio;
use std::time::Instant;

use barewire_proving::figures::median;

use crate::cases::{Ground, measured};
use crate::data;
use crate::options::Options;
use crate::pair::{Sender, Sync, receiver};
use crate::process::Running;

pub(crate) fn start(options: &Options, ground: &Ground) {
    let rounds = options.rounds;
    println!("\n## start: a file of one byte from start to end, medians of {rounds} rounds\n");
    println!("| how | ms |");
    println!("|---|---|");
    let name = "byte.dat";
    data::make_file(&ground.path().join(name), 4, 1);
    for (way, costs) in measured(options, ground, name) {
        let seconds = median(&costs, |cost| cost.seconds);
        println!("| {} | {:.1} |", way.name(), seconds * 1e3);
    }
    let firsts: Vec<_> = (0..rounds).map(|_| first_byte(ground, name)).collect();
    println!(
        "| from the start of bw-recv -o - to the first byte | {:.1} |",
        median(&firsts, |&first| first) * 1e3
    );
}

fn first_byte(ground: &Ground, name: &str) -> f64 {
    let sender = Sender::start(ground.path().join(name), Stdio::null());
    let mut command = receiver(&sender, "-", Sync::None);
    command.arg("--quiet").stdout(Stdio::piped());
    let started = Instant::now();
    let mut receiver = Running::start(&mut command);
    let mut output = receiver.child.stdout.take().expect("piped");
    output.read_exact(&mut [0]).expect("a byte");
    let seconds = started.elapsed().as_secs_f64();
    receiver.wait();
    sender.wait();
    seconds
}
