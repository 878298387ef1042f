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
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [bare::FLAG, answer] => bare::serve(answer.as_ref()),
        // `cargo test --benches` wants to know whether it runs, not how fast; it is `cargo bench`
        // that says `--bench`.
        ref words if words.contains(&"--test") || !words.contains(&"--bench") => {
            println!("to measure: cargo bench -p bw-httpd");
        }
        _ => cases::run(&cases::Options::parse(&words)),
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("this benchmark reads /proc, which is Linux's");
}
