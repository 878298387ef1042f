//! What becomes of a line: one record, on one physical line.
//!
//! Plain, the fields are separated by one space each and the text is the rest of the line,
//! [escaped](barewire_command::escape). A record whose text is empty ends with its kind, without a space:
//!
//! ```text
//! 2026-11-22T01:40:12.345678Z 1 server start
//! 2026-11-22T01:40:12.345678Z 2 127.0.0.1:50312#7 line hello, it is me
//! ```
//!
//! JSON, one object a line, always with the same members. Text that is not UTF-8 stands under
//! `bytes` instead of `text`, in lower hexadecimal digits:
//!
//! ```text
//! {"time":"2026-11-22T01:40:12.345678Z","seq":2,"source":"127.0.0.1:50312#7","kind":"line","text":"hello"}
//! {"time":"2026-11-22T01:40:12.345678Z","seq":3,"source":"127.0.0.1:50312#7","kind":"line","bytes":"ff"}
//! ```
//!
//! The sequence number counts records since the start from 1 and rises from line to line whatever
//! the clock does. A [`Kind::Gap`] stands for all the records it speaks of and has the number of
//! the first, so that numbers in the file are without holes.

use std::time::SystemTime;

use barewire_command::escape::escape;
use barewire_command::json;

use crate::front::Front;
use barewire_command::stamp::Stamp;

/// Which form records take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// `TIME SEQ SOURCE KIND TEXT`, for people and `grep`.
    #[default]
    Plain,
    /// One object a line, for programs.
    Json,
}

/// What a record tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A whole line.
    Line,
    /// A line that was longer than the limit; the text is its beginning.
    Truncated,
    /// The last line of a source that ended without a newline.
    Unended,
    /// A client came.
    Connect,
    /// A client went.
    Disconnect,
    /// A client was turned away.
    Refused,
    /// Records that could not be written; the text says how many.
    Gap,
    /// The program began.
    Start,
    /// The file was opened anew.
    Reopen,
    /// The program ended as it should.
    Stop,
}

impl Kind {
    /// The word in the file.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Truncated => "truncated",
            Self::Unended => "unended",
            Self::Connect => "connect",
            Self::Disconnect => "disconnect",
            Self::Refused => "refused",
            Self::Gap => "gap",
            Self::Start => "start",
            Self::Reopen => "reopen",
            Self::Stop => "stop",
        }
    }
}

/// Records of one turn, ready to be written in one go.
///
/// Memory is bounded by what is pushed between two calls of [`clear`](Self::clear): a record takes
/// its text, at most six times as long when all of it is escaped, and some 140 bytes.
#[derive(Debug)]
pub struct Records {
    format: Format,
    seq_next: u64,
    stamp: Stamp,
    first: Stamp,
    count: u64,
    bytes: Vec<u8>,
    /// Of the next record, if it is a plain one.
    front: Front,
}

impl Records {
    /// No records yet; the first will have the number 1.
    #[must_use]
    pub fn new(format: Format, time: SystemTime) -> Self {
        let stamp = Stamp::from(time);
        Self {
            format,
            seq_next: 1,
            stamp,
            first: stamp,
            count: 0,
            bytes: Vec::new(),
            front: Front::new(stamp, 1),
        }
    }

    /// The time of the records to come; once a turn is enough.
    pub fn set_time(&mut self, time: SystemTime) {
        self.stamp = Stamp::from(time);
        self.front = Front::new(self.stamp, self.seq_next);
    }

    /// The time that was set last.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// Adds a record. `text` is anything; `source` is a tag of ours and trusted: visible ASCII
    /// without space, quotes and backslash.
    pub fn push(&mut self, source: &str, kind: Kind, text: &[u8]) {
        debug_assert!(
            source
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\')),
            "a source that could pass for something else: {source:?}"
        );
        if self.count == 0 {
            self.first = self.stamp;
        }
        let record = Record {
            stamp: self.stamp,
            seq: self.seq_next,
            source,
            kind,
            text,
        };
        match self.format {
            Format::Plain => {
                record.reserve(&mut self.bytes);
                self.bytes.extend_from_slice(self.front.as_bytes());
                record.encode_plain_rest(&mut self.bytes);
            }
            Format::Json => record.encode(self.format, &mut self.bytes),
        }
        self.seq_next += 1;
        self.front.count_on();
        self.count += 1;
    }

    /// What was pushed since the last [`clear`](Self::clear).
    #[must_use]
    pub fn batch(&self) -> Batch<'_> {
        Batch {
            bytes: &self.bytes,
            records: self.count,
            seq: self.seq_next - self.count,
            first: self.first,
            last: self.stamp,
        }
    }

    /// Forgets the records, not their numbers.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.count = 0;
    }
}

