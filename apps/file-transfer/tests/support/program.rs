//! The built programs.

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

use barewire_proving::{Ended, Program, objects};
use serde_json::Value;

use super::Two;

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
        true => json_address(&sender),
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
    let mut command = barewire_proving::command(path);
    command.current_dir(dir).env_remove("BAREWIRE_CODE");
    command
}

/// The same with its standard output to be read, or not, by the test.
#[track_caller]
pub(crate) fn start_reading(mut command: Command) -> (Program, ChildStdout) {
    let program = Program::spawn(command.stdout(Stdio::piped()));
    let mut program = program.expect("the program starts");
    let output = program.stdout();
    (program, output)
}

/// Where one that speaks JSON listens, as it says.
#[track_caller]
pub(crate) fn json_address(program: &Program) -> SocketAddr {
    let event = program.wait_for_event("listening");
    let address = event["address"].as_str().expect("text");
    address.parse().expect("an address")
}

/// What was told with `--json`.
pub(crate) trait Told {
    /// Every line of standard output is an object with a name; the last is the result and tells the exit code.
    fn events(&self) -> Vec<Value>;

    /// The same of other lines.
    fn events_of(&self, text: &str) -> Vec<Value>;

    /// The last event of that name.
    fn last_event(&self, name: &str) -> Value;

    /// The one event of that name.
    fn event(&self, name: &str) -> Value;
}

impl Told for Ended {
    #[track_caller]
    fn events(&self) -> Vec<Value> {
        self.events_of(&self.text())
    }

    #[track_caller]
    fn events_of(&self, text: &str) -> Vec<Value> {
        assert!(text.ends_with('\n'), "{text:?}");
        let events = objects(text);
        assert!(
            events.iter().all(|event| event["event"].is_string()),
            "{text}"
        );
        let of_result = |event: &&Value| event["event"] == "result";
        assert_eq!(events.iter().filter(of_result).count(), 1, "{text}");
        let last = events.last().expect("a line");
        assert_eq!(last["code"], self.code(), "{text}");
        events
    }

    #[track_caller]
    fn last_event(&self, name: &str) -> Value {
        let mut events = self.events().into_iter();
        let found = events.rfind(|event| event["event"] == name);
        found.unwrap_or_else(|| panic!("no {name}: {}", self.text()))
    }

    #[track_caller]
    fn event(&self, name: &str) -> Value {
        let mut events = self.events();
        events.retain(|event| event["event"] == name);
        assert_eq!(events.len(), 1, "{name}: {}", self.text());
        events.remove(0)
    }
}

/// Types, where somebody may have gone.
pub(crate) fn type_into(stdin: &mut ChildStdin, text: &str) {
    let _ = stdin.write_all(text.as_bytes());
    let _ = stdin.flush();
}
