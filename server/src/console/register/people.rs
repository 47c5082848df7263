//! People of a household with what is recorded of each.

use maud::{Markup, html};
use schemas::record::EntityKind;
use sync_core::document::{Container, Fields, Target, is_withdrawn, shape, shown_text};
use sync_core::id::EntityId;
use sync_core::register::{PersonNow, Sixteen};

use super::super::decide;
use super::fields::facts;
use super::told::{Told, kind_in, person_name};

/// What is recorded of a person besides their own fields.
const RECORDS: [(Container, &str); 3] = [
    (Container::Circumstances, "register.circumstances"),
    (Container::Supports, "register.supports"),
    (Container::Events, "register.events"),
];

/// The people of a container, the oldest first.
pub(super) fn section(told: &Told<'_>, container: Container, title: &str, now: &[PersonNow]) -> Markup {
    let mut people: Vec<(&EntityId, &Fields)> = told.view.of(container).collect();
    people.sort_by_key(|(key, fields)| {
        (is_withdrawn(fields), shown_text(fields, "birth_date").unwrap_or("9").to_owned(), (*key).clone())
    });
    html! {
        section {
            h2 { (title) " (" (people.len()) ")" }
            @if people.is_empty() { p.muted { (told.asked.t("register.none")) } }
            @for (key, fields) in people {
                (person(told, container, key, fields, now.iter().find(|person| person.key == *key)))
            }
        }
    }
}

fn person(
    told: &Told<'_>,
    container: Container,
    key: &EntityId,
    fields: &Fields,
    now: Option<&PersonNow>,
) -> Markup {
    let kind = if container == Container::Children { EntityKind::Child } else { EntityKind::Member };
    let asked = told.asked;
    html! {
        article.card.person-card id=(key) {
            h3 {
                (person_name(asked, &told.view, key))
                @if let Some(age) = now.and_then(|now| now.age) {
                    " " span.muted { (asked.tn("register.age", &[("age", &age.to_string())])) }
                }
                @if let Some(now) = now {
                    @if !now.is_present { " " span.tag { (told.why_gone(key)) } }
                    @match now.sixteen {
                        Sixteen::No => {},
                        Sixteen::Due => { " " span.tag.tag-warn { (asked.t("register.sixteen_due")) } },
                        Sixteen::Recorded => { " " span.tag { (asked.t("register.sixteen")) } },
                    }
                }
                @if is_withdrawn(fields) { " " span.tag.tag-bad { (asked.t("register.withdrawn")) } }
            }
            (facts(told, kind, &Target::Entity(container, key.clone()), &[]))
            @if container == Container::Children && !is_withdrawn(fields) {
                p.row-actions.screen-only { a href=(decide::link_with(told.document, Some(key))) { (asked.t("register.link_child")) } }
            }
            @for (container, title) in RECORDS { (records_of(told, container, asked.t(title), key)) }
        }
    }
}

/// Whether a record names a person, in any value that stands.
fn names(fields: &Fields, person: &EntityId) -> bool {
    fields
        .get(shape::FIELD_PERSON)
        .is_some_and(|field| field.values().any(|written| written.value.as_text() == Some(person.as_str())))
}

fn records_of(told: &Told<'_>, container: Container, title: &str, person: &EntityId) -> Markup {
    let found: Vec<_> = told.view.of(container).filter(|(_, fields)| names(fields, person)).collect();
    records(told, container, title, &found, &[shape::FIELD_PERSON])
}

/// Records of a container that name nobody of the household.
pub(super) fn of_nobody(told: &Told<'_>) -> Markup {
    let known = |fields: &Fields| {
        let everybody = [Container::Children, Container::Members];
        everybody.into_iter().flat_map(|container| told.view.of(container)).any(|(key, _)| names(fields, key))
    };
    let lost = RECORDS.map(|(container, title)| {
        let found: Vec<_> = told.view.of(container).filter(|(_, fields)| !known(fields)).collect();
        records(told, container, told.asked.t(title), &found, &[])
    });
    html! {
        @if lost.iter().any(|markup| !markup.0.is_empty()) {
            section {
                h2 { (told.asked.t("register.of_nobody")) }
                @for markup in &lost { (markup) }
            }
        }
    }
}

/// Records under a heading, the latest first; nothing where there are none.
pub(super) fn records(
    told: &Told<'_>,
    container: Container,
    title: &str,
    found: &[(&EntityId, &Fields)],
    left_out: &[&str],
) -> Markup {
    let Some(kind) = kind_in(container) else { return html! {} };
    let date = |fields: &Fields| {
        ["start", "date"].iter().find_map(|name| shown_text(fields, name)).unwrap_or_default().to_owned()
    };
    let mut found = found.to_vec();
    found
        .sort_by_key(|(key, fields)| (is_withdrawn(fields), std::cmp::Reverse(date(fields)), (*key).clone()));
    html! {
        @if !found.is_empty() {
            h4 { (title) " (" (found.len()) ")" }
            ul.records {
                @for (key, fields) in found {
                    li id=(key) {
                        @if is_withdrawn(fields) { span.tag.tag-bad { (told.asked.t("register.withdrawn")) } }
                        (facts(told, kind, &Target::Entity(container, key.clone()), left_out))
                    }
                }
            }
        }
    }
}
