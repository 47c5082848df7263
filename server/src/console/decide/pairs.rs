//! Two records that may be one child, or two households that may be one: side by side, with what speaks for and
//! against, and what somebody said of them before.

use maud::{Markup, html};
use schemas::record::EntityKind;
use sync_core::candidates::{HouseholdReason, Reason};
use sync_core::document::{Container, Fields, Value, is_withdrawn, shown_text};
use sync_core::facts::PersonRef;
use sync_core::id::DocumentId;

use super::deed::{carry_out, show_again};
use super::filter::Filter;
use super::queue::{Again, Listing, Open, Row};
use super::standing::Record;
use super::{aside, done, key, reason, sides};
use crate::console::input::Errors;
use crate::console::limits::ROWS_A_PAGE;
use crate::console::{Asked, Fault, Reply, show};
use crate::office::{
    CandidateHouseholds, CandidatePair, Deed, DeedKind, DeedRow, LinkKind, PersonRow, Queue, Subject,
};
use crate::problem::Problem;

/// A page: households first, because one answer there decides of several children.
pub(super) fn listing(asked: &Asked, queue: &Queue, filter: &Filter) -> Result<Listing, Problem> {
    let office = asked.office();
    let village = filter.village.as_deref();
    let households: Vec<&CandidateHouseholds> =
        queue.households.iter().filter(|both| both.is_of(village)).collect();
    let pairs: Vec<&CandidatePair> = queue.pairs.iter().filter(|pair| pair.is_of(village)).collect();
    let total = households.len() + pairs.len();
    let first = (filter.page - 1) * ROWS_A_PAGE;
    let skip = first.saturating_sub(households.len());
    let on_page: Vec<&CandidateHouseholds> = households.into_iter().skip(first).take(ROWS_A_PAGE).collect();
    let pairs: Vec<&CandidatePair> = pairs.into_iter().skip(skip).take(ROWS_A_PAGE - on_page.len()).collect();
    let people: Vec<PersonRef> = pairs.iter().flat_map(|pair| [pair.a.clone(), pair.b.clone()]).collect();
    let named = office.people_named(&people)?;
    let mut rows = Vec::with_capacity(ROWS_A_PAGE);
    let documents: Vec<DocumentId> = on_page.iter().flat_map(|both| [both.a, both.b]).collect();
    let heads = office.households_named(&documents)?;
    for (both, names) in on_page.into_iter().zip(heads.chunks(2)) {
        let head =
            |place: usize| names.get(place).and_then(Option::as_ref).map_or("–", |row| row.head.as_str());
        rows.push(Row {
            key: key::text(&both.subject()),
            title: html! { (asked.t("decide.two_households")) ": " (show::name(head(0))) " = " (show::name(head(1))) },
            note: html! { (score(asked, both.score)) },
        });
    }
    for (pair, names) in pairs.iter().zip(named.chunks(2)) {
        let name = |place: usize| names.get(place).and_then(Option::as_ref);
        rows.push(Row {
            key: key::text(&pair.subject()),
            title: html! { (child(name(0))) " = " (child(name(1))) },
            note: html! { (score(asked, pair.score)) },
        });
    }
    Ok(Listing { rows, total, ticked: true })
}

fn child(row: Option<&PersonRow>) -> Markup {
    html! { @match row { Some(row) => { (show::name(&row.name)) } None => { "–" } } }
}

fn score(asked: &Asked, score: u8) -> String {
    asked.tn("decide.score", &[("score", &score.to_string())])
}

/// The open pair.
pub(super) fn panel(asked: &Asked, open: &Open<'_>) -> Result<Markup, Fault> {
    match key::subject(open.key) {
        Some(Subject::Pair { a, b }) => children(asked, open, &a, &b),
        Some(Subject::Households { a, b }) => households(asked, open, a, b),
        _ => Err(Fault::NotFound),
    }
}

