use std::borrow::Cow;

use icu_casemap::{CaseMapper, CaseMapperBorrowed};
use icu_normalizer::{ComposingNormalizer, ComposingNormalizerBorrowed};
use icu_properties::props::DefaultIgnorableCodePoint;
use icu_properties::{CodePointSetData, CodePointSetDataBorrowed};

const NFC: ComposingNormalizerBorrowed<'static> = ComposingNormalizer::new_nfc();
const CASE: CaseMapperBorrowed<'static> = CaseMapper::new();
const UNSEEN: CodePointSetDataBorrowed<'static> =
    CodePointSetData::new::<DefaultIgnorableCodePoint>();

/// What is left of a path where neither case, nor the form of accents, nor what cannot be seen counts.
///
/// Two paths with the same result would be one file on some file system: APFS, NTFS, and ext4 with case folding, which
/// also passes over [characters that are ignored by default](https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point),
/// as HFS+ does over some. The result is only for comparing: normal form C, with full case folding. A component that is
/// not UTF-8 stays as it is.
#[must_use]
pub fn fold(path: &[u8]) -> Cow<'_, [u8]> {
    if path.is_ascii() {
        return match path.iter().any(u8::is_ascii_uppercase) {
            true => path.to_ascii_lowercase().into(),
            false => path.into(),
        };
    }
    let mut folded = Vec::with_capacity(path.len());
    for (i, component) in path.split(|&byte| byte == b'/').enumerate() {
        if i > 0 {
            folded.push(b'/');
        }
        match str::from_utf8(component) {
            Ok(text) => folded.extend_from_slice(fold_text(text).as_bytes()),
            Err(_) => folded.extend_from_slice(component),
        }
    }
    folded.into()
}

/// Whether the first byte of what a component [folds](fold) to is a full stop, which no other character folds to.
pub(super) fn begins_with_dot(component: &[u8]) -> bool {
    match str::from_utf8(component) {
        Ok(text) => text.chars().find(|&c| !UNSEEN.contains(c)) == Some('.'),
        Err(_) => component.starts_with(b"."),
    }
}

fn fold_text(text: &str) -> String {
    let folded = CASE.fold_string(&NFC.normalize(text)).into_owned();
    let seen: String = folded.chars().filter(|&c| !UNSEEN.contains(c)).collect();
    NFC.normalize(&seen).into_owned()
}

#[cfg(test)]
mod tests {
    use icu_normalizer::DecomposingNormalizer;

    use super::*;

    #[track_caller]
    fn same(names: &[&str]) {
        for name in names {
            assert_eq!(fold(name.as_bytes()), fold(names[0].as_bytes()), "{name:?}");
        }
    }

    #[track_caller]
    fn differ(a: &[u8], b: &[u8]) {
        assert_ne!(fold(a), fold(b), "{a:?} {b:?}");
    }

    #[test]
    fn what_a_file_system_takes_for_the_same() {
        same(&["readme.txt", "README.TXT", "ReadMe.txt"]);
        same(&["a/b", "A/B"]);
        // Composed, decomposed, capital.
        same(&["é", "e\u{301}", "É", "E\u{301}"]);
        same(&["straße", "STRASSE", "strasse", "STRA\u{1e9e}E"]);
        same(&["σ", "ς", "Σ"]);
        // Kelvin, Ångström, long s, and a ligature of two letters.
        same(&["k", "\u{212a}"]);
        same(&["å", "\u{212b}", "A\u{30a}"]);
        same(&["st", "\u{17f}t", "\u{fb06}", "\u{fb05}"]);
        // Iota below, in every order of the marks.
        same(&["\u{1fb4}", "α\u{345}\u{301}", "α\u{301}\u{345}", "Ά\u{399}"]);
        // Hangul, in one piece and in three.
        same(&["각", "\u{1100}\u{1161}\u{11a8}"]);
        // What is not seen: joiner, soft hyphen, selector, filler of a grapheme.
        same(&["ab", "a\u{200d}b", "a\u{ad}b", "a\u{fe0f}b", "\u{200b}ab"]);
        same(&["é", "e\u{34f}\u{301}"]);
    }

    #[test]
    fn what_stays_apart() {
        differ(b"a/b", b"ab");
        differ(b"a/b", b"a-b");
        differ("é".as_bytes(), b"e");
        // Compatible, not equivalent: no file system takes these for the same.
        differ("\u{fb01}x".as_bytes(), "\u{ff46}ix".as_bytes());
        differ("x²".as_bytes(), b"x2");
        // Of another language's case.
        differ("ı".as_bytes(), b"i");
        // Not UTF-8: byte by byte, in that component alone.
        differ(b"\xe9A", b"\xe9a");
        differ(b"\xe9", "é".as_bytes());
        assert_eq!(fold(b"\xe9/A/\xe9B"), b"\xe9/a/\xe9B".as_slice());
    }

    #[test]
    fn every_character_folds_once_and_as_its_parts() {
        let nfd = DecomposingNormalizer::new_nfd();
        // Beyond are ideographs and what is ignored.
        for c in '\0'..'\u{20000}' {
            let name = c.to_string();
            let folded = fold(name.as_bytes());
            assert_eq!(fold(&folded), folded, "{c:?}");
            let parts = nfd.normalize(&name);
            assert_eq!(fold(parts.as_bytes()), folded, "{c:?}");
            assert_eq!(folded.starts_with(b"."), begins_with_dot(name.as_bytes()));
        }
    }
}
