//! `cargo xtask`: the commands that build, run and check Sổ Thôn on a machine that has Rust.
//!
//! [`mod@test`] is everything continuous integration runs, [`release`] builds and starts the main job and the
//! benches, [`app`] builds the phone's app and [`journeys`] drives it in a browser. [`tools`], [`mod@node`] and
//! [`system`] find what a step needs and install what is missing, or say exactly how.
//! Nothing in the product depends on this crate.

mod app;
mod changes;
mod journeys;
mod module;
mod node;
mod release;
mod shell;
mod steps;
mod system;
mod test;
mod tools;
mod wasm;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;
use wasm::Toolchain;

/// Build, run and check Sổ Thôn.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run every check that continuous integration runs.
    Test(test::Options),
    /// Build the phone's app into phone/app/dist, which `sothon serve --app` serves and a release build carries.
    App,
    /// Build the app and the server, and run the main job: a synthetic commune, its devices, the filled
    /// Mẫu 03/TE. At the end it prints the link that opens the app, and serves on.
    Run {
        /// Passed on to the main job, for example `--no-serve` or `--seed 7`; `--help` lists them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Build and run the benches, which print each number beside its goal: the office's, then the phone's.
    Bench {
        /// Passed on to the benches; `--help` lists them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    let outcome: Result<bool> = match Arguments::parse().task {
        Task::Test(options) => test::run(&options),
        Task::App => app::build(Toolchain::Auto).map(|()| true),
        Task::Run { arguments } => release::main_job(&arguments),
        Task::Bench { arguments } => release::bench(&arguments),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
