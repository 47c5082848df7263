//! For a terminal.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, Width};
use schemas::form::Rule;
use sync_core::tally::{CheckResult, Outcome};

use super::{Report, text};

/// Width of the column of labels in characters; all widths are fixed, so that the same arguments print
/// the same on every terminal.
const LABEL_WIDTH: u16 = 58;
/// Width of a column of numbers.
const VALUE_WIDTH: u16 = 13;

/// The form as text, ending with a line feed.
#[must_use]
pub fn table(report: &Report<'_>) -> String {
    let (form, tally) = (report.form, report.tally);
    let mut table = Table::new();
    table
        .load_preset(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::MAX);
    let mut header = vec![Cell::new("TT"), Cell::new("Chỉ tiêu"), Cell::new("ĐVT")];
    header
        .extend(form.columns.iter().map(|column| Cell::new(format!("({})\n{}", column.code, column.header))));
    table.set_header(header);
    for (line, counted) in form.lines.iter().zip(&tally.lines) {
        let indent = "  ".repeat(usize::from(line.depth.saturating_sub(1)));
        let mut row = vec![
            Cell::new(&line.number),
            Cell::new(format!("{indent}{}", super::label(line))),
            Cell::new(&line.unit),
        ];
        let values = counted.values.iter();
        row.extend(values.map(|value| Cell::new(text(*value)).set_alignment(CellAlignment::Right)));
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
    let village = report.village.map(|village| format!(" – {village}")).unwrap_or_default();
    let mut out = format!(
        "{}\n{}\n{}: {}{village}\n{}\nKỳ báo cáo: {}; ngày báo cáo: {}\n",
        form.number,
        form.title,
        form.place,
        report.commune,
        report.period(),
        form.frequency,
        form.due
    );
    out.push_str(&table.to_string());
    out.push('\n');
    for note in report.notes().into_iter().chain([report.provenance()]) {
        out.push_str(&note);
        out.push('\n');
    }
    out
}

/// What the form's arithmetic says: one line for each rule that does not hold, and a summary.
#[must_use]
pub fn check_lines(report: &Report<'_>) -> Vec<String> {
    let open = |outcome: Outcome| report.tally.checks.iter().filter(move |check| check.outcome == outcome);
    let mut lines: Vec<String> = open(Outcome::Violated).map(|check| describe(report, check)).collect();
    lines.push(format!(
        "Kiểm tra số học: {} đúng, {} chưa quyết định, {} cần xem",
        open(Outcome::Holds).count(),
        open(Outcome::Undecided).count(),
        open(Outcome::Violated).count()
    ));
    lines
}

fn describe(report: &Report<'_>, check: &CheckResult) -> String {
    let rule = match check.rule {
        Rule::EqualsSum => "phải bằng tổng các dòng con",
        Rule::CoveredBy => "không được lớn hơn tổng các dòng con (có em chưa xếp dòng con)",
        Rule::AtLeastSum => "không được nhỏ hơn tổng các dòng con",
        Rule::AtLeastEach => "không được nhỏ hơn dòng con nào",
    };
    let label = report.form.line(&check.whole).map_or("", |line| line.label.as_str());
    let (least, most) = check.difference;
    format!("CẦN XEM: {} cột {} ({label}): {rule}; chênh {least}…{most}", check.whole, check.column)
}
