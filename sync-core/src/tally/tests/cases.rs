use std::collections::BTreeMap;

use schemas::form::form;

use super::sample::{
    AS_OF, FROM, any, cell, child, circumstance, count, date, day, document, event, household, id, one, pair,
    period, person, support, te03,
};
use crate::facts::{PersonFacts, Poverty, RestrictedFact, SamePerson, Sex};
use crate::tally::{
    Because, Bounds, Counter, ExplainedChild, Outcome, Period, Tally, TallyError, UNDECIDED_MAX, Value, Why,
    tally,
};

fn only(person: PersonFacts) -> Tally {
    count(&[household(1, vec![person])], &[])
}

fn with(change: impl FnOnce(&mut PersonFacts)) -> Tally {
    let mut person = child(1);
    change(&mut person);
    only(person)
}

#[test]
fn a_child_is_counted_until_the_day_before_it_turns_16() {
    for (birth, counted) in [
        ("2008-11-20", 0),
        ("2008-11-21", 1),
        ("2024-11-20", 1),
        ("2024-11-21", 0),
        ("2019-05", 1),
        ("2018", 1),
        ("2001", 0),
    ] {
        let tally = with(|p| p.birth = one(Some(date(birth))));
        assert_eq!(cell(&tally, "I.1"), (counted, counted), "{birth}");
    }
    for unsure in ["2008", "2008-11", "2024"] {
        assert_eq!(cell(&with(|p| p.birth = one(Some(date(unsure)))), "I.1"), (0, 1), "{unsure}");
    }
    assert_eq!(cell(&with(|p| p.birth = one(None)), "I.1"), (0, 1));
}

#[test]
fn one_born_on_29_february_turns_16_on_the_28th_where_there_is_no_29th() {
    let counter = |as_of: &str| {
        let period = Period::new(day("2020-01-01"), day(as_of)).expect("in order");
        let people = vec![PersonFacts { birth: one(Some(date("2004-02-29"))), ..child(1) }];
        let own = r#"{"form":"03/TE","edition":"t","columns":[{"code":"1","header":"dưới 18","confirmed":true,
            "kind":{"children":{"age":{"from":16,"below":18}}}}]}"#;
        let mut form = te03().with_columns(own).expect("valid");
        form.universe = None;
        let tally =
            tally(&form, period, None, &[household(1, people)], &[], None, &BTreeMap::new()).expect("counts");
        cell(&tally, "I.1")
    };
    assert_eq!(counter("2020-02-28"), (0, 0));
    assert_eq!(counter("2020-02-29"), (1, 1));
    assert_eq!(counter("2022-02-27"), (1, 1));
    assert_eq!(counter("2022-02-28"), (0, 0));
}

#[test]
fn residence_follows_arrivals_and_departures() {
    let on = |kind: &str, date: &str| event(10, kind, date, None);
    for (events, counted) in [
        (vec![], 1),
        (vec![on("moved_in", AS_OF)], 1),
        (vec![on("moved_in", "2024-11-21")], 0),
        (vec![on("moved_out", AS_OF)], 0),
        (vec![on("moved_out", "2024-11-21")], 1),
        (vec![on("moved_out", "2024-01-01"), on("moved_in", "2024-02-01")], 1),
        (vec![on("moved_in", "2022-01-01"), on("moved_out", "2023-01-01")], 0),
        (vec![on("moved_out", "2020-01-01"), on("moved_in", "2021-01-01"), on("moved_out", "2022-01-01")], 0),
        (vec![on("moved_out", "2024-05-05"), on("moved_in", "2024-05-05")], 1),
        (vec![on("birth", "2015-06-01"), on("turned_16", "2020-01-01")], 1),
        (vec![on("death", "2024-11-01")], 0),
    ] {
        let tally = with(|p| p.events.clone_from(&events));
        assert_eq!(cell(&tally, "I.1"), (counted, counted), "{events:?}");
    }
    assert_eq!(cell(&with(|p| p.events = vec![on("moved_out", "2024-11")]), "I.1"), (0, 1));
}

