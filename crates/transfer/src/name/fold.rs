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

fn fold_text(text: &str) -> String {
    let folded = CASE.fold_string(&NFC.normalize(text)).into_owned();
    let seen: String = folded.chars().filter(|&c| !UNSEEN.contains(c)).collect();
    NFC.normalize(&seen).into_owned()
}
