//! The narrative report of six months or a year: the day is chosen, what will be blank is said, then it is downloaded.
//!
//! Enters: an as-of date. Leaves: the report as DOCX, with the figures of the three forms, those of the year before, and
//! where the commune stands against its targets. Nothing is counted here.

use axum::http::StatusCode;
use maud::{Markup, html};
use serde_json::json;
use sync_core::date::Date;
use sync_core::tally::Period;
use sync_core::tally::changes::changes;

use super::super::input::{Errors, date_field};
use super::super::{Area, Asked, Fault, Reply, forms, show, targets};
use super::day;
use crate::office::{FactsAt, Wanted};
use crate::problem::Code;
use crate::report::{self, Figures, Filled, Narrative, Plan, Shown, Span};

/// The form whose days are the report's.
const MAIN: &str = "03/TE";
const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

pub(super) fn half(asked: &Asked) -> Result<Reply, Fault> {
    choose(asked, Span::HalfYear)
}

pub(super) fn year(asked: &Asked) -> Result<Reply, Fault> {
    choose(asked, Span::Year)
}

pub(super) fn half_docx(asked: &Asked) -> Result<Reply, Fault> {
    narrative(asked, Span::HalfYear)
}

pub(super) fn year_docx(asked: &Asked) -> Result<Reply, Fault> {
    narrative(asked, Span::Year)
}

/// As addresses name it.
fn name(span: Span) -> &'static str {
    match span {
        Span::HalfYear => "half",
        Span::Year => "year",
    }
}

/// As the file is called.
fn file_name(span: Span, as_of: Date) -> String {
    let span = match span {
        Span::HalfYear => "6-thang",
        Span::Year => "nam",
    };
    format!("bao-cao-{span}-{as_of}.docx")
}

/// The days of the form itself, as its page chooses them.
fn period(asked: &Asked, facts: &FactsAt, form: &str, span: Span, as_of: Date) -> Result<Period, Fault> {
    let from = match span {
        Span::Year => forms::year_until(as_of),
        Span::HalfYear => {
            let form = asked.office().form_at(form, facts.known_at).map_err(forms::fault)?;
            forms::half_until(&form, as_of)
        }
    };
    Period::new(from, as_of).map_err(|_| Fault::from(Code::Internal))
}

/// The days a form of this period is compared with: the same a year before.
fn before(period: Period) -> Result<Period, Fault> {
    let [from, as_of] = [period.from(), period.as_of()].map(forms::year_before);
    Period::new(from, as_of).map_err(|_| Fault::from(Code::Internal))
}

/// The year in which the targets of the coming period are due.
fn coming_year(span: Span, as_of: Date) -> i16 {
    match span {
        Span::HalfYear if as_of.month() <= 6 => as_of.year(),
        _ => as_of.year().saturating_add(1),
    }
}

