//! One person: from everything recorded of them, in one document or in linked ones, to the possible
//! states of affairs ("worlds"), each a set of answers to the form's questions.

use std::collections::BTreeSet;

use crate::date::{Date, PartialDate};
use crate::facts::{
    Choice, CircumstanceFact, EventFact, HouseholdFacts, PersonFacts, Poverty, RestrictedFact, Sex, SupportFact,
};

use super::atoms::{Bits, NOTHING, birthday, born_until, day_after, is_known_ethnicity};
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

/// When somebody was born, in one world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Born {
    /// `stated` is what the record says, `day` what is assumed of it.
    On { stated: PartialDate, day: Date },
    /// Nobody knows; the record stands among adult members.
    Adult,
}

/// One way in which a record's dated life may have gone.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Life {
    withdrawn: bool,
    born: Born,
    /// Stays in the household: first day, and first day no longer.
    stays: Vec<(Date, Date)>,
    /// What happened in the period: day, questions answered.
    happened: Vec<(Date, Bits)>,
}

impl Life {
    fn lives_here(&self, day: Date) -> bool {
        self.stays.iter().any(|(from, to)| *from <= day && day < *to)
    }

    /// Lived here until that day, which may itself have ended it.
    fn lived_here_until(&self, day: Date) -> bool {
        self.stays.iter().any(|(from, to)| *from <= day && day <= *to)
    }
}

/// The order of events of one day: birth, departure, arrival, death.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    Born,
    Leaves,
    Arrives,
    Dies,
}

