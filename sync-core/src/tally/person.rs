//! One person: from everything recorded of them, in one document or in linked ones, to the possible
//! states of affairs ("worlds"), each a set of answers to the form's questions.

use std::collections::BTreeSet;

use schemas::catalogue::{CircumstanceCode, circumstance, codes_on};

use crate::date::{Date, PartialDate};
use crate::facts::{
    Choice, CircumstanceFact, HouseholdFacts, PersonFacts, Poverty, RestrictedFact, Sex, SupportFact,
    VisitFact,
};

use super::atoms::{Bits, NOTHING, day_after, is_known_ethnicity};
use super::life::{Born, Life, births, days};
use super::{Counter, WORLDS_MAX};

/// One record of a person.
#[derive(Clone)]
pub(super) struct Record<'a> {
    pub(super) household: &'a HouseholdFacts,
    pub(super) person: &'a PersonFacts,
    pub(super) restricted: Vec<&'a RestrictedFact>,
    /// Whether living in this household counts (the village asked for).
    pub(super) in_scope: bool,
}

/// One possible state of affairs: answers, and how often each event happened.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct World {
    pub(super) answers: Bits,
    pub(super) events: Vec<(u8, u16)>,
}

impl World {
    fn add_events(&mut self, events: Bits) {
        self.answers = self.answers.or(events);
        for atom in events.iter() {
            match self.events.binary_search_by_key(&atom, |(known, _)| *known) {
                Ok(place) => self.events[place].1 = self.events[place].1.saturating_add(1),
                Err(place) => self.events.insert(place, (atom, 1)),
            }
        }
    }

    pub(super) fn times(&self, atom: u8) -> u16 {
        self.events.binary_search_by_key(&atom, |(known, _)| *known).map_or(0, |place| self.events[place].1)
    }
}

/// All that may be the case with one person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Possible {
    /// Exactly these; never empty.
    Worlds(Vec<World>),
    /// Too many to list: at least what is true in the first, at most what is true in the second.
    Between(World, World),
}

/// A case: what is settled, and independent things that are not, each with its alternatives.
struct Case {
    settled: World,
    open: Vec<Vec<Bits>>,
}

impl Case {
    fn add(&mut self, alternatives: impl IntoIterator<Item = Bits>) {
        let mut alternatives = alternatives.into_iter();
        let Some(first) = alternatives.next() else { return };
        let mut open: Vec<Bits> = alternatives.filter(|other| *other != first).collect();
        if open.is_empty() {
            self.settled.answers = self.settled.answers.or(first);
            return;
        }
        open.push(first);
        open.sort();
        open.dedup();
        self.open.push(open);
    }

    fn count(&self) -> usize {
        self.open.iter().fold(1, |count, open| count.saturating_mul(open.len()))
    }

    fn expand(&self, worlds: &mut BTreeSet<World>) {
        let mut all = vec![self.settled.answers];
        for open in &self.open {
            all = all.iter().flat_map(|known| open.iter().map(|more| known.or(*more))).collect();
        }
        worlds.extend(all.into_iter().map(|answers| World { answers, events: self.settled.events.clone() }));
    }

    /// What is true in every one of its worlds, and what is true in some.
    fn between(&self) -> (Bits, Bits) {
        let mut least = self.settled.answers;
        let mut most = least;
        for open in &self.open {
            let both = open.iter().copied().reduce(Bits::and).unwrap_or_default();
            least = least.or(both);
            most = open.iter().fold(most, |most, one| most.or(*one));
        }
        (least, most)
    }
}

/// The values of several records together: every one recorded, "not known" only if none of the records
/// is sure to know.
fn together<T: Clone + Ord>(choices: impl Iterator<Item = Vec<Option<T>>>) -> BTreeSet<Option<T>> {
    let mut all = BTreeSet::new();
    let mut known = false;
    for values in choices {
        known |= values.iter().all(Option::is_some);
        all.extend(values);
    }
    if known {
        all.remove(&None);
    }
    all
}

fn values<T: Clone>(choice: &Choice<Option<T>>) -> Vec<Option<T>> {
    choice.values().cloned().collect()
}

