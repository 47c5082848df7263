//! Negotiation and decoding, as tables.

use std::io::Write as _;

use axum::http::{HeaderName, HeaderValue};
use sync_core::wire::{MEDIA_PACKED, MEDIA_PLAIN};

use super::*;

const LIMIT: usize = 100_000;

fn headers(fields: &[(&str, &str)]) -> HeaderMap {
    fields
        .iter()
        .map(|&(name, value)| {
            (HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value.to_owned()).unwrap())
        })
        .collect()
}

#[test]
fn media_type_of_a_request() {
    let check = |value: &str, expected| {
        assert_eq!(request_media(&headers(&[("content-type", value)])), expected, "{value}");
    };
    check(MEDIA_PLAIN, Ok(Encoding::Plain));
    check(MEDIA_PACKED, Ok(Encoding::Packed));
    check(&MEDIA_PLAIN.to_uppercase(), Ok(Encoding::Plain));
    check(&format!("{MEDIA_PACKED} ; v=1"), Ok(Encoding::Packed));
    for wrong in ["", "application/cbor", "text/html", "application/vnd.sothon.packed.2", "*/*"] {
        check(wrong, Err(Code::MediaTypeUnsupported));
    }
    assert_eq!(request_media(&HeaderMap::new()), Err(Code::MediaTypeUnsupported));
    let twice = headers(&[("content-type", MEDIA_PLAIN), ("content-type", MEDIA_PACKED)]);
    assert_eq!(request_media(&twice), Err(Code::MediaTypeUnsupported));
}

#[test]
fn content_coding_of_a_request() {
    let unsupported = Err(Code::ContentEncodingUnsupported);
    for (values, expected) in [
        (&[][..], Ok(Coding::Identity)),
        (&["zstd"], Ok(Coding::Zstd)),
        (&["GZip"], Ok(Coding::Gzip)),
        (&["x-gzip"], Ok(Coding::Gzip)),
        (&["identity"], Ok(Coding::Identity)),
        (&["identity, zstd"], Ok(Coding::Zstd)),
        (&["br"], unsupported),
        (&["deflate"], unsupported),
        (&["gzip, gzip"], unsupported),
        (&["zstd", "gzip"], unsupported),
    ] {
        let fields: Vec<_> = values.iter().map(|&value| ("content-encoding", value)).collect();
        assert_eq!(request_coding(&headers(&fields)), expected, "{values:?}");
    }
}

#[test]
fn media_type_of_an_answer() {
    use Encoding::{Packed, Plain};
    let check = |accept: Option<&str>, asked, expected| {
        let accept: Vec<_> = accept.iter().map(|&value| ("accept", value)).collect();
        assert_eq!(answer_media(&headers(&accept), asked), expected, "{accept:?} asked in {asked:?}");
    };
    for asked in [Plain, Packed] {
        check(None, asked, asked);
        check(Some("*/*"), asked, asked);
        check(Some("application/*"), asked, asked);
        check(Some("text/html"), asked, asked);
        check(Some(MEDIA_PLAIN), asked, Plain);
        check(Some(MEDIA_PACKED), asked, Packed);
        check(Some(&format!("{MEDIA_PLAIN}, {MEDIA_PACKED}")), asked, Packed);
        check(Some(&format!("{MEDIA_PLAIN};q=0.9, {MEDIA_PACKED};q=0.5")), asked, Plain);
        check(Some(&format!("{MEDIA_PLAIN}, */*;q=0.1")), asked, Plain);
        check(Some(&format!("{MEDIA_PACKED}, */*;q=0.1")), asked, Packed);
        check(Some(&format!("{MEDIA_PACKED};q=0, */*")), asked, Plain);
    }
}

#[test]
fn content_coding_of_an_answer() {
    let check = |value: &str, expected| {
        assert_eq!(answer_coding(&headers(&[("accept-encoding", value)])), expected, "{value}");
    };
    assert_eq!(answer_coding(&HeaderMap::new()), Coding::Identity);
    check("", Coding::Identity);
    check("gzip, deflate, br, zstd", Coding::Zstd);
    check("gzip, deflate, br", Coding::Gzip);
    check("zstd;q=0.5, gzip;q=0.8", Coding::Gzip);
    check("zstd;q=0, gzip", Coding::Gzip);
    check("*", Coding::Zstd);
    check("*;q=0", Coding::Identity);
    check("identity, zstd;q=0.5", Coding::Identity);
    check("identity;q=0.5, zstd;q=0.5", Coding::Zstd);
    check("br", Coding::Identity);
    check("ZSTD ; Q=0.001", Coding::Zstd);
    check("zstd;q=high", Coding::Identity);
}

#[test]
fn weights_are_thousandths() {
    for (text, expected) in [
        ("1", 1000),
        ("1.000", 1000),
        ("0.8", 800),
        ("0.05", 50),
        ("0", 0),
        ("1.1", 0),
        ("-1", 0),
        ("0.1234", 0),
    ] {
        assert_eq!(thousandths(text), expected, "{text}");
    }
}

