//! Acts of the office on devices: codes, enrolment, grants, revocation. Each is a row of the log.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;
use sha2::{Digest, Sha256};
use sync_core::batch::{enrolment_signing_bytes, verify};
use sync_core::id::{DeviceId, DocumentId};
use sync_core::limits;
use sync_core::random::Random;
use sync_core::wire::{EnrolmentRequest, EnrolmentResponse, from_plain, to_plain};

use super::exchange::{grants_of, speak};
use super::ingest::{self, KIND_ACT, Row};
use super::{Author, Commune, Office, lock};
use crate::problem::{Code, Problem};

/// Wrong enrolment codes taken in one window before all are refused.
const ATTEMPTS_MAX: u32 = 20;
/// Length of the window, in seconds.
const ATTEMPTS_WINDOW_SECONDS: i64 = 600;
/// A device that speaks again within this time is not noted again.
const SEEN_SECONDS: u64 = 3600;
/// Characters of a code, apart from the dashes: 60 bits.
const CODE_CHARS: usize = 12;
/// Digits and letters that are not mistaken for one another.
const CODE_ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// Wrong codes of late. A guesser is slowed down; nobody is locked out for long.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    window: i64,
    wrong: u32,
}

/// A one-time code, to be shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct EnrolmentCode {
    /// As it is given to the collector: `XXXX-XXXX-XXXX`.
    pub text: String,
    /// When it ends, seconds since 1970.
    pub expires_at: i64,
}

/// A device as the office knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRecord {
    /// Its name.
    pub id: DeviceId,
    /// What the office calls it.
    pub label: String,
    /// Villages granted.
    pub villages: Vec<String>,
    /// Whether it was revoked.
    pub revoked: bool,
    /// Batches received.
    pub batches: u64,
    /// When the last batch came, office clock.
    pub last_batch_at: Option<i64>,
    /// When it last spoke with the office, office clock; to the hour if it had nothing to tell.
    pub seen_at: Option<i64>,
    /// Changes in quarantine.
    pub quarantined: u64,
}

impl Office {
    /// Makes a one-time code by which a device will be enrolled with these villages.
    ///
    /// # Errors
    /// [`Code::NotFound`] for an unknown village; the database's.
    pub fn enrolment_code(
        &self,
        label: &str,
        villages: &[String],
        valid_seconds: i64,
        clock: i64,
    ) -> Result<EnrolmentCode, Problem> {
        let text = self.draw(|random| draw_code(random));
        let expires_at = clock.saturating_add(valid_seconds);
        let (label, villages, hash) = (label.to_owned(), villages.to_vec(), code_hash(&text));
        self.writer.write(move |sql, _| {
            require_few(&villages)?;
            for village in &villages {
                require_village(sql, village)?;
            }
            sql.execute(
                "INSERT INTO enrolment_code (hash, label, villages, expires_at) VALUES (?1, ?2, ?3, ?4)",
                params![hash, label, json!(villages).to_string(), expires_at],
            )?;
            Ok(())
        })?;
        Ok(EnrolmentCode { text, expires_at })
    }

    /// Enrols a device. Asked again with the same code and key (the answer was lost), it answers the
    /// same.
    ///
    /// # Errors
    /// A [`Problem`].
    pub fn enrol(&self, body: &[u8], clock: i64) -> Result<Vec<u8>, Problem> {
        let request: EnrolmentRequest = from_plain(body)?;
        speak(request.protocol)?;
        self.slow_down(clock)?;
        let proof = enrolment_signing_bytes(&request.code, &request.public_key);
        if !verify(&request.public_key, &proof, &request.signature) {
            return Err(Code::SignatureInvalid.into());
        }
        let hash = code_hash(&request.code);
        let public_key: [u8; 32] = *request.public_key;
        let device = DeviceId::of_key(&public_key);
        let outcome = self.writer.write(move |sql, _| enrol(sql, device, &public_key, hash, clock));
        if matches!(&outcome, Err(problem) if problem.code == Code::EnrolmentCodeUnknown) {
            lock(&self.attempts).wrong += 1;
        }
        let installation = outcome?;
        self.read(|sql| {
            let grants = grants_of(sql, device)?;
            let commune = self.info(sql, &grants.villages, clock)?;
            let response =
                EnrolmentResponse { protocol: request.protocol, device, commune, grants, installation };
            Ok(to_plain(&response))
        })
    }

