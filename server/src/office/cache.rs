//! Facts and counts that are kept in memory while the office's pages are looked at.
//!
//! Between step 6 and 7 of the way of a fact. Enters: the projection's rows. Leaves: [`FactsAt`] as the register
//! stands now, and what households add to a form. A page asks for the same facts again and again, and a night's
//! sync changes few households: only documents whose newest change is newer than what is held are read again, and
//! only they are counted again ([`recount`]).
//!
//! Invariants: what is answered equals what [`Office::facts`] reads at that log position; nothing here is on disk;
//! sealed reports that a key opened are answered to that key only; what nobody asked for between two calls of
//! [`Office::forget_unused`] is dropped, so that an idle office holds nothing.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use rusqlite::{Connection, params};
use schemas::form::Form;
use sha2::{Digest, Sha256};
use sync_core::facts::{HouseholdFacts, RestrictedFact};
use sync_core::id::DocumentId;
use sync_core::seal::{ConfidentialKey, ConfidentialPublicKey};
use sync_core::tally::{Contribution, Counter, Explanation, Period, TallyError, contributions_by_village};

mod recount;

use super::places::VillageMap;
use super::read::{self, FactsAt};
use super::{Office, lock};
use crate::problem::{Code, Problem};

/// Counts kept: a form has some 50 KiB, and a page shows at most four of them.
const COUNTS_MAX: usize = 24;
/// Forms kept village by village: up to 64 villages each.
const COUNTS_BY_VILLAGE_MAX: usize = 4;
/// Lists behind a cell kept: up to some MiB each, for the pages of one list.
const EXPLANATIONS_MAX: usize = 2;

use recount::{Basis, Count};

/// The facts of every household, by document. Cheap to copy: unchanged households are shared.
#[derive(Debug, Clone, Default)]
pub struct Households(Arc<Vec<Arc<HouseholdFacts>>>);

impl Households {
    /// Every household, ascending by document.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &HouseholdFacts> {
        self.0.iter().map(|household| &**household)
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The household of this document.
    #[must_use]
    pub fn of(&self, document: DocumentId) -> Option<&HouseholdFacts> {
        let place = self.0.binary_search_by_key(&document, |household| household.document).ok()?;
        self.0.get(place).map(|household| &**household)
    }

    /// Whether these are the other's very own, not only equal.
    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// These, each in the village where it counts.
    pub(crate) fn placed(&self, map: &VillageMap) -> Self {
        let place = |household: &Arc<HouseholdFacts>| match map.of(household.document, &household.village) {
            village if village == household.village => household.clone(),
            village => Arc::new(HouseholdFacts { village: village.to_owned(), ..(**household).clone() }),
        };
        Self(Arc::new(self.0.iter().map(place).collect()))
    }

    /// These, with what is newer.
    fn with(&self, newer: Vec<HouseholdFacts>) -> Self {
        let mut changed: BTreeMap<DocumentId, HouseholdFacts> =
            newer.into_iter().map(|household| (household.document, household)).collect();
        let mut all: Vec<Arc<HouseholdFacts>> = self
            .0
            .iter()
            .map(|held| match changed.remove(&held.document) {
                Some(newer) => Arc::new(newer),
                None => held.clone(),
            })
            .collect();
        all.extend(changed.into_values().map(Arc::new));
        all.sort_by_key(|household| household.document);
        Self(Arc::new(all))
    }
}

impl FromIterator<HouseholdFacts> for Households {
    fn from_iter<I: IntoIterator<Item = HouseholdFacts>>(households: I) -> Self {
        Self(Arc::new(households.into_iter().map(Arc::new).collect()))
    }
}

impl<'a> IntoIterator for &'a Households {
    type Item = &'a HouseholdFacts;
    type IntoIter = Box<dyn ExactSizeIterator<Item = &'a HouseholdFacts> + 'a>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.iter())
    }
}

/// What one document's envelopes came to, and the facts it had then.
struct Opened {
    household: Arc<HouseholdFacts>,
    facts: Vec<RestrictedFact>,
    unopened: usize,
}

/// Sealed reports opened with one key.
struct OpenedWith {
    key: ConfidentialPublicKey,
    reports: BTreeMap<DocumentId, Opened>,
    facts: Arc<FactsAt>,
}

