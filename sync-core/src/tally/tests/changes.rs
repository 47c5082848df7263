//! Period changes: each kind by an example, and what must hold of any register.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::sample::{
    any, child, date, day, document, drawn_pairs, event, household, households, one, pair, pairs_among,
    person,
};
use crate::facts::{HouseholdFacts, PersonFacts, PersonPair, SamePerson};
use crate::tally::changes::{ChangeKind, Changes, Flow, changes, children_below};
use crate::tally::{Period, tally};

const SIXTEEN: u8 = 16;

fn period(from: &str, as_of: &str) -> Period {
    Period::new(day(from), day(as_of)).expect("in order")
}

fn of(households: &[HouseholdFacts], pairs: &[PersonPair], period: Period) -> Changes {
    changes(households, pairs, period, SIXTEEN, None).expect("counts")
}

/// Opening, born, arrived, left, died, came of age, closing: least and most.
fn numbers(flow: &Flow) -> [(u64, u64); 7] {
    let [born, arrived, left, died, of_age] = ChangeKind::ALL.map(|kind| flow.of(kind));
    [flow.opening, born, arrived, left, died, of_age, flow.closing].map(|b| (b.least, b.most))
}

fn exactly(flow: &Flow) -> [u64; 7] {
    numbers(flow).map(|(least, most)| {
        assert_eq!(least, most, "{flow:?}");
        least
    })
}

fn with(number: usize, birth: &str, events: &[(&str, &str)]) -> PersonFacts {
    let events = events.iter().zip(50..).map(|((kind, on), n)| event(n, kind, on, None)).collect();
    PersonFacts { birth: one(Some(date(birth))), events, ..child(number) }
}

/// Birth, events, and the numbers of the year.
type Case = (&'static str, &'static [(&'static str, &'static str)], [u64; 7]);

#[test]
fn each_change_is_counted_once_and_the_ends_agree() {
    let year = period("2024-01-01", "2024-12-31");
    let cases: [Case; 13] = [
        // birth, events, opening, born, arrived, left, died, of age, closing
        ("2015-06-01", &[], [1, 0, 0, 0, 0, 0, 1]),
        ("2024-06-01", &[], [0, 1, 0, 0, 0, 0, 1]),
        ("2024-06-01", &[("birth", "2024-06-01")], [0, 1, 0, 0, 0, 0, 1]),
        ("2024-06-01", &[("death", "2024-06-01")], [0, 1, 0, 0, 1, 0, 0]),
        ("2015-06-01", &[("moved_in", "2024-03-05")], [0, 0, 1, 0, 0, 0, 1]),
        ("2015-06-01", &[("moved_out", "2024-03-05")], [1, 0, 0, 1, 0, 0, 0]),
        ("2015-06-01", &[("moved_out", "2024-03-05"), ("moved_in", "2024-09-05")], [1, 0, 1, 1, 0, 0, 1]),
        ("2015-06-01", &[("death", "2024-03-05")], [1, 0, 0, 0, 1, 0, 0]),
        ("2008-06-01", &[], [1, 0, 0, 0, 0, 1, 0]),
        // The 16th birthday is the first day on which somebody is no child.
        ("2008-01-01", &[], [1, 0, 0, 0, 0, 1, 0]),
        ("2009-01-01", &[], [1, 0, 0, 0, 0, 0, 1]),
        // Sixteen before he came, and after he left.
        ("2008-02-01", &[("moved_in", "2024-03-05")], [0, 0, 0, 0, 0, 0, 0]),
        ("2008-06-01", &[("moved_out", "2024-03-05")], [1, 0, 0, 1, 0, 0, 0]),
    ];
    for (birth, events, expected) in cases {
        let all = of(&[household(1, vec![with(1, birth, events)])], &[], year);
        assert_eq!(exactly(&all.total), expected, "{birth} {events:?}");
        assert_eq!(all.total.difference(), (0, 0));
        assert_eq!(all.undecided, 0);
        let listed: u64 = expected[1..6].iter().sum();
        assert_eq!(all.listed.len() as u64, listed, "{birth} {events:?}");
        assert!(all.listed.iter().all(|change| change.certain && change.when.len() == 1));
    }
}

