//! Step 6 of the way of a fact: a document's view becomes the facts a tally reads.
//!
//! A pure function of the view: the same changes, in whatever order they came, give the same facts.
//! It drops names and numbers, keeps every value of a disputed field, and never opens an envelope.

use std::collections::BTreeMap;

use crate::date::{Date, PartialDate};
use crate::document::{Container, Field, Fields, Value, View, shape};
use crate::facts::{
    Choice, CircumstanceFact, EventFact, HouseholdFacts, PersonFacts, Poverty, Schooling, Sex, SupportFact,
    VisitFact,
};
use crate::id::EntityId;

/// Raised, with [`crate::register::EDITION`], whenever the same document comes to other facts than before: whoever
/// keeps facts makes them anew.
pub const VERSION: u32 = 2;

/// The facts of one household.
#[must_use]
pub fn project(view: &View) -> HouseholdFacts {
    let by_person = |container| {
        let mut grouped: BTreeMap<&str, Vec<(&EntityId, &Fields)>> = BTreeMap::new();
        for (key, fields) in view.of(container) {
            // A disputed person would be a broken record: each value gets the fact, and the dispute shows.
            for person in fields.get(shape::FIELD_PERSON).into_iter().flat_map(Field::values) {
                if let Some(person) = person.value.as_text() {
                    grouped.entry(person).or_default().push((key, fields));
                }
            }
        }
        grouped
    };
    let circumstances = by_person(Container::Circumstances);
    let supports = by_person(Container::Supports);
    let events = by_person(Container::Events);
    let of = |grouped: &BTreeMap<&str, Vec<(&EntityId, &Fields)>>, key: &EntityId| {
        grouped
            .get(key.as_str())
            .map(|list| list.iter().map(|(k, f)| ((*k).clone(), (*f).clone())).collect())
            .unwrap_or_default()
    };
    let household_withdrawn = choice(&view.household, shape::FIELD_WITHDRAWN, flag);
    let person = |is_child: bool, key: &EntityId, fields: &Fields| {
        let circumstances: Vec<(EntityId, Fields)> = of(&circumstances, key);
        let supports: Vec<(EntityId, Fields)> = of(&supports, key);
        let events: Vec<(EntityId, Fields)> = of(&events, key);
        PersonFacts {
            id: key.clone(),
            is_child,
            birth: choice(fields, "birth_date", date),
            sex: choice(fields, "sex", sex),
            ethnicity: choice(fields, "ethnicity", text),
            health_insurance: choice(fields, "health_insurance", boolean),
            health_insurance_used: choice(fields, "health_insurance_used", boolean),
            circumstances: circumstances.iter().map(|(key, fields)| circumstance(key, fields)).collect(),
            supports: supports.iter().map(|(key, fields)| support(key, fields)).collect(),
            events: events.iter().map(|(key, fields)| event(key, fields)).collect(),
            withdrawn: either(&choice(fields, shape::FIELD_WITHDRAWN, flag), &household_withdrawn),
            birth_registered: choice(fields, "birth_registration", registered),
            schooling: choice(fields, "schooling", schooling),
        }
    };
    let children = view.of(Container::Children).map(|(key, fields)| person(true, key, fields));
    let members = view.of(Container::Members).map(|(key, fields)| person(false, key, fields));
    HouseholdFacts {
        document: view.document,
        village: view.village.clone(),
        poverty: choice(&view.household, "poverty_status", poverty),
        people: children.chain(members.filter(|member| member.birth.values().any(may_be_counted))).collect(),
        sealed: view.of(Container::Sealed).map(|(key, _)| key.clone()).collect(),
        visits: visits(view),
    }
}

/// Without those of which it is certain that nobody was met, or that they are mistakes.
fn visits(view: &View) -> Vec<VisitFact> {
    let mut visits: Vec<VisitFact> = Vec::new();
    for (_, fields) in view.of(Container::Visits) {
        let day = choice(fields, "date", date);
        let met = choice(fields, "result", |result| crate::register::is_met(result.as_text()));
        let withdrawn = choice(fields, shape::FIELD_WITHDRAWN, flag);
        let possible = met.values().any(|met| *met) && withdrawn.values().any(|withdrawn| !*withdrawn);
        let certain = !(day.is_disputed() || met.is_disputed() || withdrawn.is_disputed());
        visits.extend(day.values().filter(|_| possible).map(|day| VisitFact { day: *day, certain }));
    }
    visits.sort_unstable();
    visits
}

