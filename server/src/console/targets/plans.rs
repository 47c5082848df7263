//! Where the commune stands against the plans it follows, as the narrative report says it: always in Vietnamese.

use schemas::target::{Filled, Measure, Must};
use sync_core::date::Date;
use sync_core::target::share;

use super::{Counted, decimal, followed, rounded, typed, year_to};
use crate::console::{Asked, Fault, show};
use crate::office::FactsAt;
use crate::report::{Plan, TargetFigure};

/// The plans the commune follows, none until it chose, with what is promised for `due` and what is reached on `as_of`.
///
/// # Errors
/// Those of counting and of the database.
pub(in crate::console) fn plans(
    asked: &Asked,
    as_of: Date,
    due: i16,
    facts: &FactsAt,
) -> Result<Vec<Plan>, Fault> {
    let mut plans = Vec::new();
    for set in followed(asked)?.unwrap_or_default() {
        let counted = Counted::new(asked, set, year_to(as_of), facts)?;
        let numbers = typed::Numbers::of(asked, set, as_of.year())?;
        let targets = set.sections.iter().flat_map(|section| &section.targets);
        let figures = targets.flat_map(|target| target.measures.iter().map(move |measure| (target, measure)));
        let figures = figures.map(|(target, measure)| TargetFigure {
            number: target.number.clone(),
            what: measure.label.clone(),
            promised: promised(measure, due),
            reached: match &measure.filled {
                Filled::Counted { .. } => Some(reached(&counted, measure)),
                Filled::Typed { .. } => numbers
                    .of_measure(&measure.id)
                    .map(|number| format!("{}{}", decimal(number), measure.unit.sign())),
            },
        });
        let title = format!("{} ({})", set.title, set.commune);
        plans.push(Plan { set: set.set.clone(), title, figures: figures.collect() });
    }
    Ok(plans)
}

/// `≥ 76,9% (năm 2025)`.
fn promised(measure: &Measure, due: i16) -> String {
    let goal = measure.goal_in(due);
    let value = format!("{}{}", decimal(goal.value), measure.unit.sign());
    let sign = match (goal.must, value.as_str()) {
        // Nothing is above all, nor below none.
        (Must::AtLeast, "100%") | (Must::AtMost, "0" | "0%") => "",
        (Must::AtLeast, _) => "≥ ",
        (Must::Above, _) => "> ",
        (Must::AtMost, _) => "≤ ",
        (Must::Below, _) => "< ",
    };
    let year = goal.year.map_or_else(|| "hằng năm".to_owned(), |year| format!("năm {year}"));
    format!("{sign}{value} ({year})")
}

/// `80% (120/150 trẻ em)`; what is not settled stands as least–most.
fn reached(counted: &Counted, measure: &Measure) -> String {
    let (part, whole) = counted.counts(measure);
    let Some(share) = share(part, whole, measure.unit) else {
        return "chưa có trẻ em nào thuộc diện tính".into();
    };
    let number = |bounds: sync_core::tally::Bounds| match bounds.exact() {
        Some(exact) => show::number(exact),
        None => format!("{}–{}", show::number(bounds.least), show::number(bounds.most)),
    };
    let share = match (rounded(share.least), rounded(share.most)) {
        (least, most) if least == most => least,
        (least, most) => format!("{least}–{most}"),
    };
    format!("{share}{} ({}/{} trẻ em)", measure.unit.sign(), number(part), number(whole))
}
