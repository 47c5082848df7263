//! What holds at one time: circumstances against age, parents, schooling, the household and each other.

use std::collections::BTreeMap;

use schemas::catalogue::{CircumstanceCode, Cut, circumstance};

use super::read::{Days, Held, Person, agreed, texts};
use super::{Found, IssueCode as I};
use crate::date::Date;
use crate::document::{Container, View};
use crate::tally::birthday;

/// Is `years` old or older on `on`, whatever a partly known birth date means.
pub(crate) fn has_turned(birth: Days, years: u8, on: Date) -> bool {
    birthday(birth.last, years) <= on
}

/// May be `years` old or older.
pub(crate) fn may_have_turned(birth: Days, years: u8, on: Date) -> bool {
    birthday(birth.first, years) <= on
}

/// May be younger than `years`.
pub(crate) fn may_be_under(birth: Days, years: u8, on: Date) -> bool {
    !has_turned(birth, years, on)
}

pub(super) fn check(view: &View, person: &Person<'_>, on: Date, found: &mut Found) {
    if person.is_gone(on) {
        return;
    }
    let open = || person.circumstances.iter().filter(|held| held.open);
    for held in open() {
        // A code of an earlier year that became several lines, or none.
        let mut known = texts(held.record.fields, "code").filter(|code| circumstance(code).is_some());
        if known.next().is_some() && agreed(held.record.fields, "code").is_some() && held.possible.len() != 1
        {
            at(held, I::CodeNeedsChoice, "code", found);
        }
    }
    let Person { container, key, birth, .. } = *person;
    if birth.is_some_and(|birth| has_turned(birth, 16, on)) {
        open().for_each(|held| at(held, I::OpenAfter16, "end", found));
        return;
    }
    if container == Container::Members && birth.is_some_and(|birth| !may_have_turned(birth, 16, on)) {
        found.add(I::MemberUnder16, container, key, Some("birth_date"));
    }
    for (held, code) in open().filter_map(|held| Some((held, held.code()?))) {
        poverty(view, held, code, found);
        parents(person, held, code, found);
        let in_school = agreed(person.fields, "schooling")
            .is_some_and(|stage| ["primary", "lower_secondary", "upper_secondary"].contains(&stage));
        if in_school && is_dropout(code) {
            at(held, I::DropoutInSchool, "code", found);
        }
    }
    exclusive(person, found);
    first_cut(person, found);
    not_recorded(person, found);
}

fn at(held: &Held<'_>, code: I, field: &str, found: &mut Found) {
    found.add(code, held.record.container, held.record.key, Some(field));
}

fn is_dropout(code: &CircumstanceCode) -> bool {
    matches!(code.group(), Some("III.2" | "II.8"))
}

/// Lines that say that father or mother, one of them, is dead.
fn is_half_orphan(code: &CircumstanceCode) -> bool {
    matches!(code.code(), "II.3.1" | "II.3.2" | "II.3.3" | "III.7")
}

fn poverty(view: &View, held: &Held<'_>, code: &CircumstanceCode, found: &mut Found) {
    if code.group() != Some("II.13") {
        return;
    }
    match (agreed(&view.household, "poverty_status"), code.code()) {
        (Some("neither"), _) => at(held, I::IllButNotPoor, "code", found),
        (Some("near_poor"), "II.13.1") | (Some("poor"), "II.13.2") => {
            at(held, I::IllOtherPoverty, "code", found);
        }
        _ => {}
    }
}

fn parents(person: &Person<'_>, held: &Held<'_>, code: &CircumstanceCode, found: &mut Found) {
    let [father, mother] = ["father_status", "mother_status"].map(|name| agreed(person.fields, name));
    let both = |status: &str| father == Some(status) && mother == Some(status);
    if code.group() == Some("II.1") && (father == Some("living") || mother == Some("living")) {
        at(held, I::OrphanParentLiving, "code", found);
    }
    if is_half_orphan(code) && both("living") {
        at(held, I::HalfOrphanBothLiving, "code", found);
    }
    if is_half_orphan(code) && both("dead") {
        at(held, I::HalfOrphanBothDead, "code", found);
    }
    if matches!(code.code(), "II.3.4" | "II.3.5" | "II.3.6") && both("living") {
        at(held, I::MissingParentLiving, "code", found);
    }
}

/// Of a first cut a child is in one line; so it is of the care arrangements of II.3, not of the kinds of
/// disability.
fn exclusive(person: &Person<'_>, found: &mut Found) {
    let mut cuts: BTreeMap<(&str, bool), Vec<(&Held<'_>, &str)>> = BTreeMap::new();
    let mut same: BTreeMap<&str, Vec<&Held<'_>>> = BTreeMap::new();
    for held in person.circumstances.iter().filter(|held| held.open) {
        let Some(code) = held.code() else { continue };
        same.entry(code.code()).or_default().push(held);
        let is_second = code.cut == Cut::Second;
        let is_exclusive =
            matches!(code.cut, Cut::Cause | Cut::Level) || (is_second && code.group() == Some("II.3"));
        if let Some(parent) = code.entry.parent.as_deref().filter(|_| is_exclusive) {
            cuts.entry((parent, is_second)).or_default().push((held, code.code()));
        }
    }
    for twice in same.values().filter(|list| list.len() > 1) {
        twice.iter().for_each(|held| at(held, I::CircumstanceTwice, "code", found));
    }
    for ((parent, _), list) in cuts {
        if list.iter().any(|(_, code)| *code != list[0].1) {
            let code = if parent == "II.4" { I::TwoLevels } else { I::TwoLines };
            list.iter().for_each(|(held, _)| at(held, code, "code", found));
        }
    }
}

/// A line of a second cut stands beside a line of the first, or the group itself.
fn first_cut(person: &Person<'_>, found: &mut Found) {
    for held in person.circumstances.iter().filter(|held| held.open) {
        let Some(code) = held.code().filter(|code| matches!(code.cut, Cut::Second | Cut::Within)) else {
            continue;
        };
        let is_first = |other: &CircumstanceCode| {
            other.group() == code.group() && matches!(other.cut, Cut::Group | Cut::Cause | Cut::Level)
        };
        if code.derived_from.is_none() && !may_hold(person, is_first) {
            let missing =
                if code.group() == Some("II.4") { I::MissingDisabilityLevel } else { I::MissingGroupLine };
            at(held, missing, "code", found);
        }
    }
}

fn may_hold(person: &Person<'_>, is: impl Fn(&CircumstanceCode) -> bool) -> bool {
    person.circumstances.iter().any(|held| held.may_hold && held.possible.iter().any(|code| is(code)))
}

/// What the child's own fields say, and no circumstance does: it would be counted in no line.
fn not_recorded(person: &Person<'_>, found: &mut Found) {
    let mut add = |code, field| found.add(code, person.container, person.key, Some(field));
    match ["father_status", "mother_status"].map(|name| agreed(person.fields, name)) {
        [Some("dead"), Some("dead")] if !may_hold(person, |code| code.group() == Some("II.1")) => {
            add(I::OrphanNotRecorded, "father_status");
        }
        [Some("dead"), Some("living")] if !may_hold(person, is_half_orphan) => {
            add(I::HalfOrphanNotRecorded, "father_status");
        }
        [Some("living"), Some("dead")] if !may_hold(person, is_half_orphan) => {
            add(I::HalfOrphanNotRecorded, "mother_status");
        }
        _ => {}
    }
    if agreed(person.fields, "schooling") == Some("dropped_out") && !may_hold(person, is_dropout) {
        add(I::DropoutNotRecorded, "schooling");
    }
}
