//! What is different between two looks at the interfaces.

use crate::interface::Interface;

/// What became of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is gone, or down, or without addresses.
    Left(Interface),
    /// It was not there before.
    Joined(Interface),
    /// It has other addresses or another name.
    Changed {
        /// What it was.
        was: Interface,
        /// What it is.
        is: Interface,
    },
}

/// What happened between two lists, each in order of index, as [`interfaces`](crate::interfaces) gives them. First
/// what left, then the rest in order of index.
#[must_use]
pub fn changes(before: &[Interface], after: &[Interface]) -> Vec<Change> {
    let find = |list: &[Interface], wanted: &Interface| {
        list.binary_search_by_key(&wanted.index, |interface| interface.index)
            .ok()
    };
    let left = before
        .iter()
        .filter(|was| find(after, was).is_none())
        .map(|was| Change::Left(was.clone()));
    let others = after.iter().filter_map(|is| match find(before, is) {
        None => Some(Change::Joined(is.clone())),
        Some(at) if before[at] == *is => None,
        Some(at) => Some(Change::Changed {
            was: before[at].clone(),
            is: is.clone(),
        }),
    });
    left.chain(others).collect()
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::interface::V4;

    fn interface(index: u32, address: [u8; 4]) -> Interface {
        Interface {
            index: NonZeroU32::new(index).unwrap(),
            name: format!("eth{index}"),
            is_loopback: false,
            v4: vec![V4 {
                address: address.into(),
                prefix: 24,
                broadcast: None,
            }],
            v6: Vec::new(),
        }
    }

    #[track_caller]
    fn check(before: &[Interface], after: &[Interface], expected: &[&str]) {
        let told: Vec<String> = changes(before, after)
            .iter()
            .map(|change| match change {
                Change::Left(was) => format!("-{was}"),
                Change::Joined(is) => format!("+{is}"),
                Change::Changed { was, is } => format!("{was}={is}"),
            })
            .collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn comings_and_goings() {
        let [one, two, three] = [1, 2, 3].map(|index| interface(index, [192, 0, 2, 1]));
        let all = [one.clone(), two.clone(), three.clone()];
        check(&[], &[], &[]);
        check(&all, &all, &[]);
        check(&[], &all, &["+eth1", "+eth2", "+eth3"]);
        check(&all, &[], &["-eth1", "-eth2", "-eth3"]);
        check(&all, &[one.clone(), three.clone()], &["-eth2"]);
        let moved = interface(2, [192, 0, 2, 9]);
        check(&all, &[one.clone(), moved.clone(), three], &["eth2=eth2"]);
        check(&[one, two.clone()], &[moved], &["-eth1", "eth2=eth2"]);
        let mut renamed = two.clone();
        renamed.name = "lan".to_owned();
        check(&[two], &[renamed], &["eth2=lan"]);
    }
}
