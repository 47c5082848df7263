//! Records that are, or may be, one person.
//!
//! Enters: what identifies each person of the register. Leaves: pairs, linked or undecided, in a fixed
//! order. Collectors link a person who moved; officers link duplicates or say that two are not the
//! same; this module finds the candidates nobody has decided. It decides nothing itself.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};

use crate::document::{Container, Fields, Value, View, shape};
use crate::facts::{Choice, PersonPair, PersonRef, SamePerson};
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

/// What identifies the children of one household, and those members that are linked to somebody.
/// Withdrawn records are left out.
#[must_use]
pub fn identities(view: &View) -> Vec<PersonIdentity> {
    let identity = |(key, fields): (&EntityId, &Fields)| {
        let withdrawn = |fields: &Fields| {
            let field = fields.get(shape::FIELD_WITHDRAWN);
            field.is_some_and(|field| field.values().all(|written| written.value == Value::Bool(true)))
        };
        if withdrawn(fields) || withdrawn(&view.household) {
            return None;
        }
        let all = |name: &str| -> Vec<String> {
            let values = fields.get(name).into_iter().flat_map(Choice::values);
            values.filter_map(|written| written.value.as_text()).map(str::to_owned).collect()
        };
        let digits = |text: &String| text.len() == 12 && text.bytes().all(|c| c.is_ascii_digit());
        Some(PersonIdentity {
            document: view.document,
            person: key.clone(),
            names: all("name")
                .iter()
                .map(|name| schemas::text::fold(name))
                .filter(|n| !n.is_empty())
                .collect(),
            births: all("birth_date"),
            numbers: all("identity_number").into_iter().filter(digits).collect(),
            links: links(view, key),
        })
    };
    let children = view.of(Container::Children).filter_map(identity);
    let members = view.of(Container::Members).filter_map(identity).filter(|member| !member.links.is_empty());
    children.chain(members).collect()
}

impl PersonIdentity {
    /// Numbers that are equal where two records may be one person: one for each identity number, and one
    /// for each folded name with each month of birth. An index finds candidates by them; equal numbers
    /// of different things only cost a look.
    #[must_use]
    pub fn match_keys(&self) -> Vec<i64> {
        let mut keys: Vec<i64> = self.alike().map(|(what, when)| key_of(what, when)).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    fn alike(&self) -> impl Iterator<Item = (&str, &str)> {
        let numbers = self.numbers.iter().map(|number| (number.as_str(), ""));
        let months = self.births.iter().filter_map(|birth| birth.get(..7));
        numbers.chain(months.flat_map(|month| self.names.iter().map(move |name| (name.as_str(), month))))
    }

    /// Whether the two may be one person: they share an identity number, or what is known of their births
    /// is the same day, or a day within the month that is all the other record knows.
    fn may_be(&self, other: &Self) -> bool {
        let within = |a: &String, b: &String| a.starts_with(b.as_str()) || b.starts_with(a.as_str());
        self.numbers.iter().any(|number| other.numbers.contains(number))
            || self.births.iter().any(|a| other.births.iter().any(|b| within(a, b)))
    }
}

/// First eight bytes of SHA-256 over both, apart by a zero byte.
pub(crate) fn key_of(what: &str, when: &str) -> i64 {
    let mut hasher = Sha256::new();
    hasher.update(what);
    hasher.update([0]);
    hasher.update(when);
    i64::from_be_bytes(hasher.finalize()[..8].try_into().expect("SHA-256 has 32 bytes"))
}

/// Links of a person of this document that are not withdrawn.
pub(crate) fn links(view: &View, person: &EntityId) -> Vec<Link> {
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
/// `people` may leave out whoever has no link and shares no match key with another: the pairs are the
/// same. A link may name a record that is not here; a tally passes over such a pair.
///
/// A candidate shares an identity number, or the folded name and the birth date, as far as both know it:
/// the day, or the month where one knows no more. A pair linked
/// anywhere is linked; a pair said anywhere to be not the same is left out unless it is linked too.
#[must_use]
pub fn pairs(people: &[PersonIdentity]) -> Vec<PersonPair> {
    let reference =
        |person: &PersonIdentity| PersonRef { document: person.document, person: person.person.clone() };
    let ordered = |a: PersonRef, b: PersonRef| if a < b { (a, b) } else { (b, a) };
    let mut linked = BTreeSet::new();
    let mut apart = BTreeSet::new();
    for person in people {
        for link in &person.links {
            let other = PersonRef { document: link.document, person: link.person.clone() };
            let this = reference(person);
            if other == this {
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
        for what in person.alike() {
            alike.entry(what).or_default().push(index);
        }
    }
    let mut undecided = BTreeSet::new();
    for group in alike.values().filter(|group| group.len() > 1) {
        // A number shared by very many is a placeholder, not a person: neighbours only, not all pairs.
        for (place, a) in group.iter().enumerate() {
            let alike = group[place + 1..].iter().filter(|b| people[*a].may_be(&people[**b]));
            for b in alike.take(CANDIDATES_EACH) {
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
