//! `bw-cast bench`: both programs on loopback. What is counted is tested, and no time.

use std::net::{SocketAddr, UdpSocket};

use barewire_proving::{Ended, Program, command};

#[track_caller]
fn start(words: &[&str]) -> Program {
    Program::start(
        command(env!("CARGO_BIN_EXE_bw-cast"))
            .arg("bench")
            .args(words),
    )
}

/// A receiver on a free port, and the port.
#[track_caller]
fn recv(words: &[&str]) -> (Program, SocketAddr) {
    let receiver = start(&[&["recv", "--listen", "127.0.0.1:0"], words].concat());
    let address = receiver.address();
    (receiver, address)
}

#[track_caller]
fn send(to: SocketAddr, words: &[&str]) -> Ended {
    let to = to.to_string();
    start(&[&["send", "--to", &to], words].concat()).wait()
}

/// Few enough for the buffers of any system.
#[track_caller]
fn check_run(words: &[&str], recv_words: &[&str], count: u64, size: u64) {
    let (receiver, address) = recv(&[&["--json"], recv_words].concat());
    let sent = send(address, &[&["--json"], words].concat()).expect(0);
    let received = receiver.wait().expect(0);
    let (sent, received) = (sent.objects(), received.objects());
    assert_eq!((sent.len(), received.len()), (1, 1));
    let (sent, received) = (&sent[0], &received[0]);
    for (told, event) in [(sent, "sent"), (received, "received")] {
        assert_eq!(told["event"], event);
        assert_eq!(told["datagrams"], count);
        assert_eq!(told["bytes"], count * size);
        for name in ["lost", "duplicates", "reordered", "late"] {
            assert_eq!(told[name], 0, "{name} of {event}");
        }
        assert_eq!(told["session"], sent["session"]);
        assert_eq!(told["jitter_nanoseconds"], sent["jitter_nanoseconds"]);
    }
    assert_eq!(sent["to"], address.to_string());
    assert_eq!(sent["size"], size);
    assert_eq!(sent["received"], count);
    assert_eq!(received["sent"], count);
    assert_eq!(received["ended"], "end");
    assert_eq!(received["foreign"], 0);
    if cfg!(target_os = "linux") {
        assert_eq!(received["no_room"], 0);
    }
}

#[test]
fn everything_is_counted() {
    check_run(&["--count", "100", "--size", "200"], &[], 100, 200);
    check_run(&["--count", "1"], &[], 1, 1400);
    check_run(&["--count", "3", "--size", "65507"], &[], 3, 65_507);
    check_run(&["--count", "1000", "--size", "32"], &[], 1000, 32);
}

#[test]
fn one_by_one_too() {
    let words = ["--count", "100", "--size", "200", "--plain"];
    check_run(&words, &["--plain"], 100, 200);
    check_run(&words, &[], 100, 200);
    check_run(&words[..4], &["--plain"], 100, 200);
}

#[test]
fn at_a_rate() {
    let words = ["--count", "101", "--size", "1000", "--rate", "2M"];
    check_run(&words, &[], 101, 1000);
    check_run(&[&words[..], &["--plain"]].concat(), &[], 101, 1000);
}

#[test]
fn for_a_time() {
    let (receiver, address) = recv(&["--json"]);
    let words = ["--time", "0.05", "--rate", "1M", "--json"];
    let sent = send(address, &words).expect(0);
    let received = receiver.wait().expect(0);
    let (sent, received) = (&sent.objects()[0], &received.objects()[0]);
    let count = sent["datagrams"].as_u64().expect("a number");
    // 50,000 bytes, and the first.
    assert!((1..=36).contains(&count), "{count}");
    assert_eq!(received["sent"], count);
}

