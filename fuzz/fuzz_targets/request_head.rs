//! Any cut of a request stream gives what the whole gives, events that own their bytes too, and
//! the two ways to parse a head agree.

#![no_main]

use barewire_fuzz::http1::{Question, Told, limits, read, read_owned};
use barewire_http1::{Decoder, Error, ErrorKind, FieldSpan, parse_request_head};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [first, second, input @ ..] = data else {
        return;
    };
    let mut limits = limits(0);
    limits.body_bytes_max = 1 << 20;
    let run = |piece| read(&mut Decoder::server(limits), input, piece);
    let whole = run(input.len().max(1));
    assert_eq!(whole, run(1), "byte by byte");
    assert_eq!(whole, run(usize::from(*first) + 2));
    assert_eq!(whole, run(usize::from(*second) % 37 + 2));

    let mut decoder = Decoder::server(limits);
    let owned = read_owned(&mut decoder, input, usize::from(*first) + 2);
    assert_eq!(whole, owned, "events that own their bytes");

    let mut index = [FieldSpan::default(); 8];
    let parsed = parse_request_head(input, &mut index, &limits);
    match (parsed, whole.told.first()) {
        (Ok(Some(head)), Some(Told::Request(told))) => assert_eq!(&Question::of(&head), told),
        (Ok(None), None) => {
            let kind = whole.ended.err().map(|error: Error| error.kind);
            assert!(matches!(kind, None | Some(ErrorKind::IncompleteHead)));
        }
        (Err(error), None) => assert_eq!(whole.ended, Err(error)),
        (head, told) => panic!("{head:?} but {told:?}"),
    }
});
