//! The database file: connections, settings, migrations.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::OfficeError;

/// Every version of the database, oldest first. Append only.
const MIGRATIONS: [&str; 13] = [
    include_str!("../../migrations/001_init.sql"),
    include_str!("../../migrations/002_rounds_notices.sql"),
    include_str!("../../migrations/003_accounts.sql"),
    include_str!("../../migrations/004_pages.sql"),
    include_str!("../../migrations/005_deeds.sql"),
    include_str!("../../migrations/006_filings.sql"),
    include_str!("../../migrations/007_setup.sql"),
    include_str!("../../migrations/008_targets.sql"),
    include_str!("../../migrations/009_seen.sql"),
    include_str!("../../migrations/010_filing_periods.sql"),
    include_str!("../../migrations/011_places.sql"),
    include_str!("../../migrations/012_reasons.sql"),
    include_str!("../../migrations/013_addresses.sql"),
];
/// How long a connection waits for a lock before the request fails as `storage_busy`.
const BUSY: Duration = Duration::from_secs(5);
/// Page cache of a connection, in KiB (SQLite's negative unit).
const CACHE_KIB: i64 = -4096;

/// Makes an empty file that only its owner can read, if there is none: SQLite and its companions beside
/// it keep these permissions.
pub(super) fn private_file(path: &Path) -> Result<(), rusqlite::Error> {
    use std::os::unix::fs::OpenOptionsExt as _;
    match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(_) => Err(rusqlite::Error::InvalidPath(path.to_owned())),
    }
}

/// The writer's connection: WAL, and every commit on disk before it returns.
pub(super) fn connect(path: &Path) -> Result<Connection, rusqlite::Error> {
    private_file(path)?;
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", CACHE_KIB)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// A reader beside the writer.
pub(super) fn connect_read_only(path: &Path) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", CACHE_KIB)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Whether the database is of this program's version.
///
/// # Errors
/// [`OfficeError::Newer`] if it is of a later one; the database's.
pub(super) fn is_current(connection: &Connection) -> Result<bool, OfficeError> {
    Ok(done(connection)? == MIGRATIONS.len())
}

fn done(connection: &Connection) -> Result<usize, OfficeError> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    usize::try_from(version).ok().filter(|done| *done <= MIGRATIONS.len()).ok_or(OfficeError::Newer(version))
}

/// Brings the database to this program's version, one migration a transaction. Of two programs that do so at once, each
/// migration is done by one.
///
/// # Errors
/// As [`is_current`].
pub(super) fn migrate(connection: &mut Connection) -> Result<(), OfficeError> {
    loop {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = done(&transaction)?;
        let Some(migration) = MIGRATIONS.get(done) else { return Ok(()) };
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", i64::try_from(done + 1).unwrap_or(i64::MAX))?;
        transaction.commit()?;
    }
}
