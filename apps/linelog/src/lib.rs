//! The parts of `bw-log`: lines from many clients, appended whole to one file.
//!
//! This is the program's inside, apart from `main`, so that its tests and fuzz targets
//! can reach it.
//!
//! [`record`] forms the bytes, [`mod@file`] puts them where they belong and keeps count of what
//! could not be written:
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::{Instant, SystemTime};
//!
//! use bw_log::file::{LogFile, Options};
//! use bw_log::record::{Format, Kind, Records};
//!
//! let mut file = LogFile::open("lines.log", Options::default())?;
//! let mut records = Records::new(Format::Plain, SystemTime::now());
//! records.push("127.0.0.1:50312#7", Kind::Line, b"hello");
//! file.append(Instant::now(), records.batch());
//! records.clear();
//! while let Some(notice) = file.poll_notice() {
//!     eprintln!("bw-log: {notice}");
//! }
//! file.finish(Instant::now(), records.stamp())?;
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod args;
pub mod client;
pub mod collector;
pub mod config;
pub mod echo;
pub mod file;
mod front;
mod journal;
pub mod listener;
mod lock;
pub mod record;
pub mod run;
