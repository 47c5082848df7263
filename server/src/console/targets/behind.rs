//! One counted figure: what the plan promises, what it is divided by, where it stands, and the children behind it –
//! those it counts, and those of its denominator that it does not.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use maud::{Markup, html};
use schemas::target::{COLUMN_ALL, Filled, Measure};
use serde_json::json;
use sync_core::facts::PersonRef;
use sync_core::tally::ExplainedChild;
use sync_core::target::standing;

use super::{Counted, as_of, label, note, promised, set_named, shared, tag, year_to};
use crate::console::adhoc::note_restricted;
use crate::console::adhoc::rows::{self, Listed};
use crate::console::input::Errors;
use crate::console::villages::Villages;
use crate::console::{Area, Asked, Fault, Reply, show};

/// Which of them are listed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    Counted,
    Missing,
}

impl Who {
    fn code(self) -> &'static str {
        match self {
            Self::Counted => "counted",
            Self::Missing => "missing",
        }
    }
}

/// `/office/targets/{set}/{measure}?as_of=&who=&page=`.
pub(super) fn page(asked: &Asked) -> Result<Reply, Fault> {
    let set = set_named(asked.path("set")).ok_or(Fault::NotFound)?;
    let measure = set.measure(asked.path("measure")).ok_or(Fault::NotFound)?;
    if !matches!(measure.filled, Filled::Counted { .. }) {
        return Err(Fault::NotFound);
    }
    let mut errors = Errors::default();
    let as_of = as_of(asked, &mut errors);
    if !errors.is_empty() {
        return Err(Fault::Refused(StatusCode::UNPROCESSABLE_ENTITY, "lists.bad_day"));
    }
    let goal = measure.goal_in(as_of.year());
    let facts = asked.facts()?;
    let form = set.form();
    let lines = [measure.line(), measure.of_line()];
    if lines.iter().filter_map(|line| form.line(line)).any(|line| form.counts_restricted(line)) {
        let list = json!({
            "list": "target", "set": set.set, "measure": measure.id, "as_of": as_of.to_string(),
        });
        note_restricted(asked, &facts, list)?;
    }
    let explained = |line: &str, column: &str| {
        asked.office().explained(&form, year_to(as_of), None, &facts, (line, column))
    };
    let counted = explained(&measure.line(), &measure.column())?;
    let of = explained(&measure.of_line(), COLUMN_ALL)?;
    let surely: BTreeSet<&PersonRef> =
        counted.children.iter().filter(|child| child.certain).flat_map(|child| &child.records).collect();
    // Whoever is not surely counted is to be looked after, or at.
    let missing: Vec<&ExplainedChild> = of
        .children
        .iter()
        .filter(|child| !child.records.iter().any(|record| surely.contains(record)))
        .collect();
    let who = match asked.query("who") {
        Some("counted") => Who::Counted,
        Some("missing") => Who::Missing,
        _ if goal.must.rises() => Who::Missing,
        _ => Who::Counted,
    };
    let maybe: BTreeSet<&PersonRef> =
        counted.children.iter().filter(|child| !child.certain).flat_map(|child| &child.records).collect();
    let listed: Vec<Listed> = match who {
        Who::Counted => counted.children.iter().filter_map(|child| listed(child, child.certain)).collect(),
        Who::Missing => {
            let surely_missing = |child: &ExplainedChild| {
                child.certain && !child.records.iter().any(|record| maybe.contains(record))
            };
            missing.iter().filter_map(|child| listed(child, surely_missing(child))).collect()
        }
    };
    let base = format!("/office/targets/{}/{}?as_of={as_of}", set.set, measure.id);
    let tabs = [
        (Who::Counted, "targets.counted", counted.children.len()),
        (Who::Missing, "targets.missing", missing.len()),
    ];
    let (villages, address) = (Villages::on(asked, as_of)?, format!("{base}&who={}", who.code()));
    let table = rows::table(asked, &villages, &listed, asked.t("targets.list"), &address, &[])?;
    let body = html! {
        nav.crumbs { a href=(super::address(set, as_of)) { (asked.t("targets.title")) } }
        (told(asked, &Counted::new(asked, set, year_to(as_of), &facts)?, measure))
        @if let Some(note) = note(asked, measure) { p.muted { (note) } }
        @if !counted.sealed.is_empty() {
            p.message.warn { (asked.tn("targets.sealed", &[("count", &counted.sealed.len().to_string())])) }
        }
        nav.target-sets.screen-only aria-label=(asked.t("targets.who")) { ul {
            @for (tab, words, count) in tabs {
                li { a href={ (base) "&who=" (tab.code()) } aria-current=[(tab == who).then_some("page")] {
                    (asked.t(words)) " (" (show::number(count as u64)) ")"
                } }
            }
        } }
        (table)
    };
    Ok(asked.page(Area::Targets, label(asked, measure), body))
}

/// The plan's own sentence, its values, and the figure in full.
fn told(asked: &Asked, counted: &Counted, measure: &Measure) -> Markup {
    let (set, as_of) = (counted.set, counted.period.as_of());
    let target = set.sections.iter().flat_map(|section| &section.targets);
    let target = target.into_iter().find(|target| target.measures.contains(measure));
    let due = measure.goal_in(as_of.year());
    let (part, whole) = counted.counts(measure);
    html! {
        @if let Some(target) = target {
            blockquote.wording lang="vi" { (target.number) ". " (target.wording) }
            p.muted { (asked.tn("targets.source_of", &[("plan", &set.title), ("commune", &set.commune), ("section", &target.source.section)])) }
        }
        p { (asked.tn("targets.on", &[("day", &show::day(as_of)), ("from", &show::day(counted.period.from()))])) }
        dl.facts {
            dt { (asked.t("targets.goals")) }
            dd { @for goal in &measure.goals { div.goal-due[*goal == due] { (promised(asked, goal, measure)) } } }
            dt { (asked.t("targets.part")) } dd { (show::bounds(part)) }
            dt { (asked.t("targets.whole")) } dd { (show::bounds(whole)) }
            dt { (asked.t("targets.share")) } dd { (shared(asked, part, whole, measure)) }
            dt { (asked.t("targets.standing")) }
            dd { (tag(asked, standing(&due, part, whole, measure.unit))) }
        }
    }
}

/// A child by its first record: linked ones are all on its household's page.
fn listed(child: &ExplainedChild, certain: bool) -> Option<Listed> {
    child.records.first().map(|record| Listed::of(record.clone(), certain))
}
