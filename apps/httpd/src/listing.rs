//! A directory as a page for people or as JSON for programs.
//!
//! Names come from whoever may write to the directory, so they are hostile here: escaped in
//! text, percent-encoded in links, with nothing invisible left in them.

use std::fmt::Write;

use crate::path::SitePath;
use crate::root::{DirectoryEntries, ListedEntry};

mod date;
mod format;
mod json;
mod page;
mod sort;
#[cfg(test)]
mod tests;

pub use format::Format;
pub use sort::{Order, Sort, SortKey};

/// Content-Security-Policy of the page: it loads nothing but the site's own icon and runs nothing.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; \
     img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// A directory, sorted and ready to be rendered.
#[derive(Clone, Debug)]
pub struct Listing<'a> {
    path: &'a SitePath,
    entries: Vec<ListedEntry>,
    cut: bool,
    sort: Sort,
}

impl<'a> Listing<'a> {
    /// Sorts what was read of the directory at `path`.
    #[must_use]
    pub fn new(path: &'a SitePath, found: DirectoryEntries, sort: Sort) -> Self {
        let DirectoryEntries { mut entries, cut } = found;
        sort.apply(&mut entries);
        Self {
            path,
            entries,
            cut,
            sort,
        }
    }

    /// Renders it in the format chosen.
    #[must_use]
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Html => self.to_html(),
            Format::Json => self.to_json(),
        }
    }
}

fn push(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = out.write_fmt(arguments);
}

/// Characters that reorder text, end lines or cannot be seen: C1 controls, marks and overrides
/// of direction, separators, blanks of no width. The joiners U+200C and U+200D stay, since
/// Persian and family emoji need them.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{80}'..='\u{9f}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
    )
}
