//! Candidates among made-up children.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::document::{Container, Edit, Household, View};
use crate::facts::PersonRef;
use crate::id::{DeviceId, DocumentId, EntityId};

/// What is said of a child: fields and values.
type Said<'a> = &'a [(&'a str, &'a str)];

fn key(n: usize) -> EntityId {
    format!("{n:013}").parse().expect("digits")
}

/// A household of village 01 whose children have the keys 1, 2, 3 …
fn view(salt: u64, own: Said<'_>, children: &[Said<'_>]) -> View {
    let (mut household, _) = Household::create(DeviceId([1; 12]).actor(1), "01", 0, salt);
    let mut edits: Vec<Edit> = own.iter().map(|(field, value)| Edit::household(field, *value)).collect();
    for (n, said) in (1..).zip(children) {
        edits.extend(
            said.iter().map(|(field, value)| Edit::entity(Container::Children, &key(n), field, *value)),
        );
    }
    household.edit(&edits, 1);
    household.view()
}

fn child(salt: u64, said: Said<'_>) -> ChildRecord {
    child_records(&view(salt, &[], &[said])).remove(0)
}

const AN: Said<'_> = &[
    ("name", "Nguyễn Giả An"),
    ("birth_date", "2015-03-04"),
    ("mother_name", "Trần Giả Mẹ"),
    ("father_name", "Nguyễn Giả Cha"),
    ("sex", "male"),
];

/// `AN` with some fields said otherwise.
fn but<'a>(other: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = AN.iter().filter(|(field, _)| other.iter().all(|(name, _)| name != field));
    kept.chain(other).copied().collect()
}

fn reasons(other: &[(&str, &str)]) -> Option<Vec<&'static str>> {
    let (a, b) = (child(1, AN), child(2, &but(other)));
    let likeness = a.likeness(&b);
    assert_eq!(likeness, b.likeness(&a), "whichever comes first");
    if likeness.is_some() {
        let (one, two) = (a.keys(), b.keys());
        assert!(one.iter().any(|key| two.contains(key)), "an index finds what is alike");
    }
    Some(likeness?.reasons.into_iter().map(Reason::code).collect())
}

#[test]
fn reasons_say_what_is_alike_and_what_speaks_against() {
    let parents = ["same_mother", "same_father"];
    for (other, expected) in [
        (&[("name", "Nguyen Gia An")][..], &["same_name", "same_birth"][..]),
        (&[("name", "Nguyễn Giả Anh")], &["name_near", "same_birth"]),
        (&[("name", "An Giả Nguyễn")], &["name_reordered", "same_birth"]),
        (&[("birth_date", "2015-04-03")], &["same_name", "birth_swapped"]),
        (&[("birth_date", "2015")], &["same_name", "birth_within"]),
    ] {
        let expected: Vec<&str> = expected.iter().copied().chain(parents).collect();
        assert_eq!(reasons(other), Some(expected));
    }
    assert_eq!(
        reasons(&[("sex", "female"), ("mother_name", "Lê Giả Khác")]),
        Some(vec!["same_name", "same_birth", "same_father", "sex_differs"])
    );
    assert_eq!(reasons(&[("name", "Lê Giả Bình"), ("birth_date", "2011-01-02")]), None, "a brother");
}

#[test]
fn numbers_a_digit_off_speak_for_and_others_against() {
    let with = |number: &'static str| but(&[("identity_number", number)]);
    let said = |one: &'static str, two: &'static str| {
        let found = child(1, &with(one)).likeness(&child(2, &with(two))).expect("alike");
        (found.reasons[0].code(), found.reasons.last().expect("some").code(), found.score)
    };
    let (same, off) = (said("001215000001", "001215000001"), said("001215000001", "001215000002"));
    let (swapped, other) = (said("001215000012", "001215000021"), said("001215000001", "001215999888"));
    assert_eq!([same.0, off.0, swapped.0], ["same_number", "number_near", "number_near"]);
    assert_eq!(other.1, "number_differs");
    assert!(same.2 >= off.2 && off.2 > other.2);
}

