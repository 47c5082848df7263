//! Every limit of an import, named in one place. A file beyond one of them is refused as a whole; a row
//! beyond one of the last four is refused alone.

/// The file itself, in bytes.
pub const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Everything inside a workbook after decompression, in bytes.
pub const WORKBOOK_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Files inside a workbook.
pub const WORKBOOK_ENTRIES_MAX: usize = 2_000;
/// Rows that say anything.
pub const ROWS_MAX: usize = 200_000;
/// Columns that say anything.
pub const COLUMNS_MAX: usize = 200;
/// Text of all cells together, in bytes.
pub const TEXT_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Rows among which the headings are looked for.
pub const HEADING_ROWS_MAX: usize = 20;
/// A mapping file, in bytes.
pub const MAPPING_BYTES_MAX: u64 = 256 * 1024;
/// A register's name, in characters.
pub const SOURCE_CHARS_MAX: usize = 100;

/// One cell, in characters; a row with a longer one is refused.
pub const CELL_CHARS_MAX: usize = 8_000;
/// Circumstances, supports or events of one row.
pub const VALUES_MAX: usize = 40;
/// Rows of one household.
pub const HOUSEHOLD_ROWS_MAX: usize = 200;
/// What the rows of one household say, as JSON, in bytes: well below what a document may hold.
pub const HOUSEHOLD_BYTES_MAX: usize = 384 * 1024;

/// Changes put on disk together, with the rows they come from: an import cut off goes on from the last
/// such piece.
pub const PIECE_CHANGES_MAX: usize = 250;
/// One change is filled up to this many bytes of JSON.
pub const CHANGE_JSON_BYTES: usize = 24 * 1024;
/// One change is filled up to this many objects.
pub const CHANGE_OBJECTS: usize = 200;
/// What one row says, as JSON, in bytes: it has to fit into one change.
pub const ROW_BYTES_MAX: usize = 32 * 1024;
