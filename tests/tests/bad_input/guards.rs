//! What one faulty phone or careless form must not do to everybody else, or to itself for ever.

use serde_json::json;
use sothon_tests::world::CLOCK_START;
use sothon_tests::world::hostile::Craft;
use sync_core::device::{Encoding, RecordError, record_entry};
use sync_core::document::Household;
use sync_core::entry::{Entry, EntryError};
use sync_core::id::DocumentId;
use sync_core::limits;
use sync_core::wire::packed::pack_request;

use super::bench::Bench;

#[test]
fn an_entry_too_large_for_one_change_is_told_and_leaves_nothing() {
    let mut bench = Bench::new();
    let children: Vec<_> = (0..12).map(|_| json!({ "name": "x".repeat(7_900) })).collect();
    let entry = Entry::from_json(
        json!({ "entry": 1, "village": "01", "household": { "number": "900" }, "children": children }),
    )
    .unwrap();
    for document in [Some(bench.document), None] {
        let store = &mut bench.phone.store;
        let before = store.all_changes().count();
        let done = record_entry(store, document, &entry, CLOCK_START, bench.dice.random());
        assert!(matches!(done, Err(RecordError::Entry(EntryError::TooLarge))));
        assert_eq!(store.all_changes().count(), before);
    }
    bench.everything_works();
}

#[test]
fn a_change_damaged_on_the_phone_does_not_stop_packed_syncs() {
    let mut bench = Bench::new();
    let hash = bench.phone.record_raw(bench.document, b"damaged by the phone's own disk".to_vec());
    let summary = bench.phone.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap();
    assert_eq!(summary.total.refused, 1);
    assert!(bench.quarantined(hash).is_some());
    bench.everything_works();
}

#[test]
fn heads_never_outgrow_what_the_next_change_may_name() {
    let mut bench = Bench::new();
    let base = bench.standing();
    let many = u32::try_from(limits::CHANGE_DEPS_MAX).unwrap() + 6;
    for n in 0..many {
        let craft = Craft::next(bench.phone.device().actor(1_000 + n), &base);
        let (_, bytes) = craft.put(&format!("f{n}"), "x").close();
        bench.phone.record_raw(bench.document, bytes);
    }
    let summary = bench.phone.sync(&bench.site, Encoding::Plain, CLOCK_START).unwrap();
    assert_eq!(summary.total.refused, 6);
    bench.other.sync(&bench.site, Encoding::Plain, CLOCK_START).unwrap();
    bench.everything_works();
}

#[test]
fn what_arrived_damaged_and_then_right_waits_as_the_right_one() {
    let bench = Bench::new();
    let (_, genesis) = Household::create(bench.phone.state().actor(), "02", CLOCK_START, 7);
    let document = DocumentId::of_genesis(&genesis.hash);
    // No signature covers the first eight bytes.
    let mut damaged = genesis.bytes.clone();
    damaged[5] ^= 1;
    let state = bench.phone.state();
    let (mut number, mut previous) = (state.chain_number, state.chain_hash);
    for bytes in [damaged, genesis.bytes.clone()] {
        let batch = bench.phone.batch(number + 1, previous, &[(document, bytes)], CLOCK_START);
        let request = bench.phone.request(vec![batch], CLOCK_START);
        let answer = bench.phone.say(&bench.site, &request, CLOCK_START).unwrap();
        (number, previous) = (answer.receipts[0].number, answer.receipts[0].hash);
    }
    // The same once more, under a signature that is wrong: what waits is not touched by it.
    let mut unsigned =
        bench.phone.batch(number + 1, previous, &[(document, genesis.bytes.clone())], CLOCK_START);
    unsigned.signature[0] ^= 1;
    bench.phone.say(&bench.site, &bench.phone.request(vec![unsigned], CLOCK_START), CLOCK_START).unwrap();
    assert_eq!(bench.quarantined(genesis.hash), Some(("village_not_granted".to_owned(), genesis.bytes)));
    let villages = ["01".to_owned(), "02".to_owned()];
    bench.site.office().grant(None, bench.phone.device(), &villages, CLOCK_START).unwrap();
    assert!(bench.logged(genesis.hash));
}

#[test]
fn restricted_fields_without_a_place_are_told() {
    let mut bench = Bench::new();
    for wrong in [json!({"withdrawn": true}), json!({"start": 2019}), json!({"note": ["x"]})] {
        let mut report = json!({"person": "c", "code": "II.5.1"});
        for (name, value) in wrong.as_object().unwrap() {
            report[name] = value.clone();
        }
        for part in ["restricted", "circumstances"] {
            let entry = json!({"entry": 1, "children": [{"ref": "c", "name": "x"}], part: [report.clone()]});
            let parsed = Entry::from_json(entry).unwrap();
            let done = record_entry(
                &mut bench.phone.store,
                Some(bench.document),
                &parsed,
                CLOCK_START,
                bench.dice.random(),
            );
            assert!(done.is_err(), "{wrong} {part}");
        }
    }
}

#[test]
fn a_strangers_packed_names_are_not_looked_up() {
    let mut bench = Bench::new();
    bench.record_honest();
    let state = bench.phone.state();
    let (_, bytes) = bench.craft().put("note", "x").close();
    let unknown = DocumentId([9; 16]);
    let batch = bench.phone.batch(state.chain_number + 1, state.chain_hash, &[(unknown, bytes)], CLOCK_START);
    let body = pack_request(&bench.phone.request(vec![batch], CLOCK_START));
    let code = |signature| {
        bench.site.deliver_as(Encoding::Packed, &body, Some(signature), CLOCK_START).unwrap_err().code
    };
    assert_eq!(code(bench.phone.sign(&body)).code(), "packed_unresolved");
    assert_eq!(code([0; 64]).code(), "signature_invalid");
}

#[test]
fn verify_finds_a_moved_document_and_a_replaced_key() {
    let bench = Bench::new();
    assert_eq!(bench.site.office().verify(|_| {}).unwrap().findings, Vec::new());
    let of = |code: &str| {
        bench.site.office().verify(|_| {}).unwrap().findings.iter().any(|found| found.code == code)
    };
    let sql = bench.site.stranger();
    sql.execute("UPDATE document SET village = '02'", []).unwrap();
    assert!(of("document_misplaced"));
    let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]).verifying_key().to_bytes();
    sql.execute("UPDATE document SET village = '01'", []).unwrap();
    assert!(!of("batch_signature_wrong"));
    sql.execute("UPDATE device SET public_key = ?1", [key]).unwrap();
    assert!(of("batch_signature_wrong"));
}
