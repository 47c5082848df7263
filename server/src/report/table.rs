//! For a terminal.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, Width};
use schemas::form::Rule;
use sync_core::tally::Outcome;

use super::change::signed;
use super::layout::label;
use super::{Checked, Filled, Must};

/// Width of the column of labels in characters; all widths are fixed, so that the same arguments print
/// the same on every terminal.
const LABEL_WIDTH: u16 = 58;
/// Width of a column of numbers.
const VALUE_WIDTH: u16 = 13;

/// The form as text, ending with a line feed.
#[must_use]
pub fn table(filled: &Filled) -> String {
    let form = &filled.form;
    let mut table = Table::new();
    table
        .load_preset(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::MAX);
    let mut header = vec![Cell::new("TT"), Cell::new("Chỉ tiêu"), Cell::new("ĐVT")];
    let titles = form.columns.iter().map(|column| format!("({})\n{}", column.code, filled.header(column)));
    header.extend(titles.map(Cell::new));
    table.set_header(header);
    for (index, line) in form.lines.iter().enumerate() {
        let indent = "  ".repeat(usize::from(line.depth.saturating_sub(1)));
        let mut row = vec![
            Cell::new(&line.number),
            Cell::new(format!("{indent}{}", label(line))),
            Cell::new(&line.unit),
        ];
        let values = (0..form.columns.len()).map(|column| filled.shown(index, column).text());
        row.extend(values.map(|value| Cell::new(value).set_alignment(CellAlignment::Right)));
        table.add_row(row);
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        let width = match index {
            0 | 2 => continue,
            1 => LABEL_WIDTH,
            _ => VALUE_WIDTH,
        };
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
    }
    let mut out = format!(
        "{}\n{}\n{}\n{}\nKỳ báo cáo: {}; ngày báo cáo: {}\n",
        form.number,
        form.title,
        filled.place(),
        filled.days(),
        form.frequency,
        form.due
    );
    out.push_str(&table.to_string());
    out.push('\n');
    let notes = filled.unconfirmed().into_iter().chain(filled.notes());
    for note in notes.chain([filled.provenance()]).chain(filled.mark()) {
        out.push_str(&note);
        out.push('\n');
    }
    out
}

/// What the form's arithmetic says: one line for each rule that does not hold, and a summary.
#[must_use]
pub fn check_lines(filled: &Filled) -> Vec<String> {
    let checked = filled.checked();
    let open = |outcome: Outcome| checked.iter().filter(move |check| check.outcome == outcome);
    let mut lines: Vec<String> = open(Outcome::Violated).map(|check| describe(filled, check)).collect();
    lines.push(format!(
        "Kiểm tra số học: {} đúng, {} chưa quyết định, {} cần xem",
        open(Outcome::Holds).count(),
        open(Outcome::Undecided).count(),
        open(Outcome::Violated).count()
    ));
    lines
}

fn describe(filled: &Filled, checked: &Checked<'_>) -> String {
    let rule = match checked.must {
        Must::Hold(parameter, part) => {
            format!("{} không được nhỏ hơn dòng {} ({})", parameter.label, part.code, part.label)
        }
        Must::Rule(check) => match check.rule {
            Rule::EqualsSum => "phải bằng tổng các dòng con".into(),
            Rule::CoveredBy => "không được lớn hơn tổng các dòng con (có em chưa xếp dòng con)".into(),
            Rule::AtLeastSum => "không được nhỏ hơn tổng các dòng con".into(),
            Rule::AtLeastEach => "không được nhỏ hơn dòng con nào".into(),
        },
    };
    let label = filled.form.line(checked.line).map_or("", |line| line.label.as_str());
    let (least, most) = (signed(checked.difference.0), signed(checked.difference.1));
    format!("CẦN XEM: {} cột {} ({label}): {rule}; chênh {least}…{most}", checked.line, checked.column)
}
