//! How much of what.

pub(crate) struct Options {
    /// Of a datagram, in bytes.
    pub(crate) size: u64,
    pub(crate) seconds: f64,
    pub(crate) rounds: usize,
    /// Bytes a second of `paced`.
    pub(crate) rates: Vec<u64>,
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
            size: 1400,
            seconds: 3.0,
            rounds: 5,
            rates: vec![100_000_000, 400_000_000],
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
                "--seconds" => options.seconds = value().parse().expect("--seconds N"),
                "--rounds" => options.rounds = value().parse().expect("--rounds N"),
                "--rate" => options.rates = vec![value().parse().expect("--rate BYTES")],
                "--only" => options.only = Some(value().clone()),
                "--bench" => {}
                other => panic!("unknown argument {other}"),
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
            only: None,
            others: Others::LeftOut,
        }
    }

    pub(crate) fn wants(&self, case: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == case)
    }
}
