//! One exchange with a device: authenticate, take in what it tells, answer what it has not read.

use minicbor::bytes::ByteArray;
use rusqlite::{Connection, OptionalExtension, params};
use sync_core::batch::{request_signing_bytes, verify};
use sync_core::device::Encoding;
use sync_core::id::DeviceId;
use sync_core::letter;
use sync_core::limits;
use sync_core::wire::packed::{PackedRequest, pack_response};
use sync_core::wire::{
    CommuneInfo, ExchangeRequest, ExchangeResponse, Grants, LetterAnswer, NoticeRefusalNote,
    PROTOCOL_VERSIONS, Receipt, WARNING_CLOCK_OFF, from_plain, to_plain,
};

use super::{Incoming, Office, feed, ingest, notices, rounds};
use crate::problem::{Code, Problem};

/// What of a request is on disk.
#[derive(Default)]
struct Taken {
    receipts: Vec<Receipt>,
    notice_refusals: Vec<NoticeRefusalNote>,
}

impl Office {
    /// Answers one request. `clock`: the office's, seconds since 1970.
    ///
    /// When this returns, every batch named in the answer's receipts is on disk.
    ///
    /// # Errors
    /// A [`Problem`]; then nothing of the request was taken in, except batches before the one that
    /// failed.
    pub fn exchange(&self, incoming: Incoming<'_>, clock: i64) -> Result<Vec<u8>, Problem> {
        let exact = incoming.encoding == Encoding::Plain;
        let admit = |head: &ExchangeRequest| -> Result<(), Problem> {
            speak(head.protocol)?;
            head.check_limits()?;
            let signature = incoming.signature.ok_or(Code::SignatureMissing)?;
            self.authenticate(head.device, incoming.body, &signature)
        };
        let request: ExchangeRequest = match incoming.encoding {
            Encoding::Plain => {
                let request = from_plain(incoming.body)?;
                admit(&request)?;
                request
            }
            Encoding::Packed => {
                let packed = PackedRequest::open(incoming.body)?;
                // Names are looked up in the log for devices only.
                admit(&packed.head)?;
                self.read(|sql| packed.resolve(&feed::LogResolver(sql)).map_err(Problem::from))?
            }
        };
        tracing::Span::current().record("device", tracing::field::display(request.device));
        if request.cursor.incarnation.is_some_and(|theirs| theirs != self.commune.incarnation) {
            return Err(Code::CursorOfAnotherServer.into());
        }
        let taken = self.take_in(&request, exact, clock)?;
        if request.batches.is_empty() {
            self.note_seen(request.device, clock);
        }
        let mut response = self.read(|sql| self.answer(sql, &request, clock))?;
        response.receipts = taken.receipts;
        response.notice_refusals = (!taken.notice_refusals.is_empty()).then_some(taken.notice_refusals);
        Ok(match incoming.answer_in {
            Encoding::Plain => to_plain(&response),
            Encoding::Packed => pack_response(&response),
        })
    }

    /// Opens a letter and takes in what is in it, as if its device had sent it. Answers nothing that anybody
    /// but the device could use: whoever carries a letter need not be allowed to read.
    ///
    /// # Errors
    /// As [`Self::exchange`]; [`Code::LetterUnopenable`] for a letter to another office.
    pub fn letter(&self, bytes: &[u8], clock: i64) -> Result<Vec<u8>, Problem> {
        let contents = letter::open(bytes, &self.commune.letter_key, self.commune.id)?;
        let request: ExchangeRequest = from_plain(&contents.body)?;
        speak(request.protocol)?;
        request.check_letter_limits()?;
        self.authenticate(request.device, &contents.body, &contents.signature)?;
        tracing::Span::current().record("device", tracing::field::display(request.device));
        let taken = self.take_in(&request, true, clock)?;
        let notices = self.read(|sql| notices::fates(sql, &request))?;
        let Taken { receipts, notice_refusals } = taken;
        Ok(to_plain(&LetterAnswer { protocol: request.protocol, receipts, notices, notice_refusals }))
    }

    /// Puts a request's notices and batches on disk, notices first.
    fn take_in(&self, request: &ExchangeRequest, exact: bool, clock: i64) -> Result<Taken, Problem> {
        let device = request.device;
        let mut taken = Taken { receipts: Vec::with_capacity(request.batches.len()), ..Taken::default() };
        if let Some(notices) = request.notices.clone().filter(|notices| !notices.is_empty()) {
            let count = notices.len();
            taken.notice_refusals = self
                .writer
                .write(move |sql, commune| notices::take(sql, commune, device, &notices, clock))?;
            tracing::info!(%device, notices = count, refused = taken.notice_refusals.len(), "notices on disk");
        }
        for batch in request.batches.clone() {
            let report = self
                .writer
                .write(move |sql, commune| ingest::ingest(sql, commune, device, &batch, exact, clock))?;
            tracing::info!(
                %device,
                batch = report.receipt.number,
                accepted = report.accepted,
                refused = report.refused,
                "batch on disk"
            );
            taken.receipts.push(report.receipt);
        }
        Ok(taken)
    }

