//! A register's beginning, what is read once when it is opened, and what the commune says of itself.
//!
//! Enters: what `sothon init` is told; what officers write about the commune, each time an act of the log. Leaves:
//! the keys and names of the register, and its [`Profile`] on a day. Invariant: a print of a past day bears the name
//! and the code of that day; codes of administrative units are used again, so that a code without its days means
//! nothing.

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sync_core::date::Date;
use sync_core::id::{CommuneId, Incarnation};
use sync_core::letter::LetterKey;
use sync_core::random::Random;
use sync_core::seal::ConfidentialPublicKey;

use super::{Author, Commune, Office, OfficeError, admin, settings};
use crate::problem::{Code, Problem};
use crate::report::Signatory;

/// Setting that holds the commune's names and codes in time.
const KEY_PERIODS: &str = "profile/periods";
/// Setting that holds the word for a village.
const KEY_UNIT_WORD: &str = "profile/unit_word";
/// Names the commune may have had.
const PERIODS_MAX: usize = 20;

/// What `sothon init` is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommuneConfig {
    /// Name as shown.
    pub name: String,
    /// The word for a village here: thôn, tiểu khu, ấp, …
    pub unit_word: String,
    /// Code and name of each village.
    pub villages: Vec<(String, String)>,
    /// Restricted facts are sealed to this key.
    pub confidential_key: ConfidentialPublicKey,
}

/// What the commune is called, from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ProfilePeriod {
    /// First day; none: longer than the register knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// Name as it stands on the forms.
    pub name: String,
    /// Official code (5 digits, with its zeros); empty if not set.
    #[serde(default)]
    pub code: String,
    /// The level above, as it stands on the forms; empty if not set.
    #[serde(default)]
    pub upper_level: String,
}

/// What the commune says of itself on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Names and codes on that day.
    pub period: ProfilePeriod,
    /// The word for a village here.
    pub unit_word: String,
}

pub(super) fn create(
    connection: &mut Connection,
    config: &CommuneConfig,
    random: &mut dyn Random,
) -> Result<(), OfficeError> {
    let mut id = [0; 16];
    random.fill(&mut id);
    let mut incarnation = [0; 16];
    random.fill(&mut incarnation);
    let transaction = connection.transaction()?;
    let values: [(&str, &[u8]); 6] = [
        ("commune", &id),
        ("incarnation", &incarnation),
        ("name", config.name.as_bytes()),
        ("unit_word", config.unit_word.as_bytes()),
        ("confidential_key", &config.confidential_key.0),
        ("chain", &[0; 32]),
    ];
    for (key, value) in values {
        transaction.execute("INSERT INTO meta (key, value) VALUES (?1, ?2)", params![key, value])?;
    }
    for (code, name) in &config.villages {
        transaction.execute("INSERT INTO village (code, name) VALUES (?1, ?2)", params![code, name])?;
        transaction.execute(
            "INSERT INTO village_change (position, at, since, village, name) VALUES (0, 0, '', ?1, ?2)",
            params![code, name],
        )?;
    }
    transaction.commit()?;
    Ok(())
}

pub(super) fn load_commune(connection: &Connection) -> Result<Commune, OfficeError> {
    let value = |key: &'static str| -> Result<Vec<u8>, OfficeError> {
        connection
            .query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0))
            .optional()?
            .ok_or(OfficeError::Damaged(key))
    };
    let text = |key: &'static str| -> Result<String, OfficeError> {
        String::from_utf8(value(key)?).map_err(|_| OfficeError::Damaged(key))
    };
    let key: [u8; 32] =
        value("confidential_key")?.try_into().map_err(|_| OfficeError::Damaged("confidential_key"))?;
    Ok(Commune {
        id: CommuneId::try_from(&value("commune")?[..]).map_err(|_| OfficeError::Damaged("commune"))?,
        name: text("name")?,
        unit_word: text("unit_word")?,
        confidential_key: ConfidentialPublicKey(key),
        letter_key: LetterKey::from_bytes(
            value("letter_key")?.try_into().map_err(|_| OfficeError::Damaged("letter_key"))?,
        ),
        incarnation: Incarnation::try_from(&value("incarnation")?[..])
            .map_err(|_| OfficeError::Damaged("incarnation"))?,
    })
}

