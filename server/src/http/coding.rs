//! What a body is written in, by its header fields: media type and content coding, both ways.
//!
//! Enters: header fields as the client sent them. Leaves: [`Terms`] of one exchange, and bodies decoded
//! under a limit that is checked while decoding, so that a bomb never grows beyond it.

use std::io::Read;

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, ACCEPT_ENCODING, AsHeaderName, CONTENT_ENCODING, CONTENT_TYPE};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sync_core::device::Encoding;
use sync_core::limits::ZSTD_WINDOW_LOG_MAX;

use crate::problem::Code;

/// The header field of a request's signature: base64url without padding of 64 bytes.
pub const SIGNATURE_HEADER: &str = "sothon-signature";
/// zstd level of plain answers: a phone's line is dearer than the office's processor.
const ZSTD_LEVEL: i32 = 9;
/// Shorter answers don't gain by compression.
const COMPRESSED_BYTES_MIN: usize = 64;
/// Step by which a decoded body grows.
const CHUNK_BYTES: usize = 16 * 1024;

/// A content coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// As it is.
    Identity,
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
}

impl Coding {
    /// The token for `Content-Encoding`; none for identity, which is never named there.
    #[must_use]
    pub fn token(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
            Self::Zstd => Some("zstd"),
        }
    }
}

/// What the header fields of an exchange agree on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Terms {
    pub(super) encoding: Encoding,
    pub(super) coding: Coding,
    pub(super) signature: [u8; 64],
    pub(super) answer_in: Encoding,
    pub(super) answer_coding: Coding,
}

impl Terms {
    /// Reads the header of an exchange.
    pub(super) fn of_exchange(headers: &HeaderMap) -> Result<Self, Code> {
        let encoding = request_media(headers)?;
        let coding = request_coding(headers)?;
        if encoding == Encoding::Packed && coding != Coding::Identity {
            return Err(Code::ContentEncodingUnsupported);
        }
        let answer_in = answer_media(headers, encoding);
        let answer_coding = match answer_in {
            Encoding::Plain => answer_coding(headers),
            Encoding::Packed => Coding::Identity,
        };
        Ok(Self { encoding, coding, signature: signature(headers)?, answer_in, answer_coding })
    }
}

/// The media type of a request's body.
///
/// # Errors
/// [`Code::MediaTypeUnsupported`] if it is missing, repeated or not one of the protocol.
pub(super) fn request_media(headers: &HeaderMap) -> Result<Encoding, Code> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(Code::MediaTypeUnsupported) };
    let essence = value.to_str().ok().and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    [Encoding::Plain, Encoding::Packed]
        .into_iter()
        .find(|encoding| essence.eq_ignore_ascii_case(encoding.media_type()))
        .ok_or(Code::MediaTypeUnsupported)
}

/// The content coding of a request's body. One coding at most: a stack of them is a bomb's way.
///
/// # Errors
/// [`Code::ContentEncodingUnsupported`].
pub(super) fn request_coding(headers: &HeaderMap) -> Result<Coding, Code> {
    let mut coding = Coding::Identity;
    for value in headers.get_all(CONTENT_ENCODING) {
        let value = value.to_str().map_err(|_| Code::ContentEncodingUnsupported)?;
        for token in value.split(',').map(str::trim).filter(|token| !token.is_empty()) {
            if coding != Coding::Identity {
                return Err(Code::ContentEncodingUnsupported);
            }
            coding = named_coding(token).ok_or(Code::ContentEncodingUnsupported)?;
        }
    }
    Ok(coding)
}

fn named_coding(token: &str) -> Option<Coding> {
    match token.to_ascii_lowercase().as_str() {
        "zstd" => Some(Coding::Zstd),
        "gzip" | "x-gzip" => Some(Coding::Gzip),
        "identity" => Some(Coding::Identity),
        _ => None,
    }
}

fn signature(headers: &HeaderMap) -> Result<[u8; 64], Code> {
    let mut values = headers.get_all(SIGNATURE_HEADER).iter();
    let value = values.next().ok_or(Code::SignatureMissing)?;
    if values.next().is_some() {
        return Err(Code::SignatureInvalid);
    }
    let bytes = URL_SAFE_NO_PAD.decode(value.as_bytes()).map_err(|_| Code::SignatureInvalid)?;
    bytes.try_into().map_err(|_| Code::SignatureInvalid)
}

/// The media type an answer is wanted in. Without `Accept`, with `*/*` or with nothing the protocol has,
/// as the request was (RFC 9110 section 12.4.1 lets a server disregard `Accept`); of two named with equal
/// weight, packed.
fn answer_media(headers: &HeaderMap, asked: Encoding) -> Encoding {
    let ranges = weighted(headers, ACCEPT);
    // For each media type the weight of the most specific range that fits, and how specific that is.
    let weight = |encoding: Encoding| {
        let rank = |range: &str| {
            if range == encoding.media_type() {
                3
            } else if range == "application/*" {
                2
            } else {
                u8::from(range == "*/*")
            }
        };
        let best = ranges.iter().map(|(range, weight)| (rank(range), *weight)).max_by_key(|&(rank, _)| rank);
        best.filter(|&(rank, weight)| rank > 0 && weight > 0)
            .map(|(rank, weight)| (weight, rank, encoding == asked))
    };
    match (weight(Encoding::Plain), weight(Encoding::Packed)) {
        (Some(_), None) => Encoding::Plain,
        (None, Some(_)) => Encoding::Packed,
        (None, None) => asked,
        (Some((plain, 3, _)), Some((packed, 3, _))) if plain == packed => Encoding::Packed,
        (Some(plain), Some(packed)) => {
            if plain > packed {
                Encoding::Plain
            } else {
                Encoding::Packed
            }
        }
    }
}

