//! Step 7 of the way of a fact, between two days: who became a child of the commune and who ceased to be one.
//!
//! Enters: what a [`super::tally`] reads, a [`Period`] and an age. Leaves: [`Changes`]: how many children there
//! were on the day before the period, how many were born, arrived, left, died or came of age in it, how many
//! there were on its last day, and each change with the child it concerns.
//!
//! Invariants: what a child is, where it lives and which courses its life may have taken is the tally's own
//! reading (`life.rs`). In every course `opening + born + arrived − left − died − came of age = closing`, for
//! each child, village and the whole; so [`Flow::difference`] always includes 0, and is 0 where nothing is
//! undecided. The closing of a period is the opening of the next. A child that moves between two villages of the
//! commune leaves one and arrives in the other, and is no change of the whole.
//!
//! It knows no names and reads no reports.

use std::collections::BTreeMap;

use schemas::form::{AgeBand, Form, form};

use crate::date::{Date, PartialDate};
use crate::facts::{EventFact, HouseholdFacts, PersonPair, PersonRef};

use super::atoms::{birthday, born_until, day_after};
use super::contribution::{Cluster, Joined};
use super::life::{Born, Life, births};
use super::person::Record;
use super::{Bounds, Counter, Period, TallyError, UNDECIDED_MAX, WORLDS_MAX};

/// How somebody becomes a child of the commune, or ceases to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// Born into a household of the commune.
    Born,
    /// Moved in.
    Arrived,
    /// Moved out.
    Left,
    /// Died.
    Died,
    /// Reached the age from which nobody is counted: 16, or 6 for health insurance.
    CameOfAge,
}

impl ChangeKind {
    /// All, in the order of a life.
    pub const ALL: [Self; 5] = [Self::Born, Self::Arrived, Self::Left, Self::Died, Self::CameOfAge];

    /// Whether there is one child more.
    #[must_use]
    pub fn adds(self) -> bool {
        matches!(self, Self::Born | Self::Arrived)
    }

    /// The life event that records it; none for what follows from the date of birth.
    fn event(self) -> Option<&'static str> {
        match self {
            Self::Born => Some("birth"),
            Self::Arrived => Some("moved_in"),
            Self::Left => Some("moved_out"),
            Self::Died => Some("death"),
            Self::CameOfAge => None,
        }
    }
}

/// Children on both ends of a period, and the changes between.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flow {
    /// On the day before the first.
    pub opening: Bounds,
    /// On the last day.
    pub closing: Bounds,
    changes: [Bounds; ChangeKind::ALL.len()],
}

impl Flow {
    /// How often a change happened.
    #[must_use]
    pub fn of(&self, kind: ChangeKind) -> Bounds {
        self.changes[kind as usize]
    }

    /// `opening + additions − removals − closing`: the least and the most it may be, each number taken on its
    /// own. Includes 0.
    #[must_use]
    pub fn difference(&self) -> (i64, i64) {
        let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let start = (
            signed(self.opening.least) - signed(self.closing.most),
            signed(self.opening.most) - signed(self.closing.least),
        );
        ChangeKind::ALL.into_iter().fold(start, |(least, most), kind| {
            let Bounds { least: few, most: many } = self.of(kind);
            if kind.adds() {
                (least + signed(few), most + signed(many))
            } else {
                (least - signed(many), most - signed(few))
            }
        })
    }

    /// Whether every number in it is certain.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.changes.iter().chain([&self.opening, &self.closing]).all(|bounds| bounds.exact().is_some())
    }

    fn zip(&mut self, other: &Self, of: impl Fn(Bounds, Bounds) -> Bounds) {
        self.opening = of(self.opening, other.opening);
        self.closing = of(self.closing, other.closing);
        for (mine, theirs) in self.changes.iter_mut().zip(other.changes) {
            *mine = of(*mine, theirs);
        }
    }

    fn add(&mut self, other: &Self) {
        self.zip(other, |a, b| Bounds { least: a.least + b.least, most: a.most + b.most });
    }

    /// Widens it so that it takes in the other too.
    fn or(&mut self, other: &Self) {
        self.zip(other, |a, b| Bounds { least: a.least.min(b.least), most: a.most.max(b.most) });
    }

    fn count(&mut self, kind: ChangeKind) {
        let bounds = &mut self.changes[kind as usize];
        *bounds = Bounds { least: bounds.least + 1, most: bounds.most + 1 };
    }
}

/// A change, and the child it concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What.
    pub kind: ChangeKind,
    /// The record that tells of it.
    pub person: PersonRef,
    /// Its village.
    pub village: String,
    /// When, as far as it is recorded; several where people wrote different days.
    pub when: Vec<PartialDate>,
    /// It happened in the period whatever is decided; else it may have.
    pub certain: bool,
    /// The record may be the same child as another: nobody has decided.
    pub maybe_same: bool,
}

