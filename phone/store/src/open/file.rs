//! A store in a file: its permissions, its lock, its copy; moving it aside when it is damaged.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, backup};

use super::{check_owner, check_sound, make_ready};
use crate::{SqliteStore, StoreError};

/// How long a command waits for another one that is about to end.
const BUSY: Duration = Duration::from_secs(2);
/// Pages of one step of a copy.
const COPY_PAGES: std::ffi::c_int = 1024;

impl SqliteStore {
    /// Opens the store in an existing file. Holds its lock until dropped.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Locked`], [`StoreError::MovedAside`] if it was damaged,
    /// or the file system's and the database's own.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if !path.try_exists()? {
            return Err(StoreError::Missing);
        }
        let file = fs::metadata(path)?;
        if file.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        }
        match Self::connect(path) {
            Err(StoreError::Damaged) => Err(StoreError::MovedAside { kept: move_aside(path)? }),
            other => other,
        }
    }

    /// Opens the store, creating the file (readable by its owner only) if there is none.
    ///
    /// # Errors
    /// As [`SqliteStore::open`], except [`StoreError::Missing`].
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.into()),
        }
        Self::open(path)
    }

    fn connect(path: &Path) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY)?;
        // Until the file has proved sound, closing it must not write to it.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        connection.pragma_update(None, "locking_mode", "exclusive")?;
        check_owner(&connection)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        // Takes the lock, which exclusive mode then keeps.
        connection.execute_batch("BEGIN EXCLUSIVE; COMMIT")?;
        check_sound(&connection)?;
        make_ready(&mut connection)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
        Ok(Self::over(connection, path))
    }

    /// Copies the whole store, its key included, to a new file readable by its owner only.
    ///
    /// # Errors
    /// [`StoreError::Exists`]: nothing is overwritten; the file system's and the database's own.
    pub fn export(&self, to: &Path) -> Result<(), StoreError> {
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(to) {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                return Err(StoreError::Exists);
            }
            Err(error) => return Err(error.into()),
        }
        let mut copy = Connection::open_with_flags(to, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let backup = backup::Backup::new(&self.connection, &mut copy)?;
        // Nobody else writes while this store holds its lock: no pause is needed between steps.
        backup.run_to_completion(COPY_PAGES, Duration::ZERO, None)?;
        Ok(())
    }
}

/// Renames the file, its `-wal` and its `-shm` to the first free `<file>.damaged-<n>`. Keeps every byte.
fn move_aside(path: &Path) -> Result<PathBuf, StoreError> {
    let with = |base: &Path, suffix: &str| {
        let mut name = OsString::from(base);
        name.push(suffix);
        PathBuf::from(name)
    };
    let mut number = 1u32;
    let kept = loop {
        let kept = with(path, &format!(".damaged-{number}"));
        if !kept.try_exists()? {
            break kept;
        }
        number += 1;
    };
    for suffix in ["-wal", "-shm", ""] {
        let part = with(path, suffix);
        if part.try_exists()? {
            fs::rename(part, with(&kept, suffix))?;
        }
    }
    Ok(kept)
}
