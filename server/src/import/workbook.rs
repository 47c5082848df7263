//! An .xlsx workbook, read as a stream of cells.
//!
//! A workbook is a ZIP of XML. Before anything else reads it, every file in it is unpacked once into
//! nothing and counted: what a ZIP says of its own sizes is not believed.

use std::io::{Cursor, Read};

use calamine::{DataRef, ExcelDateTime, Reader, Xlsx};
use sync_core::date::Date;

use super::error::ImportError;
use super::limits;
use super::table::{Cell, Table};

/// Reads the sheet of that name, or the first.
pub(super) fn read(bytes: &[u8], sheet: Option<&str>) -> Result<Table, ImportError> {
    let mut book = open(bytes)?;
    let names = book.sheet_names();
    let name = match sheet {
        None => names.first(),
        Some(wanted) => names.iter().find(|name| *name == wanted),
    };
    let Some(name) = name.cloned() else { return Err(ImportError::SheetUnknown(names)) };
    let damaged = |_| ImportError::WorkbookDamaged;
    let mut cells = book.worksheet_cells_reader(&name).map_err(damaged)?;
    let mut table = Table::default();
    while let Some(cell) = cells.next_cell().map_err(damaged)? {
        let (row, column) = cell.get_position();
        let size = |number: u32| usize::try_from(number).map_err(|_| ImportError::TooManyRows);
        table.put(size(row)? + 1, size(column)?, to_cell(cell.get_value()))?;
    }
    if table.rows.is_empty() { Err(ImportError::Empty) } else { Ok(table) }
}

/// Names of the sheets, in order.
pub(super) fn sheets(bytes: &[u8]) -> Result<Vec<String>, ImportError> {
    Ok(open(bytes)?.sheet_names())
}

fn open(bytes: &[u8]) -> Result<Xlsx<Cursor<&[u8]>>, ImportError> {
    check_sizes(bytes)?;
    Xlsx::new(Cursor::new(bytes)).map_err(|_| ImportError::NotAWorkbook)
}

fn check_sizes(bytes: &[u8]) -> Result<(), ImportError> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| ImportError::NotAWorkbook)?;
    if zip.len() > limits::WORKBOOK_ENTRIES_MAX {
        return Err(ImportError::WorkbookTooLarge);
    }
    let mut left = limits::WORKBOOK_BYTES_MAX;
    for index in 0..zip.len() {
        let entry = zip.by_index(index).map_err(|_| ImportError::WorkbookDamaged)?;
        if entry.size() > left {
            return Err(ImportError::WorkbookTooLarge);
        }
        let unpacked = std::io::copy(&mut entry.take(left + 1), &mut std::io::sink())
            .map_err(|_| ImportError::WorkbookDamaged)?;
        left = left.checked_sub(unpacked).ok_or(ImportError::WorkbookTooLarge)?;
    }
    Ok(())
}

fn to_cell(data: &DataRef<'_>) -> Cell {
    match data {
        DataRef::Empty => Cell::Empty,
        DataRef::String(text) => Cell::of_text(text),
        DataRef::SharedString(text) => Cell::of_text(text),
        DataRef::Int(number) => Cell::Text(number.to_string()),
        DataRef::Float(number) => Cell::Text(number.to_string()),
        DataRef::Bool(value) => Cell::Text(if *value { "1" } else { "0" }.to_owned()),
        DataRef::DateTime(date) => day(date).map_or(Cell::Fault, Cell::Day),
        DataRef::DateTimeIso(text) => {
            let day = text.get(..10).and_then(|day| day.parse().ok());
            day.map_or_else(|| Cell::of_text(text), Cell::Day)
        }
        DataRef::DurationIso(text) => Cell::of_text(text),
        DataRef::Error(_) => Cell::Fault,
    }
}

fn day(date: &ExcelDateTime) -> Option<Date> {
    if !date.is_datetime() || date.as_f64() < 1.0 {
        return None;
    }
    let (year, month, day, ..) = date.to_ymd_hms_milli();
    Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()
}
