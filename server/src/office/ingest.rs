//! A batch arrives: verified, examined change by change, logged — or quarantined.
//!
//! Runs inside the writer's transaction. Order of work: recognise a repetition, verify the signature,
//! examine each change on a copy, log what passes, keep what does not, retry what waited for it,
//! refresh the projection of the documents touched. Nothing is acknowledged before the commit.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};
use sync_core::batch::BatchHeader;
use sync_core::chunk;
use sync_core::document::{Examined, Household, Refusal, View, examine};
use sync_core::heads::HeadSet;
use sync_core::id::{ActorId, BatchHash, ChangeHash, DeviceId, DocumentId};
use sync_core::limits;
use sync_core::wire::{Batch, CODE_RELEASED, Receipt};

use super::{Commune, feed, project};
use crate::problem::{ChainState, Code, Problem};

/// The log's kinds of row.
pub(super) const KIND_CHANGE: i64 = 1;
pub(super) const KIND_ACT: i64 = 2;

/// Rounds of retrying what waited in quarantine, per batch.
const RETRIES_MAX: usize = 4;

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IngestReport {
    /// To be told to the device.
    pub receipt: Receipt,
    /// Changes logged, quarantined ones that passed now included.
    pub accepted: usize,
    /// Changes put into quarantine.
    pub refused: usize,
}

/// The name by which a batch's signature covers a change: SHA-256 of everything after the chunk's magic
/// and checksum, which for a well-formed change is its Automerge hash.
fn signed_hash(bytes: &[u8]) -> ChangeHash {
    ChangeHash(Sha256::digest(bytes.get(8..).unwrap_or_default()).into())
}

/// Takes in one batch of `device`. `exact`: the bytes are as the device wrote them, not rebuilt from the
/// packed encoding; only then does a wrong signature condemn the batch.
pub(super) fn ingest(
    sql: &Connection,
    commune: &Commune,
    device: DeviceId,
    batch: &Batch,
    exact: bool,
    clock: i64,
) -> Result<IngestReport, Problem> {
    let header = BatchHeader {
        device,
        number: batch.number,
        previous: batch.previous,
        signed_at: batch.signed_at,
        changes: batch.changes.iter().map(|change| (change.document, signed_hash(&change.bytes))).collect(),
    };
    let hash = header.hash(commune.id);
    let report = |accepted, refused| IngestReport {
        receipt: Receipt { number: batch.number, hash },
        accepted,
        refused,
    };
    let stored: Option<Vec<u8>> = sql
        .prepare_cached("SELECT hash FROM batch WHERE device = ?1 AND number = ?2")?
        .query_row(params![device.0, batch.number], |row| row.get(0))
        .optional()?;
    if let Some(stored) = stored {
        if stored == hash.0 {
            return Ok(report(0, 0));
        }
        return Err(repeated(sql, device, batch.number)?);
    }
    let public_key: [u8; 32] = sql
        .prepare_cached("SELECT public_key FROM device WHERE id = ?1 AND revoked_at IS NULL")?
        .query_row(params![device.0], |row| row.get(0))
        .optional()?
        .ok_or(Code::DeviceRevoked)?;
    let signed = header.is_signed(commune.id, &public_key, &batch.signature);
    if !signed && !exact {
        return Err(Code::PackedUnresolved.into());
    }
    let mut ingest =
        Ingest { sql, clock, households: BTreeMap::new(), touched: BTreeMap::new(), accepted: 0, refused: 0 };
    if !signed {
        for (change, (document, hash)) in batch.changes.iter().zip(&header.changes) {
            let refused =
                Arrival { device, document: *document, hash: *hash, bytes: &change.bytes, batch: None };
            if !ingest.is_logged(hash)? {
                ingest.quarantine(&refused, Refusal::BatchSignatureInvalid)?;
            }
        }
        return Ok(report(0, ingest.refused));
    }
    sql.prepare_cached(
        "INSERT INTO batch (device, number, previous, hash, signed_at, received_at, signature, entries)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        device.0,
        batch.number,
        batch.previous.0,
        hash.0,
        batch.signed_at,
        clock,
        batch.signature.as_slice(),
        entries(&header),
    ])?;
    let id = sql.last_insert_rowid();
    sql.prepare_cached(
        "UPDATE device SET chain_number = ?2, chain_hash = ?3 WHERE id = ?1 AND chain_number < ?2",
    )?
    .execute(params![device.0, batch.number, hash.0])?;
    for (change, (document, hash)) in batch.changes.iter().zip(&header.changes) {
        let arrival =
            Arrival { device, document: *document, hash: *hash, bytes: &change.bytes, batch: Some(id) };
        ingest.take(&arrival)?;
    }
    ingest.retry_waiting()?;
    ingest.finish()?;
    Ok(report(ingest.accepted, ingest.refused))
}

