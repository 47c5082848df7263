//! What an officer does to villages: checked against the villages of the day, then written with its act of the log.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};
use serde::Serialize;
use serde_json::json;
use sync_core::date::Date;
use sync_core::document::shape::is_village_code;
use sync_core::id::{DeviceId, DocumentId};
use sync_core::limits::GRANTED_VILLAGES_MAX;

use super::{Lives, NOW, sizes};
use crate::office::exchange::grants_of;
use crate::office::pages::move_rows;
use crate::office::{Author, Commune, Office, admin, ingest};
use crate::problem::Problem;

/// Village codes that a register may ever have.
const VILLAGES_MAX: usize = 500;
/// A village's name, in characters.
const NAME_CHARS_MAX: usize = 100;

/// A change of the commune's villages. It holds from a day that is told beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaceAct {
    /// A new village.
    Add {
        /// Its code; none had it before.
        code: String,
        /// Its name.
        name: String,
    },
    /// Another name.
    Rename {
        /// The village.
        code: String,
        /// Its name from then on.
        name: String,
    },
    /// A village without households is no more.
    Close {
        /// The village.
        code: String,
    },
    /// Several villages become one.
    Merge {
        /// Those that are no more.
        villages: Vec<String>,
        /// The one their households count in.
        into: String,
        /// Its name, if it is a new village.
        name: Option<String>,
    },
    /// One village becomes several.
    Split {
        /// The village.
        village: String,
        /// Codes and names of the new ones.
        into: Vec<(String, String)>,
        /// Where households count that nobody has assigned: one of the new ones, or the village itself, which
        /// then goes on.
        rest: String,
    },
    /// Households of a village that was split.
    Assign {
        /// Their documents.
        households: Vec<DocumentId>,
        /// The village they count in.
        village: String,
    },
}

/// Why a change of villages is not made; nothing was written then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// Not a code: 1 to 16 letters, digits, `-` or `_`.
    #[error("a village's code has 1 to 16 letters, digits, - or _")]
    CodeMalformed,
    /// Some village has or had the code.
    #[error("some village has or had this code")]
    CodeTaken,
    /// No name, or one that is too long.
    #[error("a village's name has 1 to {NAME_CHARS_MAX} characters")]
    NameMalformed,
    /// Another village is called so on that day.
    #[error("another village is called so")]
    NameTaken,
    /// A village is not there on that day, or has ended.
    #[error("on that day there is no such village")]
    NotThere(String),
    /// Households count in it: they need a village to go to.
    #[error("{0} households count in it")]
    HasHouseholds(u64),
    /// Too few villages for a merger or a split, or one of them twice.
    #[error("two different villages are needed at least")]
    TooFew,
    /// No household was chosen.
    #[error("no household was chosen")]
    NoHouseholds,
    /// The register can't have more villages.
    #[error("a register has {VILLAGES_MAX} villages at most")]
    TooMany,
    /// The day has not come: devices are told names as they are.
    #[error("the day has not come")]
    NotYet,
    /// The office can't store it.
    #[error("{0}")]
    Office(#[from] Problem),
}

impl PlaceError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::CodeMalformed => "village_code_malformed",
            Self::CodeTaken => "village_code_taken",
            Self::NameMalformed => "village_name_malformed",
            Self::NameTaken => "village_name_taken",
            Self::NotThere(_) => "village_not_there",
            Self::HasHouseholds(_) => "village_has_households",
            Self::TooFew => "villages_too_few",
            Self::NoHouseholds => "no_households",
            Self::TooMany => "villages_too_many",
            Self::NotYet => "day_not_come",
            Self::Office(problem) => problem.code.code(),
        }
    }
}

/// What a change of villages came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Placed {
    /// Devices of the villages concerned that were granted the new ones beside the old.
    pub granted: usize,
    /// Devices that have as many villages as a device can have.
    pub full: usize,
}

