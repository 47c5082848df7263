//! The office writes too: imports, decisions, links. It is a device like any other — its own key, its
//! own chain — and its changes pass the same examination.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use minicbor::bytes::ByteArray;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};
use sync_core::batch::{BatchHeader, verify};
use sync_core::document::LocalChange;
use sync_core::id::{ActorId, BatchHash, DeviceId, DocumentId};
use sync_core::limits;
use sync_core::wire::{Batch, BatchChange};

use super::{Commune, Office, ingest};
use crate::problem::{Code, Problem};

/// Who writes at the office: the office itself, whose key is in a file beside the database, or an officer, whose
/// key is there only while they are signed in.
#[derive(Clone)]
pub struct Author {
    key: SigningKey,
    label: String,
}

impl core::fmt::Debug for Author {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Author({})", self.device())
    }
}

/// What phones are told when nobody in particular wrote.
pub(crate) const OFFICE_LABEL: &str = "office";
/// What an act's signature begins with, so that it can be mistaken for no other.
const ACT_DOMAIN: &[u8] = b"so-thon act v1\0";
/// The office counts its installations by lives of the log, not by this number.
const INSTALLATION: u32 = 0;

impl Author {
    /// From the 32 bytes kept in the key file.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self { key: SigningKey::from_bytes(bytes), label: OFFICE_LABEL.to_owned() }
    }

    /// An officer, by their own key; phones are told the label beside what they decided.
    #[must_use]
    pub fn officer(key: &[u8; 32], label: &str) -> Self {
        Self { key: SigningKey::from_bytes(key), label: label.to_owned() }
    }

    /// What phones are told.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Signs an act of the log: Ed25519 over `so-thon act v1`, a zero byte, the commune's id, and the act as JSON
    /// before `by` and `signature` are added to it.
    #[must_use]
    pub fn sign_act(&self, commune: &Commune, act: &serde_json::Value) -> serde_json::Value {
        let message = [ACT_DOMAIN, &commune.id.0, act.to_string().as_bytes()].concat();
        let mut signed = act.clone();
        signed["by"] = serde_json::json!(self.device());
        signed["signature"] = URL_SAFE_NO_PAD.encode(self.key.sign(&message).to_bytes()).into();
        signed
    }

    /// Signs a message that says itself what it is for: its first bytes are a domain of its own.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }

    /// The office as a device.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        DeviceId::of_key(&self.key.verifying_key().to_bytes())
    }

    /// Who writes in this life of the log. After a restore the office goes on as another installation: its
    /// lost changes may still be on phones, and no number may stand for two of them.
    #[must_use]
    pub fn actor(&self, commune: &Commune) -> ActorId {
        let life = commune.incarnation.0[..4].try_into().expect("an incarnation has 16 bytes");
        self.device().actor(u32::from_be_bytes(life))
    }

    /// A digest of `message` that tells nothing to whoever lacks the office's key, and can't be guessed at:
    /// HMAC-SHA-256 under a key derived from it for `purpose`.
    #[must_use]
    pub fn keyed_digest(&self, purpose: &[u8], message: &[u8]) -> [u8; 32] {
        let derived = Sha256::new().chain_update(self.key.as_bytes()).chain_update(purpose).finalize();
        let pad = |with: u8| {
            let mut block = [with; 64];
            block.iter_mut().zip(derived).for_each(|(byte, key)| *byte ^= key);
            block
        };
        let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
        Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().into()
    }
}

/// Whether an act of the log bears the signature of the key in it ([`Author::sign_act`]).
pub(super) fn is_act_signed(commune: &Commune, key: &[u8; 32], act: &serde_json::Value) -> bool {
    let serde_json::Value::Object(mut act) = act.clone() else { return false };
    let signature = act.remove("signature");
    act.remove("by");
    let signature = signature
        .as_ref()
        .and_then(|text| URL_SAFE_NO_PAD.decode(text.as_str()?).ok())
        .and_then(|bytes| <[u8; 64]>::try_from(bytes).ok());
    let message = [ACT_DOMAIN, &commune.id.0, serde_json::Value::Object(act).to_string().as_bytes()].concat();
    signature.is_some_and(|signature| verify(key, &message, &signature))
}

/// What an import remembers of a row, so that running it again doubles nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedRow {
    /// Name of the register imported.
    pub source: String,
    /// What identifies the row in it.
    pub row_key: String,
    /// The household's document.
    pub document: DocumentId,
    /// Key of the child in it; empty for a row that only described the household.
    pub person: String,
    /// What the row said, as JSON.
    pub said: String,
}

