use barewire_http1::{
    Asked, ClientConnection, ContentLength, Decoder, ErrorKind, Event, FieldSpan, Leniency, Limits,
    Method, RequestHeadBuf, parse_response_head,
};
use proptest::prelude::*;
use proptest::sample::Index;

use super::common::{Told, run_in};
use super::{broken, ends, fault, field_line, name, tight};

/// A response with what it is to be read as.
#[derive(Clone, Debug)]
struct Response {
    bytes: Vec<u8>,
    /// What a decoder tells of it, but for the head's facts.
    fields: Pairs,
    content: Vec<u8>,
    trailers: Pairs,
    /// Parts of those facts.
    facts: Vec<String>,
    until_close: bool,
}

type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// Names that say nothing of the framing or the connection, and values of theirs.
fn plain_fields(count: std::ops::Range<usize>) -> impl Strategy<Value = (String, Pairs)> {
    let value = prop_oneof![
        2 => "|[!-~]|[!-~][ -~\t]{0,70}[!-~]".prop_map(String::into_bytes),
        1 => prop::collection::vec(0x80..=0xFF_u8, 0..20),
    ];
    let line = (name(), "[ \t]{0,3}", value, "[ \t]{0,3}");
    prop::collection::vec(line, count).prop_map(|lines| {
        let (mut text, mut pairs) = (String::new(), Pairs::new());
        for (name, before, value, after) in lines {
            // One letter longer than it would take to mean something.
            let name = format!("{name}{}", if name.len() % 2 == 0 { "-Xy" } else { "-X" });
            let latin1: String = value.iter().copied().map(char::from).collect();
            text += &format!("{name}:{before}{latin1}{after}\r\n");
            pairs.push((name.into_bytes(), value));
        }
        (text, pairs)
    })
}

/// How the content of a response is framed, with its content.
#[derive(Clone, Debug)]
enum Body {
    None,
    Length(String),
    Chunked(Vec<(String, String)>),
    UntilClose(String),
}

fn response_body() -> impl Strategy<Value = Body> {
    let extension =
        prop_oneof![4 => Just(String::new()), 1 => "( ;|;)[a-z]{1,9}(=\"[a-z ]{0,9}\")?"];
    let chunks = prop::collection::vec(("[ -~]{1,40}", extension), 0..6);
    prop_oneof![
        1 => Just(Body::None),
        3 => "[a-z\r\n]{0,80}".prop_map(Body::Length),
        3 => chunks.prop_map(Body::Chunked),
        1 => "[a-z\r\n]{0,80}".prop_map(Body::UntilClose),
    ]
}

prop_compose! {
    fn response()(
        status in 200..600_u16,
        minor in "[0-9]",
        reason in "|[!-~][ -~\t]{0,30}",
        option in "|Connection: close\r\n|connection:Keep-Alive\r\n|Connection: x, close , y\r\n",
        (lines, fields) in plain_fields(0..6),
        body in response_body(),
        (trailer_lines, trailers) in plain_fields(0..3),
        in_front: bool,
    ) -> Response {
        let never = [204, 304].contains(&status);
        let http10 = minor == "0";
        let mut pairs = fields;
        let (framing, kind, wire, content) = match &body {
            Body::None if never => (String::new(), "None".to_owned(), String::new(), String::new()),
            // Without a length it would end with the connection.
            Body::None => (
                "Content-Length: 0\r\n".to_owned(), "None".to_owned(), String::new(), String::new(),
            ),
            Body::Length(text) => {
                let kind = match text.len() {
                    0 => "None".to_owned(),
                    length => format!("Length({length})"),
                };
                (format!("Content-Length: {}\r\n", text.len()), kind, text.clone(), text.clone())
            }
            Body::Chunked(chunks) if !http10 => {
                let mut wire = String::new();
                for (data, extension) in chunks {
                    wire += &format!("{:x}{extension}\r\n{data}\r\n", data.len());
                }
                wire += &format!("0\r\n{trailer_lines}\r\n");
                let content = chunks.iter().map(|(data, _)| data.as_str()).collect();
                ("Transfer-Encoding: chunked\r\n".to_owned(), "Chunked".to_owned(), wire, content)
            }
            Body::Chunked(chunks) => {
                let text: String = chunks.iter().map(|(data, _)| data.as_str()).collect();
                (String::new(), "UntilClose".to_owned(), text.clone(), text)
            }
            Body::UntilClose(text) => {
                (String::new(), "UntilClose".to_owned(), text.clone(), text.clone())
            }
        };
        let until_close = kind == "UntilClose" && !never;
        let known: Pairs = [&option, &framing]
            .into_iter()
            .filter_map(|line| line.trim_end().split_once(':'))
            .map(|(name, value)| (name.into(), value.trim().into()))
            .collect();
        let steering = format!("{option}{framing}");
        let lines = match in_front {
            true => steering + &lines,
            false => lines + &steering,
        };
        match in_front {
            true => pairs.splice(0..0, known).for_each(drop),
            false => pairs.extend(known),
        }
        let (wire, content, has_trailers) = match never {
            true => (String::new(), String::new(), false),
            false => (wire, content, kind == "Chunked"),
        };
        let keep_alive = !option.contains("close")
            && (!http10 || option.contains("Keep-Alive"))
            && !until_close;
        let facts = vec![
            format!("version: {}", if http10 { "Http10" } else { "Http11" }),
            format!("status: {status}, reason: {}, ", reason.as_bytes().escape_ascii()),
            format!("body_framing: {}, ", if never { "None" } else { &kind }),
            format!("keep_alive: {keep_alive}"),
        ];
        let text = format!("HTTP/1.{minor} {status} {reason}\r\n{lines}\r\n{wire}");
        Response {
            // What stands in the text is latin-1.
            bytes: text.chars().map(|c| u8::try_from(c).expect("latin-1")).collect(),
            fields: pairs,
            content: content.into_bytes(),
            trailers: if has_trailers { trailers } else { Pairs::new() },
            facts,
            until_close,
        }
    }
}

