//! Takes uploads no faster than a thread digests them: `curl -T FILE http://127.0.0.1:8080/`.
//!
//! The receiver hands over each piece and pauses; the thread resumes it when it is done.
//! So TCP slows a faster client down, and a connection never holds more than one piece.

use std::collections::hash_map::DefaultHasher;
use std::error::Error;
use std::hash::Hasher as _;
use std::sync::mpsc::{self, Sender};
use std::thread;

use barewire_http_server::http1::{RequestHead, StatusCode};
use barewire_http_server::{
    Answer, Config, Context, Flow, Handle, Handler, Receiver, Response, Server,
};

struct Upload {
    pieces: Sender<Vec<u8>>,
}

impl Receiver for Upload {
    fn data(&mut self, data: &[u8]) -> Flow {
        match self.pieces.send(data.to_vec()) {
            Ok(()) => Flow::Pause(data.len()),
            Err(_) => Flow::Respond(Response::plain(StatusCode::SERVICE_UNAVAILABLE)),
        }
    }

    fn end(self: Box<Self>) -> Answer {
        // The channel ends with this, and the thread answers.
        Answer::Later
    }
}

fn digest(pieces: mpsc::Receiver<Vec<u8>>, handle: Handle) {
    let (mut bytes, mut hasher) = (0, DefaultHasher::new());
    for piece in pieces {
        bytes += piece.len();
        hasher.write(&piece);
        handle.resume();
    }
    let text = format!("{bytes} bytes, hash {:016x}\n", hasher.finish());
    handle.respond(Response::text(StatusCode::OK, text));
}

pub(crate) fn handler() -> impl Handler {
    |_: &RequestHead<'_>, context: &mut Context<'_>| {
        let (sender, pieces) = mpsc::channel();
        let handle = context.handle();
        // A thread for each upload keeps the example short; a pool would bound them.
        thread::spawn(move || digest(pieces, handle));
        Answer::Receive(Box::new(Upload { pieces: sender }))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1);
    let address = address.as_deref().unwrap_or("127.0.0.1:0").parse()?;
    let mut config = Config::default();
    config.limits.body_bytes_max = 1 << 40;
    let server = Server::bind(&[address], config)?;
    eprintln!("listening on {}", server.local_addrs()[0]);
    server.run(handler())?;
    Ok(())
}
