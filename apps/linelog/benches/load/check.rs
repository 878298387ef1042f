//! What is in the files.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::ops::AddAssign;
use std::path::Path;

use barewire_command::escape::unescape;

use crate::input::{BLOCK_LINE_BYTES, BLOCK_LINES, Input, block, name};

/// What became of lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// As they were sent.
    pub(crate) whole: usize,
    /// Of no client's.
    pub(crate) mangled: usize,
    /// Nowhere.
    pub(crate) missing: usize,
    /// Behind a later one of the same client, or there twice.
    pub(crate) disordered: usize,
}

impl AddAssign for Found {
    fn add_assign(&mut self, other: Self) {
        self.whole += other.whole;
        self.mangled += other.mangled;
        self.missing += other.missing;
        self.disordered += other.disordered;
    }
}

/// Looks for every line in a file of nothing but lines.
pub(crate) fn raw(path: &Path, inputs: &[Input]) -> Found {
    let mut search = Search::new(inputs);
    each_line(path, |line| search.see(line));
    search.found()
}

/// Looks for every line in a file of records, which have to be in order and of the source that
/// says it is their client.
///
/// # Panics
///
/// If the records are not what this program writes.
pub(crate) fn records(path: &Path, inputs: &[Input]) -> Found {
    let mut search = Search::new(inputs);
    let mut clients: HashMap<String, Option<usize>> = HashMap::new();
    each_record(path, |source, text| {
        let text = unescape(text).expect("escaped");
        search.see(&text);
        let client = name(&text).map(|(client, _)| client);
        let known = clients.entry(source.to_owned()).or_insert(client);
        assert_eq!(*known, client, "{source} speaks for another");
    });
    search.found()
}

/// How many lines of a flood there are; each has to be the next of its client.
///
/// # Panics
///
/// If the records are not what this program writes.
pub(crate) fn flood(path: &Path, clients: usize) -> Vec<usize> {
    let blocks: Vec<_> = (0..clients).map(block).collect();
    let line = |client: usize, number: usize| {
        let at = number % BLOCK_LINES * BLOCK_LINE_BYTES;
        &blocks[client][at..at + BLOCK_LINE_BYTES - 1]
    };
    let mut sources: HashMap<String, usize> = HashMap::new();
    let mut counts = vec![0; clients];
    each_record(path, |source, text| {
        let client = sources.get(source).copied().unwrap_or_else(|| {
            let client = (0..clients).find(|&client| line(client, 0) == text);
            let client = client.unwrap_or_else(|| panic!("{source}: not the first line"));
            sources.insert(source.to_owned(), client);
            client
        });
        let number = counts[client];
        assert_eq!(text, line(client, number), "{source}, line {number}");
        counts[client] += 1;
    });
    counts
}

/// The lines of clients that are seen.
struct Search<'a> {
    inputs: &'a [Input],
    seen: Vec<Vec<bool>>,
    /// The number of each client's next line.
    next: Vec<usize>,
    found: Found,
}

impl<'a> Search<'a> {
    fn new(inputs: &'a [Input]) -> Self {
        Self {
            inputs,
            seen: inputs
                .iter()
                .map(|input| vec![false; input.lines()])
                .collect(),
            next: vec![0; inputs.len()],
            found: Found::default(),
        }
    }

    fn see(&mut self, line: &[u8]) {
        let whole = name(line).filter(|&(client, number)| {
            let input = self.inputs.get(client);
            input.and_then(|input| input.line(number)) == Some(line)
        });
        let Some((client, number)) = whole else {
            self.found.mangled += 1;
            return;
        };
        if number < self.next[client] {
            self.found.disordered += 1;
        }
        self.next[client] = self.next[client].max(number + 1);
        self.found.whole += usize::from(!self.seen[client][number]);
        self.seen[client][number] = true;
    }

    fn found(mut self) -> Found {
        let lines: usize = self.inputs.iter().map(Input::lines).sum();
        self.found.missing = lines - self.found.whole;
        self.found
    }
}

fn each_line(path: &Path, mut see: impl FnMut(&[u8])) {
    let file = File::open(path).expect("the server has made it");
    let mut file = BufReader::with_capacity(1 << 20, file);
    let mut line = Vec::new();
    while file.read_until(b'\n', &mut line).expect("readable") > 0 {
        see(line.strip_suffix(b"\n").unwrap_or(&line));
        line.clear();
    }
}

/// Sources and texts of the lines, in a file of one run that ended as it should.
fn each_record(path: &Path, mut see: impl FnMut(&str, &[u8])) {
    let mut number = 0;
    let mut stopped = false;
    each_line(path, |record| {
        number += 1;
        let shown = record.escape_ascii();
        let mut fields = record.splitn(5, |&byte| byte == b' ');
        let mut field = || std::str::from_utf8(fields.next()?).ok();
        let [Some(time), Some(seq), Some(source), Some(kind)] = [(); 4].map(|()| field()) else {
            panic!("record {number}: {shown}");
        };
        assert_eq!(time.len(), 27, "record {number}");
        assert_eq!(seq.parse(), Ok(number), "a hole in the numbers");
        assert!(!stopped, "record {number} is behind the stop");
        match kind {
            "line" => see(source, fields.next().unwrap_or_default()),
            "connect" | "disconnect" => {}
            "start" => assert_eq!(number, 1),
            "stop" => stopped = true,
            _ => panic!("record {number}: {shown}"),
        }
    });
    assert!(stopped, "no record says that the program ended");
}
