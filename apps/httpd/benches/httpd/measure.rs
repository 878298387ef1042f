//! Loads and what they cost.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use barewire_command::descriptors::raise_limit;
use barewire_proving::process;
use rustix::process::{Resource, getrlimit};

use crate::servers::{SMALL, SMALL_BYTES, Server};

/// An answer, its head with the empty line at the end.
pub(crate) struct Answer {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        let code = self.head.get(9..12).and_then(|code| code.parse().ok());
        code.unwrap_or_else(|| panic!("no status in {:?}", self.head))
    }

    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// Asks once, on a connection of its own.
pub(crate) fn ask(address: SocketAddr, path: &str, fields: &str) -> Answer {
    let mut stream = connect(address);
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{fields}\r\n");
    stream.write_all(request.as_bytes()).expect("sent");
    read_answer(&mut stream)
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the server listens");
    let patience = Some(Duration::from_secs(20));
    stream.set_read_timeout(patience).expect("not zero");
    stream
}

fn read_answer(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let end = bytes.windows(4).position(|end| end == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8_lossy(&bytes[..end + 4]).into_owned();
            let mut answer = Answer {
                head,
                body: bytes.split_off(end + 4),
            };
            let length = answer.field("content-length").unwrap_or("0").parse();
            let length: usize = length.expect("a number");
            let have = answer.body.len();
            if answer.status() != 304 && have < length {
                answer.body.resize(length, 0);
                stream
                    .read_exact(&mut answer.body[have..])
                    .expect("all of it");
            }
            return answer;
        }
        let count = stream.read(&mut chunk).expect("an answer");
        assert_ne!(count, 0, "closed without an answer");
        bytes.extend_from_slice(&chunk[..count]);
    }
}

/// What one run of wrk brought.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Run {
    pub(crate) requests: f64,
    pub(crate) bytes: f64,
    pub(crate) seconds: f64,
    pub(crate) cpu_seconds: f64,
}

/// How wrk is used.
#[derive(Clone)]
pub(crate) struct Load<'a> {
    pub(crate) connections: usize,
    pub(crate) path: &'a str,
    pub(crate) fields: Vec<String>,
    pub(crate) script: Option<&'a Path>,
}

impl Load<'_> {
    fn command(&self, server: &Server, seconds: u32) -> Command {
        let mut command = Command::new("taskset");
        command.args(["-c", "1", "wrk", "-t1"]);
        command.arg(format!("-c{}", self.connections));
        command.arg(format!("-d{seconds}s"));
        for field in &self.fields {
            command.args(["-H", field]);
        }
        if let Some(script) = self.script {
            command.arg("-s").arg(script);
        }
        command.arg(format!("http://{}{}", server.address, self.path));
        command
    }

    /// As it would be typed.
    pub(crate) fn shown(&self) -> String {
        let mut text = format!("taskset -c 1 wrk -t1 -c{}", self.connections);
        for field in &self.fields {
            text.push_str(&format!(" -H '{field}'"));
        }
        if self.script.is_some() {
            text.push_str(" -s pipeline.lua");
        }
        format!("{text} http://127.0.0.1:PORT{}", self.path)
    }

    pub(crate) fn run(&self, server: &Server, seconds: u32) -> Run {
        let before = process::cpu_seconds(server.id());
        let output = self.command(server, seconds).output().expect("wrk");
        let after = process::cpu_seconds(server.id());
        let said = String::from_utf8_lossy(&output.stdout);
        let name = server.kind.name();
        assert!(output.status.success(), "{name}: {said}");
        assert!(!said.contains("Non-2xx"), "{name}: {said}");
        // `  12345 requests in 1.00s, 12.34MB read`
        let line = said.lines().find(|line| line.contains(" requests in "));
        let words: Vec<&str> = line.unwrap_or_default().split_whitespace().collect();
        let [requests, "requests", "in", time, bytes, "read"] = words[..] else {
            panic!("{name}: {said}");
        };
        Run {
            requests: requests.parse().expect("a number"),
            bytes: parse_size(bytes),
            seconds: parse_time(time),
            cpu_seconds: after - before,
        }
    }
}

/// `12.34MB`, in units of 1024.
fn parse_size(text: &str) -> f64 {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "B" => 1.0,
        "KB" => 1024.0,
        "MB" => 1024.0 * 1024.0,
        "GB" => 1024.0 * 1024.0 * 1024.0,
        "TB" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        other => panic!("unknown unit {other}"),
    };
    digits.parse::<f64>().expect("a number") * unit
}

/// `1.00s,` or `1.50m,`.
fn parse_time(text: &str) -> f64 {
    let text = text.trim_end_matches(',');
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        other => panic!("unknown unit {other}"),
    };
    digits.parse::<f64>().expect("a number") * unit
}

/// Resident bytes of a keep-alive connection that has been answered once and waits.
pub(crate) fn idle_bytes(server: &Server, count: usize) -> f64 {
    let request = format!("GET {SMALL} HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
    let open = || {
        let mut stream = connect(server.address);
        stream.write_all(request.as_bytes()).expect("sent");
        let answer = read_answer(&mut stream);
        assert_eq!(answer.body.len(), SMALL_BYTES, "{}", server.kind.name());
        stream
    };
    // What the first connections bring about for good does not belong to each.
    let first: Vec<TcpStream> = (0..16).map(|_| open()).collect();
    drop(first);
    let before = process::resident_bytes(server.id());
    let connections: Vec<TcpStream> = (0..count).map(|_| open()).collect();
    let after = process::resident_bytes(server.id());
    assert!(
        process::descriptors(server.id()) >= count,
        "{} has closed some",
        server.kind.name()
    );
    drop(connections);
    (after as f64 - before as f64) / count as f64
}

/// As many descriptors as may be had; how many that is.
pub(crate) fn raise_descriptor_limit() -> usize {
    let _ = raise_limit();
    let limit = getrlimit(Resource::Nofile).current;
    limit.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX)
    })
}
