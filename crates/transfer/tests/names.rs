//! The table of names: what is refused, from which rules on, and in which words.

use barewire_transfer::limits::Limits;
use barewire_transfer::manifest::{ManifestReader, OfferErrorKind};
use barewire_transfer::name::{
    Encoding, EntryPath, Escaped, NameErrorKind, NameRules, Portable, is_reserved,
};
use proptest::prelude::*;

const fn rules(encoding: Encoding, portable: Portable) -> NameRules {
    NameRules {
        encoding,
        portable,
        component_bytes_max: 255,
        path_bytes_max: 4096,
        depth_max: 64,
    }
}

const BYTES: NameRules = rules(Encoding::Bytes, Portable::No);
const UTF8: NameRules = rules(Encoding::Utf8, Portable::No);
const PORTABLE: NameRules = rules(Encoding::Utf8, Portable::Yes);
/// Portable names are text, whatever the encoding says.
const PORTABLE_BYTES: NameRules = rules(Encoding::Bytes, Portable::Yes);

/// From the most lenient on.
const ALL: [NameRules; 4] = [BYTES, UTF8, PORTABLE, PORTABLE_BYTES];

/// What a file is refused for that a hostile peer offers, who writes its entry by hand.
fn offered(path: &[u8], rules: NameRules) -> Result<(), String> {
    let len = u16::try_from(path.len()).expect("a length of 16 bits");
    let entry = [&[2, 0], &len.to_be_bytes(), path, &[0; 16]].concat();
    let mut reader = ManifestReader::new(rules, Limits::default());
    let Err(error) = reader.part(&entry) else {
        return Ok(());
    };
    let OfferErrorKind::Name(name) = &error.kind else {
        panic!("{error}");
    };
    assert_eq!(error.to_string(), format!("entry 0: {name}"));
    Err(name.to_string())
}

/// Refused by the rules from `first` on, and kept as it is by those before.
#[track_caller]
fn check(path: &[u8], first: usize, text: &str) {
    for (i, rules) in ALL.iter().enumerate() {
        let made = EntryPath::new(path, rules).map_err(|error| error.to_string());
        let kept = made.as_ref().map(EntryPath::as_bytes);
        let text = text.to_owned();
        let expected = if i < first { Ok(path) } else { Err(&text) };
        assert_eq!(kept, expected, "{rules:?}");
        assert_eq!(offered(path, *rules), made.map(|_| ()), "{rules:?}");
    }
}

#[track_caller]
fn never(path: impl AsRef<[u8]>, text: &str) {
    check(path.as_ref(), 0, text);
}

#[track_caller]
fn on_unix_alone(path: impl AsRef<[u8]>, text: &str) {
    check(path.as_ref(), 1, text);
}

#[track_caller]
fn not_portable(path: impl AsRef<[u8]>, text: &str) {
    check(path.as_ref(), 2, text);
}

#[track_caller]
fn allowed(path: impl AsRef<[u8]>) {
    check(path.as_ref(), ALL.len(), "");
}

fn escaped(name: &str) -> String {
    Escaped(name.as_bytes()).to_string()
}