#[test]
fn circumstances_hold_from_their_start_until_before_their_end() {
    let held = |start: Option<&str>, end: Option<&str>| {
        let mut fact = circumstance(5, "II.4.1");
        (fact.start, fact.end) = (one(start.map(date)), one(end.map(date)));
        cell(&with(|p| p.circumstances = vec![fact]), "II.4.1")
    };
    assert_eq!(held(None, None), (1, 1));
    assert_eq!(held(Some(AS_OF), None), (1, 1));
    assert_eq!(held(Some("2024-11-21"), None), (0, 0));
    assert_eq!(held(None, Some(AS_OF)), (0, 0));
    assert_eq!(held(None, Some("2024-11-21")), (1, 1));
    assert_eq!(held(Some("2024"), None), (0, 1));
}

#[test]
fn a_disputed_sub_line_leaves_its_group_certain() {
    let mut fact = circumstance(5, "II.4.1");
    fact.code = any([Some("II.4.1".to_owned()), Some("II.4.2".to_owned())]);
    let tally = with(|p| p.circumstances = vec![fact]);
    for (line, expected) in [("II.4.1", (0, 1)), ("II.4.2", (0, 1)), ("II.4", (1, 1)), ("II", (1, 1))] {
        assert_eq!(cell(&tally, line), expected, "{line}");
    }
}

#[test]
fn the_group_of_2023_that_was_split_is_undecided_between_its_two_successors() {
    let tally = with(|p| p.circumstances = vec![circumstance(5, "2023.III.4")]);
    for (line, expected) in [("III.4", (0, 1)), ("III.5", (0, 1)), ("III", (1, 1)), ("III.3", (0, 0))] {
        assert_eq!(cell(&tally, line), expected, "{line}");
    }
    assert_eq!(cell(&with(|p| p.circumstances = vec![circumstance(5, "2023.III.6")]), "III.7"), (1, 1));
}

#[test]
fn a_group_without_sub_line_counts_in_the_group_and_its_check_says_so() {
    let tally = with(|p| p.circumstances = vec![circumstance(5, "II.4")]);
    assert_eq!((cell(&tally, "II.4"), cell(&tally, "II.4.1")), ((1, 1), (0, 0)));
    let check = tally.checks.iter().find(|c| c.whole == "II.4" && c.column == "1").expect("checked");
    assert_eq!((check.outcome, check.difference), (Outcome::Violated, (1, 1)));
}

#[test]
fn totals_count_a_child_once_and_its_groups_as_occurrences() {
    let codes = ["II.4.1", "II.4.4-1", "II.1.3", "II.1.3"];
    let tally = with(|p| p.circumstances = codes.iter().zip(5..).map(|(c, n)| circumstance(n, c)).collect());
    let total = tally.cell("II", 0).expect("counts");
    assert_eq!((total.children.exact(), total.occurrences.exact()), (Some(1), Some(2)));
    assert!(tally.checks.iter().all(|check| check.outcome == Outcome::Holds), "{:?}", tally.checks);
}

#[test]
fn injuries_are_counted_in_the_period_and_deaths_among_them() {
    let tally = with(|p| {
        p.events = vec![
            event(5, "injury", FROM, Some("injury_fall")),
            event(6, "injury", "2023-11-20", Some("injury_burn")),
            event(7, "death", "2024-03-01", Some("injury_drowning")),
        ];
    });
    for (line, children, occurrences) in [
        ("I.1", 0, 0),
        ("IV", 1, 2),
        ("IV.2.1", 1, 2),
        ("IV.2.2", 1, 1),
        ("IV.2.2-1", 1, 1),
        ("IV.2.2-2", 0, 0),
    ] {
        let cell = tally.cell(line, 0).expect("counts");
        let found = (cell.children.exact(), cell.occurrences.exact());
        assert_eq!(found, (Some(children), Some(occurrences)), "{line}");
    }
    let unknown = with(|p| p.events = vec![event(7, "death", "2024-03-01", None)]);
    assert_eq!(cell(&unknown, "IV.2.2"), (0, 1));
    let illness = with(|p| p.events = vec![event(7, "death", "2024-03-01", Some("illness"))]);
    assert_eq!(cell(&illness, "IV.2.2"), (0, 0));
}

