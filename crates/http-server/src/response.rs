use std::sync::Arc;

use barewire_http1::{EncodeError, ResponseHeadBuf, StatusCode};

use crate::body::Body;

/// A response: a head and its content.
#[derive(Debug)]
pub struct Response {
    pub(crate) head: Head,
    pub(crate) body: Body,
    pub(crate) fault: Option<EncodeError>,
}

#[derive(Debug)]
pub(crate) enum Head {
    Own(ResponseHeadBuf),
    Shared(Arc<ResponseHeadBuf>),
}

impl Head {
    pub(crate) fn get(&self) -> &ResponseHeadBuf {
        match self {
            Self::Own(head) => head,
            Self::Shared(head) => head,
        }
    }
}

impl Response {
    /// A response without fields and content.
    #[must_use]
    pub fn new(status: StatusCode) -> Self {
        Self::from_head(ResponseHeadBuf::new(status))
    }

    /// A response with a head that is laid out already.
    #[must_use]
    pub fn from_head(head: ResponseHeadBuf) -> Self {
        Self::with(Head::Own(head))
    }

    /// The same with a head that many responses share, so that it is laid out once.
    #[must_use]
    pub fn from_shared_head(head: Arc<ResponseHeadBuf>) -> Self {
        Self::with(Head::Shared(head))
    }

    fn with(head: Head) -> Self {
        Self {
            head,
            body: Body::Empty,
            fault: None,
        }
    }

    /// A response of plain text in UTF-8.
    #[must_use]
    pub fn text(status: StatusCode, text: impl Into<Body>) -> Self {
        Self::new(status)
            .field("Content-Type", "text/plain; charset=utf-8")
            .body(text)
    }

    /// `404 Not Found` and a line like it: the status as the whole message.
    #[must_use]
    pub fn plain(status: StatusCode) -> Self {
        Self::text(status, format!("{status} {}\n", status.reason()))
    }

    /// Adds a field line.
    ///
    /// A field that could not be sent (see [`ResponseHeadBuf::field`]) makes the whole
    /// response a 500 that is logged: half a response would say something else.
    #[must_use]
    pub fn field(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let head = match &mut self.head {
            Head::Own(head) => head,
            Head::Shared(shared) => {
                self.head = Head::Own(ResponseHeadBuf::clone(shared));
                match &mut self.head {
                    Head::Own(head) => head,
                    Head::Shared(_) => return self,
                }
            }
        };
        if let Err(fault) = head.field(name, value) {
            self.fault = Some(fault);
        }
        self
    }

    /// Sets the content.
    #[must_use]
    pub fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    /// Says that this is the last answer on its connection.
    #[must_use]
    pub fn close(mut self) -> Self {
        if let Head::Shared(shared) = &self.head {
            self.head = Head::Own(ResponseHeadBuf::clone(shared));
        }
        if let Head::Own(head) = &mut self.head {
            head.close();
        }
        self
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.head.get().status()
    }

    /// The head.
    #[must_use]
    pub fn head(&self) -> &ResponseHeadBuf {
        self.head.get()
    }

    /// The content.
    #[must_use]
    pub fn content(&self) -> &Body {
        &self.body
    }
}
