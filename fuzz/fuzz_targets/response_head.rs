//! Any cut of a response stream gives what the whole gives, the ways to parse a head agree, what is overlooked
//! changes nothing of what is sound, and a message is what its head says.
#![no_main]

use barewire_fuzz::Choices;
use barewire_fuzz::http1::{Answer, Pairs, Read, Told, asked, leniency, limits, read, read_owned};
use barewire_http1::{
    Asked, Decoder, ErrorKind, FieldSpan, Leniency, Limits, ResponseFraming, StatusClass,
    StatusCode, parse_response_head, unfold,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut choices = Choices { rest: data };
    let asked = asked(choices.byte());
    let leniency = leniency(choices.byte());
    let limits = limits(choices.byte());
    let pieces = [choices.below(256) + 2, choices.below(37) + 2];
    let input = choices.rest;
    let decoder = |leniency| {
        let mut decoder = Decoder::client(limits).with_leniency(leniency);
        decoder.set_asked(asked.clone());
        decoder
    };
    let run = |leniency, piece| read(&mut decoder(leniency), input, piece);

    let told = run(leniency, input.len().max(1));
    assert_eq!(told, run(leniency, 1), "byte by byte");
    for piece in pieces {
        assert_eq!(told, run(leniency, piece), "pieces of {piece}");
    }
    let owned = read_owned(&mut decoder(leniency), input, pieces[0]);
    assert_eq!(told, owned, "events that own their bytes");
    messages_are_what_their_heads_say(&told, &limits);
    has_no_line_ends(&told, leniency);

    let strict = run(Leniency::default(), input.len().max(1));
    has_no_line_ends(&strict, Leniency::default());
    for lenient in [&told, &run(Leniency::all(), input.len().max(1))] {
        more_is_read(&strict, lenient);
    }
    first_head_alone(input, &strict, &asked, &limits);
});

/// What is overlooked changes nothing before the fault that it is.
fn more_is_read(strict: &Read, lenient: &Read) {
    match strict.ended {
        Err(error)
            if !matches!(
                error.kind,
                ErrorKind::IncompleteHead | ErrorKind::IncompleteBody
            ) =>
        {
            assert!(
                lenient.told.starts_with(&strict.told),
                "{strict:?} {lenient:?}"
            );
        }
        _ => assert_eq!(strict, lenient),
    }
}

fn messages_are_what_their_heads_say(read: &Read, limits: &Limits) {
    let mut interims = 0;
    let mut told = read.told.iter();
    while let Some(one) = told.next() {
        let head = match one {
            Told::Interim(head) => {
                interims += 1;
                assert!(interims <= limits.interim_max);
                assert_eq!(head.status.class(), StatusClass::Informational);
                assert_ne!(head.status, StatusCode::SWITCHING_PROTOCOLS);
                assert_eq!(head.framing, ResponseFraming::None);
                assert!(!head.switches);
                continue;
            }
            Told::Response(head) => head,
            other => panic!("{other:?} without a head"),
        };
        interims = 0;
        let is_last = message_is_what_its_head_says(head, &mut told, read.ended.is_ok());
        if is_last {
            assert!(told.next().is_none(), "more behind the last message");
        }
    }
}

/// Whether nothing may follow.
fn message_is_what_its_head_says<'a>(
    head: &Answer,
    told: &mut impl Iterator<Item = &'a Told>,
    sound: bool,
) -> bool {
    let mut next = told.next();
    let mut content = 0;
    if let Some(Told::Content(bytes)) = next {
        content = bytes.len() as u64;
        next = told.next();
    }
    if let Some(Told::Trailers(fields)) = next {
        assert_eq!(head.framing, ResponseFraming::Chunked);
        assert!(!fields.is_empty());
        next = told.next();
    }
    let ended = match next {
        Some(Told::End) => true,
        None => false,
        Some(other) => panic!("{other:?} inside a message"),
    };
    assert!(ended || !sound);
    match head.framing {
        ResponseFraming::None => assert!(ended && content == 0),
        ResponseFraming::Length(length) => {
            assert_eq!(head.content_length, Some(length));
            assert!(length > 0 && content <= length && ended == (content == length));
        }
        ResponseFraming::UntilClose => assert!(!head.keep_alive && ended == sound),
        ResponseFraming::Chunked => {}
        other => unreachable!("{other:?}"),
    }
    if head.switches {
        assert_eq!(head.framing, ResponseFraming::None);
        assert!(!head.keep_alive);
    }
    head.switches || head.framing == ResponseFraming::UntilClose || !ended
}

