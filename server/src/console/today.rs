//! Today: what an officer sees first. Children in danger, what waits for a decision, which villages are behind.
//!
//! Enters: the register's counts, devices, rounds and urgent reports as they are now. Leaves: one page, and one to
//! print that says whom to remind. Invariants: no name of a person and no content of a report is on either; villages
//! stand worst first, so that what needs a call is not looked for.

mod figures;

use std::collections::BTreeMap;

use maud::{Markup, html};
use sync_core::review::round_on;
use sync_core::wire::ReviewRound;

use super::page::Say;
use super::rounds::{coverage, deadline, is_over, sign_off, to_sign};
use super::{Access, Area, Asked, Fault, Reply, Route, decide, show};
use crate::office::pages::VillageState;
use crate::office::{DeviceRecord, Queue, UrgentRow};
use crate::problem::Problem;

pub(super) const ROUTES: &[Route] = &[
    Route::get("/office", Access::Officer, today),
    Route::get("/office/remind", Access::Officer, remind),
    Route::post("/office/remind", Access::Officer, send_reminder),
];

/// A device that has not spoken for longer is marked.
const SILENT_DAYS: i64 = 14;
/// Opened reports that the page still shows.
const OPENED_SHOWN: usize = 10;
const DAY_SECONDS: i64 = 86_400;

/// A village, and who collects there.
struct Standing {
    state: VillageState,
    devices: Vec<DeviceRecord>,
}

impl Standing {
    fn left(&self) -> u64 {
        self.state.households.saturating_sub(self.state.visited)
    }

    /// What keeps it from being done with the round. Where there are no households there is nothing to do.
    fn is_behind(&self) -> bool {
        self.state.wants_sign_off() || self.left() > 0
    }

    /// The day it was last reminded on.
    fn last_reminded<'a>(&self, reminded: &'a BTreeMap<String, String>) -> Option<&'a String> {
        self.state.codes.iter().filter_map(|code| reminded.get(code)).max()
    }

    /// Whether a reminder would reach anybody there who was not reminded today already.
    fn can_be_reminded(&self, asked: &Asked, reminded: &BTreeMap<String, String>) -> bool {
        !self.devices.is_empty() && self.last_reminded(reminded) != Some(&asked.today().to_string())
    }

    /// When anybody there last spoke with the office.
    fn heard_at(&self) -> Option<i64> {
        self.devices.iter().filter_map(|device| device.seen_at).max()
    }
}

fn today(asked: &Asked) -> Result<Reply, Fault> {
    let open = open_rounds(asked)?;
    let round = round_on(&open, asked.today());
    let standings = standings(asked, round)?;
    // What was set aside is counted here no more than in the queue itself.
    let queue = asked.office().queue(asked.now())?;
    let urgent = asked.office().urgent_reports()?;
    let body = html! {
        (urgent_section(asked, &urgent))
        (round_section(asked, round, &open, &standings))
        (waiting_section(asked)?)
        (villages_section(asked, &queue, round, &standings))
        (figures::section(asked, round, &standings.iter().map(|at| &at.state).collect::<Vec<_>>())?)
    };
    Ok(asked.page(Area::Today, asked.t("today.title"), body))
}

/// Rounds that are not closed, in the order they were opened.
fn open_rounds(asked: &Asked) -> Result<Vec<ReviewRound>, Problem> {
    let open = asked.office().rounds()?.into_iter().filter(|row| row.closed_at.is_none());
    Ok(open.map(|row| row.round).collect())
}

/// The open round under way: the one that villages are reminded of.
fn current_round(asked: &Asked) -> Result<ReviewRound, Fault> {
    round_on(&open_rounds(asked)?, asked.today()).cloned().ok_or(Fault::NotFound)
}

/// Every village of today with the devices that hold some of it, worst first: not signed off, then least visited, then longest silent.
fn standings(asked: &Asked, round: Option<&ReviewRound>) -> Result<Vec<Standing>, Problem> {
    let office = asked.office();
    let devices: Vec<DeviceRecord> = office.devices()?.into_iter().filter(|device| !device.revoked).collect();
    let mut standings: Vec<Standing> = office
        .village_states(round, asked.today())?
        .into_iter()
        .map(|state| {
            let holds_it =
                |device: &&DeviceRecord| device.villages.iter().any(|code| state.codes.contains(code));
            let here = devices.iter().filter(holds_it);
            Standing { devices: here.cloned().collect(), state }
        })
        .collect();
    standings.sort_by_key(|at| {
        let permille = (at.state.visited * 1000).checked_div(at.state.households).unwrap_or(1000);
        let rank = if round.is_some() { (!at.state.wants_sign_off(), permille) } else { (false, 0) };
        (rank, at.heard_at(), at.state.code.clone())
    });
    Ok(standings)
}

