//! What a device tells the office besides changes: urgent reports and sign-offs, each signed by itself.
//!
//! Enters: what the collector wrote ([`UrgentReport`]) or declares ([`SignOff`]). Leaves: a [`Notice`],
//! which is stored, sent before any batch, and kept for ever at both ends. Invariants: an urgent report is
//! sealed to the commune's confidential key before it becomes a notice, and nothing readable of it stays on
//! the device; a notice is recognised by its random name, so that sending it again does nothing.

#[cfg(test)]
mod tests;

use ed25519_dalek::{Signer, SigningKey};
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use crate::batch::verify;
use crate::heads::Fingerprint;
use crate::id::{CommuneId, DeviceId, DocumentId, NoticeId};
use crate::limits;
use crate::random::Random;
use crate::seal::{ConfidentialKey, ConfidentialPublicKey, Purpose, SealError};
use crate::wire::{from_plain, to_plain};

/// Domain of the signature: no other signed byte string of this product begins so.
const DOMAIN: &[u8] = b"sothon/notice/1\n";
/// Purpose of an urgent report's envelope.
const URGENT_INFO: &[u8] = b"sothon/urgent/1";
const URGENT_PAD: usize = 512;
/// Bytes of one document in a sign-off: its name and its fingerprint.
const HEAD_BYTES: usize = 24;

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoticeKind {
    /// A child in danger: [`UrgentReport`], sealed.
    Urgent,
    /// "I have reviewed my village", or the taking back of it: [`SignOff`].
    SignOff,
}

impl NoticeKind {
    /// Its number on the wire.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Urgent => 1,
            Self::SignOff => 2,
        }
    }

    /// The kind of that number; none if a later version of the protocol has it.
    #[must_use]
    pub fn of(number: u8) -> Option<Self> {
        [Self::Urgent, Self::SignOff].into_iter().find(|kind| kind.number() == number)
    }
}

/// Why the office does not accept a notice. A code is part of the protocol and never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoticeRefusal {
    /// Not signed by the device that sends it.
    SignatureInvalid,
    /// A kind this office does not know.
    KindUnknown,
    /// The body is not one of its kind.
    Malformed,
    /// A sign-off of a village that the device does not hold.
    VillageNotGranted,
    /// The office keeps as many notices of this device as it may.
    Full,
    /// Another notice has this name.
    NameTaken,
}

impl NoticeRefusal {
    /// All of them, for tables and tests.
    pub const ALL: [Self; 6] = [
        Self::SignatureInvalid,
        Self::KindUnknown,
        Self::Malformed,
        Self::VillageNotGranted,
        Self::Full,
        Self::NameTaken,
    ];

    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::SignatureInvalid => "notice_signature_invalid",
            Self::KindUnknown => "notice_kind_unknown",
            Self::Malformed => "notice_malformed",
            Self::VillageNotGranted => "village_not_granted",
            Self::Full => "notices_full",
            Self::NameTaken => "notice_name_taken",
        }
    }

    /// Whether the same notice may be accepted later: a device offers it again with every sync.
    #[must_use]
    pub fn may_pass_later(self) -> bool {
        matches!(self, Self::KindUnknown | Self::VillageNotGranted | Self::Full)
    }

    /// The refusal of that code; none if a later office gives it.
    #[must_use]
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|refusal| refusal.code() == code)
    }
}

/// Why a notice can't be made. Says nothing of its contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    /// A text of the report is longer than its limit.
    #[error("a text of the report is too long")]
    TextTooLong,
    /// The kind is not one of [`URGENT_KINDS`].
    #[error("not a kind of urgent report")]
    Kind,
    /// More documents than one sign-off can name.
    #[error("the village has more than {} documents", limits::SIGN_OFF_DOCUMENTS_MAX)]
    TooManyDocuments,
    /// Not sealed: the commune's key is none.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// A signed notice, as it is stored and sent.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Notice {
    /// Random; by it the office recognises a repetition.
    #[n(1)]
    pub id: NoticeId,
    /// Number of a [`NoticeKind`], or of one that is not known here.
    #[n(2)]
    pub kind: u8,
    /// Device's clock, seconds since 1970. Advisory.
    #[n(3)]
    pub made_at: i64,
    /// What it says, by its kind. At most [`limits::NOTICE_BYTES_MAX`].
    #[n(4)]
    pub body: ByteVec,
    /// Ed25519.
    #[n(5)]
    pub signature: ByteArray<64>,
}

