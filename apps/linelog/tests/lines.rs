//! What becomes of the bytes that clients send.
#![cfg(unix)]

mod support;

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use barewire_reactor::net::set_linger;
use rustix::process::Signal;
use serde_json::Value;
use support::{Client, Dice, Program, Record, SOON, code, has_v6, temp_dir};

/// What the records of one client tell between its connect and the server's stop.
fn told(flags: &[&str], sent: &[&[u8]]) -> Vec<String> {
    let mut program = Program::start(flags);
    let mut client = program.connect();
    for bytes in sent {
        client.send(bytes);
    }
    assert_eq!(client.finish(), "");
    let records = program.stop();
    let own = &records[2..records.len() - 1];
    assert!(own.iter().all(|record| record.source == records[1].source));
    own.iter().map(Record::told).collect()
}

/// The bytes at once and each on its own become these records, the last one's counts left out.
#[track_caller]
fn check_with(flags: &[&str], sent: &[u8], expected: &[&str]) {
    let single: Vec<_> = sent.chunks(1).collect();
    for sent in [&[sent][..], &single] {
        let mut told = told(flags, sent);
        let last = told.pop().expect("a disconnect");
        let (reason, counts) = last.rsplit_once("; lines: ").expect("counts");
        told.push(reason.to_owned());
        assert_eq!(told, expected);
        let bytes: usize = sent.iter().map(|bytes| bytes.len()).sum();
        assert_eq!(counts, format!("{}, bytes: {bytes}", expected.len() - 1));
    }
}

#[track_caller]
fn check(sent: &[u8], expected: &[&str]) {
    check_with(&[], sent, &[expected, &[END]].concat());
}

const END: &str = "disconnect end of input";

#[test]
fn a_record_a_line_whatever_is_in_it() {
    check(b"", &[]);
    check(b"one\ntwo\n", &["line one", "line two"]);
    check(b"one\r\ntwo\r\n", &["line one", "line two"]);
    check(b"\n\r\n \n", &["line", "line", "line  "]);
    // A carriage return that ends no line is text; the last of several is the line's end.
    check(b"one\rtwo\n", &["line one\\rtwo"]);
    check(b"one\r\r\n", &["line one\\r"]);
    check(b"one\rtwo\r", &["unended one\\rtwo\\r"]);
    check(b"a\0b\n", &["line a\\x00b"]);
    check(b"\x1b[2J\x07\n", &["line \\x1b[2J\\x07"]);
    check(b"\xff\xc3(\n", &["line \\xff\\xc3("]);
    check(b"back\\slash\ttab\n", &["line back\\\\slash\\ttab"]);
    check(
        "größe \u{202e}\u{85}\n".as_bytes(),
        &["line größe \\u{202e}\\u{85}"],
    );
}

#[test]
fn a_line_without_an_end_is_kept_and_marked() {
    check(b"one\nhal", &["line one", "unended hal"]);
    check(b"hal", &["unended hal"]);
}

#[test]
fn the_limit_is_the_texts() {
    let check = |sent: &[u8], expected: &[&str]| {
        check_with(&["--max-line", "4"], sent, &[expected, &[END]].concat());
    };
    check(b"abc\nx\n", &["line abc", "line x"]);
    check(b"abcd\nx\n", &["line abcd", "line x"]);
    check(b"abcd\r\nx\n", &["line abcd", "line x"]);
    check(b"abcde\nx\n", &["truncated abcd", "line x"]);
    check(b"abcde\r\nx\n", &["truncated abcd", "line x"]);
    check(
        b"abcdefghijklmno\n\nx",
        &["truncated abcd", "line", "unended x"],
    );
    check(b"abcd", &["unended abcd"]);
    check(b"abcde", &["truncated abcd"]);
}

#[test]
fn a_client_cannot_speak_for_another() {
    let forged = "2026-11-22T01:40:12.345678Z 1 server stop SIGTERM";
    check(forged.as_bytes(), &[&format!("unended {forged}")]);
    check(b"#1 connect to x\n", &["line #1 connect to x"]);
    // A message that is counted may have line feeds in it.
    let text = format!("x\n{forged}\nlocal line rm -rf\r\n");
    check_with(
        &["--framing", "octet"],
        format!("{} {text}", text.len()).as_bytes(),
        &[&format!("line x\\n{forged}\\nlocal line rm -rf\\r\\n"), END],
    );
}

