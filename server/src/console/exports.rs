//! Files to keep, print or send: forms in every format, the narrative report, the register and lists of children.
//!
//! Enters: an address with codes and days. Leaves: a file, whose name says form and day and never a person; and an act
//! in the log that says which list left the office, without anybody's name. Invariants: nothing is counted or laid out
//! here ([`crate::report`]); names stand in lists only; children behind restricted lines are listed only for a session
//! that holds the confidential key.

mod circumstance;
mod lists;
mod narrative;
mod register;
#[cfg(test)]
mod tests;

use axum::http::StatusCode;
use serde_json::json;
use sync_core::date::Date;

use super::input::parse_day;
use super::{Access, Asked, Fault, Reply, Route, forms};
use crate::problem::Code;
use crate::report::{self, Filled};

pub(super) use circumstance::groups;
pub(super) use lists::{household, written};

pub(super) const ROUTES: &[Route] = &[
    Route::get("/office/forms/{form}/file/{format}", Access::Officer, form),
    Route::get("/office/report/half", Access::Officer, narrative::half),
    Route::get("/office/report/half.docx", Access::Officer, narrative::half_docx),
    Route::get("/office/report/year", Access::Officer, narrative::year),
    Route::get("/office/report/year.docx", Access::Officer, narrative::year_docx),
    Route::get("/office/lists/register.xlsx", Access::Officer, register::register),
    Route::get("/office/lists/circumstance/{code}", Access::Officer, circumstance::page),
    Route::get("/office/lists/circumstance/{code}/print", Access::Officer, circumstance::print),
    Route::get("/office/lists/circumstance/{code}/xlsx", Access::Officer, circumstance::xlsx),
];

/// What a workbook is called on the wire.
pub(super) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

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

/// The day that was asked for; today otherwise.
fn day(asked: &Asked) -> Result<Date, Fault> {
    let refused = |key| Fault::Refused(StatusCode::UNPROCESSABLE_ENTITY, key);
    let Some(written) = asked.query("as_of") else { return Ok(asked.today()) };
    let day = parse_day(written).ok_or(refused("forms.day_unreadable"))?;
    forms::day_problem(day, asked.today()).map_or(Ok(day), |key| Err(refused(key)))
}
