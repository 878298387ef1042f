//! The program against nginx, static-web-server and a loop that does not even parse:
//! `cargo bench -p bw-httpd`.
//!
//! All sides serve the same files in one run and take turns, round by round; the median of the
//! rounds counts. What counts is the processor time a server uses for a request (from
//! `/proc/PID/stat`), since requests a second say as much about the client. The server is pinned
//! to one processor and wrk to another. Each server's answer is compared with the file first.
//!
//! `cargo bench -p bw-httpd -- [--rounds N] [--seconds N] [--idle N] [--only CASE]`, where CASE
//! is one of `small pipelined 304 big close idle`. Servers and tools that are not installed are
//! left out, with a line.

#[cfg(target_os = "linux")]
#[path = "httpd/bare.rs"]
mod bare;
#[cfg(target_os = "linux")]
#[path = "httpd/cases.rs"]
mod cases;
#[cfg(target_os = "linux")]
#[path = "httpd/measure.rs"]
mod measure;
#[cfg(target_os = "linux")]
#[path = "httpd/servers.rs"]
mod servers;

#[cfg(target_os = "linux")]
fn main() {
    use barewire_proving::words::Words;

    let mut words = std::env::args().skip(1);
    if words.next().as_deref() == Some(bare::FLAG) {
        return bare::serve(words.next().expect("an answer").as_ref());
    }
    // There is nothing to check without the tools.
    if let Some(words) = Words::of("bw-httpd") {
        cases::run(&cases::Options::read(words));
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("this benchmark reads /proc, which is Linux's");
}
