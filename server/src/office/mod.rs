//! placeholder
use std::path::Path;

use sync_core::device::Encoding;
use sync_core::random::Random;

use crate::problem::Problem;

/// A request whose carrier has been taken off.
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
    /// Source of incarnations, codes and keys.
    pub random: Box<dyn Random + Send>,
}
/// The office.
pub struct Office {}
/// Why an office can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OfficeError {
    /// The database.
    #[error("{0}")]
    Sql(#[from] rusqlite::Error),
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
}
impl Office {
    /// Opens.
    pub fn open(_path: &Path, _options: OfficeOptions) -> Result<Self, OfficeError> {
        Ok(Self {})
    }
    /// Exchange.
    pub fn exchange(&self, _incoming: Incoming<'_>, _clock: i64) -> Result<Vec<u8>, Problem> {
        Err(crate::problem::Code::Internal.into())
    }
    /// Enrol.
    pub fn enrol(&self, _body: &[u8], _clock: i64) -> Result<Vec<u8>, Problem> {
        Err(crate::problem::Code::Internal.into())
    }
    /// Status.
    pub fn status(&self) -> Result<OfficeStatus, Problem> {
        Ok(OfficeStatus::default())
    }
}
