//! The record definition: what is recorded of a household, why, how long it may be, and how sensitive
//! it is.
//!
//! Enters: `schemas/records/household.1.json`, compiled in. Leaves: [`RecordDefinition`], and the JSON
//! Schema of a form entry ([`entry_json_schema`]) that is generated from it. Invariants: every text has
//! a limit in characters, every field says why it is collected, every code names its catalogue, and
//! nothing is mandatory beyond what identifies a household. Values are checked to be of the right kind
//! and size ([`Field::check`]); whether they make sense together is not judged here.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use crate::catalogue::{Name, catalogue, circumstance};
use crate::format::Format;
use crate::text;

mod questions;
mod schema;
#[cfg(test)]
mod tests;

pub use questions::{Answer, Question, QuestionGroup, QuestionsError, questions};
pub use schema::{ENTRY_SCHEMA, entry_json_schema};

/// What a record consists of.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordDefinition {
    /// Name in data files.
    #[serde(rename = "record")]
    pub name: String,
    /// Version of the definition, from 1.
    pub version: u32,
    /// Vietnamese title.
    pub title: String,
    /// English title.
    pub title_en: String,
    /// Fields of the household of which at least one identifies it: the only thing ever demanded.
    pub identified_by: Vec<String>,
    /// Column headings that mean the village (which is no field: it is fixed when a record begins).
    pub village_headings: Vec<String>,
    /// Entities, in the order they are shown.
    pub entities: Vec<Entity>,
}

/// The kinds of entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntityKind {
    /// Hộ gia đình.
    Household,
    /// Thành viên: whoever is not recorded as a child.
    Member,
    /// Trẻ em: under 16 when first recorded.
    Child,
    /// Hoàn cảnh: a line of 03/TE that holds for a person, from a day to a day.
    Circumstance,
    /// Trợ giúp: received or needed.
    Support,
    /// Biến động: birth, arrival, departure, death, turning 16, injury.
    Event,
    /// Lần thăm hộ.
    Visit,
    /// Link between two records of a person.
    Link,
    /// Báo cáo kín: a restricted circumstance, sealed as soon as it is recorded.
    Restricted,
    /// Đợt rà soát: set by the commune, not part of a household's record.
    ReviewRound,
}

impl EntityKind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Household,
        Self::Member,
        Self::Child,
        Self::Circumstance,
        Self::Support,
        Self::Event,
        Self::Visit,
        Self::Link,
        Self::Restricted,
        Self::ReviewRound,
    ];
}

/// An entity and its fields.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entity {
    /// Which one.
    pub kind: EntityKind,
    /// Root map of the household's document that holds it; `None`: it is not in the document.
    #[serde(default)]
    pub container: Option<String>,
    /// How many of them one form entry may carry; `None`: one, or it is not in an entry.
    #[serde(default)]
    pub max_in_entry: Option<u16>,
    /// Vietnamese label.
    pub label: String,
    /// English label.
    pub label_en: String,
    /// Why it is recorded.
    pub purpose: String,
    /// Fields, in the order they are asked.
    pub fields: Vec<Field>,
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Name in records, forms and imports.
    pub name: String,
    /// Kind of value.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// Of a code: its catalogue.
    #[serde(default)]
    pub catalogue: Option<Name>,
    /// Of a text: longest, in Unicode characters after [`text::display`].
    #[serde(default)]
    pub max_chars: Option<u16>,
    /// Of a number: least.
    #[serde(default)]
    pub min: Option<i64>,
    /// Of a number: greatest.
    #[serde(default)]
    pub max: Option<i64>,
    /// Of a text: what is warned about, never refused.
    #[serde(default)]
    pub format: Option<Format>,
    /// Vietnamese label.
    pub label: String,
    /// English label.
    pub label_en: String,
    /// Why it is collected: the law, form line or task it serves (Luật 91/2025/QH15 Đ3).
    pub purpose: String,
    /// How sensitive it is.
    pub sensitivity: Sensitivity,
    /// Column headings of paper books and workbooks that mean this field.
    #[serde(default)]
    pub import: Vec<String>,
}

