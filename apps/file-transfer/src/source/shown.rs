//! Paths on a terminal.

use std::fmt::{self, Display, Formatter};
use std::path::Path;

use barewire_transfer::name::Escaped;

/// A path, escaped: names on disk are as little to be trusted as those of a peer.
pub(crate) struct Shown<'a>(pub(crate) &'a Path);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(&Escaped(self.0.as_os_str().as_encoded_bytes()), f)
    }
}