/// Interim responses, which may come before any other.
fn interim() -> impl Strategy<Value = String> {
    let fields = prop::collection::vec(field_line(), 0..2).prop_map(|lines| lines.concat());
    ("1(00|02|03|99)", "[a-zA-Z ]{0,9}", fields)
        .prop_map(|(status, reason, fields)| format!("HTTP/1.1 {status} {reason}\r\n{fields}\r\n"))
}

/// A stream of responses, sound but for random fields that may say something.
fn responses() -> impl Strategy<Value = Vec<u8>> {
    let interims = prop::collection::vec(interim(), 0..2).prop_map(|heads| heads.concat());
    prop::collection::vec((interims, response()), 1..4).prop_map(|messages| {
        let mut stream = Vec::new();
        for (interims, response) in messages {
            stream.extend_from_slice(interims.as_bytes());
            stream.extend_from_slice(&response.bytes);
        }
        stream
    })
}

/// The same of responses to `method`, read strictly and not.
fn holds_for_responses(
    stream: &[u8],
    cuts: &[Index],
    method: Method<'_>,
) -> Result<(), TestCaseError> {
    let ends = ends(stream, cuts);
    for limits in [Limits::default(), tight()] {
        let decoder = |leniency| {
            let mut decoder = Decoder::client(limits).with_leniency(leniency);
            decoder.set_asked(Asked::by(method));
            decoder
        };
        let read = |leniency| -> Result<_, TestCaseError> {
            let whole = run_in(decoder(leniency), stream, []);
            let cut = run_in(decoder(leniency), stream, ends.iter().copied());
            prop_assert_eq!(&cut, &whole, "cut at {:?}", ends);
            let bytes = run_in(decoder(leniency), stream, 1..stream.len());
            prop_assert_eq!(&bytes, &whole, "byte by byte");
            Ok(whole)
        };
        let strict = read(Leniency::default())?;
        let lenient = read(Leniency::all())?;
        // Leniency lets more in, and reads what was let in before as before.
        match strict.1 {
            Ok(()) => prop_assert_eq!(&strict, &lenient),
            Err(_) => agree_so_far(&strict.0, &lenient.0),
        }
        agrees_with_parse_of_response(stream, &strict, &limits, method);
    }
    Ok(())
}

fn agree_so_far(strict: &[Told], lenient: &[Told]) {
    assert!(lenient.len() >= strict.len());
    let Some((last, before)) = strict.split_last() else {
        return;
    };
    assert_eq!(before, &lenient[..before.len()]);
    match (last, &lenient[before.len()]) {
        // Content that went on.
        (Told::Content(strict), Told::Content(lenient)) => assert!(lenient.starts_with(strict)),
        (strict, lenient) => assert_eq!(strict, lenient),
    }
}

fn agrees_with_parse_of_response(
    stream: &[u8],
    whole: &(Vec<Told>, Result<(), barewire_http1::Error>),
    limits: &Limits,
    method: Method<'_>,
) {
    let mut index = [FieldSpan::default(); 128];
    match (
        parse_response_head(stream, &mut index, &Asked::by(method), limits),
        whole.0.first(),
    ) {
        (Ok(Some(head)), Some(Told::Head(facts, fields))) => {
            let facts = facts.trim_start_matches("interim ");
            assert!(facts.starts_with(&format!("{head:?}")));
            assert_eq!(head.fields().len(), fields.len());
        }
        (Ok(None), None) => {}
        (Err(error), None) => assert_eq!(whole.1, Err(error)),
        (head, told) => panic!("{head:?} but {told:?}"),
    }
}

