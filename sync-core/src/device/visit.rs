//! A visit under way, held against the documents on this device: shown, recorded, concluded.
//!
//! Enters: a [`Draft`]. Leaves: the household as it will be, and its change. Invariant: what arrives by sync
//! during a visit is never overwritten by it. The change is made on the document as the collector saw it when
//! the visit began, not as it stands when the change is made, so that a value somebody else wrote meanwhile
//! stands beside it. A field or object is written further on only where the collector has seen more: what
//! this device itself decided meanwhile, and objects that others began since.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::load::{Standing, load_household};
use super::store::{ChangeState, DeviceState, DeviceStore, RecordError, StoredChange, record_entry};
use crate::chunk;
use crate::date::Date;
use crate::document::{Decision, DocumentError, Edit, Field, Household, LocalChange, Target, View};
use crate::entry::{Entry, EntryError};
use crate::id::{ChangeHash, DocumentId, EntityId};
use crate::random::Random;
use crate::visit::{Draft, DraftError, Known};

/// What recording came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The household's document, just created if it is new.
    pub document: DocumentId,
    /// The changes made besides its creation: none if everything said so already, one as a rule, more if
    /// this device decided something in the document during the visit.
    pub changes: Vec<ChangeHash>,
}

/// How a visit ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending<'a> {
    /// Its date.
    pub date: Date,
    /// Code of the review round under way.
    pub round: Option<&'a str>,
    /// Code of the catalogue of visit results.
    pub result: &'a str,
}

/// A restricted circumstance as the collector tells it. `Debug` shows nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sealing<'a> {
    /// The child or member.
    pub person: &'a EntityId,
    /// Code of a restricted circumstance.
    pub code: &'a str,
    /// Since when: a day, a month or a year.
    pub start: Option<&'a str>,
    /// What the collector adds; empty: nothing.
    pub note: &'a str,
    /// Codes of the forms of support received.
    pub supports: &'a [String],
}

impl core::fmt::Debug for Sealing<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Sealing(…)")
    }
}

/// Begins a visit to a household of the register, or to a new one in a village of this device. Nothing is
/// stored by this.
///
/// # Errors
/// [`RecordError::Village`], the store's, or the document's.
pub fn begin_visit<S: DeviceStore>(
    store: &S,
    document: Option<DocumentId>,
    village: &str,
    today: Date,
    clock: i64,
    random: &mut dyn Random,
) -> Result<Draft, RecordError<S::Error>> {
    match document {
        Some(document) => {
            let household = load_household(store, document)?;
            let known = Known { document, heads: household.heads() };
            Ok(Draft::begin(Some(known), &household.village(), today, clock, random))
        }
        None => {
            check_village(&store.state().map_err(RecordError::Store)?, village)?;
            Ok(Draft::begin(None, village, today, clock, random))
        }
    }
}

/// Goes on with a visit in which nothing is written from the document as it stands now, which the collector
/// is shown from now on. Whether the draft was changed.
///
/// # Errors
/// The store's, or the document's.
pub fn renew_visit<S: DeviceStore>(store: &S, draft: &mut Draft) -> Result<bool, RecordError<S::Error>> {
    match draft.document() {
        Some(document) if draft.is_empty() => Ok(draft.rebase(load_household(store, document)?.heads())),
        _ => Ok(false),
    }
}

/// The household as it will be once the visit is recorded: everything that stands now, with the visit's
/// change merged into it, so that what others wrote meanwhile shows beside what is written here. Of a new
/// household the document's name is provisional.
///
/// # Errors
/// The store's, or the document's.
pub fn preview<S: DeviceStore>(store: &S, draft: &Draft) -> Result<View, RecordError<S::Error>> {
    let state = store.state().map_err(RecordError::Store)?;
    let Some(document) = draft.document() else {
        let (mut household, _) = Household::create(state.actor(), draft.village(), draft.started_at(), 0);
        household.edit(&draft.edits(), draft.touched_at());
        return Ok(household.view());
    };
    let changes = store.changes(document).map_err(RecordError::Store)?;
    let written = written(&state, document, changes, draft, draft.touched_at())?;
    let mut household = written.now;
    let bytes: Vec<_> = written.changes.iter().map(|change| change.bytes.as_slice()).collect();
    household.apply(&bytes)?;
    Ok(household.view())
}

