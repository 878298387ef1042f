//! An HTTP/1.1 server on a readiness loop.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod addresses;
mod body;
pub mod byteranges;
mod clock;
pub mod conditional;
mod config;
mod connection;
pub mod etag;
mod file;
mod handler;
mod mailbox;
pub mod range;
mod response;
mod sending;
mod server;
mod table;
mod worker;

pub use barewire_http1 as http1;
pub use body::{Body, FileRange, Part, Produced, Source};
pub use config::{Config, Rate};
pub use handler::{Answer, Context, Delayed, Flow, Handle, Handler, Receiver, Switch};
pub use response::Response;
pub use server::{BindError, Controller, Server};
