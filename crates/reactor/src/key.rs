//! Names for what the reactor holds: an index to find it, a generation to know it is still the same.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::num::NonZeroU32;

/// A source without its type: what an [`Event`](crate::Event) carries.
///
/// A key names one insertion. Once its source is removed the key is dead for good, even when the index is in use
/// again: every method answers `None` or [`NotFound`](std::io::ErrorKind::NotFound), and no event bears it.
/// A key is only meaningful to the reactor that made it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RawKey {
    index: u32,
    generation: NonZeroU32,
}

impl RawKey {
    pub(crate) const fn new(index: u32, generation: NonZeroU32) -> Self {
        Self { index, generation }
    }

    /// Where this source sits among all sources of its reactor.
    ///
    /// Indices are dense: a new source takes the index of a removed one if there is any, otherwise the next number.
    /// So a `Vec` indexed by this holds the caller's own state beside each source and grows no longer than the
    /// largest number of sources held at once. Replace the entry on insertion; the index does not tell one tenant
    /// from the next, the key does.
    pub const fn index(self) -> usize {
        self.index as usize
    }

    /// The typed key, to be used with the methods that need to know the type.
    ///
    /// Naming the wrong type is harmless: the reactor remembers what it holds and answers as for a removed source.
    pub const fn typed<S>(self) -> Key<S> {
        Key {
            raw: self,
            source: PhantomData,
        }
    }

    pub(crate) const fn slot(self) -> u32 {
        self.index
    }

    /// The poller's name for the source: the generation above the index, or the index alone where `usize` has 32
    /// bits.
    pub(crate) const fn token(self) -> usize {
        ((self.generation.get() as u64) << 32 | self.index as u64) as usize
    }

    pub(crate) const fn generation(self) -> NonZeroU32 {
        self.generation
    }
}

impl fmt::Debug for RawKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawKey({}.{})", self.index, self.generation)
    }
}

/// A source of type `S`: what [`insert`](crate::Reactor::insert) returns. Eight bytes, also inside an `Option`.
pub struct Key<S> {
    raw: RawKey,
    source: PhantomData<fn() -> S>,
}

impl<S> Key<S> {
    /// The same key without its type, as events carry it.
    pub const fn raw(self) -> RawKey {
        self.raw
    }

    /// Where this source sits among all sources of its reactor; see [`RawKey::index`].
    pub const fn index(self) -> usize {
        self.raw.index()
    }
}

// Derives would ask `S` for traits that a name of an `S` does not need.
impl<S> Clone for Key<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Key<S> {}

impl<S> PartialEq for Key<S> {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}

impl<S> Eq for Key<S> {}

impl<S> PartialEq<RawKey> for Key<S> {
    fn eq(&self, other: &RawKey) -> bool {
        self.raw == *other
    }
}

impl<S> PartialEq<Key<S>> for RawKey {
    fn eq(&self, other: &Key<S>) -> bool {
        *self == other.raw
    }
}

impl<S> Hash for Key<S> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.raw.hash(state);
    }
}

impl<S> From<Key<S>> for RawKey {
    fn from(key: Key<S>) -> Self {
        key.raw
    }
}

impl<S> fmt::Debug for Key<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}.{})", self.raw.index, self.raw.generation)
    }
}

/// One armed timer. Dead once the timer has fired or was cancelled, even when its place is taken again.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimerKey(RawKey);

impl TimerKey {
    pub(crate) const fn new(raw: RawKey) -> Self {
        Self(raw)
    }

    pub(crate) const fn raw(self) -> RawKey {
        self.0
    }
}

impl fmt::Debug for TimerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TimerKey({}.{})", self.0.index, self.0.generation)
    }
}

const _: () = assert!(size_of::<Option<RawKey>>() == 8);
const _: () = assert!(size_of::<Option<Key<std::net::TcpStream>>>() == 8);
const _: () = assert!(size_of::<Option<TimerKey>>() == 8);
