//! The way back from a household to its signed changes: who wrote what, when, on which device, in which batch,
//! and whether the signature fits.
//!
//! Enters: the log and the batches. Leaves: changes in words' reach: each field with what stood there before and
//! what was written. Invariant: a signature is verified each time it is shown, from the bytes of the log and the
//! device's key; nothing remembers that it once did fit.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension};
use sync_core::batch::BatchHeader;
use sync_core::chunk;
use sync_core::document::{Container, DocumentError, Field, Fields, Household, Target, Value, View};
use sync_core::id::{ActorId, BatchHash, ChangeHash, CommuneId, DeviceId, DocumentId, EntityId};

use super::READER;
use crate::office::{Office, RecordedChange, verify};
use crate::problem::{Code, Problem};

/// Changes on a page of a household's history.
const PAGE_CHANGES: usize = 20;

/// A change of the log with what it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryRow {
    /// Where it is in the log, who signed it and when.
    pub recorded: RecordedChange,
    /// Signed at the office, by an officer or by an import; else on a phone.
    pub by_office: bool,
    /// Its author's clock, seconds since 1970.
    pub made_at: i64,
    /// Whether the batch's signature is the device's and covers this very change.
    pub signature_fits: bool,
    /// Whether it begins the household's record.
    pub begins: bool,
    /// What it wrote, the household's own fields first.
    pub edits: Vec<FieldChange>,
}

/// A field that a change wrote. `Debug` of the values hides them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// The object.
    pub target: Target,
    /// The field.
    pub field: String,
    /// What stood there when the change came to the office, the value shown first at the front.
    pub before: Vec<Value>,
    /// What it wrote.
    pub written: Value,
    /// What stands beside it since: somebody else's values, undecided.
    pub beside: Vec<Value>,
}

/// A page of a household's history, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryPage {
    /// The page's changes.
    pub rows: Vec<HistoryRow>,
    /// Changes in all.
    pub total: usize,
    /// Pages in all.
    pub pages: usize,
    /// The household as it is now: names for the keys that changes speak of.
    pub view: View,
}

/// A change as the log keeps it.
struct Logged {
    position: u64,
    hash: ChangeHash,
    device: DeviceId,
    received_at: i64,
    batch: i64,
    bytes: Vec<u8>,
}

impl Office {
    /// A page of everything that was written in a household's record; pages count from 0.
    ///
    /// # Errors
    /// [`Code::NotFound`] for an unknown document; the database's.
    pub fn history(&self, document: DocumentId, page: usize) -> Result<HistoryPage, Problem> {
        self.read(|sql| {
            let logged = logged(sql, document)?;
            let end = logged.len().saturating_sub(page.saturating_mul(PAGE_CHANGES));
            let begin = end.saturating_sub(PAGE_CHANGES);
            let (mut rows, household) = self.replay(sql, document, &logged, begin, end)?;
            rows.reverse();
            let pages = logged.len().div_ceil(PAGE_CHANGES);
            Ok(HistoryPage { rows, total: logged.len(), pages, view: household.view() })
        })
    }

