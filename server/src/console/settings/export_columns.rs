//! Columns of the register for another program: a small file of JSON, checked before it is set.
//!
//! Enters: a file of the format of `schemas/exports`, or its text. Leaves: the columns of every register taken out from now
//! on, an act signed by the officer; or what is wrong with the file and in which line.

use maud::{Markup, html};
use schemas::export::{COLUMNS_MAX, ColumnMap, ColumnMapError, HEADING_CHARS_MAX, Source, register_columns};
use schemas::form::UNCONFIRMED;
use schemas::record::EntityKind;
use serde_json::{Value as Json, json};

use super::columns::shape_words;
use super::sent;
use crate::console::input::Errors;
use crate::console::page::Say;
use crate::console::{Asked, Fault, Reply, show};
use crate::office::EXPORT_COLUMNS;

const ADDRESS: &str = "/office/settings/export-columns";
/// A file of columns, bytes: what a setting can hold.
const FILE_BYTES_MAX: usize = 60 * 1024;

/// The commune's own columns, if it set any that can still be read.
fn own(asked: &Asked) -> Result<Option<ColumnMap>, Fault> {
    let set = asked.office().setting_now(EXPORT_COLUMNS)?;
    Ok(set.and_then(|set| ColumnMap::load(&set.to_string()).ok()))
}

/// A map as a file to be edited: a column on each line.
fn written(map: &ColumnMap) -> String {
    let text = |text: &str| json!(text).to_string();
    let columns = map.columns.iter().map(|column| json!(column).to_string());
    format!(
        "{{\n  \"status\": {},\n  \"note\": {},\n  \"columns\": [\n    {}\n  ]\n}}\n",
        text(&map.status),
        text(&map.note),
        columns.collect::<Vec<_>>().join(",\n    ")
    )
}

pub(super) fn page(asked: &Asked) -> Result<Reply, Fault> {
    let own = own(asked)?;
    let text = written(own.as_ref().unwrap_or(register_columns()));
    body(asked, &text, asked.office().log_position()?, &Errors::default())
}

fn body(asked: &Asked, text: &str, seen_at: u64, errors: &Errors) -> Result<Reply, Fault> {
    let own = own(asked)?;
    let history = asked.office().setting_history(EXPORT_COLUMNS)?;
    let now = own.as_ref().unwrap_or(register_columns());
    let body = html! {
        p { (asked.t("settings.export_columns_how")) }
        (preview(asked, now, own.is_some()))
        form method="post" action=(ADDRESS) enctype="multipart/form-data" {
            (asked.token())
            input type="hidden" name="position" value=(seen_at);
            div.field.wrong[errors.of("text").is_some()] {
                label for="f-text" { (asked.t("settings.columns_text")) }
                textarea.code id="f-text" name="text" rows="24" spellcheck="false"
                    aria-invalid=[errors.of("text").map(|_| "true")]
                    aria-describedby=[errors.of("text").map(|_| "e-text")] { (text) }
                @if let Some(error) = errors.of("text") { p.field-error id="e-text" { (error) } }
            }
            div.field {
                label for="f-file" { (asked.t("settings.columns_file")) }
                input id="f-file" type="file" name="file" accept=".json,.txt";
            }
            button type="submit" { (asked.t("settings.columns_set")) }
        }
        @if history.first().is_some_and(|last| !last.value.is_null()) {
            form method="post" action={ (ADDRESS) "/default" } {
                (asked.token())
                input type="hidden" name="position" value=(seen_at);
                button.quiet type="submit" { (asked.t("settings.columns_default")) }
            }
        }
        @if let Some(last) = history.first() {
            p.muted { (asked.tn("settings.last_set", &[("when", &show::moment(last.at))])) }
        }
        (values(asked))
    };
    Ok(super::page(asked, errors, asked.t("settings.export_columns"), &body))
}

/// The columns in use, from left to right.
fn preview(asked: &Asked, map: &ColumnMap, own: bool) -> Markup {
    html! {
        table.grid {
            caption {
                (asked.t("settings.export_columns_now")) " "
                @if own { span.tag.tag-ok { (asked.t("settings.columns_own")) } }
                @if map.status == UNCONFIRMED { span.tag.tag-warn { (asked.t("settings.columns_unconfirmed")) } }
            }
            thead { tr {
                th scope="col" { "TT" }
                th scope="col" { (asked.t("settings.export_columns_name")) }
                th scope="col" { (asked.t("settings.export_columns_says")) }
            } }
            tbody { @for (number, column) in (1..).zip(&map.columns) { tr {
                td.num { (number) } td { (show::name(&column.heading)) } td { (said(asked, &column.value)) }
            } } }
        }
    }
}

