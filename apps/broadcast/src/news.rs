//! What is told of the networks while a program runs.

use barewire_lan::{Interface, Lan, Notice};

use crate::output::{column, note, warn};

/// Tells people on standard error which interfaces come and go, and where it listens.
#[derive(Debug, Default)]
pub(crate) struct News {
    has_begun: bool,
}

impl News {
    /// Tells one of them.
    pub(crate) fn tell(&self, notice: &Notice, lan: &Lan) {
        match notice {
            Notice::Joined(interface) => {
                if self.has_begun {
                    note(&format!("{} is there", column(&interface.name)));
                }
                tell_addresses(lan, interface, None);
            }
            Notice::Changed { was, is } => tell_addresses(lan, is, Some(was)),
            Notice::Left(interface) => note(&format!("{} is gone", column(&interface.name))),
            Notice::Trouble { text, .. } => warn(text),
            _ => {}
        }
    }

    /// What was there at the start has been told.
    pub(crate) fn begin(&mut self, lan: &Lan) {
        self.has_begun = true;
        if lan.interfaces().is_empty() {
            note("no interface is up; waiting for one");
        }
    }
}

/// The addresses of an interface that are new.
fn tell_addresses(lan: &Lan, interface: &Interface, was: Option<&Interface>) {
    let Some(port) = lan.port() else {
        return;
    };
    for address in interface.addresses(port) {
        let is_new = was.is_none_or(|was| !was.has(address.ip()));
        if is_new && lan.local_addresses().any(|own| own == address) {
            note(&format!("listening on {address}"));
        }
    }
}
