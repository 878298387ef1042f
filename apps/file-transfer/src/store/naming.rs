//! Names of unfinished files and their journals, and names beside those that are taken.

/// So many receivers may have the same name in one directory at once.
pub(super) const SLOTS_MAX: u8 = 9;

/// File systems take 255 bytes, or as many units of UTF-16, which are never fewer.
const NAME_BYTES_MAX: usize = 255;

/// What is kept of a name for people to recognise. Short, since some file systems take 143 bytes only.
const HINT_BYTES_MAX: usize = 80;

const PART: &[u8] = b".bw-part";
const JOURNAL: &[u8] = b".bw-journal";

/// Where a file with that name grows: the same for each try, so that a later one finds it.
///
/// Slots count from 1; others than the first are for receivers that meet.
pub(super) fn part_name(name: &[u8], slot: u8) -> Vec<u8> {
    unfinished(name, slot, PART)
}

/// What is known of it beside it.
pub(super) fn journal_name(name: &[u8], slot: u8) -> Vec<u8> {
    unfinished(name, slot, JOURNAL)
}

fn unfinished(name: &[u8], slot: u8, suffix: &[u8]) -> Vec<u8> {
    let hash = blake3::hash(name).to_hex();
    let mut made = vec![b'.'];
    made.extend_from_slice(cut(name, HINT_BYTES_MAX));
    made.push(b'.');
    made.extend_from_slice(&hash.as_bytes()[..16]);
    if slot > 1 {
        made.extend([b'-', b'0' + slot]);
    }
    made.extend_from_slice(suffix);
    made
}

/// `photo.jpg`, `photo (1).jpg`, `photo (2).jpg`, ...
pub(super) fn numbered(name: &[u8], number: u32) -> Vec<u8> {
    if number == 0 {
        return name.to_vec();
    }
    let (stem, extension) = split_extension(name);
    let tail = [format!(" ({number})").as_bytes(), extension].concat();
    let mut made = cut(stem, NAME_BYTES_MAX.saturating_sub(tail.len())).to_vec();
    made.extend(tail);
    made
}

/// The dot goes with the extension. One that is long is no extension but a sentence.
fn split_extension(name: &[u8]) -> (&[u8], &[u8]) {
    const EXTENSION_BYTES_MAX: usize = 32;
    match name.iter().rposition(|&byte| byte == b'.') {
        Some(dot) if dot > 0 && name.len() - dot <= EXTENSION_BYTES_MAX => name.split_at(dot),
        _ => (name, b""),
    }
}

/// At most so many bytes, and no half character at the end if it is text.
fn cut(name: &[u8], bytes_max: usize) -> &[u8] {
    if name.len() <= bytes_max {
        return name;
    }
    match str::from_utf8(name) {
        Ok(text) => &name[..text.floor_char_boundary(bytes_max)],
        Err(_) => &name[..bytes_max],
    }
}

#[cfg(test)]
mod tests {
    use barewire_transfer::name::is_reserved;

    use super::*;

    #[test]
    fn unfinished_names_are_short_and_their_own() {
        let long = "ä".repeat(127);
        for name in ["x", ".hidden", &long] {
            for slot in 1..=SLOTS_MAX {
                for made in [
                    part_name(name.as_bytes(), slot),
                    journal_name(name.as_bytes(), slot),
                ] {
                    assert!(made.len() <= 130, "{}", made.len());
                    assert!(is_reserved(&made));
                    assert!(str::from_utf8(&made).is_ok());
                }
            }
        }
        assert_ne!(part_name(b"x", 1), part_name(b"x", 2));
        assert_ne!(part_name(b"x", 1), part_name(b"y", 1));
    }

    #[test]
    fn numbered_names() {
        #[track_caller]
        fn check(name: &str, expected: &str) {
            assert_eq!(numbered(name.as_bytes(), 2), expected.as_bytes());
        }
        check("photo.jpg", "photo (2).jpg");
        check("a.tar.gz", "a.tar (2).gz");
        check(".bashrc", ".bashrc (2)");
        check("plain", "plain (2)");
        check("dot.", "dot (2).");
        check(&"x".repeat(255), &format!("{} (2)", "x".repeat(251)));
        check(
            &format!("{}.txt", "ä".repeat(125)),
            &format!("{}{}", "ä".repeat(123), " (2).txt"),
        );
        assert_eq!(numbered(b"same", 0), b"same");
    }
}
