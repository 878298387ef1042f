//! What is refused, by whom, in which words and with which status; and that nothing comes of it.
#![cfg(unix)]

mod support;

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::{FileTypeExt, symlink};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use support::{
    Act, CODE, MIB, PATIENCE, Plan, Program, Relay, Two, free_port, names, noise, recv, recv_from,
    send, transfer, transfer_all, tree, type_into,
};

/// Longer ago than anything that a test makes, and not twice the same.
fn age(path: &Path) {
    let file = fs::File::open(path).expect("there");
    file.set_modified(UNIX_EPOCH + Duration::from_secs(1_000_000))
        .expect("ours");
}

#[test]
fn a_wrong_code_ends_both_and_shows_nothing() {
    let two = Two::new();
    two.source("secret-plans.txt", "x");
    let sender = Program::start(send(&two, &["secret-plans.txt", "--code", CODE]));
    let at = sender.address().to_string();
    let receiver = Program::start(recv(&two, &["8-tiger-bamboo", "--yes", "--at", &at]));
    let received = receiver.wait().expect(4);
    assert_eq!(
        received.errors,
        "bw-recv: wrong code, and a code is good for one try; ask for a new one\n"
    );
    assert_eq!(received.text(), "");
    let sent = sender.wait().expect(4);
    let said = sent.last_error();
    assert!(
        said.starts_with("bw-send: somebody at 127.0.0.1:")
            && said.ends_with(
                " tried a wrong code, and a code is good for one try; start again for a new one"
            ),
        "{said}"
    );
    assert_eq!(two.arrived(), [""; 0]);
}

#[test]
fn a_wrong_code_the_other_way_round() {
    let two = Two::new();
    two.source("secret-plans.txt", "x");
    let receiver = Program::start(recv(&two, &["--yes", "--listen", "127.0.0.1:0", CODE]));
    let to = receiver.address().to_string();
    let words = ["secret-plans.txt", "--to", &to, "--code", "7-tiger-zebra"];
    let sent = Program::start(send(&two, &words)).wait().expect(4);
    assert_eq!(
        sent.errors,
        "bw-send: wrong code, and a code is good for one try; ask for a new one\n"
    );
    let received = receiver.wait().expect(4);
    assert!(!received.errors.contains("secret"), "{}", received.errors);
}

#[test]
fn what_is_offered_can_be_declined() {
    let two = Two::new();
    two.source("photo.jpg", noise(1, 2000));
    for (typed, said) in [
        (Some("n\n"), "declined"),
        (Some("\n"), "declined"),
        (Some("what?\n"), "declined"),
        (
            None,
            "nobody can be asked whether to accept; to accept without a question use --yes",
        ),
    ] {
        let sender = Program::start(send(&two, &["photo.jpg", "--code", CODE]));
        let at = sender.address().to_string();
        let (receiver, mut stdin) = Program::start_typing(recv(&two, &[CODE, "--at", &at]));
        receiver.wait_for_words("Accept? [y/N]");
        let asked = receiver.errors();
        assert!(asked.contains("photo.jpg 1.95 KiB from "), "{asked}");
        if let Some(typed) = typed {
            type_into(&mut stdin, typed);
        }
        drop(stdin);
        let received = receiver.wait().expect(3);
        assert!(
            received.errors.ends_with(&format!("bw-recv: {said}\n")),
            "{}",
            received.errors
        );
        let sent = sender.wait().expect(3);
        assert_eq!(sent.last_error(), "bw-send: declined by the other side");
        assert_eq!(two.arrived(), [""; 0]);
    }
}

