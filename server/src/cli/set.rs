//! `sothon set`.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::Value;

use super::context::{Context, clock};

/// Set what the forms need from the commune. A setting holds from now on: a tally of an earlier log
/// position (--known-at) uses what was set then.
#[derive(Debug, Args)]
pub(super) struct SetArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// A number a form divides by, e.g. total_population for 01/TE.
    Parameter {
        /// Its key, as the form names it.
        key: String,
        /// The number: 1 to 100000000.
        #[arg(value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
        value: u64,
    },
    /// Columns of a form, for a commune that has the printed header (schemas/forms/03-TE.columns.json
    /// is the model).
    Columns {
        /// The form, e.g. 03/TE.
        form: String,
        /// The file.
        file: PathBuf,
    },
}

/// Name of the setting that holds a form's columns.
pub(super) fn columns_key(form: &str) -> String {
    format!("columns/{form}")
}

/// Name of the setting that holds a parameter.
pub(super) fn parameter_key(key: &str) -> String {
    format!("parameter/{key}")
}

pub(super) fn run(context: &Context, args: &SetArgs) -> anyhow::Result<ExitCode> {
    let office = context.office()?;
    match &args.what {
        What::Parameter { key, value } => {
            let parameters = schemas::form::forms().iter().flat_map(|form| &form.parameters);
            let keys: Vec<&str> = parameters.map(|parameter| parameter.key.as_str()).collect();
            anyhow::ensure!(
                keys.contains(&key.as_str()),
                "{key}: no form needs a number of this name; they need {}",
                keys.join(", ")
            );
            office.set(&parameter_key(key), &Value::from(*value), clock())?;
            out!("{key} = {value}");
        }
        What::Columns { form, file } => {
            let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
            let official = schemas::form::form(form).with_context(|| format!("{form}: no such form"))?;
            // Checked now, so that a mistake is told here and not when the form is due.
            official.with_columns(&text).with_context(|| format!("{}", file.display()))?;
            let value: Value = serde_json::from_str(&text).with_context(|| format!("{}", file.display()))?;
            office.set(&columns_key(form), &value, clock())?;
            out!("columns of {form} set");
        }
    }
    Ok(ExitCode::SUCCESS)
}