#[test]
fn what_is_only_partly_dated_may_have_been_in_the_period() {
    let may = period("2024-05-01", "2024-05-31");
    let moved = |on| of(&[household(1, vec![with(1, "2015-06-01", &[("moved_out", on)])])], &[], may);
    let sure = moved("2024-05");
    assert_eq!(exactly(&sure.total), [1, 0, 0, 1, 0, 0, 0]);
    let unsure = moved("2024");
    assert_eq!(numbers(&unsure.total)[3], (0, 1));
    assert_eq!((unsure.undecided, unsure.listed.len(), unsure.listed[0].certain), (1, 1, false));
    assert_eq!(unsure.listed[0].when, [date("2024")]);
    // Two days stand side by side: one of them is in the period.
    let mut left = with(1, "2015-06-01", &[("moved_out", "2024-05-03")]);
    left.events[0].date = any([Some(date("2024-05-03")), Some(date("2024-07-03"))]);
    let disputed = of(&[household(1, vec![left])], &[], may);
    assert_eq!(numbers(&disputed.total)[3], (0, 1));
    assert_eq!(disputed.listed[0].when, [date("2024-05-03"), date("2024-07-03")]);
}

#[test]
fn a_year_of_birth_makes_the_coming_of_age_a_possibility_of_each_month() {
    let june = period("2024-06-01", "2024-06-30");
    let all = of(&[household(1, vec![with(1, "2008", &[])])], &[], june);
    assert_eq!(numbers(&all.total), [(0, 1), (0, 0), (0, 0), (0, 0), (0, 0), (0, 1), (0, 1)]);
    assert_eq!(all.listed[0].when, [date("2024")]);
}

#[test]
fn a_move_between_two_villages_changes_the_villages_and_not_the_commune() {
    let old = household(1, vec![with(1, "2015-06-01", &[("moved_out", "2024-03-05")])]);
    let mut new = household(2, vec![with(2, "2015-06-01", &[("moved_in", "2024-03-05")])]);
    new.village = "02".into();
    let link = [pair(person(1, 1), person(2, 2), SamePerson::Linked)];
    let year = period("2024-01-01", "2024-12-31");
    let all = of(&[old.clone(), new.clone()], &link, year);
    assert_eq!(exactly(&all.total), [1, 0, 0, 0, 0, 0, 1]);
    assert_eq!(exactly(&all.villages["01"]), [1, 0, 0, 1, 0, 0, 0]);
    assert_eq!(exactly(&all.villages["02"]), [0, 0, 1, 0, 0, 0, 1]);
    assert!(all.listed.is_empty());
    let second = changes(&[old, new], &link, year, SIXTEEN, Some("02")).expect("counts");
    assert_eq!(exactly(&second.total), [0, 0, 1, 0, 0, 0, 1]);
    assert_eq!((second.listed.len(), second.listed[0].kind), (1, ChangeKind::Arrived));
    assert_eq!(second.listed[0].person.document, document(2));
}

#[test]
fn two_records_that_may_be_one_child_are_one_or_two() {
    let twins = household(1, vec![with(1, "2024-06-01", &[]), with(2, "2024-06-01", &[])]);
    let doubt = [pair(person(1, 1), person(1, 2), SamePerson::Undecided)];
    let all = of(&[twins], &doubt, period("2024-01-01", "2024-12-31"));
    assert_eq!(numbers(&all.total), [(0, 0), (1, 2), (0, 0), (0, 0), (0, 0), (0, 0), (1, 2)]);
    assert_eq!((all.undecided, all.listed.len()), (1, 2));
    assert!(all.listed.iter().all(|change| change.maybe_same && !change.certain));
}

#[test]
fn a_birth_stated_where_a_child_was_closes_and_leaves_the_tally_open() {
    let old = household(1, vec![with(1, "2006-11-21", &[("moved_out", "2023-11-21")])]);
    let mut new = household(2, vec![with(2, "2006-11-21", &[])]);
    new.people[0].birth = one(None);
    let (households, year) = ([old, new], period("2023-11-21", "2024-11-20"));
    let link = [pair(person(1, 1), person(2, 2), SamePerson::Linked)];
    let closing = of(&households, &link, year).total.closing;
    assert_eq!(closing.exact(), Some(0), "of age: both records are the same person's");
    let form = children_below(SIXTEEN);
    let tally = tally(&form, year, None, &households, &link, None, &BTreeMap::new()).expect("counts");
    let children = tally.cell("I.1", 0).expect("counted").children;
    assert_eq!((children.least, children.most), (0, 1), "what the record where they live says");
}