/// Whether something from `start` until before `end` holds on a day: possible answers.
fn holds_on(
    day: Date,
    start: Option<PartialDate>,
    end: Option<PartialDate>,
) -> impl Iterator<Item = bool> + use<> {
    let may = start.is_none_or(|s| s.first() <= day) && end.is_none_or(|e| day < e.last());
    let may_not = start.is_some_and(|s| s.last() > day) || end.is_some_and(|e| e.first() <= day);
    [may.then_some(true), may_not.then_some(false)].into_iter().flatten()
}

/// The lines as which a recorded circumstance may hold on a day: what a tally counts in `most`.
pub fn lines_that_may_hold(
    fact: &CircumstanceFact,
    day: Date,
) -> impl Iterator<Item = &'static CircumstanceCode> {
    let counted = fact.withdrawn.values().any(|withdrawn| !*withdrawn);
    let mut stretches = fact.start.values().flat_map(|start| fact.end.values().map(move |end| (start, end)));
    let holds = counted && stretches.any(|(start, end)| holds_on(day, *start, *end).any(|holds| holds));
    let codes = fact.code.values().filter(move |_| holds).flatten();
    codes.flat_map(move |code| codes_on(code, day)).filter_map(circumstance)
}

/// Whether a recorded circumstance may hold on a day as a line of a section (`II`).
pub(crate) fn may_hold(fact: &CircumstanceFact, section: &str, day: Date) -> bool {
    lines_that_may_hold(fact, day).any(|code| code.section() == section)
}

fn only<T>(choice: &Choice<T>) -> Option<&T> {
    (!choice.is_disputed()).then(|| choice.shown())
}

