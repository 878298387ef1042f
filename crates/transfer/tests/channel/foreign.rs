//! Those who speak something else, or TLS for something else.

use std::sync::Arc;

use barewire_transfer::channel::{Channel, ChannelErrorKind, PROTOCOL, Speaks};
use ring::rand::SystemRandom;
use ring::signature::Ed25519KeyPair;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring::{default_provider, sign};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::server::AlwaysResolvesServerRawPublicKeys;
use rustls::sign::{CertifiedKey, SigningKey};
use rustls::{
    ClientConfig, ClientConnection, Connection, DigitallySignedStruct, Error, ServerConfig,
    ServerConnection, SignatureScheme,
};

use crate::link::{read_in_pieces, written};

/// Takes every certificate, raw or not, and is the worst a client can be.
#[derive(Debug)]
struct Gullible {
    raw: bool,
}

impl ServerCertVerifier for Gullible {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        self.raw
    }
}

pub(crate) fn client(protocols: &[&[u8]], raw: bool) -> Connection {
    let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Gullible { raw }))
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    // For those who break the rules by the right keys.
    config.enable_secret_extraction = true;
    let name = ServerName::try_from("example.org").unwrap();
    ClientConnection::new(Arc::new(config), name)
        .unwrap()
        .into()
}

pub(crate) fn key() -> Arc<dyn SigningKey> {
    let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    sign::any_eddsa_type(&PrivatePkcs8KeyDer::from(key.as_ref())).unwrap()
}

/// A server that shows one key and signs with another, or the same.
pub(crate) fn server(
    protocols: &[&[u8]],
    shown: &dyn SigningKey,
    signs: Arc<dyn SigningKey>,
) -> Connection {
    let public = CertificateDer::from(shown.public_key().unwrap().to_vec());
    let key = CertifiedKey::new(vec![public], signs);
    let resolver = AlwaysResolvesServerRawPublicKeys::new(Arc::new(key));
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(resolver));
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    config.enable_secret_extraction = true;
    config.send_tls13_tickets = 0;
    ServerConnection::new(Arc::new(config)).unwrap().into()
}

/// Lets a channel talk to somebody else's TLS.
pub(crate) fn talk(
    channel: &mut Channel,
    other: &mut Connection,
) -> (Option<ChannelErrorKind>, Option<Error>) {
    let mut kind = None;
    let mut error = None;
    for _ in 0..4 {
        let mut wire = &written(channel)[..];
        while !wire.is_empty() && other.read_tls(&mut wire).unwrap() > 0 {
            error = error.or(other.process_new_packets().err());
        }
        let mut wire = Vec::new();
        while other.wants_write() {
            other.write_tls(&mut wire).unwrap();
        }
        if kind.is_none() {
            kind = channel.handle_input(&wire).err().map(|error| error.kind);
        }
    }
    (kind, error)
}

#[test]
fn a_client_of_our_own_protocol() {
    let mut channel = Channel::accept().unwrap();
    let mut client = client(&[b"http/1.1", PROTOCOL], true);
    assert_eq!(talk(&mut channel, &mut client), (None, None));
    assert!(!channel.is_handshaking() && !client.is_handshaking());
    assert_eq!(client.alpn_protocol(), Some(PROTOCOL));
    // It would have liked tickets, and got none.
    let Connection::Client(client) = &client else {
        panic!("a client");
    };
    assert_eq!(client.tls13_tickets_received(), 0);
    // What the exporter gives is what others compute as well.
    let exported = client.export_keying_material([0; 32], b"EXPORTER-barewire-transfer", None);
    let binding = barewire_transfer::pairing::Binding::new(exported.unwrap());
    assert_eq!(channel.binding(), Some(binding));
}

#[test]
fn clients_of_another_protocol() {
    let others: [&[&[u8]]; 3] = [&[], &[b"h2", b"http/1.1"], &[b"barewire-transfer/2"]];
    for protocols in others {
        for raw in [true, false] {
            let mut channel = Channel::accept().unwrap();
            let mut client = client(protocols, raw);
            let (kind, error) = talk(&mut channel, &mut client);
            assert_eq!(
                kind,
                Some(ChannelErrorKind::OtherProtocol),
                "{protocols:?} {raw}"
            );
            assert!(channel.is_handshaking() && channel.binding().is_none());
            // It is told, unless it asked for nothing and is only hung up on.
            assert!(error.is_some() || protocols.is_empty());
        }
    }
}

#[test]
fn servers_of_another_protocol() {
    for protocols in [&[][..], &[b"h2".as_slice()]] {
        let key = key();
        let mut channel = Channel::connect().unwrap();
        let mut server = server(protocols, &*key, key.clone());
        let (kind, _) = talk(&mut channel, &mut server);
        assert_eq!(kind, Some(ChannelErrorKind::OtherProtocol), "{protocols:?}");
    }
    let key = key();
    let mut channel = Channel::connect().unwrap();
    let mut server = server(&[PROTOCOL], &*key, key.clone());
    assert_eq!(talk(&mut channel, &mut server), (None, None));
}

