use std::collections::BTreeSet;
use std::fs;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

use super::*;

/// What the receiver says of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Has {
    Nothing,
    Right,
    Wrong,
    /// It says nothing of it.
    Silent,
}

fn has() -> impl Strategy<Value = Has> {
    prop_oneof![
        3 => Just(Has::Nothing),
        2 => Just(Has::Right),
        1 => Just(Has::Wrong),
        1 => Just(Has::Silent),
    ]
}

/// Neighbours together, as a receiver asks for them.
fn ranges(groups: impl Iterator<Item = u64>) -> Vec<std::ops::Range<u64>> {
    let mut ranges: Vec<std::ops::Range<u64>> = Vec::new();
    for group in groups {
        match ranges.last_mut() {
            Some(range) if range.end == group => range.end += 1,
            _ => ranges.push(group..group + 1),
        }
    }
    ranges
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Whatever the receiver has, it gets the rest, each group once, and the hash of the whole.
    #[test]
    fn the_receiver_ends_with_the_file(
        len in prop_oneof![0..70_000usize, 0..6 * MIB],
        data in vec((0..6 * MIB, 1..300_000usize), 0..4),
        has in vec(has(), 6),
        cut in any::<bool>(),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        let fill = bytes(300_000);
        let data: Vec<_> = data
            .into_iter()
            .filter(|(at, _)| *at < len)
            .map(|(at, size)| (at as u64, &fill[..size.min(len - at)]))
            .collect();
        write_sparse(&path, len as u64, &data);
        let content = fs::read(&path).unwrap();
        let right = cvs(&content);
        let groups = groups(len as u64);
        let has = &has;
        let of = |wanted: Has| (0..groups).filter(move |group| has[*group as usize] == wanted).collect::<Vec<_>>();

        let scan = scan_one(&path);
        let watched = Watched::new(&scan.places);
        if cut {
            // Something was hashed before.
            watched.send_whole(0);
            watched.reset();
        }
        let claims = of(Has::Right).into_iter().map(|group| (group, right[group as usize]));
        let wrong = of(Has::Wrong).into_iter().map(|group| (group, [3; 32]));
        let mut claimed: Vec<_> = claims.chain(wrong).collect();
        claimed.sort_unstable();
        watched.send(0, ranges(of(Has::Nothing).into_iter()), claimed);
        let told = watched.told(0);

        prop_assert_eq!(told.root, Some(hash(&content)));
        prop_assert_eq!(told.kept, of(Has::Right).len() as u64);
        prop_assert_eq!(&told.order, &[of(Has::Nothing), of(Has::Wrong)].concat());
        let mut before = content.clone();
        for group in of(Has::Nothing).into_iter().chain(of(Has::Wrong)) {
            let start = group as usize * MIB;
            let end = content.len().min(start + MIB);
            before[start..end].fill(0xaa);
        }
        prop_assert_eq!(told.bytes_upon(before) == content, true);
    }

    /// A tree is offered as it is, whatever it looks like.
    #[cfg_attr(windows, ignore = "Windows takes some of these names for one another")]
    #[test]
    fn a_tree_is_offered_as_it_is(files in btree_set(vec("[a-cA.\u{e9} ~-]{1,3}", 1..5), 0..30)) {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().join("top");
        fs::create_dir(&top).unwrap();
        let mut expected = BTreeSet::from([b"top".to_vec()]);
        for (at, file) in files.iter().enumerate() {
            let path: PathBuf = file.iter().collect();
            if file.iter().any(|name| name == "." || name == ".." || name.ends_with(['.', ' '])) {
                continue;
            }
            let parent = top.join(path.parent().unwrap());
            if fs::create_dir_all(&parent).is_err() || top.join(&path).exists() {
                continue;
            }
            // A last component that looks so is a directory.
            let is_made = match at % 4 {
                0 => fs::create_dir(top.join(&path)).is_ok(),
                _ => fs::write(top.join(&path), format!("{at}")).is_ok(),
            };
            prop_assert!(is_made);
            for depth in 1..=file.len() {
                expected.insert(format!("top/{}", file[..depth].join("/")).into_bytes());
            }
        }
        match scan(std::slice::from_ref(&top), &ScanOptions::default()) {
            Ok(scan) => {
                let paths: Vec<_> = scan.manifest.entries().iter().map(|entry| &entry.path).collect();
                prop_assert!(paths.is_sorted());
                let offered: BTreeSet<_> = paths.iter().map(|path| path.as_bytes().to_vec()).collect();
                prop_assert_eq!(offered, expected);
                let watched = Watched::new(&scan.places);
                for (id, entry) in (0..).zip(scan.manifest.entries()) {
                    if let Kind::File { .. } = entry.kind {
                        let content = fs::read(scan.places.path(id)).unwrap();
                        prop_assert_eq!(watched.whole(id).root, Some(hash(&content)));
                    }
                }
            }
            Err(error) => prop_assert!(matches!(error, ScanError::Collision(..)), "{error}"),
        }
    }
}
