//! Sổ Thôn's definitions as data: what may be recorded, which codes it may use, and which lines the
//! official forms have.
//!
//! The tour, in the order a fact meets them:
//!
//! - [`record`]: what a household's record consists of: entities, fields, their limits, labels, purpose
//!   and sensitivity; and the JSON Schema of the form entry a client hands in.
//! - [`catalogue`]: the codes a field may hold, with days of validity and successors.
//! - [`form`]: every line of the official forms, what fills it and what must add up.
//! - [`export`]: the columns the register has when it leaves for another program.
//! - [`target`]: what communes' plans promise, and which of it the register counts.
//! - [`mod@format`]: numbers on paper, checked and warned about, never blocking.
//! - [`text`]: Vietnamese text as it is shown, searched and sorted.
//!
//! A new form of the ministry or a new list of codes is a new data file, not new code. Everything here
//! is pure: the data is compiled in, and validated when first used and by tests.
//!
//! Architecture invariant: this crate knows no document, no device and no person; it depends on no
//! other crate of the workspace.

pub mod catalogue;
pub mod export;
pub mod form;
pub mod format;
pub mod record;
pub mod target;
pub mod text;
