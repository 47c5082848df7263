//! What was decided, newest first, and how it is taken back.

use std::collections::BTreeMap;

use maud::{Markup, html};
use sync_core::document::Target;
use sync_core::facts::PersonRef;
use sync_core::id::DocumentId;

use super::deed;
use super::queue::{Filter, Kind};
use super::standing::entity_of;
use crate::console::limits::ROWS_A_PAGE;
use crate::console::page::Say;
use crate::console::{Asked, Fault, Reply, show};
use crate::office::{DeedError, DeedId, DeedKind, DeedRow, PersonRow, Subject};
use crate::problem::Problem;

/// A page of deeds.
pub(super) fn body(asked: &Asked, _filter: &Filter) -> Result<Markup, Problem> {
    let before = asked.query("before").and_then(|id| id.parse().ok());
    let deeds = asked.office().deeds(before, ROWS_A_PAGE)?;
    let people = people(asked, &deeds)?;
    let last = deeds.last().filter(|_| deeds.len() == ROWS_A_PAGE).map(|deed| deed.id);
    Ok(html! {
        @if deeds.is_empty() { p.card { (asked.t("decide.nothing_done")) } }
        @else {
            table.grid {
                caption.visually-hidden { (asked.t("decide.kind_done")) }
                thead { tr {
                    @for words in ["decide.done_when", "decide.done_who", "decide.done_what", "decide.done_whose"] { th scope="col" { (asked.t(words)) } }
                    td {}
                } }
                tbody { @for deed in &deeds { tr {
                    td { (show::moment(deed.at)) }
                    td { (show::name(&deed.by)) }
                    td { (asked.t(kind_words(deed.kind))) @if deed.kind == DeedKind::Settle { (field(asked, &deed.subject)) } }
                    td { (whose(asked, &deed.subject, &people)?) }
                    td { (undo_button(asked, deed)) }
                } } }
            }
            @if let Some(last) = last {
                p.pager { a rel="next" href={ "/office/decide?kind=done&before=" (last) } { (asked.t("decide.older")) " ›" } }
            }
        }
    })
}

fn undo_button(asked: &Asked, deed: &DeedRow) -> Markup {
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

fn people(asked: &Asked, deeds: &[DeedRow]) -> Result<BTreeMap<PersonRef, PersonRow>, Problem> {
    let wanted: Vec<PersonRef> = deeds.iter().flat_map(|deed| persons(&deed.subject)).collect();
    let named = asked.office().people_named(&wanted)?;
    Ok(wanted.into_iter().zip(named).filter_map(|(person, row)| Some((person, row?))).collect())
}

fn persons(subject: &Subject) -> Vec<PersonRef> {
    match subject {
        Subject::Field { document, target: Target::Entity(_, person), .. }
        | Subject::Issue { document, target: Target::Entity(_, person), .. } => {
            vec![PersonRef { document: *document, person: person.clone() }]
        }
        Subject::Pair { a, b } => vec![a.clone(), b.clone()],
        Subject::Move { from, to } => [from, to].into_iter().flatten().cloned().collect(),
        _ => Vec::new(),
    }
}

fn field(asked: &Asked, subject: &Subject) -> Markup {
    html! {
        @if let Subject::Field { target, field, .. } = subject {
            ": " (show::label(asked.language(), entity_of(target).kind, field))
        }
    }
}

fn whose(
    asked: &Asked,
    subject: &Subject,
    people: &BTreeMap<PersonRef, PersonRow>,
) -> Result<Markup, Problem> {
    let persons = persons(subject);
    let documents: Vec<DocumentId> = subject.documents();
    let heads = asked.office().households_named(&documents)?;
    Ok(html! {
        @for person in &persons {
            @if let Some(row) = people.get(person) { (show::name(&row.name)) ", " }
        }
        @for (document, head) in documents.iter().zip(&heads) {
            a href={ "/office/household/" (document) } {
                (asked.t("decide.household")) " " (show::name(head.as_ref().map_or("–", |row| &row.head)))
            } " "
        }
    })
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
        DeedKind::SetAside => "decide.deed_set_aside",
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
    Ok(Reply::see(&reopened(&row.subject)))
}

/// The item of the queue that an undone deed was about.
fn reopened(subject: &Subject) -> String {
    let kind = match subject {
        Subject::Field { field, .. } if field == "withdrawn" || field == "identity_number" => Kind::Done,
        Subject::Field { .. } => Kind::Values,
        Subject::Pair { .. } | Subject::Households { .. } => Kind::Pairs,
        Subject::Move { .. } => Kind::Moves,
        Subject::Issue { .. } => Kind::Contradictions,
        Subject::Quarantine { .. } => Kind::Quarantine,
    };
    let filter = Filter { kind, village: None, part: None, page: 1, at: None };
    let at = (kind != Kind::Done).then(|| super::key::text(subject));
    filter.href(at.as_deref())
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
