//! The real binary under test: the office and the phones are processes, the line between them a proxy.
//!
//! Tests wait for lines a process prints, for processes to end and for bytes to pass, never for time.

mod binary;
mod line;
mod office;
mod phone;

pub use binary::{Ran, command, run, sothon};
pub use line::{Event, Line};
pub use office::{Commune, Serving};
pub use phone::{Handset, SyncRun};
