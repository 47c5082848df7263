//! Targets: what the plan promises, where the commune stands on a day, and who the figures are.
//!
//! Enters: sets of targets ([`schemas::target`]), the facts as they stand, numbers officers typed. Leaves: a page for
//! each set, the children behind each counted figure. Invariants: a figure is counted or typed as the set says,
//! never both; a typed one is a setting `target/<set>.<measure>/<year>` signed by its officer; a standing is "met" or
//! "missed" only if nothing undecided can change it.

mod behind;
mod plans;
mod typed;

use std::collections::BTreeMap;

use axum::http::StatusCode;
use maud::{Markup, html};
use schemas::target::{COLUMN_ALL, Decimal, Filled, Goal, Measure, Must, Target, TargetSet, target_sets};
use sync_core::date::Date;
use sync_core::tally::{Bounds, Counter, Period, Tally};
use sync_core::target::{Standing, share, standing, standing_of_typed};

use super::adhoc::days;
use super::input::{Errors, date_field, tick_field};
use super::{Access, Area, Asked, Fault, Language, Reply, Route, show};
use crate::office::{CountError, FactsAt};
use crate::problem::Problem;

pub(super) use plans::plans;

pub(super) const ROUTES: &[Route] = &[
    Route::get("/office/targets", Access::Officer, page),
    Route::post("/office/targets", Access::Officer, typed::take),
    Route::post("/office/targets/sets", Access::Officer, choose),
    Route::get("/office/targets/{set}/{measure}", Access::Officer, behind::page),
];

/// Which sets the commune follows: a list of their names.
const CHOSEN: &str = "targets/sets";

/// A set on a day, counted.
struct Counted {
    set: &'static TargetSet,
    period: Period,
    tally: Tally,
}

impl Counted {
    fn new(asked: &Asked, set: &'static TargetSet, period: Period, facts: &FactsAt) -> Result<Self, Fault> {
        let form = set.form();
        let sum = asked.office().counted(&form, period, None, facts)?;
        let counter = Counter::new(&form, period, None).map_err(CountError::from)?;
        Ok(Self { set, period, tally: counter.tally(&sum, &BTreeMap::new()) })
    }

    /// Numerator and denominator of a counted measure.
    fn counts(&self, measure: &Measure) -> (Bounds, Bounds) {
        let columns = self.set.form().columns;
        let place = |code: &str| columns.iter().position(|column| column.code == code).unwrap_or_default();
        let children = |line: &str, column: &str| {
            self.tally.cell(line, place(column)).map(|cell| cell.children).unwrap_or_default()
        };
        (children(&measure.line(), &measure.column()), children(&measure.of_line(), COLUMN_ALL))
    }
}

impl From<CountError> for Fault {
    fn from(error: CountError) -> Self {
        match error {
            CountError::Office(problem) => problem.into(),
            // The forms are made by the program: a form that can't be counted is a fault of it.
            CountError::Tally(_) => Problem::from(crate::problem::Code::Internal).into(),
        }
    }
}

/// The set of this name.
fn set_named(name: &str) -> Option<&'static TargetSet> {
    target_sets().iter().find(|set| set.set == name)
}

/// The sets the commune follows; none: it has not chosen yet.
fn followed(asked: &Asked) -> Result<Option<Vec<&'static TargetSet>>, Problem> {
    let setting = asked.office().setting_now(CHOSEN)?;
    let Some(names) = setting.as_ref().and_then(|list| list.as_array()) else { return Ok(None) };
    let follows = |set: &&TargetSet| names.iter().any(|name| name.as_str() == Some(&set.set));
    Ok(Some(target_sets().iter().filter(follows).collect()))
}

/// The sets on the page: until the commune chose, every one there is to choose from.
fn chosen(asked: &Asked) -> Result<Vec<&'static TargetSet>, Problem> {
    Ok(followed(asked)?.unwrap_or_else(|| target_sets().iter().collect()))
}

/// Twelve months up to and including a day.
fn year_to(as_of: Date) -> Period {
    let from = as_of.saturating_sub(jiff::Span::new().years(1)).tomorrow().unwrap_or(as_of);
    Period::new(from.min(as_of), as_of).expect("a year before a day is before it")
}

/// The day asked for; today where there is none, or where it can't be one, which `errors` then says.
fn as_of(asked: &Asked, errors: &mut Errors) -> Date {
    days::day(asked, "as_of", asked.query("as_of"), asked.today(), errors)
}

fn page(asked: &Asked) -> Result<Reply, Fault> {
    let mut errors = Errors::default();
    let as_of = as_of(asked, &mut errors);
    let chosen = chosen(asked)?;
    let set = asked.query("set").and_then(set_named).or(chosen.first().copied());
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    shown(asked, status, set, as_of, &typed::Form::default(), &errors)
}

