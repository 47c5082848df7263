//! A letter: a signed request sealed to the office, so that signed work can leave the device without the
//! PIN — sent by whatever program is awake, or taken in from a backup file.
//!
//! Enters: a request's plain body and its signature. Leaves: bytes that say nothing to whoever carries
//! them. Invariants: a letter opens only with the office's letter key and only in its commune; what is in
//! it is the device's own signed request, so that the office treats it like any other.

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use crate::id::CommuneId;
use crate::limits;
use crate::random::Random;
use crate::seal::{Purpose, SealError, draw_private, key_id, public_of};
use crate::wire::{PROTOCOL_VERSIONS, WireError, from_plain, to_plain};

const INFO: &[u8] = b"sothon/letter/1";
/// Padding, so that the length of a letter does not tell whether a report is in it.
const PAD: usize = 256;
/// zstd level: a letter is written once and may be carried over a bad line.
const LEVEL: i32 = 19;

/// Why a letter can't be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LetterError {
    /// Not a letter.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// Of a version that is not spoken here.
    #[error("the letter is of another version of the protocol")]
    Protocol(u32),
    /// Sealed to another key or for another commune, or damaged.
    #[error("the letter can't be opened with this office's key")]
    Unopenable,
}

/// The office's private key for letters. It protects the copy on the phone, not the office's.
#[derive(Clone)]
pub struct LetterKey(Zeroizing<[u8; 32]>);

impl core::fmt::Debug for LetterKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("LetterKey(…)")
    }
}

impl LetterKey {
    /// A new key.
    #[must_use]
    pub fn draw(random: &mut dyn Random) -> Self {
        Self(draw_private(random))
    }

    /// From the 32 bytes kept.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The 32 bytes to keep.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The public half, told to every device.
    ///
    /// # Errors
    /// Not a private key.
    pub fn public(&self) -> Result<[u8; 32], SealError> {
        public_of(&self.0)
    }
}

/// What travels.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SealedLetter {
    /// Version of the protocol spoken.
    #[n(1)]
    pub protocol: u32,
    /// Name of the letter key it is sealed to.
    #[n(2)]
    pub key_id: String,
    /// Encapsulated key and ciphertext.
    #[n(3)]
    pub sealed: ByteVec,
}

/// What is inside, compressed with zstd.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LetterContents {
    /// An exchange request in the plain encoding.
    #[n(1)]
    pub body: ByteVec,
    /// Its signature, over [`crate::batch::request_signing_bytes`].
    #[n(2)]
    pub signature: ByteArray<64>,
}

fn purpose(commune: &CommuneId) -> Purpose<'_> {
    Purpose { info: INFO, pad: PAD, place: commune.as_bytes() }
}

/// Seals a request to the office.
///
/// # Errors
/// The key is none.
pub fn seal(
    contents: &LetterContents,
    to: &[u8; 32],
    commune: CommuneId,
    random: &mut dyn Random,
) -> Result<Vec<u8>, SealError> {
    let plain = Zeroizing::new(to_plain(contents));
    let packed =
        Zeroizing::new(zstd::bulk::compress(&plain, LEVEL).expect("compressing in memory can't fail"));
    let sealed = purpose(&commune).seal(to, &packed, random)?;
    let protocol = *PROTOCOL_VERSIONS.end();
    Ok(to_plain(&SealedLetter { protocol, key_id: key_id(to), sealed: sealed.into() }))
}

/// Opens a letter. Never panics; decompression is capped by [`limits::REQUEST_DECODED_BYTES_MAX`].
///
/// # Errors
/// See [`LetterError`].
pub fn open(bytes: &[u8], with: &LetterKey, commune: CommuneId) -> Result<LetterContents, LetterError> {
    if bytes.len() > limits::REQUEST_BYTES_MAX {
        return Err(WireError::TooLarge.into());
    }
    let letter: SealedLetter = from_plain(bytes)?;
    if !PROTOCOL_VERSIONS.contains(&letter.protocol) {
        return Err(LetterError::Protocol(letter.protocol));
    }
    let packed =
        purpose(&commune).open(with.as_bytes(), &letter.sealed).map_err(|_| LetterError::Unopenable)?;
    let size = zstd::bulk::Decompressor::upper_bound(&packed).ok_or(WireError::Malformed)?;
    if size > limits::REQUEST_DECODED_BYTES_MAX {
        return Err(WireError::TooLarge.into());
    }
    let plain =
        zstd::bulk::decompress(&packed, size).map(Zeroizing::new).map_err(|_| WireError::Malformed)?;
    Ok(from_plain(&plain)?)
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    const COMMUNE: CommuneId = CommuneId([1; 16]);

    fn contents(body: &[u8]) -> LetterContents {
        LetterContents { body: body.to_vec().into(), signature: ByteArray::from([4; 64]) }
    }

    #[test]
    fn a_letter_opens_only_with_the_offices_key_in_its_commune() {
        let mut random = ChaCha20Rng::seed_from_u64(1);
        let key = LetterKey::draw(&mut random);
        let public = key.public().expect("a drawn key is one");
        let letter = seal(&contents(b"a request"), &public, COMMUNE, &mut random).expect("a key");
        assert_eq!(open(&letter, &key, COMMUNE), Ok(contents(b"a request")));
        let other = LetterKey::draw(&mut random);
        assert_eq!(open(&letter, &other, COMMUNE), Err(LetterError::Unopenable), "another office's");
        let elsewhere = open(&letter, &key, CommuneId([2; 16]));
        assert_eq!(elsewhere, Err(LetterError::Unopenable), "another commune's");
        for at in 0..letter.len() {
            let mut damaged = letter.clone();
            damaged[at] ^= 1;
            // What is not sealed is the version and the key's name; the name is advice.
            if let Ok(opened) = open(&damaged, &key, COMMUNE) {
                assert_eq!(opened, contents(b"a request"), "byte {at}");
                assert!(at < 24, "byte {at} is sealed");
            }
            assert!(open(&letter[..at], &key, COMMUNE).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_letters_length_tells_little_and_its_bytes_nothing() {
        let mut random = ChaCha20Rng::seed_from_u64(2);
        let key = LetterKey::draw(&mut random).public().expect("a drawn key is one");
        let mut length =
            |body: &[u8]| seal(&contents(body), &key, COMMUNE, &mut random).expect("a key").len();
        assert_eq!(length(b"little"), length(b"a little more than that"));
        let letter = seal(&contents(b"a word to be found"), &key, COMMUNE, &mut random).expect("a key");
        assert!(!letter.windows(6).any(|part| part == b"a word"));
    }

    #[test]
    fn a_letter_of_another_version_or_size_is_refused() {
        let mut random = ChaCha20Rng::seed_from_u64(3);
        let key = LetterKey::draw(&mut random);
        let public = key.public().expect("a drawn key is one");
        let newer = to_plain(&SealedLetter { protocol: 9, key_id: String::new(), sealed: Vec::new().into() });
        assert_eq!(open(&newer, &key, COMMUNE), Err(LetterError::Protocol(9)));
        let bomb = contents(&vec![0; limits::REQUEST_DECODED_BYTES_MAX]);
        let bomb = seal(&bomb, &public, COMMUNE, &mut random).expect("a key");
        assert_eq!(open(&bomb, &key, COMMUNE), Err(WireError::TooLarge.into()));
        let long = vec![0; limits::REQUEST_BYTES_MAX + 1];
        assert_eq!(open(&long, &key, COMMUNE), Err(WireError::TooLarge.into()));
        assert_eq!(open(b"", &key, COMMUNE), Err(WireError::Malformed.into()));
    }
}
