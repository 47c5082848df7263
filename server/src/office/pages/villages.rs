//! Where each village stands, counted from the rows.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rusqlite::{Connection, params};
use sync_core::wire::ReviewRound;

use crate::office::{Office, SignedOff, feed, rounds};
use crate::problem::Problem;

/// Where a village stands, in a review round or without one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VillageState {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Households that are not withdrawn. All counts below are of these.
    pub households: u64,
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
    /// The sign-off that stands; none if there is none or it was taken back.
    pub signed: Option<SignedOff>,
    /// Whether the last statement took a sign-off back.
    pub reopened: bool,
}

/// Counts of a village, in the order of [`VillageState`].
type Counts = [u64; 7];

impl Office {
    /// Where each village stands, by code: what [`Office::round_status`] says, without reading a document. `today`
    /// decides ages in rows that are made on the way, and nothing else.
    ///
    /// # Errors
    /// The database's.
    pub fn village_states(
        &self,
        round: Option<&ReviewRound>,
        today: Date,
    ) -> Result<Vec<VillageState>, Problem> {
        self.catch_up_on(Some(today))?;
        self.read(|sql| {
            let counts = counts(sql, round)?;
            let mut statement = sql.prepare_cached("SELECT code, name FROM village ORDER BY code")?;
            let villages: Vec<(String, String)> =
                statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
            villages
                .into_iter()
                .map(|(code, name)| {
                    let (signed, reopened) = match round {
                        None => (None, false),
                        Some(round) => {
                            let now = feed::fingerprints(sql, std::slice::from_ref(&code))?;
                            rounds::sign_off_of(sql, self.commune.id, &round.code, &code, &now)?
                        }
                    };
                    let [households, visited, tried, undecided, contradictions, children, special] =
                        counts.get(&code).copied().unwrap_or_default();
                    Ok(VillageState {
                        code,
                        name,
                        households,
                        visited,
                        tried,
                        undecided,
                        contradictions,
                        children,
                        special,
                        signed,
                        reopened,
                    })
                })
                .collect()
        })
    }
}

fn counts(sql: &Connection, round: Option<&ReviewRound>) -> Result<BTreeMap<String, Counts>, Problem> {
    let mut statement = sql.prepare_cached(
        "WITH seen AS (
             SELECT document, max(made) AS made FROM visit_row
             WHERE ?1 IS NOT NULL AND (round = ?1 OR (round IS NULL AND first >= ?2 AND last <= ?3))
             GROUP BY document)
         SELECT h.village, count(*), coalesce(sum(s.made = 1), 0), coalesce(sum(s.made = 0), 0),
             sum(h.undecided > 0), sum(h.contradictions), sum(h.children), sum(h.special)
         FROM household_row AS h LEFT JOIN seen AS s ON s.document = h.document
         WHERE NOT h.withdrawn GROUP BY h.village",
    )?;
    let (code, starts, ends) = match round {
        Some(round) => (Some(&round.code), Some(&round.starts), Some(&round.ends)),
        None => (None, None, None),
    };
    let rows = statement.query_map(params![code, starts, ends], |row| {
        let mut counts = Counts::default();
        for (at, count) in counts.iter_mut().enumerate() {
            *count = row.get(at + 1)?;
        }
        Ok((row.get(0)?, counts))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
