//! The fields of one object: each value with the way to whoever wrote it, and to writing it anew.

use maud::{Markup, html};
use schemas::record::{EntityKind, definition};
use sync_core::document::{Field, Fields, Target, Written, shape};

use super::super::show;
use super::told::Told;

/// Fields in the record's order, those that this version does not know last. What nobody wrote can be unfolded.
pub(super) fn facts(told: &Told<'_>, kind: EntityKind, target: &Target, left_out: &[&str]) -> Markup {
    let nothing = Fields::new();
    let fields = told.fields(target).unwrap_or(&nothing);
    let known = definition().entity(kind).fields.iter().map(|field| field.name.as_str());
    let shown = |name: &&str| !left_out.contains(name) && *name != shape::FIELD_WITHDRAWN;
    let (written, mut unwritten): (Vec<&str>, Vec<&str>) =
        known.clone().filter(shown).partition(|name| fields.contains_key(*name));
    unwritten.retain(|_| is_typed(kind));
    let unknown = fields.keys().map(String::as_str).filter(|name| known.clone().all(|known| known != *name));
    html! {
        dl.fields {
            @for name in written.into_iter().chain(unknown.filter(shown)) {
                @if let Some(field) = fields.get(name) { (fact(told, kind, target, name, field)) }
            }
        }
        @if !unwritten.is_empty() {
            details.unwritten.screen-only {
                summary { (told.asked.tn("register.unwritten", &[("count", &unwritten.len().to_string())])) }
                ul {
                    @for name in unwritten {
                        li { a href=(decide(told, target, name)) { (show::label(told.asked.language(), kind, name)) } }
                    }
                }
            }
        }
    }
}

/// Whether somebody types the fields of a record one by one. A link is made and taken back as a whole.
fn is_typed(kind: EntityKind) -> bool {
    kind != EntityKind::Link
}

fn fact(told: &Told<'_>, kind: EntityKind, target: &Target, name: &str, field: &Field) -> Markup {
    let label = show::label(told.asked.language(), kind, name);
    html! {
        div.fact.is-undecided[field.is_disputed()] {
            dt { (label) }
            dd {
                @if field.is_disputed() {
                    ul.values {
                        @for written in field.values() {
                            li { (told.value(kind, name, &written.value)) " " (who(told, label, written)) }
                        }
                    }
                    a.tag.tag-warn.screen-only href=(decide(told, target, name)) { (told.asked.t("register.decide")) }
                    span.tag.tag-warn.print-only { (told.asked.t("register.undecided")) }
                } @else {
                    @let written = field.shown();
                    (told.value(kind, name, &written.value))
                    span.fact-links.screen-only {
                        (source(told, label, written))
                        @if is_typed(kind) {
                            " " a href=(decide(told, target, name))
                                aria-label=(told.asked.tn("register.change_field", &[("field", label)])) { (told.asked.t("register.change")) }
                        }
                    }
                }
            }
        }
    }
}

/// Who wrote one of several values, with the way to the change.
fn who(told: &Told<'_>, label: &str, written: &Written) -> Markup {
    let at = told.household.change_of(written).and_then(|change| told.household.time_of(&change));
    html! {
        span.muted {
            "– " bdi { (told.author(&written.actor)) }
            @if let Some(at) = at { ", " (show::moment(at)) }
        }
        span.fact-links.screen-only { (source(told, label, written)) }
    }
}

fn source(told: &Told<'_>, label: &str, written: &Written) -> Markup {
    html! {
        @if let Some(address) = told.source(written) {
            " " a href=(address) title=(told.author(&written.actor))
                aria-label=(told.asked.tn("register.source_of", &[("field", label)])) { (told.asked.t("register.source")) }
        }
    }
}

/// Where a field is decided or written anew.
pub(super) fn decide(told: &Told<'_>, target: &Target, field: &str) -> String {
    let (container, entity) = match target {
        Target::Household => (shape::KEY_HOUSEHOLD, ""),
        Target::Entity(container, key) => (container.key(), key.as_str()),
    };
    format!(
        "/office/decide/field?document={}&container={container}&entity={entity}&field={field}",
        told.document
    )
}

#[cfg(test)]
mod tests {
    use sync_core::document::{Container, Edit, Household};
    use sync_core::id::EntityId;

    use crate::console::tests::{CLOCK, Desk};
    use crate::office::Author;

    #[test]
    fn a_link_is_taken_back_as_a_whole_and_its_fields_are_not_typed() {
        let mut desk = Desk::officer();
        let author = Author::from_bytes(&[5; 32]);
        let (mut household, genesis) = Household::create(author.actor(desk.office.commune()), "01", CLOCK, 1);
        let document = household.id();
        let link: EntityId = "0000000000009".parse().unwrap();
        let of = |field: &str, value: &str| Edit::entity(Container::Links, &link, field, value);
        let edits = [Edit::household("number", "12"), of("kind", "same"), of("reason", "cùng một cháu")];
        let change = household.edit(&edits, CLOCK).unwrap();
        let changes = vec![(document, genesis), (document, change)];
        desk.office.author(&author, changes, Vec::new(), CLOCK).unwrap();
        let page = desk.open(&format!("/office/household/{document}")).text();
        let of_link = page.split(&format!("<li id=\"{link}\">")).nth(1).expect("the link");
        assert!(of_link.contains("cùng một cháu") && page.contains("field=number"), "{page}");
        assert!(!of_link.contains("container=links"), "neither what is written nor what is not: {of_link}");
    }
}
