//! One household in one row.

use minicbor::{Decode, Encode};
use schemas::record::RecordDefinition;
use schemas::text;

use super::names::number_key;
use crate::date::{Date, PartialDate};
use crate::document::{Container, Fields, View, is_withdrawn, shown_text};
use crate::facts::{Choice, HouseholdFacts};
use crate::id::DocumentId;
use crate::issues::issues;
use crate::issues::read::people;
use crate::issues::state::may_be_under;
use crate::tally::may_hold;
use crate::wire::{ReviewRound, WireError, from_plain, to_plain};

/// Which reading of the record a kept summary comes from: another edition is to be made anew. The first
/// number is raised with the code here, the rest is the version of the program with its definitions.
pub const EDITION: &str = concat!("2/", env!("CARGO_PKG_VERSION"));

/// The section of 03/TE that lists children in special circumstances.
const SPECIAL: &str = "II";

/// Everything a list of households shows and is searched by. `Debug` shows the document only: the rest is
/// personal data.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Summary {
    /// The household's document.
    #[n(0)]
    pub document: DocumentId,
    /// Village code.
    #[n(1)]
    pub village: String,
    /// Number in the village's book, as shown.
    #[n(2)]
    pub number: String,
    /// Name of the head, as shown.
    #[n(3)]
    pub head: String,
    /// Hamlet, as shown.
    #[n(4)]
    pub hamlet: String,
    /// Address, as shown.
    #[n(5)]
    pub address: String,
    /// Telephone, as shown.
    #[n(6)]
    pub phone: String,
    /// Children of the register who live here.
    #[n(7)]
    pub children: u32,
    /// Of these, under 16 with a circumstance of 03/TE II, as far as a tally would count them in `most`
    /// without opening a sealed report.
    #[n(8)]
    pub special: u32,
    /// Sealed reports.
    #[n(9)]
    pub sealed: u32,
    /// Fields on which people wrote different things.
    #[n(10)]
    pub undecided: u32,
    /// Issues besides these: contradictory, doubtful, missing.
    #[n(11)]
    pub issues: u32,
    /// Every visit recorded.
    #[n(12)]
    pub visits: Vec<VisitMark>,
    /// Withdrawn as a mistake, as shown.
    #[n(13)]
    pub withdrawn: bool,
    /// Every number that stands, as numbers are compared.
    #[n(14)]
    pub numbers: Vec<String>,
    /// What a search looks through, folded, a line for each text.
    #[n(15)]
    pub search: String,
    /// Orders households by number and head.
    #[cbor(n(16), with = "minicbor::bytes")]
    pub by_number: Vec<u8>,
    /// Orders households by hamlet, address, number and head.
    #[cbor(n(17), with = "minicbor::bytes")]
    pub by_place: Vec<u8>,
}

impl core::fmt::Debug for Summary {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Summary({})", self.document)
    }
}

/// A visit as a list needs it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct VisitMark {
    /// When; none: not recorded, or no date.
    #[n(0)]
    pub date: Option<PartialDate>,
    /// Code of the review round it was made in.
    #[n(1)]
    pub round: Option<String>,
    /// Code of the catalogue of visit results.
    #[n(2)]
    pub result: Option<String>,
}

impl VisitMark {
    /// Whether it was made in a round: as it says, or, if it names none, by its date.
    fn is_in(&self, round: &ReviewRound) -> bool {
        match (&self.round, self.date) {
            (Some(code), _) => *code == round.code,
            (None, Some(date)) => {
                let day = |text: &str| text.parse::<Date>().ok();
                day(&round.starts).is_some_and(|starts| starts <= date.first())
                    && day(&round.ends).is_some_and(|ends| date.last() <= ends)
            }
            (None, None) => false,
        }
    }

    /// Whether the household was seen, or is known to be gone.
    #[must_use]
    pub fn is_made(&self) -> bool {
        is_met(self.result.as_deref())
    }
}

/// Whether a visit with this result (catalogue `visit_results`) is made: the household was seen, or is known to be
/// gone. One without a result is.
pub(crate) fn is_met(result: Option<&str>) -> bool {
    !matches!(result, Some("absent" | "refused"))
}

/// Where a household stands in a review round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum InRound {
    /// No visit.
    NotVisited,
    /// Tried, and nobody was met.
    Tried,
    /// Visited.
    Visited,
}

