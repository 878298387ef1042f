//! What may happen to the file while the program runs, and before it starts.
#![cfg(unix)]

mod support;

use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use support::{
    Client, PROGRAM, Program, Record, SOON, as_ordinary_user, code, command, eventually, run,
    temp_dir,
};

fn texts<'a>(records: &'a [Record], kind: &str) -> Vec<&'a str> {
    let records = records.iter().filter(|record| record.kind == kind);
    records.map(|record| record.text.as_str()).collect()
}

/// The records of a part of the log, whose numbers go on from another part.
fn told(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).expect("UTF-8");
    assert!(text.ends_with('\n'));
    let records = text
        .lines()
        .map(|line| Record::parse(line).expect("a record"));
    records.map(|record| record.told()).collect()
}

/// Waits until the file is there and has a line with that in it.
#[track_caller]
fn wait_for_text(path: &Path, text: &str) {
    let found = eventually(SOON, || {
        let there = fs::read_to_string(path).unwrap_or_default();
        (there.contains(text) && there.ends_with('\n')).then_some(())
    });
    found.unwrap_or_else(|| panic!("no {text:?} in {}", path.display()));
}

#[test]
fn a_removed_file_comes_again() {
    let mut program = Program::start(&[]);
    let mut client = program.connect();
    client.send("before\n");
    program.wait_for_kind("line");
    fs::remove_file(program.file()).expect("removed");
    wait_for_text(program.file(), " server reopen ");
    client.send("after\n");
    wait_for_text(program.file(), " line after\n");
    program.signal(Signal::TERM);
    assert_eq!(code(program.wait_for_status()), 0);
    let told = told(program.file());
    assert_eq!(
        told[..2],
        [
            format!("reopen pid {}, the file was removed", program.id()),
            "line after".to_owned()
        ]
    );
    assert_eq!(program.other_errors(), [""; 0]);
}

/// Nobody was there to make the program look: the first client after hours is not lost.
#[test]
fn a_file_removed_while_nobody_was_there_has_the_next_client() {
    let mut program = Program::start(&["--sync", "none"]);
    fs::remove_file(program.file()).expect("removed");
    // More than the second in which the program may believe what it has seen.
    thread::sleep(Duration::from_millis(1200));
    program.connect().send("after\n");
    wait_for_text(program.file(), " disconnect ");
    program.signal(Signal::TERM);
    assert_eq!(code(program.wait_for_status()), 0);
    let told = told(program.file());
    assert_eq!(
        told,
        [
            &format!("reopen pid {}, the file was removed", program.id()),
            &format!("connect to {}", program.address()),
            "line after",
            "disconnect end of input; lines: 1, bytes: 6",
            "stop SIGTERM"
        ]
    );
}

#[test]
fn a_directory_that_is_gone_is_told_of_once() {
    let dir = temp_dir();
    let logs = dir.path().join("logs");
    fs::create_dir(&logs).expect("created");
    let mut program = Program::start_in(&logs, &[]);
    let mut client = program.connect();
    program.wait_for_kind("connect");
    fs::remove_dir_all(&logs).expect("removed");
    assert_eq!(
        program.next_error(),
        Some(format!(
            "bw-log: cannot write to {}: no such file or directory; \
             make the directory or choose another --file; until then records go to the removed file",
            program.file().display()
        ))
    );
    // Rounds in which nothing is told again.
    thread::sleep(Duration::from_millis(2500));
    fs::create_dir(&logs).expect("created");
    wait_for_text(program.file(), " server reopen ");
    client.send("after\n");
    wait_for_text(program.file(), " line after\n");
    // Its lock went with the directory, and has come again.
    let (status, _, errors) = run(&mut command(program.file(), &["--no-stdin"]));
    assert_eq!(code(status), 1);
    assert!(errors.contains(" is being written by process "), "{errors}");
    program.signal(Signal::TERM);
    assert_eq!(code(program.wait_for_status()), 0);
    assert_eq!(program.other_errors(), [""; 0]);
}

#[test]
fn a_renamed_file_is_left_when_asked_to() {
    let mut program = Program::start(&[]);
    let old = program.file().with_extension("1");
    let mut client = program.connect();
    client.send("one\n");
    program.wait_for_kind("line");
    fs::rename(program.file(), &old).expect("renamed");
    client.send("two\n");
    wait_for_text(&old, " line two\n");
    program.signal(Signal::HUP);
    wait_for_text(program.file(), " server reopen ");
    client.send("three\n");
    assert_eq!(client.finish(), "");
    wait_for_text(program.file(), " disconnect ");
    program.signal(Signal::TERM);
    assert_eq!(code(program.wait_for_status()), 0);
    assert_eq!(told(&old)[2..], ["line one", "line two"]);
    assert_eq!(
        told(program.file()),
        [
            &format!("reopen pid {}, asked to", program.id()),
            "line three",
            "disconnect end of input; lines: 3, bytes: 14",
            "stop SIGTERM"
        ]
    );
    // One number after the other, over both.
    let both = fs::read_to_string(old).expect("UTF-8") + &program.text();
    Record::all(&both);
    assert_eq!(program.other_errors(), [""; 0]);
}

