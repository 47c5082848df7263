//! One sync, from the first request to "nothing left to say on either side".
//!
//! The caller asks [`Session::poll`] what to send, sends it over whatever carries bytes, and hands the
//! answer to [`Session::handle_answer`] — again and again until `poll` says it is finished. Any request
//! may be cut off or answered twice: what was signed is sent again as it was, what was stored is
//! recognised by its hash, and the cursor moves only with the page it belongs to.

use std::collections::{BTreeMap, BTreeSet};

use ed25519_dalek::{Signer, SigningKey};
use minicbor::bytes::ByteArray;

use super::plan::{plan_other_log, plan_response, told_heads};
use super::sending;
use super::store::{DeviceState, DeviceStore, NewBatch};
use crate::batch::{BatchHeader, request_signing_bytes};
use crate::chunk;
use crate::heads::{Fingerprint, digest};
use crate::id::{BatchHash, ChangeHash, DocumentId, NoticeId};
use crate::letter::{self, LetterContents};
use crate::limits;
use crate::notice::Notice;
use crate::random::Random;
use crate::wire::packed::{Resolver, pack_request, unpack_response};
use crate::wire::{
    self, Batch, ExchangeRequest, ExchangeResponse, MEDIA_PACKED, MEDIA_PLAIN, WireError, from_plain,
    to_plain,
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
    /// It carries urgent reports and nothing else.
    pub urgent: bool,
}

/// Signed work, sealed to the office, that may leave without this device's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Body for `POST /v1/letter`.
    pub bytes: Vec<u8>,
    /// Changes in it.
    pub changes: usize,
    /// Urgent reports in it.
    pub reports: usize,
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
    /// Their raw bytes.
    pub received_bytes: u64,
    /// Raw bytes of changes that still wait at the office; none if none do, or if it does not say.
    pub remaining_bytes: Option<u64>,
    /// Notices of this device now on the office's disk.
    pub notices: usize,
    /// The office's clock, seconds since 1970.
    pub office_clock: Option<i64>,
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

