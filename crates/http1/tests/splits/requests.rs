use barewire_http1::{FieldSpan, Limits, parse_request_head};
use proptest::prelude::*;
use proptest::sample::Index;

use super::common::{Told, run};
use super::{broken, chunk, ends, fault, field_line, tight};

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

fn holds(stream: &[u8], cuts: &[Index]) -> Result<(), TestCaseError> {
    let ends = ends(stream, cuts);
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
