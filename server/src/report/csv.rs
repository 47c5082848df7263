//! For a spreadsheet or another program: one row a line, least and most apart.

use sync_core::tally::Value;

use super::Report;

/// The form as CSV (RFC 4180, UTF-8 with a byte order mark, which Excel needs). A share is in percent.
#[must_use]
pub fn csv(report: &Report<'_>) -> Vec<u8> {
    let mut writer =
        ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(vec![0xef, 0xbb, 0xbf]);
    let held = "writing to memory can't fail";
    let mut header: Vec<String> = ["Mã", "TT", "Chỉ tiêu", "ĐVT"].map(str::to_owned).to_vec();
    for column in &report.form.columns {
        header.push(format!("({}) {} – ít nhất", column.code, column.header));
        header.push(format!("({}) {} – nhiều nhất", column.code, column.header));
    }
    writer.write_record(&header).expect(held);
    for (line, counted) in report.form.lines.iter().zip(&report.tally.lines) {
        // The label without its dash: a cell that begins with one is a formula to a spreadsheet.
        let mut row = vec![line.code.clone(), line.number.clone(), line.label.clone(), line.unit.clone()];
        for value in &counted.values {
            let (least, most) = match *value {
                Value::Children(cell) => (cell.children.least.to_string(), cell.children.most.to_string()),
                Value::Percent { tenths: Some(share) } => (decimal(share.least), decimal(share.most)),
                Value::Percent { tenths: None } | Value::Heading | Value::Typed => Default::default(),
            };
            row.extend([least, most]);
        }
        writer.write_record(&row).expect(held);
    }
    writer.into_inner().expect(held)
}

fn decimal(tenths: u64) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}
