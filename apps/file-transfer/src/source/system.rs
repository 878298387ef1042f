//! What each system calls things.
//!
//! | system | how files are reached | holes |
//! |---|---|---|
//! | Unix | `openat` with `O_NOFOLLOW`, one component at a time | `SEEK_DATA` on Linux, macOS, FreeBSD, illumos |
//! | Windows | paths, each component looked at first | sent as zeros |

use std::ffi::OsString;

use crate::source::error::What;
use crate::source::identity::Identity;

#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(not(unix), path = "portable.rs")]
mod imp;

pub(crate) use imp::{
    Directory, is_replaced, look, meta, name_bytes, next_data, open, read_ahead, read_at,
    standard_input,
};

/// One name in a directory.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) name: OsString,
    pub(crate) what: What,
}

/// What is known of something that is open.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meta {
    pub(crate) what: What,
    pub(crate) identity: Identity,
    /// Permissions, without the bits that make a program run as somebody else.
    pub(crate) mode: Option<u16>,
    /// Whether it takes less room than it has bytes: holes, or a file system that compresses.
    pub(crate) may_be_sparse: bool,
}
