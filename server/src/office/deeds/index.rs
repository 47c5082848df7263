//! Records by which duplicates and moves are found, made anew with the rows beside each document.
//!
//! Enters: a document's view. Leaves: rows of `candidate_record`, `candidate_key`, `candidate` and `move_end`, so that a
//! page reads pairs and compares nothing. Invariant: when a document changes, every pair it is in is compared anew,
//! so the pairs are those of the newest rows of both; what did not change for the comparison is not written again.

use rusqlite::{Connection, OptionalExtension, params};
use sync_core::candidates::{
    ChildRecord, HouseholdRecord, Reason, child_records, household_record, move_ends,
};
use sync_core::document::{Seen, View};
use sync_core::id::{DocumentId, EntityId};
use sync_core::wire::{from_plain, to_plain};

use crate::problem::{Code, Problem};

/// Records compared because of one key. More share it only where it is a placeholder, as a birth on 1 January.
const NEIGHBOURS_MAX: usize = 64;
/// In place of a person's key: the household itself.
const HOUSEHOLD: &str = "";

/// What is kept beside a document to find duplicates and moves.
pub(in crate::office) struct Records {
    document: DocumentId,
    children: Vec<ChildRecord>,
    household: Option<HouseholdRecord>,
    moves: Vec<Vec<u8>>,
}

impl Records {
    pub(in crate::office) fn of(view: &View) -> Self {
        Self {
            document: view.document,
            children: child_records(view),
            household: household_record(view),
            moves: move_ends(view).iter().map(to_plain).collect(),
        }
    }

    /// Replaces the document's rows and compares it with all others.
    pub(in crate::office) fn write(&self, sql: &Connection) -> Result<(), Problem> {
        self.write_moves(sql)?;
        let new = self.records();
        if new == stored(sql, self.document)? {
            return Ok(());
        }
        let document = self.document.0;
        for query in [
            "DELETE FROM candidate WHERE a_document = ?1",
            "DELETE FROM candidate WHERE b_document = ?1",
            "DELETE FROM candidate_key WHERE document = ?1",
            "DELETE FROM candidate_record WHERE document = ?1",
        ] {
            sql.prepare_cached(query)?.execute(params![document])?;
        }
        for (person, record) in &new {
            sql.prepare_cached(
                "INSERT INTO candidate_record (document, person, record) VALUES (?1, ?2, ?3)",
            )?
            .execute(params![document, person, record])?;
        }
        for child in &self.children {
            insert_keys(sql, self.document, child.identity.person.as_str(), &child.keys())?;
        }
        if let Some(household) = &self.household {
            insert_keys(sql, self.document, HOUSEHOLD, &household.keys())?;
        }
        self.children.iter().try_for_each(|child| compare_child(sql, child))?;
        self.household.iter().try_for_each(|household| compare_household(sql, household))
    }

    /// By person, ascending, as stored.
    fn records(&self) -> Vec<(String, Vec<u8>)> {
        let household = self.household.iter().map(|household| (HOUSEHOLD.to_owned(), to_plain(household)));
        let children = self.children.iter().map(|child| (child.identity.person.to_string(), to_plain(child)));
        let mut all: Vec<(String, Vec<u8>)> = household.chain(children).collect();
        all.sort_unstable();
        all
    }

    fn write_moves(&self, sql: &Connection) -> Result<(), Problem> {
        let document = self.document.0;
        sql.prepare_cached("DELETE FROM move_end WHERE document = ?1")?.execute(params![document])?;
        for (place, record) in self.moves.iter().enumerate() {
            sql.prepare_cached("INSERT INTO move_end (document, place, record) VALUES (?1, ?2, ?3)")?
                .execute(params![document, place, record])?;
        }
        Ok(())
    }
}

