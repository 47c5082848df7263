//! The frozen vectors of version 1: every byte of them is computed again and compared.
//!
//! `SOTHON_BLESS=1` writes the file anew. That is for a new version of the protocol only: the bytes of a
//! released version never change.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use ed25519_dalek::Signer as _;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};
use sync_core::batch::{enrolment_signing_bytes, request_signing_bytes, verify};
use sync_core::chunk;
use sync_core::document::LocalChange;
use sync_core::heads::{Fingerprint, digest};
use sync_core::id::{ChangeHash, DocumentId};
use sync_core::seal::SealedReport;
use sync_core::wire::packed::{
    DICTIONARY, Resolver, pack_request, pack_response, request_sample, response_sample, unpack_request,
    unpack_response,
};
use sync_core::wire::{
    EnrolmentRequest, EnrolmentResponse, ExchangeRequest, ExchangeResponse, from_plain, to_plain,
};

use crate::sample::{
    CODE, COMMUNE, ENTITY_RANDOM, EPHEMERAL_SEED, Fixed, SALT, SEED, Sample, TIME, confidential, contents_of,
    deflated, put_leb128, report,
};

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/wire/vectors/v1.json")
}

pub(crate) fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn unhex(json: &Json) -> Vec<u8> {
    let text = json.as_str().expect("hex");
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex")).collect()
}

/// What both ends know beforehand: the other device's document.
struct Known<'a>(&'a Sample);

impl Resolver for Known<'_> {
    fn document(&self, prefix: &[u8]) -> Option<DocumentId> {
        self.0.other.0.starts_with(prefix).then_some(self.0.other)
    }

    fn change(&self, document: DocumentId, prefix: &[u8]) -> Option<ChangeHash> {
        let known = [self.0.other_genesis.hash, self.0.sides[0].hash];
        known.into_iter().find(|hash| document == self.0.other && hash.0.starts_with(prefix))
    }
}

fn change(change: &LocalChange) -> Json {
    json!({ "chunk": hex(&change.bytes), "hash": hex(change.hash.0) })
}

fn fingerprint(fingerprint: &Fingerprint) -> Json {
    json!({ "document": hex(fingerprint.document.0), "heads": hex(fingerprint.heads.to_be_bytes()) })
}

/// The part of a packed body before its frame.
fn raw_of(packed: &[u8]) -> &[u8] {
    let length_bytes = packed[1..].iter().take_while(|byte| **byte >= 0x80).count() + 1;
    let length =
        packed[1..=length_bytes].iter().rev().fold(0, |sum, byte| sum << 7 | usize::from(byte & 0x7f));
    &packed[1 + length_bytes..1 + length_bytes + length]
}

