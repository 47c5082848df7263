//! What is different between two fillings of a form.

use std::collections::BTreeSet;

use crate::report::{Filled, Shown};

/// Where something differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The commune's name or the level above.
    Heading,
    /// The village's name.
    Village,
    /// The form's definition.
    Definition,
    /// Who signs.
    Signatories,
    /// A number the form needs and has no line for, by key.
    Parameter(String),
    /// A cell, by the codes of its line and column.
    Cell {
        /// The line's.
        line: String,
        /// The column's.
        column: String,
    },
}

/// What stood there, and what stands there in the other filling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where.
    pub place: Place,
    /// In the first, as a print shows it.
    pub then: String,
    /// In the other.
    pub now: String,
}

/// Everything that differs from `then` to `now`: first what concerns the whole form, then cells in the form's order.
#[must_use]
pub fn differences(then: &Filled, now: &Filled) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut compare = |place: Place, then: String, now: String| {
        if then != now {
            found.push(Difference { place, then, now });
        }
    };
    let heading = |filled: &Filled| format!("{}; {}", filled.commune, filled.upper_level);
    compare(Place::Heading, heading(then), heading(now));
    let village = |filled: &Filled| filled.village.as_ref().map(|(_, name)| name.clone()).unwrap_or_default();
    compare(Place::Village, village(then), village(now));
    if then.form != now.form {
        let edition = |filled: &Filled| filled.form.edition.clone();
        found.push(Difference { place: Place::Definition, then: edition(then), now: edition(now) });
    }
    let mut compare = |place: Place, then: String, now: String| {
        if then != now {
            found.push(Difference { place, then, now });
        }
    };
    let signing = |filled: &Filled| {
        let named = filled.signatories.iter().map(|one| format!("{}: {}", one.role, one.name));
        named.collect::<Vec<_>>().join("; ")
    };
    compare(Place::Signatories, signing(then), signing(now));
    let keys: BTreeSet<&String> = then.parameters.keys().chain(now.parameters.keys()).collect();
    for key in keys {
        let number = |filled: &Filled| filled.parameters.get(key).map(u64::to_string).unwrap_or_default();
        compare(Place::Parameter(key.clone()), number(then), number(now));
    }
    for (at, line) in then.form.lines.iter().enumerate() {
        for (of, column) in then.form.columns.iter().enumerate() {
            let other = shown(now, &line.code, &column.code);
            let place = Place::Cell { line: line.code.clone(), column: column.code.clone() };
            compare(place, then.shown(at, of).text(), other.map(|shown| shown.text()).unwrap_or_default());
        }
    }
    found
}

/// What stands in a cell, by the codes of its line and column.
#[must_use]
pub(super) fn shown(filled: &Filled, line: &str, column: &str) -> Option<Shown> {
    let line = filled.form.lines.iter().position(|known| known.code == line)?;
    let column = filled.form.columns.iter().position(|known| known.code == column)?;
    Some(filled.shown(line, column))
}
