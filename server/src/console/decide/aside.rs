//! Out of the queue: for some days, or as long as nobody writes there; and the way back.

use maud::{Markup, html};

use super::deed::carry_out;
use super::filter::Filter;
use super::queue::pager;
use super::told::{Named, by, question};
use super::{key, reason};
use crate::console::limits::ROWS_A_PAGE;
use crate::console::{Asked, Fault, Reply, show};
use crate::office::{Aside, Deed, DeedRow, Queue, Subject};
use crate::problem::Problem;

/// "Later" is after so many seconds, or as soon as somebody writes there.
const LATER_SECONDS: i64 = 7 * 24 * 3600;

/// What is set aside, the latest first.
pub(super) fn body(asked: &Asked, queue: &Queue, filter: &Filter) -> Result<Markup, Problem> {
    let page: Vec<&Aside> =
        queue.asides.iter().skip((filter.page - 1) * ROWS_A_PAGE).take(ROWS_A_PAGE).collect();
    let named = Named::of(asked, page.iter().map(|aside| &aside.subject))?;
    let mut deeds = Vec::with_capacity(page.len());
    for aside in &page {
        deeds.push(asked.office().deed(aside.deed)?);
    }
    Ok(html! {
        @if page.is_empty() { p.card { (asked.t("decide.nothing_aside")) } }
        @else {
            table.grid {
                caption.visually-hidden { (asked.t("decide.kind_aside")) }
                thead { tr {
                    @for words in ["decide.done_whose", "decide.aside_question", "decide.aside_how", "decide.done_who"] { th scope="col" { (asked.t(words)) } }
                    td {}
                } }
                tbody { @for (aside, deed) in page.iter().zip(&deeds) { tr {
                    td { (named.whose(asked, &aside.subject)) }
                    td { (question(asked, &aside.subject)) }
                    td { (how(asked, &aside.subject, aside.until)) (because(asked, deed.as_ref())) }
                    td { @if let Some(deed) = deed { (by(asked, &deed.by)) ", " (show::moment(deed.at)) } }
                    td {
                        form method="post" action={ "/office/deeds/" (aside.deed) "/undo" } {
                            (asked.token())
                            button type="submit" { (asked.t("decide.bring_back")) }
                        }
                    }
                } } }
            }
            (pager(asked, filter, queue.asides.len()))
        }
    })
}

/// How something was set aside, in words.
pub(super) fn how(asked: &Asked, subject: &Subject, until: Option<i64>) -> Markup {
    html! {
        @match (until, subject) {
            (Some(until), _) => { (asked.tn("decide.later_until", &[("when", &show::moment(until))])) }
            (None, Subject::Households { .. }) => { (asked.t("decide.deed_not_same_household")) }
            (None, Subject::Move { .. }) => { (asked.t("decide.no_move")) }
            (None, Subject::Quarantine { .. }) => { (asked.t("decide.looked_at")) }
            (None, _) => { (asked.t("decide.is_right")) }
        }
    }
}

fn because(asked: &Asked, deed: Option<&DeedRow>) -> Markup {
    html! {
        @if let Some(reason) = deed.and_then(|deed| deed.reason.as_deref()) {
            div.muted { (asked.t("decide.because")) " " (show::name(reason)) }
        }
    }
}

/// `POST /office/decide/later`.
pub(super) fn later(asked: &Asked) -> Result<Reply, Fault> {
    let (name, subject) = subject(asked)?;
    let deed = Deed::SetAside {
        subject,
        until: Some(asked.now() + LATER_SECONDS),
        reason: Some(reason::read(asked)),
        seen: seen(asked)?,
    };
    carry_out(asked, name, deed, "decide.done_later")
}

/// `POST /office/decide/right`: it stands as it should.
pub(super) fn right(asked: &Asked) -> Result<Reply, Fault> {
    let (name, subject) = subject(asked)?;
    is_right(asked, name, subject, "decide.done_right")
}

/// Takes what is open out of the queue for as long as nobody writes there.
pub(super) fn is_right(
    asked: &Asked,
    name: &str,
    subject: Subject,
    done: &'static str,
) -> Result<Reply, Fault> {
    let reason = Some(reason::read(asked));
    carry_out(asked, name, Deed::SetAside { subject, until: None, reason, seen: seen(asked)? }, done)
}

fn seen(asked: &Asked) -> Result<sync_core::document::Seen, Fault> {
    asked.field("seen").parse().map_err(|_| Fault::NotFound)
}

fn subject(asked: &Asked) -> Result<(&str, Subject), Fault> {
    let name = asked.field("key");
    Ok((name, key::subject(name).ok_or(Fault::NotFound)?))
}
