//! Birth registration, schooling and visits: what targets count and no form does.

use std::collections::BTreeMap;

use schemas::target::{TargetSet, target_sets};

use super::sample::{any, child, circumstance, date, document, event, household, one, pair, period, person};
use crate::facts::{HouseholdFacts, PersonFacts, SamePerson, Schooling, VisitFact};
use crate::tally::{Counter, Why, tally};

fn set(name: &str) -> &'static TargetSet {
    target_sets().iter().find(|set| set.set == name).expect("shipped")
}

/// Least and most of the children of a measure, of this household alone.
fn part(set: &TargetSet, measure: &str, household: &HouseholdFacts) -> (u64, u64) {
    let measure = set.measure(measure).expect("a measure");
    let (form, households) = (set.form(), [household.clone()]);
    let tally = tally(&form, period(), None, &households, &[], None, &BTreeMap::new()).expect("counts");
    let bounds = tally.cell(&measure.line(), 0).expect("a line").children;
    (bounds.least, bounds.most)
}

/// Children under 5 on the as-of date.
fn small(change: impl FnOnce(&mut PersonFacts)) -> HouseholdFacts {
    let mut person = PersonFacts { birth: one(Some(date("2020-06-01"))), ..child(1) };
    change(&mut person);
    household(1, vec![person])
}

#[test]
fn a_birth_counts_as_registered_if_it_is_whatever_is_decided() {
    let set = set("tan-loi-2024");
    for (registered, expected) in [
        (one(Some(true)), (1, 1)),
        (one(Some(false)), (0, 0)),
        (one(None), (0, 1)),
        (any(vec![Some(true), Some(false)]), (0, 1)),
        (any(vec![None, Some(true)]), (0, 1)),
    ] {
        let household = small(|person| person.birth_registered = registered.clone());
        assert_eq!(part(set, "14", &household), expected, "{registered:?}");
    }
}

#[test]
fn kindergarten_is_one_stage_of_schooling_and_an_unknown_one_may_be_it() {
    let set = set("tan-loi-2024");
    for (stage, expected) in [
        (one(Some(Schooling::Preschool)), (1, 1)),
        (one(Some(Schooling::Primary)), (0, 0)),
        (one(None), (0, 1)),
        (any(vec![Some(Schooling::Preschool), Some(Schooling::NotYet)]), (0, 1)),
    ] {
        let household = small(|person| {
            person.birth = one(Some(date("2019-06-01")));
            person.schooling = stage.clone();
        });
        assert_eq!(part(set, "16", &household), expected, "{stage:?}");
    }
}

fn visited(visits: &[(Option<&str>, bool)]) -> HouseholdFacts {
    let held = circumstance(5, "II.4");
    let mut household = household(1, vec![PersonFacts { circumstances: vec![held], ..child(1) }]);
    let fact = |(day, certain): &(Option<&str>, bool)| VisitFact { day: day.map(date), certain: *certain };
    household.visits = visits.iter().map(fact).collect();
    household
}

#[test]
fn a_child_is_reviewed_if_its_household_was_visited_in_the_period() {
    let set = set("tam-my-2026");
    for (visits, expected) in [
        (&[][..], (0, 0)),
        (&[(Some("2024-11-20"), true)], (1, 1)),
        (&[(Some("2024-11-21"), true)], (0, 0)),
        (&[(Some("2023-11-20"), true)], (0, 0)),
        (&[(Some("2023-11"), true)], (0, 1)),
        (&[(None, true)], (0, 1)),
        (&[(Some("2024-11-20"), false)], (0, 1)),
        (&[(Some("2020-01-01"), true), (Some("2024-06-01"), true)], (1, 1)),
    ] {
        let mut household = visited(visits);
        assert_eq!(part(set, "1", &household), expected, "{visits:?}");
        // The same of a child whose life is looked at more closely, as it moved here and was hurt.
        household.people[0].events =
            vec![event(6, "moved_in", "2020-03", None), event(7, "injury", "2024-06-01", None)];
        assert_eq!(part(set, "1", &household), expected, "{visits:?} and events");
    }
}

