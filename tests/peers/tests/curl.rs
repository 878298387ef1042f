//! curl, against the program and a server that takes uploads.
#![cfg(unix)]

use barewire_peers::{Echo, Peer, Server, Site, content};
use barewire_proving::Ended;

/// `None`, and a line, where something is missing.
fn httpd() -> Option<Server> {
    Peer::CURL.is_here().then(Server::httpd)?
}

fn echo() -> Option<Echo> {
    Peer::CURL.is_here().then(Echo::start)
}

#[track_caller]
fn curl(words: &[&str]) -> Ended {
    // No settings of whoever runs the test.
    let mut all = vec!["-q", "-sS", "-v", "--noproxy", "*", "--max-time", "20"];
    all.extend(words);
    let ended = Peer::CURL.run(&all);
    assert_eq!(ended.code(), 0, "{}", ended.errors);
    ended
}

/// Lines of what curl sent (`> `) or got (`< `).
fn said(ended: &Ended, line: &str) -> usize {
    let lines = ended.errors.lines();
    lines.filter(|said| said.trim_end() == line).count()
}

#[test]
fn downloads() {
    let Some(httpd) = httpd() else { return };
    for (path, bytes) in Site::FILES {
        let ended = curl(&[&httpd.url(path)]);
        assert!(ended.output == content(bytes), "{path}: {}", ended.errors);
        assert_eq!(said(&ended, &format!("< Content-Length: {bytes}")), 1);
    }
}

/// Three files and a head by one connection, which stays open to the end.
#[test]
fn one_connection() {
    let Some(httpd) = httpd() else { return };
    let written = "\n%{http_code} %{num_connects}\n";
    let urls = [httpd.url("/1k"), httpd.url("/1m"), httpd.url("/0")];
    let ended = curl(&["-w", written, &urls[0], &urls[1], &urls[2]]);
    let expected = [
        &content(1024)[..],
        b"\n200 1\n",
        &content(1024 * 1024),
        b"\n200 0\n",
        b"\n200 0\n",
    ];
    assert!(ended.output == expected.concat(), "{}", ended.errors);
    assert!(ended.errors.contains("left intact"), "{}", ended.errors);
}

/// The length of a HEAD's answer is not waited for, and the connection is of use after it.
#[test]
fn a_head_then_a_download() {
    let Some(httpd) = httpd() else { return };
    let url = httpd.url("/1k");
    let ended = curl(&[
        "-I",
        "-w",
        "%{num_connects}",
        &url,
        "--next",
        "-sS",
        "-w",
        "%{num_connects}",
        &url,
    ]);
    let head = b"\r\n\r\n1";
    let at = ended.output.windows(head.len()).position(|w| w == head);
    let at = at.expect("a head, and one connection") + head.len();
    let expected = [&content(1024)[..], b"0"].concat();
    assert!(ended.output[at..] == expected, "{}", ended.errors);
}

#[test]
fn ranges() {
    let Some(httpd) = httpd() else { return };
    let whole = content(1024 * 1024);
    let url = httpd.url("/1m");
    for (range, expected) in [
        ("0-0", &whole[..1]),
        ("1000-299999", &whole[1000..300_000]),
        ("-7", &whole[whole.len() - 7..]),
        ("1048000-", &whole[1_048_000..]),
    ] {
        let ended = curl(&["-r", range, &url]);
        assert!(ended.output == expected, "{range}: {}", ended.errors);
        assert_eq!(said(&ended, "< HTTP/1.1 206 Partial Content"), 1, "{range}");
    }
    let ended = curl(&["-r", "1048576-", "-o", "/dev/null", &url]);
    assert_eq!(said(&ended, "< Content-Range: bytes */1048576"), 1);
}

/// Nothing is encoded for somebody who could undo it.
#[test]
fn no_coding() {
    let Some(httpd) = httpd() else { return };
    let ended = curl(&["--compressed", &httpd.url("/1k")]);
    assert!(ended.output == content(1024));
    let errors = ended.errors.to_ascii_lowercase();
    assert!(errors.contains("> accept-encoding: "), "{errors}");
    assert!(!errors.contains("< content-encoding"), "{errors}");
}

