//! An office in a folder of its own, with the disk faults a test needs: crash, restore, full, locked.

use std::fs;
use std::path::PathBuf;

use rusqlite::Connection;
use server::office::{CommuneConfig, Incoming, Office, OfficeOptions};
use server::problem::Problem;
use sync_core::device::{Encoding, Outgoing};
use sync_core::seal::ConfidentialKey;
use tempfile::TempDir;

use super::dice::Dice;

/// 2024-10-01 00:00 in Vietnam: where the world's clock begins.
pub const CLOCK_START: i64 = 1_727_715_600;

/// The office's files as they were at one moment.
#[derive(Debug, Clone)]
pub struct Files(Vec<(&'static str, Vec<u8>)>);

/// Endings of the files that make up the database. The shared-memory file is rebuilt from the log.
const PARTS: [&str; 2] = ["", "-wal"];

/// An office and its folder.
pub struct Site {
    folder: TempDir,
    office: Option<Office>,
    restored: Option<Files>,
    dice: Dice,
    /// The commune's confidential key, which the office's process does not have.
    pub confidential: ConfidentialKey,
}

impl Site {
    /// A new office with these villages.
    #[must_use]
    pub fn new(dice: &mut Dice, villages: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let mut own = dice.part();
        let confidential = ConfidentialKey::draw(own.random());
        let config = CommuneConfig {
            name: "Xã Giả Lập".into(),
            unit_word: "thôn".into(),
            villages: villages.iter().map(|code| ((*code).to_owned(), format!("Thôn {code}"))).collect(),
            confidential_key: confidential.public().expect("a drawn key is one"),
        };
        let options = OfficeOptions { random: Box::new(own.part().random().clone()) };
        let office = Office::create(&folder.path().join("office.db"), &config, options);
        let office = Some(office.expect("an empty folder takes a new office"));
        Self { folder, office, restored: None, dice: own, confidential }
    }

    /// The office, which is open between all faults.
    #[must_use]
    pub fn office(&self) -> &Office {
        self.office.as_ref().expect("open except while a fault is under way")
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("office.db")
    }

    fn part(&self, ending: &str) -> PathBuf {
        self.folder.path().join(format!("office.db{ending}"))
    }

    /// The files as a power cut would leave them now.
    #[must_use]
    pub fn files(&self) -> Files {
        let read = |ending| fs::read(self.part(ending)).ok().map(|bytes| (ending, bytes));
        Files(PARTS.into_iter().filter_map(read).collect())
    }

    /// The process ends without warning and starts again on `files`.
    pub fn crash_to(&mut self, files: &Files) {
        drop(self.office.take());
        for ending in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(self.part(ending));
        }
        for (ending, bytes) in &files.0 {
            fs::write(self.part(ending), bytes).expect("the temporary folder can be written");
        }
        self.open();
    }

    /// The process ends and starts again.
    pub fn crash(&mut self) {
        let files = self.files();
        self.crash_to(&files);
    }

    /// An old backup is put in place, as `Office::backup` writes it.
    pub fn restore(&mut self, files: &Files) {
        self.crash_to(files);
        drop(self.office.take());
        let connection = Connection::open(self.path()).expect("the backup is a database");
        connection
            .execute("UPDATE meta SET value = zeroblob(16) WHERE key = 'incarnation'", [])
            .expect("the backup has its names");
        drop(connection);
        self.restored = Some(self.files());
        self.open();
    }

    /// The last backup is put in place once more.
    /// Returns whether there was one.
    pub fn restore_again(&mut self) -> bool {
        let Some(files) = self.restored.clone() else { return false };
        self.crash_to(&files);
        true
    }

    fn open(&mut self) {
        let options = OfficeOptions { random: Box::new(self.dice.part().random().clone()) };
        self.office = Some(Office::open(&self.path(), options).expect("what was on disk opens again"));
    }

    /// A connection of another process.
    #[must_use]
    pub fn stranger(&self) -> Connection {
        Connection::open(self.path()).expect("the database is there")
    }

    /// Delivers a request and returns the answer, in the encoding of the request.
    ///
    /// # Errors
    /// The office's problem.
    pub fn deliver(&self, request: &Outgoing, clock: i64) -> Result<Vec<u8>, Problem> {
        self.deliver_as(request.encoding, &request.body, Some(request.signature), clock)
    }

    /// Delivers any bytes.
    ///
    /// # Errors
    /// The office's problem.
    pub fn deliver_as(
        &self,
        encoding: Encoding,
        body: &[u8],
        signature: Option<[u8; 64]>,
        clock: i64,
    ) -> Result<Vec<u8>, Problem> {
        self.office().exchange(Incoming { encoding, body, signature, answer_in: encoding }, clock)
    }
}
