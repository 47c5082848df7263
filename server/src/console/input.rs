//! Fields of forms: a label, an input, and what is wrong with it beside it.
//!
//! Invariants: what was typed stands in the field again when the form comes back with messages; the summary above a
//! form names each field that is wrong as the form does, in the form's order, because the fields tell it as they are
//! made.

use std::cell::RefCell;

use maud::{Markup, Render, html};
use sync_core::date::Date;

use super::{Asked, limits};

/// What is wrong, by field: texts, ready to be read.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Errors {
    /// Field and text, in the order they were said.
    said: Vec<(String, String)>,
    /// Field and label of those that are wrong, in the order the form has them.
    shown: RefCell<Vec<(String, String)>>,
}

/// What is wrong with one field. Its text can stand in a page; whoever shows it beside a field says under which label.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wrong<'a> {
    field: &'a str,
    text: &'a str,
    errors: &'a Errors,
}

impl Wrong<'_> {
    /// Notes the label under which the field stands in the form.
    fn stands_at(&self, label: &str) {
        let mut shown = self.errors.shown.borrow_mut();
        if shown.iter().all(|(field, _)| field != self.field) {
            shown.push((self.field.to_owned(), label.to_owned()));
        }
    }
}

impl Render for Wrong<'_> {
    fn render_to(&self, buffer: &mut String) {
        self.text.render_to(buffer);
    }
}

impl Errors {
    /// Says what is wrong with a field; the first thing said stays.
    pub(crate) fn add(&mut self, field: &str, text: impl Into<String>) {
        if self.of(field).is_none() {
            self.said.push((field.to_owned(), text.into()));
        }
    }

    /// What is wrong with a field.
    pub(crate) fn of(&self, field: &str) -> Option<Wrong<'_>> {
        let (field, text) = self.said.iter().find(|(known, _)| known == field)?;
        Some(Wrong { field, text, errors: self })
    }

    /// The same as a text, where no form of fields stands.
    pub(crate) fn text_of(&self, field: &str) -> Option<&str> {
        self.of(field).map(|wrong| wrong.text)
    }

    /// Whether nothing is wrong.
    pub(crate) fn is_empty(&self) -> bool {
        self.said.is_empty()
    }

    /// Above the form: what is wrong, by the fields' labels and in their order, for those who can't see it; nothing if
    /// nothing is. Made after the form: what the form does not show stands last.
    pub(crate) fn summary(&self, asked: &Asked) -> Markup {
        let shown = self.shown.borrow();
        let text = |field: &str| self.said.iter().find(|(known, _)| known == field).map(|(_, text)| text);
        let labelled = shown.iter().filter_map(|(field, label)| Some((field, Some(label), text(field)?)));
        let others = self.said.iter().filter(|(field, _)| shown.iter().all(|(known, _)| known != field));
        let lines = labelled.chain(others.map(|(field, text)| (field, None, text)));
        html! {
            @if !self.said.is_empty() {
                div.message.bad role="alert" { p { (asked.t("frame.fields_wrong")) }
                    ul { @for (field, label, text) in lines {
                        li { a href={ "#f-" (field) } { @if let Some(label) = label { (label) ": " } (text) } }
                    } }
                }
            }
        }
    }
}

/// What is wrong with several boxes that go together, beside their common label.
pub(crate) fn group_error(label: &str, error: Option<Wrong<'_>>) -> Markup {
    if let Some(error) = error {
        error.stands_at(label);
    }
    html! {
        @if let Some(error) = error {
            p.field-error id={ "f-" (error.field) } { (error) }
        }
    }
}

fn framed(name: &str, label: &str, error: Option<Wrong<'_>>, input: &Markup) -> Markup {
    if let Some(error) = error {
        error.stands_at(label);
    }
    html! {
        div.field.wrong[error.is_some()] {
            label for={ "f-" (name) } { (label) }
            (input)
            @if let Some(error) = error { p.field-error id={ "e-" (name) } { (error) } }
        }
    }
}

fn described(name: &str, error: Option<Wrong<'_>>) -> Option<String> {
    error.map(|_| format!("e-{name}"))
}