#[test]
fn a_line_for_people() {
    let (receiver, address) = recv(&[]);
    let sent = send(address, &["--count", "10"]).expect(0);
    let received = receiver.wait().expect(0);
    let start = format!("to {address}: 10 datagrams, 14.0 kB in ");
    assert!(sent.text().starts_with(&start), "{}", sent.text());
    assert!(sent.text().contains("; 0 of 10 lost (0.000 %), "));
    let line = received.text();
    assert!(line.starts_with("from 127.0.0.1:"), "{line}");
    assert!(line.contains(": 10 datagrams, 14.0 kB in "), "{line}");
    assert_eq!(line.lines().count(), 1);
}

#[test]
fn one_run_after_another_and_a_stranger_between() {
    let (receiver, address) = recv(&["--count", "3", "--json"]);
    let stranger = UdpSocket::bind("127.0.0.1:0").expect("a port");
    for size in ["100", "200", "300"] {
        for junk in [&b""[..], b"hello", &[0; 1400]] {
            stranger.send_to(junk, address).expect("sent");
        }
        send(address, &["--count", "50", "--size", size]).expect(0);
    }
    let runs = receiver.wait().expect(0).objects();
    let told = |name: &str| runs.iter().map(|run| run[name].clone()).collect::<Vec<_>>();
    assert_eq!(told("datagrams"), [50, 50, 50]);
    assert_eq!(told("bytes"), [5000, 10_000, 15_000]);
    assert_eq!(told("lost"), [0, 0, 0]);
    assert_eq!(told("foreign"), [3, 3, 3]);
    assert_eq!(told("late"), [0, 0, 0]);
}

/// Not every system tells.
#[cfg(target_os = "linux")]
#[test]
fn nobody_listens() {
    let port = {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
        socket.local_addr().expect("bound")
    };
    let sent = send(port, &["--count", "1000", "--rate", "10M", "--json"]).expect(7);
    assert_eq!(
        sent.errors,
        format!("bw-cast: nobody listens at {port}; start bw-cast bench recv there first\n")
    );
    assert_eq!(sent.objects()[0]["received"], serde_json::Value::Null);
}

#[test]
fn nobody_answers() {
    let silent = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("bound");
    let sent = send(address, &["--count", "3"]).expect(7);
    let expected = format!(
        "bw-cast: no report from {address}; see that bw-cast bench recv runs there and no firewall is between\n"
    );
    assert_eq!(sent.errors, expected);
    assert!(sent.text().contains("; not known what came; "));
}

#[test]
fn nothing_comes() {
    let (receiver, address) = recv(&["--timeout", "0.2"]);
    let ended = receiver.wait().expect(7);
    assert_eq!(ended.text(), "");
    let expected = format!(
        "bw-cast: nothing came to {address}; see that bw-cast bench send has that address and no firewall is between\n"
    );
    let listening = format!("listening on {address}\n");
    let behind = ended.errors.split_once(&listening);
    assert_eq!(behind.expect("it listens").1, expected);
}

#[test]
fn a_port_that_is_taken() {
    let taken = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("bound").to_string();
    let ended = start(&["recv", "--listen", &address]).wait().expect(1);
    assert_eq!(ended.errors.lines().count(), 1);
    let start = format!("bw-cast: cannot listen on {address}: ");
    assert!(ended.errors.starts_with(&start), "{ended:?}");
    let end = "; another program has that port; try --listen 127.0.0.1:0";
    assert!(ended.errors.trim_end().ends_with(end), "{ended:?}");
}

#[test]
fn bad_usage() {
    let ended = start(&["send", "--to", "127.0.0.1", "--size", "31"]).wait();
    assert_eq!(
        ended.expect(2).errors,
        "bw-cast: --size 31: say a number of bytes from 32 to 65507\n"
    );
}

#[cfg(unix)]
mod signals {
    use barewire_proving::PATIENCE;
    use bw_cast::bench::wire::{HEADER_BYTES, Header, Kind, REPORT_BYTES, Report};
    use rustix::process::Signal;

    use super::*;

