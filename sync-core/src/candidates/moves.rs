//! Moves within the commune, held against what is told at both ends.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};
use schemas::text::fold;

use crate::document::{Container, Fields, View, is_withdrawn, shape, shown_text};
use crate::facts::PersonRef;
use crate::id::{DocumentId, EntityId};
use crate::pairs;

/// Which way an event moves a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Way {
    /// `moved_out`.
    #[n(0)]
    Out,
    /// `moved_in`.
    #[n(1)]
    In,
}

/// An event of moving, as shown.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct MoveEnd {
    /// Which way.
    #[n(0)]
    pub way: Way,
    /// When, as written.
    #[n(1)]
    pub date: Option<String>,
    /// Where to or where from, folded.
    #[n(2)]
    pub place: String,
}

/// What one child's record tells of moving. `Debug` shows only whose it is.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct MoveRecord {
    /// The document.
    #[n(0)]
    pub document: DocumentId,
    /// The child.
    #[n(1)]
    pub person: EntityId,
    /// Events, by date.
    #[n(2)]
    pub ends: Vec<MoveEnd>,
    /// Links of the record to others.
    #[n(3)]
    pub links: Vec<pairs::Link>,
}

impl core::fmt::Debug for MoveRecord {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "MoveRecord({}/{})", self.document, self.person)
    }
}

impl MoveRecord {
    /// Every document it names, its own first.
    pub fn documents(&self) -> impl Iterator<Item = DocumentId> {
        core::iter::once(self.document).chain(self.links.iter().map(|link| link.document))
    }

    fn reference(&self) -> PersonRef {
        PersonRef { document: self.document, person: self.person.clone() }
    }

    /// The latest event of one way.
    fn end(&self, way: Way) -> Option<&MoveEnd> {
        self.ends.iter().rev().find(|end| end.way == way)
    }
}

/// A move that is not told at both ends, or told at both and not linked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The record where the child was; none: nobody there may be this child.
    pub from: Option<PersonRef>,
    /// The record where the child is; none likewise.
    pub to: Option<PersonRef>,
    /// When, as the event that is told says.
    pub date: Option<String>,
    /// Village that the arrival names, where there is no record.
    pub left: Option<String>,
    /// Village that the departure names, where there is no record.
    pub reached: Option<String>,
    /// The record where the child was tells no departure.
    pub departure_missing: bool,
    /// The record where the child is tells no arrival.
    pub arrival_missing: bool,
    /// No link says that the two records are one child.
    pub link_missing: bool,
}

/// What the children of a household tell of moving: those who have such an event or a link that says so. Withdrawn
/// records are left out.
#[must_use]
pub fn move_ends(view: &View) -> Vec<MoveRecord> {
    if is_withdrawn(&view.household) {
        return Vec::new();
    }
    let children = view.of(Container::Children).filter(|(_, fields)| !is_withdrawn(fields));
    children
        .filter_map(|(key, _)| {
            let of_child = |fields: &Fields| shown_text(fields, shape::FIELD_PERSON) == Some(key.as_str());
            let events =
                view.of(Container::Events).filter(|(_, event)| of_child(event) && !is_withdrawn(event));
            let mut ends: Vec<MoveEnd> = events
                .filter_map(|(_, event)| {
                    let way = match shown_text(event, "kind")? {
                        "moved_out" => Way::Out,
                        "moved_in" => Way::In,
                        _ => return None,
                    };
                    let date = shown_text(event, "date").map(str::to_owned);
                    let place = fold(shown_text(event, "other_place").unwrap_or_default());
                    Some(MoveEnd { way, date, place })
                })
                .collect();
            ends.sort_by(|a, b| (&a.date, a.way, &a.place).cmp(&(&b.date, b.way, &b.place)));
            let links: Vec<pairs::Link> = pairs::links(view, key);
            let tells = !ends.is_empty() || links.iter().any(|link| link.kind == "moved");
            tells.then(|| MoveRecord { document: view.document, person: key.clone(), ends, links })
        })
        .collect()
}

