//! Small households for tests, and random ones.

use std::collections::BTreeMap;

use proptest::prelude::*;
use schemas::form::{Form, form};

use crate::date::{Date, PartialDate};
use crate::facts::{
    Choice, CircumstanceFact, EventFact, HouseholdFacts, PersonFacts, PersonPair, PersonRef, Poverty,
    RestrictedFact, SamePerson, Schooling, Sex, SupportFact,
};
use crate::id::{DocumentId, EntityId};
use crate::tally::{Period, Tally, tally};

pub(super) const FROM: &str = "2023-11-21";
pub(super) const AS_OF: &str = "2024-11-20";

pub(super) fn te03() -> &'static Form {
    form("03/TE").expect("shipped")
}

pub(super) fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

pub(super) fn date(text: &str) -> PartialDate {
    text.parse().expect("a date")
}

pub(super) fn period() -> Period {
    Period::new(day(FROM), day(AS_OF)).expect("in order")
}

pub(super) fn one<T>(value: T) -> Choice<T> {
    Choice::decided(value)
}

pub(super) fn any<T>(values: impl IntoIterator<Item = T>) -> Choice<T> {
    Choice::among(values).expect("not empty")
}

pub(super) fn id(number: usize) -> EntityId {
    format!("{number:013}").parse().expect("digits are base32")
}

pub(super) fn document(number: u8) -> DocumentId {
    DocumentId([number; 16])
}

pub(super) fn household(number: u8, people: Vec<PersonFacts>) -> HouseholdFacts {
    HouseholdFacts {
        document: document(number),
        village: "01".into(),
        poverty: one(Some(Poverty::Neither)),
        people,
        sealed: Vec::new(),
        visits: Vec::new(),
    }
}

/// A boy born on 1 June 2015, Kinh, of whom everything is known.
pub(super) fn child(number: usize) -> PersonFacts {
    PersonFacts {
        id: id(number),
        is_child: true,
        birth: one(Some(date("2015-06-01"))),
        sex: one(Some(Sex::Male)),
        ethnicity: one(Some("01".into())),
        health_insurance: one(Some(true)),
        health_insurance_used: one(Some(false)),
        circumstances: Vec::new(),
        supports: Vec::new(),
        events: Vec::new(),
        withdrawn: one(false),
        birth_registered: one(Some(true)),
        schooling: one(Some(Schooling::Primary)),
    }
}

pub(super) fn circumstance(number: usize, code: &str) -> CircumstanceFact {
    CircumstanceFact {
        id: id(number),
        code: one(Some(code.into())),
        start: one(None),
        end: one(None),
        withdrawn: one(false),
    }
}

pub(super) fn event(number: usize, kind: &str, on: &str, cause: Option<&str>) -> EventFact {
    EventFact {
        id: id(number),
        kind: one(Some(kind.into())),
        date: one(Some(date(on))),
        cause: one(cause.map(str::to_owned)),
        withdrawn: one(false),
    }
}

pub(super) fn support(number: usize, form: &str, start: &str, end: Option<&str>) -> SupportFact {
    SupportFact {
        id: id(number),
        form: one(Some(form.into())),
        received: one(true),
        start: one(Some(date(start))),
        end: one(end.map(date)),
        withdrawn: one(false),
    }
}

pub(super) fn person(document_number: u8, number: usize) -> PersonRef {
    PersonRef { document: document(document_number), person: id(number) }
}

pub(super) fn pair(a: PersonRef, b: PersonRef, same: SamePerson) -> PersonPair {
    PersonPair { a, b, same }
}

pub(super) fn count(households: &[HouseholdFacts], pairs: &[PersonPair]) -> Tally {
    tally(te03(), period(), None, households, pairs, None, &BTreeMap::new()).expect("counts")
}

/// Children in the first column, least and most.
pub(super) fn cell(tally: &Tally, line: &str) -> (u64, u64) {
    let children = tally.cell(line, 0).unwrap_or_else(|| panic!("{line}")).children;
    (children.least, children.most)
}

