//! The CDDL: every message the code writes fits it, and a message altered in any member does not.

use std::fs;
use std::path::Path;

use cddl_cat::validate_cbor_bytes;
use minicbor::data::Type;
use minicbor::{Decoder, Encoder};
use sync_core::letter::{LetterContents, SealedLetter};
use sync_core::notice::{Notice, SealedUrgent, SignOff, UrgentReport};
use sync_core::wire::packed::{pack_request, pack_response};
use sync_core::wire::{
    CommuneInfo, Cursor, DocumentChanges, EnrolmentRequest, EnrolmentResponse, ExchangeRequest,
    ExchangeResponse, LetterAnswer, ReviewRound, WireError, from_plain, to_plain,
};

use crate::sample::{Sample, report};
use crate::{notices, reminders};

fn cddl() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/wire/exchange.cddl");
    fs::read_to_string(file).expect("the CDDL is part of the repository")
}

/// Every message, by the CDDL's name of it.
fn messages() -> Vec<(&'static str, Vec<u8>)> {
    let sample = Sample::new();
    let (enrolment, enrolled) = sample.enrolment();
    let bare = ExchangeRequest {
        cursor: Cursor::default(),
        batches: Vec::new(),
        page_bytes: None,
        ..sample.request()
    };
    let quiet = ExchangeResponse {
        receipts: Vec::new(),
        refusals: Vec::new(),
        page: Vec::new(),
        digest: None,
        commune: None,
        warnings: Vec::new(),
        wanted: vec![sample.document],
        ..sample.response()
    };
    let whole = ExchangeResponse {
        page: vec![DocumentChanges { complete: true, ..sample.response().page[0].clone() }],
        more: true,
        ..sample.response()
    };
    vec![
        ("enrolment-request", to_plain(&enrolment)),
        ("enrolment-response", to_plain(&enrolled)),
        ("exchange-request", to_plain(&sample.request())),
        ("exchange-request", to_plain(&sample.repair())),
        ("exchange-request", to_plain(&bare)),
        ("exchange-response", to_plain(&sample.response())),
        ("exchange-response", to_plain(&quiet)),
        ("exchange-response", to_plain(&whole)),
        ("exchange-request", to_plain(&notices::request(&sample))),
        ("exchange-response", to_plain(&notices::response(&sample))),
        ("commune-info", to_plain(&notices::commune(&sample))),
        ("commune-info", to_plain(&reminders::commune(&sample))),
        ("review-round", to_plain(&notices::commune(&sample).rounds.expect("one is open")[0])),
        ("notice", to_plain(&notices::urgent(&sample))),
        ("notice", to_plain(&notices::sign_off(&sample))),
        ("sealed-urgent", notices::urgent(&sample).body.to_vec()),
        ("urgent-report", to_plain(&notices::urgent_report(&sample))),
        ("sign-off", to_plain(&notices::statement(&sample))),
        ("letter", notices::sealed_letter(&sample)),
        ("letter-contents", to_plain(&notices::letter_contents(&sample))),
        ("letter-answer", to_plain(&notices::letter_answer(&sample))),
        ("sealed-report", to_plain(&report(&sample.person))),
    ]
}

fn decodes(name: &str, bytes: &[u8]) -> bool {
    match name {
        "enrolment-request" => from_plain::<EnrolmentRequest>(bytes).is_ok(),
        "enrolment-response" => from_plain::<EnrolmentResponse>(bytes).is_ok(),
        "exchange-request" => from_plain::<ExchangeRequest>(bytes).is_ok(),
        "exchange-response" => from_plain::<ExchangeResponse>(bytes).is_ok(),
        "commune-info" => from_plain::<CommuneInfo>(bytes).is_ok(),
        "review-round" => from_plain::<ReviewRound>(bytes).is_ok(),
        "notice" => from_plain::<Notice>(bytes).is_ok(),
        "sealed-urgent" => from_plain::<SealedUrgent>(bytes).is_ok(),
        "urgent-report" => from_plain::<UrgentReport>(bytes).is_ok(),
        "sign-off" => from_plain::<SignOff>(bytes).is_ok(),
        "letter" => from_plain::<SealedLetter>(bytes).is_ok(),
        "letter-contents" => from_plain::<LetterContents>(bytes).is_ok(),
        "letter-answer" => from_plain::<LetterAnswer>(bytes).is_ok(),
        _ => from_plain::<sync_core::seal::SealedReport>(bytes).is_ok(),
    }
}

