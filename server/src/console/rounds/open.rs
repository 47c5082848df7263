//! The form that opens a review round: what it proposes, what is wrong with what was typed.
//!
//! Enters: fields of a form. Leaves: a round, opened; or the form again with a message beside each field that needs
//! one. Invariant: nothing typed is lost.

use axum::http::StatusCode;
use maud::{Markup, html};
use schemas::form::form as official;
use sync_core::date::Date;
use sync_core::limits::{LABEL_BYTES_MAX, ROUND_CODE_BYTES_MAX, ROUNDS_MAX};
use sync_core::wire::ReviewRound;

use super::super::input::{Errors, date_field, parse_day, text_field};
use super::super::page::Say;
use super::super::{Area, Asked, Fault, Reply, show};
use crate::office::RoundRow;
use crate::problem::Code;

/// Days from today within which a round lies: a year and what a plan made early needs.
const DAYS_AWAY_MAX: i32 = 800;
/// About so many Vietnamese letters fit into a title: one takes two bytes or so.
const TITLE_LETTERS: usize = LABEL_BYTES_MAX / 2;
/// Days a proposed round lasts.
const DAYS_PROPOSED: i64 = 30;
/// Month and day by which villages report to the commune, for the half year and the year (S03, part V).
const VILLAGE_DEADLINES: [(i8, i8); 2] = [(5, 5), (11, 5)];

/// What stands in the form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Typed {
    code: String,
    title: String,
    starts: String,
    ends: String,
    as_of: String,
}

/// A reporting period whose round can be filled in: its year, and which half.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Proposal {
    year: i16,
    /// 0 the half year, 1 the year.
    half: usize,
}

impl Proposal {
    fn code(self) -> String {
        format!("{}-{}", self.year, self.half + 1)
    }

    /// The two periods whose deadline comes next.
    fn next(today: Date) -> Vec<Self> {
        let years = [today.year(), today.year() + 1];
        let all = years.into_iter().flat_map(|year| [0, 1].map(|half| Self { year, half }));
        all.filter(|proposal| proposal.ends().is_some_and(|ends| ends >= today)).take(2).collect()
    }

    fn ends(self) -> Option<Date> {
        let (month, day) = VILLAGE_DEADLINES[self.half];
        Date::new(self.year, month, day).ok()
    }

    /// The form is due some days after the villages: their households are counted as of that day.
    fn as_of(self) -> Option<Date> {
        let due = official("03/TE")?.deadlines.get(self.half)?;
        Date::new(self.year, due.month, due.day).ok()
    }

    fn typed(self, asked: &Asked) -> Typed {
        let ends = self.ends();
        let starts = ends.map(|ends| ends.saturating_sub(jiff::Span::new().days(DAYS_PROPOSED)));
        let shown = |day: Option<Date>| day.map(show::day).unwrap_or_default();
        let title = if self.half == 0 { "rounds.title_half" } else { "rounds.title_year" };
        Typed {
            code: self.code(),
            title: asked.tn(title, &[("year", &self.year.to_string())]),
            starts: shown(starts.map(|starts| starts.max(asked.today().min(ends.unwrap_or(starts))))),
            ends: shown(ends),
            as_of: shown(self.as_of()),
        }
    }
}

/// What the form is filled with before anybody types: nothing, or the period that the address asks for.
pub(super) fn proposed(asked: &Asked) -> Typed {
    let wanted = asked.query("period");
    let found =
        Proposal::next(asked.today()).into_iter().find(|proposal| Some(proposal.code().as_str()) == wanted);
    found.map(|proposal| proposal.typed(asked)).unwrap_or_default()
}

/// The form, with the rounds that are open already: opening another closes none.
pub(super) fn form(asked: &Asked, typed: &Typed, errors: &Errors, rounds: &[RoundRow]) -> Markup {
    let open: Vec<&ReviewRound> =
        rounds.iter().rev().filter(|row| row.closed_at.is_none()).map(|row| &row.round).collect();
    let fields = html! {
        (text_field("code", asked.t("rounds.code_label"), &typed.code, errors.of("code")))
        (text_field("title", asked.t("rounds.title_label"), &typed.title, errors.of("title")))
        (date_field("starts", asked.t("rounds.starts_label"), &typed.starts, errors.of("starts")))
        (date_field("ends", &asked.tu("rounds.ends_label"), &typed.ends, errors.of("ends")))
        (date_field("as_of", asked.t("rounds.as_of_label"), &typed.as_of, errors.of("as_of")))
    };
    html! {
        section.card.screen-only aria-labelledby="open" {
            h2 #open { (asked.t("rounds.open_heading")) }
            p { (asked.tu("rounds.open_says")) }
            @if !open.is_empty() {
                p #still-open {
                    (asked.t("rounds.still_open"))
                    @for (at, round) in open.iter().enumerate() {
                        @if at > 0 { "," }
                        " " a href={ "/office/rounds/" (round.code) } { (show::name(&round.title)) }
                    }
                    ". " (asked.t("rounds.still_open_says"))
                }
            }
            p {
                (asked.t("rounds.proposals"))
                @for proposal in Proposal::next(asked.today()) {
                    " " a.button href={ "/office/rounds?period=" (proposal.code()) "#open" } {
                        (asked.tn(
                            if proposal.half == 0 { "rounds.proposal_half" } else { "rounds.proposal_year" },
                            &[("year", &proposal.year.to_string())],
                        ))
                    }
                }
            }
            form method="post" action="/office/rounds" {
                (asked.token())
                (errors.summary(asked))
                (fields)
                button.primary type="submit" { (asked.t("rounds.open_now")) }
            }
        }
    }
}

