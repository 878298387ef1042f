//! From the target of a request to a path that is known to stay below the root.
//!
//! Everything that names a file goes through [`SitePath::resolve`]: files, index files, listing
//! entries, redirects. A [`SitePath`] can be made in no other way, so a function that takes one
//! need not ask again.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt::{self, Display, Formatter};
use std::path::Path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, percent_encode};

/// Longest path resolved, in bytes as received.
pub const PATH_BYTES_MAX: usize = 8 * 1024;

/// Most segments a resolved path has.
pub const SEGMENTS_MAX: usize = 256;

/// What a path segment in a URL keeps as it is: the unreserved characters of RFC 3986.
pub const SEGMENT_ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Cuts a request target into its path and its query.
///
/// Takes the origin form and, as every server must
/// (<https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2>), the absolute form of an `http` URI,
/// whose empty path is `/`. The query is `None` without a `?`.
/// Returns `None` for anything else: `*`, an authority, another scheme, no host, a fragment.
#[must_use]
pub fn split_target(target: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    if target.contains(&b'#') {
        return None;
    }
    let local = if target.first() == Some(&b'/') {
        target
    } else {
        after_authority(target)?
    };
    let (path, query) = match local.iter().position(|&byte| byte == b'?') {
        Some(at) => (&local[..at], Some(&local[at + 1..])),
        None => (local, None),
    };
    Some((if path.is_empty() { b"/" } else { path }, query))
}

fn after_authority(target: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = target.split_at_checked(7)?;
    if !scheme.eq_ignore_ascii_case(b"http://") {
        return None;
    }
    let end = rest
        .iter()
        .position(|byte| matches!(byte, b'/' | b'?'))
        .unwrap_or(rest.len());
    (end > 0).then(|| &rest[end..])
}

/// What to do about names that begin with a dot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dotfiles {
    /// Say they are not there, except `/.well-known` (RFC 8615).
    #[default]
    Hide,
    /// Treat them like any other.
    Serve,
}

/// A path below the root: no empty segment, no `.`, no `..`, no separator inside a segment,
/// nothing the policy hides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SitePath {
    /// The decoded segments with `/` between them; empty for the root.
    joined: Vec<u8>,
    directory: bool,
    dotfiles: Dotfiles,
}

/// Why a path was refused, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathError {
    /// The rule.
    pub kind: PathErrorKind,
    /// First byte of the path at fault, as received.
    pub offset: usize,
}

/// The rules that a path can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathErrorKind {
    /// It does not begin with `/`.
    NotAbsolute,
    /// More than [`PATH_BYTES_MAX`] bytes.
    TooLong,
    /// More than [`SEGMENTS_MAX`] segments.
    TooDeep,
    /// A `%` without two hex digits.
    BadPercent,
    /// `..` at the root.
    AboveRoot,
    /// A NUL, plain or encoded.
    Nul,
    /// A `\`, plain or encoded: a separator to Windows and to browsers, so refused everywhere.
    Backslash,
    /// `%2F`: a separator that is not one.
    EncodedSlash,
    /// A name that begins with a dot, under [`Dotfiles::Hide`].
    Hidden,
    /// A name that means something else to the file system here (Windows).
    ForeignName,
}

impl PathErrorKind {
    /// The status to answer with: 400 for what no honest client sends, 404 for what could be a
    /// name but is none of ours, 414 for what is too long.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::NotAbsolute
            | Self::BadPercent
            | Self::AboveRoot
            | Self::Nul
            | Self::Backslash => 400,
            Self::EncodedSlash | Self::Hidden | Self::ForeignName => 404,
            Self::TooLong | Self::TooDeep => 414,
        }
    }
}

impl Display for PathError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let rule = match self.kind {
            PathErrorKind::NotAbsolute => "path does not begin with '/'",
            PathErrorKind::TooLong => "path longer than 8192 bytes",
            PathErrorKind::TooDeep => "path of more than 256 segments",
            PathErrorKind::BadPercent => "'%' without two hex digits",
            PathErrorKind::AboveRoot => "'..' leads above the root",
            PathErrorKind::Nul => "NUL in the path",
            PathErrorKind::Backslash => "backslash in the path",
            PathErrorKind::EncodedSlash => "encoded '/' in a path segment",
            PathErrorKind::Hidden => "name hidden by its leading dot; --dotfiles serves it",
            PathErrorKind::ForeignName => "name with a special meaning on this system",
        };
        write!(f, "{rule} at byte {}", self.offset)
    }
}

