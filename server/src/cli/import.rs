//! `sothon import`.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use anyhow::ensure;

use super::context::{Context, clock, random};
use crate::import::{self, ImportArgs, Phase};

pub(super) fn run(context: &Context, args: &ImportArgs) -> anyhow::Result<ExitCode> {
    let options = args.options().map_err(|error| anyhow::anyhow!("{error} [{}]", error.code()))?;
    if args.print_mapping {
        let preview = import::preview_mapping(&args.file, &options)
            .map_err(|error| anyhow::anyhow!("{}: {error} [{}]", args.file.display(), error.code()))?;
        out!("{}", serde_json::to_string_pretty(&preview.mapping)?);
        return Ok(ExitCode::SUCCESS);
    }
    let office = context.office()?;
    let author = context.author()?;
    if let Some(errors) = &args.errors
        && let (Ok(errors), Ok(file)) = (errors.canonicalize(), args.file.canonicalize())
    {
        ensure!(errors != file, "--errors would write over the file that is imported: name another file");
    }
    let terminal = std::io::stderr().is_terminal();
    let mut shown = None;
    let report =
        import::run(&office, &author, &args.file, &options, clock(), &mut random(), &mut |progress| {
            let percent = (100 * progress.done).checked_div(progress.total).unwrap_or(100);
            if terminal && shown != Some((progress.phase, percent)) {
                let phase = if progress.phase == Phase::Reading { "đọc" } else { "ghi" };
                eprint!("\r{phase} {}/{} ({percent} %)   ", progress.done, progress.total);
                shown = Some((progress.phase, percent));
            }
        })
        .map_err(|error| anyhow::anyhow!("{}: {error} [{}]", args.file.display(), error.code()))?;
    if terminal {
        eprintln!();
    }
    out!("{}", report.summary().trim_end());
    Ok(if report.errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(3) })
}
