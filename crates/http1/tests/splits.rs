//! Any split of a stream gives the same events, for requests sound and broken.

use barewire_http1::{FieldSpan, Limits, parse_request_head};
use proptest::prelude::*;
use proptest::sample::Index;

mod common;

use common::{Told, run};

/// Names as they are, and names as the grammar allows them.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[A-Za-z-]{1,20}",
        1 => "[A-Za-z0-9!#$%&'*+.^_`|~-]{1,24}",
    ]
}

fn field_line() -> impl Strategy<Value = String> {
    let value = "[ -~\t]{0,60}|[ -~]{1,60}|[a-z0-9]{200,300}|";
    let plain = ("[A-Za-z-]{1,20}", " {0,2}[!-~][ -~]{0,60}");
    prop_oneof![
        3 => plain.prop_map(|(name, value)| format!("{name}: {value}\r\n")),
        6 => (name(), "[ \t]{0,3}", value, "[ \t]{0,3}")
            .prop_map(|(name, before, value, after)| format!("{name}:{before}{value}{after}\r\n")),
        1 => Just("Connection: close, TE\r\n".to_owned()),
        1 => Just("connection:keep-alive\r\n".to_owned()),
        1 => Just("Connection: Upgrade\r\nUpgrade: websocket\r\n".to_owned()),
        1 => Just("Expect: 100-continue\r\n".to_owned()),
    ]
}

fn chunk() -> impl Strategy<Value = String> {
    let extension = prop_oneof![
        4 => Just(String::new()),
        1 => "( ;|;)[a-z]{1,9}(=[a-z]{1,5}|=\"[a-z ]{0,9}\")?",
    ];
    ("[a-z]{1,40}", extension, "0{0,3}").prop_map(|(data, extension, zeros)| {
        format!("{zeros}{:x}{extension}\r\n{data}\r\n", data.len())
    })
}

fn body() -> impl Strategy<Value = String> {
    let trailers = prop::collection::vec(field_line(), 0..3).prop_map(|lines| lines.concat());
    prop_oneof![
        Just("\r\n".to_owned()),
        "[a-z]{0,80}".prop_map(|body| format!("Content-Length: {}\r\n\r\n{body}", body.len())),
        (prop::collection::vec(chunk(), 0..6), trailers).prop_map(|(chunks, trailers)| format!(
            "Transfer-Encoding: chunked\r\n\r\n{}0\r\n{trailers}\r\n",
            chunks.concat()
        )),
    ]
}

fn request() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        6 => "(\r\n)?(GET|POST|HEAD|DELETE) /[!-\"$-~]{0,60} HTTP/1\\.[01]\r\n",
        1 => "(GET|PUT) http://[a-z.]{1,20}(:[0-9]{1,4})?/[a-z]{0,9} HTTP/1\\.1\r\n",
        1 => Just("CONNECT [::1]:443 HTTP/1.1\r\n".to_owned()),
        1 => Just("OPTIONS * HTTP/1.1\r\n".to_owned()),
        1 => "[A-Z]{1,9} /[a-z]{0,9} HTTP/1\\.[0-9]\r\n",
    ];
    let host = "(Host|host): ?[a-z0-9.-]{1,30}(:[0-9]{1,4})?\r\n";
    let fields = prop::collection::vec(field_line(), 0..8).prop_map(|lines| lines.concat());
    (line, host, fields, body())
        .prop_map(|(line, host, fields, body)| format!("{line}{host}{fields}{body}"))
}

/// A fault in the making: where, and what to do there.
#[derive(Clone, Debug)]
enum Fault {
    Put(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index),
    CutOff(Index),
}

