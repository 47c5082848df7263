//! Which part of the queue is looked at: a kind, a village, a page, an item; as addresses and forms carry it.
//!
//! Enters: an address, or the hidden fields of a form. Leaves: addresses, and after a decision the way on. Invariant: in an
//! address stand codes and random keys only.

use maud::{Markup, html};
use sync_core::document::shape;

use super::queue::Row;
use super::{key, numbers, reason};
use crate::console::villages::village_on;
use crate::console::{Asked, Reply};

/// What waits, by what is to be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Fields on which people wrote different things.
    Values,
    /// Children and households that may be registered twice.
    Pairs,
    /// Moves of which one end is missing or unconfirmed.
    Moves,
    /// What can't both be right inside one record.
    Contradictions,
    /// Identity numbers and basics that are missing or malformed.
    Numbers,
    /// Changes that were refused.
    Quarantine,
    /// What somebody took out of the queue.
    Aside,
    /// What was decided.
    Done,
}

impl Kind {
    pub(super) const ALL: [Self; 8] = [
        Self::Values,
        Self::Pairs,
        Self::Moves,
        Self::Contradictions,
        Self::Numbers,
        Self::Quarantine,
        Self::Aside,
        Self::Done,
    ];

    /// As addresses say it.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Values => "values",
            Self::Pairs => "pairs",
            Self::Moves => "moves",
            Self::Contradictions => "contradictions",
            Self::Numbers => "numbers",
            Self::Quarantine => "quarantine",
            Self::Aside => "aside",
            Self::Done => "done",
        }
    }

    pub(super) fn label(self, asked: &Asked) -> String {
        asked.tu(match self {
            Self::Values => "decide.kind_values",
            Self::Pairs => "decide.kind_pairs",
            Self::Moves => "decide.kind_moves",
            Self::Contradictions => "decide.kind_contradictions",
            Self::Numbers => "decide.kind_numbers",
            Self::Quarantine => "decide.kind_quarantine",
            Self::Aside => "decide.kind_aside",
            Self::Done => "decide.kind_done",
        })
    }

    pub(super) fn explained(self, asked: &Asked) -> &'static str {
        asked.t(match self {
            Self::Values => "decide.about_values",
            Self::Pairs => "decide.about_pairs",
            Self::Moves => "decide.about_moves",
            Self::Contradictions => "decide.about_contradictions",
            Self::Numbers => "decide.about_numbers",
            Self::Quarantine => "decide.about_quarantine",
            Self::Aside => "decide.about_aside",
            Self::Done => "decide.about_done",
        })
    }
}

/// Which part of the queue is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filter {
    pub(super) kind: Kind,
    pub(super) village: Option<String>,
    /// Of the numbers: which list.
    pub(super) part: Option<numbers::Part>,
    /// From 1.
    pub(super) page: usize,
    /// The item that is open.
    pub(super) at: Option<String>,
    /// After a decision: the item that was to follow, if it still waits.
    pub(super) next: Option<String>,
    /// After a decision: where on the page the decided item stood; another has moved up there.
    pub(super) place: usize,
    /// Code of the usual reason that was given last.
    pub(super) why: Option<&'static str>,
}

impl Filter {
    /// The first page of a kind.
    pub(super) fn of(kind: Kind) -> Self {
        Self { kind, village: None, part: None, page: 1, at: None, next: None, place: 0, why: None }
    }

    /// From the address.
    pub(super) fn of_address(asked: &Asked) -> Self {
        let filter = Self::read(|name| asked.query(name));
        // A link kept from before a merger means the village that has those households now.
        let now = |code: String| village_on(asked, &code, asked.today()).ok().flatten();
        Self { village: filter.village.and_then(now), ..filter }
    }

    /// From the hidden fields that [`Self::hidden`] wrote: where to go on after a decision.
    pub(super) fn of_form(asked: &Asked) -> Self {
        let why = reason::usual(asked.field("usual"));
        Self { why, ..Self::read(|name| Some(asked.field(name))) }
    }

    fn read<'a>(part: impl Fn(&str) -> Option<&'a str>) -> Self {
        let item = |name| part(name).filter(|key| key::subject(key).is_some()).map(str::to_owned);
        let kind = part("kind").and_then(|code| Kind::ALL.into_iter().find(|kind| kind.code() == code));
        Self {
            kind: kind.unwrap_or(Kind::Values),
            village: part("village").filter(|code| shape::is_village_code(code)).map(str::to_owned),
            part: part("part").and_then(numbers::Part::of_code),
            page: part("page").and_then(|page| page.parse().ok()).unwrap_or(1).clamp(1, PAGES_MAX),
            at: item("at"),
            next: item("next"),
            place: part("place").and_then(|place| place.parse().ok()).unwrap_or(0),
            why: part("why").and_then(reason::usual),
        }
    }

    /// The address of this part, with another item open or none.
    pub(super) fn href(&self, at: Option<&str>) -> String {
        let mut href = format!("/office/decide?kind={}", self.kind.code());
        if let Some(village) = &self.village {
            href += &format!("&village={village}");
        }
        if let Some(part) = self.part {
            href += &format!("&part={}", part.code());
        }
        if self.page > 1 {
            href += &format!("&page={}", self.page);
        }
        if let Some(why) = self.why {
            href += &format!("&why={why}");
        }
        if let Some(at) = at {
            href += &format!("&at={at}");
        }
        href
    }

    pub(super) fn of_page(&self, page: usize) -> Self {
        Self { page, at: None, next: None, place: 0, ..self.clone() }
    }

    /// Another part of the queue, from its beginning.
    pub(super) fn of_kind(&self, kind: Kind) -> Self {
        Self { village: self.village.clone(), ..Self::of(kind) }
    }

    /// Hidden fields from which the way goes on after a decision: with `next`, or with what has moved up to `place`.
    pub(super) fn hidden(&self, next: Option<&str>, place: usize) -> Markup {
        html! {
            input type="hidden" name="kind" value=(self.kind.code());
            @if let Some(village) = &self.village { input type="hidden" name="village" value=(village); }
            @if let Some(part) = self.part { input type="hidden" name="part" value=(part.code()); }
            input type="hidden" name="page" value=(self.page);
            @if let Some(next) = next { input type="hidden" name="next" value=(next); }
            @if place > 0 { input type="hidden" name="place" value=(place); }
        }
    }

    /// The next page after a decision: what was to follow is open, or what waits in its place.
    pub(super) fn go_on(&self) -> Reply {
        let mut href = self.href(self.at.as_deref());
        if let Some(next) = &self.next {
            href += &format!("&next={next}");
        }
        if self.place > 0 {
            href += &format!("&place={}", self.place);
        }
        Reply::see(&href)
    }

    /// The item to be open: the one asked for; after a decision the one that was to follow, if it still waits, or
    /// whatever has moved up; else the first.
    pub(super) fn open<'a>(&'a self, rows: &'a [Row]) -> Option<&'a str> {
        let waits = |next: &&str| rows.iter().any(|row| row.key == *next);
        let moved_up = || rows.get(self.place.min(rows.len().saturating_sub(1))).map(|row| row.key.as_str());
        self.at.as_deref().or_else(|| self.next.as_deref().filter(waits)).or_else(moved_up)
    }
}

/// More pages than any queue has.
const PAGES_MAX: usize = 1_000_000;
