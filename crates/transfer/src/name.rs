//! Names that a peer may choose.
//!
//! A name is refused or kept, never rewritten. It is judged by [`NameRules`], once for a whole path: what comes out is
//! an [`EntryPath`], and nothing else is ever joined to a directory.
//!
//! | what | always | [`Encoding::Utf8`] or portable | [`Portable::Yes`] |
//! |---|---|---|---|
//! | no bytes, an empty component (`a//b`, `a/`) | refused | refused | refused |
//! | `.` or `..` as a component | refused | refused | refused |
//! | a path that begins with `/`, `\\`, or a drive as in `C:\` | refused | refused | refused |
//! | `..` between backslashes, as in `a\..\b` | refused | refused | refused |
//! | NUL | refused | refused | refused |
//! | a component, a path or a depth over the limit | refused | refused | refused |
//! | a name of our own part files and journals ([`is_reserved`]) | refused | refused | refused |
//! | bytes that are not UTF-8 | | refused | refused |
//! | `\` | | refused | refused |
//! | controls: U+0000 to U+001F (so line feed and escape), U+007F to U+009F | | refused | refused |
//! | characters that turn text round: U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069 | | refused | refused |
//! | unseen controls: U+180E, U+2028, U+2029, U+2060 to U+2064, U+206A to U+206F, U+FEFF, U+FFF9 to U+FFFB, U+E0001 | | refused | refused |
//! | a path that begins with a letter and `:` | | | refused |
//! | `<` `>` `:` `"` `\|` `?` `*` | | | refused |
//! | a full stop or a space at the end of a component | | | refused |
//! | a device: `CON PRN AUX NUL CLOCK$ CONIN$ CONOUT$ COM0`–`COM9 LPT0`–`LPT9` and `COM`, `LPT` with `¹ ² ³`, in any case, with or without spaces behind it and an extension | | | refused |
//!
//! So between two Unix systems ([`Encoding::Bytes`]) nearly any name that a file can have there is sent as it is, line
//! feeds, escape sequences and Latin-1 among them. Such a name must never reach a terminal, a log or JSON as it is:
//! [`Display`] and [`Debug`] of [`EntryPath`] and of every error escape, and [`Escaped`] does it for
//! other text.
//!
//! Characters that join, break or vary letters (U+200B to U+200D, soft hyphens, variation selectors, tags) cannot be
//! seen either, but Khmer, Persian and emoji are written with them; they are allowed, and [`fold`] takes two names that
//! differ in nothing else for the same.

use std::cmp::Ordering;
use std::fmt::{self, Debug, Display, Formatter};

mod check;
mod error;
mod escape;
mod fold;

pub use check::{Encoding, NameRules, Portable, is_reserved};
pub use error::{NameError, NameErrorKind};
pub use escape::{Escaped, Excerpt};
pub use fold::fold;

/// Where an entry goes, relative to the destination: components with `/` between them, all of them checked.
///
/// Sorted, a directory stands right before everything in it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EntryPath(Box<[u8]>);

impl EntryPath {
    /// Takes a path as it is, if all of it is allowed.
    ///
    /// # Errors
    ///
    /// The first rule that it breaks.
    pub fn new(path: &[u8], rules: &NameRules) -> Result<Self, NameError> {
        rules.check_path(path)?;
        Ok(Self(path.into()))
    }

    /// The whole path.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The names of the directories above it, outermost first, and its own; never none.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.0.split(|&byte| byte == b'/')
    }

    /// The path of the directory that it is in; `None` directly in the destination.
    #[must_use]
    pub fn parent(&self) -> Option<&[u8]> {
        self.last_slash().map(|at| &self.0[..at])
    }

    /// Its last component.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        &self.0[self.last_slash().map_or(0, |at| at + 1)..]
    }

    /// Its first component.
    #[must_use]
    pub fn top(&self) -> &[u8] {
        &self.0[..self.first_slash().unwrap_or(self.0.len())]
    }

    /// How many components it has; 1 directly in the destination.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.components().count()
    }

    /// The path of something in this directory.
    ///
    /// # Errors
    ///
    /// Where `component` is no single component, or what comes out breaks a rule.
    pub fn join(&self, component: &[u8], rules: &NameRules) -> Result<Self, NameError> {
        rules.check_component(component)?;
        Self::new(&[&self.0, b"/".as_slice(), component].concat(), rules)
    }

    /// The same below another first component: what a receiver does who was given a name to receive under.
    ///
    /// # Errors
    ///
    /// Where `top` is no single component, or what comes out breaks a rule.
    pub fn with_top(&self, top: &[u8], rules: &NameRules) -> Result<Self, NameError> {
        rules.check_component(top)?;
        let rest = &self.0[self.first_slash().unwrap_or(self.0.len())..];
        Self::new(&[top, rest].concat(), rules)
    }

    fn first_slash(&self) -> Option<usize> {
        self.0.iter().position(|&byte| byte == b'/')
    }

    fn last_slash(&self) -> Option<usize> {
        self.0.iter().rposition(|&byte| byte == b'/')
    }
}

/// By components: `a/b` before `a-b`, though `-` is before `/`.
impl Ord for EntryPath {
    fn cmp(&self, other: &Self) -> Ordering {
        let same = self.0.iter().zip(&other.0).take_while(|(a, b)| a == b);
        let at = same.count();
        // NUL is in no name, so that a slash can take its place; the end comes before both.
        let rank = |path: &Self| path.0.get(at).map(|&b| if b == b'/' { 0 } else { b });
        rank(self).cmp(&rank(other))
    }
}

impl PartialOrd for EntryPath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// [Escaped].
impl Display for EntryPath {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(&Escaped(&self.0), f)
    }
}

/// [Escaped], in quotes.
impl Debug for EntryPath {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Debug::fmt(&Escaped(&self.0), f)
    }
}
