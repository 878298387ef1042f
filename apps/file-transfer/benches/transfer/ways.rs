//! The ways from one directory to another that are compared.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::machine;
use crate::pair::{Sender, Sync, quiet_receiver};
use crate::process::{Ended, Running, Watch};
use crate::servers::{Server, Servers};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Pair(Sync),
    Scp,
    /// In clear.
    RsyncDaemon(Sync),
    RsyncSsh,
}

/// What a transfer has cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) seconds: f64,
    pub(crate) sender_cpu_seconds: f64,
    pub(crate) receiver_cpu_seconds: f64,
    /// Of the sender and the receiver, where they were looked at.
    pub(crate) resident_bytes_max: Option<[u64; 2]>,
}

impl Way {
    /// All that can be gone.
    pub(crate) fn all(servers: &Servers) -> Vec<Self> {
        let mut ways = vec![Self::Pair(Sync::Durable), Self::Pair(Sync::None)];
        if servers.ssh.is_some() {
            ways.push(Self::Scp);
        }
        if servers.rsync.is_some() {
            ways.push(Self::RsyncDaemon(Sync::None));
            if machine::rsync_syncs() {
                ways.push(Self::RsyncDaemon(Sync::Durable));
            }
        }
        if servers.rsync.is_some() && servers.ssh.is_some() {
            ways.push(Self::RsyncSsh);
        }
        ways
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pair(Sync::Durable) => "bw-send, bw-recv",
            Self::Pair(Sync::None) => "bw-send, bw-recv --no-sync",
            Self::Scp => "scp",
            Self::RsyncDaemon(Sync::None) => "rsync -W --inplace, daemon in clear",
            Self::RsyncDaemon(Sync::Durable) => "rsync -W --inplace --fsync, daemon in clear",
            Self::RsyncSsh => "rsync -W --inplace, over ssh",
        }
    }

    pub(crate) fn is_durable(self) -> bool {
        matches!(
            self,
            Self::Pair(Sync::Durable) | Self::RsyncDaemon(Sync::Durable)
        )
    }

    /// Takes a file or directory below `ground` into the directory `to` below it.
    pub(crate) fn carry(self, servers: &Servers, ground: &Path, from: &str, to: &str) -> Cost {
        match self {
            Self::Pair(sync) => pair(&ground.join(from), &ground.join(to), sync),
            Self::Scp => {
                let ssh = servers.ssh.as_ref().expect("one of all()");
                let mut command = Command::new("scp");
                command.arg("-F").arg(&ssh.config).args(["-q", "-r"]);
                command.arg(ground.join(from));
                command.arg(format!("peer:{}/", ground.join(to).display()));
                served(command, &ssh.server)
            }
            Self::RsyncDaemon(sync) => {
                let daemon = servers.rsync.as_ref().expect("one of all()");
                let mut command = rsync(sync);
                command.arg(ground.join(from));
                command.arg(format!("rsync://127.0.0.1:{}/root/{to}/", daemon.port));
                served(command, &daemon.server)
            }
            Self::RsyncSsh => {
                let ssh = servers.ssh.as_ref().expect("one of all()");
                let mut command = rsync(Sync::None);
                let shell = format!("ssh -F {}", ssh.config.display());
                command.args(["-e", &shell]).arg(ground.join(from));
                command.arg(format!("peer:{}/", ground.join(to).display()));
                served(command, &ssh.server)
            }
        }
    }
}

fn rsync(sync: Sync) -> Command {
    let mut command = Command::new("rsync");
    command.args(["-a", "-W", "--inplace"]);
    if sync == Sync::Durable {
        command.arg("--fsync");
    }
    command
}

fn pair(from: &Path, to: &Path, sync: Sync) -> Cost {
    let started = Instant::now();
    let sender = Sender::start(from, Stdio::null());
    let receiver = quiet_receiver(&sender, to, sync);
    finish(started, sender, receiver)
}

/// Waits for both, watching them.
pub(crate) fn finish(started: Instant, sender: Sender, receiver: Running) -> Cost {
    let watch = Watch::new([sender.running.id(), receiver.id()]);
    let received = receiver.wait();
    let sent = sender.wait();
    Cost {
        seconds: seconds(started, received.at.max(sent.at)),
        sender_cpu_seconds: sent.cpu_seconds,
        receiver_cpu_seconds: received.cpu_seconds,
        resident_bytes_max: Some(watch.finish()),
    }
}

/// A client, and what its server did for it.
fn served(mut command: Command, server: &Server) -> Cost {
    let before = server.cpu_seconds();
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let started = Instant::now();
    let Ended { at, cpu_seconds } = Running::start(&mut command).wait();
    Cost {
        seconds: seconds(started, at),
        sender_cpu_seconds: cpu_seconds,
        receiver_cpu_seconds: server.cpu_seconds() - before,
        resident_bytes_max: None,
    }
}

fn seconds(from: Instant, to: Instant) -> f64 {
    to.duration_since(from).as_secs_f64()
}
