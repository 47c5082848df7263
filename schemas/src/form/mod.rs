//! Official forms as data: every line of Mẫu 01/TE, 02/TE and 03/TE, what fills it and what must add up.
//!
//! Enters: the JSON files in `forms/`. Leaves: a validated [`Form`], which the tally compiles and a
//! printer lays out. A new ministry form is a new file, not new code. It knows nothing of children,
//! documents or dates of a report: a [`Selector`] says which children a line counts, not how.
//!
//! The labels are the official Vietnamese wording. What the source had damaged is repaired, and every
//! repair is listed in [`Damage`] beside what the source says.

mod load;
mod own;
#[cfg(test)]
mod tests;

pub(crate) use load::line_of;
pub use load::{FormError, Problem, ShapeProblem, form, forms};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::catalogue::circumstances;

/// A month and a day in every year, e.g. 25/5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadline {
    /// 1 to 12.
    pub month: i8,
    /// 1 to 31.
    pub day: i8,
}

/// How far a definition is known to be what the ministry printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verified {
    /// Read in the ministry's own print.
    Official,
    /// Read in a copy handed down to a commune.
    ReadInCopy,
    /// A hypothesis.
    Unconfirmed,
}

/// [`Verified`] with its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    /// How far.
    pub status: Verified,
    /// Where it was read.
    pub note: String,
}

/// Something that is wrong, or suspected wrong, in the source of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Damage {
    /// What is damaged: `label`, `unit` or `place`.
    pub field: String,
    /// What the source says.
    pub source: String,
    /// What the form says instead; absent: kept as printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repaired: Option<String>,
    /// Why.
    pub note: String,
}

/// A number that the form needs and has no line for; an officer types it in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// How a percentage names it, e.g. `total_population`.
    pub key: String,
    /// Official wording.
    pub label: String,
    /// Unit as printed.
    pub unit: String,
    /// Why it is needed.
    pub note: String,
}

/// Completed years of age on the as-of date: `from` ≤ age < `below`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgeBand {
    /// First year of age inside the band; absent: from birth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<u8>,
    /// First year of age above the band.
    pub below: u8,
}

/// Sex as the forms cut by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// Nam.
    Male,
    /// Nữ.
    Female,
}

/// Poverty status of a household.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Poverty {
    /// Hộ nghèo.
    Poor,
    /// Hộ cận nghèo.
    NearPoor,
    /// Neither.
    Neither,
}

/// A choice of ethnic groups by their codes ("01" is Kinh).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ethnicity {
    /// One of these.
    Only(Vec<String>),
    /// Any other than these.
    Except(Vec<String>),
}

/// Conditions on the person; all that are given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonIs {
    /// Age on the as-of date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<AgeBand>,
    /// Sex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sex>,
    /// Ethnic group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ethnicity: Option<Ethnicity>,
    /// Holds a health-insurance card (or not).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_insurance: Option<bool>,
    /// Used the card for examination or treatment (or not).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health_insurance_used: Option<bool>,
    /// The birth is registered (or not, or not yet).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_registered: Option<bool>,
    /// At one of these stages of schooling (catalogue `schooling`); empty: not asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schooling: Vec<String>,
    /// `true`: the household was visited within the reporting period while the child lived there, and somebody met or
    /// the household found gone.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub visited: bool,
}

/// Circumstances: one of `codes` exactly, or of `groups` with everything beneath (`II.4` takes in
/// `II.4`, `II.4.1`, `II.4.4-1`; not `II.41`).
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CircumstanceIs {
    /// Codes taken exactly.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<String>,
    /// Codes taken with all beneath them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
}

impl CircumstanceIs {
    /// Whether a circumstance with this code is meant.
    #[must_use]
    pub fn takes_in(&self, code: &str) -> bool {
        self.codes.iter().any(|c| c == code) || self.groups.iter().any(|g| is_within(code, g))
    }
}

/// Whether `code` is `group` or lies beneath it.
#[must_use]
pub fn is_within(code: &str, group: &str) -> bool {
    code.strip_prefix(group).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
}

