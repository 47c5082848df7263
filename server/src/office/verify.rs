//! Everything checked that can be: positions, the log's chain, hashes, signatures of batches and notices,
//! the devices' chains, and the projection recomputed from the log.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, params};
use sync_core::batch::BatchHeader;
use sync_core::chunk;
use sync_core::document::Household;
use sync_core::heads::HeadSet;
use sync_core::id::{ActorId, BatchHash, ChangeHash, DeviceId, DocumentId};

use super::{Commune, Office, author, feed, ingest, notices, project};
use crate::problem::{Code, Problem};

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyFinding {
    /// A stable name of what is wrong.
    pub code: &'static str,
    /// Where: a log position, a batch, a document. No personal data.
    pub place: String,
}

/// What a verification came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VerifyReport {
    /// Rows of the log.
    pub rows: u64,
    /// Signed batches.
    pub batches: u64,
    /// Signed notices.
    pub notices: u64,
    /// Documents rebuilt.
    pub documents: u64,
    /// What is wrong; empty if all is well.
    pub findings: Vec<VerifyFinding>,
    /// What is worth knowing and not wrong: gaps that a restored backup explains.
    pub notes: Vec<VerifyFinding>,
    /// Acts that nobody signed, by name, because they were done on the command line: whoever may use it may do
    /// anything.
    pub unsigned: BTreeMap<String, u64>,
    /// The log's last chain value: kept elsewhere, it proves later that nothing before was altered.
    pub chain: [u8; 32],
}

impl VerifyReport {
    /// Something is wrong at a place.
    pub(super) fn find(&mut self, code: &'static str, place: &impl ToString) {
        self.findings.push(VerifyFinding { code, place: place.to_string() });
    }
}

impl Office {
    /// Verifies everything. `progress` is told the share done, 0 to 100.
    ///
    /// # Errors
    /// The database's; what is wrong with the contents is in the report.
    pub fn verify(&self, mut progress: impl FnMut(u8)) -> Result<VerifyReport, Problem> {
        let commune = self.commune.clone();
        self.read(|sql| {
            let mut report = VerifyReport::default();
            verify_log(sql, &mut report)?;
            progress(30);
            verify_batches(sql, &commune, &mut report)?;
            verify_acts(sql, &commune, &mut report)?;
            notices::verify(sql, commune.id, &mut report)?;
            progress(60);
            verify_documents(sql, &mut report, &mut progress)?;
            progress(100);
            Ok(report)
        })
    }
}

/// Positions without gaps, the chain, and every change's hash, device and sequence as its bytes say.
fn verify_log(sql: &Connection, report: &mut VerifyReport) -> Result<(), Problem> {
    let mut statement = sql.prepare(
        "SELECT position, kind, received_at, hash, actor, seq, device, bytes, chain FROM log ORDER BY position",
    )?;
    let mut rows = statement.query([])?;
    let mut previous = [0; 32];
    while let Some(row) = rows.next()? {
        let position: u64 = row.get(0)?;
        let kind: i64 = row.get(1)?;
        let device: Option<DeviceId> = row.get::<_, Option<[u8; 12]>>(6)?.map(DeviceId);
        let bytes: Vec<u8> = row.get(7)?;
        report.rows += 1;
        if position != report.rows {
            report.find("log_gap", &position);
            report.rows = position;
        }
        let chain: [u8; 32] = row.get(8)?;
        if chain != ingest::chain(&previous, position, kind, row.get(2)?, device, &bytes) {
            report.find("log_chain_broken", &position);
        }
        previous = chain;
        if kind == ingest::KIND_CHANGE {
            let told = (row.get::<_, [u8; 32]>(3)?, row.get::<_, [u8; 16]>(4)?, row.get::<_, u64>(5)?);
            match chunk::open(&bytes) {
                Ok((hash, change)) => {
                    if (hash.0, change.actor.0, change.seq) != told {
                        report.find("change_hash_wrong", &position);
                    }
                    if device != Some(change.actor.device()) {
                        report.find("change_of_another_device", &position);
                    }
                }
                Err(_) => report.find("change_unreadable", &position),
            }
        }
    }
    report.chain = previous;
    Ok(())
}

