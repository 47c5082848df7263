//! Why a whole file can't be imported. Every kind has a stable code.

use std::io;

use super::file::Foreign;
use super::limits;
use crate::problem::Problem;

/// Why nothing, or nothing more, was imported. Carries limits, headings and names of options, never what
/// stands in a cell.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file can't be read, or a report can't be written.
    #[error("the file can't be read or written: {0}")]
    File(#[from] io::Error),
    /// More than [`limits::FILE_BYTES_MAX`].
    #[error("the file is larger than {} MB", limits::FILE_BYTES_MAX / 1024 / 1024)]
    FileTooLarge,
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// Named like a workbook, and not one.
    #[error("this is not an .xlsx workbook: save the register as .xlsx or .csv and try again")]
    NotAWorkbook,
    /// A file of another kind altogether.
    #[error("this is not a spreadsheet ({}): save the register as .xlsx or .csv and try again", .0.code())]
    Foreign(Foreign),
    /// An old .xls, or protected by a password.
    #[error("an old .xls workbook, or one with a password: save it as .xlsx without a password")]
    WorkbookOld,
    /// A workbook that can't be read to its end.
    #[error("the workbook is damaged")]
    WorkbookDamaged,
    /// A workbook that unpacks to more than the limits.
    #[error("the workbook unpacks to more than {} MB", limits::WORKBOOK_BYTES_MAX / 1024 / 1024)]
    WorkbookTooLarge,
    /// No sheet of that name.
    #[error("the workbook has no sheet of that name; it has: {}", .0.join(", "))]
    SheetUnknown(Vec<String>),
    /// Neither a workbook nor text.
    #[error("this is neither an .xlsx workbook nor text: save the register as .xlsx or .csv and try again")]
    NotText,
    /// Text from before Unicode: another encoding, or Unicode letters that only an old font shows as Vietnamese.
    #[error("the text is not Unicode: convert it, then save it as .xlsx or “CSV UTF-8”")]
    OldEncoding,
    /// More rows than [`limits::ROWS_MAX`], or more text than [`limits::TEXT_BYTES_MAX`].
    #[error("more than {} rows, or too much text", limits::ROWS_MAX)]
    TooManyRows,
    /// More than [`limits::COLUMNS_MAX`].
    #[error("row {row} has more than {} columns", limits::COLUMNS_MAX)]
    TooManyColumns {
        /// As a spreadsheet counts.
        row: usize,
    },
    /// No row of headings.
    #[error("no row of known headings among the first {}: give a --mapping", limits::HEADING_ROWS_MAX)]
    NoHeadings,
    /// No column tells the village.
    #[error("no column tells the village: give --village CODE, or a --mapping")]
    NoVillageColumn,
    /// Neither a column of household numbers nor of heads.
    #[error("no column tells the household's number or head: give a --mapping")]
    NoHouseholdColumn,
    /// The village given does not exist.
    #[error("the register has no such village (sothon device villages)")]
    VillageUnknown,
    /// The mapping file can't be opened.
    #[error("the mapping file {0:?} can't be read: {1}")]
    MappingFile(std::path::PathBuf, io::Error),
    /// The mapping is not JSON of the expected shape.
    #[error(
        "the mapping is not JSON of the expected shape at line {line}, column {column}; `sothon import FILE --print-mapping` prints one to begin with"
    )]
    Mapping {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// The mapping names a target that does not exist.
    #[error("the mapping names an unknown target: {0}")]
    MappingTarget(String),
    /// The mapping names a heading that the file does not have.
    #[error("the file has no column with the heading {0:?} of the mapping")]
    MappingHeading(String),
    /// Two columns of the mapping go to one field.
    #[error("two columns of the mapping go to {0}")]
    MappingTwice(String),
    /// The name of the register is too long.
    #[error("the name of the register is longer than {} characters", limits::SOURCE_CHARS_MAX)]
    SourceTooLong,
    /// The office can't store it.
    #[error("the office can't store it: {0}")]
    Office(#[from] Problem),
}

impl ImportError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::File(_) => "file_unreadable",
            Self::FileTooLarge => "file_too_large",
            Self::Empty => "file_empty",
            Self::NotAWorkbook => "not_a_workbook",
            Self::Foreign(foreign) => foreign.code(),
            Self::WorkbookOld => "workbook_old",
            Self::WorkbookDamaged => "workbook_damaged",
            Self::WorkbookTooLarge => "workbook_too_large",
            Self::SheetUnknown(_) => "sheet_unknown",
            Self::NotText => "not_text",
            Self::OldEncoding => "old_encoding",
            Self::TooManyRows => "too_many_rows",
            Self::TooManyColumns { .. } => "too_many_columns",
            Self::NoHeadings => "no_headings",
            Self::NoVillageColumn => "no_village_column",
            Self::NoHouseholdColumn => "no_household_column",
            Self::VillageUnknown => "village_unknown",
            Self::MappingFile(..) | Self::Mapping { .. } => "mapping_unreadable",
            Self::MappingTarget(_) => "mapping_target",
            Self::MappingHeading(_) => "mapping_heading",
            Self::MappingTwice(_) => "mapping_twice",
            Self::SourceTooLong => "source_too_long",
            Self::Office(problem) => problem.code.code(),
        }
    }
}
