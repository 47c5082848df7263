//! What comes back over the line: an answer of the protocol, a problem, or nothing usable.

use std::io::Read;
use std::time::Duration;

use serde::Deserialize;
use ureq::{Body, http};

use sync_core::device::Encoding;
use sync_core::id::BatchHash;
use sync_core::limits::{RESPONSE_DECODED_BYTES_MAX, ZSTD_WINDOW_LOG_MAX};

use crate::problem::{Code, Remedy};

/// A problem is a few hundred bytes.
const PROBLEM_BYTES_MAX: u64 = 16 * 1024;

/// An answer as it came over the line.
#[derive(Debug)]
pub enum Reply {
    /// Status 200.
    Message {
        /// How `body` is written.
        encoding: Encoding,
        /// The body after `Content-Encoding`.
        body: Vec<u8>,
        /// Bytes of the request's body on the line.
        bytes_sent: u64,
        /// Bytes of this body on the line.
        bytes_received: u64,
    },
    /// Any other status.
    Problem(ProblemReply),
}

/// `application/problem+json` as this client needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProblemReply {
    /// Stable code; `http_<status>` if the answer was no problem of this protocol.
    pub code: String,
    /// HTTP status.
    pub status: u16,
    /// To be told to the office.
    pub request_id: Option<String>,
    /// What the office asks to wait.
    pub retry_after: Option<Duration>,
    /// Where the device's chain stands at the office, with `batch_number_repeated`.
    pub chain: Option<(u64, BatchHash, u32)>,
}

impl ProblemReply {
    /// Whether the same request may succeed later.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match Code::ALL.iter().find(|code| code.code() == self.code) {
            Some(code) => code.remedy() == Remedy::TryAgain,
            None => matches!(self.status, 408 | 425 | 429 | 502..=504),
        }
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The office's address is not `https://host[:port]`.
    #[error("the office's address is not an https address")]
    Address,
    /// The file of certificates has none, or the system has none.
    #[error("no certificate to trust")]
    Certificates,
    /// The connection could not be made or was cut.
    #[error("the connection was cut")]
    Cut,
    /// What answers is not the office whose certificate is trusted.
    #[error("the server's certificate is not trusted")]
    Untrusted,
    /// No TLS 1.3 in common.
    #[error("no secure connection could be agreed on")]
    Tls,
    /// The answer is larger than an answer may be.
    #[error("the answer is too large")]
    AnswerTooLarge,
    /// The answer is not one of this protocol.
    #[error("the answer is not one of this protocol")]
    Answer,
    /// The office answered with a problem.
    #[error("refused by the office: {}", .0.code)]
    Problem(Box<ProblemReply>),
}

impl ClientError {
    /// Every code but those of problems, for tables and tests.
    pub const CODES: [&'static str; 7] = [
        "address_invalid",
        "certificates_missing",
        "connection_cut",
        "server_untrusted",
        "tls_failed",
        "answer_too_large",
        "answer_malformed",
    ];

    /// A stable code, for translation.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Address => "address_invalid",
            Self::Certificates => "certificates_missing",
            Self::Cut => "connection_cut",
            Self::Untrusted => "server_untrusted",
            Self::Tls => "tls_failed",
            Self::AnswerTooLarge => "answer_too_large",
            Self::Answer => "answer_malformed",
            Self::Problem(problem) => &problem.code,
        }
    }

    /// Whether trying again may help.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Cut => true,
            Self::Problem(problem) => problem.may_pass(),
            _ => false,
        }
    }

    /// What the office asks to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        if let Self::Problem(problem) = self { problem.retry_after } else { None }
    }
}

