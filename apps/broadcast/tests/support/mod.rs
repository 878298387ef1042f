//! What the tests share: the built program under a deadline, and sockets beside it. All of it stays on loopback.
#![allow(dead_code, reason = "each test file uses a part of this")]

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::Value;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_bw-cast");

/// How long anything may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The interface of loopback, on every system.
pub(crate) const LOOPBACK: [&str; 2] = ["--interface", "127.0.0.1"];

/// What everybody on loopback hears.
pub(crate) const EVERYBODY: Ipv4Addr = Ipv4Addr::new(127, 255, 255, 255);

/// The program with these words and nothing to read.
pub(crate) fn cast(words: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(words).stdin(Stdio::null());
    command
}

/// `bw-cast listen` on loopback, on a port of the system's choice, once it listens; and that port.
#[track_caller]
pub(crate) fn listen(words: &[&str]) -> (Program, u16) {
    listen_on(0, words)
}

/// The same on a certain port.
#[track_caller]
pub(crate) fn listen_on(port: u16, words: &[&str]) -> (Program, u16) {
    let port = port.to_string();
    let words = [&["listen", "--port", &port], &LOOPBACK[..], words].concat();
    let program = Program::start(cast(&words));
    let port = program.address().port();
    (program, port)
}

/// A socket on loopback that gives up receiving at some time.
pub(crate) fn socket() -> UdpSocket {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    socket.set_read_timeout(Some(PATIENCE)).expect("a socket");
    socket
}

/// A socket that hears what is for everybody on loopback, and its port.
pub(crate) fn socket_of_everybody() -> (UdpSocket, u16) {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("a free port");
    socket.set_read_timeout(Some(PATIENCE)).expect("a socket");
    let port = socket.local_addr().expect("bound").port();
    (socket, port)
}

/// The next datagram, and who sent it.
#[track_caller]
pub(crate) fn receive(socket: &UdpSocket) -> (Vec<u8>, SocketAddr) {
    let mut buf = vec![0; 65_536];
    let (length, source) = socket.recv_from(&mut buf).expect("a datagram in time");
    buf.truncate(length);
    (buf, source)
}

/// Runs it to its end.
#[track_caller]
pub(crate) fn run(words: &[&str]) -> Ended {
    Program::start(cast(words)).wait()
}

/// Asks until there is an answer or the time is over.
pub(crate) fn eventually<T>(mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = ask() {
            return Some(found);
        }
        if Instant::now() > deadline {
            return None;
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// A running program, killed when dropped; what it says is gathered.
pub(crate) struct Program {
    child: Child,
    output: Heard,
    errors: Heard,
}

/// What a program that has ended has left.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) output: Vec<u8>,
    pub(crate) errors: String,
}

impl Program {
    #[track_caller]
    pub(crate) fn start(mut command: Command) -> Self {
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = child.expect("the program starts");
        Self {
            output: Heard::of(child.stdout.take().expect("piped")),
            errors: Heard::of(child.stderr.take().expect("piped")),
            child,
        }
    }

    /// The same with a pipe to type into.
    #[track_caller]
    pub(crate) fn start_typing(mut command: Command) -> (Self, ChildStdin) {
        command.stdin(Stdio::piped());
        let mut program = Self::start(command);
        let stdin = program.child.stdin.take().expect("piped");
        (program, stdin)
    }

    /// Where it listens, as it says.
    #[track_caller]
    pub(crate) fn address(&self) -> SocketAddr {
        let line = self.errors.wait_for("listening on ");
        line.parse().expect("an address")
    }

    /// The same without anybody who reads its standard output.
    #[track_caller]
    pub(crate) fn start_unread(mut command: Command) -> Self {
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = child.expect("the program starts");
        drop(child.stdout.take());
        Self {
            output: Heard::of(std::io::empty()),
            errors: Heard::of(child.stderr.take().expect("piped")),
            child,
        }
    }

    /// Waits until standard output has so many lines.
    #[track_caller]
    pub(crate) fn wait_for_lines(&self, count: usize) {
        let enough = |bytes: &[u8]| (whole_lines(bytes).count() >= count).then_some(());
        let found = self.output.wait(enough);
        found.unwrap_or_else(|said| panic!("no {count} lines in {PATIENCE:?}: {said}"));
    }

    /// Ctrl-C.
    #[cfg(unix)]
    pub(crate) fn interrupt(&self) {
        self.signal(rustix::process::Signal::INT);
    }

    /// Waits for a line on standard error that begins so; what stands behind.
    #[track_caller]
    pub(crate) fn wait_for_error(&self, start: &str) -> String {
        self.errors.wait_for(start)
    }

    /// Waits for a line on standard output that begins so; what stands behind.
    #[track_caller]
    pub(crate) fn wait_for_output(&self, start: &str) -> String {
        self.output.wait_for(start)
    }

    /// Waits for a JSON event of that name.
    #[track_caller]
    pub(crate) fn wait_for_event(&self, name: &str) -> Value {
        let found = self.output.wait(|bytes| {
            let mut events = whole_lines(bytes).filter_map(|line| serde_json::from_str(line).ok());
            events.find(|event: &Value| event["event"] == name)
        });
        found.unwrap_or_else(|said| panic!("no {name} in {PATIENCE:?}: {said}"))
    }

    /// Standard output so far.
    pub(crate) fn output(&self) -> Vec<u8> {
        self.output.bytes()
    }

    /// Standard error so far.
    pub(crate) fn errors(&self) -> String {
        String::from_utf8_lossy(&self.errors.bytes()).into_owned()
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child of ours").is_none()
    }

    /// Ends it at once, as `kill -9` does; `false` if it had ended by itself.
    pub(crate) fn kill(mut self) -> bool {
        let was_running = self.is_running();
        self.child.kill().expect("ours");
        self.child.wait().expect("a child of ours");
        was_running
    }

    /// Waits for the end, within a deadline.
    #[track_caller]
    pub(crate) fn wait(mut self) -> Ended {
        let status = eventually(|| self.child.try_wait().expect("a child of ours"));
        let status = status.unwrap_or_else(|| {
            let said = self.errors();
            panic!("still running after {PATIENCE:?}: {said}")
        });
        Ended {
            status,
            output: self.output.all(),
            errors: String::from_utf8(self.errors.all()).expect("UTF-8"),
        }
    }
}

#[cfg(unix)]
impl Program {
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        use rustix::process::{Pid, kill_process};

        let id = i32::try_from(self.id()).expect("a process id");
        kill_process(Pid::from_raw(id).expect("not zero"), signal).expect("the program is there");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// Its exit code.
    #[track_caller]
    pub(crate) fn code(&self) -> i32 {
        let code = self.status.code();
        code.unwrap_or_else(|| panic!("{}: {}", self.status, self.errors))
    }

    /// Says so if it ended with another code. No control byte reached the terminal.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code(),
            code,
            "said {:?} and {}",
            self.text(),
            self.errors
        );
        let raw = |c: char| c.is_control() && c != '\n';
        assert!(!self.errors.contains(raw), "raw bytes: {:?}", self.errors);
        self
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.output).into_owned()
    }

    /// The last line on standard error.
    pub(crate) fn last_error(&self) -> &str {
        self.errors.lines().next_back().unwrap_or_default()
    }

    /// The lines of standard output, as JSON.
    #[track_caller]
    pub(crate) fn events(&self) -> Vec<Value> {
        let parse = |line: &str| -> Value {
            serde_json::from_str(line).unwrap_or_else(|error| panic!("no JSON: {error}: {line:?}"))
        };
        self.text().lines().map(parse).collect()
    }

    /// What stands behind the front of each line: time, sender, interface.
    #[track_caller]
    pub(crate) fn said(&self) -> Vec<String> {
        let text = self.text();
        assert!(text.is_empty() || text.ends_with('\n'), "{text:?}");
        let said = |line: &str| {
            let mut columns = line.splitn(4, ' ');
            let time = columns.next().expect("a time");
            assert!(time.len() == 27 && time.ends_with('Z'), "{line}");
            let source = columns.next().expect("a sender");
            assert!(source.parse::<SocketAddr>().is_ok(), "{line}");
            assert!(columns.next().is_some(), "{line}");
            columns.next().expect("a length").to_owned()
        };
        text.lines().map(said).collect()
    }
}

