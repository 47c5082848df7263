//! Step 1 of the way of a fact, on a phone: a visit under way.
//!
//! Enters: fields as the collector writes them, one by one. Leaves: the [`Edit`]s that will be one change of
//! the household's document, and bytes ([`Draft::encode`]) that a store keeps after every field, so that a
//! visit goes on where it was after a flat battery.
//!
//! Invariants: a draft is no part of the record and is never sent. It says on what it is written: `base`,
//! the document as it stood when the visit began. The change is made there
//! ([`crate::device::record_draft`]), so that what others wrote meanwhile stands beside it and is never
//! overwritten. Keys of new objects are drawn when they begin and never change. Nothing restricted is in a
//! draft: it is sealed at once. What a draft holds always fits into one change.

mod coding;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::date::Date;
use crate::document::{Container, Edit, Target, Value, View, shape};
use crate::id::{ChangeHash, DocumentId, EntityId};
use crate::limits;
use crate::random::Random;
use crate::seal::is_restricted;

/// Fields one draft may hold. A long visit to a household of twelve comes to about 300.
pub const WRITTEN_MAX: usize = 1_500;
/// Bytes of names and values one draft may hold: half a change, which leaves room for keys and columns.
pub const WRITTEN_BYTES_MAX: usize = limits::CHANGE_BYTES_MAX / 2;
/// Bytes of the name of the step the collector is at.
pub const STEP_BYTES_MAX: usize = 200;
/// An encoded draft.
pub const DRAFT_BYTES_MAX: usize = 256 * 1024;

/// Where a visit writes: what is sealed is sealed at once, and a decision is a change of its own.
const WRITABLE: [Container; 7] = [
    Container::Members,
    Container::Children,
    Container::Circumstances,
    Container::Supports,
    Container::Events,
    Container::Visits,
    Container::Links,
];

/// Why something can't be written into a visit; then nothing was. Carries no contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// Not the form of a field's name.
    #[error("not a field's name")]
    FieldName,
    /// A text longer than [`limits::TEXT_BYTES_MAX`], or a step longer than [`STEP_BYTES_MAX`].
    #[error("the text is too long")]
    TextTooLong,
    /// Not a text, a whole number, true, false or nothing.
    #[error("not a value of a field")]
    Value,
    /// A restricted circumstance: it is sealed at once, never written.
    #[error("a restricted fact must be sealed")]
    Restricted,
    /// No such object in the household or in this visit, or no such person.
    #[error("no such person or object")]
    Unresolved,
    /// A part of the record that a visit does not write.
    #[error("a visit does not write there")]
    Place,
    /// More than [`WRITTEN_MAX`] fields or [`WRITTEN_BYTES_MAX`]: record what is written, then go on.
    #[error("the visit holds as much as one change may")]
    Full,
    /// Only an object begun in this visit can be taken back.
    #[error("the object was not begun in this visit")]
    NotBegun,
    /// Something else written in this visit names the object.
    #[error("something else written in this visit names the object")]
    Named,
    /// Bytes that are no draft, or one written by a newer version.
    #[error("the stored visit can't be read")]
    Unreadable,
}

impl DraftError {
    /// All of them, for tables and tests.
    pub const ALL: [Self; 10] = [
        Self::FieldName,
        Self::TextTooLong,
        Self::Value,
        Self::Restricted,
        Self::Unresolved,
        Self::Place,
        Self::Full,
        Self::NotBegun,
        Self::Named,
        Self::Unreadable,
    ];

    /// A stable code, for translation; what a form entry may be refused for too has the entry's code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::FieldName => "entry_field_name",
            Self::TextTooLong => "entry_text_too_long",
            Self::Value => "entry_shape",
            Self::Restricted => "restricted_not_sealed",
            Self::Unresolved => "entry_unresolved",
            Self::Place => "entry_unknown_part",
            Self::Full => "visit_full",
            Self::NotBegun => "visit_object_not_begun",
            Self::Named => "visit_object_named",
            Self::Unreadable => "visit_unreadable",
        }
    }
}

/// A visit under way. `Debug` shows nothing of what was written.
#[derive(Clone, PartialEq, Eq)]
pub struct Draft {
    id: EntityId,
    document: Option<DocumentId>,
    village: String,
    base: Vec<ChangeHash>,
    step: String,
    started_at: i64,
    touched_at: i64,
    date: Date,
    written: BTreeMap<(Target, String), Value>,
    begun: BTreeSet<(Container, EntityId)>,
    visit: Option<EntityId>,
}

impl core::fmt::Debug for Draft {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Draft({}, {} fields)", self.id, self.written.len())
    }
}

/// A household of the register as it stands when a visit begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The document.
    pub document: DocumentId,
    /// Its heads.
    pub heads: Vec<ChangeHash>,
}

