//! What was sent where, told as it goes and at the end.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;

use barewire_command::json::Object;

use super::ways::Way;
use crate::output::{column, count, note, warn};

/// What became of a datagram by one way.
#[derive(Debug)]
pub(crate) enum Fate {
    /// It went, so many bytes.
    Gone(u64),
    /// It did not.
    Failed(io::Error),
}

/// Counts, and tells people or programs.
#[derive(Debug)]
pub(crate) struct Tally {
    json: bool,
    /// By destination and the interface's name.
    ways: BTreeMap<(SocketAddr, Option<String>), Counts>,
    sent: u64,
    unsent: u64,
    has_told_nowhere: bool,
}

#[derive(Debug, Default)]
struct Counts {
    datagrams: u64,
    bytes: u64,
    /// What was told last; the same is not told again before it has worked once.
    told: Option<io::ErrorKind>,
}

impl Tally {
    /// Nothing yet.
    pub(crate) fn new(json: bool) -> Self {
        Self {
            json,
            ways: BTreeMap::new(),
            sent: 0,
            unsent: 0,
            has_told_nowhere: false,
        }
    }

    /// How many datagrams went nowhere at all.
    pub(crate) fn unsent(&self) -> u64 {
        self.unsent
    }

    /// Counts what became of one, and tells what is new about a failure.
    pub(crate) fn add(&mut self, way: &Way, fate: Fate, out: &mut Vec<u8>) {
        let interface = way.interface().map(str::to_owned);
        let counts = self.ways.entry((way.to(), interface)).or_default();
        match fate {
            Fate::Gone(bytes) => {
                counts.datagrams += 1;
                counts.bytes += bytes;
                counts.told = None;
            }
            Fate::Failed(error) => {
                let is_new = counts.told != Some(error.kind());
                counts.told = Some(error.kind());
                if is_new {
                    self.warn(&error.to_string(), out);
                }
            }
        }
    }

    /// There is no way at all, and this is why.
    pub(crate) fn nowhere(&mut self, text: &str, out: &mut Vec<u8>) {
        if !self.has_told_nowhere {
            self.has_told_nowhere = true;
            self.warn(text, out);
        }
    }

    /// A datagram has had all its chances.
    pub(crate) fn end_datagram(&mut self, has_gone: bool) {
        if has_gone {
            self.sent += 1;
        } else {
            self.unsent += 1;
        }
    }

    /// A line for people about what went wrong, or an event for programs.
    pub(crate) fn warn(&self, text: &str, out: &mut Vec<u8>) {
        if self.json {
            Object::new(out)
                .string("event", "warning")
                .string("text", text)
                .finish();
        } else {
            warn(text);
        }
    }

    /// A line for people.
    pub(crate) fn tell(&self, text: &str) {
        if !self.json {
            note(text);
        }
    }

    /// How much went by each way.
    pub(crate) fn summarize(&self, out: &mut Vec<u8>) {
        if self.ways.is_empty() && self.unsent == 0 {
            self.tell("nothing to send");
        }
        for ((to, interface), counts) in &self.ways {
            let Counts {
                datagrams, bytes, ..
            } = *counts;
            if self.json {
                let object = Object::new(out)
                    .string("event", "sent")
                    .string("to", &to.to_string());
                let object = match interface {
                    Some(interface) => object.string("interface", interface),
                    None => object.null("interface"),
                };
                object
                    .number("datagrams", datagrams)
                    .number("bytes", bytes)
                    .finish();
            } else {
                let (datagrams, bytes) = (count(datagrams, "datagram"), count(bytes, "byte"));
                let on = interface
                    .as_ref()
                    .map_or(String::new(), |name| format!(" on {}", column(name)));
                note(&format!("sent {datagrams}, {bytes}, to {to}{on}"));
            }
        }
    }

    /// The last event for programs.
    pub(crate) fn result(&self, code: u8, replies: u64, out: &mut Vec<u8>) {
        if self.json {
            Object::new(out)
                .string("event", "result")
                .number("code", code.into())
                .number("sent", self.sent)
                .number("unsent", self.unsent)
                .number("replies", replies)
                .finish();
        }
    }
}
