//! Filings: forms that were frozen and signed, and can be reproduced for ever.
//!
//! Step 8 of the way of a fact. Enters: which form, and the log position an officer looked at. Leaves: a row of
//! `filing` and an act of the log.
//!
//! **What is frozen** is JSON, `{"version":1,"opened":…,"filled":…}`: [`Filled`] in the order of its fields, which holds
//! the form's whole definition, the village, the days, every number, what was typed in and the log position; `opened`
//! says whether sealed reports were opened for it. Its SHA-256 is the filing's digest.
//!
//! **What is signed** is the act `filing` in the log ([`Author::sign_act`]: Ed25519 over `so-thon act v1`, a zero byte,
//! the commune's id, and the act as JSON without `by` and `signature`). It names the number, form, days, village, revision,
//! reason, log position, the definition's digest and the digest of what is frozen.
//!
//! Invariants: a filing is never changed or deleted (triggers hold that); it is amended by a later one of the same form,
//! period and village, with a higher revision and a reason: a half-year's form and a year's form of one day are not
//! revisions of each other; counting again from the log at its position, with the
//! definition that is frozen in it, gives the same bytes ([`Office::reproduce`]).

mod differences;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use sync_core::date::Date;
use sync_core::id::{ChangeHash, DeviceId};
use sync_core::seal::ConfidentialKey;
use sync_core::tally::Period;

use super::cache::definition_digest;
use super::fill::{FillError, Wanted};
use super::read::FactsAt;
use super::{Author, Office, admin, author};
use crate::problem::{Code, Problem};
use crate::report::{FilingMark, Filled};

pub use differences::{Difference, Place, differences};

/// Periods that differ by so many days are of one kind: half-years are 179 to 187 days long.
const PERIOD_DAYS_ALIKE: i32 = 31;
/// How what is frozen is written.
const FROZEN_VERSION: u32 = 1;
/// Longest reason, in characters.
pub const REASON_CHARS_MAX: usize = 500;

/// What a filing freezes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frozen {
    version: u32,
    /// Whether sealed reports were opened for it.
    pub opened: bool,
    /// The form.
    pub filled: Filled,
}

impl Frozen {
    fn of(filled: Filled, facts: &FactsAt) -> Self {
        Self { version: FROZEN_VERSION, opened: facts.restricted.is_some(), filled }
    }

    fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a filled form is plain data")
    }

    /// Which form it is.
    #[must_use]
    pub fn wanted(&self) -> Wanted {
        Wanted {
            form: self.filled.form.form.clone(),
            period: self.filled.tally.period,
            village: self.filled.village.as_ref().map(|(code, _)| code.clone()),
        }
    }
}

/// A filing as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filing {
    /// Its number at this office, from 1.
    pub number: u64,
    /// The form.
    pub form: String,
    /// First day of the period.
    pub from: Date,
    /// The as-of date.
    pub as_of: Date,
    /// Code of the only village counted.
    pub village: Option<String>,
    /// 1, and one more for each amendment of the same form, period and village.
    pub revision: u32,
    /// Why it amends, or was filed though something did not fit; may be empty.
    pub reason: String,
    /// What the office knew: log position.
    pub known_at: u64,
    /// SHA-256 of the form's definition.
    pub definition: ChangeHash,
    /// Whether sealed reports were opened.
    pub opened: bool,
    /// Office clock, seconds since 1970.
    pub filed_at: i64,
    /// The officer's device.
    pub device: DeviceId,
    /// What they were called.
    pub officer: String,
    /// SHA-256 of what is frozen.
    pub digest: ChangeHash,
    /// Log position of the act.
    pub position: u64,
}

impl Filing {
    /// How prints name it.
    #[must_use]
    pub fn mark(&self) -> FilingMark {
        FilingMark { number: self.number, revision: self.revision, digest: self.digest.to_string() }
    }

    /// Which form it is.
    pub fn wanted(&self) -> Option<Wanted> {
        let period = Period::new(self.from, self.as_of).ok()?;
        Some(Wanted { form: self.form.clone(), period, village: self.village.clone() })
    }
}

/// What is to be frozen.
#[derive(Debug, Clone)]
pub struct Freeze {
    /// Which form.
    pub wanted: Wanted,
    /// The log position the officer looked at.
    pub known_at: u64,
    /// Which revision this is to be, as the officer was told.
    pub revision: u32,
    /// Why it amends, or is filed though something does not fit.
    pub reason: String,
}

/// Why a form must not be filed without a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReasonFor {
    /// It amends another.
    Amends,
    /// A check of the form's arithmetic is violated.
    Violated,
    /// The as-of date has not come.
    NotYet,
}

