//! The frozen vectors of notices and letters: every byte of them is computed again and compared.
//!
//! `SOTHON_BLESS=1` writes the file anew. That is for a file that was never released only.

use std::fs;
use std::path::{Path, PathBuf};

use ed25519_dalek::Signer as _;
use minicbor::bytes::ByteArray;
use serde_json::{Value as Json, json};
use sync_core::batch::request_signing_bytes;
use sync_core::id::NoticeId;
use sync_core::letter::{self, LetterContents, LetterKey};
use sync_core::notice::{Author, Notice, SealedUrgent, SignOff, UrgentReport};
use sync_core::wire::{
    CommuneInfo, ExchangeRequest, ExchangeResponse, LetterAnswer, NoticeFate, NoticeRefusalNote, Receipt,
    ReviewRound, from_plain, to_plain,
};

use crate::sample::{COMMUNE, EPHEMERAL_SEED, Fixed, Sample, TIME, confidential};
use crate::vectors::{hex, unhex};

const LETTER_SEED: [u8; 32] = [8; 32];
const AWAITED: NoticeId = NoticeId([0xaa; 16]);

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/wire/vectors/v1-notices.json")
}

/// No real person.
pub(crate) fn urgent_report(sample: &Sample) -> UrgentReport {
    UrgentReport {
        kind: "danger".into(),
        document: Some(sample.document),
        person: Some(sample.person.to_string()),
        about: "GIẢ LẬP".into(),
        place: "bờ suối".into(),
        happened: "Trẻ ở một mình nhiều ngày.".into(),
        contact: "000 000 001".into(),
    }
}

pub(crate) fn urgent(sample: &Sample) -> Notice {
    let author = Author { key: &sample.key, commune: COMMUNE };
    let to = confidential().public().expect("a key");
    let report = urgent_report(sample);
    report.into_notice(&to, &author, TIME + 300, &mut Fixed(EPHEMERAL_SEED.to_vec())).expect("a sound report")
}

pub(crate) fn statement(sample: &Sample) -> SignOff {
    SignOff::new("2024-2", "01", "2024-10-04", false, &sample.fingerprints(), 1).expect("two documents")
}

pub(crate) fn sign_off(sample: &Sample) -> Notice {
    let author = Author { key: &sample.key, commune: COMMUNE };
    statement(sample).into_notice(&author, TIME + 400, &mut Fixed(LETTER_SEED.to_vec()))
}

fn letter_key() -> LetterKey {
    LetterKey::draw(&mut Fixed(LETTER_SEED.to_vec()))
}

pub(crate) fn commune(sample: &Sample) -> CommuneInfo {
    CommuneInfo {
        letter_key: Some(ByteArray::from(letter_key().public().expect("a key"))),
        rounds: Some(vec![ReviewRound {
            code: "2024-2".into(),
            title: "Rà soát cuối năm 2024".into(),
            starts: "2024-10-01".into(),
            ends: "2024-10-25".into(),
            as_of: "2024-10-20".into(),
        }]),
        contacts: Some(vec![("Công an xã".into(), "000 000 113".into())]),
        devices: Some(vec![(sample.device, "Điện thoại thôn 01".into())]),
        ..sample.commune()
    }
}

pub(crate) fn request(sample: &Sample) -> ExchangeRequest {
    ExchangeRequest {
        batches: Vec::new(),
        notices: Some(vec![urgent(sample), sign_off(sample)]),
        awaited: Some(vec![AWAITED]),
        ..sample.request()
    }
}

pub(crate) fn response(sample: &Sample) -> ExchangeResponse {
    ExchangeResponse {
        more: true,
        digest: None,
        commune: Some(commune(sample)),
        notices: Some(fates(sample)),
        remaining_bytes: Some(70_000),
        notice_refusals: Some(refusals(sample)),
        ..sample.response()
    }
}

fn fates(sample: &Sample) -> Vec<NoticeFate> {
    let stored = NoticeFate { id: urgent(sample).id, state: 1, at: TIME + 302 };
    vec![stored, NoticeFate { id: AWAITED, state: 2, at: TIME + 250 }]
}

fn refusals(sample: &Sample) -> Vec<NoticeRefusalNote> {
    vec![NoticeRefusalNote { id: sign_off(sample).id, code: "village_not_granted".into() }]
}

pub(crate) fn letter_contents(sample: &Sample) -> LetterContents {
    let body = to_plain(&ExchangeRequest {
        cursor: sync_core::wire::Cursor::default(),
        page_bytes: None,
        notices: Some(vec![urgent(sample)]),
        ..sample.request()
    });
    let signature = sample.key.sign(&request_signing_bytes(COMMUNE, &body)).to_bytes();
    LetterContents { body: body.into(), signature: ByteArray::from(signature) }
}

pub(crate) fn sealed_letter(sample: &Sample) -> Vec<u8> {
    let to = letter_key().public().expect("a key");
    letter::seal(&letter_contents(sample), &to, COMMUNE, &mut Fixed(EPHEMERAL_SEED.to_vec())).expect("a key")
}

