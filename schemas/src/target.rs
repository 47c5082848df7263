//! Targets (chỉ tiêu) of communes' plans as data: what was promised until when, and what of it the register
//! itself can count.
//!
//! Enters: the JSON files in `targets/`, one a plan. Leaves: validated [`TargetSet`]s. A target of a plan is one
//! official sentence; the figures it promises are its [`Measure`]s. A measure is counted from the register, as two
//! lines of a form that [`TargetSet::form`] makes, or typed in, with the reason why it can't be counted.
//!
//! The wording is the plan's own. What the scan had damaged is repaired and listed ([`Damage`]). This module
//! knows no child and no result.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::form::{
    AgeBand, Column, ColumnKind, Damage, Filter, Form, FormError, Line, LineSource, Selector, Verification,
    Verified,
};

/// The files compiled in, newest plan first.
const SHIPPED: [&str; 3] = [
    include_str!("../targets/tam-my-2026.json"),
    include_str!("../targets/hoang-dong-2024.json"),
    include_str!("../targets/tan-loi-2024.json"),
];

/// Children of the register, as the forms count them: under 16.
const CHILDREN: AgeBand = AgeBand { from: None, below: 16 };

/// A number of at most three decimals and nine digits before them, exact: `12.5`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal {
    thousandths: u64,
}

/// A text is no [`Decimal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a number has at most nine digits and three decimals, with a point before them")]
pub struct DecimalError;

impl Decimal {
    /// From a count of thousandths.
    #[must_use]
    pub fn of_thousandths(thousandths: u64) -> Self {
        Self { thousandths }
    }

    /// How many thousandths it is.
    #[must_use]
    pub fn thousandths(self) -> u64 {
        self.thousandths
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str, most: usize| {
            (1..=most).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_digit())
        };
        if !digits(whole, 9) || !digits(decimals, 3) {
            return Err(DecimalError);
        }
        let thousandths = format!("{whole}{decimals:0<3}").parse().map_err(|_| DecimalError)?;
        Ok(Self { thousandths })
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, decimals) = (self.thousandths / 1000, self.thousandths % 1000);
        if decimals == 0 {
            return write!(f, "{whole}");
        }
        write!(f, "{whole}.{}", format!("{decimals:03}").trim_end_matches('0'))
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What a figure is a share of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// %.
    #[serde(rename = "percent")]
    Percent,
    /// ‰.
    #[serde(rename = "per_mille")]
    PerMille,
    /// Per 100,000 children.
    #[serde(rename = "per_100000")]
    Per100000,
}

impl Unit {
    /// What a share is multiplied by.
    #[must_use]
    pub fn scale(self) -> u64 {
        match self {
            Self::Percent => 100,
            Self::PerMille => 1000,
            Self::Per100000 => 100_000,
        }
    }

    /// As printed after a number.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::Percent => "%",
            Self::PerMille => "‰",
            Self::Per100000 => "/100.000",
        }
    }
}

/// On which side of the promised value a figure must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Must {
    /// "đạt".
    AtLeast,
    /// "trên".
    Above,
    /// "xuống", "còn", "là".
    AtMost,
    /// "dưới".
    Below,
}

impl Must {
    /// Whether more is better.
    #[must_use]
    pub fn rises(self) -> bool {
        matches!(self, Self::AtLeast | Self::Above)
    }
}

/// What was promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Goal {
    /// By the end of this year; absent: in every year of the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year: Option<i16>,
    /// Which side.
    pub must: Must,
    /// Of what.
    pub value: Decimal,
}

/// Where a figure comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Filled {
    /// Counted from the register: `children` who received one of `supports`, if any are named, among `of`.
    Counted {
        /// The numerator.
        children: Selector,
        /// Forms of support, one of which the numerator's children received in the period.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        supports: Vec<String>,
        /// The denominator.
        of: Selector,
        /// How the plan's words are read, where they leave a choice; Vietnamese.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        /// The same in English.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note_en: Option<String>,
    },
    /// An officer types it in, a year at a time.
    Typed {
        /// Why it can't be counted; Vietnamese.
        reason: String,
        /// The same in English.
        reason_en: String,
    },
}