/// Everything but the packed bodies: a compressor's next version may find other bytes for the same thing.
fn computed(sample: &Sample) -> Json {
    let public = sample.key.verifying_key().to_bytes();
    let signed = |body: &[u8]| {
        let bytes = request_signing_bytes(COMMUNE, body);
        json!({ "body": hex(body), "signing_bytes": hex(&bytes), "signature": hex(sample.key.sign(&bytes).to_bytes()) })
    };
    let header = sample.header();
    let (request, response) = (sample.request(), sample.response());
    let (enrolment, enrolled) = sample.enrolment();
    let proof = enrolment_signing_bytes(CODE, &public);
    let secret = confidential();
    let sealed = report(&sample.person);
    let plain = to_plain(&sealed);
    let mut padded = u32::try_from(plain.len()).expect("short").to_be_bytes().to_vec();
    padded.extend_from_slice(&plain);
    padded.resize(padded.len().next_multiple_of(512), 0);
    let confidential_public = secret.public().expect("a key");
    let envelope = sealed
        .seal(&confidential_public, sample.document, &sample.person, &mut Fixed(EPHEMERAL_SEED.to_vec()))
        .expect("short");
    json!({
        "protocol": 1,
        "about": "docs/protocol.md section 16. Byte strings are hexadecimal.",
        "dictionary": { "file": "schemas/wire/dictionary-1.zdict", "bytes": DICTIONARY.len(), "sha256": hex(Sha256::digest(DICTIONARY)) },
        "commune": hex(COMMUNE.0),
        "device": {
            "seed": hex(SEED), "public_key": hex(public), "device": hex(sample.device.0),
            "installation": 1, "actor": hex(sample.device.actor(1).0),
        },
        "entity": { "random": hex(ENTITY_RANDOM.to_le_bytes()), "key": sample.person.as_str() },
        "document": {
            "village": "01", "time": TIME, "salt": SALT, "id": hex(sample.document.0),
            "genesis": change(&sample.genesis), "edit": change(&sample.edit),
            "edit_deflated": hex(deflated(&sample.edit)),
        },
        "other_document": {
            "id": hex(sample.other.0), "genesis": change(&sample.other_genesis),
            "theirs": change(&sample.sides[0]), "ours": change(&sample.sides[1]), "joined": change(&sample.joined),
        },
        "heads": {
            "head_set": hex(sample.heads().to_bytes()),
            "fingerprints": sample.fingerprints().iter().map(fingerprint).collect::<Vec<_>>(),
            "digest": hex(digest(sample.fingerprints())),
        },
        "batch": {
            "number": header.number, "previous": hex(header.previous.0), "signed_at": header.signed_at,
            "signing_bytes": hex(header.signing_bytes(COMMUNE)), "signature": hex(header.sign(COMMUNE, &sample.key)),
            "hash": hex(header.hash(COMMUNE).0),
        },
        "enrolment": {
            "code": CODE, "signing_bytes": hex(&proof), "signature": hex(sample.key.sign(&proof).to_bytes()),
            "request": hex(to_plain(&enrolment)), "response": hex(to_plain(&enrolled)),
        },
        "request": {
            "plain": signed(&to_plain(&request)),
            "packed_raw": hex(raw_of(&pack_request(&request))), "packed_content": hex(request_sample(&request)),
        },
        "repair_request": { "plain": signed(&to_plain(&sample.repair())) },
        "response": {
            "plain": hex(to_plain(&response)),
            "packed_raw": hex(raw_of(&pack_response(&response))), "packed_content": hex(response_sample(&response)),
        },
        "sealed": {
            "private_key": hex(secret.as_bytes()),
            "public_key": hex(confidential_public.0), "key_id": confidential_public.id(),
            "document": hex(sample.document.0), "entry": sample.person.as_str(),
            "info": hex("sothon/sealed/1"), "aad": hex([&sample.document.0[..], sample.person.as_str().as_bytes()].concat()),
            "report": hex(&plain), "plaintext": hex(&padded), "ephemeral_ikm": hex(EPHEMERAL_SEED),
            "envelope": hex(envelope),
        },
    })
}

#[test]
fn version_1_is_written_as_it_was_frozen() {
    let sample = Sample::new();
    let computed = computed(&sample);
    if std::env::var_os("SOTHON_BLESS").is_some_and(|value| value == "1") {
        let mut blessed = computed.clone();
        let (request, response) = (pack_request(&sample.request()), pack_response(&sample.response()));
        let bytes = request_signing_bytes(COMMUNE, &request);
        blessed["request"]["packed"] = json!({
            "body": hex(&request), "signing_bytes": hex(&bytes), "signature": hex(sample.key.sign(&bytes).to_bytes()),
        });
        blessed["response"]["packed"] = hex(&response).into();
        fs::create_dir_all(file().parent().expect("in a folder")).expect("a folder");
        fs::write(file(), serde_json::to_string_pretty(&blessed).expect("JSON") + "\n").expect("written");
    }
    let text = fs::read_to_string(file()).expect("schemas/wire/vectors/v1.json is part of the repository");
    let mut frozen: Json = serde_json::from_str(&text).expect("JSON");
    for message in ["request", "response"] {
        frozen[message].as_object_mut().expect("a message").shift_remove("packed");
    }
    let members = |json: &Json| json.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    assert_eq!(members(&computed), members(&frozen));
    for name in members(&frozen) {
        assert_eq!(computed[&name], frozen[&name], "vector {name}");
    }
}

