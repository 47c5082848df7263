//! A draft by itself; what becomes of it is tested with the documents (`device::visit_tests`).

use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;
use crate::document::{Edit, Household};
use crate::id::DeviceId;

const TODAY: Date = Date::constant(2026, 11, 23);

/// A household with one child, a visit to it, and what the visit shows.
fn visit() -> (Draft, View, EntityId, ChaCha20Rng) {
    let mut random = ChaCha20Rng::seed_from_u64(5);
    let child = EntityId::draw(&mut random);
    let (mut household, _) = Household::create(DeviceId([1; 12]).actor(1), "01", 1, 1);
    household.edit(&[Edit::entity(Container::Children, &child, "name", "Trẻ giả lập")], 2);
    let known = Known { document: household.id(), heads: household.heads() };
    let draft = Draft::begin(Some(known), "01", TODAY, 10, &mut random);
    (draft, household.view(), child, random)
}

fn restricted() -> &'static str {
    let codes = schemas::catalogue::circumstances();
    codes.iter().find(|code| code.restricted && code.is_recorded()).expect("there are such").code()
}

fn fields<const N: usize>(fields: [(&str, &str); N]) -> Vec<(String, Value)> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
}

#[test]
fn what_a_record_cannot_hold_is_refused_and_nothing_is_written() {
    let (mut draft, view, child, mut random) = visit();
    let stranger = EntityId::draw(&mut random);
    let of_child = Target::Entity(Container::Children, child.clone());
    let long = "x".repeat(limits::TEXT_BYTES_MAX + 1);
    let cases = [
        (Target::Household, "Số", Value::Null, DraftError::FieldName),
        (Target::Household, "note", long.into(), DraftError::TextTooLong),
        (Target::Household, "note", Value::Bytes(vec![1]), DraftError::Value),
        (Target::Entity(Container::Children, stranger.clone()), "name", "A".into(), DraftError::Unresolved),
        (Target::Entity(Container::Sealed, child.clone()), "key_id", "A".into(), DraftError::Place),
        (Target::Entity(Container::Decisions, child), "field", "A".into(), DraftError::Place),
    ];
    for (target, field, value, error) in cases {
        assert_eq!(draft.set(&view, target, field, value, 11), Err(error), "{error}");
    }
    assert!(draft.is_empty());
    assert_eq!(draft.touched_at(), 10);
    // A newer form may know more fields than this version.
    assert_eq!(draft.set(&view, of_child, "field_of_2031", true.into(), 11), Ok(()));
}

#[test]
fn a_restricted_code_is_never_written_however_typed() {
    let (mut draft, view, child, mut random) = visit();
    let typed = format!(" {} ", restricted().to_lowercase());
    for code in [restricted(), &typed] {
        let fields = fields([("person", child.as_str()), ("code", code)]);
        let added = draft.add(&view, Container::Circumstances, fields, 11, &mut random);
        assert_eq!(added, Err(DraftError::Restricted));
    }
    let fields = fields([("person", child.as_str())]);
    let key = draft.add(&view, Container::Circumstances, fields, 11, &mut random).expect("fits");
    let target = Target::Entity(Container::Circumstances, key);
    assert_eq!(draft.set(&view, target, "code", restricted().into(), 12), Err(DraftError::Restricted));
    let kept = String::from_utf8_lossy(&draft.encode()).into_owned();
    assert!(!kept.contains(restricted()));
}

#[test]
fn an_object_begun_here_has_its_key_at_once_and_can_be_named_and_taken_back() {
    let (mut draft, view, child, mut random) = visit();
    let baby =
        draft.add(&view, Container::Children, fields([("name", "Bé")]), 11, &mut random).expect("fits");
    let event = fields([("person", baby.as_str()), ("kind", "birth")]);
    let event = draft.add(&view, Container::Events, event, 12, &mut random).expect("fits");
    assert_eq!(draft.remove(Container::Children, &baby, 13), Err(DraftError::Named));
    assert_eq!(draft.remove(Container::Children, &child, 13), Err(DraftError::NotBegun));
    let Ok(decoded) = Draft::decode(&draft.encode()) else { panic!("it was just encoded") };
    assert_eq!(decoded, draft);
    assert_eq!(draft.remove(Container::Events, &event, 14), Ok(()));
    assert_eq!(draft.remove(Container::Children, &baby, 15), Ok(()));
    assert!(draft.is_empty());
}

