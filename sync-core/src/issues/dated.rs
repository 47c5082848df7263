//! Dates against each other: births, stays, deaths, beginnings and ends.

use super::read::{Days, Event, Person, Record, days, is_flag, is_withdrawn};
use super::{Found, IssueCode as I};
use crate::date::Date;
use crate::document::{Container, View};
use crate::tally::birthday;

pub(super) fn check(person: &Person<'_>, on: Date, found: &mut Found) {
    let Person { container, key, birth, .. } = *person;
    if birth.is_some_and(|birth| birth.first > on) {
        found.add(I::InFuture, container, key, Some("birth_date"));
    }
    let death = person.events.iter().find(|event| event.is("death")).and_then(|event| event.days);
    for held in &person.circumstances {
        stretch(held.record, birth, Some(on), found);
        let start = days(held.record.fields, "start");
        if start.zip(death).is_some_and(|(start, death)| start.first > death.last) {
            at(held.record, I::AfterDeath, "start", found);
        }
    }
    for support in &person.supports {
        // What is needed may be planned; what was received was received.
        let planned = is_flag(support.fields, "received", false);
        stretch(*support, birth, (!planned).then_some(on), found);
    }
    for event in &person.events {
        one_event(event, birth, on, found);
        let later = event.days.zip(death).is_some_and(|(days, death)| days.first > death.last);
        if later && !event.is("death") {
            at(event.record, I::AfterDeath, "date", found);
        }
    }
    let deaths: Vec<_> = person.events.iter().filter(|event| event.is("death")).collect();
    if deaths.len() > 1 {
        deaths.iter().for_each(|event| at(event.record, I::TwoDeaths, "kind", found));
    }
    stays(person, found);
}

fn at(record: Record<'_>, code: I, field: &str, found: &mut Found) {
    found.add(code, record.container, record.key, Some(field));
}

/// A circumstance or support: `until` is the last day on which it may have begun.
fn stretch(record: Record<'_>, birth: Option<Days>, until: Option<Date>, found: &mut Found) {
    let (start, end) = (days(record.fields, "start"), days(record.fields, "end"));
    if start.zip(end).is_some_and(|(start, end)| end.last < start.first) {
        at(record, I::EndBeforeStart, "end", found);
    }
    if start.zip(birth).is_some_and(|(start, birth)| start.last < birth.first) {
        at(record, I::BeforeBirth, "start", found);
    }
    if start.zip(until).is_some_and(|(start, until)| start.first > until) {
        at(record, I::InFuture, "start", found);
    }
}

fn one_event(event: &Event<'_>, birth: Option<Days>, on: Date, found: &mut Found) {
    let Some(days) = event.days else { return };
    if days.first > on {
        at(event.record, I::InFuture, "date", found);
    }
    let Some(birth) = birth else { return };
    if event.is("birth") {
        if days.last < birth.first || birth.last < days.first {
            at(event.record, I::BirthDiffers, "date", found);
        }
    } else if days.last < birth.first {
        at(event.record, I::BeforeBirth, "date", found);
    } else if event.is("turned_16") && days.last < birthday(birth.first, 16) {
        at(event.record, I::Turned16TooEarly, "date", found);
    }
}

/// Arrivals and departures take turns. Without an arrival somebody has lived here since birth.
fn stays(person: &Person<'_>, found: &mut Found) {
    let of = |kind: &'static str| person.events.iter().filter(move |event| event.is(kind));
    for (kind, other, code) in
        [("moved_in", "moved_out", I::ArrivedTwice), ("moved_out", "moved_in", I::LeftTwice)]
    {
        for first in of(kind) {
            for second in of(kind) {
                let Some((a, b)) = first.days.zip(second.days).filter(|(a, b)| a.last < b.first) else {
                    continue;
                };
                let between = of(other)
                    .any(|event| event.days.is_none_or(|days| days.last >= a.first && days.first <= b.last));
                if !between {
                    at(second.record, code, "date", found);
                }
            }
        }
    }
    let mut arrivals = of("moved_in");
    let (Some(arrival), None) = (arrivals.next(), arrivals.next()) else { return };
    let Some(arrived) = arrival.days else { return };
    let starts = person.circumstances.iter().map(|held| held.record).chain(person.supports.iter().copied());
    let mut signs: Vec<Days> = starts.filter_map(|record| days(record.fields, "start")).collect();
    signs.extend(person.events.iter().filter(|event| !event.is("moved_out")).filter_map(|event| event.days));
    for left in of("moved_out") {
        let Some(leaving) = left.days.filter(|leaving| leaving.last < arrived.first) else { continue };
        let lived_here = signs.iter().any(|sign| sign.first <= leaving.last);
        if !lived_here {
            at(left.record, I::LeftBeforeArrival, "date", found);
        }
    }
}

pub(super) fn visits(view: &View, on: Date, found: &mut Found) {
    for (key, fields) in view.of(Container::Visits).filter(|(_, fields)| !is_withdrawn(fields)) {
        if days(fields, "date").is_some_and(|days| days.first > on) {
            found.add(I::InFuture, Container::Visits, key, Some("date"));
        }
    }
}
