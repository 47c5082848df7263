//! The reference client: a collector's device on the command line.
//!
//! The tour: [`device_store`] keeps everything in one SQLite file; [`client`] carries the core's messages over
//! TLS and tries again; [`register`] reads the households for people; [`cli`] is what a collector types,
//! in the words of [`messages`].
//!
//! Architecture invariant: what a device *does* is decided in `sync_core::device`, `entry` and
//! `document`, the same code the phone runs; here are only files, sockets, the clock and the terminal.
//! Nothing here is used by the office.

pub mod cli;
pub mod client;
pub mod messages;
pub mod register;
