//! Which form, for which day and whom: what every address of this area says.

use std::ops::RangeInclusive;
use std::sync::Arc;

use axum::http::StatusCode;
use maud::{Markup, html};
use schemas::form::Form;
use sync_core::date::Date;
use sync_core::tally::Period;

use super::super::input::parse_day;
use super::super::{Asked, Fault, show};
use crate::office::{FactsAt, FillError, Wanted};
use crate::problem::Code;

/// No form of the ministry that this program knows was in force before.
const DAY_MIN: Date = Date::constant(2000, 1, 1);
/// A form can be looked at for so many days ahead.
const DAYS_AHEAD_MAX: i64 = 366;
/// So far back a period begins that is about half a year.
const HALF_YEAR_DAYS: RangeInclusive<i32> = 150..=220;

/// What is wrong with an as-of date, as a key of the words.
pub(in crate::console) fn day_problem(day: Date, today: Date) -> Option<&'static str> {
    let latest = today.saturating_add(jiff::Span::new().days(DAYS_AHEAD_MAX));
    match day {
        day if day < DAY_MIN => Some("forms.day_too_early"),
        day if day > latest => Some("forms.day_too_late"),
        _ => None,
    }
}

/// The first day of a year that ends with `as_of`.
pub(in crate::console) fn year_until(as_of: Date) -> Date {
    as_of.saturating_sub(jiff::Span::new().years(1)).saturating_add(jiff::Span::new().days(1))
}

/// The same day a year before; 29 February becomes the 28th.
pub(in crate::console) fn year_before(day: Date) -> Date {
    day.saturating_sub(jiff::Span::new().years(1))
}

/// The days a form is due around `today`: the last two and the next, the latest first.
pub(super) fn due_days(form: &Form, today: Date) -> Vec<Date> {
    let mut days: Vec<Date> = (-1..=1)
        .flat_map(|year| form.deadlines.iter().map(move |due| (today.year() + year, due)))
        .filter_map(|(year, due)| Date::new(year, due.month, due.day).ok())
        .collect();
    days.sort();
    let next = days.iter().position(|day| *day >= today).unwrap_or(days.len());
    days.truncate(next + 1);
    days.reverse();
    days.truncate(3);
    days
}

/// The first day of the half-year that ends with `as_of`: the day after the form was due about half a year before, or
/// the day six months before where it was not due then.
pub(in crate::console) fn half_until(form: &Form, as_of: Date) -> Date {
    let after_due = (0..=1)
        .flat_map(|year| form.deadlines.iter().map(move |due| (as_of.year() - year, due)))
        .filter_map(|(year, due)| Date::new(year, due.month, due.day).ok())
        .map(|due| due.saturating_add(jiff::Span::new().days(1)));
    let begin = after_due.filter(|begin| HALF_YEAR_DAYS.contains(&(as_of - *begin).get_days())).max();
    // By the day after: what ends on 30 June began on 1 January.
    let next = as_of.saturating_add(jiff::Span::new().days(1));
    begin.unwrap_or_else(|| next.saturating_sub(jiff::Span::new().months(6)))
}

/// A form's name as addresses have it: `03-TE`.
pub(super) fn slug(form: &str) -> String {
    form.replace('/', "-")
}

/// What an address of this area asks for.
pub(super) struct Scope {
    /// Which form.
    pub(super) wanted: Wanted,
    /// The log position asked for; none: now.
    known_at: Option<u64>,
    /// What the office knew.
    pub(super) facts: Arc<FactsAt>,
}

impl Scope {
    /// Reads the address, or the fields of a form that came from one.
    ///
    /// # Errors
    /// What can't be asked for.
    pub(super) fn of(asked: &Asked) -> Result<Self, Fault> {
        let text = |name: &str| match asked.field(name) {
            "" => asked.query(name).unwrap_or_default(),
            value => value,
        };
        let name = asked.path("form");
        let forms = asked.office().forms_now();
        let form = forms.iter().find(|form| slug(&form.form) == name).ok_or(Fault::NotFound)?;
        let refused = |key| Fault::Refused(StatusCode::UNPROCESSABLE_ENTITY, key);
        let today = asked.today();
        let as_of = match text("as_of") {
            "" => due_days(form, today).into_iter().find(|day| *day <= today).unwrap_or(today),
            written => parse_day(written).ok_or(refused("forms.day_unreadable"))?,
        };
        if let Some(key) = day_problem(as_of, today) {
            return Err(refused(key));
        }
        let from = match text("from") {
            "" => year_until(as_of),
            written => parse_day(written).ok_or(refused("forms.day_unreadable"))?,
        };
        let period = Period::new(from, as_of).map_err(|_| refused("forms.period_empty"))?;
        let known_at = match text("known_at") {
            "" => None,
            written => Some(written.parse().map_err(|_| refused("forms.position_unknown"))?),
        };
        let village = Some(text("village")).filter(|code| !code.is_empty()).map(str::to_owned);
        let facts = match known_at {
            None => asked.facts()?,
            Some(known_at) => {
                let key = asked.confidential_key();
                asked.office().facts_known_at(known_at, key.as_ref()).map_err(|problem| {
                    match problem.code {
                        Code::NotFound => refused("forms.position_unknown"),
                        _ => problem.into(),
                    }
                })?
            }
        };
        let wanted = Wanted { form: form.form.clone(), period, village };
        Ok(Self { wanted, known_at, facts })
    }

