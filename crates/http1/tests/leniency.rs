//! What a client may overlook in responses: each switch lets in what it names and nothing
//! else, wherever the bytes are cut.

use barewire_http1::{
    Asked, ClientConnection, ClientTurn, ContentLength, Decoder, ErrorKind, Event, Fields,
    Leniency, Limits, Method, RequestHeadBuf, unfold,
};

type Switch = fn(&mut Leniency);

const SWITCHES: [Switch; 6] = [
    |leniency| leniency.bare_line_feed ^= true,
    |leniency| leniency.line_folding ^= true,
    |leniency| leniency.space_before_colon ^= true,
    |leniency| leniency.equal_lengths ^= true,
    |leniency| leniency.missing_reason ^= true,
    |leniency| leniency.empty_lines ^= true,
];
const BARE_LINE_FEED: Switch = SWITCHES[0];
const LINE_FOLDING: Switch = SWITCHES[1];
const SPACE_BEFORE_COLON: Switch = SWITCHES[2];
const EQUAL_LENGTHS: Switch = SWITCHES[3];
const MISSING_REASON: Switch = SWITCHES[4];
const EMPTY_LINES: Switch = SWITCHES[5];

fn only(switches: &[Switch]) -> Leniency {
    let mut leniency = Leniency::default();
    for switch in switches {
        switch(&mut leniency);
    }
    leniency
}

fn all_but(switch: Switch) -> Leniency {
    let mut leniency = Leniency::all();
    switch(&mut leniency);
    leniency
}

/// What was told, folds replaced, and where it ended in a fault.
type Told = (Vec<String>, Result<(), (ErrorKind, u64)>);

fn lines(fields: &Fields<'_>) -> String {
    let line = |(name, value): (&[u8], &[u8])| {
        let outer = |byte: Option<&u8>| byte.is_some_and(|byte| b" \t\r\n".contains(byte));
        assert!(!outer(value.first()) && !outer(value.last()), "{value:?}");
        format!(
            "[{}: {}]",
            name.escape_ascii(),
            unfold(value).escape_ascii()
        )
    };
    fields.iter().map(line).collect()
}

/// Reads a response to GET that comes in pieces ending at `ends`.
fn read(leniency: Leniency, input: &[u8], ends: impl IntoIterator<Item = usize>) -> Told {
    let mut decoder = Decoder::client(Limits::for_responses()).with_leniency(leniency);
    decoder.set_asked(Asked::by(Method::Get));
    let (mut told, mut content) = (Vec::new(), Vec::new());
    let mut used = 0;
    for end in ends.into_iter().chain([input.len()]) {
        loop {
            let rest = &input[used..end];
            let (step, event) = match decoder.decode(rest) {
                Ok(decoded) => decoded,
                Err(error) => return (told, Err((error.kind, error.offset))),
            };
            used += step;
            match event {
                None => break,
                Some(Event::Interim(head) | Event::Response(head)) => told.push(format!(
                    "{} {} '{}' {:?} {:?} {} {}",
                    head.version(),
                    head.status(),
                    head.reason().escape_ascii(),
                    head.body_framing(),
                    head.content_length(),
                    head.keep_alive(),
                    lines(&head.fields())
                )),
                Some(Event::Data(range)) => content.extend_from_slice(&rest[range]),
                Some(Event::Trailers(fields)) => told.push(lines(&fields)),
                Some(Event::End) => {
                    told.push(format!("'{}'", std::mem::take(&mut content).escape_ascii()));
                }
                Some(other) => unreachable!("{other:?}"),
            }
        }
    }
    let finished = decoder.finish();
    (told, finished.map_err(|error| (error.kind, error.offset)))
}

/// The same, and so wherever it is cut.
#[track_caller]
fn read_cut(leniency: Leniency, input: &[u8]) -> Told {
    let whole = read(leniency, input, []);
    assert_eq!(read(leniency, input, 1..input.len()), whole, "byte by byte");
    for cut in 1..input.len() {
        assert_eq!(read(leniency, input, [cut]), whole, "cut at {cut}");
    }
    whole
}

