//! The lock of the store: its key, closed with a key derived from the collector's PIN.
//!
//! Enters: a PIN, and the random key the store is encrypted with. Leaves: a small record to be kept beside
//! the store, from which the PIN gives the key back. A PIN that is changed changes the record and not the
//! store. Invariants: neither PIN nor key is ever in an error, a log or a `Debug`; whoever copies the phone
//! pays Argon2id (RFC 9106) for every PIN tried. How often somebody may try on the phone itself is the
//! Worker's (`phone/app/src/core/worker/pin.ts`), because that needs a clock that survives.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit as _};
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use sync_core::random::Random;
use sync_core::wire::{from_plain, to_plain};
use zeroize::Zeroizing;

/// Characters a PIN has at least.
pub const PIN_CHARS_MIN: usize = 6;
/// Bytes a PIN has at most: the pages take 64 characters, and one of Vietnamese has up to three bytes.
pub const PIN_BYTES_MAX: usize = 256;

/// Memory for one derivation, KiB: the least that OWASP's cheat sheet on password storage recommends for
/// Argon2id with two passes, and what a phone with 2 GB has to spare.
const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over that memory.
const PASSES: u32 = 2;
/// What a record from a file may ask for at most: a backup must not be able to exhaust the phone.
const MEMORY_KIB_MAX: u32 = 64 * 1024;
/// Likewise.
const PASSES_MAX: u32 = 8;

const VERSION: u32 = 1;
const AAD: &[u8] = b"sothon/vault/1";

/// Why a record gives no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// Not the PIN it was closed with.
    #[error("another PIN")]
    WrongPin,
    /// Not a record of this version, or damaged.
    #[error("not a vault of this version")]
    Malformed,
}

/// Why a PIN is too easily guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Weakness {
    /// Fewer than [`PIN_CHARS_MIN`] characters.
    Short,
    /// One or two different characters, or one group repeated.
    Repeated,
    /// Counts up or down.
    Sequence,
    /// Reads as a day of somebody's life.
    Date,
    /// Among those tried first.
    Common,
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct Record {
    #[n(1)]
    version: u32,
    #[n(2)]
    salt: ByteArray<16>,
    #[n(3)]
    memory_kib: u32,
    #[n(4)]
    passes: u32,
    #[n(5)]
    nonce: ByteArray<12>,
    #[n(6)]
    closed: ByteVec,
}

impl Record {
    fn cipher(&self, pin: &str) -> Result<ChaCha20Poly1305, VaultError> {
        if self.version != VERSION
            || self.memory_kib > MEMORY_KIB_MAX
            || !(1..=PASSES_MAX).contains(&self.passes)
        {
            return Err(VaultError::Malformed);
        }
        let params =
            Params::new(self.memory_kib, self.passes, 1, Some(32)).map_err(|_| VaultError::Malformed)?;
        let mut key = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(pin.as_bytes(), &*self.salt, &mut *key)
            .map_err(|_| VaultError::Malformed)?;
        Ok(ChaCha20Poly1305::new((&*key).into()))
    }
}

/// Closes `key` with a PIN.
///
/// # Errors
/// [`VaultError::Malformed`] if the PIN is longer than [`PIN_BYTES_MAX`].
pub fn close(pin: &str, key: &[u8; 32], random: &mut dyn Random) -> Result<Vec<u8>, VaultError> {
    if pin.len() > PIN_BYTES_MAX {
        return Err(VaultError::Malformed);
    }
    let (mut salt, mut nonce) = ([0; 16], [0; 12]);
    random.fill(&mut salt);
    random.fill(&mut nonce);
    let mut record = Record {
        version: VERSION,
        salt: salt.into(),
        memory_kib: MEMORY_KIB,
        passes: PASSES,
        nonce: nonce.into(),
        closed: ByteVec::from(Vec::new()),
    };
    let payload = Payload { msg: key, aad: AAD };
    let closed = record.cipher(pin)?.encrypt((&nonce).into(), payload).expect("32 bytes are never too long");
    record.closed = closed.into();
    Ok(to_plain(&record))
}

/// Opens a record.
///
/// # Errors
/// See [`VaultError`].
pub fn open(pin: &str, record: &[u8]) -> Result<Zeroizing<[u8; 32]>, VaultError> {
    let record: Record = from_plain(record).map_err(|_| VaultError::Malformed)?;
    if pin.len() > PIN_BYTES_MAX || record.closed.len() != 32 + 16 {
        return Err(if pin.len() > PIN_BYTES_MAX { VaultError::WrongPin } else { VaultError::Malformed });
    }
    let payload = Payload { msg: &record.closed, aad: AAD };
    let nonce: [u8; 12] = *record.nonce;
    let opened = record.cipher(pin)?.decrypt((&nonce).into(), payload).map_err(|_| VaultError::WrongPin)?;
    let opened = Zeroizing::new(opened);
    let mut key = Zeroizing::new([0; 32]);
    key.copy_from_slice(&opened);
    Ok(key)
}

