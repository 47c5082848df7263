//! What is looked at rather than read: coverage by village, circumstances by group, and by period.
//!
//! Enters: the villages' places in the round, and counts of 03/TE kept in memory ([`crate::office::Office::counted`]).
//! Leaves: charts. Invariants: every number is one that 03/TE shows for the same day, least and most where something
//! is undecided; nobody's name is here.

use std::collections::BTreeMap;

use maud::{Markup, html};
use schemas::form::{Form, Line};
use sync_core::date::Date;
use sync_core::review::period_begin;
use sync_core::tally::{Bounds, Counter, Period, Tally};
use sync_core::wire::ReviewRound;

use super::super::charts::{Bar, BarChart, Mark, Part, Scale, bars};
use super::super::{Asked, Fault, show};
use crate::office::FactsAt;
use crate::office::pages::VillageState;
use crate::problem::Code;

/// The form whose lines are the groups.
const FORM: &str = "03/TE";
/// Section of children in special circumstances, and of those at risk.
const SECTIONS: [&str; 2] = ["II", "III"];
/// Days of report shown beside one another, today included.
const DAYS_SHOWN: usize = 4;

/// All charts of the page.
pub(super) fn section(
    asked: &Asked,
    round: Option<&ReviewRound>,
    villages: &[&VillageState],
) -> Result<Markup, Fault> {
    let facts = asked.facts()?;
    let form = &asked.office().form_at(FORM, facts.known_at).map_err(|_| Code::Internal)?;
    let today = asked.today();
    let days: Vec<Date> = report_days(form, today);
    let tallies =
        days.iter().map(|day| tally(asked, form, *day, &facts)).collect::<Result<Vec<_>, Fault>>()?;
    let Some(now) = tallies.last() else { return Err(Code::Internal.into()) };
    Ok(html! {
        section.figures aria-labelledby="figures" {
            h2 #figures { (asked.t("today.figures")) }
            @if round.is_some() { (bars(&coverage(asked, villages))) }
            @for section in SECTIONS {
                (bars(&groups(asked, form, now, section)))
                (bars(&periods(asked, form, &tallies, section)))
            }
            @if now.sealed > 0 {
                p.muted { (asked.tn("today.sealed", &[("count", &show::number(now.sealed))])) }
            }
        }
    })
}

/// The last days on which the form was due, oldest first, and today.
fn report_days(form: &Form, today: Date) -> Vec<Date> {
    let years = [today.year() - 2, today.year() - 1, today.year()];
    let mut days: Vec<Date> = years
        .into_iter()
        .flat_map(|year| {
            form.deadlines.iter().filter_map(move |due| Date::new(year, due.month, due.day).ok())
        })
        .filter(|day| *day < today)
        .collect();
    days.sort_unstable();
    days.push(today);
    days.split_off(days.len().saturating_sub(DAYS_SHOWN))
}

fn tally(asked: &Asked, form: &Form, as_of: Date, facts: &FactsAt) -> Result<Tally, Fault> {
    let period = Period::new(period_begin(as_of), as_of).map_err(|_| Code::Internal)?;
    let counted = asked.office().counted(form, period, None, facts).map_err(|_| Code::Internal)?;
    let counter = Counter::new(form, period, None).map_err(|_| Code::Internal)?;
    // Shares of parameters are not drawn.
    Ok(counter.tally(&counted, &BTreeMap::new()))
}

fn coverage(asked: &Asked, villages: &[&VillageState]) -> BarChart {
    let unit = &asked.office().unit_word();
    let mut villages = villages.to_vec();
    villages.sort_by(|a, b| a.code.cmp(&b.code));
    let bars = villages.iter().map(|state| {
        let left = state.households.saturating_sub(state.visited + state.tried);
        Bar {
            label: show::plain(&state.name),
            href: None,
            parts: vec![state.visited, state.tried, left],
            text: format!("{}/{}", show::number(state.visited), show::number(state.households)),
        }
    });
    BarChart {
        id: "coverage",
        title: asked.tn("today.coverage", &[("unit", unit)]),
        description: asked.t("today.coverage_says").to_owned(),
        heading: asked.tn("today.village", &[("unit", unit)]),
        total: asked.t("today.visited").to_owned(),
        table: asked.t("today.numbers").to_owned(),
        parts: vec![
            Part { label: asked.t("today.part_visited").to_owned(), mark: Mark::Solid },
            Part { label: asked.t("today.part_tried").to_owned(), mark: Mark::Hatched },
            Part { label: asked.t("today.part_left").to_owned(), mark: Mark::Outline },
        ],
        bars: bars.collect(),
        scale: Scale::Share,
    }
}

