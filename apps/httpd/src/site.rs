//! Requests for a directory, answered.

use std::collections::hash_map::RandomState;
use std::ffi::OsStr;
use std::fs::File;
use std::hash::BuildHasher;
use std::sync::Arc;

use barewire_http_server::conditional::{MethodKind, Outcome, Preconditions};
use barewire_http_server::http1::{Expectation, Method, RequestHead, StatusCode, TargetForm};
use barewire_http_server::range::{Selection, content_range_unsatisfied};
use barewire_http_server::{Answer, Context, Handler, Response};

use crate::cache::Cache;
use crate::config::{Config, Listing};
use crate::document::Document;
use crate::listing::{self, Format, Sort};
use crate::path::{PathError, SitePath, split_target};
use crate::root::{DirHandle, Entry, Meta, OpenError};

/// The methods every resource has.
const ALLOW: &str = "GET, HEAD, OPTIONS";

const INDEX: &str = "index.html";

/// Entries of a directory that are read for its listing.
const LISTING_ENTRIES_MAX: usize = 20_000;

/// Files up to this size are kept in memory where a cache is asked for.
const HELD_BYTES_MAX: u64 = 64 * 1024;

/// One thread's view of the directory that is served.
pub struct Site {
    config: Arc<Config>,
    cache: Option<Cache>,
    boundaries: Boundaries,
}

/// Numbers that nobody outside can foresee, for multipart boundaries.
#[derive(Default)]
struct Boundaries {
    keys: RandomState,
    count: u64,
}

impl Boundaries {
    fn next(&mut self) -> u64 {
        self.count += 1;
        self.keys.hash_one(self.count)
    }
}

impl Handler for Site {
    fn request(&mut self, head: &RequestHead<'_>, context: &mut Context<'_>) -> Answer {
        let response = match head.method() {
            _ if head.expectation() == Expectation::Unknown => {
                Response::plain(StatusCode::EXPECTATION_FAILED)
            }
            Method::Get | Method::Head => self.read(head, context),
            Method::Options => options(head),
            method => refuse_method(method),
        };
        Answer::Respond(response)
    }
}

impl Site {
    /// A view of what `config` serves.
    #[must_use]
    pub fn new(config: Arc<Config>) -> Self {
        let cache = config.cache.map(Cache::new);
        Self {
            config,
            cache,
            boundaries: Boundaries::default(),
        }
    }

    fn read(&mut self, head: &RequestHead<'_>, context: &Context<'_>) -> Response {
        let Some((path, query)) = split_target(head.target()) else {
            // An absolute form of another scheme: this server is not its origin.
            return Response::plain(StatusCode::MISDIRECTED_REQUEST);
        };
        let now = context.now();
        if let Some(known) = self.cache.as_ref().and_then(|cache| cache.get(path, now)) {
            return send(known, head, &mut self.boundaries);
        }
        match self.find(path, query, head) {
            Ok(Found::Document(document)) => {
                let response = send(&document, head, &mut self.boundaries);
                if let Some(cache) = &mut self.cache {
                    cache.insert(path, document, now);
                }
                response
            }
            Ok(Found::Answer(response)) => response,
            Err(response) => response,
        }
    }

    /// What a path leads to: a file, or an answer that needs none.
    fn find(
        &self,
        path: &[u8],
        query: Option<&[u8]>,
        head: &RequestHead<'_>,
    ) -> Result<Found, Response> {
        let path = SitePath::resolve(path, self.config.dotfiles).map_err(refuse_path)?;
        match self.config.root.open_entry(&path).map_err(refuse_open)? {
            Entry::File { file, meta } => self.document(&path, file, meta).map(Found::Document),
            Entry::Directory { .. } if !path.ends_with_slash() => {
                Ok(Found::Answer(redirect(&path.to_directory(), query)))
            }
            Entry::Directory { handle, .. } => self.directory(&path, &handle, query, head),
        }
    }

