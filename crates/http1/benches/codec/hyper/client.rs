use std::future::Future;
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, CACHE_CONTROL, HOST, HeaderMap, HeaderName,
    HeaderValue, REFERER, USER_AGENT,
};
use hyper::{Request, Response, Uri};

use super::memory::{Memory, Whole};
use crate::compare::Made;
use crate::requests::{FIELDS, HOST_NAME, TARGET};

/// The names of [`FIELDS`].
const NAMES: [HeaderName; 6] = [
    USER_AGENT,
    ACCEPT,
    ACCEPT_ENCODING,
    ACCEPT_LANGUAGE,
    CACHE_CONTROL,
    REFERER,
];

pub(crate) struct HyperClient {
    memory: Memory,
    connection: Pin<Box<dyn Future<Output = hyper::Result<()>>>>,
    sender: SendRequest<Whole>,
    made: Made,
    uri: Uri,
    map: HeaderMap,
}

impl HyperClient {
    pub(crate) fn new(made: Made) -> Self {
        let memory = Memory::default();
        let handshake = pin!(http1::handshake(memory.clone()));
        let Poll::Ready(made_up) = handshake.poll(&mut context()) else {
            unreachable!("nothing is said in it");
        };
        let (sender, connection) = made_up.expect("nothing can go wrong in it");
        Self {
            memory,
            connection: Box::pin(connection),
            sender,
            made,
            uri: Uri::from_static(TARGET),
            map: fields(),
        }
    }

    /// How many bytes were written, and how many the content of the response has.
    pub(crate) fn ask(&mut self, response: &[u8]) -> (usize, usize) {
        let mut request = Request::new(Whole(None));
        (*request.uri_mut(), *request.headers_mut()) = match self.made {
            Made::Once => (self.uri.clone(), self.map.clone()),
            Made::Anew => (black_box(TARGET).parse().expect("valid"), fields()),
        };
        self.memory.0.borrow_mut().receive(b"");
        let mut sent = pin!(self.sender.send_request(request));
        let mut context = context();
        // The request goes out before the response is there, or hyper takes it for one nobody asked for.
        let written = loop {
            assert!(self.connection.as_mut().poll(&mut context).is_pending());
            let written = self.memory.0.borrow().out.len();
            if written > 0 {
                break written;
            }
        };
        let unsent = std::mem::take(&mut self.memory.0.borrow_mut().out);
        self.memory.0.borrow_mut().receive(response);
        self.memory.0.borrow_mut().out = unsent;
        let mut response: Response<Incoming> = loop {
            assert!(self.connection.as_mut().poll(&mut context).is_pending());
            if let Poll::Ready(response) = sent.as_mut().poll(&mut context) {
                break response.expect("valid");
            }
        };
        black_box(response.status());
        let mut content = 0;
        loop {
            match Pin::new(response.body_mut()).poll_frame(&mut context) {
                Poll::Ready(Some(frame)) => {
                    let frame = frame.expect("valid");
                    content += frame.data_ref().map_or(0, |data| data.len());
                }
                Poll::Ready(None) => break,
                Poll::Pending => {
                    assert!(self.connection.as_mut().poll(&mut context).is_pending());
                }
            }
        }
        while self.sender.poll_ready(&mut context).is_pending() {
            assert!(self.connection.as_mut().poll(&mut context).is_pending());
        }
        (written, content)
    }

    pub(crate) fn written(&self) -> Vec<u8> {
        self.memory.0.borrow().out.clone()
    }
}

fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

fn fields() -> HeaderMap {
    let mut map = HeaderMap::with_capacity(FIELDS.len() + 1);
    let host = HeaderValue::from_str(black_box(HOST_NAME)).expect("valid");
    map.insert(HOST, host);
    for (name, (_, value)) in NAMES.into_iter().zip(black_box(FIELDS)) {
        map.insert(name, HeaderValue::from_str(value).expect("valid"));
    }
    map
}