#[test]
fn what_is_offered_can_be_accepted() {
    let two = Two::new();
    fs::create_dir(two.from.join("holiday")).expect("made");
    for number in 0..12 {
        two.source(&format!("holiday/{number:02}.jpg"), noise(number, 1024));
    }
    let sender = Program::start(send(&two, &["holiday/", "--code", CODE]));
    let at = sender.address().to_string();
    let (receiver, mut stdin) = Program::start_typing(recv(&two, &[CODE, "--at", &at]));
    receiver.wait_for_words("Accept? [y/N]");
    let asked = receiver.errors();
    assert!(
        asked.contains("holiday/ 12 files, 12.00 KiB from "),
        "{asked}"
    );
    assert!(
        asked.contains("\n  holiday/09.jpg\n  and 2 more\n"),
        "{asked}"
    );
    assert_eq!(two.arrived(), [""; 0], "nothing before the answer");
    type_into(&mut stdin, "Y\n");
    receiver.wait().expect(0);
    sender.wait().expect(0);
    assert_eq!(tree(&two.from), tree(&two.to));
}

/// One file where another is: exit code of both, and what the directory is like then.
#[track_caller]
fn check_existing(words: &[&str], code: i32, expected: &[(&str, &str)]) {
    let two = Two::new();
    two.source("a.txt", "new");
    let there = two.to.join("a.txt");
    fs::write(&there, "older").expect("written");
    age(&there);
    let (sent, received) = transfer(&two, &["a.txt"], words);
    let (sent, received) = (sent.expect(code), received.expect(code));
    let found: Vec<_> = two
        .arrived()
        .into_iter()
        .map(|name| {
            (
                name.clone(),
                String::from_utf8(two.bytes(&name)).expect("text"),
            )
        })
        .collect();
    let found: Vec<_> = found
        .iter()
        .map(|(name, text)| (&**name, &**text))
        .collect();
    assert_eq!(found, expected);
    assert!(
        received.errors.contains("there already: a.txt, 5 B\n"),
        "{}",
        received.errors
    );
    if code == 10 {
        let words = "a.txt is there already; to take it anyway use --overwrite rename or replace";
        assert_eq!(received.last_error(), format!("bw-recv: {words}"));
        assert_eq!(
            sent.last_error(),
            format!("bw-send: ended by the other side: {words}")
        );
    }
}

#[test]
fn a_file_that_is_there() {
    check_existing(&[], 10, &[("a.txt", "older")]);
    check_existing(&["--overwrite", "ask"], 10, &[("a.txt", "older")]);
    check_existing(&["--overwrite", "refuse"], 10, &[("a.txt", "older")]);
    check_existing(
        &["--overwrite", "rename"],
        0,
        &[("a (1).txt", "new"), ("a.txt", "older")],
    );
    check_existing(&["--overwrite", "replace"], 0, &[("a.txt", "new")]);
}

#[test]
fn a_renamed_file_is_told_by_its_name() {
    let two = Two::new();
    two.source("a.txt", "new");
    fs::write(two.to.join("a.txt"), "older").expect("written");
    let (_, received) = transfer_all(&two, &["a.txt"], &["--overwrite", "rename"]);
    assert!(
        received.text().ends_with("  a (1).txt\n"),
        "{}",
        received.text()
    );
    assert!(
        received.errors.contains("a.txt is stored as a (1).txt\n"),
        "{}",
        received.errors
    );
}

#[test]
fn another_file_of_the_same_size_and_time() {
    for (policy, code, expected) in [
        ("refuse", 10, vec![("a", "old")]),
        ("rename", 0, vec![("a", "old"), ("a (1)", "new")]),
        ("replace", 0, vec![("a", "new")]),
    ] {
        let two = Two::new();
        age(&two.source("a", "new"));
        fs::write(two.to.join("a"), "old").expect("written");
        age(&two.to.join("a"));
        let (sent, received) = transfer(&two, &["a"], &["--overwrite", policy]);
        let _ = (sent.expect(code), received.expect(code));
        let found = two.arrived().into_iter();
        let found: Vec<_> = found.map(|name| (name.clone(), two.bytes(&name))).collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|&(name, text)| (name.to_owned(), text.as_bytes().to_vec()))
            .collect();
        assert_eq!(found, expected, "{policy}");
    }
}

