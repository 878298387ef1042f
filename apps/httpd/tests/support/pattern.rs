//! The few regular expressions that the rows use: characters, `.`, `\d`, `\b`, groups with
//! alternatives, `(?=…)`, `^`, `$`, and `? * +` behind one item.

use std::iter::Peekable;
use std::str::Chars;

/// Whether `pattern` is found anywhere in `text`.
pub(crate) fn is_found(pattern: &str, text: &str) -> bool {
    let mut rest = pattern.chars().peekable();
    let branches = alternatives(&mut rest);
    assert_eq!(rest.next(), None, "unbalanced group in {pattern:?}");
    let text: Vec<char> = text.chars().collect();
    (0..=text.len()).any(|start| any(&branches, &text, start, &mut |_| true))
}

enum Item {
    One(char),
    Any,
    Digit,
    Boundary,
    Start,
    End,
    Ahead(Vec<Branch>),
    Group(Vec<Branch>),
    Repeat(Box<Self>, usize, usize),
}

type Branch = Vec<Item>;

fn alternatives(rest: &mut Peekable<Chars<'_>>) -> Vec<Branch> {
    let mut branches = vec![Vec::new()];
    while let Some(&c) = rest.peek() {
        if c == ')' {
            break;
        }
        rest.next();
        let branch = branches.last_mut().expect("never empty");
        let item = match c {
            '|' => {
                branches.push(Vec::new());
                continue;
            }
            '^' => Item::Start,
            '$' => Item::End,
            '.' => Item::Any,
            '(' => group(rest),
            '\\' => match rest.next().expect("something escaped") {
                'd' => Item::Digit,
                'b' => Item::Boundary,
                c if c.is_ascii_alphanumeric() => panic!("unknown escape \\{c}"),
                c => Item::One(c),
            },
            '[' | ']' | '{' | '}' => panic!("the pattern language has no {c:?}"),
            c => Item::One(c),
        };
        let (min, max) = match rest.peek() {
            Some('?') => (0, 1),
            Some('*') => (0, usize::MAX),
            Some('+') => (1, usize::MAX),
            _ => {
                branch.push(item);
                continue;
            }
        };
        rest.next();
        branch.push(Item::Repeat(Box::new(item), min, max));
    }
    branches
}

fn group(rest: &mut Peekable<Chars<'_>>) -> Item {
    let mut ahead = false;
    if rest.next_if_eq(&'?').is_some() {
        assert_eq!(rest.next(), Some('='), "the only group of its kind");
        ahead = true;
    }
    let branches = alternatives(rest);
    assert_eq!(rest.next(), Some(')'), "unbalanced group");
    if ahead {
        Item::Ahead(branches)
    } else {
        Item::Group(branches)
    }
}

type Then<'t> = &'t mut dyn FnMut(usize) -> bool;

fn any(branches: &[Branch], text: &[char], at: usize, then: Then<'_>) -> bool {
    branches.iter().any(|branch| all(branch, text, at, then))
}

fn all(items: &[Item], text: &[char], at: usize, then: Then<'_>) -> bool {
    match items {
        [] => then(at),
        [first, rest @ ..] => one(first, text, at, &mut |at| all(rest, text, at, then)),
    }
}

fn one(item: &Item, text: &[char], at: usize, then: Then<'_>) -> bool {
    let is_word = |at: Option<usize>| {
        at.and_then(|at| text.get(at))
            .is_some_and(|c| c.is_alphanumeric() || *c == '_')
    };
    let here = text.get(at);
    match item {
        Item::One(c) => here == Some(c) && then(at + 1),
        Item::Any => here.is_some() && then(at + 1),
        Item::Digit => here.is_some_and(char::is_ascii_digit) && then(at + 1),
        Item::Boundary => is_word(Some(at)) != is_word(at.checked_sub(1)) && then(at),
        Item::Start => at == 0 && then(at),
        Item::End => at == text.len() && then(at),
        Item::Ahead(branches) => any(branches, text, at, &mut |_| true) && then(at),
        Item::Group(branches) => any(branches, text, at, then),
        Item::Repeat(item, min, max) => repeat(item, *min, *max, text, at, then),
    }
}

fn repeat(item: &Item, min: usize, max: usize, text: &[char], at: usize, then: Then<'_>) -> bool {
    let more = max > 0
        && one(item, text, at, &mut |next| {
            // An item that used nothing would go on for ever.
            next > at && repeat(item, min.saturating_sub(1), max - 1, text, next, then)
        });
    more || (min == 0 && then(at))
}

#[test]
fn patterns() {
    #[track_caller]
    fn check(pattern: &str, text: &str, expected: bool) {
        assert_eq!(is_found(pattern, text), expected, "{pattern} in {text}");
    }
    check(
        "^text/html; ?charset=utf-8$",
        "text/html; charset=utf-8",
        true,
    );
    check(
        "^text/html; ?charset=utf-8$",
        "text/html;charset=utf-8",
        true,
    );
    check(
        "^text/html; ?charset=utf-8$",
        "text/html; charset=utf-8x",
        false,
    );
    check(r"^(?=.*\bGET\b)(?=.*\bHEAD\b)", "HEAD, GET", true);
    check(r"^(?=.*\bGET\b)(?=.*\bHEAD\b)", "GET, HEADS", false);
    check(r"^(/sub/|https?://x(:\d+)?/sub/)$", "/sub/", true);
    check(
        r"^(/sub/|https?://x(:\d+)?/sub/)$",
        "http://x:80/sub/",
        true,
    );
    check(r"^(/sub/|https?://x(:\d+)?/sub/)$", "http://x:/sub/", false);
    check(r"^(//|/\\|\\)", "//evil", true);
    check(r"^(//|/\\|\\)", "/\\evil", true);
    check(r"^(//|/\\|\\)", "/evil", false);
    check(r"evil\.example", "http://evil.example/", true);
    check(r"evil\.example", "evilxexample", false);
    check("^image/svg\\+xml", "image/svg+xml; charset=utf-8", true);
    check("a+b", "caaab", true);
    check("a+b", "cb", false);
}
