//! The queue's page: kinds with their counts, the list at the side, one item open.

use axum::http::StatusCode;
use maud::{Markup, html};
use sync_core::document::Seen;
use sync_core::id::DocumentId;

use super::filter::{Filter, Kind};
use super::{aside, contradictions, done, key, moves, numbers, pairs, quarantine, values};
use crate::console::input::Errors;
use crate::console::limits::ROWS_A_PAGE;
use crate::console::villages::village_choices;
use crate::console::{Area, Asked, Fault, Reply, show};
use crate::office::{Queue, Subject};
use crate::problem::Problem;

/// An item as the list at the side shows it: enough to recognise it.
pub(super) struct Row {
    pub(super) key: String,
    /// Whose it is, or what.
    pub(super) title: Markup,
    /// What is to be decided, where.
    pub(super) note: Markup,
}

/// One page of a part of the queue.
pub(super) struct Listing {
    pub(super) rows: Vec<Row>,
    /// On all pages.
    pub(super) total: usize,
    /// Whether several may be ticked and settled together.
    pub(super) ticked: bool,
}

/// Why an item is shown again instead of decided: nothing that was typed is lost.
pub(super) struct Again {
    pub(super) errors: Errors,
    /// Key of the words that stand above the whole.
    pub(super) said: Option<&'static str>,
    /// Somebody was quicker, or the record changed: what now stands is shown.
    pub(super) changed: bool,
    /// The part of the queue in which the item is to be found now.
    pub(super) now_in: Option<Kind>,
}

impl Again {
    /// Something is wrong with what was typed.
    pub(super) fn wrong(errors: Errors) -> Self {
        Self { errors, said: None, changed: false, now_in: None }
    }

    /// What was seen is not what stands.
    pub(super) fn changed() -> Self {
        Self { changed: true, ..Self::refused("decide.changed_meanwhile") }
    }

    /// Another officer was quicker and set it aside: nothing else changed, and they are not overruled unseen.
    pub(super) fn aside() -> Self {
        Self { changed: true, now_in: Some(Kind::Aside), ..Self::refused("decide.aside_by_another") }
    }

    /// It can't be done; `words` say why.
    pub(super) fn refused(words: &'static str) -> Self {
        Self { said: Some(words), ..Self::wrong(Errors::default()) }
    }
}

/// `GET /office/decide`.
pub(super) fn page(asked: &Asked) -> Result<Reply, Fault> {
    let filter = Filter::of_address(asked);
    let body = body(asked, &filter, None)?;
    Ok(asked.page(Area::Decide, asked.t("decide.title"), body))
}

/// The page again, with messages beside the fields: 422 for what was typed, 409 for what changed meanwhile.
pub(super) fn again(asked: &Asked, filter: &Filter, again: &Again) -> Result<Reply, Fault> {
    let status = if again.changed { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
    let body = body(asked, filter, Some(again))?;
    Ok(asked.page_with(status, Area::Decide, asked.t("decide.title"), body))
}

fn body(asked: &Asked, filter: &Filter, again: Option<&Again>) -> Result<Markup, Fault> {
    let queue = asked.office().queue(asked.now())?;
    let part = match filter.kind {
        Kind::Numbers => numbers::body(asked, filter, again)?,
        Kind::Aside => aside::body(asked, &queue, filter)?,
        Kind::Done => done::body(asked)?,
        _ => side_by_side(asked, &queue, filter, again)?,
    };
    Ok(html! {
        (tabs(asked, &queue, filter)?)
        p.muted { (filter.kind.explained(asked)) }
        (villages(asked, filter)?)
        (part)
        (keys(asked))
    })
}

/// How much there is of a kind; none where nobody counts.
fn counted(
    asked: &Asked,
    queue: &Queue,
    kind: Kind,
    village: Option<&str>,
) -> Result<Option<usize>, Problem> {
    Ok(match kind {
        Kind::Values => Some(queue.fields.iter().filter(|field| field.is_of(village)).count()),
        Kind::Pairs => Some(
            queue.households.iter().filter(|both| both.is_of(village)).count()
                + queue.pairs.iter().filter(|pair| pair.is_of(village)).count(),
        ),
        Kind::Moves => Some(queue.moves.iter().filter(|row| row.is_of(village)).count()),
        Kind::Contradictions => {
            Some(queue.contradictions.iter().filter(|found| found.is_of(village)).count())
        }
        Kind::Numbers => Some(numbers::count(asked, village)?),
        Kind::Quarantine => Some(usize::try_from(asked.office().quarantine_waiting()?).unwrap_or(usize::MAX)),
        Kind::Aside => Some(queue.asides.len()),
        Kind::Done => None,
    })
}

/// Each kind as addresses and as people call it, and how much of it waits.
pub(super) fn waiting(asked: &Asked) -> Result<Vec<(&'static str, String, u64)>, Problem> {
    let queue = asked.office().queue(asked.now())?;
    let mut waiting = Vec::with_capacity(Kind::ALL.len());
    for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Aside) {
        if let Some(count) = counted(asked, &queue, kind, None)? {
            waiting.push((kind.code(), kind.label(asked), count as u64));
        }
    }
    Ok(waiting)
}

