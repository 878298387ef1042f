//! From a shared secret to keys: HKDF and HMAC of RFC 5869 and RFC 2104, with SHA-256, from ring.
//!
//! ```text
//! prk      = HKDF-Extract(salt = TLS exporter, secret = SPAKE2's result, or the resume key)
//! key[x]   = HKDF-Expand(prk, "barewire-transfer 1 " x || transcript, 32)    x: issuer, enterer, resume
//! confirm  = HMAC(key[part], transcript)
//! ```

use std::fmt::{self, Debug, Formatter};

use ring::rand::{SecureRandom, SystemRandom};
use ring::{digest, hkdf, hmac};
use zeroize::Zeroizing;

use super::{PairingError, PairingErrorKind, Part};

/// What ties a pairing to its channel: 32 bytes of the TLS exporter, label `EXPORTER-barewire-transfer`, no context.
///
/// The two ends of a channel have the same, no two channels do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Binding([u8; 32]);

impl Binding {
    /// From the exporter's bytes.
    #[must_use]
    pub fn new(exported: [u8; 32]) -> Self {
        Self(exported)
    }
}

impl Debug for Binding {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("Binding(..)")
    }
}

/// Names a resume key without giving it away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket([u8; 16]);

impl Ticket {
    /// Where there is no key to name.
    pub(super) const NONE: Self = Self([0; 16]);

    pub(super) fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    pub(super) fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// 256 bits that two sides have in common after they were paired, for the next connection. Wiped when dropped, not
/// shown by `Debug`.
///
/// Good as long as both keep it; it stays the same when it is used.
#[derive(Clone, PartialEq, Eq)]
pub struct ResumeKey(Zeroizing<[u8; 32]>);

impl ResumeKey {
    /// A new key, for two that have another safe way to share it than a pairing.
    ///
    /// # Errors
    ///
    /// [`PairingErrorKind::NoRandomness`] if the system has none.
    pub fn generate() -> Result<Self, PairingError> {
        let mut key = Zeroizing::new([0; 32]);
        let filled = SystemRandom::new().fill(key.as_mut());
        filled.map_err(|_| PairingError::new(PairingErrorKind::NoRandomness, false))?;
        Ok(Self(key))
    }

    /// Its name, by which whoever has several keys finds the right one.
    #[must_use]
    pub fn ticket(&self) -> Ticket {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"barewire-transfer 1 ticket");
        let mut ticket = [0; 16];
        expand(&salt.extract(self.0.as_ref()), &[b"id"], &mut ticket);
        Ticket(ticket)
    }
}

impl Debug for ResumeKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("ResumeKey(..)")
    }
}

/// A hash of all that was said, and of the channel it was said over.
pub(super) struct Transcript(digest::Digest);

impl Transcript {
    pub(super) fn of(binding: &Binding, parts: &[&[u8]]) -> Self {
        let mut hash = digest::Context::new(&digest::SHA256);
        let label: &[u8] = b"barewire-transfer 1 transcript";
        for part in [label, &binding.0].iter().chain(parts) {
            // With its length before it no part can pass for the end of another.
            hash.update(&(part.len() as u32).to_be_bytes());
            hash.update(part);
        }
        Self(hash.finish())
    }
}

/// The keys of one pairing.
pub(super) struct Keys {
    transcript: digest::Digest,
    issuer: hmac::Key,
    enterer: hmac::Key,
    resume: ResumeKey,
}

impl Keys {
    /// From what the password-authenticated exchange gave.
    pub(super) fn exchanged(shared: Vec<u8>, binding: &Binding, transcript: &Transcript) -> Self {
        let shared = Zeroizing::new(shared);
        let prk = prk(&shared, binding);
        let mut resume = Zeroizing::new([0; 32]);
        expand(
            &prk,
            &[LABEL, b"resume", transcript.0.as_ref()],
            resume.as_mut(),
        );
        Self::new(&prk, ResumeKey(resume), transcript)
    }

    /// From the key of an earlier pairing, which stays what it is: were it replaced, a connection that breaks between
    /// the two confirmations would leave one side with the old one.
    pub(super) fn resumed(key: ResumeKey, binding: &Binding, transcript: &Transcript) -> Self {
        Self::new(&prk(key.0.as_ref(), binding), key, transcript)
    }

