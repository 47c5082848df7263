//! Bodies that are too large, damaged, or made to burst.

use std::io::Write as _;

use sync_core::limits::{REQUEST_BYTES_MAX, REQUEST_DECODED_BYTES_MAX, ZSTD_WINDOW_LOG_MAX};
use sync_core::wire::{MEDIA_PACKED, MEDIA_PLAIN};

use super::*;

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn coded_bodies_are_decoded_within_limits_or_refused() {
    let running = start();
    let zeros = vec![0; 100 * REQUEST_DECODED_BYTES_MAX];
    let mut wide = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    wide.window_log(ZSTD_WINDOW_LOG_MAX + 1).unwrap();
    wide.write_all(b"body").unwrap();
    let small = gzip(&[5; 1000]);
    // What decodes well is no message of the protocol either: the office says so.
    for (name, coding, body, status, code) in [
        ("gzip bomb", "gzip", gzip(&zeros), 413, "decoded_too_large"),
        ("zstd bomb", "zstd", zstd::bulk::compress(&zeros, 1).unwrap(), 413, "decoded_too_large"),
        ("zstd with a huge window", "zstd", wide.finish().unwrap(), 400, "body_malformed"),
        ("truncated gzip", "gzip", small[..small.len() - 9].to_vec(), 400, "body_malformed"),
        ("gzip with a tail", "gzip", [small.as_slice(), b"tail"].concat(), 400, "body_malformed"),
        ("gzip that is none", "gzip", b"plain".to_vec(), 400, "body_malformed"),
        ("empty", "identity", Vec::new(), 400, "body_malformed"),
        ("no message", "gzip", small, 400, "body_malformed"),
        ("no message", "zstd", zstd::bulk::compress(&[5; 1000], 1).unwrap(), 400, "body_malformed"),
        ("no message", "identity", vec![0xff; 1000], 400, "body_malformed"),
    ] {
        let answer = running.exchange(&[("content-type", MEDIA_PLAIN), ("content-encoding", coding)], &body);
        assert_eq!((answer.status, answer.problem().as_str()), (status, code), "{name} in {coding}");
    }
    let packed = running.exchange(&[("content-type", MEDIA_PACKED)], b"\x01no frame");
    assert_eq!(packed.status / 100, 4, "{packed:?}");
    assert_eq!(running.get("/health").status, 200);
}

#[test]
fn a_body_above_the_limit_is_refused_and_the_client_hears_it() {
    let running = start();
    let plain = ("content-type", MEDIA_PLAIN);
    let exact = running.exchange(&[plain], &vec![0xff; REQUEST_BYTES_MAX]);
    assert_eq!(exact.problem(), "body_malformed");
    let over = running.exchange(&[plain], &vec![0xff; REQUEST_BYTES_MAX + 1]);
    assert_eq!((over.status, over.problem().as_str()), (413, "body_too_large"));
}

#[test]
fn a_body_of_undeclared_length_is_counted_as_it_comes() {
    let running = start();
    let mut connection = running.connect();
    let signature = signature();
    connection.write_head(
        "POST /v1/exchange",
        &[
            ("content-type", MEDIA_PLAIN),
            ("sothon-signature", &signature),
            ("transfer-encoding", "chunked"),
            ("connection", "close"),
        ],
    );
    let chunk = vec![0; 64 * 1024];
    for _ in 0..=REQUEST_BYTES_MAX / chunk.len() {
        connection.write(format!("{:x}\r\n", chunk.len()).as_bytes());
        connection.write(&chunk);
        connection.write(b"\r\n");
    }
    connection.write(b"0\r\n\r\n");
    assert_eq!(connection.answer().problem(), "body_too_large");
}

#[test]
fn a_client_that_asks_before_sending_is_spared_the_body() {
    let running = start();
    let mut connection = running.connect();
    let length = (REQUEST_BYTES_MAX + 1).to_string();
    connection.write_head(
        "POST /v1/exchange",
        &[
            ("content-type", MEDIA_PLAIN),
            ("sothon-signature", &signature()),
            ("content-length", &length),
            ("expect", "100-continue"),
        ],
    );
    let answer = connection.answer();
    assert_eq!((answer.status, answer.problem().as_str()), (413, "body_too_large"));
}

#[test]
fn a_body_that_does_not_arrive_times_out() {
    let limits = Limits { body_read_time: Duration::from_millis(20), ..Limits::default() };
    let running = start_with(limits, Router::new());
    let mut connection = running.connect();
    connection.write_head(
        "POST /v1/exchange",
        &[("content-type", MEDIA_PLAIN), ("sothon-signature", &signature()), ("content-length", "1000")],
    );
    connection.write(b"the beginning");
    let answer = connection.answer();
    assert_eq!((answer.status, answer.problem().as_str()), (408, "request_timeout"));
    assert!(answer.fields.contains_key("retry-after"));
}

#[test]
fn bodies_together_hold_no_more_than_allowed() {
    let limits = Limits { body_bytes_held: 16 * 1024, ..Limits::default() };
    let running = start_with(limits, Router::new());
    let plain = ("content-type", MEDIA_PLAIN);
    for _ in 0..3 {
        let answer = running.exchange(&[plain], &vec![0xff; 64 * 1024]);
        assert_eq!((answer.status, answer.problem().as_str()), (503, "overloaded"));
        assert!(answer.fields.contains_key("retry-after"));
        // What was held is given back.
        assert_eq!(running.exchange(&[plain], &vec![0xff; 16 * 1024]).problem(), "body_malformed");
    }
}

#[test]
fn a_letter_passes_the_same_gates_and_needs_no_signature() {
    let running = start();
    let plain = ("content-type", MEDIA_PLAIN);
    let bomb = gzip(&vec![0; 100 * REQUEST_DECODED_BYTES_MAX]);
    let over = vec![0xff; REQUEST_BYTES_MAX + 1];
    for (name, fields, body, status, code) in [
        ("no letter", &[plain][..], &b"{}"[..], 400, "body_malformed"),
        ("packed", &[("content-type", MEDIA_PACKED)], b"\x01", 415, "media_type_unsupported"),
        ("of no media type", &[], b"{}", 415, "media_type_unsupported"),
        ("too large", &[plain], &over, 413, "body_too_large"),
        ("a bomb", &[plain, ("content-encoding", "gzip")], &bomb, 413, "decoded_too_large"),
    ] {
        let answer = running.send("POST /v1/letter", fields, body);
        assert_eq!((answer.status, answer.problem().as_str()), (status, code), "{name}");
    }
    assert_eq!(running.get("/v1/letter").status, 405);
    let metrics = running.get("/metrics");
    assert!(metrics.text().contains("sothon_urgent_unopened 0"), "{}", metrics.text());
}
