//! The messages of enrolment and exchange. Maps with small integer keys; unknown keys are ignored, so
//! that a later minor addition needs no new version.

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

use crate::heads::Fingerprint;
use crate::id::{BatchHash, ChangeHash, CommuneId, DeviceId, DocumentId, Incarnation, NoticeId};
use crate::limits;
use crate::notice::Notice;

/// Why bytes are not a message of this protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Not CBOR, cut short, not this message, or with bytes after its end.
    #[error("not a message of this protocol")]
    Malformed,
    /// A count or length beyond [`crate::limits`].
    #[error("the message exceeds a limit of the protocol")]
    TooLarge,
    /// Packed with a version or dictionary unknown here.
    #[error("packed with an unknown dictionary")]
    Dictionary,
    /// A shortened name fits nothing here, or more than one thing: send the plain encoding.
    #[error("a shortened name can't be resolved: send the plain encoding")]
    Unresolved,
}

/// How far a device has read each of its villages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct Cursor {
    /// The server's log these positions belong to; none before the first answer.
    #[n(1)]
    pub incarnation: Option<Incarnation>,
    /// One for each village read so far; a village not listed is read from its beginning.
    #[n(2)]
    pub positions: Vec<Position>,
}

/// Everything of a village up to a position of the log has been received.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Position {
    /// Village code.
    #[n(0)]
    pub village: String,
    /// Log position, inclusive.
    #[n(1)]
    pub log: u64,
}

impl Cursor {
    /// The position for a village; 0 if nothing was read.
    #[must_use]
    pub fn position(&self, village: &str) -> u64 {
        self.positions.iter().find(|position| position.village == village).map_or(0, |position| position.log)
    }
}

/// One change in a batch.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct BatchChange {
    /// The document it belongs to.
    #[n(0)]
    pub document: DocumentId,
    /// An uncompressed Automerge change chunk.
    #[n(1)]
    pub bytes: ByteVec,
}

/// A signed batch. The hashes that the signature covers are computed from the changes by the receiver.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Batch {
    /// Number in the device's chain, from 1.
    #[n(1)]
    pub number: u64,
    /// Hash of the batch before it; zeros for the first.
    #[n(2)]
    pub previous: BatchHash,
    /// Device's clock at signing, seconds since 1970.
    #[n(3)]
    pub signed_at: i64,
    /// The changes, dependencies before dependants.
    #[n(4)]
    pub changes: Vec<BatchChange>,
    /// Ed25519.
    #[n(5)]
    pub signature: ByteArray<64>,
}

/// What a device says.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ExchangeRequest {
    /// Version of the protocol spoken.
    #[n(1)]
    pub protocol: u32,
    /// Who speaks; the request is signed by it.
    #[n(2)]
    pub device: DeviceId,
    /// How far it has read.
    #[n(3)]
    pub cursor: Cursor,
    /// Epoch of the grants it knows; 0 if none.
    #[n(4)]
    pub epoch: u64,
    /// What it has to tell, in the order of their numbers.
    #[n(5)]
    pub batches: Vec<Batch>,
    /// The largest page it wants, in raw change bytes.
    #[n(6)]
    pub page_bytes: Option<u32>,
    /// Repair only: the heads of everything it has of its villages.
    #[n(7)]
    pub fingerprints: Option<Vec<Fingerprint>>,
    /// The last refusal note it has.
    #[n(8)]
    pub refusals_noted: u64,
    /// Its clock, seconds since 1970.
    #[n(9)]
    pub clock: i64,
    /// Notices that are not known to have arrived.
    #[n(10)]
    pub notices: Option<Vec<Notice>>,
    /// Notices that have arrived, whose fate it asks for.
    #[n(11)]
    pub awaited: Option<Vec<NoticeId>>,
}

/// A batch is on the office's disk.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Receipt {
    /// The batch's number.
    #[n(0)]
    pub number: u64,
    /// Its hash.
    #[n(1)]
    pub hash: BatchHash,
}

/// A change of this device was refused (or a refusal taken back, with [`super::CODE_RELEASED`]).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct RefusalNote {
    /// Ascending; the highest seen goes into the next request.
    #[n(0)]
    pub id: u64,
    /// The document.
    #[n(1)]
    pub document: DocumentId,
    /// The change; its bytes are kept in quarantine at the office.
    #[n(2)]
    pub hash: ChangeHash,
    /// A code of [`crate::document::Refusal`].
    #[n(3)]
    pub code: String,
}

