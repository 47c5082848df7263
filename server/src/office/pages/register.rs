//! Lists of households and people, and the search.

use rusqlite::{Connection, OptionalExtension, Row, params};
use schemas::text::fold;
use sync_core::date::PartialDate;
use sync_core::facts::PersonRef;
use sync_core::id::{DocumentId, EntityId};

use super::PAGE_ROWS;
use crate::office::Office;
use crate::problem::{Code, Problem};

/// A household as a list shows it. `Debug` shows the document only: the rest is personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct HouseholdRow {
    /// The household's document.
    pub document: DocumentId,
    /// Code of the village in which it counts as things stand.
    pub village: String,
    /// Whether its village was split and nobody has said since to which of the new ones it belongs.
    pub unplaced: bool,
    /// Number in the village's book, as shown.
    pub number: String,
    /// Name of the head, as shown.
    pub head: String,
    /// Hamlet, as shown.
    pub hamlet: String,
    /// Address, as shown.
    pub address: String,
    /// Children of the register who live here.
    pub children: u64,
    /// Of these, in a circumstance of 03/TE II, as far as a tally may count them without opening a report.
    pub special: u64,
    /// Sealed reports.
    pub sealed: u64,
    /// Fields on which people wrote different things.
    pub undecided: u64,
    /// Things in the record that can't both be right.
    pub contradictions: u64,
    /// Things to look at again.
    pub doubtful: u64,
    /// Things not recorded yet.
    pub missing: u64,
    /// The day of the last visit.
    pub last_visit: Option<PartialDate>,
    /// Withdrawn as a mistake.
    pub withdrawn: bool,
    /// Who in it was looked for: by the search, or by a line of 03/TE.
    pub matched: Vec<PersonRow>,
}

impl core::fmt::Debug for HouseholdRow {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "HouseholdRow({})", self.document)
    }
}

/// A person as a list shows them: what their record says, as shown. `Debug` shows the keys only.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// The household's document.
    pub document: DocumentId,
    /// Key in the document.
    pub person: EntityId,
    /// Code of the village in which the household counts as things stand.
    pub village: String,
    /// Code of the village in whose book the household was begun: where it counts on another day follows from it.
    pub begun_in: String,
    /// Of the register of children, not an adult member.
    pub is_child: bool,
    /// Name.
    pub name: String,
    /// Date of birth as recorded: `2019-05-03`, `2019-05`, `2019`, or empty.
    pub birth: String,
    /// Code of the catalogue of sexes, or empty.
    pub sex: String,
    /// Identity number.
    pub identity_number: String,
    /// Code of the catalogue of ethnic groups, or empty.
    pub ethnicity: String,
    /// Name of the father.
    pub father: String,
    /// Name of the mother.
    pub mother: String,
    /// Name of the carer.
    pub carer: String,
    /// Number of the household in the village's book.
    pub household_number: String,
    /// Name of the head of the household.
    pub head: String,
    /// Where they stay: their own place if they live elsewhere, otherwise the household's address and hamlet. Where people
    /// wrote different ones, all of them.
    pub address: String,
    /// Died or moved away, as far as is known.
    pub gone: bool,
    /// Withdrawn as a mistake, itself or with its household.
    pub withdrawn: bool,
}

impl core::fmt::Debug for PersonRow {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "PersonRow({}/{})", self.document, self.person)
    }
}

/// Which households a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Only {
    /// All that are not withdrawn.
    #[default]
    Standing,
    /// With something undecided.
    Undecided,
    /// With a contradiction.
    Contradictions,
    /// With something to be looked at again.
    Doubtful,
    /// With something not recorded yet.
    Missing,
    /// With a sealed report.
    Sealed,
    /// Withdrawn as a mistake.
    Withdrawn,
    /// Of a village that was split, and of none of the new ones yet.
    Unplaced,
}

impl Only {
    fn condition(self) -> &'static str {
        match self {
            Self::Standing => "NOT withdrawn",
            Self::Undecided => "NOT withdrawn AND undecided > 0",
            Self::Contradictions => "NOT withdrawn AND contradictions > 0",
            Self::Doubtful => "NOT withdrawn AND doubtful > 0",
            Self::Missing => "NOT withdrawn AND missing > 0",
            Self::Sealed => "NOT withdrawn AND sealed > 0",
            Self::Withdrawn => "withdrawn",
            Self::Unplaced => "NOT withdrawn AND unplaced",
        }
    }
}

/// What a list of households is narrowed by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Village code.
    pub village: Option<String>,
    /// Code of a line, group or section of 03/TE that a child of the household may be in.
    pub line: Option<String>,
    /// What is wanted of the household itself.
    pub only: Only,
}

/// A page of a list, and how long the whole list is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The page's rows.
    pub rows: Vec<HouseholdRow>,
    /// Rows of the whole list.
    pub total: u64,
}

const HOUSEHOLD: &str =
    "document, village, number, head, hamlet, address, children, special, sealed, undecided,
     contradictions, doubtful, missing, last_visit, withdrawn, unplaced";

