//! What the app's pages need beside the record: rows of the register and facts made ready, what the collector
//! has looked at, small settings.
//!
//! Invariant: a row can't lie about what the document says. Whatever changes a document marks its row as
//! stale in the same transaction, and a stale row is made anew before it is told.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension, params};

use sync_core::chunk;
use sync_core::device::{ChangeState, DeviceStore, RecordError, StoredChange, load_household};
use sync_core::facts::HouseholdFacts;
use sync_core::id::{ChangeHash, DeviceId, DocumentId, EntityId};
use sync_core::pairs::{PersonIdentity, identities};
use sync_core::projection::project;
use sync_core::register::{EDITION, Summary};
use sync_core::wire::{from_plain, to_plain};

use super::{SqliteStore, StoreError, id, state_of};

/// A household of the register, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// What the document says.
    pub summary: Summary,
    /// Its changes that are not on the office's disk.
    pub unsent: u32,
    /// Its changes that the office refused.
    pub refused: u32,
    /// Somebody else changed it since it was last looked at here.
    pub changed: bool,
    /// The visit under way.
    pub draft: Option<EntityId>,
}

/// Changes that are not part of the office's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Waiting {
    /// Recorded here and not on the office's disk.
    pub changes: u64,
    /// Households they belong to.
    pub households: u64,
    /// Refused by the office.
    pub refused: u64,
}

/// Begins a document's row: what this device recorded is looked at; what is received is not news before the
/// sync that brought it has come to its end.
pub(super) fn begin(tx: &Connection, first: &StoredChange) -> Result<(), StoreError> {
    let seen = (first.state == ChangeState::Unsent).then_some(0);
    tx.prepare_cached("INSERT INTO household (document, seen) VALUES (?1, ?2)")?
        .execute(params![first.document.as_bytes(), seen])?;
    Ok(())
}

/// Marks a document's row as stale.
pub(super) fn touch(tx: &Connection, document: DocumentId) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE household SET made_on = NULL WHERE document = ?1")?
        .execute([document.as_bytes()])?;
    Ok(())
}

/// Marks a document as changed by somebody else.
pub(super) fn changed_by_others(tx: &Connection, document: DocumentId) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE household SET changed = 1 WHERE document = ?1 AND seen IS NOT NULL")?
        .execute([document.as_bytes()])?;
    Ok(())
}

/// What a finished sync brought for the first time is from now on looked at.
pub(super) fn settle(tx: &Connection) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE household SET seen = (SELECT max(place) FROM change_ WHERE document = household.document)
         WHERE seen IS NULL",
        [],
    )?;
    Ok(())
}

impl SqliteStore {
    /// Every household, by village, hamlet, address, number and head. What a row says of the document is
    /// up to date; what it says of the day (issues, ages) may be of the day before until
    /// [`Self::refresh_stale`].
    ///
    /// # Errors
    /// The store's own.
    pub fn households(&mut self) -> Result<Vec<Listed>, StoreError> {
        self.refresh_changed()?;
        let mut select = self.connection.prepare_cached(
            "SELECT h.summary, coalesce(w.unsent, 0), coalesce(w.refused, 0), h.changed, d.id
             FROM household AS h
             LEFT JOIN (SELECT document, sum(state = 0) AS unsent, sum(state = 2) AS refused
                        FROM change_ WHERE state <> 1 GROUP BY document) AS w ON w.document = h.document
             LEFT JOIN draft AS d ON d.document = h.document
             WHERE h.summary IS NOT NULL",
        )?;
        let mut rows = select.query([])?;
        let mut households = Vec::new();
        while let Some(row) = rows.next()? {
            let summary = row.get_ref(0)?.as_blob().map_err(|_| StoreError::Unreadable("row"))?;
            households.push(Listed {
                summary: Summary::decode(summary).map_err(|_| StoreError::Unreadable("row"))?,
                unsent: row.get(1)?,
                refused: row.get(2)?,
                changed: row.get(3)?,
                draft: draft_id(row.get(4)?)?,
            });
        }
        let key = |listed: &Listed| (listed.summary.village.clone(), listed.summary.by_place.clone());
        households.sort_by_cached_key(|listed| (key(listed), listed.summary.document));
        Ok(households)
    }

