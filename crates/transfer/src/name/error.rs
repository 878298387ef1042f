use std::fmt::{self, Display, Formatter};

use super::Excerpt;

/// Which rule a name broke, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameError {
    /// The rule.
    pub kind: NameErrorKind,
    /// First offending byte of the path, or of the component where only one was given.
    pub offset: usize,
    /// The name.
    pub name: Excerpt,
}

impl NameError {
    pub(super) fn new(kind: NameErrorKind, offset: usize, name: &[u8]) -> Self {
        let name = Excerpt::new(name);
        Self { kind, offset, name }
    }
}

/// The rules for names, one variant each; which of them hold is up to [`NameRules`](super::NameRules).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NameErrorKind {
    /// A path of no bytes.
    Empty,
    /// Two slashes in a row, or one at the end.
    EmptyComponent,
    /// A component `.`.
    Dot,
    /// A component `..`.
    DotDot,
    /// `..` between backslashes: nothing but a name here, but not wherever it may be copied to.
    DotDotBehindBackslash,
    /// A slash at the beginning.
    Absolute,
    /// A drive at the beginning, as in `C:\`.
    Drive,
    /// Two backslashes at the beginning, as in `\\host\share`.
    Unc,
    /// A slash where one component has to be.
    Slash,
    /// A NUL.
    Nul,
    /// A component longer than [`NameRules::component_bytes_max`](super::NameRules::component_bytes_max).
    ComponentTooLong {
        /// Its length in bytes.
        len: usize,
        /// The limit.
        max: u16,
    },
    /// A path longer than [`NameRules::path_bytes_max`](super::NameRules::path_bytes_max).
    PathTooLong {
        /// Its length in bytes.
        len: usize,
        /// The limit.
        max: u16,
    },
    /// More components than [`NameRules::depth_max`](super::NameRules::depth_max).
    TooDeep {
        /// The limit.
        max: u16,
    },
    /// A name that our own part files and journals have.
    Reserved,
    /// A byte that is not part of UTF-8.
    NotUtf8 {
        /// The byte.
        byte: u8,
    },
    /// A backslash.
    Backslash,
    /// A control character.
    Control {
        /// The character.
        character: char,
    },
    /// A character that changes the direction of text.
    Bidi {
        /// The character.
        character: char,
    },
    /// Another control that cannot be seen.
    Invisible {
        /// The character.
        character: char,
    },
    /// A character that means something to another system.
    NotPortable {
        /// The character.
        character: char,
    },
    /// A full stop at the end of a component.
    TrailingDot,
    /// A space at the end of a component.
    TrailingSpace,
    /// The name of a device of DOS.
    Device,
}

impl NameErrorKind {
    /// Whether the name is legal on Unix and refused for the sake of another system.
    #[must_use]
    pub const fn is_portability(self) -> bool {
        matches!(
            self,
            Self::Drive
                | Self::NotUtf8 { .. }
                | Self::Backslash
                | Self::Control { .. }
                | Self::Bidi { .. }
                | Self::Invisible { .. }
                | Self::NotPortable { .. }
                | Self::TrailingDot
                | Self::TrailingSpace
                | Self::Device
        )
    }
}

impl Display for NameErrorKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let code = |character: char| u32::from(character);
        match *self {
            Self::Empty => f.write_str("empty name"),
            Self::EmptyComponent => f.write_str("empty component"),
            Self::Dot => f.write_str("component '.'"),
            Self::DotDot => f.write_str("component '..'"),
            Self::DotDotBehindBackslash => f.write_str("'..' between backslashes"),
            Self::Absolute => f.write_str("absolute path"),
            Self::Drive => f.write_str("path that begins with a drive"),
            Self::Unc => f.write_str("path that begins with a host"),
            Self::Slash => f.write_str("'/' in a component"),
            Self::Nul => f.write_str("NUL"),
            Self::ComponentTooLong { max, .. } => write!(f, "component longer than {max} bytes"),
            Self::PathTooLong { max, .. } => write!(f, "path longer than {max} bytes"),
            Self::TooDeep { max } => write!(f, "more than {max} components"),
            Self::Reserved => f.write_str("name kept for unfinished files"),
            Self::NotUtf8 { byte } => write!(f, "byte 0x{byte:02x} that is not UTF-8"),
            Self::Backslash => f.write_str("backslash"),
            Self::Control { character } => {
                write!(f, "control character U+{:04X}", code(character))
            }
            Self::Bidi { character } => {
                write!(f, "U+{:04X} that turns text round", code(character))
            }
            Self::Invisible { character } => {
                write!(f, "U+{:04X} that cannot be seen", code(character))
            }
            Self::NotPortable { character } => {
                write!(f, "'{character}' that Windows does not allow")
            }
            Self::TrailingDot => f.write_str("full stop that Windows drops"),
            Self::TrailingSpace => f.write_str("space that Windows drops"),
            Self::Device => f.write_str("name of a device on Windows"),
        }
    }
}

impl Display for NameError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {} of {}", self.kind, self.offset, self.name)
    }
}

impl std::error::Error for NameError {}