const PERSON: &str = "SELECT p.document, p.person, h.village, p.is_child, p.name, p.birth, p.sex,
         p.identity_number, p.ethnicity, p.father, p.mother, p.carer, h.number, h.head, p.address, p.gone,
         p.withdrawn, p.search, d.village
     FROM person_row AS p JOIN household_row AS h ON h.document = p.document
     JOIN document AS d ON d.id = p.document";

/// Characters of a search that are looked at: as long as the longest name recorded.
const SEARCH_CHARS_MAX: usize = 100;

impl Office {
    /// A page of the households that fit a filter, by village, number and head; pages count from 0.
    ///
    /// # Errors
    /// The database's.
    pub fn households(&self, filter: &Filter, page: usize) -> Result<Found, Problem> {
        self.catch_up()?;
        let Filter { village, line, only } = filter;
        let condition = format!(
            "(?1 IS NULL OR village = ?1)
             AND (?2 IS NULL OR document IN (SELECT document FROM circumstance_row WHERE line = ?2)) AND {}",
            only.condition()
        );
        self.read(|sql| {
            let total = sql
                .prepare_cached(&format!("SELECT count(*) FROM household_row WHERE {condition}"))?
                .query_row(params![village, line], |row| row.get(0))?;
            let mut statement = sql.prepare_cached(&format!(
                "SELECT {HOUSEHOLD} FROM household_row INDEXED BY household_row_in_order WHERE {condition}
                 ORDER BY village, by_number, document LIMIT ?3 OFFSET ?4",
            ))?;
            let rows = statement
                .query_map(params![village, line, PAGE_ROWS, page.saturating_mul(PAGE_ROWS)], household_of)?;
            let mut rows: Vec<HouseholdRow> = rows.collect::<Result<_, _>>()?;
            if let Some(line) = line {
                for row in &mut rows {
                    row.matched = in_line(sql, row.document, line)?;
                }
            }
            Ok(Found { rows, total })
        })
    }

    /// A page of the households in which somebody or something is called so: a name with or without accents, in
    /// any order of its words, an identity number, a household's number, an address, a telephone. A household of
    /// that number comes first, then whole words, then parts of words.
    ///
    /// # Errors
    /// The database's.
    pub fn search(&self, text: &str, village: Option<&str>, page: usize) -> Result<Found, Problem> {
        self.catch_up()?;
        let cut: String = text.chars().take(SEARCH_CHARS_MAX).collect();
        let sought = fold(&cut);
        let Some(rarest) = sought.split_whitespace().max_by_key(|word| word.len()) else {
            return Ok(Found { rows: Vec::new(), total: 0 });
        };
        // A household's number may be typed with zeros in front.
        let bare = rarest.trim_start_matches('0');
        let rarest = if bare.is_empty() { rarest } else { bare };
        self.read(|sql| {
            let mut statement = sql.prepare_cached(
                "SELECT document, village, by_number, number, search FROM household_row
                 WHERE instr(search, ?1) > 0 AND (?2 IS NULL OR village = ?2)",
            )?;
            let mut rows = statement.query(params![rarest, village])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let text = |at| row.get_ref(at)?.as_str().map_err(rusqlite::Error::from);
                if let Some(rank) = rank(&sought, text(3)?, text(4)?) {
                    let by_number: Vec<u8> = row.get(2)?;
                    found.push((rank, row.get::<_, String>(1)?, by_number, DocumentId(row.get(0)?)));
                }
            }
            found.sort_unstable();
            let total = found.len() as u64;
            let mut rows = Vec::new();
            for (.., document) in found.into_iter().skip(page.saturating_mul(PAGE_ROWS)).take(PAGE_ROWS) {
                let mut row = household(sql, document)?.ok_or(Code::Internal)?;
                row.matched = called(sql, document, &sought)?;
                rows.push(row);
            }
            Ok(Found { rows, total })
        })
    }

    /// Each household asked for, in the order asked; none where its document can't be read or does not exist.
    ///
    /// # Errors
    /// The database's.
    pub fn households_named(&self, documents: &[DocumentId]) -> Result<Vec<Option<HouseholdRow>>, Problem> {
        self.catch_up()?;
        self.read(|sql| documents.iter().map(|document| household(sql, *document)).collect())
    }

    /// Everybody in a household's record, children first, the oldest first.
    ///
    /// # Errors
    /// The database's.
    pub fn people_of(&self, document: DocumentId) -> Result<Vec<PersonRow>, Problem> {
        self.catch_up()?;
        self.read(|sql| called(sql, document, ""))
    }

    /// Somebody else who has this identity number, as their record says; of several, the first by document.
    ///
    /// # Errors
    /// The database's.
    pub fn other_of_number(&self, number: &str, than: &PersonRef) -> Result<Option<PersonRow>, Problem> {
        self.catch_up()?;
        self.read(|sql| {
            let query = format!(
                "{PERSON} WHERE p.identity_number = ?1 AND p.withdrawn = 0 AND (p.document, p.person) <> (?2, ?3)
                 ORDER BY p.document, p.person LIMIT 1"
            );
            let mut statement = sql.prepare_cached(&query)?;
            let other = params![number, than.document.0, than.person.as_str()];
            Ok(statement.query_row(other, person_of).optional()?)
        })
    }

    /// Each person asked for, in the order asked; none where there is no such record.
    ///
    /// # Errors
    /// The database's.
    pub fn people_named(&self, people: &[PersonRef]) -> Result<Vec<Option<PersonRow>>, Problem> {
        self.catch_up()?;
        self.read(|sql| people.iter().map(|person| named(sql, person)).collect())
    }
}

