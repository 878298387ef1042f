//! Answers from another thread: `curl http://127.0.0.1:8080/COUNT` counts the primes below.
//!
//! The loop stays free while a worker counts. Should the worker die, the handle it held
//! goes with it, and the client gets a 500 instead of silence.

use std::error::Error;
use std::sync::mpsc;
use std::thread;

use barewire_http_server::http1::{RequestHead, StatusCode};
use barewire_http_server::{Answer, Config, Context, Handle, Handler, Response, Server};

/// Far enough for a second's work.
const LIMIT_MAX: u32 = 200_000;

fn primes_below(limit: u32) -> usize {
    (2..limit)
        .filter(|n| (2..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0))
        .count()
}

fn work(tasks: mpsc::Receiver<(u32, Handle)>) {
    for (limit, handle) in tasks {
        let text = format!("{} primes below {limit}\n", primes_below(limit));
        handle.respond(Response::text(StatusCode::OK, text));
    }
}

fn limit(head: &RequestHead<'_>) -> Option<u32> {
    let path = std::str::from_utf8(head.target()).ok()?;
    let limit = path.strip_prefix('/')?.parse().ok()?;
    (limit <= LIMIT_MAX).then_some(limit)
}

pub(crate) fn handler() -> impl Handler {
    let (worker, tasks) = mpsc::channel();
    thread::spawn(move || work(tasks));
    move |head: &RequestHead<'_>, context: &mut Context<'_>| {
        let Some(limit) = limit(head) else {
            return Response::plain(StatusCode::NOT_FOUND).into();
        };
        match worker.send((limit, context.handle())) {
            Ok(()) => Answer::Later,
            Err(_) => Response::plain(StatusCode::SERVICE_UNAVAILABLE).into(),
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1);
    let address = address.as_deref().unwrap_or("127.0.0.1:0").parse()?;
    let server = Server::bind(&[address], Config::default())?;
    eprintln!("listening on {}", server.local_addrs()[0]);
    server.run(handler())?;
    Ok(())
}
