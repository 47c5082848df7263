//! placeholder tour
pub mod date;
pub mod facts;
pub mod id;
pub mod random;
