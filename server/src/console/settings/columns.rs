//! Columns of a form as the commune's printed copy has them: a small file of JSON, checked before it is set.

use maud::{Markup, html};
use schemas::form::{Form, FormError, ShapeProblem};
use serde_json::{Value as Json, json};

use super::sent;
use crate::console::input::Errors;
use crate::console::page::Say;
use crate::console::{Asked, Fault, Reply, show};
use crate::office::columns_key;
use crate::office::places::NOW;
use crate::problem::Code;

/// A file of columns, bytes: what a setting can hold.
const FILE_BYTES_MAX: usize = 60 * 1024;

/// The form of an address, whose columns these are: `03-TE` is 03/TE, shipped or the commune's own.
fn whole(asked: &Asked) -> Result<Form, Fault> {
    let name = asked.path("form").replace('-', "/");
    let shipped = schemas::form::form(&name).ok_or(Fault::NotFound)?;
    // A form that can't be read is told on its own page.
    Ok(asked.office().whole_form_at(&name, NOW).unwrap_or_else(|_| shipped.clone()))
}

fn address(form: &Form) -> String {
    format!("/office/settings/columns/{}", form.form.replace('/', "-"))
}

fn key(form: &Form) -> String {
    columns_key(&form.form)
}

pub(super) fn list(asked: &Asked) -> Result<Reply, Fault> {
    let mut rows = Vec::new();
    for form in asked.office().forms_now() {
        let own = asked.office().setting_now(&key(&form))?.is_some();
        let edition = asked.tn("forms.file_edition", &[("edition", &form.edition)]);
        rows.push((form, own, edition));
    }
    let body = html! {
        p { (asked.t("settings.columns_how")) }
        p { (asked.t("forms.file_how_short")) }
        ul {
            @for (form, own, edition) in &rows {
                li {
                    a href=(address(form)) { (form.number) " – " (form.title) } " "
                    @if *own { span.tag.tag-ok { (asked.t("settings.columns_own")) } }
                    @else if form.has_unconfirmed_columns() { span.tag.tag-warn { (asked.t("settings.columns_unconfirmed")) } }
                    @else { span.tag { (asked.t("settings.columns_official")) } }
                    " · " a href=(super::form_file::address(&form.form)) { (edition) }
                }
            }
        }
    };
    Ok(super::page(asked, &Errors::default(), asked.t("settings.columns"), &body))
}

/// The columns of a form as a file, to be edited.
fn as_file(form: &Form) -> String {
    let file = json!({ "form": form.form, "edition": form.edition, "columns": form.columns });
    serde_json::to_string_pretty(&file).unwrap_or_default()
}

pub(super) fn page(asked: &Asked) -> Result<Reply, Fault> {
    let form = whole(asked)?;
    let seen_at = asked.office().log_position()?;
    let text = match asked.office().setting_now(&key(&form))? {
        Some(own) => serde_json::to_string_pretty(&own).unwrap_or_default(),
        None => as_file(&form),
    };
    body(asked, &form, &text, seen_at, &Errors::default())
}

fn body(asked: &Asked, form: &Form, text: &str, seen_at: u64, errors: &Errors) -> Result<Reply, Fault> {
    let now = asked.office().form_at(&form.form, NOW);
    let history = asked.office().setting_history(&key(form))?;
    let body = html! {
        @if let Ok(now) = &now { (preview(asked, now)) }
        form method="post" action=(address(form)) enctype="multipart/form-data" {
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
            div.row-actions {
                button type="submit" name="look" value="1" { (asked.t("settings.columns_look")) }
                button type="submit" { (asked.t("settings.columns_set")) }
            }
        }
        p.muted { (asked.t("settings.columns_note")) }
        @if history.first().is_some_and(|last| !last.value.is_null()) {
            form method="post" action={ (address(form)) "/default" } {
                (asked.token())
                input type="hidden" name="position" value=(seen_at);
                button.quiet type="submit" { (asked.t("settings.columns_default")) }
            }
        }
        @if let Some(last) = history.first() {
            p.muted { (asked.tn("settings.last_set", &[("when", &show::moment(last.at))])) }
        }
    };
    Ok(super::page(asked, errors, &format!("{} – {}", asked.t("settings.columns"), form.form), &body))
}

/// The header as it would be printed.
fn preview(asked: &Asked, form: &Form) -> Markup {
    html! {
        table.grid {
            caption {
                (asked.tn("settings.columns_header", &[("form", &form.number)])) " "
                @if form.has_unconfirmed_columns() { span.tag.tag-warn { (asked.t("settings.columns_unconfirmed")) } }
            }
            thead {
                tr {
                    th scope="col" { "TT" } th scope="col" { (asked.t("settings.columns_line")) }
                    @for column in &form.columns { th scope="col" { (show::name(&column.header)) } }
                }
                tr {
                    td { "a" } td { "b" }
                    @for column in &form.columns { td.num { "(" (column.code) ") " (show::name(&column.unit)) } }
                }
            }
        }
    }
}

