//! What waits for a decision, read for a page.
//!
//! Enters: rows made beside each document ([`super::index`]). Leaves: pairs, households and moves in the order in
//! which they are to be decided. Fields with several values are [`Office::conflicts`], contradictions and numbers are
//! the issues of [`crate::office::pages`]; both are held against [`Office::set_asides`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use rusqlite::{Connection, params};
use schemas::text::fold;
use sync_core::candidates::{self, HOUSEHOLD_SCORE_MIN, HouseholdReason, Move, MoveRecord, Reason};
use sync_core::document::Seen;
use sync_core::facts::PersonRef;
use sync_core::id::DocumentId;
use sync_core::wire::from_plain;

use super::{DeedId, Subject, perform};
use crate::office::{Office, lock};
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
}

/// How much waits. What was set aside until later is left out, except where its state must be compared first
/// ([`Office::conflicts`] and issues are counted by their own lists).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueCounts {
    /// Fields with several values.
    pub fields: u64,
    /// Pairs of children.
    pub pairs: u64,
    /// Pairs of households.
    pub households: u64,
    /// Moves.
    pub moves: u64,
    /// Changes in quarantine that nobody has looked at.
    pub quarantine: u64,
}

/// What officers took out of the queue.
#[derive(Debug, Clone, Default)]
pub struct SetAsides(BTreeMap<Subject, Aside>);

#[derive(Debug, Clone, Copy)]
struct Aside {
    seen: Option<Seen>,
    deed: DeedId,
}

impl SetAsides {
    /// The deed by which this is out of the queue; `None`: it is in the queue, because nobody set it aside or
    /// because somebody has written there since.
    #[must_use]
    pub fn of(&self, subject: &Subject, now: Seen) -> Option<DeedId> {
        let aside = self.0.get(subject)?;
        aside.seen.is_none_or(|seen| seen == now).then_some(aside.deed)
    }

    /// Whether anything is set aside under this name: then its state is worth computing.
    #[must_use]
    pub fn names(&self, subject: &Subject) -> bool {
        self.0.contains_key(subject)
    }
}

/// What the rows beside the documents come to, before what was set aside is left out.
#[derive(Debug, Default)]
pub(in crate::office) struct Queue {
    pairs: Vec<CandidatePair>,
    households: Vec<CandidateHouseholds>,
    moves: Vec<MoveRow>,
}

/// What a queue was made of: the log's end, the last deed, and how many rows were still to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::office) struct Made {
    log: u64,
    deed: u64,
    due: u64,
}

/// The queue as it was last made. Every page of the queue counts all of it.
pub(in crate::office) type Kept = Mutex<Option<(Made, Arc<Queue>)>>;

impl Office {
    /// The queue as it stands, made anew only if something was written since.
    fn queue(&self, sql: &Connection) -> Result<Arc<Queue>, Problem> {
        let made = sql
            .prepare_cached(
                "SELECT (SELECT coalesce(max(position), 0) FROM log), (SELECT coalesce(max(id), 0) FROM deed),
                        (SELECT count(*) FROM row_due)",
            )?
            .query_row([], |row| Ok(Made { log: row.get(0)?, deed: row.get(1)?, due: row.get(2)? }))?;
        let kept = lock(&self.waiting).clone();
        if let Some((_, queue)) = kept.filter(|(of, _)| *of == made) {
            return Ok(queue);
        }
        let rows = rows(sql)?;
        let moves = move_rows(sql, &rows)?;
        let households = households(&rows);
        let queue = Arc::new(Queue { pairs: pairs(rows, &moves), households, moves });
        *lock(&self.waiting) = Some((made, Arc::clone(&queue)));
        Ok(queue)
    }

    /// Everything taken out of the queue that is still out of it at `now` (office clock).
    ///
    /// # Errors
    /// The database's.
    pub fn set_asides(&self, now: i64) -> Result<SetAsides, Problem> {
        self.read(|sql| set_asides(sql, now))
    }

    /// What stands where a deed is to write, for the page that offers it; `None` if there is no such thing.
    ///
    /// # Errors
    /// The database's.
    pub fn seen(&self, subject: &Subject) -> Result<Option<Seen>, Problem> {
        self.read(|sql| perform::seen_of(sql, subject))
    }

    /// Children who may be registered twice and of whom nobody has decided, likeliest first, of one village or all:
    /// those from `skip` on, at most `count`, and how many there are. Moves to be confirmed are left out: they are
    /// in [`Self::moves`].
    ///
    /// # Errors
    /// The database's.
    pub fn candidate_pairs(
        &self,
        village: Option<&str>,
        now: i64,
        skip: usize,
        count: usize,
    ) -> Result<(Vec<CandidatePair>, u64), Problem> {
        self.read(|sql| {
            let (queue, aside) = (self.queue(sql)?, set_asides(sql, now)?);
            let open = || queue.pairs.iter().filter(|pair| is_open(pair, village, &aside));
            Ok((open().skip(skip).take(count).cloned().collect(), open().count() as u64))
        })
    }

