//! `sothon verify`.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::Args;

use super::context::Context;

/// Check everything that can be checked: log positions and chain, every change's hash, every batch's and
/// notice's signature, every device's chain, and the projection recomputed from the log.
///
/// Prints the log's last chain value: written down elsewhere, it proves later that nothing before it was
/// altered. Exit code 0 if all is well, 1 if anything is wrong.
#[derive(Debug, Args)]
pub(super) struct VerifyArgs {}

pub(super) fn run(context: &Context, _: &VerifyArgs) -> anyhow::Result<ExitCode> {
    let office = context.office()?;
    let terminal = std::io::stderr().is_terminal();
    let report = office.verify(|percent| {
        if terminal {
            eprint!("\rverifying {percent:3} %");
        }
    })?;
    if terminal {
        eprintln!();
    }
    out!(
        "log rows {}, batches {}, notices {}, documents {}",
        report.rows,
        report.batches,
        report.notices,
        report.documents
    );
    out!("chain {}", sync_core::id::ChangeHash(report.chain));
    for note in &report.notes {
        out!("note {} at {}: a restored backup explains it", note.code, note.place);
    }
    for (act, count) in &report.unsigned {
        out!("note {count} acts {act:?} bear no officer's signature: they were done on the command line");
    }
    for finding in &report.findings {
        out!("WRONG {} at {}", finding.code, finding.place);
    }
    if report.findings.is_empty() {
        out!("all is well");
        Ok(ExitCode::SUCCESS)
    } else {
        out!("{} findings", report.findings.len());
        Ok(ExitCode::FAILURE)
    }
}
