//! A directory as a page for people or as JSON for programs.
//!
//! Names come from whoever may write to the directory, so they are hostile here: escaped in
//! text, percent-encoded in links, with nothing invisible left in them.

use std::cmp::Ordering;
use std::ffi::OsStr;
use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::path::{SitePath, encode_segment};
use crate::root::{DirectoryEntries, EntryKind, ListedEntry};

/// Content-Security-Policy of the page: it loads nothing but the site's own icon and runs nothing.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; \
     img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// What a client wants to read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// The page.
    #[default]
    Html,
    /// An array of objects.
    Json,
}

/// What the entries are sorted by; directories stand before files in each case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortKey {
    /// By name, letters of either case together, numbers by value (`b2` before `B10`).
    #[default]
    Name,
    /// By size; directories by name.
    Size,
    /// By last change.
    Modified,
}

/// Which end comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// `a`, the smallest, the oldest.
    #[default]
    Ascending,
    /// `z`, the largest, the newest.
    Descending,
}

/// How a listing is sorted, as its query says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sort {
    /// `sort=name`, `size` or `modified`.
    pub key: SortKey,
    /// `order=asc` or `desc`.
    pub order: Order,
}

/// A directory, sorted and ready to be rendered.
#[derive(Clone, Debug)]
pub struct Listing<'a> {
    path: &'a SitePath,
    entries: Vec<ListedEntry>,
    cut: bool,
    sort: Sort,
}

impl Format {
    /// The Content-Type to send.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
        }
    }

    /// Decides by the lines of the Accept field
    /// (<https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1>): JSON for whoever likes it
    /// better than HTML, the page for everybody else. Answers to both depend on it, so they
    /// carry `Vary: Accept`.
    #[must_use]
    pub fn negotiate<'l>(accept: impl IntoIterator<Item = &'l [u8]>) -> Self {
        let mut html = Preference::default();
        let mut json = Preference::default();
        for line in accept {
            for member in split_outside_quotes(line, b',') {
                let Some((range, quality)) = media_range(member) else {
                    continue;
                };
                html.consider(range, b"text/html", b"text/*", quality);
                json.consider(range, b"application/json", b"application/*", quality);
            }
        }
        if json.quality > html.quality {
            Self::Json
        } else {
            Self::Html
        }
    }
}

/// The quality given by the most specific range that covers a type.
#[derive(Default)]
struct Preference {
    specificity: u8,
    quality: u16,
}

impl Preference {
    fn consider(&mut self, range: &[u8], full: &[u8], any_of_type: &[u8], quality: u16) {
        let specificity = if range.eq_ignore_ascii_case(full) {
            3
        } else if range.eq_ignore_ascii_case(any_of_type) {
            2
        } else if range == b"*/*" {
            1
        } else {
            return;
        };
        match specificity.cmp(&self.specificity) {
            Ordering::Greater => {
                *self = Self {
                    specificity,
                    quality,
                }
            }
            Ordering::Equal => self.quality = self.quality.max(quality),
            Ordering::Less => {}
        }
    }
}

/// One member of Accept: the range without its parameters, and its quality in thousandths.
fn media_range(member: &[u8]) -> Option<(&[u8], u16)> {
    let mut parts = split_outside_quotes(member, b';').map(<[u8]>::trim_ascii);
    let range = parts.next().filter(|range| !range.is_empty())?;
    for parameter in parts {
        if let [b'q' | b'Q', b'=', value @ ..] = parameter {
            return Some((range, quality(value)?));
        }
    }
    Some((range, 1000))
}

/// ```abnf
/// qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )
/// ```
fn quality(value: &[u8]) -> Option<u16> {
    let (whole, fraction) = match value {
        [whole @ (b'0' | b'1')] => (whole, &[][..]),
        [whole @ (b'0' | b'1'), b'.', fraction @ ..] if fraction.len() <= 3 => (whole, fraction),
        _ => return None,
    };
    let mut thousandths = u16::from(whole - b'0');
    for place in 0..3 {
        let digit = fraction.get(place).copied().unwrap_or(b'0');
        if !digit.is_ascii_digit() {
            return None;
        }
        thousandths = thousandths * 10 + u16::from(digit - b'0');
    }
    (thousandths <= 1000).then_some(thousandths)
}

