//! What is offered, what is in its way, and what somebody says to it.

use std::sync::Arc;

use barewire_command::escape;
use barewire_transfer::error::Code;
use barewire_transfer::manifest::{Entry, Kind, Manifest};
use barewire_transfer::receiver::Decision;

use crate::receiving::destination::Destination;
use crate::store::{Found, Overwrite, StoreError, Sync, There, bytes_needed};
use crate::tell::{Summary, Teller};

/// Names that are shown of an offer with more.
const NAMES_MAX: usize = 10;

/// On what terms something is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Whether nothing is asked.
    pub yes: bool,
    /// Whether somebody can be asked.
    pub can_ask: bool,
    /// Whether hidden files at the top need no question.
    pub hidden: bool,
    /// What to do about files that are there already; `None` asks.
    pub overwrite: Option<Overwrite>,
    /// How sure it has to be.
    pub sync: Sync,
}

impl Terms {
    /// What to do about files that are there already.
    #[must_use]
    pub fn overwrite(&self) -> Overwrite {
        self.overwrite.unwrap_or_default()
    }

    /// Whether a file is wanted where another is, in its place or beside it.
    #[must_use]
    pub fn takes_anyway(&self) -> bool {
        self.overwrite() != Overwrite::Refuse
    }
}

/// What to do next about an offer.
#[derive(Debug)]
pub(super) enum Choice {
    Ask(String),
    Decline(Code, String),
    Accept(Terms),
}

/// An offer that waits for an answer.
#[derive(Debug)]
pub struct Consent {
    targets: Arc<[Entry]>,
    found: Vec<Found>,
    summary: Summary,
    /// Files that something else is in the place of.
    taken: usize,
    asked_about_taken: bool,
}

impl Consent {
    pub(super) fn new(
        destination: &mut Destination,
        manifest: &Manifest,
        from: String,
    ) -> Result<Self, StoreError> {
        let targets = destination.place(manifest)?;
        let found = match destination.store() {
            Some(store) => store.survey(&targets),
            None => Vec::new(),
        };
        let is_taken = |(entry, found): &(&Entry, &Found)| is_taken(entry, found);
        let taken = targets.iter().zip(&found).filter(is_taken).count();
        Ok(Self {
            summary: summary(manifest, from),
            targets: targets.into(),
            found,
            taken,
            asked_about_taken: false,
        })
    }

    pub(super) fn targets(&self) -> Arc<[Entry]> {
        Arc::clone(&self.targets)
    }

    /// Names, counts, sizes, and what is in the way.
    pub(super) fn tell(&self, teller: &Teller) {
        let mut lines = Vec::new();
        let files = self.targets.iter().filter(|entry| !is_directory(entry));
        let hidden = |entry: &&Entry| entry.path.top().starts_with(b".");
        let shown = self.targets.iter().filter(|entry| entry.path.depth() == 1);
        if self.summary.tops > 1 || self.summary.is_directory {
            let names = files.clone().take(NAMES_MAX);
            lines.extend(names.map(|entry| format!("  {}", shown_path(entry))));
            let more = files.count().saturating_sub(NAMES_MAX);
            if more > 0 {
                lines.push(format!("  and {more} more"));
            }
        }
        let hidden = shown.filter(hidden).map(shown_path);
        lines.extend(hidden.map(|path| format!("hidden: {path}")));
        let both = self.targets.iter().zip(&self.found);
        let taken = both.filter(|(entry, found)| is_taken(entry, found));
        let taken = taken.map(|(entry, found)| in_the_way(entry, found));
        lines.extend(taken.take(NAMES_MAX));
        if self.taken > NAMES_MAX {
            let more = self.taken - NAMES_MAX;
            lines.push(format!("and {more} more are there already"));
        }
        let begun = self
            .found
            .iter()
            .filter(|found| !found.groups.is_empty())
            .count();
        if begun > 0 {
            lines.push(format!("begun earlier, to be gone on with: {begun}"));
        }
        teller.offer(&self.summary, &lines);
    }

    /// Whether there is space for it.
    pub(super) fn check_room(&self, destination: &Destination) -> Result<(), StoreError> {
        let Some(store) = destination.store() else {
            return Ok(());
        };
        let both = self.targets.iter().zip(&self.found);
        let missing = both.filter(|(_, found)| !matches!(found.there, There::Same));
        let needed = missing.map(|(entry, found)| bytes_needed(entry, found));
        store.check_room(needed.fold(0, u64::saturating_add))
    }

    pub(super) fn first_question(&mut self, terms: Terms, again: bool) -> Choice {
        if again {
            return Choice::Accept(terms);
        }
        if terms.yes {
            let hidden = |entry: &&Entry| entry.path.top().starts_with(b".");
            if let Some(entry) = self.targets.iter().find(hidden).filter(|_| !terms.hidden) {
                let text = format!(
                    "{} is hidden; to take it without a question use --hidden",
                    shown_path(entry)
                );
                return Choice::Decline(Code::Declined, text);
            }
            return self.about_taken(terms);
        }
        if !terms.can_ask {
            return Choice::Decline(Code::Declined, nobody());
        }
        Choice::Ask("Accept? [y/N]".to_owned())
    }

