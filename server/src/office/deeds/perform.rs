//! Deeds done and undone, inside the one writer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use rusqlite::{Connection, params};
use sync_core::document::{
    Container, Fields, Household, LocalChange, Restored, Seen, Target, Trace, UndoError, View, is_withdrawn,
    shape, shown_text,
};
use sync_core::facts::PersonRef;
use sync_core::id::{ActorId, DocumentId};
use sync_core::random::Random;

use super::plan::{Planner, links_of, object, reason_of};
use super::{DEEDS_MAX, Deed, DeedError, DeedId, DeedKind, Subject, quarantine, rows};
use crate::office::author::{self, Author};
use crate::office::{Commune, Office, feed, ingest, lock, places};
use crate::problem::{Code, Problem};

/// Nobody: the actor by which documents are only read.
const READER: ActorId = ActorId([0; 16]);

impl Office {
    /// Does a deed and makes the rows of the documents anew, so that the next page shows it.
    ///
    /// # Errors
    /// See [`DeedError`]; nothing was written then.
    pub fn do_deed(&self, author: &Author, deed: Deed, clock: i64) -> Result<DeedId, DeedError> {
        self.do_deeds(author, &[deed], clock)?.pop().unwrap_or(Err(DeedError::NotFound))
    }

    /// Does several deeds, each on its own: what can't be done is told, the others are done. All changes are one
    /// batch, signed once. A later deed sees what an earlier one wrote.
    ///
    /// # Errors
    /// [`DeedError::TooMany`], or where the office failed as a whole: then none was done.
    pub fn do_deeds(
        &self,
        author: &Author,
        deeds: &[Deed],
        clock: i64,
    ) -> Result<Vec<Result<DeedId, DeedError>>, DeedError> {
        if deeds.len() > DEEDS_MAX {
            return Err(DeedError::TooMany);
        }
        let done = match self.write_deeds(author, deeds, clock) {
            // One document is full, and the whole batch was taken back: each by itself, then.
            Err(problem) if problem.code == Code::BodyMalformed => deeds
                .iter()
                .map(|deed| match self.write_deeds(author, std::slice::from_ref(deed), clock) {
                    Err(problem) if problem.code == Code::BodyMalformed => Err(DeedError::DocumentFull),
                    Err(problem) => Err(problem.into()),
                    Ok(mut one) => one.pop().unwrap_or(Err(DeedError::NotFound)),
                })
                .collect(),
            other => other?,
        };
        let mut touched: Vec<DocumentId> = deeds.iter().flat_map(|deed| deed.subject().documents()).collect();
        touched.sort_unstable();
        touched.dedup();
        self.show(&touched);
        Ok(done)
    }

    /// Takes a deed back: what stood before stands again, every value of a dispute, for everybody.
    ///
    /// # Errors
    /// [`DeedError::ChangedMeanwhile`] if somebody has written there since; [`DeedError::UndoneAlready`],
    /// [`DeedError::NotUndoable`], [`DeedError::NotFound`]. Nothing was written then.
    pub fn undo_deed(&self, author: &Author, id: DeedId, clock: i64) -> Result<DeedId, DeedError> {
        let (author, random) = (author.clone(), Arc::clone(&self.random));
        let undone = self.writer.write(move |sql, commune| {
            let mut desk =
                Desk { sql, commune, author: &author, clock, random: &random, households: BTreeMap::new() };
            settled(desk.undo(id))
        });
        let undone = match undone {
            Err(problem) if problem.code == Code::BodyMalformed => Err(DeedError::DocumentFull),
            other => other?,
        }?;
        if let Some(row) = self.deed(id)? {
            self.show(&row.subject.documents());
        }
        Ok(undone)
    }

    /// What was done is done: rows that can't be made now are due, and are made before a page needs them.
    fn show(&self, documents: &[DocumentId]) {
        if let Err(problem) = self.index_now(documents) {
            tracing::warn!(code = problem.code.code(), "rows could not be made after a deed");
        }
    }

    fn write_deeds(
        &self,
        author: &Author,
        deeds: &[Deed],
        clock: i64,
    ) -> Result<Vec<Result<DeedId, DeedError>>, Problem> {
        let (author, deeds, random) = (author.clone(), deeds.to_vec(), Arc::clone(&self.random));
        self.writer.write(move |sql, commune| {
            let mut desk =
                Desk { sql, commune, author: &author, clock, random: &random, households: BTreeMap::new() };
            let mut planned = Vec::with_capacity(deeds.len());
            for deed in &deeds {
                planned.push(settled(desk.plan(deed))?);
            }
            let changes: Vec<(DocumentId, LocalChange)> =
                planned.iter().flatten().flat_map(|planned| planned.changes.clone()).collect();
            if !changes.is_empty() {
                author::write(sql, commune, &author, &changes, clock)?;
            }
            let mut done = Vec::with_capacity(planned.len());
            for outcome in planned {
                done.push(match outcome {
                    Ok(planned) => Ok(desk.keep(&planned)?),
                    Err(error) => Err(error),
                });
            }
            Ok(done)
        })
    }
}