    /// A datagram of a session of the test's own.
    fn datagram(kind: Kind, sequence: u64) -> Vec<u8> {
        let mut out = vec![0; REPORT_BYTES];
        let header = Header {
            kind,
            session: *b"of tests",
            sequence,
            sent_nanoseconds: 0,
        };
        let place: &mut [u8; HEADER_BYTES] = out.first_chunk_mut().expect("room");
        header.encode(place);
        out
    }

    #[test]
    fn a_sender_asks_what_has_come_so_far() {
        let receiver = UdpSocket::bind("127.0.0.1:0").expect("a port");
        receiver
            .set_read_timeout(Some(PATIENCE))
            .expect("an option");
        let to = receiver.local_addr().expect("bound").to_string();
        let words = [
            "send", "--to", &to, "--rate", "1M", "--time", "600", "--json",
        ];
        let sender = start(&words);
        let mut buf = [0; 2048];
        let mut signalled = false;
        let end = loop {
            let (length, from) = receiver.recv_from(&mut buf).expect("it sends");
            let header = Header::decode(&buf[..length]).expect("ours");
            if header.kind == Kind::End {
                let report = Report {
                    datagrams: 1,
                    ..Report::default()
                };
                let header = Header {
                    kind: Kind::Report,
                    ..header
                };
                // What is no report of this run is passed over.
                receiver.send_to(b"hello", from).expect("sent");
                let other = datagram(Kind::Report, header.sequence);
                receiver.send_to(&other, from).expect("sent");
                receiver
                    .send_to(&report.encode(&header), from)
                    .expect("sent");
                break header;
            }
            if !std::mem::replace(&mut signalled, true) {
                sender.signal(Signal::TERM);
            }
        };
        let sent = sender.wait().expect(143).objects().remove(0);
        assert_eq!(sent["datagrams"], end.sequence);
        assert_eq!(
            (&sent["received"], &sent["lost"]),
            (&1.into(), &(end.sequence - 1).into())
        );
    }

    #[test]
    fn a_receiver_tells_what_has_come_so_far() {
        let (receiver, address) = recv(&["--json"]);
        let sender = UdpSocket::bind("127.0.0.1:0").expect("a port");
        for sequence in [0, 1, 3, 3] {
            let data = datagram(Kind::Data, sequence);
            sender.send_to(&data, address).expect("sent");
        }
        receiver.interrupt();
        let received = receiver.wait().expect(130).objects().remove(0);
        assert_eq!(received["ended"], "interrupted");
        let numbers =
            ["datagrams", "sent", "lost", "duplicates"].map(|name| received[name].as_u64());
        assert_eq!(numbers, [Some(3), Some(4), Some(1), Some(1)]);
    }

    /// The end may overtake data; the report waits for them.
    #[test]
    fn a_report_is_for_those_who_have_sent() {
        let (receiver, address) = recv(&["--json"]);
        let [sender, other] = [0, 1].map(|_| UdpSocket::bind("127.0.0.1:0").expect("a port"));
        sender.set_read_timeout(Some(PATIENCE)).expect("an option");
        let send = |from: &UdpSocket, kind, sequence| {
            from.send_to(&datagram(kind, sequence), address)
                .expect("sent");
        };
        send(&sender, Kind::Data, 0);
        send(&other, Kind::Data, 1);
        send(&other, Kind::End, 1);
        send(&sender, Kind::End, 2);
        send(&sender, Kind::Data, 1);
        let mut buf = [0; 2048];
        let length = sender.recv(&mut buf).expect("a report");
        assert_eq!(length, REPORT_BYTES);
        let report = Report::decode(&buf[..length]).expect("whole");
        assert_eq!(report.datagrams, 2);
        let received = receiver.wait().expect(0).objects().remove(0);
        assert_eq!(
            (&received["foreign"], &received["lost"]),
            (&2.into(), &0.into())
        );
        other.set_nonblocking(true).expect("an option");
        assert!(other.recv(&mut buf).is_err(), "an answer to a stranger");
    }
}