impl Notice {
    fn sign(id: NoticeId, kind: NoticeKind, body: Vec<u8>, made_at: i64, author: &Author<'_>) -> Self {
        let mut notice =
            Self { id, kind: kind.number(), made_at, body: body.into(), signature: ByteArray::from([0; 64]) };
        let device = DeviceId::of_key(&author.key.verifying_key().to_bytes());
        let bytes = notice.signing_bytes(author.commune, device);
        notice.signature = ByteArray::from(author.key.sign(&bytes).to_bytes());
        notice
    }

    /// The bytes that are signed: domain, commune (16), device (12), id (16), kind (1), clock (8, big
    /// endian), SHA-256 of the body (32).
    #[must_use]
    pub fn signing_bytes(&self, commune: CommuneId, device: DeviceId) -> Vec<u8> {
        [
            DOMAIN,
            commune.as_bytes(),
            device.as_bytes(),
            self.id.as_bytes(),
            &[self.kind],
            &self.made_at.to_be_bytes(),
            &Sha256::digest(self.body.as_slice()),
        ]
        .concat()
    }

    /// Whether the holder of `public_key` signed it, strictly.
    #[must_use]
    pub fn is_signed(&self, commune: CommuneId, public_key: &[u8; 32]) -> bool {
        let bytes = self.signing_bytes(commune, DeviceId::of_key(public_key));
        verify(public_key, &bytes, &self.signature)
    }

    /// What it is about; none if this program does not know.
    #[must_use]
    pub fn known_kind(&self) -> Option<NoticeKind> {
        NoticeKind::of(self.kind)
    }
}

/// Who makes a notice.
#[derive(Clone, Copy)]
pub struct Author<'a> {
    /// The device's key.
    pub key: &'a SigningKey,
    /// The register it belongs to.
    pub commune: CommuneId,
}

/// Kinds of urgent report.
pub const URGENT_KINDS: [&str; 5] = ["abuse", "abandonment", "injury", "danger", "other"];

/// What an urgent report says. Wiped from memory when dropped; `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct UrgentReport {
    /// One of [`URGENT_KINDS`].
    #[n(1)]
    pub kind: String,
    /// The household, if it is in the register.
    #[n(2)]
    pub document: Option<DocumentId>,
    /// Key of the child or member in it.
    #[n(3)]
    pub person: Option<String>,
    /// Who it is about.
    #[n(4)]
    pub about: String,
    /// Where.
    #[n(5)]
    pub place: String,
    /// What happened.
    #[n(6)]
    pub happened: String,
    /// How to reach who reports.
    #[n(7)]
    pub contact: String,
}

impl core::fmt::Debug for UrgentReport {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("UrgentReport(…)")
    }
}

impl Drop for UrgentReport {
    fn drop(&mut self) {
        self.kind.zeroize();
        self.document = None;
        self.person.zeroize();
        self.about.zeroize();
        self.place.zeroize();
        self.happened.zeroize();
        self.contact.zeroize();
    }
}

/// Body of an urgent notice: the report, sealed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SealedUrgent {
    /// Name of the confidential key it is sealed to.
    #[n(1)]
    pub key_id: String,
    /// Bound to the commune and the notice.
    #[n(2)]
    pub envelope: ByteVec,
}

impl UrgentReport {
    fn check(&self) -> Result<(), NoticeError> {
        let short = [&self.about, &self.place, &self.contact];
        let fits = short.iter().all(|text| text.len() <= limits::URGENT_TEXT_BYTES_MAX)
            && self.person.as_ref().is_none_or(|key| key.len() <= limits::URGENT_TEXT_BYTES_MAX)
            && self.happened.len() <= limits::TEXT_BYTES_MAX;
        if !fits {
            return Err(NoticeError::TextTooLong);
        }
        if URGENT_KINDS.contains(&self.kind.as_str()) { Ok(()) } else { Err(NoticeError::Kind) }
    }

    /// Seals the report and signs the notice that carries it. Nothing readable is left in the notice.
    ///
    /// # Errors
    /// See [`NoticeError`].
    pub fn into_notice(
        self,
        to: &ConfidentialPublicKey,
        author: &Author<'_>,
        made_at: i64,
        random: &mut dyn Random,
    ) -> Result<Notice, NoticeError> {
        self.check()?;
        let id = draw_id(random);
        let report = Zeroizing::new(to_plain(&self));
        let envelope = urgent_purpose(&urgent_place(author.commune, id)).seal(&to.0, &report, random)?;
        let body = to_plain(&SealedUrgent { key_id: to.id(), envelope: envelope.into() });
        Ok(Notice::sign(id, NoticeKind::Urgent, body, made_at, author))
    }

