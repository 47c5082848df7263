//! What the register and the lists of children have in common: what a record says as a person reads it.

use schemas::record::{EntityKind, FieldType, definition};
use sync_core::date::Date;
use sync_core::document::{Container, Fields, Value, View, is_withdrawn, shown_text};
use sync_core::id::{ActorId, DocumentId, EntityId};

use super::super::villages::village_on;
use super::super::{Asked, Fault, Language, show};
use crate::office::Office;
use crate::problem::{Code, Problem};
use crate::report::XlsxError;

impl From<XlsxError> for Fault {
    fn from(_: XlsxError) -> Self {
        Code::StorageFull.into()
    }
}

/// What a document says.
pub(in crate::console) fn household(office: &Office, document: DocumentId) -> Result<View, Problem> {
    Ok(office.household(document, None, ActorId([0; 16]))?.view())
}

/// The village of a day that was asked for, if there is one of that code.
pub(super) fn village(asked: &Asked, day: Date) -> Result<Option<String>, Fault> {
    let Some(code) = asked.query("village") else { return Ok(None) };
    village_on(asked, code, day)?.map(Some).ok_or(Fault::NotFound)
}

/// What an entry of the household says of a child, entry by entry.
pub(super) fn of_child<'a>(
    view: &'a View,
    of: Container,
    key: &'a EntityId,
) -> impl Iterator<Item = &'a Fields> {
    let entries = view.of(of).map(|(_, fields)| fields);
    entries.filter(move |fields| shown_text(fields, "person") == Some(key.as_str()) && !is_withdrawn(fields))
}

/// The help a child gets.
pub(super) fn supports(view: &View, key: &EntityId) -> String {
    let supports = of_child(view, Container::Supports, key).map(|support| {
        let form = written(EntityKind::Support, support, "form");
        match written(EntityKind::Support, support, "start") {
            day if day.is_empty() => form,
            day => format!("{form} (từ {day})"),
        }
    });
    supports.collect::<Vec<_>>().join("; ")
}

/// A field as a person reads it; what is disputed shows every value.
pub(in crate::console) fn written(kind: EntityKind, fields: &Fields, name: &str) -> String {
    let Some(field) = fields.get(name) else { return String::new() };
    let known = definition().entity(kind).field(name);
    let value = |value: &Value| match (value, known.map(|known| (known.kind, known.catalogue))) {
        (Value::Null | Value::Bytes(_), _) => String::new(),
        (Value::Bool(true), _) => "Có".into(),
        (Value::Bool(false), _) => "Không".into(),
        (Value::Int(number), _) => number.to_string(),
        (Value::Text(text), Some((FieldType::Date | FieldType::Day, _))) => show::written_date(text),
        (Value::Text(text), Some((FieldType::Code, Some(of)))) => show::code_label(Language::Vi, of, text),
        (Value::Text(text), _) => text.clone(),
    };
    field.values().map(|written| value(&written.value)).collect::<Vec<_>>().join(" / ")
}