#[test]
fn somebody_is_asked_about_what_is_there() {
    for (answer, code, expected) in [
        ("s", 10, vec!["a", "b"]),
        ("r", 0, vec!["a", "a (1)", "b"]),
        ("p", 0, vec!["a", "b"]),
        ("", 3, vec!["a"]),
    ] {
        let two = Two::new();
        two.source("a", "new");
        two.source("b", "b");
        fs::write(two.to.join("a"), "older").expect("written");
        let sender = Program::start(send(&two, &["a", "b", "--code", CODE]));
        let at = sender.address().to_string();
        let (receiver, mut stdin) = Program::start_typing(recv(&two, &[CODE, "--at", &at]));
        type_into(&mut stdin, "y\n");
        receiver.wait_for_words("1 is there already: [s]kip, [r]ename the new, re[p]lace, [Q]uit?");
        type_into(&mut stdin, &format!("{answer}\n"));
        receiver.wait().expect(code);
        // The sender does not know why a part was not wanted.
        sender.wait().expect(if code == 10 { 9 } else { code });
        assert_eq!(two.arrived(), expected, "{answer}");
        let expected = if answer == "p" { "new" } else { "older" };
        assert_eq!(two.bytes("a"), expected.as_bytes(), "{answer}");
    }
}

#[test]
fn a_part_that_is_not_wanted_is_told_to_both() {
    let two = Two::new();
    two.source("a", "new");
    two.source("b", "b");
    two.source("c", "c");
    fs::write(two.to.join("a"), "older").expect("written");
    let (sent, received) = transfer(&two, &["a", "b", "c"], &[]);
    let (sent, received) = (sent.expect(9), received.expect(10));
    assert!(
        sent.errors
            .contains("bw-send: a: not wanted by the other side\n"),
        "{}",
        sent.errors
    );
    assert_eq!(
        sent.last_error(),
        "bw-send: 2 of 3 entries were transferred; the others are named above"
    );
    assert!(
        received
            .errors
            .contains("bw-recv: a: something is there already; see --overwrite\n"),
        "{}",
        received.errors
    );
    assert_eq!(
        received.last_error(),
        "bw-recv: 2 of 3 entries are stored; the others are named above"
    );
    assert_eq!(two.bytes("a"), b"older");
    assert_eq!(two.arrived(), ["a", "b", "c"]);
}

#[test]
fn a_link_in_the_way_is_never_written_through() {
    for (policy, code, left) in [
        ("refuse", 10, vec!["a"]),
        ("rename", 0, vec!["a", "a (1)"]),
        ("replace", 0, vec!["a"]),
    ] {
        for target in ["../victim", "../missing"] {
            let two = Two::new();
            two.source("a", noise(1, 2 * MIB));
            let victim = two.above().join("victim");
            fs::write(&victim, "precious").expect("written");
            symlink(target, two.to.join("a")).expect("made");
            let (sent, received) = transfer(&two, &["a"], &["--overwrite", policy]);
            let _ = (sent.expect(code), received.expect(code));
            assert_eq!(fs::read(&victim).expect("there"), b"precious");
            assert!(!two.above().join("missing").exists());
            assert_eq!(two.arrived(), left);
            let is_link = two.to.join("a").is_symlink();
            assert_eq!(is_link, policy != "replace");
        }
    }
}

#[test]
fn a_pipe_in_the_way_keeps_nobody_waiting() {
    for (policy, code) in [("refuse", 10), ("rename", 0), ("replace", 10)] {
        let two = Two::new();
        two.source("a", noise(1, 2 * MIB));
        let made = Command::new("mkfifo").arg(two.to.join("a")).status();
        if !made.is_ok_and(|status| status.success()) {
            println!("skipped: no mkfifo here");
            return;
        }
        let (sent, received) = transfer(&two, &["a"], &["--overwrite", policy]);
        let _ = (sent.expect(code), received.expect(code));
        let meta = fs::symlink_metadata(two.to.join("a")).expect("there");
        assert!(meta.file_type().is_fifo());
        assert_eq!(two.to.join("a (1)").is_file(), policy == "rename");
    }
}