/// Why nothing is filed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilingError {
    /// It needs a reason.
    #[error("it needs a reason")]
    ReasonNeeded(ReasonFor),
    /// The reason is longer than [`REASON_CHARS_MAX`].
    #[error("the reason is too long")]
    ReasonTooLong,
    /// Somebody filed the same form meanwhile.
    #[error("the same form was filed meanwhile")]
    FiledMeanwhile,
    /// Sealed reports were opened for it: only who holds the key can count again.
    #[error("the confidential key is needed")]
    KeyNeeded,
    /// What is frozen can't be read.
    #[error("what was frozen is damaged")]
    Damaged,
    /// The form can't be filled.
    #[error(transparent)]
    Fill(#[from] FillError),
    /// The office's.
    #[error(transparent)]
    Office(#[from] Problem),
}

/// Whether a filing is what its officer signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    /// The signature fits, and the filing is what it says.
    Fits,
    /// The signature does not fit.
    Forged,
    /// The signature fits, and says something else than the row.
    Altered,
}

/// What counting again came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reproduction {
    /// Byte for byte the same.
    Same,
    /// Something else.
    Differs {
        /// The first byte that differs.
        at: usize,
        /// What differs, as far as a form shows it.
        differences: Vec<Difference>,
    },
}

/// Whether two periods are of one kind, as half-years are and a half-year and a year are not.
pub(super) fn is_alike(one: Period, other: Period) -> bool {
    let days = |period: Period| (period.as_of() - period.from()).get_days();
    (days(one) - days(other)).abs() <= PERIOD_DAYS_ALIKE
}

/// Everything that makes a reason needed, without counting twice.
#[must_use]
pub fn reasons_for(filled: &Filled, revision: u32, today: Date) -> Vec<ReasonFor> {
    [
        (revision > 1, ReasonFor::Amends),
        (filled.is_violated(), ReasonFor::Violated),
        (filled.tally.period.as_of() > today, ReasonFor::NotYet),
    ]
    .into_iter()
    .filter_map(|(needed, reason)| needed.then_some(reason))
    .collect()
}