fn plain(
    name: &str,
    label: &str,
    value: &str,
    error: Option<Wrong<'_>>,
    kind: &str,
    mode: Option<&str>,
) -> Markup {
    let input = html! {
        input id={ "f-" (name) } name=(name) type=(kind) value=(value) inputmode=[mode] autocomplete="off"
            maxlength=(limits::TEXT_CHARS_MAX) aria-invalid=[error.map(|_| "true")] aria-describedby=[described(name, error)];
    };
    framed(name, label, error, &input)
}

/// A line of text.
pub(crate) fn text_field(name: &str, label: &str, value: &str, error: Option<Wrong<'_>>) -> Markup {
    plain(name, label, value, error, "text", None)
}

/// Several lines.
pub(crate) fn area_field(name: &str, label: &str, value: &str, error: Option<Wrong<'_>>) -> Markup {
    let input = html! {
        textarea id={ "f-" (name) } name=(name) rows="3" maxlength=(limits::TEXT_CHARS_MAX)
            aria-invalid=[error.map(|_| "true")] aria-describedby=[described(name, error)] { (value) }
    };
    framed(name, label, error, &input)
}

/// A number.
pub(crate) fn number_field(name: &str, label: &str, value: &str, error: Option<Wrong<'_>>) -> Markup {
    plain(name, label, value, error, "text", Some("decimal"))
}

/// A day, typed as `20/11/2026` or picked as the browser offers it (`2026-11-20`).
pub(crate) fn date_field(name: &str, label: &str, value: &str, error: Option<Wrong<'_>>) -> Markup {
    plain(name, label, value, error, "text", Some("numeric"))
}

/// A password.
pub(crate) fn password_field(
    name: &str,
    label: &str,
    error: Option<Wrong<'_>>,
    autocomplete: &str,
) -> Markup {
    let input = html! {
        input id={ "f-" (name) } name=(name) type="password" autocomplete=(autocomplete) required
            aria-invalid=[error.map(|_| "true")] aria-describedby=[described(name, error)];
    };
    framed(name, label, error, &input)
}

/// A file that has to be chosen; `accept`: endings of names, as HTML lists them, or empty.
pub(crate) fn file_field(name: &str, label: &str, accept: &str, error: Option<Wrong<'_>>) -> Markup {
    let input = html! {
        input id={ "f-" (name) } name=(name) type="file" accept=[Some(accept).filter(|kinds| !kinds.is_empty())] required
            aria-invalid=[error.map(|_| "true")] aria-describedby=[described(name, error)];
    };
    framed(name, label, error, &input)
}

/// One of several; `options`: value and label.
pub(crate) fn select_field(
    name: &str,
    label: &str,
    value: &str,
    options: &[(String, String)],
    error: Option<Wrong<'_>>,
) -> Markup {
    let input = html! {
        select id={ "f-" (name) } name=(name) aria-invalid=[error.map(|_| "true")]
            aria-describedby=[described(name, error)] {
            @for (code, text) in options { option value=(code) selected[code == value] { (text) } }
        }
    };
    framed(name, label, error, &input)
}

/// A box to tick.
pub(crate) fn tick_field(name: &str, value: &str, label: &str, ticked: bool) -> Markup {
    html! { label.tick { input type="checkbox" name=(name) value=(value) checked[ticked]; " " (label) } }
}

/// A day as people write it, `20/11/2026`, `20-11-2026`, or as browsers do, `2026-11-20`.
pub(crate) fn parse_day(text: &str) -> Option<Date> {
    let text = text.trim();
    if let Ok(day) = text.parse::<Date>() {
        return Some(day);
    }
    let mut parts = text.split(['/', '-', '.']).map(str::trim);
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_as_people_and_browsers_write_it() {
        let day = Date::constant(2026, 11, 5);
        for text in ["5/11/2026", "05/11/2026", " 5-11-2026 ", "2026-11-05", "5.11.2026"] {
            assert_eq!(parse_day(text), Some(day), "{text}");
        }
        for text in ["", "31/2/2026", "5/11/26", "5/11", "5/11/2026/1", "x", "99999999999/1/2026"] {
            assert_eq!(parse_day(text), None, "{text}");
        }
    }
}
