//! The JSON Schema (draft 2020-12) of a form entry: what a client hands to the core after a visit.
//!
//! It is generated from the record definition and frozen beside it, so that a client in any language
//! can check what it writes. In an entry an absent field means "unchanged", `null` means "unknown".
//! `ref` names a new object within the entry, `id` an existing one.

use serde_json::{Map, Value, json};

use super::{Entity, EntityKind, Field, FieldType, definition};

/// The frozen schema of entry version 1, as published in `schemas/records/entry.1.schema.json`. A test
/// holds it equal to [`entry_json_schema`].
pub const ENTRY_SCHEMA: &str = include_str!("../../records/entry.1.schema.json");

const DAY: &str =
    r"^(18[5-9][0-9]|19[0-9]{2}|20[0-9]{2}|21[0-9]{2}|2200)-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$";
const DATE: &str =
    r"^(18[5-9][0-9]|19[0-9]{2}|20[0-9]{2}|21[0-9]{2}|2200)(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$";

/// The schema, generated from the record definition and the catalogues.
#[must_use]
pub fn entry_json_schema() -> Value {
    let record = definition();
    let mut properties = json!({
        "entry": {"const": 1, "description": "Version of this schema."},
        "village": {"type": "string", "minLength": 1, "maxLength": 16, "description": "Village code; fixed when a household's record begins."},
    });
    let map = properties.as_object_mut().expect("an object");
    for (key, kind) in [("visit", EntityKind::Visit), ("household", EntityKind::Household)] {
        map.insert(key.into(), single(record.entity(kind)));
    }
    for (key, kind) in [
        ("members", EntityKind::Member),
        ("children", EntityKind::Child),
        ("circumstances", EntityKind::Circumstance),
        ("supports", EntityKind::Support),
        ("events", EntityKind::Event),
        ("links", EntityKind::Link),
        ("restricted", EntityKind::Restricted),
    ] {
        let entity = record.entity(kind);
        let items = if kind == EntityKind::Restricted { sealed(entity) } else { keyed(entity) };
        map.insert(key.into(), json!({"type": "array", "maxItems": entity.max_in_entry, "items": items}));
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:so-thon:entry:1",
        "title": "Form entry of one visit to one household",
        "description": "An absent field is unchanged; null clears it to unknown. Nothing is mandatory: a half-filled household saves.",
        "type": "object",
        "required": ["entry"],
        "additionalProperties": false,
        "properties": properties,
        "$defs": {
            "date": {"type": "string", "pattern": DATE, "description": "A day, or only a month, or only a year."},
            "day": {"type": "string", "pattern": DAY},
            "ref": {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_-]{0,11}$", "description": "Names a new object within this entry."},
            "id": {"type": "string", "pattern": "^[0-9a-v]{13}$", "description": "Key of an existing object."},
            "document": {"type": "string", "pattern": "^[0-9a-f]{32}$", "description": "A household's document."},
        },
    })
}

fn object(entity: &Entity, mut properties: Map<String, Value>) -> Map<String, Value> {
    for field in &entity.fields {
        properties.insert(field.name.clone(), value(entity.kind, field));
    }
    let schema = json!({
        "type": "object",
        "title": entity.label_en,
        "additionalProperties": false,
        "properties": properties,
    });
    let Value::Object(map) = schema else { unreachable!("built as an object") };
    map
}

/// An entity of which an entry has one. A visit has a date: it is what makes it one.
fn single(entity: &Entity) -> Value {
    let mut schema = object(entity, Map::new());
    if entity.kind == EntityKind::Visit {
        schema.insert("required".into(), json!(["date"]));
        schema["properties"]["date"] = json!({"$ref": "#/$defs/day", "description": "Date of the visit"});
    }
    schema.into()
}

/// An entity of which an entry has several, each new or existing.
fn keyed(entity: &Entity) -> Value {
    let mut keys = Map::new();
    keys.insert("ref".into(), json!({"$ref": "#/$defs/ref"}));
    keys.insert("id".into(), json!({"$ref": "#/$defs/id"}));
    let mut schema = object(entity, keys);
    schema.insert("oneOf".into(), json!([{"required": ["ref"]}, {"required": ["id"]}]));
    schema.into()
}

/// A restricted report. It is sealed at once and nobody in the field can complete it later, so it says
/// whom it concerns and what it is.
fn sealed(entity: &Entity) -> Value {
    let mut schema = object(entity, Map::new());
    schema.insert("required".into(), json!(["person", "code"]));
    for name in ["person", "code"] {
        let field = entity.field(name).expect("a sealed report has a person and a code");
        schema["properties"][name] = present(entity.kind, field);
    }
    schema.into()
}

/// A value or `null`.
fn value(kind: EntityKind, field: &Field) -> Value {
    let mut schema = present(kind, field);
    let map = schema.as_object_mut().expect("an object");
    if let Some(Value::Array(codes)) = map.get_mut("enum") {
        codes.push(Value::Null);
    } else if let Some(one) = map.get("type").cloned() {
        map.insert("type".into(), json!([one, "null"]));
    } else {
        let description = map.shift_remove("description");
        let either = map.shift_remove("anyOf").unwrap_or_else(|| json!([map.clone()]));
        let Value::Array(mut either) = either else { unreachable!("anyOf is an array") };
        either.push(json!({"type": "null"}));
        return json!({"description": description, "anyOf": either});
    }
    schema
}

/// A value that is there.
fn present(kind: EntityKind, field: &Field) -> Value {
    let description = &field.label_en;
    match field.kind {
        FieldType::Text => {
            json!({"description": description, "type": "string", "maxLength": field.max_chars})
        }
        FieldType::Bool => json!({"description": description, "type": "boolean"}),
        FieldType::Int => {
            json!({"description": description, "type": "integer", "minimum": field.min, "maximum": field.max})
        }
        FieldType::Date => json!({"description": description, "$ref": "#/$defs/date"}),
        FieldType::Day => json!({"description": description, "$ref": "#/$defs/day"}),
        FieldType::Document => json!({"description": description, "$ref": "#/$defs/document"}),
        FieldType::Entity => {
            json!({"description": description, "anyOf": [{"$ref": "#/$defs/ref"}, {"$ref": "#/$defs/id"}]})
        }
        FieldType::Code => json!({"description": description, "enum": field.codes(kind).collect::<Vec<_>>()}),
        FieldType::Codes => {
            let codes: Vec<_> = field.codes(kind).collect();
            json!({"description": description, "type": "array", "maxItems": codes.len(), "uniqueItems": true,
                "items": {"enum": codes}})
        }
    }
}
