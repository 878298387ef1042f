//! What the program says, how it ends, and what each flag does.
#![cfg(unix)]

mod support;

use std::fs::{self, File, FileTimes, Permissions};
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use support::{
    Client, NOBODY, PROGRAM, Program, code, eventually, is_root, put, put_sparse, run, run_command,
    temp_dir,
};

/// Ends at once with that code and that text on standard error.
#[track_caller]
fn check_refused(words: &[&str], expected: i32, text: &str) {
    let (status, output, errors) = run(PROGRAM, words);
    assert_eq!((code(status), errors.as_str()), (expected, text));
    assert_eq!(output, "");
}

#[test]
fn bad_usage_ends_with_2() {
    check_refused(
        &["--nope"],
        2,
        "bw-httpd: Unrecognized argument: --nope\ntry bw-httpd --help\n",
    );
    check_refused(
        &["a", "b"],
        2,
        "bw-httpd: Unrecognized argument: b\ntry bw-httpd --help\n",
    );
    check_refused(
        &["--listen"],
        2,
        "bw-httpd: No value provided for option '--listen'.\ntry bw-httpd --help\n",
    );
    check_refused(
        &["--threads", "0"],
        2,
        "bw-httpd: --threads 0: say a number from 1 to 256\n",
    );
    check_refused(
        &["--symlinks", "some"],
        2,
        "bw-httpd: --symlinks some: say inside, all or none\n",
    );
    check_refused(
        &["--cache", "-1"],
        2,
        "bw-httpd: --cache -1: say a number of seconds from 0 to a year\n",
    );
    check_refused(
        &["--listen", "nowhere"],
        2,
        "bw-httpd: --listen nowhere: invalid socket address; \
         say HOST:PORT, such as 127.0.0.1:8080 or [::1]:0\n",
    );
    check_refused(
        &["--listen", "127.0.0.1:99999"],
        2,
        "bw-httpd: --listen 127.0.0.1:99999: invalid port value; \
         say HOST:PORT, such as 127.0.0.1:8080 or [::1]:0\n",
    );
}

#[test]
fn a_directory_that_cannot_be_served_ends_with_1() {
    let dir = temp_dir();
    put(dir.path(), "file", "");
    let none = dir.path().join("none").display().to_string();
    let file = dir.path().join("file").display().to_string();
    check_refused(
        &[&none],
        1,
        &format!(
            "bw-httpd: cannot serve {none}: no such file or directory; \
             name a directory that can be read\n"
        ),
    );
    check_refused(
        &[&file],
        1,
        &format!(
            "bw-httpd: cannot serve {file}: not a directory; name a directory that can be read\n"
        ),
    );
    check_refused(
        &[&none, "--verbose"],
        1,
        &format!(
            "bw-httpd: cannot serve {none}: no such file or directory; \
             name a directory that can be read\n  \
             because: No such file or directory (os error 2)\n"
        ),
    );
}

#[test]
fn a_directory_without_permission_ends_with_1() {
    let dir = temp_dir();
    let closed = dir.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, Permissions::from_mode(0o000)).unwrap();
    let Some(errors) = as_ordinary_user(&[closed.to_str().unwrap()], dir.path()) else {
        return;
    };
    let expected = format!(
        "bw-httpd: cannot serve {}: permission denied; name a directory that can be read\n",
        closed.display()
    );
    assert_eq!(errors, expected);
}

#[test]
fn an_address_in_use_ends_with_1_and_advice() {
    let dir = temp_dir();
    let first = Program::start(dir.path(), &[]);
    let address = first.address().to_string();
    check_refused(
        &[dir.path().to_str().unwrap(), "--listen", &address],
        1,
        &format!(
            "bw-httpd: cannot listen on {address}: address already in use; \
             another program has that port; try --listen 127.0.0.1:0\n"
        ),
    );
}

#[test]
fn an_address_of_another_machine_ends_with_1_and_advice() {
    // TEST-NET-1 (RFC 5737) belongs to nobody.
    check_refused(
        &["--listen", "192.0.2.1:0"],
        1,
        "bw-httpd: cannot listen on 192.0.2.1:0: cannot assign requested address; \
         that address is not one of this machine; try --listen 127.0.0.1:8080\n",
    );
}

