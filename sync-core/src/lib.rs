//! The pure core of Sổ Thôn: the same code on a collector's device, at the office, in the command line and
//! in the simulation.
//!
//! The tour follows the way of a fact. Each step is a module, and each module says what enters, what
//! leaves and what it must not know.
//!
//! 1. **Visit.** A collector writes down what a household says: field by field on a phone ([`visit`]), or as one
//!    JSON *form entry* (`schemas/records/entry.1.schema.json`) that a client hands over.
//! 2. **Edits.** [`entry`] turns the entry into edits and seals what is restricted ([`seal`]).
//!    [`issues`] tells what is missing, doubtful or contradictory then; it never keeps anything from being saved.
//! 3. **A change.** [`document`] writes the edits into the household's Automerge document as one change.
//!    [`chunk`] reads and rebuilds a change's envelope without the CRDT library.
//! 4. **A signed batch.** [`mod@batch`]: changes, numbered and signed by the device that made them.
//! 5. **The exchange.** [`wire`] says what travels, [`device`] is the device's half: a session without
//!    sockets and the contract of its store. [`heads`] is how both ends see that they agree. What is no
//!    change travels beside the batches: [`notice`] (urgent reports, sign-offs); and a [`letter`] carries
//!    signed work out of a device that is locked. The office's half, with the log, is in the `server`
//!    crate (`office`); what it does to a change before it may enter the log is [`document::examine`].
//! 6. **Facts.** [`projection`] drops names and numbers and keeps what a tally reads ([`facts`]);
//!    [`pairs`] finds the records that may be one person, [`candidates`] those an officer should look at besides.
//! 7. **The tally.** [`tally`] fills a form from facts, each cell with its least and its most, and finds
//!    the way back from a cell to the children and the parts of their records. Beside it, what changed
//!    between two days ([`tally::changes`], [`tally::happened`]), and where a commune stands against the
//!    targets of its plan ([`target`]).
//! 8. **The printed form** is the `server` crate's (`report`).
//!
//! What a person sees of it on the way: [`register`] (each household in a row), [`history`] (who wrote a value,
//! who decided), [`review`] (what is left to do in a review round).
//!
//! Used by all of them: [`id`] (names of everything), [`date`] (days, and dates of which only the year or
//! the month is known), [`limits`] (every limit of the protocol and of a document), [`random`].
//!
//! # Architecture invariants
//!
//! - No clock, randomness, files, sockets or threads: time and chance are arguments. `clippy.toml` of this
//!   crate forbids them, and `cargo xtask test` compiles it for `wasm32-unknown-unknown`.
//! - Nothing that leaves depends on the order of a hash map.
//! - Bytes from outside never panic out of this crate. The CRDT library may panic on them; [`document::guarded`]
//!   catches that, so no program that takes changes from outside may be built with `panic = "abort"`.
//! - This crate depends on `schemas` and on no other crate of the workspace.
//! - Personal data is in no `Display`, `Debug` or error.

pub mod batch;
pub mod candidates;
pub mod chunk;
pub mod date;
pub mod device;
pub mod document;
pub mod entry;
pub mod facts;
pub mod heads;
pub mod history;
pub mod id;
pub mod issues;
pub mod letter;
pub mod limits;
pub mod notice;
pub mod pairs;
pub mod projection;
pub mod random;
pub mod register;
pub mod review;
pub mod seal;
pub mod tally;
pub mod target;
pub mod visit;
pub mod wire;
