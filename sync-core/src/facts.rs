//! Step 6 of the way of a fact: what one household's document says, in the shape a tally reads.
//!
//! Enters: a merged document ([`crate::projection`]). Leaves: [`HouseholdFacts`], small enough that
//! 20,000 of them are scanned in a fraction of a second. It knows nothing of names, addresses or
//! identity numbers; what is sealed stays sealed and is only counted by envelope.

use crate::date::PartialDate;
use crate::id::{DocumentId, EntityId};

/// A value on which everybody agrees, or the several values that stand side by side until an officer
/// decides. Never empty; the first is Automerge's winner, shown first and otherwise not preferred.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Choice<T> {
    first: T,
    others: Vec<T>,
}

impl<T> Choice<T> {
    /// One value, undisputed.
    pub fn decided(value: T) -> Self {
        Self { first: value, others: Vec::new() }
    }

    /// Several values; `None` when there is none at all.
    pub fn among(values: impl IntoIterator<Item = T>) -> Option<Self> {
        let mut values = values.into_iter();
        Some(Self { first: values.next()?, others: values.collect() })
    }

    /// What is shown first.
    pub fn shown(&self) -> &T {
        &self.first
    }

    /// All values, the shown one first.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        core::iter::once(&self.first).chain(&self.others)
    }

    /// Whether people wrote different things.
    pub fn is_disputed(&self) -> bool {
        !self.others.is_empty()
    }

    /// How many values stand.
    #[allow(clippy::len_without_is_empty, reason = "a choice is never empty")]
    pub fn len(&self) -> usize {
        1 + self.others.len()
    }
}

impl<T: Default> Default for Choice<T> {
    fn default() -> Self {
        Self::decided(T::default())
    }
}

/// Sex as the forms cut by it (03/TE I.1.1, I.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sex {
    /// Nam.
    Male,
    /// Nữ.
    Female,
}

/// Poverty status of the household as the commune certified it (never calculated here).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Poverty {
    /// Hộ nghèo.
    Poor,
    /// Hộ cận nghèo.
    NearPoor,
    /// Neither.
    Neither,
}

/// Everything a tally needs to know of one household.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HouseholdFacts {
    /// The document it comes from.
    pub document: DocumentId,
    /// Village code, fixed by the document's first change.
    pub village: String,
    /// `None` inside: not recorded.
    pub poverty: Choice<Option<Poverty>>,
    /// Children of the register, and other members young enough to matter to a form.
    pub people: Vec<PersonFacts>,
    /// Sealed reports in the document, readable only with the commune's confidential key.
    pub sealed: Vec<EntityId>,
}

/// What a tally needs to know of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonFacts {
    /// Key in the document.
    pub id: EntityId,
    /// Whether the household's page lists the person among its children (`children`), not `members`.
    pub is_child: bool,
    /// `None` inside: not recorded.
    pub birth: Choice<Option<PartialDate>>,
    /// `None` inside: not recorded.
    pub sex: Choice<Option<Sex>>,
    /// Code of the catalogue of ethnic groups, "01" is Kinh. `None` inside: not recorded.
    pub ethnicity: Choice<Option<String>>,
    /// Whether the child holds a health-insurance card; `None` inside: not recorded.
    pub health_insurance: Choice<Option<bool>>,
    /// Whether the card was used for examination or treatment; `None` inside: not recorded.
    pub health_insurance_used: Choice<Option<bool>>,
    /// Circumstances (codes of the official form), each as often as somebody recorded it.
    pub circumstances: Vec<CircumstanceFact>,
    /// Supports received.
    pub supports: Vec<SupportFact>,
    /// Births, arrivals, departures, deaths.
    pub events: Vec<EventFact>,
    /// A record that the officer withdrew as a mistake (never counted, kept for ever).
    pub withdrawn: Choice<bool>,
}

/// One recorded circumstance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CircumstanceFact {
    /// Key in the document.
    pub id: EntityId,
    /// Catalogue code, e.g. `II.4.1`.
    pub code: Choice<Option<String>>,
    /// When it began to hold; `None` inside: unknown, so since always.
    pub start: Choice<Option<PartialDate>>,
    /// First day on which it no longer held; `None` inside: it still holds.
    pub end: Choice<Option<PartialDate>>,
    /// Withdrawn as a mistake.
    pub withdrawn: Choice<bool>,
}

/// One support received (from `start` until before `end`; a single gift has only a start and the same end).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupportFact {
    /// Key in the document.
    pub id: EntityId,
    /// Catalogue code of the form of support.
    pub form: Choice<Option<String>>,
    /// Whether it was received (true) or only needed (false).
    pub received: Choice<bool>,
    /// First day; `None` inside: unknown.
    pub start: Choice<Option<PartialDate>>,
    /// Day after the last; `None` inside: it goes on.
    pub end: Choice<Option<PartialDate>>,
    /// Withdrawn as a mistake.
    pub withdrawn: Choice<bool>,
}

/// One life event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventFact {
    /// Key in the document.
    pub id: EntityId,
    /// Catalogue code: `birth`, `moved_in`, `moved_out`, `death`, `turned_16`, `injury`.
    pub kind: Choice<Option<String>>,
    /// When; `None` inside: unknown.
    pub date: Choice<Option<PartialDate>>,
    /// Catalogue code of the cause of a death or injury.
    pub cause: Choice<Option<String>>,
    /// Withdrawn as a mistake.
    pub withdrawn: Choice<bool>,
}

/// A person in the commune's register: a document and a key in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonRef {
    /// The household's document.
    pub document: DocumentId,
    /// The key in its `children` or `members`.
    pub person: EntityId,
}

/// What is known of two records being one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SamePerson {
    /// Linked: by a collector recording a move, or by an officer. Counted once on every date.
    Linked,
    /// A candidate pair nobody has decided: a tally carries least (one child) to most (two).
    Undecided,
}

/// A pair of records that are, or may be, one person. A pair decided "not the same" is not listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonPair {
    /// One record.
    pub a: PersonRef,
    /// The other.
    pub b: PersonRef,
    /// What is known.
    pub same: SamePerson,
}

/// A restricted fact, opened from its envelope by a process that holds the confidential key. Lives in
/// memory only.
#[derive(Clone, PartialEq, Eq)]
pub struct RestrictedFact {
    /// Whom it concerns.
    pub person: PersonRef,
    /// The envelope's key in the document's `sealed`.
    pub envelope: EntityId,
    /// Catalogue code of a restricted circumstance.
    pub code: String,
    /// When it began to hold; `None`: unknown, so since always.
    pub start: Option<PartialDate>,
    /// First day on which it no longer held; `None`: it still holds.
    pub end: Option<PartialDate>,
    /// Supports named in the sealed report (catalogue codes), received while the circumstance holds.
    pub supports: Vec<String>,
}

impl core::fmt::Debug for RestrictedFact {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("RestrictedFact(…)")
    }
}