#[test]
fn a_port_without_permission_ends_with_1_and_advice() {
    let first_free = fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start");
    if first_free.is_ok_and(|first| first.trim().parse().is_ok_and(|first: u32| first <= 80)) {
        println!("skipped: here everybody may listen on port 80");
        return;
    }
    let dir = temp_dir();
    let words = [dir.path().to_str().unwrap(), "--listen", "127.0.0.1:80"];
    let Some(errors) = as_ordinary_user(&words, dir.path()) else {
        return;
    };
    assert_eq!(
        errors,
        "bw-httpd: cannot listen on 127.0.0.1:80: permission denied; \
         ports below 1024 need a privilege; try --listen 127.0.0.1:8080\n"
    );
}

/// Standard error of a run that fails; `None`, and a line, where no ordinary user can be had.
fn as_ordinary_user(words: &[&str], dir: &Path) -> Option<String> {
    let mut command = Command::new(PROGRAM);
    command.args(words);
    if is_root() {
        use std::os::unix::process::CommandExt;
        fs::set_permissions(dir, Permissions::from_mode(0o755)).expect("ours");
        let mut probe = Command::new(PROGRAM);
        probe.arg("--version").uid(NOBODY).stdout(Stdio::null());
        if let Err(error) = probe.status() {
            println!("skipped: user {NOBODY} cannot run the program: {error}");
            return None;
        }
        command.uid(NOBODY);
    }
    let (status, output, errors) = run_command(command);
    assert_eq!((code(status), output.as_str()), (1, ""), "{errors}");
    Some(errors)
}

#[test]
fn help_names_every_flag_and_has_examples() {
    let (status, output, errors) = run(PROGRAM, &["--help"]);
    assert_eq!((code(status), errors.as_str()), (0, ""));
    for word in [
        "--listen",
        "--threads",
        "--no-listing",
        "--dotfiles",
        "--symlinks",
        "--cache",
        "--verbose",
        "--version",
        "--help",
        "DIR",
    ] {
        let is_described = output
            .lines()
            .any(|line| line.trim_start().starts_with(word));
        assert!(is_described, "{word} is not described in\n{output}");
    }
    for text in [
        "Serves a directory over HTTP/1.1\n\n",
        "Examples:\n  bw-httpd .\n",
        "bw-httpd /srv/www --listen 0.0.0.0:80",
        "Exit status: 0 stopped by a signal, 1 failed, 2 usage.",
    ] {
        assert!(output.contains(text), "{text:?} is not in\n{output}");
    }
}

