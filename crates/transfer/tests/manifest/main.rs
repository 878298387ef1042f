//! Rules of an offer, each with its words; the bytes of a manifest; and what becomes of any other bytes.

mod properties;

use barewire_transfer::limits::Limits;
use barewire_transfer::manifest::{
    Entry, Kind, Manifest, ManifestReader, OfferError, Timestamp, bad_links,
};
use barewire_transfer::name::{Encoding, EntryPath, NameRules, Portable};

const BYTES: NameRules = NameRules {
    encoding: Encoding::Bytes,
    portable: Portable::No,
    component_bytes_max: u16::MAX,
    path_bytes_max: u16::MAX,
    depth_max: u16::MAX,
};

fn limits() -> Limits {
    Limits::default()
}

fn rules() -> NameRules {
    NameRules::new(Encoding::Bytes, Portable::No, &limits())
}

fn entry(path: &str, kind: Kind) -> Entry {
    Entry {
        path: EntryPath::new(path.as_bytes(), &BYTES).expect("a path"),
        kind,
        mode: None,
        modified: None,
    }
}

fn directory(path: &str) -> Entry {
    entry(path, Kind::Directory)
}

fn file(path: &str) -> Entry {
    sized(path, 5, 5)
}

fn sized(path: &str, size: u64, data_bytes: u64) -> Entry {
    entry(path, Kind::File { size, data_bytes })
}

fn link(path: &str, target: &str) -> Entry {
    let target = target.into();
    entry(path, Kind::Symlink { target })
}

/// An entry as the module says that it is, written by someone else.
fn bytes_of(entry: &Entry) -> Vec<u8> {
    let (kind, rest) = match &entry.kind {
        Kind::Directory => (1, vec![]),
        Kind::File { size, data_bytes } => {
            (2, [size.to_be_bytes(), data_bytes.to_be_bytes()].concat())
        }
        Kind::Symlink { target } => {
            let len = u16::try_from(target.len()).expect("a length of 16 bits");
            (3, [&len.to_be_bytes(), target.as_slice()].concat())
        }
        Kind::Stream => (4, vec![]),
    };
    let path = entry.path.as_bytes();
    let len = u16::try_from(path.len()).expect("a length of 16 bits");
    let mode = entry.mode.map(u16::to_be_bytes);
    let time = entry.modified.map(|time| {
        let nanoseconds = time.nanoseconds.to_be_bytes();
        [time.seconds.to_be_bytes().as_slice(), &nanoseconds].concat()
    });
    let flags = u8::from(mode.is_some()) | u8::from(time.is_some()) << 1;
    let mut bytes = [&[kind, flags], len.to_be_bytes().as_slice(), path].concat();
    bytes.extend(mode.into_iter().flatten());
    bytes.extend(time.into_iter().flatten());
    [bytes, rest].concat()
}

fn digest(parts: &[Vec<u8>]) -> [u8; 32] {
    *blake3::hash(&parts.concat()).as_bytes()
}

/// What a receiver says to entries in parts.
fn read(parts: &[Vec<u8>], count: u32, limits: Limits) -> Result<Manifest, OfferError> {
    let rules = NameRules::new(Encoding::Bytes, Portable::No, &limits);
    let mut reader = ManifestReader::new(rules, limits);
    for part in parts {
        reader.part(part)?;
    }
    reader.finish(count, digest(parts))
}

/// Both sides say the same to these entries.
#[track_caller]
fn check_with(limits: Limits, entries: Vec<Entry>, expected: Result<(), &str>) {
    let rules = NameRules::new(Encoding::Bytes, Portable::No, &limits);
    let count = u32::try_from(entries.len()).expect("a count");
    let parts: Vec<Vec<u8>> = entries.iter().map(bytes_of).collect();
    let received = read(&parts, count, limits);
    let sent = Manifest::new(entries.clone(), &rules, &limits);
    assert_eq!(received, sent);
    match (sent, expected) {
        (Ok(manifest), Ok(())) => assert_eq!(manifest.entries(), entries),
        (Ok(_), Err(text)) => panic!("allowed, not {text}"),
        (Err(error), expected) => assert_eq!(Err(&*error.to_string()), expected),
    }
}

#[track_caller]
fn refused(entries: impl Into<Vec<Entry>>, text: &str) {
    check_with(limits(), entries.into(), Err(text));
}

