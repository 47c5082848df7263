//! The release build of the office and the programs that drive it.

use crate::wasm::Toolchain;
use crate::{app, journeys, shell, tools};
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::time::Instant;

/// Builds everything, then becomes the main job. Returns only when that fails.
///
/// # Errors
/// When something is missing, does not compile or can't be started.
pub(crate) fn main_job(arguments: &[OsString]) -> Result<bool> {
    let path = build("main-job", &[])?;
    let failure = shell::command(&path.to_string_lossy()).args(arguments).exec();
    Err(failure).with_context(|| format!("cannot start {}", path.display()))
}

/// Builds everything and measures: the office, then, if nothing was chosen, the phone.
///
/// # Errors
/// When something is missing, does not compile or fails.
pub(crate) fn bench(arguments: &[OsString]) -> Result<bool> {
    let path = build("bench", &[journeys::SAMPLE_REGISTER])?;
    shell::run(shell::command(&path.to_string_lossy()).args(arguments))?;
    if arguments.is_empty() {
        journeys::bench(&path.with_file_name("sothon"))?;
    }
    Ok(true)
}

/// Builds the app, the server that carries it, `program` and what else it needs; where `program` lies.
fn build(program: &str, more: &[&str]) -> Result<PathBuf> {
    tools::ensure_c_compiler()?;
    println!("Building the app, the server and {program}, optimised. The first time takes some minutes.");
    app::build(Toolchain::Auto)?;
    let started = Instant::now();
    let mut cargo = shell::cargo(&["build", "--release", "--package", "server", "--package", "sothon-tests"]);
    for name in ["sothon", program].iter().chain(more) {
        cargo.args(["--bin", name]);
    }
    shell::run(&mut cargo)?;
    println!("Built in {:.1} s. Starting {program}.\n", started.elapsed().as_secs_f64());
    // The program finds `sothon` beside itself.
    Ok(shell::target_directory()?.join("release").join(program))
}
