//! What follows of a person from the record on a day.

use crate::date::Date;
use crate::document::{Container, View};
use crate::id::EntityId;
use crate::issues::read::{Person, people};
use crate::issues::state::has_turned;
use crate::tally::birthday;

/// Whether somebody of the register of children has turned 16.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sixteen {
    /// Not for certain, or not a child of the register.
    No,
    /// For certain, whatever a partly known birth date means, and nobody recorded it.
    Due,
    /// Recorded.
    Recorded,
}

/// A member or child whose record is not withdrawn, on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonNow {
    /// `Members` or `Children`.
    pub container: Container,
    /// Key in the document.
    pub key: EntityId,
    /// Full years. Of a birth of which only the year or the month is known, as if on its first day, which
    /// is how a family counts; of a disputed one, by the earliest. None: no date of birth.
    pub age: Option<u8>,
    /// Still lives here, as far as is known: neither died nor moved away for good.
    pub is_present: bool,
    /// Whether turning 16 is due or recorded.
    pub sixteen: Sixteen,
}

/// Everybody in a household's record on a day, children first, by key.
#[must_use]
pub fn people_on(view: &View, on: Date) -> Vec<PersonNow> {
    people(view, on).iter().map(|person| person_now(person, on)).collect()
}

fn person_now(person: &Person<'_>, on: Date) -> PersonNow {
    let of_register = person.container == Container::Children;
    let sixteen = if !of_register {
        Sixteen::No
    } else if person.events.iter().any(|event| event.is("turned_16")) {
        Sixteen::Recorded
    } else if person.birth.is_some_and(|birth| has_turned(birth, 16, on)) {
        Sixteen::Due
    } else {
        Sixteen::No
    };
    PersonNow {
        container: person.container,
        key: person.key.clone(),
        age: person.birth.map(|birth| full_years(birth.first, on)),
        is_present: !person.is_gone(on),
        sixteen,
    }
}

fn full_years(birth: Date, on: Date) -> u8 {
    let years = u8::try_from(on.year() - birth.year()).unwrap_or(0);
    if birthday(birth, years) > on { years.saturating_sub(1) } else { years }
}
