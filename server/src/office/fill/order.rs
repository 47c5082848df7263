//! In which order children are told: as the book has their households.

use std::collections::HashMap;

use rusqlite::Row;
use schemas::text::sort_key;
use sync_core::id::DocumentId;

use crate::office::Office;
use crate::problem::Problem;

impl Office {
    /// The place of every household: by the name of its village as `name` gives it, then by its number and head.
    ///
    /// # Errors
    /// The database's.
    pub fn book_order(&self, name: impl Fn(&str) -> String) -> Result<HashMap<DocumentId, usize>, Problem> {
        self.catch_up()?;
        let mut all: Vec<(String, Vec<u8>, DocumentId)> = self.read(|sql| {
            let mut statement =
                sql.prepare_cached("SELECT village, by_number, document FROM household_row")?;
            let household = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, DocumentId(row.get(2)?)));
            Ok::<_, Problem>(statement.query_map([], household)?.collect::<Result<_, _>>()?)
        })?;
        let mut keys: HashMap<String, Vec<u8>> = HashMap::new();
        for (village, ..) in &all {
            if !keys.contains_key(village) {
                keys.insert(village.clone(), sort_key(&name(village)));
            }
        }
        all.sort_unstable_by(|one, other| keys[&one.0].cmp(&keys[&other.0]).then_with(|| one.cmp(other)));
        Ok(all.into_iter().enumerate().map(|(place, (.., document))| (document, place)).collect())
    }
}
