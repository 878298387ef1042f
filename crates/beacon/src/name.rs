//! What announcements are called.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

/// Longest name, in bytes: that of a DNS label, so that a name can become one.
pub(crate) const NAME_BYTES_MAX: usize = 63;

/// Longest name of a service, in bytes, as RFC 6335 section 5.1 has it.
pub(crate) const SERVICE_BYTES_MAX: usize = 15;

/// Who or what is announced: 1 to 63 bytes of UTF-8 without control characters.
///
/// It may still hold what a terminal or a reader misunderstands, such as marks that turn the direction of writing:
/// escape it before it is shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

/// What kind of thing is announced, so that searches find what they can use: 1 to 15 lowercase letters, digits and
/// hyphens, the hyphen neither first nor last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Service(String);

/// Why a text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameError {
    /// Nothing.
    Empty,
    /// More bytes than the most there may be.
    TooLong {
        /// The most there may be.
        bytes_max: usize,
    },
    /// A control character in a name.
    Control,
    /// Something else than lowercase letters, digits and hyphens between them in the name of a service.
    NotAService,
}

impl Name {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Service {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        check_length(text, NAME_BYTES_MAX)?;
        if text.chars().any(char::is_control) {
            return Err(NameError::Control);
        }
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for Service {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        check_length(text, SERVICE_BYTES_MAX)?;
        let is_known = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        if !text.bytes().all(is_known) || text.starts_with('-') || text.ends_with('-') {
            return Err(NameError::NotAService);
        }
        Ok(Self(text.to_owned()))
    }
}

fn check_length(text: &str, bytes_max: usize) -> Result<(), NameError> {
    match text.len() {
        0 => Err(NameError::Empty),
        bytes if bytes > bytes_max => Err(NameError::TooLong { bytes_max }),
        _ => Ok(()),
    }
}

impl Display for Name {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Display for Service {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Display for NameError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("empty; say at least one character"),
            Self::TooLong { bytes_max } => {
                write!(f, "longer than {bytes_max} bytes; say something shorter")
            }
            Self::Control => f.write_str("has a control character; leave it out"),
            Self::NotAService => f.write_str(
                "is no name of a service; take lowercase letters, digits, and hyphens between them",
            ),
        }
    }
}

impl std::error::Error for NameError {}

#[cfg(test)]
mod tests {
    use super::{Name, NameError, Service};

    #[track_caller]
    fn check(text: &str, name: Result<(), NameError>, service: Result<(), NameError>) {
        assert_eq!(text.parse::<Name>().map(drop), name, "{text:?} as a name");
        assert_eq!(
            text.parse::<Service>().map(drop),
            service,
            "{text:?} as a service"
        );
    }

    #[test]
    fn names_have_their_rules() {
        use NameError::{Control, Empty, NotAService, TooLong};

        let long = TooLong { bytes_max: 15 };
        check("", Err(Empty), Err(Empty));
        check("print", Ok(()), Ok(()));
        check("bw-transfer", Ok(()), Ok(()));
        check("-print", Ok(()), Err(NotAService));
        check("print-", Ok(()), Err(NotAService));
        check("Print", Ok(()), Err(NotAService));
        check("Küche ☕", Ok(()), Err(NotAService));
        check("a\x1b[31m", Err(Control), Err(NotAService));
        check("a\u{85}b", Err(Control), Err(NotAService));
        check("fifteen-letters", Ok(()), Ok(()));
        check("sixteen-letters-", Ok(()), Err(long));
        check(&"n".repeat(63), Ok(()), Err(long));
        check(&"n".repeat(64), Err(TooLong { bytes_max: 63 }), Err(long));
    }
}