#[track_caller]
fn allowed(entries: impl Into<Vec<Entry>>) {
    check_with(limits(), entries.into(), Ok(()));
}

#[test]
fn what_is_in_a_directory_comes_behind_it() {
    allowed([
        directory("d"),
        file("d/f"),
        directory("d/e"),
        file("d/e/f"),
        file("g"),
    ]);
    allowed([
        directory("d"),
        directory("e"),
        file("d/f"),
        file("e/f"),
        file("d/g"),
    ]);
    let text = r#"entry 0, "d/f": in a directory that is not offered"#;
    refused([file("d/f")], text);
    let text = r#"entry 1, "d/e/f": in a directory that is not offered"#;
    refused([directory("d"), file("d/e/f")], text);
    let text = r#"entry 0, "d/f": listed before the directory that it is in, entry 1"#;
    refused([file("d/f"), directory("d")], text);
    let text = r#"entry 1, "f/x": in entry 0, which is no directory"#;
    refused([file("f"), file("f/x")], text);
    refused([link("f", "g"), file("f/x")], text);
    // A directory by another name for some, and none for others.
    let text = r#"entry 1, "D/f": in a directory that is not offered"#;
    refused([directory("d"), file("D/f")], text);
}

#[test]
fn names_that_would_fall_together() {
    refused(
        [file("a"), file("a")],
        r#"entry 1, "a": the same path as entry 0"#,
    );
    let text = r#"entry 1, "d": the same path as entry 0"#;
    refused([directory("d"), file("d")], text);
    let same = |first: &str| {
        format!("the same as entry {first}, where neither case nor the form of accents counts")
    };
    let text = format!(r#"entry 2, "README": {}"#, same(r#"0, "readme""#));
    refused([file("readme"), file("x"), file("README")], &text);
    let text = format!("entry 1, \"e\u{301}\": {}", same("0, \"é\""));
    refused([file("é"), file("e\u{301}")], &text);
    let text = format!(r#"entry 1, "x\u{{200d}}": {}"#, same(r#"0, "x""#));
    refused([file("x"), file("x\u{200d}")], &text);
    let text = format!(r#"entry 1, "D": {}"#, same(r#"0, "d""#));
    refused(
        [directory("d"), directory("D"), file("d/f"), file("D/f")],
        &text,
    );
    // Of several, the one that comes first.
    let mut pairs = [["a", "A"], ["b", "B"], ["c", "C"], ["d", "D"], ["x", "X"]];
    for _ in 0..pairs.len() {
        pairs.rotate_left(1);
        let [first, second] = pairs[0];
        let text = format!("entry 1, {second:?}: {}", same(&format!("0, {first:?}")));
        refused(
            pairs.concat().into_iter().map(file).collect::<Vec<_>>(),
            &text,
        );
    }
}

#[test]
fn a_stream_is_alone() {
    allowed([entry("-", Kind::Stream)]);
    let text = r#"entry 0, "-": stream beside other entries"#;
    refused([entry("-", Kind::Stream), file("f")], text);
    let text = r#"entry 1, "-": stream beside other entries"#;
    refused([directory("d"), entry("-", Kind::Stream)], text);
}

#[test]
fn sizes_modes_and_times() {
    let max = limits().file_bytes_max;
    allowed([sized("f", 0, 0), sized("g", max, 0), sized("h", max, max)]);
    let text = r#"entry 0, "f": file of 17592186044417 bytes, larger than 17592186044416"#;
    refused([sized("f", max + 1, 0)], text);
    let text = r#"entry 0, "f": 4 bytes of data in a file of 3"#;
    refused([sized("f", 3, 4)], text);
    let all = Limits {
        file_bytes_max: u64::MAX,
        ..limits()
    };
    let text = r#"entry 1, "g": sizes that add up to more than 64 bits hold"#;
    let entries = vec![sized("f", u64::MAX, 0), sized("g", 1, 0)];
    check_with(all, entries, Err(text));

    let with_mode = |mode| Entry {
        mode: Some(mode),
        ..file("f")
    };
    allowed([with_mode(0)]);
    allowed([with_mode(0o777)]);
    let text = r#"entry 0, "f": mode 4755, greater than 0777"#;
    refused([with_mode(0o4755)], text);
    let text = r#"entry 0, "f": mode 1000, greater than 0777"#;
    refused([with_mode(0o1000)], text);

    let at = |seconds, nanoseconds| Entry {
        modified: Some(Timestamp {
            seconds,
            nanoseconds,
        }),
        ..file("f")
    };
    for seconds in [i64::MIN, -1, 0, 1 << 33, i64::MAX] {
        allowed([at(seconds, 999_999_999)]);
    }
    let text = r#"entry 0, "f": 1000000000 nanoseconds, a second or more"#;
    refused([at(0, 1_000_000_000)], text);
}

#[test]
fn links_stay_within_the_offer() {
    // Where they end may be anything.
    allowed([link("l", "f"), file("f")]);
    allowed([link("l", "missing")]);
    allowed([link("l", "m"), link("m", "l")]);
    allowed([
        link("libx.so", "libx.so.1"),
        link("libx.so.1", "libx.so.1.2"),
        file("libx.so.1.2"),
    ]);
    allowed([link("l", "."), link("m", "d/"), directory("d")]);
    allowed([
        directory("d"),
        link("d/l", ".."),
        link("d/m", "../f"),
        link("d/n", "./../d//f"),
    ]);
    allowed([
        directory("d"),
        directory("d/e"),
        link("l", "d/e/../f"),
        link("d/e/m", "../../d/e/f"),
    ]);
    allowed([link("l", "d/f"), directory("d")]);

    let above = |target: &str| {
        format!(r#"entry 0, "l": link to "{target}", which is above the destination"#)
    };
    for target in ["..", "../x", "./../../etc/passwd", "d/../../x"] {
        refused([link("l", target), directory("d")], &above(target));
    }
    let text = r#"entry 1, "d/l": link to "../../x", which is above the destination"#;
    refused([directory("d"), link("d/l", "../../x")], text);

    let through = |target: &str, through: &str| {
        format!(
            r#"entry 0, "l": link to "{target}" through "{through}", which is no directory of the offer"#
        )
    };
    // Another link, in either order and on whatever way.
    refused(
        [link("l", "m/x"), link("m", "d"), directory("d")],
        &through("m/x", "m"),
    );
    refused(
        [link("l", "m/.."), link("m", "d"), directory("d")],
        &through("m/..", "m"),
    );
    let entries = [link("l", "d/m/../x"), directory("d"), link("d/m", ".")];
    refused(entries, &through("d/m/../x", "d/m"));
    let entries = [link("l", "d/m/e/x"), directory("d"), link("d/m", ".")];
    refused(entries, &through("d/m/e/x", "d/m/e"));
    // Itself, a file, and what may be there already: a link to elsewhere, for example.
    refused([link("l", "l/x")], &through("l/x", "l"));
    refused([link("l", "f/x"), file("f")], &through("f/x", "f"));
    refused([link("l", "d/x")], &through("d/x", "d"));
    refused([link("l", "D/x"), directory("d")], &through("D/x", "D"));
}

#[test]
fn targets_keep_to_the_rules_for_names() {
    let text = |target: &str, rule: &str| {
        format!(r#"entry 0, "l": link to {rule} at byte 0 of "{target}""#)
    };
    refused([link("l", "")], &text("", "empty name"));
    refused(
        [link("l", "/etc/passwd")],
        &text("/etc/passwd", "absolute path"),
    );
    let unc = text(r"\\\\h\\s", "path that begins with a host");
    refused([link("l", r"\\h\s")], &unc);
    let drive = text(r"C:\\x", "path that begins with a drive");
    refused([link("l", r"C:\x")], &drive);
    let reserved = text(".f.bw-part", "name kept for unfinished files");
    refused([link("l", ".f.bw-part")], &reserved);
    let text = r#"entry 0, "l": link to NUL at byte 3 of "../\0""#;
    refused([link("l", "../\0")], text);
    let text = r#"entry 0, "l": link to component longer than 255 bytes at byte 255 of "#;
    let long = "a".repeat(256);
    refused([link("l", &long)], &format!("{text}\"{long}\""));
    let long = "../".repeat(64) + "x";
    let text = r#"entry 0, "l": link to more than 64 components at byte 192 of "#;
    refused([link("l", &long)], &format!("{text}\"{long}\""));
    let long = "./".repeat(3000);
    let error = Manifest::new(vec![link("l", &long)], &rules(), &limits()).unwrap_err();
    let text = r#"entry 0, "l": link to path longer than 4096 bytes at byte 4096 of ""#;
    assert!(error.to_string().starts_with(text), "{error}");

    let portable = NameRules::new(Encoding::Utf8, Portable::Yes, &limits());
    let error = Manifest::new(vec![link("l", "nul")], &portable, &limits()).unwrap_err();
    let text = r#"entry 0, "l": link to name of a device on Windows at byte 0 of "nul""#;
    assert_eq!(error.to_string(), text);
}

#[test]
fn links_that_a_sender_leaves_out() {
    let entries = [
        directory("d"),
        link("d/good", "../d"),
        link("d/up", "../../x"),
        link("d/absolute", "/etc"),
        link("d/through", "good/x"),
        link("d/gone", "missing/x"),
    ];
    let bad = bad_links(&entries, &rules()).unwrap();
    let ids: Vec<_> = bad.iter().map(|error| error.entry).collect();
    assert_eq!(ids, [2, 3, 4, 5].map(Some));
    allowed(&entries[..2]);
    let error = bad_links(&[file("d/f")], &rules()).unwrap_err();
    let text = r#"entry 0, "d/f": in a directory that is not offered"#;
    assert_eq!(error.to_string(), text);
}

#[test]
fn limits_of_the_receiver() {
    let two = Limits {
        entries_max: 2,
        ..limits()
    };
    check_with(two, vec![file("a"), file("b")], Ok(()));
    let entries = vec![file("a"), file("b"), file("c")];
    check_with(two, entries.clone(), Err("more than 2 entries"));

    let len: usize = entries.iter().map(|entry| bytes_of(entry).len()).sum();
    let bytes = |max: usize| Limits {
        manifest_bytes_max: u32::try_from(max).unwrap(),
        ..limits()
    };
    check_with(bytes(len), entries.clone(), Ok(()));
    let text = format!("manifest longer than {} bytes", len - 1);
    check_with(bytes(len - 1), entries.clone(), Err(&text));
    check_with(
        bytes(0),
        vec![file("a")],
        Err("manifest longer than 0 bytes"),
    );

    // A sender that learns of them late.
    let manifest = Manifest::new(entries, &rules(), &limits()).unwrap();
    assert_eq!(manifest.check(&rules(), &limits()), Ok(()));
    let check = |rules, limits| manifest.check(&rules, &limits).unwrap_err().to_string();
    assert_eq!(check(rules(), two), "more than 2 entries");
    assert_eq!(check(rules(), bytes(len - 1)), text);
    let short = NameRules {
        component_bytes_max: 0,
        ..rules()
    };
    let text = r#"entry 0, "a": component longer than 0 bytes at byte 0 of "a""#;
    assert_eq!(check(short, limits()), text);
}

#[test]
fn one_entry_too_many_and_one_byte() {
    let part = bytes_of(&directory("d")).repeat(1000);
    let mut reader = ManifestReader::new(rules(), limits());
    for _ in 0..1000 {
        reader.part(&part).unwrap();
    }
    assert_eq!(reader.count(), 1_000_000);
    let error = reader.part(&bytes_of(&directory("d"))).unwrap_err();
    assert_eq!(error.to_string(), "more than 1000000 entries");

    // The longest paths until there is no more room: less than the default, for the time that it takes.
    assert_eq!(limits().manifest_bytes_max, 256 << 20);
    let less = Limits {
        manifest_bytes_max: 4 << 20,
        ..limits()
    };
    let name = vec!["d".repeat(239); 17].join("/");
    let part = bytes_of(&directory(&name)).repeat(256);
    let mut reader = ManifestReader::new(rules(), less);
    let error = (0..5).find_map(|_| reader.part(&part).err()).unwrap();
    assert_eq!(error.to_string(), "manifest longer than 4194304 bytes");
    assert_eq!(reader.count(), 0, "what came is let go");
}

#[test]
fn the_bytes_are_as_documented() {
    let all = Entry {
        mode: Some(0o644),
        modified: Some(Timestamp {
            seconds: -2,
            nanoseconds: 3,
        }),
        ..sized("d/f", 0x0102, 1)
    };
    let entries = vec![
        directory("d"),
        all,
        Entry {
            mode: Some(0o777),
            ..link("d/l", "../d")
        },
    ];
    let expected: [&[u8]; 3] = [
        b"\x01\x00\x00\x01d",
        b"\x02\x03\x00\x03d/f\x01\xa4\xff\xff\xff\xff\xff\xff\xff\xfe\x00\x00\x00\x03\
          \x00\x00\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x00\x00\x00\x01",
        b"\x03\x01\x00\x03d/l\x01\xff\x00\x04../d",
    ];
    let manifest = Manifest::new(entries, &rules(), &limits()).unwrap();
    let parts: Vec<_> = manifest.encode_parts(1).collect();
    assert_eq!(parts, expected);
    assert_eq!(manifest.digest(), *blake3::hash(&parts.concat()).as_bytes());
    assert_eq!(manifest.encoded_bytes(), parts.concat().len() as u64);
    let stream = Manifest::new(vec![entry("-", Kind::Stream)], &rules(), &limits()).unwrap();
    assert!(stream.encode_parts(1).eq([b"\x04\x00\x00\x01-"]));
}

#[test]
fn parts_are_as_full_as_they_can_be() {
    let entries: Vec<_> = (10..20).map(|i| directory(&i.to_string())).collect();
    let manifest = Manifest::new(entries, &rules(), &limits()).unwrap();
    let lens = |max| {
        manifest
            .encode_parts(max)
            .map(|part| part.len())
            .collect::<Vec<_>>()
    };
    assert_eq!(lens(0), [6; 10]);
    assert_eq!(lens(12), [12; 5]);
    assert_eq!(lens(17), [12; 5]);
    assert_eq!(lens(25), [24, 24, 12]);
    assert_eq!(lens(usize::MAX), [60]);
}

#[test]
fn sums() {
    let entries = vec![
        directory("d"),
        sized("d/f", 10, 4),
        link("l", "d"),
        sized("g", 3, 3),
    ];
    let manifest = Manifest::new(entries, &rules(), &limits()).unwrap();
    assert_eq!((manifest.count(), manifest.files()), (4, 2));
    assert_eq!((manifest.bytes(), manifest.data_bytes()), (13, 7));
    assert_eq!(manifest.get(2), manifest.entries().get(2));
    assert_eq!(manifest.get(4), None);
    let stream = Manifest::new(vec![entry("-", Kind::Stream)], &rules(), &limits()).unwrap();
    assert_eq!((stream.files(), stream.bytes()), (1, 0));
}

#[test]
fn parts_that_no_sender_writes() {
    #[track_caller]
    fn refused(part: &[u8], text: &str) {
        let mut reader = ManifestReader::new(rules(), limits());
        reader.part(&bytes_of(&directory("d"))).unwrap();
        let error = reader.part(part).unwrap_err();
        assert_eq!(error.to_string(), text);
        // It stays.
        assert_eq!(reader.part(&bytes_of(&file("f"))), Err(error.clone()));
        assert_eq!(reader.finish(0, [0; 32]), Err(error));
    }
    refused(b"", "part of a manifest without entries");
    refused(b"\x00\x00\x00\x01a", "entry 1: unknown kind 0");
    refused(b"\x05\x00\x00\x01a", "entry 1: unknown kind 5");
    refused(b"\x01\x04\x00\x01a", "entry 1: unknown flags 0x04");
    refused(b"\x01\x80\x00\x01a", "entry 1: unknown flags 0x80");
    let cut = "entry 1: part of a manifest that ends inside an entry";
    refused(b"\x01\x00\xff\xffa", cut);
    let behind = "entry 2: part of a manifest that ends inside an entry";
    refused(b"\x01\x00\x00\x01a\x01", behind);
    let whole = Entry {
        mode: Some(1),
        modified: Some(Timestamp {
            seconds: 1,
            nanoseconds: 1,
        }),
        ..link("l", "f")
    };
    for whole in [
        whole.clone(),
        Entry {
            kind: file("f").kind,
            ..whole
        },
    ] {
        let bytes = bytes_of(&whole);
        for end in 1..bytes.len() {
            refused(&bytes[..end], cut);
        }
    }
}

#[test]
fn the_end_has_to_fit() {
    let reader = || {
        let mut reader = ManifestReader::new(rules(), limits());
        reader.part(&bytes_of(&file("f"))).unwrap();
        reader
    };
    let right = digest(&[bytes_of(&file("f"))]);
    assert!(reader().finish(1, right).is_ok());
    let error = reader().finish(2, right).unwrap_err();
    assert_eq!(error.to_string(), "2 entries announced, 1 came");
    let error = reader().finish(1, [0; 32]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "manifest with another digest than announced"
    );
    let nothing = read(&[], 0, limits()).unwrap();
    assert_eq!(nothing.count(), 0);
    assert_eq!(nothing.encode_parts(100).count(), 0);
}
