//! What stands beside a form: the same period last year, the last filing, the villages. One column of the form is
//! compared at a time, so that the page stays readable.

use std::collections::BTreeMap;

use maud::{Markup, html};
use schemas::form::{Column, ColumnKind, Form};
use sync_core::tally::{Bounds, Period, Tally, Value};

use super::super::villages::{Villages, village_choices};
use super::super::{Asked, Fault, show};
use super::scope::{Scope, fault, year_before};
use super::sheet::written;
use crate::office::Wanted;
use crate::report::{Change, Filled, Shown, signed};

/// A column beside the form: a heading, and what stands in each line.
pub(super) struct Beside {
    /// What it shows.
    pub(super) header: Markup,
    cells: BTreeMap<String, Markup>,
}

impl Beside {
    /// What stands beside a line.
    pub(super) fn cell(&self, line: &str) -> Markup {
        self.cells.get(line).cloned().unwrap_or_default()
    }
}

/// The column that is compared.
fn compared<'f>(asked: &Asked, form: &'f Form) -> Option<&'f Column> {
    let named = asked.query("column").and_then(|code| form.column(code));
    let counts = |column: &&Column| matches!(column.kind, ColumnKind::Children(_));
    named.filter(counts).or_else(|| form.columns.iter().find(counts))
}

/// Boxes to tick, for the form's own fields.
pub(super) fn choices(asked: &Asked, filled: &Filled) -> Markup {
    let form = &filled.form;
    let chosen = compared(asked, form).map(|column| column.code.as_str());
    let ticked = |name: &str| asked.query(name).is_some();
    html! {
        fieldset {
            legend { (asked.t("forms.beside")) }
            label.tick { input type="checkbox" name="year" value="1" checked[ticked("year")]; " " (asked.t("forms.last_year")) }
            label.tick { input type="checkbox" name="filing" value="1" checked[ticked("filing")]; " " (asked.t("forms.last_filing")) }
            @if filled.village.is_none() {
                label.tick { input type="checkbox" name="villages" value="1" checked[ticked("villages")]; " " (asked.tn("forms.by_village", &[("unit", &asked.office().unit_word())])) }
            }
            @if form.columns.len() > 1 {
                label { (asked.t("forms.compared_column")) " "
                    select name="column" {
                        @for column in form.columns.iter().filter(|column| matches!(column.kind, ColumnKind::Children(_))) {
                            option value=(column.code) selected[Some(column.code.as_str()) == chosen] {
                                (column.code) " – " (filled.header(column))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The columns asked for.
pub(super) fn wanted(asked: &Asked, scope: &Scope, filled: &Filled) -> Result<Vec<Beside>, Fault> {
    let mut beside = Vec::new();
    let Some(column) = compared(asked, &filled.form) else { return Ok(beside) };
    let of_column = |key: &str, with: &[(&str, &str)]| {
        let header = asked.tn(key, with);
        html! { (header) @if filled.form.columns.len() > 1 { br; span.muted { (asked.t("forms.column")) " " (column.code) } } }
    };
    if asked.query("year").is_some() {
        let period = filled.tally.period;
        let before = Period::new(year_before(period.from()), year_before(period.as_of()));
        if let Ok(before) = before {
            let wanted = Wanted { period: before, ..scope.wanted.clone() };
            let other = asked.office().fill(&wanted, &scope.facts).map_err(fault)?;
            let header = of_column("forms.on_day", &[("day", &show::day(before.as_of()))]);
            beside.extend(with_difference(asked, header, filled, &other, column));
        }
    }
    if asked.query("filing").is_some()
        && let Some(filing) = asked.office().last_filing(&scope.wanted)?
    {
        let frozen = asked.office().frozen(filing.number).map_err(super::filings::fault)?;
        let number = filing.number.to_string();
        let header = of_column("forms.of_filing", &[("number", &number), ("day", &show::day(filing.as_of))]);
        let header = html! { a href={ "/office/filings/" (filing.number) } { (header) } };
        beside.extend(with_difference(asked, header, filled, &frozen.filled, column));
    }
    if asked.query("villages").is_some() && filled.village.is_none() {
        beside.extend(by_village(asked, scope, filled, column)?);
    }
    Ok(beside)
}

/// What stood there, and by how much it differs now.
fn with_difference(
    asked: &Asked,
    header: Markup,
    now: &Filled,
    then: &Filled,
    column: &Column,
) -> [Beside; 2] {
    let place = |filled: &Filled| filled.form.columns.iter().position(|other| other.code == column.code);
    let of = |filled: &Filled, line: &str| {
        let at = filled.form.lines.iter().position(|other| other.code == line)?;
        Some(filled.shown(at, place(filled)?))
    };
    let mut values = BTreeMap::new();
    let mut changes = BTreeMap::new();
    for line in &now.form.lines {
        let (Some(before), Some(after)) = (of(then, &line.code), of(now, &line.code)) else { continue };
        changes.insert(line.code.clone(), difference(asked, &before, &after));
        values.insert(line.code.clone(), written(&before));
    }
    [
        Beside { header, cells: values },
        Beside { header: html! { (asked.t("forms.difference")) }, cells: changes },
    ]
}

/// `+3`, `−2`, or the least and the most it may be; a number that may have risen or fallen says so.
fn difference(asked: &Asked, then: &Shown, now: &Shown) -> Markup {
    match Change::between(then, now) {
        Change::NoNumber => html! {},
        Change::Unclear => html! { span.undecided { (asked.t("forms.unclear")) } },
        Change::By(least, most) if least == most => html! { (signed(least)) },
        Change::By(least, most) => html! {
            span.undecided { (asked.tn("forms.from_most", &[("least", &signed(least)), ("most", &signed(most))])) }
        },
    }
}

/// A column for every village of the as-of date.
fn by_village(asked: &Asked, scope: &Scope, filled: &Filled, column: &Column) -> Result<Vec<Beside>, Fault> {
    let tallies = asked.office().fill_villages(filled, &scope.facts).map_err(fault)?;
    let place = filled.form.columns.iter().position(|other| other.code == column.code).unwrap_or(0);
    let as_of = filled.tally.period.as_of();
    let column_of = |(code, tally): (String, Option<&Tally>), name: &str| Beside {
        header: html! {
            a href={ "/office/forms/" (super::scope::slug(&filled.form.form)) "?as_of=" (as_of) "&from="
                (filled.tally.period.from()) "&village=" (super::scope::encoded(&code)) } { (show::name(name)) }
        },
        cells: filled
            .form
            .lines
            .iter()
            .enumerate()
            .filter_map(|(at, line)| match tally.map(|tally| tally.lines[at].values[place]) {
                Some(Value::Children(cell)) => Some((line.code.clone(), bounds(cell.children, cell.sealed))),
                _ => None,
            })
            .collect(),
    };
    let mut villages = village_choices(asked, as_of)?;
    // What was recorded under the code of a later village stands beside the others: their sum is the commune's.
    let names = Villages::on(asked, as_of)?;
    let later: Vec<&String> =
        tallies.keys().filter(|code| villages.iter().all(|(known, _)| known != *code)).collect();
    villages.extend(later.into_iter().map(|code| (code.clone(), names.name(code))).collect::<Vec<_>>());
    Ok(villages
        .into_iter()
        .map(|(code, name)| column_of((code.clone(), tallies.get(&code)), &name))
        .collect())
}

fn bounds(bounds: Bounds, sealed: bool) -> Markup {
    html! { (show::bounds(bounds)) @if sealed { "*" } }
}
