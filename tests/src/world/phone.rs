//! A collector's phone: the core over a store in memory, whose clone is a backup.

use ed25519_dalek::{Signer, SigningKey};
use minicbor::bytes::ByteArray;
use server::problem::Problem;
use sha2::{Digest, Sha256};
use sync_core::batch::{BatchHeader, enrolment_signing_bytes, request_signing_bytes};
use sync_core::device::{
    Answer, ChangeState, DeviceState, DeviceStore, Encoding, MemoryStore, Outgoing, Session, SessionError,
    Step, Summary, load_household, record_entry,
};
use sync_core::document::{Household, LocalChange};
use sync_core::entry::{Entry, EntryPlan};
use sync_core::id::{BatchHash, ChangeHash, DeviceId, DocumentId};
use sync_core::wire::{
    Batch, BatchChange, Cursor, EnrolmentRequest, EnrolmentResponse, ExchangeRequest, ExchangeResponse,
    WireError, from_plain, to_plain,
};

use super::dice::Dice;
use super::site::Site;

/// A phone. `Clone` is a backup of everything on it, its key included.
#[derive(Clone)]
pub struct Phone {
    /// What the office calls it.
    pub label: String,
    /// Its key.
    pub key: SigningKey,
    /// Everything recorded and received.
    pub store: MemoryStore,
    /// How far its clock is off, in seconds.
    pub clock_off: i64,
}

/// Why a sync of a phone ended before its end.
pub type SyncError = SessionError<std::convert::Infallible>;

impl Phone {
    /// A new phone, enrolled by a one-time code.
    #[must_use]
    pub fn enrol(site: &Site, dice: &mut Dice, label: &str, villages: &[&str], clock: i64) -> Self {
        Self::enrol_with_key(site, &dice.bytes32(), label, villages, clock)
    }

    /// A new phone with a key given.
    #[must_use]
    pub fn enrol_with_key(site: &Site, key: &[u8; 32], label: &str, villages: &[&str], clock: i64) -> Self {
        let key = SigningKey::from_bytes(key);
        let villages: Vec<String> = villages.iter().map(|code| (*code).to_owned()).collect();
        let code =
            site.office().enrolment_code(label, &villages, 3_600, clock).expect("the villages are known");
        let answer =
            site.office().enrol(&to_plain(&enrolment(&key, &code.text)), clock).expect("the code is new");
        Self::from_answer(label, key, &from_plain(&answer).expect("an enrolment's answer"))
    }

    /// A phone that was answered so.
    #[must_use]
    pub fn from_answer(label: &str, key: SigningKey, answer: &EnrolmentResponse) -> Self {
        let store = MemoryStore::new(DeviceState {
            device: answer.device,
            installation: answer.installation,
            commune: answer.commune.clone(),
            grants: answer.grants.clone(),
            cursor: Cursor::default(),
            chain_number: 0,
            chain_hash: BatchHash([0; 32]),
            refusals_noted: 0,
        });
        Self { label: label.to_owned(), key, store, clock_off: 0 }
    }

