//! Who has the office's folder open, so that a new program never changes the database's layout under an earlier one
//! that is still at work on it.
//!
//! Invariants: every open office holds `register.lock` together with others; a program that must bring the database to
//! its own version holds it alone until that is done. The operating system lets go of it with the process.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::{OfficeError, project, schema};

/// How long a program waits for the others to end, or for another to bring the database to this version.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it looks again.
const PAUSE: Duration = Duration::from_millis(100);

/// An office that is open. Dropped, others may change the layout.
#[derive(Debug)]
pub(super) struct Hold(#[expect(dead_code, reason = "held, never read")] File);

impl Hold {
    /// Takes the folder of the database at `path`, and brings the database to this program's version if it is of an
    /// earlier one.
    ///
    /// # Errors
    /// [`OfficeError::InUse`] if an earlier version of the program has it open; those of bringing it up.
    pub(super) fn current(path: &Path, connection: &mut Connection) -> Result<Self, OfficeError> {
        Self::within(path, connection, PATIENCE)
    }

    fn within(path: &Path, connection: &mut Connection, patience: Duration) -> Result<Self, OfficeError> {
        let file = lock_file(path)?;
        let since = Instant::now();
        loop {
            file.lock_shared()?;
            if schema::is_current(connection)? && project::is_current(connection)? {
                return Ok(Self(file));
            }
            file.unlock()?;
            match file.try_lock() {
                Ok(()) => {
                    schema::migrate(connection)?;
                    project::renew(connection)?;
                    file.unlock()?;
                }
                Err(TryLockError::WouldBlock) if since.elapsed() >= patience => {
                    return Err(OfficeError::InUse);
                }
                Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
                Err(TryLockError::Error(error)) => return Err(error.into()),
            }
        }
    }
}

/// The file beside the database that is locked; empty, and only its owner's. Never the database itself: closing a second
/// handle of it would let go of SQLite's own locks.
fn lock_file(path: &Path) -> Result<File, OfficeError> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let path = path.with_extension("lock");
    Ok(OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(connection: &Connection) -> i64 {
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_layout_is_changed_only_by_who_has_the_folder_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("register.sqlite");
        let mut new = schema::connect(&path).unwrap();
        let earlier = lock_file(&path).unwrap();
        earlier.lock_shared().unwrap();
        let refused = Hold::within(&path, &mut new, Duration::ZERO);
        assert!(matches!(refused, Err(OfficeError::InUse)), "{refused:?}");
        assert_eq!(version(&new), 0, "untouched while the earlier one works on");
        drop(earlier);
        let held = Hold::within(&path, &mut new, Duration::ZERO).unwrap();
        assert!(version(&new) > 0);
        // Of one version, any number hold it together.
        let mut another = schema::connect(&path).unwrap();
        let both = Hold::within(&path, &mut another, Duration::ZERO).unwrap();
        assert!(lock_file(&path).unwrap().try_lock().is_err());
        drop((held, both));
        assert!(lock_file(&path).unwrap().try_lock().is_ok());
    }

    #[test]
    fn programs_that_start_at_once_bring_the_database_up_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("register.sqlite");
        thread::scope(|scope| {
            let start = || {
                let mut connection = schema::connect(&path).unwrap();
                Hold::current(&path, &mut connection).unwrap();
                assert!(schema::is_current(&connection).unwrap());
            };
            let programs: Vec<_> = (0..4).map(|_| scope.spawn(start)).collect();
            programs.into_iter().for_each(|program| program.join().unwrap());
        });
    }
}
