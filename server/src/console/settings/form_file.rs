//! A whole form of the commune's own: a file of the format of `schemas/forms`, checked before it is in force.
//!
//! Enters: a file, or its text. Leaves: the form's definition from now on, an act signed by the officer; or what is wrong
//! with it and in which line. Invariants: a form keeps its name, and its version is the commune's own; what was filed
//! keeps the definition it was filed with; going back to the form as it was shipped is an act too.

use std::collections::BTreeMap;

use maud::{Markup, html};
use schemas::form::{Form, Line};

use super::columns::error_words;
use super::sent;
use crate::console::input::Errors;
use crate::console::page::Say;
use crate::console::{Asked, Fault, Reply, limits, show};
use crate::office::places::NOW;
use crate::office::{FillError, SettingRow, form_key, read_form};
use crate::problem::Code;

/// The address of a form's page, by its name.
pub(super) fn address(form: &str) -> String {
    format!("/office/settings/form-file/{}", form.replace('/', "-"))
}

fn shipped(asked: &Asked) -> Result<&'static Form, Fault> {
    schemas::form::form(&asked.path("form").replace('-', "/")).ok_or(Fault::NotFound)
}

/// The form in force; as it was shipped, where the commune's own can't be read any more.
fn in_force(asked: &Asked, shipped: &Form) -> Form {
    asked.office().form_at(&shipped.form, NOW).unwrap_or_else(|_| shipped.clone())
}

fn written(form: &Form) -> String {
    serde_json::to_string_pretty(form).unwrap_or_default()
}

pub(super) fn page(asked: &Asked) -> Result<Reply, Fault> {
    let shipped = shipped(asked)?;
    body(asked, shipped, None, asked.office().log_position()?, &Errors::default(), &html! {})
}

/// The page; `text` is what somebody sent.
fn body(
    asked: &Asked,
    shipped: &Form,
    text: Option<&str>,
    seen_at: u64,
    errors: &Errors,
    preview: &Markup,
) -> Result<Reply, Fault> {
    let now = in_force(asked, shipped);
    let history = asked.office().setting_history(&form_key(&shipped.form))?;
    let is_own = history.first().is_some_and(|last| !last.value.is_null());
    let address = address(&shipped.form);
    // What the helper goes on with: the form in force under the version it would need.
    let proposal = Form { edition: asked.office().next_edition(&now)?, ..now.clone() };
    let body = html! {
        p {
            (asked.tn("forms.file_now", &[("form", &now.number), ("edition", &now.edition), ("lines", &now.lines.len().to_string())])) " "
            @if is_own { span.tag.tag-ok { (asked.t("forms.file_own")) } } @else { span.tag { (asked.t("forms.file_shipped")) } }
        }
        p { (asked.tn("forms.file_how", &[("edition", &proposal.edition), ("kb", &(limits::FORM_FILE_BYTES_MAX / 1024).to_string())])) }
        p { a.button href={ (address) "/file" } download { (asked.t("forms.file_download")) } }
        (preview)
        form method="post" action=(address) enctype="multipart/form-data" {
            (asked.token())
            input type="hidden" name="position" value=(seen_at);
            div.field {
                label for="f-file" { (asked.t("forms.file_choose")) }
                input id="f-file" type="file" name="file" accept=".json,.txt";
            }
            details open[text.is_some()] {
                summary { (asked.t("forms.file_edit")) }
                div.field.wrong[errors.of("text").is_some()] {
                    label for="f-text" { (asked.t("forms.file_text")) }
                    textarea.code id="f-text" name="text" rows="24" spellcheck="false"
                        aria-invalid=[errors.of("text").map(|_| "true")]
                        aria-describedby=[errors.of("text").map(|_| "e-text")] { (text.map_or_else(|| written(&proposal), str::to_owned)) }
                    @if let Some(error) = errors.of("text") { p.field-error id="e-text" { (error) } }
                }
            }
            div.row-actions {
                button type="submit" name="look" value="1" { (asked.t("forms.file_look")) }
                button type="submit" { (asked.t("forms.file_set")) }
            }
        }
        p.muted { (asked.t("forms.file_note")) }
        @if is_own {
            form method="post" action={ (address) "/default" } {
                (asked.token())
                input type="hidden" name="position" value=(seen_at);
                button.quiet type="submit" { (asked.t("forms.file_default")) }
            }
        }
        (history_table(asked, &shipped.form, &history)?)
    };
    Ok(super::page(asked, errors, &asked.tn("forms.file_title", &[("form", &shipped.form)]), &body))
}

/// Every version the commune set, the latest first, each to be downloaded again.
fn history_table(asked: &Asked, form: &str, history: &[SettingRow]) -> Result<Markup, Fault> {
    let signers = asked.office().signers()?;
    let who = |row: &SettingRow| row.by.and_then(|device| signers.get(&device));
    Ok(html! {
        @if !history.is_empty() {
            h2 { (asked.t("forms.file_history")) }
            table.grid aria-label=(asked.t("forms.file_history")) {
                thead { tr {
                    th scope="col" { (asked.t("forms.file_when")) }
                    th scope="col" { (asked.t("forms.file_who")) }
                    th scope="col" { (asked.t("forms.file_version")) }
                } }
                tbody { @for row in history { tr {
                    td { (show::moment(row.at)) }
                    td { @match who(row) { Some(name) => (show::name(name)), None => (asked.t("forms.keeper")) } }
                    td { @match row.value["edition"].as_str() {
                        Some(edition) => a href={ (address(form)) "/file?at=" (row.position) } download { (show::plain(edition)) },
                        None => (asked.t("forms.file_shipped")),
                    } }
                } } }
            }
        }
    })
}

