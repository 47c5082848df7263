//! What households add to a form. Contributions add and subtract, so one changed household is counted
//! again alone: take its old contribution away, add the new one.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::rc::Rc;

use crate::facts::{HouseholdFacts, PersonPair, PersonRef, RestrictedFact, SamePerson};
use crate::id::{DocumentId, EntityId};

use super::person::{Possible, Record, World};
use super::{Counter, UNDECIDED_MAX};

/// Bounds of a cell: of children and of occurrences.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) least: i64,
    pub(super) most: i64,
    pub(super) occurrences_least: i64,
    pub(super) occurrences_most: i64,
}

impl Sums {
    fn zip(self, other: Self, of: impl Fn(i64, i64) -> i64) -> Self {
        Self {
            least: of(self.least, other.least),
            most: of(self.most, other.most),
            occurrences_least: of(self.occurrences_least, other.occurrences_least),
            occurrences_most: of(self.occurrences_most, other.occurrences_most),
        }
    }

    /// Bounds that take in both.
    fn either(self, other: Self) -> Self {
        Self {
            least: self.least.min(other.least),
            most: self.most.max(other.most),
            occurrences_least: self.occurrences_least.min(other.occurrences_least),
            occurrences_most: self.occurrences_most.max(other.occurrences_most),
        }
    }

    fn times(self, count: i64) -> Self {
        self.zip(Self::default(), |sum, _| sum * count)
    }
}

/// Cells by place: line × number of columns + column. A cell that is absent is zero.
pub(super) type Cells = BTreeMap<usize, Sums>;

/// What some households add to the cells of one form, for one period and village. Sums of
/// contributions are contributions: the whole tally is the sum of all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contribution {
    pub(super) cells: Cells,
    pub(super) sealed: i64,
}

impl Contribution {
    /// Adds the cells of `count` people who are alike, or of a cluster.
    pub(super) fn add_cells(&mut self, cells: &Cells, count: i64) {
        for (place, sums) in cells {
            let sum = self.cells.entry(*place).or_default();
            *sum = sum.zip(sums.times(count), |a, b| a + b);
        }
    }

    /// Without cells that say nothing: what every contribution is.
    pub(super) fn trimmed(mut self) -> Self {
        self.cells.retain(|_, sums| *sums != Sums::default());
        self
    }

    fn combine(&mut self, other: &Self, of: impl Fn(i64, i64) -> i64) {
        for (place, sums) in &other.cells {
            let sum = self.cells.entry(*place).or_default();
            *sum = sum.zip(*sums, &of);
            if *sum == Sums::default() {
                self.cells.remove(place);
            }
        }
        self.sealed = of(self.sealed, other.sealed);
    }

    /// Whether it adds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty() && self.sealed == 0
    }
}

impl AddAssign<&Self> for Contribution {
    fn add_assign(&mut self, other: &Self) {
        self.combine(other, |a, b| a + b);
    }
}

impl SubAssign<&Self> for Contribution {
    fn sub_assign(&mut self, other: &Self) {
        self.combine(other, |a, b| a - b);
    }
}

impl Add<&Self> for Contribution {
    type Output = Self;
    fn add(mut self, other: &Self) -> Self {
        self += other;
        self
    }
}

impl Sub<&Self> for Contribution {
    type Output = Self;
    fn sub(mut self, other: &Self) -> Self {
        self -= other;
        self
    }
}

impl<'a> std::iter::Sum<&'a Self> for Contribution {
    fn sum<I: Iterator<Item = &'a Self>>(contributions: I) -> Self {
        contributions.fold(Self::default(), |sum, one| sum + one)
    }
}

/// Sets of numbers below a count, joined as pairs come.
pub(super) struct Joined(Vec<usize>);

impl Joined {
    pub(super) fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn root(&self, mut one: usize) -> usize {
        while self.0[one] != one {
            one = self.0[one];
        }
        one
    }

    pub(super) fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b);
    }

    pub(super) fn sets(&self) -> Vec<Vec<usize>> {
        let mut sets: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for one in 0..self.0.len() {
            sets.entry(self.root(one)).or_default().push(one);
        }
        sets.into_values().collect()
    }
}

