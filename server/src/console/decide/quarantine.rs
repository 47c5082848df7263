//! Changes that were refused: why, from whom, and what can be done. What they say is shown to nobody; their bytes are
//! kept whatever is decided.

use axum::http::StatusCode;
use maud::{Markup, html};

use super::filter::Filter;
use super::queue::{Listing, Open, Row};
use super::standing::village_name;
use super::{deed, key};
use crate::console::limits::ROWS_A_PAGE;
use crate::console::page::Say;
use crate::console::{Asked, Fault, Language, Reply, show};
use crate::office::{Deed, DeedError, QuarantineDetail, Subject};
use crate::phone::messages;
use crate::problem::Problem;

/// What nobody has looked at.
fn waiting(asked: &Asked) -> Result<Vec<QuarantineDetail>, Problem> {
    let mut all = asked.office().quarantine_details()?;
    all.retain(|detail| !detail.seen);
    Ok(all)
}

/// Why a change was refused: what its collector is told.
fn say(asked: &Asked, code: &str) -> &'static str {
    let language = match asked.language() {
        Language::Vi => messages::Language::Vi,
        Language::En => messages::Language::En,
    };
    &language.advice(code).say
}

/// A page of them. They are of devices, not of villages.
pub(super) fn listing(asked: &Asked, filter: &Filter) -> Result<Listing, Problem> {
    let all = waiting(asked)?;
    let rows = all.iter().skip((filter.page - 1) * ROWS_A_PAGE).take(ROWS_A_PAGE).map(|detail| Row {
        key: key::text(&Subject::Quarantine { id: detail.row.id }),
        title: html! { (show::name(&detail.row.device_label)) },
        note: html! { (say(asked, &detail.row.code)) },
    });
    Ok(Listing { rows: rows.collect(), total: all.len(), ticked: false })
}

/// The open change.
pub(super) fn panel(asked: &Asked, open: &Open<'_>) -> Result<Markup, Fault> {
    let Some(Subject::Quarantine { id }) = key::subject(open.key) else { return Err(Fault::NotFound) };
    let all = asked.office().quarantine_details()?;
    let Some(detail) = all.into_iter().find(|detail| detail.row.id == id) else {
        return Ok(html! { p.card { (asked.t("decide.quarantine_gone")) } });
    };
    let row = &detail.row;
    let known = if detail.document_known {
        asked.office().households_named(&[row.document])?.pop().flatten()
    } else {
        None
    };
    Ok(html! {
        h2 { (say(asked, &row.code)) }
        dl.facts {
            dt { (asked.t("decide.device")) } dd { (show::name(&row.device_label)) }
            dt { (asked.t("decide.received_at")) } dd { (show::moment(row.received_at)) }
            dt { (asked.t("decide.size")) } dd { (asked.tn("decide.bytes", &[("count", &show::number(row.bytes))])) }
            @if let Some(outline) = &detail.outline {
                dt { (asked.t("decide.would_write")) }
                dd { (asked.tn("decide.outline", &[
                    ("writes", &show::number(outline.writes as u64)), ("begins", &show::number(outline.begins as u64)),
                ])) }
            }
            dt { (asked.t("decide.household")) }
            dd {
                @match &known {
                    Some(household) => {
                        a href={ "/office/household/" (row.document) } data-key="o" { (show::name(&household.head)) }
                        ", " (village_name(asked, &household.village)?)
                    }
                    None => { (asked.t("decide.household_unknown")) }
                }
            }
            dt { (asked.t("decide.code")) } dd { code { (row.code) } }
        }
        p { (asked.tu(advice(&detail))) }
        form method="post" action="/office/decide/quarantine" {
            (open.hidden(asked))
            p.decide-answers {
                @if detail.signed {
                    button.primary type="submit" name="answer" value="retry" data-key="t" autofocus { (asked.t("decide.retry")) " " span.kbd { "t" } }
                }
                button type="submit" name="answer" value="seen" data-key="d" autofocus[!detail.signed] { (asked.t("decide.looked_at")) " " span.kbd { "d" } }
            }
        }
    })
}

/// What an officer can do about it.
fn advice(detail: &QuarantineDetail) -> &'static str {
    match detail.row.code.as_str() {
        _ if !detail.signed => "decide.advice_unsigned",
        "village_not_granted" => "decide.advice_grant",
        "dependency_missing" | "document_unknown" => "decide.advice_wait",
        "document_full" => "decide.advice_full",
        "restricted_not_sealed" => "decide.advice_restricted",
        _ => "decide.advice_call",
    }
}

/// `POST /office/decide/quarantine`.
pub(super) fn decide(asked: &Asked) -> Result<Reply, Fault> {
    let Some(Subject::Quarantine { id }) = key::subject(asked.field("key")) else {
        return Err(Fault::NotFound);
    };
    let retries = asked.field("answer") == "retry";
    let deed = if retries { Deed::QuarantineRetry { id } } else { Deed::QuarantineSeen { id } };
    let next = Filter::of_form(asked);
    match asked.office().do_deed(&asked.officer().author, deed, asked.now()) {
        Ok(_) if retries => asked.say(Say::Done, asked.t("decide.done_retried").to_owned()),
        Ok(id) => {
            asked.say_undo(asked.t("decide.done_looked_at").to_owned(), &format!("/office/deeds/{id}/undo"));
        }
        Err(DeedError::StillRefused(code)) => {
            asked.say(Say::Warn, asked.tn("decide.still_refused", &[("why", say(asked, code))]));
        }
        Err(DeedError::NotFound) => asked.say(Say::Warn, asked.t("decide.quarantine_gone").to_owned()),
        Err(DeedError::Problem(problem)) => return Err(problem.into()),
        Err(other) => return Err(Fault::Refused(StatusCode::CONFLICT, deed::words(&other))),
    }
    Ok(next.go_on())
}
