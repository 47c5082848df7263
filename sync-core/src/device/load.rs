//! A document put together from the changes this device keeps of it: as it stands now, or as it stood when
//! a visit began.
//!
//! Enters: the stored changes and a *base*, the hashes of changes somebody had seen. Leaves: a
//! [`Household`] and the actor that may go on from there. Invariant: within a document no actor ever uses a
//! sequence number twice. Whoever goes on from less than everything this device wrote goes on as an
//! installation of its own, whose number follows from what is left out.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::store::{ChangeState, DeviceState, DeviceStore, RecordError, StoredChange};
use crate::chunk::{self, Chunk};
use crate::document::{DocumentError, Household};
use crate::heads::{Fingerprint, HeadSet};
use crate::id::{ActorId, ChangeHash, DeviceId, DocumentId};

/// Loads a document to be read or edited by this device: everything acknowledged or unsent.
///
/// What was refused is left out, with what was built on it, so that the collector goes on from what
/// the office has; otherwise one refusal would drag every later edit of the household with it. A
/// document refused as a whole (its village is not granted, say) is shown as it was recorded. Where
/// own changes are left out, the household is edited as an installation of its own: their sequence
/// numbers are never used again.
///
/// # Errors
/// The store's, or the document's.
pub fn load_household<S: DeviceStore>(
    store: &S,
    document: DocumentId,
) -> Result<Household, RecordError<S::Error>> {
    let state = store.state().map_err(RecordError::Store)?;
    let changes = store.changes(document).map_err(RecordError::Store)?;
    Ok(Standing::of(&state, document, &changes)?.now()?)
}

/// Loads a document as it stood at `base`: the changes named there and all they depend on, of those that
/// stand now. What this device itself wrote since on top of nothing else belongs to it too, so that a
/// sealed report made in the middle of a visit is not left out of what the visit goes on from.
///
/// # Errors
/// The store's, or the document's.
pub fn load_household_at<S: DeviceStore>(
    store: &S,
    document: DocumentId,
    base: &[ChangeHash],
) -> Result<Household, RecordError<S::Error>> {
    let state = store.state().map_err(RecordError::Store)?;
    let changes = store.changes(document).map_err(RecordError::Store)?;
    let standing = Standing::of(&state, document, &changes)?;
    Ok(standing.load(&standing.within(base))?)
}

/// The changes that make up a document, dependencies first.
pub(super) struct Standing<'a> {
    document: DocumentId,
    device: DeviceId,
    installation: u32,
    changes: Vec<(&'a StoredChange, Chunk<'a>)>,
    /// Where a change is among them.
    places: BTreeMap<ChangeHash, usize>,
    /// Those kept that do not stand, with what they depend on: what was refused had been seen too.
    fallen: BTreeMap<ChangeHash, Vec<ChangeHash>>,
    /// This device's own of these.
    left_out: BTreeSet<ChangeHash>,
}

impl<'a> Standing<'a> {
    pub(super) fn of(
        state: &DeviceState,
        document: DocumentId,
        changes: &'a [StoredChange],
    ) -> Result<Self, DocumentError> {
        let mut opened = Vec::with_capacity(changes.len());
        for change in changes {
            match chunk::open(&change.bytes) {
                Ok((_, chunk)) => opened.push((change, chunk)),
                // Damaged before it was sent: the office keeps it as it is, the household goes on without.
                Err(_) if change.state == ChangeState::Refused => {}
                Err(error) => return Err(error.into()),
            }
        }
        // Operations count on from those they depend on.
        opened.sort_by_key(|(_, opened)| opened.start_op);
        let creates = |hash: &ChangeHash| DocumentId::of_genesis(hash) == document;
        let refused_whole =
            changes.iter().any(|change| change.state == ChangeState::Refused && creates(&change.hash));
        // A restored phone repeats sequence numbers: what the office has goes before what it has not.
        let rank = |state| match state {
            ChangeState::Acknowledged => 0,
            ChangeState::Unsent => 1,
            ChangeState::Refused => 2,
        };
        let mut holders: BTreeMap<(ActorId, u64), &StoredChange> = BTreeMap::new();
        for (change, opened) in &opened {
            let holder = holders.entry((opened.actor, opened.seq)).or_insert(change);
            if rank(change.state) < rank(holder.state) {
                *holder = change;
            }
        }
        let mut standing = Self {
            document,
            device: state.device,
            installation: state.installation,
            changes: Vec::new(),
            places: BTreeMap::new(),
            fallen: BTreeMap::new(),
            left_out: BTreeSet::new(),
        };
        for (change, opened) in opened {
            let stands = (change.state != ChangeState::Refused || refused_whole)
                && holders.get(&(opened.actor, opened.seq)).is_some_and(|holder| holder.hash == change.hash)
                && (!opened.deps.is_empty() || creates(&change.hash))
                && opened.deps.iter().all(|dep| standing.places.contains_key(dep));
            if stands {
                standing.places.insert(change.hash, standing.changes.len());
                standing.changes.push((change, opened));
            } else {
                if opened.actor.device() == state.device {
                    standing.left_out.insert(change.hash);
                }
                standing.fallen.insert(change.hash, opened.deps);
            }
        }
        Ok(standing)
    }

