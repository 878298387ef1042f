//! Requests read and answered on one connection, so that a head is written in the state it is written in.
//!
//! All sides write the same lines, each with its own date and names in its own case. What each does for them: this
//! crate takes a head laid out once as bytes, or checks and lays out the fields of one made anew. http-net copies a
//! `Response`, or checks borrowed fields while it writes them, and copies its input. hyper clones a map of fields, or
//! fills a new one; it is polled without a runtime, and its reads and writes are copies in memory, so there is a
//! service, a future and a body in its figures and no system call.

use std::hint::black_box;

use barewire_http1::{
    Content, ContentLength, Event, HttpDate, Limits, ResponseHeadBuf, ServerConnection, StatusCode,
};
use http_net::{BodyPlan, OutgoingBody, ResponseHeadRef, ServerConn, ServerEvent};

use crate::compare::{Bench, Made, SAME, Side};
use crate::corpus;
use crate::hyper::HyperServer;

pub(crate) const FIELDS: [(&str, &str); 7] = [
    ("content-type", "text/html; charset=utf-8"),
    ("cache-control", "public, max-age=3600"),
    ("etag", "\"5f3c-0a1b2c3d4e\""),
    ("last-modified", "Sat, 21 Nov 2026 07:28:00 GMT"),
    ("vary", "accept-encoding"),
    ("server", "lighthouse/4.1"),
    ("x-content-type-options", "nosniff"),
];

pub(crate) const CONTENT: &[u8] = b"Hello, world!";

pub(crate) fn rows(bench: &Bench) {
    // What is answered is read first.
    bench.title("requests answered: 7 fields, date, length, 13 B");
    for (name, head, count) in [
        ("16 heads of 37 B", corpus::SMALL, 16),
        ("a head of 453 B", corpus::SCRIPT, 1),
    ] {
        let requests = head.repeat(count).into_bytes();
        for (how, made) in [("made once", Made::Once), ("made anew", Made::Anew)] {
            answered(
                bench,
                &format!("{name}, answers {how}, each"),
                &requests,
                count,
                made,
            );
        }
    }
    bench.title("content written as chunks");
    for (size, count) in [(64, 64), (4096, 4)] {
        chunks(bench, size, count);
    }
}

fn answered(bench: &Bench, name: &str, requests: &[u8], count: usize, made: Made) {
    let mut ours = Ours::new(made);
    let mut http_net = HttpNet::new(made);
    let mut hyper = HyperServer::new(made);
    let expected = lines(ours.answer(requests));
    assert_eq!(expected.len(), count * (FIELDS.len() + 5));
    assert_eq!(lines(http_net.answer(requests)), expected);
    hyper.answer(requests, count);
    assert_eq!(lines(&hyper.written()), expected);
    bench.row(
        name,
        count,
        ours.answer(requests).len(),
        vec![
            Side::ours(|| ours.answer(black_box(requests)).len()),
            Side::beside("http-net", SAME, || {
                http_net.answer(black_box(requests)).len()
            }),
            Side::beside("hyper", SAME, || hyper.answer(black_box(requests), count)),
        ],
    );
}

/// What was written, line by line, without dates, in no order and in one case.
pub(crate) fn lines(out: &[u8]) -> Vec<String> {
    let text = str::from_utf8(out).expect("ASCII").to_ascii_lowercase();
    // The content has no line end of its own.
    let text = text.replace("world!", "world!\r\n");
    let mut lines: Vec<String> = text
        .split_terminator("\r\n")
        .map(|line| match line.strip_prefix("date: ") {
            Some(date) => format!("date of {} B", date.len()),
            None => line.into(),
        })
        .collect();
    lines.sort();
    lines
}

struct Ours {
    connection: ServerConnection,
    made: Made,
    head: ResponseHeadBuf,
    date: HttpDate,
    out: Vec<u8>,
}

impl Ours {
    fn new(made: Made) -> Self {
        Self {
            connection: ServerConnection::new(Limits::default()),
            made,
            head: Self::head(),
            date: HttpDate::new("Sun, 22 Nov 2026 12:00:00 GMT").expect("29 bytes"),
            out: Vec::new(),
        }
    }

    fn head() -> ResponseHeadBuf {
        let mut head = ResponseHeadBuf::new(StatusCode::OK);
        for (name, value) in black_box(FIELDS) {
            head.field(name, value).expect("valid");
        }
        head
    }

