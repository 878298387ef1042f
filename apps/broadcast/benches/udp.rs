//! Datagrams on loopback: `cargo bench -p bw-cast`.
//!
//! - `flood`: as fast as each can, by bw-cast with and without segmentation offload, by iperf3 and by socat.
//! - `paced`: at a rate that is kept to, by bw-cast with and without segmentation offload and by iperf3. What counts is
//!   that it is kept, and what is lost all the same.
//!
//! All have datagrams of the same size and, as far as the system grants it, the same room for what waits to be received.
//! Both programs of a way share the processors, as they come. Processor time is both programs', from `/proc/PID/stat`;
//! most of what the system does to bring a datagram to its receiver counts as the sender's. All run once a round, in turn;
//! what is shown is the median.
//!
//! Every run has to add up: what was received and what was lost is what was sent, both ends agree, the bytes are those of
//! so many datagrams, and where datagrams are not joined the system's count of those it had no room for is what was
//! lost. Of socat, which counts nothing, the system tells what it has read and written.
//!
//! `cargo bench -p bw-cast -- [--size BYTES] [--seconds N] [--rounds N] [--rate BYTES] [--only CASE]`. Programs that are
//! not installed are left out, with a line. Without `--bench` small runs check that what is measured is right.

#[cfg(target_os = "linux")]
#[path = "udp/cases.rs"]
mod cases;
#[cfg(target_os = "linux")]
#[path = "udp/iperf.rs"]
mod iperf;
#[cfg(target_os = "linux")]
#[path = "udp/options.rs"]
mod options;
#[cfg(target_os = "linux")]
#[path = "udp/ours.rs"]
mod ours;
#[cfg(target_os = "linux")]
#[path = "udp/socat.rs"]
mod socat;

#[cfg(target_os = "linux")]
fn main() {
    use barewire_proving::words::Words;
    use options::Options;

    let options = Words::of("bw-cast").map_or_else(Options::check, Options::read);
    cases::run(&options);
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("this benchmark reads /proc, which is Linux's");
}
