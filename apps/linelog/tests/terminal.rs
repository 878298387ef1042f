//! Standard input and output, a terminal, and the signals that end the program.
#![cfg(unix)]

mod support;

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::process::Signal;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use support::{Client, PROGRAM, Program, Record, SOON, code, command, eventually, temp_dir};
use tempfile::TempDir;

/// The program with standard input and output as they say, in a directory of its own.
fn start(flags: &[&str], stdin: Stdio, stdout: Stdio) -> (Program, TempDir) {
    let dir = temp_dir();
    let file = dir.path().join("lines.log");
    let mut command = command(&file, flags);
    command.stdin(stdin).stdout(stdout);
    (Program::spawn(command, &file), dir)
}

fn local(records: &[Record]) -> Vec<String> {
    let records = records.iter().filter(|record| record.source == "local");
    records.map(Record::told).collect()
}

#[test]
fn a_paste_of_a_megabyte_is_recorded_while_clients_send() {
    const LINES: usize = 10_000;

    let (mut program, _dir) = start(&[], Stdio::piped(), Stdio::null());
    let sent: Vec<_> = (0..LINES)
        .map(|index| format!("{index} {}", "pasted ".repeat(14)))
        .collect();
    let mut stdin = program.stdin();
    let mut client = program.connect();
    thread::scope(|scope| {
        scope.spawn(|| {
            stdin
                .write_all((sent.join("\n") + "\n").as_bytes())
                .expect("a pipe");
            drop(stdin);
        });
        for index in 0..LINES {
            client.send(format!("{index}\n"));
        }
    });
    assert_eq!(client.finish(), "");
    program.wait_for_kinds("disconnect", 2);
    let records = program.stop();
    let local = local(&records);
    assert_eq!(local[0], "connect standard input");
    assert!(
        local[1..=LINES]
            .iter()
            .zip(&sent)
            .all(|(told, sent)| *told == format!("line {sent}"))
    );
    assert!(local[LINES + 1].starts_with("disconnect end of input; lines: 10000, bytes: "));
    let others = records
        .iter()
        .filter(|record| record.source != "local" && record.kind == "line");
    assert_eq!(others.count(), LINES);
}

#[test]
fn a_file_as_standard_input_is_read_to_its_end() {
    let dir = temp_dir();
    let path = dir.path().join("input");
    std::fs::write(&path, "one\ntwo").expect("written");
    let input = File::open(path).expect("opened");
    let (mut program, _dir) = start(&[], input.into(), Stdio::null());
    program.wait_for_kind("disconnect");
    assert_eq!(
        local(&program.stop()),
        [
            "connect standard input",
            "line one",
            "unended two",
            "disconnect end of input; lines: 2, bytes: 7"
        ]
    );
}

#[test]
fn standard_input_may_be_as_quiet_as_it_likes() {
    let (mut program, _dir) = start(&["--idle", "0.1"], Stdio::piped(), Stdio::null());
    let mut stdin = program.stdin();
    let silent = program.connect();
    program.wait_for_kind("disconnect");
    drop(silent);
    stdin.write_all(b"still here\n").expect("a pipe");
    program.wait_for_kind("line");
    program.stop();
}

/// A terminal's two ends: the person's and the program's.
fn pseudoterminal() -> (File, File) {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
    // Programs that hold it too would keep it from being gone.
    #[cfg(target_os = "linux")]
    let flags = flags | OpenptFlags::CLOEXEC;
    let person = openpt(flags).expect("a terminal");
    grantpt(&person).expect("ours");
    unlockpt(&person).expect("ours");
    let name = ptsname(&person, Vec::new()).expect("a name");
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let program = rustix::fs::open(name, flags, Mode::empty()).expect("the other end");
    (person.into(), program.into())
}

/// A terminal: what is typed into it, and what it shows.
struct Terminal {
    keyboard: File,
    screen: Receiver<Vec<u8>>,
}

impl Terminal {
    /// It, and its end for a program.
    fn open() -> (Self, File) {
        let (keyboard, end) = pseudoterminal();
        let mut output = keyboard.try_clone().expect("a duplicate");
        let (sender, screen) = channel();
        thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut chunk) {
                let _ = sender.send(chunk[..count].to_vec());
            }
        });
        (Self { keyboard, screen }, end)
    }

    fn type_in(&mut self, keys: impl AsRef<[u8]>) {
        self.keyboard.write_all(keys.as_ref()).expect("a terminal");
    }

    /// Waits until it has shown that.
    #[track_caller]
    fn shows(&self, text: &str) {
        let mut shown = String::new();
        eventually(SOON, || {
            let chunks = self.screen.try_iter();
            shown.extend(chunks.map(|chunk| String::from_utf8_lossy(&chunk).into_owned()));
            shown.contains(text).then_some(())
        })
        .unwrap_or_else(|| panic!("the screen shows {shown:?}"));
    }
}