/// Gives the office a key for letters, once in its life.
pub(super) fn draw_letter_key(connection: &Connection, random: &mut dyn Random) -> Result<(), OfficeError> {
    let known = connection.prepare("SELECT 1 FROM meta WHERE key = 'letter_key'")?.exists([])?;
    if !known {
        connection.execute(
            "INSERT INTO meta (key, value) VALUES ('letter_key', ?1) ON CONFLICT (key) DO NOTHING",
            params![LetterKey::draw(random).as_bytes()],
        )?;
    }
    Ok(())
}

/// Where a backup has its incarnation: it gets one when it is opened, each time it is put in place. Two
/// lives of one backup would otherwise look the same to the phones.
const NO_INCARNATION: [u8; 16] = [0; 16];

/// Names the life of a log that begins with this opening of a backup.
pub(super) fn begin_life(connection: &Connection, random: &mut dyn Random) -> Result<(), OfficeError> {
    let mut incarnation = [0; 16];
    random.fill(&mut incarnation);
    let transaction = connection.unchecked_transaction()?;
    let begun = transaction.execute(
        "UPDATE meta SET value = ?1 WHERE key = 'incarnation' AND value = ?2",
        params![incarnation, NO_INCARNATION],
    )?;
    if begun > 0 {
        // Said in the log, at the moment it stopped: gaps in devices' chains from here on come from this.
        let clock =
            transaction.query_row("SELECT coalesce(max(received_at), 0) FROM log", [], |row| row.get(0))?;
        let act = json!({ "act": super::ACT_RESTORED, "incarnation": Incarnation(incarnation) });
        admin::act(&transaction, clock, &act).map_err(|_| OfficeError::Damaged("log"))?;
    }
    transaction.commit()?;
    Ok(())
}

/// The commune's names and codes, the earliest first; one at least.
fn periods(sql: &Connection, commune: &Commune, known_at: u64) -> Result<Vec<ProfilePeriod>, Problem> {
    let mut periods: Vec<ProfilePeriod> = match setting(sql, KEY_PERIODS, known_at)? {
        Some(value) => serde_json::from_value(value).map_err(|_| Code::Internal)?,
        None => Vec::new(),
    };
    periods.sort_by_key(|period| period.from);
    if periods.is_empty() {
        periods.push(ProfilePeriod { name: commune.name.clone(), ..ProfilePeriod::default() });
    }
    Ok(periods)
}

/// What is in force on a day; before the first day anybody knows, the first.
fn period_on(periods: &[ProfilePeriod], day: Date) -> ProfilePeriod {
    let has_begun = |period: &&ProfilePeriod| period.from.is_none_or(|from| from <= day);
    let found = periods.iter().rev().find(has_begun).or(periods.first());
    found.cloned().unwrap_or_default()
}

fn setting(sql: &Connection, key: &str, known_at: u64) -> Result<Option<serde_json::Value>, Problem> {
    let text: Option<String> = sql
        .prepare_cached(
            "SELECT value FROM setting WHERE key = ?1 AND position <= ?2 ORDER BY position DESC LIMIT 1",
        )?
        .query_row(params![key, known_at], |row| row.get(0))
        .optional()?;
    text.map(|text| serde_json::from_str(&text).map_err(|_| Code::Internal.into())).transpose()
}

pub(super) fn profile(
    sql: &Connection,
    commune: &Commune,
    as_of: Date,
    known_at: u64,
) -> Result<Profile, Problem> {
    let unit_word =
        setting(sql, KEY_UNIT_WORD, known_at)?.and_then(|value| value.as_str().map(str::to_owned));
    Ok(Profile {
        period: period_on(&periods(sql, commune, known_at)?, as_of),
        unit_word: unit_word.unwrap_or_else(|| commune.unit_word.clone()),
    })
}