impl Counter<'_> {
    /// Whether no line can count this record: too old for all of them in the whole period.
    pub(super) fn is_too_old(&self, person: &PersonFacts) -> bool {
        let Some(below) = self.compiled.age_below else { return false };
        // Nobody is that age before their birthday, so a year between spares the calendar.
        let year = self.period.from().year() - i16::from(below) - 1;
        person.birth.values().all(|birth| match birth {
            Some(birth) => birth.last().year() < year,
            None => !person.is_child,
        })
    }

    /// The only case of a record of which the dates are plain and nothing ever happened: what nearly
    /// every record is. `None`: look closer.
    fn plain(&self, record: &Record<'_>) -> Option<Case> {
        let (person, form) = (record.person, &self.compiled);
        let birth = (*only(&person.birth)?)?;
        let mut breaks = form.birth_breaks.iter();
        if *only(&person.withdrawn)? || !person.events.is_empty() || birth.first() > self.period.as_of() {
            return None;
        }
        if !birth.is_exact() && breaks.any(|day| birth.first() < *day && *day <= birth.last()) {
            return None;
        }
        let is_before = |visit: &VisitFact| visit.day.is_none_or(|day| day.first() < birth.last());
        if self.visits_asked(record.household).any(is_before) {
            return None;
        }
        let mut case = Case { settled: World::default(), open: Vec::new() };
        case.settled.answers = form.age(birth.first());
        if record.in_scope {
            case.settled.answers.set(form.resident);
        }
        self.add_attributes(&mut case, &[record]);
        self.add_received(&mut case, record, None);
        Some(case)
    }

    /// All that may be the case with the person of these records.
    pub(super) fn possible(&self, records: &[Record<'_>]) -> Possible {
        if let [record] = records
            && let Some(case) = self.plain(record)
        {
            return bounded(&[case]);
        }
        let mut lives = Vec::with_capacity(records.len());
        let mut combinations = 1_usize;
        for record in records {
            let Some(of_record) = self.lives(record) else { return self.widest(records) };
            combinations = combinations.saturating_mul(of_record.len());
            lives.push(of_record);
        }
        if combinations > WORLDS_MAX {
            return self.widest(records);
        }
        let mut cases = Vec::new();
        for mut number in 0..combinations {
            let of_combination: Vec<&Life> = lives
                .iter()
                .map(|of_record| {
                    let life = &of_record[number % of_record.len()];
                    number /= of_record.len();
                    life
                })
                .collect();
            self.cases(records, &of_combination, &mut cases);
        }
        bounded(&cases)
    }

    /// Cases in which the records' lives went as given.
    fn cases(&self, records: &[Record<'_>], lives: &[&Life], cases: &mut Vec<Case>) {
        let as_of = self.period.as_of();
        let known: Vec<usize> = (0..records.len()).filter(|&r| !lives[r].withdrawn).collect();
        let resident: Vec<usize> = known.iter().copied().filter(|&r| lives[r].lives_here(as_of)).collect();
        let relevant = if resident.is_empty() { &known } else { &resident };
        if known.is_empty() {
            cases.push(Case { settled: World::default(), open: Vec::new() });
            return;
        }
        let scoped: Vec<&Life> = known.iter().filter(|&&r| records[r].in_scope).map(|&r| lives[r]).collect();
        let resides = resident.iter().any(|&r| records[r].in_scope);
        for born in births(relevant.iter().map(|&r| lives[r].born)) {
            let mut settled = World::default();
            if resides {
                settled.answers.set(self.compiled.resident);
            }
            if let Born::On { day, .. } = born {
                settled.answers = settled.answers.or(self.compiled.age(day));
            }
            for (day, means) in known.iter().flat_map(|&r| &lives[r].happened) {
                if self.is_of_age(born, *day) && scoped.iter().any(|life| life.lived_here_until(*day)) {
                    settled.add_events(*means);
                }
            }
            let mut case = Case { settled, open: Vec::new() };
            let attributes: Vec<&Record<'_>> = relevant.iter().map(|&r| &records[r]).collect();
            self.add_attributes(&mut case, &attributes);
            for &r in &known {
                self.add_received(&mut case, &records[r], Some(lives[r]));
            }
            cases.push(case);
        }
    }

    fn add_attributes(&self, case: &mut Case, records: &[&Record<'_>]) {
        let form = &self.compiled;
        let sex = |sex| match sex {
            Some(sex) => [form.sex(sex); 2],
            None => [form.sex(Sex::Male), form.sex(Sex::Female)],
        };
        let poverty = |status| match status {
            Some(status) => [form.poverty(status); 3],
            None => [Poverty::Poor, Poverty::NearPoor, Poverty::Neither].map(|status| form.poverty(status)),
        };
        let held =
            |held: Option<bool>| [held != Some(false), held == Some(true)].map(|held| form.insurance(held));
        let used = |used: Option<bool>| {
            [used != Some(false), used == Some(true)].map(|used| form.insurance_used(used))
        };
        let registered = |known: Option<bool>| {
            [known != Some(false), known == Some(true)].map(|is| form.birth_registered(is))
        };
        if let [Record { person, household, .. }] = records {
            case.add(person.sex.values().flat_map(|value| sex(*value)));
            let groups = person.ethnicity.values();
            case.add(groups.flat_map(|code| form.ethnicity(code.as_deref()).iter().copied()));
            case.add(person.health_insurance.values().flat_map(|value| held(*value)));
            case.add(person.health_insurance_used.values().flat_map(|value| used(*value)));
            case.add(person.birth_registered.values().flat_map(|value| registered(*value)));
            case.add(person.schooling.values().flat_map(|value| form.schooling(*value)));
            case.add(household.poverty.values().flat_map(|value| poverty(*value)));
        } else {
            case.add(together(records.iter().map(|r| values(&r.person.sex))).into_iter().flat_map(sex));
            let groups = together(records.iter().map(|r| {
                let known = |code: &Option<String>| code.clone().filter(|code| is_known_ethnicity(code));
                r.person.ethnicity.values().map(known).collect()
            }));
            case.add(groups.iter().flat_map(|code| form.ethnicity(code.as_deref()).iter().copied()));
            let cards = together(records.iter().map(|r| values(&r.person.health_insurance)));
            case.add(cards.into_iter().flat_map(held));
            let uses = together(records.iter().map(|r| values(&r.person.health_insurance_used)));
            case.add(uses.into_iter().flat_map(used));
            let births = together(records.iter().map(|r| values(&r.person.birth_registered)));
            case.add(births.into_iter().flat_map(registered));
            let stages = together(records.iter().map(|r| values(&r.person.schooling)));
            case.add(stages.into_iter().flat_map(|stage| form.schooling(stage)));
            let statuses = together(records.iter().map(|r| values(&r.household.poverty)));
            case.add(statuses.into_iter().flat_map(poverty));
        }
        for record in records {
            record.person.circumstances.iter().for_each(|c| case.add(self.circumstance(c)));
            record.restricted.iter().for_each(|fact| case.add(self.restricted(fact)));
        }
    }

    /// Whether something held on the as-of date: possible answers.
    fn holds(
        &self,
        start: Option<PartialDate>,
        end: Option<PartialDate>,
    ) -> impl Iterator<Item = bool> + use<> {
        holds_on(self.period.as_of(), start, end)
    }

    /// What a circumstance may answer.
    pub(super) fn circumstance(&self, fact: &CircumstanceFact) -> BTreeSet<Bits> {
        let mut answers = BTreeSet::new();
        if fact.withdrawn.values().any(|withdrawn| *withdrawn) {
            answers.insert(Bits::default());
        }
        if !fact.withdrawn.values().any(|withdrawn| !*withdrawn) {
            return answers;
        }
        let mut holds = BTreeSet::new();
        for start in fact.start.values() {
            for end in fact.end.values() {
                holds.extend(self.holds(*start, *end));
            }
        }
        if holds.contains(&false) {
            answers.insert(Bits::default());
        }
        if holds.contains(&true) {
            for code in fact.code.values() {
                match code.as_ref().map(|code| self.compiled.code(code)) {
                    None | Some([]) => {
                        answers.insert(Bits::default());
                    }
                    Some(meant) => answers.extend(meant),
                }
            }
        }
        answers
    }

    /// What a sealed report, opened, may answer.
    pub(super) fn restricted(&self, fact: &RestrictedFact) -> BTreeSet<Bits> {
        let supports = self.compiled.sealed_support_bits(&fact.supports);
        let codes = match self.compiled.code(&fact.code) {
            [] => &[NOTHING],
            codes => codes,
        };
        // A start and an end are compared with the same two days, so their possible days can be taken
        // apart at these.
        let (from, as_of) = (self.period.from(), self.period.as_of());
        let starts = days(fact.start.as_ref(), Date::MIN, &[day_after(as_of)]);
        let ends = days(fact.end.as_ref(), Date::MAX, &[day_after(from), day_after(as_of)]);
        let mut answers = BTreeSet::new();
        for start in &starts {
            for end in &ends {
                let holds = *start <= as_of && as_of < *end;
                let in_period = *start <= as_of && from < *end;
                for code in codes {
                    let held = if holds { *code } else { Bits::default() };
                    answers.insert(if in_period { held.or(supports) } else { held });
                }
            }
        }
        answers
    }

    /// What a support may answer.
    pub(super) fn support(&self, fact: &SupportFact) -> BTreeSet<Bits> {
        let mut in_period = BTreeSet::new();
        for start in fact.start.values() {
            for end in fact.end.values() {
                in_period.extend(self.in_period(*start, *end));
            }
        }
        let mut answers = BTreeSet::new();
        let not = in_period.contains(&false)
            || fact.withdrawn.values().any(|withdrawn| *withdrawn)
            || fact.received.values().any(|received| !*received);
        let may = in_period.contains(&true)
            && fact.withdrawn.values().any(|withdrawn| !*withdrawn)
            && fact.received.values().any(|received| *received);
        if not {
            answers.insert(Bits::default());
        }
        if may {
            for form in fact.form.values() {
                match form {
                    Some(form) => {
                        answers.insert(self.compiled.support_bits(form));
                    }
                    None => answers.extend(self.compiled.support_unknown()),
                }
            }
        }
        answers
    }

    /// What came to the person in the period: supports, wherever it lived then, and visits where it lived. Without a
    /// life the person was there all the time.
    fn add_received(&self, case: &mut Case, record: &Record<'_>, life: Option<&Life>) {
        record.person.supports.iter().for_each(|support| case.add(self.support(support)));
        case.add(self.visited(record.household, life));
    }

    /// Visits that may lie in the period; none if the form does not ask.
    pub(super) fn visits_asked<'h>(
        &self,
        household: &'h HouseholdFacts,
    ) -> impl Iterator<Item = &'h VisitFact> + use<'h> {
        let (from, as_of) = (self.period.from(), self.period.as_of());
        let asked = !self.compiled.visited().is_empty();
        let may = move |visit: &&VisitFact| {
            asked && visit.day.is_none_or(|day| day.first() <= as_of && from <= day.last())
        };
        household.visits.iter().filter(may)
    }

    /// What the visits of a household answer, all together, for somebody who lived there as `life` says.
    pub(super) fn visited(&self, household: &HouseholdFacts, life: Option<&Life>) -> BTreeSet<Bits> {
        let asked = self.compiled.visited();
        if asked.is_empty() {
            return BTreeSet::from([asked]);
        }
        let (from, as_of) = (self.period.from(), self.period.as_of());
        let may = |visit: &&VisitFact| match (life, visit.day) {
            (Some(life), Some(day)) => life.lived_here_between(day.first(), day.last()),
            (Some(life), None) => !life.stays.is_empty(),
            (None, _) => true,
        };
        let must = |visit: &VisitFact| {
            visit.certain
                && visit.day.is_some_and(|day| {
                    let was_here = life.is_none_or(|life| life.lived_here_through(day.first(), day.last()));
                    from <= day.first() && day.last() <= as_of && was_here
                })
        };
        let mut answers = BTreeSet::new();
        let mut sure = false;
        for visit in self.visits_asked(household).filter(may) {
            answers.insert(asked);
            sure |= must(visit);
        }
        if !sure {
            answers.insert(NOTHING);
        }
        answers
    }

    /// Whether something from `start` until before `end` (or on one day, if both are the same) reaches
    /// into the period: possible answers.
    fn in_period(
        &self,
        start: Option<PartialDate>,
        end: Option<PartialDate>,
    ) -> impl Iterator<Item = bool> + use<> {
        let (from, as_of) = (self.period.from(), self.period.as_of());
        let (may, may_not) = match (start, end) {
            (Some(day), Some(end)) if day == end => {
                (day.first() <= as_of && from <= day.last(), day.first() < from || as_of < day.last())
            }
            _ => (
                start.is_none_or(|s| s.first() <= as_of) && end.is_none_or(|e| from < e.last()),
                start.is_some_and(|s| as_of < s.last()) || end.is_some_and(|e| e.first() <= from),
            ),
        };
        [may.then_some(true), may_not.then_some(false)].into_iter().flatten()
    }

    /// Bounds when there is too much to combine: nothing is certain, and everything that any one value
    /// allows is possible.
    pub(super) fn widest(&self, records: &[Record<'_>]) -> Possible {
        let mut most = World::default();
        let mut case = Case { settled: World::default(), open: Vec::new() };
        self.add_attributes(&mut case, &records.iter().collect::<Vec<_>>());
        for record in records {
            self.add_received(&mut case, record, None);
            record.person.events.iter().for_each(|event| most.add_events(self.event_means(event)));
            // What another record is sure to know may be wrong here, or that record not resident.
            let mut alone = Case { settled: World::default(), open: Vec::new() };
            self.add_attributes(&mut alone, &[record]);
            most.answers = most.answers.or(alone.between().1);
        }
        most.answers = most.answers.or(case.between().1).or(self.compiled.any_age());
        most.answers.set(self.compiled.resident);
        Possible::Between(World::default(), most)
    }
}

/// What the cases leave possible: their worlds if they are few, else bounds.
fn bounded(cases: &[Case]) -> Possible {
    let count = cases.iter().fold(0_usize, |count, case| count.saturating_add(case.count()));
    if count <= WORLDS_MAX {
        if let [case] = cases
            && case.open.is_empty()
        {
            return Possible::Worlds(vec![case.settled.clone()]);
        }
        let mut worlds = BTreeSet::new();
        cases.iter().for_each(|case| case.expand(&mut worlds));
        return Possible::Worlds(worlds.into_iter().collect());
    }
    let mut least: Option<World> = None;
    let mut most = World::default();
    for case in cases {
        let (certain, some) = case.between();
        let before = least.take();
        let answers = before.as_ref().map_or(certain, |before| before.answers.and(certain));
        let fewest =
            |atom: u8| before.as_ref().map_or(u16::MAX, |b| b.times(atom)).min(case.settled.times(atom));
        let events = answers.iter().map(|atom| (atom, fewest(atom))).filter(|(_, times)| *times > 0);
        least = Some(World { answers, events: events.collect() });
        most.answers = most.answers.or(some);
        let highest = most.answers.iter().map(|atom| (atom, most.times(atom).max(case.settled.times(atom))));
        most.events = highest.filter(|(_, times)| *times > 0).collect();
    }
    Possible::Between(least.unwrap_or_default(), most)
}
