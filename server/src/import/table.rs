//! A file becomes rows of cells, whatever it was written with.
//!
//! Enters: a file. Leaves: [`Table`], every row with the number a spreadsheet shows. Nothing is unpacked,
//! and no cell kept, beyond [`limits`].

use std::borrow::Cow;

use sync_core::date::Date;

use super::error::ImportError;
use super::file::{Kind, RegisterFile};
use super::{delimited, limits, workbook};

/// One cell.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Cell {
    /// Nothing written.
    Empty,
    /// Text, or a number as text.
    Text(String),
    /// A real date of a workbook.
    Day(Date),
    /// Its beginning; it is longer than [`limits::CELL_CHARS_MAX`].
    TooLong(String),
    /// `#N/A`, `#REF!` and the like.
    Fault,
}

impl Cell {
    /// From text as it was read.
    pub(super) fn of_text(text: &str) -> Self {
        if text.trim().is_empty() {
            return Self::Empty;
        }
        // What the file of refused rows, or an export, made inert for a spreadsheet.
        let text = match text.strip_prefix('\'') {
            Some(own) if own.starts_with(['=', '+', '-', '@', '\t', '\r']) => own,
            _ => text,
        };
        match text.char_indices().nth(limits::CELL_CHARS_MAX) {
            Some((end, _)) => Self::TooLong(text[..end].to_owned()),
            None => Self::Text(text.to_owned()),
        }
    }

    /// As a person would write it.
    pub(super) fn written(&self) -> Cow<'_, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Text(text) | Self::TooLong(text) => Cow::Borrowed(text),
            Self::Day(day) => Cow::Owned(format!("{:02}/{:02}/{:04}", day.day(), day.month(), day.year())),
            Self::Fault => Cow::Borrowed("#N/A"),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Text(text) | Self::TooLong(text) => text.len(),
            _ => 0,
        }
    }
}

/// A row that says something.
pub(super) struct Row {
    /// As a spreadsheet counts, from 1.
    pub(super) number: usize,
    /// Without empty ones at the end.
    pub(super) cells: Vec<Cell>,
}

impl Row {
    pub(super) fn cell(&self, column: usize) -> &Cell {
        self.cells.get(column).unwrap_or(&Cell::Empty)
    }
}

/// Rows that say something, in order.
#[derive(Default)]
pub(super) struct Table {
    pub(super) rows: Vec<Row>,
    bytes: usize,
}

impl Table {
    /// Adds a cell. Rows come in ascending order, cells of a row in any.
    pub(super) fn put(&mut self, row: usize, column: usize, cell: Cell) -> Result<(), ImportError> {
        if cell == Cell::Empty {
            return Ok(());
        }
        if column >= limits::COLUMNS_MAX {
            return Err(ImportError::TooManyColumns { row });
        }
        self.bytes += cell.bytes();
        let last = self.rows.last().map(|last| last.number);
        if last != Some(row) {
            if last.is_some_and(|last| last > row) {
                return Err(ImportError::WorkbookDamaged);
            }
            self.rows.push(Row { number: row, cells: Vec::new() });
        }
        if self.rows.len() > limits::ROWS_MAX || self.bytes > limits::TEXT_BYTES_MAX {
            return Err(ImportError::TooManyRows);
        }
        let cells = &mut self.rows.last_mut().expect("just pushed or found").cells;
        if cells.len() <= column {
            cells.resize(column + 1, Cell::Empty);
        }
        cells[column] = cell;
        Ok(())
    }
}

/// Signs and letters that fonts older than Unicode (TCVN3, VNI) show as Vietnamese ones, and no Vietnamese word has.
const OLD_FONTS: &str = "µ¸¶·¹¨»¾¼½©®ª«¬§¦äæëïñöøûüÆÇËÑÖ";

impl Table {
    /// Whether the first rows look as text does that was typed for such a font.
    pub(super) fn is_of_old_font(&self) -> bool {
        let near = self.rows.iter().take_while(|row| row.number <= limits::HEADING_ROWS_MAX);
        let text: String = near.flat_map(|row| &row.cells).map(Cell::written).collect();
        let of_today = |letter| matches!(letter, 'ă' | 'Ă' | 'đ' | 'Đ' | 'ơ' | 'Ơ' | 'ư' | 'Ư' | 'Ạ'..='ỹ');
        text.chars().filter(|letter| OLD_FONTS.contains(*letter)).count() > 2 && !text.contains(of_today)
    }
}

/// Reads a file.
pub(super) fn read(file: &RegisterFile, sheet: Option<&str>) -> Result<Table, ImportError> {
    match file.kind()? {
        Kind::Workbook => workbook::read(file.bytes(), sheet),
        Kind::Text => delimited::read(file.bytes()),
    }
}
