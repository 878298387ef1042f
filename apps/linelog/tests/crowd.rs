//! Many clients at once, too many, silent ones, and a server that stands still.
#![cfg(unix)]

mod support;

use std::collections::HashSet;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use barewire_command::descriptors::raise_limit;
#[cfg(target_os = "linux")]
use barewire_proving::process;
use rustix::process::Signal;
use support::{Client, Program, Record, SOON, command, eventually, temp_dir};

fn texts<'a>(records: &'a [Record], kind: &str) -> Vec<&'a str> {
    let records = records.iter().filter(|record| record.kind == kind);
    records.map(|record| record.text.as_str()).collect()
}

#[test]
fn one_client_too_many_is_told_and_recorded() {
    let mut program = Program::start(&["--max-clients", "2"]);
    let mut first = program.connect();
    let second = program.connect();
    program.wait_for_kinds("connect", 2);
    for id in 3..=4 {
        let mut third = program.connect();
        assert_eq!(
            third.rest(),
            "bw-log: 2 clients are here, which is the limit; try again later\n"
        );
        let refused = program.wait_for_kinds("refused", id - 2);
        assert_eq!(
            refused[id - 3].said(),
            format!(
                "{}#{id} refused 2 clients are here, which is the limit",
                third.name()
            )
        );
    }
    first.send("not disturbed\n");
    program.wait_for_kind("line");
    assert_eq!(second.finish(), "");
    program.wait_for_kind("disconnect");
    let mut next = program.connect();
    next.send("in again\n");
    let lines = program.wait_for_kinds("line", 2);
    assert_eq!(lines[1].said(), format!("{}#5 line in again", next.name()));
    program.stop();
}

/// The refusal is read even by a client that has sent something that nobody reads.
#[test]
fn a_client_that_speaks_first_is_told_too() {
    let mut program = Program::start(&["--max-clients", "1"]);
    let _first = program.connect();
    program.wait_for_kind("connect");
    program.signal(Signal::STOP);
    let mut second = program.connect();
    second.send("hello\n");
    program.signal(Signal::CONT);
    let mut said = Vec::new();
    let end = second.stream.read_to_end(&mut said);
    assert_eq!(
        String::from_utf8_lossy(&said),
        "bw-log: 1 client is here, which is the limit; try again later\n",
        "{end:?}"
    );
    program.wait_for_kind("refused");
    program.stop();
}

#[test]
fn the_terminal_takes_no_clients_place() {
    let dir = temp_dir();
    let file = dir.path().join("lines.log");
    let mut command = command(&file, &["--max-clients", "1"]);
    command.stdin(Stdio::piped());
    let mut program = Program::spawn(command, &file);
    let _open = program.stdin();
    let mut client = program.connect();
    client.send("in\n");
    assert_eq!(program.wait_for_kind("line").text, "in");
    let mut second = program.connect();
    assert!(second.rest().starts_with("bw-log: 1 client is here,"));
    program.stop();
}

const STORM: usize = 2_000;

#[test]
fn a_storm_of_short_connections_is_recorded() {
    let mut program = Program::start(&[]);
    let address = program.address();
    thread::scope(|scope| {
        for part in 0..4 {
            scope.spawn(move || {
                for index in 0..STORM / 4 {
                    let mut client = Client::connect(address);
                    client.send(format!("{part}.{index}\n"));
                }
            });
        }
    });
    // Those who came last are still on their way in.
    let records = program.stop();
    let lines: HashSet<_> = texts(&records, "line").into_iter().collect();
    assert_eq!(lines.len(), STORM);
    for kind in ["connect", "line", "disconnect"] {
        assert_eq!(texts(&records, kind).len(), STORM, "{kind}");
    }
    let sources: HashSet<_> = records.iter().map(|record| &record.source).collect();
    assert_eq!(sources.len(), STORM + 1);
}