/// Kinds of value. All are stored as scalars; codes, dates and identifiers as strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// Free text, limited in characters.
    Text,
    /// A day, a month or a year: `2019-05-03`, `2019-05`, `2019`.
    Date,
    /// A day: `2019-05-03`.
    Day,
    /// Yes or no.
    Bool,
    /// A whole number between `min` and `max`.
    Int,
    /// A code of a catalogue, valid on whatever day.
    Code,
    /// Several different codes of a catalogue; only inside a sealed report.
    Codes,
    /// An entity of the document, by its key of 13 characters `0-9a-v`.
    Entity,
    /// A household's document, by 32 hexadecimal digits.
    Document,
}

/// How sensitive a field is. The kinds of sensitive data are those of NĐ 356/2025/NĐ-CP Đ4.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sensitivity {
    /// Says nothing of a person.
    None,
    /// Basic personal data.
    Basic,
    /// Sensitive: ethnic origin.
    SensitiveEthnicity,
    /// Sensitive: private life, family secrets.
    SensitivePrivateLife,
    /// Sensitive: health.
    SensitiveHealth,
    /// Sensitive and sealed in the field: HIV, sexual life, offences, drugs, trafficking.
    SensitiveRestricted,
}

impl Sensitivity {
    /// Whether it is personal data at all.
    #[must_use]
    pub fn is_personal(self) -> bool {
        self != Self::None
    }

    /// Whether it is sensitive personal data.
    #[must_use]
    pub fn is_sensitive(self) -> bool {
        !matches!(self, Self::None | Self::Basic)
    }
}

/// Why a value does not fit its field. Carries limits, never the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// Not of the field's type.
    #[error("not a value of this type")]
    Type,
    /// More characters than the field takes.
    #[error("longer than {max} characters")]
    TooLong {
        /// The limit.
        max: u16,
    },
    /// A number outside the field's range.
    #[error("not between {min} and {max}")]
    Range {
        /// Least.
        min: i64,
        /// Greatest.
        max: i64,
    },
    /// Not a code of the field's catalogue, or one that is not recorded here (a total, a derived line).
    #[error("not a code that may be recorded here")]
    Code,
    /// A restricted code where it would stay readable: it belongs in a sealed report.
    #[error("a restricted code belongs in a sealed report")]
    Restricted,
}

/// Why a record definition is not usable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The file is not JSON of the expected shape.
    #[error("not a record definition: line {line}, column {column}")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// An entity is missing or stands twice.
    #[error("{kind:?} must stand exactly once")]
    Entities {
        /// Which one.
        kind: EntityKind,
    },
    /// Two fields of an entity have one name, or an identifying field does not exist.
    #[error("{kind:?}: field {field} is missing or stands twice")]
    Fields {
        /// The entity.
        kind: EntityKind,
        /// The field.
        field: String,
    },
    /// A field lacks what its type needs (`max_chars` of a text, `catalogue` of a code, `min` and `max`
    /// of a number), has what another type needs, or lacks a label or purpose.
    #[error("{kind:?}.{field}: limits, catalogue, labels or purpose do not fit its type")]
    Shape {
        /// The entity.
        kind: EntityKind,
        /// The field.
        field: String,
    },
    /// A column heading means two fields of one entity.
    #[error("{kind:?}: two fields have the heading {heading:?}")]
    Heading {
        /// The entity.
        kind: EntityKind,
        /// The heading.
        heading: String,
    },
}

/// A heading as it is compared: folded, punctuation as space.
fn heading_key(heading: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() { c } else { ' ' };
    text::display(&text::fold(heading).chars().map(plain).collect::<String>())
}