/// Which facts were counted: two of equal name are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Counted {
    definition: [u8; 32],
    period: Period,
    village: Option<String>,
    learned_at: u64,
    opened_by: Option<ConfidentialPublicKey>,
    /// Where villages were merged or split: the log position up to which that is known.
    placed_at: Option<u64>,
}

impl Counted {
    /// Whether the other is the same count of what the register knew at another time.
    fn differs_in_day_learned(&self, other: &Self) -> bool {
        // Where villages were merged, households may lie elsewhere too: then everything is counted again.
        self.placed_at.is_none() && *other == Self { learned_at: other.learned_at, ..self.clone() }
    }
}

/// The values asked for last, newest first.
struct Recent<K, V> {
    kept: VecDeque<(K, Arc<V>)>,
    count_max: usize,
}

impl<K: PartialEq, V> Recent<K, V> {
    fn new(count_max: usize) -> Self {
        Self { kept: VecDeque::new(), count_max }
    }

    fn find(&mut self, key: &K) -> Option<Arc<V>> {
        let place = self.kept.iter().position(|(kept, _)| kept == key)?;
        let found = self.kept.remove(place)?;
        let value = found.1.clone();
        self.kept.push_front(found);
        Some(value)
    }

    fn newest(&self, wanted: impl Fn(&K, &V) -> bool) -> Option<Arc<V>> {
        self.kept.iter().find(|(key, value)| wanted(key, value)).map(|(_, value)| value.clone())
    }

    fn keep_only(&mut self, wanted: impl Fn(&K) -> bool) {
        self.kept.retain(|(key, _)| wanted(key));
    }

    fn keep(&mut self, key: K, value: Arc<V>) {
        self.kept.retain(|(kept, _)| *kept != key);
        self.kept.push_front((key, value));
        self.kept.truncate(self.count_max);
    }
}

struct Held {
    used: bool,
    facts: Option<Arc<FactsAt>>,
    opened: Option<OpenedWith>,
    counts: Recent<Counted, Count>,
    by_village: Recent<Counted, BTreeMap<String, Contribution>>,
    explanations: Recent<(Counted, String, String), Explanation>,
}

impl Held {
    fn nothing() -> Self {
        Self {
            used: false,
            facts: None,
            opened: None,
            counts: Recent::new(COUNTS_MAX),
            by_village: Recent::new(COUNTS_BY_VILLAGE_MAX),
            explanations: Recent::new(EXPLANATIONS_MAX),
        }
    }
}

/// What an office keeps in memory for its pages. The lock is never held while something is read or counted: two
/// requests at once may do the same work, and none waits.
pub(super) struct Memory(Mutex<Held>);

impl Memory {
    pub(super) fn empty() -> Self {
        Self(Mutex::new(Held::nothing()))
    }
}

impl Office {
    /// The facts as they stand, kept in memory from one call to the next. With the confidential key, sealed reports
    /// are opened.
    ///
    /// # Errors
    /// The database's.
    pub fn facts_now(&self, key: Option<&ConfidentialKey>) -> Result<Arc<FactsAt>, Problem> {
        let held = {
            let mut held = lock(&self.memory.0);
            held.used = true;
            held.facts.clone()
        };
        let facts = match &held {
            None => Arc::new(self.facts(None, None)?),
            Some(held) => self.read(|sql| refreshed(sql, held))?,
        };
        if held.as_ref().is_none_or(|held| !Arc::ptr_eq(held, &facts)) {
            let mut held = lock(&self.memory.0);
            // Another request may have been quicker, and know more.
            if held.facts.as_ref().is_none_or(|held| held.known_at < facts.known_at) {
                held.facts = Some(facts.clone());
            }
        }
        match key {
            None => Ok(facts),
            Some(key) => self.with_reports(&facts, key),
        }
    }

    /// The facts at a log position: those in memory, if no record changed since.
    ///
    /// # Errors
    /// [`Code::NotFound`] for a position the log has not reached; the database's.
    pub fn facts_known_at(
        &self,
        known_at: u64,
        key: Option<&ConfidentialKey>,
    ) -> Result<Arc<FactsAt>, Problem> {
        let now = self.facts_now(key)?;
        if now.learned_at <= known_at && known_at <= now.known_at {
            return Ok(Arc::new(FactsAt { known_at, ..(*now).clone() }));
        }
        self.facts(Some(known_at), key).map(Arc::new)
    }

