//! Runs each example as a process and holds it to what its first lines say, over real sockets.
//!
//! `cargo test` builds the examples first. `cargo test --test examples` does not: it finds those built last, or none.

mod support;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use support::PATIENCE;

/// The program of an example, beside the tests' own directory.
#[track_caller]
fn program(name: &str) -> Command {
    let test = std::env::current_exe().expect("the path of this test");
    let built = test.ancestors().nth(2).expect("target/debug");
    let path = built.join(format!("examples/{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(
        path.exists(),
        "{} is missing; build it with `cargo build -p barewire-reactor --examples`",
        path.display()
    );
    Command::new(path)
}

/// An example at work, killed at the end of the test. Its lines come from both outputs.
struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Running {
    #[track_caller]
    fn start(name: &str, args: &[&str]) -> Self {
        let mut child = program(name)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the example starts");
        let (sender, lines) = channel();
        let outputs: [Box<dyn std::io::Read + Send>; 2] = [
            Box::new(child.stdout.take().expect("piped")),
            Box::new(child.stderr.take().expect("piped")),
        ];
        for output in outputs {
            let sender = sender.clone();
            thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    let _ = sender.send(line);
                }
            });
        }
        let stdin = child.stdin.take();
        Self {
            child,
            stdin,
            lines,
        }
    }

    /// Starts a server on a port of the system's choice.
    #[track_caller]
    fn serve(name: &str, more: &[&str]) -> (Self, SocketAddr) {
        let running = Self::start(name, &[&["127.0.0.1:0"], more].concat());
        let line = running.line_with("listening on ");
        let address = line.trim_start_matches("listening on ");
        (running, address.parse().expect("an address"))
    }

    /// The next line that contains this.
    #[track_caller]
    fn line_with(&self, part: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) if line.contains(part) => return line,
                Ok(_) => {}
                Err(error) => panic!("no line with {part:?}: {error}"),
            }
        }
    }

    fn type_in(&mut self, text: &str) {
        let stdin = self.stdin.as_mut().expect("still open");
        stdin.write_all(text.as_bytes()).expect("somebody reads");
    }

    /// Waits for a good end by itself: the lines not yet taken.
    #[track_caller]
    fn end(mut self) -> Vec<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                let lines = self.lines.iter().collect();
                assert!(status.success(), "{status}: {lines:?}");
                return lines;
            }
            assert!(Instant::now() < deadline, "it does not end");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("a connection");
    let limit = Some(PATIENCE);
    stream.set_read_timeout(limit).expect("a time-out");
    stream.set_write_timeout(limit).expect("a time-out");
    stream
}

fn name(stream: &TcpStream) -> SocketAddr {
    stream.local_addr().expect("an address")
}

/// A line of its own, sent.
fn say(mut stream: &TcpStream, line: &str) {
    let line = format!("{line}\n");
    stream.write_all(line.as_bytes()).expect("sent");
}

/// Holds each of them to having got exactly this line, next.
#[track_caller]
fn heard(listeners: &[&TcpStream], line: &str) {
    let expected = format!("{line}\n");
    for mut listener in listeners.iter().copied() {
        let mut got = vec![0; expected.len()];
        listener.read_exact(&mut got).expect("a line");
        assert_eq!(String::from_utf8_lossy(&got), expected);
    }
}

#[test]
fn echo_gives_back_a_mebibyte() {
    let (_server, address) = Running::serve("echo", &[]);
    let mut client = connect(address);
    let sent = Vec::from_iter((0..1 << 20).map(|n: u32| (n ^ n >> 8) as u8));
    let writer = thread::spawn({
        let (mut client, sent) = (client.try_clone().expect("a clone"), sent.clone());
        move || {
            client.write_all(&sent).expect("all is taken");
            client.shutdown(Shutdown::Write).expect("half a close");
        }
    });
    let mut got = Vec::new();
    client.read_to_end(&mut got).expect("all comes back");
    assert!(got == sent);
    writer.join().expect("no panic");
}

#[test]
fn chat_goes_to_all_others_and_drops_the_deaf() {
    let (server, address) = Running::serve("chat", &[]);
    // Each speaks up in turn, which proves that those before are in.
    let a = connect(address);
    let b = connect(address);
    say(&b, "b");
    heard(&[&a], "b");
    let c = connect(address);
    say(&c, "c");
    heard(&[&a, &b], "c");
    let deaf = connect(address);
    say(&deaf, "deaf");
    heard(&[&a, &b, &c], "deaf");

    // In step with those who read, until the one who does not is dropped.
    let line = "x".repeat(999);
    let mut sent = 0;
    let dropped = loop {
        for _ in 0..64 {
            say(&a, &line);
        }
        for _ in 0..64 {
            heard(&[&b, &c], &line);
        }
        sent += 64_000;
        assert!(sent < 256 << 20, "the deaf one is kept");
        if let Ok(line) = server.lines.try_recv() {
            break line;
        }
    };
    assert!(
        dropped.ends_with("is dropped: it does not keep up"),
        "{dropped}"
    );

    // What was said last arrives although who said it has left.
    say(&c, "bye");
    drop(c);
    heard(&[&a, &b], "bye");
    server.line_with("leaves: Ok(End)");
    say(&b, "still here");
    heard(&[&a], "still here");
}