/// What makes a PIN too easy, if anything does: the first few that a finder of the phone would try.
#[must_use]
pub fn weakness(pin: &str) -> Option<Weakness> {
    let chars: Vec<char> = pin.chars().collect();
    if chars.len() < PIN_CHARS_MIN {
        return Some(Weakness::Short);
    }
    let period = |length: usize| chars.chunks(length).all(|group| chars.starts_with(group));
    let mut different = chars.clone();
    different.sort_unstable();
    different.dedup();
    if different.len() <= 2
        || (2..=chars.len() / 2).any(|length| chars.len().is_multiple_of(length) && period(length))
    {
        return Some(Weakness::Repeated);
    }
    let steps: Vec<i64> =
        chars.windows(2).map(|pair| i64::from(u32::from(pair[1])) - i64::from(u32::from(pair[0]))).collect();
    let around = |step: &i64| matches!(step, 1 | -9);
    if steps.iter().all(around) || steps.iter().all(|step| around(&-step)) {
        return Some(Weakness::Sequence);
    }
    if is_date(pin) {
        return Some(Weakness::Date);
    }
    const COMMON: [&str; 12] = [
        "112233", "123123", "123321", "147258", "159357", "159753", "147852", "258456", "qwerty", "matkhau",
        "password", "sothon",
    ];
    COMMON.contains(&pin.to_lowercase().as_str()).then_some(Weakness::Common)
}

/// Six or eight digits that read as day, month and year of the last hundred years, in either order.
fn is_date(pin: &str) -> bool {
    if !pin.bytes().all(|c| c.is_ascii_digit()) {
        return false;
    }
    let number =
        |range: core::ops::Range<usize>| pin.get(range).and_then(|digits| digits.parse::<u32>().ok());
    let day_and_month = |day: Option<u32>, month: Option<u32>| {
        day.is_some_and(|day| (1..=31).contains(&day)) && month.is_some_and(|month| (1..=12).contains(&month))
    };
    let year = |year: Option<u32>| year.is_some_and(|year| (1920..=2035).contains(&year));
    match pin.len() {
        6 => day_and_month(number(0..2), number(2..4)) || day_and_month(number(4..6), number(2..4)),
        8 => {
            (day_and_month(number(0..2), number(2..4)) && year(number(4..8)))
                || (year(number(0..4)) && day_and_month(number(6..8), number(4..6)))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    use super::*;

    #[test]
    fn the_pin_gives_the_key_back_and_another_does_not() {
        let mut random = ChaCha20Rng::seed_from_u64(1);
        let record = close("739 215", &[7; 32], &mut random).expect("a short PIN");
        assert_eq!(*open("739 215", &record).expect("the same PIN"), [7; 32]);
        assert_eq!(open("739215", &record).unwrap_err(), VaultError::WrongPin);
        assert_eq!(open(&"9".repeat(PIN_BYTES_MAX + 1), &record).unwrap_err(), VaultError::WrongPin);
        let longest = "ặẽẻ7".repeat(16);
        let record_of_longest = close(&longest, &[7; 32], &mut random).expect("what the pages take");
        assert_eq!(*open(&longest, &record_of_longest).expect("the same PIN"), [7; 32]);
        assert_ne!(record, close("739 215", &[7; 32], &mut random).expect("a short PIN"), "salted anew");
    }

    #[test]
    fn a_damaged_or_greedy_record_is_refused_without_work() {
        let mut random = ChaCha20Rng::seed_from_u64(2);
        let record = close("739215", &[7; 32], &mut random).expect("a short PIN");
        for cut in [0, 1, record.len() - 1] {
            assert_eq!(open("739215", &record[..cut]).unwrap_err(), VaultError::Malformed);
        }
        let mut greedy: Record = from_plain(&record).expect("just written");
        greedy.memory_kib = MEMORY_KIB_MAX + 1;
        assert_eq!(open("739215", &to_plain(&greedy)).unwrap_err(), VaultError::Malformed);
        let mut changed: Record = from_plain(&record).expect("just written");
        changed.closed[0] ^= 1;
        assert_eq!(open("739215", &to_plain(&changed)).unwrap_err(), VaultError::WrongPin);
    }

    #[test]
    fn pins_that_are_tried_first_are_weak() {
        let cases = [
            ("12345", Some(Weakness::Short)),
            ("111111", Some(Weakness::Repeated)),
            ("121212", Some(Weakness::Repeated)),
            ("275275", Some(Weakness::Repeated)),
            ("123456", Some(Weakness::Sequence)),
            ("987654", Some(Weakness::Sequence)),
            ("890123", Some(Weakness::Sequence)),
            ("030519", Some(Weakness::Date)),
            ("19750203", Some(Weakness::Date)),
            ("02031975", Some(Weakness::Date)),
            ("147258", Some(Weakness::Common)),
            ("matkhau", Some(Weakness::Common)),
            ("739284", None),
            ("đèo gió 7", None),
        ];
        for (pin, expected) in cases {
            assert_eq!(weakness(pin), expected, "{pin}");
        }
    }
}