#[test]
fn an_injury_counts_only_for_a_child_that_lived_here_and_was_under_16_that_day() {
    let injured = event(5, "injury", "2024-05-03", None);
    let older = with(|p| {
        p.birth = one(Some(date("2008-05-03")));
        p.events = vec![injured.clone()];
    });
    assert_eq!(cell(&older, "IV.2.1"), (0, 0));
    let since_16 = with(|p| {
        p.birth = one(Some(date("2008-05-04")));
        p.events = vec![injured.clone()];
    });
    assert_eq!((cell(&since_16, "IV.2.1"), cell(&since_16, "I.1")), ((1, 1), (0, 0)));
    let gone = with(|p| p.events = vec![event(4, "moved_out", "2024-05-02", None), injured.clone()]);
    assert_eq!(cell(&gone, "IV.2.1"), (0, 0));
    let that_day = with(|p| p.events = vec![event(4, "moved_out", "2024-05-03", None), injured]);
    assert_eq!(cell(&that_day, "IV.2.1"), (1, 1));
}

#[test]
fn what_is_unknown_is_counted_both_ways_and_never_shifts_the_total() {
    let tally = with(|p| (p.sex, p.ethnicity) = (one(None), one(Some("56".into()))));
    for (line, expected) in
        [("I.1", (1, 1)), ("I.1.1", (0, 1)), ("I.1.2", (0, 1)), ("I.1.3-1", (0, 1)), ("I.1.3-2", (0, 1))]
    {
        assert_eq!(cell(&tally, line), expected, "{line}");
    }
    let sums: Vec<Outcome> =
        tally.checks.iter().filter(|c| c.whole == "I.1" && c.column == "1").map(|c| c.outcome).collect();
    assert_eq!(sums, [Outcome::Undecided, Outcome::Undecided]);
}

#[test]
fn a_withdrawn_record_is_never_counted_and_a_disputed_one_perhaps() {
    assert_eq!(cell(&with(|p| p.withdrawn = one(true)), "I.1"), (0, 0));
    assert_eq!(cell(&with(|p| p.withdrawn = any([true, false])), "I.1"), (0, 1));
    let mut fact = circumstance(5, "III.2");
    fact.withdrawn = one(true);
    assert_eq!(cell(&with(|p| p.circumstances = vec![fact]), "III.2"), (0, 0));
}

#[test]
fn adults_on_the_members_page_are_not_children_and_young_members_are() {
    let member = |birth: Option<&str>| with(|p| (p.is_child, p.birth) = (false, one(birth.map(date))));
    assert_eq!(cell(&member(None), "I.1"), (0, 0));
    assert_eq!(cell(&member(Some("1980")), "I.1"), (0, 0));
    assert_eq!(cell(&member(Some("2010-01-01")), "I.1"), (1, 1));
}

#[test]
fn linked_records_are_one_child_on_every_date_with_the_attributes_of_where_it_lives() {
    let mut left = child(1);
    left.events = vec![event(5, "moved_out", "2024-03-01", None)];
    left.circumstances = vec![circumstance(6, "III.2")];
    left.sex = one(Some(Sex::Female));
    left.supports = vec![support(7, "medical", "2024-01-01", None)];
    let mut arrived = child(1);
    arrived.events = vec![event(5, "moved_in", "2024-03-01", None)];
    let households = [household(1, vec![left]), household(2, vec![arrived]), household(3, vec![child(1)])];
    let pairs = [
        pair(person(1, 1), person(2, 1), SamePerson::Linked),
        pair(person(3, 1), person(2, 1), SamePerson::Linked),
    ];
    let tally = count(&households, &pairs);
    for (line, expected) in [("I.1", (1, 1)), ("I.1.1", (1, 1)), ("I.1.2", (0, 0)), ("III.2", (0, 0))] {
        assert_eq!(cell(&tally, line), expected, "{line}");
    }
    assert_eq!(tally.cell("I.1", 4).expect("counts").children.exact(), Some(1), "supports go with the child");
    assert_eq!(cell(&count(&households, &[]), "I.1"), (2, 2));
}

