//! Rows for the office's pages, kept beside each document and made anew when it changes.
//!
//! Beside step 6 of the way of a fact. Enters: documents of the log, the day. Leaves: lists, searches and
//! counts over the whole register that read no document. Invariants: a row never lies about its document: a
//! trigger marks the document due in the very transaction that logs a change, and what is due is made before a
//! page is told; while more waits than a page can make, [`Office::index_behind`] says how much. What a row says
//! of the day (ages, what is overdue) may be of the day before until [`IndexThread`] comes by. Rows are made on a
//! reader's connection and written a few at a time, so that ingest does not wait for them. A row names the village in
//! which the household counts as things stand, not the code of its document. Nothing of a sealed
//! report is here but its number. The rows are a convenience: thrown away, they are made anew from the log.

mod history;
mod issues;
mod make;
mod placed;
mod register;
#[cfg(test)]
mod tests;
mod thread;
mod villages;

pub use history::{FieldChange, HistoryPage, HistoryRow};
pub(in crate::office) use issues::code_of;
pub use issues::{IssueFilter, IssueRow};
pub(crate) use make::address;
pub(super) use placed::move_rows;
pub use register::{Filter, Found, HouseholdRow, Only, PersonRow};
pub use thread::IndexThread;
pub use villages::{CodeSignOff, VillageState};

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, params};
use sync_core::document::Household;
use sync_core::id::{ActorId, DocumentId};
use sync_core::register::EDITION;

use super::places::{self, VillageMap};
use super::{Office, feed};
use crate::problem::Problem;
use make::Made;

/// Rows a list shows on a page.
pub const PAGE_ROWS: usize = 50;
/// Documents whose rows are made while somebody waits for a page; more are left to [`IndexThread`].
const CATCH_UP_MAX: usize = 60;
/// Documents whose rows are written in one transaction.
const GROUP: usize = 32;
/// Nobody: the actor by which documents are only read.
const READER: ActorId = ActorId([0; 16]);

impl Office {
    /// Makes rows that are due, as many as a page may wait for, and says how many documents are left.
    ///
    /// # Errors
    /// The database's.
    pub fn index_behind(&self) -> Result<u64, Problem> {
        self.catch_up()?;
        self.read(|sql| Ok(sql.query_row("SELECT count(*) FROM row_due", [], |row| row.get(0))?))
    }

    /// Makes the rows of documents that were just changed, so that the next page shows the change.
    ///
    /// # Errors
    /// The database's.
    pub fn index_now(&self, documents: &[DocumentId]) -> Result<(), Problem> {
        if documents.is_empty() {
            return Ok(());
        }
        let on = self.read(log_day)?;
        documents.chunks(GROUP).try_for_each(|group| self.make_rows(group, on))
    }

    /// Makes every row that is due, or of another day or edition. Returns how many were made.
    ///
    /// # Errors
    /// The database's.
    pub fn index_all(&self, today: Date) -> Result<usize, Problem> {
        let mut made = 0;
        loop {
            match self.index_some(today)? {
                0 => return Ok(made),
                some => made += some,
            }
        }
    }

    /// A group of rows: what is due first, then what is of another day or edition. 0: all are up to date.
    fn index_some(&self, today: Date) -> Result<usize, Problem> {
        let mut documents = self.read(|sql| due(sql, GROUP))?;
        if documents.is_empty() {
            documents = self.read(|sql| of_other_days(sql, today, GROUP))?;
        }
        self.make_rows(&documents, today)?;
        Ok(documents.len())
    }

    /// What every list does first.
    pub(in crate::office) fn catch_up(&self) -> Result<(), Problem> {
        let documents = self.read(|sql| due(sql, CATCH_UP_MAX))?;
        self.index_now(&documents)
    }

    fn make_rows(&self, documents: &[DocumentId], on: Date) -> Result<(), Problem> {
        let mut all = Vec::with_capacity(documents.len());
        for document in documents {
            if let Some(rows) = self.read(|sql| rows_of(sql, *document, on))? {
                all.push(rows);
            }
        }
        if all.is_empty() {
            return Ok(());
        }
        self.writer.write(move |sql, _| {
            let map = places::standing(sql)?;
            all.iter().try_for_each(|rows| rows.write(sql, &map))
        })
    }
}

/// What is to be written beside a document.
struct Rows {
    document: DocumentId,
    /// Position of the newest change that was read.
    log: u64,
    on: Date,
    /// None: the document can't be read, and has no rows until it changes.
    made: Option<Made>,
}

fn rows_of(sql: &Connection, document: DocumentId, on: Date) -> Result<Option<Rows>, Problem> {
    let last: Option<u64> = sql
        .prepare_cached("SELECT last_log FROM document WHERE id = ?1")?
        .query_row(params![document.0], |row| row.get(0))
        .optional()?;
    let Some(log) = last else { return Ok(None) };
    let changes = feed::changes_of(sql, document, None)?;
    let made = Household::load(READER, &changes).ok().map(|household| Made::of(&household.view(), on));
    Ok(Some(Rows { document, log, on, made }))
}

impl Rows {
    /// Replaces the document's rows, unless somebody else wrote newer ones meanwhile. The document stays due if it
    /// was changed meanwhile.
    fn write(&self, sql: &Connection, map: &VillageMap) -> Result<(), Problem> {
        let document = self.document.0;
        let newer = sql
            .prepare_cached("SELECT 1 FROM household_row WHERE document = ?1 AND made_log > ?2")?
            .exists(params![document, self.log])?;
        if newer {
            return Ok(());
        }
        make::clear(sql, self.document)?;
        if let Some(made) = &self.made {
            made.write(sql, self.log, self.on, map)?;
        }
        sql.prepare_cached(
            "DELETE FROM row_due WHERE document = ?1 AND (SELECT last_log FROM document WHERE id = ?1) = ?2",
        )?
        .execute(params![document, self.log])?;
        Ok(())
    }
}

fn due(sql: &Connection, limit: usize) -> Result<Vec<DocumentId>, Problem> {
    let mut statement = sql.prepare_cached("SELECT document FROM row_due LIMIT ?1")?;
    let rows = statement.query_map([limit], |row| row.get(0).map(DocumentId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn of_other_days(sql: &Connection, today: Date, limit: usize) -> Result<Vec<DocumentId>, Problem> {
    let mut statement = sql
        .prepare_cached("SELECT document FROM household_row WHERE made_on <> ?1 OR edition <> ?2 LIMIT ?3")?;
    let rows =
        statement.query_map(params![today.to_string(), EDITION, limit], |row| row.get(0).map(DocumentId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The day in Việt Nam on which the log's newest row arrived. What is due was changed since, so this is today or
/// was when the change came; the thread, which has a clock, makes anew what has grown old meanwhile.
fn log_day(sql: &Connection) -> Result<Date, Problem> {
    let received: Option<i64> = sql
        .prepare_cached("SELECT received_at FROM log ORDER BY position DESC LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(sync_core::date::vietnam_day_of(received.unwrap_or_default()))
}