fn repeated(sql: &Connection, device: DeviceId, number: u64) -> Result<Problem, Problem> {
    let (last, hash): (u64, [u8; 32]) = sql.query_row(
        "SELECT chain_number, chain_hash FROM device WHERE id = ?1",
        params![device.0],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    // A number no installation of this device had: derived from the chain, so that the same device
    // asking again gets the same, and two clones get different ones as their chains part.
    let seed = Sha256::digest([&hash[..], &number.to_be_bytes()].concat());
    let installation = u32::from_be_bytes(seed[..4].try_into().expect("SHA-256 has 32 bytes")) | 0x8000_0000;
    let chain = Some(ChainState { number: last, hash: BatchHash(hash), installation });
    Ok(Problem { code: Code::BatchNumberRepeated, chain })
}

fn entries(header: &BatchHeader) -> Vec<u8> {
    header.changes.iter().flat_map(|(document, hash)| document.0.into_iter().chain(hash.0)).collect()
}

/// A change on its way in.
struct Arrival<'a> {
    device: DeviceId,
    document: DocumentId,
    hash: ChangeHash,
    bytes: &'a [u8],
    /// None where no valid signature covers it.
    batch: Option<i64>,
}

struct Ingest<'a> {
    sql: &'a Connection,
    clock: i64,
    households: BTreeMap<DocumentId, Household>,
    touched: BTreeMap<DocumentId, View>,
    accepted: usize,
    refused: usize,
}

