//! Notices made on this device, durable when they are made.

use ed25519_dalek::SigningKey;

use super::load::Standing;
use super::store::{ChangeState, DeviceStore};
use crate::document::{DocumentError, Household};
use crate::heads::Fingerprint;
use crate::id::{ActorId, DocumentId};
use crate::notice::{Author, Notice, NoticeError, SignOff, UrgentReport};
use crate::random::Random;
use crate::seal::ConfidentialPublicKey;

/// Why a notice was not made; then nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum NoticeMakingError<E> {
    /// The store failed.
    #[error("the store failed: {0}")]
    Store(#[source] E),
    /// A stored document is damaged.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// It can't be made of what was given.
    #[error(transparent)]
    Notice(#[from] NoticeError),
    /// The village is not one of this device's.
    #[error("the village is not one of this device's")]
    Village,
    /// The office has not opened such a round, or has closed it.
    #[error("there is no such review round")]
    Round,
}

/// Seals an urgent report and stores the notice that carries it. Nothing readable of it stays here.
///
/// # Errors
/// See [`NoticeMakingError`].
pub fn report_urgently<S: DeviceStore>(
    store: &mut S,
    key: &SigningKey,
    report: UrgentReport,
    clock: i64,
    random: &mut dyn Random,
) -> Result<Notice, NoticeMakingError<S::Error>> {
    let state = store.state().map_err(NoticeMakingError::Store)?;
    let to = ConfidentialPublicKey(*state.commune.confidential_key);
    let author = Author { key, commune: state.commune_id() };
    let notice = report.into_notice(&to, &author, clock, random)?;
    store.record_notice(&notice).map_err(NoticeMakingError::Store)?;
    Ok(notice)
}

/// What a collector declares of a village.
#[derive(Debug, Clone, Copy)]
pub struct Statement<'a> {
    /// Code of a review round the office has told.
    pub round: &'a str,
    /// Code of a village granted.
    pub village: &'a str,
    /// The collector's date: `2026-11-23`.
    pub day: &'a str,
    /// Whether an earlier sign-off is taken back.
    pub reopened: bool,
    /// Households with something undecided.
    pub undecided: u32,
}

/// Signs that the village was reviewed (or takes that back), over everything that stands here of it, and
/// stores the notice.
///
/// # Errors
/// See [`NoticeMakingError`].
pub fn sign_off<S: DeviceStore>(
    store: &mut S,
    key: &SigningKey,
    statement: Statement<'_>,
    clock: i64,
    random: &mut dyn Random,
) -> Result<Notice, NoticeMakingError<S::Error>> {
    let state = store.state().map_err(NoticeMakingError::Store)?;
    let Statement { round, village, day, reopened, undecided } = statement;
    if !state.grants.villages.iter().any(|granted| granted == village) {
        return Err(NoticeMakingError::Village);
    }
    if !state.commune.rounds.iter().flatten().any(|told| told.code == round) {
        return Err(NoticeMakingError::Round);
    }
    let heads = village_heads(store, village)?;
    let statement = SignOff::new(round, village, day, reopened, &heads, undecided)?;
    let author = Author { key, commune: state.commune_id() };
    let notice = statement.into_notice(&author, clock, random);
    store.record_notice(&notice).map_err(NoticeMakingError::Store)?;
    Ok(notice)
}

/// Heads of every document of a village as it stands on this device, sent or not: what a sign-off is
/// signed over, and what it is compared with later. Ascending by document.
///
/// # Errors
/// The store's, or a document's.
pub fn village_heads<S: DeviceStore>(
    store: &S,
    village: &str,
) -> Result<Vec<Fingerprint>, NoticeMakingError<S::Error>> {
    let state = store.state().map_err(NoticeMakingError::Store)?;
    let mut found = Vec::new();
    for document in store.documents().map_err(NoticeMakingError::Store)? {
        let mut changes = store.changes(document).map_err(NoticeMakingError::Store)?;
        // A document that the office refused as a whole is not part of the village's register.
        changes.retain(|change| change.state != ChangeState::Refused);
        let genesis = changes.iter().find(|change| DocumentId::of_genesis(&change.hash) == document);
        let Some(genesis) = genesis else { continue };
        if Household::load(ActorId([0; 16]), &[&genesis.bytes])?.village() != village {
            continue;
        }
        found.push(Standing::of(&state, document, &changes)?.fingerprint());
    }
    found.sort_unstable();
    Ok(found)
}