#[test]
fn a_directory_in_the_way_stays() {
    for (policy, code) in [("refuse", 10), ("rename", 0), ("replace", 10)] {
        let two = Two::new();
        two.source("a", "x");
        fs::create_dir(two.to.join("a")).expect("made");
        fs::write(two.to.join("a/precious"), "y").expect("written");
        let (sent, received) = transfer(&two, &["a"], &["--overwrite", policy]);
        let _ = (sent.expect(code), received.expect(code));
        assert_eq!(two.bytes("a/precious"), b"y");
        assert_eq!(names(&two.to.join("a")), ["precious"]);
    }
}

#[test]
fn a_link_on_the_way_leads_nowhere() {
    for policy in ["refuse", "rename", "replace"] {
        let two = Two::new();
        let outside = two.above().join("outside");
        fs::create_dir(&outside).expect("made");
        symlink("../outside", two.to.join("tree")).expect("made");
        fs::create_dir_all(two.from.join("tree/sub")).expect("made");
        two.source("tree/sub/leaf", "x");
        two.source("tree/leaf", "x");
        two.source("free", "x");
        let (sent, received) = transfer(&two, &["tree", "free"], &["--overwrite", policy]);
        let _ = sent.expect(9);
        let received = received.expect(9);
        assert_eq!(names(&outside), [""; 0]);
        let words = "bw-recv: tree/leaf: \"tree\" is a symbolic link, which is not followed; \
                     move it away or receive elsewhere\n";
        assert!(received.errors.contains(words), "{}", received.errors);
        assert_eq!(two.bytes("free"), b"x");
    }
}

#[test]
fn the_destination_itself_may_be_a_link() {
    let two = Two::new();
    two.source("a", "x");
    fs::create_dir(two.above().join("disk")).expect("made");
    symlink("../disk", two.to.join("into")).expect("made");
    transfer_all(&two, &["a"], &["-o", "into"]);
    assert_eq!(fs::read(two.above().join("disk/a")).expect("there"), b"x");
}

#[test]
fn hidden_files_need_a_word_more_than_yes() {
    let two = Two::new();
    two.source(".bashrc", "x");
    two.source("a", "x");
    let (sent, received) = transfer(&two, &["a", ".bashrc"], &[]);
    let received = received.expect(3);
    assert_eq!(
        received.last_error(),
        "bw-recv: .bashrc is hidden; to take it without a question use --hidden"
    );
    assert!(
        received.errors.contains("hidden: .bashrc\n"),
        "{}",
        received.errors
    );
    let _ = sent.expect(3);
    assert_eq!(two.arrived(), [""; 0]);
    transfer_all(&two, &["a", ".bashrc"], &["--hidden"]);
    assert_eq!(two.arrived(), [".bashrc", "a"]);
}

/// A sender that ends before it has listened, with that code and those words.
#[track_caller]
fn check_no_sender(two: &Two, words: &[&str], code: i32, expected: &str) {
    let ended = Program::start(send(two, words)).wait().expect(code);
    assert_eq!(ended.errors, format!("bw-send: {expected}\n"), "{words:?}");
    assert_eq!(ended.text(), "");
}

/// The same of a receiver.
#[track_caller]
fn check_no_receiver(two: &Two, words: &[&str], code: i32, expected: &str) {
    let ended = Program::start(recv(two, words)).wait().expect(code);
    assert_eq!(ended.errors, format!("bw-recv: {expected}\n"), "{words:?}");
    assert_eq!(ended.text(), "");
}

