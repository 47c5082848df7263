//! Step 6 of the way of a fact: what one household's document says, in the shape a tally reads.
//!
//! Enters: a merged document ([`crate::projection`]). Leaves: [`HouseholdFacts`], small enough that
//! 20,000 of them are scanned in a fraction of a second. It knows nothing of names, addresses or
//! identity numbers; what is sealed stays sealed and is only counted by envelope.

use minicbor::{Decode, Decoder, Encode, Encoder};

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Sex {
    /// Nam.
    #[n(0)]
    Male,
    /// Nữ.
    #[n(1)]
    Female,
}

/// Poverty status of the household as the commune certified it (never calculated here).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Poverty {
    /// Hộ nghèo.
    #[n(0)]
    Poor,
    /// Hộ cận nghèo.
    #[n(1)]
    NearPoor,
    /// Neither.
    #[n(2)]
    Neither,
}

/// Stage of schooling (catalogue `schooling`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Schooling {
    /// Not yet of school age.
    #[n(0)]
    NotYet,
    /// Crèche or kindergarten (mầm non, mẫu giáo).
    #[n(1)]
    Preschool,
    /// Tiểu học.
    #[n(2)]
    Primary,
    /// Trung học cơ sở.
    #[n(3)]
    LowerSecondary,
    /// Trung học phổ thông.
    #[n(4)]
    UpperSecondary,
    /// Vocational training.
    #[n(5)]
    Vocational,
    /// Left school without completing it.
    #[n(6)]
    DroppedOut,
    /// Completed it.
    #[n(7)]
    Completed,
    /// Never went.
    #[n(8)]
    Never,
}

impl Schooling {
    /// Every stage with its code in the catalogue, in its order.
    pub const ALL: [(Self, &'static str); 9] = [
        (Self::NotYet, "not_yet"),
        (Self::Preschool, "preschool"),
        (Self::Primary, "primary"),
        (Self::LowerSecondary, "lower_secondary"),
        (Self::UpperSecondary, "upper_secondary"),
        (Self::Vocational, "vocational"),
        (Self::DroppedOut, "dropped_out"),
        (Self::Completed, "completed"),
        (Self::Never, "never"),
    ];

    /// The stage of a code; `None`: the catalogue has none such.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == code).map(|(stage, _)| stage)
    }
}

/// Everything a tally needs to know of one household.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct HouseholdFacts {
    /// The document it comes from.
    #[n(0)]
    pub document: DocumentId,
    /// Village code, fixed by the document's first change.
    #[n(1)]
    pub village: String,
    /// `None` inside: not recorded.
    #[n(2)]
    pub poverty: Choice<Option<Poverty>>,
    /// Children of the register, and other members young enough to matter to a form.
    #[n(3)]
    pub people: Vec<PersonFacts>,
    /// Sealed reports in the document, readable only with the commune's confidential key.
    #[n(4)]
    pub sealed: Vec<EntityId>,
    /// Visits at which somebody was met or the household found gone, by day.
    #[n(5)]
    pub visits: Vec<VisitFact>,
}

/// A visit that came to its end. It tells of whether a household was looked after, never whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(array)]
pub struct VisitFact {
    /// When; `None`: unknown.
    #[n(0)]
    pub day: Option<PartialDate>,
    /// Whether day and result are undisputed and nobody called it a mistake. A visit with several days is listed once
    /// for each of them.
    #[n(1)]
    pub certain: bool,
}

