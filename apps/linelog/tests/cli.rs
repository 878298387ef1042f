//! What the program says before it runs, and what it refuses.
#![cfg(unix)]

mod support;

use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::Signal;
use support::{PROGRAM, Program, SOON, code, command, eventually, has_v6, run, temp_dir};

/// Ends at once with that code and that text on standard error.
#[track_caller]
fn check_refused(words: &[&str], expected: i32, text: &str) {
    let (status, output, errors) = run(Command::new(PROGRAM).args(words));
    assert_eq!((code(status), errors.as_str()), (expected, text));
    assert_eq!(output, "");
}

#[track_caller]
fn check_usage(words: &[&str], text: &str) {
    let dir = temp_dir();
    let file = dir.path().join("lines.log");
    let file = ["--file", file.to_str().expect("UTF-8")];
    check_refused(&[&file, words].concat(), 2, &format!("bw-log: {text}\n"));
    let left = fs::read_dir(dir.path()).expect("a directory").count();
    assert_eq!(left, 0, "refused, and yet a file");
}

#[test]
fn bad_usage_ends_with_2() {
    let help = "try bw-log --help";
    check_refused(
        &[],
        2,
        &format!("bw-log: Required options not provided:\n    --file\n{help}\n"),
    );
    check_usage(
        &["--nope"],
        &format!("Unrecognized argument: --nope\n{help}"),
    );
    check_usage(&["more"], &format!("Unrecognized argument: more\n{help}"));
    check_usage(
        &["--listen"],
        &format!("No value provided for option '--listen'.\n{help}"),
    );
    check_usage(
        &["--framing", "crlf"],
        "--framing crlf: say lines, octet or auto",
    );
    check_usage(&["--format", "xml"], "--format xml: say plain or json");
    check_usage(
        &["--sync", "always"],
        "--sync always: say none, interval or line",
    );
    check_usage(
        &["--max-line", "0"],
        "--max-line 0: say a number from 1 to 16777216",
    );
    check_usage(
        &["--max-line", "16777217"],
        "--max-line 16777217: say a number from 1 to 16777216",
    );
    check_usage(
        &["--max-line", "64K"],
        &format!(
            "Error parsing option '--max-line' with value '64K': invalid digit found in string\n{help}"
        ),
    );
    check_usage(
        &["--max-clients", "0"],
        "--max-clients 0: say a number from 1 to 1000000",
    );
    check_usage(
        &["--max-clients", "-1"],
        &format!(
            "Error parsing option '--max-clients' with value '-1': \
             invalid digit found in string\n{help}"
        ),
    );
    let seconds = "say a number of seconds from 0.1 to a year, or 0 for never";
    check_usage(&["--idle", "-1"], &format!("--idle -1: {seconds}"));
    check_usage(&["--idle", "NaN"], &format!("--idle NaN: {seconds}"));
    check_usage(&["--idle", "inf"], &format!("--idle inf: {seconds}"));
    check_usage(
        &["--idle", "1h"],
        &format!("Error parsing option '--idle' with value '1h': invalid float literal\n{help}"),
    );
    check_usage(
        &["--listen", "nowhere"],
        "--listen nowhere: invalid socket address; \
         say HOST:PORT, such as 127.0.0.1:5140 or [::1]:0",
    );
    check_usage(
        &["--listen", "127.0.0.1:99999"],
        "--listen 127.0.0.1:99999: invalid port value; \
         say HOST:PORT, such as 127.0.0.1:5140 or [::1]:0",
    );
    check_usage(
        &["--listen", "unix:"],
        "--listen unix:: say unix:PATH, such as unix:/run/lines.sock",
    );
}

