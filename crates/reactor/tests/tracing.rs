//! What a subscriber of `tracing` gets to hear.

mod support;

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use barewire_reactor::net::TcpConnect;
use barewire_reactor::script::{Probe, Script};
use barewire_reactor::{Config, Event, Interest, Ready};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Level, Metadata, Subscriber};

/// One line for each event: its level, its words, its fields.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "barewire_reactor"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().expect("not poisoned").push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let written = match field.name() {
            "message" => write!(self.0, " {value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        };
        written.expect("room");
    }
}

#[test]
fn a_subscriber_hears_what_is_out_of_the_ordinary() {
    let lines = Lines::default();
    tracing::subscriber::with_default(lines.clone(), || {
        let script = Script::new();
        let mut reactor = script.reactor(Config::default());
        // Hung up while paused.
        let probe = reactor.insert(Probe::new(), Interest::NONE).unwrap();
        script.set_ready(probe, Ready::CLOSED);
        assert_eq!(support::events(&mut reactor).len(), 1);
        // Late by a second.
        reactor.timer(script.now(), 7);
        script.advance(Duration::from_secs(1));
        assert_eq!(support::events(&mut reactor).len(), 1);
        // Never answered.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let connecting = TcpConnect::new()
            .start(listener.local_addr().unwrap())
            .unwrap();
        let deadline = script.now() + Duration::from_secs(5);
        reactor
            .connect(connecting, Interest::NONE, deadline)
            .unwrap();
        let told = support::events(&mut reactor);
        assert!(matches!(told[..], [Event::Connect { .. }]), "{told:?}");
        script.refuse_deletes(true);
        let other = reactor.insert(Probe::new(), Interest::READABLE).unwrap();
        assert!(reactor.remove(other).is_none());
    });
    let lines = lines.0.lock().unwrap();
    for (level, words) in [
        (Level::DEBUG, "hung up or failed while nobody listened"),
        (Level::DEBUG, "a timer is late tag=7 late=1s"),
        (Level::DEBUG, "connection decided"),
        (Level::ERROR, "the system will not forget the source"),
        (Level::TRACE, "wait over"),
        (Level::TRACE, "watched"),
    ] {
        let found = |line: &&String| line.starts_with(level.as_str()) && line.contains(words);
        assert!(lines.iter().any(|line| found(&line)), "{words}: {lines:#?}");
    }
}
