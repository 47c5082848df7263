//! Each value by itself: its type, its size, its code, the shape of its number.

use schemas::catalogue::{Name, circumstance};
use schemas::format::{self, Known, Sex};
use schemas::record::{EntityKind, FieldType, RecordDefinition, ValueError};

use super::{Found, IssueCode as I, read};
use crate::document::{Container, Fields, Value, View, shape};
use crate::id::EntityId;

pub(super) fn check(view: &View, definition: &RecordDefinition, found: &mut Found) {
    of_object(definition, EntityKind::Household, &view.household, |code, field| found.household(code, field));
    for container in Container::ALL {
        // What a sealed report says is sealed; decisions have no definition.
        let Some(entity) = definition.entity_in(container.key()).filter(|_| container != Container::Sealed)
        else {
            continue;
        };
        for (key, fields) in view.of(container).filter(|(_, fields)| !read::is_withdrawn(fields)) {
            of_object(definition, entity.kind, fields, |code, field| {
                found.add(code, container, key, Some(field));
            });
            if matches!(
                container,
                Container::Circumstances | Container::Supports | Container::Events | Container::Links
            ) {
                of_person(view, container, key, fields, found);
            }
        }
    }
}

fn of_object(definition: &RecordDefinition, kind: EntityKind, fields: &Fields, mut add: impl FnMut(I, &str)) {
    let birth = read::days(fields, "birth_date");
    let known = Known {
        sex: read::agreed(fields, "sex").and_then(Sex::from_code),
        birth_year: birth.filter(|days| days.first.year() == days.last.year()).map(|days| days.first.year()),
        identity_number: read::agreed(fields, "identity_number"),
    };
    for (name, field) in fields {
        let Some(defined) = definition.entity(kind).field(name) else {
            add(I::UnknownField, name);
            continue;
        };
        for written in field.values() {
            if let Err(error) = defined.check(kind, &written.value.to_json()) {
                let text = written.value.as_text();
                if let Some(code) = code_of(error, defined.kind, defined.catalogue, text) {
                    add(code, name);
                }
            } else if let (Some(shape), Value::Text(text)) = (defined.format, &written.value) {
                for warning in format::check(shape, text, known) {
                    add(I::Format(warning), name);
                }
            }
        }
    }
}

fn code_of(error: ValueError, kind: FieldType, catalogue: Option<Name>, text: Option<&str>) -> Option<I> {
    // A text that was emptied says nothing: that is missing, not wrong.
    if text.is_some_and(|text| text.trim().is_empty()) {
        return None;
    }
    Some(match error {
        ValueError::Type if matches!(kind, FieldType::Date | FieldType::Day) && text.is_some() => {
            I::UnreadableDate
        }
        ValueError::Type => I::WrongType,
        ValueError::TooLong { .. } => I::TextTooLong,
        ValueError::Range { .. } => I::OutOfRange,
        ValueError::Code => {
            let line = catalogue == Some(Name::Circumstances)
                && text.is_some_and(|text| circumstance(text).is_some());
            if line { I::CodeNotRecorded } else { I::UnknownCode }
        }
        // Refused before it enters any document.
        ValueError::Restricted => return None,
    })
}

fn of_person(view: &View, container: Container, key: &EntityId, fields: &Fields, found: &mut Found) {
    let person = shape::FIELD_PERSON;
    if read::is_missing(fields, person) {
        found.add(I::MissingPerson, container, key, Some(person));
    }
    let exists = |text: &str| text.parse().is_ok_and(|key| view.person(&key).is_some());
    if read::texts(fields, person).any(|text| !text.trim().is_empty() && !exists(text)) {
        found.add(I::UnknownPerson, container, key, Some(person));
    }
}
