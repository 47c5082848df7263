//! Carries the core's messages to the office and back: HTTPS, TLS 1.3 only.
//!
//! Enters: what [`Session::poll`] wants sent. Leaves: what [`Session::handle_answer`] is told. A cut
//! connection or a problem that may pass is tried again, each time with what the session says anew; what
//! was signed stays signed. Invariants: nothing larger than the protocol's limits is read or unpacked;
//! no redirect is followed; error texts carry codes, never contents.

mod answer;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use minicbor::bytes::ByteArray;
use rustls::crypto::CryptoProvider;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body, http};

use sync_core::batch::enrolment_signing_bytes;
use sync_core::device::{Answer, DeviceStore, Encoding, Outgoing, Session, SessionError, SessionEvent, Step, Summary};
use sync_core::wire::{self, EnrolmentRequest, EnrolmentResponse, MEDIA_PLAIN, from_plain, to_plain};

pub use answer::{ClientError, ProblemReply, Reply};

/// Where the system keeps the certificates it trusts, when the office's own are not given.
const SYSTEM_CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";
/// A plain body this short is sent as it is: compression would not pay for its header.
const UNCOMPRESSED_BYTES_MAX: usize = 200;
/// zstd level of what is sent: pages are small.
const ZSTD_LEVEL: i32 = 9;
/// To resolve and to connect.
const CONNECT_TIME: Duration = Duration::from_secs(20);
/// To send a request and to receive its answer over the slowest line that is worth waiting for.
const CALL_TIME: Duration = Duration::from_secs(180);
/// The first pause before trying again; each further one is twice as long.
const PAUSE_FIRST: Duration = Duration::from_millis(250);
/// The longest pause before trying again, whatever the office asks for.
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// What can carry a request to the office.
pub trait Carrier {
    /// Sends a request and receives its answer.
    ///
    /// # Errors
    /// See [`ClientError`]; whether the office saw the request is then unknown.
    fn exchange(&self, outgoing: &Outgoing) -> Result<Reply, ClientError>;
}

/// A line to one office.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    server: String,
}

impl Client {
    /// Prepares to speak to `server` (`https://host[:port]`), trusting the certificates of `ca_pem` only,
    /// or those of the system. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ClientError::Address`], [`ClientError::Certificates`].
    pub fn new(server: &str, ca_pem: Option<&str>) -> Result<Self, ClientError> {
        let server = server.trim_end_matches('/');
        let uri: http::Uri = server.parse().map_err(|_| ClientError::Address)?;
        if uri.scheme_str() != Some("https") || uri.host().is_none_or(str::is_empty) || uri.query().is_some() {
            return Err(ClientError::Address);
        }
        let system;
        let pem = match ca_pem {
            Some(pem) => pem,
            None => {
                system = std::fs::read_to_string(SYSTEM_CERTIFICATES).map_err(|_| ClientError::Certificates)?;
                &system
            }
        };
        let mut certificates = Vec::new();
        for item in parse_pem(pem.as_bytes()) {
            if let PemItem::Certificate(certificate) = item.map_err(|_| ClientError::Certificates)? {
                certificates.push(certificate);
            }
        }
        if certificates.is_empty() {
            return Err(ClientError::Certificates);
        }
        let mut provider: CryptoProvider = rustls::crypto::ring::default_provider();
        // Without suites of TLS 1.2 that version is never offered.
        provider.cipher_suites.retain(|suite| suite.tls13().is_some());
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(certificates)))
            .unversioned_rustls_crypto_provider(Arc::new(provider))
            .build();
        let config = Agent::config_builder()
            .https_only(true)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .tls_config(tls)
            .timeout_resolve(Some(CONNECT_TIME))
            .timeout_connect(Some(CONNECT_TIME))
            .timeout_global(Some(CALL_TIME))
            .user_agent(concat!("sothon-phone/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self { agent: config.new_agent(), server: server.to_owned() })
    }

    /// Enrols the device that holds `key`, once. Repeating it with the same code and key is harmless.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn enrol(&self, code: &str, key: &SigningKey) -> Result<EnrolmentResponse, ClientError> {
        let public = key.verifying_key().to_bytes();
        let request = EnrolmentRequest {
            protocol: *wire::PROTOCOL_VERSIONS.end(),
            code: code.to_owned(),
            public_key: ByteArray::from(public),
            signature: ByteArray::from(key.sign(&enrolment_signing_bytes(code, &public)).to_bytes()),
        };
        let request = self
            .agent
            .post(format!("{}/v1/enrol", self.server))
            .header("Content-Type", MEDIA_PLAIN)
            .header("Accept", MEDIA_PLAIN)
            .header("Accept-Encoding", "identity");
        match answer::read(request.send(to_plain(&request_body(&request, &to_plain(&request_parts(code, key)))))?)? {
            Reply::Message(Encoding::Plain, body, _) => from_plain(&body).map_err(|_| ClientError::Answer),
            Reply::Message(..) => Err(ClientError::Answer),
            Reply::Problem(problem) => Err(ClientError::Problem(problem)),
        }
    }
}
