//! What tallies, lists and explanations read: facts as the office knew them at a log position.

use std::sync::Arc;
use std::thread;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, params};
use sync_core::document::{Container, Household, Value, View};
use sync_core::facts::{HouseholdFacts, PersonPair, RestrictedFact};
use sync_core::id::{ActorId, ChangeHash, DeviceId, DocumentId, EntityId};
use sync_core::limits::CLOCK_OFF_SECONDS;
use sync_core::pairs::{PersonIdentity, identities, pairs};
use sync_core::projection::project;
use sync_core::seal::{ConfidentialKey, ConfidentialPublicKey, SealedReport};
use sync_core::wire::from_plain;

use super::cache::Households;
use super::{Office, feed, places};
use crate::problem::{Code, Problem};

/// Nobody: the actor by which documents are only read.
pub(super) const READER: ActorId = ActorId([0; 16]);

/// Threads that decode a register at once, at most.
const DECODING_THREADS_MAX: usize = 4;
/// So few households are not worth another thread.
const DECODED_ALONE: usize = 1_000;

/// Everything a tally needs, as the office knew it. Cheap to copy.
#[derive(Debug, Clone)]
pub struct FactsAt {
    /// The log position: the second axis of every date.
    pub known_at: u64,
    /// Log position of the newest change in them; what came after it changed no record.
    pub learned_at: u64,
    /// By document, ascending.
    pub households: Households,
    /// Records that are, or may be, one person.
    pub pairs: Arc<[PersonPair]>,
    /// Restricted facts, opened; none without the confidential key.
    pub restricted: Option<Arc<[RestrictedFact]>>,
    /// Which key opened them.
    pub opened_by: Option<ConfidentialPublicKey>,
    /// Envelopes that this key does not open.
    pub unopened: usize,
}

/// A field on which people wrote different things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictRow {
    /// The document.
    pub document: DocumentId,
    /// The village in which the household counts as things stand.
    pub village: String,
    /// `household` or a container's key.
    pub container: String,
    /// Key in it, or empty.
    pub entity: String,
    /// The field.
    pub field: String,
    /// How many values stand side by side.
    pub choices: u64,
}

/// A change in quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantineRow {
    /// Its row.
    pub id: u64,
    /// What the office calls the device.
    pub device_label: String,
    /// The device.
    pub device: DeviceId,
    /// The document it was for.
    pub document: DocumentId,
    /// The change.
    pub hash: ChangeHash,
    /// Why it was refused.
    pub code: String,
    /// Office clock.
    pub received_at: i64,
    /// Size of its bytes, which are kept.
    pub bytes: u64,
}

/// A change of the log, as `explain` shows it: who signed it and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedChange {
    /// Log position.
    pub position: u64,
    /// Its hash.
    pub hash: ChangeHash,
    /// The device that signed it.
    pub device: DeviceId,
    /// What the office calls that device.
    pub label: String,
    /// Number of the batch in the device's chain.
    pub batch: u64,
    /// Device clock at signing.
    pub signed_at: i64,
    /// Office clock at arrival.
    pub received_at: i64,
    /// Office clock when the device was enrolled: it wrote nothing before.
    pub enrolled_at: i64,
}

/// Nobody writes after what they wrote arrived: so many seconds are left to clocks that are nearly right.
const CLOCK_AHEAD_SECONDS: i64 = 3600;

impl RecordedChange {
    /// By how many seconds the device's clock was off at least when it wrote at `made_at` by that clock: positive if it
    /// was ahead of the office's, none if nothing shows it. Nobody writes after the change arrived, nor before the
    /// device was enrolled; between the two a wrong clock can't be told from a long time without a network.
    #[must_use]
    pub fn clock_off(&self, made_at: i64) -> Option<i64> {
        let ahead = made_at.saturating_sub(self.received_at);
        let behind = made_at.saturating_sub(self.enrolled_at);
        if ahead > CLOCK_AHEAD_SECONDS {
            Some(ahead)
        } else {
            (behind < -CLOCK_OFF_SECONDS).then_some(behind)
        }
    }
}