/// One reading of a recorded event.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reading {
    turn: Option<Turn>,
    date: Option<PartialDate>,
    means: Bits,
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

    /// The only state of affairs of a record in which nothing is open and nothing ever happened: what
    /// nearly every record is. `None`: look closer.
    fn plain(&self, record: &Record<'_>) -> Option<World> {
        let (person, form) = (record.person, &self.compiled);
        let mut answers = Bits::default();
        if *only(&person.withdrawn)? || !person.events.is_empty() || !record.restricted.is_empty() {
            return None;
        }
        let birth = (*only(&person.birth)?)?;
        let mut breaks = form.birth_breaks.iter();
        if birth.first() > self.period.as_of() || breaks.any(|day| birth.first() < *day && *day <= birth.last()) {
            return None;
        }
        answers = answers.or(form.age(birth.first()));
        answers = answers.or(form.sex((*only(&person.sex)?)?));
        let ethnicity = only(&person.ethnicity)?.as_deref().filter(|code| is_known_ethnicity(code))?;
        answers = answers.or(*form.ethnicity(Some(ethnicity)).first()?);
        answers = answers.or(form.poverty((*only(&record.household.poverty)?)?));
        let same = |[no, yes]: [Bits; 2]| (no == yes).then_some(no);
        let one = |choice: &Choice<Option<bool>>, of: &dyn Fn(bool) -> Bits| match only(choice)? {
            Some(value) => Some(of(*value)),
            None => same([of(false), of(true)]),
        };
        answers = answers.or(one(&person.health_insurance, &|held| form.insurance(held))?);
        answers = answers.or(one(&person.health_insurance_used, &|used| form.insurance_used(used))?);
        let circumstances = person.circumstances.iter().map(|circumstance| self.circumstance(circumstance));
        for possible in circumstances.chain(person.supports.iter().map(|support| self.support(support))) {
            match possible.first() {
                Some(sole) if possible.len() == 1 => answers = answers.or(*sole),
                _ => return None,
            }
        }
        if record.in_scope {
            answers.set(form.resident);
        }
        Some(World { answers, events: Vec::new() })
    }

    /// All that may be the case with the person of these records.
    pub(super) fn possible(&self, records: &[Record<'_>]) -> Possible {
        if let [record] = records
            && let Some(world) = self.plain(record)
        {
            return Possible::Worlds(vec![world]);
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
        let count = cases.iter().fold(0_usize, |count, case| count.saturating_add(case.count()));
        if count <= WORLDS_MAX {
            if let [case] = cases.as_slice()
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
        for case in &cases {
            let (certain, some) = case.between();
            let before = least.take();
            let answers = before.as_ref().map_or(certain, |before| before.answers.and(certain));
            let fewest = |atom: u8| before.as_ref().map_or(u16::MAX, |b| b.times(atom)).min(case.settled.times(atom));
            let events = answers.iter().map(|atom| (atom, fewest(atom))).filter(|(_, times)| *times > 0);
            least = Some(World { answers, events: events.collect() });
            most.answers = most.answers.or(some);
            let highest = most.answers.iter().map(|atom| (atom, most.times(atom).max(case.settled.times(atom))));
            most.events = highest.filter(|(_, times)| *times > 0).collect();
        }
        Possible::Between(least.unwrap_or_default(), most)
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
                records[r].person.supports.iter().for_each(|support| case.add(self.support(support)));
            }
            cases.push(case);
        }
    }

    fn add_attributes(&self, case: &mut Case, records: &[&Record<'_>]) {
        let form = &self.compiled;
        let sexes = together(records.iter().map(|r| values(&r.person.sex)));
        case.add(sexes.into_iter().flat_map(|sex| match sex {
            Some(sex) => vec![form.sex(sex)],
            None => vec![form.sex(Sex::Male), form.sex(Sex::Female)],
        }));
        let groups = together(records.iter().map(|r| {
            let known = |code: &Option<String>| code.clone().filter(|code| is_known_ethnicity(code));
            r.person.ethnicity.values().map(known).collect()
        }));
        case.add(groups.iter().flat_map(|code| form.ethnicity(code.as_deref()).iter().copied()));
        let held = together(records.iter().map(|r| values(&r.person.health_insurance)));
        case.add(either(&held).map(|held| form.insurance(held)));
        let used = together(records.iter().map(|r| values(&r.person.health_insurance_used)));
        case.add(either(&used).map(|used| form.insurance_used(used)));
        let statuses = together(records.iter().map(|r| values(&r.household.poverty)));
        case.add(statuses.into_iter().flat_map(|status| match status {
            Some(status) => vec![form.poverty(status)],
            None => [Poverty::Poor, Poverty::NearPoor, Poverty::Neither].map(|s| form.poverty(s)).to_vec(),
        }));
        for record in records {
            record.person.circumstances.iter().for_each(|c| case.add(self.circumstance(c)));
            record.restricted.iter().for_each(|fact| case.add(self.restricted(fact)));
        }
    }

    fn is_of_age(&self, born: Born, day: Date) -> bool {
        let Some(band) = self.compiled.universe else { return true };
        match born {
            Born::On { day: birth, .. } => {
                birthday(birth, band.from.unwrap_or(0)) <= day && day < birthday(birth, band.below)
            }
            Born::Adult => false,
        }
    }

    /// Whether something held on the as-of date: possible answers.
    fn holds(&self, start: Option<PartialDate>, end: Option<PartialDate>) -> impl Iterator<Item = bool> + use<> {
        let as_of = self.period.as_of();
        let may = start.is_none_or(|s| s.first() <= as_of) && end.is_none_or(|e| as_of < e.last());
        let may_not = start.is_some_and(|s| s.last() > as_of) || end.is_some_and(|e| e.first() <= as_of);
        [may.then_some(true), may_not.then_some(false)].into_iter().flatten()
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

    /// What an event may mean in the period, whatever its day; empty: nothing.
    pub(super) fn event_means(&self, event: &EventFact) -> Bits {
        self.readings(event, true).iter().fold(Bits::default(), |all, reading| all.or(reading.means))
    }

    fn readings(&self, event: &EventFact, departs: bool) -> Vec<Reading> {
        let nothing = Reading { turn: None, date: None, means: Bits::default() };
        let mut readings = Vec::new();
        let mut add = |reading: Reading| {
            if !readings.contains(&reading) {
                readings.push(reading);
            }
        };
        if event.withdrawn.values().any(|withdrawn| *withdrawn) {
            add(nothing.clone());
        }
        if !event.withdrawn.values().any(|withdrawn| !*withdrawn) {
            return readings;
        }
        for kind in event.kind.values() {
            let turn = match kind.as_deref() {
                Some("birth") => Some(Turn::Born),
                Some("moved_in") => Some(Turn::Arrives),
                Some("moved_out") => Some(Turn::Leaves),
                Some("death") => Some(Turn::Dies),
                _ => None,
            };
            for cause in event.cause.values() {
                let meanings = kind.as_deref().map_or(vec![], |kind| self.compiled.event(kind, cause.as_deref()));
                for date in event.date.values() {
                    // An arrival of unknown day: since always, as far as nothing speaks against it.
                    let always = match turn {
                        Some(Turn::Born) => date.is_none(),
                        Some(Turn::Arrives) => date.is_none() && !departs,
                        _ => false,
                    };
                    for means in &meanings {
                        let matters = !always && (turn.is_some() || !means.is_empty());
                        let whenever = PartialDate::whenever();
                        let reading = Reading { turn, date: Some(date.unwrap_or(whenever)), means: *means };
                        add(if matters { reading } else { nothing.clone() });
                    }
                    if meanings.is_empty() {
                        add(nothing.clone());
                    }
                }
            }
        }
        readings
    }

    /// Every way in which the record's life may have gone; `None`: too many.
    fn lives(&self, record: &Record<'_>) -> Option<Vec<Life>> {
        let person = record.person;
        let withdrawn: BTreeSet<bool> = person.withdrawn.values().copied().collect();
        let births: Vec<Option<PartialDate>> = person
            .birth
            .values()
            .map(|birth| birth.or(person.is_child.then(PartialDate::whenever)))
            .collect();
        let leaves = |event: &EventFact| {
            event.kind.values().any(|kind| matches!(kind.as_deref(), Some("moved_out" | "death")))
        };
        let departs = person.events.iter().any(leaves);
        let events: Vec<Vec<Reading>> = person.events.iter().map(|event| self.readings(event, departs)).collect();
        let breaks = self.breaks(&births, &events);
        let mut born = Vec::new();
        for birth in births {
            match birth {
                None => born.push(Born::Adult),
                Some(stated) => {
                    let days = days(Some(&stated), Date::MIN, &breaks);
                    born.extend(days.into_iter().map(|day| Born::On { stated, day }));
                }
            }
        }
        let mut lives = Vec::new();
        if withdrawn.contains(&true) {
            lives.push(Life { withdrawn: true, born: Born::Adult, stays: Vec::new(), happened: Vec::new() });
        }
        if !withdrawn.contains(&false) {
            return Some(lives);
        }
        // Each event on each day it may have been.
        let dated: Vec<Vec<(Option<Turn>, Date, Bits)>> = events
            .iter()
            .map(|readings| {
                let each = readings.iter().flat_map(|reading| {
                    days(reading.date.as_ref(), Date::MAX, &breaks)
                        .into_iter()
                        .map(|day| (reading.turn, day, reading.means))
                });
                each.collect()
            })
            .collect();
        let combinations = dated.iter().fold(born.len(), |count, days| count.saturating_mul(days.len()));
        if combinations > WORLDS_MAX {
            return None;
        }
        for mut number in 0..combinations {
            let birth = born[number % born.len()];
            number /= born.len();
            let chosen: Vec<_> = dated
                .iter()
                .map(|days| {
                    let one = days[number % days.len()];
                    number /= days.len();
                    one
                })
                .collect();
            let life = self.life(birth, &chosen);
            if !lives.contains(&life) {
                lives.push(life);
            }
        }
        Some(lives)
    }

    /// Days on which an answer about this record may change: between two of them, every day of a
    /// partial date means the same.
    fn breaks(&self, births: &[Option<PartialDate>], events: &[Vec<Reading>]) -> Vec<Date> {
        let mut breaks = self.compiled.birth_breaks.clone();
        let dates: Vec<PartialDate> = events.iter().flatten().filter_map(|reading| reading.date).collect();
        if dates.is_empty() {
            return breaks;
        }
        let mut near = |day: Date| breaks.extend([day.yesterday().unwrap_or(Date::MIN), day, day_after(day)]);
        near(self.period.from());
        near(self.period.as_of());
        let band = self.compiled.universe;
        for date in births.iter().flatten().chain(&dates) {
            near(date.first());
            near(date.last());
        }
        for years in band.iter().flat_map(|band| [band.from, Some(band.below)]).flatten() {
            for date in births.iter().flatten() {
                near(birthday(date.first(), years));
                near(birthday(date.last(), years));
            }
            for date in &dates {
                near(born_until(date.first(), years));
                near(born_until(date.last(), years));
            }
        }
        breaks.sort();
        breaks.dedup();
        breaks
    }

    fn life(&self, born: Born, events: &[(Option<Turn>, Date, Bits)]) -> Life {
        let birth = match born {
            Born::On { day, .. } => day,
            Born::Adult => Date::MIN,
        };
        let mut turns: Vec<(Date, Turn)> =
            events.iter().filter_map(|(turn, day, _)| turn.map(|turn| (*day, turn))).collect();
        turns.sort();
        let mut since = match turns.first() {
            Some((_, Turn::Born | Turn::Arrives)) => None,
            _ => Some(Date::MIN),
        };
        let mut stays = Vec::new();
        for (day, turn) in turns {
            match turn {
                Turn::Born | Turn::Arrives => since = since.or(Some(day)),
                Turn::Leaves | Turn::Dies => stays.extend(since.take().map(|from| (from, day))),
            }
        }
        stays.extend(since.map(|from| (from, Date::MAX)));
        let stays = stays.into_iter().map(|(from, to)| (from.max(birth), to)).filter(|(from, to)| from <= to);
        let (from, as_of) = (self.period.from(), self.period.as_of());
        let happened =
            events.iter().filter(|(_, day, means)| !means.is_empty() && from <= *day && *day <= as_of);
        Life {
            withdrawn: false,
            born,
            stays: stays.collect(),
            happened: happened.map(|(_, day, means)| (*day, *means)).collect(),
        }
    }

    /// Bounds when there is too much to combine: nothing is certain, and everything that any one value
    /// allows is possible.
    pub(super) fn widest(&self, records: &[Record<'_>]) -> Possible {
        let mut most = World::default();
        let mut case = Case { settled: World::default(), open: Vec::new() };
        self.add_attributes(&mut case, &records.iter().collect::<Vec<_>>());
        for record in records {
            record.person.supports.iter().for_each(|support| case.add(self.support(support)));
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

    /// Whether the as-of date finds the person here in some but not all readings, or unsure of age.
    pub(super) fn is_life_open(&self, record: &Record<'_>) -> bool {
        self.lives(record).is_none_or(|lives| lives.len() > 1)
    }
}

/// Both answers where the answer is not known.
fn either(values: &BTreeSet<Option<bool>>) -> impl Iterator<Item = bool> {
    values.iter().flat_map(|value| match value {
        Some(value) => vec![*value],
        None => vec![false, true],
    })
}

/// Births that the records of one person leave possible: a date that another states more closely says
/// nothing of its own, nor does a record that knows none.
fn births(all: impl Iterator<Item = Born>) -> Vec<Born> {
    let all: Vec<Born> = all.collect();
    let coarser = |one: &Born| {
        all.iter().any(|other| match (one, other) {
            (Born::Adult, Born::On { .. }) => true,
            (Born::On { stated: wide, .. }, Born::On { stated: close, .. }) => {
                wide != close && wide.first() <= close.first() && close.last() <= wide.last()
            }
            (_, Born::Adult) => false,
        })
    };
    let mut births = Vec::new();
    for born in all.iter().filter(|born| !coarser(born)) {
        if !births.contains(born) {
            births.push(*born);
        }
    }
    births
}

/// One day of each stretch of a partial date in which every day means the same: stretches begin at
/// `breaks`. `None`: the day `unknown` stands for.
fn days(date: Option<&PartialDate>, unknown: Date, breaks: &[Date]) -> Vec<Date> {
    let Some(date) = date else { return vec![unknown] };
    let within = breaks.iter().copied().filter(|day| date.first() < *day && *day <= date.last());
    core::iter::once(date.first()).chain(within).collect()
}
