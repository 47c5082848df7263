//! What became of a village's households since it was signed off: field by field, with who wrote what stands now.
//!
//! Enters: the sign-off that stands, the log. Leaves: a page of households that are not as they were signed.
//! Invariants: what stood then is made from the very changes whose heads were signed; nothing is decided or opened.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::chunk;
use sync_core::document::{Container, Field, Fields, Household, Target, Value, View, Written};
use sync_core::heads::HeadSet;
use sync_core::id::{ChangeHash, DeviceId, DocumentId};

use super::{Connection, Statement, feed, last_statement};
use crate::office::Office;
use crate::office::read::READER;
use crate::problem::{Code, Problem};

/// Households on a page: each is read from its changes.
const PAGE_HOUSEHOLDS: usize = 50;
/// Changes of one document that a device has signed for and not yet sent: what is looked through to find what it signed.
const UNSENT_MAX: usize = 64;

/// A page of households that were changed or added since the sign-off, by document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChangedPage {
    /// The page's households.
    pub rows: Vec<ChangedHousehold>,
    /// Households in all.
    pub total: usize,
    /// Pages in all.
    pub pages: usize,
}

/// A household that is not as it was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedHousehold {
    /// Whether it was begun after the sign-off, or was not known to who signed.
    pub is_new: bool,
    /// Log position up to which all its changes were signed for; 0: none.
    pub since: u64,
    /// As it is now.
    pub view: View,
    /// Fields that say something else than they did, the household's own first; of a new one only those.
    pub fields: Vec<ChangedField>,
}

/// A field that says something else than it did. `Debug` of the values hides them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedField {
    /// The object.
    pub target: Target,
    /// The field.
    pub field: String,
    /// What stood there, the value shown first at the front; none: nothing.
    pub before: Vec<Value>,
    /// What stands there now: several values are undecided.
    pub now: Vec<Value>,
    /// What the office calls the device that wrote what did not stand there before, or else what is shown first.
    pub by: String,
    /// That device's clock, seconds since 1970.
    pub at: Option<i64>,
}

impl Office {
    /// A page of the households of a code that were changed or added since the sign-off that stands; pages count from 0.
    ///
    /// # Errors
    /// The database's.
    pub fn changed_since_sign_off(
        &self,
        round: &str,
        village: &str,
        page: usize,
    ) -> Result<ChangedPage, Problem> {
        let authors = self.authors()?;
        self.read(|sql| {
            let Some(statement) = last_statement(sql, round, village)? else {
                return Ok(ChangedPage::default());
            };
            if statement.sign_off.reopened {
                return Ok(ChangedPage::default());
            }
            let now = feed::fingerprints(sql, &[village.to_owned()])?;
            let changed = statement.sign_off.changed_since(&now);
            let here = changed.iter().skip(page.saturating_mul(PAGE_HOUSEHOLDS)).take(PAGE_HOUSEHOLDS);
            let rows = here.map(|document| changed_household(sql, &statement, *document, &authors));
            Ok(ChangedPage {
                rows: rows.collect::<Result<_, _>>()?,
                total: changed.len(),
                pages: changed.len().div_ceil(PAGE_HOUSEHOLDS),
            })
        })
    }
}

/// A change as the log keeps it.
struct Logged {
    position: u64,
    device: DeviceId,
    received_at: i64,
    bytes: Vec<u8>,
    hash: ChangeHash,
    deps: Vec<ChangeHash>,
}

fn logged(sql: &Connection, document: DocumentId) -> Result<Vec<Logged>, Problem> {
    let mut statement = sql.prepare_cached(
        "SELECT position, device, received_at, bytes FROM log WHERE document = ?1 AND kind = 1 ORDER BY position",
    )?;
    let mut rows = statement.query([document.0])?;
    let mut logged = Vec::new();
    while let Some(row) = rows.next()? {
        let bytes: Vec<u8> = row.get(3)?;
        let (hash, opened) = chunk::open(&bytes).map_err(|_| Code::Internal)?;
        let deps = opened.deps;
        let (position, device, received_at) = (row.get(0)?, DeviceId(row.get(1)?), row.get(2)?);
        logged.push(Logged { position, device, received_at, bytes, hash, deps });
    }
    Ok(logged)
}