/// A raw change of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogChange {
    /// Log position.
    pub position: u64,
    /// The document.
    pub document: DocumentId,
    /// The chunk.
    pub bytes: Vec<u8>,
}

impl Office {
    /// The facts as they stand, or as they stood at a log position. With the confidential key, sealed
    /// reports are opened in memory.
    ///
    /// # Errors
    /// [`Code::NotFound`] for a position the log has not reached; the database's.
    pub fn facts(&self, known_at: Option<u64>, key: Option<&ConfidentialKey>) -> Result<FactsAt, Problem> {
        self.read(|sql| facts_at(sql, known_at, key))
    }

    /// Every disputed field, by the village in which the household counts as things stand, and by document.
    ///
    /// # Errors
    /// The database's.
    pub fn conflicts(&self, village: Option<&str>) -> Result<Vec<ConflictRow>, Problem> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached(
                "SELECT c.document, d.village, c.container, c.entity, c.field, c.choices
                 FROM conflict AS c JOIN document AS d ON d.id = c.document
                 ORDER BY c.document, c.container, c.entity, c.field",
            )?;
            let map = places::standing(sql)?;
            let rows = statement.query_map([], |row| {
                let document = DocumentId(row.get(0)?);
                let own: String = row.get(1)?;
                Ok(ConflictRow {
                    document,
                    village: map.of(document, &own).to_owned(),
                    container: row.get(2)?,
                    entity: row.get(3)?,
                    field: row.get(4)?,
                    choices: row.get(5)?,
                })
            })?;
            let mut found: Vec<ConflictRow> = rows.collect::<Result<_, _>>()?;
            found.retain(|row| village.is_none_or(|village| row.village == village));
            found.sort_by(|one, other| one.village.cmp(&other.village));
            Ok(found)
        })
    }

    /// Everything in quarantine, oldest first.
    ///
    /// # Errors
    /// The database's.
    pub fn quarantine(&self) -> Result<Vec<QuarantineRow>, Problem> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached(
                "SELECT q.id, d.label, q.device, q.document, q.hash, q.code, q.received_at, length(q.bytes)
                 FROM quarantine AS q JOIN device AS d ON d.id = q.device
                 WHERE q.released_at IS NULL ORDER BY q.id",
            )?;
            let rows = statement.query_map([], |row| {
                Ok(QuarantineRow {
                    id: row.get(0)?,
                    device_label: row.get(1)?,
                    device: DeviceId(row.get(2)?),
                    document: DocumentId(row.get(3)?),
                    hash: ChangeHash(row.get(4)?),
                    code: row.get(5)?,
                    received_at: row.get(6)?,
                    bytes: row.get(7)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Who signed a change, and when.
    ///
    /// # Errors
    /// [`Code::NotFound`]; the database's.
    pub fn recorded(&self, hash: ChangeHash) -> Result<RecordedChange, Problem> {
        let found = self.read(|sql| {
            sql.prepare_cached(
                "SELECT l.position, l.device, d.label, b.number, b.signed_at, l.received_at, d.enrolled_at
                 FROM log AS l JOIN device AS d ON d.id = l.device JOIN batch AS b ON b.id = l.batch
                 WHERE l.hash = ?1",
            )?
            .query_row(params![hash.0], |row| {
                Ok(RecordedChange {
                    position: row.get(0)?,
                    hash,
                    device: DeviceId(row.get(1)?),
                    label: row.get(2)?,
                    batch: row.get(3)?,
                    signed_at: row.get(4)?,
                    received_at: row.get(5)?,
                    enrolled_at: row.get(6)?,
                })
            })
            .optional()
        })?;
        found.ok_or_else(|| Code::NotFound.into())
    }

    /// Every document of a village (or of all), ascending.
    ///
    /// # Errors
    /// The database's.
    pub fn documents(&self, village: Option<&str>) -> Result<Vec<DocumentId>, Problem> {
        self.read(|sql| {
            let mut statement =
                sql.prepare_cached("SELECT id FROM document WHERE ?1 IS NULL OR village = ?1 ORDER BY id")?;
            let rows = statement.query_map(params![village], |row| row.get(0).map(DocumentId))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The log's changes after a position, at most `count_max`.
    ///
    /// # Errors
    /// The database's.
    pub fn log_after(&self, position: u64, count_max: usize) -> Result<Vec<LogChange>, Problem> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached(
                "SELECT position, document, bytes FROM log WHERE kind = 1 AND position > ?1 ORDER BY position LIMIT ?2",
            )?;
            let rows = statement.query_map(params![position, count_max], |row| {
                Ok(LogChange { position: row.get(0)?, document: DocumentId(row.get(1)?), bytes: row.get(2)? })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Opens one sealed report. For the confidential officer.
    ///
    /// # Errors
    /// [`Code::NotFound`] if there is no such envelope or the key does not open it; the database's.
    pub fn open_report(
        &self,
        document: DocumentId,
        entry: &EntityId,
        key: &ConfidentialKey,
    ) -> Result<SealedReport, Problem> {
        let view = self.household(document, None, READER)?.view();
        let envelope = envelope(&view, entry).ok_or(Code::NotFound)?;
        SealedReport::open(envelope, key, document, entry).map_err(|_| Code::NotFound.into())
    }
}

fn envelope<'a>(view: &'a View, entry: &EntityId) -> Option<&'a [u8]> {
    let fields = view.entity(Container::Sealed, entry)?;
    match &fields.get(sync_core::document::shape::FIELD_ENVELOPE)?.shown().value {
        Value::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

/// The log's last position.
pub(super) fn log_end(sql: &Connection) -> Result<u64, rusqlite::Error> {
    sql.prepare_cached("SELECT coalesce(max(position), 0) FROM log")?.query_row([], |row| row.get(0))
}

/// A row of the projection.
pub(super) fn decoded<T: for<'b> minicbor::Decode<'b, ()>>(value: ValueRef<'_>) -> Result<T, Problem> {
    from_plain(value.as_blob().map_err(|_| Code::Internal)?).map_err(|_| Code::Internal.into())
}

/// How many of so many households one thread decodes: somebody waits while a whole register is read.
fn decoded_together(count: usize) -> usize {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(DECODING_THREADS_MAX);
    count.div_ceil(threads).max(DECODED_ALONE)
}

/// Pairs as they stand. Only those need a look whom something connects with another record.
pub(super) fn pairs_now(sql: &Connection) -> Result<Arc<[PersonPair]>, Problem> {
    let mut statement = sql.prepare_cached(
        "SELECT p.identity FROM person AS p
         WHERE (p.document, p.person) IN (
             SELECT document, person FROM person WHERE linked
             UNION SELECT m.document, m.person FROM match_key AS m
                   WHERE m.key IN (SELECT key FROM match_key GROUP BY key HAVING count(*) > 1))
         ORDER BY p.document, p.person",
    )?;
    let mut rows = statement.query([])?;
    let mut people: Vec<PersonIdentity> = Vec::new();
    while let Some(row) = rows.next()? {
        people.push(decoded(row.get_ref(0)?)?);
    }
    Ok(pairs(&people).into())
}

/// What a household's envelopes say that `key` opens, and how many it does not open.
pub(super) fn open_reports(
    sql: &Connection,
    household: &HouseholdFacts,
    known_at: u64,
    key: &ConfidentialKey,
) -> Result<(Vec<RestrictedFact>, usize), Problem> {
    let changes = feed::changes_of(sql, household.document, Some(known_at))?;
    let view = Household::load(READER, &changes).map_err(|_| Code::Internal)?.view();
    let opened: Vec<RestrictedFact> = household
        .sealed
        .iter()
        .filter_map(|entry| {
            let report = SealedReport::open(envelope(&view, entry)?, key, household.document, entry).ok()?;
            report.to_fact(household.document, entry)
        })
        .collect();
    let unopened = household.sealed.len() - opened.len();
    Ok((opened, unopened))
}

fn facts_at(
    sql: &Connection,
    known_at: Option<u64>,
    key: Option<&ConfidentialKey>,
) -> Result<FactsAt, Problem> {
    let end = log_end(sql)?;
    let known_at = known_at.unwrap_or(end);
    if known_at > end {
        return Err(Code::NotFound.into());
    }
    let learned_at: Option<u64> = sql
        .prepare_cached(
            "SELECT position FROM log WHERE kind = 1 AND position <= ?1 ORDER BY position DESC LIMIT 1",
        )?
        .query_row(params![known_at], |row| row.get(0))
        .optional()?;
    let mut statement = sql.prepare_cached(
        "SELECT f.facts FROM facts AS f JOIN document AS d ON d.id = f.document
         WHERE d.last_log <= ?1 ORDER BY f.document",
    )?;
    let rows: Vec<Vec<u8>> =
        statement.query_map(params![known_at], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let (mut households, pairs) = thread::scope(|scope| {
        let decoding: Vec<_> = rows
            .chunks(decoded_together(rows.len()))
            .map(|rows| scope.spawn(|| rows.iter().map(|row| from_plain(row)).collect::<Result<Vec<_>, _>>()))
            .collect();
        // Meanwhile on this thread, which alone may ask the database.
        let pairs = (known_at == end).then(|| pairs_now(sql)).transpose()?;
        let mut households: Vec<HouseholdFacts> = Vec::with_capacity(rows.len());
        for part in decoding {
            households.extend(part.join().map_err(|_| Code::Internal)?.map_err(|_| Code::Internal)?);
        }
        Ok::<_, Problem>((households, pairs))
    })?;
    let pairs = match pairs {
        Some(pairs) => pairs,
        None => replay(sql, known_at, &mut households)?,
    };
    let (mut restricted, mut unopened) = (None, 0);
    if let Some(key) = key {
        let mut opened = Vec::new();
        for household in households.iter().filter(|household| !household.sealed.is_empty()) {
            let (facts, closed) = open_reports(sql, household, known_at, key)?;
            opened.extend(facts);
            unopened += closed;
        }
        restricted = Some(opened.into());
    }
    let opened_by = key.map(ConfidentialKey::public).transpose().map_err(|_| Code::Internal)?;
    Ok(FactsAt {
        known_at,
        learned_at: learned_at.unwrap_or(0),
        households: households.into_iter().collect(),
        pairs,
        restricted,
        opened_by,
        unopened,
    })
}

/// What was learned after `known_at` is left out by replaying the documents it touched, whose households are added.
/// Of the past everybody is looked at for pairs, because what connected two records may have changed since.
fn replay(
    sql: &Connection,
    known_at: u64,
    households: &mut Vec<HouseholdFacts>,
) -> Result<Arc<[PersonPair]>, Problem> {
    let mut people: Vec<PersonIdentity> = Vec::new();
    let mut statement = sql.prepare_cached(
        "SELECT p.identity FROM person AS p JOIN document AS d ON d.id = p.document
         WHERE d.last_log <= ?1 ORDER BY p.document, p.person",
    )?;
    let mut rows = statement.query(params![known_at])?;
    while let Some(row) = rows.next()? {
        people.push(decoded(row.get_ref(0)?)?);
    }
    let mut statement = sql.prepare_cached("SELECT id FROM document WHERE last_log > ?1 ORDER BY id")?;
    let later = statement
        .query_map(params![known_at], |row| row.get(0).map(DocumentId))?
        .collect::<Result<Vec<_>, _>>()?;
    for document in later {
        let changes = feed::changes_of(sql, document, Some(known_at))?;
        if !changes.is_empty() {
            let view = Household::load(READER, &changes).map_err(|_| Code::Internal)?.view();
            households.push(project(&view));
            people.extend(identities(&view));
        }
    }
    households.sort_by_key(|household| household.document);
    people.sort_by(|a, b| (a.document, &a.person).cmp(&(b.document, &b.person)));
    Ok(pairs(&people).into())
}
