//! Villages in time: what they are called, and in which one a household counts on a day.
//!
//! Beside step 7 of the way of a fact. Enters: acts of an officer, each with the day from which it holds
//! ([`PlaceAct`]). Leaves: the villages of a day, and the [`VillageMap`] by which a tally of that day places
//! documents; and, as things stand, the village in each row of the office's lists ([`super::pages`]).
//!
//! Invariants: a document's own village code is fixed by its first change and never touched (phones are granted
//! villages by it); where its household counts is a function of the day and of the log position; a tally of a day
//! before a merger uses the villages of that day. Every village code that ever was stays one. No act is made before
//! its day, so how things stand after all acts is how they are today.

mod act;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};
use sync_core::date::Date;
use sync_core::id::{DeviceId, DocumentId};

use super::Office;
use crate::problem::{Code, Problem};

pub use act::{PlaceAct, PlaceError, PlaceErrors, PlacePart, Placed};

/// A village as it is on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Village {
    /// Its code, for ever.
    pub code: String,
    /// Its name on that day.
    pub name: String,
    /// First day; none: longer than the register knows.
    pub from: Option<Date>,
    /// First day on which it is no more, as far as known.
    pub until: Option<Date>,
    /// Villages in which its households count afterwards.
    pub successors: Vec<String>,
}

/// One step in the life of a village.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VillageChange {
    /// Log position of the act; 0: as the register began.
    pub position: u64,
    /// When it was recorded, office clock.
    pub at: i64,
    /// The officer's device; none: as the register began.
    pub by: Option<DeviceId>,
    /// First day; none: longer than the register knows.
    pub since: Option<Date>,
    /// The village.
    pub village: String,
    /// What becomes of it.
    pub step: VillageStep,
}

/// What becomes of a village.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VillageStep {
    /// It is there, and called so.
    Named(String),
    /// It is no more; its households count in the successor.
    Ended {
        /// None: it had no households.
        successor: Option<String>,
    },
}

/// In which village each document's household counts, on one day and as far as one log position knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VillageMap {
    /// Villages that ended, in the order of their days.
    ended: Vec<Ending>,
    /// Households placed one by one, in the same order.
    assigned: BTreeMap<DocumentId, Vec<(Moment, String)>>,
}

/// The order of what holds from a day: of one day, what was recorded later stands.
type Moment = (Date, u64);

/// The end of a village that had households.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ending {
    moment: Moment,
    village: String,
    successor: String,
    /// It became these, if it was split: the successor has whom nobody has placed.
    parts: Vec<String>,
}

/// Where a household counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The village.
    pub village: &'a str,
    /// Its village was split and nobody has said since to which of the new ones it belongs: it counts where the rest
    /// counts.
    pub unplaced: bool,
}

impl VillageMap {
    /// Where the household of `document`, whose own code is `code`, counts.
    #[must_use]
    pub fn place<'a>(&'a self, document: DocumentId, code: &'a str) -> Place<'a> {
        let mut assigned = self.assigned.get(&document).map_or(&[][..], Vec::as_slice).iter().peekable();
        let mut place = Place { village: code, unplaced: false };
        for ending in &self.ended {
            while let Some((_, placed)) = assigned.next_if(|(earlier, _)| *earlier < ending.moment) {
                place = Place { village: placed, unplaced: false };
            }
            if place.village == ending.village {
                place = Place {
                    village: &ending.successor,
                    unplaced: place.unplaced || !ending.parts.is_empty(),
                };
            }
        }
        assigned.last().map_or(place, |(_, placed)| Place { village: placed, unplaced: false })
    }

    /// The village in which the household of `document`, whose own code is `code`, counts.
    #[must_use]
    pub fn of<'a>(&'a self, document: DocumentId, code: &'a str) -> &'a str {
        self.place(document, code).village
    }

    /// The village in which households of a code count that nobody has placed one by one.
    #[must_use]
    pub fn of_code<'a>(&'a self, code: &'a str) -> &'a str {
        self.ended.iter().fold(
            code,
            |village, ending| {
                if village == ending.village { &ending.successor } else { village }
            },
        )
    }

    /// Every village in which households of a code may count: after a split, each of the new ones.
    fn reach<'a>(&'a self, code: &'a str) -> BTreeSet<&'a str> {
        let mut villages = BTreeSet::from([code]);
        for ending in &self.ended {
            if villages.remove(ending.village.as_str()) {
                villages.insert(&ending.successor);
                villages.extend(ending.parts.iter().map(String::as_str));
            }
        }
        villages
    }

    /// Whether every household counts in the village its document names.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        self.ended.is_empty() && self.assigned.is_empty()
    }
}

/// Every step in the life of every village, as far as a log position knows.
#[derive(Debug, Clone, Default)]
pub(super) struct Lives {
    /// In the order of their days; of one day, in the order they were recorded.
    changes: Vec<VillageChange>,
}

