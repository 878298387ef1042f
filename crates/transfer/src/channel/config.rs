//! How TLS is set up: the newest version, one key agreement, one kind of key.

use std::sync::{Arc, OnceLock};

use ring::rand::SystemRandom;
use ring::signature::Ed25519KeyPair;
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring::cipher_suite::{
    TLS13_AES_128_GCM_SHA256, TLS13_CHACHA20_POLY1305_SHA256,
};
use rustls::crypto::ring::{default_provider, kx_group, sign};
use rustls::crypto::{CryptoProvider, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{
    CertificateDer, IpAddr, Ipv4Addr, PrivatePkcs8KeyDer, ServerName, SubjectPublicKeyInfoDer,
    UnixTime,
};
use rustls::server::{AlwaysResolvesServerRawPublicKeys, NoServerSessionStorage};
use rustls::sign::CertifiedKey;
use rustls::time_provider::TimeProvider;
use rustls::version::TLS13;
use rustls::{
    ClientConfig, DigitallySignedStruct, Error, ServerConfig, SignatureScheme, SupportedCipherSuite,
};

use super::{ChannelError, PROTOCOL};

/// Made once in a process.
pub(super) fn client() -> Result<Arc<ClientConfig>, ChannelError> {
    static CLIENT: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    once(&CLIENT, new_client)
}

/// Made once in a process, its key with it. The key signs handshakes, and stands for nobody.
pub(super) fn server() -> Result<Arc<ServerConfig>, ChannelError> {
    static SERVER: OnceLock<Arc<ServerConfig>> = OnceLock::new();
    once(&SERVER, new_server)
}

fn once<T: Clone>(kept: &OnceLock<T>, make: fn() -> Result<T, Error>) -> Result<T, ChannelError> {
    if let Some(made) = kept.get() {
        return Ok(made.clone());
    }
    let made = make().map_err(ChannelError::system)?;
    Ok(kept.get_or_init(|| made).clone())
}

/// No name is looked for at the other end. An address is not sent, and this is none.
pub(super) fn nobody() -> ServerName<'static> {
    ServerName::IpAddress(IpAddr::V4(Ipv4Addr::from([0; 4])))
}

fn new_client() -> Result<Arc<ClientConfig>, Error> {
    let provider = provider();
    let verifier = Arc::new(AnyKey(provider.clone()));
    let mut config = ClientConfig::builder_with_details(provider, Arc::new(NoTime))
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    config.resumption = Resumption::disabled();
    config.enable_sni = false;
    config.enable_early_data = false;
    Ok(Arc::new(config))
}

fn new_server() -> Result<Arc<ServerConfig>, Error> {
    let key = Arc::new(AlwaysResolvesServerRawPublicKeys::new(Arc::new(new_key()?)));
    let mut config = ServerConfig::builder_with_details(provider(), Arc::new(NoTime))
        .with_protocol_versions(&[&TLS13])?
        .with_no_client_auth()
        .with_cert_resolver(key);
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.max_early_data_size = 0;
    // Whoever has no AES in hardware decides, on whichever side.
    config.ignore_client_order = !aes_is_fast();
    Ok(Arc::new(config))
}

fn new_key() -> Result<CertifiedKey, Error> {
    let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
    let key = key.map_err(|_| Error::FailedToGetRandomBytes)?;
    let key = sign::any_eddsa_type(&PrivatePkcs8KeyDer::from(key.as_ref()))?;
    let public = key
        .public_key()
        .ok_or_else(|| Error::General("key without its public half".into()))?;
    Ok(CertifiedKey::new(
        vec![CertificateDer::from(public.to_vec())],
        key,
    ))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(CryptoProvider {
        cipher_suites: suites(),
        kx_groups: vec![kx_group::X25519],
        ..default_provider()
    })
}

/// AES with 128-bit keys is a tenth faster than with 256, and nothing here is of more than 128 bits.
fn suites() -> Vec<SupportedCipherSuite> {
    let mut suites = vec![TLS13_AES_128_GCM_SHA256, TLS13_CHACHA20_POLY1305_SHA256];
    if !aes_is_fast() {
        suites.reverse();
    }
    suites
}

#[cfg(any(target_arch = "x86_64", target_arch = "x86"))]
fn aes_is_fast() -> bool {
    std::arch::is_x86_feature_detected!("aes") && std::arch::is_x86_feature_detected!("pclmulqdq")
}

#[cfg(target_arch = "aarch64")]
fn aes_is_fast() -> bool {
    std::arch::is_aarch64_feature_detected!("aes")
        && std::arch::is_aarch64_feature_detected!("pmull")
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "x86", target_arch = "aarch64")))]
fn aes_is_fast() -> bool {
    false
}

/// Takes any key, and holds the other side to signing the handshake with it.
#[derive(Debug)]
struct AnyKey(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyKey {
    /// Whose key it is does not matter: the pairing finds out who is there.
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.2 is not spoken".into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let key = SubjectPublicKeyInfoDer::from(cert.as_ref());
        verify_tls13_signature_with_raw_key(
            message,
            &key,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

/// TLS asks for the time to judge certificates and tickets, of which there are none.
#[derive(Debug)]
struct NoTime;

impl TimeProvider for NoTime {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(std::time::Duration::ZERO))
    }
}