/// `mv lines.log* elsewhere` takes the lock along.
#[test]
fn a_lock_that_was_moved_is_made_anew() {
    let dir = temp_dir();
    let elsewhere = temp_dir();
    let program = Program::start_in(dir.path(), &[]);
    for name in ["lines.log", "lines.log.lock"] {
        fs::rename(dir.path().join(name), elsewhere.path().join(name)).expect("renamed");
    }
    program.signal(Signal::HUP);
    wait_for_text(program.file(), " server reopen ");
    let (status, _, errors) = run(&mut command(program.file(), &["--no-stdin"]));
    assert_eq!(
        (code(status), errors),
        (
            1,
            format!(
                "bw-log: {} is being written by process {}; stop it or choose another --file\n",
                program.file().display(),
                program.id()
            )
        )
    );
}

#[test]
fn a_file_that_is_moved_under_load_loses_nothing() {
    const LINES: usize = 30_000;

    let mut program = Program::start(&[]);
    let old = |part: usize| program.file().with_extension(part.to_string());
    let sent: Vec<_> = (0..LINES).map(|index| format!("line {index}")).collect();
    let address = program.address();
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut client = Client::connect(address);
            for lines in sent.chunks(100) {
                client.send(lines.join("\n") + "\n");
            }
            assert_eq!(client.finish(), "");
        });
        for part in 0..5 {
            fs::rename(program.file(), old(part)).expect("renamed");
            program.signal(Signal::HUP);
            wait_for_text(program.file(), " server reopen ");
        }
    });
    let parts: Vec<_> = (0..5).map(old).collect();
    program.signal(Signal::TERM);
    assert_eq!(code(program.wait_for_status()), 0);
    let parts = parts
        .iter()
        .map(|part| fs::read_to_string(part).expect("UTF-8"));
    let whole = parts.collect::<String>() + &program.text();
    let records = Record::all(&whole);
    assert!(texts(&records, "line").into_iter().eq(&sent));
    assert_eq!(texts(&records, "reopen").len(), 5);
}

#[test]
fn where_no_file_can_be_opened_the_old_one_stays() {
    let mut program = Program::start(&[]);
    let old = program.file().with_extension("1");
    fs::rename(program.file(), &old).expect("renamed");
    fs::create_dir(program.file()).expect("created");
    program.signal(Signal::HUP);
    assert_eq!(
        program.next_error(),
        Some(format!(
            "bw-log: cannot write to {}: it is a directory, not a regular file; \
             choose another --file; going on with the file that was open",
            program.file().display()
        ))
    );
    let mut client = program.connect();
    client.send("still\n");
    wait_for_text(&old, " line still\n");
    fs::remove_dir(program.file()).expect("removed");
    program.signal(Signal::HUP);
    wait_for_text(program.file(), " server reopen ");
    client.send("new\n");
    wait_for_text(program.file(), " line new\n");
    program.signal(Signal::TERM);
    assert_eq!(code(program.wait_for_status()), 0);
}

#[test]
fn a_directory_made_read_only_is_lived_with() {
    let dir = temp_dir();
    let file = dir.path().join("lines.log");
    let mut command = command(&file, &["--no-stdin"]);
    if !as_ordinary_user(&mut command, &[dir.path()]) {
        return;
    }
    let mut program = Program::spawn(command, &file);
    let old = file.with_extension("1");
    fs::rename(&file, &old).expect("renamed");
    fs::set_permissions(dir.path(), Permissions::from_mode(0o555)).expect("ours");
    program.signal(Signal::HUP);
    assert_eq!(
        program.next_error(),
        Some(format!(
            "bw-log: cannot write to {}: permission denied; let this user read and write it \
             or choose another --file; going on with the file that was open",
            file.display()
        ))
    );
    program.connect().send("still\n");
    wait_for_text(&old, " line still\n");
    wait_for_text(&old, " disconnect ");
    program.signal(Signal::TERM);
    assert_eq!(code(program.wait_for_status()), 0);
    fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).expect("ours");
}

#[test]
fn a_torn_line_is_ended_before_the_first_record() {
    let dir = temp_dir();
    let path = dir.path().join("lines.log");
    fs::write(&path, "an old line\nhalf a li").expect("written");
    let mut program = Program::start_in(dir.path(), &[]);
    program.connect().send("new\n");
    program.wait_for_part(2, "disconnect");
    program.signal(Signal::TERM);
    assert_eq!(code(program.wait_for_status()), 0);
    let text = program.text();
    let ours = text
        .strip_prefix("an old line\nhalf a li\n")
        .expect("kept as it was");
    let records = Record::all(ours);
    assert_eq!(
        records[0].told(),
        format!(
            "start pid {}, listening on {}; ended a torn line of 9 bytes",
            program.id(),
            program.address()
        )
    );
    assert_eq!(texts(&records, "line"), ["new"]);
}

