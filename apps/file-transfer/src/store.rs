//! The receiver's files.
