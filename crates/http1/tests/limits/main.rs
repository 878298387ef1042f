//! Each limit, met one below, at, and one above it, whole and byte by byte.

#[path = "../common/mod.rs"]
mod common;
mod requests;
mod responses;
