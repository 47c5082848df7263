//! tour
pub mod store;
