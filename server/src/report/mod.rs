//! Step 8 of the way of a fact: a tally in the official layout, as a table, CSV, JSON or XLSX.
//!
//! Pure functions of the tally and the form: the same arguments give the same bytes for ever. Nothing
//! here counts, and no name of a person enters.

mod csv;
mod filled;
mod json;
mod table;
mod xlsx;

pub use self::csv::csv;
pub use self::filled::{Filled, FilingMark, Signatory, TypedIn};
pub use self::json::json;
pub use self::table::{check_lines, table};
pub use self::xlsx::{XlsxError, xlsx};

use schemas::form::{Form, Line};
use sync_core::tally::{Bounds, Tally, Value};

/// Everything that is printed about a filled form.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The commune's name.
    pub commune: &'a str,
    /// The village's name, if only one is counted.
    pub village: Option<&'a str>,
    /// The form.
    pub form: &'a Form,
    /// The numbers.
    pub tally: &'a Tally,
    /// What the office knew: log position.
    pub known_at: u64,
}

/// Marks a header that no source confirms.
const UNCONFIRMED: &str = "chưa xác nhận";

impl Report<'_> {
    /// Day, month and year as the forms write them.
    fn period(&self) -> String {
        let (from, as_of) = (self.tally.period.from(), self.tally.period.as_of());
        format!("Từ ngày {} đến ngày {}", from.strftime("%d/%m/%Y"), as_of.strftime("%d/%m/%Y"))
    }

    /// What the two axes of the dates are, for the foot of every print.
    fn provenance(&self) -> String {
        format!(
            "Tính đến ngày {}; theo nhật ký đến số {}; biểu {} bản {}",
            self.tally.period.as_of().strftime("%d/%m/%Y"),
            self.known_at,
            self.form.form,
            self.form.edition
        )
    }

    /// What has to be said below the table.
    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.form.has_unconfirmed_columns() {
            notes.push(format!(
                "Tiêu đề cột 1–8 {UNCONFIRMED}: không nguồn nào còn phần đầu cột của biểu này."
            ));
        }
        if self.tally.lines.iter().flat_map(|line| &line.values).any(|value| text(*value).contains('–')) {
            notes.push("a–b: ít nhất a, nhiều nhất b, vì còn điều chưa quyết định hoặc chưa rõ.".into());
        }
        if self.tally.sealed > 0 {
            notes.push(format!(
                "*: còn {} báo cáo niêm phong chưa mở bằng khóa bảo mật của xã.",
                self.tally.sealed
            ));
        }
        notes
    }
}

/// A line's label with the dash or plus the form prints before it.
fn label(line: &Line) -> String {
    match line.mark.trim() {
        "" => line.label.clone(),
        mark => format!("{mark} {}", line.label),
    }
}

/// A cell as it is read: a number, least–most, or nothing.
fn text(value: Value) -> String {
    let bounds = |bounds: Bounds, show: fn(u64) -> String| match bounds.exact() {
        Some(number) => show(number),
        None => format!("{}–{}", show(bounds.least), show(bounds.most)),
    };
    match value {
        Value::Heading => String::new(),
        Value::Typed => "…".into(),
        Value::Children(cell) => {
            let number = bounds(cell.children, |number| number.to_string());
            if cell.sealed { format!("{number}*") } else { number }
        }
        Value::Percent { tenths: None } => "–".into(),
        Value::Percent { tenths: Some(share) } => {
            bounds(share, |tenths| format!("{},{}", tenths / 10, tenths % 10))
        }
    }
}
