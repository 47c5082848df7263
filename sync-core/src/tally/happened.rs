//! Step 7 of the way of a fact: what happened to children between two days, one by one.
//!
//! Enters: households' facts, opened reports if the caller holds the confidential key, a [`Period`] and an age.
//! Leaves: [`Happened`]: injuries, deaths, circumstances that began and that ended, each with the child and the
//! entry it rests on. Invariants: what is withdrawn is left out; what is disputed, or dated only in part, is
//! listed if it may have been in the period, and marked; a circumstance of unknown start began before; nothing is
//! linked or counted, so a child with two records is listed as often as it was recorded.

use crate::date::{Date, PartialDate};
use crate::facts::{Choice, HouseholdFacts, PersonFacts, PersonRef, RestrictedFact};
use crate::id::EntityId;

use super::Period;
use super::atoms::birthday;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Happening {
    /// Died; the cause is a code of the catalogue.
    Died(Option<String>),
    /// Was injured; the same.
    Injured(Option<String>),
    /// Came into a circumstance (its code).
    Entered(String),
    /// Left a circumstance.
    Ended(String),
}

/// Something that happened to a child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// The record.
    pub person: PersonRef,
    /// Its village.
    pub village: String,
    /// What.
    pub what: Happening,
    /// When, as far as it is recorded; several where people wrote different days.
    pub when: Vec<PartialDate>,
    /// In the period and to a child, whatever is decided.
    pub certain: bool,
    /// The entry of the record: an event, a circumstance, or an envelope.
    pub entry: EntityId,
}

/// Everything that happened in `period` to people younger than `below` at the time, by village, what and child.
pub fn happened<'a>(
    households: impl IntoIterator<Item = &'a HouseholdFacts>,
    restricted: Option<&[RestrictedFact]>,
    period: Period,
    below: u8,
) -> Vec<Happened> {
    let mut all = Vec::new();
    for household in households {
        for person in &household.people {
            let reports = restricted
                .into_iter()
                .flatten()
                .filter(|fact| fact.person.document == household.document && fact.person.person == person.id);
            of_person(&Seen { household, person, period, below }, reports, &mut all);
        }
    }
    all.sort_by(|a, b| {
        (&a.village, &a.what, &a.person, &a.entry).cmp(&(&b.village, &b.what, &b.person, &b.entry))
    });
    all
}

struct Seen<'a> {
    household: &'a HouseholdFacts,
    person: &'a PersonFacts,
    period: Period,
    below: u8,
}

fn of_person<'r>(
    seen: &Seen<'_>,
    reports: impl Iterator<Item = &'r RestrictedFact>,
    all: &mut Vec<Happened>,
) {
    for event in &seen.person.events {
        for kind in event.kind.values().flatten() {
            let cause = event.cause.shown().clone();
            let what = match kind.as_str() {
                "death" => Happening::Died(cause),
                "injury" => Happening::Injured(cause),
                _ => continue,
            };
            let sure = !event.kind.is_disputed();
            all.extend(seen.happened(what, &event.id, &event.date, &event.withdrawn, sure));
        }
    }
    for fact in &seen.person.circumstances {
        let sure = !fact.code.is_disputed();
        for code in fact.code.values().flatten() {
            let (began, ended) = (Happening::Entered(code.clone()), Happening::Ended(code.clone()));
            all.extend(seen.happened(began, &fact.id, &known(&fact.start), &fact.withdrawn, sure));
            all.extend(seen.happened(ended, &fact.id, &known(&fact.end), &fact.withdrawn, sure));
        }
    }
    for report in reports {
        let (start, end) = (Choice::decided(report.start), Choice::decided(report.end));
        let stands = Choice::decided(false);
        let (began, ended) = (Happening::Entered(report.code.clone()), Happening::Ended(report.code.clone()));
        all.extend(seen.happened(began, &report.envelope, &known(&start), &stands, true));
        all.extend(seen.happened(ended, &report.envelope, &known(&end), &stands, true));
    }
}

/// A circumstance's day, where "unknown" means that it did not begin or end in any period.
fn known(date: &Choice<Option<PartialDate>>) -> Choice<Option<PartialDate>> {
    let never: PartialDate = Date::MIN.into();
    Choice::among(date.values().map(|day| Some(day.unwrap_or(never)))).expect("a choice has a value")
}

impl Seen<'_> {
    /// The entry, if it may have happened in the period to a child.
    fn happened(
        &self,
        what: Happening,
        entry: &EntityId,
        date: &Choice<Option<PartialDate>>,
        withdrawn: &Choice<bool>,
        sure: bool,
    ) -> Option<Happened> {
        let (from, as_of) = (self.period.from(), self.period.as_of());
        let dropped = |choice: &Choice<bool>| choice.values().all(|withdrawn| *withdrawn);
        if dropped(withdrawn) || dropped(&self.person.withdrawn) {
            return None;
        }
        let touches = |day: &PartialDate| day.first() <= as_of && from <= day.last();
        let inside = |day: &PartialDate| from <= day.first() && day.last() <= as_of;
        let possible: Vec<Option<PartialDate>> =
            date.values().filter(|day| day.as_ref().is_none_or(touches)).copied().collect();
        if possible.is_empty() {
            return None;
        }
        // The possible days of it in the period: an age is asked on them.
        let first = possible.iter().map(|day| day.map_or(from, |day| day.first().max(from))).min()?;
        let last = possible.iter().map(|day| day.map_or(as_of, |day| day.last().min(as_of))).max()?;
        let born = |birth: &Option<PartialDate>, was: fn(&PartialDate) -> Date| birth.as_ref().map(was);
        let births = || self.person.birth.values();
        let young = |day: Date, birth: Option<Date>| {
            birth.map_or(self.person.is_child, |birth| day < birthday(birth, self.below))
        };
        if !births().any(|birth| young(first, born(birth, PartialDate::last))) {
            return None;
        }
        let certain = sure
            && date.values().all(|day| day.as_ref().is_some_and(inside))
            && withdrawn.values().chain(self.person.withdrawn.values()).all(|withdrawn| !withdrawn)
            && births().all(|birth| birth.is_some() && young(last, born(birth, PartialDate::first)));
        let mut when: Vec<PartialDate> = possible.into_iter().flatten().collect();
        when.sort();
        when.dedup();
        Some(Happened {
            person: PersonRef { document: self.household.document, person: self.person.id.clone() },
            village: self.household.village.clone(),
            what,
            when,
            certain,
            entry: entry.clone(),
        })
    }
}