fn split_outside_quotes(bytes: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut quoted = false;
    let mut escaped = false;
    bytes.split(move |&byte| {
        let literal = escaped;
        escaped = quoted && byte == b'\\' && !literal;
        if byte == b'"' && !literal {
            quoted = !quoted;
        }
        byte == separator && !quoted
    })
}

impl Sort {
    /// Reads `sort` and `order` out of a query. What is not known leaves the default.
    #[must_use]
    pub fn from_query(query: Option<&[u8]>) -> Self {
        let mut sort = Self::default();
        for pair in query.unwrap_or_default().split(|&byte| byte == b'&') {
            match pair {
                b"sort=name" => sort.key = SortKey::Name,
                b"sort=size" => sort.key = SortKey::Size,
                b"sort=modified" => sort.key = SortKey::Modified,
                b"order=asc" => sort.order = Order::Ascending,
                b"order=desc" => sort.order = Order::Descending,
                _ => {}
            }
        }
        sort
    }

    fn apply(self, entries: &mut [ListedEntry]) {
        entries.sort_unstable_by(|one, two| {
            let files_last = |entry: &ListedEntry| entry.kind == EntryKind::File;
            files_last(one)
                .cmp(&files_last(two))
                .then_with(|| self.compare(one, two))
                .then_with(|| natural(&one.name, &two.name))
        });
    }

    fn compare(self, one: &ListedEntry, two: &ListedEntry) -> Ordering {
        let ascending = match (self.key, one.kind) {
            (SortKey::Size, EntryKind::Directory) => return Ordering::Equal,
            (SortKey::Size, EntryKind::File) => one.size.cmp(&two.size),
            (SortKey::Name, _) => natural(&one.name, &two.name),
            (SortKey::Modified, _) => one.modified.cmp(&two.modified),
        };
        match self.order {
            Order::Ascending => ascending,
            Order::Descending => ascending.reverse(),
        }
    }
}

/// Letters of either case together, runs of digits by value; bytes decide what is left.
fn natural(one: &OsStr, two: &OsStr) -> Ordering {
    let (mut left, mut right) = (one.as_encoded_bytes(), two.as_encoded_bytes());
    while let ([first, left_rest @ ..], [second, right_rest @ ..]) = (left, right) {
        let order = if first.is_ascii_digit() && second.is_ascii_digit() {
            let (left_number, left_after) = split_number(left);
            let (right_number, right_after) = split_number(right);
            (left, right) = (left_after, right_after);
            let by_length = left_number.len().cmp(&right_number.len());
            by_length.then_with(|| left_number.cmp(right_number))
        } else {
            (left, right) = (left_rest, right_rest);
            first.to_ascii_lowercase().cmp(&second.to_ascii_lowercase())
        };
        if order.is_ne() {
            return order;
        }
    }
    left.len().cmp(&right.len()).then_with(|| one.cmp(two))
}

