//! What is sent arrives, whatever it is.
#![cfg(unix)]

mod support;

use std::ffi::OsStr;
use std::fs::{self, File, FileTimes};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, UNIX_EPOCH};

use support::{
    CODE, Ended, MIB, Node, Program, RECV, SEND, Two, free_port, has_v6, names, noise, recv,
    recv_from, send, sum, transfer, transfer_all, tree, type_into,
};

/// Sends all that is in the directory of sources as one directory, and compares.
#[track_caller]
fn check_tree(two: &Two, send_words: &[&str]) -> (Ended, Ended) {
    let words = [&["../from"], send_words].concat();
    let ended = transfer_all(two, &words, &[]);
    let there = two.to.join("from");
    assert_eq!(tree(&two.from), tree(&there));
    assert_eq!(
        Node::of(&two.from).modified,
        Node::of(&there).modified,
        "the directory itself"
    );
    assert_eq!(two.arrived(), ["from"]);
    ended
}

fn set_modified(path: &Path, time: std::time::SystemTime) {
    let times = FileTimes::new().set_modified(time);
    let file = File::open(path).expect("there");
    file.set_times(times).expect("ours");
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("ours");
}

#[test]
fn one_file_with_its_mode_and_time() {
    let two = Two::new();
    let bytes = noise(1, 300_000);
    let path = two.source("report.pdf", &bytes);
    set_mode(&path, 0o640);
    set_modified(
        &path,
        UNIX_EPOCH + Duration::new(1_234_567_890, 123_456_789),
    );
    let (sent, received) = transfer_all(&two, &["report.pdf"], &[]);
    assert_eq!(Node::of(&path), Node::of(&two.to.join("report.pdf")));
    let line = format!("{}  report.pdf\n", sum(&bytes));
    assert_eq!(received.text(), line);
    assert_eq!(sent.text(), format!("code: {CODE}\n{line}"));
    assert_eq!(
        sent.last_error(),
        "stored at the other side, on its disk: 292.97 KiB"
    );
    assert_eq!(
        received.last_error(),
        "stored: 292.97 KiB in this directory"
    );
}

#[test]
fn sizes_around_every_edge() {
    let two = Two::new();
    let sizes = [
        0,
        1,
        1023,
        1024,
        1025,
        65_535,
        65_536,
        MIB - 1,
        MIB,
        MIB + 1,
        2 * MIB,
        5 * MIB + 3,
    ];
    for size in sizes {
        two.source(&format!("{size:09}"), noise(size as u64, size));
    }
    let (sent, received) = check_tree(&two, &[]);
    let mut lines = String::new();
    for size in sizes {
        let hash = sum(&noise(size as u64, size));
        lines.push_str(&format!("{hash}  from/{size:09}\n"));
    }
    let sorted = |text: &str| {
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&received.text()), sorted(&lines));
    let sent_lines = sent.text();
    let sent_lines = sent_lines.strip_prefix(&format!("code: {CODE}\n"));
    assert_eq!(sorted(sent_lines.expect("the code first")), sorted(&lines));
}

#[test]
fn a_hole_of_four_gibibytes_takes_no_space() {
    let two = Two::new();
    let path = two.from.join("sparse");
    let mut file = File::create(&path).expect("made");
    file.write_all(b"first").expect("written");
    file.set_len((1 << 32) + 1).expect("sparse files exist");
    {
        use std::os::unix::fs::FileExt;
        file.write_all_at(b"middle", (1 << 31) + 7).expect("there");
        file.write_all_at(b"z", 1 << 32).expect("there");
    }
    drop(file);
    if fs::metadata(&path).expect("there").blocks() > 1 << 16 {
        println!("skipped: no sparse files in the temporary directory");
        return;
    }
    transfer_all(&two, &["sparse"], &[]);
    let (ours, theirs) = (&path, two.to.join("sparse"));
    let (ours, theirs) = (
        fs::metadata(ours).expect("there"),
        fs::metadata(theirs).expect("there"),
    );
    assert_eq!(ours.len(), theirs.len());
    assert_eq!(
        (ours.mtime(), ours.mtime_nsec()),
        (theirs.mtime(), theirs.mtime_nsec())
    );
    // Whole mebibytes are holes or none.
    assert!(
        theirs.blocks() * 512 <= 4 << 20,
        "{} blocks",
        theirs.blocks()
    );
    use std::os::unix::fs::FileExt;
    let file = File::open(two.to.join("sparse")).expect("there");
    for (offset, expected) in [
        (0, &b"first\0"[..]),
        (1 << 30, &[0; 64]),
        ((1 << 31) + 6, b"\0middle\0"),
        ((1 << 32) - 1, b"\0z"),
    ] {
        let mut found = vec![0; expected.len()];
        file.read_exact_at(&mut found, offset).expect("there");
        assert_eq!(found, expected, "at {offset}");
    }
}

