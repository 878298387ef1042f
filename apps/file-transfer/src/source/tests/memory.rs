use std::fs;

use super::*;

/// Files of so many MiB, with ids in this order.
fn files(dir: &Path, sizes: &[usize]) -> Scan {
    let path = |at: usize| dir.join(at.to_string());
    for (at, size) in sizes.iter().enumerate() {
        fs::write(path(at), bytes(size * MIB)).unwrap();
    }
    let paths: Vec<_> = (0..sizes.len()).map(path).collect();
    scan(&paths, &ScanOptions::default()).unwrap()
}

#[test]
fn eight_buffers_are_lent_and_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let scan = files(dir.path(), &[10]);
    let watched = Watched::new(&scan.places);
    watched.send_whole(0);
    let mut lent = Vec::new();
    for expected in 0..8 {
        match watched.next() {
            Report::Group { group, bytes, .. } => {
                assert_eq!(group, expected);
                lent.push(bytes);
            }
            other => panic!("{other:?}"),
        }
    }
    // It waits, and still listens.
    watched.worker.send(Job::Cancel { id: 7 });
    assert!(matches!(watched.next(), Report::Cancelled { id: 7 }));
    let last = lent.pop().unwrap();
    let address = last.as_ptr();
    watched.worker.send(Job::Buffer(last));
    match watched.next() {
        Report::Group { group, bytes, .. } => assert_eq!((group, bytes.as_ptr()), (8, address)),
        other => panic!("{other:?}"),
    }
    watched.worker.send(Job::Cancel { id: 0 });
    assert!(matches!(watched.next(), Report::Cancelled { id: 0 }));
}

#[test]
fn small_ones_are_lent_as_well() {
    let dir = tempfile::tempdir().unwrap();
    for at in 0..140 {
        fs::write(dir.path().join(format!("{at:03}")), bytes(SMALL_BYTES_MAX)).unwrap();
    }
    let scan = scan_one(dir.path());
    let watched = Watched::new(&scan.places);
    (1..=140).for_each(|id| watched.send_whole(id));
    let mut lent = Vec::new();
    let mut ended = 0;
    while lent.len() < 127 {
        match watched.next() {
            Report::Group { bytes, .. } => lent.push(bytes),
            Report::End { .. } => ended += 1,
            other => panic!("{other:?}"),
        }
    }
    // 8 MiB and what eight big ones cost besides are 127 of these.
    watched.worker.send(Job::Cancel { id: 140 });
    loop {
        match watched.next() {
            Report::End { .. } => ended += 1,
            Report::Cancelled { id: 140 } => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(ended <= 127);
    lent.into_iter()
        .for_each(|bytes| watched.worker.send(Job::Buffer(bytes)));
    while ended < 139 {
        match watched.next() {
            Report::Group { bytes, .. } => watched.worker.send(Job::Buffer(bytes)),
            Report::End { .. } => ended += 1,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn after_a_reset_nothing_is_lent_and_nothing_is_left_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let scan = files(dir.path(), &[9, 1]);
    let watched = Watched::new(&scan.places);
    for _ in 0..3 {
        watched.send_whole(0);
        watched.send_whole(1);
        // Some are lost, some come back late.
        let late: Vec<_> = (0..8)
            .map(|_| match watched.next() {
                Report::Group { bytes, .. } => bytes,
                other => panic!("{other:?}"),
            })
            .skip(3)
            .collect();
        watched.reset();
        late.into_iter()
            .for_each(|bytes| watched.worker.send(Job::Buffer(bytes)));
    }
    assert_eq!(watched.whole(1).root, Some(hash(&bytes(MIB))));
    assert_eq!(watched.whole(0).root, Some(hash(&bytes(9 * MIB))));
}

/// With all buffers lent, nothing can be read; what was hashed before need not be.
#[test]
fn what_was_hashed_is_not_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let scan = files(dir.path(), &[3, 8]);
    let watched = Watched::new(&scan.places);
    watched.whole(0);
    watched.send_whole(1);
    let mut lent = Vec::new();
    loop {
        match watched.next() {
            Report::Group { bytes, .. } => lent.push(bytes),
            Report::End { .. } => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(lent.len(), 8);
    let right = cvs(&bytes(3 * MIB));
    watched.send(0, Vec::new(), (0..).zip(right).collect());
    let told = watched.told(0);
    assert_eq!((told.kept, told.root), (3, Some(hash(&bytes(3 * MIB)))));
    // What was only begun is remembered as far as it was.
    watched.reset();
    watched.worker.send(Job::Compare { id: 1 });
    assert_eq!(watched.told(1).root, Some(hash(&bytes(8 * MIB))));
}

#[test]
fn what_was_remembered_of_another_version_is_not_used() {
    let dir = tempfile::tempdir().unwrap();
    let scan = files(dir.path(), &[3]);
    let options = Options {
        growth: Growth::Allowed,
        ..Options::default()
    };
    let watched = Watched::with(&scan.places, options, |_| {});
    watched.whole(0);
    let mut other = bytes(4 * MIB);
    other[2 * MIB] ^= 1;
    fs::write(dir.path().join("0"), &other).unwrap();
    let right = cvs(&bytes(3 * MIB));
    watched.send(0, Vec::new(), (0..).zip(right).collect());
    let told = watched.told(0);
    assert_eq!((told.kept, told.order.as_slice()), (2, [2].as_slice()));
    assert_eq!(told.root, Some(hash(&other[..3 * MIB])));
}
