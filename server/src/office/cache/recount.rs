//! A count made anew from an earlier one: what changed is taken away as it was and added as it is.
//!
//! Invariant: the sum equals what is counted of all households at once. Contributions of households that no pair ties
//! together add up (`sync_core::tally`), so of two registers it is enough to count those that differ, with all that
//! pairs of either register tie to them.

use std::collections::BTreeSet;
use std::sync::Arc;

use sync_core::facts::{HouseholdFacts, PersonPair, RestrictedFact};
use sync_core::id::DocumentId;
use sync_core::tally::{Contribution, Counter};

use super::Households;

/// Documents that are looked at again at most; with more, everything is counted.
const CHANGED_MAX: usize = 2_000;

/// What a sum was counted of. Unchanged households are shared with later ones.
pub(super) struct Basis {
    pub(super) households: Households,
    pub(super) pairs: Arc<[PersonPair]>,
    pub(super) restricted: Option<Arc<[RestrictedFact]>>,
}

/// A sum, and what it was counted of if another may be made from it.
pub(super) struct Count {
    pub(super) sum: Arc<Contribution>,
    pub(super) basis: Option<Basis>,
}

impl Count {
    /// The sum of another basis, which may be earlier or later. `None`: too much differs, everything is to be counted.
    pub(super) fn sum_with(&self, counter: &Counter<'_>, other: &Basis) -> Option<Contribution> {
        let basis = self.basis.as_ref()?;
        let mut changed = basis.changed(other);
        if changed.len() <= CHANGED_MAX {
            tie(&mut changed, [&basis.pairs, &other.pairs]);
        }
        if changed.len() > CHANGED_MAX {
            return None;
        }
        let sum = (*self.sum).clone();
        Some(sum - &basis.part(counter, &changed) + &other.part(counter, &changed))
    }
}

impl Basis {
    /// Documents that may count otherwise in the other: their facts, their pairs, or their opened reports differ.
    fn changed(&self, other: &Self) -> BTreeSet<DocumentId> {
        let mut changed = BTreeSet::new();
        let (mut one, mut two) = (self.households.0.iter().peekable(), other.households.0.iter().peekable());
        loop {
            let document = match (one.peek(), two.peek()) {
                (None, None) => break,
                (Some(a), None) => a.document,
                (None, Some(b)) => b.document,
                (Some(a), Some(b)) => a.document.min(b.document),
            };
            let a = one.next_if(|household| household.document == document);
            let b = two.next_if(|household| household.document == document);
            let is_same = a.zip(b).is_some_and(|(a, b)| Arc::ptr_eq(a, b));
            if !is_same {
                changed.insert(document);
            }
        }
        differing(&self.pairs, &other.pairs, |pair| {
            changed.extend([pair.a.document, pair.b.document]);
        });
        let opened = |basis: &Self| basis.restricted.clone().unwrap_or_default();
        differing(&opened(self), &opened(other), |fact| {
            changed.insert(fact.person.document);
        });
        changed
    }

    /// What these documents add.
    fn part(&self, counter: &Counter<'_>, documents: &BTreeSet<DocumentId>) -> Contribution {
        let households: Vec<&HouseholdFacts> =
            documents.iter().filter_map(|document| self.households.of(*document)).collect();
        let concerned = |document: DocumentId| documents.contains(&document);
        let pairs: Vec<PersonPair> =
            self.pairs.iter().filter(|pair| concerned(pair.a.document)).cloned().collect();
        let restricted: Option<Vec<RestrictedFact>> = self
            .restricted
            .as_ref()
            .map(|facts| facts.iter().filter(|fact| concerned(fact.person.document)).cloned().collect());
        counter.contribution(households, &pairs, restricted.as_deref())
    }
}

/// Hands what stands in one of two lists and not in the other to `take`: both are in the same order but for it.
fn differing<T: PartialEq>(one: &[T], two: &[T], mut take: impl FnMut(&T)) {
    let same = one.iter().zip(two).take_while(|(a, b)| a == b).count();
    let (one, two) = (&one[same..], &two[same..]);
    let end = one.iter().rev().zip(two.iter().rev()).take_while(|(a, b)| a == b).count();
    one[..one.len() - end].iter().chain(&two[..two.len() - end]).for_each(&mut take);
}

