//! The arithmetic of a filled form: what the tally checked of the counted lines, the same rules over lines that officers
//! typed in, and shares of a typed number that must not be smaller than its part.
//!
//! Enters: a [`Filled`]. Leaves: [`Checked`], one a rule and column. It is no part of what a filing freezes: it follows
//! from it.

use schemas::form::{Check, ColumnKind, Line, LineSource, Parameter, Rule};
use sync_core::tally::{Bounds, Outcome, Value};

use super::{Filled, Shown};

/// What must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Must<'f> {
    /// A rule of the form.
    Rule(&'f Check),
    /// The typed number is not smaller than the children of this line, of which the share is printed.
    Hold(&'f Parameter, &'f Line),
}

/// How a rule fares in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked<'f> {
    /// Code of the line it is about.
    pub line: &'f str,
    /// Code of the column.
    pub column: &'f str,
    /// What must hold.
    pub must: Must<'f>,
    /// How it fares.
    pub outcome: Outcome,
    /// By how much the whole is above its parts, in thousandths: the least and the most it may be.
    pub difference: (i64, i64),
}

impl Filled {
    /// The form's arithmetic, rule by rule and column by column.
    #[must_use]
    pub fn checked(&self) -> Vec<Checked<'_>> {
        let mut found: Vec<Checked<'_>> = Vec::new();
        for result in &self.tally.checks {
            let (Some(check), Some(column)) =
                (self.form.checks.get(result.check), self.form.column(&result.column))
            else {
                continue;
            };
            let thousandths = |number: i64| number.saturating_mul(1_000);
            found.push(Checked {
                line: &check.whole,
                column: &column.code,
                must: Must::Rule(check),
                outcome: result.outcome,
                difference: (thousandths(result.difference.0), thousandths(result.difference.1)),
            });
        }
        let counting: Vec<usize> = self.counting_columns().collect();
        let of_columns = |check| counting.iter().filter_map(move |column| self.typed_check(check, *column));
        found.extend(self.form.checks.iter().flat_map(of_columns));
        let shares = self.shares().filter_map(|(line, parameter, part, column, children)| {
            let whole = *self.parameters.get(&parameter.key)?;
            let less = |number: u64| i64::try_from(number).unwrap_or(i64::MAX / 2_000);
            let difference = (less(whole) - less(children.most), less(whole) - less(children.least));
            Some(Checked {
                line,
                column,
                must: Must::Hold(parameter, part),
                outcome: match difference {
                    (_, ..0) => Outcome::Violated,
                    (..0, _) => Outcome::Undecided,
                    _ => Outcome::Holds,
                },
                difference: (difference.0 * 1_000, difference.1 * 1_000),
            })
        });
        found.extend(shares);
        found
    }

    /// Whether a rule of the form's arithmetic can't hold.
    #[must_use]
    pub fn is_violated(&self) -> bool {
        self.checked().iter().any(|checked| checked.outcome == Outcome::Violated)
    }

    /// The line with the most children among those that are shares of this number, and how many are certain: the
    /// number can't be smaller.
    #[must_use]
    pub fn most_counted(&self, parameter: &str) -> Option<(&Line, u64)> {
        let of_it = self.shares().filter(|(_, known, ..)| known.key == parameter);
        of_it.map(|(_, _, part, _, children)| (part, children.least)).max_by_key(|(_, least)| *least)
    }

    fn counting_columns(&self) -> impl Iterator<Item = usize> {
        let columns = self.form.columns.iter().enumerate();
        columns.filter(|(_, column)| matches!(column.kind, ColumnKind::Children(_))).map(|(at, _)| at)
    }

    /// Lines that print a share of a typed number: the line's code, the number, the line it is a share of, column,
    /// children.
    fn shares(&self) -> impl Iterator<Item = (&str, &Parameter, &Line, &str, Bounds)> {
        let shares = self.form.lines.iter().filter_map(|line| {
            let LineSource::Percent { of, denominator } = &line.source else { return None };
            let parameter = self.form.parameters.iter().find(|known| known.key == *denominator)?;
            let part = self.form.lines.iter().position(|known| known.code == *of)?;
            Some((line, parameter, part))
        });
        shares.flat_map(move |(line, parameter, part)| {
            self.counting_columns().filter_map(move |column| {
                let Value::Children(cell) = *self.tally.lines.get(part)?.values.get(column)? else {
                    return None;
                };
                let name = self.form.columns[column].code.as_str();
                Some((line.code.as_str(), parameter, &self.form.lines[part], name, cell.children))
            })
        })
    }

    /// A rule over lines that officers typed in, once all of them are.
    fn typed_check<'f>(&'f self, check: &'f Check, column: usize) -> Option<Checked<'f>> {
        let number = |code: &str| {
            let line = self.form.lines.iter().position(|line| line.code == code)?;
            if self.form.lines[line].source != LineSource::Typed {
                return None;
            }
            match self.shown(line, column) {
                Shown::Exact(number) => Some(number.thousandths()),
                _ => None,
            }
        };
        let whole = number(&check.whole)?;
        let parts: Vec<i64> = check.parts.iter().map(|part| number(part)).collect::<Option<_>>()?;
        let sum = parts.iter().fold(0_i64, |sum, part| sum.saturating_add(*part));
        let largest = parts.iter().copied().max()?;
        let (holds, difference) = match check.rule {
            Rule::EqualsSum => (whole == sum, whole - sum),
            Rule::CoveredBy => (largest <= whole && whole <= sum, whole - sum),
            Rule::AtLeastSum => (whole >= sum, whole - sum),
            Rule::AtLeastEach => (whole >= largest, whole - largest),
        };
        Some(Checked {
            line: &check.whole,
            column: &self.form.columns[column].code,
            must: Must::Rule(check),
            outcome: if holds { Outcome::Holds } else { Outcome::Violated },
            difference: (difference, difference),
        })
    }
}
