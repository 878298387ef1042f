//! The test program: starts the children, feeds them and judges what they say.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, Write, pipe};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{OFlags, fcntl_getfl};

use crate::child::{PEER, Sum, TASK};
use crate::support::PATIENCE;

const LARGE: usize = 10 << 20;
/// Whether files and devices are read by a thread: epoll and kqueue's own exceptions; poll(2) watches them all.
const FILES_THREADED: bool =
    cfg!(any(target_os = "linux", target_os = "android")) && !cfg!(polling_test_poll_backend);

pub(crate) fn main() {
    let tests: [(&str, fn()); _] = [
        ("a_pipe_is_read_in_place", a_pipe),
        ("a_large_pipe_arrives_whole", a_large_pipe),
        ("a_file_arrives_whole", a_file),
        ("an_empty_file_is_at_its_end", an_empty_file),
        ("the_null_device_is_at_its_end", the_null_device),
        ("a_socket_is_read_in_place", a_socket),
        ("a_closed_standard_input_is_at_its_end", a_closed_one),
        #[cfg(target_os = "linux")]
        ("a_terminal_gives_lines_and_ends_with_ctrl_d", a_terminal),
        ("a_socket_is_served_beside_it", a_socket_beside_a_pipe),
        ("a_socket_is_served_beside_a_file", a_socket_beside_a_file),
        ("a_pause_bounds_what_is_read", a_pause),
        ("nothing_holds_the_process_back", an_early_exit),
    ];
    for (name, test) in tests {
        test();
        println!("test stdin::{name} ... ok");
    }
}

/// Bytes without a short period.
fn bytes(len: usize) -> Vec<u8> {
    let mut state = 1u32;
    (0..len)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect()
}

fn file_of(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(bytes).expect("room");
    file.rewind().expect("a rewind");
    file
}

fn sum(bytes: &[u8]) -> String {
    Sum::new().add(bytes).text()
}

/// A running child and what it says.
struct Subject {
    child: Child,
    says: BufReader<ChildStdout>,
}

impl Subject {
    fn start(task: &str, stdin: impl Into<Stdio>, peer: Option<&str>) -> Self {
        let program = std::env::current_exe().expect("this program");
        Self::run(&mut Command::new(program), task, stdin, peer)
    }

    fn run(command: &mut Command, task: &str, stdin: impl Into<Stdio>, peer: Option<&str>) -> Self {
        command.env(TASK, task).env_remove(PEER);
        if let Some(peer) = peer {
            command.env(PEER, peer);
        }
        let mut child = command
            .stdin(stdin)
            .stdout(Stdio::piped())
            .spawn()
            .expect("a child");
        let says = BufReader::new(child.stdout.take().expect("piped"));
        Self { child, says }
    }

    #[track_caller]
    fn says(&mut self, expected: &str) {
        let mut line = String::new();
        self.says.read_line(&mut line).expect("a line");
        assert_eq!(line.trim_end(), expected);
    }

    /// The child must end by itself, without a fault and soon.
    #[track_caller]
    fn ends(mut self) {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status;
            }
            if Instant::now() > deadline {
                let _ = self.child.kill();
                panic!("the child does not end");
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        assert!(status.success(), "{status}");
        let mut rest = String::new();
        self.says.read_to_string(&mut rest).expect("the rest");
        assert_eq!(rest, "");
    }
}

fn a_pipe() {
    let (reader, mut writer) = pipe().expect("a pipe");
    let kept = reader.try_clone().expect("a clone");
    let mut child = Subject::start("drain", reader, Some("silent"));
    child.says("threaded: false");
    child.says("ready");
    writer.write_all(b"some words").expect("room");
    drop(writer);
    child.says(&sum(b"some words"));
    child.ends();
    assert!(
        !fcntl_getfl(&kept)
            .expect("flags")
            .contains(OFlags::NONBLOCK)
    );
}

fn a_large_pipe() {
    let large = bytes(LARGE);
    let (reader, mut writer) = pipe().expect("a pipe");
    let mut child = Subject::start("drain", reader, None);
    child.says("threaded: false");
    child.says("ready");
    writer.write_all(&large).expect("a reader");
    drop(writer);
    child.says(&sum(&large));
    child.ends();
}

fn a_file() {
    let large = bytes(LARGE);
    let file = file_of(&large);
    let kept = file.try_clone().expect("a clone");
    let mut child = Subject::start("drain", file, None);
    child.says(&format!("threaded: {FILES_THREADED}"));
    child.says("ready");
    child.says(&sum(&large));
    child.ends();
    assert!(
        !fcntl_getfl(&kept)
            .expect("flags")
            .contains(OFlags::NONBLOCK)
    );
}

