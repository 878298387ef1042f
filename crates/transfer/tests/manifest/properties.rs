//! Laws that hold for any entries and any bytes.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;

/// Few names, so that they meet: in three cases and forms, hidden, a control, no UTF-8.
const NAMES: [&[u8]; 8] = [
    b"a",
    b"A",
    b"b",
    "é".as_bytes(),
    "e\u{301}".as_bytes(),
    b".h",
    b"\n",
    b"\xff",
];

const STEPS: [&[u8]; 6] = [b"..", b".", b"", b"a", b"A", b"b"];

fn path() -> impl Strategy<Value = EntryPath> {
    let names = prop::collection::vec(select(&NAMES), 1..4);
    names.prop_map(|names| EntryPath::new(&names.join(&b'/'), &BYTES).expect("a path"))
}

fn kind() -> impl Strategy<Value = Kind> {
    let target = prop::collection::vec(select(&STEPS), 1..5);
    prop_oneof![
        8 => Just(Kind::Directory),
        2 => (0..10_u64, 0..8_u64).prop_map(|(size, data_bytes)| Kind::File { size, data_bytes }),
        4 => target.prop_map(|steps| Kind::Symlink { target: steps.join(&b'/') }),
        1 => Just(Kind::Stream),
    ]
}

fn entry() -> impl Strategy<Value = Entry> {
    let mode = prop::option::of(prop_oneof![20 => 0..=0o777_u16, 1 => any::<u16>()]);
    let nanoseconds = prop_oneof![20 => 0..1_000_000_000_u32, 1 => any::<u32>()];
    let time = (any::<i64>(), nanoseconds).prop_map(|(seconds, nanoseconds)| Timestamp {
        seconds,
        nanoseconds,
    });
    let all = (path(), kind(), mode, prop::option::of(time));
    all.prop_map(|(path, kind, mode, modified)| Entry {
        path,
        kind,
        mode,
        modified,
    })
}

/// Entries that break a rule more often than not.
fn entries() -> impl Strategy<Value = Vec<Entry>> {
    prop::collection::vec(entry(), 0..5)
}

/// Entries that break none: what does is left out.
fn manifest() -> impl Strategy<Value = Manifest> {
    prop::collection::vec(entry(), 0..40).prop_map(|some| {
        let mut kept = Vec::new();
        for entry in some {
            kept.push(entry);
            if !allowed(&kept) {
                kept.pop();
            }
        }
        Manifest::new(kept, &rules(), &limits()).expect("an offer")
    })
}

/// The rules in their simplest words, however long it takes.
fn allowed(entries: &[Entry]) -> bool {
    let is_directory = |entries: &[Entry], path: &[u8]| {
        let mut entries = entries.iter();
        entries.any(|e| e.kind == Kind::Directory && e.path.as_bytes() == path)
    };
    let folded = |name: &[u8]| match str::from_utf8(name) {
        Ok(text) => text.to_lowercase().replace("e\u{301}", "é").into_bytes(),
        Err(_) => name.to_vec(),
    };
    let folded = |entry: &Entry| entry.path.components().map(folded).collect::<Vec<_>>();
    entries.iter().enumerate().all(|(i, entry)| {
        let before = &entries[..i];
        let of_kind = match &entry.kind {
            Kind::Directory => true,
            Kind::File { size, data_bytes } => data_bytes <= size,
            Kind::Symlink { target } => leads_somewhere(entry, target, entries),
            Kind::Stream => entries.len() == 1,
        };
        of_kind
            && entry
                .path
                .parent()
                .is_none_or(|path| is_directory(before, path))
            && before.iter().all(|other| folded(other) != folded(entry))
            && entry.mode.is_none_or(|mode| mode <= 0o777)
            && entry
                .modified
                .is_none_or(|time| time.nanoseconds < 1_000_000_000)
    })
}

/// Goes the way as a system would: each step only from a directory that is there.
fn leads_somewhere(link: &Entry, target: &[u8], entries: &[Entry]) -> bool {
    let mut at: Vec<&[u8]> = link.path.components().collect();
    at.pop();
    let is_directory = |at: &[&[u8]]| {
        let directory = |e: &&Entry| e.kind == Kind::Directory;
        at.is_empty()
            || entries
                .iter()
                .filter(directory)
                .any(|e| e.path.components().eq(at.iter().copied()))
    };
    !target.is_empty()
        && !target.starts_with(b"/")
        && target.split(|&byte| byte == b'/').all(|step| match step {
            b"" | b"." => true,
            b".." => is_directory(&at) && at.pop().is_some(),
            name => {
                let from_directory = is_directory(&at);
                at.push(name);
                from_directory
            }
        })
}

