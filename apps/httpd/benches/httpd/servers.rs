//! The servers that are compared, each as a single process on one processor.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use barewire_proving::net::free_port;
use barewire_proving::{machine, process};

use crate::bare;
use crate::measure::{Answer, ask};

/// What can be started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// This program with files trusted for ten minutes, as nginx does at its best.
    Cached,
    /// This program without flags: it looks at the disk for each request.
    Default,
    /// nginx as it is best for small files.
    NginxSmall,
    /// nginx as it is best for big files.
    NginxBig,
    /// nginx as distributions ship it, without a log.
    NginxDefault,
    /// A loop that parses nothing.
    Bare,
    /// static-web-server.
    StaticWebServer,
}

/// A directory with what the servers need.
pub(crate) struct Place {
    directory: tempfile::TempDir,
}

pub(crate) const SMALL: &str = "/1k.bin";
pub(crate) const SMALL_BYTES: usize = 1024;
pub(crate) const BIG: &str = "/100m.bin";
pub(crate) const BIG_BYTES: usize = 100 << 20;

/// A server that runs, killed when dropped.
pub(crate) struct Server {
    pub(crate) kind: Kind,
    pub(crate) address: SocketAddr,
    /// Bytes of the head of its answer for the small file.
    pub(crate) head_bytes: usize,
    child: Child,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cached => "bw-httpd --cache 600",
            Self::Default => "bw-httpd",
            Self::NginxSmall => "nginx, best for small",
            Self::NginxBig => "nginx, best for big",
            Self::NginxDefault => "nginx, default",
            Self::Bare => "bare epoll loop",
            Self::StaticWebServer => "static-web-server",
        }
    }

    fn program(self) -> Option<PathBuf> {
        match self {
            Self::Cached | Self::Default => Some(env!("CARGO_BIN_EXE_bw-httpd").into()),
            Self::Bare => std::env::current_exe().ok(),
            Self::NginxSmall | Self::NginxBig | Self::NginxDefault => find("nginx"),
            Self::StaticWebServer => find("static-web-server"),
        }
    }

    /// How to get it, where it is missing.
    fn how_to_install(self) -> &'static str {
        match self {
            Self::StaticWebServer => "cargo install static-web-server --locked",
            _ => "apt-get install nginx-light",
        }
    }
}

/// Finds a program in PATH and where servers are kept; `STATIC_WEB_SERVER` and the like name one.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let variable = name.to_uppercase().replace('-', "_");
    if let Some(path) = std::env::var_os(variable) {
        return Some(path.into());
    }
    machine::find(name)
}

impl Place {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let place = Self { directory };
        fs::create_dir(place.path("www")).expect("new");
        fs::write(place.path("www/1k.bin"), small()).expect("room");
        fs::write(place.path("www/100m.bin"), big()).expect("100 MiB of room");
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Starts a server, checks its answer; `None`, and a line, where it is not installed.
    pub(crate) fn start(&self, kind: Kind) -> Option<Server> {
        let Some(program) = kind.program() else {
            println!("left out: {} ({})", kind.name(), kind.how_to_install());
            return None;
        };
        let mut command = Command::new("taskset");
        command.args(["-c", "0"]).arg(program).stdin(Stdio::null());
        let www = self.path("www");
        let tells = match kind {
            Kind::Cached => {
                command.arg(&www).args(["--cache", "600", "--threads", "1"]);
                command.args(["--listen", "127.0.0.1:0"]);
                true
            }
            Kind::Default => {
                command.arg(&www).args(["--threads", "1"]);
                command.args(["--listen", "127.0.0.1:0"]);
                true
            }
            Kind::Bare => {
                command.arg(bare::FLAG).arg(self.path("answer"));
                true
            }
            _ => false,
        };
        let port = free_port();
        match kind {
            Kind::NginxSmall | Kind::NginxBig | Kind::NginxDefault => {
                let file = self.path(&format!("{kind:?}.conf"));
                fs::write(&file, self.nginx(kind, port)).expect("room");
                command.arg("-p").arg(self.directory.path());
                command.args(["-e", "stderr", "-c"]).arg(file);
            }
            Kind::StaticWebServer => {
                let port = port.to_string();
                command.args(["--host", "127.0.0.1", "--port", &port, "--root"]);
                command.arg(&www).args(["--threads-multiplier", "1"]);
            }
            Kind::Cached | Kind::Default | Kind::Bare => {}
        }
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut server = if tells {
            command.stderr(Stdio::piped());
            let mut child = command.spawn().expect("taskset (util-linux)");
            let mut line = String::new();
            let pipe = child.stderr.take().expect("piped");
            BufReader::new(pipe).read_line(&mut line).expect("a pipe");
            let address = line.trim().strip_prefix("listening on ");
            let address = address.unwrap_or_else(|| panic!("{}: {line}", kind.name()));
            Server {
                kind,
                address: address.parse().expect("an address"),
                head_bytes: 0,
                child,
            }
        } else {
            let child = command.spawn().expect("taskset (util-linux)");
            Server {
                kind,
                address,
                head_bytes: 0,
                child,
            }
        };
        process::await_listening(&mut server.child, server.address, kind.name());
        server.check(self);
        Some(server)
    }

