//! One sync, from the first request to "nothing left to say on either side".
//!
//! The caller asks [`Session::poll`] what to send, sends it over whatever carries bytes, and hands the
//! answer to [`Session::handle_answer`] — again and again until `poll` says it is finished. Any request
//! may be cut off or answered twice: what was signed is sent again as it was, what was stored is
//! recognised by its hash, and the cursor moves only with the page it belongs to.

use std::collections::{BTreeMap, BTreeSet};

use ed25519_dalek::{Signer, SigningKey};
use minicbor::bytes::ByteArray;

use super::store::{
    ChangeState, DeviceState, DeviceStore, NewBatch, ReceivedChange, ResponsePlan, StoredChange,
};
use crate::batch::{BatchHeader, request_signing_bytes};
use crate::chunk;
use crate::heads::{Fingerprint, HeadSet, digest};
use crate::id::{BatchHash, ChangeHash, DocumentId};
use crate::limits;
use crate::wire::packed::{Resolver, pack_request, unpack_response};
use crate::wire::{
    self, Batch, BatchChange, DocumentChanges, ExchangeRequest, ExchangeResponse, Grants, MEDIA_PACKED,
    MEDIA_PLAIN, WireError, from_plain, to_plain,
};

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Plain CBOR, for `Content-Encoding` to compress.
    Plain,
    /// Packed, with its own dictionary.
    Packed,
}

impl Encoding {
    /// The media type for `Content-Type` and `Accept`.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Plain => MEDIA_PLAIN,
            Self::Packed => MEDIA_PACKED,
        }
    }
}

/// A request ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// How `body` is written.
    pub encoding: Encoding,
    /// The body before any `Content-Encoding`.
    pub body: Vec<u8>,
    /// Signature over [`request_signing_bytes`] of `body`.
    pub signature: [u8; 64],
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Send this and hand the answer to [`Session::handle_answer`].
    Send(Outgoing),
    /// Both sides have said everything.
    Finished(Summary),
}

/// What an answer brought, for a progress display.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionEvent {
    /// Changes of this device now on the office's disk.
    pub acknowledged: usize,
    /// Of these, refused and kept in quarantine.
    pub refused: usize,
    /// Changes by others received.
    pub received: usize,
    /// Codes worth telling the collector.
    pub warnings: Vec<String>,
}

/// What a whole sync came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// Requests answered.
    pub requests: usize,
    /// Totals over all answers.
    pub total: SessionEvent,
    /// Whether the digests agreed at the end. If not, the next sync repairs further; tell the office.
    pub agrees: bool,
}

