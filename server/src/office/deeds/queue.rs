//! What waits for a decision, read for a page.
//!
//! Enters: rows made beside each document ([`super::index`], [`crate::office::pages`]) and what was set aside. Leaves:
//! one [`Queue`], the same for every page that counts or lists it. Identity numbers are no part of it: they are the
//! lists of [`Office::issue_rows`], and nothing of them can be set aside.
//!
//! Invariant: an item that is set aside, or settled by a deed about something else, is in no count and no list.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use rusqlite::Connection;
use sync_core::document::{Container, Seen, Target, shape};
use sync_core::facts::PersonRef;
use sync_core::id::DocumentId;
use sync_core::issues::IssueCode;

use super::aside::{Aside, Checked};
use super::found::{CandidateHouseholds, CandidatePair, MoveRow};
use super::{Subject, aside, found, perform, quarantine};
use crate::office::pages::code_of;
use crate::office::{Office, lock};
use crate::problem::Problem;

/// A field on which people wrote different things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisputedField {
    /// The field.
    pub subject: Subject,
    /// Code of its village.
    pub village: String,
    /// How many values stand.
    pub choices: u64,
}

/// Two things in one record that can't both be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// Where. One object may break one rule in several fields: that is one thing to decide.
    pub subject: Subject,
    /// Code of its village.
    pub village: String,
    /// Which rule.
    pub code: IssueCode,
    /// Whom it is about.
    pub person: Option<PersonRef>,
}

/// What waits at a moment. Each list is in the order in which it is to be decided.
#[derive(Debug, Default)]
pub struct Queue {
    /// By village and household.
    pub fields: Vec<DisputedField>,
    /// Documents that may be one household, likeliest first.
    pub households: Vec<CandidateHouseholds>,
    /// Children who may be registered twice, likeliest first. Moves to be confirmed are not among them.
    pub pairs: Vec<CandidatePair>,
    /// Moves within the commune that are not told at both ends.
    pub moves: Vec<MoveRow>,
    /// By village and household.
    pub contradictions: Vec<Contradiction>,
    /// What is out of all of these because somebody set it aside, the latest first.
    pub asides: Vec<Aside>,
}

/// Whether something of one village is wanted; of all of them if none is named.
fn is_of(of: &str, village: Option<&str>) -> bool {
    village.is_none_or(|village| village == of)
}

impl DisputedField {
    /// Whether it is of the village; of all of them if none is named.
    #[must_use]
    pub fn is_of(&self, village: Option<&str>) -> bool {
        is_of(&self.village, village)
    }
}

impl Contradiction {
    /// Whether it is of the village; of all of them if none is named.
    #[must_use]
    pub fn is_of(&self, village: Option<&str>) -> bool {
        is_of(&self.village, village)
    }
}

/// What a queue was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Made {
    /// The log's end.
    log: u64,
    /// The last deed.
    deed: u64,
    /// Documents whose rows were still to be made.
    due: u64,
    /// The oldest and the newest day for which rows are made: ages, and what follows from them.
    days: (Option<String>, Option<String>),
}

/// The queue as it was last made.
#[derive(Debug)]
struct Last {
    of: Made,
    /// From when to before when it holds, by the office's clock: what was set aside until later comes back.
    from: i64,
    until: Option<i64>,
    queue: Arc<Queue>,
}

/// The queue as it was last made, and what was found out for it.
#[derive(Debug, Default)]
pub(in crate::office) struct Kept {
    last: Option<Last>,
    checked: Checked,
}

/// Where an office keeps it.
pub(in crate::office) type KeptQueue = Mutex<Kept>;

impl Office {
    /// What waits at `now` (office clock), made anew only if something was written since.
    ///
    /// # Errors
    /// The database's.
    pub fn queue(&self, now: i64) -> Result<Arc<Queue>, Problem> {
        self.catch_up()?;
        self.read(|sql| {
            let made = made(sql)?;
            let mut checked = {
                let kept = lock(&self.waiting);
                let is_good = |last: &&Last| {
                    last.of == made && last.from <= now && last.until.is_none_or(|until| now < until)
                };
                if let Some(last) = kept.last.as_ref().filter(is_good) {
                    return Ok(Arc::clone(&last.queue));
                }
                kept.checked.clone()
            };
            let queue = Arc::new(waiting(sql, aside::in_force(sql, now, &mut checked)?)?);
            let until = queue.asides.iter().filter_map(|aside| aside.until).min();
            let last = Last { of: made, from: now, until, queue: Arc::clone(&queue) };
            *lock(&self.waiting) = Kept { last: Some(last), checked };
            Ok(queue)
        })
    }

