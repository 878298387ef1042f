//! Async tasks over the reactor: two play ping-pong, run by the `LocalPool` of `futures-executor`. A task tries its
//! operation; when that would block it leaves its waker under the key of the source and tries again when woken.
//!
//! `cargo run -p barewire-reactor --example executor`, which ends by itself.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::poll_fn;
use std::io::{self, Write as _};
use std::net::{TcpListener, TcpStream};
use std::rc::Rc;
use std::task::{Poll, Waker};

use barewire_reactor::{Event, Input, Interest, Key, Mode, RawKey, Reactor};
use futures_executor::LocalPool;
use futures_task::LocalSpawn as _;

/// The reactor, and who waits for which source: at most one task for each.
type Io = RefCell<(Reactor, HashMap<RawKey, Waker>)>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut client = TcpStream::connect(listener.local_addr()?)?;
    client.write_all(&[0])?;
    let io: Rc<Io> = Rc::new(RefCell::new((Reactor::new()?, HashMap::new())));
    let mut pool = LocalPool::new();
    for (name, stream) in [("client", client), ("server", listener.accept()?.0)] {
        // Silent but for the one report that each wait asks for.
        let key = (io.borrow_mut().0).insert_with(stream, Interest::NONE, Mode::Oneshot)?;
        let io = Rc::clone(&io);
        let task = async move {
            println!("{name}: {:?}", play(&io, key).await);
            io.borrow_mut().0.close(key);
        };
        pool.spawner().spawn_local_obj(Box::pin(task).into())?;
    }
    loop {
        pool.run_until_stalled();
        let (reactor, waiting) = &mut *io.borrow_mut();
        if reactor.source_count() == 0 {
            return Ok(());
        }
        reactor.turn(None)?;
        while let Some(Event::Io { key, .. }) = reactor.next() {
            waiting.remove(&key).into_iter().for_each(Waker::wake);
        }
    }
}

/// Gives back each number, one greater, up to 100 or until the other side leaves. The last one it got.
async fn play(io: &Io, key: Key<TcpStream>) -> io::Result<u8> {
    let mut ball = [0];
    loop {
        let input = io.borrow_mut().0.read(key, &mut ball)?;
        match input {
            Input::Blocked => report(io, key, Interest::READABLE).await?,
            Input::Bytes(_) if ball[0] < 100 => {
                let mut unsent = vec![ball[0] + 1];
                while !io.borrow_mut().0.write_from(key, &mut unsent)? {
                    report(io, key, Interest::WRITABLE).await?;
                }
            }
            _ => return Ok(ball[0]),
        }
    }
}

/// Waits until the source is reported. Done too early, it is asked for again.
async fn report(io: &Io, key: Key<TcpStream>, interest: Interest) -> io::Result<()> {
    io.borrow_mut().0.set_interest(key, interest)?;
    let mut asked = false;
    poll_fn(|context| {
        if std::mem::replace(&mut asked, true) {
            return Poll::Ready(Ok(()));
        }
        io.borrow_mut().1.insert(key.raw(), context.waker().clone());
        Poll::Pending
    })
    .await
}
