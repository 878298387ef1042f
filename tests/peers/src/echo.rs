//! A server on `barewire-http-server` that takes uploads, as `bw-httpd` does not.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::thread::{self, JoinHandle};

use barewire_http_server::http1::{Fields, RequestHead, StatusCode};
use barewire_http_server::{Answer, Config, Context, Controller, Flow, Receiver, Response, Server};

/// Gives back the content of each request, on a thread; ends when dropped.
#[derive(Debug)]
pub struct Echo {
    address: SocketAddr,
    controller: Controller,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Echo {
    /// Serves on a free port.
    ///
    /// What it answers has the content of the request, and beside it fields of what else came:
    ///
    /// - `X-Method`
    /// - `X-Framing`: `length`, `chunked` or `none`
    /// - `X-Trailers`: how many
    #[must_use]
    pub fn start() -> Self {
        let mut config = Config::default();
        config.limits.body_bytes_max = 64 << 20;
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let server = Server::bind(&[any_port], config).expect("a free port");
        Self {
            address: server.local_addrs()[0],
            controller: server.controller(),
            thread: Some(thread::spawn(move || server.run(receive))),
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// For clients.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.controller.stop();
        let thread = self.thread.take().expect("joined once");
        if !thread::panicking() {
            thread.join().expect("no panic").expect("it served well");
        }
    }
}

struct Received {
    method: String,
    framing: &'static str,
    content: Vec<u8>,
    trailers: usize,
}

fn receive(head: &RequestHead<'_>, _: &mut Context<'_>) -> Answer {
    let has = |name: &str| head.fields().get(name).is_some();
    let framing = match (has("Content-Length"), has("Transfer-Encoding")) {
        (true, _) => "length",
        (_, true) => "chunked",
        _ => "none",
    };
    Answer::Receive(Box::new(Received {
        method: head.method().to_string(),
        framing,
        content: Vec::new(),
        trailers: 0,
    }))
}

impl Receiver for Received {
    fn data(&mut self, data: &[u8]) -> Flow {
        self.content.extend_from_slice(data);
        Flow::Continue
    }

    fn trailers(&mut self, fields: Fields<'_>) {
        self.trailers = fields.iter().count();
    }

    fn end(self: Box<Self>) -> Answer {
        Response::new(StatusCode::OK)
            .field("X-Method", &self.method)
            .field("X-Framing", self.framing)
            .field("X-Trailers", self.trailers.to_string())
            .body(self.content)
            .into()
    }
}
