//! What every print of a form has in common: the words of its heading, its table, its notes and its foot.
//!
//! Enters: a [`Filled`]. Leaves: texts and [`Shown`] cells in the official order; a format only decides where
//! they stand. Nothing here counts.

use schemas::form::{Column, ColumnKind, Filter, Line, LineSource, Rule, Sex, UNCONFIRMED};
use sync_core::date::Date;
use sync_core::tally::{Bounds, Value};

use super::text::{Decimal, clean};
use super::{Filled, Signatory};

/// What stands in a cell of a print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// Nothing: the line is a heading.
    Empty,
    /// Nobody has typed it in.
    Missing,
    /// A number about which nothing is undecided.
    Exact(Decimal),
    /// Something about it is undecided, or sealed reports may add to it.
    Range {
        /// What is certain.
        least: Decimal,
        /// What is possible.
        most: Decimal,
        /// Sealed reports are included in what is possible.
        sealed: bool,
    },
    /// A share of nothing.
    NoShare,
    /// A typed answer that is no number.
    Answer(String),
}

impl Shown {
    /// As it is read.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Missing => "…".into(),
            Self::Exact(number) => number.to_string(),
            Self::Range { least, most, sealed } => {
                let mark = if *sealed { "*" } else { "" };
                if least == most { format!("{least}{mark}") } else { format!("{least}–{most}{mark}") }
            }
            Self::NoShare => "–".into(),
            Self::Answer(text) => text.clone(),
        }
    }

    fn of(bounds: Bounds, sealed: bool, number: fn(u64) -> Decimal) -> Self {
        match bounds.exact() {
            Some(exact) if !sealed => Self::Exact(number(exact)),
            _ => Self::Range { least: number(bounds.least), most: number(bounds.most), sealed },
        }
    }
}

/// A unit that asks for yes or no: `1` and `0` are typed in.
const YES_OR_NO: &str = "Có/không";

impl Filled {
    /// What stands in the cell of a line and a column, both from 0.
    #[must_use]
    pub fn shown(&self, line: usize, column: usize) -> Shown {
        let (Some(definition), Some(counted)) = (self.form.lines.get(line), self.tally.lines.get(line))
        else {
            return Shown::Empty;
        };
        match counted.values.get(column).copied().unwrap_or(Value::Heading) {
            Value::Heading => Shown::Empty,
            Value::Children(cell) => Shown::of(cell.children, cell.sealed, Decimal::whole),
            Value::Percent { tenths: None } => Shown::NoShare,
            Value::Percent { tenths: Some(share) } => Shown::of(share, false, Decimal::tenths),
            Value::Typed => {
                let key =
                    self.form.columns.get(column).map(|column| typed_key(&definition.code, &column.code));
                match key.and_then(|key| self.typed.get(&key)).map(|typed| (typed, Decimal::parse(typed))) {
                    None => Shown::Missing,
                    Some((typed, _)) if definition.unit == YES_OR_NO => match typed.as_str() {
                        "0" => Shown::Answer("Không".into()),
                        "1" => Shown::Answer("Có".into()),
                        other => Shown::Answer(clean(other)),
                    },
                    Some((_, Some(number))) => Shown::Exact(number),
                    Some((typed, None)) => Shown::Answer(clean(typed)),
                }
            }
        }
    }

    /// The heading of a column. A form of one year names that year: in another, the year of the as-of date.
    #[must_use]
    pub fn header(&self, column: &Column) -> String {
        let year = self.form.edition.split('-').next().unwrap_or_default();
        if column.header == format!("Năm {year}") {
            return format!("Năm {}", self.tally.period.as_of().year());
        }
        column.header.clone()
    }

    /// What has to be said above the table of headings that no source confirms.
    #[must_use]
    pub fn unconfirmed(&self) -> Option<String> {
        let columns = &self.form.columns;
        let codes: Vec<&str> =
            columns.iter().filter(|column| !column.confirmed).map(|column| column.code.as_str()).collect();
        let (first, last) = (codes.first()?, codes.last()?);
        let named = if codes.len() == columns.len() && codes.len() > 1 {
            format!("{first}–{last}")
        } else {
            codes.join(", ")
        };
        Some(format!("Tiêu đề cột {named}: {UNCONFIRMED}."))
    }

    /// [`Filled::header`] with the mark of what no source confirms, for a file without a place to say it once.
    #[must_use]
    pub fn marked_header(&self, column: &Column) -> String {
        let header = self.header(column);
        if column.confirmed { header } else { format!("{header} ({UNCONFIRMED})") }
    }

