//! What bites in the CRDT library: each trap shown to be real, and shown to be closed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::legacy::OpType;
use automerge::transaction::Transactable;
use automerge::{Automerge, Change, ObjType, ROOT, ReadDoc};
use serde_json::json;
use sothon_tests::world::hostile::{Craft, mutant};
use sothon_tests::world::{CLOCK_START, Dice, Phone, Site, new_household, read_plain, visit};
use sync_core::chunk::{self, ChunkError};
use sync_core::device::{Encoding, Session, Step};
use sync_core::document::{Container, DocumentError, Edit, Household, Refusal, Value, examine};
use sync_core::id::{DeviceId, EntityId};
use sync_core::limits;

const DEVICE: DeviceId = DeviceId([1; 12]);
const OTHER: DeviceId = DeviceId([2; 12]);

/// A household with a child, as its changes.
fn base() -> (Household, EntityId, Vec<Vec<u8>>) {
    let (mut household, genesis) = Household::create(DEVICE.actor(1), "01", CLOCK_START, 1);
    let child = EntityId::draw(Dice::new(1).random());
    let edits =
        [Edit::household("head_name", "Lò Giả"), Edit::entity(Container::Children, &child, "name", "Hà Lập")];
    let first = household.edit(&edits, CLOCK_START).unwrap();
    (household, child, vec![genesis.bytes, first.bytes])
}

fn library(changes: &[Vec<u8>]) -> Automerge {
    let mut doc = Automerge::new();
    doc.apply_changes(changes.iter().map(|bytes| Change::try_from(bytes.as_slice()).unwrap())).unwrap();
    doc
}

#[test]
fn trap_1_a_change_that_breaks_the_library_is_refused_on_a_copy() {
    std::panic::set_hook(Box::new(|_| {}));
    let (_, _, changes) = base();
    let known = Household::load(OTHER.actor(1), &changes).unwrap();
    let before = known.view();
    let (_, victim) = Craft::next(DEVICE.actor(1), &changes)
        .entry(Container::Visits, "0123456789abc")
        .put_in(0, "result", "met")
        .close();
    let mut dice = Dice::new(5);
    let mut broken = 0;
    for _ in 0..600 {
        let bytes = mutant(&mut dice, &victim);
        let Ok(change) = Change::try_from(bytes.as_slice()) else { continue };
        let alone = catch_unwind(AssertUnwindSafe(|| {
            let mut doc = library(&changes);
            doc.apply_changes([change]).is_ok() && Automerge::load(&doc.save()).is_err()
        }));
        if alone.unwrap_or(true) {
            broken += 1;
            assert!(examine(Some(&known), known.id(), DEVICE, &bytes).is_err());
        }
    }
    drop(std::panic::take_hook());
    assert!(broken > 5, "the trap was met {broken} times");
    assert!(known.view() == before);
}

#[test]
fn trap_2_an_unreadable_change_is_an_error_and_not_silence() {
    let (_, _, changes) = base();
    let mut damaged = changes[1].clone();
    *damaged.last_mut().unwrap() ^= 1;
    assert!(library(&changes[..1]).load_incremental(&damaged).is_ok(), "the trap is gone");
    let load = |changes: &[Vec<u8>]| Household::load(DEVICE.actor(1), changes).map(drop);
    assert_eq!(load(&[changes[0].clone(), damaged.clone()]), Err(DocumentError::Chunk(ChunkError::Checksum)));
    let mut household = Household::load(DEVICE.actor(1), &changes[..1]).unwrap();
    assert!(household.apply(&[damaged]).is_err());
}

#[test]
fn trap_3_a_compressed_chunk_is_refused_by_its_first_bytes() {
    let bomb = [&[0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0, 2][..], &[0xff; 60_000]].concat();
    assert_eq!(chunk::open(&bomb).map(drop), Err(ChunkError::Compressed));
    assert_eq!(chunk::open(&vec![0; limits::CHANGE_BYTES_MAX + 1]).map(drop), Err(ChunkError::TooLarge));
    // And no program of ours makes one, however long a change is.
    let (mut household, child, _) = base();
    let edits: Vec<Edit> = (0..7)
        .map(|n| Edit::entity(Container::Children, &child, &format!("note_{n}"), "x".repeat(7_000)))
        .collect();
    let change = household.edit(&edits, CLOCK_START).unwrap();
    assert!(chunk::open(&change.bytes).is_ok());
}

