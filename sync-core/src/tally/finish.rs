//! From summed contributions to a filled form: percentages and the form's arithmetic.

use std::collections::BTreeMap;

use schemas::form::{Check, ColumnKind, LineSource, Rule};

use super::contribution::Contribution;
use super::{Bounds, Cell, CheckResult, Counter, Outcome, Tally, TallyLine, Value};

/// Tenths of a percent in a whole.
const WHOLE: u128 = 1000;

fn count(sum: i64) -> u64 {
    u64::try_from(sum).unwrap_or(0)
}

/// A share in tenths of a percent, rounded half up.
fn tenths(part: u64, whole: u64) -> Option<u64> {
    let (part, whole) = (u128::from(part), u128::from(whole));
    (whole > 0).then(|| u64::try_from((part * WHOLE * 2 + whole) / (whole * 2)).unwrap_or(u64::MAX))
}

/// Bounds of a share. Numerator and denominator are bounded each on its own, so these may be wider than
/// what is possible; nothing to divide by, for certain or perhaps: none.
fn share(part: Bounds, whole: Bounds) -> Option<Bounds> {
    Some(Bounds { least: tenths(part.least, whole.most)?, most: tenths(part.most, whole.least)? })
}

impl Counter<'_> {
    /// Fills the form from the sum of all contributions.
    ///
    /// `parameters`: numbers the form needs and has no line for, by key; a percentage of one that is not
    /// given stays empty.
    #[must_use]
    pub fn tally(&self, sum: &Contribution, parameters: &BTreeMap<String, u64>) -> Tally {
        let form = self.form;
        let cell = |line: usize, column: usize| self.cell(sum, line, column);
        let place = |code: &str| form.lines.iter().position(|line| line.code == code);
        let column = |code: &str| form.columns.iter().position(|column| column.code == code);
        let lines = form.lines.iter().enumerate().map(|(at, line)| {
            let value = |of: usize| match (&line.source, &form.columns[of].kind) {
                (LineSource::Heading, _) => Value::Heading,
                (LineSource::Typed, _) => Value::Typed,
                (LineSource::Derived { .. }, ColumnKind::Children(_)) => Value::Children(cell(at, of)),
                (LineSource::Derived { .. }, ColumnKind::Percent { column: part, of_line, of_column }) => {
                    let of_line = of_line.as_deref().map_or(Some(at), place);
                    let places = (column(part), of_line, column(of_column));
                    let (Some(part), Some(of_line), Some(of_column)) = places else {
                        return Value::Percent { tenths: None };
                    };
                    let whole = cell(of_line, of_column).children;
                    let is_whole = (at, part) == (of_line, of_column) && whole.least > 0;
                    let all = Bounds { least: 1000, most: 1000 };
                    let of = || share(cell(at, part).children, whole);
                    Value::Percent { tenths: if is_whole { Some(all) } else { of() } }
                }
                (LineSource::Percent { of: part, denominator }, ColumnKind::Children(_)) => {
                    let whole = parameters.get(denominator).map(|&n| Bounds { least: n, most: n });
                    let part = place(part).map(|part| cell(part, of).children);
                    Value::Percent { tenths: part.zip(whole).and_then(|(part, whole)| share(part, whole)) }
                }
                (LineSource::Percent { .. }, ColumnKind::Percent { .. }) => Value::Heading,
            };
            TallyLine { code: line.code.clone(), values: (0..form.columns.len()).map(value).collect() }
        });
        let lines = lines.collect();
        let mut checks = Vec::new();
        // Rules over lines that officers type in are checked where those numbers are known.
        let is_counted = |check: &Check| {
            form.line(&check.whole).is_some_and(|line| matches!(line.source, LineSource::Derived { .. }))
        };
        for (number, check) in form.checks.iter().enumerate().filter(|(_, check)| is_counted(check)) {
            for (of, column) in form.columns.iter().enumerate() {
                if matches!(column.kind, ColumnKind::Children(_)) {
                    let bounds = |code: &str| place(code).map(|at| cell(at, of).children).unwrap_or_default();
                    let (outcome, difference) = verdict(check, bounds);
                    checks.push(CheckResult {
                        check: number,
                        rule: check.rule,
                        whole: check.whole.clone(),
                        column: column.code.clone(),
                        outcome,
                        difference,
                    });
                }
            }
        }
        Tally {
            form: form.form.clone(),
            edition: form.edition.clone(),
            period: self.period,
            village: self.village.clone(),
            lines,
            checks,
            sealed: count(sum.sealed),
        }
    }

    fn cell(&self, sum: &Contribution, line: usize, column: usize) -> Cell {
        let sums = sum.cells.get(&(line * self.form.columns.len() + column)).copied().unwrap_or_default();
        let counts_restricted = self.compiled.lines[line].as_ref().is_some_and(|line| line.counts_restricted);
        let sealed = if counts_restricted { count(sum.sealed) } else { 0 };
        let bounds = |least, most| Bounds { least: count(least), most: count(most).saturating_add(sealed) };
        Cell {
            children: bounds(sums.least, sums.most),
            occurrences: bounds(sums.occurrences_least, sums.occurrences_most),
            sealed: sealed > 0,
        }
    }
}

/// Whether a rule holds for all, some or none of the numbers within the bounds. Cells are taken one by
/// one, so what depends on the same child twice may be called undecided though it is not.
fn verdict(check: &Check, bounds: impl Fn(&str) -> Bounds) -> (Outcome, (i64, i64)) {
    let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let whole = bounds(&check.whole);
    let parts: Vec<Bounds> = check.parts.iter().map(|part| bounds(part)).collect();
    let range = |least: u64, most: u64| {
        (signed(whole.least).saturating_sub(signed(most)), signed(whole.most).saturating_sub(signed(least)))
    };
    let sum = range(
        parts.iter().fold(0, |sum, part| sum.saturating_add(part.least)),
        parts.iter().fold(0, |sum, part| sum.saturating_add(part.most)),
    );
    let largest = range(
        parts.iter().map(|part| part.least).max().unwrap_or(0),
        parts.iter().map(|part| part.most).max().unwrap_or(0),
    );
    let not_negative = |(least, most): (i64, i64)| match (least >= 0, most >= 0) {
        (true, _) => Outcome::Holds,
        (false, true) => Outcome::Undecided,
        (false, false) => Outcome::Violated,
    };
    let both = |a: Outcome, b: Outcome| match (a, b) {
        (Outcome::Violated, _) | (_, Outcome::Violated) => Outcome::Violated,
        (Outcome::Holds, Outcome::Holds) => Outcome::Holds,
        _ => Outcome::Undecided,
    };
    let negated = |(least, most): (i64, i64)| (-most, -least);
    match check.rule {
        Rule::EqualsSum => (both(not_negative(sum), not_negative(negated(sum))), sum),
        Rule::CoveredBy => (both(not_negative(largest), not_negative(negated(sum))), sum),
        Rule::AtLeastEach => (not_negative(largest), largest),
        Rule::AtLeastSum => (not_negative(sum), sum),
    }
}