#[test]
fn counted_messages() {
    let check = |sent: &[u8], expected: &[&str]| {
        check_with(&["--framing", "octet", "--max-line", "100"], sent, expected);
    };
    check(b"5 hello", &["line hello", END]);
    check(
        b"5 hello1 x3 a\nb",
        &["line hello", "line x", "line a\\nb", END],
    );
    check(
        b"7 hello",
        &[
            "unended 7 hello",
            &format!(
                "{END}: stream ended inside a frame, 2 or more bytes before its end at byte 7"
            ),
        ],
    );
    check(
        b"99999999 x",
        &[
            "unended 99999999 x",
            &format!(
                "{END}: stream ended inside a frame, 99 or more bytes before its end at byte 10"
            ),
        ],
    );
    let long = [b"102 ", &[b'a'; 102][..], b"1 x"].concat();
    let cut = format!("truncated {}", "a".repeat(100));
    check(&long, &[&cut, "line x", END]);
    check(
        &long[..105],
        &[
            &cut,
            &format!(
                "{END}: stream ended inside a frame, 1 or more bytes before its end at byte 105"
            ),
        ],
    );
}

/// What cannot be read goes on being sent: how much of it is seen is a matter of luck.
#[test]
fn what_is_no_count_ends_the_client_and_nobody_else() {
    let mut program = Program::start(&["--framing", "octet"]);
    let mut other = program.connect();
    other.send("5 hel");
    for (index, (sent, expected)) in [
        ("5 hello0 ", "length that begins with a zero at byte 7"),
        ("05 hello", "length that begins with a zero at byte 0"),
        ("5hello", "no digit where a length has to be at byte 1"),
        ("hello", "no digit where a length has to be at byte 0"),
        (" 5 hello", "no digit where a length has to be at byte 0"),
        ("-5 hello", "no digit where a length has to be at byte 0"),
        ("12345678901 x", "length of too many digits at byte 10"),
        // More than the promised five: the rest has to be a count.
        (
            "5 hello world",
            "no digit where a length has to be at byte 7",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let mut client = program.connect();
        client.send(sent);
        // The server closes first.
        assert_eq!(client.rest(), "");
        let gone = program.wait_for_kinds("disconnect", index + 1);
        let gone = &gone[index];
        assert_eq!(gone.source, format!("{}#{}", client.name(), index + 2));
        let text = format!("not the framing that was expected: {expected}; lines: ");
        assert!(gone.text.starts_with(&text), "{}", gone.text);
        assert!(
            gone.text.ends_with(&format!("bytes: {}", sent.len())),
            "{}",
            gone.text
        );
    }
    other.send("lo");
    assert_eq!(other.finish(), "");
    let records = program.stop();
    assert!(records.iter().any(|record| record.told() == "line hello"));
}

#[test]
fn the_first_byte_of_a_connection_decides() {
    let check = |sent: &[u8], expected: &[&str]| {
        check_with(&["--framing", "auto"], sent, &[expected, &[END]].concat());
    };
    check(b"5 hello4 2024", &["line hello", "line 2024"]);
    check(
        b"began as a line\n2024 was a year\n5 hello\n",
        &[
            "line began as a line",
            "line 2024 was a year",
            "line 5 hello",
        ],
    );
    check(b"<13>1 - - -\n", &["line <13>1 - - -"]);
    check(b"0 is no count\n", &["line 0 is no count"]);
}

#[test]
fn a_reset_keeps_what_came_before() {
    let mut program = Program::start(&[]);
    let mut client = program.connect();
    client.send("whole\nhal");
    program.wait_for_kind("line");
    set_linger(&client.stream, Some(Duration::ZERO)).expect("TCP");
    drop(client);
    program.wait_for_kind("disconnect");
    let told: Vec<_> = program.stop()[2..5].iter().map(Record::told).collect();
    assert_eq!(
        told,
        [
            "line whole",
            "unended hal",
            "disconnect connection reset by peer; lines: 2, bytes: 9"
        ]
    );
}

#[test]
fn a_client_that_goes_on_reading_sees_the_end() {
    let program = Program::start(&[]);
    let mut client = program.connect();
    client.send("all\n");
    client.stream.shutdown(Shutdown::Write).expect("connected");
    let mut answer = Vec::new();
    client.stream.read_to_end(&mut answer).expect("an end");
    assert!(answer.is_empty());
    let gone = program.wait_for_kind("disconnect");
    assert_eq!(gone.told(), format!("{END}; lines: 1, bytes: 4"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_line_without_end_takes_no_memory() {
    use barewire_proving::process;

    const SIZE: usize = 64 << 20;

    let mut program = Program::start(&[]);
    let mut client = program.connect();
    client.send([b'x'; 128 << 10]);
    program.wait_for_kind("truncated");
    let before = process::resident_bytes_max(program.id()).expect("it runs");
    for _ in 0..SIZE >> 16 {
        client.send([b'x'; 1 << 16]);
    }
    client.send("\nnext\n");
    program.wait_for_kind("line");
    let grown = process::resident_bytes_max(program.id()).expect("it runs") - before;
    assert!(grown < 1 << 20, "{grown} bytes more");
    assert_eq!(client.finish(), "");
    let records = program.stop();
    assert_eq!(
        records[2].told(),
        format!("truncated {}", "x".repeat(1 << 16))
    );
    assert_eq!(records[3].told(), "line next");
    assert_eq!(records.len(), 6);
}

/// Lines of many lengths, each with its place in it.
fn lines_of(client: usize, count: usize) -> Vec<String> {
    let mut dice = Dice::new(client as u64 + 100);
    let line = |index| format!("{client}.{index} {}", "é~\\".repeat(dice.roll(40)));
    (0..count).map(line).collect()
}

/// Sends in pieces of random sizes.
fn send_lines(mut stream: impl Write, client: usize, lines: &[String]) {
    let mut dice = Dice::new(client as u64);
    let bytes = lines.join("\n") + "\n";
    let mut rest = bytes.as_bytes();
    while !rest.is_empty() {
        let most = if dice.roll(4) == 1 { 20_000 } else { 300 };
        let (piece, later) = rest.split_at(dice.roll(most).min(rest.len()));
        stream.write_all(piece).expect("sent");
        rest = later;
    }
}

const CLIENTS: usize = 8;
const LINES: usize = 5_000;

/// Lines of each client are all there and in order, between its connect and its disconnect.
#[track_caller]
fn check_sorted(records: &[Record]) {
    let mut sources: HashMap<&str, Vec<&Record>> = HashMap::new();
    for record in &records[1..records.len() - 1] {
        sources.entry(&record.source).or_default().push(record);
    }
    assert_eq!(sources.len(), CLIENTS);
    for (source, records) in sources {
        let told: Vec<_> = records.iter().map(|record| record.told()).collect();
        assert!(told[0].starts_with("connect to "), "{source}: {}", told[0]);
        let (client, _) = records[1].text.split_once('.').expect("a line of ours");
        let lines = lines_of(client.parse().expect("a number"), LINES);
        let expected: Vec<_> = lines
            .iter()
            .map(|line| format!("line {}", line.replace('\\', "\\\\")))
            .collect();
        assert!(
            told[1..=LINES] == expected,
            "{source} is not as it was sent"
        );
        let bytes: usize = lines.iter().map(|line| line.len() + 1).sum();
        assert_eq!(
            told[LINES + 1..],
            [format!("{END}; lines: {LINES}, bytes: {bytes}")]
        );
    }
}

#[test]
fn nobodys_lines_are_mixed_with_anybodys_over_tcp() {
    let mut program = Program::start(&[]);
    let address = program.address();
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            scope.spawn(move || {
                let connection = Client::connect(address);
                send_lines(&connection.stream, client, &lines_of(client, LINES));
                assert_eq!(connection.finish(), "");
            });
        }
    });
    check_sorted(&program.stop());
}

#[test]
fn nobodys_lines_are_mixed_with_anybodys_over_unix_sockets() {
    let dir = temp_dir();
    let path = dir.path().join("s");
    let listen = format!("unix:{}", path.display());
    let mut program = Program::start(&["--listen", &listen]);
    assert_eq!(program.listening(), [listen.as_str()]);
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let path = &path;
            scope.spawn(move || {
                let mut stream = UnixStream::connect(path).expect("it listens");
                stream.set_read_timeout(Some(SOON)).expect("not zero");
                send_lines(&stream, client, &lines_of(client, LINES));
                stream.shutdown(Shutdown::Write).expect("connected");
                assert_eq!(stream.read(&mut [0]).expect("an end"), 0);
            });
        }
    });
    let records = program.stop();
    check_sorted(&records);
    let mut names: Vec<_> = records[1..records.len() - 1]
        .iter()
        .filter(|record| record.kind == "connect")
        .map(Record::said)
        .collect();
    names.sort_unstable();
    let expected: Vec<_> = (1..=CLIENTS)
        .map(|id| format!("unix#{id} connect to {listen}"))
        .collect();
    assert_eq!(names, expected);
}