/// The members of the map that is the whole message: key and encoded value.
fn members(bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let mut decoder = Decoder::new(bytes);
    let count = decoder.map().expect("a map").expect("of definite length");
    (0..count)
        .map(|_| {
            let key = decoder.u64().expect("an integer key");
            let start = decoder.position();
            decoder.skip().expect("a value");
            (key, bytes[start..decoder.position()].to_vec())
        })
        .collect()
}

fn message(members: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    encoder.map(members.len() as u64).expect("in memory");
    let mut bytes = encoder.into_writer();
    for (key, value) in members {
        bytes.extend(minicbor::to_vec(key).expect("in memory"));
        bytes.extend_from_slice(value);
    }
    bytes
}

/// A value of another type than this one.
fn of_another_type(value: &[u8]) -> Vec<u8> {
    match Decoder::new(value).datatype().expect("a value") {
        Type::String => minicbor::to_vec(7u8).expect("in memory"),
        _ => minicbor::to_vec("7").expect("in memory"),
    }
}

/// Members that may be absent, by message.
fn is_optional(name: &str, key: u64) -> bool {
    matches!(
        (name, key),
        ("exchange-request", 6 | 7 | 10 | 11)
            | ("exchange-response", 10 | 12 | 14..=16)
            | ("commune-info", 6..=10)
            | ("urgent-report", 2 | 3)
            | ("sealed-report", 3..=5)
    )
}

/// Byte strings of no fixed length, by message.
fn is_of_any_length(name: &str, key: u64) -> bool {
    matches!(
        (name, key),
        ("notice", 4) | ("sealed-urgent", 2) | ("sign-off", 5) | ("letter", 3) | ("letter-contents", 1)
    )
}

#[test]
fn every_message_fits_the_cddl() {
    let cddl = cddl();
    for (name, bytes) in messages() {
        validate_cbor_bytes(name, &cddl, &bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(decodes(name, &bytes), "{name}");
    }
}

#[test]
fn altered_message_fits_neither_the_cddl_nor_the_types() {
    let cddl = cddl();
    for (name, bytes) in messages() {
        let whole = members(&bytes);
        for (index, (key, value)) in whole.iter().enumerate() {
            let mut other = whole.clone();
            other[index].1 = of_another_type(value);
            let other = message(&other);
            assert!(validate_cbor_bytes(name, &cddl, &other).is_err(), "{name} member {key} of another type");
            assert!(!decodes(name, &other), "{name} member {key} of another type");

            let mut less = whole.clone();
            less.remove(index);
            let less = message(&less);
            assert_eq!(
                validate_cbor_bytes(name, &cddl, &less).is_ok(),
                is_optional(name, *key),
                "{name} without {key}"
            );
            assert_eq!(decodes(name, &less), is_optional(name, *key), "{name} without {key}");
        }
    }
}

#[test]
fn byte_strings_of_another_length_fit_neither() {
    let cddl = cddl();
    for (name, bytes) in messages() {
        let whole = members(&bytes);
        for (index, (key, value)) in whole.iter().enumerate() {
            let Ok(content) = Decoder::new(value).bytes() else { continue };
            if is_of_any_length(name, *key) {
                continue;
            }
            let mut other = whole.clone();
            other[index].1 =
                minicbor::to_vec(minicbor::bytes::ByteVec::from(content[1..].to_vec())).expect("in memory");
            let other = message(&other);
            assert!(validate_cbor_bytes(name, &cddl, &other).is_err(), "{name} member {key} a byte short");
            assert!(!decodes(name, &other), "{name} member {key} a byte short");
        }
    }
}

#[test]
fn unknown_members_are_ignored() {
    let cddl = cddl();
    for (name, bytes) in messages() {
        let mut more = members(&bytes);
        more.push((4_000, minicbor::to_vec(vec!["later"]).expect("in memory")));
        let more = message(&more);
        validate_cbor_bytes(name, &cddl, &more).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(decodes(name, &more), "{name}");
    }
}

#[test]
fn message_cut_short_or_followed_by_anything_is_refused() {
    for (name, bytes) in messages() {
        for length in 0..bytes.len() {
            assert!(!decodes(name, &bytes[..length]), "{name} cut to {length}");
        }
        assert_eq!(
            from_plain::<ExchangeRequest>(&[bytes.as_slice(), &[0]].concat()),
            Err(WireError::Malformed),
            "{name}"
        );
    }
}

#[test]
fn shortened_names_save_what_the_document_says() {
    let sample = Sample::new();
    assert!(pack_request(&sample.request()).len() < to_plain(&sample.request()).len() * 2 / 3);
    assert!(pack_response(&sample.response()).len() < to_plain(&sample.response()).len() * 2 / 3);
}