#[test]
fn those_under_six_are_followed_by_the_same_rules() {
    let people = vec![with(1, "2018-05-10", &[]), with(2, "2020-01-01", &[]), with(3, "2010-01-01", &[])];
    let may = period("2024-05-01", "2024-05-31");
    let all = changes(&[household(1, people)], &[], may, 6, None).expect("counts");
    assert_eq!(exactly(&all.total), [2, 0, 0, 0, 0, 1, 1]);
    assert_eq!(all.listed[0].when, [date("2024-05-10")]);
}

/// Leaves lives of few enough courses to try them all: then bounds are the same whoever works them out. Of more courses
/// than that, closing and tally each know less, in ways of their own.
fn make_few_courses(households: &mut [HouseholdFacts]) {
    for person in households.iter_mut().flat_map(|household| &mut household.people) {
        person.birth = one(*person.birth.shown());
        person.events.truncate(1);
        for event in &mut person.events {
            event.date = one(*event.date.shown());
            event.kind = one(event.kind.shown().clone());
        }
    }
}

/// What must hold of one flow.
fn reconciles(flow: &Flow) {
    let (least, most) = flow.difference();
    assert!(least <= 0 && 0 <= most, "{flow:?}");
    assert!(!flow.is_exact() || (least, most) == (0, 0), "{flow:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn both_ends_and_what_is_between_reconcile_in_any_register(
        households in households(), drawn in drawn_pairs(),
    ) {
        let pairs = pairs_among(&households, &drawn);
        let all = of(&households, &pairs, period("2023-11-21", "2024-11-20"));
        reconciles(&all.total);
        all.villages.values().for_each(reconciles);
        for village in ["01", "02"] {
            let alone = changes(&households, &pairs, period("2023-11-21", "2024-11-20"), SIXTEEN, Some(village));
            let alone = alone.expect("counts");
            prop_assert_eq!(alone.total, all.villages.get(village).copied().unwrap_or_default());
        }
    }

    #[test]
    fn the_closing_of_a_period_is_the_opening_of_the_next(
        mut households in households(), drawn in drawn_pairs(),
    ) {
        let ends = |households: &[HouseholdFacts], pairs: &[PersonPair]| {
            let first = of(households, pairs, period("2023-11-21", "2024-05-03"));
            (first.total.closing, of(households, pairs, period("2024-05-04", "2024-11-20")).total.opening)
        };
        let pairs = pairs_among(&households, &drawn);
        let (closing, opening) = ends(&households, &pairs);
        prop_assert!(closing.least <= opening.most && opening.least <= closing.most);
        make_few_courses(&mut households);
        let (closing, opening) = ends(&households, &[]);
        prop_assert_eq!(closing, opening);
    }

    #[test]
    fn the_closing_is_the_tallys_number_of_children(
        mut households in households(), drawn in drawn_pairs(),
    ) {
        let year = period("2023-11-21", "2024-11-20");
        let form = children_below(SIXTEEN);
        let counted = |households: &[HouseholdFacts], pairs: &[PersonPair]| {
            let tally = tally(&form, year, None, households, pairs, None, &BTreeMap::new()).expect("counts");
            tally.cell("I.1", 0).expect("counted").children
        };
        let ends = |households: &[HouseholdFacts], pairs: &[PersonPair]| {
            (of(households, pairs, year).total.closing, counted(households, pairs))
        };
        let (closing, children) = ends(&households, &[]);
        prop_assert!(closing.least <= children.most && children.least <= closing.most);
        make_few_courses(&mut households);
        let (closing, children) = ends(&households, &[]);
        prop_assert_eq!(closing, children);
        // With links a child's records may state different births, which the tally weighs by residence and the closing
        // puts together (`a_birth_stated_where_a_child_was_closes_and_leaves_the_tally_open`): here all state one.
        let mut people = households.iter().flat_map(|household| &household.people);
        let birth = people.find_map(|person| *person.birth.shown());
        for person in households.iter_mut().flat_map(|household| &mut household.people) {
            person.birth = one(birth.or(Some(date("2012-05-05"))));
        }
        let (closing, children) = ends(&households, &pairs_among(&households, &drawn));
        prop_assert!(closing.least <= children.most && children.least <= closing.most);
        prop_assert!(closing.exact().is_none_or(|exact| children.exact() == Some(exact)));
    }
}
