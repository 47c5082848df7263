//! Restricted facts: written once in the field, readable only at the office.
//!
//! HIV status, sexual abuse, offences, drugs, trafficking and the like are sealed on the device to the
//! commune's confidential public key (HPKE, RFC 9180, base mode: X25519, HKDF-SHA256,
//! ChaCha20-Poly1305) before they become a change. The document holds the envelope and the key's
//! name, and nothing readable. The envelope is bound to its document and its place in it, and padded,
//! so that its length tells nothing.

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use minicbor::{Decode, Encode};
use rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use crate::facts::{PersonRef, RestrictedFact};
use crate::id::{DocumentId, EntityId};
use crate::limits;
use crate::random::Random;

type Suite = X25519HkdfSha256;

const INFO: &[u8] = b"sothon/sealed/1";
const ENCAPSULATED: usize = 32;
const PAD: usize = 512;

/// Whether a circumstance's code may only be recorded sealed.
#[must_use]
pub fn is_restricted(code: &str) -> bool {
    // As somebody may type it: a blank or a small letter must not let it pass in the clear.
    let code: String = code.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect();
    schemas::catalogue::circumstance(&code).is_some_and(|entry| entry.restricted)
}

/// Why sealing or opening failed. Says nothing of the contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Not a public or private key of this kind.
    #[error("not an X25519 key")]
    Key,
    /// The report is longer than a limit allows.
    #[error("the report is too long")]
    TooLong,
    /// The envelope was not made for this key, this document or this place, or it is damaged.
    #[error("the envelope can't be opened with this key")]
    Unopenable,
}

/// The commune's confidential public key, known to every device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConfidentialPublicKey(pub [u8; 32]);

impl ConfidentialPublicKey {
    /// The key's name: the first 8 bytes of its SHA-256, as 16 hex digits.
    #[must_use]
    pub fn id(&self) -> String {
        key_id(&self.0)
    }
}

/// The commune's confidential private key. Kept in a file beside neither the database nor its backups.
#[derive(Clone)]
pub struct ConfidentialKey(Zeroizing<[u8; 32]>);

impl core::fmt::Debug for ConfidentialKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("ConfidentialKey(…)")
    }
}

impl ConfidentialKey {
    /// A new key.
    #[must_use]
    pub fn draw(random: &mut dyn Random) -> Self {
        Self(draw_private(random))
    }

    /// From the 32 bytes kept in the key file.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The 32 bytes to keep.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The public half.
    ///
    /// # Errors
    /// Not a private key.
    pub fn public(&self) -> Result<ConfidentialPublicKey, SealError> {
        public_of(&self.0).map(ConfidentialPublicKey)
    }
}

/// What a sealed report says. Wiped from memory when dropped; `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SealedReport {
    /// Key of the child (or member) in the document.
    #[n(1)]
    pub person: String,
    /// Catalogue code of a restricted circumstance.
    #[n(2)]
    pub code: String,
    /// When it began to hold (`2019`, `2019-05`, `2019-05-03`).
    #[n(3)]
    pub start: Option<String>,
    /// First day on which it no longer held.
    #[n(4)]
    pub end: Option<String>,
    /// What the collector adds.
    #[n(5)]
    pub note: Option<String>,
    /// Catalogue codes of the forms of support received.
    #[n(6)]
    pub supports: Vec<String>,
}

impl core::fmt::Debug for SealedReport {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SealedReport(…)")
    }
}

impl Drop for SealedReport {
    fn drop(&mut self) {
        self.person.zeroize();
        self.code.zeroize();
        self.start.zeroize();
        self.end.zeroize();
        self.note.zeroize();
        self.supports.zeroize();
    }
}

impl SealedReport {
    /// Seals the report for the entry `key` of `document`'s `sealed`.
    ///
    /// # Errors
    /// The report is too long, or the key is none.
    pub fn seal(
        &self,
        to: &ConfidentialPublicKey,
        document: DocumentId,
        key: &EntityId,
        random: &mut dyn Random,
    ) -> Result<Vec<u8>, SealError> {
        let report = Zeroizing::new(minicbor::to_vec(self).expect("writing to memory can't fail"));
        if report.len() > limits::SEALED_REPORT_BYTES_MAX {
            return Err(SealError::TooLong);
        }
        let purpose = Purpose { info: INFO, pad: PAD, place: &place(document, key) };
        purpose.seal(&to.0, &report, random)
    }