#[test]
fn names_that_fall_together_are_not_sent() {
    let two = Two::new();
    for (name, one, other) in [
        ("case", "README", "readme"),
        ("sharp", "stra\u{df}e", "STRASSE"),
        ("form", "\u{e9}", "e\u{301}"),
    ] {
        let dir = two.from.join(name);
        fs::create_dir(&dir).expect("made");
        fs::write(dir.join(one), "1").expect("written");
        fs::write(dir.join(other), "2").expect("written");
        if names(&dir).len() < 2 {
            println!("skipped: {name}: this file system keeps one");
            continue;
        }
        let ended = Program::start(send(&two, &[name])).wait().expect(1);
        assert!(
            ended.errors.ends_with(
                " differ only in case or the form of accents and would be one file on many systems; \
                 rename one or send them one after the other\n"
            ),
            "{}",
            ended.errors
        );
    }
}

#[test]
fn what_cannot_be_sent() {
    let two = Two::new();
    two.source("a", "x");
    let part = ".x.0123456789abcdef.bw-part";
    two.source(part, "x");
    fs::create_dir(two.from.join("sub")).expect("made");
    two.source("sub/a", "x");
    check_no_sender(
        &two,
        &["nope"],
        1,
        "cannot send nope: no such file or directory",
    );
    check_no_sender(&two, &["a", "a"], 1, "a is named twice");
    check_no_sender(
        &two,
        &["a", "sub/a"],
        1,
        "a and sub/a would have the same name; rename one or send them one after the other",
    );
    check_no_sender(
        &two,
        &[part],
        1,
        &format!("cannot send {part}: name kept for unfinished files in its name"),
    );
    check_no_sender(
        &two,
        &["/"],
        1,
        "cannot send /, which has no name; name the directories in it",
    );
}

#[test]
fn portable_names_only() {
    let two = Two::new();
    let names = [
        "CON",
        "nul.txt",
        "COM1 .log",
        "COM\u{b9}",
        "x.",
        "x ",
        "a:b",
        "q?",
    ];
    for name in names {
        two.source(name, "x");
        let refused = Program::start(send(&two, &["--portable", name]))
            .wait()
            .expect(1);
        let start = format!("bw-send: cannot send {name}: ");
        assert!(refused.errors.starts_with(&start), "{}", refused.errors);
        // The receiver refuses as well, before it asks.
        let (sent, received) = transfer(&two, &[name], &["--portable"]);
        let (sent, received) = (sent.expect(11), received.expect(11));
        assert!(
            sent.last_error()
                .starts_with("bw-send: the other side would not take this: "),
            "{}",
            sent.errors
        );
        assert!(!received.errors.contains("KiB"), "{}", received.errors);
    }
    assert_eq!(two.arrived(), [""; 0]);
    transfer_all(&two, &names, &[]);
    assert_eq!(two.arrived().len(), names.len());
}

/// Words of a process that any user may read.
#[cfg(target_os = "linux")]
fn command_line(program: &Program) -> String {
    let line = fs::read(format!("/proc/{}/cmdline", program.id())).expect("it runs");
    String::from_utf8_lossy(&line).into_owned()
}

#[cfg(target_os = "linux")]
#[test]
fn the_code_need_not_be_among_the_words() {
    let two = Two::new();
    two.source("a", "x");
    let file = two.above().join("code");
    fs::write(&file, format!("{CODE}\nmore\n")).expect("written");
    let by_file = ["--code-file", file.to_str().expect("UTF-8")];
    // Not answered yet, so that both are there to be looked at.
    for way in ["file", "environment", "asked"] {
        let words: &[&str] = if way == "file" { &by_file } else { &[] };
        let mut command = send(&two, &[&["a"], words].concat());
        if way != "file" {
            command.env("BAREWIRE_CODE", CODE);
        }
        let sender = Program::start(command);
        let at = sender.address().to_string();
        assert_eq!(sender.wait_for_output("code: "), CODE);
        let mut command = recv(&two, &[words, &["--at", &at, "-o", way]].concat());
        if way == "environment" {
            command.env("BAREWIRE_CODE", CODE);
        }
        let (receiver, mut stdin) = Program::start_typing(command);
        if way == "asked" {
            type_into(&mut stdin, "7 Tiger bamb\n");
        }
        receiver.wait_for_words("Accept?");
        for program in [&sender, &receiver] {
            let line = command_line(program);
            assert!(line.contains("bw-") && !line.contains("tiger"), "{line}");
        }
        type_into(&mut stdin, "y\n");
        receiver.wait().expect(0);
        sender.wait().expect(0);
        assert_eq!(two.bytes(way), b"x");
    }
}

