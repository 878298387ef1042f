//! ApacheBench, which speaks HTTP/1.0: with keep-alive it waits for ever where a server does not tell it the length.
#![cfg(unix)]

use barewire_peers::{Echo, Peer, Server, Site, line};

const REQUESTS: usize = 1000;

/// Its report, after all requests were answered alike, by few connections or a connection each.
#[track_caller]
fn ab(words: &[&str], bytes: usize) {
    for keep in [&[][..], &["-k"]] {
        let count = REQUESTS.to_string();
        let all = [&["-q", "-n", &count, "-c", "8", "-s", "20"], keep, words].concat();
        let ended = Peer::AB.run(&all);
        let report = ended.text();
        assert_eq!(ended.code(), 0, "{report}{}", ended.errors);
        let said = |name| line(&report, name).trim();
        assert_eq!(said("Complete requests:"), count, "{report}");
        // Of another length, broken or not answered.
        assert_eq!(said("Failed requests:"), "0", "{report}");
        assert!(!report.contains("Non-2xx responses"), "{report}");
        let transferred = format!("{} bytes", REQUESTS * bytes);
        assert_eq!(said("HTML transferred:"), transferred, "{report}");
        if !keep.is_empty() {
            assert_eq!(said("Keep-Alive requests:"), count, "{report}");
        }
    }
}

#[test]
fn downloads() {
    let Some(httpd) = Peer::AB.is_here().then(Server::httpd).flatten() else {
        return;
    };
    for (path, bytes) in Site::FILES.into_iter().take(3) {
        ab(&[&httpd.url(path)], bytes);
    }
}

#[test]
fn heads() {
    let Some(httpd) = Peer::AB.is_here().then(Server::httpd).flatten() else {
        return;
    };
    ab(&["-i", &httpd.url("/1m")], 0);
}

/// `-u` is PUT, `-p` POST.
#[test]
fn uploads() {
    if !Peer::AB.is_here() {
        return;
    }
    let (echo, site) = (Echo::start(), Site::new());
    for (path, bytes) in Site::FILES.into_iter().take(3) {
        let file = site.place(&format!("www{path}"));
        for method in ["-u", "-p"] {
            ab(&[method, &file, &echo.url()], bytes);
        }
    }
}
