//! Records that are, or may be, one person.
//!
//! Enters: what identifies each person of the register. Leaves: pairs, linked or undecided, in a fixed
//! order. Collectors link a person who moved; officers link duplicates or say that two are not the
//! same; this module finds the candidates nobody has decided. It decides nothing itself.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use crate::document::{Container, Fields, Value, View, shape};
use crate::facts::{PersonPair, PersonRef, SamePerson};
use crate::id::{DocumentId, EntityId};

/// What a person is recognised by: folded for comparison, and never shown. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct PersonIdentity {
    /// The document.
    #[n(0)]
    pub document: DocumentId,
    /// Key in it.
    #[n(1)]
    pub person: EntityId,
    /// Every name recorded, folded (`schemas::text::fold`).
    #[n(2)]
    pub names: Vec<String>,
    /// Every birth date recorded, as written.
    #[n(3)]
    pub births: Vec<String>,
    /// Every identity number of 12 digits recorded.
    #[n(4)]
    pub numbers: Vec<String>,
    /// Links of this record to others: kind, document, key.
    #[n(5)]
    pub links: Vec<Link>,
}

impl core::fmt::Debug for PersonIdentity {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "PersonIdentity({}/{})", self.document, self.person)
    }
}

/// A link written in a document.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Link {
    /// `moved`, `same` or `not_same`.
    #[n(0)]
    pub kind: String,
    /// The other record's document.
    #[n(1)]
    pub document: DocumentId,
    /// The other record's key.
    #[n(2)]
    pub person: EntityId,
}

/// What identifies the children of one household (and members young enough to be recorded with a birth
/// date: the same people that [`crate::projection::project`] lists). Withdrawn records are left out.
#[must_use]
pub fn identities(view: &View) -> Vec<PersonIdentity> {
    let people = [Container::Children, Container::Members].into_iter().flat_map(|container| view.of(container));
    let identity = |(key, fields): (&EntityId, &Fields)| {
        let withdrawn = |fields: &Fields| {
            let field = fields.get(shape::FIELD_WITHDRAWN);
            field.is_some_and(|field| field.values().all(|written| written.value == Value::Bool(true)))
        };
        if withdrawn(fields) || withdrawn(&view.household) {
            return None;
        }
        let all = |name: &str| -> Vec<String> {
            let values = fields.get(name).into_iter().flat_map(|field| field.values());
            values.filter_map(|written| written.value.as_text()).map(str::to_owned).collect()
        };
        let digits = |text: &String| text.len() == 12 && text.bytes().all(|c| c.is_ascii_digit());
        Some(PersonIdentity {
            document: view.document,
            person: key.clone(),
            names: all("name").iter().map(|name| schemas::text::fold(name)).filter(|n| !n.is_empty()).collect(),
            births: all("birth_date"),
            numbers: all("identity_number").into_iter().filter(digits).collect(),
            links: links(view, key),
        })
    };
    people.filter_map(identity).collect()
}

fn links(view: &View, person: &EntityId) -> Vec<Link> {
    let text = crate::document::shown_text;
    view.of(Container::Links)
        .filter(|(_, fields)| text(fields, shape::FIELD_PERSON) == Some(person.as_str()))
        .filter(|(_, fields)| {
            fields.get(shape::FIELD_WITHDRAWN).is_none_or(|field| field.shown().value != Value::Bool(true))
        })
        .filter_map(|(_, fields)| {
            Some(Link {
                kind: text(fields, "kind")?.to_owned(),
                document: text(fields, "other_document")?.parse().ok()?,
                person: text(fields, "other_person")?.parse().ok()?,
            })
        })
        .collect()
}

/// All pairs among the people given, each once (`a < b`), in ascending order.
///
/// A candidate shares an identity number, or the folded name and the exact birth date. A pair linked
/// anywhere is linked; a pair said anywhere to be not the same is left out unless it is linked too.
#[must_use]
pub fn pairs(people: &[PersonIdentity]) -> Vec<PersonPair> {
    let reference = |person: &PersonIdentity| PersonRef { document: person.document, person: person.person.clone() };
    let ordered = |a: PersonRef, b: PersonRef| if a < b { (a, b) } else { (b, a) };
    let known: BTreeSet<PersonRef> = people.iter().map(reference).collect();
    let mut linked = BTreeSet::new();
    let mut apart = BTreeSet::new();
    for person in people {
        for link in &person.links {
            let other = PersonRef { document: link.document, person: link.person.clone() };
            let this = reference(person);
            if other == this || !known.contains(&other) {
                continue;
            }
            match link.kind.as_str() {
                "moved" | "same" => linked.insert(ordered(this, other)),
                "not_same" => apart.insert(ordered(this, other)),
                _ => false,
            };
        }
    }
    let mut alike: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (index, person) in people.iter().enumerate() {
        for number in &person.numbers {
            alike.entry((number, "")).or_default().push(index);
        }
        for birth in person.births.iter().filter(|birth| birth.len() == 10) {
            for name in &person.names {
                alike.entry((name, birth)).or_default().push(index);
            }
        }
    }
    let mut undecided = BTreeSet::new();
    for group in alike.values().filter(|group| group.len() > 1) {
        // A number shared by very many is a placeholder, not a person: neighbours only, not all pairs.
        for (place, a) in group.iter().enumerate() {
            for b in group[place + 1..].iter().take(CANDIDATES_EACH) {
                let (a, b) = (reference(&people[*a]), reference(&people[*b]));
                if a != b {
                    undecided.insert(ordered(a, b));
                }
            }
        }
    }
    undecided.retain(|pair| !linked.contains(pair) && !apart.contains(pair));
    let make = |same: SamePerson| move |(a, b)| PersonPair { a, b, same };
    let mut all: Vec<PersonPair> = linked
        .into_iter()
        .map(make(SamePerson::Linked))
        .chain(undecided.into_iter().map(make(SamePerson::Undecided)))
        .collect();
    all.sort_by(|x, y| (&x.a, &x.b).cmp(&(&y.a, &y.b)));
    all
}

/// Candidates considered for one record in a group that shares a number or a name and birth date.
const CANDIDATES_EACH: usize = 8;
