//! One household of the file is held against what the last run said and what the document says now.
//!
//! Of a field there are three values: what the row says, what it said last time, what the document
//! says. Only if the document still says what the row said last time may the row write; otherwise
//! somebody in the field knows better, and the difference is reported. Nothing is ever removed.

use std::collections::{BTreeMap, BTreeSet};

use schemas::catalogue::{CircumstanceCode, circumstance};
use schemas::text;
use serde_json::{Map, Value as Json, json};
use sync_core::document::{
    Container, Field, Fields as DocFields, Household, LocalChange, View, shape, shown_text,
};
use sync_core::entry::{Entry, plan_entry};
use sync_core::id::{DocumentId, EntityId};
use sync_core::random::Random;

use super::error::ImportError;
use super::facts::head_of;
use super::limits;
use super::memory::{
    KnownHousehold, Remembered, RememberedFact, SealedDigest, child_row_key, household_row_key, matches,
    sound_number,
};
use super::report::{Difference, DifferenceKind};
use super::row::{Fact, Fields, Said};
use crate::office::{Author, ImportedRow, Office};
use crate::problem::Code;

/// Rows of one household, in the order of the file, and what they say of it together.
pub(super) struct Group {
    pub(super) village: String,
    pub(super) household_key: String,
    pub(super) household: Fields,
    pub(super) rows: Vec<Said>,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Imported,
    Changed,
    Unchanged,
}

/// What a household comes to.
#[derive(Default)]
pub(super) struct Planned {
    pub(super) changes: Vec<(DocumentId, LocalChange)>,
    pub(super) rows: Vec<ImportedRow>,
    pub(super) outcomes: Vec<Outcome>,
    pub(super) differs: Vec<Difference>,
    pub(super) created: bool,
    pub(super) sealed: usize,
    /// Known rows that are in the file.
    pub(super) seen: BTreeSet<String>,
}

/// What planning needs of its surroundings.
pub(super) struct Planner<'a> {
    pub(super) office: &'a Office,
    pub(super) author: &'a Author,
    /// By whose key restricted facts are compared with an earlier run's.
    pub(super) digest_key: &'a Author,
    pub(super) source: &'a str,
    pub(super) clock: i64,
}

