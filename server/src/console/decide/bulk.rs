//! Several items at once, where it is safe: first what would be written, then one confirmation, and one undo.
//!
//! Enters: the items ticked, or a page's worth of those that wait. Leaves: deeds that need nobody's judgement
//! ([`super::safe`]; pairs with one identity number and one name and nothing against). What was shown and what is
//! written are the same: whoever confirms sends back what they saw, and what changed meanwhile is not written.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use maud::{Markup, html};
use sync_core::candidates::Reason;
use sync_core::document::Seen;

use super::filter::{Filter, Kind};
use super::key;
use super::queue;
use super::safe::{self, Safe};
use super::standing::{Record, entity_of, whose};
use crate::console::limits::ROWS_A_PAGE;
use crate::console::page::Say;
use crate::console::{Area, Asked, Fault, Reply, show};
use crate::office::{CandidatePair, DEEDS_MAX, Deed, LinkKind, Subject};
use crate::problem::Problem;

/// Pages of the queue that "everything safe" looks through.
const PAGES_MAX: usize = DEEDS_MAX / ROWS_A_PAGE;

/// What would be done of one item.
struct Plan {
    deed: Deed,
    whose: Markup,
    what: Markup,
    why: &'static str,
    seen: Seen,
}

/// `POST /office/decide/bulk`: what would be written.
pub(super) fn preview(asked: &Asked) -> Result<Reply, Fault> {
    let filter = Filter::of_form(asked);
    let names = if asked.has("every") { every(asked, &filter)? } else { ticked(asked) };
    let candidates = candidates(asked, &filter)?;
    let mut plans = Vec::new();
    for name in &names {
        plans.extend(plan(asked, name, &candidates)?);
    }
    let left = names.len() - plans.len();
    let count = show::number(plans.len() as u64);
    let left = show::number(left as u64);
    let body = html! {
        @if plans.is_empty() { p.card { (asked.t("decide.bulk_nothing")) } }
        @else {
            p { (asked.tn("decide.bulk_about", &[("count", &count), ("left", &left)])) }
            form method="post" action="/office/decide/bulk/write" {
                (asked.token()) (filter.hidden(None, 0))
                table.grid {
                    caption.visually-hidden { (asked.t("decide.bulk_title")) }
                    thead { tr { @for words in ["decide.done_whose", "decide.bulk_what", "decide.bulk_why"] { th scope="col" { (asked.t(words)) } } } }
                    tbody { @for plan in &plans { tr {
                        td {
                            (plan.whose)
                            input type="hidden" name="item" value=(key::text(&plan.deed.subject()));
                            input type="hidden" name="saw" value=(plan.seen);
                        }
                        td { (plan.what) }
                        td { (asked.t(plan.why)) }
                    } } }
                }
                p.decide-answers {
                    button.primary type="submit" autofocus data-decide { (asked.tn("decide.bulk_write", &[("count", &count)])) }
                    a href=(filter.href(None)) { (asked.t("decide.back")) }
                }
            }
        }
        @if plans.is_empty() { p { a href=(filter.href(None)) { (asked.t("decide.back")) } } }
    };
    Ok(asked.page(Area::Decide, asked.t("decide.bulk_title"), body))
}

/// `POST /office/decide/bulk/write`.
pub(super) fn write(asked: &Asked) -> Result<Reply, Fault> {
    let filter = Filter::of_form(asked);
    let names = ticked(asked);
    let saw: Vec<Option<Seen>> = asked.fields("saw").map(|seen| seen.parse().ok()).take(DEEDS_MAX).collect();
    let candidates = candidates(asked, &filter)?;
    let mut deeds = Vec::with_capacity(names.len());
    for (name, saw) in names.iter().zip(saw) {
        // Whatever is no longer as it was shown is left in the queue.
        if let Some(plan) = plan(asked, name, &candidates)?.filter(|plan| Some(plan.seen) == saw) {
            deeds.push(plan.deed);
        }
    }
    let wanted = names.len();
    let done = match asked.office().do_deeds(&asked.officer().author, &deeds, asked.now()) {
        Ok(done) => done,
        Err(crate::office::DeedError::Problem(problem)) => return Err(problem.into()),
        Err(error) => return Err(Fault::Refused(StatusCode::CONFLICT, super::deed::words(&error))),
    };
    let ids: Vec<u64> = done.iter().filter_map(|done| done.as_ref().ok()).map(|id| id.0).collect();
    let (count, left) = (show::number(ids.len() as u64), show::number((wanted - ids.len()) as u64));
    let text = asked.tn("decide.done_bulk", &[("count", &count), ("left", &left)]);
    match (ids.first(), ids.last()) {
        (Some(first), Some(last)) => {
            asked.say_undo(text, &format!("/office/decide/bulk/{first}/{last}/undo"));
        }
        _ => asked.say(Say::Warn, text),
    }
    Ok(filter.go_on())
}

fn ticked(asked: &Asked) -> Vec<String> {
    asked.fields("item").take(DEEDS_MAX).map(str::to_owned).collect()
}

