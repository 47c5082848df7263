//! A household as its pages tell it: its document, and the names for what its records speak of.

use std::collections::BTreeMap;

use maud::{Markup, html};
use schemas::record::{EntityKind, definition};
use sync_core::document::{
    Container, Fields, Household, Target, Value, View, Written, is_withdrawn, shape, shown_text,
};
use sync_core::facts::PersonRef;
use sync_core::id::{ActorId, DeviceId, DocumentId, EntityId};

use super::super::villages::{Choice, Villages};
use super::super::{Asked, Fault, show};
use crate::office::OFFICE_LABEL;

/// Nobody: the actor by which documents are only read.
pub(super) const READER: ActorId = ActorId([0; 16]);

/// A household on its pages.
pub(super) struct Told<'a> {
    pub(super) asked: &'a Asked,
    pub(super) document: DocumentId,
    pub(super) household: Household,
    pub(super) view: View,
    /// Code and name of the village in which it counts as things stand.
    pub(super) village: Choice,
    authors: BTreeMap<DeviceId, String>,
}

impl<'a> Told<'a> {
    pub(super) fn of(asked: &'a Asked, document: DocumentId) -> Result<Self, Fault> {
        let household = asked.office().household(document, None, READER)?;
        let view = household.view();
        let village = Villages::on(asked, asked.today())?.of(&view);
        Ok(Self { asked, document, household, view, village, authors: asked.office().authors()? })
    }

    /// How people name the household: its number and head.
    pub(super) fn name(&self) -> String {
        name_of(self.asked, &self.view)
    }

    /// The address of the household's page.
    pub(super) fn address(&self) -> String {
        format!("/office/household/{}", self.document)
    }

    /// The fields of an object.
    pub(super) fn fields(&self, target: &Target) -> Option<&Fields> {
        match target {
            Target::Household => Some(&self.view.household),
            Target::Entity(container, key) => self.view.entity(*container, key),
        }
    }

    /// What the office calls whoever wrote something.
    pub(super) fn author(&self, actor: &ActorId) -> String {
        match self.authors.get(&actor.device()).map(String::as_str) {
            Some(OFFICE_LABEL) => self.asked.t("register.office").to_owned(),
            Some(label) => show::plain(label),
            None => actor.device().to_string(),
        }
    }

    /// Where a value was written: the address of its change.
    pub(super) fn source(&self, written: &Written) -> Option<String> {
        self.household.change_of(written).map(|change| format!("/office/change/{change}"))
    }

    /// Why somebody is not present any more: the words of what their events say.
    pub(super) fn why_gone(&self, person: &EntityId) -> &'static str {
        self.asked.t(why_gone(&self.view, person))
    }

    /// A value as a person reads it: people and households by their names.
    pub(super) fn value(&self, kind: EntityKind, field: &str, value: &Value) -> Markup {
        value_in(self.asked, &self.view, kind, field, value)
    }
}

/// Why somebody is not present any more: the key of the words.
pub(super) fn why_gone(view: &View, person: &EntityId) -> &'static str {
    let says = |kind: &str| {
        view.of(Container::Events).any(|(_, event)| {
            !is_withdrawn(event)
                && shown_text(event, shape::FIELD_PERSON) == Some(person.as_str())
                && shown_text(event, "kind") == Some(kind)
        })
    };
    match (says("death"), says("moved_out")) {
        (true, _) => "register.dead",
        (false, true) => "register.moved_away",
        (false, false) => "register.gone",
    }
}

/// How people name a household: its number and head, cut where it is absurdly long.
pub(in crate::console) fn name_of(asked: &Asked, view: &View) -> String {
    let text = |name: &str| shown_text(&view.household, name).unwrap_or_default().trim();
    let cut: String = show::plain(text("head_name")).chars().take(show::NAME_CHARS_MAX).collect();
    let number: String = show::plain(text("number")).chars().take(show::NAME_CHARS_MAX).collect();
    match (number.is_empty(), cut.is_empty()) {
        (false, false) => asked.tn("register.household_named", &[("number", &number), ("head", &cut)]),
        (false, true) => asked.tn("register.household_numbered", &[("number", &number)]),
        (true, false) => asked.tn("register.household_of", &[("head", &cut)]),
        (true, true) => asked.t("register.household_unnamed").to_owned(),
    }
}

