//! What the tests share: the built program under a deadline, its file as records, and clients.
#![allow(dead_code, reason = "each test file uses a part of this")]
#![allow(unused_imports, reason = "each test file uses a part of this")]

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use barewire_command::escape::unescape;
use tempfile::TempDir;

pub(crate) use barewire_proving::eventually;
pub(crate) use barewire_proving::net::has_v6;
#[cfg(unix)]
pub(crate) use barewire_proving::user::as_ordinary_user;

/// How long anything that should happen at once may take on a busy machine.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// The program, as built.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_bw-log");

pub(crate) fn temp_dir() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

/// The program with that file and those flags; on a free port of 127.0.0.1 unless they say otherwise, without the
/// standard input of the test.
pub(crate) fn command(file: &Path, flags: &[&str]) -> Command {
    let mut command = barewire_proving::command(PROGRAM);
    command.arg("--file").arg(file).args(flags);
    if !flags.contains(&"--listen") {
        command.args(["--listen", "127.0.0.1:0"]);
    }
    command.stdout(Stdio::null());
    command
}

/// A running program, killed when dropped, and its file.
pub(crate) struct Program {
    program: barewire_proving::Program,
    file: PathBuf,
    listening: Vec<String>,
    /// Gone with the program.
    dir: Option<TempDir>,
}

impl Program {
    /// Without standard input, into a file of its own.
    pub(crate) fn start(flags: &[&str]) -> Self {
        let dir = temp_dir();
        let mut program = Self::start_in(dir.path(), flags);
        program.dir = Some(dir);
        program
    }

    /// Without standard input, into `lines.log` of that directory.
    pub(crate) fn start_in(dir: &Path, flags: &[&str]) -> Self {
        let file = dir.join("lines.log");
        let flags = [&["--no-stdin"], flags].concat();
        Self::spawn(command(&file, &flags), &file)
    }

    /// Runs a command that becomes the program; waits until it listens everywhere it was told.
    pub(crate) fn spawn(mut command: Command, file: &Path) -> Self {
        let listeners = command
            .get_args()
            .filter(|word| *word == "--listen")
            .count();
        let program = barewire_proving::Program::spawn(&mut command);
        let mut program = Self {
            program: program.expect("the program starts").within(SOON),
            file: file.to_owned(),
            listening: Vec::new(),
            dir: None,
        };
        while program.listening.len() < listeners {
            let line = program.next_error().expect("it listens first");
            let address = line
                .strip_prefix("listening on ")
                .unwrap_or_else(|| panic!("{line}"));
            program.listening.push(address.to_owned());
        }
        program
    }

    /// Where it listens, as it says.
    pub(crate) fn listening(&self) -> &[String] {
        &self.listening
    }

    /// The first address.
    pub(crate) fn address(&self) -> SocketAddr {
        self.listening[0].parse().expect("an address")
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.address())
    }

    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// What else is on standard error once the program has ended.
    pub(crate) fn other_errors(&self) -> Vec<String> {
        std::iter::from_fn(|| self.next_error()).collect()
    }

    /// The whole lines of the file so far.
    pub(crate) fn text(&self) -> String {
        let mut text = String::from_utf8(fs::read(&self.file).expect("it is there"))
            .expect("UTF-8 comes out of anything");
        text.truncate(text.rfind('\n').map_or(0, |newline| newline + 1));
        text
    }

    /// The records so far.
    #[track_caller]
    pub(crate) fn records(&self) -> Vec<Record> {
        Record::all(&self.text())
    }

    /// Waits until the records are such as `enough` wants.
    #[track_caller]
    pub(crate) fn wait_for(&self, mut enough: impl FnMut(&[Record]) -> bool) -> Vec<Record> {
        let found = eventually(SOON, || {
            Some(self.records()).filter(|records| enough(records))
        });
        found.unwrap_or_else(|| {
            let text = self.text();
            let end = text.len().saturating_sub(2000);
            let from = text.floor_char_boundary(end);
            panic!("not in {SOON:?}; the file ends with\n{}", &text[from..])
        })
    }

    /// Waits for a record of that kind behind so many lines of whatever sort.
    #[track_caller]
    pub(crate) fn wait_for_part(&self, lines: usize, kind: &str) {
        let found = eventually(SOON, || {
            let text = self.text();
            let mut records = text.lines().skip(lines).filter_map(Record::parse);
            records.find(|record| record.kind == kind)
        });
        found.unwrap_or_else(|| panic!("no {kind} in {SOON:?}"));
    }

    /// Waits for a record of that kind.
    #[track_caller]
    pub(crate) fn wait_for_kind(&self, kind: &str) -> Record {
        self.wait_for_kinds(kind, 1).remove(0)
    }

    /// Waits for so many records of that kind.
    #[track_caller]
    pub(crate) fn wait_for_kinds(&self, kind: &str, count: usize) -> Vec<Record> {
        let of_kind = |records: &[Record]| {
            let records = records.iter().filter(|record| record.kind == kind);
            records.cloned().collect::<Vec<_>>()
        };
        of_kind(&self.wait_for(|records| of_kind(records).len() >= count))
    }
}

