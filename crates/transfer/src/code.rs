//! Codes: what one person reads out and another types, such as `7-tiger-bamboo`.
//!
//! A number from 1 to 999 and two words out of 2,048. The number is public: it may be announced, so that a receiver finds
//! its sender. The words are the secret, 22 bits of it, which is little: a code goes through a password-authenticated key
//! exchange and nothing else ([`pairing`](crate::pairing)), is never a key or the seed of one, and one wrong guess ends
//! it. One guess in four million is right.
//!
//! The words are the English list of [BIP-39](https://github.com/bitcoin/bips/blob/master/bip-0039/english.txt), which
//! was made to be read aloud and typed: words of 3 to 8 letters, no two of which begin with the same four.

use std::fmt::{self, Debug, Display, Formatter};

use bip39::Language;
use icu_normalizer::ComposingNormalizer;
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::{Zeroize, Zeroizing};

mod error;
mod guess;
mod words;

pub use error::CodeError;
pub(crate) use guess::Guess;

/// Fewest characters of a code that somebody made up.
pub const CUSTOM_CHARACTERS_MIN: usize = 8;

/// Most characters of a code that somebody made up.
pub const CUSTOM_CHARACTERS_MAX: usize = 128;

/// Fewest different characters of a code that somebody made up.
pub const CUSTOM_DIFFERENT_MIN: usize = 4;

/// What identifiers are derived under, as BLAKE3 wants it: used for nothing else.
const IDENTIFIER_CONTEXT: &str = "barewire-transfer 2026-11-22 identifier of a waiting sender";

/// Largest number of a code.
pub const NUMBER_MAX: u16 = 999;

/// A code. Wiped from memory when dropped, not shown by `Debug`.
///
/// It is good for one guess: once a pairing has failed that may have been one, it is *spent*, together with all of its
/// clones and the pairings that were made from them, however many are under way. The same code read anew is not.
///
/// ```
/// use barewire_transfer::code::Code;
///
/// let code = Code::parse("7 Tiger BAMB")?;
/// assert_eq!(code.to_string(), "7-tiger-bamboo");
/// assert_eq!(code.number(), Some(7));
/// # Ok::<(), barewire_transfer::code::CodeError>(())
/// ```
#[derive(Clone)]
pub struct Code {
    text: Zeroizing<String>,
    number: Option<u16>,
    guess: Guess,
}

impl Code {
    /// A new code from the system's random numbers.
    ///
    /// # Errors
    ///
    /// [`CodeError::NoRandomness`] if the system has none.
    pub fn generate() -> Result<Self, CodeError> {
        let [first, second] = [word()?, word()?];
        Ok(Self::new(number()?, first, second))
    }

    /// Reads a code of a number and two words as people type them: in any case, with spaces, commas or the like between
    /// the parts, words cut after four letters or more.
    ///
    /// # Errors
    ///
    /// Which part is wrong, and the nearest word where there is one.
    pub fn parse(typed: &str) -> Result<Self, CodeError> {
        let parts = Parts::of(typed);
        let [number, first, second] = parts.0.as_slice() else {
            return Err(CodeError::WrongParts {
                found: parts.0.len(),
            });
        };
        let number = read_number(number)?;
        Ok(Self::new(number, read_word(first)?, read_word(second)?))
    }

    /// Reads a code of either kind: a number and two words, or anything that two people agreed on.
    ///
    /// What looks like a number and two words is read as by [`Code::parse`], so that a misspelt code is refused here and
    /// not spent as a wrong guess. Anything else is taken as it is, case and all, in normal form C and without spaces
    /// around it. It needs [`CUSTOM_CHARACTERS_MIN`] characters, [`CUSTOM_DIFFERENT_MIN`] different ones among them, and
    /// no control characters. These rules keep out what one guess would find; they cannot tell a name or a birthday from
    /// a secret.
    ///
    /// # Errors
    ///
    /// Which of these rules it breaks.
    pub fn custom(typed: &str) -> Result<Self, CodeError> {
        if Parts::of(typed).look_generated() {
            return Self::parse(typed);
        }
        let text = ComposingNormalizer::new_nfc().normalize(typed.trim());
        let text = Zeroizing::new(text.into_owned());
        check_custom(&text)?;
        Ok(Self {
            text,
            number: None,
            guess: Guess::default(),
        })
    }

    /// The number, which is no secret; `None` in a code that somebody made up, all of which is one.
    #[must_use]
    pub fn number(&self) -> Option<u16> {
        self.number
    }