/// Born on or after this day a member may be under 18 on some day that a form is filled in for: the Law
/// on Children of 2016, from which the groups of the forms come, is in force since 1 June 2017.
const COUNTED_IF_BORN_FROM: Date = Date::constant(1999, 6, 1);

fn may_be_counted(birth: &Option<PartialDate>) -> bool {
    birth.is_some_and(|birth| birth.last() >= COUNTED_IF_BORN_FROM)
}

fn circumstance(key: &EntityId, fields: &Fields) -> CircumstanceFact {
    CircumstanceFact {
        id: key.clone(),
        code: choice(fields, "code", text),
        start: choice(fields, "start", date),
        end: choice(fields, "end", date),
        withdrawn: choice(fields, shape::FIELD_WITHDRAWN, flag),
    }
}

fn support(key: &EntityId, fields: &Fields) -> SupportFact {
    SupportFact {
        id: key.clone(),
        form: choice(fields, "form", text),
        // A support recorded without saying is one received: needs are marked as such.
        received: choice(fields, "received", |value| boolean(value).unwrap_or(true)),
        start: choice(fields, "start", date),
        end: choice(fields, "end", date),
        withdrawn: choice(fields, shape::FIELD_WITHDRAWN, flag),
    }
}

fn event(key: &EntityId, fields: &Fields) -> EventFact {
    EventFact {
        id: key.clone(),
        kind: choice(fields, "kind", text),
        date: choice(fields, "date", date),
        cause: choice(fields, "cause", text),
        withdrawn: choice(fields, shape::FIELD_WITHDRAWN, flag),
    }
}

/// Reads every value of a field; values that read the same count once, so that "2" written as text and
/// as nothing readable don't look like a dispute.
fn choice<T: PartialEq>(fields: &Fields, name: &str, read: impl Fn(&Value) -> T) -> Choice<T> {
    let mut values: Vec<T> = Vec::with_capacity(1);
    for written in fields.get(name).into_iter().flat_map(Field::values) {
        let value = read(&written.value);
        if !values.contains(&value) {
            values.push(value);
        }
    }
    Choice::among(values).unwrap_or_else(|| Choice::decided(read(&Value::Null)))
}

/// Withdrawn itself or with its whole household.
fn either(a: &Choice<bool>, b: &Choice<bool>) -> Choice<bool> {
    let certain = |choice: &Choice<bool>| choice.values().all(|value| *value);
    let never = |choice: &Choice<bool>| choice.values().all(|value| !*value);
    if certain(a) || certain(b) {
        Choice::decided(true)
    } else if never(a) && never(b) {
        Choice::decided(false)
    } else {
        Choice::among([false, true]).expect("two values")
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_text().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn date(value: &Value) -> Option<PartialDate> {
    value.as_text().and_then(|text| text.parse().ok())
}

fn boolean(value: &Value) -> Option<bool> {
    if let Value::Bool(value) = value { Some(*value) } else { None }
}

fn flag(value: &Value) -> bool {
    boolean(value).unwrap_or(false)
}

fn sex(value: &Value) -> Option<Sex> {
    match value.as_text()? {
        "male" => Some(Sex::Male),
        "female" => Some(Sex::Female),
        _ => None,
    }
}

/// A registration under way is none yet.
fn registered(value: &Value) -> Option<bool> {
    match value.as_text()? {
        "registered" => Some(true),
        "not_registered" | "in_progress" => Some(false),
        _ => None,
    }
}

fn schooling(value: &Value) -> Option<Schooling> {
    value.as_text().and_then(Schooling::of_code)
}

fn poverty(value: &Value) -> Option<Poverty> {
    match value.as_text()? {
        "poor" => Some(Poverty::Poor),
        "near_poor" => Some(Poverty::NearPoor),
        "neither" => Some(Poverty::Neither),
        _ => None,
    }
}
