//! What stands in a field and who wrote it, as an officer weighs it.

use maud::{Markup, html};
use schemas::record::{Entity, EntityKind, definition};
use sync_core::document::{Container, Fields, Household, Target, View, is_withdrawn, shape, shown_text};
use sync_core::facts::PersonRef;
use sync_core::history::{self, StandingValue, Writing};
use sync_core::id::{ActorId, ChangeHash, DocumentId, EntityId};

use super::key;
use super::told::by;
use crate::console::register::clock;
use crate::console::villages::{self, Villages};
use crate::console::{Asked, show};
use crate::problem::Problem;

/// Nobody: the actor by which documents are only read.
pub(super) const READER: ActorId = ActorId([0; 16]);

/// A household's document, read.
pub(super) struct Record {
    pub(super) household: Household,
    pub(super) view: View,
    /// The village in which the household counts as things stand.
    pub(super) village: String,
}

impl Record {
    pub(super) fn read(asked: &Asked, document: DocumentId) -> Result<Self, Problem> {
        let household = asked.office().household(document, None, READER)?;
        let view = household.view();
        let (village, _) = Villages::on(asked, asked.today())?.of(&view);
        Ok(Self { household, view, village })
    }

    pub(super) fn values(&self, target: &Target, field: &str) -> Vec<StandingValue> {
        history::values(&self.household, &self.view, target, field)
    }

    pub(super) fn fields(&self, target: &Target) -> Option<&Fields> {
        match target {
            Target::Household => Some(&self.view.household),
            Target::Entity(container, key) => self.view.entity(*container, key),
        }
    }

    /// The person an object is, or names.
    pub(super) fn person(&self, target: &Target) -> Option<(EntityId, &Fields)> {
        let Target::Entity(container, key) = target else { return None };
        let key = match container {
            Container::Children | Container::Members => key.clone(),
            _ => shown_text(self.fields(target)?, shape::FIELD_PERSON)?.parse().ok()?,
        };
        let (_, fields) = self.view.person(&key)?;
        Some((key, fields))
    }

    /// What stands between a person of this record and one of another: links that nobody withdrew.
    pub(super) fn links<'r>(
        &'r self,
        person: &EntityId,
        other: &PersonRef,
    ) -> impl Iterator<Item = &'r Fields> {
        let ends = [person.to_string(), other.document.to_string(), other.person.to_string()];
        self.view.of(Container::Links).map(|(_, link)| link).filter(move |link| {
            let says = [shape::FIELD_PERSON, "other_document", "other_person"];
            !is_withdrawn(link)
                && says.into_iter().zip(&ends).all(|(field, end)| shown_text(link, field) == Some(end))
        })
    }

    /// Number and head of the household, with the way to its page at the object meant, and the key that goes it.
    pub(super) fn household_link(&self, asked: &Asked, target: &Target, key: &str) -> Markup {
        let text = |name| shown_text(&self.view.household, name).unwrap_or_default();
        let anchor = match target {
            Target::Household => String::new(),
            Target::Entity(_, key) => format!("#{key}"),
        };
        html! {
            a href=(format!("/office/household/{}{anchor}", self.view.document)) data-key=(key) {
                (asked.t("decide.household")) " " (show::name(text("number"))) " – " (show::name(text("head_name")))
            }
            " " span.kbd { (key) }
        }
    }
}

/// The definition of an object's fields.
pub(super) fn entity_of(target: &Target) -> &'static Entity {
    let known = definition().entity_in(key::container(target));
    known.unwrap_or_else(|| definition().entity(EntityKind::Household))
}

/// The device that wrote, its clock, the visit it wrote at, and the way to the signed change. Of a value that stands
/// again since a decision was undone: who had written it first.
pub(super) fn origin(
    asked: &Asked,
    record: &Record,
    field: &str,
    writing: &Writing,
) -> Result<Markup, Problem> {
    let first = writing.change.map(|change| asked.office().first_written(change, field)).transpose()?;
    let at = first.and_then(|first| record.household.time_of(&first)).or(writing.at);
    let writing = Writing { change: first, at, ..writing.clone() };
    let recorded = writing.change.map(|change| asked.office().recorded(change)).transpose();
    let recorded = recorded.ok().flatten();
    let visited = writing.change.and_then(|change| visit_of(record, change));
    Ok(html! {
        p.origin.muted {
            @match &recorded {
                Some(change) => { (by(asked, &change.label)) }
                None => { (asked.t("decide.device_unknown")) }
            }
            @if let Some(at) = writing.at {
                ", " (asked.t("decide.written_at")) " " (show::moment(at))
                @if let Some(change) = &recorded { (clock::warning(asked, change, at)) }
            }
            @if let Some(day) = visited { ", " (asked.t("decide.visited_on")) " " (show::written_date(&day)) }
            @if let Some(change) = writing.change {
                ", " a href=(format!("/office/change/{change}")) { (asked.t("decide.signed_change")) }
            }
        }
    })
}

/// The day of the visit that a change records.
fn visit_of(record: &Record, change: ChangeHash) -> Option<String> {
    record.view.of(Container::Visits).find_map(|(_, fields)| {
        let date = fields.get("date")?.shown();
        (record.household.change_of(date) == Some(change)).then(|| date.value.as_text().map(str::to_owned))?
    })
}

/// A field's values on a page, each with who wrote it.
pub(super) fn told(asked: &Asked, record: &Record, target: &Target, field: &str) -> Result<Markup, Problem> {
    let kind = entity_of(target).kind;
    let values = record.values(target, field);
    let mut origins = Vec::with_capacity(values.len());
    for value in &values {
        origins.push(origin(asked, record, field, &value.writing)?);
    }
    Ok(html! {
        @for (value, origin) in values.iter().zip(&origins) {
            div { strong { (show::value(asked, kind, field, &value.value)) } (origin) }
        }
        @if values.is_empty() { span.muted { (asked.t("decide.not_recorded")) } }
    })
}

/// Where the open item is: village, household and person.
pub(super) fn whose(asked: &Asked, record: &Record, target: &Target) -> Result<Markup, Problem> {
    let name = record.person(target).and_then(|(_, fields)| shown_text(fields, "name").map(show::name));
    Ok(html! {
        p {
            @if let Some(name) = name { strong { (name) } ", " }
            (village_name(asked, &record.village)?) ", "
            (record.household_link(asked, target, "o"))
        }
    })
}

/// The village's name, or its code if it is not known any more.
pub(super) fn village_name(asked: &Asked, code: &str) -> Result<Markup, Problem> {
    Ok(show::name(&villages::village_name(asked, code)?))
}