#[test]
fn two_registered_twins_do_not_score_as_one_child() {
    let (an, anh) = (but(&[]), but(&[("name", "Nguyễn Giả Anh")]));
    let here = child_records(&view(1, &[], &[&an, &anh]));
    assert_eq!(here[0].likeness(&here[1]), None, "two names in one household");
    let there = child_records(&view(2, &[], &[&an, &anh]));
    let score = |a: &ChildRecord, b: &ChildRecord| a.likeness(b).map(|likeness| likeness.score);
    assert!(score(&here[0], &there[0]) >= Some(60), "each twin is found in the other household");
    assert!(score(&here[1], &there[1]) >= Some(60));
    assert_eq!(score(&here[0], &there[1]), None, "and not taken for the other");
    assert_eq!(score(&here[1], &there[0]), None);
    // The same name by mistake, two numbers: told, because a tally asks, but at the end of the queue.
    let (one, two) =
        (but(&[("identity_number", "001215000001")]), but(&[("identity_number", "001215777888")]));
    let both = child_records(&view(3, &[], &[&one, &two]));
    let likeness = both[0].likeness(&both[1]).expect("a strong pair is never hidden");
    assert!(likeness.widens && likeness.score < CHILD_SCORE_MIN && likeness.reasons.contains(&Reason::Twins));
}

#[test]
fn a_decided_pair_is_no_candidate() {
    let (a, mut b) = (child(1, AN), child(2, AN));
    assert!(a.likeness(&b).is_some_and(|likeness| likeness.widens));
    b.identity.links.push(crate::pairs::Link {
        kind: "not_same".into(),
        document: a.identity.document,
        person: a.identity.person.clone(),
    });
    assert_eq!(a.likeness(&b), None);
    assert_eq!(b.likeness(&a), None);
}

#[test]
fn what_widens_no_tally_says_so() {
    let (a, b) = (child(1, AN), child(2, &but(&[("name", "Nguyễn Giả Anh")])));
    assert!(!a.likeness(&b).expect("alike").widens);
    let people = [a.identity, b.identity];
    assert_eq!(crate::pairs::pairs(&people), []);
}

#[test]
fn households_are_alike_by_head_address_telephone_and_number() {
    let record = |salt, own: Said<'_>| household_record(&view(salt, own, &[])).expect("not withdrawn");
    let one = record(1, &[("head_name", "Trần Giả Chủ"), ("address", "Xóm 1"), ("phone", "0900 000 001")]);
    let found = |own: Said<'_>| {
        let other = record(2, own);
        let likeness = one.likeness(&other);
        assert_eq!(likeness, other.likeness(&one));
        likeness.map(|likeness| (likeness.score >= HOUSEHOLD_SCORE_MIN, likeness.reasons))
    };
    use HouseholdReason as R;
    assert_eq!(
        found(&[("head_name", "Tran Gia Chu"), ("address", "xóm 1")]),
        Some((true, vec![R::SameHead, R::SameAddress]))
    );
    assert_eq!(
        found(&[("head_name", "Trần Giả Chú"), ("phone", "0900000001")]),
        Some((true, vec![R::SameHead, R::SamePhone]))
    );
    assert_eq!(found(&[("head_name", "Trần Giả Chủ")]), Some((false, vec![R::SameHead])));
    assert_eq!(found(&[("head_name", "Lê Giả Khác")]), None);
}

fn reference(document: u8) -> PersonRef {
    PersonRef { document: DocumentId([document; 16]), person: key(1) }
}

fn told(document: u8, ends: &[(Way, &str)], link: Option<u8>) -> MoveRecord {
    let ends = ends.iter().map(|(way, place)| MoveEnd {
        way: *way,
        date: Some("2026-05".into()),
        place: (*place).into(),
    });
    let links = link.into_iter().map(|other| {
        let PersonRef { document, person } = reference(other);
        crate::pairs::Link { kind: "moved".into(), document, person }
    });
    let PersonRef { document, person } = reference(document);
    MoveRecord { document, person, ends: ends.collect(), links: links.collect() }
}

