//! Visits under way, kept after every field. One leaves the store in the transaction that makes it part of
//! the record, or when nothing is written in it: there is no other way.

use rusqlite::{OptionalExtension, Row, params};

use sync_core::device::{Ending, RecordError, Recorded, finish_visit, record_draft};
use sync_core::id::{DocumentId, EntityId};
use sync_core::random::Random;
use sync_core::visit::Draft;

use super::{SqliteStore, StoreError};

fn draft_of(row: &Row<'_>) -> Result<Draft, StoreError> {
    let bytes: Vec<u8> = row.get(0)?;
    Draft::decode(&bytes).map_err(|_| StoreError::Unreadable("visit"))
}

impl SqliteStore {
    /// Keeps a visit under way as it is now, durably.
    ///
    /// # Errors
    /// The store's own; a second visit to one household at a time is one of them.
    pub fn put_draft(&mut self, draft: &Draft) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "INSERT INTO draft (id, document, bytes, touched_at) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (id) DO UPDATE SET document = excluded.document, bytes = excluded.bytes,
                 touched_at = excluded.touched_at",
            )?
            .execute(params![
                draft.id().as_str(),
                draft.document().as_ref().map(DocumentId::as_bytes),
                draft.encode(),
                draft.touched_at()
            ])?;
        Ok(())
    }

    /// The visit of that name; none if it came to its end.
    ///
    /// # Errors
    /// The store's own.
    pub fn draft(&self, name: &EntityId) -> Result<Option<Draft>, StoreError> {
        let mut select = self.connection.prepare_cached("SELECT bytes FROM draft WHERE id = ?1")?;
        let draft = select.query_row([name.as_str()], |row| Ok(draft_of(row))).optional()?;
        draft.transpose()
    }

    /// The visit under way to a household.
    ///
    /// # Errors
    /// The store's own.
    pub fn draft_to(&self, document: DocumentId) -> Result<Option<Draft>, StoreError> {
        let mut select = self.connection.prepare_cached("SELECT bytes FROM draft WHERE document = ?1")?;
        let draft = select.query_row([document.as_bytes()], |row| Ok(draft_of(row))).optional()?;
        draft.transpose()
    }

    /// Every visit under way, the last written first.
    ///
    /// # Errors
    /// The store's own.
    pub fn drafts(&self) -> Result<Vec<Draft>, StoreError> {
        let mut select =
            self.connection.prepare_cached("SELECT bytes FROM draft ORDER BY touched_at DESC, id")?;
        let mut rows = select.query([])?;
        let mut drafts = Vec::new();
        while let Some(row) = rows.next()? {
            drafts.push(draft_of(row)?);
        }
        Ok(drafts)
    }

    /// Makes what is written part of the record and keeps the visit under way, with nothing written.
    ///
    /// # Errors
    /// As [`record_draft`]; then everything is as it was, `draft` too.
    pub fn record_visit(
        &mut self,
        draft: &mut Draft,
        clock: i64,
        random: &mut dyn Random,
    ) -> Result<Recorded, RecordError<StoreError>> {
        let mut with = draft.clone();
        let recorded = self.as_one_or(
            |store| {
                let recorded = record_draft(store, &mut with, clock, random)?;
                store.put_draft(&with).map_err(RecordError::Store)?;
                Ok(recorded)
            },
            RecordError::Store,
        )?;
        *draft = with;
        Ok(recorded)
    }

    /// Concludes a visit: it becomes part of the record, and is no longer under way.
    ///
    /// # Errors
    /// As [`sync_core::device::finish_visit`]; then everything is as it was.
    pub fn finish_visit(
        &mut self,
        draft: &Draft,
        ending: Ending<'_>,
        clock: i64,
        random: &mut dyn Random,
    ) -> Result<Recorded, RecordError<StoreError>> {
        let mut with = draft.clone();
        self.as_one_or(
            |store| {
                let recorded = finish_visit(store, &mut with, ending, clock, random)?;
                store.drop_draft(draft.id()).map_err(RecordError::Store)?;
                Ok(recorded)
            },
            RecordError::Store,
        )
    }

    /// Leaves a visit in which nothing is written. Whether it came to nothing; if something is written, it
    /// stays.
    ///
    /// # Errors
    /// The store's own.
    pub fn leave_visit(&mut self, name: &EntityId) -> Result<bool, StoreError> {
        match self.draft(name)? {
            Some(draft) if !draft.is_empty() => Ok(false),
            _ => self.drop_draft(name).map(|()| true),
        }
    }

    fn drop_draft(&self, name: &EntityId) -> Result<(), StoreError> {
        self.connection.execute("DELETE FROM draft WHERE id = ?1", [name.as_str()])?;
        Ok(())
    }
}
