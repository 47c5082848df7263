//! Well-formed changes whose operations break the document's rules.

use automerge::legacy::OpType;
use automerge::{ObjType, ScalarValue};
use serde_json::json;
use sothon_tests::world::CLOCK_START;
use sothon_tests::world::hostile::{Craft, OP_HOUSEHOLD, op_of};
use sync_core::device::{ChangeState, Encoding};
use sync_core::document::{Container, Household};
use sync_core::limits;

use super::bench::Bench;

const KEY: &str = "0123456789abc";
const NOT_ALLOWED: &str = "operation_not_allowed";

/// One refused change for each of several crafts, one after the other, on one household.
fn all_refused(code: &str, crafts: &[&dyn Fn(Craft) -> Craft]) {
    let mut bench = Bench::new();
    for craft in crafts {
        let (_, bytes) = craft(bench.craft()).close();
        bench.refuses(bytes, code);
    }
}

#[test]
fn a_deletion_is_refused() {
    let mut bench = Bench::new();
    let entry = json!({ "entry": 1, "household": { "note": "GIẢ LẬP" } });
    bench.phone.record(Some(bench.document), entry, CLOCK_START, &mut bench.dice);
    let craft = bench.craft();
    let household = craft.genesis_op(OP_HOUSEHOLD);
    let children = craft.genesis_op(op_of(Container::Children));
    let note = craft.genesis_op(craft.change.start_op.get() - 1);
    let (_, bytes) = craft.op(Some(household), "note", OpType::Delete, vec![note]).close();
    bench.refuses(bytes, NOT_ALLOWED);
    let craft = bench.craft();
    let (_, bytes) = craft.op(None, "children", OpType::Delete, vec![children]).close();
    bench.refuses(bytes, NOT_ALLOWED);
}

#[test]
fn a_second_container_under_the_same_key_is_refused() {
    all_refused(
        NOT_ALLOWED,
        &[
            &|craft| craft.op(None, "children", OpType::Make(ObjType::Map), Vec::new()),
            &|craft| {
                let first = craft.genesis_op(op_of(Container::Children));
                craft.op(None, "children", OpType::Make(ObjType::Map), vec![first])
            },
            &|craft| craft.op(None, "household", OpType::Make(ObjType::Map), Vec::new()),
            &|craft| craft.op(None, "more", OpType::Make(ObjType::Map), Vec::new()),
        ],
    );
}

#[test]
fn overwriting_or_doubling_an_entity_is_refused() {
    let mut bench = Bench::new();
    let (_, first) = bench.craft().entry(Container::Children, KEY).put_in(0, "name", "Lò Giả").close();
    bench.phone.record_raw(bench.document, first);
    assert_eq!(bench.phone.sync(&bench.site, Encoding::Plain, CLOCK_START).unwrap().total.refused, 0);
    let (_, twice) = bench.craft().entry(Container::Children, KEY).close();
    bench.refuses(twice, NOT_ALLOWED);
    let craft = bench.craft();
    let children = craft.genesis_op(op_of(Container::Children));
    let (_, scalar) = craft.op(Some(children), KEY, OpType::Put("gone".into()), Vec::new()).close();
    bench.refuses(scalar, NOT_ALLOWED);
    let (_, twice_in_one) = bench
        .craft()
        .entry(Container::Visits, "vvvvvvvvvvvvv")
        .entry(Container::Visits, "vvvvvvvvvvvvv")
        .close();
    bench.refuses(twice_in_one, NOT_ALLOWED);
    let (_, odd_key) = bench.craft().entry(Container::Visits, "Not An Entity").close();
    bench.refuses(odd_key, NOT_ALLOWED);
}

#[test]
fn lists_texts_tables_counters_and_nested_maps_are_refused() {
    let make = |kind| {
        move |craft: Craft| {
            let household = craft.genesis_op(OP_HOUSEHOLD);
            craft.op(Some(household), "note", OpType::Make(kind), Vec::new())
        }
    };
    all_refused(
        NOT_ALLOWED,
        &[
            &make(ObjType::List),
            &make(ObjType::Text),
            &make(ObjType::Table),
            &make(ObjType::Map),
            &|craft| craft.put("number", ScalarValue::counter(1)),
            &|craft| craft.put("number", ScalarValue::Timestamp(1)),
            &|craft| craft.put("number", 1.5f64),
            &|craft| craft.put("number", 7u64),
            &|craft| craft.put("note", vec![1u8, 2, 3]),
            &|craft| {
                let household = craft.genesis_op(OP_HOUSEHOLD);
                craft.op(Some(household), "number", OpType::Increment(1), Vec::new())
            },
        ],
    );
}