/// One figure that a target promises.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// Unique in its set, e.g. `8-2`: in addresses and names of settings.
    pub id: String,
    /// What it measures, briefly; Vietnamese.
    pub label: String,
    /// The same in English.
    pub label_en: String,
    /// Of what it is a share.
    pub unit: Unit,
    /// What was promised, by ascending years.
    pub goals: Vec<Goal>,
    /// Where the figure comes from.
    pub filled: Filled,
}

impl Measure {
    /// What holds in a year: the next promise that is due, or the last one made.
    #[must_use]
    pub fn goal_in(&self, year: i16) -> Goal {
        let due = self.goals.iter().find(|goal| goal.year.is_none_or(|by| year <= by));
        *due.or(self.goals.last()).expect("the loader refuses a measure without a goal")
    }

    /// Code of the line of [`TargetSet::form`] that counts the numerator.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{}.n", self.id)
    }

    /// Code of the line that counts the denominator.
    #[must_use]
    pub fn of_line(&self) -> String {
        format!("{}.d", self.id)
    }

    /// Code of the column in which the numerator stands; the denominator always stands in [`COLUMN_ALL`].
    #[must_use]
    pub fn column(&self) -> String {
        match &self.filled {
            Filled::Counted { supports, .. } if !supports.is_empty() => supports.join("+"),
            _ => COLUMN_ALL.to_owned(),
        }
    }
}

/// The column of [`TargetSet::form`] that counts children whatever support they received.
pub const COLUMN_ALL: &str = "all";

/// Where a target stands in its plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Section of the plan.
    pub section: String,
    /// Line of its text as the project keeps it.
    pub line: u32,
}

/// One target: a sentence of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Its number in the plan.
    pub number: String,
    /// Where it stands.
    pub source: Source,
    /// The official sentence, repaired.
    pub wording: String,
    /// What is wrong in the source.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub damage: Vec<Damage>,
    /// What it promises.
    pub measures: Vec<Measure>,
}

/// Targets that the plan has under one heading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Official wording; empty where the plan has none.
    pub title: String,
    /// In the plan's order.
    pub targets: Vec<Target>,
}

/// The targets of one plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetSet {
    /// Its name in addresses and settings, e.g. `tan-loi-2024`.
    pub set: String,
    /// Title of the plan.
    pub title: String,
    /// Whose plan it is.
    pub commune: String,
    /// The year it is of.
    pub year: i16,
    /// In the plan's order.
    pub sections: Vec<Section>,
}

/// Why a text is not a set of targets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Not JSON, or not of the shape of a set.
    #[error("line {line}, column {column} of the text: {reason}")]
    Shape {
        /// Line of the text, from 1.
        line: usize,
        /// Column of the text, from 1.
        column: usize,
        /// What is missing or not understood there.
        reason: String,
    },
    /// A name that can't stand in an address.
    #[error("{0:?} is no name: small letters, digits, points and hyphens, at most 40")]
    Name(String),
    /// Two measures of one name.
    #[error("{0:?} is used twice")]
    Repeated(String),
    /// A measure that promises nothing, or by years that don't ascend.
    #[error("{0}: its goals must be some, and by ascending years")]
    Goals(String),
    /// What is counted is not understood.
    #[error(transparent)]
    Counted(#[from] FormError),
}

/// Longest name of a set or a measure.
const NAME_BYTES_MAX: usize = 40;

/// Every set compiled in, newest plan first.
pub fn target_sets() -> &'static [TargetSet] {
    static SETS: OnceLock<Vec<TargetSet>> = OnceLock::new();
    SETS.get_or_init(|| {
        let parsed = SHIPPED.iter().map(|text| TargetSet::from_json(text));
        parsed.collect::<Result<_, _>>().expect("shipped targets are tested")
    })
}

