use barewire_http1::{ErrorKind, FieldSpan, Limits, parse_request_head};

use super::common::{Told, run};

/// The requests have `max - 1`, `max` and `max + 1` of what the limit counts; the last
/// one alone is refused.
#[track_caller]
fn check(
    set: impl Fn(&mut Limits, usize),
    max: usize,
    message: impl Fn(usize) -> String,
    kind: ErrorKind,
) {
    let mut limits = Limits::default();
    set(&mut limits, max);
    for count in [max - 1, max, max + 1] {
        let message = message(count).into_bytes();
        let (told, end) = run(&message, [], limits);
        match end {
            Ok(()) => {
                assert!(count <= max, "{count} of {max} were let in");
                assert_eq!(told.last(), Some(&Told::End));
            }
            Err(error) => {
                assert!(count > max, "{count} of {max}: {error}");
                assert_eq!(error.kind, kind);
            }
        }
        assert_eq!(run(&message, 1..message.len(), limits), (told, end));
    }
}

fn get(fields: &str) -> String {
    format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n")
}

fn chunked(body: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}")
}

#[test]
fn start_line_bytes() {
    for max in [17, 18, 40, 100, 8192] {
        check(
            |limits, max| limits.start_line_bytes_max = max,
            max,
            |count| {
                format!(
                    "GET /{} HTTP/1.1\r\nHost: a\r\n\r\n",
                    "a".repeat(count - 16)
                )
            },
            ErrorKind::StartLineTooLong,
        );
    }
}

#[test]
fn empty_lines_count_for_the_start_line() {
    check(
        |limits, max| limits.start_line_bytes_max = max,
        30,
        |count| {
            format!(
                "\r\n\r\nPUT /{} HTTP/1.1\r\nHost: a\r\n\r\n",
                "a".repeat(count - 20)
            )
        },
        ErrorKind::StartLineTooLong,
    );
}

#[test]
fn method_bytes() {
    for max in [2, 3, 4, 64] {
        check(
            |limits, max| limits.method_bytes_max = max,
            max,
            |count| {
                let method = if count == 3 {
                    "GET".into()
                } else {
                    "M".repeat(count)
                };
                format!("{method} / HTTP/1.1\r\nHost: a\r\n\r\n")
            },
            ErrorKind::MethodTooLong,
        );
    }
}

#[test]
fn field_section_bytes() {
    for max in [64, 100, 16 * 1024] {
        check(
            |limits, max| limits.field_section_bytes_max = max,
            max,
            // "Host: a", "X: ", two line ends and the empty line take 16 bytes.
            |count| get(&format!("X: {}\r\n", "v".repeat(count - 16))),
            ErrorKind::FieldSectionTooLarge,
        );
    }
}

#[test]
fn fields() {
    for max in [2, 3, 15, 16, 17, 31, 32, 33, 100] {
        check(
            |limits, max| limits.fields_max = max,
            max,
            |count| get(&"Some-Field: with a value\r\n".repeat(count - 1)),
            ErrorKind::TooManyFields,
        );
    }
}

#[test]
fn declared_content_bytes() {
    check(
        |limits, max| limits.body_bytes_max = max as u64,
        9,
        |count| get(&format!("Content-Length: {count}\r\n")) + &"x".repeat(count),
        ErrorKind::BodyTooLarge,
    );
}

#[test]
fn summed_content_bytes() {
    for chunk in [1, 4, 7] {
        check(
            |limits, max| limits.body_bytes_max = max as u64,
            29,
            |count| {
                let last = count % chunk;
                let mut body =
                    format!("{chunk:x}\r\n{}\r\n", "x".repeat(chunk)).repeat(count / chunk);
                if last > 0 {
                    body += &format!("{last:x}\r\n{}\r\n", "x".repeat(last));
                }
                chunked(&(body + "0\r\n\r\n"))
            },
            ErrorKind::BodyTooLarge,
        );
    }
}