const BIRTHS: [&str; 14] = [
    "2015-06-01",
    "2015-06-01",
    "2008-11-20",
    "2008-11-21",
    "2008-11",
    "2018-11-20",
    "2018-11",
    "2018-11-21",
    "2010-02-28",
    "2024-05-04",
    "2024-05",
    "2006-11-21",
    "2008-05-03",
    "1990-01-01",
];
const DATES: [&str; 12] = [
    "2024-11-20",
    "2024-11-21",
    "2023-11-21",
    "2023-11-20",
    "2024-05-03",
    "2024-05",
    "2024-11",
    "2023-11",
    "2024-05-10",
    "2020-01-01",
    "2025-01-01",
    "2024-05-04",
];
const CODES: [&str; 10] =
    ["II.4", "II.4.1", "II.4.2", "II.4.4-1", "II.3.13", "III.2", "III.4", "2023.III.4", "IV.1", "II.5.1"];

/// Mostly one value; now and then several that stand side by side.
fn choice<T: Clone + core::fmt::Debug + PartialEq + 'static>(
    value: impl Strategy<Value = T> + Clone + 'static,
) -> impl Strategy<Value = Choice<T>> {
    prop_oneof![
        12 => value.clone().prop_map(Choice::decided),
        1 => proptest::collection::vec(value, 2..=2).prop_map(any),
    ]
}

fn of(texts: &'static [&'static str]) -> impl Strategy<Value = Option<PartialDate>> + Clone {
    prop_oneof![9 => proptest::sample::select(texts).prop_map(|text| Some(date(text))), 1 => Just(None)]
}

fn text(texts: &'static [&'static str]) -> impl Strategy<Value = Option<String>> + Clone {
    proptest::sample::select(texts).prop_map(|text| (!text.is_empty()).then(|| text.to_owned()))
}

fn flag() -> impl Strategy<Value = bool> + Clone {
    prop_oneof![15 => Just(false), 1 => Just(true)]
}

fn perhaps<T: Clone + core::fmt::Debug + 'static>(
    values: &'static [T],
) -> impl Strategy<Value = Option<T>> + Clone {
    prop_oneof![8 => proptest::sample::select(values).prop_map(Some), 1 => Just(None)]
}

fn circumstances() -> impl Strategy<Value = Vec<CircumstanceFact>> {
    let end = prop_oneof![4 => Just(None), 1 => of(&DATES)];
    let one = (choice(text(&CODES)), choice(of(&DATES)), choice(end), choice(flag())).prop_map(
        |(code, start, end, withdrawn)| CircumstanceFact { id: id(0), code, start, end, withdrawn },
    );
    proptest::collection::vec(one, 0..3)
}

fn supports() -> impl Strategy<Value = Vec<SupportFact>> {
    let form = text(&["social_allowance", "counselling", "counselling", "medical", ""]);
    let one = (choice(form), choice(flag()), choice(of(&DATES)), choice(of(&DATES)), choice(flag()))
        .prop_map(|(form, needed, start, end, withdrawn)| {
            let received = any(needed.values().map(|needed| !needed));
            SupportFact { id: id(0), form, received, start, end, withdrawn }
        });
    proptest::collection::vec(one, 0..2)
}

fn events() -> impl Strategy<Value = Vec<EventFact>> {
    let kind = text(&["birth", "moved_in", "moved_out", "death", "injury", "injury", "turned_16"]);
    let cause = text(&["injury_drowning", "injury_traffic", "illness", "", "unknown"]);
    let one = (choice(kind), choice(of(&DATES)), choice(cause), choice(flag()))
        .prop_map(|(kind, date, cause, withdrawn)| EventFact { id: id(0), kind, date, cause, withdrawn });
    prop_oneof![2 => Just(Vec::new()), 2 => proptest::collection::vec(one, 1..3)]
}

