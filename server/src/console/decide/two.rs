//! Two records that somebody at the office names, whether or not a list found them: side by side, what was said of them,
//! and what they are.
//!
//! Enters: an address with two records, and the household where it was asked. Leaves: the panel of the queue
//! ([`super::pairs`], [`super::moves`]), and after an answer the way back to that household.

use axum::http::StatusCode;
use maud::{Markup, html};
use sync_core::id::DocumentId;

use super::filter::{Filter, Kind};
use super::queue::{Again, Open};
use super::{key, moves, pairs};
use crate::console::{Area, Asked, Fault, Reply};
use crate::office::Subject;

/// The address of a page of two records, asked for from a household's.
pub(in crate::console) fn address(subject: &Subject, from: DocumentId) -> String {
    format!("/office/decide/pair?at={}&from={from}", key::text(subject))
}

/// The household where it was asked.
pub(super) fn named_from(text: &str) -> Option<DocumentId> {
    text.parse().ok()
}

/// Where the way goes on after a deed that was done on this page.
pub(super) fn way_back(asked: &Asked) -> Option<Reply> {
    named_from(asked.field("from")).map(|document| Reply::see(&format!("/office/household/{document}")))
}

/// `GET /office/decide/pair?at=&from=`.
pub(super) fn page(asked: &Asked) -> Result<Reply, Fault> {
    let name = asked.query("at").unwrap_or_default();
    let from = asked.query("from").and_then(named_from).ok_or(Fault::NotFound)?;
    let body = body(asked, name, from, None)?;
    Ok(asked.page(Area::Decide, asked.t("decide.two_title"), body))
}

/// The page again, with messages and everything that was typed.
pub(super) fn again(asked: &Asked, name: &str, from: DocumentId, again: &Again) -> Result<Reply, Fault> {
    let status = if again.changed { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
    let body = body(asked, name, from, Some(again))?;
    Ok(asked.page_with(status, Area::Decide, asked.t("decide.two_title"), body))
}

fn body(asked: &Asked, name: &str, from: DocumentId, again: Option<&Again>) -> Result<Markup, Fault> {
    let subject = key::subject(name).ok_or(Fault::NotFound)?;
    let kind = match &subject {
        Subject::Pair { .. } | Subject::Households { .. } => Kind::Pairs,
        Subject::Move { from: Some(_), to: Some(_) } => Kind::Moves,
        _ => return Err(Fault::NotFound),
    };
    // Asked before the records are read: whatever is written in between is noticed.
    let seen = asked.office().seen(&subject)?.ok_or(Fault::NotFound)?;
    let queue = asked.office().queue(asked.now())?;
    let filter = Filter::of(kind);
    let open = Open {
        queue: &queue,
        filter: &filter,
        key: name,
        next: None,
        place: 0,
        again,
        seen: Some(seen),
        from: Some(from),
    };
    let panel = if kind == Kind::Moves { moves::panel(asked, &open)? } else { pairs::panel(asked, &open)? };
    Ok(html! {
        nav.crumbs { a href={ "/office/household/" (from) } { "‹ " (asked.t("register.to_household")) } }
        (panel)
    })
}
