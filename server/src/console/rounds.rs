//! Review rounds: opened with a deadline for the villages, watched, closed.
//!
//! Enters: what an officer types of a round; visits and signed statements of the villages, from the register. Leaves:
//! a round in the log, which every phone learns of with its next sync; pages that say where each village is.
//! Invariants: nothing about a round is changed after it was opened, but its end; a village's sign-off is shown as it
//! was signed, with what has changed since, and stays when the round is closed.

mod open;
#[cfg(test)]
mod tests;

use axum::http::StatusCode;
use maud::{Markup, html};
use schemas::record::EntityKind;
use sync_core::date::Date;
use sync_core::document::{Container, Target, Value, View, shown_text};
use sync_core::wire::ReviewRound;

use super::input::Errors;
use super::page::Say;
use super::register::pager;
use super::register::told::{kind_of, name_of, object_name, value_in};
use super::{Access, Area, Asked, Fault, Reply, Route, show};
use crate::office::pages::{CodeSignOff, VillageState};
use crate::office::{ChangedField, ChangedHousehold, OFFICE_LABEL, RoundRow, SignedOff};
use crate::problem::Problem;

pub(super) const ROUTES: &[Route] = &[
    Route::get("/office/rounds", Access::Officer, list),
    Route::post("/office/rounds", Access::Officer, open::take),
    Route::get("/office/rounds/{code}", Access::Officer, one),
    Route::get("/office/rounds/{code}/close", Access::Officer, ask_close),
    Route::post("/office/rounds/{code}/close", Access::Officer, close),
    Route::get("/office/rounds/{code}/changed/{village}", Access::Officer, changed),
];

fn list(asked: &Asked) -> Result<Reply, Fault> {
    let body = list_body(asked, &open::proposed(asked), &Errors::default())?;
    Ok(asked.page(Area::Rounds, asked.t("rounds.title"), body))
}

/// The rounds, and the form that opens another.
fn list_body(asked: &Asked, typed: &open::Typed, errors: &Errors) -> Result<Markup, Problem> {
    let rounds = asked.office().rounds()?;
    Ok(html! {
        @if rounds.is_empty() { p { (asked.t("rounds.none")) } }
        @else {
            table.grid {
                caption { (asked.t("rounds.all")) }
                thead { tr {
                    th scope="col" { (asked.t("rounds.code")) }
                    th scope="col" { (asked.t("rounds.name")) }
                    th scope="col" { (asked.t("rounds.days")) }
                    th scope="col" { (asked.t("rounds.as_of")) }
                    th scope="col" { (asked.t("rounds.state")) }
                } }
                tbody {
                    @for RoundRow { round, closed_at, .. } in rounds.iter().rev() {
                        tr {
                            th scope="row" { a href={ "/office/rounds/" (round.code) } { (round.code) } }
                            td { (show::name(&round.title)) }
                            td { (show::written_date(&round.starts)) " – " (show::written_date(&round.ends)) }
                            td { (show::written_date(&round.as_of)) }
                            td { (state(asked, round, *closed_at)) }
                        }
                    }
                }
            }
        }
        (open::form(asked, typed, errors, &rounds))
    })
}

fn state(asked: &Asked, round: &ReviewRound, closed_at: Option<i64>) -> Markup {
    html! {
        @match closed_at {
            Some(at) => span.tag { (asked.tn("rounds.closed", &[("moment", &show::moment(at))])) },
            None => (deadline(asked, round)),
        }
    }
}

fn known(asked: &Asked) -> Result<RoundRow, Fault> {
    let code = asked.path("code");
    asked.office().rounds()?.into_iter().find(|row| row.round.code == code).ok_or(Fault::NotFound)
}

