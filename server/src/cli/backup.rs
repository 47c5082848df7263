//! `sothon backup`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use clap::Args;

use super::context::Context;

/// Copy the register into one file, while it is being served. Put in the place of the register, the copy
/// begins a new life of the log: phones notice by themselves and send again what it lacks.
///
/// The office's key (office.key) is not in it; the confidential key must never lie beside it.
#[derive(Debug, Args)]
pub(super) struct BackupArgs {
    /// The file to write; must not exist.
    file: PathBuf,
}

pub(super) fn run(context: &Context, args: &BackupArgs) -> anyhow::Result<ExitCode> {
    ensure!(!args.file.exists(), "{} exists; nothing was written", args.file.display());
    let office = context.office()?;
    office.backup(&args.file).with_context(|| format!("writing {}", args.file.display()))?;
    out!("register copied to {}", args.file.display());
    Ok(ExitCode::SUCCESS)
}
