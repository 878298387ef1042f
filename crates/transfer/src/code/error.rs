use std::fmt::{self, Display, Formatter};

use super::{CUSTOM_CHARACTERS_MAX, CUSTOM_CHARACTERS_MIN, CUSTOM_DIFFERENT_MIN, NUMBER_MAX};

/// Why a code is none.
///
/// The text quotes what was typed, control characters escaped: it is for whoever typed it and not for a log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CodeError {
    /// Not a number and two words.
    WrongParts {
        /// So many parts there were.
        found: usize,
    },
    /// The first part is no number that a code can have.
    BadNumber {
        /// As it was typed.
        typed: String,
    },
    /// A word that is not on the list.
    UnknownWord {
        /// As it was typed.
        typed: String,
        /// One on the list that is much like it.
        nearest: Option<&'static str>,
    },
    /// Made up, with too few characters.
    TooShort {
        /// How many there are.
        count: usize,
    },
    /// Made up, with too many characters.
    TooLong {
        /// How many there are.
        count: usize,
    },
    /// Made up, of the same few characters over and over.
    TooUniform,
    /// Made up, with a control character in it.
    ControlCharacter,
    /// The system has no random numbers.
    NoRandomness,
}

impl Display for CodeError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongParts { found } => write!(
                f,
                "a code is a number and two words, as in 7-tiger-bamboo; this has {found} parts"
            ),
            Self::BadNumber { typed } => write!(
                f,
                "'{}' is no number from 1 to {NUMBER_MAX}; a code begins with one, as in 7-tiger-bamboo",
                typed.escape_debug()
            ),
            Self::UnknownWord { typed, nearest } => {
                write!(f, "no code has the word '{}'", typed.escape_debug())?;
                nearest.map_or(Ok(()), |word| write!(f, "; did you mean '{word}'?"))
            }
            Self::TooShort { count } => write!(
                f,
                "code of {count} characters; one of your own needs {CUSTOM_CHARACTERS_MIN}, others look like 7-tiger-bamboo"
            ),
            Self::TooLong { count } => write!(
                f,
                "code of {count} characters; it may have {CUSTOM_CHARACTERS_MAX}"
            ),
            Self::TooUniform => write!(
                f,
                "code of fewer than {CUSTOM_DIFFERENT_MIN} different characters is too easily guessed"
            ),
            Self::ControlCharacter => f.write_str("code with a control character"),
            Self::NoRandomness => f.write_str("the system has no random numbers"),
        }
    }
}

impl std::error::Error for CodeError {}
