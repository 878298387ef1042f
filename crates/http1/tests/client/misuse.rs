//! Whatever is called, in whatever order, and whatever comes from the server: what the turn
//! says holds, and what was written is the beginning of a sound stream of requests.

use barewire_http1::Decoder;
use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Call {
    Ask {
        method: Method<'static>,
        length: ContentLength,
        expects: bool,
        closes: bool,
        offers: bool,
    },
    Data(usize),
    Frame(usize),
    Sent(usize),
    End(bool),
    GiveUp,
    CloseAfter,
    Input(Vec<u8>),
    Finish,
    Reset,
}

fn call() -> impl Strategy<Value = Call> {
    let methods = [
        Method::Get,
        Method::Head,
        Method::Post,
        Method::Put,
        Method::Connect,
        Method::Trace,
    ];
    let length = prop_oneof![
        3 => Just(ContentLength::Known(0)),
        2 => (1..6_u64).prop_map(ContentLength::Known),
        2 => Just(ContentLength::Unknown),
    ];
    let rarely = || prop::bool::weighted(0.1);
    let ask = (
        prop::sample::select(methods.to_vec()),
        length,
        any::<bool>(),
        rarely(),
        rarely(),
    );
    let input = prop_oneof![
        4 => Just(OK.into()),
        4 => Just(EMPTY.into()),
        2 => Just(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()),
        1 => Just(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n".to_vec()),
        1 => Just(b"hi".to_vec()),
        1 => Just(b"HTTP/1.1 413 \r\nConnection: close\r\nContent-Length: 0\r\n\r\n".to_vec()),
        1 => Just(b"HTTP/1.1 200 \r\n\r\nuntil the close".to_vec()),
        1 => Just(b"HTTP/1.1 101 \r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n".to_vec()),
        1 => Just(b"HTTP/1.1 2".to_vec()),
        1 => Just(b"00 OK\r\nContent-Length: 0\r\n\r\n".to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..4),
    ];
    prop_oneof![
        6 => ask.prop_map(|(method, length, expects, closes, offers)| Call::Ask {
            method, length, expects, closes, offers,
        }),
        3 => (0..4_usize).prop_map(Call::Data),
        1 => (0..4_usize).prop_map(Call::Frame),
        1 => (0..4_usize).prop_map(Call::Sent),
        3 => any::<bool>().prop_map(Call::End),
        1 => Just(Call::GiveUp),
        1 => Just(Call::CloseAfter),
        8 => input.prop_map(Call::Input),
        1 => Just(Call::Finish),
        1 => Just(Call::Reset),
    ]
}

/// A client with what it may have written wrong.
struct Caller {
    client: Client,
    /// Requests begun since the connection was new.
    begun: usize,
    was_cut: bool,
}

impl Caller {
    fn make(&mut self, call: &Call) {
        let before = self.client.out.len();
        match self.try_make(call) {
            // The one error that leaves the connection another: it closes.
            Err(EncodeError::BodyTooShort) => {
                self.was_cut = true;
                assert_eq!(self.client.connection.turn(), ClientTurn::Close);
                assert_eq!(self.client.out.len(), before);
            }
            Err(_) => assert_eq!(self.client.out.len(), before, "{call:?}"),
            Ok(()) => {}
        }
    }

    fn try_make(&mut self, call: &Call) -> Result<(), EncodeError> {
        let Client {
            connection,
            out,
            input,
            ..
        } = &mut self.client;
        match call {
            Call::Ask {
                method,
                length,
                expects,
                closes,
                offers,
            } => {
                let mut head = request(*method);
                if *expects && *length != ContentLength::Known(0) {
                    head.expect_continue();
                }
                if *closes {
                    head.close();
                }
                if *offers {
                    head.offer_upgrade("x").expect("valid");
                }
                let could = connection.can_pipeline();
                let sent = connection.encode_head(&head, *length, out);
                assert_eq!(
                    sent.is_ok(),
                    could && sent != Err(EncodeError::BodyNotAllowed)
                );
                sent?;
                self.begun += 1;
            }
            Call::Data(len) => connection.encode_data(&vec![b'x'; *len], out)?,
            Call::Frame(len) => {
                let frame = connection.frame_data(*len as u64)?;
                out.extend([frame.head(), &vec![b'x'; *len], frame.tail()].concat());
            }
            Call::Sent(len) => {
                connection.data_sent(*len as u64)?;
                out.extend(vec![b'x'; *len]);
            }
            Call::End(has_trailers) => {
                let mut trailers = Trailers::new();
                trailers.field("X", "y").expect("valid");
                connection.encode_end(has_trailers.then_some(&trailers), out)?;
            }
            Call::GiveUp => {
                self.was_cut |= connection.turn() == ClientTurn::Send;
                connection.give_up_content();
            }
            Call::CloseAfter => connection.close_after_response(),
            Call::Input(bytes) => {
                input.extend(bytes);
                while self.client.try_event().is_ok_and(|event| !event.is_empty()) {}
            }
            Call::Finish => {
                let _ = connection.finish_input();
                while self.client.try_event().is_ok_and(|event| !event.is_empty()) {}
            }
            Call::Reset => {
                connection.reset();
                out.clear();
                input.clear();
                self.begun = 0;
                self.was_cut = false;
            }
        }
        Ok(())
    }

    fn holds(&mut self) {
        let turn = self.client.connection.turn();
        let connection = &self.client.connection;
        assert!(connection.unanswered() <= 3);
        assert!(!connection.awaits_continue() || turn == ClientTurn::Send);
        assert_eq!(
            turn == ClientTurn::Ask,
            connection.can_pipeline() && connection.unanswered() == 0
        );
        let mut out = Vec::new();
        let mut copy = connection.clone();
        let sent = copy.data_sent(0);
        match turn {
            ClientTurn::Send => {
                assert!(matches!(sent, Ok(()) | Err(EncodeError::OutOfTurn)));
                copy.encode_data(b"x", &mut out).expect("content is due");
                assert!(!out.is_empty() && !connection.can_pipeline());
            }
            ClientTurn::Ask | ClientTurn::Read => {
                assert_eq!(sent, Err(EncodeError::OutOfTurn));
                assert_eq!(
                    copy.encode_data(b"x", &mut out),
                    Err(EncodeError::OutOfTurn)
                );
                copy.encode_end(None, &mut out).expect("nothing is due");
                assert!(out.is_empty());
            }
            ClientTurn::Close | ClientTurn::Switch => {
                assert_eq!(
                    copy.encode_data(b"x", &mut out),
                    Err(EncodeError::OutOfTurn)
                );
                copy.encode_end(None, &mut out).expect("nothing is due");
                let refused =
                    copy.encode_head(&request(Method::Get), ContentLength::Known(0), &mut out);
                assert_eq!(refused, Err(EncodeError::Closing));
                assert!(out.is_empty());
                if turn == ClientTurn::Switch {
                    assert_eq!(copy.decode(b"any").map(|(used, _)| used), Ok(0));
                    assert_eq!(connection.unanswered(), 0);
                }
            }
        }
        self.requests_are_sound(turn);
    }

    fn requests_are_sound(&self, turn: ClientTurn) {
        let mut limits = Limits::default();
        limits.body_bytes_max = u64::MAX;
        let mut decoder = Decoder::server(limits);
        let (mut rest, mut begun, mut ended) = (&self.client.out[..], 0, 0);
        loop {
            let (used, event) = decoder.decode(rest).expect("a server can read it");
            rest = &rest[used..];
            match event {
                None => break,
                Some(Event::Request(_)) => begun += 1,
                Some(Event::End) => ended += 1,
                Some(_) => {}
            }
        }
        assert_eq!(begun, self.begun);
        assert!(begun - ended <= 1);
        if matches!(
            turn,
            ClientTurn::Ask | ClientTurn::Read | ClientTurn::Switch
        ) && !self.was_cut
        {
            assert_eq!(begun, ended, "nothing is due, so all has been sent");
        }
        if turn == ClientTurn::Switch {
            assert!(!self.was_cut);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_turn_holds(calls in prop::collection::vec(call(), 1..40)) {
        let mut limits = Limits::for_responses();
        limits.pipelined_max = 3;
        let mut caller = Caller {
            client: Client::with(limits),
            begun: 0,
            was_cut: false,
        };
        for call in &calls {
            caller.make(call);
            caller.holds();
        }
    }
}
