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
use ureq::{Agent, http};

use sync_core::batch::enrolment_signing_bytes;
use sync_core::device::{
    Answer, DeviceStore, Encoding, Outgoing, Session, SessionError, SessionEvent, Step, Summary,
};
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
        if uri.scheme_str() != Some("https") || uri.host().is_none_or(str::is_empty) || uri.query().is_some()
        {
            return Err(ClientError::Address);
        }
        let system;
        let pem = match ca_pem {
            Some(pem) => pem,
            None => {
                system =
                    std::fs::read_to_string(SYSTEM_CERTIFICATES).map_err(|_| ClientError::Certificates)?;
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
            .user_agent(concat!("sothon/", env!("CARGO_PKG_VERSION")))
            .accept("")
            .build();
        Ok(Self { agent: config.new_agent(), server: server.to_owned() })
    }

    /// Enrols the device that holds `key`, once. Repeating it with the same code and key is harmless.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn enrol(&self, code: &str, key: &SigningKey) -> Result<EnrolmentResponse, ClientError> {
        let public = key.verifying_key().to_bytes();
        let message = EnrolmentRequest {
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
        match answer::read(request.send(to_plain(&message))?, 0)? {
            Reply::Message { encoding: Encoding::Plain, body, .. } => {
                from_plain(&body).map_err(|_| ClientError::Answer)
            }
            Reply::Message { .. } => Err(ClientError::Answer),
            Reply::Problem(problem) => Err(ClientError::Problem(Box::new(problem))),
        }
    }
}

impl Carrier for Client {
    fn exchange(&self, outgoing: &Outgoing) -> Result<Reply, ClientError> {
        // No Accept: the answer comes as the request is written. Every header counts on a bad line.
        let mut request = self
            .agent
            .post(format!("{}/v1/exchange", self.server))
            .header("Content-Type", outgoing.encoding.media_type())
            .header("Sothon-Signature", URL_SAFE_NO_PAD.encode(outgoing.signature));
        if outgoing.encoding == Encoding::Plain {
            request = request.header("Accept-Encoding", "zstd, gzip;q=0.5, identity;q=0.1");
        }
        // The packed encoding is compressed in itself.
        let compress = outgoing.encoding == Encoding::Plain && outgoing.body.len() > UNCOMPRESSED_BYTES_MAX;
        if compress {
            let body = zstd::bulk::compress(&outgoing.body, ZSTD_LEVEL).map_err(|_| ClientError::Answer)?;
            answer::read(request.header("Content-Encoding", "zstd").send(&body)?, body.len())
        } else {
            answer::read(request.send(&outgoing.body)?, outgoing.body.len())
        }
    }
}

/// How to sync.
#[derive(Debug, Clone, Copy)]
pub struct SyncOptions {
    /// How requests are written.
    pub encoding: Encoding,
    /// The largest page wanted, in raw change bytes; none: the office's default.
    pub page_bytes: Option<u32>,
    /// How often in a row a failed request is tried again.
    pub retries: u32,
}

impl Default for SyncOptions {
    fn default() -> Self {
        Self { encoding: Encoding::Packed, page_bytes: None, retries: 5 }
    }
}

/// What a sync came to, on the line and in the store.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// What the session counted.
    pub summary: Summary,
    /// Requests tried again.
    pub retried: u32,
    /// Body bytes sent, compressed.
    pub bytes_sent: u64,
    /// Body bytes received, compressed.
    pub bytes_received: u64,
}

/// What happens during a sync, for a progress display.
#[derive(Debug)]
pub enum Progress<'a> {
    /// An answer was stored.
    Answered {
        /// Requests answered so far.
        requests: u32,
        /// What this one brought.
        event: &'a SessionEvent,
    },
    /// A request failed and is tried again after a pause.
    TryingAgain {
        /// Stable code of what happened.
        code: &'a str,
        /// How often in a row it failed.
        failures: u32,
        /// The pause.
        pause: Duration,
    },
}

