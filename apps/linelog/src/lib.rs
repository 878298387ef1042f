//! The parts of `bw-log`: lines from many clients, appended whole to one file.
//!
//! This is the program's inside, apart from `main`, so that its tests and fuzz targets
//! can reach it.
//!
//! [`record`] forms the bytes.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod escape;
mod json;
pub mod record;
mod scan;
pub mod stamp;
