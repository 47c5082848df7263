//! An independent count of 03/TE, column 1, straight from the generator's own structures.
//!
//! It shares no code with the core: dates are compared as (year, month, day), lines are prefixes of
//! codes. What is counted is the register as imported, every restricted fact opened, before any round.
//!
//! Rules, as the project decided them: a stock line counts distinct children under 16 who are present on
//! the as-of date; IV.2.1 and IV.2.2 count distinct children hurt or killed within the period while
//! under 16, an injury death being an injury too; a group is the distinct children of its lines.
//! Deaths, departures and injuries carry exact dates, so only births and starts make least differ from
//! most.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sync_core::date::{Date, PartialDate};

use super::model::{Child, Commune, Household, Poverty, Sex};

/// Distinct children, at least and at most: they differ where a date is known too roughly.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Surely counted.
    pub least: u32,
    /// Possibly counted.
    pub most: u32,
}

impl Count {
    fn add(&mut self, sure: bool, possible: bool) {
        self.least += u32::from(sure);
        self.most += u32::from(possible);
    }
}

/// Whether a circumstance code lies in a line: it is the line, or below it.
///
/// `II.4.1` lies in `II.4.1`, `II.4` and `II`, not in `II.4.10`.
#[must_use]
pub fn lies_in(code: &str, line: &str) -> bool {
    code.strip_prefix(line).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
}

/// Lines of 03/TE that are counts, in the order of the form.
pub const LINES: &[&str] = &[
    "I.1",
    "I.1.1",
    "I.1.2",
    "I.1.3-1",
    "I.1.3-2",
    "II",
    "II.1",
    "II.1.1",
    "II.1.2",
    "II.1.3",
    "II.1.4",
    "II.2",
    "II.2.1",
    "II.2.2",
    "II.3",
    "II.3.1",
    "II.3.2",
    "II.3.3",
    "II.3.4",
    "II.3.5",
    "II.3.6",
    "II.3.7",
    "II.3.8",
    "II.3.9",
    "II.3.10",
    "II.3.11",
    "II.3.12",
    "II.3.13",
    "II.3.14",
    "II.3.15",
    "II.4",
    "II.4.1",
    "II.4.2",
    "II.4.3",
    "II.4.4",
    "II.4.4-1",
    "II.4.4-2",
    "II.4.4-3",
    "II.4.4-4",
    "II.4.4-5",
    "II.4.4-6",
    "II.4.4-6-1",
    "II.5",
    "II.5.1",
    "II.5.2",
    "II.6",
    "II.6.1",
    "II.6.1-1",
    "II.6.1-2",
    "II.6.2",
    "II.6.2-1",
    "II.6.2-2",
    "II.6.3",
    "II.6.3-1",
    "II.6.3-2",
    "II.7",
    "II.7.1",
    "II.7.2",
    "II.8",
    "II.8.1",
    "II.8.2",
    "II.9",
    "II.10",
    "II.10.1",
    "II.10.2",
    "II.10.3",
    "II.10.4",
    "II.10.5",
    "II.11",
    "II.11.1",
    "II.11.2",
    "II.11.3",
    "II.11.4",
    "II.11.5",
    "II.12",
    "II.12.1",
    "II.12.2",
    "II.13",
    "II.13.1",
    "II.13.2",
    "II.14",
    "II.14.1",
    "II.14.2",
    "II.14.3",
    "III",
    "III.1",
    "III.1-1",
    "III.2",
    "III.3",
    "III.4",
    "III.5",
    "III.6",
    "III.7",
    "IV",
    "IV.1",
    "IV.2",
    "IV.2.1",
    "IV.2.2",
    "IV.2.2-1",
    "IV.2.2-2",
];

/// Column 1 of 03/TE by line code: the stock on `as_of`, the flow from `from` to `as_of`, both included.
#[must_use]
pub fn form_03(commune: &Commune, from: Date, as_of: Date) -> BTreeMap<String, Count> {
    form_03_of(commune.children(), from, as_of)
}

/// The same count over some of the children, such as those of one village.
pub fn form_03_of<'a>(
    children: impl IntoIterator<Item = (&'a Household, &'a Child)>,
    from: Date,
    as_of: Date,
) -> BTreeMap<String, Count> {
    let mut counts: BTreeMap<String, Count> =
        LINES.iter().map(|line| ((*line).to_owned(), Count::default())).collect();
    for (household, child) in children {
        for line in LINES {
            let (sure, possible) = counted(household, child, line, from, as_of);
            counts.get_mut(*line).expect("every line has a count").add(sure, possible);
        }
    }
    counts
}

