//! Everything that is printed about one form, as a value of its own: what a filing freezes.

use std::collections::BTreeMap;

use schemas::form::Form;
use serde::{Deserialize, Serialize};
use sync_core::date::Date;
use sync_core::tally::Tally;

/// What officers typed in, by `line/column`: decimal numbers as text, at most three decimals, a point before
/// them (`12.5`).
pub type TypedIn = BTreeMap<String, String>;

/// Who signs a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signatory {
    /// As the form prints it, e.g. `Người lập biểu`.
    pub role: String,
    /// Their name; empty: a line to write on.
    pub name: String,
}

/// Which filing a print is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilingMark {
    /// Number of the filing at this office.
    pub number: u64,
    /// 1, and one more for each amendment.
    pub revision: u32,
    /// SHA-256 of what was frozen, in hexadecimal.
    pub digest: String,
}

/// A filled form: its definition, its numbers, what was typed in, and what the numbers rest on. Prints are pure
/// functions of it, so the same value gives the same bytes for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filled {
    /// The commune's name on the as-of date.
    pub commune: String,
    /// The level above, as printed in the heading; empty if not set.
    pub upper_level: String,
    /// Code and name of the only village counted; none: the commune.
    pub village: Option<(String, String)>,
    /// The form with the columns in force.
    pub form: Form,
    /// The numbers.
    pub tally: Tally,
    /// What officers typed in.
    pub typed: TypedIn,
    /// Numbers the form needs and has no line for, by key.
    pub parameters: BTreeMap<String, u64>,
    /// The as-of date each of them was typed in for; none for one from before there were days.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameter_days: BTreeMap<String, Date>,
    /// What the office knew: log position.
    pub known_at: u64,
    /// Who signs.
    pub signatories: Vec<Signatory>,
    /// Set when this is the print of a filing; never part of what is frozen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filing: Option<FilingMark>,
}