fn stored(sql: &Connection, document: DocumentId) -> Result<Vec<(String, Vec<u8>)>, Problem> {
    let mut statement = sql
        .prepare_cached("SELECT person, record FROM candidate_record WHERE document = ?1 ORDER BY person")?;
    let rows = statement.query_map(params![document.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn insert_keys(sql: &Connection, document: DocumentId, person: &str, keys: &[i64]) -> Result<(), Problem> {
    for key in keys {
        sql.prepare_cached("INSERT INTO candidate_key (key, document, person) VALUES (?1, ?2, ?3)")?
            .execute(params![key, document.0, person])?;
    }
    Ok(())
}

/// Who shares a key, each once.
fn neighbours(
    sql: &Connection,
    keys: &[i64],
    document: DocumentId,
    person: &str,
) -> Result<Vec<(DocumentId, String)>, Problem> {
    let mut statement = sql.prepare_cached(
        "SELECT document, person FROM candidate_key WHERE key = ?1 AND NOT (document = ?2 AND person = ?3) LIMIT ?4",
    )?;
    let mut found = Vec::new();
    for key in keys {
        let rows = statement.query_map(params![key, document.0, person, NEIGHBOURS_MAX], |row| {
            Ok((DocumentId(row.get(0)?), row.get(1)?))
        })?;
        for row in rows {
            found.push(row?);
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

fn record<T: for<'b> minicbor::Decode<'b, ()>>(
    sql: &Connection,
    document: DocumentId,
    person: &str,
) -> Result<Option<T>, Problem> {
    let bytes: Option<Vec<u8>> = sql
        .prepare_cached("SELECT record FROM candidate_record WHERE document = ?1 AND person = ?2")?
        .query_row(params![document.0, person], |row| row.get(0))
        .optional()?;
    bytes.map(|bytes| from_plain(&bytes).map_err(|_| Code::Internal.into())).transpose()
}

/// A pair to be stored, in whatever order it was compared.
struct Pair<'a> {
    one: (DocumentId, &'a str, &'a str, Seen),
    two: (DocumentId, &'a str, &'a str, Seen),
    score: u8,
    reasons: Vec<&'static str>,
    widens: bool,
}

impl Pair<'_> {
    fn write(&self, sql: &Connection) -> Result<(), Problem> {
        let (a, b) = if (self.one.0, self.one.1) <= (self.two.0, self.two.1) {
            (&self.one, &self.two)
        } else {
            (&self.two, &self.one)
        };
        sql.prepare_cached(
            "INSERT OR REPLACE INTO candidate (a_document, a_person, b_document, b_person, a_village, b_village, score,
                 reasons, widens, seen)
             VALUES (?1, ?2, ?3, ?4,
                 coalesce((SELECT village FROM household_row WHERE document = ?1), ?5),
                 coalesce((SELECT village FROM household_row WHERE document = ?3), ?6), ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            a.0.0,
            a.1,
            b.0.0,
            b.1,
            a.2,
            b.2,
            self.score,
            self.reasons.join(" "),
            self.widens,
            Seen::of_all([a.3, b.3]).to_i64(),
        ])?;
        Ok(())
    }
}

fn compare_child(sql: &Connection, child: &ChildRecord) -> Result<(), Problem> {
    let (document, person) = (child.identity.document, child.identity.person.as_str());
    for (other_document, other_person) in neighbours(sql, &child.keys(), document, person)? {
        if other_person.parse::<EntityId>().is_err() {
            continue;
        }
        let Some(other) = record::<ChildRecord>(sql, other_document, &other_person)? else { continue };
        let Some(likeness) = child.likeness(&other) else { continue };
        let pair = Pair {
            one: (document, person, &child.village, child.seen()),
            two: (other_document, &other_person, &other.village, other.seen()),
            score: likeness.score,
            reasons: likeness.reasons.into_iter().map(Reason::code).collect(),
            widens: likeness.widens,
        };
        pair.write(sql)?;
    }
    Ok(())
}

/// Households are stored whatever they score: children that may be the same add to it when a page is made.
fn compare_household(sql: &Connection, household: &HouseholdRecord) -> Result<(), Problem> {
    let nothing = Seen::of_all([]);
    for (other_document, other_person) in neighbours(sql, &household.keys(), household.document, HOUSEHOLD)? {
        if other_person != HOUSEHOLD {
            continue;
        }
        let Some(other) = record::<HouseholdRecord>(sql, other_document, HOUSEHOLD)? else { continue };
        let Some(likeness) = household.likeness(&other) else { continue };
        let pair = Pair {
            one: (household.document, HOUSEHOLD, &household.village, nothing),
            two: (other_document, HOUSEHOLD, &other.village, nothing),
            score: likeness.score,
            reasons: likeness.reasons.into_iter().map(sync_core::candidates::HouseholdReason::code).collect(),
            widens: false,
        };
        pair.write(sql)?;
    }
    Ok(())
}