/// Whether others changed the household since the visit began.
///
/// # Errors
/// The store's, or the document's.
pub fn is_overtaken<S: DeviceStore>(store: &S, draft: &Draft) -> Result<bool, RecordError<S::Error>> {
    let Some(document) = draft.document() else { return Ok(false) };
    let state = store.state().map_err(RecordError::Store)?;
    let changes = store.changes(document).map_err(RecordError::Store)?;
    let standing = Standing::of(&state, document, &changes)?;
    Ok(standing.is_overtaken(&standing.within(draft.base())))
}

/// Makes what is written part of the record, durably, and leaves the draft with nothing written, to go on.
/// A new household is created with it. The caller makes this and the storing of the draft one transaction.
///
/// # Errors
/// [`EntryError::Unidentified`], [`EntryError::Unresolved`] (an object written in does not stand any more,
/// because the office refused the change that began it), [`RecordError::Village`], the store's or the
/// document's; then the draft is as it was, and to be stored as it was.
pub fn record_draft<S: DeviceStore>(
    store: &mut S,
    draft: &mut Draft,
    clock: i64,
    random: &mut dyn Random,
) -> Result<Recorded, RecordError<S::Error>> {
    let state = store.state().map_err(RecordError::Store)?;
    let (document, created, changes) = match draft.document() {
        Some(document) => {
            let stored = store.changes(document).map_err(RecordError::Store)?;
            let written = written(&state, document, stored, draft, clock)?;
            if written.is_unresolved {
                return Err(EntryError::Unresolved("visit".to_owned()).into());
            }
            (document, None, written.changes)
        }
        None => {
            check_village(&state, draft.village())?;
            if !draft.is_identified() {
                return Err(EntryError::Unidentified.into());
            }
            let salt = random.next_u64() >> 32;
            let (mut household, genesis) = Household::create(state.actor(), draft.village(), clock, salt);
            let change = household.edit(&draft.edits(), clock);
            (household.id(), Some(genesis), change.into_iter().collect())
        }
    };
    // Recorded, a change beyond the limits could never be read again, here or at the office.
    if changes.iter().any(|change| chunk::open(&change.bytes).is_err()) {
        return Err(EntryError::TooLarge.into());
    }
    for change in created.iter().chain(&changes) {
        store.record(document, change).map_err(RecordError::Store)?;
    }
    draft.recorded(created.map(|genesis| (document, genesis.hash)), clock);
    Ok(Recorded { document, changes: changes.iter().map(|change| change.hash).collect() })
}

/// Concludes a visit: its date, round and result become part of the record with everything written. The
/// draft has then nothing written and is to be dropped, in one transaction with this.
///
/// # Errors
/// As [`record_draft`], and [`RecordError::Visit`].
pub fn finish_visit<S: DeviceStore>(
    store: &mut S,
    draft: &mut Draft,
    ending: Ending<'_>,
    clock: i64,
    random: &mut dyn Random,
) -> Result<Recorded, RecordError<S::Error>> {
    let Ending { date, round, result } = ending;
    let view = preview(store, draft)?;
    let mut before = Vec::new();
    match draft.conclude(&view, date, round, result, clock, random) {
        Err(DraftError::Full) => {
            before = record_draft(store, draft, clock, random)?.changes;
            let view = preview(store, draft)?;
            draft.conclude(&view, date, round, result, clock, random)?;
        }
        concluded => concluded?,
    }
    let mut recorded = record_draft(store, draft, clock, random)?;
    before.append(&mut recorded.changes);
    Ok(Recorded { changes: before, ..recorded })
}

/// Seals a restricted circumstance of a person of the record and records it at once, as a change of its
/// own. Nothing readable is kept. A person begun in a visit is to be recorded first ([`record_draft`]).
///
/// # Errors
/// As [`record_entry`].
pub fn seal_report<S: DeviceStore>(
    store: &mut S,
    document: DocumentId,
    report: Sealing<'_>,
    clock: i64,
    random: &mut dyn Random,
) -> Result<(), RecordError<S::Error>> {
    let mut fields = Map::new();
    fields.insert("person".to_owned(), report.person.as_str().into());
    fields.insert("code".to_owned(), report.code.into());
    fields.extend(report.start.map(|start| ("start".to_owned(), start.into())));
    if !report.note.trim().is_empty() {
        fields.insert("note".to_owned(), report.note.into());
    }
    fields.insert(
        "supports".to_owned(),
        report.supports.iter().map(|code| Json::from(code.as_str())).collect(),
    );
    let entry = Entry { restricted: vec![("restricted".to_owned(), fields)], ..Entry::default() };
    record_entry(store, Some(document), &entry, clock, random).map(drop)
}