fn people() -> impl Strategy<Value = PersonFacts> {
    let of_person = (
        prop_oneof![7 => Just(true), 1 => Just(false)],
        choice(of(&BIRTHS)),
        choice(perhaps(&[Sex::Male, Sex::Female])),
        choice(text(&["01", "01", "06", "56", ""])),
        choice(perhaps(&[true, false])),
        choice(perhaps(&[true, false])),
        choice(flag()),
    );
    let papers =
        (choice(perhaps(&[true, false])), choice(perhaps(&[Schooling::Preschool, Schooling::Primary])));
    (of_person, papers, circumstances(), supports(), events()).prop_map(
        |(of_person, (birth_registered, schooling), circumstances, supports, events)| {
            let (is_child, birth, sex, ethnicity, health_insurance, health_insurance_used, withdrawn) =
                of_person;
            PersonFacts {
                id: id(0),
                is_child,
                birth,
                sex,
                ethnicity,
                health_insurance,
                health_insurance_used,
                circumstances,
                supports,
                events,
                withdrawn,
                birth_registered,
                schooling,
            }
        },
    )
}

/// Up to three households of one or two people in two villages.
pub(super) fn households() -> impl Strategy<Value = Vec<HouseholdFacts>> {
    let poverty = choice(perhaps(&[Poverty::Poor, Poverty::NearPoor, Poverty::Neither]));
    let one = (poverty, proptest::collection::vec(people(), 1..3), proptest::bool::ANY, 0_usize..3);
    proptest::collection::vec(one, 1..4).prop_map(|all| {
        let numbered = all.into_iter().zip(1_u8..);
        numbered
            .map(|((poverty, mut people, first, sealed), number)| {
                let mut next = 0_usize;
                let mut draw = || {
                    next += 1;
                    id(next)
                };
                for person in &mut people {
                    person.id = draw();
                    person.circumstances.iter_mut().for_each(|fact| fact.id = draw());
                    person.supports.iter_mut().for_each(|fact| fact.id = draw());
                    person.events.iter_mut().for_each(|fact| fact.id = draw());
                }
                let village = if first { "01" } else { "02" }.to_owned();
                let sealed = (0..sealed).map(|n| id(900 + n)).collect();
                HouseholdFacts {
                    document: document(number),
                    village,
                    poverty,
                    people,
                    sealed,
                    visits: Vec::new(),
                }
            })
            .collect()
    })
}

/// Pairs among the people of these households, by number of person.
pub(super) fn pairs_among(households: &[HouseholdFacts], drawn: &[(usize, usize, bool)]) -> Vec<PersonPair> {
    let all: Vec<PersonRef> = households
        .iter()
        .flat_map(|h| h.people.iter().map(|p| PersonRef { document: h.document, person: p.id.clone() }))
        .collect();
    let pairs = drawn.iter().map(|(a, b, linked)| {
        let same = if *linked { SamePerson::Linked } else { SamePerson::Undecided };
        pair(all[a % all.len()].clone(), all[b % all.len()].clone(), same)
    });
    pairs.filter(|pair| pair.a != pair.b).collect()
}

/// Opened reports about some of the people.
pub(super) fn restricted_among(
    households: &[HouseholdFacts],
    drawn: &[(usize, Option<PartialDate>, Option<PartialDate>)],
) -> Vec<RestrictedFact> {
    let all: Vec<(&HouseholdFacts, &PersonFacts)> =
        households.iter().flat_map(|h| h.people.iter().map(move |p| (h, p))).collect();
    let facts = drawn.iter().enumerate().map(|(number, (of, start, end))| {
        let (household, person) = all[of % all.len()];
        RestrictedFact {
            person: PersonRef { document: household.document, person: person.id.clone() },
            envelope: id(900 + number),
            code: if number == 0 { "II.11.2" } else { "II.5.1" }.into(),
            start: *start,
            end: *end,
            supports: vec!["counselling".into()],
        }
    });
    facts.collect()
}

pub(super) fn drawn_pairs() -> impl Strategy<Value = Vec<(usize, usize, bool)>> {
    proptest::collection::vec((0_usize..6, 0_usize..6, proptest::bool::ANY), 0..3)
}

pub(super) fn drawn_restricted()
-> impl Strategy<Value = Vec<(usize, Option<PartialDate>, Option<PartialDate>)>> {
    proptest::collection::vec((0_usize..6, of(&DATES), of(&DATES)), 0..3)
}