#[test]
fn version_1_is_read_as_it_was_frozen() {
    let sample = Sample::new();
    let text = fs::read_to_string(file()).expect("schemas/wire/vectors/v1.json is part of the repository");
    let frozen: Json = serde_json::from_str(&text).expect("JSON");
    let (request, response) = (sample.request(), sample.response());
    let plain = unhex(&frozen["request"]["plain"]["body"]);
    assert_eq!(from_plain::<ExchangeRequest>(&plain), Ok(request.clone()));
    assert_eq!(from_plain::<ExchangeResponse>(&unhex(&frozen["response"]["plain"])), Ok(response.clone()));
    let (enrolment, enrolled) = sample.enrolment();
    assert_eq!(from_plain::<EnrolmentRequest>(&unhex(&frozen["enrolment"]["request"])), Ok(enrolment));
    assert_eq!(from_plain::<EnrolmentResponse>(&unhex(&frozen["enrolment"]["response"])), Ok(enrolled));

    let packed = unhex(&frozen["request"]["packed"]["body"]);
    assert_eq!(unpack_request(&packed, &Known(&sample)), Ok(request));
    let answer = unhex(&frozen["response"]["packed"]);
    assert_eq!(unpack_response(&answer, &Known(&sample)), Ok(response));
    let public = sample.key.verifying_key().to_bytes();
    for message in ["plain", "packed"] {
        let of = |name: &str| unhex(&frozen["request"][message][name]);
        let signature = of("signature").try_into().expect("64 bytes");
        assert_eq!(of("signing_bytes"), request_signing_bytes(COMMUNE, &of("body")));
        assert!(verify(&public, &of("signing_bytes"), &signature), "{message}");
    }

    let envelope = unhex(&frozen["sealed"]["envelope"]);
    let opened =
        SealedReport::open(&envelope, &confidential(), sample.document, &sample.person).expect("our key");
    assert!(opened == report(&sample.person));
}

/// The algorithm of docs/protocol.md section 4.3.
fn inflated(chunk: &[u8]) -> Vec<u8> {
    if chunk[8] == 1 {
        return chunk.to_vec();
    }
    assert_eq!(chunk[8], 2);
    let mut contents = Vec::new();
    flate2::read::DeflateDecoder::new(contents_of(chunk)).read_to_end(&mut contents).expect("DEFLATE");
    let mut plain = chunk[..8].to_vec();
    plain.push(1);
    put_leb128(&mut plain, contents.len());
    plain.extend_from_slice(&contents);
    plain
}

#[test]
fn deflated_chunk_becomes_plain_by_the_documented_algorithm() {
    let sample = Sample::new();
    assert_eq!(chunk::open(&deflated(&sample.edit)), Err(chunk::ChunkError::Compressed));
    assert_eq!(inflated(&deflated(&sample.edit)), sample.edit.bytes);
    for made in [&sample.genesis, &sample.edit, &sample.joined] {
        let mut change = automerge::Change::try_from(made.bytes.as_slice()).expect("a change");
        let by_library = change.bytes().into_owned();
        assert_eq!(by_library[8] == 2, made.bytes.len() - 8 > 256 + 3, "the library deflates what is longer");
        assert_eq!(inflated(&by_library), made.bytes);
    }
}

#[test]
fn page_whose_shortened_hashes_fit_other_changes_is_not_taken() {
    struct Wrong<'a>(&'a Sample);
    impl Resolver for Wrong<'_> {
        fn document(&self, _: &[u8]) -> Option<DocumentId> {
            None
        }
        fn change(&self, _: DocumentId, prefix: &[u8]) -> Option<ChangeHash> {
            let mut hash = [0xee; 32];
            hash[..prefix.len()].copy_from_slice(prefix);
            assert_ne!(hash, self.0.other_genesis.hash.0);
            Some(ChangeHash(hash))
        }
    }
    let sample = Sample::new();
    let mut response = sample.response();
    // Only a change built on one that the device is taken to have: its dependency travels shortened.
    response.page[0].changes.remove(0);
    let packed = pack_response(&response);
    assert_eq!(unpack_response(&packed, &Known(&sample)), Ok(response));
    assert_eq!(unpack_response(&packed, &Wrong(&sample)), Err(sync_core::wire::WireError::Unresolved));
}
