//! The office: the log on disk, and everything that is read from it.
//!
//! Step 5 to 7 of the way of a fact. Enters: signed batches and notices ([`Office::exchange`],
//! [`Office::letter`]), acts of the office itself. Leaves: pages for the devices, the projection ([`project`]) and what tallies read.
//!
//! Invariants: one writer (a thread that owns its connection) assigns log positions without gaps and
//! answers only after its transaction is on disk; nothing is ever updated or deleted in the log; a
//! change enters only if its author's device signed it and it passed [`sync_core::document::examine`];
//! what is refused is kept in quarantine; a notice is kept as it was signed. This module knows nothing of HTTP, and draws neither time nor
//! randomness except through what it is given.

pub mod accounts;
mod admin;
mod author;
mod cache;
mod deeds;
#[cfg(test)]
pub(crate) mod desk;
mod exchange;
mod feed;
mod filings;
mod fill;
mod hold;
mod ingest;
mod notices;
pub mod pages;
pub mod places;
mod project;
mod read;
mod rounds;
mod schema;
mod settings;
mod setup;
pub mod typed;
mod verify;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use sync_core::device::Encoding;
use sync_core::id::{ActorId, CommuneId, DocumentId, Incarnation};
use sync_core::letter::LetterKey;
use sync_core::random::Random;
use sync_core::seal::ConfidentialPublicKey;

pub use accounts::{AccountRow, Invitation, Officer, Role, Roles, SignInError};
pub use admin::{DeviceRecord, EnrolmentCode};
pub(crate) use author::OFFICE_LABEL;
pub use author::{Author, ImportedRow};
pub use cache::{CountError, Households, definition_digest};
pub use deeds::{
    Aside, CandidateHouseholds, CandidatePair, Contradiction, DEED_REASON_CHARS_MAX, DEEDS_MAX, Deed,
    DeedError, DeedId, DeedKind, DeedRow, DisputedField, LinkKind, MoveRow, QuarantineDetail, Queue, Subject,
    Undone,
};
pub use filings::{
    Difference, Filing, FilingError, Freeze, Frozen, Place, REASON_CHARS_MAX, ReasonFor, Reproduction,
    Signed, differences, reasons_for,
};
pub use fill::{FillError, ParameterValue, Wanted, read_form};
pub(crate) use fill::{columns_key, dated_key, form_key, undated_key};
pub use ingest::IngestReport;
pub use notices::UrgentRow;
pub(crate) use pages::address;
pub use pages::{HouseholdRow, IndexThread, IssueFilter, IssueRow, PersonRow, VillageState};
pub use project::refresh as refresh_projection;
pub use read::{ConflictRow, FactsAt, LogChange, QuarantineRow, RecordedChange};
pub use rounds::{ChangedField, ChangedHousehold, RoundRow, SignedOff};
pub(crate) use settings::EXPORT_COLUMNS;
pub use settings::SettingRow;
pub use setup::{CommuneConfig, Profile, ProfilePeriod};
pub use verify::{VerifyFinding, VerifyReport};

use crate::problem::{Code, Problem};
use hold::Hold;
use writer::Writer;

/// A request whose carrier has been taken off.
#[derive(Clone, Copy)]
pub struct Incoming<'a> {
    /// How the body is written.
    pub encoding: Encoding,
    /// The body after `Content-Encoding`.
    pub body: &'a [u8],
    /// From the header.
    pub signature: Option<[u8; 64]>,
    /// How the answer is wanted.
    pub answer_in: Encoding,
}

/// What an office is opened with.
pub struct OfficeOptions {
    /// Source of enrolment codes, incarnations and installation numbers.
    pub random: Box<dyn Random + Send>,
}