/// What a file would change, before it is in force.
fn preview(asked: &Asked, now: &Form, own: &Form) -> Markup {
    let by_code = |form: &Form| -> BTreeMap<String, Line> {
        form.lines.iter().map(|line| (line.code.clone(), line.clone())).collect()
    };
    let (before, after) = (by_code(now), by_code(own));
    let only_in = |one: &BTreeMap<String, Line>, other: &BTreeMap<String, Line>| -> Vec<String> {
        one.keys().filter(|code| !other.contains_key(*code)).cloned().collect()
    };
    let changed = |differs: fn(&Line, &Line) -> bool| -> Vec<String> {
        let both = after.iter().filter_map(|(code, line)| Some((code, line, before.get(code)?)));
        both.filter(|(_, line, was)| differs(line, was)).map(|(code, ..)| code.clone()).collect()
    };
    let rows = [
        ("forms.file_added", only_in(&after, &before)),
        ("forms.file_removed", only_in(&before, &after)),
        (
            "forms.file_reworded",
            changed(|line, was| {
                (&line.label, &line.number, &line.unit) != (&was.label, &was.number, &was.unit)
            }),
        ),
        ("forms.file_recounted", changed(|line, was| line.source != was.source)),
    ];
    html! {
        div.message role="status" {
            p { (asked.tn("forms.file_looked", &[
                ("edition", &own.edition), ("lines", &own.lines.len().to_string()),
                ("columns", &own.columns.len().to_string()), ("checks", &own.checks.len().to_string()),
            ])) }
            ul {
                @for (key, codes) in &rows {
                    li { (asked.t(key)) " " (codes.len()) @if !codes.is_empty() { ": " (codes.join(", ")) } }
                }
                @if now.columns != own.columns { li { (asked.t("forms.file_columns_differ")) } }
            }
        }
    }
}

pub(super) fn take(asked: &Asked) -> Result<Reply, Fault> {
    let shipped = shipped(asked)?;
    let seen_at = super::seen_at(asked);
    let mut errors = Errors::default();
    let text = match sent(asked, limits::FORM_FILE_BYTES_MAX) {
        Ok(text) => text,
        Err(unfit) => {
            errors.add("text", unfit.words(asked, limits::FORM_FILE_BYTES_MAX));
            return body(asked, shipped, Some(asked.field("text")), seen_at, &errors, &html! {});
        }
    };
    let now = in_force(asked, shipped);
    let own = match read_form(&shipped.form, &text) {
        Ok(own) if asked.office().is_edition_taken(&own)? => {
            let next = asked.office().next_edition(&own)?;
            let words = [("edition", own.edition.as_str()), ("next", &next)];
            errors.add("text", asked.tn("forms.file_edition_used", &words));
            None
        }
        Ok(own) => Some(own),
        Err(FillError::Columns(error)) => {
            errors.add("text", error_words(asked, &error, &text));
            None
        }
        Err(FillError::Count(_)) => {
            errors.add("text", asked.t("forms.file_uncountable"));
            None
        }
        Err(error) => return Err(crate::console::forms::fault(error)),
    };
    let Some(own) = own else { return body(asked, shipped, Some(&text), seen_at, &errors, &html! {}) };
    if asked.has("look") {
        return body(asked, shipped, Some(&text), seen_at, &errors, &preview(asked, &now, &own));
    }
    let author = &asked.officer().author;
    match asked.office().set_form(Some(author), &shipped.form, Some(&own), seen_at, asked.now()) {
        Ok(true) => {
            asked.say(Say::Done, asked.tn("forms.file_done", &[("edition", &own.edition)]));
            Ok(Reply::see(&address(&shipped.form)))
        }
        Ok(false) => {
            errors.add("text", asked.t("settings.set_meanwhile"));
            body(asked, shipped, Some(&text), asked.office().log_position()?, &errors, &html! {})
        }
        Err(problem) if problem.code == Code::LimitExceeded => {
            errors.add("text", asked.t("forms.file_full"));
            body(asked, shipped, Some(&text), seen_at, &errors, &html! {})
        }
        Err(problem) => Err(problem.into()),
    }
}

pub(super) fn take_default(asked: &Asked) -> Result<Reply, Fault> {
    let shipped = shipped(asked)?;
    let author = &asked.officer().author;
    let is_set =
        asked.office().set_form(Some(author), &shipped.form, None, super::seen_at(asked), asked.now())?;
    let (say, key) =
        if is_set { (Say::Done, "forms.file_defaulted") } else { (Say::Warn, "settings.set_meanwhile") };
    asked.say(say, asked.t(key).to_owned());
    Ok(Reply::see(&address(&shipped.form)))
}

/// A version as a file: the one in force, or the one set at a position of the log.
pub(super) fn file(asked: &Asked) -> Result<Reply, Fault> {
    let shipped = shipped(asked)?;
    let (form, name) = match asked.query("at") {
        None => {
            let now = in_force(asked, shipped);
            (Form { edition: asked.office().next_edition(&now)?, ..now }, "bieu")
        }
        Some(at) => {
            let at = at.parse().map_err(|_| Fault::NotFound)?;
            let form = asked.office().whole_form_at(&shipped.form, at);
            (form.map_err(crate::console::forms::fault)?, "bieu-cu")
        }
    };
    let name = format!("{name}-{}-{}.json", form.form.replace('/', "-"), form.edition);
    Ok(Reply::file(&name, "application/json", (written(&form) + "\n").into_bytes()))
}
