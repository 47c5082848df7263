//! Notices of devices: urgent reports and sign-offs, kept as they were signed.
//!
//! Enters: notices of an authenticated device. Leaves: what became of each. Invariants: a notice is stored
//! once however often it is sent; what is stored was signed by its device; nothing is dropped — what can't
//! be accepted is refused by a code and stays on the device. The arrival and the opening of a notice are
//! acts in the log, so that `sothon verify` notices one that is missing.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::json;
use sha2::{Digest, Sha256};
use sync_core::id::{ChangeHash, CommuneId, DeviceId, NoticeId};
use sync_core::limits;
use sync_core::notice::{Notice, NoticeKind, NoticeRefusal, SealedUrgent, SignOff, UrgentReport};
use sync_core::seal::ConfidentialKey;
use sync_core::wire::{
    ExchangeRequest, NOTICE_OPENED, NOTICE_STORED, NoticeFate, NoticeRefusalNote, from_plain, to_plain,
};

use super::{Author, Commune, Office, VerifyReport, admin};
use crate::problem::{Code, Problem};

/// The act by which a notice's arrival stands in the log.
pub(super) const ACT_NOTICE: &str = "notice";

/// An urgent report, unopened or opened, without what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UrgentRow {
    /// Its name.
    pub id: NoticeId,
    /// Who sent it.
    pub device: DeviceId,
    /// What the office calls that device.
    pub label: String,
    /// Device clock.
    pub made_at: i64,
    /// Office clock.
    pub received_at: i64,
    /// When somebody first opened it, office clock.
    pub opened_at: Option<i64>,
    /// What they call themselves.
    pub opened_by: Option<String>,
}