    /// Whether the form prints a unit beside each line; otherwise units stand under the columns' headings.
    #[must_use]
    pub fn units_by_line(&self) -> bool {
        self.form.lines.iter().any(|line| !line.unit.is_empty())
    }

    /// The rows of the table's head: headings and, where the form prints them, units and numbers of columns.
    pub(super) fn head(&self) -> Vec<Vec<String>> {
        let columns = &self.form.columns;
        let row = |before: &[&str], of: &dyn Fn(&Column) -> String| -> Vec<String> {
            before.iter().map(|text| (*text).to_owned()).chain(columns.iter().map(of)).collect()
        };
        if self.units_by_line() {
            return vec![row(&["TT", "Chỉ tiêu, mục tiêu", "ĐVT"], &|column| self.header(column))];
        }
        vec![
            row(&["TT", "Chỉ tiêu"], &|column| self.header(column)),
            row(&["", ""], &|column| column.unit.clone()),
            row(&["a", "b"], &|column| column.code.clone()),
        ]
    }

    /// The committee whose report it is, as official letters head it.
    #[must_use]
    pub fn committee(&self) -> String {
        committee(&self.commune)
    }

    /// The kind of place and its name, and the village if only one is counted.
    #[must_use]
    pub fn place(&self) -> String {
        let village =
            self.village.as_ref().map(|(_, name)| format!(" – {}", clean(name))).unwrap_or_default();
        format!("{}: {}{village}", self.form.place, clean(&self.commune))
    }

    /// The days it covers.
    #[must_use]
    pub fn days(&self) -> String {
        let period = self.tally.period;
        format!("Từ ngày {} đến ngày {}", day(period.from()), day(period.as_of()))
    }

    /// Which filing this is a print of.
    #[must_use]
    pub fn mark(&self) -> Option<String> {
        let mark = self.filing.as_ref()?;
        Some(format!(
            "Bản chốt số {}, lần {}; SHA-256 {}",
            mark.number,
            mark.revision,
            mark.digest.get(..16).unwrap_or(&mark.digest)
        ))
    }

    /// What the two axes of the dates are, for the foot of every print.
    #[must_use]
    pub fn provenance(&self) -> String {
        format!(
            "Tính đến ngày {}; theo nhật ký đến số {}; biểu {} bản {}",
            day(self.tally.period.as_of()),
            self.known_at,
            self.form.form,
            self.form.edition
        )
    }

