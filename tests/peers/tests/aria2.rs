//! aria2 against the program: pieces of one file by several connections at once.
#![cfg(unix)]

use barewire_peers::{Peer, Server, content};

#[test]
fn a_download_in_pieces() {
    if !Peer::ARIA2.is_here() {
        return;
    }
    let Some(httpd) = Server::httpd() else { return };
    httpd.site.put("/8m", content(8 << 20));
    let (place, url) = (httpd.site.place("got"), httpd.url("/8m"));
    let how = [
        "--no-conf",
        "--all-proxy=",
        "-x",
        "4",
        "-s",
        "4",
        "-k",
        "1M",
    ];
    let ended = Peer::ARIA2.run(&[&how[..], &["-d", &place, &url]].concat());
    assert_eq!(ended.code(), 0, "{}", ended.text());
    assert!(httpd.site.read("got/8m") == content(8 << 20));
}
