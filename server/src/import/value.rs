//! What one cell, or one part of a cell, means for its field.

use schemas::record::{EntityKind, Field, FieldType, ValueError};
use schemas::text;
use serde_json::Value as Json;

use super::date;
use super::report::RowProblem;
use super::table::Cell;
use super::words::words;

/// Separates the values of a cell that holds several.
const SEPARATORS: [char; 2] = [';', '\n'];

/// The text of a cell.
pub(super) fn cell_text(cell: &Cell) -> Result<String, RowProblem> {
    match cell {
        Cell::Fault => Err(RowProblem::CellFault),
        Cell::TooLong(_) => Err(RowProblem::TextTooLong),
        cell => Ok(text::display(&cell.written())),
    }
}

/// The values of a cell that holds several; an empty cell has none, and an empty part is one.
pub(super) fn parts(cell: &Cell) -> Result<Vec<String>, RowProblem> {
    if matches!(cell, Cell::Fault | Cell::TooLong(_)) {
        return cell_text(cell).map(|_| Vec::new());
    }
    let whole = cell.written();
    if whole.trim().is_empty() {
        return Ok(Vec::new());
    }
    Ok(whole.split(SEPARATORS).map(text::display).collect())
}

/// The value of a field; nothing written is unknown.
pub(super) fn read(kind: EntityKind, field: &Field, text: &str) -> Result<Json, RowProblem> {
    if text.is_empty() {
        return Ok(Json::Null);
    }
    let json: Json = match field.kind {
        FieldType::Text => text.into(),
        FieldType::Date | FieldType::Day => {
            date::read(text).ok_or(RowProblem::UnreadableDate)?.to_string().into()
        }
        FieldType::Bool => words().answer(text).ok_or(RowProblem::UnknownWord)?.into(),
        FieldType::Int => integer(field, text).ok_or(RowProblem::UnreadableNumber)?.into(),
        FieldType::Code => {
            let name = field.catalogue.expect("the definition demands a catalogue of every code");
            return words().code(name, text).map(Json::from).ok_or(RowProblem::UnknownWord);
        }
        FieldType::Codes | FieldType::Entity | FieldType::Document => return Err(RowProblem::UnknownWord),
    };
    field.check(kind, &json).map_err(|error| match error {
        ValueError::TooLong { .. } => RowProblem::TextTooLong,
        ValueError::Range { .. } => RowProblem::NumberOutOfRange,
        ValueError::Type if matches!(field.kind, FieldType::Date | FieldType::Day) => {
            RowProblem::UnreadableDate
        }
        ValueError::Type | ValueError::Code | ValueError::Restricted => RowProblem::UnknownWord,
    })?;
    Ok(json)
}

/// A whole number; in a column of years a whole date will do.
fn integer(field: &Field, text: &str) -> Option<i64> {
    let grouped: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    grouped.parse().ok().or_else(|| {
        let is_year = field.name.ends_with("_year");
        is_year.then(|| date::read(text)).flatten().map(|date| date.first().year().into())
    })
}

/// A number on paper in a column that asks yes or no: it has digits enough to be one.
pub(super) fn is_paper_number(text: &str) -> bool {
    text.chars().filter(char::is_ascii_digit).count() >= 2 && text.chars().count() <= 20
}
