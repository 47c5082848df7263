//! What goes over the line to the office: enrolment, the sync's requests and answers, letters.
//!
//! Enters: answers as they came. Leaves: bytes to be sent. The core's session decides what comes next; the
//! Worker carries, waits and tries again.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use device_store::{Enrolment, LastSync};
use ed25519_dalek::{Signer as _, SigningKey};
use serde::{Deserialize, Serialize};
use sync_core::batch::enrolment_signing_bytes;
use sync_core::device::{Answer, DeviceStore as _, Encoding, Letter, NoticeState, Session, Step};
use sync_core::id::BatchHash;
use sync_core::random::Random;
use sync_core::wire::{self, EnrolmentRequest, EnrolmentResponse, from_plain, to_plain};
use zeroize::Zeroizing;

use crate::device::ENROLLED_AT;
use crate::phone::{Now, Phone, json_text};
use crate::refusal::Refusal;

/// Setting: by how much this phone's clock and the office's differ, if by more than a day.
pub(crate) const CLOCK_OFF: &str = "clock_off";

/// A sync under way.
#[derive(Debug)]
pub(crate) struct Sync {
    session: Session,
    /// Notices that waited when it began.
    notices_before: usize,
}

/// What to send, or what the sync came to.
#[derive(Debug, Default)]
pub struct Outbound {
    /// Media type of `body`.
    pub media: &'static str,
    /// For the header field `Sothon-Signature`: base64url.
    pub signature: String,
    /// The body.
    pub body: Vec<u8>,
    /// An urgent report is in it.
    pub urgent: bool,
    /// The end: `SyncOutcome` of `api.ts` as JSON, but for what the Worker counts.
    pub outcome: Option<String>,
}

#[derive(Serialize)]
struct OutcomeJson {
    sent: usize,
    acknowledged: usize,
    refused: usize,
    received: usize,
    reports_arrived: usize,
    agrees: bool,
}

#[derive(Serialize)]
struct TakenJson {
    acknowledged: usize,
    refused: usize,
    received: usize,
    received_bytes: u64,
    remaining_bytes: Option<u64>,
}

#[derive(Deserialize)]
struct ChainJson {
    number: u64,
    hash: BatchHash,
    installation: u32,
}

impl Phone {
    /// Draws the device's key, unless an earlier attempt did, and writes the request. The key is on the disk
    /// before the office hears of it.
    ///
    /// # Errors
    /// The store's.
    pub fn begin_enrolment(
        &mut self,
        code: &str,
        label: &str,
        server: &str,
        clock: i64,
        random: &mut dyn Random,
    ) -> Result<Vec<u8>, Refusal> {
        self.store.tell_clock(clock);
        let key = match self.store.enrolment()? {
            Some(known) => known.key,
            None => {
                let mut secret = Zeroizing::new([0; 32]);
                random.fill(&mut *secret);
                SigningKey::from_bytes(&secret)
            }
        };
        let (label, server) = (Some(label.to_owned()), server.to_owned());
        self.store.begin_enrolment(&Enrolment { key: key.clone(), server, ca_pem: None, label })?;
        let public = key.verifying_key().to_bytes();
        Ok(to_plain(&EnrolmentRequest {
            protocol: *wire::PROTOCOL_VERSIONS.end(),
            code: code.to_owned(),
            public_key: public.into(),
            signature: key.sign(&enrolment_signing_bytes(code, &public)).to_bytes().into(),
        }))
    }

    /// Takes in the office's answer.
    ///
    /// # Errors
    /// `answer_malformed`, or the store's.
    pub fn finish_enrolment(&mut self, body: &[u8], clock: i64) -> Result<(), Refusal> {
        let answer: EnrolmentResponse = from_plain(body).map_err(|_| Refusal::of("answer_malformed"))?;
        self.store.finish_enrolment(&answer)?;
        Ok(self.store.put_setting(ENROLLED_AT, &clock.to_string())?)
    }

    fn key(&self) -> Result<SigningKey, Refusal> {
        Ok(self.store.enrolment()?.ok_or_else(|| Refusal::of("not_enrolled"))?.key)
    }

    /// Begins a sync.
    ///
    /// # Errors
    /// The store's.
    pub fn begin_sync(&mut self, page_bytes: u32) -> Result<(), Refusal> {
        self.store.state()?;
        self.sync = Some(Sync {
            session: Session::new(self.key()?, Encoding::Packed, Some(page_bytes)),
            notices_before: self.notices_waiting()?,
        });
        Ok(())
    }

