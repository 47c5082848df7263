//! The device's store on SQLite: one file a device (on a computer, or in a browser's own file system), one
//! process at a time.
//!
//! Enters: what `sync_core::device` decides. Leaves: the same contract as the store in memory
//! (`tests/tests/device_store.rs` runs one suite over both), and what the app's pages need besides: visits
//! under way ([`SqliteStore::put_draft`]), rows of the register ([`SqliteStore::households`]), facts for the
//! tally. Invariants: a change is on the disk before `record` returns (`synchronous = FULL`); a plan is one
//! transaction; no statement here deletes a row, except a visit under way that became part of the record or
//! came to nothing. Heads of the acknowledged changes are kept beside each document, so that comparing a
//! thousand documents reads a thousand short rows; so are its row and its facts, marked as stale in the
//! transaction that changes it. It knows no network and draws no randomness.

mod enrolment;
mod error;
mod notice;
mod open;
mod pages;
mod visits;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Row, params};

use sync_core::chunk;
use sync_core::date::{self, Date};
use sync_core::device::{
    ChangeState, DeviceState, DeviceStore, NewBatch, ResponsePlan, SignedBatch, StoredChange, StoredNotice,
};
use sync_core::document::{Household, LocalChange};
use sync_core::heads::{Fingerprint, HeadSet};
use sync_core::id::{ActorId, BatchHash, ChangeHash, DeviceId, DocumentId};
use sync_core::notice::Notice;
use sync_core::wire::{CODE_RELEASED, Cursor, from_plain, to_plain};

pub use enrolment::{Counts, Enrolment, LastSync, RefusedChange};
pub use error::StoreError;
#[cfg(target_family = "wasm")]
pub use open::POOL;
pub use pages::{Listed, Waiting};

/// A device's store in a file.
#[derive(Debug)]
pub struct SqliteStore {
    connection: Connection,
    path: PathBuf,
    clock: i64,
    day: Option<Date>,
}

const UNSENT: i64 = 0;
const ACKNOWLEDGED: i64 = 1;
const REFUSED: i64 = 2;

impl SqliteStore {
    /// Where it is: a file, or a name in the browser's pool.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Tells the store the time (seconds since 1970) that it notes beside what it stores from now on.
    pub fn tell_clock(&mut self, clock: i64) {
        self.clock = clock;
    }

    /// Tells the store what day it is where the collector is: the day on which rows of the register are
    /// looked at. Not told, it is the day of the clock in UTC.
    pub fn tell_day(&mut self, day: Date) {
        self.day = Some(day);
    }

    fn today(&self) -> Date {
        self.day.unwrap_or_else(|| date::day_of(self.clock))
    }

    /// Makes everything `work` stores one transaction: durable when this returns, or, if `work` fails,
    /// not there at all. May be nested; then the outermost decides when it is durable.
    ///
    /// # Errors
    /// Those of `work`, and the store's own.
    pub fn as_one<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.as_one_or(work, E::from)
    }

    fn as_one_or<T, E>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
        failed: impl Fn(StoreError) -> E,
    ) -> Result<T, E> {
        let run = |store: &Self, sql: &str| store.connection.execute_batch(sql).map_err(StoreError::from);
        run(self, "SAVEPOINT one").map_err(&failed)?;
        let done = work(self).and_then(|done| run(self, "RELEASE one").map_err(&failed).map(|()| done));
        if done.is_err() {
            // Nothing may stay open: what is stored next would wait in it, and not be durable. Where the disk is
            // full the database has rolled back already; what is told is why.
            let _ = run(self, "ROLLBACK TO one");
            let _ = run(self, "RELEASE one");
        }
        done
    }
}

fn state_of(number: i64) -> Result<ChangeState, StoreError> {
    match number {
        UNSENT => Ok(ChangeState::Unsent),
        ACKNOWLEDGED => Ok(ChangeState::Acknowledged),
        REFUSED => Ok(ChangeState::Refused),
        _ => Err(StoreError::Unreadable("state")),
    }
}

