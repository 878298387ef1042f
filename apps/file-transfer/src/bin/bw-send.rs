//! See `--help`.
#![forbid(unsafe_code)]

fn main() {}
