//! What the targets of `barewire-transfer` share.

use std::sync::LazyLock;

use barewire_transfer::limits::Limits;
use barewire_transfer::manifest::{Entry, Kind, Manifest};
use barewire_transfer::name::{Encoding, EntryPath, NameRules, Portable};
use barewire_transfer::pairing::{Binding, Paired, Pairing, Part, ResumeKey, Side};

pub const MIB: u64 = 1 << 20;

/// The sender's and the receiver's proof of a pairing.
pub fn sides() -> &'static (Paired, Paired) {
    static SIDES: LazyLock<(Paired, Paired)> = LazyLock::new(|| pair().expect("they share a key"));
    &SIDES
}

fn pair() -> Option<(Paired, Paired)> {
    let key = ResumeKey::generate().ok()?;
    let binding = Binding::new([7; 32]);
    let mut one = Pairing::with_resume(&key, Side::Sender, Part::Issuer, binding).ok()?;
    let mut other = Pairing::with_resume(&key, Side::Receiver, Part::Enterer, binding).ok()?;
    let (mut to_one, mut to_other) = (Vec::new(), Vec::new());
    other.start(&mut to_one);
    one.start(&mut to_other);
    let (used, _) = other.handle_input(&to_other, &mut to_one).ok()?;
    to_other.drain(..used);
    let (_, sender) = one.handle_input(&to_one, &mut to_other).ok()?;
    let (_, receiver) = other.handle_input(&to_other, &mut Vec::new()).ok()?;
    Some((sender?, receiver?))
}

/// An offer with entries of these kinds, named by their ids.
pub fn manifest(kinds: &[Kind]) -> Manifest {
    let limits = Limits::default();
    let rules = NameRules::new(Encoding::Bytes, Portable::No, &limits);
    let entries = (0..).zip(kinds).map(|(id, kind)| Entry {
        path: EntryPath::new(format!("{id}").as_bytes(), &rules).expect("a number"),
        kind: kind.clone(),
        mode: None,
        modified: None,
    });
    Manifest::new(entries.collect(), &rules, &limits).expect("a fine offer")
}

pub fn file(size: u64) -> Kind {
    Kind::File {
        size,
        data_bytes: size,
    }
}

/// A directory, files of none, one and three groups, one more of each, and a link.
pub fn usual() -> Manifest {
    let target = b"1".to_vec();
    manifest(&[
        Kind::Directory,
        file(2 * MIB + 5),
        file(10),
        file(0),
        file(MIB + 3),
        file(300),
        file(7),
        Kind::Symlink { target },
    ])
}

/// The bytes in pieces of this size, or whole for 0.
pub fn piece(choice: u8) -> usize {
    match choice {
        0 => usize::MAX >> 1,
        size => usize::from(size),
    }
}