fn number_of(state: ChangeState) -> i64 {
    match state {
        ChangeState::Unsent => UNSENT,
        ChangeState::Acknowledged => ACKNOWLEDGED,
        ChangeState::Refused => REFUSED,
    }
}

/// Counters of the protocol are far below 2^63; the database has signed numbers only.
fn signed(number: u64) -> i64 {
    number.cast_signed()
}

fn id<'b, T: TryFrom<&'b [u8]>>(bytes: &'b [u8], what: &'static str) -> Result<T, StoreError> {
    T::try_from(bytes).map_err(|_| StoreError::Unreadable(what))
}

const CHANGE_COLUMNS: &str = "document, hash, bytes, state";

fn stored_change(row: &Row<'_>) -> Result<StoredChange, StoreError> {
    Ok(StoredChange {
        document: id(row.get_ref(0)?.as_blob().map_err(|_| StoreError::Unreadable("document"))?, "document")?,
        hash: id(row.get_ref(1)?.as_blob().map_err(|_| StoreError::Unreadable("hash"))?, "hash")?,
        bytes: row.get(2)?,
        state: state_of(row.get(3)?)?,
    })
}

/// Stores a change and, with a document's first, the document. A change known already stays as it is.
/// Tells who made it, if it was not known.
fn insert(tx: &Connection, clock: i64, change: &StoredChange) -> Result<Option<DeviceId>, StoreError> {
    let known =
        tx.prepare_cached("SELECT 1 FROM change_ WHERE hash = ?1")?.exists([change.hash.as_bytes()])?;
    if known {
        return Ok(None);
    }
    let (_, opened) = chunk::open(&change.bytes).map_err(|_| StoreError::Unreadable("change"))?;
    let known =
        tx.prepare_cached("SELECT 1 FROM document WHERE id = ?1")?.exists([change.document.as_bytes()])?;
    if !known {
        // Whoever reads: the village does not depend on it.
        let village = Household::load(ActorId([0; 16]), &[&change.bytes]).map(|first| first.view().village);
        tx.prepare_cached("INSERT INTO document (id, village, heads) VALUES (?1, ?2, x'')")?
            .execute(params![change.document.as_bytes(), village.unwrap_or_default()])?;
        pages::begin(tx, change)?;
    }
    let deps: Vec<u8> = opened.deps.iter().flat_map(|hash| hash.0).collect();
    tx.prepare_cached(
        "INSERT INTO change_ (hash, document, bytes, deps, state, batch, stored_at)
         VALUES (?1, ?2, ?3, ?4, ?5, NULL, ?6)",
    )?
    .execute(params![
        change.hash.as_bytes(),
        change.document.as_bytes(),
        change.bytes,
        deps,
        number_of(change.state),
        clock
    ])?;
    pages::touch(tx, change.document)?;
    Ok(Some(opened.actor.device()))
}

/// Moves a change to another state, but only from another than it: a plan applied again finds it moved.
fn mark(
    tx: &Connection,
    hash: &ChangeHash,
    from: &str,
    to: i64,
    touched: &mut BTreeSet<DocumentId>,
) -> Result<bool, StoreError> {
    let sql =
        format!("UPDATE change_ SET state = ?1 WHERE hash = ?2 AND state IN ({from}) RETURNING document");
    let document: Option<Vec<u8>> =
        tx.prepare_cached(&sql)?.query_row(params![to, hash.as_bytes()], |row| row.get(0)).optional()?;
    let Some(document) = document else { return Ok(false) };
    let document = id(&document, "document")?;
    pages::touch(tx, document)?;
    touched.insert(document);
    Ok(true)
}

/// Computes the heads of a document's acknowledged changes anew.
fn refresh_heads(tx: &Connection, document: DocumentId) -> Result<(), StoreError> {
    let mut changes = Vec::new();
    let mut select =
        tx.prepare_cached("SELECT hash, deps FROM change_ WHERE document = ?1 AND state = 1 ORDER BY place")?;
    let mut rows = select.query([document.as_bytes()])?;
    while let Some(row) = rows.next()? {
        let (hash, deps): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let deps: Vec<ChangeHash> = deps.chunks(32).map(|dep| id(dep, "hash")).collect::<Result<_, _>>()?;
        changes.push((id(&hash, "hash")?, deps));
    }
    let heads = HeadSet::of(changes);
    tx.prepare_cached("UPDATE document SET heads = ?1 WHERE id = ?2")?
        .execute(params![heads.to_bytes(), document.as_bytes()])?;
    Ok(())
}