#[test]
fn two_receivers_of_one_name() {
    for (policy, code) in [("rename", 0), ("refuse", 10)] {
        let two = Two::new();
        let bytes = [noise(1, 3 * MIB), noise(2, 3 * MIB)];
        let dirs = ["one", "other"].map(|name| two.from.join(name));
        let mut running = Vec::new();
        for (dir, bytes) in dirs.iter().zip(&bytes) {
            fs::create_dir(dir).expect("made");
            fs::write(dir.join("file"), bytes).expect("written");
            let path = dir.join("file");
            let path = path.to_str().expect("UTF-8");
            let sender = Program::start(send(&two, &[path, "--code", CODE]));
            // Both are in the middle of it at the same time.
            let plan = Plan {
                after: 2 * MIB as u64,
                act: Act::Stall,
            };
            let relay = Relay::start(sender.address(), &[plan]);
            let words = ["--overwrite", policy];
            let receiver = Program::start(recv_from(&two, relay.address(), &words));
            relay.wait();
            running.push((sender, relay, receiver));
        }
        for (_, relay, _) in &running {
            relay.cut();
        }
        let mut codes = Vec::new();
        for (sender, _relay, receiver) in running {
            let received = receiver.wait();
            // One that comes back when the other is done declines; the sender is not told why.
            let sent = sender.wait().code();
            assert!(sent == received.code() || (sent, code) == (3, received.code()));
            codes.push(received.code());
        }
        codes.sort_unstable();
        assert_eq!(codes, [0, code], "{policy}");
        let mut expected = vec!["file"];
        if policy == "rename" {
            expected.push("file (1)");
        }
        let finished: Vec<_> = two
            .arrived()
            .into_iter()
            .filter(|name| !name.starts_with('.'))
            .collect();
        assert_eq!(finished, {
            expected.sort_unstable();
            expected
        });
        let found: Vec<_> = finished.iter().map(|name| two.bytes(name)).collect();
        assert!(found.iter().all(|found| bytes.contains(found)), "{policy}");
        assert!(found.len() == 1 || found[0] != found[1], "{policy}");
    }
}

#[test]
fn a_port_that_is_taken() {
    let two = Two::new();
    two.source("a", "x");
    let holder = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let at = holder.local_addr().expect("bound").to_string();
    let advice =
        "address already in use; another program has that port; take another, or 0 for any";
    check_no_sender(
        &two,
        &["a", "--at", &at],
        1,
        &format!("cannot listen on {at}: {advice}"),
    );
    check_no_receiver(
        &two,
        &["--listen", &at],
        1,
        &format!("cannot listen on {at}: {advice}"),
    );
    // An address for documentation.
    check_no_sender(
        &two,
        &["a", "--at", "192.0.2.77:0"],
        1,
        "cannot listen on 192.0.2.77:0: cannot assign requested address; \
         that address is not one of this machine",
    );
}

#[test]
fn nobody_is_there() {
    let two = Two::new();
    two.source("a", "x");
    let at = format!("127.0.0.1:{}", free_port());
    let words = format!(
        "nobody answers ({at}: connection refused); start the other program there first, \
         or look whether a firewall is in between"
    );
    check_no_receiver(&two, &[CODE, "--at", &at], 7, &words);
    check_no_receiver(&two, &[CODE, "--at", &at, "--wait", "0.3"], 7, &words);
    check_no_sender(&two, &["a", "--to", &at, "--code", CODE], 7, &words);
    let waited = Program::start(send(&two, &["a", "--wait", "0.1"]))
        .wait()
        .expect(7);
    assert_eq!(waited.last_error(), "bw-send: nobody came in time");
}