    /// What stands where a deed is to write, for the page that offers it; `None` if there is no such thing.
    ///
    /// # Errors
    /// The database's.
    pub fn seen(&self, subject: &Subject) -> Result<Option<Seen>, Problem> {
        self.read(|sql| perform::seen_of(sql, subject))
    }

    /// How many refused changes nobody has looked at.
    ///
    /// # Errors
    /// The database's.
    pub fn quarantine_waiting(&self) -> Result<u64, Problem> {
        self.read(|sql| Ok(sql.prepare_cached(quarantine::UNSEEN)?.query_row([], |row| row.get(0))?))
    }
}

fn made(sql: &Connection) -> Result<Made, Problem> {
    let mut statement = sql.prepare_cached(
        "SELECT (SELECT coalesce(max(position), 0) FROM log), (SELECT coalesce(max(id), 0) FROM deed),
             (SELECT count(*) FROM row_due),
             (SELECT min(made_on) FROM household_row), (SELECT max(made_on) FROM household_row)",
    )?;
    Ok(statement.query_row([], |row| {
        Ok(Made { log: row.get(0)?, deed: row.get(1)?, due: row.get(2)?, days: (row.get(3)?, row.get(4)?) })
    })?)
}

fn waiting(sql: &Connection, asides: Vec<Aside>) -> Result<Queue, Problem> {
    let out: BTreeSet<&Subject> = asides.iter().map(|aside| &aside.subject).collect();
    // Naming an item costs more than reading it, and mostly nothing is set aside.
    let waits = |subject: &dyn Fn() -> Subject| out.is_empty() || !out.contains(&subject());
    let rows = found::rows(sql)?;
    let mut moves = found::moves(sql, &rows)?;
    let mut households = found::households(&rows);
    let mut pairs = found::pairs(rows, &moves);
    let (mut fields, mut contradictions) = (fields(sql)?, contradictions(sql)?);
    moves.retain(|row| waits(&|| row.subject()));
    households.retain(|both| waits(&|| both.subject()));
    pairs.retain(|pair| waits(&|| pair.subject()));
    fields.retain(|field| !out.contains(&field.subject));
    contradictions.retain(|found| !out.contains(&found.subject));
    Ok(Queue { fields, households, pairs, moves, contradictions, asides })
}

fn fields(sql: &Connection) -> Result<Vec<DisputedField>, Problem> {
    let mut statement = sql.prepare_cached(
        "SELECT c.document, coalesce(h.village, d.village) AS village, c.container, c.entity, c.field, c.choices
         FROM conflict AS c JOIN document AS d ON d.id = c.document
             LEFT JOIN household_row AS h ON h.document = c.document
         ORDER BY village, c.document, c.container, c.entity, c.field",
    )?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let (container, entity): (String, String) = (row.get(2)?, row.get(3)?);
        let Some(target) = target(&container, &entity) else { continue };
        let subject = Subject::Field { document: DocumentId(row.get(0)?), target, field: row.get(4)? };
        all.push(DisputedField { subject, village: row.get(1)?, choices: row.get(5)? });
    }
    Ok(all)
}

fn contradictions(sql: &Connection) -> Result<Vec<Contradiction>, Problem> {
    let mut statement = sql.prepare_cached(
        "SELECT document, village, container, entity, code, person FROM issue_row
         WHERE severity = 'contradiction' ORDER BY village, by_number, document, place",
    )?;
    let mut rows = statement.query([])?;
    let (mut all, mut known) = (Vec::new(), BTreeSet::new());
    while let Some(row) = rows.next()? {
        let document = DocumentId(row.get(0)?);
        let (container, entity, code): (String, String, String) = (row.get(2)?, row.get(3)?, row.get(4)?);
        // A code of another edition has no words here: the row is made anew in a moment.
        let (Some(target), Some(issue)) = (target(&container, &entity), code_of(&code)) else {
            continue;
        };
        let subject = Subject::Issue { document, target, code };
        if known.insert(subject.clone()) {
            let person: String = row.get(5)?;
            let person = person.parse().ok().map(|person| PersonRef { document, person });
            all.push(Contradiction { subject, village: row.get(1)?, code: issue, person });
        }
    }
    Ok(all)
}

/// The object that a row names.
fn target(container: &str, entity: &str) -> Option<Target> {
    match container {
        shape::KEY_HOUSEHOLD if entity.is_empty() => Some(Target::Household),
        _ => Some(Target::Entity(Container::of_key(container)?, entity.parse().ok()?)),
    }
}
