//! Changes that are none, come from elsewhere, or break the CRDT library.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::Automerge;
use serde_json::json;
use sha2::{Digest, Sha256};
use sothon_tests::world::hostile::{Craft, mutant};
use sothon_tests::world::{CLOCK_START, Phone, new_household};
use sync_core::chunk;
use sync_core::device::{ChangeState, Encoding};
use sync_core::document::{Container, Household, examine};
use sync_core::id::DocumentId;

use super::bench::Bench;

fn leb128(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 127 {
        bytes.push(u8::try_from(value & 127).unwrap() | 128);
        value >>= 7;
    }
    bytes.push(u8::try_from(value).unwrap());
    bytes
}

/// A chunk of any type with the right checksum.
fn chunk_of_type(kind: u8, body: &[u8]) -> Vec<u8> {
    let hashed = [vec![kind], leb128(body.len() as u64), body.to_vec()].concat();
    [&[0x85, 0x6f, 0x4a, 0x83], &Sha256::digest(&hashed)[..4], &hashed].concat()
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A sound change of the bench with other column data.
fn with_columns(bench: &Bench, rest: &[u8]) -> Vec<u8> {
    let (_, bytes) = bench.craft().put("note", "x").close();
    let (_, mut opened) = chunk::open(&bytes).unwrap();
    opened.rest = rest;
    opened.close().1
}

#[test]
fn bytes_that_are_no_change_are_refused() {
    let mut bench = Bench::new();
    bench.refuses(b"not a change".to_vec(), "change_malformed");
    bench.refuses(Vec::new(), "change_malformed");
    bench.refuses(vec![0; 60_000], "change_malformed");
}

#[test]
fn a_change_cut_short_or_with_a_wrong_checksum_is_refused() {
    let mut bench = Bench::new();
    let (_, sound) = bench.craft().put("note", "x").close();
    bench.refuses(sound[..sound.len() - 3].to_vec(), "change_malformed");
    let mut altered = sound.clone();
    *altered.last_mut().unwrap() ^= 1;
    bench.refuses(altered, "change_malformed");
    bench.refuses([sound, vec![0; 4]].concat(), "change_malformed");
}

#[test]
fn a_compressed_chunk_is_refused_without_being_inflated() {
    let mut bench = Bench::new();
    let bomb = deflated(&vec![0; 40_000_000]);
    bench.refuses(chunk_of_type(2, &bomb), "change_compressed");
    let (_, sound) = bench.craft().put("note", "x").close();
    bench.refuses(chunk_of_type(2, &deflated(&sound[11..])), "change_compressed");
}

#[test]
fn a_document_or_bundle_chunk_is_refused() {
    let mut bench = Bench::new();
    let changes = bench.standing();
    let mut doc = Automerge::new();
    doc.apply_changes(changes.iter().map(|bytes| automerge::Change::try_from(bytes.as_slice()).unwrap()))
        .unwrap();
    bench.refuses(doc.save(), "change_compressed");
    bench.refuses(doc.save_nocompress(), "change_compressed");
    bench.refuses(chunk_of_type(3, &[0; 40]), "change_compressed");
}

#[test]
fn a_compressed_column_is_refused() {
    let mut bench = Bench::new();
    let column = deflated(&[0; 1_000_000]);
    let rest = [vec![1, 0x42 | 0b1000], leb128(column.len() as u64), column].concat();
    let bytes = with_columns(&bench, &rest);
    bench.refuses(bytes, "change_compressed");
}

#[test]
fn a_run_of_a_trillion_operations_is_refused_without_being_unrolled() {
    let mut bench = Bench::new();
    // Signed LEB128 of 2^40, then the value that is repeated; then a null run and a boolean run as long.
    let run = [0x80, 0x80, 0x80, 0x80, 0x80, 0x20];
    for (spec, column) in
        [(0x42, [&run[..], &[1]].concat()), (0x42, [&[0][..], &run].concat()), (0x34, run.to_vec())]
    {
        let rest = [vec![1, spec], leb128(column.len() as u64), column].concat();
        let bytes = with_columns(&bench, &rest);
        bench.refuses(bytes, "change_too_large");
    }
    let literal = [0x80, 0x80, 0x80, 0x80, 0x80, 0x60];
    let rest = [vec![1, 0x42], leb128(6), literal.to_vec()].concat();
    let bytes = with_columns(&bench, &rest);
    bench.refuses(bytes, "change_too_large");
}

#[test]
fn a_change_larger_than_the_limit_is_refused() {
    let mut bench = Bench::new();
    let body = vec![0; sync_core::limits::CHANGE_BYTES_MAX];
    bench.refuses(chunk_of_type(1, &body), "change_too_large");
}

#[test]
fn another_devices_actor_is_refused() {
    let mut bench = Bench::new();
    let changes = bench.standing();
    let (_, forged) = Craft::next(bench.other.state().actor(), &changes).put("note", "forged").close();
    bench.refuses(forged, "actor_not_of_device");
    let changes = bench.standing();
    let (_, nobodys) = Craft::next(sync_core::id::ActorId([9; 16]), &changes).put("note", "forged").close();
    bench.refuses(nobodys, "actor_not_of_device");
}

#[test]
fn a_change_by_another_device_that_is_in_the_log_already_is_no_matter() {
    let bench = Bench::new();
    let theirs = bench.phone.changes(bench.document).remove(0);
    let batch =
        bench.other.batch(1, sync_core::id::BatchHash([0; 32]), &[(bench.document, theirs)], CLOCK_START);
    let request = bench.other.request(vec![batch.clone()], CLOCK_START);
    assert_eq!(bench.other.say(&bench.site, &request, CLOCK_START).unwrap().refusals, Vec::new());
}

#[test]
fn a_missing_dependency_holds_a_change_until_it_arrives() {
    let mut bench = Bench::new();
    let changes = bench.standing();
    let actor = bench.phone.device().actor(77);
    let (first_hash, first) = Craft::next(actor, &changes).put("note", "1").close();
    let mut all = [changes, vec![first.clone()]].concat();
    let mut chain = vec![first];
    for step in 2..12 {
        let (_, bytes) = Craft::next(actor, &all).put(&format!("field_{step}"), "x").close();
        all.push(bytes.clone());
        chain.push(bytes);
    }
    // The whole chain arrives backwards, each change in a batch of its own.
    let mut hashes = Vec::new();
    for bytes in chain.iter().skip(1).rev() {
        let hash = bench.phone.record_raw(bench.document, bytes.clone());
        let summary = bench.phone.sync(&bench.site, Encoding::Plain, CLOCK_START).unwrap();
        assert_eq!(summary.total.refused, 1);
        bench.is_refused(hash, bytes, "dependency_missing");
        hashes.push(hash);
    }
    bench.record_honest();
    bench.phone.record_raw(bench.document, chain[0].clone());
    let summary = bench.phone.sync(&bench.site, Encoding::Plain, CLOCK_START).unwrap();
    assert_eq!((summary.total.refused, summary.agrees), (0, true));
    for hash in hashes.into_iter().chain([first_hash]) {
        assert!(bench.logged(hash));
        assert_eq!(bench.phone.state_of(hash), Some(ChangeState::Acknowledged));
    }
    assert_eq!(bench.site.office().quarantine().unwrap(), Vec::new());
    bench.everything_works();
}

#[test]
fn an_unknown_document_holds_a_change_until_its_first_arrives() {
    let mut bench = Bench::new();
    let actor = bench.phone.device().actor(5);
    let (household, genesis) = Household::create(actor, "01", CLOCK_START, 9);
    let (_, later) = Craft::next(actor, std::slice::from_ref(&genesis.bytes)).put("note", "x").close();
    bench.phone.record_raw(household.id(), genesis.bytes);
    let hash = bench.phone.record_raw(household.id(), later.clone());
    let state = bench.phone.state();
    let batch =
        bench.phone.batch(state.chain_number + 1, state.chain_hash, &[(household.id(), later)], CLOCK_START);
    let request = bench.phone.request(vec![batch], CLOCK_START);
    let answer = bench.phone.say(&bench.site, &request, CLOCK_START).unwrap();
    assert_eq!(
        answer.refusals.iter().map(|note| note.code.as_str()).collect::<Vec<_>>(),
        ["document_unknown"]
    );
    assert_eq!(bench.quarantined(hash).map(|(code, _)| code).as_deref(), Some("document_unknown"));
    // Both are told again, in one batch, after the number was found used: the quarantine lets go.
    bench.phone.sync(&bench.site, Encoding::Plain, CLOCK_START).unwrap();
    assert_eq!(bench.site.office().quarantine().unwrap(), Vec::new());
    assert_eq!(bench.phone.state_of(hash), Some(ChangeState::Acknowledged));
    assert!(bench.logged(hash));
    bench.everything_works();
}

#[test]
fn a_first_change_that_does_not_name_its_document_is_refused() {
    let mut bench = Bench::new();
    let (_, genesis) = Household::create(bench.phone.state().actor(), "01", CLOCK_START, 9);
    bench.refuses_of(DocumentId([7; 16]), genesis.bytes, "document_mismatch");
}

#[test]
fn a_second_first_change_in_a_known_document_is_refused() {
    let mut bench = Bench::new();
    let (_, genesis) = Household::create(bench.phone.device().actor(8), "01", CLOCK_START, 9);
    bench.refuses(genesis.bytes, "operation_not_allowed");
}

#[test]
fn a_first_change_that_does_more_or_less_than_a_first_change_is_refused() {
    let mut bench = Bench::new();
    let (_, genesis) = Household::create(bench.phone.device().actor(8), "01", CLOCK_START, 9);
    let sound = Craft::next(bench.phone.device().actor(8), std::slice::from_ref(&genesis.bytes));
    let expanded = automerge::Change::try_from(genesis.bytes.as_slice()).unwrap().decode();
    type Alter = fn(&mut automerge::ExpandedChange);
    let alterations: [Alter; 3] = [
        |change| drop(change.operations.pop()),
        |change| change.operations.push(change.operations[0].clone()),
        |change| change.operations[0].action = automerge::legacy::OpType::Delete,
    ];
    for alter in alterations {
        let mut craft = sound.clone();
        craft.change = expanded.clone();
        alter(&mut craft.change);
        let (hash, bytes) = craft.close();
        bench.refuses_of(DocumentId::of_genesis(&hash), bytes, "operation_not_allowed");
    }
}

#[test]
fn a_village_outside_the_grant_is_held_and_released_by_the_grant() {
    let mut bench = Bench::new();
    bench.record_honest();
    // The office takes village 01 away and gives 02, while the phone is out in 01 and knows nothing of it.
    let device = bench.phone.device();
    bench.site.office().grant(None, device, &["02".to_owned()], CLOCK_START).unwrap();
    let entry = json!({ "entry": 1, "household": { "note": "GIẢ LẬP" } });
    bench.phone.record(Some(bench.document), entry, CLOCK_START, &mut bench.dice);
    let held: Vec<_> = bench.phone.own_changes().filter(|(_, state)| *state == ChangeState::Unsent).collect();
    let summary = bench.phone.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap();
    assert_eq!(summary.total.refused, held.len());
    assert_eq!(bench.site.office().quarantine().unwrap().len(), held.len());
    for (hash, _) in &held {
        let code = bench.quarantined(*hash).unwrap().0;
        assert!(["village_not_granted", "document_unknown"].contains(&code.as_str()), "{code}");
        assert_eq!(bench.phone.state_of(*hash), Some(ChangeState::Refused));
    }
    // In its new village it works.
    let entry = new_household(&mut bench.dice, "02");
    bench.phone.record(None, entry, CLOCK_START, &mut bench.dice);
    assert_eq!(bench.phone.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap().total.refused, 0);
    let released =
        bench.site.office().grant(None, device, &["01".to_owned(), "02".to_owned()], CLOCK_START).unwrap();
    assert_eq!(released, held.len());
    assert!(bench.phone.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap().agrees);
    for (hash, _) in &held {
        assert!(bench.logged(*hash));
        assert_eq!(bench.phone.state_of(*hash), Some(ChangeState::Acknowledged));
    }
    bench.everything_works();
}

#[test]
fn a_village_that_does_not_exist_is_held() {
    let mut bench = Bench::new();
    let (household, genesis) = Household::create(bench.phone.state().actor(), "99", CLOCK_START, 9);
    bench.refuses_of(household.id(), genesis.bytes, "village_not_granted");
}

/// Found by mutation, kept as they were found: each is a change of the document below that the library
/// parses, and that panics it or leaves a document that no longer loads.
mod fixtures {
    include!("fixtures.in");
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|n| u8::from_str_radix(&text[2 * n..2 * n + 2], 16).unwrap()).collect()
}