    fn authenticate(&self, device: DeviceId, body: &[u8], signature: &[u8; 64]) -> Result<(), Problem> {
        let found = self.read(|sql| {
            sql.prepare_cached("SELECT public_key, revoked_at FROM device WHERE id = ?1 AND kind = 'phone'")?
                .query_row(params![device.0], |row| {
                    Ok((row.get::<_, [u8; 32]>(0)?, row.get::<_, Option<i64>>(1)?))
                })
                .optional()
        })?;
        let (public_key, revoked_at) = found.ok_or(Code::DeviceUnknown)?;
        if !verify(&public_key, &request_signing_bytes(self.commune.id, body), signature) {
            return Err(Code::SignatureInvalid.into());
        }
        if revoked_at.is_some() { Err(Code::DeviceRevoked.into()) } else { Ok(()) }
    }

    fn answer(
        &self,
        sql: &Connection,
        request: &ExchangeRequest,
        clock: i64,
    ) -> Result<ExchangeResponse, Problem> {
        let grants = grants_of(sql, request.device)?;
        let wish = request.page_bytes.unwrap_or(limits::PAGE_DOWN_BYTES_DEFAULT);
        let bytes_max = wish.clamp(limits::PAGE_DOWN_BYTES_MIN, limits::PAGE_DOWN_BYTES_MAX) as usize;
        let incarnation = self.commune.incarnation;
        let (page, wanted) = match &request.fingerprints {
            Some(theirs) => {
                feed::repair(sql, incarnation, &grants.villages, theirs, &request.cursor, bytes_max)?
            }
            None => {
                let cursor = &request.cursor;
                (
                    feed::page(sql, incarnation, request.device, &grants.villages, cursor, bytes_max)?,
                    Vec::new(),
                )
            }
        };
        let digest =
            if page.more { None } else { Some(ByteArray::from(feed::digest_of(sql, &grants.villages)?)) };
        let commune = if request.epoch == grants.epoch {
            None
        } else {
            Some(self.info(sql, &grants.villages, clock)?)
        };
        let fates = notices::fates(sql, request)?;
        let off = request.clock.abs_diff(clock) > limits::CLOCK_OFF_SECONDS.unsigned_abs();
        Ok(ExchangeResponse {
            protocol: request.protocol,
            incarnation,
            clock,
            receipts: Vec::new(),
            refusals: feed::refusals(sql, request.device, request.refusals_noted, limits::REFUSALS_MAX)?,
            cursor: page.cursor,
            more: page.more,
            page: page.documents,
            grants,
            digest,
            wanted,
            commune,
            warnings: if off { vec![WARNING_CLOCK_OFF.to_owned()] } else { Vec::new() },
            notices: (!fates.is_empty()).then_some(fates),
            remaining_bytes: page.remaining_bytes,
            notice_refusals: None,
        })
    }

    /// What a device with these villages is told of the commune.
    pub(super) fn info(
        &self,
        sql: &Connection,
        villages: &[String],
        clock: i64,
    ) -> Result<CommuneInfo, Problem> {
        let mut named = Vec::with_capacity(villages.len());
        for code in villages {
            let name = sql.query_row("SELECT name FROM village WHERE code = ?1", [code], |row| row.get(0))?;
            named.push((code.clone(), name));
        }
        let letter_key = self.commune.letter_key.public().map_err(|_| Code::Internal)?;
        let today = sync_core::date::day_of(clock);
        let profile = super::setup::profile(sql, &self.commune, today, super::places::NOW)?;
        Ok(CommuneInfo {
            id: self.commune.id,
            name: profile.period.name,
            confidential_key: ByteArray::from(self.commune.confidential_key.0),
            villages: named,
            unit_word: profile.unit_word,
            letter_key: Some(ByteArray::from(letter_key)),
            rounds: told(rounds::open_rounds(sql)?),
            contacts: told(rounds::contacts(sql)?),
            devices: told(devices_beside(sql, villages)?),
            reminders: told(rounds::reminders(sql, villages)?),
        })
    }
}

/// An empty list is left out.
fn told<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

/// Devices that may write in any of the villages: the office first, then by label.
fn devices_beside(sql: &Connection, villages: &[String]) -> Result<Vec<(DeviceId, String)>, Problem> {
    let mut statement = sql.prepare_cached(
        "SELECT id, label FROM device WHERE kind = 'office'
         OR id IN (SELECT device FROM village_grant WHERE village IN (SELECT value FROM json_each(?1)))
         ORDER BY kind, label, id LIMIT ?2",
    )?;
    let villages = serde_json::json!(villages).to_string();
    let rows = statement.query_map(params![villages, limits::DEVICES_TOLD_MAX], |row| {
        Ok((DeviceId(row.get(0)?), row.get(1)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether this program speaks a version of the protocol.
pub(super) fn speak(protocol: u32) -> Result<(), Problem> {
    if protocol < *PROTOCOL_VERSIONS.start() {
        Err(Code::ProtocolTooOld.into())
    } else if protocol > *PROTOCOL_VERSIONS.end() {
        Err(Code::ProtocolTooNew.into())
    } else {
        Ok(())
    }
}

/// The current grants of a device.
pub(super) fn grants_of(sql: &Connection, device: DeviceId) -> Result<Grants, Problem> {
    let epoch = sql
        .prepare_cached("SELECT epoch FROM device WHERE id = ?1")?
        .query_row(params![device.0], |row| row.get(0))?;
    let mut statement =
        sql.prepare_cached("SELECT village FROM village_grant WHERE device = ?1 ORDER BY village")?;
    let villages = statement.query_map(params![device.0], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(Grants { epoch, villages })
}
