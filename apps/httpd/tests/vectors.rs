//! The black-box rows of `tests/vectors/httpd.jsonl` against the built program.
#![cfg(unix)]

mod support {
    #[path = "../support/pattern.rs"]
    pub(crate) mod pattern;
    #[path = "../support/mod.rs"]
    pub(crate) mod program;
}

use std::fs::{self, File, FileTimes, Permissions};
use std::net::SocketAddr;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, UNIX_EPOCH};

use serde_json::{Map, Value};
use support::pattern::is_found;
use support::program::{Client, NOBODY, Program, Response, SOON, find, is_root};

const ROWS: &str = include_str!("vectors/httpd.jsonl");

/// As many as the file has: a row that is not read is not passed.
const ROWS_COUNT: usize = 252;

fn rows() -> Vec<Value> {
    let rows: Vec<Value> = ROWS
        .lines()
        .map(|line| serde_json::from_str(line).expect("a row is JSON"))
        .collect();
    assert_eq!(rows.len(), ROWS_COUNT);
    rows
}

#[test]
fn rows_pass() {
    let rows: Vec<Value> = rows().into_iter().filter(|row| !is_timing(row)).collect();
    let (private, public): (Vec<_>, Vec<_>) = rows
        .into_iter()
        .partition(|row| row["setup"]["@mode"].is_object());
    let (bare, listed): (Vec<_>, Vec<_>) = public
        .into_iter()
        .partition(|row| options(row).any(|option| option == "no-listing"));
    let mut failures = Vec::new();
    for (rows, flags) in [(listed, &[][..]), (bare, &["--no-listing"])] {
        assert!(!rows.is_empty());
        let place = Place::new();
        let program = Program::start(&place.root, flags);
        place.run(&rows, program.address(), &mut failures);
    }
    let place = Place::new();
    match ordinary_user(&place) {
        Some(program) => place.run(&private, program.address(), &mut failures),
        None => println!(
            "skipped, since they need an ordinary user: {}",
            names(&private)
        ),
    }
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n"));
}

/// Rows about time, at the deadlines that the program has.
#[test]
#[ignore = "waits for the real deadlines, two minutes"]
fn timing_rows_pass() {
    let rows: Vec<Value> = rows().into_iter().filter(is_timing).collect();
    assert_eq!(rows.len(), 4);
    let place = Place::new();
    let program = Program::start(&place.root, &[]);
    for row in &rows {
        place.build(&row["setup"]);
    }
    let address = program.address();
    thread::scope(|scope| {
        for row in &rows {
            scope.spawn(move || check_timing(row, address));
        }
    });
}

fn is_timing(row: &Value) -> bool {
    row["level"] == "timing"
}

fn names(rows: &[Value]) -> String {
    let names: Vec<&str> = rows.iter().filter_map(|row| row["id"].as_str()).collect();
    names.join(", ")
}

fn options(row: &Value) -> impl Iterator<Item = &str> {
    let options = row["setup"]["@opts"].as_array().into_iter().flatten();
    options.filter_map(Value::as_str)
}

/// A server that is subject to permissions.
fn ordinary_user(place: &Place) -> Option<Program> {
    if !is_root() {
        return Some(Program::start(&place.root, &[]));
    }
    fs::set_permissions(place.outside.path(), Permissions::from_mode(0o755)).ok()?;
    match Program::start_as(NOBODY, &place.root, &[]) {
        Ok(program) => Some(program),
        Err(error) => {
            println!("cannot become user {NOBODY}: {error}");
            None
        }
    }
}

/// A directory to serve and what lies beside it.
struct Place {
    outside: tempfile::TempDir,
    root: PathBuf,
}

impl Place {
    fn new() -> Self {
        let outside = support::program::temp_dir();
        let root = outside.path().join("www");
        fs::create_dir(&root).expect("a directory of ours");
        Self { outside, root }
    }

    fn run(&self, rows: &[Value], address: SocketAddr, failures: &mut Vec<String>) {
        for row in rows {
            self.wipe();
            self.build(&row["setup"]);
            let mut faults = Faults::default();
            self.check(row, address, &mut faults);
            if !faults.0.is_empty() {
                failures.push(format!("{}: {}", row["id"], faults.0.join("; ")));
            }
        }
    }

    fn wipe(&self) {
        for directory in [self.outside.path(), &self.root] {
            for entry in fs::read_dir(directory).expect("ours") {
                let entry = entry.expect("ours");
                if entry.path() == self.root {
                    continue;
                }
                if entry.file_type().expect("still there").is_dir() {
                    let open = Permissions::from_mode(0o755);
                    fs::set_permissions(entry.path(), open).expect("ours");
                    fs::remove_dir_all(entry.path()).expect("ours");
                } else {
                    fs::remove_file(entry.path()).expect("ours");
                }
            }
        }
    }

