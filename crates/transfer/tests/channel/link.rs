use barewire_transfer::channel::{Channel, ChannelError};

pub(crate) const CONNECT: usize = 0;
pub(crate) const ACCEPT: usize = 1;

/// An end that connects and one that accepts; nothing has been said.
pub(crate) fn ends() -> [Channel; 2] {
    [Channel::connect().unwrap(), Channel::accept().unwrap()]
}

/// All that waits to be written.
pub(crate) fn written(channel: &mut Channel) -> Vec<u8> {
    let wire = channel.output().to_vec();
    channel.consume_output(wire.len());
    assert!(!channel.wants_write());
    wire
}

/// Gives all bytes to an end, and returns the plaintext that came of them.
pub(crate) fn read(channel: &mut Channel, bytes: &[u8]) -> Result<Vec<u8>, ChannelError> {
    read_in_pieces(channel, bytes, bytes.len())
}

/// As [`read`], so many bytes at a time.
pub(crate) fn read_in_pieces(
    channel: &mut Channel,
    bytes: &[u8],
    piece: usize,
) -> Result<Vec<u8>, ChannelError> {
    let mut plaintext = Vec::new();
    for mut piece in bytes.chunks(piece.max(1)) {
        while !piece.is_empty() {
            let used = channel.handle_input(piece)?;
            piece = &piece[used..];
            plaintext.extend(drain(channel));
        }
    }
    Ok(plaintext)
}

/// All plaintext there is.
pub(crate) fn drain(channel: &mut Channel) -> Vec<u8> {
    let mut plaintext = Vec::new();
    while !channel.plaintext().is_empty() {
        plaintext.extend_from_slice(channel.plaintext());
        let len = channel.plaintext().len();
        channel.consume(len);
    }
    plaintext
}

/// One turn of each, until the handshake is over or failed.
pub(crate) fn shake(ends: &mut [Channel; 2]) -> Result<(), ChannelError> {
    for _ in 0..4 {
        for from in [CONNECT, ACCEPT] {
            let wire = written(&mut ends[from]);
            read(&mut ends[1 - from], &wire)?;
        }
    }
    Ok(())
}

/// Two ends that can talk.
pub(crate) fn open() -> [Channel; 2] {
    let mut ends = ends();
    shake(&mut ends).unwrap();
    assert!(!ends.iter().any(Channel::is_handshaking));
    ends
}

/// Cuts records apart.
pub(crate) fn records(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut records = Vec::new();
    while !bytes.is_empty() {
        let len = 5 + usize::from(u16::from_be_bytes([bytes[3], bytes[4]]));
        records.push(bytes[..len].to_vec());
        bytes = &bytes[len..];
    }
    records
}

/// Bytes in which each place differs from those around it.
pub(crate) fn sample(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i % 251) as u8).collect()
}