/// The page on which the day is chosen.
fn choose(asked: &Asked, span: Span) -> Result<Reply, Fault> {
    let mut errors = Errors::default();
    let written = asked.query("as_of").map(str::to_owned);
    let chosen = match day(asked) {
        Ok(day) => Some(day),
        Err(Fault::Refused(_, key)) => {
            errors.add("as_of", asked.t(key));
            None
        }
        Err(other) => return Err(other),
    };
    let title = asked.t(if span == Span::HalfYear { "exports.half_title" } else { "exports.year_title" });
    let shown = written.clone().unwrap_or_else(|| show::day(asked.today()));
    // What is downloaded is of the day that was chosen, never of another that stands in the box.
    let chosen = chosen.filter(|_| written.is_some());
    let (days, blanks) = match chosen {
        None => (None, None),
        Some(day) => {
            let facts = asked.facts()?;
            let period = period(asked, &facts, MAIN, span, day)?;
            let ends = [("from", &*show::day(period.from())), ("to", &*show::day(period.as_of()))];
            (Some(asked.tn("exports.report_days", &ends)), Some(blanks(asked, &facts, span, day)?))
        }
    };
    let body = html! {
        p { (asked.t("exports.report_what")) }
        form.filters method="get" action={ "/office/report/" (name(span)) } {
            (date_field("as_of", asked.t("exports.as_of"), &shown, errors.of("as_of")))
            button type="submit" { (asked.t("exports.choose")) }
        }
        @if let Some(days) = days { p { (days) } }
        @if let Some(day) = chosen {
            p { a.button href={ "/office/report/" (name(span)) ".docx?as_of=" (day) } download {
                (asked.tn("exports.download_docx", &[("day", &show::day(day))]))
            } }
        }
        @if let Some(blanks) = blanks { (blanks) }
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(asked.page_with(status, Area::Forms, title, body))
}

/// What the report will say "…" for: numbers nobody typed in, and what only its writer knows.
fn blanks(asked: &Asked, facts: &FactsAt, span: Span, as_of: Date) -> Result<Markup, Fault> {
    let plans = targets::plans(asked, as_of, coming_year(span, as_of), facts)?;
    let mut empty = Vec::new();
    for form in ["01/TE", "02/TE"] {
        let period = period(asked, facts, form, span, as_of)?;
        let filled = fill(asked, form, period, facts)?;
        let cells = (0..filled.form.lines.len())
            .flat_map(|line| (0..filled.form.columns.len()).map(move |column| (line, column)));
        let count = cells.filter(|(line, column)| filled.shown(*line, *column) == Shown::Missing).count();
        empty.push((form, period, count));
    }
    let without = |plan: &Plan| -> Vec<String> {
        let figures = plan.figures.iter().filter(|figure| figure.reached.is_none());
        figures.map(|figure| format!("{}. {}", figure.number, figure.what)).collect()
    };
    Ok(html! {
        section aria-labelledby="blanks" {
            h2 #blanks { (asked.t("exports.blanks_title")) }
            ul {
                @for (form, period, count) in empty.iter().filter(|(.., count)| *count > 0) {
                    li {
                        (asked.tn("exports.blank_cells", &[("form", form), ("count", &count.to_string())])) " "
                        a href={ "/office/forms/" (form.replace('/', "-")) "/typed?as_of=" (as_of) "&from=" (period.from()) } { (asked.t("forms.type_in")) }
                    }
                }
                @for plan in &plans {
                    @let missing = without(plan);
                    @if !missing.is_empty() {
                        li {
                            (asked.tn("exports.blank_targets", &[("plan", &plan.title)])) " "
                            a href={ "/office/targets?as_of=" (as_of) "&set=" (plan.set) } { (asked.t("forms.type_in")) }
                            ul { @for one in &missing { li { (one) } } }
                        }
                    }
                }
                @if plans.is_empty() { li { a href="/office/targets" { (asked.t("exports.blank_plan")) } } }
                @if plans.len() > 1 {
                    li { (asked.tn("exports.many_plans", &[("count", &plans.len().to_string())])) " "
                        a href="/office/targets" { (asked.t("exports.choose_plan")) } }
                }
                li { (asked.t("exports.blanks")) }
            }
        }
    })
}

/// The narrative report.
fn narrative(asked: &Asked, span: Span) -> Result<Reply, Fault> {
    let as_of = day(asked)?;
    let facts = asked.facts()?;
    let narrative = Narrative {
        span,
        now: figures(asked, &facts, |form| period(asked, &facts, form, span, as_of))?,
        before: figures(asked, &facts, |form| before(period(asked, &facts, form, span, as_of)?))?,
        plans: targets::plans(asked, as_of, coming_year(span, as_of), &facts)?,
    };
    let bytes = report::docx(&narrative).map_err(|_| Fault::from(Code::Internal))?;
    asked.note(json!({
        "act": "export", "what": "report", "span": name(span), "as_of": as_of.to_string(),
        "known_at": facts.known_at,
    }))?;
    Ok(Reply::file(&file_name(span, as_of), DOCX, bytes))
}

fn fill(asked: &Asked, form: &str, period: Period, facts: &FactsAt) -> Result<Filled, Fault> {
    let wanted = Wanted { form: form.to_owned(), period, village: None };
    asked.office().fill(&wanted, facts).map_err(forms::fault)
}

/// What is known of the days that `period` gives each form.
fn figures(
    asked: &Asked,
    facts: &FactsAt,
    period: impl Fn(&str) -> Result<Period, Fault>,
) -> Result<Figures, Fault> {
    let below = 16;
    let flow = changes(&facts.households, &facts.pairs, period(MAIN)?, below, None);
    let of = |form: &str| fill(asked, form, period(form)?, facts);
    Ok(Figures {
        basic: of("01/TE")?,
        system: of("02/TE")?,
        special: of(MAIN)?,
        flow: flow.map_err(|_| Fault::from(Code::Internal))?.total,
    })
}
