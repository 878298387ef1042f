//! llhttp, the parser inside Node, by a script that Node runs as long as this thread lives.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::LazyLock;
use std::thread;

use serde_json::Value;

use crate::input::{Asked, Input, Kind};
use crate::reading::{Ending, Field, Message, Reading, Start, field};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/peers/llhttp.js");

/// Whether there is a Node to run it, with the llhttp that the rules are about. Says so once where there is none.
pub(super) static IS_PRESENT: LazyLock<bool> = LazyLock::new(|| {
    let why = match Node::start() {
        Ok(node) if node.version.starts_with(VERSION) => return true,
        Ok(node) => format!(
            "this Node has {}, and the rules are about {VERSION}x",
            node.version
        ),
        Err(why) => why,
    };
    println!("llhttp is left out: {why}");
    false
});

/// That of Node 20.20. Those before and behind it are laxer and stricter elsewhere.
const VERSION: &str = "9.3.";

thread_local! {
    static NODE: RefCell<Option<Node>> = const { RefCell::new(None) };
}

pub(super) fn read_all(inputs: &[Input]) -> Vec<Reading> {
    NODE.with_borrow_mut(|node| {
        let node = node.get_or_insert_with(|| Node::start().expect("it started before"));
        node.read_all(inputs)
    })
}

struct Node {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    version: String,
}

impl Node {
    fn start() -> Result<Self, String> {
        let mut child = Command::new("node")
            .args(["--no-deprecation", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot run node: {error}"))?;
        let stdin = child.stdin.take();
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let mut version = String::new();
        let told = stdout.read_line(&mut version);
        if told.is_err() || version.is_empty() {
            let _ = child.wait();
            return Err("node has no llhttp to show".into());
        }
        version.truncate(version.trim_end().len());
        Ok(Self {
            child,
            stdin,
            stdout,
            version,
        })
    }

    /// Asks from another thread: node stops reading where nobody takes its answers.
    fn read_all(&mut self, inputs: &[Input]) -> Vec<Reading> {
        let stdin = self.stdin.as_mut().expect("open until it is dropped");
        let stdout = &mut self.stdout;
        thread::scope(|scope| {
            scope.spawn(|| {
                for input in inputs {
                    let len = u32::try_from(input.bytes.len()).expect("inputs are short");
                    let frame = [&len.to_le_bytes(), &[kind(input)][..], &input.bytes].concat();
                    stdin
                        .write_all(&frame)
                        .expect("node reads what it is asked");
                }
            });
            inputs.iter().map(|_| answer(stdout)).collect()
        })
    }
}

/// As llhttp.js has it.
fn kind(input: &Input) -> u8 {
    let Kind::Responses { asked, closes, .. } = input.kind else {
        return 0;
    };
    let asked = match asked {
        Asked::Get | Asked::Upgrade => 0,
        Asked::Head => 2,
        Asked::Connect => 4,
    };
    1 | asked | if closes { 8 } else { 0 }
}

fn answer(stdout: &mut impl BufRead) -> Reading {
    let mut line = String::new();
    let len = stdout.read_line(&mut line).expect("node can be read from");
    assert!(len > 0, "node ended; it may have said why");
    let told: Value = serde_json::from_str(&line).expect("node answers in JSON");
    let messages = told["messages"].as_array().expect("a list");
    Reading {
        messages: messages.iter().map(message).collect(),
        ending: match told["refused"].as_str() {
            Some(reason) => Ending::refused(reason, number(&told["offset"])),
            None if told["stopped"] == true => Ending::Stopped,
            None => Ending::Waiting,
        },
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.stdin = None; // on which it ends
        let _ = self.child.wait();
    }
}

fn message(told: &Value) -> Message {
    let interim = told["status"]
        .as_u64()
        .is_some_and(|status| matches!(status, 100 | 102..=199));
    Message {
        start: match told["method"].as_str() {
            Some(method) => Start::Request {
                method: method.into(),
                target: bytes(&told["target"]),
            },
            None => Start::Response {
                status: number(&told["status"]).expect("a number") as u16,
                reason: Some(bytes(&told["reason"])),
            },
        },
        minor: number(&told["minor"]).map(|minor| minor as u8),
        fields: pairs(&told["fields"]),
        head_end: number(&told["head_end"]).expect("a number"),
        keep_alive: told["keep_alive"].as_bool().filter(|_| !interim),
        switches: told["upgrade"].as_bool(),
        body: bytes(&told["body"]),
        trailers: pairs(&told["trailers"]),
        end: number(&told["end"]),
    }
}

/// Names and values in turn.
fn pairs(told: &Value) -> Vec<Field> {
    let words = told.as_array().expect("a list");
    let pairs = words.chunks_exact(2);
    pairs
        .map(|pair| field(&bytes(&pair[0]), &bytes(&pair[1])))
        .collect()
}

fn bytes(told: &Value) -> Vec<u8> {
    let text = told.as_str().expect("a string");
    text.chars().map(|byte| byte as u8).collect()
}

fn number(told: &Value) -> Option<usize> {
    told.as_u64()
        .and_then(|number| usize::try_from(number).ok())
}
