//! Answers that are encoded are what our own decoder takes, and are read back as they were
//! meant.

use barewire_http1::{
    Asked, Content, ContentLength, Decoder, EncodeError, Event, FieldSpan, HttpDate, Limits,
    Method, ResponseHeadBuf, ServerConnection, StatusCode, Trailers, parse_response_head,
};
use proptest::prelude::*;

#[path = "common/generated.rs"]
mod generated;

use generated::{name, value};

type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// Reads an answer to GET by our own rules: its status, its fields, what is behind the head.
#[track_caller]
fn read_back(answer: &[u8]) -> (String, Pairs, Vec<u8>) {
    let mut index = [FieldSpan::default(); 128];
    let mut limits = Limits::default();
    limits.body_bytes_max = u64::MAX;
    let head = parse_response_head(answer, &mut index, &Asked::by(Method::Get), &limits)
        .expect("our own rules take it")
        .expect("it is whole");
    let pairs = head
        .fields()
        .iter()
        .map(|(name, value)| (name.to_vec(), value.to_vec()))
        .collect();
    let reason = String::from_utf8(head.reason().to_vec()).expect("what was written");
    let line = format!("{} {reason}", head.status());
    (line, pairs, answer[head.len()..].to_vec())
}

fn connection() -> ServerConnection {
    let mut connection = ServerConnection::new(Limits::default());
    let (_, head) = connection
        .decode(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        .expect("valid");
    assert!(head.is_some());
    let (_, end) = connection.decode(&[]).expect("valid");
    assert!(matches!(end, Some(Event::End)));
    connection
}

/// Decodes `body` as the chunked body of a request.
fn decode_chunked(body: &[u8]) -> (Vec<u8>, Pairs) {
    let mut limits = Limits::default();
    limits.body_bytes_max = u64::MAX;
    let mut decoder = Decoder::server(limits);
    let head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    decoder.decode(head).expect("valid");
    let (mut content, mut trailers) = (Vec::new(), Vec::new());
    let mut rest = body;
    loop {
        let (used, event) = decoder.decode(rest).expect("what we wrote");
        match event {
            Some(Event::Data(range)) => content.extend_from_slice(&rest[range]),
            Some(Event::Trailers(fields)) => trailers.extend(
                fields
                    .iter()
                    .map(|(name, value)| (name.to_vec(), value.to_vec())),
            ),
            Some(Event::End) => {
                assert_eq!(used, rest.len());
                return (content, trailers);
            }
            _ => panic!("the body is not whole"),
        }
        rest = &rest[used..];
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn heads_read_back(
        fields in prop::collection::vec((name(), value()), 0..12),
        code in 200..600_u16,
        length in prop_oneof![Just(None), (0..u64::MAX).prop_map(Some)],
        close: bool,
        reason in "|[ -~\t]{0,40}|.{0,9}",
        offer in "|websocket|h2c, HTTP/2.0",
    ) {
        let status = StatusCode::new(code).expect("in range");
        let mut head = ResponseHeadBuf::new(status);
        let mut expected = Pairs::new();
        for (name, value) in &fields {
            // The connection would not add its own.
            if name.eq_ignore_ascii_case("date") {
                continue;
            }
            let before = head.lines().to_vec();
            match head.field(name, value) {
                Ok(_) => expected.push((name.clone().into_bytes(), value.clone())),
                Err(_) => prop_assert_eq!(head.lines(), &before[..]),
            }
        }
        if close {
            head.close();
        }
        let reason = match head.reason(&reason) {
            Ok(_) => reason.as_str(),
            Err(_) => status.reason(),
        };
        let offers = head.offer_upgrade(&offer).is_ok();
        let length = length.map_or(ContentLength::Unknown, ContentLength::Known);
        let mut connection = connection();
        let mut out = b"what was there".to_vec();
        let date = HttpDate::new("Sun, 06 Nov 1994 08:49:37 GMT");
        let content = match connection.encode_head(&head, length, date, &mut out) {
            Ok(content) => content,
            Err(error) => {
                prop_assert_eq!(error, EncodeError::BodyNotAllowed);
                prop_assert_eq!(&out[..], b"what was there");
                return Ok(());
            }
        };
        prop_assert!(out.starts_with(b"what was there"));
        let (line, pairs, rest) = read_back(&out["what was there".len()..]);
        prop_assert_eq!(line, format!("{code} {reason}"));
        prop_assert!(rest.is_empty());
        prop_assert_eq!(&pairs[..expected.len()], &expected[..]);
        let added: Vec<String> = pairs[expected.len()..]
            .iter()
            .map(|(name, _)| String::from_utf8_lossy(name).into_owned())
            .collect();
        let mut must = vec!["Date"];
        match (content, length) {
            (Content::Chunked, _) => must.push("Transfer-Encoding"),
            _ if status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED => {}
            _ => must.push("Content-Length"),
        }
        if close || offers {
            must.push("Connection");
        }
        if offers {
            must.push("Upgrade");
        }
        prop_assert_eq!(added, must);
    }

    #[test]
    fn chunks_and_trailers_read_back(
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..70), 0..10),
        fields in prop::collection::vec((name(), value()), 0..6),
    ) {
        let mut connection = connection();
        let mut out = Vec::new();
        let head = ResponseHeadBuf::new(StatusCode::OK);
        connection
            .encode_head(&head, ContentLength::Unknown, None, &mut out)
            .expect("an answer is due");
        out.clear();
        for piece in &pieces {
            connection.encode_data(piece, &mut out).expect("content is due");
        }
        let mut trailers = Trailers::new();
        let mut expected = Pairs::new();
        for (name, value) in &fields {
            if trailers.field(name, value).is_ok() {
                expected.push((name.clone().into_bytes(), value.clone()));
            }
        }
        connection
            .encode_end(Some(&trailers), &mut out)
            .expect("content was due");
        let (content, told) = decode_chunked(&out);
        prop_assert_eq!(content, pieces.concat());
        prop_assert_eq!(told, expected);
    }
}