    /// These facts with the sealed reports that `key` opens. A document is opened again only if it changed.
    fn with_reports(&self, facts: &FactsAt, key: &ConfidentialKey) -> Result<Arc<FactsAt>, Problem> {
        let public = key.public().map_err(|_| Code::Internal)?;
        let before = lock(&self.memory.0).opened.take_if(|opened| opened.key == public);
        let mut before = match before {
            Some(opened) if opened.facts.known_at == facts.known_at => {
                let whole = opened.facts.clone();
                lock(&self.memory.0).opened = Some(opened);
                return Ok(whole);
            }
            Some(opened) => opened.reports,
            None => BTreeMap::new(),
        };
        let sealed = facts.households.0.iter().filter(|household| !household.sealed.is_empty());
        let mut reports = BTreeMap::new();
        self.read(|sql| {
            for household in sealed {
                let known = before.remove(&household.document);
                let opened = match known.filter(|known| Arc::ptr_eq(&known.household, household)) {
                    Some(opened) => opened,
                    None => {
                        let (facts, unopened) = read::open_reports(sql, household, facts.known_at, key)?;
                        Opened { household: household.clone(), facts, unopened }
                    }
                };
                reports.insert(household.document, opened);
            }
            Ok::<_, Problem>(())
        })?;
        let whole = Arc::new(FactsAt {
            restricted: Some(reports.values().flat_map(|opened| opened.facts.clone()).collect()),
            unopened: reports.values().map(|opened| opened.unopened).sum(),
            opened_by: Some(public),
            ..facts.clone()
        });
        lock(&self.memory.0).opened = Some(OpenedWith { key: public, reports, facts: whole.clone() });
        Ok(whole)
    }

    /// Drops what no page asked for since the last call. `serve` calls it every few minutes.
    pub fn forget_unused(&self) {
        let mut held = lock(&self.memory.0);
        if !std::mem::take(&mut held.used) {
            *held = Held::nothing();
        }
    }

    /// Drops what sealed reports said, and whatever was counted with it. For when the key that opened them is put away.
    pub fn forget_opened(&self) {
        let mut held = lock(&self.memory.0);
        held.opened = None;
        held.counts.keep_only(|counted| counted.opened_by.is_none());
        held.by_village.keep_only(|counted| counted.opened_by.is_none());
        held.explanations.keep_only(|(counted, ..)| counted.opened_by.is_none());
    }

    /// Whether what a key opened is in memory.
    #[cfg(test)]
    pub(crate) fn holds_opened(&self) -> bool {
        let held = lock(&self.memory.0);
        held.opened.is_some() || held.counts.kept.iter().any(|(counted, _)| counted.opened_by.is_some())
    }

    /// What all households add to a form. Counted once for the same facts.
    ///
    /// # Errors
    /// See [`CountError`].
    pub fn counted(
        &self,
        form: &Form,
        period: Period,
        village: Option<&str>,
        facts: &FactsAt,
    ) -> Result<Arc<Contribution>, CountError> {
        let (name, households) = self.placed(form, period, village, facts)?;
        let is_placed = name.placed_at.is_some();
        let (earlier, is_now) = {
            let mut held = lock(&self.memory.0);
            if let Some(known) = held.counts.find(&name) {
                return Ok(known.sum.clone());
            }
            let is_now = held.facts.as_ref().is_some_and(|now| now.households.is(&facts.households));
            let earlier =
                |other: &Counted, count: &Count| count.basis.is_some() && name.differs_in_day_learned(other);
            (held.counts.newest(earlier), is_now)
        };
        let counter = Counter::new(form, period, village)?;
        let basis = Basis { households, pairs: facts.pairs.clone(), restricted: facts.restricted.clone() };
        let sum = match earlier.and_then(|earlier| earlier.sum_with(&counter, &basis)) {
            Some(sum) => sum,
            None => counter.contribution(&basis.households, &basis.pairs, basis.restricted.as_deref()),
        };
        // Of a register as it once was, or laid out for merged villages, nothing is counted on from: only the sum stays.
        let basis = (is_now && !is_placed).then_some(basis);
        let count = Arc::new(Count { sum: Arc::new(sum), basis });
        lock(&self.memory.0).counts.keep(name, count.clone());
        Ok(count.sum.clone())
    }