#[test]
fn wrong_usage() {
    let two = Two::new();
    two.source("a", "x");
    for (words, expected) in [
        (
            &[][..],
            "nothing to send: name files or directories, - for standard input, or --text",
        ),
        (
            &["a", "--to", "127.0.0.1"],
            "no code: give the one that bw-recv has printed, as CODE, in BAREWIRE_CODE or with --code-file",
        ),
        (
            &["a", "--to", "127.0.0.1", "--at", ":0"],
            "--to and --at: wait at an address, or connect to one",
        ),
        (
            &["a", "--text", "x"],
            "--text and files: send one or the other",
        ),
        (
            &["a", "-"],
            "- and files: standard input is sent alone; for a file of that name say ./-",
        ),
        (
            &["a", "--name", "x"],
            "--name: only what comes from standard input is named so",
        ),
        (
            &["a", "--rate", "0"],
            "--rate 0: say how many bytes a second, 1 or more, such as 500K or 2M",
        ),
        (
            &["a", "--timeout", "0.5"],
            "--timeout 0.5: say how many seconds, 1 or more",
        ),
        (
            &["a", "--code", "short"],
            "code of 5 characters; one of your own needs 8, others look like 7-tiger-bamboo",
        ),
        (
            &["a", "--at", "127.0.0.1:x"],
            "--at 127.0.0.1:x: x is no port; say HOST, HOST:PORT or :PORT, such as 192.168.1.5 or [::1]:5142",
        ),
        (
            &["--nope"],
            "Unrecognized argument: --nope\ntry bw-send --help",
        ),
    ] {
        check_no_sender(&two, words, 2, expected);
    }
    for (words, expected) in [
        (
            &["--at", "127.0.0.1"][..],
            "no code: give the one that bw-send has printed, as CODE, in BAREWIRE_CODE or with --code-file",
        ),
        (
            &[CODE, "--at", "127.0.0.1", "--listen", ":0"],
            "--at and --listen: connect to an address, or wait at one",
        ),
        (
            &[CODE, "--at", ":5"],
            "--at :5: no host; say HOST or HOST:PORT, such as 192.168.1.5 or [::1]:5142",
        ),
        (
            &[CODE, "--at", "127.0.0.1", "--overwrite", "all"],
            "--overwrite all: say ask, refuse, rename or replace",
        ),
        (
            &["7-tigre-bamboo", "--at", "127.0.0.1"],
            "no code has the word 'tigre'; did you mean 'tiger'?",
        ),
        (
            &[CODE, "more", "--at", "127.0.0.1"],
            "Unrecognized argument: more\ntry bw-recv --help",
        ),
    ] {
        check_no_receiver(&two, words, 2, expected);
    }
}

#[test]
fn two_of_a_kind_do_not_meet() {
    let two = Two::new();
    let waiting = Program::start(recv(&two, &[CODE, "--yes", "--listen", "127.0.0.1:0"]));
    let other = Program::start(recv_from(&two, waiting.address(), &[])).wait();
    let other = other.expect(1);
    assert_eq!(other.errors.lines().count(), 1, "{}", other.errors);
    // The one who waits goes on, for the right one.
    two.source("a", "x");
    let to = waiting.address().to_string();
    Program::start(send(&two, &["a", "--to", &to, "--code", CODE]))
        .wait()
        .expect(0);
    waiting.wait().expect(0);
}

/// Says something, and waits until the other end closes.
#[track_caller]
fn say(address: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("not zero");
    let _ = stream.write_all(bytes);
    stream
}