/// A round, village by village.
fn one(asked: &Asked) -> Result<Reply, Fault> {
    let RoundRow { round, opened_at, closed_at } = known(asked)?;
    let villages = asked.office().village_states(Some(&round), day_of(asked, &round))?;
    let over = is_over(&round, asked.today());
    let sum = |of: fn(&VillageState) -> u64| villages.iter().map(of).sum::<u64>();
    let (visited, tried, households) = (sum(|at| at.visited), sum(|at| at.tried), sum(|at| at.households));
    let unit = &asked.office().unit_word();
    let body = html! {
        nav.crumbs { a href="/office/rounds" { (asked.t("rounds.title")) } }
        p { (state(asked, &round, closed_at)) }
        dl.facts {
            dt { (asked.t("rounds.days")) }
            dd { (show::written_date(&round.starts)) " – " (show::written_date(&round.ends)) }
            dt { (asked.t("rounds.as_of")) } dd { (show::written_date(&round.as_of)) }
            dt { (asked.t("rounds.opened")) } dd { (show::moment(opened_at)) }
            dt { (asked.t("rounds.coverage")) } dd { (coverage(asked, visited, households)) }
        }
        table.grid {
            caption { (asked.tn("rounds.villages", &[("unit", unit)])) }
            thead { tr {
                th scope="col" { (asked.tn("today.village", &[("unit", unit)])) }
                th scope="col" { (asked.t("today.visited")) }
                th.num scope="col" { (asked.t("today.nobody_met")) }
                th.num scope="col" { (asked.t("rounds.left")) }
                th scope="col" { (asked.t("today.signed")) }
                th scope="col" { (asked.t("rounds.changed")) }
            } }
            tbody {
                @for at in &villages {
                    tr {
                        th scope="row" { a href={ "/office/register?village=" (at.code) } { (show::name(&at.name)) } }
                        td { (coverage(asked, at.visited, at.households)) }
                        td.num { (show::number(at.tried)) }
                        td.num { (show::number(not_tried(at))) }
                        td { (sign_off(asked, &round.code, at, over)) }
                        td { (by_code(at, |of| {
                            of.signed.as_ref().map(|signed| changed_since(asked, &round.code, &of.code, signed))
                        })) }
                    }
                }
            }
            tfoot { tr {
                th scope="row" { (asked.t("rounds.commune")) }
                td { (coverage(asked, visited, households)) }
                td.num { (show::number(tried)) }
                td.num { (show::number(sum(not_tried))) }
                td {
                    @let of = to_sign(villages.iter());
                    (of.signed) "/" (of.villages)
                }
                td {}
            } }
        }
        p.muted { (asked.t("rounds.signature_says")) }
        @if closed_at.is_none() {
            p.screen-only { a.button href={ "/office/rounds/" (round.code) "/close" } { (asked.t("rounds.close")) } }
        }
    };
    Ok(asked.page(Area::Rounds, &show::plain(&round.title), body))
}

fn not_tried(at: &VillageState) -> u64 {
    at.households.saturating_sub(at.visited + at.tried)
}

fn ask_close(asked: &Asked) -> Result<Reply, Fault> {
    let RoundRow { round, closed_at, .. } = known(asked)?;
    if closed_at.is_some() {
        return Ok(Reply::see(&format!("/office/rounds/{}", round.code)));
    }
    let villages = asked.office().village_states(Some(&round), day_of(asked, &round))?;
    let unsigned: Vec<&VillageState> = villages.iter().filter(|at| at.wants_sign_off()).collect();
    let unit = &asked.office().unit_word();
    let body = html! {
        nav.crumbs {
            a href="/office/rounds" { (asked.t("rounds.title")) } " › "
            a href={ "/office/rounds/" (round.code) } { (show::name(&round.title)) }
        }
        p { (asked.t("rounds.close_says")) }
        @if !unsigned.is_empty() {
            p { strong { (asked.tn("rounds.close_unsigned", &[("count", &unsigned.len().to_string()), ("unit", unit)])) } }
            ul { @for at in unsigned { li {
                (show::name(&at.name)) ": " (show::number(at.visited)) "/" (show::number(at.households))
            } } }
        }
        form method="post" {
            (asked.token())
            div.row-actions {
                button type="submit" { (asked.t("rounds.close_now")) }
                a.button href={ "/office/rounds/" (round.code) } { (asked.t("rounds.keep_open")) }
            }
        }
    };
    Ok(asked.page(Area::Rounds, asked.t("rounds.close"), body))
}

fn close(asked: &Asked) -> Result<Reply, Fault> {
    let RoundRow { round, closed_at, .. } = known(asked)?;
    let place = format!("/office/rounds/{}", round.code);
    if closed_at.is_some() {
        return Err(Fault::Refused(StatusCode::CONFLICT, "rounds.closed_meanwhile"));
    }
    asked.office().close_round(Some(&asked.officer().author), &round.code, asked.now())?;
    asked.say(Say::Done, asked.tn("rounds.now_closed", &[("code", &round.code)]));
    Ok(Reply::see(&place))
}