#[test]
fn times_before_1970_and_far_ahead() {
    let two = Two::new();
    let ns = Duration::new(0, 999_999_999);
    for (name, time) in [
        ("before", UNIX_EPOCH - Duration::from_secs(86_400) + ns),
        ("edge", UNIX_EPOCH + ns),
        ("late", UNIX_EPOCH + Duration::from_secs(1 << 33) + ns),
    ] {
        let path = two.source(name, name);
        set_modified(&path, time);
    }
    fs::create_dir(two.from.join("dir")).expect("made");
    set_modified(
        &two.from.join("dir"),
        UNIX_EPOCH - Duration::from_secs(5) + ns,
    );
    check_tree(&two, &[]);
}

#[test]
fn directories_empty_deep_and_with_hidden_files() {
    let two = Two::new();
    fs::create_dir_all(two.from.join("empty/empty too")).expect("made");
    fs::create_dir(two.from.join("hidden")).expect("made");
    two.source("hidden/.profile", "x");
    fs::create_dir(two.from.join("hidden/.cache")).expect("made");
    let mut deep = two.from.clone();
    // The limit is 64, and `from` is one.
    for _ in 0..62 {
        deep.push("d");
    }
    fs::create_dir_all(&deep).expect("made");
    fs::write(deep.join("bottom"), "of it").expect("written");
    set_mode(&two.from.join("empty"), 0o700);
    set_mode(&two.from.join("hidden"), 0o555);
    set_modified(&two.from.join("empty"), UNIX_EPOCH + Duration::new(7, 7));
    check_tree(&two, &[]);
    // The directory that is to be removed has to be writable.
    set_mode(&two.from.join("hidden"), 0o755);
    set_mode(&two.to.join("from/hidden"), 0o755);
}

#[test]
fn thousands_of_small_files() {
    const FILES: usize = if cfg!(debug_assertions) { 3000 } else { 10_000 };
    let two = Two::new();
    for number in 0..FILES {
        if number % 500 == 0 {
            fs::create_dir(two.from.join(format!("{}", number / 500))).expect("made");
        }
        let name = format!("{}/{number}", number / 500);
        two.source(&name, noise(number as u64, 1024));
    }
    let (sent, received) = check_tree(&two, &[]);
    assert_eq!(sent.text().lines().count(), FILES + 1);
    assert_eq!(received.text().lines().count(), FILES);
}

#[test]
fn names_of_every_sort() {
    let two = Two::new();
    let long = "ä".repeat(127) + "x";
    assert_eq!(long.len(), 255);
    for name in [
        "nf\u{e9}c",
        "nfe\u{301}d",
        "\u{1f600} emoji",
        &long,
        "-leading",
        "--help",
        " spaces ",
        "quote\"'\\",
        "a:b*?<>|",
        "trailing.",
        "new\nline",
        "esc\u{1b}[2J",
        "rtl\u{202e}txt",
        "c1\u{85}",
    ] {
        two.source(name, name);
    }
    fs::write(two.from.join(OsStr::from_bytes(b"raw\xff\xfe")), "raw").expect("written");
    let (sent, received) = check_tree(&two, &[]);
    // None of it reaches a terminal as it is.
    for said in [
        &sent.text(),
        &sent.errors,
        &received.text(),
        &received.errors,
    ] {
        let raw = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!said.contains(raw), "{said:?}");
    }
    let lines = received.text();
    assert!(lines.contains("from/new\\nline\n"), "{lines}");
    assert!(lines.contains("from/raw\\xff\\xfe\n"), "{lines}");
    assert_eq!(lines.lines().count(), 15);
}