    /// What the households of each village add to a form, by village code, in one pass. A person whose records lie
    /// in two villages is in both, as in the forms of these villages: the commune is not the sum.
    ///
    /// # Errors
    /// See [`CountError`].
    pub fn counted_by_village(
        &self,
        form: &Form,
        period: Period,
        facts: &FactsAt,
    ) -> Result<Arc<BTreeMap<String, Contribution>>, CountError> {
        let (name, households) = self.placed(form, period, Some(""), facts)?;
        if let Some(known) = lock(&self.memory.0).by_village.find(&name) {
            return Ok(known);
        }
        let restricted = facts.restricted.as_deref();
        let counted = contributions_by_village(form, period, &households, &facts.pairs, restricted)?;
        let owned = counted.into_iter().map(|(village, sum)| (village.to_owned(), sum));
        let counted: Arc<BTreeMap<String, Contribution>> = Arc::new(owned.collect());
        lock(&self.memory.0).by_village.keep(name, counted.clone());
        Ok(counted)
    }

    /// The children behind a cell of a form.
    ///
    /// # Errors
    /// See [`CountError`].
    pub fn explained(
        &self,
        form: &Form,
        period: Period,
        village: Option<&str>,
        facts: &FactsAt,
        (line, column): (&str, &str),
    ) -> Result<Arc<Explanation>, CountError> {
        let (name, households) = self.placed(form, period, village, facts)?;
        let name = (name, line.to_owned(), column.to_owned());
        if let Some(known) = lock(&self.memory.0).explanations.find(&name) {
            return Ok(known);
        }
        let counter = Counter::new(form, period, village)?;
        let restricted = facts.restricted.as_deref();
        let explained = Arc::new(counter.explain(&households, &facts.pairs, restricted, line, column)?);
        lock(&self.memory.0).explanations.keep(name, explained.clone());
        Ok(explained)
    }

    /// The households where they count on the as-of date, and under which name what is counted of them is kept.
    fn placed(
        &self,
        form: &Form,
        period: Period,
        village: Option<&str>,
        facts: &FactsAt,
    ) -> Result<(Counted, Households), Problem> {
        let mut households = facts.households.clone();
        let mut placed_at = None;
        if village.is_some() {
            let map = self.village_map_known_at(period.as_of(), facts.known_at)?;
            if !map.is_identity() {
                households = households.placed(&map);
                placed_at = Some(facts.known_at);
            }
        }
        let name = Counted {
            definition: definition_digest(form),
            period,
            village: village.map(str::to_owned),
            learned_at: facts.learned_at,
            opened_by: facts.opened_by,
            placed_at,
        };
        Ok((name, households))
    }
}

/// Why nothing is counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CountError {
    /// The form, its line or its column.
    #[error(transparent)]
    Tally(#[from] TallyError),
    /// The office's.
    #[error(transparent)]
    Office(#[from] Problem),
}

/// SHA-256 of a form's definition, columns included: the form's version.
#[must_use]
pub fn definition_digest(form: &Form) -> [u8; 32] {
    let json = serde_json::to_vec(form).expect("a form is plain data");
    Sha256::digest(json).into()
}

/// `held`, or what it becomes with the changes since.
fn refreshed(sql: &Connection, held: &Arc<FactsAt>) -> Result<Arc<FactsAt>, Problem> {
    let known_at = read::log_end(sql)?;
    if known_at == held.known_at {
        return Ok(held.clone());
    }
    let mut statement = sql.prepare_cached(
        "SELECT f.facts, d.last_log FROM document AS d JOIN facts AS f ON f.document = d.id WHERE d.last_log > ?1",
    )?;
    let mut rows = statement.query(params![held.learned_at])?;
    let mut newer = Vec::new();
    let mut learned_at = held.learned_at;
    while let Some(row) = rows.next()? {
        newer.push(read::decoded(row.get_ref(0)?)?);
        learned_at = learned_at.max(row.get(1)?);
    }
    // Acts of the office move the log on and change no fact.
    if newer.is_empty() {
        return Ok(Arc::new(FactsAt { known_at, ..(**held).clone() }));
    }
    Ok(Arc::new(FactsAt {
        known_at,
        learned_at,
        households: held.households.with(newer),
        pairs: read::pairs_now(sql)?,
        ..(**held).clone()
    }))
}
