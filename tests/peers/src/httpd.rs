//! The program as built.

use std::env::consts::EXE_SUFFIX;
use std::net::SocketAddr;
use std::path::PathBuf;

use barewire_proving::{Program, command};

use crate::peer::skip;
use crate::{SOON, Site};

/// `bw-httpd` serving a [`Site`], killed when dropped.
pub struct Httpd {
    /// What it serves.
    pub site: Site,
    address: SocketAddr,
    _program: Program,
}

impl Httpd {
    /// Serves on a free port; `None`, and a line, where the program was not built.
    #[track_caller]
    pub fn start() -> Option<Self> {
        let path = built("bw-httpd");
        if !path.is_file() {
            let path = path.display();
            skip(&format!(
                "there is no {path}; build it with `cargo build -p bw-httpd`"
            ));
            return None;
        }
        let site = Site::new();
        let mut command = command(path);
        command.arg(site.path("www"));
        command.args(["--listen", "127.0.0.1:0", "--threads", "2"]);
        let program = Program::start(command).within(SOON);
        Some(Self {
            site,
            address: program.address(),
            _program: program,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Of a path, for clients.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

/// Where a program of this workspace is: beside the directory of this test, where `cargo test --workspace` puts it too,
/// or in `BW_PROGRAMS`.
fn built(name: &str) -> PathBuf {
    let directory = std::env::var_os("BW_PROGRAMS").map(PathBuf::from);
    let directory = directory.unwrap_or_else(|| {
        let test = std::env::current_exe().expect("the path of this test");
        let built = test.ancestors().nth(2).expect("target/debug");
        built.to_owned()
    });
    directory.join(format!("{name}{EXE_SUFFIX}"))
}
