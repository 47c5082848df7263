//! What is missing, doubtful or contradictory, over the whole register.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};
use sync_core::facts::PersonRef;
use sync_core::id::DocumentId;
use sync_core::issues::{IssueCode, Severity};

use super::register::named;
use super::{PAGE_ROWS, PersonRow, make};
use crate::office::Office;
use crate::problem::Problem;

/// Which issues are wanted. Fields with several values are no issues here: see [`Office::conflicts`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IssueFilter {
    /// Of this severity; none: of any.
    pub severity: Option<Severity>,
    /// Only these; empty: all.
    pub codes: Vec<IssueCode>,
    /// Village code.
    pub village: Option<String>,
    /// Page of 50, from 0; of those that are read at once, none.
    pub page: usize,
}

/// One issue of a household's record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueRow {
    /// The household's document.
    pub document: DocumentId,
    /// Code of the village in which the household counts as things stand.
    pub village: String,
    /// `household` or a container's key.
    pub container: String,
    /// Key in it, or empty.
    pub entity: String,
    /// What it is.
    pub code: IssueCode,
    /// The field, or empty: the whole object.
    pub field: String,
    /// Whom it is about.
    pub person: Option<PersonRow>,
}

/// Issues by their stable codes.
pub(in crate::office) fn code_of(code: &str) -> Option<IssueCode> {
    static CODES: LazyLock<BTreeMap<&'static str, IssueCode>> =
        LazyLock::new(|| IssueCode::all().map(|code| (code.code(), code)).collect());
    CODES.get(code).copied()
}

impl Office {
    /// A page of the issues that fit a filter, by village and household, and how many there are in all.
    ///
    /// # Errors
    /// The database's.
    pub fn issue_rows(&self, filter: &IssueFilter) -> Result<(Vec<IssueRow>, u64), Problem> {
        self.issues(filter, PAGE_ROWS, filter.page.saturating_mul(PAGE_ROWS))
    }

    /// The issues that fit a filter, at most so many, in the same order and as of one moment; and how many there are.
    ///
    /// # Errors
    /// The database's.
    pub fn issues_at_once(&self, filter: &IssueFilter, most: usize) -> Result<(Vec<IssueRow>, u64), Problem> {
        self.issues(filter, most, 0)
    }

    fn issues(
        &self,
        filter: &IssueFilter,
        most: usize,
        after: usize,
    ) -> Result<(Vec<IssueRow>, u64), Problem> {
        self.catch_up()?;
        let (condition, values) = filter.condition();
        self.read(|sql| {
            let total = count(sql, &condition, &values)?;
            let mut statement = sql.prepare_cached(&format!(
                "SELECT document, village, container, entity, code, field, person FROM issue_row
                 WHERE {condition} ORDER BY village, by_number, document, place LIMIT {most} OFFSET {after}",
            ))?;
            let mut found = statement.query(params_from_iter(&values))?;
            let mut rows = Vec::new();
            while let Some(row) = found.next()? {
                // A code of another edition has no words here: the row is made anew in a moment.
                let Some((mut issue, person)) = issue_of(row)? else { continue };
                if let Some(person) = person {
                    issue.person = named(sql, &person)?;
                }
                rows.push(issue);
            }
            Ok((rows, total))
        })
    }

    /// How many issues fit a filter: from an index alone, where a page would sort them all.
    ///
    /// # Errors
    /// The database's.
    pub fn issue_count(&self, filter: &IssueFilter) -> Result<u64, Problem> {
        self.catch_up()?;
        let (condition, values) = filter.condition();
        self.read(|sql| count(sql, &condition, &values))
    }
}

impl IssueFilter {
    /// The same as a condition, and what stands for its marks.
    fn condition(&self) -> (String, Vec<Value>) {
        let mut conditions = vec!["true".to_owned()];
        let mut values: Vec<Value> = Vec::new();
        let mut is = |column: &str, wanted: &mut dyn Iterator<Item = String>| {
            let before = values.len();
            values.extend(wanted.map(Value::Text));
            let marks: Vec<String> = (before + 1..=values.len()).map(|at| format!("?{at}")).collect();
            if !marks.is_empty() {
                conditions.push(format!("{column} IN ({})", marks.join(", ")));
            }
        };
        is(
            "severity",
            &mut self.severity.map(|severity| make::severity_key(severity).to_owned()).into_iter(),
        );
        is("code", &mut self.codes.iter().map(|code| code.code().to_owned()));
        is("village", &mut self.village.clone().into_iter());
        (conditions.join(" AND "), values)
    }
}

fn count(sql: &Connection, condition: &str, values: &[Value]) -> Result<u64, Problem> {
    Ok(sql
        .prepare_cached(&format!("SELECT count(*) FROM issue_row WHERE {condition}"))?
        .query_row(params_from_iter(values), |row| row.get(0))?)
}

fn issue_of(row: &Row<'_>) -> Result<Option<(IssueRow, Option<PersonRef>)>, Problem> {
    let document = DocumentId(row.get(0)?);
    let code: String = row.get(4)?;
    let Some(code) = code_of(&code) else { return Ok(None) };
    let person: String = row.get(6)?;
    let issue = IssueRow {
        document,
        village: row.get(1)?,
        container: row.get(2)?,
        entity: row.get(3)?,
        code,
        field: row.get(5)?,
        person: None,
    };
    Ok(Some((issue, person.parse().ok().map(|person| PersonRef { document, person }))))
}
