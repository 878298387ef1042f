//! A client and a server on one link: whatever they have to say, and however the link cuts
//! it, they agree where each message ends, whether the connection is kept, and when it
//! becomes another protocol's.

use std::collections::VecDeque;

use barewire_http1::{
    ClientConnection, ClientTurn, Content, ContentLength, Event, Fields, Limits, Method,
    RequestHeadBuf, ResponseHeadBuf, ServerConnection, StatusCode, Trailers, Turn,
};
use proptest::prelude::*;

const METHODS: [Method<'_>; 8] = [
    Method::Get,
    Method::Head,
    Method::Post,
    Method::Put,
    Method::Delete,
    Method::Options,
    Method::Other(b"PATCH"),
    Method::Connect,
];

/// Content in the pieces it is written in, and what comes behind it where it is chunked.
#[derive(Clone, Debug)]
struct Body {
    pieces: Vec<Vec<u8>>,
    chunked: bool,
    trailer: Option<u8>,
}

impl Body {
    const NONE: Self = Self {
        pieces: Vec::new(),
        chunked: false,
        trailer: None,
    };

    fn length(&self) -> ContentLength {
        match self.chunked {
            true => ContentLength::Unknown,
            false => ContentLength::Known(self.bytes().len() as u64),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        self.pieces.concat()
    }

    fn trailers(&self) -> Option<Trailers> {
        let trailer = self.trailer.filter(|_| self.chunked)?;
        let mut trailers = Trailers::new();
        trailers
            .field("Trailer-Field", trailer.to_string())
            .expect("valid");
        Some(trailers)
    }

    /// The trailer as it is to be told.
    fn told_trailer(&self) -> Option<u8> {
        self.trailer.filter(|_| self.chunked)
    }
}

/// One request and its answer.
#[derive(Clone, Debug)]
struct Plan {
    method: Method<'static>,
    body: Body,
    close: bool,
    offers: bool,
    /// How many times the client waits in vain before it sends what it holds back for 100;
    /// it does not ask for that where there is none.
    patience: Option<u8>,
    /// It sends no more when a final head comes before it has sent all.
    gives_up: bool,
    answer: Answer,
}

#[derive(Clone, Debug)]
struct Answer {
    status: StatusCode,
    body: Body,
    close: bool,
    interims: u8,
    says_continue: bool,
    /// It comes when the head of the request has, not when its end has.
    early: bool,
    switches: bool,
}

impl Plan {
    fn has_content(&self) -> bool {
        self.body.length() != ContentLength::Known(0)
    }

    fn head(&self) -> RequestHeadBuf {
        let mut head = match self.method {
            Method::Connect => RequestHeadBuf::connect("a:1"),
            method => RequestHeadBuf::new(method, "a", "/"),
        }
        .expect("valid");
        if self.close {
            head.close();
        }
        if self.offers {
            head.offer_upgrade("other, proto/1").expect("valid");
        }
        if self.expects() {
            head.expect_continue();
        }
        head
    }

    fn expects(&self) -> bool {
        self.patience.is_some() && self.has_content()
    }

    fn opens_tunnel(&self) -> bool {
        self.method == Method::Connect && self.answer.status.as_u16() / 100 == 2
    }

    fn switches(&self) -> bool {
        self.answer.switches && self.offers
    }

    /// What the client is to be told of the answer.
    fn told(&self) -> Told {
        let status = match self.switches() {
            true => StatusCode::SWITCHING_PROTOCOLS,
            false => self.answer.status,
        };
        let silent = self.method == Method::Head
            || self.opens_tunnel()
            || self.switches()
            || [204, 205, 304].contains(&status.as_u16());
        let body = if silent {
            &Body::NONE
        } else {
            &self.answer.body
        };
        Told {
            what: status.to_string(),
            content: body.bytes(),
            trailer: body.told_trailer(),
            ended: true,
        }
    }
}

/// A message as it came.
#[derive(Clone, Debug, Default, PartialEq)]
struct Told {
    what: String,
    content: Vec<u8>,
    trailer: Option<u8>,
    ended: bool,
}

fn trailer(fields: &Fields<'_>) -> Option<u8> {
    let value = fields.get("trailer-field")?;
    std::str::from_utf8(value).ok()?.parse().ok()
}

/// One direction of the link.
#[derive(Default)]
struct Pipe {
    under_way: VecDeque<u8>,
    arrived: Vec<u8>,
    /// The sender has closed.
    ended: bool,
}

impl Pipe {
    fn carry(&mut self, bytes: usize) -> bool {
        let bytes = bytes.min(self.under_way.len());
        self.arrived.extend(self.under_way.drain(..bytes));
        bytes > 0
    }

