//! The calls of `phone/app/src/core/api.ts` that the core answers by itself, as they arrive.

use serde::Deserialize;
use sync_core::date::Date;
use sync_core::document::{Container, Target, Value, shape};
use sync_core::id::{DocumentId, EntityId};

use crate::refusal::Refusal;

/// A call and its arguments.
#[derive(Deserialize)]
#[serde(tag = "method", content = "args", rename_all = "snake_case")]
pub(crate) enum Call {
    Definitions {},
    Home {},
    Households {},
    Search { text: String },
    Household { document: Document },
    MarkSeen { document: Document },
    History(FieldOf),
    Decide(Decide),
    VisitStart { document: Option<Document>, village: String },
    Visit { draft: Key },
    VisitSet(VisitSet),
    VisitRestore(VisitField),
    VisitAdd { draft: Key, container: String, fields: serde_json::Map<String, serde_json::Value> },
    VisitRemove { draft: Key, container: String, id: Key },
    VisitStep { draft: Key, step: String },
    VisitFinish { draft: Key, result: String, date: Date },
    VisitLeave { draft: Key },
    Seal(Seal),
    UrgentSend(Urgent),
    UrgentList {},
    Round { village: String },
    Tally { village: String },
    SignOff { village: String },
    Reopen { village: String },
    Refused {},
    Device {},
    SetLabel { label: String },
}

/// A document's name in hexadecimal digits.
#[derive(Clone, Copy)]
pub(crate) struct Document(pub(crate) DocumentId);

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(|_| serde::de::Error::custom("not the name of a document"))
    }
}

/// An entity's key.
#[derive(Clone)]
pub(crate) struct Key(pub(crate) EntityId);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(|_| serde::de::Error::custom("not a key"))
    }
}

/// A field of a household that is in the register.
#[derive(Deserialize)]
pub(crate) struct FieldOf {
    pub(crate) document: Document,
    pub(crate) container: String,
    pub(crate) id: Option<Key>,
    pub(crate) field: String,
}

#[derive(Deserialize)]
pub(crate) struct Decide {
    #[serde(flatten)]
    pub(crate) of: FieldOf,
    pub(crate) value: serde_json::Value,
    pub(crate) reason: String,
    /// The values that stood there when the collector chose.
    pub(crate) seen: Vec<serde_json::Value>,
}

/// A field in a visit under way.
#[derive(Deserialize)]
pub(crate) struct VisitField {
    pub(crate) draft: Key,
    pub(crate) container: String,
    pub(crate) id: Option<Key>,
    pub(crate) field: String,
}

#[derive(Deserialize)]
pub(crate) struct VisitSet {
    #[serde(flatten)]
    pub(crate) of: VisitField,
    pub(crate) value: serde_json::Value,
}

/// A restricted circumstance, on its way to being sealed.
#[derive(Deserialize)]
pub(crate) struct Seal {
    pub(crate) document: Document,
    pub(crate) person: Key,
    pub(crate) code: String,
    pub(crate) start: Option<String>,
    pub(crate) note: String,
    pub(crate) supports: Vec<String>,
}

/// An urgent report, on its way to being sealed.
#[derive(Deserialize)]
pub(crate) struct Urgent {
    pub(crate) kind: String,
    pub(crate) document: Option<Document>,
    pub(crate) person: Option<Key>,
    pub(crate) about: String,
    pub(crate) place: String,
    pub(crate) happened: String,
    pub(crate) contact: String,
}

/// Where a field is. `household` has no key, every other container has one.
pub(crate) fn target(container: &str, id: Option<&Key>) -> Result<Target, Refusal> {
    match (container, id) {
        (shape::KEY_HOUSEHOLD, None) => Ok(Target::Household),
        (shape::KEY_HOUSEHOLD, Some(_)) | (_, None) => Err(Refusal::of("call_malformed")),
        (name, Some(key)) => Ok(Target::Entity(container_of(name)?, key.0.clone())),
    }
}

/// A container by its name.
pub(crate) fn container_of(name: &str) -> Result<Container, Refusal> {
    Container::ALL.into_iter().find(|known| known.key() == name).ok_or_else(|| Refusal::of("call_malformed"))
}

/// A value as pages write it.
pub(crate) fn value(json: &serde_json::Value) -> Result<Value, Refusal> {
    use serde_json::Value as Json;
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Bool(*flag),
        Json::String(text) => Value::Text(text.clone()),
        Json::Number(number) => Value::Int(number.as_i64().ok_or_else(|| Refusal::of("call_malformed"))?),
        Json::Array(_) | Json::Object(_) => return Err(Refusal::of("call_malformed")),
    })
}
