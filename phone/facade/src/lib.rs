//! The phone's half of the way of a fact, as its pages see it: one method for each call of
//! `phone/app/src/core/api.ts`, from JSON to JSON.
//!
//! The tour: [`vault`] opens the store's key with the PIN; [`phone`] answers calls from an open store – the
//! list, a household, a visit under way, the review of a round, notices – and speaks to the office through
//! the core's session; [`backup`] is the sealed file. `browser` is the crate's face in a browser.
//!
//! Enters: calls of the Worker. Leaves: answers, and bytes to be sent. Invariant: this crate converts and
//! never decides; what a household is, what is disputed or missing and what a form says is the core's.

pub mod backup;
#[cfg(target_family = "wasm")]
pub mod browser;
mod calls;
mod definitions;
mod device;
mod household;
mod line;
mod list;
mod notices;
pub mod phone;
pub mod refusal;
mod review;
pub mod vault;
mod visit;