#[test]
fn changes_that_panic_the_library_or_brick_the_document_are_refused() {
    std::panic::set_hook(Box::new(|_| {}));
    let mut bench = Bench::new();
    let mut phone = Phone::enrol_with_key(&bench.site, &fixtures::KEY, "fixed", &["01"], CLOCK_START);
    let (household, _) = Household::create(phone.state().actor(), "01", CLOCK_START, 1);
    let base: Vec<Vec<u8>> = fixtures::BASE.iter().map(|text| unhex(text)).collect();
    assert_eq!(DocumentId::of_genesis(&chunk::open(&base[0]).unwrap().0), household.id());
    for bytes in &base {
        phone.record_raw(household.id(), bytes.clone());
    }
    assert_eq!(phone.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap().total.refused, 0);
    for (number, text) in fixtures::HARMFUL.iter().enumerate() {
        let bytes = unhex(text);
        let harms = catch_unwind(AssertUnwindSafe(|| breaks(&base, &bytes))).unwrap_or(true);
        assert!(harms, "fixture {number} does no harm any more: the library has changed");
        let hash = phone.record_raw(household.id(), bytes.clone());
        let summary = phone.sync(&bench.site, Encoding::Plain, CLOCK_START).unwrap();
        assert_eq!((summary.total.refused, summary.agrees), (1, true), "fixture {number}");
        assert_eq!(bench.quarantined(hash), Some(("change_unsound".to_owned(), bytes)), "fixture {number}");
        assert_eq!(phone.state_of(hash), Some(ChangeState::Refused));
        assert!(!phone.household(household.id()).view().household.is_empty());
    }
    drop(std::panic::take_hook());
    assert!(bench.phone.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap().agrees);
    bench.everything_works();
}