/// Who has sent something before the signal is in the file, accepted or not.
#[test]
fn what_came_before_the_signal_is_recorded() {
    const CLIENTS: usize = 200;

    let mut program = Program::start(&[]);
    program.signal(Signal::STOP);
    let clients: Vec<_> = (0..CLIENTS)
        .map(|index| {
            let mut client = program.connect();
            client.send(format!("{index}\nhalf of {index}"));
            client
        })
        .collect();
    program.signal(Signal::TERM);
    program.signal(Signal::CONT);
    let records = program.stop_begun();
    drop(clients);
    let lines: HashSet<_> = texts(&records, "line").into_iter().collect();
    assert_eq!(lines.len(), CLIENTS);
    assert_eq!(texts(&records, "unended").len(), CLIENTS);
    let gone = texts(&records, "disconnect");
    assert_eq!(gone.len(), CLIENTS);
    assert!(
        gone.iter()
            .all(|text| text.starts_with("the server stops; lines: 2, bytes: "))
    );
}

#[test]
fn idle_clients_are_in_nobodys_way() {
    const IDLE: usize = 500;
    const LINES: usize = 20_000;

    raise_limit().expect("up to the hard one");
    let mut program = Program::start(&[]);
    let idle: Vec<_> = (0..IDLE).map(|_| program.connect()).collect();
    let mut busy = program.connect();
    let sent: Vec<_> = (0..LINES).map(|index| format!("line {index}")).collect();
    busy.send(sent.join("\n") + "\n");
    let name = busy.name();
    assert_eq!(busy.finish(), "");
    let records = program.stop();
    drop(idle);
    assert_eq!(texts(&records, "connect").len(), IDLE + 1);
    let lines: Vec<_> = records
        .iter()
        .filter(|record| record.source.starts_with(&name) && record.kind == "line")
        .map(|record| &record.text)
        .collect();
    assert!(lines.into_iter().eq(&sent));
}

#[cfg(target_os = "linux")]
#[test]
fn running_out_of_descriptors_is_told_and_survived() {
    let dir = temp_dir();
    let file = dir.path().join("lines.log");
    // The program takes what the hard limit lets it have.
    let mut limited = std::process::Command::new("sh");
    limited.args(["-c", "ulimit -n 32 && exec \"$0\" \"$@\"", support::PROGRAM]);
    limited.args(command(&file, &["--no-stdin"]).get_args());
    limited.stdin(Stdio::null()).stdout(Stdio::null());
    let mut program = Program::spawn(limited, &file);
    let mut clients: Vec<_> = (0..60).map(|_| program.connect()).collect();
    assert_eq!(
        program.next_error().as_deref(),
        Some("bw-log: out of descriptors or memory: new clients wait")
    );
    let inside = texts(&program.records(), "connect").len();
    assert!((10..32).contains(&inside), "{inside}");
    // Who is in is served.
    clients[0].send("meanwhile\n");
    assert_eq!(program.wait_for_kind("line").text, "meanwhile");
    // A loop that spins has all of this second.
    let before = process::cpu_seconds(program.id());
    thread::sleep(Duration::from_secs(1));
    let busy = process::cpu_seconds(program.id()) - before;
    assert!(busy < 0.3, "{busy} s of a second");
    drop(clients);
    program.wait_for(|records| {
        let inside = texts(records, "connect").len();
        inside > 0 && texts(records, "disconnect").len() == inside
    });
    // The queue is worked off first, which may take another rest.
    let again = eventually(SOON, || {
        let _ = program.connect().stream.write_all(b"afterwards\n");
        let records = program.records();
        texts(&records, "line")
            .contains(&"afterwards")
            .then_some(())
    });
    assert!(again.is_some(), "no client comes in any more");
    program.stop();
}

/// Fills what the system holds for a reader who does not read, and tells how much that was.
fn send_until_blocked(mut stream: &TcpStream, bytes: &[u8]) -> usize {
    stream.set_nonblocking(true).expect("TCP");
    let mut sent = 0;
    let mut blocked = 0;
    // Once is not enough: the system moves what it holds from one end to the other.
    while sent < bytes.len() && blocked < 20 {
        match stream.write(&bytes[sent..]) {
            Ok(count) => (sent, blocked) = (sent + count, 0),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                blocked += 1;
                thread::sleep(Duration::from_millis(5));
            }
            Err(error) => panic!("{error}"),
        }
    }
    stream.set_nonblocking(false).expect("TCP");
    sent
}

