//! Why a datagram changed nothing.

use std::fmt::{self, Display, Formatter};

use crate::datagram::{DATAGRAM_BYTES_MAX, HEADER_BYTES};

/// Why a datagram changed nothing. None of these is an error of the node: anybody may send anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dropped {
    /// It is no datagram of this protocol.
    Malformed(Malformed),
    /// It came over an interface that is no link of the node's.
    UnknownInterface,
    /// Its source is no address of one machine, or a port that no node asks from (below 1024).
    BadSource,
    /// Its source is on none of the link's networks.
    OffLink,
    /// A question from an address of this machine that did not come over its loopback.
    OwnAddress,
    /// The node's own.
    Own,
    /// It was here already.
    Duplicate,
    /// Something newer was here already.
    Stale,
    /// An announcement of something that is not searched for, or a question for something that is not announced here.
    NotWanted,
    /// A goodbye of somebody unknown.
    Unknown,
    /// A question too many from this source, or from more sources than account is kept of.
    TooManyQueries,
    /// There is no room for one more sighting, in all or from this source.
    TableFull,
}

/// What makes a datagram none of this protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Malformed {
    /// Shorter than a header.
    TooShort,
    /// Longer than any may be.
    TooLong,
    /// Another protocol's.
    Magic,
    /// A version that is not known.
    Version {
        /// Which.
        version: u8,
    },
    /// A type that is not known.
    Type {
        /// Which.
        code: u8,
    },
    /// Not as long as its header says.
    Length {
        /// What the header says.
        said: u16,
    },
    /// A field that goes on past the end.
    FieldPastEnd,
    /// A field that does not hold what it has to.
    BadField {
        /// Which.
        field: &'static str,
    },
    /// A field twice, or attributes out of order.
    Repeated {
        /// Which.
        field: &'static str,
    },
    /// Without a field that has to be there.
    Missing {
        /// Which.
        field: &'static str,
    },
    /// A question that is not as long as the longest answer.
    ShortQuery,
}

impl Dropped {
    /// A word for counting and for machines.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Malformed(malformed) => malformed.word(),
            Self::UnknownInterface => "unknown-interface",
            Self::BadSource => "bad-source",
            Self::OffLink => "off-link",
            Self::OwnAddress => "own-address",
            Self::Own => "own",
            Self::Duplicate => "duplicate",
            Self::Stale => "stale",
            Self::NotWanted => "not-wanted",
            Self::Unknown => "unknown-goodbye",
            Self::TooManyQueries => "too-many-queries",
            Self::TableFull => "table-full",
        }
    }
}

impl Malformed {
    const fn word(self) -> &'static str {
        match self {
            Self::TooShort => "too-short",
            Self::TooLong => "too-long",
            Self::Magic => "other-protocol",
            Self::Version { .. } => "other-version",
            Self::Type { .. } => "unknown-type",
            Self::Length { .. } => "wrong-length",
            Self::FieldPastEnd => "field-past-end",
            Self::BadField { .. } => "bad-field",
            Self::Repeated { .. } => "repeated-field",
            Self::Missing { .. } => "missing-field",
            Self::ShortQuery => "short-query",
        }
    }
}

impl From<Malformed> for Dropped {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

impl Display for Dropped {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed(malformed) => return malformed.fmt(f),
            Self::UnknownInterface => "came over an interface that is not used",
            Self::BadSource => "its source is no address and port that a node sends from",
            Self::OffLink => "its source is on none of the interface's networks",
            Self::OwnAddress => "a question from this machine that did not come over its loopback",
            Self::Own => "sent by this node",
            Self::Duplicate => "was here already",
            Self::Stale => "something newer was here already",
            Self::NotWanted => "about something that is neither searched for nor announced",
            Self::Unknown => "a goodbye of somebody unknown",
            Self::TooManyQueries => "a question too many",
            Self::TableFull => "no room for one more sighting",
        })
    }
}

impl Display for Malformed {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort => write!(f, "shorter than the header's {HEADER_BYTES} bytes"),
            Self::TooLong => write!(f, "longer than {DATAGRAM_BYTES_MAX} bytes"),
            Self::Magic => f.write_str("of another protocol"),
            Self::Version { version } => write!(f, "of version {version}, which is not known"),
            Self::Type { code } => write!(f, "of type {code}, which is not known"),
            Self::Length { said } => write!(f, "not of the {said} bytes that its header says"),
            Self::FieldPastEnd => f.write_str("a field goes on past the end"),
            Self::BadField { field } => write!(f, "{field} is not what it has to be"),
            Self::Repeated { field } => write!(f, "{field} twice or out of order"),
            Self::Missing { field } => write!(f, "without {field}"),
            Self::ShortQuery => write!(f, "a question of less than {DATAGRAM_BYTES_MAX} bytes"),
        }
    }
}

impl std::error::Error for Dropped {}

impl std::error::Error for Malformed {}
