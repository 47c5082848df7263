//! The phone's half of the way of a fact, as its pages see it: one method for each call of
//! `phone/app/src/core/api.ts`, from JSON to JSON.
//!
//! Enters: calls of the Worker. Leaves: answers, and bytes to be sent. Invariant: this crate converts and
//! never decides; what a household is, what is disputed or missing and what a form says is the core's.