fn changed_household(
    sql: &Connection,
    statement: &Statement,
    document: DocumentId,
    authors: &BTreeMap<DeviceId, String>,
) -> Result<ChangedHousehold, Problem> {
    let changes = logged(sql, document)?;
    let signed = statement.sign_off.documents().find(|signed| signed.document == document);
    let places = signed
        .map_or_else(BTreeSet::new, |signed| places_signed(&changes, statement, document, signed.heads));
    let (then, rest): (Vec<_>, Vec<_>) = changes.iter().enumerate().partition(|(at, _)| places.contains(at));
    let bytes =
        |of: &[(usize, &Logged)]| of.iter().map(|(_, change)| change.bytes.clone()).collect::<Vec<_>>();
    let damaged = |_| Problem::from(Code::Internal);
    let (before, household) = if then.is_empty() {
        (None, Household::load(READER, &bytes(&rest)).map_err(damaged)?)
    } else {
        let mut household = Household::load(READER, &bytes(&then)).map_err(damaged)?;
        let before = household.view();
        household.apply(&bytes(&rest)).map_err(damaged)?;
        (Some(before), household)
    };
    let view = household.view();
    let fields = changed_fields(before.as_ref(), &view, &household, authors);
    let whole = changes.iter().enumerate().take_while(|(at, _)| places.contains(at));
    let since = whole.last().map_or(0, |(_, change)| change.position);
    Ok(ChangedHousehold { is_new: before.is_none(), since, view, fields })
}

/// Looks for the changes whose heads were signed, and gives their places in the log's order. A device knows what the
/// office told it, in that order, and what it wrote itself on what it knew. Where nothing fits (it holds what the office
/// refused), it is what the office had when the statement came.
fn places_signed(
    changes: &[Logged],
    statement: &Statement,
    document: DocumentId,
    heads: u64,
) -> BTreeSet<usize> {
    let fits = |set: &HeadSet| set.fingerprint(document).heads == heads;
    let place_of: BTreeMap<ChangeHash, usize> =
        changes.iter().enumerate().map(|(place, change)| (change.hash, place)).collect();
    let mut told = HeadSet::default();
    for at in 0..=changes.len() {
        if fits(&told) {
            return (0..at).collect();
        }
        let (mut with_own, mut own) = (told.clone(), BTreeSet::new());
        let later =
            changes.iter().enumerate().skip(at).filter(|(_, change)| change.device == statement.device);
        for (place, change) in later.take(UNSENT_MAX) {
            let is_known = |dep| place_of.get(dep).is_some_and(|place| *place < at || own.contains(place));
            if !change.deps.iter().all(is_known) {
                continue;
            }
            with_own.advance(change.hash, &change.deps);
            own.insert(place);
            if fits(&with_own) {
                return (0..at).chain(own).collect();
            }
        }
        if let Some(change) = changes.get(at) {
            told.advance(change.hash, &change.deps);
        }
    }
    (0..changes.iter().take_while(|change| change.received_at <= statement.received_at).count()).collect()
}

fn changed_fields(
    before: Option<&View>,
    view: &View,
    household: &Household,
    authors: &BTreeMap<DeviceId, String>,
) -> Vec<ChangedField> {
    let mut changed = Vec::new();
    let mut compare = |stood: Option<&Fields>, fields: &Fields, target: &Target| {
        for (name, field) in fields {
            let before = values(stood.and_then(|stood| stood.get(name)));
            let now = values(Some(field));
            if before == now {
                continue;
            }
            // Who made it differ: whoever wrote what did not stand there, where there is such a value.
            let is_new = |written: &&Written| !before.contains(&written.value);
            let written = field.values().find(is_new).unwrap_or_else(|| field.shown());
            let device = written.actor.device();
            changed.push(ChangedField {
                target: target.clone(),
                field: name.clone(),
                before,
                now,
                by: authors.get(&device).cloned().unwrap_or_else(|| device.to_string()),
                at: household.change_of(written).and_then(|change| household.time_of(&change)),
            });
        }
    };
    compare(before.map(|before| &before.household), &view.household, &Target::Household);
    let Some(before) = before else { return changed };
    for (container, entries) in &view.entities {
        // A decision shows in the field it was about.
        if *container == Container::Decisions {
            continue;
        }
        for (key, fields) in entries {
            compare(before.entity(*container, key), fields, &Target::Entity(*container, key.clone()));
        }
    }
    changed
}

fn values(field: Option<&Field>) -> Vec<Value> {
    field.into_iter().flat_map(Field::values).map(|written| written.value.clone()).collect()
}