#[test]
fn help_names_every_flag_and_has_examples() {
    let (status, output, errors) = run(Command::new(PROGRAM).arg("--help"));
    assert_eq!((code(status), errors.as_str()), (0, ""));
    for word in [
        "--file",
        "--listen",
        "--framing",
        "--format",
        "--max-line",
        "--max-clients",
        "--idle",
        "--sync",
        "--no-stdin",
        "--echo",
        "--verbose",
        "--version",
        "--help",
        "Examples:",
        "Exit status:",
        "(default: 127.0.0.1:5140)",
        "(default: lines)",
        "(default: plain)",
        "(default: 65536)",
        "(default: 1024)",
        "(default: 3600)",
        "(default: interval)",
    ] {
        assert!(output.contains(word), "{word} is missing:\n{output}");
    }
    // But for the usage, which argh puts in one.
    let widest = output
        .lines()
        .skip(1)
        .map(|line| line.chars().count())
        .max();
    assert!(widest <= Some(81), "{widest:?} columns:\n{output}");
}

#[track_caller]
fn check_file(path: &Path, text: &str) {
    let (status, output, errors) = run(&mut command(path, &["--no-stdin"]));
    let expected = format!("bw-log: cannot write to {}: {text}\n", path.display());
    assert_eq!((code(status), errors), (1, expected));
    assert_eq!(output, "");
}

#[test]
fn what_is_no_file_to_append_to_is_refused_at_once() {
    let dir = temp_dir();
    let at = |name: &str| dir.path().join(name);
    let other = |what: &str| format!("it is {what}, not a regular file; choose another --file");
    // Nobody reads it: opening it to write would wait for ever.
    let made = Command::new("mkfifo").arg(at("fifo")).status();
    assert!(made.expect("POSIX has it").success());
    check_file(&at("fifo"), &other("a FIFO"));
    check_file(dir.path(), &other("a directory"));
    check_file(Path::new("/dev/null"), &other("a character device"));
    #[cfg(target_os = "linux")]
    check_file(Path::new("/dev/full"), &other("a character device"));
    let _listener = UnixListener::bind(at("socket")).expect("bound");
    check_file(&at("socket"), &other("a socket"));
    check_file(
        &at("none/lines.log"),
        "no such file or directory; make the directory or choose another --file",
    );
    fs::write(at("plain"), "").expect("written");
    check_file(
        &at("plain/lines.log"),
        "not a directory; mend that or choose another --file",
    );
    // Nothing was left beside them.
    let names = fs::read_dir(dir.path()).expect("a directory").map(|entry| {
        let name = entry.expect("an entry").file_name();
        name.into_string().expect("UTF-8")
    });
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    assert_eq!(names, ["fifo", "plain", "socket"]);
}

#[track_caller]
fn check_listen(addresses: &[&str], text: &str) {
    let dir = temp_dir();
    let file = dir.path().join("lines.log");
    let flags = addresses.iter().flat_map(|address| ["--listen", address]);
    let flags: Vec<_> = ["--no-stdin"].into_iter().chain(flags).collect();
    let (status, output, errors) = run(&mut command(&file, &flags));
    assert_eq!((code(status), errors), (1, format!("bw-log: {text}\n")));
    assert_eq!(output, "");
    assert!(!dir.path().join("lines.log.lock").exists());
}

#[test]
fn an_address_that_cannot_be_had_ends_with_1_and_advice() {
    let first = Program::start(&[]);
    let taken = &first.listening()[0];
    let in_use = format!(
        "cannot listen on {taken}: address already in use; \
         another program has that port; try --listen 127.0.0.1:0"
    );
    check_listen(&[taken], &in_use);
    // TEST-NET-1 (RFC 5737) belongs to nobody.
    check_listen(
        &["192.0.2.1:0"],
        "cannot listen on 192.0.2.1:0: cannot assign requested address; \
         that address is not one of this machine; try --listen 127.0.0.1:5140",
    );
}

