//! What the device's half needs of a store. `docs/protocol.md` §"What a device keeps" says the same in
//! words.
//!
//! Invariants every store holds, and one test suite checks: a recorded change is durable before
//! `record` returns; nothing recorded here is ever deleted, whatever the office answers; a plan is
//! applied as a whole or not at all; applying it again changes nothing.

use super::load::load_household;
use crate::chunk;
use crate::document::{DocumentError, Household, LocalChange};
use crate::entry::{Entry, EntryError, EntryPlan, plan_entry};
use crate::heads::Fingerprint;
use crate::id::{ActorId, BatchHash, ChangeHash, CommuneId, DeviceId, DocumentId, NoticeId};
use crate::notice::Notice;
use crate::random::Random;
use crate::seal::ConfidentialPublicKey;
use crate::visit::DraftError;
use crate::wire::{CommuneInfo, Cursor, Grants, RefusalNote};

/// Where a change stands on its way to the office.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeState {
    /// Recorded here, not yet on the office's disk.
    Unsent,
    /// On the office's disk, or received from there.
    Acknowledged,
    /// Kept at the office in quarantine, not counted; kept here too, and shown. Or made by another
    /// device and lost at the office, whose log was put back from a backup: its author tells it again.
    Refused,
}

/// A change in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredChange {
    /// Its document.
    pub document: DocumentId,
    /// Its hash.
    pub hash: ChangeHash,
    /// The chunk.
    pub bytes: Vec<u8>,
    /// Where it stands.
    pub state: ChangeState,
}

/// Everything small that a device remembers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceState {
    /// The device.
    pub device: DeviceId,
    /// Number of this installation: part of the actor.
    pub installation: u32,
    /// The commune as last told.
    pub commune: CommuneInfo,
    /// The grants as last told.
    pub grants: Grants,
    /// How far it has read.
    pub cursor: Cursor,
    /// Number of the last batch signed; 0 before the first.
    pub chain_number: u64,
    /// Hash of the last batch signed; zeros before the first.
    pub chain_hash: BatchHash,
    /// The last refusal note stored.
    pub refusals_noted: u64,
}

impl DeviceState {
    /// Who writes on this device.
    #[must_use]
    pub fn actor(&self) -> ActorId {
        self.device.actor(self.installation)
    }

    /// The register this device belongs to.
    #[must_use]
    pub fn commune_id(&self) -> CommuneId {
        self.commune.id
    }
}

/// A batch just signed, to be stored before it is sent: what is sent again is the same batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBatch {
    /// Number in the chain.
    pub number: u64,
    /// Hash of the one before.
    pub previous: BatchHash,
    /// Its own hash.
    pub hash: BatchHash,
    /// Clock at signing.
    pub signed_at: i64,
    /// Ed25519.
    pub signature: [u8; 64],
    /// What it contains.
    pub changes: Vec<ChangeHash>,
}

/// A signed batch that the office has not acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedBatch {
    /// As it was signed.
    pub batch: NewBatch,
    /// Its changes, in order.
    pub changes: Vec<StoredChange>,
}

/// A change received from the office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedChange {
    /// Its document.
    pub document: DocumentId,
    /// Its hash, computed here.
    pub hash: ChangeHash,
    /// The chunk.
    pub bytes: Vec<u8>,
}

/// Where a notice stands on its way to the office.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoticeState {
    /// Made here, not known to be on the office's disk.
    Waiting,
    /// On the office's disk.
    Arrived,
    /// Somebody at the office has opened it.
    Opened,
    /// The office can't accept it; it stays here, and says why.
    Refused,
}

impl NoticeState {
    /// Whether a notice in this state may be moved to `next`: an older answer that is delivered late takes
    /// nothing back, and only the loss of the office's log makes a notice wait again.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        match next {
            Self::Waiting => self != Self::Waiting,
            Self::Arrived => matches!(self, Self::Waiting | Self::Refused),
            Self::Opened => self != Self::Opened,
            Self::Refused => matches!(self, Self::Waiting | Self::Refused),
        }
    }
}

/// A notice in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredNotice {
    /// As it was signed.
    pub notice: Notice,
    /// Where it stands.
    pub state: NoticeState,
    /// Since when: the office's clock; while it waits, the device's at its making.
    pub state_at: i64,
    /// Why the office refused it; none in every other state.
    pub code: Option<String>,
}

/// A notice is moved to another state, if [`NoticeState::may_become`] allows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeUpdate {
    /// Which one; one unknown here is passed over.
    pub id: NoticeId,
    /// Where it stands.
    pub state: NoticeState,
    /// Since when, seconds since 1970.
    pub at: i64,
    /// Why, if it is refused.
    pub code: Option<String>,
}

/// What one answer of the office changes on the device: one transaction.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ResponsePlan {
    /// Numbers of batches that are on the office's disk.
    pub acknowledged: Vec<u64>,
    /// Refusals, and refusals taken back.
    pub refusals: Vec<RefusalNote>,
    /// Changes by others.
    pub received: Vec<ReceivedChange>,
    /// Changes kept here that the office turns out to have: acknowledged, whatever was thought of them.
    pub confirmed: Vec<ChangeHash>,
    /// Own changes, acknowledged or refused, that the office turns out not to have: unsent again.
    pub requeued: Vec<ChangeHash>,
    /// Acknowledged changes of others that the office does not have (any more): refused, that is kept
    /// and not counted, until it tells them again.
    pub set_aside: Vec<ChangeHash>,
    /// The new cursor.
    pub cursor: Cursor,
    /// The new grants.
    pub grants: Grants,
    /// The commune, when told anew.
    pub commune: Option<CommuneInfo>,
    /// Where notices stand.
    pub notices: Vec<NoticeUpdate>,
}