#[test]
fn a_move_is_found_from_either_end_until_both_tell_it_and_it_is_linked() {
    let villages = [("01".to_owned(), "thon 1".to_owned()), ("10".to_owned(), "thon 10".to_owned())];
    let village_of: BTreeMap<DocumentId, String> =
        [(reference(1).document, "01".to_owned()), (reference(2).document, "10".to_owned())].into();
    let alike = [(reference(1), reference(2))];
    let (from, to) = (Some(reference(1)), Some(reference(2)));
    let found = |records: &[MoveRecord], alike: &[(PersonRef, PersonRef)]| -> Vec<_> {
        moves(records, alike, &village_of, &villages)
            .into_iter()
            .map(|one| (one.from, one.to, [one.departure_missing, one.arrival_missing, one.link_missing]))
            .collect()
    };
    let out = |link| told(1, &[(Way::Out, "thon 10, xa gia lap")], link);
    let arrived = |link| told(2, &[(Way::In, "thon 1")], link);
    // One end tells it, and somebody there may be the child.
    assert_eq!(found(&[out(None)], &alike), [(from.clone(), to.clone(), [false, true, true])]);
    assert_eq!(found(&[arrived(None)], &alike), [(from.clone(), to.clone(), [true, false, true])]);
    // Nobody there may be.
    assert_eq!(found(&[out(None)], &[]), [(from.clone(), None, [false, true, true])]);
    assert_eq!(found(&[arrived(None)], &[]), [(None, to.clone(), [true, false, true])]);
    // Both tell it, nobody linked; linked from where the child is, and the departure is missing.
    assert_eq!(
        found(&[out(None), arrived(None)], &alike),
        [(from.clone(), to.clone(), [false, false, true])]
    );
    assert_eq!(found(&[arrived(Some(1))], &[]), [(from.clone(), to.clone(), [true, false, false])]);
    assert_eq!(found(&[told(2, &[], Some(1))], &[]), [(from, to, [true, true, false])]);
    // All told: nothing waits. A place outside the commune is none of ours.
    assert_eq!(found(&[out(None), arrived(Some(1))], &[]), []);
    assert_eq!(found(&[told(1, &[(Way::Out, "thon 100")], None)], &alike), []);
    assert_eq!(found(&[told(1, &[(Way::Out, "thon 1")], None)], &alike), [], "within its own village");
}

#[test]
fn every_reason_has_a_code_of_its_own() {
    for reason in Reason::ALL {
        assert_eq!(Reason::of_code(reason.code()), Some(*reason));
    }
    for reason in HouseholdReason::ALL {
        assert_eq!(HouseholdReason::of_code(reason.code()), Some(*reason));
    }
}

proptest! {
    /// One letter changed, left out, put in or swapped with its neighbour is near, both ways; two letters are not.
    #[test]
    fn near_is_one_letter(text in "[a-z]{6,20}", at in 0usize..5, letter in "[A-Z]") {
        let chars: Vec<char> = text.chars().collect();
        let letter = letter.chars().next().expect("one");
        let mut changed = chars.clone();
        changed[at] = letter;
        let mut shorter = chars.clone();
        shorter.remove(at);
        let mut longer = chars.clone();
        longer.insert(at, letter);
        let mut swapped = chars.clone();
        swapped.swap(at, at + 1);
        for other in [changed.clone(), shorter, longer, swapped] {
            let other: String = other.into_iter().collect();
            prop_assert_eq!(children::is_near(&text, &other), other != text);
            prop_assert_eq!(children::is_near(&other, &text), other != text);
        }
        changed.extend(['X', 'Y']);
        prop_assert!(!children::is_near(&text, &changed.into_iter().collect::<String>()));
    }
}