/// The digits at the front, without leading zeros, and what follows them.
fn split_number(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| !byte.is_ascii_digit());
    let (digits, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
    let zeros = digits.iter().take_while(|&&digit| digit == b'0').count();
    (&digits[zeros..], rest)
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

    /// One page, without scripts. Every link is relative, so that it works below a prefix that a
    /// proxy takes away.
    #[must_use]
    pub fn to_html(&self) -> String {
        let mut page = String::with_capacity(STYLE.len() + 2048 + self.entries.len() * 256);
        page.push_str(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>Index of /",
        );
        for segment in self.path.segments() {
            push_shown(&mut page, segment);
            page.push('/');
        }
        page.push_str("</title>\n<style>");
        page.push_str(STYLE);
        page.push_str("</style>\n</head>\n<body>\n");
        self.push_breadcrumbs(&mut page);
        page.push_str("<main>\n<table>\n");
        self.push_columns(&mut page);
        page.push_str("<tbody>\n");
        if !self.path.is_root() {
            page.push_str(
                "<tr class=\"up\"><td class=\"name\"><a href=\"../\">Parent directory</a></td>\
                 <td></td><td></td></tr>\n",
            );
        }
        for entry in &self.entries {
            push_row(&mut page, entry);
        }
        if self.entries.is_empty() {
            page.push_str("<tr><td class=\"none\" colspan=\"3\">Nothing here</td></tr>\n");
        }
        page.push_str("</tbody>\n</table>\n</main>\n");
        self.push_footer(&mut page);
        page.push_str("</body>\n</html>\n");
        page
    }

    /// An array of objects: `name`, `type` (`directory` or `file`), `size` in bytes (`null` for a
    /// directory), `modified` in RFC 3339 (`null` outside of the years 0 to 9999) and `href`,
    /// relative to the directory. A name that is not UTF-8 has replacement characters and
    /// `"lossy":true`; its `href` is exact.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = String::with_capacity(16 + self.entries.len() * 160);
        json.push('[');
        for (index, entry) in self.entries.iter().enumerate() {
            json.push_str(if index == 0 { "\n" } else { ",\n" });
            push_object(&mut json, entry);
        }
        json.push_str("\n]\n");
        json
    }

    fn push_breadcrumbs(&self, page: &mut String) {
        page.push_str("<header>\n<nav aria-label=\"Path\">\n<h1>");
        let depth = self.path.segments().count();
        let up = |page: &mut String, steps: usize| {
            page.push_str("<a href=\"./");
            for _ in 0..steps {
                page.push_str("../");
            }
            page.push('"');
        };
        up(page, depth);
        page.push_str(" aria-label=\"Top\">/</a>");
        for (index, segment) in self.path.segments().enumerate() {
            page.push(' ');
            let steps = depth - 1 - index;
            if steps > 0 {
                up(page, steps);
                page.push('>');
            }
            page.push_str("<bdi>");
            push_shown(page, segment);
            page.push_str("</bdi>");
            page.push_str(if steps > 0 { "</a> /" } else { " /" });
        }
        page.push_str("</h1>\n</nav>\n</header>\n");
    }

    fn push_columns(&self, page: &mut String) {
        page.push_str("<thead>\n<tr>");
        for (key, name, title, first) in [
            (SortKey::Name, "name", "Name", Order::Ascending),
            (SortKey::Size, "size", "Size", Order::Descending),
            (SortKey::Modified, "modified", "Modified", Order::Descending),
        ] {
            let (aria, mark, next) = match self.sort {
                Sort { key: by, .. } if by != key => ("none", "", first),
                Sort {
                    order: Order::Ascending,
                    ..
                } => ("ascending", " ▲", Order::Descending),
                Sort {
                    order: Order::Descending,
                    ..
                } => ("descending", " ▼", Order::Ascending),
            };
            let order = match next {
                Order::Ascending => "asc",
                Order::Descending => "desc",
            };
            push(
                page,
                format_args!(
                    "<th scope=\"col\" class=\"{name}\" aria-sort=\"{aria}\">\
                     <a href=\"?sort={name}&amp;order={order}\">{title}{mark}</a></th>"
                ),
            );
        }
        page.push_str("</tr>\n</thead>\n");
    }

    fn push_footer(&self, page: &mut String) {
        let is_file = |entry: &&ListedEntry| entry.kind == EntryKind::File;
        let files = self.entries.iter().filter(is_file).count();
        let directories = self.entries.len() - files;
        let sizes = self.entries.iter().filter(is_file).map(|entry| entry.size);
        let total = sizes.fold(0, u64::saturating_add);
        let plural = |count, one, many| if count == 1 { one } else { many };
        push(
            page,
            format_args!(
                "<footer>\n<p>{directories} {}, {files} {}, <span title=\"{}\">{}</span>",
                plural(directories, "directory", "directories"),
                plural(files, "file", "files"),
                exact_size(total),
                human_size(total),
            ),
        );
        if self.cut {
            page.push_str("; there are more, too many to show");
        }
        page.push_str("; times in UTC</p>\n</footer>\n");
    }
}

fn push_row(page: &mut String, entry: &ListedEntry) {
    let (class, slash) = match entry.kind {
        EntryKind::Directory => ("dir", "/"),
        EntryKind::File => ("file", ""),
    };
    let name = entry.name.as_encoded_bytes();
    let href = encode_segment(name);
    push(
        page,
        format_args!("<tr class=\"{class}\"><td class=\"name\"><a href=\"./{href}{slash}\"><bdi>"),
    );
    push_shown(page, name);
    push(
        page,
        format_args!("</bdi>{slash}</a></td><td class=\"size\""),
    );
    match entry.kind {
        EntryKind::Directory => page.push('>'),
        EntryKind::File => push(
            page,
            format_args!(
                " title=\"{}\">{}",
                exact_size(entry.size),
                human_size(entry.size)
            ),
        ),
    }
    page.push_str("</td><td class=\"modified\">");
    if let Some(time) = Timestamp::from_system(entry.modified) {
        let Timestamp {
            year,
            month,
            day,
            hour,
            minute,
            ..
        } = time;
        push(
            page,
            format_args!(
                "<time datetime=\"{}\">{year:04}-{month:02}-{day:02}\
                 <span> {hour:02}:{minute:02}</span></time>",
                time.rfc3339()
            ),
        );
    }
    page.push_str("</td></tr>\n");
}