/// The kind of what a container holds; none for decisions, which the record definition does not have.
pub(super) fn kind_in(container: Container) -> Option<EntityKind> {
    definition().entity_in(container.key()).map(|entity| entity.kind)
}

/// The kind of an object.
pub(in crate::console) fn kind_of(target: &Target) -> Option<EntityKind> {
    match target {
        Target::Household => Some(EntityKind::Household),
        Target::Entity(container, _) => kind_in(*container),
    }
}

/// A person of a household by name; by key where there is none.
pub(super) fn person_name(asked: &Asked, view: &View, key: &EntityId) -> Markup {
    let fields = view.person(key).map(|(_, fields)| fields);
    match fields.and_then(|fields| shown_text(fields, "name")).filter(|name| !name.trim().is_empty()) {
        Some(name) => show::name(name),
        None if fields.is_some() => html! { span.muted { (asked.t("register.no_name")) } },
        None => html! { span.muted { (asked.t("register.unknown_person")) } },
    }
}

/// A value, with people and households by name.
pub(in crate::console) fn value_in(
    asked: &Asked,
    view: &View,
    kind: EntityKind,
    field: &str,
    value: &Value,
) -> Markup {
    match (field, value.as_text()) {
        (shape::FIELD_PERSON, Some(text)) => match text.parse::<EntityId>() {
            Ok(key) => {
                html! { a href={ "/office/household/" (view.document) "#" (key) } { (person_name(asked, view, &key)) } }
            }
            Err(_) => show::name(text),
        },
        ("other_document", Some(text)) => match text.parse::<DocumentId>() {
            Ok(other) => {
                html! { a href={ "/office/household/" (other) } { (asked.t("register.other_household")) (household_name(asked, other)) } }
            }
            Err(_) => show::name(text),
        },
        ("other_person", Some(text)) => linked_person(asked, view, text),
        _ => show::value(asked, kind, field, value),
    }
}

/// The head of another household, if its rows are made.
fn household_name(asked: &Asked, document: DocumentId) -> Markup {
    let found = asked.office().households_named(&[document]).unwrap_or_default().pop().flatten();
    html! { @if let Some(row) = found { ": " (show::name(&row.head)) } }
}

/// The person of another household whom a link names: the link says which household.
fn linked_person(asked: &Asked, view: &View, text: &str) -> Markup {
    let named = || {
        let mut links = view.of(Container::Links).map(|(_, link)| link);
        let link = links.find(|link| shown_text(link, "other_person") == Some(text))?;
        let document: DocumentId = shown_text(link, "other_document")?.parse().ok()?;
        let person = PersonRef { document, person: text.parse().ok()? };
        let row =
            asked.office().people_named(std::slice::from_ref(&person)).unwrap_or_default().pop().flatten();
        Some((person, row))
    };
    match named() {
        Some((person, Some(row))) => html! {
            a href={ "/office/household/" (person.document) "#" (person.person) } { (show::name(&row.name)) }
        },
        _ => html! { span.muted { (asked.t("register.unknown_person")) } },
    }
}

/// What an object of a household is, in words.
pub(in crate::console) fn object_name(asked: &Asked, view: &View, target: &Target) -> Markup {
    let Target::Entity(container, key) = target else { return html! { (asked.t("register.the_household")) } };
    let fields = view.entity(*container, key);
    let person = fields
        .and_then(|fields| shown_text(fields, shape::FIELD_PERSON))
        .and_then(|person| person.parse::<EntityId>().ok());
    let label = match kind_in(*container) {
        Some(kind) => {
            let entity = definition().entity(kind);
            if asked.language() == super::super::Language::Vi { &entity.label } else { &entity.label_en }
        }
        None => asked.t("register.decision"),
    };
    html! {
        (label)
        @match container {
            Container::Children | Container::Members => { " " (person_name(asked, view, key)) },
            _ => { @if let Some(person) = &person { " " (asked.t("register.of_person")) " " (person_name(asked, view, person)) } },
        }
    }
}
