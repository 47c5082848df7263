//! Typed reads: every value that stands in a field, and who wrote it.

use std::collections::BTreeMap;

use automerge::{Automerge, ObjId, ROOT, ReadDoc, ScalarValue, ScalarValueRef, ValueRef};

use super::shape::{self, Container};
use crate::facts::Choice;
use crate::id::{ActorId, DocumentId, EntityId};

/// A leaf of the document. `Debug` hides the contents: they are personal data.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Cleared: known to be unknown. Nothing is deleted.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text, a date (`2019`, `2019-05`, `2019-05-03`), a catalogue code or an entity's key.
    Text(String),
    /// A sealed envelope.
    Bytes(Vec<u8>),
}

impl Value {
    /// The text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// As JSON: envelopes become their length only.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Int(value) => (*value).into(),
            Self::Text(value) => value.as_str().into(),
            Self::Bytes(value) => serde_json::json!({ "sealed_bytes": value.len() }),
        }
    }
}

impl core::fmt::Debug for Value {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Null => "Null",
            Self::Bool(_) => "Bool(…)",
            Self::Int(_) => "Int(…)",
            Self::Text(_) => "Text(…)",
            Self::Bytes(_) => "Bytes(…)",
        })
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

/// A value and the operation that wrote it. [`super::Household::change_of`] tells the change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// What was written.
    pub value: Value,
    /// Who wrote it.
    pub actor: ActorId,
    /// The operation's counter: with the actor, its name.
    pub counter: u64,
}

/// One field: its values, equal ones told once, the one shown first at the front. Two or more are a
/// conflict, alive until somebody who has seen them writes again.
pub type Field = Choice<Written>;

/// An object's fields by name.
pub type Fields = BTreeMap<String, Field>;

/// Everything a document says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The document.
    pub document: DocumentId,
    /// The village's code, fixed by the first change.
    pub village: String,
    /// The household's own fields.
    pub household: Fields,
    /// Members, children, circumstances and the rest, by container and key.
    pub entities: BTreeMap<Container, BTreeMap<EntityId, Fields>>,
}

impl View {
    /// The entries of one container.
    pub fn of(&self, container: Container) -> impl Iterator<Item = (&EntityId, &Fields)> {
        self.entities.get(&container).into_iter().flatten()
    }

    /// The fields of one entry.
    #[must_use]
    pub fn entity(&self, container: Container, key: &EntityId) -> Option<&Fields> {
        self.entities.get(&container)?.get(key)
    }

    /// Which container of people a key is in.
    #[must_use]
    pub fn person(&self, key: &EntityId) -> Option<(Container, &Fields)> {
        [Container::Children, Container::Members]
            .into_iter()
            .find_map(|container| Some((container, self.entity(container, key)?)))
    }

    /// Every field on which people wrote different things: container (none: the household itself),
    /// entry, field name, values.
    pub fn conflicts(&self) -> impl Iterator<Item = (Option<(Container, &EntityId)>, &str, &Field)> {
        let own = self.household.iter().map(|(name, field)| (None, name.as_str(), field));
        let inner = self.entities.iter().flat_map(|(container, entries)| {
            entries.iter().flat_map(move |(key, fields)| {
                fields.iter().map(move |(name, field)| (Some((*container, key)), name.as_str(), field))
            })
        });
        own.chain(inner).filter(|(_, _, field)| field.is_disputed())
    }

    /// The whole document as JSON: a disputed field becomes `{"conflict": [values]}`.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let object = |fields: &Fields| -> serde_json::Value {
            fields.iter().map(|(name, field)| (name.clone(), field_json(field))).collect()
        };
        let mut root = serde_json::Map::new();
        root.insert("document".into(), self.document.to_string().into());
        root.insert("village".into(), self.village.as_str().into());
        root.insert("household".into(), object(&self.household));
        for (container, entries) in &self.entities {
            let entries = entries.iter().map(|(key, fields)| (key.to_string(), object(fields)));
            root.insert(container.key().into(), entries.collect());
        }
        root.into()
    }
}