fn acknowledge(tx: &Connection, number: u64, touched: &mut BTreeSet<DocumentId>) -> Result<(), StoreError> {
    // A number may stand twice: given up once, and used again after the chain was restarted.
    let batch: Option<i64> = tx
        .prepare_cached("SELECT place FROM batch WHERE number = ?1 AND fate = 0 ORDER BY place")?
        .query_row([signed(number)], |row| row.get(0))
        .optional()?;
    let Some(batch) = batch else { return Ok(()) };
    tx.prepare_cached("UPDATE batch SET fate = 1 WHERE place = ?1")?.execute([batch])?;
    let mut update = tx.prepare_cached(
        "UPDATE change_ SET state = 1 WHERE state = 0
         AND hash IN (SELECT hash FROM batch_change WHERE batch = ?1) RETURNING document",
    )?;
    let mut rows = update.query([batch])?;
    while let Some(row) = rows.next()? {
        let document: Vec<u8> = row.get(0)?;
        touched.insert(id(&document, "document")?);
    }
    Ok(())
}

impl DeviceStore for SqliteStore {
    type Error = StoreError;

    fn state(&self) -> Result<DeviceState, StoreError> {
        let mut select = self.connection.prepare_cached(
            "SELECT device, installation, commune, grants, cursor, chain_number, chain_hash, refusals_noted
             FROM state",
        )?;
        let mut rows = select.query([])?;
        let row = rows.next()?.ok_or(StoreError::NotEnrolled)?;
        let blob = |at: usize| row.get::<_, Vec<u8>>(at);
        let number = |at: usize| row.get::<_, i64>(at).map(i64::cast_unsigned);
        Ok(DeviceState {
            device: id::<DeviceId>(&blob(0)?, "device")?,
            installation: row.get(1)?,
            commune: from_plain(&blob(2)?).map_err(|_| StoreError::Unreadable("commune"))?,
            grants: from_plain(&blob(3)?).map_err(|_| StoreError::Unreadable("grant"))?,
            cursor: from_plain(&blob(4)?).map_err(|_| StoreError::Unreadable("cursor"))?,
            chain_number: number(5)?,
            chain_hash: id::<BatchHash>(&blob(6)?, "hash")?,
            refusals_noted: number(7)?,
        })
    }

    fn record(&mut self, document: DocumentId, change: &LocalChange) -> Result<(), StoreError> {
        let clock = self.clock;
        let tx = self.connection.savepoint()?;
        let (hash, bytes) = (change.hash, change.bytes.clone());
        insert(&tx, clock, &StoredChange { document, hash, bytes, state: ChangeState::Unsent })?;
        Ok(tx.commit()?)
    }

    fn documents(&self) -> Result<Vec<DocumentId>, StoreError> {
        let mut select = self.connection.prepare_cached("SELECT id FROM document ORDER BY id")?;
        let mut rows = select.query([])?;
        let mut documents = Vec::new();
        while let Some(row) = rows.next()? {
            let document: Vec<u8> = row.get(0)?;
            documents.push(id(&document, "document")?);
        }
        Ok(documents)
    }

    fn changes(&self, document: DocumentId) -> Result<Vec<StoredChange>, StoreError> {
        let sql = format!("SELECT {CHANGE_COLUMNS} FROM change_ WHERE document = ?1 ORDER BY place");
        let mut select = self.connection.prepare_cached(&sql)?;
        let mut rows = select.query([document.as_bytes()])?;
        let mut changes = Vec::new();
        while let Some(row) = rows.next()? {
            changes.push(stored_change(row)?);
        }
        Ok(changes)
    }

