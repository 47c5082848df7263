//! Pairs, households and moves as the rows beside the documents tell them.
//!
//! Enters: rows of `candidate` and `move_end` ([`super::index`]). Leaves: what may be one child, one household or a
//! move, in the order in which it is to be decided, whether or not somebody set it aside ([`super::queue`]).

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};
use schemas::text::fold;
use sync_core::candidates::{self, HOUSEHOLD_SCORE_MIN, HouseholdReason, Move, MoveRecord, Reason};
use sync_core::document::Seen;
use sync_core::facts::PersonRef;
use sync_core::id::DocumentId;
use sync_core::wire::from_plain;

use super::Subject;
use crate::office::places;
use crate::problem::{Code, Problem};

/// Two records that may be one child, not decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CandidatePair {
    /// The lesser.
    pub a: PersonRef,
    /// The greater.
    pub b: PersonRef,
    /// Villages of both.
    pub villages: [String; 2],
    /// 0 to 100.
    pub score: u8,
    /// For and against, in the order of [`Reason::ALL`].
    pub reasons: Vec<Reason>,
    /// Whether a tally's cells are widened by it.
    pub widens: bool,
    /// Both records as compared.
    pub seen: Seen,
}

impl CandidatePair {
    /// What a deed about it is about.
    #[must_use]
    pub fn subject(&self) -> Subject {
        Subject::pair(self.a.clone(), self.b.clone())
    }

    /// Whether one of the two is of the village; of all of them if none is named.
    #[must_use]
    pub fn is_of(&self, village: Option<&str>) -> bool {
        is_of(&self.villages, village)
    }
}

/// Two documents that may be one household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CandidateHouseholds {
    /// The lesser.
    pub a: DocumentId,
    /// The greater.
    pub b: DocumentId,
    /// Villages of both.
    pub villages: [String; 2],
    /// 0 to 100.
    pub score: u8,
    /// In the order of [`HouseholdReason::ALL`].
    pub reasons: Vec<HouseholdReason>,
    /// Children that may be the same: first of `a`, then of `b`, each child in one pair, the likeliest.
    pub pairs: Vec<(PersonRef, PersonRef)>,
}

impl CandidateHouseholds {
    /// What a deed about it is about.
    #[must_use]
    pub fn subject(&self) -> Subject {
        Subject::households(self.a, self.b)
    }

    /// Whether one of the two is of the village; of all of them if none is named.
    #[must_use]
    pub fn is_of(&self, village: Option<&str>) -> bool {
        is_of(&self.villages, village)
    }
}

/// A child's move between two households of the commune, not told at both ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoveRow {
    /// What is told and what is missing.
    pub found: Move,
    /// Code of the village that was left, as far as it is known.
    pub from_village: Option<String>,
    /// Code of the village of arrival.
    pub to_village: Option<String>,
}

impl MoveRow {
    /// What a deed about it is about.
    #[must_use]
    pub fn subject(&self) -> Subject {
        Subject::Move { from: self.found.from.clone(), to: self.found.to.clone() }
    }

    /// Whether it leaves the village or reaches it; of all of them if none is named.
    #[must_use]
    pub fn is_of(&self, village: Option<&str>) -> bool {
        let ends = [&self.from_village, &self.to_village];
        village.is_none_or(|village| ends.into_iter().flatten().any(|code| code == village))
    }
}

fn is_of(villages: &[String; 2], village: Option<&str>) -> bool {
    village.is_none_or(|village| villages.iter().any(|code| code == village))
}

/// A row of `candidate`; the persons are none where it is about households.
pub(super) struct Row {
    documents: [DocumentId; 2],
    persons: Option<[sync_core::id::EntityId; 2]>,
    villages: [String; 2],
    score: u8,
    reasons: String,
    widens: bool,
    seen: Seen,
}

/// Every row, likeliest first; in a fixed order where the score is the same.
pub(super) fn rows(sql: &Connection) -> Result<Vec<Row>, Problem> {
    let mut statement = sql.prepare_cached(
        "SELECT a_document, a_person, b_document, b_person, a_village, b_village, score, reasons, widens, seen
         FROM candidate ORDER BY score DESC, a_document, a_person, b_document, b_person",
    )?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let persons: [String; 2] = [row.get(1)?, row.get(3)?];
        let persons = match persons.each_ref().map(|person| person.parse().ok()) {
            [Some(a), Some(b)] => Some([a, b]),
            _ => None,
        };
        all.push(Row {
            documents: [DocumentId(row.get(0)?), DocumentId(row.get(2)?)],
            persons,
            villages: [row.get(4)?, row.get(5)?],
            score: row.get(6)?,
            reasons: row.get(7)?,
            widens: row.get(8)?,
            seen: Seen::from_i64(row.get(9)?),
        });
    }
    Ok(all)
}

