//! The way back from a cell: the children behind it, and what in the documents put them there.

use std::cell::LazyCell;

use crate::facts::{Choice, HouseholdFacts, PersonPair, PersonRef, RestrictedFact};
use crate::id::{DocumentId, EntityId};

use super::atoms::{Bits, Formula};
use super::contribution::{Cluster, Evaluated};
use super::person::Record;
use super::{Counter, TallyError};

/// Something in a document that bears on a cell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Because {
    /// The household itself (its poverty status, its visits).
    Household(DocumentId),
    /// The person's own record: age, sex, ethnic group, health insurance.
    Child(PersonRef),
    /// A circumstance.
    Circumstance(DocumentId, EntityId),
    /// A life event.
    Event(DocumentId, EntityId),
    /// A support received.
    Support(DocumentId, EntityId),
    /// A sealed report.
    Sealed(DocumentId, EntityId),
}

impl Because {
    /// The container in the document, as its map is called.
    #[must_use]
    pub fn container(&self) -> &'static str {
        match self {
            Self::Household(_) => "household",
            Self::Child(_) => "children",
            Self::Circumstance(..) => "circumstances",
            Self::Event(..) => "events",
            Self::Support(..) => "supports",
            Self::Sealed(..) => "sealed",
        }
    }

    /// The document.
    #[must_use]
    pub fn document(&self) -> DocumentId {
        match self {
            Self::Child(person) => person.document,
            Self::Household(document)
            | Self::Circumstance(document, _)
            | Self::Event(document, _)
            | Self::Support(document, _)
            | Self::Sealed(document, _) => *document,
        }
    }

    /// The key in the container; `None` for the household, which is one map.
    #[must_use]
    pub fn entity(&self) -> Option<&EntityId> {
        match self {
            Self::Household(_) => None,
            Self::Child(person) => Some(&person.person),
            Self::Circumstance(_, id) | Self::Event(_, id) | Self::Support(_, id) | Self::Sealed(_, id) => {
                Some(id)
            }
        }
    }
}

/// Why it is open whether a child counts in a cell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The date of birth is unknown, disputed or not exact enough.
    Birth(PersonRef),
    /// The sex is unknown or disputed.
    Sex(PersonRef),
    /// The ethnic group is unknown or disputed.
    Ethnicity(PersonRef),
    /// Whether there is a health-insurance card, or it was used, is unknown or disputed.
    HealthInsurance(PersonRef),
    /// Whether the birth is registered is unknown or disputed.
    BirthRegistration(PersonRef),
    /// The stage of schooling is unknown or disputed.
    Schooling(PersonRef),
    /// Whether the household was visited in the period is open: a visit's day or result is unknown or disputed.
    Visited(DocumentId),
    /// The household's poverty status is unknown or disputed.
    Poverty(DocumentId),
    /// Whether the record is a mistake is disputed.
    Withdrawn(PersonRef),
    /// An event's day, kind or cause is unknown, disputed or not exact enough.
    Event(DocumentId, EntityId),
    /// A circumstance's code, start or end is disputed, not exact enough, or means one of several.
    Circumstance(DocumentId, EntityId),
    /// A support's form or dates are unknown, disputed or not exact enough.
    Support(DocumentId, EntityId),
    /// A sealed report's dates are not exact enough.
    Sealed(DocumentId, EntityId),
    /// It may be the same person as this one.
    MaybeSame(PersonRef),
    /// Linked records of the person differ.
    RecordsDiffer,
}

/// A child behind a cell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExplainedChild {
    /// Its records; several when they are linked.
    pub records: Vec<PersonRef>,
    /// Counted in `least`, not only in `most`.
    pub certain: bool,
    /// What put it there.
    pub because: Vec<Because>,
    /// What is open; empty when certain.
    pub undecided: Vec<Why>,
}

/// What is behind a cell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Explanation {
    /// Its children, those in `least` marked certain; with the sealed reports, all that are in `most`.
    pub children: Vec<ExplainedChild>,
    /// Sealed reports nobody opened, each of which may add one child.
    pub sealed: Vec<Because>,
}

fn reference(record: &Record<'_>) -> PersonRef {
    PersonRef { document: record.household.document, person: record.person.id.clone() }
}

fn is_open<T>(choice: &Choice<Option<T>>) -> bool {
    choice.is_disputed() || choice.shown().is_none()
}