impl Office {
    /// Freezes and signs a form as the register stood at the position the officer looked at. Returns the filing's number.
    ///
    /// # Errors
    /// See [`FilingError`]; nothing is written then.
    pub fn freeze(
        &self,
        author: &Author,
        freeze: &Freeze,
        key: Option<&ConfidentialKey>,
        today: Date,
        clock: i64,
    ) -> Result<u64, FilingError> {
        let facts = self.facts_known_at(freeze.known_at, key)?;
        let filled = self.fill(&freeze.wanted, &facts)?;
        if freeze.reason.chars().count() > REASON_CHARS_MAX {
            return Err(FilingError::ReasonTooLong);
        }
        if let Some(needed) = reasons_for(&filled, freeze.revision, today).first()
            && freeze.reason.is_empty()
        {
            return Err(FilingError::ReasonNeeded(*needed));
        }
        let definition = definition_digest(&filled.form);
        let frozen = Frozen::of(filled, &facts);
        let (freeze, author) = (freeze.clone(), author.clone());
        let written = self.writer.write(move |sql, commune| {
            let Wanted { form, period, village } = &freeze.wanted;
            let (as_of, from) = (period.as_of().to_string(), period.from().to_string());
            let stored_village = village.as_deref().unwrap_or_default();
            let last: u32 = sql
                .prepare_cached(
                    "SELECT coalesce(max(revision), 0) FROM filing
                     WHERE form = ?1 AND starts = ?2 AND as_of = ?3 AND village = ?4",
                )?
                .query_row(params![form, from, as_of, stored_village], |row| row.get(0))?;
            if last + 1 != freeze.revision {
                return Ok(None);
            }
            let number: u64 =
                sql.query_row("SELECT coalesce(max(number), 0) + 1 FROM filing", [], |row| row.get(0))?;
            let bytes = frozen.bytes();
            let digest: [u8; 32] = Sha256::digest(&bytes).into();
            author::register(sql, &author, clock)?;
            let act = author.sign_act(
                commune,
                &json!({
                    "act": ACT, "number": number, "form": form, "edition": frozen.filled.form.edition,
                    "as_of": as_of, "from": from, "village": village, "revision": freeze.revision,
                    "reason": freeze.reason, "known_at": freeze.known_at, "opened": frozen.opened,
                    "definition": ChangeHash(definition), "digest": ChangeHash(digest),
                }),
            );
            let position = admin::act(sql, clock, &act)?;
            sql.execute(
                "INSERT INTO filing (number, form, as_of, starts, village, revision, reason, known_at, definition,
                                     opened, filed_at, device, officer, digest, signature, position, frozen)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
                params![
                    number,
                    form,
                    as_of,
                    from,
                    stored_village,
                    freeze.revision,
                    freeze.reason,
                    freeze.known_at,
                    definition,
                    frozen.opened,
                    clock,
                    author.device().0,
                    author.label(),
                    digest,
                    act["signature"].as_str().unwrap_or_default().as_bytes(),
                    position,
                    bytes,
                ],
            )?;
            Ok(Some(number))
        })?;
        written.ok_or(FilingError::FiledMeanwhile)
    }

    /// Every filing, the latest first.
    ///
    /// # Errors
    /// The database's.
    pub fn filings(&self) -> Result<Vec<Filing>, Problem> {
        self.read(|sql| rows(sql, &format!("{SELECT} ORDER BY number DESC"), &[]))
    }

    /// Every revision of a form, a period and a village, the latest first.
    ///
    /// # Errors
    /// The database's.
    pub fn filings_of(&self, wanted: &Wanted) -> Result<Vec<Filing>, Problem> {
        let (from, as_of) = (wanted.period.from().to_string(), wanted.period.as_of().to_string());
        let village = wanted.village.as_deref().unwrap_or_default();
        self.read(|sql| {
            let select = format!(
                "{SELECT} WHERE form = ?1 AND starts = ?2 AND as_of = ?3 AND village = ?4 ORDER BY revision DESC"
            );
            rows(sql, &select, &[&wanted.form, &from, &as_of, &village])
        })
    }

    /// The last filing of a form and a village that is of this as-of date or an earlier one, and of about as long a
    /// period: what happened in a year is not compared with what happened in half of one.
    ///
    /// # Errors
    /// The database's.
    pub fn last_filing(&self, wanted: &Wanted) -> Result<Option<Filing>, Problem> {
        let (from, as_of) = (wanted.period.from().to_string(), wanted.period.as_of().to_string());
        let village = wanted.village.as_deref().unwrap_or_default();
        self.read(|sql| {
            let select = format!(
                "{SELECT} WHERE form = ?1 AND as_of <= ?2 AND village = ?3
                 AND abs(julianday(as_of) - julianday(starts) - julianday(?2) + julianday(?4)) <= {PERIOD_DAYS_ALIKE}
                 ORDER BY as_of DESC, revision DESC, number DESC LIMIT 1"
            );
            Ok(rows(sql, &select, &[&wanted.form, &as_of, &village, &from])?.into_iter().next())
        })
    }

    /// A filing.
    ///
    /// # Errors
    /// [`Code::NotFound`]; the database's.
    pub fn filing(&self, number: u64) -> Result<Filing, Problem> {
        let found = self.read(|sql| rows(sql, &format!("{SELECT} WHERE number = ?1"), &[&number]))?;
        found.into_iter().next().ok_or_else(|| Code::NotFound.into())
    }

    /// What a filing froze.
    ///
    /// # Errors
    /// [`FilingError::Damaged`]; [`Code::NotFound`]; the database's.
    pub fn frozen(&self, number: u64) -> Result<Frozen, FilingError> {
        serde_json::from_slice(&self.frozen_bytes(number)?).map_err(|_| FilingError::Damaged)
    }

    /// The same as it lies in the database, byte for byte.
    ///
    /// # Errors
    /// [`Code::NotFound`]; the database's.
    pub fn frozen_bytes(&self, number: u64) -> Result<Vec<u8>, Problem> {
        let found = self.read(|sql| {
            sql.prepare_cached("SELECT frozen FROM filing WHERE number = ?1")?
                .query_row([number], |row| row.get(0))
                .optional()
        })?;
        found.ok_or_else(|| Code::NotFound.into())
    }

    /// Whether a filing is what its officer signed.
    ///
    /// # Errors
    /// [`Code::NotFound`]; the database's.
    pub fn filing_signed(&self, filing: &Filing) -> Result<Signed, Problem> {
        let (act, public_key, digest) = self.read(|sql| {
            sql.prepare_cached(
                "SELECT l.bytes, d.public_key, f.frozen FROM filing AS f JOIN device AS d ON d.id = f.device
                 JOIN log AS l ON l.position = f.position WHERE f.number = ?1",
            )?
            .query_row([filing.number], |row| {
                let frozen: Vec<u8> = row.get(2)?;
                let digest: [u8; 32] = Sha256::digest(&frozen).into();
                Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, [u8; 32]>(1)?, digest))
            })
        })?;
        let act: Json = serde_json::from_slice(&act).unwrap_or_default();
        let is_theirs = DeviceId::of_key(&public_key) == filing.device;
        if !is_theirs || !author::is_act_signed(self.commune(), &public_key, &act) {
            return Ok(Signed::Forged);
        }
        let said = [
            ("act", json!(ACT)),
            ("by", json!(filing.device)),
            ("number", json!(filing.number)),
            ("form", json!(filing.form)),
            ("as_of", json!(filing.as_of.to_string())),
            ("from", json!(filing.from.to_string())),
            ("village", json!(filing.village)),
            ("revision", json!(filing.revision)),
            ("reason", json!(filing.reason)),
            ("known_at", json!(filing.known_at)),
            ("opened", json!(filing.opened)),
            ("definition", json!(filing.definition)),
            ("digest", json!(filing.digest)),
        ];
        let is_said = said.iter().all(|(name, value)| act[*name] == *value);
        Ok(if is_said && digest == filing.digest.0 { Signed::Fits } else { Signed::Altered })
    }

    /// Counts a filing again from the log, as far as it was known then, and compares byte for byte.
    ///
    /// # Errors
    /// [`FilingError::KeyNeeded`], [`FilingError::Damaged`]; those of filling the form.
    pub fn reproduce(&self, number: u64, key: Option<&ConfidentialKey>) -> Result<Reproduction, FilingError> {
        let bytes = self.frozen_bytes(number)?;
        let frozen: Frozen = serde_json::from_slice(&bytes).map_err(|_| FilingError::Damaged)?;
        if frozen.opened && key.is_none() {
            return Err(FilingError::KeyNeeded);
        }
        let facts = self.facts(Some(frozen.filled.known_at), key.filter(|_| frozen.opened))?;
        let filled = self.fill_as(frozen.filled.form.clone(), &frozen.wanted(), &facts)?;
        let again = Frozen::of(filled, &facts);
        let new = again.bytes();
        if new == bytes {
            return Ok(Reproduction::Same);
        }
        let at = bytes.iter().zip(&new).take_while(|(then, now)| then == now).count();
        Ok(Reproduction::Differs { at, differences: differences(&frozen.filled, &again.filled) })
    }

    /// What is different in the same form now.
    ///
    /// # Errors
    /// Those of filling the form.
    pub fn changed_since(&self, frozen: &Frozen, facts: &FactsAt) -> Result<Vec<Difference>, FillError> {
        let now = self.fill(&frozen.wanted(), facts)?;
        Ok(differences(&frozen.filled, &now))
    }

    /// How many filings each form has, by name.
    ///
    /// # Errors
    /// The database's.
    pub fn filing_counts(&self) -> Result<BTreeMap<String, u64>, Problem> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached("SELECT form, count(*) FROM filing GROUP BY form")?;
            let counts = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(counts.collect::<Result<_, _>>()?)
        })
    }
}