#[test]
fn offers_are_lists_of_protocols() {
    for protocols in [
        "",
        " ",
        ",",
        "a,",
        ",a",
        "a b",
        "a/",
        "/a",
        "a/1/2",
        "a\r\nX: y",
        "a\0",
        "\u{e9}",
        "a;b",
        &"a".repeat(257),
        &"a,".repeat(129)[..257],
    ] {
        let mut head = ResponseHeadBuf::new(StatusCode::OK);
        let refused = head.offer_upgrade(protocols).map(|_| ());
        assert_eq!(
            refused,
            Err(EncodeError::InvalidFieldValue),
            "{protocols:?}"
        );
        assert_eq!(head, ResponseHeadBuf::new(StatusCode::OK));
    }
}

/// With everything on that adds to it when it is sent, for recipients of any limits.
#[test]
fn the_fullest_head_is_within_the_limits() {
    let fillers = [
        "".to_owned(),
        "a value of some length".to_owned(),
        "v".repeat(2000),
    ];
    let fields_max = [6, 100, 300].into_iter();
    let cases =
        fields_max.flat_map(|fields| [1024, 16 * 1024, 64 * 1024].map(|bytes| (fields, bytes)));
    for ((fields_max, bytes_max), filler) in
        cases.flat_map(|case| fillers.iter().map(move |filler| (case, filler)))
    {
        let mut limits = Limits::for_responses();
        limits.fields_max = fields_max;
        limits.field_section_bytes_max = bytes_max;
        let mut head = ResponseHeadBuf::new(StatusCode::OK).with_limits(&limits);
        let mut count = 0;
        while head.field(&format!("F{count}"), filler).is_ok() {
            count += 1;
        }
        head.close();
        let longest = format!("{}/1", "p".repeat(254));
        head.offer_upgrade(&longest).expect("it is not too long");
        head.reason(&"r".repeat(1024)).expect("it is not too long");
        let mut out = Vec::new();
        let date = HttpDate::new("Sun, 06 Nov 1994 08:49:37 GMT");
        connection()
            .encode_head(&head, ContentLength::Known(u64::MAX), date, &mut out)
            .expect("an answer is due");
        let mut index = vec![FieldSpan::default(); fields_max];
        let told = parse_response_head(&out, &mut index, &Asked::default(), &limits)
            .expect("our own rules take it")
            .expect("it is whole");
        assert_eq!(told.len(), out.len());
        assert_eq!(told.fields().len(), count + 4);
    }
}

#[test]
fn the_fullest_trailers_are_within_the_default_limits() {
    for filler in ["", "a value of some length", &"v".repeat(2000)] {
        let mut trailers = Trailers::new();
        let mut count = 0;
        while trailers.field(&format!("F{count}"), filler).is_ok() {
            count += 1;
        }
        let mut connection = connection();
        let mut out = Vec::new();
        connection
            .encode_head(
                &ResponseHeadBuf::new(StatusCode::OK),
                ContentLength::Unknown,
                None,
                &mut out,
            )
            .expect("an answer is due");
        out.clear();
        connection
            .encode_end(Some(&trailers), &mut out)
            .expect("content was due");
        let (_, told) = decode_chunked(&out);
        assert_eq!(told.len(), count);
    }
}

#[test]
fn chunk_sizes_of_every_width() {
    for len in [1, 15, 16, 255, 256, 4095, 4096, 65535, 65536] {
        let mut connection = connection();
        let mut out = Vec::new();
        let head = ResponseHeadBuf::new(StatusCode::OK);
        connection
            .encode_head(&head, ContentLength::Unknown, None, &mut out)
            .expect("an answer is due");
        out.clear();
        let data = vec![b'x'; len];
        connection
            .encode_data(&data, &mut out)
            .expect("content is due");
        assert!(out.starts_with(format!("{len:x}\r\n").as_bytes()));
        connection
            .encode_end(None, &mut out)
            .expect("content was due");
        assert_eq!(decode_chunked(&out), (data, Pairs::new()));
    }
}