/// The page of a set: also when what was typed has to be typed again.
fn shown(
    asked: &Asked,
    status: StatusCode,
    set: Option<&'static TargetSet>,
    as_of: Date,
    form: &typed::Form,
    errors: &Errors,
) -> Result<Reply, Fault> {
    let chosen = chosen(asked)?;
    let table = match set {
        Some(set) => Some(one_set(asked, set, as_of, form, errors)?),
        None => None,
    };
    let typed = match errors.of("as_of") {
        Some(_) => asked.query("as_of").unwrap_or_default().to_owned(),
        None => show::day(as_of),
    };
    let day = date_field("as_of", asked.t("targets.as_of"), &typed, errors.of("as_of"));
    let body = html! {
        (errors.summary(asked))
        nav.target-sets.screen-only aria-label=(asked.t("targets.sets")) { ul {
            @for known in &chosen {
                li { a href=(address(known, as_of)) aria-current=[(set == Some(*known)).then_some("page")] {
                    (known.commune) " (" (known.year) ")"
                } }
            }
        } }
        form.filters.screen-only method="get" action="/office/targets" {
            @if let Some(set) = set { input type="hidden" name="set" value=(set.set); }
            (day)
            button type="submit" { (asked.t("targets.show")) }
        }
        @match table {
            Some(table) => (table),
            None => p { (asked.t("targets.none_chosen")) },
        }
        (choice(asked, &chosen))
    };
    Ok(asked.page_with(status, Area::Targets, asked.t("targets.title"), body))
}

fn address(set: &TargetSet, as_of: Date) -> String {
    format!("/office/targets?set={}&as_of={as_of}", set.set)
}

fn one_set(
    asked: &Asked,
    set: &'static TargetSet,
    as_of: Date,
    form: &typed::Form,
    errors: &Errors,
) -> Result<Markup, Fault> {
    let counted = Counted::new(asked, set, year_to(as_of), &*asked.facts()?)?;
    let numbers = typed::Numbers::of(asked, set, as_of.year())?;
    let standings: Vec<Standing> =
        set.measures().map(|measure| standing_of(&counted, &numbers, measure)).collect();
    let count = |of: Standing| standings.iter().filter(|standing| **standing == of).count().to_string();
    let number = |of: Standing| (of, count(of));
    let totals = [Standing::Met, Standing::Missed, Standing::Undecided, Standing::NoData].map(number);
    Ok(html! {
        section.target-set aria-labelledby="set" {
            h2 #set { (set.title) }
            p.muted { (asked.tn("targets.source", &[("commune", &set.commune)])) }
            p { (asked.tn("targets.on", &[("day", &show::day(as_of)), ("from", &show::day(counted.period.from()))])) }
            p.target-totals {
                @for (standing, count) in &totals { (tag(asked, *standing)) " " strong { (count) } " " }
            }
            form method="post" action="/office/targets" {
                (asked.token())
                input type="hidden" name="set" value=(set.set);
                input type="hidden" name="as_of" value=(as_of);
                div.scroll { table.grid.targets {
                    caption { (asked.tn("targets.table", &[("year", &as_of.year().to_string())])) }
                    thead { tr {
                        th scope="col" { (asked.t("targets.number")) }
                        th scope="col" { (asked.t("targets.target")) }
                        th scope="col" { (asked.t("targets.goals")) }
                        th scope="col" { (asked.t("targets.reached")) }
                        th scope="col" { (asked.t("targets.standing")) }
                    } }
                    @for section in &set.sections {
                        tbody {
                            @if !section.title.is_empty() {
                                tr.section { th scope="colgroup" colspan="5" { (section.title) } }
                            }
                            @for target in &section.targets {
                                (rows(asked, &counted, &numbers, target, form, errors))
                            }
                        }
                    }
                } }
                @if set.measures().any(|measure| matches!(measure.filled, Filled::Typed { .. })) {
                    p.screen-only {
                        button type="submit" { (asked.tn("targets.save", &[("year", &as_of.year().to_string())])) }
                    }
                }
            }
        }
    })
}

fn standing_of(counted: &Counted, numbers: &typed::Numbers, measure: &Measure) -> Standing {
    let goal = measure.goal_in(counted.period.as_of().year());
    match &measure.filled {
        Filled::Counted { .. } => {
            let (part, whole) = counted.counts(measure);
            standing(&goal, part, whole, measure.unit)
        }
        Filled::Typed { .. } => standing_of_typed(&goal, numbers.of_measure(&measure.id)),
    }
}

