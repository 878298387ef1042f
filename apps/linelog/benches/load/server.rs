//! The programs that are compared.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

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
    id: Pid,
}

/// What a server has cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) cpu_seconds: f64,
    /// Most bytes of memory it had at once, without its children's.
    pub(crate) resident_bytes_max: f64,
}

const PATIENCE: Duration = Duration::from_secs(60);

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
        if find(command.get_program().as_ref()).is_none() {
            let program = command.get_program().display();
            println!("left out: {program} (apt-get install {program})");
            return None;
        }
        command.stdin(Stdio::null());
        let child = command.spawn().expect("found above");
        Some(Server::new(self, child, port))
    }
}

impl Server {
    fn new(kind: Kind, child: Child, port: u16) -> Self {
        let id = Pid::from_child(&child);
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut server = Self {
            kind,
            address,
            child,
            id,
        };
        match kind {
            Kind::Log(_) => server.read_address(),
            Kind::Ncat | Kind::Socat => server.await_ready(),
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
        let only = children.trim().parse().ok().and_then(Pid::from_raw);
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

    fn await_ready(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(self.address).is_err() {
            let ended = self.child.try_wait().expect("a child of ours");
            assert_eq!(ended, None, "{} did not start", self.kind.name());
            assert!(Instant::now() < deadline, "{} is silent", self.kind.name());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until it has let so many in.
    pub(crate) fn await_clients(&self, count: usize) {
        let deadline = Instant::now() + PATIENCE;
        let directory = format!("/proc/{}/fd", self.id.as_raw_nonzero());
        while fs::read_dir(&directory).expect("ours").count() < count {
            assert!(Instant::now() < deadline, "{} is busy", self.kind.name());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// What it has used until now.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        cpu_seconds(self.id)
    }

    /// Asks it to end and waits until it has.
    pub(crate) fn stop(mut self) -> Cost {
        let resident_bytes_max = self.resident_bytes_max();
        self.await_children();
        kill_process(self.id, Signal::TERM).expect("a child of ours");
        // It is left in the table until its times are read.
        let how = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let child = WaitId::Pid(Pid::from_child(&self.child));
        waitid(child, how).expect("a child of ours");
        let cpu_seconds = cpu_seconds(Pid::from_child(&self.child));
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

    /// Of its own processes, the last ones may still be writing.
    fn await_children(&self) {
        let children = || {
            let id = self.id.as_raw_nonzero();
            fs::read_to_string(format!("/proc/{id}/task/{id}/children"))
        };
        let deadline = Instant::now() + PATIENCE;
        while children().is_ok_and(|children| !children.trim().is_empty()) {
            assert!(Instant::now() < deadline, "{} goes on", self.kind.name());
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn resident_bytes_max(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id.as_raw_nonzero()));
        let status = status.expect("a server of ours");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.expect("the kernel tells").trim();
        let kilobytes: f64 = kilobytes.trim_end_matches(" kB").parse().expect("a number");
        kilobytes * 1024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A tool's child first, while it is certainly the same.
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            let _ = kill_process(self.id, Signal::KILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// User and system time of all threads and of the children that have ended. Linux counts it in
/// hundredths of a second for everybody who asks here (USER_HZ), whatever the kernel's own rate is.
fn cpu_seconds(id: Pid) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", id.as_raw_nonzero()));
    let stat = stat.expect("a server of ours");
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |at: usize| fields[at].parse::<f64>().expect("ticks");
    (11..15).map(ticks).sum::<f64>() / 100.0
}

/// Finds a program by its path, or by its name in PATH.
pub(crate) fn find(program: &Path) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|directory| directory.join(program))
        .find(|path| path.is_file())
}

/// Free a moment ago; nobody else on the machine should be fast enough.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("bound").port()
}
