//! Catalogues: lists of codes with their exact Vietnamese labels, days of validity and successors.
//!
//! Enters: the JSON files of `schemas/catalogues`, compiled in. Leaves: [`Catalogue`], validated when
//! first used. Invariants: of one code no two entries are valid on the same day; a parent stands before
//! its children; whatever ended and has successors names codes that are valid on the day it ended.
//! Codes are reused over the years (administrative units are), so a code means something only together
//! with a day. This module knows no person and no household.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::LazyLock;

use jiff::civil::Date;
use serde::Deserialize;

use crate::text;

mod circumstance;
#[cfg(test)]
mod tests;

pub use circumstance::{CircumstanceCode, Cut, Derivation, circumstance, circumstances, codes_on};

/// Declares the catalogues that are compiled in: name in Rust, name in data files.
macro_rules! names {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// The catalogues compiled into this version.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        pub enum Name {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Name {
            /// Every catalogue, in alphabetical order of the Rust names.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in data files, which is also the file name.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The data file itself, JSON.
            #[must_use]
            pub fn source(self) -> &'static str {
                match self {
                    $(Self::$variant => include_str!(concat!("../catalogues/", $name, ".json")),)*
                }
            }
        }
    };
}

names! {
    /// Provinces and communes, old and new.
    AdministrativeUnits = "administrative_units",
    /// Whether a birth is registered.
    BirthRegistration = "birth_registration",
    /// Causes of death and injury.
    Causes = "causes",
    /// Circumstances of children: the lines II to IV of form 03/TE.
    Circumstances = "circumstances",
    /// Kinds of disability.
    DisabilityKinds = "disability_kinds",
    /// Levels of disability.
    DisabilityLevels = "disability_levels",
    /// Reasons for which a circumstance or support ended.
    EndReasons = "end_reasons",
    /// The 54 ethnic groups, and foreigner and unknown.
    EthnicGroups = "ethnic_groups",
    /// Life events.
    EventKinds = "event_kinds",
    /// Kinds of link between two records of one person.
    LinkKinds = "link_kinds",
    /// Whether a father or mother lives.
    ParentStatus = "parent_status",
    /// Decrees on which poverty status rests.
    PovertyBases = "poverty_bases",
    /// Poverty status of a household.
    PovertyStatus = "poverty_status",
    /// Relation to the head of the household.
    Relations = "relations",
    /// Stage of schooling.
    Schooling = "schooling",
    /// Sex.
    Sexes = "sexes",
    /// Forms of support.
    SupportForms = "support_forms",
    /// Words for the unit below the commune.
    VillageUnitWords = "village_unit_words",
    /// How a visit went.
    VisitResults = "visit_results",
}

/// A text is not the name of a compiled-in catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such catalogue")]
pub struct UnknownCatalogue;

impl FromStr for Name {
    type Err = UnknownCatalogue;

    fn from_str(text: &str) -> Result<Self, UnknownCatalogue> {
        Self::ALL.iter().copied().find(|name| name.as_str() == text).ok_or(UnknownCatalogue)
    }
}

/// A validated catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// Name in data files, e.g. `circumstances`.
    #[serde(rename = "catalogue")]
    pub name: String,
    /// Grows with every published change of the file; starts at 1.
    pub version: u32,
    /// Vietnamese title.
    pub title: String,
    /// English title.
    pub title_en: String,
    /// Law, form or list it is taken from, unless an entry names its own.
    pub source: String,
    /// Entries in official order, including those no longer valid.
    pub entries: Vec<Entry>,
    #[serde(skip)]
    by_code: BTreeMap<String, Vec<usize>>,
}

/// One code, as it was valid in one stretch of time.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The code stored in records.
    pub code: String,
    /// Exact official Vietnamese label.
    pub label: String,
    /// English label, where there is one.
    #[serde(default)]
    pub label_en: Option<String>,
    /// Short everyday Vietnamese wording for collectors, where it differs from the label.
    #[serde(default)]
    pub plain: Option<String>,
    /// Code of the entry it belongs under.
    #[serde(default)]
    pub parent: Option<String>,
    /// First day of validity. `None`: not known, or since always.
    #[serde(default, deserialize_with = "day")]
    pub valid_from: Option<Date>,
    /// First day on which it is no longer valid. `None`: it still is.
    #[serde(default, deserialize_with = "day")]
    pub valid_to: Option<Date>,
    /// Source, when it is not the catalogue's.
    #[serde(default)]
    pub source: Option<String>,
    /// What takes its place from [`Entry::valid_to`] on.
    #[serde(default)]
    successors: Option<Successors>,
    /// The entry of another catalogue that says the same.
    #[serde(default)]
    pub same_as: Option<SameAs>,
    /// What was damaged in the source and is repaired here.
    #[serde(default)]
    pub repaired: Option<String>,
    /// Remark for readers.
    #[serde(default)]
    pub note: Option<String>,
    /// What of this entry nobody has verified yet.
    #[serde(default)]
    pub uncertain: Option<String>,
    /// Level of an administrative unit.
    #[serde(default)]
    pub unit_level: Option<UnitLevel>,
    /// Only in the catalogue of circumstances: its place in the form.
    #[serde(default)]
    circumstance: Option<circumstance::FormPlace>,
}

