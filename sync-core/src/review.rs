//! The close of a review round in a village: what is left to do, and what changed after it was signed off.
//!
//! Enters: the rows of the village ([`Summary`]), the round, heads of documents. Leaves: lists of documents.
//! Invariant: a household withdrawn as a mistake is nowhere in them; everything else is, however little is
//! known of it.

use std::collections::BTreeMap;

use jiff::Span;

use crate::date::Date;
use crate::heads::Fingerprint;
use crate::id::DocumentId;
use crate::register::{InRound, Summary};
use crate::wire::ReviewRound;

/// Where a village stands in a round.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Review {
    /// Households of the village.
    pub households: usize,
    /// Of these, visited in the round.
    pub visited: usize,
    /// Not visited yet, tried or not, in the order given. Without a round: none.
    pub not_visited: Vec<DocumentId>,
    /// With something undecided, in the order given.
    pub undecided: Vec<DocumentId>,
    /// With a child in special circumstances.
    pub special: usize,
}

/// Reviews the households of `village` (all: none given).
#[must_use]
pub fn review<'a>(
    households: impl IntoIterator<Item = &'a Summary>,
    village: Option<&str>,
    round: Option<&ReviewRound>,
) -> Review {
    let mut review = Review::default();
    for summary in households {
        if summary.withdrawn || village.is_some_and(|village| village != summary.village) {
            continue;
        }
        review.households += 1;
        review.special += usize::from(summary.special > 0);
        if summary.undecided > 0 {
            review.undecided.push(summary.document);
        }
        match round.map(|round| summary.in_round(round)) {
            Some(InRound::Visited) => review.visited += 1,
            Some(InRound::Tried | InRound::NotVisited) => review.not_visited.push(summary.document),
            None => {}
        }
    }
    review
}

/// The review round under way on a day: of those that have begun, the one that began last; before any has,
/// the one that begins first. A round that has ended stays until the next begins: late visits belong to it.
#[must_use]
pub fn round_on(rounds: &[ReviewRound], on: Date) -> Option<&ReviewRound> {
    let starts = |round: &ReviewRound| round.starts.parse::<Date>().ok();
    let begun = rounds.iter().filter(|round| starts(round).is_some_and(|starts| starts <= on));
    begun.max_by_key(|round| starts(round)).or_else(|| rounds.iter().min_by_key(|round| starts(round)))
}

/// First day of the reporting period of an as-of date: a year up to and with it.
#[must_use]
pub fn period_begin(as_of: Date) -> Date {
    as_of.saturating_sub(Span::new().years(1)).saturating_add(Span::new().days(1))
}

/// Documents whose heads are not those that were signed, those begun since included. Both ascending or not.
#[must_use]
pub fn changed_since(signed: &[Fingerprint], now: &[Fingerprint]) -> Vec<DocumentId> {
    let signed: BTreeMap<DocumentId, u64> = signed.iter().map(|at| (at.document, at.heads)).collect();
    let differs = |at: &&Fingerprint| signed.get(&at.document) != Some(&at.heads);
    now.iter().filter(differs).map(|at| at.document).collect()
}