/// A failure of the office ends the transaction; anything else is an answer.
fn settled<T>(outcome: Result<T, DeedError>) -> Result<Result<T, DeedError>, Problem> {
    match outcome {
        Err(DeedError::Problem(problem)) => Err(problem),
        other => Ok(other),
    }
}

/// A deed ready to be written.
struct Planned {
    kind: DeedKind,
    subject: Subject,
    changes: Vec<(DocumentId, LocalChange)>,
    traces: Vec<(DocumentId, Trace)>,
    /// What is to be out of the queue: its state, and until when.
    aside: Option<(Option<Seen>, Option<i64>)>,
    /// As the officer said it.
    reason: Option<String>,
}

/// One author's work in one transaction of the writer.
struct Desk<'a> {
    sql: &'a Connection,
    commune: &'a Commune,
    author: &'a Author,
    clock: i64,
    random: &'a Mutex<Box<dyn Random + Send>>,
    /// Documents as the deeds so far leave them, to be edited by the author.
    households: BTreeMap<DocumentId, Household>,
}

impl Desk<'_> {
    fn household(&mut self, document: DocumentId) -> Result<&mut Household, DeedError> {
        if !self.households.contains_key(&document) {
            let household =
                load(self.sql, document, self.author.actor(self.commune))?.ok_or(DeedError::NotFound)?;
            self.households.insert(document, household);
        }
        self.households.get_mut(&document).ok_or(DeedError::NotFound)
    }

    /// Holds what the officer saw against what stands, and makes the changes. The documents here have them then.
    fn plan(&mut self, deed: &Deed) -> Result<Planned, DeedError> {
        let (kind, subject) = (deed.kind(), deed.subject());
        let reason = reason_of(deed.reason())?;
        let mut planned =
            Planned { kind, subject, changes: Vec::new(), traces: Vec::new(), aside: None, reason };
        match deed {
            Deed::QuarantineSeen { id } => {
                if !quarantine::waits(self.sql, *id)? {
                    return Err(DeedError::NotFound);
                }
                planned.aside = Some((None, None));
                return Ok(planned);
            }
            Deed::QuarantineRetry { id } => {
                return match quarantine::retry(self.sql, *id, self.clock)? {
                    ingest::Retried::Passed { document } => {
                        self.households.remove(&document);
                        Ok(planned)
                    }
                    ingest::Retried::Refused(refusal) => Err(DeedError::StillRefused(refusal.code())),
                };
            }
            _ => {}
        }
        let mut views = BTreeMap::new();
        for document in planned.subject.documents() {
            views.insert(document, self.household(document)?.view());
        }
        let now = seen(&planned.subject, &views).ok_or(DeedError::NotFound)?;
        if deed.seen().is_some_and(|seen| seen != now) {
            return Err(DeedError::ChangedMeanwhile);
        }
        if let Deed::SetAside { until, seen, .. } = deed {
            if until.is_none() && planned.reason.is_none() {
                return Err(DeedError::Reason);
            }
            if self.is_aside_by_another(&planned.subject, *seen)? {
                return Err(DeedError::AsideByAnother);
            }
            planned.aside = Some((Some(*seen), *until));
            return Ok(planned);
        }
        let villages = villages(self.sql, &views)?;
        let edits = {
            let mut random = lock(self.random);
            Planner { views: &views, villages: &villages, by: self.author.label(), random: &mut **random }
                .edits(deed)?
        };
        for (document, edits) in edits {
            let clock = self.clock;
            if let Some((change, trace)) = self.household(document)?.edit_traced(&edits, clock) {
                planned.changes.push((document, change));
                planned.traces.push((document, trace));
            }
        }
        if planned.changes.is_empty() { Err(DeedError::NothingToWrite) } else { Ok(planned) }
    }

    /// Whether another officer set this aside as it stands: their word is undone by a deed, not replaced unseen.
    fn is_aside_by_another(&self, subject: &Subject, seen: Seen) -> Result<bool, Problem> {
        let mut statement = self.sql.prepare_cached(
            "SELECT EXISTS (
                 SELECT 1 FROM set_aside AS s JOIN deed AS d ON d.id = s.deed
                 WHERE s.subject = ?1 AND s.seen = ?2 AND (s.until IS NULL OR s.until > ?3) AND d.device <> ?4)",
        )?;
        let this = params![subject.to_text(), seen.to_i64(), self.clock, self.author.device().0];
        Ok(statement.query_row(this, |row| row.get(0))?)
    }

    /// Writes the deed's row.
    fn keep(&self, planned: &Planned) -> Result<DeedId, Problem> {
        let id = self.insert(planned, None)?;
        if let Some((seen, until)) = planned.aside {
            self.sql
                .prepare_cached(
                    "INSERT OR REPLACE INTO set_aside (subject, seen, until, deed) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![planned.subject.to_text(), seen.map(Seen::to_i64), until, id.0])?;
        }
        Ok(id)
    }

    fn insert(&self, planned: &Planned, undoes: Option<DeedId>) -> Result<DeedId, Problem> {
        let Planned { kind, subject, changes, traces, aside, reason } = planned;
        let hashes: Vec<u8> = changes.iter().flat_map(|(_, change)| change.hash.0).collect();
        let traces = serde_json::to_string(traces).map_err(|_| Code::Internal)?;
        self.sql
            .prepare_cached(
                "INSERT INTO deed (kind, device, label, at, subject, changes, traces, undoes, reason, until)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(params![
                kind.code(),
                self.author.device().0,
                self.author.label(),
                self.clock,
                subject.to_text(),
                hashes,
                traces,
                undoes.map(|deed| deed.0),
                reason,
                aside.and_then(|(_, until)| until),
            ])?;
        let id = DeedId(self.sql.last_insert_rowid().cast_unsigned());
        for document in subject.documents() {
            self.sql
                .prepare_cached("INSERT OR IGNORE INTO deed_document (document, deed) VALUES (?1, ?2)")?
                .execute(params![document.0, id.0])?;
        }
        Ok(id)
    }

    fn undo(&mut self, id: DeedId) -> Result<DeedId, DeedError> {
        let row = rows::one(self.sql, id)?.ok_or(DeedError::NotFound)?;
        if row.undone.is_some() {
            return Err(DeedError::UndoneAlready);
        }
        if !row.kind.can_be_undone() {
            return Err(DeedError::NotUndoable);
        }
        if matches!(row.kind, DeedKind::Later | DeedKind::Right | DeedKind::QuarantineSeen) {
            let back = self.sql.prepare_cached("DELETE FROM set_aside WHERE deed = ?1")?.execute([id.0])?;
            // Set aside anew by somebody else.
            if back == 0 {
                return Err(DeedError::ChangedMeanwhile);
            }
        }
        let traces: String = self
            .sql
            .prepare_cached("SELECT traces FROM deed WHERE id = ?1")?
            .query_row([id.0], |row| row.get(0))?;
        let traces: Vec<(DocumentId, Trace)> = serde_json::from_str(&traces).map_err(|_| Code::Internal)?;
        let (clock, random) = (self.clock, self.random);
        let mut installation = || u32::try_from(lock(random).next_u64() >> 32).expect("32 bits are left");
        let sql = self.sql;
        // A row that can't be read makes the undo be refused, never wrong.
        let first = |change, field: &str| rows::original(sql, change, field).ok().flatten().unwrap_or(change);
        let mut changes = Vec::new();
        let mut restored = Vec::new();
        for (document, trace) in traces.iter().rev() {
            let taken = self.household(*document)?.take_back(trace, clock, &mut installation, &first);
            let taken = taken.map_err(|UndoError::ChangedMeanwhile| DeedError::ChangedMeanwhile)?;
            changes.extend(taken.changes.into_iter().map(|change| (*document, change)));
            restored.extend(taken.restored);
        }
        if !changes.is_empty() {
            author::write(self.sql, self.commune, self.author, &changes, clock)?;
        }
        for one in &restored {
            self.remember(one)?;
        }
        let undo = Planned {
            kind: DeedKind::Undo,
            subject: row.subject,
            changes,
            traces: Vec::new(),
            aside: None,
            reason: None,
        };
        Ok(self.insert(&undo, Some(id))?)
    }

    fn remember(&self, one: &Restored) -> Result<(), Problem> {
        // What was itself restored is the word of whoever wrote it first.
        let original = rows::original(self.sql, one.original, &one.field)?.unwrap_or(one.original);
        self.sql
            .prepare_cached("INSERT OR IGNORE INTO restored (change, field, original) VALUES (?1, ?2, ?3)")?
            .execute(params![one.change.0, one.field, original.0])?;
        Ok(())
    }
}