/// With `switches`, and not without any one of them, `input` is read as `meant` is.
#[track_caller]
fn overlooked(switches: &[Switch], input: &str, kind: ErrorKind, meant: &str) {
    let expected = read_cut(Leniency::default(), meant.as_bytes());
    assert_eq!(expected.1, Ok(()), "{meant:?}");
    let bytes = input.as_bytes();
    for leniency in [only(switches), Leniency::all()] {
        assert_eq!(read_cut(leniency, bytes), expected, "{input:?}");
    }
    let (_, strict) = read_cut(Leniency::default(), bytes);
    assert_eq!(strict.map_err(|(kind, _)| kind), Err(kind), "{input:?}");
    for switch in switches {
        let (_, without) = read_cut(all_but(*switch), bytes);
        assert!(without.is_err(), "{input:?}");
        if switches.len() == 1 {
            assert_eq!(without, strict, "{input:?}: the others have no part in it");
        }
    }
}

/// Refused at the same byte for the same reason whatever is overlooked.
#[track_caller]
fn refused(input: &str, kind: ErrorKind) {
    let (_, strict) = read_cut(Leniency::default(), input.as_bytes());
    assert_eq!(strict.map_err(|(kind, _)| kind), Err(kind), "{input:?}");
    refused_by(Leniency::all(), input, kind);
}

#[track_caller]
fn refused_by(leniency: Leniency, input: &str, kind: ErrorKind) {
    let (_, outcome) = read_cut(leniency, input.as_bytes());
    assert_eq!(outcome.map_err(|(kind, _)| kind), Err(kind), "{input:?}");
}

const MEANT: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: y z\r\n\r\nhi";

fn chunked(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}")
}

#[test]
fn all_is_every_switch() {
    assert_eq!(Leniency::all(), only(&SWITCHES));
}

#[test]
fn bare_line_feeds() {
    let switch = &[BARE_LINE_FEED];
    for input in [
        MEANT.replace('\r', ""),
        MEANT.replacen('\r', "", 1),
        MEANT.replace("z\r\n\r\n", "z\r\n\n"),
        MEANT.replace("z\r\n\r\n", "z\n\r\n"),
        MEANT.replace("2\r\n", "2\n"),
    ] {
        overlooked(switch, &input, ErrorKind::BareLineFeed, MEANT);
    }
    for input in [
        "HTTP/1.1 200 OK\rX: y\r\n\r\n",
        "HTTP/1.1 200 OK\r\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: y\rz\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: y\r\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: y\r\n\rX",
    ] {
        refused(input, ErrorKind::BareCarriageReturn);
    }
    refused_by(
        only(switch),
        "\nHTTP/1.1 200 OK\n\n",
        ErrorKind::InvalidVersion,
    );
    refused_by(
        only(switch),
        "HTTP/1.1 200\n\n",
        ErrorKind::MissingReasonSpace,
    );
}

/// Two recipients that read chunks differently are an attack: no switch is for those.
#[test]
fn chunked_bodies_are_read_strictly() {
    for (body, kind) in [
        ("2\nhi\r\n0\r\n\r\n", ErrorKind::BareLineFeed),
        ("2\r\nhi\n0\r\n\r\n", ErrorKind::ChunkNotTerminated),
        ("2\r\nhi\r\n0\n\r\n", ErrorKind::BareLineFeed),
        ("2;a\nhi\r\n0\r\n\r\n", ErrorKind::BareLineFeed),
        ("2;a=\"\n\"\r\nhi\r\n0\r\n\r\n", ErrorKind::BareLineFeed),
        ("2\rhi\r\n0\r\n\r\n", ErrorKind::BareCarriageReturn),
        ("\r\n2\r\nhi\r\n0\r\n\r\n", ErrorKind::InvalidChunkSize),
        (" 2\r\nhi\r\n0\r\n\r\n", ErrorKind::InvalidChunkSize),
        ("2 \r\nhi\r\n0\r\n\r\n", ErrorKind::InvalidChunkExtension),
        (
            "2;\r\n a\r\nhi\r\n0\r\n\r\n",
            ErrorKind::InvalidChunkExtension,
        ),
        ("2\r\nhi\r\n\r\n0\r\n\r\n", ErrorKind::InvalidChunkSize),
        ("+2\r\nhi\r\n0\r\n\r\n", ErrorKind::InvalidChunkSize),
        ("2\r\nhi", ErrorKind::IncompleteBody),
        // Trailers are part of the body.
        ("0\r\nX: y\n\r\n", ErrorKind::BareLineFeed),
        ("0\r\nX: y\r\n\n", ErrorKind::BareLineFeed),
        ("0\r\nX: y\r\n z\r\n\r\n", ErrorKind::LineFolding),
        ("0\r\nX : y\r\n\r\n", ErrorKind::SpaceBeforeColon),
    ] {
        refused(&chunked(body), kind);
    }
}