type Ymd = (i16, i8, i8);

fn ymd(date: Date) -> Ymd {
    (date.year(), date.month(), date.day())
}

/// Whether the child is (surely, possibly) under 16 on a day: the sixteenth birthday is still to come.
fn under_16(birth: PartialDate, day: Date) -> (bool, bool) {
    let sixteen_years_before = (day.year() - 16, day.month(), day.day());
    let is_under = |born: Date| ymd(born) > sixteen_years_before && ymd(born) <= ymd(day);
    let (first, last) = (is_under(birth.first()), is_under(birth.last()));
    (first && last, first || last)
}

fn both(a: (bool, bool), b: (bool, bool)) -> (bool, bool) {
    (a.0 && b.0, a.1 && b.1)
}

fn either(a: (bool, bool), b: (bool, bool)) -> (bool, bool) {
    (a.0 || b.0, a.1 || b.1)
}

fn counted(household: &Household, child: &Child, line: &str, from: Date, as_of: Date) -> (bool, bool) {
    let gone = child
        .events
        .iter()
        .any(|e| (e.kind == "death" || e.kind == "moved_out") && ymd(e.date) <= ymd(as_of));
    let stock = both((!gone, !gone), under_16(child.birth, as_of));
    let stock_if = |holds: bool| both(stock, (holds, holds));
    match line {
        "I.1" => stock,
        "I.1.1" => stock_if(child.sex == Sex::Male),
        "I.1.2" => stock_if(child.sex == Sex::Female),
        "I.1.3-1" => stock_if(child.ethnicity == "01"),
        "I.1.3-2" => stock_if(child.ethnicity != "01"),
        "III.1" => stock_if(household.poverty != Poverty::Neither),
        "III.1-1" => stock_if(household.poverty == Poverty::Poor),
        "III" => either(
            stock_if(household.poverty != Poverty::Neither),
            both(stock, circumstance(child, line, as_of)),
        ),
        "IV" => either(both(stock, circumstance(child, "IV.1", as_of)), harmed(child, "IV.2.1", from, as_of)),
        "IV.2" => harmed(child, "IV.2.1", from, as_of),
        _ if line.starts_with("IV.2.") => harmed(child, line, from, as_of),
        _ => both(stock, circumstance(child, line, as_of)),
    }
}

/// Whether a circumstance of the line (surely, possibly) holds on the day.
fn circumstance(child: &Child, line: &str, day: Date) -> (bool, bool) {
    child.circumstances.iter().filter(|held| lies_in(&held.code, line)).fold((false, false), |any, held| {
        let began = |start: Date| ymd(start) <= ymd(day);
        let holds = held.start.map_or((true, true), |start| (began(start.last()), began(start.first())));
        either(any, holds)
    })
}

/// Whether an accident of the line befell the child within the period, while under 16.
fn harmed(child: &Child, line: &str, from: Date, as_of: Date) -> (bool, bool) {
    child.events.iter().filter(|e| ymd(from) <= ymd(e.date) && ymd(e.date) <= ymd(as_of)).fold(
        (false, false),
        |any, event| {
            let cause = event.cause.as_deref().unwrap_or_default();
            let killed = event.kind == "death" && cause.starts_with("injury_");
            let matches = match line {
                "IV.2.1" => killed || event.kind == "injury",
                "IV.2.2" => killed,
                "IV.2.2-1" => killed && cause == "injury_drowning",
                _ => killed && cause == "injury_traffic",
            };
            if matches { either(any, under_16(child.birth, event.date)) } else { any }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_lies_in_its_line_and_the_groups_above() {
        assert!(lies_in("II.4.1", "II.4.1") && lies_in("II.4.1", "II.4") && lies_in("II.4.1", "II"));
        assert!(lies_in("II.4.4-6-1", "II.4.4-6") && lies_in("II.4", "II.4"));
        assert!(!lies_in("II.4.10", "II.4.1") && !lies_in("III.2", "II") && !lies_in("II.4", "II.4.1"));
    }

    #[test]
    fn a_child_is_under_16_until_the_day_before_the_birthday() {
        let day = Date::constant(2024, 11, 20);
        for (birth, sure, possible) in [
            ("2008-11-20", false, false),
            ("2008-11-21", true, true),
            ("2008-11", false, true),
            ("2008", false, true),
            ("2009", true, true),
        ] {
            assert_eq!(under_16(birth.parse().expect("a date"), day), (sure, possible), "{birth}");
        }
    }
}
