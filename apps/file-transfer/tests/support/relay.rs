//! A relay between the two, which does what bad networks do, at an exact byte.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::PATIENCE;

/// What happens to one connection, once so many bytes have come down it from the side that listens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) after: u64,
    pub(crate) act: Act,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Nothing more comes, and the connection stays.
    Stall,
    /// Nothing more comes until [`Relay::go_on`].
    Pause,
    /// Both ends are told that it is over, at that byte.
    Cut,
    /// Both ends are told that the connection is broken.
    Reset,
    /// The lowest bit of the next byte is turned.
    Flip,
    /// The next 512 bytes come twice.
    Duplicate,
    /// The next 512 bytes never come.
    Drop,
}

/// Listens on 127.0.0.1 for one side and connects to the other.
pub(crate) struct Relay {
    address: SocketAddr,
    shared: Arc<Shared>,
    reached: Receiver<()>,
}

struct Shared {
    target: Mutex<SocketAddr>,
    plans: Mutex<VecDeque<Plan>>,
    connections: Mutex<Vec<TcpStream>>,
    reached: Mutex<Sender<()>>,
    paused: Mutex<Vec<Sender<()>>>,
    /// Bytes that came down, of all connections.
    passed: AtomicU64,
    /// What went up, of all connections.
    heard: Mutex<Vec<u8>>,
    closed: Mutex<bool>,
}

impl Relay {
    /// The first connection goes by the first plan, and so on; those after the last are left alone.
    pub(crate) fn start(target: SocketAddr, plans: &[Plan]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let (sender, reached) = mpsc::channel();
        let shared = Arc::new(Shared {
            target: Mutex::new(target),
            plans: Mutex::new(plans.iter().copied().collect()),
            connections: Mutex::default(),
            reached: Mutex::new(sender),
            paused: Mutex::default(),
            passed: AtomicU64::new(0),
            heard: Mutex::default(),
            closed: Mutex::new(false),
        });
        let theirs = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if *theirs.closed.lock().expect("no panic") {
                    return;
                }
                let Ok(stream) = stream else { return };
                theirs.join(stream);
            }
        });
        Self {
            address,
            shared,
            reached,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on connections go there.
    pub(crate) fn set_target(&self, target: SocketAddr) {
        *self.shared.target.lock().expect("no panic") = target;
    }

    /// The next connection goes by this.
    pub(crate) fn plan(&self, plan: Plan) {
        let mut plans = self.shared.plans.lock().expect("no panic");
        plans.push_back(plan);
    }

    /// Waits until a plan has come to its byte.
    #[track_caller]
    pub(crate) fn wait(&self) {
        self.reached
            .recv_timeout(PATIENCE)
            .expect("that many bytes go through");
    }

    /// What is paused goes on.
    pub(crate) fn go_on(&self) {
        self.shared.paused.lock().expect("no panic").clear();
    }

    /// Bytes that have come down so far, of all connections together.
    pub(crate) fn passed(&self) -> u64 {
        self.shared.passed.load(Ordering::Relaxed)
    }

    /// What has gone up so far, of all connections together.
    pub(crate) fn heard(&self) -> Vec<u8> {
        self.shared.heard.lock().expect("no panic").clone()
    }

    /// Ends all connections that there are.
    pub(crate) fn cut(&self) {
        for stream in self.shared.connections.lock().expect("no panic").drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        *self.shared.closed.lock().expect("no panic") = true;
        self.go_on();
        self.cut();
        // So that the thread that waits for somebody sees it.
        let _ = TcpStream::connect_timeout(&self.address, Duration::from_secs(1));
    }
}

impl Shared {
    fn join(self: &Arc<Self>, near: TcpStream) {
        let target = *self.target.lock().expect("no panic");
        let Ok(far) = TcpStream::connect_timeout(&target, PATIENCE) else {
            return;
        };
        let plan = self.plans.lock().expect("no panic").pop_front();
        let clone = |stream: &TcpStream| stream.try_clone().expect("a descriptor");
        let mut connections = self.connections.lock().expect("no panic");
        connections.extend([clone(&near), clone(&far)]);
        drop(connections);
        let _ = (near.set_nodelay(true), far.set_nodelay(true));
        let (up_from, up_to) = (clone(&near), clone(&far));
        let shared = Arc::clone(self);
        thread::spawn(move || {
            pass_on(up_from, up_to, |bytes| {
                shared.heard.lock().expect("no panic").extend(bytes);
            });
        });
        let shared = Arc::clone(self);
        thread::spawn(move || shared.pass_down(far, near, plan));
    }

    fn count(&self, bytes: &[u8]) {
        self.passed.fetch_add(bytes.len() as u64, Ordering::Relaxed);
    }

    fn pass_down(&self, mut from: TcpStream, mut to: TcpStream, plan: Option<Plan>) {
        let Some(plan) = plan else {
            return pass_on(from, to, |bytes| self.count(bytes));
        };
        let mut chunk = vec![0; 16 << 10];
        let mut left = plan.after;
        while left > 0 {
            let room = chunk.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            match from.read(&mut chunk[..room]) {
                Ok(read @ 1..) if to.write_all(&chunk[..read]).is_ok() => {
                    left -= read as u64;
                    self.count(&chunk[..read]);
                }
                _ => {
                    let _ = to.shutdown(Shutdown::Write);
                    return;
                }
            }
        }
        let (sender, go_on) = mpsc::channel();
        if plan.act == Act::Pause {
            self.paused.lock().expect("no panic").push(sender);
        }
        let open = act(plan.act, &mut from, &mut to);
        let _ = self.reached.lock().expect("no panic").send(());
        if plan.act == Act::Pause {
            // It is never sent anything: it goes on when the sender is dropped.
            let _ = go_on.recv();
        }
        if open {
            pass_on(from, to, |bytes| self.count(bytes));
        }
    }
}

/// Whether the connection goes on.
fn act(act: Act, from: &mut TcpStream, to: &mut TcpStream) -> bool {
    let mut next = [0; 512];
    match act {
        // Both stay open in the list of connections.
        Act::Stall => false,
        Act::Pause => true,
        Act::Cut => {
            let _ = to.shutdown(Shutdown::Both);
            let _ = from.shutdown(Shutdown::Both);
            false
        }
        Act::Reset => {
            reset(to);
            reset(from);
            false
        }
        Act::Flip => {
            let ok = from.read_exact(&mut next[..1]).is_ok();
            next[0] ^= 1;
            ok && to.write_all(&next[..1]).is_ok()
        }
        Act::Duplicate => {
            let ok = from.read_exact(&mut next).is_ok();
            ok && to.write_all(&next).is_ok() && to.write_all(&next).is_ok()
        }
        Act::Drop => from.read_exact(&mut next).is_ok(),
    }
}

fn reset(stream: &TcpStream) {
    // To disconnect is to reset, whoever else holds the socket.
    #[cfg(target_os = "linux")]
    let _ = rustix::net::connect_unspec(stream);
    let _ = stream.shutdown(Shutdown::Both);
}

/// `tell` hears what has passed.
fn pass_on(mut from: TcpStream, mut to: TcpStream, tell: impl Fn(&[u8])) {
    let mut chunk = vec![0; 64 << 10];
    loop {
        match from.read(&mut chunk) {
            Ok(read @ 1..) if to.write_all(&chunk[..read]).is_ok() => tell(&chunk[..read]),
            _ => {
                let _ = to.shutdown(Shutdown::Write);
                return;
            }
        }
    }
}
