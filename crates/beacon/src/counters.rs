//! What a node did, in numbers.

use std::collections::BTreeMap;

/// What a node did since it was made.
///
/// `reply_bytes` never exceeds `query_bytes`, at any moment: each answer is to one question and no longer than it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Datagrams handed in.
    pub datagrams_in: u64,
    /// Their bytes.
    pub bytes_in: u64,
    /// Datagrams handed out. One to everyone counts once.
    pub datagrams_out: u64,
    /// Their bytes.
    pub bytes_out: u64,
    /// Bytes of well-formed questions handed in.
    pub query_bytes: u64,
    /// Answers handed out.
    pub replies: u64,
    /// Their bytes.
    pub reply_bytes: u64,
    /// Datagrams that changed nothing, by the [word](crate::Dropped::word) for why.
    pub dropped: BTreeMap<&'static str, u64>,
}