impl std::error::Error for PathError {}

impl SitePath {
    /// Decodes a path once and resolves it.
    ///
    /// Segments are cut at `/` before they are decoded, dot segments are resolved after, and the
    /// policy looks at what is left; so no spelling of a name gets around it.
    ///
    /// # Errors
    ///
    /// [`PathError`] with the first rule broken.
    pub fn resolve(path: &[u8], dotfiles: Dotfiles) -> Result<Self, PathError> {
        let fail = |kind, offset| Err(PathError { kind, offset });
        if path.len() > PATH_BYTES_MAX {
            return fail(PathErrorKind::TooLong, PATH_BYTES_MAX);
        }
        if path.first() != Some(&b'/') {
            return fail(PathErrorKind::NotAbsolute, 0);
        }
        let mut resolved = Self::root(dotfiles);
        resolved.joined.reserve_exact(path.len());
        let mut refused: Option<Refused> = None;
        let mut depth = 0;
        let mut offset = 1;
        for raw in path[1..].split(|&byte| byte == b'/') {
            let bytes_before = resolved.joined.len();
            let pushed = resolved.push_decoded(raw, offset)?;
            match pushed {
                Pushed::Nothing => {}
                Pushed::Parent if depth == 0 => return fail(PathErrorKind::AboveRoot, offset),
                Pushed::Parent => {
                    depth -= 1;
                    resolved.pop();
                    // `/.git/..` is the root again.
                    let gone = |at: &Refused| resolved.joined.len() <= at.bytes_before;
                    refused = refused.filter(|at| !gone(at));
                }
                Pushed::Name if depth == SEGMENTS_MAX => {
                    return fail(PathErrorKind::TooDeep, offset);
                }
                Pushed::Name => {
                    depth += 1;
                    refused = refused.or_else(|| {
                        let name = resolved.file_name()?;
                        let kind = refused_name(name, bytes_before == 0, dotfiles)?;
                        Some(Refused {
                            error: PathError { kind, offset },
                            bytes_before,
                        })
                    });
                }
            }
            resolved.directory = !matches!(pushed, Pushed::Name);
            offset += raw.len() + 1;
        }
        // The policy judges what is left, so that `/x/../.env` and `/.env/.` are `.env` too.
        match refused {
            Some(refused) => Err(refused.error),
            None => Ok(resolved),
        }
    }

    /// The root itself.
    #[must_use]
    pub fn root(dotfiles: Dotfiles) -> Self {
        Self {
            joined: Vec::new(),
            directory: true,
            dotfiles,
        }
    }

    /// The path of `name` inside this directory, without a slash at its end.
    ///
    /// # Errors
    ///
    /// [`PathError`], its offset always 0, if no request could name such a file: what a listing
    /// leaves out.
    pub fn child(&self, name: &OsStr) -> Result<Self, PathError> {
        let name = name.as_encoded_bytes();
        let fail = |kind| Err(PathError { kind, offset: 0 });
        match name {
            b"" | b"." | b".." => return fail(PathErrorKind::AboveRoot),
            _ if name.contains(&b'/') => return fail(PathErrorKind::EncodedSlash),
            _ => {}
        }
        if self.segments().count() == SEGMENTS_MAX {
            return fail(PathErrorKind::TooDeep);
        }
        if let Some(kind) = name.iter().find_map(|&byte| refused_byte(byte)) {
            return fail(kind);
        }
        if let Some(kind) = refused_name(name, self.is_root(), self.dotfiles) {
            return fail(kind);
        }
        let mut child = Self {
            joined: Vec::with_capacity(self.joined.len() + 1 + name.len()),
            directory: false,
            dotfiles: self.dotfiles,
        };
        child.joined.extend_from_slice(&self.joined);
        child.separate();
        child.joined.extend_from_slice(name);
        Ok(child)
    }