/// Adds every document that pairs tie to these, over as many pairs as it takes, unless they become too many.
fn tie(documents: &mut BTreeSet<DocumentId>, pairs: [&Arc<[PersonPair]>; 2]) {
    loop {
        let before = documents.len();
        for pair in pairs.iter().flat_map(|pairs| pairs.iter()) {
            let (a, b) = (pair.a.document, pair.b.document);
            if documents.contains(&a) != documents.contains(&b) {
                documents.extend([a, b]);
            }
        }
        if documents.len() == before || documents.len() > CHANGED_MAX {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use schemas::form::form;
    use sync_core::date::Date;
    use sync_core::document::Edit;
    use sync_core::document::{Container, Target};
    use sync_core::tally::Period;

    use super::*;
    use crate::office::FactsAt;
    use crate::office::desk::Desk;

    fn basis(facts: &FactsAt) -> Basis {
        let FactsAt { households, pairs, restricted, .. } = facts.clone();
        Basis { households, pairs, restricted }
    }

    fn changed(before: &FactsAt, after: &FactsAt) -> usize {
        basis(before).changed(&basis(after)).len()
    }

    /// Children of one name and day of birth may be one child: pairs tie their households together.
    const TWIN: &[(&str, &str)] = &[("name", "Trẻ Đôi"), ("birth_date", "2019-05-03"), ("sex", "female")];
    const OTHER: &[(&str, &str)] = &[("name", "Trẻ Khác"), ("birth_date", "2018-02-01"), ("sex", "male")];

    #[test]
    fn a_count_made_anew_from_an_earlier_one_is_the_count_of_everything() {
        let mut desk = Desk::new();
        let (one, people) = desk.begin("01", &[], &[TWIN]);
        let (two, _) = desk.begin("02", &[], &[TWIN, OTHER]);
        // Nobody may be one with any of these.
        for (name, birth) in
            [("Trẻ Bình", "2017-04-01"), ("Trẻ Cúc", "2015-08-09"), ("Trẻ Dung", "2020-01-30")]
        {
            desk.begin("01", &[], &[&[("name", name), ("birth_date", birth), ("sex", "female")]]);
        }
        let form = form("03/TE").expect("a form of the product");
        let period =
            Period::new(Date::constant(2025, 11, 21), Date::constant(2026, 11, 20)).expect("a period");
        let mut before = desk.office.facts_now(None).expect("facts");
        let mut check = |desk: &Desk, documents: usize, why: &str| {
            let now = desk.office.facts_now(None).expect("facts");
            assert_eq!(changed(&before, &now), documents, "{why}");
            let counter = Counter::new(form, period, None).expect("a counter");
            let whole = counter.contribution(&now.households, &now.pairs, None);
            let counted = desk.office.counted(form, period, None, &now).expect("a count");
            assert_eq!(*counted, whole, "{why}");
            before = now;
            counter.tally(&counted, &BTreeMap::new()).cell("I.1", 0).expect("a cell").children
        };
        assert_eq!(check(&desk, 0, "nothing").most, 6);
        let child = Target::Entity(Container::Children, people[0].person.clone());
        let write = |field: &str, value: &str| Edit {
            target: child.clone(),
            field: field.into(),
            value: value.into(),
        };
        desk.edit(&desk.mai, one, &[write("sex", "male")]);
        check(&desk, 1, "a field of one household");
        desk.edit(&desk.mai, one, &[write("name", "Trẻ Một Mình")]);
        check(&desk, 2, "a pair that is none any more");
        desk.edit(&desk.mai, two, &[Edit::household("withdrawn", true)]);
        assert_eq!(check(&desk, 1, "a household that was a mistake").most, 4);
        desk.begin("02", &[], &[TWIN]);
        assert_eq!(check(&desk, 1, "a new household").most, 5);
    }
}