impl Counter<'_> {
    /// Lists the children behind the cell of `line` and `column`.
    ///
    /// # Errors
    /// [`TallyError::NoLine`], [`TallyError::NoColumn`].
    pub fn explain<'a>(
        &self,
        households: impl IntoIterator<Item = &'a HouseholdFacts>,
        pairs: &[PersonPair],
        restricted: Option<&'a [RestrictedFact]>,
        line: &str,
        column: &str,
    ) -> Result<Explanation, TallyError> {
        let form = self.form;
        let at = form.lines.iter().position(|l| l.code == line);
        let found = at.and_then(|at| Some((at, self.compiled.lines[at].as_ref()?)));
        let (at, compiled) = found.ok_or_else(|| TallyError::NoLine(line.to_owned()))?;
        let of = form.columns.iter().position(|c| c.code == column);
        let found = of.and_then(|of| Some((of, self.compiled.columns[of].as_ref()?)));
        let (of, filter) = found.ok_or_else(|| TallyError::NoColumn(column.to_owned()))?;
        let filter = if compiled.counts_restricted { &filter.sealed } else { &filter.open };
        let asked = Formula::All(vec![compiled.formula.clone(), filter.clone()]).atoms();
        let cell = at * form.columns.len() + of;
        let mut explanation = Explanation::default();
        let households: Vec<&HouseholdFacts> = households.into_iter().collect();
        let mut evaluated = Evaluated::only(cell);
        self.gather(households.iter().copied(), pairs, restricted, |cluster| {
            self.explain_cluster(&cluster, cell, asked, &mut evaluated, &mut explanation.children);
        });
        explanation.children.sort();
        if compiled.counts_restricted {
            let unopened = self.unopened(&households, restricted);
            explanation.sealed = unopened.map(|(h, id)| Because::Sealed(h.document, id.clone())).collect();
        }
        Ok(explanation)
    }

    fn explain_cluster(
        &self,
        cluster: &Cluster<'_>,
        cell: usize,
        asked: Bits,
        evaluated: &mut Evaluated,
        children: &mut Vec<ExplainedChild>,
    ) {
        let together = match cluster.groups.as_slice() {
            [group] => evaluated.cells(self, self.possible(group)).get(&cell).copied(),
            _ => self.cluster_cells(cluster, evaluated).get(&cell).copied(),
        };
        let Some(sums) = together.filter(|sums| sums.most > 0) else { return };
        let mut certain = sums.least;
        let mut listed = 0;
        for (number, group) in cluster.groups.iter().enumerate() {
            let alone = match cluster.groups.len() {
                1 => sums,
                _ => evaluated.cells(self, self.possible(group)).get(&cell).copied().unwrap_or_default(),
            };
            if alone.most == 0 {
                continue;
            }
            let mut child = self.explain_person(group, asked, certain > 0 && alone.least > 0);
            certain -= i64::from(child.certain);
            if !child.certain {
                let other = |(a, b): &(usize, usize)| match number {
                    _ if number == *a => Some(*b),
                    _ if number == *b => Some(*a),
                    _ => None,
                };
                let others = cluster.undecided.iter().filter_map(other);
                let same =
                    others.flat_map(|group| &cluster.groups[group]).map(|r| Why::MaybeSame(reference(r)));
                child.undecided.extend(same);
            }
            listed += 1;
            children.push(child);
        }
        // Only as one person are they in the cell, or surely in it.
        if listed < sums.most || certain > 0 {
            let mut child = self.explain_person(&cluster.groups.concat(), asked, certain > 0);
            if !child.certain {
                child.undecided.extend(child.records.iter().cloned().map(Why::MaybeSame));
            }
            children.push(child);
        }
    }

    fn explain_person(&self, records: &[Record<'_>], asked: Bits, certain: bool) -> ExplainedChild {
        let mut because = Vec::new();
        let mut undecided = Vec::new();
        let asks_age = !self.compiled.any_age().and(asked).is_empty();
        for record in records {
            self.explain_record(record, asked, &mut because, &mut undecided);
            if asks_age || because.is_empty() {
                because.push(Because::Child(reference(record)));
            }
        }
        because.sort();
        because.dedup();
        if undecided.is_empty() && records.len() > 1 {
            undecided.push(Why::RecordsDiffer);
        }
        if certain {
            undecided.clear();
        }
        undecided.sort();
        undecided.dedup();
        ExplainedChild { records: records.iter().map(reference).collect(), certain, because, undecided }
    }

    fn explain_record(
        &self,
        record: &Record<'_>,
        asked: Bits,
        because: &mut Vec<Because>,
        open: &mut Vec<Why>,
    ) {
        let (person, form) = (record.person, &self.compiled);
        let document = record.household.document;
        let asks = |bits: Bits| !bits.and(asked).is_empty();
        let me = || reference(record);
        let sexes = form.sex(crate::facts::Sex::Male).or(form.sex(crate::facts::Sex::Female));
        if asks(sexes) && is_open(&person.sex) {
            open.push(Why::Sex(me()));
        }
        let groups = form.ethnicity(None).iter().fold(Bits::default(), |all, bits| all.or(*bits));
        let unknown_group = |code: &Option<String>| code.as_deref() == Some("56");
        if asks(groups) && (is_open(&person.ethnicity) || person.ethnicity.values().any(unknown_group)) {
            open.push(Why::Ethnicity(me()));
        }
        let held = form.insurance(true).or(form.insurance(false));
        let used = form.insurance_used(true).or(form.insurance_used(false));
        if asks(held) && is_open(&person.health_insurance)
            || asks(used) && is_open(&person.health_insurance_used)
        {
            open.push(Why::HealthInsurance(me()));
        }
        if asks(form.birth_registered(true).or(form.birth_registered(false)))
            && is_open(&person.birth_registered)
        {
            open.push(Why::BirthRegistration(me()));
        }
        let stages = form.schooling(None).fold(Bits::default(), Bits::or);
        if asks(stages) && is_open(&person.schooling) {
            open.push(Why::Schooling(me()));
        }
        if asks(form.visited()) {
            because.push(Because::Household(document));
            if self.is_visit_open(record) {
                open.push(Why::Visited(document));
            }
        }
        use crate::facts::Poverty::{NearPoor, Neither, Poor};
        let statuses = [Poor, NearPoor, Neither].map(|status| form.poverty(status));
        if statuses.iter().any(|bits| asks(*bits)) {
            because.push(Because::Household(document));
            if is_open(&record.household.poverty) {
                open.push(Why::Poverty(document));
            }
        }
        if person.withdrawn.is_disputed() {
            open.push(Why::Withdrawn(me()));
        }
        // Dear, and of nearly nobody asked.
        let life_open = LazyCell::new(|| self.is_life_open(record));
        if (is_open(&person.birth) || person.birth.values().flatten().any(|birth| !birth.is_exact()))
            && *life_open
        {
            open.push(Why::Birth(me()));
        }
        for event in &person.events {
            if asks(self.event_means(event)) {
                because.push(Because::Event(document, event.id.clone()));
            }
            let inexact = is_open(&event.date) || event.date.values().flatten().any(|date| !date.is_exact());
            let unsure =
                inexact || is_open(&event.kind) || event.cause.is_disputed() || event.withdrawn.is_disputed();
            let unknown_cause =
                event.cause.values().any(|c| c.as_deref().is_none_or(|cause| cause == "unknown"));
            if (unsure || unknown_cause && asks(self.event_means(event))) && *life_open {
                open.push(Why::Event(document, event.id.clone()));
            }
        }
        for circumstance in &person.circumstances {
            let answers = self.circumstance(circumstance);
            if answers.iter().any(|bits| asks(*bits)) {
                because.push(Because::Circumstance(document, circumstance.id.clone()));
                if answers.len() > 1 {
                    open.push(Why::Circumstance(document, circumstance.id.clone()));
                }
            }
        }
        for support in &person.supports {
            let answers = self.support(support);
            if answers.iter().any(|bits| asks(*bits)) {
                because.push(Because::Support(document, support.id.clone()));
                if answers.len() > 1 {
                    open.push(Why::Support(document, support.id.clone()));
                }
            }
        }
        for fact in &record.restricted {
            let answers = self.restricted(fact);
            if answers.iter().any(|bits| asks(*bits)) {
                because.push(Because::Sealed(document, fact.envelope.clone()));
                if answers.len() > 1 {
                    open.push(Why::Sealed(document, fact.envelope.clone()));
                }
            }
        }
    }
}