    pub(super) fn answer(&mut self, mut terms: Terms, line: Option<&str>) -> Choice {
        let Some(line) = line else {
            return Choice::Decline(Code::Declined, nobody());
        };
        let answer = line.trim().to_ascii_lowercase();
        if !self.asked_about_taken {
            return match answer.as_str() {
                "y" | "yes" => self.about_taken(terms),
                _ => Choice::Decline(Code::Declined, "declined".to_owned()),
            };
        }
        terms.overwrite = Some(match answer.as_str() {
            "s" | "skip" => Overwrite::Refuse,
            "r" | "rename" => Overwrite::Rename,
            "p" | "replace" => Overwrite::Replace,
            _ => return Choice::Decline(Code::Declined, "declined".to_owned()),
        });
        self.about_taken(terms)
    }

    fn about_taken(&mut self, terms: Terms) -> Choice {
        if self.taken == 0
            || matches!(
                terms.overwrite,
                Some(Overwrite::Rename | Overwrite::Replace)
            )
        {
            return Choice::Accept(terms);
        }
        if terms.overwrite.is_none() && terms.can_ask && !terms.yes {
            self.asked_about_taken = true;
            let taken = self.taken;
            return Choice::Ask(format!(
                "{taken} {} already: [s]kip, [r]ename the new, re[p]lace, [Q]uit?",
                if taken == 1 { "is there" } else { "are there" }
            ));
        }
        let files = self
            .targets
            .iter()
            .filter(|entry| !is_directory(entry))
            .count();
        if self.taken == files {
            let text = match self.targets.iter().find(|entry| !is_directory(entry)) {
                Some(entry) if files == 1 => format!("{} is there already", shown_path(entry)),
                _ => "all of it is there already".to_owned(),
            };
            let text = format!("{text}; to take it anyway use --overwrite rename or replace");
            return Choice::Decline(Code::Exists, text);
        }
        Choice::Accept(terms)
    }

    /// What is wanted, entry by entry.
    pub(super) fn decisions(
        &self,
        terms: Terms,
        stored: impl Fn(u32) -> bool,
        failed: impl Fn(u32) -> bool,
    ) -> Vec<Decision> {
        let decide = |(id, entry): (u32, &Entry)| {
            if stored(id) {
                return Decision::Stored;
            }
            if failed(id) {
                return Decision::Declined;
            }
            let is_file = matches!(entry.kind, Kind::File { .. });
            match self.found.get(id as usize) {
                Some(found) if is_file => decide(entry, found, terms),
                _ => Decision::Whole,
            }
        };
        (0..).zip(self.targets.iter()).map(decide).collect()
    }
}

fn decide(entry: &Entry, found: &Found, terms: Terms) -> Decision {
    if matches!(found.there, There::Same) {
        return Decision::Compare;
    }
    if is_taken(entry, found) && terms.overwrite() == Overwrite::Refuse {
        return Decision::Declined;
    }
    if found.groups.is_empty() {
        Decision::Whole
    } else {
        Decision::Resume(found.groups.clone())
    }
}

fn is_directory(entry: &Entry) -> bool {
    entry.kind == Kind::Directory
}

/// Whether something else has the name of a file.
fn is_taken(entry: &Entry, found: &Found) -> bool {
    let something = matches!(
        found.there,
        There::File { .. } | There::Directory | There::Symlink | There::Other
    );
    something && !is_directory(entry)
}

fn in_the_way(entry: &Entry, found: &Found) -> String {
    let path = shown_path(entry);
    match found.there {
        There::File { size, .. } => {
            format!("there already: {path}, {}", crate::tell::human(size))
        }
        There::Directory => format!("there already: {path}, a directory"),
        There::Symlink => format!("there already: {path}, a link"),
        _ => format!("there already: {path}"),
    }
}

fn shown_path(entry: &Entry) -> String {
    escape::display(entry.path.as_bytes())
}

fn nobody() -> String {
    "nobody can be asked whether to accept; to accept without a question use --yes".to_owned()
}

fn summary(manifest: &Manifest, from: String) -> Summary {
    let entries = manifest.entries();
    let tops = entries.iter().filter(|entry| entry.path.depth() == 1);
    let first = entries.first();
    Summary {
        name: first.map_or_else(Vec::new, |entry| entry.path.as_bytes().to_vec()),
        tops: tops.count() as u64,
        is_directory: first.is_some_and(is_directory),
        files: u64::from(manifest.files()),
        size: (!manifest.is_stream()).then(|| manifest.bytes()),
        bytes: manifest.bytes(),
        from,
    }
}