    /// Its name.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        DeviceId::of_key(&self.key.verifying_key().to_bytes())
    }

    /// What it remembers.
    #[must_use]
    pub fn state(&self) -> DeviceState {
        let Ok(state) = self.store.state();
        state
    }

    /// Records a form entry given as JSON.
    ///
    /// # Panics
    /// The entry can't be recorded.
    pub fn record(
        &mut self,
        document: Option<DocumentId>,
        entry: serde_json::Value,
        clock: i64,
        dice: &mut Dice,
    ) -> (DocumentId, EntryPlan) {
        let entry = Entry::from_json(entry).expect("an entry of the right shape");
        record_entry(&mut self.store, document, &entry, clock + self.clock_off, dice.random())
            .expect("a sound entry")
    }

    /// Stores a change made by a faulty program.
    pub fn record_raw(&mut self, document: DocumentId, bytes: Vec<u8>) -> ChangeHash {
        let hash = hash_as_signed(&bytes);
        let Ok(()) = self.store.record(document, &LocalChange { hash, bytes });
        hash
    }

    /// The changes of a document as they are stored.
    #[must_use]
    pub fn changes(&self, document: DocumentId) -> Vec<Vec<u8>> {
        let Ok(changes) = self.store.changes(document);
        changes.into_iter().map(|change| change.bytes).collect()
    }

    /// A document as the collector sees it.
    ///
    /// # Panics
    /// It does not load: a document on a phone always does.
    #[must_use]
    pub fn household(&self, document: DocumentId) -> Household {
        load_household(&self.store, document).expect("what is stored on a phone loads")
    }

    /// A sync without faults.
    ///
    /// # Errors
    /// The session's.
    pub fn sync(&mut self, site: &Site, encoding: Encoding, clock: i64) -> Result<Summary, SyncError> {
        let mut session = Session::new(self.key.clone(), encoding, None);
        loop {
            match session.poll(&mut self.store, clock + self.clock_off)? {
                Step::Finished(summary) => return Ok(summary),
                Step::Send(request) => {
                    let answer = site.deliver(&request, clock);
                    hand_over(&mut session, &mut self.store, request.encoding, &answer)?;
                }
            }
        }
    }

    /// The state of every change made on this device, by hash.
    pub fn own_changes(&self) -> impl Iterator<Item = (ChangeHash, ChangeState)> + '_ {
        let own = self.device();
        self.store
            .all_changes()
            .filter(move |change| {
                sync_core::chunk::open(&change.bytes).is_ok_and(|(_, opened)| opened.actor.device() == own)
            })
            .map(|change| (change.hash, change.state))
    }

    /// The state of one change.
    #[must_use]
    pub fn state_of(&self, hash: ChangeHash) -> Option<ChangeState> {
        self.store.all_changes().find(|change| change.hash == hash).map(|change| change.state)
    }

    /// A batch with the changes given, as this phone's next, signed.
    #[must_use]
    pub fn batch(
        &self,
        number: u64,
        previous: BatchHash,
        changes: &[(DocumentId, Vec<u8>)],
        clock: i64,
    ) -> Batch {
        let header = BatchHeader {
            device: self.device(),
            number,
            previous,
            signed_at: clock,
            changes: changes.iter().map(|(document, bytes)| (*document, hash_as_signed(bytes))).collect(),
        };
        let carried = changes
            .iter()
            .map(|(document, bytes)| BatchChange { document: *document, bytes: bytes.clone().into() });
        Batch {
            number,
            previous,
            signed_at: clock,
            changes: carried.collect(),
            signature: ByteArray::from(header.sign(self.state().commune.id, &self.key)),
        }
    }

    /// A request as this phone would write it now, with the batches given.
    #[must_use]
    pub fn request(&self, batches: Vec<Batch>, clock: i64) -> ExchangeRequest {
        let state = self.state();
        ExchangeRequest {
            protocol: 1,
            device: state.device,
            cursor: state.cursor,
            epoch: state.grants.epoch,
            batches,
            page_bytes: None,
            fingerprints: None,
            refusals_noted: state.refusals_noted,
            clock,
            notices: None,
            awaited: None,
        }
    }

    /// Signs a body.
    #[must_use]
    pub fn sign(&self, body: &[u8]) -> [u8; 64] {
        self.key.sign(&request_signing_bytes(self.state().commune.id, body)).to_bytes()
    }

    /// Sends a plain request as it is.
    ///
    /// # Errors
    /// The office's problem.
    pub fn say(
        &self,
        site: &Site,
        request: &ExchangeRequest,
        clock: i64,
    ) -> Result<ExchangeResponse, Problem> {
        let body = to_plain(request);
        let answer = site.deliver_as(Encoding::Plain, &body, Some(self.sign(&body)), clock)?;
        Ok(from_plain(&answer).expect("the office answers in the protocol"))
    }
}

/// The name by which a batch's signature covers bytes that may not be a change at all.
#[must_use]
pub fn hash_as_signed(bytes: &[u8]) -> ChangeHash {
    ChangeHash(Sha256::digest(bytes.get(8..).unwrap_or_default()).into())
}

/// The request by which a key asks to be enrolled.
#[must_use]
pub fn enrolment(key: &SigningKey, code: &str) -> EnrolmentRequest {
    let public_key = key.verifying_key().to_bytes();
    EnrolmentRequest {
        protocol: 1,
        code: code.to_owned(),
        public_key: ByteArray::from(public_key),
        signature: ByteArray::from(key.sign(&enrolment_signing_bytes(code, &public_key)).to_bytes()),
    }
}

/// Hands an answer, or the problem, to a session as a carrier does.
///
/// # Errors
/// The session's.
pub fn hand_over(
    session: &mut Session,
    store: &mut MemoryStore,
    encoding: Encoding,
    answer: &Result<Vec<u8>, Problem>,
) -> Result<(), SyncError> {
    let answer = match answer {
        Ok(body) => Answer::Message(encoding, body),
        Err(problem) => Answer::Problem {
            code: problem.code.code(),
            chain: problem.chain.map(|chain| (chain.number, chain.hash, chain.installation)),
        },
    };
    session.handle_answer(store, answer).map(drop)
}

/// A request as it came from a session, for reading in a test.
///
/// # Errors
/// The request is packed, or not one.
pub fn read_plain(request: &Outgoing) -> Result<ExchangeRequest, WireError> {
    from_plain(&request.body)
}