    fn answer(&mut self, mut requests: &[u8]) -> &[u8] {
        self.out.clear();
        loop {
            let (used, event) = self.connection.decode(requests).expect("valid");
            requests = &requests[used..];
            match event {
                Some(Event::Request(head)) => _ = black_box(head.target()),
                Some(Event::End) => {
                    let anew;
                    let head = match self.made {
                        Made::Once => &self.head,
                        Made::Anew => {
                            anew = Self::head();
                            &anew
                        }
                    };
                    let length = ContentLength::Known(CONTENT.len() as u64);
                    self.connection
                        .encode_head(head, length, Some(self.date), &mut self.out)
                        .expect("an answer is due");
                    self.connection
                        .encode_data(CONTENT, &mut self.out)
                        .expect("as long as declared");
                }
                Some(_) => {}
                None => return &self.out,
            }
        }
    }
}

struct HttpNet {
    connection: ServerConn,
    made: Made,
    response: http_net::Response,
    date: http_net::HttpDate,
    out: Vec<u8>,
}

impl HttpNet {
    fn new(made: Made) -> Self {
        let mut response = http_net::Response::new(200);
        for (name, value) in FIELDS {
            response = response.header(name, value);
        }
        Self {
            connection: ServerConn::new(),
            made,
            response: response.body(CONTENT),
            date: http_net::HttpDate::from_unix_seconds(1_795_348_800),
            out: Vec::new(),
        }
    }

    fn answer(&mut self, requests: &[u8]) -> &[u8] {
        self.out.clear();
        let used = self.connection.feed(requests);
        assert_eq!(used, requests.len());
        loop {
            match self.connection.poll().expect("valid") {
                ServerEvent::Request(head) => _ = black_box(head.target()),
                ServerEvent::RequestEnd if self.made == Made::Once => self
                    .connection
                    .respond_with_date(&self.response, &self.date, &mut self.out)
                    .expect("an answer is due"),
                ServerEvent::RequestEnd => {
                    let fields = black_box(FIELDS).map(|(name, value)| (name, value.as_bytes()));
                    let body = OutgoingBody::Full(CONTENT.len() as u64);
                    let head = ResponseHeadRef::new(200, &fields, body);
                    let plan = self
                        .connection
                        .write_head(&head, Some(&self.date), &mut self.out);
                    assert_eq!(plan, Ok(BodyPlan::Raw));
                    self.out.extend_from_slice(CONTENT);
                }
                ServerEvent::NeedInput => return &self.out,
                _ => {}
            }
        }
    }
}

/// So large that both buffers begin on a page, or one copy is quicker than the other.
const PAGES: usize = 1 << 20;

/// So many chunks of that size into a buffer that is emptied behind them; heads were written before.
fn chunks(bench: &Bench, size: usize, count: usize) {
    let data = vec![b'x'; size];
    let data = data.as_slice();
    let request = corpus::SMALL.as_bytes();

    let mut connection = ServerConnection::new(Limits::default());
    let mut out = Vec::with_capacity(PAGES);
    let (used, _) = connection.decode(request).expect("valid");
    assert_eq!(used, request.len());
    let head = ResponseHeadBuf::new(StatusCode::OK);
    let content = connection
        .encode_head(&head, ContentLength::Unknown, None, &mut out)
        .expect("an answer is due");
    assert_eq!(content, Content::Chunked);
    let ours = move || {
        out.clear();
        for _ in 0..count {
            connection
                .encode_data(black_box(data), &mut out)
                .expect("content is due");
        }
        out.len()
    };

    let mut connection = ServerConn::new();
    assert_eq!(connection.feed(request), request.len());
    while !matches!(connection.poll(), Ok(ServerEvent::RequestEnd)) {}
    let head = ResponseHeadRef::new(200, &[], OutgoingBody::Chunked);
    let mut out = Vec::with_capacity(PAGES);
    let plan = connection.write_head(&head, None, &mut out);
    assert_eq!(plan, Ok(BodyPlan::Stream));
    let http_net = move || {
        out.clear();
        for _ in 0..count {
            connection
                .send_body(black_box(data), &mut out)
                .expect("content is due");
        }
        out.len()
    };

    let digits = format!("{size:x}").len();
    bench.row(
        &format!("content of {size} B as a chunk"),
        count,
        count * (digits + size + 4),
        vec![Side::ours(ours), Side::beside("http-net", SAME, http_net)],
    );
}
