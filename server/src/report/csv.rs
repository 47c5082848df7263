//! For a spreadsheet or another program: one row a line, least and most apart.

use super::text::csv_cell;
use super::{Filled, Shown};

/// The form as CSV (RFC 4180, UTF-8 with a byte order mark, which Excel needs). A share is in percent.
#[must_use]
pub fn csv(filled: &Filled) -> Vec<u8> {
    let mut writer = writer();
    let held = "writing to memory can't fail";
    let mut header: Vec<String> = ["Mã", "TT", "Chỉ tiêu", "ĐVT"].map(str::to_owned).to_vec();
    for column in &filled.form.columns {
        let title = filled.marked_header(column);
        header.push(format!("({}) {title} – ít nhất", column.code));
        header.push(format!("({}) {title} – nhiều nhất", column.code));
    }
    writer.write_record(&header).expect(held);
    for (index, line) in filled.form.lines.iter().enumerate() {
        // The label without its dash: a cell that begins with one is a formula to a spreadsheet.
        let mut row = [&line.code, &line.number, &line.label, &line.unit].map(|text| csv_cell(text)).to_vec();
        for column in 0..filled.form.columns.len() {
            row.extend(match filled.shown(index, column) {
                Shown::Empty | Shown::Missing | Shown::NoShare => Default::default(),
                Shown::Exact(number) => [number.plain(), number.plain()],
                Shown::Range { least, most, .. } => [least.plain(), most.plain()],
                Shown::Answer(text) => [csv_cell(&text), csv_cell(&text)],
            });
        }
        writer.write_record(&row).expect(held);
    }
    writer.into_inner().expect(held)
}

/// A list of people as CSV: what anybody wrote is no formula.
#[must_use]
pub fn list_csv(headings: &[&str], rows: &[Vec<String>]) -> Vec<u8> {
    let mut writer = writer();
    let held = "writing to memory can't fail";
    writer.write_record(headings.iter().map(|heading| csv_cell(heading))).expect(held);
    for row in rows {
        writer.write_record(row.iter().map(|cell| csv_cell(cell))).expect(held);
    }
    writer.into_inner().expect(held)
}

/// RFC 4180, with the byte order mark that Excel needs.
fn writer() -> ::csv::Writer<Vec<u8>> {
    ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(vec![0xef, 0xbb, 0xbf])
}