    /// One household's row.
    ///
    /// # Errors
    /// The store's own.
    pub fn summary(&mut self, document: DocumentId) -> Result<Option<Summary>, StoreError> {
        self.refresh_changed()?;
        let summary: Option<Option<Vec<u8>>> = self
            .connection
            .prepare_cached("SELECT summary FROM household WHERE document = ?1")?
            .query_row([document.as_bytes()], |row| row.get(0))
            .optional()?;
        let summary = summary.flatten().map(|bytes| Summary::decode(&bytes)).transpose();
        summary.map_err(|_| StoreError::Unreadable("row"))
    }

    /// What a tally reads of every household of a village, or of all; of one that the office refused whole
    /// nothing.
    ///
    /// # Errors
    /// The store's own.
    pub fn facts(&mut self, village: Option<&str>) -> Result<Vec<HouseholdFacts>, StoreError> {
        self.made("facts", village)
    }

    /// What the persons of every household of a village, or of all, are recognised by.
    ///
    /// # Errors
    /// The store's own.
    pub fn identities(&mut self, village: Option<&str>) -> Result<Vec<PersonIdentity>, StoreError> {
        let households: Vec<Vec<PersonIdentity>> = self.made("identities", village)?;
        Ok(households.into_iter().flatten().collect())
    }

    /// A column of what is made ready beside each document.
    fn made<T: for<'b> minicbor::Decode<'b, ()>>(
        &mut self,
        column: &'static str,
        village: Option<&str>,
    ) -> Result<Vec<T>, StoreError> {
        self.refresh_changed()?;
        let mut select = self.connection.prepare_cached(&format!(
            "SELECT h.{column} FROM household AS h JOIN document AS d ON d.id = h.document
             WHERE h.{column} IS NOT NULL AND (?1 IS NULL OR d.village = ?1) ORDER BY h.document",
        ))?;
        let mut rows = select.query([village])?;
        let mut made = Vec::new();
        while let Some(row) = rows.next()? {
            let bytes = row.get_ref(0)?.as_blob().map_err(|_| StoreError::Unreadable(column))?;
            made.push(from_plain(bytes).map_err(|_| StoreError::Unreadable(column))?);
        }
        Ok(made)
    }

    /// Makes at most `limit` rows anew that are stale, or of another day or edition: a little at a time,
    /// so that nobody waits. How many were made; 0: all are up to date.
    ///
    /// # Errors
    /// The store's own.
    pub fn refresh_stale(&mut self, limit: usize) -> Result<usize, StoreError> {
        self.refresh(true, limit)
    }

    /// The rows that say something else than their document, or may be in another coding.
    fn refresh_changed(&mut self) -> Result<(), StoreError> {
        self.refresh(false, usize::MAX).map(drop)
    }

    fn refresh(&mut self, other_days: bool, limit: usize) -> Result<usize, StoreError> {
        let today = self.today().to_string();
        let mut stale: Vec<DocumentId> = Vec::new();
        {
            let mut select = self.connection.prepare_cached(
                "SELECT document FROM household
                 WHERE made_on IS NULL OR edition IS NOT ?1 OR (?2 AND made_on <> ?3) LIMIT ?4",
            )?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let mut rows = select.query(params![EDITION, other_days, today, limit])?;
            while let Some(row) = rows.next()? {
                let document: Vec<u8> = row.get(0)?;
                stale.push(id(&document, "document")?);
            }
        }
        if stale.is_empty() {
            return Ok(0);
        }
        self.as_one(|store| {
            stale.iter().try_for_each(|document| store.refresh_one(*document, &today))?;
            Ok(stale.len())
        })
    }

    /// Whether the change that creates the document is refused.
    fn is_refused_whole(&self, document: DocumentId) -> Result<bool, StoreError> {
        let mut select = self
            .connection
            .prepare_cached("SELECT 1 FROM change_ WHERE document = ?1 AND state = 2 AND deps = x''")?;
        Ok(select.exists([document.as_bytes()])?)
    }