/// Households that were changed or added after their sign-off: those of a code, for that is what is signed.
fn changed(asked: &Asked) -> Result<Reply, Fault> {
    let RoundRow { round, .. } = known(asked)?;
    let code = asked.path("village");
    let villages = asked.office().villages()?;
    let (_, name) = villages.iter().find(|(other, _)| other == code).ok_or(Fault::NotFound)?;
    let page = asked.query("page").and_then(|page| page.parse().ok()).unwrap_or(1usize).saturating_sub(1);
    let changed = asked.office().changed_since_sign_off(&round.code, code, page)?;
    let body = html! {
        nav.crumbs {
            a href="/office/rounds" { (asked.t("rounds.title")) } " › "
            a href={ "/office/rounds/" (round.code) } { (show::name(&round.title)) }
        }
        @if changed.total == 0 { p { (asked.t("rounds.nothing_changed")) } }
        @else {
            p { (asked.t("rounds.changed_says")) }
            p { (asked.tn("rounds.changed_total", &[("count", &show::number(changed.total as u64))])) }
            table.grid {
                caption { (asked.tn("rounds.changed_caption", &[("village", &show::plain(name))])) }
                thead { tr {
                    th.num scope="col" { (asked.t("rounds.household_number")) }
                    th scope="col" { (asked.t("rounds.head")) }
                    th scope="col" { (asked.t("rounds.what_changed")) }
                    th.screen-only scope="col" { (asked.t("rounds.history")) }
                } }
                tbody { @for row in &changed.rows { (changed_row(asked, row)) } }
            }
            (pager(asked, &format!("/office/rounds/{}/changed/{code}?", round.code), page, changed.pages))
        }
    };
    Ok(asked.page(Area::Rounds, &asked.tn("rounds.changed_title", &[("village", &show::plain(name))]), body))
}

fn changed_row(asked: &Asked, row: &ChangedHousehold) -> Markup {
    let of = |field: &str| shown_text(&row.view.household, field).unwrap_or_default();
    let address = format!("/office/household/{}", row.view.document);
    html! {
        tr {
            td.num { (show::name(of("number"))) }
            th scope="row" {
                a href=(address) { @if of("head_name").trim().is_empty() { (name_of(asked, &row.view)) } @else { (show::name(of("head_name"))) } }
                @if row.is_new { " " span.tag { (asked.t("rounds.new_household")) } }
            }
            td.changed-fields {
                @for of_one in row.fields.chunk_by(|a, b| a.target == b.target) {
                    @if is_sealed(&of_one[0].target) { p { strong { (asked.t("register.sealed")) } " " (written(asked, &of_one[0])) } }
                    @else {
                        p { strong { (object_name(asked, &row.view, &of_one[0].target)) } }
                        ul { @for field in of_one { li { (changed_field(asked, &row.view, field)) } } }
                    }
                }
            }
            td.screen-only { a href={ (address) "/history?since=" (row.since) } { (asked.t("rounds.history")) } }
        }
    }
}

fn is_sealed(target: &Target) -> bool {
    matches!(target, Target::Entity(Container::Sealed, _))
}

/// A field that says something else than when it was signed: what it said, what it says, who wrote that and when.
fn changed_field(asked: &Asked, view: &View, changed: &ChangedField) -> Markup {
    let kind = kind_of(&changed.target).unwrap_or(EntityKind::Household);
    let told = |values: &[Value]| {
        html! {
            @for (at, value) in values.iter().enumerate() {
                @if at > 0 { " / " }
                (value_in(asked, view, kind, &changed.field, value))
            }
        }
    };
    html! {
        (show::label(asked.language(), kind, &changed.field)) ": "
        @if !changed.before.is_empty() { del { (told(&changed.before)) } " → " }
        strong { (told(&changed.now)) } " " (written(asked, changed))
    }
}

/// Who wrote it, and when by their clock.
fn written(asked: &Asked, changed: &ChangedField) -> Markup {
    let by = if changed.by == OFFICE_LABEL { asked.t("register.office") } else { &changed.by };
    html! { span.muted { "– " (show::name(by)) @if let Some(at) = changed.at { ", " (show::moment(at)) } } }
}

/// Whether the villages' deadline has passed.
pub(super) fn is_over(round: &ReviewRound, today: Date) -> bool {
    round.ends.parse::<Date>().is_ok_and(|ends| ends < today)
}

