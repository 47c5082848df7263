//! The close of a review round: how far it is, and the village's own 03/TE.

use std::collections::BTreeMap;

use device_store::SqliteStore;
use schemas::form::{LineSource, form};
use serde::Serialize;
use sync_core::date::Date;
use sync_core::id::DocumentId;
use sync_core::pairs::pairs;
use sync_core::review::{period_begin, review};
use sync_core::tally::{Period, Value, tally as fill};

use crate::household::{self, VillageJson};
use crate::list::{self, DraftJson, RoundJson, WaitingJson};
use crate::notices::{self, SignOffJson};
use crate::phone::Now;
use crate::refusal::Refusal;

/// The form a collector sees.
const FORM: &str = "03/TE";

/// `RoundReview` of `api.ts`.
#[derive(Serialize)]
pub(crate) struct ReviewJson {
    village: VillageJson,
    round: Option<RoundJson>,
    households: usize,
    visited: usize,
    not_visited: Vec<String>,
    undecided: Vec<String>,
    drafts: Vec<DraftJson>,
    waiting: WaitingJson,
    sign_offs: Vec<SignOffJson>,
    signed: Option<SignOffJson>,
}

/// `FormTable` of `api.ts`.
#[derive(Serialize)]
pub(crate) struct TableJson {
    form: String,
    title: String,
    village: String,
    from: Date,
    as_of: Date,
    columns: Vec<ColumnJson>,
    lines: Vec<LineJson>,
}

#[derive(Serialize)]
struct ColumnJson {
    code: String,
    label: String,
}

#[derive(Serialize)]
struct LineJson {
    code: String,
    number: String,
    label: String,
    level: usize,
    heading: bool,
    cells: Vec<Option<CellJson>>,
}

#[derive(Serialize)]
struct CellJson {
    least: u64,
    most: u64,
}

pub(crate) fn round(store: &mut SqliteStore, village: &str, now: Now) -> Result<ReviewJson, Refusal> {
    let round = list::round(store, now)?;
    let listed = store.households()?;
    let reviewed = review(listed.iter().map(|listed| &listed.summary), Some(village), round.as_ref());
    let names = |documents: &[DocumentId]| documents.iter().map(ToString::to_string).collect();
    let sign_offs = notices::sign_offs(store, village)?;
    let latest = sign_offs.iter().find(|said| round.as_ref().is_some_and(|round| round.code == said.round));
    Ok(ReviewJson {
        village: household::village(store, village)?,
        households: reviewed.households,
        visited: reviewed.visited,
        not_visited: names(&reviewed.not_visited),
        undecided: names(&reviewed.undecided),
        drafts: list::drafts(store, &listed)?,
        waiting: list::waiting(store)?,
        signed: latest.filter(|said| !said.reopened).cloned(),
        sign_offs,
        round: round.map(list::round_json),
    })
}

/// The village's own 03/TE on the as-of date of the round, or today: the office's tally, over what is here.
pub(crate) fn tally(store: &mut SqliteStore, village: &str, now: Now) -> Result<TableJson, Refusal> {
    let form = form(FORM).expect("the form is compiled in");
    let as_of = list::round(store, now)?.and_then(|round| round.as_of.parse().ok()).unwrap_or(now.today);
    let from = period_begin(as_of);
    let period = Period::new(from, as_of).map_err(|_| Refusal::of("period_empty"))?;
    let facts = store.facts(Some(village))?;
    let people = store.identities(Some(village))?;
    let filled = fill(form, period, Some(village), &facts, &pairs(&people), None, &BTreeMap::new())
        .expect("a test fills every compiled-in form");
    let lines = form.lines.iter().zip(&filled.lines).map(|(line, counted)| LineJson {
        code: line.code.clone(),
        number: line.number.clone(),
        label: line.label.clone(),
        level: line.code.matches(['.', '-']).count(),
        heading: matches!(line.source, LineSource::Heading),
        cells: counted.values.iter().map(cell).collect(),
    });
    Ok(TableJson {
        form: form.form.clone(),
        title: form.title.clone(),
        village: household::village(store, village)?.name,
        from,
        as_of,
        columns: form
            .columns
            .iter()
            .map(|column| ColumnJson { code: column.code.clone(), label: column.header.clone() })
            .collect(),
        lines: lines.collect(),
    })
}

fn cell(value: &Value) -> Option<CellJson> {
    match value {
        Value::Children(cell) => Some(CellJson { least: cell.children.least, most: cell.children.most }),
        Value::Heading | Value::Typed | Value::Percent { .. } => None,
    }
}
