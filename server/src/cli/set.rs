//! `sothon set`.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use schemas::export::ColumnMap;
use schemas::form::Form;
use serde_json::Value;
use sync_core::date::Date;
use sync_core::tally::Period;

use super::context::{Context, clock};
use crate::office::places::NOW;
use crate::office::typed::PARAMETER_MAX;
use crate::office::{EXPORT_COLUMNS, Office, Wanted, columns_key, dated_key, read_form, undated_key};

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
        #[arg(value_parser = clap::value_parser!(u64).range(1..=PARAMETER_MAX))]
        value: u64,
        /// The as-of date from which it is valid, e.g. 2024-11-20; left out: for all days before the first that has
        /// a number of its own.
        #[arg(long)]
        as_of: Option<Date>,
    },
    /// Columns of a form, for a commune that has the printed header (schemas/forms/03-TE.columns.json
    /// is the model).
    Columns {
        /// The form, e.g. 03/TE.
        form: String,
        /// The file.
        file: PathBuf,
    },
    /// Columns of the register for another program, e.g. the ministry's (schemas/exports/register-columns.json is the
    /// model).
    ExportColumns {
        /// The file; left out: back to the columns as they were shipped.
        file: Option<PathBuf>,
    },
    /// A whole form of the commune's own (docs/form-files.md).
    Form {
        /// The form it replaces, e.g. 03/TE.
        form: String,
        /// The file; left out: back to the form as it was shipped.
        file: Option<PathBuf>,
    },
}

pub(super) fn run(context: &Context, args: &SetArgs) -> anyhow::Result<ExitCode> {
    let office = context.office()?;
    match &args.what {
        What::Parameter { key, value, as_of } => parameter(&office, key, *value, *as_of)?,
        What::Columns { form, file } => {
            let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
            // Checked now, so that a mistake is told here and not when the form is due.
            let whole = office.whole_form_at(form, NOW).with_context(|| form.clone())?;
            whole.with_columns(&text).with_context(|| format!("{}", file.display()))?;
            let value: Value = serde_json::from_str(&text).with_context(|| format!("{}", file.display()))?;
            office.set(&columns_key(form), &value, clock())?;
            out!("columns of {form} set");
        }
        What::ExportColumns { file: None } => {
            office.set(EXPORT_COLUMNS, &Value::Null, clock())?;
            out!("columns of the register are the ones shipped again");
        }
        What::ExportColumns { file: Some(file) } => {
            let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
            let map = ColumnMap::load(&text).with_context(|| format!("{}", file.display()))?;
            office.set(EXPORT_COLUMNS, &serde_json::to_value(&map)?, clock())?;
            out!("the register is taken out in {} columns from now on", map.columns.len());
        }
        What::Form { form, file: None } => {
            office.set_form(None, form, None, NOW, clock())?;
            out!("{form} is the one shipped again");
        }
        What::Form { form, file: Some(file) } => {
            let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
            let own = read_form(form, &text).with_context(|| format!("{}", file.display()))?;
            if office.is_edition_taken(&own)? {
                let next = office.next_edition(&own)?;
                anyhow::bail!("another definition had the version {}: name this one {next}", own.edition);
            }
            office.set_form(None, form, Some(&own), NOW, clock())?;
            out!("{form} is {} from now on", own.edition);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn parameter(office: &Office, key: &str, value: u64, as_of: Option<Date>) -> anyhow::Result<()> {
    let forms = office.forms_now();
    let needs = |form: &&Form| form.parameters.iter().any(|parameter| parameter.key == key);
    let Some(form) = forms.iter().find(needs) else {
        let keys: Vec<&str> =
            forms.iter().flat_map(|form| &form.parameters).map(|parameter| parameter.key.as_str()).collect();
        anyhow::bail!("{key}: no form needs a number of this name; they need {}", keys.join(", "));
    };
    let Some(day) = as_of else {
        office.set(&undated_key(key), &Value::from(value), clock())?;
        out!("{key} = {value}");
        return Ok(());
    };
    let wanted = Wanted { form: form.form.clone(), period: Period::new(day, day)?, village: None };
    let filled = office.fill(&wanted, &office.facts(None, None)?)?;
    if let Some((line, counted)) = filled.most_counted(key) {
        anyhow::ensure!(
            value >= counted,
            "{key}: {value} is less than the {counted} children of line {}",
            line.code
        );
    }
    office.set(&dated_key(key, day), &Value::from(value), clock())?;
    out!("{key} = {value} from {day}");
    Ok(())
}