/// The villages' deadline, and how long it is until then.
pub(super) fn deadline(asked: &Asked, round: &ReviewRound) -> Markup {
    let (today, date) = (asked.today(), show::written_date(&round.ends));
    let (Ok(starts), Ok(ends)) = (round.starts.parse::<Date>(), round.ends.parse::<Date>()) else {
        return html! { (date) };
    };
    let days = |from: Date, to: Date| from.until(to).map_or(0, |span| span.get_days()).to_string();
    let (class, text) = if today > ends {
        ("tag tag-bad", asked.tn("rounds.deadline_passed", &[("date", &date), ("days", &days(ends, today))]))
    } else if today == ends {
        ("tag tag-warn", asked.tn("rounds.deadline_today", &[("date", &date)]))
    } else if today < starts {
        ("tag", asked.tn("rounds.deadline_later", &[("starts", &show::day(starts)), ("date", &date)]))
    } else {
        ("tag", asked.tn("rounds.deadline_left", &[("date", &date), ("days", &days(today, ends))]))
    };
    html! { span class=(class) { (text) } }
}

/// How many households were visited, as a bar and as numbers.
pub(super) fn coverage(asked: &Asked, visited: u64, households: u64) -> Markup {
    let percent = (visited * 100).checked_div(households).unwrap_or(100);
    let text = asked.tn(
        "rounds.of_households",
        &[
            ("visited", &show::number(visited)),
            ("households", &show::number(households)),
            ("percent", &percent.to_string()),
        ],
    );
    html! {
        progress.bar value=(visited) max=(households.max(1)) aria-hidden="true" {} " " (text)
    }
}

/// The day whose villages a round is about: its as-of date, or today's until that comes. Acts on villages are not
/// recorded before their day, so villages of a later day are today's.
fn day_of(asked: &Asked, round: &ReviewRound) -> Date {
    round.as_of.parse().unwrap_or(asked.today())
}

/// Something of each code under which a village has households, named where it has several.
fn by_code(at: &VillageState, say: impl Fn(&CodeSignOff) -> Option<Markup>) -> Markup {
    match at.sign_offs.as_slice() {
        [of] if of.code == at.code => html! { @if let Some(said) = say(of) { (said) } },
        several => html! {
            ul.devices { @for of in several {
                @if let Some(said) = say(of) { li { (show::name(&of.name)) ": " (said) } }
            } }
        },
    }
}

/// How many villages have households to sign for, and how many of them did.
pub(super) struct ToSign {
    pub(super) villages: usize,
    pub(super) signed: usize,
}

pub(super) fn to_sign<'a>(states: impl Iterator<Item = &'a VillageState>) -> ToSign {
    let inhabited: Vec<&VillageState> = states.filter(|at| at.households > 0).collect();
    ToSign { villages: inhabited.len(), signed: inhabited.iter().filter(|at| at.is_signed()).count() }
}

/// Whether a village signed the round off: by whom, when, and whether the signature fits. Where villages came together
/// or apart, that of each code under which it has households.
pub(super) fn sign_off(asked: &Asked, round: &str, at: &VillageState, over: bool) -> Markup {
    if at.households == 0 && !at.is_signed() {
        return html! { span.muted { (asked.t("rounds.no_households")) } };
    }
    by_code(at, |of| Some(sign_off_of(asked, round, of, over)))
}

fn sign_off_of(asked: &Asked, round: &str, at: &CodeSignOff, over: bool) -> Markup {
    let Some(signed) = &at.signed else {
        return html! {
            @if over { span.tag.tag-bad { (asked.t("rounds.overdue")) } " " }
            @if at.reopened { (asked.t("rounds.reopened")) } @else { (asked.t("rounds.unsigned")) }
        };
    };
    html! {
        @if signed.signature_fits { span.tag.tag-ok { (asked.t("rounds.signed")) } }
        @else { span.tag.tag-bad { (asked.t("rounds.signature_wrong")) } }
        " " (show::written_date(&signed.day)) ", " (show::name(&signed.label)) ", "
        (asked.tn("rounds.received", &[("moment", &show::moment(signed.received_at))]))
        @if signed.changed_since > 0 { ". " (changed_since(asked, round, &at.code, signed)) }
    }
}

fn changed_since(asked: &Asked, round: &str, code: &str, signed: &SignedOff) -> Markup {
    html! {
        @if signed.changed_since == 0 { (asked.t("rounds.unchanged")) }
        @else {
            a href={ "/office/rounds/" (round) "/changed/" (code) } {
                (asked.tn("rounds.changed_count", &[
                    ("count", &show::number(signed.changed_since)), ("of", &show::number(signed.households)),
                ]))
            }
        }
    }
}
