//! Which columns the register has when it leaves for another program, as data.
//!
//! Enters: `exports/register-columns.json`, or a commune's own. Leaves: a validated [`ColumnMap`]. It knows no value.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::record::{EntityKind, definition};

/// Most columns a sheet of ours has.
pub const COLUMNS_MAX: usize = 200;

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

/// A column names nothing that is recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no field of the record is called {0:?}")]
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
#[derive(Debug, thiserror::Error)]
pub enum ColumnMapError {
    /// Not what a file of columns looks like; a column that names no field is one too.
    #[error("line {line}, column {column} of the file of columns")]
    Syntax {
        /// Line of the file.
        line: usize,
        /// Column of the file.
        column: usize,
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
        let map: Self = serde_json::from_str(json)
            .map_err(|error| ColumnMapError::Syntax { line: error.line(), column: error.column() })?;
        match map.columns.len() {
            1..=COLUMNS_MAX => Ok(map),
            count => Err(ColumnMapError::Count(count)),
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
    fn columns_of_a_communes_own_are_checked() {
        let one = |value: &str| format!(r#"{{"columns":[{{"heading":"A","value":"{value}"}}]}}"#);
        assert!(ColumnMap::load(&one("child.name")).is_ok());
        for wrong in ["child.password", "visit.date", "", "name"] {
            assert!(matches!(ColumnMap::load(&one(wrong)), Err(ColumnMapError::Syntax { .. })), "{wrong}");
        }
        assert!(matches!(ColumnMap::load(r#"{"columns":[]}"#), Err(ColumnMapError::Count(0))));
    }
}