fn urgent_section(asked: &Asked, urgent: &[UrgentRow]) -> Markup {
    let (opened, unopened): (Vec<_>, Vec<_>) = urgent.iter().partition(|row| row.opened_at.is_some());
    html! {
        @if !unopened.is_empty() {
            section.urgent aria-labelledby="urgent" {
                h2 #urgent { (asked.tn("today.urgent_unopened", &[("count", &unopened.len().to_string())])) }
                p { (asked.t("today.urgent_why")) }
                table.grid {
                    caption { (asked.t("today.urgent_table")) }
                    thead { tr {
                        th scope="col" { (asked.t("today.received")) }
                        th scope="col" { (asked.t("today.waited")) }
                        th scope="col" { (asked.t("today.device")) }
                        th scope="col" { span.visually-hidden { (asked.t("today.open")) } }
                    } }
                    tbody {
                        @for row in &unopened {
                            tr {
                                td { (show::moment(row.received_at)) }
                                td { strong { (elapsed(asked, asked.now() - row.received_at)) } }
                                td { (show::name(&row.label)) }
                                td { a.button href={ "/office/urgent/" (row.id) } { (asked.t("today.open")) } }
                            }
                        }
                    }
                }
            }
        }
        @if !opened.is_empty() {
            details.urgent-opened {
                summary { (asked.tn("today.urgent_opened", &[("count", &opened.len().to_string())])) }
                ul {
                    @for row in opened.iter().rev().take(OPENED_SHOWN) {
                        li {
                            a href={ "/office/urgent/" (row.id) } { (show::moment(row.received_at)) } ", "
                            (show::name(&row.label)) ": " (asked.t("today.opened_by")) " "
                            (show::name(row.opened_by.as_deref().unwrap_or_default())) ", "
                            (row.opened_at.map(show::moment).unwrap_or_default())
                        }
                    }
                }
            }
        }
    }
}

/// The round under way, and in short the others that are open, the one opened last on top.
fn round_section(
    asked: &Asked,
    round: Option<&ReviewRound>,
    open: &[ReviewRound],
    standings: &[Standing],
) -> Markup {
    let Some(round) = round else {
        return html! {
            section.card aria-labelledby="round" {
                h2 #round { (asked.t("today.no_round")) }
                p { (asked.tu("today.no_round_why")) }
                p { a.button href="/office/rounds" { (asked.t("today.open_round")) } }
            }
        };
    };
    let sum = |of: fn(&VillageState) -> u64| standings.iter().map(|at| of(&at.state)).sum::<u64>();
    let (visited, households) = (sum(|state| state.visited), sum(|state| state.households));
    let of = to_sign(standings.iter().map(|at| &at.state));
    let others: Vec<&ReviewRound> = open.iter().rev().filter(|other| other.code != round.code).collect();
    let behind = standings.iter().filter(|at| at.is_behind()).count();
    html! {
        section.card aria-labelledby="round" {
            h2 #round { a href={ "/office/rounds/" (round.code) } { (show::name(&round.title)) } }
            p { (deadline(asked, round)) }
            p { (coverage(asked, visited, households)) }
            p { (asked.tn("today.round_signed", &[
                ("signed", &of.signed.to_string()), ("villages", &of.villages.to_string()),
                ("unit", &asked.office().unit_word()),
            ])) }
            @if behind > 0 {
                p { a.button href="/office/remind" {
                    (asked.tn("today.remind", &[("count", &behind.to_string()), ("unit", &asked.office().unit_word())]))
                } }
            }
            @if !others.is_empty() {
                p { (asked.t("today.other_rounds")) }
                ul #other-rounds {
                    @for other in others {
                        li { a href={ "/office/rounds/" (other.code) } { (show::name(&other.title)) } " " (deadline(asked, other)) }
                    }
                }
            }
        }
    }
}

/// What waits in the queue of decisions, by kind.
fn waiting_section(asked: &Asked) -> Result<Markup, Fault> {
    let waiting = decide::waiting(asked)?;
    Ok(html! {
        section.card aria-labelledby="waiting" {
            h2 #waiting { (asked.t("today.waiting")) }
            @if waiting.iter().all(|(_, _, count)| *count == 0) {
                p { (asked.t("today.nothing_waits")) }
            } @else {
                ul.waiting {
                    @for (kind, label, count) in waiting.iter().filter(|(_, _, count)| *count > 0) {
                        li {
                            a href={ "/office/decide?kind=" (kind) } {
                                strong.num { (show::number(*count)) } " " (label)
                            }
                        }
                    }
                }
            }
        }
    })
}