/// Why a sync stopped. Nothing recorded is lost by any of these; the next sync goes on from here.
#[derive(Debug, thiserror::Error)]
pub enum SyncError<E: core::error::Error> {
    /// The line, or a problem the office answered with, after the last attempt.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The store or the session.
    #[error(transparent)]
    Session(#[from] SessionError<E>),
}

/// What a sync needs from outside: time, and somebody to tell.
pub struct Surroundings<'a> {
    /// Seconds since 1970, as this device has them.
    pub clock: &'a dyn Fn() -> i64,
    /// Waits.
    pub wait: &'a mut dyn FnMut(Duration),
    /// Shows what happens.
    pub progress: &'a mut dyn FnMut(Progress<'_>),
}

/// One whole sync: until neither side has anything to say.
///
/// # Errors
/// See [`SyncError`].
pub fn sync<S: DeviceStore>(
    store: &mut S,
    key: SigningKey,
    carrier: &dyn Carrier,
    options: SyncOptions,
    surroundings: &mut Surroundings<'_>,
) -> Result<Outcome, SyncError<S::Error>> {
    let mut session = Session::new(key, options.encoding, options.page_bytes);
    let mut outcome = Outcome::default();
    let (mut failures, mut requests) = (0u32, 0u32);
    loop {
        let outgoing = match session.poll(store, (surroundings.clock)())? {
            Step::Finished(summary) => return Ok(Outcome { summary, ..outcome }),
            Step::Send(outgoing) => outgoing,
        };
        let failed = match carrier.exchange(&outgoing) {
            Ok(Reply::Problem(problem)) if problem.may_pass() => ClientError::Problem(Box::new(problem)),
            Ok(Reply::Problem(problem)) => {
                requests += 1;
                let answer = Answer::Problem { code: &problem.code, chain: problem.chain };
                match session.handle_answer(store, answer) {
                    Ok(event) => (surroundings.progress)(Progress::Answered { requests, event: &event }),
                    Err(SessionError::Refused { .. }) => {
                        return Err(ClientError::Problem(Box::new(problem)).into());
                    }
                    Err(error) => return Err(error.into()),
                }
                failures = 0;
                continue;
            }
            Ok(Reply::Message { encoding, body, bytes_sent, bytes_received }) => {
                requests += 1;
                outcome.bytes_sent += bytes_sent;
                outcome.bytes_received += bytes_received;
                let event = session.handle_answer(store, Answer::Message(encoding, &body))?;
                (surroundings.progress)(Progress::Answered { requests, event: &event });
                failures = 0;
                continue;
            }
            Err(error) if error.may_pass() => error,
            Err(error) => return Err(error.into()),
        };
        pause(failed, &mut failures, options.retries, surroundings)?;
        outcome.retried += 1;
    }
}

/// Enrols over an unsteady line: tries again as [`sync`] does.
///
/// # Errors
/// See [`ClientError`].
pub fn enrol(
    client: &Client,
    code: &str,
    key: &SigningKey,
    retries: u32,
    surroundings: &mut Surroundings<'_>,
) -> Result<EnrolmentResponse, ClientError> {
    let mut failures = 0;
    loop {
        match client.enrol(code, key) {
            Err(error) if error.may_pass() => pause(error, &mut failures, retries, surroundings)?,
            done => return done,
        }
    }
}

/// Waits before the next attempt, or hands the error back after the last.
fn pause(
    failed: ClientError,
    failures: &mut u32,
    retries: u32,
    surroundings: &mut Surroundings<'_>,
) -> Result<(), ClientError> {
    if *failures >= retries {
        return Err(failed);
    }
    let doubled = PAUSE_FIRST * 2u32.saturating_pow((*failures).min(10));
    let pause = failed.retry_after().unwrap_or_default().max(doubled).min(PAUSE_MAX);
    *failures += 1;
    (surroundings.progress)(Progress::TryingAgain { code: failed.code(), failures: *failures, pause });
    (surroundings.wait)(pause);
    Ok(())
}