#[test]
fn a_visit_reviews_who_lived_there_that_day() {
    let set = set("tam-my-2026");
    let visit = [(Some("2024-06-01"), true)];
    let lived = |birth: &str, events: &[(&str, &str)]| {
        let mut household = visited(&visit);
        household.people[0].birth = one(Some(date(birth)));
        let events = (6..).zip(events);
        household.people[0].events = events.map(|(id, (kind, day))| event(id, kind, day, None)).collect();
        part(set, "1", &household)
    };
    assert_eq!(lived("2024-06-01", &[]), (1, 1), "born that day");
    assert_eq!(lived("2024-06-02", &[]), (0, 0), "born after it");
    assert_eq!(lived("2024-06", &[]), (0, 1), "born that month");
    assert_eq!(lived("2015-01-01", &[("moved_in", "2024-06-01")]), (1, 1));
    assert_eq!(lived("2015-01-01", &[("moved_in", "2024-06-02")]), (0, 0), "came after it");
    assert_eq!(lived("2015-01-01", &[("moved_in", "2024-06")]), (0, 1), "came some day that month");
    assert_eq!(lived("2015-01-01", &[("moved_in", "2024-05")]), (1, 1));
    let away = [("moved_out", "2024-03-01"), ("moved_in", "2024-09-01")];
    assert_eq!(lived("2015-01-01", &away), (0, 0), "was away");
}

#[test]
fn a_child_that_moved_is_reviewed_by_visits_of_where_it_was() {
    let set = set("tam-my-2026");
    let form = set.form();
    let measure = set.measure("1").expect("a measure");
    for (old_visit, new_visit, expected) in [
        ("2024-06-01", None, (0, 0)),
        ("2024-01-09", None, (1, 1)),
        ("2024-06-01", Some("2024-06-02"), (1, 1)),
        ("2024-06-01", Some("2024-01-09"), (0, 0)),
    ] {
        let mut old = visited(&[(Some(old_visit), true)]);
        old.people[0].events = vec![event(6, "moved_out", "2024-01-10", None)];
        let visits: Vec<_> = new_visit.into_iter().map(|day| (Some(day), true)).collect();
        let mut new = HouseholdFacts { document: document(2), ..visited(&visits) };
        new.people[0].events = vec![event(7, "moved_in", "2024-01-10", None)];
        let linked = [pair(person(1, 1), person(2, 1), SamePerson::Linked)];
        let tally = tally(&form, period(), None, &[old, new], &linked, None, &BTreeMap::new());
        let bounds = tally.expect("counts").cell(&measure.line(), 0).expect("a line").children;
        assert_eq!((bounds.least, bounds.most), expected, "{old_visit} {new_visit:?}");
    }
}

#[test]
fn what_is_open_is_said() {
    let form = set("tam-my-2026").form();
    let households = [visited(&[(None, true)])];
    let measure = set("tam-my-2026").measure("1").expect("a measure");
    let counter = Counter::new(&form, period(), None).expect("compiles");
    let found = counter.explain(&households, &[], None, &measure.line(), "all").expect("a cell");
    assert_eq!(found.children[0].undecided, [Why::Visited(households[0].document)]);

    let unknown = small(|person| {
        person.birth_registered = one(None);
        person.circumstances = vec![circumstance(5, "II.4")];
    });
    let measure = set("tam-my-2026").measure("3-1").expect("a measure");
    let found = counter.explain(&[unknown], &[], None, &measure.line(), "all").expect("a cell");
    assert_eq!(found.children[0].undecided, [Why::BirthRegistration(person(1, 1))]);
}

#[test]
fn every_stage_of_the_catalogue_is_known() {
    let entries = &schemas::catalogue::catalogue(schemas::catalogue::Name::Schooling).entries;
    let codes: Vec<&str> = entries.iter().map(|entry| entry.code.as_str()).collect();
    assert_eq!(codes, Schooling::ALL.map(|(_, code)| code));
}
