//! What a peer can make us hold with an offer, and how long it can keep us. A program of its own, for its allocator
//! counts.
#![expect(
    unsafe_code,
    reason = "GlobalAlloc is an unsafe trait; this allocator only counts"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Instant;

use barewire_transfer::limits::Limits;
use barewire_transfer::manifest::{Entry, Kind, Manifest, ManifestReader, Timestamp};
use barewire_transfer::name::{Encoding, EntryPath, NameRules, Portable};

struct Counting;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

fn note(bytes: isize) {
    HELD.set(HELD.get() + bytes);
    MOST.set(MOST.get().max(HELD.get()));
}

// SAFETY: both methods are those of `System`, which keeps the contract; the others call them.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size() as isize);
        // SAFETY: the caller's obligations are passed on as they are.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        note(-(layout.size() as isize));
        // SAFETY: the caller's obligations are passed on as they are.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most bytes that were held at a time while this ran, beyond those at its beginning.
fn most_held<T>(run: impl FnOnce() -> T) -> (usize, T) {
    let before = HELD.get();
    MOST.set(before);
    let out = run();
    (usize::try_from(MOST.get() - before).expect("no less"), out)
}

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
        let (held, result) = most_held(|| reader.part(part).is_err());
        assert!(result);
        assert!(held < 200, "{held}");
    }
}

#[test]
fn memory_grows_with_what_has_come() {
    // The shortest entry that there is, in one part and one at a time.
    const ENTRY: &[u8] = b"\x01\x00\x00\x01d";
    for (parts, entries) in [(1, 100_000), (100_000, 1)] {
        let part = ENTRY.repeat(entries);
        let mut reader = reader();
        let (held, ()) = most_held(|| (0..parts).for_each(|_| reader.part(&part).unwrap()));
        // Twice over, since a vector is copied where it grows.
        let came = ENTRY.len() * parts * entries;
        assert!(held < 60 * came, "{held} for {came}");
        // The whole of it goes with the first fault.
        let before = HELD.get();
        assert!(reader.part(b"").is_err());
        assert!(before - HELD.get() > 100_000 * 50);
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
    let (held, received) = most_held(|| {
        let mut reader = reader();
        parts
            .iter()
            .for_each(|part| reader.part(part).expect("an offer"));
        let taken = start.elapsed();
        let received = reader.finish(manifest.count(), manifest.digest());
        (taken, received.expect("an offer"))
    });
    let (taken, received) = received;
    let receiver = start.elapsed();
    assert!(received == manifest);
    let mib = |bytes: u64| bytes >> 20;
    println!(
        "{shape}: {count} entries, {} MiB: new {sender:.2?}, encode {encoded:.2?}, parts {taken:.2?}, all {receiver:.2?}, held {} MiB",
        mib(manifest.encoded_bytes()),
        mib(held as u64),
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