/// Level of an administrative unit since 1 July 2025 (there is no district any more).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitLevel {
    /// Tỉnh, thành phố; code of 2 digits.
    Province,
    /// Xã, phường, thị trấn, đặc khu; code of 5 digits.
    Commune,
}

/// A pointer into another catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SameAs {
    /// The other catalogue.
    pub catalogue: Name,
    /// The code there.
    pub code: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Successors {
    kind: SuccessorKind,
    to: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SuccessorKind {
    Exact,
    EitherOf,
    Widened,
}

/// What a code became when it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mapping<'a> {
    /// It has not ended.
    Current,
    /// It goes on under this code with the same meaning, so it maps both ways.
    Exact(&'a str),
    /// It is contained in this wider code: it maps forward, and not back.
    Widened(&'a str),
    /// It is one of these, and nothing in the record says which: an officer decides, and until then a
    /// tally carries least–most.
    EitherOf(&'a [String]),
    /// It ended and nothing is known to take its place.
    Ended,
}

impl<'a> Mapping<'a> {
    /// The codes it may have become; empty for [`Mapping::Current`] and [`Mapping::Ended`].
    pub fn targets(self) -> impl Iterator<Item = &'a str> {
        let (one, many): (Option<&str>, &[String]) = match self {
            Self::Current | Self::Ended => (None, &[]),
            Self::Exact(code) | Self::Widened(code) => (Some(code), &[]),
            Self::EitherOf(codes) => (None, codes),
        };
        one.into_iter().chain(many.iter().map(String::as_str))
    }
}

/// Why a catalogue file is not usable. Carries codes, which are public.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueError {
    /// The file is not JSON of the expected shape.
    #[error("not a catalogue: line {line}, column {column}")]
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// A code is empty or longer than [`Catalogue::CODE_CHARS_MAX`], or has a character beyond `A–Z a–z 0–9 . _ -`.
    #[error("entry {position}: a code has 1 to 40 characters of A–Z a–z 0–9 . _ -")]
    Code {
        /// Place in the file, from 1.
        position: usize,
    },
    /// A label is empty or not in Unicode normal form C.
    #[error("{code}: the label is empty or not in normal form C")]
    Label {
        /// The entry.
        code: String,
    },
    /// The validity ends before it begins.
    #[error("{code}: valid_to is not after valid_from")]
    Validity {
        /// The entry.
        code: String,
    },
    /// Two entries of one code are valid on the same day.
    #[error("{code}: two entries are valid on the same day")]
    Overlap {
        /// The code.
        code: String,
    },
    /// The parent does not stand before its child.
    #[error("{code}: its parent {parent} does not stand before it")]
    Parent {
        /// The entry.
        code: String,
        /// The missing parent.
        parent: String,
    },
    /// Successors of an entry that has not ended, or too few or too many of them for their kind.
    #[error("{code}: successors need valid_to; exact and widened take one, either_of two or more")]
    Successors {
        /// The entry.
        code: String,
    },
    /// A successor is not valid on the day its predecessor ended.
    #[error("{code}: its successor {successor} is not valid on the day it ended")]
    Successor {
        /// The entry.
        code: String,
        /// The missing successor.
        successor: String,
    },
    /// The catalogue of circumstances lacks the place in the form, or another catalogue has one.
    #[error("{code}: a place in the form belongs in the catalogue of circumstances, and only there")]
    Place {
        /// The entry.
        code: String,
    },
}

fn day<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
    text.parse().map(Some).map_err(|_| serde::de::Error::custom("a day is written 2024-02-29"))
}

impl Entry {
    /// Whether it is valid on that day.
    #[must_use]
    pub fn is_valid_on(&self, day: Date) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day < to)
    }

    /// What it became when it ended. Targets are the entries valid on [`Entry::valid_to`].
    #[must_use]
    pub fn mapping(&self) -> Mapping<'_> {
        match &self.successors {
            None if self.valid_to.is_none() => Mapping::Current,
            None => Mapping::Ended,
            Some(Successors { kind: SuccessorKind::Exact, to }) => Mapping::Exact(&to[0]),
            Some(Successors { kind: SuccessorKind::Widened, to }) => Mapping::Widened(&to[0]),
            Some(Successors { kind: SuccessorKind::EitherOf, to }) => Mapping::EitherOf(to),
        }
    }

    /// What a collector reads: the everyday wording, else the official label.
    #[must_use]
    pub fn plain_words(&self) -> &str {
        self.plain.as_deref().unwrap_or(&self.label)
    }
}