    /// The directory this is in; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        let mut parent = self.clone();
        parent.pop();
        parent.directory = true;
        Some(parent)
    }

    /// The same path asked for as a directory, with a slash at its end.
    #[must_use]
    pub fn to_directory(&self) -> Self {
        Self {
            directory: true,
            ..self.clone()
        }
    }

    /// The decoded segments, from the root down.
    pub fn segments(&self) -> impl Iterator<Item = &[u8]> {
        // Splitting nothing gives one empty segment, and there is no other empty one.
        self.joined
            .split(|&byte| byte == b'/')
            .filter(|segment| !segment.is_empty())
    }

    /// The last segment; `None` for the root.
    #[must_use]
    pub fn file_name(&self) -> Option<&[u8]> {
        let name = self.joined.rsplit(|&byte| byte == b'/').next()?;
        (!name.is_empty()).then_some(name)
    }

    /// Whether this is the root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.joined.is_empty()
    }

    /// Whether a directory was asked for: the path ended in `/`, `/.` or `/..`.
    #[must_use]
    pub fn ends_with_slash(&self) -> bool {
        self.directory
    }

    /// The policy that this path was resolved under, which its children inherit.
    #[must_use]
    pub fn dotfiles(&self) -> Dotfiles {
        self.dotfiles
    }

    /// The normalised path, percent-encoded: safe in Location, in HTML and in a log.
    ///
    /// It begins with exactly one `/`, holds nothing but unreserved characters, `/` and `%XX`,
    /// and resolves to this path again.
    #[must_use]
    pub fn to_url(&self) -> String {
        let mut url = String::with_capacity(self.joined.len() + 2);
        for segment in self.segments() {
            url.push('/');
            url.extend(encode_segment(segment));
        }
        if self.directory {
            url.push('/');
        }
        url
    }

    /// The path relative to the root directory, for the operating system; empty for the root.
    #[must_use]
    pub fn relative(&self) -> Cow<'_, Path> {
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt;
            Cow::Borrowed(Path::new(OsStr::from_bytes(&self.joined)))
        }
        #[cfg(not(unix))]
        {
            // Names that are not UTF-8 were refused as foreign, so none is changed here.
            let names = self.segments().map(String::from_utf8_lossy);
            Cow::Owned(names.fold(std::path::PathBuf::new(), |path, name| {
                path.join(name.as_ref())
            }))
        }
    }

    /// Decodes one segment onto the end and says what it was.
    fn push_decoded(&mut self, raw: &[u8], offset: usize) -> Result<Pushed, PathError> {
        let before = self.joined.len();
        self.separate();
        let start = self.joined.len();
        let mut at = 0;
        while at < raw.len() {
            let fail = |kind| PathError {
                kind,
                offset: offset + at,
            };
            let (byte, used) = match raw[at] {
                b'%' => (
                    hex_pair(raw, at + 1).ok_or(fail(PathErrorKind::BadPercent))?,
                    3,
                ),
                byte => (byte, 1),
            };
            if let Some(kind) = refused_byte(byte) {
                return Err(fail(kind));
            }
            self.joined.push(byte);
            at += used;
        }
        let pushed = match &self.joined[start..] {
            b"" | b"." => Pushed::Nothing,
            b".." => Pushed::Parent,
            _ => return Ok(Pushed::Name),
        };
        self.joined.truncate(before);
        Ok(pushed)
    }

    fn separate(&mut self) {
        if !self.joined.is_empty() {
            self.joined.push(b'/');
        }
    }

    fn pop(&mut self) {
        let end = self.joined.iter().rposition(|&byte| byte == b'/');
        self.joined.truncate(end.unwrap_or(0));
    }
}

/// What a decoded segment turned out to be.
enum Pushed {
    Name,
    Nothing,
    Parent,
}

/// A name against the policy, as long as no `..` takes it back.
struct Refused {
    error: PathError,
    /// How long the resolved path was in front of it.
    bytes_before: usize,
}

/// A path segment as it stands in a URL.
pub fn encode_segment(segment: &[u8]) -> PercentEncode<'_> {
    percent_encode(segment, SEGMENT_ENCODED)
}

/// Bytes that no segment may hold once decoded.
fn refused_byte(byte: u8) -> Option<PathErrorKind> {
    match byte {
        0 => Some(PathErrorKind::Nul),
        b'\\' => Some(PathErrorKind::Backslash),
        b'/' => Some(PathErrorKind::EncodedSlash),
        _ => None,
    }
}

fn hex_pair(raw: &[u8], at: usize) -> Option<u8> {
    let digit = |at| char::from(*raw.get(at)?).to_digit(16);
    u8::try_from(digit(at)? << 4 | digit(at + 1)?).ok()
}

