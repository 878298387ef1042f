//! The sender's files.
