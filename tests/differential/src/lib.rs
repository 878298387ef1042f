//! barewire-http1 beside other codecs, on input that is made up: where they read differently,
//! a rule has to say why.
//!
//! A run puts each input through our decoder and through every peer, compares the
//! [readings](reading), and looks for a [rule](rules) that explains the first difference. Where there is
//! none the run fails. `crates/http1/DIFFERENCES.md` shows the rules to people.

pub mod compare;
pub mod generate;
pub mod input;
pub mod minimise;
pub mod ours;
pub mod page;
pub mod peers;
pub mod random;
pub mod reading;
pub mod rules;
pub mod run;
pub mod seeds;
