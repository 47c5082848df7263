//! What the store keeps besides the core's contract: the key, the office's address, counts for people.

use ed25519_dalek::SigningKey;
use rusqlite::{OptionalExtension, params};

use sync_core::device::DeviceStore;
use sync_core::id::{BatchHash, ChangeHash, DeviceId, DocumentId};
use sync_core::random::Random;
use sync_core::wire::{Cursor, EnrolmentResponse, to_plain};

use super::{SqliteStore, StoreError, id, pages, signed};

/// What is needed to speak to the office.
#[derive(Clone)]
pub struct Enrolment {
    /// The device's key.
    pub key: SigningKey,
    /// The office's address: `https://…`.
    pub server: String,
    /// Certificates (PEM) to trust; none: those of the system.
    pub ca_pem: Option<String>,
    /// The collector's own name for the device.
    pub label: Option<String>,
}

impl core::fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Enrolment({})", self.server)
    }
}

/// How many changes stand where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Household documents.
    pub documents: u64,
    /// Recorded here and not on the office's disk, in a batch or not.
    pub unsent: u64,
    /// Of these, signed into a batch that is not acknowledged.
    pub signed: u64,
    /// Such batches.
    pub open_batches: u64,
    /// Refused by the office.
    pub refused: u64,
}

/// A change the office keeps in quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedChange {
    /// Its document.
    pub document: DocumentId,
    /// Its hash.
    pub hash: ChangeHash,
    /// The last code given.
    pub code: String,
    /// When the note arrived, seconds since 1970.
    pub noted_at: i64,
}

/// How the last sync that came to its end went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastSync {
    /// Seconds since 1970.
    pub at: i64,
    /// Whether both ends held the same.
    pub agrees: bool,
}

