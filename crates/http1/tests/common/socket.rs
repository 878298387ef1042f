//! A client of an example, over a real socket.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Duration;

/// When the client's side ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    /// With the last part.
    First,
    /// When the server's has.
    Last,
}

/// Sends each of `parts` to a server that runs beside; what came back, until the close.
pub(crate) fn exchange(
    parts: &[&str],
    ends: Ends,
    serve: impl FnOnce(TcpListener) + Send + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let addr = listener.local_addr().expect("bound");
    let serving = std::thread::spawn(move || serve(listener));
    let mut client = TcpStream::connect(addr).expect("it listens");
    client
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("not zero");
    for part in parts {
        client.write_all(part.as_bytes()).expect("it reads");
    }
    if ends == Ends::First {
        client.shutdown(Shutdown::Write).expect("connected");
    }
    let mut answer = String::new();
    client
        .read_to_string(&mut answer)
        .expect("an answer in time");
    drop(client);
    serving.join().expect("no panic");
    answer
}