fn refused_name(name: &[u8], at_root: bool, dotfiles: Dotfiles) -> Option<PathErrorKind> {
    if dotfiles == Dotfiles::Hide && is_hidden(name, at_root) {
        return Some(PathErrorKind::Hidden);
    }
    (cfg!(windows) && is_foreign_to_windows(name)).then_some(PathErrorKind::ForeignName)
}

/// RFC 8615 puts `.well-known` at the root and nowhere else.
fn is_hidden(name: &[u8], at_root: bool) -> bool {
    let name = if cfg!(any(target_os = "macos", target_os = "ios")) {
        without_ignorable_start(name)
    } else {
        name
    };
    name.first() == Some(&b'.') && !(at_root && name == b".well-known")
}

/// HFS+ leaves these characters out when it compares names, so that `<U+200C>.git` opens `.git`
/// (CVE-2014-9390 in git).
fn without_ignorable_start(mut name: &[u8]) -> &[u8] {
    while let [0xe2, 0x80, 0x8c..=0x8f | 0xaa..=0xae, rest @ ..]
    | [0xe2, 0x81, 0xaa..=0xaf, rest @ ..]
    | [0xef, 0xbb, 0xbf, rest @ ..] = name
    {
        name = rest;
    }
    name
}

/// Names that Windows does not take at face value: streams and drives (`:`), wildcards, devices
/// (`CON`, `com1.txt`), trailing dots and spaces that it drops, short aliases (`PROGRA~1`) and
/// what is not UTF-8. Compiled and tested on every system, applied on Windows.
///
/// <https://learn.microsoft.com/windows/win32/fileio/naming-a-file>
fn is_foreign_to_windows(name: &[u8]) -> bool {
    let Ok(name) = std::str::from_utf8(name) else {
        return true;
    };
    name.ends_with(['.', ' '])
        || name.contains(|c: char| c.is_control() || r#"<>:"|?*"#.contains(c))
        || is_windows_device(name)
        || is_short_alias(name)
}

/// A device keeps its meaning with any extension behind it, and with spaces before that.
fn is_windows_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    if ["con", "prn", "aux", "nul", "conin$", "conout$", "clock$"]
        .iter()
        .any(|device| stem.eq_ignore_ascii_case(device))
    {
        return true;
    }
    let (Some(port), Some(number)) = (stem.get(..3), stem.get(3..)) else {
        return false;
    };
    let mut number = number.chars();
    (port.eq_ignore_ascii_case("com") || port.eq_ignore_ascii_case("lpt"))
        && matches!(number.next(), Some('0'..='9' | '¹' | '²' | '³'))
        && number.next().is_none()
}