/// Whether the library, left alone with a change, loses the document.
fn breaks(base: &[Vec<u8>], bytes: &[u8]) -> bool {
    let Ok(change) = automerge::Change::try_from(bytes) else { return false };
    let mut doc = Automerge::new();
    doc.apply_changes(base.iter().map(|bytes| automerge::Change::try_from(bytes.as_slice()).unwrap()))
        .unwrap();
    if doc.apply_changes([change]).is_err() {
        return false;
    }
    let _ = doc.get_changes(&[]);
    let _ = doc.hydrate(None);
    Automerge::load(&doc.save()).is_err()
}

/// How the fixtures were found; it holds the examination against mutants of this document too.
#[test]
fn mutants_of_the_fixtures_document_never_pass_as_harmful() {
    std::panic::set_hook(Box::new(|_| {}));
    let mut dice = sothon_tests::world::Dice::new(7);
    let base: Vec<Vec<u8>> = fixtures::BASE.iter().map(|text| unhex(text)).collect();
    let (id, device) = {
        let (hash, opened) = chunk::open(&base[0]).unwrap();
        (DocumentId::of_genesis(&hash), opened.actor.device())
    };
    let known = Household::load(device.actor(1), &base).unwrap();
    let entry = Craft::next(device.actor(1), &base).entry(Container::Children, "0123456789abc");
    let (_, victim) = entry.put_in(0, "name", "Lò Giả").put_in(0, "sex", "male").put("note", "x").close();
    let mut harmful = 0;
    for _ in 0..2_500 {
        let bytes = mutant(&mut dice, &victim);
        let harms = catch_unwind(AssertUnwindSafe(|| breaks(&base, &bytes))).unwrap_or(true);
        let passes = examine(Some(&known), id, device, &bytes).is_ok();
        assert!(!(harms && passes), "{bytes:02x?}");
        if harms {
            harmful += 1;
        }
    }
    drop(std::panic::take_hook());
    assert!(harmful > 100, "the mutation finds only {harmful} harmful changes");
}
