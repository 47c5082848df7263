//! Step 4 of the way of a fact: changes signed by the device that made them.
//!
//! A batch is a numbered link of its device's chain: it names the batch before it by hash, so that a
//! missing, repeated or reordered batch shows. One Ed25519 signature (RFC 8032) covers the list of
//! (document, change hash) pairs; a change's hash covers its bytes and its dependencies.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::id::{BatchHash, ChangeHash, CommuneId, DeviceId, DocumentId};

/// Domain of the signature: no other signed byte string of this product begins so.
const DOMAIN: &[u8] = b"sothon/batch/1\n";

/// What the signature covers, besides the domain and the commune.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchHeader {
    /// Who signs.
    pub device: DeviceId,
    /// Number in the device's chain, from 1.
    pub number: u64,
    /// Hash of the batch before it; zeros for the first.
    pub previous: BatchHash,
    /// Device's clock when it signed, seconds since 1970. Advisory.
    pub signed_at: i64,
    /// What it contains, in order.
    pub changes: Vec<(DocumentId, ChangeHash)>,
}

impl BatchHeader {
    /// The bytes that are signed: domain, commune (16), device (12), number (8, big endian), previous
    /// (32), clock (8, big endian), count (4, big endian), then document (16) and hash (32) of each.
    #[must_use]
    pub fn signing_bytes(&self, commune: CommuneId) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(DOMAIN.len() + 80 + 48 * self.changes.len());
        bytes.extend_from_slice(DOMAIN);
        bytes.extend_from_slice(commune.as_bytes());
        bytes.extend_from_slice(self.device.as_bytes());
        bytes.extend_from_slice(&self.number.to_be_bytes());
        bytes.extend_from_slice(self.previous.as_bytes());
        bytes.extend_from_slice(&self.signed_at.to_be_bytes());
        let count =
            u32::try_from(self.changes.len()).expect("a batch holds at most BATCH_CHANGES_MAX changes");
        bytes.extend_from_slice(&count.to_be_bytes());
        for (document, hash) in &self.changes {
            bytes.extend_from_slice(document.as_bytes());
            bytes.extend_from_slice(hash.as_bytes());
        }
        bytes
    }

    /// SHA-256 of the signed bytes: how the next batch names this one.
    #[must_use]
    pub fn hash(&self, commune: CommuneId) -> BatchHash {
        BatchHash(Sha256::digest(self.signing_bytes(commune)).into())
    }

    /// Signs.
    #[must_use]
    pub fn sign(&self, commune: CommuneId, key: &SigningKey) -> [u8; 64] {
        key.sign(&self.signing_bytes(commune)).to_bytes()
    }

    /// Whether `signature` is that of the holder of `public_key`, strictly (no malleable or
    /// small-order keys).
    #[must_use]
    pub fn is_signed(&self, commune: CommuneId, public_key: &[u8; 32], signature: &[u8; 64]) -> bool {
        verify(public_key, &self.signing_bytes(commune), signature)
    }
}

/// The bytes by which a device proves that a request is its own: domain, commune, SHA-256 of the
/// request's decoded body.
#[must_use]
pub fn request_signing_bytes(commune: CommuneId, body: &[u8]) -> Vec<u8> {
    [b"sothon/request/1\n".as_slice(), commune.as_bytes(), &Sha256::digest(body)].concat()
}

/// The bytes by which a device proves, at its enrolment, that it holds its key: domain, SHA-256 of the
/// one-time code as given, public key.
#[must_use]
pub fn enrolment_signing_bytes(code: &str, public_key: &[u8; 32]) -> Vec<u8> {
    [b"sothon/enrol/1\n".as_slice(), &Sha256::digest(code.as_bytes()), public_key].concat()
}

/// Strict Ed25519 verification.
#[must_use]
pub fn verify(public_key: &[u8; 32], bytes: &[u8], signature: &[u8; 64]) -> bool {
    VerifyingKey::from_bytes(public_key)
        .is_ok_and(|key| key.verify_strict(bytes, &Signature::from_bytes(signature)).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_covers_every_part_of_a_batch() {
        let key = SigningKey::from_bytes(&[3; 32]);
        let public = key.verifying_key().to_bytes();
        let commune = CommuneId([1; 16]);
        let header = BatchHeader {
            device: DeviceId::of_key(&public),
            number: 2,
            previous: BatchHash([5; 32]),
            signed_at: 1_700_000_000,
            changes: vec![(DocumentId([6; 16]), ChangeHash([7; 32]))],
        };
        let signature = header.sign(commune, &key);
        assert!(header.is_signed(commune, &public, &signature));
        let altered: [BatchHeader; 5] = [
            BatchHeader { number: 3, ..header.clone() },
            BatchHeader { previous: BatchHash([0; 32]), ..header.clone() },
            BatchHeader { signed_at: 0, ..header.clone() },
            BatchHeader { changes: Vec::new(), ..header.clone() },
            BatchHeader { device: DeviceId([0; 12]), ..header.clone() },
        ];
        for other in altered {
            assert!(!other.is_signed(commune, &public, &signature));
        }
        assert!(!header.is_signed(CommuneId([2; 16]), &public, &signature));
        assert!(!header.is_signed(
            commune,
            &SigningKey::from_bytes(&[4; 32]).verifying_key().to_bytes(),
            &signature
        ));
    }
}
