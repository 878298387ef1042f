//! Any split of a stream gives the same events, for messages sound and broken.

use barewire_http1::Limits;
use proptest::prelude::*;
use proptest::sample::Index;

#[path = "../common/mod.rs"]
mod common;
mod requests;
mod responses;

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
        Just(b"\r\n ".to_vec()),
        Just(b" :".to_vec()),
        prop::collection::vec(any::<u8>(), 1..4),
    ];
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Fault::Put(at, byte)),
        (any::<Index>(), bytes).prop_map(|(at, bytes)| Fault::Insert(at, bytes)),
        any::<Index>().prop_map(Fault::Remove),
        any::<Index>().prop_map(Fault::CutOff),
    ]
}

fn broken(stream: impl Into<Vec<u8>>, faults: &[Fault]) -> Vec<u8> {
    let mut bytes = stream.into();
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
    limits.interim_max = 1;
    limits
}

/// The ends of the pieces of a stream.
fn ends(stream: &[u8], cuts: &[Index]) -> Vec<usize> {
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
    ends.sort_unstable();
    ends
}
