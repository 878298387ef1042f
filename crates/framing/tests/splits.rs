//! Which frames and errors come out, and at which byte, does not depend on how a stream was cut into reads; and they
//! are those of a decoder that sees all of it.

mod common;

use barewire_framing::{Delimiter, Format, Recovery, Stream, Tail, Verbatim};
use common::*;
use proptest::prelude::*;
use proptest::sample::Index;

/// One stream, cut in one way.
struct Split<'i> {
    setup: Setup,
    input: &'i [u8],
    cuts: &'i [usize],
    expected: &'i [Event],
}

impl Split<'_> {
    fn stays_the_same<F: Format>(&self, format: &F) {
        let framer = || self.setup.framer(format.clone());
        let split = in_pieces(framer(), self.input, self.cuts, Stream::Ended);
        assert_eq!(split, self.expected, "{format:?} in pieces, {self}");
        let at_once = at_once(framer(), self.input, Stream::Ended);
        assert_eq!(at_once, self.expected, "{format:?} at once, {self}");
    }
}

impl std::fmt::Display for Split<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (input, cuts) = (self.input.escape_ascii(), self.cuts);
        write!(f, "{:?} of b\"{input}\" cut at {cuts:?}", self.setup)
    }
}

impl Visit for Split<'_> {
    type Out = ();

    fn plain<F: Verbatim>(self, format: F) {
        self.stays_the_same(&format);
        let framer = self.setup.framer(format.clone());
        let shared = in_pieces_shared(framer, self.input, self.cuts, Stream::Ended);
        assert_eq!(shared, self.expected, "{format:?} shared, {self}");
    }

    fn any<F: Format>(self, format: F) {
        self.stays_the_same(&format);
    }
}

/// Nothing is held back: what can be told of a beginning is told when that is there.
struct Beginning<'i>(Setup, &'i [u8]);

impl Visit for Beginning<'_> {
    type Out = ();

    fn any<F: Format>(self, format: F) {
        let Self(setup, input) = self;
        let mut trickle = Caller::new(setup.framer(format.clone()));
        for end in 0..=input.len() {
            trickle
                .unread
                .extend_from_slice(&input[end.max(1) - 1..end]);
            let open = trickle.drain(Stream::Open);
            let at_once = at_once(setup.framer(format.clone()), &input[..end], Stream::Open);
            assert_eq!(
                trickle.events,
                at_once,
                "{format:?} {setup:?} of b\"{}\"",
                input[..end].escape_ascii()
            );
            if !open {
                return;
            }
        }
    }
}

#[track_caller]
fn check(spec: &Spec, setup: Setup, input: &[u8], cuts: &[usize]) {
    let expected = &reference(spec, setup, input)[..];
    spec.visit(Split {
        setup,
        input,
        cuts,
        expected,
    });
}

/// Cut at every byte.
#[track_caller]
fn check_trickle(spec: &Spec, setup: Setup, input: &[u8]) {
    check(spec, setup, input, &everywhere(input));
}

/// Cut in every way there is.
#[track_caller]
fn check_all(spec: &Spec, setup: Setup, input: &[u8]) {
    let places = input.len().saturating_sub(1);
    for chosen in 0u32..1 << places {
        let cuts: Vec<_> = (0..places)
            .filter(|place| chosen >> place & 1 != 0)
            .map(|place| place + 1)
            .collect();
        check(spec, setup, input, &cuts);
    }
}

/// All strings of these bytes, up to a length.
fn strings(alphabet: &[u8], len_max: usize) -> Vec<Vec<u8>> {
    let mut all = vec![Vec::new()];
    let mut from = 0;
    for _ in 0..len_max {
        let to = all.len();
        for string in from..to {
            for &byte in alphabet {
                let mut longer = all[string].clone();
                longer.push(byte);
                all.push(longer);
            }
        }
        from = to;
    }
    all
}

fn spec() -> impl Strategy<Value = Spec> {
    proptest::sample::select(Spec::all())
}

fn setup() -> impl Strategy<Value = Setup> {
    let max = proptest::sample::select(vec![0, 1, 2, 3, 5, 8, 13, 300]);
    let skip_max = proptest::sample::select(vec![0, 1, 4, 9, 30, 1 << 30, u64::MAX]);
    let recovery = proptest::sample::select(RECOVERIES.to_vec());
    (max, skip_max, recovery).prop_map(|(max, skip_max, recovery)| Setup {
        max,
        skip_max,
        recovery,
    })
}

/// What happens to a stream on its way.
#[derive(Clone, Debug)]
enum Edit {
    Put(Index, Index),
    Add(Index, Index),
    Remove(Index),
    End(Index),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        any::<(Index, Index)>().prop_map(|(at, byte)| Edit::Put(at, byte)),
        any::<(Index, Index)>().prop_map(|(at, byte)| Edit::Add(at, byte)),
        any::<Index>().prop_map(Edit::Remove),
        any::<Index>().prop_map(Edit::End),
    ]
}

fn edited(mut stream: Vec<u8>, alphabet: &[u8], edits: &[Edit]) -> Vec<u8> {
    for edit in edits {
        if stream.is_empty() {
            break;
        }
        let len = stream.len();
        match edit {
            Edit::Put(at, byte) => stream[at.index(len)] = *byte.get(alphabet),
            Edit::Add(at, byte) => stream.insert(at.index(len), *byte.get(alphabet)),
            Edit::Remove(at) => drop(stream.remove(at.index(len))),
            Edit::End(at) => stream.truncate(at.index(len)),
        }
    }
    stream
}