    /// What has to be said below the table; [`Filled::unconfirmed`] stands above it.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        for parameter in &self.form.parameters {
            if let Some(number) = self.parameters.get(&parameter.key) {
                let number = Decimal::whole(*number);
                let earlier = self.parameter_days.get(&parameter.key);
                let earlier = earlier.filter(|typed| **typed != self.tally.period.as_of());
                let since =
                    earlier.map(|typed| format!(" (số của kỳ tính đến {})", day(*typed))).unwrap_or_default();
                notes.push(format!(
                    "{} dùng để tính tỷ lệ: {number} {}{since}.",
                    parameter.label,
                    parameter.unit.to_lowercase()
                ));
            }
        }
        let mut cells = (0..self.form.lines.len())
            .flat_map(|line| (0..self.form.columns.len()).map(move |column| (line, column)));
        let undecided = |shown: Shown| matches!(shown, Shown::Range { least, most, .. } if least != most);
        if cells.any(|(line, column)| undecided(self.shown(line, column))) {
            notes.push("a–b: ít nhất a, nhiều nhất b, vì còn điều chưa quyết định hoặc chưa rõ.".into());
        }
        if self.tally.sealed > 0 {
            notes.push(format!("*: còn {} báo cáo kín chưa mở bằng khóa bảo mật của xã.", self.tally.sealed));
        }
        notes
    }

    /// Who signs, left to right: those set, otherwise those the form names, with a line to write on.
    pub(super) fn signing(&self) -> Vec<Signatory> {
        if !self.signatories.is_empty() {
            let cleaned = self
                .signatories
                .iter()
                .map(|signatory| Signatory { role: clean(&signatory.role), name: clean(&signatory.name) });
            return cleaned.collect();
        }
        let named = self.form.signatories.iter();
        named.map(|role| Signatory { role: role.clone(), name: String::new() }).collect()
    }

    /// A name for the file that holds a print: form, day and village's code, never a person.
    #[must_use]
    pub fn file_name(&self, extension: &str) -> String {
        let village = self.village.as_ref().map(|(code, _)| format!("-{}", ascii(code))).unwrap_or_default();
        let form = ascii(&self.form.form);
        let filing = self.filing.as_ref();
        let filing =
            filing.map(|mark| format!("-chot-{}-{}", mark.number, mark.revision)).unwrap_or_default();
        format!("{form}-{}{village}{filing}.{extension}", self.tally.period.as_of())
    }

    /// The cells that a cell is the sum of: lines by a rule of the form, otherwise boys' and girls' columns. None unless
    /// all are exact and add up to what the cell shows: a formula that shows another number than the form is worse than
    /// none.
    fn parts(&self, line: usize, column: usize) -> Option<Vec<(usize, usize)>> {
        let place = |code: &String| self.form.lines.iter().position(|line| line.code == *code);
        let code = &self.form.lines.get(line)?.code;
        let sums =
            self.form.checks.iter().filter(|check| check.rule == Rule::EqualsSum && check.whole == *code);
        let of_lines = sums.filter_map(|check| {
            check.parts.iter().map(|part| Some((place(part)?, column))).collect::<Option<Vec<_>>>()
        });
        let of_columns = self.columns_by_sex(column).map(|both| both.map(|of| (line, of)).to_vec());
        let exact = |(line, column): (usize, usize)| match self.shown(line, column) {
            Shown::Exact(number) => Some(number.thousandths()),
            _ => None,
        };
        let whole = exact((line, column))?;
        of_lines.chain(of_columns).find(|parts| {
            let sum = parts.iter().try_fold(0_i64, |sum, part| sum.checked_add(exact(*part)?));
            sum == Some(whole)
        })
    }

    /// The columns that count the boys and the girls of what a column counts.
    fn columns_by_sex(&self, column: usize) -> Option<[usize; 2]> {
        let ColumnKind::Children(all) = &self.form.columns.get(column)?.kind else { return None };
        if all.sex.is_some() {
            return None;
        }
        let of = |sex: Sex| {
            let wanted = ColumnKind::Children(Filter { sex: Some(sex), ..all.clone() });
            self.form.columns.iter().position(|other| other.kind == wanted)
        };
        Some([of(Sex::Male)?, of(Sex::Female)?])
    }

    /// Where the numbers of a line and a column come from, for a spreadsheet that calculates.
    pub(super) fn reckoning(&self, line: usize, column: usize) -> Option<Reckoning> {
        let place = |code: &str| self.form.lines.iter().position(|line| line.code == code);
        let exact = |line: usize, column: usize| matches!(self.shown(line, column), Shown::Exact(_));
        let definition = self.form.lines.get(line)?;
        if !exact(line, column) {
            return None;
        }
        let reckoning = match (&definition.source, &self.form.columns.get(column)?.kind) {
            (LineSource::Percent { of, denominator }, _) => Reckoning::ShareOfNumber {
                part: (place(of)?, column),
                whole: *self.parameters.get(denominator)?,
            },
            (_, ColumnKind::Percent { column: part, of_line, of_column }) => {
                let index = |code: &str| self.form.columns.iter().position(|column| column.code == code);
                let of_line = of_line.as_deref().map_or(Some(line), place)?;
                Reckoning::Share { part: (line, index(part)?), whole: (of_line, index(of_column)?) }
            }
            _ => Reckoning::Sum(self.parts(line, column)?),
        };
        let rests_on_exact = match &reckoning {
            Reckoning::Sum(_) => true,
            Reckoning::Share { part, whole } => exact(part.0, part.1) && exact(whole.0, whole.1),
            Reckoning::ShareOfNumber { part, whole } => exact(part.0, part.1) && *whole > 0,
        };
        rests_on_exact.then_some(reckoning)
    }
}

/// A cell that follows from others; places are (line, column), both from 0.
pub(super) enum Reckoning {
    /// The sum of these.
    Sum(Vec<(usize, usize)>),
    /// A share in percent, with one decimal.
    Share { part: (usize, usize), whole: (usize, usize) },
    /// A share of a number that has no line.
    ShareOfNumber { part: (usize, usize), whole: u64 },
}

/// How [`TypedIn`](super::TypedIn) names a cell.
#[must_use]
pub fn typed_key(line: &str, column: &str) -> String {
    format!("{line}/{column}")
}

/// The committee of a commune, as official letters head it.
pub(super) fn committee(commune: &str) -> String {
    format!("ỦY BAN NHÂN DÂN {}", clean(commune).to_uppercase())
}

/// A day as forms write it.
pub(super) fn day(date: Date) -> String {
    date.strftime("%d/%m/%Y").to_string()
}

/// A line's label with the dash or plus the form prints before it.
pub(super) fn label(line: &Line) -> String {
    match line.mark.trim() {
        "" => line.label.clone(),
        mark => format!("{mark} {}", line.label),
    }
}

/// Only what every file system takes.
pub(super) fn ascii(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}