    fn slow_down(&self, clock: i64) -> Result<(), Problem> {
        let mut attempts = lock(&self.attempts);
        let window = clock.div_euclid(ATTEMPTS_WINDOW_SECONDS);
        if attempts.window != window {
            *attempts = Attempts { window, wrong: 0 };
        }
        if attempts.wrong >= ATTEMPTS_MAX { Err(Code::TooManyAttempts.into()) } else { Ok(()) }
    }

    /// Replaces the villages granted to a device, raises its epoch, and lets pass what waited for it. The act in the
    /// log is signed by the officer who does it in the console; nobody signs on the command line.
    /// Returns how many quarantined changes entered the log.
    ///
    /// # Errors
    /// [`Code::DeviceUnknown`], [`Code::NotFound`] for an unknown village; the database's.
    pub fn grant(
        &self,
        by: Option<&Author>,
        device: DeviceId,
        villages: &[String],
        clock: i64,
    ) -> Result<usize, Problem> {
        let (by, villages) = (by.cloned(), villages.to_vec());
        self.writer.write(move |sql, commune| {
            require_device(sql, device)?;
            require_few(&villages)?;
            let before = grants_of(sql, device)?.villages;
            sql.execute("DELETE FROM village_grant WHERE device = ?1", params![device.0])?;
            for village in &villages {
                require_village(sql, village)?;
                sql.execute(
                    "INSERT OR IGNORE INTO village_grant (device, village) VALUES (?1, ?2)",
                    params![device.0, village],
                )?;
            }
            sql.execute("UPDATE device SET epoch = epoch + 1 WHERE id = ?1", params![device.0])?;
            raise_beside(sql, device, &[before, villages.clone()].concat())?;
            let grant = json!({ "act": "grant", "device": device, "villages": villages });
            act_by(sql, commune, by.as_ref(), clock, &grant)?;
            ingest::retry_device(sql, device, clock)
        })
    }

    /// Revokes a device: nothing more is accepted from it, what it sent stays.
    ///
    /// # Errors
    /// [`Code::DeviceUnknown`]; the database's.
    pub fn revoke(&self, by: Option<&Author>, device: DeviceId, clock: i64) -> Result<(), Problem> {
        let by = by.cloned();
        self.writer.write(move |sql, commune| {
            require_device(sql, device)?;
            sql.execute(
                "UPDATE device SET revoked_at = ?2, epoch = epoch + 1 WHERE id = ?1 AND revoked_at IS NULL",
                params![device.0, clock],
            )?;
            act_by(sql, commune, by.as_ref(), clock, &json!({ "act": "revoke", "device": device }))?;
            Ok(())
        })
    }

    /// Notes that a device spoke with the office, if it is not noted already for about this hour. What can't be
    /// written is no reason to refuse the device its page.
    pub(super) fn note_seen(&self, device: DeviceId, clock: i64) {
        let noted = self.read(|sql| {
            sql.prepare_cached("SELECT seen_at FROM device WHERE id = ?1")?
                .query_row(params![device.0], |row| row.get::<_, Option<i64>>(0))
        });
        if matches!(noted, Ok(Some(at)) if clock.abs_diff(at) < SEEN_SECONDS) {
            return;
        }
        let written = self.writer.write(move |sql, _| {
            sql.execute("UPDATE device SET seen_at = ?2 WHERE id = ?1", params![device.0, clock])?;
            Ok(())
        });
        if let Err(problem) = written {
            tracing::warn!(%device, code = problem.code.code(), "not noted that it spoke");
        }
    }