    /// Opens the envelope found at the entry `key` of `document`'s `sealed`.
    ///
    /// # Errors
    /// It was not made for this key and place, or it is damaged.
    pub fn open(
        envelope: &[u8],
        with: &ConfidentialKey,
        document: DocumentId,
        key: &EntityId,
    ) -> Result<Self, SealError> {
        let purpose = Purpose { info: INFO, pad: PAD, place: &place(document, key) };
        let report = purpose.open(with.as_bytes(), envelope)?;
        minicbor::decode(&report).map_err(|_| SealError::Unopenable)
    }

    /// As the tally reads it. Nothing if the person's key or the code is not of this protocol.
    #[must_use]
    pub fn to_fact(&self, document: DocumentId, envelope: &EntityId) -> Option<RestrictedFact> {
        Some(RestrictedFact {
            person: PersonRef { document, person: self.person.parse().ok()? },
            envelope: envelope.clone(),
            code: self.code.clone(),
            start: self.start.as_deref().and_then(|date| date.parse().ok()),
            end: self.end.as_deref().and_then(|date| date.parse().ok()),
            supports: self.supports.clone(),
        })
    }
}

/// Binds an envelope to its place: 16 bytes of document, 13 of key.
fn place(document: DocumentId, key: &EntityId) -> Vec<u8> {
    [document.as_bytes(), key.as_str().as_bytes()].concat()
}

/// What an envelope is for: bytes sealed for one purpose and place open for no other.
pub(crate) struct Purpose<'a> {
    /// Names the purpose; HPKE's `info`.
    pub(crate) info: &'static [u8],
    /// The plaintext is padded to a multiple of this, so that its length tells little.
    pub(crate) pad: usize,
    /// Where it belongs; HPKE's `aad`.
    pub(crate) place: &'a [u8],
}

impl Purpose<'_> {
    /// Seals `contents` to the holder of a key: encapsulated key (32), then ciphertext and tag of length
    /// (4, big endian), contents and padding.
    pub(crate) fn seal(
        &self,
        to: &[u8; 32],
        contents: &[u8],
        random: &mut dyn Random,
    ) -> Result<Vec<u8>, SealError> {
        let length = u32::try_from(contents.len()).map_err(|_| SealError::TooLong)?;
        let mut plain = Zeroizing::new(Vec::with_capacity((contents.len() + 4).next_multiple_of(self.pad)));
        plain.extend_from_slice(&length.to_be_bytes());
        plain.extend_from_slice(contents);
        let padded = plain.len().next_multiple_of(self.pad);
        plain.resize(padded, 0);
        let public = <Suite as Kem>::PublicKey::from_bytes(to).map_err(|_| SealError::Key)?;
        let (encapsulated, cipher) = hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, Suite>(
            &OpModeS::Base,
            &public,
            self.info,
            &plain,
            self.place,
            &mut Drawing(random),
        )
        .map_err(|_| SealError::Key)?;
        Ok([&encapsulated.to_bytes()[..], &cipher].concat())
    }

    /// Opens what [`Self::seal`] made.
    pub(crate) fn open(&self, with: &[u8; 32], envelope: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (encapsulated, cipher) = envelope.split_at_checked(ENCAPSULATED).ok_or(SealError::Unopenable)?;
        let private = <Suite as Kem>::PrivateKey::from_bytes(with).map_err(|_| SealError::Key)?;
        let encapsulated =
            <Suite as Kem>::EncappedKey::from_bytes(encapsulated).map_err(|_| SealError::Unopenable)?;
        let plain = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, Suite>(
            &OpModeR::Base,
            &private,
            &encapsulated,
            self.info,
            cipher,
            self.place,
        )
        .map(Zeroizing::new)
        .map_err(|_| SealError::Unopenable)?;
        let (length, contents) = plain.split_at_checked(4).ok_or(SealError::Unopenable)?;
        let length = u32::from_be_bytes(length.try_into().expect("split at four bytes"));
        let contents = usize::try_from(length).ok().and_then(|length| contents.get(..length));
        contents.map(|contents| Zeroizing::new(contents.to_vec())).ok_or(SealError::Unopenable)
    }
}

