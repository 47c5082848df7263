//! Official forms on the screen: filled for a day, led back from a cell to the children, typed in, frozen.
//!
//! Enters: which form, for which day, period and village ([`scope`]). Leaves: the form in its official layout
//! ([`sheet`]), beside last year, the last filing and the villages ([`beside`]); the children behind a cell ([`cell`],
//! [`behind`], [`children`]); the lines an officer types in ([`typed`]); a filing ([`freeze`], [`filings`]). Invariants:
//! nothing is counted here; children behind restricted lines are listed only for a session that holds the confidential
//! key; a proposal carried over from the last period is not saved until somebody takes it.

mod behind;
mod beside;
mod cell;
mod checks;
mod children;
mod choose;
mod filings;
mod freeze;
mod scope;
mod sheet;
#[cfg(test)]
mod tests;
mod typed;

use super::{Access, Asked, Fault, Route};
use crate::report::Filled;

pub(super) use children::{Children, Told};
pub(super) use scope::{day_problem, encoded, fault, half_until, year_before, year_until};

pub(super) const ROUTES: &[Route] = &[
    Route::get("/office/forms", Access::Officer, choose::page),
    Route::get("/office/forms/{form}", Access::Officer, sheet::page),
    Route::get("/office/forms/{form}/cell", Access::Officer, cell::page),
    Route::get("/office/forms/{form}/cell/print", Access::Officer, behind::print),
    Route::get("/office/forms/{form}/cell/file/{kind}", Access::Officer, behind::file),
    Route::get("/office/forms/{form}/typed", Access::Officer, typed::page),
    Route::post("/office/forms/{form}/typed", Access::Officer, typed::save),
    Route::get("/office/forms/{form}/freeze", Access::Officer, freeze::page),
    Route::post("/office/forms/{form}/freeze", Access::Officer, freeze::freeze),
    Route::get("/office/filings", Access::Officer, filings::list),
    Route::get("/office/filings/{id}", Access::Officer, filings::page),
    Route::get("/office/filings/{id}/file/{kind}", Access::Officer, filings::file),
];

/// The form that an address of this area asks for, filled.
///
/// # Errors
/// What can't be asked for.
pub(super) fn filled(asked: &Asked) -> Result<Filled, Fault> {
    let scope = scope::Scope::of(asked)?;
    asked.office().fill(&scope.wanted, &scope.facts).map_err(fault)
}