    fn new(prk: &hkdf::Prk, resume: ResumeKey, transcript: &Transcript) -> Self {
        let key = |part: &[u8]| {
            let mut key = Zeroizing::new([0; 32]);
            expand(prk, &[LABEL, part, transcript.0.as_ref()], key.as_mut());
            hmac::Key::new(hmac::HMAC_SHA256, key.as_ref())
        };
        Self {
            transcript: transcript.0,
            issuer: key(b"issuer"),
            enterer: key(b"enterer"),
            resume,
        }
    }

    pub(super) fn confirmation(&self, part: Part) -> hmac::Tag {
        hmac::sign(self.key(part), self.transcript.as_ref())
    }

    /// Whether this is what that part has to say; compared in constant time.
    pub(super) fn confirms(&self, part: Part, tag: &[u8]) -> bool {
        hmac::verify(self.key(part), self.transcript.as_ref(), tag).is_ok()
    }

    pub(super) fn resume(&self) -> &ResumeKey {
        &self.resume
    }

    fn key(&self, part: Part) -> &hmac::Key {
        match part {
            Part::Issuer => &self.issuer,
            Part::Enterer => &self.enterer,
        }
    }
}

const LABEL: &[u8] = b"barewire-transfer 1 ";

fn prk(secret: &[u8], binding: &Binding) -> hkdf::Prk {
    hkdf::Salt::new(hkdf::HKDF_SHA256, &binding.0).extract(secret)
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn expand(prk: &hkdf::Prk, info: &[&[u8]], out: &mut [u8]) {
    let filled = prk
        .expand(info, Length(out.len()))
        .and_then(|okm| okm.fill(out));
    // HKDF refuses more than 255 hashes' worth, and nothing else; a key of zeros must never come of that.
    assert!(filled.is_ok(), "HKDF gives up to 8160 bytes");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn transcript(binding: &Binding) -> Transcript {
        Transcript::of(binding, &[&[1], b"sender", b"receiver", b"", b"pake"])
    }

    #[track_caller]
    fn check(keys: &Keys, issuer: &str, enterer: &str) {
        for (part, expected) in [(Part::Issuer, issuer), (Part::Enterer, enterer)] {
            let tag = keys.confirmation(part);
            assert_eq!(hex(tag.as_ref()), expected, "{part:?}");
            assert!(keys.confirms(part, tag.as_ref()));
            assert!(!keys.confirms(part.other(), tag.as_ref()));
            assert!(!keys.confirms(part, &tag.as_ref()[..31]));
            assert!(!keys.confirms(part, b""));
        }
    }

    /// The same computed by Python's hashlib and hmac, after the text at the top of this file.
    #[test]
    fn as_somebody_else_computes_them() {
        let binding = Binding::new([0x11; 32]);
        let transcript = transcript(&binding);
        assert_eq!(
            hex(transcript.0.as_ref()),
            "d569d7fb36155b4b1f5f3257952a78a3f28fc6ee2ebf0cbf9611fb8933528836"
        );
        let keys = Keys::exchanged(vec![0x22; 32], &binding, &transcript);
        check(
            &keys,
            "7e58568bca27f4ebe8c74307a81ec78b012e147eda0becaece87db4d9100899c",
            "be503fe37ce611ccc7ca3fb4f5b205fc057c6dd091d4767aee74c2871da05c69",
        );
        assert_eq!(
            hex(keys.resume.0.as_ref()),
            "ee2823914003c171f15afc55bb7f2403502987454c5d1b1e159b77d29db238ee"
        );
        assert_eq!(
            hex(keys.resume.ticket().as_bytes()),
            "face9543464d1764799ab6413c558b17"
        );
        let key = ResumeKey(Zeroizing::new([0x33; 32]));
        check(
            &Keys::resumed(key, &binding, &transcript),
            "32e6d2ea6b69dac027c3966f75397e9816dbae3fb0b966fa37af62374ef4c0a6",
            "ed0573d18f6f0b20a05f8071307334e48fd3afd7ff27704ebd3dedfb2029462c",
        );
    }

    #[test]
    fn no_two_transcripts_are_one() {
        let binding = Binding::new([1; 32]);
        let of = |parts: &[&[u8]]| hex(Transcript::of(&binding, parts).0.as_ref());
        assert_ne!(of(&[b"ab", b"c"]), of(&[b"a", b"bc"]));
        assert_ne!(of(&[b"", b"a"]), of(&[b"a", b""]));
        assert_ne!(of(&[b"a"]), of(&[b"a", b""]));
        let other = Transcript::of(&Binding::new([2; 32]), &[b"a"]);
        assert_ne!(of(&[b"a"]), hex(other.0.as_ref()));
    }
}