    /// All phones, by label.
    ///
    /// # Errors
    /// The database's.
    pub fn devices(&self) -> Result<Vec<DeviceRecord>, Problem> {
        self.read(|sql| {
            let mut statement = sql.prepare(
                "SELECT id, label, revoked_at IS NOT NULL,
                        (SELECT count(*) FROM batch WHERE device = d.id),
                        (SELECT max(received_at) FROM batch WHERE device = d.id),
                        (SELECT count(*) FROM quarantine WHERE device = d.id AND released_at IS NULL), seen_at
                 FROM device AS d WHERE kind = 'phone' ORDER BY label, id",
            )?;
            let rows = statement.query_map([], |row| {
                let last_batch_at: Option<i64> = row.get(4)?;
                Ok(DeviceRecord {
                    id: DeviceId(row.get(0)?),
                    label: row.get(1)?,
                    villages: Vec::new(),
                    revoked: row.get(2)?,
                    batches: row.get(3)?,
                    last_batch_at,
                    seen_at: last_batch_at.max(row.get(6)?),
                    quarantined: row.get(5)?,
                })
            })?;
            let mut devices = rows.collect::<Result<Vec<_>, _>>()?;
            for device in &mut devices {
                device.villages = grants_of(sql, device.id)?.villages;
            }
            Ok(devices)
        })
    }