#[test]
fn a_name_that_begins_as_a_flag_does() {
    let two = Two::new();
    two.source("-rf", "x");
    two.source("-", "y");
    transfer_all(&two, &["./-rf", "./-"], &[]);
    assert_eq!(two.arrived(), ["-", "-rf"]);
}

#[test]
fn hard_links_are_files_of_their_own() {
    let two = Two::new();
    let first = two.source("first", noise(3, 5000));
    fs::hard_link(&first, two.from.join("second")).expect("made");
    check_tree(&two, &[]);
    let there = fs::metadata(two.to.join("from/second")).expect("there");
    assert_eq!(there.nlink(), 1);
}

#[test]
fn links_are_left_out_unless_asked_for() {
    let two = Two::new();
    two.source("file", "x");
    fs::create_dir(two.from.join("dir")).expect("made");
    symlink("file", two.from.join("link")).expect("made");
    symlink("../file", two.from.join("dir/up")).expect("made");
    let (sent, _) = transfer_all(&two, &["../from"], &[]);
    assert_eq!(names(&two.to.join("from")), ["dir", "file"]);
    assert_eq!(names(&two.to.join("from/dir")), [""; 0]);
    assert!(
        sent.errors
            .contains("bw-send: left out: ../from/link: not sent: a symbolic link\n"),
        "{}",
        sent.errors
    );
}

#[test]
fn links_that_stay_within_are_sent_on_request() {
    let two = Two::new();
    two.source("file", "x");
    fs::create_dir(two.from.join("dir")).expect("made");
    symlink("file", two.from.join("link")).expect("made");
    symlink("../file", two.from.join("dir/up")).expect("made");
    symlink("dir", two.from.join("to dir")).expect("made");
    symlink("nowhere", two.from.join("dangling")).expect("made");
    check_tree(&two, &["--links"]);
    let outside = two.from.join("outside");
    symlink("../../etc/passwd", &outside).expect("made");
    symlink("/etc/passwd", two.from.join("absolute")).expect("made");
    let (sent, _) = transfer_all(
        &two,
        &["../from", "--links"],
        &["-o", "again", "--overwrite", "replace"],
    );
    let again = names(&two.to.join("again"));
    assert_eq!(again, ["dangling", "dir", "file", "link", "to dir"]);
    for name in ["outside", "absolute"] {
        let words = format!("left out: ../from/{name}: not sent: ");
        assert!(sent.errors.contains(&words), "{}", sent.errors);
    }
}

#[test]
fn pipes_and_sockets_are_left_out() {
    let two = Two::new();
    two.source("file", "x");
    let made = Command::new("mkfifo").arg(two.from.join("pipe")).status();
    if !made.is_ok_and(|status| status.success()) {
        println!("skipped: no mkfifo here");
        return;
    }
    let socket = two.from.join("socket");
    let _socket = std::os::unix::net::UnixListener::bind(socket).expect("bound");
    let (sent, _) = transfer_all(&two, &["../from"], &[]);
    assert_eq!(names(&two.to.join("from")), ["file"]);
    for words in ["pipe: not sent: a named pipe", "socket: not sent: a socket"] {
        assert!(sent.errors.contains(words), "{}", sent.errors);
    }
}

#[test]
fn set_id_bits_stay_behind() {
    let two = Two::new();
    for (name, mode) in [("uid", 0o4755), ("gid", 0o2755), ("sticky", 0o1755)] {
        let path = two.source(name, "x");
        set_mode(&path, mode);
    }
    transfer_all(&two, &["uid", "gid", "sticky"], &[]);
    for name in ["uid", "gid", "sticky"] {
        assert_eq!(Node::of(&two.to.join(name)).mode, 0o755, "{name}");
    }
}

/// The receiver with that umask.
fn with_umask(umask: &str, two: &Two, address: std::net::SocketAddr) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "umask $0 && exec \"$@\"", umask, RECV]);
    command.args([CODE, "--yes", "--at", &address.to_string()]);
    command.current_dir(&two.to).stdin(Stdio::null());
    command
}