#[test]
fn edits_of_the_root_are_refused() {
    let root = |key: &'static str, value: &'static str| {
        move |craft: Craft| craft.op(None, key, OpType::Put(value.into()), Vec::new())
    };
    all_refused(NOT_ALLOWED, &[&root("village", "02"), &root("schema", "2"), &root("note", "GIẢ LẬP")]);
}

#[test]
fn odd_field_names_are_refused() {
    let name = |name: &'static str| move |craft: Craft| craft.put(name, "x");
    all_refused(
        NOT_ALLOWED,
        &[&name("Ghi chú"), &name("a-b"), &name("1a"), &name("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")],
    );
}

#[test]
fn a_field_of_a_newer_phone_is_accepted() {
    let mut bench = Bench::new();
    let (_, bytes) = bench.craft().put("a_field_of_2030", "x").close();
    let hash = bench.phone.record_raw(bench.document, bytes);
    assert_eq!(bench.phone.sync(&bench.site, Encoding::Plain, CLOCK_START).unwrap().total.refused, 0);
    assert!(bench.logged(hash));
    bench.everything_works();
}

#[test]
fn a_restricted_code_in_the_clear_is_refused() {
    all_refused(
        "restricted_not_sealed",
        &[
            &|craft| craft.entry(Container::Circumstances, KEY).put_in(0, "code", "II.11.1"),
            &|craft| craft.entry(Container::Circumstances, KEY).put_in(0, "code", "II.5"),
            &|craft| craft.entry(Container::Sealed, KEY).put_in(0, "code", "II.11.1"),
            &|craft| craft.entry(Container::Sealed, KEY).put_in(0, "envelope", "readable after all"),
        ],
    );
}

#[test]
fn values_that_are_too_large_are_refused() {
    all_refused(
        "change_too_large",
        &[
            &|craft| craft.put("note", "x".repeat(limits::TEXT_BYTES_MAX + 1)),
            &|craft| {
                craft.entry(Container::Sealed, KEY).put_in(
                    0,
                    "envelope",
                    vec![0u8; limits::ENVELOPE_BYTES_MAX + 1],
                )
            },
            &|craft| craft.put("note", "x".repeat(limits::CHANGE_BYTES_MAX)),
            &|craft| (0..=limits::CHANGE_OPS_MAX).fold(craft, |craft, _| craft.put("note", "x")),
        ],
    );
}

#[test]
fn operations_that_replace_what_stands_elsewhere_are_refused_or_harm_nothing() {
    let mut bench = Bench::new();
    let names = |bench: &Bench| -> Vec<String> {
        let view = bench.other.household(bench.document).view();
        view.of(Container::Children)
            .map(|(_, fields)| format!("{:?}", fields.keys().collect::<Vec<_>>()))
            .collect()
    };
    let before = names(&bench);
    for counter in 1..40 {
        let craft = bench.craft();
        let (household, foreign) = (craft.genesis_op(OP_HOUSEHOLD), craft.genesis_op(counter));
        let (_, bytes) = craft.op(Some(household), "ward", OpType::Put("x".into()), vec![foreign]).close();
        bench.phone.record_raw(bench.document, bytes);
        bench.phone.sync(&bench.site, Encoding::Plain, CLOCK_START).unwrap();
    }
    bench.everything_works();
    assert_eq!(names(&bench), before);
}

#[test]
fn numbers_out_of_line_are_refused() {
    let mut bench = Bench::new();
    let mut far = bench.craft().put("note", "x");
    far.change.start_op = (1u64 << 30).try_into().unwrap();
    bench.refuses(far.close().1, NOT_ALLOWED);
    let mut early = bench.craft().put("note", "x");
    early.change.start_op = 3.try_into().unwrap();
    bench.refuses(early.close().1, NOT_ALLOWED);
    let mut early = Craft::next(bench.phone.device().actor(78), &bench.standing()).put("note", "x");
    early.change.start_op = 3.try_into().unwrap();
    bench.refuses(early.close().1, NOT_ALLOWED);
    let mut talkative = bench.craft().put("note", "x");
    talkative.change.message = Some("personal data where nobody looks".into());
    bench.refuses(talkative.close().1, "change_malformed");
    let mut longer = bench.craft().put("note", "x");
    longer.change.extra_bytes = vec![1, 2, 3];
    bench.refuses(longer.close().1, "change_malformed");
    let mut again = bench.craft().put("note", "x");
    again.change.seq = 1;
    bench.refuses(again.close().1, "sequence_repeated");
}

