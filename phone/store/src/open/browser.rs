//! A store in a browser: an encrypted database in the pool of files that belongs to the app's origin (OPFS).
//!
//! The caller has registered the pool under [`POOL`] and holds the lock of the origin: one tab at a time.
//! Every page is authenticated when it is read, so a damaged one shows wherever it is met; reading all of them
//! ([`SqliteStore::examine`]) is left for when the list is on the screen. Nothing is deleted or moved here; what
//! can't be read is [`StoreError::Damaged`], and the caller sets the pool's file aside.

use std::fmt::Write as _;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::{check_owner, make_ready};
use crate::{SqliteStore, StoreError};

/// The virtual file system of the pool, with encryption over it.
pub const POOL: &str = "multipleciphers-opfs-sahpool";

impl SqliteStore {
    /// Opens the store of that name in the pool, creating it if there is none. `key` is the database's key
    /// itself: nothing is derived from it.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] also if the key does not fit: encrypted, the two look alike.
    pub fn open_in_browser(name: &str, key: &[u8; 32]) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags_and_vfs(name, flags, POOL)?;
        connection.pragma_update(None, "cipher", "chacha20")?;
        let mut raw = String::with_capacity("raw:".len() + 2 * key.len());
        raw.push_str("raw:");
        key.iter().for_each(|byte| write!(raw, "{byte:02x}").expect("writing to memory can't fail"));
        connection.pragma_update(None, "key", &raw)?;
        check_owner(&connection)?;
        // The pool has no shared memory, so there is no write-ahead log; and a phone has little of the other.
        connection.pragma_update(None, "journal_mode", "truncate")?;
        connection.pragma_update(None, "cache_size", -2000)?;
        connection.pragma_update(None, "temp_store", "memory")?;
        make_ready(&mut connection)?;
        Ok(Self::over(connection, Path::new(name)))
    }
}
