//! Circumstances: the codes of form 03/TE with their place in it, and which of them are restricted.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::Date;
use serde::Deserialize;

use super::{Catalogue, Entry, Mapping, Name, catalogue};

/// How a line of form 03/TE divides the line above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// II, III, IV: a total, never recorded.
    Section,
    /// One of the 14, 7 or 2 groups. Recorded as it stands when the sub-line is not known yet.
    Group,
    /// A row that only titles others ("chia theo các loại sau", "Các dạng tật"), never recorded.
    Heading,
    /// First cut, by cause or situation: a child is in one of them.
    Cause,
    /// First cut of group II.4, by official level of disability.
    Level,
    /// Second cut (care arrangement II.3.13–15, kind of disability II.4.4-1…6): a code a child holds
    /// in addition; it does not add up with the first cut.
    Second,
    /// A "trong đó" row: part of the row above, not a cut of it.
    Within,
}

/// What a line is counted from, when it is not recorded as a circumstance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Derivation {
    /// Poverty status of the household (III.1).
    PovertyStatus,
    /// Life events: injuries, and deaths by injury (IV.2).
    Events,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FormPlace {
    cut: Cut,
    restricted: bool,
    #[serde(default)]
    derived_from: Option<Derivation>,
    #[serde(default)]
    law: Option<String>,
}

/// A code of the catalogue of circumstances. Circumstance codes are never reused, so a code alone
/// names one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CircumstanceCode {
    /// The entry: label, validity, everyday wording.
    pub entry: &'static Entry,
    /// How its line divides the line above it.
    pub cut: Cut,
    /// Sealed in the field: a phone keeps no readable copy (HIV, offences, drugs, sexual abuse and
    /// exploitation, trafficking).
    pub restricted: bool,
    /// What its line is counted from instead of recorded circumstances.
    pub derived_from: Option<Derivation>,
    /// Article of law that defines it, for the 14 groups.
    pub law: Option<&'static str>,
    group: Option<&'static str>,
    section: &'static str,
}

impl CircumstanceCode {
    /// The code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        &self.entry.code
    }

    /// Code of the group it belongs to, itself when it is one: `II.4` for `II.4.4-6-1`. `None` for
    /// sections and their headings.
    #[must_use]
    pub fn group(&self) -> Option<&'static str> {
        self.group
    }

    /// Code of the section: `II`, `III`, `IV`, `2023.III`, `2023.IV`.
    #[must_use]
    pub fn section(&self) -> &'static str {
        self.section
    }

    /// Whether a collector may record it: neither a total, nor a title, nor derived from other facts.
    #[must_use]
    pub fn is_recorded(&self) -> bool {
        !matches!(self.cut, Cut::Section | Cut::Heading) && self.derived_from.is_none()
    }

    /// What it became when its form was replaced.
    #[must_use]
    pub fn mapping(&self) -> Mapping<'static> {
        self.entry.mapping()
    }
}

fn place_in_form(all: &'static Catalogue, entry: &'static Entry) -> CircumstanceCode {
    let place = entry.circumstance.as_ref().expect("the loader refuses circumstances without a place");
    let parent = |entry: &Entry| entry.parent.as_deref().and_then(|code| all.history(code).next());
    let lineage: Vec<&'static Entry> = std::iter::successors(Some(entry), |entry| parent(entry)).collect();
    let is_group = |entry: &&&Entry| entry.circumstance.as_ref().is_some_and(|place| place.cut == Cut::Group);
    CircumstanceCode {
        entry,
        cut: place.cut,
        restricted: place.restricted,
        derived_from: place.derived_from,
        law: place.law.as_deref(),
        group: lineage.iter().find(is_group).map(|entry| entry.code.as_str()),
        section: &lineage[lineage.len() - 1].code,
    }
}

static PLACES: LazyLock<(Vec<CircumstanceCode>, BTreeMap<&'static str, usize>)> = LazyLock::new(|| {
    let all = catalogue(Name::Circumstances);
    let codes: Vec<_> = all.entries.iter().map(|entry| place_in_form(all, entry)).collect();
    let index = codes.iter().enumerate().map(|(at, code)| (code.code(), at)).collect();
    (codes, index)
});

/// The circumstance of that code, of whatever year.
#[must_use]
pub fn circumstance(code: &str) -> Option<&'static CircumstanceCode> {
    PLACES.1.get(code).map(|&at| &PLACES.0[at])
}

/// Every circumstance code, in the order of the form; those of 2023 last.
#[must_use]
pub fn circumstances() -> &'static [CircumstanceCode] {
    &PLACES.0
}

/// What a recorded code means on `day`: itself while it is valid or is not valid yet, else what it
/// became. More than one code: one of these, undecided. Empty: unknown, or ended without successor.
#[must_use]
pub fn codes_on(code: &str, day: Date) -> Vec<&'static str> {
    let Some(found) = circumstance(code) else { return Vec::new() };
    if found.entry.valid_to.is_none_or(|end| day < end) {
        return vec![found.code()];
    }
    found.mapping().targets().flat_map(|target| codes_on(target, day)).collect()
}
