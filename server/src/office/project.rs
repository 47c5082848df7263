//! The projection: what tallies, lists and searches read instead of documents. A function of the log:
//! `sothon verify` recomputes it.

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};
use sync_core::document::{Household, View};
use sync_core::id::DocumentId;
use sync_core::pairs::identities;
use sync_core::projection::{VERSION, project};
use sync_core::wire::to_plain;

use crate::problem::{Code, Problem};

use super::{feed, read::READER};

/// The rows of one document's projection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Projected {
    pub(super) facts: Vec<u8>,
    pub(super) people: Vec<ProjectedPerson>,
    pub(super) conflicts: Vec<(String, String, String, usize)>,
}

/// A person of the projection: key, identity, whether linked, match keys.
type ProjectedPerson = (String, Vec<u8>, bool, Vec<i64>);

/// What a document comes to.
pub(super) fn projected(view: &View) -> Projected {
    let people = identities(view);
    let conflicts = view.conflicts().map(|(place, field, values)| {
        let (container, entity) = match place {
            Some((container, key)) => (container.key().to_owned(), key.to_string()),
            None => (sync_core::document::shape::KEY_HOUSEHOLD.to_owned(), String::new()),
        };
        (container, entity, field.to_owned(), values.len())
    });
    let mut conflicts: Vec<_> = conflicts.collect();
    conflicts.sort_unstable();
    let mut people: Vec<ProjectedPerson> = people
        .iter()
        .map(|person| {
            (person.person.to_string(), to_plain(person), !person.links.is_empty(), person.match_keys())
        })
        .collect();
    people.sort_unstable();
    Projected { facts: to_plain(&project(view)), people, conflicts }
}

/// Whether the rows were made by this program's reading of documents.
///
/// # Errors
/// The database's.
pub(super) fn is_current(sql: &Connection) -> Result<bool, rusqlite::Error> {
    let made_by: Option<[u8; 4]> = sql
        .query_row("SELECT value FROM meta WHERE key = 'facts_version'", [], |row| row.get(0))
        .optional()?;
    Ok(made_by == Some(VERSION.to_be_bytes()))
}

/// Makes every row anew if they were made by an earlier reading of documents. All or nothing: stopped half-way, it is
/// done at the next start.
///
/// # Errors
/// The database's; [`Code::Internal`] if a document can't be read, which `sothon verify` tells more about.
pub(super) fn renew(connection: &mut Connection) -> Result<(), Problem> {
    // Nobody else writes while documents are read.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if is_current(&transaction)? {
        return Ok(());
    }
    let documents: Vec<DocumentId> = transaction
        .prepare("SELECT id FROM document ORDER BY id")?
        .query_map([], |row| row.get(0).map(DocumentId))?
        .collect::<Result<_, _>>()?;
    if !documents.is_empty() {
        tracing::info!(
            documents = documents.len(),
            "the register is read anew for this version of the program"
        );
    }
    for document in documents {
        let changes = feed::changes_of(&transaction, document, None)?;
        refresh(&transaction, &Household::load(READER, &changes).map_err(|_| Code::Internal)?.view())?;
    }
    transaction.execute(
        "INSERT INTO meta (key, value) VALUES ('facts_version', ?1) ON CONFLICT (key) DO UPDATE SET value = ?1",
        [VERSION.to_be_bytes()],
    )?;
    Ok(transaction.commit()?)
}

/// Replaces a document's rows.
///
/// # Errors
/// The database's.
pub fn refresh(sql: &Connection, view: &View) -> Result<(), Problem> {
    let document = view.document;
    let rows = projected(view);
    sql.prepare_cached(
        "INSERT INTO facts (document, facts) VALUES (?1, ?2) ON CONFLICT (document) DO UPDATE SET facts = ?2",
    )?
    .execute(params![document.0, rows.facts])?;
    clear(sql, document)?;
    for (person, identity, linked, keys) in rows.people {
        sql.prepare_cached(
            "INSERT INTO person (document, person, identity, linked) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![document.0, person, identity, linked])?;
        for key in keys {
            sql.prepare_cached("INSERT INTO match_key (key, document, person) VALUES (?1, ?2, ?3)")?
                .execute(params![key, document.0, person])?;
        }
    }
    for (container, entity, field, choices) in rows.conflicts {
        sql.prepare_cached(
            "INSERT INTO conflict (document, container, entity, field, choices) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![document.0, container, entity, field, choices])?;
    }
    Ok(())
}

fn clear(sql: &Connection, document: DocumentId) -> Result<(), Problem> {
    sql.prepare_cached("DELETE FROM match_key WHERE document = ?1")?.execute(params![document.0])?;
    sql.prepare_cached("DELETE FROM person WHERE document = ?1")?.execute(params![document.0])?;
    sql.prepare_cached("DELETE FROM conflict WHERE document = ?1")?.execute(params![document.0])?;
    Ok(())
}

/// The rows that are stored.
pub(super) fn stored(sql: &Connection, document: DocumentId) -> Result<Projected, Problem> {
    let facts = sql
        .prepare_cached("SELECT facts FROM facts WHERE document = ?1")?
        .query_row(params![document.0], |row| row.get(0))?;
    let mut statement = sql
        .prepare_cached("SELECT person, identity, linked FROM person WHERE document = ?1 ORDER BY person")?;
    let mut people: Vec<ProjectedPerson> = statement
        .query_map(params![document.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, Vec::new())))?
        .collect::<Result<_, _>>()?;
    let mut statement =
        sql.prepare_cached("SELECT key FROM match_key WHERE document = ?1 AND person = ?2 ORDER BY key")?;
    for (person, _, _, keys) in &mut people {
        *keys = statement
            .query_map(params![document.0, &*person], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
    }
    let mut statement = sql.prepare_cached(
        "SELECT container, entity, field, choices FROM conflict WHERE document = ?1 ORDER BY container, entity, field",
    )?;
    let conflicts = statement
        .query_map(params![document.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<Result<_, _>>()?;
    Ok(Projected { facts, people, conflicts })
}