#[test]
fn a_server_that_stands_still_loses_nothing() {
    const LINES: usize = 400_000;

    let mut program = Program::start(&[]);
    let mut client = program.connect();
    program.wait_for_kind("connect");
    program.signal(Signal::STOP);
    let sent: String = (0..LINES)
        .map(|index| format!("this is the line with the number {index}\n"))
        .collect();
    let held = send_until_blocked(&client.stream, sent.as_bytes());
    assert!(held < sent.len(), "the client was not made to wait");
    program.signal(Signal::CONT);
    client.send(&sent.as_bytes()[held..]);
    assert_eq!(client.finish(), "");
    let records = program.stop();
    assert!(texts(&records, "line").into_iter().eq(sent.lines()));
}

#[cfg(target_os = "linux")]
#[test]
fn a_silent_client_is_closed() {
    let mut program = Program::start(&["--idle", "0.3"]);
    let mut client = program.connect();
    client.send("hal");
    assert_eq!(client.rest(), "");
    let records = program.wait_for(|records| !texts(records, "disconnect").is_empty());
    let told: Vec<_> = records[2..].iter().map(Record::told).collect();
    assert_eq!(
        told,
        [
            "unended hal",
            "disconnect nothing for 0.3 s; lines: 1, bytes: 3"
        ]
    );
    // Clients that end by themselves are no trouble either.
    for _ in 0..20 {
        assert_eq!(program.connect().finish(), "");
    }
    let port = format!(":{:04X}", program.address().port());
    let waiting = || {
        let table = std::fs::read_to_string("/proc/net/tcp").expect("the kernel tells");
        let ours = table.lines().filter(|line| {
            let mut fields = line.split_ascii_whitespace().skip(1);
            let local = fields.next().is_some_and(|local| local.ends_with(&port));
            // CLOSE_WAIT
            local && fields.nth(1) == Some("08")
        });
        ours.count()
    };
    assert_eq!(eventually(SOON, || (waiting() == 0).then_some(0)), Some(0));
    program.stop();
}

#[test]
fn a_client_that_speaks_in_time_stays() {
    let mut program = Program::start(&["--idle", "1.2"]);
    let mut client = program.connect();
    let silent = program.connect();
    // Until the other is closed, which takes longer than the limit.
    let gone = eventually(SOON, || {
        client.send("here\n");
        thread::sleep(Duration::from_millis(50));
        let records = program.records();
        let gone = records.iter().find(|record| record.kind == "disconnect");
        gone.cloned()
    });
    let gone = gone.expect("the silent one is closed");
    assert_eq!(
        gone.said(),
        format!(
            "{}#2 disconnect nothing for 1.2 s; lines: 0, bytes: 0",
            silent.name()
        )
    );
    program.stop();
}

#[test]
fn zero_is_no_limit_to_silence() {
    let mut program = Program::start(&["--idle", "0"]);
    let mut client = program.connect();
    program.wait_for_kind("connect");
    // Two rounds of looking after clients.
    thread::sleep(Duration::from_millis(2200));
    client.send("still here\n");
    program.wait_for_kind("line");
    program.stop();
}

/// However much goes on coming, and sooner if it is said twice.
#[test]
fn a_flood_does_not_keep_the_program_from_ending() {
    let mut program = Program::start(&[]);
    let address = program.address();
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut stream = Client::connect(address).stream;
            while stream.write_all(&b"flood\n".repeat(1000)).is_ok() {}
        });
        program.wait_for_kind("line");
        let records = program.stop();
        let gone = texts(&records, "disconnect");
        assert!(gone[0].starts_with("the server stops; lines: "), "{gone:?}");
    });
}

/// Each may hold a line; what becomes of them is written bit by bit.
#[cfg(target_os = "linux")]
#[test]
fn many_half_lines_at_once_take_little_more_than_they_are() {
    const CLIENTS: usize = 16;
    const HALF: usize = (256 << 10) - 1;
    const HELD: u64 = (CLIENTS * HALF) as u64;

    let mut program = Program::start(&["--idle", "2", "--max-line", "262144"]);
    // Escaped it is four times as long.
    let half = vec![1; HALF];
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let mut client = program.connect();
            client.send(&half);
            client
        })
        .collect();
    for mut client in clients {
        assert_eq!(client.rest(), "");
    }
    let most = process::resident_bytes_max(program.id()).expect("it runs");
    assert!(most < HELD + (9 << 20), "{} MiB", most >> 20);
    program.signal(Signal::TERM);
    assert!(program.wait_for_status().success());
    let written = std::fs::metadata(program.file()).expect("it is there");
    assert!(written.len() > 4 * HELD);
}
