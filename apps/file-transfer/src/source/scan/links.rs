//! Where symbolic links lead.

use barewire_transfer::name::EntryPath;

/// Whether a link at `path` leads to somewhere in the directory at the top, without leaving it on the way.
///
/// By names alone, which is where it leads if it goes through no other link; that is for the manifest to judge. It has
/// to hold wherever the directory is put, and under whatever name: so the directory's own name may not be gone through.
pub(super) fn stays_inside(path: &EntryPath, target: &[u8]) -> bool {
    if target.first().is_none_or(|&byte| byte == b'/') {
        return false;
    }
    let above = path.components().count() - 1;
    let depth = target
        .split(|&byte| byte == b'/')
        .try_fold(above, |depth, name| {
            let depth = match name {
                b"" | b"." => depth,
                b".." => depth.checked_sub(1)?,
                _ => depth + 1,
            };
            (depth > 0).then_some(depth)
        });
    depth.is_some()
}

#[cfg(test)]
mod tests {
    use barewire_transfer::limits::Limits;
    use barewire_transfer::name::{Encoding, NameRules, Portable};

    use super::*;

    #[track_caller]
    fn check(path: &str, target: &str, expected: bool) {
        let rules = NameRules::new(Encoding::Bytes, Portable::No, &Limits::default());
        let path = EntryPath::new(path.as_bytes(), &rules).unwrap();
        assert_eq!(stays_inside(&path, target.as_bytes()), expected, "{target}");
    }

    #[test]
    fn inside_is_in_the_directory_that_was_named() {
        check("top/link", "a", true);
        check("top/link", "a/../b", true);
        check("top/link", ".", true);
        check("top/link", "..", false);
        check("top/link", "../top/a", false);
        check("top/link", "../other", false);
        check("top/link", "", false);
        check("top/link", "/etc", false);
        check("top/link", "a/../../b", false);
        check("top/a/link", "..", true);
        check("top/a/link", "../b//./c/", true);
        check("top/a/link", "../..", false);
    }
}