/// What a pipe has given so far, and whether it has ended.
struct Heard {
    shared: Arc<(Mutex<Said>, Condvar)>,
    reader: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Said {
    bytes: Vec<u8>,
    ended: bool,
}

impl Heard {
    fn of(mut pipe: impl Read + Send + 'static) -> Self {
        let shared = Arc::new((Mutex::new(Said::default()), Condvar::new()));
        let theirs = Arc::clone(&shared);
        let reader = thread::spawn(move || {
            let mut chunk = vec![0; 64 << 10];
            loop {
                let read = pipe.read(&mut chunk).unwrap_or(0);
                let mut said = theirs.0.lock().expect("no panic there");
                said.bytes.extend_from_slice(&chunk[..read]);
                said.ended = read == 0;
                theirs.1.notify_all();
                if read == 0 {
                    return;
                }
            }
        });
        Self {
            shared,
            reader: Some(reader),
        }
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        self.shared.0.lock().expect("no panic there")
    }

    fn bytes(&self) -> Vec<u8> {
        self.said().bytes.clone()
    }

    /// All of it. A grandchild that holds the pipe would keep this waiting; there is none.
    fn all(&mut self) -> Vec<u8> {
        if let Some(reader) = self.reader.take() {
            reader.join().expect("no panic there");
        }
        std::mem::take(&mut self.said().bytes)
    }

    /// Waits until `find` finds something; what was said if it never does.
    fn wait<T>(&self, mut find: impl FnMut(&[u8]) -> Option<T>) -> Result<T, String> {
        let deadline = Instant::now() + PATIENCE;
        let mut said = self.said();
        loop {
            if let Some(found) = find(&said.bytes) {
                return Ok(found);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if said.ended || left.is_zero() {
                return Err(String::from_utf8_lossy(&said.bytes).into_owned());
            }
            let waited = self.shared.1.wait_timeout(said, left);
            said = waited.expect("no panic there").0;
        }
    }

    #[track_caller]
    fn wait_for(&self, start: &str) -> String {
        let found = self.wait(|bytes| {
            let mut lines = whole_lines(bytes);
            lines.find_map(|line| line.strip_prefix(start).map(str::to_owned))
        });
        found.unwrap_or_else(|said| panic!("no line {start:?} in {PATIENCE:?}: {said}"))
    }
}

fn whole_lines(bytes: &[u8]) -> impl Iterator<Item = &str> {
    let lines = bytes.split_inclusive(|&byte| byte == b'\n');
    let whole = lines.filter_map(|line| line.strip_suffix(b"\n"));
    whole.filter_map(|line| str::from_utf8(line).ok())
}

/// Whether this machine has that program; a line if not.
pub(crate) fn has(program: &str, flag: &str) -> bool {
    let ran = Command::new(program)
        .arg(flag)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let has = ran.is_ok_and(|status| status.success());
    if !has {
        println!("skipped: no {program} here");
    }
    has
}