fn pair_of(row: Row) -> Option<CandidatePair> {
    let [a, b] = row.documents;
    let [x, y] = row.persons?;
    Some(CandidatePair {
        a: PersonRef { document: a, person: x },
        b: PersonRef { document: b, person: y },
        villages: row.villages,
        score: row.score,
        reasons: row.reasons.split(' ').filter_map(Reason::of_code).collect(),
        widens: row.widens,
        seen: row.seen,
    })
}

/// Pairs of children, without those that are moves to be confirmed.
pub(super) fn pairs(rows: Vec<Row>, moves: &[MoveRow]) -> Vec<CandidatePair> {
    let moving: BTreeSet<(PersonRef, PersonRef)> = moves
        .iter()
        .filter_map(|row| Some((row.found.from.clone()?, row.found.to.clone()?)))
        .map(|(from, to)| if from <= to { (from, to) } else { (to, from) })
        .collect();
    let pairs = rows.into_iter().filter_map(pair_of);
    pairs.filter(|pair| moving.is_empty() || !moving.contains(&(pair.a.clone(), pair.b.clone()))).collect()
}

pub(super) fn households(rows: &[Row]) -> Vec<CandidateHouseholds> {
    let mut found: BTreeMap<[DocumentId; 2], CandidateHouseholds> = BTreeMap::new();
    for row in rows {
        let [a, b] = row.documents;
        if a == b {
            continue;
        }
        let both = found.entry([a, b]).or_insert_with(|| CandidateHouseholds {
            a,
            b,
            villages: row.villages.clone(),
            score: 0,
            reasons: Vec::new(),
            pairs: Vec::new(),
        });
        match &row.persons {
            None => both.reasons = row.reasons.split(' ').filter_map(HouseholdReason::of_code).collect(),
            // Likeliest first: a child that is in a pair already is left to it.
            Some([x, y]) => {
                let (x, y) = (
                    PersonRef { document: a, person: x.clone() },
                    PersonRef { document: b, person: y.clone() },
                );
                if both.pairs.iter().all(|(one, other)| *one != x && *other != y) {
                    both.pairs.push((x, y));
                }
            }
        }
    }
    let mut all: Vec<CandidateHouseholds> = found
        .into_values()
        .map(|mut both| {
            if both.pairs.len() >= 2 {
                both.reasons.push(HouseholdReason::SameChildren);
            }
            both.score = candidates::household_score(&both.reasons);
            both
        })
        .filter(|both| both.score >= HOUSEHOLD_SCORE_MIN)
        .collect();
    all.sort_by(|x, y| (y.score, x.a, x.b).cmp(&(x.score, y.a, y.b)));
    all
}

pub(super) fn moves(sql: &Connection, rows: &[Row]) -> Result<Vec<MoveRow>, Problem> {
    let mut statement = sql.prepare_cached("SELECT record FROM move_end ORDER BY document, place")?;
    let mut rows_of_ends = statement.query([])?;
    let mut ends: Vec<MoveRecord> = Vec::new();
    while let Some(row) = rows_of_ends.next()? {
        let bytes = row.get_ref(0)?.as_blob().map_err(|_| Code::Internal)?;
        ends.push(from_plain(bytes).map_err(|_| Code::Internal)?);
    }
    if ends.is_empty() {
        return Ok(Vec::new());
    }
    // People write the name of a village that is no more; its households are looked for where they count now.
    let map = places::standing(sql)?;
    let mut statement = sql.prepare_cached("SELECT code, name FROM village ORDER BY code")?;
    let villages: Vec<(String, String)> = statement
        .query_map([], |row| Ok((row.get::<_, String>(0)?, fold(&row.get::<_, String>(1)?))))?
        .map(|row| row.map(|(code, name)| (map.of_code(&code).to_owned(), name)))
        .collect::<Result<_, _>>()?;
    let alike: Vec<(PersonRef, PersonRef)> = rows
        .iter()
        .filter_map(|row| {
            let ([a, b], [x, y]) = (row.documents, row.persons.clone()?);
            Some((PersonRef { document: a, person: x }, PersonRef { document: b, person: y }))
        })
        .collect();
    let mut village_of = sql.prepare_cached(
        "SELECT coalesce(h.village, d.village) FROM document AS d LEFT JOIN household_row AS h ON h.document = d.id
         WHERE d.id = ?1",
    )?;
    let mut documents: BTreeMap<DocumentId, String> = BTreeMap::new();
    for document in alike
        .iter()
        .flat_map(|(a, b)| [a.document, b.document])
        .chain(ends.iter().flat_map(MoveRecord::documents))
    {
        if !documents.contains_key(&document)
            && let Ok(village) = village_of.query_row(params![document.0], |row| row.get(0))
        {
            documents.insert(document, village);
        }
    }
    let of = |end: &Option<PersonRef>| end.as_ref().and_then(|end| documents.get(&end.document)).cloned();
    let found = candidates::moves(&ends, &alike, &documents, &villages);
    Ok(found
        .into_iter()
        .map(|found| MoveRow {
            from_village: of(&found.from).or_else(|| found.left.clone()),
            to_village: of(&found.to).or_else(|| found.reached.clone()),
            found,
        })
        .collect())
}