/// What a connection tells of the responses to `methods`, and how it ended.
fn run_connection(
    methods: &[Method<'_>],
    stream: &[u8],
    ends: impl IntoIterator<Item = usize>,
) -> (
    Vec<String>,
    Vec<u8>,
    usize,
    Result<(), barewire_http1::Error>,
) {
    let mut connection = ClientConnection::new(Limits::for_responses());
    for method in methods {
        let head = RequestHeadBuf::new(*method, "a", "/").expect("valid");
        connection
            .encode_head(&head, ContentLength::Known(0), &mut Vec::new())
            .expect("each may be followed");
    }
    let (mut told, mut content) = (Vec::new(), Vec::new());
    let mut used = 0;
    for end in ends.into_iter().chain([stream.len()]) {
        loop {
            let rest = &stream[used..end];
            let (step, event) = match connection.decode(rest) {
                Ok(decoded) => decoded,
                Err(error) => return (told, content, connection.unanswered(), Err(error)),
            };
            used += step;
            match event {
                None => break,
                Some(Event::Data(range)) => content.extend_from_slice(&rest[range]),
                Some(event) => told.push(format!("{event:?}")),
            }
        }
    }
    let mut finished = connection.finish_input();
    if let Ok((_, Some(event))) = connection.decode(&[]) {
        told.push(format!("{event:?}"));
        finished = connection.finish_input();
    }
    (told, content, connection.unanswered(), finished)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn sound_responses(
        stream in responses(),
        cuts in prop::collection::vec(any::<Index>(), 0..12),
        is_head: bool,
    ) {
        let method = if is_head { Method::Head } else { Method::Get };
        holds_for_responses(&stream, &cuts, method)?;
    }

    #[test]
    fn broken_responses(
        stream in responses(),
        faults in prop::collection::vec(fault(), 1..4),
        cuts in prop::collection::vec(any::<Index>(), 0..12),
    ) {
        holds_for_responses(&broken(stream, &faults), &cuts, Method::Get)?;
    }

    #[test]
    fn any_response(
        stream in prop::collection::vec(any::<u8>(), 0..200),
        head in "(HTTP/1.1 200 OK\r\n)?",
        cuts in prop::collection::vec(any::<Index>(), 0..6),
    ) {
        let stream = [head.as_bytes(), &stream].concat();
        holds_for_responses(&stream, &cuts, Method::Get)?;
    }

    /// Each response says what it was made to say, and the next one begins behind it.
    #[test]
    fn responses_read_back(made in prop::collection::vec(response(), 1..4)) {
        let until_close = made.iter().position(|response| response.until_close);
        let made = &made[..until_close.map_or(made.len(), |last| last + 1)];
        let stream: Vec<u8> = made.iter().flat_map(|response| response.bytes.clone()).collect();
        let (told, outcome) = run_in(Decoder::client(Limits::default()), &stream, []);
        prop_assert_eq!(outcome, Ok(()));
        let mut told = told.into_iter();
        for response in made {
            let Some(Told::Head(facts, fields)) = told.next() else {
                return Err(TestCaseError::fail("a head"));
            };
            for fact in &response.facts {
                prop_assert!(facts.contains(fact.as_str()), "{} lacks {}", facts, fact);
            }
            prop_assert_eq!(&fields, &response.fields);
            if !response.content.is_empty() {
                prop_assert_eq!(told.next(), Some(Told::Content(response.content.clone())));
            }
            if !response.trailers.is_empty() {
                prop_assert_eq!(told.next(), Some(Told::Trailers(response.trailers.clone())));
            }
            prop_assert_eq!(told.next(), Some(Told::End));
        }
        prop_assert_eq!(told.next(), None);
    }

    /// A connection with several requests out gives each its response, however the bytes come.
    #[test]
    fn responses_of_a_connection(
        stream in responses(),
        methods in prop::collection::vec(0..4_usize, 0..5),
        faults in prop::collection::vec(fault(), 0..2),
        cuts in prop::collection::vec(any::<Index>(), 0..12),
    ) {
        let stream = broken(stream, &faults);
        let known = [Method::Get, Method::Head, Method::Delete, Method::Options];
        let methods: Vec<Method<'_>> = methods.iter().map(|index| known[*index]).collect();
        let ends = ends(&stream, &cuts);
        let whole = run_connection(&methods, &stream, []);
        prop_assert_eq!(&run_connection(&methods, &stream, ends), &whole);
        prop_assert_eq!(&run_connection(&methods, &stream, 1..stream.len()), &whole);
        let ended = whole.0.iter().filter(|event| *event == "End").count();
        prop_assert_eq!(methods.len() - ended, whole.2);
        if let Err(error) = whole.3 && error.kind == ErrorKind::UnsolicitedResponse {
            prop_assert_eq!(whole.2, 0);
        }
    }
}

/// And the responses, whole and cut to one.
#[test]
fn generated_responses_are_mostly_sound() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut accepted, mut kinds) = (0, std::collections::HashSet::new());
    for _ in 0..300 {
        let tree = responses().new_tree(&mut runner).expect("responses");
        let (told, end) = run_in(Decoder::client(Limits::default()), &tree.current(), []);
        accepted += usize::from(end.is_ok() && told.last() == Some(&Told::End));
        kinds.extend(told.iter().map(std::mem::discriminant));
    }
    assert!(accepted > 200, "{accepted} of 300");
    assert_eq!(kinds.len(), 4, "heads, content, trailers and ends");
}
