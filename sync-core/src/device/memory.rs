//! A store in memory: the reference implementation, for tests and the simulation.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use super::store::{
    ChangeState, DeviceState, DeviceStore, NewBatch, ResponsePlan, SignedBatch, StoredChange,
};
use crate::chunk;
use crate::document::{Household, LocalChange};
use crate::heads::{Fingerprint, HeadSet};
use crate::id::{BatchHash, ChangeHash, DocumentId};
use crate::wire::CODE_RELEASED;

/// A device's store that lives as long as the value. `Clone` is a backup.
#[derive(Debug, Clone)]
pub struct MemoryStore {
    state: DeviceState,
    changes: Vec<StoredChange>,
    places: BTreeMap<ChangeHash, usize>,
    documents: BTreeMap<DocumentId, Vec<usize>>,
    batches: Vec<(NewBatch, bool)>,
    batched: BTreeSet<ChangeHash>,
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
            batches: Vec::new(),
            batched: BTreeSet::new(),
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
        self.documents.entry(change.document).or_default().push(place);
        self.changes.push(change);
    }

    fn mark(&mut self, hash: &ChangeHash, state: ChangeState) {
        if let Some(place) = self.places.get(hash) {
            self.changes[*place].state = state;
        }
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
        let open = self.batches.iter().filter(|(_, acknowledged)| !acknowledged);
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
        self.batches.push((batch.clone(), false));
        Ok(())
    }

    fn apply(&mut self, plan: &ResponsePlan) -> Result<(), Infallible> {
        for number in &plan.acknowledged {
            let Some(place) = self.batches.iter().position(|(batch, _)| batch.number == *number) else { continue };
            self.batches[place].1 = true;
            for hash in self.batches[place].0.changes.clone() {
                self.mark(&hash, ChangeState::Acknowledged);
            }
        }
        for change in &plan.received {
            let (document, hash, bytes) = (change.document, change.hash, change.bytes.clone());
            self.insert(StoredChange { document, hash, bytes, state: ChangeState::Acknowledged });
        }
        for note in &plan.refusals {
            let released = note.code == CODE_RELEASED;
            self.mark(&note.hash, if released { ChangeState::Acknowledged } else { ChangeState::Refused });
            self.state.refusals_noted = self.state.refusals_noted.max(note.id);
        }
        for hash in &plan.requeued {
            self.batched.remove(hash);
            self.mark(hash, ChangeState::Unsent);
        }
        self.state.cursor = plan.cursor.clone();
        self.state.grants = plan.grants.clone();
        if let Some(commune) = &plan.commune {
            self.state.commune = commune.clone();
        }
        Ok(())
    }

    fn restart_chain(&mut self, number: u64, hash: BatchHash, installation: u32) -> Result<(), Infallible> {
        for (batch, acknowledged) in &mut self.batches {
            if !*acknowledged {
                *acknowledged = true;
                self.batched.retain(|hash| !batch.changes.contains(hash));
            }
        }
        self.state.chain_number = number;
        self.state.chain_hash = hash;
        self.state.installation = installation;
        Ok(())
    }

    fn reset_cursor(&mut self) -> Result<(), Infallible> {
        self.state.cursor = Default::default();
        Ok(())
    }

    fn fingerprints(&self, villages: &[String]) -> Result<Vec<Fingerprint>, Infallible> {
        let mut found = Vec::new();
        for (document, places) in &self.documents {
            let mut heads = HeadSet::default();
            let changes = places.iter().map(|place| &self.changes[*place]);
            for change in changes.filter(|change| change.state == ChangeState::Acknowledged) {
                let (hash, opened) = chunk::open(&change.bytes).expect("opened when it was stored");
                heads.advance(hash, &opened.deps);
            }
            let genesis = &self.changes[places[0]].bytes;
            let village = Household::load(self.state.actor(), &[genesis]).map(|household| household.view().village);
            if heads.iter().next().is_some() && village.is_ok_and(|village| villages.contains(&village)) {
                found.push(heads.fingerprint(*document));
            }
        }
        Ok(found)
    }
}
