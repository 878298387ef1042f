//! What a decoder told, in a form that can be kept and compared.

use barewire_http1::{Decoder, Error, Event, Fields, Limits};

/// An event that owns what it tells.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Told {
    /// Everything a head says, and its fields.
    Head(String, Vec<(Vec<u8>, Vec<u8>)>),
    /// Content; neighbours are joined.
    Content(Vec<u8>),
    Trailers(Vec<(Vec<u8>, Vec<u8>)>),
    End,
}

/// Feeds `input` with the given ends of its pieces, which grow; gives the events and how
/// the stream ended.
pub(crate) fn run(
    input: &[u8],
    ends: impl IntoIterator<Item = usize>,
    limits: Limits,
) -> (Vec<Told>, Result<(), Error>) {
    run_in(Decoder::server(limits), input, ends)
}

/// The same with a decoder of either role.
pub(crate) fn run_in(
    mut decoder: Decoder,
    input: &[u8],
    ends: impl IntoIterator<Item = usize>,
) -> (Vec<Told>, Result<(), Error>) {
    let mut told = Vec::new();
    let mut used = 0;
    for end in ends.into_iter().chain([input.len()]) {
        loop {
            let rest = &input[used..end.min(input.len())];
            let (step, event) = match decoder.decode(rest) {
                Ok(decoded) => decoded,
                Err(error) => {
                    let again = decoder.decode(&input[used..]).map(|_| ());
                    assert_eq!(again, Err(error), "errors are sticky");
                    assert_eq!(decoder.finish(), Err(error));
                    return (told, Err(error));
                }
            };
            assert!(step <= rest.len());
            used += step;
            match event {
                None => break,
                Some(Event::Request(head)) => {
                    let facts = format!(
                        "{head:?} {:?} {:?} {:?} {:?} {}",
                        head.target_form(),
                        head.host(),
                        head.expectation(),
                        head.upgrade().collect::<Vec<_>>(),
                        head.len(),
                    );
                    assert_eq!(head.as_bytes(), &rest[..step]);
                    told.push(Told::Head(facts, pairs(&head.fields())));
                }
                Some(Event::Data(range)) => {
                    assert!(!range.is_empty() && range.end == step);
                    let data = &rest[range];
                    match told.last_mut() {
                        Some(Told::Content(content)) => content.extend_from_slice(data),
                        _ => told.push(Told::Content(data.to_vec())),
                    }
                }
                Some(Event::Trailers(fields)) => told.push(Told::Trailers(pairs(&fields))),
                Some(Event::End) => told.push(Told::End),
                Some(Event::Interim(head)) => {
                    told.push(Told::Head(
                        format!("interim {head:?}"),
                        pairs(&head.fields()),
                    ));
                }
                Some(Event::Response(head)) => {
                    let facts = format!(
                        "{head:?} {:?} {} {}",
                        head.content_length(),
                        head.switches(),
                        head.len(),
                    );
                    assert_eq!(head.as_bytes(), &rest[..step]);
                    told.push(Told::Head(facts, pairs(&head.fields())));
                }
                Some(other) => unreachable!("{other:?}"),
            }
        }
    }
    let finished = decoder.finish();
    // The end of a response that ends with the connection.
    if finished.is_ok()
        && let Ok((0, Some(Event::End))) = decoder.decode(&[])
    {
        told.push(Told::End);
    }
    (told, finished)
}

fn pairs(fields: &Fields<'_>) -> Vec<(Vec<u8>, Vec<u8>)> {
    let own = |(name, value): (&[u8], &[u8])| (name.to_vec(), value.to_vec());
    fields.iter().map(own).collect()
}
