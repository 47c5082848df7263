//! What is still to be asked.

use schemas::record::RecordDefinition;

use super::read::{Person, Record, agreed, is_missing, is_withdrawn};
use super::state::{has_turned, may_be_under, may_have_turned};
use super::{Found, IssueCode as I};
use crate::date::Date;
use crate::document::{Container, View};

pub(super) fn check(
    view: &View,
    people: &[Person<'_>],
    on: Date,
    definition: &RecordDefinition,
    found: &mut Found,
) {
    let identified = &definition.identified_by;
    if let Some(first) = identified.first()
        && identified.iter().all(|name| is_missing(&view.household, name))
    {
        found.household(I::MissingIdentification, first);
    }
    for person in people {
        of_person(view, person, on, found);
        for held in &person.circumstances {
            of_circumstance(held.record, found);
        }
        for support in &person.supports {
            need(*support, &[("form", I::MissingForm)], found);
        }
        for event in &person.events {
            need(event.record, &[("kind", I::MissingKind), ("date", I::MissingDate)], found);
            if event.is("death") || event.is("injury") {
                need(event.record, &[("cause", I::MissingCause)], found);
            }
        }
    }
    for (key, fields) in view.of(Container::Visits).filter(|(_, fields)| !is_withdrawn(fields)) {
        need(Record { container: Container::Visits, key, fields }, &[("date", I::MissingDate)], found);
    }
}

fn need(record: Record<'_>, needed: &[(&str, I)], found: &mut Found) {
    for (name, code) in needed {
        if is_missing(record.fields, name) {
            found.add(*code, record.container, record.key, Some(name));
        }
    }
}

fn of_circumstance(record: Record<'_>, found: &mut Found) {
    need(record, &[("code", I::MissingCode), ("start", I::MissingStart)], found);
    if is_missing(record.fields, "end") && agreed(record.fields, "end_reason").is_some() {
        need(record, &[("end", I::MissingEnd)], found);
    }
}

fn of_person(view: &View, person: &Person<'_>, on: Date, found: &mut Found) {
    let Person { container, key, fields, birth, .. } = *person;
    if person.is_gone(on) {
        return;
    }
    let record = Record { container, key, fields };
    need(record, &[("name", I::MissingName)], found);
    if container != Container::Children || birth.is_some_and(|birth| has_turned(birth, 16, on)) {
        return;
    }
    let basics = [
        ("birth_date", I::MissingBirthDate),
        ("sex", I::MissingSex),
        ("ethnicity", I::MissingEthnicity),
        ("identity_number", I::MissingIdentityNumber),
        ("birth_registration", I::MissingBirthRegistration),
    ];
    need(record, &basics, found);
    if ["father_name", "mother_name", "carer_name"].into_iter().all(|name| is_missing(fields, name)) {
        found.add(I::MissingParents, container, key, None);
    }
    if let Some(birth) = birth {
        if may_be_under(birth, 6, on) {
            need(record, &[("health_insurance", I::MissingHealthInsurance)], found);
        }
        if may_have_turned(birth, 6, on) {
            need(record, &[("schooling", I::MissingSchooling)], found);
        }
    }
    let special = |code: &schemas::catalogue::CircumstanceCode| code.section() == "II";
    let in_special =
        person.circumstances.iter().any(|held| held.open && held.possible.iter().any(|code| special(code)));
    if in_special && is_missing(fields, "specific_address") && is_missing(&view.household, "address") {
        found.add(I::MissingAddress, container, key, Some("specific_address"));
    }
    if is_missing(&view.household, "poverty_status") {
        found.household(I::MissingPovertyStatus, "poverty_status");
    }
}
