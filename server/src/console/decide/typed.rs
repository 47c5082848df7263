//! What an officer types for a field, asked for with the field's own kind of input.
//!
//! Enters: a field of the record definition and a text. Leaves: the value to be written, or what is wrong
//! with the text in words. Nothing is guessed: a year has four digits, a code is chosen and not typed.

use maud::{Markup, html};
use schemas::record::{EntityKind, Field, FieldType, ValueError};
use schemas::text;
use sync_core::date::Date;
use sync_core::document::Value;

use crate::console::{Asked, Language, show};
use crate::import::date;

/// Why a text is no value of its field. Carries limits, never the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    Empty,
    Date,
    Day,
    ToCome,
    Number,
    Range { min: i64, max: i64 },
    TooLong { max: u16 },
    Choice,
}

impl Wrong {
    pub(super) fn words(self, asked: &Asked) -> String {
        match self {
            Self::Empty => asked.t("decide.wrong_empty").to_owned(),
            Self::Date => asked.t("decide.wrong_date").to_owned(),
            Self::Day => asked.t("decide.wrong_day").to_owned(),
            Self::ToCome => asked.t("decide.wrong_to_come").to_owned(),
            Self::Number => asked.t("decide.wrong_number").to_owned(),
            Self::Range { min, max } => {
                asked.tn("decide.wrong_range", &[("min", &min.to_string()), ("max", &max.to_string())])
            }
            Self::TooLong { max } => asked.tn("decide.wrong_too_long", &[("max", &max.to_string())]),
            Self::Choice => asked.t("decide.wrong_choice").to_owned(),
        }
    }
}

/// Whether an officer can write the field at all: what names other records is not typed.
pub(super) fn is_writable(field: &Field) -> bool {
    !matches!(field.kind, FieldType::Codes | FieldType::Entity | FieldType::Document)
}

/// Whether a field says what has happened: no day to come is meant by it.
fn has_happened(kind: EntityKind, field: &Field) -> bool {
    matches!((kind, &*field.name), (_, "birth_date") | (EntityKind::Event | EntityKind::Visit, "date"))
}

/// The value a text stands for. The choice [`UNKNOWN`] clears the field: known to be unknown.
pub(super) fn read(kind: EntityKind, field: &Field, typed: &str, today: Date) -> Result<Value, Wrong> {
    let typed = text::display(typed);
    if typed == UNKNOWN {
        return Ok(Value::Null);
    }
    if typed.is_empty() {
        return Err(Wrong::Empty);
    }
    if has_happened(kind, field) && date::read(&typed).is_some_and(|date| today < date.first()) {
        return Err(Wrong::ToCome);
    }
    let value = match field.kind {
        FieldType::Text => Value::Text(typed),
        FieldType::Date => Value::Text(date::read(&typed).ok_or(Wrong::Date)?.to_string()),
        FieldType::Day => {
            let day = date::read(&typed).filter(sync_core::date::PartialDate::is_exact);
            Value::Text(day.ok_or(Wrong::Day)?.to_string())
        }
        FieldType::Bool => match typed.as_str() {
            "yes" => Value::Bool(true),
            "no" => Value::Bool(false),
            _ => return Err(Wrong::Choice),
        },
        FieldType::Int => Value::Int(typed.parse().map_err(|_| Wrong::Number)?),
        FieldType::Code if field.codes(kind).any(|code| code == typed) => Value::Text(typed),
        _ => return Err(Wrong::Choice),
    };
    field.check(kind, &value.to_json()).map_err(|error| match error {
        ValueError::TooLong { max } => Wrong::TooLong { max },
        ValueError::Range { min, max } => Wrong::Range { min, max },
        ValueError::Type | ValueError::Code | ValueError::Restricted => Wrong::Choice,
    })?;
    Ok(value)
}

/// The choice of a list that clears the field.
const UNKNOWN: &str = "?";

/// What an input begins with to say a value: the other way of [`read`].
pub(super) fn written(field: &Field, value: &Value) -> String {
    match (value, field.kind) {
        (Value::Text(text), FieldType::Date | FieldType::Day) => show::written_date(text),
        (Value::Text(text), _) => text.clone(),
        (Value::Int(number), _) => number.to_string(),
        (Value::Bool(true), _) => "yes".to_owned(),
        (Value::Bool(false), _) => "no".to_owned(),
        (Value::Null | Value::Bytes(_), _) => String::new(),
    }
}

/// An input of a field, with `typed` in it and what is wrong with it beneath. Without a `maxlength`: a browser would cut
/// what is pasted and tell nobody, where [`read`] says that it is too long.
pub(super) struct Input<'a> {
    pub(super) kind: EntityKind,
    pub(super) field: &'a Field,
    /// Its name in the form.
    pub(super) name: &'a str,
    pub(super) label: &'a str,
    pub(super) typed: &'a str,
    pub(super) error: Option<&'a str>,
    /// Whether it is where the work goes on.
    pub(super) focus: bool,
}