/// The content coding of a plain answer: the one with the greatest weight, of equals zstd, then gzip.
/// Without `Accept-Encoding` identity.
fn answer_coding(headers: &HeaderMap) -> Coding {
    let ranges = weighted(headers, ACCEPT_ENCODING);
    let named = |coding: Coding| {
        ranges.iter().find(|(token, _)| named_coding(token) == Some(coding)).map(|&(_, weight)| weight)
    };
    let any = ranges.iter().find(|(token, _)| token == "*").map(|&(_, weight)| weight);
    // Identity is acceptable unless it is excluded; named by nobody, it comes last.
    let identity = named(Coding::Identity).unwrap_or(0);
    let mut best = (Coding::Identity, identity);
    for coding in [Coding::Gzip, Coding::Zstd] {
        let weight = named(coding).or(any).unwrap_or(0);
        if weight > 0 && weight >= best.1 {
            best = (coding, weight);
        }
    }
    best.0
}

/// The items of a list field with their weights in thousandths (RFC 9110 section 12.4.2), in lower case.
/// An item whose weight can't be read has none.
pub(super) fn weighted(headers: &HeaderMap, field: impl AsHeaderName) -> Vec<(String, u16)> {
    let mut items = Vec::new();
    for value in headers.get_all(field) {
        for item in value.to_str().unwrap_or_default().split(',') {
            let mut parts = item.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default().to_ascii_lowercase();
            if name.is_empty() {
                continue;
            }
            let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
            items.push((name, weight.map_or(1000, thousandths)));
        }
    }
    items
}

fn thousandths(weight: &str) -> u16 {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return 0;
    }
    let fraction: u16 = format!("{fraction:0<3}").parse().unwrap_or(0);
    match whole {
        "0" => fraction,
        "1" if fraction == 0 => 1000,
        _ => 0,
    }
}

/// Takes the content coding off a body.
///
/// # Errors
/// [`Code::DecodedTooLarge`] as soon as more than `bytes_max` come out; [`Code::BodyMalformed`] if the
/// body is cut short, damaged, followed by anything, or wants a zstd window above
/// [`ZSTD_WINDOW_LOG_MAX`].
pub(super) fn decode(coding: Coding, body: Vec<u8>, bytes_max: usize) -> Result<Vec<u8>, Code> {
    match coding {
        Coding::Identity if body.len() > bytes_max => Err(Code::DecodedTooLarge),
        Coding::Identity => Ok(body),
        Coding::Gzip => {
            let mut decoder = flate2::bufread::GzDecoder::new(body.as_slice());
            let decoded = read_up_to(&mut decoder, bytes_max)?;
            if decoder.into_inner().is_empty() { Ok(decoded) } else { Err(Code::BodyMalformed) }
        }
        Coding::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(body.as_slice())
                .and_then(|mut decoder| decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map(|()| decoder))
                .map_err(|_| Code::Internal)?
                .single_frame();
            let decoded = read_up_to(&mut decoder, bytes_max)?;
            if decoder.finish().is_empty() { Ok(decoded) } else { Err(Code::BodyMalformed) }
        }
    }
}

/// Reads to the end; neither length nor capacity of the result exceeds `bytes_max`.
fn read_up_to(reader: &mut impl Read, bytes_max: usize) -> Result<Vec<u8>, Code> {
    let mut decoded = Vec::new();
    let mut chunk = [0; CHUNK_BYTES];
    loop {
        let length = match reader.read(&mut chunk) {
            Ok(0) => return Ok(decoded),
            Ok(length) => length,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => return Err(Code::BodyMalformed),
        };
        let needed = decoded.len() + length;
        if needed > bytes_max {
            return Err(Code::DecodedTooLarge);
        }
        if needed > decoded.capacity() {
            let capacity = (2 * decoded.capacity()).clamp(needed, bytes_max);
            decoded.reserve_exact(capacity - decoded.len());
        }
        decoded.extend_from_slice(&chunk[..length]);
    }
}

/// Puts the content coding on an answer, unless it gains nothing. Returns the coding that was used.
pub(super) fn encode(coding: Coding, body: Vec<u8>) -> (Coding, Vec<u8>) {
    if body.len() < COMPRESSED_BYTES_MIN {
        return (Coding::Identity, body);
    }
    let encoded = match coding {
        Coding::Identity => return (Coding::Identity, body),
        Coding::Gzip => {
            let mut encoded = Vec::new();
            flate2::bufread::GzEncoder::new(body.as_slice(), flate2::Compression::best())
                .read_to_end(&mut encoded)
                .map(|_| encoded)
        }
        Coding::Zstd => zstd::bulk::compress(&body, ZSTD_LEVEL),
    };
    match encoded {
        Ok(encoded) if encoded.len() < body.len() => (coding, encoded),
        _ => (Coding::Identity, body),
    }
}

#[cfg(test)]
#[path = "coding_tests.rs"]
mod tests;