#[test]
fn folded_lines() {
    let switch = &[LINE_FOLDING];
    for value in [
        "y\r\n z",
        "y\r\n\tz",
        "y \r\n  z",
        "\r\n y z",
        " \r\n \t\r\n y z",
        "y\r\n \r\n z",
        "y z\r\n ",
        "y z \t\r\n\t \r\n ",
        "\r\n y\r\n z\r\n ",
    ] {
        let input = MEANT.replace("y z", value);
        overlooked(switch, &input, ErrorKind::LineFolding, MEANT);
        // And where the line is not the last.
        let input = input.replace(
            "\r\n\r\n",
            "\r\nA-Name: of some length, and a value\r\n\r\n",
        );
        let meant = MEANT.replace(
            "\r\n\r\n",
            "\r\nA-Name: of some length, and a value\r\n\r\n",
        );
        overlooked(switch, &input, ErrorKind::LineFolding, &meant);
    }
    let empty = MEANT.replace("y z", "");
    for value in ["\r\n ", "\r\n\t\r\n ", " \r\n "] {
        let input = MEANT.replace("y z", value);
        overlooked(switch, &input, ErrorKind::LineFolding, &empty);
    }
    // Before any field there is nothing to go on with.
    refused("HTTP/1.1 200 OK\r\n X: y\r\n\r\n", ErrorKind::LineFolding);
    refused_by(
        Leniency::all(),
        "HTTP/1.1 200\r\n OK\r\n\r\n",
        ErrorKind::LineFolding,
    );
    refused(&chunked("0\r\n X: y\r\n\r\n"), ErrorKind::LineFolding);
    // A line that is folded keeps to the grammar.
    for (value, kind) in [
        ("y\r\n z\0", ErrorKind::InvalidFieldValue),
        ("y\r\n z\rw", ErrorKind::BareCarriageReturn),
        ("y\r\n \rz", ErrorKind::BareCarriageReturn),
        ("y\r\n z\nw: x", ErrorKind::BareLineFeed),
    ] {
        refused_by(only(switch), &MEANT.replace("y z", value), kind);
    }
}

/// What frames a message or steers a connection may not be folded even so: who does not
/// unfold would read something else.
#[test]
fn fields_with_a_meaning_are_not_folded() {
    for field in [
        "Content-Length: 2\r\n ",
        "Content-Length: 2\r\n 2",
        "CONTENT-LENGTH: 2\r\n ,2",
        "Content-Length : 2\r\n ",
        "Transfer-Encoding:\r\n chunked",
        "Transfer-Encoding: chunked\r\n\t, identity",
        "transfer-encoding: gzip\r\n , chunked",
        "Connection: x,\r\n close",
        "connection:\r\n close",
        "Upgrade:\r\n websocket",
    ] {
        let input = format!("HTTP/1.1 200 OK\r\n{field}\r\n\r\n");
        let error = read_cut(Leniency::all(), input.as_bytes()).1;
        let at = input
            .find("\r\n ")
            .or(input.find("\r\n\t"))
            .expect("a fold")
            + 2;
        assert_eq!(error, Err((ErrorKind::LineFolding, at as u64)), "{field:?}");
    }
}

/// The first line alone is no length.
#[test]
fn a_length_is_not_on_the_next_line() {
    let input = "HTTP/1.1 200 OK\r\nContent-Length:\r\n 2\r\n\r\nhi";
    refused(input, ErrorKind::InvalidContentLength);
}

#[test]
fn a_fold_becomes_a_space() {
    for (value, expected) in [
        ("", ""),
        ("a", "a"),
        (" a\tb ", " a\tb "),
        ("a\r\n b", "a b"),
        ("a\n\tb", "a b"),
        ("a \t\r\n \t b", "a b"),
        ("a\r\n \r\n\t\r\n b", "a b"),
        ("a b\r\n c  d", "a b c  d"),
    ] {
        assert_eq!(unfold(value.as_bytes()), expected.as_bytes(), "{value:?}");
    }
}

