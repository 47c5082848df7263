//! Why a store can't do what was asked.

use std::path::PathBuf;

/// Why the store can't do what was asked. Never carries what is stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such file.
    #[error("there is no store in this file")]
    Missing,
    /// Another process has it open.
    #[error("another process is using this store")]
    Locked,
    /// No room on the disk; nothing was recorded.
    #[error("the disk is full")]
    Full,
    /// Reading a page failed; the next command will move the file aside.
    #[error("the store's file is damaged")]
    Damaged,
    /// The file was damaged and has been moved.
    #[error("the store's file is damaged; it was kept as {}", kept.display())]
    MovedAside {
        /// Where it is now, together with its `-wal` and `-shm`.
        kept: PathBuf,
    },
    /// A database, but of another program.
    #[error("the file is a database of another program")]
    Foreign,
    /// Written by a newer version of this program.
    #[error("the store was written by a newer version (schema {version})")]
    Newer {
        /// `user_version` found.
        version: i64,
    },
    /// Enrolment was never finished.
    #[error("the device is not enrolled")]
    NotEnrolled,
    /// The office that answered an enrolment keeps another register.
    #[error("the office keeps another register than this store")]
    OtherCommune,
    /// The office answered for another device.
    #[error("the office answered for another device")]
    OtherDevice,
    /// A file of that name exists already.
    #[error("a file of that name exists already")]
    Exists,
    /// A stored part can't be decoded.
    #[error("a stored {0} can't be read")]
    Unreadable(&'static str),
    /// The file system.
    #[error("{0}")]
    File(#[from] std::io::Error),
    /// The database, in any other way.
    #[error("the database failed ({0:?})")]
    Sql(Option<rusqlite::ErrorCode>),
}

impl StoreError {
    /// Every code, for tables and tests.
    pub const CODES: [&'static str; 14] = [
        "store_missing",
        "store_locked",
        "store_full",
        "store_damaged",
        "store_moved_aside",
        "store_foreign",
        "store_newer",
        "not_enrolled",
        "other_commune",
        "other_device",
        "file_exists",
        "store_unreadable",
        "store_file",
        "store_failed",
    ];

    /// A stable code, for translation.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "store_missing",
            Self::Locked => "store_locked",
            Self::Full => "store_full",
            Self::Damaged => "store_damaged",
            Self::MovedAside { .. } => "store_moved_aside",
            Self::Foreign => "store_foreign",
            Self::Newer { .. } => "store_newer",
            Self::NotEnrolled => "not_enrolled",
            Self::OtherCommune => "other_commune",
            Self::OtherDevice => "other_device",
            Self::Exists => "file_exists",
            Self::Unreadable(_) => "store_unreadable",
            Self::File(_) => "store_file",
            Self::Sql(_) => "store_failed",
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Sql;
        match error.sqlite_error_code() {
            Some(Sql::DiskFull) => Self::Full,
            Some(Sql::DatabaseBusy | Sql::DatabaseLocked) => Self::Locked,
            Some(Sql::DatabaseCorrupt | Sql::NotADatabase) => Self::Damaged,
            code => Self::Sql(code),
        }
    }
}
