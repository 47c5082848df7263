//! The same form for every village at once.
//!
//! In the way of a fact this is step 7, as in [`super`]. Enters: what a tally of the commune takes. Leaves: one
//! [`Contribution`] a village. Invariant: each equals what a [`Counter`] of that village alone counts of the same
//! households. A village only decides whose records are in scope, so people are gathered once, and only those whose
//! records lie in several villages are looked at once for each of these.

use std::collections::{BTreeMap, BTreeSet};

use schemas::form::Form;

use crate::facts::{HouseholdFacts, PersonPair, RestrictedFact};

use super::contribution::{Cluster, Evaluated};
use super::person::Possible;
use super::{Contribution, Counter, Period, TallyError};

/// What the households of each village add to a form, by village code; a village without households is absent.
/// A person whose records lie in two villages is in both: the commune is not the sum.
///
/// # Errors
/// [`TallyError::TooManyDistinctions`].
pub fn contributions_by_village<'a>(
    form: &Form,
    period: Period,
    households: impl IntoIterator<Item = &'a HouseholdFacts>,
    pairs: &[PersonPair],
    restricted: Option<&'a [RestrictedFact]>,
) -> Result<BTreeMap<&'a str, Contribution>, TallyError> {
    let counter = Counter::new(form, period, None)?;
    let households: Vec<&HouseholdFacts> = households.into_iter().collect();
    let mut villages: BTreeMap<&str, Contribution> =
        households.iter().map(|household| (household.village.as_str(), Contribution::default())).collect();
    if counter.counts_nothing() {
        return Ok(villages);
    }
    for (household, _) in counter.unopened(&households, restricted) {
        villages.entry(&household.village).or_default().sealed += 1;
    }
    let mut alike: BTreeMap<Possible, BTreeMap<&str, i64>> = BTreeMap::new();
    let mut evaluated = Evaluated::default();
    counter.gather(households, pairs, restricted, |mut cluster| {
        for village in touched(&cluster) {
            for record in cluster.groups.iter_mut().flatten() {
                record.in_scope = record.household.village == village;
            }
            if let [group] = cluster.groups.as_slice() {
                *alike.entry(counter.possible(group)).or_default().entry(village).or_default() += 1;
            } else {
                let cells = counter.cluster_cells(&cluster, &mut evaluated);
                villages.entry(village).or_default().add_cells(&cells, 1);
            }
        }
    });
    for (possible, counts) in alike {
        let cells = evaluated.cells(&counter, possible);
        for (village, count) in counts {
            villages.entry(village).or_default().add_cells(&cells, count);
        }
    }
    Ok(villages.into_iter().map(|(village, sum)| (village, sum.trimmed())).collect())
}

/// The villages in which these records lie.
fn touched<'a>(cluster: &Cluster<'a>) -> BTreeSet<&'a str> {
    cluster.groups.iter().flatten().map(|record| record.household.village.as_str()).collect()
}
