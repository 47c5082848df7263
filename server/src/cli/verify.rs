//! `sothon verify`.

use std::process::ExitCode;

use clap::Args;

use super::context::Context;

/// Check everything that can be checked: log positions and chain, every change's hash, every batch's
/// signature, every device's chain, and the projection recomputed from the log.
///
/// Prints the log's last chain value: written down elsewhere, it proves later that nothing before it was
/// altered. Exit code 0 if all is well, 1 if anything is wrong.
#[derive(Debug, Args)]
pub(super) struct VerifyArgs {}

pub(super) fn run(context: &Context, _: &VerifyArgs) -> anyhow::Result<ExitCode> {
    let office = context.office()?;
    let report = office.verify(|percent| eprint!("\rverifying {percent:3} %"))?;
    eprintln!();
    println!("log rows {}, batches {}, documents {}", report.rows, report.batches, report.documents);
    println!("chain {}", sync_core::id::ChangeHash(report.chain));
    for note in &report.notes {
        println!("note {} at {}: a restored backup explains it", note.code, note.place);
    }
    for finding in &report.findings {
        println!("WRONG {} at {}", finding.code, finding.place);
    }
    if report.findings.is_empty() {
        println!("all is well");
        Ok(ExitCode::SUCCESS)
    } else {
        println!("{} findings", report.findings.len());
        Ok(ExitCode::FAILURE)
    }
}