/// Where a notice stands at the office.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct NoticeFate {
    /// The notice.
    #[n(0)]
    pub id: NoticeId,
    /// [`NOTICE_STORED`] or [`NOTICE_OPENED`]; what else a later office may say is passed over.
    #[n(1)]
    pub state: u8,
    /// Since when, office's clock, seconds since 1970.
    #[n(2)]
    pub at: i64,
}

/// In [`NoticeFate::state`]: on the office's disk.
pub const NOTICE_STORED: u8 = 1;
/// In [`NoticeFate::state`]: opened by somebody at the office.
pub const NOTICE_OPENED: u8 = 2;

/// A notice of this request was not accepted. It stays on the device.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct NoticeRefusalNote {
    /// The notice.
    #[n(0)]
    pub id: NoticeId,
    /// A code of [`crate::notice::NoticeRefusal`].
    #[n(1)]
    pub code: String,
}

/// Changes of one document, dependencies before dependants.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DocumentChanges {
    /// The document.
    #[n(1)]
    pub document: DocumentId,
    /// Uncompressed Automerge change chunks.
    #[n(2)]
    pub changes: Vec<ByteVec>,
    /// Repair only: these are all the changes the office has of the document.
    #[n(3)]
    pub complete: bool,
}

/// The villages a device holds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct Grants {
    /// Raised by every change of the device's grants.
    #[n(1)]
    pub epoch: u64,
    /// Village codes, ascending.
    #[n(2)]
    pub villages: Vec<String>,
}

/// A period in which every household is to be visited.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ReviewRound {
    /// Its code: `2026-2`.
    #[n(1)]
    pub code: String,
    /// As shown.
    #[n(2)]
    pub title: String,
    /// First day: `2026-11-01`.
    #[n(3)]
    pub starts: String,
    /// Last day.
    #[n(4)]
    pub ends: String,
    /// The day on which the forms count.
    #[n(5)]
    pub as_of: String,
}

/// That the commune reminded a village of a round that is not done there.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Reminder {
    /// The round's code.
    #[n(0)]
    pub round: String,
    /// The village's code.
    #[n(1)]
    pub village: String,
    /// The day of the last reminder, in the commune: `2026-11-03`.
    #[n(2)]
    pub day: String,
}

/// What every device needs to know of its commune.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CommuneInfo {
    /// Name of the register.
    #[n(1)]
    pub id: CommuneId,
    /// The commune's name as shown.
    #[n(2)]
    pub name: String,
    /// X25519 public key to which restricted facts are sealed.
    #[n(3)]
    pub confidential_key: ByteArray<32>,
    /// Code and name of each village granted.
    #[n(4)]
    pub villages: Vec<(String, String)>,
    /// The word for a village here: thôn, tiểu khu, ấp, …
    #[n(5)]
    pub unit_word: String,
    /// X25519 public key to which letters are sealed.
    #[n(6)]
    pub letter_key: Option<ByteArray<32>>,
    /// Review rounds that are not closed, in the order they were opened.
    #[n(7)]
    pub rounds: Option<Vec<ReviewRound>>,
    /// Label and telephone number of whom to call.
    #[n(8)]
    pub contacts: Option<Vec<(String, String)>>,
    /// Name and label of the devices that may write in the villages granted, the office's own included.
    #[n(9)]
    pub devices: Option<Vec<(DeviceId, String)>>,
    /// Reminders of the rounds told, for the villages granted.
    #[n(10)]
    pub reminders: Option<Vec<Reminder>>,
}

/// What the office answers.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ExchangeResponse {
    /// Version of the protocol spoken.
    #[n(1)]
    pub protocol: u32,
    /// The log that `cursor` belongs to.
    #[n(2)]
    pub incarnation: Incarnation,
    /// Office's clock, seconds since 1970.
    #[n(3)]
    pub clock: i64,
    /// Batches of this request that are on disk.
    #[n(4)]
    pub receipts: Vec<Receipt>,
    /// Refusal notes after `refusals_noted`.
    #[n(5)]
    pub refusals: Vec<RefusalNote>,
    /// To be sent with the next request, once `page` is stored.
    #[n(6)]
    pub cursor: Cursor,
    /// Another page waits: ask again.
    #[n(7)]
    pub more: bool,
    /// Changes by others.
    #[n(8)]
    pub page: Vec<DocumentChanges>,
    /// The device's grants.
    #[n(9)]
    pub grants: Grants,
    /// With the last page: digest over (document, heads) of all granted villages.
    #[n(10)]
    pub digest: Option<ByteArray<32>>,
    /// Repair only: documents of the device that the office does not have.
    #[n(11)]
    pub wanted: Vec<DocumentId>,
    /// When the request's epoch is not the current one.
    #[n(12)]
    pub commune: Option<CommuneInfo>,
    /// Codes of what is worth telling the collector.
    #[n(13)]
    pub warnings: Vec<String>,
    /// Every notice of the request that is now on disk, and every awaited one that is known.
    #[n(14)]
    pub notices: Option<Vec<NoticeFate>>,
    /// Raw bytes of changes that wait after this page; told only with `more`.
    #[n(15)]
    pub remaining_bytes: Option<u64>,
    /// Notices of the request that were not accepted.
    #[n(16)]
    pub notice_refusals: Option<Vec<NoticeRefusalNote>>,
}