/// Takes anything, and gives what is said of it.
fn read_all(parts: &[Vec<u8>]) -> Result<Manifest, OfferError> {
    let mut reader = ManifestReader::new(rules(), limits());
    for part in parts {
        reader.part(part)?;
    }
    let count = reader.count();
    reader.finish(count, digest(parts))
}

/// What was made of any bytes is an offer that a sender could have made, and has these bytes alone.
fn is_sound(bytes: &[u8]) -> Result<(), TestCaseError> {
    let Ok(manifest) = read_all(&[bytes.to_vec()]) else {
        return Ok(());
    };
    prop_assert!(allowed(manifest.entries()));
    let encoded: Vec<_> = manifest.encode_parts(100).collect();
    prop_assert_eq!(encoded.concat(), bytes);
    let again = Manifest::new(manifest.entries().to_vec(), &rules(), &limits());
    prop_assert_eq!(again, Ok(manifest));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn both_sides_judge_as_the_rules_say(entries in entries()) {
        let parts: Vec<_> = entries.iter().map(bytes_of).collect();
        let received = read_all(&parts);
        let sent = Manifest::new(entries.clone(), &rules(), &limits());
        prop_assert_eq!(sent.is_ok(), allowed(&entries));
        prop_assert_eq!(received.is_ok(), sent.is_ok());
    }

    #[test]
    fn links_left_out_are_those_that_are_refused(entries in entries()) {
        let Ok(bad) = bad_links(&entries, &rules()) else {
            return Ok(());
        };
        let bad: Vec<_> = bad.iter().filter_map(|error| error.entry).collect();
        for (id, entry) in (0..).zip(&entries) {
            if let Kind::Symlink { target } = &entry.kind {
                prop_assert_eq!(bad.contains(&id), !leads_somewhere(entry, target, &entries));
            }
        }
    }

    #[test]
    fn anything_else_is_no_manifest(bytes in prop::collection::vec(0..5_u8, 0..40)) {
        is_sound(&bytes)?;
    }
}

proptest! {
    #[test]
    fn what_is_sent_is_received(manifest in manifest(), max in 0..400_usize) {
        let parts: Vec<_> = manifest.encode_parts(max).collect();
        let entries: Vec<_> = manifest.entries().iter().map(bytes_of).collect();
        prop_assert_eq!(parts.concat(), entries.concat());
        for part in &parts {
            prop_assert!(part.len() <= max || entries.contains(part));
        }
        prop_assert_eq!(&read(&parts, manifest.count(), limits()), &Ok(manifest));
    }

    #[test]
    fn parts_may_be_of_any_number_of_entries(manifest in manifest(), cuts: Vec<Index>) {
        let entries: Vec<_> = manifest.entries().iter().map(bytes_of).collect();
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(entries.len() + 1)).collect();
        cuts.extend([0, entries.len()]);
        cuts.sort_unstable();
        cuts.dedup();
        let parts: Vec<_> = cuts.array_windows().map(|&[a, b]| entries[a..b].concat()).collect();
        prop_assert_eq!(read_all(&parts), Ok(manifest));
    }

    #[test]
    fn parts_end_where_entries_do(manifest in manifest(), cut: Index) {
        let entries: Vec<_> = manifest.entries().iter().map(bytes_of).collect();
        let bytes = entries.concat();
        let (left, right) = bytes.split_at(cut.index(bytes.len() + 1));
        let ends = entries.iter().scan(0, |end, entry| {
            *end += entry.len();
            Some(*end)
        });
        let at_an_end = ends.into_iter().any(|end| end == left.len()) && !right.is_empty();
        let read = read_all(&[left.to_vec(), right.to_vec()]);
        prop_assert_eq!(read.is_ok(), at_an_end);
    }

    #[test]
    fn one_wrong_byte_is_noticed_or_makes_another_offer(
        manifest in manifest(),
        at: Index,
        byte: u8,
    ) {
        let mut bytes: Vec<_> = manifest.encode_parts(0).flatten().collect();
        if bytes.is_empty() {
            return Ok(());
        }
        let at = at.index(bytes.len());
        bytes[at] = byte;
        is_sound(&bytes)?;
        bytes.truncate(at);
        is_sound(&bytes)?;
    }
}