/// The act by which a form is filed.
const ACT: &str = "filing";

const SELECT: &str =
    "SELECT number, form, as_of, starts, village, revision, reason, known_at, definition, opened,
    filed_at, device, officer, digest, position FROM filing";

fn rows(sql: &Connection, select: &str, with: &[&dyn rusqlite::ToSql]) -> Result<Vec<Filing>, Problem> {
    let mut statement = sql.prepare_cached(select)?;
    let mut rows = statement.query(with)?;
    let mut filings = Vec::new();
    while let Some(row) = rows.next()? {
        filings.push(filing(row)?);
    }
    Ok(filings)
}

fn filing(row: &Row<'_>) -> Result<Filing, Problem> {
    let day = |at: usize| -> Result<Date, Problem> {
        row.get_ref(at)?.as_str().ok().and_then(|text| text.parse().ok()).ok_or_else(|| Code::Internal.into())
    };
    let village: String = row.get(4)?;
    Ok(Filing {
        number: row.get(0)?,
        form: row.get(1)?,
        as_of: day(2)?,
        from: day(3)?,
        village: Some(village).filter(|code| !code.is_empty()),
        revision: row.get(5)?,
        reason: row.get(6)?,
        known_at: row.get(7)?,
        definition: ChangeHash(row.get(8)?),
        opened: row.get(9)?,
        filed_at: row.get(10)?,
        device: DeviceId(row.get(11)?),
        officer: row.get(12)?,
        digest: ChangeHash(row.get(13)?),
        position: row.get(14)?,
    })
}