fn tabs(asked: &Asked, queue: &Queue, filter: &Filter) -> Result<Markup, Problem> {
    let village = filter.village.as_deref();
    let mut counts = Vec::with_capacity(Kind::ALL.len());
    for kind in Kind::ALL {
        counts.push((kind, counted(asked, queue, kind, village)?));
    }
    // A key leads on to whatever waits next: the kinds after this one, then those before it.
    let here = counts.iter().position(|(kind, _)| *kind == filter.kind).unwrap_or(0);
    let (before, after) = counts.split_at(here);
    let waits = |(kind, count): &&(Kind, Option<usize>)| {
        ![filter.kind, Kind::Aside].contains(kind) && count.is_some_and(|count| count > 0)
    };
    let next = after.iter().chain(before).find(waits).map(|(kind, _)| *kind);
    Ok(html! {
        nav aria-label=(asked.t("decide.kinds")) { ul.decide-kinds {
            @for (kind, count) in &counts {
                @let tab = filter.of_kind(*kind);
                @let is_next = next == Some(*kind);
                li { a href=(tab.href(None)) aria-current=[(*kind == filter.kind).then_some("page")] data-key=[is_next.then_some("n")] {
                    (kind.label(asked))
                    @if let Some(count) = count { " " span.count { "(" (show::number(*count as u64)) ")" } }
                    @if is_next { " " span.kbd { "n" } }
                } }
            }
        } }
    })
}

fn villages(asked: &Asked, filter: &Filter) -> Result<Markup, Problem> {
    let villages = village_choices(asked, asked.today())?;
    // What was refused belongs to a device, and deeds are told in the order they were done.
    let is_by_village = !matches!(filter.kind, Kind::Quarantine | Kind::Aside | Kind::Done);
    Ok(html! {
        form.filters.screen-only method="get" action="/office/decide" {
            input type="hidden" name="kind" value=(filter.kind.code());
            @if let Some(part) = filter.part { input type="hidden" name="part" value=(part.code()); }
            @if is_by_village {
                label { (asked.tu("decide.village")) " "
                    select name="village" {
                        option value="" { (asked.tu("decide.village_all")) }
                        @for (code, name) in &villages {
                            option value=(code) selected[filter.village.as_ref() == Some(code)] { (name) }
                        }
                    }
                }
                button type="submit" { (asked.t("decide.filter")) }
            }
            button type="button" hidden data-help data-key="?" { (asked.t("decide.keys")) " " span.kbd { "?" } }
        }
    })
}

/// One page of a part of the queue.
pub(super) fn listing(asked: &Asked, queue: &Queue, filter: &Filter) -> Result<Listing, Problem> {
    match filter.kind {
        Kind::Values => values::listing(asked, queue, filter),
        Kind::Pairs => pairs::listing(asked, queue, filter),
        Kind::Moves => moves::listing(asked, queue, filter),
        Kind::Contradictions => contradictions::listing(asked, queue, filter),
        Kind::Quarantine => quarantine::listing(asked, filter),
        Kind::Numbers | Kind::Aside | Kind::Done => Ok(Listing { rows: Vec::new(), total: 0, ticked: false }),
    }
}

