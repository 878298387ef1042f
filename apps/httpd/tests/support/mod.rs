//! What the tests share: the built program under a deadline, and a client that keeps count of
//! every byte.
#![allow(dead_code, reason = "each test file uses a part of this")]
#![allow(unused_imports, reason = "each test file uses a part of this")]

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::ops::{Deref, DerefMut};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

pub(crate) use barewire_proving::eventually;
pub(crate) use barewire_proving::user::NOBODY;

/// How long anything that should happen at once may take on a busy machine.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// The program, as built.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_bw-httpd");

/// A running server, killed when dropped.
pub(crate) struct Program {
    program: barewire_proving::Program,
    addresses: Vec<SocketAddr>,
}

impl Program {
    /// Serves `dir` with `flags`; on a free port of 127.0.0.1 unless they say otherwise.
    pub(crate) fn start(dir: &Path, flags: &[&str]) -> Self {
        let mut command = Command::new(PROGRAM);
        command.arg(dir).args(flags);
        if !flags.contains(&"--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        Self::spawn(command).expect("the program starts")
    }

    /// The same as another user, who may do what the files' permissions say.
    pub(crate) fn start_as(user: u32, dir: &Path, flags: &[&str]) -> io::Result<Self> {
        let mut command = Command::new(PROGRAM);
        command.arg(dir).args(flags);
        command.args(["--listen", "127.0.0.1:0"]).uid(user);
        Self::spawn(command)
    }

    /// Runs a command that becomes the server; waits until it listens everywhere it was told.
    pub(crate) fn spawn(mut command: Command) -> io::Result<Self> {
        let listeners = command
            .get_args()
            .flat_map(|word| {
                let text = word.to_string_lossy().into_owned();
                text.split_whitespace()
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            })
            .filter(|word| word == "--listen")
            .count();
        let program = barewire_proving::Program::spawn(command.stdin(Stdio::null()))?;
        let mut program = Self {
            program: program.within(SOON),
            addresses: Vec::new(),
        };
        while program.addresses.len() < listeners {
            let line = program.next_error().ok_or_else(|| {
                io::Error::other("the program ended before it listened everywhere")
            })?;
            let Some(address) = line.strip_prefix("listening on ") else {
                return Err(io::Error::other(line));
            };
            let address = address.parse().map_err(io::Error::other)?;
            program.addresses.push(address);
        }
        Ok(program)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    pub(crate) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.address())
    }