#[test]
fn records_that_both_live_here_and_differ_are_undecided_but_what_is_known_wins() {
    let female = PersonFacts { sex: one(Some(Sex::Female)), ..child(1) };
    let link = [pair(person(1, 1), person(2, 1), SamePerson::Linked)];
    let tally = count(&[household(1, vec![child(1)]), household(2, vec![female])], &link);
    assert_eq!((cell(&tally, "I.1"), cell(&tally, "I.1.1"), cell(&tally, "I.1.2")), ((1, 1), (0, 1), (0, 1)));
    let vague = PersonFacts { sex: one(None), birth: one(Some(date("2015"))), ..child(1) };
    let tally = count(&[household(1, vec![child(1)]), household(2, vec![vague])], &link);
    assert_eq!((cell(&tally, "I.1"), cell(&tally, "I.1.1")), ((1, 1), (1, 1)));
}

#[test]
fn an_undecided_pair_is_one_child_or_two() {
    let households = [household(1, vec![child(1)]), household(2, vec![child(1)])];
    let tally = count(&households, &[pair(person(1, 1), person(2, 1), SamePerson::Undecided)]);
    assert_eq!((cell(&tally, "I.1"), cell(&tally, "I.1.1"), cell(&tally, "I.1.2")), ((1, 2), (1, 2), (0, 0)));
    let unknown = pair(person(1, 1), person(9, 9), SamePerson::Undecided);
    assert_eq!(cell(&count(&households, &[unknown]), "I.1"), (2, 2), "a record nobody holds ties nothing");
}

#[test]
fn too_many_undecided_pairs_widen_the_bounds_and_keep_them_sound() {
    let number = u8::try_from(UNDECIDED_MAX).expect("few") + 2;
    let households: Vec<_> = (1..=number).map(|n| household(n, vec![child(1)])).collect();
    let chain: Vec<_> =
        (1..number).map(|n| pair(person(n, 1), person(n + 1, 1), SamePerson::Undecided)).collect();
    assert_eq!(cell(&count(&households, &chain), "I.1"), (0, u64::from(number)));
}

#[test]
fn too_many_possibilities_widen_the_bounds_and_keep_them_sound() {
    let codes = ["II.1", "II.2", "II.3", "II.4", "II.8", "II.9", "II.13", "II.14", "III.2", "III.3"];
    let tally = with(|p| {
        p.circumstances = codes.iter().zip(5..).map(|(c, n)| circumstance(n, c)).collect();
        p.circumstances.iter_mut().for_each(|c| c.withdrawn = any([false, true]));
        p.circumstances.push(circumstance(50, "IV.1"));
    });
    for (line, expected) in
        [("I.1", (1, 1)), ("II.9", (0, 1)), ("II", (0, 1)), ("IV.1", (1, 1)), ("III.6", (0, 0))]
    {
        assert_eq!(cell(&tally, line), expected, "{line}");
    }
    let days = with(|p| {
        let kinds = ["moved_in", "moved_out", "injury", "injury"];
        p.events = kinds.iter().zip(5..).map(|(kind, n)| event(n, kind, "2024", None)).collect();
    });
    assert_eq!((cell(&days, "I.1"), cell(&days, "IV.2.1"), cell(&days, "IV.2.2")), ((0, 1), (0, 1), (0, 0)));
}

fn sealed_report(envelope: usize) -> RestrictedFact {
    RestrictedFact {
        person: person(1, 1),
        envelope: id(envelope),
        code: "II.11.1".into(),
        start: Some(date("2024-06")),
        end: None,
        supports: vec!["counselling".into()],
    }
}

