use std::fs;

use super::*;

#[test]
fn files_of_every_size_near_a_boundary() {
    let dir = tempfile::tempdir().unwrap();
    let k = SMALL_BYTES_MAX;
    let sizes = [
        0,
        1,
        1023,
        1024,
        1025,
        k - 1,
        k,
        k + 1,
        MIB - 1,
        MIB,
        MIB + 1,
        3 * MIB + 5,
    ];
    for len in sizes {
        fs::write(dir.path().join(len.to_string()), bytes(len)).unwrap();
    }
    let paths: Vec<_> = sizes
        .iter()
        .map(|len| dir.path().join(len.to_string()))
        .collect();
    let scan = scan(&paths, &ScanOptions::default()).unwrap();
    let watched = Watched::new(&scan.places);
    for (id, len) in (0..).zip(sizes) {
        let size = len as u64;
        let kind = Kind::File {
            size,
            data_bytes: size,
        };
        assert_eq!(scan.manifest.get(id).unwrap().kind, kind);
        let told = watched.whole(id);
        assert_eq!(told.root, Some(hash(&bytes(len))), "{len}");
        assert_eq!(told.bytes_upon(vec![0; len]), bytes(len));
        assert_eq!(told.order, (0..groups(size)).collect::<Vec<_>>());
    }
    watched.worker.join();
    assert!(matches!(watched.reports.recv(), Ok(Report::Stopped)));
    assert!(watched.reports.recv().is_err());
}

#[test]
fn small_contents_are_in_vectors_of_their_size() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    fs::write(&path, bytes(777)).unwrap();
    let watched = Watched::new(&scan_one(&path).places);
    watched.send_whole(0);
    let Report::Group { bytes, .. } = watched.next() else {
        panic!()
    };
    assert_eq!((bytes.len(), bytes.capacity()), (777, 777));
}

#[test]
fn what_is_claimed_is_sent_where_it_is_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    let content = bytes(5 * MIB + 9);
    fs::write(&path, &content).unwrap();
    let watched = Watched::new(&scan_one(&path).places);
    let right = cvs(&content);
    let claimed = vec![(1, right[1]), (2, [7; 32]), (5, right[5]), (9, [1; 32])];
    watched.send(0, vec![4..5, 0..1], claimed);
    let told = watched.told(0);
    // What is missing first, in the order in which it was asked for; group 3 was asked for by nobody.
    assert_eq!((told.order, told.kept), (vec![4, 0, 2], 2));
    assert_eq!(told.root, Some(hash(&content)));
}

#[test]
fn a_file_can_be_compared_without_being_sent() {
    let dir = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    for len in [0, 5, MIB, 2 * MIB + 1] {
        let path = dir.path().join(len.to_string());
        fs::write(&path, bytes(len)).unwrap();
        paths.push((path, len));
    }
    let named: Vec<_> = paths.iter().map(|(path, _)| path.clone()).collect();
    let scan = scan(&named, &ScanOptions::default()).unwrap();
    let watched = Watched::new(&scan.places);
    for (of, (_, len)) in (0..).zip(&paths) {
        watched.worker.send(Job::Compare { id: of });
        match watched.next() {
            Report::Same { id, root } => assert_eq!((id, root), (of, hash(&bytes(*len)))),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn groups_can_be_sent_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    let content = bytes(3 * MIB);
    fs::write(&path, &content).unwrap();
    let watched = Watched::new(&scan_one(&path).places);
    watched.whole(0);
    watched.worker.send(Job::Repair {
        id: 0,
        groups: vec![2, 1, 3, u64::MAX],
    });
    let told = watched.told(0);
    assert_eq!(told.order, [2, 1]);
    assert_eq!(told.root, Some(hash(&content)));
}

#[test]
fn what_is_no_file_fails() {
    let dir = tempfile::tempdir().unwrap();
    let watched = Watched::new(&scan_one(dir.path()).places);
    for id in [0, 1] {
        let told = watched.whole(id);
        assert_eq!(told.error.unwrap().kind, SourceErrorKind::Io);
    }
}

#[test]
fn one_that_vanished_leaves_the_others() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["a", "b", "c"] {
        fs::write(dir.path().join(name), name).unwrap();
    }
    let scan = scan_one(dir.path());
    fs::remove_file(dir.path().join("b")).unwrap();
    let watched = Watched::new(&scan.places);
    assert_eq!(watched.whole(1).root, Some(hash(b"a")));
    // Shown escaped, which doubles what Windows has between names.
    let gone = path(&[dir.path(), Path::new("b")]).display().to_string();
    let text = format!("{}: no such file or directory", gone.replace('\\', "\\\\"));
    let told = watched.whole(2);
    told.fails(SourceErrorKind::Vanished, &text);
    assert_eq!(watched.whole(3).root, Some(hash(b"c")));
}