/// Why a sync stopped. Nothing recorded is lost by any of these.
#[derive(Debug, thiserror::Error)]
pub enum SessionError<E> {
    /// The store failed.
    #[error("the store failed: {0}")]
    Store(#[source] E),
    /// The answer is not one of this protocol, or contains what no office would send.
    #[error("the answer can't be read: {0}")]
    Answer(#[from] WireError),
    /// The office refused the request as a whole.
    #[error("refused by the office: {code}")]
    Refused {
        /// Stable code of the problem.
        code: String,
    },
    /// More rounds than any sync needs: stopped rather than loop.
    #[error("the sync does not come to an end")]
    Endless,
}

/// The office's answer, as the carrier received it.
#[derive(Debug, Clone, Copy)]
pub enum Answer<'a> {
    /// Status 200: media type and decoded body.
    Message(Encoding, &'a [u8]),
    /// A problem: its stable code, and the members that some codes carry.
    Problem {
        /// The code.
        code: &'a str,
        /// With `batch_number_repeated`: the last number and hash the office has, and the number of the
        /// installation to continue as.
        chain: Option<(u64, BatchHash, u32)>,
    },
}

/// Requests in one sync: 20,000 households in the smallest pages, and room.
const ROUNDS_MAX: usize = 20_000;
/// Repair rounds that bring nothing before a sync gives up for tonight.
const REPAIRS_MAX: usize = 3;

/// One sync under way.
#[derive(Debug)]
pub struct Session {
    key: SigningKey,
    encoding: Encoding,
    page_bytes: Option<u32>,
    repair: bool,
    repairs: usize,
    /// Heads at the office of the documents that this round of repair has told whole: named as the
    /// office told them, they are not told again, and the round comes to an end.
    compared: BTreeMap<DocumentId, Fingerprint>,
    finished: bool,
    summary: Summary,
}

impl Session {
    /// Starts a sync. `page_bytes`: the largest page wanted, none for the office's default.
    #[must_use]
    pub fn new(key: SigningKey, encoding: Encoding, page_bytes: Option<u32>) -> Self {
        Self {
            key,
            encoding,
            page_bytes,
            repair: false,
            repairs: 0,
            compared: BTreeMap::new(),
            finished: false,
            summary: Summary::default(),
        }
    }

    /// What to do next. `clock`: seconds since 1970. Signs what is unsent and stores the batch before
    /// it is sent.
    ///
    /// # Errors
    /// The store's, or [`SessionError::Endless`].
    pub fn poll<S: DeviceStore>(
        &mut self,
        store: &mut S,
        clock: i64,
    ) -> Result<Step, SessionError<S::Error>> {
        if self.finished {
            return Ok(Step::Finished(self.summary.clone()));
        }
        if self.summary.requests >= ROUNDS_MAX {
            return Err(SessionError::Endless);
        }
        let mut open = store.open_batches().map_err(SessionError::Store)?;
        if open.is_empty() && self.sign_unsent(store, clock)? {
            open = store.open_batches().map_err(SessionError::Store)?;
        }
        let state = store.state().map_err(SessionError::Store)?;
        let ours = match self.repair || (self.summary.requests == 0 && state.cursor.positions.is_empty()) {
            true => store.fingerprints(&state.grants.villages).map_err(SessionError::Store)?,
            false => Vec::new(),
        };
        // A comparison of heads that was cut off goes on, instead of reading the log from its beginning.
        self.repair |= !ours.is_empty();
        let fingerprints = match self.repair {
            true => {
                let mut named: BTreeMap<DocumentId, Fingerprint> =
                    ours.into_iter().map(|f| (f.document, f)).collect();
                named.extend(self.compared.iter().map(|(document, told)| (*document, *told)));
                Some(named.into_values().collect())
            }
            false => None,
        };
        // A change damaged on this disk goes as it is, to be refused and kept; packing can't carry it.
        let sound = open
            .iter()
            .take(1)
            .flat_map(|signed| &signed.changes)
            .all(|change| chunk::open(&change.bytes).is_ok());
        let encoding = if sound { self.encoding } else { Encoding::Plain };
        let batches = open.into_iter().take(1).map(|signed| Batch {
            number: signed.batch.number,
            previous: signed.batch.previous,
            signed_at: signed.batch.signed_at,
            changes: signed
                .changes
                .into_iter()
                .map(|change| BatchChange { document: change.document, bytes: change.bytes.into() })
                .collect(),
            signature: ByteArray::from(signed.batch.signature),
        });
        let request = ExchangeRequest {
            protocol: *wire::PROTOCOL_VERSIONS.end(),
            device: state.device,
            cursor: state.cursor.clone(),
            epoch: state.grants.epoch,
            batches: batches.collect(),
            page_bytes: self.page_bytes,
            fingerprints,
            refusals_noted: state.refusals_noted,
            clock,
        };
        let body = match encoding {
            Encoding::Plain => to_plain(&request),
            Encoding::Packed => pack_request(&request),
        };
        let signature = self.key.sign(&request_signing_bytes(state.commune_id(), &body)).to_bytes();
        Ok(Step::Send(Outgoing { encoding, body, signature }))
    }

    fn sign_unsent<S: DeviceStore>(&self, store: &mut S, clock: i64) -> Result<bool, SessionError<S::Error>> {
        let unsent =
            store.unsent(limits::PAGE_UP_BYTES, limits::BATCH_CHANGES_MAX).map_err(SessionError::Store)?;
        if unsent.is_empty() {
            return Ok(false);
        }
        let state = store.state().map_err(SessionError::Store)?;
        let header = BatchHeader {
            device: state.device,
            number: state.chain_number + 1,
            previous: state.chain_hash,
            signed_at: clock,
            changes: unsent.iter().map(|change| (change.document, change.hash)).collect(),
        };
        let batch = NewBatch {
            number: header.number,
            previous: header.previous,
            hash: header.hash(state.commune_id()),
            signed_at: clock,
            signature: header.sign(state.commune_id(), &self.key),
            changes: unsent.iter().map(|change| change.hash).collect(),
        };
        store.sign(&batch).map_err(SessionError::Store)?;
        Ok(true)
    }

    /// Takes in an answer: stores what it brings, in one transaction, and decides what comes next.
    ///
    /// # Errors
    /// The store's; an unreadable answer; or the office's refusal of the whole request.
    pub fn handle_answer<S: DeviceStore>(
        &mut self,
        store: &mut S,
        answer: Answer<'_>,
    ) -> Result<SessionEvent, SessionError<S::Error>> {
        self.summary.requests += 1;
        match answer {
            Answer::Message(encoding, body) => {
                let response = match encoding {
                    Encoding::Plain => from_plain(body),
                    Encoding::Packed => unpack_response(body, &StoreResolver(store)),
                };
                match response {
                    // Built on a change this device once had and lost with its store: the plain encoding
                    // names it in full, and repair brings it.
                    Err(WireError::Unresolved) => {
                        self.encoding = Encoding::Plain;
                        Ok(SessionEvent::default())
                    }
                    response => self.handle_response(store, &response?),
                }
            }
            Answer::Problem { code: "packed_unresolved" | "packed_unknown", .. }
                if self.encoding == Encoding::Packed =>
            {
                self.encoding = Encoding::Plain;
                Ok(SessionEvent::default())
            }
            Answer::Problem { code: "cursor_of_another_server", .. } => {
                // The office's log is another one: compare heads instead of reading from the beginning,
                // and tell again what was in its quarantine, which may be lost too.
                let plan = plan_other_log(store)?;
                store.apply(&plan).map_err(SessionError::Store)?;
                store.reset_cursor().map_err(SessionError::Store)?;
                self.start_repair();
                Ok(SessionEvent::default())
            }
            Answer::Problem { code: "batch_number_repeated", chain: Some((number, hash, installation)) } => {
                store.restart_chain(number, hash, installation).map_err(SessionError::Store)?;
                self.start_repair();
                Ok(SessionEvent::default())
            }
            Answer::Problem { code, .. } => Err(SessionError::Refused { code: code.to_owned() }),
        }
    }

    fn start_repair(&mut self) {
        self.repair = true;
        self.compared.clear();
    }

    fn handle_response<S: DeviceStore>(
        &mut self,
        store: &mut S,
        response: &ExchangeResponse,
    ) -> Result<SessionEvent, SessionError<S::Error>> {
        let (plan, mut event) = plan_response(store, response)?;
        store.apply(&plan).map_err(SessionError::Store)?;
        for entry in response.page.iter().filter(|entry| entry.complete) {
            self.compared.insert(entry.document, told_heads(entry)?);
        }
        event.warnings.clone_from(&response.warnings);
        self.summary.total.acknowledged += event.acknowledged;
        self.summary.total.refused += event.refused;
        self.summary.total.received += event.received;
        for warning in &event.warnings {
            if !self.summary.total.warnings.contains(warning) {
                self.summary.total.warnings.push(warning.clone());
            }
        }
        if response.more {
            return Ok(event);
        }
        let left = !store.open_batches().map_err(SessionError::Store)?.is_empty()
            || !store.unsent(1, 1).map_err(SessionError::Store)?.is_empty();
        self.repair = false;
        if let Some(theirs) = &response.digest {
            let ours = digest(store.fingerprints(&plan.grants.villages).map_err(SessionError::Store)?);
            self.summary.agrees = ours == **theirs;
            if !self.summary.agrees && !left && self.repairs < REPAIRS_MAX {
                self.repairs += 1;
                self.start_repair();
            }
        }
        self.finished = !left && !self.repair;
        Ok(event)
    }
}

/// What an answer changes on the device. Reads the store, writes nothing.
fn plan_response<S: DeviceStore>(
    store: &S,
    response: &ExchangeResponse,
) -> Result<(ResponsePlan, SessionEvent), SessionError<S::Error>> {
    let state: DeviceState = store.state().map_err(SessionError::Store)?;
    let open = store.open_batches().map_err(SessionError::Store)?;
    let mut plan = ResponsePlan {
        refusals: response.refusals.clone(),
        cursor: response.cursor.clone(),
        grants: response.grants.clone(),
        commune: response.commune.clone(),
        ..ResponsePlan::default()
    };
    let mut event = SessionEvent::default();
    for signed in &open {
        let batch = &signed.batch;
        if response
            .receipts
            .iter()
            .any(|receipt| receipt.number == batch.number && receipt.hash == batch.hash)
        {
            plan.acknowledged.push(batch.number);
            event.acknowledged += signed.changes.len();
        }
    }
    event.refused = response.refusals.iter().filter(|note| note.code != wire::CODE_RELEASED).count();
    for entry in &response.page {
        let kept = store.changes(entry.document).map_err(SessionError::Store)?;
        let known: BTreeMap<ChangeHash, ChangeState> =
            kept.iter().map(|change| (change.hash, change.state)).collect();
        let mut told = BTreeSet::new();
        let mut here: BTreeSet<ChangeHash> = known.keys().copied().collect();
        for bytes in &entry.changes {
            let (hash, opened) = chunk::open(bytes).map_err(|_| WireError::Malformed)?;
            if opened.deps.is_empty() && DocumentId::of_genesis(&hash) != entry.document {
                return Err(WireError::Malformed.into());
            }
            if !told.insert(hash) {
                continue;
            }
            match known.get(&hash) {
                Some(ChangeState::Acknowledged) => {}
                Some(_) => plan.confirmed.push(hash),
                // What this device wrote itself comes in no page: a restored store lacks it, and what is
                // built on it, until the digests differ and repair tells the document whole.
                None if !opened.deps.iter().all(|dep| here.contains(dep)) => {}
                None => {
                    here.insert(hash);
                    plan.received.push(ReceivedChange {
                        document: entry.document,
                        hash,
                        bytes: bytes.to_vec(),
                    });
                    event.received += 1;
                }
            }
        }
        if entry.complete {
            plan_missing(&state, &kept, &told, &mut plan);
        }
    }
    let taken_away = state.grants.villages.iter().any(|village| !response.grants.villages.contains(village));
    if state.cursor.incarnation.is_none() || taken_away {
        plan_outside(store, &state, &response.grants, &mut plan)?;
    }
    for document in &response.wanted {
        let kept = store.changes(*document).map_err(SessionError::Store)?;
        plan_missing(&state, &kept, &BTreeSet::new(), &mut plan);
    }
    Ok((plan, event))
}

/// What was acknowledged once and the office does not have: own changes are unsent again, those of
/// others wait for their authors.
fn plan_missing(
    state: &DeviceState,
    kept: &[StoredChange],
    told: &BTreeSet<ChangeHash>,
    plan: &mut ResponsePlan,
) {
    for change in kept {
        if change.state == ChangeState::Acknowledged && !told.contains(&change.hash) {
            let list = if is_own(state, change) { &mut plan.requeued } else { &mut plan.set_aside };
            list.push(change.hash);
        }
    }
}

fn is_own(state: &DeviceState, change: &StoredChange) -> bool {
    chunk::open(&change.bytes).is_ok_and(|(_, opened)| opened.actor.device() == state.device)
}

/// Own refused changes are told again to an office whose log, and so its quarantine, is another one.
fn plan_other_log<S: DeviceStore>(store: &S) -> Result<ResponsePlan, SessionError<S::Error>> {
    let state = store.state().map_err(SessionError::Store)?;
    let mut requeued = Vec::new();
    for document in store.documents().map_err(SessionError::Store)? {
        let kept = store.changes(document).map_err(SessionError::Store)?;
        let refused =
            kept.iter().filter(|change| change.state == ChangeState::Refused && is_own(&state, change));
        requeued.extend(refused.map(|change| change.hash));
    }
    Ok(ResponsePlan { requeued, cursor: state.cursor, grants: state.grants, ..ResponsePlan::default() })
}

/// The first answer out of a log new to this device, or one by which a village is taken away: own
/// acknowledged changes in documents outside the grants are told once more, because no comparison of
/// heads reaches them any longer. Usually the office has them all, and says so.
fn plan_outside<S: DeviceStore>(
    store: &S,
    state: &DeviceState,
    grants: &Grants,
    plan: &mut ResponsePlan,
) -> Result<(), SessionError<S::Error>> {
    let compared = store.fingerprints(&grants.villages).map_err(SessionError::Store)?;
    let compared: BTreeSet<DocumentId> =
        compared.into_iter().map(|fingerprint| fingerprint.document).collect();
    for document in store.documents().map_err(SessionError::Store)? {
        if !compared.contains(&document) {
            let kept = store.changes(document).map_err(SessionError::Store)?;
            let own = kept
                .iter()
                .filter(|change| change.state == ChangeState::Acknowledged && is_own(state, change));
            plan.requeued.extend(own.map(|change| change.hash));
        }
    }
    Ok(())
}

/// The heads of a document that was told whole.
fn told_heads(entry: &DocumentChanges) -> Result<Fingerprint, WireError> {
    let opened =
        entry.changes.iter().map(|bytes| chunk::open(bytes).map(|(hash, opened)| (hash, opened.deps)));
    let opened: Vec<_> = opened.collect::<Result<_, _>>().map_err(|_| WireError::Malformed)?;
    Ok(HeadSet::of(opened).fingerprint(entry.document))
}

struct StoreResolver<'a, S>(&'a S);

impl<S: DeviceStore> Resolver for StoreResolver<'_, S> {
    fn document(&self, prefix: &[u8]) -> Option<DocumentId> {
        let documents = self.0.documents().ok()?;
        only(documents.into_iter().filter(|document| document.0.starts_with(prefix)))
    }

    fn change(&self, document: DocumentId, prefix: &[u8]) -> Option<ChangeHash> {
        let changes = self.0.changes(document).ok()?;
        only(changes.into_iter().map(|change| change.hash).filter(|hash| hash.0.starts_with(prefix)))
    }
}

fn only<T>(mut found: impl Iterator<Item = T>) -> Option<T> {
    let first = found.next()?;
    found.next().is_none().then_some(first)
}