#[test]
fn what_is_taken_back_is_as_if_it_had_not_been_written() {
    let (mut draft, view, ..) = visit();
    draft.set(&view, Target::Household, "phone", "1".into(), 11).expect("fits");
    assert_eq!(draft.written_in(&Target::Household, "phone"), Some(&"1".into()));
    assert!(draft.restore(&Target::Household, "phone", 12));
    assert!(!draft.restore(&Target::Household, "phone", 13));
    assert!(draft.is_empty());
    assert!(draft.edits().is_empty());
}

#[test]
fn a_visit_is_recorded_once_whether_noted_before_or_not() {
    let (mut draft, view, _, mut random) = visit();
    let noted = draft.add(&view, Container::Visits, fields([("note", "hẹn lại")]), 11, &mut random);
    draft.conclude(&view, TODAY, Some("2026-2"), "absent", 12, &mut random).expect("fits");
    let visits: BTreeMap<&str, &Value> = draft
        .written()
        .filter(|(target, ..)| **target == Target::Entity(Container::Visits, noted.clone().expect("fits")))
        .map(|(_, field, value)| (field, value))
        .collect();
    let told = ["date", "note", "result", "round"];
    assert_eq!(visits.keys().copied().collect::<Vec<_>>(), told);
    assert_eq!(draft.written().len(), told.len(), "nothing in another visit");
}

#[test]
fn a_draft_never_holds_more_than_a_change_may() {
    let (mut draft, view, ..) = visit();
    let text = "x".repeat(limits::TEXT_BYTES_MAX);
    let mut fitted = 0;
    let full = loop {
        match draft.set(&view, Target::Household, &format!("note_{fitted}"), text.as_str().into(), 11) {
            Ok(()) => fitted += 1,
            Err(error) => break error,
        }
    };
    assert_eq!((full, draft.written().len()), (DraftError::Full, fitted));
    assert!(draft.encode().len() <= DRAFT_BYTES_MAX);
    let (mut household, _) = Household::create(DeviceId([1; 12]).actor(1), "01", 1, 1);
    let change = household.edit(&draft.edits(), 2).expect("something is written");
    assert!(crate::chunk::open(&change.bytes).is_ok());
}

#[test]
fn the_most_and_smallest_fields_still_fit_into_one_change() {
    let (mut draft, view, child, mut random) = visit();
    let mut added = 0;
    while draft.add(&view, Container::Supports, fields([("person", child.as_str())]), 11, &mut random).is_ok()
    {
        added += 1;
    }
    assert_eq!(draft.written().len(), added);
    let (mut household, _) = Household::create(DeviceId([1; 12]).actor(1), "01", 1, 1);
    let change = household.edit(&draft.edits(), 2).expect("something is written");
    assert!(crate::chunk::open(&change.bytes).is_ok(), "{} bytes", change.bytes.len());
}

#[test]
fn debug_shows_nothing_of_what_was_written() {
    let (mut draft, view, ..) = visit();
    draft.set(&view, Target::Household, "phone", "0900000001".into(), 11).expect("fits");
    assert!(!format!("{draft:?}").contains("0900000001"));
}

proptest! {
    #[test]
    fn bytes_that_are_no_draft_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(Draft::decode(&bytes), Err(DraftError::Unreadable));
    }

    #[test]
    fn a_damaged_draft_is_refused_or_reads_as_some_draft(at in 0_usize..400, bit in 0_u8..8) {
        let (mut draft, view, child, mut random) = visit();
        draft.set(&view, Target::Household, "phone", "1".into(), 11).expect("fits");
        let fields = fields([("person", child.as_str()), ("kind", "injury")]);
        draft.add(&view, Container::Events, fields, 12, &mut random).expect("fits");
        let mut bytes = draft.encode();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        if let Ok(read) = Draft::decode(&bytes) {
            prop_assert_eq!(Draft::decode(&read.encode()), Ok(read));
        }
    }
}
