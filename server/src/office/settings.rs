//! What the commune sets for itself: columns of 03/TE, numbers a form needs, lines an officer types in. Each
//! setting is an act in the log, so that a tally of a past log position uses what was set then.
//!
//! Enters: a key, a value, who sets it. Leaves: the value in force at a log position, and the history of a key.
//! Invariant: the table `setting` is a function of the log's acts.

use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::{Value, json};
use sync_core::id::DeviceId;

use super::{Author, Commune, Office, admin};
use crate::problem::{Code, Problem};

/// Setting that holds a commune's own columns of the register for another program ([`schemas::export`]).
pub(crate) const EXPORT_COLUMNS: &str = "export/columns";
/// Longest name of a setting, in bytes.
const KEY_BYTES_MAX: usize = 120;
/// Largest value, as JSON.
const VALUE_BYTES_MAX: usize = 64 * 1024;
/// Settings written at once: as many as a page of typed lines may hold.
const AT_ONCE_MAX: usize = 2_000;

/// One time a setting was set.
#[derive(Debug, Clone, PartialEq)]
pub struct SettingRow {
    /// Log position of the act.
    pub position: u64,
    /// Office clock, seconds since 1970.
    pub at: i64,
    /// The officer's device; none: the keeper, on the command line.
    pub by: Option<DeviceId>,
    /// What it was set to; null takes it back.
    pub value: Value,
}

impl Office {
    /// Sets `key` to `value` from now on.
    ///
    /// # Errors
    /// [`Code::LimitExceeded`]; the database's.
    pub fn set(&self, key: &str, value: &Value, clock: i64) -> Result<(), Problem> {
        self.set_all(None, &[(key.to_owned(), value.clone())], clock)
    }

    /// The same, by an officer, whose signature is in the act.
    ///
    /// # Errors
    /// [`Code::LimitExceeded`]; the database's.
    pub fn set_by(&self, author: &Author, key: &str, value: &Value, clock: i64) -> Result<(), Problem> {
        self.set_all(Some(author), &[(key.to_owned(), value.clone())], clock)
    }

    /// Sets several, all or none.
    ///
    /// # Errors
    /// [`Code::LimitExceeded`]; the database's.
    pub fn set_all(
        &self,
        author: Option<&Author>,
        settings: &[(String, Value)],
        clock: i64,
    ) -> Result<(), Problem> {
        self.set_seen(author, settings, super::places::NOW, clock).map(drop)
    }

    /// Sets several, all or none: none, and `false`, if one of them was set after log position `seen_at`, so that
    /// nobody overwrites what they did not see.
    ///
    /// # Errors
    /// [`Code::LimitExceeded`]; the database's.
    pub fn set_seen(
        &self,
        author: Option<&Author>,
        settings: &[(String, Value)],
        seen_at: u64,
        clock: i64,
    ) -> Result<bool, Problem> {
        let too_large = |(key, value): &(String, Value)| {
            key.len() > KEY_BYTES_MAX || value.to_string().len() > VALUE_BYTES_MAX
        };
        if settings.len() > AT_ONCE_MAX || settings.iter().any(too_large) {
            return Err(Code::LimitExceeded.into());
        }
        let (author, settings) = (author.cloned(), settings.to_vec());
        self.writer.write(move |sql, commune| {
            for (key, _) in &settings {
                if is_set_after(sql, key, seen_at)? {
                    return Ok(false);
                }
            }
            settings
                .iter()
                .try_for_each(|(key, value)| set(sql, commune, author.as_ref(), key, value, clock))?;
            Ok(true)
        })
    }

    /// Where the log stands: what a page says it has seen.
    ///
    /// # Errors
    /// The database's.
    pub fn log_position(&self) -> Result<u64, Problem> {
        self.read(
            |sql| Ok(sql.query_row("SELECT coalesce(max(position), 0) FROM log", [], |row| row.get(0))?),
        )
    }

    /// What `key` was set to when the log stood at `known_at`.
    ///
    /// # Errors
    /// The database's.
    pub fn setting(&self, key: &str, known_at: u64) -> Result<Option<Value>, Problem> {
        self.read(|sql| {
            let text: Option<String> = sql
                .prepare_cached(
                    "SELECT value FROM setting WHERE key = ?1 AND position <= ?2 ORDER BY position DESC LIMIT 1",
                )?
                .query_row(params![key, known_at], |row| row.get(0))
                .optional()?;
            let value = text.as_deref().map(parsed).transpose()?;
            Ok(value.filter(|value| !value.is_null()))
        })
    }

