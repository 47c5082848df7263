//! Which columns the register has when it leaves for another program, as data.
//!
//! Enters: `exports/register-columns.json`, or a commune's own. Leaves: a validated [`ColumnMap`]. It knows no value.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::form::ShapeProblem;
use crate::record::{EntityKind, definition};

/// Most columns a sheet of ours has.
pub const COLUMNS_MAX: usize = 200;
/// Longest heading, in characters.
pub const HEADING_CHARS_MAX: usize = 200;

/// One column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MappedColumn {
    /// As the other program calls it.
    pub heading: String,
    /// What stands in it.
    pub value: Source,
}

/// What stands in a column; written `child.name`, `household.number`, `row` …
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Source {
    /// The row's number, from 1.
    Row,
    /// The village's code.
    VillageCode,
    /// The village's name.
    VillageName,
    /// A field of the household's record.
    Household(String),
    /// A field of the child's record.
    Child(String),
    /// Codes of the child's circumstances.
    Circumstances,
    /// What the child received.
    Supports,
    /// What happened to the child, with days.
    Events,
}

impl Source {
    /// Everything that can stand in a column: what has no field first, then the household's fields and the child's.
    pub fn all() -> impl Iterator<Item = Self> {
        let fields = |kind| definition().entity(kind).fields.iter().map(|field| field.name.clone());
        let first = [Self::Row, Self::VillageCode, Self::VillageName];
        let last = [Self::Circumstances, Self::Supports, Self::Events];
        let household = fields(EntityKind::Household).map(Self::Household);
        first.into_iter().chain(household).chain(fields(EntityKind::Child).map(Self::Child)).chain(last)
    }
}

/// A column names nothing that is recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
// Worded as serde words it for a list of names, so that [`ShapeProblem`] finds the name.
#[error("unknown variant `{0}`, expected a field of the record")]
pub struct UnknownSource(String);

impl TryFrom<String> for Source {
    type Error = UnknownSource;

    fn try_from(text: String) -> Result<Self, UnknownSource> {
        Ok(match text.as_str() {
            "row" => Self::Row,
            "village.code" => Self::VillageCode,
            "village.name" => Self::VillageName,
            "child.circumstances" => Self::Circumstances,
            "child.supports" => Self::Supports,
            "child.events" => Self::Events,
            other => {
                let known = |kind, name: &str| definition().entity(kind).field(name).is_some();
                match other.split_once('.') {
                    Some(("household", name)) if known(EntityKind::Household, name) => {
                        Self::Household(name.to_owned())
                    }
                    Some(("child", name)) if known(EntityKind::Child, name) => Self::Child(name.to_owned()),
                    _ => return Err(UnknownSource(text)),
                }
            }
        })
    }
}

impl From<Source> for String {
    fn from(source: Source) -> Self {
        match source {
            Source::Row => "row".into(),
            Source::VillageCode => "village.code".into(),
            Source::VillageName => "village.name".into(),
            Source::Household(field) => format!("household.{field}"),
            Source::Child(field) => format!("child.{field}"),
            Source::Circumstances => "child.circumstances".into(),
            Source::Supports => "child.supports".into(),
            Source::Events => "child.events".into(),
        }
    }
}

/// The columns, left to right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnMap {
    /// `chưa xác nhận` as long as nobody has seen the other program's own template.
    #[serde(default)]
    pub status: String,
    /// Where they are from.
    #[serde(default)]
    pub note: String,
    /// The columns.
    pub columns: Vec<MappedColumn>,
}

