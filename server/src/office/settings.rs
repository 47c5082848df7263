//! What the commune sets for itself: columns of 03/TE, numbers a form needs. Each setting is an act in
//! the log, so that a tally of a past log position uses what was set then.

use rusqlite::params;
use serde_json::{Value, json};

use super::{Office, admin};
use crate::problem::{Code, Problem};

/// Longest name of a setting, in bytes.
const KEY_BYTES_MAX: usize = 80;
/// Largest value, as JSON.
const VALUE_BYTES_MAX: usize = 64 * 1024;

impl Office {
    /// Sets `key` to `value` from now on.
    ///
    /// # Errors
    /// [`Code::LimitExceeded`]; the database's.
    pub fn set(&self, key: &str, value: &Value, clock: i64) -> Result<(), Problem> {
        if key.len() > KEY_BYTES_MAX || value.to_string().len() > VALUE_BYTES_MAX {
            return Err(Code::LimitExceeded.into());
        }
        let act = json!({ "act": "set", "key": key, "value": value });
        self.writer.write(move |sql, _| admin::act(sql, clock, &act))
    }

    /// What `key` was set to when the log stood at `known_at`.
    ///
    /// # Errors
    /// The database's.
    pub fn setting(&self, key: &str, known_at: u64) -> Result<Option<Value>, Problem> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached(
                "SELECT bytes FROM log WHERE kind = 2 AND position <= ?1 ORDER BY position DESC",
            )?;
            let mut rows = statement.query(params![known_at])?;
            while let Some(row) = rows.next()? {
                let act: Value =
                    serde_json::from_slice(row.get_ref(0)?.as_blob().map_err(|_| Code::Internal)?)
                        .map_err(|_| Code::Internal)?;
                if act["act"] == "set" && act["key"] == key {
                    return Ok(Some(act["value"].clone()));
                }
            }
            Ok(None)
        })
    }
}