#[test]
fn signature_is_64_bytes_of_base64url() {
    let good = URL_SAFE_NO_PAD.encode([7; 64]);
    let read = |value: &str| signature(&headers(&[(SIGNATURE_HEADER, value)]));
    assert_eq!(read(&good), Ok([7; 64]));
    assert_eq!(signature(&HeaderMap::new()), Err(Code::SignatureMissing));
    for wrong in ["", "AAAA", &good[..85], &format!("{good}=="), &URL_SAFE_NO_PAD.encode([7; 65])] {
        assert_eq!(read(wrong), Err(Code::SignatureInvalid), "{wrong}");
    }
}

#[test]
fn packed_takes_no_second_compression() {
    let signature = URL_SAFE_NO_PAD.encode([7; 64]);
    let of = |coding: &str| {
        Terms::of_exchange(&headers(&[
            ("content-type", MEDIA_PACKED),
            ("content-encoding", coding),
            (SIGNATURE_HEADER, &signature),
            ("accept-encoding", "zstd"),
        ]))
    };
    assert_eq!(of("zstd"), Err(Code::ContentEncodingUnsupported));
    let terms = of("identity").unwrap();
    assert_eq!((terms.answer_in, terms.answer_coding), (Encoding::Packed, Coding::Identity));
}

fn zstd_frame(body: &[u8], window_log: Option<u32>) -> Vec<u8> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).unwrap();
    if let Some(window_log) = window_log {
        encoder.window_log(window_log).unwrap();
    }
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn gzip_member(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn bodies_decode_up_to_the_limit_and_no_further() {
    for length in [0, 1, CHUNK_BYTES, LIMIT - 1, LIMIT] {
        let body = vec![b'a'; length];
        for (coding, encoded) in [
            (Coding::Identity, body.clone()),
            (Coding::Gzip, gzip_member(&body)),
            (Coding::Zstd, zstd_frame(&body, None)),
        ] {
            let decoded = decode(coding, encoded, LIMIT).unwrap();
            assert_eq!(decoded, body, "{coding:?} {length}");
            assert!(decoded.capacity() <= LIMIT, "{coding:?} {length}: {}", decoded.capacity());
        }
    }
    for length in [LIMIT + 1, 300 * LIMIT] {
        let bomb = vec![0; length];
        assert_eq!(decode(Coding::Gzip, gzip_member(&bomb), LIMIT), Err(Code::DecodedTooLarge));
        assert_eq!(decode(Coding::Zstd, zstd_frame(&bomb, None), LIMIT), Err(Code::DecodedTooLarge));
        assert_eq!(decode(Coding::Identity, bomb, LIMIT), Err(Code::DecodedTooLarge));
    }
}

#[test]
fn a_damaged_body_is_malformed_at_every_length() {
    let body: Vec<u8> = (0..2000_u32).flat_map(u32::to_le_bytes).collect();
    for (coding, encoded) in [(Coding::Gzip, gzip_member(&body)), (Coding::Zstd, zstd_frame(&body, None))] {
        for length in 1..encoded.len() {
            assert_eq!(
                decode(coding, encoded[..length].to_vec(), LIMIT),
                Err(Code::BodyMalformed),
                "{coding:?} cut to {length}"
            );
        }
        assert_eq!(decode(coding, [encoded.as_slice(), b"x"].concat(), LIMIT), Err(Code::BodyMalformed));
        assert_eq!(decode(coding, encoded.repeat(2), LIMIT), Err(Code::BodyMalformed), "{coding:?} twice");
        assert_eq!(decode(coding, b"not compressed".to_vec(), LIMIT), Err(Code::BodyMalformed));
    }
}

#[test]
fn a_zstd_window_above_the_limit_is_refused() {
    let body = vec![b'a'; 1000];
    assert!(decode(Coding::Zstd, zstd_frame(&body, Some(ZSTD_WINDOW_LOG_MAX)), LIMIT).is_ok());
    let huge = zstd_frame(&body, Some(ZSTD_WINDOW_LOG_MAX + 1));
    assert_eq!(decode(Coding::Zstd, huge, LIMIT), Err(Code::BodyMalformed));
}

#[test]
fn answers_are_compressed_only_where_it_gains() {
    let long = b"visit ".repeat(100);
    let noise = URL_SAFE_NO_PAD.decode("q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k").unwrap();
    for coding in [Coding::Gzip, Coding::Zstd] {
        let (used, encoded) = encode(coding, long.clone());
        assert_eq!(used, coding);
        assert_eq!(decode(coding, encoded, LIMIT).unwrap(), long);
        assert_eq!(encode(coding, noise.clone()), (Coding::Identity, noise.clone()));
    }
    assert_eq!(encode(Coding::Identity, long.clone()), (Coding::Identity, long));
}
