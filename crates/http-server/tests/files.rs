//! Content out of files.

mod common;

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use barewire_http_server::http1::StatusCode;
use barewire_http_server::{Body, Config, FileRange, Part, Response};
use common::{Running, get, path, serve};

/// Every byte tells its place.
fn pattern(start: u64, len: usize) -> Vec<u8> {
    (start..).take(len).map(|at| (at % 251) as u8).collect()
}

fn pattern_file(path: &Path, len: usize) -> Arc<File> {
    std::fs::write(path, pattern(0, len)).expect("a temporary file");
    Arc::new(File::open(path).expect("a temporary file"))
}

fn whole(file: &Arc<File>, start: u64, len: u64) -> Body {
    Body::File(FileRange {
        file: Arc::clone(file),
        start,
        len,
    })
}

/// Serves `/START/LEN` of a file.
fn ranges(file: Arc<File>) -> Running {
    serve(Config::default(), move |head, _| {
        let path = path(head);
        let mut numbers = path[1..].split('/').map(|n| n.parse().expect("a number"));
        let (start, len) = (numbers.next(), numbers.next());
        Response::new(StatusCode::OK).body(whole(
            &file,
            start.expect("a start"),
            len.expect("a length"),
        ))
    })
}

#[test]
fn small_and_large_ranges() {
    let dir = tempfile::tempdir().unwrap();
    let server = ranges(pattern_file(&dir.path().join("f"), 5_000_000));
    let mut client = server.connect();
    let cases: [(u64, usize); 8] = [
        (0, 0),
        (0, 1),
        (4_999_999, 1),
        (7, 65_536),
        (7, 65_537),
        (0, 5_000_000),
        (123, 3_000_000),
        (5_000_000, 0),
    ];
    client.send(
        cases
            .map(|(start, len)| get(&format!("/{start}/{len}")))
            .concat(),
    );
    for (start, len) in cases {
        let reply = client.reply();
        assert!(reply.body == pattern(start, len), "{start} {len}");
    }
}

#[test]
fn parts_of_files_and_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let file = pattern_file(&dir.path().join("f"), 1_000_000);
    let served = Arc::clone(&file);
    let server = serve(Config::default(), move |_, _| {
        let range = |start, len| {
            Part::File(FileRange {
                file: Arc::clone(&served),
                start,
                len,
            })
        };
        Response::new(StatusCode::PARTIAL_CONTENT).body(Body::Parts(vec![
            Part::Bytes(b"<".to_vec()),
            range(10, 5),
            Part::Bytes(b"|".to_vec()),
            range(0, 0),
            range(100, 800_000),
            range(3, 1),
            Part::Bytes(b">".to_vec()),
        ]))
    });
    let expected = [
        b"<".to_vec(),
        pattern(10, 5),
        b"|".to_vec(),
        pattern(100, 800_000),
        pattern(3, 1),
        b">".to_vec(),
    ]
    .concat();
    let mut client = server.connect_narrow();
    client.send(get("/").repeat(2));
    assert!(client.reply().body == expected);
    assert!(client.reply().body == expected);
}

#[test]
fn head_does_not_read_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let server = ranges(pattern_file(&dir.path().join("f"), 10));
    let mut client = server.connect();
    // A range that is not there: nobody finds out.
    client.send("HEAD /0/1000000 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(
        client.reply_to("HEAD").field("Content-Length"),
        Some("1000000")
    );
    client.send(get("/0/10"));
    assert_eq!(client.reply().body, pattern(0, 10));
}

#[test]
fn a_file_that_shrank_ends_the_connection() {
    let dir = tempfile::tempdir().unwrap();
    let server = ranges(pattern_file(&dir.path().join("f"), 100_000));
    // Found out before the head has left, and after.
    for len in [100_001, 60_000, 1 << 40] {
        let start = 100_001_u64.saturating_sub(len);
        let mut client = server.connect();
        client.send(get("/0/5") + &get(&format!("/{start}/{len}")) + &get("/0/5"));
        assert_eq!(client.reply().body, pattern(0, 5));
        assert!(
            client.try_reply("GET").is_none_or(|reply| !reply.whole),
            "{len}"
        );
        client.expect_gone();
    }
    assert_eq!(server.get("/0/5").body, pattern(0, 5));
}

#[test]
fn a_file_truncated_while_it_is_sent_ends_the_connection() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    let len = 64 << 20;
    let server = ranges(pattern_file(&path, len));
    let mut client = server.connect_narrow();
    client.send(get(&format!("/0/{len}")));
    client.read_some().unwrap();
    File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(1000)
        .unwrap();
    let reply = client.reply();
    assert!(!reply.whole && reply.body.len() < len);
    // What was already on its way may have become zeros; it is not longer than promised.
    assert_eq!(reply.field("Content-Length"), Some(&*len.to_string()));
    client.expect_gone();
}

/// Windows does not let a rename replace a file that is open.
#[cfg(unix)]
#[test]
fn a_file_replaced_while_it_is_sent_stays_what_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    let len = 32 << 20;
    let server = ranges(pattern_file(&path, len));
    let mut client = server.connect_narrow();
    client.send(get(&format!("/0/{len}")));
    client.read_some().unwrap();
    let mut new = tempfile::NamedTempFile::new_in(dir.path()).unwrap();
    new.write_all(b"new").unwrap();
    new.persist(&path).unwrap();
    assert!(client.reply().body == pattern(0, len));
}

#[test]
fn a_file_that_grew_is_sent_as_long_as_promised() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    let server = ranges(pattern_file(&path, 200_000));
    let mut grown = File::options().append(true).open(&path).unwrap();
    grown.write_all(&[0; 100_000]).unwrap();
    let mut client = server.connect();
    client.send(get("/0/200000").repeat(2));
    assert!(client.reply().body == pattern(0, 200_000));
    assert!(client.reply().body == pattern(0, 200_000));
}

/// A directory, which Windows does not even open.
#[cfg(unix)]
#[test]
fn what_cannot_be_read_ends_the_connection() {
    let dir = tempfile::tempdir().unwrap();
    let server = ranges(Arc::new(File::open(dir.path()).unwrap()));
    for len in [10, 1_000_000] {
        let mut client = server.connect();
        client.send(get(&format!("/0/{len}")));
        assert!(client.try_reply("GET").is_none_or(|reply| !reply.whole));
    }
}

/// The memory of a process can be read like a file, but `sendfile` refuses it: it goes
/// through a buffer.
#[cfg(target_os = "linux")]
#[test]
fn a_file_the_system_cannot_send() {
    let content = pattern(0, 3_000_000);
    let start = content.as_ptr() as u64;
    let server = ranges(Arc::new(File::open("/proc/self/mem").unwrap()));
    let mut client = server.connect_narrow();
    for len in [1000, 100_000, content.len()] {
        client.send(get(&format!("/{start}/{len}")));
        assert!(client.reply().body == content[..len], "{len}");
    }
}