    /// See the project's notes on how nginx serves files best; one process, no log.
    fn nginx(&self, kind: Kind, port: u16) -> String {
        let cache = "open_file_cache max=20000 inactive=10m; open_file_cache_valid 10m;\n  \
             open_file_cache_min_uses 1; open_file_cache_errors on;";
        let how = match kind {
            Kind::NginxSmall => format!("sendfile off; tcp_nopush off; {cache}"),
            Kind::NginxBig => {
                format!("sendfile on; tcp_nopush on; sendfile_max_chunk 2m; {cache}")
            }
            _ => "sendfile on; tcp_nopush on;".to_owned(),
        };
        let directory = self.directory.path().display();
        format!(
            "daemon off; master_process off; worker_rlimit_nofile 65536;\n\
             error_log stderr crit; pid {directory}/{kind:?}.pid;\n\
             events {{ use epoll; worker_connections 16384; accept_mutex off; multi_accept off; }}\n\
             http {{\n  default_type application/octet-stream;\n  \
             access_log off; log_not_found off; server_tokens off; client_body_temp_path {directory}/body;\n  \
             tcp_nodelay on; output_buffers 2 64k; {how}\n  \
             keepalive_timeout 300s; keepalive_requests 100000000; keepalive_time 24h;\n  \
             reset_timedout_connection on;\n  \
             server {{ listen 127.0.0.1:{port} backlog=4096; root {directory}/www; }}\n}}\n"
        )
    }
}

impl Server {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// A server that sends something else would win easily.
    fn check(&mut self, place: &Place) {
        let name = self.kind.name();
        let answer = ask(self.address, SMALL, "");
        assert_eq!(answer.status(), 200, "{name}");
        assert!(
            answer.body == small(),
            "{name}: not the content of the file"
        );
        self.head_bytes = answer.head.len();
        if self.kind == Kind::Cached {
            let Answer { head, body } = &answer;
            fs::write(place.path("answer"), [head.as_bytes(), body].concat()).expect("room");
        }
        if self.kind != Kind::Bare {
            let answer = ask(self.address, BIG, "Range: bytes=104857000-\r\n");
            assert_eq!(answer.status(), 206, "{name}");
            assert!(
                answer.body == big()[104_857_000..],
                "{name}: not that range"
            );
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn small() -> Vec<u8> {
    pattern(SMALL_BYTES)
}

fn big() -> Vec<u8> {
    pattern(BIG_BYTES)
}

fn pattern(bytes: usize) -> Vec<u8> {
    (0..bytes)
        .map(|at| (at ^ (at >> 8) ^ (at >> 16)) as u8)
        .collect()
}

/// Whether wrk and taskset are there.
pub(crate) fn has_tools() -> bool {
    let mut all = true;
    for (name, package) in [("wrk", "wrk"), ("taskset", "util-linux")] {
        if find(name).is_none() {
            println!("nothing to measure with: {name} is missing (apt-get install {package})");
            all = false;
        }
    }
    all
}

/// Puts a script of wrk beside the files that are served.
pub(crate) fn write_script(place: &Place, name: &str, text: &str) -> PathBuf {
    let path = place.path(name);
    fs::write(&path, text).expect("room");
    path
}