    fn is_over(&self) -> bool {
        self.ended && self.under_way.is_empty()
    }
}

struct Client {
    connection: ClientConnection,
    plans: Vec<Plan>,
    /// Requests begun.
    sent: usize,
    /// Pieces of the last one's content not sent yet.
    pieces: VecDeque<Vec<u8>>,
    waited: u8,
    gave_up: bool,
    pipelines: bool,
    told: Vec<Told>,
    interims: Vec<String>,
    finished: bool,
}

impl Client {
    /// Does one thing, if there is one to do.
    fn step(&mut self, input: &mut Pipe, output: &mut Pipe) -> bool {
        let turn = self.connection.turn();
        if self.read(input) {
            return true;
        }
        match turn {
            ClientTurn::Close => {
                let closes = !output.ended;
                output.ended = true;
                closes
            }
            ClientTurn::Switch if self.gave_up => unreachable!(),
            ClientTurn::Switch => {
                let speaks = !output.ended;
                if speaks {
                    output.under_way.extend(b"raw from the client");
                    output.ended = true;
                }
                speaks
            }
            ClientTurn::Send => self.send(output),
            ClientTurn::Ask => self.ask(output),
            ClientTurn::Read => {
                self.pipelines && self.connection.can_pipeline() && self.ask(output)
            }
        }
    }

    fn read(&mut self, input: &mut Pipe) -> bool {
        let (used, event) = self.connection.decode(&input.arrived).expect("no fault");
        let progress = used > 0 || event.is_some();
        match event {
            None => {}
            Some(Event::Interim(head)) => self.interims.push(head.status().to_string()),
            Some(Event::Response(head)) => self.told.push(Told {
                what: head.status().to_string(),
                ..Told::default()
            }),
            Some(Event::Data(range)) => {
                let told = self.told.last_mut().expect("a head comes first");
                told.content.extend_from_slice(&input.arrived[range]);
            }
            Some(Event::Trailers(fields)) => {
                self.told.last_mut().expect("a head comes first").trailer = trailer(&fields);
            }
            Some(Event::End) => self.told.last_mut().expect("a head comes first").ended = true,
            Some(other) => panic!("{other:?}"),
        }
        input.arrived.drain(..used);
        if !progress && input.is_over() && input.arrived.is_empty() && !self.finished {
            self.finished = true;
            self.connection
                .finish_input()
                .expect("the server told before it closed");
            return true;
        }
        progress
    }

    fn ask(&mut self, output: &mut Pipe) -> bool {
        let Some(plan) = self.plans.get(self.sent) else {
            return false;
        };
        let mut out = Vec::new();
        let content = self
            .connection
            .encode_head(&plan.head(), plan.body.length(), &mut out)
            .expect("it is the turn for it");
        assert_eq!(content == Content::Nothing, !plan.has_content());
        output.under_way.extend(out);
        self.sent += 1;
        self.waited = 0;
        self.pieces = plan.body.pieces.iter().cloned().collect();
        true
    }

