//! Servers for our client: `bw-httpd` as it was built, and other people's.

use std::env::consts::EXE_SUFFIX;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::thread;

use barewire_proving::net::free_port;
use barewire_proving::{Program, command, eventually};

use crate::peer::skip;
use crate::{Peer, SOON, Site};

/// A server of a [`Site`], killed when dropped.
pub struct Server {
    /// What it serves.
    pub site: Site,
    address: SocketAddr,
    program: Program,
}

impl Server {
    /// `bw-httpd`; `None`, and a line, where it was not built.
    #[track_caller]
    pub fn httpd() -> Option<Self> {
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
        Some(Self::that_tells(site, command))
    }

    /// `scripts/server.py`; `None`, and a line, without Python.
    #[track_caller]
    pub fn python() -> Option<Self> {
        let mut command = Peer::PYTHON.is_here().then(|| Peer::PYTHON.command())?;
        let site = Site::new();
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/server.py"));
        command.arg(site.path("www"));
        Some(Self::that_tells(site, command))
    }

    /// `scripts/server.mjs`; `None`, and a line, without Node.js.
    #[track_caller]
    pub fn node() -> Option<Self> {
        let mut command = Peer::NODE.is_here().then(|| Peer::NODE.command())?;
        let site = Site::new();
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/server.mjs"));
        command.arg(site.path("www"));
        Some(Self::that_tells(site, command))
    }

    /// `python3 -m http.server`; `None`, and a line, without Python.
    #[track_caller]
    pub fn plain_python() -> Option<Self> {
        let mut command = Peer::PYTHON.is_here().then(|| Peer::PYTHON.command())?;
        let site = Site::new();
        command.args(["-u", "-m", "http.server", "0", "--bind", "127.0.0.1"]);
        command.current_dir(site.path("www"));
        let program = Program::start(command).within(SOON);
        let said = program.wait_for_output("Serving HTTP on 127.0.0.1 port ");
        let port = said.split(' ').next().and_then(|port| port.parse().ok());
        Some(Self {
            site,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port.expect("a port"))),
            program,
        })
    }

    /// nginx; `None`, and a line, without it. Beside the files of the site:
    ///
    /// - `/all.shtml` is `/1m`, in chunks
    /// - `/last/` is the site again, each answer the last of its connection
    /// - `/brief/` is the site again; a connection that idles for a second ends
    /// - what is `PUT` beneath `/put/` is stored, up to a mebibyte
    #[track_caller]
    pub fn nginx() -> Option<Self> {
        let site = Site::new();
        site.put("/all.shtml", r#"<!--# include virtual="/1m" -->"#);
        let locations = "location = /all.shtml { ssi on; ssi_types *; }\n    \
             location /last/ { alias www/; keepalive_timeout 0; }\n    \
             location /brief/ { alias www/; keepalive_timeout 1s; }\n    \
             location /put/ { dav_methods PUT; create_full_put_path on; client_max_body_size 1m; }";
        Self::nginx_with(site, "", locations)
    }

    /// nginx, with blocks of its configuration for `http` and for `server`.
    #[track_caller]
    pub(crate) fn nginx_with(site: Site, http: &str, server: &str) -> Option<Self> {
        let mut command = Peer::NGINX.is_here().then(|| Peer::NGINX.command())?;
        let port = free_port();
        let configuration = format!(
            "daemon off; master_process off; worker_processes 1; error_log stderr; pid pid;\n\
             events {{ worker_connections 256; }}\n\
             http {{\n  \
               types {{}} default_type application/octet-stream; access_log off;\n  \
               client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;\n  \
               uwsgi_temp_path uwsgi; scgi_temp_path scgi;\n  \
               {http}\n  \
               server {{\n    \
                 listen 127.0.0.1:{port}; root www; client_max_body_size 16m;\n    \
                 {server}\n  \
               }}\n\
             }}\n"
        );
        fs::write(site.path("nginx.conf"), configuration).expect("room");
        command.arg("-p").arg(site.path("."));
        command.args(["-e", "stderr", "-c", "nginx.conf"]);
        Some(Self::that_is_silent(site, port, command))
    }

    /// lighttpd; `None`, and a line, without it. Beside the files of the site:
    ///
    /// - `/all.cgi` is `/1m`, in chunks
    /// - `/give.cgi` gives back what it got, in chunks
    #[track_caller]
    pub fn lighttpd() -> Option<Self> {
        let site = Site::new();
        let head = r"printf 'Content-Type: application/octet-stream\r\n\r\n'";
        site.put("/all.cgi", format!("{head}; cat 1m\n"));
        site.put("/give.cgi", format!("{head}; cat\n"));
        let modules = "server.modules = (\"mod_cgi\")\ncgi.assign = (\".cgi\" => \"/bin/sh\")\n";
        Self::lighttpd_with(site, modules)
    }

    /// lighttpd, with its modules.
    #[track_caller]
    pub(crate) fn lighttpd_with(site: Site, modules: &str) -> Option<Self> {
        let here = Peer::LIGHTTPD.is_here();
        let mut command = here.then(|| Peer::LIGHTTPD.command())?;
        let port = free_port();
        let configuration = format!(
            "server.document-root = \"{www}\"\n\
             server.bind = \"127.0.0.1\"\n\
             server.port = {port}\n\
             server.upload-dirs = (\"{place}\")\n\
             server.stream-response-body = 2\n\
             mimetype.assign = (\"\" => \"application/octet-stream\")\n\
             {modules}",
            www = site.place("www"),
            place = site.place("."),
        );
        fs::write(site.path("lighttpd.conf"), configuration).expect("room");
        command.args(["-D", "-f"]).arg(site.path("lighttpd.conf"));
        Some(Self::that_is_silent(site, port, command))
    }

    #[track_caller]
    fn that_tells(site: Site, command: Command) -> Self {
        let program = Program::start(command).within(SOON);
        Self {
            site,
            address: program.address(),
            program,
        }
    }

    /// Waits until somebody listens.
    #[track_caller]
    pub(crate) fn that_is_silent(site: Site, port: u16, command: Command) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut program = Program::start(command).within(SOON);
        let connected = eventually(SOON, || {
            assert!(program.is_running(), "{}", program.errors());
            TcpStream::connect(address).ok()
        });
        assert!(connected.is_some(), "silent: {}", program.errors());
        Self {
            site,
            address,
            program,
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Of a path, for other people's clients.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

/// What it has to say about a test that fails.
impl Drop for Server {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("the server: {}", self.program.errors());
        }
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