    fn build(&self, setup: &Value) {
        for (name, what) in object(setup) {
            if !name.starts_with('@') {
                write(&self.root.join(name), what);
                continue;
            }
            match name.as_str() {
                "@outside" => {
                    for (name, what) in object(what) {
                        write(&self.outside.path().join(name), what);
                    }
                }
                "@symlink" => {
                    for (name, target) in object(what) {
                        let link = self.root.join(name);
                        symlink(target.as_str().expect("a target"), link).expect("new");
                    }
                }
                "@sock" => {
                    for name in what.as_array().expect("names") {
                        let name = name.as_str().expect("a name");
                        UnixListener::bind(self.root.join(name)).expect("new");
                    }
                }
                "@mtime" | "@mode" | "@opts" | "@io" => {}
                other => panic!("unknown setup {other}"),
            }
        }
        for (name, seconds) in object(&setup["@mtime"]) {
            // Rows share a list of times, whether or not they have all the files.
            if let Ok(file) = File::open(self.root.join(name)) {
                let seconds = Duration::from_secs(seconds.as_u64().expect("a time"));
                let times = FileTimes::new().set_modified(UNIX_EPOCH + seconds);
                file.set_times(times).expect("a file of ours");
            }
        }
        for (name, mode) in object(&setup["@mode"]) {
            let mode = u32::from_str_radix(mode.as_str().expect("octal"), 8).expect("octal");
            let path = self.root.join(name);
            fs::set_permissions(path, Permissions::from_mode(mode)).expect("ours");
        }
    }

    fn check(&self, row: &Value, address: SocketAddr, faults: &mut Faults) {
        let expect = &row["expect"];
        let io = &row["setup"]["@io"];
        let request = fill_in(row["request"].as_str().expect("a request"), address);
        let methods = methods(&request);
        let answers: Vec<&Value> = match expect.get("seq") {
            Some(sequence) => sequence.as_array().expect("answers").iter().collect(),
            None => vec![expect],
        };
        for key in object(io).keys() {
            assert!(matches!(key.as_str(), "split" | "half_close"), "@io {key}");
        }
        let mut client = Client::connect(address);
        if io.get("split").is_some() {
            for byte in &request {
                client.send([*byte]);
                thread::sleep(Duration::from_micros(400));
            }
        } else {
            client.send(&request);
        }
        let half_closed = io["half_close"] == true;
        if half_closed {
            client.finish();
        }
        let mut interim = Vec::new();
        for (index, expected) in answers.iter().enumerate() {
            let method = methods.get(index).or(methods.last());
            let method = method.map_or("GET", String::as_str);
            let answer = loop {
                match client.response(method) {
                    Some(answer) if answer.status < 200 => interim.push(answer.status),
                    answer => break answer,
                }
            };
            let short = index > 0 && expect["allow_short_seq"] == true;
            match answer {
                Some(answer) => self.check_answer(expected, &answer, index, faults),
                None if permits(expected, 0) || (short && client.ends()) => break,
                None => {
                    faults.add(format!("#{index}: no answer"));
                    break;
                }
            }
        }
        if let Some(expected) = expect.get("interim") {
            let expected = expected.as_array().expect("statuses");
            let same = expected.iter().eq(interim.iter());
            faults.add_unless(same, || format!("interim {interim:?}"));
        }
        check_connection(expect, client, half_closed, faults);
    }