/// Opens the round, or shows the form again.
pub(super) fn take(asked: &Asked) -> Result<Reply, Fault> {
    let of = |name: &str| asked.field(name).to_owned();
    let typed = Typed {
        code: of("code"),
        title: of("title"),
        starts: of("starts"),
        ends: of("ends"),
        as_of: of("as_of"),
    };
    let round = match read(asked, &typed) {
        Ok(round) => round,
        Err(errors) => return again(asked, &typed, &errors),
    };
    let mut errors = Errors::default();
    match asked.office().open_round(Some(&asked.officer().author), &round, asked.now()) {
        Ok(true) => {}
        Ok(false) => errors.add("code", asked.t("rounds.wrong_code_used")),
        Err(problem) if problem.code == Code::LimitExceeded => {
            errors.add("code", asked.tn("rounds.wrong_many", &[("max", &ROUNDS_MAX.to_string())]));
        }
        Err(problem) => return Err(problem.into()),
    }
    if !errors.is_empty() {
        return again(asked, &typed, &errors);
    }
    asked.say(Say::Done, asked.tn("rounds.now_open", &[("code", &round.code)]));
    Ok(Reply::see(&format!("/office/rounds/{}", round.code)))
}

fn again(asked: &Asked, typed: &Typed, errors: &Errors) -> Result<Reply, Fault> {
    let body = super::list_body(asked, typed, errors)?;
    Ok(asked.page_with(StatusCode::UNPROCESSABLE_ENTITY, Area::Rounds, asked.t("rounds.title"), body))
}

fn read(asked: &Asked, typed: &Typed) -> Result<ReviewRound, Errors> {
    let mut errors = Errors::default();
    let in_code = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !(1..=ROUND_CODE_BYTES_MAX).contains(&typed.code.len()) || !typed.code.chars().all(in_code) {
        errors.add("code", asked.tn("rounds.wrong_code", &[("max", &ROUND_CODE_BYTES_MAX.to_string())]));
    }
    if !(1..=LABEL_BYTES_MAX).contains(&typed.title.len())
        || show::plain(&typed.title) != typed.title
        || typed.title.contains('\n')
    {
        errors.add("title", asked.tn("rounds.wrong_title", &[("max", &TITLE_LETTERS.to_string())]));
    }
    let starts = day(asked, "starts", &typed.starts, &mut errors);
    let ends = day(asked, "ends", &typed.ends, &mut errors);
    let as_of = day(asked, "as_of", &typed.as_of, &mut errors);
    if starts.zip(ends).is_some_and(|(starts, ends)| starts > ends) {
        errors.add("ends", asked.t("rounds.wrong_order"));
    }
    match (starts, ends, as_of) {
        (Some(starts), Some(ends), Some(as_of)) if errors.is_empty() => Ok(ReviewRound {
            code: typed.code.clone(),
            title: typed.title.clone(),
            starts: starts.to_string(),
            ends: ends.to_string(),
            as_of: as_of.to_string(),
        }),
        _ => Err(errors),
    }
}

/// A day not absurdly far from today.
fn day(asked: &Asked, name: &str, text: &str, errors: &mut Errors) -> Option<Date> {
    let Some(day) = parse_day(text) else {
        errors.add(name, asked.t("rounds.wrong_date"));
        return None;
    };
    let away = asked.today().until(day).map_or(i32::MAX, |span| span.get_days());
    if away.abs() > DAYS_AWAY_MAX {
        errors.add(name, asked.tn("rounds.wrong_far", &[("days", &DAYS_AWAY_MAX.to_string())]));
        return None;
    }
    Some(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_periods_that_end_next_are_proposed() {
        let codes = |today: &str| -> Vec<String> {
            Proposal::next(today.parse().expect("a day")).into_iter().map(Proposal::code).collect()
        };
        assert_eq!(codes("2026-01-10"), ["2026-1", "2026-2"]);
        assert_eq!(codes("2026-05-05"), ["2026-1", "2026-2"]);
        assert_eq!(codes("2026-05-06"), ["2026-2", "2027-1"]);
        assert_eq!(codes("2026-11-23"), ["2027-1", "2027-2"]);
    }

    #[test]
    fn a_proposal_has_the_deadlines_of_villages_and_of_the_form() {
        let year = Proposal { year: 2026, half: 1 };
        assert_eq!(year.ends(), Some(Date::constant(2026, 11, 5)));
        assert_eq!(year.as_of(), Some(Date::constant(2026, 11, 20)));
        let half = Proposal { year: 2026, half: 0 };
        assert_eq!(half.ends(), Some(Date::constant(2026, 5, 5)));
        assert_eq!(half.as_of(), Some(Date::constant(2026, 5, 25)));
    }
}