fn children(asked: &Asked, open: &Open<'_>, a: &PersonRef, b: &PersonRef) -> Result<Markup, Fault> {
    let found = open.queue.pairs.iter().find(|pair| pair.a == *a && pair.b == *b);
    let (one, other) = (Record::read(asked, a.document)?, Record::read(asked, b.document)?);
    let links: Vec<&Fields> = one.links(&a.person, b).chain(other.links(&b.person, a)).collect();
    // What was typed belongs to one of the two forms.
    let again = |parts: bool| open.again.filter(|_| asked.has(PARTS) == parts);
    let answered = Open { again: again(false), ..*open };
    Ok(html! {
        h2 { (asked.t("decide.same_child")) }
        (open.warning(asked))
        @if let Some(pair) = found {
            (grounds(asked, pair.score, pair.reasons.iter().map(|reason| (reason_words(*reason), reason.weight()))))
            @if pair.widens { p.muted { (asked.t("decide.widens")) } }
        } @else if !open.is_asked() {
            p.card { (asked.t("decide.settled")) }
        }
        @if let Some(link) = links.first() {
            (linked(asked, &Open { again: again(true), ..*open }, link))
            (confirmed(asked, a, b)?)
        }
        @if found.is_some() || answered.again.is_some() || (open.is_asked() && links.is_empty()) {
            (answers(asked, &answered, "/office/decide/pair", "decide.yes_same_child", "decide.no_two_children"))
        }
        (sides::children(asked, [(&one, &a.person), (&other, &b.person)])?)
    })
}

/// Marks the form that parts two records from the one that says what they are.
const PARTS: &str = "parts";

/// What was said of the two before, by whom and why, and the way to take it back.
fn linked(asked: &Asked, open: &Open<'_>, link: &Fields) -> Markup {
    let said = |field: &str| shown_text(link, field).filter(|text| !text.is_empty());
    let typed = [open.typed(asked, "usual", ""), open.typed(asked, "reason", "")];
    html! {
        div.card {
            p {
                (asked.t("decide.said_before")) " "
                strong { @if let Some(kind) = link.get("kind") { (show::value(asked, EntityKind::Link, "kind", &kind.shown().value)) } }
                @if let Some(by) = said("decided_by") { ", " (show::name(by)) }
                @if let Some(reason) = said("reason") { br; (asked.t("decide.because")) " " (show::name(reason)) }
            }
            details open[open.again.is_some()] {
                summary { (asked.t("decide.unlink")) }
                form method="post" action="/office/decide/unlink" {
                    (open.hidden(asked))
                    input type="hidden" name=(PARTS) value="1";
                    (reason::of_form(asked, PARTS, typed, open.error("reason")))
                    button type="submit" { (asked.t("decide.unlink")) }
                }
            }
        }
    }
}

/// That an officer confirmed a move of the two, which wrote more than the link: whoever made a mistake undoes that.
fn confirmed(asked: &Asked, a: &PersonRef, b: &PersonRef) -> Result<Markup, Problem> {
    let is_of_both = |deed: &DeedRow| match &deed.subject {
        Subject::Move { from: Some(from), to: Some(to) } => [from, to] == [a, b] || [from, to] == [b, a],
        _ => false,
    };
    let deeds = asked.office().deeds_of(a.document)?;
    let stands =
        |deed: &&DeedRow| deed.kind == DeedKind::ConfirmMove && deed.undone.is_none() && is_of_both(deed);
    Ok(html! {
        @if let Some(deed) = deeds.iter().find(stands) {
            div.message.warn {
                p { (asked.tn("decide.move_wrote_more", &[("who", &show::plain(&deed.by)), ("when", &show::moment(deed.at))])) }
                (done::undo_button(asked, deed))
            }
        }
    })
}

/// `POST /office/decide/unlink`: what was said of the two is said no longer, whoever said it.
pub(super) fn unlink(asked: &Asked) -> Result<Reply, Fault> {
    let name = asked.field("key");
    let Some(Subject::Pair { a, b }) = key::subject(name) else { return Err(Fault::NotFound) };
    let seen = asked.field("seen").parse().map_err(|_| Fault::NotFound)?;
    let reason = reason::read(asked);
    if reason.is_empty() {
        let mut errors = Errors::default();
        errors.add("reason", asked.t("decide.reason_needed"));
        return show_again(asked, name, &Again::wrong(errors));
    }
    carry_out(asked, name, Deed::Unlink { a, b, reason: Some(reason), seen }, "decide.done_unlinked")
}

/// What speaks for, what against, and how much it comes to.
fn grounds<'a>(asked: &Asked, total: u8, reasons: impl Iterator<Item = (&'a str, i32)> + Clone) -> Markup {
    let list = |words: &'static str, chosen: Vec<&str>| {
        html! {
            @if !chosen.is_empty() {
                p { strong { (asked.t(words)) } }
                ul.grounds { @for reason in chosen { li { (asked.tu(reason)) } } }
            }
        }
    };
    let (against, for_it): (Vec<_>, Vec<_>) = reasons.partition(|(_, weight)| *weight < 0);
    html! {
        p { (score(asked, total)) }
        (list("decide.speaks_for", for_it.into_iter().map(|(words, _)| words).collect()))
        (list("decide.speaks_against", against.into_iter().map(|(words, _)| words).collect()))
    }
}

