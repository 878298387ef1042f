//! Figures, for people: `cargo test --release -p bw-transfer measuring -- --ignored --nocapture --test-threads 1`.
//!
//! Into the directory `BW_STORE_MEASURE`, or that for temporary files.

use std::time::Instant;

use super::*;

fn place() -> tempfile::TempDir {
    match std::env::var_os("BW_STORE_MEASURE") {
        Some(at) => tempfile::tempdir_in(at).expect("a directory"),
        None => tempdir(),
    }
}

/// From the first job to the last report, files of `size` bytes with 8 buffers of a group under way.
///
/// The directory is given back, to be removed when all is measured: ext4 looks for inodes that have not been deleted within
/// the last minutes, and a thousand deletions make each creation a hundred times as slow.
fn measure(files: usize, size: usize, sync: Sync) -> tempfile::TempDir {
    let root = place();
    let entries: Vec<Entry> = (0..files).map(|at| file(&at.to_string(), size)).collect();
    let bytes = content(0, size as u64);
    let hash = super::root(&bytes);
    let rig = Rig::with(
        root.path(),
        &entries,
        Options {
            sync,
            ..Options::default()
        },
    );
    let mut buffers: Vec<_> = (0..8).map(|_| Vec::with_capacity(MIB)).collect();
    let begun = Instant::now();
    for id in 0..files as u32 {
        rig.send(Job::Begin { id, resume: false });
        for (group, piece) in (0..).zip(bytes.chunks(MIB)) {
            let mut buffer = buffers.pop().unwrap_or_else(|| rig.buffer());
            buffer.clear();
            buffer.extend_from_slice(piece);
            rig.send(Job::Group {
                id,
                group,
                bytes: buffer,
            });
        }
        rig.send(Job::Finish { id, root: hash });
    }
    rig.send(Job::Flush);
    let mut stored = 0;
    let sent = begun.elapsed();
    loop {
        match rig.report() {
            Report::Stored { stored: more } => stored += more.len(),
            Report::Failed { error, .. } => panic!("{error}"),
            Report::Flushed => break,
            _ => {}
        }
    }
    let took = begun.elapsed().as_secs_f64();
    let tail = took - sent.as_secs_f64();
    let bytes = (files * size) as f64;
    println!(
        "{files} x {size} bytes, {sync:?}: {took:.3} s, {:.0} files/s, {:.2} GB/s, last report {tail:.3} s after the last job ({stored} stored in time)",
        files as f64 / took,
        bytes / took / 1e9,
    );
    let last = fs::read(root.path().join((files - 1).to_string())).expect("there");
    assert!(super::root(&last) == hash);
    assert_eq!(names(root.path()).len(), files);
    root
}

impl Rig {
    fn buffer(&self) -> Vec<u8> {
        loop {
            match self.report() {
                Report::Written { buffer, .. } => return buffer,
                Report::Failed { error, .. } => panic!("{error}"),
                _ => {}
            }
        }
    }
}

#[test]
#[ignore = "takes a while and asserts no time"]
fn figures() {
    let _ = barewire_command::descriptors::raise_limit();
    let mut kept = Vec::new();
    for _ in 0..3 {
        kept.push(measure(10_000, 1 << 10, Sync::Durable));
        kept.push(measure(10_000, 1 << 10, Sync::None));
    }
    for _ in 0..3 {
        drop(measure(1, 1 << 30, Sync::Durable));
        drop(measure(1, 1 << 30, Sync::None));
    }
    kept.push(measure(256, 4 << 20, Sync::Durable));
}