impl Draft {
    /// Begins a visit to a household of `village`: one of the register (`known`), or a new one. `today` is
    /// the visit's date until another is said, `clock` the device's, in seconds since 1970.
    #[must_use]
    pub fn begin(
        known: Option<Known>,
        village: &str,
        today: Date,
        clock: i64,
        random: &mut dyn Random,
    ) -> Self {
        let (document, base) = known.map_or((None, Vec::new()), |known| (Some(known.document), known.heads));
        Self {
            id: EntityId::draw(random),
            document,
            village: village.to_owned(),
            base,
            step: String::new(),
            started_at: clock,
            touched_at: clock,
            date: today,
            written: BTreeMap::new(),
            begun: BTreeSet::new(),
            visit: None,
        }
    }

    /// The draft's own name on this device.
    #[must_use]
    pub fn id(&self) -> &EntityId {
        &self.id
    }

    /// The household's document; none while a new household is not recorded.
    #[must_use]
    pub fn document(&self) -> Option<DocumentId> {
        self.document
    }

    /// Code of the household's village.
    #[must_use]
    pub fn village(&self) -> &str {
        &self.village
    }

    /// What the visit is written on: the document's heads when it began.
    #[must_use]
    pub fn base(&self) -> &[ChangeHash] {
        &self.base
    }

    /// Where the collector is, in the pages' own words.
    #[must_use]
    pub fn step(&self) -> &str {
        &self.step
    }

    /// When it began, seconds since 1970 by the device's clock.
    #[must_use]
    pub fn started_at(&self) -> i64 {
        self.started_at
    }

    /// When it was last written, seconds since 1970 by the device's clock.
    #[must_use]
    pub fn touched_at(&self) -> i64 {
        self.touched_at
    }

    /// The visit's date.
    #[must_use]
    pub fn date(&self) -> Date {
        self.date
    }

    /// Says another date.
    pub fn set_date(&mut self, date: Date) {
        self.date = date;
    }

    /// Remembers where the collector is.
    ///
    /// # Errors
    /// [`DraftError::TextTooLong`].
    pub fn set_step(&mut self, step: &str, clock: i64) -> Result<(), DraftError> {
        if step.len() > STEP_BYTES_MAX {
            return Err(DraftError::TextTooLong);
        }
        step.clone_into(&mut self.step);
        self.touched_at = clock;
        Ok(())
    }

