//! The commune's server and command line, `sothon`: every input and output around the pure core
//! (`sync_core`).
//!
//! The tour:
//!
//! - [`office`] keeps the log in one SQLite file: takes in batches, examines, logs or quarantines every
//!   change, projects, pages the log out to the devices, and reads facts for the tallies. It knows nothing
//!   of HTTP.
//! - [`http`] is its door: TLS 1.3, limits, the addresses `/v1/exchange`, `/v1/letter` and `/v1/enrol`,
//!   `/health` and `/metrics`. It understands no message.
//! - [`console`] makes the officer's pages: it asks the office and the core, and prints.
//! - [`problem`] holds the codes of everything that can be wrong with a request as a whole.
//! - [`phone`] is the reference client: a device's store in SQLite, TLS with retries, Vietnamese and English
//!   messages, its own command line. It uses the office over the network only, like any other device.
//! - [`mod@import`] takes in the register a commune already keeps, as changes by the office's own device.
//! - [`report`] prints a filled form: table, CSV, JSON, XLSX.
//! - [`cli`] is one file a command; it reads, calls and prints. `sothon --help` is its documentation.
//! - [`logging`] starts the log and keeps panics' payloads out of it.
//!
//! # Architecture invariants
//!
//! - No rule of documents, signatures or counting is decided here: those are the core's, so that a phone
//!   and the office can't differ.
//! - One thread writes to the register's database (`office::writer`); an answer that acknowledges a batch
//!   leaves after the commit that holds it.
//! - The clock and randomness are read in [`cli`], in the command line of [`phone`] and in [`http`]
//!   (deadlines, its default clock, request names, certificates) and nowhere else; [`office`] and
//!   [`mod@import`] are given both.
//! - No log line, problem or metric carries personal data.

pub mod cli;
pub mod console;
pub mod http;
pub mod import;
pub mod logging;
pub mod office;
pub mod phone;
pub mod problem;
pub mod report;