    fn notices_waiting(&self) -> Result<usize, Refusal> {
        let waiting = |state: NoticeState| matches!(state, NoticeState::Waiting | NoticeState::Refused);
        Ok(self.store.notices()?.iter().filter(|notice| waiting(notice.state)).count())
    }

    /// What to send next, or the outcome.
    ///
    /// # Errors
    /// The session's.
    pub fn poll_sync(&mut self, clock: i64) -> Result<Outbound, Refusal> {
        self.store.tell_clock(clock);
        let sync = self.sync.as_mut().ok_or_else(|| Refusal::of("call_malformed"))?;
        match sync.session.poll(&mut self.store, clock)? {
            Step::Send(outgoing) => Ok(Outbound {
                media: outgoing.encoding.media_type(),
                signature: URL_SAFE_NO_PAD.encode(outgoing.signature),
                body: outgoing.body,
                urgent: outgoing.urgent,
                outcome: None,
            }),
            Step::Finished(summary) => {
                let notices_before = sync.notices_before;
                self.sync = None;
                self.store.note_synced(LastSync { at: clock, agrees: summary.agrees })?;
                let outcome = OutcomeJson {
                    sent: summary.total.acknowledged,
                    acknowledged: summary.total.acknowledged,
                    refused: summary.total.refused,
                    received: summary.total.received,
                    reports_arrived: notices_before.saturating_sub(self.notices_waiting()?),
                    agrees: summary.agrees,
                };
                Ok(Outbound { outcome: Some(json_text(&outcome)), ..Outbound::default() })
            }
        }
    }

    /// Takes in an answer; what it brought, as JSON.
    ///
    /// # Errors
    /// `answer_malformed`, or the session's.
    pub fn handle_answer(&mut self, media: &str, body: &[u8], now: Now) -> Result<String, Refusal> {
        self.store.tell_clock(now.clock);
        let encoding =
            [Encoding::Packed, Encoding::Plain].into_iter().find(|known| known.media_type() == media);
        let encoding = encoding.ok_or_else(|| Refusal::of("answer_malformed"))?;
        let sync = self.sync.as_mut().ok_or_else(|| Refusal::of("call_malformed"))?;
        let event = sync.session.handle_answer(&mut self.store, Answer::Message(encoding, body))?;
        if let Some(office) = event.office_clock {
            let off = event.warnings.iter().any(|code| code == "clock_off").then(|| now.clock - office);
            self.store.put_setting(CLOCK_OFF, &off.map(|off| off.to_string()).unwrap_or_default())?;
        }
        Ok(json_text(&TakenJson {
            acknowledged: event.acknowledged,
            refused: event.refused,
            received: event.received,
            received_bytes: event.received_bytes,
            remaining_bytes: event.remaining_bytes,
        }))
    }

    /// Takes in a problem that does not pass by itself. `chain`: the member of that name, as JSON.
    ///
    /// # Errors
    /// The problem's code, if the sync can't go on.
    pub fn handle_problem(&mut self, code: &str, chain: Option<&str>, clock: i64) -> Result<(), Refusal> {
        self.store.tell_clock(clock);
        let chain: Option<ChainJson> = chain.and_then(|json| serde_json::from_str(json).ok());
        let chain = chain.map(|chain| (chain.number, chain.hash, chain.installation));
        let sync = self.sync.as_mut().ok_or_else(|| Refusal::of("call_malformed"))?;
        sync.session.handle_answer(&mut self.store, Answer::Problem { code, chain })?;
        Ok(())
    }

    /// How many things are not on the office's disk: changes that are unsent, notices that wait or were refused.
    /// A refused change is there, in quarantine.
    ///
    /// # Errors
    /// The store's.
    pub fn waits(&self) -> Result<u32, Refusal> {
        let waiting = self.store.counts()?.unsent + self.notices_waiting()? as u64;
        Ok(u32::try_from(waiting).unwrap_or(u32::MAX))
    }

    /// Signs what is unsent and seals it to the office; none if nothing waits.
    ///
    /// # Errors
    /// The store's.
    pub fn seal_letter(&mut self, clock: i64, random: &mut dyn Random) -> Result<Option<Letter>, Refusal> {
        self.store.tell_clock(clock);
        let session = Session::new(self.key()?, Encoding::Plain, None);
        Ok(session.letter(&mut self.store, clock, random)?)
    }
}
