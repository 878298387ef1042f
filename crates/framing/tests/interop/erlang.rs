//! Erlang's `{packet, N}`: over a connection, and by the function that says what is at the front of some bytes.

use std::net::Shutdown;
use std::process::Command;

use barewire_framing::{Delimiter, LengthPrefix, Lines, Reader, Step, Stream, Verbatim, Writer};

use crate::{answer, children, framer, payloads};

/// Answers every packet until there is none.
const ECHO: &str = r#"
    {ok, S} = gen_tcp:connect({127,0,0,1}, PORT, [binary, {packet, TYPE}, {active, false}]),
    Echo = fun Echo() ->
        case gen_tcp:recv(S, 0) of
            {ok, P} -> ok = gen_tcp:send(S, [<<"got ">>, P]), Echo();
            {error, closed} -> gen_tcp:close(S)
        end
    end,
    Echo(),
    halt(0).
"#;

fn erl(program: &str) -> Command {
    let mut erl = Command::new("erl");
    erl.args(["-noshell", "-noinput", "-eval", program]);
    // A program that is wrong is told on standard error and nowhere else.
    erl.env("ERL_CRASH_DUMP_SECONDS", "0");
    erl
}

#[track_caller]
fn check_echo<F: Verbatim + Copy>(packet: &str, format: F, payloads: &[Vec<u8>]) {
    let (listener, port) = children::listener();
    let program = ECHO
        .replace("PORT", &port.to_string())
        .replace("TYPE", packet);
    let Some(peer) = children::Peer::start(&mut erl(&program)) else {
        return;
    };
    let stream = children::accepted(listener);
    let mut reader = Reader::new(&stream, framer(format));
    let mut writer = Writer::new(&stream, framer(format));
    for payload in payloads {
        // One at a time: whoever sends everything first may find both sides waiting to write.
        writer.send(payload).expect("allowed");
        writer.flush().expect("a peer that reads");
        let frame = reader.next_frame().expect("valid").expect("an answer");
        assert!(*frame == *answer(payload), "another answer to {packet}");
    }
    // And all at once, of those that a socket's buffers hold.
    let short = || payloads.iter().filter(|payload| payload.len() < 1000);
    for payload in short() {
        writer.send(payload).expect("allowed");
    }
    writer.flush().expect("a peer that reads");
    stream.shutdown(Shutdown::Write).expect("a connection");
    for payload in short() {
        let frame = reader.next_frame().expect("valid").expect("an answer");
        assert!(*frame == *answer(payload), "another answer to {packet}");
    }
    assert!(reader.next_frame().expect("whole").is_none());
    let (success, _) = peer.finish(b"");
    assert!(success, "erl has failed");
}

#[test]
fn packets_of_a_length() {
    check_echo("1", LengthPrefix::u8(), &payloads(&[0, 1, 2, 128, 251]));
    check_echo(
        "2",
        LengthPrefix::u16_be(),
        &payloads(&[0, 1, 255, 256, 65_531]),
    );
    check_echo(
        "4",
        LengthPrefix::u32_be(),
        &payloads(&[0, 1, 256, 65_536, 99_000]),
    );
}

/// Erlang gives lines with their ends, and writes them as they are: ours have to bring theirs, or have one added.
#[test]
fn packets_that_are_lines() {
    let lines = ["one", "", "t\rwo", "a line of some length"].map(|line| line.as_bytes().to_vec());
    check_echo("line", Lines::new(), &lines);
    check_echo("line", Lines::crlf(), &lines);
}

/// What Erlang says to every beginning of `stream`: `ok`, the payload's length and that of what is left; or `more`
/// and how long the packet will be, if that is known.
fn their_steps(packet: &str, stream: &[u8]) -> Option<Vec<String>> {
    let program = format!(
        r#"
        Stream = list_to_binary({stream:?}),
        [case erlang:decode_packet({packet}, binary:part(Stream, 0, N), []) of
            {{ok, P, R}} -> io:format("ok ~w ~w~n", [size(P), size(R)]);
            {{more, L}} -> io:format("more ~w~n", [L])
         end || N <- lists:seq(0, size(Stream))],
        halt(0).
        "#
    );
    let output = children::output(&mut erl(&program), b"")?;
    let output = String::from_utf8(output).expect("text");
    Some(output.lines().map(str::to_owned).collect())
}

fn our_steps<F: Verbatim + Copy>(format: F, stream: &[u8], header_bytes: usize) -> Vec<String> {
    let step = |len: usize| match framer(format).step(&stream[..len], Stream::Open) {
        Ok(Step::Frame { body, consume, .. }) => format!("ok {} {}", body.len(), len - consume),
        // Of a header that is not there we know how much of it is missing, but not how long its packet will be.
        Ok(Step::Need(more)) if len >= header_bytes => format!("more {}", len + more),
        Ok(Step::Need(_)) => "more undefined".to_owned(),
        other => panic!("{other:?} of {len} bytes"),
    };
    (0..=stream.len()).map(step).collect()
}

#[track_caller]
fn check_steps<F: Verbatim + Copy>(packet: &str, format: F, header_bytes: usize, stream: &[u8]) {
    if let Some(theirs) = their_steps(packet, stream) {
        assert_eq!(our_steps(format, stream, header_bytes), theirs, "{packet}");
    }
}

#[test]
fn the_same_answer_to_every_beginning() {
    check_steps("1", LengthPrefix::u8(), 1, b"\x05hello\x00");
    check_steps("2", LengthPrefix::u16_be(), 2, b"\x00\x05hello\x00");
    check_steps(
        "4",
        LengthPrefix::u32_be(),
        4,
        b"\x00\x00\x00\x05hello\x00\x00",
    );
    check_steps("4", LengthPrefix::u32_be(), 4, b"\x00\x00\x00\x00\x00");
    let lines = Lines::new().delimiter(Delimiter::Keep);
    check_steps("line", lines, usize::MAX, b"one\r\ntwo");
}