/// Why an office's data can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OfficeError {
    /// The database can't be read or written.
    #[error("the database can't be used: {0}")]
    Sql(#[from] rusqlite::Error),
    /// There is no office in this folder.
    #[error("there is no register here yet: run `sothon init` first")]
    NotInitialised,
    /// There is one already.
    #[error("there is a register here already; nothing was changed")]
    AlreadyInitialised,
    /// Written by a newer program.
    #[error("the database is of version {0}, newer than this program: update sothon")]
    Newer(i64),
    /// Another program has it open, of a version that knows the database's layout otherwise.
    #[error(
        "an earlier version of sothon is still running on this register: stop it, and try again; nothing was changed"
    )]
    InUse,
    /// The locks beside the database can't be taken.
    #[error("the files register.lock and register.gate beside the database can't be used: {0}")]
    Lock(#[from] std::io::Error),
    /// The database lacks something that `init` writes.
    #[error("the database is damaged: {0} is missing")]
    Damaged(&'static str),
    /// What an earlier program kept for tallies can't be made anew for this one.
    #[error("the register can't be read anew for this program: {0}; ask `sothon verify` of the earlier one")]
    Renewal(#[from] Problem),
}

/// What never changes while an office is open.
#[derive(Debug, Clone)]
pub struct Commune {
    /// Name of the register; part of every signature.
    pub id: CommuneId,
    /// Name as shown.
    pub name: String,
    /// The word for a village here.
    pub unit_word: String,
    /// Restricted facts are sealed to this key.
    pub confidential_key: ConfidentialPublicKey,
    /// Letters are sealed to its public half.
    pub letter_key: LetterKey,
    /// This life of the log.
    pub incarnation: Incarnation,
}

/// An open office. Cheap to share; every method may be called from any thread.
pub struct Office {
    path: PathBuf,
    commune: Commune,
    writer: Writer,
    readers: Mutex<Vec<Connection>>,
    random: Arc<Mutex<Box<dyn Random + Send>>>,
    attempts: Mutex<admin::Attempts>,
    waiting: deeds::KeptQueue,
    memory: cache::Memory,
    /// For as long as the office is open.
    _hold: Hold,
}

/// Counts for health and metrics.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OfficeStatus {
    /// Last position of the log.
    pub log_position: u64,
    /// Name of this life of the log.
    pub incarnation: String,
    /// Devices enrolled and not revoked.
    pub devices: u64,
    /// Household documents.
    pub documents: u64,
    /// Changes in quarantine.
    pub quarantined: u64,
    /// Fields with several values.
    pub conflicts: u64,
    /// Urgent reports and sign-offs on disk.
    pub notices: u64,
    /// Urgent reports that nobody has opened.
    pub urgent_unopened: u64,
}

/// The act by which a log that was copied goes on: what comes after it is another life.
const ACT_RESTORED: &str = "restored";

/// Readers kept open between requests.
const READERS_MAX: usize = 8;

impl Office {
    /// Opens the office whose database is at `path`, bringing it to this program's version.
    ///
    /// # Errors
    /// See [`OfficeError`].
    pub fn open(path: &Path, mut options: OfficeOptions) -> Result<Self, OfficeError> {
        if !path.exists() {
            return Err(OfficeError::NotInitialised);
        }
        let mut connection = schema::connect(path)?;
        let hold = Hold::current(path, &mut connection)?;
        setup::begin_life(&connection, &mut *options.random)?;
        setup::draw_letter_key(&connection, &mut *options.random)?;
        let commune = setup::load_commune(&connection)?;
        let writer = Writer::start(connection, commune.clone())?;
        Ok(Self {
            path: path.to_owned(),
            commune,
            writer,
            readers: Mutex::new(Vec::new()),
            random: Arc::new(Mutex::new(options.random)),
            attempts: Mutex::new(admin::Attempts::default()),
            waiting: deeds::KeptQueue::default(),
            memory: cache::Memory::empty(),
            _hold: hold,
        })
    }

    /// Creates an office and opens it.
    ///
    /// # Errors
    /// See [`OfficeError`]; an existing one is never touched.
    pub fn create(
        path: &Path,
        config: &CommuneConfig,
        mut options: OfficeOptions,
    ) -> Result<Self, OfficeError> {
        if path.exists() {
            return Err(OfficeError::AlreadyInitialised);
        }
        let mut connection = schema::connect(path)?;
        schema::migrate(&mut connection)?;
        setup::create(&mut connection, config, &mut *options.random)?;
        drop(connection);
        Self::open(path, options)
    }

    /// The commune.
    #[must_use]
    pub fn commune(&self) -> &Commune {
        &self.commune
    }

    /// The commune's name as it is shown now.
    #[must_use]
    pub fn commune_name(&self) -> String {
        let profile = self.profile(jiff::civil::Date::MAX, None);
        profile.map_or_else(|_| self.commune.name.clone(), |profile| profile.period.name)
    }

    /// The word for a village as it is set now.
    #[must_use]
    pub fn unit_word(&self) -> String {
        let profile = self.profile(jiff::civil::Date::MAX, None);
        profile.map_or_else(|_| self.commune.unit_word.clone(), |profile| profile.unit_word)
    }

    /// Where the database is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs `work` on a connection that only reads, in one snapshot.
    ///
    /// # Errors
    /// Those of `work`, and the database's.
    pub fn read<T, E: From<rusqlite::Error>>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let idle = lock(&self.readers).pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => schema::connect_read_only(&self.path)?,
        };
        let result = {
            let transaction = connection.transaction()?;
            work(&transaction)
        };
        let mut readers = lock(&self.readers);
        if readers.len() < READERS_MAX {
            readers.push(connection);
        }
        result
    }

    /// Counts for health and metrics.
    ///
    /// # Errors
    /// The database's.
    pub fn status(&self) -> Result<OfficeStatus, Problem> {
        self.read(|sql| {
            let count = |query: &str| sql.query_row(query, [], |row| row.get::<_, u64>(0));
            Ok(OfficeStatus {
                log_position: count("SELECT coalesce(max(position), 0) FROM log")?,
                incarnation: self.commune.incarnation.to_string(),
                devices: count("SELECT count(*) FROM device WHERE kind = 'phone' AND revoked_at IS NULL")?,
                documents: count("SELECT count(*) FROM document")?,
                quarantined: count("SELECT count(*) FROM quarantine WHERE released_at IS NULL")?,
                conflicts: count("SELECT count(*) FROM conflict")?,
                notices: count("SELECT count(*) FROM notice")?,
                urgent_unopened: count("SELECT count(*) FROM notice WHERE kind = 1 AND opened_at IS NULL")?,
            })
        })
    }

    /// A document as it stands, or as it stood at a log position, to be read (or edited by `actor`).
    ///
    /// # Errors
    /// The database's; [`Code::NotFound`] for an unknown document.
    pub fn household(
        &self,
        document: DocumentId,
        known_at: Option<u64>,
        actor: ActorId,
    ) -> Result<sync_core::document::Household, Problem> {
        let changes = self.read(|sql| feed::changes_of(sql, document, known_at))?;
        if changes.is_empty() {
            return Err(Code::NotFound.into());
        }
        sync_core::document::Household::load(actor, &changes).map_err(|_| Code::Internal.into())
    }

    /// Bounds the database file; a write that needs more fails as [`Code::StorageFull`] and leaves
    /// nothing behind. `u64::MAX` lifts the bound, a bound below the present size stops all growth.
    ///
    /// # Errors
    /// The database's.
    pub fn limit_bytes(&self, bytes_max: u64) -> Result<(), Problem> {
        self.writer.write(move |sql, _| {
            let page_bytes: u64 = sql.pragma_query_value(None, "page_size", |row| row.get(0))?;
            let pages = (bytes_max / page_bytes.max(1)).clamp(1, u64::from(u32::MAX - 1));
            sql.pragma_update_and_check(None, "max_page_count", pages, |row| row.get::<_, u64>(0))?;
            Ok(())
        })
    }

    /// Draws random bytes from the office's source.
    pub fn draw<T>(&self, work: impl FnOnce(&mut dyn Random) -> T) -> T {
        work(&mut **lock(&self.random))
    }
}

/// A lock whose holder can't leave it broken: what it guards is replaced whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