fn has_no_line_ends(read: &Read, leniency: Leniency) {
    for one in &read.told {
        match one {
            Told::Interim(head) | Told::Response(head) => {
                is_text(&head.reason);
                are_fields(&head.fields, leniency);
            }
            Told::Trailers(fields) => are_fields(fields, leniency),
            _ => {}
        }
    }
}

fn are_fields(fields: &Pairs, leniency: Leniency) {
    for (name, value) in fields {
        let is_token =
            |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
        assert!(!name.is_empty() && name.iter().all(is_token));
        let unfolded = unfold(value);
        is_text(&unfolded);
        let is_space = |byte: Option<&u8>| byte.is_some_and(|byte| b" \t\r\n".contains(byte));
        for value in [value, &*unfolded] {
            assert!(!is_space(value.first()) && !is_space(value.last()));
        }
        if !leniency.line_folding {
            assert_eq!(unfolded, value.as_slice());
        }
    }
}

fn is_text(bytes: &[u8]) {
    let is_text = |byte: &u8| *byte == b'\t' || *byte >= b' ' && *byte != 0x7F;
    assert!(bytes.iter().all(is_text), "{}", bytes.escape_ascii());
}

/// `parse_response_head` tells what the decoder tells first.
fn first_head_alone(input: &[u8], strict: &Read, asked: &Asked, limits: &Limits) {
    let mut index = [FieldSpan::default(); 100];
    let parsed = parse_response_head(input, &mut index, asked, limits);
    match (&parsed, strict.told.first()) {
        (Ok(Some(head)), Some(Told::Interim(told) | Told::Response(told))) => {
            assert_eq!(&Answer::of(head), told);
            assert_eq!(
                head.is_interim(),
                matches!(strict.told[0], Told::Interim(_))
            );
        }
        (Ok(None), None) => assert!(matches!(
            strict.ended,
            Ok(())
                | Err(barewire_http1::Error {
                    kind: ErrorKind::IncompleteHead,
                    ..
                })
        )),
        // A decoder counts what a single head cannot tell of.
        (Ok(Some(head)), None) if head.is_interim() => {
            let error = strict.ended.expect_err("nothing was told");
            assert_eq!(error.kind, ErrorKind::TooManyInterim);
        }
        (Err(error), None) => assert_eq!(strict.ended, Err(*error)),
        (head, told) => panic!("{head:?} but {told:?}"),
    }
    // The index is a ceiling beside the limit.
    let mut short = [FieldSpan::default(); 3];
    let within = parse_response_head(input, &mut short, asked, limits);
    match (parsed, within) {
        (Ok(Some(whole)), Ok(Some(within))) => {
            assert!(within.fields().len() <= 3);
            assert_eq!(Answer::of(&whole), Answer::of(&within));
        }
        (Ok(Some(whole)), Err(error)) => {
            assert!(whole.fields().len() > 3);
            assert_eq!(error.kind, ErrorKind::TooManyFields);
        }
        (Ok(None), within) => {
            let kind = within.err().map(|error| error.kind);
            assert!(matches!(kind, None | Some(ErrorKind::TooManyFields)));
        }
        (Err(error), within) => {
            let within = within.expect_err("it is faulty");
            assert!(within == error || within.kind == ErrorKind::TooManyFields);
        }
        (whole, within) => panic!("{whole:?} but {within:?}"),
    }
}