#[test]
fn typed_lines_are_recorded_and_ctrl_d_ends_the_terminal_alone() {
    let (mut terminal, end) = Terminal::open();
    let (mut program, _dir) = start(&[], end.into(), Stdio::null());
    let mut client = program.connect();
    client.send("sent\n");
    program.wait_for_kind("line");
    terminal.type_in("typd\x7fed\r");
    program.wait_for_kinds("line", 2);
    terminal.type_in("\x04");
    program.wait_for_kind("disconnect");
    client.send("sent again\n");
    program.wait_for_kinds("line", 3);
    assert!(program.is_running());
    assert_eq!(
        local(&program.stop()),
        [
            "connect standard input",
            "line typed",
            "disconnect end of input; lines: 1, bytes: 6"
        ]
    );
}

#[test]
fn a_paste_into_a_terminal_is_recorded() {
    const LINES: usize = 10_000;

    let (mut terminal, end) = Terminal::open();
    let (mut program, _dir) = start(&[], end.into(), Stdio::null());
    let pasted = |index| format!("{index} {}", "pasted ".repeat(14));
    let mut keys: String = (0..LINES).map(|index| pasted(index) + "\r").collect();
    keys.push('\x04');
    terminal.type_in(keys);
    program.wait_for_kind("disconnect");
    let local = local(&program.stop());
    assert_eq!(local.len(), LINES + 2);
    for (index, told) in local[1..=LINES].iter().enumerate() {
        assert_eq!(*told, format!("line {}", pasted(index)));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_that_is_gone_does_not_end_the_program() {
    let (person, end) = pseudoterminal();
    let (mut program, _dir) = start(&[], end.into(), Stdio::null());
    program.wait_for_kind("connect");
    drop(person);
    program.wait_for_kind("disconnect");
    program.connect().send("sent\n");
    program.wait_for_kind("line");
    assert_eq!(
        local(&program.stop()),
        [
            "connect standard input",
            "disconnect end of input; lines: 0, bytes: 0"
        ]
    );
}

/// The program as the first of a session whose terminal `end` is; `None`, and a line that says so, without setsid(1).
fn in_a_session(file: &Path, flags: &[&str], end: &File) -> Option<Command> {
    let known = Command::new("setsid")
        .args(["--ctty", "true"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if known.is_err() {
        println!("skipped: no setsid that gives a session a terminal");
        return None;
    }
    let mut session = Command::new("setsid");
    session.args(["--ctty", PROGRAM]);
    session.args(command(file, flags).get_args());
    session.stdin(end.try_clone().expect("a duplicate"));
    Some(session)
}

#[cfg(target_os = "linux")]
#[test]
fn a_window_that_is_closed_ends_the_program() {
    let (person, end) = pseudoterminal();
    let dir = temp_dir();
    let file = dir.path().join("lines.log");
    let Some(session) = in_a_session(&file, &[], &end) else {
        return;
    };
    let mut program = Program::spawn(session, &file);
    program.connect().send("sent\n");
    program.wait_for_kind("line");
    // While it is there the signal is about the file.
    program.signal(Signal::HUP);
    program.wait_for_kind("reopen");
    drop((person, end));
    assert_eq!(code(program.wait_for_status()), 0);
    let last = program.records().pop().map(|record| record.told());
    assert_eq!(last.as_deref(), Some("stop SIGHUP, the terminal is gone"));
}

/// Standard input, output and the terminal of the session are one, as in a window.
#[test]
fn ctrl_c_ends_with_everything_written() {
    let (mut terminal, end) = Terminal::open();
    let dir = temp_dir();
    let file = dir.path().join("lines.log");
    let Some(mut session) = in_a_session(&file, &["--echo"], &end) else {
        return;
    };
    session.stdout(end);
    let mut program = Program::spawn(session, &file);
    let mut client = program.connect();
    client.send("sent\nhal");
    program.wait_for_kind("line");
    terminal.type_in("typed\r");
    terminal.shows(" local line typed\r\n");
    terminal.type_in("not finished\x03");
    assert_eq!(code(program.wait_for_status()), 0);
    terminal.shows(" server stop SIGINT\r\n");
    let records = program.records();
    let told: Vec<_> = records.iter().rev().take(4).map(Record::told).collect();
    assert_eq!(
        told,
        [
            "stop SIGINT",
            "disconnect the server stops; lines: 2, bytes: 8",
            "unended hal",
            "disconnect the server stops; lines: 1, bytes: 6",
        ]
    );
    assert_eq!(program.other_errors(), [""; 0]);
}

#[test]
fn every_signal_that_ends_it_ends_it_well() {
    for (signal, name) in [(Signal::INT, "SIGINT"), (Signal::TERM, "SIGTERM")] {
        let mut program = Program::start(&[]);
        let mut client = program.connect();
        client.send("sent\nhal");
        program.wait_for_kind("line");
        program.signal(signal);
        assert_eq!(code(program.wait_for_status()), 0);
        let records = program.records();
        let told: Vec<_> = records[3..].iter().map(Record::told).collect();
        assert_eq!(
            told,
            [
                "unended hal",
                "disconnect the server stops; lines: 2, bytes: 8",
                &format!("stop {name}")
            ]
        );
        // The client is not left in the dark.
        assert_eq!(client.rest(), "");
        assert_eq!(program.other_errors(), [""; 0]);
    }
}

/// While a client goes on sending, the program goes on recording for 2 s; not if it is told again.
#[test]
fn a_second_signal_ends_it_at_once() {
    let took = |repeat: bool| {
        let mut program = Program::start(&[]);
        let address = program.address();
        thread::scope(|scope| {
            scope.spawn(move || {
                let mut stream = Client::connect(address).stream;
                let flood = b"flood\n".repeat(1000);
                while stream.write_all(&flood).is_ok() {}
            });
            program.wait_for_kind("line");
            let begun = Instant::now();
            program.signal(Signal::TERM);
            while repeat && program.is_running() {
                program.signal(Signal::TERM);
                thread::sleep(Duration::from_millis(20));
            }
            program.stop_begun();
            begun.elapsed()
        })
    };
    assert!(
        took(false) >= Duration::from_secs(2),
        "the flood was not one"
    );
    // On a machine that is busy with something else the first try may be slow.
    let quick = (0..3).any(|_| took(true) < Duration::from_secs(1));
    assert!(quick);
}

#[test]
fn what_is_shown_is_what_is_in_the_file() {
    let (mut program, _dir) = start(&["--no-stdin", "--echo"], Stdio::null(), Stdio::piped());
    let mut stdout = program.stdout();
    let mut client = program.connect();
    for index in 0..100 {
        client.send(format!("{index} \x1b[31m größe\n"));
    }
    assert_eq!(client.finish(), "");
    program.stop();
    let mut shown = String::new();
    stdout.read_to_string(&mut shown).expect("UTF-8");
    assert_eq!(shown, program.text());
}

#[test]
fn a_reader_that_leaves_is_told_of_once() {
    let (mut program, _dir) = start(&["--no-stdin", "--echo"], Stdio::null(), Stdio::piped());
    drop(program.stdout());
    let mut client = program.connect();
    let mut sent = 0;
    let mut send = || {
        client.send("sent\n");
        sent += 1;
        program.wait_for_kinds("line", sent);
    };
    // It is told when there is something to show after that was seen.
    let told = eventually(SOON, || {
        send();
        program.try_error()
    });
    assert_eq!(
        told.as_deref(),
        Some("bw-log: standard output is closed; records are no longer shown")
    );
    send();
    program.stop();
    assert_eq!(program.other_errors(), [""; 0]);
}

/// How many records it stands for, if it is the line of what is missing.
fn not_shown(line: &str) -> Option<u64> {
    let count = line
        .strip_prefix('[')?
        .strip_suffix(" records not shown]")?;
    Some(count.parse().expect("a number"))
}

#[test]
fn a_reader_that_does_not_read_holds_nobody_up() {
    const LINES: usize = 100_000;

    let (mut program, _dir) = start(&["--no-stdin", "--echo"], Stdio::null(), Stdio::piped());
    let stdout = BufReader::new(program.stdout());
    let mut client = program.connect();
    let text = "x".repeat(100);
    for index in 0..LINES {
        client.send(format!("{index} {text}\n"));
    }
    program.wait_for_kinds("line", LINES);
    // Read on, it says what is missing and goes on.
    let reader = thread::spawn(move || {
        let mut shown = 0;
        let mut missing = 0;
        for line in stdout.lines() {
            let line = line.expect("UTF-8");
            match not_shown(&line) {
                Some(count) => missing += count,
                None => {
                    let record = Record::parse(&line).expect("a whole record");
                    assert!(record.seq > shown + missing, "out of order");
                    shown += 1;
                }
            }
        }
        (shown, missing)
    });
    client.send("and on\n");
    assert_eq!(client.finish(), "");
    let records = program.stop();
    let (shown, missing) = reader.join().expect("read");
    assert!(missing > 0, "nothing was left out");
    assert_eq!(shown + missing, records.len() as u64);
}

/// Nor does it when the program ends.
#[test]
fn a_reader_that_does_not_read_does_not_keep_the_program_from_ending() {
    let (mut program, _dir) = start(&["--no-stdin", "--echo"], Stdio::null(), Stdio::piped());
    let _unread = program.stdout();
    let mut client = program.connect();
    client.send("flood\n".repeat(100_000));
    assert_eq!(client.finish(), "");
    program.stop();
}

/// A descriptor that is not there is no reason to stop either.
#[test]
fn closed_descriptors_are_lived_with() {
    let dir = temp_dir();
    let file = dir.path().join("lines.log");
    let mut closed = Command::new("sh");
    closed.args(["-c", "exec \"$0\" \"$@\" <&- >&-", PROGRAM]);
    closed.args(command(&file, &["--echo"]).get_args());
    let mut program = Program::spawn(closed, &file);
    program.connect().send("sent\n");
    program.wait_for_kind("line");
    program.stop();
}

/// Whatever is read, it is not the test's own.
#[test]
fn without_standard_input_it_is_left_alone() {
    let (mut terminal, end) = Terminal::open();
    let (mut program, _dir) = start(&["--no-stdin"], end.into(), Stdio::null());
    terminal.type_in("typed\r\x04");
    program.connect().send("sent\n");
    program.wait_for_kind("line");
    assert_eq!(local(&program.stop()), [""; 0]);
}