    /// What a waiting sender may announce, so that a receiver with the same code finds it: 32 hexadecimal digits that
    /// come of the number and of nothing else. `None` where there is no number: nothing that comes of a secret may be
    /// announced, not even its hash.
    ///
    /// ```
    /// use barewire_transfer::code::Code;
    ///
    /// let [here, there] = [Code::parse("7-tiger-bamboo")?, Code::parse("7-zebra-zoo")?];
    /// assert_eq!(here.identifier(), there.identifier());
    /// assert_eq!(here.identifier().map(|digits| digits.len()), Some(32));
    /// assert_eq!(Code::custom("correct horse")?.identifier(), None);
    /// # Ok::<(), barewire_transfer::code::CodeError>(())
    /// ```
    #[must_use]
    pub fn identifier(&self) -> Option<String> {
        let number = self.number?.to_be_bytes();
        let derived = blake3::derive_key(IDENTIFIER_CONTEXT, &number);
        Some(
            derived[..16]
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        )
    }

    /// The same code as if it were read anew: good for one guess again.
    ///
    /// For an enterer who asks several in turn, of whom one should be the right one. Whoever is asked and knows the
    /// number may guess at the code, once: ask few.
    #[must_use]
    pub fn again(&self) -> Self {
        Self {
            text: self.text.clone(),
            number: self.number,
            guess: Guess::default(),
        }
    }

    /// Whether somebody may have guessed at it, so that it pairs nobody any more.
    ///
    /// So it is, for an enterer, while a pairing waits for the other side's confirmation.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.guess.is_spent()
    }

    /// What pairings have in common.
    pub(crate) fn guess(&self) -> Guess {
        self.guess.clone()
    }

    /// What goes into the key exchange.
    pub(crate) fn secret(&self) -> &[u8] {
        self.text.as_bytes()
    }

    fn new(number: u16, first: &str, second: &str) -> Self {
        Self {
            text: Zeroizing::new(format!("{number}-{first}-{second}")),
            number: Some(number),
            guess: Guess::default(),
        }
    }
}

/// The code itself, as it is to be read out: not for logs.
impl Display for Code {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Debug for Code {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("Code(..)")
    }
}

/// What was typed, cut at everything that people put between words, in lower case.
struct Parts(Vec<String>);

impl Parts {
    fn of(typed: &str) -> Self {
        let between = |c: char| {
            c.is_whitespace() || "-_.,:;/+\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}".contains(c)
        };
        let parts = typed.split(between).filter(|part| !part.is_empty());
        Self(parts.map(str::to_lowercase).collect())
    }

    /// A number and two words, or what may have become of them: nobody makes up a code like that by accident.
    fn look_generated(&self) -> bool {
        let [number, words @ ..] = self.0.as_slice() else {
            return false;
        };
        let letters = |part: &String| part.chars().all(char::is_alphabetic);
        let known = |part: &String| words::find(part).is_some();
        number.bytes().all(|byte| byte.is_ascii_digit())
            && words.len() == 2
            && (words.iter().all(letters) || words.iter().any(known))
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

fn read_number(part: &str) -> Result<u16, CodeError> {
    let digits = part.bytes().all(|byte| byte.is_ascii_digit());
    match part.parse() {
        Ok(number @ 1..=NUMBER_MAX) if digits => Ok(number),
        _ => Err(CodeError::BadNumber { typed: part.into() }),
    }
}

fn read_word(part: &str) -> Result<&'static str, CodeError> {
    words::find(part).ok_or_else(|| CodeError::UnknownWord {
        typed: part.into(),
        nearest: words::nearest(part),
    })
}

fn check_custom(text: &str) -> Result<(), CodeError> {
    let count = text.chars().count();
    if text.chars().any(char::is_control) {
        return Err(CodeError::ControlCharacter);
    }
    if count < CUSTOM_CHARACTERS_MIN {
        return Err(CodeError::TooShort { count });
    }
    if count > CUSTOM_CHARACTERS_MAX {
        return Err(CodeError::TooLong { count });
    }
    let mut different: Vec<char> = text.chars().collect();
    different.sort_unstable();
    different.dedup();
    let enough = different.len() >= CUSTOM_DIFFERENT_MIN;
    different.zeroize();
    if enough {
        Ok(())
    } else {
        Err(CodeError::TooUniform)
    }
}

fn word() -> Result<&'static str, CodeError> {
    // The list has 2^11 words: the low bits of two random bytes choose among them evenly.
    let index = usize::from(random()?) % words::LIST_WORDS;
    Ok(Language::English.word_list()[index])
}

fn number() -> Result<u16, CodeError> {
    // The remainder alone would favour small numbers, so what is beyond the last whole multiple is drawn again.
    const BEYOND: u16 = u16::MAX - u16::MAX % NUMBER_MAX;
    loop {
        let drawn = random()?;
        if drawn < BEYOND {
            return Ok(1 + drawn % NUMBER_MAX);
        }
    }
}

fn random() -> Result<u16, CodeError> {
    let mut bytes = [0; 2];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| CodeError::NoRandomness)?;
    Ok(u16::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests;
