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
/// No change of villages that any form of this register asks for is older.
const SINCE_MIN: Date = Date::constant(2000, 1, 1);
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

/// The part of an act that something is wrong with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlacePart {
    /// The day.
    Since,
    /// The village it is done to.
    Village,
    /// The villages that come together.
    Villages,
    /// Where the households go.
    Into,
    /// The code of a new village; of several, which one, from 0.
    Code(usize),
    /// The name of a new village, or the new name; of several, which one, from 0.
    Name(usize),
    /// The households.
    Households,
    /// None in particular.
    Whole,
}

/// Everything for which a change of villages is not made, in the order of the act; nothing was written then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceErrors(pub Vec<(PlacePart, PlaceError)>);

impl From<Problem> for PlaceErrors {
    fn from(problem: Problem) -> Self {
        Self(vec![(PlacePart::Whole, problem.into())])
    }
}

/// Something for which a change of villages is not made.
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
    /// The day is before any that a form asks for: a slip of the pen.
    #[error("the day is before {SINCE_MIN}")]
    TooEarly,
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
            Self::TooEarly => "day_too_early",
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
    /// See [`PlaceErrors`].
    pub fn change_places(
        &self,
        author: &Author,
        act: &PlaceAct,
        since: Date,
        grant: bool,
        today: Date,
        clock: i64,
    ) -> Result<Placed, PlaceErrors> {
        let (author, act) = (author.clone(), act.clone());
        self.writer.write(move |sql, commune| {
            let wrong = check(sql, &act, since, today)?;
            if !wrong.is_empty() {
                return Ok(Err(PlaceErrors(wrong)));
            }
            let desk = Desk { sql, commune, author: &author, since, clock };
            write(&desk, &act)?;
            let placed = if grant { grant_beside(&desk, &act)? } else { Placed::default() };
            name_for_devices(sql, today)?;
            move_rows(sql)?;
            admin::raise_all(sql)?;
            Ok(Ok(placed))
        })?
    }

    /// What is wrong with a change of villages, before anything is written.
    ///
    /// # Errors
    /// The database's.
    pub fn place_errors(
        &self,
        act: &PlaceAct,
        since: Date,
        today: Date,
    ) -> Result<Vec<(PlacePart, PlaceError)>, Problem> {
        self.read(|sql| check(sql, act, since, today))
    }
}

/// Everything that is wrong with an act on a day.
fn check(
    sql: &Connection,
    act: &PlaceAct,
    since: Date,
    today: Date,
) -> Result<Vec<(PlacePart, PlaceError)>, Problem> {
    let lives = Lives::read(sql, NOW)?;
    let mut check = Check {
        known: lives.changes.iter().map(|change| change.village.as_str()).collect(),
        villages: lives.on(since),
        lives: &lives,
        since,
        wrong: Vec::new(),
    };
    match act {
        PlaceAct::Add { code, name } => check.new_village(0, code, name, &[]),
        PlaceAct::Rename { code, name } => {
            check.there(PlacePart::Village, code);
            check.named(0, name, &[code]);
        }
        PlaceAct::Close { code } => match sizes(sql, since)?.get(code) {
            Some(&count) => check.add(PlacePart::Village, PlaceError::HasHouseholds(count)),
            None => check.there(PlacePart::Village, code),
        },
        PlaceAct::Merge { villages, into, name } => check.merger(villages, into, name.as_deref()),
        PlaceAct::Split { village, into, rest } => check.split(village, into, rest),
        PlaceAct::Assign { households, village } => {
            if households.is_empty() {
                check.add(PlacePart::Households, PlaceError::NoHouseholds);
            }
            check.there(PlacePart::Into, village);
        }
    }
    let mut wrong = check.wrong;
    if since > today {
        wrong.push((PlacePart::Since, PlaceError::NotYet));
    } else if since < SINCE_MIN {
        wrong.push((PlacePart::Since, PlaceError::TooEarly));
    }
    Ok(wrong)
}

/// An act held against the villages of its day.
struct Check<'a> {
    lives: &'a Lives,
    /// Every code that a village has or had.
    known: BTreeSet<&'a str>,
    /// Those of the day.
    villages: Vec<super::Village>,
    since: Date,
    wrong: Vec<(PlacePart, PlaceError)>,
}

impl Check<'_> {
    fn add(&mut self, part: PlacePart, error: PlaceError) {
        self.wrong.push((part, error));
    }

    fn there(&mut self, part: PlacePart, code: &str) {
        if !self.lives.lasts(code, self.since) {
            self.add(part, PlaceError::NotThere(code.to_owned()));
        }
    }

    /// Whether the new village at a place can have this code and name, while others end.
    fn new_village(&mut self, at: usize, code: &str, name: &str, ending: &[&str]) {
        if !is_village_code(code) {
            self.add(PlacePart::Code(at), PlaceError::CodeMalformed);
        } else if self.known.contains(code) {
            self.add(PlacePart::Code(at), PlaceError::CodeTaken);
        } else if self.known.len() + at >= VILLAGES_MAX {
            self.add(PlacePart::Code(at), PlaceError::TooMany);
        }
        self.named(at, name, ending);
    }

    /// Whether a village may be called so beside those of the day that go on.
    fn named(&mut self, at: usize, name: &str, except: &[&str]) {
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
            return self.add(PlacePart::Name(at), PlaceError::NameMalformed);
        }
        let folded = schemas::text::fold(name);
        let mut others = self.villages.iter().filter(|village| !except.contains(&village.code.as_str()));
        if others.any(|village| schemas::text::fold(&village.name) == folded) {
            self.add(PlacePart::Name(at), PlaceError::NameTaken);
        }
    }

    fn merger(&mut self, ending: &[String], into: &str, name: Option<&str>) {
        let distinct: BTreeSet<&str> = ending.iter().map(String::as_str).chain([into]).collect();
        if distinct.len() != ending.len() + 1 || ending.is_empty() || (name.is_some() && ending.len() < 2) {
            self.add(PlacePart::Villages, PlaceError::TooFew);
        }
        ending.iter().for_each(|code| self.there(PlacePart::Villages, code));
        let ended: Vec<&str> = ending.iter().map(String::as_str).collect();
        match name {
            Some(name) => self.new_village(0, into, name, &ended),
            None => self.there(PlacePart::Into, into),
        }
    }

    fn split(&mut self, village: &str, into: &[(String, String)], rest: &str) {
        let goes_on = rest == village;
        let ending = if goes_on { &[][..] } else { &[village][..] };
        self.there(PlacePart::Village, village);
        let (mut codes, mut names) = (BTreeSet::new(), BTreeSet::new());
        for (at, (code, name)) in into.iter().enumerate() {
            self.new_village(at, code, name, ending);
            if !codes.insert(code.as_str()) {
                self.add(PlacePart::Code(at), PlaceError::CodeTaken);
            }
            if !names.insert(schemas::text::fold(name)) {
                self.add(PlacePart::Name(at), PlaceError::NameTaken);
            }
        }
        if into.len() + usize::from(goes_on) < 2 {
            self.add(PlacePart::Code(into.len()), PlaceError::TooFew);
        }
        if !goes_on && !codes.contains(rest) {
            self.add(PlacePart::Into, PlaceError::NotThere(rest.to_owned()));
        }
    }
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
fn grant_beside(desk: &Desk<'_>, act: &PlaceAct) -> Result<Placed, Problem> {
    let (sql, clock) = (desk.sql, desk.clock);
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
        let granted = json!({ "act": "grant", "device": device, "villages": after });
        admin::act_by(sql, desk.commune, Some(desk.author), clock, &granted)?;
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
