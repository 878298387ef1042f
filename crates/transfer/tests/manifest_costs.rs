//! What a peer can make us hold with an offer, and how long it can keep us. A program of its own, for its allocator
//! counts.

use std::time::Instant;

use barewire_proving::counting::{Counting, counted, held, most_held};
use barewire_transfer::limits::Limits;
use barewire_transfer::manifest::{Entry, Kind, Manifest, ManifestReader, Timestamp};
use barewire_transfer::name::{Encoding, EntryPath, NameRules, Portable};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn rules() -> NameRules {
    NameRules::new(Encoding::Bytes, Portable::No, &Limits::default())
}

fn reader() -> ManifestReader {
    ManifestReader::new(rules(), Limits::default())
}

#[test]
fn an_announced_length_reserves_nothing() {
    let mut reader = reader();
    let link = b"\x03\x00\x00\x01l\xff\xfff";
    for part in [b"\x01\x00\xff\xffd".as_slice(), link] {
        let (counts, result) = counted(|| reader.part(part).is_err());
        assert!(result);
        assert!(counts.most_held < 200, "{counts:?}");
    }
}

#[test]
fn memory_grows_with_what_has_come() {
    // The shortest entry that there is, in one part and one at a time.
    const ENTRY: &[u8] = b"\x01\x00\x00\x01d";
    for (parts, entries) in [(1, 100_000), (100_000, 1)] {
        let part = ENTRY.repeat(entries);
        let mut reader = reader();
        let most = most_held(|| (0..parts).for_each(|_| reader.part(&part).unwrap()));
        // Twice over, since a vector is copied where it grows.
        let came = ENTRY.len() * parts * entries;
        assert!(most < 60 * came, "{most} for {came}");
        // The whole of it goes with the first fault.
        let before = held();
        assert!(reader.part(b"").is_err());
        assert!(before - held() > 100_000 * 50);
    }
}

#[test]
fn an_entry_is_small() {
    assert!(size_of::<Entry>() <= 80, "{}", size_of::<Entry>());
}

/// So many entries of a shape, judged by the sender and the receiver.
fn measure(shape: &str, entries: impl Iterator<Item = (String, Kind)>) {
    let limits = Limits::default();
    let entry = |(path, kind): (String, Kind)| Entry {
        path: EntryPath::new(path.as_bytes(), &rules()).expect("a path"),
        kind,
        mode: Some(0o644),
        modified: Some(Timestamp {
            seconds: 1,
            nanoseconds: 2,
        }),
    };
    let entries: Vec<_> = entries.map(entry).collect();
    let count = entries.len();
    let start = Instant::now();
    let manifest = Manifest::new(entries, &rules(), &limits).expect("an offer");
    let sender = start.elapsed();
    let parts: Vec<_> = manifest.encode_parts(64 << 10).collect();
    let encoded = start.elapsed() - sender;
    let start = Instant::now();
    let (counts, (taken, received)) = counted(|| {
        let mut reader = reader();
        parts
            .iter()
            .for_each(|part| reader.part(part).expect("an offer"));
        let taken = start.elapsed();
        let received = reader.finish(manifest.count(), manifest.digest());
        (taken, received.expect("an offer"))
    });
    let receiver = start.elapsed();
    assert!(received == manifest);
    let mib = |bytes: u64| bytes >> 20;
    println!(
        "{shape}: {count} entries, {} MiB: new {sender:.2?}, encode {encoded:.2?}, parts {taken:.2?}, all {receiver:.2?}, held {} MiB",
        mib(manifest.encoded_bytes()),
        mib(counts.most_held as u64),
    );
}

#[test]
#[ignore = "a measurement: cargo test --release --test manifest_costs -- --ignored --nocapture"]
fn a_million_entries() {
    const FILE: Kind = Kind::File {
        size: 1,
        data_bytes: 1,
    };
    let many = || 0..1_000_000_u32;
    measure(
        "flat",
        many().map(|i| (format!("file number {i}.txt"), FILE)),
    );
    measure(
        "flat, not ascii",
        many().map(|i| (format!("Übergröße {i}.txt"), FILE)),
    );
    let long = ["Überlängeä"; 19].concat();
    let directories = (1..16).map(|depth| (vec![&*long; depth].join("/"), Kind::Directory));
    let bottom = vec![&*long; 15].join("/");
    let files = (0..65_000).map(|i| (format!("{bottom}/{i}"), FILE));
    measure("long, not ascii", directories.chain(files));
    let tree = many().map(|i| match i % 100 {
        0 => (format!("dir{}", i / 100), Kind::Directory),
        _ => (format!("dir{}/file{i}", i / 100), FILE),
    });
    measure("tree", tree);
    measure(
        "directories",
        many().map(|i| (format!("{i:x}"), Kind::Directory)),
    );

    // Below 63 directories, in 200 bytes.
    let deep: Vec<_> = (1..63).map(|depth| ["dd"; 62][..depth].join("/")).collect();
    let directories = || deep.iter().map(|path| (path.clone(), Kind::Directory));
    let bottom = deep.last().unwrap();
    let files = (0..900_000).map(|i| (format!("{bottom}/{i}"), FILE));
    measure("deep", directories().chain(files));
    // Links that turn round at every second step.
    let target: Vec<u8> = "dd/../".repeat(31).into_bytes();
    let links = (0..900_000).map(|i| {
        let target = [&target[..], b"dd"].concat();
        (format!("l{i}"), Kind::Symlink { target })
    });
    measure("links", directories().chain(links));
    // Links down and up again, through long paths.
    let target = [bottom.as_bytes(), b"/..", b"/x"].concat();
    let links = (0..700_000).map(|i| {
        let target = target.clone();
        (format!("l{i}"), Kind::Symlink { target })
    });
    measure("deep links", directories().chain(links));
}