impl Office {
    /// Every urgent report, unopened ones first, each in the order of arrival.
    ///
    /// # Errors
    /// The database's.
    pub fn urgent_reports(&self) -> Result<Vec<UrgentRow>, Problem> {
        self.read(|sql| {
            let mut statement = sql.prepare(
                "SELECT n.id, n.device, d.label, n.made_at, n.received_at, n.opened_at, n.opened_by
                 FROM notice AS n JOIN device AS d ON d.id = n.device
                 WHERE n.kind = 1 ORDER BY n.opened_at IS NOT NULL, n.place",
            )?;
            let rows = statement.query_map([], |row| {
                Ok(UrgentRow {
                    id: NoticeId(row.get(0)?),
                    device: DeviceId(row.get(1)?),
                    label: row.get(2)?,
                    made_at: row.get(3)?,
                    received_at: row.get(4)?,
                    opened_at: row.get(5)?,
                    opened_by: row.get(6)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Opens an urgent report with the confidential key and notes, the first time, when and by whom: its
    /// collector is told. Nothing opened is stored. None if the key does not open it; then nothing is noted.
    ///
    /// # Errors
    /// [`Code::NotFound`] for an unknown report; the database's.
    pub fn open_urgent(
        &self,
        officer: Option<&Author>,
        id: NoticeId,
        key: &ConfidentialKey,
        by: &str,
        clock: i64,
    ) -> Result<Option<UrgentReport>, Problem> {
        let stored = self.read(|sql| stored(sql, id))?.ok_or(Code::NotFound)?;
        if stored.notice.known_kind() != Some(NoticeKind::Urgent) {
            return Err(Code::NotFound.into());
        }
        let Ok(report) = UrgentReport::open(&stored.notice, key, self.commune.id) else { return Ok(None) };
        let (officer, by) = (officer.cloned(), by.to_owned());
        self.writer.write(move |sql, commune| {
            let first = sql.execute(
                "UPDATE notice SET opened_at = ?2, opened_by = ?3 WHERE id = ?1 AND opened_at IS NULL",
                params![id.0, clock, by],
            )?;
            match first {
                0 => Ok(()),
                _ => {
                    let act = json!({ "act": "open", "notice": id, "opened_by": by });
                    admin::act_by(sql, commune, officer.as_ref(), clock, &act).map(drop)
                }
            }
        })?;
        Ok(Some(report))
    }
}

/// A notice on disk.
pub(super) struct Stored {
    pub(super) notice: Notice,
    device: DeviceId,
}

const COLUMNS: &str = "id, kind, made_at, body, signature, device";

pub(super) fn stored_of(row: &Row<'_>) -> Result<Stored, rusqlite::Error> {
    let notice = Notice {
        id: NoticeId(row.get(0)?),
        kind: row.get(1)?,
        made_at: row.get(2)?,
        body: row.get::<_, Vec<u8>>(3)?.into(),
        signature: row.get::<_, [u8; 64]>(4)?.into(),
    };
    Ok(Stored { notice, device: DeviceId(row.get(5)?) })
}

fn stored(sql: &Connection, id: NoticeId) -> Result<Option<Stored>, Problem> {
    let query = format!("SELECT {COLUMNS} FROM notice WHERE id = ?1");
    Ok(sql.prepare_cached(&query)?.query_row(params![id.0], stored_of).optional()?)
}

/// Takes in the notices of a device, in the writer's transaction. Returns those not accepted.
pub(super) fn take(
    sql: &Connection,
    commune: &Commune,
    device: DeviceId,
    notices: &[Notice],
    clock: i64,
) -> Result<Vec<NoticeRefusalNote>, Problem> {
    let public_key: [u8; 32] = sql
        .prepare_cached("SELECT public_key FROM device WHERE id = ?1 AND revoked_at IS NULL")?
        .query_row(params![device.0], |row| row.get(0))
        .optional()?
        .ok_or(Code::DeviceRevoked)?;
    let mut refusals = Vec::new();
    for notice in notices {
        let outcome = match stored(sql, notice.id)? {
            Some(known) if known.device == device && known.notice == *notice => continue,
            Some(_) => Err(NoticeRefusal::NameTaken),
            None if !notice.is_signed(commune.id, &public_key) => Err(NoticeRefusal::SignatureInvalid),
            None => judge(sql, device, notice)?,
        };
        match outcome {
            Ok(sign_off) => insert(sql, device, notice, sign_off.as_ref(), clock)?,
            Err(refusal) => {
                refusals.push(NoticeRefusalNote { id: notice.id, code: refusal.code().to_owned() });
            }
        }
    }
    Ok(refusals)
}

/// Looks at a signed notice: what it is, and whether this device may send one more.
fn judge(
    sql: &Connection,
    device: DeviceId,
    notice: &Notice,
) -> Result<Result<Option<SignOff>, NoticeRefusal>, Problem> {
    let sign_off = match notice.known_kind() {
        None => return Ok(Err(NoticeRefusal::KindUnknown)),
        Some(NoticeKind::Urgent) if from_plain::<SealedUrgent>(&notice.body).is_ok() => None,
        Some(NoticeKind::Urgent) => return Ok(Err(NoticeRefusal::Malformed)),
        Some(NoticeKind::SignOff) => match SignOff::read(notice) {
            Some(sign_off) => Some(sign_off),
            None => return Ok(Err(NoticeRefusal::Malformed)),
        },
    };
    if let Some(sign_off) = &sign_off {
        let granted = sql
            .prepare_cached("SELECT 1 FROM village_grant WHERE device = ?1 AND village = ?2")?
            .exists(params![device.0, sign_off.village])?;
        if !granted {
            return Ok(Err(NoticeRefusal::VillageNotGranted));
        }
    }
    let kept: usize = sql
        .prepare_cached("SELECT count(*) FROM notice WHERE device = ?1")?
        .query_row(params![device.0], |row| row.get(0))?;
    Ok(if kept < limits::DEVICE_NOTICES_MAX { Ok(sign_off) } else { Err(NoticeRefusal::Full) })
}

fn insert(
    sql: &Connection,
    device: DeviceId,
    notice: &Notice,
    sign_off: Option<&SignOff>,
    clock: i64,
) -> Result<(), Problem> {
    sql.prepare_cached(
        "INSERT INTO notice (id, device, kind, made_at, received_at, round, village, body, signature)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        notice.id.0,
        device.0,
        notice.kind,
        notice.made_at,
        clock,
        sign_off.map(|sign_off| &sign_off.round),
        sign_off.map(|sign_off| &sign_off.village),
        notice.body.as_slice(),
        notice.signature.as_slice(),
    ])?;
    let act = json!({ "act": ACT_NOTICE, "notice": notice.id, "device": device, "digest": digest(notice) });
    admin::act(sql, clock, &act)?;
    match sign_off {
        Some(sign_off) => super::rounds::answered(sql, &sign_off.round, &sign_off.village),
        None => Ok(()),
    }
}

/// SHA-256 of a notice as it travelled: what the log remembers of it.
fn digest(notice: &Notice) -> String {
    ChangeHash(Sha256::digest(to_plain(notice)).into()).to_string()
}

/// Where the notices stand that a device sent or asks for. Only its own are told.
pub(super) fn fates(sql: &Connection, request: &ExchangeRequest) -> Result<Vec<NoticeFate>, Problem> {
    let sent = request.notices.iter().flatten().map(|notice| notice.id);
    let mut fates = Vec::new();
    for id in sent.chain(request.awaited.iter().flatten().copied()) {
        let fate = sql
            .prepare_cached("SELECT received_at, opened_at FROM notice WHERE id = ?1 AND device = ?2")?
            .query_row(params![id.0, request.device.0], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(1)?))
            })
            .optional()?;
        fates.extend(fate.map(|(received_at, opened_at)| match opened_at {
            Some(at) => NoticeFate { id, state: NOTICE_OPENED, at },
            None => NoticeFate { id, state: NOTICE_STORED, at: received_at },
        }));
    }
    Ok(fates)
}

/// Every notice's signature, and that the log and the table tell of the same notices.
pub(super) fn verify(sql: &Connection, commune: CommuneId, report: &mut VerifyReport) -> Result<(), Problem> {
    let mut told = told_in_log(sql)?;
    let query = format!("SELECT {COLUMNS} FROM notice ORDER BY place");
    let mut statement = sql.prepare(&query)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        report.notices += 1;
        let Stored { notice, device } = stored_of(row)?;
        let public_key: Option<[u8; 32]> = sql
            .prepare_cached("SELECT public_key FROM device WHERE id = ?1")?
            .query_row(params![device.0], |row| row.get(0))
            .optional()?;
        let signed =
            public_key.is_some_and(|key| DeviceId::of_key(&key) == device && notice.is_signed(commune, &key));
        if !signed {
            report.find("notice_signature_wrong", &notice.id);
        }
        if told.remove(&notice.id) != Some(digest(&notice)) {
            report.find("notice_not_in_log", &notice.id);
        }
    }
    told.keys().for_each(|id| report.find("notice_missing", id));
    Ok(())
}

/// Name and digest of every notice whose arrival is in the log.
fn told_in_log(sql: &Connection) -> Result<BTreeMap<NoticeId, String>, Problem> {
    let mut statement = sql.prepare("SELECT bytes FROM log WHERE kind = 2 ORDER BY position")?;
    let mut rows = statement.query([])?;
    let mut told = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let bytes = row.get_ref(0)?.as_blob().map_err(|_| Code::Internal)?;
        let act: serde_json::Value = serde_json::from_slice(bytes).unwrap_or_default();
        if act["act"] == ACT_NOTICE
            && let (Some(id), Some(digest)) = (act["notice"].as_str(), act["digest"].as_str())
            && let Ok(id) = id.parse()
        {
            told.insert(id, digest.to_owned());
        }
    }
    Ok(told)
}