fn push_object(json: &mut String, entry: &ListedEntry) {
    let name = entry.name.as_encoded_bytes();
    json.push_str("{\"name\":\"");
    push_json_text(json, &String::from_utf8_lossy(name));
    json.push_str("\",");
    if std::str::from_utf8(name).is_err() {
        json.push_str("\"lossy\":true,");
    }
    match entry.kind {
        EntryKind::Directory => json.push_str("\"type\":\"directory\",\"size\":null"),
        EntryKind::File => push(
            json,
            format_args!("\"type\":\"file\",\"size\":{}", entry.size),
        ),
    }
    match Timestamp::from_system(entry.modified) {
        Some(time) => push(json, format_args!(",\"modified\":\"{}\"", time.rfc3339())),
        None => json.push_str(",\"modified\":null"),
    }
    let slash = match entry.kind {
        EntryKind::Directory => "/",
        EntryKind::File => "",
    };
    push(
        json,
        format_args!(",\"href\":\"./{}{slash}\"}}", encode_segment(name)),
    );
}

/// `<`, `>` and `&` are escaped too, for whoever puts the text into a page.
fn push_json_text(json: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            c if is_invisible(c) || matches!(c, '<' | '>' | '&' | '\0'..'\u{20}' | '\u{7f}') => {
                push(json, format_args!("\\u{:04x}", u32::from(c)));
            }
            c => json.push(c),
        }
    }
}

