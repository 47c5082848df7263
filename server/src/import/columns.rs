//! Which column of a file means which field.
//!
//! A heading is understood by the record definition and `words.json`; a mapping file overrides both. A
//! column nobody understands is reported and left alone.

use std::collections::BTreeSet;

use schemas::record::{EntityKind, Field, FieldType, definition};
use schemas::text;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::error::ImportError;
use super::limits;
use super::table::{Row, Table};
use super::words::{key, words};

/// The mapping file: what a person decides about columns.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MappingFile {
    /// Target by heading: `village`, `row_number`, `ignore`, or a field such as `children.name`,
    /// `household.number`, `circumstances.code`. A heading not listed is understood by itself.
    #[serde(default)]
    pub columns: Map<String, Json>,
    /// The row of the headings, as a spreadsheet counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heading_row: Option<usize>,
    /// Name of the register: runs with one name continue each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl MappingFile {
    /// Reads a mapping.
    ///
    /// # Errors
    /// [`ImportError::Mapping`] and [`ImportError::MappingTarget`].
    pub fn parse(json: &[u8]) -> Result<Self, ImportError> {
        let file: Self = serde_json::from_slice(json)
            .map_err(|error| ImportError::Mapping { line: error.line(), column: error.column() })?;
        for target in file.columns.values() {
            let name = target.as_str().unwrap_or_default();
            Target::parse(name).ok_or_else(|| ImportError::MappingTarget(name.to_owned()))?;
        }
        Ok(file)
    }

    /// As a mapping file, to be edited and given back.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("headings and targets are texts")
    }
}

/// What a column means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Target {
    Village,
    RowNumber,
    Ignore,
    Field(EntityKind, &'static Field),
}

/// Kinds of entity a row per child can speak of.
const KINDS: [EntityKind; 5] = [
    EntityKind::Household,
    EntityKind::Child,
    EntityKind::Circumstance,
    EntityKind::Support,
    EntityKind::Event,
];

impl Target {
    fn parse(name: &str) -> Option<Self> {
        match name {
            "village" => Some(Self::Village),
            "row_number" => Some(Self::RowNumber),
            "ignore" => Some(Self::Ignore),
            _ => {
                let (container, field) = name.split_once('.')?;
                let entity = definition().entity_in(container)?;
                let field = entity.field(field)?;
                Self::field(entity.kind, field)
            }
        }
    }

    fn field(kind: EntityKind, field: &'static Field) -> Option<Self> {
        let plain = !matches!(field.kind, FieldType::Entity | FieldType::Document | FieldType::Codes);
        let fits = plain && KINDS.contains(&kind) && field.name != "withdrawn";
        fits.then_some(Self::Field(kind, field))
    }

    /// Everything a column can mean, in the order of the record's definition.
    fn all() -> Vec<Self> {
        let fields = KINDS.into_iter().flat_map(|kind| {
            let of_kind = definition().entity(kind).fields.iter();
            of_kind.filter_map(move |field| Self::field(kind, field))
        });
        [Self::Ignore, Self::Village, Self::RowNumber].into_iter().chain(fields).collect()
    }

    /// What an unaided reader understands by a heading; the likeliest first.
    fn of_heading(heading: &str) -> Vec<Self> {
        if definition().is_village_heading(heading) {
            return vec![Self::Village];
        }
        let known = definition().fields_of_heading(heading).into_iter();
        let mut found: Vec<Self> = known.filter_map(|(kind, field)| Self::field(kind, field)).collect();
        found.extend(words().heading(heading).and_then(Self::parse));
        found
    }

    pub(super) fn name(self) -> String {
        match self {
            Self::Village => "village".to_owned(),
            Self::RowNumber => "row_number".to_owned(),
            Self::Ignore => "ignore".to_owned(),
            Self::Field(kind, field) => {
                let container = definition().entity(kind).container.as_deref();
                format!("{}.{}", container.expect("what is imported has a place in the document"), field.name)
            }
        }
    }
}

/// Something a column can mean, for a person to choose.
#[derive(Debug, Clone, Copy)]
pub struct TargetChoice {
    target: Target,
}

impl TargetChoice {
    /// All of them: first `ignore`, `village` and `row_number`, then the fields of each kind of entity.
    #[must_use]
    pub fn all() -> Vec<Self> {
        Target::all().into_iter().map(|target| Self { target }).collect()
    }

    /// As a mapping names it.
    #[must_use]
    pub fn name(self) -> String {
        self.target.name()
    }

    /// The field, with the kind of entity it is of; none of what is no field.
    #[must_use]
    pub fn field(self) -> Option<(EntityKind, &'static Field)> {
        match self.target {
            Target::Field(kind, field) => Some((kind, field)),
            Target::Village | Target::RowNumber | Target::Ignore => None,
        }
    }
}

/// A column that means something.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) at: usize,
    pub(super) heading: String,
    pub(super) target: Target,
}

/// How a file is read.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    /// Those with a target, in the order of the file.
    pub(super) mapped: Vec<Column>,
    /// Headings nobody understands, or that say again what another column says.
    pub(super) unmapped: Vec<String>,
    /// All headings.
    pub(super) headings: Vec<String>,
    /// As a spreadsheet counts.
    pub(super) heading_row: usize,
}