impl SqliteStore {
    /// The device's key and where its office is; none before enrolment was begun.
    ///
    /// # Errors
    /// The store's own.
    pub fn enrolment(&self) -> Result<Option<Enrolment>, StoreError> {
        let row = self
            .connection
            .query_row("SELECT secret, server, ca_pem, label FROM device_key", [], |row| {
                Ok((row.get::<_, Vec<u8>>(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .optional()?;
        let Some((secret, server, ca_pem, label)) = row else { return Ok(None) };
        let secret: [u8; 32] = secret.try_into().map_err(|_| StoreError::Unreadable("key"))?;
        Ok(Some(Enrolment { key: SigningKey::from_bytes(&secret), server, ca_pem, label }))
    }

    /// Stores the key before the office hears of it, so that a request whose answer was lost can be
    /// repeated with the same key. A key stored before is kept; the address is replaced.
    ///
    /// # Errors
    /// The store's own.
    pub fn begin_enrolment(&mut self, enrolment: &Enrolment) -> Result<(), StoreError> {
        self.connection.execute(
            "INSERT INTO device_key (one, secret, server, ca_pem, label, drawn_at) VALUES (1, ?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (one) DO UPDATE
             SET server = excluded.server, ca_pem = excluded.ca_pem, label = coalesce(excluded.label, label)",
            params![
                enrolment.key.to_bytes().as_slice(),
                enrolment.server,
                enrolment.ca_pem,
                enrolment.label,
                self.clock
            ],
        )?;
        Ok(())
    }

    /// Stores the office's answer. A device enrolled again keeps everything it recorded, and the
    /// installation its chain was restarted as, and reads from the beginning.
    ///
    /// # Errors
    /// [`StoreError::OtherDevice`], [`StoreError::OtherCommune`], or the store's own.
    pub fn finish_enrolment(&mut self, answer: &EnrolmentResponse) -> Result<(), StoreError> {
        let enrolment = self.enrolment()?.ok_or(StoreError::NotEnrolled)?;
        let device = DeviceId::of_key(&enrolment.key.verifying_key().to_bytes());
        if answer.device != device {
            return Err(StoreError::OtherDevice);
        }
        match self.state() {
            Ok(state) if state.commune.id != answer.commune.id => return Err(StoreError::OtherCommune),
            Ok(_) | Err(StoreError::NotEnrolled) => {}
            Err(error) => return Err(error),
        }
        self.connection.execute(
            "INSERT INTO state
             (one, device, installation, commune, grants, cursor, chain_number, chain_hash, refusals_noted)
             VALUES (1, ?1, ?2, ?3, ?4, ?5, 0, ?6, 0)
             ON CONFLICT (one) DO UPDATE SET installation = max(installation, excluded.installation),
             commune = excluded.commune,
             grants = excluded.grants, cursor = excluded.cursor, refusals_noted = 0",
            params![
                device.as_bytes(),
                answer.installation,
                to_plain(&answer.commune),
                to_plain(&answer.grants),
                to_plain(&Cursor::default()),
                BatchHash([0; 32]).as_bytes()
            ],
        )?;
        Ok(())
    }

    /// Goes on as another installation. For a store made from a copy: the one it was copied from may have used
    /// the next sequence numbers of its documents since, and a change that repeats one is refused.
    ///
    /// # Errors
    /// The store's own.
    pub fn go_on_as_copy(&mut self, random: &mut dyn Random) -> Result<(), StoreError> {
        // The office numbers installations from 1; the upper half is the device's own.
        let number = (random.next_u64() >> 32) | 0x8000_0000;
        self.connection.execute("UPDATE state SET installation = ?1", [signed(number)])?;
        Ok(())
    }

    /// How many changes stand where.
    ///
    /// # Errors
    /// The store's own.
    pub fn counts(&self) -> Result<Counts, StoreError> {
        let count = |sql: &str| self.connection.query_row(sql, [], |row| row.get(0)).map(i64::cast_unsigned);
        Ok(Counts {
            documents: count("SELECT count(*) FROM document")?,
            unsent: count("SELECT count(*) FROM change_ WHERE state = 0")?,
            signed: count(
                "SELECT count(*) FROM batch_change JOIN batch ON batch.place = batch_change.batch WHERE fate = 0",
            )?,
            open_batches: count("SELECT count(*) FROM batch WHERE fate = 0")?,
            refused: count("SELECT count(*) FROM change_ WHERE state = 2")?,
        })
    }

    /// How many changes were ever stored here.
    ///
    /// # Errors
    /// The store's own.
    pub fn change_count(&self) -> Result<u64, StoreError> {
        let count =
            self.connection.query_row("SELECT coalesce(max(place), 0) FROM change_", [], |row| row.get(0));
        Ok(count.map(i64::cast_unsigned)?)
    }

    /// Every change that is refused now, with the last code given (`set_aside` where no note says so, but
    /// the office turned out not to have it), in the order they were stored.
    ///
    /// # Errors
    /// The store's own.
    pub fn refused(&self) -> Result<Vec<RefusedChange>, StoreError> {
        let mut select = self.connection.prepare(
            "SELECT c.document, c.hash, coalesce(nullif(r.code, 'released'), 'set_aside'),
             coalesce(r.noted_at, c.stored_at) FROM change_ AS c LEFT JOIN refusal AS r
             ON r.place = (SELECT max(place) FROM refusal WHERE hash = c.hash)
             WHERE c.state = 2 ORDER BY c.place",
        )?;
        let mut rows = select.query([])?;
        let mut refused = Vec::new();
        while let Some(row) = rows.next()? {
            let (document, hash): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?);
            refused.push(RefusedChange {
                document: id(&document, "document")?,
                hash: id(&hash, "hash")?,
                code: row.get(2)?,
                noted_at: row.get(3)?,
            });
        }
        Ok(refused)
    }

    /// Notes that a sync came to its end. Households it brought for the first time are no news from then
    /// on; what others change in them is.
    ///
    /// # Errors
    /// The store's own.
    pub fn note_synced(&mut self, sync: LastSync) -> Result<(), StoreError> {
        let tx = self.connection.savepoint()?;
        tx.execute("UPDATE state SET synced_at = ?1, synced_agrees = ?2", params![sync.at, sync.agrees])?;
        pages::settle(&tx)?;
        Ok(tx.commit()?)
    }

    /// How the last sync that came to its end went; none if none did.
    ///
    /// # Errors
    /// The store's own.
    pub fn last_sync(&self) -> Result<Option<LastSync>, StoreError> {
        let row = self.connection.query_row("SELECT synced_at, synced_agrees FROM state", [], |row| {
            Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Option<bool>>(1)?))
        });
        let row = row.optional()?;
        Ok(row.and_then(|(at, agrees)| Some(LastSync { at: at?, agrees: agrees.unwrap_or(false) })))
    }
}
