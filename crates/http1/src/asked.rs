use alloc::boxed::Box;

use crate::Method;
use crate::fields::members;

/// What a response answers, as far as it depends on that how the response is read.
///
/// The default is a request by GET.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    is_head: bool,
    is_connect: bool,
    /// The protocols offered, as in `Upgrade`.
    offered: Box<[u8]>,
}

impl Asked {
    /// A request with this method.
    #[must_use]
    pub fn by(method: Method<'_>) -> Self {
        // What was given as another token may be one of those with a name.
        let method = Method::from_token(method.as_bytes());
        Self {
            is_head: method == Method::Head,
            is_connect: method == Method::Connect,
            offered: Box::default(),
        }
    }

    /// The same request with an offer to switch to one of `protocols`, which is the value of
    /// its `Upgrade` field. Without an offer, 101 is refused.
    #[must_use]
    pub fn with_upgrade(mut self, protocols: &[u8]) -> Self {
        self.offered = protocols.into();
        self
    }

    pub(crate) fn is_head(&self) -> bool {
        self.is_head
    }

    pub(crate) fn is_connect(&self) -> bool {
        self.is_connect
    }

    pub(crate) fn offers_upgrade(&self) -> bool {
        !self.offered.is_empty()
    }

    /// Whether `protocol` is one of those offered. Names are compared without regard to case
    /// (RFC 9110 section 7.8).
    pub(crate) fn offers(&self, protocol: &[u8]) -> bool {
        members(&self.offered).any(|offered| offered.eq_ignore_ascii_case(protocol))
    }
}
