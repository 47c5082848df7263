//! An entry held against the document it is about.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::{Entry, EntryError};
use crate::document::{Container, Edit, Target, Value, View, shape};
use crate::id::EntityId;
use crate::limits;
use crate::random::Random;
use crate::seal::{ConfidentialPublicKey, SealedReport, is_restricted};

/// What an entry comes to: edits to write as one change, and the keys that its `ref`s became.
#[derive(Debug, Clone, Default)]
pub struct EntryPlan {
    /// To be given to [`crate::document::Household::edit`].
    pub edits: Vec<Edit>,
    /// Key of each new object, by the `ref` the entry gave it.
    pub refs: BTreeMap<String, EntityId>,
}

/// Turns an entry into edits of the document shown in `view`. Fields that already say the same are left
/// alone; `null` clears a field to unknown; restricted circumstances are sealed here and never written
/// in the clear, wherever in the entry they stand.
///
/// # Errors
/// Only for what can't be stored; nothing is half planned.
pub fn plan_entry(
    entry: &Entry,
    view: &View,
    confidential: &ConfidentialPublicKey,
    random: &mut dyn Random,
) -> Result<EntryPlan, EntryError> {
    let mut plan = EntryPlan::default();
    // Names first: an event may name a child that stands further down.
    let mut keys = Vec::with_capacity(entry.objects.len());
    for (container, part, fields) in &entry.objects {
        let (key, is_new) = key_of(*container, part, fields, view, random)?;
        if is_new && let Some(name) = fields.get("ref").and_then(Json::as_str) {
            plan.refs.insert(name.to_owned(), key.clone());
        }
        keys.push(key);
    }
    let current = |target: &Target, name: &str| {
        let fields = match target {
            Target::Household => Some(&view.household),
            Target::Entity(container, key) => view.entity(*container, key),
        };
        fields.and_then(|fields| fields.get(name)).map(|field| &field.shown().value)
    };
    let write = |plan: &mut EntryPlan, target: &Target, part: &str, name: &str, json: &Json| {
        if !shape::is_field_name(name) {
            return Err(EntryError::FieldName(format!("{part}.{name}")));
        }
        let mut value = to_value(json, || format!("{part}.{name}"))?;
        if name == shape::FIELD_PERSON
            && let Value::Text(text) = &value
        {
            value = Value::Text(person(text, &plan.refs, view, part)?.to_string());
        }
        let standing = current(target, name);
        let unchanged = standing == Some(&value) || (standing.is_none() && value == Value::Null);
        if !unchanged {
            plan.edits.push(Edit { target: target.clone(), field: name.to_owned(), value });
        }
        Ok(())
    };
    for (name, json) in &entry.household {
        write(&mut plan, &Target::Household, "household", name, json)?;
    }
    let mut sealed: Vec<(String, Map<String, Json>)> = entry.restricted.clone();
    for ((container, part, fields), key) in entry.objects.iter().zip(&keys) {
        let code = fields.get("code").and_then(Json::as_str);
        if *container == Container::Circumstances && code.is_some_and(is_restricted) {
            let mut fields = fields.clone();
            fields.retain(|name, _| name != "ref" && name != "id");
            sealed.push((part.clone(), fields));
            continue;
        }
        let target = Target::Entity(*container, key.clone());
        for (name, json) in fields.iter().filter(|(name, _)| *name != "ref" && *name != "id") {
            write(&mut plan, &target, part, name, json)?;
        }
    }
    if let Some(fields) = &entry.visit {
        let target = Target::Entity(Container::Visits, EntityId::draw(random));
        for (name, json) in fields {
            write(&mut plan, &target, "visit", name, json)?;
        }
    }
    for (part, fields) in &sealed {
        seal(&mut plan, part, fields, view, confidential, random)?;
    }
    Ok(plan)
}

