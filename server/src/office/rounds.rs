//! Review rounds and contacts: what the office tells every device, and how far each village is.
//!
//! Enters: acts of the office. Leaves: what a device is told with the commune, and sign-offs held against the
//! register as it is now; where a village stands in a round is [`Office::village_states`]. Each act is a row of the
//! log and raises every device's epoch.

mod since;

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::json;
use sync_core::date::vietnam_day_of;
use sync_core::heads::Fingerprint;
use sync_core::id::DeviceId;
use sync_core::limits;
use sync_core::notice::SignOff;
use sync_core::wire::{Reminder, ReviewRound};

use super::{Author, Office, admin, feed, notices, settings};
use crate::problem::{Code, Problem};

pub use since::{ChangedField, ChangedHousehold};

/// A review round as the office keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundRow {
    /// What devices are told.
    pub round: ReviewRound,
    /// Office clock.
    pub opened_at: i64,
    /// Office clock; none while devices are told of it.
    pub closed_at: Option<i64>,
}

/// A village's sign-off, held against the register as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedOff {
    /// The collector's date.
    pub day: String,
    /// When it arrived, office clock.
    pub received_at: i64,
    /// Who signed.
    pub device: DeviceId,
    /// What the office calls that device.
    pub label: String,
    /// Whether the signature fits.
    pub signature_fits: bool,
    /// Households it was signed over.
    pub households: u64,
    /// Households that were changed or added since.
    pub changed_since: u64,
}

impl Office {
    /// Opens a review round: every device is told with its next sync. False if there is one of this code
    /// already; then nothing was changed.
    ///
    /// # Errors
    /// [`Code::LimitExceeded`] if too many rounds are open; the database's.
    pub fn open_round(&self, by: Option<&Author>, round: &ReviewRound, clock: i64) -> Result<bool, Problem> {
        let (by, round) = (by.cloned(), round.clone());
        self.writer.write(move |sql, commune| {
            if round_of(sql, &round.code)?.is_some() {
                return Ok(false);
            }
            if open_rounds(sql)?.len() >= limits::ROUNDS_MAX {
                return Err(Code::LimitExceeded.into());
            }
            let ReviewRound { code, title, starts, ends, as_of } = &round;
            sql.execute(
                "INSERT INTO review_round (code, title, starts, ends, as_of, opened_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![code, title, starts, ends, as_of, clock],
            )?;
            admin::raise_all(sql)?;
            let act = json!({
                "act": "open_round", "code": code, "title": title, "starts": starts, "ends": ends, "as_of": as_of,
            });
            admin::act_by(sql, commune, by.as_ref(), clock, &act)?;
            Ok(true)
        })
    }

    /// Closes a review round: devices are told of it no longer. What was signed stays.
    ///
    /// # Errors
    /// [`Code::NotFound`] if there is no open round of this code; the database's.
    pub fn close_round(&self, by: Option<&Author>, code: &str, clock: i64) -> Result<(), Problem> {
        let (by, code) = (by.cloned(), code.to_owned());
        self.writer.write(move |sql, commune| {
            let closed = sql.execute(
                "UPDATE review_round SET closed_at = ?2 WHERE code = ?1 AND closed_at IS NULL",
                params![code, clock],
            )?;
            if closed == 0 {
                return Err(Code::NotFound.into());
            }
            admin::raise_all(sql)?;
            let act = json!({ "act": "close_round", "code": code });
            admin::act_by(sql, commune, by.as_ref(), clock, &act)?;
            Ok(())
        })
    }

    /// Reminds a village of a round: its devices are told the day with their next sync. A day later it can be done
    /// again.
    ///
    /// # Errors
    /// [`Code::NotFound`] if there is no open round or no village of these codes; the database's.
    pub fn remind(&self, by: Option<&Author>, round: &str, village: &str, clock: i64) -> Result<(), Problem> {
        let (by, round, village) = (by.cloned(), round.to_owned(), village.to_owned());
        self.writer.write(move |sql, commune| {
            let is_village =
                sql.prepare_cached("SELECT 1 FROM village WHERE code = ?1")?.exists([&village])?;
            if !is_village || open_rounds(sql)?.iter().all(|open| open.code != round) {
                return Err(Code::NotFound.into());
            }
            sql.execute(
                "UPDATE device SET epoch = epoch + 1
                 WHERE id IN (SELECT device FROM village_grant WHERE village = ?1)",
                [&village],
            )?;
            let day = json!(vietnam_day_of(clock).to_string());
            settings::set(sql, commune, by.as_ref(), &reminder_key(&round, &village), &day, clock)
        })
    }

