//! Addresses, methods, header fields, counts and log lines.

use serde_json::json;
use sync_core::wire::{MEDIA_PACKED, MEDIA_PLAIN};

use super::*;

#[test]
fn health_tells_versions_and_the_log_position() {
    let running = start();
    let answer = running.get("/health");
    assert_eq!((answer.status, answer.fields["content-type"].as_str()), (200, "application/json"));
    let expected = json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "protocol": {"oldest": 1, "newest": 1},
        "log_position": 0,
    });
    assert_eq!(answer.json(), expected);
    let head = running.send("HEAD /health", &[], b"");
    assert_eq!((head.status, head.body.len()), (200, 0));
}

#[test]
fn every_answer_has_an_id_of_its_own_and_is_not_stored() {
    let running = start();
    let answers =
        [running.get("/health"), running.get("/health"), running.get("/nothing"), running.get("/metrics")];
    let mut ids: Vec<_> = answers.iter().map(|answer| answer.fields[REQUEST_ID_HEADER].as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), answers.len());
    for answer in &answers {
        assert_eq!(answer.fields["cache-control"], "no-store");
        assert_eq!(answer.fields["x-content-type-options"], "nosniff");
        // localhost belongs to other programs too, which may not speak TLS.
        assert!(!answer.fields.contains_key("strict-transport-security"));
    }
}

#[test]
fn an_unknown_address_is_a_problem() {
    let running = start();
    for path in ["/v1", "/v1/exchange/", "/v2/exchange", "/health/../metrics", "/%00"] {
        let answer = running.get(path);
        assert_eq!((answer.status, answer.problem().as_str()), (404, "not_found"), "{path}");
    }
}

#[test]
fn a_wrong_method_is_a_problem_that_names_the_right_one() {
    let running = start();
    for (line, allowed) in [
        ("GET /v1/exchange", "POST"),
        ("DELETE /v1/exchange", "POST"),
        ("PUT /v1/enrol", "POST"),
        ("POST /health", "GET,HEAD"),
        ("NGUYEN /metrics", "GET,HEAD"),
    ] {
        let answer = running.send(line, &[], b"");
        assert_eq!((answer.status, answer.problem().as_str()), (405, "method_not_allowed"), "{line}");
        assert_eq!(answer.fields.get("allow").map(String::as_str), Some(allowed), "{line}");
    }
}

#[test]
fn an_exchange_needs_media_type_coding_and_signature() {
    let running = start();
    let signature = signature();
    let signed = ("sothon-signature", signature.as_str());
    let plain = ("content-type", MEDIA_PLAIN);
    for (fields, status, code) in [
        (&[signed][..], 415, "media_type_unsupported"),
        (&[signed, ("content-type", "application/json")], 415, "media_type_unsupported"),
        (&[signed, plain, ("content-encoding", "br")], 415, "content_encoding_unsupported"),
        (&[signed, plain, ("content-encoding", "gzip, zstd")], 415, "content_encoding_unsupported"),
        (
            &[signed, ("content-type", MEDIA_PACKED), ("content-encoding", "zstd")],
            415,
            "content_encoding_unsupported",
        ),
        (&[plain], 401, "signature_missing"),
        (&[plain, ("sothon-signature", "")], 401, "signature_invalid"),
        (&[plain, ("sothon-signature", "AAAA")], 401, "signature_invalid"),
        (&[plain, signed, signed], 401, "signature_invalid"),
    ] {
        let answer = running.send("POST /v1/exchange", fields, b"body");
        assert_eq!((answer.status, answer.problem().as_str()), (status, code), "{fields:?}");
        assert_eq!(answer.fields.contains_key("www-authenticate"), status == 401);
    }
}

#[test]
fn an_enrolment_is_plain_and_small() {
    let running = start();
    let enrol =
        |media: &str, body: &[u8]| running.send("POST /v1/enrol", &[("content-type", media)], body).problem();
    assert_eq!(enrol(MEDIA_PACKED, b""), "media_type_unsupported");
    assert_eq!(enrol("text/plain", b""), "media_type_unsupported");
    assert_eq!(enrol(MEDIA_PLAIN, b"not CBOR"), "body_malformed");
    assert_eq!(enrol(MEDIA_PLAIN, &vec![0; limits::ENROLMENT_BYTES_MAX + 1]), "body_too_large");
}

#[test]
fn metrics_count_requests_by_route_and_problems_by_code() {
    let running = start();
    running.get("/health");
    running.get("/household/nguyen-van-an");
    running.exchange(&[("content-type", MEDIA_PLAIN)], b"12345");
    let answer = running.get("/metrics");
    assert!(answer.fields["content-type"].starts_with("application/openmetrics-text"), "{answer:?}");
    let text = answer.text();
    for line in [
        r#"sothon_requests_total{route="/health",class="2xx"} 1"#,
        r#"sothon_requests_total{route="unmatched",class="4xx"} 1"#,
        r#"sothon_requests_total{route="/v1/exchange",class="4xx"} 1"#,
        r#"sothon_problems_total{code="not_found"} 1"#,
        r#"sothon_problems_total{code="body_malformed"} 1"#,
        r#"sothon_request_duration_seconds_count{route="/v1/exchange"} 1"#,
        r#"sothon_body_received_bytes_total{route="/v1/exchange"} 5"#,
        "sothon_connections_total 4",
        "sothon_log_position 0",
        "sothon_documents 0",
        "sothon_devices 0",
        "sothon_quarantined_changes 0",
        "sothon_conflicts 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is missing in\n{text}");
    }
    for name in
        ["sothon_build_info{", "sothon_connection_received_bytes_total ", "sothon_body_sent_bytes_total{"]
    {
        assert!(text.contains(name), "{name} is missing in\n{text}");
    }
    assert!(!text.contains("nguyen"), "{text}");
}

#[test]
fn the_log_has_one_line_a_request_and_nothing_of_what_it_said() {
    let running = start();
    let refused = running.send(
        "POST /v1/exchange?child=secret-query",
        &[("content-type", MEDIA_PLAIN), ("user-agent", "secret-agent"), ("sothon-signature", &signature())],
        b"secret-body",
    );
    running.send("TRACE /secret-path", &[], b"");
    let (result, log) = running.stop();
    result.unwrap();
    assert!(!log.contains("secret"), "{log}");
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line["fields"]["route"].is_string())
        .collect();
    assert_eq!(lines.len(), 2, "{log}");
    let (fields, span) = (&lines[0]["fields"], &lines[0]["span"]);
    assert_eq!(span["id"], refused.fields[REQUEST_ID_HEADER].as_str());
    assert_eq!((&fields["method"], &fields["route"]), (&json!("POST"), &json!("/v1/exchange")));
    assert_eq!((&fields["status"], &fields["code"]), (&json!(400), &json!("body_malformed")));
    assert_eq!(fields["bytes_in"], "secret-body".len());
    assert_eq!(fields["bytes_out"], refused.body.len());
    assert_eq!(
        (&lines[1]["fields"]["method"], &lines[1]["fields"]["route"]),
        (&json!("other"), &json!("unmatched"))
    );
}