impl Office {
    /// Puts changes made at the office on disk, signed as batches of the office's own chain, with the
    /// rows of an import they come from: all of them or none. Returns how many changes were accepted.
    ///
    /// # Errors
    /// [`Code::BodyMalformed`] if any change is refused (a fault of the caller); the database's.
    pub fn author(
        &self,
        author: &Author,
        changes: Vec<(DocumentId, LocalChange)>,
        rows: Vec<ImportedRow>,
        clock: i64,
    ) -> Result<usize, Problem> {
        let author = author.clone();
        self.writer.write(move |sql, commune| {
            let accepted = write(sql, commune, &author, &changes, clock)?;
            for row in rows {
                sql.prepare_cached(
                    "INSERT INTO import_row (source, row_key, document, person, said) VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT (source, row_key) DO UPDATE SET said = ?5",
                )?
                .execute(params![row.source, row.row_key, row.document.0, row.person, row.said])?;
            }
            Ok(accepted)
        })
    }

    /// What earlier imports of a register remember, by row key.
    ///
    /// # Errors
    /// The database's.
    pub fn imported_rows(&self, source: &str) -> Result<Vec<ImportedRow>, Problem> {
        self.read(|sql| {
            let mut statement = sql.prepare(
                "SELECT source, row_key, document, person, said FROM import_row WHERE source = ?1 ORDER BY row_key",
            )?;
            let rows = statement.query_map([source], |row| {
                Ok(ImportedRow {
                    source: row.get(0)?,
                    row_key: row.get(1)?,
                    document: DocumentId(row.get(2)?),
                    person: row.get(3)?,
                    said: row.get(4)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

/// Signs changes as batches of the author's chain and takes them in, inside the writer: all of them or none. Returns
/// how many were accepted.
pub(super) fn write(
    sql: &Connection,
    commune: &Commune,
    author: &Author,
    changes: &[(DocumentId, LocalChange)],
    clock: i64,
) -> Result<usize, Problem> {
    let (mut number, mut previous) = register(sql, author, clock)?;
    let mut accepted = 0;
    for part in changes.chunks(limits::BATCH_CHANGES_MAX) {
        number += 1;
        let batch = sign(commune, author, number, previous, part, clock);
        let report = ingest::ingest(sql, commune, author.device(), &batch, true, clock)?;
        if report.refused > 0 {
            return Err(Code::BodyMalformed.into());
        }
        accepted += report.accepted;
        previous = report.receipt.hash;
    }
    Ok(accepted)
}

/// Makes the author's device known, and tells where its chain stands.
pub(super) fn register(sql: &Connection, author: &Author, clock: i64) -> Result<(u64, BatchHash), Problem> {
    let device = author.device();
    let known: Option<(u64, [u8; 32])> = sql
        .prepare_cached("SELECT chain_number, chain_hash FROM device WHERE id = ?1")?
        .query_row(params![device.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((number, hash)) = known {
        return Ok((number, BatchHash(hash)));
    }
    sql.execute(
        "INSERT INTO device (id, public_key, label, kind, installation, enrolled_at, epoch, chain_number, chain_hash)
         VALUES (?1, ?2, ?6, 'office', ?3, ?4, 1, 0, ?5)",
        params![
            device.0,
            author.key.verifying_key().to_bytes(),
            INSTALLATION,
            clock,
            [0u8; 32],
            author.label
        ],
    )?;
    // Phones are told who else may write in their villages.
    super::admin::raise_all(sql)?;
    Ok((0, BatchHash([0; 32])))
}

fn sign(
    commune: &Commune,
    author: &Author,
    number: u64,
    previous: BatchHash,
    changes: &[(DocumentId, LocalChange)],
    clock: i64,
) -> Batch {
    let header = BatchHeader {
        device: author.device(),
        number,
        previous,
        signed_at: clock,
        changes: changes.iter().map(|(document, change)| (*document, change.hash)).collect(),
    };
    Batch {
        number,
        previous,
        signed_at: clock,
        changes: changes
            .iter()
            .map(|(document, change)| BatchChange { document: *document, bytes: change.bytes.clone().into() })
            .collect(),
        signature: ByteArray::from(header.sign(commune.id, &author.key)),
    }
}
