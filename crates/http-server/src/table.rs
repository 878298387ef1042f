//! The connections of one thread, beside the reactor's own table of sources.

use std::net::TcpListener;

use barewire_reactor::{Key, RawKey};

use crate::connection::{Connection, Wait};

#[derive(Default)]
pub(crate) struct Table {
    /// By [`RawKey::index`].
    slots: Vec<Slot>,
    connections: usize,
    /// Where the last search for an idle connection ended.
    cursor: usize,
}

#[derive(Default)]
enum Slot {
    #[default]
    Empty,
    Listener(Key<TcpListener>),
    Connection(Connection),
}

/// How many slots one search for an idle connection looks at.
const SAMPLE: usize = 64;

impl Table {
    /// How many connections there are, those taken out for a moment included.
    pub(crate) fn len(&self) -> usize {
        self.connections
    }

    /// How many slots there are.
    pub(crate) fn slots(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn add_listener(&mut self, key: Key<TcpListener>) {
        *self.slot(key.raw().index()) = Slot::Listener(key);
    }

    pub(crate) fn remove_listener(&mut self, key: Key<TcpListener>) {
        *self.slot(key.raw().index()) = Slot::Empty;
    }

    pub(crate) fn listener(&self, key: RawKey) -> Option<Key<TcpListener>> {
        match self.slots.get(key.index()) {
            Some(Slot::Listener(listener)) if *listener == key => Some(*listener),
            _ => None,
        }
    }

    pub(crate) fn add(&mut self, connection: Connection) {
        self.connections += 1;
        self.put_back(connection);
    }

    /// Takes a connection out to work on it; [`put_back`](Self::put_back) or
    /// [`forget`](Self::forget) follows.
    pub(crate) fn take(&mut self, index: usize) -> Option<Connection> {
        let slot = self.slots.get_mut(index)?;
        match std::mem::take(slot) {
            Slot::Connection(connection) => Some(connection),
            other => {
                *slot = other;
                None
            }
        }
    }

    pub(crate) fn put_back(&mut self, connection: Connection) {
        let index = connection.key.raw().index();
        *self.slot(index) = Slot::Connection(connection);
    }

    /// A connection taken out does not come back.
    pub(crate) fn forget(&mut self) {
        self.connections -= 1;
    }

    /// An idle connection that can be spared, of a sample.
    pub(crate) fn spare_idle(&mut self) -> Option<usize> {
        let count = self.slots.len();
        let mut found: Option<(usize, u32)> = None;
        for step in 0..count.min(SAMPLE) {
            let index = (self.cursor + step) % count;
            if let Slot::Connection(connection) = &self.slots[index]
                && connection.active.is_none()
                && matches!(connection.wait, Wait::Idle | Wait::First)
            {
                // Those that spoke least go first: one that asks again and again is no attacker's.
                let rank = connection.exchange;
                if found.is_none_or(|(_, lowest)| rank < lowest) {
                    found = Some((index, rank));
                }
            }
        }
        self.cursor = (self.cursor + SAMPLE) % count.max(1);
        found.map(|(index, _)| index)
    }

    fn slot(&mut self, index: usize) -> &mut Slot {
        if index >= self.slots.len() {
            self.slots.resize_with(index + 1, Slot::default);
        }
        &mut self.slots[index]
    }
}
