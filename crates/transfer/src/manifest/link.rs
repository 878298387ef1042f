use super::whole::Tree;
use super::{Entry, Kind, OfferError, OfferErrorKind};
use crate::name::{EntryPath, Excerpt, NameRules};

/// Every link of what is to be offered that no receiver would take: for a sender that leaves these out.
///
/// Without them the others are as good or bad as before, since a link never counts as a way for another.
///
/// # Errors
///
/// The first entry whose directory is not listed before it.
pub fn bad_links(entries: &[Entry], rules: &NameRules) -> Result<Vec<OfferError>, OfferError> {
    let tree = Tree::new(entries)?;
    let verdict = |(id, entry): (u32, &Entry)| {
        let Kind::Symlink { target } = &entry.kind else {
            return None;
        };
        let name = rules.check_target(target).map_err(OfferErrorKind::Target);
        let kind = name
            .and_then(|()| check(&entry.path, target, &tree))
            .err()?;
        Some(OfferError::of_entry(kind, id, entry.path.as_bytes()))
    };
    Ok((0..).zip(entries).filter_map(verdict).collect())
}

/// Every link that leads where it may not.
pub(super) fn bad(entries: &[Entry], tree: &Tree<'_>) -> impl Iterator<Item = OfferError> {
    (0..).zip(entries).filter_map(|(id, entry)| {
        let Kind::Symlink { target } = &entry.kind else {
            return None;
        };
        let kind = check(&entry.path, target, tree).err()?;
        Some(OfferError::of_entry(kind, id, entry.path.as_bytes()))
    })
}

/// Goes the way of a link by names alone, which is the way that it leads: what it goes through are directories.
fn check(link: &EntryPath, target: &[u8], tree: &Tree<'_>) -> Result<(), OfferErrorKind> {
    // Empty for the destination itself.
    let mut place = link.parent().unwrap_or_default().to_vec();
    let enter = |place: &[u8]| match place.is_empty() || tree.has_directory(place) {
        true => Ok(()),
        false => Err(OfferErrorKind::TargetThrough {
            target: Excerpt::new(target),
            through: Excerpt::new(place),
        }),
    };
    for step in target.split(|&byte| byte == b'/') {
        match step {
            b"" | b"." => {}
            b".." => {
                enter(&place)?;
                if place.is_empty() {
                    let target = Excerpt::new(target);
                    return Err(OfferErrorKind::TargetAbove { target });
                }
                place.truncate(above(&place));
            }
            name => {
                if !place.is_empty() {
                    place.push(b'/');
                }
                place.extend_from_slice(name);
            }
        }
    }
    // Whatever that is in was entered; a directory of the offer is in directories of the offer.
    enter(&place[..above(&place)])
}

/// Where the path of the directory ends that `place` is in.
fn above(place: &[u8]) -> usize {
    place.iter().rposition(|&byte| byte == b'/').unwrap_or(0)
}
