//! Clients: blocking sockets, one thread each.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::input::{BLOCK_BYTES, BLOCK_LINE_BYTES, Input, block};

/// How a flood is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Write64 {
    /// 64 KiB at a time.
    Blocks,
    /// A line at a time.
    Lines,
}

/// When a flood ends, whichever is first.
#[derive(Clone, Copy)]
pub(crate) struct Until {
    pub(crate) time: Duration,
    /// Of each client.
    pub(crate) lines_max: usize,
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the server listens");
    stream.set_nodelay(true).expect("a socket");
    let patience = Some(Duration::from_secs(60));
    stream.set_read_timeout(patience).expect("not zero");
    stream
}

/// Sends everything; seconds until the server has closed every connection, having read it all.
pub(crate) fn send(address: SocketAddr, inputs: &[Input]) -> f64 {
    let streams: Vec<_> = inputs.iter().map(|_| connect(address)).collect();
    let start = Instant::now();
    thread::scope(|scope| {
        for (mut stream, input) in streams.into_iter().zip(inputs) {
            scope.spawn(move || {
                let mut rest = &input.bytes[..];
                for &write in &input.writes {
                    let (now, later) = rest.split_at(write);
                    stream.write_all(now).expect("the server reads");
                    rest = later;
                }
                finish(stream);
            });
        }
    });
    start.elapsed().as_secs_f64()
}

/// Sends blocks from so many clients; lines sent by each, and seconds as for [`send`].
pub(crate) fn flood(
    address: SocketAddr,
    clients: usize,
    how: Write64,
    until: Until,
) -> (Vec<usize>, f64) {
    let blocks: Vec<_> = (0..clients).map(block).collect();
    let streams: Vec<_> = blocks.iter().map(|_| connect(address)).collect();
    let start = Instant::now();
    let sent = thread::scope(|scope| {
        let senders = streams.into_iter().zip(&blocks);
        let threads: Vec<_> = senders
            .map(|(stream, block)| scope.spawn(move || flood_one(stream, block, how, until)))
            .collect();
        let join = |thread: thread::ScopedJoinHandle<'_, usize>| thread.join();
        let sent = threads.into_iter().map(join);
        sent.collect::<Result<_, _>>().expect("a client has failed")
    });
    (sent, start.elapsed().as_secs_f64())
}

fn flood_one(mut stream: TcpStream, block: &[u8], how: Write64, until: Until) -> usize {
    let start = Instant::now();
    let write_bytes = match how {
        Write64::Blocks => BLOCK_BYTES,
        Write64::Lines => BLOCK_LINE_BYTES,
    };
    let mut lines = 0;
    let mut writes = block.chunks(write_bytes).cycle();
    while lines < until.lines_max && start.elapsed() < until.time {
        let write = writes.next().expect("endless");
        stream.write_all(write).expect("the server reads");
        lines += write_bytes / BLOCK_LINE_BYTES;
    }
    finish(stream);
    lines
}

/// Waits until the server has read all.
pub(crate) fn finish(mut stream: TcpStream) {
    stream.shutdown(Shutdown::Write).expect("open");
    let left = stream.read(&mut [0; 1]).expect("closed by the server");
    assert_eq!(left, 0, "the server has something to say");
}