    /// The document as it stands now.
    pub(super) fn now(&self) -> Result<Household, DocumentError> {
        self.load(&self.changes.iter().map(|(change, _)| change.hash).collect())
    }

    /// What belongs to `base`: see [`load_household_at`].
    pub(super) fn within(&self, base: &[ChangeHash]) -> BTreeSet<ChangeHash> {
        let mut seen = BTreeSet::new();
        let mut next: Vec<ChangeHash> = base.to_vec();
        while let Some(hash) = next.pop() {
            if seen.insert(hash) {
                next.extend(self.deps_of(&hash));
            }
        }
        let mut within = BTreeSet::new();
        for (change, opened) in &self.changes {
            let is_genesis = opened.deps.is_empty();
            let built_on = || opened.deps.iter().all(|dep| within.contains(dep));
            if is_genesis || seen.contains(&change.hash) || (self.is_own(opened) && built_on()) {
                within.insert(change.hash);
            }
        }
        within
    }

    fn deps_of(&self, hash: &ChangeHash) -> &[ChangeHash] {
        let standing = self.places.get(hash).map(|place| &self.changes[*place].1.deps);
        standing.or_else(|| self.fallen.get(hash)).map_or(&[], Vec::as_slice)
    }

    /// Whether others wrote something that is not in `within`.
    pub(super) fn is_overtaken(&self, within: &BTreeSet<ChangeHash>) -> bool {
        self.changes.iter().any(|(change, opened)| !self.is_own(opened) && !within.contains(&change.hash))
    }

    /// The document made of some of its changes, each with what it depends on.
    pub(super) fn load(&self, included: &BTreeSet<ChangeHash>) -> Result<Household, DocumentError> {
        let mut left_out = self.left_out.clone();
        let mut bytes = Vec::with_capacity(included.len());
        for (change, opened) in &self.changes {
            if included.contains(&change.hash) {
                bytes.push(change.bytes.as_slice());
            } else if self.is_own(opened) {
                left_out.insert(change.hash);
            }
        }
        let installation = match left_out.is_empty() {
            true => self.installation,
            false => installation_beside(self.installation, &left_out),
        };
        Household::load(self.device.actor(installation), &bytes)
    }

    /// Its heads as it stands now.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        let changes = self.changes.iter().map(|(change, opened)| (change.hash, opened.deps.clone()));
        HeadSet::of(changes).fingerprint(self.document)
    }

    /// Whether an actor is this device, in whatever installation.
    pub(super) fn is_device(&self, actor: &ActorId) -> bool {
        actor.device() == self.device
    }

    fn is_own(&self, opened: &Chunk<'_>) -> bool {
        self.is_device(&opened.actor)
    }
}

/// Number of an installation that no other state of this device's documents edits as.
fn installation_beside(installation: u32, left_out: &BTreeSet<ChangeHash>) -> u32 {
    let mut hasher = Sha256::new();
    hasher.update(installation.to_be_bytes());
    left_out.iter().for_each(|hash| hasher.update(hash.as_bytes()));
    let digest = hasher.finalize();
    u32::from_be_bytes(digest[..4].try_into().expect("SHA-256 has 32 bytes")) | 0x8000_0000
}