#[test]
fn too_many_values_of_one_field_are_refused() {
    let mut bench = Bench::new();
    let base = bench.phone.changes(bench.document);
    let device = bench.phone.device();
    let mut refused = Vec::new();
    for number in 0..=limits::CONFLICT_VALUES_MAX {
        let actor = device.actor(1_000 + number as u32);
        let (hash, bytes) = Craft::next(actor, &base).put("note", format!("GIẢ LẬP {number}")).close();
        bench.phone.record_raw(bench.document, bytes.clone());
        refused = vec![(hash, bytes)];
    }
    bench.phone.sync(&bench.site, Encoding::Plain, CLOCK_START).unwrap();
    let (hash, bytes) = &refused[0];
    bench.is_refused(*hash, bytes, "document_full");
    bench.everything_works();
}

#[test]
fn a_document_that_is_full_takes_no_more_and_stays_readable() {
    let mut bench = Bench::new();
    let text = "x".repeat(limits::TEXT_BYTES_MAX);
    let mut full = None;
    for round in 0..40 {
        let fields = (0..7).map(|n| format!("field_{round}_{n}"));
        let craft = fields.fold(bench.craft(), |craft, name| craft.put(&name, text.as_str()));
        let (hash, bytes) = craft.close();
        bench.phone.record_raw(bench.document, bytes.clone());
        bench.phone.sync(&bench.site, Encoding::Plain, CLOCK_START).unwrap();
        if bench.phone.state_of(hash) == Some(ChangeState::Refused) {
            full = Some((hash, bytes));
            break;
        }
    }
    let (hash, bytes) = full.expect("a document has a limit");
    bench.is_refused(hash, &bytes, "document_full");
    bench.everything_works();
}

#[test]
fn a_container_that_is_full_takes_no_more() {
    let mut bench = Bench::new();
    let mut states = Vec::new();
    for round in 0..3 {
        let keys = (0..1_500).map(|n| format!("{:013}", round * 10_000 + n));
        let (hash, bytes) =
            keys.fold(bench.craft(), |craft, key| craft.entry(Container::Visits, &key)).close();
        bench.phone.record_raw(bench.document, bytes);
        bench.phone.sync(&bench.site, Encoding::Plain, CLOCK_START).unwrap();
        states.push((bench.phone.state_of(hash), bench.quarantined(hash).map(|(code, _)| code)));
    }
    let accepted = (Some(ChangeState::Acknowledged), None);
    let full = (Some(ChangeState::Refused), Some("document_full".to_owned()));
    assert_eq!(states, [accepted.clone(), accepted, full]);
    bench.everything_works();
}

#[test]
fn a_refused_change_does_not_drag_later_edits_with_it() {
    let mut bench = Bench::new();
    let (_, bytes) = bench.craft().put("Not A Field", "x").close();
    let hash = bench.phone.record_raw(bench.document, bytes.clone());
    // Recorded before the refusal is known, and so built on what will be refused.
    let entry = json!({ "entry": 1, "household": { "note": "GIẢ LẬP" } });
    bench.phone.record(Some(bench.document), entry.clone(), CLOCK_START, &mut bench.dice);
    bench.phone.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap();
    bench.is_refused(hash, &bytes, NOT_ALLOWED);
    assert_eq!(bench.site.office().quarantine().unwrap().len(), 2);
    // Recorded afterwards: it does not depend on them any more.
    bench.phone.record(Some(bench.document), entry, CLOCK_START, &mut bench.dice);
    assert_eq!(bench.phone.sync(&bench.site, Encoding::Packed, CLOCK_START).unwrap().total.refused, 0);
    let nobody = bench.other.state().actor();
    let view: Household = bench.site.office().household(bench.document, None, nobody).unwrap();
    assert!(view.view().household.contains_key("note"));
    bench.everything_works();
}