/// Every signature, every device's chain, and that every change of the log is in a signed batch.
fn verify_batches(sql: &Connection, commune: &Commune, report: &mut VerifyReport) -> Result<(), Problem> {
    let mut statement = sql.prepare(
        "SELECT b.device, b.number, b.previous, b.hash, b.signed_at, b.signature, b.entries, d.public_key, b.id, b.received_at
         FROM batch AS b JOIN device AS d ON d.id = b.device ORDER BY b.device, b.number",
    )?;
    let mut rows = statement.query([])?;
    let mut last: BTreeMap<DeviceId, (u64, BatchHash, i64)> = BTreeMap::new();
    let restored = restored_at(sql)?;
    while let Some(row) = rows.next()? {
        let device = DeviceId(row.get(0)?);
        let number: u64 = row.get(1)?;
        let place = format!("{device}/{number}");
        let previous = BatchHash(row.get(2)?);
        let entries: Vec<u8> = row.get(6)?;
        let header =
            BatchHeader { device, number, previous, signed_at: row.get(4)?, changes: split(&entries) };
        report.batches += 1;
        if header.hash(commune.id).0 != row.get::<_, [u8; 32]>(3)? {
            report.find("batch_hash_wrong", &place);
        }
        // A device is named by its key: another key put in its row would sign anything.
        let public_key: [u8; 32] = row.get(7)?;
        if DeviceId::of_key(&public_key) != device || !header.is_signed(commune.id, &public_key, &row.get(5)?)
        {
            report.find("batch_signature_wrong", &place);
        }
        let received_at: i64 = row.get(9)?;
        let (before, hash, since) = last.get(&device).copied().unwrap_or((0, BatchHash([0; 32]), i64::MIN));
        if number != before + 1 || previous != hash {
            // Batches of a life that was cut off by a restore are missing, and known to be.
            if restored.iter().any(|at| (since..=received_at).contains(at)) {
                report
                    .notes
                    .push(VerifyFinding { code: "device_chain_gap_after_restore", place: place.clone() });
            } else {
                report.find("device_chain_gap", &place);
            }
        }
        last.insert(device, (number, header.hash(commune.id), received_at));
        let mut logged = sql.prepare_cached("SELECT document, hash FROM log WHERE batch = ?1")?;
        let mut logged = logged.query(params![row.get::<_, i64>(8)?])?;
        while let Some(change) = logged.next()? {
            let change = (DocumentId(change.get(0)?), ChangeHash(change.get(1)?));
            if !header.changes.contains(&change) {
                report.find("change_not_signed", &change.1);
            }
        }
    }
    let orphans: u64 =
        sql.query_row("SELECT count(*) FROM log WHERE kind = 1 AND batch IS NULL", [], |row| row.get(0))?;
    if orphans > 0 {
        report.find("change_not_signed", &format!("{orphans} changes"));
    }
    Ok(())
}

/// Acts of no officer: a device that enrols and a notice that arrives have signatures of their own, and a restored
/// backup says so itself.
const BY_NOBODY: [&str; 3] = ["enrol", notices::ACT_NOTICE, super::ACT_RESTORED];

/// Signatures of the acts that an officer signed, and that every setting is what its act says.
fn verify_acts(sql: &Connection, commune: &Commune, report: &mut VerifyReport) -> Result<(), Problem> {
    let mut statement = sql.prepare("SELECT position, bytes FROM log WHERE kind = 2 ORDER BY position")?;
    let mut key_of = sql.prepare("SELECT public_key FROM device WHERE id = ?1")?;
    let mut value_of = sql.prepare("SELECT value FROM setting WHERE key = ?1 AND position = ?2")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let position: u64 = row.get(0)?;
        let bytes = row.get_ref(1)?.as_blob().map_err(|_| Code::Internal)?;
        let Ok(act) = serde_json::from_slice::<serde_json::Value>(bytes) else {
            report.find("act_unreadable", &position);
            continue;
        };
        if act["signature"].is_string() {
            let device: Option<DeviceId> = act["by"].as_str().and_then(|text| text.parse().ok());
            let key: Option<[u8; 32]> = device
                .and_then(|device| {
                    key_of.query_row(params![device.0], |row| row.get(0)).optional().transpose()
                })
                .transpose()?;
            let is_signed = device.zip(key).is_some_and(|(device, key)| {
                DeviceId::of_key(&key) == device && author::is_act_signed(commune, &key, &act)
            });
            if !is_signed {
                report.find("act_signature_wrong", &position);
            }
        }
        if !act["signature"].is_string()
            && let Some(name) = act["act"].as_str()
            && !BY_NOBODY.contains(&name)
        {
            *report.unsigned.entry(name.to_owned()).or_default() += 1;
        }
        if act["act"] == "set" {
            let kept: Option<String> = value_of
                .query_row(params![act["key"].as_str().unwrap_or_default(), position], |row| row.get(0))
                .optional()?;
            if kept != Some(act["value"].to_string()) {
                report.find("setting_differs", &position);
            }
        }
    }
    Ok(())
}