    fn refresh_one(&self, document: DocumentId, today: &str) -> Result<(), StoreError> {
        let (summary, facts, identities) = match load_household(self, document) {
            Ok(household) => {
                let view = household.view();
                let facts = project(&view);
                let definition = schemas::record::definition();
                let summary = Summary::of(&view, &facts, self.today(), definition);
                // One that the office refused whole is shown as it was recorded, and counted nowhere.
                let counted = (!self.is_refused_whole(document)?)
                    .then(|| (to_plain(&facts), to_plain(&identities(&view))));
                let (facts, identities) = counted.unzip();
                (Some(summary.encode()), facts, identities)
            }
            Err(RecordError::Store(error)) => return Err(error),
            // A document that can't be read has no row until it changes; its changes are kept.
            Err(_) => (None, None, None),
        };
        self.connection
            .prepare_cached(
                "UPDATE household SET summary = ?2, facts = ?3, identities = ?4, made_on = ?5, edition = ?6
                 WHERE document = ?1",
            )?
            .execute(params![document.as_bytes(), summary, facts, identities, today, EDITION])?;
        Ok(())
    }

    /// The collector has looked at everything in a household.
    ///
    /// # Errors
    /// The store's own.
    pub fn mark_seen(&mut self, document: DocumentId) -> Result<(), StoreError> {
        self.connection.execute(
            "UPDATE household SET changed = 0,
             seen = (SELECT max(place) FROM change_ WHERE document = ?1) WHERE document = ?1",
            [document.as_bytes()],
        )?;
        Ok(())
    }

    /// Changes by others that came since the household was last looked at here.
    ///
    /// # Errors
    /// The store's own.
    pub fn unseen(&self, document: DocumentId) -> Result<BTreeSet<ChangeHash>, StoreError> {
        let own: DeviceId = self.state()?.device;
        let mut select = self.connection.prepare_cached(
            "SELECT c.hash, c.bytes FROM change_ AS c JOIN household AS h USING (document)
             WHERE c.document = ?1 AND c.place > h.seen",
        )?;
        let mut rows = select.query([document.as_bytes()])?;
        let mut unseen = BTreeSet::new();
        while let Some(row) = rows.next()? {
            let (hash, bytes): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
            let (_, opened) = chunk::open(&bytes).map_err(|_| StoreError::Unreadable("change"))?;
            if opened.actor.device() != own {
                unseen.insert(id(&hash, "hash")?);
            }
        }
        Ok(unseen)
    }

    /// Where each change of a household stands.
    ///
    /// # Errors
    /// The store's own.
    pub fn change_states(
        &self,
        document: DocumentId,
    ) -> Result<BTreeMap<ChangeHash, ChangeState>, StoreError> {
        let mut select =
            self.connection.prepare_cached("SELECT hash, state FROM change_ WHERE document = ?1")?;
        let mut rows = select.query([document.as_bytes()])?;
        let mut states = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let hash: Vec<u8> = row.get(0)?;
            states.insert(id(&hash, "hash")?, state_of(row.get(1)?)?);
        }
        Ok(states)
    }

    /// What is not part of the office's log, in all.
    ///
    /// # Errors
    /// The store's own.
    pub fn waiting(&self) -> Result<Waiting, StoreError> {
        let count = |row: &rusqlite::Row<'_>, at| row.get::<_, i64>(at).map(i64::cast_unsigned);
        let waiting = self.connection.query_row(
            "SELECT count(*) FILTER (WHERE state = 0), count(DISTINCT document) FILTER (WHERE state = 0),
             count(*) FILTER (WHERE state = 2) FROM change_ WHERE state <> 1",
            [],
            |row| {
                Ok(Waiting { changes: count(row, 0)?, households: count(row, 1)?, refused: count(row, 2)? })
            },
        );
        Ok(waiting?)
    }

    /// A small setting of the pages.
    ///
    /// # Errors
    /// The store's own.
    pub fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        let mut select = self.connection.prepare_cached("SELECT value FROM setting WHERE name = ?1")?;
        Ok(select.query_row([name], |row| row.get(0)).optional()?)
    }

    /// Keeps a small setting of the pages.
    ///
    /// # Errors
    /// The store's own.
    pub fn put_setting(&mut self, name: &str, value: &str) -> Result<(), StoreError> {
        self.connection.execute(
            "INSERT INTO setting (name, value) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [name, value],
        )?;
        Ok(())
    }
}

fn draft_id(name: Option<String>) -> Result<Option<EntityId>, StoreError> {
    name.map(|name| name.parse()).transpose().map_err(|_| StoreError::Unreadable("visit"))
}