    /// Code and name of every village, by code.
    ///
    /// # Errors
    /// The database's.
    pub fn villages(&self) -> Result<Vec<(String, String)>, Problem> {
        self.read(|sql| {
            let mut statement = sql.prepare("SELECT code, name FROM village ORDER BY code")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Documents of which a device has changes in quarantine. For the office's list.
    ///
    /// # Errors
    /// The database's.
    pub fn quarantined_documents(&self, device: DeviceId) -> Result<Vec<DocumentId>, Problem> {
        self.read(|sql| {
            let mut statement = sql.prepare(
                "SELECT DISTINCT document FROM quarantine WHERE device = ?1 AND released_at IS NULL ORDER BY document",
            )?;
            let rows = statement.query_map(params![device.0], |row| row.get(0).map(DocumentId))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

/// The installation number of the device now enrolled.
fn enrol(
    sql: &Connection,
    device: DeviceId,
    public_key: &[u8; 32],
    hash: [u8; 32],
    clock: i64,
) -> Result<u32, Problem> {
    type Found = (String, String, i64, Option<[u8; 12]>);
    let found: Option<Found> = sql
        .query_row(
            "SELECT label, villages, expires_at, used_by FROM enrolment_code WHERE hash = ?1",
            params![hash],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )
        .optional()?;
    let (label, villages, expires_at, used_by) = found.ok_or(Code::EnrolmentCodeUnknown)?;
    match used_by {
        Some(user) if user == device.0 => {
            let installation =
                sql.query_row("SELECT installation FROM device WHERE id = ?1", params![device.0], |row| {
                    row.get(0)
                })?;
            return Ok(installation);
        }
        Some(_) => return Err(Code::EnrolmentCodeUsed.into()),
        None if clock >= expires_at => return Err(Code::EnrolmentCodeExpired.into()),
        None => {}
    }
    // The same key again, with a new code: the device stays who it is, with the villages of the code.
    type Known = (u32, Option<i64>);
    let known: Option<Known> = sql
        .query_row("SELECT installation, revoked_at FROM device WHERE id = ?1", params![device.0], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let before = if known.is_some() { grants_of(sql, device)?.villages } else { Vec::new() };
    let installation = match known {
        Some((_, Some(_))) => return Err(Code::DeviceRevoked.into()),
        Some((installation, None)) => {
            sql.execute(
                "UPDATE device SET epoch = epoch + 1, label = ?2 WHERE id = ?1",
                params![device.0, label],
            )?;
            sql.execute("DELETE FROM village_grant WHERE device = ?1", params![device.0])?;
            installation
        }
        None => {
            sql.execute(
                "INSERT INTO device (id, public_key, label, kind, installation, enrolled_at, epoch, chain_number,
                                     chain_hash)
                 VALUES (?1, ?2, ?3, 'phone', 1, ?4, 1, 0, ?5)",
                params![device.0, public_key, label, clock, [0u8; 32]],
            )?;
            1
        }
    };
    let villages: Vec<String> = serde_json::from_str(&villages).map_err(|_| Code::Internal)?;
    raise_beside(sql, device, &[before, villages.clone()].concat())?;
    for village in &villages {
        sql.execute(
            "INSERT OR IGNORE INTO village_grant (device, village) VALUES (?1, ?2)",
            params![device.0, village],
        )?;
    }
    sql.execute("UPDATE enrolment_code SET used_by = ?2 WHERE hash = ?1", params![hash, device.0])?;
    act(sql, clock, &json!({ "act": "enrol", "device": device, "villages": villages }))?;
    Ok(installation)
}

/// Writes an act of administration into the log and returns its position.
pub(super) fn act(sql: &Connection, clock: i64, act: &serde_json::Value) -> Result<u64, Problem> {
    let bytes = act.to_string();
    ingest::append(sql, &Row { kind: KIND_ACT, received_at: clock, change: None, bytes: bytes.as_bytes() })
}

/// Writes an act into the log, signed by the officer who does it in the console. On the command line nobody signs, and
/// [`Office::verify`] says so.
pub(super) fn act_by(
    sql: &Connection,
    commune: &Commune,
    by: Option<&Author>,
    clock: i64,
    what: &serde_json::Value,
) -> Result<u64, Problem> {
    match by {
        Some(author) => act(sql, clock, &author.sign_act(commune, what)),
        None => act(sql, clock, what),
    }
}

/// Raises the epoch of every device: all are told of the commune anew.
pub(super) fn raise_all(sql: &Connection) -> Result<(), Problem> {
    sql.execute("UPDATE device SET epoch = epoch + 1 WHERE kind = 'phone'", [])?;
    Ok(())
}

/// Raises the epoch of the other devices of these villages: they are told who writes beside them.
fn raise_beside(sql: &Connection, device: DeviceId, villages: &[String]) -> Result<(), Problem> {
    sql.execute(
        "UPDATE device SET epoch = epoch + 1 WHERE id <> ?1 AND id IN
         (SELECT device FROM village_grant WHERE village IN (SELECT value FROM json_each(?2)))",
        params![device.0, json!(villages).to_string()],
    )?;
    Ok(())
}

/// A device names its villages in every request: more than the protocol's limit would lock it out.
fn require_few(villages: &[String]) -> Result<(), Problem> {
    if villages.len() > limits::GRANTED_VILLAGES_MAX { Err(Code::LimitExceeded.into()) } else { Ok(()) }
}

fn require_village(sql: &Connection, code: &str) -> Result<(), Problem> {
    let known = sql.prepare_cached("SELECT 1 FROM village WHERE code = ?1")?.exists([code])?;
    if known { Ok(()) } else { Err(Code::NotFound.into()) }
}

fn require_device(sql: &Connection, device: DeviceId) -> Result<(), Problem> {
    let known = sql
        .prepare_cached("SELECT 1 FROM device WHERE id = ?1 AND kind = 'phone'")?
        .exists(params![device.0])?;
    if known { Ok(()) } else { Err(Code::DeviceUnknown.into()) }
}

/// A new code: `XXXX-XXXX-XXXX`.
pub(super) fn draw_code(random: &mut dyn Random) -> String {
    let mut bytes = [0; CODE_CHARS];
    random.fill(&mut bytes);
    let characters: Vec<char> =
        bytes.iter().map(|byte| char::from(CODE_ALPHABET[usize::from(byte & 31)])).collect();
    let groups: Vec<String> = characters.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join("-")
}

/// SHA-256 of a code as people may write it: dashes, spaces and case do not count.
pub(super) fn code_hash(code: &str) -> [u8; 32] {
    let plain: String =
        code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    Sha256::digest(plain.as_bytes()).into()
}