impl Lives {
    pub(super) fn read(sql: &Connection, known_at: u64) -> Result<Self, Problem> {
        let mut statement = sql.prepare_cached(
            "SELECT position, at, by, since, village, name, successor FROM village_change
             WHERE position <= ?1 ORDER BY since, place",
        )?;
        let mut rows = statement.query([known_at])?;
        let mut changes = Vec::new();
        while let Some(row) = rows.next()? {
            let step = match row.get::<_, Option<String>>(5)? {
                Some(name) => VillageStep::Named(name),
                None => VillageStep::Ended { successor: row.get(6)? },
            };
            changes.push(VillageChange {
                position: row.get(0)?,
                at: row.get(1)?,
                by: row.get::<_, Option<[u8; 12]>>(2)?.map(DeviceId),
                since: day(&row.get::<_, String>(3)?)?,
                village: row.get(4)?,
                step,
            });
        }
        Ok(Self { changes })
    }

    /// The villages of a day, by code.
    pub(super) fn on(&self, date: Date) -> Vec<Village> {
        let mut villages: BTreeMap<&str, Village> = BTreeMap::new();
        for change in &self.changes {
            let has_come = change.since.is_none_or(|since| since <= date);
            match &change.step {
                VillageStep::Named(name) if has_come => {
                    let village = villages.entry(&change.village).or_insert_with(|| Village {
                        code: change.village.clone(),
                        name: String::new(),
                        from: change.since,
                        until: None,
                        successors: Vec::new(),
                    });
                    village.name.clone_from(name);
                }
                VillageStep::Named(_) => {}
                VillageStep::Ended { .. } if has_come => {
                    villages.remove(change.village.as_str());
                }
                VillageStep::Ended { successor } => {
                    if let Some(village) = villages.get_mut(change.village.as_str()) {
                        village.until = change.since;
                        village.successors.extend(successor.clone());
                    }
                }
            }
        }
        villages.into_values().collect()
    }

    /// Whether the village is there on a day and has no end yet.
    pub(super) fn lasts(&self, code: &str, date: Date) -> bool {
        self.on(date).iter().any(|village| village.code == code && village.until.is_none())
    }

    /// Villages that ended until a day, with their successors.
    fn ended(&self, date: Date) -> Vec<Ending> {
        self.changes
            .iter()
            .filter_map(|change| {
                let since = change.since.filter(|since| *since <= date)?;
                let VillageStep::Ended { successor: Some(successor) } = &change.step else { return None };
                Some(Ending {
                    moment: (since, change.position),
                    village: change.village.clone(),
                    successor: successor.clone(),
                    parts: self.parts_of(change.position),
                })
            })
            .collect()
    }

    /// The villages into which an act split another that ended by it; none if it did something else. Of all acts only
    /// a split names several villages.
    fn parts_of(&self, position: u64) -> Vec<String> {
        let of_act = self.changes.iter().filter(|change| change.position == position);
        let named = of_act.filter(|change| matches!(change.step, VillageStep::Named(_)));
        let parts: Vec<String> = named.map(|change| change.village.clone()).collect();
        if parts.len() > 1 { parts } else { Vec::new() }
    }
}

/// The codes by which devices know the households of each village: those that lead to it, and those of `kept`, the
/// village and code of each household. Who is to see a whole village is granted all of them.
pub(super) fn codes_by_village(
    sql: &Connection,
    map: &VillageMap,
    kept: impl IntoIterator<Item = (String, String)>,
) -> Result<BTreeMap<String, BTreeSet<String>>, Problem> {
    let mut statement = sql.prepare_cached("SELECT code FROM village")?;
    let known: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut codes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for code in &known {
        for village in map.reach(code) {
            codes.entry(village.to_owned()).or_default().insert(code.clone());
        }
    }
    for (village, code) in kept {
        codes.entry(village).or_default().insert(code);
    }
    // Its own too: that is what households met for the first time are recorded under.
    for (village, codes) in &mut codes {
        codes.insert(village.clone());
    }
    Ok(codes)
}

/// A day as it is stored.
fn day(text: &str) -> Result<Option<Date>, Problem> {
    match text {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| Code::Internal.into()),
    }
}

pub(super) fn map(sql: &Connection, as_of: Date, known_at: u64) -> Result<VillageMap, Problem> {
    let ended = Lives::read(sql, known_at)?.ended(as_of);
    let mut statement = sql.prepare_cached(
        "SELECT document, since, position, village FROM village_assignment
         WHERE position <= ?1 AND since <= ?2 ORDER BY since, place",
    )?;
    let mut rows = statement.query(params![known_at, as_of.to_string()])?;
    let mut assigned: BTreeMap<DocumentId, Vec<(Moment, String)>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let since = day(&row.get::<_, String>(1)?)?.ok_or(Code::Internal)?;
        let placed = ((since, row.get(2)?), row.get(3)?);
        assigned.entry(DocumentId(row.get(0)?)).or_default().push(placed);
    }
    Ok(VillageMap { ended, assigned })
}

