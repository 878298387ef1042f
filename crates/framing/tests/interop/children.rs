//! Other programs, with a deadline.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// Long enough for any machine; reached only by a test that fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A running program, which does not outlive its test.
pub(crate) struct Peer {
    child: Child,
    name: String,
}

impl Peer {
    /// `None`, and a line that says so, where there is no such program.
    pub(crate) fn start(command: &mut Command) -> Option<Self> {
        let name = command.get_program().display().to_string();
        match command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() {
            Ok(child) => Some(Self { child, name }),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                println!("passed over: there is no {name} here");
                None
            }
            Err(error) => panic!("cannot run {name}: {error}"),
        }
    }

    /// Gives it `input` and an end; what it has written by its own end, and whether that was a success.
    pub(crate) fn finish(mut self, input: &[u8]) -> (bool, Vec<u8>) {
        let (mut stdin, mut stdout) = (
            self.child.stdin.take().expect("piped"),
            self.child.stdout.take().expect("piped"),
        );
        let input = input.to_vec();
        // Whatever becomes of this: its answer says what it has read.
        thread::spawn(move || drop(stdin.write_all(&input)));
        let output = within_patience(&self.name, move || {
            let mut output = Vec::new();
            stdout.read_to_end(&mut output).map(|_| output)
        });
        let output = output.expect("a readable pipe");
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(exit) = self.child.try_wait().expect("a child") {
                return (exit.success(), output);
            }
            assert!(Instant::now() < deadline, "{} does not exit", self.name);
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What `command` makes of `input`.
///
/// # Panics
///
/// If it fails, or takes too long.
pub(crate) fn output(command: &mut Command, input: &[u8]) -> Option<Vec<u8>> {
    let peer = Peer::start(command)?;
    let (success, output) = peer.finish(input);
    assert!(success, "{command:?} has failed");
    Some(output)
}

pub(crate) fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    (listener, port)
}

/// The next connection, whose reads have a deadline as well.
pub(crate) fn accepted(listener: TcpListener) -> TcpStream {
    let stream = within_patience("a connection", move || listener.accept());
    let (stream, _) = stream.expect("a connection");
    stream
        .set_read_timeout(Some(PATIENCE))
        .expect("a read time-out");
    stream
}

fn within_patience<T: Send + 'static>(what: &str, wait: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || drop(sender.send(wait())));
    receiver
        .recv_timeout(PATIENCE)
        .unwrap_or_else(|_| panic!("waited too long for {what}"))
}