#[test]
fn spaces_before_colons() {
    let switch = &[SPACE_BEFORE_COLON];
    for (name, spaced) in [
        ("X: ", "X : "),
        ("X: ", "X\t:"),
        ("X: ", "X \t  : \t"),
        ("Content-Length: ", "Content-Length : "),
        ("Content-Length: ", "Content-Length\t:"),
    ] {
        let input = MEANT.replace(name, spaced);
        overlooked(switch, &input, ErrorKind::SpaceBeforeColon, MEANT);
    }
    let meant = chunked("2\r\nhi\r\n0\r\n\r\n");
    let input = meant.replace("Encoding:", "Encoding :");
    overlooked(switch, &input, ErrorKind::SpaceBeforeColon, &meant);
    let closed = "HTTP/1.1 204 \r\nConnection: close\r\n\r\n";
    let input = closed.replace(':', " :");
    overlooked(switch, &input, ErrorKind::SpaceBeforeColon, closed);
    for (line, kind) in [
        ("X y: z", ErrorKind::InvalidFieldName),
        ("X  y", ErrorKind::InvalidFieldName),
        ("X \0: z", ErrorKind::InvalidFieldName),
        ("X \r\n", ErrorKind::MissingColon),
        ("X \t", ErrorKind::MissingColon),
    ] {
        let input = format!("HTTP/1.1 200 OK\r\n{line}\r\n\r\n");
        refused_by(Leniency::all(), &input, kind);
    }
    refused("HTTP/1.1 200 OK\r\n: y\r\n\r\n", ErrorKind::EmptyFieldName);
    refused("HTTP/1.1 200 OK\r\n : y\r\n\r\n", ErrorKind::LineFolding);
}

#[test]
fn equal_lengths() {
    let head = |fields: &str| format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\nhi");
    for (fields, kind) in [
        (
            "Content-Length: 2\r\nContent-Length: 2",
            ErrorKind::DuplicateContentLength,
        ),
        (
            "Content-Length: 2\r\nX: y\r\nContent-Length: 02, 2\r\nContent-Length: 002",
            ErrorKind::DuplicateContentLength,
        ),
        ("Content-Length: 2,2", ErrorKind::InvalidContentLength),
        (
            "Content-Length: 2 ,\t002,2",
            ErrorKind::InvalidContentLength,
        ),
    ] {
        let input = head(fields);
        let (told, outcome) = read_cut(only(&[EQUAL_LENGTHS]), input.as_bytes());
        assert_eq!(outcome, Ok(()), "{fields:?}");
        assert!(told[0].contains("Length(2) Some(2) true"), "{told:?}");
        assert_eq!(told[1], "'hi'");
        for leniency in [Leniency::default(), all_but(EQUAL_LENGTHS)] {
            refused_by(leniency, &input, kind);
        }
    }
    for (fields, kind) in [
        ("Content-Length: 2, 3", ErrorKind::InvalidContentLength),
        ("Content-Length: 2,", ErrorKind::InvalidContentLength),
        ("Content-Length: ,2", ErrorKind::InvalidContentLength),
        ("Content-Length: 2,,2", ErrorKind::InvalidContentLength),
        ("Content-Length: ,", ErrorKind::InvalidContentLength),
        ("Content-Length:", ErrorKind::InvalidContentLength),
        ("Content-Length: +2, +2", ErrorKind::InvalidContentLength),
        ("Content-Length: 2;2", ErrorKind::InvalidContentLength),
        ("Content-Length: 2 2", ErrorKind::InvalidContentLength),
        (
            "Content-Length: 2\r\nContent-Length: 3",
            ErrorKind::DuplicateContentLength,
        ),
        (
            "Content-Length: 3\r\nContent-Length: 2, 2",
            ErrorKind::DuplicateContentLength,
        ),
        (
            "Content-Length: 0\r\nContent-Length: 2",
            ErrorKind::DuplicateContentLength,
        ),
    ] {
        refused(&head(fields), kind);
    }
    let wrong = head("Content-Length: 2\r\nContent-Length: x");
    refused_by(
        only(&[EQUAL_LENGTHS]),
        &wrong,
        ErrorKind::InvalidContentLength,
    );
    // A coding beside them still says that the connection is not used again.
    let both =
        "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    let (told, _) = read_cut(only(&[EQUAL_LENGTHS]), both.as_bytes());
    assert!(told[0].contains("Chunked None false"), "{told:?}");
}

