//! What errors say.

use barewire_framing::{EncodeError, Error, ErrorKind};

#[track_caller]
fn check(kind: ErrorKind, text: &str, located: &str, section: Option<&str>) {
    assert_eq!(kind.to_string(), text);
    assert_eq!(kind.section(), section);
    let error = Error {
        kind,
        offset: 20_480,
    };
    assert_eq!(error.to_string(), format!("{text} at byte 20480{located}"));
    let _: &dyn std::error::Error = &error;
    assert_eq!(error.clone(), error);
    assert_eq!(
        format!("{error:?}"),
        format!("Error {{ kind: {kind:?}, offset: 20480 }}")
    );
}

#[test]
fn errors_say_what_happened_and_where() {
    check(
        ErrorKind::TooLong {
            declared: Some(9000),
            max: 8192,
        },
        "frame of 9000 bytes, longer than 8192",
        "; raise frame_bytes_max",
        None,
    );
    check(
        ErrorKind::TooLong {
            declared: None,
            max: 8192,
        },
        "frame longer than 8192 bytes",
        "; raise frame_bytes_max",
        None,
    );
    check(
        ErrorKind::SkipTooLong { max: 1 << 30 },
        "no end of an overlong frame within 1073741824 bytes",
        "; raise skip_bytes_max",
        None,
    );
    check(
        ErrorKind::Truncated { missing: 3 },
        "stream ended inside a frame, 3 or more bytes before its end",
        "",
        None,
    );
    check(
        ErrorKind::LengthTooSmall {
            declared: 3,
            min: 4,
        },
        "length of 3 that counts 4 bytes of header",
        "",
        None,
    );
    check(
        ErrorKind::VarintNotMinimal,
        "varint longer than its number needs",
        " (LEB128)",
        Some("LEB128"),
    );
    check(
        ErrorKind::VarintTooLong,
        "varint that does not end or whose number does not fit",
        " (LEB128)",
        Some("LEB128"),
    );
    check(
        ErrorKind::InvalidDigit,
        "no digit where a length has to be",
        "",
        None,
    );
    check(
        ErrorKind::LeadingZero,
        "length that begins with a zero",
        "",
        None,
    );
    check(
        ErrorKind::TooManyDigits,
        "length of too many digits",
        "",
        None,
    );
    check(
        ErrorKind::WrongTrailer,
        "wrong byte behind the payload",
        "",
        None,
    );
    check(ErrorKind::InvalidHeader, "invalid header", "", None);
    check(
        ErrorKind::HeaderTooLong { max: 8 },
        "header longer than 8 bytes",
        "",
        None,
    );
    check(
        ErrorKind::InvalidCode,
        "COBS code that reaches beyond its frame",
        "",
        None,
    );
    check(
        ErrorKind::InvalidEscape,
        "SLIP escape without its code",
        " (RFC 1055)",
        Some("RFC 1055"),
    );
}

#[test]
fn refusals_to_encode_say_what_to_do() {
    for (error, text) in [
        (
            EncodeError::TooLong { len: 9, max: 8 },
            "payload of 9 bytes, longer than 8; raise frame_bytes_max",
        ),
        (
            EncodeError::LengthDoesNotFit { length: 256 },
            "length 256 does not fit into the length field; use a wider one",
        ),
        (
            EncodeError::ContainsDelimiter { at: 4 },
            "payload has the delimiter at byte 4; escape it or use a length prefix",
        ),
        (
            EncodeError::WrongSize {
                len: 3,
                expected: 2,
            },
            "payload of 3 bytes where every frame has 2",
        ),
        (
            EncodeError::Empty,
            "empty payload in a format without empty frames",
        ),
        (
            EncodeError::NotAFrame,
            "payload is not a whole frame with its header",
        ),
        (
            EncodeError::UnknownHeader,
            "layout with header bytes beside the length; use Body::Whole and bring them",
        ),
        (
            EncodeError::NoRoom { need: 9, room: 8 },
            "frame of up to 9 bytes, room for 8",
        ),
    ] {
        assert_eq!(error.to_string(), text);
        let _: &dyn std::error::Error = &error;
        assert_eq!(error.clone(), error);
    }
}
