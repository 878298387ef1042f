//! Any cut of a request stream gives what the whole gives, and the two ways to parse a
//! head agree.

#![no_main]

use barewire_http1::{
    BodyFraming, Decoder, Error, Event, FieldSpan, Limits, Version, parse_request_head,
};
use libfuzzer_sys::fuzz_target;

/// An event that owns what it tells.
#[derive(Debug, PartialEq)]
enum Told {
    Head {
        method: Vec<u8>,
        target: Vec<u8>,
        version: Version,
        fields: Vec<(Vec<u8>, Vec<u8>)>,
        framing: BodyFraming,
        keep_alive: bool,
    },
    Content(Vec<u8>),
    Trailers(Vec<(Vec<u8>, Vec<u8>)>),
    End,
}

/// Small enough that the fuzzer finds them.
fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.start_line_bytes_max = 256;
    limits.field_section_bytes_max = 512;
    limits.fields_max = 8;
    limits.chunk_line_bytes_max = 64;
    limits.chunk_extension_bytes_max = 128;
    limits.trailer_section_bytes_max = 128;
    limits.trailers_max = 4;
    limits
}

/// Feeds `input` in pieces of `piece` bytes; gives the events and how it ended.
fn run(input: &[u8], piece: usize) -> (Vec<Told>, Result<(), Error>) {
    let mut decoder = Decoder::server(limits());
    let mut told = Vec::new();
    let (mut used, mut end) = (0, 0);
    while end < input.len() {
        end = (end + piece).min(input.len());
        loop {
            let rest = &input[used..end];
            let (step, event) = match decoder.decode(rest) {
                Ok(decoded) => decoded,
                Err(error) => {
                    assert_eq!(decoder.decode(&[]).map(|_| ()), Err(error), "not sticky");
                    return (told, Err(error));
                }
            };
            assert!(step <= rest.len());
            used += step;
            let pairs = |fields: barewire_http1::Fields<'_>| {
                let own = |(name, value): (&[u8], &[u8])| (name.to_vec(), value.to_vec());
                fields.iter().map(own).collect()
            };
            match event {
                None => break,
                Some(Event::Request(head)) => told.push(Told::Head {
                    method: head.method().as_bytes().to_vec(),
                    target: head.target().to_vec(),
                    version: head.version(),
                    fields: pairs(head.fields()),
                    framing: head.body_framing(),
                    keep_alive: head.keep_alive(),
                }),
                Some(Event::Data(range)) => {
                    assert!(!range.is_empty() && range.end <= step);
                    let data = &rest[range];
                    match told.last_mut() {
                        Some(Told::Content(content)) => content.extend_from_slice(data),
                        _ => told.push(Told::Content(data.to_vec())),
                    }
                }
                Some(Event::Trailers(fields)) => told.push(Told::Trailers(pairs(fields))),
                Some(Event::End) => told.push(Told::End),
                Some(other) => unreachable!("{other:?}"),
            }
        }
    }
    (told, decoder.finish())
}

fuzz_target!(|data: &[u8]| {
    let [first, second, input @ ..] = data else {
        return;
    };
    let whole = run(input, input.len().max(1));
    assert_eq!(whole, run(input, 1), "byte by byte");
    assert_eq!(whole, run(input, usize::from(*first) + 2));
    assert_eq!(whole, run(input, usize::from(*second) % 37 + 2));

    let mut index = [FieldSpan::default(); 8];
    match (
        parse_request_head(input, &mut index, &limits()),
        whole.0.first(),
    ) {
        (Ok(Some(head)), Some(Told::Head { target, fields, .. })) => {
            assert_eq!(head.target(), target);
            assert_eq!(head.fields().len(), fields.len());
        }
        (Ok(None), None) => {}
        (Err(error), None) => assert_eq!(whole.1, Err(error)),
        (head, told) => panic!("{head:?} but {told:?}"),
    }
});