/// A new X25519 private key.
pub(crate) fn draw_private(random: &mut dyn Random) -> Zeroizing<[u8; 32]> {
    let mut seed = Zeroizing::new([0; 32]);
    random.fill(&mut *seed);
    let (private, _) = Suite::derive_keypair(&*seed);
    let mut bytes = Zeroizing::new([0; 32]);
    bytes.copy_from_slice(&private.to_bytes());
    bytes
}

/// The public half of an X25519 private key.
pub(crate) fn public_of(private: &[u8; 32]) -> Result<[u8; 32], SealError> {
    let private = <Suite as Kem>::PrivateKey::from_bytes(private).map_err(|_| SealError::Key)?;
    let mut public = [0; 32];
    public.copy_from_slice(&Suite::sk_to_pk(&private).to_bytes());
    Ok(public)
}

/// A public key's name: the first 8 bytes of its SHA-256, as 16 hex digits.
pub(crate) fn key_id(public: &[u8; 32]) -> String {
    Sha256::digest(public)[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Hands the caller's randomness to a library that wants its own trait.
struct Drawing<'a>(&'a mut dyn Random);

impl TryRng for Drawing<'_> {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(self.0.next_u64())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Drawing<'_> {}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    fn report(note: &str) -> SealedReport {
        SealedReport {
            person: "0000000000001".into(),
            code: "II.5.1".into(),
            start: Some("2024".into()),
            end: None,
            note: Some(note.into()),
            supports: vec!["medical".into()],
        }
    }

    #[test]
    fn an_envelope_opens_only_with_its_key_in_its_place() {
        let mut random = ChaCha20Rng::seed_from_u64(1);
        let key = ConfidentialKey::draw(&mut random);
        let (document, entry) = (DocumentId([7; 16]), EntityId::draw(&mut random));
        let public = key.public().expect("a drawn key is one");
        let envelope = report("GIẢ LẬP").seal(&public, document, &entry, &mut random).expect("short");
        let opened = SealedReport::open(&envelope, &key, document, &entry).expect("the right key");
        assert!(opened == report("GIẢ LẬP"));
        let other_key = ConfidentialKey::draw(&mut random);
        let other_entry = EntityId::draw(&mut random);
        for (key, document, entry) in [
            (&other_key, document, &entry),
            (&key, DocumentId([8; 16]), &entry),
            (&key, document, &other_entry),
        ] {
            assert!(SealedReport::open(&envelope, key, document, entry).is_err());
        }
        for cut in 0..envelope.len() {
            assert!(SealedReport::open(&envelope[..cut], &key, document, &entry).is_err());
        }
    }

    #[test]
    fn a_restricted_code_is_known_however_it_is_typed() {
        for code in ["II.5.1", "II.5.1 ", " ii.5.1", "II. 11.2", "II.12"] {
            assert!(is_restricted(code), "{code}");
        }
        for code in ["II.4.1", "III.2", "", "II.5.99"] {
            assert!(!is_restricted(code), "{code}");
        }
    }

    #[test]
    fn an_envelopes_length_and_bytes_tell_nothing_of_the_report() {
        let mut random = ChaCha20Rng::seed_from_u64(2);
        let public = ConfidentialKey::draw(&mut random).public().expect("a drawn key is one");
        let (document, entry) = (DocumentId([7; 16]), EntityId::draw(&mut random));
        let mut seal = |note: &str| report(note).seal(&public, document, &entry, &mut random).expect("short");
        let (short, long) = (seal(""), seal(&"x".repeat(300)));
        assert_eq!(short.len(), long.len());
        assert!(!short.windows(6).any(|part| part == b"II.5.1"));
        assert!(report(&"x".repeat(9_000)).seal(&public, document, &entry, &mut random).is_err());
    }
}