/// Setting that holds who signs a form.
fn signatories_key(form: &str) -> String {
    format!("signatories/{form}")
}

impl Office {
    /// What the commune is called on a day, as far as the office knew at a log position (none: now).
    ///
    /// # Errors
    /// The database's.
    pub fn profile(&self, as_of: Date, known_at: Option<u64>) -> Result<Profile, Problem> {
        self.read(|sql| profile(sql, &self.commune, as_of, known_at.unwrap_or(super::places::NOW)))
    }

    /// Every name and code the commune has had, the earliest first.
    ///
    /// # Errors
    /// The database's.
    pub fn profile_periods(&self) -> Result<Vec<ProfilePeriod>, Problem> {
        self.read(|sql| periods(sql, &self.commune, super::places::NOW))
    }

    /// Sets what the commune says of itself, from now on for every day it is asked about. Every device is told with
    /// its next sync. Nothing is set, and the answer is `false`, if it was set after log position `seen_at`.
    ///
    /// # Errors
    /// [`Code::LimitExceeded`] if there are too many names, or none; the database's.
    pub fn set_profile(
        &self,
        author: &Author,
        periods: &[ProfilePeriod],
        unit_word: &str,
        seen_at: u64,
        clock: i64,
    ) -> Result<bool, Problem> {
        if periods.is_empty() || periods.len() > PERIODS_MAX {
            return Err(Code::LimitExceeded.into());
        }
        let (author, periods, unit_word) = (author.clone(), json!(periods), json!(unit_word));
        self.writer.write(move |sql, commune| {
            for key in [KEY_PERIODS, KEY_UNIT_WORD] {
                if settings::is_set_after(sql, key, seen_at)? {
                    return Ok(false);
                }
            }
            for (key, value) in [(KEY_PERIODS, periods), (KEY_UNIT_WORD, unit_word)] {
                if setting(sql, key, super::places::NOW)?.as_ref() != Some(&value) {
                    settings::set(sql, commune, Some(&author), key, &value, clock)?;
                }
            }
            admin::raise_all(sql)?;
            Ok(true)
        })
    }

    /// Who signs a form, as far as the office knew at a log position: none if nobody was set.
    ///
    /// # Errors
    /// The database's.
    pub fn signatories(&self, form: &str, known_at: u64) -> Result<Option<Vec<Signatory>>, Problem> {
        let set = self.setting(&signatories_key(form), known_at)?;
        set.map(|value| serde_json::from_value(value).map_err(|_| Code::Internal.into())).transpose()
    }

    /// Sets who signs each of these forms: of none, and `false`, if one was set after log position `seen_at`.
    ///
    /// # Errors
    /// The database's.
    pub fn set_signatories(
        &self,
        author: &Author,
        forms: &[(String, Vec<Signatory>)],
        seen_at: u64,
        clock: i64,
    ) -> Result<bool, Problem> {
        let setting = |(form, who): &(String, Vec<Signatory>)| (signatories_key(form), json!(who));
        let settings: Vec<_> = forms.iter().map(setting).collect();
        self.set_seen(Some(author), &settings, seen_at, clock)
    }
}

impl Office {
    /// Copies the database into a new file, consistent and compact, which begins a new life of the log
    /// whenever it is put in the register's place and opened.
    ///
    /// # Errors
    /// The database's.
    pub fn backup(&self, file: &std::path::Path) -> Result<(), OfficeError> {
        let text = file.to_string_lossy().into_owned();
        super::schema::private_file(file)?;
        let connection = super::schema::connect_read_only(self.path())?;
        connection.pragma_update(None, "query_only", false)?;
        connection.execute("VACUUM INTO ?1", params![text])?;
        let copy = Connection::open(file)?;
        copy.execute("UPDATE meta SET value = ?1 WHERE key = 'incarnation'", params![NO_INCARNATION])?;
        copy.pragma_update(None, "journal_mode", "DELETE")?;
        Ok(())
    }
}