impl Office {
    /// Changes the villages from `since` on. With `grant`, the devices of the villages concerned are granted the
    /// new ones beside the old: documents keep their old codes. `today` is the day of the office.
    ///
    /// # Errors
    /// See [`PlaceError`].
    pub fn change_places(
        &self,
        author: &Author,
        act: &PlaceAct,
        since: Date,
        grant: bool,
        today: Date,
        clock: i64,
    ) -> Result<Placed, PlaceError> {
        if since > today {
            return Err(PlaceError::NotYet);
        }
        let (author, act) = (author.clone(), act.clone());
        self.writer.write(move |sql, commune| {
            let lives = Lives::read(sql, NOW)?;
            if let Err(refused) = check(sql, &lives, &act, since)? {
                return Ok(Err(refused));
            }
            write(&Desk { sql, commune, author: &author, since, clock }, &act)?;
            let placed = if grant { grant_beside(sql, &act, clock)? } else { Placed::default() };
            name_for_devices(sql, today)?;
            move_rows(sql)?;
            admin::raise_all(sql)?;
            Ok(Ok(placed))
        })?
    }
}

/// Whether the act can be made on that day.
fn check(
    sql: &Connection,
    lives: &Lives,
    act: &PlaceAct,
    since: Date,
) -> Result<Result<(), PlaceError>, Problem> {
    let known: BTreeSet<&str> = lives.changes.iter().map(|change| change.village.as_str()).collect();
    let villages = lives.on(since);
    let new = |code: &str, name: &str, ending: &[&str]| {
        if !is_village_code(code) {
            return Err(PlaceError::CodeMalformed);
        }
        if known.contains(code) {
            return Err(PlaceError::CodeTaken);
        }
        if known.len() >= VILLAGES_MAX {
            return Err(PlaceError::TooMany);
        }
        named(&villages, name, ending)
    };
    let there = |code: &str| {
        if lives.lasts(code, since) { Ok(()) } else { Err(PlaceError::NotThere(code.to_owned())) }
    };
    Ok(match act {
        PlaceAct::Add { code, name } => new(code, name, &[]),
        PlaceAct::Rename { code, name } => there(code).and_then(|()| named(&villages, name, &[code])),
        PlaceAct::Close { code } => match sizes(sql, since)?.get(code) {
            Some(&count) => Err(PlaceError::HasHouseholds(count)),
            None => there(code),
        },
        PlaceAct::Merge { villages: ending, into, name } => {
            let distinct: BTreeSet<&String> = ending.iter().chain([into]).collect();
            let ended: Vec<&str> = ending.iter().map(String::as_str).collect();
            if distinct.len() != ending.len() + 1 || ending.is_empty() || (name.is_some() && ending.len() < 2)
            {
                Err(PlaceError::TooFew)
            } else {
                ending.iter().try_for_each(|code| there(code)).and_then(|()| match name {
                    Some(name) => new(into, name, &ended),
                    None => there(into),
                })
            }
        }
        PlaceAct::Split { village, into, rest } => {
            let goes_on = rest == village;
            let ending = if goes_on { &[][..] } else { &[village.as_str()] };
            let codes: BTreeSet<&String> = into.iter().map(|(code, _)| code).collect();
            let names: BTreeSet<String> = into.iter().map(|(_, name)| schemas::text::fold(name)).collect();
            if into.len() + usize::from(goes_on) < 2 || !(goes_on || codes.contains(rest)) {
                Err(PlaceError::TooFew)
            } else if codes.len() < into.len() {
                Err(PlaceError::CodeTaken)
            } else if names.len() < into.len() {
                Err(PlaceError::NameTaken)
            } else {
                there(village).and_then(|()| into.iter().try_for_each(|(code, name)| new(code, name, ending)))
            }
        }
        PlaceAct::Assign { households, .. } if households.is_empty() => Err(PlaceError::NoHouseholds),
        PlaceAct::Assign { village, .. } => there(village),
    })
}

/// Whether a village may be called so beside those of the day that go on.
fn named(villages: &[super::Village], name: &str, except: &[&str]) -> Result<(), PlaceError> {
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
        return Err(PlaceError::NameMalformed);
    }
    let folded = schemas::text::fold(name);
    let mut others = villages.iter().filter(|village| !except.contains(&village.code.as_str()));
    if others.any(|village| schemas::text::fold(&village.name) == folded) {
        return Err(PlaceError::NameTaken);
    }
    Ok(())
}

