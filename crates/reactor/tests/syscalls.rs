//! What a steady echo asks of the system, counted by strace(1): nothing but the wait, the read and the write.
//!
//! A program without the test harness: it runs itself under strace, once with few rounds and once with many, and the
//! difference is what a round costs.

#[cfg(target_os = "linux")]
fn main() {
    linux::main();
}

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::HashMap;
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::process::{Command, Stdio};
    use std::time::Duration;

    use barewire_reactor::{Event, Input, Interest, Output, Reactor};

    /// Tells the program that it is the one being counted.
    const ROUNDS: &str = "BAREWIRE_ECHO_ROUNDS";
    const FEW: u64 = 50;
    const MANY: u64 = 1050;
    /// What the poller does in one wait on epoll: set its timer, arm it, wait, read its eventfd, arm that.
    const CALLS_PER_WAIT_MAX: u64 = 5;
    const EPOLL_CTL_PER_WAIT: u64 = 2;

    const EPOLL: bool = !cfg!(polling_test_poll_backend);

    pub(super) fn main() {
        if let Ok(rounds) = std::env::var(ROUNDS) {
            return echo(rounds.parse().expect("a number"));
        }
        let (Some(few), Some(many)) = (count(FEW), count(MANY)) else {
            println!("skipped: strace is not installed, or may not trace here");
            return;
        };
        let rounds = MANY - FEW;
        let calls = |name: &str| many.of(name) - few.of(name);
        let waits = many.waits - few.waits;
        // A turn for nothing now and then is the system's business.
        assert!((rounds..=rounds + rounds / 20).contains(&waits), "{waits}");
        // One each by the server and by its client.
        assert!(calls("recvfrom") >= 2 * rounds, "strace counts: {many:?}");
        let moving = calls("recvfrom") + calls("sendto");
        assert!(moving <= 4 * rounds + 2 * (waits - rounds), "{moving}");

        let ctl = if EPOLL { EPOLL_CTL_PER_WAIT * waits } else { 0 };
        assert!(calls("epoll_ctl") <= ctl, "the sources are left alone");
        let all = many.total() - few.total();
        let waiting = all - moving;
        assert!(
            waiting <= CALLS_PER_WAIT_MAX * waits,
            "{waiting} calls besides reads and writes in {waits} waits: {many:?}"
        );
        println!(
            "syscalls: {rounds} echoes, {waits} waits, {waiting} calls for them, of these {} epoll_ctl",
            calls("epoll_ctl")
        );
    }

    /// A client and its server in one thread, so that each round is the same.
    fn echo(rounds: u64) {
        let mut reactor = Reactor::new().expect("a reactor");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut client = TcpStream::connect(address).expect("a connection");
        client.set_nodelay(true).expect("no delay");
        let (near, _) = listener.accept().expect("the other end");
        let key = reactor.insert(near, Interest::READABLE).expect("room");
        // A time-out that is put off at every byte, as servers have it.
        let idle_max = Duration::from_secs(60);
        let idle = reactor.timer(reactor.now() + idle_max, 0);
        let mut buf = [0; 64];
        for round in 0..rounds {
            let ping = round.to_ne_bytes();
            client.write_all(&ping).expect("room");
            'served: loop {
                reactor.turn(None).expect("a turn");
                while let Some(event) = reactor.next() {
                    assert!(matches!(event, Event::Io { .. }), "{event:?}");
                    if let Input::Bytes(n) = reactor.read(key, &mut buf).expect("a client") {
                        let output = reactor.write(key, &buf[..n]).expect("a client");
                        assert_eq!((n, output), (ping.len(), Output::Bytes(n)));
                        assert!(reactor.postpone(idle, reactor.now() + idle_max));
                        reactor
                            .set_interest(key, Interest::READABLE)
                            .expect("an interest");
                        break 'served;
                    }
                }
            }
            client.read_exact(&mut buf[..ping.len()]).expect("an echo");
            assert_eq!(buf[..ping.len()], ping);
        }
        let stats = reactor.stats();
        assert_eq!((stats.adds, stats.modifies, stats.deletes), (1, 0, 0));
        println!("{}", stats.waits);
    }

    #[derive(Debug)]
    struct Count {
        waits: u64,
        calls: HashMap<String, u64>,
    }

    impl Count {
        fn of(&self, name: &str) -> u64 {
            self.calls.get(name).copied().unwrap_or(0)
        }

        fn total(&self) -> u64 {
            self.calls.values().sum()
        }
    }

    /// `None` where there is no strace, or it may not trace.
    fn count(rounds: u64) -> Option<Count> {
        let this = std::env::current_exe().expect("a path");
        // Without -o the table comes on the standard error of strace, which the echo leaves alone.
        let output = Command::new("strace")
            .args(["-c", "-f", "--"])
            .arg(this)
            .env(ROUNDS, rounds.to_string())
            .stdin(Stdio::null())
            .output()
            .ok()?;
        let table = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            let may_not = table.contains("ptrace") || table.contains("not permitted");
            assert!(may_not, "the echo failed: {table}");
            return None;
        }
        let waits = String::from_utf8_lossy(&output.stdout);
        Some(Count {
            waits: waits.trim().parse().expect("the number of waits"),
            calls: table.lines().filter_map(row).collect(),
        })
    }

    /// `% time, seconds, usecs/call, calls, [errors], syscall`, of the rows with numbers.
    fn row(line: &str) -> Option<(String, u64)> {
        let fields: Vec<_> = line.split_whitespace().collect();
        let name = fields.last()?;
        fields[0].parse::<f64>().ok()?;
        (*name != "total").then_some(())?;
        Some((name.to_string(), fields.get(3)?.parse().ok()?))
    }
}
