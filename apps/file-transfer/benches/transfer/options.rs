//! How much of what.

use std::path::PathBuf;

pub(crate) struct Options {
    /// Of the one file, in bytes.
    pub(crate) size: u64,
    /// Of what is measured for memory, in bytes.
    pub(crate) large: u64,
    pub(crate) files: usize,
    pub(crate) rounds: usize,
    pub(crate) directory: Option<PathBuf>,
    only: Option<String>,
    /// Whether other programs are started too.
    pub(crate) others: Others,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Others {
    Beside,
    LeftOut,
}

impl Options {
    /// What `cargo bench` adds itself is passed over.
    pub(crate) fn parse(words: &[String]) -> Self {
        let mut options = Self {
            size: 1 << 30,
            large: 10 << 30,
            files: 10_000,
            rounds: 5,
            directory: None,
            only: None,
            others: Others::Beside,
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || {
                let value = words.next();
                value.unwrap_or_else(|| panic!("{word}: a value is missing"))
            };
            match word.as_str() {
                "--size" => options.size = value().parse().expect("--size BYTES"),
                "--large" => options.large = value().parse().expect("--large BYTES"),
                "--files" => options.files = value().parse().expect("--files N"),
                "--rounds" => options.rounds = value().parse().expect("--rounds N"),
                "--dir" => options.directory = Some(value().into()),
                "--only" => options.only = Some(value().clone()),
                "--bench" => {}
                other => panic!("unknown argument {other}"),
            }
        }
        assert!(options.rounds > 0 && options.files > 0, "at least one");
        options
    }

    /// Just enough to see that all of it works.
    pub(crate) fn check() -> Self {
        Self {
            size: (16 << 20) + 1,
            large: (9 << 20) + 1,
            files: 50,
            rounds: 1,
            directory: None,
            only: None,
            others: Others::LeftOut,
        }
    }

    pub(crate) fn wants(&self, case: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == case)
    }
}