#[test]
fn chunk_line_bytes() {
    for max in [2, 3, 9, 10, 4096] {
        check(
            |limits, max| limits.chunk_line_bytes_max = max,
            max,
            |count| {
                let zeros = "0".repeat(count - 1);
                chunked(&format!(
                    "{zeros}5\r\nhello\r\n{zeros}5\r\nhello\r\n0\r\n\r\n"
                ))
            },
            ErrorKind::ChunkLineTooLong,
        );
        if max > 2 {
            check(
                |limits, max| limits.chunk_line_bytes_max = max,
                max,
                |count| {
                    let name = "e".repeat(count - 2);
                    let line = if name.is_empty() {
                        "5".into()
                    } else {
                        format!("5;{name}")
                    };
                    chunked(&format!("{line}\r\nhello\r\n0\r\n\r\n"))
                },
                ErrorKind::ChunkLineTooLong,
            );
        }
    }
}

#[test]
fn chunk_extension_bytes() {
    check(
        |limits, max| limits.chunk_extension_bytes_max = max,
        40,
        |count| {
            let second = "f".repeat(count - 21);
            chunked(&format!(
                "5;{}\r\nhello\r\n5;{second}\r\nhello\r\n0\r\n\r\n",
                "e".repeat(19)
            ))
        },
        ErrorKind::ChunkExtensionsTooLarge,
    );
}

#[test]
fn trailer_section_bytes() {
    for max in [32, 8 * 1024] {
        check(
            |limits, max| limits.trailer_section_bytes_max = max,
            max,
            // "X: ", a line end and the empty line take seven bytes.
            |count| chunked(&format!("0\r\nX: {}\r\n\r\n", "v".repeat(count - 7))),
            ErrorKind::TrailerSectionTooLarge,
        );
    }
}

#[test]
fn trailers() {
    for max in [1, 2, 32] {
        check(
            |limits, max| limits.trailers_max = max,
            max,
            |count| {
                chunked(&format!(
                    "0\r\n{}\r\n",
                    "Some-Field: with a value\r\n".repeat(count)
                ))
            },
            ErrorKind::TooManyTrailers,
        );
    }
}

#[test]
fn chunk_sizes_have_64_bits() {
    let mut limits = Limits::default();
    limits.body_bytes_max = u64::MAX;
    for (size, kind) in [
        ("ffffffffffffffff", None),
        ("FFFFFFFFFFFFFFFF", None),
        ("0000ffffffffffffffff", None),
        ("10000000000000000", Some(ErrorKind::ChunkSizeOverflow)),
        ("fffffffffffffffff", Some(ErrorKind::ChunkSizeOverflow)),
    ] {
        let message = chunked(&format!("{size}\r\nx"));
        let (_, end) = run(message.as_bytes(), [], limits);
        let expected = kind.unwrap_or(ErrorKind::IncompleteBody);
        assert_eq!(end.map_err(|error| error.kind), Err(expected), "{size}");
    }
    // The sum of two sizes that each fit.
    let message = chunked("1\r\nx\r\nffffffffffffffff\r\n");
    let (_, end) = run(message.as_bytes(), [], limits);
    assert_eq!(
        end.map_err(|error| error.kind),
        Err(ErrorKind::ChunkSizeOverflow)
    );
}

/// The caller's index is a ceiling beside `fields_max`.
#[test]
fn the_index_of_a_single_head() {
    let head = get("A: 1\r\nB: 2\r\n");
    let limits = Limits::default();
    let mut exact = [FieldSpan::default(); 3];
    let parsed = parse_request_head(head.as_bytes(), &mut exact, &limits).expect("it fits");
    assert_eq!(parsed.map(|head| head.fields().len()), Some(3));
    for (len, offset) in [(0, 16), (1, 25), (2, 31)] {
        let mut short = vec![FieldSpan::default(); len];
        let error = parse_request_head(head.as_bytes(), &mut short, &limits).expect_err("full");
        assert_eq!(
            (error.kind, error.offset),
            (ErrorKind::TooManyFields, offset)
        );
    }
}