    fn unsent(&self, bytes_max: usize, count_max: usize) -> Result<Vec<StoredChange>, StoreError> {
        let sql = format!(
            "SELECT {CHANGE_COLUMNS} FROM change_ WHERE state = 0 AND batch IS NULL ORDER BY place LIMIT ?1"
        );
        let mut select = self.connection.prepare_cached(&sql)?;
        let mut rows = select.query([i64::try_from(count_max).unwrap_or(i64::MAX)])?;
        let mut bytes = 0;
        let mut changes = Vec::new();
        while let Some(row) = rows.next()? {
            let change = stored_change(row)?;
            bytes += change.bytes.len();
            if bytes > bytes_max && !changes.is_empty() {
                break;
            }
            changes.push(change);
        }
        Ok(changes)
    }

    fn open_batches(&self) -> Result<Vec<SignedBatch>, StoreError> {
        let mut select = self.connection.prepare_cached(
            "SELECT place, number, previous, hash, signed_at, signature FROM batch WHERE fate = 0 ORDER BY place",
        )?;
        let mut select_changes = self.connection.prepare_cached(
            "SELECT c.document, c.hash, c.bytes, c.state FROM batch_change AS b JOIN change_ AS c USING (hash)
             WHERE b.batch = ?1 ORDER BY b.ordinal",
        )?;
        let mut rows = select.query([])?;
        let mut open = Vec::new();
        while let Some(row) = rows.next()? {
            let mut changes = Vec::new();
            let mut inner = select_changes.query([row.get::<_, i64>(0)?])?;
            while let Some(row) = inner.next()? {
                changes.push(stored_change(row)?);
            }
            let blob = |at: usize| row.get::<_, Vec<u8>>(at);
            let batch = NewBatch {
                number: row.get::<_, i64>(1)?.cast_unsigned(),
                previous: id(&blob(2)?, "hash")?,
                hash: id(&blob(3)?, "hash")?,
                signed_at: row.get(4)?,
                signature: blob(5)?.try_into().map_err(|_| StoreError::Unreadable("signature"))?,
                changes: changes.iter().map(|change: &StoredChange| change.hash).collect(),
            };
            open.push(SignedBatch { batch, changes });
        }
        Ok(open)
    }

    fn sign(&mut self, batch: &NewBatch) -> Result<(), StoreError> {
        let tx = self.connection.savepoint()?;
        let number = signed(batch.number);
        tx.prepare_cached(
            "INSERT INTO batch (number, previous, hash, signed_at, signature, fate)
             VALUES (?1, ?2, ?3, ?4, ?5, 0)",
        )?
        .execute(params![
            number,
            batch.previous.as_bytes(),
            batch.hash.as_bytes(),
            batch.signed_at,
            batch.signature.as_slice()
        ])?;
        let place = tx.last_insert_rowid();
        for (ordinal, hash) in (0i64..).zip(&batch.changes) {
            tx.prepare_cached("INSERT INTO batch_change (batch, ordinal, hash) VALUES (?1, ?2, ?3)")?
                .execute(params![place, ordinal, hash.as_bytes()])?;
            tx.prepare_cached("UPDATE change_ SET batch = ?1 WHERE hash = ?2")?
                .execute(params![place, hash.as_bytes()])?;
        }
        tx.execute(
            "UPDATE state SET chain_number = ?1, chain_hash = ?2",
            params![number, batch.hash.as_bytes()],
        )?;
        Ok(tx.commit()?)
    }

