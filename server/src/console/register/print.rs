//! The household's sheet of the book "Sổ theo dõi trẻ em trong gia đình", for A4 on its side.
//!
//! The printed columns of the book were not found in any source: these are the minimum data of
//! LĐTBXH 2513/LĐTBXH-TTTT (2022) and what collectors are asked to note, and the sheet says so.

use maud::{Markup, html};
use schemas::record::{EntityKind, definition};
use sync_core::document::{Container, Field, Fields, is_withdrawn, shape, shown_text};
use sync_core::id::EntityId;
use sync_core::register::people_on;

use super::super::{Area, Asked, Fault, Reply, show};
use super::household::crumbs;
use super::told::Told;

/// Columns made of a child's own fields: the heading, and the fields under it.
const COLUMNS: [(&str, &[&str]); 11] = [
    ("register.book_name", &["name"]),
    ("register.book_birth", &["birth_date"]),
    ("register.book_sex", &["sex"]),
    ("register.book_ethnicity", &["ethnicity"]),
    ("register.book_number", &["identity_number"]),
    ("register.book_relation", &["relation_to_head"]),
    ("register.book_father", &["father_name", "father_birth_year", "father_occupation", "father_status"]),
    ("register.book_mother", &["mother_name", "mother_birth_year", "mother_occupation", "mother_status"]),
    ("register.book_carer", &["carer_name", "carer_birth_year", "carer_occupation", "carer_relation"]),
    ("register.book_papers", &["birth_registration", "health_insurance", "health_insurance_number"]),
    ("register.book_school", &["schooling", "class", "school"]),
];
/// Columns made of what is recorded of the child.
const RECORDS: [(&str, Container, &[&str]); 3] = [
    ("register.book_circumstances", Container::Circumstances, &["code", "start", "end"]),
    ("register.book_supports", Container::Supports, &["form", "start", "end"]),
    ("register.book_events", Container::Events, &["kind", "date", "cause"]),
];
/// Empty lines for what is written by hand at the next visit.
const EMPTY_LINES: usize = 3;

pub(super) fn page(asked: &Asked) -> Result<Reply, Fault> {
    let told = Told::of(asked, super::document(asked)?)?;
    let body = html! {
        (crumbs(&told))
        p.screen-only.row-actions {
            a href=(told.address()) { (asked.t("register.to_household")) }
            " " span.muted { (asked.t("register.print_says")) " " kbd.kbd { "Ctrl" } "+" kbd.kbd { "P" } }
        }
        div.book {
            (heading(&told))
            (children(&told))
            (visits(&told))
            p.muted.book-note { (asked.t("register.book_note")) }
        }
    };
    Ok(asked.page(Area::Register, asked.t("register.book_title"), body))
}

fn heading(told: &Told<'_>) -> Markup {
    let asked = told.asked;
    let fields = &told.view.household;
    let line = |name: &str| {
        html! { dt { (show::label(asked.language(), EntityKind::Household, name)) } dd { (values(told, EntityKind::Household, fields, name)) } }
    };
    html! {
        dl.book-head {
            dt { (asked.tu("register.village")) } dd { (show::name(&told.village.1)) }
            @for name in ["number", "head_name", "address", "hamlet", "phone", "poverty_status", "poverty_year"] {
                (line(name))
            }
        }
    }
}

/// Every value that stands, undecided ones side by side; nothing where nobody wrote.
fn values(told: &Told<'_>, kind: EntityKind, fields: &Fields, name: &str) -> Markup {
    html! {
        @for (at, written) in fields.get(name).into_iter().flat_map(Field::values).enumerate() {
            @if at > 0 { " / " }
            (told.value(kind, name, &written.value))
        }
        @if fields.get(name).is_some_and(Field::is_disputed) { " " em { (told.asked.t("register.undecided")) } }
    }
}