/// Life events within the reporting period (a flow): of these kinds and, if any are named, of these causes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventIs {
    /// Kinds of event.
    pub kinds: Vec<String>,
    /// Causes; empty: any, also none recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
}

/// Which children a line counts. Conditions on persons, circumstances and poverty hold on the as-of
/// date and only for residents; an event counts when it falls in the reporting period.
///
/// There is no "not": what makes a condition true can never make a line false, which the tally's
/// bounds rely on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selector {
    /// The person's own attributes.
    Person(PersonIs),
    /// A circumstance that holds.
    Circumstance(CircumstanceIs),
    /// The household's certified poverty status is one of these.
    Poverty(Vec<Poverty>),
    /// An event in the period.
    Event(EventIs),
    /// At least one.
    AnyOf(Vec<Selector>),
    /// Every one.
    AllOf(Vec<Selector>),
}

impl Selector {
    /// Whether a condition anywhere inside satisfies `found`.
    pub fn any(&self, found: &mut impl FnMut(&Selector) -> bool) -> bool {
        found(self)
            || match self {
                Self::AnyOf(inner) | Self::AllOf(inner) => inner.iter().any(|s| s.any(found)),
                _ => false,
            }
    }
}

/// What fills a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum LineSource {
    /// Nothing: the line only introduces others.
    Heading,
    /// An officer types it in.
    Typed,
    /// Counted from the register.
    Derived {
        /// Which children.
        selector: Selector,
        /// Lines whose occurrences add up to this line's (a child in two of them occurs twice). Empty:
        /// an event occurs as often as it happened, a state once a child.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        occurrences: Vec<String>,
    },
    /// A share of a typed number.
    Percent {
        /// The line that is the numerator.
        of: String,
        /// The [`Parameter`] that is the denominator.
        denominator: String,
    },
}

/// One line (chỉ tiêu) of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Section and number, e.g. `II.4.1`; a line that has no number has its parent's code and `-1`, `-2` ….
    pub code: String,
    /// Number in the TT column as printed; empty where the form prints none.
    pub number: String,
    /// 0 for a section, 1 for its numbers, and so on inwards.
    pub depth: u8,
    /// `-` or `+` before the label; empty where the form prints none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub mark: String,
    /// Official wording, repaired.
    pub label: String,
    /// ĐVT; empty where the form prints none (03/TE has units by column).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// What is wrong in the source.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub damage: Vec<Damage>,
    /// What fills it.
    pub source: LineSource,
}

/// Which of a line's children a column counts; all conditions given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// Received one of these forms of support in the period; empty: no condition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub supports: Vec<String>,
    /// Of this sex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sex>,
    /// In this age band on the as-of date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<AgeBand>,
    /// Of these ethnic groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ethnicity: Option<Ethnicity>,
}

/// What a column shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// Distinct children of the line that pass the filter.
    Children(Filter),
    /// A share, in percent: this line's `column` of `of_column` in `of_line` (absent: of the same line).
    Percent {
        /// Column of the numerator.
        column: String,
        /// Line of the denominator; absent: the same line.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of_line: Option<String>,
        /// Column of the denominator.
        of_column: String,
    },
}

/// One column of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Number as printed, e.g. `1`.
    pub code: String,
    /// Wording of the header.
    pub header: String,
    /// Unit of the cells; empty: the line's.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// Whether the header was read in a source. An unconfirmed one is shown with [`UNCONFIRMED`].
    pub confirmed: bool,
    /// What it shows.
    pub kind: ColumnKind,
}

/// The mark that goes with every header no source confirms.
pub const UNCONFIRMED: &str = "chưa xác nhận";

/// What must hold between a line and others, all of them counted or all of them typed in, in every column that counts
/// children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// whole = sum of parts.
    EqualsSum,
    /// each part ≤ whole ≤ sum of parts: everyone is in some part, perhaps in several.
    CoveredBy,
    /// each part ≤ whole: a second cut, not a sum.
    AtLeastEach,
    /// sum of parts ≤ whole: the parts exclude each other and need not be all.
    AtLeastSum,
}