impl Ingest<'_> {
    fn take(&mut self, arrival: &Arrival<'_>) -> Result<(), Problem> {
        if self.is_logged(&arrival.hash)? {
            return Ok(());
        }
        match self.judge(arrival)? {
            Ok(examined) => self.log(arrival, examined),
            Err(refusal) => self.quarantine(arrival, refusal),
        }
    }

    fn is_logged(&self, hash: &ChangeHash) -> Result<bool, Problem> {
        Ok(self.sql.prepare_cached("SELECT 1 FROM log WHERE hash = ?1")?.exists(params![hash.0])?)
    }

    /// Examines a change and the device's grant for its document.
    fn judge(&mut self, arrival: &Arrival<'_>) -> Result<Result<Examined, Refusal>, Problem> {
        if !self.households.contains_key(&arrival.document) {
            let changes = feed::changes_of(self.sql, arrival.document, None)?;
            if !changes.is_empty() {
                let nobody = ActorId([0; 16]);
                let household = Household::load(nobody, &changes).map_err(|_| Code::Internal)?;
                self.households.insert(arrival.document, household);
            }
        }
        let known = self.households.get(&arrival.document);
        let examined = match examine(known, arrival.document, arrival.device, arrival.bytes) {
            Ok(examined) => examined,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let granted = self
            .sql
            .prepare_cached(
                "SELECT 1 FROM device AS d LEFT JOIN village_grant AS g ON g.device = d.id AND g.village = ?2
                 WHERE d.id = ?1 AND (g.village IS NOT NULL OR d.kind = 'office')
                   AND EXISTS (SELECT 1 FROM village WHERE code = ?2)",
            )?
            .exists(params![arrival.device.0, examined.household.village()])?;
        Ok(if granted { Ok(examined) } else { Err(Refusal::VillageNotGranted) })
    }

    fn log(&mut self, arrival: &Arrival<'_>, examined: Examined) -> Result<(), Problem> {
        let (_, opened) = chunk::open(arrival.bytes).map_err(|_| Code::Internal)?;
        let village = examined.household.village();
        let position = append(
            self.sql,
            &Row {
                kind: KIND_CHANGE,
                received_at: self.clock,
                change: Some(ChangeRow {
                    document: arrival.document,
                    village: &village,
                    hash: arrival.hash,
                    actor: opened.actor,
                    seq: opened.seq,
                    device: arrival.device,
                    batch: arrival.batch,
                }),
                bytes: arrival.bytes,
            },
        )?;
        let heads: Option<Vec<u8>> = self
            .sql
            .prepare_cached("SELECT heads FROM document WHERE id = ?1")?
            .query_row(params![arrival.document.0], |row| row.get(0))
            .optional()?;
        let mut heads = HeadSet::from_bytes(&heads.unwrap_or_default()).ok_or(Code::Internal)?;
        heads.advance(arrival.hash, &opened.deps);
        let fingerprint = heads.fingerprint(arrival.document).heads.cast_signed();
        self.sql
            .prepare_cached(
                "INSERT INTO document (id, village, heads, fingerprint, last_log) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (id) DO UPDATE SET heads = ?3, fingerprint = ?4, last_log = ?5",
            )?
            .execute(params![arrival.document.0, village, heads.to_bytes(), fingerprint, position])?;
        self.households.insert(arrival.document, examined.household);
        self.touched.insert(arrival.document, examined.view);
        self.accepted += 1;
        self.release(arrival)
    }

    /// Takes back the refusal of a change that is in the log now, whether it waited here or was told
    /// again by its device.
    fn release(&self, arrival: &Arrival<'_>) -> Result<(), Problem> {
        let released = self
            .sql
            .prepare_cached(
                "UPDATE quarantine SET released_at = ?3 WHERE device = ?1 AND hash = ?2 AND released_at IS NULL",
            )?
            .execute(params![arrival.device.0, arrival.hash.0, self.clock])?;
        if released > 0 {
            note_refusal(self.sql, arrival.device, arrival.document, &arrival.hash, CODE_RELEASED)?;
        }
        Ok(())
    }

    fn quarantine(&mut self, arrival: &Arrival<'_>, refusal: Refusal) -> Result<(), Problem> {
        let code = refusal.code();
        let waiting: usize = self
            .sql
            .prepare_cached("SELECT count(*) FROM quarantine WHERE device = ?1 AND released_at IS NULL")?
            .query_row(params![arrival.device.0], |row| row.get(0))?;
        if waiting >= limits::QUARANTINE_CHANGES_MAX {
            return Err(Code::LimitExceeded.into());
        }
        let changed = self
            .sql
            .prepare_cached(
                "INSERT INTO quarantine (device, document, hash, bytes, code, batch, received_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT (device, hash) DO UPDATE SET document = ?2, bytes = ?4, code = ?5, batch = ?6
                 WHERE released_at IS NULL AND (?6 IS NOT NULL OR batch IS NULL)",
            )?
            .execute(params![
                arrival.device.0,
                arrival.document.0,
                arrival.hash.0,
                arrival.bytes,
                code,
                arrival.batch,
                self.clock,
            ])?;
        if changed > 0 {
            note_refusal(self.sql, arrival.device, arrival.document, &arrival.hash, code)?;
            self.refused += 1;
        }
        Ok(())
    }

    /// Changes that waited for what has just arrived.
    fn retry_waiting(&mut self) -> Result<(), Problem> {
        for _ in 0..RETRIES_MAX {
            let before = self.accepted;
            for document in self.touched.keys().copied().collect::<Vec<_>>() {
                for waiting in waiting(self.sql, "document = ?1", params![document.0])? {
                    self.retry(&waiting)?;
                }
            }
            if self.accepted == before {
                break;
            }
        }
        Ok(())
    }

    fn retry(&mut self, waiting: &Waiting) -> Result<(), Problem> {
        let arrival = Arrival {
            device: waiting.device,
            document: waiting.document,
            hash: waiting.hash,
            bytes: &waiting.bytes,
            batch: Some(waiting.batch),
        };
        match self.judge(&arrival)? {
            Ok(examined) => self.log(&arrival, examined),
            // It waits for something else now, or can never pass: the collector is told.
            Err(refusal) if refusal.code() != waiting.code => self.quarantine(&arrival, refusal),
            Err(_) => Ok(()),
        }
    }

    fn finish(&mut self) -> Result<(), Problem> {
        self.touched.values().try_for_each(|view| project::refresh(self.sql, view))
    }
}