#[test]
fn nothing_is_wider_than_asked() {
    for (umask, file, dir) in [("077", 0o600, 0o700), ("000", 0o666, 0o777)] {
        let two = Two::new();
        set_mode(&two.source("file", noise(1, 2 * MIB)), 0o666);
        fs::create_dir(two.from.join("dir")).expect("made");
        set_mode(&two.from.join("dir"), 0o777);
        set_mode(&two.source("dir/file", "x"), 0o666);
        let sender = Program::start(send(&two, &["file", "dir", "--code", CODE]));
        let receiver = Program::start(with_umask(umask, &two, sender.address()));
        receiver.wait().expect(0);
        sender.wait().expect(0);
        let mode = |name: &str| Node::of(&two.to.join(name)).mode;
        assert_eq!(
            (mode("file"), mode("dir"), mode("dir/file")),
            (file, dir, file),
            "{umask}"
        );
    }
}

#[test]
fn several_paths_at_once() {
    let two = Two::new();
    fs::create_dir_all(two.from.join("sub/dir")).expect("made");
    two.source("one", "1");
    two.source("sub/two", "2");
    two.source("sub/dir/three", "3");
    transfer_all(&two, &["one", "sub/two", "sub/dir/"], &[]);
    assert_eq!(two.arrived(), ["dir", "one", "two"]);
    assert_eq!(two.bytes("dir/three"), b"3");
    // The same as what it stands for.
    transfer_all(&two, &["sub/."], &[]);
    assert_eq!(names(&two.to.join("sub")), ["dir", "two"]);
}

#[test]
fn a_text_is_shown() {
    let two = Two::new();
    let (sent, received) = transfer_all(&two, &["--text", "the door code is 4711"], &[]);
    assert_eq!(received.text(), "the door code is 4711\n");
    assert_eq!(sent.last_error(), "the text was shown");
    assert_eq!(two.arrived(), [""; 0]);
    let (_, received) = transfer_all(
        &two,
        &["--text", "two\nlines \u{1b}[2J \u{202e}\u{7f}"],
        &[],
    );
    assert_eq!(received.text(), "two\nlines \\x1b[2J \\u{202e}\\x7f\n");
}

#[test]
fn a_text_is_at_most_64_kib() {
    let two = Two::new();
    let start = |len: usize| {
        let (program, mut stdin) =
            Program::start_typing(send(&two, &["--text", "-", "--code", CODE]));
        type_into(&mut stdin, &"x".repeat(len));
        program
    };
    let sender = start(64 << 10);
    let receiver = Program::start(recv_from(&two, sender.address(), &[]));
    assert_eq!(
        receiver.wait().expect(0).text(),
        "x".repeat(64 << 10) + "\n"
    );
    sender.wait().expect(0);
    let refused = start((64 << 10) + 1).wait().expect(2);
    assert_eq!(
        refused.errors,
        "bw-send: --text: longer than 65536 bytes; send it as a file\n"
    );
}

#[test]
fn a_stream_from_pipe_to_pipe() {
    let bytes = noise(9, 5 * MIB + 77);
    for len in [0, 1, MIB, bytes.len()] {
        let bytes = &bytes[..len];
        let two = Two::new();
        let (sender, mut stdin) = Program::start_typing(send(&two, &["-", "--code", CODE]));
        let address = sender.address();
        let receiver = Program::start(recv_from(&two, address, &["-o", "-"]));
        stdin.write_all(bytes).expect("read");
        drop(stdin);
        let received = receiver.wait().expect(0);
        assert!(
            received.output == bytes,
            "{len}: {} bytes",
            received.output.len()
        );
        assert!(
            received.errors.ends_with(" to standard output\n"),
            "{}",
            received.errors
        );
        let sent = sender.wait().expect(0);
        assert!(sent.text().ends_with(&format!("{}  stdin\n", sum(bytes))));
        // No temporary file on either side.
        assert_eq!((two.arrived(), names(&two.from)), (vec![], vec![]));
    }
}

#[test]
fn a_stream_into_a_file() {
    let two = Two::new();
    let (sender, mut stdin) =
        Program::start_typing(send(&two, &["-", "--name", "src.tar", "--code", CODE]));
    let receiver = Program::start(recv_from(&two, sender.address(), &[]));
    let bytes = noise(4, 3 * MIB + 1);
    stdin.write_all(&bytes).expect("read");
    drop(stdin);
    receiver.wait().expect(0);
    sender.wait().expect(0);
    assert_eq!(two.arrived(), ["src.tar"]);
    assert!(two.bytes("src.tar") == bytes);
}