/// One rule of the form's arithmetic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// What must hold.
    pub rule: Rule,
    /// Code of the whole.
    pub whole: String,
    /// Codes of its parts.
    pub parts: Vec<String>,
    /// Why.
    pub note: String,
}

/// An official form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// Short name, e.g. `03/TE`.
    pub form: String,
    /// Year of the guidance letter it belongs to.
    pub edition: String,
    /// As printed, e.g. "Mẫu số 03/TE".
    pub number: String,
    /// Annex it was read in.
    pub annex: String,
    /// Title as printed.
    pub title: String,
    /// The kind of place whose name follows the title.
    pub place: String,
    /// Legal basis.
    pub basis: String,
    /// Kỳ báo cáo.
    pub frequency: String,
    /// Ngày báo cáo.
    pub due: String,
    /// The same as days of the year; the report is due before them.
    pub deadlines: Vec<Deadline>,
    /// Who signs, left to right.
    pub signatories: Vec<String>,
    /// What stands under each.
    pub signature_note: String,
    /// First day it is in force.
    #[serde(with = "day")]
    pub valid_from: Date,
    /// First day it no longer is; absent: still in force.
    #[serde(default, with = "perhaps_day", skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Date>,
    /// How far it is known to be right.
    pub verification: Verification,
    /// What is wrong in the source's heading.
    #[serde(default)]
    pub damage: Vec<Damage>,
    /// Numbers typed in besides the lines.
    #[serde(default)]
    pub parameters: Vec<Parameter>,
    /// Ages to which every derived line is limited (on the as-of date, or on an event's); absent: any.
    #[serde(default)]
    pub universe: Option<AgeBand>,
    /// Columns, left to right.
    #[serde(default)]
    pub columns: Vec<Column>,
    /// The form's arithmetic.
    pub checks: Vec<Check>,
    /// Lines, top to bottom.
    pub lines: Vec<Line>,
}

impl Form {
    /// The line with this code.
    #[must_use]
    pub fn line(&self, code: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.code == code)
    }

    /// The column with this code.
    #[must_use]
    pub fn column(&self, code: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.code == code)
    }

    /// Place of the column that counts every child of a line: the first without a condition. Without one, the first that
    /// counts children; a form without columns has its only number there.
    #[must_use]
    pub fn total_column(&self) -> usize {
        let counts = |all: bool| {
            self.columns.iter().position(|column| match &column.kind {
                ColumnKind::Children(filter) => !all || *filter == Filter::default(),
                ColumnKind::Percent { .. } => false,
            })
        };
        counts(true).or_else(|| counts(false)).unwrap_or_default()
    }

    /// Whether a line counts restricted circumstances (catalogue of circumstances), alone or among
    /// others: what of them is sealed cannot be counted without the commune's confidential key.
    #[must_use]
    pub fn counts_restricted(&self, line: &Line) -> bool {
        let LineSource::Derived { selector, .. } = &line.source else { return false };
        selector.any(&mut |selector| {
            let Selector::Circumstance(is) = selector else { return false };
            circumstances()
                .iter()
                .any(|circumstance| circumstance.restricted && is.takes_in(circumstance.code()))
        })
    }

    /// Whether some column's header is only a hypothesis.
    #[must_use]
    pub fn has_unconfirmed_columns(&self) -> bool {
        self.columns.iter().any(|column| !column.confirmed)
    }
}

/// A day written `2024-02-29`.
mod day {
    use jiff::civil::Date;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(day: &Date, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(day)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(|_| serde::de::Error::custom("a day is written 2024-02-29"))
    }
}

/// A day, or none.
mod perhaps_day {
    use jiff::civil::Date;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(day: &Option<Date>, serializer: S) -> Result<S::Ok, S::Error> {
        match day {
            Some(day) => super::day::serialize(day, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
        #[derive(Deserialize)]
        struct Day(#[serde(with = "super::day")] Date);
        Ok(Option::<Day>::deserialize(deserializer)?.map(|Day(day)| day))
    }
}
