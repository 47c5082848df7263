//! A visit under way, as the pages see it: begun, written field by field, left, finished.
//!
//! Each call reads the draft, lets the core change it, and stores it: one transaction, durable before the
//! answer.

use device_store::SqliteStore;
use serde::Serialize;
use sync_core::date::Date;
use sync_core::device::{Ending, RecordError, begin_visit, is_overtaken, preview, renew_visit};
use sync_core::document::Value;
use sync_core::id::{DocumentId, EntityId};
use sync_core::random::Random;
use sync_core::visit::Draft;

use crate::calls::{self, VisitField, VisitSet};
use crate::household::{HouseholdJson, IssueJson, page};
use crate::list;
use crate::phone::Now;
use crate::refusal::Refusal;

/// `Visit` of `api.ts`.
#[derive(Serialize)]
pub(crate) struct VisitJson {
    draft: String,
    step: String,
    household: HouseholdJson,
    written: usize,
    started_at: i64,
    date: Date,
    overtaken: bool,
}

#[derive(Serialize)]
pub(crate) struct Begun {
    id: String,
}

#[derive(Serialize)]
pub(crate) struct FinishedJson {
    document: String,
    issues: Vec<IssueJson>,
}

fn draft(store: &SqliteStore, id: &EntityId) -> Result<Draft, Refusal> {
    store.draft(id)?.ok_or_else(|| Refusal::of("visit_unknown"))
}

/// Goes on with the household's visit, or begins one.
pub(crate) fn start(
    store: &mut SqliteStore,
    document: Option<DocumentId>,
    village: &str,
    now: Now,
    random: &mut dyn Random,
) -> Result<VisitJson, Refusal> {
    let open = document.map(|document| store.draft_to(document)).transpose()?.flatten();
    let mut draft = match open {
        Some(draft) => draft,
        None => begin_visit(store, document, village, now.today, now.clock, random)?,
    };
    renew_visit(store, &mut draft)?;
    store.put_draft(&draft)?;
    show_draft(store, &draft, now)
}

pub(crate) fn show(store: &SqliteStore, id: &EntityId, now: Now) -> Result<VisitJson, Refusal> {
    show_draft(store, &draft(store, id)?, now)
}

fn show_draft(store: &SqliteStore, draft: &Draft, now: Now) -> Result<VisitJson, Refusal> {
    Ok(VisitJson {
        draft: draft.id().to_string(),
        step: draft.step().to_owned(),
        household: page(store, &preview(store, draft)?, Some(draft), now)?,
        written: draft.written().len(),
        started_at: draft.started_at(),
        date: draft.date(),
        overtaken: is_overtaken(store, draft)?,
    })
}

pub(crate) fn set(store: &mut SqliteStore, set: &VisitSet, now: Now) -> Result<(), Refusal> {
    let mut draft = draft(store, &set.of.draft.0)?;
    let target = calls::target(&set.of.container, set.of.id.as_ref())?;
    let value = calls::value(&set.value)?;
    // Typed back to what stands, the field is not written: nothing would be changed by it.
    let view = preview(store, &draft)?;
    draft.set(&view, target, &set.of.field, value, now.clock)?;
    Ok(store.put_draft(&draft)?)
}

pub(crate) fn restore(store: &mut SqliteStore, of: &VisitField, now: Now) -> Result<(), Refusal> {
    let mut draft = draft(store, &of.draft.0)?;
    draft.restore(&calls::target(&of.container, of.id.as_ref())?, &of.field, now.clock);
    Ok(store.put_draft(&draft)?)
}

pub(crate) fn add(
    store: &mut SqliteStore,
    id: &EntityId,
    container: &str,
    fields: &serde_json::Map<String, serde_json::Value>,
    now: Now,
    random: &mut dyn Random,
) -> Result<Begun, Refusal> {
    let mut draft = draft(store, id)?;
    let fields: Vec<(String, Value)> = fields
        .iter()
        .map(|(name, json)| Ok((name.clone(), calls::value(json)?)))
        .collect::<Result<_, Refusal>>()?;
    let view = preview(store, &draft)?;
    let key = draft.add(&view, calls::container_of(container)?, fields, now.clock, random)?;
    store.put_draft(&draft)?;
    Ok(Begun { id: key.to_string() })
}

pub(crate) fn remove(
    store: &mut SqliteStore,
    id: &EntityId,
    container: &str,
    key: &EntityId,
    now: Now,
) -> Result<(), Refusal> {
    let mut draft = draft(store, id)?;
    draft.remove(calls::container_of(container)?, key, now.clock)?;
    Ok(store.put_draft(&draft)?)
}

pub(crate) fn step(store: &mut SqliteStore, id: &EntityId, step: &str, now: Now) -> Result<(), Refusal> {
    let mut draft = draft(store, id)?;
    draft.set_step(step, now.clock)?;
    Ok(store.put_draft(&draft)?)
}

/// Makes the visit part of the record; it is no longer under way.
pub(crate) fn finish(
    store: &mut SqliteStore,
    id: &EntityId,
    result: &str,
    date: Date,
    now: Now,
    random: &mut dyn Random,
) -> Result<FinishedJson, Refusal> {
    let draft = draft(store, id)?;
    let round = list::round(store, now)?;
    let ending = Ending { date, round: round.as_ref().map(|round| round.code.as_str()), result };
    let recorded = store.finish_visit(&draft, ending, now.clock, random)?;
    let household = crate::household::household(store, recorded.document, now)?;
    Ok(FinishedJson { document: recorded.document.to_string(), issues: household.into_issues() })
}

/// Leaves a visit that says nothing; it comes to nothing.
pub(crate) fn leave(store: &mut SqliteStore, id: &EntityId) -> Result<(), Refusal> {
    if store.leave_visit(id)? { Ok(()) } else { Err(Refusal::of("visit_not_empty")) }
}

/// Makes what visits say part of the record while they stay open: those that nobody touched for
/// `idle_seconds`. One that can't be recorded yet, for want of a name, stays as it is.
pub(crate) fn flush(
    store: &mut SqliteStore,
    now: Now,
    idle_seconds: i64,
    random: &mut dyn Random,
) -> Result<(), Refusal> {
    for mut draft in store.drafts()? {
        if draft.is_empty() || now.clock.saturating_sub(draft.touched_at()) < idle_seconds {
            continue;
        }
        if let Err(RecordError::Store(error)) = store.record_visit(&mut draft, now.clock, random) {
            return Err(error.into());
        }
    }
    Ok(())
}
