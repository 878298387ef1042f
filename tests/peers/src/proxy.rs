//! Other people's proxies, in front of a server of ours.

use std::fs;
use std::net::SocketAddr;

use barewire_proving::net::free_port;

use crate::{Peer, Server, Site};

impl Server {
    /// nginx; `None`, and a line, without it. It asks in HTTP/1.0, a connection each; what is beneath `/kept/` in HTTP/1.1,
    /// by connections that it keeps, and passes uploads on as they come.
    #[track_caller]
    pub fn nginx_before(server: SocketAddr) -> Option<Self> {
        let locations = format!(
            "location / {{ proxy_pass http://{server}; }}\n    \
             location /kept/ {{\n      \
               proxy_pass http://kept/; proxy_http_version 1.1; proxy_set_header Connection \"\";\n      \
               proxy_request_buffering off;\n    \
             }}"
        );
        let upstream = format!("upstream kept {{ server {server}; keepalive 8; }}");
        Self::nginx_with(Site::empty(), &upstream, &locations)
    }

    /// HAProxy; `None`, and a line, without it. It keeps connections, for whoever comes.
    #[track_caller]
    pub fn haproxy_before(server: SocketAddr) -> Option<Self> {
        let mut command = Peer::HAPROXY.is_here().then(|| Peer::HAPROXY.command())?;
        let (site, port) = (Site::empty(), free_port());
        let configuration = format!(
            "global\n  maxconn 64\n\
             defaults\n  mode http\n  timeout connect 20s\n  timeout client 20s\n  timeout server 20s\n  http-reuse always\n\
             frontend front\n  bind 127.0.0.1:{port}\n  default_backend back\n\
             backend back\n  server one {server}\n"
        );
        fs::write(site.path("haproxy.cfg"), configuration).expect("room");
        command.args(["-db", "-f"]).arg(site.path("haproxy.cfg"));
        Some(Self::that_is_silent(site, port, command))
    }

    /// lighttpd; `None`, and a line, without it.
    #[track_caller]
    pub fn lighttpd_before(server: SocketAddr) -> Option<Self> {
        let (ip, port) = (server.ip(), server.port());
        let modules = format!(
            "server.modules = (\"mod_proxy\")\n\
             proxy.server = (\"\" => ((\"host\" => \"{ip}\", \"port\" => {port})))\n"
        );
        Self::lighttpd_with(Site::empty(), &modules)
    }

    /// Tinyproxy, which goes wherever it is told; `None`, and a line, without it.
    #[track_caller]
    pub fn tinyproxy() -> Option<Self> {
        let here = Peer::TINYPROXY.is_here();
        let mut command = here.then(|| Peer::TINYPROXY.command())?;
        let (site, port) = (Site::empty(), free_port());
        let configuration = format!("Port {port}\nListen 127.0.0.1\nMaxClients 20\nTimeout 20\n");
        fs::write(site.path("tinyproxy.conf"), configuration).expect("room");
        command.args(["-d", "-c"]).arg(site.path("tinyproxy.conf"));
        Some(Self::that_is_silent(site, port, command))
    }
}