/// Everything that can stand in a column.
fn values(asked: &Asked) -> Markup {
    html! {
        details {
            summary { (asked.t("settings.export_columns_values")) }
            table.grid aria-label=(asked.t("settings.export_columns_values")) {
                thead { tr {
                    th scope="col" { (asked.t("settings.export_columns_value")) }
                    th scope="col" { (asked.t("settings.export_columns_says")) }
                } }
                tbody { @for source in Source::all() { tr {
                    td { code { (String::from(source.clone())) } } td { (said(asked, &source)) }
                } } }
            }
        }
    }
}

/// What stands in a column, in words.
fn said(asked: &Asked, source: &Source) -> String {
    let field = |key: &'static str, kind, name: &str| {
        asked.tn(key, &[("label", show::label(asked.language(), kind, name))])
    };
    match source {
        Source::Row => asked.t("settings.export_columns_row").to_owned(),
        Source::VillageCode => asked.tu("settings.export_columns_village_code"),
        Source::VillageName => asked.tu("settings.export_columns_village_name"),
        Source::Household(name) => field("settings.export_columns_of_household", EntityKind::Household, name),
        Source::Child(name) => field("settings.export_columns_of_child", EntityKind::Child, name),
        Source::Circumstances => asked.t("settings.export_columns_circumstances").to_owned(),
        Source::Supports => asked.t("settings.export_columns_supports").to_owned(),
        Source::Events => asked.t("settings.export_columns_events").to_owned(),
    }
}

pub(super) fn take(asked: &Asked) -> Result<Reply, Fault> {
    let seen_at = super::seen_at(asked);
    let mut errors = Errors::default();
    let text = match sent(asked, FILE_BYTES_MAX) {
        Ok(text) => text,
        Err(unfit) => {
            errors.add("text", unfit.words(asked, FILE_BYTES_MAX));
            return body(asked, asked.field("text"), seen_at, &errors);
        }
    };
    let map = match ColumnMap::load(&text) {
        Ok(map) => map,
        Err(error) => {
            errors.add("text", error_words(asked, &error));
            return body(asked, &text, seen_at, &errors);
        }
    };
    let author = Some(&asked.officer().author);
    if !asked.office().set_seen(author, &[(EXPORT_COLUMNS.into(), json!(map))], seen_at, asked.now())? {
        errors.add("text", asked.t("settings.set_meanwhile"));
        return body(asked, &text, asked.office().log_position()?, &errors);
    }
    asked.say(Say::Done, asked.t("settings.export_columns_done").to_owned());
    Ok(Reply::see(ADDRESS))
}

pub(super) fn take_default(asked: &Asked) -> Result<Reply, Fault> {
    let author = Some(&asked.officer().author);
    let settings = [(EXPORT_COLUMNS.to_owned(), Json::Null)];
    let is_set = asked.office().set_seen(author, &settings, super::seen_at(asked), asked.now())?;
    let (say, key) = if is_set {
        (Say::Done, "settings.columns_defaulted")
    } else {
        (Say::Warn, "settings.set_meanwhile")
    };
    asked.say(say, asked.t(key).to_owned());
    Ok(Reply::see(ADDRESS))
}

/// Which line, and what is wrong there.
fn error_words(asked: &Asked, error: &ColumnMapError) -> String {
    let (line, what) = match error {
        ColumnMapError::Count(count) => {
            let with = [("most", &*COLUMNS_MAX.to_string()), ("count", &*count.to_string())];
            return asked.tn("settings.export_columns_count", &with);
        }
        ColumnMapError::Shape { line, problem, .. } => (line, shape_words(asked, problem)),
        ColumnMapError::Heading { line, number } => {
            let with = [("number", &*number.to_string()), ("most", &*HEADING_CHARS_MAX.to_string())];
            (line, asked.tn("settings.export_columns_heading", &with))
        }
    };
    asked.tn("settings.error_line", &[("line", &line.to_string()), ("what", &what)])
}
