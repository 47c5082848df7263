//! The app and the office's console in a real browser against a real server: `phone/journeys`.

use crate::wasm::Toolchain;
use crate::{app, node, shell, tools};
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The program that writes a synthetic register for the journeys.
pub(crate) const SAMPLE_REGISTER: &str = "sample-register";
/// The program that plays a round of a whole commune.
const MAIN_JOB: &str = "main-job";
/// The program that opens workbooks and documents which the office exported.
const READ_EXPORT: &str = "read-export";

fn folder() -> PathBuf {
    shell::root().join("phone/journeys")
}

/// Builds the app and the server, then walks the journeys.
///
/// # Errors
/// When something is missing or does not compile, or a journey fails.
pub(crate) fn run(toolchain: Toolchain) -> Result<()> {
    app::build(toolchain)?;
    // The test of the binary brings the binary, with the features with which the step `test` has compiled
    // everything below it.
    let bins = ["--bin", SAMPLE_REGISTER, "--bin", READ_EXPORT, "--bin", MAIN_JOB];
    shell::run(shell::cargo(&["build", "--workspace", "--test", "binary"]).args(bins))?;
    let python = tools::ensure_readers()?;
    let sothon = shell::target_directory()?.join("debug/sothon");
    node::install_packages(&folder(), "journeys")?;
    shell::run(&mut node::npm(&folder(), &["run", "check"]))?;
    shell::run(with_browser("npx", &["playwright", "test"], &sothon)?.env("PYTHON", python))
}

/// Measures the app on a slowed browser and prints each number beside its goal. Beside `sothon` lies
/// [`SAMPLE_REGISTER`].
///
/// # Errors
/// When something is missing, or the measuring fails.
pub(crate) fn bench(sothon: &Path) -> Result<()> {
    node::install_packages(&folder(), "journeys")?;
    shell::run(&mut with_browser("npm", &["run", "bench"], sothon)?)
}

fn with_browser(program: &str, arguments: &[&str], sothon: &Path) -> Result<Command> {
    let mut command = shell::command(program);
    command
        .args(arguments)
        .current_dir(folder())
        .env("CHROMIUM", tools::ensure_chromium()?)
        .env("SOTHON_BIN", sothon)
        .env("SAMPLE_REGISTER_BIN", sothon.with_file_name(SAMPLE_REGISTER))
        .env("READ_EXPORT_BIN", sothon.with_file_name(READ_EXPORT))
        .env("MAIN_JOB_BIN", sothon.with_file_name(MAIN_JOB))
        .env("SOTHON_APP", app::folder().join("dist"))
        .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    Ok(command)
}
