//! The register as a person reads it: each household in one row, found by what people would look for.
//!
//! Enters: a document's [`crate::document::View`] and its facts, the day on which it is looked at, the record
//! definition. Leaves: a [`Summary`], small enough that a store keeps one beside each document and a phone
//! reads three hundred of them at a start; [`PersonNow`] for a household's page; [`Numbers`], by which a
//! household is named. Invariants: nothing is decided here: counts follow from [`crate::issues`] and from the
//! same reading of facts as [`crate::tally`]; a sealed report is counted and never read.

mod names;
mod people;
mod summary;
#[cfg(test)]
mod tests;

pub use names::{HouseholdName, NoName, NotFound, Numbers};
pub use people::{PersonNow, Sixteen, people_on};
pub(crate) use summary::is_met;
pub use summary::{EDITION, InRound, Summary, VisitMark};
