//! Step 2 of the way of a fact: a form entry, as a client hands it over, becomes edits.
//!
//! Enters: JSON in the shape of `schemas/records/entry.1.schema.json`. Leaves: edits of one household's
//! document, and issues — what is missing, unreadable or contradictory. Issues are data, not errors:
//! a half-filled household always saves. Only what can't be stored at all is refused, as a whole and
//! before anything is written.

mod plan;

pub use plan::{EntryPlan, plan_entry};

use serde_json::{Map, Value as Json};

use crate::document::Container;
use crate::limits;

/// Why a form entry can't be stored. Names parts and fields, never contents.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Larger than [`limits::ENTRY_BYTES_MAX`] or with more objects than [`limits::ENTRY_OBJECTS_MAX`].
    #[error("the form entry is too large")]
    TooLarge,
    /// Not JSON, at the line and column given.
    #[error("not JSON at line {line}, column {column}")]
    NotJson {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// A part that is not of the expected shape.
    #[error("{part}: {expected} expected")]
    Shape {
        /// Name of the part, e.g. `children[2]`.
        part: String,
        /// What should be there.
        expected: &'static str,
    },
    /// A part this version doesn't know; nothing is dropped silently.
    #[error("{0}: unknown part of an entry")]
    UnknownPart(String),
    /// A name that is no field name.
    #[error("{0}: not a field name")]
    FieldName(String),
    /// A text longer than [`limits::TEXT_BYTES_MAX`].
    #[error("{0}: the text is too long")]
    TextTooLong(String),
    /// A `person`, `id` or `ref` that names nothing in this entry or document.
    #[error("{0}: no such person or object")]
    Unresolved(String),
    /// A new household without a number and without the name of its head: nothing else is mandatory.
    #[error("a new household needs a number or the name of its head")]
    Unidentified,
    /// A restricted report that can't be sealed.
    #[error("{0}: can't be sealed")]
    Unsealable(String),
}

impl EntryError {
    /// A stable code, for translation.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "entry_too_large",
            Self::NotJson { .. } => "entry_not_json",
            Self::Shape { .. } => "entry_shape",
            Self::UnknownPart(_) => "entry_unknown_part",
            Self::FieldName(_) => "entry_field_name",
            Self::TextTooLong(_) => "entry_text_too_long",
            Self::Unresolved(_) => "entry_unresolved",
            Self::Unidentified => "entry_unidentified",
            Self::Unsealable(_) => "entry_unsealable",
        }
    }
}

/// A form entry, parsed but not yet held against a document.
#[derive(Clone, Default)]
pub struct Entry {
    pub(crate) village: Option<String>,
    pub(crate) household: Map<String, Json>,
    pub(crate) visit: Option<Map<String, Json>>,
    pub(crate) objects: Vec<(Container, String, Map<String, Json>)>,
    pub(crate) restricted: Vec<(String, Map<String, Json>)>,
}

impl core::fmt::Debug for Entry {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Entry({} objects)", self.objects.len())
    }
}

const PARTS: [Container; 6] = [
    Container::Members,
    Container::Children,
    Container::Circumstances,
    Container::Supports,
    Container::Events,
    Container::Links,
];

impl Entry {
    /// Parses an entry.
    ///
    /// # Errors
    /// See [`EntryError`]; nesting beyond what JSON of this shape needs is not JSON for us.
    pub fn parse(json: &[u8]) -> Result<Self, EntryError> {
        if json.len() > limits::ENTRY_BYTES_MAX {
            return Err(EntryError::TooLarge);
        }
        let root: Json = serde_json::from_slice(json)
            .map_err(|error| EntryError::NotJson { line: error.line(), column: error.column() })?;
        Self::from_json(root)
    }

    /// From parsed JSON.
    ///
    /// # Errors
    /// See [`EntryError`].
    pub fn from_json(root: Json) -> Result<Self, EntryError> {
        let shape = |part: &str, expected| EntryError::Shape { part: part.to_owned(), expected };
        let Json::Object(root) = root else { return Err(shape("entry", "an object")) };
        let mut entry = Self::default();
        let mut count = 0usize;
        for (name, value) in root {
            match (name.as_str(), value) {
                ("entry", Json::Number(version)) if version.as_u64() == Some(1) => {}
                ("entry", _) => return Err(shape("entry", "version 1")),
                ("village", Json::String(code)) => entry.village = Some(code),
                ("household", Json::Object(fields)) => entry.household = fields,
                ("visit", Json::Object(fields)) => entry.visit = Some(fields),
                ("restricted", Json::Array(list)) => {
                    for (index, item) in list.into_iter().enumerate() {
                        let part = format!("restricted[{index}]");
                        let Json::Object(fields) = item else { return Err(shape(&part, "an object")) };
                        entry.restricted.push((part, fields));
                        count += 1;
                    }
                }
                (name, value) => {
                    let container = PARTS.into_iter().find(|container| container.key() == name);
                    let container = container.ok_or_else(|| EntryError::UnknownPart(name.to_owned()))?;
                    let Json::Array(list) = value else { return Err(shape(name, "a list")) };
                    for (index, item) in list.into_iter().enumerate() {
                        let part = format!("{name}[{index}]");
                        let Json::Object(fields) = item else { return Err(shape(&part, "an object")) };
                        entry.objects.push((container, part, fields));
                        count += 1;
                    }
                }
            }
            if count > limits::ENTRY_OBJECTS_MAX {
                return Err(EntryError::TooLarge);
            }
        }
        Ok(entry)
    }

    /// Whether the entry says what identifies a household.
    #[must_use]
    pub fn is_identified(&self) -> bool {
        let told = |name: &str| {
            self.household.get(name).and_then(Json::as_str).is_some_and(|text| !text.trim().is_empty())
        };
        told("number") || told("head_name")
    }

    /// The number the entry gives the household.
    #[must_use]
    pub fn household_number(&self) -> Option<&str> {
        self.household.get("number")?.as_str()
    }

    /// The village named in the entry.
    #[must_use]
    pub fn village(&self) -> Option<&str> {
        self.village.as_deref()
    }
}
