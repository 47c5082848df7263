//! What was decided, newest first, and how it is taken back.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use maud::{Markup, html};
use sync_core::document::Household;
use sync_core::id::{ChangeHash, DocumentId};

use super::filter::{Filter, Kind};
use super::standing::{READER, entity_of};
use super::told::Named;
use super::{aside, deed, told, two};
use crate::console::page::Say;
use crate::console::{Asked, Fault, Reply, show};
use crate::office::{DeedError, DeedId, DeedKind, DeedRow, Subject};
use crate::problem::Problem;

/// Deeds on a page: for what stood in a field before, its document is read.
const DEEDS_A_PAGE: usize = 25;

/// A page of deeds.
pub(super) fn body(asked: &Asked) -> Result<Markup, Problem> {
    let before = asked.query("before").and_then(|id| id.parse().ok());
    let deeds = asked.office().deeds(before, DEEDS_A_PAGE)?;
    let named = Named::of(asked, deeds.iter().map(|deed| &deed.subject))?;
    let mut households = BTreeMap::new();
    let mut done = Vec::with_capacity(deeds.len());
    for deed in &deeds {
        done.push(what(asked, deed, &mut households)?);
    }
    let last = deeds.last().filter(|_| deeds.len() == DEEDS_A_PAGE).map(|deed| deed.id);
    Ok(html! {
        @if deeds.is_empty() { p.card { (asked.t("decide.nothing_done")) } }
        @else {
            table.grid.done {
                caption.visually-hidden { (asked.t("decide.kind_done")) }
                thead { tr {
                    @for words in ["decide.done_when", "decide.done_who", "decide.done_whose", "decide.done_what", "decide.reason"] { th scope="col" { (asked.t(words)) } }
                    td {}
                } }
                tbody { @for (deed, what) in deeds.iter().zip(&done) { tr {
                    td { (show::moment(deed.at)) }
                    td { (told::by(asked, &deed.by)) }
                    td { (named.whose(asked, &deed.subject)) }
                    td { (what) }
                    td { @if let Some(reason) = &deed.reason { (show::name(reason)) } }
                    td { (undo_button(asked, deed)) }
                } } }
            }
            @if let Some(last) = last {
                p.pager { a rel="next" href={ "/office/decide?kind=done&before=" (last) } { (asked.t("decide.older")) " ›" } }
            }
        }
    })
}

/// What was done, and of a field what stood in it before and what was chosen.
fn what(
    asked: &Asked,
    deed: &DeedRow,
    households: &mut BTreeMap<DocumentId, Household>,
) -> Result<Markup, Problem> {
    Ok(match (deed.kind, &deed.subject) {
        (DeedKind::Settle | DeedKind::IdentityNumber, Subject::Field { document, target, field }) => {
            let household = match households.entry(*document) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(free) => free.insert(asked.office().household(*document, None, READER)?),
            };
            let kind = entity_of(target).kind;
            let values = |heads: &[ChangeHash]| household.values_at(heads, target, field);
            let (before, chosen) = (values(&deed.before), values(&deed.changes));
            html! {
                (show::label(asked.language(), kind, field)) ": "
                @for (place, value) in before.iter().enumerate() {
                    @if place > 0 { " / " }
                    (show::value(asked, kind, field, &value.value))
                }
                @if before.is_empty() { span.muted { (asked.t("decide.not_recorded")) } }
                " → "
                @for value in &chosen { strong { (show::value(asked, kind, field, &value.value)) } }
            }
        }
        (DeedKind::Withdraw, Subject::Field { target, .. }) => {
            html! { (asked.t("decide.deed_withdraw")) ": " (told::object(asked, target)) }
        }
        (DeedKind::Later | DeedKind::Right, subject) => html! {
            (aside::how(asked, subject, deed.until))
            div.muted { (told::question(asked, subject)) }
        },
        (DeedKind::Undo, _) => {
            let undone = deed.undoes.map(|id| asked.office().deed(id)).transpose()?.flatten();
            html! {
                (asked.t("decide.deed_undo"))
                @if let Some(undone) = undone { ": " (asked.t(kind_words(undone.kind))) " (" (show::moment(undone.at)) ")" }
            }
        }
        (kind, _) => html! { (asked.t(kind_words(kind))) },
    })
}

/// The button that undoes a deed, or who undid it.
pub(super) fn undo_button(asked: &Asked, deed: &DeedRow) -> Markup {
    html! {
        @if let Some(undone) = &deed.undone {
            span.muted { (asked.tn("decide.undone", &[("who", &show::plain(&undone.by)), ("when", &show::moment(undone.at))])) }
        } @else if deed.can_be_undone() {
            form method="post" action={ "/office/deeds/" (deed.id) "/undo" } {
                (asked.token())
                button type="submit" { (asked.t("decide.undo")) }
            }
        }
    }
}

