//! A store in memory: the reference implementation, for tests and the simulation.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use super::store::{
    ChangeState, DeviceState, DeviceStore, NewBatch, NoticeState, ResponsePlan, SignedBatch, StoredChange,
    StoredNotice,
};
use crate::chunk;
use crate::document::{Household, LocalChange};
use crate::heads::{Fingerprint, HeadSet};
use crate::id::{BatchHash, ChangeHash, DocumentId};
use crate::notice::Notice;
use crate::wire::{CODE_RELEASED, Cursor};

/// What became of a signed batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Sent or to be sent, not acknowledged.
    Open,
    /// On the office's disk.
    Acknowledged,
    /// Given up by [`DeviceStore::restart_chain`]; its changes went into other batches.
    Superseded,
}

/// A device's store that lives as long as the value. `Clone` is a backup.
#[derive(Debug, Clone)]
pub struct MemoryStore {
    state: DeviceState,
    changes: Vec<StoredChange>,
    places: BTreeMap<ChangeHash, usize>,
    documents: BTreeMap<DocumentId, Vec<usize>>,
    villages: BTreeMap<DocumentId, String>,
    batches: Vec<(NewBatch, Fate)>,
    batched: BTreeSet<ChangeHash>,
    notices: Vec<StoredNotice>,
}

impl MemoryStore {
    /// An empty store of a device just enrolled.
    #[must_use]
    pub fn new(state: DeviceState) -> Self {
        Self {
            state,
            changes: Vec::new(),
            places: BTreeMap::new(),
            documents: BTreeMap::new(),
            villages: BTreeMap::new(),
            batches: Vec::new(),
            batched: BTreeSet::new(),
            notices: Vec::new(),
        }
    }

    /// Every change kept here.
    pub fn all_changes(&self) -> impl Iterator<Item = &StoredChange> {
        self.changes.iter()
    }

    fn insert(&mut self, change: StoredChange) {
        if self.places.contains_key(&change.hash) {
            return;
        }
        let place = self.changes.len();
        self.places.insert(change.hash, place);
        let places = self.documents.entry(change.document).or_default();
        places.push(place);
        if let [_] = places.as_slice()
            && let Ok(household) = Household::load(self.state.actor(), &[&change.bytes])
        {
            self.villages.insert(change.document, household.view().village);
        }
        self.changes.push(change);
    }

    /// Moves a change to another state, but only from one of `from`: a plan applied again finds it moved.
    fn mark(&mut self, hash: &ChangeHash, from: &[ChangeState], to: ChangeState) -> bool {
        let Some(place) = self.places.get(hash) else { return false };
        let state = &mut self.changes[*place].state;
        let moves = from.contains(state);
        if moves {
            *state = to;
        }
        moves
    }
}

impl DeviceStore for MemoryStore {
    type Error = Infallible;

    fn state(&self) -> Result<DeviceState, Infallible> {
        Ok(self.state.clone())
    }

    fn record(&mut self, document: DocumentId, change: &LocalChange) -> Result<(), Infallible> {
        let bytes = change.bytes.clone();
        self.insert(StoredChange { document, hash: change.hash, bytes, state: ChangeState::Unsent });
        Ok(())
    }

    fn documents(&self) -> Result<Vec<DocumentId>, Infallible> {
        Ok(self.documents.keys().copied().collect())
    }

    fn changes(&self, document: DocumentId) -> Result<Vec<StoredChange>, Infallible> {
        let places = self.documents.get(&document).into_iter().flatten();
        Ok(places.map(|place| self.changes[*place].clone()).collect())
    }

    fn unsent(&self, bytes_max: usize, count_max: usize) -> Result<Vec<StoredChange>, Infallible> {
        let mut bytes = 0;
        let waiting = self
            .changes
            .iter()
            .filter(|change| change.state == ChangeState::Unsent && !self.batched.contains(&change.hash));
        let fitting = waiting.take(count_max).take_while(|change| {
            let first = bytes == 0;
            bytes += change.bytes.len();
            first || bytes <= bytes_max
        });
        Ok(fitting.cloned().collect())
    }

    fn open_batches(&self) -> Result<Vec<SignedBatch>, Infallible> {
        let open = self.batches.iter().filter(|(_, fate)| *fate == Fate::Open);
        let with_changes = |batch: &NewBatch| SignedBatch {
            batch: batch.clone(),
            changes: batch.changes.iter().map(|hash| self.changes[self.places[hash]].clone()).collect(),
        };
        Ok(open.map(|(batch, _)| with_changes(batch)).collect())
    }