    /// What `key` is set to.
    ///
    /// # Errors
    /// The database's.
    pub fn setting_now(&self, key: &str) -> Result<Option<Value>, Problem> {
        self.setting(key, i64::MAX.unsigned_abs())
    }

    /// Every setting whose key begins with `prefix`, as the log stood at `known_at`, by key.
    ///
    /// # Errors
    /// The database's.
    pub fn settings_under(&self, prefix: &str, known_at: u64) -> Result<Vec<(String, Value)>, Problem> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached(
                "SELECT key, value, max(position) FROM setting
                 WHERE key >= ?1 AND key < ?1 || char(1114111) AND position <= ?2 GROUP BY key ORDER BY key",
            )?;
            let mut rows = statement.query(params![prefix, known_at])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let value = parsed(&row.get::<_, String>(1)?)?;
                if !value.is_null() {
                    found.push((row.get(0)?, value));
                }
            }
            Ok(found)
        })
    }

    /// Every time `key` was set, the latest first.
    ///
    /// # Errors
    /// The database's.
    pub fn setting_history(&self, key: &str) -> Result<Vec<SettingRow>, Problem> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached(
                "SELECT position, at, value, by FROM setting WHERE key = ?1 ORDER BY position DESC",
            )?;
            let mut rows = statement.query(params![key])?;
            let mut history = Vec::new();
            while let Some(row) = rows.next()? {
                history.push(SettingRow {
                    position: row.get(0)?,
                    at: row.get(1)?,
                    value: parsed(&row.get::<_, String>(2)?)?,
                    by: row.get::<_, Option<[u8; 12]>>(3)?.map(DeviceId),
                });
            }
            Ok(history)
        })
    }

    /// Writes an act into the log that says what an officer did besides changing records: an export, an opening.
    /// It carries no personal data. Returns its position.
    ///
    /// # Errors
    /// [`Code::LimitExceeded`]; the database's.
    pub fn note_act(&self, author: &Author, act: Value, clock: i64) -> Result<u64, Problem> {
        if act.to_string().len() > VALUE_BYTES_MAX {
            return Err(Code::LimitExceeded.into());
        }
        let author = author.clone();
        self.writer.write(move |sql, commune| admin::act(sql, clock, &author.sign_act(commune, &act)))
    }
}

/// Whether a key was set after a log position, asked within the writer's transaction.
pub(super) fn is_set_after(sql: &Connection, key: &str, seen_at: u64) -> Result<bool, Problem> {
    // A position comes from a page, and may be any number.
    let seen_at = seen_at.min(super::places::NOW);
    Ok(sql
        .prepare_cached("SELECT 1 FROM setting WHERE key = ?1 AND position > ?2")?
        .exists(params![key, seen_at])?)
}

