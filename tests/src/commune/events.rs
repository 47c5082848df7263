//! Births, arrivals, departures, deaths, injuries and sixteenth birthdays the register has noted.
//!
//! Injuries, deaths and departures fall on children whose age is beyond doubt, and nobody who is
//! injured leaves afterwards: how a form counts those is for its own tests.

use jiff::ToSpan;
use sync_core::date::Date;

use super::dice::Dice;
use super::model::{Household, LifeEvent};
use super::{FROM, REGISTER_DATE};

/// Deaths of a commune of 2,600 children: (how many, cause, within the reporting period).
const DEATHS: &[(usize, &str, bool)] = &[
    (2, "injury_drowning", true),
    (1, "injury_traffic", true),
    (1, "injury_fall", true),
    (2, "illness", true),
    (1, "injury_drowning", false),
    (1, "illness", false),
];

/// Injuries of a commune of 2,600 children.
const INJURIES: &[(usize, &str, bool)] = &[
    (9, "injury_traffic", true),
    (8, "injury_fall", true),
    (4, "injury_burn", true),
    (2, "injury_poisoning", true),
    (2, "injury_drowning", true),
    (3, "injury_other", true),
    (6, "injury_fall", false),
];

const MOVED_IN: usize = 26;
const MOVED_OUT: usize = 22;

/// Lets the events happen to the children of `households`.
pub(super) fn happen(seed: u64, households: &mut [Household]) {
    let dice = &mut Dice::new(seed, 3);
    let mut pool = Vec::new();
    for (h, household) in households.iter_mut().enumerate() {
        for (c, child) in household.children.iter_mut().enumerate() {
            let birth = child.birth.first();
            let turned_16 = birth.saturating_add(16.years());
            if child.birth.is_exact() && birth >= FROM && dice.percent(80) {
                child.events.push(event("birth", birth, None));
            } else if child.birth.is_exact()
                && (FROM..=REGISTER_DATE).contains(&turned_16)
                && dice.percent(60)
            {
                child.events.push(event("turned_16", turned_16, None));
            } else if child.birth.is_exact() && birth.year() > 2009 && birth.year() < 2022 {
                pool.push((h, c));
            }
        }
    }
    dice.shuffle(&mut pool);
    let share = |count: usize| ((count * pool.len() + 950) / 1_900).max(1);
    let counts = |of: &[(usize, &str, bool)]| of.iter().map(|(count, ..)| share(*count)).collect::<Vec<_>>();
    let (deaths, injuries) = (counts(DEATHS), counts(INJURIES));
    let (moved_in, moved_out) = (share(MOVED_IN), share(MOVED_OUT));
    // Occupied lines stay occupied: who dies is in no circumstance, who leaves at most in a common one.
    let mut plain =
        pool.iter().copied().filter(|(h, c)| households[*h].children[*c].circumstances.is_empty());
    let mut plan: Vec<((usize, usize), LifeEvent)> = Vec::new();
    for (&(_, cause, in_period), count) in DEATHS.iter().zip(deaths) {
        for at in plain.by_ref().take(count) {
            plan.push((at, event("death", day(dice, in_period), Some(cause))));
        }
    }
    for at in plain.by_ref().take(moved_out) {
        plan.push((at, event("moved_out", day(dice, true), None)));
    }
    for (&(_, cause, in_period), count) in INJURIES.iter().zip(injuries) {
        for at in plain.by_ref().take(count) {
            plan.push((at, event("injury", day(dice, in_period), Some(cause))));
            if cause == "injury_burn" {
                plan.push((at, event("injury", day(dice, true), Some("injury_fall"))));
            }
        }
    }
    let in_risk = |(h, c): &(usize, usize)| {
        let codes = &households[*h].children[*c].circumstances;
        codes.len() == 1 && (codes[0].code == "III.6" || codes[0].code == "III.7")
    };
    for at in pool.iter().copied().filter(in_risk).take(2) {
        plan.push((at, event("moved_out", day(dice, true), None)));
    }
    for at in plain.by_ref().take(moved_in) {
        plan.push((at, event("moved_in", day(dice, true), None)));
    }
    for ((h, c), event) in plan {
        let events = &mut households[h].children[c].events;
        events.push(event);
        events.sort_by_key(|event| event.date);
    }
}

fn event(kind: &str, date: Date, cause: Option<&str>) -> LifeEvent {
    LifeEvent { kind: kind.to_owned(), date, cause: cause.map(str::to_owned) }
}

/// A day of the reporting period before the register was closed, or of the half year before the period.
fn day(dice: &mut Dice, in_period: bool) -> Date {
    if in_period {
        FROM.saturating_add(dice.between(0, 310).days())
    } else {
        FROM.saturating_sub(dice.between(1, 180).days())
    }
}
