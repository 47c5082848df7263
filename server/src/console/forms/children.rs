//! Children that were counted, in the order of the book, each by the record of the place where it is to be found.
//!
//! Enters: the children behind a cell as the tally explains them. Leaves: so many of them from a place on, with what
//! lists show of each of their records. Invariants: a child with several records is one child of the list; a child that
//! moved is listed where it lives, not where it left; nobody is on two pages or on none.

use std::ops::Range;
use std::sync::Arc;

use schemas::text::name_sort_key;
use sync_core::facts::PersonRef;
use sync_core::tally::{ExplainedChild, Explanation};

use super::super::Asked;
use super::super::villages::Villages;
use crate::office::PersonRow;
use crate::problem::Problem;

/// Children that were counted: those that are certain first, each part in the order of the book.
pub(in crate::console) struct Children {
    explained: Arc<Explanation>,
    order: Vec<Place>,
    certain: usize,
}

/// A child among those explained, and the one of its records by which it is listed.
#[derive(Clone, Copy)]
struct Place {
    child: usize,
    record: usize,
}

/// A child, and what lists show of each of its records.
pub(in crate::console) struct Told<'c> {
    pub(in crate::console) child: &'c ExplainedChild,
    /// The record by which the child is listed.
    listed: usize,
    /// Of each record, in the order of the child's.
    rows: Vec<Option<PersonRow>>,
}

impl<'c> Told<'c> {
    /// The record of the place where the child is to be found.
    pub(in crate::console) fn record(&self) -> &'c PersonRef {
        &self.child.records[self.listed]
    }

    /// What lists show of the child.
    pub(in crate::console) fn row(&self) -> Option<&PersonRow> {
        self.rows[self.listed].as_ref()
    }

    /// Its records and what lists show of each; the one by which it is listed first.
    pub(super) fn records(&self) -> impl Iterator<Item = (&'c PersonRef, Option<&PersonRow>)> {
        let others = (0..self.rows.len()).filter(|at| *at != self.listed);
        let all = std::iter::once(self.listed).chain(others);
        all.map(|at| (&self.child.records[at], self.rows[at].as_ref()))
    }
}

/// By which of its records each child is listed: of one in the village asked for, and of one that it did not leave; the
/// first where that says nothing.
fn listed_by(
    asked: &Asked,
    children: &[ExplainedChild],
    villages: &Villages,
    village: Option<&str>,
) -> Result<Vec<usize>, Problem> {
    let is_linked = |child: &ExplainedChild| child.records.len() > 1;
    let linked = children.iter().filter(|child| is_linked(child));
    let records: Vec<PersonRef> = linked.flat_map(|child| child.records.iter().cloned()).collect();
    let rows = asked.office().people_named(&records)?;
    let mut rows = rows.iter();
    let misfit = |row: Option<&PersonRow>| {
        let is_elsewhere =
            village.is_some_and(|code| row.is_none_or(|row| villages.code_of_person(row) != code));
        (is_elsewhere, row.is_none_or(|row| row.gone || row.withdrawn))
    };
    let listed_by = |child: &ExplainedChild| {
        if !is_linked(child) {
            return 0;
        }
        let of_child = rows.by_ref().take(child.records.len()).map(Option::as_ref).enumerate();
        of_child.min_by_key(|(_, row)| misfit(*row)).map_or(0, |(at, _)| at)
    };
    Ok(children.iter().map(listed_by).collect())
}

impl Children {
    /// Those behind a cell, of the whole commune or of a village.
    ///
    /// # Errors
    /// The database's.
    pub(in crate::console) fn of(
        asked: &Asked,
        explained: Arc<Explanation>,
        villages: &Villages,
        village: Option<&str>,
    ) -> Result<Self, Problem> {
        let places = asked.office().book_order(|code| villages.name(code))?;
        let records = listed_by(asked, &explained.children, villages, village)?;
        let mut order: Vec<Place> =
            (0..).zip(records).map(|(child, record)| Place { child, record }).collect();
        // Nobody is counted without a record.
        order.retain(|place| !explained.children[place.child].records.is_empty());
        order.sort_by_key(|place| {
            let child = &explained.children[place.child];
            let in_book = places.get(&child.records[place.record].document);
            (!child.certain, in_book.copied().unwrap_or(usize::MAX), place.child)
        });
        let certain = order.iter().filter(|place| explained.children[place.child].certain).count();
        Ok(Self { explained, order, certain })
    }

    pub(in crate::console) fn len(&self) -> usize {
        self.order.len()
    }

    pub(super) fn certain(&self) -> usize {
        self.certain
    }

    /// Sealed reports that nobody opened, each of which may add a child.
    pub(in crate::console) fn sealed(&self) -> usize {
        self.explained.sealed.len()
    }

    fn child(&self, place: Place) -> &ExplainedChild {
        &self.explained.children[place.child]
    }

    /// Whether two neighbours are of one household, so that only their names order them.
    fn are_alike(&self, one: usize, other: usize) -> bool {
        let key = |at: usize| {
            let place = self.order[at];
            let child = self.child(place);
            (child.certain, child.records[place.record].document)
        };
        key(one) == key(other)
    }

    /// The children at these places, those of one household by their names.
    ///
    /// # Errors
    /// The database's.
    pub(in crate::console) fn told(
        &self,
        asked: &Asked,
        places: Range<usize>,
    ) -> Result<Vec<Told<'_>>, Problem> {
        // A household cut by a page's edge is ordered whole, so that nobody is on two pages or on none.
        let (mut from, mut to) = (places.start, places.end);
        while from > 0 && from < to && self.are_alike(from - 1, from) {
            from -= 1;
        }
        while to > from && to < self.len() && self.are_alike(to - 1, to) {
            to += 1;
        }
        let shown = &self.order[from..to];
        let records: Vec<PersonRef> =
            shown.iter().flat_map(|place| self.child(*place).records.iter().cloned()).collect();
        let mut rows = asked.office().people_named(&records)?.into_iter();
        let mut told: Vec<Told<'_>> = shown
            .iter()
            .map(|place| {
                let child = self.child(*place);
                let rows = rows.by_ref().take(child.records.len()).collect();
                Told { child, listed: place.record, rows }
            })
            .collect();
        let name = |told: &Told<'_>| told.row().map(|row| (name_sort_key(&row.name), row.name.clone()));
        let mut start = 0;
        for end in 1..=told.len() {
            if end == told.len() || !self.are_alike(from + end - 1, from + end) {
                told[start..end].sort_by_cached_key(name);
                start = end;
            }
        }
        Ok(told.drain(places.start - from..places.end - from).collect())
    }
}