#[test]
fn missing_reasons() {
    let switch = &[MISSING_REASON];
    let kind = ErrorKind::MissingReasonSpace;
    for version in ["1.0", "1.1"] {
        for status in [204, 599] {
            let rest = "\r\nContent-Length: 0\r\n\r\n";
            let meant = format!("HTTP/{version} {status} {rest}");
            overlooked(
                switch,
                &format!("HTTP/{version} {status}{rest}"),
                kind,
                &meant,
            );
        }
    }
    overlooked(
        switch,
        "HTTP/1.1 204\r\n\r\n",
        kind,
        "HTTP/1.1 204 \r\n\r\n",
    );
    let bare = &[MISSING_REASON, BARE_LINE_FEED];
    overlooked(bare, "HTTP/1.1 204\n\n", kind, "HTTP/1.1 204 \r\n\r\n");
    overlooked(
        bare,
        "HTTP/1.1 204\nX: y\n\n",
        kind,
        "HTTP/1.1 204 \r\nX: y\r\n\r\n",
    );
    for (line, kind) in [
        ("HTTP/1.1 20\r\n", ErrorKind::InvalidStatusCode),
        ("HTTP/1.1 2000\r\n", ErrorKind::InvalidStatusCode),
        ("HTTP/1.1 200\t\r\n", ErrorKind::InvalidStatusCode),
        ("HTTP/1.1 200OK\r\n", ErrorKind::InvalidStatusCode),
        ("HTTP/1.1 \r\n", ErrorKind::MissingStatusCode),
        ("HTTP/1.1\r\n", ErrorKind::MissingStatusCode),
    ] {
        refused(&format!("{line}\r\n"), kind);
    }
    refused_by(
        only(switch),
        "HTTP/1.1 200\rX\r\n\r\n",
        ErrorKind::BareCarriageReturn,
    );
    refused_by(only(switch), "HTTP/1.1 200\n\n", kind);
}

#[test]
fn empty_lines() {
    let switch = &[EMPTY_LINES];
    let kind = ErrorKind::InvalidVersion;
    for count in [1, 2, 100] {
        let input = "\r\n".repeat(count) + MEANT;
        overlooked(switch, &input, kind, MEANT);
        let bare = "\n\r\n".repeat(count) + MEANT;
        overlooked(&[EMPTY_LINES, BARE_LINE_FEED], &bare, kind, MEANT);
    }
    // Behind content, an interim head, and one without content.
    let between = |lines: &str| {
        format!("{MEANT}{lines}HTTP/1.1 100 \r\n\r\n{lines}HTTP/1.1 204 \r\n\r\n{lines}{MEANT}")
    };
    overlooked(switch, &between("\r\n"), kind, &between(""));
    overlooked(switch, &between("\r\n\r\n"), kind, &between(""));
    for (input, kind) in [
        ("\r HTTP/1.1 200 OK\r\n\r\n", ErrorKind::BareCarriageReturn),
        (
            "\r\n\rHTTP/1.1 200 OK\r\n\r\n",
            ErrorKind::BareCarriageReturn,
        ),
        (
            "\r\r\nHTTP/1.1 200 OK\r\n\r\n",
            ErrorKind::BareCarriageReturn,
        ),
        ("\r\n HTTP/1.1 200 OK\r\n\r\n", ErrorKind::InvalidVersion),
        ("\r\n\nHTTP/1.1 200 OK\r\n\r\n", ErrorKind::InvalidVersion),
    ] {
        refused_by(only(switch), input, kind);
    }
    // Offsets count from the first of them.
    let switch_unasked = "\r\n\r\nHTTP/1.1 101 \r\n\r\n";
    let (_, outcome) = read_cut(only(switch), switch_unasked.as_bytes());
    assert_eq!(outcome, Err((ErrorKind::UnexpectedSwitch, 13)));
    // They begin no response.
    let mut decoder = Decoder::client(Limits::default()).with_leniency(only(switch));
    let (used, event) = decoder.decode(b"\r\n\r\n\r").expect("overlooked");
    assert!(used == 0 && event.is_none() && !decoder.is_mid_message());
    assert_eq!(decoder.finish(), Ok(()));
}

