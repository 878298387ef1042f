use barewire_http1::{
    Asked, Decoder, ErrorKind, FieldSpan, Leniency, Limits, Method, parse_response_head,
};

use super::common::{Told, run_in};

/// The messages have `max - 1`, `max` and `max + 1` of what the limit counts; the last one
/// alone is refused, be they read strictly or not.
#[track_caller]
fn check(
    set: impl Fn(&mut Limits, usize),
    max: usize,
    message: impl Fn(usize) -> String,
    kind: ErrorKind,
) {
    let mut limits = Limits::for_responses();
    set(&mut limits, max);
    let leniencies = [Leniency::default(), Leniency::all()];
    for (count, leniency) in [max.saturating_sub(1), max, max + 1]
        .into_iter()
        .flat_map(|count| leniencies.map(|leniency| (count, leniency)))
    {
        let message = message(count).into_bytes();
        let decoder = || Decoder::client(limits).with_leniency(leniency);
        let (told, end) = run_in(decoder(), &message, []);
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
        let bytes = run_in(decoder(), &message, 1..message.len());
        assert_eq!(bytes, (told, end));
    }
}

fn ok(fields: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{fields}\r\n")
}

fn chunked(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}")
}

#[test]
fn status_line_bytes() {
    for max in [16, 17, 40, 100, 8192] {
        check(
            |limits, max| limits.start_line_bytes_max = max,
            max,
            // "HTTP/1.1 204 " and a line end take 15 bytes.
            |count| format!("HTTP/1.1 204 {}\r\n\r\n", "r".repeat(count - 15)),
            ErrorKind::StartLineTooLong,
        );
    }
}

/// A line without end is cut off where the limit is, whatever it would become.
#[test]
fn a_status_line_without_end() {
    let line = format!("HTTP/1.1 200 {}", "r".repeat(100));
    for max in 0..line.len() {
        let mut limits = Limits::default();
        limits.start_line_bytes_max = max;
        for ends in [vec![], (1..line.len()).collect()] {
            let (_, end) = run_in(Decoder::client(limits), line.as_bytes(), ends);
            let error = end.expect_err("too long");
            assert_eq!(error.kind, ErrorKind::StartLineTooLong);
            assert_eq!(error.offset, max as u64);
        }
    }
}

#[test]
fn field_section_bytes() {
    for max in [64, 100, 16 * 1024] {
        check(
            |limits, max| limits.field_section_bytes_max = max,
            max,
            // "Content-Length: 0", "X: ", two line ends and the empty line take 26 bytes.
            |count| ok(&format!("X: {}\r\n", "v".repeat(count - 26))),
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
            |count| ok(&"Some-Field: with a value\r\n".repeat(count - 1)),
            ErrorKind::TooManyFields,
        );
    }
}

#[test]
fn declared_content_bytes() {
    for max in [0, 1, 9] {
        check(
            |limits, max| limits.body_bytes_max = max as u64,
            max,
            |count| {
                let content = "x".repeat(count);
                format!("HTTP/1.1 200 OK\r\nContent-Length: {count}\r\n\r\n{content}")
            },
            ErrorKind::BodyTooLarge,
        );
    }
    // A length that no content follows is of no interest.
    let mut limits = Limits::default();
    limits.body_bytes_max = 9;
    for (method, status) in [
        (Method::Head, 200),
        (Method::Get, 304),
        (Method::Connect, 200),
    ] {
        let mut decoder = Decoder::client(limits);
        decoder.set_asked(Asked::by(method));
        let head = format!("HTTP/1.1 {status} OK\r\nContent-Length: 10\r\n\r\n");
        let (told, end) = run_in(decoder, head.as_bytes(), []);
        assert_eq!((told.len(), end), (2, Ok(())), "{method} {status}");
    }
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
fn content_bytes_until_the_close() {
    for max in [0, 1, 29] {
        check(
            |limits, max| limits.body_bytes_max = max as u64,
            max,
            |count| format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(count)),
            ErrorKind::BodyTooLarge,
        );
    }
}