/// Moves to be confirmed, in the order of their records.
///
/// `records` are those of [`move_ends`], `alike` the undecided pairs that may be one child, likeliest first,
/// `village_of` the villages' codes of all documents these name, `villages` codes and folded names.
#[must_use]
pub fn moves(
    records: &[MoveRecord],
    alike: &[(PersonRef, PersonRef)],
    village_of: &BTreeMap<DocumentId, String>,
    villages: &[(String, String)],
) -> Vec<Move> {
    let told: BTreeMap<PersonRef, &MoveRecord> =
        records.iter().map(|record| (record.reference(), record)).collect();
    let mut found: Vec<Move> = Vec::new();
    let mut paired: BTreeSet<PersonRef> = BTreeSet::new();
    // Linked as moved: both ends must tell it.
    for record in records {
        for link in record.links.iter().filter(|link| link.kind == "moved") {
            let this = record.reference();
            let other = PersonRef { document: link.document, person: link.person.clone() };
            if this == other || !village_of.contains_key(&other.document) {
                continue;
            }
            let (from, to) = direction(&told, this, other);
            paired.extend([from.clone(), to.clone()]);
            found.extend(between(&told, from, to, false));
        }
    }
    // Not linked: the village that an event names, and a record there that may be the same child.
    for record in records {
        let this = record.reference();
        if paired.contains(&this) || record.links.iter().any(|link| link.kind == "same") {
            continue;
        }
        let Some(end) = record.ends.last() else { continue };
        let Some(village) = village_named(&end.place, villages) else { continue };
        let other = alike.iter().find_map(|(a, b)| {
            let other = if *a == this {
                b
            } else if *b == this {
                a
            } else {
                return None;
            };
            (village_of.get(&other.document) == Some(village) && !paired.contains(other))
                .then(|| other.clone())
        });
        // Within one village, as after a merger, only two records tell that it was more than a correction.
        if other.is_none() && village_of.get(&this.document) == Some(village) {
            continue;
        }
        let alone = |from: Option<PersonRef>, to: Option<PersonRef>| Move {
            left: from.is_none().then(|| village.clone()),
            reached: to.is_none().then(|| village.clone()),
            departure_missing: from.is_none(),
            arrival_missing: to.is_none(),
            link_missing: true,
            date: end.date.clone(),
            from,
            to,
        };
        paired.insert(this.clone());
        match (end.way, other) {
            (Way::Out, Some(other)) => {
                paired.insert(other.clone());
                found.extend(between(&told, this, other, true));
            }
            (Way::In, Some(other)) => {
                paired.insert(other.clone());
                found.extend(between(&told, other, this, true));
            }
            (Way::Out, None) => found.push(alone(Some(this), None)),
            (Way::In, None) => found.push(alone(None, Some(this))),
        }
    }
    let mut seen = BTreeSet::new();
    found.retain(|one| seen.insert((one.from.clone(), one.to.clone())));
    found
}

/// Which of two linked records is where the child was: the one that tells a departure, or the one whose other end
/// tells an arrival. Where neither tells anything, `this` is where the child is: who records somebody who came links
/// back to where they were.
fn direction(
    told: &BTreeMap<PersonRef, &MoveRecord>,
    this: PersonRef,
    other: PersonRef,
) -> (PersonRef, PersonRef) {
    let tells = |who: &PersonRef, way| told.get(who).is_some_and(|record| record.end(way).is_some());
    let forth = u8::from(tells(&this, Way::Out)) + u8::from(tells(&other, Way::In));
    let back = u8::from(tells(&other, Way::Out)) + u8::from(tells(&this, Way::In));
    if forth > back { (this, other) } else { (other, this) }
}

/// The move between two records, unless both ends tell it and it is linked.
fn between(
    told: &BTreeMap<PersonRef, &MoveRecord>,
    from: PersonRef,
    to: PersonRef,
    link_missing: bool,
) -> Option<Move> {
    let departure = told.get(&from).and_then(|record| record.end(Way::Out));
    let arrival = told.get(&to).and_then(|record| record.end(Way::In));
    (departure.is_none() || arrival.is_none() || link_missing).then(|| Move {
        date: departure.or(arrival).and_then(|end| end.date.clone()),
        left: None,
        reached: None,
        departure_missing: departure.is_none(),
        arrival_missing: arrival.is_none(),
        link_missing,
        from: Some(from),
        to: Some(to),
    })
}

/// The village whose name stands in a folded text as whole words; the longest where several do ("thon 1" is not in
/// "thon 10", and "thon 1 moi" is not "thon 1").
fn village_named<'a>(place: &str, villages: &'a [(String, String)]) -> Option<&'a String> {
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let place = words(place);
    let stands = |name: &[String]| !name.is_empty() && place.windows(name.len()).any(|part| part == name);
    villages
        .iter()
        .map(|(code, name)| (code, words(name)))
        .filter(|(_, name)| stands(name))
        .max_by_key(|(_, name)| name.len())
        .map(|(code, _)| code)
}
