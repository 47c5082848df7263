//! For another program: everything the tally knows.

use serde_json::json;

use super::Report;

/// The form as JSON, pretty-printed, ending with a line feed.
#[must_use]
pub fn json(report: &Report<'_>) -> Vec<u8> {
    let (form, tally) = (report.form, report.tally);
    let lines: Vec<_> = form
        .lines
        .iter()
        .zip(&tally.lines)
        .map(|(line, counted)| {
            json!({
                "code": line.code, "number": line.number, "label": line.label, "unit": line.unit,
                "values": counted.values,
            })
        })
        .collect();
    let columns: Vec<_> = form
        .columns
        .iter()
        .map(|column| json!({ "code": column.code, "header": column.header, "unit": column.unit, "confirmed": column.confirmed }))
        .collect();
    let whole = json!({
        "form": form.form,
        "edition": form.edition,
        "commune": report.commune,
        "village": report.village,
        "from": tally.period.from().to_string(),
        "as_of": tally.period.as_of().to_string(),
        "known_at": report.known_at,
        "sealed_unopened": tally.sealed,
        "columns": columns,
        "lines": lines,
        "checks": tally.checks,
    });
    let mut bytes = serde_json::to_vec_pretty(&whole).expect("a tree of plain values is JSON");
    bytes.push(b'\n');
    bytes
}