/// Why columns can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ColumnMapError {
    /// Not what a file of columns looks like; a column that names no field is one too.
    #[error("line {line}, column {column} of the file of columns: {reason}")]
    Shape {
        /// Line of the file, from 1.
        line: usize,
        /// Column of the file, from 1.
        column: usize,
        /// What is missing or not understood there.
        reason: String,
        /// The same, for a program that says it in another language.
        problem: ShapeProblem,
    },
    /// A heading is empty or longer than [`HEADING_CHARS_MAX`].
    #[error("line {line} of the file of columns: the heading of column {number} is empty or too long")]
    Heading {
        /// Line of the file, from 1.
        line: usize,
        /// Which column, from 1.
        number: usize,
    },
    /// None, or more than [`COLUMNS_MAX`].
    #[error("{0} columns; 1 to {COLUMNS_MAX} are possible")]
    Count(usize),
}

impl ColumnMap {
    /// Reads a file of columns.
    ///
    /// # Errors
    /// [`ColumnMapError`], with the place.
    pub fn load(json: &str) -> Result<Self, ColumnMapError> {
        let map: Self = serde_json::from_str(json).map_err(|error| {
            let (problem, reason) = ShapeProblem::told(&error);
            ColumnMapError::Shape { line: error.line(), column: error.column(), reason, problem }
        })?;
        if !(1..=COLUMNS_MAX).contains(&map.columns.len()) {
            return Err(ColumnMapError::Count(map.columns.len()));
        }
        let is_wrong = |column: &MappedColumn| {
            let chars = column.heading.trim().chars().count();
            chars == 0 || chars > HEADING_CHARS_MAX
        };
        match map.columns.iter().position(is_wrong) {
            None => Ok(map),
            Some(place) => Err(ColumnMapError::Heading {
                line: crate::form::line_of(json, "heading", None).nth(place).unwrap_or(1),
                number: place + 1,
            }),
        }
    }
}

/// The columns shipped.
pub fn register_columns() -> &'static ColumnMap {
    static SHIPPED: LazyLock<ColumnMap> = LazyLock::new(|| {
        ColumnMap::load(include_str!("../exports/register-columns.json"))
            .expect("a test loads the compiled-in columns")
    });
    &SHIPPED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_shipped_name_recorded_fields_and_say_that_nobody_confirmed_them() {
        let map = register_columns();
        assert!(map.columns.len() > 20);
        assert_eq!(map.status, crate::form::UNCONFIRMED);
        let again = serde_json::to_string(map).expect("plain values");
        assert_eq!(ColumnMap::load(&again).expect("our own"), *map);
    }

    #[test]
    fn columns_of_a_communes_own_are_checked_and_an_error_says_its_line() {
        let file = |columns: &[&str]| format!("{{\n\"columns\": [\n{}\n]\n}}", columns.join(",\n"));
        let good = r#"{"heading": "A", "value": "child.name"}"#;
        assert!(ColumnMap::load(&file(&[good])).is_ok());
        let line = |columns: &[&str]| match ColumnMap::load(&file(columns)) {
            Err(ColumnMapError::Shape { line, problem, .. }) => (line, Some(problem)),
            Err(ColumnMapError::Heading { line, .. }) => (line, None),
            other => panic!("{other:?}"),
        };
        for wrong in ["child.password", "visit.date", "", "name"] {
            let value = format!(r#"{{"heading": "B", "value": "{wrong}"}}"#);
            let unknown = ShapeProblem::UnknownValue(wrong.into());
            assert_eq!(line(&[good, &value]), (4, Some(unknown)), "{wrong}");
        }
        let missing = ShapeProblem::Missing("value".into());
        assert_eq!(line(&[good, good, r#"{"heading": "C"}"#]), (5, Some(missing)));
        assert_eq!(line(&[good, r#"{"heading": " ", "value": "row"}"#]), (4, None));
        assert_eq!(ColumnMap::load(&file(&[])), Err(ColumnMapError::Count(0)));
        assert_eq!(ColumnMap::load(&file(&[good; 201])), Err(ColumnMapError::Count(201)));
    }

    #[test]
    fn everything_that_can_stand_in_a_column_can_be_named() {
        assert!(Source::all().count() > 30);
        for source in Source::all() {
            assert_eq!(Source::try_from(String::from(source.clone())), Ok(source));
        }
    }
}