fn kind_words(kind: DeedKind) -> &'static str {
    match kind {
        DeedKind::Settle => "decide.deed_settle",
        DeedKind::IdentityNumber => "decide.deed_identity_number",
        DeedKind::Withdraw => "decide.deed_withdraw",
        DeedKind::LinkSame => "decide.deed_link_same",
        DeedKind::LinkMoved => "decide.deed_link_moved",
        DeedKind::LinkNotSame => "decide.deed_link_not_same",
        DeedKind::Unlink => "decide.deed_unlink",
        DeedKind::ConfirmMove => "decide.deed_confirm_move",
        DeedKind::LinkHouseholds => "decide.deed_link_households",
        DeedKind::Later => "decide.later",
        DeedKind::Right => "decide.is_right",
        DeedKind::QuarantineRetry => "decide.deed_quarantine_retry",
        DeedKind::QuarantineSeen => "decide.deed_quarantine_seen",
        DeedKind::Undo => "decide.deed_undo",
    }
}

/// `POST /office/deeds/{id}/undo`: back to what was decided, which is open again.
pub(super) fn undo(asked: &Asked) -> Result<Reply, Fault> {
    let id: DeedId = asked.path("id").parse().map_err(|_| Fault::NotFound)?;
    let row = asked.office().deed(id)?.ok_or(Fault::NotFound)?;
    match asked.office().undo_deed(&asked.officer().author, id, asked.now()) {
        Ok(_) => asked.say(Say::Done, asked.t("decide.done_undone").to_owned()),
        Err(DeedError::Problem(problem)) => return Err(problem.into()),
        Err(DeedError::ChangedMeanwhile) => asked.say(Say::Warn, asked.t("decide.undo_changed").to_owned()),
        Err(error) => asked.say(Say::Warn, asked.t(deed::words(&error)).to_owned()),
    }
    Ok(Reply::see(&reopened(asked, &row.subject)?))
}

/// What an undone deed was about: the item of the queue, or the two records that somebody named.
fn reopened(asked: &Asked, subject: &Subject) -> Result<String, Problem> {
    let queue = asked.office().queue(asked.now())?;
    let waits = match subject {
        Subject::Pair { .. } => queue.pairs.iter().any(|pair| pair.subject() == *subject),
        Subject::Households { .. } => queue.households.iter().any(|both| both.subject() == *subject),
        Subject::Move { from: Some(_), to: Some(_) } => {
            queue.moves.iter().any(|row| row.subject() == *subject)
        }
        _ => true,
    };
    if let Some(document) = subject.documents().first().filter(|_| !waits) {
        return Ok(two::address(subject, *document));
    }
    let kind = match subject {
        Subject::Field { field, .. } if field == "withdrawn" || field == "identity_number" => Kind::Done,
        Subject::Field { .. } => Kind::Values,
        Subject::Pair { .. } | Subject::Households { .. } => Kind::Pairs,
        Subject::Move { .. } => Kind::Moves,
        Subject::Issue { .. } => Kind::Contradictions,
        Subject::Quarantine { .. } => Kind::Quarantine,
    };
    let filter = Filter::of(kind);
    let at = (kind != Kind::Done).then(|| super::key::text(subject));
    Ok(filter.href(at.as_deref()))
}

/// `POST /office/decide/bulk/{first}/{last}/undo`: a whole group, as it was written.
pub(super) fn undo_group(asked: &Asked) -> Result<Reply, Fault> {
    let bound = |name: &str| asked.path(name).parse::<u64>().map_err(|_| Fault::NotFound);
    let (first, last) = (bound("first")?, bound("last")?);
    if last < first || last - first >= crate::office::DEEDS_MAX as u64 {
        return Err(Fault::NotFound);
    }
    let author = &asked.officer().author;
    let (mut undone, mut kept) = (0u64, 0u64);
    // The last first: a later deed may rest on an earlier one.
    for id in (first..=last).rev().map(DeedId) {
        match asked.office().deed(id)? {
            Some(row) if row.device == author.device() && row.can_be_undone() => {}
            _ => continue,
        }
        match asked.office().undo_deed(author, id, asked.now()) {
            Ok(_) => undone += 1,
            Err(DeedError::Problem(problem)) => return Err(problem.into()),
            Err(_) => kept += 1,
        }
    }
    let counts = [("undone", show::number(undone)), ("kept", show::number(kept))];
    let counts: Vec<(&str, &str)> = counts.iter().map(|(name, count)| (*name, count.as_str())).collect();
    let kind = if kept == 0 { Say::Done } else { Say::Warn };
    asked.say(kind, asked.tn("decide.group_undone", &counts));
    Ok(Reply::see("/office/decide?kind=done"))
}
