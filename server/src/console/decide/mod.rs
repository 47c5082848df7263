//! The officer's queue: everything that waits for somebody to say what is right.
//!
//! Between steps 7 and 8 of the way of a fact. Enters: disputed fields, candidate pairs, moves,
//! contradictions, missing numbers and refused changes, as the office's index tells them. Leaves: deeds,
//! each a signed change that travels to the phones and can be taken back. Invariants: one item is open at
//! a time and the address says which by random keys only; whoever decides says what they saw, so that of
//! two officers the second is told and nothing is overwritten; nothing typed is lost to a message; whatever
//! a key of the keyboard does, Tab and Enter do as well.

mod aside;
mod bulk;
mod contradictions;
mod deed;
mod done;
mod field;
mod filter;
mod key;
mod moves;
mod numbers;
mod numbers_print;
mod other;
mod pairs;
mod quarantine;
mod queue;
mod reason;
mod safe;
mod sides;
mod standing;
#[cfg(test)]
mod tests;
mod told;
mod two;
mod typed;
mod values;

use sync_core::id::{DocumentId, EntityId};

use super::{Access, Route};

pub(super) const ROUTES: &[Route] = &[
    Route::get("/office/decide", Access::Officer, queue::page),
    Route::post("/office/decide/value", Access::Officer, values::decide),
    Route::get("/office/decide/pair", Access::Officer, two::page),
    Route::post("/office/decide/pair", Access::Officer, pairs::decide),
    Route::post("/office/decide/unlink", Access::Officer, pairs::unlink),
    Route::get("/office/decide/other", Access::Officer, other::page),
    Route::post("/office/decide/other", Access::Officer, other::search),
    Route::post("/office/decide/households", Access::Officer, pairs::decide_households),
    Route::post("/office/decide/move", Access::Officer, moves::decide),
    Route::post("/office/decide/later", Access::Officer, aside::later),
    Route::post("/office/decide/right", Access::Officer, aside::right),
    Route::post("/office/decide/withdraw", Access::Officer, contradictions::withdraw),
    Route::get("/office/decide/field", Access::Officer, field::page),
    Route::post("/office/decide/field", Access::Officer, field::correct),
    Route::post("/office/decide/number", Access::Officer, numbers::save),
    Route::get("/office/decide/numbers/print", Access::Officer, numbers_print::page),
    Route::get("/office/decide/numbers/xlsx", Access::Officer, numbers_print::file),
    Route::post("/office/decide/quarantine", Access::Officer, quarantine::decide),
    Route::post("/office/decide/bulk", Access::Officer, bulk::preview),
    Route::post("/office/decide/bulk/write", Access::Officer, bulk::write),
    Route::post("/office/decide/bulk/{first}/{last}/undo", Access::Officer, done::undo_group),
    Route::post("/office/deeds/{id}/undo", Access::Officer, done::undo),
];

/// The page of two records that somebody names, asked for from a household's.
pub(super) use two::address as two_records;

/// Where a record is sought that is the same child or household as this one.
pub(super) fn link_with(document: DocumentId, person: Option<&EntityId>) -> String {
    other::address(document, person, None)
}

/// How much waits of each kind: the kind as addresses say it, as people read it, and the count. For the first page.
pub(super) fn waiting(
    asked: &super::Asked,
) -> Result<Vec<(&'static str, String, u64)>, crate::problem::Problem> {
    queue::waiting(asked)
}