    /// Nothing is written: the visit can be left, and comes to nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.written.is_empty()
    }

    /// What this visit wrote in a field; nothing if it did not.
    #[must_use]
    pub fn written_in(&self, target: &Target, field: &str) -> Option<&Value> {
        self.written.get(&(target.clone(), field.to_owned()))
    }

    /// Every field written: where, name, value.
    pub fn written(&self) -> impl ExactSizeIterator<Item = (&Target, &str, &Value)> {
        self.written.iter().map(|((target, field), value)| (target, field.as_str(), value))
    }

    /// Whether an object was begun in this visit and is not recorded yet.
    #[must_use]
    pub fn has_begun(&self, container: Container, key: &EntityId) -> bool {
        self.begun.contains(&(container, key.clone()))
    }

    /// Whether it says what identifies a household: a number or the name of its head.
    #[must_use]
    pub fn is_identified(&self) -> bool {
        ["number", "head_name"].into_iter().any(|name| {
            let written = self.written_in(&Target::Household, name).and_then(Value::as_text);
            written.is_some_and(|text| !text.trim().is_empty())
        })
    }

    /// Writes one field. `view`: the household as the visit shows it ([`crate::device::preview`]), which
    /// tells the objects and persons there are.
    ///
    /// # Errors
    /// See [`DraftError`].
    pub fn set(
        &mut self,
        view: &View,
        target: Target,
        field: &str,
        value: Value,
        clock: i64,
    ) -> Result<(), DraftError> {
        if let Target::Entity(container, key) = &target {
            if !WRITABLE.contains(container) {
                return Err(DraftError::Place);
            }
            if !self.has_begun(*container, key) && view.entity(*container, key).is_none() {
                return Err(DraftError::Unresolved);
            }
        }
        self.check(view, &target, field, &value)?;
        let place = (target, field.to_owned());
        let before = self.written.insert(place.clone(), value);
        if self.is_too_large() {
            match before {
                Some(before) => self.written.insert(place, before),
                None => self.written.remove(&place),
            };
            return Err(DraftError::Full);
        }
        self.touched_at = clock;
        Ok(())
    }

    /// Takes back what this visit wrote in a field. Whether it had written there.
    pub fn restore(&mut self, target: &Target, field: &str, clock: i64) -> bool {
        self.touched_at = clock;
        self.written.remove(&(target.clone(), field.to_owned())).is_some()
    }

    /// Begins an object with its first fields. A household has one visit a visit: begun again, it is the
    /// same object.
    ///
    /// # Errors
    /// See [`DraftError`].
    pub fn add(
        &mut self,
        view: &View,
        container: Container,
        fields: impl IntoIterator<Item = (String, Value)>,
        clock: i64,
        random: &mut dyn Random,
    ) -> Result<EntityId, DraftError> {
        if !WRITABLE.contains(&container) {
            return Err(DraftError::Place);
        }
        let mut with = self.clone();
        let key = match &self.visit {
            Some(visit) if container == Container::Visits => visit.clone(),
            _ => {
                let key = EntityId::draw(random);
                with.begun.insert((container, key.clone()));
                key
            }
        };
        if container == Container::Visits {
            with.visit = Some(key.clone());
        }
        for (field, value) in fields {
            with.set(view, Target::Entity(container, key.clone()), &field, value, clock)?;
        }
        *self = with;
        Ok(key)
    }

    /// Takes back an object begun in this visit, with everything written in it.
    ///
    /// # Errors
    /// [`DraftError::NotBegun`], [`DraftError::Named`].
    pub fn remove(&mut self, container: Container, key: &EntityId, clock: i64) -> Result<(), DraftError> {
        if !self.has_begun(container, key) {
            return Err(DraftError::NotBegun);
        }
        let own = Target::Entity(container, key.clone());
        let names = |((target, field), value): (&(Target, String), &Value)| {
            *target != own && field == shape::FIELD_PERSON && value.as_text() == Some(key.as_str())
        };
        if self.written.iter().any(names) {
            return Err(DraftError::Named);
        }
        self.written.retain(|(target, _), _| *target != own);
        self.begun.remove(&(container, key.clone()));
        if self.visit.as_ref() == Some(key) {
            self.visit = None;
        }
        self.touched_at = clock;
        Ok(())
    }

    /// What is written, as edits of the document.
    #[must_use]
    pub fn edits(&self) -> Vec<Edit> {
        self.written
            .iter()
            .map(|((target, field), value)| Edit {
                target: target.clone(),
                field: field.clone(),
                value: value.clone(),
            })
            .collect()
    }

    /// Writes the visit itself: its date, the review round under way and its result.
    ///
    /// # Errors
    /// [`DraftError::Full`], [`DraftError::TextTooLong`].
    pub fn conclude(
        &mut self,
        view: &View,
        date: Date,
        round: Option<&str>,
        result: &str,
        clock: i64,
        random: &mut dyn Random,
    ) -> Result<(), DraftError> {
        let mut fields =
            vec![("date".to_owned(), date.to_string().into()), ("result".to_owned(), result.into())];
        fields.extend(round.map(|code| ("round".to_owned(), code.into())));
        self.add(view, Container::Visits, fields, clock, random)?;
        self.date = date;
        Ok(())
    }

    /// What was written is part of the record now: the visit goes on with nothing written. `document` and
    /// `base` of a household that was new.
    pub(crate) fn recorded(&mut self, created: Option<(DocumentId, ChangeHash)>, clock: i64) {
        if let Some((document, genesis)) = created {
            self.document = Some(document);
            self.base = vec![genesis];
        }
        self.written.clear();
        self.begun.clear();
        self.touched_at = clock;
    }

    /// Goes on from the document as it stands at `heads`, which the collector is shown from now on. Only
    /// where nothing is written: what was written was written on the old base. Whether it was moved.
    pub fn rebase(&mut self, heads: Vec<ChangeHash>) -> bool {
        let moves = self.is_empty() && self.document.is_some();
        if moves {
            self.base = heads;
        }
        moves
    }

    fn check(&self, view: &View, target: &Target, field: &str, value: &Value) -> Result<(), DraftError> {
        if !shape::is_field_name(field) {
            return Err(DraftError::FieldName);
        }
        let text = match value {
            Value::Bytes(_) => return Err(DraftError::Value),
            Value::Text(text) if text.len() > limits::TEXT_BYTES_MAX => return Err(DraftError::TextTooLong),
            Value::Text(text) => text,
            Value::Null | Value::Bool(_) | Value::Int(_) => return Ok(()),
        };
        let Target::Entity(container, _) = target else { return Ok(()) };
        if *container == Container::Circumstances && field == "code" && is_restricted(text) {
            return Err(DraftError::Restricted);
        }
        if field == shape::FIELD_PERSON {
            let key: EntityId = text.parse().map_err(|_| DraftError::Unresolved)?;
            let people = [Container::Children, Container::Members];
            let begun = people.into_iter().any(|container| self.has_begun(container, &key));
            if !begun && view.person(&key).is_none() {
                return Err(DraftError::Unresolved);
            }
        }
        Ok(())
    }

    fn is_too_large(&self) -> bool {
        let bytes = |((_, field), value): (&(Target, String), &Value)| {
            field.len() + EntityId::LEN + value.as_text().map_or(8, str::len)
        };
        self.written.len() > WRITTEN_MAX || self.written.iter().map(bytes).sum::<usize>() > WRITTEN_BYTES_MAX
    }
}