    fn directory(
        &self,
        path: &SitePath,
        handle: &DirHandle,
        query: Option<&[u8]>,
        head: &RequestHead<'_>,
    ) -> Result<Found, Response> {
        let index = path.child(OsStr::new(INDEX)).map_err(refuse_path)?;
        match self.config.root.open_entry(&index) {
            Ok(Entry::File { file, meta }) => {
                return self.document(&index, file, meta).map(Found::Document);
            }
            // A directory of that name is listed like any other.
            Ok(Entry::Directory { .. }) | Err(OpenError::NotFound) => {}
            Err(error) => return Err(refuse_open(error)),
        }
        if self.config.listing == Listing::Hide {
            return Err(Response::plain(StatusCode::NOT_FOUND));
        }
        let found = self
            .config
            .root
            .read_directory(handle, path, LISTING_ENTRIES_MAX)
            .map_err(refuse_open)?;
        let format = Format::negotiate(head.fields().lines("accept"));
        let listing = listing::Listing::new(path, found, Sort::from_query(query));
        Ok(Found::Answer(
            Response::new(StatusCode::OK)
                .field("Content-Type", format.content_type())
                .field("Cache-Control", "no-cache")
                .field("Vary", "Accept")
                .field("X-Content-Type-Options", "nosniff")
                .field("Content-Security-Policy", listing::CONTENT_SECURITY_POLICY)
                .body(listing.render(format)),
        ))
    }

    fn document(&self, path: &SitePath, file: File, meta: Meta) -> Result<Document, Response> {
        let name = path.relative();
        let held = self.cache.is_some() && meta.size <= HELD_BYTES_MAX;
        Document::new(name.as_os_str(), file, &meta, held).map_err(|error| {
            log::error!("cannot serve {}: {error}", path.to_url());
            Response::plain(StatusCode::INTERNAL_SERVER_ERROR)
        })
    }
}

enum Found {
    Document(Document),
    Answer(Response),
}

/// RFC 9110 section 13.2.2: preconditions, then the range, then the whole.
fn send(document: &Document, head: &RequestHead<'_>, boundaries: &mut Boundaries) -> Response {
    let preconditions = Preconditions::collect(head.fields().iter());
    if preconditions.is_empty() {
        return document.whole();
    }
    let validators = document.validators();
    match preconditions.evaluate(MethodKind::GetOrHead, Some(validators)) {
        Outcome::Proceed => {}
        Outcome::NotModified => return document.not_modified(),
        Outcome::PreconditionFailed => {
            return Response::plain(StatusCode::PRECONDITION_FAILED);
        }
    }
    if head.method() != Method::Get {
        // Range is defined for GET alone.
        return document.whole();
    }
    match preconditions.selection(validators, document.size()) {
        Selection::Whole => document.whole(),
        Selection::Single(range) => document.part(&range),
        Selection::Several(ranges) => document.parts(ranges, boundaries.next()),
        Selection::Unsatisfiable => Response::plain(StatusCode::RANGE_NOT_SATISFIABLE).field(
            "Content-Range",
            content_range_unsatisfied(document.size()).to_string(),
        ),
    }
}

fn options(head: &RequestHead<'_>) -> Response {
    let known = head.target_form() == TargetForm::Asterisk || split_target(head.target()).is_some();
    if !known {
        return Response::plain(StatusCode::MISDIRECTED_REQUEST);
    }
    Response::new(StatusCode::NO_CONTENT).field("Allow", ALLOW)
}

/// RFC 9110 section 9.1: 405 for a method that is known and not allowed here, 501 for one
/// that is not known.
fn refuse_method(method: Method<'_>) -> Response {
    let status = match method {
        Method::Other(b"PATCH") => StatusCode::METHOD_NOT_ALLOWED,
        Method::Other(_) => StatusCode::NOT_IMPLEMENTED,
        _ => StatusCode::METHOD_NOT_ALLOWED,
    };
    Response::plain(status).field("Allow", ALLOW)
}

fn refuse_path(error: PathError) -> Response {
    log::debug!("path refused: {error}");
    Response::plain(StatusCode::new(error.kind.status()).unwrap_or(StatusCode::BAD_REQUEST))
}

fn refuse_open(error: OpenError) -> Response {
    match error {
        OpenError::NotFound => Response::plain(StatusCode::NOT_FOUND),
        OpenError::Forbidden => Response::plain(StatusCode::FORBIDDEN),
        OpenError::Exhausted => {
            log::warn!("no file descriptors left");
            Response::plain(StatusCode::SERVICE_UNAVAILABLE).field("Retry-After", "1")
        }
        error => {
            log::error!("{error}");
            Response::plain(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

/// The target is the normalised path, so that `//evil.example/..` leads nowhere else.
fn redirect(path: &SitePath, query: Option<&[u8]>) -> Response {
    let mut location = path.to_url().into_bytes();
    if let Some(query) = query {
        location.push(b'?');
        location.extend_from_slice(query);
    }
    Response::plain(StatusCode::MOVED_PERMANENTLY)
        .field("Location", location)
        .field("Cache-Control", "no-cache")
}
