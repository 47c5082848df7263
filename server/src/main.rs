//! The binary `sothon`.

use std::process::ExitCode;

use clap::Parser;

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kinds = error.chain().filter_map(|cause| cause.downcast_ref::<std::io::Error>());
    kinds.into_iter().any(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

fn main() -> ExitCode {
    match server::cli::run(server::cli::Cli::parse()) {
        Ok(code) => code,
        // Whoever read the output has seen enough (`sothon tally … | head`).
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sothon: {error:#}");
            ExitCode::FAILURE
        }
    }
}