/// Sets one within the writer's transaction.
pub(super) fn set(
    sql: &Connection,
    commune: &Commune,
    author: Option<&Author>,
    key: &str,
    value: &Value,
    clock: i64,
) -> Result<(), Problem> {
    let act = json!({ "act": "set", "key": key, "value": value });
    let act = author.map_or(act.clone(), |author| author.sign_act(commune, &act));
    let position = admin::act(sql, clock, &act)?;
    let by = author.map(|author| author.device().0);
    sql.prepare_cached("INSERT INTO setting (key, position, at, value, by) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![key, position, clock, value.to_string(), by])?;
    Ok(())
}

fn parsed(text: &str) -> Result<Value, Problem> {
    serde_json::from_str(text).map_err(|_| Code::Internal.into())
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use serde_json::json;
    use sync_core::seal::ConfidentialPublicKey;

    use super::*;
    use crate::office::{CommuneConfig, OfficeOptions, Roles};

    #[test]
    fn a_setting_has_a_history_and_a_signature_that_verification_checks() {
        let folder = tempfile::tempdir().unwrap();
        let config = CommuneConfig {
            name: "Xã Giả Lập".to_owned(),
            unit_word: "thôn".to_owned(),
            villages: vec![("01".to_owned(), "Thôn Giả Lập".to_owned())],
            confidential_key: ConfidentialPublicKey([9; 32]),
        };
        let options = OfficeOptions { random: Box::new(rand::rngs::StdRng::seed_from_u64(3)) };
        let path = folder.path().join("register.sqlite");
        let office = Office::create(&path, &config, options).unwrap();
        let roles = Roles::from([crate::office::Role::Officer]);
        let code = office.invite(None, "Người Giả Lập", &roles, None, 10).unwrap().text;
        let password = "chín con trâu trắng";
        office.accept(&code, "can-bo", "Người Giả Lập", password, 11).unwrap();
        let officer = office.sign_in("can-bo", password, 12).unwrap();

        office.set("typed/a", &json!("1"), 20).unwrap();
        let then = office.status().unwrap().log_position;
        office.set_by(&officer.author, "typed/a", &json!("2.5"), 30).unwrap();
        office.set_by(&officer.author, "typed/ab", &json!({ "z": 1, "a": [2] }), 40).unwrap();
        office.note_act(&officer.author, json!({ "act": "export", "form": "03/TE" }), 50).unwrap();
        assert_eq!(office.setting("typed/a", then).unwrap(), Some(json!("1")));
        assert_eq!(office.setting_now("typed/a").unwrap(), Some(json!("2.5")));
        let history = office.setting_history("typed/a").unwrap();
        let told: Vec<_> = history.iter().map(|row| (row.at, row.by, row.value.clone())).collect();
        assert_eq!(told, [(30, Some(officer.author.device()), json!("2.5")), (20, None, json!("1"))]);
        assert_eq!(office.settings_under("typed/", u64::from(u32::MAX)).unwrap().len(), 2);
        assert_eq!(office.settings_under("typed/", then).unwrap(), [("typed/a".to_owned(), json!("1"))]);
        let both = [("typed/c".to_owned(), json!("7")), ("typed/a".to_owned(), json!("8"))];
        assert!(!office.set_seen(Some(&officer.author), &both, then, 60).unwrap(), "one was set since");
        assert_eq!(office.setting_now("typed/c").unwrap(), None, "all or none");
        let seen_at = office.log_position().unwrap();
        assert!(office.set_seen(Some(&officer.author), &both[..1], seen_at, 70).unwrap());
        assert!(!office.set_seen(Some(&officer.author), &both[..1], seen_at, 80).unwrap());
        assert!(office.set_seen(Some(&officer.author), &both[..1], u64::MAX, 90).unwrap());
        assert_eq!(office.verify(|_| {}).unwrap().findings, []);
        drop(office);

        // Somebody with the file changes what was set: the chain, the signature and the index all say so.
        let sql = Connection::open(&path).unwrap();
        sql.execute(
            "UPDATE log SET bytes = CAST(replace(CAST(bytes AS TEXT), '2.5', '9.5') AS BLOB)
             WHERE kind = 2 AND CAST(bytes AS TEXT) LIKE '%2.5%'",
            [],
        )
        .unwrap();
        drop(sql);
        let options = OfficeOptions { random: Box::new(rand::rngs::StdRng::seed_from_u64(4)) };
        let findings = Office::open(&path, options).unwrap().verify(|_| {}).unwrap().findings;
        let codes: Vec<_> = findings.iter().map(|finding| finding.code).collect();
        assert!(codes.contains(&"act_signature_wrong"), "{codes:?}");
        assert!(codes.contains(&"setting_differs"), "{codes:?}");
        office_keeps_null_out(&folder.path().join("other.sqlite"), &config);
    }

    fn office_keeps_null_out(path: &std::path::Path, config: &CommuneConfig) {
        let options = OfficeOptions { random: Box::new(rand::rngs::StdRng::seed_from_u64(5)) };
        let office = Office::create(path, config, options).unwrap();
        office.set("a", &json!(1), 1).unwrap();
        office.set("a", &Value::Null, 2).unwrap();
        assert_eq!(office.setting_now("a").unwrap(), None, "null takes a setting back");
        assert_eq!(office.set(&"k".repeat(200), &json!(1), 3).unwrap_err().code, Code::LimitExceeded);
    }
}