#[test]
fn terminal_chat_talks_through_a_pipe() {
    let (_server, address) = Running::serve("chat", &[]);
    let other = connect(address);
    let mut terminal = Running::start("terminal_chat", &[&address.to_string()]);
    terminal.type_in("hello\n");
    let mut got = String::new();
    let mut reader = BufReader::new(&other);
    reader.read_line(&mut got).expect("a line");
    assert_eq!(got, "hello\n");
    say(&other, "answer");
    terminal.line_with("answer");
    terminal.type_in("no newline");
    drop(terminal.stdin.take());
    let mut got = [0; 10];
    reader.read_exact(&mut got).expect("the rest");
    assert_eq!(&got, b"no newline");
    terminal.end();
}

#[test]
fn udp_echo_gives_back_datagrams_and_outlives_their_senders() {
    let (_server, address) = Running::serve("udp_echo", &[]);
    let client = UdpSocket::bind("127.0.0.1:0").expect("a port");
    client.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    let mut got = vec![0; 64 * 1024];
    for length in [0, 1, 1400, 60_000] {
        // Its answer finds nobody: noise for the server.
        let gone = UdpSocket::bind("127.0.0.1:0").expect("a port");
        gone.send_to(b"gone", address).expect("sent");
        drop(gone);
        let sent = vec![length as u8; length];
        client.send_to(&sent, address).expect("sent");
        let (n, from) = client.recv_from(&mut got).expect("an answer");
        assert_eq!(from, address);
        assert!(got[..n] == sent, "{n} bytes for {length}");
    }
}

#[test]
fn timers_fire_once_each_and_never_early() {
    let lines = Running::start("timers", &[]).end();
    assert!(lines[0].starts_with("tick 1 of 100ms, "), "{lines:?}");
    // A machine that sleeps through ticks lets more of them go idle.
    let last = lines.last().expect("a result");
    let counts: Vec<usize> = last
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|n| n.parse().ok())
        .collect();
    assert_eq!(counts[0] + counts[1], 10_000, "{last}");
    assert_eq!(counts[2], 0, "{last}");
}

#[test]
fn thread_pool_answers_each_name() {
    let names = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "::1"];
    let mut lines = Running::start("thread_pool", &names).end();
    let mut expected = names.map(|name| format!("{name}: Ok([{name}])"));
    expected.sort();
    lines.sort();
    assert_eq!(lines, expected);
}

#[test]
fn executor_runs_both_tasks_to_their_end() {
    let mut lines = Running::start("executor", &[]).end();
    lines.sort();
    assert_eq!(lines, ["client: Ok(99)", "server: Ok(100)"]);
}

#[test]
fn select_greets_and_announces() {
    let (server, address) = Running::serve("select", &[]);
    let line = server.line_with("and for datagrams on ");
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let datagrams = line.trim_start_matches("and for datagrams on ");
    socket.send_to(b"hello", datagrams).expect("sent");
    let from = socket.local_addr().expect("an address");
    assert_eq!(server.line_with("bytes"), format!("5 bytes from {from}"));
    let (mut client, mut greeting) = (connect(address), String::new());
    client.read_to_string(&mut greeting).expect("a greeting");
    assert_eq!(greeting, format!("hello, {}\n", name(&client)));
}

#[test]
fn line_log_writes_every_line_of_clients_and_terminal() {
    let path = std::env::temp_dir().join(format!("line_log.{}.txt", std::process::id()));
    let (mut server, address) = Running::serve("line_log", &[&path.to_string_lossy()]);
    let clients = [connect(address), connect(address), connect(address)];
    let mut expected = vec!["terminal: one".to_owned(), "terminal: two".to_owned()];
    server.type_in("one\ntw");
    for (n, client) in clients.iter().enumerate() {
        say(client, &format!("client {n}"));
        let name = name(client);
        expected.push(format!("{name}: client {n}"));
        expected.push(format!("{name}: the end of {n}"));
    }
    // All three are in once their first lines are written.
    let deadline = Instant::now() + PATIENCE;
    let written = || std::fs::read_to_string(&path).expect("a file");
    while written().lines().count() < 4 {
        assert!(Instant::now() < deadline, "a line is missing");
        thread::sleep(Duration::from_millis(5));
    }
    server.type_in("o\n");
    drop(server.stdin.take());
    server.line_with("terminal ends");
    for (n, mut client) in clients.iter().enumerate() {
        let rest = format!("the end of {n}");
        client.write_all(rest.as_bytes()).expect("sent");
    }
    drop(clients);
    server.end();
    let text = written();
    std::fs::remove_file(&path).expect("removed");
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    expected.sort();
    assert_eq!(lines, expected);
}

#[cfg(unix)]
#[test]
fn a_signal_lets_uploads_finish() {
    use rustix::process::{Pid, Signal, kill_process};
    let (server, address) = Running::serve("signals", &[]);
    let mut upload = connect(address);
    upload.write_all(b"first half, ").expect("sent");
    drop(connect(address));
    server.line_with("0 bytes, Ok(End)");
    kill_process(Pid::from_child(&server.child), Signal::TERM).expect("a signal");
    assert_eq!(server.line_with("waiting"), "waiting for 1 uploads");
    assert!(TcpStream::connect(address).is_err());
    upload.write_all(b"second half").expect("sent");
    drop(upload);
    assert_eq!(server.end(), ["23 bytes, Ok(End)"]);
}