#[test]
fn a_path_that_cannot_be_listened_on_ends_with_1_and_advice() {
    let dir = temp_dir();
    let at = |name: &str| dir.path().join(name).display().to_string();
    fs::write(at("file"), "precious").expect("written");
    check_listen(
        &[&format!("unix:{}", at("file"))],
        &format!(
            "cannot listen on {}: a file that is no socket is there; \
             nothing was removed; use another path or remove what is there",
            at("file")
        ),
    );
    assert_eq!(fs::read_to_string(at("file")).expect("there"), "precious");
    check_listen(
        &[&format!("unix:{}", at("none/socket"))],
        &format!(
            "cannot listen on {}: no such file or directory; create the directory first",
            at("none/socket")
        ),
    );
    let _other = UnixListener::bind(at("taken")).expect("bound");
    check_listen(
        &[&format!("unix:{}", at("taken"))],
        &format!(
            "cannot listen on {}: a program listens there; \
             nothing was removed; use another path or remove what is there",
            at("taken")
        ),
    );
}

#[test]
fn a_socket_of_a_start_that_fails_is_not_left_behind() {
    let dir = temp_dir();
    let at = |name: &str| dir.path().join(name).display().to_string();
    let (first, second) = (at("first"), at("none/second"));
    check_listen(
        &[&format!("unix:{first}"), &format!("unix:{second}")],
        &format!(
            "cannot listen on {second}: no such file or directory; create the directory first"
        ),
    );
    assert!(!Path::new(&first).exists());
}

#[test]
fn it_says_where_it_listens_one_address_a_line() {
    if !has_v6() {
        return;
    }
    let dir = temp_dir();
    let unix = format!("unix:{}", dir.path().join("s").display());
    let addresses = ["[::1]:0", "127.0.0.1:0", "127.0.0.1:0", &unix];
    let flags = addresses.map(|address| ["--listen", address]);
    let mut program = Program::start(&flags.concat());
    let said = program.listening();
    assert!(said[0].starts_with("[::1]:") && said[1].starts_with("127.0.0.1:"));
    assert_ne!(said[1], said[2]);
    assert_eq!(said[3], unix);
    program.stop();
    assert_eq!(program.other_errors(), [""; 0]);
}

#[test]
fn a_stale_socket_is_replaced_and_ours_removed() {
    let dir = temp_dir();
    let path = dir.path().join("s");
    let listen = format!("unix:{}", path.display());
    drop(UnixListener::bind(&path).expect("bound"));
    for signal in [Signal::KILL, Signal::TERM] {
        let mut program = Program::start(&["--listen", &listen]);
        let kind = fs::symlink_metadata(&path).expect("there").file_type();
        assert!(kind.is_socket());
        UnixStream::connect(&path).expect("it listens");
        program.wait_for_kind("disconnect");
        program.signal(signal);
        program.wait_for_status();
        assert_eq!(path.exists(), signal == Signal::KILL);
    }
}

#[test]
fn help_into_a_closed_pipe_is_no_failure() {
    let mut closed = Command::new("sh");
    closed.args(["-c", "exec \"$0\" --help >&-", PROGRAM]);
    let (status, _, errors) = run(&mut closed);
    assert_eq!((code(status), errors.as_str()), (0, ""));
}

/// What went wrong behind what is said.
#[test]
fn causes_are_told_where_they_are_wanted() {
    let dir = temp_dir();
    let file = dir.path().join("none/lines.log");
    let (status, _, errors) = run(&mut command(&file, &["--no-stdin", "--verbose"]));
    assert_eq!(code(status), 1);
    assert_eq!(
        errors,
        format!(
            "bw-log: cannot write to {}: no such file or directory; \
             make the directory or choose another --file\n  \
             because: No such file or directory (os error 2)\n",
            file.display()
        )
    );
}

#[test]
fn a_closed_standard_error_is_no_reason_to_stop() {
    let dir = temp_dir();
    let file = dir.path().join("lines.log");
    let mut child = command(&file, &["--no-stdin"])
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stderr.take());
    let started = eventually(SOON, || {
        let text = fs::read_to_string(&file).unwrap_or_default();
        text.contains(" server start ").then_some(())
    });
    let running = child.try_wait().expect("a child of ours").is_none();
    let _ = child.kill();
    let _ = child.wait();
    assert!(started.is_some() && running);
}
