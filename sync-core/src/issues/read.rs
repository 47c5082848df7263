//! What a record says for certain: disputed and half-known values are read so that nothing is called a
//! contradiction that may yet be right.

use schemas::catalogue::{CircumstanceCode, circumstance, codes_on};

use crate::date::{Date, PartialDate};
use crate::document::{Container, Field, Fields, Value, View, shape};
use crate::id::EntityId;

/// The days a date may mean, over everything that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Days {
    pub(crate) first: Date,
    pub(crate) last: Date,
}

fn values<'a>(fields: &'a Fields, name: &str) -> impl Iterator<Item = &'a Value> {
    fields.get(name).into_iter().flat_map(Field::values).map(|written| &written.value)
}

fn is_blank(value: &Value) -> bool {
    *value == Value::Null || value.as_text().is_some_and(|text| text.trim().is_empty())
}

/// Nobody wrote anything, or it was cleared.
pub(crate) fn is_missing(fields: &Fields, name: &str) -> bool {
    values(fields, name).all(is_blank)
}

/// The text on which everybody agrees.
pub(crate) fn agreed<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    let field = fields.get(name).filter(|field| !field.is_disputed())?;
    field.shown().value.as_text().filter(|text| !text.trim().is_empty())
}

/// Every text that stands.
pub(crate) fn texts<'a>(fields: &'a Fields, name: &str) -> impl Iterator<Item = &'a str> {
    values(fields, name).filter_map(Value::as_text)
}

/// Every value is this boolean.
pub(crate) fn is_flag(fields: &Fields, name: &str, flag: bool) -> bool {
    fields.contains_key(name) && values(fields, name).all(|value| *value == Value::Bool(flag))
}

/// Withdrawn, as everybody says.
pub(crate) fn is_withdrawn(fields: &Fields) -> bool {
    is_flag(fields, shape::FIELD_WITHDRAWN, true)
}

/// The days a field may mean; `None` if a value of it is no date, or there is none.
pub(crate) fn days(fields: &Fields, name: &str) -> Option<Days> {
    let mut all: Option<Days> = None;
    for value in values(fields, name) {
        let date: PartialDate = value.as_text()?.parse().ok()?;
        let days = all.get_or_insert(Days { first: date.first(), last: date.last() });
        days.first = days.first.min(date.first());
        days.last = days.last.max(date.last());
    }
    all
}

/// A circumstance, support or event that is not withdrawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record<'a> {
    pub(crate) container: Container,
    pub(crate) key: &'a EntityId,
    pub(crate) fields: &'a Fields,
}

/// A child or member that is not withdrawn, with the records that name it.
#[derive(Debug)]
pub(crate) struct Person<'a> {
    pub(crate) container: Container,
    pub(crate) key: &'a EntityId,
    pub(crate) fields: &'a Fields,
    pub(crate) birth: Option<Days>,
    pub(crate) circumstances: Vec<Held<'a>>,
    pub(crate) supports: Vec<Record<'a>>,
    pub(crate) events: Vec<Event<'a>>,
}

/// A recorded circumstance, read on a day.
#[derive(Debug)]
pub(crate) struct Held<'a> {
    pub(crate) record: Record<'a>,
    /// What its codes may mean on that day.
    pub(crate) possible: Vec<&'static CircumstanceCode>,
    /// It holds on that day: nobody wrote an end, and what was recorded to begin this year has begun.
    pub(crate) open: bool,
    /// It may hold on that day, or will.
    pub(crate) may_hold: bool,
}

impl Held<'_> {
    /// The code it has for certain.
    pub(crate) fn code(&self) -> Option<&'static CircumstanceCode> {
        match self.possible.as_slice() {
            [one] if agreed(self.record.fields, "code").is_some() => Some(one),
            _ => None,
        }
    }
}

/// A recorded event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Event<'a> {
    pub(crate) record: Record<'a>,
    pub(crate) kind: Option<&'a str>,
    /// Any day, if unknown.
    pub(crate) days: Option<Days>,
}

impl Event<'_> {
    pub(crate) fn is(&self, kind: &str) -> bool {
        self.kind == Some(kind)
    }
}

fn held(record: Record<'_>, on: Date) -> Held<'_> {
    let Record { fields, .. } = record;
    let possible =
        texts(fields, "code").flat_map(|code| codes_on(code, on)).filter_map(circumstance).collect();
    let (start, end) = (days(fields, "start"), days(fields, "end"));
    let begun = is_missing(fields, "start") || start.is_some_and(|start| start.first <= on);
    let goes_on = is_missing(fields, "end") || end.is_some_and(|end| end.first > on);
    let ended = end.is_some_and(|end| end.last <= on);
    Held { record, possible, open: begun && goes_on, may_hold: !ended }
}

/// Everybody in the household with what is recorded of them; what is withdrawn is left out.
pub(crate) fn people(view: &View, on: Date) -> Vec<Person<'_>> {
    let records = |container: Container, person: &EntityId| -> Vec<Record<'_>> {
        let names =
            |fields: &Fields| texts(fields, shape::FIELD_PERSON).any(|named| named == person.as_str());
        view.of(container)
            .filter(|(_, fields)| !is_withdrawn(fields) && names(fields))
            .map(|(key, fields)| Record { container, key, fields })
            .collect()
    };
    let standing = |container: Container| {
        view.of(container).filter(|(_, fields)| !is_withdrawn(fields)).map(move |entry| (container, entry))
    };
    standing(Container::Children)
        .chain(standing(Container::Members))
        .map(|(container, (key, fields))| Person {
            container,
            key,
            fields,
            birth: days(fields, "birth_date"),
            circumstances: records(Container::Circumstances, key)
                .into_iter()
                .map(|record| held(record, on))
                .collect(),
            supports: records(Container::Supports, key),
            events: records(Container::Events, key).into_iter().map(event_of).collect(),
        })
        .collect()
}

fn event_of(record: Record<'_>) -> Event<'_> {
    Event { record, kind: agreed(record.fields, "kind"), days: days(record.fields, "date") }
}

impl Person<'_> {
    /// Dead or moved away, as far as is known: what is missing of them is no longer asked for.
    pub(crate) fn is_gone(&self, on: Date) -> bool {
        let happened = |event: &&Event<'_>| event.days.is_none_or(|days| days.first <= on);
        let left = |event: &Event<'_>| {
            !self.events.iter().filter(|other| other.is("moved_in")).any(|back| {
                match (back.days, event.days) {
                    (Some(back), Some(left)) => back.last >= left.first,
                    _ => true,
                }
            })
        };
        self.events
            .iter()
            .filter(happened)
            .any(|event| event.is("death") || (event.is("moved_out") && left(event)))
    }
}
