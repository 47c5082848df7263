//! Lists of people as a workbook: the register for another program's import, children of a circumstance with their
//! addresses. Names stand in lists only, never in forms.

use std::path::Path;

use rust_xlsxwriter::FormatAlign;
use sync_core::date::Date;

use super::clean;
use super::layout::day;
use super::xlsx::{A4, LINE, XlsxError, bordered, lines, text, workbook};

/// What is listed, without its rows.
#[derive(Debug, Clone)]
pub struct List {
    /// Name of the sheet: at most 31 characters, none of `[]:*?/\`.
    pub sheet: String,
    /// Above the table; empty: the headings stand in the first row, as an import wants them.
    pub title: String,
    /// Below the title.
    pub notes: Vec<String>,
    /// Headings of the columns.
    pub headings: Vec<String>,
    /// The day it is of.
    pub day: Date,
}

/// Widest a column is made, characters.
const WIDTH_MAX: f64 = 36.0;

/// The list as an XLSX workbook. Rows are written as they come, to a nameless file in `folder` and not to memory;
/// every cell is text, so that nothing anybody wrote is a formula and no number loses its zeros.
///
/// # Errors
/// `E` of the rows; [`XlsxError`] when the folder's disk is full.
pub fn list<E: From<XlsxError>>(
    list: &List,
    folder: &Path,
    rows: impl Iterator<Item = Result<Vec<String>, E>>,
) -> Result<Vec<u8>, E> {
    let mut workbook = workbook(&list.title, list.day)?;
    workbook.set_tempdir(folder).map_err(XlsxError::from)?;
    let sheet = workbook.add_worksheet_with_constant_memory().map_err(XlsxError::from)?;
    let last = u16::try_from(list.headings.len().saturating_sub(1)).unwrap_or(u16::MAX);
    // Twice the heading leaves room for a name below "Họ và tên".
    let width = |heading: &String| u16::try_from(heading.chars().count() * 2).map_or(WIDTH_MAX, f64::from);
    let widths: Vec<f64> = list.headings.iter().map(|heading| width(heading).clamp(6.0, WIDTH_MAX)).collect();
    let setup = |sheet: &mut rust_xlsxwriter::Worksheet| -> Result<u32, XlsxError> {
        sheet.set_name(&list.sheet)?;
        sheet.set_paper_size(A4).set_landscape().set_print_fit_to_pages(1, 0);
        sheet.set_margins(0.5, 0.5, 0.5, 0.7, 0.3, 0.3);
        sheet.set_footer(format!("&L&8{}&C&8Trang &P/&N", day(list.day)));
        for (column, width) in (0u16..).zip(&widths) {
            sheet.set_column_width(column, *width)?;
        }
        let mut row = 0;
        if !list.title.is_empty() {
            let title = text().set_bold().set_font_size(14);
            sheet.write_string_with_format(row, 0, clean(&list.title), &title)?;
            row += 1;
            for note in &list.notes {
                sheet.write_string_with_format(row, 0, clean(note), &text().set_italic())?;
                row += 1;
            }
        }
        let head = bordered().set_bold().set_align(FormatAlign::Center);
        for (column, heading) in (0u16..).zip(&list.headings) {
            sheet.write_string_with_format(row, column, clean(heading), &head)?;
        }
        sheet.set_repeat_rows(row, row)?;
        sheet.set_freeze_panes(row + 1, 0)?;
        Ok(row + 1)
    };
    let first = setup(sheet)?;
    // What another program imports is not read on paper.
    let printed = !list.title.is_empty();
    let format = if printed { bordered() } else { text() }.set_num_format("@");
    for (row, cells) in (first..).zip(rows) {
        let cells: Vec<String> = cells?.iter().map(|cell| clean(cell)).collect();
        if printed {
            let tall = cells.iter().zip(&widths).map(|(cell, width)| lines(cell, *width)).max().unwrap_or(1);
            sheet.set_row_height(row, LINE * f64::from(tall)).map_err(XlsxError::from)?;
        }
        for (column, cell) in (0..=last).zip(cells) {
            sheet.write_string_with_format(row, column, cell, &format).map_err(XlsxError::from)?;
        }
    }
    Ok(workbook.save_to_buffer().map_err(XlsxError::from)?)
}
