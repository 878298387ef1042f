//! The examples do what they say.

mod common;

use barewire_http_server::Config;
use common::{post, serve_with};

#[path = "../examples/hello.rs"]
#[expect(dead_code, reason = "its main is not called here")]
mod hello;

#[path = "../examples/later.rs"]
#[expect(dead_code, reason = "its main is not called here")]
mod later;

#[path = "../examples/upload.rs"]
#[expect(dead_code, reason = "its main is not called here")]
mod upload;

#[test]
fn hello_says_hello() {
    let server = serve_with(Config::default(), hello::handler());
    assert_eq!(server.get("/").text(), "hello");
}

#[test]
fn later_counts_primes() {
    let server = serve_with(Config::default(), later::handler());
    assert_eq!(server.get("/100").text(), "25 primes below 100\n");
    assert_eq!(server.get("/many").status, 404);
    assert_eq!(server.get("/4000000000").status, 404);
}

#[test]
fn upload_digests_what_it_is_given() {
    let mut config = Config::default();
    config.limits.body_bytes_max = 1 << 30;
    let server = serve_with(config, upload::handler());
    let mut client = server.connect();
    let mut digest = |content: &str| {
        client.send(post("/", content));
        client.reply().text().to_owned()
    };
    let (short, empty) = (digest("foobar"), digest(""));
    assert!(short.starts_with("6 bytes, hash "), "{short}");
    assert!(empty.starts_with("0 bytes, hash "), "{empty}");
    assert_ne!(short[14..], empty[14..]);
    assert_eq!(digest("foobar"), short);
    assert!(digest(&"x".repeat(10_000_000)).starts_with("10000000 bytes, "));
}
