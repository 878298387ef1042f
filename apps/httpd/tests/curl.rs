//! What people type: curl against the program. Skipped, with a line, where there is no curl.
#![cfg(unix)]

mod support;

use std::fs::{self, File, FileTimes};
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use support::{Program, code, put, run, temp_dir};

const CONTENT: &str = "0123456789abcdefghijklmnopqrstuvwxyz\n";

/// A server with `/t.txt`, 784111777 seconds after 1970, and a place for curl's files.
struct Setup {
    program: Program,
    dir: tempfile::TempDir,
}

impl Setup {
    /// `None`, and a line, without curl.
    fn new() -> Option<Self> {
        if Command::new("curl").arg("--version").output().is_err() {
            println!("skipped: there is no curl here");
            return None;
        }
        let dir = temp_dir();
        put(dir.path(), "www/t.txt", CONTENT);
        put(dir.path(), "secret.txt", "secret");
        let file = File::options()
            .write(true)
            .open(dir.path().join("www/t.txt"))
            .expect("a file of ours");
        let modified = UNIX_EPOCH + Duration::from_secs(784_111_777);
        file.set_times(FileTimes::new().set_modified(modified))
            .expect("a file of ours");
        let program = Program::start(&dir.path().join("www"), &[]);
        Some(Self { program, dir })
    }

    /// Exit code, standard output and standard error of curl.
    #[track_caller]
    fn curl(&self, path: &str, words: &[&str]) -> (i32, String, String) {
        let url = format!("http://{}{path}", self.program.address());
        // No settings of whoever runs the test, and no proxy.
        let mut all = vec!["-q", "-sS", "--noproxy", "*", "--max-time", "20"];
        all.extend(words);
        all.push(&url);
        let (status, output, errors) = run("curl", &all);
        (code(status), output, errors)
    }

    fn place(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }
}

#[test]
fn a_download_with_its_head() {
    let Some(setup) = Setup::new() else { return };
    let (code, output, errors) = setup.curl("/t.txt", &["-v"]);
    assert_eq!((code, output.as_str()), (0, CONTENT));
    for line in [
        "< HTTP/1.1 200 OK",
        "< Content-Length: 37",
        "< Content-Type: text/plain; charset=utf-8",
        "< Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT",
        "< Accept-Ranges: bytes",
        "< X-Content-Type-Options: nosniff",
    ] {
        let found = errors
            .lines()
            .any(|said| said.trim_end().eq_ignore_ascii_case(line));
        assert!(found, "{line} is not in\n{errors}");
    }
    assert!(errors.contains("left intact"), "{errors}");
}

#[test]
fn ranges() {
    let Some(setup) = Setup::new() else { return };
    assert_eq!(setup.curl("/t.txt", &["-r", "0-99"]).1, CONTENT);
    assert_eq!(setup.curl("/t.txt", &["-r", "-5"]).1, "wxyz\n");
    assert_eq!(setup.curl("/t.txt", &["-r", "10-"]).1, &CONTENT[10..]);
    let (_, output, _) = setup.curl("/t.txt", &["-i", "-r", "0-1,4-5"]);
    assert!(
        output.starts_with("HTTP/1.1 206 Partial Content\r\n"),
        "{output}"
    );
    assert!(
        output.contains("multipart/byteranges; boundary="),
        "{output}"
    );
    for part in [
        "Content-Range: bytes 0-1/37\r\n\r\n01\r\n",
        "Content-Range: bytes 4-5/37\r\n\r\n45\r\n",
    ] {
        assert!(output.contains(part), "{part:?} is not in\n{output}");
    }
    let (code, output, _) = setup.curl("/t.txt", &["-i", "-r", "99-"]);
    assert_eq!(code, 0);
    assert!(output.starts_with("HTTP/1.1 416 "), "{output}");
    assert!(output.contains("bytes */37"), "{output}");
}

