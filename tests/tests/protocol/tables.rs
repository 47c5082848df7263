//! The tables of `docs/protocol.md`: read from the text and held against the code.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use server::problem::{Code, Remedy};
use sync_core::document::{Container, Refusal};
use sync_core::notice::{NoticeRefusal, URGENT_KINDS};
use sync_core::wire::packed::DICTIONARY;
use sync_core::wire::{CODE_RELEASED, MEDIA_PACKED, MEDIA_PLAIN, PROTOCOL_VERSIONS, WARNING_CLOCK_OFF};

fn text() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/protocol.md");
    fs::read_to_string(file).expect("the document is part of the repository")
}

/// The cells of every row of the first table after a heading, by the first cell, without back quotes.
fn table(heading: &str) -> BTreeMap<String, Vec<String>> {
    let text = text();
    let (_, after) =
        text.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no heading {heading}"));
    let rows =
        after.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    rows.skip(2)
        .map(|row| {
            let cells: Vec<String> = row
                .trim_matches('|')
                .split('|')
                .map(|cell| cell.trim().trim_matches('`').to_owned())
                .collect();
            (cells[0].clone(), cells)
        })
        .collect()
}

/// Names and values of the constants in a source file, as numbers.
fn constants(source: &str) -> BTreeMap<String, u64> {
    let value = |expression: &str| {
        expression.split('*').map(|factor| factor.trim().replace('_', "")).try_fold(
            1u64,
            |product, factor| {
                let (whole, less) = match factor.split_once('-') {
                    Some((whole, less)) => (whole.trim().to_owned(), less.trim().parse().ok()?),
                    None => (factor, 0),
                };
                let (whole, more) = match whole.split_once('+') {
                    Some((whole, more)) => (whole.trim().to_owned(), more.trim().parse().ok()?),
                    None => (whole, 0),
                };
                Some(product * whole.parse::<u64>().ok()? + more - less)
            },
        )
    };
    source
        .lines()
        .filter_map(|line| line.strip_prefix("pub const "))
        .map(|line| {
            let (name, rest) = line.split_once(':').expect("a constant has a type");
            let (_, expression) = rest.split_once('=').expect("a constant has a value");
            let expression = expression.trim().trim_end_matches(';');
            (name.to_owned(), value(expression).unwrap_or_else(|| panic!("{name} = {expression}")))
        })
        .collect()
}

#[test]
fn every_limit_stands_in_the_document_with_its_value() {
    let code = constants(include_str!("../../../sync-core/src/limits.rs"));
    assert_eq!(code["CHANGE_BYTES_MAX"], sync_core::limits::CHANGE_BYTES_MAX as u64);
    assert_eq!(code["ENVELOPE_BYTES_MAX"], sync_core::limits::ENVELOPE_BYTES_MAX as u64);
    assert_eq!(code["SEALED_REPORT_BYTES_MAX"], sync_core::limits::SEALED_REPORT_BYTES_MAX as u64);
    let document: BTreeMap<String, u64> = table("### 14.1 Limits of messages and documents")
        .into_iter()
        .map(|(name, cells)| (name, cells[1].replace(' ', "").parse().expect("a number")))
        .collect();
    assert_eq!(document, code);
}

#[test]
fn every_problem_stands_in_the_document_with_its_status_and_remedy() {
    let document = table("### 13.1 Problems");
    assert_eq!(document.len(), Code::ALL.len());
    for code in Code::ALL {
        let row = document.get(code.code()).unwrap_or_else(|| panic!("{} is missing", code.code()));
        let remedy = match code.remedy() {
            Remedy::TryAgain => "try again",
            Remedy::Enrol => "enrol",
            Remedy::Update => "update",
            Remedy::ChangeRequest => "change the request",
            Remedy::CallOffice => "call the office",
        };
        assert_eq!(
            (row[1].as_str(), row[2].as_str()),
            (code.status().to_string().as_str(), remedy),
            "{}",
            code.code()
        );
        assert!(row[3].starts_with(code.title()), "{}: {}", code.code(), code.title());
        assert!(row[4].len() > 10, "{} lacks a next step", code.code());
    }
}

#[test]
fn every_refusal_stands_in_the_document() {
    let document = table("### 13.2 Refusals of a change");
    assert_eq!(document.len(), Refusal::ALL.len());
    for refusal in Refusal::ALL {
        let row = document.get(refusal.code()).unwrap_or_else(|| panic!("{} is missing", refusal.code()));
        assert_eq!(row[1] == "yes", refusal.may_pass_later(), "{}", refusal.code());
    }
}

#[test]
fn every_refusal_of_a_notice_stands_in_the_document() {
    let document = table("### 13.4 Refusals of a notice");
    assert_eq!(document.len(), NoticeRefusal::ALL.len());
    for refusal in NoticeRefusal::ALL {
        let row = document.get(refusal.code()).unwrap_or_else(|| panic!("{} is missing", refusal.code()));
        assert_eq!(row[1] == "yes", refusal.may_pass_later(), "{}", refusal.code());
        assert_eq!(NoticeRefusal::of(refusal.code()), Some(refusal));
    }
}