#[test]
fn version_is_that_of_the_package() {
    let (status, output, errors) = run(PROGRAM, &["--version"]);
    assert_eq!((code(status), errors.as_str()), (0, ""));
    assert_eq!(output, format!("bw-httpd {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn help_into_a_closed_pipe_is_no_failure() {
    let mut command = Command::new("sh");
    command.args(["-c", "exec \"$0\" --help >&-", PROGRAM]);
    let (status, _, errors) = run_command(command);
    assert_eq!((code(status), errors.as_str()), (0, ""));
}

#[test]
fn each_address_is_listened_on_and_told() {
    let dir = temp_dir();
    put(dir.path(), "a.txt", "hello");
    let mut flags = vec!["--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0"];
    let has_v6 = std::net::TcpListener::bind("[::1]:0").is_ok();
    if has_v6 {
        flags.extend(["--listen", "[::1]:0"]);
    } else {
        println!("skipped in part: no IPv6 here");
    }
    let program = Program::start(dir.path(), &flags);
    assert_eq!(program.addresses().len(), if has_v6 { 3 } else { 2 });
    for &address in program.addresses() {
        assert_ne!(address.port(), 0);
        assert_eq!(Client::connect(address).get("/a.txt").text(), "hello");
    }
    assert_eq!(program.addresses().last().unwrap().is_ipv6(), has_v6);
    assert_ne!(program.addresses()[0], program.addresses()[1]);
}

#[test]
fn the_current_directory_is_the_default() {
    let dir = temp_dir();
    put(dir.path(), "a.txt", "hello");
    let mut command = Command::new(PROGRAM);
    command
        .args(["--listen", "127.0.0.1:0"])
        .current_dir(dir.path());
    let program = Program::spawn(command).unwrap();
    assert_eq!(program.get("/a.txt").text(), "hello");
}

#[test]
fn either_signal_ends_it_at_once_with_idle_connections() {
    for signal in [Signal::TERM, Signal::INT] {
        let dir = temp_dir();
        put(dir.path(), "a.txt", "hello");
        let mut program = Program::start(dir.path(), &["--threads", "2"]);
        // Idle after an answer, idle from the start, and in the middle of a head.
        let mut idle: Vec<Client> = (0..20).map(|_| program.connect()).collect();
        for client in &mut idle {
            assert_eq!(client.get("/a.txt").text(), "hello");
        }
        let silent = program.connect();
        let start = Instant::now();
        program.signal(signal);
        let status = program.wait_for_status();
        // A drain may take 30 seconds; nothing is under way here.
        assert!(start.elapsed() < Duration::from_secs(15), "{signal:?}");
        assert_eq!(code(status), 0, "{signal:?}");
        for mut client in idle.into_iter().chain([silent]) {
            assert!(client.ends());
        }
        assert_eq!(program.next_error(), None, "nothing to complain about");
    }
}

const BIG: u64 = 64 << 20;

/// A request for a file that no socket buffer holds, its answer begun.
fn begin_download(program: &Program) -> Client {
    let mut client = program.connect();
    client.send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(client.read_more());
    client
}

/// Reads to the end, a chunk at a time with a pause after each.
fn read_slowly(mut client: Client) -> u64 {
    let mut total = client.left_over().len() as u64;
    let mut chunk = vec![0; 1 << 20];
    loop {
        let count = client.stream.read(&mut chunk).unwrap_or(0);
        if count == 0 {
            return total;
        }
        total += count as u64;
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_signal_lets_a_download_finish() {
    for signal in [Signal::TERM, Signal::INT] {
        let dir = temp_dir();
        put_sparse(dir.path(), "big", BIG);
        let mut program = Program::start(dir.path(), &[]);
        let mut idle = program.connect();
        assert_eq!(idle.ask("HEAD", "/big", "").status, 200);
        let client = begin_download(&program);
        program.signal(signal);
        assert!(idle.ends(), "an idle connection is closed");
        assert!(program.is_running());
        assert!(read_slowly(client) > BIG);
        assert_eq!(code(program.wait_for_status()), 0);
    }
}

#[test]
fn nobody_new_is_let_in_while_it_drains() {
    let dir = temp_dir();
    put_sparse(dir.path(), "big", BIG);
    let mut program = Program::start(dir.path(), &["--threads", "1"]);
    let address = program.address();
    let mut idle = program.connect();
    assert_eq!(idle.ask("HEAD", "/big", "").status, 200);
    let client = begin_download(&program);
    program.signal(Signal::TERM);
    assert!(idle.ends());
    assert!(std::net::TcpStream::connect(address).is_err());
    drop(client);
    assert_eq!(code(program.wait_for_status()), 0);
}

#[test]
fn a_second_signal_cuts_a_download() {
    for (first, second) in [(Signal::TERM, Signal::TERM), (Signal::INT, Signal::TERM)] {
        let dir = temp_dir();
        put_sparse(dir.path(), "big", BIG);
        let mut program = Program::start(dir.path(), &[]);
        let mut idle = program.connect();
        assert_eq!(idle.ask("HEAD", "/big", "").status, 200);
        let client = begin_download(&program);
        program.signal(first);
        // The first one has been heard.
        assert!(idle.ends());
        let start = Instant::now();
        program.signal(second);
        assert_eq!(code(program.wait_for_status()), 0);
        assert!(start.elapsed() < Duration::from_secs(15));
        assert!(read_slowly(client) < BIG);
    }
}

#[test]
fn a_closed_standard_error_stops_nothing() {
    let dir = temp_dir();
    put(dir.path(), "a.txt", "hello");
    let mut command = Command::new(PROGRAM);
    command
        .arg(dir.path())
        .args(["--listen", "127.0.0.1:0", "--verbose"])
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = Vec::new();
    let mut pipe = child.stderr.take().unwrap();
    let mut byte = [0];
    while pipe.read(&mut byte).unwrap() == 1 && byte != *b"\n" {
        line.push(byte[0]);
    }
    drop(pipe);
    let line = String::from_utf8(line).unwrap();
    let address = line.strip_prefix("listening on ").unwrap().parse().unwrap();
    // Each of these is worth a line with --verbose.
    for _ in 0..3 {
        let answer = Client::connect(address).get("/%00");
        assert_eq!(answer.status, 400);
    }
    assert_eq!(Client::connect(address).get("/a.txt").text(), "hello");
    assert!(child.try_wait().unwrap().is_none());
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn standard_error_that_was_never_open_stops_nothing() {
    let dir = temp_dir();
    put(dir.path(), "a.txt", "hello");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let mut command = Command::new("sh");
    command
        .args(["-c", "exec \"$0\" \"$1\" --listen \"$2\" 2>&-", PROGRAM])
        .arg(dir.path())
        .arg(address.to_string());
    let mut child = command.spawn().unwrap();
    let stream = eventually(support::SOON, || std::net::TcpStream::connect(address).ok());
    let answer = stream.map(|stream| Client::over(stream).get("/a.txt"));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(answer.map(|answer| answer.text()).as_deref(), Some("hello"));
}

#[test]
fn several_threads_serve() {
    let dir = temp_dir();
    for number in 0..50 {
        put(dir.path(), &format!("{number}.txt"), number.to_string());
    }
    let program = Program::start(dir.path(), &["--threads", "4"]);
    let address = program.address();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for number in 0..50 {
                    let answer = Client::connect(address).get(&format!("/{number}.txt"));
                    assert_eq!(answer.text(), number.to_string());
                }
            });
        }
    });
    #[cfg(target_os = "linux")]
    {
        let tasks = fs::read_dir(format!("/proc/{}/task", program.id())).unwrap();
        // None for anything else.
        assert_eq!(tasks.count(), 4);
    }
}

