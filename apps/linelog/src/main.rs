//! Appends whole lines from many clients and the terminal to one file.
#![forbid(unsafe_code)]

fn main() {}