/// Every value of a field as text.
fn texts<'a>(fields: &'a Fields, name: &str) -> impl Iterator<Item = &'a str> {
    fields.get(name).into_iter().flat_map(Choice::values).filter_map(|written| written.value.as_text())
}

fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}

impl Summary {
    /// The summary of a document on a day. `facts`: [`crate::projection::project`] of the same view.
    #[must_use]
    pub fn of(view: &View, facts: &HouseholdFacts, on: Date, definition: &RecordDefinition) -> Self {
        let own = |name: &str| shown_text(&view.household, name).unwrap_or_default().to_owned();
        let (number, head, hamlet, address) =
            (own("number"), own("head_name"), own("hamlet"), own("address"));
        let people = people(view, on);
        let present: Vec<_> = people
            .iter()
            .filter(|person| person.container == Container::Children && !person.is_gone(on))
            .collect();
        let special = present.iter().filter(|person| {
            let counted = person.birth.is_none_or(|birth| may_be_under(birth, 16, on));
            let mut facts = facts.people.iter().filter(|facts| facts.id == *person.key);
            counted && facts.any(|facts| facts.circumstances.iter().any(|fact| may_hold(fact, SPECIAL, on)))
        });
        let undecided = count(view.conflicts());
        let place = [&hamlet, &address].map(|text| text::sort_key(text));
        let by_number = [text::sort_key(&number), text::name_sort_key(&head)].join(&0);
        Self {
            document: view.document,
            village: view.village.clone(),
            children: count(present.iter()),
            special: count(special),
            sealed: count(view.of(Container::Sealed)),
            undecided,
            issues: count(issues(view, on, definition).iter()).saturating_sub(undecided),
            visits: visits(view),
            withdrawn: is_withdrawn(&view.household),
            numbers: texts(&view.household, "number").map(number_key).collect(),
            search: search_text(view),
            by_place: [place.join(&0), by_number.clone()].join(&0),
            by_number,
            phone: own("phone"),
            number,
            head,
            hamlet,
            address,
        }
    }

    /// The day of the last visit.
    #[must_use]
    pub fn last_visit(&self) -> Option<PartialDate> {
        self.visits.iter().filter_map(|visit| visit.date).max_by_key(PartialDate::last)
    }

    /// Where the household stands in a review round.
    #[must_use]
    pub fn in_round(&self, round: &ReviewRound) -> InRound {
        let visits = self.visits.iter().filter(|visit| visit.is_in(round));
        let of = |visit: &VisitMark| if visit.is_made() { InRound::Visited } else { InRound::Tried };
        visits.map(of).max().unwrap_or(InRound::NotVisited)
    }

    /// Whether some one text of the household, where a person would look for it, has every word of what is looked
    /// for, in any order: nobody types a middle name. `folded`: [`schemas::text::fold`] of what is looked for.
    #[must_use]
    pub fn says(&self, folded: &str) -> bool {
        self.search.lines().any(|line| folded.split_whitespace().all(|word| line.contains(word)))
    }

    /// As a store keeps it.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        to_plain(self)
    }

    /// From what [`Self::encode`] gave.
    ///
    /// # Errors
    /// [`WireError::Malformed`].
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        from_plain(bytes)
    }
}

fn visits(view: &View) -> Vec<VisitMark> {
    let text = |fields: &Fields, name: &str| {
        shown_text(fields, name).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    view.of(Container::Visits)
        .filter(|(_, fields)| !is_withdrawn(fields))
        .map(|(_, fields)| VisitMark {
            date: shown_text(fields, "date").and_then(|date| date.parse().ok()),
            round: text(fields, "round"),
            result: text(fields, "result"),
        })
        .collect()
}

/// What a person would look for: of the household and of everybody in it, every value that stands.
fn search_text(view: &View) -> String {
    let own = ["number", "head_name", "address", "hamlet", "phone"]
        .into_iter()
        .flat_map(|name| texts(&view.household, name));
    let people = [Container::Children, Container::Members]
        .into_iter()
        .flat_map(|container| view.of(container))
        .flat_map(|(_, fields)| ["name", "identity_number", "phone"].map(|name| texts(fields, name)))
        .flatten();
    let folded: Vec<String> = own.chain(people).map(text::fold).filter(|text| !text.is_empty()).collect();
    folded.join("\n")
}
