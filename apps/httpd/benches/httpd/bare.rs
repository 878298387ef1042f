//! What no server can do without: wait, receive, send. Nothing is parsed.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use rustix::buffer::spare_capacity;
use rustix::event::epoll;

/// Makes this program the bare loop; the file with the answer to send comes behind it.
pub(crate) const FLAG: &str = "--bare";

const LISTENER: u64 = u64::MAX;

/// Sends the content of the file for whatever arrives, until killed.
pub(crate) fn serve(answer: &Path) {
    let answer = std::fs::read(answer).expect("the answer");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC).expect("an epoll");
    let watch = |source: &dyn std::os::fd::AsFd, tag| {
        let tag = epoll::EventData::new_u64(tag);
        epoll::add(&poll, source.as_fd(), tag, epoll::EventFlags::IN).expect("a source");
    };
    watch(&listener, LISTENER);
    eprintln!("listening on {}", listener.local_addr().expect("bound"));
    let mut streams: Vec<Option<TcpStream>> = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut events = Vec::with_capacity(256);
    loop {
        events.clear();
        epoll::wait(&poll, spare_capacity(&mut events), None).expect("a wait");
        for event in &events {
            let tag = event.data.u64();
            if tag == LISTENER {
                let (stream, _) = listener.accept().expect("a connection");
                stream.set_nodelay(true).expect("TCP");
                watch(&stream, streams.len() as u64);
                streams.push(Some(stream));
                continue;
            }
            let place = &mut streams[tag as usize];
            let Some(stream) = place else { continue };
            match stream.read(&mut buffer) {
                // Small answers always fit the send buffer.
                Ok(1..) if stream.write_all(&answer).is_ok() => {}
                _ => *place = None,
            }
        }
    }
}