#[test]
fn a_head_alone() {
    let Some(setup) = Setup::new() else { return };
    let (code, output, _) = setup.curl("/t.txt", &["--head"]);
    assert_eq!(code, 0);
    assert!(output.starts_with("HTTP/1.1 200 OK\r\n"), "{output}");
    assert!(
        output
            .to_ascii_lowercase()
            .contains("\r\ncontent-length: 37\r\n")
    );
    assert!(output.ends_with("\r\n\r\n"), "{output}");
}

#[test]
fn an_old_client() {
    let Some(setup) = Setup::new() else { return };
    let (code, output, errors) = setup.curl("/t.txt", &["--http1.0", "-v"]);
    assert_eq!((code, output.as_str()), (0, CONTENT));
    assert!(errors.contains("Connection: close"), "{errors}");
}

#[test]
fn only_if_newer() {
    let Some(setup) = Setup::new() else { return };
    let asked = |words: &[&str]| {
        let mut all = vec!["-w", "%{http_code}"];
        all.extend(words);
        setup.curl("/t.txt", &all).1
    };
    assert_eq!(asked(&["-z", "06 Nov 1994 08:49:37 GMT"]), "304");
    assert_eq!(
        asked(&["-z", "06 Nov 1994 08:49:36 GMT"]),
        format!("{CONTENT}200")
    );
}

#[test]
fn only_if_changed() {
    let Some(setup) = Setup::new() else { return };
    let tag = setup.place("tag");
    let asked = || {
        let words = [
            "--etag-save",
            &tag,
            "--etag-compare",
            &tag,
            "-w",
            "%{http_code}",
        ];
        setup.curl("/t.txt", &words).1
    };
    fs::write(&tag, "").unwrap();
    assert_eq!(asked(), format!("{CONTENT}200"));
    assert!(fs::read_to_string(&tag).unwrap().starts_with('"'));
    assert_eq!(asked(), "304");
    put(setup.dir.path(), "www/t.txt", "changed");
    assert_eq!(asked(), "changed200");
}

#[test]
fn a_download_is_resumed() {
    let Some(setup) = Setup::new() else { return };
    let partial = setup.place("partial");
    fs::write(&partial, &CONTENT[..20]).unwrap();
    let words = [
        "-C",
        "-",
        "-o",
        &partial,
        "-w",
        "%{http_code} %{size_download}",
    ];
    let (code, output, errors) = setup.curl("/t.txt", &words);
    assert_eq!((code, output.as_str()), (0, "206 17"), "{errors}");
    assert_eq!(fs::read_to_string(&partial).unwrap(), CONTENT);
}

#[test]
fn an_upload_is_refused() {
    let Some(setup) = Setup::new() else { return };
    let file = setup.place("secret.txt");
    let big = setup.place("big");
    File::create(&big).unwrap().set_len(8 << 20).unwrap();
    for upload in [file, big] {
        for path in ["/t.txt", "/new.txt"] {
            let (_, output, errors) = setup.curl(path, &["-i", "-T", &upload]);
            assert!(output.contains("HTTP/1.1 405 "), "{output}{errors}");
            assert!(output.contains("Allow: GET, HEAD, OPTIONS"), "{output}");
        }
    }
    let text = fs::read_to_string(setup.dir.path().join("www/t.txt"));
    assert_eq!(text.unwrap(), CONTENT);
    assert!(!setup.dir.path().join("www/new.txt").exists());
}

#[test]
fn there_is_no_way_up() {
    let Some(setup) = Setup::new() else { return };
    for path in [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/..%5csecret.txt",
        "//../secret.txt",
        "/../",
    ] {
        let words = ["--path-as-is", "-w", "%{http_code}"];
        let (code, output, _) = setup.curl(path, &words);
        assert_eq!(code, 0);
        assert!(!output.contains("secret"), "{path}: {output}");
        assert!(
            output.ends_with("400") || output.ends_with("404"),
            "{path}: {output}"
        );
    }
}