#[test]
fn paths_that_lead_elsewhere() {
    never("", r#"empty name at byte 0 of """#);
    never("/", r#"absolute path at byte 0 of "/""#);
    never("/etc/x", r#"absolute path at byte 0 of "/etc/x""#);
    never("//h/s", r#"absolute path at byte 0 of "//h/s""#);
    never(".", r#"component '.' at byte 0 of ".""#);
    never("..", r#"component '..' at byte 0 of "..""#);
    never("../x", r#"component '..' at byte 0 of "../x""#);
    never("a/../../x", r#"component '..' at byte 2 of "a/../../x""#);
    never("a/./b", r#"component '.' at byte 2 of "a/./b""#);
    never("a/..", r#"component '..' at byte 2 of "a/..""#);
    never("a//b", r#"empty component at byte 2 of "a//b""#);
    never("a/", r#"empty component at byte 2 of "a/""#);
    never(
        r"C:\x",
        r#"path that begins with a drive at byte 0 of "C:\\x""#,
    );
    never(
        r"z:\",
        r#"path that begins with a drive at byte 0 of "z:\\""#,
    );
    never(
        r"\\h\s",
        r#"path that begins with a host at byte 0 of "\\\\h\\s""#,
    );
    never(
        r"\\?\C:\x",
        r#"path that begins with a host at byte 0 of "\\\\?\\C:\\x""#,
    );
    never(
        r"a\..\b",
        r#"'..' between backslashes at byte 2 of "a\\..\\b""#,
    );
    never(r"..\x", r#"'..' between backslashes at byte 0 of "..\\x""#);
    never(
        r"d/a\..",
        r#"'..' between backslashes at byte 4 of "d/a\\..""#,
    );
    not_portable("C:x", r#"path that begins with a drive at byte 0 of "C:x""#);
    not_portable(
        "C:/x",
        r#"path that begins with a drive at byte 0 of "C:/x""#,
    );
    not_portable("c:", r#"path that begins with a drive at byte 0 of "c:""#);
    allowed("..a/a..b/.a");
}

#[test]
fn bytes_that_no_name_has() {
    never(b"a\0b", r#"NUL at byte 1 of "a\0b""#);
    never(b"ok/\0", r#"NUL at byte 3 of "ok/\0""#);
    let join = |name: &str| {
        let dir = EntryPath::new(b"d", &BYTES).unwrap();
        dir.join(name.as_bytes(), &BYTES).unwrap_err().to_string()
    };
    assert_eq!(join("a/b"), r#"'/' in a component at byte 1 of "a/b""#);
    assert_eq!(join(".."), r#"component '..' at byte 0 of "..""#);
    assert_eq!(join(""), r#"empty component at byte 0 of """#);
}

#[test]
fn lengths() {
    let a = |n| "a".repeat(n);
    allowed(a(255));
    let path = format!("d/{}", a(256));
    let text = format!(r#"component longer than 255 bytes at byte 257 of "{path}""#);
    never(path, &text);
    // Bytes, not letters.
    allowed("é".repeat(127));
    assert!(EntryPath::new("é".repeat(128).as_bytes(), &BYTES).is_err());

    let long = |n: usize| format!("{}/{}", vec![a(239); 17].join("/"), a(n - 17 * 240));
    allowed(long(4096));
    for path in [long(4097), a(5000)] {
        let shown = &path[..300];
        let text = format!(r#"path longer than 4096 bytes at byte 4096 of "{shown}"…"#);
        never(&path, &text);
    }

    allowed(["d"; 64].join("/"));
    let path = ["d"; 65].join("/");
    let text = format!(r#"more than 64 components at byte 128 of "{path}""#);
    never(path, &text);
}

#[test]
fn a_limit_of_nothing_allows_nothing() {
    for (component, path, depth) in [(0, 9, 9), (9, 0, 9), (9, 9, 0)] {
        let rules = NameRules {
            component_bytes_max: component,
            path_bytes_max: path,
            depth_max: depth,
            ..BYTES
        };
        assert!(EntryPath::new(b"a", &rules).is_err(), "{rules:?}");
    }
}

#[test]
fn names_of_our_own_unfinished_files() {
    for name in [
        ".x.12345678.bw-part",
        "..bw-part",
        ".bw-part",
        ".x.bw-journal",
        ".X.BW-Part",
        // Forms that are the same to some file systems.
        ".x.bw-\u{200d}part",
        "\u{200c}.x.bw-part",
    ] {
        assert!(is_reserved(name.as_bytes()), "{name}");
        let shown = escaped(name);
        let text = format!(r#"name kept for unfinished files at byte 0 of "{shown}""#);
        never(name, &text);
    }
    assert!(is_reserved(b".\xff.BW-PART"));
    let text = r#"name kept for unfinished files at byte 2 of "d/.x.bw-journal/f""#;
    never("d/.x.bw-journal/f", text);
    for name in [
        "x.bw-part",
        ".x.bw-part.txt",
        ".x.part",
        ".bw-part-1",
        "bw-journal",
    ] {
        assert!(!is_reserved(name.as_bytes()), "{name}");
        allowed(name);
    }
}

#[test]
fn names_that_are_legal_on_unix_alone() {
    on_unix_alone("a\nb", r#"control character U+000A at byte 1 of "a\nb""#);
    on_unix_alone("a\tb", r#"control character U+0009 at byte 1 of "a\tb""#);
    on_unix_alone(
        "\x1b[2J",
        r#"control character U+001B at byte 0 of "\u{1b}[2J""#,
    );
    on_unix_alone(
        "a\u{7f}",
        r#"control character U+007F at byte 1 of "a\u{7f}""#,
    );
    on_unix_alone(
        "d/a\u{85}",
        r#"control character U+0085 at byte 3 of "d/a\u{85}""#,
    );
    on_unix_alone("a\\b", r#"backslash at byte 1 of "a\\b""#);
    on_unix_alone(r"d/C:\x", r#"backslash at byte 4 of "d/C:\\x""#);
    on_unix_alone(
        "x\u{202e}cod.exe",
        r#"U+202E that turns text round at byte 1 of "x\u{202e}cod.exe""#,
    );
    on_unix_alone(
        "a\u{feff}",
        r#"U+FEFF that cannot be seen at byte 1 of "a\u{feff}""#,
    );
    on_unix_alone(
        b"caf\xe9",
        r#"byte 0xe9 that is not UTF-8 at byte 3 of "caf\xe9""#,
    );
    let cut = b"a/\xf0\x9f\x98";
    on_unix_alone(
        cut,
        r#"byte 0xf0 that is not UTF-8 at byte 2 of "a/\xf0\x9f\x98""#,
    );
    // Half of a pair, as Windows may have in a name.
    let half = b"\xed\xa0\x80";
    on_unix_alone(
        half,
        r#"byte 0xed that is not UTF-8 at byte 0 of "\xed\xa0\x80""#,
    );
}

#[test]
fn every_control_and_every_mark_of_direction() {
    // Between are ideographs, and nothing.
    let characters = ('\0'..'\u{20000}').chain('\u{e0000}'..'\u{e0200}');
    for character in characters.filter(|&c| c != '/') {
        let expected = match u32::from(character) {
            0 => Some(NameErrorKind::Nul),
            0x5c => Some(NameErrorKind::Backslash),
            0x01..=0x1f | 0x7f..=0x9f => Some(NameErrorKind::Control { character }),
            0x61c | 0x200e | 0x200f | 0x202a..=0x202e | 0x2066..=0x2069 => {
                Some(NameErrorKind::Bidi { character })
            }
            0x180e | 0x2028 | 0x2029 | 0x2060..=0x2064 | 0x206a..=0x206f => {
                Some(NameErrorKind::Invisible { character })
            }
            0xfeff | 0xfff9..=0xfffb | 0xe0001 => Some(NameErrorKind::Invisible { character }),
            _ => None,
        };
        let name = format!("a{character}b");
        let refused = UTF8.check_path(name.as_bytes()).err();
        let refused = refused.map(|error| (error.kind, error.offset));
        assert_eq!(refused, expected.map(|kind| (kind, 1)), "{character:?}");
        let on_unix = BYTES.check_path(name.as_bytes());
        assert_eq!(on_unix.is_err(), character == '\0', "{character:?}");
    }
}

#[test]
fn names_that_windows_has_not() {
    for c in "<>:\"|?*".chars() {
        let shown = escaped(&format!("ab{c}d"));
        let text = format!(r#"'{c}' that Windows does not allow at byte 2 of "{shown}""#);
        not_portable(format!("ab{c}d"), &text);
    }
    not_portable("x.", r#"full stop that Windows drops at byte 1 of "x.""#);
    not_portable("...", r#"full stop that Windows drops at byte 2 of "...""#);
    not_portable(
        "d./x",
        r#"full stop that Windows drops at byte 1 of "d./x""#,
    );
    not_portable("x ", r#"space that Windows drops at byte 1 of "x ""#);
    not_portable(
        "... /x",
        r#"space that Windows drops at byte 3 of "... /x""#,
    );
    not_portable("COM1 ", r#"space that Windows drops at byte 4 of "COM1 ""#);
    not_portable(
        "d/CON",
        r#"name of a device on Windows at byte 2 of "d/CON""#,
    );
}

#[test]
fn devices() {
    let named = ["CON", "prn", "Aux", "nul", "CLOCK$", "conin$", "CONOUT$"].map(str::to_owned);
    let numbered = "0123456789¹²³".chars();
    let numbered = numbered.flat_map(|digit| [format!("COM{digit}"), format!("lpt{digit}")]);
    for device in named.into_iter().chain(numbered) {
        for behind in ["", ".txt", ".tar.gz", " .txt", "  . x"] {
            let name = format!("{device}{behind}");
            let text = format!(r#"name of a device on Windows at byte 0 of "{name}""#);
            not_portable(name, &text);
        }
        allowed(format!("{device}x"));
        allowed(format!("x{device}"));
        allowed(format!("x.{device}"));
        allowed(format!(" {device}"));
    }
    for name in [
        "COM", "COM10", "COM⁴", "LPTX", "CONIN", "CLOCK", "nul_", "n.ul",
    ] {
        allowed(name);
    }
}

#[test]
fn names_that_people_have() {
    for name in [
        "-rf",
        "--",
        "a b",
        " a",
        "~",
        "$HOME",
        "%2e%2e",
        "#x;y&z",
        "'",
        ".hidden",
        "résumé",
        "re\u{301}sume\u{301}",
        "日本語/ファイル",
        "שלום",
        "👨\u{200d}👩\u{200d}👧",
        "❤\u{fe0f}",
        "می\u{200c}خواهم",
        "ភាសា\u{200b}ខ្មែរ",
        "soft\u{ad}hyphen",
    ] {
        allowed(name);
    }
}

#[test]
fn parts_of_a_path() {
    let path = |path: &str| EntryPath::new(path.as_bytes(), &BYTES).unwrap();
    let deep = path("a/b/c.txt");
    assert!(deep.components().eq([b"a".as_slice(), b"b", b"c.txt"]));
    assert_eq!(deep.components().next_back(), Some(deep.name()));
    assert_eq!(deep.parent(), Some(b"a/b".as_slice()));
    assert_eq!((deep.top(), deep.depth()), (b"a".as_slice(), 3));
    let top = path("x");
    assert_eq!((top.parent(), top.name()), (None, b"x".as_slice()));
    assert_eq!((top.top(), top.depth()), (b"x".as_slice(), 1));

    assert_eq!(top.join(b"y", &BYTES), Ok(path("x/y")));
    assert_eq!(deep.with_top(b"new", &BYTES), Ok(path("new/b/c.txt")));
    assert_eq!(top.with_top(b"new", &BYTES), Ok(path("new")));
    for bad in ["", "..", "a/b", r"C:\x", "nul"] {
        assert!(deep.with_top(bad.as_bytes(), &PORTABLE).is_err(), "{bad}");
    }
    assert_eq!(path("a\n\\").to_string(), r"a\n\\");
    assert_eq!(format!("{:?}", path("a\n\"")), r#""a\n\"""#);
}

#[test]
fn a_directory_stands_before_what_is_in_it() {
    let paths = ["a-b", "a/b", "a", "a/b/c", "a.b", "b", "a\x01", "a/b-c"];
    let mut paths = paths.map(|path| EntryPath::new(path.as_bytes(), &BYTES).unwrap());
    paths.sort();
    let expected = ["a", "a/b", "a/b/c", "a/b-c", r"a\u{1}", "a-b", "a.b", "b"];
    assert_eq!(paths.map(|path| path.to_string()), expected);
}

/// Bytes of which names are made and broken.
fn path() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        6 => prop::sample::select(b"aab/.\\C:n".to_vec()),
        1 => any::<u8>(),
    ];
    prop::collection::vec(byte, 0..12)
}

proptest! {
    #[test]
    fn stricter_rules_allow_less(path in path()) {
        let allowed = ALL.map(|rules| rules.check_path(&path).is_ok());
        prop_assert!(allowed.is_sorted_by(|lenient, strict| lenient >= strict), "{allowed:?}");
        prop_assert_eq!(allowed[2], allowed[3]);
    }

    #[test]
    fn nothing_that_is_allowed_leads_out(path in path()) {
        let mut components = path.split(|&byte| byte == b'/');
        let mut pieces = path.split(|byte| b"/\\".contains(byte));
        if BYTES.check_path(&path).is_ok() {
            prop_assert!(components.all(|c| !matches!(c, b"" | b"." | b"..")));
            prop_assert!(pieces.all(|piece| piece != b".."));
            prop_assert!(!path.contains(&0));
        }
        if PORTABLE.check_path(&path).is_ok() {
            prop_assert!(!path.contains(&b'\\') && !path.contains(&b':'));
        }
    }

    #[test]
    fn order_is_that_of_components(a in path(), b in path()) {
        if let (Ok(a), Ok(b)) = (EntryPath::new(&a, &BYTES), EntryPath::new(&b, &BYTES)) {
            prop_assert_eq!(a.cmp(&b), a.components().cmp(b.components()));
            prop_assert_eq!(a == b, a.cmp(&b).is_eq());
        }
    }

    #[test]
    fn what_is_shown_is_one_line_and_tells_names_apart(a in path(), b in path()) {
        let show = |bytes| Escaped(bytes).to_string();
        prop_assert!(!show(&a).contains(char::is_control));
        prop_assert_eq!(show(&a) == show(&b), a == b);
    }
}