fn load(sql: &Connection, document: DocumentId, actor: ActorId) -> Result<Option<Household>, Problem> {
    let changes = feed::changes_of(sql, document, None)?;
    if changes.is_empty() {
        return Ok(None);
    }
    Household::load(actor, &changes).map(Some).map_err(|_| Code::Internal.into())
}

/// What the village is called in which each household counts as things stand.
fn villages(
    sql: &Connection,
    views: &BTreeMap<DocumentId, View>,
) -> Result<BTreeMap<DocumentId, String>, Problem> {
    let map = places::standing(sql)?;
    let mut statement = sql.prepare_cached("SELECT name FROM village WHERE code = ?1")?;
    let mut name = |(document, view): (&DocumentId, &View)| {
        let code = map.of(*document, &view.village);
        Ok((*document, statement.query_row([code], |row| row.get(0))?))
    };
    views.iter().map(&mut name).collect()
}

/// What stands where a deed about `subject` would write; `None` if there is no such thing.
pub(super) fn seen_of(sql: &Connection, subject: &Subject) -> Result<Option<Seen>, Problem> {
    let mut views = BTreeMap::new();
    for document in subject.documents() {
        match load(sql, document, READER)? {
            Some(household) => views.insert(document, household.view()),
            None => return Ok(None),
        };
    }
    Ok(seen(subject, &views))
}

