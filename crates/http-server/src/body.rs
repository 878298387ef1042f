use std::fmt;
use std::fs::File;
use std::sync::Arc;

use barewire_http1::ContentLength;

/// The content of a response.
#[derive(Debug, Default)]
#[non_exhaustive]
pub enum Body {
    /// No content.
    #[default]
    Empty,
    /// Bytes made for this response.
    Bytes(Vec<u8>),
    /// Bytes that many responses share.
    Shared(Arc<[u8]>),
    /// A part of a file, read as it is sent (`sendfile` where the system has it).
    File(FileRange),
    /// Several of those, one after the other.
    Parts(Vec<Part>),
    /// Made while it is sent; of unknown length.
    Stream(Box<dyn Source>),
}

/// One piece of [`Body::Parts`].
#[derive(Clone, Debug)]
pub enum Part {
    /// Bytes.
    Bytes(Vec<u8>),
    /// A part of a file.
    File(FileRange),
}

/// A part of an open file.
///
/// Read by position: several responses may share the file. A file that turns out to be
/// shorter than said ends the connection, so that the client does not take the answer
/// for whole.
#[derive(Clone, Debug)]
pub struct FileRange {
    /// The file.
    pub file: Arc<File>,
    /// First byte.
    pub start: u64,
    /// Number of bytes.
    pub len: u64,
}

/// Content that is made while it is sent.
///
/// Asked for more only when what it gave before has left, so a slow client slows the
/// source and fills no memory.
pub trait Source: Send {
    /// Appends some content to `out`, which is empty; 16 to 64 KiB are a good measure.
    fn produce(&mut self, out: &mut Vec<u8>) -> Produced;
}

/// What a [`Source`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Produced {
    /// There may be more after what was appended. With nothing appended the source is
    /// asked again at once, so one that has to wait says [`Pending`](Self::Pending).
    More,
    /// What was appended, if anything, is the last.
    End,
    /// Nothing now. Whoever has the [`Handle`](crate::Handle) calls
    /// [`resume`](crate::Handle::resume) when there is; the source may be asked before.
    Pending,
    /// The content cannot be completed; the connection is cut, so that the client knows.
    /// What was appended is dropped.
    Failed,
}

impl Body {
    /// How long the content is, as far as that is known.
    #[must_use]
    pub fn length(&self) -> ContentLength {
        ContentLength::Known(match self {
            Self::Empty => 0,
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Shared(bytes) => bytes.len() as u64,
            Self::File(range) => range.len,
            Self::Parts(parts) => parts.iter().map(Part::len).fold(0, u64::saturating_add),
            Self::Stream(_) => return ContentLength::Unknown,
        })
    }
}

impl Part {
    /// Bytes in this part.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a part is not a collection")]
    pub fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(range) => range.len,
        }
    }
}

impl fmt::Debug for dyn Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source")
    }
}

impl From<&str> for Body {
    fn from(text: &str) -> Self {
        Self::Bytes(text.as_bytes().to_vec())
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self::Bytes(text.into_bytes())
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}