/// Records that are, or may be, the same person. `groups` are those that are; `undecided` names pairs
/// of groups.
pub(super) struct Cluster<'a> {
    pub(super) groups: Vec<Vec<Record<'a>>>,
    pub(super) undecided: Vec<(usize, usize)>,
}

/// Restricted facts by the person they concern.
pub(super) type ByPerson<'a> = BTreeMap<(DocumentId, &'a str), Vec<&'a RestrictedFact>>;

pub(super) fn by_person(restricted: Option<&[RestrictedFact]>) -> ByPerson<'_> {
    let mut by_person = ByPerson::new();
    for fact in restricted.into_iter().flatten() {
        let key = (fact.person.document, fact.person.person.as_str());
        by_person.entry(key).or_default().push(fact);
    }
    by_person
}

/// Cells of people already looked at: most people are like many others.
#[derive(Default)]
pub(super) struct Evaluated {
    known: BTreeMap<Possible, Rc<Cells>>,
    /// The only cell of interest; none: all are.
    only: Option<usize>,
}

impl Evaluated {
    pub(super) fn only(cell: usize) -> Self {
        Self { only: Some(cell), ..Self::default() }
    }

    pub(super) fn cells(&mut self, counter: &Counter<'_>, possible: Possible) -> Rc<Cells> {
        let evaluate = |possible: &Possible| {
            let mut cells = counter.cells(possible);
            if let Some(cell) = self.only {
                cells.retain(|place, _| *place == cell);
            }
            Rc::new(cells)
        };
        self.known.entry(possible).or_insert_with_key(evaluate).clone()
    }
}

