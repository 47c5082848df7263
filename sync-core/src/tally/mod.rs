//! Step 7 of the way of a fact: from what the documents say to the numbers of an official form.
//!
//! Enters: a form ([`schemas::form::Form`]), the [`HouseholdFacts`] of every household, the
//! [`PersonPair`]s, the opened [`RestrictedFact`]s if the caller holds the confidential key, a
//! [`Period`] and perhaps a village. Leaves: a [`Tally`]. It is a pure function: the same arguments
//! give the same numbers for ever, in whatever order the households come.
//!
//! What a number means:
//! - **Stock and flow.** A line of circumstances, poverty or persons counts residents for whom it holds
//!   on the as-of date. A line of events counts what happened in the period to children who were of the
//!   form's age on that day and lived here until then.
//! - **Residence.** Without an arrival a person has lived here since birth. `birth` and `moved_in` start
//!   a stay on their day, `moved_out` and `death` end it on theirs (not resident from that day on).
//!   What is recorded for one day happened in this order: birth, departures, arrivals, death.
//!   An arrival of unknown day counts as since always unless a departure is recorded too; a departure,
//!   death or injury of unknown day may have been on any day.
//! - **Least and most.** What is disputed, unknown or only partly dated is taken both ways: a child is
//!   counted in `least` if every possibility puts it there, in `most` if one does. Possibilities of one
//!   person are combined exactly up to [`WORLDS_MAX`]; beyond, the bounds are wider and still sound.
//!   A circumstance or event that nobody gave a code is counted nowhere; a person on the page of adult
//!   members of whom no birth date is known is taken for an adult.
//! - **One person, several records.** Linked records are one person: resident if one of them is, with
//!   the attributes of the records resident on the as-of date (of all, if none is); where those differ,
//!   either may be right, but what is known wins over what is not, and a day over its month or year.
//!   Supports and events count from every record. For undecided pairs both answers are tried, and for
//!   several that hang together every combination up to [`UNDECIDED_MAX`] pairs; beyond, `least` is 0
//!   and `most` counts every record.
//! - **Sealed reports.** An envelope that none of the restricted facts came from may put one more child
//!   into any line that counts restricted circumstances, and into each of that line's columns. Supports
//!   named in a sealed report count in those lines only, so that no other line betrays one.
//!
//! Architecture invariant: nothing here knows names, addresses or documents' histories, decides a
//! dispute, or prints.

mod atoms;
pub mod changes;
mod contribution;
mod explain;
mod finish;
pub mod happened;
mod life;
mod person;
#[cfg(test)]
mod tests;
mod villages;

use schemas::form::{Form, Rule};
use serde::{Deserialize, Serialize};

use crate::date::Date;
use crate::facts::{HouseholdFacts, PersonPair, RestrictedFact};

pub(crate) use atoms::birthday;
pub use contribution::Contribution;
pub use explain::{Because, ExplainedChild, Explanation, Why};
pub use person::lines_that_may_hold;
pub(crate) use person::may_hold;
pub use villages::contributions_by_village;

/// Possibilities that are combined exactly for one person; beyond, bounds are widened.
pub const WORLDS_MAX: usize = 256;

/// Undecided pairs hanging together that are tried in every combination; beyond, bounds are widened.
pub const UNDECIDED_MAX: usize = 6;

/// The days a report covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Days")]
pub struct Period {
    #[serde(serialize_with = "as_text")]
    from: Date,
    #[serde(serialize_with = "as_text")]
    as_of: Date,
}

/// A period as it was written, before it is known to be one.
#[derive(Deserialize)]
struct Days {
    from: Date,
    as_of: Date,
}

impl TryFrom<Days> for Period {
    type Error = TallyError;

    fn try_from(days: Days) -> Result<Self, TallyError> {
        Self::new(days.from, days.as_of)
    }
}

fn as_text<S: serde::Serializer>(day: &Date, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(day)
}

impl Period {
    /// From `from` until and including `as_of`, the day on which states are counted.
    ///
    /// # Errors
    /// [`TallyError::EmptyPeriod`] if it ends before it begins.
    pub fn new(from: Date, as_of: Date) -> Result<Self, TallyError> {
        if from > as_of {
            return Err(TallyError::EmptyPeriod { from, as_of });
        }
        Ok(Self { from, as_of })
    }

    /// First day.
    #[must_use]
    pub fn from(&self) -> Date {
        self.from
    }

    /// Last day; states are counted on it.
    #[must_use]
    pub fn as_of(&self) -> Date {
        self.as_of
    }
}

/// Why nothing can be counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TallyError {
    /// The period ends before it begins.
    #[error("the period from {from} to {as_of} ends before it begins")]
    EmptyPeriod {
        /// First day asked for.
        from: Date,
        /// Last day asked for.
        as_of: Date,
    },
    /// The form makes more distinctions than a tally holds.
    #[error("the form makes more than {max} distinctions")]
    TooManyDistinctions {
        /// The limit.
        max: usize,
    },
    /// The form has no such line, or it is not counted from the register.
    #[error("no line counted from the register has the code {0:?}")]
    NoLine(String),
    /// The form has no such column, or it shows no children.
    #[error("no column that counts children has the code {0:?}")]
    NoColumn(String),
}