impl Catalogue {
    /// Longest code, in characters.
    pub const CODE_CHARS_MAX: usize = 40;

    /// Reads and validates a catalogue.
    ///
    /// # Errors
    /// The first thing wrong with the file; see [`CatalogueError`].
    pub fn load(json: &str) -> Result<Self, CatalogueError> {
        let mut catalogue: Self = serde_json::from_str(json)
            .map_err(|error| CatalogueError::Syntax { line: error.line(), column: error.column() })?;
        for (position, entry) in catalogue.entries.iter().enumerate() {
            let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-');
            if !(1..=Self::CODE_CHARS_MAX).contains(&entry.code.len()) || !entry.code.bytes().all(plain) {
                return Err(CatalogueError::Code { position: position + 1 });
            }
            catalogue.by_code.entry(entry.code.clone()).or_default().push(position);
        }
        catalogue.entries.iter().enumerate().try_for_each(|(position, e)| catalogue.check(position, e))?;
        Ok(catalogue)
    }

    fn check(&self, position: usize, entry: &Entry) -> Result<(), CatalogueError> {
        let code = || entry.code.clone();
        if entry.label.is_empty() || text::display(&entry.label) != entry.label {
            return Err(CatalogueError::Label { code: code() });
        }
        if let (Some(from), Some(to)) = (entry.valid_from, entry.valid_to)
            && to <= from
        {
            return Err(CatalogueError::Validity { code: code() });
        }
        let before = |a: &Entry, b: &Entry| a.valid_to.zip(b.valid_from).is_some_and(|(to, from)| to <= from);
        if self
            .history(&entry.code)
            .any(|other| !std::ptr::eq(entry, other) && !before(entry, other) && !before(other, entry))
        {
            return Err(CatalogueError::Overlap { code: code() });
        }
        if let Some(parent) = &entry.parent
            && !self.entries[..position].iter().any(|other| other.code == *parent)
        {
            return Err(CatalogueError::Parent { code: code(), parent: parent.clone() });
        }
        if let Some(Successors { kind, to }) = &entry.successors {
            let count_fits = match kind {
                SuccessorKind::Exact | SuccessorKind::Widened => to.len() == 1,
                SuccessorKind::EitherOf => to.len() >= 2,
            };
            let Some(end) = entry.valid_to.filter(|_| count_fits) else {
                return Err(CatalogueError::Successors { code: code() });
            };
            if let Some(missing) = to.iter().find(|target| self.entry(target, end).is_none()) {
                return Err(CatalogueError::Successor { code: code(), successor: missing.clone() });
            }
        }
        if entry.circumstance.is_some() != (self.name == Name::Circumstances.as_str()) {
            return Err(CatalogueError::Place { code: code() });
        }
        Ok(())
    }

    /// The entry of `code` valid on `day`.
    #[must_use]
    pub fn entry(&self, code: &str, day: Date) -> Option<&Entry> {
        self.history(code).find(|entry| entry.is_valid_on(day))
    }

    /// Every entry of `code`, in file order: more than one where a code was reused.
    pub fn history(&self, code: &str) -> impl Iterator<Item = &Entry> {
        self.by_code.get(code).into_iter().flatten().map(|&at| &self.entries[at])
    }

    /// Whether the code is, or ever was, valid.
    #[must_use]
    pub fn has(&self, code: &str) -> bool {
        self.by_code.contains_key(code)
    }

    /// Exact label of the newest entry of `code`, for showing old and new records alike.
    #[must_use]
    pub fn label(&self, code: &str) -> Option<&str> {
        self.history(code).last().map(|entry| entry.label.as_str())
    }

    /// Entries valid on `day`, in official order.
    pub fn valid_on(&self, day: Date) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.is_valid_on(day))
    }

    /// What the entry of `code` valid on `day` became; `None` when no such entry exists.
    #[must_use]
    pub fn successors(&self, code: &str, day: Date) -> Option<Mapping<'_>> {
        self.entry(code, day).map(Entry::mapping)
    }
}

/// A catalogue compiled into this version.
#[must_use]
pub fn catalogue(name: Name) -> &'static Catalogue {
    static ALL: LazyLock<BTreeMap<Name, Catalogue>> = LazyLock::new(|| {
        let load =
            |name: Name| Catalogue::load(name.source()).expect("a test loads every compiled-in catalogue");
        Name::ALL.iter().map(|&name| (name, load(name))).collect()
    });
    &ALL[&name]
}
