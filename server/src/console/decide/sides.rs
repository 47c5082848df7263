//! Two records side by side, field by field: equal ones dim, different ones marked.

use maud::{Markup, html};
use schemas::record::{EntityKind, definition};
use schemas::text::fold;
use sync_core::document::{Container, Field, Fields, Target, Value, shape, shown_text};
use sync_core::id::EntityId;

use super::standing::{Record, village_name};
use crate::console::{Asked, show};
use crate::problem::Problem;

/// What identifies a household on a page of two.
const OF_HOUSEHOLD: [&str; 6] = ["number", "head_name", "address", "hamlet", "phone", "poverty_status"];

/// One line: what it is, and what each record says.
struct Line {
    label: String,
    cells: [Markup; 2],
    is_alike: bool,
}

/// Two children, with what is said of their households.
pub(super) fn children(asked: &Asked, sides: [(&Record, &EntityId); 2]) -> Result<Markup, Problem> {
    let own = sides.map(|(record, person)| record.view.person(person).map(|(_, fields)| fields));
    let mut lines = Vec::new();
    for field in &definition().entity(EntityKind::Child).fields {
        let [a, b] = own.map(|fields| fields.and_then(|fields| fields.get(&field.name)));
        lines.extend(line(asked, EntityKind::Child, &field.name, a, b));
    }
    let held = sides.map(|(record, person)| circumstances(asked, record, person));
    if held.iter().any(|held| !held.is_empty()) {
        lines.push(Line {
            label: asked.t("decide.circumstances").to_owned(),
            is_alike: held[0] == held[1],
            cells: held.map(|held| html! { @for one in held { div { (show::name(&one)) } } }),
        });
    }
    let [(a, _), (b, _)] = sides;
    lines.push(villages(asked, a, b)?);
    lines.extend(household_lines(asked, a, b));
    let child = |person: &EntityId| Target::Entity(Container::Children, person.clone());
    let [(_, first), (_, second)] = sides;
    let heads = [a.household_link(asked, &child(first), "o"), b.household_link(asked, &child(second), "p")];
    Ok(table(asked, &heads, &lines))
}

/// Two households, with the children of each.
pub(super) fn households(asked: &Asked, a: &Record, b: &Record) -> Result<Markup, Problem> {
    let mut lines = vec![villages(asked, a, b)?];
    lines.extend(household_lines(asked, a, b));
    let named = |record: &Record, container| -> Vec<String> {
        let people = record.view.of(container);
        people
            .map(|(_, fields)| {
                let birth = shown_text(fields, "birth_date").map(show::written_date).unwrap_or_default();
                format!("{} {birth}", shown_text(fields, "name").unwrap_or("–"))
            })
            .collect()
    };
    for (container, words) in
        [(Container::Children, "decide.children"), (Container::Members, "decide.members")]
    {
        let people = [named(a, container), named(b, container)];
        lines.push(Line {
            label: asked.t(words).to_owned(),
            is_alike: people[0] == people[1],
            cells: people.map(|people| html! { @for one in people { div { (show::name(&one)) } } }),
        });
    }
    let heads =
        [(a, "o"), (b, "p")].map(|(record, key)| record.household_link(asked, &Target::Household, key));
    Ok(table(asked, &heads, &lines))
}

fn table(asked: &Asked, heads: &[Markup; 2], lines: &[Line]) -> Markup {
    html! {
        table.grid.sides aria-label=(asked.t("decide.side_by_side")) {
            thead { tr { td {} @for head in heads { th scope="col" { (head) } } } }
            tbody {
                @for line in lines {
                    tr.alike[line.is_alike].unlike[!line.is_alike] {
                        th scope="row" {
                            @if !line.is_alike { span.visually-hidden { (asked.t("decide.differs")) " " } }
                            (line.label)
                        }
                        @for cell in &line.cells { td { (cell) } }
                    }
                }
            }
        }
    }
}

fn villages(asked: &Asked, a: &Record, b: &Record) -> Result<Line, Problem> {
    Ok(Line {
        label: asked.tu("decide.village"),
        is_alike: a.village == b.village,
        cells: [village_name(asked, &a.village)?, village_name(asked, &b.village)?],
    })
}

fn household_lines(asked: &Asked, a: &Record, b: &Record) -> Vec<Line> {
    let said = |name| {
        line(asked, EntityKind::Household, name, a.view.household.get(name), b.view.household.get(name))
    };
    OF_HOUSEHOLD.into_iter().filter_map(said).collect()
}

/// A field of both; none where neither says anything.
fn line(asked: &Asked, kind: EntityKind, name: &str, a: Option<&Field>, b: Option<&Field>) -> Option<Line> {
    let says =
        |field: Option<&Field>| field.is_some_and(|field| field.values().any(|v| v.value != Value::Null));
    if name == shape::FIELD_WITHDRAWN || !(says(a) || says(b)) {
        return None;
    }
    let cell = |field: Option<&Field>| {
        html! {
            @for written in field.into_iter().flat_map(Field::values) {
                div { (show::value(asked, kind, name, &written.value)) }
            }
            @if field.is_none() { span.muted { "–" } }
        }
    };
    let label = show::label(asked.language(), kind, name).to_owned();
    Some(Line { label, cells: [cell(a), cell(b)], is_alike: is_alike(a, b) })
}

/// The same to whoever compares: accents, case and spaces apart.
fn is_alike(a: Option<&Field>, b: Option<&Field>) -> bool {
    let folded = |field: Option<&Field>| -> Vec<String> {
        let values = field.into_iter().flat_map(Field::values);
        let mut all: Vec<String> = values
            .map(|written| match &written.value {
                Value::Text(text) => fold(text),
                other => other.to_json().to_string(),
            })
            .collect();
        all.sort();
        all
    };
    folded(a) == folded(b)
}

fn circumstances(asked: &Asked, record: &Record, person: &EntityId) -> Vec<String> {
    let of_person = |fields: &&Fields| shown_text(fields, shape::FIELD_PERSON) == Some(person.as_str());
    let held = record.view.of(Container::Circumstances).map(|(_, fields)| fields).filter(of_person);
    let mut codes: Vec<String> = held
        .filter(|fields| !sync_core::document::is_withdrawn(fields))
        .filter_map(|fields| shown_text(fields, "code"))
        .map(|code| show::code_label(asked.language(), schemas::catalogue::Name::Circumstances, code))
        .collect();
    codes.sort();
    codes
}
