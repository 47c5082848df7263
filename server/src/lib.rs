//! placeholder tour
pub mod cli;
pub mod http;
pub mod logging;
pub mod office;
pub mod phone;
pub mod problem;
pub mod report;
