//! One record's dated life: birth, stays and what happened, in every way that leaves something of the
//! form answered differently.

use std::collections::BTreeSet;

use crate::date::{Date, PartialDate};
use crate::facts::EventFact;

use super::atoms::{Bits, birthday, born_until, day_after};
use super::person::Record;
use super::{Counter, WORLDS_MAX};

/// When somebody was born, in one world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Born {
    /// `stated` is what the record says, `day` what is assumed of it.
    On { stated: PartialDate, day: Date },
    /// Nobody knows; the record stands among adult members.
    Adult,
}

/// One way in which a record's dated life may have gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Life {
    pub(super) withdrawn: bool,
    pub(super) born: Born,
    /// Stays in the household: first day, and first day no longer.
    pub(super) stays: Vec<(Date, Date)>,
    /// What happened in the period: day, questions answered.
    pub(super) happened: Vec<(Date, Bits)>,
}

impl Life {
    pub(super) fn lives_here(&self, day: Date) -> bool {
        self.stays.iter().any(|(from, to)| *from <= day && day < *to)
    }

    /// Lived here until that day, which may itself have ended it.
    pub(super) fn lived_here_until(&self, day: Date) -> bool {
        self.lived_here_through(day, day)
    }

    /// Lived here on all of these days; the last may itself have ended it.
    pub(super) fn lived_here_through(&self, first: Date, last: Date) -> bool {
        self.stays.iter().any(|(from, to)| *from <= first && last <= *to)
    }

    /// Lived here on one of these days at least.
    pub(super) fn lived_here_between(&self, first: Date, last: Date) -> bool {
        self.stays.iter().any(|(from, to)| *from <= last && first <= *to)
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

impl Counter<'_> {
    pub(super) fn is_of_age(&self, born: Born, day: Date) -> bool {
        let Some(band) = self.compiled.universe else { return true };
        match born {
            Born::On { day: birth, .. } => {
                birthday(birth, band.from.unwrap_or(0)) <= day && day < birthday(birth, band.below)
            }
            Born::Adult => false,
        }
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
                let meanings =
                    kind.as_deref().map_or(vec![], |kind| self.compiled.event(kind, cause.as_deref()));
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
    pub(super) fn lives(&self, record: &Record<'_>) -> Option<Vec<Life>> {
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
        let events: Vec<Vec<Reading>> =
            person.events.iter().map(|event| self.readings(event, departs)).collect();
        let breaks = self.breaks(record, &births, &events);
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
    fn breaks(
        &self,
        record: &Record<'_>,
        births: &[Option<PartialDate>],
        events: &[Vec<Reading>],
    ) -> Vec<Date> {
        let mut breaks = self.compiled.birth_breaks.clone();
        // Who was there on the first day of a visit, and who on its last: what comes after either is another case.
        for day in self.visits_asked(record.household).filter_map(|visit| visit.day) {
            breaks.extend([day.first(), day_after(day.first()), day.last(), day_after(day.last())]);
        }
        let dates: Vec<PartialDate> = events.iter().flatten().filter_map(|reading| reading.date).collect();
        if dates.is_empty() {
            breaks.sort();
            breaks.dedup();
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

    /// Whether the record's dates leave more than one course of life possible.
    pub(super) fn is_life_open(&self, record: &Record<'_>) -> bool {
        self.lives(record).is_none_or(|lives| lives.len() > 1)
    }

    /// Whether it is open if the person was visited.
    pub(super) fn is_visit_open(&self, record: &Record<'_>) -> bool {
        self.lives(record).is_none_or(|lives| {
            let answers = lives.iter().flat_map(|life| self.visited(record.household, Some(life)));
            answers.collect::<BTreeSet<_>>().len() > 1
        })
    }
}

/// Births that the records of one person leave possible: a date that another states more closely says
/// nothing of its own, nor does a record that knows none.
pub(super) fn births(all: impl Iterator<Item = Born>) -> Vec<Born> {
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
pub(super) fn days(date: Option<&PartialDate>, unknown: Date, breaks: &[Date]) -> Vec<Date> {
    let Some(date) = date else { return vec![unknown] };
    let within = breaks.iter().copied().filter(|day| date.first() < *day && *day <= date.last());
    core::iter::once(date.first()).chain(within).collect()
}
