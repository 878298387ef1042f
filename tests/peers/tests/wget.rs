//! GNU Wget against the program.
#![cfg(unix)]

use std::fs;

use barewire_peers::{Peer, Server, Site, content};
use barewire_proving::Ended;

/// `None`, and a line, where something is missing.
fn httpd() -> Option<Server> {
    if !Peer::WGET.is_here() {
        return None;
    }
    // Wget2 goes by the same name in places, and says other things.
    if !Peer::WGET
        .run(&["--version"])
        .text()
        .contains("GNU Wget 1.")
    {
        println!("skipped: this is another wget");
        return None;
    }
    Server::httpd()
}

/// It shows the heads that it gets.
#[track_caller]
fn wget(words: &[&str]) -> Ended {
    let mut all = vec!["--no-config", "--no-proxy", "-S", "-T20", "-t1"];
    all.extend(words);
    let ended = Peer::WGET.run(&all);
    assert_eq!(ended.code(), 0, "{}", ended.errors);
    ended
}

#[test]
fn downloads_by_one_connection() {
    let Some(httpd) = httpd() else { return };
    let urls: Vec<String> = Site::FILES
        .iter()
        .map(|(path, _)| httpd.url(path))
        .collect();
    let place = httpd.site.place("got");
    let mut words = vec!["-P", &place];
    words.extend(urls.iter().map(String::as_str));
    let ended = wget(&words);
    for (path, bytes) in Site::FILES {
        let got = httpd.site.read(&format!("got{path}"));
        assert!(got == content(bytes), "{path}: {}", ended.errors);
    }
    let reused = ended.errors.matches("Reusing existing connection").count();
    assert_eq!(reused, Site::FILES.len() - 1, "{}", ended.errors);
}

#[test]
fn a_download_is_resumed() {
    let Some(httpd) = httpd() else { return };
    let partial = httpd.site.place("partial");
    fs::write(&partial, content(300_000)).expect("room");
    let ended = wget(&["-c", "-O", &partial, &httpd.url("/1m")]);
    assert!(
        ended.errors.contains("206 Partial Content"),
        "{}",
        ended.errors
    );
    assert!(httpd.site.read("partial") == content(1024 * 1024));
    // What is whole already.
    let ended = wget(&["-c", "-O", &partial, &httpd.url("/1m")]);
    assert!(ended.errors.contains("416 "), "{}", ended.errors);
    assert!(httpd.site.read("partial") == content(1024 * 1024));
}

#[test]
fn only_if_newer() {
    let Some(httpd) = httpd() else { return };
    let place = httpd.site.place("got");
    let url = httpd.url("/1k");
    let ended = wget(&["-N", "-P", &place, &url]);
    assert!(ended.errors.contains("HTTP/1.1 200 OK"), "{}", ended.errors);
    let ended = wget(&["-N", "-P", &place, &url]);
    assert!(
        ended.errors.contains("HTTP/1.1 304 Not Modified"),
        "{}",
        ended.errors
    );
    assert!(httpd.site.read("got/1k") == content(1024));
}

#[test]
fn a_head_alone() {
    let Some(httpd) = httpd() else { return };
    let (url, then) = (httpd.url("/1m"), httpd.url("/1k"));
    let ended = wget(&["--spider", &url, &then]);
    assert!(
        ended.errors.contains("Length: 1048576 (1.0M)"),
        "{}",
        ended.errors
    );
    assert!(
        ended.errors.contains("Reusing existing connection"),
        "{}",
        ended.errors
    );
}

/// All that the listings lead to, names that need escapes as well.
#[test]
fn a_mirror() {
    let Some(httpd) = httpd() else { return };
    let names = [
        "/a b.txt",
        "/sub/100%.txt",
        "/sub/q?x#y.txt",
        "/sub/ä&<>\".txt",
        "/sub/deep/x",
    ];
    for name in names {
        httpd.site.put(name, name);
    }
    let place = httpd.site.place("mirror");
    let words = [
        "-r",
        "-np",
        "-nH",
        "--restrict-file-names=nocontrol",
        "-P",
        &place,
    ];
    let ended = wget(&[&words[..], &[&httpd.url("/")]].concat());
    for (path, bytes) in Site::FILES {
        let got = httpd.site.read(&format!("mirror{path}"));
        assert!(got == content(bytes), "{path}: {}", ended.errors);
    }
    for name in names {
        assert_eq!(httpd.site.read(&format!("mirror{name}")), name.as_bytes());
    }
}

#[test]
fn a_connection_each_and_a_refusal() {
    let Some(httpd) = httpd() else { return };
    let ended = wget(&[
        "--no-http-keep-alive",
        "-O",
        "-",
        &httpd.url("/1k"),
        &httpd.url("/1"),
    ]);
    let expected = [content(1024), content(1)].concat();
    assert!(ended.output == expected, "{}", ended.errors);
    assert!(!ended.errors.contains("Reusing"), "{}", ended.errors);
    // 8: the server answered with an error.
    let missing = httpd.url("/missing");
    let ended = Peer::WGET.run(&["--no-config", "--no-proxy", "-S", "-t1", &missing]);
    assert_eq!(ended.code(), 8, "{}", ended.errors);
    assert!(ended.errors.contains("404 Not Found"), "{}", ended.errors);
}