/// A name for human eyes, safe in text and in attributes.
fn push_shown(page: &mut String, name: &[u8]) {
    for chunk in name.utf8_chunks() {
        for c in chunk.valid().chars() {
            push_shown_char(page, c);
        }
        if !chunk.invalid().is_empty() {
            page.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

fn push_shown_char(page: &mut String, c: char) {
    match c {
        '&' => page.push_str("&amp;"),
        '<' => page.push_str("&lt;"),
        '>' => page.push_str("&gt;"),
        '"' => page.push_str("&quot;"),
        '\'' => page.push_str("&#39;"),
        // Few fonts have the pictures of control characters.
        c if c.is_ascii_control() || is_invisible(c) => {
            push(page, format_args!("[U+{:04X}]", u32::from(c)))
        }
        c => page.push(c),
    }
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

fn push(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = out.write_fmt(arguments);
}

fn exact_size(bytes: u64) -> String {
    let unit = if bytes == 1 { "byte" } else { "bytes" };
    format!("{bytes} {unit}")
}

/// `999 B`, `1.5 KiB`, `12 MiB`: never more than four digits.
fn human_size(bytes: u64) -> String {
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let bytes = u128::from(bytes);
    let mut unit: u128 = 1024;
    let mut names = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        .into_iter()
        .peekable();
    let mut name = names.next().unwrap_or_default();
    while (bytes + unit / 2) / unit >= 1024 && names.peek().is_some() {
        unit *= 1024;
        name = names.next().unwrap_or_default();
    }
    let tenths = (bytes * 10 + unit / 2) / unit;
    if tenths < 100 {
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    } else {
        format!("{} {name}", (bytes + unit / 2) / unit)
    }
}

/// A moment in UTC, in a year that four digits can say.
struct Timestamp {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
}

impl Timestamp {
    fn from_system(time: SystemTime) -> Option<Self> {
        let seconds = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_secs()).ok()?,
            Err(before) => {
                let before = before.duration();
                let whole = i64::try_from(before.as_secs()).ok()?;
                whole.checked_neg()? - i64::from(before.subsec_nanos() > 0)
            }
        };
        let (year, month, day) = civil(seconds.div_euclid(86_400));
        let second = seconds.rem_euclid(86_400);
        (0..=9999).contains(&year).then_some(Self {
            year,
            month,
            day,
            hour: second / 3600,
            minute: second / 60 % 60,
            second: second % 60,
        })
    }

    fn rfc3339(&self) -> String {
        let Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
        } = self;
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }
}

/// Year, month and day of a day counted from 1970-01-01.
///
/// Years are taken to begin in March, which puts the leap day at the end, and are counted in
/// eras of 400 years, each 146,097 days long.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let leap_days = day_of_era / 1_460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

/// The icons are shapes that the style cuts out, since a page like this loads nothing.
const STYLE: &str = "
:root{color-scheme:light dark;--fg:#1c2024;--dim:#60646c;--bg:#f6f7f9;--card:#fff;--line:#e4e6ea;--link:#0b57d0;--hover:#f1f5fc;--dir:#3b82f6;--file:#b0b7c3}
@media (prefers-color-scheme:dark){:root{--fg:#e6e8eb;--dim:#9ba1a8;--bg:#111315;--card:#191b1f;--line:#2b2f35;--link:#8ab4f8;--hover:#21262e;--dir:#6ea1f7;--file:#5d6672}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:64rem;padding:1.5rem 1rem;color:var(--fg);background:var(--bg);font:.9375rem/1.5 system-ui,sans-serif}
h1{margin:0 .25rem 1rem;font-size:1.25rem;font-weight:600;overflow-wrap:anywhere}
a{color:var(--link);text-decoration:none}
a:hover,a:focus-visible{text-decoration:underline}
main{background:var(--card);border:1px solid var(--line);border-radius:.5rem;overflow:hidden}
table{width:100%;border-collapse:collapse}
th,td{padding:.45rem 1rem .45rem 0;text-align:left;vertical-align:top}
th:first-child,td:first-child{padding-left:1rem}
th{font-weight:600;font-size:.8125rem;white-space:nowrap}
th a{color:var(--dim)}
tbody td{border-top:1px solid var(--line)}
tbody tr:hover{background:var(--hover)}
.name{width:100%;overflow-wrap:anywhere}
td.name a{display:block;position:relative;padding-left:1.75rem}
td.name bdi{white-space:pre-wrap}
td.name a::before{content:'';position:absolute;left:0;top:.2rem;width:16px;height:16px;background:var(--file);clip-path:path('M3 1h6v4h4v10H3zM10 1l3 3h-3z')}
.dir td.name a::before{background:var(--dir);clip-path:path('M1 2h5l2 2h7v10H1z')}
.up td.name a::before{background:var(--dim);clip-path:path('M8 2l5 5-1.4 1.4L9 5.8V14H7V5.8L4.4 8.4 3 7z')}
.size,.modified{text-align:right;white-space:nowrap}
td.size,td.modified{color:var(--dim);font-variant-numeric:tabular-nums}
.dir .name{font-weight:600}
.none,footer{color:var(--dim)}
footer{padding:0 .25rem;font-size:.8125rem}
@media (max-width:36rem){body{padding:.75rem .5rem}td{padding:.65rem .75rem .65rem 0}th{padding-right:.75rem}th:first-child,td:first-child{padding-left:.75rem}td.size,td.modified{font-size:.8125rem;line-height:1.73}time span{display:none}}
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::Dotfiles;
    use proptest::prelude::*;
    use std::time::Duration;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn file(name: &str, size: u64, modified: u64) -> ListedEntry {
        ListedEntry {
            name: name.into(),
            kind: EntryKind::File,
            size,
            modified: at(modified),
        }
    }

    fn directory(name: &str, modified: u64) -> ListedEntry {
        ListedEntry {
            kind: EntryKind::Directory,
            ..file(name, 4096, modified)
        }
    }

    fn path(url: &str) -> SitePath {
        SitePath::resolve(url.as_bytes(), Dotfiles::Hide).unwrap()
    }

    fn listing<'a>(path: &'a SitePath, entries: &[ListedEntry], query: &str) -> Listing<'a> {
        let found = DirectoryEntries {
            entries: entries.to_vec(),
            cut: false,
        };
        Listing::new(path, found, Sort::from_query(Some(query.as_bytes())))
    }

    #[track_caller]
    fn check_order(query: &str, expected: &[&str]) {
        let entries = [
            file("b10", 5, 30),
            file("B2", 7, 10),
            directory("z", 5),
            file("a", 7, 20),
            directory("Y", 9),
        ];
        let root = path("/");
        let names: Vec<_> = listing(&root, &entries, query)
            .entries
            .into_iter()
            .map(|entry| entry.name)
            .collect();
        assert_eq!(names, expected, "{query}");
    }

    #[test]
    fn orders() {
        check_order("", &["Y", "z", "a", "B2", "b10"]);
        check_order("order=desc", &["z", "Y", "b10", "B2", "a"]);
        check_order("sort=size", &["Y", "z", "b10", "a", "B2"]);
        check_order("sort=size&order=desc", &["Y", "z", "a", "B2", "b10"]);
        check_order("sort=modified&order=asc", &["z", "Y", "B2", "a", "b10"]);
        check_order("order=desc&sort=modified", &["Y", "z", "b10", "a", "B2"]);
        check_order("sort=%6eame&order=up&x&&=", &["Y", "z", "a", "B2", "b10"]);
    }

    #[track_caller]
    fn check_format(accept: &[&str], expected: Format) {
        let lines = accept.iter().map(|line| line.as_bytes());
        assert_eq!(Format::negotiate(lines), expected, "{accept:?}");
    }

    #[test]
    fn formats() {
        use Format::{Html, Json};
        check_format(&[], Html);
        check_format(&[""], Html);
        check_format(&["*/*"], Html);
        check_format(&["text/html,application/xhtml+xml,*/*;q=0.8"], Html);
        check_format(&["application/json"], Json);
        check_format(&["APPLICATION/JSON"], Json);
        check_format(&["application/*"], Json);
        check_format(&["application/json, */*"], Html);
        check_format(&["application/json, */*;q=0.1"], Json);
        check_format(&["text/html;q=0.5, application/json"], Json);
        check_format(&["text/html", "application/json;q=0.9"], Html);
        check_format(&["text/html;q=0.2", "application/json ; q=0.9"], Json);
        check_format(&["text/html;q=0, */*"], Json);
        check_format(&["application/json;q=0"], Html);
        check_format(&["application/json;q=2"], Html);
        check_format(&["application/json;q=0.1234"], Html);
        check_format(&["application/json;q="], Html);
        check_format(&["application/json;x=\"a,b;q=0\";q=1.000"], Json);
        check_format(&["a/b;x=\"\\\",\", application/json"], Json);
        check_format(&["image/png"], Html);
    }

    #[test]
    fn a_whole_page() {
        let path = path("/docs/r&d/");
        let entries = [file("a.txt", 1536, 1_785_600_000), directory("b", 0)];
        let page = listing(&path, &entries, "").to_html();
        let expected = "<title>Index of /docs/r&amp;d/</title>";
        assert!(page.contains(expected), "{page}");
        let expected = "<h1><a href=\"./../../\" aria-label=\"Top\">/</a> \
             <a href=\"./../\"><bdi>docs</bdi></a> / <bdi>r&amp;d</bdi> /</h1>";
        assert!(page.contains(expected), "{page}");
        let expected = "<th scope=\"col\" class=\"name\" aria-sort=\"ascending\">\
             <a href=\"?sort=name&amp;order=desc\">Name ▲</a></th>\
             <th scope=\"col\" class=\"size\" aria-sort=\"none\">\
             <a href=\"?sort=size&amp;order=desc\">Size</a></th>";
        assert!(page.contains(expected), "{page}");
        let expected = "<td class=\"name\"><a href=\"../\">Parent directory</a></td>";
        assert!(page.contains(expected), "{page}");
        let expected = "<tr class=\"dir\"><td class=\"name\"><a href=\"./b/\"><bdi>b</bdi>/</a></td>\
             <td class=\"size\"></td><td class=\"modified\">\
             <time datetime=\"1970-01-01T00:00:00Z\">1970-01-01<span> 00:00</span></time></td></tr>\n\
             <tr class=\"file\"><td class=\"name\"><a href=\"./a.txt\"><bdi>a.txt</bdi></a></td>\
             <td class=\"size\" title=\"1536 bytes\">1.5 KiB</td><td class=\"modified\">\
             <time datetime=\"2026-08-01T16:00:00Z\">2026-08-01<span> 16:00</span></time></td></tr>\n";
        assert!(page.contains(expected), "{page}");
        let expected =
            "<p>1 directory, 1 file, <span title=\"1536 bytes\">1.5 KiB</span>; times in UTC</p>";
        assert!(page.contains(expected), "{page}");
        assert!(!page.contains("<script"), "{page}");
    }

    #[test]
    fn an_empty_root_and_a_cut_directory() {
        let root = path("/");
        let page = listing(&root, &[], "").to_html();
        assert!(page.contains("Nothing here") && !page.contains("Parent directory"));
        assert!(page.contains(
            "<p>0 directories, 0 files, <span title=\"0 bytes\">0 B</span>; times in UTC</p>"
        ));
        assert!(page.contains("<h1><a href=\"./\" aria-label=\"Top\">/</a></h1>"));
        let found = DirectoryEntries {
            entries: vec![file("a", 1, 0)],
            cut: true,
        };
        let page = Listing::new(&root, found, Sort::default()).render(Format::Html);
        assert_eq!(page.matches("title=\"1 byte\">1 B<").count(), 2, "{page}");
        assert!(page.contains("; there are more, too many to show; times in UTC</p>"));
        assert_eq!(listing(&root, &[], "").to_json(), "[\n]\n");
    }

    #[test]
    fn sorted_columns_turn_around() {
        let root = path("/");
        let page = listing(&root, &[], "sort=size&order=desc").to_html();
        assert!(
            page.contains("aria-sort=\"descending\"><a href=\"?sort=size&amp;order=asc\">Size ▼")
        );
        assert!(page.contains("aria-sort=\"none\"><a href=\"?sort=name&amp;order=asc\">Name<"));
    }

    #[track_caller]
    fn check_name(name: &str, shown: &str, href: &str) {
        let root = path("/");
        let page = listing(&root, &[file(name, 1, 0)], "").to_html();
        let expected = format!("<a href=\"./{href}\"><bdi>{shown}</bdi></a>");
        assert!(page.contains(&expected), "{page}");
    }

    #[test]
    fn ugly_names() {
        check_name("f g.txt", "f g.txt", "f%20g.txt");
        check_name(
            "<img src=x onerror=1>",
            "&lt;img src=x onerror=1&gt;",
            "%3Cimg%20src%3Dx%20onerror%3D1%3E",
        );
        check_name("\"'&", "&quot;&#39;&amp;", "%22%27%26");
        check_name("&amp;", "&amp;amp;", "%26amp%3B");
        check_name(
            "javascript:alert(1)",
            "javascript:alert(1)",
            "javascript%3Aalert%281%29",
        );
        check_name(
            "a\nb\r\t\u{1b}\u{7f}",
            "a[U+000A]b[U+000D][U+0009][U+001B][U+007F]",
            "a%0Ab%0D%09%1B%7F",
        );
        check_name("gpj.\u{202e}exe", "gpj.[U+202E]exe", "gpj.%E2%80%AEexe");
        check_name(
            "a\u{85}\u{200b}\u{2028}\u{feff}",
            "a[U+0085][U+200B][U+2028][U+FEFF]",
            "a%C2%85%E2%80%8B%E2%80%A8%EF%BB%BF",
        );
        check_name("سلام.txt", "سلام.txt", "%D8%B3%D9%84%D8%A7%D9%85.txt");
        check_name("?sort=x#y%41", "?sort=x#y%41", "%3Fsort%3Dx%23y%2541");
        let long = "n".repeat(200);
        check_name(&long, &long, &long);
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_not_utf_8() {
        use std::os::unix::ffi::OsStringExt;
        let root = path("/");
        let mut entry = file("", 3, 0);
        entry.name = std::ffi::OsString::from_vec(b"a\xff\xfe<".to_vec());
        let listing = listing(&root, &[entry], "");
        let page = listing.to_html();
        assert!(
            page.contains("<a href=\"./a%FF%FE%3C\"><bdi>a\u{fffd}\u{fffd}&lt;</bdi></a>"),
            "{page}"
        );
        assert_eq!(
            listing.render(Format::Json),
            "[\n{\"name\":\"a\u{fffd}\u{fffd}\\u003c\",\"lossy\":true,\"type\":\"file\",\"size\":3,\
             \"modified\":\"1970-01-01T00:00:00Z\",\"href\":\"./a%FF%FE%3C\"}\n]\n"
        );
    }

    #[test]
    fn json_objects() {
        let root = path("/");
        let entries = [file("a \"\\\n.txt", 10, 784_111_777), directory("é", 0)];
        let json = listing(&root, &entries, "").to_json();
        let parsed: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(
            parsed,
            serde_json::json!([
                {"name": "é", "type": "directory", "size": null,
                 "modified": "1970-01-01T00:00:00Z", "href": "./%C3%A9/"},
                {"name": "a \"\\\n.txt", "type": "file", "size": 10,
                 "modified": "1994-11-06T08:49:37Z", "href": "./a%20%22%5C%0A.txt"},
            ])
        );
    }

    #[track_caller]
    fn check_size(bytes: u64, expected: &str) {
        assert_eq!(human_size(bytes), expected);
    }

    #[test]
    fn sizes() {
        check_size(0, "0 B");
        check_size(1023, "1023 B");
        check_size(1024, "1.0 KiB");
        check_size(1536, "1.5 KiB");
        check_size(10_188, "9.9 KiB");
        check_size(10_200, "10 KiB");
        check_size(1_048_063, "1023 KiB");
        check_size(1_048_064, "1.0 MiB");
        check_size(5 << 30, "5.0 GiB");
        check_size(u64::MAX, "16 EiB");
    }

    #[track_caller]
    fn check_time(time: SystemTime, expected: Option<&str>) {
        let shown = Timestamp::from_system(time).map(|time| time.rfc3339());
        assert_eq!(shown.as_deref(), expected);
    }

    #[test]
    fn times() {
        check_time(at(0), Some("1970-01-01T00:00:00Z"));
        check_time(at(951_782_400), Some("2000-02-29T00:00:00Z"));
        check_time(at(4_107_542_399), Some("2100-02-28T23:59:59Z"));
        check_time(at(253_402_300_799), Some("9999-12-31T23:59:59Z"));
        check_time(at(253_402_300_800), None);
        check_time(
            UNIX_EPOCH - Duration::from_millis(1),
            Some("1969-12-31T23:59:59Z"),
        );
        let year_zero = Duration::from_secs(62_167_219_200);
        if let Some(time) = UNIX_EPOCH.checked_sub(year_zero) {
            check_time(time, Some("0000-01-01T00:00:00Z"));
        }
        for bit in 0..63 {
            let far = Duration::from_secs(1 << bit);
            for time in [UNIX_EPOCH.checked_add(far), UNIX_EPOCH.checked_sub(far)] {
                time.map(Timestamp::from_system);
            }
        }
    }

    proptest! {
        /// Against httpdate, which goes another way about it.
        #[test]
        fn days_are_those_of_httpdate(seconds in 0_u64..253_402_300_800) {
            let own = Timestamp::from_system(at(seconds)).unwrap();
            let theirs = httpdate::fmt_http_date(at(seconds));
            let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
            let month = months[own.month as usize - 1];
            prop_assert_eq!(
                &theirs[5..],
                format!("{:02} {month} {:04} {:02}:{:02}:{:02} GMT", own.day, own.year, own.hour, own.minute, own.second)
            );
        }

        #[test]
        fn no_name_breaks_the_page(names in proptest::collection::vec(
            prop_oneof!["[ -~]{1,20}", any::<String>(), "[<>&\"'/=]{1,9}"], 0..4)
        ) {
            let root = path("/");
            let entries: Vec<_> = names.iter().map(|name| file(name, 1, 0)).collect();
            let listing = listing(&root, &entries, "");
            let plain = super::Listing::new(&root, DirectoryEntries {
                entries: vec![file("x", 1, 0); entries.len()], cut: false,
            }, Sort::default()).to_html();
            let page = listing.to_html();
            // As many tags and quotes as with harmless names.
            for mark in ['<', '>', '"'] {
                prop_assert_eq!(page.matches(mark).count(), plain.matches(mark).count());
            }
            prop_assert!(!page.chars().any(|c| c.is_control() && c != '\n'));
            let parsed: serde_json::Value = serde_json::from_str(&listing.to_json()).unwrap();
            let mut listed: Vec<_> = parsed.as_array().unwrap().iter()
                .map(|entry| entry["name"].as_str().unwrap().to_owned()).collect();
            let mut names = names;
            listed.sort();
            names.sort();
            prop_assert_eq!(listed, names);
        }

        #[test]
        fn natural_is_an_order(names in proptest::collection::vec("[aAbB0-3é.]{0,6}", 3)) {
            let name = |index: usize| OsStr::new(&names[index]);
            prop_assert_eq!(natural(name(0), name(1)), natural(name(1), name(0)).reverse());
            prop_assert_eq!(natural(name(0), name(1)).is_eq(), names[0] == names[1]);
            if natural(name(0), name(1)).is_le() && natural(name(1), name(2)).is_le() {
                prop_assert!(natural(name(0), name(2)).is_le());
            }
        }

        #[test]
        fn any_bytes_can_be_accepted(lines in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..3)) {
            let _ = Format::negotiate(lines.iter().map(Vec::as_slice));
            let _ = Sort::from_query(lines.first().map(Vec::as_slice));
        }
    }
}
