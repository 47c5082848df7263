//! The villages: as they are, as they were, and what an officer does to them.

use std::collections::BTreeMap;

use maud::{Markup, html};
use sync_core::date::Date;

use super::village_forms::{self, What};
use crate::console::input::Errors;
use crate::console::page::Say;
use crate::console::{Asked, Fault, Reply, show};
use crate::office::VillageState;
use crate::office::places::{PlaceAct, PlaceError, PlaceErrors, Village, VillageChange, VillageStep};

pub(super) fn page(asked: &Asked) -> Result<Reply, Fault> {
    let villages = asked.office().villages_on(asked.today())?;
    let states = asked.office().village_states(None, asked.today())?;
    let names: BTreeMap<String, String> = asked.office().villages()?.into_iter().collect();
    let changes = asked.office().village_changes()?;
    let body = html! {
        p { (asked.tu("settings.villages_how")) }
        (actions(asked))
        (table(asked, &villages, &states))
        (history(asked, &changes, &names))
    };
    Ok(super::page(asked, &Errors::default(), &asked.tu("settings.villages"), &body))
}

fn actions(asked: &Asked) -> Markup {
    html! {
        ul.row-actions.screen-only {
            @for what in What::ALL {
                li { a href={ "/office/settings/villages/" (what.name()) } { (asked.tu(what.title())) } }
            }
        }
    }
}

fn table(asked: &Asked, villages: &[Village], states: &[VillageState]) -> Markup {
    let state = |village: &Village| states.iter().find(|state| state.code == village.code);
    html! {
        table.grid {
            caption { (asked.tu("settings.villages_today")) }
            thead { tr {
                th scope="col" { (asked.t("settings.village_code")) }
                th scope="col" { (asked.t("settings.village_name")) }
                th scope="col" { (asked.t("settings.from")) }
                th.num scope="col" { (asked.t("settings.households")) }
            } }
            tbody {
                @for village in villages {
                    tr {
                        td { (village.code) }
                        th scope="row" { (show::name(&village.name)) }
                        td { (since(asked, village.from)) }
                        td.num {
                            @if let Some(state) = state(village) {
                                (show::number(state.households))
                                @if state.unplaced > 0 {
                                    " " a.tag.tag-warn href={ "/office/settings/villages/assign?village=" (village.code) } {
                                        (asked.tn("today.unplaced", &[("count", &show::number(state.unplaced))]))
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn since(asked: &Asked, day: Option<Date>) -> String {
    day.map_or_else(|| asked.t("settings.always").to_owned(), show::day)
}

/// What was done to villages since the register began.
fn history(asked: &Asked, changes: &[VillageChange], names: &BTreeMap<String, String>) -> Markup {
    let named = |code: &str| {
        let name = names.get(code).map_or("", String::as_str);
        html! { (code) " " (show::name(name)) }
    };
    let done: Vec<&VillageChange> = changes.iter().rev().filter(|change| change.position > 0).collect();
    html! {
        @if !done.is_empty() {
            table.grid {
                caption { (asked.t("settings.villages_history")) }
                thead { tr {
                    th scope="col" { (asked.t("settings.from")) }
                    th scope="col" { (asked.tu("settings.village")) }
                    th scope="col" { (asked.t("settings.what")) }
                    th scope="col" { (asked.t("settings.recorded")) }
                } }
                tbody {
                    @for change in done {
                        tr {
                            td { (since(asked, change.since)) }
                            th scope="row" { (named(&change.village)) }
                            td {
                                @match &change.step {
                                    VillageStep::Named(name) => { (asked.t("settings.called")) " " (show::name(name)) }
                                    VillageStep::Ended { successor: None } => { (asked.t("settings.closed")) }
                                    VillageStep::Ended { successor: Some(into) } => { (asked.t("settings.went_into")) " " (named(into)) }
                                }
                            }
                            td { (show::moment(change.at)) }
                        }
                    }
                }
            }
        }
    }
}

fn what(asked: &Asked) -> Result<What, Fault> {
    What::of(asked.path("what")).ok_or(Fault::NotFound)
}

pub(super) fn ask(asked: &Asked) -> Result<Reply, Fault> {
    village_forms::form(asked, what(asked)?, &Errors::default())
}

pub(super) fn take(asked: &Asked) -> Result<Reply, Fault> {
    let what = what(asked)?;
    let mut errors = Errors::default();
    let (act, since) = village_forms::read(asked, what, &mut errors)?;
    let wrong = asked.office().place_errors(&act, since, asked.today())?;
    village_forms::say_errors(asked, what, &wrong, &mut errors);
    if !errors.is_empty() {
        return village_forms::form(asked, what, &errors);
    }
    let author = &asked.officer().author;
    let grant = asked.has("grant");
    match asked.office().change_places(author, &act, since, grant, asked.today(), asked.now()) {
        Err(PlaceErrors(wrong)) => {
            if let Some((_, PlaceError::Office(problem))) = wrong.first() {
                return Err(problem.clone().into());
            }
            // Somebody else changed the villages meanwhile.
            village_forms::say_errors(asked, what, &wrong, &mut errors);
            village_forms::form(asked, what, &errors)
        }
        Ok(placed) => {
            let with = [("granted", placed.granted.to_string()), ("full", placed.full.to_string())];
            let with = with.each_ref().map(|(name, value)| (*name, value.as_str()));
            asked.say(Say::Done, asked.t("settings.villages_done").to_owned());
            if placed.granted > 0 {
                asked.say(Say::Done, asked.tn("settings.villages_granted", &with));
            }
            if placed.full > 0 {
                asked.say(Say::Warn, asked.tn("settings.villages_full", &with));
            }
            Ok(Reply::see(&match &act {
                // The households of the parts are told apart next.
                PlaceAct::Split { rest, .. } => {
                    format!("/office/settings/villages/assign?village={rest}&since={since}")
                }
                PlaceAct::Assign { .. } => {
                    format!(
                        "/office/settings/villages/assign?village={}&since={since}",
                        asked.field("village")
                    )
                }
                _ => "/office/settings/villages".to_owned(),
            }))
        }
    }
}

pub(super) fn error_words(asked: &Asked, error: &PlaceError) -> String {
    let key = match error {
        PlaceError::CodeMalformed => "settings.error_village_code",
        PlaceError::CodeTaken => "settings.error_village_code_taken",
        PlaceError::NameMalformed => "settings.error_village_name",
        PlaceError::NameTaken => "settings.error_village_name_taken",
        PlaceError::NotThere(_) => "settings.error_village_not_there",
        PlaceError::HasHouseholds(count) => {
            return asked.tn("settings.error_village_has_households", &[("count", &show::number(*count))]);
        }
        PlaceError::TooFew => "settings.error_villages_few",
        PlaceError::NoHouseholds => "settings.error_no_households",
        PlaceError::TooMany => "settings.error_villages_too_many",
        PlaceError::NotYet => "settings.error_day_not_come",
        PlaceError::TooEarly => "settings.error_day_too_early",
        PlaceError::Office(_) => "settings.error_office",
    };
    asked.tu(key)
}