    /// The day on which each village was last reminded of a round, by the village's code.
    ///
    /// # Errors
    /// The database's.
    pub fn reminded(&self, round: &str) -> Result<BTreeMap<String, String>, Problem> {
        let prefix = reminder_key(round, "");
        let days = self.settings_under(&prefix, super::places::NOW)?;
        let of_village = |(key, day): (String, serde_json::Value)| {
            Some((key.strip_prefix(&prefix)?.to_owned(), day.as_str()?.to_owned()))
        };
        Ok(days.into_iter().filter_map(of_village).collect())
    }

    /// Every round, in the order they were opened.
    ///
    /// # Errors
    /// The database's.
    pub fn rounds(&self) -> Result<Vec<RoundRow>, Problem> {
        self.read(|sql| rounds_where(sql, "true"))
    }

    /// Label and telephone number of whom collectors may call, as devices are told.
    ///
    /// # Errors
    /// The database's.
    pub fn contacts(&self) -> Result<Vec<(String, String)>, Problem> {
        self.read(contacts)
    }

    /// Sets a contact's number. A new one is shown last.
    ///
    /// # Errors
    /// [`Code::LimitExceeded`] if there are too many; the database's.
    pub fn set_contact(
        &self,
        by: Option<&Author>,
        label: &str,
        phone: &str,
        clock: i64,
    ) -> Result<(), Problem> {
        let (by, label, phone) = (by.cloned(), label.to_owned(), phone.to_owned());
        self.writer.write(move |sql, commune| {
            sql.execute(
                "INSERT INTO contact (label, phone) VALUES (?1, ?2)
                 ON CONFLICT (label) DO UPDATE SET phone = excluded.phone",
                params![label, phone],
            )?;
            if contacts(sql)?.len() > limits::CONTACTS_MAX {
                return Err(Code::LimitExceeded.into());
            }
            admin::raise_all(sql)?;
            let act = json!({ "act": "set_contact", "label": label, "phone": phone });
            admin::act_by(sql, commune, by.as_ref(), clock, &act)?;
            Ok(())
        })
    }

    /// Removes a contact.
    ///
    /// # Errors
    /// [`Code::NotFound`]; the database's.
    pub fn remove_contact(&self, by: Option<&Author>, label: &str, clock: i64) -> Result<(), Problem> {
        let (by, label) = (by.cloned(), label.to_owned());
        self.writer.write(move |sql, commune| {
            if sql.execute("DELETE FROM contact WHERE label = ?1", [&label])? == 0 {
                return Err(Code::NotFound.into());
            }
            admin::raise_all(sql)?;
            let act = json!({ "act": "remove_contact", "label": label });
            admin::act_by(sql, commune, by.as_ref(), clock, &act)?;
            Ok(())
        })
    }
}

/// The sign-off that stands of a code's documents in a round, held against the register as it is now, and whether the
/// last statement took one back.
pub(super) fn sign_off_of(
    sql: &Connection,
    commune: sync_core::id::CommuneId,
    round: &str,
    code: &str,
) -> Result<(Option<SignedOff>, bool), Problem> {
    Ok(match last_statement(sql, round, code)? {
        None => (None, false),
        Some(statement) if statement.sign_off.reopened => (None, true),
        Some(statement) => {
            let now = feed::fingerprints(sql, &[code.to_owned()])?;
            (Some(statement.held_against(&now, commune)), false)
        }
    })
}

/// The last statement of any device about a village in a round.
struct Statement {
    sign_off: SignOff,
    notice: sync_core::notice::Notice,
    received_at: i64,
    device: DeviceId,
    public_key: [u8; 32],
    label: String,
}

