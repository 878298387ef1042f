//! h2load in HTTP/1.1, which pipelines.
#![cfg(unix)]

use barewire_peers::{Peer, Server, Site, line};

/// So many requests under way on each of eight connections.
#[track_caller]
fn check(depth: &str) {
    let Some(httpd) = Peer::H2LOAD.is_here().then(Server::httpd).flatten() else {
        return;
    };
    for (path, bytes) in Site::FILES {
        let requests = if bytes > 1024 { 100 } else { 1000 };
        let (count, url) = (requests.to_string(), httpd.url(path));
        let load = ["--h1", "-n", &count, "-c", "8", "-m", depth, "-N", "20"];
        let ended = Peer::H2LOAD.run(&[&load[..], &[&url]].concat());
        let report = ended.text();
        assert_eq!(ended.code(), 0, "{report}{}", ended.errors);
        let all = format!(
            "{count} total, {count} started, {count} done, {count} succeeded, \
             0 failed, 0 errored, 0 timeout"
        );
        assert_eq!(line(&report, "requests: "), all, "{report}");
        let statuses = format!("{count} 2xx, 0 3xx, 0 4xx, 0 5xx");
        assert_eq!(line(&report, "status codes: "), statuses, "{report}");
        let content = format!("({}) data", requests * bytes);
        assert!(line(&report, "traffic: ").ends_with(&content), "{report}");
    }
}

#[test]
fn one_at_a_time() {
    check("1");
}

#[test]
fn pipelined() {
    check("16");
}
