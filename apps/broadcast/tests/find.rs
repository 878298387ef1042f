//! What is announced is found, on loopback and on the one port that all have agreed on. Each test has a name of its own,
//! since others may be there.

mod support;

use serde_json::json;
use support::{LOOPBACK, Program, cast, run};

/// A name that no other test, nor another run of this one, has.
fn name(test: &str) -> String {
    format!("{test} {}", std::process::id())
}

#[track_caller]
fn announce(name: &str, words: &[&str]) -> Program {
    let program = Program::start(cast(&[&["announce", name], &LOOPBACK[..], words].concat()));
    program.wait_for_error("announcing ");
    program
}

#[track_caller]
fn find(name: &str, words: &[&str]) -> support::Ended {
    let patience = ["--timeout", "60"];
    run(&[&["find", name], &LOOPBACK[..], &patience, words].concat())
}

#[test]
fn what_is_announced_is_found() {
    let name = name("what");
    let words = [
        "--service",
        "ipp",
        "--port",
        "631",
        "paper=a4",
        "note=\u{1b}[2J",
    ];
    let _announcer = announce(&name, &words);
    let ended = find(&name, &["--count", "1"]).expect(0);
    let text = ended.text();
    let line = text.strip_suffix('\n').expect("a line");
    let columns: Vec<_> = line.split("  ").collect();
    assert_eq!(columns[..2], [name.as_str(), "ipp"]);
    assert!(columns[2].ends_with(":631"), "{line}");
    assert_eq!(columns[4..], ["note=\\x1b[2J", "paper=a4"]);
    assert_eq!(
        ended.errors,
        "unverified: anybody on these networks can announce any name\n"
    );
    // By its service alone, too.
    let ended = run(&[
        &[
            "find",
            "--service",
            "ipp",
            "--timeout",
            "60",
            "--count",
            "1",
        ][..],
        &LOOPBACK,
    ]
    .concat());
    assert!(ended.expect(0).text().contains("  ipp  "));
}

#[test]
fn programs_are_told_that_nothing_is_verified() {
    let name = name("programs");
    let _announcer = announce(&name, &["--port", "9", "a=b"]);
    let ended = find(&name, &["--count", "1", "--json"]).expect(0);
    assert_eq!(ended.errors, "");
    let event = &ended.objects()[0];
    assert_eq!(event["event"], "found");
    assert_eq!(event["name"], name);
    assert_eq!(event["service"], "cast");
    assert_eq!(event["attributes"], json!({"a": "b"}));
    assert_eq!(event["verified"], false);
    assert_eq!(event["instance"].as_str().map(str::len), Some(32));
    assert!(event["address"].as_str().expect("one").ends_with(":9"));
}

#[test]
fn nobody_is_told_by_the_status() {
    let words = ["find", "nobody has this name", "--timeout", "0.1"];
    let ended = run(&[&words[..], &LOOPBACK].concat()).expect(7);
    assert_eq!(ended.text(), "");
    assert!(
        ended
            .errors
            .ends_with("bw-cast: nobody answered within 0.1 s; give it longer with --timeout, or ask a machine with --to\n"),
        "{}",
        ended.errors
    );
}

#[test]
fn one_machine_may_be_asked() {
    let name = name("asked");
    let _announcer = announce(&name, &[]);
    find(&name, &["--count", "1", "--to", "127.0.0.1"]).expect(0);
    // One that is nobody's neighbour is not.
    let ended = find(&name, &["--count", "1", "--to", "203.0.113.1"]).expect(0);
    assert!(
        ended
            .errors
            .contains("bw-cast: --to 203.0.113.1:5143: on no network of this machine"),
        "{}",
        ended.errors
    );
}

#[cfg(unix)]
#[test]
fn who_goes_says_goodbye_and_whoever_watches_is_told() {
    use rustix::process::Signal;

    let name = name("goodbye");
    let words = [&["find", &name, "--watch"][..], &LOOPBACK].concat();
    let watcher = Program::start(cast(&words));
    let announcer = announce(&name, &["--port", "9"]);
    watcher.wait_for_output(&format!("found  {name}  cast  "));
    announcer.signal(Signal::TERM);
    announcer.wait().expect(0);
    let rest = watcher.wait_for_output(&format!("lost  {name}  cast  "));
    assert!(rest.ends_with("  (goodbye)"), "{rest}");
    watcher.interrupt();
    watcher.wait().expect(0);
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_search_before_it_is_done() {
    let words = ["find", "nobody has this name either", "--timeout", "1000"];
    let program = Program::start(cast(&[&words[..], &LOOPBACK].concat()));
    program.wait_for_error("unverified: ");
    program.interrupt();
    program.wait().expect(130);
}

#[test]
fn several_on_one_machine_share_the_port() {
    let names = [name("first"), name("second")];
    let _announcers = names.each_ref().map(|name| announce(name, &[]));
    for name in &names {
        find(name, &["--count", "1"]).expect(0);
    }
}