/// What writing an act needs of its surroundings.
struct Desk<'a> {
    sql: &'a Connection,
    commune: &'a Commune,
    author: &'a Author,
    since: Date,
    clock: i64,
}

fn write(desk: &Desk<'_>, act: &PlaceAct) -> Result<(), Problem> {
    let logged = json!({ "act": "villages", "since": desk.since.to_string(), "change": act });
    let position = admin::act(desk.sql, desk.clock, &desk.author.sign_act(desk.commune, &logged))?;
    let change = |village: &str, name: Option<&str>, successor: Option<&str>| -> Result<(), Problem> {
        if let Some(name) = name {
            desk.sql.execute(
                "INSERT INTO village (code, name) VALUES (?1, ?2) ON CONFLICT (code) DO NOTHING",
                params![village, name],
            )?;
        }
        desk.sql.execute(
            "INSERT INTO village_change (position, at, by, since, village, name, successor)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                position,
                desk.clock,
                desk.author.device().0,
                desk.since.to_string(),
                village,
                name,
                successor
            ],
        )?;
        Ok(())
    };
    match act {
        PlaceAct::Add { code, name } | PlaceAct::Rename { code, name } => change(code, Some(name), None),
        PlaceAct::Close { code } => change(code, None, None),
        PlaceAct::Merge { villages, into, name } => {
            name.iter().try_for_each(|name| change(into, Some(name), None))?;
            villages.iter().try_for_each(|village| change(village, None, Some(into)))
        }
        PlaceAct::Split { village, into, rest } => {
            into.iter().try_for_each(|(code, name)| change(code, Some(name), None))?;
            if rest == village { Ok(()) } else { change(village, None, Some(rest)) }
        }
        PlaceAct::Assign { households, village } => households.iter().try_for_each(|document| {
            desk.sql
                .prepare_cached(
                    "INSERT INTO village_assignment (position, since, document, village) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![position, desk.since.to_string(), document.0, village])?;
            Ok(())
        }),
    }
}

/// Grants the devices of the old villages the new ones too.
fn grant_beside(sql: &Connection, act: &PlaceAct, clock: i64) -> Result<Placed, Problem> {
    let (old, new): (Vec<&String>, Vec<&String>) = match act {
        PlaceAct::Merge { villages, into, .. } => (villages.iter().collect(), vec![into]),
        PlaceAct::Split { village, into, .. } => (vec![village], into.iter().map(|(code, _)| code).collect()),
        _ => return Ok(Placed::default()),
    };
    let mut devices: BTreeSet<DeviceId> = BTreeSet::new();
    let mut statement = sql.prepare_cached(
        "SELECT g.device FROM village_grant AS g JOIN device AS d ON d.id = g.device
         WHERE d.revoked_at IS NULL AND g.village = ?1",
    )?;
    for village in old {
        let mut rows = statement.query([village])?;
        while let Some(row) = rows.next()? {
            devices.insert(DeviceId(row.get(0)?));
        }
    }
    let mut placed = Placed::default();
    for device in devices {
        let before = grants_of(sql, device)?.villages;
        let after: BTreeSet<&String> = before.iter().chain(new.iter().copied()).collect();
        if after.len() > GRANTED_VILLAGES_MAX {
            placed.full += 1;
            continue;
        }
        for village in &after {
            sql.execute(
                "INSERT OR IGNORE INTO village_grant (device, village) VALUES (?1, ?2)",
                params![device.0, village],
            )?;
        }
        admin::act(sql, clock, &json!({ "act": "grant", "device": device, "villages": after }))?;
        ingest::retry_device(sql, device, clock)?;
        placed.granted += 1;
    }
    Ok(placed)
}

/// The names devices are told: as they are today; of a village that is no more, its last.
fn name_for_devices(sql: &Connection, today: Date) -> Result<(), Problem> {
    for village in Lives::read(sql, NOW)?.on(today) {
        sql.execute(
            "UPDATE village SET name = ?2 WHERE code = ?1 AND name <> ?2",
            params![village.code, village.name],
        )?;
    }
    Ok(())
}
