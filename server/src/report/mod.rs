//! Step 8 of the way of a fact: what leaves the office on paper and in files.
//!
//! Enters: a [`Filled`] form. Leaves: the form in the official layout as a table, CSV, JSON, XLSX or PDF. Every
//! print is a pure function of its [`Filled`]: the same value gives the same bytes for ever, which is what lets a
//! filing be reproduced. A [`Narrative`] leaves as DOCX, a [`List`] of people as XLSX.
//!
//! Architecture invariant: nothing here counts or reads the register, no text of a person's is ever written as a
//! formula, and no name of a child enters a form.

mod arithmetic;
mod change;
mod csv;
mod docx;
mod filled;
mod json;
mod layout;
mod list;
mod narrative;
mod pdf;
mod table;
mod text;
mod xlsx;

pub use self::arithmetic::{Checked, Must};
pub use self::change::{Change, signed};
pub use self::csv::{csv, list_csv};
pub use self::docx::{DocxError, docx};
pub use self::filled::{FilingMark, Filled, Signatory, TypedIn};
pub use self::json::json;
pub use self::layout::{Shown, typed_key};
pub use self::list::{List, list};
pub use self::narrative::{Figures, Narrative, Plan, Span, TargetFigure};
pub use self::pdf::{PdfError, pdf};
pub use self::table::{check_lines, table};
pub use self::text::{Decimal, clean, csv_cell};
pub use self::xlsx::{XlsxError, xlsx};
