//! Rows of households that count in another village since villages were merged, split or told apart.

use rusqlite::{Connection, params};
use sync_core::id::DocumentId;

use crate::office::places;
use crate::problem::{Code, Problem};

/// Moves the rows of every household that counts elsewhere now. Called in the transaction of the act: no page ever
/// shows a village without its households.
pub(in crate::office) fn move_rows(sql: &Connection) -> Result<(), Problem> {
    let map = places::standing(sql)?;
    let mut statement = sql.prepare_cached("SELECT document, code, village, unplaced FROM household_row")?;
    let mut rows = statement.query([])?;
    let mut moved = Vec::new();
    while let Some(row) = rows.next()? {
        let text = |at| row.get_ref(at)?.as_str().map_err(|_| Problem::from(Code::Internal));
        let document = DocumentId(row.get(0)?);
        let place = map.place(document, text(1)?);
        if (place.village, place.unplaced) != (text(2)?, row.get(3)?) {
            moved.push((document, place.village.to_owned(), place.unplaced));
        }
    }
    for (document, village, unplaced) in moved {
        sql.prepare_cached("UPDATE household_row SET village = ?2, unplaced = ?3 WHERE document = ?1")?
            .execute(params![document.0, village, unplaced])?;
        for statement in [
            "UPDATE issue_row SET village = ?2 WHERE document = ?1",
            "UPDATE candidate SET a_village = ?2 WHERE a_document = ?1",
            "UPDATE candidate SET b_village = ?2 WHERE b_document = ?1",
        ] {
            sql.prepare_cached(statement)?.execute(params![document.0, village])?;
        }
    }
    Ok(())
}