/// When the lives of the log began that a backup started, by the office's clock.
fn restored_at(sql: &Connection) -> Result<Vec<i64>, Problem> {
    let mut statement = sql.prepare("SELECT received_at, bytes FROM log WHERE kind = 2 ORDER BY position")?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let act: serde_json::Value =
            serde_json::from_slice(row.get_ref(1)?.as_blob().map_err(|_| Code::Internal)?)
                .unwrap_or_default();
        if act["act"] == super::ACT_RESTORED {
            found.push(row.get(0)?);
        }
    }
    Ok(found)
}

/// The changes that a batch's signature covers, in order.
pub(super) fn split(entries: &[u8]) -> Vec<(DocumentId, ChangeHash)> {
    entries
        .chunks_exact(48)
        .map(|entry| {
            let (document, hash) = entry.split_at(16);
            let document = DocumentId::try_from(document).expect("16 bytes were split off");
            (document, ChangeHash::try_from(hash).expect("32 bytes are left"))
        })
        .collect()
}

/// Rebuilds every document and its projection from the log, and compares.
fn verify_documents(
    sql: &Connection,
    report: &mut VerifyReport,
    progress: &mut impl FnMut(u8),
) -> Result<(), Problem> {
    type Row = (DocumentId, Vec<u8>, String, i64, bool);
    // The last: whether its place in the log, and the villages there, are the document's.
    let mut statement = sql.prepare(
        "SELECT id, heads, village, fingerprint,
                last_log = (SELECT max(position) FROM log WHERE document = d.id AND kind = 1)
                AND NOT EXISTS (SELECT 1 FROM log WHERE document = d.id AND kind = 1 AND village IS NOT d.village)
         FROM document AS d ORDER BY id",
    )?;
    let documents: Vec<Row> = statement
        .query_map([], |row| {
            let placed: Option<bool> = row.get(4)?;
            Ok((DocumentId(row.get(0)?), row.get(1)?, row.get(2)?, row.get(3)?, placed.unwrap_or(false)))
        })?
        .collect::<Result<_, _>>()?;
    let all = documents.len().max(1);
    for (index, (document, heads, village, fingerprint, placed)) in documents.into_iter().enumerate() {
        report.documents += 1;
        if index % 200 == 0 {
            progress(u8::try_from(60 + 40 * index / all).unwrap_or(100));
        }
        let changes = feed::changes_of(sql, document, None)?;
        let Ok(household) = Household::load(ActorId([0; 16]), &changes) else {
            report.find("document_unreadable", &document);
            continue;
        };
        if household.id() != document {
            report.find("document_name_wrong", &document);
        }
        let mut set = HeadSet::default();
        for change in &changes {
            let (hash, opened) = chunk::open(change).map_err(|_| Code::Internal)?;
            set.advance(hash, &opened.deps);
        }
        if !placed || village != household.village() {
            report.find("document_misplaced", &document);
        }
        if set.fingerprint(document).heads.cast_signed() != fingerprint
            || set.to_bytes() != heads
            || !set.iter().copied().eq(household.heads())
        {
            report.find("document_heads_wrong", &document);
        }
        if project::stored(sql, document)? != project::projected(&household.view()) {
            report.find("projection_wrong", &document);
        }
    }
    let strays: u64 = sql.query_row(
        "SELECT count(*) FROM (SELECT DISTINCT document FROM log WHERE kind = 1)
         WHERE document NOT IN (SELECT id FROM document)",
        [],
        |row| row.get(0),
    )?;
    if strays > 0 {
        report.find("document_missing", &strays);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use sync_core::document::Edit;

    use crate::office::desk::{CLOCK, Desk};

    #[test]
    fn an_act_that_nobody_signed_is_told_and_one_that_an_officer_signed_is_not() {
        let mut desk = Desk::new();
        // Whoever has written once is known by their key.
        let (document, _) = desk.begin("01", &[("head_name", "Chủ Giả Lập")], &[]);
        desk.edit(&desk.mai, document, &[Edit::household("phone", "0900000001")]);
        desk.office.set_contact(Some(&desk.mai), "Công an xã", "0912000113", CLOCK).unwrap();
        let report = desk.office.verify(|_| ()).unwrap();
        assert!(!report.unsigned.contains_key("set_contact"), "{:?}", report.unsigned);
        let on_the_command_line = || {
            desk.office.set_contact(None, "Trạm y tế", "0912000115", CLOCK)?;
            desk.office.set_contact(None, "Nhà trường", "0912000116", CLOCK)
        };
        on_the_command_line().unwrap();
        let report = desk.office.verify(|_| ()).unwrap();
        assert_eq!(report.unsigned.get("set_contact"), Some(&2));
        assert_eq!(report.findings, [], "unsigned is not wrong");
    }
}