    /// What the office calls each device that ever wrote, its own and its officers' included.
    ///
    /// # Errors
    /// The database's.
    pub fn authors(&self) -> Result<BTreeMap<DeviceId, String>, Problem> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached("SELECT id, label FROM device")?;
            let rows = statement.query_map([], |row| Ok((DeviceId(row.get(0)?), row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// One change, its document, and the household as it is now.
    ///
    /// # Errors
    /// [`Code::NotFound`]; the database's.
    pub fn change(&self, hash: ChangeHash) -> Result<(HistoryRow, View), Problem> {
        self.read(|sql| {
            let document: Option<[u8; 16]> = sql
                .prepare_cached("SELECT document FROM log WHERE hash = ?1 AND kind = 1")?
                .query_row([hash.0], |row| row.get(0))
                .optional()?;
            let document = DocumentId(document.ok_or(Code::NotFound)?);
            let logged = logged(sql, document)?;
            let at = logged.iter().position(|change| change.hash == hash).ok_or(Code::NotFound)?;
            let (mut rows, household) = self.replay(sql, document, &logged, at, at + 1)?;
            Ok((rows.pop().ok_or(Code::Internal)?, household.view()))
        })
    }

    /// What each of the changes `begin..end` did, in log order, and the document with all of them.
    fn replay(
        &self,
        sql: &Connection,
        document: DocumentId,
        logged: &[Logged],
        begin: usize,
        end: usize,
    ) -> Result<(Vec<HistoryRow>, Household), Problem> {
        let damaged = |_: DocumentError| Problem::from(Code::Internal);
        let bytes: Vec<&[u8]> = logged.iter().map(|change| change.bytes.as_slice()).collect();
        let first = *bytes.first().ok_or(Code::NotFound)?;
        let mut household = Household::load(READER, &bytes[..begin.max(1)]).map_err(damaged)?;
        let mut before = (begin > 0).then(|| household.view());
        let mut rows = Vec::with_capacity(end - begin);
        for (at, change) in logged.iter().enumerate().take(end).skip(begin) {
            if at > 0 {
                household.apply(&[&change.bytes]).map_err(damaged)?;
            }
            let after = household.view();
            let (_, opened) = chunk::open(&change.bytes).map_err(|_| Code::Internal)?;
            let edits = edits(before.as_ref(), &after, &opened.actor, opened.start_op);
            let signed = signed(sql, self.commune.id, document, change, &opened.actor)?;
            rows.push(signed.into_row(change, opened.time, change.bytes == first, edits));
            before = Some(after);
        }
        household.apply(&bytes[end.max(1)..]).map_err(damaged)?;
        Ok((rows, household))
    }
}

fn logged(sql: &Connection, document: DocumentId) -> Result<Vec<Logged>, Problem> {
    let mut statement = sql.prepare_cached(
        "SELECT position, hash, device, received_at, batch, bytes FROM log
         WHERE document = ?1 AND kind = 1 ORDER BY position",
    )?;
    let rows = statement.query_map([document.0], |row| {
        Ok(Logged {
            position: row.get(0)?,
            hash: ChangeHash(row.get(1)?),
            device: DeviceId(row.get(2)?),
            received_at: row.get(3)?,
            batch: row.get(4)?,
            bytes: row.get(5)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What the batch says of a change.
struct Signed {
    label: String,
    by_office: bool,
    number: u64,
    signed_at: i64,
    enrolled_at: i64,
    fits: bool,
}

impl Signed {
    fn into_row(self, change: &Logged, made_at: i64, begins: bool, edits: Vec<FieldChange>) -> HistoryRow {
        let recorded = RecordedChange {
            position: change.position,
            hash: change.hash,
            device: change.device,
            label: self.label,
            batch: self.number,
            signed_at: self.signed_at,
            received_at: change.received_at,
            enrolled_at: self.enrolled_at,
        };
        HistoryRow { recorded, by_office: self.by_office, made_at, signature_fits: self.fits, begins, edits }
    }
}

fn signed(
    sql: &Connection,
    commune: CommuneId,
    document: DocumentId,
    change: &Logged,
    author: &ActorId,
) -> Result<Signed, Problem> {
    let mut statement = sql.prepare_cached(
        "SELECT b.number, b.previous, b.signed_at, b.signature, b.entries, d.public_key, d.label,
             d.kind = 'office', b.device, d.enrolled_at
         FROM batch AS b JOIN device AS d ON d.id = b.device WHERE b.id = ?1",
    )?;
    let row = statement.query_row([change.batch], |row| {
        let entries: Vec<u8> = row.get(4)?;
        let header = BatchHeader {
            device: DeviceId(row.get(8)?),
            number: row.get(0)?,
            previous: BatchHash(row.get(1)?),
            changes: verify::split(&entries),
            signed_at: row.get(2)?,
        };
        let (signature, public_key): ([u8; 64], [u8; 32]) = (row.get(3)?, row.get(5)?);
        // A device is named by its key, a change by its bytes: neither is taken on the row's word.
        let fits = DeviceId::of_key(&public_key) == change.device
            && author.device() == change.device
            && header.device == change.device
            && header.is_signed(commune, &public_key, &signature)
            && header.changes.contains(&(document, change.hash))
            && chunk::open(&change.bytes).is_ok_and(|(hash, _)| hash == change.hash);
        Ok(Signed {
            label: row.get(6)?,
            by_office: row.get(7)?,
            number: header.number,
            signed_at: header.signed_at,
            enrolled_at: row.get(9)?,
            fits,
        })
    });
    Ok(row?)
}

/// The fields in which two views differ, with what an author wrote from an operation on.
fn edits(before: Option<&View>, after: &View, author: &ActorId, start_op: u64) -> Vec<FieldChange> {
    let own = before.map(|view| &view.household);
    let mut all = Vec::new();
    compare(own, &after.household, &Target::Household, author, start_op, &mut all);
    for (container, entries) in &after.entities {
        for (key, fields) in entries {
            let stood = before.and_then(|view| view.entity(*container, key));
            let target = target(*container, key);
            compare(stood, fields, &target, author, start_op, &mut all);
        }
    }
    all
}

fn target(container: Container, key: &EntityId) -> Target {
    Target::Entity(container, key.clone())
}

fn compare(
    before: Option<&Fields>,
    after: &Fields,
    target: &Target,
    author: &ActorId,
    start_op: u64,
    all: &mut Vec<FieldChange>,
) {
    let values = |field: Option<&Field>| -> Vec<Value> {
        field.into_iter().flat_map(Field::values).map(|written| written.value.clone()).collect()
    };
    for (name, field) in after {
        let stood = before.and_then(|fields| fields.get(name));
        if stood == Some(field) {
            continue;
        }
        let own = field.values().find(|written| written.actor == *author && written.counter >= start_op);
        let written = own.unwrap_or_else(|| field.shown()).value.clone();
        let mut beside = values(Some(field));
        beside.retain(|value| *value != written);
        all.push(FieldChange {
            target: target.clone(),
            field: name.clone(),
            before: values(stood),
            written,
            beside,
        });
    }
}