#[test]
fn sealed_reports_widen_restricted_lines_until_they_are_opened() {
    let mut home = household(1, vec![child(1)]);
    home.sealed = vec![id(90), id(91)];
    let homes = [home];
    let filled = |restricted: Option<&[RestrictedFact]>| {
        tally(te03(), period(), None, &homes, &[], restricted, &BTreeMap::new()).expect("counts")
    };
    let closed = filled(None);
    for line in ["II", "II.11", "II.11.1", "II.5", "II.10", "II.10.3"] {
        let found = closed.cell(line, 0).expect("counts");
        assert_eq!((found.children, found.sealed), (Bounds { least: 0, most: 2 }, true), "{line}");
    }
    for line in ["I.1", "II.4", "II.10.1", "III"] {
        assert!(!closed.cell(line, 0).expect("counts").sealed, "{line}");
    }
    let half = filled(Some(&[sealed_report(90)]));
    assert_eq!((cell(&half, "II.11.1"), cell(&half, "II.5"), half.sealed), ((1, 2), (0, 1), 1));
    let open = filled(Some(&[sealed_report(90), sealed_report(91)]));
    assert_eq!((cell(&open, "II.11.1"), cell(&open, "II"), open.sealed), ((1, 1), (1, 1), 0));
    let counselled = |line| open.cell(line, 6).expect("counts").children.exact();
    assert_eq!((counselled("II.11"), counselled("II"), counselled("I.1")), (Some(1), Some(1), Some(0)));
}

#[test]
fn a_restricted_code_that_stands_open_in_a_document_still_counts() {
    assert_eq!(cell(&with(|p| p.circumstances = vec![circumstance(5, "II.5.1")]), "II.5"), (1, 1));
}

#[test]
fn supports_count_when_they_reach_into_the_period() {
    let medical = |fact: crate::facts::SupportFact| {
        let tally = with(|p| p.supports = vec![fact]);
        (tally.cell("I.1", 2).expect("any form").children, tally.cell("I.1", 4).expect("medical").children)
    };
    let (yes, no, open) =
        (Bounds { least: 1, most: 1 }, Bounds { least: 0, most: 0 }, Bounds { least: 0, most: 1 });
    assert_eq!(medical(support(5, "medical", "2024-01-01", Some("2024-01-01"))), (yes, yes));
    assert_eq!(medical(support(5, "medical", "2020-01-01", None)), (yes, yes));
    assert_eq!(medical(support(5, "medical", "2020-01-01", Some(FROM))), (no, no));
    assert_eq!(medical(support(5, "education", "2024", Some("2024"))), (open, no));
    let mut needed = support(5, "medical", "2024-01-01", None);
    needed.received = one(false);
    assert_eq!(medical(needed), (no, no));
    let mut unnamed = support(5, "medical", "2024-01-01", None);
    unnamed.form = one(None);
    assert_eq!(medical(unnamed), (yes, open));
}

#[test]
fn a_village_counts_its_own_residents_also_of_children_that_moved_within_the_commune() {
    let mut left = child(1);
    left.events = vec![event(5, "moved_out", "2024-03-01", None), event(6, "injury", "2024-02-01", None)];
    let mut arrived = child(1);
    arrived.events = vec![event(5, "moved_in", "2024-03-01", None)];
    let mut second = household(2, vec![arrived, child(3)]);
    second.village = "02".into();
    let households = [household(1, vec![left]), second];
    let pairs = [pair(person(1, 1), person(2, 1), SamePerson::Linked)];
    let of = |village: Option<&str>| {
        let tally =
            tally(te03(), period(), village, &households, &pairs, None, &BTreeMap::new()).expect("counts");
        (cell(&tally, "I.1").0, cell(&tally, "IV.2.1").0)
    };
    assert_eq!((of(None), of(Some("01")), of(Some("02")), of(Some("03"))), ((2, 1), (0, 1), (2, 0), (0, 0)));
}

