//! The built programs.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use serde_json::Value;

use super::{PATIENCE, Two, eventually};

pub(crate) const SEND: &str = env!("CARGO_BIN_EXE_bw-send");
pub(crate) const RECV: &str = env!("CARGO_BIN_EXE_bw-recv");

/// A code for tests that have nobody to keep it from.
pub(crate) const CODE: &str = "7-tiger-bamboo";

/// A sender in the directory of sources that waits on a free port of 127.0.0.1, unless the words say otherwise.
pub(crate) fn send(two: &Two, words: &[&str]) -> Command {
    let mut command = program(SEND, &two.from);
    command.args(words);
    if !words.contains(&"--at") && !words.contains(&"--to") {
        command.args(["--at", "127.0.0.1:0"]);
    }
    command
}

/// A receiver in the destination.
pub(crate) fn recv(two: &Two, words: &[&str]) -> Command {
    let mut command = program(RECV, &two.to);
    command.args(words);
    command
}

/// A receiver in the destination that knows the code and the address, and asks nothing.
pub(crate) fn recv_from(two: &Two, address: SocketAddr, words: &[&str]) -> Command {
    let mut command = recv(two, &[CODE, "--yes", "--at"]);
    command.arg(address.to_string()).args(words);
    command
}

/// One transfer from beginning to end: what both have left, the sender's first.
#[track_caller]
pub(crate) fn transfer(two: &Two, send_words: &[&str], recv_words: &[&str]) -> (Ended, Ended) {
    let sender = Program::start(send(two, &[&["--code", CODE], send_words].concat()));
    let address = match send_words.contains(&"--json") {
        true => sender.json_address(),
        false => sender.address(),
    };
    let receiver = Program::start(recv_from(two, address, recv_words));
    let received = receiver.wait();
    (sender.wait(), received)
}

/// The same, where all is to be well.
#[track_caller]
pub(crate) fn transfer_all(two: &Two, send_words: &[&str], recv_words: &[&str]) -> (Ended, Ended) {
    let (sent, received) = transfer(two, send_words, recv_words);
    let received = received.expect(0);
    (sent.expect(0), received)
}

fn program(path: &str, dir: &Path) -> Command {
    let mut command = Command::new(path);
    command.current_dir(dir).env_remove("BAREWIRE_CODE");
    command.stdin(Stdio::null());
    command
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound").port()
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

    /// The same with its standard output to be read, or not, by the test.
    #[track_caller]
    pub(crate) fn start_reading(mut command: Command) -> (Self, ChildStdout) {
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = child.expect("the program starts");
        let output = child.stdout.take().expect("piped");
        let program = Self {
            output: Heard::of(std::io::empty()),
            errors: Heard::of(child.stderr.take().expect("piped")),
            child,
        };
        (program, output)
    }

    /// Where it listens, as it says.
    #[track_caller]
    pub(crate) fn address(&self) -> SocketAddr {
        let line = self.errors.wait_for("listening on ");
        line.parse().expect("an address")
    }

    /// The same of one that speaks JSON.
    #[track_caller]
    pub(crate) fn json_address(&self) -> SocketAddr {
        let event = self.wait_for_event("listening");
        let address = event["address"].as_str().expect("text");
        address.parse().expect("an address")
    }

    /// The code, as it says.
    #[track_caller]
    pub(crate) fn code(&self) -> String {
        self.output.wait_for("code: ")
    }

    /// Waits for a line on standard error that begins so; what stands behind.
    #[track_caller]
    pub(crate) fn wait_for_error(&self, start: &str) -> String {
        self.errors.wait_for(start)
    }

    /// Waits until standard error has this somewhere, line or no line.
    #[track_caller]
    pub(crate) fn wait_for_words(&self, words: &str) {
        self.errors
            .wait(|bytes| String::from_utf8_lossy(bytes).contains(words).then_some(()))
            .unwrap_or_else(|said| panic!("no {words:?} in {PATIENCE:?}: {said}"));
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

#[cfg(target_os = "linux")]
impl Program {
    /// Its largest resident size so far, in bytes.
    pub(crate) fn memory_peak(&self) -> u64 {
        let path = format!("/proc/{}/status", self.id());
        let status = std::fs::read_to_string(path).expect("a process of ours");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.expect("the kernel tells").trim();
        let kilobytes = kilobytes.trim_end_matches(" kB").parse::<u64>();
        kilobytes.expect("a number") * 1024
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

    /// Every line of standard output is an object with a name; the last is the result and tells the exit code.
    #[track_caller]
    pub(crate) fn events(&self) -> Vec<Value> {
        self.events_of(&self.text())
    }

    /// The same of other lines.
    #[track_caller]
    pub(crate) fn events_of(&self, text: &str) -> Vec<Value> {
        assert!(text.ends_with('\n'), "{text:?}");
        let parse = |line: &str| -> Value {
            let event: Value = serde_json::from_str(line)
                .unwrap_or_else(|error| panic!("no JSON: {error}: {line:?}"));
            assert!(event["event"].is_string(), "{line}");
            event
        };
        let events: Vec<Value> = text.lines().map(parse).collect();
        let of_result = |event: &&Value| event["event"] == "result";
        assert_eq!(events.iter().filter(of_result).count(), 1, "{text}");
        let last = events.last().expect("a line");
        assert_eq!(last["code"], self.code(), "{text}");
        events
    }

    /// The last event of that name.
    #[track_caller]
    pub(crate) fn last_event(&self, name: &str) -> Value {
        let mut events = self.events().into_iter();
        let found = events.rfind(|event| event["event"] == name);
        found.unwrap_or_else(|| panic!("no {name}: {}", self.text()))
    }

    /// The one event of that name.
    #[track_caller]
    pub(crate) fn event(&self, name: &str) -> Value {
        let mut events = self.events();
        events.retain(|event| event["event"] == name);
        assert_eq!(events.len(), 1, "{name}: {}", self.text());
        events.remove(0)
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

/// Types, where somebody may have gone.
pub(crate) fn type_into(stdin: &mut ChildStdin, text: &str) {
    let _ = stdin.write_all(text.as_bytes());
    let _ = stdin.flush();
}
