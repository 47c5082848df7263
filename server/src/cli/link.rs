//! `sothon link`: the office says whether two records are one person.

use std::process::ExitCode;
use std::str::FromStr;

use anyhow::{Context as _, bail};
use clap::Args;
use sync_core::facts::PersonRef;

use super::context::{Context, clock};
use crate::office::{Deed, DeedError, LinkKind, Subject};

/// Say of two records whether they are one person, or take that back. Both documents are told with a signed change, and
/// it travels to the phones; the records stay two and are counted as one.
///
/// Records are named as `sothon conflicts --json` names them: document and person, with a slash between.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  sothon conflicts --json\n  sothon link DOCUMENT/PERSON DOCUMENT/PERSON --as same --reason \"one birth certificate\"\n  sothon link DOCUMENT/PERSON DOCUMENT/PERSON --as not_same\n  sothon link DOCUMENT/PERSON DOCUMENT/PERSON --withdraw"
)]
pub(super) struct LinkArgs {
    /// One record.
    a: Named,
    /// The other.
    b: Named,
    /// What they are: one person recorded twice, one person who moved household, or two people.
    #[arg(long = "as", value_name = "KIND", value_parser = ["same", "moved", "not_same"],
          required_unless_present = "withdraw", conflicts_with = "withdraw")]
    kind: Option<String>,
    /// Withdraw every link between the two.
    #[arg(long)]
    withdraw: bool,
    /// Why.
    #[arg(long, value_name = "TEXT", conflicts_with = "withdraw")]
    reason: Option<String>,
}

/// A record as it is written on the command line.
#[derive(Debug, Clone)]
struct Named(PersonRef);

impl FromStr for Named {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (document, person) = text.split_once('/').ok_or("DOCUMENT/PERSON is needed")?;
        let document = document.parse().map_err(|_| "a document's name has 32 hexadecimal digits")?;
        let person = person.parse().map_err(|_| "a person's key has 13 characters")?;
        Ok(Self(PersonRef { document, person }))
    }
}

pub(super) fn run(context: &Context, args: &LinkArgs) -> anyhow::Result<ExitCode> {
    let office = context.office()?;
    let author = context.author()?;
    let (a, b) = (args.a.0.clone(), args.b.0.clone());
    let seen = office.seen(&Subject::pair(a.clone(), b.clone()))?.context("there is no such record")?;
    let deed = match args.kind.as_deref().and_then(LinkKind::of_code) {
        Some(kind) => Deed::Link { a, b, kind, reason: args.reason.clone().unwrap_or_default(), seen },
        None => Deed::Unlink { a, b, reason: None, seen },
    };
    match office.do_deed(&author, deed, clock()) {
        Err(DeedError::ChangedMeanwhile) => {
            bail!("somebody has written there meanwhile; nothing was written: look again")
        }
        Err(DeedError::NothingToWrite) => bail!("that is what stands already; nothing was written"),
        done => done?,
    };
    out!("written; the phones learn it with their next sync");
    Ok(ExitCode::SUCCESS)
}