/// Yes, no, later: three buttons of one form, the first in focus.
pub(super) fn answers(asked: &Asked, open: &Open<'_>, action: &str, yes: &str, no: &str) -> Markup {
    html! {
        form method="post" action=(action) {
            (open.hidden(asked))
            p.decide-answers {
                button.primary type="submit" name="answer" value="yes" data-key="c" autofocus { (asked.t(yes)) " " span.kbd { "c" } }
                button type="submit" name="answer" value="no" data-key="h" { (asked.t(no)) " " span.kbd { "h" } }
                (later(asked, open))
            }
            (reason::inputs(asked, open))
        }
    }
}

/// The button that takes what is open out of the queue for a while; what somebody named is in no queue.
pub(super) fn later(asked: &Asked, open: &Open<'_>) -> Markup {
    html! {
        @if open.from.is_none() { button type="submit" formaction="/office/decide/later" formnovalidate data-key="s" {
            (asked.t("decide.later")) " " span.kbd { "s" }
        } }
    }
}

/// `POST /office/decide/pair`.
pub(super) fn decide(asked: &Asked) -> Result<Reply, Fault> {
    let name = asked.field("key");
    let Some(Subject::Pair { a, b }) = key::subject(name) else { return Err(Fault::NotFound) };
    let (kind, done) = match asked.field("answer") {
        "yes" => (LinkKind::Same, "decide.done_same"),
        "no" => (LinkKind::NotSame, "decide.done_not_same"),
        _ => return Err(Fault::NotFound),
    };
    let seen = asked.field("seen").parse().map_err(|_| Fault::NotFound)?;
    carry_out(asked, name, Deed::Link { a, b, kind, reason: reason::read(asked), seen }, done)
}

fn households(asked: &Asked, open: &Open<'_>, a: DocumentId, b: DocumentId) -> Result<Markup, Fault> {
    let found = open.queue.households.iter().find(|both| both.a == a && both.b == b);
    let (one, other) = (Record::read(asked, a)?, Record::read(asked, b)?);
    let pairs = children_of_both(open.queue, &one, &other);
    let kept = open.typed(asked, "kept", "a");
    let error = open.error("withdraw");
    let named = |document: DocumentId, person: &PersonRef| {
        let record = if document == a { &one } else { &other };
        let fields = record.view.person(&person.person).map(|(_, fields)| fields);
        let name = fields.and_then(|fields| fields.get("name")).map(|field| field.shown().value.clone());
        show::name(name.as_ref().and_then(Value::as_text).unwrap_or("–"))
    };
    Ok(html! {
        h2 { (asked.t("decide.same_household")) }
        (open.warning(asked))
        @if let Some(both) = found {
            (grounds(asked, both.score, both.reasons.iter().map(|reason| (household_words(*reason), reason.weight()))))
        } @else if !open.is_asked() {
            p.card { (asked.t("decide.settled")) }
        }
        @if found.is_some() || open.is_asked() {
            form method="post" action="/office/decide/households" {
                (open.hidden(asked))
                @if pairs.is_empty() {
                    p { (asked.t("decide.no_children_linked")) }
                } @else {
                    p { (asked.t("decide.children_linked")) }
                    ul { @for (x, y) in &pairs { li { (named(a, x)) " = " (named(b, y)) } } }
                }
                fieldset.choices {
                    legend { (asked.t("decide.kept")) }
                    @for (code, side, words) in [("a", &one, "decide.kept_first"), ("b", &other, "decide.kept_second")] {
                        p { label {
                            input type="radio" name="kept" value=(code) checked[kept == code]; " " (asked.t(words)) ": "
                            (show::name(shown_text(&side.view.household, "head_name").unwrap_or("–")))
                        } }
                    }
                    p { label { input type="checkbox" name="withdraw" value="1" checked[open.typed(asked, "withdraw", "") == "1"]; " " (asked.t("decide.withdraw_other")) } }
                    p.muted { (asked.t("decide.withdraw_other_note")) }
                    @if let Some(error) = error { p.field-error role="alert" { (error) } }
                }
                p.decide-answers {
                    button.primary type="submit" name="answer" value="yes" data-key="c" autofocus { (asked.t("decide.yes_same_household")) " " span.kbd { "c" } }
                    button type="submit" name="answer" value="no" data-key="h" { (asked.t("decide.no_two_households")) " " span.kbd { "h" } }
                    (later(asked, open))
                }
                (reason::inputs(asked, open))
            }
        }
        (sides::households(asked, &one, &other)?)
    })
}

