//! The programs that are compared.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use barewire_proving::net::free_port;
use barewire_proving::process::{self, pid};
use barewire_proving::{PATIENCE, eventually, machine};
use rustix::process::{Signal, kill_process};

/// What can be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// This program with a value of `--sync`.
    Log(&'static str),
    /// ncat, its output appended to the file.
    Ncat,
    /// socat with a process for each client.
    Socat,
}

/// A server that runs, killed when dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    kind: Kind,
    child: Child,
    /// The server itself, which a tool may have started.
    id: u32,
}

/// What a server has cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) cpu_seconds: f64,
    /// Most bytes of memory it had at once, without its children's.
    pub(crate) resident_bytes_max: f64,
}

impl Kind {
    pub(crate) fn name(self) -> String {
        match self {
            Self::Log(sync) => format!("bw-log --sync {sync}"),
            Self::Ncat => "ncat -lk --recv-only >> file".to_owned(),
            Self::Socat => "socat -u TCP-LISTEN fork".to_owned(),
        }
    }

    fn command(self, file: &Path, port: u16) -> Command {
        let append = || File::options().create(true).append(true).open(file);
        match self {
            Self::Log(sync) => {
                let mut command = Command::new(env!("CARGO_BIN_EXE_bw-log"));
                command.arg("--file").arg(file).args(["--sync", sync]);
                command.args(["--listen", "127.0.0.1:0", "--no-stdin"]);
                command.args(["--max-clients", "100000"]);
                command.stderr(Stdio::piped());
                command
            }
            Self::Ncat => {
                let mut command = Command::new("ncat");
                command.args(["-lk", "--recv-only", "127.0.0.1", &port.to_string()]);
                command.stdout(append().expect("room"));
                command
            }
            Self::Socat => {
                let mut command = Command::new("socat");
                command.arg("-u").arg(format!(
                    "TCP-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr,backlog=128"
                ));
                command.arg(format!("OPEN:{},creat,append", file.display()));
                command
            }
        }
    }

    /// Starts it; `None`, and a line, where it is not installed.
    pub(crate) fn start(self, file: &Path) -> Option<Server> {
        let port = free_port();
        let mut command = self.command(file, port);
        let program = command.get_program().to_string_lossy();
        if !machine::has(&program, &program) {
            return None;
        }
        command.stdin(Stdio::null());
        let child = command.spawn().expect("found above");
        Some(Server::new(self, child, port))
    }
}

impl Server {
    fn new(kind: Kind, child: Child, port: u16) -> Self {
        let id = child.id();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut server = Self {
            kind,
            address,
            child,
            id,
        };
        match kind {
            Kind::Log(_) => server.read_address(),
            Kind::Ncat | Kind::Socat => {
                process::await_listening(&mut server.child, address, &kind.name());
            }
        }
        server
    }

    /// This program, started by a tool that ends when it does: `command` is all but its arguments.
    pub(crate) fn under(mut command: Command, file: &Path) -> Self {
        let kind = Kind::Log("none");
        let own = kind.command(file, 0);
        command.arg(own.get_program()).args(own.get_args());
        command.stdin(Stdio::null()).stderr(Stdio::piped());
        let mut server = Self::new(kind, command.spawn().expect("the tool"), 0);
        let tool = server.child.id();
        let children = fs::read_to_string(format!("/proc/{tool}/task/{tool}/children"));
        let children = children.expect("a child of ours");
        let only = children.trim().parse().ok();
        server.id = only.expect("one child, this program");
        server
    }

    fn read_address(&mut self) {
        let pipe = self.child.stderr.as_mut().expect("piped");
        let mut line = String::new();
        // Nothing else is said until there are clients.
        let _ = BufReader::new(pipe).read_line(&mut line);
        let address = line.trim().strip_prefix("listening on ");
        let address = address.unwrap_or_else(|| panic!("{}: {line}", self.kind.name()));
        self.address = address.parse().expect("an address");
    }

    /// Waits until it has let so many in.
    pub(crate) fn await_clients(&self, count: usize) {
        let enough = || process::descriptors(self.id) >= count;
        let all = eventually(PATIENCE, || enough().then_some(()));
        assert!(all.is_some(), "{} is busy", self.kind.name());
    }

    /// What it has used until now.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        process::cpu_seconds(self.id)
    }

    /// Asks it to end and waits until it has.
    pub(crate) fn stop(mut self) -> Cost {
        let resident_bytes_max = process::resident_bytes_max(self.id);
        let resident_bytes_max = resident_bytes_max.expect("a server of ours") as f64;
        // Of its own processes, the last ones may still be writing.
        process::await_children(self.id);
        kill_process(pid(self.id), Signal::TERM).expect("a child of ours");
        let cpu_seconds = process::wait_unreaped(self.child.id());
        let status = self.child.wait().expect("a child of ours");
        if let (Kind::Log(_), Some(mut pipe)) = (self.kind, self.child.stderr.take()) {
            let mut said = String::new();
            let _ = pipe.read_to_string(&mut said);
            let name = self.kind.name();
            assert!(status.success() && said.is_empty(), "{name}: {said}");
        }
        Cost {
            cpu_seconds,
            resident_bytes_max,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A tool's child first, while it is certainly the same.
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            let _ = kill_process(pid(self.id), Signal::KILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