    /// What follows the question mark, so that another page is about the same.
    pub(super) fn query(&self) -> String {
        let period = self.wanted.period;
        let mut query = format!("as_of={}&from={}", period.as_of(), period.from());
        if let Some(village) = &self.wanted.village {
            query += &format!("&village={}", encoded(village));
        }
        if let Some(known_at) = self.known_at {
            query += &format!("&known_at={known_at}");
        }
        query
    }

    /// The address of a page of this form: `""`, `"/cell"` …
    pub(super) fn address(&self, page: &str) -> String {
        format!("/office/forms/{}{page}?{}", slug(&self.wanted.form), self.query())
    }

    /// The same as hidden fields.
    pub(super) fn hidden(&self) -> Markup {
        let period = self.wanted.period;
        html! {
            input type="hidden" name="as_of" value=(period.as_of());
            input type="hidden" name="from" value=(period.from());
            @if let Some(village) = &self.wanted.village { input type="hidden" name="village" value=(village); }
        }
    }

    /// What has to be said loudly about the day.
    pub(super) fn warnings(&self, asked: &Asked, form: &Form) -> Markup {
        let as_of = self.wanted.period.as_of();
        let shown = show::day(as_of);
        html! {
            @if as_of > asked.today() {
                p.message.warn role="alert" { strong { (asked.tn("forms.not_yet", &[("day", &shown)])) } }
            }
            @if as_of < form.valid_from {
                p.message.warn {
                    (asked.tn("forms.before_form", &[("day", &shown), ("from", &show::day(form.valid_from))]))
                }
            }
            @if let Some(position) = self.known_at {
                p.message.warn {
                    (asked.tn("forms.as_known_at", &[("position", &position.to_string())])) " "
                    a href={ "/office/forms/" (slug(&self.wanted.form)) "?as_of=" (as_of) } { (asked.t("forms.as_known_now")) }
                }
            }
        }
    }
}

/// What a form that can't be filled answers.
pub(in crate::console) fn fault(error: FillError) -> Fault {
    match error {
        FillError::NoForm | FillError::NoVillage => Fault::NotFound,
        FillError::Columns(_) => Fault::Refused(StatusCode::CONFLICT, "forms.columns_wrong"),
        FillError::Count(crate::office::CountError::Office(problem)) | FillError::Office(problem) => {
            problem.into()
        }
        FillError::Count(_) => Fault::Refused(StatusCode::CONFLICT, "forms.columns_wrong"),
    }
}

/// A code as an address has it: everything but letters and digits of ASCII, `-` and `.` is escaped.
pub(in crate::console) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' => encoded.push(char::from(byte)),
            other => encoded += &format!("%{other:02X}"),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn a_form_is_proposed_for_the_days_it_is_due() {
        let form = schemas::form::form("03/TE").unwrap();
        let days = due_days(form, day("2026-11-23"));
        assert_eq!(days, [day("2027-05-25"), day("2026-11-20"), day("2026-05-25")]);
        assert_eq!(due_days(form, day("2026-05-25"))[0], day("2026-05-25"), "the day itself has not passed");
        assert_eq!(year_until(day("2026-11-20")), day("2025-11-21"));
    }

    #[test]
    fn half_a_year_is_about_half_a_year_whatever_day_it_ends_on() {
        for form in ["01/TE", "02/TE", "03/TE"].map(|form| schemas::form::form(form).unwrap()) {
            for (as_of, from) in [
                ("2026-05-25", "2025-11-21"),
                ("2026-05-26", "2025-11-21"),
                ("2026-06-30", "2026-01-01"),
                ("2026-08-31", "2026-03-01"),
                ("2026-11-20", "2026-05-26"),
                ("2026-11-23", "2026-05-26"),
                ("2026-12-31", "2026-05-26"),
            ] {
                assert_eq!(half_until(form, day(as_of)), day(from), "{as_of}");
            }
            let mut as_of = day("2027-01-01");
            while as_of < day("2029-01-01") {
                let days = (as_of - half_until(form, as_of)).get_days();
                assert!(HALF_YEAR_DAYS.contains(&days), "{as_of}: {days}");
                as_of = as_of.tomorrow().unwrap();
            }
        }
    }

    #[test]
    fn a_day_no_form_knows_is_refused_and_the_next_year_is_not() {
        let today = day("2026-11-23");
        for (as_of, problem) in [
            ("1900-01-01", Some("forms.day_too_early")),
            ("1999-12-31", Some("forms.day_too_early")),
            ("2000-01-01", None),
            ("2023-06-30", None),
            ("2027-05-25", None),
            ("2027-11-24", None),
            ("2027-11-25", Some("forms.day_too_late")),
            ("9999-12-31", Some("forms.day_too_late")),
        ] {
            assert_eq!(day_problem(day(as_of), today), problem, "{as_of}");
        }
        assert_eq!(year_before(day("2024-02-29")), day("2023-02-28"));
    }

    #[test]
    fn a_village_code_is_no_other_parameter() {
        assert_eq!(encoded("01&as_of=1 ấ"), "01%26as%5Fof%3D1%20%E1%BA%A5");
    }
}