fn rows(
    asked: &Asked,
    counted: &Counted,
    numbers: &typed::Numbers,
    target: &Target,
    form: &typed::Form,
    errors: &Errors,
) -> Markup {
    let as_of = counted.period.as_of();
    let due = |measure: &Measure| measure.goal_in(as_of.year());
    html! {
        @for (place, measure) in target.measures.iter().enumerate() {
            tr {
                @if place == 0 {
                    th scope="rowgroup" rowspan=(target.measures.len()) {
                        (target.number)
                        div.muted.section-of { (target.source.section) }
                    }
                }
                td.target {
                    strong { (label(asked, measure)) }
                    @if place == 0 { p.wording lang="vi" { (target.wording) } }
                    @if let Some(note) = note(asked, measure) { p.muted { (note) } }
                }
                td.num { @for goal in &measure.goals {
                    div.goal-due[*goal == due(measure)] { (promised(asked, goal, measure)) }
                } }
                td.reached { @match &measure.filled {
                    Filled::Counted { .. } => (reached(asked, counted, measure)),
                    Filled::Typed { .. } => (typed::cell(asked, numbers, measure, form, errors)),
                } }
                td { (tag(asked, standing_of(counted, numbers, measure))) }
            }
        }
    }
}

fn label<'m>(asked: &Asked, measure: &'m Measure) -> &'m str {
    if asked.language() == Language::Vi { &measure.label } else { &measure.label_en }
}

/// How a plan's words are read, or why a figure is typed in.
fn note<'m>(asked: &Asked, measure: &'m Measure) -> Option<&'m str> {
    let (vi, en) = match &measure.filled {
        Filled::Counted { note, note_en, .. } => (note.as_deref()?, note_en.as_deref()?),
        Filled::Typed { reason, reason_en } => (reason.as_str(), reason_en.as_str()),
    };
    Some(if asked.language() == Language::Vi { vi } else { en })
}

/// `≥ 76,9% (2025)`.
fn promised(asked: &Asked, goal: &Goal, measure: &Measure) -> String {
    let sign = match goal.must {
        Must::AtLeast => "≥",
        Must::Above => ">",
        Must::AtMost => "≤",
        Must::Below => "<",
    };
    let value = format!("{sign} {}{}", decimal(goal.value), measure.unit.sign());
    match goal.year {
        Some(year) => format!("{value} ({year})"),
        None => format!("{value} {}", asked.t("targets.every_year")),
    }
}

/// As Vietnamese write it: `1.234,5`.
fn decimal(number: Decimal) -> String {
    let whole = show::number(number.thousandths() / 1000);
    match number.to_string().split_once('.') {
        Some((_, decimals)) => format!("{whole},{decimals}"),
        None => whole,
    }
}

fn reached(asked: &Asked, counted: &Counted, measure: &Measure) -> Markup {
    let (part, whole) = counted.counts(measure);
    let behind =
        format!("/office/targets/{}/{}?as_of={}", counted.set.set, measure.id, counted.period.as_of());
    html! {
        (shared(asked, part, whole, measure))
        div { a href=(behind) { (show::bounds(part)) " / " (show::bounds(whole)) " " (asked.t("targets.children")) } }
    }
}

/// The share that a measure is at.
fn shared(asked: &Asked, part: Bounds, whole: Bounds, measure: &Measure) -> Markup {
    html! { @match share(part, whole, measure.unit) {
        None => span.muted { (asked.t("targets.nobody")) },
        Some(share) if share.least == share.most => strong { (rounded(share.least)) (measure.unit.sign()) },
        Some(share) => span.undecided { (rounded(share.least)) "–" (rounded(share.most)) (measure.unit.sign()) },
    } }
}

/// To hundredths: more would look exacter than the register is.
fn rounded(number: Decimal) -> String {
    decimal(Decimal::of_thousandths((number.thousandths() + 5) / 10 * 10))
}

fn tag(asked: &Asked, standing: Standing) -> Markup {
    html! { @match standing {
        Standing::Met => span.tag.tag-ok { (asked.t("targets.met")) },
        Standing::Missed => span.tag.tag-bad { (asked.t("targets.missed")) },
        Standing::Undecided => span.tag.tag-warn { (asked.t("targets.undecided")) },
        Standing::NoData => span.tag { (asked.t("targets.no_data")) },
    } }
}

/// Which plans the commune follows.
fn choice(asked: &Asked, chosen: &[&'static TargetSet]) -> Markup {
    html! {
        details.screen-only {
            summary { (asked.t("targets.choose")) }
            form method="post" action="/office/targets/sets" {
                (asked.token())
                p { (asked.t("targets.choose_why")) }
                @for set in target_sets() {
                    @let name = format!("{} – {}", set.commune, set.title);
                    (tick_field("follow", &set.set, &name, chosen.contains(&set)))
                }
                button type="submit" { (asked.t("targets.choose_save")) }
            }
        }
    }
}

fn choose(asked: &Asked) -> Result<Reply, Fault> {
    let names: Vec<&str> = asked.fields("follow").filter(|name| set_named(name).is_some()).collect();
    asked.office().set_by(&asked.officer().author, CHOSEN, &serde_json::Value::from(names), asked.now())?;
    asked.say(super::page::Say::Done, asked.t("targets.chosen").to_owned());
    Ok(Reply::see("/office/targets"))
}
