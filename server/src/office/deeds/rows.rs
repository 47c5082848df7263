//! Deeds as they were done, read for a page.

use rusqlite::{Connection, OptionalExtension, Row, params};
use sync_core::document::Trace;
use sync_core::id::{ChangeHash, DeviceId, DocumentId};

use super::{DeedId, DeedKind, Subject};
use crate::office::Office;
use crate::problem::Problem;

/// A deed as it was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeedRow {
    /// Its name.
    pub id: DeedId,
    /// What kind.
    pub kind: DeedKind,
    /// Who did it: the officer's signing key.
    pub device: DeviceId,
    /// What phones are told of who did it: the officer's name.
    pub by: String,
    /// Office clock.
    pub at: i64,
    /// What it was about.
    pub subject: Subject,
    /// Why, as the officer said it.
    pub reason: Option<String>,
    /// The changes it wrote.
    pub changes: Vec<ChangeHash>,
    /// Of a deed about one field: the heads of its document before it.
    pub before: Vec<ChangeHash>,
    /// Until when it took its subject out of the queue.
    pub until: Option<i64>,
    /// The deed that it took back.
    pub undoes: Option<DeedId>,
    /// The deed that undid it.
    pub undone: Option<Undone>,
}

impl DeedRow {
    /// Whether an undo is to be offered; it may still be refused as [`DeedError::ChangedMeanwhile`](super::DeedError::ChangedMeanwhile).
    #[must_use]
    pub fn can_be_undone(&self) -> bool {
        self.undone.is_none() && self.kind.can_be_undone()
    }
}

/// Who undid a deed, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undone {
    /// The undoing, a deed itself.
    pub id: DeedId,
    /// Who.
    pub device: DeviceId,
    /// Their name as phones are told.
    pub by: String,
    /// Office clock.
    pub at: i64,
}

const COLUMNS: &str =
    "d.id, d.kind, d.device, d.label, d.at, d.subject, d.changes, u.id, u.device, u.label, u.at, d.reason, d.until,
         d.undoes, d.traces
     FROM deed AS d LEFT JOIN deed AS u ON u.undoes = d.id";

impl Office {
    /// The latest deeds, newest first: those before `before`, at most `count`.
    ///
    /// # Errors
    /// The database's.
    pub fn deeds(&self, before: Option<DeedId>, count: usize) -> Result<Vec<DeedRow>, Problem> {
        self.read(|sql| {
            let query = format!("SELECT {COLUMNS} WHERE ?1 IS NULL OR d.id < ?1 ORDER BY d.id DESC LIMIT ?2");
            let mut statement = sql.prepare_cached(&query)?;
            let rows = statement.query_map(params![before.map(|id| id.0), count], deed_of)?;
            Ok(rows.flat_map(Result::transpose).collect::<Result<_, _>>()?)
        })
    }

    /// Deeds about a document, newest first.
    ///
    /// # Errors
    /// The database's.
    pub fn deeds_of(&self, document: DocumentId) -> Result<Vec<DeedRow>, Problem> {
        self.read(|sql| {
            let query = format!(
                "SELECT {COLUMNS} WHERE d.id IN (SELECT deed FROM deed_document WHERE document = ?1)
                 ORDER BY d.id DESC"
            );
            let mut statement = sql.prepare_cached(&query)?;
            let rows = statement.query_map(params![document.0], deed_of)?;
            Ok(rows.flat_map(Result::transpose).collect::<Result<_, _>>()?)
        })
    }

    /// One deed.
    ///
    /// # Errors
    /// The database's.
    pub fn deed(&self, id: DeedId) -> Result<Option<DeedRow>, Problem> {
        self.read(|sql| one(sql, id))
    }

    /// Whose word a value is that stands again since a deed was undone: the change that had written it first. The
    /// change itself, if it restored nothing.
    ///
    /// # Errors
    /// The database's.
    pub fn first_written(&self, change: ChangeHash, field: &str) -> Result<ChangeHash, Problem> {
        let original = self.read(|sql| original(sql, change, field))?;
        Ok(original.unwrap_or(change))
    }
}

pub(super) fn one(sql: &Connection, id: DeedId) -> Result<Option<DeedRow>, Problem> {
    let query = format!("SELECT {COLUMNS} WHERE d.id = ?1");
    Ok(sql.prepare_cached(&query)?.query_row([id.0], deed_of).optional()?.flatten())
}

pub(super) fn original(
    sql: &Connection,
    change: ChangeHash,
    field: &str,
) -> Result<Option<ChangeHash>, Problem> {
    Ok(sql
        .prepare_cached("SELECT original FROM restored WHERE change = ?1 AND field = ?2")?
        .query_row(params![change.0, field], |row| row.get(0).map(ChangeHash))
        .optional()?)
}

/// `None` for a row of a kind that only a newer program knows.
fn deed_of(row: &Row<'_>) -> rusqlite::Result<Option<DeedRow>> {
    let (kind, subject): (String, String) = (row.get(1)?, row.get(5)?);
    let changes: Vec<u8> = row.get(6)?;
    let undone = match row.get::<_, Option<u64>>(7)? {
        Some(id) => {
            Some(Undone { id: DeedId(id), device: DeviceId(row.get(8)?), by: row.get(9)?, at: row.get(10)? })
        }
        None => None,
    };
    let (Some(kind), Some(subject)) = (DeedKind::of_code(&kind), Subject::of_text(&subject)) else {
        return Ok(None);
    };
    let before = match &subject {
        Subject::Field { .. } => before(&row.get::<_, String>(14)?),
        _ => Vec::new(),
    };
    Ok(Some(DeedRow {
        id: DeedId(row.get(0)?),
        kind,
        device: DeviceId(row.get(2)?),
        by: row.get(3)?,
        at: row.get(4)?,
        subject,
        reason: row.get(11)?,
        until: row.get(12)?,
        undoes: row.get::<_, Option<u64>>(13)?.map(DeedId),
        before,
        changes: changes
            .chunks_exact(ChangeHash::LEN)
            .filter_map(|hash| ChangeHash::try_from(hash).ok())
            .collect(),
        undone,
    }))
}

/// The heads on which a deed about one document wrote; none where it wrote nothing.
fn before(traces: &str) -> Vec<ChangeHash> {
    let traces: Vec<(DocumentId, Trace)> = serde_json::from_str(traces).unwrap_or_default();
    traces.into_iter().next().map(|(_, trace)| trace.before).unwrap_or_default()
}
