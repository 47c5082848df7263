//! placeholder tour
pub mod http;
pub mod office;
pub mod phone;
pub mod problem;