/// A quarantined change that may pass now, with the signature it came under.
struct Waiting {
    code: String,
    device: DeviceId,
    document: DocumentId,
    hash: ChangeHash,
    bytes: Vec<u8>,
    batch: i64,
}

fn waiting(
    sql: &Connection,
    condition: &str,
    values: impl rusqlite::Params,
) -> Result<Vec<Waiting>, Problem> {
    let codes: Vec<String> = Refusal::ALL
        .into_iter()
        .filter(|refusal| refusal.may_pass_later())
        .map(|refusal| format!("'{}'", refusal.code()))
        .collect();
    let query = format!(
        "SELECT code, device, document, hash, bytes, batch FROM quarantine
         WHERE released_at IS NULL AND batch IS NOT NULL AND code IN ({}) AND {condition} ORDER BY id",
        codes.join(", ")
    );
    let mut statement = sql.prepare_cached(&query)?;
    let rows = statement.query_map(values, |row| {
        Ok(Waiting {
            code: row.get(0)?,
            device: DeviceId(row.get(1)?),
            document: DocumentId(row.get(2)?),
            hash: ChangeHash(row.get(3)?),
            bytes: row.get(4)?,
            batch: row.get(5)?,
        })
    })?;
    let mut found = rows.collect::<Result<Vec<_>, _>>()?;
    // A change's operations count on from those it depends on: in this order one pass takes a whole
    // chain that arrived backwards.
    found.sort_by_key(|waiting| chunk::open(&waiting.bytes).map_or(u64::MAX, |(_, opened)| opened.start_op));
    Ok(found)
}

/// Retries everything of a device that waited for a grant. Returns how many passed.
pub(super) fn retry_device(sql: &Connection, device: DeviceId, clock: i64) -> Result<usize, Problem> {
    let mut ingest =
        Ingest { sql, clock, households: BTreeMap::new(), touched: BTreeMap::new(), accepted: 0, refused: 0 };
    for waiting in waiting(sql, "device = ?1", params![device.0])? {
        ingest.retry(&waiting)?;
    }
    ingest.retry_waiting()?;
    ingest.finish()?;
    Ok(ingest.accepted)
}

/// What became of a change that was examined again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Retried {
    /// It is in the log now.
    Passed { document: DocumentId },
    /// It stays in quarantine.
    Refused(Refusal),
}

