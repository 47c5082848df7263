//! Opening: whose database it is, whether it is sound, and its migrations. What belongs to a place is in the
//! module of that place: a file on a computer, or a browser.

#[cfg(target_family = "wasm")]
mod browser;
#[cfg(not(target_family = "wasm"))]
mod file;

use std::path::Path;

use rusqlite::Connection;

use crate::{SqliteStore, StoreError};
#[cfg(target_family = "wasm")]
pub use browser::POOL;

/// `PRAGMA application_id` of a device's store: "SThn".
const APPLICATION_ID: i64 = 0x5354_686e;
/// One step for each schema version, append-only.
const MIGRATIONS: [&str; 3] = [
    include_str!("../../migrations/001_init.sql"),
    include_str!("../../migrations/002_notices.sql"),
    include_str!("../../migrations/003_pages.sql"),
];

impl SqliteStore {
    /// Reads everything, to see that it is sound. Takes as long as reading everything.
    ///
    /// # Errors
    /// [`StoreError::Damaged`], or the store's own.
    pub fn examine(&self) -> Result<(), StoreError> {
        check_sound(&self.connection)
    }

    fn over(connection: Connection, path: &Path) -> Self {
        Self { connection, path: path.to_owned(), clock: 0, day: None }
    }
}

/// Refuses another program's database. The first read: it tells whether this is a database at all, and
/// whether the key fits.
fn check_owner(connection: &Connection) -> Result<(), StoreError> {
    let application: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION_ID && (application != 0 || tables != 0) {
        return Err(StoreError::Foreign);
    }
    Ok(())
}

/// Reads every page and index.
fn check_sound(connection: &Connection) -> Result<(), StoreError> {
    let check: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if check == "ok" { Ok(()) } else { Err(StoreError::Damaged) }
}

/// Sets what every place has in common, and brings the database to this version.
fn make_ready(connection: &mut Connection) -> Result<(), StoreError> {
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", "on")?;
    migrate(connection)
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let done = usize::try_from(version).ok().filter(|done| *done <= MIGRATIONS.len());
    let done = done.ok_or(StoreError::Newer { version })?;
    if (1..MIGRATIONS.len()).contains(&done) {
        // What is damaged is better read by the version that wrote it.
        check_sound(connection)?;
    }
    for (number, sql) in (1i64..).zip(MIGRATIONS).skip(done) {
        let tx = connection.transaction()?;
        tx.execute_batch(sql)?;
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        tx.pragma_update(None, "user_version", number)?;
        tx.commit()?;
    }
    Ok(())
}
