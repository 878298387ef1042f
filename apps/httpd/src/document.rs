//! A file that is served, and all that is said of it.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use barewire_http_server::byteranges::ByteRanges;
use barewire_http_server::conditional::{Validators, last_modified};
use barewire_http_server::etag::EntityTag;
use barewire_http_server::http1::{EncodeError, ResponseHeadBuf, StatusCode};
use barewire_http_server::range::content_range;
use barewire_http_server::{Body, FileRange, Part, Response};

use crate::media;
use crate::root::Meta;

/// An open file, or its content, with the heads of the answers that are made of it.
#[derive(Debug)]
pub struct Document {
    content: Content,
    size: u64,
    etag: EntityTag,
    modified: Option<SystemTime>,
    media_type: Box<str>,
    /// The head of the whole answer.
    head: Arc<ResponseHeadBuf>,
    /// The head of a 304, once one was asked for.
    not_modified: OnceLock<Arc<ResponseHeadBuf>>,
}

#[derive(Debug)]
enum Content {
    File(Arc<File>),
    Held(Arc<[u8]>),
}

impl Document {
    /// Describes an open file; `held` reads its content into memory.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or one of the fields cannot be sent (which no file's
    /// metadata brings about).
    pub fn new(name: &OsStr, file: File, meta: &Meta, held: bool) -> io::Result<Self> {
        let content = if held { hold(&file, meta.size)? } else { None };
        let etag = EntityTag::from_metadata(meta.modified, meta.size, meta.inode);
        let modified = last_modified(meta.modified);
        let media_type = media::content_type(name);
        let mut head = ResponseHeadBuf::new(StatusCode::OK);
        head.field("Content-Type", media_type.as_bytes())
            .and_then(|head| describe(head, &etag, modified))
            .and_then(|head| head.field("Accept-Ranges", "bytes"))
            .and_then(|head| head.field("X-Content-Type-Options", "nosniff"))
            .map_err(io::Error::other)?;
        Ok(Self {
            size: meta.size,
            content: match content {
                Some(bytes) => Content::Held(bytes),
                None => Content::File(Arc::new(file)),
            },
            etag,
            modified: modified.map(|_| meta.modified),
            media_type: media_type.into(),
            head: Arc::new(head),
            not_modified: OnceLock::new(),
        })
    }

    /// Bytes of the whole content.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Bytes of content kept in memory.
    #[must_use]
    pub fn bytes_held(&self) -> u64 {
        match &self.content {
            Content::Held(bytes) => bytes.len() as u64,
            Content::File(_) => 0,
        }
    }

    pub(crate) fn validators(&self) -> Validators<'_> {
        Validators {
            etag: Some(&self.etag),
            modified: self.modified,
        }
    }

    pub(crate) fn whole(&self) -> Response {
        let response = Response::from_shared_head(Arc::clone(&self.head));
        response.body(match &self.content {
            Content::Held(bytes) => Body::Shared(Arc::clone(bytes)),
            Content::File(file) => Body::File(FileRange {
                file: Arc::clone(file),
                start: 0,
                len: self.size,
            }),
        })
    }

    pub(crate) fn not_modified(&self) -> Response {
        let head = self.not_modified.get_or_init(|| {
            let mut head = ResponseHeadBuf::new(StatusCode::NOT_MODIFIED);
            let modified = self.modified.and_then(last_modified);
            // The same fields went into the head of the whole answer.
            let _ = describe(&mut head, &self.etag, modified);
            Arc::new(head)
        });
        Response::from_shared_head(Arc::clone(head))
    }

    /// A 206 with all that the whole answer says but its type.
    fn partial(&self, media_type: &str) -> Response {
        let mut head = ResponseHeadBuf::new(StatusCode::PARTIAL_CONTENT);
        let modified = self.modified.and_then(last_modified);
        let _ = describe(&mut head, &self.etag, modified);
        Response::from_head(head)
            .field("Content-Type", media_type)
            .field("Accept-Ranges", "bytes")
            .field("X-Content-Type-Options", "nosniff")
    }

    pub(crate) fn part(&self, range: &Range<u64>) -> Response {
        let body = match self.piece(range) {
            Part::Bytes(bytes) => Body::Bytes(bytes),
            Part::File(range) => Body::File(range),
        };
        self.partial(&self.media_type)
            .field("Content-Range", content_range(range, self.size).to_string())
            .body(body)
    }

    pub(crate) fn parts(&self, ranges: Vec<Range<u64>>, seed: u64) -> Response {
        let multipart = match ByteRanges::new(ranges, &self.media_type, self.size, seed) {
            Ok(multipart) => multipart,
            Err(error) => {
                log::error!("ranges not served: {error}");
                return self.whole();
            }
        };
        let mut parts = Vec::with_capacity(multipart.ranges().len() * 2 + 1);
        for (index, range) in multipart.ranges().iter().enumerate() {
            let mut head = Vec::new();
            multipart.encode_head(index, &mut head);
            parts.push(Part::Bytes(head));
            parts.push(self.piece(range));
        }
        let mut closing = Vec::new();
        multipart.encode_closing(&mut closing);
        parts.push(Part::Bytes(closing));
        self.partial(&multipart.content_type())
            .body(Body::Parts(parts))
    }

    fn piece(&self, range: &Range<u64>) -> Part {
        match &self.content {
            Content::Held(bytes) => {
                // Ranges are checked against the size, which is this length.
                let (start, end) = (range.start as usize, range.end as usize);
                Part::Bytes(bytes.get(start..end).unwrap_or_default().to_vec())
            }
            Content::File(file) => Part::File(FileRange {
                file: Arc::clone(file),
                start: range.start,
                len: range.end - range.start,
            }),
        }
    }
}

/// What every answer about a file says of it, a 304 too.
fn describe<'h>(
    head: &'h mut ResponseHeadBuf,
    etag: &EntityTag,
    modified: Option<impl ToString>,
) -> Result<&'h mut ResponseHeadBuf, EncodeError> {
    head.field("ETag", etag.as_bytes())?;
    if let Some(modified) = modified {
        head.field("Last-Modified", modified.to_string())?;
    }
    // A copy may be kept and has to be asked about: what is on disk is what is served.
    head.field("Cache-Control", "no-cache")
}

/// The whole content; `None` where the file is not of that size any more, and is better
/// read when it is sent.
fn hold(file: &File, size: u64) -> io::Result<Option<Arc<[u8]>>> {
    use io::Read as _;

    let mut bytes = Vec::with_capacity(size as usize + 1);
    file.take(size + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 == size).then(|| bytes.into()))
}