/// What the office answers to a letter: nothing that anybody but the device could use.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LetterAnswer {
    /// Version of the protocol spoken.
    #[n(1)]
    pub protocol: u32,
    /// Batches of the letter that are on disk.
    #[n(2)]
    pub receipts: Vec<Receipt>,
    /// Its notices that are on disk.
    #[n(3)]
    pub notices: Vec<NoticeFate>,
    /// Its notices that were not accepted.
    #[n(4)]
    pub notice_refusals: Vec<NoticeRefusalNote>,
}

/// A device asks to be enrolled.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EnrolmentRequest {
    /// Version of the protocol spoken.
    #[n(1)]
    pub protocol: u32,
    /// The one-time code from the office.
    #[n(2)]
    pub code: String,
    /// The device's Ed25519 public key.
    #[n(3)]
    pub public_key: ByteArray<32>,
    /// Signature over [`crate::batch::enrolment_signing_bytes`].
    #[n(4)]
    pub signature: ByteArray<64>,
}

/// The device is enrolled.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EnrolmentResponse {
    /// Version of the protocol spoken.
    #[n(1)]
    pub protocol: u32,
    /// The device's name, derived from its key.
    #[n(2)]
    pub device: DeviceId,
    /// The commune.
    #[n(3)]
    pub commune: CommuneInfo,
    /// What it may see and write.
    #[n(4)]
    pub grants: Grants,
    /// Number of this installation: the last four bytes of its actor.
    #[n(5)]
    pub installation: u32,
}

/// Encodes a message as one plain CBOR item.
#[must_use]
pub fn to_plain<M: Encode<()>>(message: &M) -> Vec<u8> {
    minicbor::to_vec(message).expect("writing to memory can't fail")
}

/// Decodes one plain CBOR item, with nothing after it.
///
/// Nesting is bounded by the types; lengths are bounded by the input, whose size the caller limits.
///
/// # Errors
/// [`WireError::Malformed`].
pub fn from_plain<M: for<'b> Decode<'b, ()>>(bytes: &[u8]) -> Result<M, WireError> {
    let mut decoder = minicbor::Decoder::new(bytes);
    let message = decoder.decode().map_err(|_| WireError::Malformed)?;
    if decoder.position() == bytes.len() { Ok(message) } else { Err(WireError::Malformed) }
}

impl ExchangeRequest {
    /// Checks the counts that [`crate::limits`] names, and that numbers fit a database's signed 64 bits.
    ///
    /// # Errors
    /// [`WireError::TooLarge`].
    pub fn check_limits(&self) -> Result<(), WireError> {
        self.check(limits::EXCHANGE_BATCHES_MAX)
    }

    /// The same for a request in a letter, which may carry more batches.
    ///
    /// # Errors
    /// [`WireError::TooLarge`].
    pub fn check_letter_limits(&self) -> Result<(), WireError> {
        self.check(limits::LETTER_BATCHES_MAX)
    }

    fn check(&self, batches_max: usize) -> Result<(), WireError> {
        let fits = self.batches.len() <= batches_max
            && self.batches.iter().all(|batch| batch.changes.len() <= limits::BATCH_CHANGES_MAX)
            && self.cursor.positions.len() <= limits::GRANTED_VILLAGES_MAX
            && self.fingerprints.as_ref().is_none_or(|list| list.len() <= limits::FINGERPRINTS_MAX)
            && self.batches.iter().all(|batch| countable(batch.number))
            && self.cursor.positions.iter().all(|position| countable(position.log))
            && countable(self.refusals_noted)
            && self.notices.as_ref().is_none_or(|list| list.len() <= limits::NOTICES_MAX)
            && self.notices.iter().flatten().all(|notice| notice.body.len() <= limits::NOTICE_BYTES_MAX)
            && self.awaited.as_ref().is_none_or(|list| list.len() <= limits::AWAITED_MAX);
        if fits { Ok(()) } else { Err(WireError::TooLarge) }
    }
}

fn countable(number: u64) -> bool {
    i64::try_from(number).is_ok()
}