#[test]
fn trap_4_an_actor_is_given_never_drawn_and_a_new_one_after_a_restore() {
    let (_, _, changes) = base();
    let edit = |installation, text: &str| {
        let mut household = Household::load(DEVICE.actor(installation), &changes).unwrap();
        household.edit(&[Edit::household("note", text)], CLOCK_START).unwrap().bytes
    };
    let (one, two, three) = (edit(1, "a"), edit(1, "b"), edit(9, "c"));
    let seq = |bytes: &[u8]| chunk::open(bytes).map(|(_, opened)| (opened.actor, opened.seq)).unwrap();
    assert_eq!(seq(&one), (DEVICE.actor(1), 3));
    assert_eq!(seq(&two), seq(&one));
    assert_eq!(seq(&three), (DEVICE.actor(9), 1));
    let together = |bytes: &[u8]| {
        Household::load(OTHER.actor(1), &[&changes[..], &[one.clone(), bytes.to_vec()]].concat())
    };
    assert_eq!(together(&two).map(drop), Err(DocumentError::Unapplicable));
    assert!(together(&three).is_ok());
    let known =
        Household::load(OTHER.actor(1), &[&changes[..], std::slice::from_ref(&one)].concat()).unwrap();
    assert_eq!(examine(Some(&known), known.id(), DEVICE, &two).map(drop), Err(Refusal::SequenceRepeated));
}

#[test]
fn trap_5_a_missing_dependency_is_told_and_not_queued_in_silence() {
    let (mut household, _, changes) = base();
    let next = household.edit(&[Edit::household("note", "x")], CLOCK_START).unwrap().bytes;
    let mut doc = library(&changes[..1]);
    doc.apply_changes([Change::try_from(next.as_slice()).unwrap()]).unwrap();
    let gap = [changes[0].clone(), next.clone()];
    assert_eq!(Household::load(OTHER.actor(1), &gap).map(drop), Err(DocumentError::MissingDependencies(1)));
    let known = Household::load(OTHER.actor(1), &changes[..1]).unwrap();
    assert_eq!(examine(Some(&known), known.id(), DEVICE, &next).map(drop), Err(Refusal::DependencyMissing));
}

#[test]
fn trap_6_a_night_sends_what_is_new_and_never_whole_documents() {
    let mut dice = Dice::new(6);
    let site = Site::new(&mut dice, &["01"]);
    let mut phone = Phone::enrol(&site, &mut dice, "phone", &["01"], CLOCK_START);
    let entry = new_household(&mut dice, "01");
    let (document, _) = phone.record(None, entry, CLOCK_START, &mut dice);
    for _ in 0..12 {
        let entry = visit(&mut dice, &phone.household(document).view());
        phone.record(Some(document), entry, CLOCK_START, &mut dice);
    }
    phone.sync(&site, Encoding::Plain, CLOCK_START).unwrap();
    phone.record(
        Some(document),
        json!({ "entry": 1, "household": { "note": "one thing" } }),
        CLOCK_START,
        &mut dice,
    );
    let mut session = Session::new(phone.key.clone(), Encoding::Plain, None);
    let Step::Send(request) = session.poll(&mut phone.store, CLOCK_START).unwrap() else {
        panic!("one change waits")
    };
    let request = read_plain(&request).unwrap();
    assert_eq!(request.batches.iter().map(|batch| batch.changes.len()).collect::<Vec<_>>(), [1]);
    assert_eq!(request.fingerprints, None);
}

#[test]
fn trap_7_two_phones_that_add_at_once_hide_nothing_of_each_other() {
    // The trap: one key, two objects, one subtree out of sight.
    let mut one = Automerge::new();
    let mut two = one.fork();
    for (doc, name) in [(&mut one, "a"), (&mut two, "b")] {
        let mut tx = doc.transaction();
        let object = tx.put_object(ROOT, "children", ObjType::Map).unwrap();
        tx.put(&object, name, 1).unwrap();
        tx.commit();
    }
    one.merge(&mut two).unwrap();
    let (_, shown) = one.get(ROOT, "children").unwrap().unwrap();
    assert_eq!(one.keys(&shown).count(), 1, "the trap is gone");
    // Here the containers come with the first change, and every entry has a key of its own.
    let (_, _, changes) = base();
    let mut dice = Dice::new(7);
    let mut all = changes.clone();
    for device in [DEVICE, OTHER] {
        let mut household = Household::load(device.actor(1), &changes).unwrap();
        let child = EntityId::draw(dice.random());
        let edit = Edit::entity(Container::Children, &child, "name", "Lò Mới");
        all.push(household.edit(&[edit], CLOCK_START).unwrap().bytes);
    }
    let view = Household::load(OTHER.actor(2), &all).unwrap().view();
    assert_eq!(view.of(Container::Children).count(), 3);
    assert_eq!(view.conflicts().count(), 0);
}

/// What two devices write at once about the child, merged.
fn at_once(one: &[Edit], two: &[Edit]) -> (Household, Vec<Vec<u8>>) {
    let (_, _, changes) = base();
    let mut all = changes.clone();
    for (device, edits) in [(DEVICE, one), (OTHER, two)] {
        let mut household = Household::load(device.actor(1), &changes).unwrap();
        all.extend(household.edit(edits, CLOCK_START).map(|change| change.bytes));
    }
    (Household::load(DEVICE.actor(1), &all).unwrap(), all)
}

