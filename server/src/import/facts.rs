//! Circumstances, supports and events of one row: several values in a cell, answered value by value.

use schemas::catalogue::{CircumstanceCode, Derivation, Name};
use schemas::record::{EntityKind, FieldType};
use serde_json::{Value as Json, json};
use sync_core::document::Container;

use super::columns::{Columns, Target};
use super::limits;
use super::report::{Doubt, RowProblem};
use super::row::{Fact, Fields, Findings, heading_of};
use super::table::Row;
use super::value;
use super::words::words;

/// A kind of fact: what it is, the field that names it, where it lives.
const KINDS: [(EntityKind, &str, Container); 3] = [
    (EntityKind::Circumstance, "code", Container::Circumstances),
    (EntityKind::Support, "form", Container::Supports),
    (EntityKind::Event, "kind", Container::Events),
];

/// Everything the row says beside the household's and the child's own fields. III.1 goes to `household`.
pub(super) fn read(
    columns: &Columns,
    row: &Row,
    household: &mut Fields,
    findings: &mut Findings<'_>,
) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut derived = Vec::new();
    for (kind, head, container) in KINDS {
        let Some(column) = columns.field(kind, head) else { continue };
        let texts = match value::parts(row.cell(column.at)).map(|texts| without_end(texts, 0)) {
            Ok(texts) if texts.len() > limits::VALUES_MAX => Err(RowProblem::TooManyValues),
            other => other,
        };
        let texts = match texts {
            Ok(texts) => texts,
            Err(problem) => {
                findings.error(&column.heading, problem);
                continue;
            }
        };
        let answers = answers(columns, kind, head, row, &texts, findings);
        for (text, fields) in texts.iter().zip(answers).filter(|(text, _)| !text.is_empty()) {
            match kind {
                EntityKind::Circumstance => match words().circumstance(text) {
                    Some(found) if found.is_recorded() => {
                        push(&mut facts, container, found.code(), fields, found.restricted);
                    }
                    Some(found) if found.derived_from.is_some() => derived.push((found, fields)),
                    _ => findings.error(&column.heading, RowProblem::UnknownCircumstance),
                },
                EntityKind::Support => match words().support(text) {
                    Some((form, received)) => {
                        let mut fields = fields;
                        if !received || !fields.contains_key("received") {
                            fields.insert("received".to_owned(), received.into());
                        }
                        push(&mut facts, container, form, fields, false);
                    }
                    None => findings.error(&column.heading, RowProblem::UnknownWord),
                },
                _ => match event(text) {
                    Some((code, cause)) => {
                        let mut fields = fields;
                        if let Some(cause) = cause {
                            fields.insert("cause".to_owned(), cause.into());
                        }
                        push(&mut facts, container, code, fields, false);
                    }
                    None => findings.error(&column.heading, RowProblem::UnknownWord),
                },
            }
        }
    }
    let codes = columns.field(EntityKind::Circumstance, "code");
    for (found, fields) in &derived {
        if found.derived_from == Some(Derivation::Events) {
            push_harm(&mut facts, found, fields);
        }
    }
    poverty(&derived, household, heading_of(codes), findings);
    facts
}

/// What the other columns of the kind say of each value: one answer for all, or one a value.
fn answers(
    columns: &Columns,
    kind: EntityKind,
    head: &str,
    row: &Row,
    texts: &[String],
    findings: &mut Findings<'_>,
) -> Vec<Fields> {
    let mut answers = vec![Fields::new(); texts.len()];
    for column in &columns.mapped {
        let Target::Field(of, field) = column.target else { continue };
        if of != kind || field.name == head {
            continue;
        }
        let cell = row.cell(column.at);
        // Free text may hold semicolons of its own.
        let split = value::parts(cell).and_then(|parts| {
            let whole = field.kind == FieldType::Text && parts.len() > 1 && parts.len() != texts.len();
            if whole { Ok(vec![value::cell_text(cell)?]) } else { Ok(parts) }
        });
        let split = split.map(|parts| without_end(parts, texts.len()));
        let parts = match split {
            Ok(parts) => parts,
            Err(problem) => {
                findings.error(&column.heading, problem);
                continue;
            }
        };
        if parts.len() > 1 && !texts.is_empty() && parts.len() != texts.len() {
            findings.error(&column.heading, RowProblem::ValueCount);
            continue;
        }
        let mut values = Vec::with_capacity(parts.len());
        for part in &parts {
            match value::read(kind, field, part) {
                Ok(json) => values.push(json),
                Err(problem) => findings.error(&column.heading, problem),
            }
        }
        if texts.is_empty() {
            if values.iter().any(|value| !value.is_null()) {
                findings.doubt(&column.heading, Doubt::ValueWithoutCode);
            }
            continue;
        }
        for (at, fields) in answers.iter_mut().enumerate() {
            // A date goes for all; a text that can't be told apart is kept once.
            let for_all = values.len() == 1 && field.kind != FieldType::Text;
            let value = if for_all { values.first() } else { values.get(at) };
            fields.insert(field.name.clone(), value.cloned().unwrap_or(Json::Null));
        }
    }
    answers
}

