//! What was typed.

mod recv;
mod send;

pub use recv::RecvArgs;
pub use send::SendArgs;
