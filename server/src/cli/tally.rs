//! `sothon tally`.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use schemas::form::Form;
use sync_core::date::Date;
use sync_core::tally::Period;

use super::context::{CONFIDENTIAL_KEY_ENV, Context, clock, confidential_key};
use crate::office::{FactsAt, Office, Wanted};
use crate::report;

/// Fill in an official form from the register.
///
/// Two dates make a tally: the day it is of (--as-of), and what the office knew (--known-at, a position
/// of the log). The same arguments give the same bytes for ever. A cell on which something is undecided
/// shows least–most.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  sothon tally 03/TE --as-of 2024-11-20\n  sothon tally 03/TE --as-of 2024-11-20 --village 03 --format xlsx --output 03-TE-thon-03.xlsx\n  sothon tally 01/TE --as-of 2024-11-20 --known-at 5000 --format json"
)]
pub(super) struct TallyArgs {
    #[command(flatten)]
    pub(super) scope: ScopeArgs,
    /// How it is written.
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// A file to write to instead of standard output (XLSX needs one on a terminal).
    #[arg(long, short)]
    output: Option<PathBuf>,
}

/// Which tally.
#[derive(Debug, Args)]
pub(super) struct ScopeArgs {
    /// The form: 01/TE, 02/TE or 03/TE.
    pub(super) form: String,
    /// The day on which states are counted, e.g. 2024-11-20.
    #[arg(long)]
    as_of: Date,
    /// First day of the reporting period, for lines that count events; a year up to --as-of if left out.
    #[arg(long)]
    from: Option<Date>,
    /// Count as the office knew it at this position of the log; now if left out.
    #[arg(long, value_name = "POSITION")]
    known_at: Option<u64>,
    /// Only this village.
    #[arg(long, value_name = "CODE")]
    village: Option<String>,
    /// The confidential key's file: opens sealed reports in memory, so that they are counted.
    #[arg(long, value_name = "FILE", env = CONFIDENTIAL_KEY_ENV)]
    confidential_key: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal.
    Table,
    /// One row a line, least and most apart.
    Csv,
    /// Everything, for a program.
    Json,
    /// The official layout, as a workbook.
    Xlsx,
    /// The official layout, for a printer.
    Pdf,
}

/// A tally ready to be counted or explained.
pub(super) struct Scope {
    pub(super) office: Office,
    pub(super) form: Form,
    pub(super) period: Period,
    pub(super) village: Option<(String, String)>,
    pub(super) facts: FactsAt,
}

impl ScopeArgs {
    pub(super) fn load(&self, context: &Context) -> anyhow::Result<Scope> {
        let from = match self.from {
            Some(from) => from,
            None => self
                .as_of
                .saturating_sub(jiff::Span::new().years(1))
                .saturating_add(jiff::Span::new().days(1)),
        };
        let period = Period::new(from, self.as_of)?;
        let key = confidential_key(context, self.confidential_key.as_deref())?;
        let office = context.office()?;
        let village = match &self.village {
            None => None,
            Some(code) => {
                let all = office.villages()?;
                let found = all.into_iter().find(|(other, _)| other == code);
                Some(found.with_context(|| format!("{code}: no such village; see sothon device villages"))?)
            }
        };
        let facts = office
            .facts(self.known_at, key.as_ref())
            .with_context(|| "reading the facts: has the log reached --known-at?".to_owned())?;
        let form = office
            .form_at(&self.form, facts.known_at)
            .with_context(|| format!("{}: no form to fill; there are 01/TE, 02/TE and 03/TE", self.form))?;
        Ok(Scope { office, form, period, village, facts })
    }
}

pub(super) fn run(context: &Context, args: &TallyArgs) -> anyhow::Result<ExitCode> {
    let scope = args.scope.load(context)?;
    let wanted =
        Wanted { form: scope.form.form, period: scope.period, village: scope.village.map(|(code, _)| code) };
    let filled = scope.office.fill(&wanted, &scope.facts)?;
    let bytes = match args.format {
        Format::Table => report::table(&filled).into_bytes(),
        Format::Csv => report::csv(&filled),
        Format::Json => report::json(&filled),
        Format::Xlsx => report::xlsx(&filled)?,
        Format::Pdf => report::pdf(&filled)?,
    };
    match &args.output {
        Some(path) => fs::write(path, bytes).with_context(|| format!("writing {}", path.display()))?,
        None => std::io::stdout().lock().write_all(&bytes)?,
    }
    for line in report::check_lines(&filled) {
        eprintln!("{line}");
    }
    let now = jiff::Timestamp::from_second(clock()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    if scope.period.as_of() > jiff::tz::Offset::constant(7).to_datetime(now).date() {
        eprintln!("CẦN XEM: ngày {} chưa đến; số liệu còn thay đổi", scope.period.as_of());
    }
    if scope.facts.unopened > 0 {
        eprintln!("{} sealed reports are not opened by this key", scope.facts.unopened);
    }
    Ok(if filled.is_violated() { ExitCode::from(3) } else { ExitCode::SUCCESS })
}