#[test]
fn a_change_is_seen_by_the_next_request() {
    let dir = temp_dir();
    let program = Program::start(dir.path(), &["--threads", "1"]);
    let mut client = program.connect();
    assert_eq!(client.get("/a.txt").status, 404);
    put(dir.path(), "a.txt", "one");
    let before = client.get("/a.txt");
    assert_eq!(before.text(), "one");
    // Of the same size and in the same second.
    put(dir.path(), "a.txt", "two");
    let file = File::options()
        .write(true)
        .open(dir.path().join("a.txt"))
        .unwrap();
    let later = file.metadata().unwrap().modified().unwrap() + Duration::from_nanos(1_000);
    file.set_times(FileTimes::new().set_modified(later))
        .unwrap();
    let tag = before.field("etag").unwrap();
    let after = client.ask("GET", "/a.txt", &format!("If-None-Match: {tag}\r\n"));
    assert_eq!((after.status, after.text().as_str()), (200, "two"));
    assert_ne!(after.field("etag").unwrap(), tag);
    let tag = after.field("etag").unwrap();
    let again = client.ask("GET", "/a.txt", &format!("If-None-Match: {tag}\r\n"));
    assert_eq!(again.status, 304);
    fs::remove_file(dir.path().join("a.txt")).unwrap();
    assert_eq!(client.get("/a.txt").status, 404);
}

