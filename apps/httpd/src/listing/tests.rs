use super::date::Timestamp;
use super::page::human_size;
use super::sort::natural;
use super::*;
use crate::path::Dotfiles;
use crate::root::EntryKind;
use proptest::prelude::*;
use std::ffi::OsStr;
use std::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

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
    assert!(page.contains("aria-sort=\"descending\"><a href=\"?sort=size&amp;order=asc\">Size ▼"));
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
    fn moments_are_those_of_httpdate(seconds in 0_u64..253_402_300_800) {
        let shown = Timestamp::from_system(at(seconds)).unwrap().rfc3339();
        let theirs = httpdate::fmt_http_date(at(seconds));
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let month: usize = shown[5..7].parse().unwrap();
        let (year, day, clock) = (&shown[..4], &shown[8..10], &shown[11..19]);
        prop_assert_eq!(&theirs[5..], format!("{day} {} {year} {clock} GMT", months[month - 1]));
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
