//! Fields of forms: a label, an input, and what is wrong with it beside it.
//!
//! Invariant: what was typed stands in the field again when the form comes back with messages.

use std::collections::BTreeMap;

use maud::{Markup, html};
use sync_core::date::Date;

use super::{Asked, limits};

/// What is wrong, by field: a text, ready to be read.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Errors(BTreeMap<String, String>);

impl Errors {
    /// Says what is wrong with a field; the first thing said stays.
    pub(crate) fn add(&mut self, field: &str, text: impl Into<String>) {
        self.0.entry(field.to_owned()).or_insert_with(|| text.into());
    }

    /// What is wrong with a field.
    pub(crate) fn of(&self, field: &str) -> Option<&str> {
        self.0.get(field).map(String::as_str)
    }

    /// Whether nothing is wrong.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Above the form: how much is wrong, for those who can't see it; nothing if nothing is.
    pub(crate) fn summary(&self, asked: &Asked) -> Markup {
        html! {
            @if !self.0.is_empty() {
                div.message.bad role="alert" { p { (asked.t("frame.fields_wrong")) }
                    ul { @for (field, text) in &self.0 { li { a href={ "#f-" (field) } { (text) } } } }
                }
            }
        }
    }
}

fn framed(name: &str, label: &str, error: Option<&str>, input: &Markup) -> Markup {
    html! {
        div.field.wrong[error.is_some()] {
            label for={ "f-" (name) } { (label) }
            (input)
            @if let Some(error) = error { p.field-error id={ "e-" (name) } { (error) } }
        }
    }
}

fn described(name: &str, error: Option<&str>) -> Option<String> {
    error.map(|_| format!("e-{name}"))
}

fn plain(
    name: &str,
    label: &str,
    value: &str,
    error: Option<&str>,
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
pub(crate) fn text_field(name: &str, label: &str, value: &str, error: Option<&str>) -> Markup {
    plain(name, label, value, error, "text", None)
}

/// Several lines.
pub(crate) fn area_field(name: &str, label: &str, value: &str, error: Option<&str>) -> Markup {
    let input = html! {
        textarea id={ "f-" (name) } name=(name) rows="3" maxlength=(limits::TEXT_CHARS_MAX)
            aria-invalid=[error.map(|_| "true")] aria-describedby=[described(name, error)] { (value) }
    };
    framed(name, label, error, &input)
}

/// A number.
pub(crate) fn number_field(name: &str, label: &str, value: &str, error: Option<&str>) -> Markup {
    plain(name, label, value, error, "text", Some("decimal"))
}

/// A day, typed as `20/11/2026` or picked as the browser offers it (`2026-11-20`).
pub(crate) fn date_field(name: &str, label: &str, value: &str, error: Option<&str>) -> Markup {
    plain(name, label, value, error, "text", Some("numeric"))
}

/// A password.
pub(crate) fn password_field(name: &str, label: &str, error: Option<&str>, autocomplete: &str) -> Markup {
    let input = html! {
        input id={ "f-" (name) } name=(name) type="password" autocomplete=(autocomplete) required
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
    error: Option<&str>,
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
