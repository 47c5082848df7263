//! What a faulty program, a damaged disk or an attacker may send, one named test for each.
//!
//! Each asserts a stable code; that nothing acknowledged is missing on the office's disk; that
//! everything else of that device is still accepted; that what was refused is kept with its bytes and
//! visible to its collector and to the office; and that the office works afterwards. What only exists
//! in HTTP (content codings, headers, connections) is tested beside `server::http`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::needless_pass_by_value, reason = "a test hands its bytes over and is done with them")]

#[path = "bad_input/bench.rs"]
mod bench;
#[path = "bad_input/changes.rs"]
mod changes;
#[path = "bad_input/devices.rs"]
mod devices;
#[path = "bad_input/disks.rs"]
mod disks;
#[path = "bad_input/guards.rs"]
mod guards;
#[path = "bad_input/notices.rs"]
mod notices;
#[path = "bad_input/operations.rs"]
mod operations;
#[path = "bad_input/requests.rs"]
mod requests;