#[test]
fn percentages_are_tenths_rounded_half_up_between_bounds() {
    let mut people: Vec<PersonFacts> = (1..=7).map(child).collect();
    people[0].circumstances = vec![circumstance(50, "III.2")];
    people[1].circumstances = vec![circumstance(51, "III.2")];
    people[1].circumstances[0].withdrawn = any([true, false]);
    let tally = count(&[household(1, people)], &[]);
    let share = |line| match tally.value(line, 1) {
        Some(Value::Percent { tenths }) => tenths,
        other => panic!("{other:?}"),
    };
    assert_eq!(share("III.2"), Some(Bounds { least: 143, most: 286 }));
    assert_eq!(share("I.1"), Some(Bounds { least: 1000, most: 1000 }));
    let Some(Value::Percent { tenths: None }) = count(&[], &[]).value("III.2", 1) else {
        panic!("nothing to divide by")
    };
}

#[test]
fn form_01_counts_ages_and_cards_and_divides_by_the_typed_population() {
    let of_birth = |number, birth: &str| PersonFacts { birth: one(Some(date(birth))), ..child(number) };
    let mut people = vec![
        of_birth(1, "2020-01-01"),
        of_birth(2, "2021-01-01"),
        of_birth(3, "2007-06-01"),
        of_birth(4, "2012-01-01"),
    ];
    people[0].health_insurance_used = one(Some(true));
    people[1].health_insurance = one(None);
    people[2].is_child = false;
    let first = form("01/TE").expect("shipped");
    let population = BTreeMap::from([("total_population".to_owned(), 40)]);
    let filled = |parameters: &BTreeMap<String, u64>| {
        tally(first, period(), None, &[household(1, people.clone())], &[], None, parameters).expect("counts")
    };
    let tally = filled(&population);
    for (line, expected) in
        [("I.1", (3, 3)), ("I.2", (2, 2)), ("I.3", (1, 2)), ("I.3-2", (1, 1)), ("I.4", (1, 1))]
    {
        assert_eq!(cell(&tally, line), expected, "{line}");
    }
    let tenths = |n| Value::Percent { tenths: Some(Bounds { least: n, most: n }) };
    assert_eq!((tally.value("I.1-1", 0), tally.value("I.4-1", 0)), (Some(tenths(75)), Some(tenths(25))));
    assert_eq!(filled(&BTreeMap::new()).value("I.1-1", 0), Some(Value::Percent { tenths: None }));
    assert_eq!((tally.value("II.1", 0), tally.value("II", 0)), (Some(Value::Typed), Some(Value::Heading)));
}

#[test]
fn a_commune_s_own_columns_are_counted() {
    let own = r#"{"form":"03/TE","edition":"t","columns":[
        {"code":"1","header":"Nữ","confirmed":true,"kind":{"children":{"sex":"female"}}},
        {"code":"2","header":"Dưới 10 tuổi, dân tộc khác","confirmed":true,
         "kind":{"children":{"age":{"below":10},"ethnicity":{"except":["01"]}}}}]}"#;
    let form = te03().with_columns(own).expect("valid");
    let tay = PersonFacts { ethnicity: one(Some("02".into())), sex: one(Some(Sex::Female)), ..child(2) };
    let tally =
        tally(&form, period(), None, &[household(1, vec![child(1), tay])], &[], None, &BTreeMap::new())
            .expect("counts");
    let line: Vec<_> = (0..2).map(|of| tally.cell("I.1", of).expect("counts").children.exact()).collect();
    assert_eq!(line, [Some(1), Some(1)]);
}