fn side_by_side(
    asked: &Asked,
    queue: &Queue,
    filter: &Filter,
    again: Option<&Again>,
) -> Result<Markup, Fault> {
    let (mut filter, mut listing) = (filter.clone(), listing(asked, queue, filter)?);
    // The last item of the last page was decided: the page before is the last one now.
    let pages = listing.total.div_ceil(ROWS_A_PAGE).max(1);
    if filter.page > pages {
        filter.page = pages;
        listing = self::listing(asked, queue, &filter)?;
    }
    let (filter, rows) = (&filter, &listing.rows);
    let Some(key) = filter.open(rows) else {
        return Ok(html! { p.card { (asked.t("decide.nothing")) } });
    };
    let (before, after) = neighbours(rows, key);
    let place = rows.iter().position(|row| row.key == key).unwrap_or(0);
    // Asked before the record is read: whatever is written in between is noticed.
    let seen = match key::subject(key) {
        Some(Subject::Quarantine { .. }) | None => None,
        Some(subject) => asked.office().seen(&subject)?,
    };
    let open = Open { queue, filter, key, next: after, place, again, seen, from: None };
    let panel = match filter.kind {
        Kind::Values => values::panel(asked, &open)?,
        Kind::Pairs => pairs::panel(asked, &open)?,
        Kind::Moves => moves::panel(asked, &open)?,
        Kind::Contradictions => contradictions::panel(asked, &open)?,
        Kind::Quarantine => quarantine::panel(asked, &open)?,
        Kind::Numbers | Kind::Aside | Kind::Done => html! {},
    };
    Ok(html! {
        div.decide {
            section.decide-open aria-label=(asked.t("decide.open")) {
                nav.decide-head.screen-only aria-label=(asked.t("decide.steps")) {
                    @if let Some(before) = before {
                        a href=(filter.href(Some(before))) data-key="k" { "‹ " (asked.t("decide.previous")) " " span.kbd { "k" } }
                    }
                    @if let Some(after) = after {
                        a href=(filter.href(Some(after))) data-key="j" { (asked.t("decide.next")) " " span.kbd { "j" } " ›" }
                    }
                }
                (panel)
            }
            (list(asked, filter, &listing, key))
        }
    })
}

/// What stands before and after an item; after one that is no longer there stands the first.
fn neighbours<'a>(rows: &'a [Row], key: &str) -> (Option<&'a str>, Option<&'a str>) {
    let at = |place: usize| rows.get(place).map(|row| row.key.as_str());
    match rows.iter().position(|row| row.key == key) {
        Some(place) => (place.checked_sub(1).and_then(at), at(place + 1)),
        None => (None, at(0)),
    }
}

/// The item that is open, and where the way goes on.
pub(super) struct Open<'a> {
    /// All that waits.
    pub(super) queue: &'a Queue,
    pub(super) filter: &'a Filter,
    pub(super) key: &'a str,
    /// What follows on the page, and where on it this stands.
    pub(super) next: Option<&'a str>,
    pub(super) place: usize,
    pub(super) again: Option<&'a Again>,
    /// What the panel shows, for the office to compare.
    pub(super) seen: Option<Seen>,
    /// On the page of two records that somebody named: the household where they did.
    pub(super) from: Option<DocumentId>,
}