#[test]
fn one_file_to_standard_output() {
    let two = Two::new();
    let bytes = noise(4, 3 * MIB + 1);
    two.source("file", &bytes);
    let (_, received) = transfer_all(&two, &["file"], &["-o", "-"]);
    assert!(received.output == bytes);
    assert_eq!(two.arrived(), [""; 0]);
    // With holes, which are zeros there.
    let file = File::create(two.from.join("holes")).expect("made");
    file.set_len(3 * MIB as u64 + 5).expect("set");
    let (_, received) = transfer_all(&two, &["holes"], &["-o", "-"]);
    assert!(received.output == vec![0; 3 * MIB + 5]);
}

#[test]
fn where_it_goes() {
    let two = Two::new();
    two.source("file", "x");
    fs::create_dir(two.from.join("tree")).expect("made");
    two.source("tree/leaf", "y");
    fs::create_dir(two.to.join("there")).expect("made");
    for (words, output, expected) in [
        (&["file"][..], "there", "there/file"),
        (&["file"], "there/", "there/file"),
        (&["file"], "name", "name"),
        (&["file"], "new/", "new/file"),
        (&["file"], "there/renamed", "there/renamed"),
        (&["file"], "./dotted", "dotted"),
        (&["tree"], "there", "there/tree/leaf"),
        (&["tree"], "grove", "grove/leaf"),
        (&["tree"], "wood/", "wood/tree/leaf"),
        (&["file", "tree"], "both", "both/tree/leaf"),
    ] {
        transfer_all(&two, words, &["-o", output]);
        assert!(two.to.join(expected).is_file(), "{words:?} to {output}");
    }
    assert_eq!(
        two.arrived(),
        ["both", "dotted", "grove", "name", "new", "there", "wood"]
    );
}

#[test]
fn a_place_that_is_not_there_is_refused() {
    let two = Two::new();
    two.source("file", "x");
    let (sent, received) = transfer(&two, &["file"], &["-o", "no/such/place"]);
    assert_eq!((received.code(), sent.code()), (1, 1));
    assert!(
        received.last_error().contains("no/such"),
        "{}",
        received.errors
    );
    assert_eq!(two.arrived(), [""; 0]);
}

#[test]
fn the_receiver_may_be_the_one_who_waits() {
    let two = Two::new();
    let bytes = noise(5, 2 * MIB);
    two.source("file", &bytes);
    let receiver = Program::start(recv(&two, &["--yes", "--listen", "127.0.0.1:0"]));
    let (address, code) = (receiver.address(), receiver.wait_for_output("code: "));
    let advice = receiver.wait_for_error("on the other machine: ");
    assert_eq!(
        advice,
        format!("bw-send FILES --to {address} --code {code}")
    );
    let sender = Program::start(send(
        &two,
        &["file", "--to", &address.to_string(), "--code", &code],
    ));
    let sent = sender.wait().expect(0);
    let received = receiver.wait().expect(0);
    assert!(two.bytes("file") == bytes);
    let line = format!("{}  file\n", sum(&bytes));
    assert_eq!(sent.text(), line);
    assert_eq!(received.text(), format!("code: {code}\n{line}"));
}

#[test]
fn the_sender_says_what_to_type() {
    let two = Two::new();
    two.source("file", "x");
    let sender = Program::start(send(&two, &["file"]));
    let (address, code) = (sender.address(), sender.wait_for_output("code: "));
    let advice = sender.wait_for_error("on the other machine: bw-recv ");
    assert_eq!(advice, code);
    let advice = sender.wait_for_error("or, from another network: bw-recv ");
    assert_eq!(advice, format!("{code} --at {address}"));
    let words: Vec<_> = advice.split(' ').collect();
    let receiver = Program::start(recv(&two, &[&words[..], &["--yes"]].concat()));
    receiver.wait().expect(0);
    sender.wait().expect(0);
}