/// For responses there is no limit on content unless one is set.
#[test]
fn content_of_any_length() {
    for framing in ["Content-Length: 18446744073709551615", "X: until the close"] {
        let mut decoder = Decoder::client(Limits::for_responses());
        let head = format!("HTTP/1.1 200 OK\r\n{framing}\r\n\r\n");
        decoder.decode(head.as_bytes()).expect("no limit");
        for _ in 0..40 {
            let content = [b'x'; 65536];
            let (used, event) = decoder.decode(&content).expect("no limit");
            assert!(used == content.len() && event.is_some());
        }
    }
    let largest = chunked("ffffffffffffffff\r\nx");
    let decoder = Decoder::client(Limits::for_responses());
    let (told, end) = run_in(decoder, largest.as_bytes(), []);
    assert_eq!(told.last(), Some(&Told::Content(b"x".to_vec())));
    assert_eq!(
        end.map_err(|error| error.kind),
        Err(ErrorKind::IncompleteBody)
    );
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
    }
}

#[test]
fn chunk_extension_bytes() {
    check(
        |limits, max| limits.chunk_extension_bytes_max = max,
        40,
        |count| {
            let (first, second) = ("e".repeat(19), "f".repeat(count - 21));
            chunked(&format!(
                "5;{first}\r\nhello\r\n5;{second}\r\nhello\r\n0\r\n\r\n"
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
            |count| chunked(&format!("0\r\nX: {}\r\n\r\n", "v".repeat(count - 7))),
            ErrorKind::TrailerSectionTooLarge,
        );
    }
}

#[test]
fn trailers() {
    for max in [0, 1, 2, 32] {
        check(
            |limits, max| limits.trailers_max = max,
            max,
            |count| {
                chunked(&format!(
                    "0\r\n{}\r\n",
                    "Some-Field: a value\r\n".repeat(count)
                ))
            },
            ErrorKind::TooManyTrailers,
        );
    }
}

#[test]
fn interim_responses() {
    for max in [0, 1, 16] {
        check(
            |limits, max| limits.interim_max = max,
            max,
            |count| "HTTP/1.1 103 \r\nLink: </a>\r\n\r\n".repeat(count) + &ok(""),
            ErrorKind::TooManyInterim,
        );
        // The count is of one response.
        check(
            |limits, max| limits.interim_max = max,
            max,
            |count| ("HTTP/1.1 100 \r\n\r\n".repeat(count) + &ok("")).repeat(3),
            ErrorKind::TooManyInterim,
        );
    }
}

/// Each head has its own budget, interim or not.
#[test]
fn limits_are_of_one_head() {
    let mut limits = Limits::default();
    limits.start_line_bytes_max = 15;
    limits.field_section_bytes_max = 21;
    limits.fields_max = 1;
    let stream = "HTTP/1.1 100 \r\nContent-Length: 0\r\n\r\n".repeat(10)
        + &"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n".repeat(10);
    for ends in [vec![], (1..stream.len()).collect()] {
        let (told, end) = run_in(Decoder::client(limits), stream.as_bytes(), ends);
        assert_eq!((told.len(), end), (30, Ok(())));
    }
}

#[test]
fn the_index_of_a_single_head() {
    let head = ok("A: 1\r\nB: 2\r\n");
    let (limits, asked) = (Limits::default(), Asked::default());
    let parse = |index: &mut [FieldSpan]| {
        parse_response_head(head.as_bytes(), index, &asked, &limits)
            .map(|head| head.map(|head| head.fields().len()))
            .map_err(|error| (error.kind, error.offset))
    };
    assert_eq!(parse(&mut [FieldSpan::default(); 3]), Ok(Some(3)));
    for (len, offset) in [(0, 17), (1, 36), (2, 42)] {
        let mut short = vec![FieldSpan::default(); len];
        assert_eq!(parse(&mut short), Err((ErrorKind::TooManyFields, offset)));
    }
}