impl RecordDefinition {
    /// Reads and validates a definition.
    ///
    /// # Errors
    /// The first thing wrong with the file; see [`RecordError`].
    pub fn load(json: &str) -> Result<Self, RecordError> {
        let definition: Self = serde_json::from_str(json)
            .map_err(|error| RecordError::Syntax { line: error.line(), column: error.column() })?;
        for kind in EntityKind::ALL {
            if definition.entities.iter().filter(|entity| entity.kind == kind).count() != 1 {
                return Err(RecordError::Entities { kind });
            }
        }
        definition.entities.iter().try_for_each(Entity::validate)?;
        let household = definition.entity(EntityKind::Household);
        match definition.identified_by.iter().find(|name| household.field(name).is_none()) {
            Some(name) => Err(RecordError::Fields { kind: household.kind, field: name.clone() }),
            None => Ok(definition),
        }
    }

    /// The entity of that kind.
    #[must_use]
    pub fn entity(&self, kind: EntityKind) -> &Entity {
        self.entities.iter().find(|entity| entity.kind == kind).expect("the loader demands every kind once")
    }

    /// The entity that lives in a root map of the document, e.g. `children`.
    #[must_use]
    pub fn entity_in(&self, container: &str) -> Option<&Entity> {
        self.entities.iter().find(|entity| entity.container.as_deref() == Some(container))
    }

    /// Fields a column heading may mean, a child's first: accents, case and punctuation do not count. A
    /// heading such as "Họ và tên" means a field of several entities.
    #[must_use]
    pub fn fields_of_heading(&self, heading: &str) -> Vec<(EntityKind, &Field)> {
        let key = heading_key(heading);
        let mut found: Vec<(usize, EntityKind, &Field)> = Vec::new();
        for entity in &self.entities {
            for field in &entity.fields {
                if let Some(at) = field.import.iter().position(|known| heading_key(known) == key) {
                    found.push((at, entity.kind, field));
                }
            }
        }
        found.sort_by_key(|&(at, kind, _)| (kind != EntityKind::Child, at));
        found.into_iter().map(|(_, kind, field)| (kind, field)).collect()
    }

    /// Whether a column heading means the village.
    #[must_use]
    pub fn is_village_heading(&self, heading: &str) -> bool {
        let key = heading_key(heading);
        self.village_headings.iter().any(|known| heading_key(known) == key)
    }
}

impl Entity {
    /// The field of that name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    fn validate(&self) -> Result<(), RecordError> {
        let mut names = BTreeSet::new();
        let mut headings = BTreeSet::new();
        for field in &self.fields {
            if !names.insert(&field.name) {
                return Err(RecordError::Fields { kind: self.kind, field: field.name.clone() });
            }
            if !field.has_what_its_type_needs() {
                return Err(RecordError::Shape { kind: self.kind, field: field.name.clone() });
            }
            let distinct: BTreeSet<String> = field.import.iter().map(|h| heading_key(h)).collect();
            if let Some(heading) = distinct.into_iter().find(|heading| !headings.insert(heading.clone())) {
                return Err(RecordError::Heading { kind: self.kind, heading });
            }
        }
        Ok(())
    }
}

impl Field {
    fn has_what_its_type_needs(&self) -> bool {
        let text = self.kind == FieldType::Text;
        let code = matches!(self.kind, FieldType::Code | FieldType::Codes);
        let int = self.kind == FieldType::Int;
        self.max_chars.is_some_and(|max| max > 0) == text
            && self.max_chars.is_some() == text
            && self.catalogue.is_some() == code
            && (self.min.is_some(), self.max.is_some()) == (int, int)
            && (self.format.is_none() || text)
            && [&self.name, &self.label, &self.label_en, &self.purpose].iter().all(|words| !words.is_empty())
    }

