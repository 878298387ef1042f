//! The command line of a benchmark.

use std::str::FromStr;

/// The words behind `cargo bench -p PACKAGE --`, one by one.
pub struct Words {
    words: std::vec::IntoIter<String>,
    last: String,
}

impl Words {
    /// Those of this process; `None`, and a line, where it is to check only: it is `cargo bench` that says `--bench`.
    pub fn of(package: &str) -> Option<Self> {
        let mut words: Vec<String> = std::env::args().skip(1).collect();
        let has = |flag: &str| words.iter().any(|word| word == flag);
        if !has("--bench") || has("--test") {
            println!("checks only; to measure: cargo bench -p {package}");
            return None;
        }
        words.retain(|word| word != "--bench");
        Some(Self {
            words: words.into_iter(),
            last: String::new(),
        })
    }

    /// The next one, a flag.
    pub fn flag(&mut self) -> Option<&str> {
        self.last = self.words.next()?;
        Some(&self.last)
    }

    /// What stands behind the last flag.
    ///
    /// # Panics
    ///
    /// Unless that is a value of this type, which the help calls `name`.
    pub fn value<T: FromStr>(&mut self, name: &str) -> T {
        let value = self.words.next().and_then(|word| word.parse().ok());
        value.unwrap_or_else(|| panic!("{} {name}", self.last))
    }

    /// # Panics
    ///
    /// About the last flag, which nobody knows.
    pub fn refuse(&self) -> ! {
        panic!("unknown argument {}", self.last)
    }
}

/// Which cases are asked for: all of them by default.
#[derive(Default)]
pub struct Only(Option<String>);

impl Only {
    /// That one, and no other.
    pub fn case(name: String) -> Self {
        Self(Some(name))
    }

    /// Whether this case is asked for.
    pub fn wants(&self, case: &str) -> bool {
        self.0.as_deref().is_none_or(|only| only == case)
    }
}

/// Whether other programs are started too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// Those that are installed.
    Beside,
    /// None: this run only checks.
    LeftOut,
}