/// What a request carried that its answer settles.
#[derive(Debug, Default)]
struct Carried {
    notices: Vec<NoticeId>,
    asked: bool,
    /// Urgent notices and nothing else.
    urgent: bool,
}

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
    begun: bool,
    /// What the last request carried besides batches.
    carried: Carried,
    /// Notices that an answer has spoken of, or not: they are not offered again in this sync.
    tried: BTreeSet<NoticeId>,
    /// Whether the office was asked for the fate of what has arrived.
    asked: bool,
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
            begun: false,
            carried: Carried::default(),
            tried: BTreeSet::new(),
            asked: false,
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
        let state = store.state().map_err(SessionError::Store)?;
        self.begin(store, &state)?;
        let mut notices = sending::waiting_notices(store, &self.tried, limits::PAGE_UP_BYTES)
            .map_err(SessionError::Store)?;
        let urgent = notices.first().is_some_and(sending::is_urgent);
        let request = if urgent {
            // A child in danger waits for nothing: no batch, no comparison, the smallest page back.
            notices.retain(sending::is_urgent);
            self.carried = Carried { notices: names(&notices), asked: false, urgent: true };
            ExchangeRequest {
                page_bytes: Some(limits::PAGE_DOWN_BYTES_MIN),
                notices: Some(notices),
                ..sending::request(&state, clock)
            }
        } else {
            let awaited = if self.asked { Vec::new() } else { sending::awaited(store)? };
            self.carried = Carried { notices: names(&notices), asked: true, urgent: false };
            ExchangeRequest {
                page_bytes: self.page_bytes,
                fingerprints: self.fingerprints(store, &state)?,
                batches: self.batches(store, clock)?,
                notices: (!notices.is_empty()).then_some(notices),
                awaited: (!awaited.is_empty()).then_some(awaited),
                ..sending::request(&state, clock)
            }
        };
        // A change damaged on this disk goes as it is, to be refused and kept; packing can't carry it.
        let mut carried = request.batches.iter().flat_map(|batch| &batch.changes);
        let sound = carried.all(|change| chunk::open(&change.bytes).is_ok());
        let encoding = if sound { self.encoding } else { Encoding::Plain };
        let body = match encoding {
            Encoding::Plain => to_plain(&request),
            Encoding::Packed => pack_request(&request),
        };
        let signature = self.sign(&state, &body);
        Ok(Step::Send(Outgoing { encoding, body, signature, urgent }))
    }

    /// A comparison of heads that was cut off goes on, instead of reading the log from its beginning.
    fn begin<S: DeviceStore>(
        &mut self,
        store: &S,
        state: &DeviceState,
    ) -> Result<(), SessionError<S::Error>> {
        if !self.begun && state.cursor.positions.is_empty() {
            let ours = store.fingerprints(&state.grants.villages).map_err(SessionError::Store)?;
            self.repair |= !ours.is_empty();
        }
        self.begun = true;
        Ok(())
    }

    /// Repair only: what is here of the villages granted, and what this round was told of them.
    fn fingerprints<S: DeviceStore>(
        &self,
        store: &S,
        state: &DeviceState,
    ) -> Result<Option<Vec<Fingerprint>>, SessionError<S::Error>> {
        if !self.repair {
            return Ok(None);
        }
        let ours = store.fingerprints(&state.grants.villages).map_err(SessionError::Store)?;
        let mut named: BTreeMap<DocumentId, Fingerprint> =
            ours.into_iter().map(|fingerprint| (fingerprint.document, fingerprint)).collect();
        named.extend(self.compared.iter().map(|(document, told)| (*document, *told)));
        Ok(Some(named.into_values().collect()))
    }

    /// Open batches, as many as fit a page up; if there is none, what is unsent becomes one.
    fn batches<S: DeviceStore>(
        &self,
        store: &mut S,
        clock: i64,
    ) -> Result<Vec<Batch>, SessionError<S::Error>> {
        let mut open = store.open_batches().map_err(SessionError::Store)?;
        if open.is_empty() && self.sign_unsent(store, clock)? {
            open = store.open_batches().map_err(SessionError::Store)?;
        }
        Ok(sending::fitting(open, limits::EXCHANGE_BATCHES_MAX, limits::PAGE_UP_BYTES))
    }

    /// Signs what is unsent, and seals a request with every open batch and waiting notice that fits to the
    /// office: a letter, which may leave this device without its key. None if there is nothing to say, or
    /// the office has told no key for letters.
    ///
    /// # Errors
    /// The store's.
    pub fn letter<S: DeviceStore>(
        &self,
        store: &mut S,
        clock: i64,
        random: &mut dyn Random,
    ) -> Result<Option<Letter>, SessionError<S::Error>> {
        let state = store.state().map_err(SessionError::Store)?;
        let Some(key) = &state.commune.letter_key else { return Ok(None) };
        let room = limits::LETTER_RAW_BYTES / 2;
        let notices = sending::waiting_notices(store, &BTreeSet::new(), room).map_err(SessionError::Store)?;
        let signed = store.open_batches().map_err(SessionError::Store)?.len();
        for _ in signed..limits::LETTER_BATCHES_MAX {
            if !self.sign_unsent(store, clock)? {
                break;
            }
        }
        let open = store.open_batches().map_err(SessionError::Store)?;
        let batches = sending::fitting(open, limits::LETTER_BATCHES_MAX, room);
        let changes = batches.iter().map(|batch| batch.changes.len()).sum();
        let reports = notices.iter().filter(|notice| sending::is_urgent(notice)).count();
        if batches.is_empty() && notices.is_empty() {
            return Ok(None);
        }
        let request = ExchangeRequest {
            // A letter reads nothing, so it need not say how far the device has read.
            cursor: wire::Cursor::default(),
            batches,
            notices: (!notices.is_empty()).then_some(notices),
            ..sending::request(&state, clock)
        };
        let body = to_plain(&request);
        let signature = ByteArray::from(self.sign(&state, &body));
        let contents = LetterContents { body: body.into(), signature };
        // A key that is none can't come from an office of this protocol; there is simply no letter then.
        let sealed = letter::seal(&contents, key, state.commune_id(), random).ok();
        Ok(sealed.map(|bytes| Letter { bytes, changes, reports }))
    }

    fn sign(&self, state: &DeviceState, body: &[u8]) -> [u8; 64] {
        self.key.sign(&request_signing_bytes(state.commune_id(), body)).to_bytes()
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
                self.tried.clear();
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
        let carried = std::mem::take(&mut self.carried);
        self.tried.extend(carried.notices);
        self.asked |= carried.asked;
        for entry in response.page.iter().filter(|entry| entry.complete) {
            self.compared.insert(entry.document, told_heads(entry)?);
        }
        event.warnings.clone_from(&response.warnings);
        event.office_clock = Some(response.clock);
        self.summary.total.acknowledged += event.acknowledged;
        self.summary.total.refused += event.refused;
        self.summary.total.received += event.received;
        self.summary.total.received_bytes += event.received_bytes;
        self.summary.total.notices += event.notices;
        for warning in &event.warnings {
            if !self.summary.total.warnings.contains(warning) {
                self.summary.total.warnings.push(warning.clone());
            }
        }
        if response.more || carried.urgent {
            return Ok(event);
        }
        let left = !store.open_batches().map_err(SessionError::Store)?.is_empty()
            || !store.unsent(1, 1).map_err(SessionError::Store)?.is_empty()
            || !sending::waiting_notices(store, &self.tried, 1).map_err(SessionError::Store)?.is_empty();
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

fn names(notices: &[Notice]) -> Vec<NoticeId> {
    notices.iter().map(|notice| notice.id).collect()
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
