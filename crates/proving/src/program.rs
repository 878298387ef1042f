//! A built program, and what it says.

use std::borrow::BorrowMut;
use std::io;
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::eventually;
use heard::{Heard, whole_lines};

mod heard;

/// How long anything may take on a busy machine, unless [`Program::within`] says otherwise.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A running program, killed when dropped; what it says is gathered.
pub struct Program {
    child: Child,
    output: Heard,
    errors: Heard,
    patience: Duration,
}

/// What a program that has ended has left.
#[derive(Debug)]
pub struct Ended {
    /// How it ended.
    pub status: ExitStatus,
    /// All of its standard output.
    pub output: Vec<u8>,
    /// All of its standard error.
    pub errors: String,
}

impl Program {
    /// Starts it; its standard input is what the command says.
    #[track_caller]
    pub fn start(mut command: impl BorrowMut<Command>) -> Self {
        let command = command.borrow_mut().stdout(Stdio::piped());
        let name = command.get_program().display().to_string();
        let program = Self::spawn(command);
        let mut program = program.unwrap_or_else(|error| panic!("{name}: {error}"));
        program.output = Heard::of(program.stdout());
        program
    }

    /// The same with a pipe to type into.
    #[track_caller]
    pub fn start_typing(mut command: impl BorrowMut<Command>) -> (Self, ChildStdin) {
        let mut program = Self::start(command.borrow_mut().stdin(Stdio::piped()));
        let stdin = program.stdin();
        (program, stdin)
    }

    /// Gathers standard error alone: the rest is what the command says.
    ///
    /// # Errors
    ///
    /// Those of the system, which does not start it.
    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        let mut child = command.stderr(Stdio::piped()).spawn()?;
        Ok(Self {
            output: Heard::default(),
            errors: Heard::of(child.stderr.take().expect("piped")),
            child,
            patience: PATIENCE,
        })
    }

    /// With another deadline than [`PATIENCE`] for everything that is waited for.
    #[must_use]
    pub fn within(self, patience: Duration) -> Self {
        let mut program = self;
        program.patience = patience;
        program
    }

    /// Its standard input, if the command has it piped.
    #[track_caller]
    pub fn stdin(&mut self) -> ChildStdin {
        self.child.stdin.take().expect("piped, and taken once")
    }

    /// Its standard output, if the command has it piped and nobody gathers it.
    #[track_caller]
    pub fn stdout(&mut self) -> ChildStdout {
        self.child.stdout.take().expect("piped, and taken once")
    }

    /// Where it listens, as it says.
    #[track_caller]
    pub fn address(&self) -> SocketAddr {
        let line = self.wait_for_error("listening on ");
        line.parse().expect("an address")
    }

    /// Waits for a line on standard error that begins so; what stands behind.
    #[track_caller]
    pub fn wait_for_error(&self, start: &str) -> String {
        self.wait_for(&self.errors, start)
    }

    /// Waits for a line on standard output that begins so; what stands behind.
    #[track_caller]
    pub fn wait_for_output(&self, start: &str) -> String {
        self.wait_for(&self.output, start)
    }

    #[track_caller]
    fn wait_for(&self, heard: &Heard, start: &str) -> String {
        let found = heard.wait(self.patience, |bytes| {
            let mut lines = whole_lines(bytes);
            lines.find_map(|line| line.strip_prefix(start).map(str::to_owned))
        });
        found.unwrap_or_else(|said| panic!("no line {start:?} in {:?}: {said}", self.patience))
    }

    /// Waits until standard error has this somewhere, line or no line.
    #[track_caller]
    pub fn wait_for_words(&self, words: &str) {
        let found = self.errors.wait(self.patience, |bytes| {
            String::from_utf8_lossy(bytes).contains(words).then_some(())
        });
        found.unwrap_or_else(|said| panic!("no {words:?} in {:?}: {said}", self.patience));
    }

    /// Waits until standard output has so many lines.
    #[track_caller]
    pub fn wait_for_lines(&self, count: usize) {
        let found = self.output.wait(self.patience, |bytes| {
            (whole_lines(bytes).count() >= count).then_some(())
        });
        found.unwrap_or_else(|said| panic!("no {count} lines in {:?}: {said}", self.patience));
    }

    /// Waits for a JSON event of that name on standard output.
    #[track_caller]
    pub fn wait_for_event(&self, name: &str) -> Value {
        let found = self.output.wait(self.patience, |bytes| {
            let mut events = whole_lines(bytes).filter_map(|line| serde_json::from_str(line).ok());
            events.find(|event: &Value| event["event"] == name)
        });
        found.unwrap_or_else(|said| panic!("no {name} in {:?}: {said}", self.patience))
    }

    /// The next line on standard error; `None` at its end.
    #[track_caller]
    pub fn next_error(&self) -> Option<String> {
        let line = self.errors.next_line(self.patience);
        line.unwrap_or_else(|| panic!("nothing on standard error in {:?}", self.patience))
    }

    /// The next line on standard error if it is there.
    pub fn try_error(&self) -> Option<String> {
        self.errors.next_line(Duration::ZERO).flatten()
    }

    /// Standard output so far.
    pub fn output(&self) -> Vec<u8> {
        self.output.bytes()
    }

    /// Standard error so far.
    pub fn errors(&self) -> String {
        String::from_utf8_lossy(&self.errors.bytes()).into_owned()
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has not ended.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child of ours").is_none()
    }

    /// Ends it at once, as `kill -9` does; `false` if it had ended by itself.
    pub fn end(&mut self) -> bool {
        let was_running = self.is_running();
        self.child.kill().expect("ours");
        self.child.wait().expect("a child of ours");
        was_running
    }

    /// The same of one that nobody looks at any more.
    pub fn kill(mut self) -> bool {
        self.end()
    }

    /// Waits for the end.
    #[track_caller]
    pub fn wait_for_status(&mut self) -> ExitStatus {
        let status = eventually(self.patience, || {
            self.child.try_wait().expect("a child of ours")
        });
        status.unwrap_or_else(|| {
            let said = self.errors();
            panic!("still running after {:?}: {said}", self.patience)
        })
    }

    /// Waits for the end, and takes all that was said.
    #[track_caller]
    pub fn wait(mut self) -> Ended {
        Ended {
            status: self.wait_for_status(),
            output: self.output.all(),
            errors: String::from_utf8(self.errors.all()).expect("UTF-8"),
        }
    }
}