    /// Asks once, on a connection of its own.
    pub(crate) fn get(&self, path: &str) -> Response {
        self.connect().get(path)
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

/// Runs a program to its end, within a deadline: status, standard output, standard error.
#[track_caller]
pub(crate) fn run<S: AsRef<OsStr>>(program: &str, words: &[S]) -> (ExitStatus, String, String) {
    let mut command = Command::new(program);
    command.args(words);
    run_command(command)
}

#[track_caller]
pub(crate) fn run_command(mut command: Command) -> (ExitStatus, String, String) {
    let program = barewire_proving::Program::start(command.stdin(Stdio::null()));
    let ended = program.within(SOON).wait();
    (ended.status, ended.text(), ended.errors)
}

/// The exit code; a signal is an error of the test.
#[track_caller]
pub(crate) fn code(status: ExitStatus) -> i32 {
    status
        .code()
        .unwrap_or_else(|| panic!("ended by signal {:?}", status.signal()))
}

/// A connection.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    buffer: Vec<u8>,
    ended: bool,
}

/// An answer, its content undone of the chunked coding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect_timeout(&address, SOON).expect("the server listens");
        Self::over(stream)
    }

    pub(crate) fn over(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(SOON)).expect("not zero");
        stream.set_write_timeout(Some(SOON)).expect("not zero");
        stream.set_nodelay(true).expect("TCP");
        Self {
            stream,
            buffer: Vec::new(),
            ended: false,
        }
    }

    /// Sends; a peer that has closed meanwhile will be noticed when reading.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(bytes.as_ref());
    }

    /// No more will be sent.
    pub(crate) fn finish(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    #[track_caller]
    pub(crate) fn get(&mut self, path: &str) -> Response {
        self.ask("GET", path, "")
    }

    /// `fields` are whole lines.
    #[track_caller]
    pub(crate) fn ask(&mut self, method: &str, path: &str, fields: &str) -> Response {
        self.send(format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\n{fields}\r\n"
        ));
        self.response(method).expect("an answer")
    }

    /// The next answer to a request of that method, interim ones too; `None` if the connection
    /// ends, stalls or says something else first.
    pub(crate) fn response(&mut self, method: &str) -> Option<Response> {
        loop {
            if let Some((response, used)) = parse(&self.buffer, method, self.ended) {
                self.buffer.drain(..used);
                return Some(response);
            }
            if self.ended || !self.read_more() {
                return None;
            }
        }
    }

    /// What came and was not part of an answer asked for.
    pub(crate) fn left_over(&self) -> &[u8] {
        &self.buffer
    }

    /// Reads until the server closes; whether it does.
    pub(crate) fn ends(&mut self) -> bool {
        while !self.ended && self.read_more() {}
        self.ended
    }

    /// Whether something came, be it the end.
    pub(crate) fn read_more(&mut self) -> bool {
        let mut chunk = [0; 64 * 1024];
        match self.stream.read(&mut chunk) {
            Ok(0) => self.ended = true,
            Ok(count) => self.buffer.extend_from_slice(&chunk[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if is_timeout(&error) => return false,
            // A reset is an end too.
            Err(_) => self.ended = true,
        }
        true
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

impl Response {
    /// All lines of a field, with commas between; `None` without any.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let lines: Vec<&str> = self
            .fields
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
            .collect();
        (!lines.is_empty()).then(|| lines.join(", "))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// The answer at the front of `buffer` and its length; `None` while it is not complete. At the
/// end of the stream a short one is given as it is.
fn parse(buffer: &[u8], method: &str, ended: bool) -> Option<(Response, usize)> {
    let end = find(buffer, b"\r\n\r\n")?;
    let head: String = buffer[..end].iter().map(|&byte| char::from(byte)).collect();
    let mut lines = head.split("\r\n");
    let status = status(lines.next()?);
    let fields: Vec<_> = lines
        .map(|line| {
            let (name, value) = line.split_once(':').unwrap_or_else(|| {
                panic!("no colon in the line {line:?} of an answer");
            });
            assert_eq!(name, name.trim(), "blank around a field name");
            (name.to_owned(), value.trim().to_owned())
        })
        .collect();
    let mut response = Response {
        status,
        fields,
        body: Vec::new(),
    };
    let rest = &buffer[end + 4..];
    let used = if status < 200 || matches!(status, 204 | 304) || method == "HEAD" {
        0
    } else if response
        .field("transfer-encoding")
        .is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"))
    {
        let (body, used) = unchunk(rest)?;
        response.body = body;
        used
    } else {
        let length = match response.field("content-length") {
            Some(length) => length.parse().expect("Content-Length is a number"),
            None if ended => rest.len(),
            None => return None,
        };
        if rest.len() < length && !ended {
            return None;
        }
        let length = length.min(rest.len());
        response.body = rest[..length].to_vec();
        length
    };
    Some((response, end + 4 + used))
}

fn status(line: &str) -> u16 {
    let code = line
        .strip_prefix("HTTP/1.1 ")
        .or_else(|| line.strip_prefix("HTTP/1.0 "))
        .and_then(|rest| rest.get(..3))
        .and_then(|digits| digits.parse().ok());
    code.unwrap_or_else(|| panic!("not a status line: {line:?}"))
}

fn unchunk(mut rest: &[u8]) -> Option<(Vec<u8>, usize)> {
    let whole = rest.len();
    let mut body = Vec::new();
    loop {
        let line = find(rest, b"\r\n")?;
        let size = std::str::from_utf8(&rest[..line]).ok()?;
        let size = size.split(';').next().unwrap_or_default();
        let size = usize::from_str_radix(size, 16).expect("a chunk size");
        let chunk = rest.get(line + 2..line + 2 + size + 2)?;
        body.extend_from_slice(&chunk[..size]);
        rest = &rest[line + 2 + size + 2..];
        if size == 0 {
            return Some((body, whole - rest.len()));
        }
    }
}

pub(crate) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

/// Writes `content` into `dir/name`.
pub(crate) fn put(dir: &Path, name: &str, content: impl AsRef<[u8]>) {
    let path = dir.join(name);
    let parent = path.parent().expect("a name below a directory");
    std::fs::create_dir_all(parent).expect("a directory of ours");
    std::fs::write(path, content).expect("a file of ours");
}

/// A sparse file of `size` bytes.
pub(crate) fn put_sparse(dir: &Path, name: &str, size: u64) {
    let file = std::fs::File::create(dir.join(name)).expect("a file of ours");
    file.set_len(size).expect("a sparse file");
}

pub(crate) fn temp_dir() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