fn groups(asked: &Asked, form: &Form, tally: &Tally, section: &str) -> BarChart {
    let is_group = |line: &&Line| {
        line.depth == 1 && line.code.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'))
    };
    let (from, as_of) = (tally.period.from(), tally.period.as_of());
    let all = form.total_column();
    let column = form.columns.get(all).map_or("", |column| column.code.as_str());
    let bars = form.lines.iter().filter(is_group).map(|line| {
        let (code, children) = (&line.code, children(tally, &line.code, all));
        let href = format!("/office/forms/03-TE/cell?line={code}&column={column}&as_of={as_of}&from={from}");
        bar(format!("{} {}", line.number, line.label), Some(href), children)
    });
    BarChart { bars: bars.collect(), ..counting(asked, section, "groups", &show::day(as_of)) }
}

fn periods(asked: &Asked, form: &Form, tallies: &[Tally], section: &str) -> BarChart {
    let bars = tallies.iter().map(|tally| {
        let (from, as_of) = (tally.period.from(), tally.period.as_of());
        let href = format!("/office/forms/03-TE?as_of={as_of}&from={from}");
        bar(show::day(as_of), Some(href), children(tally, section, form.total_column()))
    });
    BarChart { bars: bars.collect(), ..counting(asked, section, "periods", "") }
}

fn children(tally: &Tally, line: &str, column: usize) -> Bounds {
    tally.cell(line, column).map(|cell| cell.children).unwrap_or_default()
}

/// A bar that is full as far as it is certain.
fn bar(label: String, href: Option<String>, bounds: Bounds) -> Bar {
    let text = match bounds.exact() {
        Some(exact) => show::number(exact),
        None => format!("{}–{}", show::number(bounds.least), show::number(bounds.most)),
    };
    Bar { label, href, parts: vec![bounds.least, bounds.most.saturating_sub(bounds.least)], text }
}

/// A chart that counts children, still without bars.
fn counting(asked: &Asked, section: &str, by: &str, day: &str) -> BarChart {
    let (id, title) = match (section, by) {
        ("II", "groups") => ("special-groups", "today.special_groups"),
        ("II", _) => ("special-periods", "today.special_periods"),
        (_, "groups") => ("risk-groups", "today.risk_groups"),
        _ => ("risk-periods", "today.risk_periods"),
    };
    BarChart {
        id,
        title: asked.tn(title, &[("day", day)]),
        description: asked.t("today.counting_says").to_owned(),
        heading: asked.t(if by == "groups" { "today.group" } else { "today.as_of" }).to_owned(),
        total: asked.t("today.children").to_owned(),
        table: asked.t("today.numbers").to_owned(),
        parts: vec![
            Part { label: asked.t("today.part_certain").to_owned(), mark: Mark::Solid },
            Part { label: asked.t("today.part_undecided").to_owned(), mark: Mark::Hatched },
        ],
        bars: Vec::new(),
        scale: Scale::Common,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use schemas::form::form;

    use super::*;
    use crate::console::tests::Desk;

    #[test]
    fn the_last_days_of_report_are_shown_with_today_last() {
        let form = form(FORM).expect("a form of the product");
        let days = |text: &str| -> Vec<String> {
            let today = text.parse().expect("a day");
            report_days(form, today).iter().map(ToString::to_string).collect()
        };
        assert_eq!(days("2026-11-23"), ["2025-11-20", "2026-05-25", "2026-11-20", "2026-11-23"]);
        assert_eq!(days("2026-05-25"), ["2024-11-20", "2025-05-25", "2025-11-20", "2026-05-25"]);
    }

    #[test]
    fn charts_are_of_the_communes_own_columns_and_lead_into_them() {
        let mut desk = Desk::officer();
        let column = |code: &str, filter: &str| {
            format!(
                r#"{{"code": "{code}", "header": "h", "unit": "", "confirmed": true, "kind": {{"children": {filter}}}}}"#
            )
        };
        let columns = [column("nu", r#"{"sex": "female"}"#), column("tong", "{}")].join(",");
        let own = format!(r#"{{"form": "03/TE", "edition": "2024", "columns": [{columns}]}}"#);
        let sent = desk.send("/office/settings/columns/03-TE", &[("text", &own)], &[]);
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
        let page = desk.open("/office").text();
        assert!(page.contains("line=II.1&amp;column=tong&amp;"), "{page}");
    }

    #[test]
    fn what_is_undecided_is_a_part_of_its_own() {
        let shown = bar("II.4".into(), None, Bounds { least: 10, most: 12 });
        assert_eq!((shown.parts, shown.text.as_str()), (vec![10, 2], "10–12"));
        let exact = bar("II.4".into(), None, Bounds { least: 1_200, most: 1_200 });
        assert_eq!((exact.parts, exact.text.as_str()), (vec![1_200, 0], "1.200"));
    }
}