/// What a tally needs to know of one person.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct PersonFacts {
    /// Key in the document.
    #[n(0)]
    pub id: EntityId,
    /// Whether the household's page lists the person among its children (`children`), not `members`.
    #[n(1)]
    pub is_child: bool,
    /// `None` inside: not recorded.
    #[n(2)]
    pub birth: Choice<Option<PartialDate>>,
    /// `None` inside: not recorded.
    #[n(3)]
    pub sex: Choice<Option<Sex>>,
    /// Code of the catalogue of ethnic groups, "01" is Kinh. `None` inside: not recorded.
    #[n(4)]
    pub ethnicity: Choice<Option<String>>,
    /// Whether the child holds a health-insurance card; `None` inside: not recorded.
    #[n(5)]
    pub health_insurance: Choice<Option<bool>>,
    /// Whether the card was used for examination or treatment; `None` inside: not recorded.
    #[n(6)]
    pub health_insurance_used: Choice<Option<bool>>,
    /// Circumstances (codes of the official form), each as often as somebody recorded it.
    #[n(7)]
    pub circumstances: Vec<CircumstanceFact>,
    /// Supports received.
    #[n(8)]
    pub supports: Vec<SupportFact>,
    /// Births, arrivals, departures, deaths.
    #[n(9)]
    pub events: Vec<EventFact>,
    /// A record that the officer withdrew as a mistake (never counted, kept for ever).
    #[n(10)]
    pub withdrawn: Choice<bool>,
    /// Whether the birth is registered (not: or under way); `None` inside: not recorded.
    #[n(11)]
    pub birth_registered: Choice<Option<bool>>,
    /// `None` inside: not recorded.
    #[n(12)]
    pub schooling: Choice<Option<Schooling>>,
}

/// One recorded circumstance.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct CircumstanceFact {
    /// Key in the document.
    #[n(0)]
    pub id: EntityId,
    /// Catalogue code, e.g. `II.4.1`.
    #[n(1)]
    pub code: Choice<Option<String>>,
    /// When it began to hold; `None` inside: unknown, so since always.
    #[n(2)]
    pub start: Choice<Option<PartialDate>>,
    /// First day on which it no longer held; `None` inside: it still holds.
    #[n(3)]
    pub end: Choice<Option<PartialDate>>,
    /// Withdrawn as a mistake.
    #[n(4)]
    pub withdrawn: Choice<bool>,
}

/// One support received (from `start` until before `end`; a single gift has only a start and the same end).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct SupportFact {
    /// Key in the document.
    #[n(0)]
    pub id: EntityId,
    /// Catalogue code of the form of support.
    #[n(1)]
    pub form: Choice<Option<String>>,
    /// Whether it was received (true) or only needed (false).
    #[n(2)]
    pub received: Choice<bool>,
    /// First day; `None` inside: unknown.
    #[n(3)]
    pub start: Choice<Option<PartialDate>>,
    /// Day after the last; `None` inside: it goes on.
    #[n(4)]
    pub end: Choice<Option<PartialDate>>,
    /// Withdrawn as a mistake.
    #[n(5)]
    pub withdrawn: Choice<bool>,
}

/// One life event.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct EventFact {
    /// Key in the document.
    #[n(0)]
    pub id: EntityId,
    /// Catalogue code: `birth`, `moved_in`, `moved_out`, `death`, `turned_16`, `injury`.
    #[n(1)]
    pub kind: Choice<Option<String>>,
    /// When; `None` inside: unknown.
    #[n(2)]
    pub date: Choice<Option<PartialDate>>,
    /// Catalogue code of the cause of a death or injury.
    #[n(3)]
    pub cause: Choice<Option<String>>,
    /// Withdrawn as a mistake.
    #[n(4)]
    pub withdrawn: Choice<bool>,
}

/// A person in the commune's register: a document and a key in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
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

/// One value is written as itself in a list of one; several as a longer list.
impl<C, T: Encode<C>> Encode<C> for Choice<T> {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.array(self.len() as u64)?;
        self.values().try_for_each(|value| value.encode(e, ctx))
    }
}

impl<'b, C, T: Decode<'b, C>> Decode<'b, C> for Choice<T> {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, minicbor::decode::Error> {
        let missing = || minicbor::decode::Error::message("a choice has a value");
        let count = d.array()?.ok_or_else(missing)?;
        let first = if count == 0 { return Err(missing()) } else { T::decode(d, ctx)? };
        let others = (1..count).map(|_| T::decode(d, ctx)).collect::<Result<_, _>>()?;
        Ok(Self { first, others })
    }
}