    fn sign(&mut self, batch: &NewBatch) -> Result<(), Infallible> {
        self.batched.extend(&batch.changes);
        self.state.chain_number = batch.number;
        self.state.chain_hash = batch.hash;
        self.batches.push((batch.clone(), Fate::Open));
        Ok(())
    }

    fn apply(&mut self, plan: &ResponsePlan) -> Result<(), Infallible> {
        for number in &plan.acknowledged {
            // A number may stand twice: given up once, and used again after the chain was restarted.
            let open = |(batch, fate): &(NewBatch, Fate)| batch.number == *number && *fate == Fate::Open;
            let Some(place) = self.batches.iter().position(open) else { continue };
            self.batches[place].1 = Fate::Acknowledged;
            for hash in self.batches[place].0.changes.clone() {
                self.mark(&hash, &[ChangeState::Unsent], ChangeState::Acknowledged);
            }
        }
        for change in &plan.received {
            let (document, hash, bytes) = (change.document, change.hash, change.bytes.clone());
            self.insert(StoredChange { document, hash, bytes, state: ChangeState::Acknowledged });
        }
        let noted = self.state.refusals_noted;
        for note in plan.refusals.iter().filter(|note| note.id > noted) {
            if note.code == CODE_RELEASED {
                self.mark(&note.hash, &[ChangeState::Refused], ChangeState::Acknowledged);
            } else {
                self.mark(
                    &note.hash,
                    &[ChangeState::Unsent, ChangeState::Acknowledged],
                    ChangeState::Refused,
                );
            }
            self.state.refusals_noted = self.state.refusals_noted.max(note.id);
        }
        for hash in &plan.confirmed {
            self.mark(hash, &[ChangeState::Unsent, ChangeState::Refused], ChangeState::Acknowledged);
        }
        for hash in &plan.requeued {
            if self.mark(hash, &[ChangeState::Acknowledged, ChangeState::Refused], ChangeState::Unsent) {
                self.batched.remove(hash);
            }
        }
        for hash in &plan.set_aside {
            self.mark(hash, &[ChangeState::Acknowledged], ChangeState::Refused);
        }
        for update in &plan.notices {
            let stored = self.notices.iter_mut().find(|stored| stored.notice.id == update.id);
            if let Some(stored) = stored.filter(|stored| stored.state.may_become(update.state)) {
                stored.state = update.state;
                stored.state_at = update.at;
                stored.code.clone_from(&update.code);
            }
        }
        self.state.cursor = plan.cursor.clone();
        self.state.grants = plan.grants.clone();
        if let Some(commune) = &plan.commune {
            self.state.commune = commune.clone();
        }
        Ok(())
    }

    fn restart_chain(&mut self, number: u64, hash: BatchHash, installation: u32) -> Result<(), Infallible> {
        for (batch, fate) in &mut self.batches {
            if *fate == Fate::Open {
                *fate = Fate::Superseded;
                self.batched.retain(|hash| !batch.changes.contains(hash));
            }
        }
        self.state.chain_number = number;
        self.state.chain_hash = hash;
        self.state.installation = installation;
        Ok(())
    }

    fn reset_cursor(&mut self) -> Result<(), Infallible> {
        self.state.cursor = Cursor::default();
        self.state.refusals_noted = 0;
        Ok(())
    }

    fn record_notice(&mut self, notice: &Notice) -> Result<(), Infallible> {
        if self.notices.iter().all(|stored| stored.notice.id != notice.id) {
            let (notice, state_at) = (notice.clone(), notice.made_at);
            self.notices.push(StoredNotice { notice, state: NoticeState::Waiting, state_at, code: None });
        }
        Ok(())
    }

    fn notices(&self) -> Result<Vec<StoredNotice>, Infallible> {
        Ok(self.notices.clone())
    }

    fn fingerprints(&self, villages: &[String]) -> Result<Vec<Fingerprint>, Infallible> {
        let mut found = Vec::new();
        for (document, places) in &self.documents {
            let changes = places.iter().map(|place| &self.changes[*place]);
            let acknowledged = changes.filter(|change| change.state == ChangeState::Acknowledged);
            let heads = HeadSet::of(acknowledged.map(|change| {
                let (hash, opened) =
                    chunk::open(&change.bytes).expect("what is at the office was read there");
                (hash, opened.deps)
            }));
            let village = self.villages.get(document);
            if heads.iter().next().is_some() && village.is_some_and(|village| villages.contains(village)) {
                found.push(heads.fingerprint(*document));
            }
        }
        Ok(found)
    }
}
