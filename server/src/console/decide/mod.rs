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
mod key;
mod moves;
mod numbers;
mod numbers_print;
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
mod typed;
mod values;

use super::{Access, Route};

pub(super) const ROUTES: &[Route] = &[
    Route::get("/office/decide", Access::Officer, queue::page),
    Route::post("/office/decide/value", Access::Officer, values::decide),
    Route::post("/office/decide/pair", Access::Officer, pairs::decide),
    Route::post("/office/decide/households", Access::Officer, pairs::decide_households),
    Route::post("/office/decide/move", Access::Officer, moves::decide),
    Route::post("/office/decide/later", Access::Officer, aside::later),
    Route::post("/office/decide/right", Access::Officer, aside::right),
    Route::post("/office/decide/withdraw", Access::Officer, contradictions::withdraw),
    Route::get("/office/decide/field", Access::Officer, field::page),
    Route::post("/office/decide/field", Access::Officer, field::correct),
    Route::post("/office/decide/number", Access::Officer, numbers::save),
    Route::get("/office/decide/numbers/print", Access::Officer, numbers_print::page),
    Route::post("/office/decide/quarantine", Access::Officer, quarantine::decide),
    Route::post("/office/decide/bulk", Access::Officer, bulk::preview),
    Route::post("/office/decide/bulk/write", Access::Officer, bulk::write),
    Route::post("/office/decide/bulk/{first}/{last}/undo", Access::Officer, done::undo_group),
    Route::post("/office/deeds/{id}/undo", Access::Officer, done::undo),
];

/// How much waits of each kind: the kind as addresses say it, as people read it, and the count. For the first page.
pub(super) fn waiting(
    asked: &super::Asked,
) -> Result<Vec<(&'static str, String, u64)>, crate::problem::Problem> {
    queue::waiting(asked)
}
