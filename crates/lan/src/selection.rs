//! Which interfaces are meant.

use std::io;
use std::net::IpAddr;

use crate::interface::{Interface, interfaces};

/// Which of the machine's interfaces to use: all, or those that somebody named.
///
/// It goes on to mean what was named: an interface that goes away and comes again is chosen again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection(Chosen);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Chosen {
    #[default]
    All,
    Loopback,
    Named(Vec<Word>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    Name(String),
    Index(u32),
    Address(IpAddr),
}

impl Selection {
    /// Every interface, loopback included.
    #[must_use]
    pub const fn all() -> Self {
        Self(Chosen::All)
    }

    /// The interface that leads to this machine alone; for tests, as a rule.
    #[must_use]
    pub const fn loopback() -> Self {
        Self(Chosen::Loopback)
    }

    /// The interfaces that were typed: each word is a name, an index or one of its addresses. No words are
    /// [`all`](Self::all).
    ///
    /// # Errors
    ///
    /// [`NotFound`](io::ErrorKind::NotFound) for a word that means none of the interfaces that are up:
    /// `no interface eth9 is up; there are lo, eth0`. Otherwise those of [`interfaces`].
    pub fn parse<W: AsRef<str>>(words: &[W]) -> io::Result<Self> {
        if words.is_empty() {
            return Ok(Self::all());
        }
        Self::parse_among(words, &interfaces()?)
    }

    /// [`parse`](Self::parse) with a list of one's own.
    ///
    /// # Errors
    ///
    /// [`NotFound`](io::ErrorKind::NotFound), as there.
    pub fn parse_among<W: AsRef<str>>(words: &[W], there: &[Interface]) -> io::Result<Self> {
        if words.is_empty() {
            return Ok(Self::all());
        }
        let word = |typed: &W| Word::parse(typed.as_ref(), there);
        let words: io::Result<_> = words.iter().map(word).collect();
        Ok(Self(Chosen::Named(words?)))
    }

    /// Whether it is one of those.
    #[must_use]
    pub fn matches(&self, interface: &Interface) -> bool {
        match &self.0 {
            Chosen::All => true,
            Chosen::Loopback => interface.is_loopback,
            Chosen::Named(words) => words.iter().any(|word| word.matches(interface)),
        }
    }
}

impl Word {
    /// A name comes first, since an interface may well be called `7`.
    fn parse(typed: &str, there: &[Interface]) -> io::Result<Self> {
        let meanings = [
            Some(Self::Name(typed.to_owned())),
            typed.parse().ok().map(Self::Index),
            typed.parse().ok().map(Self::Address),
        ];
        let known = |word: &Self| there.iter().any(|interface| word.matches(interface));
        meanings
            .into_iter()
            .flatten()
            .find(known)
            .ok_or_else(|| unknown(typed, there))
    }

    fn matches(&self, interface: &Interface) -> bool {
        match self {
            Self::Name(name) => *name == interface.name,
            Self::Index(index) => *index == interface.index.get(),
            Self::Address(address) => interface.has(*address),
        }
    }
}

fn unknown(typed: &str, there: &[Interface]) -> io::Error {
    let names: Vec<String> = there
        .iter()
        .map(|interface| interface.name.escape_debug().to_string())
        .collect();
    let typed = typed.escape_debug();
    let text = match names.len() {
        0 => format!("no interface {typed} is up, nor any other"),
        1 => format!("no interface {typed} is up; there is {}", names[0]),
        _ => format!("no interface {typed} is up; there are {}", names.join(", ")),
    };
    io::Error::new(io::ErrorKind::NotFound, text)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::interface::{V4, V6};

    fn interface(index: u32, name: &str, v4: &str, v6: &str) -> Interface {
        Interface {
            index: NonZeroU32::new(index).unwrap(),
            name: name.to_owned(),
            is_loopback: index == 1,
            v4: vec![V4 {
                address: v4.parse().unwrap(),
                prefix: 24,
                broadcast: None,
            }],
            v6: vec![V6 {
                address: v6.parse().unwrap(),
                prefix: 64,
            }],
        }
    }

    fn there() -> Vec<Interface> {
        vec![
            interface(1, "lo", "127.0.0.1", "::1"),
            interface(2, "eth0", "192.0.2.7", "fe80::7"),
            interface(3, "2", "198.51.100.7", "fe80::8"),
        ]
    }

    #[track_caller]
    fn check(words: &[&str], expected: &[u32]) {
        let there = there();
        let selection = Selection::parse_among(words, &there).unwrap();
        let chosen: Vec<u32> = there
            .iter()
            .filter(|interface| selection.matches(interface))
            .map(|interface| interface.index.get())
            .collect();
        assert_eq!(chosen, expected, "{words:?}");
    }

    #[test]
    fn names_indices_and_addresses() {
        check(&[], &[1, 2, 3]);
        check(&["eth0"], &[2]);
        check(&["1"], &[1]);
        check(&["2"], &[3]);
        check(&["192.0.2.7"], &[2]);
        check(&["fe80::8"], &[3]);
        check(&["lo", "eth0"], &[1, 2]);
        check(&["eth0", "192.0.2.7"], &[2]);
    }

    #[test]
    fn unknown_words() {
        let there = there();
        for (word, expected) in [
            ("eth9", "no interface eth9 is up; there are lo, eth0, 2"),
            ("", "no interface  is up; there are lo, eth0, 2"),
            ("9", "no interface 9 is up; there are lo, eth0, 2"),
            (
                "\u{1b}[2J",
                "no interface \\u{1b}[2J is up; there are lo, eth0, 2",
            ),
            (
                "192.0.2.8",
                "no interface 192.0.2.8 is up; there are lo, eth0, 2",
            ),
        ] {
            let error = Selection::parse_among(&["lo", word], &there).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::NotFound);
            assert_eq!(error.to_string(), expected);
        }
        let error = Selection::parse_among(&["lo"], &[]).unwrap_err();
        assert_eq!(error.to_string(), "no interface lo is up, nor any other");
        let error = Selection::parse_among(&["eth1"], &there[1..2]).unwrap_err();
        assert_eq!(error.to_string(), "no interface eth1 is up; there is eth0");
    }

    #[test]
    fn this_machine_s_loopback() {
        let chosen: Vec<Interface> = interfaces()
            .unwrap()
            .into_iter()
            .filter(|interface| Selection::loopback().matches(interface))
            .collect();
        let typed = Selection::parse(&["127.0.0.1"]).unwrap();
        assert!(chosen.iter().all(|interface| interface.is_loopback));
        assert!(chosen.iter().any(|interface| typed.matches(interface)));
        assert_eq!(Selection::parse::<&str>(&[]).unwrap(), Selection::all());
    }
}