#[cfg(unix)]
impl Program {
    /// Ends it as an operator does; the whole file.
    #[track_caller]
    pub(crate) fn stop(&mut self) -> Vec<Record> {
        self.signal(rustix::process::Signal::TERM);
        self.stop_begun()
    }

    /// The same for a program that has been told already.
    #[track_caller]
    pub(crate) fn stop_begun(&mut self) -> Vec<Record> {
        assert_eq!(code(self.wait_for_status()), 0);
        let text = fs::read_to_string(&self.file).expect("UTF-8");
        assert!(text.is_empty() || text.ends_with('\n'), "a torn line");
        let records = Record::all(&text);
        let last = records.last().expect("a record");
        assert_eq!(last.said(), "server stop SIGTERM");
        records
    }
}

impl Deref for Program {
    type Target = barewire_proving::Program;

    fn deref(&self) -> &Self::Target {
        &self.program
    }
}

impl DerefMut for Program {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.program
    }
}

/// One line of a plain file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) seq: u64,
    pub(crate) source: String,
    pub(crate) kind: String,
    /// As it is in the file.
    pub(crate) text: String,
}

impl Record {
    /// Every line is a record, numbers are without holes, and each start counts from 1.
    #[track_caller]
    pub(crate) fn all(text: &str) -> Vec<Self> {
        let mut next = 1;
        let mut records = Vec::new();
        for line in text.lines() {
            let record = Self::parse(line).unwrap_or_else(|| panic!("no record: {line:?}"));
            if record.kind == "start" {
                next = 1;
            }
            assert_eq!(record.seq, next, "{line:?}");
            next += match record.kind.as_str() {
                "gap" => record.lost(),
                _ => 1,
            };
            records.push(record);
        }
        records
    }

    /// `None` if the line is no record.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let mut fields = line.splitn(5, ' ');
        let time = fields.next()?;
        if time.len() != 27 || !time.ends_with('Z') {
            return None;
        }
        let record = Self {
            seq: fields.next()?.parse().ok()?,
            source: fields.next()?.to_owned(),
            kind: fields.next()?.to_owned(),
            text: fields.next().unwrap_or_default().to_owned(),
        };
        // What the file says, and nothing else, gives back what was sent.
        unescape(record.text.as_bytes())?;
        Some(record)
    }

    /// All but the time and the number.
    pub(crate) fn said(&self) -> String {
        format!("{} {}", self.source, self.told())
    }

    /// The kind and the text.
    pub(crate) fn told(&self) -> String {
        match self.text.as_str() {
            "" => self.kind.clone(),
            text => format!("{} {text}", self.kind),
        }
    }

    /// Of a gap record, how many it stands for.
    pub(crate) fn lost(&self) -> u64 {
        let count = self.text.split(' ').next().expect("a number");
        count.parse().expect("a number")
    }
}

/// A TCP connection.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect_timeout(&address, SOON).expect("the server listens");
        stream.set_read_timeout(Some(SOON)).expect("not zero");
        stream.set_write_timeout(Some(SOON)).expect("not zero");
        stream.set_nodelay(true).expect("TCP");
        Self { stream }
    }

    /// What its records are called, but for the number.
    pub(crate) fn name(&self) -> String {
        self.stream.local_addr().expect("connected").to_string()
    }

    #[track_caller]
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).expect("sent");
    }

    /// No more will be sent; waits until the server has closed too. What it said.
    #[track_caller]
    pub(crate) fn finish(mut self) -> String {
        self.stream.shutdown(Shutdown::Write).expect("connected");
        self.rest()
    }

    /// What the server says until it closes.
    #[track_caller]
    pub(crate) fn rest(&mut self) -> String {
        let mut said = String::new();
        self.stream
            .read_to_string(&mut said)
            .expect("the server closes");
        said
    }
}

/// A generator of numbers that looks random enough, the same each time.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed * 2 + 1)
    }

    /// From 1 to `max`.
    pub(crate) fn roll(&mut self, max: usize) -> usize {
        // https://en.wikipedia.org/wiki/Xorshift
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % max + 1
    }
}

/// Runs it to its end, within a deadline: status, standard output, standard error.
#[track_caller]
pub(crate) fn run(command: &mut Command) -> (ExitStatus, String, String) {
    let program = barewire_proving::Program::start(command.stdin(Stdio::null()));
    let ended = program.within(SOON).wait();
    let output = String::from_utf8(ended.output).expect("UTF-8");
    (ended.status, output, ended.errors)
}

/// The exit code; a signal is an error of the test.
#[track_caller]
pub(crate) fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| panic!("{status}"))
}
