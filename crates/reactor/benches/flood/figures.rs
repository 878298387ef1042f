//! What came of it.

use std::time::Duration;

/// All rounds of one configuration.
#[derive(Default)]
pub(crate) struct Figures {
    pub(crate) pings: Vec<Duration>,
    /// How late each timer was.
    pub(crate) late: Vec<Duration>,
    /// Bytes the flood got through, in this time.
    pub(crate) flooded: u64,
    pub(crate) time: Duration,
}

pub(crate) fn print_head(pingers: usize) {
    let (pings, late) = (format!("{pingers} clients ping, µs"), "timers late, µs");
    println!("{:<18}{pings:^44}{late:^44}{:>10}", "", "flood");
    let of_times = format!("{:>11}{:>11}{:>12}{:>10}", "p50", "p99", "max", "count");
    println!("{:<18}{of_times}{of_times}{:>10}", "", "MB/s");
}

impl Figures {
    pub(crate) fn print(&mut self, server: &str, flood: bool) {
        let name = format!("{server}, {}", if flood { "flooded" } else { "calm" });
        print!("{name:<18}");
        for times in [&mut self.pings, &mut self.late] {
            times.sort_unstable();
            let micros = |of_1000: usize| {
                let index = (times.len() * of_1000 / 1000).min(times.len() - 1);
                times[index].as_nanos() as f64 / 1000.0
            };
            print!("{:>11.1}{:>11.1}", micros(500), micros(990));
            print!("{:>12.1}{:>10}", micros(1000), times.len());
        }
        println!(
            "{:>10.0}",
            self.flooded as f64 / self.time.as_secs_f64() / 1e6
        );
    }
}