fn key_of(
    container: Container,
    part: &str,
    fields: &Map<String, Json>,
    view: &View,
    random: &mut dyn Random,
) -> Result<(EntityId, bool), EntryError> {
    match fields.get("id") {
        None => Ok((EntityId::draw(random), true)),
        Some(id) => {
            let key = id.as_str().and_then(|id| id.parse::<EntityId>().ok());
            let known = key.filter(|key| view.entity(container, key).is_some());
            known.map(|key| (key, false)).ok_or_else(|| EntryError::Unresolved(format!("{part}.id")))
        }
    }
}

/// A person named by a `ref` of this entry, or by key in the document.
fn person(
    name: &str,
    refs: &BTreeMap<String, EntityId>,
    view: &View,
    part: &str,
) -> Result<EntityId, EntryError> {
    let known = || name.parse().ok().filter(|key| view.person(key).is_some());
    refs.get(name)
        .cloned()
        .or_else(known)
        .ok_or_else(|| EntryError::Unresolved(format!("{part}.{}", shape::FIELD_PERSON)))
}

fn seal(
    plan: &mut EntryPlan,
    part: &str,
    fields: &Map<String, Json>,
    view: &View,
    confidential: &ConfidentialPublicKey,
    random: &mut dyn Random,
) -> Result<(), EntryError> {
    let text = |name: &str| fields.get(name).and_then(Json::as_str).map(str::to_owned);
    // What an envelope has no place for is told, not dropped: a report marked withdrawn, say, would
    // otherwise be counted as one that holds.
    for (name, json) in fields.iter().filter(|(_, json)| !json.is_null()) {
        let expected = match name.as_str() {
            "withdrawn" if *json != Json::Bool(false) => "false: no report is sealed as withdrawn",
            "person" | "code" | "start" | "end" | "note" if !json.is_string() => "a text",
            _ => continue,
        };
        return Err(EntryError::Shape { part: format!("{part}.{name}"), expected });
    }
    let shape_error = |expected| EntryError::Shape { part: part.to_owned(), expected };
    let known = ["person", "code", "start", "end", "note", "supports", "withdrawn", "end_reason"];
    if let Some(name) = fields.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(EntryError::FieldName(format!("{part}.{name}")));
    }
    let named = text("person").ok_or_else(|| shape_error("a person"))?;
    let supports = match fields.get("supports") {
        None | Some(Json::Null) => Vec::new(),
        Some(Json::Array(list)) => list
            .iter()
            .map(|item| item.as_str().map(str::to_owned).ok_or_else(|| shape_error("codes of support")))
            .collect::<Result<_, _>>()?,
        Some(_) => return Err(shape_error("a list of codes of support")),
    };
    let report = SealedReport {
        person: person(&named, &plan.refs, view, part)?.to_string(),
        code: text("code").ok_or_else(|| shape_error("a code"))?,
        start: text("start"),
        end: text("end"),
        note: text("note"),
        supports,
    };
    let key = EntityId::draw(random);
    let envelope = report
        .seal(confidential, view.document, &key, random)
        .map_err(|_| EntryError::Unsealable(part.to_owned()))?;
    plan.edits.push(Edit::entity(Container::Sealed, &key, shape::FIELD_KEY_ID, confidential.id()));
    plan.edits.push(Edit::entity(Container::Sealed, &key, shape::FIELD_ENVELOPE, Value::Bytes(envelope)));
    Ok(())
}

fn to_value(json: &Json, path: impl Fn() -> String) -> Result<Value, EntryError> {
    match json {
        Json::Null => Ok(Value::Null),
        Json::Bool(value) => Ok(Value::Bool(*value)),
        Json::Number(number) => number
            .as_i64()
            .map(Value::Int)
            .ok_or_else(|| EntryError::Shape { part: path(), expected: "a whole number" }),
        Json::String(text) if text.len() > limits::TEXT_BYTES_MAX => Err(EntryError::TextTooLong(path())),
        Json::String(text) => Ok(Value::Text(text.clone())),
        Json::Array(_) | Json::Object(_) => {
            Err(EntryError::Shape { part: path(), expected: "a text, a number, true, false or null" })
        }
    }
}