#[test]
fn empty_lines_count_for_the_status_line() {
    let mut limits = Limits::default();
    limits.start_line_bytes_max = 30;
    for (lines, fits) in [(0, true), (5, true), (6, false), (100, false)] {
        let input = "\r\n".repeat(lines) + "HTTP/1.1 204 Gone\r\n\r\n";
        let mut decoder = Decoder::client(limits).with_leniency(only(&[EMPTY_LINES]));
        let decoded = decoder.decode(input.as_bytes());
        match decoded {
            Ok((used, event)) => assert!(fits && used == input.len() && event.is_some()),
            Err(error) => {
                assert!(!fits);
                assert_eq!(
                    (error.kind, error.offset),
                    (ErrorKind::StartLineTooLong, 30)
                );
            }
        }
    }
}

/// Folds count for the header section as any other bytes do, and never for a field more.
#[test]
fn folds_count_for_the_section() {
    let mut limits = Limits::default();
    limits.fields_max = 1;
    limits.field_section_bytes_max = 40;
    for (folds, fits) in [(0, true), (8, true), (9, false)] {
        let input = format!("HTTP/1.1 204 \r\nX: y\r\n{}\r\n", " z\r\n".repeat(folds));
        for ends in [vec![], (1..input.len()).collect()] {
            let mut decoder = Decoder::client(limits).with_leniency(only(&[LINE_FOLDING]));
            let mut outcome = Ok(false);
            for end in ends.into_iter().chain([input.len()]) {
                let decoded = decoder.decode(&input.as_bytes()[..end]);
                outcome = decoded
                    .map(|(_, event)| event.is_some())
                    .map_err(|error| (error.kind, error.offset));
            }
            match fits {
                true => assert_eq!(outcome, Ok(true)),
                false => assert_eq!(outcome, Err((ErrorKind::FieldSectionTooLarge, 55))),
            }
        }
    }
}

/// A decoder of requests overlooks nothing, whatever it is told.
#[test]
fn requests_are_read_strictly() {
    for request in [
        "GET / HTTP/1.1\nHost: a\n\n",
        "GET / HTTP/1.1\r\nHost: a\n\r\n",
        "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi",
        "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2, 2\r\n\r\nhi",
        "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\n\r\n",
        "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX : y\r\n\r\n",
        "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n z\r\n\r\n",
    ] {
        let outcome = |leniency| {
            let mut decoder = Decoder::server(Limits::default()).with_leniency(leniency);
            let mut rest = request.as_bytes();
            loop {
                match decoder.decode(rest) {
                    Ok((_, None)) => panic!("{request:?} was let in"),
                    Ok((used, Some(_))) => rest = &rest[used..],
                    Err(error) => return error,
                }
            }
        };
        assert_eq!(outcome(Leniency::all()), outcome(Leniency::default()));
    }
}

/// A connection overlooks as much after a reset as before, and bytes that nobody asked for
/// never: an empty line behind the last response closes as any other byte does.
#[test]
fn a_connection_overlooks_as_much() {
    let mut connection = ClientConnection::new(Limits::for_responses());
    connection = connection.with_leniency(Leniency::all());
    let get = RequestHeadBuf::new(Method::Get, "a", "/").expect("valid");
    for _ in 0..2 {
        for _ in 0..2 {
            connection
                .encode_head(&get, ContentLength::Known(0), &mut Vec::new())
                .expect("a request may be sent");
        }
        let mut rest = &b"\nHTTP/1.1 204\nX : y\n z\n\n\r\nHTTP/1.1 204\r\n\r\n\r\n"[..];
        let mut ended = 0;
        while connection.unanswered() > 0 {
            let (used, event) = connection.decode(rest).expect("overlooked");
            ended += usize::from(matches!(event, Some(Event::End)));
            rest = &rest[used..];
        }
        assert_eq!((ended, rest), (2, &b"\r\n"[..]));
        assert_eq!(connection.turn(), ClientTurn::Close);
        let error = connection.decode(rest).expect_err("unasked");
        assert_eq!(error.kind, ErrorKind::UnsolicitedResponse);
        connection.reset();
    }
}