#[test]
fn another_reader_of_json_finds_what_was_sent() {
    let texts: [&[u8]; 8] = [
        b"plain",
        b"",
        b"quo\"te back\\slash",
        b"tab\t nul\0 esc\x1b[31m del\x7f",
        "größe \u{202e} \u{2028} 🦀".as_bytes(),
        b"\xff\xfe",
        b"{\"kind\":\"stop\"}",
        b"cr\rin it",
    ];
    let mut program = Program::start(&["--format", "json"]);
    let mut client = program.connect();
    let source = format!("{}#1", client.name());
    client.send([&texts.join(&b'\n')[..], b"\nhal"].concat());
    assert_eq!(client.finish(), "");
    program.signal(Signal::TERM);
    assert_eq!(code(program.wait_for_status()), 0);
    let text = program.text();
    let records: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    for (index, record) in records.iter().enumerate() {
        assert_eq!(record["seq"], index + 1);
        assert_eq!(record.as_object().map(serde_json::Map::len), Some(5));
        assert_eq!(record["time"].as_str().map(str::len), Some(27));
    }
    let kinds: Vec<_> = records
        .iter()
        .map(|record| record["kind"].as_str().expect("a word"))
        .collect();
    let lines = ["line"; 8];
    let expected = [
        &["start", "connect"][..],
        &lines,
        &["unended", "disconnect", "stop"],
    ]
    .concat();
    assert_eq!(kinds, expected);
    for (record, sent) in records[2..].iter().zip(texts) {
        assert_eq!(record["source"], source);
        match std::str::from_utf8(sent) {
            Ok(text) => assert_eq!(record["text"], text),
            Err(_) => assert_eq!(record["bytes"], "fffe"),
        }
    }
    assert_eq!(records[10]["text"], "hal");
}

