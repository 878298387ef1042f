//! The parts of `bw-httpd`: a directory behind an HTTP/1.1 server.
//!
//! This is the program's inside, apart from `main`, so that its tests and fuzz targets
//! can reach it. What another program could want lives in `barewire-http-server` and
//! `barewire-command`.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod args;
pub mod cache;
pub mod config;
pub mod document;
pub mod listing;
pub mod media;
pub mod path;
pub mod root;
pub mod run;
pub mod site;