/// The items of the first pages, safe or not.
fn every(asked: &Asked, filter: &Filter) -> Result<Vec<String>, Problem> {
    let queue = asked.office().queue(asked.now())?;
    let mut names = Vec::new();
    for page in 1..=PAGES_MAX {
        let listing = queue::listing(asked, &queue, &filter.of_page(page))?;
        if !listing.ticked || listing.rows.is_empty() {
            break;
        }
        names.extend(listing.rows.into_iter().map(|row| row.key));
    }
    Ok(names)
}

/// Pairs that wait, by their names.
type Candidates = BTreeMap<String, CandidatePair>;

fn candidates(asked: &Asked, filter: &Filter) -> Result<Candidates, Problem> {
    if filter.kind != Kind::Pairs {
        return Ok(Candidates::new());
    }
    let queue = asked.office().queue(asked.now())?;
    Ok(queue.pairs.iter().map(|pair| (key::text(&pair.subject()), pair.clone())).collect())
}

/// What would be done of an item; nothing if somebody has to judge.
fn plan(asked: &Asked, name: &str, candidates: &Candidates) -> Result<Option<Plan>, Fault> {
    match (key::subject(name), candidates.get(name)) {
        (Some(subject @ Subject::Field { .. }), _) => value(asked, subject),
        (Some(Subject::Pair { .. }), Some(pair)) if is_safe(pair) => link(asked, pair.clone()).map(Some),
        _ => Ok(None),
    }
}

fn value(asked: &Asked, subject: Subject) -> Result<Option<Plan>, Fault> {
    let Some(seen) = asked.office().seen(&subject)? else { return Ok(None) };
    let Subject::Field { document, target, field } = subject else { return Ok(None) };
    let record = Record::read(asked, document)?;
    let entity = entity_of(&target);
    let standing = record.values(&target, &field);
    let values: Vec<_> = standing.iter().map(|value| &value.value).collect();
    let Some((place, safe)) = entity.field(&field).and_then(|known| safe::pick(known, &values)) else {
        return Ok(None);
    };
    let kind = entity.kind;
    let what = html! {
        (show::label(asked.language(), kind, &field)) ": "
        @for (other, value) in values.iter().enumerate() {
            @if other != place { s { (show::value(asked, kind, &field, value)) } " " }
        }
        "→ " strong { (show::value(asked, kind, &field, values[place])) }
    };
    let why = match safe {
        Safe::SameWords => "decide.safe_words",
        Safe::SameNumber => "decide.safe_number",
        Safe::MoreExact => "decide.safe_exact",
    };
    let whose = whose(asked, &record, &target)?;
    let (value, reason) = (values[place].clone(), Some(asked.t(why).to_owned()));
    let deed = Deed::Settle { document, target, field, value, reason, seen };
    Ok(Some(Plan { deed, whose, what, why, seen }))
}

/// One number, one name, and nothing against: nobody needs to look twice.
fn is_safe(pair: &CandidatePair) -> bool {
    pair.reasons.contains(&Reason::SameNumber)
        && pair.reasons.contains(&Reason::SameName)
        && pair.reasons.iter().all(|reason| reason.weight() > 0)
}

fn link(asked: &Asked, pair: CandidatePair) -> Result<Plan, Fault> {
    let names = asked.office().people_named(&[pair.a.clone(), pair.b.clone()])?;
    let whose = html! {
        @for row in names.iter().flatten() {
            p { strong { (show::name(&row.name)) } ", " (show::written_date(&row.birth)) ", " (show::name(&row.head)) }
        }
    };
    let why = "decide.safe_pair";
    let reason = asked.t(why).to_owned();
    let seen = pair.seen;
    let deed = Deed::Link { a: pair.a, b: pair.b, kind: LinkKind::Same, reason, seen };
    Ok(Plan { deed, whose, what: html! { (asked.t("decide.yes_same_child")) }, why, seen })
}

#[cfg(test)]
mod tests {
    use sync_core::facts::PersonRef;
    use sync_core::id::DocumentId;

    use super::*;

    #[test]
    fn only_a_pair_with_number_and_name_and_nothing_against_is_safe() {
        let person = |n: u8| PersonRef {
            document: DocumentId([n; 16]),
            person: "0123456789abc".parse().expect("thirteen digits are a key"),
        };
        let pair = |reasons: &[Reason]| CandidatePair {
            a: person(1),
            b: person(2),
            villages: ["01".into(), "02".into()],
            score: 100,
            reasons: reasons.to_vec(),
            widens: true,
            seen: Seen::of_field(None),
        };
        use Reason as R;
        assert!(is_safe(&pair(&[R::SameNumber, R::SameName])));
        assert!(is_safe(&pair(&[R::SameNumber, R::SameName, R::SameBirth, R::SameMother])));
        for reasons in [
            &[R::SameName, R::SameBirth, R::SameMother, R::SameFather][..],
            &[R::SameNumber, R::NameNear, R::SameBirth],
            &[R::SameNumber, R::SameName, R::SexDiffers],
            &[R::SameNumber, R::SameName, R::BirthDiffers],
            &[R::SameNumber, R::SameName, R::Twins],
            &[],
        ] {
            assert!(!is_safe(&pair(reasons)), "{reasons:?}");
        }
    }
}
