//! Session tickets that live from one nightly sync to the next ones.
//!
//! rustls's own ticketer forgets after twelve hours, so that every nightly session would pay for a whole
//! handshake. These tickets are kept in the phone and sealed with keys that exist in memory only; a
//! resumed session still makes a fresh key exchange, so a stolen ticket key opens no recorded session.

use std::sync::Arc;

use chacha20poly1305::aead::Aead as _;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit as _};
use rustls::crypto::GetRandomFailed;
use rustls::server::ProducesTickets;
use rustls::ticketer::TicketRotator;

/// How long one key makes tickets, seconds; it opens them for as long again. RFC 8446 allows a ticket
/// seven days at most.
const KEY_SECONDS: u32 = 3 * 24 * 3600;
/// Bytes of the nonce before each sealed ticket.
const NONCE_BYTES: usize = 12;
/// A longer ticket is not one of ours.
const TICKET_BYTES_MAX: usize = 1024;

/// Tickets under keys that change every [`KEY_SECONDS`].
pub(super) fn ticketer() -> Result<Arc<dyn ProducesTickets>, rustls::Error> {
    Ok(Arc::new(TicketRotator::new(KEY_SECONDS, || Ok(Box::new(Key::new()?)))?))
}

fn random(bytes: &mut [u8]) -> Result<(), GetRandomFailed> {
    rustls::crypto::ring::default_provider().secure_random.fill(bytes)
}

struct Key(ChaCha20Poly1305);

impl Key {
    fn new() -> Result<Self, GetRandomFailed> {
        let mut key = zeroize::Zeroizing::new([0; 32]);
        random(key.as_mut_slice())?;
        Ok(Self(ChaCha20Poly1305::new((&*key).into())))
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Key(..)")
    }
}

impl ProducesTickets for Key {
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        2 * KEY_SECONDS
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let mut nonce = [0; NONCE_BYTES];
        random(&mut nonce).ok()?;
        let sealed = self.0.encrypt(&nonce.into(), plain).ok()?;
        Some([nonce.as_slice(), &sealed].concat())
    }

    fn decrypt(&self, ticket: &[u8]) -> Option<Vec<u8>> {
        if ticket.len() > TICKET_BYTES_MAX {
            return None;
        }
        let (nonce, sealed) = ticket.split_first_chunk::<NONCE_BYTES>()?;
        self.0.decrypt(&(*nonce).into(), sealed).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_opens_with_its_key_only() {
        let (key, other) = (Key::new().unwrap(), Key::new().unwrap());
        let ticket = key.encrypt(b"session").unwrap();
        assert_eq!(key.decrypt(&ticket).unwrap(), b"session");
        assert_eq!(other.decrypt(&ticket), None);
        for length in 0..ticket.len() {
            assert_eq!(key.decrypt(&ticket[..length]), None);
        }
        assert_ne!(key.encrypt(b"session").unwrap(), ticket, "nonces differ");
    }

    #[test]
    fn a_ticket_outlives_the_night_and_keeps_within_the_standard() {
        let lifetime = ticketer().unwrap().lifetime();
        assert!((2 * 24 * 3600..=7 * 24 * 3600).contains(&lifetime), "{lifetime}");
    }
}
