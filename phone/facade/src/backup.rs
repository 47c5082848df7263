//! The sealed backup file: the encrypted store, its lock, and the letter for the office.
//!
//! Enters and leaves: bytes. Whoever has the PIN can go on from the file on another phone; whoever has not
//! can hand it to the office, which takes in the letter (`sothon letter FILE`) and can read nothing else.
//! Invariant: nothing in the file is readable by itself.

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use sync_core::id::{CommuneId, DeviceId};
use sync_core::wire::{from_plain, to_plain};

/// Bytes of a backup file at most: a store of 2,000 households with years of history has a tenth of it.
pub const BACKUP_BYTES_MAX: usize = 256 * 1024 * 1024;

const KIND: &str = "sothon-backup";
const VERSION: u32 = 1;

/// What is in the file.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Backup {
    #[n(1)]
    kind: String,
    #[n(2)]
    version: u32,
    /// Commune, if the store was open when the file was made.
    #[n(3)]
    pub commune: Option<ByteArray<16>>,
    /// Device, likewise.
    #[n(4)]
    pub device: Option<ByteArray<12>>,
    /// Clock of the phone, seconds since 1970.
    #[n(5)]
    pub made_at: i64,
    /// Record of [`crate::vault`].
    #[n(6)]
    pub vault: ByteVec,
    /// The store's file, encrypted.
    #[n(7)]
    pub store: ByteVec,
    /// What waits for the office, sealed to it.
    #[n(8)]
    pub letter: Option<ByteVec>,
}

/// Not a backup file of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a backup file of this version")]
pub struct NoBackup;

impl Backup {
    /// Puts a file together. `of`: whose store it is, if it is open.
    #[must_use]
    pub fn new(
        of: Option<(CommuneId, DeviceId)>,
        made_at: i64,
        vault: Vec<u8>,
        store: Vec<u8>,
        letter: Option<Vec<u8>>,
    ) -> Self {
        Self {
            kind: KIND.to_owned(),
            version: VERSION,
            commune: of.map(|(commune, _)| commune.0.into()),
            device: of.map(|(_, device)| device.0.into()),
            made_at,
            vault: vault.into(),
            store: store.into(),
            letter: letter.map(Into::into),
        }
    }

    /// The file's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        to_plain(self)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`NoBackup`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NoBackup> {
        if bytes.len() > BACKUP_BYTES_MAX {
            return Err(NoBackup);
        }
        let backup: Self = from_plain(bytes).map_err(|_| NoBackup)?;
        if backup.kind == KIND && backup.version == VERSION { Ok(backup) } else { Err(NoBackup) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_reads_as_it_was_written_and_nothing_else_is_one() {
        let of = (CommuneId([9; 16]), DeviceId([8; 12]));
        let backup = Backup::new(Some(of), 5, vec![1], vec![2, 3], Some(vec![4]));
        let bytes = backup.to_bytes();
        assert_eq!(Backup::from_bytes(&bytes), Ok(backup.clone()));
        assert_eq!(Backup::from_bytes(&bytes[..bytes.len() - 1]), Err(NoBackup));
        assert_eq!(Backup::from_bytes(b"PK\x03\x04"), Err(NoBackup));
        let newer = Backup { version: VERSION + 1, ..backup };
        assert_eq!(Backup::from_bytes(&newer.to_bytes()), Err(NoBackup));
    }
}