/// In which village each household counts as things stand.
pub(super) fn standing(sql: &Connection) -> Result<VillageMap, Problem> {
    map(sql, Date::MAX, NOW)
}

/// Everything the log knows by now.
pub(crate) const NOW: u64 = i64::MAX.unsigned_abs();

impl Office {
    /// The villages of a day, by code.
    ///
    /// # Errors
    /// The database's.
    pub fn villages_on(&self, date: Date) -> Result<Vec<Village>, Problem> {
        self.villages_known_at(date, NOW)
    }

    /// The same, as far as the office knew at a log position.
    ///
    /// # Errors
    /// The database's.
    pub fn villages_known_at(&self, date: Date, known_at: u64) -> Result<Vec<Village>, Problem> {
        self.read(|sql| Ok(Lives::read(sql, known_at)?.on(date)))
    }

    /// Every step in the life of every village, in the order of their days.
    ///
    /// # Errors
    /// The database's.
    pub fn village_changes(&self) -> Result<Vec<VillageChange>, Problem> {
        self.read(|sql| Ok(Lives::read(sql, NOW)?.changes))
    }

    /// In which village each household counts on a day.
    ///
    /// # Errors
    /// The database's.
    pub fn village_map(&self, as_of: Date) -> Result<VillageMap, Problem> {
        self.village_map_known_at(as_of, NOW)
    }

    /// The same, as far as the office knew at a log position: what a tally of that position uses.
    ///
    /// # Errors
    /// The database's.
    pub fn village_map_known_at(&self, as_of: Date, known_at: u64) -> Result<VillageMap, Problem> {
        self.read(|sql| map(sql, as_of, known_at))
    }

    /// The codes by which devices know the households of each village of a day: its own, and those of villages that
    /// ended in it. Who is to see a whole village is granted all of them.
    ///
    /// # Errors
    /// The database's.
    pub fn village_codes(&self, date: Date) -> Result<BTreeMap<String, BTreeSet<String>>, Problem> {
        self.read(|sql| {
            let map = map(sql, date, NOW)?;
            let mut kept = BTreeSet::new();
            if !map.is_identity() {
                let mut statement = sql.prepare_cached("SELECT id, village FROM document")?;
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    let own: String = row.get(1)?;
                    kept.insert((map.of(DocumentId(row.get(0)?), &own).to_owned(), own));
                }
            }
            codes_by_village(sql, &map, kept)
        })
    }

    /// The codes that a device is granted with these villages of a day. A village brings along those of villages that
    /// ended in it, under which its households are kept, unless some of these are named themselves: then they are what
    /// is meant. Ascending, each once.
    ///
    /// # Errors
    /// The database's.
    pub fn codes_to_grant(&self, villages: &[String], date: Date) -> Result<Vec<String>, Problem> {
        let known = self.village_codes(date)?;
        let mut codes: BTreeSet<String> = villages.iter().cloned().collect();
        for village in villages {
            let others = || known.get(village).into_iter().flatten().filter(|code| *code != village);
            if !others().any(|code| villages.contains(code)) {
                codes.extend(others().cloned());
            }
        }
        Ok(codes.into_iter().collect())
    }

    /// The documents that count in a village on a day, ascending.
    ///
    /// # Errors
    /// The database's.
    pub fn documents_in(&self, village: &str, date: Date) -> Result<Vec<DocumentId>, Problem> {
        self.read(|sql| {
            let map = map(sql, date, NOW)?;
            let mut statement = sql.prepare_cached("SELECT id, village FROM document ORDER BY id")?;
            let mut rows = statement.query([])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let document = DocumentId(row.get(0)?);
                if map.of(document, row.get_ref(1)?.as_str().map_err(|_| Code::Internal)?) == village {
                    found.push(document);
                }
            }
            Ok(found)
        })
    }
}

/// How many household documents count in each village on a day, withdrawn ones too.
pub(super) fn sizes(sql: &Connection, date: Date) -> Result<BTreeMap<String, u64>, Problem> {
    let map = map(sql, date, NOW)?;
    let mut statement = sql.prepare_cached("SELECT id, village FROM document")?;
    let mut rows = statement.query([])?;
    let mut sizes: BTreeMap<String, u64> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let own = row.get_ref(1)?.as_str().map_err(|_| Code::Internal)?;
        *sizes.entry(map.of(DocumentId(row.get(0)?), own).to_owned()).or_default() += 1;
    }
    Ok(sizes)
}