impl Counter<'_> {
    /// What these households add, their people linked as `pairs` say. Pairs of which one record is not
    /// among the households are passed over, so households that pairs tie together belong in one call;
    /// other villages' too when the tally is of one village: only what happened in it is counted.
    ///
    /// `restricted`: the opened reports, or `None` without the confidential key.
    #[must_use]
    pub fn contribution<'a>(
        &self,
        households: impl IntoIterator<Item = &'a HouseholdFacts>,
        pairs: &[PersonPair],
        restricted: Option<&'a [RestrictedFact]>,
    ) -> Contribution {
        let mut contribution = Contribution::default();
        if self.counts_nothing() {
            return contribution;
        }
        let households: Vec<&HouseholdFacts> = households.into_iter().collect();
        contribution.sealed = self.unopened(&households, restricted).map(|_| 1).fold(0, i64::saturating_add);
        // Most people are like many others: count alike, evaluate once.
        let mut alike: BTreeMap<Possible, i64> = BTreeMap::new();
        let mut evaluated = Evaluated::default();
        self.gather(households, pairs, restricted, |cluster| {
            if let [group] = cluster.groups.as_slice() {
                *alike.entry(self.possible(group)).or_default() += 1;
            } else {
                contribution.add_cells(&self.cluster_cells(&cluster, &mut evaluated), 1);
            }
        });
        for (possible, count) in alike {
            contribution.add_cells(&evaluated.cells(self, possible), count);
        }
        contribution.trimmed()
    }

    /// Whether no line of the form is counted from the register.
    pub(super) fn counts_nothing(&self) -> bool {
        self.compiled.lines.iter().all(Option::is_none)
    }

    /// The sealed reports in scope that none of the restricted facts came from.
    pub(super) fn unopened<'a>(
        &self,
        households: &[&'a HouseholdFacts],
        restricted: Option<&[RestrictedFact]>,
    ) -> impl Iterator<Item = (&'a HouseholdFacts, &'a EntityId)> {
        let facts = restricted.into_iter().flatten();
        let opened: BTreeSet<(DocumentId, &EntityId)> =
            facts.map(|fact| (fact.person.document, &fact.envelope)).collect();
        let in_scope = households.iter().filter(|household| self.in_scope(household));
        in_scope
            .flat_map(|household| household.sealed.iter().map(move |id| (*household, id)))
            .filter(move |(household, id)| !opened.contains(&(household.document, *id)))
    }

    /// Hands every person that might be counted to `take`.
    pub(super) fn gather<'a>(
        &self,
        households: impl IntoIterator<Item = &'a HouseholdFacts>,
        pairs: &[PersonPair],
        restricted: Option<&'a [RestrictedFact]>,
        mut take: impl FnMut(Cluster<'a>),
    ) {
        let by_person = by_person(restricted);
        let mut paired: BTreeMap<&PersonRef, Option<Record<'a>>> =
            pairs.iter().flat_map(|pair| [(&pair.a, None), (&pair.b, None)]).collect();
        let documents: BTreeSet<DocumentId> = paired.keys().map(|person| person.document).collect();
        for household in households {
            let in_scope = self.in_scope(household);
            let may_pair = documents.contains(&household.document);
            if !in_scope && !may_pair {
                continue;
            }
            for person in &household.people {
                let of_person = || by_person.get(&(household.document, person.id.as_str())).cloned();
                let facts = if by_person.is_empty() { None } else { of_person() };
                let record = || Record { household, person, restricted: facts.unwrap_or_default(), in_scope };
                if may_pair {
                    let key = PersonRef { document: household.document, person: person.id.clone() };
                    if let Some(place) = paired.get_mut(&key) {
                        *place = Some(record());
                        continue;
                    }
                }
                if in_scope && !self.is_too_old(person) {
                    take(Cluster { groups: vec![vec![record()]], undecided: Vec::new() });
                }
            }
        }
        self.clusters(paired, pairs).into_iter().for_each(take);
    }

    fn clusters<'a>(
        &self,
        paired: BTreeMap<&PersonRef, Option<Record<'a>>>,
        pairs: &[PersonPair],
    ) -> Vec<Cluster<'a>> {
        let found: Vec<(&PersonRef, Record<'a>)> =
            paired.into_iter().filter_map(|(person, record)| Some((person, record?))).collect();
        let place = |person: &PersonRef| found.binary_search_by(|(known, _)| (*known).cmp(person)).ok();
        let known: Vec<(usize, usize, SamePerson)> =
            pairs.iter().filter_map(|pair| Some((place(&pair.a)?, place(&pair.b)?, pair.same))).collect();
        let mut linked = Joined::new(found.len());
        let mut tied = Joined::new(found.len());
        for (a, b, same) in &known {
            tied.join(*a, *b);
            if *same == SamePerson::Linked {
                linked.join(*a, *b);
            }
        }
        let mut ties: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
        for (a, b, _) in &known {
            ties.entry(tied.root(*a)).or_default().push((*a, *b));
        }
        let all = tied.sets().into_iter().filter_map(|members| {
            let roots: BTreeSet<usize> = members.iter().map(|&one| linked.root(one)).collect();
            let roots: Vec<usize> = roots.into_iter().collect();
            let group = |one: usize| roots.binary_search(&linked.root(one)).ok();
            let mut groups: Vec<Vec<Record<'a>>> = roots.iter().map(|_| Vec::new()).collect();
            for &one in &members {
                groups[group(one)?].push(found[one].1.clone());
            }
            let of_set = ties.remove(&tied.root(*members.first()?)).unwrap_or_default();
            let mut undecided: Vec<(usize, usize)> = of_set
                .into_iter()
                .filter_map(|(a, b)| Some((group(a)?, group(b)?)))
                .filter(|(a, b)| a != b)
                .map(|(a, b)| (a.min(b), a.max(b)))
                .collect();
            undecided.sort_unstable();
            undecided.dedup();
            let records = || groups.iter().flatten();
            let counted = records().any(|r| r.in_scope) && records().any(|r| !self.is_too_old(r.person));
            counted.then_some(Cluster { groups, undecided })
        });
        all.collect()
    }

    /// A cluster in which it is undecided who is who: the bounds over every answer.
    pub(super) fn cluster_cells(&self, cluster: &Cluster<'_>, evaluated: &mut Evaluated) -> Cells {
        let everybody = || cluster.groups.concat();
        if cluster.undecided.len() > UNDECIDED_MAX {
            let Possible::Between(_, most) = self.widest(&everybody()) else { return Cells::new() };
            let people = i64::try_from(cluster.groups.len()).unwrap_or(i64::MAX);
            let mut cells = self.cells(&Possible::Between(World::default(), most));
            cells.values_mut().for_each(|sums| *sums = sums.times(people));
            return cells;
        }
        let mut people: BTreeMap<Vec<usize>, Rc<Cells>> = BTreeMap::new();
        let mut bounds: Option<Cells> = None;
        for answers in 0_usize..1 << cluster.undecided.len() {
            let mut same = Joined::new(cluster.groups.len());
            for (bit, (a, b)) in cluster.undecided.iter().enumerate() {
                if answers >> bit & 1 == 1 {
                    same.join(*a, *b);
                }
            }
            let mut together = Cells::new();
            for set in same.sets() {
                let cells = people.entry(set).or_insert_with_key(|set| {
                    let records: Vec<Record<'_>> =
                        set.iter().flat_map(|&g| cluster.groups[g].clone()).collect();
                    evaluated.cells(self, self.possible(&records))
                });
                if together.is_empty() {
                    together.clone_from(cells);
                    continue;
                }
                for (place, sums) in cells.iter() {
                    let sum = together.entry(*place).or_default();
                    *sum = sum.zip(*sums, |a, b| a + b);
                }
            }
            let Some(bounds) = &mut bounds else {
                bounds = Some(together);
                continue;
            };
            for (place, sums) in bounds.iter_mut() {
                *sums = sums.either(together.remove(place).unwrap_or_default());
            }
            bounds.extend(together.into_iter().map(|(place, sums)| (place, sums.either(Sums::default()))));
        }
        bounds.unwrap_or_default()
    }

    /// The cells of one person.
    pub(super) fn cells(&self, possible: &Possible) -> Cells {
        let worlds: &[World] = match possible {
            Possible::Worlds(worlds) => worlds,
            Possible::Between(least, most) => {
                let mut cells: Cells = self
                    .in_world(most)
                    .into_iter()
                    .map(|(place, times)| {
                        (place, Sums { most: 1, occurrences_most: times, ..Sums::default() })
                    })
                    .collect();
                for (place, times) in self.in_world(least) {
                    let sums = cells.entry(place).or_default();
                    *sums = Sums { least: 1, occurrences_least: times, ..*sums };
                }
                return cells;
            }
        };
        let mut cells: BTreeMap<usize, (usize, Sums)> = BTreeMap::new();
        for world in worlds {
            for (place, times) in self.in_world(world) {
                let once = Sums { least: 1, most: 1, occurrences_least: times, occurrences_most: times };
                let known = cells.entry(place).or_insert((0, once));
                *known = (known.0 + 1, known.1.either(once));
            }
        }
        let whole = cells.into_iter().map(|(place, (in_worlds, sums))| {
            let always = in_worlds == worlds.len();
            (place, if always { sums } else { Sums { least: 0, occurrences_least: 0, ..sums } })
        });
        whole.collect()
    }

    /// The cells a person is in, in one world, with occurrences (at least one).
    fn in_world(&self, world: &World) -> Vec<(usize, i64)> {
        let form = &self.compiled;
        let times: Vec<i64> = form
            .lines
            .iter()
            .map(|line| match line {
                Some(line) if line.formula.holds(world.answers) => {
                    let events: i64 = line.events.iter().map(|event| i64::from(world.times(*event))).sum();
                    events.max(1)
                }
                _ => 0,
            })
            .collect();
        let passes: Vec<(usize, bool, bool)> = form
            .columns
            .iter()
            .enumerate()
            .filter_map(|(place, column)| {
                let column = column.as_ref()?;
                Some((place, column.open.holds(world.answers), column.sealed.holds(world.answers)))
            })
            .collect();
        let mut cells = Vec::new();
        for (at, line) in form.lines.iter().enumerate() {
            let Some(line) = line.as_ref().filter(|_| times[at] > 0) else { continue };
            let of_parts = line.occurrences.iter().map(|part| times[*part]).sum::<i64>();
            let occurrences = if line.occurrences.is_empty() { times[at] } else { of_parts.max(1) };
            for (column, open, sealed) in &passes {
                if if line.counts_restricted { *sealed } else { *open } {
                    cells.push((at * form.columns.len() + column, occurrences));
                }
            }
        }
        cells
    }
}