fn children(told: &Told<'_>) -> Markup {
    let asked = told.asked;
    let now = people_on(&told.view, asked.today());
    let mut children: Vec<(&EntityId, &Fields)> =
        told.view.of(Container::Children).filter(|(_, fields)| !is_withdrawn(fields)).collect();
    children.sort_by_key(|(key, fields)| {
        (shown_text(fields, "birth_date").unwrap_or("9").to_owned(), (*key).clone())
    });
    let gone = |key: &EntityId| {
        let is_gone = now.iter().any(|person| person.key == *key && !person.is_present);
        is_gone.then(|| told.why_gone(key))
    };
    html! {
        table.grid.book-children {
            caption { (asked.t("register.children_title")) }
            thead { tr {
                th scope="col" { (asked.t("register.book_ordinal")) }
                @for (heading, _) in COLUMNS { th scope="col" { (asked.t(heading)) } }
                @for (heading, ..) in RECORDS { th scope="col" { (asked.t(heading)) } }
            } }
            tbody {
                @for (ordinal, (key, fields)) in (1..).zip(children) {
                    tr {
                        td.num { (ordinal) }
                        @for (_, names) in COLUMNS { (cell(told, fields, names, gone(key))) }
                        @for (_, container, names) in RECORDS { td { (records(told, container, names, key)) } }
                    }
                }
                @for _ in 0..EMPTY_LINES {
                    tr.empty { @for _ in 0..=COLUMNS.len() + RECORDS.len() { td { "\u{a0}" } } }
                }
            }
        }
    }
}

fn cell(told: &Told<'_>, fields: &Fields, names: &[&str], gone: Option<&str>) -> Markup {
    html! {
        td.book-number[names.contains(&"identity_number")] {
            @for name in names.iter().filter(|name| fields.contains_key(**name)) {
                div {
                    // A cell of several answers says which one is which where the answer alone would not.
                    @if matches!(*name, "birth_registration" | "health_insurance" | "health_insurance_number") {
                        span.muted { (show::label(told.asked.language(), EntityKind::Child, name)) ": " }
                    }
                    (values(told, EntityKind::Child, fields, name))
                    @if let Some(gone) = gone.filter(|_| *name == "name") { " (" (gone) ")" }
                }
            }
        }
    }
}

fn records(told: &Told<'_>, container: Container, names: &[&str], person: &EntityId) -> Markup {
    let Some(entity) = definition().entity_in(container.key()) else { return html! {} };
    let of_person = told.view.of(container).filter(|(_, fields)| {
        !is_withdrawn(fields) && shown_text(fields, shape::FIELD_PERSON) == Some(person.as_str())
    });
    html! {
        @for (_, fields) in of_person {
            div {
                @for (at, name) in names.iter().enumerate() {
                    @if fields.contains_key(*name) {
                        @if at > 0 { ", " }
                        @if *name == "end" { (told.asked.t("register.book_until")) " " }
                        (values(told, entity.kind, fields, name))
                    }
                }
            }
        }
    }
}

fn visits(told: &Told<'_>) -> Markup {
    let asked = told.asked;
    let mut visits: Vec<&Fields> = told
        .view
        .of(Container::Visits)
        .map(|(_, fields)| fields)
        .filter(|fields| !is_withdrawn(fields))
        .collect();
    visits.sort_by_key(|fields| shown_text(fields, "date").unwrap_or_default().to_owned());
    html! {
        table.grid.book-visits {
            caption { (asked.t("register.visits_title")) }
            thead { tr {
                @for name in ["date", "round", "result", "note"] {
                    th scope="col" { (show::label(asked.language(), EntityKind::Visit, name)) }
                }
                th scope="col" { (asked.t("register.book_visitor")) }
                th scope="col" { (asked.t("register.book_signature")) }
            } }
            tbody {
                @for fields in visits {
                    tr {
                        @for name in ["date", "round", "result", "note"] { td { (values(told, EntityKind::Visit, fields, name)) } }
                        td { @if let Some(date) = fields.get("date") { bdi { (told.author(&date.shown().actor)) } } }
                        td { "\u{a0}" }
                    }
                }
                @for _ in 0..EMPTY_LINES { tr.empty { @for _ in 0..6 { td { "\u{a0}" } } } }
            }
        }
    }
}