/// Examines one quarantined change again, whatever it was refused for; one that no valid signature covers stays.
/// `None`: no such row waits.
pub(super) fn retry_one(sql: &Connection, id: u64, clock: i64) -> Result<Option<Retried>, Problem> {
    let row = sql
        .prepare_cached(
            "SELECT code, device, document, hash, bytes, batch FROM quarantine WHERE id = ?1 AND released_at IS NULL",
        )?
        .query_row(params![id], |row| {
            let batch: Option<i64> = row.get(5)?;
            Ok((row.get::<_, String>(0)?, DeviceId(row.get(1)?), DocumentId(row.get(2)?), row.get(3)?, row.get(4)?, batch))
        })
        .optional()?;
    let Some((code, device, document, hash, bytes, batch)) = row else { return Ok(None) };
    let (hash, bytes): (ChangeHash, Vec<u8>) = (ChangeHash(hash), bytes);
    if batch.is_none() {
        return Ok(Some(Retried::Refused(Refusal::BatchSignatureInvalid)));
    }
    let mut ingest =
        Ingest { sql, clock, households: BTreeMap::new(), touched: BTreeMap::new(), accepted: 0, refused: 0 };
    let arrival = Arrival { device, document, hash, bytes: &bytes, batch };
    let retried = match ingest.judge(&arrival)? {
        Ok(examined) => {
            ingest.log(&arrival, examined)?;
            ingest.retry_waiting()?;
            Retried::Passed { document }
        }
        Err(refusal) => {
            if refusal.code() != code {
                ingest.quarantine(&arrival, refusal)?;
            }
            Retried::Refused(refusal)
        }
    };
    ingest.finish()?;
    Ok(Some(retried))
}

fn note_refusal(
    sql: &Connection,
    device: DeviceId,
    document: DocumentId,
    hash: &ChangeHash,
    code: &str,
) -> Result<(), Problem> {
    sql.prepare_cached("INSERT INTO refusal (device, document, hash, code) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![device.0, document.0, hash.0, code])?;
    Ok(())
}

/// A row of the log before it has a position.
pub(super) struct Row<'a> {
    pub(super) kind: i64,
    pub(super) received_at: i64,
    pub(super) change: Option<ChangeRow<'a>>,
    pub(super) bytes: &'a [u8],
}

pub(super) struct ChangeRow<'a> {
    pub(super) document: DocumentId,
    pub(super) village: &'a str,
    pub(super) hash: ChangeHash,
    pub(super) actor: ActorId,
    pub(super) seq: u64,
    pub(super) device: DeviceId,
    pub(super) batch: Option<i64>,
}

/// What chains a row to the one before it: SHA-256 over the previous chain, the position, the kind, the
/// office's clock, the signing device (zeros for an act) and SHA-256 of the bytes.
pub(super) fn chain(
    previous: &[u8; 32],
    position: u64,
    kind: i64,
    received_at: i64,
    device: Option<DeviceId>,
    bytes: &[u8],
) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(previous);
    hasher.update(position.to_be_bytes());
    hasher.update(kind.to_be_bytes());
    hasher.update(received_at.to_be_bytes());
    hasher.update(device.map_or([0; 12], |device| device.0));
    hasher.update(Sha256::digest(bytes));
    hasher.finalize().into()
}

/// Appends a row to the log and returns its position.
pub(super) fn append(sql: &Connection, row: &Row<'_>) -> Result<u64, Problem> {
    let last: Option<(u64, [u8; 32])> = sql
        .prepare_cached("SELECT position, chain FROM log ORDER BY position DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (last, previous) = last.unwrap_or((0, [0; 32]));
    let position = last + 1;
    let change = row.change.as_ref();
    let chain =
        chain(&previous, position, row.kind, row.received_at, change.map(|change| change.device), row.bytes);
    sql.prepare_cached(
        "INSERT INTO log (position, kind, received_at, document, village, hash, actor, seq, device, batch, bytes, chain)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?
    .execute(params![
        position,
        row.kind,
        row.received_at,
        change.map(|change| change.document.0),
        change.map(|change| change.village),
        change.map(|change| change.hash.0),
        change.map(|change| change.actor.0),
        change.map(|change| change.seq),
        change.map(|change| change.device.0),
        change.and_then(|change| change.batch),
        row.bytes,
        chain,
    ])?;
    Ok(position)
}
