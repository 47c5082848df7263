//! `sothon init`.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use sync_core::document::shape::is_village_code;
use sync_core::seal::ConfidentialKey;

use super::context::{Context, random, refuse_inside, write_key};
use crate::office::{CommuneConfig, Office};

/// Begin a register in the data folder: commune, villages, the office's own key, and the confidential
/// key to which restricted facts (HIV, abuse, offences, drugs, trafficking) are sealed.
///
/// The confidential key's file is written once, outside the data folder: on a USB stick that the
/// confidential officer keeps, with a copy in the commune's safe. Without it sealed reports can't be
/// read, by anybody.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Example:\n  sothon init --name \"Xã Mẫu\" --village 01=\"Thôn Một\" --village 02=\"Thôn Hai\" \\\n              --confidential-key /media/usb/confidential.key"
)]
pub(super) struct InitArgs {
    /// Name of the commune as it stands on the forms.
    #[arg(long)]
    name: String,
    /// The word for a village here: thôn, tiểu khu, ấp, sóc, tổ dân phố …
    #[arg(long, default_value = "thôn")]
    unit_word: String,
    /// A village: local code (up to 16 letters, digits, - or _) and name. Repeat for each.
    #[arg(long = "village", value_name = "CODE=NAME", required = true)]
    villages: Vec<String>,
    /// Where to write the confidential key: outside the data folder.
    #[arg(long, value_name = "FILE")]
    confidential_key: PathBuf,
}

pub(super) fn run(context: &Context, args: &InitArgs) -> anyhow::Result<ExitCode> {
    if args.name.trim().is_empty() || args.unit_word.trim().is_empty() {
        bail!("--name and --unit-word stand on the forms: they can't be empty");
    }
    let mut villages = Vec::with_capacity(args.villages.len());
    for village in &args.villages {
        let (code, name) =
            village.split_once('=').with_context(|| format!("--village {village}: CODE=NAME expected"))?;
        if !is_village_code(code) || name.trim().is_empty() {
            bail!("--village {village}: a code has 1 to 16 letters, digits, - or _, and a name is needed");
        }
        if villages.iter().any(|(other, _)| other == code) {
            bail!("--village {village}: the code {code} is given twice");
        }
        villages.push((code.to_owned(), name.trim().to_owned()));
    }
    if context.database().exists() {
        bail!("there is a register in {} already; nothing was changed", context.data().display());
    }
    if args.confidential_key.exists() {
        bail!(
            "{} exists and is never written over: name another file, or keep it if it is another register's key",
            args.confidential_key.display()
        );
    }
    fs::create_dir_all(context.data()).with_context(|| format!("creating {}", context.data().display()))?;
    refuse_inside(context, &args.confidential_key)?;
    let mut random = random();
    let confidential = ConfidentialKey::draw(&mut random);
    let config = CommuneConfig {
        name: args.name.trim().to_owned(),
        unit_word: args.unit_word.trim().to_owned(),
        villages,
        confidential_key: confidential.public()?,
    };
    write_key(&args.confidential_key, confidential.as_bytes())?;
    if !context.office_key().exists() {
        let mut seed = [0; 32];
        sync_core::random::Random::fill(&mut random, &mut seed);
        write_key(&context.office_key(), &seed)?;
    }
    let office = Office::create(&context.database(), &config, Context::options())?;
    out!("Register of {} begun in {}", office.commune().name, context.data().display());
    out!("  villages: {}", config.villages.len());
    out!(
        "  confidential key {} written to {}",
        config.confidential_key.id(),
        args.confidential_key.display()
    );
    out!(
        "Keep that file apart from this machine: without it sealed reports can't be read, with it they can."
    );
    out!("Next: sothon import REGISTER.xlsx, sothon serve, sothon enrol-code --village CODE");
    Ok(ExitCode::SUCCESS)
}
