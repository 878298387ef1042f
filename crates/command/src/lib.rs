//! What the Barewire programs have in common: how a command line is read, what is said
//! when something fails, how what a peer sent is shown, and the status a program ends with.
//!
//! It installs no signal handler and no logger: that is up to each program.
//!
//! [`exit::main`] is the whole of a program's `main`; the README has one that runs.
//! Statuses: 0 done, 1 failed, 2 usage, and what a [`fault::Failure`] says. Help and the version go to standard output,
//! everything else that is said here to standard error.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod address;
pub mod amount;
pub mod descriptors;
pub mod escape;
pub mod exit;
pub mod fault;
pub mod json;
pub mod line;
mod scan;
pub mod stamp;

/// The example of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
