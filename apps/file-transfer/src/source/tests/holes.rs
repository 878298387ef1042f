use super::*;

const LEN: u64 = 9 * GROUP_BYTES + 100;

/// Data in groups 0, 3, 4 and at the boundary of 6 and 7; the tail is a hole.
fn islands(dir: &Path) -> (PathBuf, Vec<u8>) {
    let at = 7 * GROUP_BYTES - 3;
    let data: [(u64, &[u8]); 4] = [
        (5, b"first"),
        (3 * GROUP_BYTES, &bytes(MIB + 70_000)),
        (at, b"xyz"),
        (at + 3, b"w"),
    ];
    let path = dir.join("sparse");
    write_sparse(&path, LEN, &data);
    let content = std::fs::read(&path).unwrap();
    (path, content)
}

/// Whether there are holes here, and the system tells of them.
fn has_holes(scan: &Scan) -> bool {
    let has = scan.manifest.data_bytes() < scan.manifest.bytes();
    if !has {
        eprintln!("not tested: no holes in {:?}", std::env::temp_dir());
    }
    has
}

#[test]
fn holes_are_told_and_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let (path, content) = islands(dir.path());
    let scan = scan_one(&path);
    let watched = Watched::new(&scan.places);
    let told = watched.whole(0);
    assert_eq!(told.root, Some(hash(&content)));
    assert_eq!(told.bytes_upon(vec![1; content.len()]), content);
    if has_holes(&scan) {
        assert_eq!(scan.manifest.data_bytes(), 5 * GROUP_BYTES);
        assert_eq!(told.holes, [1, 2, 5, 8, 9]);
        assert_eq!(told.order, (0..10).collect::<Vec<_>>());
    }
}

#[test]
fn holes_are_compared_like_data() {
    let dir = tempfile::tempdir().unwrap();
    let (path, content) = islands(dir.path());
    let scan = scan_one(&path);
    let watched = Watched::new(&scan.places);
    let right = cvs(&content);
    let claim = |group: usize| (group as u64, right[group]);
    let claimed = vec![claim(0), claim(1), (2, [9; 32]), (3, [9; 32]), claim(9)];
    watched.send(0, vec![4..7, 7..9], claimed);
    let told = watched.told(0);
    assert_eq!((told.kept, told.root), (3, Some(hash(&content))));
    assert_eq!(told.order, [4, 5, 6, 7, 8, 2, 3]);
    if has_holes(&scan) {
        assert_eq!(told.holes, [5, 8, 2]);
    }
}

#[test]
fn nothing_but_a_hole() {
    let dir = tempfile::tempdir().unwrap();
    for len in [1, MIB as u64 - 1, MIB as u64, MIB as u64 + 1] {
        let path = dir.path().join(len.to_string());
        write_sparse(&path, len, &[]);
        let scan = scan_one(&path);
        let watched = Watched::new(&scan.places);
        let told = watched.whole(0);
        assert_eq!(told.root, Some(hash(&vec![0; len as usize])), "{len}");
        if has_holes(&scan) {
            assert_eq!(scan.manifest.data_bytes(), 0);
            assert!(told.groups.is_empty());
        }
        watched.worker.send(Job::Compare { id: 0 });
        assert_eq!(watched.told(0).root, told.root);
    }
}

/// A tebibyte of zeros takes minutes to hash; nobody waits for that.
#[test]
fn the_end_of_a_huge_file_can_be_seen_before_it_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("huge");
    let file = std::fs::File::create(&path).unwrap();
    if file.set_len(1 << 40).is_err() {
        eprintln!("not tested: no file of 1 TiB here");
        return;
    }
    let scan = scan_one(&path);
    if !has_holes(&scan) {
        return;
    }
    let watched = Watched::new(&scan.places);
    watched.send_whole(0);
    match watched.next() {
        Report::Holes { first, count, .. } => assert_eq!((first, count), (0, 1 << 20)),
        other => panic!("{other:?}"),
    }
    watched.worker.send(Job::Cancel { id: 0 });
    assert!(matches!(watched.next(), Report::Cancelled { id: 0 }));
    watched.worker.send(Job::Compare { id: 0 });
    watched.worker.join();
    assert!(matches!(watched.reports.recv(), Ok(Report::Stopped)));
}