impl Planner<'_> {
    /// Plans one household. `found`: its document, if only the office knows it.
    pub(super) fn plan(
        &self,
        group: &Group,
        known: Option<&KnownHousehold>,
        found: Option<DocumentId>,
        random: &mut dyn Random,
    ) -> Result<Planned, ImportError> {
        let digest = SealedDigest::new(self.digest_key);
        let keys: Vec<String> = group.rows.iter().map(child_row_key).collect();
        let children = known.map_or(&[][..], |known| &known.children);
        let matched = matches(&group.rows, &keys, children);
        let seen = matched.iter().flatten().map(|&at| children[at].row_key.clone()).collect();
        if let Some(known) = known
            && says_the_same(&group.household, &known.said.fields)
            && group.rows.iter().zip(&matched).all(|(row, at)| match at {
                Some(at) => row_says_the_same(row, &children[*at].row_key, &children[*at].said, &digest),
                None => !row.has_child,
            })
        {
            let outcomes = vec![Outcome::Unchanged; group.rows.len()];
            return Ok(Planned { outcomes, seen, ..Planned::default() });
        }
        let mut planned = Planned { seen, ..Planned::default() };
        let actor = self.author.actor(self.office.commune());
        let document = match known.map(|known| known.document).or(found) {
            Some(document) => self.office.household(document, None, actor)?,
            None => {
                let salt = random.next_u64();
                let (document, genesis) = Household::create(actor, &group.village, self.clock, salt);
                planned.changes.push((document.id(), genesis));
                planned.created = true;
                document
            }
        };
        let view = document.view();
        let mut work = Work {
            view: &view,
            digest: &digest,
            planned: &mut planned,
            parts: vec![Part::default()],
            rows: Vec::new(),
            taken: children.iter().map(|row| row.person.clone()).collect(),
        };
        work.household(group, known.map(|known| &known.said));
        for (at, row) in group.rows.iter().enumerate().filter(|(_, row)| row.has_child) {
            let before = matched[at].map(|at| &children[at]);
            let row_key = before.map_or(&keys[at], |before| &before.row_key);
            work.child(at, row, row_key, before.map(|row| (row.person.as_str(), &row.said)));
        }
        let (parts, rows) = (work.parts, work.rows);
        self.write(&mut planned, document, parts, rows, random)?;
        if planned.created {
            for (outcome, _) in planned.outcomes.iter_mut().zip(&group.rows).filter(|(_, row)| !row.has_child)
            {
                *outcome = Outcome::Imported;
            }
        }
        Ok(planned)
    }

    /// Makes changes of the parts, and rows to remember of what they became.
    fn write(
        &self,
        planned: &mut Planned,
        mut document: Household,
        parts: Vec<Part>,
        rows: Vec<RowPlan>,
        random: &mut dyn Random,
    ) -> Result<(), ImportError> {
        let refused = || ImportError::Office(Code::BodyMalformed.into());
        let mut refs: BTreeMap<String, EntityId> = BTreeMap::new();
        for part in parts.into_iter().filter(|part| !part.is_empty()) {
            let entry = Entry::from_json(part.into_json()).map_err(|_| refused())?;
            let key = &self.office.commune().confidential_key;
            let plan = plan_entry(&entry, &document.view(), key, random).map_err(|_| refused())?;
            refs.extend(plan.refs);
            if let Some(change) = document.edit(&plan.edits, self.clock) {
                planned.changes.push((document.id(), change));
            }
        }
        let id = |name: &str| refs.get(name).map_or_else(|| name.to_owned(), ToString::to_string);
        for row in rows {
            let mut said = row.said;
            said.facts.values_mut().for_each(|fact| fact.id = id(&fact.id));
            if row.before.as_ref() == Some(&said) {
                continue;
            }
            planned.rows.push(ImportedRow {
                source: self.source.to_owned(),
                row_key: row.row_key,
                document: document.id(),
                person: id(&row.person),
                said: serde_json::to_string(&said).map_err(|_| refused())?,
            });
        }
        Ok(())
    }
}

/// A row to remember; what is new is named by its `ref` until it has a key.
struct RowPlan {
    row_key: String,
    person: String,
    said: Remembered,
    before: Option<Remembered>,
}

/// A form entry being filled: becomes one change.
#[derive(Default)]
struct Part {
    household: Fields,
    lists: BTreeMap<&'static str, Vec<Json>>,
    objects: usize,
    bytes: usize,
}

impl Part {
    fn push(&mut self, list: &'static str, object: Fields) {
        self.objects += 1;
        self.bytes += bytes_of(&object);
        self.lists.entry(list).or_default().push(object.into());
    }

    fn is_empty(&self) -> bool {
        self.household.is_empty() && self.lists.is_empty()
    }

    fn is_full(&self) -> bool {
        self.objects >= limits::CHANGE_OBJECTS || self.bytes >= limits::CHANGE_JSON_BYTES
    }

    fn into_json(self) -> Json {
        let mut entry = Map::new();
        entry.insert("entry".to_owned(), 1.into());
        if !self.household.is_empty() {
            entry.insert("household".to_owned(), self.household.into());
        }
        entry.extend(self.lists.into_iter().map(|(name, list)| (name.to_owned(), list.into())));
        entry.into()
    }
}

/// Length of fields as JSON, nearly.
pub(super) fn bytes_of(fields: &Fields) -> usize {
    let value = |value: &Json| value.as_str().map_or(8, str::len);
    fields.iter().map(|(name, json)| name.len() + value(json) + 8).sum()
}

struct Work<'w> {
    view: &'w View,
    digest: &'w SealedDigest<'w>,
    planned: &'w mut Planned,
    parts: Vec<Part>,
    rows: Vec<RowPlan>,
    /// Children of the document that a row stands for.
    taken: BTreeSet<String>,
}

