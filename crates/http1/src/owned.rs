//! Heads and content that own their bytes: they share the buffer they came in.

use core::fmt;

use alloc::boxed::Box;

use bytes::{BufMut, Bytes, BytesMut};

use crate::fields::{FieldSpan, Fields};
use crate::{
    ClientConnection, Decoder, Error, Event, Output, RequestHead, ResponseHead, ServerConnection,
};

impl Output for BytesMut {
    #[inline(always)]
    fn make_room(&mut self, bytes: usize) {
        self.reserve(bytes);
    }

    #[inline(always)]
    fn put(&mut self, bytes: &[u8]) {
        self.put_slice(bytes);
    }
}

/// An [`Event`] that can be kept, and sent to another thread.
///
/// Its bytes are those of the buffer they came in, by reference count. Nothing is copied but
/// the index of a head, 16 bytes a field.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum OwnedEvent {
    /// As [`Event::Request`].
    Request(OwnedRequestHead),
    /// As [`Event::Interim`].
    Interim(OwnedResponseHead),
    /// As [`Event::Response`].
    Response(OwnedResponseHead),
    /// Content. Never empty.
    Data(Bytes),
    /// As [`Event::Trailers`].
    Trailers(OwnedFields),
    /// As [`Event::End`].
    End,
}

macro_rules! owned_head {
    ($(#[$doc:meta])* $name:ident, $head:ident) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name {
            bytes: Bytes,
            index: Box<[FieldSpan]>,
            /// What the head said, without its bytes.
            said: $head<'static>,
        }

        impl $name {
            /// The head.
            #[must_use]
            pub fn as_head(&self) -> $head<'_> {
                $head {
                    bytes: &self.bytes,
                    index: &self.index,
                    ..self.said
                }
            }

            /// The bytes of the head as they came.
            #[must_use]
            pub fn as_bytes(&self) -> &Bytes {
                &self.bytes
            }

            /// A part of the head, such as the value of a field, that shares its bytes. What does not lie
            /// within them (the name of a method that is known, an unfolded value) is copied.
            #[must_use]
            pub fn slice(&self, part: &[u8]) -> Bytes {
                slice_of(&self.bytes, part)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.as_head().fmt(f)
            }
        }
    };
}

owned_head! {
    /// A [`RequestHead`] that owns its bytes.
    OwnedRequestHead, RequestHead
}

owned_head! {
    /// A [`ResponseHead`] that owns its bytes.
    OwnedResponseHead, ResponseHead
}

/// [`Fields`] that own their bytes.
#[derive(Clone)]
pub struct OwnedFields {
    bytes: Bytes,
    index: Box<[FieldSpan]>,
}

impl OwnedFields {
    /// The fields.
    #[must_use]
    pub fn as_fields(&self) -> Fields<'_> {
        Fields::new(&self.bytes, &self.index)
    }

    /// A part of the section, such as the value of a field, that shares its bytes. What does not
    /// lie within them is copied.
    #[must_use]
    pub fn slice(&self, part: &[u8]) -> Bytes {
        slice_of(&self.bytes, part)
    }
}

impl fmt::Debug for OwnedFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_fields().fmt(f)
    }
}

fn slice_of(bytes: &Bytes, part: &[u8]) -> Bytes {
    let (whole, part_of_it) = (bytes.as_ptr_range(), part.as_ptr_range());
    match whole.start <= part_of_it.start && part_of_it.end <= whole.end {
        true => bytes.slice_ref(part),
        false => Bytes::copy_from_slice(part),
    }
}

/// An event without its bytes, while those are taken out of the buffer.
enum Said {
    Request(RequestHead<'static>, Box<[FieldSpan]>),
    Interim(ResponseHead<'static>, Box<[FieldSpan]>),
    Response(ResponseHead<'static>, Box<[FieldSpan]>),
    Data(core::ops::Range<usize>),
    /// Where the section begins.
    Trailers(usize, Box<[FieldSpan]>),
    End,
}

impl Said {
    fn of(event: Event<'_>, input_len: usize) -> Self {
        match event {
            Event::Request(head) => Self::Request(
                RequestHead {
                    bytes: &[],
                    index: &[],
                    line: head.line,
                    conclusion: head.conclusion,
                },
                head.index.into(),
            ),
            Event::Interim(head) => Self::Interim(response_said(&head), head.index.into()),
            Event::Response(head) => Self::Response(response_said(&head), head.index.into()),
            Event::Data(range) => Self::Data(range),
            // Fields lie in all of the input from where the section begins.
            Event::Trailers(fields) => {
                Self::Trailers(input_len - fields.bytes.len(), fields.spans.into())
            }
            Event::End => Self::End,
        }
    }

    fn with(self, bytes: Bytes) -> OwnedEvent {
        match self {
            Self::Request(said, index) => {
                OwnedEvent::Request(OwnedRequestHead { bytes, index, said })
            }
            Self::Interim(said, index) => {
                OwnedEvent::Interim(OwnedResponseHead { bytes, index, said })
            }
            Self::Response(said, index) => {
                OwnedEvent::Response(OwnedResponseHead { bytes, index, said })
            }
            Self::Data(range) => OwnedEvent::Data(bytes.slice(range)),
            Self::Trailers(start, index) => OwnedEvent::Trailers(OwnedFields {
                bytes: bytes.slice(start..),
                index,
            }),
            Self::End => OwnedEvent::End,
        }
    }
}

fn response_said(head: &ResponseHead<'_>) -> ResponseHead<'static> {
    ResponseHead {
        bytes: &[],
        index: &[],
        line: head.line,
        conclusion: head.conclusion,
    }
}

macro_rules! decode_bytes {
    ($($name:ident)*) => {$(
        impl $name {
            /// Reads one event from the front of `input` and takes its bytes out of it, as
            /// `decode` does with a slice. `None` asks for more: append it and call again.
            ///
            /// # Errors
            ///
            /// As `decode`.
            pub fn decode_bytes(
                &mut self,
                input: &mut BytesMut,
            ) -> Result<Option<OwnedEvent>, Error> {
                let (used, event) = self.decode(input)?;
                let said = event.map(|event| Said::of(event, input.len()));
                let bytes = input.split_to(used).freeze();
                Ok(said.map(|said| said.with(bytes)))
            }
        }
    )*};
}

decode_bytes! { Decoder ServerConnection ClientConnection }