/// Whose key it is does not matter, but whoever shows one must have it.
#[test]
fn a_server_that_shows_a_key_it_does_not_have() {
    let mut channel = Channel::connect().unwrap();
    let mut server = server(&[PROTOCOL], &*key(), key());
    let (kind, error) = talk(&mut channel, &mut server);
    assert_eq!(kind, Some(ChannelErrorKind::Violation));
    assert!(error.is_some());
    assert!(channel.binding().is_none());
}

/// A hello as browsers sent it ten years ago: TLS 1.2 at most.
fn old_hello() -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend_from_slice(&[7; 32]);
    body.extend_from_slice(&[0, 0, 4, 0xc0, 0x2f, 0x00, 0x9c, 1, 0]);
    let extensions: &[u8] = &[
        0, 10, 0, 4, 0, 2, 0, 23, // groups: P-256
        0, 11, 0, 2, 1, 0, // points uncompressed
        0, 13, 0, 4, 0, 2, 4, 3, // ECDSA with SHA-256
    ];
    body.extend_from_slice(&(extensions.len() as u16).to_be_bytes());
    body.extend_from_slice(extensions);
    let mut hello = vec![0x16, 3, 1];
    hello.extend_from_slice(&(body.len() as u16 + 4).to_be_bytes());
    hello.extend_from_slice(&[1, 0]);
    hello.extend_from_slice(&(body.len() as u16).to_be_bytes());
    hello.extend_from_slice(&body);
    hello
}

#[track_caller]
fn check(connected: bool, bytes: &[u8], kind: ChannelErrorKind, text: &str, answer: &str) {
    for piece in [bytes.len(), 1, 2, 3, 5] {
        let made = if connected {
            Channel::connect()
        } else {
            Channel::accept()
        };
        let mut channel = made.unwrap();
        if connected {
            written(&mut channel);
        }
        let error = read_in_pieces(&mut channel, bytes, piece).unwrap_err();
        assert_eq!(error.kind, kind);
        assert_eq!(error.to_string(), text);
        let said = written(&mut channel);
        if kind != ChannelErrorKind::OtherProtocol {
            assert_eq!(String::from_utf8(said).unwrap(), answer);
        }
        assert!(channel.is_handshaking());
    }
}

#[test]
fn those_who_connect_and_speak_something_else() {
    let http = ChannelErrorKind::NotTls(Speaks::Http);
    for request in [
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /upload HTTP/1.1\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        check(
            false,
            request.as_bytes(),
            http,
            "the other side speaks HTTP, not a file transfer",
            "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 42\r\n\r\n\
             this is a file transfer, not a web server\n",
        );
    }
    assert_eq!("this is a file transfer, not a web server\n".len(), 42);
    check(
        false,
        b"SSH-2.0-OpenSSH_9.2\r\n",
        ChannelErrorKind::NotTls(Speaks::Ssh),
        "the other side speaks SSH, not a file transfer",
        "this is a file transfer, not ssh\r\n",
    );
    for bytes in [
        &[0; 100][..],
        b"hello",
        b"GETS",
        b"\x80\x2e\x01\x03\x01",
        &[0xff; 9],
        &[21, 3, 1, 0, 2, 2, 40],
    ] {
        check(
            false,
            bytes,
            ChannelErrorKind::NotTls(Speaks::Other),
            "the other side does not speak TLS",
            "",
        );
    }
}

#[test]
fn those_who_are_connected_to_and_speak_something_else() {
    check(
        true,
        b"SSH-2.0-OpenSSH_9.2\r\n",
        ChannelErrorKind::NotTls(Speaks::Ssh),
        "the other side speaks SSH, not a file transfer",
        "",
    );
    check(
        true,
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        ChannelErrorKind::NotTls(Speaks::Http),
        "the other side speaks HTTP, not a file transfer",
        "",
    );
    check(
        true,
        b"220 smtp ready\r\n",
        ChannelErrorKind::NotTls(Speaks::Other),
        "the other side does not speak TLS",
        "",
    );
}

#[test]
fn older_tls() {
    check(
        false,
        &old_hello(),
        ChannelErrorKind::OtherProtocol,
        "the other side speaks TLS, but not for a file transfer",
        "",
    );
    // An alert instead of an answer: this version is not spoken there.
    check(
        true,
        &[21, 3, 1, 0, 2, 2, 70],
        ChannelErrorKind::OtherProtocol,
        "the other side speaks TLS, but not for a file transfer",
        "",
    );
}

#[test]
fn too_little_to_say() {
    for bytes in [&b""[..], b"G", b"GE", b"SSH", b"P", b"\x16", b"\x16\x03"] {
        let mut channel = Channel::accept().unwrap();
        assert_eq!(channel.handle_input(bytes), Ok(bytes.len()));
        assert!(channel.is_handshaking() && !channel.wants_write());
    }
}
