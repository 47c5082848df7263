//! What a deed was about, as the lists of deeds tell it: who, in which household, and what is wrong or asked.

use std::collections::BTreeMap;

use maud::{Markup, html};
use sync_core::document::{Container, Target};
use sync_core::facts::PersonRef;
use sync_core::id::DocumentId;
use sync_core::issues::IssueCode;

use super::contradictions::say;
use super::standing::{Record, entity_of};
use crate::console::{Asked, Language, show};
use crate::office::{HouseholdRow, OFFICE_LABEL, PersonRow, Subject};
use crate::problem::Problem;

/// The people and households that some subjects name, read at once.
pub(super) struct Named {
    people: BTreeMap<PersonRef, PersonRow>,
    households: BTreeMap<DocumentId, HouseholdRow>,
    /// Whose a circumstance, a support, an event is.
    owners: BTreeMap<(DocumentId, Target), PersonRef>,
}

impl Named {
    pub(super) fn of<'a>(
        asked: &Asked,
        subjects: impl Iterator<Item = &'a Subject> + Clone,
    ) -> Result<Self, Problem> {
        let office = asked.office();
        let mut owners = BTreeMap::new();
        for (document, target) in subjects.clone().filter_map(object_of) {
            let key = (document, target.clone());
            if !owners.contains_key(&key)
                && let Some((person, _)) = Record::read(asked, document)?.person(target)
            {
                owners.insert(key, PersonRef { document, person });
            }
        }
        let people: Vec<PersonRef> =
            subjects.clone().flat_map(persons).chain(owners.values().cloned()).collect();
        let mut documents: Vec<DocumentId> = subjects.flat_map(Subject::documents).collect();
        documents.sort_unstable();
        documents.dedup();
        let named = office.people_named(&people)?;
        let heads = office.households_named(&documents)?;
        Ok(Self {
            people: people.into_iter().zip(named).filter_map(|(person, row)| Some((person, row?))).collect(),
            households: documents.into_iter().zip(heads).filter_map(|(key, row)| Some((key, row?))).collect(),
            owners,
        })
    }

    /// Whom a subject is about, each with the way to their household.
    pub(super) fn whose(&self, asked: &Asked, subject: &Subject) -> Markup {
        let owner = object_of(subject)
            .and_then(|(document, target)| self.owners.get(&(document, target.clone())).cloned());
        let persons: Vec<PersonRef> = persons(subject).into_iter().chain(owner).collect();
        let named: Vec<DocumentId> = persons.iter().map(|person| person.document).collect();
        let others = subject.documents().into_iter().filter(|document| !named.contains(document));
        html! {
            @for person in &persons {
                @let row = self.people.get(person);
                div {
                    @if let Some(row) = row { strong { (show::name(&row.name)) } ", " }
                    (self.household(asked, person.document, row.map(|_| person.person.as_str())))
                }
            }
            @for document in others { div { (self.household(asked, document, None)) } }
        }
    }

    fn household(&self, asked: &Asked, document: DocumentId, anchor: Option<&str>) -> Markup {
        let row = self.households.get(&document);
        let number = row.map_or("", |row| row.number.as_str());
        html! {
            a href={ "/office/household/" (document) @if let Some(anchor) = anchor { "#" (anchor) } } {
                (asked.t("decide.household")) " "
                @if !number.is_empty() { (show::name(number)) " – " }
                (show::name(row.map_or("–", |row| &row.head)))
            }
        }
    }
}

/// The object that a subject is about, where it is something told of a person and not the person.
fn object_of(subject: &Subject) -> Option<(DocumentId, &Target)> {
    match subject {
        Subject::Field { document, target, .. } | Subject::Issue { document, target, .. } => {
            let is_of_person = !matches!(
                target,
                Target::Household | Target::Entity(Container::Children | Container::Members, _)
            );
            is_of_person.then_some((*document, target))
        }
        _ => None,
    }
}

/// People whose own records a subject is about.
fn persons(subject: &Subject) -> Vec<PersonRef> {
    match subject {
        Subject::Field {
            document,
            target: Target::Entity(Container::Children | Container::Members, person),
            ..
        }
        | Subject::Issue {
            document,
            target: Target::Entity(Container::Children | Container::Members, person),
            ..
        } => {
            vec![PersonRef { document: *document, person: person.clone() }]
        }
        Subject::Pair { a, b } => vec![a.clone(), b.clone()],
        Subject::Move { from, to } => [from, to].into_iter().flatten().cloned().collect(),
        _ => Vec::new(),
    }
}

/// Who decided or wrote, as the office calls them.
pub(super) fn by(asked: &Asked, label: &str) -> Markup {
    if label == OFFICE_LABEL {
        html! { (asked.t("decide.office")) }
    } else {
        show::name(label)
    }
}

/// What was asked about it.
pub(super) fn question(asked: &Asked, subject: &Subject) -> Markup {
    match subject {
        Subject::Field { target, field, .. } => {
            html! { (show::label(asked.language(), entity_of(target).kind, field)) }
        }
        Subject::Issue { code, .. } => {
            html! { @if let Some(code) = IssueCode::all().find(|known| known.code() == code) { (say(asked, code)) } }
        }
        Subject::Pair { .. } => html! { (asked.t("decide.same_child")) },
        Subject::Households { .. } => html! { (asked.t("decide.same_household")) },
        Subject::Move { .. } => html! { (asked.t("decide.kind_moves")) },
        Subject::Quarantine { .. } => html! { (asked.t("decide.kind_quarantine")) },
    }
}

/// What an object is called: a circumstance, an event, a child.
pub(super) fn object(asked: &Asked, target: &Target) -> &'static str {
    let entity = entity_of(target);
    if asked.language() == Language::En { &entity.label_en } else { &entity.label }
}