/// `AVERYL~1.TXT`: at most 8 and 3 characters, a tilde and digits before the dot.
fn is_short_alias(name: &str) -> bool {
    let (stem, extension) = name.split_once('.').unwrap_or((name, ""));
    let Some((start, number)) = stem.rsplit_once('~') else {
        return false;
    };
    !start.is_empty()
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && stem.chars().count() <= 8
        && extension.chars().count() <= 3
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(path: &str, expected: &str) {
        let resolved = SitePath::resolve(path.as_bytes(), Dotfiles::Hide);
        assert_eq!(
            resolved.map(|path| path.to_url()).as_deref(),
            Ok(expected),
            "{path}"
        );
    }

    #[track_caller]
    fn check_refused(path: &str, kind: PathErrorKind, offset: usize) {
        let resolved = SitePath::resolve(path.as_bytes(), Dotfiles::Hide);
        assert_eq!(resolved, Err(PathError { kind, offset }), "{path}");
    }

    #[track_caller]
    fn check_target(target: &str, expected: Option<(&str, Option<&str>)>) {
        let expected = expected.map(|(path, query)| (path.as_bytes(), query.map(str::as_bytes)));
        assert_eq!(split_target(target.as_bytes()), expected, "{target}");
    }

    #[test]
    fn targets() {
        check_target("/", Some(("/", None)));
        check_target("/a/b?c?d/..", Some(("/a/b", Some("c?d/.."))));
        check_target("/a?", Some(("/a", Some(""))));
        check_target("//evil.example/x", Some(("//evil.example/x", None)));
        check_target("http://x/a.txt", Some(("/a.txt", None)));
        check_target("HTTP://x:80/a?b", Some(("/a", Some("b"))));
        check_target("http://x", Some(("/", None)));
        check_target("http://x?y=1", Some(("/", Some("y=1"))));
        check_target("http://x/../secret", Some(("/../secret", None)));
        for none in [
            "",
            "*",
            "a.txt",
            "x:80",
            "https://x/",
            "http:///a",
            "http://",
            "http:/x",
            "/a#f",
            "http://x#/a",
            "?x",
        ] {
            check_target(none, None);
        }
    }

    #[test]
    fn plain_paths() {
        check("/", "/");
        check("/a.txt", "/a.txt");
        check("/sub/", "/sub/");
        check("/a/b/c", "/a/b/c");
        check("/a..b/c..d", "/a..b/c..d");
    }

    #[test]
    fn encodings() {
        check("/%61%2E%74xt", "/a.txt");
        check("/%e2%9c%93.txt", "/%E2%9C%93.txt");
        check("/w%20x", "/w%20x");
        check("/w%25x", "/w%25x");
        check("/%2561", "/%2561");
        check("/%252e%252e/secret.txt", "/%252e%252e/secret.txt");
        check("/a;v=1", "/a%3Bv%3D1");
        check("/a+b", "/a%2Bb");
    }

    #[cfg(unix)]
    #[test]
    fn names_that_only_windows_refuses() {
        check("/%c0%ae%c0%ae/x", "/%C0%AE%C0%AE/x");
        check("/a../b%20", "/a../b%20");
        check("/a%0d%0aX:1/", "/a%0D%0AX%3A1/");
        check("/CON", "/CON");
    }

    #[cfg(windows)]
    #[test]
    fn names_that_mean_something_else() {
        use PathErrorKind::ForeignName;
        check_refused("/%c0%ae%c0%ae/x", ForeignName, 1);
        check_refused("/a/b../c", ForeignName, 3);
        check_refused("/a/CON", ForeignName, 3);
        check_refused("/C:/Windows/win.ini", ForeignName, 1);
        check("/CON/..", "/");
    }

    #[test]
    fn dot_segments() {
        check("/./a", "/a");
        check("/sub/../a", "/a");
        check("/sub/..", "/");
        check("/sub/.", "/sub/");
        check("/sub/%2e", "/sub/");
        check("/a/%2E%2e/b", "/b");
        check("/.git/..", "/");
        check("/.git/../a", "/a");
        check("//a//b//", "/a/b/");
        check("//", "/");
        check("//evil.example/%2e%2e/sub", "/sub");
    }

    #[test]
    fn climbing() {
        use PathErrorKind::AboveRoot;
        check_refused("/..", AboveRoot, 1);
        check_refused("/%2e%2e/secret.txt", AboveRoot, 1);
        check_refused("/.%2e/x", AboveRoot, 1);
        check_refused("/./../secret.txt", AboveRoot, 3);
        check_refused("//../secret.txt", AboveRoot, 2);
        check_refused("/sub/%2e%2e/%2e%2e/secret.txt", AboveRoot, 12);
        check_refused("/a/../../a", AboveRoot, 6);
    }

    #[test]
    fn refused_bytes() {
        check_refused("/..%2fsecret.txt", PathErrorKind::EncodedSlash, 3);
        check_refused("/%2F", PathErrorKind::EncodedSlash, 1);
        check_refused("/..%5csecret.txt", PathErrorKind::Backslash, 3);
        check_refused("/a\\b", PathErrorKind::Backslash, 2);
        check_refused("/a.txt%00.html", PathErrorKind::Nul, 6);
        check_refused("/a.txt%", PathErrorKind::BadPercent, 6);
        check_refused("/%4", PathErrorKind::BadPercent, 1);
        check_refused("/%u0061", PathErrorKind::BadPercent, 1);
        check_refused("/%%32%65", PathErrorKind::BadPercent, 1);
        check_refused("/%+1", PathErrorKind::BadPercent, 1);
        check_refused("/a%4/b", PathErrorKind::BadPercent, 2);
        check_refused("", PathErrorKind::NotAbsolute, 0);
        check_refused("a", PathErrorKind::NotAbsolute, 0);
    }

    #[test]
    fn dotfiles_under_every_spelling() {
        for (path, offset) in [
            ("/.env", 1),
            ("/.git/config", 1),
            ("/sub/.hid", 5),
            ("/.env/.", 1),
            ("/.env/", 1),
            ("/sub/../.env", 8),
            ("//.env", 2),
            ("/%2eenv", 1),
            ("/%2Egit/x", 1),
            ("/..;/x", 1),
            ("/.well-known/.secret", 13),
            ("/sub/.well-known", 5),
            ("/.Well-Known/x", 1),
            ("/.well-knownx", 1),
            ("/.a/../.b/c/..", 7),
            ("/.a/.b/..", 1),
        ] {
            check_refused(path, PathErrorKind::Hidden, offset);
            assert!(
                SitePath::resolve(path.as_bytes(), Dotfiles::Serve).is_ok(),
                "{path}"
            );
        }
        check("/.well-known/acme", "/.well-known/acme");
        check("/.well-known", "/.well-known");
        check("/a/.b/.c/../../d", "/a/d");
        assert!(SitePath::resolve(b"/../.env", Dotfiles::Serve).is_err());
    }

    #[test]
    fn names_that_hfs_folds() {
        assert_eq!(
            without_ignorable_start("\u{200c}\u{feff}\u{206a}.git".as_bytes()),
            b".git"
        );
        assert_eq!(
            without_ignorable_start("a\u{200c}.git".as_bytes()),
            "a\u{200c}.git".as_bytes()
        );
        assert_eq!(
            without_ignorable_start("\u{200b}.".as_bytes()),
            "\u{200b}.".as_bytes()
        );
    }

    #[test]
    fn names_foreign_to_windows() {
        for name in [
            "a.txt.",
            "a.txt ",
            "a ",
            ".",
            "CON",
            "con",
            "Con.txt",
            "con .txt",
            "nul.tar.gz",
            "AUX",
            "PRN",
            "COM1",
            "com9.log",
            "LPT1.txt",
            "COM¹",
            "lpt³.x",
            "COM0",
            "CONIN$",
            "conout$",
            "C:",
            "a.txt:stream",
            ".env::$DATA",
            "a?b",
            "a*",
            "a|b",
            "<b>",
            "a\"b",
            "a\nb",
            "a\u{7f}",
            "AVERYL~1.TXT",
            "progra~1",
            "TLS~1.PEM",
            "ABC~12",
            "A~1.",
        ] {
            assert!(is_foreign_to_windows(name.as_bytes()), "{name:?}");
        }
        assert!(is_foreign_to_windows(b"\xff.txt"));
        for name in [
            "a.txt",
            "console",
            "com",
            "com10",
            "COM1x",
            "lpt",
            "comé",
            "aux1",
            "~1",
            "a~",
            "a~b",
            "backup~1.html",
            "much-longer~1.txt",
            "a b.txt",
            ".env",
            "nullable",
            "✓.txt",
            "con-1",
        ] {
            assert!(!is_foreign_to_windows(name.as_bytes()), "{name:?}");
        }
    }

    #[test]
    fn limits() {
        let long = format!("/{}", "a".repeat(PATH_BYTES_MAX - 1));
        check(&long, &long);
        check_refused(&format!("{long}a"), PathErrorKind::TooLong, PATH_BYTES_MAX);
        let deep = "/d".repeat(SEGMENTS_MAX);
        check(&deep, &deep);
        check_refused(&format!("{deep}/d"), PathErrorKind::TooDeep, 513);
        check(
            &format!("{}{}", "/d/..".repeat(SEGMENTS_MAX * 2), "/x"),
            "/x",
        );
        let deep = SitePath::resolve(deep.as_bytes(), Dotfiles::Hide).unwrap();
        assert_eq!(
            deep.child(OsStr::new("d")).unwrap_err().kind,
            PathErrorKind::TooDeep
        );
    }

    #[test]
    fn children_and_parents() {
        let root = SitePath::root(Dotfiles::Hide);
        let sub = root.child(OsStr::new("s ub")).unwrap();
        assert_eq!(sub.to_url(), "/s%20ub");
        assert_eq!(sub.to_directory().to_url(), "/s%20ub/");
        let file = sub.child(OsStr::new("index.html")).unwrap();
        assert_eq!(file.to_url(), "/s%20ub/index.html");
        assert_eq!(file.relative(), Path::new("s ub").join("index.html"));
        assert_eq!(file.file_name(), Some(&b"index.html"[..]));
        assert_eq!(file.parent(), Some(sub.to_directory()));
        assert_eq!(sub.parent(), Some(root.clone()));
        assert_eq!(root.parent(), None);
        assert_eq!(root.file_name(), None);
        assert_eq!(root.segments().count(), 0);
        assert_eq!(root.relative(), Path::new(""));
        assert!(root.child(OsStr::new(".well-known")).is_ok());
        for (name, kind) in [
            ("", PathErrorKind::AboveRoot),
            (".", PathErrorKind::AboveRoot),
            ("..", PathErrorKind::AboveRoot),
            ("a/b", PathErrorKind::EncodedSlash),
            ("a\\b", PathErrorKind::Backslash),
            ("a\0b", PathErrorKind::Nul),
            (".env", PathErrorKind::Hidden),
        ] {
            assert_eq!(
                root.child(OsStr::new(name)).unwrap_err().kind,
                kind,
                "{name:?}"
            );
            assert!(sub.child(OsStr::new(name)).is_err(), "{name:?}");
        }
        assert!(sub.child(OsStr::new(".well-known")).is_err());
    }

    #[test]
    fn texts_and_statuses() {
        let error = |path: &str| SitePath::resolve(path.as_bytes(), Dotfiles::Hide).unwrap_err();
        assert_eq!(
            error("/../x").to_string(),
            "'..' leads above the root at byte 1"
        );
        assert_eq!(error("/../x").kind.status(), 400);
        assert_eq!(error("/%2f").kind.status(), 404);
        assert_eq!(error("/.x").kind.status(), 404);
        assert_eq!(error(&"/x".repeat(300)).kind.status(), 414);
    }

    fn paths() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            4 => Just("/".to_owned()),
            2 => Just("..".to_owned()),
            2 => Just(".".to_owned()),
            1 => Just("%2e".to_owned()),
            1 => Just("%2E%2e".to_owned()),
            1 => Just("%2f".to_owned()),
            1 => Just("%5c".to_owned()),
            1 => Just("%25".to_owned()),
            1 => Just("%00".to_owned()),
            1 => Just(".well-known".to_owned()),
            3 => "[ -~]{1,3}",
            1 => "%[0-9a-f]{2}",
        ];
        prop_oneof![
            proptest::collection::vec(piece, 0..20).prop_map(|pieces| format!(
                "/{}",
                pieces.concat()
            )
            .into_bytes()),
            proptest::collection::vec(any::<u8>(), 0..40),
        ]
    }

    proptest! {
        #[test]
        fn a_resolved_path_stays_below_the_root(path in paths(), serve in any::<bool>()) {
            let dotfiles = if serve { Dotfiles::Serve } else { Dotfiles::Hide };
            let Ok(resolved) = SitePath::resolve(&path, dotfiles) else { return Ok(()) };
            for (depth, segment) in resolved.segments().enumerate() {
                prop_assert!(!matches!(segment, b"" | b"." | b".."));
                prop_assert!(!segment.iter().any(|byte| matches!(byte, 0 | b'/' | b'\\')));
                prop_assert!(serve || segment[0] != b'.' || (depth == 0 && segment == b".well-known"));
            }
            prop_assert!(resolved.relative().components().all(|part| matches!(part, std::path::Component::Normal(_))));
            let url = resolved.to_url();
            prop_assert!(url.starts_with('/') && !url.contains("//"));
            prop_assert!(url.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~/%".contains(&byte)));
            prop_assert_eq!(url.ends_with('/'), resolved.ends_with_slash());
            prop_assert_eq!(SitePath::resolve(url.as_bytes(), dotfiles), Ok(resolved));
        }

        #[test]
        fn a_child_is_what_its_url_resolves_to(name in "\\PC{0,12}", serve in any::<bool>()) {
            let dotfiles = if serve { Dotfiles::Serve } else { Dotfiles::Hide };
            let parent = SitePath::resolve(b"/a/b/", dotfiles).unwrap();
            if let Ok(child) = parent.child(OsStr::new(&name)) {
                prop_assert_eq!(child.file_name(), Some(name.as_bytes()));
                prop_assert_eq!(SitePath::resolve(child.to_url().as_bytes(), dotfiles), Ok(child));
            }
        }

        #[test]
        fn any_bytes_can_be_a_target(target in proptest::collection::vec(any::<u8>(), 0..60)) {
            if let Some((path, _)) = split_target(&target) {
                prop_assert!(path.starts_with(b"/"));
                prop_assert!(!path.contains(&b'?'));
            }
        }
    }
}
