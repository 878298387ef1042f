use std::cell::Cell;
use std::convert::Infallible;
use std::future::{Future, ready};
use std::hint::black_box;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Waker};

use hyper::body::{Bytes, Incoming};
use hyper::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, LAST_MODIFIED, SERVER,
    VARY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};

use super::memory::{Memory, Whole};
use crate::answers::{CONTENT, FIELDS};
use crate::compare::Made;

/// The names of [`FIELDS`].
const NAMES: [HeaderName; 7] = [
    CONTENT_TYPE,
    CACHE_CONTROL,
    ETAG,
    LAST_MODIFIED,
    VARY,
    SERVER,
    X_CONTENT_TYPE_OPTIONS,
];

pub(crate) struct HyperServer {
    memory: Memory,
    connection: Pin<Box<dyn Future<Output = hyper::Result<()>>>>,
    answers: Rc<Cell<usize>>,
}

impl HyperServer {
    pub(crate) fn new(made: Made) -> Self {
        let memory = Memory::default();
        let answers = Rc::new(Cell::new(0));
        let map = fields();
        let service = service_fn({
            let answers = Rc::clone(&answers);
            move |request: Request<Incoming>| {
                black_box(request.uri());
                answers.set(answers.get() + 1);
                let mut response = Response::new(Whole(Some(Bytes::from_static(CONTENT))));
                *response.headers_mut() = match made {
                    Made::Once => map.clone(),
                    Made::Anew => fields(),
                };
                ready(Ok::<_, Infallible>(response))
            }
        });
        let connection = http1::Builder::new()
            .pipeline_flush(true)
            // That would need a timer.
            .header_read_timeout(None)
            .serve_connection(memory.clone(), service);
        Self {
            memory,
            connection: Box::pin(connection),
            answers,
        }
    }

    /// How many bytes were written.
    pub(crate) fn answer(&mut self, requests: &[u8], count: usize) -> usize {
        self.answers.set(0);
        self.memory.0.borrow_mut().receive(requests);
        let mut context = Context::from_waker(Waker::noop());
        // It yields now and then while there is more to do.
        while self.answers.get() < count || !self.memory.0.borrow().is_read() {
            let polled = self.connection.as_mut().poll(&mut context);
            assert!(polled.is_pending(), "the connection is kept");
        }
        self.memory.0.borrow().out.len()
    }

    pub(crate) fn written(&self) -> Vec<u8> {
        self.memory.0.borrow().out.clone()
    }
}

fn fields() -> HeaderMap {
    let mut map = HeaderMap::with_capacity(FIELDS.len() + 2);
    for (name, (_, value)) in NAMES.into_iter().zip(black_box(FIELDS)) {
        map.insert(name, HeaderValue::from_str(value).expect("valid"));
    }
    map
}
