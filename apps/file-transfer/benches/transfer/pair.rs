//! This pair.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::{self, JoinHandle};

use crate::process::{Ended, Running};

const CODE: &str = "7-tiger-bamboo";

/// A sender that waits.
pub(crate) struct Sender {
    pub(crate) running: Running,
    pub(crate) address: SocketAddr,
    /// What it says after that, so that it need not wait to say it.
    rest: JoinHandle<String>,
}

impl Sender {
    pub(crate) fn start(what: impl AsRef<OsStr>, input: Stdio) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bw-send"));
        command.args(["--at", "127.0.0.1:0", "--code", CODE, "--quiet"]);
        command.arg(what).stdin(input);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut running = Running::start(&mut command);
        let pipe = running.child.stderr.take().expect("piped");
        let mut pipe = BufReader::new(pipe);
        let mut line = String::new();
        pipe.read_line(&mut line).expect("text");
        let address = line.trim().strip_prefix("listening on ");
        let address = address.unwrap_or_else(|| panic!("bw-send: {line}"));
        let address = address.parse().expect("an address");
        let rest = thread::spawn(move || {
            let mut rest = String::new();
            let _ = pipe.read_to_string(&mut rest);
            rest
        });
        Self {
            running,
            address,
            rest,
        }
    }

    /// # Panics
    ///
    /// If it fails or says something: it is to be quiet.
    pub(crate) fn wait(self) -> Ended {
        let ended = self.running.wait();
        let said = self.rest.join().expect("it only reads");
        assert!(said.is_empty(), "bw-send: {said}");
        ended
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sync {
    Durable,
    None,
}

/// A receiver, from this sender into that place.
pub(crate) fn receiver(sender: &Sender, to: impl AsRef<OsStr>, sync: Sync) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bw-recv"));
    command.args([CODE, "--at", &sender.address.to_string(), "--yes"]);
    command.arg("-o").arg(to);
    if sync == Sync::None {
        command.arg("--no-sync");
    }
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}

/// As [`receiver`], saying nothing.
pub(crate) fn quiet_receiver(sender: &Sender, to: &Path, sync: Sync) -> Running {
    Running::start(receiver(sender, to, sync).arg("--quiet"))
}