    fn check_answer(&self, expected: &Value, answer: &Response, index: usize, faults: &mut Faults) {
        let mut fault = |text: String| faults.add(format!("#{index}: {text}"));
        let status = answer.status;
        let permitted = expected.get("status").is_none() || permits(expected, status);
        if !permitted {
            fault(format!("status {status}, not {}", expected["status"]));
        }
        let body: String = answer.body.iter().map(|&byte| char::from(byte)).collect();
        for (key, value) in object(expected) {
            match key.as_str() {
                "headers" => {
                    for (name, pattern) in object(value) {
                        let pattern = pattern.as_str().expect("a pattern");
                        let found = answer.field(name);
                        if !found
                            .as_deref()
                            .is_some_and(|found| matches(name, pattern, found))
                        {
                            fault(format!("{name}: {found:?}, not {pattern}"));
                        }
                    }
                }
                "header_absent" => {
                    for name in strings(value) {
                        if let Some(found) = answer.field(name) {
                            fault(format!("{name}: {found} is there"));
                        }
                    }
                }
                "header_not" => {
                    for (name, pattern) in object(value) {
                        let pattern = pattern.as_str().expect("a pattern");
                        if answer
                            .field(name)
                            .is_some_and(|found| is_found(pattern, &found))
                        {
                            fault(format!("{name} matches {pattern}"));
                        }
                    }
                }
                "body" if value == body.as_str() => {}
                "body" => fault(format!("content {:?}", body.get(..60).unwrap_or(&body))),
                "body_len" if value == answer.body.len() => {}
                "body_len" => fault(format!("content of {} bytes", body.len())),
                "body_len_max" if value.as_u64() >= u64::try_from(answer.body.len()).ok() => {}
                "body_len_max" => fault(format!("content of {} bytes", answer.body.len())),
                "body_contains" => {
                    for text in strings(value) {
                        if find(&answer.body, text.as_bytes()).is_none() {
                            fault(format!("content lacks {text:?}"));
                        }
                    }
                }
                "body_not_contains" => {
                    let root = self.root.to_str().expect("a path of ours");
                    for text in strings(value).map(|text| text.replace("@ROOT@", root)) {
                        if find(&answer.body, text.as_bytes()).is_some() {
                            fault(format!("content has {text:?}"));
                        }
                    }
                }
                "multipart" if status != 206 => {}
                "multipart" => {
                    if let Err(text) = check_parts(value, answer) {
                        fault(text);
                    }
                }
                "status" | "status_prefer" | "connection" | "seq" | "allow_short_seq"
                | "interim" | "max_responses" => {}
                other => panic!("unknown expectation {other}"),
            }
        }
    }
}

/// After the answers: nothing more may come, and the connection is as told.
fn check_connection(expect: &Value, mut client: Client, half_closed: bool, faults: &mut Faults) {
    let kept = match expect["connection"].as_str().expect("each row says") {
        // A request more shows both that it is kept and that nothing came in between.
        "keep" if !half_closed => {
            client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
            let answer = client.response("HEAD");
            faults.add_unless(answer.is_some(), || "connection not kept".to_owned());
            true
        }
        "keep" | "any" => true,
        "close" => false,
        other => panic!("unknown connection {other}"),
    };
    if kept {
        client.finish();
    }
    faults.add_unless(client.ends(), || "connection not closed".to_owned());
    let clean = client.left_over().is_empty() || expect.get("max_responses").is_some();
    faults.add_unless(clean, || {
        format!(
            "left over: {:?}",
            String::from_utf8_lossy(client.left_over())
        )
    });
}

/// A row about time: sent as it says, then watched until the server closes.
fn check_timing(row: &Value, address: SocketAddr) {
    let io = &row["setup"]["@io"];
    let expect = &row["expect"];
    // The deadline of the program, and how much longer it may take on a busy machine. A
    // stalled reader is noticed when a window without progress has passed.
    let (at_least, at_most) = match io["wait"].as_str().expect("a deadline") {
        "header_timeout" => (25, 50),
        "keepalive_timeout" => (55, 80),
        "send_timeout" => (55, 140),
        other => panic!("unknown deadline {other}"),
    };
    let start = Instant::now();
    let mut client = Client::connect(address);
    client.send(row["request"].as_str().expect("a request"));
    if io["no_read"] == true {
        // Reading nothing is what is tried. What the system took is still there afterwards,
        // and it is not all.
        thread::sleep(Duration::from_secs(at_most));
        let answer = client.response("GET").expect("the beginning of an answer");
        assert_eq!(answer.status, 200, "{}", row["id"]);
        assert!(answer.body.len() < 50_000_000, "{}: not cut", row["id"]);
    } else {
        let step = Duration::from_millis(500);
        client
            .stream
            .set_read_timeout(Some(step))
            .expect("not zero");
        let mut dripped = Instant::now();
        loop {
            let got = client.read_more();
            if got && client.ends() {
                break;
            }
            assert!(
                start.elapsed().as_secs() < at_most,
                "{}: not cut",
                row["id"]
            );
            if io.get("drip").is_some() && dripped.elapsed() >= Duration::from_secs(1) {
                client.send("a");
                dripped = Instant::now();
            }
        }
        let answer = client.response("GET");
        let status = answer.as_ref().map_or(0, |answer| answer.status);
        assert!(permits(expect, status), "{}: status {status}", row["id"]);
        if let (Some(body), Some(answer)) = (expect["body"].as_str(), answer) {
            assert_eq!(answer.text(), body, "{}", row["id"]);
        }
        assert_eq!(client.left_over(), b"", "{}", row["id"]);
    }
    let took = start.elapsed();
    assert!(
        took.as_secs() >= at_least,
        "{}: cut after {took:?}",
        row["id"]
    );
    println!("{}: cut after {took:.1?}", row["id"]);
}

