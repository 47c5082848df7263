//! Where each village stands, counted from the rows.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;
use rusqlite::Connection;
use sync_core::id::{CommuneId, DocumentId};
use sync_core::wire::ReviewRound;

use crate::office::places::{self, Lives, NOW, Place, VillageMap};
use crate::office::{Office, SignedOff, rounds};
use crate::problem::Problem;

/// Where a village of a day stands, in a review round or without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VillageState {
    /// Its code.
    pub code: String,
    /// Its name on the day; the last one, of a village that was not there on it.
    pub name: String,
    /// The codes by which devices know its households: its own, and those of villages that ended in it.
    pub codes: BTreeSet<String>,
    /// Households that are not withdrawn. All counts below are of these.
    pub households: u64,
    /// Of a village that was split, and of none of the new ones yet: they count here with the rest.
    pub unplaced: u64,
    /// Visited in the round; without a round none.
    pub visited: u64,
    /// Tried in the round, and nobody was met.
    pub tried: u64,
    /// With something undecided.
    pub undecided: u64,
    /// Contradictions in their records.
    pub contradictions: u64,
    /// Children of the register who live there.
    pub children: u64,
    /// Of these, in a circumstance of 03/TE II, as far as a tally may count them without opening a report.
    pub special: u64,
    /// What was signed of each code under which the village has households; of its own, if it has none. Without a
    /// round nothing.
    ///
    /// A collector signs the documents of a code, as the phone shows them, before a merger or after it: each such
    /// sign-off stands, and the village is signed off when all of them are. Nobody signs for households they don't
    /// hold, and nobody who signed has to sign again because villages came together.
    pub sign_offs: Vec<CodeSignOff>,
}

/// What was said of the documents of one code in a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeSignOff {
    /// The code.
    pub code: String,
    /// What devices call it.
    pub name: String,
    /// The sign-off that stands; none if there is none or it was taken back.
    pub signed: Option<SignedOff>,
    /// Whether the last statement took a sign-off back.
    pub reopened: bool,
}

impl VillageState {
    /// Whether all its households are signed off.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        !self.sign_offs.is_empty() && self.sign_offs.iter().all(|of| of.signed.is_some())
    }

    /// Whether households there wait for a sign-off. Where there are none, nobody has anything to sign.
    #[must_use]
    pub fn wants_sign_off(&self) -> bool {
        self.households > 0 && !self.is_signed()
    }

    /// Whether a sign-off was taken back.
    #[must_use]
    pub fn is_reopened(&self) -> bool {
        self.sign_offs.iter().any(|of| of.reopened)
    }

    fn new(code: String, name: String, counts: Counts) -> Self {
        let [households, unplaced, visited, tried, undecided, contradictions, children, special] = counts.0;
        Self {
            code,
            name,
            codes: BTreeSet::new(),
            households,
            unplaced,
            visited,
            tried,
            undecided,
            contradictions,
            children,
            special,
            sign_offs: Vec::new(),
        }
    }
}

/// Counts in the order of [`VillageState`].
#[derive(Debug, Clone, Copy, Default)]
struct Counts([u64; 8]);

impl Counts {
    fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(sum, one)| *sum += one);
    }
}

/// Counts by village, then by the code of the documents.
type Counted = BTreeMap<String, BTreeMap<String, Counts>>;

impl Office {
    /// Where each village of the day `on` stands as its households are now, by code. A household that was begun under
    /// the code of a later village stands under that, after the others: the sums are the commune's.
    ///
    /// # Errors
    /// The database's.
    pub fn village_states(
        &self,
        round: Option<&ReviewRound>,
        on: Date,
    ) -> Result<Vec<VillageState>, Problem> {
        self.catch_up()?;
        self.read(|sql| {
            let map = places::map(sql, on, NOW)?;
            let stands = map == places::standing(sql)?;
            let counted = counted(sql, round, (!stands).then_some(&map))?;
            let codes_of = |(village, codes): (&String, &BTreeMap<String, Counts>)| {
                codes.keys().map(|code| (village.clone(), code.clone())).collect::<Vec<_>>()
            };
            let mut codes = places::codes_by_village(sql, &map, counted.iter().flat_map(codes_of))?;
            let last_names = last_names(sql)?;
            let mut names: Vec<(String, String)> = Lives::read(sql, NOW)?
                .on(on)
                .into_iter()
                .map(|village| (village.code, village.name))
                .collect();
            let there: BTreeSet<String> = names.iter().map(|(code, _)| code.clone()).collect();
            let others = counted.keys().filter(|code| !there.contains(*code));
            names.extend(others.map(|code| (code.clone(), last_names.get(code).unwrap_or(code).clone())));
            let mut signed =
                SignOffs { sql, commune: self.commune.id, round, last_names, read: BTreeMap::new() };
            let nothing = BTreeMap::new();
            let state = |(code, name): (String, String)| {
                let by_code = counted.get(&code).unwrap_or(&nothing);
                let mut counts = Counts::default();
                by_code.values().for_each(|of_code| counts.add(of_code));
                let mut state = VillageState::new(code, name, counts);
                state.codes = codes.remove(&state.code).unwrap_or_default();
                state.sign_offs =
                    if by_code.is_empty() { signed.of([&state.code])? } else { signed.of(by_code.keys())? };
                Ok(state)
            };
            names.into_iter().map(state).collect()
        })
    }
}