fn villages_section(
    asked: &Asked,
    queue: &Queue,
    round: Option<&ReviewRound>,
    standings: &[Standing],
) -> Markup {
    let over = round.is_some_and(|round| is_over(round, asked.today()));
    let unit = &asked.office().unit_word();
    html! {
        section aria-labelledby="villages" {
            h2 #villages { (asked.tn("today.villages", &[("unit", unit)])) }
            table.grid.villages {
                caption { (asked.tn("today.villages_caption", &[("unit", unit)])) }
                thead { tr {
                    th scope="col" { (asked.tn("today.village", &[("unit", unit)])) }
                    @if round.is_some() {
                        th scope="col" { (asked.t("today.visited")) }
                        th.num scope="col" { (asked.t("today.nobody_met")) }
                        th scope="col" { (asked.t("today.signed")) }
                    } @else {
                        th.num scope="col" { (asked.t("today.households")) }
                    }
                    th.num scope="col" { (asked.t("today.undecided")) }
                    th.num scope="col" { (asked.t("today.contradictions")) }
                    th scope="col" { (asked.t("today.heard")) }
                } }
                tbody {
                    @for at in standings {
                        @let state = &at.state;
                        tr {
                            th scope="row" { a href={ "/office/register?village=" (state.code) } { (show::name(&state.name)) } (unplaced(asked, state)) }
                            @if let Some(round) = round {
                                td { (coverage(asked, state.visited, state.households)) }
                                td.num { (show::number(state.tried)) }
                                td { (sign_off(asked, &round.code, state, over)) }
                            } @else {
                                td.num { (show::number(state.households)) }
                            }
                            td.num { (count_link(queue.fields.iter().filter(|field| field.is_of(Some(&state.code))).count(), "values", &state.code)) }
                            td.num { (count_link(queue.contradictions.iter().filter(|found| found.is_of(Some(&state.code))).count(), "contradictions", &state.code)) }
                            td { (heard(asked, &at.devices)) }
                        }
                    }
                }
            }
        }
    }
}

/// Households that count here because nobody has said to which of the new villages they belong.
fn unplaced(asked: &Asked, state: &VillageState) -> Markup {
    html! {
        @if state.unplaced > 0 {
            br;
            a.tag.tag-warn href={ "/office/register?only=unplaced&village=" (state.code) } {
                (asked.tn("today.unplaced", &[("count", &show::number(state.unplaced))]))
            }
        }
    }
}

/// The codes that nobody has signed, where the village has several: collectors know them by their old names.
fn of_which(state: &VillageState) -> Markup {
    let unsigned: Vec<String> =
        state.sign_offs.iter().filter(|of| of.signed.is_none()).map(|of| show::plain(&of.name)).collect();
    html! { @if state.sign_offs.len() > 1 { ": " (unsigned.join(", ")) } }
}

fn count_link(count: usize, kind: &str, village: &str) -> Markup {
    html! {
        @if count == 0 { "0" } @else {
            a href={ "/office/decide?kind=" (kind) "&village=" (village) } { (show::number(count as u64)) }
        }
    }
}

