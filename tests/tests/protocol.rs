//! `docs/protocol.md` and `schemas/wire/exchange.cddl` say what the code does: every limit, code and
//! message is held against them, and the bytes of version 1 are frozen.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "protocol/messages.rs"]
mod messages;
#[path = "protocol/notices.rs"]
mod notices;
#[path = "protocol/reminders.rs"]
mod reminders;
#[path = "protocol/sample.rs"]
mod sample;
#[path = "protocol/tables.rs"]
mod tables;
#[path = "protocol/vectors.rs"]
mod vectors;
