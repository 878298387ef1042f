//! Async tasks over the reactor: a server and a client on one thread, run by the `LocalPool` of `futures-executor`.
//! A future tries its operation, and when that would block it leaves its waker under the key of the source.
//!
//! `cargo run -p barewire-reactor --example executor`, which ends by itself.
//!
//! Where other threads wake tasks, they also have to call `wake` on a `Waker` of the reactor.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::poll_fn;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, Waker};

use barewire_reactor::{Event, Input, Interest, Key, Mode, Output, RawKey, Reactor, Source};
use futures_executor::LocalPool;
use futures_task::LocalSpawn as _;

type Task = Pin<Box<dyn Future<Output = io::Result<String>>>>;

fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    // Loopback connects at once; the server's task accepts it later.
    let stream = TcpStream::connect(listener.local_addr()?)?;
    let io = Rc::new(RefCell::new(Io {
        reactor: Reactor::new()?,
        waiting: HashMap::new(),
    }));
    let tasks: [Task; 2] = [
        Box::pin(serve(Rc::clone(&io), listener)),
        Box::pin(ask(Rc::clone(&io), stream)),
    ];
    let results = Rc::new(RefCell::new(Vec::new()));
    let mut pool = LocalPool::new();
    for task in tasks {
        let results = Rc::clone(&results);
        let task = async move {
            let result = task.await;
            results.borrow_mut().push(result);
        };
        let spawned = pool.spawner().spawn_local_obj(Box::pin(task).into());
        spawned.map_err(io::Error::other)?;
    }
    loop {
        pool.run_until_stalled();
        if results.borrow().len() == 2 {
            break;
        }
        io.borrow_mut().turn()?;
    }
    for result in results.take() {
        println!("{}", result?);
    }
    println!("{} sources left", io.borrow().reactor.source_count());
    Ok(())
}

async fn serve(io: Rc<RefCell<Io>>, listener: TcpListener) -> io::Result<String> {
    let listener = insert(&io, listener)?;
    let accept = |reactor: &mut Reactor| reactor.accept(listener);
    let (stream, _) = when(&io, listener, Interest::READABLE, accept).await?;
    io.borrow_mut().reactor.remove(listener);
    let stream = insert(&io, stream)?;
    let (mut buf, mut echoed) = ([0; 1024], 0);
    loop {
        let n = read(&io, stream, &mut buf).await?;
        if n == 0 {
            io.borrow_mut().reactor.remove(stream);
            return Ok(format!("server: {echoed} bytes echoed"));
        }
        write_all(&io, stream, &buf[..n]).await?;
        echoed += n;
    }
}

async fn ask(io: Rc<RefCell<Io>>, stream: TcpStream) -> io::Result<String> {
    let stream = insert(&io, stream)?;
    for question in 0..=255 {
        write_all(&io, stream, &[question]).await?;
        let mut answer = [0];
        if read(&io, stream, &mut answer).await? == 0 || answer != [question] {
            return Err(io::Error::other(format!("{answer:?} for {question}")));
        }
    }
    io.borrow_mut().reactor.remove(stream);
    Ok("client: 256 questions, 256 right answers".into())
}

/// The reactor, and who waits for which source: at most one task for each.
struct Io {
    reactor: Reactor,
    waiting: HashMap<RawKey, Waker>,
}

impl Io {
    /// One turn: wakes the tasks whose sources are reported.
    fn turn(&mut self) -> io::Result<()> {
        self.reactor.turn(None)?;
        while let Some(event) = self.reactor.next() {
            if let Event::Io { key, .. } = event
                && let Some(waker) = self.waiting.remove(&key)
            {
                waker.wake();
            }
        }
        Ok(())
    }
}

/// Takes a source in, silent but for the one report that each wait asks for.
fn insert<S: Source>(io: &RefCell<Io>, source: S) -> io::Result<Key<S>> {
    let reactor = &mut io.borrow_mut().reactor;
    Ok(reactor.insert_with(source, Interest::NONE, Mode::Oneshot)?)
}

/// Tries, and tries again whenever the source is reported, until there is an answer.
async fn when<S, T>(
    io: &RefCell<Io>,
    key: Key<S>,
    interest: Interest,
    mut attempt: impl FnMut(&mut Reactor) -> io::Result<Option<T>>,
) -> io::Result<T> {
    poll_fn(|context| {
        let io = &mut *io.borrow_mut();
        if let Some(answer) = attempt(&mut io.reactor)? {
            return Poll::Ready(Ok(answer));
        }
        io.reactor.set_interest(key, interest)?;
        io.waiting.insert(key.raw(), context.waker().clone());
        Poll::Pending
    })
    .await
}

/// How many bytes there were; 0 at the end.
async fn read(io: &RefCell<Io>, key: Key<TcpStream>, buf: &mut [u8]) -> io::Result<usize> {
    when(io, key, Interest::READABLE, |reactor| {
        Ok(match reactor.read(key, buf)? {
            Input::Bytes(n) => Some(n),
            Input::End => Some(0),
            Input::Blocked => None,
        })
    })
    .await
}

async fn write_all(io: &RefCell<Io>, key: Key<TcpStream>, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let attempt = |reactor: &mut Reactor| match reactor.write(key, bytes)? {
            Output::Bytes(n) => Ok(Some(n)),
            Output::Blocked => Ok(None),
        };
        bytes = &bytes[when(io, key, Interest::WRITABLE, attempt).await?..];
    }
    Ok(())
}
