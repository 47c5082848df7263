//! The other half of step 2 of the way of a fact: what in a household's record is missing, doubtful or
//! contradictory.
//!
//! Enters: a document's [`View`], the day on which it is looked at, and the record definition. Leaves:
//! [`Issue`]s, in an order that does not depend on how the document came about. They are data, not
//! errors: nothing is ever kept from being saved because of one. Invariants: an issue carries a code
//! and a place, never what was recorded; a contradiction is called one only if it holds for every value
//! that stands and every day that a partly known date may mean. Records withdrawn for certain are left
//! alone, and of people who died, moved away or turned 16 nothing is asked for any more. Sealed reports
//! stay sealed: nothing in them is judged here.

mod code;
mod dated;
mod missing;
pub(crate) mod read;
pub(crate) mod state;
mod values;

#[cfg(test)]
mod tests;

pub use code::{IssueCode, Severity, Words};

use std::collections::BTreeSet;

use schemas::record::RecordDefinition;
use serde::Serialize;
use serde::ser::SerializeStruct as _;

use crate::date::{Date, PartialDate};
use crate::document::{Container, Target, Value, View, shape};
use crate::entry::EntryPlan;
use crate::id::EntityId;

/// Where in a document an issue is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The household's own fields.
    Household,
    /// An entry of a container.
    Entity(Container, EntityId),
}

/// Something worth a second look. Carries no contents.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Issue {
    /// Where it is.
    pub place: Place,
    /// What it is.
    pub code: IssueCode,
    /// The field to look at; `None`: the whole object.
    pub field: Option<String>,
}

impl Issue {
    /// What kind of second look it asks for.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}

impl core::fmt::Display for Issue {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match &self.place {
            Place::Household => f.write_str(shape::KEY_HOUSEHOLD)?,
            Place::Entity(container, key) => write!(f, "{}/{key}", container.key())?,
        }
        if let Some(field) = &self.field {
            write!(f, ".{field}")?;
        }
        write!(f, ": {}", self.code.code())
    }
}

/// `{"code", "severity", "container", "id", "field"}`; the household's own issues are in the container
/// `household` and have no `id`, those of a whole object have no `field`.
impl Serialize for Issue {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (container, id) = match &self.place {
            Place::Household => (shape::KEY_HOUSEHOLD, None),
            Place::Entity(container, key) => (container.key(), Some(key.as_str())),
        };
        let count = 3 + usize::from(id.is_some()) + usize::from(self.field.is_some());
        let mut object = serializer.serialize_struct("Issue", count)?;
        object.serialize_field("code", &self.code)?;
        object.serialize_field("severity", &self.severity())?;
        object.serialize_field("container", container)?;
        match id {
            Some(id) => object.serialize_field("id", id)?,
            None => object.skip_field("id")?,
        }
        match &self.field {
            Some(field) => object.serialize_field("field", field)?,
            None => object.skip_field("field")?,
        }
        object.end()
    }
}

/// Issues as they are found; one that is found twice is told once.
#[derive(Default)]
struct Found(BTreeSet<Issue>);

impl Found {
    fn household(&mut self, code: IssueCode, field: &str) {
        self.0.insert(Issue { place: Place::Household, code, field: Some(field.to_owned()) });
    }

    fn add(&mut self, code: IssueCode, container: Container, key: &EntityId, field: Option<&str>) {
        let place = Place::Entity(container, key.clone());
        self.0.insert(Issue { place, code, field: field.map(str::to_owned) });
    }
}

/// Everything worth a second look in a household's record on the day `on`: the day of the visit, or
/// today. The household first, then by container, object, kind of issue and field.
#[must_use]
pub fn issues(view: &View, on: Date, definition: &RecordDefinition) -> Vec<Issue> {
    let mut found = Found::default();
    for (object, name, _) in view.conflicts() {
        match object {
            None => found.household(IssueCode::Undecided, name),
            Some((container, key)) => found.add(IssueCode::Undecided, container, key, Some(name)),
        }
    }
    if !read::is_withdrawn(&view.household) {
        let people = read::people(view, on);
        values::check(view, definition, &mut found);
        missing::check(view, &people, on, definition, &mut found);
        for person in &people {
            dated::check(person, on, &mut found);
            state::check(view, person, on, &mut found);
        }
        dated::visits(view, on, &mut found);
    }
    found.0.into_iter().collect()
}

/// The issues of what an entry touched, in the document as it is after the entry: the household itself,
/// the objects written, the persons they name, and what else is recorded of those persons. They are
/// looked at on the day of the entry's visit, or `today` when it says none or a later one.
#[must_use]
pub fn entry_issues(view: &View, plan: &EntryPlan, today: Date, definition: &RecordDefinition) -> Vec<Issue> {
    let visited = plan.edits.iter().find_map(|edit| match (&edit.target, &edit.value) {
        (Target::Entity(Container::Visits, _), Value::Text(date)) if edit.field == "date" => {
            date.parse::<PartialDate>().ok().filter(PartialDate::is_exact)
        }
        _ => None,
    });
    let on = visited.map(|date| date.first()).filter(|date| *date <= today).unwrap_or(today);
    let named = |container, key: &EntityId| -> Vec<EntityId> {
        let fields = view.entity(container, key);
        let texts = fields.into_iter().flat_map(|fields| read::texts(fields, shape::FIELD_PERSON));
        texts.filter_map(|text| text.parse().ok()).collect()
    };
    let mut touched: BTreeSet<(Container, EntityId)> = BTreeSet::new();
    let mut persons: BTreeSet<EntityId> = BTreeSet::new();
    for edit in &plan.edits {
        if let Target::Entity(container, key) = &edit.target {
            touched.insert((*container, key.clone()));
            persons.insert(key.clone());
            persons.extend(named(*container, key));
        }
    }
    let is_touched = |place: &Place| match place {
        Place::Household => true,
        Place::Entity(container, key) => {
            touched.contains(&(*container, key.clone()))
                || persons.contains(key)
                || named(*container, key).iter().any(|person| persons.contains(person))
        }
    };
    issues(view, on, definition).into_iter().filter(|issue| is_touched(&issue.place)).collect()
}