impl Columns {
    /// Finds the headings and what they mean.
    pub(super) fn of(table: &Table, mapping: Option<&MappingFile>) -> Result<Self, ImportError> {
        let empty = MappingFile::default();
        let mapping = mapping.unwrap_or(&empty);
        let row = match mapping.heading_row {
            Some(number) => table.rows.iter().find(|row| row.number == number),
            None => {
                let near = table.rows.iter().rev().filter(|row| row.number <= limits::HEADING_ROWS_MAX);
                // The first of the best: what repeats the headings below is no better.
                near.max_by_key(|row| recognised(row, mapping)).filter(|row| recognised(row, mapping) >= 2)
            }
        };
        let Some(row) = row else {
            return Err(if table.is_of_old_font() {
                ImportError::OldEncoding
            } else {
                ImportError::NoHeadings
            });
        };
        let columns = Self::of_row(row, mapping)?;
        let stated: BTreeSet<String> = columns.headings.iter().map(|heading| key(heading)).collect();
        match mapping.columns.keys().find(|heading| !stated.contains(&key(heading))) {
            Some(missing) => Err(ImportError::MappingHeading(missing.clone())),
            None => Ok(columns),
        }
    }

    fn of_row(row: &Row, mapping: &MappingFile) -> Result<Self, ImportError> {
        let headings: Vec<String> = row.cells.iter().map(|cell| text::display(&cell.written())).collect();
        let mut columns =
            Self { mapped: Vec::new(), unmapped: Vec::new(), headings, heading_row: row.number };
        let mut taken: BTreeSet<String> = BTreeSet::new();
        let mut decided: Vec<Option<Target>> =
            columns.headings.iter().map(|heading| decided(heading, mapping)).collect();
        for (at, slot) in decided.iter_mut().enumerate() {
            let Some(target) = slot.filter(|target| *target != Target::Ignore) else { continue };
            let same = |other: &String| key(other) == key(&columns.headings[at]);
            if columns.headings[..at].iter().any(same) {
                // One heading twice: the mapping means the first.
                *slot = Some(Target::Ignore);
            } else if !taken.insert(target.name()) {
                return Err(ImportError::MappingTwice(target.name()));
            }
        }
        for (at, heading) in columns.headings.iter().enumerate().filter(|(_, heading)| !heading.is_empty()) {
            let target = match decided[at] {
                Some(target) => Some(target),
                None => Target::of_heading(heading)
                    .into_iter()
                    .next()
                    .filter(|target| taken.insert(target.name())),
            };
            match target {
                None => columns.unmapped.push(heading.clone()),
                Some(target) => columns.mapped.push(Column { at, heading: heading.clone(), target }),
            }
        }
        Ok(columns)
    }

    /// The column of a field.
    pub(super) fn field(&self, kind: EntityKind, name: &str) -> Option<&Column> {
        let is_it =
            |target: Target| matches!(target, Target::Field(k, field) if k == kind && field.name == name);
        self.mapped.iter().find(|column| is_it(column.target))
    }

    /// What a column is taken for; nobody understands it: to be ignored.
    pub(super) fn target_at(&self, at: usize) -> Target {
        let found = self.mapped.iter().find(|column| column.at == at);
        found.map_or(Target::Ignore, |column| column.target)
    }

    /// Headings of the columns about one kind of entity.
    pub(super) fn headings_of(&self, kind: EntityKind) -> impl Iterator<Item = &str> {
        let is_of = move |column: &&Column| matches!(column.target, Target::Field(of, _) if of == kind);
        self.mapped.iter().filter(is_of).map(|column| column.heading.as_str())
    }

    /// The column that tells the village or the row's number.
    pub(super) fn of_target(&self, target: Target) -> Option<&Column> {
        self.mapped.iter().find(|column| column.target == target)
    }

    /// As a mapping file that would have the same effect.
    pub(super) fn to_file(&self, source: &str) -> MappingFile {
        let mapped = self.mapped.iter().map(|column| (column.heading.clone(), column.target.name()));
        let ignored = self.unmapped.iter().map(|heading| (heading.clone(), "ignore".to_owned()));
        let mut columns = Map::new();
        for (heading, target) in mapped.chain(ignored) {
            columns.entry(heading).or_insert(target.into());
        }
        MappingFile { columns, heading_row: Some(self.heading_row), source: Some(source.to_owned()) }
    }

    /// Whether a row below the headings only numbers the columns: `(1)`, `(2)`, `(3)`.
    pub(super) fn is_numbering(row: &Row) -> bool {
        let written = row.cells.iter().map(|cell| key(&cell.written())).filter(|text| !text.is_empty());
        let numbers: Vec<Option<usize>> = written.map(|text| text.parse().ok()).collect();
        let ascends = |pair: &[Option<usize>]| pair[0].zip(pair[1]).is_some_and(|(a, b)| b == a + 1);
        numbers.len() >= 4 && numbers.windows(2).all(ascends)
    }
}

/// What the mapping file says of a heading.
fn decided(heading: &str, mapping: &MappingFile) -> Option<Target> {
    let wanted = key(heading);
    let (_, target) = mapping.columns.iter().find(|(known, _)| key(known) == wanted)?;
    Target::parse(target.as_str()?)
}

fn recognised(row: &Row, mapping: &MappingFile) -> usize {
    let is_known = |text: &str| decided(text, mapping).is_some() || !Target::of_heading(text).is_empty();
    row.cells.iter().filter(|cell| is_known(&cell.written())).count()
}