pub(super) fn take(asked: &Asked) -> Result<Reply, Fault> {
    let form = &whole(asked)?;
    let seen_at = super::seen_at(asked);
    let mut errors = Errors::default();
    let text = match sent(asked, FILE_BYTES_MAX) {
        Ok(text) => text,
        Err(unfit) => {
            errors.add("text", unfit.words(asked, FILE_BYTES_MAX));
            return body(asked, form, asked.field("text"), seen_at, &errors);
        }
    };
    match form.with_columns(&text) {
        Err(error) => {
            errors.add("text", error_words(asked, &error, &text));
            body(asked, form, &text, seen_at, &errors)
        }
        Ok(with) if asked.has("look") => {
            let shown = html! {
                p.message { (asked.t("settings.columns_looked")) }
                (preview(asked, &with))
                form method="post" action=(address(form)) enctype="multipart/form-data" {
                    (asked.token())
                    input type="hidden" name="position" value=(seen_at);
                    textarea.code id="f-text" name="text" rows="24" spellcheck="false"
                        aria-label=(asked.t("settings.columns_text")) { (text) }
                    div.row-actions {
                        button type="submit" name="look" value="1" { (asked.t("settings.columns_look")) }
                        button type="submit" { (asked.t("settings.columns_set")) }
                    }
                }
            };
            Ok(super::page(
                asked,
                &errors,
                &format!("{} – {}", asked.t("settings.columns"), form.form),
                &shown,
            ))
        }
        Ok(_) => {
            let value: Json = serde_json::from_str(&text).map_err(|_| Fault::from(Code::Internal))?;
            let author = Some(&asked.officer().author);
            if !asked.office().set_seen(author, &[(key(form), value)], seen_at, asked.now())? {
                errors.add("text", asked.t("settings.set_meanwhile"));
                return body(asked, form, &text, asked.office().log_position()?, &errors);
            }
            asked.say(Say::Done, asked.t("settings.columns_done").to_owned());
            Ok(Reply::see(&address(form)))
        }
    }
}

pub(super) fn take_default(asked: &Asked) -> Result<Reply, Fault> {
    let form = &whole(asked)?;
    let author = Some(&asked.officer().author);
    let is_set =
        asked.office().set_seen(author, &[(key(form), Json::Null)], super::seen_at(asked), asked.now())?;
    let (say, words) = if is_set {
        (Say::Done, "settings.columns_defaulted")
    } else {
        (Say::Warn, "settings.set_meanwhile")
    };
    asked.say(say, asked.t(words).to_owned());
    Ok(Reply::see(&address(form)))
}

/// Which line, and what is wrong there.
pub(super) fn error_words(asked: &Asked, error: &FormError, text: &str) -> String {
    let what = match error {
        FormError::Shape { problem, .. } => shape_words(asked, problem),
        FormError::OtherForm { expected, found } => {
            asked.tn("settings.error_other_form", &[("expected", expected), ("found", &show::plain(found))])
        }
        FormError::Invalid { at, problem, .. } => {
            format!("{}: {}", place_words(asked, at), problem_words(asked, problem))
        }
    };
    match error.line_in(text) {
        Some(line) => asked.tn("settings.error_line", &[("line", &line.to_string()), ("what", &what)]),
        None => what,
    }
}

/// `line II.4.1`, `check 3 (II)`, `form` as an officer reads it.
fn place_words(asked: &Asked, at: &str) -> String {
    let (what, code) = at.split_once(' ').unwrap_or((at, ""));
    let kind = match what {
        "column" => "settings.column",
        "line" => "forms.file_line",
        "check" => "forms.file_check",
        "parameter" => "forms.file_parameter",
        _ => "forms.file_form",
    };
    format!("{} {}", asked.t(kind), show::plain(code)).trim_end().to_owned()
}

pub(super) fn shape_words(asked: &Asked, problem: &ShapeProblem) -> String {
    let named = |key: &str, name: &str| asked.tn(key, &[("name", &show::plain(name))]);
    match problem {
        ShapeProblem::NotJson => asked.t("settings.error_json").to_owned(),
        ShapeProblem::Ended => asked.t("settings.error_json_ended").to_owned(),
        ShapeProblem::Missing(name) => named("settings.error_json_missing", name),
        ShapeProblem::Unknown(name) => named("settings.error_json_unknown", name),
        ShapeProblem::UnknownValue(name) => named("settings.error_json_value", name),
        ShapeProblem::Repeated(name) => named("settings.error_json_repeated", name),
        ShapeProblem::WrongKind => asked.t("settings.error_json_kind").to_owned(),
    }
}

fn problem_words(asked: &Asked, problem: &schemas::form::Problem) -> String {
    use schemas::form::Problem as P;
    let named = |key: &str, name: &str| asked.tn(key, &[("name", &show::plain(name))]);
    match problem {
        P::Repeated => asked.t("forms.file_repeated").to_owned(),
        P::Empty(what) => named("settings.error_empty", what),
        P::TooMany(max) => named("settings.error_more_than", &max.to_string()),
        P::NoLine(code) => named("settings.error_no_line", code),
        P::NotDerived(code) => named("settings.error_not_derived", code),
        P::NoColumn(code) => named("settings.error_no_column", code),
        P::NoSupport(code) => named("settings.error_no_support", code),
        P::NoEthnicity(code) => named("settings.error_no_ethnicity", code),
        P::NoAge => asked.t("settings.error_no_age").to_owned(),
        P::NoParameter(key) => named("forms.file_no_parameter", key),
        P::NoCircumstance(code) => named("forms.file_no_circumstance", code),
        P::NoEvent(kind) => named("forms.file_no_event", kind),
        P::NoCause(cause) => named("forms.file_no_cause", cause),
        P::NoSchooling(stage) => named("forms.file_no_schooling", stage),
        P::NoDay => asked.t("forms.file_no_day").to_owned(),
        P::Circular => asked.t("forms.file_circular").to_owned(),
        P::NotTyped(code) => named("forms.file_not_typed", code),
        P::Edition { shipped } => asked.tn("forms.file_edition_wrong", &[("shipped", shipped)]),
        P::Code => asked.t("forms.file_code").to_owned(),
        P::Text(name) => named("forms.file_text_wrong", name),
        P::TooDeep => asked.t("forms.file_deep").to_owned(),
    }
}
