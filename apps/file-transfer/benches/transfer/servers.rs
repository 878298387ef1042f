//! The servers of the others, with nothing of the machine's own configuration.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use barewire_proving::net::free_port;
use barewire_proving::{machine, process};

use crate::process::Running;

/// What others need: servers, and how to reach them.
pub(crate) struct Servers {
    pub(crate) ssh: Option<Ssh>,
    pub(crate) rsync: Option<Rsync>,
}

/// An sshd, and the configuration for its clients, who call it `peer`.
pub(crate) struct Ssh {
    pub(crate) server: Server,
    pub(crate) config: PathBuf,
}

/// An rsync daemon; its module `root` is the whole directory.
pub(crate) struct Rsync {
    pub(crate) server: Server,
    pub(crate) port: u16,
}

pub(crate) struct Server(Running);

impl Servers {
    /// Those that are installed; a line for each that is not.
    pub(crate) fn start(directory: &Path) -> Self {
        let mut of_ssh = ["sshd", "ssh", "scp", "ssh-keygen"].into_iter();
        let has_ssh = of_ssh.all(|program| machine::has(program, "openssh-server"));
        let has_rsync = machine::has("rsync", "rsync");
        Self {
            ssh: has_ssh.then(|| Ssh::start(directory)),
            rsync: has_rsync.then(|| Rsync::start(directory)),
        }
    }

    pub(crate) fn none() -> Self {
        Self {
            ssh: None,
            rsync: None,
        }
    }
}

impl Ssh {
    fn start(directory: &Path) -> Self {
        let at = |name: &str| directory.join(name).display().to_string();
        for key in ["host_key", "client_key"] {
            let mut command = Command::new("ssh-keygen");
            command.args(["-q", "-t", "ed25519", "-N", "", "-f", &at(key)]);
            assert!(command.status().expect("installed").success(), "{key}");
        }
        // Where it puts aside what needs no privileges; a system service has it made.
        let _ = fs::create_dir_all("/run/sshd");
        let port = free_port();
        let server = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\n\
             StrictModes no\nUsePAM no\nPermitRootLogin yes\nPasswordAuthentication no\nPrintMotd no\n\
             Subsystem sftp internal-sftp\n",
            at("host_key"),
            at("client_key.pub")
        );
        write(&at("sshd_config"), &server);
        let client = format!(
            "Host peer\n HostName 127.0.0.1\n Port {port}\n IdentityFile {}\n IdentitiesOnly yes\n BatchMode yes\n \
             StrictHostKeyChecking no\n UserKnownHostsFile {}\n LogLevel ERROR\n",
            at("client_key"),
            at("known_hosts")
        );
        write(&at("ssh_config"), &client);
        let log = fs::File::create(at("sshd.log")).expect("room");
        let mut command = Command::new(machine::find("sshd").expect("seen before"));
        command.args(["-D", "-e", "-f", &at("sshd_config")]);
        command.stderr(log);
        Self {
            server: Server::start(command, port),
            config: at("ssh_config").into(),
        }
    }
}

impl Rsync {
    fn start(directory: &Path) -> Self {
        let port = free_port();
        let at = |name: &str| directory.join(name).display().to_string();
        let user = rustix::process::geteuid().as_raw();
        let group = rustix::process::getegid().as_raw();
        let config = format!(
            "address = 127.0.0.1\nport = {port}\nuse chroot = no\nuid = {user}\ngid = {group}\nlog file = {}\n\
             [root]\npath = {}\nread only = no\n",
            at("rsyncd.log"),
            directory.display()
        );
        write(&at("rsyncd.conf"), &config);
        let mut command = Command::new("rsync");
        command.args(["--daemon", "--no-detach", "--config", &at("rsyncd.conf")]);
        Self {
            server: Server::start(command, port),
            port,
        }
    }
}

impl Server {
    fn start(mut command: Command, port: u16) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let mut running = Running::start(&mut command);
        let address = (Ipv4Addr::LOCALHOST, port).into();
        process::await_listening(&mut running.child, address, &running.name);
        Self(running)
    }

    /// What it has used until now, without those of its processes that are still there.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        process::await_children(self.0.id());
        process::cpu_seconds(self.0.id())
    }
}

fn write(path: &str, text: &str) {
    fs::write(path, text).unwrap_or_else(|error| panic!("{path}: {error}"));
}
