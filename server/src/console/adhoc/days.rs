//! The days a list covers, as they are asked for in an address.

use serde_json::{Value as Json, json};
use sync_core::date::Date;
use sync_core::tally::Period;

use crate::console::input::{Errors, parse_day};
use crate::console::{Asked, show};

/// Nobody who is a child today was born before; no register was kept this way before.
const FIRST: Date = Date::constant(2000, 1, 1);

/// A period, and how its ends were typed.
pub(in crate::console) struct Span {
    pub(in crate::console) period: Period,
    pub(in crate::console) typed_from: String,
    pub(in crate::console) typed_to: String,
}

impl Span {
    fn new(period: Period) -> Self {
        Self { period, typed_from: show::day(period.from()), typed_to: show::day(period.as_of()) }
    }

    /// The month up to a day.
    pub(in crate::console) fn of_month(today: Date) -> Self {
        Self::new(Period::new(today.first_of_month(), today).expect("a month begins before its days"))
    }

    /// `from` and `to` of the address; this month where they are absent or wrong, which `errors` says.
    pub(in crate::console) fn asked(asked: &Asked, errors: &mut Errors) -> Self {
        let month = asked.today().first_of_month();
        let from = day(asked, "from", asked.query("from"), month, errors);
        let to = day(asked, "to", asked.query("to"), asked.today(), errors);
        let mut span = match Period::new(from, to) {
            Ok(period) => Self::new(period),
            Err(_) => {
                // Where a day could not be read another stands for it, of which nothing is to be said.
                if errors.is_empty() {
                    errors.add("to", asked.t("lists.ends_before"));
                }
                Self::of_month(asked.today())
            }
        };
        if !errors.is_empty() {
            span.typed_from = asked.query("from").unwrap_or(&span.typed_from).to_owned();
            span.typed_to = asked.query("to").unwrap_or(&span.typed_to).to_owned();
        }
        span
    }

    /// What the log says of a list of these days.
    pub(in crate::console) fn noted(&self, list: &str, village: Option<&str>) -> Json {
        let (from, to) = (self.period.from().to_string(), self.period.as_of().to_string());
        json!({ "list": list, "village": village, "from": from, "to": to })
    }

    /// `from=2024-11-01&to=2024-11-30`.
    pub(in crate::console) fn query(&self) -> String {
        format!("from={}&to={}", self.period.from(), self.period.as_of())
    }
}

/// A day that was typed; `unless` where there is none or it can't be one.
pub(in crate::console) fn day(
    asked: &Asked,
    field: &str,
    typed: Option<&str>,
    unless: Date,
    errors: &mut Errors,
) -> Date {
    let Some(typed) = typed else { return unless };
    match parse_day(typed) {
        Some(day) => checked(asked, field, day, errors).unwrap_or(unless),
        None => {
            errors.add(field, asked.t("lists.not_a_day"));
            unless
        }
    }
}

/// The day, if a list can be of it.
pub(in crate::console) fn checked(
    asked: &Asked,
    field: &str,
    day: Date,
    errors: &mut Errors,
) -> Option<Date> {
    if day > asked.today() {
        errors.add(field, asked.t("lists.day_to_come"));
        return None;
    }
    if day < FIRST {
        errors.add(field, asked.tn("lists.day_too_early", &[("first", &show::day(FIRST))]));
        return None;
    }
    Some(day)
}