/// An old client's connection ends with the answer, or stays open where it asks for that.
#[test]
fn http_1_0() {
    let Some(httpd) = httpd() else { return };
    let url = httpd.url("/1k");
    let one = [&content(1024)[..], b" 1\n"].concat();
    let again = [&content(1024)[..], b" 0\n"].concat();
    let words = ["-0", "-w", " %{num_connects}\n", &url, &url];
    let ended = curl(&words);
    assert!(
        ended.output == [&one[..], &one].concat(),
        "{}",
        ended.errors
    );
    assert_eq!(said(&ended, "< Connection: close"), 2, "{}", ended.errors);

    let ended = curl(&[&["-H", "Connection: keep-alive"], &words[..]].concat());
    assert!(
        ended.output == [&one[..], &again].concat(),
        "{}",
        ended.errors
    );
    assert_eq!(
        said(&ended, "< Connection: keep-alive"),
        2,
        "{}",
        ended.errors
    );
}

#[test]
fn paths_as_they_are() {
    let Some(httpd) = httpd() else { return };
    let secret = httpd.site.path("secret");
    std::fs::write(secret, "secret").expect("room");
    for path in [
        "/../secret",
        "/./../secret",
        "/%2e%2e/secret",
        "/1k/../../secret",
    ] {
        let words = ["--path-as-is", "-w", "%{http_code}", &httpd.url(path)];
        let text = curl(&words).text();
        assert!(!text.contains("secret"), "{path}: {text}");
        assert!(
            text.ends_with("400") || text.ends_with("404"),
            "{path}: {text}"
        );
    }
    let ended = curl(&["--path-as-is", &httpd.url("//1k")]);
    assert!(ended.output == content(1024), "{}", ended.errors);
}

/// Who asks first is spared the sending. Others are told, and curl hangs up, unless it had sent everything by then.
#[test]
fn uploads_refused() {
    let Some(httpd) = httpd() else { return };
    httpd.site.put("/3m", content(3 << 20));
    let (url, big) = (httpd.url("/new"), httpd.site.place("www/3m"));
    let written = "%{http_code} %{size_upload}\n";
    let ask = ["-H", "Expect: 100-continue", "-w", written];
    let ended = curl(&[&ask[..], &["-o", "/dev/null", "-T", &big, &url]].concat());
    assert_eq!(ended.text(), "405 0\n", "{}", ended.errors);
    assert_eq!(said(&ended, "> Expect: 100-continue"), 1);
    assert!(!ended.errors.contains("< HTTP/1.1 100"), "{}", ended.errors);

    // More than the server takes of content that nobody wants: it closes, and reads on.
    httpd.site.put("/3m", content(3 << 20));
    let (small, medium) = (httpd.site.place("www/1k"), httpd.site.place("www/3m"));
    for chunked in [&[][..], &["-H", "Transfer-Encoding: chunked"]] {
        for file in [&small, &medium] {
            // curl asks of itself, from a size that depends on its version.
            let words = ["-H", "Expect:", "-i", "-T", file, &url];
            let text = curl(&[chunked, &words].concat()).text();
            assert!(text.starts_with("HTTP/1.1 405 "), "{text}");
            assert!(text.contains("Allow: GET, HEAD, OPTIONS\r\n"), "{text}");
        }
    }
    assert!(!httpd.site.path("www/new").exists());
}

/// With a length, in chunks, and each of them after having asked.
#[test]
fn uploads_taken() {
    let Some(echo) = echo() else { return };
    let site = Site::new();
    let expect = ["-H", "Expect: 100-continue"];
    let chunked = ["-H", "Transfer-Encoding: chunked"];
    for (path, bytes) in Site::FILES {
        let file = site.place(&format!("www{path}"));
        for (framing, fields) in [
            ("length", &[][..]),
            ("length", &expect[..]),
            ("chunked", &chunked[..]),
            ("chunked", &[expect, chunked].concat()),
        ] {
            // curl 7.88 never ends the chunks of an empty file.
            if framing == "chunked" && bytes == 0 {
                continue;
            }
            let ended = curl(&[fields, &["-T", &file, &echo.url()]].concat());
            let case = format!("{path} {fields:?}: {}", ended.errors);
            assert!(ended.output == content(bytes), "{case}");
            assert_eq!(
                said(&ended, &format!("< X-Framing: {framing}")),
                1,
                "{case}"
            );
            assert_eq!(said(&ended, "< X-Method: PUT"), 1, "{case}");
            // Nobody waits for leave to send nothing.
            let asked = said(&ended, "> Expect: 100-continue");
            let told = if bytes > 0 { asked } else { 0 };
            assert_eq!(said(&ended, "< HTTP/1.1 100 Continue"), told, "{case}");
        }
    }
}
