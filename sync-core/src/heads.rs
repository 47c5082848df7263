//! Heads without the documents: what both ends compare to know that they agree.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};

use crate::id::{ChangeHash, DocumentId};

/// The hashes of a document's changes on which no other change depends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HeadSet(BTreeSet<ChangeHash>);

impl HeadSet {
    /// The heads of changes given in any order, each with what it depends on.
    #[must_use]
    pub fn of(changes: impl IntoIterator<Item = (ChangeHash, Vec<ChangeHash>)>) -> Self {
        let mut heads = BTreeSet::new();
        let mut built_on = BTreeSet::new();
        for (hash, deps) in changes {
            heads.insert(hash);
            built_on.extend(deps);
        }
        Self(&heads - &built_on)
    }

    /// Takes in a change whose dependencies are all known.
    pub fn advance(&mut self, hash: ChangeHash, deps: &[ChangeHash]) {
        for dep in deps {
            self.0.remove(dep);
        }
        self.0.insert(hash);
    }

    /// The hashes, ascending.
    pub fn iter(&self) -> impl Iterator<Item = &ChangeHash> {
        self.0.iter()
    }

    /// The hashes one after the other, 32 bytes each: how a store keeps them.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|hash| hash.0).collect()
    }

    /// From what [`Self::to_bytes`] gave; nothing if the length is not a multiple of 32.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.chunks(32).map(|chunk| ChangeHash::try_from(chunk).ok()).collect::<Option<_>>().map(Self)
    }

    /// Eight bytes that stand for the document at these heads: the first of SHA-256 over the document's
    /// name and the heads, ascending.
    #[must_use]
    pub fn fingerprint(&self, document: DocumentId) -> Fingerprint {
        let mut hasher = Sha256::new();
        hasher.update(document.as_bytes());
        for hash in &self.0 {
            hasher.update(hash.as_bytes());
        }
        let heads = hasher.finalize()[..8].try_into().expect("SHA-256 has 32 bytes");
        Fingerprint { document, heads: u64::from_be_bytes(heads) }
    }
}

/// A document and eight bytes for its heads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(array)]
pub struct Fingerprint {
    /// The document.
    #[n(0)]
    pub document: DocumentId,
    /// First eight bytes of the hash, big endian.
    #[n(1)]
    pub heads: u64,
}

/// SHA-256 over the fingerprints in ascending order of document (16 + 8 bytes each): equal on both ends
/// when they hold the same changes of the same documents.
#[must_use]
pub fn digest(fingerprints: impl IntoIterator<Item = Fingerprint>) -> [u8; 32] {
    let ordered: BTreeSet<Fingerprint> = fingerprints.into_iter().collect();
    let mut hasher = Sha256::new();
    for fingerprint in ordered {
        hasher.update(fingerprint.document.as_bytes());
        hasher.update(fingerprint.heads.to_be_bytes());
    }
    hasher.finalize().into()
}
