//! Names to media types.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::path::Path;

/// What is sent for a name that says nothing.
pub const UNKNOWN: &str = "application/octet-stream";

/// The Content-Type for a file of this name, decided by what follows its last dot.
///
/// Text of every kind is declared as UTF-8: without it browsers guess by the reader's locale.
/// A stored `.gz` is content, not a coding, and is named as such. Common types cost no
/// allocation; the rest come from `mime_guess`, and only rare kinds of text are put together.
#[must_use]
pub fn content_type(name: &OsStr) -> Cow<'static, str> {
    let Some(extension) = Path::new(name).extension().and_then(OsStr::to_str) else {
        return Cow::Borrowed(UNKNOWN);
    };
    if let Some(known) = common(extension) {
        return Cow::Borrowed(known);
    }
    match mime_guess::from_ext(extension).first_raw() {
        None => Cow::Borrowed(UNKNOWN),
        Some(found) if is_text(found) => Cow::Owned(format!("{found}; charset=utf-8")),
        Some(found) => Cow::Borrowed(found),
    }
}

/// Types that need a charset, and those where mime_guess knows an older name or another use.
fn common(extension: &str) -> Option<&'static str> {
    let mut lower = [0; 12];
    let lower = lower.get_mut(..extension.len())?;
    lower.copy_from_slice(extension.as_bytes());
    lower.make_ascii_lowercase();
    Some(match &*lower {
        b"html" | b"htm" => "text/html; charset=utf-8",
        b"css" => "text/css; charset=utf-8",
        // RFC 9239 made text/javascript the one name.
        b"js" | b"mjs" | b"cjs" => "text/javascript; charset=utf-8",
        b"json" | b"map" => "application/json; charset=utf-8",
        b"webmanifest" => "application/manifest+json; charset=utf-8",
        b"svg" => "image/svg+xml; charset=utf-8",
        b"txt" | b"log" => "text/plain; charset=utf-8",
        b"md" | b"markdown" => "text/markdown; charset=utf-8",
        b"xml" => "text/xml; charset=utf-8",
        b"csv" => "text/csv; charset=utf-8",
        b"vtt" => "text/vtt; charset=utf-8",
        b"png" => "image/png",
        b"jpg" | b"jpeg" => "image/jpeg",
        b"gif" => "image/gif",
        b"webp" => "image/webp",
        b"ico" => "image/x-icon",
        b"woff2" => "font/woff2",
        b"mp4" => "video/mp4",
        b"m4a" => "audio/mp4",
        // Segments of HTTP live streaming, far more often served than TypeScript.
        b"ts" => "video/mp2t",
        b"m3u8" => "application/vnd.apple.mpegurl",
        b"pdf" => "application/pdf",
        b"wasm" => "application/wasm",
        b"gz" | b"tgz" => "application/gzip",
        b"zst" => "application/zstd",
        _ => return None,
    })
}

fn is_text(media_type: &str) -> bool {
    media_type.starts_with("text/")
        || media_type.ends_with("+json")
        || matches!(
            media_type,
            "application/javascript" | "application/json" | "application/json5"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, expected: &str) {
        assert_eq!(content_type(OsStr::new(name)), expected, "{name}");
    }

    #[test]
    fn types() {
        check("x.html", "text/html; charset=utf-8");
        check("x.HTML", "text/html; charset=utf-8");
        check("x.js", "text/javascript; charset=utf-8");
        check("x.mJs", "text/javascript; charset=utf-8");
        check("x.svg", "image/svg+xml; charset=utf-8");
        check("x.json", "application/json; charset=utf-8");
        check("x.geojson", "application/geo+json; charset=utf-8");
        check("x.rs", "text/x-rust; charset=utf-8");
        check("x.yaml", "text/x-yaml; charset=utf-8");
        check("x.woff2", "font/woff2");
        check("x.mp4", "video/mp4");
        check("x.pdf", "application/pdf");
        check("x.flac", "audio/flac");
        check("x.avif", "image/avif");
        check("x.FLAC", "audio/flac");
    }

    #[test]
    fn stored_archives_are_content() {
        check("x.tar.gz", "application/gzip");
        check("x.tgz", "application/gzip");
        check("x.js.gz", "application/gzip");
        check("x.bz2", "application/x-bzip2");
    }

    #[test]
    fn names_that_say_nothing() {
        for name in [
            "x.zzz",
            "x",
            "",
            "x.",
            ".html",
            ".",
            "a.b/",
            "x.html ",
            "x.averylongextension",
            "x.é",
        ] {
            check(name, UNKNOWN);
        }
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_not_utf_8() {
        use std::os::unix::ffi::OsStrExt;
        assert_eq!(
            content_type(OsStr::from_bytes(b"\xff.txt")),
            "text/plain; charset=utf-8"
        );
        assert_eq!(content_type(OsStr::from_bytes(b"x.\xff")), UNKNOWN);
    }

    #[test]
    fn common_types_are_not_allocated() {
        for name in [
            "a.html", "a.css", "a.js", "a.json", "a.png", "a.txt", "a.webm", "a.zzz",
        ] {
            assert!(
                matches!(content_type(OsStr::new(name)), Cow::Borrowed(_)),
                "{name}"
            );
        }
    }

    #[test]
    fn every_type_can_stand_in_a_head() {
        for (extension, types) in mime_guess_table() {
            assert!(
                types
                    .bytes()
                    .all(|byte| byte.is_ascii_graphic() || byte == b' '),
                "{extension}"
            );
        }
    }

    /// All extensions of one to three lower-case letters.
    fn mime_guess_table() -> impl Iterator<Item = (String, Cow<'static, str>)> {
        let letters = || std::iter::once(None).chain((b'a'..=b'z').map(Some));
        letters().flat_map(move |one| {
            letters().flat_map(move |two| {
                (b'a'..=b'z').map(move |three| {
                    let extension: String = [one, two, Some(three)]
                        .into_iter()
                        .flatten()
                        .map(char::from)
                        .collect();
                    let found = content_type(OsStr::new(&format!("x.{extension}")));
                    (extension, found)
                })
            })
        })
    }
}