impl Work<'_> {
    fn part(&mut self) -> &mut Part {
        self.parts.last_mut().expect("starts with one and only grows")
    }

    fn differs(&mut self, row: usize, field: String, kind: DifferenceKind) {
        let document = self.view.document;
        self.planned.differs.push(Difference { row, document, field, kind });
    }

    /// What of `now` may be written, and what is to be remembered.
    fn reconcile(
        &mut self,
        row: usize,
        container: &str,
        now: &Fields,
        before: &Fields,
        standing: Option<&DocFields>,
    ) -> (Fields, Fields) {
        let mut writes = Fields::new();
        // Columns that this file does not have stay as they were said.
        let mut said: Fields = before.clone();
        for (name, value) in now {
            let last = before.get(name).unwrap_or(&Json::Null);
            if value == last {
                continue;
            }
            let field = standing.and_then(|fields| fields.get(name));
            let is_disputed = field.is_some_and(Field::is_disputed);
            let stands = field.map_or(Json::Null, |field| field.shown().value.to_json());
            if !is_disputed && (stands == *value || stands == *last) {
                if stands != *value {
                    writes.insert(name.clone(), value.clone());
                }
                said.insert(name.clone(), value.clone());
            } else {
                let kind =
                    if is_disputed { DifferenceKind::FieldDisputed } else { DifferenceKind::FieldChanged };
                self.differs(row, format!("{container}.{name}"), kind);
            }
        }
        said.retain(|_, value| !value.is_null());
        (writes, said)
    }

    fn household(&mut self, group: &Group, before: Option<&Remembered>) {
        let first = group.rows.first().map_or(0, |row| row.row);
        let empty = Fields::new();
        let last = before.map_or(&empty, |before| &before.fields);
        let view = self.view;
        let (writes, said) =
            self.reconcile(first, shape::KEY_HOUSEHOLD, &group.household, last, Some(&view.household));
        self.planned.outcomes = vec![Outcome::Unchanged; group.rows.len()];
        if !writes.is_empty()
            && let Some(outcome) = self.planned.outcomes.first_mut()
        {
            *outcome = Outcome::Changed;
        }
        self.part().bytes += bytes_of(&writes);
        self.part().household = writes;
        self.rows.push(RowPlan {
            row_key: household_row_key(&group.village, &group.household_key),
            person: String::new(),
            said: Remembered { fields: said, ..Remembered::default() },
            before: before.cloned(),
        });
    }

    fn child(&mut self, at: usize, row: &Said, row_key: &str, before: Option<(&str, &Remembered)>) {
        if self.part().is_full() {
            self.parts.push(Part::default());
        }
        let empty = Remembered::default();
        let said_before = before.map_or(&empty, |(_, said)| said);
        let existing = match before {
            Some((person, _)) => Some(person.to_owned()),
            None => self.find_child(row).map(ToString::to_string),
        };
        let view = self.view;
        let standing = existing
            .as_ref()
            .and_then(|key| key.parse::<EntityId>().ok())
            .and_then(|key| view.entity(Container::Children, &key));
        let container = Container::Children.key();
        let (writes, fields) = self.reconcile(row.row, container, &row.child, &said_before.fields, standing);
        let mut has_written = !writes.is_empty();
        let person = match &existing {
            Some(key) => {
                self.taken.insert(key.clone());
                if !writes.is_empty() {
                    self.part().push(container, with(writes, "id", key));
                }
                key.clone()
            }
            None => {
                let name = format!("r{at}");
                let mut object = with(writes, "ref", &name);
                if object.len() == 1 {
                    // Known only by its facts: it must exist all the same.
                    object.insert(shape::FIELD_WITHDRAWN.to_owned(), false.into());
                }
                self.part().push(container, object);
                name
            }
        };
        let facts = self.facts(row, &person, existing.is_some(), said_before, &mut has_written);
        let before_sealed = before.map(|(_, said)| said.sealed.as_str());
        let sealed = self.sealed(row, row_key, &person, before_sealed, &mut has_written);
        self.planned.outcomes[at] = match existing {
            None => Outcome::Imported,
            Some(_) if has_written => Outcome::Changed,
            Some(_) => self.planned.outcomes[at],
        };
        self.rows.push(RowPlan {
            row_key: row_key.to_owned(),
            person,
            said: Remembered { fields, facts, number: row.row_number.clone(), sealed },
            before: before.map(|(_, said)| said.clone()),
        });
    }

    /// The child of the document that a row of a new source means.
    fn find_child(&self, row: &Said) -> Option<&EntityId> {
        let of_row = |name: &str| row.child.get(name).and_then(Json::as_str);
        let number = of_row("identity_number").and_then(sound_number);
        let name = of_row("name").map(text::fold);
        let born = of_row("birth_date");
        self.view.of(Container::Children).filter(|(key, _)| !self.taken.contains(key.as_str())).find_map(
            |(key, fields)| {
                let own = |name: &str| shown_text(fields, name);
                let own_number = own("identity_number").and_then(sound_number);
                let same_number = number.is_some() && number == own_number;
                let other_number = number.is_some() && own_number.is_some() && number != own_number;
                let same_name = name.is_some() && name == own("name").map(text::fold);
                let same_birth = match (born, own("birth_date")) {
                    // A year is the same birth as a day of that year.
                    (Some(a), Some(b)) => a.starts_with(b) || b.starts_with(a),
                    _ => true,
                };
                (same_number || (same_name && same_birth && !other_number)).then_some(key)
            },
        )
    }

    fn facts(
        &mut self,
        row: &Said,
        person: &str,
        exists: bool,
        before: &Remembered,
        has_written: &mut bool,
    ) -> BTreeMap<String, RememberedFact> {
        let mut remembered = BTreeMap::new();
        let mut left: BTreeMap<String, RememberedFact> = before.facts.clone();
        let open: Vec<&Fact> = row.facts.iter().filter(|fact| !fact.restricted).collect();
        let mut matched: Vec<Option<RememberedFact>> =
            open.iter().map(|fact| left.remove(&fact.key)).collect();
        for (at, fact) in open.iter().enumerate() {
            if matched[at].is_none() {
                matched[at] = replaced(&open, at, &mut left)
                    .or_else(|| self.standing_fact(fact, person, exists, before));
            }
        }
        for (at, (fact, known)) in open.into_iter().zip(matched).enumerate() {
            let list = fact.container.key();
            let view = self.view;
            let said = match known {
                Some(known) => {
                    let standing =
                        known.id.parse::<EntityId>().ok().and_then(|key| view.entity(fact.container, &key));
                    let (writes, fields) =
                        self.reconcile(row.row, list, &fact.fields, &known.fields, standing);
                    if !writes.is_empty() {
                        *has_written = true;
                        self.part().push(list, with(writes, "id", &known.id));
                    }
                    RememberedFact { id: known.id, fields }
                }
                None => {
                    *has_written = true;
                    let mut fields = fact.fields.clone();
                    fields.retain(|_, value| !value.is_null());
                    let name = format!("{person}/r{}f{at}", row.row);
                    let object = with(fields.clone(), shape::FIELD_PERSON, person);
                    self.part().push(list, with(object, "ref", &name));
                    RememberedFact { id: name, fields }
                }
            };
            remembered.insert(fact.key.clone(), said);
        }
        for (key, fact) in left {
            let container = key.split(' ').next().unwrap_or_default().to_owned();
            self.differs(row.row, container, DifferenceKind::GoneFromRow);
            remembered.insert(key, fact);
        }
        remembered
    }

    /// The same fact, recorded by somebody else.
    fn standing_fact(
        &self,
        fact: &Fact,
        person: &str,
        exists: bool,
        before: &Remembered,
    ) -> Option<RememberedFact> {
        let head = head_of(fact.container).filter(|_| exists)?;
        let date = |fields: &DocFields| shown_text(fields, "date").map(str::to_owned);
        let own_date = fact.fields.get("date").and_then(Json::as_str);
        let (key, _) = self.view.of(fact.container).find(|(key, fields)| {
            let is_taken = before.facts.values().any(|known| known.id == key.as_str());
            let is_withdrawn = fields
                .get(shape::FIELD_WITHDRAWN)
                .is_some_and(|field| field.shown().value.to_json() == json!(true));
            let other_day = date(fields).zip(own_date).is_some_and(|(standing, own)| standing != own);
            shown_text(fields, shape::FIELD_PERSON) == Some(person)
                && shown_text(fields, head) == Some(fact.code)
                && !(is_taken || is_withdrawn || other_day)
        })?;
        Some(RememberedFact { id: key.to_string(), fields: Fields::new() })
    }

    fn sealed(
        &mut self,
        row: &Said,
        row_key: &str,
        person: &str,
        before: Option<&str>,
        has_written: &mut bool,
    ) -> String {
        let now: Vec<&Fact> = row.facts.iter().filter(|fact| fact.restricted).collect();
        let digest = self.digest.of(row_key, &now);
        let added = match before {
            None => Some(now),
            Some(before) if before == digest => Some(Vec::new()),
            Some(before) if self.digest.is_own(before) => self.digest.added(row_key, before, &now),
            // Made with another key: nothing can be told, and nothing is the likeliest.
            Some(_) => now.is_empty().then(Vec::new),
        };
        let Some(added) = added else {
            self.differs(row.row, Container::Sealed.key().to_owned(), DifferenceKind::SealedChanged);
            return before.unwrap_or_default().to_owned();
        };
        for fact in added {
            *has_written = true;
            self.planned.sealed += 1;
            let mut fields = fact.fields.clone();
            fields.retain(|_, value| !value.is_null());
            self.part().push("restricted", with(fields, shape::FIELD_PERSON, person));
        }
        digest
    }
}

