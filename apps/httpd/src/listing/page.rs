//! The page for people.

use super::date::Timestamp;
use super::{Listing, Order, Sort, SortKey, is_invisible, push};
use crate::path::encode_segment;
use crate::root::{EntryKind, ListedEntry};

impl Listing<'_> {
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
        let (full, date, minute) = (time.rfc3339(), time.date(), time.minute());
        push(
            page,
            format_args!("<time datetime=\"{full}\">{date}<span> {minute}</span></time>"),
        );
    }
    page.push_str("</td></tr>\n");
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

fn exact_size(bytes: u64) -> String {
    let unit = if bytes == 1 { "byte" } else { "bytes" };
    format!("{bytes} {unit}")
}

/// `999 B`, `1.5 KiB`, `12 MiB`: never more than four digits.
pub(super) fn human_size(bytes: u64) -> String {
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