    /// Documents that may be one household, likeliest first.
    ///
    /// # Errors
    /// The database's.
    pub fn candidate_households(
        &self,
        village: Option<&str>,
        now: i64,
    ) -> Result<Vec<CandidateHouseholds>, Problem> {
        self.read(|sql| {
            let (queue, aside) = (self.queue(sql)?, set_asides(sql, now)?);
            let mut open = Vec::new();
            for both in queue.households.iter().filter(|both| is_of(&both.villages, village)) {
                if !is_aside(sql, &aside, &Subject::households(both.a, both.b))? {
                    open.push(both.clone());
                }
            }
            Ok(open)
        })
    }

    /// Moves within the commune that are not told at both ends.
    ///
    /// # Errors
    /// The database's.
    pub fn moves(&self, village: Option<&str>, now: i64) -> Result<Vec<MoveRow>, Problem> {
        self.read(|sql| {
            let (queue, aside) = (self.queue(sql)?, set_asides(sql, now)?);
            let is_here = |row: &&MoveRow| {
                village.is_none_or(|village| {
                    [&row.from_village, &row.to_village].into_iter().flatten().any(|code| code == village)
                })
            };
            let mut open = Vec::new();
            for row in queue.moves.iter().filter(is_here) {
                if !is_aside(sql, &aside, &row.subject())? {
                    open.push(row.clone());
                }
            }
            Ok(open)
        })
    }

    /// How much waits, for the page that says so first.
    ///
    /// # Errors
    /// The database's.
    pub fn queue_counts(&self, now: i64) -> Result<QueueCounts, Problem> {
        let pairs = self.candidate_pairs(None, now, 0, 0)?.1;
        let households = self.candidate_households(None, now)?.len() as u64;
        let moves = self.moves(None, now)?.len() as u64;
        self.read(|sql| {
            let count = |query: &str| sql.query_row(query, [], |row| row.get::<_, u64>(0));
            let fields = count("SELECT count(*) FROM conflict")?;
            Ok(QueueCounts {
                fields,
                pairs,
                households,
                moves,
                quarantine: count(super::quarantine::UNSEEN)?,
            })
        })
    }
}

fn set_asides(sql: &Connection, now: i64) -> Result<SetAsides, Problem> {
    let mut statement =
        sql.prepare_cached("SELECT subject, seen, deed FROM set_aside WHERE until IS NULL OR until > ?1")?;
    let mut rows = statement.query([now])?;
    let mut all = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let subject: String = row.get(0)?;
        let seen = row.get::<_, Option<i64>>(1)?.map(Seen::from_i64);
        if let Some(subject) = Subject::of_text(&subject) {
            all.insert(subject, Aside { seen, deed: DeedId(row.get(2)?) });
        }
    }
    Ok(SetAsides(all))
}

/// A row of `candidate`; the persons are none where it is about households.
struct Row {
    documents: [DocumentId; 2],
    persons: Option<[sync_core::id::EntityId; 2]>,
    villages: [String; 2],
    score: u8,
    reasons: String,
    widens: bool,
    seen: Seen,
}

/// Every row, likeliest first; in a fixed order where the score is the same.
fn rows(sql: &Connection) -> Result<Vec<Row>, Problem> {
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

fn is_of(villages: &[String; 2], village: Option<&str>) -> bool {
    village.is_none_or(|village| villages.iter().any(|code| code == village))
}

/// Whether a pair waits for an officer.
fn is_open(pair: &CandidatePair, village: Option<&str>, aside: &SetAsides) -> bool {
    // Naming a pair costs more than all the rest, and mostly nothing is set aside.
    is_of(&pair.villages, village) && (aside.0.is_empty() || aside.of(&pair.subject(), pair.seen).is_none())
}

/// Whether a subject is set aside as it stands now. Its state is computed only if somebody ever set it aside.
fn is_aside(sql: &Connection, aside: &SetAsides, subject: &Subject) -> Result<bool, Problem> {
    Ok(aside.names(subject)
        && perform::seen_of(sql, subject)?.and_then(|seen| aside.of(subject, seen)).is_some())
}

/// Pairs of children, without those that are moves to be confirmed.
fn pairs(rows: Vec<Row>, moves: &[MoveRow]) -> Vec<CandidatePair> {
    let moving: BTreeSet<(PersonRef, PersonRef)> = moves
        .iter()
        .filter_map(|row| Some((row.found.from.clone()?, row.found.to.clone()?)))
        .map(|(from, to)| if from <= to { (from, to) } else { (to, from) })
        .collect();
    let pairs = rows.into_iter().filter_map(pair_of);
    pairs.filter(|pair| moving.is_empty() || !moving.contains(&(pair.a.clone(), pair.b.clone()))).collect()
}

fn households(rows: &[Row]) -> Vec<CandidateHouseholds> {
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

fn move_rows(sql: &Connection, rows: &[Row]) -> Result<Vec<MoveRow>, Problem> {
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
    let mut statement = sql.prepare_cached("SELECT code, name FROM village ORDER BY code")?;
    let villages: Vec<(String, String)> = statement
        .query_map([], |row| Ok((row.get(0)?, fold(&row.get::<_, String>(1)?))))?
        .collect::<Result<_, _>>()?;
    let alike: Vec<(PersonRef, PersonRef)> = rows
        .iter()
        .filter_map(|row| {
            let ([a, b], [x, y]) = (row.documents, row.persons.clone()?);
            Some((PersonRef { document: a, person: x }, PersonRef { document: b, person: y }))
        })
        .collect();
    let mut village_of = sql.prepare_cached("SELECT village FROM document WHERE id = ?1")?;
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