#[test]
fn kinds_of_urgent_report_stand_in_the_document() {
    let cell = &table("#### urgent-report")["1"][2];
    let words = cell.split(|c: char| !c.is_ascii_lowercase()).filter(|word| !word.is_empty());
    let kinds: Vec<&str> = words.filter(|word| !["text", "or"].contains(word)).collect();
    assert_eq!(kinds, URGENT_KINDS);
}

#[test]
fn names_that_both_ends_must_spell_alike_stand_in_the_document() {
    let text = text();
    let dictionary: String = {
        use sha2::Digest as _;
        sha2::Sha256::digest(DICTIONARY).iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let domains = [
        "sothon/batch/1\\n",
        "sothon/request/1\\n",
        "sothon/enrol/1\\n",
        "sothon/notice/1\\n",
        "sothon/sealed/1",
        "sothon/urgent/1",
        "sothon/letter/1",
    ];
    let names =
        [MEDIA_PLAIN, MEDIA_PACKED, CODE_RELEASED, WARNING_CLOCK_OFF, &dictionary, "Sothon-Signature"];
    for name in domains.into_iter().chain(names).chain(Container::ALL.map(Container::key)) {
        assert!(text.contains(name), "{name} is missing");
    }
    let versions = table("## 15. Versions and changes");
    let documented: Vec<u32> = versions.keys().map(|version| version.parse().expect("a number")).collect();
    assert_eq!(documented, PROTOCOL_VERSIONS.collect::<Vec<_>>());
}

/// The members of each map as the CDDL numbers them.
fn keys_in_cddl() -> BTreeMap<String, Vec<u64>> {
    let mut maps: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let mut map = String::new();
    for line in include_str!("../../../schemas/wire/exchange.cddl").lines() {
        if let Some(name) = line.strip_suffix(" = {") {
            map = name.to_owned();
        }
        let key: Option<u64> =
            line.trim().trim_start_matches("? ").split(':').next().and_then(|key| key.parse().ok());
        maps.entry(map.clone()).or_default().extend(key);
    }
    maps
}

#[test]
fn documents_key_numbers_are_those_of_the_cddl() {
    let cddl = keys_in_cddl();
    for (map, heading) in [
        ("enrolment-request", "#### enrolment-request"),
        ("enrolment-response", "#### enrolment-response"),
        ("exchange-request", "#### exchange-request"),
        ("exchange-response", "#### exchange-response"),
        ("batch", "#### batch"),
        ("cursor", "#### cursor"),
        ("document-changes", "#### document-changes"),
        ("grants", "#### grants"),
        ("commune-info", "#### commune-info"),
        ("sealed-report", "#### sealed-report"),
        ("review-round", "#### review-round"),
        ("notice", "#### notice"),
        ("sealed-urgent", "#### sealed-urgent"),
        ("urgent-report", "#### urgent-report"),
        ("sign-off", "#### sign-off"),
        ("letter", "#### letter"),
        ("letter-contents", "#### letter-contents"),
        ("letter-answer", "#### letter-answer"),
    ] {
        let mut documented: Vec<u64> =
            table(heading).keys().map(|key| key.parse().expect("a number")).collect();
        documented.sort_unstable();
        assert_eq!(documented, cddl[map], "{map}");
    }
}

#[test]
fn limits_of_the_line_stand_in_the_document() {
    use server::http::limits;
    let seconds = [
        ("HANDSHAKE_TIME_MAX", limits::HANDSHAKE_TIME_MAX),
        ("HEADER_READ_TIME_MAX", limits::HEADER_READ_TIME_MAX),
        ("BODY_READ_TIME_MAX", limits::BODY_READ_TIME_MAX),
        ("CONNECTION_IDLE_MAX", limits::CONNECTION_IDLE_MAX),
        ("CONNECTION_TIME_MAX", limits::CONNECTION_TIME_MAX),
        ("WORK_WAIT_MAX", limits::WORK_WAIT_MAX),
        ("WORK_TIME_MAX", limits::WORK_TIME_MAX),
    ]
    .map(|(name, time)| (name, time.as_secs()));
    let counts = [
        ("ENROLMENT_BYTES_MAX", limits::ENROLMENT_BYTES_MAX as u64),
        ("HEADER_BYTES_MAX", limits::HEADER_BYTES_MAX as u64),
        ("HEADER_FIELDS_MAX", limits::HEADER_FIELDS_MAX as u64),
        ("STREAMS_MAX", u64::from(limits::STREAMS_MAX)),
    ];
    let document: BTreeMap<String, u64> = table("### 14.2 Limits of the line")
        .into_iter()
        .map(|(name, cells)| (name, cells[1].parse().expect("a number")))
        .collect();
    let code: BTreeMap<String, u64> =
        seconds.into_iter().chain(counts).map(|(name, value)| (name.to_owned(), value)).collect();
    assert_eq!(document, code);
}