/// Everything that changed in a period.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// The whole, or the only village asked for.
    pub total: Flow,
    /// Each village for itself.
    pub villages: BTreeMap<String, Flow>,
    /// The changes of the whole (or that village), by village, kind and child.
    pub listed: Vec<Change>,
    /// Children, or groups of records that may be one child, of whom some number here depends on something
    /// undecided.
    pub undecided: u64,
}

/// The children of 03/TE, but below another age.
pub(super) fn children_below(below: u8) -> Form {
    let mut children = form("03/TE").expect("03/TE is shipped").clone();
    children.lines.retain(|line| line.code == "I.1");
    children.columns.truncate(1);
    children.checks.clear();
    children.universe = Some(AgeBand { from: None, below });
    children
}

/// What changed in `period` among those younger than `below` (16: children; 6: children with a right to a
/// health-insurance card of their own).
///
/// # Errors
/// None in practice: [`TallyError`] is what making a [`Counter`] may say.
pub fn changes<'a>(
    households: impl IntoIterator<Item = &'a HouseholdFacts>,
    pairs: &[PersonPair],
    period: Period,
    below: u8,
    village: Option<&str>,
) -> Result<Changes, TallyError> {
    let form = children_below(below);
    let mut counter = Counter::new(&form, period, None)?;
    let opening = period.from().yesterday().unwrap_or(Date::MIN);
    // Besides what the tally asks of a day of birth: is it in the period, is it of age before it.
    counter.compiled.birth_breaks.extend([period.from(), day_after(born_until(opening, below))]);
    counter.compiled.birth_breaks.sort();
    let book = Book {
        below,
        opening,
        of_age_before: born_until(opening, below),
        of_age_by: born_until(period.as_of(), below),
        counter,
    };
    let mut all = Changes::default();
    book.counter.gather(households, pairs, None, |cluster| book.enter(&cluster, village, &mut all));
    all.listed.sort_by(|a, b| (&a.village, a.kind, &a.person).cmp(&(&b.village, b.kind, &b.person)));
    Ok(all)
}

/// What stays the same for everybody.
struct Book<'f> {
    counter: Counter<'f>,
    below: u8,
    opening: Date,
    /// Last days of birth of those who are of age before the period, and by its end.
    of_age_before: Date,
    of_age_by: Date,
}