/// A circumstance in the place of another of its group: the row was corrected.
fn replaced(
    open: &[&Fact],
    at: usize,
    left: &mut BTreeMap<String, RememberedFact>,
) -> Option<RememberedFact> {
    let group = |code: &str| circumstance(code).and_then(CircumstanceCode::group);
    let of = |fact: &Fact| (fact.container == Container::Circumstances).then(|| group(fact.code)).flatten();
    let own = of(open[at])?;
    if open.iter().filter(|fact| of(fact) == Some(own)).count() != 1 {
        return None;
    }
    let code = |fact: &RememberedFact| fact.fields.get("code").and_then(Json::as_str).and_then(group);
    let mut same = left.iter().filter(|(_, fact)| code(fact) == Some(own)).map(|(key, _)| key.clone());
    let key = same.next().filter(|_| same.next().is_none())?;
    left.remove(&key)
}

fn with(mut fields: Fields, name: &str, value: &str) -> Fields {
    fields.insert(name.to_owned(), value.into());
    fields
}

fn says_the_same(now: &Fields, before: &Fields) -> bool {
    now.iter().all(|(name, value)| before.get(name).unwrap_or(&Json::Null) == value)
}

fn row_says_the_same(row: &Said, row_key: &str, before: &Remembered, digest: &SealedDigest<'_>) -> bool {
    let open: Vec<&Fact> = row.facts.iter().filter(|fact| !fact.restricted).collect();
    let sealed: Vec<&Fact> = row.facts.iter().filter(|fact| fact.restricted).collect();
    row.has_child
        && says_the_same(&row.child, &before.fields)
        && row.row_number == before.number
        && open.len() == before.facts.len()
        && open.iter().all(|fact| {
            before.facts.get(&fact.key).is_some_and(|known| says_the_same(&fact.fields, &known.fields))
        })
        && digest.of(row_key, &sealed) == before.sealed
}