/// Children of two households that are linked with them: those that are linked already, and of the others those that
/// may be one child, likeliest first, each in one pair.
fn children_of_both(queue: &Queue, one: &Record, other: &Record) -> Vec<(PersonRef, PersonRef)> {
    let children = |record: &Record| -> Vec<PersonRef> {
        let document = record.view.document;
        let standing = record.view.of(Container::Children).filter(|(_, fields)| !is_withdrawn(fields));
        standing.map(|(key, _)| PersonRef { document, person: key.clone() }).collect()
    };
    let is_same = |link: &Fields| shown_text(link, "kind") == Some("same");
    let mut pairs: Vec<(PersonRef, PersonRef)> = Vec::new();
    for x in children(one) {
        let linked = |y: &PersonRef| one.links(&x.person, y).chain(other.links(&y.person, &x)).any(is_same);
        pairs.extend(children(other).into_iter().find(linked).map(|y| (x.clone(), y)));
    }
    let both = |pair: &&CandidatePair| {
        (pair.a.document, pair.b.document) == (one.view.document, other.view.document)
    };
    for pair in queue.pairs.iter().filter(both) {
        if pairs.iter().all(|(x, y)| *x != pair.a && *y != pair.b) {
            pairs.push((pair.a.clone(), pair.b.clone()));
        }
    }
    pairs
}

/// `POST /office/decide/households`.
pub(super) fn decide_households(asked: &Asked) -> Result<Reply, Fault> {
    let name = asked.field("key");
    let Some(subject @ Subject::Households { a, b }) = key::subject(name) else {
        return Err(Fault::NotFound);
    };
    if asked.field("answer") != "yes" {
        return aside::is_right(asked, name, subject, "decide.done_not_same_household");
    }
    let queue = asked.office().queue(asked.now())?;
    let found = children_of_both(&queue, &Record::read(asked, a)?, &Record::read(asked, b)?);
    let is_first = asked.field("kept") != "b";
    let (kept, second) = if is_first { (a, b) } else { (b, a) };
    let pairs = found
        .into_iter()
        .map(|(x, y)| if is_first { (x.person, y.person) } else { (y.person, x.person) })
        .collect();
    let seen = asked.field("seen").parse().map_err(|_| Fault::NotFound)?;
    let withdraw = asked.has("withdraw");
    let deed = Deed::LinkHouseholds { kept, second, pairs, withdraw, reason: reason::read(asked), seen };
    carry_out(asked, name, deed, "decide.done_same_household")
}

fn reason_words(reason: Reason) -> &'static str {
    match reason {
        Reason::SameNumber => "decide.because_same_number",
        Reason::NumberNear => "decide.because_number_near",
        Reason::SameName => "decide.because_same_name",
        Reason::NameReordered => "decide.because_name_reordered",
        Reason::NameNear => "decide.because_name_near",
        Reason::SameBirth => "decide.because_same_birth",
        Reason::BirthSwapped => "decide.because_birth_swapped",
        Reason::BirthWithin => "decide.because_birth_within",
        Reason::SameMother => "decide.because_same_mother",
        Reason::SameFather => "decide.because_same_father",
        Reason::SameCarer => "decide.because_same_carer",
        Reason::SameHead => "decide.because_same_head",
        Reason::SameAddress => "decide.because_same_address",
        Reason::NameDiffers => "decide.but_name_differs",
        Reason::BirthDiffers => "decide.but_birth_differs",
        Reason::SexDiffers => "decide.but_sex_differs",
        Reason::NumberDiffers => "decide.but_number_differs",
        Reason::Twins => "decide.but_twins",
    }
}

fn household_words(reason: HouseholdReason) -> &'static str {
    match reason {
        HouseholdReason::SameHead => "decide.because_same_head",
        HouseholdReason::HeadNear => "decide.because_head_near",
        HouseholdReason::SameAddress => "decide.because_same_address",
        HouseholdReason::SamePhone => "decide.because_same_phone",
        HouseholdReason::SameNumber => "decide.because_same_household_number",
        HouseholdReason::SameChildren => "decide.because_same_children",
    }
}