fn field_json(field: &Field) -> serde_json::Value {
    if field.is_disputed() {
        let values: Vec<_> = field.values().map(|written| written.value.to_json()).collect();
        serde_json::json!({ "conflict": values })
    } else {
        field.shown().value.to_json()
    }
}

/// The text shown in a field, if it is a text.
#[must_use]
pub fn shown_text<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.get(name)?.shown().value.as_text()
}

/// Whether a record is withdrawn as a mistake, as shown.
#[must_use]
pub fn is_withdrawn(fields: &Fields) -> bool {
    fields.get(shape::FIELD_WITHDRAWN).is_some_and(|field| field.shown().value == Value::Bool(true))
}

pub(super) fn scalar(value: &ScalarValue) -> Option<Value> {
    Some(match value {
        ScalarValue::Null => Value::Null,
        ScalarValue::Boolean(value) => Value::Bool(*value),
        ScalarValue::Int(value) => Value::Int(*value),
        ScalarValue::Str(value) => Value::Text(value.to_string()),
        ScalarValue::Bytes(value) => Value::Bytes(value.clone()),
        _ => return None,
    })
}

pub(super) fn read(doc: &Automerge, document: DocumentId, village: String) -> View {
    let map = |key: &str| match doc.get(ROOT, key) {
        Ok(Some((automerge::Value::Object(_), id))) => Some(id),
        _ => None,
    };
    let household = map(shape::KEY_HOUSEHOLD).map(|id| fields(doc, &id)).unwrap_or_default();
    let entities = Container::ALL.into_iter().filter_map(|container| {
        let id = map(container.key())?;
        let entries = doc.keys(&id).filter_map(|key| {
            let (automerge::Value::Object(_), entry) = doc.get(&id, key.as_str()).ok()?? else { return None };
            Some((key.parse().ok()?, fields(doc, &entry)))
        });
        Some((container, entries.collect()))
    });
    View { document, village, household, entities: entities.collect() }
}

fn fields(doc: &Automerge, object: &ObjId) -> Fields {
    doc.map_range(object, ..)
        .filter_map(|item| {
            let name = item.key.to_string();
            let values = if item.conflict {
                disputed(doc, object, &name)
            } else {
                let id = item.id();
                let ValueRef::Scalar(value) = item.value else { return None };
                vec![written(scalar_ref(&value)?, &id)?]
            };
            Some((name, Field::among(values)?))
        })
        .collect()
}

fn scalar_ref(value: &ScalarValueRef<'_>) -> Option<Value> {
    Some(match value {
        ScalarValueRef::Null => Value::Null,
        ScalarValueRef::Boolean(value) => Value::Bool(*value),
        ScalarValueRef::Int(value) => Value::Int(*value),
        ScalarValueRef::Str(value) => Value::Text(value.to_string()),
        ScalarValueRef::Bytes(value) => Value::Bytes(value.to_vec()),
        _ => return None,
    })
}

/// Equal values written twice are no conflict: each is told once, Automerge's winner first.
fn disputed(doc: &Automerge, object: &ObjId, name: &str) -> Vec<Written> {
    among(doc.get_all(object, name).unwrap_or_default())
}

/// What the library tells of one field, its winner last.
pub(super) fn among(all: Vec<(automerge::Value<'_>, ObjId)>) -> Vec<Written> {
    let mut values: Vec<Written> = Vec::with_capacity(all.len());
    for (value, id) in all.into_iter().rev() {
        let automerge::Value::Scalar(value) = value else { continue };
        let Some(written) = scalar(&value).and_then(|value| written(value, &id)) else { continue };
        if values.iter().all(|other| other.value != written.value) {
            values.push(written);
        }
    }
    values
}

fn written(value: Value, id: &ObjId) -> Option<Written> {
    let ObjId::Id(counter, actor, _) = id else { return None };
    Some(Written { value, actor: ActorId::try_from(actor.to_bytes()).ok()?, counter: *counter })
}
