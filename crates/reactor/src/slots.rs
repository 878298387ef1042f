//! A table whose places are reused, each tenancy told from the last by a generation.

use std::num::NonZeroU32;

use crate::key::RawKey;

/// Generations stay below 2^31, so that one beside an index never makes the poller's reserved key.
const GENERATION_MAX: NonZeroU32 = NonZeroU32::new((1 << 31) - 1).expect("not zero");
/// The last index is never given out, for the same reason where a poller key has 32 bits.
const INDEX_LIMIT: usize = u32::MAX as usize;

struct Slot<T> {
    generation: NonZeroU32,
    value: Option<T>,
}

/// Values by [`RawKey`]: dense indices, freed ones first.
pub(crate) struct Slots<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
    held: usize,
}

impl<T> Slots<T> {
    pub(crate) const fn new() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            held: 0,
        }
    }

    /// How many values are held.
    pub(crate) const fn len(&self) -> usize {
        self.held
    }

    /// The key the next [`insert`](Self::insert) will give; `None` when all indices are taken.
    pub(crate) fn next_key(&self) -> Option<RawKey> {
        if let Some(&index) = self.free.last() {
            return Some(RawKey::new(index, self.slots[index as usize].generation));
        }
        let index = self.slots.len();
        (index < INDEX_LIMIT).then(|| RawKey::new(index as u32, NonZeroU32::MIN))
    }

    /// Holds `value`; gives it back when all 2^32 - 1 indices are taken.
    pub(crate) fn insert(&mut self, value: T) -> Result<RawKey, T> {
        let Some(key) = self.next_key() else {
            return Err(value);
        };
        match self.free.pop() {
            Some(index) => self.slots[index as usize].value = Some(value),
            None => self.slots.push(Slot {
                generation: key.generation(),
                value: Some(value),
            }),
        }
        self.held += 1;
        Ok(key)
    }

    /// The present tenant of `index`, with its key.
    pub(crate) fn tenant_mut(&mut self, index: u32) -> Option<(RawKey, &mut T)> {
        let slot = self.slots.get_mut(index as usize)?;
        let key = RawKey::new(index, slot.generation);
        Some((key, slot.value.as_mut()?))
    }

    /// The key of the present tenant of `index`.
    pub(crate) fn key_at(&self, index: u32) -> Option<RawKey> {
        let slot = self.slots.get(index as usize)?;
        slot.value.as_ref()?;
        Some(RawKey::new(index, slot.generation))
    }

    pub(crate) fn get(&self, key: RawKey) -> Option<&T> {
        let slot = self.slots.get(key.index())?;
        if slot.generation == key.generation() {
            slot.value.as_ref()
        } else {
            None
        }
    }

    pub(crate) fn get_mut(&mut self, key: RawKey) -> Option<&mut T> {
        let slot = self.slots.get_mut(key.index())?;
        if slot.generation == key.generation() {
            slot.value.as_mut()
        } else {
            None
        }
    }

    /// The present tenant of `index`, whichever it is.
    pub(crate) fn at(&self, index: u32) -> Option<&T> {
        self.slots.get(index as usize)?.value.as_ref()
    }

    /// Takes the value out. Its key is dead from here on.
    pub(crate) fn remove(&mut self, key: RawKey) -> Option<T> {
        let slot = self.slots.get_mut(key.index())?;
        if slot.generation != key.generation() {
            return None;
        }
        let value = slot.value.take()?;
        self.held -= 1;
        // A place that has used up its generations is retired rather than let an old key fit again.
        if let Some(next) = slot
            .generation
            .checked_add(1)
            .filter(|&next| next <= GENERATION_MAX)
        {
            slot.generation = next;
            self.free.push(key.slot());
        }
        Some(value)
    }

    /// Every value with its key, taken out one by one; for tearing down.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = (RawKey, T)> + '_ {
        self.held = 0;
        self.free.clear();
        self.slots.drain(..).enumerate().filter_map(|(n, slot)| {
            let key = RawKey::new(n as u32, slot.generation);
            Some((key, slot.value?))
        })
    }
}

/// Bytes that one value costs in the table.
pub(crate) const fn slot_bytes<T>() -> usize {
    size_of::<Slot<T>>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reused_place_refuses_the_old_key() {
        let mut slots = Slots::new();
        let first = slots.insert('a').unwrap();
        assert_eq!(slots.remove(first), Some('a'));
        assert_eq!(slots.remove(first), None);
        let second = slots.insert('b').unwrap();
        assert_eq!(second.index(), first.index());
        assert_ne!(second, first);
        assert_eq!(slots.get(first), None);
        assert_eq!(slots.get_mut(first), None);
        assert_eq!(slots.get(second), Some(&'b'));
        assert_eq!(slots.key_at(0), Some(second));
    }

    #[test]
    fn indices_are_dense() {
        let mut slots = Slots::new();
        let keys: Vec<_> = (0..8).map(|n| slots.insert(n).unwrap()).collect();
        assert!(keys.iter().enumerate().all(|(n, key)| key.index() == n));
        slots.remove(keys[3]);
        assert_eq!(slots.len(), 7);
        assert_eq!(slots.key_at(3), None);
        assert_eq!(slots.insert(3).unwrap().index(), 3);
        assert_eq!(slots.insert(8).unwrap().index(), 8);
    }

    #[test]
    fn many_cycles_take_one_place() {
        let mut slots = Slots::new();
        for n in 0..1 << 20 {
            let key = slots.insert(n).unwrap();
            assert_eq!(slots.next_key().unwrap().index(), 1);
            slots.remove(key);
        }
        assert_eq!(
            (slots.slots.len(), slots.free.len(), slots.len()),
            (1, 1, 0)
        );
    }

    #[test]
    fn the_last_generation_retires_its_place() {
        let mut slots = Slots::new();
        let key = slots.insert('a').unwrap();
        slots.slots[0].generation = GENERATION_MAX;
        assert_eq!(slots.remove(key), None);
        let last = RawKey::new(0, GENERATION_MAX);
        assert_eq!(slots.remove(last), Some('a'));
        assert_eq!(slots.get(last), None);
        assert_eq!(slots.insert('b').unwrap().index(), 1);
    }

    #[test]
    fn drain_empties_the_table() {
        let mut slots = Slots::new();
        let keys: Vec<_> = (0..3).map(|n| slots.insert(n).unwrap()).collect();
        slots.remove(keys[1]);
        assert_eq!(
            slots.drain().collect::<Vec<_>>(),
            [(keys[0], 0), (keys[2], 2)]
        );
        assert_eq!(slots.len(), 0);
    }
}