    /// Opens the report of an urgent notice.
    ///
    /// # Errors
    /// It was not sealed to this key for this notice, or it is damaged.
    pub fn open(notice: &Notice, with: &ConfidentialKey, commune: CommuneId) -> Result<Self, SealError> {
        let body: SealedUrgent = from_plain(&notice.body).map_err(|_| SealError::Unopenable)?;
        let place = urgent_place(commune, notice.id);
        let report = urgent_purpose(&place).open(with.as_bytes(), &body.envelope)?;
        minicbor::decode(&report).map_err(|_| SealError::Unopenable)
    }
}

/// Binds an envelope to its notice: 16 bytes of commune, 16 of id.
fn urgent_place(commune: CommuneId, id: NoticeId) -> Vec<u8> {
    [commune.as_bytes(), id.as_bytes()].concat()
}

fn urgent_purpose(place: &[u8]) -> Purpose<'_> {
    Purpose { info: URGENT_INFO, pad: URGENT_PAD, place }
}

fn draw_id(random: &mut dyn Random) -> NoticeId {
    let mut id = [0; 16];
    random.fill(&mut id);
    NoticeId(id)
}

/// A collector's statement about a village in a review round, signed over what its documents then were.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SignOff {
    /// The review round's code.
    #[n(1)]
    pub round: String,
    /// The village's code.
    #[n(2)]
    pub village: String,
    /// The collector's date: `2026-11-23`.
    #[n(3)]
    pub day: String,
    /// Whether this takes an earlier sign-off back.
    #[n(4)]
    pub reopened: bool,
    /// Document (16) and fingerprint (8, big endian) of each, ascending by document: everything
    /// acknowledged or unsent at signing.
    #[n(5)]
    pub heads: ByteVec,
    /// Households with something undecided then.
    #[n(6)]
    pub undecided: u32,
}

impl SignOff {
    /// A statement over these documents.
    ///
    /// # Errors
    /// [`NoticeError::TooManyDocuments`].
    pub fn new(
        round: &str,
        village: &str,
        day: &str,
        reopened: bool,
        documents: &[Fingerprint],
        undecided: u32,
    ) -> Result<Self, NoticeError> {
        if documents.len() > limits::SIGN_OFF_DOCUMENTS_MAX {
            return Err(NoticeError::TooManyDocuments);
        }
        let mut documents = documents.to_vec();
        documents.sort_unstable();
        let mut heads = Vec::with_capacity(HEAD_BYTES * documents.len());
        for Fingerprint { document, heads: at } in documents {
            heads.extend_from_slice(document.as_bytes());
            heads.extend_from_slice(&at.to_be_bytes());
        }
        let (round, village, day) = (round.to_owned(), village.to_owned(), day.to_owned());
        Ok(Self { round, village, day, reopened, heads: heads.into(), undecided })
    }

    /// Signs the notice that carries the statement.
    #[must_use]
    pub fn into_notice(self, author: &Author<'_>, made_at: i64, random: &mut dyn Random) -> Notice {
        Notice::sign(draw_id(random), NoticeKind::SignOff, to_plain(&self), made_at, author)
    }

    /// Reads a sign-off's body; none if it is not one, or not in order.
    #[must_use]
    pub fn read(notice: &Notice) -> Option<Self> {
        if notice.known_kind() != Some(NoticeKind::SignOff) {
            return None;
        }
        let read: Self = from_plain(&notice.body).ok()?;
        let names: Vec<DocumentId> = read.documents().map(|told| told.document).collect();
        let whole = read.heads.len().is_multiple_of(HEAD_BYTES)
            && names.len() <= limits::SIGN_OFF_DOCUMENTS_MAX
            && names.is_sorted_by(|a, b| a < b)
            && read.round.len() <= limits::ROUND_CODE_BYTES_MAX
            && read.village.len() <= limits::VILLAGE_CODE_BYTES_MAX
            && read.day.parse::<jiff::civil::Date>().is_ok();
        whole.then_some(read)
    }

    /// What it was signed over.
    pub fn documents(&self) -> impl Iterator<Item = Fingerprint> + '_ {
        self.heads.chunks_exact(HEAD_BYTES).map(|entry| {
            let (document, heads) = entry.split_at(DocumentId::LEN);
            Fingerprint {
                document: DocumentId::try_from(document).expect("split at its length"),
                heads: u64::from_be_bytes(heads.try_into().expect("eight bytes are left")),
            }
        })
    }

    /// Documents of the village, as they are now, that were not so when it was signed: changed since, or
    /// new.
    #[must_use]
    pub fn changed_since(&self, now: &[Fingerprint]) -> Vec<DocumentId> {
        let mut then: Vec<Fingerprint> = self.documents().collect();
        then.sort_unstable();
        let changed = now.iter().filter(|fingerprint| then.binary_search(fingerprint).is_err());
        changed.map(|fingerprint| fingerprint.document).collect()
    }
}