impl TargetSet {
    /// Reads a set.
    ///
    /// # Errors
    /// What is wrong in it, and where.
    pub fn from_json(json: &str) -> Result<Self, TargetError> {
        let set: Self = serde_json::from_str(json).map_err(|error| {
            let full = error.to_string();
            let reason = full.rsplit_once(" at line ").map_or(full.as_str(), |(reason, _)| reason).to_owned();
            TargetError::Shape { line: error.line(), column: error.column(), reason }
        })?;
        let is_name = |name: &str| {
            let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'.' | b'-');
            (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(plain)
        };
        if !is_name(&set.set) {
            return Err(TargetError::Name(set.set));
        }
        let mut seen = BTreeSet::new();
        for measure in set.measures() {
            // Sections of a plan are numbered the Roman way.
            if !is_name(&measure.id.to_lowercase()) {
                return Err(TargetError::Name(measure.id.clone()));
            }
            if !seen.insert(&measure.id) {
                return Err(TargetError::Repeated(measure.id.clone()));
            }
            let ascend =
                measure.goals.windows(2).all(|two| two[0].year.is_some() && two[0].year < two[1].year);
            if measure.goals.is_empty() || !ascend {
                return Err(TargetError::Goals(measure.id.clone()));
            }
        }
        let form = set.form();
        if !form.lines.is_empty() {
            // The loader of forms knows what a selector may name.
            Form::from_json(&serde_json::to_string(&form).expect("a form is JSON"))?;
        }
        Ok(set)
    }

    /// Its targets, in the plan's order.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        self.sections.iter().flat_map(|section| &section.targets)
    }

    /// Every measure, in the plan's order.
    pub fn measures(&self) -> impl Iterator<Item = &Measure> {
        self.targets().flat_map(|target| &target.measures)
    }

    /// The measure of this name.
    #[must_use]
    pub fn measure(&self, id: &str) -> Option<&Measure> {
        self.measures().find(|measure| measure.id == id)
    }

    /// What of it the register counts, as a form: two lines a measure ([`Measure::line`],
    /// [`Measure::of_line`]), and a column for each choice of supports. No lines if nothing is counted.
    #[must_use]
    pub fn form(&self) -> Form {
        let mut columns = vec![column(COLUMN_ALL, &[])];
        let mut lines = Vec::new();
        for measure in self.measures() {
            let Filled::Counted { children, supports, of, .. } = &measure.filled else { continue };
            lines.push(line(measure.line(), &measure.label, children));
            lines.push(line(measure.of_line(), &measure.label, of));
            let code = measure.column();
            if columns.iter().all(|known| known.code != code) {
                columns.push(column(&code, supports));
            }
        }
        Form {
            form: self.set.clone(),
            edition: self.year.to_string(),
            number: String::new(),
            annex: String::new(),
            title: self.title.clone(),
            place: String::new(),
            basis: String::new(),
            frequency: String::new(),
            due: String::new(),
            deadlines: Vec::new(),
            signatories: Vec::new(),
            signature_note: String::new(),
            // The lines of 03/TE of 2024, in whose codes the selectors are written.
            valid_from: Date::constant(2024, 2, 29),
            valid_until: None,
            verification: Verification { status: Verified::ReadInCopy, note: self.title.clone() },
            damage: Vec::new(),
            parameters: Vec::new(),
            universe: Some(CHILDREN),
            columns,
            checks: Vec::new(),
            lines,
        }
    }
}

fn line(code: String, label: &str, selector: &Selector) -> Line {
    let source = LineSource::Derived { selector: selector.clone(), occurrences: Vec::new() };
    Line {
        code,
        number: String::new(),
        depth: 0,
        mark: String::new(),
        label: label.to_owned(),
        unit: String::new(),
        damage: Vec::new(),
        source,
    }
}

fn column(code: &str, supports: &[String]) -> Column {
    let filter = Filter { supports: supports.to_vec(), ..Filter::default() };
    Column {
        code: code.to_owned(),
        header: code.to_owned(),
        unit: String::new(),
        confirmed: true,
        kind: ColumnKind::Children(filter),
    }
}

#[cfg(test)]
mod tests;