impl Statement {
    fn held_against(&self, now: &[Fingerprint], commune: sync_core::id::CommuneId) -> SignedOff {
        SignedOff {
            day: self.sign_off.day.clone(),
            received_at: self.received_at,
            device: self.device,
            label: self.label.clone(),
            signature_fits: DeviceId::of_key(&self.public_key) == self.device
                && self.notice.is_signed(commune, &self.public_key),
            households: self.sign_off.documents().count() as u64,
            changed_since: self.sign_off.changed_since(now).len() as u64,
        }
    }
}

fn last_statement(sql: &Connection, round: &str, village: &str) -> Result<Option<Statement>, Problem> {
    let mut statement = sql.prepare_cached(
        "SELECT n.id, n.kind, n.made_at, n.body, n.signature, n.device, n.received_at, d.public_key, d.label
         FROM notice AS n JOIN device AS d ON d.id = n.device
         WHERE n.kind = 2 AND n.round = ?1 AND n.village = ?2 ORDER BY n.place DESC LIMIT 1",
    )?;
    let mut rows = statement.query([round, village])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let notice = notices::stored_of(row)?.notice;
    let sign_off = SignOff::read(&notice).ok_or(Code::Internal)?;
    Ok(Some(Statement {
        sign_off,
        notice,
        device: DeviceId(row.get(5)?),
        received_at: row.get(6)?,
        public_key: row.get(7)?,
        label: row.get(8)?,
    }))
}

fn round_of(sql: &Connection, code: &str) -> Result<Option<RoundRow>, Problem> {
    Ok(rounds_where(sql, "true")?.into_iter().find(|row| row.round.code == code))
}

/// What devices are told of the rounds: those not closed, in the order they were opened.
pub(super) fn open_rounds(sql: &Connection) -> Result<Vec<ReviewRound>, Problem> {
    Ok(rounds_where(sql, "closed_at IS NULL")?.into_iter().map(|row| row.round).collect())
}

fn rounds_where(sql: &Connection, condition: &'static str) -> Result<Vec<RoundRow>, Problem> {
    let mut statement = sql.prepare_cached(&format!(
        "SELECT code, title, starts, ends, as_of, opened_at, closed_at FROM review_round
         WHERE {condition} ORDER BY place"
    ))?;
    let rows = statement.query_map([], |row| {
        Ok(RoundRow {
            round: ReviewRound {
                code: row.get(0)?,
                title: row.get(1)?,
                starts: row.get(2)?,
                ends: row.get(3)?,
                as_of: row.get(4)?,
            },
            opened_at: row.get(5)?,
            closed_at: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The setting that says when a village was reminded of a round.
fn reminder_key(round: &str, village: &str) -> String {
    format!("remind/{round}/{village}")
}

/// Tells the devices of a village anew what the office says of itself: its reminder may be answered.
pub(super) fn answered(sql: &Connection, round: &str, village: &str) -> Result<(), Problem> {
    sql.prepare_cached(
        "UPDATE device SET epoch = epoch + 1
         WHERE id IN (SELECT device FROM village_grant WHERE village = ?1)
           AND EXISTS (SELECT 1 FROM setting WHERE key = ?2)",
    )?
    .execute(params![village, reminder_key(round, village)])?;
    Ok(())
}

/// What devices of these villages are told of reminders: those of open rounds, unless a sign-off came since.
pub(super) fn reminders(sql: &Connection, villages: &[String]) -> Result<Vec<Reminder>, Problem> {
    let mut last = sql.prepare_cached(
        "SELECT value ->> '$', at FROM setting WHERE key = ?1 ORDER BY position DESC LIMIT 1",
    )?;
    let mut reminders = Vec::new();
    for ReviewRound { code, .. } in open_rounds(sql)? {
        for village in villages {
            let reminded: Option<(String, i64)> = last
                .query_row([reminder_key(&code, village)], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let Some((day, at)) = reminded else { continue };
            let answers = |signed: &Statement| !signed.sign_off.reopened && at < signed.received_at;
            if !last_statement(sql, &code, village)?.is_some_and(|signed| answers(&signed)) {
                reminders.push(Reminder { round: code.clone(), village: village.clone(), day });
            }
        }
    }
    Ok(reminders)
}

/// What devices are told of whom to call.
pub(super) fn contacts(sql: &Connection) -> Result<Vec<(String, String)>, Problem> {
    let mut statement = sql.prepare_cached("SELECT label, phone FROM contact ORDER BY place")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
