//! Names and values of fields, most of them sound.

use proptest::prelude::*;

pub(crate) fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => "[A-Za-z0-9!#$%&'*+.^_`|~-]{1,30}",
        2 => "[ -~]{0,12}",
        1 => ".{0,6}",
    ]
}

pub(crate) fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => "[ -~\t]{0,80}".prop_map(String::into_bytes),
        2 => prop::collection::vec(any::<u8>(), 0..30),
        2 => prop::collection::vec(0x20..=0xFF_u8, 0..30),
    ]
}