impl From<ureq::Error> for ClientError {
    fn from(error: ureq::Error) -> Self {
        let of_tls = |error: &rustls::Error| match error {
            rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented => Self::Untrusted,
            _ => Self::Tls,
        };
        match error {
            ureq::Error::Rustls(error) => of_tls(&error),
            ureq::Error::Io(error) => match error.get_ref().and_then(|inner| inner.downcast_ref()) {
                Some(error) => of_tls(error),
                None => Self::Cut,
            },
            ureq::Error::Tls(_) => Self::Tls,
            ureq::Error::BodyExceedsLimit(_) => Self::AnswerTooLarge,
            ureq::Error::BadUri(_) => Self::Address,
            _ => Self::Cut,
        }
    }
}

/// Reads an answer whole, within limits.
pub(super) fn read(mut response: http::Response<Body>, bytes_sent: usize) -> Result<Reply, ClientError> {
    let status = response.status().as_u16();
    let header = |name: &str| response.headers().get(name)?.to_str().ok().map(str::to_owned);
    let media = header("content-type").unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let (coding, request_id) = (header("content-encoding").unwrap_or_default(), header("x-request-id"));
    let retry_after =
        header("retry-after").and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
    if status != 200 {
        let body =
            response.body_mut().with_config().limit(PROBLEM_BYTES_MAX).read_to_vec().unwrap_or_default();
        return Ok(Reply::Problem(problem(status, &body, request_id, retry_after)));
    }
    let encoding = [Encoding::Packed, Encoding::Plain].into_iter().find(|known| known.media_type() == media);
    let encoding = encoding.ok_or(ClientError::Answer)?;
    let limit = u64::try_from(RESPONSE_DECODED_BYTES_MAX).unwrap_or(u64::MAX);
    let body = response.body_mut().with_config().limit(limit).read_to_vec()?;
    let length = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
    let bytes_received = length(body.len());
    let body = decode(&coding, body)?;
    Ok(Reply::Message { encoding, body, bytes_sent: length(bytes_sent), bytes_received })
}

/// Takes the `Content-Encoding` off, to at most what an answer may be.
pub(super) fn decode(coding: &str, body: Vec<u8>) -> Result<Vec<u8>, ClientError> {
    match coding.trim() {
        "" | "identity" => Ok(body),
        "zstd" => {
            let mut decoder = zstd::Decoder::new(body.as_slice()).map_err(|_| ClientError::Answer)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(|_| ClientError::Answer)?;
            capped(decoder)
        }
        "gzip" => capped(flate2::read::MultiGzDecoder::new(body.as_slice())),
        _ => Err(ClientError::Answer),
    }
}

fn capped(decoder: impl Read) -> Result<Vec<u8>, ClientError> {
    let limit = u64::try_from(RESPONSE_DECODED_BYTES_MAX).unwrap_or(u64::MAX);
    let mut decoded = Vec::new();
    decoder.take(limit + 1).read_to_end(&mut decoded).map_err(|_| ClientError::Answer)?;
    if decoded.len() > RESPONSE_DECODED_BYTES_MAX { Err(ClientError::AnswerTooLarge) } else { Ok(decoded) }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ProblemJson {
    code: Option<String>,
    request_id: Option<String>,
    chain: Option<ChainJson>,
}

#[derive(Deserialize)]
struct ChainJson {
    number: u64,
    hash: BatchHash,
    installation: u32,
}

/// What a body says of a problem; a proxy's own page becomes `http_<status>`.
pub(super) fn problem(
    status: u16,
    body: &[u8],
    request_id: Option<String>,
    retry_after: Option<Duration>,
) -> ProblemReply {
    let json: ProblemJson = serde_json::from_slice(body).unwrap_or_default();
    // The code is shown on a terminal: nothing but what a code consists of.
    let is_code = |text: &String| {
        text.len() <= 60 && text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_')
    };
    let is_id = |text: &String| text.len() <= 80 && text.bytes().all(|c| c.is_ascii_graphic());
    ProblemReply {
        code: json.code.filter(is_code).unwrap_or_else(|| format!("http_{status}")),
        status,
        request_id: json.request_id.or(request_id).filter(is_id),
        retry_after,
        chain: json.chain.map(|chain| (chain.number, chain.hash, chain.installation)),
    }
}