/// A device's store. Synchronous: both SQLite on a computer and SQLite on OPFS in a Worker are.
pub trait DeviceStore {
    /// What can go wrong in the store itself: disk full, locked, damaged.
    type Error: core::error::Error + Send + Sync + 'static;

    /// The small state.
    ///
    /// # Errors
    /// The store's own.
    fn state(&self) -> Result<DeviceState, Self::Error>;

    /// Stores a change made here, durably.
    ///
    /// # Errors
    /// The store's own; then nothing was recorded.
    fn record(&mut self, document: DocumentId, change: &LocalChange) -> Result<(), Self::Error>;

    /// All documents.
    ///
    /// # Errors
    /// The store's own.
    fn documents(&self) -> Result<Vec<DocumentId>, Self::Error>;

    /// All changes of a document in the order they were stored: dependencies before dependants.
    ///
    /// # Errors
    /// The store's own.
    fn changes(&self, document: DocumentId) -> Result<Vec<StoredChange>, Self::Error>;

    /// Unsent changes that are in no batch, oldest first, at most `bytes_max` of them together (but at
    /// least one) and at most `count_max`.
    ///
    /// # Errors
    /// The store's own.
    fn unsent(&self, bytes_max: usize, count_max: usize) -> Result<Vec<StoredChange>, Self::Error>;

    /// Batches signed and not acknowledged, oldest first.
    ///
    /// # Errors
    /// The store's own.
    fn open_batches(&self) -> Result<Vec<SignedBatch>, Self::Error>;

    /// Stores a batch and advances the chain.
    ///
    /// # Errors
    /// The store's own.
    fn sign(&mut self, batch: &NewBatch) -> Result<(), Self::Error>;

    /// Carries out a plan in one transaction.
    ///
    /// # Errors
    /// The store's own; then nothing of the plan was carried out.
    fn apply(&mut self, plan: &ResponsePlan) -> Result<(), Self::Error>;

    /// The office knows a later chain of this device (its store was restored or cloned): continue after
    /// it, as a new installation, with the changes of open batches unsent again.
    ///
    /// # Errors
    /// The store's own.
    fn restart_chain(&mut self, number: u64, hash: BatchHash, installation: u32) -> Result<(), Self::Error>;

    /// Forgets how far it has read, in the log and in the refusal notes, because the office's log is
    /// another one (its notes may be numbered anew). Keeps everything else.
    ///
    /// # Errors
    /// The store's own.
    fn reset_cursor(&mut self) -> Result<(), Self::Error>;

    /// Stores a notice made here, durably, to be sent before anything else. One known already stays as it is.
    ///
    /// # Errors
    /// The store's own; then nothing was recorded.
    fn record_notice(&mut self, notice: &Notice) -> Result<(), Self::Error>;

    /// Every notice ever made here, in the order they were made.
    ///
    /// # Errors
    /// The store's own.
    fn notices(&self) -> Result<Vec<StoredNotice>, Self::Error>;

    /// Heads of the acknowledged changes of every document of the villages given.
    ///
    /// # Errors
    /// The store's own.
    fn fingerprints(&self, villages: &[String]) -> Result<Vec<Fingerprint>, Self::Error>;
}

/// Why a document could not be shown or edited.
#[derive(Debug, thiserror::Error)]
pub enum RecordError<E> {
    /// The store failed.
    #[error("the store failed: {0}")]
    Store(#[source] E),
    /// The stored document is damaged.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The entry can't be stored.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// A visit can't hold what is to be written.
    #[error(transparent)]
    Visit(#[from] DraftError),
    /// A new household needs the code of one of the device's villages.
    #[error("the village is not one of this device's")]
    Village,
}

/// Records a form entry: for a household known (`document`), or for a new one in the entry's village.
/// Durable when it returns.
///
/// # Errors
/// See [`RecordError`]; then nothing was recorded.
pub fn record_entry<S: DeviceStore>(
    store: &mut S,
    document: Option<DocumentId>,
    entry: &Entry,
    clock: i64,
    random: &mut dyn Random,
) -> Result<(DocumentId, EntryPlan), RecordError<S::Error>> {
    let state = store.state().map_err(RecordError::Store)?;
    let confidential = ConfidentialPublicKey(*state.commune.confidential_key);
    let (mut household, genesis) = match document {
        Some(document) => (load_household(store, document)?, None),
        None => {
            let village = entry
                .village()
                .filter(|code| state.grants.villages.iter().any(|granted| granted == code))
                .ok_or(RecordError::Village)?;
            if !entry.is_identified() {
                return Err(EntryError::Unidentified.into());
            }
            let salt = random.next_u64() >> 32;
            let (household, genesis) = Household::create(state.actor(), village, clock, salt);
            (household, Some(genesis))
        }
    };
    let plan = plan_entry(entry, &household.view(), &confidential, random)?;
    let change = household.edit(&plan.edits, clock);
    // Recorded, a change beyond the limits could never be read again, here or at the office.
    if change.as_ref().is_some_and(|change| chunk::open(&change.bytes).is_err()) {
        return Err(EntryError::TooLarge.into());
    }
    if let Some(genesis) = genesis {
        store.record(household.id(), &genesis).map_err(RecordError::Store)?;
    }
    if let Some(change) = change {
        store.record(household.id(), &change).map_err(RecordError::Store)?;
    }
    Ok((household.id(), plan))
}