#[test]
fn a_kill_under_load_leaves_whole_lines_and_at_most_a_torn_one() {
    const CLIENTS: usize = 4;

    let dir = temp_dir();
    let mut program = Program::start_in(dir.path(), &["--sync", "line"]);
    let address = program.address();
    let before = thread::scope(|scope| {
        for client in 0..CLIENTS {
            scope.spawn(move || {
                let mut stream = Client::connect(address).stream;
                for index in 0.. {
                    let line = format!("{client} {index} {}\n", "x".repeat(index % 300));
                    if stream.write_all(line.as_bytes()).is_err() {
                        break;
                    }
                }
            });
        }
        program.wait_for_kinds("line", 20_000);
        let before = program.text();
        program.end();
        before
    });
    let mut after = fs::read_to_string(program.file()).expect("UTF-8");
    assert!(
        after.starts_with(&before),
        "what was there is there no more"
    );
    let records = Record::all(&after[..after.rfind('\n').expect("lines") + 1]);
    for client in 0..CLIENTS {
        let of_client = texts(&records, "line").into_iter().filter_map(|text| {
            let (sender, rest) = text.split_once(' ').expect("ours");
            (sender == client.to_string()).then(|| rest.split_once(' ').expect("ours").0)
        });
        for (index, number) in of_client.enumerate() {
            assert_eq!(number, index.to_string(), "of client {client}");
        }
    }
    // The system's own kill is rarely in the middle of a write; this one is.
    if after.ends_with('\n') {
        let mut file = File::options().append(true).open(program.file());
        let file = file.as_mut().expect("opened");
        file.write_all(b"2026-11-22T01:4").expect("written");
        after.push_str("2026-11-22T01:4");
    }
    let torn = after.len() - after.rfind('\n').expect("lines") - 1;
    let mut program = Program::start_in(dir.path(), &["--sync", "line"]);
    program.connect().send("again\n");
    program.wait_for_part(after.lines().count(), "disconnect");
    program.signal(Signal::TERM);
    assert_eq!(code(program.wait_for_status()), 0);
    let whole = program.text();
    let ours = whole.strip_prefix(&after).expect("nothing is removed");
    let records = Record::all(ours.strip_prefix('\n').expect("the torn line is ended"));
    assert!(
        records[0]
            .text
            .ends_with(&format!("; ended a torn line of {torn} bytes")),
        "{}",
        records[0].text
    );
    assert_eq!(texts(&records, "line"), ["again"]);
}

#[test]
fn a_second_writer_is_refused_by_any_name_and_a_stale_lock_is_no_obstacle() {
    let dir = temp_dir();
    let mut program = Program::start_in(dir.path(), &[]);
    let link = dir.path().join("link.log");
    std::os::unix::fs::symlink(program.file(), &link).expect("linked");
    for path in [program.file(), &link] {
        let (status, output, errors) = run(&mut command(path, &["--no-stdin"]));
        let expected = format!(
            "bw-log: {} is being written by process {}; stop it or choose another --file\n",
            path.display(),
            program.id()
        );
        assert_eq!((code(status), output, errors), (1, String::new(), expected));
    }
    program.end();
    let lock = dir.path().join("lines.log.lock");
    let text = fs::read_to_string(&lock).expect("left behind");
    assert_eq!(text, format!("{}\n", program.id()));
    let mut next = Program::start_in(dir.path(), &[]);
    let text = fs::read_to_string(&lock).expect("taken over");
    assert_eq!(text, format!("{}\n", next.id()));
    next.stop();
    assert!(!lock.exists());
}

/// What is on the way goes through three policies alike.
#[test]
fn every_way_of_syncing_records_the_same() {
    for sync in ["none", "interval", "line"] {
        let mut program = Program::start(&["--sync", sync]);
        let mut client = program.connect();
        client.send("one\ntwo\n");
        assert_eq!(client.finish(), "");
        assert_eq!(texts(&program.stop(), "line"), ["one", "two"], "{sync}");
    }
}

/// New files are not for everybody to read.
#[test]
fn a_new_file_is_for_its_owner_and_group() {
    let dir = temp_dir();
    let file = dir.path().join("lines.log");
    let mut shell = Command::new("sh");
    shell.args(["-c", "umask 0 && exec \"$0\" \"$@\"", PROGRAM]);
    shell.args(command(&file, &["--no-stdin"]).get_args());
    shell.stdin(Stdio::null()).stdout(Stdio::null());
    let mut program = Program::spawn(shell, &file);
    let mode = fs::metadata(&file)
        .expect("it is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o640);
    program.stop();
}
