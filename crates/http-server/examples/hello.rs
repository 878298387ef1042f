//! Says hello to everyone: `cargo run --example hello -- 127.0.0.1:8080`.

use std::error::Error;

use barewire_http_server::http1::{RequestHead, StatusCode};
use barewire_http_server::{Config, Context, Handler, Response, Server};

pub(crate) fn handler() -> impl Handler {
    |_: &RequestHead<'_>, _: &mut Context<'_>| Response::text(StatusCode::OK, "hello")
}

fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1);
    let address = address.as_deref().unwrap_or("127.0.0.1:0").parse()?;
    let server = Server::bind(&[address], Config::default())?;
    eprintln!("listening on {}", server.local_addrs()[0]);
    server.run(handler())?;
    Ok(())
}