#[test]
fn over_ipv6() {
    if !has_v6() {
        return;
    }
    let two = Two::new();
    two.source("file", "x");
    let sender = Program::start(send(&two, &["file", "--code", CODE, "--at", "[::1]:0"]));
    let address = sender.address();
    assert!(address.is_ipv6());
    Program::start(recv_from(&two, address, &[]))
        .wait()
        .expect(0);
    sender.wait().expect(0);
    assert_eq!(two.bytes("file"), b"x");
}

#[test]
fn one_socket_takes_both_families() {
    if !has_v6() {
        return;
    }
    let two = Two::new();
    two.source("file", "x");
    for host in ["127.0.0.1", "[::1]", "localhost"] {
        let sender = Program::start(send(
            &two,
            &["file", "--code", CODE, "--at", ":0", "--no-announce"],
        ));
        let port = sender.address().port();
        let at = format!("{host}:{port}");
        let words = [CODE, "--yes", "--at", &at, "-o", &format!("{}", port)];
        Program::start(recv(&two, &words)).wait().expect(0);
        sender.wait().expect(0);
    }
}

#[test]
fn it_is_waited_for_a_sender_that_comes_later() {
    let two = Two::new();
    two.source("file", "x");
    let at = format!("127.0.0.1:{}", free_port());
    let receiver = Program::start(recv(&two, &[CODE, "--yes", "--at", &at, "--wait", "100"]));
    let sender = Program::start(send(&two, &["file", "--code", CODE, "--at", &at]));
    receiver.wait().expect(0);
    sender.wait().expect(0);
}

#[test]
fn a_file_that_is_there_already_is_not_sent_again() {
    let two = Two::new();
    two.source("file", noise(1, 3 * MIB));
    transfer_all(&two, &["file"], &[]);
    let before = fs::metadata(two.to.join("file")).expect("there").ino();
    let (sent, received) = transfer_all(&two, &["file"], &[]);
    // Compared, and told as any other.
    assert_eq!(sent.text(), format!("code: {CODE}\n{}", received.text()));
    assert_eq!(
        fs::metadata(two.to.join("file")).expect("there").ino(),
        before
    );
}

#[test]
fn the_rate_is_a_limit() {
    let two = Two::new();
    two.source("file", noise(1, 300_000));
    let start = std::time::Instant::now();
    transfer_all(&two, &["file", "--rate", "200K"], &[]);
    // A lower limit holds on any machine.
    assert!(start.elapsed() >= Duration::from_secs(1));
    let start = std::time::Instant::now();
    transfer_all(&two, &["file"], &["--rate", "200K", "-o", "again"]);
    assert!(start.elapsed() >= Duration::from_secs(1));
}

#[test]
fn nothing_is_left_after_many_runs() {
    const RUNS: usize = if cfg!(debug_assertions) { 10 } else { 100 };
    let two = Two::new();
    two.source("file", noise(1, 2 * MIB));
    for run in 0..RUNS {
        transfer_all(&two, &["file"], &["-o", &format!("{run}/")]);
        assert_eq!(names(&two.to.join(run.to_string())), ["file"]);
    }
}

#[test]
fn what_others_left_unfinished_is_not_sent() {
    let two = Two::new();
    two.source("file", "x");
    two.source(".file.0123456789abcdef.bw-part", "half");
    two.source(".file.0123456789abcdef.bw-journal", "half");
    let (sent, _) = transfer_all(&two, &["../from"], &[]);
    assert_eq!(names(&two.to.join("from")), ["file"]);
    assert!(
        sent.errors.contains("what a receiver left unfinished"),
        "{}",
        sent.errors
    );
}

#[test]
fn versions_and_help_need_nothing_else() {
    for (program, name) in [(SEND, "bw-send"), (RECV, "bw-recv")] {
        let version = Program::start(alone(program, "--version"));
        let expected = format!("{name} {}\n", env!("CARGO_PKG_VERSION"));
        assert_eq!(version.wait().expect(0).text(), expected);
        let help = Program::start(alone(program, "--help"));
        assert!(help.wait().expect(0).text().contains("Exit status: 0"));
    }
}

fn alone(program: &str, word: &str) -> Command {
    let mut command = Command::new(program);
    command.arg(word).stdin(Stdio::null());
    command
}