#[test]
fn strangers_are_sent_away_and_the_right_one_gets_in() {
    let two = Two::new();
    two.source("a", "x");
    let sender = Program::start(send(&two, &["a", "--code", CODE]));
    let address = sender.address();
    let mut browser = say(address, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    let mut page = String::new();
    browser.read_to_string(&mut page).expect("closed in order");
    assert!(page.starts_with("HTTP/1.1 400 "), "{page}");
    let strangers = [
        say(address, b"SSH-2.0-OpenSSH_9.6\r\n"),
        say(address, &[0; 4096]),
        say(address, &noise(7, 100_000)),
        // Somebody who says too little, nothing, or less than was promised.
        say(address, b"\x16"),
        say(address, b""),
        say(address, b"\x16\x03\x01\x40\x00\x01"),
    ];
    for mut stranger in strangers {
        let mut said = Vec::new();
        // Reset or closed: both are an end.
        if let Err(error) = stranger.read_to_end(&mut said) {
            assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
        }
        // An alert at most.
        assert!(said.len() < 64, "{said:?}");
    }
    Program::start(recv_from(&two, address, &[]))
        .wait()
        .expect(0);
    sender.wait().expect(0);
    assert_eq!(two.bytes("a"), b"x");
}

#[test]
fn a_crowd_that_says_nothing_keeps_nobody_out() {
    let two = Two::new();
    two.source("a", "x");
    let sender = Program::start(send(&two, &["a", "--code", CODE]));
    let address = sender.address();
    let crowd: Vec<_> = (0..150).map(|_| say(address, b"\x16")).collect();
    Program::start(recv_from(&two, address, &[]))
        .wait()
        .expect(0);
    let sent = sender.wait().expect(0);
    assert!(!sent.errors.contains("wrong code"), "{}", sent.errors);
    drop(crowd);
}

#[test]
fn what_a_receiver_said_before_opens_nothing() {
    let two = Two::new();
    two.source("a", "x");
    let sender = Program::start(send(&two, &["a", "--code", CODE]));
    let relay = Relay::start(sender.address(), &[]);
    Program::start(recv_from(&two, relay.address(), &[]))
        .wait()
        .expect(0);
    sender.wait().expect(0);
    let said = relay.heard();
    assert!(said.len() > 500, "{} bytes", said.len());
    // The same words to the next, who has the same code.
    let sender = Program::start(send(&two, &["a", "--code", CODE]));
    let address = sender.address();
    let mut answer = Vec::new();
    let _ = say(address, &said).read_to_end(&mut answer);
    let command = recv_from(&two, address, &["-o", "again"]);
    Program::start(command).wait().expect(0);
    sender.wait().expect(0);
    assert_eq!(two.bytes("again"), b"x");
}

#[test]
fn an_echo_is_nobody() {
    let two = Two::new();
    two.source("a", "x");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let at = listener.local_addr().expect("bound").to_string();
    let echo = std::thread::spawn(move || {
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().expect("somebody comes");
            let mut back = stream.try_clone().expect("a descriptor");
            let _ = std::io::copy(&mut stream, &mut back);
        }
    });
    let received = Program::start(recv(&two, &[CODE, "--yes", "--at", &at])).wait();
    let sent = Program::start(send(&two, &["a", "--to", &at, "--code", CODE])).wait();
    let _ = (received.expect(7), sent.expect(7));
    echo.join().expect("no panic");
    assert_eq!(two.arrived(), [""; 0]);
}

#[test]
fn to_oneself_in_one_directory_changes_nothing() {
    let two = Two::new();
    two.source("a", noise(1, 2 * MIB));
    let before = tree(&two.from);
    let sender = Program::start(send(&two, &["a", "--code", CODE]));
    let mut command = recv_from(&two, sender.address(), &["--overwrite", "replace"]);
    command.current_dir(&two.from);
    Program::start(command).wait().expect(0);
    sender.wait().expect(0);
    assert_eq!(tree(&two.from), before);
}

#[test]
fn standard_output_takes_one_file() {
    let two = Two::new();
    two.source("a", "x");
    two.source("b", "x");
    let (sent, received) = transfer(&two, &["a", "b"], &["-o", "-"]);
    let received = received.expect(1);
    assert_eq!(
        received.last_error(),
        "bw-recv: standard output takes one file or stream, and more is offered; \
         receive into a directory with -o DIR"
    );
    assert_eq!(received.text(), "");
    let _ = sent.expect(1);
}