impl Input<'_> {
    pub(super) fn markup(&self, asked: &Asked) -> Markup {
        let Self { kind, field, name, label, typed, error, focus } = self;
        let describes = error.map(|_| format!("{name}-error"));
        let invalid = error.map(|_| "true");
        let language = asked.language();
        html! {
            div.field {
                label for=(name) { (label) }
                @match field.kind {
                    FieldType::Code | FieldType::Bool => {
                        select id=(name) name=(name) data-typed aria-describedby=[&describes] aria-invalid=[invalid] autofocus[*focus] {
                            option value="" { "–" }
                            @for (code, words) in choices(asked, language, *kind, field) {
                                option value=(code) selected[code == *typed] { (words) }
                            }
                            option value=(UNKNOWN) selected[*typed == UNKNOWN] { (asked.t("decide.unknown")) }
                        }
                    }
                    FieldType::Text if field.max_chars.is_some_and(|max| max > LINE_CHARS_MAX) => {
                        textarea id=(name) name=(name) rows="4" data-typed
                            aria-describedby=[&describes] aria-invalid=[invalid] autofocus[*focus] { (typed) }
                    }
                    _ => {
                        input id=(name) name=(name) type="text" value=(typed) data-typed
                            inputmode=[matches!(field.kind, FieldType::Int).then_some("numeric")]
                            placeholder=[matches!(field.kind, FieldType::Date | FieldType::Day).then(|| asked.t("decide.date_hint"))]
                            autocomplete="off" aria-describedby=[&describes] aria-invalid=[invalid] autofocus[*focus];
                    }
                }
                @if let Some(error) = error { p.field-error id=[&describes] { (error) } }
            }
        }
    }
}

/// Longer texts are typed in several lines.
const LINE_CHARS_MAX: u16 = 200;

fn choices(
    asked: &Asked,
    language: Language,
    kind: EntityKind,
    field: &Field,
) -> Vec<(&'static str, String)> {
    match field.catalogue {
        Some(catalogue) => {
            field.codes(kind).map(|code| (code, show::code_label(language, catalogue, code))).collect()
        }
        None => vec![("yes", asked.t("decide.yes").to_owned()), ("no", asked.t("decide.no").to_owned())],
    }
}

#[cfg(test)]
mod tests {
    use schemas::record::definition;

    use super::*;

    const TODAY: Date = Date::constant(2026, 11, 23);

    #[test]
    fn what_is_typed_becomes_the_fields_value_or_says_what_is_wrong() {
        let long = "a".repeat(101);
        let cases: [(EntityKind, &str, &str, Result<Value, Wrong>); 22] = [
            (EntityKind::Child, "birth_date", "3/5/2019", Ok("2019-05-03".into())),
            (EntityKind::Child, "birth_date", " 05/2019 ", Ok("2019-05".into())),
            (EntityKind::Child, "birth_date", "03/05/19", Err(Wrong::Date)),
            (EntityKind::Child, "birth_date", "31/02/2019", Err(Wrong::Date)),
            (EntityKind::Child, "birth_date", "23/11/2026", Ok("2026-11-23".into())),
            (EntityKind::Child, "birth_date", "24/11/2026", Err(Wrong::ToCome)),
            (EntityKind::Child, "birth_date", "2026", Ok("2026".into())),
            (EntityKind::Event, "date", "12/2026", Err(Wrong::ToCome)),
            (EntityKind::Circumstance, "end", "24/11/2026", Ok("2026-11-24".into())),
            (EntityKind::Visit, "date", "5/2019", Err(Wrong::Day)),
            (EntityKind::Child, "name", "  Nguyễn   Văn An ", Ok("Nguyễn Văn An".into())),
            (EntityKind::Child, "name", " ", Err(Wrong::Empty)),
            (EntityKind::Child, "name", &long, Err(Wrong::TooLong { max: 100 })),
            (EntityKind::Child, "sex", "female", Ok("female".into())),
            (EntityKind::Child, "sex", "Nữ", Err(Wrong::Choice)),
            (EntityKind::Child, "sex", UNKNOWN, Ok(Value::Null)),
            (EntityKind::Child, "health_insurance", "no", Ok(false.into())),
            (EntityKind::Child, "health_insurance", "có", Err(Wrong::Choice)),
            (EntityKind::Household, "poverty_year", "2024", Ok(2024.into())),
            (EntityKind::Household, "poverty_year", "24", Err(Wrong::Range { min: 1850, max: 2200 })),
            (EntityKind::Household, "poverty_year", "năm ngoái", Err(Wrong::Number)),
            (EntityKind::Circumstance, "person", "0123456789abc", Err(Wrong::Choice)),
        ];
        for (kind, name, typed, expected) in cases {
            let field = definition().entity(kind).field(name).expect("a field of the definition");
            assert_eq!(read(kind, field, typed, TODAY), expected, "{name} {typed}");
        }
    }

    #[test]
    fn a_restricted_circumstance_can_not_be_written_readably() {
        let entity = definition().entity(EntityKind::Circumstance);
        let code = entity.field("code").expect("a field of the definition");
        assert_eq!(read(entity.kind, code, "II.5", TODAY), Err(Wrong::Choice));
        assert_eq!(read(entity.kind, code, "II.4.1", TODAY), Ok("II.4.1".into()));
    }

    #[test]
    fn an_input_begins_with_what_it_would_be_read_as() {
        for (kind, name, value) in [
            (EntityKind::Child, "birth_date", Value::from("2019-05")),
            (EntityKind::Child, "sex", "male".into()),
            (EntityKind::Child, "health_insurance", true.into()),
            (EntityKind::Household, "poverty_year", 2024.into()),
        ] {
            let field = definition().entity(kind).field(name).expect("a field of the definition");
            assert_eq!(read(kind, field, &written(field, &value), TODAY), Ok(value), "{name}");
        }
    }
}
