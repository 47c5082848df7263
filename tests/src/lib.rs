//! Everything that is tested or measured across crates. Nothing in the product depends on this crate.
//!
//! The tour:
//!
//! - [`commune`]: a synthetic commune from a seed: villages, households, the register it would keep, an
//!   independent count of 03/TE, and the script of a review round. Nobody in it exists.
//! - [`records`]: household records of the size the design's numbers are stated for.
//! - [`world`]: phones and the office in one process; one seed controls clock, chance, network and disk
//!   faults. A violation names its seed, and the seed replays it.
//! - [`harness`]: the real binary as processes, and a TCP line between them that can be cut or stand still.
//! - `tests/`: the suites, one file each: one contract for every device store, imports, properties of
//!   documents and messages, the simulation.
//! - `src/bin/`: programs: the main job that `cargo xtask run` starts, and the training of the packed
//!   encoding's dictionary.
//!
//! Architecture invariant: [`commune`] takes nothing from the core but its dates, so that its count can
//! contradict the core's. Tests have no sleeps, no retries and no timing.

pub mod commune;
pub mod harness;
pub mod records;
pub mod world;
