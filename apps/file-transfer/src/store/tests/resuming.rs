//! A later try goes on where an earlier one ended.

use super::*;

const GROUPS: u64 = 4;
const SIZE: usize = 3 * MIB + 1000;

fn entries() -> [Entry; 1] {
    [file("x", SIZE)]
}

/// An unfinished file with these groups in it.
fn leave(root: &Path, groups: &[u64]) {
    let rig = Rig::new(root, &entries());
    rig.send(Job::Begin {
        id: 0,
        resume: true,
    });
    let bytes = content(0, SIZE as u64);
    for &group in groups {
        let start = group as usize * MIB;
        let bytes = bytes[start..SIZE.min(start + MIB)].to_vec();
        rig.send(Job::Group {
            id: 0,
            group,
            bytes,
        });
    }
    rig.send(Job::Abandon { id: 0 });
    assert_eq!(failed(&rig.end()), []);
}

fn survey(root: &Path) -> Found {
    let store = Store::open(root).expect("opened");
    store.survey(&entries()).remove(0)
}

/// Receives the rest as a program would, and says which groups had to come.
#[track_caller]
fn resume(root: &Path) -> Vec<u64> {
    let bytes = content(0, SIZE as u64);
    let group_of = |group: u64| &bytes[group as usize * MIB..SIZE.min((group as usize + 1) * MIB)];
    let is_right = |group: u64, cv: &Cv| *cv == group_cv(group, group_of(group));
    // The sender says which claims are true.
    let claims = survey(root).groups;
    let claimed: Vec<u64> = claims
        .iter()
        .filter(|(group, cv)| is_right(*group, cv))
        .map(|(group, _)| *group)
        .collect();
    let rig = Rig::new(root, &entries());
    rig.send(Job::Begin {
        id: 0,
        resume: true,
    });
    rig.send(Job::Check {
        id: 0,
        groups: claimed.clone(),
    });
    let mut kept = Vec::new();
    for _ in &claimed {
        match rig.report() {
            Report::Checked {
                group,
                cv: Some(cv),
                ..
            } if is_right(group, &cv) => kept.push(group),
            Report::Checked { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    let missing: Vec<u64> = (0..GROUPS).filter(|group| !kept.contains(group)).collect();
    for &group in &missing {
        let bytes = group_of(group).to_vec();
        rig.send(Job::Group {
            id: 0,
            group,
            bytes,
        });
    }
    rig.send(Job::Finish {
        id: 0,
        root: super::root(&bytes),
    });
    let reports = rig.end();
    assert_eq!(failed(&reports), []);
    assert_arrived(root, &entries());
    missing
}

fn unfinished(root: &Path, suffix: &str) -> std::path::PathBuf {
    let names = names(root);
    let mut found = names.iter().filter(|name| name.ends_with(suffix));
    let name = found.next().expect("one is there");
    assert_eq!(found.next(), None);
    root.join(name)
}

#[test]
fn what_is_there_does_not_come_again() {
    for groups in [&[0, 1][..], &[3], &[2, 0], &[0, 1, 2, 3], &[1, 1]] {
        let root = tempdir();
        leave(root.path(), groups);
        let found = survey(root.path());
        let mut expected = groups.to_vec();
        expected.sort_unstable();
        expected.dedup();
        let claimed: Vec<u64> = found.groups.iter().map(|(group, _)| *group).collect();
        assert_eq!(claimed, expected);
        // It was allocated whole.
        assert!(cfg!(not(target_os = "linux")) || found.held >= SIZE as u64);
        assert!(bytes_needed(&entries()[0], &found) <= 4096 || cfg!(not(target_os = "linux")));
        let came = resume(root.path());
        assert_eq!(came.len() + expected.len(), GROUPS as usize);
    }
}

#[test]
fn what_has_no_group_is_not_left() {
    let root = tempdir();
    leave(root.path(), &[]);
    assert_eq!(names(root.path()), [""; 0]);
    // Nor is what is there lost by a try that adds nothing.
    leave(root.path(), &[1]);
    leave(root.path(), &[]);
    assert_eq!(resume(root.path()), [0, 2, 3]);
}

#[test]
fn another_size_begins_anew() {
    let root = tempdir();
    leave(root.path(), &[0, 1]);
    let other = file("x", SIZE + 1);
    let store = Store::open(root.path()).expect("opened");
    assert_eq!(
        store.survey(std::slice::from_ref(&other)).remove(0).groups,
        []
    );
    let rig = Rig::new(root.path(), &[other]);
    rig.send(Job::Begin {
        id: 0,
        resume: true,
    });
    rig.send_bytes(0, &content(0, SIZE as u64 + 1));
    rig.send(Job::Finish {
        id: 0,
        root: super::root(&content(0, SIZE as u64 + 1)),
    });
    assert_eq!(failed(&rig.end()), []);
    assert_eq!(names(root.path()), ["x"]);
}

#[test]
fn without_being_asked_to_nothing_is_kept() {
    let root = tempdir();
    leave(root.path(), &[0, 1]);
    let rig = Rig::new(root.path(), &entries());
    rig.send(Job::Begin {
        id: 0,
        resume: false,
    });
    rig.send(Job::Finish {
        id: 0,
        root: super::root(&content(0, SIZE as u64)),
    });
    let reports = rig.end();
    assert_eq!(failed(&reports)[0].2, "\"x\": group 0 has not come");
    assert_eq!(names(root.path()), [""; 0]);
}

#[test]
fn claims_that_were_not_checked_are_not_known() {
    let root = tempdir();
    leave(root.path(), &[0, 1, 2, 3]);
    let rig = Rig::new(root.path(), &entries());
    rig.send(Job::Begin {
        id: 0,
        resume: true,
    });
    rig.send(Job::Check {
        id: 0,
        groups: vec![0, 1, 3],
    });
    rig.send(Job::Finish {
        id: 0,
        root: super::root(&content(0, SIZE as u64)),
    });
    assert_eq!(failed(&rig.end())[0].2, "\"x\": group 2 has not come");
    assert_eq!(resume(root.path()), [0; 0]);
}

#[test]
fn one_flipped_bit_costs_one_group() {
    for (at, group) in [(0, 0), (MIB, 1), (3 * MIB - 1, 2), (SIZE - 1, 3)] {
        let root = tempdir();
        leave(root.path(), &[0, 1, 2, 3]);
        let part = unfinished(root.path(), ".bw-part");
        let mut bytes = fs::read(&part).expect("read");
        bytes[at] ^= 0x10;
        fs::write(&part, bytes).expect("written");
        assert_eq!(resume(root.path()), [group]);
    }
}

#[test]
fn a_part_that_was_cut_or_grew_begins_anew() {
    for len in [0, SIZE - 1, SIZE + 1] {
        let root = tempdir();
        leave(root.path(), &[0, 1, 2, 3]);
        let part = fs::File::options()
            .write(true)
            .open(unfinished(root.path(), ".bw-part"));
        part.and_then(|part| part.set_len(len as u64)).expect("cut");
        assert_eq!(resume(root.path()), [0, 1, 2, 3]);
    }
}

/// Whatever stands in the journal: the file is whole in the end.
#[test]
fn a_journal_is_not_believed() {
    let root = tempdir();
    leave(root.path(), &[0, 1, 2, 3]);
    let journal = fs::read(unfinished(root.path(), ".bw-journal")).expect("read");
    let part = fs::read(unfinished(root.path(), ".bw-part")).expect("read");
    let names = names(root.path());
    let path = |suffix: &str| {
        root.path().join(
            names
                .iter()
                .find(|name| name.ends_with(suffix))
                .expect("one"),
        )
    };
    #[track_caller]
    fn check(root: &Path, resent: std::ops::RangeInclusive<usize>) {
        let came = resume(root).len();
        assert!(resent.contains(&came), "{came}");
        fs::remove_file(root.join("x")).expect("removed");
    }
    let put = |journal: &[u8]| {
        fs::write(path(".bw-part"), &part).expect("written");
        fs::write(path(".bw-journal"), journal).expect("written");
    };
    // At steps that meet each field of each record; all bytes are met in the journal's own tests.
    for at in (0..journal.len()).step_by(5) {
        put(&journal[..at]);
        check(root.path(), 1..=4);
        let mut garbled = journal.clone();
        garbled[at] ^= 1;
        put(&garbled);
        check(root.path(), 1..=4);
    }
    put(&[&journal[..], b"and more"].concat());
    check(root.path(), 0..=0);
    fs::write(path(".bw-part"), &part).expect("written");
    assert_eq!(resume(root.path()), [0, 1, 2, 3]);
    // A claim that is well-formed and false.
    fs::remove_file(root.path().join("x")).expect("removed");
    put(&journal);
    let zeros = fs::File::options()
        .write(true)
        .open(path(".bw-part"))
        .expect("opened");
    zeros
        .set_len(0)
        .and_then(|()| zeros.set_len(SIZE as u64))
        .expect("emptied");
    drop(zeros);
    assert_eq!(resume(root.path()), [0, 1, 2, 3]);
}

#[test]
fn an_orphan_is_removed_when_met() {
    let root = tempdir();
    leave(root.path(), &[0, 1]);
    let part = unfinished(root.path(), ".bw-part");
    fs::rename(part, root.path().join("x")).expect("renamed");
    assert_eq!(names(root.path()).len(), 2);
    let found = survey(root.path());
    assert!(matches!(found.there, There::File { .. }));
    assert_eq!(found.groups, []);
    assert_eq!(names(root.path()), ["x"]);
}

#[test]
fn what_is_no_journal_of_ours_stays() {
    let root = tempdir();
    leave(root.path(), &[0, 1]);
    fs::remove_file(unfinished(root.path(), ".bw-part")).expect("removed");
    let journal = unfinished(root.path(), ".bw-journal");
    fs::write(&journal, "a diary").expect("written");
    survey(root.path());
    let store = Store::open(root.path()).expect("opened");
    assert_eq!(store.discard(&entries()[0]).expect("discarded"), 0);
    assert_eq!(fs::read(journal).expect("kept"), b"a diary");
}

#[test]
fn one_that_is_in_use_is_left_alone() {
    let root = tempdir();
    let rig = Rig::new(root.path(), &entries());
    rig.send(Job::Begin {
        id: 0,
        resume: true,
    });
    rig.send_bytes(0, &content(0, MIB as u64));
    assert!(matches!(rig.report(), Report::Written { .. }));
    let found = survey(root.path());
    assert_eq!((found.groups, found.held), (vec![], 0));
    let store = Store::open(root.path()).expect("opened");
    assert_eq!(store.discard(&entries()[0]).expect("discarded"), 0);
    assert_eq!(names(root.path()).len(), 2);
    drop(rig.end());
    assert_eq!(survey(root.path()).groups.len(), 1);
    assert_eq!(store.discard(&entries()[0]).expect("discarded"), 1);
    assert_eq!(names(root.path()), [""; 0]);
}

/// The one in use ended first: what stays is in another slot than the first.
#[test]
fn found_in_whichever_slot_it_is() {
    let root = tempdir();
    let first = Rig::new(root.path(), &entries());
    first.send(Job::Begin {
        id: 0,
        resume: true,
    });
    first.send_bytes(0, &content(0, MIB as u64));
    assert!(matches!(first.report(), Report::Written { .. }));
    leave(root.path(), &[0, 1, 2]);
    first.end();
    // Of two, the first that is met.
    assert_eq!(survey(root.path()).groups.len(), 1);
    fs::remove_file(root.path().join(first_part())).expect("removed");
    assert_eq!(survey(root.path()).groups.len(), 3);
    assert_eq!(resume(root.path()), [3]);
}

fn first_part() -> String {
    String::from_utf8(naming::part_name(b"x", 1)).expect("text")
}

#[test]
fn fifty_gigabytes_are_looked_up_at_once() {
    let root = tempdir();
    let size = 50 << 30;
    let entry = entry(
        "x",
        Kind::File {
            size,
            data_bytes: 0,
        },
    );
    let part = root.path().join(first_part());
    fs::File::create(part)
        .and_then(|part| part.set_len(size))
        .expect("made");
    let journal = String::from_utf8(naming::journal_name(b"x", 1)).expect("text");
    let options = fs::File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(root.path().join(journal));
    let mut journal = journal::Journal::create(options.expect("made"), b"x", size).expect("begun");
    let groups = size / GROUP_BYTES;
    (0..groups).for_each(|group| journal.append(group, &[7; 32]).expect("appended"));
    let found = Store::open(root.path())
        .expect("opened")
        .survey(&[entry])
        .remove(0);
    assert_eq!(found.groups.len() as u64, groups);
}