#[cfg(unix)]
impl Program {
    /// Ctrl-C.
    pub fn interrupt(&self) {
        self.signal(rustix::process::Signal::INT);
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: rustix::process::Signal) {
        use rustix::process::{Pid, kill_process};

        kill_process(Pid::from_child(&self.child), signal).expect("the program is there");
    }
}

#[cfg(target_os = "linux")]
impl Program {
    /// Waits for the end; the processor time of it and its children as well, in seconds.
    #[track_caller]
    pub fn wait_measured(self) -> (Ended, f64) {
        // Its standard output ends with it, and is waited for without looking again and again.
        let ended = self.output.wait_for_end(self.patience);
        assert!(ended, "still running after {:?}", self.patience);
        let cpu_seconds = crate::process::wait_unreaped(self.id());
        (self.wait(), cpu_seconds)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // After its end neither does anything.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// Its exit code.
    #[track_caller]
    pub fn code(&self) -> i32 {
        let code = self.status.code();
        code.unwrap_or_else(|| panic!("{}: {}", self.status, self.errors))
    }

    /// Says so if it ended with another code. No control byte reached the terminal.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
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

    /// Its standard output, as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.output).into_owned()
    }

    /// The last line on standard error.
    pub fn last_error(&self) -> &str {
        self.errors.lines().next_back().unwrap_or_default()
    }

    /// The lines of standard output, as JSON.
    #[track_caller]
    pub fn objects(&self) -> Vec<Value> {
        objects(&self.text())
    }
}

/// The lines of a text, as JSON.
#[track_caller]
pub fn objects(text: &str) -> Vec<Value> {
    let mut objects = Vec::new();
    for line in text.lines() {
        let object = serde_json::from_str(line);
        objects.push(object.unwrap_or_else(|error| panic!("no JSON: {error}: {line:?}")));
    }
    objects
}
