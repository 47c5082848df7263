//! What happened in a period: what is listed, and what is only possible.

use super::sample::{any, child, circumstance, date, day, event, household, id, one, person};
use crate::facts::{HouseholdFacts, PersonFacts, RestrictedFact};
use crate::tally::Period;
use crate::tally::happened::{Happened, Happening, happened};

fn may() -> Period {
    Period::new(day("2024-05-01"), day("2024-05-31")).expect("in order")
}

fn of(person: PersonFacts) -> Vec<Happened> {
    happened(&[household(1, vec![person])], None, may(), 16)
}

fn injured(on: &str, birth: &str) -> Vec<(Happening, bool)> {
    let events = vec![event(9, "injury", on, Some("injury_fall"))];
    let found = of(PersonFacts { birth: one(Some(date(birth))), events, ..child(1) });
    found.into_iter().map(|happened| (happened.what, happened.certain)).collect()
}

#[test]
fn an_injury_of_the_period_is_listed_and_one_of_which_only_the_year_is_known_may_be() {
    let fall = || Happening::Injured(Some("injury_fall".into()));
    assert_eq!(injured("2024-05-31", "2015-06-01"), [(fall(), true)]);
    assert_eq!(injured("2024", "2015-06-01"), [(fall(), false)]);
    assert_eq!(injured("2024-06-01", "2015-06-01"), []);
    // Sixteen on that very day, or perhaps.
    assert_eq!(injured("2024-05-10", "2008-05-10"), []);
    assert_eq!(injured("2024-05-10", "2008-05"), [(fall(), false)]);
}

#[test]
fn a_circumstance_begins_and_ends_on_its_days_and_one_of_unknown_start_began_before() {
    let mut began = circumstance(5, "II.1.1");
    began.start = one(Some(date("2024-05-02")));
    began.end = one(Some(date("2024-05-20")));
    let found = of(PersonFacts { circumstances: vec![began, circumstance(6, "II.4")], ..child(1) });
    let what: Vec<&Happening> = found.iter().map(|happened| &happened.what).collect();
    assert_eq!(what, [&Happening::Entered("II.1.1".into()), &Happening::Ended("II.1.1".into())]);
    assert!(found.iter().all(|happened| happened.certain && happened.entry == id(5)));
    let mut disputed = circumstance(5, "II.1.1");
    disputed.start = any([None, Some(date("2024-05-02"))]);
    let found = of(PersonFacts { circumstances: vec![disputed], ..child(1) });
    assert_eq!((found.len(), found[0].certain, found[0].when.clone()), (1, false, vec![date("2024-05-02")]));
}

#[test]
fn what_is_withdrawn_is_left_out_and_sealed_reports_need_the_key() {
    let events = vec![event(9, "injury", "2024-05-10", None)];
    let withdrawn = PersonFacts { withdrawn: one(true), events, ..child(1) };
    assert_eq!(of(withdrawn), []);
    let report = RestrictedFact {
        person: person(1, 1),
        envelope: id(900),
        code: "II.11.2".into(),
        start: Some(date("2024-05-03")),
        end: None,
        supports: Vec::new(),
    };
    let households: [HouseholdFacts; 1] = [household(1, vec![child(1), child(2)])];
    assert_eq!(happened(&households, None, may(), 16), []);
    let found = happened(&households, Some(&[report]), may(), 16);
    assert_eq!((found.len(), &found[0].person, &found[0].entry), (1, &person(1, 1), &id(900)));
}
