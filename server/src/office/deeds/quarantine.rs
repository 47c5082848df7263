//! Changes that were refused: looked at, examined again, never deleted.

use rusqlite::{Connection, params};
use sync_core::document::{Outline, Refusal, outline};

use super::{DeedError, Subject};
use crate::office::{Office, QuarantineRow, ingest};
use crate::problem::Problem;

/// Counts changes that wait and that nobody has looked at.
pub(super) const UNSEEN: &str =
    "SELECT count(*) FROM quarantine AS q WHERE q.released_at IS NULL AND NOT EXISTS
     (SELECT 1 FROM set_aside AS s WHERE s.subject = '{\"quarantine\":{\"id\":' || q.id || '}}')";

/// A change in quarantine, as far as it can be told of without showing what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantineDetail {
    /// Device, document, code, when.
    pub row: QuarantineRow,
    /// Why, if this version knows the code.
    pub refusal: Option<Refusal>,
    /// What it would touch, in counts; `None`: the bytes can't be read.
    pub outline: Option<Outline>,
    /// Whether the batch it came in was signed by its device: otherwise it is never examined again.
    pub signed: bool,
    /// Whether the document is known.
    pub document_known: bool,
    /// Whether an officer has looked at it.
    pub seen: bool,
}

impl Office {
    /// Everything in quarantine, oldest first.
    ///
    /// # Errors
    /// The database's.
    pub fn quarantine_details(&self) -> Result<Vec<QuarantineDetail>, Problem> {
        let rows = self.quarantine()?;
        self.read(|sql| {
            rows.into_iter()
                .map(|row| {
                    let (bytes, signed): (Vec<u8>, bool) = sql
                        .prepare_cached("SELECT bytes, batch IS NOT NULL FROM quarantine WHERE id = ?1")?
                        .query_row(params![row.id], |row| Ok((row.get(0)?, row.get(1)?)))?;
                    let document_known = sql
                        .prepare_cached("SELECT 1 FROM document WHERE id = ?1")?
                        .exists(params![row.document.0])?;
                    Ok(QuarantineDetail {
                        refusal: Refusal::of_code(&row.code),
                        outline: outline(&bytes),
                        signed,
                        document_known,
                        seen: sql
                            .prepare_cached("SELECT 1 FROM set_aside WHERE subject = ?1")?
                            .exists(params![Subject::Quarantine { id: row.id }.to_text()])?,
                        row,
                    })
                })
                .collect()
        })
    }
}

/// Examines a change again, inside the writer.
pub(super) fn retry(sql: &Connection, id: u64, clock: i64) -> Result<ingest::Retried, DeedError> {
    ingest::retry_one(sql, id, clock)?.ok_or(DeedError::NotFound)
}

/// Whether a row waits in quarantine.
pub(super) fn waits(sql: &Connection, id: u64) -> Result<bool, DeedError> {
    let query = "SELECT 1 FROM quarantine WHERE id = ?1 AND released_at IS NULL";
    Ok(sql.prepare_cached(query)?.exists(params![id])?)
}