pub(crate) fn letter_answer(sample: &Sample) -> LetterAnswer {
    LetterAnswer {
        protocol: 1,
        receipts: vec![Receipt { number: 1, hash: sample.header().hash(COMMUNE) }],
        notices: fates(sample),
        notice_refusals: refusals(sample),
    }
}

fn notice_json(notice: &Notice, sample: &Sample) -> Json {
    json!({
        "id": hex(notice.id.0), "kind": notice.kind, "made_at": notice.made_at, "body": hex(notice.body.as_slice()),
        "signing_bytes": hex(notice.signing_bytes(COMMUNE, sample.device)),
        "signature": hex(notice.signature.as_slice()), "notice": hex(to_plain(notice)),
    })
}

/// Everything but the letter itself: a compressor's next version may find other bytes for the same thing.
fn computed(sample: &Sample) -> Json {
    let notice = urgent(sample);
    let report = to_plain(&urgent_report(sample));
    let mut padded = u32::try_from(report.len()).expect("short").to_be_bytes().to_vec();
    padded.extend_from_slice(&report);
    padded.resize(padded.len().next_multiple_of(512), 0);
    let sealed: SealedUrgent = from_plain(&notice.body).expect("as it was made");
    let mut urgent_json = notice_json(&notice, sample);
    urgent_json["report"] = hex(&report).into();
    urgent_json["plaintext"] = hex(&padded).into();
    urgent_json["info"] = hex("sothon/urgent/1").into();
    urgent_json["aad"] = hex([&COMMUNE.0[..], &notice.id.0].concat()).into();
    urgent_json["ephemeral_ikm"] = hex(EPHEMERAL_SEED).into();
    urgent_json["key_id"] = sealed.key_id.into();
    urgent_json["envelope"] = hex(sealed.envelope.as_slice()).into();
    let body = to_plain(&request(sample));
    let signing_bytes = request_signing_bytes(COMMUNE, &body);
    let contents = letter_contents(sample);
    json!({
        "protocol": 1,
        "about": "docs/protocol.md section 16. Keys and documents are those of v1.json. Byte strings are hexadecimal.",
        "commune": hex(COMMUNE.0),
        "urgent": urgent_json,
        "sign_off": notice_json(&sign_off(sample), sample),
        "request": {
            "body": hex(&body), "signing_bytes": hex(&signing_bytes),
            "signature": hex(sample.key.sign(&signing_bytes).to_bytes()),
        },
        "response": { "plain": hex(to_plain(&response(sample))) },
        "letter": {
            "private_key": hex(letter_key().as_bytes()),
            "public_key": hex(letter_key().public().expect("a key")),
            "info": hex("sothon/letter/1"), "aad": hex(COMMUNE.0),
            "contents": hex(to_plain(&contents)), "ephemeral_ikm": hex(EPHEMERAL_SEED),
            "answer": hex(to_plain(&letter_answer(sample))),
        },
    })
}

#[test]
fn notices_and_letters_are_written_as_they_were_frozen() {
    let sample = Sample::new();
    let computed = computed(&sample);
    if std::env::var_os("SOTHON_BLESS").is_some_and(|value| value == "1") {
        let mut whole = computed.clone();
        whole["letter"]["letter"] = hex(sealed_letter(&sample)).into();
        let text = serde_json::to_string_pretty(&whole).expect("JSON") + "\n";
        fs::write(file(), text).expect("the vectors can be written");
    }
    let frozen = fs::read_to_string(file()).expect("the vectors are part of the repository");
    let mut frozen: Json = serde_json::from_str(&frozen).expect("JSON");
    let letter = frozen["letter"].as_object_mut().expect("an object").remove("letter").expect("a letter");
    for (name, part) in computed.as_object().expect("an object") {
        assert_eq!(&frozen[name], part, "{name}");
    }
    let opened = letter::open(&unhex(&letter), &letter_key(), COMMUNE).expect("our key");
    assert_eq!(opened, letter_contents(&sample));
}

#[test]
fn frozen_notices_are_read_as_they_were_meant() {
    let sample = Sample::new();
    let public = sample.key.verifying_key().to_bytes();
    let frozen = fs::read_to_string(file()).expect("the vectors are part of the repository");
    let frozen: Json = serde_json::from_str(&frozen).expect("JSON");
    let notice: Notice = from_plain(&unhex(&frozen["urgent"]["notice"])).expect("a notice");
    assert!(notice.is_signed(COMMUNE, &public));
    let opened = UrgentReport::open(&notice, &confidential(), COMMUNE).expect("our key");
    assert!(opened == urgent_report(&sample));
    let notice: Notice = from_plain(&unhex(&frozen["sign_off"]["notice"])).expect("a notice");
    assert!(notice.is_signed(COMMUNE, &public));
    let read = SignOff::read(&notice).expect("in order");
    assert_eq!(read, statement(&sample));
    assert!(read.changed_since(&sample.fingerprints()).is_empty());
    let read: ExchangeRequest = from_plain(&unhex(&frozen["request"]["body"])).expect("a request");
    assert_eq!(read, request(&sample));
    let read: ExchangeResponse = from_plain(&unhex(&frozen["response"]["plain"])).expect("an answer");
    assert_eq!(read, response(&sample));
}