    fn apply(&mut self, plan: &ResponsePlan) -> Result<(), StoreError> {
        let (clock, own) = (self.clock, self.state()?.device);
        let tx = self.connection.savepoint()?;
        let mut touched = BTreeSet::new();
        for number in &plan.acknowledged {
            acknowledge(&tx, *number, &mut touched)?;
        }
        for change in &plan.received {
            let (document, hash, bytes) = (change.document, change.hash, change.bytes.clone());
            let change = StoredChange { document, hash, bytes, state: ChangeState::Acknowledged };
            if let Some(author) = insert(&tx, clock, &change)? {
                touched.insert(document);
                if author != own {
                    pages::changed_by_others(&tx, document)?;
                }
            }
        }
        let noted: i64 = tx.query_row("SELECT refusals_noted FROM state", [], |row| row.get(0))?;
        let mut highest = noted;
        for note in plan.refusals.iter().filter(|note| signed(note.id) > noted) {
            if note.code == CODE_RELEASED {
                mark(&tx, &note.hash, "2", ACKNOWLEDGED, &mut touched)?;
            } else {
                mark(&tx, &note.hash, "0, 1", REFUSED, &mut touched)?;
            }
            tx.prepare_cached(
                "INSERT INTO refusal (note, document, hash, code, noted_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                signed(note.id),
                note.document.as_bytes(),
                note.hash.as_bytes(),
                note.code,
                clock
            ])?;
            highest = highest.max(signed(note.id));
        }
        for hash in &plan.confirmed {
            mark(&tx, hash, "0, 2", ACKNOWLEDGED, &mut touched)?;
        }
        for hash in &plan.set_aside {
            mark(&tx, hash, "1", REFUSED, &mut touched)?;
        }
        for hash in &plan.requeued {
            if mark(&tx, hash, "1, 2", UNSENT, &mut touched)? {
                tx.prepare_cached("UPDATE change_ SET batch = NULL WHERE hash = ?1")?
                    .execute([hash.as_bytes()])?;
            }
        }
        for document in touched {
            refresh_heads(&tx, document)?;
        }
        tx.execute(
            "UPDATE state SET cursor = ?1, grants = ?2, refusals_noted = ?3",
            params![to_plain(&plan.cursor), to_plain(&plan.grants), highest],
        )?;
        if let Some(commune) = &plan.commune {
            tx.execute("UPDATE state SET commune = ?1", [to_plain(commune)])?;
        }
        for update in &plan.notices {
            notice::update(&tx, update)?;
        }
        Ok(tx.commit()?)
    }

    fn restart_chain(&mut self, number: u64, hash: BatchHash, installation: u32) -> Result<(), StoreError> {
        let tx = self.connection.savepoint()?;
        tx.execute(
            "UPDATE change_ SET batch = NULL WHERE batch IN (SELECT place FROM batch WHERE fate = 0)",
            [],
        )?;
        tx.execute("UPDATE batch SET fate = 2 WHERE fate = 0", [])?;
        tx.execute(
            "UPDATE state SET chain_number = ?1, chain_hash = ?2, installation = ?3",
            params![signed(number), hash.as_bytes(), installation],
        )?;
        Ok(tx.commit()?)
    }

    fn reset_cursor(&mut self) -> Result<(), StoreError> {
        self.connection
            .execute("UPDATE state SET cursor = ?1, refusals_noted = 0", [to_plain(&Cursor::default())])?;
        Ok(())
    }

    fn record_notice(&mut self, notice: &Notice) -> Result<(), StoreError> {
        notice::insert(&self.connection, notice)
    }

    fn notices(&self) -> Result<Vec<StoredNotice>, StoreError> {
        notice::all(&self.connection)
    }

    fn fingerprints(&self, villages: &[String]) -> Result<Vec<Fingerprint>, StoreError> {
        let mut select = self
            .connection
            .prepare_cached("SELECT id, village, heads FROM document WHERE heads <> x'' ORDER BY id")?;
        let mut rows = select.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let village: String = row.get(1)?;
            if villages.contains(&village) {
                let (document, heads): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(2)?);
                let heads = HeadSet::from_bytes(&heads).ok_or(StoreError::Unreadable("hash"))?;
                found.push(heads.fingerprint(id(&document, "document")?));
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_not_be_committed_leaves_nothing_open_behind_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut store = SqliteStore::create(&folder.path().join("so.db")).expect("a store");
        // A visit to a household there is not: noticed only when it is to become durable.
        let done: Result<(), StoreError> = store.as_one(|store| {
            Ok(store.connection.execute_batch(
                "PRAGMA defer_foreign_keys = on;
                 INSERT INTO draft (id, document, bytes, touched_at) VALUES ('x', zeroblob(16), x'', 0)",
            )?)
        });
        assert!(matches!(done, Err(StoreError::Sql(_))));
        assert!(store.connection.is_autocommit(), "what is stored next is durable by itself");
        assert_eq!(store.drafts().expect("readable").len(), 0);
    }
}
