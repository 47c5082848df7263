use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::Write as _;

use sync_core::device::{DeviceState, MemoryStore};
use sync_core::id::{BatchHash, CommuneId, DeviceId, Incarnation};
use sync_core::limits::RESPONSE_DECODED_BYTES_MAX;
use sync_core::wire::{CommuneInfo, Cursor, ExchangeResponse, Grants};

use super::answer::{decode, problem};
use super::*;

struct Scripted(RefCell<VecDeque<Result<Reply, ClientError>>>);

impl Carrier for Scripted {
    fn exchange(&self, _: &Outgoing) -> Result<Reply, ClientError> {
        self.0.borrow_mut().pop_front().expect("the script is long enough")
    }
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn store() -> MemoryStore {
    MemoryStore::new(DeviceState {
        device: DeviceId::of_key(&key().verifying_key().to_bytes()),
        installation: 1,
        commune: CommuneInfo {
            id: CommuneId([1; 16]),
            name: "Xã Thử".to_owned(),
            confidential_key: ByteArray::from([9; 32]),
            villages: Vec::new(),
            unit_word: "thôn".to_owned(),
            letter_key: None,
            rounds: None,
            contacts: None,
            devices: None,
            reminders: None,
        },
        grants: Grants::default(),
        cursor: Cursor::default(),
        chain_number: 0,
        chain_hash: BatchHash([0; 32]),
        refusals_noted: 0,
    })
}

fn last_page() -> Reply {
    let response = ExchangeResponse {
        protocol: 1,
        incarnation: Incarnation([3; 16]),
        clock: 0,
        receipts: Vec::new(),
        refusals: Vec::new(),
        cursor: Cursor::default(),
        more: false,
        page: Vec::new(),
        grants: Grants::default(),
        digest: None,
        wanted: Vec::new(),
        commune: None,
        warnings: Vec::new(),
        notices: None,
        remaining_bytes: None,
        notice_refusals: None,
    };
    Reply::Message {
        encoding: Encoding::Plain,
        body: to_plain(&response),
        bytes_sent: 10,
        bytes_received: 20,
    }
}

fn refused(code: &str, status: u16, retry_after: Option<u64>) -> Result<Reply, ClientError> {
    let body = format!(r#"{{"code":"{code}","request_id":"r1"}}"#);
    Ok(Reply::Problem(problem(status, body.as_bytes(), None, retry_after.map(Duration::from_secs))))
}

/// Runs a sync over a script; gives its end and the pauses made.
fn run(script: Vec<Result<Reply, ClientError>>, retries: u32) -> (Result<Outcome, String>, Vec<u64>) {
    let mut pauses = Vec::new();
    let carrier = Scripted(RefCell::new(script.into()));
    let options = SyncOptions { retries, ..SyncOptions::default() };
    let mut surroundings = Surroundings {
        clock: &|| 1_700_000_000,
        wait: &mut |pause| pauses.push(u64::try_from(pause.as_millis()).expect("short")),
        progress: &mut |_| {},
    };
    let outcome = sync(&mut store(), key(), &carrier, options, &mut surroundings);
    (outcome.map_err(|error| error.to_string()), pauses)
}

#[test]
fn a_cut_connection_is_tried_again_with_growing_pauses() {
    let (outcome, pauses) = run(vec![Err(ClientError::Cut), Err(ClientError::Cut), Ok(last_page())], 2);
    let outcome = outcome.expect("the third attempt succeeds");
    assert_eq!((outcome.retried, outcome.summary.requests, outcome.bytes_received), (2, 1, 20));
    assert_eq!(pauses, [250, 500]);
}

#[test]
fn attempts_are_bounded() {
    let (outcome, pauses) = run((0..9).map(|_| Err(ClientError::Cut)).collect(), 3);
    assert_eq!(outcome, Err("the connection was cut".to_owned()));
    assert_eq!(pauses.len(), 3);
}

#[test]
fn a_problem_that_may_pass_waits_as_long_as_the_office_asks_within_reason() {
    let script = vec![
        refused("storage_busy", 503, Some(3)),
        refused("overloaded", 503, Some(86_400)),
        refused("http_502", 502, None),
        Ok(last_page()),
    ];
    let (outcome, pauses) = run(script, 5);
    assert!(outcome.is_ok());
    assert_eq!(pauses, [3_000, 30_000, 1_000]);
}

#[test]
fn a_problem_that_stays_ends_the_sync_with_its_code() {
    let (outcome, pauses) = run(vec![refused("device_revoked", 403, None)], 5);
    assert_eq!(outcome, Err("refused by the office: device_revoked".to_owned()));
    assert!(pauses.is_empty());
}

#[test]
fn an_untrusted_server_is_not_tried_again() {
    let (outcome, pauses) = run(vec![Err(ClientError::Untrusted)], 5);
    assert!(outcome.is_err());
    assert!(pauses.is_empty());
}

#[test]
fn a_problem_is_read_with_its_chain_and_a_foreign_page_becomes_its_status() {
    let hash = "ab".repeat(32);
    let body = format!(
        r#"{{"type":"urn:sothon:problem:batch_number_repeated","code":"batch_number_repeated",
            "request_id":"r-7","chain":{{"number":4,"hash":"{hash}","installation":2147483650}}}}"#
    );
    let read = problem(409, body.as_bytes(), None, None);
    assert_eq!(read.chain, Some((4, BatchHash([0xab; 32]), 2_147_483_650)));
    assert_eq!((read.code.as_str(), read.request_id.as_deref()), ("batch_number_repeated", Some("r-7")));
    let page = problem(502, b"<html>Bad gateway</html>", None, None);
    assert_eq!(page.code, "http_502");
    assert!(page.may_pass());
    // Nothing that could play with a terminal is taken for a code.
    assert_eq!(problem(400, br#"{"code":"\u001b[2Jx"}"#, None, None).code, "http_400");
}

#[test]
fn every_coding_offered_is_understood_and_a_bomb_is_not_unpacked() {
    let body = b"page ".repeat(100);
    let gzip = |body: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(body).expect("memory");
        encoder.finish().expect("memory")
    };
    let zstd = |body: &[u8]| zstd::bulk::compress(body, 1).expect("memory");
    assert_eq!(decode("identity", body.clone()).expect("as it is"), body);
    assert_eq!(decode("gzip", gzip(&body)).expect("gzip"), body);
    assert_eq!(decode("zstd", zstd(&body)).expect("zstd"), body);
    assert!(matches!(decode("br", body.clone()), Err(ClientError::Answer)));
    assert!(matches!(decode("zstd", body.clone()), Err(ClientError::Answer)));
    let bomb = vec![0; RESPONSE_DECODED_BYTES_MAX + 1];
    assert!(matches!(decode("zstd", zstd(&bomb)), Err(ClientError::AnswerTooLarge)));
    assert!(matches!(decode("gzip", gzip(&bomb)), Err(ClientError::AnswerTooLarge)));
}

#[test]
fn only_an_https_address_and_real_certificates_are_taken() {
    for address in ["http://office", "office:8443", "https://", "ftp://office", ""] {
        assert!(matches!(Client::new(address, Some("")), Err(ClientError::Address)), "{address}");
    }
    assert!(matches!(Client::new("https://office", Some("none")), Err(ClientError::Certificates)));
}
