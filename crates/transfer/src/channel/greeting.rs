//! The first bytes of those who do not speak TLS, so that they can be told.

use super::{Role, Speaks};

/// First byte of a TLS record with a handshake in it.
const HANDSHAKE: u8 = 0x16;

/// First byte of a TLS record with an alert in it, by which a server may answer a hello.
const ALERT: u8 = 0x15;

/// So many bytes tell what somebody speaks.
const TELLING_BYTES: usize = 4;

const FOREIGN: [(&[u8; TELLING_BYTES], Speaks); 11] = [
    (b"CONN", Speaks::Http),
    (b"DELE", Speaks::Http),
    (b"GET ", Speaks::Http),
    (b"HEAD", Speaks::Http),
    (b"HTTP", Speaks::Http),
    (b"OPTI", Speaks::Http),
    (b"PATC", Speaks::Http),
    (b"POST", Speaks::Http),
    (b"PRI ", Speaks::Http),
    (b"PUT ", Speaks::Http),
    (b"SSH-", Speaks::Ssh),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Too few bytes to say.
    More,
    Tls,
    Foreign(Speaks),
}

/// Bytes that are not TLS and may become a word that is known.
#[derive(Debug, Default)]
pub(super) struct Greeting {
    bytes: Vec<u8>,
}

impl Greeting {
    /// Adds bytes; returns how many were used and what they are. Those of TLS are not used.
    pub(super) fn add(&mut self, role: Role, input: &[u8]) -> (usize, Verdict) {
        if self.bytes.is_empty() && begins_tls(role, input) {
            return (0, Verdict::Tls);
        }
        let taken = input.len().min(TELLING_BYTES - self.bytes.len());
        self.bytes.extend_from_slice(&input[..taken]);
        (taken, self.verdict())
    }

    fn verdict(&self) -> Verdict {
        let known = FOREIGN
            .iter()
            .find(|(word, _)| word.starts_with(&self.bytes));
        match known {
            Some(_) if self.bytes.len() < TELLING_BYTES => Verdict::More,
            Some(&(_, speaks)) => Verdict::Foreign(speaks),
            None => Verdict::Foreign(Speaks::Other),
        }
    }
}

fn begins_tls(role: Role, input: &[u8]) -> bool {
    match input.first() {
        Some(&HANDSHAKE) => true,
        Some(&ALERT) => role == Role::Connect,
        _ => false,
    }
}

/// What to say to those who connected and speak something else.
pub(super) fn answer(speaks: Speaks) -> &'static [u8] {
    match speaks {
        Speaks::Http => {
            b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 42\r\n\r\n\
              this is a file transfer, not a web server\n"
        }
        Speaks::Ssh => b"this is a file transfer, not ssh\r\n",
        Speaks::Other => b"",
    }
}
