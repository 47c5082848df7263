//! What a device has not read yet: pages of the log, the digest, and repair.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};
use sync_core::heads::{Fingerprint, digest};
use sync_core::id::{ChangeHash, DeviceId, DocumentId, Incarnation};
use sync_core::wire::packed::Resolver;
use sync_core::wire::{Cursor, DocumentChanges, Position, RefusalNote};

use crate::problem::Problem;

/// All changes of a document, in log order: dependencies before dependants. With `known_at`, only those
/// the office had at that position.
pub(super) fn changes_of(
    sql: &Connection,
    document: DocumentId,
    known_at: Option<u64>,
) -> Result<Vec<Vec<u8>>, Problem> {
    let mut statement = sql.prepare_cached(
        "SELECT bytes FROM log WHERE document = ?1 AND kind = 1 AND position <= ?2 ORDER BY position",
    )?;
    let until = known_at.and_then(|position| i64::try_from(position).ok()).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![document.0, until], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A page and the cursor behind it.
pub(super) struct Page {
    pub(super) documents: Vec<DocumentChanges>,
    pub(super) cursor: Cursor,
    pub(super) more: bool,
    /// Raw bytes that wait after it; none if nothing does.
    pub(super) remaining_bytes: Option<u64>,
}

/// The next page for a device: changes by others in its villages, in log order, about `bytes_max` of
/// them (at least one).
pub(super) fn page(
    sql: &Connection,
    incarnation: Incarnation,
    device: DeviceId,
    villages: &[String],
    cursor: &Cursor,
    bytes_max: usize,
) -> Result<Page, Problem> {
    let end: u64 = sql.query_row("SELECT coalesce(max(position), 0) FROM log", [], |row| row.get(0))?;
    // Each village is read on its own, up to a page of it; where one had more, the page ends there.
    let mut rows: Vec<(u64, DocumentId, Option<Vec<u8>>)> = Vec::new();
    let mut until = end;
    for village in villages {
        let mut statement = sql.prepare_cached(
            "SELECT position, document, device, bytes FROM log
             WHERE kind = 1 AND village = ?1 AND position > ?2 ORDER BY position",
        )?;
        let mut found = statement.query(params![village, cursor.position(village)])?;
        let mut size = 0;
        while let Some(row) = found.next()? {
            let position: u64 = row.get(0)?;
            if position > until {
                break;
            }
            let own = row.get::<_, [u8; 12]>(2)? == device.0;
            let bytes = if own { None } else { Some(row.get::<_, Vec<u8>>(3)?) };
            size += bytes.as_ref().map_or(0, Vec::len);
            rows.push((position, DocumentId(row.get(1)?), bytes));
            if size >= bytes_max {
                until = until.min(position);
                break;
            }
        }
    }
    rows.retain(|(position, ..)| *position <= until);
    rows.sort_by_key(|(position, ..)| *position);
    let mut size = 0;
    let mut documents: Vec<DocumentChanges> = Vec::new();
    let mut places: BTreeMap<DocumentId, usize> = BTreeMap::new();
    for (position, document, bytes) in rows {
        let Some(bytes) = bytes else { continue };
        if size >= bytes_max {
            until = position - 1;
            break;
        }
        size += bytes.len();
        let place = *places.entry(document).or_insert_with(|| {
            documents.push(DocumentChanges { document, changes: Vec::new(), complete: false });
            documents.len() - 1
        });
        documents[place].changes.push(bytes.into());
    }
    let positions = villages
        .iter()
        .map(|village| Position { village: village.clone(), log: until.max(cursor.position(village)) })
        .collect();
    let cursor = Cursor { incarnation: Some(incarnation), positions };
    let more = until < end;
    let remaining_bytes = if more { Some(bytes_after(sql, device, &cursor)?) } else { None };
    Ok(Page { documents, cursor, more, remaining_bytes })
}

/// Raw bytes of the changes by others after a cursor.
fn bytes_after(sql: &Connection, device: DeviceId, cursor: &Cursor) -> Result<u64, Problem> {
    let mut statement = sql.prepare_cached(
        "SELECT coalesce(sum(length(bytes)), 0) FROM log
         WHERE kind = 1 AND village = ?1 AND position > ?2 AND device <> ?3",
    )?;
    let mut bytes = 0;
    for Position { village, log } in &cursor.positions {
        bytes += statement.query_row(params![village, log, device.0], |row| row.get::<_, u64>(0))?;
    }
    Ok(bytes)
}

/// Heads of every document of the villages, ascending by document.
pub(super) fn fingerprints(sql: &Connection, villages: &[String]) -> Result<Vec<Fingerprint>, Problem> {
    let mut found = Vec::new();
    for village in villages {
        let mut statement = sql.prepare_cached("SELECT id, fingerprint FROM document WHERE village = ?1")?;
        let rows = statement.query_map(params![village], |row| {
            Ok(Fingerprint {
                document: DocumentId(row.get(0)?),
                heads: row.get::<_, i64>(1)?.cast_unsigned(),
            })
        })?;
        for row in rows {
            found.push(row?);
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// The digest over them.
pub(super) fn digest_of(sql: &Connection, villages: &[String]) -> Result<[u8; 32], Problem> {
    Ok(digest(fingerprints(sql, villages)?))
}

/// Repair: whole documents where the heads differ, and the documents the office lacks.
pub(super) fn repair(
    sql: &Connection,
    incarnation: Incarnation,
    villages: &[String],
    theirs: &[Fingerprint],
    cursor: &Cursor,
    bytes_max: usize,
) -> Result<(Page, Vec<DocumentId>), Problem> {
    let end: u64 = sql.query_row("SELECT coalesce(max(position), 0) FROM log", [], |row| row.get(0))?;
    let theirs: BTreeMap<DocumentId, u64> = theirs.iter().map(|f| (f.document, f.heads)).collect();
    let ours = fingerprints(sql, villages)?;
    let known: BTreeSet<DocumentId> = ours.iter().map(|fingerprint| fingerprint.document).collect();
    let wanted = theirs.keys().filter(|document| !known.contains(document)).copied().collect();
    let mut documents = Vec::new();
    let mut size = 0;
    let mut remaining = 0;
    let mut more = false;
    for fingerprint in ours.iter().filter(|ours| theirs.get(&ours.document) != Some(&ours.heads)) {
        if size >= bytes_max {
            more = true;
            remaining += bytes_of(sql, fingerprint.document)?;
            continue;
        }
        let changes = changes_of(sql, fingerprint.document, None)?;
        size += changes.iter().map(Vec::len).sum::<usize>();
        let changes = changes.into_iter().map(Into::into).collect();
        documents.push(DocumentChanges { document: fingerprint.document, changes, complete: true });
    }
    let cursor = if more {
        // Nothing is read by the log's order yet, but the device knows which log it is comparing with.
        Cursor { incarnation: Some(incarnation), positions: cursor.positions.clone() }
    } else {
        let positions =
            villages.iter().map(|village| Position { village: village.clone(), log: end }).collect();
        Cursor { incarnation: Some(incarnation), positions }
    };
    Ok((Page { documents, cursor, more, remaining_bytes: more.then_some(remaining) }, wanted))
}

/// Raw bytes of all changes of a document.
fn bytes_of(sql: &Connection, document: DocumentId) -> Result<u64, Problem> {
    let mut statement = sql
        .prepare_cached("SELECT coalesce(sum(length(bytes)), 0) FROM log WHERE document = ?1 AND kind = 1")?;
    Ok(statement.query_row(params![document.0], |row| row.get(0))?)
}

/// Refusal notes of a device after the last it noted.
pub(super) fn refusals(
    sql: &Connection,
    device: DeviceId,
    noted: u64,
    count_max: usize,
) -> Result<Vec<RefusalNote>, Problem> {
    let mut statement = sql.prepare_cached(
        "SELECT id, document, hash, code FROM refusal WHERE device = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
    )?;
    let rows = statement.query_map(params![device.0, noted, count_max], |row| {
        Ok(RefusalNote {
            id: row.get(0)?,
            document: DocumentId(row.get(1)?),
            hash: ChangeHash(row.get(2)?),
            code: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Resolves the packed encoding's shortened names from the log.
pub(super) struct LogResolver<'a>(pub(super) &'a Connection);

impl Resolver for LogResolver<'_> {
    fn document(&self, prefix: &[u8]) -> Option<DocumentId> {
        let query = "SELECT id FROM document WHERE id >= ?1 AND id < ?2 LIMIT 2";
        self.only(query, prefix, None).and_then(|id| DocumentId::try_from(&id[..]).ok())
    }

    fn change(&self, document: DocumentId, prefix: &[u8]) -> Option<ChangeHash> {
        let query =
            "SELECT hash FROM log WHERE hash >= ?1 AND hash < ?2 AND document = ?3 AND kind = 1 LIMIT 2";
        self.only(query, prefix, Some(document)).and_then(|hash| ChangeHash::try_from(&hash[..]).ok())
    }
}

impl LogResolver<'_> {
    fn only(&self, query: &str, prefix: &[u8], document: Option<DocumentId>) -> Option<Vec<u8>> {
        // Bytes that begin with the prefix lie between it and it followed by 32 bytes of 255.
        let last = [prefix, &[0xff; 33]].concat();
        let mut statement = self.0.prepare_cached(query).ok()?;
        let mut rows = match document {
            Some(document) => statement.query(params![prefix, last, document.0]).ok()?,
            None => statement.query(params![prefix, last]).ok()?,
        };
        let first: Vec<u8> = rows.next().ok()??.get(0).ok()?;
        rows.next().ok()?.is_none().then_some(first)
    }
}