/// Records a decision on a disputed field, at once and on everything that stands now. What a visit under
/// way wrote in that field stands beside it: the caller takes it back first ([`Draft::restore`]). `None`
/// where there is nothing to decide.
///
/// # Errors
/// The store's, the document's, or [`EntryError::TooLarge`].
pub fn decide<S: DeviceStore>(
    store: &mut S,
    document: DocumentId,
    decision: &Decision,
    clock: i64,
    random: &mut dyn Random,
) -> Result<Option<ChangeHash>, RecordError<S::Error>> {
    let mut household = load_household(store, document)?;
    let Some(change) = household.edit(&decision.edits(random), clock) else { return Ok(None) };
    if chunk::open(&change.bytes).is_err() {
        return Err(EntryError::TooLarge.into());
    }
    store.record(document, &change).map_err(RecordError::Store)?;
    Ok(Some(change.hash))
}

fn check_village<E>(state: &DeviceState, village: &str) -> Result<(), RecordError<E>> {
    let granted = state.grants.villages.iter().any(|granted| granted == village);
    if granted { Ok(()) } else { Err(RecordError::Village) }
}

/// A draft's edits as changes of the document.
struct Written {
    /// The document as it stands, without them.
    now: Household,
    /// The changes, each to be stored before the next.
    changes: Vec<LocalChange>,
    /// Something was left out: it is in an object that does not stand.
    is_unresolved: bool,
}

fn written(
    state: &DeviceState,
    document: DocumentId,
    mut stored: Vec<StoredChange>,
    draft: &Draft,
    clock: i64,
) -> Result<Written, DocumentError> {
    let standing = Standing::of(state, document, &stored)?;
    let now = standing.now()?;
    let within = standing.within(draft.base());
    let at_base = standing.load(&within)?;
    let (view, base) = (now.view(), at_base.view());
    let reading =
        Reading { draft, now: &now, view: &view, base: &base, within: &within, standing: &standing };
    let mut is_unresolved = false;
    let mut by_sight: BTreeMap<BTreeSet<ChangeHash>, Vec<Edit>> = BTreeMap::new();
    for edit in draft.edits() {
        match reading.seen_beyond(&edit) {
            Some(seen) => by_sight.entry(seen).or_default().push(edit),
            None => is_unresolved = true,
        }
    }
    let insists = |edit: &Edit| {
        field(&view, edit).is_some_and(|field| field.values().any(|written| written.value != edit.value))
    };
    let mut at_base = Some(at_base);
    let mut changes = Vec::new();
    for (seen, edits) in by_sight {
        let at_base = at_base.take().filter(|_| seen.is_empty());
        let mut household = match at_base {
            Some(household) => household,
            None => {
                let base: Vec<ChangeHash> = draft.base().iter().chain(&seen).copied().collect();
                let standing = Standing::of(state, document, &stored)?;
                standing.load(&standing.within(&base))?
            }
        };
        if let Some(change) = household.edit_insisting(&edits, clock, insists) {
            let (hash, bytes) = (change.hash, change.bytes.clone());
            stored.push(StoredChange { document, hash, bytes, state: ChangeState::Unsent });
            changes.push(change);
        }
    }
    Ok(Written { now, changes, is_unresolved })
}

fn field<'v>(view: &'v View, edit: &Edit) -> Option<&'v Field> {
    match &edit.target {
        Target::Household => view.household.get(&edit.field),
        Target::Entity(container, key) => view.entity(*container, key)?.get(&edit.field),
    }
}

/// What is needed to tell how much the collector had seen of a place when writing there.
struct Reading<'a> {
    draft: &'a Draft,
    now: &'a Household,
    view: &'a View,
    base: &'a View,
    within: &'a BTreeSet<ChangeHash>,
    standing: &'a Standing<'a>,
}

impl Reading<'_> {
    /// Changes beyond the base that the collector had seen when writing: an object begun since can't be
    /// written in without its beginning, and one's own decision is not written beside. `None`: there is no
    /// such object.
    fn seen_beyond(&self, edit: &Edit) -> Option<BTreeSet<ChangeHash>> {
        let mut seen = BTreeSet::new();
        if let Target::Entity(container, key) = &edit.target
            && self.base.entity(*container, key).is_none()
            && !self.draft.has_begun(*container, key)
        {
            seen.insert(self.now.change_that_began(*container, key)?);
        }
        let own = field(self.view, edit)
            .into_iter()
            .flat_map(Field::values)
            .filter(|written| self.standing.is_device(&written.actor));
        seen.extend(own.filter_map(|written| self.now.change_of(written)));
        seen.retain(|hash| !self.within.contains(hash));
        Some(seen)
    }
}
