//! How much of what.

use barewire_proving::words::{Only, Others, Words};

pub(crate) struct Options {
    /// Of a datagram, in bytes.
    pub(crate) size: u64,
    pub(crate) seconds: f64,
    pub(crate) rounds: usize,
    /// Bytes a second of `paced`.
    pub(crate) rates: Vec<u64>,
    pub(crate) only: Only,
    pub(crate) others: Others,
}

impl Options {
    pub(crate) fn read(mut words: Words) -> Self {
        let mut options = Self {
            size: 1400,
            seconds: 3.0,
            rounds: 5,
            rates: vec![100_000_000, 400_000_000],
            only: Only::default(),
            others: Others::Beside,
        };
        while let Some(flag) = words.flag() {
            match flag {
                "--size" => options.size = words.value("BYTES"),
                "--seconds" => options.seconds = words.value("N"),
                "--rounds" => options.rounds = words.value("N"),
                "--rate" => options.rates = vec![words.value("BYTES")],
                "--only" => options.only = Only::case(words.value("CASE")),
                _ => words.refuse(),
            }
        }
        assert!(options.rounds > 0 && options.seconds > 0.0, "at least one");
        options
    }

    /// Just enough to see that all of it works.
    pub(crate) fn check() -> Self {
        Self {
            size: 1400,
            seconds: 0.1,
            rounds: 1,
            rates: vec![2_000_000],
            only: Only::default(),
            others: Others::LeftOut,
        }
    }
}