/// Sign-offs of a round, each code's read once: after a split several villages share one.
struct SignOffs<'a> {
    sql: &'a Connection,
    commune: CommuneId,
    round: Option<&'a ReviewRound>,
    last_names: BTreeMap<String, String>,
    read: BTreeMap<String, CodeSignOff>,
}

impl SignOffs<'_> {
    fn of<'b>(&mut self, codes: impl IntoIterator<Item = &'b String>) -> Result<Vec<CodeSignOff>, Problem> {
        let Some(round) = self.round else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for code in codes {
            if !self.read.contains_key(code) {
                let (signed, reopened) = rounds::sign_off_of(self.sql, self.commune, &round.code, code)?;
                let name = self.last_names.get(code).unwrap_or(code).clone();
                self.read.insert(code.clone(), CodeSignOff { code: code.clone(), name, signed, reopened });
            }
            found.extend(self.read.get(code).cloned());
        }
        Ok(found)
    }
}

/// What devices call each code: of a village that is no more, its last name.
fn last_names(sql: &Connection) -> Result<BTreeMap<String, String>, Problem> {
    let mut statement = sql.prepare_cached("SELECT code, name FROM village")?;
    Ok(statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?)
}

/// Counted household by household, each in the village where it counts: by the rows, which say where that is as things
/// stand, or by the map of another day. Everything is read from indexes in their order, and nothing is sorted: this is
/// on the page that is opened most.
fn counted(
    sql: &Connection,
    round: Option<&ReviewRound>,
    map: Option<&VillageMap>,
) -> Result<Counted, Problem> {
    let seen = seen(sql, round)?;
    let mut statement = sql.prepare_cached(
        "SELECT village, code, document, unplaced, undecided > 0, contradictions, children, special
         FROM household_row WHERE NOT withdrawn",
    )?;
    let mut rows = statement.query([])?;
    let mut counted = Counted::new();
    while let Some(row) = rows.next()? {
        let text = |at| row.get_ref(at)?.as_str().map_err(rusqlite::Error::from);
        let (code, document) = (text(1)?, DocumentId(row.get(2)?));
        let place = match map {
            None => Place { village: text(0)?, unplaced: row.get(3)? },
            Some(map) => map.place(document, code),
        };
        let seen = seen.get(&document).copied();
        let counts = Counts([
            1,
            u64::from(place.unplaced),
            u64::from(seen == Some(true)),
            u64::from(seen == Some(false)),
            row.get(4)?,
            row.get(5)?,
            row.get(6)?,
            row.get(7)?,
        ]);
        match counted.get_mut(place.village).and_then(|codes| codes.get_mut(code)) {
            Some(sum) => sum.add(&counts),
            None => {
                counted.entry(place.village.to_owned()).or_default().insert(code.to_owned(), counts);
            }
        }
    }
    Ok(counted)
}

/// Documents visited in the round, and whether anybody was met.
fn seen(sql: &Connection, round: Option<&ReviewRound>) -> Result<HashMap<DocumentId, bool>, Problem> {
    let Some(round) = round else { return Ok(HashMap::new()) };
    let mut statement = sql.prepare_cached(
        "SELECT document, made FROM visit_row WHERE round = ?1
         UNION ALL SELECT document, made FROM visit_row WHERE round IS NULL AND first >= ?2 AND last <= ?3",
    )?;
    let mut rows = statement.query([&round.code, &round.starts, &round.ends])?;
    let mut seen = HashMap::new();
    while let Some(row) = rows.next()? {
        let made: bool = row.get(1)?;
        *seen.entry(DocumentId(row.get(0)?)).or_default() |= made;
    }
    Ok(seen)
}