fn fault() -> impl Strategy<Value = Fault> {
    let bytes = prop_oneof![
        Just(b"\r\n".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\r".to_vec()),
        Just(b"\0".to_vec()),
        Just(b" ".to_vec()),
        Just(b":".to_vec()),
        Just(b",".to_vec()),
        Just(b"Transfer-Encoding: chunked\r\n".to_vec()),
        Just(b"Content-Length: 3\r\n".to_vec()),
        prop::collection::vec(any::<u8>(), 1..4),
    ];
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Fault::Put(at, byte)),
        (any::<Index>(), bytes).prop_map(|(at, bytes)| Fault::Insert(at, bytes)),
        any::<Index>().prop_map(Fault::Remove),
        any::<Index>().prop_map(Fault::CutOff),
    ]
}

fn broken(stream: String, faults: &[Fault]) -> Vec<u8> {
    let mut bytes = stream.into_bytes();
    for fault in faults {
        if bytes.is_empty() {
            break;
        }
        match fault {
            Fault::Put(at, byte) => {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            Fault::Insert(at, piece) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, piece.iter().copied());
            }
            Fault::Remove(at) => {
                bytes.remove(at.index(bytes.len()));
            }
            Fault::CutOff(at) => bytes.truncate(at.index(bytes.len())),
        }
    }
    bytes
}

/// Small enough that the streams above meet them.
fn tight() -> Limits {
    let mut limits = Limits::default();
    limits.start_line_bytes_max = 60;
    limits.method_bytes_max = 7;
    limits.field_section_bytes_max = 400;
    limits.fields_max = 6;
    limits.body_bytes_max = 90;
    limits.chunk_line_bytes_max = 14;
    limits.chunk_extension_bytes_max = 20;
    limits.trailer_section_bytes_max = 60;
    limits.trailers_max = 2;
    limits
}

fn holds(stream: &[u8], cuts: &[Index]) -> Result<(), TestCaseError> {
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
    ends.sort_unstable();
    for limits in [Limits::default(), tight()] {
        let whole = run(stream, [], limits);
        let cut = run(stream, ends.iter().copied(), limits);
        prop_assert_eq!(&cut, &whole, "cut at {:?}", ends);
        let bytes = run(stream, 1..stream.len(), limits);
        prop_assert_eq!(&bytes, &whole, "byte by byte");
        agrees_with_parse(stream, &whole, &limits);
    }
    Ok(())
}

/// The stateless parser says of the first head what the decoder says.
fn agrees_with_parse(
    stream: &[u8],
    whole: &(Vec<Told>, Result<(), barewire_http1::Error>),
    limits: &Limits,
) {
    let mut index = [FieldSpan::default(); 128];
    match (
        parse_request_head(stream, &mut index, limits),
        whole.0.first(),
    ) {
        (Ok(Some(head)), Some(Told::Head(facts, fields))) => {
            assert!(facts.starts_with(&format!("{head:?}")));
            assert_eq!(head.fields().len(), fields.len());
        }
        (Ok(None), None) => {}
        (Err(error), None) => assert_eq!(whole.1, Err(error)),
        (head, told) => panic!("{head:?} but {told:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn sound_streams(
        requests in prop::collection::vec(request(), 1..4),
        cuts in prop::collection::vec(any::<Index>(), 0..12),
    ) {
        holds(requests.concat().as_bytes(), &cuts)?;
    }

    #[test]
    fn broken_streams(
        requests in prop::collection::vec(request(), 1..3),
        faults in prop::collection::vec(fault(), 1..4),
        cuts in prop::collection::vec(any::<Index>(), 0..12),
    ) {
        holds(&broken(requests.concat(), &faults), &cuts)?;
    }

    #[test]
    fn anything(
        stream in prop::collection::vec(any::<u8>(), 0..200),
        cuts in prop::collection::vec(any::<Index>(), 0..6),
    ) {
        holds(&stream, &cuts)?;
    }
}

/// The generator makes what it promises: most of its requests are accepted whole.
#[test]
fn generated_requests_are_mostly_sound() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let accepted = (0..300)
        .filter(|_| {
            let tree = request().new_tree(&mut runner).expect("a request");
            let (told, end) = run(tree.current().as_bytes(), [], Limits::default());
            end.is_ok() && told.last() == Some(&Told::End)
        })
        .count();
    assert!(accepted > 200, "{accepted} of 300");
}
