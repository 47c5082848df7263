//! What was written in a household's record, by whom, when, on which device, and whether the signature fits.

use maud::{Markup, html};
use schemas::record::{EntityKind, definition};
use sync_core::document::{Container, Target, Value, View};
use sync_core::id::ChangeHash;

use super::super::{Area, Asked, Fault, Reply, show};
use super::list::pager;
use super::told::{kind_of, name_of, object_name, value_in};
use crate::office::OFFICE_LABEL;
use crate::office::pages::{FieldChange, HistoryRow};

/// `GET /office/household/{document}/history?since=`: the whole history, newest first. `since` is the log position of a
/// village's sign-off: what came after it is told apart from what the village signed.
pub(super) fn page(asked: &Asked) -> Result<Reply, Fault> {
    let document = super::document(asked)?;
    let page = asked.query("page").and_then(|page| page.parse().ok()).unwrap_or(1usize).saturating_sub(1);
    let since: Option<u64> = asked.query("since").and_then(|position| position.parse().ok());
    let is_after = |row: &HistoryRow| since.map(|position| row.recorded.position > position);
    let here = match since {
        Some(position) => format!("/office/household/{document}/history?since={position}&"),
        None => format!("/office/household/{document}/history?"),
    };
    let history = asked.office().history(document, page)?;
    let body = html! {
        nav.crumbs {
            a href="/office/register" { (asked.t("register.title")) } " › "
            a href={ "/office/household/" (document) } { (name_of(asked, &history.view)) }
        }
        p.muted { (asked.t("register.history_says")) }
        p { (asked.tn("register.changes", &[("count", &show::number(history.total as u64))])) }
        @for part in history.rows.chunk_by(|a, b| is_after(a) == is_after(b)) {
            @match is_after(&part[0]) {
                Some(true) => { h2 { (asked.tu("register.since_signed")) } }
                Some(false) => { h2 { (asked.tu("register.before_signed")) } }
                None => {}
            }
            ol.history { @for row in part { li { (row_of(asked, &history.view, row, true)) } } }
        }
        (pager(asked, &here, page, history.pages))
    };
    Ok(asked.page(
        Area::Register,
        &asked.tn("register.history_of", &[("household", &name_of(asked, &history.view))]),
        body,
    ))
}

/// One signed change.
pub(super) fn change(asked: &Asked) -> Result<Reply, Fault> {
    let hash: ChangeHash = asked.path("hash").parse().map_err(|_| Fault::NotFound)?;
    let (row, view) = asked.office().change(hash)?;
    let document = view.document;
    let body = html! {
        nav.crumbs {
            a href="/office/register" { (asked.t("register.title")) } " › "
            a href={ "/office/household/" (document) } { (name_of(asked, &view)) } " › "
            a href={ "/office/household/" (document) "/history" } { (asked.t("register.history")) }
        }
        (row_of(asked, &view, &row, false))
        p.muted { (asked.t("register.signature_says")) }
    };
    Ok(asked.page(Area::Register, asked.t("register.change_title"), body))
}

fn row_of(asked: &Asked, view: &View, row: &HistoryRow, in_list: bool) -> Markup {
    let recorded = &row.recorded;
    let label = if recorded.label == OFFICE_LABEL { asked.t("register.office") } else { &recorded.label };
    html! {
        article.card.change {
            p.change-head {
                strong { (show::name(label)) } " "
                span.tag { (asked.t(if row.by_office { "register.by_office" } else { "register.by_phone" })) } " "
                @if row.signature_fits { span.tag.tag-ok { (asked.t("register.signature_fits")) } }
                @else { span.tag.tag-bad { (asked.t("register.signature_wrong")) } }
            }
            dl.fields.change-facts {
                div.fact { dt { (asked.t("register.made_at")) } dd { (show::moment(row.made_at)) (super::clock::warning(asked, recorded, row.made_at)) } }
                div.fact { dt { (asked.t("register.received_at")) } dd { (show::moment(recorded.received_at)) } }
                div.fact { dt { (asked.t("register.device")) } dd { code { (recorded.device) } } }
                div.fact { dt { (asked.t("register.batch")) } dd {
                    (asked.tn("register.batch_signed", &[("number", &recorded.batch.to_string()), ("when", &show::moment(recorded.signed_at))]))
                } }
                div.fact { dt { (asked.t("register.log_position")) } dd {
                    @if in_list { a href={ "/office/change/" (recorded.hash) } { (show::number(recorded.position)) } }
                    @else { (show::number(recorded.position)) }
                } }
                @if !in_list { div.fact { dt { (asked.t("register.hash")) } dd { code { (recorded.hash) } } } }
            }
            @if row.begins { p { (asked.t("register.begins")) } }
            @else if row.edits.is_empty() { p.muted { (asked.t("register.nothing_new")) } }
            (edits(asked, view, &row.edits))
        }
    }
}

/// What a change wrote, object by object.
fn edits(asked: &Asked, view: &View, edits: &[FieldChange]) -> Markup {
    html! {
        @for of_one in edits.chunk_by(|a, b| a.target == b.target) {
            h3 { (object_name(asked, view, &of_one[0].target)) }
            @let in_order = in_order(of_one);
            ul { @for edit in in_order { (one(asked, view, edit)) } }
        }
    }
}

/// Fields as the record orders them.
fn in_order(edits: &[FieldChange]) -> Vec<&FieldChange> {
    let place = |edit: &&FieldChange| {
        let fields = kind_of(&edit.target).map(|kind| definition().entity(kind).fields.as_slice());
        fields.unwrap_or_default().iter().position(|field| field.name == edit.field).unwrap_or(usize::MAX)
    };
    let mut edits: Vec<&FieldChange> = edits.iter().collect();
    edits.sort_by_key(place);
    edits
}

fn one(asked: &Asked, view: &View, edit: &FieldChange) -> Markup {
    let container = match &edit.target {
        Target::Household => None,
        Target::Entity(container, _) => Some(*container),
    };
    // Of a decision its reason is for people; what it was about stands beside it as a field of its own.
    let inner = match container {
        Some(Container::Decisions) => edit.field != "reason" && edit.field != "withdrawn",
        Some(Container::Sealed) => edit.field != "envelope",
        _ => false,
    };
    let kind = kind_of(&edit.target).unwrap_or(EntityKind::Household);
    let label = match (container, edit.field.as_str()) {
        (Some(Container::Sealed), _) => asked.t("register.sealed"),
        (Some(Container::Decisions), "reason") => asked.t("register.reason"),
        (_, field) => show::label(asked.language(), kind, field),
    };
    let value = |value: &Value| value_in(asked, view, kind, &edit.field, value);
    html! {
        @if !inner {
            li {
                (label) ": "
                @for (at, before) in edit.before.iter().enumerate() {
                    @if at > 0 { " / " }
                    del { (value(before)) }
                }
                @if !edit.before.is_empty() { " → " }
                strong { (value(&edit.written)) }
                @if !edit.beside.is_empty() {
                    " " span.tag.tag-warn { (asked.t("register.beside")) }
                    @for beside in &edit.beside { " " (value(beside)) }
                }
            }
        }
    }
}
