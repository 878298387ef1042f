//! Field lines as bytes, checked before a byte of them is written.

use alloc::vec::Vec;

use crate::EncodeError;
use crate::syntax::{is_token, is_value_byte};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FieldLines {
    pub(crate) bytes: Vec<u8>,
    pub(crate) count: usize,
    pub(crate) has_date: bool,
}

impl FieldLines {
    pub(crate) fn add(
        &mut self,
        name: &str,
        value: &[u8],
        fields_max: usize,
        bytes_max: usize,
    ) -> Result<(), EncodeError> {
        if !is_token(name.as_bytes()) {
            return Err(EncodeError::InvalidFieldName);
        }
        // Whitespace around a value would be gone at the other end.
        let trimmed = crate::fields::trim_ows(value).len() == value.len();
        if !trimmed || !value.iter().all(|byte| is_value_byte(*byte)) {
            return Err(EncodeError::InvalidFieldValue);
        }
        let len = name.len() + value.len() + b": \r\n".len();
        if self.count >= fields_max || self.bytes.len() + len > bytes_max {
            return Err(EncodeError::TooManyFields);
        }
        self.bytes.reserve(len);
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.extend_from_slice(b": ");
        self.bytes.extend_from_slice(value);
        self.bytes.extend_from_slice(b"\r\n");
        self.count += 1;
        self.has_date |= name.eq_ignore_ascii_case("date");
        Ok(())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.bytes.split(|byte| *byte == b'\n').any(|line| {
            line.get(name.len()) == Some(&b':')
                && line[..name.len()].eq_ignore_ascii_case(name.as_bytes())
        })
    }
}

pub(crate) const MANAGED: &[&str] = &[
    "content-length",
    "transfer-encoding",
    "connection",
    "upgrade",
];

pub(crate) fn is_any_of(name: &str, set: &[&str]) -> bool {
    set.iter().any(|known| known.eq_ignore_ascii_case(name))
}