/// How well a household answers a search, the best first; none: not at all. One text must have every word: nobody
/// types a middle name, and nobody looks for half of one person and half of another.
fn rank(sought: &str, number: &str, search: &str) -> Option<u8> {
    let bare = |number: &str| fold(number).trim_start_matches('0').to_owned();
    if !bare(sought).is_empty() && bare(sought) == bare(number) {
        return Some(0);
    }
    search
        .lines()
        .filter(|line| says(line, sought))
        .map(|line| {
            let whole = |word: &str| line.split_whitespace().any(|of| of == word);
            if line == sought {
                1
            } else if sought.split_whitespace().all(whole) {
                2
            } else {
                3
            }
        })
        .min()
}

/// Whether a folded text has every word sought, in any order.
fn says(line: &str, sought: &str) -> bool {
    sought.split_whitespace().all(|word| line.contains(word))
}

fn household_of(row: &Row<'_>) -> Result<HouseholdRow, rusqlite::Error> {
    let last_visit: Option<String> = row.get(13)?;
    Ok(HouseholdRow {
        document: DocumentId(row.get(0)?),
        village: row.get(1)?,
        number: row.get(2)?,
        head: row.get(3)?,
        hamlet: row.get(4)?,
        address: row.get(5)?,
        children: row.get(6)?,
        special: row.get(7)?,
        sealed: row.get(8)?,
        undecided: row.get(9)?,
        contradictions: row.get(10)?,
        doubtful: row.get(11)?,
        missing: row.get(12)?,
        last_visit: last_visit.and_then(|date| date.parse().ok()),
        withdrawn: row.get(14)?,
        unplaced: row.get(15)?,
        matched: Vec::new(),
    })
}

fn household(sql: &Connection, document: DocumentId) -> Result<Option<HouseholdRow>, Problem> {
    let query = format!("SELECT {HOUSEHOLD} FROM household_row WHERE document = ?1");
    Ok(sql.prepare_cached(&query)?.query_row([document.0], household_of).optional()?)
}

fn person_of(row: &Row<'_>) -> Result<PersonRow, rusqlite::Error> {
    let key: String = row.get(1)?;
    Ok(PersonRow {
        document: DocumentId(row.get(0)?),
        person: key.parse().map_err(|_| rusqlite::Error::InvalidQuery)?,
        village: row.get(2)?,
        is_child: row.get(3)?,
        name: row.get(4)?,
        birth: row.get(5)?,
        sex: row.get(6)?,
        identity_number: row.get(7)?,
        ethnicity: row.get(8)?,
        father: row.get(9)?,
        mother: row.get(10)?,
        carer: row.get(11)?,
        household_number: row.get(12)?,
        head: row.get(13)?,
        address: row.get(14)?,
        gone: row.get(15)?,
        withdrawn: row.get(16)?,
        begun_in: row.get(18)?,
    })
}

/// One person's row.
pub(super) fn named(sql: &Connection, person: &PersonRef) -> Result<Option<PersonRow>, Problem> {
    let query = format!("{PERSON} WHERE p.document = ?1 AND p.person = ?2");
    let mut statement = sql.prepare_cached(&query)?;
    Ok(statement.query_row(params![person.document.0, person.person.as_str()], person_of).optional()?)
}

/// The children of a household who may be in a line.
fn in_line(sql: &Connection, document: DocumentId, line: &str) -> Result<Vec<PersonRow>, Problem> {
    let query = format!(
        "{PERSON} JOIN circumstance_row AS c ON c.document = p.document AND c.person = p.person
         WHERE p.document = ?1 AND c.line = ?2 ORDER BY p.birth, p.person"
    );
    let mut statement = sql.prepare_cached(&query)?;
    Ok(statement.query_map(params![document.0, line], person_of)?.collect::<Result<_, _>>()?)
}

/// The people of a household who are called so; all, if nothing is sought.
fn called(sql: &Connection, document: DocumentId, sought: &str) -> Result<Vec<PersonRow>, Problem> {
    let query = format!("{PERSON} WHERE p.document = ?1 ORDER BY p.is_child DESC, p.birth, p.person");
    let mut statement = sql.prepare_cached(&query)?;
    let mut rows = statement.query([document.0])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let search = row.get_ref(17)?.as_str().map_err(rusqlite::Error::from)?;
        if sought.is_empty() || search.lines().any(|line| says(line, sought)) {
            found.push(person_of(row)?);
        }
    }
    Ok(found)
}