/// A format, and bytes that provoke it: its own at random, or frames of it with a few faults.
fn provoked() -> impl Strategy<Value = (Spec, Setup, Vec<u8>)> {
    (spec(), setup()).prop_flat_map(|(spec, setup)| {
        let alphabet = spec.alphabet();
        let byte = proptest::sample::select(alphabet.clone());
        let random = prop::collection::vec(byte.clone(), 0..40);
        let payload = prop_oneof![
            prop::collection::vec(byte, 0..9),
            prop::collection::vec(any::<u8>(), 0..20),
            (200..300usize).prop_map(|len| vec![b'x'; len]),
        ];
        let payloads = prop::collection::vec(payload, 0..7);
        let edits = prop::collection::vec(edit(), 0..4);
        let encoding = spec.clone();
        let stream = (payloads, edits).prop_map(move |(payloads, edits)| {
            let stream = encoding.visit(Encode(&payloads, 300));
            edited(stream, &alphabet, &edits)
        });
        (Just(spec), Just(setup), prop_oneof![random, stream])
    })
}

fn cut_at(input: &[u8], cuts: &[Index]) -> Vec<usize> {
    let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(input.len() + 1)).collect();
    cuts.sort_unstable();
    cuts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6000))]

    /// Some bytes in some pieces, empty ones among them.
    #[test]
    fn any_split_gives_the_same(
        (spec, setup, input) in provoked(),
        cuts in prop::collection::vec(any::<Index>(), 0..8),
    ) {
        check(&spec, setup, &input, &cut_at(&input, &cuts));
        check_trickle(&spec, setup, &input);
        // A header function is believed when it asks for more than it would have needed.
        if !matches!(spec, Spec::Header(_)) {
            spec.visit(Beginning(setup, &input));
        }
    }
}

/// Twelve bytes or fewer, each stream with something of everything.
#[test]
fn every_split_of_short_streams_gives_the_same() {
    for spec in Spec::all() {
        let streams: Vec<&[u8]> = match &spec {
            Spec::Length(layout) if layout.width > 3 => {
                vec![b"\0\0\0\0\0\0\0\x01a\0\0\0", b"\x01\0\0\0\0\0\0\0a\x03\0\0"]
            }
            Spec::Length(_) => vec![
                b"\0\x02\x05\x06abc\0\x01\0\x09z",
                b"\0\x07\x04\0\0\x03\0\0\0",
            ],
            Spec::Varint { .. } => vec![b"\x02hi\x83\0abc\x81\x01z", b"\x80\x80\x80\x80\x80\0"],
            Spec::Ascii { .. } => vec![b"2:hi,3 abc\n1", b"12 abcdefghi", b"1;a5;abcde"],
            Spec::Header(_) => vec![b"\x01\x02\0hi\x02\x05\x01abc", b"xyzxyx\0\x01\x02"],
            Spec::Fixed(_) => vec![b"abcdefgh"],
            Spec::Lines(..) => vec![b"ab\r\nabcde\r\n\r", b"abcdefg\nh\r\r\n"],
            Spec::Syslog(_) => vec![b"2 hi3 abc10 ", b"<1>a\nabcdef\n"],
            Spec::Delimited(delimiters, ..) => {
                let mut stream = b"x".to_vec();
                for delimiter in delimiters.iter().cycle().take(4) {
                    stream.extend_from_slice(delimiter);
                }
                stream.truncate(10);
                check_all(&spec, Setup::with(2, Recovery::Skip), &stream);
                vec![b"aabaabcaabb", b"xyzw\r\n.\r\n\r\n"]
            }
            Spec::Cobs => vec![b"\x03hi\0\0\x02a\x01\0\x05a\0", b"\x09abcdefg\0\x01\0"],
            Spec::Slip => vec![
                b"\xC0hi\xC0\xC0a\xDB\xDC\xC0\xDBx\xC0",
                b"abcdefgh\xC0i\xC0",
            ],
        };
        for (number, stream) in streams.into_iter().enumerate() {
            for recovery in RECOVERIES {
                check_all(&spec, Setup::with(3 - number.min(2), recovery), stream);
            }
        }
    }
}

/// Whatever the bytes are.
#[test]
fn every_short_stream_gives_what_it_should() {
    for spec in Spec::all() {
        let mut alphabet = spec.alphabet();
        alphabet.sort_unstable();
        alphabet.dedup();
        let len_max = match alphabet.len() {
            0..=2 => 7,
            3..=4 => 5,
            _ => 4,
        };
        for input in strings(&alphabet, len_max) {
            for recovery in RECOVERIES {
                for max in [0, 1, 2] {
                    check_trickle(&spec, Setup::with(max, recovery), &input);
                }
            }
        }
    }
}

/// Every set of one or two delimiters of up to three bytes, in every string.
#[test]
fn every_set_of_delimiters_ends_frames_where_it_should() {
    let delimiters: Vec<_> = strings(b"ab", 3).split_off(1);
    let streams = strings(b"ab", 7);
    for one in &delimiters {
        for two in &delimiters {
            let set = vec![one.clone(), two.clone()];
            let spec = Spec::Delimited(set, Tail::Yield, Delimiter::Strip);
            for input in streams.iter().filter(|input| input.len() == 7) {
                check_trickle(&spec, Setup::with(2, Recovery::Skip), input);
            }
        }
    }
}