#[test]
fn trap_8_withdrawing_and_clearing_hide_no_edit_made_at_the_same_time() {
    let (_, child, _) = base();
    let withdraw = [Edit::entity(Container::Children, &child, "withdrawn", true)];
    let school = [Edit::entity(Container::Children, &child, "school", "Trường Giả")];
    let view = at_once(&withdraw, &school).0.view();
    let fields = view.entity(Container::Children, &child).unwrap();
    assert!(["name", "withdrawn", "school"].iter().all(|name| fields.contains_key(*name)));
    let clear = [Edit::household("head_name", Value::Null)];
    let rename = [Edit::household("head_name", "Lò Thật")];
    let view = at_once(&clear, &rename).0.view();
    let values: BTreeSet<Value> =
        view.household["head_name"].values().map(|written| written.value.clone()).collect();
    assert_eq!(values, BTreeSet::from([Value::Null, Value::from("Lò Thật")]));
}

#[test]
fn trap_8_a_decision_for_any_of_the_values_deletes_nothing() {
    let (one, two) = ([Edit::household("phone", "0900000001")], [Edit::household("phone", "0900000002")]);
    for value in [Value::from("0900000001"), "0900000002".into(), Value::Null, "0900000003".into()] {
        let (mut household, all) = at_once(&one, &two);
        let known = Household::load(OTHER.actor(2), &all).unwrap();
        let decision = household.edit(&[Edit::household("phone", value.clone())], CLOCK_START).unwrap();
        let change = Change::try_from(decision.bytes.as_slice()).unwrap().decode();
        assert!(change.operations.iter().all(|op| matches!(op.action, OpType::Put(_))));
        let examined = examine(Some(&known), known.id(), DEVICE, &decision.bytes).unwrap();
        let view = examined.household.view();
        assert_eq!(
            view.household["phone"].values().map(|written| &written.value).collect::<Vec<_>>(),
            [&value]
        );
        // Said again, there is nothing to write.
        assert_eq!(household.edit(&[Edit::household("phone", value)], CLOCK_START), None);
    }
}

#[test]
fn trap_8_two_opposite_decisions_at_once_leave_both_values_to_decide() {
    let (_, all) =
        at_once(&[Edit::household("phone", "0900000001")], &[Edit::household("phone", "0900000002")]);
    let mut decided = all.clone();
    for (device, value) in [(DEVICE, "0900000001"), (OTHER, "0900000002")] {
        let mut household = Household::load(device.actor(1), &all).unwrap();
        decided.push(household.edit(&[Edit::household("phone", value)], CLOCK_START).unwrap().bytes);
    }
    let view = Household::load(OTHER.actor(3), &decided).unwrap().view();
    assert_eq!(view.household["phone"].len(), 2);
}

#[test]
fn trap_8_equal_values_written_at_once_are_no_conflict_and_need_no_decision() {
    let same = [Edit::household("phone", "0900000001")];
    let (mut household, _) = at_once(&same, &same);
    assert_eq!(household.view().conflicts().count(), 0);
    assert_eq!(household.edit(&same, CLOCK_START), None);
}

#[test]
fn trap_9_a_century_of_visits_fits_a_document() {
    let (mut household, _, changes) = base();
    let mut dice = Dice::new(9);
    let mut bytes: usize = changes.iter().map(Vec::len).sum();
    for number in 0..100 {
        let visit = EntityId::draw(dice.random());
        let mut edits: Vec<Edit> =
            (0..6).map(|n| Edit::household(&format!("field_{n}"), format!("{number}"))).collect();
        edits.push(Edit::entity(Container::Visits, &visit, "date", "2024-10-12"));
        edits.push(Edit::entity(Container::Visits, &visit, "result", "met"));
        bytes += household.edit(&edits, CLOCK_START).unwrap().bytes.len();
    }
    // History is never cut off: two visits a year by two people for a century must fit the limits.
    assert!(bytes / 100 * 400 < limits::DOCUMENT_BYTES_MAX, "{} bytes a visit", bytes / 100);
    const { assert!(400 < limits::DOCUMENT_CHANGES_MAX) };
}

#[test]
fn trap_10_texts_are_scalars_counted_in_bytes_and_experimental_chunks_are_refused() {
    let (mut household, _, changes) = base();
    let text = "Phường Ngọc Sơn, Sầm Sơn ộ🏠".repeat(100);
    let change = household.edit(&[Edit::household("address", text.as_str())], CLOCK_START).unwrap();
    let known = Household::load(OTHER.actor(1), &changes).unwrap();
    let examined = examine(Some(&known), known.id(), DEVICE, &change.bytes).unwrap();
    assert_eq!(examined.household.view().household["address"].shown().value, Value::Text(text));
    for kind in [0, 3, 4, 255] {
        let bytes = [&[0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0, kind][..], &[1, 0]].concat();
        assert_eq!(chunk::open(&bytes).map(drop), Err(ChunkError::Compressed));
    }
}
