//! What has to work on every system.

mod support;

use std::process::{Command, Stdio};

use support::{PROGRAM, Program, code, command, run, temp_dir};

#[test]
fn lines_of_clients_are_in_the_file_when_the_program_is_killed() {
    let mut program = Program::start(&[]);
    let mut one = program.connect();
    let mut other = program.connect();
    let names = [one.name(), other.name()];
    one.send("first of one\r\nsec");
    program.wait_for_kinds("line", 1);
    other.send("first of the other\n");
    program.wait_for_kinds("line", 2);
    one.send("ond of one\n\x1b[0mhal");
    program.wait_for_kinds("line", 3);
    assert_eq!(one.finish(), "");
    program.wait_for_kind("disconnect");
    program.end();
    let told: Vec<_> = program
        .records()
        .iter()
        .skip(3)
        .map(|record| record.said())
        .collect();
    let [one, other] = names;
    assert_eq!(
        told,
        [
            format!("{one}#1 line first of one"),
            format!("{other}#2 line first of the other"),
            format!("{one}#1 line second of one"),
            format!("{one}#1 unended \\x1b[0mhal"),
            format!("{one}#1 disconnect end of input; lines: 3, bytes: 35"),
        ]
    );
}

#[test]
fn standard_input_is_a_source_and_its_end_is_not_the_programs() {
    use std::io::Write;

    let dir = temp_dir();
    let file = dir.path().join("lines.log");
    let mut command = command(&file, &[]);
    command.stdin(Stdio::piped());
    let mut program = Program::spawn(command, &file);
    let mut stdin = program.stdin();
    stdin.write_all(b"typed\n").expect("a pipe");
    program.wait_for_kind("line");
    drop(stdin);
    program.wait_for_kind("disconnect");
    program.connect().send("sent\n");
    program.wait_for_kinds("line", 2);
    assert!(program.is_running());
    let local: Vec<_> = program
        .records()
        .iter()
        .filter(|record| record.source == "local")
        .map(|record| record.told())
        .collect();
    assert_eq!(
        local,
        [
            "connect standard input",
            "line typed",
            "disconnect end of input; lines: 1, bytes: 6"
        ]
    );
}

#[test]
fn a_file_is_gone_on_with() {
    let dir = temp_dir();
    for round in 1..=2 {
        let mut program = Program::start_in(dir.path(), &[]);
        program.connect().send("a\n");
        let records = program.wait_for_kinds("line", round);
        assert_eq!(records.len(), round);
        program.end();
    }
}

#[test]
fn a_second_writer_is_refused() {
    let dir = temp_dir();
    let first = Program::start_in(dir.path(), &[]);
    let (status, output, errors) = run(&mut command(first.file(), &["--no-stdin"]));
    let told = |who: &str| {
        let file = first.file().display();
        format!("bw-log: {file} is being written by {who}; stop it or choose another --file\n")
    };
    let by_number = errors == told(&format!("process {}", first.id()));
    // Windows lets nobody else read what is locked; Wine does.
    let by_word = cfg!(windows) && errors == told("another process");
    assert!(by_number || by_word, "{errors}");
    assert_eq!(code(status), 1);
    assert_eq!(output, "");
}

#[test]
fn the_version_needs_nothing_else() {
    let (status, output, errors) = run(Command::new(PROGRAM).arg("--version"));
    let expected = format!("bw-log {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!((code(status), output, errors), (0, expected, String::new()));
}