#[test]
fn a_cache_is_stale_within_its_time_and_fresh_after() {
    let dir = temp_dir();
    // One thread: each has a cache of its own.
    let flags = ["--threads", "1", "--cache"];
    let trusting = Program::start(dir.path(), &[&flags[..], &["600"]].concat());
    let brief = Program::start(dir.path(), &[&flags[..], &["0.2"]].concat());
    let off = Program::start(dir.path(), &[&flags[..], &["0"]].concat());
    put(dir.path(), "a.txt", "one");
    for program in [&trusting, &brief, &off] {
        assert_eq!(program.get("/a.txt").text(), "one");
    }
    put(dir.path(), "a.txt", "second");
    assert_eq!(off.get("/a.txt").text(), "second");
    assert_eq!(trusting.get("/a.txt").text(), "one");
    let fresh = eventually(support::SOON, || {
        (brief.get("/a.txt").text() == "second").then_some(())
    });
    assert!(fresh.is_some());
    assert_eq!(trusting.get("/a.txt").text(), "one");
    fs::remove_file(dir.path().join("a.txt")).unwrap();
    assert_eq!(trusting.get("/a.txt").text(), "one");
    assert_eq!(off.get("/a.txt").status, 404);
    // What is not known yet is looked for.
    put(dir.path(), "b.txt", "new");
    assert_eq!(trusting.get("/b.txt").text(), "new");
}

#[test]
fn no_listing_hides_indexes_and_not_index_files() {
    let dir = temp_dir();
    put(dir.path(), "sub/a.txt", "hello");
    put(dir.path(), "site/index.html", "<p>home");
    let shown = Program::start(dir.path(), &[]);
    let hidden = Program::start(dir.path(), &["--no-listing"]);
    assert_eq!(shown.get("/").status, 200);
    assert!(shown.get("/sub/").text().contains("a.txt"));
    for path in ["/", "/sub/"] {
        let answer = hidden.get(path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.text().contains("a.txt"), "{path}");
    }
    assert_eq!(hidden.get("/sub/a.txt").text(), "hello");
    assert_eq!(hidden.get("/sub").status, 301);
    assert_eq!(hidden.get("/site/").text(), "<p>home");
}

#[test]
fn dotfiles_are_served_only_when_asked_for() {
    let dir = temp_dir();
    put(dir.path(), ".env", "secret");
    put(dir.path(), ".git/config", "secret");
    put(dir.path(), ".well-known/x", "public");
    let usual = Program::start(dir.path(), &[]);
    let open = Program::start(dir.path(), &["--dotfiles"]);
    for path in ["/.env", "/.git/config", "/.git/", "/%2eenv", "/.env/."] {
        assert_eq!(usual.get(path).status, 404, "{path}");
    }
    assert!(!usual.get("/").text().contains(".env"));
    assert_eq!(open.get("/.env").text(), "secret");
    assert_eq!(open.get("/.git/config").text(), "secret");
    assert!(open.get("/").text().contains(".env"));
    for program in [&usual, &open] {
        assert_eq!(program.get("/.well-known/x").text(), "public");
    }
}

#[test]
fn symlinks_are_followed_as_asked() {
    let outside = temp_dir();
    let dir = outside.path().join("www");
    put(outside.path(), "secret.txt", "secret");
    put(&dir, "a.txt", "hello");
    symlink("a.txt", dir.join("inside.txt")).unwrap();
    symlink("../secret.txt", dir.join("outside.txt")).unwrap();
    symlink("..", dir.join("up")).unwrap();
    for (how, inside, beyond) in [
        (None, 200, 404),
        (Some("inside"), 200, 404),
        (Some("all"), 200, 200),
        (Some("none"), 404, 404),
    ] {
        let flags: Vec<&str> = how
            .into_iter()
            .flat_map(|how| ["--symlinks", how])
            .collect();
        let program = Program::start(&dir, &flags);
        assert_eq!(program.get("/a.txt").status, 200, "{how:?}");
        assert_eq!(program.get("/inside.txt").status, inside, "{how:?}");
        assert_eq!(program.get("/outside.txt").status, beyond, "{how:?}");
        assert_eq!(program.get("/up/secret.txt").status, beyond, "{how:?}");
        let listed = program.get("/").text();
        assert_eq!(listed.contains("inside.txt"), inside == 200, "{how:?}");
        assert_eq!(listed.contains("outside.txt"), beyond == 200, "{how:?}");
    }
}
