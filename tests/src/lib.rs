//! placeholder
pub mod commune;