fn seen(subject: &Subject, views: &BTreeMap<DocumentId, View>) -> Option<Seen> {
    let person = |end: &PersonRef| Some(views.get(&end.document)?.person(&end.person)?.1);
    match subject {
        Subject::Field { document, target, field } => {
            Some(Seen::of_field(object(views.get(document)?, target)?.get(field)))
        }
        Subject::Pair { a, b } => between(views, a, b),
        Subject::Move { from: Some(from), to: Some(to) } => {
            if from <= to {
                between(views, from, to)
            } else {
                between(views, to, from)
            }
        }
        Subject::Move { from, to } => {
            let ends = [from, to].into_iter().flatten().map(|end| person(end).map(Seen::of_record));
            Some(Seen::of_all(ends.collect::<Option<Vec<_>>>()?))
        }
        Subject::Households { a, b } => {
            let mut all = Vec::new();
            for document in [a, b] {
                let view = views.get(document)?;
                all.push(Seen::of_record(&view.household));
                // Links too: whoever links one of the two meanwhile, with the other or a third, changes what was seen.
                let told = [Container::Children, Container::Links].into_iter().flat_map(|of| view.of(of));
                all.extend(told.map(|(_, fields)| Seen::of_record(fields)));
            }
            Some(Seen::of_all(all))
        }
        Subject::Issue { document, target, .. } => of_issue(views.get(document)?, target),
        Subject::Quarantine { .. } => Some(Seen::of_all([])),
    }
}

/// Two records and what stands between them: whoever links them meanwhile changes it.
fn between(views: &BTreeMap<DocumentId, View>, a: &PersonRef, b: &PersonRef) -> Option<Seen> {
    let (one, two) = (views.get(&a.document)?, views.get(&b.document)?);
    let mut all = vec![Seen::of_record(one.person(&a.person)?.1), Seen::of_record(two.person(&b.person)?.1)];
    let links = links_of(one, a, b).chain(links_of(two, b, a));
    all.extend(links.map(|(_, link)| Seen::of_record(link)));
    Some(Seen::of_all(all))
}

/// An issue may follow from anything told of the person, and from the household's own fields.
fn of_issue(view: &View, target: &Target) -> Option<Seen> {
    let fields = object(view, target)?;
    let person = match target {
        Target::Household => None,
        Target::Entity(Container::Children | Container::Members, key) => Some(key.as_str()),
        Target::Entity(..) => shown_text(fields, shape::FIELD_PERSON),
    };
    let mut all = vec![Seen::of_record(&view.household), Seen::of_record(fields)];
    if let Some(person) = person {
        let own = person.parse().ok().and_then(|key| view.person(&key));
        all.extend(own.map(|(_, fields)| Seen::of_record(fields)));
        let told = |fields: &&Fields| {
            shown_text(fields, shape::FIELD_PERSON) == Some(person) && !is_withdrawn(fields)
        };
        for container in [Container::Circumstances, Container::Supports, Container::Events] {
            all.extend(view.of(container).map(|(_, fields)| fields).filter(told).map(Seen::of_record));
        }
    }
    Some(Seen::of_all(all))
}