#[test]
fn an_explanation_leads_back_to_the_objects_and_says_what_is_open() {
    let mut unsure = PersonFacts { circumstances: vec![circumstance(7, "II.4.1")], ..child(2) };
    unsure.circumstances[0].start = one(Some(date("2024")));
    let mut sure = PersonFacts { circumstances: vec![circumstance(6, "II.4.1")], ..child(1) };
    sure.circumstances.push(circumstance(9, "III.2"));
    let homes = [household(1, vec![sure, unsure, child(3)])];
    let counter = Counter::new(te03(), period(), None).expect("compiles");
    let explained = counter.explain(&homes, &[], None, "II.4.1", "1").expect("known");
    let at = document(1);
    let expected = [
        ExplainedChild {
            records: vec![person(1, 1)],
            certain: true,
            because: vec![Because::Child(person(1, 1)), Because::Circumstance(at, id(6))],
            undecided: vec![],
        },
        ExplainedChild {
            records: vec![person(1, 2)],
            certain: false,
            because: vec![Because::Child(person(1, 2)), Because::Circumstance(at, id(7))],
            undecided: vec![Why::Circumstance(at, id(7))],
        },
    ];
    assert_eq!(explained.children, expected);
    assert!(explained.sealed.is_empty());
    assert_eq!(expected[0].because[1].container(), "circumstances");
    assert_eq!(counter.explain(&homes, &[], None, "II-0", "1"), Err(TallyError::NoLine("II-0".into())));
    assert_eq!(counter.explain(&homes, &[], None, "II", "2"), Err(TallyError::NoColumn("2".into())));
}

#[test]
fn an_undecided_pair_is_explained_as_one_certain_child_and_one_that_may_be_the_same() {
    let households = [household(1, vec![child(1)]), household(2, vec![child(1)])];
    let pairs = [pair(person(1, 1), person(2, 1), SamePerson::Undecided)];
    let counter = Counter::new(te03(), period(), None).expect("compiles");
    let children = counter.explain(&households, &pairs, None, "I.1", "1").expect("known").children;
    assert_eq!(children.iter().map(|c| c.certain).collect::<Vec<_>>(), [true, false]);
    assert_eq!(children[1].undecided, [Why::MaybeSame(person(1, 1))]);
}

#[test]
fn nothing_of_a_sealed_report_but_its_envelope_appears_in_an_explanation() {
    let mut home = household(1, vec![child(1)]);
    home.sealed = vec![id(90), id(91)];
    let counter = Counter::new(te03(), period(), None).expect("compiles");
    let facts = [sealed_report(90)];
    let explained = counter.explain([&home], &[], Some(&facts), "II", "1").expect("known");
    assert!(explained.children[0].because.contains(&Because::Sealed(document(1), id(90))));
    assert_eq!(explained.sealed, [Because::Sealed(document(1), id(91))]);
    assert!(!format!("{explained:?} {facts:?}").contains("II."));
}

#[test]
fn poverty_of_the_household_makes_its_children_a_group() {
    let of = |status| {
        let mut home = household(1, vec![child(1), child(2)]);
        home.poverty = status;
        let tally = count(&[home], &[]);
        (cell(&tally, "III"), cell(&tally, "III.1"), cell(&tally, "III.1-1"))
    };
    assert_eq!(of(one(Some(Poverty::NearPoor))), ((2, 2), (2, 2), (0, 0)));
    let disputed = any([Some(Poverty::Poor), Some(Poverty::NearPoor)]);
    assert_eq!(of(disputed), ((2, 2), (2, 2), (0, 2)));
    assert_eq!(of(one(None)), ((0, 2), (0, 2), (0, 2)));
}

#[test]
fn a_period_that_ends_before_it_begins_is_refused() {
    let refused = Period::new(day(AS_OF), day(FROM));
    assert!(matches!(refused, Err(TallyError::EmptyPeriod { .. })));
}

#[test]
fn a_tally_of_nothing_is_all_zero_and_adds_up() {
    let tally = count(&[], &[]);
    assert_eq!(tally.lines.len(), 106);
    assert!(tally.checks.iter().all(|check| check.outcome == Outcome::Holds));
    let json = serde_json::to_value(&tally).expect("serialises");
    assert_eq!(json["period"]["as_of"], AS_OF);
    assert_eq!(json["lines"][1]["values"][0]["children"]["most"], 0);
}
