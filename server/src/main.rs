//! The binary `sothon`.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match server::cli::run(server::cli::Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("sothon: {error:#}");
            ExitCode::FAILURE
        }
    }
}