/// Whole records, one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    bytes: &'a [u8],
    records: u64,
    seq: u64,
    first: Stamp,
    last: Stamp,
}

impl<'a> Batch<'a> {
    /// The records as they are written; each ends with a newline and has no other.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// How many there are.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// The number of the first.
    pub(crate) fn seq(&self) -> u64 {
        self.seq
    }

    /// The time of the first.
    pub(crate) fn first(&self) -> Stamp {
        self.first
    }

    /// The time of the last.
    pub(crate) fn last(&self) -> Stamp {
        self.last
    }
}

/// All of a record, before it has a form.
#[derive(Clone, Copy)]
pub(crate) struct Record<'a> {
    pub(crate) stamp: Stamp,
    pub(crate) seq: u64,
    pub(crate) source: &'a str,
    pub(crate) kind: Kind,
    pub(crate) text: &'a [u8],
}

/// More than a record takes without its source and text, in either form.
const FRAME_LEN_MAX: usize = 128;

impl Record<'_> {
    pub(crate) fn encode(&self, format: Format, out: &mut Vec<u8>) {
        self.reserve(out);
        match format {
            Format::Plain => self.encode_plain(out),
            Format::Json => self.encode_json(out),
        }
    }

    fn reserve(&self, out: &mut Vec<u8>) {
        out.reserve(FRAME_LEN_MAX + self.source.len() + self.text.len());
    }

    fn encode_plain(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(Front::new(self.stamp, self.seq).as_bytes());
        self.encode_plain_rest(out);
    }

    fn encode_plain_rest(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.source.as_bytes());
        out.push(b' ');
        out.extend_from_slice(self.kind.word().as_bytes());
        if !self.text.is_empty() {
            out.push(b' ');
            escape(self.text, out);
        }
        out.push(b'\n');
    }

    fn encode_json(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"time\":\"");
        out.extend_from_slice(self.stamp.as_bytes());
        out.extend_from_slice(b"\",\"seq\":");
        out.extend_from_slice(itoa::Buffer::new().format(self.seq).as_bytes());
        out.extend_from_slice(b",\"source\":");
        json::push_string(self.source, out);
        out.extend_from_slice(b",\"kind\":\"");
        out.extend_from_slice(self.kind.word().as_bytes());
        match std::str::from_utf8(self.text) {
            Ok(text) => {
                out.extend_from_slice(b"\",\"text\":");
                json::push_string(text, out);
            }
            Err(_) => {
                out.extend_from_slice(b"\",\"bytes\":");
                json::push_bytes(self.text, out);
            }
        }
        out.extend_from_slice(b"}\n");
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use barewire_command::escape::unescape;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::{Format, Kind, Records};

    const KINDS: [Kind; 10] = [
        Kind::Line,
        Kind::Truncated,
        Kind::Unended,
        Kind::Connect,
        Kind::Disconnect,
        Kind::Refused,
        Kind::Gap,
        Kind::Start,
        Kind::Reopen,
        Kind::Stop,
    ];

    fn records(format: Format) -> Records {
        Records::new(format, UNIX_EPOCH + Duration::from_micros(1))
    }

    fn text(records: &Records) -> &str {
        std::str::from_utf8(records.batch().bytes()).expect("UTF-8")
    }

    #[track_caller]
    fn check(line: &[u8], plain: &str, json: &str) {
        for (format, expected) in [(Format::Plain, plain), (Format::Json, json)] {
            let mut records = records(format);
            records.push("unix#8", Kind::Line, line);
            assert_eq!(text(&records), format!("{expected}\n"));
        }
    }

    #[test]
    fn forms() {
        check(
            b"hello",
            "1970-01-01T00:00:00.000001Z 1 unix#8 line hello",
            r#"{"time":"1970-01-01T00:00:00.000001Z","seq":1,"source":"unix#8","kind":"line","text":"hello"}"#,
        );
        check(
            b"",
            "1970-01-01T00:00:00.000001Z 1 unix#8 line",
            r#"{"time":"1970-01-01T00:00:00.000001Z","seq":1,"source":"unix#8","kind":"line","text":""}"#,
        );
        check(
            b" ",
            "1970-01-01T00:00:00.000001Z 1 unix#8 line  ",
            r#"{"time":"1970-01-01T00:00:00.000001Z","seq":1,"source":"unix#8","kind":"line","text":" "}"#,
        );
        check(
            b"\xff\n",
            "1970-01-01T00:00:00.000001Z 1 unix#8 line \\xff\\n",
            r#"{"time":"1970-01-01T00:00:00.000001Z","seq":1,"source":"unix#8","kind":"line","bytes":"ff0a"}"#,
        );
        // A client that would like to be somebody else.
        check(
            b"x\r\n1970-01-01T00:00:00.000001Z 2 server stop",
            "1970-01-01T00:00:00.000001Z 1 unix#8 line \
             x\\r\\n1970-01-01T00:00:00.000001Z 2 server stop",
            r#"{"time":"1970-01-01T00:00:00.000001Z","seq":1,"source":"unix#8","kind":"line","text":"x\r\n1970-01-01T00:00:00.000001Z 2 server stop"}"#,
        );
    }

    #[test]
    fn every_kind_is_one_word_of_its_own() {
        let mut words: Vec<_> = KINDS.iter().map(|kind| kind.word()).collect();
        assert!(
            words
                .iter()
                .all(|word| word.bytes().all(|b| b.is_ascii_lowercase()))
        );
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), KINDS.len());
    }

    #[test]
    fn numbers_rise_when_the_clock_goes_back() {
        let mut records = records(Format::Plain);
        records.push("local", Kind::Line, b"a");
        records.set_time(UNIX_EPOCH);
        records.push("local", Kind::Line, b"b");
        assert_eq!(
            text(&records),
            "1970-01-01T00:00:00.000001Z 1 local line a\n\
             1970-01-01T00:00:00.000000Z 2 local line b\n"
        );
        let batch = records.batch();
        assert_eq!((batch.records(), batch.seq()), (2, 1));
        assert!(batch.first() > batch.last());
        records.clear();
        assert!(records.batch().is_empty() && records.batch().bytes().is_empty());
        records.push("local", Kind::Line, b"c");
        assert_eq!(
            text(&records),
            "1970-01-01T00:00:00.000000Z 3 local line c\n"
        );
        assert_eq!((records.batch().records(), records.batch().seq()), (1, 3));
    }

    #[test]
    fn a_frame_fits_what_is_reserved() {
        for format in [Format::Plain, Format::Json] {
            let mut records = records(format);
            records.seq_next = u64::MAX - 1;
            records.set_time(UNIX_EPOCH);
            records.push("", Kind::Disconnect, b"");
            assert!(records.batch().bytes().len() <= super::FRAME_LEN_MAX);
        }
    }

    type Pushed = (&'static str, Kind, Vec<u8>);

    fn pushed() -> impl Strategy<Value = Vec<Pushed>> {
        let source = prop::sample::select(vec!["local", "unix#8", "[::1]:50312#7"]);
        let kind = prop::sample::select(KINDS.to_vec());
        let text = prop_oneof![
            any::<Vec<u8>>(),
            any::<String>().prop_map(String::into_bytes)
        ];
        prop::collection::vec((source, kind, text), 0..8)
    }

    fn read_plain(line: &str) -> (u64, &str, &str, Vec<u8>) {
        let mut fields = line.splitn(5, ' ').skip(1);
        let mut field = || fields.next();
        let seq = field().expect("a number").parse().expect("a number");
        let (source, kind) = (field().expect("a source"), field().expect("a kind"));
        let text = unescape(field().unwrap_or_default().as_bytes()).expect("escaped");
        (seq, source, kind, text)
    }

    proptest! {
        #[test]
        fn a_plain_file_gives_everything_back(pushed in pushed()) {
            let mut records = records(Format::Plain);
            for (source, kind, text) in &pushed {
                records.push(source, *kind, text);
            }
            let lines: Vec<_> = text(&records).split_terminator('\n').collect();
            prop_assert_eq!(lines.len(), pushed.len());
            for (index, (line, (source, kind, text))) in lines.iter().zip(&pushed).enumerate() {
                let expected = (index as u64 + 1, *source, kind.word(), text.clone());
                prop_assert_eq!(read_plain(line), expected);
            }
        }

        #[test]
        fn a_json_file_gives_everything_back(pushed in pushed()) {
            let mut records = records(Format::Json);
            for (source, kind, text) in &pushed {
                records.push(source, *kind, text);
            }
            let lines: Vec<_> = text(&records).split_terminator('\n').collect();
            prop_assert_eq!(lines.len(), pushed.len());
            for (index, (line, (source, kind, text))) in lines.iter().zip(&pushed).enumerate() {
                let value: Value = serde_json::from_str(line).expect("JSON");
                prop_assert_eq!(&value["seq"], &json!(index + 1));
                prop_assert_eq!(&value["source"], &json!(source));
                prop_assert_eq!(&value["kind"], &json!(kind.word()));
                match std::str::from_utf8(text) {
                    Ok(text) => prop_assert_eq!(&value["text"], &json!(text)),
                    Err(_) => {
                        let hex: String = text.iter().map(|byte| format!("{byte:02x}")).collect();
                        prop_assert_eq!(&value["bytes"], &json!(hex));
                    }
                }
                prop_assert_eq!(value.as_object().map(serde_json::Map::len), Some(5));
            }
        }
    }
}