#[test]
fn a_client_of_each_kind_has_its_name() {
    if !has_v6() {
        return;
    }
    let dir = temp_dir();
    let unix = format!("unix:{}", dir.path().join("s").display());
    let flags = ["127.0.0.1:0", "[::1]:0", &unix].map(|address| ["--listen", address]);
    let mut program = Program::start(&flags.concat());
    let [v4, v6, _] = program.listening() else {
        panic!("three listeners: {:?}", program.listening());
    };
    let (v4, v6) = (v4.clone(), v6.clone());
    let mut expected = vec![];
    for (index, address) in [&v4, &v6].into_iter().enumerate() {
        let client = Client::connect(address.parse().expect("an address"));
        expected.push(format!(
            "{}#{} connect to {address}",
            client.name(),
            index + 1
        ));
        program.wait_for_kinds("connect", index + 1);
    }
    assert!(expected[1].starts_with("[::1]:"));
    drop(UnixStream::connect(dir.path().join("s")).expect("it listens"));
    expected.push(format!("unix#3 connect to {unix}"));
    program.wait_for_kinds("connect", 3);
    let records = program.stop();
    let names: Vec<_> = records
        .iter()
        .filter(|record| record.kind == "connect")
        .map(Record::said)
        .collect();
    assert_eq!(names, expected);
    let start = format!("pid {}, listening on {v4}, {v6}, {unix}", program.id());
    assert_eq!(
        (records[0].kind.as_str(), &records[0].text),
        ("start", &start)
    );
}

/// One listener for both: IPv4 clients have IPv4 names.
#[test]
fn an_ipv4_client_of_an_ipv6_listener_has_its_own_name() {
    if !has_v6() {
        return;
    }
    let mut program = Program::start(&["--listen", "[::]:0"]);
    let port = program.address().port();
    let mut client = Client::connect(([127, 0, 0, 1], port).into());
    client.send("a\n");
    let line = program.wait_for_kind("line");
    assert_eq!(line.source, format!("{}#1", client.name()));
    program.stop();
}

#[test]
fn a_client_is_not_answered() {
    let program = Program::start(&[]);
    let mut client = program.connect();
    client.send("a\n");
    program.wait_for_kind("line");
    client.stream.set_nonblocking(true).expect("TCP");
    let answer = client.stream.read(&mut [0]).expect_err("nothing");
    assert_eq!(answer.kind(), ErrorKind::WouldBlock);
}
