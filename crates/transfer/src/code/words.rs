//! The list of words, and what somebody may have meant.

use bip39::Language;

/// Words in the list.
pub(super) const LIST_WORDS: usize = 2048;

/// So many letters tell all words apart.
const TELLING_LETTERS: usize = 4;

/// More wrong letters than these are another word.
const MISSPELT_MAX: usize = 2;

/// The word, or the one that these letters begin.
pub(super) fn find(typed: &str) -> Option<&'static str> {
    let begins = |word: &&'static str| typed.len() >= TELLING_LETTERS && word.starts_with(typed);
    let exact = list().find(|&word| word == typed);
    exact.or_else(|| list().find(begins))
}

/// The word that somebody may have meant: nearest by letters to be changed, added, left out or swapped.
pub(super) fn nearest(typed: &str) -> Option<&'static str> {
    // Whatever is longer is no misspelt word, and a long one would cost time.
    if typed.len() > 2 * TELLING_LETTERS * MISSPELT_MAX {
        return None;
    }
    // Begun rightly, and ended too early or not at all.
    let begun = |word: &&str| {
        shared(typed, word) >= TELLING_LETTERS
            || typed.len() + 1 == TELLING_LETTERS && word.starts_with(typed)
    };
    list().find(begun).or_else(|| {
        let apart = list().map(|word| (distance(typed, word), word));
        // The list is sorted, so that equals come in its order: the first of them is taken every time.
        let (distance, word) = apart.min_by_key(|&(distance, _)| distance)?;
        (distance <= MISSPELT_MAX && distance < typed.chars().count()).then_some(word)
    })
}

fn list() -> impl Iterator<Item = &'static str> {
    Language::English.word_list().iter().copied()
}

fn shared(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
}

/// Changes from one to the other, two neighbours swapped being one (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let mut rows = [
        vec![0; b.len() + 1],
        (0..=b.len()).collect(),
        vec![0; b.len() + 1],
    ];
    for i in 1..=a.len() {
        let [before, above, row] = &mut rows;
        row[0] = i;
        for j in 1..=b.len() {
            let replaced = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replaced.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        rows.rotate_left(1);
    }
    rows[1][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_letters_tell_all_words_apart() {
        let mut starts: Vec<&str> = list().map(|word| word.get(..4).unwrap_or(word)).collect();
        starts.sort_unstable();
        starts.dedup();
        assert_eq!(starts.len(), LIST_WORDS);
        assert_eq!(list().count(), LIST_WORDS);
    }

    #[test]
    fn words_are_found_whole_or_begun() {
        for word in list() {
            for letters in TELLING_LETTERS.min(word.len())..=word.len() {
                assert_eq!(find(&word[..letters]), Some(word));
            }
        }
        for other in ["", "a", "zo", "tigerr", "crossover", "élan"] {
            assert_eq!(find(other), None, "{other}");
        }
    }

    #[test]
    fn distances() {
        for (a, b, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("tiger", "tiger", 0),
            ("tigre", "tiger", 1),
            ("tger", "tiger", 1),
            ("tigger", "tiger", 1),
            ("tyger", "tiger", 1),
            ("ca", "abc", 3),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(
                (distance(a, b), distance(b, a)),
                (expected, expected),
                "{a} {b}"
            );
        }
    }

    #[test]
    fn what_was_meant() {
        for (typed, expected) in [
            ("tigre", Some("tiger")),
            ("crossover", Some("cross")),
            ("bambu", Some("bamboo")),
            ("zzzzzz", None),
            ("tig", Some("tiger")),
            ("a", None),
            ("bamboobamboobamboo", None),
        ] {
            assert_eq!(nearest(typed), expected, "{typed}");
        }
    }
}
