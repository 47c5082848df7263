//! A register's beginning, and what is read once when it is opened.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;
use sync_core::id::{CommuneId, Incarnation};
use sync_core::letter::LetterKey;
use sync_core::random::Random;
use sync_core::seal::ConfidentialPublicKey;

use super::{Commune, OfficeError};

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
        super::admin::act(&transaction, clock, &act).map_err(|_| OfficeError::Damaged("log"))?;
    }
    transaction.commit()?;
    Ok(())
}

impl super::Office {
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
