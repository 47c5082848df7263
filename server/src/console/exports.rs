//! Files to keep, print or send: forms in every format, the narrative report, the register and lists of children.
//!
//! Enters: an address with codes and days. Leaves: a file, whose name says form and day and never a person; and an act
//! in the log that says which list left the office, without anybody's name. Invariants: nothing is counted or laid out
//! here ([`crate::report`]); names stand in lists only; children behind restricted lines are listed only for a session
//! that holds the confidential key.

mod lists;

use axum::http::StatusCode;
use maud::html;
use serde_json::json;
use sync_core::date::Date;
use sync_core::tally::Period;
use sync_core::tally::changes::changes;

use super::input::{Errors, date_field, parse_day};
use super::{Access, Area, Asked, Fault, Reply, Route, forms, show};
use crate::office::{FactsAt, Wanted};
use crate::problem::Code;
use crate::report::{self, Figures, Filled, Narrative, Span};

pub(super) const ROUTES: &[Route] = &[
    Route::get("/office/forms/{form}/file/{format}", Access::Officer, form),
    Route::get("/office/report/half", Access::Officer, half),
    Route::get("/office/report/half.docx", Access::Officer, half_docx),
    Route::get("/office/report/year", Access::Officer, year),
    Route::get("/office/report/year.docx", Access::Officer, year_docx),
    Route::get("/office/lists/register.xlsx", Access::Officer, lists::register),
    Route::get("/office/lists/circumstance/{code}", Access::Officer, lists::circumstance),
    Route::get("/office/lists/circumstance/{code}/xlsx", Access::Officer, lists::circumstance_xlsx),
];

/// What a workbook is called on the wire.
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/// A form as a file.
fn form(asked: &Asked) -> Result<Reply, Fault> {
    let filled = forms::filled(asked)?;
    let reply = file(&filled, asked.path("format"))?;
    let village = filled.village.as_ref().map(|(code, _)| code);
    asked.note(json!({
        "act": "export", "what": filled.form.form, "format": asked.path("format"), "village": village,
        "as_of": filled.tally.period.as_of().to_string(), "known_at": filled.known_at,
    }))?;
    Ok(reply)
}

/// A filled form in one of the formats: `xlsx`, `pdf`, `csv`, `json`, `txt`.
pub(super) fn file(filled: &Filled, format: &str) -> Result<Reply, Fault> {
    let fault = |_| Fault::from(Code::Internal);
    let (media, bytes) = match format {
        "xlsx" => (XLSX, report::xlsx(filled).map_err(|_| fault(()))?),
        "pdf" => ("application/pdf", report::pdf(filled).map_err(|_| fault(()))?),
        "csv" => ("text/csv; charset=utf-8", report::csv(filled)),
        "json" => ("application/json", report::json(filled)),
        "txt" => ("text/plain; charset=utf-8", report::table(filled).into_bytes()),
        _ => return Err(Fault::NotFound),
    };
    Ok(Reply::file(&filled.file_name(format), media, bytes))
}

fn half(asked: &Asked) -> Result<Reply, Fault> {
    choose(asked, Span::HalfYear)
}

fn year(asked: &Asked) -> Result<Reply, Fault> {
    choose(asked, Span::Year)
}

fn half_docx(asked: &Asked) -> Result<Reply, Fault> {
    narrative(asked, Span::HalfYear)
}

fn year_docx(asked: &Asked) -> Result<Reply, Fault> {
    narrative(asked, Span::Year)
}

fn name(span: Span) -> &'static str {
    match span {
        Span::HalfYear => "half",
        Span::Year => "year",
    }
}

/// The day that was asked for; today otherwise.
fn day(asked: &Asked) -> Result<Date, Fault> {
    let refused = |key| Fault::Refused(StatusCode::UNPROCESSABLE_ENTITY, key);
    let Some(written) = asked.query("as_of") else { return Ok(asked.today()) };
    let day = parse_day(written).ok_or(refused("forms.day_unreadable"))?;
    forms::day_problem(day, asked.today()).map_or(Ok(day), |key| Err(refused(key)))
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
    let body = html! {
        p { (asked.t("exports.report_what")) }
        form.filters method="get" action={ "/office/report/" (name(span)) } {
            (date_field("as_of", asked.t("exports.as_of"), &shown, errors.of("as_of")))
            button type="submit" { (asked.t("exports.choose")) }
        }
        // What is downloaded is of the day that was chosen, never of another that stands in the box.
        @if let Some(day) = chosen.filter(|_| written.is_some()) {
            p { a href={ "/office/report/" (name(span)) ".docx?as_of=" (day) } {
                (asked.tn("exports.download_docx", &[("day", &show::day(day))]))
            } }
            p.muted { (asked.t("exports.blanks")) }
        }
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(asked.page_with(status, Area::Forms, title, body))
}

/// The narrative report.
fn narrative(asked: &Asked, span: Span) -> Result<Reply, Fault> {
    let as_of = day(asked)?;
    let facts = asked.facts()?;
    let period = |as_of: Date| {
        let from = match span {
            Span::Year => forms::year_until(as_of),
            Span::HalfYear => {
                as_of.saturating_sub(jiff::Span::new().months(6)).saturating_add(jiff::Span::new().days(1))
            }
        };
        Period::new(from, as_of).map_err(|_| Fault::from(Code::Internal))
    };
    let before = forms::year_before(as_of);
    let narrative = Narrative {
        span,
        now: figures(asked, &facts, period(as_of)?)?,
        before: figures(asked, &facts, period(before)?)?,
    };
    let bytes = report::docx(&narrative).map_err(|_| Fault::from(Code::Internal))?;
    asked.note(json!({
        "act": "export", "what": "report", "span": name(span), "as_of": as_of.to_string(),
        "known_at": facts.known_at,
    }))?;
    Ok(Reply::file(&format!("bao-cao-{}-{as_of}.docx", name(span)), DOCX, bytes))
}

fn figures(asked: &Asked, facts: &FactsAt, period: Period) -> Result<Figures, Fault> {
    let fill = |form: &str| {
        let wanted = Wanted { form: form.to_owned(), period, village: None };
        asked.office().fill(&wanted, facts).map_err(forms::fault)
    };
    let below = 16;
    let flow = changes(&facts.households, &facts.pairs, period, below, None);
    Ok(Figures {
        basic: fill("01/TE")?,
        system: fill("02/TE")?,
        special: fill("03/TE")?,
        flow: flow.map_err(|_| Fault::from(Code::Internal))?.total,
    })
}
