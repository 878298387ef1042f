//! Connections of each peer address, over all threads.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Counts only where there is a limit to hold them against.
#[derive(Debug)]
pub(crate) struct Addresses {
    max: Option<usize>,
    counts: Mutex<HashMap<IpAddr, usize>>,
}

impl Addresses {
    pub(crate) fn new(max: Option<usize>) -> Self {
        Self {
            max,
            counts: Mutex::default(),
        }
    }

    /// Counts a connection in; `false` where there are as many as may be.
    pub(crate) fn enter(&self, address: IpAddr) -> bool {
        let Some(max) = self.max else { return true };
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address.to_canonical()).or_insert(0);
        let room = *count < max;
        *count += usize::from(room);
        room
    }

    pub(crate) fn leave(&self, address: IpAddr) {
        if self.max.is_none() {
            return;
        }
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let address = address.to_canonical();
        if let Some(count) = counts.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::Addresses;

    #[test]
    fn each_address_has_its_own_limit() {
        let addresses = Addresses::new(Some(2));
        let (one, other) = ([127, 0, 0, 1].into(), [127, 0, 0, 2].into());
        assert!(addresses.enter(one) && addresses.enter(one));
        assert!(!addresses.enter(one));
        assert!(addresses.enter(other));
        addresses.leave(one);
        assert!(addresses.enter(one));
    }

    #[test]
    fn an_address_is_the_same_through_an_ipv6_socket() {
        let addresses = Addresses::new(Some(1));
        let mapped = Ipv4Addr::LOCALHOST.to_ipv6_mapped().into();
        assert!(addresses.enter(mapped));
        assert!(!addresses.enter(Ipv4Addr::LOCALHOST.into()));
        addresses.leave(Ipv4Addr::LOCALHOST.into());
        assert!(addresses.enter(mapped));
    }

    #[test]
    fn who_has_left_takes_no_memory() {
        let addresses = Addresses::new(Some(1));
        for last in 0..100 {
            let address = [127, 0, 1, last].into();
            assert!(addresses.enter(address));
            addresses.leave(address);
        }
        assert!(addresses.counts.lock().unwrap().is_empty());
    }
}
