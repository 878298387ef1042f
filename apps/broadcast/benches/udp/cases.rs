//! The cases, and their tables.

use barewire_proving::figures::{median, sorted};
use barewire_proving::machine;
use barewire_proving::words::Others;

use crate::options::Options;
use crate::ours::{self, How};
use crate::{iperf, socat};

/// What a run has brought and cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    /// Datagrams.
    pub(crate) sent: u64,
    pub(crate) sent_seconds: f64,
    pub(crate) received: u64,
    pub(crate) received_seconds: f64,
    pub(crate) sender_cpu_seconds: f64,
    pub(crate) receiver_cpu_seconds: f64,
}

impl Run {
    fn sent_rate(&self) -> f64 {
        self.sent as f64 / self.sent_seconds
    }

    fn received_rate(&self) -> f64 {
        self.received as f64 / self.received_seconds
    }

    fn lost_share(&self) -> f64 {
        self.sent.saturating_sub(self.received) as f64 / self.sent.max(1) as f64
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Ours(How),
    Iperf,
    Socat,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Self::Ours(How::Offload) => "bw-cast bench",
            Self::Ours(How::Plain) => "bw-cast bench --plain",
            Self::Iperf => "iperf3 -u",
            Self::Socat => "socat",
        }
    }

    /// `room` is what the receivers of others get, as much as ours got before.
    fn run(self, options: &Options, rate: Option<u64>, room: &mut u64) -> Run {
        let Options { size, seconds, .. } = *options;
        match self {
            Self::Ours(how) => {
                let (run, granted) = ours::run(how, size, seconds, rate);
                *room = granted;
                run
            }
            Self::Iperf => iperf::run(size, seconds, rate, *room),
            Self::Socat => socat::run(size, seconds, *room),
        }
    }
}

pub(crate) fn run(options: &Options) {
    machine::print(&[("iperf3", "--version"), ("socat", "-V")]);
    let beside = options.others == Others::Beside;
    let mut ways = vec![Way::Ours(How::Offload), Way::Ours(How::Plain)];
    if beside && machine::has("iperf3", "iperf3") {
        ways.push(Way::Iperf);
    }
    if options.only.wants("paced") {
        for &rate in &options.rates {
            let million = rate as f64 / 1e6;
            let title = format!("paced: {million} MB/s");
            table(&title, &ways, options, Some(rate));
        }
    }
    if beside && machine::has("socat", "socat") {
        ways.push(Way::Socat);
    }
    if options.only.wants("flood") {
        table("flood: as fast as it goes", &ways, options, None);
    }
}

fn table(title: &str, ways: &[Way], options: &Options, rate: Option<u64>) {
    let Options {
        size,
        seconds,
        rounds,
        ..
    } = options;
    println!(
        "\n## {title}, datagrams of {size} bytes, {seconds} s, medians of {rounds} rounds and the range of what was received\n"
    );
    println!(
        "| how | sent/s | received/s | MB/s sent | MB/s received | range | lost | CPU s/GB received, sender | receiver |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let mut runs: Vec<_> = ways.iter().map(|&way| (way, Vec::new())).collect();
    let mut room = 0;
    for _ in 0..options.rounds {
        // In turns, so that what else happens on the machine meets all.
        for (way, runs) in &mut runs {
            runs.push(way.run(options, rate, &mut room));
        }
    }
    let megabytes = *size as f64 / 1e6;
    for (way, runs) in runs {
        let gigabytes = |run: &Run| (run.received * size) as f64 / 1e9;
        let rates = sorted(&runs, Run::received_rate);
        println!(
            "| {} | {:.0} | {:.0} | {:.0} | {:.0} | {:.0} to {:.0} | {:.3} % | {:.2} | {:.2} |",
            way.name(),
            median(&runs, Run::sent_rate),
            median(&runs, Run::received_rate),
            median(&runs, Run::sent_rate) * megabytes,
            median(&runs, Run::received_rate) * megabytes,
            rates[0] * megabytes,
            rates[rates.len() - 1] * megabytes,
            median(&runs, Run::lost_share) * 100.0,
            median(&runs, |run| run.sender_cpu_seconds / gigabytes(run)),
            median(&runs, |run| run.receiver_cpu_seconds / gigabytes(run)),
        );
    }
}