impl Book<'_> {
    fn in_period(&self, day: Date) -> bool {
        self.counter.period.from() <= day && day <= self.counter.period.as_of()
    }

    fn enter(&self, cluster: &Cluster<'_>, village: Option<&str>, all: &mut Changes) {
        let records = || cluster.groups.iter().flatten();
        let mut villages: Vec<&str> = records().map(|record| record.household.village.as_str()).collect();
        villages.sort_unstable();
        villages.dedup();
        let one_village = villages.len() == 1;
        let mut whole = None;
        for name in villages {
            let flow = self.cluster(cluster, Some(name));
            all.villages.entry(name.to_owned()).or_default().add(&flow);
            if one_village || village == Some(name) {
                whole = Some(flow);
            }
        }
        if village.is_some_and(|village| records().all(|record| record.household.village != village)) {
            return;
        }
        let flow = whole.unwrap_or_else(|| self.cluster(cluster, village));
        all.total.add(&flow);
        all.undecided += u64::from(!flow.is_exact());
        if flow.changes.iter().any(|bounds| bounds.most > 0) {
            for group in &cluster.groups {
                self.list(group, village, !cluster.undecided.is_empty(), &mut all.listed);
            }
        }
    }

    /// The flow of records of which it may be undecided who is who, over every answer.
    fn cluster(&self, cluster: &Cluster<'_>, village: Option<&str>) -> Flow {
        if let [group] = cluster.groups.as_slice() {
            return self.person(group, village);
        }
        if cluster.undecided.len() > UNDECIDED_MAX {
            let mut most = Flow::default();
            cluster.groups.iter().for_each(|_| most.add(&widest(&cluster.groups.concat())));
            return most;
        }
        let mut bounds: Option<Flow> = None;
        for answers in 0_usize..1 << cluster.undecided.len() {
            let mut same = Joined::new(cluster.groups.len());
            for (bit, (a, b)) in cluster.undecided.iter().enumerate() {
                if answers >> bit & 1 == 1 {
                    same.join(*a, *b);
                }
            }
            let mut together = Flow::default();
            for set in same.sets() {
                let records: Vec<Record<'_>> = set.iter().flat_map(|&g| cluster.groups[g].clone()).collect();
                together.add(&self.person(&records, village));
            }
            match &mut bounds {
                Some(bounds) => bounds.or(&together),
                None => bounds = Some(together),
            }
        }
        bounds.unwrap_or_default()
    }

    /// The flow of the one person these records are of, where living in `village` counts (none: anywhere).
    fn person(&self, records: &[Record<'_>], village: Option<&str>) -> Flow {
        if let [record] = records
            && let Some(flow) = self.plain(record)
        {
            return flow;
        }
        let mut lives = Vec::with_capacity(records.len());
        let mut combinations = 1_usize;
        for record in records {
            let Some(of_record) = self.counter.lives(record) else { return widest(records) };
            combinations = combinations.saturating_mul(of_record.len());
            lives.push(of_record);
        }
        if combinations > WORLDS_MAX {
            return widest(records);
        }
        let here: Vec<bool> =
            records.iter().map(|r| village.is_none_or(|village| r.household.village == village)).collect();
        let mut bounds: Option<Flow> = None;
        for mut number in 0..combinations {
            let course: Vec<(&Record<'_>, &Life, bool)> = records
                .iter()
                .zip(&lives)
                .zip(&here)
                .map(|((record, of_record), here)| {
                    let life = &of_record[number % of_record.len()];
                    number /= of_record.len();
                    (record, life, *here)
                })
                .collect();
            for flow in self.course(&course) {
                match &mut bounds {
                    Some(bounds) => bounds.or(&flow),
                    None => bounds = Some(flow),
                }
            }
        }
        bounds.unwrap_or_default()
    }

    /// The flow of a record of which the day of birth is plain and nothing ever happened: of nearly every one.
    fn plain(&self, record: &Record<'_>) -> Option<Flow> {
        let person = record.person;
        if person.withdrawn.is_disputed() || person.birth.is_disputed() || !person.events.is_empty() {
            return None;
        }
        let birth = person.birth.shown().filter(PartialDate::is_exact)?.first();
        let mut flow = Flow::default();
        if *person.withdrawn.shown() {
            return Some(flow);
        }
        let certainly = |is: bool| Bounds { least: u64::from(is), most: u64::from(is) };
        flow.opening = certainly(birth <= self.opening && self.of_age_before < birth);
        flow.closing = certainly(birth <= self.counter.period.as_of() && self.of_age_by < birth);
        if self.in_period(birth) {
            flow.count(ChangeKind::Born);
        }
        if self.of_age_before < birth && birth <= self.of_age_by {
            flow.count(ChangeKind::CameOfAge);
        }
        Some(flow)
    }

    /// The flows that one course of a life allows: several where two events may have been on the day on which
    /// a stay began or ended.
    fn course(&self, course: &[(&Record<'_>, &Life, bool)]) -> Vec<Flow> {
        let known = || course.iter().filter(|(_, life, _)| !life.withdrawn);
        let mut flows = Vec::new();
        for born in births(known().map(|(_, life, _)| life.born)) {
            let Born::On { day: birth, .. } = born else {
                flows.push(Flow::default());
                continue;
            };
            let of_age = birthday(birth, self.below);
            let stays = known().filter(|(_, _, here)| *here).flat_map(|(_, life, _)| &life.stays);
            let stays = stays.map(|(from, to)| ((*from).max(birth), (*to).min(of_age)));
            let stays = joined(stays.filter(|(from, to)| from <= to && *from < of_age));
            let mut possible = vec![Flow::default()];
            for (from, to) in stays {
                let lives = |day| u64::from(from <= day && day < to);
                for flow in &mut possible {
                    let (opening, closing) = (lives(self.opening), lives(self.counter.period.as_of()));
                    flow.opening.least += opening;
                    flow.opening.most += opening;
                    flow.closing.least += closing;
                    flow.closing.most += closing;
                }
                let records: Vec<&Record<'_>> =
                    known().filter(|(_, _, here)| *here).map(|(record, _, _)| *record).collect();
                let began = if from == birth { &[ChangeKind::Born][..] } else { &BEGAN };
                let ended = if to == of_age { &[ChangeKind::CameOfAge][..] } else { &ENDED };
                for (day, kinds) in [(from, began), (to, ended)] {
                    if self.in_period(day) {
                        possible = branch(&possible, &happened_on(&records, day, kinds));
                    }
                }
            }
            flows.extend(possible);
        }
        if flows.is_empty() {
            flows.push(Flow::default());
        }
        flows
    }

    fn list(
        &self,
        records: &[Record<'_>],
        village: Option<&str>,
        maybe_same: bool,
        listed: &mut Vec<Change>,
    ) {
        let flow = self.person(records, village);
        let here: Vec<&Record<'_>> =
            records.iter().filter(|r| village.is_none_or(|village| r.household.village == village)).collect();
        for kind in ChangeKind::ALL.into_iter().filter(|kind| flow.of(*kind).most > 0) {
            let tells = |record: &&&Record<'_>| match kind {
                ChangeKind::CameOfAge => self.lives_at_the_end(record),
                _ => record.person.events.iter().any(|event| self.may_tell(event, kind)),
            };
            let Some(record) = here.iter().find(tells).or(here.first()) else { continue };
            listed.push(Change {
                kind,
                person: PersonRef { document: record.household.document, person: record.person.id.clone() },
                village: record.household.village.clone(),
                when: self.when(record, kind),
                certain: flow.of(kind).least > 0 && !maybe_same,
                maybe_same,
            });
        }
    }

    /// Whether an event may be what a change in the period is.
    fn may_tell(&self, event: &EventFact, kind: ChangeKind) -> bool {
        let (from, as_of) = (self.counter.period.from(), self.counter.period.as_of());
        let touches =
            |date: &Option<PartialDate>| date.is_none_or(|d| d.first() <= as_of && from <= d.last());
        is_of(event, kind) && event.date.values().any(touches)
    }

    fn lives_at_the_end(&self, record: &Record<'_>) -> bool {
        let births = record.person.birth.values().flatten();
        let days: Vec<Date> = births.map(|b| birthday(b.first(), self.below)).collect();
        let lived = |life: &Life| days.iter().any(|day| life.lived_here_until(*day));
        self.counter.lives(record).is_some_and(|lives| lives.iter().any(lived))
    }

    fn when(&self, record: &Record<'_>, kind: ChangeKind) -> Vec<PartialDate> {
        let births = || record.person.birth.values().flatten().copied();
        let told: Vec<PartialDate> = match kind {
            ChangeKind::CameOfAge => births().filter_map(|birth| later(birth, self.below)).collect(),
            _ => {
                let events = record.person.events.iter().filter(|event| self.may_tell(event, kind));
                events.flat_map(|event| event.date.values().flatten().copied()).collect()
            }
        };
        let mut when = if told.is_empty() && kind == ChangeKind::Born { births().collect() } else { told };
        when.sort();
        when.dedup();
        when
    }
}

/// What may begin a stay, and end one before a birthday does.
const BEGAN: [ChangeKind; 2] = [ChangeKind::Born, ChangeKind::Arrived];
const ENDED: [ChangeKind; 2] = [ChangeKind::Left, ChangeKind::Died];

fn is_of(event: &EventFact, kind: ChangeKind) -> bool {
    event.withdrawn.values().any(|withdrawn| !*withdrawn)
        && kind.event().is_some_and(|name| event.kind.values().any(|k| k.as_deref() == Some(name)))
}

/// Which of these changes the records allow on a day.
fn happened_on(records: &[&Record<'_>], day: Date, kinds: &[ChangeKind]) -> Vec<ChangeKind> {
    if let [only] = kinds {
        return vec![*only];
    }
    let on_day = |date: &Option<PartialDate>| date.is_none_or(|d| d.first() <= day && day <= d.last());
    let may = |kind: &ChangeKind| {
        let mut events = records.iter().flat_map(|record| &record.person.events);
        events.any(|event| is_of(event, *kind) && event.date.values().any(on_day))
    };
    let told: Vec<ChangeKind> = kinds.iter().copied().filter(may).collect();
    // Linked records with different days of birth: a stay begins with the other birth.
    if told.is_empty() { kinds[..1].to_vec() } else { told }
}

/// Each flow with each of the changes.
fn branch(flows: &[Flow], kinds: &[ChangeKind]) -> Vec<Flow> {
    let each = flows.iter().flat_map(|flow| {
        kinds.iter().map(|kind| {
            let mut flow = *flow;
            flow.count(*kind);
            flow
        })
    });
    each.collect()
}

/// Stays as stretches that don't touch, in order.
fn joined(stays: impl Iterator<Item = (Date, Date)>) -> Vec<(Date, Date)> {
    let mut stays: Vec<(Date, Date)> = stays.collect();
    stays.sort();
    let mut joined: Vec<(Date, Date)> = Vec::with_capacity(stays.len());
    for (from, to) in stays {
        match joined.last_mut() {
            Some((_, end)) if from <= *end => *end = (*end).max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}

/// Bounds where there is too much to try: anything that is recorded may have happened.
fn widest(records: &[Record<'_>]) -> Flow {
    let events: usize = records.iter().map(|record| record.person.events.len()).sum();
    let most = u64::try_from(events).unwrap_or(u64::MAX).saturating_add(1);
    let perhaps = Bounds { least: 0, most: 1 };
    Flow { opening: perhaps, closing: perhaps, changes: [Bounds { least: 0, most }; ChangeKind::ALL.len()] }
}

/// The birthday after `years`, known as closely as the birth is.
fn later(birth: PartialDate, years: u8) -> Option<PartialDate> {
    if birth.is_exact() {
        return Some(birthday(birth.first(), years).into());
    }
    let text = birth.to_string();
    let year = birth.first().year() + i16::from(years);
    format!("{year:04}{}", text.get(4..)?).parse().ok()
}