    fn send(&mut self, output: &mut Pipe) -> bool {
        let plan = &self.plans[self.sent - 1];
        let is_answered = self.told.len() == self.sent;
        if is_answered && plan.gives_up {
            self.connection.give_up_content();
            self.gave_up = true;
            return true;
        }
        if self.connection.awaits_continue() && self.waited < plan.patience.unwrap_or(0) {
            assert!(!is_answered);
            self.waited += 1;
            return true;
        }
        let mut out = Vec::new();
        match self.pieces.pop_front() {
            // By itself, and with its frame written around it.
            Some(piece) if piece.len() % 2 == 0 => self
                .connection
                .encode_data(&piece, &mut out)
                .expect("content is due"),
            Some(piece) => {
                let frame = self.connection.frame_data(piece.len() as u64);
                let frame = frame.expect("content is due");
                out = [frame.head(), &piece, frame.tail()].concat();
            }
            None => self
                .connection
                .encode_end(plan.body.trailers().as_ref(), &mut out)
                .expect("all of it was sent"),
        }
        output.under_way.extend(out);
        true
    }
}

struct Server {
    connection: ServerConnection,
    plans: Vec<Plan>,
    told: Vec<Told>,
    interims: Vec<String>,
    interims_due: u8,
    /// Pieces of the answer not written yet.
    pieces: VecDeque<Vec<u8>>,
    finished: bool,
    /// The client left inside a request.
    was_left: bool,
}

impl Server {
    fn step(&mut self, input: &mut Pipe, output: &mut Pipe) -> bool {
        if self.read(input) {
            return true;
        }
        match self.connection.turn() {
            Turn::Read => false,
            Turn::Close => {
                let closes = !output.ended;
                output.ended = true;
                closes
            }
            Turn::Switch => {
                let speaks = !output.ended;
                if speaks {
                    output.under_way.extend(b"raw from the server");
                    output.ended = true;
                }
                speaks
            }
            Turn::Answer => self.answer(output),
            Turn::Send => self.send(output),
        }
    }

    fn read(&mut self, input: &mut Pipe) -> bool {
        let Ok((used, event)) = self.connection.decode(&input.arrived) else {
            // Nothing but the end of input is a fault here.
            assert!(self.was_left);
            return false;
        };
        let progress = used > 0 || event.is_some();
        match event {
            None => {}
            Some(Event::Request(head)) => {
                let plan = &self.plans[self.told.len()];
                assert_eq!(head.keep_alive(), !plan.close);
                assert_eq!(head.offers_upgrade(), plan.offers);
                self.interims_due = plan.answer.interims;
                self.told.push(Told {
                    what: head.method().to_string(),
                    ..Told::default()
                });
            }
            Some(Event::Data(range)) => {
                let told = self.told.last_mut().expect("a head comes first");
                told.content.extend_from_slice(&input.arrived[range]);
            }
            Some(Event::Trailers(fields)) => {
                self.told.last_mut().expect("a head comes first").trailer = trailer(&fields);
            }
            Some(Event::End) => self.told.last_mut().expect("a head comes first").ended = true,
            Some(other) => panic!("{other:?}"),
        }
        input.arrived.drain(..used);
        if !progress && input.is_over() && self.connection.turn() == Turn::Read && !self.finished {
            self.finished = true;
            self.was_left = self.connection.finish_input().is_err();
            return true;
        }
        progress
    }

    fn answer(&mut self, output: &mut Pipe) -> bool {
        if self.was_left {
            // Nobody would read it.
            output.ended = true;
            return false;
        }
        let plan = &self.plans[self.told.len() - 1];
        let answer = &plan.answer;
        let ended = self.told.last().is_some_and(|told| told.ended);
        let mut out = Vec::new();
        if self.interims_due > 0 {
            self.interims_due -= 1;
            self.interims.push("103".into());
            self.connection
                .encode_interim(&ResponseHeadBuf::new(StatusCode::EARLY_HINTS), &mut out)
                .expect("an answer is due");
        } else if self.connection.awaits_continue() && answer.says_continue {
            self.interims.push("100".into());
            self.connection
                .encode_continue(&mut out)
                .expect("an answer is due");
        } else if plan.switches() {
            if !ended {
                return false;
            }
            let head = ResponseHeadBuf::new(StatusCode::SWITCHING_PROTOCOLS);
            self.connection
                .encode_switch(&head, "PROTO/1", &mut out)
                .expect("it was offered");
        } else if ended || answer.early {
            let mut head = ResponseHeadBuf::new(answer.status);
            if answer.close {
                head.close();
            }
            let body = match plan.opens_tunnel() || [204, 205].contains(&answer.status.as_u16()) {
                true => &Body::NONE,
                false => &answer.body,
            };
            let content = self
                .connection
                .encode_head(&head, body.length(), None, &mut out)
                .expect("an answer is due");
            self.pieces = match content {
                Content::Nothing => VecDeque::new(),
                _ => body.pieces.iter().cloned().collect(),
            };
        } else {
            return false;
        }
        output.under_way.extend(out);
        true
    }

