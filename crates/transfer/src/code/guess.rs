use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::pairing::Part;

/// The one guess that a code is good for, shared by all pairings that are made from it.
///
/// Issuers and enterers count apart, since a test or a program may have both of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guess(Arc<Taken>);

#[derive(Debug, Default)]
struct Taken {
    issuer: AtomicBool,
    enterer: AtomicBool,
}

impl Guess {
    /// Takes the guess, before anything is shown or judged by which one could be made; whether it was still there.
    #[must_use]
    pub(crate) fn take(&self, part: Part) -> bool {
        !self.of(part).swap(true, Ordering::SeqCst)
    }

    /// Puts it back: the other side knew the code.
    pub(crate) fn put_back(&self, part: Part) {
        self.of(part).store(false, Ordering::SeqCst);
    }

    pub(crate) fn is_taken(&self, part: Part) -> bool {
        self.of(part).load(Ordering::SeqCst)
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.is_taken(Part::Issuer) || self.is_taken(Part::Enterer)
    }

    fn of(&self, part: Part) -> &AtomicBool {
        match part {
            Part::Issuer => &self.0.issuer,
            Part::Enterer => &self.0.enterer,
        }
    }
}
