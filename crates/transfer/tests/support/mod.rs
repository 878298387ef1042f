//! What the tests of sessions begin with.

use std::sync::LazyLock;

use barewire_transfer::pairing::{Binding, Paired, Pairing, Part, ResumeKey, Side};

/// The sender's and the receiver's proof of a pairing.
pub(crate) fn sides() -> &'static (Paired, Paired) {
    static SIDES: LazyLock<(Paired, Paired)> = LazyLock::new(|| {
        let key = ResumeKey::generate().unwrap();
        let binding = Binding::new([7; 32]);
        let mut one = Pairing::with_resume(&key, Side::Sender, Part::Issuer, binding).unwrap();
        let mut other = Pairing::with_resume(&key, Side::Receiver, Part::Enterer, binding).unwrap();
        let (mut to_one, mut to_other) = (Vec::new(), Vec::new());
        other.start(&mut to_one);
        one.start(&mut to_other);
        let (used, _) = other.handle_input(&to_other, &mut to_one).unwrap();
        to_other.drain(..used);
        let (_, sender) = one.handle_input(&to_one, &mut to_other).unwrap();
        let (_, receiver) = other.handle_input(&to_other, &mut Vec::new()).unwrap();
        (sender.unwrap(), receiver.unwrap())
    });
    &SIDES
}
