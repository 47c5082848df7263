//! The release build of the office and the programs that drive it.

use crate::{shell, tools};
use anyhow::{Context, Result};
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::time::Instant;

/// Builds the server and every program of the tests, then becomes `program`. Returns only when that fails.
///
/// # Errors
/// When something is missing, does not compile or can't be started.
pub(crate) fn exec(program: &str, arguments: &[OsString]) -> Result<bool> {
    tools::ensure_c_compiler()?;
    println!("Building the server and {program}, optimised. The first time takes some minutes.");
    let started = Instant::now();
    shell::run(&mut shell::cargo(&[
        "build",
        "--release",
        "--package",
        "server",
        "--package",
        "sothon-tests",
        "--bins",
    ]))?;
    println!("Built in {:.1} s.", started.elapsed().as_secs_f64());

    // The program finds `sothon` beside itself.
    let path = shell::target_directory()?.join("release").join(program);
    let mut command = shell::command(&path.to_string_lossy());
    command.args(arguments);
    println!("Starting {program}.\n");
    let failure = command.exec();
    Err(failure).with_context(|| format!("cannot start {}", path.display()))
}
