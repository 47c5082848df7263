//! The register: households and people found, and one household with everything that is recorded of it and
//! everybody who recorded it.
//!
//! Enters: what is looked for; a document. Leaves: lists made from rows ([`crate::office::pages`]), the household's
//! page, its history, its sheet of the book. Invariants: nothing is written here but who opened a sealed report; no
//! search word or name is ever part of an address; a sealed report is a number unless the session holds the
//! confidential key.

pub(super) mod clock;
mod fields;
mod history;
mod household;
mod list;
mod people;
mod print;
#[cfg(test)]
mod tests;
pub(super) mod told;

use sync_core::id::DocumentId;

use super::{Access, Asked, Fault, Route};

pub(super) use list::pager;

pub(super) const ROUTES: &[Route] = &[
    Route::get("/office/register", Access::Officer, list::list),
    Route::post("/office/register/search", Access::Officer, list::search),
    Route::get("/office/household/{document}", Access::Officer, household::page),
    Route::get("/office/household/{document}/history", Access::Officer, history::page),
    Route::get("/office/household/{document}/print", Access::Officer, print::page),
    Route::get("/office/change/{hash}", Access::Officer, history::change),
];

/// The household that the address names.
fn document(asked: &Asked) -> Result<DocumentId, Fault> {
    asked.path("document").parse().map_err(|_| Fault::NotFound)
}
