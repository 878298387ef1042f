//! How much of what.

use std::path::PathBuf;

use barewire_proving::words::{Only, Others, Words};

pub(crate) struct Options {
    /// Of the one file, in bytes.
    pub(crate) size: u64,
    /// Of what is measured for memory, in bytes.
    pub(crate) large: u64,
    pub(crate) files: usize,
    pub(crate) rounds: usize,
    pub(crate) directory: Option<PathBuf>,
    pub(crate) only: Only,
    pub(crate) others: Others,
}

impl Options {
    pub(crate) fn read(mut words: Words) -> Self {
        let mut options = Self {
            size: 1 << 30,
            large: 10 << 30,
            files: 10_000,
            rounds: 5,
            directory: None,
            only: Only::default(),
            others: Others::Beside,
        };
        while let Some(flag) = words.flag() {
            match flag {
                "--size" => options.size = words.value("BYTES"),
                "--large" => options.large = words.value("BYTES"),
                "--files" => options.files = words.value("N"),
                "--rounds" => options.rounds = words.value("N"),
                "--dir" => options.directory = Some(words.value("DIR")),
                "--only" => options.only = Only::case(words.value("CASE")),
                _ => words.refuse(),
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
            only: Only::default(),
            others: Others::LeftOut,
        }
    }
}
