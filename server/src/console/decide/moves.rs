//! Children who moved between two households of the commune: both ends, what is missing at each, and one answer that
//! completes them.

use maud::{Markup, html};
use sync_core::date::PartialDate;
use sync_core::document::{Container, Target};
use sync_core::facts::PersonRef;

use super::deed::{carry_out, show_again};
use super::filter::Filter;
use super::queue::{Again, Listing, Open, Row};
use super::standing::{Record, village_name, whose};
use super::{aside, key, other, pairs, reason, sides};
use crate::console::input::{Errors, text_field};
use crate::console::limits::ROWS_A_PAGE;
use crate::console::{Asked, Fault, Reply, show};
use crate::import::date;
use crate::office::{Deed, LinkKind, MoveRow, Queue, Subject};
use crate::problem::Problem;

/// A page of them.
pub(super) fn listing(asked: &Asked, queue: &Queue, filter: &Filter) -> Result<Listing, Problem> {
    let all: Vec<&MoveRow> = queue.moves.iter().filter(|row| row.is_of(filter.village.as_deref())).collect();
    let page: Vec<&&MoveRow> = all.iter().skip((filter.page - 1) * ROWS_A_PAGE).take(ROWS_A_PAGE).collect();
    let known = |row: &MoveRow| row.found.to.clone().or_else(|| row.found.from.clone());
    let people: Vec<PersonRef> = page.iter().filter_map(|row| known(row)).collect();
    let mut named = asked.office().people_named(&people)?.into_iter();
    let mut rows = Vec::with_capacity(page.len());
    for row in page {
        let person = known(row).and_then(|_| named.next()).flatten();
        rows.push(Row {
            key: key::text(&row.subject()),
            title: html! { (show::name(person.as_ref().map_or("–", |person| &person.name))) },
            note: html! { (village(asked, row.from_village.as_deref())?) " → " (village(asked, row.to_village.as_deref())?) },
        });
    }
    Ok(Listing { rows, total: all.len(), ticked: false })
}

fn village(asked: &Asked, code: Option<&str>) -> Result<Markup, Problem> {
    code.map_or_else(|| Ok(html! { "?" }), |code| village_name(asked, code))
}

/// The open move.
pub(super) fn panel(asked: &Asked, open: &Open<'_>) -> Result<Markup, Fault> {
    let Some(Subject::Move { from, to }) = &key::subject(open.key) else {
        return Err(Fault::NotFound);
    };
    let found = open.queue.moves.iter().find(|row| row.found.from == *from && row.found.to == *to);
    let read = |end: &Option<PersonRef>| match end {
        Some(end) => Record::read(asked, end.document).map(Some),
        None => Ok(None),
    };
    let (left, reached) = (read(from)?, read(to)?);
    Ok(html! {
        h2 { (asked.t("decide.one_move")) }
        (open.warning(asked))
        @if let Some(row) = found {
            p { (village(asked, row.from_village.as_deref())?) " → " (village(asked, row.to_village.as_deref())?)
                @if let Some(date) = &row.found.date { ", " (show::written_date(date)) } }
            ul.grounds {
                @for (is_so, words) in missing(row) { @if is_so { li { (asked.tu(words)) } } }
            }
        } @else if !open.is_asked() {
            p.card { (asked.t("decide.settled")) }
        }
        @match (from, to) {
            (Some(end), None) | (None, Some(end)) => {
                p { a href=(other::address(end.document, Some(&end.person), Some(other::Way::of(from)))) { (asked.t("decide.link_with")) } }
            }
            _ => {}
        }
        @if found.is_some() || open.is_asked() {
            @let date = found.and_then(|row| row.found.date.as_deref());
            (form(asked, open, from.is_some() && to.is_some(), date))
        }
        @match (from, to, &left, &reached) {
            (Some(from), Some(to), Some(left), Some(reached)) => {
                (sides::children(asked, [(left, &from.person), (reached, &to.person)])?)
            }
            (Some(end), _, Some(record), _) | (_, Some(end), _, Some(record)) => {
                (whose(asked, record, &Target::Entity(Container::Children, end.person.clone()))?)
            }
            _ => {}
        }
    })
}

fn missing(row: &MoveRow) -> [(bool, &'static str); 5] {
    let found = &row.found;
    [
        (found.from.is_none(), "decide.move_no_from"),
        (found.to.is_none(), "decide.move_no_to"),
        (found.from.is_some() && found.departure_missing, "decide.move_no_departure"),
        (found.to.is_some() && found.arrival_missing, "decide.move_no_arrival"),
        (found.from.is_some() && found.to.is_some() && found.link_missing, "decide.move_no_link"),
    ]
}

/// `is_whole`: both ends have a record. `date` as an event tells it.
fn form(asked: &Asked, open: &Open<'_>, is_whole: bool, date: Option<&str>) -> Markup {
    let date = date.map(show::written_date).unwrap_or_default();
    html! {
        form method="post" action="/office/decide/move" {
            (open.hidden(asked))
            p.decide-answers {
                @if is_whole {
                    button.primary type="submit" name="answer" value="yes" data-key="c" autofocus { (asked.t("decide.yes_moved")) " " span.kbd { "c" } }
                }
                button type="submit" name="answer" value="no" data-key="h" autofocus[!is_whole] {
                    (asked.t(if is_whole { "decide.no_two_children" } else { "decide.no_move" })) " " span.kbd { "h" }
                }
                (pairs::later(asked, open))
            }
            @if is_whole { (text_field("date", asked.t("decide.moved_on"), open.typed(asked, "date", &date), open.again.and_then(|again| again.errors.of("date")))) }
            (reason::inputs(asked, open))
        }
    }
}

/// No child of the register moved longer ago.
const CHILDHOOD_YEARS: i16 = 18;

/// `POST /office/decide/move`.
pub(super) fn decide(asked: &Asked) -> Result<Reply, Fault> {
    let name = asked.field("key");
    let Some(subject @ Subject::Move { .. }) = key::subject(name) else { return Err(Fault::NotFound) };
    let seen = asked.field("seen").parse().map_err(|_| Fault::NotFound)?;
    let reason = reason::read(asked);
    let Subject::Move { from: Some(from), to: Some(to) } = subject else {
        return aside::is_right(asked, name, subject, "decide.done_right");
    };
    if asked.field("answer") != "yes" {
        // What is seen of a move with both ends is what is seen of the two records.
        let deed = Deed::Link { a: from, b: to, kind: LinkKind::NotSame, reason, seen };
        return carry_out(asked, name, deed, "decide.done_not_same");
    }
    let typed = asked.field("date");
    let date: Option<PartialDate> = date::read(typed);
    // A child's move lies in a child's life: nothing else is meant by a year long ago or a day to come.
    let is_odd = date.is_some_and(|date| {
        date.first() > asked.today() || date.last().year() < asked.today().year() - CHILDHOOD_YEARS
    });
    if is_odd || (date.is_none() && !typed.is_empty()) {
        let mut errors = Errors::default();
        errors.add("date", asked.t(if is_odd { "decide.odd_date" } else { "decide.wrong_date" }));
        return show_again(asked, name, &Again::wrong(errors));
    }
    carry_out(asked, name, Deed::ConfirmMove { from, to, date, reason, seen }, "decide.done_moved")
}