fn an_empty_file() {
    let mut child = Subject::start("drain", file_of(b""), None);
    child.says(&format!("threaded: {FILES_THREADED}"));
    child.says("ready");
    child.says(&sum(b""));
    child.ends();
}

fn the_null_device() {
    let mut child = Subject::start("drain", Stdio::null(), None);
    child.says(&format!("threaded: {FILES_THREADED}"));
    child.says("ready");
    child.says(&sum(b""));
    child.ends();
}

fn a_socket() {
    let (near, mut far) = UnixStream::pair().expect("a pair");
    let kept = near.try_clone().expect("a clone");
    let stdin = std::os::fd::OwnedFd::from(near);
    let mut child = Subject::start("drain", stdin, Some("silent"));
    child.says("threaded: false");
    child.says("ready");
    far.write_all(b"by socket").expect("room");
    drop(far);
    child.says(&sum(b"by socket"));
    child.ends();
    assert!(
        !fcntl_getfl(&kept)
            .expect("flags")
            .contains(OFlags::NONBLOCK)
    );
}

/// Before main the standard library puts /dev/null in the place of a closed descriptor 0.
fn a_closed_one() {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "exec \"$0\" <&-"])
        .arg(std::env::current_exe().expect("this program"));
    let mut child = Subject::run(&mut shell, "drain", Stdio::null(), None);
    child.says(&format!("threaded: {FILES_THREADED}"));
    child.says("ready");
    child.says(&sum(b""));
    child.ends();
}

#[cfg(target_os = "linux")]
fn a_terminal() {
    use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
    let master = openpt(flags).expect("a terminal");
    grantpt(&master).expect("leave");
    unlockpt(&master).expect("leave");
    let slave = ioctl_tiocgptpeer(&master, flags).expect("the other end");
    let mut master = File::from(master);
    let kept = slave.try_clone().expect("a clone");
    let mut child = Subject::start("chunks", slave, None);
    child.says("threaded: false");
    child.says("ready");
    master.write_all(b"one\n").expect("room");
    child.says("\"one\\n\"");
    master.write_all(b"half a").expect("room");
    master.write_all(b" line\n").expect("room");
    child.says("\"half a line\\n\"");
    // Ctrl-D passes on what is there; on an empty line that is nothing, the end.
    master.write_all(b"no newline\x04").expect("room");
    child.says("\"no newline\"");
    master.write_all(b"\x04").expect("room");
    child.says("end");
    child.ends();
    assert!(
        !fcntl_getfl(&kept)
            .expect("flags")
            .contains(OFlags::NONBLOCK)
    );
}

/// Two hundred questions, each answered before the next, while input flows.
fn questions(listener: &TcpListener) -> TcpStream {
    let (mut socket, _) = listener.accept().expect("the child");
    socket.set_read_timeout(Some(PATIENCE)).expect("a time-out");
    socket.set_nodelay(true).expect("no delay");
    for n in 0..200u8 {
        socket.write_all(&[n]).expect("a question");
        let mut answer = [0];
        socket.read_exact(&mut answer).expect("an answer");
        assert_eq!(answer, [n]);
    }
    socket
}

fn a_socket_beside_a_pipe() {
    let large = bytes(LARGE);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let (reader, mut writer) = pipe().expect("a pipe");
    let mut child = Subject::start("beside", reader, Some(&address));
    child.says("threaded: false");
    let expected = sum(&large);
    let socket = std::thread::scope(|scope| {
        let feeding = scope.spawn(|| writer.write_all(&large));
        let socket = questions(&listener);
        feeding.join().expect("the feeder").expect("a reader");
        socket
    });
    drop((writer, socket));
    child.says(&expected);
    child.ends();
}

fn a_socket_beside_a_file() {
    let large = bytes(LARGE);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let mut child = Subject::start("beside", file_of(&large), Some(&address));
    child.says(&format!("threaded: {FILES_THREADED}"));
    drop(questions(&listener));
    child.says(&sum(&large));
    child.ends();
}

fn a_pause() {
    let large = bytes(LARGE);
    let mut child = Subject::start("pause", file_of(&large), None);
    child.says(&format!("threaded: {FILES_THREADED}"));
    child.says(&sum(&large));
    child.ends();
}

fn an_early_exit() {
    let large = bytes(LARGE);
    for task in ["drop", "leak"] {
        let mut child = Subject::start(task, file_of(&large), None);
        child.says(&format!("threaded: {FILES_THREADED}"));
        child.says("leaving");
        child.ends();
        let (reader, writer) = pipe().expect("a pipe");
        let mut child = Subject::start(task, reader, None);
        child.says("threaded: false");
        child.says("leaving");
        child.ends();
        drop(writer);
    }
}
