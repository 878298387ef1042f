//! Law: what is read can be written, in no more than 1,200 bytes, and is then read the same; what it announces can be
//! announced by the builder; with a byte less or more at its end it is refused.
#![no_main]

use barewire_beacon::{Announcement, DATAGRAM_BYTES_MAX, Datagram, Message};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Ok(datagram) = Datagram::decode(input) else {
        return;
    };
    let mut written = Vec::new();
    datagram.encode(&mut written);
    assert!(written.len() <= DATAGRAM_BYTES_MAX);
    assert_eq!(Datagram::decode(&written).as_ref(), Ok(&datagram));
    assert!(Datagram::decode(&input[..input.len() - 1]).is_err());
    assert!(Datagram::decode(&[input, b"\0"].concat()).is_err());
    if let Message::Announce { announcement, .. } | Message::Reply { announcement, .. } =
        &datagram.message
    {
        let port = announcement.announced_port().unwrap_or(0);
        let (service, name) = (announcement.service().clone(), announcement.name().clone());
        let mut again = Announcement::new(service, name).port(port);
        for (key, value) in announcement.attributes() {
            again = again.attribute(key, value).expect("it was announced");
        }
        assert_eq!(again, *announcement);
    }
});