/// A number of which only bounds may be known; equal bounds: the number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// What is certain.
    pub least: u64,
    /// What is possible.
    pub most: u64,
}

impl Bounds {
    /// The number itself, if nothing about it is undecided.
    #[must_use]
    pub fn exact(&self) -> Option<u64> {
        (self.least == self.most).then_some(self.least)
    }
}

/// A cell that counts children.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// Distinct children: what the form prints.
    pub children: Bounds,
    /// Occurrences: events as often as they happened; for a total, a child once for each of its lines.
    pub occurrences: Bounds,
    /// Sealed reports are included in what is possible because nobody opened them.
    pub sealed: bool,
}

/// What stands in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Value {
    /// Nothing: the line is a heading.
    Heading,
    /// Something the register does not know: an officer types it in.
    Typed,
    /// A count of children.
    Children(Cell),
    /// A share in tenths of a percent, each bound rounded half up; `None` when there is nothing to
    /// divide by.
    Percent {
        /// The share.
        tenths: Option<Bounds>,
    },
}

/// One line of a filled form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TallyLine {
    /// Its code in the form.
    pub code: String,
    /// One value a column, in the form's order.
    pub values: Vec<Value>,
}

/// How a rule of the form's arithmetic fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It holds whatever is decided.
    Holds,
    /// It depends on something undecided.
    Undecided,
    /// It cannot hold.
    Violated,
}

/// The result of one rule in one column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    /// The rule's place in the form's checks, from 0.
    pub check: usize,
    /// What must hold.
    pub rule: Rule,
    /// Code of the line that is the whole.
    pub whole: String,
    /// Code of the column.
    pub column: String,
    /// How it fares.
    pub outcome: Outcome,
    /// Whole minus the sum of the parts, or for [`Rule::AtLeastEach`] minus the largest part: the least
    /// and the most it may be.
    pub difference: (i64, i64),
}

/// A filled form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// The form, e.g. `03/TE`.
    pub form: String,
    /// Its edition.
    pub edition: String,
    /// The days it covers.
    pub period: Period,
    /// The only village counted; `None`: all.
    pub village: Option<String>,
    /// Lines, in the form's order.
    pub lines: Vec<TallyLine>,
    /// The form's arithmetic, rule by rule and column by column.
    pub checks: Vec<CheckResult>,
    /// Sealed reports that nobody opened.
    pub sealed: u64,
}

impl Tally {
    /// The value in a line's `column`-th column, from 0.
    #[must_use]
    pub fn value(&self, line: &str, column: usize) -> Option<Value> {
        self.lines.iter().find(|l| l.code == line)?.values.get(column).copied()
    }

    /// The same, where it counts children.
    #[must_use]
    pub fn cell(&self, line: &str, column: usize) -> Option<Cell> {
        match self.value(line, column)? {
            Value::Children(cell) => Some(cell),
            _ => None,
        }
    }
}

/// A form made ready to count with: compile once, use for every household.
#[derive(Debug, Clone)]
pub struct Counter<'f> {
    form: &'f Form,
    period: Period,
    village: Option<String>,
    compiled: atoms::Compiled,
}

impl<'f> Counter<'f> {
    /// Prepares `form` for a period and, if one is given, for one village only.
    ///
    /// # Errors
    /// [`TallyError::TooManyDistinctions`].
    pub fn new(form: &'f Form, period: Period, village: Option<&str>) -> Result<Self, TallyError> {
        let compiled = atoms::Compiled::new(form, period)?;
        Ok(Self { form, period, village: village.map(str::to_owned), compiled })
    }

    /// The form.
    #[must_use]
    pub fn form(&self) -> &'f Form {
        self.form
    }

    fn in_scope(&self, household: &HouseholdFacts) -> bool {
        self.village.as_ref().is_none_or(|village| *village == household.village)
    }
}

/// Counts everything at once: [`Counter::contribution`] of all households, then [`Counter::tally`].
///
/// `parameters` are the numbers the form needs and has no line for, by key (e.g. `total_population`).
///
/// # Errors
/// [`TallyError::TooManyDistinctions`].
pub fn tally<'a>(
    form: &Form,
    period: Period,
    village: Option<&str>,
    households: impl IntoIterator<Item = &'a HouseholdFacts>,
    pairs: &[PersonPair],
    restricted: Option<&'a [RestrictedFact]>,
    parameters: &std::collections::BTreeMap<String, u64>,
) -> Result<Tally, TallyError> {
    let counter = Counter::new(form, period, village)?;
    Ok(counter.tally(&counter.contribution(households, pairs, restricted), parameters))
}