/// The parts without empty ones at the end, as long as there are more than `wanted`.
fn without_end(mut parts: Vec<String>, wanted: usize) -> Vec<String> {
    while parts.len() > wanted && parts.last().is_some_and(String::is_empty) {
        parts.pop();
    }
    parts
}

/// The kind of an event, and the cause in brackets behind it: `Chết (Đuối nước)`.
fn event(text: &str) -> Option<(&'static str, Option<&'static str>)> {
    let (kind, cause) = match text.strip_suffix(')').and_then(|text| text.rsplit_once('(')) {
        Some((kind, cause)) => (kind, Some(words().code(Name::Causes, cause)?)),
        None => (text, None),
    };
    Some((words().code(Name::EventKinds, kind)?, cause))
}

/// Adds a fact unless the row has said the very same before.
fn push(
    facts: &mut Vec<Fact>,
    container: Container,
    code: &'static str,
    mut fields: Fields,
    restricted: bool,
) {
    let name = KINDS.iter().find(|(.., of)| *of == container).map_or("code", |(_, name, _)| name);
    fields.insert(name.to_owned(), code.into());
    let same = facts.iter().filter(|fact| fact.container == container && fact.code == code);
    let (count, repeated) =
        same.fold((0, false), |(count, repeated), fact| (count + 1, repeated || fact.fields == fields));
    if repeated {
        return;
    }
    let key = match count {
        0 => format!("{} {code}", container.key()),
        _ => format!("{} {code}#{}", container.key(), count + 1),
    };
    facts.push(Fact { container, key, code, fields, restricted });
}

/// IV.2.1 is an injury, IV.2.2 a death by one: events, unless the row's events say so already.
fn push_harm(facts: &mut Vec<Fact>, found: &CircumstanceCode, fields: &Fields) {
    let (kind, cause) = match found.code() {
        "IV.2.2" => ("death", Some("injury_other")),
        "IV.2.2-1" => ("death", Some("injury_drowning")),
        "IV.2.2-2" => ("death", Some("injury_traffic")),
        _ => ("injury", None),
    };
    let date = fields.get("start").cloned().unwrap_or(Json::Null);
    let said = facts.iter_mut().find(|fact| {
        let other = fact.fields.get("date").unwrap_or(&Json::Null);
        let same_day = kind == "death" || other.is_null() || date.is_null() || *other == date;
        fact.container == Container::Events && fact.code == kind && same_day
    });
    let mut event = Fields::new();
    if let Some(cause) = cause {
        event.insert("cause".to_owned(), cause.into());
    }
    match said {
        // `IV.2.2` beside `IV.2.2-1`, or a death whose cause the events leave out.
        Some(fact) => {
            let known = fact.fields.get("cause").unwrap_or(&Json::Null);
            if (known.is_null() || *known == json!("injury_other")) && cause.is_some() {
                fact.fields.extend(event);
            }
        }
        None => {
            event.insert("date".to_owned(), date);
            push(facts, Container::Events, kind, event, false);
        }
    }
}

/// III.1 says that the household is poor or near-poor, III.1-1 that it is poor.
fn poverty(
    derived: &[(&'static CircumstanceCode, Fields)],
    household: &mut Fields,
    heading: &str,
    findings: &mut Findings<'_>,
) {
    let of_poverty =
        derived.iter().filter(|(found, _)| found.derived_from == Some(Derivation::PovertyStatus));
    let codes: Vec<&str> = of_poverty.map(|(found, _)| found.code()).collect();
    if codes.is_empty() {
        return;
    }
    let is_poor = codes.contains(&"III.1-1");
    match household.get("poverty_status").and_then(Json::as_str) {
        Some("poor") => {}
        Some("near_poor") if !is_poor => {}
        Some(_) => findings.doubt(heading, Doubt::PovertyContradicts),
        None => {
            household.insert(
                "poverty_status".to_owned(),
                if is_poor { "poor".into() } else { "near_poor".into() },
            );
            if !is_poor {
                findings.doubt(heading, Doubt::PovertyAssumed);
            }
        }
    }
}

/// The column that names a kind of fact.
pub(super) fn head_of(container: Container) -> Option<&'static str> {
    KINDS.iter().find(|(.., of)| *of == container).map(|(_, head, _)| *head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_may_carry_its_cause() {
        assert_eq!(event("Chết (Đuối nước)"), Some(("death", Some("injury_drowning"))));
        assert_eq!(event("Chuyển đi"), Some(("moved_out", None)));
        assert_eq!(event("Chết (mưa)"), None);
        assert_eq!(event("Đi chơi"), None);
    }
}
