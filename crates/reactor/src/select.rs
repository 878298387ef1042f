//! The classic call.

use std::collections::HashMap;
use std::io;
#[cfg(unix)]
use std::os::fd::{AsRawFd as _, RawFd as Number};
#[cfg(windows)]
use std::os::windows::io::{AsRawSocket as _, RawSocket as Number};
use std::time::Duration;

use crate::config::Config;
use crate::event::Event;
use crate::interest::{Interest, Ready};
use crate::key::Key;
use crate::reactor::Reactor;
use crate::source::{AsDescriptor, Lent};

/// Which of the descriptors given to [`select`] are ready, by their places in its arguments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selected {
    /// Places in `read` of what can be read, accepted from, or is at its end.
    pub read: Vec<usize>,
    /// Places in `write` of what can be written to, or has failed.
    pub write: Vec<usize>,
    /// Places in `except` of what has out-of-band data.
    pub except: Vec<usize>,
}

impl Selected {
    /// Whether the time-out has passed with nothing ready.
    pub const fn is_empty(&self) -> bool {
        self.read.is_empty() && self.write.is_empty() && self.except.is_empty()
    }
}

/// Waits until one of the descriptors is ready or `timeout` has passed: [select(2)], without its limits.
///
/// Takes anything that has a descriptor (Unix) or a socket (Windows), by reference, and neither owns it nor changes
/// its modes: so an operation on what was selected may block after all, if somebody else was faster.
/// `None` waits for as long as it takes, [`Duration::ZERO`] only looks, and three empty slices make a sleep. A
/// descriptor may stand in several slices. Descriptors may be of any number, not just below 1024. Signals do not end
/// the wait. Regular files are always ready to be read and written. Nothing has out-of-band data with kqueue, and with
/// poll(2) only what is in `read` too.
///
/// Each call makes a [`Reactor`] and drops it again, which costs a few microseconds and as many for each
/// descriptor. A program that waits more than now and then keeps one.
///
/// ```
/// use std::io::Write;
/// use std::net::{TcpListener, TcpStream};
/// use std::time::Duration;
/// use barewire_reactor::select;
///
/// # fn main() -> std::io::Result<()> {
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let mut client = TcpStream::connect(listener.local_addr()?)?;
/// let ready = select(&[&listener], &[&client], &[], Some(Duration::from_secs(10)))?;
/// assert!(ready.write == [0]);
///
/// let (stream, _) = listener.accept()?;
/// client.write_all(b"hello")?;
/// let ready = select(&[&listener, &stream], &[], &[], Some(Duration::from_secs(10)))?;
/// assert_eq!(ready.read, [1]);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// The system's reason for refusing one of the descriptors, a duplicate of it, or a poller.
///
/// [select(2)]: https://man7.org/linux/man-pages/man2/select.2.html
pub fn select(
    read: &[&dyn AsDescriptor],
    write: &[&dyn AsDescriptor],
    except: &[&dyn AsDescriptor],
    timeout: Option<Duration>,
) -> io::Result<Selected> {
    // One turn has to tell of everything that is ready.
    let mut reactor = Reactor::with_config(Config {
        events_per_turn_max: read.len() + write.len() + except.len(),
        ..Config::default()
    })?;
    let mut asked = Asked::default();
    let sets = [
        (read, Interest::READABLE),
        (write, Interest::WRITABLE),
        (except, Interest::PRIORITY),
    ];
    for (set, interest) in sets {
        for source in set {
            asked.add(&mut reactor, *source, interest)?;
        }
    }
    // Nothing has been reported yet: this is a file, unless it is only among the exceptions.
    let always = !asked.selected(read, write, except).is_empty();
    let deadline = timeout.and_then(|timeout| reactor.now().checked_add(timeout));
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(reactor.now()));
        let turn = reactor.turn(if always { Some(Duration::ZERO) } else { left })?;
        while let Some(event) = reactor.next() {
            if let Event::Io { key, ready } = event {
                let place = asked.watched[key.index()];
                asked.entries[place].ready |= ready;
            }
        }
        let selected = asked.selected(read, write, except);
        if !selected.is_empty() || always || turn.is_idle() {
            return Ok(selected);
        }
    }
}

/// The descriptors asked for, each once.
#[derive(Default)]
struct Asked {
    entries: Vec<Entry>,
    /// Where each is.
    places: HashMap<Number, usize>,
    /// Where those are that the reactor holds, by their indices there.
    watched: Vec<usize>,
}

struct Entry {
    /// `None` for a file, which is always ready to be read and written.
    key: Option<Key<Lent>>,
    ready: Ready,
}

impl Asked {
    fn add(
        &mut self,
        reactor: &mut Reactor,
        source: &dyn AsDescriptor,
        interest: Interest,
    ) -> io::Result<()> {
        let number = number(source);
        if let Some(&place) = self.places.get(&number) {
            let Some(key) = self.entries[place].key else {
                return Ok(());
            };
            let before = reactor.interest(key).unwrap_or(Interest::NONE);
            return reactor.set_interest(key, before | interest);
        }
        #[cfg(unix)]
        let lent = Lent(source.as_fd().try_clone_to_owned()?);
        #[cfg(windows)]
        let lent = Lent(source.as_socket().try_clone_to_owned()?);
        let (key, ready) = match reactor.insert(lent, interest) {
            Ok(key) => (Some(key), Ready::NONE),
            Err(refused) if refused.error.kind() == io::ErrorKind::Unsupported => {
                (None, Ready::READABLE | Ready::WRITABLE)
            }
            Err(refused) => return Err(refused.error),
        };
        let place = self.entries.len();
        self.places.insert(number, place);
        // The reactor is new, so its indices count up.
        self.watched.extend(key.map(|_| place));
        self.entries.push(Entry { key, ready });
        Ok(())
    }

    fn selected(
        &self,
        read: &[&dyn AsDescriptor],
        write: &[&dyn AsDescriptor],
        except: &[&dyn AsDescriptor],
    ) -> Selected {
        let places = |set: &[&dyn AsDescriptor], flags: Ready| {
            let ready = |source: &&dyn AsDescriptor| {
                let place = self.places.get(&number(*source));
                place.is_some_and(|&place| self.entries[place].ready.intersects(flags))
            };
            (0..set.len()).filter(|&n| ready(&set[n])).collect()
        };
        Selected {
            read: places(read, Ready::READABLE | Ready::CLOSED | Ready::ERROR),
            write: places(write, Ready::WRITABLE | Ready::ERROR),
            except: places(except, Ready::PRIORITY),
        }
    }
}

#[cfg(unix)]
fn number(source: &dyn AsDescriptor) -> Number {
    source.as_fd().as_raw_fd()
}

#[cfg(windows)]
fn number(source: &dyn AsDescriptor) -> Number {
    source.as_socket().as_raw_socket()
}
