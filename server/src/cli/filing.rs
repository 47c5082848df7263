//! `sothon filing`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;

use super::context::{CONFIDENTIAL_KEY_ENV, Context, confidential_key, minute_of};
use crate::office::{Filing, Office, Reproduction, Signed};
use crate::phone::cli::clean;
use crate::report;

/// Forms that were frozen and signed.
#[derive(Debug, Subcommand)]
pub(super) enum FilingCommand {
    /// Every filing, the latest first.
    List,
    /// One filing: who signed it and when, whether the signature fits, and the form.
    Show {
        /// Its number.
        number: u64,
    },
    /// Count a filing again from the log and compare byte for byte. Exit status 3 if it differs.
    Reproduce {
        /// Its number.
        number: u64,
        /// The confidential key's file: needed where sealed reports were opened for the filing.
        #[arg(long, value_name = "FILE", env = CONFIDENTIAL_KEY_ENV)]
        confidential_key: Option<PathBuf>,
    },
}

pub(super) fn run(context: &Context, command: &FilingCommand) -> anyhow::Result<ExitCode> {
    let office = context.office()?;
    match command {
        FilingCommand::List => {
            for filing in office.filings()? {
                out!("{}", line(&filing, &office.unit_word()));
            }
        }
        FilingCommand::Show { number } => show(&office, *number)?,
        FilingCommand::Reproduce { number, confidential_key: file } => {
            let key = confidential_key(context, file.as_deref())?;
            return reproduce(&office.reproduce(*number, key.as_ref())?);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn line(filing: &Filing, unit: &str) -> String {
    let village = filing.village.as_deref().map(|code| format!(" {unit} {code}")).unwrap_or_default();
    format!(
        "{:4}  {}{village}  {}–{}  lần {}  chốt {}  {}",
        filing.number,
        filing.form,
        filing.from.strftime("%d/%m/%Y"),
        filing.as_of.strftime("%d/%m/%Y"),
        filing.revision,
        minute_of(filing.filed_at),
        clean(&filing.officer)
    )
}

fn show(office: &Office, number: u64) -> anyhow::Result<()> {
    let filing = office.filing(number)?;
    let filled = office.frozen(number)?.filled;
    out!("{}", line(&filing, &office.unit_word()));
    out!("theo nhật ký đến số {}; ký ở số {}", filing.known_at, filing.position);
    if !filing.reason.is_empty() {
        out!("lý do: {}", clean(&filing.reason));
    }
    out!("SHA-256 {}", filing.digest);
    let signed = match office.filing_signed(&filing)? {
        Signed::Fits => "chữ ký khớp",
        Signed::Forged => "CHỮ KÝ KHÔNG KHỚP",
        Signed::Altered => "ĐÃ BỊ SỬA SAU KHI KÝ",
    };
    out!("{signed}: khóa {}", filing.device);
    let filled = report::Filled { filing: Some(filing.mark()), ..filled };
    out!("{}", report::table(&filled));
    Ok(())
}

fn reproduce(reproduction: &Reproduction) -> anyhow::Result<ExitCode> {
    match reproduction {
        Reproduction::Same => {
            out!("trùng khớp");
            Ok(ExitCode::SUCCESS)
        }
        Reproduction::Differs { at, differences } => {
            out!("KHÔNG trùng khớp, từ byte thứ {at}");
            if let Some(first) = differences.first() {
                out!("{:?}: khi chốt {}, tính lại {}", first.place, clean(&first.then), clean(&first.now));
            }
            Ok(ExitCode::from(3))
        }
    }
}