impl Open<'_> {
    /// First thing in every form of a panel.
    pub(super) fn hidden(&self, asked: &Asked) -> Markup {
        html! {
            (asked.token())
            (self.filter.hidden(self.next, self.place))
            input type="hidden" name="key" value=(self.key);
            @if let Some(seen) = self.seen { input type="hidden" name="seen" value=(seen); }
            @if let Some(from) = self.from { input type="hidden" name="from" value=(from); }
        }
    }

    /// Whether answers are offered though nothing waits: somebody named the two, or was too late and may still decide
    /// otherwise; what they typed is kept.
    pub(super) fn is_asked(&self) -> bool {
        self.from.is_some() || self.again.is_some()
    }

    /// What is said above an item that could not be decided as asked.
    pub(super) fn warning(&self, asked: &Asked) -> Markup {
        html! {
            @if let Some(again) = self.again && let Some(said) = again.said {
                div.message.warn role="alert" { p {
                    (asked.t(said))
                    @if let Some(kind) = again.now_in { " " a href=(Filter::of(kind).href(None)) { (kind.label(asked)) } }
                } }
            }
        }
    }

    /// What was typed before, or what a form begins with.
    pub(super) fn typed<'a>(&self, asked: &'a Asked, name: &str, otherwise: &'a str) -> &'a str {
        if self.again.is_some() { asked.field(name) } else { otherwise }
    }

    pub(super) fn error(&self, name: &str) -> Option<&str> {
        self.again.and_then(|again| again.errors.text_of(name))
    }
}

fn list(asked: &Asked, filter: &Filter, listing: &Listing, open: &str) -> Markup {
    html! {
        section.decide-list.screen-only aria-label=(asked.t("decide.list")) {
            form method="post" action="/office/decide/bulk" {
                (asked.token()) (filter.hidden(None, 0))
                ol {
                    @for row in &listing.rows {
                        @let is_open = row.key == open;
                        li.decide-row {
                            @if listing.ticked {
                                input type="checkbox" name="item" value=(row.key) aria-label=(asked.t("decide.tick"))
                                    data-key=[is_open.then_some("x")];
                            }
                            a href=(filter.href(Some(&row.key))) aria-current=[is_open.then_some("true")] {
                                (row.title) small.muted { (row.note) }
                            }
                        }
                    }
                }
                @if listing.ticked {
                    p.decide-answers {
                        button type="submit" { (asked.t("decide.bulk_ticked")) }
                        button type="submit" name="every" value="1" { (asked.t("decide.bulk_every")) }
                    }
                }
            }
            (pager(asked, filter, listing.total))
        }
    }
}

/// Which page of how many, with the way to the others.
pub(super) fn pager(asked: &Asked, filter: &Filter, total: usize) -> Markup {
    let pages = total.div_ceil(ROWS_A_PAGE).max(1);
    html! {
        nav.pager.screen-only aria-label=(asked.t("decide.pages")) {
            @if filter.page > 1 { a rel="prev" href=(filter.of_page(filter.page - 1).href(None)) { "‹ " (asked.t("decide.page_before")) } " " }
            (asked.tn("decide.page_of", &[("page", &show::number(filter.page as u64)), ("pages", &show::number(pages as u64))]))
            @if filter.page < pages { " " a rel="next" href=(filter.of_page(filter.page + 1).href(None)) { (asked.t("decide.page_after")) " ›" } }
        }
    }
}

fn keys(asked: &Asked) -> Markup {
    let keys = [
        ("j / k", "decide.key_step"),
        ("n", "decide.key_kind"),
        ("1 … 9", "decide.key_pick"),
        ("v", "decide.key_other"),
        ("⇧1 … ⇧9", "decide.key_reason"),
        ("g", "decide.key_reason_own"),
        ("c", "decide.key_yes"),
        ("h", "decide.key_no"),
        ("s", "decide.key_later"),
        ("d", "decide.key_right"),
        ("t", "decide.key_retry"),
        ("o / p", "decide.key_household"),
        ("x", "decide.key_tick"),
        ("Enter", "decide.key_confirm"),
        ("u", "decide.key_undo"),
        ("?", "decide.key_help"),
    ];
    html! {
        dialog #keys aria-labelledby="keys-title" {
            h2 #keys-title { (asked.t("decide.keys")) }
            dl { @for (key, what) in keys { dt { kbd.kbd { (key) } } dd { (asked.t(what)) } } }
            p { label { input #keys-on type="checkbox" checked; " " (asked.t("decide.keys_on")) } }
            form method="dialog" { button autofocus { (asked.t("decide.close")) } }
        }
    }
}