/// When each device last spoke with the office.
fn heard(asked: &Asked, devices: &[DeviceRecord]) -> Markup {
    html! {
        @if devices.is_empty() {
            span.tag.tag-warn { (asked.t("today.no_device")) }
        } @else {
            ul.devices {
                @for device in devices {
                    li {
                        (show::name(&device.label)) ": "
                        @match device.seen_at {
                            None => span.tag.tag-warn { (asked.t("today.never")) },
                            Some(at) => {
                                (show::moment(at)) " "
                                @if is_silent(at, asked.now()) {
                                    span.tag.tag-warn { (asked.tn("today.silent", &[("ago", &elapsed(asked, asked.now() - at))])) }
                                }
                            },
                        }
                        @if device.quarantined > 0 {
                            " "
                            a href="/office/decide?kind=quarantine" {
                                (asked.tn("today.held_back", &[("count", &device.quarantined.to_string())]))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn is_silent(seen_at: i64, now: i64) -> bool {
    now - seen_at > SILENT_DAYS * DAY_SECONDS
}

/// How long something takes already, in the largest unit that says enough.
fn elapsed(asked: &Asked, seconds: i64) -> String {
    let (key, count) = match seconds.max(0) {
        seconds if seconds < 2 * 3600 => ("today.minutes", seconds / 60),
        seconds if seconds < 2 * DAY_SECONDS => ("today.hours", seconds / 3600),
        seconds => ("today.days", seconds / DAY_SECONDS),
    };
    asked.tn(key, &[("count", &count.to_string())])
}

/// Whom to call: a page to print or to read out.
fn remind(asked: &Asked) -> Result<Reply, Fault> {
    let round = current_round(asked)?;
    let standings = standings(asked, Some(&round))?;
    let behind: Vec<&Standing> = standings.iter().filter(|at| at.is_behind()).collect();
    let unit = &asked.office().unit_word();
    let reminded = asked.office().reminded(&round.code)?;
    let waiting = behind.iter().filter(|at| at.can_be_reminded(asked, &reminded)).count();
    let body = html! {
        nav.crumbs { a href="/office" { (asked.t("today.title")) } }
        p { (show::name(&round.title)) ". " (deadline(asked, &round)) }
        @if behind.is_empty() { p { (asked.t("today.nobody_behind")) } }
        @else {
            @if waiting > 0 {
                form.screen-only method="post" action="/office/remind" {
                    (asked.token())
                    button type="submit" name="all" value="1" {
                        (asked.tn("today.remind_all", &[("count", &waiting.to_string())]))
                    }
                }
            }
            table.grid {
                caption { (asked.tn("today.remind_caption", &[("unit", unit)])) }
                thead { tr {
                    th scope="col" { (asked.tn("today.village", &[("unit", unit)])) }
                    th scope="col" { (asked.t("today.device")) }
                    th scope="col" { (asked.t("today.missing")) }
                    th.print-only scope="col" { (asked.t("today.called")) }
                    th.screen-only scope="col" { (asked.t("today.reminded")) }
                } }
                tbody {
                    @for at in behind {
                        tr {
                            th scope="row" { (show::name(&at.state.name)) }
                            td { (heard(asked, &at.devices)) }
                            td { (missing(asked, at)) }
                            td.print-only {}
                            td.screen-only { (remind_button(asked, at, &reminded)) }
                        }
                    }
                }
            }
        }
    };
    Ok(asked.page(Area::Today, &asked.tn("today.remind_title", &[("unit", unit)]), body))
}

/// The day a village was last reminded on, and the button that does it again: its phones show it after their next sync.
fn remind_button(asked: &Asked, at: &Standing, reminded: &BTreeMap<String, String>) -> Markup {
    html! {
        @if let Some(day) = at.last_reminded(reminded) { (show::written_date(day)) " " }
        @if at.can_be_reminded(asked, reminded) {
            form method="post" action="/office/remind" {
                (asked.token())
                button type="submit" name="village" value=(at.state.code)
                    aria-label=(asked.tn("today.remind_named", &[("village", &show::plain(&at.state.name))])) {
                    (asked.t("today.remind_now"))
                }
            }
        }
    }
}

/// Reminds a village, or all that are behind and can be reminded.
fn send_reminder(asked: &Asked) -> Result<Reply, Fault> {
    let round = current_round(asked)?;
    let standings = standings(asked, Some(&round))?;
    if asked.has("all") {
        let reminded = asked.office().reminded(&round.code)?;
        let waiting: Vec<&Standing> =
            standings.iter().filter(|at| at.is_behind() && at.can_be_reminded(asked, &reminded)).collect();
        waiting.iter().try_for_each(|at| remind_of(asked, &round, at))?;
        asked.say(Say::Done, asked.tn("today.now_reminded_all", &[("count", &waiting.len().to_string())]));
    } else {
        let village = asked.field("village");
        let at = standings.iter().find(|at| at.state.code == village).ok_or(Fault::NotFound)?;
        remind_of(asked, &round, at)?;
        asked.say(Say::Done, asked.tn("today.now_reminded", &[("village", &show::plain(&at.state.name))]));
    }
    Ok(Reply::see("/office/remind"))
}

/// One act for each code under which a village has households, for collectors hold those.
fn remind_of(asked: &Asked, round: &ReviewRound, at: &Standing) -> Result<(), Problem> {
    let author = &asked.officer().author;
    at.state
        .codes
        .iter()
        .try_for_each(|code| asked.office().remind(Some(author), &round.code, code, asked.now()))
}

/// What is still to be done there, as one would say it on the telephone.
fn missing(asked: &Asked, at: &Standing) -> Markup {
    let left = at.left();
    html! {
        ul.devices {
            @if left > 0 {
                li { (asked.tn("today.missing_visits", &[("count", &show::number(left)), ("tried", &show::number(at.state.tried))])) }
            }
            @if at.state.is_reopened() { li { (asked.t("today.missing_again")) } }
            @else if at.state.wants_sign_off() { li { (asked.t("today.missing_sign_off")) (of_which(&at.state)) } }
            @if at.state.undecided > 0 {
                li { (asked.tn("today.missing_answers", &[("count", &show::number(at.state.undecided))])) }
            }
        }
    }
}
