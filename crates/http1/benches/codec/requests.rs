//! Requests sent and their responses read on one connection, so that a head is written in the state it is written in.
//!
//! All sides write the same lines, each with names in its own case. What is said of them in `answers` holds here too.

use std::hint::black_box;

use barewire_http1::{ClientConnection, ContentLength, Event, Limits, Method, RequestHeadBuf};
use http_net::{ClientConn, ClientEvent};

use crate::answers::lines;
use crate::compare::{Bench, Made, SAME, Side};
use crate::hyper::HyperClient;

pub(crate) const HOST_NAME: &str = "www.example.test";

pub(crate) const TARGET: &str = "/script/view.04e1b.js?r=7";

pub(crate) const FIELDS: [(&str, &str); 6] = [
    (
        "user-agent",
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    ),
    ("accept", "*/*"),
    ("accept-encoding", "gzip, deflate, br, zstd"),
    ("accept-language", "nl,en-us;q=0.7"),
    ("cache-control", "no-cache"),
    ("referer", "http://www.example.test/"),
];

const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\n\
    Date: Sat, 21 Nov 2026 07:28:00 GMT\r\n\
    Content-Type: text/plain\r\n\
    Content-Length: 13\r\n\r\nHello, world!";

/// Bytes of the request, and of the content of its response.
type Exchange = (usize, usize);

pub(crate) fn rows(bench: &Bench) {
    bench.title("requests sent, of 7 fields, and responses of 98 B read");
    for (how, made) in [("made once", Made::Once), ("made anew", Made::Anew)] {
        let mut ours = Ours::new(made);
        let mut http_net = HttpNet::new(made);
        let mut hyper = HyperClient::new(made);
        let answer = ours.ask(RESPONSE);
        let expected = lines(&ours.out);
        assert_eq!((expected.len(), answer.1), (FIELDS.len() + 3, 13));
        http_net.ask(RESPONSE);
        assert_eq!(lines(&http_net.out), expected);
        hyper.ask(RESPONSE);
        assert_eq!(lines(&hyper.written()), expected);
        bench.row(
            &format!(
                "request of {} B sent, {how}, and its response read",
                answer.0
            ),
            1,
            answer,
            vec![
                Side::ours(move || ours.ask(black_box(RESPONSE))),
                Side::beside("http-net", SAME, move || http_net.ask(black_box(RESPONSE))),
                Side::beside("hyper", SAME, move || hyper.ask(black_box(RESPONSE))),
            ],
        );
    }
}

struct Ours {
    connection: ClientConnection,
    made: Made,
    head: RequestHeadBuf,
    out: Vec<u8>,
}

impl Ours {
    fn new(made: Made) -> Self {
        Self {
            connection: ClientConnection::new(Limits::for_responses()),
            made,
            head: Self::head(),
            out: Vec::new(),
        }
    }

    fn head() -> RequestHeadBuf {
        let mut head = RequestHeadBuf::new(Method::Get, black_box(HOST_NAME), black_box(TARGET))
            .expect("valid");
        for (name, value) in black_box(FIELDS) {
            head.field(name, value).expect("valid");
        }
        head
    }

    fn ask(&mut self, mut response: &[u8]) -> Exchange {
        self.out.clear();
        let anew;
        let head = match self.made {
            Made::Once => &self.head,
            Made::Anew => {
                anew = Self::head();
                &anew
            }
        };
        self.connection
            .encode_head(head, ContentLength::Known(0), &mut self.out)
            .expect("its turn");
        let mut content = 0;
        loop {
            let (used, event) = self.connection.decode(response).expect("valid");
            response = &response[used..];
            match event {
                Some(Event::Response(head)) => _ = black_box(head.status()),
                Some(Event::Data(data)) => content += data.len(),
                Some(Event::End) => return (self.out.len(), content),
                Some(_) => {}
                None => unreachable!("the response is whole"),
            }
        }
    }
}

struct HttpNet {
    connection: ClientConn,
    made: Made,
    request: http_net::Request,
    out: Vec<u8>,
}

impl HttpNet {
    fn new(made: Made) -> Self {
        Self {
            connection: ClientConn::new(),
            made,
            request: Self::request(),
            out: Vec::new(),
        }
    }

    fn request() -> http_net::Request {
        let mut request =
            http_net::Request::get(black_box(TARGET)).header("host", black_box(HOST_NAME));
        for (name, value) in black_box(FIELDS) {
            request = request.header(name, value);
        }
        request
    }

    fn ask(&mut self, response: &[u8]) -> Exchange {
        self.out.clear();
        let anew;
        let request = match self.made {
            Made::Once => &self.request,
            Made::Anew => {
                anew = Self::request();
                &anew
            }
        };
        self.connection
            .send_request(request, &mut self.out)
            .expect("its turn");
        let used = self.connection.feed(response);
        assert_eq!(used, response.len());
        let mut content = 0;
        loop {
            match self.connection.poll().expect("valid") {
                ClientEvent::Response(head) => _ = black_box(head.status()),
                ClientEvent::Body(data) => content += black_box(data).len(),
                ClientEvent::ResponseEnd => break,
                _ => {}
            }
        }
        // It is idle after one more look, and takes the next request then.
        _ = self.connection.poll().expect("kept");
        (self.out.len(), content)
    }
}