    /// The codes an entity of `kind` may carry in this field, of whatever year, in official order. In a
    /// readable circumstance there are no restricted codes, in a sealed report there is nothing else.
    pub fn codes(&self, kind: EntityKind) -> impl Iterator<Item = &'static str> {
        let name = self.catalogue;
        let entries = name.map(|name| catalogue(name).entries.as_slice()).unwrap_or_default();
        let mut seen = BTreeSet::new();
        entries
            .iter()
            .map(|entry| entry.code.as_str())
            .filter(move |code| match circumstance(code).filter(|_| name == Some(Name::Circumstances)) {
                Some(found) => found.is_recorded() && found.restricted == (kind == EntityKind::Restricted),
                None => true,
            })
            .filter(move |code| seen.insert(*code))
    }

    /// Checks one value of an entity of `kind`; `null` (unknown) always fits.
    ///
    /// # Errors
    /// What does not fit; see [`ValueError`]. The value is not repeated.
    pub fn check(&self, kind: EntityKind, value: &Value) -> Result<(), ValueError> {
        let text = || value.as_str().ok_or(ValueError::Type);
        let fits = |ok: bool| if ok { Ok(()) } else { Err(ValueError::Type) };
        if value.is_null() {
            return Ok(());
        }
        match self.kind {
            FieldType::Text => {
                let max = self.max_chars.expect("the loader demands a limit of every text");
                if text()?.chars().count() > usize::from(max) {
                    Err(ValueError::TooLong { max })
                } else {
                    Ok(())
                }
            }
            FieldType::Date => fits(is_partial_date(text()?)),
            FieldType::Day => fits(text()?.len() == 10 && is_partial_date(text()?)),
            FieldType::Bool => fits(value.is_boolean()),
            FieldType::Int => {
                let (min, max) = self.min.zip(self.max).expect("the loader demands a range of every number");
                let number = value.as_i64().ok_or(ValueError::Type)?;
                if (min..=max).contains(&number) { Ok(()) } else { Err(ValueError::Range { min, max }) }
            }
            FieldType::Code => self.check_code(kind, text()?),
            FieldType::Codes => {
                let codes = value.as_array().ok_or(ValueError::Type)?;
                codes
                    .iter()
                    .try_for_each(|code| self.check_code(kind, code.as_str().ok_or(ValueError::Type)?))
            }
            FieldType::Entity => fits(is_of(text()?, 13, |c| matches!(c, b'0'..=b'9' | b'a'..=b'v'))),
            FieldType::Document => fits(is_of(text()?, 32, |c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))),
        }
    }

    fn check_code(&self, kind: EntityKind, code: &str) -> Result<(), ValueError> {
        if self.codes(kind).any(|known| known == code) {
            return Ok(());
        }
        let restricted = self.catalogue == Some(Name::Circumstances)
            && kind != EntityKind::Restricted
            && circumstance(code).is_some_and(|found| found.restricted);
        Err(if restricted { ValueError::Restricted } else { ValueError::Code })
    }
}

fn is_of(text: &str, len: usize, allowed: fn(u8) -> bool) -> bool {
    text.len() == len && text.bytes().all(allowed)
}

/// Whether a text is `2019-05-03`, `2019-05` or `2019`, in the years 1850 to 2200.
fn is_partial_date(text: &str) -> bool {
    let whole = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        10 => text.to_owned(),
        _ => return false,
    };
    let shape = whole
        .bytes()
        .enumerate()
        .all(|(at, c)| if matches!(at, 4 | 7) { c == b'-' } else { c.is_ascii_digit() });
    shape && whole.parse::<jiff::civil::Date>().is_ok_and(|day| (1850..=2200).contains(&day.year()))
}

/// The data file of the record definition, JSON.
#[must_use]
pub fn source() -> &'static str {
    include_str!("../records/household.1.json")
}

/// The data file of the questions that lead to a circumstance, JSON: plain words for whoever visits.
#[must_use]
pub fn questions_source() -> &'static str {
    include_str!("../records/circumstance_questions.json")
}

/// The record definition compiled into this version.
#[must_use]
pub fn definition() -> &'static RecordDefinition {
    static DEFINITION: LazyLock<RecordDefinition> =
        LazyLock::new(|| RecordDefinition::load(source()).expect("a test loads the compiled-in definition"));
    &DEFINITION
}