    fn send(&mut self, output: &mut Pipe) -> bool {
        let body = &self.plans[self.told.len() - 1].answer.body;
        let mut out = Vec::new();
        match self.pieces.pop_front() {
            Some(piece) => self
                .connection
                .encode_data(&piece, &mut out)
                .expect("content is due"),
            None => self
                .connection
                .encode_end(body.trailers().as_ref(), &mut out)
                .expect("all of it was written"),
        }
        output.under_way.extend(out);
        true
    }
}

/// What happens next on the link.
#[derive(Clone, Copy, Debug)]
enum Move {
    Client,
    Server,
    ToServer(usize),
    ToClient(usize),
}

fn body() -> impl Strategy<Value = Body> {
    let pieces = prop::collection::vec(prop::collection::vec(any::<u8>(), 1..30), 0..4);
    (pieces, any::<bool>(), prop::option::of(any::<u8>())).prop_map(|(pieces, chunked, trailer)| {
        Body {
            pieces,
            chunked,
            trailer,
        }
    })
}

fn rarely() -> impl Strategy<Value = bool> {
    prop::bool::weighted(0.12)
}

prop_compose! {
    fn answer()(
        status in prop::sample::select(vec![200, 200, 200, 201, 204, 205, 304, 404, 407, 413, 417, 500]),
        body in body(),
        close in rarely(),
        interims in 0..3_u8,
        (says_continue, early, switches) in any::<(bool, bool, bool)>(),
    ) -> Answer {
        let status = StatusCode::new(status).expect("three digits");
        Answer { status, body, close, interims, says_continue, early, switches }
    }
}

prop_compose! {
    fn plan()(
        method in prop::sample::select(&METHODS[..]),
        body in prop_oneof![2 => Just(Body::NONE), 3 => body()],
        close in rarely(),
        offers in rarely(),
        patience in prop::option::of(0..6_u8),
        gives_up: bool,
        answer in answer(),
    ) -> Plan {
        let body = if method == Method::Connect { Body::NONE } else { body };
        Plan { method, body, close, offers, patience, gives_up, answer }
    }
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let bytes = prop_oneof![3 => 1..4_usize, 2 => 4..60_usize, 1 => Just(usize::MAX)];
    let next = (0..4_u8, bytes).prop_map(|(which, bytes)| match which {
        0 => Move::Client,
        1 => Move::Server,
        2 => Move::ToServer(bytes),
        _ => Move::ToClient(bytes),
    });
    prop::collection::vec(next, 0..300)
}

/// Plays the moves, and then goes on until neither side has anything to do.
fn play(plans: &[Plan], pipelines: bool, moves: &[Move]) -> (Client, Server, Pipe, Pipe) {
    let mut client = Client {
        connection: ClientConnection::new(Limits::for_responses()),
        plans: plans.to_vec(),
        sent: 0,
        pieces: VecDeque::new(),
        waited: 0,
        gave_up: false,
        pipelines,
        told: Vec::new(),
        interims: Vec::new(),
        finished: false,
    };
    let mut server = Server {
        connection: ServerConnection::new(Limits::default()),
        plans: plans.to_vec(),
        told: Vec::new(),
        interims: Vec::new(),
        interims_due: 0,
        pieces: VecDeque::new(),
        finished: false,
        was_left: false,
    };
    let (mut up, mut down) = (Pipe::default(), Pipe::default());
    let rounds = [
        Move::Client,
        Move::ToServer(usize::MAX),
        Move::Server,
        Move::ToClient(usize::MAX),
    ];
    let mut idle = 0;
    for next in moves.iter().chain(rounds.iter().cycle().take(100_000)) {
        let progress = match *next {
            Move::Client => client.step(&mut down, &mut up),
            Move::Server => server.step(&mut up, &mut down),
            Move::ToServer(bytes) => up.carry(bytes),
            Move::ToClient(bytes) => down.carry(bytes),
        };
        idle = if progress { 0 } else { idle + 1 };
        if idle > moves.len() + rounds.len() {
            return (client, server, up, down);
        }
    }
    panic!("they never come to rest");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn both_sides_agree(
        plans in prop::collection::vec(plan(), 1..6),
        pipelines: bool,
        moves in moves(),
    ) {
        let (client, server, up, down) = play(&plans, pipelines, &moves);
        let sent = client.sent;
        // What the server read is what was sent, in order, and whole but for what was given up.
        prop_assert!(server.told.len() <= sent);
        for (index, (told, plan)) in server.told.iter().zip(&plans).enumerate() {
            prop_assert_eq!(&told.what, &plan.method.to_string());
            if told.ended {
                prop_assert_eq!(&told.content, &plan.body.bytes());
                prop_assert_eq!(told.trailer, plan.body.told_trailer());
            } else {
                prop_assert!(plan.body.bytes().starts_with(&told.content));
                // Only the last one can be cut.
                prop_assert_eq!(index + 1, server.told.len());
            }
        }
        // Each answer belongs to its request, and is whole.
        prop_assert_eq!(client.told.len(), server.told.len());
        for (told, plan) in client.told.iter().zip(&plans) {
            prop_assert_eq!(told, &plan.told());
        }
        prop_assert_eq!(&client.interims, &server.interims);
        prop_assert_eq!(client.connection.unanswered(), sent - client.told.len());
        // Nobody waits for the other.
        let last = &plans[client.told.len() - 1];
        match (client.connection.turn(), server.connection.turn()) {
            (ClientTurn::Ask, Turn::Read) => {
                prop_assert_eq!(sent, plans.len());
                prop_assert!(up.arrived.is_empty() && down.arrived.is_empty());
                prop_assert_eq!(client.connection.unanswered(), 0);
                prop_assert!(!server.connection.is_mid_request());
            }
            (ClientTurn::Close, Turn::Close) => {
                prop_assert!(down.arrived.is_empty());
            }
            (ClientTurn::Switch, Turn::Switch) => {
                prop_assert!(last.switches() || last.opens_tunnel());
                prop_assert_eq!(&up.arrived, b"raw from the client");
                prop_assert_eq!(&down.arrived, b"raw from the server");
                prop_assert_eq!(client.connection.unanswered(), 0);
            }
            turns => prop_assert!(false, "{:?}", turns),
        }
    }
}

/// The plans that are made lead to every end there is.
#[test]
fn every_end_is_reached() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let strategy = (prop::collection::vec(plan(), 1..6), moves());
    let mut counts = [0; 9];
    for _ in 0..300 {
        let tree = strategy.new_tree(&mut runner).expect("plans");
        let (plans, moves) = tree.current();
        let (client, server, ..) = play(&plans, true, &moves);
        let turn = client.connection.turn();
        let first_continue = server.interims.iter().any(|interim| interim == "100");
        let reached = [
            turn == ClientTurn::Ask,
            turn == ClientTurn::Close,
            turn == ClientTurn::Switch,
            client.gave_up,
            server.was_left,
            client.connection.unanswered() > 0,
            client.told.len() > 3,
            first_continue,
            server.told.iter().any(|told| told.trailer.is_some()),
        ];
        for (count, reached) in counts.iter_mut().zip(reached) {
            *count += usize::from(reached);
        }
    }
    assert!(counts.iter().all(|count| *count > 2), "{counts:?}");
}
