//! What the whole does with real files.