fn check_parts(expected: &Value, answer: &Response) -> Result<(), String> {
    if answer.field("content-range").is_some() {
        return Err("Content-Range over several parts".to_owned());
    }
    let kind = answer.field("content-type").unwrap_or_default();
    let (_, boundary) = kind.split_once("boundary=").ok_or("no boundary")?;
    let separator = format!("--{}", boundary.trim_matches('"'));
    let text = answer.text();
    let mut parts = Vec::new();
    for piece in text.split(separator.as_str()).skip(1) {
        if piece.trim_end() == "--" {
            break;
        }
        let (head, body) = piece.split_once("\r\n\r\n").ok_or("no head in a part")?;
        let range = head
            .lines()
            .find_map(|line| line.strip_prefix("Content-Range: bytes "))
            .ok_or("no Content-Range in a part")?;
        parts.push((range.to_owned(), body.trim_end_matches("\r\n").to_owned()));
    }
    let expected: Vec<(String, String)> = serde_json::from_value(expected.clone()).expect("pairs");
    if parts == expected {
        Ok(())
    } else {
        Err(format!("parts {parts:?}"))
    }
}

#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    fn add(&mut self, text: String) {
        self.0.push(text);
    }

    fn add_unless(&mut self, good: bool, text: impl FnOnce() -> String) {
        if !good {
            self.add(text());
        }
    }
}

fn write(path: &Path, what: &Value) {
    fs::create_dir_all(path.parent().expect("below a directory")).expect("ours");
    match what {
        Value::Number(size) => {
            let file = File::create(path).expect("ours");
            file.set_len(size.as_u64().expect("a size"))
                .expect("sparse");
        }
        text => fs::write(path, text.as_str().expect("content")).expect("ours"),
    }
}

fn object(value: &Value) -> &Map<String, Value> {
    static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    value.as_object().unwrap_or(&NONE)
}

fn strings(value: &Value) -> impl Iterator<Item = &str> {
    let items = value.as_array().expect("a list").iter();
    items.map(|item| item.as_str().expect("a text"))
}

fn permits(expected: &Value, status: u16) -> bool {
    match &expected["status"] {
        Value::Array(several) => several.iter().any(|one| one == status),
        one => one == status,
    }
}

/// `Vary`, `Content-Type` and the lists of methods may say more than was asked for.
fn matches(name: &str, pattern: &str, found: &str) -> bool {
    match pattern {
        "*" => true,
        _ if pattern.starts_with('^') || pattern.starts_with("(?") => is_found(pattern, found),
        _ => {
            found == pattern || (matches!(name, "Vary" | "Content-Type") && found.contains(pattern))
        }
    }
}

/// The request as bytes, with the tags that files have now.
fn fill_in(request: &str, address: SocketAddr) -> Vec<u8> {
    let mut text = request.replace("<<NEVER>>", "\"never\"");
    while let Some(start) = text.find("<<") {
        let end = start + text[start..].find(">>").expect("a placeholder ends");
        let (form, path) = text[start + 2..end].split_once(':').expect("form and path");
        let answer = Client::connect(address).get(path);
        let tag = answer
            .field("etag")
            .unwrap_or_else(|| "\"none\"".to_owned());
        let value = tag.strip_prefix("W/").unwrap_or(&tag);
        let filled: &str = match form {
            "ETAG" => &tag,
            "ETAGV" => value,
            "ETAGI" => value.trim_matches('"'),
            other => panic!("unknown placeholder {other}"),
        };
        text.replace_range(start..end + 2, filled);
    }
    text.chars()
        .map(|c| u8::try_from(u32::from(c)).expect("latin-1"))
        .collect()
}

/// The methods of the requests in `bytes`: what stands before a target and an HTTP version.
fn methods(bytes: &[u8]) -> Vec<String> {
    let lines = bytes.split(|&byte| byte == b'\n');
    let words = lines.filter_map(|line| {
        let line = std::str::from_utf8(line).ok()?;
        let words: Vec<&str> = line.trim_end_matches('\r').split(' ').collect();
        match words[..] {
            [method, target, "HTTP/1.1" | "HTTP/1.0"]
                if !method.is_empty() && !target.is_empty() =>
            {
                Some(method.to_owned())
            }
            _ => None,
        }
    });
    words.collect()
}

#[test]
fn deadlines_are_longer_than_the_patience_of_a_test() {
    // Otherwise a connection that is closed by a deadline could pass for one that was told to.
    let config = barewire_http_server::Config::default();
    assert!(config.idle_timeout > Some(SOON) && config.head_timeout > Some(SOON));
}
