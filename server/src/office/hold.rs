//! Who has the office's folder open, so that a new program never changes the database's layout under an earlier one
//! that is still at work on it.
//!
//! Invariants: who opens an office goes through the gate, one after the other; every open office holds `register.lock`
//! together with others, and whoever must bring the database to its own version needs it alone. So somebody who holds it
//! while another at the gate finds the database of an earlier version is of that earlier version. The operating system
//! lets go of both with the process.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use rusqlite::Connection;

use super::{OfficeError, project, schema};

/// An office that is open. Dropped, others may change the layout.
#[derive(Debug)]
pub(super) struct Hold(#[expect(dead_code, reason = "held, never read")] File);

impl Hold {
    /// Takes the folder of the database at `path`, and brings the database to this program's version if it is of an
    /// earlier one. Waits while another program does so.
    ///
    /// # Errors
    /// [`OfficeError::InUse`] if an earlier version of the program has it open; those of bringing it up.
    pub(super) fn current(path: &Path, connection: &mut Connection) -> Result<Self, OfficeError> {
        let gate = lock_file(path, "gate")?;
        gate.lock()?;
        let held = lock_file(path, "lock")?;
        if !(schema::is_current(connection)? && project::is_current(connection)?) {
            held.try_lock().map_err(|error| match error {
                TryLockError::WouldBlock => OfficeError::InUse,
                TryLockError::Error(error) => error.into(),
            })?;
            schema::migrate(connection)?;
            project::renew(connection)?;
        }
        held.lock_shared()?;
        Ok(Self(held))
    }
}

/// A file beside the database that is locked; empty, and only its owner's. Never the database itself: closing a second
/// handle of it would let go of SQLite's own locks.
fn lock_file(path: &Path, extension: &str) -> Result<File, OfficeError> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let path = path.with_extension(extension);
    Ok(OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn version(connection: &Connection) -> i64 {
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_layout_is_changed_only_by_who_has_the_folder_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("register.sqlite");
        let mut new = schema::connect(&path).unwrap();
        let earlier = lock_file(&path, "lock").unwrap();
        earlier.lock_shared().unwrap();
        let refused = Hold::current(&path, &mut new);
        assert!(matches!(refused, Err(OfficeError::InUse)), "{refused:?}");
        assert_eq!(version(&new), 0, "untouched while the earlier one works on");
        drop(earlier);
        let held = Hold::current(&path, &mut new).unwrap();
        assert!(version(&new) > 0);
        // Of one version, any number hold it together.
        let mut another = schema::connect(&path).unwrap();
        let both = Hold::current(&path, &mut another).unwrap();
        assert!(lock_file(&path, "lock").unwrap().try_lock().is_err());
        drop((held, both));
        assert!(lock_file(&path, "lock").unwrap().try_lock().is_ok());
    }

    #[test]
    fn programs_that_start_at_once_bring_the_database_up_once_and_hold_it_together() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("register.sqlite");
        let open = || {
            let mut connection = schema::connect(&path).unwrap();
            let held = Hold::current(&path, &mut connection).unwrap();
            assert!(schema::is_current(&connection).unwrap());
            held
        };
        let all: Vec<Hold> = thread::scope(|scope| {
            let programs: Vec<_> = (0..4).map(|_| scope.spawn(open)).collect();
            programs.into_iter().map(|program| program.join().unwrap()).collect()
        });
        assert_eq!(all.len(), 4);
    }
}
